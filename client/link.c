// SPDX-License-Identifier: BSD-3-Clause
/*
 * The connection to the controller: messages over a stream socket, which may
 * cut them anywhere and deliver many at once.
 *
 * What is to come is waited for with poll(): a process that sleeps in recv() is
 * also woken when its peer takes what it had sent, which made a wake-up through
 * the controller a fifth dearer.
 */

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "link.h"

/* how long until a controller that was not there is tried again */
#define RETRY_MS 5

/**
 * tt_link_left_ms - how long the controller may still take
 * @link: the connection
 * @end: 0, until then the time begins to count now
 *
 * Return: milliseconds, for poll(); 0 if time is up, -1 if it never is.
 */
int tt_link_left_ms(const struct tt_link *link, long long *end)
{
	struct timespec ts;
	long long now;

	if (link->timeout_ms < 0)
		return -1;
	clock_gettime(CLOCK_MONOTONIC, &ts);
	now = ts.tv_sec * 1000LL + ts.tv_nsec / 1000000;
	if (!*end)
		*end = now + link->timeout_ms;
	return *end > now ? *end - now : 0;
}

/**
 * tt_link_init - not connected
 * @link: the connection
 * @error: where to note what goes wrong
 */
void tt_link_init(struct tt_link *link, struct tt_error *error)
{
	unsigned int i;

	memset(link, 0, sizeof(*link));
	link->fd = -1;
	link->error = error;
	for (i = 0; i < UM_TIMETRAVEL_MAX_FDS; i++)
		link->fds[i] = -1;
}

static int link_socket(struct tt_link *link, int timeout_ms)
{
	struct timeval tv = {};

	link->timeout_ms = timeout_ms;
	link->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (link->fd < 0)
		return tt_error(link->error, errno, "cannot make a socket: %s",
				strerror(errno));
	if (timeout_ms < 0)
		return 0;
	tv.tv_sec = timeout_ms / 1000;
	tv.tv_usec = timeout_ms % 1000 * 1000;
	if (setsockopt(link->fd, SOL_SOCKET, SO_SNDTIMEO, &tv, sizeof(tv)))
		return tt_error(link->error, errno,
				"cannot set the socket's timeout: %s",
				strerror(errno));
	return 0;
}

/* it may be started after its clients, or be about to listen */
static bool link_may_come(int err)
{
	return err == ENOENT || err == ECONNREFUSED || err == EINTR;
}

/**
 * tt_link_connect - connect to the controller
 * @link: not connected
 * @path: its socket
 * @timeout_ms: how long to wait until it is there, and from now on until it
 *	takes or sends something; -1: forever
 *
 * Return: 0 or -errno, with a line that says why.
 */
int tt_link_connect(struct tt_link *link, const char *path, int timeout_ms)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	long long end = 0;
	size_t len = strlen(path);
	int ret;

	if (!len || len >= sizeof(addr.sun_path))
		return tt_error(link->error, len ? ENAMETOOLONG : EINVAL,
				"the path of the controller's socket has %zu bytes, it may have 1 to %zu",
				len, sizeof(addr.sun_path) - 1);
	memcpy(addr.sun_path, path, len);

	ret = link_socket(link, timeout_ms);
	if (ret)
		return ret;
	tt_link_left_ms(link, &end);
	while (connect(link->fd, (struct sockaddr *)&addr, sizeof(addr))) {
		/* EAGAIN: it is there, but did not accept in time */
		if (!link_may_come(errno) || !tt_link_left_ms(link, &end)) {
			ret = errno == EAGAIN ? ETIMEDOUT : errno;
			return tt_error(link->error, ret,
					"cannot connect to the controller at %s: %s",
					path, strerror(ret));
		}
		poll(NULL, 0, RETRY_MS);
	}
	return 0;
}

/**
 * tt_link_shutdown - let the controller know that no more will come
 * @link: the connection
 */
void tt_link_shutdown(struct tt_link *link)
{
	if (link->fd >= 0)
		shutdown(link->fd, SHUT_RDWR);
}

/**
 * tt_link_close - close the connection, and descriptors that nobody took
 * @link: the connection
 */
void tt_link_close(struct tt_link *link)
{
	tt_link_close_fds(link);
	if (link->fd >= 0)
		close(link->fd);
	link->fd = -1;
}

/**
 * tt_link_close_fds - close what came with the last message and was not taken
 * @link: the connection
 */
void tt_link_close_fds(struct tt_link *link)
{
	unsigned int i;

	for (i = 0; i < UM_TIMETRAVEL_MAX_FDS; i++) {
		if (link->fds[i] >= 0)
			close(link->fds[i]);
		link->fds[i] = -1;
	}
	link->nfds = 0;
}

static int link_gone(struct tt_link *link, int err)
{
	if (link->len - link->head)
		return tt_error(link->error, EPROTO,
				"the controller has gone after half a message, %zu bytes of %zu",
				link->len - link->head,
				sizeof(struct um_timetravel_msg));
	return tt_error(link->error, err, "the controller has gone: %s",
			strerror(err));
}

