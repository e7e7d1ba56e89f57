// SPDX-License-Identifier: GPL-2.0
/*
 * Broadcasts: each is acknowledged to its sender when all others have
 * acknowledged it.
 *
 * Theory of operation
 *
 * A client that hears a broadcast may want to run because of it, and says so
 * before it acknowledges it. The sender goes on when it has its own ACK; it is
 * the running client, or keeps that from going on, so nobody runs past such a
 * request. Nor is anybody made to run before those are heard that were sent
 * until the last one stopped.
 *
 * A client that waits for the ACK to a broadcast of its own may be busy with
 * just that. So it is not waited for by later ones, and therefore nobody ever
 * waits, by way of others, for itself.
 *
 * A client that does not acknowledge for a long time is not waited for, nor is
 * it again before it has caught up.
 */

#include <stdlib.h>

#include "broadcast.h"
#include "client.h"
#include "controller.h"
#include "log.h"

/* less than libttclient has with its controller */
#define PATIENCE_S 3

static bool is_waited_for(const struct client *client)
{
	return client->state != CLIENT_GONE && !client->broadcasts &&
	       !client->is_behind;
}

static void expect(struct broadcast *broadcast, struct client *client)
{
	struct receipt *receipt = &broadcast->receipts[broadcast->count++];

	receipt->of = broadcast;
	receipt->by = client;
	receipt->seq = client->sent;
	TAILQ_INSERT_TAIL(&client->receipts, receipt, link);
	broadcast->awaited++;
}

/* no more is awaited */
static void set_heard(struct controller *ctl, struct broadcast *broadcast)
{
	TAILQ_REMOVE(&ctl->broadcasts, broadcast, link);
	TAILQ_INSERT_TAIL(&ctl->heard, broadcast, link);
}

static void forget_receipt(struct receipt *receipt)
{
	struct client *client = receipt->by;

	TAILQ_REMOVE(&client->receipts, receipt, link);
	receipt->by = NULL;
	if (!--receipt->of->awaited)
		set_heard(client->ctl, receipt->of);
}

static void forget_receipts(struct client *client)
{
	struct receipt *receipt;

	while ((receipt = TAILQ_FIRST(&client->receipts)))
		forget_receipt(receipt);
}

/**
 * broadcast_pass_on - a client has sent a broadcast
 * @from: the client, started; dropped if there is no memory
 * @seq: its sequence number
 * @value: what it said
 *
 * All others that were started are told.
 */
void broadcast_pass_on(struct client *from, uint32_t seq, uint64_t value)
{
	struct controller *ctl = from->ctl;
	struct broadcast *broadcast;
	struct client *client, *next;

	broadcast = calloc(1, sizeof(*broadcast) +
				      ctl->started * sizeof(struct receipt));
	if (!broadcast) {
		client_drop(from, "no memory for its broadcast");
		return;
	}
	broadcast->from = from;
	broadcast->nr = ctl->nr_broadcasts++;
	broadcast->seq = seq;
	broadcast->patient_until = loop_now() + PATIENCE_S * NSEC_PER_SEC;
	TAILQ_INSERT_TAIL(&ctl->broadcasts, broadcast, link);
	from->broadcasts++;

	for (client = TAILQ_FIRST(&ctl->clients); client; client = next) {
		/* it is gone if it does not read */
		next = TAILQ_NEXT(client, link);
		if (client == from || !client->slot)
			continue;
		client_send_broadcast(client, value);
		if (is_waited_for(client))
			expect(broadcast, client);
	}
	if (!broadcast->awaited)
		set_heard(ctl, broadcast);
}

/**
 * broadcast_received - a client has acknowledged something
 * @client: the client, @acked is the sequence number
 */
void broadcast_received(struct client *client)
{
	struct receipt *receipt = TAILQ_FIRST(&client->receipts);

	if (receipt && receipt->seq == client->acked)
		forget_receipt(receipt);
	if (client->is_behind && client->acked == client->behind)
		client->is_behind = false;
}

/**
 * broadcast_forget - a client goes, and neither sends nor acknowledges more
 * @client: the client
 */
void broadcast_forget(struct client *client)
{
	struct controller *ctl = client->ctl;
	struct broadcast *broadcast;

	forget_receipts(client);
	if (!client->broadcasts)
		return;
	/* who has heard it may still want to run because of it */
	TAILQ_FOREACH(broadcast, &ctl->broadcasts, link)
		if (broadcast->from == client)
			broadcast->from = NULL;
	TAILQ_FOREACH(broadcast, &ctl->heard, link)
		if (broadcast->from == client)
			broadcast->from = NULL;
}

/**
 * broadcast_pending - is there one that is not acknowledged to its sender?
 * @ctl: the controller
 *
 * Then somebody may still ask to run earlier than anybody has so far.
 */
bool broadcast_pending(const struct controller *ctl)
{
	return !TAILQ_EMPTY(&ctl->broadcasts);
}

/**
 * broadcast_holds - is there one from before a moment, for which the next client
 *	has to wait?
 * @ctl: the controller
 * @nr: @nr_broadcasts at that moment
 *
 * Later ones do not count, or those who wait could hold up everybody with ever
 * new ones.
 */
bool broadcast_holds(const struct controller *ctl, uint64_t nr)
{
	const struct broadcast *first = TAILQ_FIRST(&ctl->broadcasts);

	return first && first->nr < nr;
}

/**
 * broadcast_bound - how long to wait for ACKs
 * @ctl: the controller
 * @timeout_ms: how long its caller would wait, -1: forever
 *
 * Return: how long it may, ms.
 */
int broadcast_bound(const struct controller *ctl, int timeout_ms)
{
	const struct broadcast *first = TAILQ_FIRST(&ctl->broadcasts);

	return first ? loop_bound(timeout_ms, first->patient_until) :
		       timeout_ms;
}

/* go on without those that have not acknowledged it */
static void give_up(struct broadcast *broadcast)
{
	struct client *client, *first = NULL;
	size_t i, count = 0;

	for (i = 0; i < broadcast->count; i++) {
		client = broadcast->receipts[i].by;
		if (!client)
			continue;
		if (!count++)
			first = client;
		client->is_behind = true;
		client->behind = client->sent;
		forget_receipts(client);
	}
	log_line("%s%s not acknowledged a broadcast for %u s, going on without",
		 client_label(first), count > 1 ? " and others have" : " has",
		 PATIENCE_S);
}

/**
 * broadcast_finish - acknowledge what has been received by all
 * @ctl: the controller
 *
 * To be called when all that was read has been handled.
 */
void broadcast_finish(struct controller *ctl)
{
	struct broadcast *broadcast;

	while ((broadcast = TAILQ_FIRST(&ctl->broadcasts)) &&
	       broadcast->patient_until <= loop_now())
		give_up(broadcast);
	while ((broadcast = TAILQ_FIRST(&ctl->heard))) {
		TAILQ_REMOVE(&ctl->heard, broadcast, link);
		if (broadcast->from) {
			broadcast->from->broadcasts--;
			client_send_ack(broadcast->from, broadcast->seq, 0);
		}
		free(broadcast);
	}
}
