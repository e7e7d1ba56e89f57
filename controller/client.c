// SPDX-License-Identifier: GPL-2.0
/*
 * One client: what it may say when, and how it is told things.
 *
 * Theory of operation
 *
 * Everything a client says is checked against where it is in its life; what
 * is out of turn costs it its connection, and one line says why.
 *
 * A client without shared memory lives in a time of its own that began when it
 * was started; times are converted where messages are read and written, and
 * nowhere else. So are those of a client that was offered the memory and did
 * not take it: it is known only when it next speaks, by whether its slot then
 * says that it shares time. One that did take it uses the controller's time.
 *
 * A client without the memory forgets FREE_UNTIL when it waits, so a run has to
 * begin with one if there is anything that it may do by itself. Whether it then
 * does is not known: a simulator that only ticks never does, and is not told. A
 * client shows that it would have if it is the next to run after itself, and
 * is always told from then on. One that was sent in the middle of a run (because
 * somebody else now wants to run earlier) may arrive after the client has
 * decided to wait, and is then remembered into the next run, where it could
 * allow too much. @until is what the client may remember at worst, and decides
 * whether one has to be sent.
 */

#include <errno.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "client.h"
#include "controller.h"
#include "log.h"
#include "op.h"
#include "util.h"

/*
 * As long as a machine without the memory need not ask, it reads nothing: not
 * that it has to stop earlier, for a newcomer, say. So that is how far it goes.
 */
#define CLIENT_BLIND_NS 1000000

/**
 * client_label - what to call a client in the log
 * @client: the client
 *
 * Return: a string that is valid until the next call.
 */
const char *client_label(const struct client *client)
{
	static char label[64];

	if (client->slot)
		snprintf(label, sizeof(label), "client 0x%llx (slot %u)",
			 (unsigned long long)client->name, client->slot);
	else if (client->state == CLIENT_CONNECTED)
		snprintf(label, sizeof(label), "client without START");
	else
		snprintf(label, sizeof(label), "client 0x%llx",
			 (unsigned long long)client->name);
	return label;
}

/**
 * client_drop - close a client's connection because of what it did
 * @client: the client, not to be used any more except by the caller's callers
 *	to find it %CLIENT_GONE
 * @fmt: why, as for printf()
 */
void client_drop(struct client *client, const char *fmt, ...)
{
	char why[256];
	va_list ap;

	if (client->state == CLIENT_GONE)
		return;
	va_start(ap, fmt);
	vsnprintf(why, sizeof(why), fmt, ap);
	va_end(ap);
	log_line("%s: %s; connection closed", client_label(client), why);
	controller_forget(client);
}

static uint64_t to_client(const struct client *client, uint64_t time)
{
	if (client->transport == CLIENT_MEMORY)
		return time;
	return simtime_to_local(time, client->offset);
}

static uint64_t from_client(const struct client *client, uint64_t time)
{
	if (client->transport == CLIENT_MEMORY)
		return time < SIMTIME_NEVER ? time : SIMTIME_NEVER;
	return simtime_from_local(time, client->offset);
}

static void client_send(struct client *client, uint32_t op, uint32_t seq,
			uint64_t time)
{
	struct um_timetravel_msg msg = { .op = op, .seq = seq, .time = time };
	int ret;

	if (client->state == CLIENT_GONE)
		return;
	ret = conn_queue(&client->conn, &msg);
	if (ret == -ENOBUFS) {
		client_drop(client, "does not read its messages");
		return;
	} else if (ret) {
		client_drop(client, "no memory for its messages");
		return;
	}
	client->stats->out[op]++;
	if (!client->flush_pending) {
		client->flush_pending = true;
		STAILQ_INSERT_TAIL(&client->ctl->to_flush, client, flush_link);
	}
}

/* send something that has to be acknowledged */
static void client_ask(struct client *client, uint32_t op, uint64_t time)
{
	client_send(client, op, ++client->sent, time);
}

/**
 * client_send_ack - acknowledge what a client has sent
 * @client: the client
 * @seq: the sequence number of that
 * @time: what it wants to know, if anything
 */
void client_send_ack(struct client *client, uint32_t seq, uint64_t time)
{
	client_send(client, UM_TIMETRAVEL_ACK, seq, time);
}

/**
 * client_send_start_ack - tell a client that it was started, and runs
 * @client: the client, which has a slot
 * @fds: the descriptors it is offered
 * @nfds: how many, 0: none
 */
