// SPDX-License-Identifier: GPL-2.0
/*
 * Split virtqueues, seen from the device.
 *
 * Theory of operation
 *
 * The driver puts buffers into a table of descriptors, chains those that belong
 * together, and writes the index of each chain's first descriptor into the
 * available ring. The device takes chains in that order (ring_take()), reads or
 * fills them, gives them back through the used ring (ring_give()), and makes
 * all that it has given back visible at once (ring_publish()). Only then does it
 * learn whether the driver wants to be told: once for any number of chains.
 *
 * The machine writes everything in the rings. It may be wrong, or change while it
 * is read. So each descriptor is copied before it is checked. An index is
 * checked against the size of the table, an address and a length against the
 * shared memory, and the length of a chain against that of the ring, which ends a
 * loop. The device keeps its own copy of what it needs later, and never reads
 * back what it has written.
 *
 * Kicks are needed for one direction only. With EVENT_IDX the driver kicks when
 * the index of the chain it adds passes avail_event; ring_want_no_kick() sets
 * that to an index already passed, which the driver meets 65536 chains later.
 */

#include <endian.h>
#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "ring.h"

/* read once: the compiler may not look again later */
#define LOAD(field) __atomic_load_n(&(field), __ATOMIC_RELAXED)
#define LOAD16(field) le16toh(__atomic_load_n(&(field), __ATOMIC_ACQUIRE))
#define STORE16(field, value) \
	__atomic_store_n(&(field), htole16(value), __ATOMIC_RELEASE)

/* the driver's and the device's event index are behind the two rings */
static __virtio16 *used_event(const struct ring *ring)
{
	return &ring->avail->ring[ring->size];
}

static __virtio16 *avail_event(const struct ring *ring)
{
	return (__virtio16 *)&ring->used->ring[ring->size];
}

static void *part(const struct ring *ring, uint64_t addr, size_t len,
		  uintptr_t align)
{
	void *ptr = guest_at_user(ring->guest, addr, len);

	return (uintptr_t)ptr & (align - 1) ? NULL : ptr;
}

/**
 * ring_map - find a ring in the machine's memory
 * @ring: the ring, whose @guest, @fault and @size are set
 * @addr: where the driver has put it
 *
 * Return: 0, or -EPROTO if it is not there, or not aligned.
 */
int ring_map(struct ring *ring, const struct ring_address *addr)
{
	size_t event = sizeof(__virtio16);

	ring->desc = part(ring, addr->desc, ring->size * sizeof(*ring->desc),
			  VRING_DESC_ALIGN_SIZE);
	ring->avail = part(ring, addr->avail, sizeof(*ring->avail) + event +
			   ring->size * sizeof(*ring->avail->ring),
			   VRING_AVAIL_ALIGN_SIZE);
	ring->used = part(ring, addr->used, sizeof(*ring->used) + event +
			  ring->size * sizeof(*ring->used->ring),
			  VRING_USED_ALIGN_SIZE);
	if (ring->desc && ring->avail && ring->used)
		return 0;
	return fault_set(ring->fault, "ring at 0x%" PRIx64 ", 0x%" PRIx64 " and 0x%" PRIx64 ", which is not all in its memory, or not aligned",
			 addr->desc, addr->avail, addr->used);
}

/**
 * ring_start - set where in its rings the driver begins
 * @ring: the ring
 * @index: index of the next chain in the available ring; all before it have
 *	been given back
 */
void ring_start(struct ring *ring, uint16_t index)
{
	ring->taken = index;
	ring->given = index;
	ring->published = index;
}

/* copy descriptor @index, and check it */
static int get_desc(const struct ring *ring, uint16_t index,
		    struct vring_desc *desc)
{
	const struct vring_desc *shared;

	if (index >= ring->size)
		return fault_set(ring->fault, "descriptor %u in a ring of %u",
				 index, ring->size);
	shared = &ring->desc[index];
	desc->addr = le64toh(LOAD(shared->addr));
	desc->len = le32toh(LOAD(shared->len));
	desc->flags = le16toh(LOAD(shared->flags));
	desc->next = le16toh(LOAD(shared->next));

	if (desc->flags & ~(VRING_DESC_F_NEXT | VRING_DESC_F_WRITE))
		return fault_set(ring->fault, "descriptor %u has flags 0x%x",
				 index, desc->flags);
	if (!desc->len)
		return fault_set(ring->fault, "descriptor %u is empty", index);
	return 0;
}

static int add_segment(const struct ring *ring, struct ring_chain *chain,
		       uint16_t index, const struct vring_desc *desc)
{
	struct ring_segment *segment = &chain->segment[chain->nr];

	if (chain->nr == ring->size)
		return fault_set(ring->fault, "chain of descriptor %u has a loop",
				 chain->head);
	segment->data = guest_at(ring->guest, desc->addr, desc->len);
	segment->len = desc->len;
	if (!segment->data)
		return fault_set(ring->fault, "descriptor %u has 0x%x bytes at 0x%" PRIx64 ", which are not in its memory",
				 index, desc->len, (uint64_t)desc->addr);
	chain->nr++;
	if (desc->flags & VRING_DESC_F_WRITE) {
		chain->out_len += desc->len;
		return 0;
	}
	if (chain->out_len)
		return fault_set(ring->fault, "descriptor %u is to be read after one to be written",
				 index);
	chain->nr_in++;
	chain->in_len += desc->len;
	return 0;
}

