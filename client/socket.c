// SPDX-License-Identifier: BSD-3-Clause
/*
 * The connection to the controller: messages over a stream socket, which may
 * cut them anywhere and deliver many at once.
 *
 * The socket is waited for with poll() and not with a blocking recv(). A process
 * that sleeps in recv() is also woken when its peer reads what it had sent; that
 * made a wake-up through the controller a fifth slower.
 */

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "socket.h"

/* pause before the next attempt to connect */
#define RETRY_MS 5

/* how much may be queued before it is sent, bytes */
#define OUT_SIZE 32768

/**
 * tt_socket_left_ms - how much of the time limit is left
 * @sock: the connection
 * @end: when the limit ends, ms of the host's monotonic clock; 0 makes it begin
 *	now, and is replaced
 *
 * Return: milliseconds, for poll(); 0 if time is up, -1 if there is no limit.
 */
int tt_socket_left_ms(const struct tt_socket *sock, long long *end)
{
	struct timespec ts;
	long long now;

	if (sock->timeout_ms < 0)
		return -1;
	clock_gettime(CLOCK_MONOTONIC, &ts);
	now = ts.tv_sec * 1000LL + ts.tv_nsec / 1000000;
	if (!*end)
		*end = now + sock->timeout_ms;
	return *end > now ? *end - now : 0;
}

/**
 * tt_socket_init - make a socket that is not connected
 * @sock: filled in
 * @error: where to note what goes wrong, here and in all functions below
 */
void tt_socket_init(struct tt_socket *sock, struct tt_error *error)
{
	unsigned int i;

	memset(sock, 0, sizeof(*sock));
	sock->fd = -1;
	sock->error = error;
	for (i = 0; i < UM_TIMETRAVEL_MAX_FDS; i++)
		sock->fds[i] = -1;
}

static int socket_make(struct tt_socket *sock, int timeout_ms)
{
	struct timeval tv = {};

	sock->timeout_ms = timeout_ms;
	sock->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (sock->fd < 0)
		return tt_error(sock->error, errno, "cannot make a socket: %s",
				strerror(errno));
	if (timeout_ms < 0)
		return 0;
	tv.tv_sec = timeout_ms / 1000;
	tv.tv_usec = timeout_ms % 1000 * 1000;
	if (setsockopt(sock->fd, SOL_SOCKET, SO_SNDTIMEO, &tv, sizeof(tv)))
		return tt_error(sock->error, errno,
				"cannot set the socket's timeout: %s",
				strerror(errno));
	return 0;
}

/* can another attempt succeed? A controller may start after its clients. */
static bool socket_try_again(int err)
{
	return err == ENOENT || err == ECONNREFUSED || err == EINTR;
}

/**
 * tt_socket_connect - connect to the controller
 * @sock: a socket that is not connected
 * @path: the controller's socket
 * @timeout_ms: time limit for the controller to listen and accept, and from then
 *	on for each message; -1: none
 *
 * Return: 0 or -errno.
 */
int tt_socket_connect(struct tt_socket *sock, const char *path, int timeout_ms)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	long long end = 0;
	size_t len = strlen(path);
	int ret;

	if (!len || len >= sizeof(addr.sun_path))
		return tt_error(sock->error, len ? ENAMETOOLONG : EINVAL,
				"the path of the controller's socket has %zu bytes, not 1 to %zu",
				len, sizeof(addr.sun_path) - 1);
	memcpy(addr.sun_path, path, len);

	ret = socket_make(sock, timeout_ms);
	if (ret)
		return ret;
	tt_socket_left_ms(sock, &end);
	while (connect(sock->fd, (struct sockaddr *)&addr, sizeof(addr))) {
		/* EAGAIN: it listens, but did not accept in time */
		if (!socket_try_again(errno) || !tt_socket_left_ms(sock, &end)) {
			ret = errno == EAGAIN ? ETIMEDOUT : errno;
			return tt_error(sock->error, ret,
					"cannot connect to the controller at %s: %s",
					path, strerror(ret));
		}
		poll(NULL, 0, RETRY_MS);
	}
	return 0;
}

/**
 * tt_socket_shutdown - end the connection, but keep the descriptor
 * @sock: a socket, connected or not
 */
void tt_socket_shutdown(struct tt_socket *sock)
{
	if (sock->fd >= 0)
		shutdown(sock->fd, SHUT_RDWR);
}

/**
 * tt_socket_close - close a socket, and descriptors that nobody has taken
 * @sock: a socket, connected or not
 */
void tt_socket_close(struct tt_socket *sock)
{
	tt_socket_close_fds(sock);
	if (sock->fd >= 0)
		close(sock->fd);
	sock->fd = -1;
	free(sock->out);
	sock->out = NULL;
	sock->out_len = 0;
	sock->out_size = 0;
}

