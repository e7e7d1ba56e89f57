// SPDX-License-Identifier: GPL-2.0
/*
 * A network: a switch, and a link to each machine.
 *
 * Theory of operation
 *
 * A frame is copied when its machine sends it (network_send()), and nothing is
 * decided then. The network keeps the frame until no machine can send anything
 * at that time or earlier any more. Then network_step() lets the frame go on, in
 * the order of &struct transits: over the line to the switch, which may take some
 * time, and from the switch over the line to each receiver. The result is a time
 * of arrival for each of them. A receiver may send an answer at that time, so
 * nothing that is due later goes on before. So loss, learning and delays depend on what
 * the machines send and on the seed, and not on which of them was served first on
 * the host.
 *
 * network_horizon() says how early a frame inside the network may arrive
 * anywhere: no machine may run past that time before the frame is committed.
 *
 * A frame reaches the cards that were plugged in when it was sent, so that it
 * does not matter when it is committed.
 *
 * A capture of one machine's link has what it sends and what it receives, in the
 * order of time. Frames that it sends are known in order when they are
 * committed, while the machine may have received others that arrive later. So the
 * latter wait for the former, see network_capture().
 */

#include <stdlib.h>
#include <string.h>

#include "log.h"
#include "network.h"
#include "simtime.h"

/* memory for frames of one port that are on their way, bytes */
#define MAX_HELD (256U << 20)

static void capture(struct capture *capture, uint64_t time,
		    const struct frame *frame)
{
	int ret = capture ? capture_write(capture, time, frame) : 0;

	if (ret)
		log_line("cannot write %s any more: %s", capture->path,
			 strerror(-ret));
}

/* capture what was received up to a time */
static void capture_received(struct port *port, uint64_t time)
{
	struct received *received;

	while ((received = STAILQ_FIRST(&port->received)) &&
	       received->time <= time) {
		STAILQ_REMOVE_HEAD(&port->received, link);
		port->network->nr_received--;
		capture(port->capture, received->time, received->frame);
		frame_put(received->frame);
		free(received);
	}
}

/**
 * network_init - a network without ports
 * @network: filled in
 * @config: what the command line says of it; has to outlive it
 * @index: its position on the command line
 * @seed: what all that is random depends on
 */
void network_init(struct network *network, const struct network_config *config,
		  uint16_t index, uint64_t seed)
{
	memset(network, 0, sizeof(*network));
	network->config = config;
	network->index = index;
	network->seed = seed;
	network->lookahead = link_lookahead(&config->quality);
	network->from_switch = link_from_switch(&config->quality);
	TAILQ_INIT(&network->ports);
	TAILQ_INIT(&network->plugged);
	STAILQ_INIT(&network->reached);
	switch_init(&network->sw);
}

/**
 * network_destroy - free a network, its ports, and the frames inside
 * @network: the network; nothing is plugged in, and nobody has frames from it
 */
void network_destroy(struct network *network)
{
	struct port *port;

	TAILQ_FOREACH(port, &network->ports, link)
		capture_received(port, SIMTIME_NEVER);
	transits_clear(&network->inside);
	switch_destroy(&network->sw);
	while ((port = TAILQ_FIRST(&network->ports))) {
		TAILQ_REMOVE(&network->ports, port, link);
		line_free(&port->up);
		line_free(&port->down);
		free(port);
	}
}

static void mix_name(struct random *random, const char *name)
{
	for (; *name; name++)
		random_mix(random, (unsigned char)*name);
}

/*
 * An address of its own for each card, and the same in every run. That of
 * machine 1 ends with 00:00:01, if it has only one card there.
 */
static void set_mac(struct port *port, const char *name)
{
	struct random random = {};
	uint64_t hash;
	int i;

	mix_name(&random, name);
	if (port->id.card || port->id.machine >> 24) {
		random_mix(&random, port->id.machine);
		random_mix(&random, port->id.card);
		hash = random_next(&random);
		port->mac[0] = 0x06;
	} else {
		hash = random_next(&random) << 24 | port->id.machine;
		port->mac[0] = 0x02;
	}
	for (i = 5; i > 0; i--, hash >>= 8)
		port->mac[i] = hash;
}

/**
 * network_port - find the port of a machine
 * @network: the network
 * @machine: name of the machine
 * @card: which of the machine's cards on this network it is, from 0
 *
 * Return: the port, which is added if it is not there; NULL without memory.
 */
