/* SPDX-License-Identifier: GPL-2.0 */
#ifndef TT_NET_VHOST_H
#define TT_NET_VHOST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "fault.h"
#include "guest.h"
#include "ring.h"

/* no device here has more */
#define VHOST_MAX_QUEUES 2
/* bytes of the longest message that is understood, without its header */
#define VHOST_MAX_PAYLOAD 512

/**
 * struct vhost_header - what each message begins with
 *
 * @request: what it is
 * @flags: version, and whether it is or wants a reply
 * @size: bytes that follow
 */
struct vhost_header {
	uint32_t request;
	uint32_t flags;
	uint32_t size;
};

/**
 * struct vhost_queue - a queue of the device
 *
 * @ring: the ring
 * @mapped: the ring was found in the machine's memory
 * @enabled: the machine may kick it, and may be called for it
 */
struct vhost_queue {
	struct ring ring;
	bool mapped;
	bool enabled;
};

struct vhost;

/**
 * struct vhost_device - what a device is for
 *
 * @features: feature bits that it implements, without those of the rings
 * @nr_queues: how many queues it has
 * @get_config: fills @buf with @len bytes of its configuration from @offset on;
 *	false: there is nothing there
 * @kick: handles a queue that was kicked; 0, or -EPROTO with the port's @fault
 *	set
 */
struct vhost_device {
	uint64_t features;
	unsigned int nr_queues;
	bool (*get_config)(struct vhost *vhost, uint32_t offset, uint32_t len,
			   void *buf);
	int (*kick)(struct vhost *vhost, struct vhost_queue *queue);
};

/**
 * struct vhost - a connection to a machine's driver
 *
 * @device: what the device is for
 * @fault: why the connection cannot go on
 * @fd: messages of the driver, and replies to them
 * @call_fd: messages to the driver, and its replies; -1 until it has sent it
 * @features: what the driver has chosen of the features it was offered
 * @protocol: the same of the protocol's
 * @negotiated: the driver has made both choices
 * @guest: the machine's memory
 * @queue: the queues
 * @calls: how many calls the driver has to acknowledge
 * @nr_kicks: how many kicks there were
 * @nr_calls: how many calls there were
 * @in: what was read and is not handled yet, at most one whole message
 * @in_len: bytes in @in
 * @in_fds: descriptors that came with the message in @in that has byte @in_fd_at
 * @nr_in_fds: how many there are
 * @in_fd_at: the last byte that had been read when they came
 * @reply: what was read of a reply to a call
 * @reply_len: bytes in @reply
 */
struct vhost {
	const struct vhost_device *device;
	struct fault fault;
	int fd;
	int call_fd;
	uint64_t features;
	uint64_t protocol;
	bool negotiated;
	struct guest guest;
	struct vhost_queue queue[VHOST_MAX_QUEUES];
	unsigned int calls;
	uint64_t nr_kicks;
	uint64_t nr_calls;
	unsigned char in[sizeof(struct vhost_header) + VHOST_MAX_PAYLOAD];
	size_t in_len;
	int in_fds[GUEST_MAX_REGIONS];
	unsigned int nr_in_fds;
	size_t in_fd_at;
	unsigned char reply[sizeof(struct vhost_header) + sizeof(uint64_t)];
	size_t reply_len;
};

void vhost_init(struct vhost *vhost, const struct vhost_device *device, int fd);
void vhost_destroy(struct vhost *vhost);
int vhost_receive(struct vhost *vhost);
int vhost_call(struct vhost *vhost, struct vhost_queue *queue, bool reply);
int vhost_lost(struct vhost *vhost);
int vhost_receive_replies(struct vhost *vhost);

#endif /* TT_NET_VHOST_H */
