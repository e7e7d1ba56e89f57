// SPDX-License-Identifier: GPL-2.0
/*
 * Links: how long a frame takes, and whether it arrives.
 *
 * A link joins a machine to the switch and has a line in each direction. With a
 * rate, a line sends one frame after the other; a frame that finds it busy
 * waits, and is dropped if the queue is full. On its way through the switch a
 * frame is sent over two lines, so its length counts twice, as with a real switch
 * that stores a frame before it forwards it.
 *
 * Delay, jitter, loss and duplicates are those of the whole way. They are applied
 * once, behind the switch, where each receiver has its own copy of the frame.
 */

#include <stdlib.h>

#include "link.h"
#include "simtime.h"

/**
 * link_duration - how long a line is busy with a frame
 * @quality: what the link is like
 * @len: bytes in the frame
 *
 * Return: ns, rounded up, so that the rate is never exceeded.
 */
uint64_t link_duration(const struct link_quality *quality, size_t len)
{
	unsigned __int128 bits = (unsigned __int128)len * 8 * NSEC_PER_SEC;

	if (!quality->rate)
		return 0;
	bits = (bits + quality->rate - 1) / quality->rate;
	return bits < SIMTIME_NEVER ? bits : SIMTIME_NEVER;
}

/**
 * link_lookahead - how long any frame takes at least from machine to machine
 * @quality: what the links are like
 *
 * Return: ns.
 */
uint64_t link_lookahead(const struct link_quality *quality)
{
	uint64_t duration = link_duration(quality, LINK_SHORTEST);

	return simtime_add(quality->delay - quality->jitter,
			   simtime_add(duration, duration));
}

/**
 * link_from_switch - how long any frame takes at least from the switch on
 * @quality: what the links are like
 *
 * Return: ns.
 */
uint64_t link_from_switch(const struct link_quality *quality)
{
	return simtime_add(quality->delay - quality->jitter,
			   link_duration(quality, LINK_SHORTEST));
}

static bool line_wait(struct line *line, uint32_t limit, uint64_t start)
{
	uint64_t *queue;
	uint32_t size, i;

	if (line->waiting >= limit)
		return false;
	if (line->waiting == line->size) {
		size = line->size ? 2 * line->size : 16;
		queue = malloc(size * sizeof(*queue));
		if (!queue)
			return false;
		for (i = 0; i < line->waiting; i++)
			queue[i] = line->start[(line->first + i) % line->size];
		free(line->start);
		line->start = queue;
		line->size = size;
		line->first = 0;
	}
	line->start[(line->first + line->waiting++) % line->size] = start;
	return true;
}

/**
 * line_send - send a frame over a line
 * @line: the line
 * @quality: what it is like
 * @time: when the frame gets there, ns; never before the one sent last
 * @len: bytes in the frame
 *
 * Return: when all of it has left, ns; %LINE_FULL if it is dropped.
 */
uint64_t line_send(struct line *line, const struct link_quality *quality,
		   uint64_t time, size_t len)
{
	if (!quality->rate)
		return time;
	while (line->waiting && line->start[line->first] <= time) {
		line->first = (line->first + 1) % line->size;
		line->waiting--;
	}
	if (line->free > time && !line_wait(line, quality->queue, line->free))
		return LINE_FULL;
	if (line->free < time)
		line->free = time;
	line->free = simtime_add(line->free, link_duration(quality, len));
	return line->free;
}

/**
 * line_free - free what a line has allocated
 * @line: the line
 */
void line_free(struct line *line)
{
	free(line->start);
	line->start = NULL;
}

/**
 * link_arrival - when a frame arrives at the other end
 * @quality: what the link is like
 * @random: the link's generator
 * @time: when it was sent, ns
 *
 * Return: ns. With jitter it may overtake another one.
 */
uint64_t link_arrival(const struct link_quality *quality,
		      struct random *random, uint64_t time)
{
	time = simtime_add(time, quality->delay - quality->jitter);
	if (quality->jitter)
		time = simtime_add(time, random_below(random,
						      2 * quality->jitter + 1));
	return time;
}
