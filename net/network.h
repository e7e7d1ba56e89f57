/* SPDX-License-Identifier: GPL-2.0 */
#ifndef TT_NET_NETWORK_H
#define TT_NET_NETWORK_H

#include <stdint.h>

#include "config.h"
#include "frame.h"
#include "port.h"
#include "switch.h"

/**
 * struct network - a switch with its ports, and the frames that have not passed
 *	it
 *
 * @config: what the command line says of it
 * @index: its position there
 * @seed: what all that is random depends on
 * @lookahead: how long a frame takes at least from machine to machine, ns
 * @from_switch: and from the switch on, ns
 * @ports: all that ever had a machine
 * @plugged: those that have one now
 * @sw: what the switch has learnt
 * @reached: ports that the last step has put frames on their way to
 * @inside: frames that were sent, or are on their way to the switch
 * @at_switch: how many of them are the latter
 * @capture: where its frames are written to, or NULL
 * @nr_received: how many frames are in @received of its ports
 */
struct network {
	const struct network_config *config;
	uint16_t index;
	uint64_t seed;
	uint64_t lookahead;
	uint64_t from_switch;
	struct port_list ports;
	struct port_list plugged;
	struct learning_switch sw;
	struct transits inside;
	STAILQ_HEAD(, port) reached;
	size_t at_switch;
	struct capture *capture;
	size_t nr_received;
};

void network_init(struct network *network, const struct network_config *config,
		  uint16_t index, uint64_t seed);
void network_destroy(struct network *network);
struct port *network_port(struct network *network, uint64_t machine,
			  uint16_t card);
void network_plug(struct port *port, struct card *card,
		  struct transits *arrivals, uint64_t time);
void network_unplug(struct port *port, uint64_t time);
void network_send(struct port *port, uint64_t time, const void *data,
		  size_t len);
uint64_t network_step(struct network *network, uint64_t time);
struct port *network_reached(struct network *network);
uint64_t network_next(const struct network *network);
void network_commit(struct network *network, uint64_t time);
void network_capture(struct network *network, uint64_t time);
uint64_t network_horizon(const struct network *network);
void network_receive(struct port *port, uint64_t time,
		     struct frame *frame);

#endif /* TT_NET_NETWORK_H */
