// SPDX-License-Identifier: BSD-3-Clause
/*
 * A client: which messages it sends when, and what it does with those it gets.
 *
 * Theory of operation
 *
 * A client runs or waits. While it runs, a request is only remembered: the
 * controller does not look at it before the client waits, and it may be replaced
 * until then. While the client waits, a callback may make a request, which is
 * sent at once. RUN uses the request up.
 *
 * Free-until is the time before which a running client may go on by itself. In
 * the memory it can be read at any time. By messages it comes before RUN. The
 * controller sends a lower one during the run if somebody whom this client has
 * sent something now wants to run earlier, and sends it before that other client
 * can go on. So this client reads all messages that are there before it uses
 * free-until.
 *
 * A FREE_UNTIL that comes before the ACK to WAIT belongs to the run that has
 * ended; one that comes after it belongs to the next run. So free-until is
 * cleared when that ACK comes.
 *
 * With the memory all times in messages and in the memory are the controller's:
 * local time plus @offset. Without it the controller converts, and @offset is 0.
 *
 * A broadcast that comes while an ACK is awaited is kept until no message is in
 * flight, so that its callback may send what it likes. When it is acknowledged
 * depends on what the client does:
 *
 * - A client that waits, or is about to, acknowledges a broadcast when its
 *   callback has returned. Then the sender goes on, and it must not get past a
 *   time for which the callback has asked.
 *
 * - A client that runs acknowledges it at once. Nobody needs to know its request
 *   before it waits.
 *
 * - A callback that waits for another client (tt_client_wait_readable())
 *   acknowledges it as well: that other client may be the sender.
 *
 * ACKs are sent in the order in which the messages came: a controller may insist
 * on it. So the ACK of another message may have to wait behind a broadcast's.
 *
 * A frame that a running client sends can arrive somewhere after the card's delay
 * at the earliest, so the client goes no further by itself than to that time.
 * Nobody looks at the frame before the client waits, so it is only queued, and
 * sent along with the next message. Frames that arrive come before RUN, which is
 * for the time of their arrival.
 */

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>
#include <sys/socket.h>
#include <unistd.h>

#include "ttclient.h"
#include "error.h"
#include "memory.h"
#include "netport.h"
#include "op.h"
#include "simtime.h"
#include "socket.h"
#include "watch.h"

#define API __attribute__((visibility("default")))

/* what a frame has at least, and besides the MTU: a header and two VLAN tags */
#define FRAME_MIN 14
#define FRAME_MORE 22

/**
 * enum state - what a client does
 *
 * @RUNS: it runs
 * @STOPS: it still runs, but only to make its request and to send WAIT
 * @WAITS: it waits for RUN
 */
enum state {
	RUNS,
	STOPS,
	WAITS,
};

/**
 * struct received - a message that was not acknowledged, or not passed on
 *
 * @seq: its sequence number
 * @is_broadcast: it is a broadcast, rather than another one behind a broadcast
 * @value: what the broadcast says
 */
struct received {
	uint32_t seq;
	bool is_broadcast;
	uint64_t value;
};

/**
 * struct frame - a frame that has arrived
 *
 * @link: in the client's list
 * @time: when, local time, ns
 * @card: at which card
 * @len: its length, bytes
 * @data: the frame
 */
struct frame {
	STAILQ_ENTRY(frame) link;
	uint64_t time;
	unsigned int card;
	size_t len;
	unsigned char data[];
};

STAILQ_HEAD(frames, frame);

