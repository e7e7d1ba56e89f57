/* SPDX-License-Identifier: GPL-2.0 */
#ifndef TT_LISTEN_H
#define TT_LISTEN_H

#include <sys/types.h>

/**
 * struct listener - a socket in the file system
 *
 * @path: where
 * @fd: listens
 * @dev: file system of the socket
 * @ino: the socket, which may not be the one at @path any more
 */
struct listener {
	const char *path;
	int fd;
	dev_t dev;
	ino_t ino;
};

int listener_open(struct listener *listener, const char *path);
void listener_close(struct listener *listener);

#endif /* TT_LISTEN_H */
