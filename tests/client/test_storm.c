// SPDX-License-Identifier: GPL-2.0
/*
 * Storms: up to eight clients that run, broadcast, interrupt each other, also in
 * callbacks, and send frames, all at random. What happens follows from the seed
 * alone, so two runs of a storm must be the same.
 *
 * Things that happen at one instant in different clients come in no order, such
 * as broadcasts that two callbacks send. So what a client does because of
 * something depends only on what it is and when, and a client's story is sorted
 * before it is compared.
 */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "sim.h"

#define MAX_CLIENTS 8
/* cc -DSTORMS=420 for a longer test */
#ifndef STORMS
#define STORMS 28
#endif
#define END_NS 1000000
#define STEP_NS 40000
#define DELAY_NS 7000
#define MAX_EVENTS 20000
#define MAX_DUE 2000

/**
 * struct event - one thing that has happened to a client
 *
 * @time: when, ns
 * @kind: 'r' it ran, 's' it sent a broadcast, 'h' it heard one, 'i' it was
 *	interrupted, 't' it sent a frame to all, 'f' it got one
 * @value: what it was
 */
struct event {
	uint64_t time;
	uint64_t value;
	char kind;
};

/**
 * struct party - a client of the storm
 *
 * @client: the client
 * @id: its name, from 1
 * @card: its network card
 * @seed: of the storm
 * @parties: how many clients there are
 * @tick: when it does something by itself next
 * @due: when it has something to do, in no order
 * @nr_due: how many times there are in @due
 * @story: what happened to it
 * @told: how many events there are in @story
 */
struct party {
	struct tt_client *client;
	uint64_t id;
	struct tt_card card;
	uint64_t seed;
	unsigned int parties;
	uint64_t tick;
	uint64_t due[MAX_DUE];
	size_t nr_due;
	struct event story[MAX_EVENTS];
	size_t told;
};

/* ends of sockets: the one that asks, and the one that is asked */
static int asks[MAX_CLIENTS + 1][MAX_CLIENTS + 1];
static int asked[MAX_CLIENTS + 1][MAX_CLIENTS + 1];

/* a random number that depends on nothing but these */
static uint64_t dice(const struct party *p, uint64_t value, uint64_t sides)
{
	uint64_t x = value * 0x9e3779b97f4a7c15 ^ p->id << 56 ^ p->seed << 40;

	x ^= x >> 30;
	x *= 0xbf58476d1ce4e5b9;
	x ^= x >> 27;
	x *= 0x94d049bb133111eb;
	x ^= x >> 31;
	return x % sides;
}

static void tell(struct party *p, char kind, uint64_t value)
{
	must(p->told < MAX_EVENTS);
	p->story[p->told++] = (struct event) {
		.time = sim_now(p->client), .kind = kind, .value = value,
	};
}

/*
 * A value that says what caused it; its last digit is the number of values that
 * it may cause, one after the other.
 */
static uint64_t new_value(const struct party *p, uint64_t cause,
			  unsigned int hops)
{
	return dice(p, cause, 1ULL << 60) << 4 | hops;
}

static uint64_t next_due(const struct party *p)
{
	uint64_t first = TT_NEVER;
	size_t i;

	for (i = 0; i < p->nr_due; i++)
		if (p->due[i] < first)
			first = p->due[i];
	return first;
}

static void add_due(struct party *p, uint64_t time)
{
	must(p->nr_due < MAX_DUE);
	p->due[p->nr_due++] = time;
}

static void send_broadcast(struct party *p, uint64_t cause, unsigned int hops)
{
	uint64_t value = new_value(p, cause, hops);

	tell(p, 's', value);
	must(!tt_client_broadcast(p->client, value));
}

static void ask(struct party *p, uint64_t other, uint64_t value)
{
	if (other != p->id)
		must(write(asks[p->id][other], &value, sizeof(value)) ==
		     sizeof(value));
}

static void await(struct party *p, uint64_t other, uint64_t value)
{
	uint64_t answer;

	if (other == p->id)
		return;
	must(!tt_client_wait_readable(p->client, asks[p->id][other]));
	must(read(asks[p->id][other], &answer, sizeof(answer)) ==
	     sizeof(answer));
	must(answer == value);
}

/* let one or two others do something, and wait until they have */
static void interrupt(struct party *p, uint64_t cause, unsigned int hops)
{
	uint64_t first = 1 + dice(p, cause + 1, p->parties);
	uint64_t second = 1 + dice(p, cause + 2, p->parties);
	uint64_t value = new_value(p, cause, hops);

	ask(p, first, value);
	if (second != first)
		ask(p, second, value);
	if (dice(p, cause + 3, 2))
		send_broadcast(p, cause + 3, hops);
	await(p, first, value);
	if (second != first)
		await(p, second, value);
}