/**
 * struct tt_client - a client
 *
 * @opt: the options it was opened with
 * @sock: the connection to the controller
 * @memory: the shared memory, if it is used
 * @error: what went wrong last
 * @broken: -errno of what has ended the connection, after which every call
 *	fails; 0 if nothing has
 * @state: whether it runs
 * @callbacks: number of callbacks that were called and have not returned
 * @passing_on: one of them is the one for broadcasts
 * @blocked: that one waits for another client
 * @asked: a callback has made a request since tt_client_run_until() began
 * @slot: this client's slot
 * @log_fd: the log that came with the memory, or -1
 * @seq: sequence number of the last message that it sent and that is no ACK
 * @offset: with the memory, controller time when the clock was 0, ns
 * @now: the clock, local time, ns
 * @told: without the memory, the last time that the controller knows of, ns
 * @request: when it wants to run, local time, ns, or %TT_NEVER
 * @until: without the memory, free-until, local time, ns; 0: none
 * @received: messages that were not acknowledged or not passed on, in order
 * @nr_received: number of messages in @received
 * @nr_acked: number of the first ones, which were acknowledged
 * @nr_passed: number of the first ones, which were passed on or are just being
 *	passed on
 * @room: number of messages for which @received has room
 * @watches: the descriptors that are watched
 * @cards: the network cards
 * @nr_cards: number of them
 * @arrival: a frame that was sent in this run can arrive at this time, local
 *	time, ns; %TT_NEVER if none was sent
 * @frames: frames that have arrived
 * @taken: the one that tt_client_receive() has returned last, or NULL
 */
struct tt_client {
	struct tt_client_options opt;
	struct tt_socket sock;
	struct tt_memory memory;
	struct tt_error error;
	int broken;
	enum state state;
	unsigned int callbacks;
	bool passing_on;
	bool blocked;
	bool asked;
	uint16_t slot;
	int log_fd;
	uint32_t seq;
	uint64_t offset;
	uint64_t now;
	uint64_t told;
	uint64_t request;
	uint64_t until;
	struct received *received;
	size_t nr_received;
	size_t nr_acked;
	size_t nr_passed;
	size_t room;
	struct tt_watches watches;
	struct netport_card *cards;
	unsigned int nr_cards;
	uint64_t arrival;
	struct frames frames;
	struct frame *taken;
};

/* end the connection; @ret and the line in @error say why */
static int lost(struct tt_client *client, int ret)
{
	client->broken = ret;
	tt_socket_shutdown(&client->sock);
	return ret;
}

#define broke_protocol(client, ...) \
	lost(client, tt_error(&(client)->error, EPROTO, __VA_ARGS__))

static uint64_t to_controller(const struct tt_client *client, uint64_t time)
{
	return simtime_from_local(time, client->offset);
}

/* move the clock of a running client */
static void set_now(struct tt_client *client, uint64_t time)
{
	client->now = time;
	/*
	 * From START to its first WAIT a client may run beside another one.
	 * Only the one that running_id names may write the time.
	 */
	if (client->memory.mem && tt_memory_runs(&client->memory))
		tt_memory_set_time(&client->memory,
				   to_controller(client, time));
}

static int client_send(struct tt_client *client, uint32_t op, uint32_t seq,
		       uint64_t time)
{
	struct um_timetravel_msg msg = { .op = op, .seq = seq, .time = time };
	int ret = tt_socket_send(&client->sock, &msg);

	return ret ? lost(client, ret) : 0;
}

/* acknowledge all that was received */
static int send_acks(struct tt_client *client)
{
	int ret = 0;

	while (!ret && client->nr_acked < client->nr_received)
		ret = client_send(client, UM_TIMETRAVEL_ACK,
				  client->received[client->nr_acked++].seq, 0);
	return ret;
}

static int keep(struct tt_client *client, const struct um_timetravel_msg *msg)
{
	size_t room = client->room;
	struct received *received;

	if (client->nr_received == room) {
		room = room ? 2 * room : 16;
		received = realloc(client->received, room * sizeof(*received));
		if (!received)
			return lost(client, tt_error(&client->error, ENOMEM,
						     "no memory for a message"));
		client->received = received;
		client->room = room;
	}
	client->received[client->nr_received++] = (struct received) {
		.seq = msg->seq,
		.is_broadcast = msg->op == UM_TIMETRAVEL_BROADCAST,
		.value = msg->time,
	};
	/* while it waits, pass_on_broadcasts() sends the ACKs */
	if (client->state != RUNS && !client->blocked)
		return 0;
	return send_acks(client);
}