/**
 * tt_link_send - send a message
 * @link: the connection
 * @msg: the message
 *
 * Return: 0; -ETIMEDOUT if the controller does not read for too long; -errno
 * if it has gone.
 */
int tt_link_send(struct tt_link *link, const struct um_timetravel_msg *msg)
{
	const char *data = (const char *)msg;
	size_t done = 0;
	ssize_t ret;

	while (done < sizeof(*msg)) {
		ret = send(link->fd, data + done, sizeof(*msg) - done,
			   MSG_NOSIGNAL);
		if (ret >= 0)
			done += ret;
		else if (errno == EAGAIN)
			return tt_error(link->error, ETIMEDOUT,
					"the controller does not read");
		else if (errno != EINTR)
			return link_gone(link, errno);
	}
	return 0;
}

static void link_take_fds(struct tt_link *link, struct msghdr *hdr)
{
	struct cmsghdr *cmsg = CMSG_FIRSTHDR(hdr);

	if (!cmsg || cmsg->cmsg_level != SOL_SOCKET ||
	    cmsg->cmsg_type != SCM_RIGHTS)
		return;
	tt_link_close_fds(link);
	link->nfds = (cmsg->cmsg_len - CMSG_LEN(0)) / sizeof(int);
	memcpy(link->fds, CMSG_DATA(cmsg), link->nfds * sizeof(int));
	if (hdr->msg_flags & MSG_CTRUNC)
		link->nfds++;
}

/* not more than the rest of one message, to know which one they belong to */
static ssize_t link_receive_fds(struct tt_link *link)
{
	union {
		char buf[CMSG_SPACE(UM_TIMETRAVEL_MAX_FDS * sizeof(int))];
		struct cmsghdr align;
	} control;
	struct iovec iov = {
		.iov_base = link->buf + link->len,
		.iov_len = sizeof(struct um_timetravel_msg) -
			   (link->len - link->head),
	};
	struct msghdr hdr = {
		.msg_iov = &iov,
		.msg_iovlen = 1,
		.msg_control = control.buf,
		.msg_controllen = sizeof(control.buf),
	};
	ssize_t ret = recvmsg(link->fd, &hdr, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);

	if (ret > 0)
		link_take_fds(link, &hdr);
	return ret;
}

/* -EAGAIN: nothing came in time */
static int link_wait(struct tt_link *link, long long *end)
{
	struct pollfd pollfd = { .fd = link->fd, .events = POLLIN };
	int ret;

	do {
		ret = poll(&pollfd, 1, tt_link_left_ms(link, end));
	} while (ret < 0 && errno == EINTR);
	if (ret < 0)
		return tt_error(link->error, errno, "poll: %s",
				strerror(errno));
	return ret ? 0 : -EAGAIN;
}

static int link_fill(struct tt_link *link, int flags, long long *end)
{
	ssize_t ret;

	link->len -= link->head;
	memmove(link->buf, link->buf + link->head, link->len);
	link->head = 0;

	if (!(flags & MSG_DONTWAIT)) {
		ret = link_wait(link, end);
		if (ret)
			return ret;
	}
	if (link->take_fds)
		ret = link_receive_fds(link);
	else
		ret = recv(link->fd, link->buf + link->len,
			   sizeof(link->buf) - link->len, MSG_DONTWAIT);
	if (ret > 0) {
		/* the rest of a message has as long as its beginning had */
		if (!link->len)
			*end = 0;
		link->len += ret;
	} else if (!ret) {
		return link_gone(link, EPIPE);
	} else if (errno == EAGAIN) {
		return -EAGAIN;
	} else if (errno != EINTR) {
		return link_gone(link, errno);
	}
	return 0;
}

/**
 * tt_link_has_message - is there one that was received already?
 * @link: the connection
 */
bool tt_link_has_message(const struct tt_link *link)
{
	return link->len - link->head >= sizeof(struct um_timetravel_msg);
}

/**
 * tt_link_is_empty - was nothing received that was not returned?
 * @link: the connection
 */
bool tt_link_is_empty(const struct tt_link *link)
{
	return link->len == link->head;
}

/**
 * tt_link_receive - receive a message
 * @link: the connection
 * @msg: filled in
 * @flags: 0 or MSG_DONTWAIT
 *
 * Return: 0; -EAGAIN if nothing came in time, which is no error yet;
 * -ETIMEDOUT if its end did not come; -errno if the controller has gone.
 */
int tt_link_receive(struct tt_link *link, struct um_timetravel_msg *msg,
		    int flags)
{
	long long end = 0;
	int ret;

	if (link->take_fds)
		tt_link_close_fds(link);
	while (!tt_link_has_message(link)) {
		ret = link_fill(link, flags, &end);
		if (ret == -EAGAIN && link->len && !(flags & MSG_DONTWAIT))
			return tt_error(link->error, ETIMEDOUT,
					"half a message of the controller, %zu bytes of %zu, and then nothing",
					link->len, sizeof(*msg));
		if (ret)
			return ret;
	}
	memcpy(msg, link->buf + link->head, sizeof(*msg));
	link->head += sizeof(*msg);
	return 0;
}
