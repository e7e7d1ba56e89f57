/* SPDX-License-Identifier: GPL-2.0 */
#ifndef TT_WAITS_H
#define TT_WAITS_H

#include <stddef.h>
#include <stdint.h>
#include <sys/queue.h>

struct json_object;
struct net;

/**
 * struct wait - how long a group has waited for others; outlives the group
 *
 * @link: in the order in which groups were made
 * @number: position in that order
 * @name: name of its first client
 * @runs: how many times it was told to run
 * @total: how long it could have run, but for its bound, ns of real time
 * @by: the same for each network that could have brought something; the last
 *	one is for broadcasts
 * @from: number of the group that it has waited for most
 * @lead: by how much that one is ahead of all others, ns
 */
struct wait {
	STAILQ_ENTRY(wait) link;
	unsigned int number;
	uint64_t name;
	uint64_t runs;
	uint64_t total;
	uint64_t *by;
	unsigned int from;
	uint64_t lead;
};

/**
 * struct waits - those of all groups
 *
 * @all: one for each group
 * @net: the networks
 * @last: when they were brought up to date, host's monotonic clock, ns
 */
struct waits {
	STAILQ_HEAD(, wait) all;
	const struct net *net;
	uint64_t last;
};

void waits_init(struct waits *waits, const struct net *net);
void waits_destroy(struct waits *waits);
struct wait *waits_add(struct waits *waits, unsigned int number, uint64_t name);
void wait_add(struct wait *wait, size_t network, unsigned int from,
	      uint64_t ns);
struct json_object *waits_report(const struct waits *waits);
size_t waits_worst(const struct waits *waits, uint64_t *ns);

#endif /* TT_WAITS_H */
