/* SPDX-License-Identifier: GPL-2.0 */
#ifndef TT_LAB_CLOCK_H
#define TT_LAB_CLOCK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/**
 * struct clock - a process that says when it is a certain simulated time
 *
 * @pid: the process, or 0
 * @reached: from there come times that were reached, each a uint64_t; then time
 *	stands still
 * @go_on: clock_go_on() writes there
 */
struct clock {
	pid_t pid;
	int reached;
	int go_on;
};

int clock_start(struct clock *clock, const char *directory, const char *socket,
		uint64_t name, const uint64_t *times, size_t nr, bool real_time);
void clock_go_on(struct clock *clock);

#endif /* TT_LAB_CLOCK_H */
