// SPDX-License-Identifier: GPL-2.0
/*
 * Statistics of the networks, as JSON.
 */

#include <stdio.h>

#include "json_add.h"
#include "net.h"
#include "network.h"
#include "report.h"

static struct json_object *port_report(const struct port *port)
{
	struct json_object *obj = json_object_new_object();
	const struct port_count *count = &port->count;
	const uint8_t *mac = port->mac;
	char text[18];

	snprintf(text, sizeof(text), "%02x:%02x:%02x:%02x:%02x:%02x", mac[0],
		 mac[1], mac[2], mac[3], mac[4], mac[5]);
	json_add_u64(obj, "client", port->id.machine);
	json_add_u64(obj, "card", port->id.card);
	json_add_string(obj, "address", text);
	json_add_u64(obj, "sent", count->sent);
	json_add_u64(obj, "sent_bytes", count->sent_bytes);
	json_add_u64(obj, "received", count->received);
	json_add_u64(obj, "received_bytes", count->received_bytes);
	json_add_u64(obj, "lost", count->lost);
	json_add_u64(obj, "queue_full", count->queue);
	json_add_u64(obj, "link_down", count->down);
	json_add_u64(obj, "no_buffer", count->no_room);
	json_add_u64(obj, "kicks", count->kicks);
	json_add_u64(obj, "calls", count->calls);
	return obj;
}

static struct json_object *network_report(const struct network *network)
{
	struct json_object *obj = json_object_new_object();
	struct json_object *ports = json_object_new_array();
	const struct port *port;

	TAILQ_FOREACH(port, &network->ports, link)
		json_object_array_add(ports, port_report(port));
	json_add_string(obj, "name", network->config->name);
	json_object_object_add(obj, "ports", ports);
	return obj;
}

/**
 * net_report - count what has happened
 * @net: the networks
 *
 * Return: an array of all networks, the caller's; NULL if there are none.
 */
struct json_object *net_report(const struct net *net)
{
	const struct network *network;
	struct json_object *all;
	size_t i;

	if (!net_network(net, 0))
		return NULL;
	all = json_object_new_array();
	for (i = 0; (network = net_network(net, i)); i++)
		json_object_array_add(all, network_report(network));
	return all;
}