/* acknowledge a message, after those that came before it */
static int ack(struct tt_client *client, const struct um_timetravel_msg *msg)
{
	if (client->nr_acked < client->nr_received)
		return keep(client, msg);
	return client_send(client, UM_TIMETRAVEL_ACK, msg->seq, 0);
}

static int handle_run(struct tt_client *client,
		      const struct um_timetravel_msg *msg)
{
	if (client->state != WAITS)
		return broke_protocol(client,
				      "RUN, but this client runs already");
	if (msg->time >= TT_NEVER ||
	    msg->time < to_controller(client, client->now))
		return broke_protocol(client,
				      "RUN at %llu, but this client's clock shows %llu",
				      (unsigned long long)msg->time,
				      (unsigned long long)
				      to_controller(client, client->now));
	client->state = RUNS;
	client->request = TT_NEVER;
	client->arrival = TT_NEVER;
	if (client->memory.mem)
		tt_memory_clear_request(&client->memory);
	set_now(client, msg->time - client->offset);
	client->told = client->now;
	return client->memory.mem ? send_acks(client) : ack(client, msg);
}

static int receive_payload(struct tt_client *client, void *payload, size_t len)
{
	int ret = tt_socket_receive_payload(&client->sock, payload, len);

	return ret ? lost(client, ret) : 0;
}

/* the controller describes a card before it acknowledges PLUG */
static int handle_plug(struct tt_client *client)
{
	struct netport_card *cards;

	cards = realloc(client->cards, (client->nr_cards + 1) * sizeof(*cards));
	if (!cards)
		return lost(client, tt_error(&client->error, ENOMEM,
					     "no memory for a card"));
	client->cards = cards;
	return receive_payload(client, &cards[client->nr_cards++],
			       sizeof(*cards));
}

static int handle_frame(struct tt_client *client,
			const struct um_timetravel_msg *msg)
{
	size_t len = netport_len(msg->seq);
	struct frame *frame = malloc(sizeof(*frame) + len);
	int ret;

	if (!frame)
		return lost(client, tt_error(&client->error, ENOMEM,
					     "no memory for a frame"));
	frame->time = simtime_to_local(msg->time, client->offset);
	frame->card = netport_card(msg->seq);
	frame->len = len;
	ret = receive_payload(client, frame->data, len);
	if (ret)
		free(frame);
	else
		STAILQ_INSERT_TAIL(&client->frames, frame, link);
	return ret;
}

/* a message that is not the ACK that is being waited for */
static int handle(struct tt_client *client,
		  const struct um_timetravel_msg *msg)
{
	switch (msg->op) {
	case UM_TIMETRAVEL_RUN:
		return handle_run(client, msg);
	case UM_TIMETRAVEL_FREE_UNTIL:
		/* with the memory, free-until is read there */
		if (!client->memory.mem)
			client->until = msg->time;
		return ack(client, msg);
	case UM_TIMETRAVEL_BROADCAST:
		return client->opt.broadcast ? keep(client, msg) :
					       ack(client, msg);
	case NETPORT_PLUG:
		return handle_plug(client);
	case NETPORT_FRAME:
		return handle_frame(client, msg);
	case UM_TIMETRAVEL_ACK:
		return broke_protocol(client,
				      "ACK of message %u, expected none",
				      msg->seq);
	default:
		return broke_protocol(client,
				      "operation %u, which no controller sends",
				      msg->op);
	}
}

/* returns -EAGAIN, without a line, if nothing comes in time */
static int receive(struct tt_client *client, struct um_timetravel_msg *msg,
		   int flags)
{
	int ret = tt_socket_receive(&client->sock, msg, flags);

	return ret && ret != -EAGAIN ? lost(client, ret) : ret;
}

/* handle all messages that have come */
static int drain(struct tt_client *client)
{
	struct um_timetravel_msg msg;
	int ret;

	do {
		ret = receive(client, &msg, MSG_DONTWAIT);
		if (!ret)
			ret = handle(client, &msg);
	} while (!ret);
	return ret == -EAGAIN ? 0 : ret;
}

