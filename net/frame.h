/* SPDX-License-Identifier: GPL-2.0 */
#ifndef TT_NET_FRAME_H
#define TT_NET_FRAME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/**
 * struct port_id - what a port is called in every run
 *
 * @machine: the name of its machine
 * @network: position of its network on the command line, from 0
 * @card: which of the machine's cards on that network it is, from 0
 */
struct port_id {
	uint64_t machine;
	uint16_t network;
	uint16_t card;
};

int port_id_compare(const struct port_id *a, const struct port_id *b);

/**
 * struct frame - a frame, from the kick until nobody waits for it any more
 *
 * @refs: how many hold it
 * @held: memory of all frames of its sender, in bytes, to be kept up to date
 * @sent: when it was sent, controller time, ns
 * @from: the port that sent it
 * @number: how many frames that port had sent before
 * @at_switch: it has left its sender's link
 * @len: bytes in it
 * @data: from the destination's address on, without a checksum
 */
struct frame {
	unsigned int refs;
	size_t *held;
	uint64_t sent;
	struct port_id from;
	uint64_t number;
	bool at_switch;
	size_t len;
	unsigned char data[];
};

struct frame *frame_new(const void *data, size_t len, size_t *held);
struct frame *frame_get(struct frame *frame);
void frame_put(struct frame *frame);

struct port;

/**
 * struct transit - something that happens to a frame
 *
 * @time: when, controller time, ns
 * @frame: the frame
 * @port: where it will be then: the receiver's port, or the sender's
 */
struct transit {
	uint64_t time;
	struct frame *frame;
	struct port *port;
};

/**
 * struct transits - a binary heap of them, the next one on top
 *
 * @heap: the heap
 * @len: how many there are
 * @size: for how many there is room
 */
struct transits {
	struct transit *heap;
	size_t len;
	size_t size;
};

int transits_add(struct transits *transits, uint64_t time, struct frame *frame,
		 struct port *port);
struct transit transits_take(struct transits *transits);
uint64_t transits_next(const struct transits *transits);
void transits_clear(struct transits *transits);

#endif /* TT_NET_FRAME_H */