void client_send_start_ack(struct client *client, const int *fds,
			   unsigned int nfds)
{
	if (nfds)
		conn_attach(&client->conn, fds, nfds);
	/* START was its only message, and @acked its sequence number */
	client_send(client, UM_TIMETRAVEL_ACK, client->acked, client->slot);
	client->acked = 0;
}

static void client_send_until(struct client *client, uint64_t until)
{
	client->until = until;
	client_ask(client, UM_TIMETRAVEL_FREE_UNTIL, to_client(client, until));
}

/**
 * client_send_run - tell a waiting client that it runs
 * @client: the client
 * @time: at which time, controller time, ns
 * @until: and it may go on for everything strictly before this
 *
 * Return: what it was told of @until, 0 for nothing.
 */
uint64_t client_send_run(struct client *client, uint64_t time, uint64_t until)
{
	uint64_t told = 0;

	if (client->transport == CLIENT_MEMORY) {
		client_send(client, UM_TIMETRAVEL_RUN, 0, time);
		return until;
	}
	if (until > simtime_add(time, CLIENT_BLIND_NS))
		until = simtime_add(time, CLIENT_BLIND_NS);
	/* would it do anything by itself, or still think that it may? */
	if (client->until > time || (client->wants_until && until > time)) {
		client_send_until(client, until);
		told = until;
	}
	client->until_late = false;
	client_ask(client, UM_TIMETRAVEL_RUN, to_client(client, time));
	return told;
}

/**
 * client_lower_until - somebody else wants to run before the running client
 *	would have stopped
 * @client: the running client
 * @until: it may go on for everything strictly before this, controller time
 *
 * It is on its way to the client when this returns, because whoever wants to
 * run may be holding up the client only until its request is acknowledged.
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
 * @value: what to tell it
 */
void client_send_broadcast(struct client *client, uint64_t value)
{
	client_ask(client, UM_TIMETRAVEL_BROADCAST, value);
}

/**
 * client_flush - send what there is to be sent, now or when there is room
 * @client: the client
 */
void client_flush(struct client *client)
{
	bool more;

	if (client->state == CLIENT_GONE)
		return;
	more = conn_flush(&client->conn);
	if (more == client->write_wait)
		return;
	client->write_wait = more;
	loop_change(&client->ctl->loop, &client->source,
		    EPOLLIN | (more ? EPOLLOUT : 0));
}

static void handle_start(struct client *client,
			 const struct um_timetravel_msg *msg)
{
	if (client->state != CLIENT_CONNECTED) {
		client_drop(client, "START twice");
		return;
	}
	client->name = msg->time;
	client->acked = msg->seq;
	controller_start(client);
}

static void handle_ack(struct client *client,
		       const struct um_timetravel_msg *msg)
{
	if (client->sent == client->acked) {
		client_drop(client, "ACK though nothing was asked");
	} else if (msg->seq != client->acked + 1) {
		client_drop(client, "ACK of %u, but it is %u's turn", msg->seq,
			    client->acked + 1);
	} else {
		client->acked++;
		broadcasts_acked(&client->ctl->broadcasts,
				 &client->broadcasts, client->acked);
	}
}

static void handle_wait(struct client *client,
			const struct um_timetravel_msg *msg)
{
	struct controller *ctl = client->ctl;
	bool memory = client->transport == CLIENT_MEMORY;
	uint64_t time;

	if (client->state != CLIENT_RUNNING) {
		client_drop(client, "WAIT though it waits already");
		return;
	}
	if (memory) {
		time = shm_time(&ctl->shm);
		if (sched_reach(&ctl->sched, time)) {
			client_drop(client,
				    "its current_time is %llu, after it was run at %llu until %llu",
				    (unsigned long long)time,
				    (unsigned long long)ctl->sched.now,
				    (unsigned long long)ctl->sched.granted);
			return;
		}
	} else {
		client_send_ack(client, msg->seq, 0);
		if (!client->until_late)
			client->until = 0;
	}
	client->stats->time = simtime_to_local(ctl->sched.now, client->offset);
	client->state = CLIENT_WAITING;
	sched_stop(&ctl->sched, memory);
	if (memory)
		controller_look(client);
}

