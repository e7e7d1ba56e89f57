// SPDX-License-Identifier: GPL-2.0
/* A network: who gets which frame, and when. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "network.h"
#include "simtime.h"

#define MS 1000000ULL
#define PORTS 4
#define ALL -1

static struct network_config config;
static struct network network;
static struct port *port[PORTS];
static struct transits arrivals;
/* a port that has one does not care which */
static struct card *const card = (struct card *)&config;

static void start(uint64_t seed)
{
	int i;

	network_init(&network, &config, 0, seed);
	for (i = 0; i < PORTS; i++) {
		port[i] = network_port(&network, i + 1, 0);
		assert_non_null(port[i]);
		network_plug(port[i], card, &arrivals, 0);
	}
}

static void stop(void)
{
	transits_clear(&arrivals);
	network_destroy(&network);
}

static int setup(void **state)
{
	(void)state;
	config = (struct network_config) {
		.name = (char *)"lan",
		.quality = { .delay = 5 * MS, .queue = 1000 },
		.mtu = 1500,
	};
	start(1);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	stop();
	return 0;
}

/* some parameters of the links are different */
static void restart(void)
{
	stop();
	start(1);
}

static void address(unsigned char *mac, int machine)
{
	if (machine == ALL)
		memset(mac, 0xff, 6);
	else
		memcpy(mac, port[machine]->mac, 6);
}

/* a frame of @len bytes */
static void send_long(uint64_t time, int from, int to, size_t len)
{
	unsigned char frame[1514] = {};

	address(frame, to);
	address(frame + 6, from);
	network_send(port[from], time, frame, len);
}

static void send(uint64_t time, int from, int to)
{
	send_long(time, from, to, 60);
}

static void arrives(uint64_t time, int from, int to)
{
	const struct transit transit = transits_take(&arrivals);

	assert_int_equal(transit.time, time);
	assert_int_equal(transit.frame->from.machine, from + 1);
	assert_ptr_equal(transit.port, port[to]);
	frame_put(transit.frame);
}

static void nothing_arrives(void)
{
	assert_int_equal(transits_next(&arrivals), SIMTIME_NEVER);
}

static void a_frame_waits_until_nothing_can_be_sent_before_it(void **state)
{
	(void)state;
	send(1000, 0, ALL);
	network_commit(&network, 1000);
	nothing_arrives();
	assert_int_equal(network_horizon(&network), 5 * MS + 1000);
	network_commit(&network, 1001);
	assert_int_equal(transits_next(&arrivals), 5 * MS + 1000);
	assert_int_equal(network_horizon(&network), SIMTIME_NEVER);
}

static void a_step_tells_when_a_frame_arrives_first(void **state)
{
	uint64_t first;

	(void)state;
	config.quality.jitter = 1 * MS;
	restart();
	send(10, 0, ALL);
	send(10, 1, ALL);
	assert_int_equal(network_next(&network), 10);
	first = network_step(&network, 10);
	assert_int_equal(first, transits_next(&arrivals));
	assert_int_equal(arrivals.len, 6);
	assert_int_equal(network_next(&network), SIMTIME_NEVER);
	transits_clear(&arrivals);
}

static void a_step_goes_no_further_than_its_instant(void **state)
{
	(void)state;
	config.quality.rate = 1000000000;
	restart();
	send_long(10, 0, ALL, 125);
	send_long(11, 1, ALL, 125);
	/* it is at the switch 1000 ns later */
	assert_int_equal(network_step(&network, 10), SIMTIME_NEVER);
	assert_int_equal(network_next(&network), 11);
	assert_int_equal(network_step(&network, 11), SIMTIME_NEVER);
	assert_int_equal(network_next(&network), 1010);
	assert_int_equal(network_step(&network, 1010), 5 * MS + 2010);
	assert_int_equal(network_next(&network), 1011);
	transits_clear(&arrivals);
}

static void a_broadcast_reaches_all_but_its_sender(void **state)
{
	(void)state;
	send(7, 1, ALL);
	network_commit(&network, 8);
	arrives(5 * MS + 7, 1, 0);
	arrives(5 * MS + 7, 1, 2);
	arrives(5 * MS + 7, 1, 3);
	nothing_arrives();
}

static void a_frame_to_an_address_that_is_not_known_reaches_all(void **state)
{
	(void)state;
	send(7, 1, 2);
	network_commit(&network, 8);
	arrives(5 * MS + 7, 1, 0);
	arrives(5 * MS + 7, 1, 2);
	arrives(5 * MS + 7, 1, 3);
	nothing_arrives();
}

