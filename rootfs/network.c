// SPDX-License-Identifier: GPL-2.0
/*
 * The steps of a scenario that use the network
 *
 * Machine N is 10.0.0.N on the network of its first card.
 */
#include "guest.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <net/if.h>
#include <netinet/ip.h>
#include <netinet/ip_icmp.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define NSEC_PER_MSEC	INT64_C(1000000)
#define NSEC_PER_SEC	INT64_C(1000000000)

#define PREFIX		0x0a000000
#define NETMASK		0xffffff00

/* of the ping step */
#define PINGS		100
#define PING_INTERVAL	NSEC_PER_SEC
/* the one that is pinged ends after so long without */
#define SILENCE		(5 * NSEC_PER_SEC)

static int64_t address;

static int64_t now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * NSEC_PER_SEC + ts.tv_nsec;
}

static struct sockaddr_in machine(int64_t number, uint16_t port)
{
	return (struct sockaddr_in) {
		.sin_family = AF_INET,
		.sin_port = htons(port),
		.sin_addr.s_addr = htonl(PREFIX + number),
	};
}

/* what is not asked for would only be in the way: who has not IPv6, is fine */
static void disable_ipv6(void)
{
	int fd = open("/proc/sys/net/ipv6/conf/all/disable_ipv6", O_WRONLY);

	if (fd < 0)
		return;
	if (write(fd, "1", 1) != 1)
		perror("disable_ipv6");
	close(fd);
}

static bool set_address(int sock, struct ifreq *ifr, int request,
			uint32_t value)
{
	struct sockaddr_in *sin = (struct sockaddr_in *)&ifr->ifr_addr;

	*sin = (struct sockaddr_in) {
		.sin_family = AF_INET,
		.sin_addr.s_addr = htonl(value),
	};
	return !ioctl(sock, request, ifr);
}

bool net_step(int64_t number)
{
	struct ifreq ifr = { .ifr_name = "eth0" };
	int sock = socket(AF_INET, SOCK_DGRAM, 0);
	bool ok;

	disable_ipv6();
	ok = sock >= 0 && number > 0 && number < 255 &&
	     set_address(sock, &ifr, SIOCSIFADDR, PREFIX + number) &&
	     set_address(sock, &ifr, SIOCSIFNETMASK, NETMASK) &&
	     !ioctl(sock, SIOCGIFFLAGS, &ifr);
	ifr.ifr_flags |= IFF_UP;
	ok = ok && !ioctl(sock, SIOCSIFFLAGS, &ifr);
	if (!ok)
		printf("net_error %s\n", strerror(errno));
	close(sock);
	address = number;
	return ok;
}

static uint16_t checksum(const void *data, size_t len)
{
	const uint16_t *word = data;
	uint32_t sum = 0;

	for (; len > 1; len -= 2)
		sum += *word++;
	sum = (sum >> 16) + (sum & 0xffff);
	return ~(sum + (sum >> 16));
}

static bool send_echo(int sock, int64_t number, uint16_t seq)
{
	struct sockaddr_in to = machine(number, 0);
	struct {
		struct icmphdr header;
		char data[56];
	} echo = {
		.header.type = ICMP_ECHO,
		.header.un.echo.sequence = htons(seq),
	};

	echo.header.checksum = checksum(&echo, sizeof(echo));
	return sendto(sock, &echo, sizeof(echo), 0, (struct sockaddr *)&to,
		      sizeof(to)) == sizeof(echo);
}

/* wait for a message of this type, and of this sequence number if that is not -1 */
static bool receive(int sock, uint8_t type, int seq, int64_t end)
{
	struct pollfd readable = { .fd = sock, .events = POLLIN };
	struct {
		struct iphdr ip;
		struct icmphdr icmp;
		char data[1500];
	} packet;
	int64_t left;

	while ((left = end - now()) > 0 &&
	       poll(&readable, 1, left / NSEC_PER_MSEC + 1) == 1) {
		if (recv(sock, &packet, sizeof(packet), 0) <= 0)
			return false;
		if (packet.icmp.type == type &&
		    (seq < 0 || ntohs(packet.icmp.un.echo.sequence) == seq))
			return true;
	}
	return false;
}

/* this machine's kernel answers; it only has to be there */
static bool be_pinged(int sock)
{
	int64_t count = 0;

	while (receive(sock, ICMP_ECHO, -1, now() + SILENCE))
		count++;
	printf("pinged %" PRId64 "\n", count);
	return count;
}

static bool ping(int sock, int64_t number)
{
	int64_t start = now(), first = 0, least = INT64_MAX, most = 0, sent;
	int64_t trip, answered = 0;
	struct timespec ts;

	for (int i = 0; i < PINGS; i++) {
		sent = now();
		if (!send_echo(sock, number, i))
			return false;
		start += PING_INTERVAL;
		if (receive(sock, ICMP_ECHOREPLY, i, start)) {
			trip = now() - sent;
			answered++;
			/* that of the first one is for ARP as well */
			if (!i)
				first = trip;
			if (i && trip < least)
				least = trip;
			if (i && trip > most)
				most = trip;
		}
		ts.tv_sec = start / NSEC_PER_SEC;
		ts.tv_nsec = start % NSEC_PER_SEC;
		clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &ts, NULL);
	}
	printf("pings %d\n", PINGS);
	printf("pings_answered %" PRId64 "\n", answered);
	printf("round_trip_first_ns %" PRId64 "\n", first);
	printf("round_trip_least_ns %" PRId64 "\n", most ? least : 0);
	printf("round_trip_most_ns %" PRId64 "\n", most);
	return answered;
}

bool ping_step(int64_t number)
{
	int sock = socket(AF_INET, SOCK_RAW, IPPROTO_ICMP);
	bool ok;

	if (sock < 0) {
		printf("ping_error %s\n", strerror(errno));
		return false;
	}
	ok = number == address ? be_pinged(sock) : ping(sock, number);
	close(sock);
	return ok;
}
