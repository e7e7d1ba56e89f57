/* SPDX-License-Identifier: GPL-2.0 */
#ifndef TT_BROADCAST_H
#define TT_BROADCAST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/queue.h>

/* a client that takes longer to acknowledge a broadcast is named in the log */
#define BROADCAST_PATIENCE_S 3

/* a client that sends more than this without waiting for an ACK floods us */
#define BROADCASTS_MAX 1024

TAILQ_HEAD(broadcast_receipts, broadcast_receipt);
TAILQ_HEAD(broadcast_list, broadcast);

/**
 * struct broadcast_member - a client, as far as broadcasts are concerned
 *
 * @receipts: the ACKs that it still has to send, in order
 * @sent: its own broadcasts whose ACK is not due yet, in order
 * @unanswered: number of its own broadcasts that were not acknowledged to it
 * @mark: @mark of the set when it was last found to wait for a sender
 * @next: next one to look at in the search for those that wait for a sender
 */
struct broadcast_member {
	struct broadcast_receipts receipts;
	struct broadcast_list sent;
	unsigned int unanswered;
	uint64_t mark;
	struct broadcast_member *next;
};

/**
 * struct broadcast_receipt - an ACK of a broadcast that has yet to come
 *
 * @link: in @by's list
 * @of: the broadcast
 * @by: the client that has to send the ACK, NULL once it has, or has gone
 * @seq: the sequence number of the message that the ACK is for
 * @blocks: the ACK to the broadcast's sender has to wait for it
 */
struct broadcast_receipt {
	TAILQ_ENTRY(broadcast_receipt) link;
	struct broadcast *of;
	struct broadcast_member *by;
	uint32_t seq;
	bool blocks;
};

/**
 * struct broadcast - a broadcast that somebody has yet to acknowledge
 *
 * @link: in the list of pending ones, while @awaited is not 0
 * @sent_link: in the list of the sender's, or in that of the ACKs that are due
 * @from: the sender, NULL once it was sent its ACK, or has gone
 * @nr: how many broadcasts there were before it
 * @seq: the sequence number that its sender gave it
 * @awaited: number of receipts that have yet to come
 * @blocking: how many of them block the sender
 * @count: number of entries of @receipts that are used
 * @size: number of entries of @receipts
 * @receipts: one for each client that was told
 */
struct broadcast {
	TAILQ_ENTRY(broadcast) link;
	TAILQ_ENTRY(broadcast) sent_link;
	struct broadcast_member *from;
	uint64_t nr;
	uint32_t seq;
	size_t awaited;
	size_t blocking;
	size_t count;
	size_t size;
	struct broadcast_receipt receipts[];
};

/**
 * struct broadcasts - the broadcasts of a group of clients
 *
 * @pending: those that somebody still has to acknowledge, in order
 * @answers: those whose senders are to be sent the ACK, in order
 * @count: number of all broadcasts so far
 * @mark: number of searches for those that wait for a sender
 * @first: the number of the first pending one plus 1, when @deadline was set
 * @deadline: when to call broadcasts_late(), host's monotonic clock, ns
 */
struct broadcasts {
	struct broadcast_list pending;
	struct broadcast_list answers;
	uint64_t count;
	uint64_t mark;
	uint64_t first;
	uint64_t deadline;
};

void broadcasts_init(struct broadcasts *set);
void broadcasts_join(struct broadcast_member *member);
void broadcasts_leave(struct broadcasts *set, struct broadcast_member *member);

struct broadcast *broadcast_begin(struct broadcasts *set,
				  struct broadcast_member *from, uint32_t seq,
				  size_t others);
void broadcast_told(const struct broadcasts *set, struct broadcast *broadcast,
		    struct broadcast_member *member, uint32_t seq, bool runs);
void broadcast_end(struct broadcasts *set, struct broadcast *broadcast);

void broadcasts_acked(struct broadcasts *set, struct broadcast_member *member,
		      uint32_t seq);
struct broadcast_member *broadcasts_take(struct broadcasts *set, uint32_t *seq);

bool broadcasts_pending(const struct broadcasts *set);
bool broadcasts_hold(const struct broadcasts *set, uint64_t count);
uint64_t broadcasts_deadline(struct broadcasts *set, uint64_t now);
size_t broadcasts_late(struct broadcasts *set, uint64_t now,
		       const struct broadcast_member *running,
		       struct broadcast_member **first);

#endif /* TT_BROADCAST_H */
