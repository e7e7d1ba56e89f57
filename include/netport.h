/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * How a client of our library uses a network of our controller: messages that
 * the kernel's header does not have, on the same connection.
 *
 * A message may have a payload. It follows in units of the size of a message,
 * the last one filled up with zeros, so the stream stays one of whole messages.
 *
 * The client plugs in a card with PLUG. The controller answers with PLUG, which
 * describes the card, and with an ACK.
 *
 * The running client sends a frame with FRAME, which is not acknowledged. It
 * then has to stop before the frame can arrive anywhere: @delay of the card
 * after @time. Until the client sends WAIT the frame goes nowhere.
 *
 * When frames arrive for a client, at a time when all clients wait, it gets them
 * as FRAME messages, and is then told to run at that time.
 */
#ifndef TT_NETPORT_H
#define TT_NETPORT_H

#include <stddef.h>
#include <stdint.h>

#include <linux/um_timetravel.h>

/**
 * enum netport_op - operations
 *
 * @NETPORT_PLUG: plug in a card. To the controller: @time is 0, the payload is
 *	the name of the network, %NETPORT_NAME_LEN bytes. From it: @seq is that
 *	of the request, @time is 0, the payload is &struct netport_card. An
 *	ACK follows whose @time is the card's number, or 0 if there is no such
 *	network, and then there is no PLUG before it.
 * @NETPORT_FRAME: a frame, sent or received at @time. @seq has the card's number
 *	and the length, see netport_seq(); the payload is the frame, without a
 *	checksum.
 */
enum netport_op {
	NETPORT_PLUG = 0x40000000,
	NETPORT_FRAME,
};

/* of a network, zeros at the end included */
#define NETPORT_NAME_LEN 64

#define NETPORT_MAX_CARDS 255
#define NETPORT_MAX_FRAME 0xffffff

/**
 * struct netport_card - a card that was plugged in
 *
 * @delay: no frame takes less to any other client, ns
 * @mac: the address that the network has for the card
 * @mtu: how long a frame may be behind its header, bytes
 */
struct netport_card {
	uint64_t delay;
	uint8_t mac[6];
	uint16_t mtu;
};

static inline uint32_t netport_seq(unsigned int card, size_t len)
{
	return card << 24 | len;
}

static inline unsigned int netport_card(uint32_t seq)
{
	return seq >> 24;
}

static inline size_t netport_len(uint32_t seq)
{
	return seq & NETPORT_MAX_FRAME;
}

/**
 * netport_payload - length of the payload that a client sends
 * @msg: a message of a client
 *
 * Return: bytes, without what fills it up.
 */
static inline size_t netport_payload(const struct um_timetravel_msg *msg)
{
	switch (msg->op) {
	case NETPORT_PLUG:
		return NETPORT_NAME_LEN;
	case NETPORT_FRAME:
		return netport_len(msg->seq);
	default:
		return 0;
	}
}

#endif /* TT_NETPORT_H */