/*
 * Wait for the ACK of a message. That of a broadcast takes as long as the
 * callbacks of all others do, which the controller cannot know.
 */
static int wait_for_ack(struct tt_client *client, uint32_t op, uint32_t seq,
			uint64_t *answer)
{
	bool is_limited = op != UM_TIMETRAVEL_BROADCAST;
	struct um_timetravel_msg msg;
	long long end = 0;
	int ret = 0;

	while (!ret) {
		ret = receive(client, &msg, 0);
		if (!ret && msg.op == UM_TIMETRAVEL_ACK) {
			if (msg.seq != seq)
				return broke_protocol(client,
						      "ACK of message %u, expected %u",
						      msg.seq, seq);
			if (answer)
				*answer = msg.time;
			return 0;
		}
		if (!ret)
			ret = handle(client, &msg);
		if (!is_limited)
			ret = ret == -EAGAIN ? 0 : ret;
		/* other messages do not extend the time limit */
		else if (ret == -EAGAIN ||
			 (!ret && !tt_socket_left_ms(&client->sock, &end)))
			ret = lost(client,
				   tt_error(&client->error, ETIMEDOUT,
					    "the controller has not acknowledged %s within %d ms",
					    op_name(op),
					    client->opt.timeout_ms));
	}
	return ret;
}

/* send a message and wait until it is acknowledged */
static int ask(struct tt_client *client, uint32_t op, uint64_t time,
	       uint64_t *answer)
{
	uint32_t seq = ++client->seq;
	int ret = client_send(client, op, seq, time);

	return ret ? ret : wait_for_ack(client, op, seq, answer);
}

/* call back for broadcasts; no message is in flight */
static void pass_on_broadcasts(struct tt_client *client)
{
	struct received received;

	if (client->passing_on || !client->nr_received)
		return;
	client->passing_on = true;
	client->callbacks++;
	/* more may come during a callback, and @received may move */
	while (client->nr_passed < client->nr_received) {
		received = client->received[client->nr_passed++];
		if (received.is_broadcast)
			client->opt.broadcast(client, received.value,
					      client->opt.data);
	}
	client->callbacks--;
	client->passing_on = false;
	/* whether this fails is in @broken */
	if (!client->broken)
		send_acks(client);
	client->nr_received = 0;
	client->nr_acked = 0;
	client->nr_passed = 0;
}

/* the end of each function that may have read messages */
static int done(struct tt_client *client, int ret)
{
	if (ret)
		return ret;
	pass_on_broadcasts(client);
	return client->broken;
}

/* handle all that has come; callbacks may read more of it */
static int catch_up(struct tt_client *client)
{
	int ret;

	do {
		ret = done(client, drain(client));
	} while (!ret && tt_socket_has_message(&client->sock));
	return ret;
}

/* make @request known to the controller */
static int publish_request(struct tt_client *client)
{
	uint64_t time = to_controller(client, client->request);

	if (client->memory.mem && tt_memory_request(&client->memory, time))
		return 0;
	return ask(client, UM_TIMETRAVEL_REQUEST, time, NULL);
}

/* a caller that was built with another version has shorter or longer options */
static int take_options(struct tt_client *client,
			const struct tt_client_options *opt)
{
	const char *extra = (const char *)opt + sizeof(*opt);
	size_t size = opt->size;

	if (size < sizeof(*opt))
		return tt_error(&client->error, EINVAL,
				"options: size is %zu, expected at least %zu",
				size, sizeof(*opt));
	for (; size > sizeof(*opt); size--)
		if (*extra++)
			return tt_error(&client->error, E2BIG,
					"options: some of them need a newer library");
	client->opt = *opt;
	if (!opt->path)
		return tt_error(&client->error, EINVAL, "options: no path");
	if (opt->flags & ~TT_CLIENT_NO_MEMORY)
		return tt_error(&client->error, EINVAL,
				"options: unknown flags 0x%x",
				opt->flags & ~TT_CLIENT_NO_MEMORY);
	if (opt->timeout_ms < -1)
		return tt_error(&client->error, EINVAL,
				"options: timeout_ms is %d", opt->timeout_ms);
	if (!opt->timeout_ms)
		client->opt.timeout_ms = TT_CLIENT_TIMEOUT_MS;
	return 0;
}

