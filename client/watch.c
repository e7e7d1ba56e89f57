// SPDX-License-Identifier: BSD-3-Clause
/*
 * Descriptors that are watched: for which of them is the callback to be called?
 *
 * Theory of operation
 *
 * A descriptor may stay readable after its callback: because the callback has
 * read only a part, or leaves it all to be read later, or because the other end
 * was closed, which makes it readable for ever. Only in the first case the
 * callback has to be called again; in the others that would be a busy loop.
 *
 * So epoll reports a descriptor once when something comes (it is edge
 * triggered). When the callback has returned and there is less to read than
 * before, epoll is made to look at the descriptor again, and reports it if
 * anything is left. If there is not less, it is looked at when the next wait
 * begins, and reported before that only if more comes.
 *
 * The end comes after everything else. When a descriptor has nothing to read but
 * the end, its callback is called once more, and then it is not watched any
 * longer.
 *
 * Of some descriptors it cannot be told how much there is to read. A datagram
 * socket tells the size of the first datagram; a listening socket and many
 * devices tell nothing. Such a descriptor is looked at again after each callback,
 * up to a limit: a callback that has not emptied it by then does not read. An
 * eventfd or timerfd tells nothing either, but there one read takes all, so it
 * is not looked at again.
 *
 * A watch ends with its descriptor: the kernel takes a closed file out of the
 * epoll set. If a copy of the descriptor keeps the file open, the set goes on to
 * report it, and has to be made anew without it.
 */

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "watch.h"

/* more than what waits in one socket, usually */
#define UNREAD_MAX 1000

/**
 * tt_watches_init - nothing is watched
 * @watches: filled in
 */
void tt_watches_init(struct tt_watches *watches)
{
	memset(watches, 0, sizeof(*watches));
	watches->epoll = -1;
}

/**
 * tt_watches_destroy - watch nothing any more, and free everything
 * @watches: the watches
 */
void tt_watches_destroy(struct tt_watches *watches)
{
	if (watches->epoll >= 0)
		close(watches->epoll);
	free(watches->list);
	tt_watches_init(watches);
}

static struct tt_watch *find(struct tt_watches *watches, uint64_t id)
{
	size_t i;

	for (i = 0; i < watches->count; i++)
		if (watches->list[i].id == id)
			return &watches->list[i];
	return NULL;
}

static struct tt_watch *find_fd(struct tt_watches *watches, int fd)
{
	size_t i;

	for (i = 0; i < watches->count; i++)
		if (watches->list[i].fd == fd)
			return &watches->list[i];
	return NULL;
}

/* if it is readable, this makes epoll report it (once more) */
static int control(struct tt_watches *watches, int op,
		   const struct tt_watch *watch)
{
	struct epoll_event event = {
		.events = EPOLLIN | EPOLLRDHUP |
			  (watch->by_item ? EPOLLONESHOT : EPOLLET),
		.data.u64 = watch->id,
	};

	return epoll_ctl(watches->epoll, op, watch->fd, &event);
}

/* without what does not belong to a watch any more */
static void make_set_anew(struct tt_watches *watches)
{
	size_t i;

	close(watches->epoll);
	watches->epoll = epoll_create1(EPOLL_CLOEXEC);
	for (i = 0; i < watches->count; i++)
		control(watches, EPOLL_CTL_ADD, &watches->list[i]);
}

static void forget(struct tt_watches *watches, struct tt_watch *watch)
{
	*watch = watches->list[--watches->count];
}

/* whoever closed the descriptor has ended the watch */
static bool look_at(struct tt_watches *watches, struct tt_watch *watch)
{
	watch->left = false;
	watch->again = false;
	if (!control(watches, EPOLL_CTL_MOD, watch))
		return true;
	forget(watches, watch);
	return false;
}

static int amount(int fd)
{
	int bytes;

	return ioctl(fd, FIONREAD, &bytes) ? -1 : bytes;
}

static bool is_by_item(int fd)
{
	struct stat st;
	int type;
	socklen_t len = sizeof(type);

	if (!getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &len) &&
	    type != SOCK_STREAM && type != SOCK_SEQPACKET)
		return true;
	/* eventfd and the like have no type of file */
	return amount(fd) < 0 && !fstat(fd, &st) && st.st_mode & S_IFMT;
}

static short readable(int fd)
{
	struct pollfd pollfd = { .fd = fd, .events = POLLIN | POLLRDHUP };

	return poll(&pollfd, 1, 0) > 0 ? pollfd.revents : 0;
}

/**
 * tt_watches_add - watch a descriptor
 * @watches: the watches
 * @fd: the descriptor
 * @error: where to note why not
 *
 * Return: 0; -EBADF, -EEXIST, -EPERM for a regular file or a directory, or
 * another -errno.
 */