/**
 * ring_take - take the next chain of buffers
 * @ring: the ring
 * @chain: the chain, filled in
 *
 * Return: 1 if there was one, 0 if there is none, or -EPROTO.
 */
int ring_take(struct ring *ring, struct ring_chain *chain)
{
	uint16_t ready = LOAD16(ring->avail->idx) - ring->taken;
	struct vring_desc desc = {};
	uint16_t index;
	int ret;

	if (!ready)
		return 0;
	if (ready > ring->size)
		return fault_set(ring->fault, "%u chains are available in a ring of %u",
				 ready, ring->size);

	index = LOAD16(ring->avail->ring[ring->taken & (ring->size - 1)]);
	chain->head = index;
	chain->nr_in = 0;
	chain->nr = 0;
	chain->in_len = 0;
	chain->out_len = 0;
	do {
		ret = get_desc(ring, index, &desc);
		if (!ret)
			ret = add_segment(ring, chain, index, &desc);
		if (ret)
			return ret;
		index = desc.next;
	} while (desc.flags & VRING_DESC_F_NEXT);

	ring->taken++;
	return 1;
}

/**
 * ring_untake - put the last chains back, as if they had not been taken
 * @ring: the ring
 * @chains: how many; none of them was given back
 */
void ring_untake(struct ring *ring, uint16_t chains)
{
	ring->taken -= chains;
}

static void copy(const struct ring_segment *segment, size_t skip, char *buf,
		 size_t len, bool to_guest)
{
	size_t part;
	char *data;

	for (; len && skip >= segment->len; segment++)
		skip -= segment->len;
	for (; len; segment++, skip = 0) {
		data = (char *)segment->data + skip;
		part = segment->len - skip < len ? segment->len - skip : len;
		if (to_guest)
			memcpy(data, buf, part);
		else
			memcpy(buf, data, part);
		buf += part;
		len -= part;
	}
}

/**
 * ring_read - copy what the driver wants to be read
 * @chain: the chain
 * @skip: bytes to leave out first
 * @buf: the copy
 * @len: bytes to copy; @skip + @len is at most @in_len of the chain
 */
void ring_read(const struct ring_chain *chain, size_t skip, void *buf,
	       size_t len)
{
	copy(chain->segment, skip, buf, len, false);
}

/**
 * ring_write - fill buffers of the driver
 * @chain: the chain
 * @skip: bytes to leave as they are first
 * @buf: what to write
 * @len: bytes to write; @skip + @len is at most @out_len of the chain
 */
void ring_write(const struct ring_chain *chain, size_t skip, const void *buf,
		size_t len)
{
	copy(chain->segment + chain->nr_in, skip, (void *)buf, len, true);
}

/**
 * ring_give - give a chain back; the driver does not see it yet
 * @ring: the ring
 * @chain: the chain, which was taken
 * @len: bytes that were written to it
 */
void ring_give(struct ring *ring, const struct ring_chain *chain, uint32_t len)
{
	struct vring_used_elem elem = {
		.id = htole32(chain->head),
		.len = htole32(len),
	};

	memcpy(&ring->used->ring[ring->given & (ring->size - 1)], &elem,
	       sizeof(elem));
	ring->given++;
}

/**
 * ring_ungive - take the last chains back, as if they had not been given
 * @ring: the ring
 * @chains: how many; none of them was published
 */
void ring_ungive(struct ring *ring, uint16_t chains)
{
	ring->given -= chains;
}

/**
 * ring_publish - let the driver see what was given back
 * @ring: the ring
 *
 * Return: whether the driver wants to be told.
 */
bool ring_publish(struct ring *ring)
{
	uint16_t old = ring->published;

	if (ring->given == old)
		return false;
	STORE16(ring->used->idx, ring->given);
	ring->published = ring->given;
	/* the driver sets what it waits for, and then looks at idx */
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	if (ring->event_idx)
		return vring_need_event(LOAD16(*used_event(ring)),
					ring->given, old);
	return !(LOAD16(ring->avail->flags) & VRING_AVAIL_F_NO_INTERRUPT);
}

/**
 * ring_want_kick - ask the driver for a kick when it adds the next chain
 * @ring: the ring, from which every chain was taken
 */
void ring_want_kick(struct ring *ring)
{
	if (ring->event_idx)
		STORE16(*avail_event(ring), ring->taken);
	else
		STORE16(ring->used->flags, 0);
}

/**
 * ring_want_no_kick - ask the driver for no kick
 * @ring: the ring
 *
 * With EVENT_IDX it may kick all the same, once in 65536 chains.
 */
void ring_want_no_kick(struct ring *ring)
{
	if (ring->event_idx)
		STORE16(*avail_event(ring), ring->taken - 1);
	else
		STORE16(ring->used->flags, VRING_USED_F_NO_NOTIFY);
}
