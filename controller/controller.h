/* SPDX-License-Identifier: GPL-2.0 */
#ifndef TT_CONTROLLER_H
#define TT_CONTROLLER_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/queue.h>

#include "affinity.h"
#include "client.h"
#include "groups.h"
#include "loop.h"
#include "net.h"
#include "options.h"
#include "pace.h"
#include "stats.h"
#include "watchdog.h"

/**
 * enum verdict - whether and how the simulation is over
 *
 * @VERDICT_NONE: it goes on
 * @VERDICT_DONE: the last client has gone, but for those that only react
 * @VERDICT_DEADLOCK: all clients wait, and none will ever run again
 * @VERDICT_HANG: a client hangs, or the last one has gone and one was killed
 *	because it hung
 * @VERDICT_ERROR: the controller cannot go on; the log says why
 */
enum verdict {
	VERDICT_NONE,
	VERDICT_DONE,
	VERDICT_DEADLOCK,
	VERDICT_HANG,
	VERDICT_ERROR,
};

/**
 * struct controller - a simulation
 *
 * @opt: the command line
 * @loop: the event loop; its user may add sources of their own
 * @clients: all connections
 * @groups: all groups
 * @net: the networks between their clients
 * @aff: the CPUs that they use
 * @pace: whether several of them are faster than one
 * @watchdog: finds clients that hang
 * @stats: the counters of all clients that were ever started
 * @began: when the controller was made, host's monotonic clock, ns
 * @listener: accepts new clients, fd -1 if there is none
 * @accepting: @listener is in the loop
 * @arrivals: how many clients have ever connected
 * @connected: how many clients have not sent START
 * @early: how many have sent START while not all of --clients had
 * @complete: as many clients have sent START as --clients asks for
 * @only_start: only clients that have not sent START can make the simulation go
 *	on; each has until its @start_deadline
 */
struct controller {
	const struct options *opt;
	struct loop loop;
	struct clients clients;
	struct groups groups;
	struct net net;
	struct affinity aff;
	struct pace pace;
	struct watchdog watchdog;
	struct stats stats;
	uint64_t began;
	struct loop_source listener;
	bool accepting;
	uint64_t arrivals;
	uint32_t connected;
	uint32_t early;
	bool complete;
	bool only_start;
};

int controller_init(struct controller *ctl, const struct options *opt);
void controller_destroy(struct controller *ctl);
int controller_listen(struct controller *ctl, int fd);
int controller_add(struct controller *ctl, int fd);
enum verdict controller_step(struct controller *ctl, int timeout_ms);
bool controller_is_over(const struct controller *ctl);
int controller_write_stats(struct controller *ctl, const char *path);

#endif /* TT_CONTROLLER_H */
