// SPDX-License-Identifier: GPL-2.0
/*
 * Clients with network cards, on a network of the real controller.
 */
#include <errno.h>
#include <pthread.h>
#include <string.h>
#include <unistd.h>

#include "fake.h"
#include "sim.h"

#define MS 1000000ULL
#define DELAY (5 * MS)
#define MAX_CLIENTS 64

/* options that say which clients are offered the memory */
static const char *const transports[] = { "-v", "--no-shm", "--no-shm-for=1" };
#define TRANSPORTS (sizeof(transports) / sizeof(transports[0]))

/**
 * struct host - a client on the network, in its thread
 *
 * @id: its name
 * @live: what it does, with its card plugged in and all others' as well
 * @client: the client
 * @card: its card
 */
struct host {
	uint64_t id;
	void (*live)(struct host *host);
	struct tt_client *client;
	struct tt_card card;
};

/* a frame of the test: who sends it, when, and the rest depends on that */
struct test_frame {
	unsigned char to[6];
	unsigned char from[6];
	unsigned char type[2];
	uint64_t id;
	uint64_t sent;
	unsigned char rest[1486];
};

static void *join(void *data)
{
	struct host *host = data;

	host->client = sim_join((struct tt_client_options) { .name = host->id });
	must(!tt_client_plug(host->client, "lan", &host->card));
	/* now all are there and have plugged in theirs */
	must(!tt_client_run_until(host->client, MS));
	host->live(host);
	tt_client_close(host->client);
	return NULL;
}

static void run(unsigned int nr, void (*live)(struct host *host),
		const char *transport)
{
	struct host hosts[MAX_CLIENTS] = {};
	pthread_t threads[MAX_CLIENTS];
	char n[16];
	unsigned int i;
	pid_t pid;

	snprintf(n, sizeof(n), "%u", nr);
	pid = CONTROLLER(n, "--net", "lan=lan,delay=5ms", transport);
	for (i = 0; i < nr; i++) {
		hosts[i] = (struct host) { .id = i + 1, .live = live };
		ok(pthread_create(&threads[i], NULL, join, &hosts[i]));
	}
	for (i = 0; i < nr; i++)
		ok(pthread_join(threads[i], NULL));
	assert_int_equal(sim_finish(pid), 0);
}

static void run_all(unsigned int nr, void (*live)(struct host *host))
{
	unsigned int i;

	for (i = 0; i < TRANSPORTS; i++)
		run(nr, live, transports[i]);
}

/* send to client @to, 0 for all */
static void send_frame(struct host *host, uint64_t to, size_t rest)
{
	struct test_frame frame = {
		.type = { 0x88, 0xb5 },
		.id = host->id,
		.sent = sim_now(host->client),
	};

	memcpy(frame.to, host->card.mac, 6);
	frame.to[5] = to;
	if (!to)
		memset(frame.to, 0xff, 6);
	memcpy(frame.from, host->card.mac, 6);
	memset(frame.rest, frame.sent ^ frame.id, sizeof(frame.rest));
	must(!tt_client_send(host->client, host->card.number, &frame,
			     sizeof(frame) - sizeof(frame.rest) + rest));
}

/* take the next frame, which is here by now; returns who has sent it */
static uint64_t take_frame(struct host *host, size_t rest)
{
	struct test_frame frame = {};
	struct tt_frame got;
	size_t i;

	must(!tt_client_receive(host->client, &got));
	must(got.len == sizeof(frame) - sizeof(frame.rest) + rest);
	must(got.card == host->card.number);
	memcpy(&frame, got.data, got.len);
	must(frame.from[5] == (unsigned char)frame.id);
	must(got.time == frame.sent + DELAY);
	must(got.time == sim_now(host->client));
	for (i = 0; i < rest; i++)
		must(frame.rest[i] == (unsigned char)(frame.sent ^ frame.id));
	return frame.id;
}

static void is_empty(struct host *host)
{
	struct tt_frame got;

	must(tt_client_receive(host->client, &got) == -EAGAIN);
}

