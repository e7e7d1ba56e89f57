// SPDX-License-Identifier: GPL-2.0
/*
 * One client: its connection, its name, its time, and the messages to it.
 *
 * Theory of operation
 *
 * Nothing here knows what a message means for the simulation. Each message that
 * comes in is passed up by clients->message(). There is no other call upwards: a
 * client that has closed its connection, or to which nothing can be sent, is put
 * into clients->gone, and its owner looks there when it is safe. So a message can
 * be sent from anywhere, and no client vanishes while it is sent.
 *
 * Times are converted where messages are read and written. A client without
 * shared memory counts time from its start; a client that uses the memory uses
 * the memory's time. @base is the difference to controller time.
 *
 * A client without the memory forgets FREE_UNTIL when it waits. So it needs a
 * new one before each RUN if it is to go on by itself. Most simulators only tick
 * and never go on. So FREE_UNTIL precedes RUN only for a client that was once
 * told to run twice in a row, which shows that it could have gone on.
 *
 * If another client makes an earlier request in the middle of a run, the running
 * client gets a lower FREE_UNTIL. It may arrive after the client has decided to
 * wait. Then it survives into the next run, where it can allow too much. @until
 * is the latest value that the client may still use: if it is past the time of
 * RUN, a new FREE_UNTIL precedes RUN.
 */

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "client.h"
#include "log.h"
#include "op.h"
#include "process.h"
#include "util.h"

/* how far a client may go by itself, see client_bound() */
#define MESSAGES_BOUND_NS 1000000
#define MEMORY_BOUND_NS 100000000

/**
 * clients_init - no connections yet
 * @clients: filled in
 * @loop: the event loop that they will be in
 * @message: as in &struct clients
 */
void clients_init(struct clients *clients, struct loop *loop,
		  void (*message)(struct client *client,
				  const struct um_timetravel_msg *msg))
{
	clients->loop = loop;
	clients->message = message;
	TAILQ_INIT(&clients->all);
	TAILQ_INIT(&clients->to_flush);
	TAILQ_INIT(&clients->gone);
}

/**
 * client_label - what to call a client in the log
 * @client: the client
 *
 * Return: a string that is valid until the next call.
 */
const char *client_label(const struct client *client)
{
	unsigned long long name = client->name;
	static char label[64];

	if (client->slot)
		snprintf(label, sizeof(label), "client 0x%llx (slot %u)", name,
			 client->slot);
	else if (client->state != CLIENT_CONNECTED)
		snprintf(label, sizeof(label), "client 0x%llx", name);
	else
		snprintf(label, sizeof(label), "new client (pid %d)",
			 (int)client->pid);
	return label;
}

static void client_end(struct client *client)
{
	client->gone = true;
	TAILQ_REMOVE(&client->clients->all, client, link);
	TAILQ_INSERT_TAIL(&client->clients->gone, client, link);
}

/**
 * client_fail - end a client's connection because of what it did
 * @client: the client, which goes to clients->gone
 * @fmt: why, for the log, as for printf()
 */
void client_fail(struct client *client, const char *fmt, ...)
{
	char why[256];
	va_list ap;

	if (client->gone)
		return;
	va_start(ap, fmt);
	vsnprintf(why, sizeof(why), fmt, ap);
	va_end(ap);
	log_line("%s: %s; connection closed", client_label(client), why);
	client_end(client);
}

/**
 * client_to_local - a time as a client is told it
 * @client: the client
 * @time: controller time, ns
 *
 * Return: the same on the client's own clock.
 */
uint64_t client_to_local(const struct client *client, uint64_t time)
{
	return simtime_to_local(time, client->base);
}

/**
 * client_from_local - a time that a client has sent
 * @client: the client
 * @time: on the client's own clock, ns, unchecked
 *
 * Return: the same in controller time, at most %SIMTIME_NEVER.
 */
uint64_t client_from_local(const struct client *client, uint64_t time)
{
	return simtime_from_local(time, client->base);
}

static void client_send_with(struct client *client, uint32_t op, uint32_t seq,
			     uint64_t time, const void *payload, size_t len)
{
	struct um_timetravel_msg msg = { .op = op, .seq = seq, .time = time };
	int ret;

	if (client->gone)
		return;
	ret = conn_queue(&client->conn, &msg, payload, len);
	if (ret) {
		client_fail(client, ret == -ENOBUFS ?
			    "does not read its messages" :
			    "no memory for its messages");
		return;
	}
	if (op < OP_COUNT)
		client->stats->out[op]++;
	if (!client->flush_pending) {
		client->flush_pending = true;
		TAILQ_INSERT_TAIL(&client->clients->to_flush, client,
				  flush_link);
	}
}

static void client_send(struct client *client, uint32_t op, uint32_t seq,
			uint64_t time)
{
	client_send_with(client, op, seq, time, NULL, 0);
}

/* send something that has to be acknowledged */
static void client_ask(struct client *client, uint32_t op, uint64_t time)
{
	client_send(client, op, ++client->sent, time);
}

