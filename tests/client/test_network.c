// SPDX-License-Identifier: GPL-2.0
/*
 * Clients with network cards, on a network of the real controller.
 */
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
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
 * @story: a checksum of all that it has got, see hear()
 * @heard: how many frames that were
 */
struct host {
	uint64_t id;
	void (*live)(struct host *host);
	struct tt_client *client;
	struct tt_card card;
	uint64_t story;
	unsigned int heard;
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

/* let clients live until the controller ends */
static void live(pid_t controller, struct host *hosts, unsigned int nr,
		 void (*live)(struct host *host))
{
	pthread_t threads[MAX_CLIENTS];
	unsigned int i;

	for (i = 0; i < nr; i++) {
		hosts[i] = (struct host) { .id = i + 1, .live = live };
		ok(pthread_create(&threads[i], NULL, join, &hosts[i]));
	}
	for (i = 0; i < nr; i++)
		ok(pthread_join(threads[i], NULL));
	assert_int_equal(sim_finish(controller), 0);
}

static void run(unsigned int nr, void (*how)(struct host *host),
		const char *transport)
{
	struct host hosts[MAX_CLIENTS];
	char n[16];

	snprintf(n, sizeof(n), "%u", nr);
	live(CONTROLLER(n, "--net", "lan=lan,delay=5ms", transport), hosts, nr,
	     how);
}

static void run_all(unsigned int nr, void (*how)(struct host *host))
{
	unsigned int i;

	for (i = 0; i < TRANSPORTS; i++)
		run(nr, how, transports[i]);
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

/*
 * Take the next frame to this client: the switch floods others' as well until it
 * knows them. Returns who has sent it, 0 if there is none.
 */
static uint64_t take_own_frame(struct host *host)
{
	struct tt_frame got;

	while (!tt_client_receive(host->client, &got))
		if (!memcmp(got.data, host->card.mac, 6))
			return ((struct test_frame *)got.data)->from[5];
	return 0;
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

/* all send to all others, to one after the other, and are answered */
static void ping_all(struct host *host)
{
	uint64_t start, other, i;

	for (i = 1; i < MAX_CLIENTS; i++) {
		start = i * 4 * DELAY;
		must(!tt_client_run_until(host->client, start));
		send_frame(host, (host->id - 1 + i) % MAX_CLIENTS + 1, 40);
		must(!tt_client_run_until(host->client, TT_NEVER));
		must(sim_now(host->client) == start + DELAY);
		other = take_own_frame(host);
		must(other == (host->id - 1 + MAX_CLIENTS - i) % MAX_CLIENTS + 1);
		must(!take_own_frame(host));
		send_frame(host, other, 40);
		must(!tt_client_run_until(host->client, TT_NEVER));
		must(sim_now(host->client) == start + 2 * DELAY);
		must(take_own_frame(host) ==
		     (host->id - 1 + i) % MAX_CLIENTS + 1);
		must(!take_own_frame(host));
	}
}

static void all_pairs_of_64_clients_have_exact_round_trips(void **state)
{
	(void)state;
	run_all(MAX_CLIENTS, ping_all);
}

/*
 * All send to client 1 at one instant. The last client then wakes the others over
 * a network without delay, and they send once more at that instant.
 */
static void shout_twice(struct host *host)
{
	struct tt_card fast;
	struct tt_frame got;
	uint64_t i, at = 2 * MS;

	must(!tt_client_plug(host->client, "fast", &fast));
	must(!tt_client_run_until(host->client, at));
	send_frame(host, 1, 1);
	if (host->id == MAX_CLIENTS) {
		must(!tt_client_send(host->client, fast.number,
				     "\xff\xff\xff\xff\xff\xff......type", 16));
	} else {
		must(!tt_client_run_until(host->client, TT_NEVER));
		must(!tt_client_receive(host->client, &got));
		must(got.card == fast.number);
		must(sim_now(host->client) == at);
		send_frame(host, 1, 2);
	}
	if (host->id != 1) {
		must(!tt_client_run_until(host->client, at + DELAY));
		return;
	}
	must(!tt_client_run_until(host->client, TT_NEVER));
	must(sim_now(host->client) == at + DELAY);
	for (i = 2; i <= MAX_CLIENTS; i++) {
		must(take_frame(host, 1) == i);
		if (i != MAX_CLIENTS)
			must(take_frame(host, 2) == i);
	}
	is_empty(host);
}

static void who_has_sent_later_at_one_instant_is_first_by_its_name(void **state)
{
	struct host hosts[MAX_CLIENTS];
	unsigned int i;

	(void)state;
	for (i = 0; i < TRANSPORTS; i++)
		live(CONTROLLER("64", "--net", "lan=lan,delay=5ms",
				"--net", "fast=fast", transports[i]),
		     hosts, MAX_CLIENTS, shout_twice);
}

#define SHOUTS 2

/* add the frames that are here to the story */
static void hear(struct host *host)
{
	struct tt_frame got;
	size_t i;

	while (!tt_client_receive(host->client, &got)) {
		must(got.time == sim_now(host->client));
		host->heard++;
		host->story = (host->story ^ got.time) * 0x100000001b3;
		for (i = 0; i < got.len; i++)
			host->story = (host->story ^
				       ((unsigned char *)got.data)[i]) *
				      0x100000001b3;
	}
}

/* all send to all at irregular times, and note what they get */
static void shout_and_hear(struct host *host)
{
	uint64_t next, i;

	for (i = 1; i <= SHOUTS; i++) {
		next = i * 3 * MS + host->id * host->id % 61 * 20000;
		while (sim_now(host->client) < next) {
			must(!tt_client_run_until(host->client, next));
			hear(host);
		}
		send_frame(host, 0, host->id);
	}
	while (sim_now(host->client) < 30 * MS) {
		must(!tt_client_run_until(host->client, 30 * MS));
		hear(host);
	}
}

/* a file's content, to be freed; it is removed */
static char *take_file(const char *path, size_t *len)
{
	FILE *file = fopen(path, "r");
	char *data;

	assert_non_null(file);
	ok(fseek(file, 0, SEEK_END));
	*len = ftell(file);
	rewind(file);
	data = malloc(*len);
	assert_int_equal(fread(data, 1, *len, file), *len);
	fclose(file);
	ok(unlink(path));
	return data;
}

/* bad links, and what has passed one of them */
static char *run_on_bad_links(struct host *hosts, const char *seed,
			      const char *transport, size_t *len)
{
	live(CONTROLLER("64", "--net",
			"lan=lan,delay=5ms,jitter=1ms,loss=5%,duplicate=2%,rate=1Gbit",
			"--capture=lan:7=seven.pcap", "--start-time=1", seed,
			transport), hosts, MAX_CLIENTS, shout_and_hear);
	return take_file("seven.pcap", len);
}

static void what_64_bad_links_do_follows_from_the_seed(void **state)
{
	struct host first[MAX_CLIENTS], again[MAX_CLIENTS];
	size_t len, other_len, i, j, heard = 0;
	char *capture, *other;

	(void)state;
	capture = run_on_bad_links(first, "--seed=3", transports[0], &len);
	for (i = 0; i < MAX_CLIENTS; i++)
		heard += first[i].heard;
	/* 3 % are missing, by what the links promise */
	assert_in_range(heard * 100, SHOUTS * 64 * 63 * 96,
			SHOUTS * 64 * 63 * 98);
	for (i = 0; i < TRANSPORTS; i++) {
		other = run_on_bad_links(again, "--seed=3", transports[i],
					 &other_len);
		for (j = 0; j < MAX_CLIENTS; j++)
			assert_int_equal(again[j].story, first[j].story);
		assert_int_equal(other_len, len);
		assert_memory_equal(other, capture, len);
		free(other);
	}
	other = run_on_bad_links(again, "--seed=4", transports[0], &other_len);
	for (j = 0; j < MAX_CLIENTS; j++)
		assert_int_not_equal(again[j].story, first[j].story);
	free(other);
	free(capture);
}

/* what a frame is, by the length of its rest */
enum { PING = 1, PONG, BYE, HELLO, WELCOME };

/* takes the next frame to this client; returns what it is and who has sent it */
static int take_any(struct host *host, uint64_t *from)
{
	struct test_frame frame;
	struct tt_frame got;

	while (!tt_client_receive(host->client, &got)) {
		memcpy(&frame, got.data, got.len);
		*from = frame.id;
		if (frame.to[5] == host->id)
			return got.len - (sizeof(frame) - sizeof(frame.rest));
	}
	return 0;
}

/* pings client 2 until somebody says hello; each answer takes as long */
static void ping_on(struct host *host)
{
	bool welcomed = false;
	uint64_t sent, from;
	int what, pongs = 0, pings = 0;

	while (!welcomed) {
		sent = sim_now(host->client);
		send_frame(host, 2, PING);
		pings++;
		while (sim_now(host->client) < sent + 4 * DELAY) {
			must(!tt_client_run_until(host->client,
						  sent + 4 * DELAY));
			while ((what = take_any(host, &from))) {
				if (what == HELLO) {
					send_frame(host, from, WELCOME);
					welcomed = true;
				} else if (what == PONG) {
					must(sim_now(host->client) ==
					     sent + 2 * DELAY);
					pongs++;
				}
			}
		}
	}
	must(pings == pongs);
	send_frame(host, 2, BYE);
	must(!tt_client_run_until(host->client, sent + 10 * DELAY));
}

static void answer_on(struct host *host)
{
	uint64_t from;
	int what;

	if (host->id == 1) {
		ping_on(host);
		return;
	}
	for (;;) {
		must(!tt_client_run_until(host->client, TT_NEVER));
		while ((what = take_any(host, &from))) {
			if (what == BYE)
				return;
			send_frame(host, from, PONG);
		}
	}
}

static void enter(struct host *host)
{
	*host = (struct host) { .id = 3 };
	host->client = sim_join((struct tt_client_options) { .name = host->id });
	must(!tt_client_plug(host->client, "lan", &host->card));
}

/* pings both, and dies while it runs, with frames to it and from it on their way */
static void die(void)
{
	struct host host;
	int i;

	enter(&host);
	for (i = 1; i < 100; i++) {
		must(!tt_client_run_until(host.client, i * MS));
		send_frame(&host, i % 2 + 1, PING);
	}
	raise(SIGKILL);
}

static void come_back(void)
{
	struct host host;
	uint64_t from, time = 0;

	enter(&host);
	do {
		send_frame(&host, 1, HELLO);
		time += 4 * DELAY;
		must(!tt_client_run_until(host.client, time));
	} while (take_any(&host, &from) != WELCOME);
	tt_client_close(host.client);
}

/* a process whose child is client 3 until it dies, and which then is client 3 */
static pid_t fork_mortal(void)
{
	pid_t pid = fork(), child;
	int status;

	assert_true(pid >= 0);
	if (pid)
		return pid;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	child = fork();
	must(child >= 0);
	if (!child) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		die();
	}
	must(waitpid(child, &status, 0) == child);
	must(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
	come_back();
	_exit(0);
}

static void who_is_killed_and_comes_back_delays_nobody(void **state)
{
	struct host hosts[2];
	unsigned int i;
	pid_t controller, mortal;

	(void)state;
	for (i = 0; i < 2 * TRANSPORTS; i++) {
		controller = CONTROLLER("3", "--net", "lan=lan,delay=5ms",
					i % 2 ? "--late-join=shm" : "-v",
					transports[i / 2]);
		mortal = fork_mortal();
		live(controller, hosts, 2, answer_on);
		assert_int_equal(sim_finish(mortal), 0);
	}
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
		WITH_SIM(all_pairs_of_64_clients_have_exact_round_trips),
		WITH_SIM(who_has_sent_later_at_one_instant_is_first_by_its_name),
		WITH_SIM(what_64_bad_links_do_follows_from_the_seed),
		WITH_SIM(who_is_killed_and_comes_back_delays_nobody),
		WITH_SIM(a_card_has_the_address_and_the_delay_of_the_network),
		WITH_SIM(what_cannot_be_sent_is_told),
		WITH_SIM(without_a_network_no_card_can_be_plugged_in),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