/* if the memory cannot be used, that is no error: messages are used */
static void take_memory(struct tt_client *client)
{
	int *fds = client->sock.fds;

	if (!client->sock.nfds || client->opt.flags & TT_CLIENT_NO_MEMORY)
		return;
	if (client->sock.nfds != UM_TIMETRAVEL_SHARED_MAX_FDS) {
		tt_error(&client->error, EPROTO,
			 "no shared memory: %u descriptors came with START's ACK, expected %d",
			 client->sock.nfds, UM_TIMETRAVEL_SHARED_MAX_FDS);
		return;
	}
	client->log_fd = fds[UM_TIMETRAVEL_SHARED_LOGFD];
	fds[UM_TIMETRAVEL_SHARED_LOGFD] = -1;
	if (tt_memory_attach(&client->memory, fds[UM_TIMETRAVEL_SHARED_MEMFD],
			     client->slot, &client->error))
		return;
	client->offset = tt_memory_time(&client->memory);
}

static int start(struct tt_client *client)
{
	uint64_t answer;
	int ret;

	client->sock.take_fds = true;
	ret = ask(client, UM_TIMETRAVEL_START, client->opt.name, &answer);
	client->sock.take_fds = false;
	if (ret)
		return ret;
	client->slot = answer & UM_TIMETRAVEL_START_ACK_ID;
	take_memory(client);
	tt_socket_close_fds(&client->sock);
	return 0;
}

API int tt_client_open(struct tt_client **client_ret,
		       const struct tt_client_options *opt)
{
	struct tt_client *client = calloc(1, sizeof(*client));
	int ret;

	*client_ret = client;
	if (!client)
		return -ENOMEM;
	client->log_fd = -1;
	client->request = TT_NEVER;
	client->arrival = TT_NEVER;
	STAILQ_INIT(&client->frames);
	tt_socket_init(&client->sock, &client->error);
	tt_watches_init(&client->watches);

	ret = take_options(client, opt);
	if (!ret)
		ret = tt_socket_connect(&client->sock, opt->path,
					client->opt.timeout_ms);
	client->opt.path = NULL;
	if (!ret)
		ret = start(client);
	if (ret)
		return lost(client, ret);
	return done(client, 0);
}

API void tt_client_close(struct tt_client *client)
{
	struct frame *frame;

	if (!client)
		return;
	if (!client->broken)
		tt_socket_flush(&client->sock);
	while ((frame = STAILQ_FIRST(&client->frames))) {
		STAILQ_REMOVE_HEAD(&client->frames, link);
		free(frame);
	}
	free(client->taken);
	free(client->cards);
	tt_memory_detach(&client->memory);
	tt_socket_close(&client->sock);
	if (client->log_fd >= 0)
		close(client->log_fd);
	free(client->received);
	tt_watches_destroy(&client->watches);
	free(client);
}

API int tt_client_now(struct tt_client *client, uint64_t *ns)
{
	uint64_t time;
	int ret;

	if (client->broken)
		return client->broken;
	if (client->state == RUNS) {
		*ns = client->now;
		return 0;
	}
	if (client->memory.mem) {
		time = tt_memory_time(&client->memory);
	} else {
		ret = ask(client, UM_TIMETRAVEL_GET, 0, &time);
		if (ret)
			return ret;
	}
	time = simtime_to_local(time, client->offset);
	/* the controller may not know yet how far this client got in its run */
	*ns = time > client->now ? time : client->now;
	return done(client, 0);
}

API int tt_client_request(struct tt_client *client, uint64_t ns)
{
	if (client->broken)
		return client->broken;
	if (client->callbacks)
		client->asked = true;
	if (ns == client->request)
		return 0;
	client->request = ns;
	if (client->state == RUNS)
		return 0;
	return done(client, publish_request(client));
}

