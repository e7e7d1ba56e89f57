// SPDX-License-Identifier: GPL-2.0
/*
 * The step that sends frames of which an Ethernet switch does not know what they
 * are
 *
 * Both ends print each frame as hexadecimal digits. The kernel takes the outer
 * VLAN tag out of what it receives and tells it separately; here it is put back.
 */
#include "network.h"

#include <arpa/inet.h>
#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#define TAG		4
#define ADDRESSES	(2 * ETH_ALEN)
#define LONGEST		1518

/**
 * struct kind - a kind of frame
 *
 * @len: bytes in it
 * @to: its destination; NULL: the machine that receives it
 * @header_len: bytes in @header
 * @header: what follows the addresses
 */
struct kind {
	size_t len;
	const char *to;
	size_t header_len;
	const char *header;
};

static const struct kind kinds[] = {
	/* VLAN 5, the longest one as well, and VLAN 0 with a priority */
	{ 64, NULL, 6, "\x81\x00\x00\x05\x08\x00" },
	{ LONGEST, NULL, 6, "\x81\x00\x00\x05\x86\xdd" },
	{ 60, NULL, 6, "\x81\x00\xe0\x00\x88\xb5" },
	/* QinQ, by the standard and as it was before that */
	{ 68, NULL, 10, "\x88\xa8\x30\x07\x81\x00\x0f\xff\x08\x00" },
	{ 100, NULL, 10, "\x81\x00\x00\x01\x81\x00\x00\x02\x88\xb5" },
	/* types that nobody has, the shortest and the longest frame */
	{ ETH_HLEN, NULL, 2, "\x88\xb5" },
	{ ETH_FRAME_LEN, NULL, 2, "\x88\xb5" },
	{ 61, "\xff\xff\xff\xff\xff\xff", 2, "\xff\xff" },
	/* what bridges send each other: STP, PAUSE, LLDP */
	{ 60, "\x01\x80\xc2\x00\x00\x00", 5, "\x00\x26\x42\x42\x03" },
	{ 60, "\x01\x80\xc2\x00\x00\x01", 4, "\x88\x08\x00\x01" },
	{ 90, "\x01\x80\xc2\x00\x00\x0e", 2, "\x88\xcc" },
	{ 333, "\x01\x00\x5e\x00\x00\xfb", 2, "\x88\x47" },
};

static void print_frame(const char *what, const unsigned char *frame, size_t len)
{
	printf("%s ", what);
	while (len--)
		printf("%02x", *frame++);
	putchar('\n');
}

/* put back the tag that the kernel has taken out */
static size_t add_tag(unsigned char *frame, size_t len, struct msghdr *msg)
{
	struct cmsghdr *cmsg = CMSG_FIRSTHDR(msg);
	struct tpacket_auxdata aux;
	uint16_t tag[2];

	if (!cmsg || cmsg->cmsg_type != PACKET_AUXDATA)
		return len;
	memcpy(&aux, CMSG_DATA(cmsg), sizeof(aux));
	if (!(aux.tp_status & TP_STATUS_VLAN_VALID))
		return len;
	tag[0] = htons(aux.tp_vlan_tpid);
	tag[1] = htons(aux.tp_vlan_tci);
	memmove(frame + ADDRESSES + TAG, frame + ADDRESSES, len - ADDRESSES);
	memcpy(frame + ADDRESSES, tag, TAG);
	return len + TAG;
}

static bool receive_frame(int sock)
{
	union {
		char buf[CMSG_SPACE(sizeof(struct tpacket_auxdata))];
		struct cmsghdr align;
	} control;
	static unsigned char frame[LONGEST + TAG];
	struct iovec iov = { frame, LONGEST };
	struct sockaddr_ll from;
	struct msghdr msg = {
		.msg_name = &from,
		.msg_namelen = sizeof(from),
		.msg_iov = &iov,
		.msg_iovlen = 1,
		.msg_control = &control,
		.msg_controllen = sizeof(control),
	};
	ssize_t len = recvmsg(sock, &msg, 0);

	if (len < ADDRESSES)
		return false;
	if (from.sll_pkttype != PACKET_OUTGOING)
		print_frame("received", frame, add_tag(frame, len, &msg));
	return true;
}

static bool receive_all(int sock)
{
	struct pollfd readable = { .fd = sock, .events = POLLIN };
	int on = 1;

	if (setsockopt(sock, SOL_PACKET, PACKET_AUXDATA, &on, sizeof(on)))
		return false;
	while (poll(&readable, 1, SILENCE / NSEC_PER_MSEC) == 1)
		if (!receive_frame(sock))
			return false;
	return true;
}

static bool send_frame(int sock, const struct kind *kind, const struct ifreq *own,
		       int64_t number)
{
	unsigned char frame[LONGEST];
	size_t i;

	/* addresses of machines differ at the end */
	memcpy(frame, own->ifr_hwaddr.sa_data, ETH_ALEN);
	frame[ETH_ALEN - 1] = number;
	if (kind->to)
		memcpy(frame, kind->to, ETH_ALEN);
	memcpy(frame + ETH_ALEN, own->ifr_hwaddr.sa_data, ETH_ALEN);
	memcpy(frame + ADDRESSES, kind->header, kind->header_len);
	for (i = ADDRESSES + kind->header_len; i < kind->len; i++)
		frame[i] = i * 7 + kind->len;
	print_frame("sent", frame, kind->len);
	return send(sock, frame, kind->len, 0) == (ssize_t)kind->len;
}

static bool send_all(int sock, int64_t number)
{
	struct ifreq own = { .ifr_name = "eth0" };
	size_t i;

	/* let the other machine listen first */
	wait_until(CLOCK_MONOTONIC, now(CLOCK_MONOTONIC) + NSEC_PER_SEC);
	if (ioctl(sock, SIOCGIFHWADDR, &own))
		return false;
	for (i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (!send_frame(sock, &kinds[i], &own, number))
			return false;
	return true;
}

bool frames_step(int64_t number)
{
	struct sockaddr_ll card = {
		.sll_family = AF_PACKET,
		.sll_protocol = htons(ETH_P_ALL),
		.sll_ifindex = if_nametoindex("eth0"),
	};
	int sock = socket(AF_PACKET, SOCK_RAW, 0);

	if (sock < 0 || bind(sock, (struct sockaddr *)&card, sizeof(card)) ||
	    !(is_own(number) ? receive_all(sock) : send_all(sock, number)))
		return network_error("frames", sock);
	close(sock);
	return true;
}
