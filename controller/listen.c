// SPDX-License-Identifier: GPL-2.0
/*
 * The socket that the controller listens on, and its name in the file system.
 *
 * A controller that was killed leaves its socket behind, which must not keep the
 * next one from starting. But no controller may take the socket of a live one.
 * Only an attempt to connect tells a stale socket from a live one. Two
 * controllers could both find a stale socket and replace it one after the other,
 * so each locks the directory until its own socket is in place. Unlike a lock
 * file, a locked directory leaves nothing behind.
 */

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "listen.h"
#include "log.h"

#define LOCK_TRIES 50
#define LOCK_PAUSE_US 20000

static int listener_lock(const char *path)
{
	char dir[sizeof(((struct sockaddr_un *)NULL)->sun_path)];
	int fd, i;

	snprintf(dir, sizeof(dir), "%s", path);
	fd = open(dirname(dir), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	/*
	 * A controller does not keep it locked that long, and a directory that
	 * can be used need not be readable: go on without the lock.
	 */
	for (i = 0; fd >= 0 && i < LOCK_TRIES; i++) {
		if (!flock(fd, LOCK_EX | LOCK_NB) || errno != EWOULDBLOCK)
			break;
		usleep(LOCK_PAUSE_US);
	}
	return fd;
}

/* remove a stale socket; anything else that is there is an error */
static int listener_clear(const struct sockaddr_un *addr)
{
	const char *path = addr->sun_path;
	struct stat st;
	int fd, err;

	if (lstat(path, &st)) {
		if (errno == ENOENT)
			return 0;
		err = errno;
		log_line("%s: %s", path, strerror(err));
		return -err;
	}
	if (!S_ISSOCK(st.st_mode)) {
		log_line("%s exists, and is not a socket", path);
		return -EEXIST;
	}

	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return -errno;
	err = connect(fd, (const struct sockaddr *)addr, sizeof(*addr)) ?
	      errno : 0;
	close(fd);
	if (err != ECONNREFUSED) {
		/* EAGAIN: its backlog is full, so somebody serves it */
		if (!err || err == EAGAIN)
			log_line("%s is served by another controller", path);
		else
			log_line("%s: %s", path, strerror(err));
		return err ? -err : -EADDRINUSE;
	}
	if (unlink(path) && errno != ENOENT) {
		err = errno;
		log_line("cannot replace the stale socket %s: %s", path,
			 strerror(err));
		return -err;
	}
	return 0;
}

static int listener_bind(struct listener *listener,
			 const struct sockaddr_un *addr)
{
	struct stat st;
	int ret;

	ret = listener_clear(addr);
	if (ret)
		return ret;
	if (bind(listener->fd, (const struct sockaddr *)addr, sizeof(*addr)) ||
	    listen(listener->fd, SOMAXCONN) || lstat(addr->sun_path, &st)) {
		ret = -errno;
		log_line("cannot listen on %s: %s", addr->sun_path,
			 strerror(-ret));
		return ret;
	}
	listener->dev = st.st_dev;
	listener->ino = st.st_ino;
	return 0;
}

/**
 * listener_open - listen on a socket that nobody else serves
 * @listener: filled in
 * @path: its path, which has to outlive @listener
 *
 * Return: 0; -errno after one line in the log that says what is wrong.
 */
int listener_open(struct listener *listener, const char *path)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	int ret, lock;

	if (!*path || strlen(path) >= sizeof(addr.sun_path)) {
		log_line("the path of the socket has %zu bytes, allowed are 1 to %zu",
			 strlen(path), sizeof(addr.sun_path) - 1);
		return -ENAMETOOLONG;
	}
	strcpy(addr.sun_path, path);

	listener->path = path;
	listener->fd = socket(AF_UNIX,
			      SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (listener->fd < 0) {
		ret = -errno;
		log_line("cannot make a socket: %s", strerror(-ret));
		return ret;
	}

	lock = listener_lock(path);
	ret = listener_bind(listener, &addr);
	if (lock >= 0)
		close(lock);
	if (ret)
		close(listener->fd);
	return ret;
}

/**
 * listener_close - stop listening, and remove the socket
 * @listener: from listener_open(); what has taken the socket's place stays
 */
void listener_close(struct listener *listener)
{
	struct stat st;

	if (!lstat(listener->path, &st) && st.st_dev == listener->dev &&
	    st.st_ino == listener->ino)
		unlink(listener->path);
	close(listener->fd);
}
