// SPDX-License-Identifier: GPL-2.0
/*
 * All groups: which client belongs to which, and which group goes next, how far.
 *
 * Theory of operation
 *
 * By default there is one group. With --groups=machines each process is a group,
 * and groups reach each other only through networks, and by broadcasts. These
 * take their time, which window.c turns into a bound for each group. A group goes
 * on while its next thing is before its bound, and --jobs of them may run at the
 * same time. Of those that can go on, the one with the earliest next thing does,
 * or the one that was made first. The order changes no result: within its bound
 * a group does what it would do by itself.
 *
 * A frame goes through its network when no group will send anything before it
 * any more, see net_commit(). So frames are in the same order in every run.
 *
 * All processes whose cards may be on a network without any delay are one group,
 * since nothing could run at the same time there.
 *
 * Bounds are computed for all groups at once, which takes long if they are many.
 * So they are used several times. An old bound stays valid, but for what the
 * group sends, whose answer may come, and up to the next barrier.
 *
 * Hidden channels
 *
 * If the request of a waiting client changes though nothing has arrived in its
 * group, there is another way to it, such as a directory of the host that two
 * machines share. Then the group and those that have run meanwhile are merged:
 * each keeps its memory, but they run one at a time, and none further than to the
 * next thing that another one of them does.
 *
 * The barrier
 *
 * Two things may happen at a time that others have passed: a client joins, or
 * something that the controller knows nothing of, such as a keyboard, makes a
 * waiting machine run. Then nobody is told to run any more until all have
 * stopped. It happens at the latest time that any group has reached.
 */

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "client.h"
#include "groups.h"
#include "log.h"
#include "loop.h"
#include "network.h"
#include "process.h"
#include "simtime.h"
#include "util.h"

/* bounds are computed again when one in so many groups has gone on */
#define BOUNDS_LAST 8

static bool is_one(const struct groups *groups)
{
	return groups->opt->groups == GROUPS_ONE;
}

/* room for one more group; broadcasts are like one more network */
static bool reserve(struct groups *groups)
{
	size_t size = groups->size ? groups->size : 16;
	size_t per_group = groups->net->nr + 1;
	struct window_group *slots;
	size_t *on;

	if (groups->nr < groups->size)
		return true;
	while (size <= groups->nr)
		size *= 2;
	slots = realloc(groups->slots, size * sizeof(*slots));
	if (slots)
		groups->slots = slots;
	on = realloc(groups->on, size * per_group * sizeof(*on));
	if (on)
		groups->on = on;
	if (!slots || !on)
		return false;
	groups->size = size;
	return true;
}

static int make_group(struct groups *groups, struct group **made)
{
	struct group *group;
	int ret;

	if (!reserve(groups))
		return -ENOMEM;
	group = malloc(sizeof(*group));
	if (!group)
		return -ENOMEM;
	ret = group_init(group, groups->opt, groups->net, groups->stats,
			 &groups->awake);
	if (ret) {
		free(group);
		return ret;
	}
	group->number = groups->made++;
	group->due.order = group->number;
	groups->nr++;
	TAILQ_INSERT_TAIL(&groups->all, group, link);
	heap_put(&groups->others, &group->due, group->promised);
	group_wake(group);
	*made = group;
	return 0;
}

/* for the statistics: count what it has waited until the last step */
static void count_wait(const struct groups *groups, struct group *group)
{
	uint64_t now = groups->waits.last;

	if (group->waits)
		wait_add(group->wait, group->limit, group->cause,
			 now - group->waits_since);
	group->waits_since = now;
	if (group->wait)
		group->wait->runs = group->sched.runs;
}

static void free_group(struct groups *groups, struct group *group)
{
	groups->runs += group->sched.runs;
	count_wait(groups, group);
	if (group->sched.now > groups->reached)
		groups->reached = group->sched.now;
	groups->past += group->sched.past;
	TAILQ_REMOVE(&groups->all, group, link);
	heap_remove(&group->due);
	groups->nr--;
	group_destroy(group);
	free(group);
}

/**
 * groups_init - no groups, or the only one
 * @groups: filled in
 * @opt: the command line, which has to outlive them
 * @net: the networks between them, which have to outlive them too
 * @stats: where clients are counted from when they are started
 *
 * Return: 0 or -errno.
 */
int groups_init(struct groups *groups, const struct options *opt,
		struct net *net, struct stats *stats)
{
	struct group *group;
	int ret = -ENOMEM;