static void a_frame_to_a_known_address_reaches_only_that(void **state)
{
	(void)state;
	send(1, 2, ALL);
	network_commit(&network, 2);
	transits_clear(&arrivals);
	send(7, 1, 2);
	network_commit(&network, 8);
	arrives(5 * MS + 7, 1, 2);
	nothing_arrives();
}

static void a_frame_to_an_address_behind_its_own_port_reaches_nobody(
	void **state)
{
	(void)state;
	send(1, 2, ALL);
	network_commit(&network, 2);
	transits_clear(&arrivals);
	send(7, 2, 2);
	network_commit(&network, 8);
	nothing_arrives();
}

static void frames_go_on_in_the_order_in_which_they_were_sent(void **state)
{
	(void)state;
	/* machine 1 tells where it is after that is asked for */
	send(20, 0, ALL);
	send(10, 1, 0);
	network_commit(&network, 30);
	arrives(5 * MS + 10, 1, 0);
	arrives(5 * MS + 10, 1, 2);
	arrives(5 * MS + 10, 1, 3);
	transits_clear(&arrivals);
}

static void of_one_instant_the_machine_of_the_lower_name_goes_first(
	void **state)
{
	(void)state;
	send(10, 3, 1);
	send(10, 2, 1);
	send(10, 0, 1);
	network_commit(&network, 11);
	while (arrivals.heap[0].port != port[1])
		frame_put(transits_take(&arrivals).frame);
	arrives(5 * MS + 10, 0, 1);
	transits_clear(&arrivals);
}

static void frames_are_not_touched(void **state)
{
	static const char frame[] = "abcdefghijkl\x81\0whatever it is, with tags";
	struct transit transit;

	(void)state;
	network_send(port[0], 1, frame, sizeof(frame));
	network_commit(&network, 2);
	transit = transits_take(&arrivals);
	assert_int_equal(transit.frame->len, sizeof(frame));
	assert_memory_equal(transit.frame->data, frame, sizeof(frame));
	frame_put(transit.frame);
}

static void a_long_frame_is_paid_for_on_both_lines(void **state)
{
	(void)state;
	config.quality.rate = 100000000;
	restart();
	assert_int_equal(network.lookahead, 5 * MS + 2 * 1120);
	send_long(0, 0, ALL, 1514);
	network_commit(&network, 1);
	/* it is on its way to the switch */
	nothing_arrives();
	assert_true(network_horizon(&network) <= 5 * MS + 2 * 121120);
	network_commit(&network, 121121);
	arrives(5 * MS + 2 * 121120, 0, 1);
	transits_clear(&arrivals);
}

static void frames_of_several_machines_queue_for_their_receiver(void **state)
{
	(void)state;
	config.quality.rate = 100000000;
	restart();
	send_long(0, 1, ALL, 60);
	network_commit(&network, 10000);
	transits_clear(&arrivals);
	/* the short frame is at the switch first, though it was sent later */
	send_long(20000, 2, 1, 1514);
	send_long(20100, 3, 1, 60);
	network_commit(&network, MS);
	arrives(20100 + 2 * 4800 + 5 * MS, 3, 1);
	arrives(20000 + 2 * 121120 + 5 * MS, 2, 1);
	nothing_arrives();
	/* two at once leave the switch one after the other */
	send_long(10 * MS, 2, 1, 1000);
	send_long(10 * MS, 3, 1, 1000);
	network_commit(&network, 11 * MS);
	arrives(10 * MS + 2 * 80000 + 5 * MS, 2, 1);
	arrives(10 * MS + 3 * 80000 + 5 * MS, 3, 1);
	nothing_arrives();
}

static void what_a_full_queue_drops_is_counted_where_it_happens(void **state)
{
	(void)state;
	config.quality.rate = 100000000;
	config.quality.queue = 1;
	restart();
	send_long(0, 1, ALL, 60);
	network_commit(&network, 10000);
	transits_clear(&arrivals);
	/* one too many on one line up */
	send_long(20000, 0, 1, 1000);
	send_long(20000, 0, 1, 1000);
	send_long(20000, 0, 1, 1000);
	network_commit(&network, 10 * MS);
	assert_int_equal(arrivals.len, 2);
	assert_int_equal(port[0]->count.queue, 1);
	assert_int_equal(port[0]->count.sent, 3);
	assert_int_equal(port[0]->count.sent_bytes, 3000);
	transits_clear(&arrivals);
	/* one too many on one line down */
	send_long(20 * MS, 0, 1, 1000);
	send_long(20 * MS, 2, 1, 1000);
	send_long(20 * MS, 3, 1, 1000);
	network_commit(&network, 30 * MS);
	assert_int_equal(arrivals.len, 2);
	assert_int_equal(port[1]->count.queue, 1);
}

