// SPDX-License-Identifier: GPL-2.0
/*
 * All networks: their sockets, the cards that machines plug in, and the frames
 * that are on their way.
 *
 * Theory of operation
 *
 * A machine's driver connects to a network's socket. The process that did so
 * tells which machine it is, and that and the network tell which port the card
 * is plugged into. From then on the machine kicks and is answered at once, at
 * any time that it runs. What it has sent goes into its network, stamped with its
 * time, see network.c; whoever schedules the machines is told until when they
 * may run before that is committed.
 *
 * What arrives is in the inbox of the machines that share a schedule. When its
 * time has come and all of these machines wait, net_deliver() puts it into
 * their rings and calls their drivers, each once for all that it gets at that
 * instant. A driver that was called notes an interrupt at the current time,
 * which changes its machine's request, and answers. So nobody may run before
 * all have answered.
 *
 * A machine that breaks the rules loses its card: the connection is closed, and
 * one line says why. That is all that others see of it.
 */

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "conn.h"
#include "ethernet.h"
#include "listen.h"
#include "log.h"
#include "net.h"
#include "network.h"
#include "simtime.h"
#include "util.h"

/* for the answer to a call; a driver answers in no time */
#define CALL_TIMEOUT_S 30

/* how often we look whether that time is over */
#define LOOK_PERIOD NSEC_PER_SEC

/**
 * struct card - a machine's network card
 *
 * @link: in the machine's list
 * @queue_link: in @queue
 * @queue: the inbox's list that it is in, or NULL
 * @net: all networks
 * @machine: the machine
 * @port: the port that it is plugged into
 * @number: of a client that has no rings, its number; what follows is not used
 *	then. Else 0.
 * @eth: the card itself
 * @source: messages of its driver in the event loop
 * @call_source: answers of its driver to calls; fd -1 before there can be any
 */
struct card {
	LIST_ENTRY(card) link;
	TAILQ_ENTRY(card) queue_link;
	struct card_queue *queue;
	struct net *net;
	struct net_machine *machine;
	struct port *port;
	unsigned int number;
	struct ethernet eth;
	struct loop_source source;
	struct loop_source call_source;
};

/**
 * struct net_switch - a network and its socket
 *
 * @net: all networks
 * @network: the network
 * @listener: the socket
 * @source: that in the event loop
 * @accepting: it is there
 */
struct net_switch {
	struct net *net;
	struct network network;
	struct listener listener;
	struct loop_source source;
	bool accepting;
};

static void set_queue(struct card *card, struct card_queue *queue)
{
	if (card->queue == queue)
		return;
	if (card->queue)
		TAILQ_REMOVE(card->queue, card, queue_link);
	if (queue)
		TAILQ_INSERT_TAIL(queue, card, queue_link);
	card->queue = queue;
}

static void set_accepting(struct net_switch *sw, bool accepting)
{
	if (sw->source.fd < 0 || sw->accepting == accepting)
		return;
	if (accepting)
		loop_add(sw->net->loop, &sw->source, EPOLLIN);
	else
		loop_remove(sw->net->loop, &sw->source);
	sw->accepting = accepting;
}

static const char *name_of(const struct card *card)
{
	return card->port->network->config->name;
}

/* what a card has counted is its port's */
static void count(struct card *card)
{
	struct vhost *vhost = &card->eth.vhost;

	card->port->count.kicks += vhost->nr_kicks;
	card->port->count.calls += vhost->nr_calls;
	vhost->nr_kicks = 0;
	vhost->nr_calls = 0;
}

static void unplug(struct card *card)
{
	struct net *net = card->net;
	uint64_t time;
	size_t i;

	net->ops->time(card->machine, &time);
	LIST_REMOVE(card, link);
	network_unplug(card->port, time);
	if (card->number) {
		free(card);
		return;
	}
	count(card);
	set_queue(card, NULL);
	loop_remove(net->loop, &card->source);
	if (card->call_source.fd >= 0)
		loop_remove(net->loop, &card->call_source);
	ethernet_destroy(&card->eth);
	free(card);
	/* a connection may wait for the descriptor that is free now */
	for (i = 0; i < net->nr; i++)
		set_accepting(&net->switches[i], true);
}

/* a card's connection has ended (0) or cannot go on (-EPROTO) */
static void lose(struct card *card, int ret)
{
	if (ret)
		log_line("%s: client 0x%llx has lost its link: %s",
			 name_of(card), (unsigned long long)card->machine->name,
			 card->eth.vhost.fault.text);
	else
		log_verbose("%s: client 0x%llx has unplugged its card",
			    name_of(card),
			    (unsigned long long)card->machine->name);
	unplug(card);
}