static void answer_ping(struct host *host)
{
	int i;

	for (i = 1; i <= 100; i++) {
		must(!tt_client_run_until(host->client, TT_NEVER));
		must(take_frame(host, i) == 1);
		is_empty(host);
		send_frame(host, 1, i);
	}
	/* before the last one has gone it must not leave */
	must(!tt_client_run_until(host->client, 3000 * MS));
}

static void ping(struct host *host)
{
	uint64_t sent;
	int i;

	if (host->id != 1) {
		answer_ping(host);
		return;
	}
	for (i = 1; i <= 100; i++) {
		sent = sim_now(host->client);
		send_frame(host, 2, i);
		/* it would go on for long, but for the answer */
		must(!tt_client_run_until(host->client, sent + 500 * MS));
		must(sim_now(host->client) == sent + 2 * DELAY);
		must(take_frame(host, i) == 2);
		is_empty(host);
		must(!tt_client_run_until(host->client, sent + 20 * MS + i));
	}
}

static void a_round_trip_takes_exactly_two_delays(void **state)
{
	(void)state;
	run_all(2, ping);
}

/* what is sent while it goes on by itself arrives at its own time */
static void send_while_free(struct host *host)
{
	int i;

	for (i = 0; i < 50; i++) {
		if (host->id == 1)
			send_frame(host, 2, 64);
		must(!tt_client_run_until(host->client, 2 * MS + i * 100000));
	}
	if (host->id == 1)
		return;
	for (i = 0; i < 50; i++) {
		must(!tt_client_run_until(host->client, TT_NEVER));
		must(take_frame(host, 64) == 1);
		is_empty(host);
	}
}

static void frames_arrive_one_by_one_though_they_are_sent_together(void **state)
{
	(void)state;
	run_all(2, send_while_free);
}

#define BURST 500

static void burst(struct host *host)
{
	int i;

	if (host->id == 1) {
		for (i = 0; i < BURST; i++)
			send_frame(host, 2, sizeof(((struct test_frame *)0)->rest));
		must(!tt_client_run_until(host->client, 100 * MS));
		return;
	}
	must(!tt_client_run_until(host->client, TT_NEVER));
	for (i = 0; i < BURST; i++)
		must(take_frame(host, sizeof(((struct test_frame *)0)->rest)) ==
		     1);
	is_empty(host);
}

static void many_long_frames_at_one_instant_all_arrive(void **state)
{
	(void)state;
	run_all(2, burst);
}

/* all send at one instant, to all */
static void shout(struct host *host)
{
	uint64_t i;

	send_frame(host, 0, 32);
	must(!tt_client_run_until(host->client, TT_NEVER));
	must(sim_now(host->client) == MS + DELAY);
	/* in the order of the senders' names */
	for (i = 1; i <= MAX_CLIENTS; i++)
		if (i != host->id)
			must(take_frame(host, 32) == i);
	is_empty(host);
}

static void frames_of_one_instant_arrive_in_the_order_of_the_senders(void **state)
{
	(void)state;
	run_all(MAX_CLIENTS, shout);
}

/* the switch floods a frame to a client that it does not know yet */
static bool take_own_frame(struct host *host)
{
	struct tt_frame got;

	while (!tt_client_receive(host->client, &got))
		if (!memcmp(got.data, host->card.mac, 6))
			return true;
	return false;
}

/* each passes on what it gets to the next one */
static void pass_on(struct host *host)
{
	uint64_t next = host->id % MAX_CLIENTS + 1;
	uint64_t end = 2 * MS + MAX_CLIENTS * DELAY;

	if (host->id == 1)
		send_frame(host, next, 1);
	do {
		must(!tt_client_run_until(host->client, TT_NEVER));
	} while (!take_own_frame(host));
	must(sim_now(host->client) ==
	     MS + (host->id == 1 ? MAX_CLIENTS : host->id - 1) * DELAY);
	if (host->id != 1)
		send_frame(host, next, 1);
	/* the others are still needed */
	while (sim_now(host->client) < end) {
		must(!tt_client_run_until(host->client, end));
		must(!take_own_frame(host));
	}
}

static void a_frame_around_a_ring_takes_one_delay_for_each_client(void **state)
{
	(void)state;
	run_all(MAX_CLIENTS, pass_on);
}