static int interrupt(struct tt_client *client, const struct tt_ready *ready)
{
	int ret;

	client->callbacks++;
	ret = client->opt.interrupted(client, ready->fd, client->opt.data);
	client->callbacks--;
	tt_watches_called(&client->watches, ready);
	if (client->broken || !ret)
		return client->broken;
	tt_error(&client->error, ECANCELED,
		 "interrupted() returned %d for descriptor %d", ret, ready->fd);
	return lost(client, ret);
}

/*
 * Wait for a message of the controller, for @fd, or for a descriptor that is
 * watched, and call back for that. Returns -EAGAIN if there is no message.
 */
static int serve(struct tt_client *client, int fd, bool *fd_is_readable)
{
	struct pollfd fds[] = {
		{ .fd = client->sock.fd, .events = POLLIN },
		{ .fd = client->watches.epoll, .events = POLLIN },
		{ .fd = fd, .events = POLLIN },
	};
	struct tt_ready ready;
	int ret;

	do {
		ret = poll(fds, 3, -1);
	} while (ret < 0 && errno == EINTR);
	if (ret < 0)
		return lost(client, tt_error(&client->error, errno, "poll: %s",
					     strerror(errno)));
	if (fds[2].revents & POLLNVAL)
		return tt_error(&client->error, EBADF,
				"descriptor %d is not open", fd);
	if (fds[1].revents && tt_watches_next(&client->watches, &ready)) {
		ret = interrupt(client, &ready);
		if (ret)
			return ret;
	}
	*fd_is_readable = fds[2].revents;
	return fds[0].revents ? 0 : -EAGAIN;
}

static bool watches(const struct tt_client *client)
{
	return client->watches.count;
}

/* call back for all descriptors that have something now */
static int serve_all(struct tt_client *client)
{
	size_t most = client->watches.count;
	struct tt_ready ready;
	int ret = 0;

	while (!ret && most-- && tt_watches_next(&client->watches, &ready))
		ret = interrupt(client, &ready);
	return ret;
}

/* while it waits: one callback for a descriptor, or one message */
static int wait_step(struct tt_client *client)
{
	struct um_timetravel_msg msg;
	int ret, flags = 0;
	bool unused;

	/* the rest of a message has a time limit, serve() has none */
	if (watches(client) && tt_socket_is_empty(&client->sock)) {
		ret = serve(client, -1, &unused);
		if (ret || client->state == RUNS)
			return ret;
		/* a callback may have read the message */
		flags = MSG_DONTWAIT;
	}
	ret = receive(client, &msg, flags);
	if (!ret)
		ret = handle(client, &msg);
	/* what others have sent before RUN is seen before the wait ends */
	if (!ret && client->state == RUNS && watches(client))
		ret = serve_all(client);
	return ret;
}

static int wait_for_run(struct tt_client *client)
{
	bool memory = client->memory.mem;
	int ret = 0;

	tt_watches_look_again(&client->watches);
	/* without a callback nothing can make a request during the wait */
	if (memory)
		tt_memory_no_interrupt(&client->memory,
				       !watches(client) && !client->opt.broadcast);
	client->state = STOPS;
	if (client->request < TT_NEVER)
		ret = publish_request(client);
	if (ret)
		return ret;

	client->state = WAITS;
	if (memory)
		ret = client_send(client, UM_TIMETRAVEL_WAIT, ++client->seq, 0);
	else
		ret = ask(client, UM_TIMETRAVEL_WAIT, 0, NULL);
	client->until = 0;
	while (!ret && client->state == WAITS) {
		pass_on_broadcasts(client);
		if (client->broken || client->state == RUNS)
			break;
		ret = wait_step(client);
		if (ret == -EAGAIN)
			ret = 0;
	}
	return done(client, ret);
}