static void send_frame(struct party *p, uint64_t value)
{
	unsigned char frame[64] = {};

	memset(frame, 0xff, 6);
	memcpy(frame + 6, p->card.mac, 6);
	memcpy(frame + 14, &value, sizeof(value));
	tell(p, 't', value);
	must(!tt_client_send(p->client, p->card.number, frame, sizeof(frame)));
}

/* take what has arrived, and do something later because of it */
static void take_frames(struct party *p)
{
	struct tt_frame frame;
	uint64_t value;

	while (!tt_client_receive(p->client, &frame)) {
		memcpy(&value, frame.data + 14, sizeof(value));
		must(frame.time == sim_now(p->client));
		tell(p, 'f', value);
		if (dice(p, value, p->parties) == 0)
			add_due(p, frame.time + dice(p, ~value, STEP_NS));
	}
}

static void broadcast(struct tt_client *client, uint64_t value, void *data)
{
	struct party *p = data;
	uint64_t choice = dice(p, value, 2 * p->parties);

	tell(p, 'h', value);
	if (choice == 0) {
		add_due(p, sim_now(client) + dice(p, ~value, STEP_NS));
		must(!tt_client_request(client, next_due(p)));
	} else if (choice <= 2 && value & 15) {
		send_broadcast(p, value, (value & 15) - 1);
	}
}

static int interrupted(struct tt_client *client, int fd, void *data)
{
	struct party *p = data;
	uint64_t value;

	must(read(fd, &value, sizeof(value)) == sizeof(value));
	tell(p, 'i', value);
	if (dice(p, value, 2)) {
		add_due(p, sim_now(client) + dice(p, ~value, STEP_NS));
		must(!tt_client_request(client, next_due(p)));
	}
	if (value & 15 && dice(p, value >> 1, 2))
		send_broadcast(p, value, (value & 15) - 1);
	/* maybe just the one that waits for this; no callback nests in itself */
	if ((value & 15) == 2 && dice(p, value >> 2, 2))
		interrupt(p, value + 1, 1);
	must(write(fd, &value, sizeof(value)) == sizeof(value));
	return 0;
}

static void act(struct party *p, uint64_t now)
{
	if (now != p->tick || now >= END_NS)
		return;
	p->tick = now + 1 + dice(p, now, STEP_NS);
	add_due(p, p->tick);
	must(!tt_client_update(p->client));
	switch (dice(p, ~now, 4)) {
	case 0:
		send_broadcast(p, now, 3);
		break;
	case 1:
		interrupt(p, now, 2);
		break;
	case 2:
		send_frame(p, new_value(p, now, 0));
		break;
	}
}

static void *live(void *data)
{
	struct party *p = data;
	uint64_t now, first;
	size_t i;

	for (i = 1; i <= p->parties; i++)
		if (i != p->id)
			must(!tt_client_watch(p->client,
					     asked[i][p->id]));
	must(!tt_client_plug(p->client, "lan", &p->card));
	p->tick = dice(p, 0, STEP_NS);
	add_due(p, p->tick);
	add_due(p, END_NS);
	while ((first = next_due(p)) <= END_NS) {
		must(!tt_client_run_until(p->client, first));
		now = sim_now(p->client);
		take_frames(p);
		first = next_due(p);
		/* a callback may have made it stop earlier, but not later */
		must(now <= first);
		if (now < first)
			continue;
		tell(p, 'r', 0);
		for (i = 0; i < p->nr_due; i++)
			if (p->due[i] == now)
				p->due[i--] = p->due[--p->nr_due];
		act(p, now);
	}
	tt_client_close(p->client);
	return NULL;
}

static void *join(void *data)
{
	struct party *p = data;

	p->client = sim_join((struct tt_client_options) {
		.name = p->id,
		.broadcast = broadcast,
		.interrupted = interrupted,
		.data = p,
		.flags = dice(p, 1, 4) ? 0 : TT_CLIENT_NO_MEMORY,
	});
	return live(p);
}

static int before(const void *a, const void *b)
{
	const struct event *x = a, *y = b;

	if (x->time != y->time)
		return x->time < y->time ? -1 : 1;
	if (x->kind != y->kind)
		return x->kind < y->kind ? -1 : 1;
	return x->value < y->value ? -1 : x->value > y->value;
}

static pid_t start_controller(uint64_t seed, unsigned int parties)
{
	const char *args[MAX_CLIENTS + 3] = { "--net", "lan=lan,delay=7us" };
	char words[MAX_CLIENTS][16], n[16];
	unsigned int i, used = 2;

	snprintf(n, sizeof(n), "%u", parties);
	if (seed % 4 == 1)
		args[used++] = "--no-shm";
	for (i = 1; seed % 4 == 2 && i < parties; i += 2) {
		snprintf(words[i], sizeof(words[i]), "--no-shm-for=%u", i);
		args[used++] = words[i];
	}
	return sim_start(args, n);
}

