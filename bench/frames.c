// SPDX-License-Identifier: GPL-2.0
/*
 * What a frame costs: N clients, each a process with a card on a network of the
 * controller, of which the first M pass one frame around. The other clients are
 * plugged in and do nothing. Passing a frame on is one wake-up as well: the
 * client sends and waits, the controller delivers to the next one, which runs.
 *
 * The controller gives a card of client number n an address that ends with n,
 * so each of them knows the address of the next one.
 */

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <ttclient.h>

#include "star.h"

/* rounds before time counts: caches are cold */
#define WARM_UP 2

/* all have plugged in their cards by then, and the switch knows them, ns */
#define PLUGGED 1000000

#define LENGTH 1514
#define ADDRESS 6

static uint64_t active, rounds;

/* the card's address, but of another client */
static void set_address(unsigned char *address, const struct tt_card *card,
			uint64_t client)
{
	memcpy(address, card->mac, ADDRESS);
	address[3] = client >> 16;
	address[4] = client >> 8;
	address[5] = client;
}

/* wait for a frame; false if all others that did something have gone */
static bool receive(struct tt_client *c)
{
	struct tt_frame frame;
	int ret;

	while ((ret = tt_client_receive(c, &frame)) == -EAGAIN) {
		ret = tt_client_run_until(c, TT_NEVER);
		if (ret == -EPIPE || ret == -ECONNRESET)
			return false;
		try(ret, "run");
	}
	try(ret, "receive");
	return true;
}

static void pass(const struct star *star, struct tt_client *c,
		 const struct tt_card *card, uint64_t client)
{
	const uint64_t end = WARM_UP + rounds;
	unsigned char frame[LENGTH] = {};
	uint64_t round;

	/* a frame to oneself goes nowhere, but the switch learns the address */
	memcpy(frame, card->mac, ADDRESS);
	memcpy(frame + ADDRESS, card->mac, ADDRESS);
	try(tt_client_send(c, card->number, frame, sizeof(frame)), "send");
	set_address(frame, card, (client + 1) % active + 1);
	for (round = 0; round < end; round++) {
		/* the first one waits only until all have plugged in theirs */
		if (!round && !client)
			try(tt_client_run_until(c, PLUGGED), "run");
		else if (!receive(c))
			fail("client %llu got no frame",
			     (unsigned long long)client);
		if (round == WARM_UP && !client)
			costs_start(star->costs);
		else if (round >= WARM_UP)
			costs_add(star->costs);
		try(tt_client_send(c, card->number, frame, sizeof(frame)),
		    "send");
	}
	/* the first one ends the time; all others go only when it has gone */
	if (receive(c))
		costs_add(star->costs);
}

static void work(const struct star *star, uint64_t client)
{
	struct tt_card card;
	struct tt_client *c = star_plug(star, client, &card);

	if (client < active)
		pass(star, c, &card, client);
	else if (receive(c))
		fail("client %llu got a frame", (unsigned long long)client);
	tt_client_close(c);
}

int main(int argc, char **argv)
{
	struct star star = { .work = work };
	bool count;

	count = argc > 1 && !strcmp(argv[1], "--calls");
	argc -= count;
	argv += count;
	if (argc < 6) {
		fprintf(stderr, "Usage: frames [--calls] CLIENTS ACTIVE ROUNDS SOCKET CONTROLLER [OPTION]...\n"
			"Print what a frame costs if ACTIVE of so many clients pass one around on\n"
			"the controller's network `bench`, and the memory of the controller, as\n"
			"JSON; or else the system calls of a frame.\n");
		return 2;
	}
	star.clients = parse_number("CLIENTS", argv[1], MAX_CLIENTS);
	active = parse_number("ACTIVE", argv[2], star.clients);
	rounds = parse_number("ROUNDS", argv[3], UINT32_MAX);
	star.turns = active * rounds;
	star.socket = argv[4];
	star.controller = argv + 5;
	star_run(&star, count, rounds);
	return 0;
}
