// SPDX-License-Identifier: GPL-2.0
/*
 * The step in which several machines send to one at the same instants
 */
#include "network.h"

#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define PORT		7

/*
 * How often, and at whole multiples of what. The first instant is one of EPOCH,
 * so that all machines choose the same one.
 */
#define INSTANTS	20
#define INTERVAL	(100 * NSEC_PER_MSEC)
#define EPOCH		(10 * NSEC_PER_SEC)

/* how many datagrams at an instant; the longer ones are sent later */
#define BURST		3
#define SHORTEST	16

/* when it came, by the stamp of the kernel, from whom, and its length */
static bool print_datagram(int sock)
{
	union {
		char buf[CMSG_SPACE(sizeof(struct timespec))];
		struct cmsghdr align;
	} control;
	char data[SHORTEST + BURST];
	struct sockaddr_in from;
	struct iovec iov = { data, sizeof(data) };
	struct msghdr msg = {
		.msg_name = &from,
		.msg_namelen = sizeof(from),
		.msg_iov = &iov,
		.msg_iovlen = 1,
		.msg_control = &control,
		.msg_controllen = sizeof(control),
	};
	ssize_t len = recvmsg(sock, &msg, 0);
	struct cmsghdr *cmsg = CMSG_FIRSTHDR(&msg);
	struct timespec ts;

	if (len < 0 || !cmsg || cmsg->cmsg_type != SCM_TIMESTAMPNS)
		return false;
	memcpy(&ts, CMSG_DATA(cmsg), sizeof(ts));
	printf("datagram %lld.%09ld 10.0.0.%u %zd\n", (long long)ts.tv_sec,
	       ts.tv_nsec, ntohl(from.sin_addr.s_addr) & 0xff, len);
	return true;
}

static bool receive_all(int sock, int64_t number)
{
	struct pollfd readable = { .fd = sock, .events = POLLIN };
	struct sockaddr_in own = machine(number, PORT);
	int on = 1;

	if (setsockopt(sock, SOL_SOCKET, SO_TIMESTAMPNS, &on, sizeof(on)) ||
	    bind(sock, (struct sockaddr *)&own, sizeof(own)))
		return false;
	while (poll(&readable, 1, (EPOCH + SILENCE) / NSEC_PER_MSEC) == 1)
		if (!print_datagram(sock))
			return false;
	return true;
}

static bool send_all(int sock, int64_t number)
{
	int64_t start = (now(CLOCK_REALTIME) / EPOCH + 1) * EPOCH;
	struct sockaddr_in to = machine(number, PORT);
	char data[SHORTEST + BURST] = {};
	int i, j;

	for (i = 0; i < INSTANTS; i++) {
		wait_until(CLOCK_REALTIME, start + i * INTERVAL);
		for (j = 0; j < BURST; j++)
			if (sendto(sock, data, SHORTEST + j, 0,
				   (struct sockaddr *)&to, sizeof(to)) < 0)
				return false;
	}
	return true;
}

bool udp_step(int64_t number)
{
	int sock = socket(AF_INET, SOCK_DGRAM, 0);

	if (sock < 0 || !(is_own(number) ? receive_all(sock, number) :
					   send_all(sock, number)))
		return network_error("udp", sock);
	close(sock);
	return true;
}