static void make_sockets(unsigned int parties)
{
	unsigned int i, j;
	int ends[2];

	for (i = 1; i <= parties; i++) {
		for (j = 1; j <= parties; j++) {
			assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM |
						    SOCK_CLOEXEC, 0, ends), 0);
			asks[i][j] = ends[0];
			asked[i][j] = ends[1];
		}
	}
}

static void close_sockets(unsigned int parties)
{
	unsigned int i, j;

	for (i = 1; i <= parties; i++) {
		for (j = 1; j <= parties; j++) {
			close(asks[i][j]);
			close(asked[i][j]);
		}
	}
}

static void storm(struct party *p, uint64_t seed, unsigned int parties)
{
	pthread_t threads[MAX_CLIENTS];
	unsigned int i;
	pid_t pid;

	make_sockets(parties);
	pid = start_controller(seed, parties);
	for (i = 0; i < parties; i++) {
		memset(&p[i], 0, sizeof(p[i]));
		p[i].id = i + 1;
		p[i].seed = seed;
		p[i].parties = parties;
		assert_int_equal(pthread_create(&threads[i], NULL,
						join, &p[i]), 0);
	}
	for (i = 0; i < parties; i++)
		assert_int_equal(pthread_join(threads[i], NULL), 0);
	assert_int_equal(sim_finish(pid), 0);
	close_sockets(parties);
	for (i = 0; i < parties; i++)
		qsort(p[i].story, p[i].told, sizeof(*p[i].story), before);
}

static bool has_happened(const struct party *p, const struct event *event)
{
	/* by then it may have left */
	return event->time >= END_NS ||
	       bsearch(event, p->story, p->told, sizeof(*event), before);
}

/*
 * All others hear a broadcast at the time at which it is sent, and get a frame
 * after the delay.
 */
static void check_times(const struct party *p, unsigned int parties)
{
	struct event event;
	unsigned int i, j;
	size_t k;

	for (i = 0; i < parties; i++) {
		for (k = 0; k < p[i].told; k++) {
			event = p[i].story[k];
			if (event.kind == 's') {
				event.kind = 'h';
			} else if (event.kind == 't') {
				event.kind = 'f';
				event.time += DELAY_NS;
			} else {
				continue;
			}
			for (j = 0; j < parties; j++)
				if (j != i && !has_happened(&p[j], &event))
					fail_msg("client %u gets nothing at %llu of what %u sends",
						 j + 1, (unsigned long long)
						 event.time, i + 1);
		}
	}
}

static void compare(const struct party *a, const struct party *b,
		    unsigned int parties)
{
	const struct event *x, *y;
	unsigned int i;
	size_t k;

	for (i = 0; i < parties; i++) {
		for (k = 0; k < a[i].told && k < b[i].told; k++) {
			x = &a[i].story[k];
			y = &b[i].story[k];
			if (before(x, y))
				fail_msg("client %u: %c %llx at %llu, then %c %llx at %llu",
					 i + 1, x->kind,
					 (unsigned long long)x->value,
					 (unsigned long long)x->time, y->kind,
					 (unsigned long long)y->value,
					 (unsigned long long)y->time);
		}
		assert_int_equal(a[i].told, b[i].told);
	}
}

static void storms(unsigned int parties)
{
	struct party *first, *second;
	uint64_t seed;

	first = calloc(parties, sizeof(*first));
	second = calloc(parties, sizeof(*second));
	assert_true(first && second);
	for (seed = 1; seed <= STORMS / 7; seed++) {
		storm(first, seed, parties);
		check_times(first, parties);
		storm(second, seed, parties);
		compare(first, second, parties);
	}
	free(first);
	free(second);
}

#define STORM_OF(n) \
static void a_storm_of_##n##_clients_is_the_same_again(void **state) \
{ \
	(void)state; \
	storms(n); \
}
STORM_OF(2)
STORM_OF(3)
STORM_OF(4)
STORM_OF(5)
STORM_OF(6)
STORM_OF(7)
STORM_OF(8)

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_SIM(a_storm_of_2_clients_is_the_same_again),
		WITH_SIM(a_storm_of_3_clients_is_the_same_again),
		WITH_SIM(a_storm_of_4_clients_is_the_same_again),
		WITH_SIM(a_storm_of_5_clients_is_the_same_again),
		WITH_SIM(a_storm_of_6_clients_is_the_same_again),
		WITH_SIM(a_storm_of_7_clients_is_the_same_again),
		WITH_SIM(a_storm_of_8_clients_is_the_same_again),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
