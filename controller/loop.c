// SPDX-License-Identifier: GPL-2.0
/*
 * The event loop: level-triggered epoll. While a batch of events is handled, any
 * source may be removed and freed, even one that has an event in that batch.
 */

#include <errno.h>
#include <limits.h>
#include <time.h>
#include <unistd.h>

#include "loop.h"
#include "simtime.h"

/**
 * loop_init - make a loop without sources
 * @loop: filled in
 *
 * Return: 0 or -errno.
 */
int loop_init(struct loop *loop)
{
	loop->count = 0;
	loop->epoll = epoll_create1(EPOLL_CLOEXEC);
	return loop->epoll < 0 ? -errno : 0;
}

/**
 * loop_destroy - free a loop
 * @loop: from loop_init(); its sources stay the caller's
 */
void loop_destroy(struct loop *loop)
{
	close(loop->epoll);
}

static int loop_ctl(struct loop *loop, int op, struct loop_source *source,
		    uint32_t events)
{
	struct epoll_event event = { .events = events, .data.ptr = source };

	return epoll_ctl(loop->epoll, op, source->fd, &event) ? -errno : 0;
}

/**
 * loop_add - wait for a source too
 * @loop: from loop_init()
 * @source: the source, which stays the caller's, with @fd and @ready set
 * @events: EPOLLIN, EPOLLOUT or both; errors and hang-ups are always reported
 *
 * Return: 0 or -errno.
 */
int loop_add(struct loop *loop, struct loop_source *source, uint32_t events)
{
	return loop_ctl(loop, EPOLL_CTL_ADD, source, events);
}

/**
 * loop_change - wait for other events of a source
 * @loop: from loop_init()
 * @source: added by loop_add()
 * @events: as for loop_add()
 *
 * Return: 0 or -errno.
 */
int loop_change(struct loop *loop, struct loop_source *source,
		uint32_t events)
{
	return loop_ctl(loop, EPOLL_CTL_MOD, source, events);
}

/**
 * loop_remove - do not wait for a source any more
 * @loop: from loop_init()
 * @source: added by loop_add(); it is not called any more, not even for an event
 *	that has come already
 */
void loop_remove(struct loop *loop, struct loop_source *source)
{
	int i;

	loop_ctl(loop, EPOLL_CTL_DEL, source, 0);
	for (i = 0; i < loop->count; i++)
		if (loop->events[i].data.ptr == source)
			loop->events[i].data.ptr = NULL;
}

/**
 * loop_run_once - wait until a source is ready, and call all that are
 * @loop: from loop_init()
 * @timeout_ms: how long to wait, -1: without end
 *
 * Return: how many sources were ready, 0 after a timeout or a signal; -errno.
 */
int loop_run_once(struct loop *loop, int timeout_ms)
{
	struct loop_source *source;
	int i, count;

	count = epoll_wait(loop->epoll, loop->events, LOOP_BATCH, timeout_ms);
	if (count < 0)
		return errno == EINTR ? 0 : -errno;

	loop->count = count;
	for (i = 0; i < count; i++) {
		source = loop->events[i].data.ptr;
		if (source)
			source->ready(source, loop->events[i].events);
	}
	loop->count = 0;
	return count;
}

/**
 * loop_now - the time on the host's monotonic clock
 *
 * Return: ns.
 */
uint64_t loop_now(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * NSEC_PER_SEC + now.tv_nsec;
}

/**
 * loop_timeout - how long loop_run_once() may wait
 * @timeout_ms: how long the caller would wait, -1: until something is ready
 * @deadline: and until when, on the clock of loop_now(), ns; UINT64_MAX: never
 *
 * Return: ms, -1 for no end. It is past @deadline when that time is over, not
 * just before it.
 */
int loop_timeout(int timeout_ms, uint64_t deadline)
{
	uint64_t now, left;

	if (deadline == UINT64_MAX)
		return timeout_ms;
	now = loop_now();
	left = deadline > now ? (deadline - now) / 1000000 + 1 : 0;
	if (left > INT_MAX || (timeout_ms >= 0 && timeout_ms < (int)left))
		return timeout_ms;
	return left;
}
