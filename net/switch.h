/* SPDX-License-Identifier: GPL-2.0 */
#ifndef TT_NET_SWITCH_H
#define TT_NET_SWITCH_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/queue.h>

/* addresses that a switch remembers */
#define SWITCH_ADDRESSES 4096
#define SWITCH_BUCKETS 1024

struct port;

/**
 * struct switch_entry - where an address is
 *
 * @bucket_link: in its bucket
 * @age_link: in the order in which they were last heard of
 * @address: the address, as a number
 * @port: where it is
 */
struct switch_entry {
	LIST_ENTRY(switch_entry) bucket_link;
	TAILQ_ENTRY(switch_entry) age_link;
	uint64_t address;
	struct port *port;
};

LIST_HEAD(switch_bucket, switch_entry);
TAILQ_HEAD(switch_age, switch_entry);

/**
 * struct learning_switch - what a switch has learnt
 *
 * @bucket: entries by address
 * @age: the same, those that were not heard of for longest first
 * @nr: how many there are
 */
struct learning_switch {
	struct switch_bucket bucket[SWITCH_BUCKETS];
	struct switch_age age;
	unsigned int nr;
};

void switch_init(struct learning_switch *sw);
void switch_destroy(struct learning_switch *sw);
void switch_learn(struct learning_switch *sw, const unsigned char *address,
		  struct port *port);
struct port *switch_find(const struct learning_switch *sw,
			 const unsigned char *address);

#endif /* TT_NET_SWITCH_H */
