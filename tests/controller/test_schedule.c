// SPDX-License-Identifier: GPL-2.0
#include <errno.h>

#include "harness.h"

struct set {
	struct schedule s;
	struct sched_entity e[8];
};

static int setup(void **state)
{
	struct set *set = calloc(1, sizeof(*set));
	unsigned int i;

	assert_non_null(set);
	sched_init(&set->s);
	/* names run against the order of arrival */
	for (i = 0; i < 8; i++)
		assert_int_equal(sched_add(&set->s, &set->e[i], 100 - i, i), 0);
	*state = set;
	return 0;
}

static int teardown(void **state)
{
	struct set *set = *state;

	sched_destroy(&set->s);
	free(set);
	return 0;
}

static void _picks(struct set *set, int who, uint64_t time, uint64_t until,
		   const char *file, int line)
{
	struct sched_grant grant = {};

	same_u64(sched_next(&set->s, &grant), true, file, line);
	same_u64(grant.who - set->e, who, file, line);
	same_u64(grant.time, time, file, line);
	same_u64(grant.until, until, file, line);
	same_u64(set->s.now, time, file, line);
}
#define picks(set, who, time, until) \
	_picks(set, who, time, until, __FILE__, __LINE__)

static void want(struct set *set, int who, uint64_t time)
{
	sched_request(&set->s, &set->e[who], time);
}

static void stop(struct set *set)
{
	sched_stop(&set->s, true);
}

static void none_is_picked_if_none_wants_to_run(void **state)
{
	struct set *set = *state;
	struct sched_grant grant;

	assert_false(sched_next(&set->s, &grant));
	want(set, 0, NEVER);
	want(set, 1, UINT64_MAX);
	assert_false(sched_next(&set->s, &grant));
}

static void the_earliest_request_runs_until_the_next_one(void **state)
{
	struct set *set = *state;

	want(set, 0, 30);
	want(set, 1, 10);
	want(set, 2, 20);
	picks(set, 1, 10, 20);
	stop(set);
	picks(set, 2, 20, 30);
	stop(set);
	picks(set, 0, 30, NEVER);
}

static void only_the_latest_request_of_each_counts(void **state)
{
	struct set *set = *state;

	want(set, 0, 10);
	want(set, 0, 50);
	want(set, 1, 40);
	want(set, 2, 5);
	want(set, 2, NEVER);
	picks(set, 1, 40, 50);
}

static void a_tie_goes_to_the_one_that_has_not_run_for_longest(void **state)
{
	struct set *set = *state;
	int i;

	for (i = 0; i < 3; i++) {
		want(set, i, 10 + i);
		picks(set, i, 10 + i, NEVER);
		stop(set);
	}
	want(set, 2, 50);
	want(set, 0, 50);
	want(set, 1, 50);
	picks(set, 0, 50, 50);
	stop(set);
	picks(set, 1, 50, 50);
	stop(set);
	picks(set, 2, 50, NEVER);
}

static void a_second_tie_goes_to_the_lowest_name_and_then_to_the_first_arrival(void **state)
{
	struct set *set = *state;

	set->e[5].name = set->e[3].name;
	want(set, 0, 7);
	want(set, 5, 7);
	want(set, 3, 7);
	picks(set, 3, 7, 7);
	stop(set);
	picks(set, 5, 7, 7);
	stop(set);
	picks(set, 0, 7, NEVER);
}

static void a_request_in_the_past_is_run_now_and_counted(void **state)
{
	struct set *set = *state;

	want(set, 0, 100);
	picks(set, 0, 100, NEVER);
	stop(set);
	want(set, 1, 60);
	assert_int_equal(set->s.past, 1);
	picks(set, 1, 100, NEVER);
}

static void an_earlier_request_of_another_lowers_the_limit(void **state)
{
	struct set *set = *state;

	want(set, 0, 10);
	want(set, 1, 100);
	picks(set, 0, 10, 100);
	assert_false(sched_request(&set->s, &set->e[2], 100));
	assert_false(sched_request(&set->s, &set->e[0], 20));
	assert_int_equal(set->s.limit, 100);
	assert_true(sched_request(&set->s, &set->e[2], 50));
	assert_int_equal(set->s.limit, 50);
	assert_true(sched_request(&set->s, &set->e[1], 10));
	assert_int_equal(set->s.limit, 10);
}

