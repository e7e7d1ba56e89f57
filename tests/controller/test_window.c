// SPDX-License-Identifier: GPL-2.0
/* How far groups can go: bounds, without any client. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "random.h"
#include "simtime.h"
#include "util.h"
#include "window.h"

#define NEVER SIMTIME_NEVER
#define MAX 6

static const size_t first[] = { 0 }, second[] = { 1 }, both[] = { 0, 1 };

static struct window_group on(const size_t *networks, size_t nr, uint64_t next)
{
	return (struct window_group) {
		.next = next, .networks = networks, .nr_networks = nr,
	};
}

static struct window_network network(uint64_t delay, uint64_t inside)
{
	return (struct window_network) { .delay = delay, .inside = inside };
}

static void two_groups_bound_each_other(void **state)
{
	struct window_network lan = network(5, NEVER);
	struct window_group g[] = { on(first, 1, 10), on(first, 1, 12) };

	(void)state;
	windows_compute(g, 2, &lan, 1);
	assert_int_equal(g[0].bound, 17);
	assert_int_equal(g[0].from, 1);
	assert_int_equal(g[0].network, 0);
	assert_int_equal(g[1].bound, 15);
	assert_int_equal(g[1].from, 0);
}

static void who_is_alone_has_no_bound(void **state)
{
	struct window_network lan = network(5, NEVER);
	struct window_group g[] = { on(first, 1, 10), on(first, 0, 0) };

	(void)state;
	windows_compute(g, 2, &lan, 1);
	assert_int_equal(g[0].bound, NEVER);
	assert_int_equal(g[1].bound, NEVER);
}

static void what_waits_for_ever_bounds_nobody(void **state)
{
	struct window_network lan = network(5, NEVER);
	struct window_group g[] = { on(first, 1, 10), on(first, 1, NEVER) };

	(void)state;
	windows_compute(g, 2, &lan, 1);
	assert_int_equal(g[0].bound, NEVER);
	assert_int_equal(g[1].bound, 15);
}

static void a_frame_inside_bounds_all_on_that_network(void **state)
{
	struct window_network nets[] = { network(5, 11), network(5, NEVER) };
	struct window_group g[] = {
		on(first, 1, 10), on(first, 1, 20), on(second, 1, 10),
	};

	(void)state;
	windows_compute(g, 3, nets, 2);
	assert_int_equal(g[0].bound, 11);
	assert_int_equal(g[0].from, WINDOW_NOBODY);
	assert_int_equal(g[1].bound, 11);
	assert_int_equal(g[2].bound, NEVER);
}

static void a_group_between_passes_things_on_in_no_time(void **state)
{
	struct window_network nets[] = { network(5, NEVER), network(7, NEVER) };
	struct window_group g[] = {
		on(first, 1, 10), on(both, 2, 100), on(second, 1, 200),
	};

	(void)state;
	windows_compute(g, 3, nets, 2);
	assert_int_equal(g[2].bound, 22);
	assert_int_equal(g[2].from, 0);
	assert_int_equal(g[2].network, 1);
	assert_int_equal(g[1].bound, 15);
	assert_int_equal(g[0].bound, 105);
}

static void what_a_group_causes_itself_does_not_bound_it(void **state)
{
	struct window_network nets[] = { network(5, NEVER), network(7, NEVER) };
	struct window_group g[] = {
		on(both, 2, 10), on(both, 2, NEVER), on(first, 1, 90),
	};

	(void)state;
	windows_compute(g, 3, nets, 2);
	assert_int_equal(g[0].bound, 95);
	assert_int_equal(g[1].bound, 15);
}

/* the same by all paths, one after the other */
static uint64_t slow_bound(const struct window_group *g, size_t nr,
			   const struct window_network *nets, size_t nr_nets,
			   size_t of)
{
	uint64_t at[MAX], out[MAX], bound = NEVER;
	size_t i, k, step;

	/* everybody but @of causes something; it passes on what reaches it */
	for (i = 0; i < nr; i++)
		at[i] = i == of ? NEVER : g[i].next;
	for (k = 0; k < nr_nets; k++)
		out[k] = nets[k].inside;
	for (step = 0; step < nr * nr_nets; step++)
		for (i = 0; i < nr; i++)
			for (k = 0; k < g[i].nr_networks; k++) {
				size_t n = g[i].networks[k];

				if (simtime_add(at[i], nets[n].delay) < out[n])
					out[n] = simtime_add(at[i],
							     nets[n].delay);
				if (i != of && out[n] < at[i])
					at[i] = out[n];
			}
	for (k = 0; k < g[of].nr_networks; k++)
		if (out[g[of].networks[k]] < bound)
			bound = out[g[of].networks[k]];
	return bound;
}