struct port *network_port(struct network *network, uint64_t machine,
			  uint16_t card)
{
	const struct port_id id = {
		.machine = machine,
		.network = network->index,
		.card = card,
	};
	struct port *port;

	TAILQ_FOREACH(port, &network->ports, link)
		if (!port_id_compare(&port->id, &id))
			return port;
	port = calloc(1, sizeof(*port));
	if (!port)
		return NULL;
	port->network = network;
	port->id = id;
	set_mac(port, network->config->name);
	port->random.state = network->seed;
	mix_name(&port->random, network->config->name);
	random_mix(&port->random, machine);
	random_mix(&port->random, card);
	STAILQ_INIT(&port->received);
	TAILQ_INSERT_TAIL(&network->ports, port, link);
	return port;
}

/**
 * network_plug - plug a card into a port
 * @port: the port, which has none
 * @card: the card
 * @arrivals: where frames for it go
 * @time: what time it is, controller time, ns
 */
void network_plug(struct port *port, struct card *card,
		  struct transits *arrivals, uint64_t time)
{
	port->card = card;
	port->arrivals = arrivals;
	port->plugged[1] = port->plugged[0];
	port->plugged[0] = (struct period) { time, SIMTIME_NEVER };
	TAILQ_INSERT_TAIL(&port->network->plugged, port, plugged_link);
}

/**
 * network_unplug - take a port's card out
 * @port: the port; frames that are on their way to it are lost
 * @time: what time it is, controller time, ns
 */
void network_unplug(struct port *port, uint64_t time)
{
	port->card = NULL;
	port->arrivals = NULL;
	port->plugged[0].to = time;
	TAILQ_REMOVE(&port->network->plugged, port, plugged_link);
}

/**
 * network_send - a machine sends a frame
 * @port: its port
 * @time: when it does, controller time, ns; nothing at that time or later has
 *	been committed
 * @data: the frame, copied
 * @len: bytes in it
 *
 * A machine that sends more than the network may hold for it, because it lets no
 * time pass or because delays are long, has frames dropped.
 */
void network_send(struct port *port, uint64_t time, const void *data,
		  size_t len)
{
	struct network *network = port->network;
	struct frame *frame;

	if (port->held > MAX_HELD) {
		port->count.queue++;
		return;
	}
	frame = frame_new(data, len, &port->held);
	if (frame) {
		frame->sent = time;
		frame->from = port->id;
		frame->number = port->number++;
	}
	if (!frame || transits_add(&network->inside, time, frame, port))
		log_line("%s: no memory for a frame, it is lost",
			 network->config->name);
	if (frame)
		frame_put(frame);
}

static bool is_down(const struct port *port, uint64_t time)
{
	size_t i;

	for (i = 0; i < port->nr_outages && port->outages[i].from <= time; i++)
		if (time < port->outages[i].to)
			return true;
	return false;
}

/* a frame goes over a line; false: it does not get through */
static bool pass(struct port *port, struct line *line, struct frame *frame,
		 uint64_t *time)
{
	if (is_down(port, *time)) {
		port->count.down++;
		return false;
	}
	*time = line_send(line, &port->network->config->quality, *time,
			  frame->len);
	if (*time == LINE_FULL)
		port->count.queue++;
	return *time != LINE_FULL;
}

/* a frame leaves its machine */
static void leave(struct port *port, uint64_t time, struct frame *frame)
{
	struct network *network = port->network;

	port->count.sent++;
	port->count.sent_bytes += frame->len;
	capture(network->capture, time, frame);
	capture_received(port, time);
	capture(port->capture, time, frame);
	if (!pass(port, &port->up, frame, &time))
		return;
	frame->at_switch = true;
	if (transits_add(&network->inside, time, frame, port))
		log_line("%s: no memory for a frame, it is lost",
			 network->config->name);
	else
		network->at_switch++;
}

static bool had_card(const struct port *port, uint64_t time)
{
	int i;

	for (i = 0; i < 2; i++)
		if (port->plugged[i].from <= time && time < port->plugged[i].to)
			return true;
	return false;
}

/* returns when the copy arrives, %SIMTIME_NEVER if it does not */
static uint64_t arrive(struct port *port, uint64_t time, struct frame *frame)
{
	/* the card may have gone since the frame was sent */
	if (!port->arrivals)
		return SIMTIME_NEVER;
	if (transits_add(port->arrivals, time, frame, port)) {
		log_line("%s: no memory for a frame, it is lost",
			 port->network->config->name);
		return SIMTIME_NEVER;
	}
	if (!port->reached)
		STAILQ_INSERT_TAIL(&port->network->reached, port, reached_link);
	port->reached = true;
	return time;
}