static void call_ready(struct loop_source *source, uint32_t events)
{
	struct card *card = container_of(source, struct card, call_source);
	int ret = vhost_receive_replies(&card->eth.vhost);

	(void)events;
	if (ret <= 0)
		lose(card, ret);
	else if (!card->eth.vhost.calls)
		set_queue(card, NULL);
}

static void card_ready(struct loop_source *source, uint32_t events)
{
	struct card *card = container_of(source, struct card, source);
	int ret = vhost_receive(&card->eth.vhost);

	(void)events;
	if (ret <= 0) {
		lose(card, ret);
	} else if (card->call_source.fd != card->eth.vhost.call_fd) {
		card->call_source.fd = card->eth.vhost.call_fd;
		loop_add(card->net->loop, &card->call_source, EPOLLIN);
	}
}

static int card_sent(struct ethernet *eth, const void *frame, size_t len)
{
	struct card *card = container_of(eth, struct card, eth);
	const struct net_ops *ops = card->net->ops;
	uint64_t time;

	if (!ops->time(card->machine, &time))
		return fault_set(&eth->vhost.fault, "sends a frame though its machine does not run");
	network_send(card->port, time, frame, len);
	ops->sent(card->machine, card->port->network->index, time);
	return 0;
}

/* the port for one more card of a machine */
static struct port *next_port(struct network *network,
			      const struct net_machine *machine)
{
	struct port *port;
	uint16_t card = 0;

	do {
		port = network_port(network, machine->name, card);
	} while (port && port->card && ++card);
	return port && !port->card ? port : NULL;
}

/* a card in the next free port of a network, or NULL */
static struct card *new_card(struct net_switch *sw, struct net_machine *machine)
{
	const struct network_config *config = sw->network.config;
	struct card *card;
	struct port *port;
	uint64_t time;

	if (!machine->anywhere && !machine->on[sw->network.index]) {
		log_line("%s: client 0x%llx may not plug in a card any more",
			 config->name, (unsigned long long)machine->name);
		return NULL;
	}
	card = calloc(1, sizeof(*card));
	port = next_port(&sw->network, machine);
	if (!card || !port) {
		log_line("%s: no memory for a card of client 0x%llx",
			 config->name, (unsigned long long)machine->name);
		free(card);
		return NULL;
	}
	sw->net->ops->time(machine, &time);
	card->net = sw->net;
	card->machine = machine;
	card->port = port;
	network_plug(port, card, &machine->inbox->arrivals, time);
	machine->on[sw->network.index] = true;
	LIST_INSERT_HEAD(&machine->cards, card, link);
	log_verbose("%s: client 0x%llx has plugged in a card, %02x:%02x:%02x:%02x:%02x:%02x",
		    config->name, (unsigned long long)machine->name,
		    port->mac[0], port->mac[1], port->mac[2], port->mac[3],
		    port->mac[4], port->mac[5]);
	return card;
}

static void plug(struct net_switch *sw, struct net_machine *machine, int fd)
{
	struct card *card = new_card(sw, machine);

	if (!card) {
		close(fd);
		return;
	}
	card->source.fd = fd;
	card->source.ready = card_ready;
	card->call_source.fd = -1;
	card->call_source.ready = call_ready;
	ethernet_init(&card->eth, fd, card->port->mac, sw->network.config->mtu,
		      card_sent);
	loop_add(sw->net->loop, &card->source, EPOLLIN);
}