static void bounds_are_those_of_the_shortest_paths(void **state)
{
	struct random random = { 18 };
	struct window_network nets[MAX];
	struct window_group g[MAX];
	size_t numbers[MAX][MAX];
	size_t i, k, nr, nr_nets;
	int round;

	(void)state;
	for (round = 0; round < 20000; round++) {
		nr = 1 + random_below(&random, MAX);
		nr_nets = 1 + random_below(&random, MAX);
		for (k = 0; k < nr_nets; k++)
			nets[k] = network(1 + random_below(&random, 20),
					  random_below(&random, 3) ? NEVER :
					  random_below(&random, 50));
		for (i = 0; i < nr; i++) {
			g[i] = on(numbers[i], 0, random_below(&random, 4) ?
				  random_below(&random, 50) : NEVER);
			for (k = 0; k < nr_nets; k++)
				if (random_below(&random, 2))
					numbers[i][g[i].nr_networks++] = k;
		}
		windows_compute(g, nr, nets, nr_nets);
		for (i = 0; i < nr; i++)
			assert_int_equal(g[i].bound,
					 slow_bound(g, nr, nets, nr_nets, i));
	}
}

static void one_that_others_wait_for_stops_where_they_stand(void **state)
{
	struct window_network lan = network(5, NEVER);
	struct window_group g[] = {
		on(first, 1, 10), on(first, 1, 17), on(first, 1, 16),
		on(first, 1, NEVER),
	};

	(void)state;
	windows_compute(g, 4, &lan, 1);
	assert_int_equal(g[0].bound, 21);
	windows_share(g, 4);
	assert_int_equal(g[0].bound, 16);
	assert_int_equal(g[1].bound, 15);
	assert_int_equal(g[2].bound, 15);
}

static void one_that_nobody_waits_for_goes_as_far_as_it_can(void **state)
{
	struct window_network nets[] = { network(5, 13), network(5, NEVER) };
	struct window_group g[] = {
		on(first, 1, 10), on(first, 1, 13), on(second, 1, 10),
		on(second, 1, 14),
	};

	(void)state;
	windows_compute(g, 4, nets, 2);
	windows_share(g, 4);
	/* the second one waits for a frame, not for the first one */
	assert_int_equal(g[0].bound, 13);
	assert_int_equal(g[2].bound, 19);
	assert_int_equal(g[3].bound, 15);
}

static void who_could_go_on_for_a_moment_waits_for_one_that_runs(void **state)
{
	struct window_network lan = network(10, NEVER);
	struct window_group g[] = { on(first, 1, 10), on(first, 1, 16) };

	(void)state;
	windows_compute(g, 2, &lan, 1);
	windows_share(g, 2);
	assert_int_equal(g[1].bound, 20);
	g[0].runs = true;
	windows_compute(g, 2, &lan, 1);
	windows_share(g, 2);
	assert_int_equal(g[1].bound, 16);
	/* half of the delay is long enough */
	g[1].next = 15;
	windows_compute(g, 2, &lan, 1);
	windows_share(g, 2);
	assert_int_equal(g[1].bound, 20);
}

/* the first of all stays so, and nobody goes further than it could */
static void sharing_only_lowers_bounds_and_stops_nobody(void **state)
{
	struct random random = { 19 };
	size_t i, nr, round, earliest;
	struct window_group g[MAX];
	struct window_network lan;
	uint64_t before[MAX];

	(void)state;
	for (round = 0; round < 20000; round++) {
		nr = 1 + random_below(&random, MAX);
		lan = network(1 + random_below(&random, 20), NEVER);
		for (earliest = i = 0; i < nr; i++) {
			g[i] = on(first, 1, random_below(&random, 50));
			if (g[i].next < g[earliest].next)
				earliest = i;
		}
		windows_compute(g, nr, &lan, 1);
		for (i = 0; i < nr; i++)
			before[i] = g[i].bound;
		windows_share(g, nr);
		for (i = 0; i < nr; i++) {
			assert_true(g[i].bound <= before[i]);
			assert_int_equal(g[i].bound > g[i].next,
					 before[i] > g[i].next);
		}
		assert_true(g[earliest].bound > g[earliest].next);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(two_groups_bound_each_other),
		cmocka_unit_test(who_is_alone_has_no_bound),
		cmocka_unit_test(what_waits_for_ever_bounds_nobody),
		cmocka_unit_test(a_frame_inside_bounds_all_on_that_network),
		cmocka_unit_test(a_group_between_passes_things_on_in_no_time),
		cmocka_unit_test(what_a_group_causes_itself_does_not_bound_it),
		cmocka_unit_test(bounds_are_those_of_the_shortest_paths),
		cmocka_unit_test(one_that_others_wait_for_stops_where_they_stand),
		cmocka_unit_test(one_that_nobody_waits_for_goes_as_far_as_it_can),
		cmocka_unit_test(who_could_go_on_for_a_moment_waits_for_one_that_runs),
		cmocka_unit_test(sharing_only_lowers_bounds_and_stops_nobody),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