/* how many of @nr broadcasts reach each port */
static void count(int nr, unsigned int *seen)
{
	struct transit transit;
	int i;

	for (i = 0; i < nr; i++)
		send(i, 0, ALL);
	network_commit(&network, nr);
	memset(seen, 0, PORTS * sizeof(*seen));
	while (arrivals.len) {
		transit = transits_take(&arrivals);
		seen[transit.port->id.machine - 1]++;
		frame_put(transit.frame);
	}
}

static void loss_is_each_receivers_own_and_counted(void **state)
{
	unsigned int seen[PORTS];

	(void)state;
	config.quality.loss = PROBABILITY_ONE / 10;
	restart();
	count(10000, seen);
	assert_int_equal(seen[0], 0);
	assert_in_range(seen[1], 8900, 9100);
	assert_in_range(seen[2], 8900, 9100);
	assert_true(seen[1] != seen[2]);
	assert_int_equal(port[1]->count.lost, 10000 - seen[1]);
	assert_int_equal(port[2]->count.lost, 10000 - seen[2]);
}

static void some_frames_arrive_twice(void **state)
{
	unsigned int seen[PORTS];

	(void)state;
	config.quality.duplicate = PROBABILITY_ONE / 10;
	restart();
	count(10000, seen);
	assert_in_range(seen[1], 10900, 11100);
}

/* what happens to 100 frames to machine 2, as text */
static char *story(uint64_t seed, int others)
{
	struct transit transit;
	char *text = NULL;
	size_t len;
	FILE *file = open_memstream(&text, &len);
	int i;

	stop();
	start(seed);
	for (i = 0; i < 100; i++) {
		send(i * MS, 0, ALL);
		/* others have generators of their own */
		if (others)
			send(i * MS + 1, 1, 0);
	}
	network_commit(&network, 1000 * MS);
	while (arrivals.len) {
		transit = transits_take(&arrivals);
		if (transit.port == port[1])
			fprintf(file, "%llu ",
				(unsigned long long)transit.time);
		frame_put(transit.frame);
	}
	fclose(file);
	return text;
}

static void the_same_seed_gives_the_same_losses_and_jitter(void **state)
{
	char *first, *again, *more, *other;

	(void)state;
	config.quality.loss = PROBABILITY_ONE / 10;
	config.quality.duplicate = PROBABILITY_ONE / 10;
	config.quality.jitter = MS;
	first = story(1, 0);
	again = story(1, 0);
	more = story(1, 1);
	other = story(2, 0);
	assert_string_equal(first, again);
	assert_string_equal(first, more);
	assert_string_not_equal(first, other);
	free(first);
	free(again);
	free(more);
	free(other);
}

static void a_link_that_is_down_passes_nothing_in_either_direction(
	void **state)
{
	static const struct outage outages[] = {
		{ 10 * MS, 20 * MS }, { 30 * MS, SIMTIME_NEVER },
	};
	unsigned int seen[PORTS] = {};

	(void)state;
	port[1]->outages = outages;
	port[1]->nr_outages = 2;
	send(10 * MS - 1, 0, ALL);
	send(10 * MS, 0, ALL);
	send(10 * MS, 1, ALL);
	send(20 * MS - 1, 1, ALL);
	send(20 * MS, 1, ALL);
	send(20 * MS, 0, ALL);
	send(40 * MS, 1, ALL);
	network_commit(&network, 50 * MS);
	for (; arrivals.len; frame_put(transits_take(&arrivals).frame))
		seen[arrivals.heap[0].port->id.machine - 1]++;
	assert_int_equal(seen[0], 1);
	assert_int_equal(seen[1], 2);
	assert_int_equal(seen[2], 4);
	assert_int_equal(port[1]->count.down, 4);
}

static void a_card_gets_nothing_that_was_sent_before_it_was_plugged_in(
	void **state)
{
	(void)state;
	network_unplug(port[3], 0);
	send(1000, 0, ALL);
	send(2000, 0, ALL);
	network_plug(port[3], card, &arrivals, 2000);
	network_commit(&network, 3000);
	arrives(5 * MS + 1000, 0, 1);
	arrives(5 * MS + 1000, 0, 2);
	arrives(5 * MS + 2000, 0, 1);
	arrives(5 * MS + 2000, 0, 2);
	arrives(5 * MS + 2000, 0, 3);
	nothing_arrives();
}

