// SPDX-License-Identifier: GPL-2.0
/*
 * Broadcasts: which clients still have to acknowledge which broadcast, and what
 * happens when they have.
 *
 * Theory of operation
 *
 * A client that gets a broadcast may want to run because of it. It sends that
 * request before it acknowledges the broadcast. So two things wait for the ACKs:
 *
 * - The next run. When a client has stopped, nobody is started until every
 *   broadcast that was sent before the stop has been acknowledged by all.
 *   Later ones do not count, or clients that wait could hold up everybody by
 *   sending one after the other.
 *
 * - The ACK to the sender. The sender either runs, or the running client waits
 *   for an answer from it. So nobody runs past a request that the broadcast
 *   causes.
 *
 * The sender does not wait for everybody:
 *
 * - It does not wait for the running client. That client needs nobody's leave to
 *   run, and may be unable to read: it may be waiting for the sender.
 *
 * - Senders must not wait for each other in a circle. A client that waits for
 *   an ACK may be unable to acknowledge anything until it has that ACK. So
 *   there is a graph: an edge leads from a sender to each client whose ACK it
 *   waits for. All edges of a sender are added when it sends. The edge to a
 *   client is left out if that client already waits for the sender, directly or
 *   through others. So there is never a circle. A client that is left out still
 *   delays the next run.
 *
 * The controller waits for each ACK as long as it takes. Going on without it
 * would make the result depend on the speed of the host, so a slow client is
 * only named in the log, once.
 *
 * Nothing here does I/O or reads a clock. The caller passes in the messages it
 * has read and the time, and sends the ACKs that come out.
 */

#include <assert.h>
#include <stdlib.h>

#include "broadcast.h"
#include "simtime.h"

#define PATIENCE_NS (BROADCAST_PATIENCE_S * NSEC_PER_SEC)

/**
 * broadcasts_init - no members, no broadcasts
 * @set: filled in; nothing is left to be freed once all members have left
 */
void broadcasts_init(struct broadcasts *set)
{
	*set = (struct broadcasts) {};
	TAILQ_INIT(&set->pending);
	TAILQ_INIT(&set->answers);
}

/**
 * broadcasts_join - a client joins
 * @member: filled in
 */
void broadcasts_join(struct broadcast_member *member)
{
	*member = (struct broadcast_member) {};
	TAILQ_INIT(&member->receipts);
	TAILQ_INIT(&member->sent);
}

/* free it if nobody has to send or get an ACK of it any more */
static void put(struct broadcast *broadcast)
{
	if (!broadcast->awaited && !broadcast->from)
		free(broadcast);
}

/* ACKs are sent in the order of the broadcasts: a client may insist on it */
static void answer(struct broadcasts *set, struct broadcast_member *from)
{
	struct broadcast *broadcast;

	while ((broadcast = TAILQ_FIRST(&from->sent)) &&
	       !broadcast->blocking) {
		TAILQ_REMOVE(&from->sent, broadcast, sent_link);
		TAILQ_INSERT_TAIL(&set->answers, broadcast, sent_link);
	}
}

/* one receipt less has to come */
static void release(struct broadcasts *set, struct broadcast *broadcast,
		    bool blocks)
{
	if (blocks && !--broadcast->blocking && broadcast->from)
		answer(set, broadcast->from);
	if (!--broadcast->awaited)
		TAILQ_REMOVE(&set->pending, broadcast, link);
	put(broadcast);
}

static void forget_receipt(struct broadcasts *set,
			   struct broadcast_receipt *receipt)
{
	TAILQ_REMOVE(&receipt->by->receipts, receipt, link);
	receipt->by = NULL;
	release(set, receipt->of, receipt->blocks);
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
	struct broadcast_receipt *receipt;
	struct broadcast *broadcast, *next;

	while ((receipt = TAILQ_FIRST(&member->receipts)))
		forget_receipt(set, receipt);
	TAILQ_CONCAT(&set->answers, &member->sent, sent_link);
	for (broadcast = TAILQ_FIRST(&set->answers); broadcast;
	     broadcast = next) {
		next = TAILQ_NEXT(broadcast, sent_link);
		if (broadcast->from != member)
			continue;
		TAILQ_REMOVE(&set->answers, broadcast, sent_link);
		broadcast->from = NULL;
		put(broadcast);
	}
}

/* mark all that wait for @from, directly or by way of others */
static void mark_waiters(struct broadcasts *set, struct broadcast_member *from)
{
	struct broadcast_member *todo = from, *member, *waiter;
	struct broadcast_receipt *receipt;

	set->mark++;
	from->next = NULL;
	while ((member = todo)) {
		todo = member->next;
		TAILQ_FOREACH(receipt, &member->receipts, link) {
			waiter = receipt->of->from;
			if (!receipt->blocks || !waiter ||
			    waiter->mark == set->mark)
				continue;
			waiter->mark = set->mark;
			waiter->next = todo;
			todo = waiter;
		}
	}
}

