// SPDX-License-Identifier: GPL-2.0
/*
 * A simulator that only reacts, as a radio medium does: it has nothing to do
 * unless somebody interrupts it, and never ends by itself.
 */
#include <stdio.h>

#include <ttclient.h>

int main(int argc, char **argv)
{
	struct tt_client_options opt = {
		.size = sizeof(opt),
		.timeout_ms = 60000,
		.name = 9,
	};
	struct tt_client *client;
	int ret;

	if (argc != 2)
		return 2;
	opt.path = argv[1];
	ret = tt_client_open(&client, &opt);
	while (!ret)
		ret = tt_client_wait(client);
	/* it waits until the controller has gone */
	fprintf(stderr, "%s\n", tt_client_error(client));
	tt_client_close(client);
	return 0;
}
