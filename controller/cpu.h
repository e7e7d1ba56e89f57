/* SPDX-License-Identifier: GPL-2.0 */
#ifndef TT_CPU_H
#define TT_CPU_H

#include <sched.h>
#include <stdbool.h>
#include <stdint.h>

/* instead of the number of a CPU */
#define CPU_AUTO (-1)
#define CPU_NOWHERE (-2)

/**
 * struct cpu - the one CPU of a simulation
 *
 * @nr: its number, %CPU_AUTO until it is chosen, or %CPU_NOWHERE
 * @allowed: the CPUs that the controller may use
 * @busy: what each of them had done when the controller started, ticks
 * @claim: socket whose name says that the CPU is taken, -1 if there is none
 */
struct cpu {
	int nr;
	cpu_set_t allowed;
	uint64_t busy[CPU_SETSIZE];
	int claim;
};

bool cpu_may_use(int nr);
void cpu_init(struct cpu *cpu, int nr);
void cpu_choose(struct cpu *cpu);
int cpu_after(const struct cpu *cpu, unsigned int n);
unsigned int cpu_count(void);
void cpu_release(struct cpu *cpu);

#endif /* TT_CPU_H */