static void a_start_comes_before_every_request(void **state)
{
	struct set *set = *state;

	want(set, 0, 0);
	sched_start(&set->s, &set->e[1]);
	sched_start(&set->s, &set->e[2]);
	/* by name, which runs against the order of arrival */
	picks(set, 2, 0, 0);
	stop(set);
	picks(set, 1, 0, 0);
	stop(set);
	picks(set, 0, 0, NEVER);
}

static void a_start_waits_until_the_running_one_stops(void **state)
{
	struct set *set = *state;

	want(set, 0, 10);
	want(set, 1, 100);
	picks(set, 0, 10, 100);
	sched_start(&set->s, &set->e[2]);
	assert_int_equal(set->s.limit, 100);
	/* meanwhile a request still counts */
	assert_true(sched_request(&set->s, &set->e[1], 60));
	assert_int_equal(set->s.limit, 60);
	sched_reach(&set->s, 50);
	stop(set);
	picks(set, 2, 50, 60);
}

static void a_start_in_a_hurry_makes_the_running_one_stop_now(void **state)
{
	struct set *set = *state;

	want(set, 0, 10);
	picks(set, 0, 10, NEVER);
	assert_false(sched_hurry(&set->s));
	sched_reach(&set->s, 25);
	sched_start(&set->s, &set->e[1]);
	assert_true(sched_hurry(&set->s));
	assert_int_equal(set->s.limit, 25);
	assert_false(sched_hurry(&set->s));
	sched_reach(&set->s, 28);
	want(set, 0, 40);
	stop(set);
	picks(set, 1, 28, 40);
}

static void a_start_comes_with_the_next_request_if_time_is_uncertain(void **state)
{
	struct set *set = *state;

	want(set, 0, 10);
	want(set, 1, 100);
	picks(set, 0, 10, 100);
	sched_start(&set->s, &set->e[2]);
	want(set, 0, 70);
	/* it may have been anywhere before 100, but not past 70 */
	sched_stop(&set->s, false);
	picks(set, 2, 70, 70);
}

static void a_start_comes_at_the_limit_if_the_next_request_is_later(void **state)
{
	struct set *set = *state;

	want(set, 0, 10);
	want(set, 1, 100);
	picks(set, 0, 10, 100);
	sched_start(&set->s, &set->e[2]);
	want(set, 0, 300);
	want(set, 1, 200);
	sched_stop(&set->s, false);
	picks(set, 2, 100, 200);
}

static void one_that_has_gone_was_no_further_than_it_said(void **state)
{
	struct set *set = *state;

	want(set, 0, 10);
	want(set, 1, 100);
	picks(set, 0, 10, 100);
	sched_remove(&set->s, &set->e[0]);
	sched_start(&set->s, &set->e[2]);
	picks(set, 2, 10, 100);
}

static void a_start_comes_at_the_last_known_time_if_there_is_no_request(void **state)
{
	struct set *set = *state;

	want(set, 0, 10);
	picks(set, 0, 10, NEVER);
	sched_reach(&set->s, 15);
	sched_stop(&set->s, false);
	sched_start(&set->s, &set->e[2]);
	picks(set, 2, 15, NEVER);
}

static void one_that_was_told_no_limit_cannot_have_got_anywhere(void **state)
{
	struct set *set = *state;

	want(set, 0, 10);
	want(set, 1, 100);
	picks(set, 0, 10, 100);
	sched_told(&set->s, 0);
	assert_int_equal(sched_reach(&set->s, 11), -ERANGE);
	sched_stop(&set->s, false);
	sched_start(&set->s, &set->e[2]);
	picks(set, 2, 10, 100);
}

