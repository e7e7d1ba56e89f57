// SPDX-License-Identifier: GPL-2.0
/*
 * Host side of the tests of external time-travel.
 */
#include <errno.h>
#include <sys/mman.h>
#include <unistd.h>
#include <os.h>

/**
 * os_create_memfd - create a memory that can be given to another process
 * @name: its name in /proc/self/maps
 * @size: its size in bytes
 *
 * Return: a descriptor that is close-on-exec, or a negative errno.
 */
int os_create_memfd(const char *name, unsigned long long size)
{
	int fd = memfd_create(name, MFD_CLOEXEC), err;

	if (fd < 0)
		return -errno;

	if (ftruncate(fd, size) < 0) {
		err = -errno;
		close(fd);
		return err;
	}

	return fd;
}