/**
 * client_bound - how far to let a client go by itself
 * @client: the client
 * @time: the time at which it is told to run, controller time, ns
 * @until: nobody else wants to run before this
 *
 * A newcomer can start only when the running client stops. A client by messages
 * may not read its socket before it gets to its limit, so it cannot be stopped
 * earlier. Others could be, but an unknown client may take a limit that it has
 * passed already for an error of the controller's, and abort. So these get no
 * limit that is far away. Machines and clients of libttclient can be stopped by
 * the memory at any time.
 *
 * Return: what to tell it, at most @until.
 */
uint64_t client_bound(const struct client *client, uint64_t time,
		      uint64_t until)
{
	uint64_t bound = SIMTIME_NEVER;

	if (client->transport == CLIENT_MESSAGES)
		bound = simtime_add(time, MESSAGES_BOUND_NS);
	else if (!client->stoppable)
		bound = simtime_add(time, MEMORY_BOUND_NS);
	return until < bound ? until : bound;
}

/**
 * client_take_ack - an ACK has come
 * @client: the client; fails if it has nothing to acknowledge, or something
 *	else first
 * @seq: the ACK's sequence number
 *
 * Return: whether it is valid.
 */
bool client_take_ack(struct client *client, uint32_t seq)
{
	if (client->sent == client->acked)
		client_fail(client, "ACK though nothing was asked");
	else if (seq != client->acked + 1)
		client_fail(client, "ACK of message %u, expected %u", seq,
			    client->acked + 1);
	else
		client->acked++;
	return !client->gone;
}

/**
 * client_send_ack - acknowledge a message
 * @client: the client
 * @seq: sequence number of its message
 * @time: the answer, as it is sent
 */
void client_send_ack(struct client *client, uint32_t seq, uint64_t time)
{
	client_send(client, UM_TIMETRAVEL_ACK, seq, time);
}

/**
 * client_send_wait_ack - acknowledge WAIT
 * @client: the client, without the memory; it forgets FREE_UNTIL by this, unless
 *	that may still be under way
 * @seq: sequence number of WAIT
 */
void client_send_wait_ack(struct client *client, uint32_t seq)
{
	client_send_ack(client, seq, 0);
	if (!client->until_late)
		client->until = 0;
}

/**
 * client_send_start_ack - acknowledge START: the client runs
 * @client: the client, which has a slot; nothing was sent to it before
 * @fds: the descriptors it is offered; they stay the caller's, and open
 * @nfds: how many they are, 0 to offer none
 */
void client_send_start_ack(struct client *client, const int *fds,
			   unsigned int nfds)
{
	if (nfds)
		conn_attach(&client->conn, fds, nfds);
	/* the client has sent nothing but START, so @acked is its number */
	client_send(client, UM_TIMETRAVEL_ACK, client->acked, client->slot);
	client->acked = 0;
}

static void client_send_until(struct client *client, uint64_t until)
{
	client->until = until;
	client_ask(client, UM_TIMETRAVEL_FREE_UNTIL,
		   client_to_local(client, until));
}

/**
 * client_send_run - tell a waiting client that it runs
 * @client: the client
 * @time: the time at which it runs, controller time, ns
 * @until: it may go on by itself for everything strictly before this, from
 *	client_bound()
 *
 * Return: what the client now takes for its limit: @until, or 0 if it has to ask
 * for everything.
 */
uint64_t client_send_run(struct client *client, uint64_t time, uint64_t until)
{
	uint64_t told = 0;

	if (client->transport == CLIENT_MEMORY) {
		client_send(client, UM_TIMETRAVEL_RUN, 0,
			    client_to_local(client, time));
		return until;
	}
	if (client->until > time || (client->wants_until && until > time)) {
		client_send_until(client, until);
		told = until;
	}
	client->until_late = false;
	client_ask(client, UM_TIMETRAVEL_RUN, client_to_local(client, time));
	return told;
}

static void client_flush(struct client *client)
{
	bool more;

	if (client->gone)
		return;
	more = conn_flush(&client->conn);
	if (more == client->write_wait)
		return;
	client->write_wait = more;
	loop_change(client->clients->loop, &client->source,
		    EPOLLIN | (more ? EPOLLOUT : 0));
}

/**
 * client_lower_until - the running client has to stop earlier
 * @client: the running client
 * @until: it may go on by itself for everything strictly before this,
 *	controller time, ns
 *
 * The message is on its way when this returns. The client may be held up only
 * until somebody else's request is acknowledged, and must have read this when
 * it goes on.
 */
void client_lower_until(struct client *client, uint64_t until)
{
	if (client->transport != CLIENT_MESSAGES || until >= client->until)
		return;
	client_send_until(client, until);
	client->until_late = true;
	client_flush(client);
}

/**
 * client_send_broadcast - pass on a broadcast
 * @client: a client that was started
 * @value: the broadcast's value
 */
void client_send_broadcast(struct client *client, uint64_t value)
{
	client_ask(client, UM_TIMETRAVEL_BROADCAST, value);
}

/**
 * client_send_card - answer PLUG, before the ACK
 * @client: a client that was started
 * @seq: sequence number of its PLUG
 * @card: the card that was plugged in
 */
