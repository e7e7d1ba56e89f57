// SPDX-License-Identifier: GPL-2.0
/*
 * Messages over a stream socket. The stream may cut them anywhere and deliver
 * many at once, in both directions. The caller sees whole messages, and never
 * waits for the peer.
 */

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/types.h>
#include <unistd.h>

#include "conn.h"

/* how many messages are read at once; a long frame is about a hundred */
#define CONN_BATCH 256

/**
 * conn_init - start with a connected socket
 * @conn: filled in
 * @fd: the socket, non-blocking; closed by conn_destroy()
 */
void conn_init(struct conn *conn, int fd)
{
	memset(conn, 0, sizeof(*conn));
	conn->fd = fd;
	conn->max_queued = CONN_MAX_QUEUED;
}

/**
 * conn_destroy - close the connection
 * @conn: from conn_init(); what is queued is not sent any more
 */
void conn_destroy(struct conn *conn)
{
	close(conn->fd);
	free(conn->out);
	conn->fd = -1;
	conn->out = NULL;
}

/**
 * conn_read - read once, and hand on the messages that this completes
 * @conn: from conn_init()
 * @handler: called with each message; the rest is dropped once it returns false
 *
 * Return: 1 if there may be more now or later; 0 if the peer has closed, and
 * then @rest has what it sent of its last message; -errno if the connection
 * broke.
 */
int conn_read(struct conn *conn, conn_handler handler)
{
	char buf[CONN_BATCH * sizeof(struct um_timetravel_msg)];
	struct um_timetravel_msg msg;
	size_t len = conn->rest_len;
	size_t done = 0;
	ssize_t ret;

	memcpy(buf, conn->rest, len);
	ret = recv(conn->fd, buf + len, sizeof(buf) - len, MSG_DONTWAIT);
	if (ret == 0)
		return 0;
	if (ret < 0)
		return errno == EAGAIN || errno == EINTR ? 1 : -errno;

	len += ret;
	for (; len - done >= sizeof(msg); done += sizeof(msg)) {
		memcpy(&msg, buf + done, sizeof(msg));
		if (!handler(conn, &msg))
			return 1;
	}
	conn->rest_len = len - done;
	memcpy(conn->rest, buf + done, conn->rest_len);
	return 1;
}

/* make room for @len bytes more */
static int reserve(struct conn *conn, size_t len)
{
	size_t size = conn->out_size ? conn->out_size :
				       4 * sizeof(struct um_timetravel_msg);
	char *out;

	if (conn->out_len + len > conn->out_size && conn->out_head) {
		conn->out_len -= conn->out_head;
		memmove(conn->out, conn->out + conn->out_head, conn->out_len);
		conn->out_head = 0;
	}
	while (conn->out_len + len > size)
		size *= 2;
	if (size == conn->out_size)
		return 0;
	out = realloc(conn->out, size);
	if (!out)
		return -ENOMEM;
	conn->out = out;
	conn->out_size = size;
	return 0;
}

/**
 * conn_queue - have a message sent by the next conn_flush()
 * @conn: from conn_init()
 * @msg: the message, copied
 * @payload: what follows it, copied and filled up to a whole number of messages
 * @len: length of the payload, bytes, 0 if there is none
 *
 * Return: 0; -ENOBUFS if as much is queued already as may be, -ENOMEM.
 */
int conn_queue(struct conn *conn, const struct um_timetravel_msg *msg,
	       const void *payload, size_t len)
{
	size_t filled = (len + sizeof(*msg) - 1) / sizeof(*msg) * sizeof(*msg);
	int ret;

	if (conn->broken)
		return 0;
	if (conn->out_len - conn->out_head >= conn->max_queued * sizeof(*msg))
		return -ENOBUFS;
	ret = reserve(conn, sizeof(*msg) + filled);
	if (ret)
		return ret;
	memcpy(conn->out + conn->out_len, msg, sizeof(*msg));
	conn->out_len += sizeof(*msg);
	if (len) {
		memcpy(conn->out + conn->out_len, payload, len);
		memset(conn->out + conn->out_len + len, 0, filled - len);
		conn->out_len += filled;
	}
	return 0;
}

/**
 * conn_attach - send descriptors along with the first byte that is queued
 * @conn: from conn_init(); nothing is queued
 * @fds: the descriptors, which stay the caller's and have to be open until they
 *	are sent
 * @nfds: how many they are, at most %UM_TIMETRAVEL_MAX_FDS
 */
void conn_attach(struct conn *conn, const int *fds, unsigned int nfds)
{
	memcpy(conn->fds, fds, nfds * sizeof(*fds));
	conn->nfds = nfds;
}

static ssize_t conn_send(struct conn *conn)
{
	union {
		char buf[CMSG_SPACE(sizeof(conn->fds))];
		struct cmsghdr align;
	} control = {};
	struct iovec iov = {
		.iov_base = conn->out + conn->out_head,
		.iov_len = conn->out_len - conn->out_head,
	};
	struct msghdr msg = { .msg_iov = &iov, .msg_iovlen = 1 };
	struct cmsghdr *cmsg;
	ssize_t ret;

	if (!conn->nfds)
		return send(conn->fd, iov.iov_base, iov.iov_len,
			    MSG_DONTWAIT | MSG_NOSIGNAL);

	msg.msg_control = control.buf;
	msg.msg_controllen = CMSG_SPACE(conn->nfds * sizeof(*conn->fds));
	cmsg = CMSG_FIRSTHDR(&msg);
	cmsg->cmsg_level = SOL_SOCKET;
	cmsg->cmsg_type = SCM_RIGHTS;
	cmsg->cmsg_len = CMSG_LEN(conn->nfds * sizeof(*conn->fds));
	memcpy(CMSG_DATA(cmsg), conn->fds, conn->nfds * sizeof(*conn->fds));

	ret = sendmsg(conn->fd, &msg, MSG_DONTWAIT | MSG_NOSIGNAL);
	if (ret > 0)
		conn->nfds = 0;
	return ret;
}

/**
 * conn_flush - send what is queued, as far as the socket takes it
 * @conn: from conn_init()
 *
 * If the peer has closed, what is queued is dropped and @broken set. conn_read()
 * reports the end, after what the peer sent before it closed.
 *
 * Return: whether to call this again when the socket is writable.
 */
bool conn_flush(struct conn *conn)
{
	ssize_t ret;

	while (conn->out_head < conn->out_len) {
		ret = conn_send(conn);
		if (ret >= 0) {
			conn->out_head += ret;
		} else if (errno == EAGAIN) {
			return true;
		} else if (errno != EINTR) {
			conn->broken = true;
			break;
		}
	}
	conn->out_head = 0;
	conn->out_len = 0;
	return false;
}

/**
 * conn_peer - which process has connected
 * @fd: the socket
 *
 * Return: its number; 0 if it is not visible from here, as in another container.
 */
pid_t conn_peer(int fd)
{
	struct ucred peer;
	socklen_t len = sizeof(peer);

	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &len))
		return 0;
	return peer.pid;
}
