// SPDX-License-Identifier: GPL-2.0
/* What a switch learns, and forgets. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "port.h"
#include "switch.h"

static struct learning_switch sw;
static struct port ports[2];

static int setup(void **state)
{
	(void)state;
	switch_init(&sw);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	switch_destroy(&sw);
	return 0;
}

static const unsigned char *address(uint32_t number)
{
	static unsigned char address[6] = { 2 };

	memcpy(address + 2, &number, sizeof(number));
	return address;
}

static void it_knows_nobody_at_first(void **state)
{
	(void)state;
	assert_null(switch_find(&sw, address(1)));
}

static void who_has_sent_something_is_known(void **state)
{
	(void)state;
	switch_learn(&sw, address(1), &ports[0]);
	switch_learn(&sw, address(2), &ports[1]);
	assert_ptr_equal(switch_find(&sw, address(1)), &ports[0]);
	assert_ptr_equal(switch_find(&sw, address(2)), &ports[1]);
	assert_null(switch_find(&sw, address(3)));
}

static void each_byte_of_an_address_counts(void **state)
{
	unsigned char other[6];
	int i;

	(void)state;
	switch_learn(&sw, address(1), &ports[0]);
	for (i = 0; i < 6; i++) {
		memcpy(other, address(1), 6);
		other[i] ^= 2;
		assert_null(switch_find(&sw, other));
	}
}

static void an_address_that_moves_is_where_it_was_heard_last(void **state)
{
	(void)state;
	switch_learn(&sw, address(1), &ports[0]);
	switch_learn(&sw, address(1), &ports[1]);
	assert_ptr_equal(switch_find(&sw, address(1)), &ports[1]);
	assert_int_equal(sw.nr, 1);
}

static void addresses_of_groups_are_not_learnt(void **state)
{
	(void)state;
	switch_learn(&sw, (const unsigned char *)"\1\0\x5e\0\0\1", &ports[0]);
	switch_learn(&sw, (const unsigned char *)"\xff\xff\xff\xff\xff\xff",
		     &ports[0]);
	assert_int_equal(sw.nr, 0);
}

static void a_full_table_forgets_who_was_silent_for_longest(void **state)
{
	uint32_t i;

	(void)state;
	for (i = 0; i < SWITCH_ADDRESSES; i++)
		switch_learn(&sw, address(i), &ports[0]);
	assert_int_equal(sw.nr, SWITCH_ADDRESSES);
	switch_learn(&sw, address(0), &ports[0]);
	switch_learn(&sw, address(SWITCH_ADDRESSES), &ports[1]);
	assert_int_equal(sw.nr, SWITCH_ADDRESSES);
	assert_ptr_equal(switch_find(&sw, address(0)), &ports[0]);
	assert_null(switch_find(&sw, address(1)));
	assert_ptr_equal(switch_find(&sw, address(2)), &ports[0]);
	assert_ptr_equal(switch_find(&sw, address(SWITCH_ADDRESSES)),
			 &ports[1]);
	/* made-up addresses push out each other */
	for (i = 0; i < 100000; i++) {
		switch_learn(&sw, address(1000000 + i), &ports[1]);
		switch_learn(&sw, address(0), &ports[0]);
	}
	assert_int_equal(sw.nr, SWITCH_ADDRESSES);
	assert_ptr_equal(switch_find(&sw, address(0)), &ports[0]);
}

#define BEHAVIOUR(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		BEHAVIOUR(it_knows_nobody_at_first),
		BEHAVIOUR(who_has_sent_something_is_known),
		BEHAVIOUR(each_byte_of_an_address_counts),
		BEHAVIOUR(an_address_that_moves_is_where_it_was_heard_last),
		BEHAVIOUR(addresses_of_groups_are_not_learnt),
		BEHAVIOUR(a_full_table_forgets_who_was_silent_for_longest),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
