// SPDX-License-Identifier: GPL-2.0
/*
 * The steps of a scenario that set up the network or ping
 *
 * Machine N is 10.0.0.N on the network of its first card; in a row of machines, on
 * the networks of all of its cards.
 */
#include "network.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <net/if.h>
#include <net/route.h>
#include <netinet/ip.h>
#include <netinet/ip_icmp.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#define PREFIX		0x0a000000
#define NETMASK		0xffffff00
#define HOST_NETMASK	0xffffffff

#define FORWARD		"/proc/sys/net/ipv4/ip_forward"
#define NO_IPV6		"/proc/sys/net/ipv6/conf/all/disable_ipv6"

/* of the ping and few steps */
#define PINGS		100
#define FEW_PINGS	10
#define PING_INTERVAL	NSEC_PER_SEC
/* of the pings step */
#define MANY_PINGS	2000
#define MANY_PINGS_INTERVAL	(200 * NSEC_PER_MSEC)

static int64_t address;

int64_t now(clockid_t clock)
{
	struct timespec ts;

	clock_gettime(clock, &ts);
	return ts.tv_sec * NSEC_PER_SEC + ts.tv_nsec;
}

void wait_until(clockid_t clock, int64_t time)
{
	struct timespec ts = {
		.tv_sec = time / NSEC_PER_SEC,
		.tv_nsec = time % NSEC_PER_SEC,
	};

	clock_nanosleep(clock, TIMER_ABSTIME, &ts, NULL);
}

bool network_error(const char *what, int sock)
{
	printf("network_error %s: %s\n", what, strerror(errno));
	if (sock >= 0)
		close(sock);
	return false;
}

bool is_own(int64_t number)
{
	return number == address;
}

struct sockaddr_in machine(int64_t number, uint16_t port)
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
	int fd = open(NO_IPV6, O_WRONLY);

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

static bool set_up(int sock, const char *card, int64_t number, uint32_t netmask)
{
	struct ifreq ifr = {};
	bool ok;

	strcpy(ifr.ifr_name, card);
	ok = number > 0 && number < 255 &&
	     set_address(sock, &ifr, SIOCSIFADDR, PREFIX + number) &&
	     set_address(sock, &ifr, SIOCSIFNETMASK, netmask) &&
	     !ioctl(sock, SIOCGIFFLAGS, &ifr);
	ifr.ifr_flags |= IFF_UP;
	address = number;
	return ok && !ioctl(sock, SIOCSIFFLAGS, &ifr);
}

bool net_step(int64_t number)
{
	int sock = socket(AF_INET, SOCK_DGRAM, 0);

	disable_ipv6();
	if (sock < 0 || !set_up(sock, "eth0", number, NETMASK))
		return network_error("eth0", sock);
	close(sock);
	return true;
}

static bool add_route(int sock, const char *card, int64_t to, uint32_t netmask,
		      int64_t gateway)
{
	struct sockaddr_in destination = machine(to, 0);
	struct sockaddr_in mask = machine(0, 0);
	struct sockaddr_in via = machine(gateway, 0);
	struct rtentry route = {
		.rt_flags = RTF_UP | (gateway ? RTF_GATEWAY : 0) |
			    (netmask == HOST_NETMASK ? RTF_HOST : 0),
		.rt_dev = (char *)card,
	};

	mask.sin_addr.s_addr = htonl(netmask);
	memcpy(&route.rt_dst, &destination, sizeof(destination));
	memcpy(&route.rt_genmask, &mask, sizeof(mask));
	if (gateway)
		memcpy(&route.rt_gateway, &via, sizeof(via));
	return !ioctl(sock, SIOCADDRT, &route);
}

/* the machines below this one are behind its neighbour there */
static bool route_left(int sock, const char *card, int64_t number)
{
	bool ok = set_up(sock, card, number, HOST_NETMASK) &&
		  add_route(sock, card, number - 1, HOST_NETMASK, 0);

	for (int64_t to = 1; ok && to < number - 1; to++)
		ok = add_route(sock, card, to, HOST_NETMASK, number - 1);
	return ok;
}

