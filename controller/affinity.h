/* SPDX-License-Identifier: GPL-2.0 */
#ifndef TT_AFFINITY_H
#define TT_AFFINITY_H

#include <sched.h>
#include <stdbool.h>
#include <stdint.h>

/* instead of the number of a CPU */
#define AFFINITY_AUTO (-1)
#define AFFINITY_NONE (-2)

/**
 * struct affinity - the one CPU of a simulation
 *
 * @cpu: its number, or %AFFINITY_AUTO until it is chosen, or %AFFINITY_NONE
 * @allowed: those that the controller may use
 * @busy: how busy each of them had been when the controller started
 * @claim: socket whose name says that the CPU is taken, -1 if there is none
 * @began: the controller itself is on the CPU
 * @failed: a client could not be moved, no other one will be
 * @processes: those that were moved, a tree for tsearch()
 */
struct affinity {
	int cpu;
	cpu_set_t allowed;
	uint64_t busy[CPU_SETSIZE];
	int claim;
	bool began;
	bool failed;
	void *processes;
};

/**
 * struct pinned - a process that was moved to the CPU
 *
 * @pid: its number
 * @born: when it began, to tell it from another one with that number
 * @before: where it was allowed to be before
 * @clients: how many clients it has
 */
struct pinned {
	pid_t pid;
	uint64_t born;
	cpu_set_t before;
	unsigned int clients;
};

bool affinity_may_use(int cpu);
void affinity_init(struct affinity *aff, int cpu);
void affinity_destroy(struct affinity *aff);
struct pinned *affinity_pin(struct affinity *aff, pid_t pid);
void affinity_unpin(struct affinity *aff, struct pinned *pinned);

#endif /* TT_AFFINITY_H */