	*groups = (struct groups) {
		.opt = opt, .net = net, .stats = stats,
		.jobs = opt->jobs ? opt->jobs : 1,
	};
	TAILQ_INIT(&groups->all);
	TAILQ_INIT(&groups->awake);
	waits_init(&groups->waits, net);
	groups->networks = calloc(net->nr + 1, sizeof(*groups->networks));
	if (groups->networks)
		ret = is_one(groups) ? make_group(groups, &group) : 0;
	if (ret)
		groups_destroy(groups);
	return ret;
}

/**
 * groups_destroy - free all groups
 * @groups: from groups_init(); all clients have been removed
 */
void groups_destroy(struct groups *groups)
{
	struct group *group;

	while ((group = TAILQ_FIRST(&groups->all)))
		free_group(groups, group);
	waits_destroy(&groups->waits);
	free(groups->networks);
	free(groups->slots);
	free(groups->on);
}

/* may the client have a card on a network without any delay? */
static bool is_instant(const struct groups *groups, const struct client *client)
{
	size_t i;

	for (i = 0; i < groups->net->nr; i++)
		if (!net_network(groups->net, i)->lookahead &&
		    (!client->is_machine ||
		     process_connects(client->pid,
				      net_socket(groups->net, i))))
			return true;
	return false;
}

/* the group that a client belongs to, NULL if there is none yet */
static struct group *find_group(struct groups *groups,
				const struct client *client, bool instant)
{
	const struct client *member;
	struct group *group;

	if (is_one(groups))
		return TAILQ_FIRST(&groups->all);
	if (instant)
		TAILQ_FOREACH(group, &groups->all, link)
			if (group->instant)
				return group;
	if (client->pid)
		TAILQ_FOREACH(member, &client->clients->all, link)
			if (member->group && member->pid == client->pid)
				return member->group;
	return NULL;
}

/* a machine has the cards that its command line says, and no others */
static void expect_cards(const struct groups *groups, struct client *client)
{
	size_t i;

	for (i = 0; i < groups->net->nr; i++)
		if (process_connects(client->pid, net_socket(groups->net, i)))
			client->machine.on[i] = true;
	client->machine.anywhere = false;
}

/**
 * groups_add - a client has sent START and is a member of a group from now on
 * @groups: the groups
 * @client: the client, whose name is set; it is not started before
 *	groups_start()
 *
 * Return: 0; -ENOSPC if there are as many clients as may be, or another -errno.
 */
int groups_add(struct groups *groups, struct client *client)
{
	bool instant = !is_one(groups) && is_instant(groups, client);
	struct group *group = find_group(groups, client, instant);
	bool is_new = !group;
	int ret = 0;

	/* slot 0 is the controller's */
	if (groups->members + 1 >= groups->opt->slots)
		return -ENOSPC;
	if (is_new)
		ret = make_group(groups, &group);
	if (ret)
		return ret;
	ret = group_add(group, client);
	if (ret) {
		if (is_new)
			free_group(groups, group);
		return ret;
	}
	groups->members++;
	if (is_one(groups))
		return 0;
	if (is_new && groups->opt->stats)
		group->wait = waits_add(&groups->waits, group->number,
					client->name);
	if (instant)
		group->instant = true;
	if (client->is_machine)
		expect_cards(groups, client);
	return 0;
}

/**
 * groups_remove - a member has gone, and its group if it was the last one
 * @groups: the groups
 * @client: the client
 */
void groups_remove(struct groups *groups, struct client *client)
{
	struct group *group = client->group;

	group_remove(client);
	groups->members--;
	if (!group->members && !is_one(groups))
		free_group(groups, group);
}

/**
 * groups_start - have a member started as soon as may be
 * @client: the client, from groups_add()
 */
void groups_start(struct client *client)
{
	group_start(client);
	client->group->barrier = client->group->opt->groups != GROUPS_ONE;
}

/**
 * groups_time - what time it is
 * @groups: the groups
 *
 * Return: the latest time that is known to be reached by any group, controller
 * time, ns.
 */
uint64_t groups_time(const struct groups *groups)
{
	uint64_t time = groups->reached;
	const struct group *group;

	TAILQ_FOREACH(group, &groups->all, link)
		if (group->sched.now > time)
			time = group->sched.now;
	return time;
}

/**
 * groups_started - how many clients were started and have not gone
 * @groups: the groups
 */
uint32_t groups_started(const struct groups *groups)
{
	const struct group *group;
	uint32_t started = 0;

	TAILQ_FOREACH(group, &groups->all, link)
		started += group->started;
	return started;
}

