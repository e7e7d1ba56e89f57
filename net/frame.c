// SPDX-License-Identifier: GPL-2.0
/*
 * Frames, and the order of what happens to them.
 *
 * Events are ordered by time. Events at the same time are ordered by the time at
 * which the frame was sent, then by the sending machine, its port, and the number
 * of the frame there; copies of one frame are ordered by the receiving port. So
 * the order never depends on which machine was served first on the host.
 */

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "frame.h"
#include "port.h"
#include "simtime.h"

static int order(uint64_t a, uint64_t b)
{
	return (a > b) - (a < b);
}

/**
 * port_id_compare - put two ports into order
 * @a: one
 * @b: the other
 *
 * Return: negative if @a is first, positive if @b is, 0 if they are the same.
 */
int port_id_compare(const struct port_id *a, const struct port_id *b)
{
	return order(a->machine, b->machine) ?:
	       order(a->network, b->network) ?:
	       order(a->card, b->card);
}

/**
 * frame_new - copy a frame
 * @data: its content
 * @len: bytes in it
 * @held: its memory is added to this, in bytes, and subtracted when it is freed
 *
 * Return: the frame, held by the caller; NULL if there is no memory.
 */
struct frame *frame_new(const void *data, size_t len, size_t *held)
{
	struct frame *frame = malloc(sizeof(*frame) + len);

	if (!frame)
		return NULL;
	*frame = (struct frame) { .refs = 1, .held = held, .len = len };
	*held += sizeof(*frame) + len;
	memcpy(frame->data, data, len);
	return frame;
}

/**
 * frame_get - hold a frame once more
 * @frame: the frame
 *
 * Return: the frame.
 */
struct frame *frame_get(struct frame *frame)
{
	frame->refs++;
	return frame;
}

/**
 * frame_put - hold a frame no more; the last to do so frees it
 * @frame: the frame
 */
void frame_put(struct frame *frame)
{
	if (--frame->refs)
		return;
	*frame->held -= sizeof(*frame) + frame->len;
	free(frame);
}

static int compare(const struct transit *a, const struct transit *b)
{
	return order(a->time, b->time) ?:
	       order(a->frame->sent, b->frame->sent) ?:
	       port_id_compare(&a->frame->from, &b->frame->from) ?:
	       order(a->frame->number, b->frame->number) ?:
	       port_id_compare(&a->port->id, &b->port->id);
}

/* put @transit where it belongs, which is @pos or above */
static void up(struct transits *transits, size_t pos, struct transit transit)
{
	size_t parent;

	for (; pos; pos = parent) {
		parent = (pos - 1) / 2;
		if (compare(&transits->heap[parent], &transit) <= 0)
			break;
		transits->heap[pos] = transits->heap[parent];
	}
	transits->heap[pos] = transit;
}

/* put @transit where it belongs, which is @pos or below */
static void down(struct transits *transits, size_t pos, struct transit transit)
{
	size_t child;

	while ((child = 2 * pos + 1) < transits->len) {
		if (child + 1 < transits->len &&
		    compare(&transits->heap[child + 1],
			    &transits->heap[child]) < 0)
			child++;
		if (compare(&transit, &transits->heap[child]) <= 0)
			break;
		transits->heap[pos] = transits->heap[child];
		pos = child;
	}
	transits->heap[pos] = transit;
}

/**
 * transits_add - add one
 * @transits: the heap
 * @time: when it happens, controller time, ns
 * @frame: the frame, which is held until it is taken
 * @port: where
 *
 * Return: 0 or -ENOMEM.
 */
int transits_add(struct transits *transits, uint64_t time, struct frame *frame,
		 struct port *port)
{
	const struct transit transit = {
		.time = time,
		.frame = frame,
		.port = port,
	};
	struct transit *heap;
	size_t size;

	if (transits->len == transits->size) {
		size = transits->size ? 2 * transits->size : 64;
		heap = realloc(transits->heap, size * sizeof(*heap));
		if (!heap)
			return -ENOMEM;
		transits->heap = heap;
		transits->size = size;
	}
	frame_get(frame);
	up(transits, transits->len++, transit);
	return 0;
}

/**
 * transits_take - take the next one
 * @transits: the heap, not empty
 *
 * Return: it; its frame is held by the caller now.
 */
struct transit transits_take(struct transits *transits)
{
	const struct transit next = transits->heap[0];

	transits->len--;
	if (transits->len)
		down(transits, 0, transits->heap[transits->len]);
	return next;
}

/**
 * transits_next - when the next one happens
 * @transits: the heap
 *
 * Return: controller time, ns; %SIMTIME_NEVER if there is none.
 */
uint64_t transits_next(const struct transits *transits)
{
	return transits->len ? transits->heap[0].time : SIMTIME_NEVER;
}

/**
 * transits_clear - forget all of them and free the heap
 * @transits: the heap, which may be used again
 */
void transits_clear(struct transits *transits)
{
	while (transits->len)
		frame_put(transits->heap[--transits->len].frame);
	free(transits->heap);
	memset(transits, 0, sizeof(*transits));
}
