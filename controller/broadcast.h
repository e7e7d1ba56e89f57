/* SPDX-License-Identifier: GPL-2.0 */
#ifndef TT_BROADCAST_H
#define TT_BROADCAST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/queue.h>

struct client;
struct controller;

/**
 * struct receipt - an ACK of a broadcast that is awaited
 *
 * @link: in the list of those of that client, in order
 * @of: the broadcast
 * @by: the client that has to send it, NULL if it is not awaited any more
 * @seq: its sequence number
 */
struct receipt {
	TAILQ_ENTRY(receipt) link;
	struct broadcast *of;
	struct client *by;
	uint32_t seq;
};

/**
 * struct broadcast - one that has not been acknowledged to its sender
 *
 * @link: in the list of all of them, in order
 * @from: its sender, NULL if that has gone
 * @nr: how many there were before it, ever
 * @seq: the sequence number it came with
 * @patient_until: how long it may take, host's monotonic clock, ns
 * @awaited: how many receipts are
 * @count: how many receipts there are
 * @receipts: one for each client it was passed on to that is waited for
 */
struct broadcast {
	TAILQ_ENTRY(broadcast) link;
	struct client *from;
	uint64_t nr;
	uint32_t seq;
	uint64_t patient_until;
	size_t awaited;
	size_t count;
	struct receipt receipts[];
};

TAILQ_HEAD(receipt_list, receipt);
TAILQ_HEAD(broadcast_list, broadcast);

/* for clients */
void broadcast_pass_on(struct client *from, uint32_t seq, uint64_t value);
void broadcast_received(struct client *client);
void broadcast_forget(struct client *client);

/* for the controller */
bool broadcast_pending(const struct controller *ctl);
bool broadcast_holds(const struct controller *ctl, uint64_t nr);
int broadcast_bound(const struct controller *ctl, int timeout_ms);
void broadcast_finish(struct controller *ctl);

#endif /* TT_BROADCAST_H */
