/* SPDX-License-Identifier: GPL-2.0 */
#ifndef TT_WATCHDOG_H
#define TT_WATCHDOG_H

#include <stdbool.h>
#include <stdint.h>
#include <time.h>

#include "loop.h"

struct clients;
struct options;

/* how often the watchdog looks before it calls something a hang */
#define WATCHDOG_LOOKS 8

/**
 * struct watch - what the watchdog keeps for a client
 *
 * @messages: how many messages had come from it at the last look
 * @time: controller time it had reached, ns
 * @quiet: how many looks in a row have seen it run and make no progress
 * @since: the last look that saw progress, host's wall clock, s
 * @cpu_time: CPU time that its processes had used at the last look but one
 *	before a hang, ns
 * @cpu_when: when that was, host's monotonic clock, ns
 * @hangs: the log says that it hangs
 */
struct watch {
	uint64_t messages;
	uint64_t time;
	unsigned int quiet;
	time_t since;
	uint64_t cpu_time;
	uint64_t cpu_when;
	bool hangs;
};

/**
 * struct watchdog - finds clients that hang
 *
 * @timer: expires once for each look; its fd is -1 if there is no watchdog
 * @opt: the command line
 * @due: it is time for a look
 * @killed: a client was killed
 */
struct watchdog {
	struct loop_source timer;
	const struct options *opt;
	bool due;
	bool killed;
};

int watchdog_init(struct watchdog *dog, struct loop *loop,
		  const struct options *opt);
void watchdog_destroy(struct watchdog *dog);
void watchdog_tick(struct watchdog *dog, uint64_t expirations);
bool watchdog_look(struct watchdog *dog, const struct clients *clients);

#endif /* TT_WATCHDOG_H */