int tt_watches_add(struct tt_watches *watches, int fd, struct tt_error *error)
{
	struct tt_watch *watch, new = { .id = watches->ids + 1, .fd = fd };

	if (fd < 0)
		return tt_error(error, EBADF, "cannot watch descriptor %d", fd);
	if (watches->epoll < 0)
		watches->epoll = epoll_create1(EPOLL_CLOEXEC);
	if (watches->epoll < 0)
		return tt_error(error, errno, "cannot watch descriptors: %s",
				strerror(errno));
	watch = realloc(watches->list,
			(watches->count + 1) * sizeof(*watch));
	if (!watch)
		return tt_error(error, ENOMEM, "no memory");
	watches->list = watch;

	new.by_item = is_by_item(fd);
	if (control(watches, EPOLL_CTL_ADD, &new)) {
		if (errno == EEXIST)
			return tt_error(error, EEXIST,
					"descriptor %d is watched already", fd);
		return tt_error(error, errno, "cannot watch descriptor %d: %s",
				fd, strerror(errno));
	}
	watches->ids++;
	/* an earlier one of this number was closed without being unwatched */
	watch = find_fd(watches, fd);
	if (!watch)
		watch = &watches->list[watches->count++];
	*watch = new;
	return 0;
}

/**
 * tt_watches_remove - watch a descriptor no longer
 * @watches: the watches
 * @fd: the descriptor, which may be closed
 *
 * Return: whether it was watched.
 */
bool tt_watches_remove(struct tt_watches *watches, int fd)
{
	struct tt_watch *watch = find_fd(watches, fd);

	if (!watch)
		return false;
	epoll_ctl(watches->epoll, EPOLL_CTL_DEL, fd, NULL);
	forget(watches, watch);
	return true;
}

/**
 * tt_watches_look_again - a wait begins: also report what was left before
 * @watches: the watches
 */
void tt_watches_look_again(struct tt_watches *watches)
{
	struct tt_watch *watch;
	size_t i = 0;

	while (i < watches->count) {
		watch = &watches->list[i];
		watch->unread = 0;
		if (!watch->left || look_at(watches, watch))
			i++;
	}
}

/* is its callback to be called? */
static bool take(struct tt_watches *watches, struct tt_watch *watch,
		 struct tt_ready *ready)
{
	short events;

	if (watch->busy || watch->held) {
		watch->again = true;
		return false;
	}
	events = readable(watch->fd);
	if (events & POLLNVAL) {
		forget(watches, watch);
		make_set_anew(watches);
		return false;
	}
	if (!events) {
		if (watch->by_item)
			look_at(watches, watch);
		return false;
	}
	*ready = (struct tt_ready) {
		.id = watch->id, .fd = watch->fd, .amount = amount(watch->fd),
	};
	ready->ended = events & (POLLHUP | POLLRDHUP) && ready->amount <= 0;
	watch->busy = true;
	return true;
}

/**
 * tt_watches_next - for which descriptor is the callback to be called?
 * @watches: the watches
 * @ready: filled in if there is one; tt_watches_called() has to follow
 *
 * Return: whether there is one.
 */
bool tt_watches_next(struct tt_watches *watches, struct tt_ready *ready)
{
	struct epoll_event event;
	struct tt_watch *watch;

	while (epoll_wait(watches->epoll, &event, 1, 0) == 1) {
		watch = find(watches, event.data.u64);
		if (!watch)
			make_set_anew(watches);
		else if (take(watches, watch, ready))
			return true;
	}
	return false;
}

/**
 * tt_watches_called - a callback has returned
 * @watches: the watches
 * @ready: from tt_watches_next()
 */
void tt_watches_called(struct tt_watches *watches, const struct tt_ready *ready)
{
	struct tt_watch *watch = find(watches, ready->id);
	int left;

	/* the callback may have ended it, or begun another one */
	if (!watch)
		return;
	watch->busy = false;
	if (ready->ended) {
		tt_watches_remove(watches, ready->fd);
		return;
	}
	if (watch->by_item) {
		watch->unread = readable(ready->fd) ? watch->unread + 1 : 0;
		watch->again = watch->unread < UNREAD_MAX;
	} else {
		left = amount(ready->fd);
		watch->again |= left >= 0 && left < ready->amount;
	}
	if (watch->again)
		look_at(watches, watch);
	else
		watch->left = true;
}

/**
 * tt_watches_hold - a descriptor that may be watched is waited for: do not call
 *	its callback
 * @watches: the watches
 * @fd: the descriptor
 *
 * Return: for tt_watches_release().
 */
uint64_t tt_watches_hold(struct tt_watches *watches, int fd)
{
	struct tt_watch *watch = find_fd(watches, fd);

	if (!watch)
		return 0;
	watch->held++;
	return watch->id;
}

/**
 * tt_watches_release - the wait for a descriptor is over
 * @watches: the watches
 * @id: from tt_watches_hold()
 */
void tt_watches_release(struct tt_watches *watches, uint64_t id)
{
	struct tt_watch *watch = find(watches, id);

	/* what came is the waiter's, but there may be more */
	if (watch && !--watch->held && !watch->busy && watch->again)
		look_at(watches, watch);
}
