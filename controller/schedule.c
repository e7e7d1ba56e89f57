// SPDX-License-Identifier: GPL-2.0
/*
 * The schedule of one group: who runs next, at what time, and how far it may go
 * by itself.
 *
 * Theory of operation
 *
 * One entity runs at any time. It runs at the time of its request, which is the
 * earliest of all, and may do everything that is due strictly before the limit,
 * the earliest request of all others, without asking. When it stops, the clock
 * moves to the time that it has reached, and the next entity is picked.
 *
 * Two heaps hold the entities that want to run. One has those that have never
 * run: a start is a request to run now, and precedes all others. The other has
 * the requests, ordered by time, then by last run (the entity that has not run
 * for the longest time comes first), then by name, then by arrival. The number of
 * arrival is unique, so the order is total, and the same inputs give the same
 * runs. A request for a time in the past is a request for now, since time cannot
 * go back; it is counted.
 *
 * How far the running entity got is not always known. A client without shared
 * memory tells its time only before it interrupts somebody, and so do kernels
 * that do not publish each step in the memory. It is only certain that the entity
 * stopped somewhere before the limit that it was told. To waiting clients this
 * does not matter: their requests are at that limit or later. But a newcomer that
 * started at a time that others have already passed could act in their past. So
 * it starts at the time of the next request, before anybody else runs then. If
 * there is no request, it starts at the last known time, for want of a better.
 *
 * Nothing here does I/O or knows how clients are told: a decision is returned as
 * &struct sched_grant.
 */

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "schedule.h"

/* does @a run before @b? */
static bool before(const struct sched_entity *a, const struct sched_entity *b)
{
	if (a->request != b->request)
		return a->request < b->request;
	if (a->last_run != b->last_run)
		return a->last_run < b->last_run;
	if (a->name != b->name)
		return a->name < b->name;
	return a->order < b->order;
}

static void queue_put(struct sched_queue *q, size_t pos, struct sched_entity *e)
{
	q->heap[pos] = e;
	e->pos = pos;
}

static void queue_up(struct sched_queue *q, size_t pos)
{
	struct sched_entity *e = q->heap[pos];

	while (pos && before(e, q->heap[(pos - 1) / 2])) {
		queue_put(q, pos, q->heap[(pos - 1) / 2]);
		pos = (pos - 1) / 2;
	}
	queue_put(q, pos, e);
}

static void queue_down(struct sched_queue *q, size_t pos)
{
	struct sched_entity *e = q->heap[pos];
	size_t child;

	while ((child = 2 * pos + 1) < q->len) {
		if (child + 1 < q->len &&
		    before(q->heap[child + 1], q->heap[child]))
			child++;
		if (before(e, q->heap[child]))
			break;
		queue_put(q, pos, q->heap[child]);
		pos = child;
	}
	queue_put(q, pos, e);
}

static void queue_del(struct sched_entity *e)
{
	struct sched_queue *q = e->queue;
	size_t pos = e->pos;

	if (!q)
		return;
	e->queue = NULL;
	if (pos == --q->len)
		return;
	queue_put(q, pos, q->heap[q->len]);
	queue_down(q, pos);
	queue_up(q, pos);
}

/* sched_add() has made room */
static void queue_add(struct sched_queue *q, struct sched_entity *e)
{
	assert(!e->queue && q->len < q->size);
	e->queue = q;
	queue_put(q, q->len, e);
	queue_up(q, q->len++);
}

static int queue_reserve(struct sched_queue *q, size_t size)
{
	struct sched_entity **heap;

	if (size <= q->size)
		return 0;
	size = size < 16 ? 16 : 2 * size;
	heap = realloc(q->heap, size * sizeof(*heap));
	if (!heap)
		return -ENOMEM;
	q->heap = heap;
	q->size = size;
	return 0;
}

/* @e wants to run at @time; does the running one have to stop earlier for it? */
static bool lower_limit(struct schedule *s, const struct sched_entity *e,
			uint64_t time)
{
	if (!s->running || e == s->running || time >= s->limit)
		return false;
	s->limit = time;
	return true;
}

/**
 * sched_init - an empty schedule, at time 0
 * @s: the schedule
 */
void sched_init(struct schedule *s)
{
	memset(s, 0, sizeof(*s));
	s->limit = SIMTIME_NEVER;
	s->event = SIMTIME_NEVER;
}

/**
 * sched_destroy - free what the schedule has allocated
 * @s: the schedule; the entities stay the caller's
 */
void sched_destroy(struct schedule *s)
{
	free(s->requests.heap);
	free(s->starts.heap);
	memset(s, 0, sizeof(*s));
}

/**
 * sched_add - make an entity ready for use; it does not want to run yet
 * @s: the schedule
 * @e: filled in
 * @name: its name, for ties
 * @order: larger than that of any other entity with the same name that was
 *	added before
 *
 * All memory is allocated here, so that nothing else can fail.
 *
 * Return: 0, or -ENOMEM.
 */
int sched_add(struct schedule *s, struct sched_entity *e, uint64_t name,
	      uint64_t order)
{
	int ret;

	ret = queue_reserve(&s->requests, s->entities + 1);
	if (!ret)
		ret = queue_reserve(&s->starts, s->entities + 1);
	if (ret)
		return ret;
	s->entities++;
	memset(e, 0, sizeof(*e));
	e->name = name;
	e->order = order;
	return 0;
}

/**
 * sched_remove - an entity has gone
 * @s: the schedule
 * @e: the entity; if it runs, nobody runs afterwards
 */
void sched_remove(struct schedule *s, struct sched_entity *e)
{
	if (s->running == e) {
		sched_stop(s, true);
		s->latest = s->now;
	}
	queue_del(e);
	s->entities--;
}

