/* SPDX-License-Identifier: GPL-2.0 */
#ifndef TT_NET_LINK_H
#define TT_NET_LINK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "random.h"

/* what fits into a frame at the very least: its header */
#define LINK_SHORTEST 14

/**
 * struct link_quality - what the links of a network are like
 *
 * @delay: how long a frame takes from machine to machine, ns
 * @jitter: how much more or less that may be, ns
 * @loss: how likely a frame gets lost, of %PROBABILITY_ONE
 * @duplicate: how likely it arrives twice, of %PROBABILITY_ONE
 * @rate: bit/s in each direction, 0 for no limit
 * @queue: how many frames may wait for the one that is being sent
 */
struct link_quality {
	uint64_t delay;
	uint64_t jitter;
	uint64_t loss;
	uint64_t duplicate;
	uint64_t rate;
	uint32_t queue;
};

/**
 * struct line - one direction of a link, which sends frames one after the other
 *
 * @free: when it has sent all that it was given, controller time, ns
 * @start: when those that wait will begin to be sent, a ring buffer
 * @first: the first of them in @start
 * @waiting: how many wait
 * @size: for how many there is room
 */
struct line {
	uint64_t free;
	uint64_t *start;
	uint32_t first;
	uint32_t waiting;
	uint32_t size;
};

/* what line_send() returns instead of a time */
#define LINE_FULL UINT64_MAX

uint64_t link_duration(const struct link_quality *quality, size_t len);
uint64_t link_lookahead(const struct link_quality *quality);
uint64_t link_from_switch(const struct link_quality *quality);
uint64_t line_send(struct line *line, const struct link_quality *quality,
		   uint64_t time, size_t len);
void line_free(struct line *line);
uint64_t link_arrival(const struct link_quality *quality,
		      struct random *random, uint64_t time);

#endif /* TT_NET_LINK_H */
