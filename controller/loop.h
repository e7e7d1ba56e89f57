/* SPDX-License-Identifier: GPL-2.0 */
#ifndef TT_LOOP_H
#define TT_LOOP_H

#include <stdint.h>
#include <sys/epoll.h>

#define LOOP_BATCH 64

/**
 * struct loop_source - a file descriptor, and what to do when it is ready
 *
 * @fd: the descriptor
 * @ready: called with the events that have come, EPOLLIN, EPOLLOUT, EPOLLERR and
 *	EPOLLHUP; it may remove any source, itself as well
 */
struct loop_source {
	int fd;
	void (*ready)(struct loop_source *source, uint32_t events);
};

/**
 * struct loop - an event loop
 *
 * @epoll: the epoll instance
 * @events: the batch that is being handled
 * @count: how many of @events there are, 0 between batches
 */
struct loop {
	int epoll;
	struct epoll_event events[LOOP_BATCH];
	int count;
};

int loop_init(struct loop *loop);
void loop_destroy(struct loop *loop);
int loop_add(struct loop *loop, struct loop_source *source, uint32_t events);
int loop_change(struct loop *loop, struct loop_source *source,
		uint32_t events);
void loop_remove(struct loop *loop, struct loop_source *source);
int loop_run_once(struct loop *loop, int timeout_ms);
uint64_t loop_now(void);
int loop_timeout(int timeout_ms, uint64_t deadline);

#endif /* TT_LOOP_H */
