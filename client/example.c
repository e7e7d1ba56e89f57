// SPDX-License-Identifier: BSD-3-Clause
/*
 * A simulator that ticks every millisecond beside machines that share time:
 * ttclient-example SOCKET NAME TICKS
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "ttclient.h"

#define TICK_NS 1000000

static void broadcast(struct tt_client *client, uint64_t value, void *data)
{
	(void)client;
	(void)data;
	printf("broadcast 0x%" PRIx64 "\n", value);
}

int main(int argc, char **argv)
{
	struct tt_client_options opt = {};
	uint64_t now = 0, ticks, i;
	struct tt_client *client;
	int ret;

	if (argc != 4) {
		fprintf(stderr, "Usage: %s SOCKET NAME TICKS\n", argv[0]);
		return 2;
	}
	opt.size = sizeof(opt);
	opt.timeout_ms = 60000;
	opt.broadcast = broadcast;
	opt.path = argv[1];
	opt.name = strtoull(argv[2], NULL, 0);
	ticks = strtoull(argv[3], NULL, 0);

	ret = tt_client_open(&client, &opt);
	if (!ret)
		printf("slot %u, %s\n", tt_client_slot(client),
		       tt_client_uses_memory(client) ? "memory" : "messages");
	for (i = 1; !ret && i <= ticks; i++) {
		ret = tt_client_run_until(client, i * TICK_NS);
		if (!ret && i % 1000 == 0)
			ret = tt_client_broadcast(client, i);
	}
	if (!ret)
		ret = tt_client_now(client, &now);
	if (ret)
		fprintf(stderr, "%s: %s\n", argv[0], tt_client_error(client));
	else
		printf("%" PRIu64 " ticks in %" PRIu64 " ns\n", ticks, now);
	tt_client_close(client);
	return ret ? 1 : 0;
}