static void time_moves_only_forward_and_to_the_limit(void **state)
{
	struct set *set = *state;

	want(set, 0, 10);
	want(set, 1, 100);
	picks(set, 0, 10, 100);
	assert_int_equal(sched_reach(&set->s, 9), -ERANGE);
	assert_int_equal(sched_reach(&set->s, 101), -ERANGE);
	assert_int_equal(set->s.now, 10);
	assert_int_equal(sched_reach(&set->s, 100), 0);
	assert_int_equal(sched_reach(&set->s, 99), -ERANGE);
}

static void a_lowered_limit_does_not_forbid_what_was_granted(void **state)
{
	struct set *set = *state;

	want(set, 0, 10);
	want(set, 1, 100);
	picks(set, 0, 10, 100);
	want(set, 2, 50);
	/* it may have passed that before it knew */
	assert_int_equal(sched_reach(&set->s, 60), 0);
	want(set, 0, 61);
	stop(set);
	picks(set, 2, 60, 61);
}

static void the_earliest_time_of_a_run_is_the_first_request_or_now(
	void **state)
{
	struct set *set = *state;

	assert_int_equal(sched_earliest(&set->s), NEVER);
	want(set, 0, 30);
	want(set, 1, 20);
	assert_int_equal(sched_earliest(&set->s), 20);
	picks(set, 1, 20, 30);
	stop(set);
	/* a start may be for any time from now on */
	sched_start(&set->s, &set->e[2]);
	assert_int_equal(sched_earliest(&set->s), 20);
}

static void nobody_goes_on_by_itself_past_an_event(void **state)
{
	struct set *set = *state;

	want(set, 0, 10);
	want(set, 1, 50);
	sched_set_event(&set->s, 30);
	picks(set, 0, 10, 30);
	stop(set);
	want(set, 0, 40);
	sched_set_event(&set->s, NEVER);
	picks(set, 0, 40, 50);
}

static void an_event_that_turns_up_lowers_the_limit(void **state)
{
	struct set *set = *state;

	want(set, 0, 10);
	want(set, 1, 50);
	picks(set, 0, 10, 50);
	assert_false(sched_lower(&set->s, 50));
	assert_true(sched_lower(&set->s, 40));
	assert_int_equal(set->s.limit, 40);
	assert_false(sched_lower(&set->s, 45));
	stop(set);
	assert_false(sched_lower(&set->s, 5));
}

static void an_event_moves_time_like_a_run_but_not_back(void **state)
{
	struct set *set = *state;

	want(set, 0, 10);
	picks(set, 0, 10, NEVER);
	stop(set);
	sched_advance(&set->s, 25);
	assert_int_equal(set->s.now, 25);
	sched_advance(&set->s, 20);
	assert_int_equal(set->s.now, 25);
	/* and who starts then is not before it */
	sched_start(&set->s, &set->e[2]);
	picks(set, 2, 25, NEVER);
}

static void a_start_does_not_wait_for_longer_than_an_event(void **state)
{
	struct set *set = *state;

	want(set, 0, 10);
	want(set, 1, 100);
	picks(set, 0, 10, 100);
	sched_start(&set->s, &set->e[2]);
	sched_stop(&set->s, false);
	sched_set_event(&set->s, 60);
	picks(set, 2, 60, 60);
}

static void removing_one_takes_back_its_request(void **state)
{
	struct set *set = *state;

	want(set, 0, 10);
	want(set, 1, 20);
	want(set, 2, 30);
	sched_start(&set->s, &set->e[3]);
	sched_remove(&set->s, &set->e[3]);
	sched_remove(&set->s, &set->e[0]);
	picks(set, 1, 20, 30);
	sched_remove(&set->s, &set->e[1]);
	assert_null(set->s.running);
	picks(set, 2, 30, NEVER);
}

static bool comes_before(const struct sched_entity *a,
			 const struct sched_entity *b)
{
	const uint64_t x[] = { a->request, a->last_run, a->name, a->order };
	const uint64_t y[] = { b->request, b->last_run, b->name, b->order };
	int i;

	for (i = 0; i < 3 && x[i] == y[i]; i++)
		;
	return x[i] < y[i];
}

