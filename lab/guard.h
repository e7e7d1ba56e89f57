/* SPDX-License-Identifier: GPL-2.0 */
#ifndef TT_LAB_GUARD_H
#define TT_LAB_GUARD_H

#include <sys/types.h>

#include "lab.h"

/**
 * struct guard - a process that cleans up if tt-lab is killed
 *
 * @pid: the process
 * @fd: where it is told what to kill
 */
struct guard {
	pid_t pid;
	int fd;
};

int guard_start(struct guard *guard, const struct lab *lab,
		const char *directory);
void guard_add(struct guard *guard, pid_t pid);
void guard_remove(struct guard *guard, pid_t pid);
void guard_stop(struct guard *guard);

#endif /* TT_LAB_GUARD_H */