static void accept_card(struct loop_source *source, uint32_t events)
{
	struct net_switch *sw = container_of(source, struct net_switch, source);
	struct net_machine *machine;
	pid_t pid;
	int fd;

	(void)events;
	fd = accept4(source->fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
	if (fd < 0) {
		if (errno != EMFILE && errno != ENFILE)
			return;
		log_line("%s: no descriptor left for a card (see ulimit -n), it has to wait until another one has gone",
			 sw->network.config->name);
		set_accepting(sw, false);
		return;
	}
	pid = conn_peer(fd);
	machine = pid ? sw->net->ops->find(sw->net, pid) : NULL;
	if (machine) {
		plug(sw, machine, fd);
		return;
	}
	log_line("%s: process %d has connected, which is no client that was started; connection closed",
		 sw->network.config->name, (int)pid);
	close(fd);
}

/* open the file that frames are to be captured to, if there is one */
static int add_capture(struct net *net, const char *path, uint64_t start_time,
		       struct capture **capture)
{
	int ret;

	if (!path)
		return 0;
	ret = capture_open(&net->captures[net->nr_captures], path, start_time);
	if (ret) {
		log_line("cannot write %s: %s", path, strerror(-ret));
		return ret;
	}
	*capture = &net->captures[net->nr_captures++];
	return 0;
}

/* set up what the command line says of a link, or of a network */
static int configure(struct net *net, const struct port_config *config,
		     uint64_t start_time)
{
	struct network *network = NULL;
	struct port *port;
	size_t i;

	for (i = 0; i < net->nr && !network; i++)
		if (!strcmp(config->network,
			    net->switches[i].network.config->name))
			network = &net->switches[i].network;
	if (!network)
		return 0;
	if (config->whole)
		return add_capture(net, config->capture, start_time,
				   &network->capture);
	port = network_port(network, config->machine, 0);
	if (!port)
		return -ENOMEM;
	port->outages = config->outages;
	port->nr_outages = config->nr_outages;
	return add_capture(net, config->capture, start_time, &port->capture);
}

/**
 * net_init - make all networks, without cards
 * @net: filled in
 * @config: what the command line says of them; has to outlive it
 * @ops: what they need to know of machines
 * @loop: the event loop
 *
 * Return: 0 or -ENOMEM.
 */
int net_init(struct net *net, const struct net_config *config,
	     const struct net_ops *ops, struct loop *loop)
{
	memset(net, 0, sizeof(*net));
	net->ops = ops;
	net->loop = loop;
	net->config = config;
	net->switches = calloc(config->nr_networks, sizeof(*net->switches));
	net->captures = calloc(config->nr_ports, sizeof(*net->captures));
	if ((config->nr_networks && !net->switches) ||
	    (config->nr_ports && !net->captures)) {
		net_destroy(net);
		return -ENOMEM;
	}
	for (; net->nr < config->nr_networks; net->nr++) {
		net->switches[net->nr].net = net;
		net->switches[net->nr].source.fd = -1;
		network_init(&net->switches[net->nr].network,
			     &config->network[net->nr], net->nr, config->seed);
	}
	return 0;
}

/**
 * net_destroy - end all networks
 * @net: the networks; all machines have left, and all inboxes are destroyed
 */
void net_destroy(struct net *net)
{
	struct net_switch *sw;

	while (net->nr) {
		sw = &net->switches[--net->nr];
		set_accepting(sw, false);
		if (sw->source.fd >= 0)
			listener_close(&sw->listener);
		network_commit(&sw->network, SIMTIME_NEVER);
		network_destroy(&sw->network);
	}
	while (net->nr_captures)
		capture_close(&net->captures[--net->nr_captures]);
	free(net->switches);
	free(net->captures);
	net->switches = NULL;
	net->captures = NULL;
}

/**
 * net_open - open the files for captures, and let machines plug in their cards
 * @net: the networks
 * @start_time: wall clock at time 0, ns since the epoch
 *
 * What is wrong is said in one line.
 *
 * Return: 0 or a negative errno.
 */
int net_open(struct net *net, uint64_t start_time)
{
	struct net_switch *sw;
	size_t i;
	int ret;

	for (i = 0; i < net->config->nr_ports; i++) {
		ret = configure(net, &net->config->port[i], start_time);
		if (ret)
			return ret;
	}
	for (i = 0; i < net->nr; i++) {
		sw = &net->switches[i];
		ret = listener_open(&sw->listener, sw->network.config->socket);
		if (ret)
			return ret;
		sw->source.fd = sw->listener.fd;
		sw->source.ready = accept_card;
		set_accepting(sw, true);
	}
	if (net->nr)
		guest_catch();
	return 0;
}

/**
 * net_join - a machine may plug in cards from now on
 * @net: the networks
 * @machine: filled in
 * @name: its name
 * @inbox: where frames for it go, shared with all machines of its schedule
 *
 * Return: 0 or -ENOMEM.
 */
int net_join(const struct net *net, struct net_machine *machine, uint64_t name,
	     struct net_inbox *inbox)
{
	machine->on = calloc(net->nr + 1, sizeof(*machine->on));
	if (!machine->on)
		return -ENOMEM;
	machine->name = name;
	machine->inbox = inbox;
	machine->nr_plugged = 0;
	machine->anywhere = true;
	LIST_INIT(&machine->cards);
	return 0;
}

/**
 * net_socket - path of a network's socket
 * @net: the networks
 * @index: the network's position on the command line, from 0
 */
const char *net_socket(const struct net *net, size_t index)
{
	return net->switches[index].network.config->socket;
}

/**
 * net_cards - how many cards a machine has on a network
 * @machine: the machine, which has joined
 * @index: the network's position on the command line, from 0
 */
unsigned int net_cards(const struct net_machine *machine, size_t index)
{
	const struct card *card;
	unsigned int cards = 0;

	LIST_FOREACH(card, &machine->cards, link)
		cards += card->port->network->index == index;
	return cards;
}

/**
 * net_plug - plug in a card without rings
 * @net: the networks
 * @machine: the client whose it is, which has joined; it is handed frames by
 *	@receive of &struct net_ops
 * @name: the network's name
 * @info: filled in
 *
 * Return: the card's number, from 1; 0 if there is no such network, no memory,
 * or the client has %NETPORT_MAX_CARDS.
 */
unsigned int net_plug(struct net *net, struct net_machine *machine,
		      const char *name, struct netport_card *info)
{
	struct net_switch *sw = NULL;
	struct card *card;
	size_t i;

	for (i = 0; i < net->nr && !sw; i++)
		if (!strcmp(net->switches[i].network.config->name, name))
			sw = &net->switches[i];
	if (!sw || machine->nr_plugged == NETPORT_MAX_CARDS)
		return 0;
	card = new_card(sw, machine);
	if (!card)
		return 0;
	card->number = ++machine->nr_plugged;
	*info = (struct netport_card) {
		.delay = sw->network.lookahead,
		.mtu = sw->network.config->mtu,
	};
	memcpy(info->mac, card->port->mac, sizeof(info->mac));
	return card->number;
}

/**
 * net_send - a client sends a frame from a card without rings
 * @machine: the client, which runs
 * @number: the card's number, from net_plug()
 * @time: when it sends it, controller time, ns; nothing at that time or later
 *	has been committed
 * @frame: the frame, copied
 * @len: its length, bytes
 *
 * Return: 0; -EINVAL if there is no such card, or the frame is too short or too
 * long.
 */
int net_send(struct net_machine *machine, unsigned int number, uint64_t time,
	     const void *frame, size_t len)
{
	struct card *card;

	LIST_FOREACH(card, &machine->cards, link)
		if (card->number == number)
			break;
	if (!card || !number || len < ETHERNET_HEADER ||
	    len > (size_t)ETHERNET_HEADER + ETHERNET_TAGS +
		  card->port->network->config->mtu)
		return -EINVAL;
	network_send(card->port, time, frame, len);
	card->net->ops->sent(machine, card->port->network->index, time);
	return 0;
}

/**
 * net_leave - a machine has gone; its cards are unplugged
 * @machine: the machine, which has joined
 */
void net_leave(struct net_machine *machine)
{
	while (!LIST_EMPTY(&machine->cards))
		unplug(LIST_FIRST(&machine->cards));
	free(machine->on);
	machine->on = NULL;
}

/**
 * net_inbox_init - an inbox without frames
 * @inbox: filled in
 */
void net_inbox_init(struct net_inbox *inbox)
{
	memset(inbox, 0, sizeof(*inbox));
	TAILQ_INIT(&inbox->shown);
	TAILQ_INIT(&inbox->called);
}

/**
 * net_inbox_destroy - forget what is on its way
 * @inbox: the inbox; its machines have left
 */
void net_inbox_destroy(struct net_inbox *inbox)
{
	transits_clear(&inbox->arrivals);
}

static uint64_t next_inside(const struct net *net)
{
	uint64_t next = SIMTIME_NEVER, time;
	size_t i;

	for (i = 0; i < net->nr; i++) {
		time = network_next(&net->switches[i].network);
		if (time < next)
			next = time;
	}
	return next;
}

static void tell_reached(const struct net *net, struct network *network)
{
	const struct port *port;

	while ((port = network_reached(network)))
		net->ops->arrives(port->card->machine);
}

/**
 * net_commit - let all frames go on of which nothing can be changed any more
 * @net: the networks
 * @time: no machine will send anything before this, unless one of these frames
 *	arrives earlier, controller time, ns
 *
 * Stops at the first instant at which one of them arrives: its receiver may
 * answer then.
 */
void net_commit(struct net *net, uint64_t time)
{
	uint64_t next, arrival;
	size_t i;

	while ((next = next_inside(net)) < time) {
		for (i = 0; i < net->nr; i++) {
			arrival = network_step(&net->switches[i].network, next);
			if (arrival < time)
				time = arrival;
			tell_reached(net, &net->switches[i].network);
		}
	}
	for (i = 0; i < net->nr; i++)
		network_capture(&net->switches[i].network, time);
}

/**
 * net_finish - bring captures and counters up to date, in the end
 * @net: the networks; nobody runs any more
 */
void net_finish(struct net *net)
{
	struct port *port;
	size_t i;

	for (i = 0; i < net->nr; i++) {
		network_commit(&net->switches[i].network, SIMTIME_NEVER);
		network_capture(&net->switches[i].network, SIMTIME_NEVER);
		TAILQ_FOREACH(port, &net->switches[i].network.plugged,
			      plugged_link)
			if (!port->card->number)
				count(port->card);
	}
}

/**
 * net_network - one of the networks
 * @net: all networks
 * @index: its position on the command line, from 0
 *
 * Return: the network, NULL if there is none.
 */
const struct network *net_network(const struct net *net, size_t index)
{
	return index < net->nr ? &net->switches[index].network : NULL;
}

/**
 * net_inbox_next - when the next frame arrives that is committed
 * @inbox: the inbox
 *
 * Return: controller time, ns; %SIMTIME_NEVER if there is none.
 */
uint64_t net_inbox_next(const struct net_inbox *inbox)
{
	return transits_next(&inbox->arrivals);
}

static void put(struct net_inbox *inbox, const struct transit *transit)
{
	struct port *port = transit->port;
	struct card *card = port->card;
	int ret;

	/* the frame was sent before this card was plugged in */
	if (!card || transit->frame->sent < port->plugged[0].from)
		return;
	if (card->number) {
		network_receive(port, transit->time, transit->frame);
		card->net->ops->receive(card->machine, card->number,
					transit->time, transit->frame->data,
					transit->frame->len);
		return;
	}
	ret = ethernet_put(&port->card->eth, transit->frame->data,
			   transit->frame->len);
	if (ret < 0) {
		lose(port->card, ret);
		return;
	}
	if (!ret) {
		port->count.no_room++;
		return;
	}
	network_receive(port, transit->time, transit->frame);
	set_queue(port->card, &inbox->shown);
}

/**
 * net_deliver - give machines the frames that arrive at one instant
 * @inbox: the inbox, whose machines all wait and can see what time it is
 * @time: the time, controller time, ns
 *
 * If net_inbox_waits() then, nobody may run until it does no more.
 */
void net_deliver(struct net_inbox *inbox, uint64_t time)
{
	struct transit transit;
	struct card *card;
	int ret;

	while (transits_next(&inbox->arrivals) <= time) {
		transit = transits_take(&inbox->arrivals);
		put(inbox, &transit);
		frame_put(transit.frame);
	}
	while ((card = TAILQ_FIRST(&inbox->shown))) {
		ret = ethernet_show(&card->eth);
		if (ret < 0)
			lose(card, ret);
		else
			set_queue(card, ret ? &inbox->called : NULL);
	}
	inbox->looks = CALL_TIMEOUT_S;
	inbox->next_look = loop_now() + LOOK_PERIOD;
}

/**
 * net_inbox_waits - has a machine been called that has not answered?
 * @inbox: the inbox
 */
bool net_inbox_waits(const struct net_inbox *inbox)
{
	return !TAILQ_EMPTY(&inbox->called);
}

/**
 * net_inbox_deadline - when to call net_inbox_give_up() next
 * @inbox: the inbox
 *
 * Return: the time on the host's monotonic clock, ns; %UINT64_MAX if no machine
 * has to answer.
 */
uint64_t net_inbox_deadline(const struct net_inbox *inbox)
{
	return net_inbox_waits(inbox) ? inbox->next_look : UINT64_MAX;
}

/* is it too late for answers? */
static bool time_is_over(struct net_inbox *inbox)
{
	uint64_t now = loop_now();

	if (now < inbox->next_look)
		return false;
	/*
	 * If a signal, a debugger or a suspended host has stopped us, the look
	 * comes late and does not count: machines were probably stopped as well.
	 */
	if (now - inbox->next_look < LOOK_PERIOD)
		inbox->looks--;
	inbox->next_look = now + LOOK_PERIOD;
	return !inbox->looks;
}

/**
 * net_inbox_give_up - wait no longer for machines whose time is over
 * @inbox: the inbox
 */
void net_inbox_give_up(struct net_inbox *inbox)
{
	struct card *card;

	if (!net_inbox_waits(inbox) || !time_is_over(inbox))
		return;
	while ((card = TAILQ_FIRST(&inbox->called)))
		lose(card, fault_set(&card->eth.vhost.fault, "has not answered a call for %u s",
				     CALL_TIMEOUT_S));
}
