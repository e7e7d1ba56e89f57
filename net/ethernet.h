/* SPDX-License-Identifier: GPL-2.0 */
#ifndef TT_NET_ETHERNET_H
#define TT_NET_ETHERNET_H

#include <stddef.h>
#include <stdint.h>

#include "vhost.h"

#define ETHERNET_MAC 6
#define ETHERNET_HEADER 14
/* two VLAN tags are not part of the MTU */
#define ETHERNET_TAGS 8
#define ETHERNET_MIN_MTU 68
#define ETHERNET_MAX_MTU 65535
#define ETHERNET_MAX_FRAME (ETHERNET_HEADER + ETHERNET_TAGS + ETHERNET_MAX_MTU)

struct ethernet;

/*
 * Called for each frame that the machine sends; @frame is only valid meanwhile.
 * Returns 0, or -EPROTO with the port's fault set if the machine may not send.
 */
typedef int (*ethernet_sent)(struct ethernet *eth, const void *frame,
			     size_t len);

/**
 * struct ethernet - a machine's network card
 *
 * @vhost: the connection to its driver
 * @mac: its address
 * @mtu: bytes that a frame has at most, besides Ethernet's header and VLAN tags
 * @sent: what to do with frames of the machine
 */
struct ethernet {
	struct vhost vhost;
	uint8_t mac[ETHERNET_MAC];
	uint16_t mtu;
	ethernet_sent sent;
};

void ethernet_init(struct ethernet *eth, int fd,
		   const uint8_t mac[ETHERNET_MAC], uint16_t mtu,
		   ethernet_sent sent);
void ethernet_destroy(struct ethernet *eth);
int ethernet_put(struct ethernet *eth, const void *frame, size_t len);
int ethernet_show(struct ethernet *eth);

#endif /* TT_NET_ETHERNET_H */
