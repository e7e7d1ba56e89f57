// SPDX-License-Identifier: GPL-2.0
/*
 * What a wake-up costs: N clients, each a process, tick in turn under a
 * controller. Client i wants to run at round * N + i, so that no two ticks in a
 * row are of the same client and every one of them is a wake-up.
 *
 * From one wake-up to the next nothing happens but the one: the client asks to
 * run again and waits, the controller makes the next one run. So the time
 * between them is the cost of one, and its distribution has the late ones.
 */

#include <stdio.h>
#include <string.h>

#include <ttclient.h>

#include "star.h"

/* rounds before time counts: connections are new, caches cold */
#define WARM_UP 2

static uint64_t rounds;

/*
 * After the last round all of them ask for one more wake-up, and the first that
 * has it ends the time: they go only then.
 */
static void tick(const struct star *star, uint64_t client)
{
	const uint64_t end = WARM_UP + rounds;
	struct tt_client *c = star_connect(star, client);
	uint64_t round;

	/* time 0 is now */
	for (round = 0; round <= end; round++) {
		try(tt_client_run_until(c, 1 + round * star->clients + client),
		    "run");
		if (round == WARM_UP && !client)
			costs_start(star->costs);
		else if (round >= WARM_UP && (round < end || !client))
			costs_add(star->costs);
	}
	tt_client_close(c);
}

int main(int argc, char **argv)
{
	struct star star = { .work = tick };
	bool count;

	count = argc > 1 && !strcmp(argv[1], "--calls");
	argc -= count;
	argv += count;
	if (argc < 5) {
		fprintf(stderr, "Usage: ticks [--calls] CLIENTS ROUNDS SOCKET CONTROLLER [OPTION]...\n"
			"Print what a wake-up of so many clients costs, and the memory of the\n"
			"controller, as JSON; or else the system calls of a wake-up.\n");
		return 2;
	}
	star.clients = parse_number("CLIENTS", argv[1], MAX_CLIENTS);
	rounds = parse_number("ROUNDS", argv[2], UINT32_MAX);
	star.turns = star.clients * rounds;
	star.socket = argv[3];
	star.controller = argv + 4;
	star_run(&star, count, rounds);
	return 0;
}
