/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef TT_WATCH_H
#define TT_WATCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "error.h"

/**
 * struct tt_watch - a descriptor that is watched
 *
 * @id: its number, which no other watch ever had
 * @fd: the descriptor
 * @by_item: how much is to be read cannot be told, only whether anything is
 * @busy: its callback has been called and has not returned
 * @held: how many wait for it instead of having the callback called
 * @again: something has come meanwhile
 * @left: it may still be readable, but is not looked at before the next wait
 * @unread: how often in a row, if @by_item, it was still readable after its
 *	callback
 */
struct tt_watch {
	uint64_t id;
	int fd;
	bool by_item;
	bool busy;
	unsigned int held;
	bool again;
	bool left;
	unsigned int unread;
};

/**
 * struct tt_watches - the descriptors that are watched
 *
 * @epoll: readable if one of them may have something; -1: none ever was watched
 * @list: the watches, in no order
 * @count: number of watches
 * @ids: number of watches so far
 */
struct tt_watches {
	int epoll;
	struct tt_watch *list;
	size_t count;
	uint64_t ids;
};

/**
 * struct tt_ready - a descriptor for which the callback has to be called
 *
 * @id: the number of its watch
 * @fd: the descriptor
 * @amount: how many bytes there are to read, -1 if that cannot be told
 * @ended: there is nothing more to read, now or later
 */
struct tt_ready {
	uint64_t id;
	int fd;
	int amount;
	bool ended;
};

void tt_watches_init(struct tt_watches *watches);
void tt_watches_destroy(struct tt_watches *watches);
int tt_watches_add(struct tt_watches *watches, int fd, struct tt_error *error);
bool tt_watches_remove(struct tt_watches *watches, int fd);
void tt_watches_look_again(struct tt_watches *watches);
bool tt_watches_next(struct tt_watches *watches, struct tt_ready *ready);
void tt_watches_called(struct tt_watches *watches,
		       const struct tt_ready *ready);
uint64_t tt_watches_hold(struct tt_watches *watches, int fd);
void tt_watches_release(struct tt_watches *watches, uint64_t id);

#endif /* TT_WATCH_H */
