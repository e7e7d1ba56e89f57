/* SPDX-License-Identifier: GPL-2.0 */
#ifndef TT_AFFINITY_H
#define TT_AFFINITY_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "cpu.h"

/**
 * struct affinity - a simulation's processes, and the CPU they were moved to
 *
 * @cpu: the CPU
 * @began: the controller itself is on the CPU
 * @told: the log says that a client could not be moved
 * @processes: &struct pinned of each process that was moved, for tsearch()
 */
struct affinity {
	struct cpu cpu;
	bool began;
	bool told;
	void *processes;
};

/**
 * struct pinned - a process that was moved to the CPU
 *
 * @pid: its number
 * @born: when it began, which tells it from a later process with that number
 * @before: the CPUs that it could use before
 * @clients: how many clients it has
 */
struct pinned {
	pid_t pid;
	uint64_t born;
	cpu_set_t before;
	unsigned int clients;
};

void affinity_init(struct affinity *aff, int cpu);
void affinity_destroy(struct affinity *aff);
struct pinned *affinity_pin(struct affinity *aff, pid_t pid);
void affinity_unpin(struct affinity *aff, struct pinned *pinned);

#endif /* TT_AFFINITY_H */
