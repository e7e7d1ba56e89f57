// SPDX-License-Identifier: GPL-2.0
/*
 * Broadcasts: who still has to acknowledge which, and what follows when they
 * have.
 *
 * Theory of operation
 *
 * A client that is told a broadcast may want to run because of it. It sends
 * that request before it acknowledges the broadcast. So two things wait until
 * all other clients have acknowledged it:
 *
 * - the ACK to its sender, which either runs itself or keeps the running
 *   client waiting: nobody runs past a request that the broadcast causes;
 * - the next run: when a client has stopped, the controller starts nobody until
 *   every broadcast that was sent before the stop has been acknowledged. Later
 *   ones do not count, or clients that wait could hold up everybody by sending
 *   one after the other.
 *
 * A client whose own broadcast has not been acknowledged may be unable to
 * acknowledge others. Later broadcasts do not wait for it, so clients cannot
 * wait for each other in a circle.
 *
 * A client that misses the deadline is not waited for until it has caught up.
 *
 * Nothing here does I/O or reads a clock: the caller tells what it has read and
 * what time it is, and sends what comes out.
 */

#include <assert.h>
#include <stdlib.h>

#include "broadcast.h"

#define NSEC_PER_SEC 1000000000ULL

/**
 * broadcasts_init - no members, no broadcasts
 * @set: filled in
 */
void broadcasts_init(struct broadcasts *set)
{
	TAILQ_INIT(&set->pending);
	TAILQ_INIT(&set->finished);
	set->count = 0;
}

static void free_list(struct broadcast_list *list)
{
	struct broadcast *broadcast;

	while ((broadcast = TAILQ_FIRST(list))) {
		TAILQ_REMOVE(list, broadcast, link);
		free(broadcast);
	}
}

/**
 * broadcasts_destroy - free all broadcasts
 * @set: the set; its members have left
 */
void broadcasts_destroy(struct broadcasts *set)
{
	free_list(&set->pending);
	free_list(&set->finished);
}

/**
 * broadcasts_join - a client joins
 * @member: filled in
 */
void broadcasts_join(struct broadcast_member *member)
{
	*member = (struct broadcast_member) {};
	TAILQ_INIT(&member->receipts);
}

static void finish(struct broadcasts *set, struct broadcast *broadcast)
{
	TAILQ_REMOVE(&set->pending, broadcast, link);
	TAILQ_INSERT_TAIL(&set->finished, broadcast, link);
}

static void forget_receipt(struct broadcasts *set,
			   struct broadcast_receipt *receipt)
{
	TAILQ_REMOVE(&receipt->by->receipts, receipt, link);
	receipt->by = NULL;
	if (!--receipt->of->awaited)
		finish(set, receipt->of);
}

static void forget_receipts(struct broadcasts *set,
			    struct broadcast_member *member)
{
	struct broadcast_receipt *receipt;

	while ((receipt = TAILQ_FIRST(&member->receipts)))
		forget_receipt(set, receipt);
}

static void forget_sender(struct broadcast_list *list,
			  const struct broadcast_member *member)
{
	struct broadcast *broadcast;

	TAILQ_FOREACH(broadcast, list, link)
		if (broadcast->from == member)
			broadcast->from = NULL;
}

/**
 * broadcasts_leave - a client has gone
 * @set: the set
 * @member: the client, which is used no more
 *
 * Nobody waits for it any longer. The broadcasts that it has sent stay: those
 * that were told may still want to run because of them.
 */
void broadcasts_leave(struct broadcasts *set, struct broadcast_member *member)
{
	forget_receipts(set, member);
	if (!member->unanswered)
		return;
	forget_sender(&set->pending, member);
	forget_sender(&set->finished, member);
}

/**
 * broadcast_begin - a client has sent a broadcast
 * @set: the set
 * @from: the client
 * @seq: the sequence number that the client gave it
 * @others: number of clients that are going to be told, or more
 * @now: the host's monotonic clock, ns
 *
 * The caller then tells the others, calls broadcast_told() for each of them,
 * and at last broadcast_end().
 *
 * Return: the broadcast, NULL if there is no memory.
 */
struct broadcast *broadcast_begin(struct broadcasts *set,
				  struct broadcast_member *from, uint32_t seq,
				  size_t others, uint64_t now)
{
	struct broadcast *broadcast;

	broadcast = calloc(1, sizeof(*broadcast) +
				      others * sizeof(*broadcast->receipts));
	if (!broadcast)
		return NULL;
	broadcast->from = from;
	broadcast->nr = set->count++;
	broadcast->seq = seq;
	broadcast->deadline = now + BROADCAST_PATIENCE_S * NSEC_PER_SEC;
	broadcast->size = others;
	/* not finished before broadcast_end(), even if somebody goes meanwhile */
	broadcast->awaited = 1;
	TAILQ_INSERT_TAIL(&set->pending, broadcast, link);
	from->unanswered++;
	return broadcast;
}

