// SPDX-License-Identifier: GPL-2.0
/*
 * A client that scribbles over the memory it shares:
 *
 *	wild-client SOCKET NAME SEED
 *
 * It plugs in a card on the network "lan", asks for a wake-up every few ns, and
 * writes nonsense to header and slots before each. It ends when it is thrown out, or
 * after some hundred wake-ups.
 */

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "ttclient.h"

#define ROUNDS 300
#define PATIENCE_S 60

static uint64_t state;

static uint64_t draw(void)
{
	state = state * 6364136223846793005 + 1442695040888963407;
	return (state >> 32) * 0x9e3779b97f4a7c15 >> 7;
}

/* the only memfd that this process has mapped */
static uint64_t *find_memory(size_t *words)
{
	FILE *maps = fopen("/proc/self/maps", "r");
	unsigned long start, end;
	char line[512];

	while (maps && fgets(line, sizeof(line), maps))
		if (strstr(line, "/memfd:") &&
		    sscanf(line, "%lx-%lx", &start, &end) == 2) {
			fclose(maps);
			*words = (end - start) / sizeof(uint64_t);
			return (uint64_t *)start;
		}
	fprintf(stderr, "wild-client: shares no memory\n");
	exit(EXIT_FAILURE);
}

/*
 * All of it, the slots, its header, or some words; any values, or such as might be
 * right
 */
static void scribble(uint64_t *memory, size_t words)
{
	size_t header = 4096 / sizeof(*memory), first = 0, n = 4, i;
	uint64_t kind = draw() % 16;
	uint64_t mask = draw() % 2 ? UINT64_MAX : 0xfff;

	if (kind == 0) {
		n = words;
	} else if (kind < 4) {
		first = header;
		n = words - first;
	} else if (kind < 14) {
		/* of one of the first slots */
		first = header + draw() % 4 * 16 + draw() % 3;
		n = 1 + draw() % 3;
	}
	for (i = first; i < first + n; i++)
		memory[i] = draw() & mask;
}

int main(int argc, char **argv)
{
	struct tt_client_options opt = { .size = sizeof(opt), .timeout_ms = -1 };
	struct tt_client *client;
	struct tt_card card;
	uint64_t *memory, now;
	size_t words;
	int ret, round;

	if (argc != 4) {
		fprintf(stderr, "Usage: wild-client SOCKET NAME SEED\n");
		return 2;
	}
	alarm(PATIENCE_S);
	opt.path = argv[1];
	opt.name = strtoull(argv[2], NULL, 0);
	state = strtoull(argv[3], NULL, 0);
	ret = tt_client_open(&client, &opt);
	if (!ret)
		ret = tt_client_plug(client, "lan", &card);
	if (ret) {
		fprintf(stderr, "wild-client: %s\n", tt_client_error(client));
		return EXIT_FAILURE;
	}
	memory = find_memory(&words);
	for (round = 0; !ret && round < ROUNDS; round++) {
		if (round > 3)
			scribble(memory, words);
		ret = tt_client_now(client, &now);
		if (!ret)
			ret = tt_client_run_until(client, now + draw() % 8);
	}
	tt_client_close(client);
	return 0;
}