/* a frame goes from the switch to one machine; returns when it arrives first */
static uint64_t forward(struct port *port, uint64_t time, struct frame *frame)
{
	const struct link_quality *quality = &port->network->config->quality;
	uint64_t left, arrival, first = SIMTIME_NEVER;
	unsigned int copies = 1;

	if (!had_card(port, frame->sent))
		return SIMTIME_NEVER;
	if (quality->loss && random_chance(&port->random, quality->loss)) {
		port->count.lost++;
		return SIMTIME_NEVER;
	}
	if (quality->duplicate &&
	    random_chance(&port->random, quality->duplicate))
		copies = 2;
	while (copies--) {
		left = time;
		if (!pass(port, &port->down, frame, &left))
			continue;
		arrival = arrive(port, link_arrival(quality, &port->random,
						    left), frame);
		if (arrival < first)
			first = arrival;
	}
	return first;
}

/* a frame is at the switch; returns when it arrives somewhere first */
static uint64_t distribute(struct network *network, struct port *from,
			   uint64_t time, struct frame *frame)
{
	const unsigned char *destination = frame->data;
	const unsigned char *source = frame->data + ETHERNET_MAC;
	uint64_t arrival, first = SIMTIME_NEVER;
	struct port *port;

	switch_learn(&network->sw, source, from);
	port = switch_find(&network->sw, destination);
	if (port)
		return port == from ? SIMTIME_NEVER :
				      forward(port, time, frame);
	TAILQ_FOREACH(port, &network->ports, link) {
		arrival = port != from ? forward(port, time, frame) :
					 SIMTIME_NEVER;
		if (arrival < first)
			first = arrival;
	}
	return first;
}

/**
 * network_step - let the frames go on that are due at one instant
 * @network: the network
 * @time: the instant, controller time, ns: none is due earlier, and nobody will
 *	send anything at that time or earlier
 *
 * Return: when the first of them arrives somewhere, ns; %SIMTIME_NEVER if none
 * does.
 */
uint64_t network_step(struct network *network, uint64_t time)
{
	uint64_t arrival, first = SIMTIME_NEVER;
	struct transit transit;

	while (transits_next(&network->inside) == time) {
		transit = transits_take(&network->inside);
		arrival = SIMTIME_NEVER;
		if (transit.frame->at_switch) {
			network->at_switch--;
			arrival = distribute(network, transit.port, time,
					     transit.frame);
		} else {
			leave(transit.port, time, transit.frame);
		}
		if (arrival < first)
			first = arrival;
		frame_put(transit.frame);
	}
	return first;
}

/**
 * network_reached - the next port that a frame is on its way to
 * @network: the network, after network_step()
 *
 * Return: the port, once for all frames of one step; NULL if there is no other.
 */
struct port *network_reached(struct network *network)
{
	struct port *port = STAILQ_FIRST(&network->reached);

	if (!port)
		return NULL;
	STAILQ_REMOVE_HEAD(&network->reached, reached_link);
	port->reached = false;
	return port;
}

/**
 * network_next - when the next frame inside goes on
 * @network: the network
 *
 * Return: controller time, ns; %SIMTIME_NEVER if none is inside.
 */
uint64_t network_next(const struct network *network)
{
	return transits_next(&network->inside);
}

/**
 * network_commit - let all frames go on that are due before a time
 * @network: the network
 * @time: nobody will send anything before this, not even in answer to one of
 *	these frames, controller time, ns
 */
void network_commit(struct network *network, uint64_t time)
{
	uint64_t next;

	while ((next = network_next(network)) < time)
		network_step(network, next);
}

/**
 * network_capture - bring the captures of links up to date
 * @network: the network
 * @time: all frames that were sent before this are committed, and no machine
 *	will send or receive anything before it any more, controller time, ns
 */
void network_capture(struct network *network, uint64_t time)
{
	struct port *port;

	if (!time || !network->nr_received)
		return;
	TAILQ_FOREACH(port, &network->ports, link)
		capture_received(port, time - 1);
}

/**
 * network_horizon - before which time does nothing arrive that is inside?
 * @network: the network
 *
 * Return: controller time, ns.
 */
uint64_t network_horizon(const struct network *network)
{
	return simtime_add(network_next(network),
			   network->at_switch ? network->from_switch :
						network->lookahead);
}

/**
 * network_receive - a frame has arrived
 * @port: the port of its receiver, which takes it
 * @time: when that is, controller time, ns; not before it was called last
 * @frame: the frame
 */
void network_receive(struct port *port, uint64_t time, struct frame *frame)
{
	struct received *received;

	port->count.received++;
	port->count.received_bytes += frame->len;
	if (!port->capture)
		return;
	received = malloc(sizeof(*received));
	if (!received) {
		log_line("%s: no memory to capture a frame",
			 port->network->config->name);
		return;
	}
	received->time = time;
	received->frame = frame_get(frame);
	STAILQ_INSERT_TAIL(&port->received, received, link);
	port->network->nr_received++;
}
