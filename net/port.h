/* SPDX-License-Identifier: GPL-2.0 */
#ifndef TT_NET_PORT_H
#define TT_NET_PORT_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/queue.h>

#include "capture.h"
#include "ethernet.h"
#include "frame.h"
#include "link.h"
#include "random.h"

struct card;
struct network;

/**
 * struct port_count - what has happened at a port
 *
 * @sent: frames from its machine
 * @sent_bytes: bytes in them
 * @received: frames to its machine
 * @received_bytes: bytes in them
 * @lost: frames to its machine that were lost by chance
 * @queue: frames from or to its machine that found a queue full
 * @down: frames from or to its machine that found the link down
 * @no_room: frames to its machine for which it had no buffer
 * @kicks: messages of its machine that there is something to be sent
 * @calls: messages to its machine that there is something to be received, or
 *	that something was sent
 */
struct port_count {
	uint64_t sent;
	uint64_t sent_bytes;
	uint64_t received;
	uint64_t received_bytes;
	uint64_t lost;
	uint64_t queue;
	uint64_t down;
	uint64_t no_room;
	uint64_t kicks;
	uint64_t calls;
};

/**
 * struct outage - a time during which a link is down
 *
 * @from: when it goes down, controller time, ns
 * @to: when it is up again
 */
struct outage {
	uint64_t from;
	uint64_t to;
};

/**
 * struct period - a time during which a port has a card
 *
 * @from: since then, controller time, ns
 * @to: until then; %SIMTIME_NEVER if it still has
 */
struct period {
	uint64_t from;
	uint64_t to;
};

/**
 * struct received - a frame that was received and is to be captured
 *
 * @link: in the port's queue
 * @time: when, controller time, ns
 * @frame: the frame, which is held
 */
struct received {
	STAILQ_ENTRY(received) link;
	uint64_t time;
	struct frame *frame;
};

STAILQ_HEAD(received_queue, received);

/**
 * struct port - a port of a switch, and the link at it; stays when the machine
 *	goes, for one that comes back
 *
 * @link: in the network's list
 * @network: the network
 * @id: what it is called
 * @mac: address of a card that is plugged in
 * @up: the line from the machine to the switch
 * @down: the line from the switch to the machine
 * @random: decides about frames to the machine
 * @outages: when the link is down, in order
 * @nr_outages: how many times that is
 * @plugged_link: in the network's list of ports with a card
 * @card: the card that is plugged in, or NULL
 * @arrivals: where frames for it go
 * @reached_link: in the network's list, while @reached
 * @reached: a frame has been put into @arrivals, see network_reached()
 * @plugged: when it had a card, the latest time first
 * @received: frames that the machine has received and that are not in @capture,
 *	in that order; times before that of the next frame that it sends
 * @number: how many frames were sent
 * @held: memory of those that are still on their way, bytes
 * @count: what has happened
 * @capture: where its frames are written to, or NULL
 */
struct port {
	TAILQ_ENTRY(port) link;
	struct network *network;
	struct port_id id;
	uint8_t mac[ETHERNET_MAC];
	struct line up;
	struct line down;
	struct random random;
	const struct outage *outages;
	size_t nr_outages;
	TAILQ_ENTRY(port) plugged_link;
	struct card *card;
	struct transits *arrivals;
	STAILQ_ENTRY(port) reached_link;
	bool reached;
	struct period plugged[2];
	struct received_queue received;
	uint64_t number;
	size_t held;
	struct port_count count;
	struct capture *capture;
};

TAILQ_HEAD(port_list, port);

#endif /* TT_NET_PORT_H */