static void handle_update(struct client *client,
			  const struct um_timetravel_msg *msg)
{
	struct controller *ctl = client->ctl;

	if (client->transport == CLIENT_MEMORY) {
		client_drop(client, "UPDATE though it shares memory");
	} else if (client->state != CLIENT_RUNNING) {
		client_drop(client, "UPDATE though it does not run");
	} else if (sched_reach(&ctl->sched, from_client(client, msg->time))) {
		client_drop(client, "UPDATE to %llu, it may say %llu to %llu",
			    (unsigned long long)msg->time,
			    (unsigned long long)to_client(client,
							  ctl->sched.now),
			    (unsigned long long)to_client(client,
							  ctl->sched.granted));
	} else {
		shm_set_time(&ctl->shm, ctl->sched.now);
		client->stats->time = simtime_to_local(ctl->sched.now,
						       client->offset);
		client_send_ack(client, msg->seq, 0);
	}
}

static uint64_t time_of_day(struct controller *ctl)
{
	uint64_t tod;

	if (__builtin_add_overflow(ctl->opt->start_time, controller_now(ctl),
				   &tod))
		return UINT64_MAX;
	return tod;
}

static void handle_started(struct client *client,
			   const struct um_timetravel_msg *msg)
{
	struct controller *ctl = client->ctl;

	switch (msg->op) {
	case UM_TIMETRAVEL_ACK:
		handle_ack(client, msg);
		break;
	case UM_TIMETRAVEL_REQUEST:
		controller_request(client, from_client(client, msg->time));
		client_send_ack(client, msg->seq, 0);
		break;
	case UM_TIMETRAVEL_WAIT:
		handle_wait(client, msg);
		break;
	case UM_TIMETRAVEL_GET:
		client_send_ack(client, msg->seq,
				to_client(client, controller_now(ctl)));
		break;
	case UM_TIMETRAVEL_UPDATE:
		handle_update(client, msg);
		break;
	case UM_TIMETRAVEL_GET_TOD:
		client_send_ack(client, msg->seq, time_of_day(ctl));
		break;
	case UM_TIMETRAVEL_BROADCAST:
		controller_broadcast(client, msg->seq, msg->time);
		break;
	default:
		client_drop(client, "only the controller may send %s",
			    op_name(msg->op));
	}
}

static bool client_message(struct conn *conn,
			   const struct um_timetravel_msg *msg)
{
	struct client *client = container_of(conn, struct client, conn);
	const char *name = op_name(msg->op);

	if (!name) {
		client_drop(client, "unknown operation %u", msg->op);
		return false;
	}
	client->stats->in[msg->op]++;
	if (client->transport == CLIENT_OFFERED)
		controller_settle(client);

	if (msg->op == UM_TIMETRAVEL_START)
		handle_start(client, msg);
	else if (client->state == CLIENT_CONNECTED)
		client_drop(client, "%s before START", name);
	else if (client->state == CLIENT_STARTING)
		client_drop(client, "%s before START was acknowledged", name);
	else
		handle_started(client, msg);

	return client->state != CLIENT_GONE;
}

static void client_ready(struct loop_source *source, uint32_t events)
{
	struct client *client = container_of(source, struct client, source);
	int ret;

	if (events & EPOLLOUT)
		client_flush(client);
	if (!(events & ~EPOLLOUT))
		return;

	ret = conn_read(&client->conn, client_message);
	if (ret > 0 || client->state == CLIENT_GONE)
		return;
	if (client->conn.rest_len) {
		client_drop(client, "ended after half a message, %zu bytes of %zu",
			    client->conn.rest_len,
			    sizeof(struct um_timetravel_msg));
		return;
	}
	if (ret && ret != -ECONNRESET)
		log_line("%s: %s", client_label(client), strerror(-ret));
	log_verbose("%s has gone", client_label(client));
	controller_forget(client);
}

/**
 * client_new - make a client for a connection
 * @ctl: the controller
 * @fd: the connection, non-blocking; closed with the client, or if there is
 *	none
 *
 * Return: the client, in the event loop; NULL if there is no memory.
 */
struct client *client_new(struct controller *ctl, int fd)
{
	struct client *client = calloc(1, sizeof(*client));

	if (!client)
		goto close;
	client->stats = stats_new();
	if (!client->stats)
		goto free;
	client->ctl = ctl;
	broadcasts_join(&client->broadcasts);
	client->source.fd = fd;
	client->source.ready = client_ready;
	conn_init(&client->conn, fd);
	if (!loop_add(&ctl->loop, &client->source, EPOLLIN))
		return client;

	free(client->stats);
free:
	free(client);
close:
	close(fd);
	return NULL;
}

/**
 * client_free - free a client that controller_forget() has forgotten
 * @client: the client
 */
void client_free(struct client *client)
{
	/* otherwise they are the statistics' by now */
	if (!client->slot)
		free(client->stats);
	free(client);
}
