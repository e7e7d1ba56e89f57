/* SPDX-License-Identifier: GPL-2.0 */
#ifndef TT_CONN_H
#define TT_CONN_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include <linux/um_timetravel.h>

/* for a peer that does not read: how many messages are kept for it */
#define CONN_MAX_QUEUED 65536

/* and for one with a network card, which may get many frames at one instant */
#define CONN_MAX_QUEUED_FRAMES (64 * CONN_MAX_QUEUED)

/**
 * struct conn - messages over a stream socket
 *
 * @fd: the socket, non-blocking
 * @broken: the peer takes nothing any more; what it sent before may still be
 *	there to be read
 * @rest: the beginning of a message whose end has not come yet
 * @rest_len: size of @rest, bytes
 * @max_queued: for how many messages @out may have room
 * @out: messages to be sent, from @out_head on
 * @out_head: how much of @out was sent, bytes
 * @out_len: how much of @out is used, bytes
 * @out_size: how much is allocated for @out, bytes
 * @fds: descriptors that go with the first byte that is sent
 * @nfds: how many of @fds there are
 */
struct conn {
	int fd;
	bool broken;
	char rest[sizeof(struct um_timetravel_msg)];
	size_t rest_len;
	size_t max_queued;
	char *out;
	size_t out_head;
	size_t out_len;
	size_t out_size;
	int fds[UM_TIMETRAVEL_MAX_FDS];
	unsigned int nfds;
};

/* what conn_read() hands messages to; returns false to get no more of them */
typedef bool (*conn_handler)(struct conn *conn,
			     const struct um_timetravel_msg *msg);

void conn_init(struct conn *conn, int fd);
void conn_destroy(struct conn *conn);
int conn_read(struct conn *conn, conn_handler handler);
int conn_queue(struct conn *conn, const struct um_timetravel_msg *msg,
	       const void *payload, size_t len);
void conn_attach(struct conn *conn, const int *fds, unsigned int nfds);
bool conn_flush(struct conn *conn);
pid_t conn_peer(int fd);

#endif /* TT_CONN_H */
