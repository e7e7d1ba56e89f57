/* SPDX-License-Identifier: GPL-2.0 */
#ifndef TT_LAB_RUN_H
#define TT_LAB_RUN_H

#include "clock.h"
#include "follow.h"
#include "guard.h"
#include "host.h"
#include "lab.h"
#include "progress.h"
#include "result.h"

/**
 * struct member - a machine or simulator in a run
 *
 * @machine: which
 * @directory: its directory
 * @pid: its process, 0 if none runs
 * @joined: it has sent START
 * @passed: it has been set up, so others may start after it
 * @ending: how its process ended
 * @result: how it ended
 */
struct member {
	const struct machine *machine;
	const char *directory;
	pid_t pid;
	bool joined;
	bool passed;
	struct ending ending;
	struct result result;
};

/**
 * struct run - a run of a lab
 *
 * The caller sets the first eight.
 *
 * @pool: for texts
 * @lab: the lab
 * @host: what the host has
 * @directory: where it runs, absolute, empty
 * @how: who looks at the progress
 * @real_time: simulated time does not get ahead of the host's clock
 * @jobs: how many machines may run at the same time; 0: one, and then the clock is
 *	exact for machines that join and for the lab's stop
 * @debugged: a machine that runs under gdb, or NULL
 * @members: its machines
 * @guard: cleans up if tt-lab is killed
 * @clock: says when somebody joins, and when the run stops
 * @controller: the controller's process, 0 if it does not run
 * @controller_ended: it has ended
 * @controller_status: its status, from waitpid()
 * @serving: it accepts clients
 * @log: its log
 * @signals: a signalfd
 * @progress: how far the run is
 * @joining: a machine was started late and has not sent START
 * @at: the time at which the clock stands; 0 if it does not
 * @last_start: real time of the last START, ns
 * @deadline: real time at which what still runs is killed, ns
 * @began: real time at which the run began, ns
 * @wall: how long it took in real time, ns
 * @time: simulated time that it took, ns
 * @stopped: the clock came to the lab's stop
 * @signal: a signal ends it, or 0
 * @failure: why it was ended early, or NULL
 */
struct run {
	struct pool *pool;
	const struct lab *lab;
	const struct host *host;
	const char *directory;
	enum progress_how how;
	bool real_time;
	unsigned int jobs;
	const struct machine *debugged;

	struct member *members;
	struct guard guard;
	struct clock clock;
	pid_t controller;
	bool controller_ended;
	int controller_status;
	bool serving;
	struct follow log;
	int signals;
	struct progress progress;
	struct member *joining;
	uint64_t at;
	uint64_t last_start;
	uint64_t deadline;
	uint64_t began;
	uint64_t wall;
	uint64_t time;
	bool stopped;
	int signal;
	const char *failure;
};

bool run_lab(struct run *run);

#endif /* TT_LAB_RUN_H */
