/* SPDX-License-Identifier: GPL-2.0 */
#ifndef TT_BENCH_STAR_H
#define TT_BENCH_STAR_H

#include <ttclient.h>

#include "common.h"

/* every client has to find a slot */
#define MAX_CLIENTS 65534

/**
 * struct star - clients around a controller
 *
 * @clients: how many there are
 * @work: what each of them does, given its number from 0, in a process of its own
 * @turns: how often all of them together run while time counts
 * @costs: the costs of these turns; each process may add to them while it runs
 * @socket: where the controller listens
 * @controller: its command, NULL at the end
 */
struct star {
	uint64_t clients;
	void (*work)(const struct star *star, uint64_t client);
	uint64_t turns;
	struct costs *costs;
	const char *socket;
	char **controller;
};

void try(int ret, const char *what);
struct tt_client *star_connect(const struct star *star, uint64_t name);
struct tt_client *star_plug(const struct star *star, uint64_t client,
			    struct tt_card *card);
void star_run(struct star *star, bool count, uint64_t client_turns);

#endif /* TT_BENCH_STAR_H */