static void a_port_without_a_card_gets_nothing(void **state)
{
	(void)state;
	send(1, 3, ALL);
	network_commit(&network, 2);
	transits_clear(&arrivals);
	network_unplug(port[3], 2);
	send(7, 0, 3);
	send(8, 0, ALL);
	network_commit(&network, 9);
	arrives(5 * MS + 8, 0, 1);
	arrives(5 * MS + 8, 0, 2);
	nothing_arrives();
	network_plug(port[3], card, &arrivals, 9);
}

static void without_delay_a_frame_arrives_when_it_was_sent(void **state)
{
	(void)state;
	config.quality.delay = 0;
	restart();
	send(7, 0, ALL);
	assert_int_equal(network_horizon(&network), 7);
	network_commit(&network, 8);
	arrives(7, 0, 1);
}

static void an_address_follows_from_network_machine_and_card(void **state)
{
	static const unsigned char end[] = { 0, 0, 1 };
	struct network_config other_config = { .name = (char *)"wan" };
	struct network other;
	struct port *second, *big, *wan;

	(void)state;
	assert_int_equal(port[0]->mac[0], 2);
	assert_memory_equal(port[0]->mac + 3, end, 3);
	assert_ptr_equal(network_port(&network, 1, 0), port[0]);

	second = network_port(&network, 1, 1);
	big = network_port(&network, UINT64_MAX, 0);
	assert_int_equal(second->mac[0], 6);
	assert_int_equal(big->mac[0], 6);
	assert_memory_not_equal(second->mac, big->mac, 6);

	network_init(&other, &other_config, 1, 1);
	wan = network_port(&other, 1, 0);
	assert_memory_equal(wan->mac + 3, end, 3);
	assert_memory_not_equal(wan->mac, port[0]->mac, 6);
	network_destroy(&other);
}

static void a_machine_that_sends_without_end_has_frames_dropped(void **state)
{
	uint64_t i;

	(void)state;
	for (i = 0; i < 200000; i++)
		send_long(7, 0, ALL, 1514);
	assert_true(port[0]->held < 300000000);
	assert_true(port[0]->count.queue > 1000);
	assert_int_equal(port[1]->held, 0);
	network_destroy(&network);
	assert_int_equal(arrivals.len, 0);
	start(1);
}

#define BEHAVIOUR(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		BEHAVIOUR(a_frame_waits_until_nothing_can_be_sent_before_it),
		BEHAVIOUR(a_step_tells_when_a_frame_arrives_first),
		BEHAVIOUR(a_step_goes_no_further_than_its_instant),
		BEHAVIOUR(a_broadcast_reaches_all_but_its_sender),
		BEHAVIOUR(a_frame_to_an_address_that_is_not_known_reaches_all),
		BEHAVIOUR(a_frame_to_a_known_address_reaches_only_that),
		BEHAVIOUR(a_frame_to_an_address_behind_its_own_port_reaches_nobody),
		BEHAVIOUR(frames_go_on_in_the_order_in_which_they_were_sent),
		BEHAVIOUR(of_one_instant_the_machine_of_the_lower_name_goes_first),
		BEHAVIOUR(frames_are_not_touched),
		BEHAVIOUR(a_long_frame_is_paid_for_on_both_lines),
		BEHAVIOUR(frames_of_several_machines_queue_for_their_receiver),
		BEHAVIOUR(what_a_full_queue_drops_is_counted_where_it_happens),
		BEHAVIOUR(loss_is_each_receivers_own_and_counted),
		BEHAVIOUR(some_frames_arrive_twice),
		BEHAVIOUR(the_same_seed_gives_the_same_losses_and_jitter),
		BEHAVIOUR(a_link_that_is_down_passes_nothing_in_either_direction),
		BEHAVIOUR(a_card_gets_nothing_that_was_sent_before_it_was_plugged_in),
		BEHAVIOUR(a_port_without_a_card_gets_nothing),
		BEHAVIOUR(without_delay_a_frame_arrives_when_it_was_sent),
		BEHAVIOUR(an_address_follows_from_network_machine_and_card),
		BEHAVIOUR(a_machine_that_sends_without_end_has_frames_dropped),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