/* @what can be called only while the client runs */
static int check_runs(struct tt_client *client, const char *what)
{
	if (client->broken)
		return client->broken;
	if (client->callbacks)
		return tt_error(&client->error, EBUSY,
				"%s cannot be called in a callback", what);
	return 0;
}

API int tt_client_wait(struct tt_client *client)
{
	int ret = check_runs(client, "tt_client_wait()");

	return ret ? ret : wait_for_run(client);
}

/* may it go on to @ns by itself? */
static bool is_free(const struct tt_client *client, uint64_t ns)
{
	uint64_t until = client->memory.mem ?
				 tt_memory_free_until(&client->memory) :
				 client->until;

	return ns < TT_NEVER && ns < client->arrival &&
	       to_controller(client, ns) < until;
}

/* get to @ns, or part of the way */
static int run_step(struct tt_client *client, uint64_t ns)
{
	int ret = 0;

	/* a lower free-until may have come */
	if (client->until)
		ret = catch_up(client);
	if (ret || client->asked)
		return ret;
	if (is_free(client, ns)) {
		set_now(client, ns);
		return 0;
	}
	client->request = ns;
	return wait_for_run(client);
}

API int tt_client_run_until(struct tt_client *client, uint64_t ns)
{
	int ret = check_runs(client, "tt_client_run_until()");

	if (ret)
		return ret;
	if (ns < client->now)
		return tt_error(&client->error, EINVAL,
				"cannot run until %llu: it is %llu already",
				(unsigned long long)ns,
				(unsigned long long)client->now);
	client->asked = false;
	while (!ret && client->now < ns && !client->asked &&
	       STAILQ_EMPTY(&client->frames))
		ret = run_step(client, ns);
	return ret;
}

API int tt_client_update(struct tt_client *client)
{
	int ret;

	if (client->broken)
		return client->broken;
	if (client->state != RUNS)
		return tt_error(&client->error, EPERM,
				"only a client that runs can update the time");
	if (client->memory.mem) {
		if (tt_memory_runs(&client->memory))
			return 0;
		return tt_error(&client->error, EPERM,
				"only a client that runs can update the time, and slot %u does not",
				client->slot);
	}
	if (client->told == client->now)
		return 0;
	ret = ask(client, UM_TIMETRAVEL_UPDATE, client->now, NULL);
	if (!ret)
		client->told = client->now;
	return done(client, ret);
}

API int tt_client_broadcast(struct tt_client *client, uint64_t value)
{
	if (client->broken)
		return client->broken;
	return done(client,
		    ask(client, UM_TIMETRAVEL_BROADCAST, value, NULL));
}

API int tt_client_time_of_day(struct tt_client *client, uint64_t *ns)
{
	if (client->broken)
		return client->broken;
	return done(client, ask(client, UM_TIMETRAVEL_GET_TOD, 0, ns));
}

API int tt_client_watch(struct tt_client *client, int fd)
{
	if (client->broken)
		return client->broken;
	if (!client->opt.interrupted)
		return tt_error(&client->error, EINVAL,
				"options: no interrupted(), so nothing can be watched");
	return tt_watches_add(&client->watches, fd, &client->error);
}

API int tt_client_unwatch(struct tt_client *client, int fd)
{
	if (tt_watches_remove(&client->watches, fd))
		return 0;
	return tt_error(&client->error, ENOENT, "descriptor %d is not watched",
			fd);
}

static int wait_readable(struct tt_client *client, int fd)
{
	bool is_readable = false;
	int ret;

	/* poll() does not tell what came with an ACK, and was read already */
	ret = catch_up(client);
	while (!ret && !is_readable) {
		ret = serve(client, fd, &is_readable);
		/* the controller says what it has to before the other one can */
		if (!ret || ret == -EAGAIN)
			ret = catch_up(client);
	}
	return ret;
}

