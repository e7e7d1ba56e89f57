/* SPDX-License-Identifier: GPL-2.0 */
#ifndef TT_NET_RING_H
#define TT_NET_RING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <linux/virtio_ring.h>

#include "fault.h"
#include "guest.h"

/* entries of a ring; UML's driver makes them this large */
#define RING_MAX_SIZE 256

/**
 * struct ring_segment - a buffer in the machine's memory
 *
 * @data: where it is; its content may change at any time
 * @len: bytes in it, not 0
 */
struct ring_segment {
	void *data;
	uint32_t len;
};

/**
 * struct ring_chain - buffers that the driver has made available together
 *
 * @head: index of the first descriptor, by which the chain is given back
 * @nr_in: number of segments for the device to read; they come first
 * @nr: number of segments in all, the others are for the device to write
 * @in_len: bytes to read
 * @out_len: bytes that can be written
 * @segment: the buffers
 */
struct ring_chain {
	uint16_t head;
	unsigned int nr_in;
	unsigned int nr;
	size_t in_len;
	size_t out_len;
	struct ring_segment segment[RING_MAX_SIZE];
};

/**
 * struct ring - a split virtqueue, seen from the device
 *
 * @guest: the memory that it is in
 * @fault: says what the driver did wrong when a function returns -EPROTO
 * @event_idx: VIRTIO_RING_F_EVENT_IDX was negotiated
 * @size: number of entries, a power of two
 * @desc: the descriptors, in the machine's memory like the next two
 * @avail: what the driver makes available
 * @used: what the device gives back
 * @taken: index in @avail of the next chain to be taken
 * @given: index in @used of the next chain to be given back
 * @published: the driver sees chains given back up to here
 */
struct ring {
	const struct guest *guest;
	struct fault *fault;
	bool event_idx;
	uint16_t size;
	struct vring_desc *desc;
	struct vring_avail *avail;
	struct vring_used *used;
	uint16_t taken;
	uint16_t given;
	uint16_t published;
};

/**
 * struct ring_address - where the driver has put a ring, as the front-end
 *	addresses it
 *
 * @desc: its descriptors
 * @avail: what the driver makes available
 * @used: what the device gives back
 */
struct ring_address {
	uint64_t desc;
	uint64_t avail;
	uint64_t used;
};

int ring_map(struct ring *ring, const struct ring_address *addr);
void ring_start(struct ring *ring, uint16_t index);
int ring_take(struct ring *ring, struct ring_chain *chain);
void ring_untake(struct ring *ring, uint16_t chains);
void ring_read(const struct ring_chain *chain, size_t skip, void *buf,
	       size_t len);
void ring_write(const struct ring_chain *chain, size_t skip, const void *buf,
		size_t len);
void ring_give(struct ring *ring, const struct ring_chain *chain, uint32_t len);
void ring_ungive(struct ring *ring, uint16_t chains);
bool ring_publish(struct ring *ring);
void ring_want_kick(struct ring *ring);
void ring_want_no_kick(struct ring *ring);

#endif /* TT_NET_RING_H */