/* how many cards a group has on a network, or may have; 2 for more */
static unsigned int count_cards(const struct group *group, size_t network)
{
	const struct client *client;
	unsigned int cards = 0;

	/* a member that has not started may bring any number */
	if (group->started < group->members)
		return 2;
	TAILQ_FOREACH(client, &group->clients, group_link)
		if (client->machine.anywhere || client->machine.on[network])
			cards += net_cards(&client->machine, network) > 1 ? 2 :
									    1;
	return cards;
}

/* the least time that anything takes from a group to another one */
static uint64_t way_out(const struct groups *groups, const struct group *group)
{
	uint64_t least = groups->opt->broadcast_delay, delay;
	size_t i;

	for (i = 0; i < groups->net->nr; i++) {
		delay = net_network(groups->net, i)->lookahead;
		if (delay && delay < least && count_cards(group, i))
			least = delay;
	}
	return least;
}

/* what a group has sent may have come back at this time */
static void lower_bound(struct group *group, uint64_t time)
{
	if (time < group->bound)
		group->bound = time;
	group_lower_until(group, time);
}

/**
 * groups_sent - a running client has sent something into a network
 * @groups: the groups
 * @group: that of the client
 * @network: number of the network
 * @time: when, controller time, ns
 *
 * The client has to stop before the answer can come: an answer of its own group,
 * or of another one.
 */
void groups_sent(struct groups *groups, struct group *group, size_t network,
		 uint64_t time)
{
	time = simtime_add(time, net_network(groups->net, network)->lookahead);
	if (!is_one(groups) && count_cards(group, network) < 2)
		time = simtime_add(time, way_out(groups, group));
	lower_bound(group, time);
}

/**
 * groups_broadcast - a client has sent a broadcast, which reaches the other
 *	groups later
 * @groups: the groups
 * @from: the client; its own group knows already
 * @value: the broadcast's value
 */
void groups_broadcast(struct groups *groups, struct client *from,
		      uint64_t value)
{
	uint64_t delay = groups->opt->broadcast_delay;
	struct group *group;
	uint64_t sent;

	if (groups->nr < 2)
		return;
	group_update_time(from->group);
	sent = from->group->sched.now;
	/* a client that waits may be behind the others */
	if (!from->group->sched.running && groups_time(groups) > sent)
		sent = groups_time(groups);
	TAILQ_FOREACH(group, &groups->all, link)
		if (group != from->group &&
		    group_announce(group, simtime_add(sent, delay), from->name,
				   value))
			log_line("no memory for a broadcast of client 0x%llx",
				 (unsigned long long)from->name);
	lower_bound(from->group, simtime_add(simtime_add(sent, delay),
					     way_out(groups, from->group)));
}

/* may somebody whose time is not known yet be told to run before others are? */
static bool has_barrier(const struct groups *groups)
{
	const struct group *group;

	TAILQ_FOREACH(group, &groups->awake, awake_link)
		if (group->barrier)
			return true;
	return false;
}

/* how far any group can have come; nobody runs */
static uint64_t latest_time(struct groups *groups)
{
	uint64_t latest = groups->reached, time;
	const struct group *group;

	TAILQ_FOREACH(group, &groups->all, link) {
		time = group->sched.latest;
		if (group->promised < time)
			time = group->promised;
		if (group->sched.now > time)
			time = group->sched.now;
		if (time > latest)
			latest = time;
	}
	return latest;
}

/* returns whether the barrier is down */
static bool pass_barrier(struct groups *groups)
{
	bool runs = false;
	struct group *group;
	uint64_t time;

	TAILQ_FOREACH(group, &groups->all, link) {
		group_hurry(group);
		runs |= !group_can_go(group);
	}
	if (runs)
		return false;
	time = latest_time(groups);
	TAILQ_FOREACH(group, &groups->all, link) {
		/* what happens now was in no group's bound */
		group->bound = 0;
		group_wake(group);
		if (!group->barrier)
			continue;
		group->barrier = false;
		group_catch_up(group, group->promised < time ?
					      group->promised : time);
	}
	return true;
}

static void fill_networks(struct groups *groups)
{
	const struct network *network;
	size_t i;

	for (i = 0; (network = net_network(groups->net, i)); i++)
		groups->networks[i] = (struct window_network) {
			.delay = network->lookahead,
			.inside = network_horizon(network),
		};
	groups->networks[i] = (struct window_network) {
		.delay = groups->opt->broadcast_delay,
		.inside = SIMTIME_NEVER,
	};
}

