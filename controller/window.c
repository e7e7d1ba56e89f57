// SPDX-License-Identifier: GPL-2.0
/*
 * How far each group can go while others are not that far yet.
 *
 * Theory of operation
 *
 * Groups influence each other only through networks, and a network delays
 * whatever passes it. So nothing that group h does at a time t can reach group g
 * before t + D(h, g), where D is the least delay of all paths from h to g. A
 * path may lead through other groups, which may answer in no time. With next(h),
 * before which h does nothing by itself, and the frames that are inside networks
 * already,
 *
 *	bound(g) = min( next(h) + D(h, g) for all h but g,
 *			what is inside a network, when it can reach g )
 *
 * and g may do everything strictly before that. The least next(h) of all is
 * always before its own bound if no delay is 0, so somebody can always go on. A
 * bound stays valid: computed later, it can only be later.
 *
 * What comes back to g because of what g itself will do is not in here. It
 * limits g when g sends something, and that is known at once.
 *
 * D is never computed. A network is one node, however many groups are on it, and
 * its value is the earliest time at which anything can come out of it; the least
 * fixed point of
 *
 *	out(k) = min( inside(k), delay(k) + min( next(h), out(m) ) )
 *
 * for all groups h on k and all networks m that h is on too. Two values are kept
 * for each network, the second one for the group that causes the first.
 *
 * Nothing here knows of clients or frames.
 */

#include "simtime.h"
#include "window.h"

/* returns whether it is one of the two earliest ones of different groups */
static bool add(struct window_network *network, uint64_t time, size_t from)
{
	struct window_arrival *first = network->first;

	if (time >= first[1].time || (from == first[0].from &&
				      time >= first[0].time))
		return false;
	if (time >= first[0].time) {
		first[1] = (struct window_arrival) { time, from };
		return true;
	}
	if (from != first[0].from)
		first[1] = first[0];
	first[0] = (struct window_arrival) { time, from };
	return true;
}

/* what can come out of @from makes @group send something into @to */
static bool relay(struct window_network *to, const struct window_network *from,
		  size_t group)
{
	bool changed = false;
	int i;

	for (i = 0; i < 2; i++)
		if (from->first[i].time < SIMTIME_NEVER &&
		    from->first[i].from != group)
			changed |= add(to, simtime_add(from->first[i].time,
						       to->delay),
				       from->first[i].from);
	return changed;
}

/* one step towards the fixed point; returns whether that was one */
static bool spread(const struct window_group *group, size_t nr,
		   struct window_network *networks)
{
	bool changed = false;
	size_t i, j;

	for (i = 0; i < group->nr_networks; i++)
		for (j = 0; j < group->nr_networks; j++)
			if (i != j)
				changed |= relay(&networks[group->networks[i]],
						 &networks[group->networks[j]],
						 nr);
	return changed;
}

static void begin(struct window_network *network)
{
	network->first[0] = (struct window_arrival) {
		network->inside, WINDOW_NOBODY,
	};
	network->first[1] = (struct window_arrival) {
		SIMTIME_NEVER, WINDOW_NOBODY,
	};
}

static void set_bound(struct window_group *group, size_t nr,
		      const struct window_network *networks)
{
	const struct window_arrival *first;
	size_t i;

	group->bound = SIMTIME_NEVER;
	for (i = 0; i < group->nr_networks; i++) {
		first = networks[group->networks[i]].first;
		if (first->from == nr)
			first++;
		if (first->time >= group->bound)
			continue;
		group->bound = first->time;
		group->network = group->networks[i];
		group->from = first->from;
	}
}

/**
 * windows_compute - compute how far each group can go
 * @groups: the groups, in which @bound, @network and @from are set
 * @nr_groups: how many they are
 * @networks: the networks
 * @nr_networks: how many they are
 */
void windows_compute(struct window_group *groups, size_t nr_groups,
		     struct window_network *networks, size_t nr_networks)
{
	struct window_network *network;
	bool changed = true;
	size_t i, j;

	for (i = 0; i < nr_networks; i++)
		begin(&networks[i]);
	for (i = 0; i < nr_groups; i++) {
		for (j = 0; j < groups[i].nr_networks; j++) {
			network = &networks[groups[i].networks[j]];
			add(network, simtime_add(groups[i].next,
						 network->delay), i);
		}
	}
	while (changed) {
		changed = false;
		for (i = 0; i < nr_groups; i++)
			if (groups[i].nr_networks > 1)
				changed |= spread(&groups[i], i, networks);
	}
	for (i = 0; i < nr_groups; i++)
		set_bound(&groups[i], i, networks);
}

/* does somebody wait for too little? */
static bool is_short(const struct window_group *group,
		     const struct window_group *cause)
{
	return cause->runs &&
	       group->bound - group->next < (group->bound - cause->next) / 2;
}

/**
 * windows_share - lower bounds so that groups run at the same time, and for long
 * @groups: the groups, after windows_compute(); @bound may come down
 * @nr_groups: how many they are
 *
 * Of two groups on one network, the one that is behind may go on until it is a
 * delay ahead of the other one, which waits meanwhile. Then it is the other one's
 * turn: they would never run at the same time. If the one behind stops where the
 * other one stands, both can go on together from there.
 *
 * Then the faster one would be right behind the slower one, and could go on for a
 * moment whenever it has stopped. Each stop costs messages. So it waits until it
 * can go on for half of the delay, or until the slower one has stopped as well.
 *
 * While nobody runs, the group with the least @next can always go on.
 */
void windows_share(struct window_group *groups, size_t nr_groups)
{
	struct window_group *group, *cause;
	size_t i;

	for (i = 0; i < nr_groups; i++) {
		group = &groups[i];
		if (group->next >= SIMTIME_NEVER ||
		    group->bound >= SIMTIME_NEVER ||
		    group->from == WINDOW_NOBODY)
			continue;
		cause = &groups[group->from];
		if (group->next >= group->bound) {
			if (group->next < cause->bound)
				cause->bound = group->next;
		} else if (is_short(group, cause)) {
			group->bound = group->next;
		}
	}
}
