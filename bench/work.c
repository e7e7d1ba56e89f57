// SPDX-License-Identifier: GPL-2.0
/*
 * What several CPUs gain: N clients, each a process with a card on a network of the
 * controller, tick every microsecond and work for a while at each tick. They send
 * nothing, but the controller cannot know that. How far one may be ahead of the
 * others is up to the network's delay.
 */

#include <stdio.h>

#include <ttclient.h>

#include "star.h"

/* all have plugged in their cards by then, and the period of ticks, ns */
#define PLUGGED 1000000
#define PERIOD 1000

#define WORK_NS 10000
#define TRIALS 20

static uint64_t ticks, loops;

static void spin(uint64_t nr)
{
	/* the compiler must not leave it out; no memory, whose speed varies */
	while (nr--)
		__asm__ volatile("" : "+r"(nr));
}

/* how many loops take WORK_NS, if nothing else runs meanwhile? */
static uint64_t calibrate(void)
{
	const uint64_t nr = 100000;
	uint64_t best = UINT64_MAX, start, took;
	int i;

	for (i = 0; i < TRIALS; i++) {
		start = costs_now();
		spin(nr);
		took = costs_now() - start;
		if (took < best)
			best = took;
	}
	return nr * WORK_NS / best;
}

static void work(const struct star *star, uint64_t client)
{
	struct tt_card card;
	struct tt_client *c = star_plug(star, client, &card);
	uint64_t i, start;

	try(tt_client_run_until(c, PLUGGED), "run");
	start = costs_now();
	for (i = 1; i <= ticks; i++) {
		spin(loops);
		try(tt_client_run_until(c, PLUGGED + i * PERIOD), "run");
	}
	costs_span(star->costs, start, ticks);
	tt_client_close(c);
}

int main(int argc, char **argv)
{
	struct star star = { .work = work };

	if (argc < 5) {
		fprintf(stderr, "Usage: work CLIENTS TICKS SOCKET CONTROLLER [OPTION]...\n"
			"Print what a tick of so many clients takes that each work for %d us at a\n"
			"tick, and have cards on the controller's network `bench`, as JSON.\n",
			WORK_NS / 1000);
		return 2;
	}
	star.clients = parse_number("CLIENTS", argv[1], MAX_CLIENTS);
	ticks = parse_number("TICKS", argv[2], UINT32_MAX);
	star.turns = star.clients * ticks;
	star.socket = argv[3];
	star.controller = argv + 4;
	loops = calibrate();
	star_run(&star, false, ticks);
	return 0;
}
