/* SPDX-License-Identifier: GPL-2.0 */
#ifndef TT_LISTEN_H
#define TT_LISTEN_H

#include <sys/types.h>

/**
 * struct listener - a socket in the file system
 *
 * @path: its path
 * @fd: its descriptor
 * @dev: its file system
 * @ino: its inode; at @path there may be another one by now
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
