/* SPDX-License-Identifier: GPL-2.0 */
#ifndef TT_WINDOW_H
#define TT_WINDOW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* instead of a number of a group: nobody */
#define WINDOW_NOBODY SIZE_MAX

/**
 * struct window_arrival - the earliest thing that can come out of a network
 *
 * @time: when, controller time, ns
 * @from: number of the group that would cause it, or %WINDOW_NOBODY for a frame
 *	that is in the network already
 */
struct window_arrival {
	uint64_t time;
	size_t from;
};

/**
 * struct window_network - a network, as far as windows are concerned
 *
 * @delay: no frame takes less from one group to another, ns, not 0
 * @inside: nothing that was sent already arrives before this, controller time,
 *	ns; %SIMTIME_NEVER if there is nothing
 * @first: set by windows_compute(): the earliest thing that can come out of it,
 *	and the earliest one that somebody else causes
 */
struct window_network {
	uint64_t delay;
	uint64_t inside;
	struct window_arrival first[2];
};

/**
 * struct window_group - a group, as far as windows are concerned
 *
 * @number: its user's number of it
 * @next: it does nothing before this by itself, controller time, ns
 * @networks: numbers of the networks that it is on, or may be on before it does
 *	anything else
 * @nr_networks: how many they are
 * @runs: it runs, and will stop by itself
 * @bound: set by windows_compute(): nothing reaches it from others before this
 * @network: and by which network it could, if @bound is not %SIMTIME_NEVER
 * @from: and which group would cause it, or %WINDOW_NOBODY
 */
struct window_group {
	unsigned int number;
	uint64_t next;
	const size_t *networks;
	size_t nr_networks;
	bool runs;
	uint64_t bound;
	size_t network;
	size_t from;
};

void windows_compute(struct window_group *groups, size_t nr_groups,
		     struct window_network *networks, size_t nr_networks);
void windows_share(struct window_group *groups, size_t nr_groups);

#endif /* TT_WINDOW_H */
