// SPDX-License-Identifier: GPL-2.0
/*
 * The network of a machine in a lab: links, addresses, default routes
 *
 * The root may be any, so nothing here needs a program of it. The kernel is asked
 * over rtnetlink(7), and addresses can be used at once: there is no duplicate address
 * detection, and no machine waits for a router's advertisement.
 */
#include "lab.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_addr.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define CARDS_MAX	64

/* struct address - an IPv4 or IPv6 address */
struct address {
	int family;
	unsigned int bytes;
	unsigned char data[sizeof(struct in6_addr)];
};

/* struct message - a request to rtnetlink, whose attributes follow the header */
struct message {
	struct nlmsghdr header;
	char data[256];
};

static bool parse_address(const char *text, struct address *address)
{
	address->family = strchr(text, ':') ? AF_INET6 : AF_INET;
	address->bytes = address->family == AF_INET6 ?
		sizeof(struct in6_addr) : sizeof(struct in_addr);
	return inet_pton(address->family, text, address->data) == 1;
}

static void add_attribute(struct message *message, unsigned short type,
			  const void *data, size_t len)
{
	struct rtattr *attr = (void *)((char *)message +
				       NLMSG_ALIGN(message->header.nlmsg_len));

	attr->rta_type = type;
	attr->rta_len = RTA_LENGTH(len);
	memcpy(RTA_DATA(attr), data, len);
	message->header.nlmsg_len =
		NLMSG_ALIGN(message->header.nlmsg_len) + RTA_ALIGN(attr->rta_len);
}

/* send @message and wait for the kernel's answer; returns 0 or -errno */
static int ask(struct message *message)
{
	struct {
		struct nlmsghdr header;
		struct nlmsgerr error;
		char rest[sizeof(struct message)];
	} answer;
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
	int err = 0;

	if (fd < 0)
		return -errno;
	message->header.nlmsg_flags |= NLM_F_REQUEST | NLM_F_ACK;
	if (send(fd, message, message->header.nlmsg_len, 0) < 0 ||
	    recv(fd, &answer, sizeof(answer), 0) < 0)
		err = -errno;
	close(fd);
	return err ?: answer.error.error;
}

static int link_up(unsigned int index)
{
	struct message message = {
		.header.nlmsg_type = RTM_NEWLINK,
		.header.nlmsg_len = NLMSG_LENGTH(sizeof(struct ifinfomsg)),
	};
	struct ifinfomsg *link = NLMSG_DATA(&message.header);

	link->ifi_index = index;
	link->ifi_flags = IFF_UP;
	link->ifi_change = IFF_UP;
	return ask(&message);
}

static int add_address(unsigned int index, const struct address *address,
		       unsigned int length)
{
	struct message message = {
		.header.nlmsg_type = RTM_NEWADDR,
		.header.nlmsg_flags = NLM_F_CREATE | NLM_F_EXCL,
		.header.nlmsg_len = NLMSG_LENGTH(sizeof(struct ifaddrmsg)),
	};
	struct ifaddrmsg *addr = NLMSG_DATA(&message.header);

	addr->ifa_family = address->family;
	addr->ifa_prefixlen = length;
	addr->ifa_flags = address->family == AF_INET6 ? IFA_F_NODAD : 0;
	addr->ifa_index = index;
	add_attribute(&message, IFA_LOCAL, address->data, address->bytes);
	add_attribute(&message, IFA_ADDRESS, address->data, address->bytes);
	return ask(&message);
}

static int add_default_route(const struct address *gateway)
{
	struct message message = {
		.header.nlmsg_type = RTM_NEWROUTE,
		.header.nlmsg_flags = NLM_F_CREATE | NLM_F_EXCL,
		.header.nlmsg_len = NLMSG_LENGTH(sizeof(struct rtmsg)),
	};
	struct rtmsg *route = NLMSG_DATA(&message.header);

	route->rtm_family = gateway->family;
	route->rtm_table = RT_TABLE_MAIN;
	route->rtm_protocol = RTPROT_STATIC;
	route->rtm_scope = RT_SCOPE_UNIVERSE;
	route->rtm_type = RTN_UNICAST;
	add_attribute(&message, RTA_GATEWAY, gateway->data, gateway->bytes);
	return ask(&message);
}

/* set_ipv6 - an IPv6 setting of all cards; a kernel without IPv6 has none */
static void set_ipv6(const char *card, const char *name)
{
	char path[128];
	FILE *file;

	snprintf(path, sizeof(path), "/proc/sys/net/ipv6/conf/%s/%s", card, name);
	file = fopen(path, "w");
	if (!file)
		return;
	fputs("0\n", file);
	fclose(file);
}

static void start_card(unsigned int index, const char *name)
{
	static bool started[CARDS_MAX];
	int err;

	if (index < CARDS_MAX && started[index])
		return;
	set_ipv6(name, "accept_dad");
	set_ipv6(name, "accept_ra");
	err = link_up(index);
	if (err)
		lab_fail("%s: %s", name, strerror(-err));
	if (index < CARDS_MAX)
		started[index] = true;
}

/**
 * net_start() - set the loopback interface up; before any other function here
 */
void net_start(void)
{
	unsigned int index = if_nametoindex("lo");

	if (index)
		start_card(index, "lo");
}

/**
 * net_card() - set a card up, and add an address
 * @text: "N" or "N ADDRESS/LENGTH": card 0 is eth0
 */
void net_card(const char *text)
{
	char name[IF_NAMESIZE], addr[INET6_ADDRSTRLEN];
	unsigned int number, length, index;
	struct address address;
	int read, err;

	/* 45 is INET6_ADDRSTRLEN - 1 */
	read = sscanf(text, "%u %45[^/]/%u", &number, addr, &length);
	if (read < 1 || (read == 1 && strchr(text, ' ')))
		lab_fail("cannot read card '%s'", text);
	snprintf(name, sizeof(name), "eth%u", number);
	index = if_nametoindex(name);
	if (!index)
		lab_fail("card %u: the machine has no %s", number, name);
	start_card(index, name);
	if (read == 1)
		return;
	if (read != 3 || !parse_address(addr, &address))
		lab_fail("card %u: '%s' is no address/length", number,
			 strchr(text, ' ') + 1);
	err = add_address(index, &address, length);
	if (err)
		lab_fail("card %u: %s/%u: %s", number, addr, length,
			 strerror(-err));
}

/**
 * net_gateway() - add a default route
 * @text: the address of the router, which must be on a network of a card
 */
void net_gateway(const char *text)
{
	struct address gateway;
	int err;

	if (!parse_address(text, &gateway))
		lab_fail("gateway '%s' is no address", text);
	err = add_default_route(&gateway);
	if (err)
		lab_fail("gateway %s: %s", text, strerror(-err));
}