/**
 * broadcast_told - a client was told of a broadcast
 * @broadcast: from broadcast_begin()
 * @member: the client, not the sender
 * @seq: the sequence number that its ACK is going to carry
 */
void broadcast_told(struct broadcast *broadcast,
		    struct broadcast_member *member, uint32_t seq)
{
	struct broadcast_receipt *receipt;

	member->told = seq;
	if (member->unanswered || member->is_behind)
		return;
	assert(broadcast->count < broadcast->size);
	receipt = &broadcast->receipts[broadcast->count++];
	receipt->of = broadcast;
	receipt->by = member;
	receipt->seq = seq;
	TAILQ_INSERT_TAIL(&member->receipts, receipt, link);
	broadcast->awaited++;
}

/**
 * broadcast_end - everybody was told of a broadcast
 * @set: the set
 * @broadcast: from broadcast_begin()
 */
void broadcast_end(struct broadcasts *set, struct broadcast *broadcast)
{
	if (!--broadcast->awaited)
		finish(set, broadcast);
}

/**
 * broadcasts_acked - a client has acknowledged a message
 * @set: the set
 * @member: the client
 * @seq: the message's sequence number; it need not be a broadcast
 */
void broadcasts_acked(struct broadcasts *set, struct broadcast_member *member,
		      uint32_t seq)
{
	struct broadcast_receipt *receipt = TAILQ_FIRST(&member->receipts);

	if (receipt && receipt->seq == seq)
		forget_receipt(set, receipt);
	if (member->is_behind && member->behind == seq)
		member->is_behind = false;
}

/**
 * broadcasts_give_up - go on without the clients that have missed a deadline
 * @set: the set
 * @now: the host's monotonic clock, ns
 * @first: set to one of them, if there is any
 *
 * Return: how many there are.
 */
size_t broadcasts_give_up(struct broadcasts *set, uint64_t now,
			  struct broadcast_member **first)
{
	struct broadcast_member *member;
	struct broadcast *broadcast;
	size_t i, late = 0;

	while (broadcasts_deadline(set) <= now) {
		broadcast = TAILQ_FIRST(&set->pending);
		for (i = 0; i < broadcast->count; i++) {
			member = broadcast->receipts[i].by;
			if (!member)
				continue;
			if (!late++)
				*first = member;
			member->is_behind = true;
			member->behind = member->told;
			forget_receipts(set, member);
		}
	}
	return late;
}

/**
 * broadcasts_take - the next ACK that is to be sent
 * @set: the set
 * @seq: set to the sequence number of the broadcast that is acknowledged
 *
 * Return: the client that sent the broadcast, NULL if there is no more to do.
 */
struct broadcast_member *broadcasts_take(struct broadcasts *set, uint32_t *seq)
{
	struct broadcast_member *from = NULL;
	struct broadcast *broadcast;

	while (!from && (broadcast = TAILQ_FIRST(&set->finished))) {
		TAILQ_REMOVE(&set->finished, broadcast, link);
		from = broadcast->from;
		*seq = broadcast->seq;
		if (from)
			from->unanswered--;
		free(broadcast);
	}
	return from;
}

/**
 * broadcasts_pending - does any client still have to acknowledge a broadcast?
 * @set: the set
 *
 * If so, a client may still ask to run earlier than anybody has so far.
 */
bool broadcasts_pending(const struct broadcasts *set)
{
	return !TAILQ_EMPTY(&set->pending);
}

/**
 * broadcasts_hold - must the next run wait for a broadcast?
 * @set: the set
 * @count: @count of the set when the last client stopped
 */
bool broadcasts_hold(const struct broadcasts *set, uint64_t count)
{
	const struct broadcast *first = TAILQ_FIRST(&set->pending);

	return first && first->nr < count;
}

/**
 * broadcasts_deadline - when to call broadcasts_give_up()
 * @set: the set
 *
 * Return: a time of the host's monotonic clock, ns; UINT64_MAX: never.
 */
uint64_t broadcasts_deadline(const struct broadcasts *set)
{
	const struct broadcast *first = TAILQ_FIRST(&set->pending);

	return first ? first->deadline : UINT64_MAX;
}
