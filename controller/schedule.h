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
 * @name: first tie-breaker after @last_run
 * @order: second tie-breaker, unique: position in the order of arrival
 * @request: when it wants to run, controller time, ns; valid while it is queued
 * @last_run: sequence number of its most recent run, 0 if it has never run
 * @queue: the queue it is in, NULL if it does not want to run
 * @pos: its position in that queue
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
 * @size: how many there is room for
 */
struct sched_queue {
	struct sched_entity **heap;
	size_t len;
	size_t size;
};

/**
 * struct schedule - who runs, who is next, and what time it is
 *
 * All times are controller time in ns.
 *
 * @requests: the entities that have a request; the running one may have one
 *	for later
 * @starts: those that wait to run for the first time
 * @entities: how many sched_add() has added and sched_remove() not removed
 * @running: who runs, NULL if nobody does
 * @now: the time that is known to be reached; the running one may be further
 * @since: the time at which the running one was told to run
 * @latest: while nobody runs, the latest time that the last one to run can have
 *	reached
 * @granted: the running one was told that it may go on by itself for everything
 *	strictly before this
 * @limit: what that would be now: the earliest request of all others, or @event
 * @event: when something happens that is no client's request, such as a frame
 *	that arrives; nobody may go on by itself at that time or later
 * @runs: how many runs there ever were
 * @past: how many requests were for a time before @now
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
	uint64_t event;
	uint64_t runs;
	uint64_t past;
};

/**
 * struct sched_grant - a decision
 *
 * @who: who runs
 * @time: the time at which it runs, controller time, ns
 * @until: it may go on by itself for everything strictly before this
 * @first: it runs for the first time
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
void sched_start(struct schedule *s, struct sched_entity *e);
bool sched_hurry(struct schedule *s);
bool sched_request(struct schedule *s, struct sched_entity *e, uint64_t time);
uint64_t sched_earliest(const struct schedule *s);
void sched_set_event(struct schedule *s, uint64_t time);
bool sched_lower(struct schedule *s, uint64_t time);
void sched_advance(struct schedule *s, uint64_t time);
bool sched_next(struct schedule *s, struct sched_grant *grant);
void sched_told(struct schedule *s, uint64_t until);
int sched_reach(struct schedule *s, uint64_t time);
void sched_stop(struct schedule *s, bool exact);

#endif /* TT_SCHEDULE_H */
