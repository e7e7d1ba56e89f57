// SPDX-License-Identifier: GPL-2.0
/* The order of what happens to frames. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "frame.h"
#include "port.h"
#include "random.h"
#include "simtime.h"

static struct transits transits;
static size_t held;

static int teardown(void **state)
{
	(void)state;
	transits_clear(&transits);
	assert_int_equal(held, 0);
	return 0;
}

/* to @port, that is sent by @machine as its frame @number */
static struct frame *add(uint64_t time, uint64_t sent, uint64_t machine,
			 uint64_t number, struct port *port)
{
	struct frame *frame = frame_new("frame", 5, &held);

	assert_non_null(frame);
	frame->sent = sent;
	frame->from.machine = machine;
	frame->number = number;
	assert_int_equal(transits_add(&transits, time, frame, port), 0);
	frame_put(frame);
	return frame;
}

static void takes(const struct frame *frame, const struct port *port)
{
	const struct transit transit = transits_take(&transits);

	assert_ptr_equal(transit.frame, frame);
	if (port)
		assert_ptr_equal(transit.port, port);
	frame_put(transit.frame);
}

static void a_frame_is_freed_when_nobody_holds_it_any_more(void **state)
{
	struct frame *frame = frame_new("content", 7, &held);

	(void)state;
	assert_memory_equal(frame->data, "content", 7);
	assert_int_equal(held, sizeof(*frame) + 7);
	frame_get(frame);
	frame_put(frame);
	assert_int_equal(held, sizeof(*frame) + 7);
	frame_put(frame);
	assert_int_equal(held, 0);
}

static void an_empty_heap_is_never_due(void **state)
{
	struct port port = {};

	(void)state;
	assert_int_equal(transits_next(&transits), SIMTIME_NEVER);
	add(5, 1, 1, 0, &port);
	assert_int_equal(transits_next(&transits), 5);
}

static void earlier_goes_first_whatever_else(void **state)
{
	struct port port = {};
	struct frame *last = add(20, 1, 1, 1, &port);
	struct frame *first = add(10, 9, 9, 9, &port);

	(void)state;
	takes(first, NULL);
	takes(last, NULL);
}

static void at_one_time_what_was_sent_first_goes_first(void **state)
{
	struct port port = {};
	struct frame *last = add(20, 5, 1, 1, &port);
	struct frame *first = add(20, 4, 9, 9, &port);

	(void)state;
	takes(first, NULL);
	takes(last, NULL);
}

static void of_those_sent_at_one_time_that_of_the_lower_machine_goes_first(void **state)
{
	struct port port = {};
	struct frame *last = add(20, 5, 2, 1, &port);
	struct frame *first = add(20, 5, 1, 9, &port);

	(void)state;
	takes(first, NULL);
	takes(last, NULL);
}

static void of_one_machines_frames_those_of_lower_networks_and_cards_go_first(void **state)
{
	static const struct port_id from[] = {
		{ 1, 1, 3 }, { 1, 0, 7 }, { 1, 1, 2 },
	};
	struct port port = {};
	struct frame *frame[3];
	int i;

	(void)state;
	for (i = 0; i < 3; i++) {
		frame[i] = frame_new("frame", 5, &held);
		frame[i]->from = from[i];
		frame[i]->number = i;
		assert_int_equal(transits_add(&transits, 20, frame[i], &port),
				 0);
		frame_put(frame[i]);
	}
	takes(frame[1], NULL);
	takes(frame[2], NULL);
	takes(frame[0], NULL);
}

static void frames_of_one_card_stay_in_order(void **state)
{
	struct port port = {};
	struct frame *last = add(20, 5, 1, 8, &port);
	struct frame *first = add(20, 5, 1, 7, &port);

	(void)state;
	takes(first, NULL);
	takes(last, NULL);
}

static void one_frame_reaches_the_port_of_the_lower_name_first(void **state)
{
	struct port port[2] = { { .id.machine = 4 }, { .id.machine = 3 } };
	struct frame *frame = add(20, 5, 1, 0, &port[0]);

	(void)state;
	assert_int_equal(transits_add(&transits, 20, frame, &port[1]), 0);
	takes(frame, &port[1]);
	takes(frame, &port[0]);
}

static void a_thousand_come_out_in_order_however_they_went_in(void **state)
{
	struct random random = { 1 };
	struct port port = {};
	struct transit transit;
	uint64_t time = 0;
	int i;

	(void)state;
	for (i = 0; i < 1000; i++)
		add(random_below(&random, 500), 0, 0, i, &port);
	for (i = 0; i < 500; i++) {
		transit = transits_take(&transits);
		assert_true(transit.time >= time);
		time = transit.time;
		frame_put(transit.frame);
		add(time + random_below(&random, 500), 0, 0, i, &port);
	}
	for (i = 0; i < 1000; i++) {
		transit = transits_take(&transits);
		assert_true(transit.time >= time);
		time = transit.time;
		frame_put(transit.frame);
	}
	assert_int_equal(transits.len, 0);
}

#define BEHAVIOUR(f) cmocka_unit_test_teardown(f, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		BEHAVIOUR(a_frame_is_freed_when_nobody_holds_it_any_more),
		BEHAVIOUR(an_empty_heap_is_never_due),
		BEHAVIOUR(earlier_goes_first_whatever_else),
		BEHAVIOUR(at_one_time_what_was_sent_first_goes_first),
		BEHAVIOUR(of_those_sent_at_one_time_that_of_the_lower_machine_goes_first),
		BEHAVIOUR(of_one_machines_frames_those_of_lower_networks_and_cards_go_first),
		BEHAVIOUR(frames_of_one_card_stay_in_order),
		BEHAVIOUR(one_frame_reaches_the_port_of_the_lower_name_first),
		BEHAVIOUR(a_thousand_come_out_in_order_however_they_went_in),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