void client_send_card(struct client *client, uint32_t seq,
		      const struct netport_card *card)
{
	client->conn.max_queued = CONN_MAX_QUEUED_FRAMES;
	client_send_with(client, NETPORT_PLUG, seq, 0, card, sizeof(*card));
}

/**
 * client_send_frame - hand over a frame that has arrived
 * @client: a client that waits, and is run next at @time
 * @card: the number of the card at which it has arrived
 * @time: when, controller time, ns
 * @frame: the frame
 * @len: its length, bytes
 */
void client_send_frame(struct client *client, unsigned int card, uint64_t time,
		       const void *frame, size_t len)
{
	client_send_with(client, NETPORT_FRAME, netport_seq(card, len),
			 client_to_local(client, time), frame, len);
}

/**
 * clients_flush - send what is queued for all clients
 * @clients: the clients; what the socket of one does not take now goes out when
 *	it is writable
 */
void clients_flush(struct clients *clients)
{
	struct client *client;

	while ((client = TAILQ_FIRST(&clients->to_flush))) {
		TAILQ_REMOVE(&clients->to_flush, client, flush_link);
		client->flush_pending = false;
		client_flush(client);
	}
}

/* a payload is to come; returns whether there is room for it */
static bool expect_payload(struct client *client,
			   const struct um_timetravel_msg *msg, size_t len)
{
	/* room for the longest; the host gives memory only for what is used */
	if (!client->payload)
		client->payload = malloc(NETPORT_MAX_FRAME + sizeof(*msg));
	if (!client->payload) {
		client_fail(client, "no memory for its frames");
		return false;
	}
	client->head = *msg;
	client->payload_len = len;
	client->payload_got = 0;
	return true;
}

/* a part of the payload; returns whether it is complete */
static bool take_payload(struct client *client,
			 const struct um_timetravel_msg *part)
{
	memcpy(client->payload + client->payload_got, part, sizeof(*part));
	client->payload_got += sizeof(*part);
	if (client->payload_got < client->payload_len)
		return false;
	client->payload_len = 0;
	return true;
}

static bool client_message(struct conn *conn,
			   const struct um_timetravel_msg *msg)
{
	struct client *client = container_of(conn, struct client, conn);
	size_t len;

	if (client->payload_len) {
		if (!take_payload(client, msg))
			return true;
		msg = &client->head;
	} else {
		if (!op_name(msg->op)) {
			client_fail(client, "unknown operation %u", msg->op);
			return false;
		}
		len = netport_payload(msg);
		if (len)
			return expect_payload(client, msg, len);
	}
	if (msg->op < OP_COUNT)
		client->stats->in[msg->op]++;
	client->last_op = msg->op;
	client->clients->message(client, msg);
	return !client->gone;
}

static void client_ready(struct loop_source *source, uint32_t events)
{
	struct client *client = container_of(source, struct client, source);
	int ret;

	if (client->gone)
		return;
	if (events & EPOLLOUT)
		client_flush(client);
	if (!(events & ~EPOLLOUT))
		return;

	ret = conn_read(&client->conn, client_message);
	if (ret > 0 || client->gone)
		return;
	if (client->conn.rest_len) {
		client_fail(client, "ended after half a message, %zu bytes of %zu",
			    client->conn.rest_len,
			    sizeof(struct um_timetravel_msg));
		return;
	}
	if (client->payload_len) {
		client_fail(client, "ended in the middle of %s, after %zu of %zu bytes",
			    op_name(client->head.op), client->payload_got,
			    client->payload_len);
		return;
	}
	if (ret && ret != -ECONNRESET)
		log_line("%s: %s", client_label(client), strerror(-ret));
	log_verbose("%s has gone", client_label(client));
	client_end(client);
}

/**
 * client_new - make a client for a connection
 * @clients: the clients it belongs to from now on
 * @fd: the connection, non-blocking; closed with the client, or if this fails
 *
 * Return: the client; NULL if there is no memory.
 */
struct client *client_new(struct clients *clients, int fd)
{
	struct client *client = calloc(1, sizeof(*client));

	if (!client)
		goto close;
	client->stats = stats_new();
	if (!client->stats)
		goto free;
	client->clients = clients;
	client->pid = conn_peer(fd);
	client->connected = process_now();
	client->source.fd = fd;
	client->source.ready = client_ready;
	conn_init(&client->conn, fd);
	if (!loop_add(clients->loop, &client->source, EPOLLIN)) {
		TAILQ_INSERT_TAIL(&clients->all, client, link);
		return client;
	}

	free(client->stats);
free:
	free(client);
close:
	close(fd);
	return NULL;
}

/**
 * client_free - close a client's connection and free it
 * @client: the client, which nobody else refers to any more
 */
void client_free(struct client *client)
{
	struct clients *clients = client->clients;

	TAILQ_REMOVE(client->gone ? &clients->gone : &clients->all, client,
		     link);
	if (client->flush_pending)
		TAILQ_REMOVE(&clients->to_flush, client, flush_link);
	loop_remove(clients->loop, &client->source);
	conn_destroy(&client->conn);
	if (!client->slot)
		free(client->stats);
	free(client->payload);
	free(client);
}
