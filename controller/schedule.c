// SPDX-License-Identifier: GPL-2.0
/*
 * Who runs next, at what time, and until when: decided here and only here.
 *
 * Theory of operation
 *
 * One client runs at any time. It runs at the time of its request, which is
 * the earliest of all, and may go on by itself for everything strictly before
 * the earliest request of the others, the limit. When it stops, time is where
 * it got to, and the next one is picked.
 *
 * Two heaps hold those who want to run. In one are those that were never run:
 * a start is a wish to run now, and because ties go to whoever has not run for
 * longest, it comes before every request. In the other are the requests,
 * ordered by time, then by last run, then by name, then by arrival; the last
 * is unique, so the order is total and the same inputs give the same runs. A
 * request in the past is one for now, counted, since time cannot go back.
 *
 * How far a running client got is not always known: one without shared memory
 * says so only before it interrupts somebody, and so do the kernels with memory
 * that do not publish every step. It is somewhere before the limit that it was
 * told. That matters to nobody who waits (their requests are at or
 * after that limit), but it does to one who starts: begun at a time that others
 * have left behind, it could send them something from their past. So it is
 * started at the time of the next request, before anybody else runs then. (If
 * there is no next request, at the last known time: there is no better.)
 *
 * Nothing here does I/O or knows how a client is told: what is granted to whom
 * leaves as &struct sched_grant. With several groups of clients that run at
 * the same time in windows, each would have a schedule of its own.
 */

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "schedule.h"

/* is @a to run before @b? */
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

/* sched_add() has made the room */
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

/* somebody wants to run at @time: does the one that runs have to know? */
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
}

/**
 * sched_destroy - free what the schedule has allocated; the entities are not
 *	its own
 * @s: the schedule
 */
void sched_destroy(struct schedule *s)
{
	free(s->requests.heap);
	free(s->starts.heap);
	memset(s, 0, sizeof(*s));
}

/**
 * sched_add - make an entity ready for use; it wants nothing yet
 * @s: the schedule
 * @e: the entity
 * @name: its name, for ties
 * @order: larger than that of all entities added before
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
 * sched_remove - forget an entity
 * @s: the schedule
 * @e: the entity; if it runs, nobody does afterwards
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
 * Return: whether the limit of the running one came down to now.
 */
bool sched_start(struct schedule *s, struct sched_entity *e)
{
	e->request = 0;
	queue_add(&s->starts, e);
	return lower_limit(s, e, s->now);
}

/**
 * sched_request - set when an entity wants to run, instead of what it wanted
 *	before
 * @s: the schedule
 * @e: the entity, already started; it may be the running one
 * @time: controller time, ns; %SIMTIME_NEVER or later: not any more
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
 * sched_next - decide who runs next, and make it the running one
 * @s: the schedule; nobody runs
 * @grant: the decision
 *
 * The request is used up by that.
 *
 * Return: false if nobody wants to run, ever.
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
	/* it has no request itself now, so all that are left are of others */
	s->limit = s->requests.len ? s->requests.heap[0]->request :
				     SIMTIME_NEVER;
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
 * @until: it may go on for everything strictly before this, at most @until of
 *	its grant; before now: for nothing, it has to ask for everything
 */
void sched_told(struct schedule *s, uint64_t until)
{
	s->granted = until > s->now ? until : s->now;
}

/**
 * sched_reach - the running one says what time it is
 * @s: the schedule; somebody runs
 * @time: controller time, ns
 *
 * Return: 0; -ERANGE if that is before now or after what it may reach, and
 * then nothing has changed.
 */
int sched_reach(struct schedule *s, uint64_t time)
{
	if (time < s->now || (time > s->now && time > s->granted))
		return -ERANGE;
	s->now = time;
	return 0;
}

/**
 * sched_stop - the running one does not run any more
 * @s: the schedule
 * @exact: if it has told by sched_reach() that it got anywhere, then it is
 *	nowhere later; otherwise nothing is known
 */
void sched_stop(struct schedule *s, bool exact)
{
	exact = exact && s->now > s->since;
	s->latest = exact || s->granted < s->now ? s->now : s->granted;
	s->running = NULL;
	s->limit = SIMTIME_NEVER;
}
