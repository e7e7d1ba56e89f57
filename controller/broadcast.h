/* SPDX-License-Identifier: GPL-2.0 */
#ifndef TT_BROADCAST_H
#define TT_BROADCAST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/queue.h>

/* how long a member may take to acknowledge; libttclient waits longer */
#define BROADCAST_PATIENCE_S 3

TAILQ_HEAD(broadcast_receipts, broadcast_receipt);
TAILQ_HEAD(broadcast_list, broadcast);

/**
 * struct broadcast_member - a client, as far as broadcasts are concerned
 *
 * @receipts: the ACKs that others wait for, in the order in which they must
 *	come
 * @unanswered: number of its own broadcasts that were not acknowledged to it
 * @told: sequence number of the last broadcast it was told
 * @is_behind: it has missed a deadline, and nobody waits for it
 * @behind: it has caught up when it acknowledges this sequence number
 */
struct broadcast_member {
	struct broadcast_receipts receipts;
	unsigned int unanswered;
	uint32_t told;
	bool is_behind;
	uint32_t behind;
};

/**
 * struct broadcast_receipt - an ACK that a broadcast waits for
 *
 * @link: in @by's list
 * @of: the broadcast
 * @by: who has to send the ACK, NULL if it is not awaited any more
 * @seq: the sequence number it has to carry
 */
struct broadcast_receipt {
	TAILQ_ENTRY(broadcast_receipt) link;
	struct broadcast *of;
	struct broadcast_member *by;
	uint32_t seq;
};

/**
 * struct broadcast - a broadcast that was not acknowledged to its sender
 *
 * @link: in the list of pending or of finished ones
 * @from: the sender, NULL if it has gone
 * @nr: how many broadcasts there were before it
 * @seq: the sequence number that its sender gave it
 * @deadline: when to go on without those that have not acknowledged it, ns
 * @awaited: number of receipts that are still awaited
 * @count: number of entries of @receipts that are used
 * @size: number of entries of @receipts
 * @receipts: one for each member that was waited for
 */
struct broadcast {
	TAILQ_ENTRY(broadcast) link;
	struct broadcast_member *from;
	uint64_t nr;
	uint32_t seq;
	uint64_t deadline;
	size_t awaited;
	size_t count;
	size_t size;
	struct broadcast_receipt receipts[];
};

/**
 * struct broadcasts - the broadcasts of a group of clients
 *
 * @pending: those that somebody still has to acknowledge, in order
 * @finished: those that were acknowledged, for broadcasts_take()
 * @count: number of all broadcasts so far
 */
struct broadcasts {
	struct broadcast_list pending;
	struct broadcast_list finished;
	uint64_t count;
};

void broadcasts_init(struct broadcasts *set);
void broadcasts_destroy(struct broadcasts *set);
void broadcasts_join(struct broadcast_member *member);
void broadcasts_leave(struct broadcasts *set, struct broadcast_member *member);

struct broadcast *broadcast_begin(struct broadcasts *set,
				  struct broadcast_member *from, uint32_t seq,
				  size_t others, uint64_t now);
void broadcast_told(struct broadcast *broadcast,
		    struct broadcast_member *member, uint32_t seq);
void broadcast_end(struct broadcasts *set, struct broadcast *broadcast);

void broadcasts_acked(struct broadcasts *set, struct broadcast_member *member,
		      uint32_t seq);
size_t broadcasts_give_up(struct broadcasts *set, uint64_t now,
			  struct broadcast_member **first);
struct broadcast_member *broadcasts_take(struct broadcasts *set, uint32_t *seq);

bool broadcasts_pending(const struct broadcasts *set);
bool broadcasts_hold(const struct broadcasts *set, uint64_t count);
uint64_t broadcasts_deadline(const struct broadcasts *set);

#endif /* TT_BROADCAST_H */