/**
 * tt_socket_close_fds - close the descriptors that came with the last message
 *	and that nobody has taken
 * @sock: the socket
 */
void tt_socket_close_fds(struct tt_socket *sock)
{
	unsigned int i;

	for (i = 0; i < UM_TIMETRAVEL_MAX_FDS; i++) {
		if (sock->fds[i] >= 0)
			close(sock->fds[i]);
		sock->fds[i] = -1;
	}
	sock->nfds = 0;
}

static int socket_gone(struct tt_socket *sock, int err)
{
	size_t size = sizeof(struct um_timetravel_msg);

	/* whole messages may be left that came before it went */
	if ((sock->len - sock->head) % size)
		return tt_error(sock->error, EPROTO,
				"the controller has gone in the middle of a message, after %zu of %zu bytes",
				(sock->len - sock->head) % size, size);
	return tt_error(sock->error, err, "the controller has gone: %s",
			strerror(err));
}

static int socket_flush(struct tt_socket *sock, const char *data, size_t len)
{
	size_t done = 0;
	ssize_t ret;

	while (done < len) {
		ret = send(sock->fd, data + done, len - done, MSG_NOSIGNAL);
		if (ret >= 0)
			done += ret;
		else if (errno == EAGAIN)
			return tt_error(sock->error, ETIMEDOUT,
					"the controller does not read");
		else if (errno != EINTR)
			return socket_gone(sock, errno);
	}
	return 0;
}

/**
 * tt_socket_flush - send what is queued
 * @sock: a connected socket
 *
 * Return: 0; -ETIMEDOUT if the controller does not take it in time; another
 * -errno if the controller has gone.
 */
int tt_socket_flush(struct tt_socket *sock)
{
	size_t len = sock->out_len;

	sock->out_len = 0;
	return socket_flush(sock, sock->out, len);
}

/**
 * tt_socket_queue - have a message sent before the next one, or earlier
 * @sock: a connected socket
 * @msg: the message
 * @payload: what follows it, filled up with zeros to a whole number of messages
 * @len: length of the payload, bytes, 0 if there is none
 *
 * Return: 0, -ENOMEM, or what tt_socket_flush() returns.
 */
int tt_socket_queue(struct tt_socket *sock, const struct um_timetravel_msg *msg,
		    const void *payload, size_t len)
{
	size_t need = sizeof(*msg) + len + -len % sizeof(*msg);
	char *out = sock->out;
	int ret;

	if (sock->out_len + need > sock->out_size) {
		ret = tt_socket_flush(sock);
		if (ret)
			return ret;
	}
	if (need > sock->out_size) {
		out = realloc(out, need + OUT_SIZE);
		if (!out)
			return tt_error(sock->error, ENOMEM, "no memory");
		sock->out = out;
		sock->out_size = need + OUT_SIZE;
	}
	out += sock->out_len;
	sock->out_len += need;
	memset(out + need - sizeof(*msg), 0, sizeof(*msg));
	memcpy(out, msg, sizeof(*msg));
	if (len)
		memcpy(out + sizeof(*msg), payload, len);
	return 0;
}

/**
 * tt_socket_send - send a message, after those that are queued
 * @sock: a connected socket
 * @msg: the message
 *
 * Return: 0, or what tt_socket_queue() and tt_socket_flush() return.
 */
int tt_socket_send(struct tt_socket *sock, const struct um_timetravel_msg *msg)
{
	int ret;

	if (!sock->out_len)
		return socket_flush(sock, (const char *)msg, sizeof(*msg));
	ret = tt_socket_queue(sock, msg, NULL, 0);
	return ret ? ret : tt_socket_flush(sock);
}

static void socket_take_fds(struct tt_socket *sock, struct msghdr *hdr)
{
	struct cmsghdr *cmsg = CMSG_FIRSTHDR(hdr);

	if (!cmsg || cmsg->cmsg_level != SOL_SOCKET ||
	    cmsg->cmsg_type != SCM_RIGHTS)
		return;
	tt_socket_close_fds(sock);
	sock->nfds = (cmsg->cmsg_len - CMSG_LEN(0)) / sizeof(int);
	memcpy(sock->fds, CMSG_DATA(cmsg), sock->nfds * sizeof(int));
	if (hdr->msg_flags & MSG_CTRUNC)
		sock->nfds++;
}

