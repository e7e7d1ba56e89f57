// SPDX-License-Identifier: GPL-2.0
/* Links: how long frames take, wait, and vary. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "link.h"
#include "simtime.h"

#define MS 1000000ULL
#define MBIT 1000000ULL

static void a_frame_takes_as_long_as_its_bits_at_the_links_rate(void **state)
{
	struct link_quality quality = { .rate = 100 * MBIT };

	(void)state;
	assert_int_equal(link_duration(&quality, 1514), 121120);
	assert_int_equal(link_duration(&quality, 14), 1120);
	quality.rate = 3;
	assert_int_equal(link_duration(&quality, 1), 2666666667);
	quality.rate = 0;
	assert_int_equal(link_duration(&quality, 1514), 0);
	quality.rate = UINT64_MAX;
	assert_int_equal(link_duration(&quality, 1514), 1);
	quality.rate = 1;
	assert_int_equal(link_duration(&quality, SIZE_MAX), SIMTIME_NEVER);
}

static void nothing_arrives_before_the_shortest_frame_could(void **state)
{
	struct link_quality quality = { .delay = 5 * MS };

	(void)state;
	assert_int_equal(link_lookahead(&quality), 5 * MS);
	quality.jitter = MS;
	assert_int_equal(link_lookahead(&quality), 4 * MS);
	quality.rate = 100 * MBIT;
	assert_int_equal(link_lookahead(&quality), 4 * MS + 2 * 1120);
	quality = (struct link_quality) {};
	assert_int_equal(link_lookahead(&quality), 0);
}

static void without_a_rate_nothing_waits(void **state)
{
	const struct link_quality quality = { .queue = 0 };
	struct line line = {};

	(void)state;
	assert_int_equal(line_send(&line, &quality, 7, 1514), 7);
	assert_int_equal(line_send(&line, &quality, 7, 1514), 7);
	line_free(&line);
}

static void with_a_rate_one_frame_is_sent_after_the_other(void **state)
{
	const struct link_quality quality = {
		.rate = 100 * MBIT,
		.queue = 10,
	};
	struct line line = {};

	(void)state;
	assert_int_equal(line_send(&line, &quality, 1000, 1514), 122120);
	assert_int_equal(line_send(&line, &quality, 1000, 1514), 243240);
	assert_int_equal(line_send(&line, &quality, 200000, 14), 244360);
	/* one that comes when it has sent all does not wait */
	assert_int_equal(line_send(&line, &quality, 244360, 14), 245480);
	assert_int_equal(line_send(&line, &quality, 300000, 14), 301120);
	line_free(&line);
}

static void a_frame_that_finds_the_queue_full_is_dropped(void **state)
{
	const struct link_quality quality = {
		.rate = 8000 * MBIT,
		.queue = 2,
	};
	struct line line = {};

	(void)state;
	/* 1000 bytes are 1000 ns: one is being sent, and two wait */
	assert_int_equal(line_send(&line, &quality, 0, 1000), 1000);
	assert_int_equal(line_send(&line, &quality, 0, 1000), 2000);
	assert_int_equal(line_send(&line, &quality, 0, 1000), 3000);
	assert_true(line_send(&line, &quality, 0, 1000) == LINE_FULL);
	assert_true(line_send(&line, &quality, 999, 1000) == LINE_FULL);
	/* the second one begins to be sent, and does not wait any more */
	assert_int_equal(line_send(&line, &quality, 1000, 1000), 4000);
	assert_true(line_send(&line, &quality, 1000, 1000) == LINE_FULL);
	assert_int_equal(line_send(&line, &quality, 3500, 1000), 5000);
	assert_int_equal(line_send(&line, &quality, 3500, 1000), 6000);
	line_free(&line);
}

static void without_a_queue_a_busy_line_drops(void **state)
{
	const struct link_quality quality = { .rate = 8000 * MBIT };
	struct line line = {};

	(void)state;
	assert_int_equal(line_send(&line, &quality, 0, 1000), 1000);
	assert_true(line_send(&line, &quality, 999, 1000) == LINE_FULL);
	assert_int_equal(line_send(&line, &quality, 1000, 1000), 2000);
	line_free(&line);
}

static void a_long_queue_stays_in_order_while_it_grows_and_shrinks(
	void **state)
{
	const struct link_quality quality = {
		.rate = 8000 * MBIT,
		.queue = 100,
	};
	struct line line = {};
	uint64_t time;

	(void)state;
	/* twice as much comes as leaves, until it is full */
	for (time = 0; time < 1000; time++)
		line_send(&line, &quality, time * 5, 10);
	assert_int_equal(line.waiting, 100);
	assert_int_equal(line.free, 999 * 5 + 5 + 100 * 10);
	/* then nothing comes until only half of it waits */
	line_send(&line, &quality, 5000 + 500, 10);
	assert_int_equal(line.waiting, 50);
	line_free(&line);
}

static void without_jitter_a_frame_arrives_after_the_delay(void **state)
{
	const struct link_quality quality = { .delay = 5 * MS };
	struct random random = { 1 };

	(void)state;
	assert_int_equal(link_arrival(&quality, &random, 7), 5 * MS + 7);
	/* and nothing was drawn */
	assert_int_equal(random.state, 1);
	assert_int_equal(link_arrival(&quality, &random, SIMTIME_NEVER - 1),
			 SIMTIME_NEVER);
}

static void jitter_makes_it_as_much_earlier_as_later(void **state)
{
	const struct link_quality quality = { .delay = 100, .jitter = 3 };
	unsigned int seen[7] = {}, i;
	struct random random = { 1 };
	uint64_t time;

	(void)state;
	for (i = 0; i < 70000; i++) {
		time = link_arrival(&quality, &random, 0);
		assert_in_range(time, 97, 103);
		seen[time - 97]++;
	}
	for (i = 0; i < 7; i++)
		assert_in_range(seen[i], 9500, 10500);
}

static void chance_is_as_likely_as_it_says(void **state)
{
	struct random random = { 1 };
	unsigned int i, count = 0;

	(void)state;
	for (i = 0; i < 100000; i++)
		count += random_chance(&random, PROBABILITY_ONE / 10);
	assert_in_range(count, 9700, 10300);
	for (i = 0; i < 1000; i++) {
		assert_true(random_chance(&random, PROBABILITY_ONE));
		assert_false(random_chance(&random, 0));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_frame_takes_as_long_as_its_bits_at_the_links_rate),
		cmocka_unit_test(nothing_arrives_before_the_shortest_frame_could),
		cmocka_unit_test(without_a_rate_nothing_waits),
		cmocka_unit_test(with_a_rate_one_frame_is_sent_after_the_other),
		cmocka_unit_test(a_frame_that_finds_the_queue_full_is_dropped),
		cmocka_unit_test(without_a_queue_a_busy_line_drops),
		cmocka_unit_test(a_long_queue_stays_in_order_while_it_grows_and_shrinks),
		cmocka_unit_test(without_jitter_a_frame_arrives_after_the_delay),
		cmocka_unit_test(jitter_makes_it_as_much_earlier_as_later),
		cmocka_unit_test(chance_is_as_likely_as_it_says),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
