/* SPDX-License-Identifier: GPL-2.0 */
#ifndef TT_LAB_PLAN_H
#define TT_LAB_PLAN_H

#include "host.h"
#include "lab.h"

/**
 * struct words - a command line, or an environment
 *
 * @word: its words, then NULL
 * @nr: how many
 */
struct words {
	const char **word;
	size_t nr;
};

bool plan_is_essential(const struct lab *lab, const struct machine *machine);
bool plan_needs_hold(const struct lab *lab, const struct machine *machine);
const char *plan_needs_one_group(const struct lab *lab);
bool plan_write(struct pool *pool, const struct lab *lab,
		const struct host *host, const char *directory);
struct words plan_controller(struct pool *pool, const struct lab *lab,
			     const struct host *host, unsigned int clients,
			     unsigned int jobs);
struct words plan_machine(struct pool *pool, const struct lab *lab,
			  const struct host *host,
			  const struct machine *machine);
struct words plan_gdb(struct pool *pool, const struct host *host,
		      const struct words *machine);
struct words plan_machine_env(struct pool *pool, bool has_terminal);
struct words plan_simulator_env(struct pool *pool,
				const struct machine *machine,
				const char *directory);

#endif /* TT_LAB_PLAN_H */
