// SPDX-License-Identifier: GPL-2.0
/*
 * What a switch learns: behind which port an address is. It remembers a limited
 * number of addresses, and then forgets the one that has been silent for the
 * longest time. So a machine that makes up addresses uses up no memory; it only
 * causes a few frames to be flooded.
 */

#include <stdlib.h>

#include "switch.h"

static uint64_t to_number(const unsigned char *address)
{
	uint64_t number = 0;
	int i;

	for (i = 0; i < 6; i++)
		number = number << 8 | address[i];
	return number;
}

/* of a group: broadcast and multicast */
static bool is_group(const unsigned char *address)
{
	return address[0] & 1;
}

static unsigned int hash(uint64_t address)
{
	return address * 0x9e3779b97f4a7c15 >> 54;
}

/**
 * switch_init - a switch that knows nobody
 * @sw: the switch
 */
void switch_init(struct learning_switch *sw)
{
	unsigned int i;

	for (i = 0; i < SWITCH_BUCKETS; i++)
		LIST_INIT(&sw->bucket[i]);
	TAILQ_INIT(&sw->age);
	sw->nr = 0;
}

static void forget(struct learning_switch *sw, struct switch_entry *entry)
{
	LIST_REMOVE(entry, bucket_link);
	TAILQ_REMOVE(&sw->age, entry, age_link);
	sw->nr--;
	free(entry);
}

/**
 * switch_destroy - forget all addresses
 * @sw: the switch
 */
void switch_destroy(struct learning_switch *sw)
{
	while (!TAILQ_EMPTY(&sw->age))
		forget(sw, TAILQ_FIRST(&sw->age));
}

static struct switch_entry *find(const struct learning_switch *sw,
				 uint64_t address)
{
	struct switch_entry *entry;

	LIST_FOREACH(entry, &sw->bucket[hash(address)], bucket_link)
		if (entry->address == address)
			return entry;
	return NULL;
}

/**
 * switch_learn - an address has sent something
 * @sw: the switch
 * @address: its 6 bytes; that of a group is nobody's and not learnt
 * @port: the port behind which it is now
 *
 * Without memory for it, frames to it are flooded as before.
 */
void switch_learn(struct learning_switch *sw, const unsigned char *address,
		  struct port *port)
{
	uint64_t number = to_number(address);
	struct switch_entry *entry = find(sw, number);

	if (entry) {
		entry->port = port;
		TAILQ_REMOVE(&sw->age, entry, age_link);
		TAILQ_INSERT_TAIL(&sw->age, entry, age_link);
		return;
	}
	if (is_group(address))
		return;
	if (sw->nr == SWITCH_ADDRESSES)
		forget(sw, TAILQ_FIRST(&sw->age));
	entry = malloc(sizeof(*entry));
	if (!entry)
		return;
	entry->address = number;
	entry->port = port;
	LIST_INSERT_HEAD(&sw->bucket[hash(number)], entry, bucket_link);
	TAILQ_INSERT_TAIL(&sw->age, entry, age_link);
	sw->nr++;
}

/**
 * switch_find - behind which port is an address?
 * @sw: the switch
 * @address: its 6 bytes
 *
 * Return: the port; NULL if that is not known, or the address is a group's: a
 * frame to it goes to all ports.
 */
struct port *switch_find(const struct learning_switch *sw,
			 const unsigned char *address)
{
	struct switch_entry *entry = find(sw, to_number(address));

	return entry ? entry->port : NULL;
}