/**
 * sched_start - an entity wants to run for the first time
 * @s: the schedule
 * @e: the entity, not queued
 *
 * Its turn comes when the running one stops, before all requests. That one may
 * have been granted a lot, see sched_hurry().
 */
void sched_start(struct schedule *s, struct sched_entity *e)
{
	e->request = 0;
	queue_add(&s->starts, e);
}

/**
 * sched_hurry - those that wait to be started want the running one to stop now
 * @s: the schedule
 *
 * Only for an entity that does not mind a limit that it may have passed already.
 *
 * Return: whether its limit came down.
 */
bool sched_hurry(struct schedule *s)
{
	if (!s->running || !s->starts.len || s->limit <= s->now)
		return false;
	s->limit = s->now;
	return true;
}

/**
 * sched_request - set when an entity wants to run
 * @s: the schedule
 * @e: the entity, which has been started; it may be the running one
 * @time: controller time, ns, which replaces its earlier request; at
 *	%SIMTIME_NEVER and later it does not want to run
 *
 * Return: whether the limit of the running one came down.
 */
bool sched_request(struct schedule *s, struct sched_entity *e, uint64_t time)
{
	queue_del(e);
	if (time >= SIMTIME_NEVER)
		return false;
	if (time < s->now) {
		s->past++;
		time = s->now;
	}
	e->request = time;
	queue_add(&s->requests, e);
	return lower_limit(s, e, time);
}

/**
 * sched_earliest - before which time will nobody run any more?
 * @s: the schedule; nobody runs
 *
 * Return: controller time, ns; %SIMTIME_NEVER if nobody wants to run.
 */
uint64_t sched_earliest(const struct schedule *s)
{
	if (s->starts.len)
		return s->now;
	return s->requests.len ? s->requests.heap[0]->request : SIMTIME_NEVER;
}

/**
 * sched_set_event - set when something else happens than that somebody runs
 * @s: the schedule; nobody runs
 * @time: controller time, ns, not before sched_earliest(); %SIMTIME_NEVER for
 *	nothing
 *
 * Who runs next has to stop before that, and sched_advance() has to be called
 * when it is due.
 */
void sched_set_event(struct schedule *s, uint64_t time)
{
	s->event = time;
}

/**
 * sched_lower - something may happen earlier than it was known
 * @s: the schedule
 * @time: controller time, ns
 *
 * Return: whether the limit of the running one came down.
 */
bool sched_lower(struct schedule *s, uint64_t time)
{
	return lower_limit(s, NULL, time);
}

/**
 * sched_advance - something happens now that is no client's request
 * @s: the schedule; nobody runs
 * @time: controller time, ns, not after sched_earliest()
 */
void sched_advance(struct schedule *s, uint64_t time)
{
	if (time > s->now)
		s->now = time;
	if (s->latest < s->now)
		s->latest = s->now;
}

/**
 * sched_next - decide who runs next, and make it the running one
 * @s: the schedule; nobody runs
 * @grant: set to the decision, which uses up the request
 *
 * Return: false if nobody wants to run.
 */
bool sched_next(struct schedule *s, struct sched_grant *grant)
{
	struct sched_queue *q = &s->requests;
	uint64_t time = q->len ? q->heap[0]->request : SIMTIME_NEVER;
	bool first = s->starts.len;
	struct sched_entity *e;

	assert(!s->running);
	if (first) {
		q = &s->starts;
		if (time > s->event)
			time = s->event;
		if (time > s->latest)
			time = s->latest;
		if (time >= SIMTIME_NEVER)
			time = s->now;
	} else if (!q->len) {
		return false;
	}

	e = q->heap[0];
	queue_del(e);
	e->last_run = ++s->runs;
	if (time > s->now)
		s->now = time;
	s->latest = s->now;
	s->since = s->now;
	s->running = e;
	/* @e has used up its request, so those in the heap are of others */
	s->limit = s->requests.len ? s->requests.heap[0]->request :
				     SIMTIME_NEVER;
	if (s->limit > s->event)
		s->limit = s->event;
	if (s->starts.len || s->limit < s->now)
		s->limit = s->now;
	s->granted = s->limit;
	*grant = (struct sched_grant) {
		.who = e,
		.time = s->now,
		.until = s->limit,
		.first = first,
	};
	return true;
}

/**
 * sched_told - the running one was told less than its grant
 * @s: the schedule; somebody runs
 * @until: it may go on by itself for everything strictly before this, at most
 *	what was granted; up to now, it may do nothing without asking
 */
void sched_told(struct schedule *s, uint64_t until)
{
	s->granted = until > s->now ? until : s->now;
}

/**
 * sched_reach - the running one says what time it is
 * @s: the schedule; somebody runs
 * @time: controller time, ns, unchecked
 *
 * Return: 0; -ERANGE if that is before now, or after what it may reach, and then
 * nothing has changed.
 */
int sched_reach(struct schedule *s, uint64_t time)
{
	if (time < s->now || (time > s->now && time > s->granted))
		return -ERANGE;
	s->now = time;
	return 0;
}

/**
 * sched_stop - the running one has stopped
 * @s: the schedule
 * @exact: if it has reported any progress by sched_reach() in this run, it
 *	stopped at the time that it reported last; otherwise it may have stopped
 *	anywhere before what it was told
 */
void sched_stop(struct schedule *s, bool exact)
{
	exact = exact && s->now > s->since;
	s->latest = exact || s->granted < s->now ? s->now : s->granted;
	s->running = NULL;
	s->limit = SIMTIME_NEVER;
}
