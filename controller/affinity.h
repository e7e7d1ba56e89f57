/* SPDX-License-Identifier: GPL-2.0 */
#ifndef TT_AFFINITY_H
#define TT_AFFINITY_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "cpu.h"

/**
 * struct affinity - a simulation's processes, and the CPUs they were moved to
 *
 * @cpu: the CPU that all share while @spread is not set
 * @jobs: how many CPUs they use while it is
 * @spread: each process has one of several CPUs, and the controller all of them
 * @placed: how many processes were moved so far
 * @began: the controller itself was placed
 * @batch: it is SCHED_BATCH because of that
 * @told: the log says that a client could not be moved
 * @processes: &struct pinned of each process that was moved, for tsearch()
 */
struct affinity {
	struct cpu cpu;
	unsigned int jobs;
	bool spread;
	unsigned int placed;
	bool began;
	bool batch;
	bool told;
	void *processes;
};

/**
 * struct pinned - a process that was moved to the CPU
 *
 * @pid: its number
 * @born: when it began, which tells it from a later process with that number
 * @before: the CPUs that it could use before
 * @place: how many processes were moved before it
 * @cpu: the CPU that it is on
 * @clients: how many clients it has
 */
struct pinned {
	pid_t pid;
	uint64_t born;
	cpu_set_t before;
	unsigned int place;
	int cpu;
	unsigned int clients;
};

void affinity_init(struct affinity *aff, int cpu, unsigned int jobs);
void affinity_destroy(struct affinity *aff);
struct pinned *affinity_pin(struct affinity *aff, pid_t pid);
void affinity_spread(struct affinity *aff, bool spread);
void affinity_unpin(struct affinity *aff, struct pinned *pinned);

#endif /* TT_AFFINITY_H */