static void a_card_has_the_address_and_the_delay_of_the_network(void **state)
{
	struct tt_client *client;
	struct tt_card card, second;
	pid_t pid = CONTROLLER("1", "--net", "lan=lan,delay=5ms,mtu=9000");

	(void)state;
	client = sim_join((struct tt_client_options) { .name = 7 });
	ok(tt_client_plug(client, "lan", &card));
	assert_int_equal(card.number, 1);
	assert_int_equal(card.mac[0], 2);
	assert_int_equal(card.mac[5], 7);
	assert_int_equal(card.mtu, 9000);
	assert_int_equal(card.delay, DELAY);
	ok(tt_client_plug(client, "lan", &second));
	assert_int_equal(second.number, 2);
	assert_memory_not_equal(card.mac, second.mac, 6);
	tt_client_close(client);
	assert_int_equal(sim_finish(pid), 0);
}

static void send_in_callback(struct tt_client *client, uint64_t value,
			     void *data)
{
	char frame[14] = {};

	(void)value;
	(void)data;
	must(tt_client_send(client, 1, frame, sizeof(frame)) == -EPERM);
}

static void *broadcasts(void *data)
{
	struct tt_client *client = sim_join((struct tt_client_options) {
		.name = 2,
	});

	(void)data;
	must(!tt_client_run_until(client, MS));
	must(!tt_client_broadcast(client, 1));
	tt_client_close(client);
	return NULL;
}

static void what_cannot_be_sent_is_told(void **state)
{
	char frame[2000] = {}, name[65];
	struct tt_client *client;
	struct tt_card card;
	pthread_t other;
	pid_t pid = CONTROLLER("2", "--net", "lan=lan,delay=5ms");

	(void)state;
	ok(pthread_create(&other, NULL, broadcasts, NULL));
	client = sim_join((struct tt_client_options) {
		.name = 1, .broadcast = send_in_callback,
	});
	fails(tt_client_plug(client, "wan", &card), client, -ENOENT,
	      "the controller has no network \"wan\"");
	fails(tt_client_send(client, 1, frame, 64), client, -ENOENT,
	      "there is no card 1");
	memset(name, 'x', sizeof(name) - 1);
	name[sizeof(name) - 1] = '\0';
	fails(tt_client_plug(client, name, &card), client, -EINVAL,
	      "the name of a network has 64 bytes, not 1 to 63");
	fails(tt_client_plug(client, "", &card), client, -EINVAL,
	      "has 0 bytes");
	ok(tt_client_plug(client, "lan", &card));
	fails(tt_client_send(client, 1, frame, 13), client, -EMSGSIZE,
	      "a frame has 13 bytes, not 14 to 1522");
	fails(tt_client_send(client, 1, frame, 1523), client, -EMSGSIZE,
	      "a frame has 1523 bytes, not 14 to 1522");
	ok(tt_client_send(client, 1, frame, 1522));
	ok(tt_client_run_until(client, 2 * MS));
	tt_client_close(client);
	ok(pthread_join(other, NULL));
	assert_int_equal(sim_finish(pid), 0);
}

static void without_a_network_no_card_can_be_plugged_in(void **state)
{
	struct tt_client *client;
	struct tt_card card;
	pid_t pid = CONTROLLER("1", "-v");

	(void)state;
	client = sim_join((struct tt_client_options) { .name = 1 });
	fails(tt_client_plug(client, "lan", &card), client, -ENOENT,
	      "the controller has no network \"lan\"");
	ok(tt_client_run_until(client, MS));
	tt_client_close(client);
	assert_int_equal(sim_finish(pid), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_SIM(a_round_trip_takes_exactly_two_delays),
		WITH_SIM(frames_arrive_one_by_one_though_they_are_sent_together),
		WITH_SIM(many_long_frames_at_one_instant_all_arrive),
		WITH_SIM(frames_of_one_instant_arrive_in_the_order_of_the_senders),
		WITH_SIM(a_frame_around_a_ring_takes_one_delay_for_each_client),
		WITH_SIM(a_card_has_the_address_and_the_delay_of_the_network),
		WITH_SIM(what_cannot_be_sent_is_told),
		WITH_SIM(without_a_network_no_card_can_be_plugged_in),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