static void fill_slot(struct groups *groups, struct group *group, size_t nr)
{
	size_t *on = groups->on + nr * (groups->net->nr + 1);
	struct window_group *slot = &groups->slots[nr];
	size_t i;

	slot->number = group->number;
	slot->next = group->barrier ? group->promised : group_next(group);
	slot->runs = group->sched.running;
	slot->networks = on;
	slot->nr_networks = 0;
	/* networks without delay are within one group */
	for (i = 0; i < groups->net->nr; i++)
		if (groups->networks[i].delay && count_cards(group, i))
			on[slot->nr_networks++] = i;
	on[slot->nr_networks++] = i;
}

/* what one merged group does may make any other act at that time */
static void merge_slots(struct groups *groups)
{
	uint64_t first = SIMTIME_NEVER;
	const struct group *group;
	size_t i = 0;

	TAILQ_FOREACH(group, &groups->all, link) {
		if (group->merged && groups->slots[i].next < first)
			first = groups->slots[i].next;
		i++;
	}
	i = 0;
	TAILQ_FOREACH(group, &groups->all, link)
		if (groups->slots[i++].next > first && group->merged)
			groups->slots[i - 1].next = first;
}

/* a merged group goes no further than to what another one does next */
static void bound_merged(struct groups *groups, struct group *group)
{
	const struct group *other;
	uint64_t bound;

	TAILQ_FOREACH(other, &groups->all, link) {
		if (!other->merged || other == group)
			continue;
		/* at the same time the group with the lowest number runs */
		bound = simtime_add(other->promised,
				    group->number < other->number);
		if (!group_can_go(other))
			bound = 0;
		if (bound < group->bound)
			group->bound = bound;
	}
}

static void take_bound(const struct groups *groups, struct group *group,
		       const struct window_group *slot)
{
	count_wait(groups, group);
	group->bound = slot->bound;
	if (!group->wait || slot->bound >= SIMTIME_NEVER)
		return;
	group->limit = slot->network;
	group->cause = slot->from == WINDOW_NOBODY ?
			       group->number : groups->slots[slot->from].number;
}

/* put a group among those that can go on, or among the others */
static void place(struct groups *groups, struct group *group)
{
	bool can_go = group_can_go(group);
	bool ready = can_go && group->promised < group->bound;
	bool waits = can_go && !ready && group->wait && group->bound &&
		     group->promised < SIMTIME_NEVER;

	heap_put(ready ? &groups->ready : &groups->others, &group->due,
		 group->promised);
	if (waits == group->waits)
		return;
	count_wait(groups, group);
	group->waits = waits;
}

static void place_all(struct groups *groups)
{
	struct group *group;

	TAILQ_FOREACH(group, &groups->all, link)
		place(groups, group);
}

/* compute how far each group can go */
static void set_bounds(struct groups *groups)
{
	struct group *group;
	size_t i = 0;

	if (is_one(groups)) {
		TAILQ_FIRST(&groups->all)->bound = SIMTIME_NEVER;
		place_all(groups);
		return;
	}
	fill_networks(groups);
	TAILQ_FOREACH(group, &groups->all, link)
		fill_slot(groups, group, i++);
	if (groups->merged)
		merge_slots(groups);
	windows_compute(groups->slots, groups->nr, groups->networks,
			groups->net->nr + 1);
	if (groups->jobs > 1)
		windows_share(groups->slots, groups->nr);
	i = 0;
	TAILQ_FOREACH(group, &groups->all, link)
		take_bound(groups, group, &groups->slots[i++]);
	TAILQ_FOREACH(group, &groups->all, link)
		if (group->merged)
			bound_merged(groups, group);
	place_all(groups);
}

/* find out what the groups do next that may have changed */
static void look(struct groups *groups)
{
	struct group *group, *next;

	for (group = TAILQ_FIRST(&groups->awake); group; group = next) {
		next = TAILQ_NEXT(group, awake_link);
		if (!group->barrier)
			group->promised = group_next(group);
		place(groups, group);
		group_rest(group);
	}
}

/* let frames go on; others may rely on what each group does next afterwards */
static void commit(struct groups *groups)
{
	uint64_t time, other;

	look(groups);
	time = heap_next(&groups->ready);
	other = heap_next(&groups->others);
	if (other < time)
		time = other;
	net_commit(groups->net, time);
	if (time < SIMTIME_NEVER && time > groups->time)
		groups->time = time;
	/* at those that frames have been committed to */
	look(groups);
}

static struct group *first_to_go(const struct groups *groups)
{
	struct heap_node *first = groups->ready.first;

	return first ? container_of(first, struct group, due) : NULL;
}