/* at most one message, so that it is clear to which one the descriptors belong */
static ssize_t socket_receive_fds(struct tt_socket *sock)
{
	union {
		char buf[CMSG_SPACE(UM_TIMETRAVEL_MAX_FDS * sizeof(int))];
		struct cmsghdr align;
	} control;
	struct iovec iov = {
		.iov_base = sock->buf + sock->len,
		.iov_len = sizeof(struct um_timetravel_msg) -
			   (sock->len - sock->head),
	};
	struct msghdr hdr = {
		.msg_iov = &iov,
		.msg_iovlen = 1,
		.msg_control = control.buf,
		.msg_controllen = sizeof(control.buf),
	};
	ssize_t ret = recvmsg(sock->fd, &hdr, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);

	if (ret > 0)
		socket_take_fds(sock, &hdr);
	return ret;
}

/* returns -EAGAIN if nothing came in time */
static int socket_wait(struct tt_socket *sock, long long *end)
{
	struct pollfd pollfd = { .fd = sock->fd, .events = POLLIN };
	int ret;

	do {
		ret = poll(&pollfd, 1, tt_socket_left_ms(sock, end));
	} while (ret < 0 && errno == EINTR);
	if (ret < 0)
		return tt_error(sock->error, errno, "poll: %s",
				strerror(errno));
	return ret ? 0 : -EAGAIN;
}

static int socket_fill(struct tt_socket *sock, int flags, long long *end)
{
	ssize_t ret;

	sock->len -= sock->head;
	memmove(sock->buf, sock->buf + sock->head, sock->len);
	sock->head = 0;

	if (!(flags & MSG_DONTWAIT)) {
		ret = socket_wait(sock, end);
		if (ret)
			return ret;
	}
	if (sock->take_fds)
		ret = socket_receive_fds(sock);
	else
		ret = recv(sock->fd, sock->buf + sock->len,
			   sizeof(sock->buf) - sock->len, MSG_DONTWAIT);
	if (ret > 0) {
		/* the rest of a message has a time limit of its own */
		if (!sock->len)
			*end = 0;
		sock->len += ret;
	} else if (!ret) {
		return socket_gone(sock, EPIPE);
	} else if (errno == EAGAIN) {
		return -EAGAIN;
	} else if (errno != EINTR) {
		return socket_gone(sock, errno);
	}
	return 0;
}

/**
 * tt_socket_has_message - was a message received and not returned yet?
 * @sock: the socket
 */
bool tt_socket_has_message(const struct tt_socket *sock)
{
	return sock->len - sock->head >= sizeof(struct um_timetravel_msg);
}

/**
 * tt_socket_is_empty - was everything returned that was received?
 * @sock: the socket
 */
bool tt_socket_is_empty(const struct tt_socket *sock)
{
	return sock->len == sock->head;
}

/**
 * tt_socket_receive - receive a message
 * @sock: a connected socket
 * @msg: filled in
 * @flags: MSG_DONTWAIT, or 0 to wait until the time limit
 *
 * Return: 0; -EAGAIN if nothing came, which is not noted as an error;
 * -ETIMEDOUT if only the beginning of a message came; another -errno if the
 * controller has gone.
 */
int tt_socket_receive(struct tt_socket *sock, struct um_timetravel_msg *msg,
		      int flags)
{
	long long end = 0;
	int ret;

	if (sock->take_fds)
		tt_socket_close_fds(sock);
	while (!tt_socket_has_message(sock)) {
		ret = socket_fill(sock, flags, &end);
		if (ret == -EAGAIN && sock->len && !(flags & MSG_DONTWAIT))
			return tt_error(sock->error, ETIMEDOUT,
					"the controller stopped in the middle of a message, after %zu of %zu bytes",
					sock->len, sizeof(*msg));
		if (ret)
			return ret;
	}
	memcpy(msg, sock->buf + sock->head, sizeof(*msg));
	sock->head += sizeof(*msg);
	return 0;
}

/**
 * tt_socket_receive_payload - receive what follows a message
 * @sock: a connected socket
 * @payload: filled in
 * @len: its length, bytes
 *
 * Return: 0; -ETIMEDOUT if it does not come in time; another -errno if the
 * controller has gone.
 */
int tt_socket_receive_payload(struct tt_socket *sock, void *payload, size_t len)
{
	struct um_timetravel_msg part;
	size_t done, some;
	int ret;

	for (done = 0; done < len; done += some) {
		ret = tt_socket_receive(sock, &part, 0);
		if (ret == -EAGAIN)
			return tt_error(sock->error, ETIMEDOUT,
					"the controller stopped in the middle of a frame, after %zu of %zu bytes",
					done, len);
		if (ret)
			return ret;
		some = len - done < sizeof(part) ? len - done : sizeof(part);
		memcpy((char *)payload + done, &part, some);
	}
	return 0;
}
