/* SPDX-License-Identifier: GPL-2.0 */
#ifndef TT_SCHEDULE_H
#define TT_SCHEDULE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "simtime.h"

/**
 * struct sched_entity - somebody who may run
 *
 * @name: first tie-breaker after how long it has not run
 * @order: second one, unique: the order of arrival
 * @request: when it wants to run, controller time; valid while it is queued
 * @last_run: the how manieth run of all its last one was, 0 for none
 * @queue: the queue it is in, or NULL: it wants nothing (any more)
 * @pos: where in that queue
 */
struct sched_entity {
	uint64_t name;
	uint64_t order;
	uint64_t request;
	uint64_t last_run;
	struct sched_queue *queue;
	size_t pos;
};

/**
 * struct sched_queue - binary heap of entities, the next one on top
 *
 * @heap: the entities
 * @len: how many there are
 * @size: for how many there is room
 */
struct sched_queue {
	struct sched_entity **heap;
	size_t len;
	size_t size;
};

/**
 * struct schedule - who runs, who is next, and what time it is
 *
 * @requests: those who wait and have a request, and the running one if it has
 *	one for afterwards
 * @starts: those who wait to run for the first time
 * @entities: how many sched_add() has added
 * @running: who runs, or NULL
 * @now: controller time, ns; while somebody runs it may be further
 * @since: what it was when the running one was told to run
 * @latest: with nobody running: the latest time that whoever ran last can have
 *	reached; only @now is known to be reached
 * @granted: the running one was told that it may run on strictly before this
 * @limit: what it would be told now: the earliest request of all others
 * @runs: count of runs
 * @past: count of requests for a time that had passed already
 */
struct schedule {
	struct sched_queue requests;
	struct sched_queue starts;
	size_t entities;
	struct sched_entity *running;
	uint64_t now;
	uint64_t since;
	uint64_t latest;
	uint64_t granted;
	uint64_t limit;
	uint64_t runs;
	uint64_t past;
};

/**
 * struct sched_grant - a decision
 *
 * @who: who runs
 * @time: at what time, controller time, ns
 * @until: and for everything strictly before this
 * @first: it is the first time: START is to be answered
 */
struct sched_grant {
	struct sched_entity *who;
	uint64_t time;
	uint64_t until;
	bool first;
};

void sched_init(struct schedule *s);
void sched_destroy(struct schedule *s);
int sched_add(struct schedule *s, struct sched_entity *e, uint64_t name,
	      uint64_t order);
void sched_remove(struct schedule *s, struct sched_entity *e);
bool sched_start(struct schedule *s, struct sched_entity *e);
bool sched_request(struct schedule *s, struct sched_entity *e, uint64_t time);
bool sched_next(struct schedule *s, struct sched_grant *grant);
void sched_told(struct schedule *s, uint64_t until);
int sched_reach(struct schedule *s, uint64_t time);
void sched_stop(struct schedule *s, bool exact);

#endif /* TT_SCHEDULE_H */