/* the group that goes next, NULL if none can */
static struct group *choose(struct groups *groups)
{
	struct group *group;

	commit(groups);
	if (!groups->merged && groups->age++ < groups->nr / BOUNDS_LAST) {
		group = first_to_go(groups);
		if (group)
			return group;
	}
	groups->age = 0;
	set_bounds(groups);
	return first_to_go(groups);
}

/* before this nothing can arrive that its own members have sent */
static uint64_t own_horizon(const struct groups *groups)
{
	uint64_t horizon = SIMTIME_NEVER, time;
	const struct network *network;
	size_t i;

	for (i = 0; (network = net_network(groups->net, i)); i++) {
		if (!is_one(groups) && network->lookahead)
			continue;
		time = network_horizon(network);
		if (time < horizon)
			horizon = time;
	}
	return horizon;
}

/* who may have done it: whose group has run since this one was run itself */
static bool is_suspect(const struct group *group, const struct group *of)
{
	return group != of && (group->sched.running ||
			       group->last_go > of->last_go);
}

/* a request of a group's only client has changed by a way that is no network */
static void handle_hidden(struct groups *groups, struct group *group)
{
	const struct client *client = TAILQ_FIRST(&group->clients);
	unsigned int suspects = 0, new = 0;
	char who[64], others[32] = "";
	struct group *other;

	group->hidden = false;
	snprintf(who, sizeof(who), "nobody that the controller knows");
	TAILQ_FOREACH(other, &groups->all, link) {
		if (!is_suspect(other, group) || TAILQ_EMPTY(&other->clients))
			continue;
		if (!suspects++)
			snprintf(who, sizeof(who), "%s",
				 client_label(TAILQ_FIRST(&other->clients)));
		new += !other->merged || !group->merged;
		other->merged = true;
	}
	if (suspects > 1)
		snprintf(others, sizeof(others), " or %u more", suspects - 1);
	if (suspects ? new : !group->told_hidden)
		log_line("%s: its request has changed while it waited, though nothing has arrived; by something that is no network, and perhaps by %s%s",
			 client_label(client), who, others);
	group->told_hidden = true;
	group->merged |= suspects > 0;
	groups->merged |= suspects > 0;
	if (suspects && groups->opt->on_hidden == ON_HIDDEN_STOP)
		groups->stopped = true;
}

static uint32_t count_running(const struct groups *groups)
{
	const struct group *group;
	uint32_t running = 0;

	TAILQ_FOREACH(group, &groups->awake, awake_link)
		running += !group_can_go(group);
	return running;
}

/**
 * groups_count_waits - count what groups have waited for each other until now
 * @groups: the groups
 */
void groups_count_waits(struct groups *groups)
{
	struct group *group;

	TAILQ_FOREACH(group, &groups->all, link)
		count_wait(groups, group);
}

/**
 * groups_name_worst - say which network has held back groups for long
 * @groups: the groups
 * @wall: how long the simulation took, real time, ns
 */
void groups_name_worst(const struct groups *groups, uint64_t wall)
{
	uint64_t ns, delay = groups->opt->broadcast_delay;
	size_t worst = waits_worst(&groups->waits, &ns);
	const struct network *network = net_network(groups->net, worst);

	if (!groups->made || ns < wall / 10)
		return;
	if (network)
		delay = network->lookahead;
	log_line("%s (%g ms) %s: groups have waited for each other for %g s, all together, in %g s",
		 network ? network->config->name : "broadcasts", delay / 1e6,
		 network ? "holds others back" : "hold others back",
		 ns / 1e9, wall / 1e9);
}

/**
 * groups_advance - let groups go on as far as they can
 * @groups: the groups; all that was read has been handled, and all clients that
 *	have gone have been removed
 *
 * Clients may have gone afterwards. Then they have to be removed, and this called
 * again.
 */
void groups_advance(struct groups *groups)
{
	struct group *group;
	uint64_t bound;

	if (!STAILQ_EMPTY(&groups->waits.all))
		groups->waits.last = loop_now();
	TAILQ_FOREACH(group, &groups->awake, awake_link) {
		group_settle(group);
		if (group->hidden)
			handle_hidden(groups, group);
	}
	if (has_barrier(groups) && !is_one(groups) && !pass_barrier(groups))
		return;
	while (count_running(groups) < groups->jobs &&
	       (group = choose(groups))) {
		bound = own_horizon(groups);
		if (group->bound < bound)
			bound = group->bound;
		group_go(group, bound);
		if (group->sched.running)
			group->last_go = ++groups->goes;
	}
}
