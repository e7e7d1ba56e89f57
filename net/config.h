/* SPDX-License-Identifier: GPL-2.0 */
#ifndef TT_NET_CONFIG_H
#define TT_NET_CONFIG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "fault.h"
#include "link.h"
#include "port.h"

/**
 * struct network_config - what --net says about a network
 *
 * @name: its name
 * @socket: path of the socket to which its cards connect
 * @quality: what its links are like
 * @mtu: bytes that a frame has at most, besides Ethernet's header
 */
struct network_config {
	char *name;
	const char *socket;
	struct link_quality quality;
	uint16_t mtu;
};

/**
 * struct port_config - what --link and --capture say about a machine's link, or
 *	about a whole network
 *
 * @network: name of the network
 * @whole: it is about all of the network, and @machine means nothing
 * @machine: name of the machine
 * @capture: file for the frames that pass, or NULL
 * @outages: when the link is down, in order
 * @nr_outages: how many times that is
 */
struct port_config {
	char *network;
	bool whole;
	uint64_t machine;
	char *capture;
	struct outage *outages;
	size_t nr_outages;
};

/**
 * struct net_config - all networks of the command line
 *
 * @network: the networks, in that order
 * @nr_networks: how many there are
 * @port: links and networks of which more is said
 * @nr_ports: how many there are
 * @seed: all that is random depends on it
 */
struct net_config {
	struct network_config *network;
	size_t nr_networks;
	struct port_config *port;
	size_t nr_ports;
	uint64_t seed;
};

int net_config_add(struct net_config *config, const char *arg,
		   struct fault *fault);
int net_config_capture(struct net_config *config, const char *arg,
		       struct fault *fault);
int net_config_link(struct net_config *config, const char *arg,
		    struct fault *fault);
const struct port_config *net_config_port(const struct net_config *config,
					  const char *network,
					  const uint64_t *machine);
int net_config_check(const struct net_config *config, struct fault *fault);
void net_config_free(struct net_config *config);

#endif /* TT_NET_CONFIG_H */
