// SPDX-License-Identifier: GPL-2.0
/*
 * What /proc tells about a client's process.
 */

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "process.h"

/* every machine that has a controller was booted with this */
#define MACHINE_ARGUMENT "time-travel=ext:"

/**
 * process_born - when a process began
 * @pid: its number
 *
 * Return: ticks after the host's boot, 0 if there is no such process.
 */
uint64_t process_born(pid_t pid)
{
	char path[32], stat[1024], *field;
	ssize_t len;
	int fd, i;

	snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	len = fd < 0 ? 0 : read(fd, stat, sizeof(stat) - 1);
	if (fd >= 0)
		close(fd);
	stat[len > 0 ? len : 0] = '\0';
	/* field 22; the second one, a name, ends with the last ')' */
	field = strrchr(stat, ')');
	for (i = 2; field && i < 22; i++)
		field = strchr(field + 1, ' ');
	return field ? strtoull(field, NULL, 10) : 0;
}

/**
 * process_is_machine - is a process a User-mode Linux machine?
 * @pid: its number
 *
 * Return: true if its command line says so; false also if that cannot be read.
 */
bool process_is_machine(pid_t pid)
{
	char path[32], *arg = NULL;
	bool found = false;
	size_t size = 0;
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%d/cmdline", (int)pid);
	file = fopen(path, "re");
	while (file && !found && getdelim(&arg, &size, '\0', file) > 0)
		found = !strncmp(arg, MACHINE_ARGUMENT,
				 strlen(MACHINE_ARGUMENT));
	free(arg);
	if (file)
		fclose(file);
	return found;
}