API int tt_client_wait_readable(struct tt_client *client, int fd)
{
	bool blocked = client->blocked;
	uint64_t held;
	int ret = 0;

	if (client->broken)
		return client->broken;
	if (fd < 0)
		return tt_error(&client->error, EBADF,
				"cannot wait for descriptor %d", fd);
	held = tt_watches_hold(&client->watches, fd);
	client->blocked = client->passing_on;
	/* it may be a broadcast's sender that the callback waits for */
	if (client->blocked)
		ret = send_acks(client);
	if (!ret)
		ret = wait_readable(client, fd);
	client->blocked = blocked;
	tt_watches_release(&client->watches, held);
	return ret;
}

API int tt_client_dispatch(struct tt_client *client)
{
	if (client->broken)
		return client->broken;
	return catch_up(client);
}

API int tt_client_plug(struct tt_client *client, const char *network,
		       struct tt_card *card)
{
	char name[NETPORT_NAME_LEN] = {};
	size_t len = strlen(network);
	struct um_timetravel_msg msg = {
		.op = NETPORT_PLUG, .seq = ++client->seq,
	};
	const struct netport_card *info;
	uint64_t number;
	int ret;

	if (client->broken)
		return client->broken;
	if (!len || len >= sizeof(name))
		return tt_error(&client->error, EINVAL,
				"the name of a network has %zu bytes, not 1 to %zu",
				len, sizeof(name) - 1);
	memcpy(name, network, len);
	ret = tt_socket_queue(&client->sock, &msg, name, sizeof(name));
	if (!ret)
		ret = tt_socket_flush(&client->sock);
	if (ret)
		return lost(client, ret);
	ret = wait_for_ack(client, NETPORT_PLUG, msg.seq, &number);
	if (!ret && (!number || number != client->nr_cards))
		ret = tt_error(&client->error, ENOENT,
			       "the controller has no network \"%s\"", network);
	if (ret)
		return done(client, ret);
	info = &client->cards[number - 1];
	*card = (struct tt_card) {
		.number = number, .mtu = info->mtu, .delay = info->delay,
	};
	memcpy(card->mac, info->mac, sizeof(card->mac));
	return done(client, 0);
}

API int tt_client_send(struct tt_client *client, unsigned int card,
		       const void *frame, size_t len)
{
	struct um_timetravel_msg msg = {
		.op = NETPORT_FRAME,
		.seq = netport_seq(card, len),
		.time = to_controller(client, client->now),
	};
	const struct netport_card *info;
	uint64_t arrival;
	int ret;

	if (client->broken)
		return client->broken;
	if (client->state != RUNS)
		return tt_error(&client->error, EPERM,
				"only a client that runs can send a frame");
	if (!card || card > client->nr_cards)
		return tt_error(&client->error, ENOENT,
				"there is no card %u", card);
	info = &client->cards[card - 1];
	if (len < FRAME_MIN || len > FRAME_MORE + (size_t)info->mtu)
		return tt_error(&client->error, EMSGSIZE,
				"a frame has %zu bytes, not %u to %u", len,
				FRAME_MIN, FRAME_MORE + info->mtu);
	ret = tt_socket_queue(&client->sock, &msg, frame, len);
	if (ret)
		return lost(client, ret);
	arrival = simtime_add(client->now, info->delay);
	if (arrival < client->arrival)
		client->arrival = arrival;
	return 0;
}

API int tt_client_receive(struct tt_client *client, struct tt_frame *frame)
{
	struct frame *first = STAILQ_FIRST(&client->frames);

	free(client->taken);
	client->taken = first;
	if (!first)
		return client->broken ? client->broken : -EAGAIN;
	STAILQ_REMOVE_HEAD(&client->frames, link);
	*frame = (struct tt_frame) {
		.time = first->time,
		.card = first->card,
		.len = first->len,
		.data = first->data,
	};
	return 0;
}

API bool tt_client_uses_memory(const struct tt_client *client)
{
	return client->memory.mem;
}

API int tt_client_log_fd(const struct tt_client *client)
{
	return client->log_fd;
}

API uint16_t tt_client_slot(const struct tt_client *client)
{
	return client->slot;
}

API const char *tt_client_error(const struct tt_client *client)
{
	return client ? client->error.text : "no memory for a client";
}
