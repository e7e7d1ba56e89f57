// SPDX-License-Identifier: BSD-3-Clause
/*
 * A host on a network of the controller that answers ARP and ping:
 * ttclient-ping SOCKET NAME NETWORK ADDRESS
 */
#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ttclient.h"

#define LONGEST 65557

/* offsets in a frame */
enum {
	DESTINATION = 0, SOURCE = 6, TYPE = 12,
	ARP_OPERATION = 20, ARP_SENDER = 22, ARP_TARGET = 32, ARP_END = 42,
	IP_PROTOCOL = 23, IP_SOURCE = 26, IP_DESTINATION = 30,
	ICMP_TYPE = 34, ICMP_CHECKSUM = 36, ICMP_END = 42,
};

/* make a frame the answer to itself; returns whether there is one */
static bool answer(unsigned char *f, size_t len, const unsigned char *mac,
		   const struct in_addr *ip)
{
	static const unsigned char who_has[] = { 8, 6, 0, 1, 8, 0, 6, 4, 0, 1 };
	static const unsigned char ip4[] = { 8, 0, 0x45 };
	unsigned int sum;

	if (len >= ARP_END && !memcmp(f + TYPE, who_has, sizeof(who_has)) &&
	    !memcmp(f + ARP_TARGET + 6, ip, 4)) {
		f[ARP_OPERATION + 1] = 2;
		memcpy(f + ARP_TARGET, f + ARP_SENDER, 10);
		memcpy(f + ARP_SENDER, mac, 6);
		memcpy(f + ARP_SENDER + 6, ip, 4);
	} else if (len >= ICMP_END && !memcmp(f + TYPE, ip4, sizeof(ip4)) &&
		   f[IP_PROTOCOL] == 1 && f[ICMP_TYPE] == 8 &&
		   !memcmp(f + IP_DESTINATION, ip, 4)) {
		memcpy(f + IP_DESTINATION, f + IP_SOURCE, 4);
		memcpy(f + IP_SOURCE, ip, 4);
		f[ICMP_TYPE] = 0;
		sum = f[ICMP_CHECKSUM] << 8 | f[ICMP_CHECKSUM + 1];
		sum += 8 << 8;
		sum += sum >> 16;
		f[ICMP_CHECKSUM] = sum >> 8;
		f[ICMP_CHECKSUM + 1] = sum;
	} else {
		return false;
	}
	memcpy(f + DESTINATION, f + SOURCE, 6);
	memcpy(f + SOURCE, mac, 6);
	return true;
}

int main(int argc, char **argv)
{
	struct tt_client_options opt = {};
	static unsigned char reply[LONGEST];
	struct tt_client *client;
	struct tt_frame frame;
	struct tt_card card;
	struct in_addr ip;
	int ret;

	if (argc != 5 || !inet_aton(argv[4], &ip)) {
		fprintf(stderr, "Usage: %s SOCKET NAME NETWORK ADDRESS\n",
			argv[0]);
		return 2;
	}
	opt.size = sizeof(opt);
	opt.timeout_ms = 60000;
	opt.path = argv[1];
	opt.name = strtoull(argv[2], NULL, 0);

	ret = tt_client_open(&client, &opt);
	if (!ret)
		ret = tt_client_plug(client, argv[3], &card);
	while (!ret) {
		/* until a frame arrives; the answer leaves at that instant */
		ret = tt_client_run_until(client, TT_NEVER);
		while (!ret && !tt_client_receive(client, &frame)) {
			memcpy(reply, frame.data, frame.len);
			if (answer(reply, frame.len, card.mac, &ip))
				ret = tt_client_send(client, card.number,
						     reply, frame.len);
		}
	}
	/* all others have left */
	if (ret != -EPIPE && ret != -ECONNRESET)
		fprintf(stderr, "%s: %s\n", argv[0], tt_client_error(client));
	tt_client_close(client);
	return ret == -EPIPE || ret == -ECONNRESET ? 0 : 1;
}