/**
 * broadcast_begin - a client has sent a broadcast
 * @set: the set
 * @from: the client
 * @seq: the sequence number that the client gave it
 * @others: number of clients that are going to be told, or more
 *
 * The caller then tells the others, calls broadcast_told() for each of them,
 * and at last broadcast_end().
 *
 * Return: the broadcast, NULL if there is no memory.
 */
struct broadcast *broadcast_begin(struct broadcasts *set,
				  struct broadcast_member *from, uint32_t seq,
				  size_t others)
{
	struct broadcast *broadcast;

	broadcast = calloc(1, sizeof(*broadcast) +
				      others * sizeof(*broadcast->receipts));
	if (!broadcast)
		return NULL;
	broadcast->from = from;
	broadcast->nr = set->count++;
	broadcast->seq = seq;
	broadcast->size = others;
	/* broadcast_end() takes this one back: nobody frees it before */
	broadcast->awaited = 1;
	broadcast->blocking = 1;
	TAILQ_INSERT_TAIL(&set->pending, broadcast, link);
	TAILQ_INSERT_TAIL(&from->sent, broadcast, sent_link);
	from->unanswered++;
	mark_waiters(set, from);
	return broadcast;
}

/**
 * broadcast_told - a client was told of a broadcast
 * @set: the set
 * @broadcast: from broadcast_begin()
 * @member: the client, not the sender
 * @seq: the sequence number of the message that told it
 * @runs: it is the client that runs
 */
void broadcast_told(const struct broadcasts *set, struct broadcast *broadcast,
		    struct broadcast_member *member, uint32_t seq, bool runs)
{
	struct broadcast_receipt *receipt;

	assert(broadcast->count < broadcast->size);
	receipt = &broadcast->receipts[broadcast->count++];
	*receipt = (struct broadcast_receipt) {
		.of = broadcast,
		.by = member,
		.seq = seq,
		.blocks = !runs && member->mark != set->mark,
	};
	TAILQ_INSERT_TAIL(&member->receipts, receipt, link);
	broadcast->awaited++;
	broadcast->blocking += receipt->blocks;
}

/**
 * broadcast_end - everybody was told of a broadcast
 * @set: the set
 * @broadcast: from broadcast_begin()
 */
void broadcast_end(struct broadcasts *set, struct broadcast *broadcast)
{
	release(set, broadcast, true);
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
}

/**
 * broadcasts_take - the next ACK that is to be sent
 * @set: the set
 * @seq: set to the sequence number of the broadcast that is acknowledged
 *
 * Return: the client that sent the broadcast, NULL if no ACK is due.
 */
struct broadcast_member *broadcasts_take(struct broadcasts *set, uint32_t *seq)
{
	struct broadcast *broadcast = TAILQ_FIRST(&set->answers);
	struct broadcast_member *from;

	if (!broadcast)
		return NULL;
	TAILQ_REMOVE(&set->answers, broadcast, sent_link);
	from = broadcast->from;
	from->unanswered--;
	*seq = broadcast->seq;
	broadcast->from = NULL;
	put(broadcast);
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
 * broadcasts_deadline - when to call broadcasts_late()
 * @set: the set
 * @now: the host's monotonic clock, ns
 *
 * To be called before each wait for messages. The time counts from the first
 * call at which the broadcast was the first one that is pending.
 *
 * Return: a time of the host's monotonic clock, ns; UINT64_MAX: never.
 */
uint64_t broadcasts_deadline(struct broadcasts *set, uint64_t now)
{
	const struct broadcast *first = TAILQ_FIRST(&set->pending);

	if (!first)
		return UINT64_MAX;
	if (set->first != first->nr + 1) {
		set->first = first->nr + 1;
		set->deadline = now + PATIENCE_NS;
	}
	return set->deadline;
}

/**
 * broadcasts_late - who takes too long to acknowledge the first pending one?
 * @set: the set
 * @now: the host's monotonic clock, ns
 * @running: the client that runs, NULL if nobody does; it is never late,
 *	because nobody waits for it before it stops
 * @first: set to one of them, if there is any
 *
 * To be called when nothing is left to be read: an ACK that was sent in time is
 * not late because the controller was busy or stopped.
 *
 * Return: how many there are; each broadcast has late ones only once.
 */
size_t broadcasts_late(struct broadcasts *set, uint64_t now,
		       const struct broadcast_member *running,
		       struct broadcast_member **first)
{
	const struct broadcast *broadcast = TAILQ_FIRST(&set->pending);
	struct broadcast_member *by;
	size_t i, late = 0;

	if (broadcasts_deadline(set, now) > now)
		return 0;
	for (i = 0; i < broadcast->count; i++) {
		by = broadcast->receipts[i].by;
		if (by && by != running && !late++)
			*first = by;
	}
	set->deadline = late ? UINT64_MAX : now + PATIENCE_NS;
	return late;
}
