// SPDX-License-Identifier: GPL-2.0
/* Several CPUs or one: what is faster is used, on a clock of our own. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "pace.h"

#define MS 1000000ULL

static struct pace pace;
static uint64_t wall, virtual, step;

/* the share of @ms in which several CPUs were used, in %; speeds in % too */
static unsigned int use(unsigned int ms, unsigned int one, unsigned int many)
{
	unsigned int i, used = 0;
	bool now;

	for (i = 0; i < ms; i++) {
		now = pace_look(&pace, wall, virtual / step * step);
		used += now;
		wall += MS;
		virtual += MS * (now ? many : one) / 100;
	}
	return used * 100 / ms;
}

static int setup(void **state)
{
	(void)state;
	pace_init(&pace);
	wall = virtual = 0;
	step = 1;
	return 0;
}

static void several_cpus_are_used_where_they_are_faster(void **state)
{
	(void)state;
	assert_in_range(use(10000, 100, 150), 95, 100);
}

static void one_cpu_is_used_where_it_is_faster(void **state)
{
	(void)state;
	assert_in_range(use(10000, 100, 70), 0, 5);
}

static void who_is_only_a_little_faster_is_not_changed_to(void **state)
{
	(void)state;
	assert_in_range(use(10000, 100, 103), 0, 5);
	assert_in_range(use(10000, 100, 150), 70, 100);
	assert_in_range(use(10000, 103, 100), 95, 100);
}

/* whatever the length of a window */
static void time_may_pass_in_large_steps(void **state)
{
	(void)state;
	for (step = MS; step < 40 * MS; step += MS) {
		pace_init(&pace);
		virtual = 0;
		assert_in_range(use(10000, 100, 115), 80, 100);
		pace_init(&pace);
		virtual = 0;
		assert_in_range(use(10000, 100, 87), 0, 20);
	}
}

static void a_simulation_that_changes_is_followed(void **state)
{
	(void)state;
	use(10000, 100, 150);
	use(3000, 100, 50);
	assert_in_range(use(10000, 100, 50), 0, 5);
}

static void time_that_stands_still_is_no_reason_for_anything(void **state)
{
	(void)state;
	assert_in_range(use(10000, 0, 0), 0, 5);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(
			several_cpus_are_used_where_they_are_faster, setup),
		cmocka_unit_test_setup(one_cpu_is_used_where_it_is_faster,
				       setup),
		cmocka_unit_test_setup(
			who_is_only_a_little_faster_is_not_changed_to, setup),
		cmocka_unit_test_setup(time_may_pass_in_large_steps, setup),
		cmocka_unit_test_setup(a_simulation_that_changes_is_followed,
				       setup),
		cmocka_unit_test_setup(
			time_that_stands_still_is_no_reason_for_anything,
			setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
