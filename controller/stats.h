/* SPDX-License-Identifier: GPL-2.0 */
#ifndef TT_STATS_H
#define TT_STATS_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/queue.h>

#include "op.h"

struct json_object;

/**
 * struct client_stats - the counters of one client, which outlive it
 *
 * @link: in the order in which clients were started
 * @name: what it sent in START
 * @slot: its slot
 * @memory: it used the shared memory
 * @in: messages from it, by operation
 * @out: messages to it, by operation
 * @time: the last time on its own clock that is known, ns
 */
struct client_stats {
	STAILQ_ENTRY(client_stats) link;
	uint64_t name;
	uint16_t slot;
	bool memory;
	uint64_t in[OP_COUNT];
	uint64_t out[OP_COUNT];
	uint64_t time;
};

STAILQ_HEAD(stats, client_stats);

/**
 * struct stats_summary - the numbers that belong to no client
 *
 * @virtual_time: simulated time that was reached, ns
 * @wall_time: how long that took, ns
 * @past_requests: how many requests were for a time that had passed already
 * @networks: what has happened on networks, NULL if there are none; is taken
 *	over by stats_write()
 * @groups: how long groups have waited for each other; the same
 */
struct stats_summary {
	uint64_t virtual_time;
	uint64_t wall_time;
	uint64_t past_requests;
	struct json_object *networks;
	struct json_object *groups;
};

void stats_init(struct stats *stats);
void stats_destroy(struct stats *stats);
struct client_stats *stats_new(void);
void stats_add(struct stats *stats, struct client_stats *client);
int stats_probe(const char *path);
int stats_write(const struct stats *stats, const struct stats_summary *sum,
		const char *path);

#endif /* TT_STATS_H */