/* and so are all others */
static bool route_right(int sock, const char *card, int64_t number)
{
	return set_up(sock, card, number, HOST_NETMASK) &&
	       add_route(sock, card, number + 1, HOST_NETMASK, 0) &&
	       add_route(sock, card, 0, NETMASK, number + 1);
}

static bool forward(void)
{
	int fd = open(FORWARD, O_WRONLY);
	bool ok = fd >= 0 && write(fd, "1", 1) == 1;

	if (fd >= 0)
		close(fd);
	return ok;
}

/* the last machine has no card to its right, and the first one none to its left */
bool row_step(int64_t number)
{
	int sock = socket(AF_INET, SOCK_DGRAM, 0);
	const char *right = number == 1 ? "eth0" : "eth1";

	disable_ipv6();
	if (!forward())
		return network_error(FORWARD, sock);
	if (sock < 0 || (number > 1 && !route_left(sock, "eth0", number)))
		return network_error("eth0", sock);
	if (if_nametoindex(right) && !route_right(sock, right, number))
		return network_error(right, sock);
	close(sock);
	return true;
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

	if (!number)
		to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
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

	while ((left = end - now(CLOCK_MONOTONIC)) > 0 &&
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

	while (receive(sock, ICMP_ECHO, -1,
		       now(CLOCK_MONOTONIC) + SILENCE))
		count++;
	printf("pinged %" PRId64 "\n", count);
	return count;
}

static bool ping(int sock, int64_t number, int count, int64_t interval)
{
	int64_t start = now(CLOCK_MONOTONIC), first = 0, sent, trip;
	int64_t least = INT64_MAX, most = 0, answered = 0;

	for (int i = 0; i < count; i++) {
		sent = now(CLOCK_MONOTONIC);
		if (!send_echo(sock, number, i))
			return false;
		start += interval;
		if (receive(sock, ICMP_ECHOREPLY, i, start)) {
			trip = now(CLOCK_MONOTONIC) - sent;
			answered++;
			/* that of the first one is for ARP as well */
			if (!i)
				first = trip;
			if (i && trip < least)
				least = trip;
			if (i && trip > most)
				most = trip;
		}
		wait_until(CLOCK_MONOTONIC, start);
	}
	printf("pings %d\n", count);
	printf("pings_answered %" PRId64 "\n", answered);
	printf("round_trip_first_ns %" PRId64 "\n", first);
	printf("round_trip_least_ns %" PRId64 "\n", most ? least : 0);
	printf("round_trip_most_ns %" PRId64 "\n", most);
	return answered;
}

static bool ping_each_second(int64_t number, int count)
{
	int sock = socket(AF_INET, SOCK_RAW, IPPROTO_ICMP);
	bool ok;

	if (sock < 0)
		return network_error("ping", sock);
	ok = is_own(number) ? be_pinged(sock) :
			      ping(sock, number, count, PING_INTERVAL);
	close(sock);
	return ok;
}

bool ping_step(int64_t number)
{
	return ping_each_second(number, PINGS);
}

bool few_step(int64_t number)
{
	return ping_each_second(number, FEW_PINGS);
}

/* without an address there is nothing but the loopback to ping oneself over */
static bool set_up_loopback(int sock)
{
	struct ifreq ifr = { .ifr_name = "lo", .ifr_flags = IFF_UP };

	return !ioctl(sock, SIOCSIFFLAGS, &ifr);
}

bool pings_step(int64_t number)
{
	int sock = socket(AF_INET, SOCK_RAW, IPPROTO_ICMP);
	bool ok;

	if (sock < 0 || (!number && !set_up_loopback(sock)))
		return network_error("pings", sock);
	ok = ping(sock, number, MANY_PINGS, MANY_PINGS_INTERVAL);
	close(sock);
	return ok;
}