/* the heap against a plain search, with few values so that ties are common */
static void many_requests_come_out_in_order(void **state)
{
	enum { N = 300, ROUNDS = 20000 };
	struct sched_entity *e = calloc(N, sizeof(*e));
	uint64_t random = 1, until;
	struct sched_entity *best;
	struct sched_grant grant;
	struct schedule s;
	int i, k, round;

	(void)state;
	assert_non_null(e);
	sched_init(&s);
	for (i = 0; i < N; i++)
		assert_int_equal(sched_add(&s, &e[i], i % 7, i), 0);
	for (round = 0; round < ROUNDS; round++) {
		for (k = 0; k < 3; k++) {
			random = random * 6364136223846793005ULL + 1;
			i = (random >> 33) % N;
			sched_request(&s, &e[i], random >> 60 ?
				      s.now + (random >> 40) % 50 : NEVER);
		}
		best = NULL;
		for (i = 0; i < N; i++)
			if (e[i].queue && (!best || comes_before(&e[i], best)))
				best = &e[i];
		if (!sched_next(&s, &grant)) {
			assert_null(best);
			continue;
		}
		assert_ptr_equal(grant.who, best);
		until = NEVER;
		for (i = 0; i < N; i++)
			if (e[i].queue && e[i].request < until)
				until = e[i].request;
		assert_int_equal(grant.until, until);
		sched_stop(&s, true);
	}
	sched_destroy(&s);
	free(e);
}

static void conversions_saturate_and_keep_never(void **state)
{
	(void)state;
	assert_int_equal(simtime_add(NEVER - 1, 1), NEVER);
	assert_int_equal(simtime_add(NEVER - 1, 2), NEVER);
	assert_int_equal(simtime_add(UINT64_MAX, 5), NEVER);
	assert_int_equal(simtime_add(3, 4), 7);
	assert_int_equal(simtime_to_local(50, 20), 30);
	assert_int_equal(simtime_to_local(10, 20), 0);
	assert_int_equal(simtime_to_local(NEVER, 20), NEVER);
	assert_int_equal(simtime_to_local(UINT64_MAX, 20), NEVER);
	assert_int_equal(simtime_to_local(NEVER - 1, 0), NEVER - 1);
	assert_int_equal(simtime_from_local(NEVER, 20), NEVER);
	assert_int_equal(simtime_from_local(UINT64_MAX, 20), NEVER);
	assert_int_equal(simtime_from_local(1, 20), 21);
}

#define PICKS(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		PICKS(none_is_picked_if_none_wants_to_run),
		PICKS(the_earliest_request_runs_until_the_next_one),
		PICKS(only_the_latest_request_of_each_counts),
		PICKS(a_tie_goes_to_the_one_that_has_not_run_for_longest),
		PICKS(a_second_tie_goes_to_the_lowest_name_and_then_to_the_first_arrival),
		PICKS(a_request_in_the_past_is_run_now_and_counted),
		PICKS(an_earlier_request_of_another_lowers_the_limit),
		PICKS(a_start_comes_before_every_request),
		PICKS(a_start_waits_until_the_running_one_stops),
		PICKS(a_start_in_a_hurry_makes_the_running_one_stop_now),
		PICKS(a_start_comes_with_the_next_request_if_time_is_uncertain),
		PICKS(a_start_comes_at_the_limit_if_the_next_request_is_later),
		PICKS(one_that_has_gone_was_no_further_than_it_said),
		PICKS(a_start_comes_at_the_last_known_time_if_there_is_no_request),
		PICKS(one_that_was_told_no_limit_cannot_have_got_anywhere),
		PICKS(time_moves_only_forward_and_to_the_limit),
		PICKS(a_lowered_limit_does_not_forbid_what_was_granted),
		PICKS(the_earliest_time_of_a_run_is_the_first_request_or_now),
		PICKS(nobody_goes_on_by_itself_past_an_event),
		PICKS(an_event_that_turns_up_lowers_the_limit),
		PICKS(an_event_moves_time_like_a_run_but_not_back),
		PICKS(a_start_does_not_wait_for_longer_than_an_event),
		PICKS(removing_one_takes_back_its_request),
		cmocka_unit_test(many_requests_come_out_in_order),
		cmocka_unit_test(conversions_saturate_and_keep_never),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
