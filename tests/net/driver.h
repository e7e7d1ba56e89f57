/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A machine's driver, as UML has it, with a memory of its own; the device that
 * it speaks to is in the same process. Nothing here waits: the device is made to
 * read after each message.
 */
#ifndef TEST_DRIVER_H
#define TEST_DRIVER_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <linux/virtio_net.h>
#include <linux/virtio_ring.h>

#include "vhost.h"

/* where things are in the machine's memory, at the addresses that it uses */
#define MEM_BASE 0x200000
#define MEM_SIZE 0x100000
#define RING_SIZE 8
#define RING_BASE(queue) (MEM_BASE + (queue) * 0x4000)
#define BUFFERS (MEM_BASE + 0x20000)

#define FEATURE(nr) (1ULL << (nr))
#define VERSION_1 FEATURE(32)
#define EVENT_IDX FEATURE(29)
#define PROTOCOL_FEATURES FEATURE(30)
#define MRG_RXBUF FEATURE(VIRTIO_NET_F_MRG_RXBUF)

#define REPLY_ACK FEATURE(3)
#define BACKEND_REQ FEATURE(5)
#define CONFIG_SPACE FEATURE(9)
#define INBAND FEATURE(14)
#define UML_PROTOCOL (REPLY_ACK | BACKEND_REQ | CONFIG_SPACE | INBAND)

#define NEED_REPLY 8

enum {
	GET_FEATURES = 1,
	SET_FEATURES = 2,
	SET_OWNER = 3,
	SET_MEM_TABLE = 5,
	SET_VRING_NUM = 8,
	SET_VRING_ADDR = 9,
	SET_VRING_BASE = 10,
	SET_VRING_KICK = 12,
	SET_VRING_CALL = 13,
	GET_PROTOCOL_FEATURES = 15,
	SET_PROTOCOL_FEATURES = 16,
	SET_VRING_ENABLE = 18,
	SET_BACKEND_REQ_FD = 21,
	GET_CONFIG = 24,
	SET_CONFIG = 25,
	VRING_KICK = 35,
};

/**
 * struct driver_queue - a ring, and where its driver is in it
 *
 * @desc: the descriptors
 * @avail: what is made available
 * @used: what comes back
 * @next: the descriptor that is used next
 * @seen: how far @used was looked at
 */
struct driver_queue {
	struct vring_desc *desc;
	struct vring_avail *avail;
	struct vring_used *used;
	uint16_t next;
	uint16_t seen;
};

struct driver;

/**
 * struct driver - the driver, and the device's end of the connection
 *
 * @serve: makes the device read a message, or an answer to a call
 * @vhost: the device, if @serve is not somebody else's
 * @fd: messages
 * @calls: calls from the device
 * @memfd: the memory as a file
 * @mem: the same, mapped, from %MEM_BASE on
 * @queue: the rings
 * @nr_queues: how many the device has
 * @ret: what the device returned when it last read
 * @status: what it last replied
 */
struct driver {
	void (*serve)(struct driver *d, bool answer);
	struct vhost *vhost;
	int fd;
	int calls;
	int memfd;
	unsigned char *mem;
	struct driver_queue queue[2];
	unsigned int nr_queues;
	int ret;
	uint64_t status;
};

/**
 * struct driver_buffer - a buffer to make available
 *
 * @addr: where it is
 * @len: bytes in it
 * @flags: VRING_DESC_F_WRITE, or other ones to see what happens
 */
struct driver_buffer {
	uint64_t addr;
	uint32_t len;
	uint16_t flags;
};

/* connect; @vhost is initialised with the returned socket by the caller */
int driver_connect(struct driver *d, struct vhost *vhost);
/* the same over @fd, whose other end is served by @serve */
void driver_init(struct driver *d, int fd,
		 void (*serve)(struct driver *d, bool answer));
void driver_close(struct driver *d);

/* send a message as it is, and have it read */
void driver_send(struct driver *d, uint32_t request, uint32_t flags,
		 const void *payload, uint32_t size, const int *fds,
		 unsigned int nr_fds);

/* send one and expect this answer, or the one that there is none */
void driver_number(struct driver *d, uint32_t request, uint64_t number);
void driver_vring(struct driver *d, uint32_t request, uint32_t index,
		  uint32_t num);
void driver_addr(struct driver *d, uint32_t index, uint64_t desc,
		 uint64_t avail, uint64_t used);
void driver_mem_table(struct driver *d);
uint64_t driver_get(struct driver *d, uint32_t request);

/* a reply: 1: there was one, 0: closed, -1: nothing */
int driver_receive(struct driver *d, void *reply, size_t size);

/* negotiate, share the memory, set up both rings and enable them */
void driver_negotiate(struct driver *d, uint64_t features);
void driver_start(struct driver *d, uint64_t features);

/* make a chain of buffers available, without a kick */
void driver_add(struct driver *d, unsigned int queue,
		const struct driver_buffer *buffers, unsigned int nr);
/* how many chains have come back since the last look; the last one's length */
unsigned int driver_used(struct driver *d, unsigned int queue, uint32_t *len);
void driver_kick(struct driver *d, unsigned int queue);
/* the queue that the device has called for, or -1; @reply: it waits for that */
int driver_called(struct driver *d, bool *reply);
void driver_answer(struct driver *d, uint64_t status);

void *driver_at(struct driver *d, uint64_t addr);

/* the device has given up, and says this */
void _faults(struct driver *d, const char *text, const char *file, int line);
#define faults(d, text) _faults(d, text, __FILE__, __LINE__)

#endif /* TEST_DRIVER_H */
