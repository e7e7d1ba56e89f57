// SPDX-License-Identifier: GPL-2.0
/*
 * Which group has waited for which, and which network's delay was too short for it
 * to go on meanwhile.
 */

#include <stdlib.h>

#include "json_add.h"
#include "net.h"
#include "network.h"
#include "waits.h"

/**
 * waits_init - nobody has waited
 * @waits: filled in
 * @net: the networks
 */
void waits_init(struct waits *waits, const struct net *net)
{
	STAILQ_INIT(&waits->all);
	waits->net = net;
	waits->last = 0;
}

/**
 * waits_destroy - free what was allocated
 * @waits: from waits_init()
 */
void waits_destroy(struct waits *waits)
{
	struct wait *wait;

	while ((wait = STAILQ_FIRST(&waits->all))) {
		STAILQ_REMOVE_HEAD(&waits->all, link);
		free(wait->by);
		free(wait);
	}
}

/**
 * waits_add - a group was made
 * @waits: where it counts from now on
 * @number: position in the order in which groups were made
 * @name: name of its first client
 *
 * Return: what to count in, NULL if there is no memory.
 */
struct wait *waits_add(struct waits *waits, unsigned int number, uint64_t name)
{
	struct wait *wait = calloc(1, sizeof(*wait));

	if (!wait)
		return NULL;
	wait->by = calloc(waits->net->nr + 1, sizeof(*wait->by));
	if (!wait->by) {
		free(wait);
		return NULL;
	}
	wait->number = number;
	wait->name = name;
	STAILQ_INSERT_TAIL(&waits->all, wait, link);
	return wait;
}

/**
 * wait_add - a group has waited
 * @wait: the group's
 * @network: number of the network that could have brought something; that after
 *	the last one for broadcasts
 * @from: number of the group that would have caused it
 * @ns: how long, real time
 *
 * Who was waited for most is kept as in an election without counting: it is
 * right if it was more than half of the time.
 */
void wait_add(struct wait *wait, size_t network, unsigned int from,
	      uint64_t ns)
{
	wait->total += ns;
	wait->by[network] += ns;
	if (wait->from == from) {
		wait->lead += ns;
	} else if (wait->lead >= ns) {
		wait->lead -= ns;
	} else {
		wait->lead = ns - wait->lead;
		wait->from = from;
	}
}

static const char *network_name(const struct waits *waits, size_t nr)
{
	return nr < waits->net->nr ?
		       net_network(waits->net, nr)->config->name : "broadcasts";
}

static struct json_object *report(const struct waits *waits,
				  const struct wait *wait)
{
	struct json_object *obj = json_object_new_object();
	struct json_object *by = json_object_new_object();
	const struct wait *other;
	size_t i;

	json_add_u64(obj, "client", wait->name);
	json_add_u64(obj, "runs", wait->runs);
	json_add_u64(obj, "waited_ns", wait->total);
	STAILQ_FOREACH(other, &waits->all, link)
		if (wait->total && other->number == wait->from)
			json_add_u64(obj, "waited_most_for", other->name);
	for (i = 0; i <= waits->net->nr; i++)
		if (wait->by[i])
			json_add_u64(by, network_name(waits, i), wait->by[i]);
	json_object_object_add(obj, "bounded_by", by);
	return obj;
}

/**
 * waits_report - say how long each group has waited
 * @waits: the groups
 *
 * Return: an array, the caller's; NULL if there are no groups.
 */
struct json_object *waits_report(const struct waits *waits)
{
	struct json_object *all;
	const struct wait *wait;

	if (STAILQ_EMPTY(&waits->all))
		return NULL;
	all = json_object_new_array();
	STAILQ_FOREACH(wait, &waits->all, link)
		json_object_array_add(all, report(waits, wait));
	return all;
}

/**
 * waits_worst - which network has held back groups for the longest time?
 * @waits: the groups
 * @ns: set to how long that was, for all groups together, real time
 *
 * Return: its number; that after the last one for broadcasts.
 */
size_t waits_worst(const struct waits *waits, uint64_t *ns)
{
	const struct wait *wait;
	size_t i, worst = 0;
	uint64_t sum;

	*ns = 0;
	for (i = 0; i <= waits->net->nr; i++) {
		sum = 0;
		STAILQ_FOREACH(wait, &waits->all, link)
			sum += wait->by[i];
		if (sum <= *ns)
			continue;
		*ns = sum;
		worst = i;
	}
	return worst;
}
