/* SPDX-License-Identifier: GPL-2.0 */
#ifndef TT_GROUPS_H
#define TT_GROUPS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/queue.h>

#include "group.h"
#include "heap.h"
#include "net.h"
#include "options.h"
#include "stats.h"
#include "waits.h"
#include "window.h"

/**
 * struct groups - all groups, and which of them goes next
 *
 * @opt: the command line
 * @net: the networks between them
 * @stats: the counters of all clients that were ever started
 * @all: the groups
 * @awake: those that the next step has to look at, since something was done to
 *	them, or something may change in them by itself; all others are as their
 *	@due says
 * @ready: those that can go on, by the time of their next thing
 * @others: all others, by that time
 * @nr: how many they are
 * @made: how many there have been
 * @jobs: how many of them may run at the same time
 * @members: how many clients they have
 * @goes: how many times a group was run
 * @merged: some groups run only while no other such group does
 * @stopped: a hidden channel ends the simulation
 * @time: no group does anything before this any more, controller time, ns; never
 *	goes back
 * @reached: what those that have gone had reached, controller time, ns
 * @runs: how many runs they had
 * @past: how many requests of theirs were for a time that had passed
 * @waits: how long each of them has waited, if that is to be reported
 * @slots: for each group, how far it can go; in the order of @all
 * @networks: for each network, and the last one for broadcasts
 * @on: for each group, the numbers of its networks
 * @size: for how many groups there is room
 * @age: how many groups have gone on since bounds were computed
 */
struct groups {
	const struct options *opt;
	struct net *net;
	struct stats *stats;
	struct group_list all;
	struct group_list awake;
	struct heap ready;
	struct heap others;
	size_t nr;
	unsigned int made;
	unsigned int jobs;
	uint32_t members;
	uint64_t goes;
	bool merged;
	bool stopped;
	uint64_t time;
	uint64_t reached;
	uint64_t runs;
	uint64_t past;
	struct waits waits;
	struct window_group *slots;
	struct window_network *networks;
	size_t *on;
	size_t size;
	size_t age;
};

int groups_init(struct groups *groups, const struct options *opt,
		struct net *net, struct stats *stats);
void groups_destroy(struct groups *groups);

int groups_add(struct groups *groups, struct client *client);
void groups_remove(struct groups *groups, struct client *client);
void groups_start(struct client *client);
void groups_broadcast(struct groups *groups, struct client *from,
		      uint64_t value);
void groups_sent(struct groups *groups, struct group *group, size_t network,
		 uint64_t time);
void groups_advance(struct groups *groups);
uint64_t groups_time(const struct groups *groups);
void groups_count_waits(struct groups *groups);
void groups_name_worst(const struct groups *groups, uint64_t wall);
uint32_t groups_started(const struct groups *groups);

#endif /* TT_GROUPS_H */
