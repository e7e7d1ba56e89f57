// SPDX-License-Identifier: GPL-2.0
/*
 * The bookkeeping of broadcasts by itself: no clients, no sockets, no clock.
 */
#include "harness.h"

#define MEMBERS 4
#define PATIENCE_NS (BROADCAST_PATIENCE_S * 1000000000ULL)

struct set {
	struct broadcasts set;
	struct broadcast_member m[MEMBERS];
	uint32_t seq[MEMBERS];
};

static int setup(void **state)
{
	struct set *set = calloc(1, sizeof(*set));
	unsigned int i;

	assert_non_null(set);
	broadcasts_init(&set->set);
	for (i = 0; i < MEMBERS; i++)
		broadcasts_join(&set->m[i]);
	*state = set;
	return 0;
}

static int teardown(void **state)
{
	struct set *set = *state;

	broadcasts_destroy(&set->set);
	free(set);
	return 0;
}

/* @from sends number @seq at @now, and all others are told */
static void sends(struct set *set, int from, uint32_t seq, uint64_t now)
{
	struct broadcast *broadcast;
	int i;

	broadcast = broadcast_begin(&set->set, &set->m[from], seq,
				    MEMBERS - 1, now);
	assert_non_null(broadcast);
	for (i = 0; i < MEMBERS; i++)
		if (i != from)
			broadcast_told(broadcast, &set->m[i], ++set->seq[i]);
	broadcast_end(&set->set, broadcast);
}

static void acks(struct set *set, int who, uint32_t seq)
{
	broadcasts_acked(&set->set, &set->m[who], seq);
}

/* the next ACK goes to @to, for its number @seq */
static void _answers(struct set *set, int to, uint32_t seq, const char *file,
		     int line)
{
	uint32_t got = 0;

	same_u64(broadcasts_take(&set->set, &got) - set->m, to, file, line);
	same_u64(got, seq, file, line);
}
#define answers(set, to, seq) _answers(set, to, seq, __FILE__, __LINE__)

static void _answers_nobody(struct set *set, const char *file, int line)
{
	uint32_t seq;

	same_u64(broadcasts_take(&set->set, &seq) == NULL, true, file, line);
}
#define answers_nobody(set) _answers_nobody(set, __FILE__, __LINE__)

static void the_sender_gets_its_ack_after_all_others_acked(void **state)
{
	struct set *set = *state;

	sends(set, 0, 77, 0);
	acks(set, 3, 1);
	acks(set, 1, 1);
	answers_nobody(set);
	acks(set, 2, 1);
	answers(set, 0, 77);
	answers_nobody(set);
}

static void a_lone_sender_gets_its_ack_at_once(void **state)
{
	struct set *set = *state;
	struct broadcast *broadcast;

	broadcast = broadcast_begin(&set->set, &set->m[0], 5, 0, 0);
	assert_non_null(broadcast);
	broadcast_end(&set->set, broadcast);
	answers(set, 0, 5);
	assert_false(broadcasts_pending(&set->set));
}

static void an_ack_of_another_message_counts_for_no_broadcast(void **state)
{
	struct set *set = *state;

	set->seq[1] = 41;
	sends(set, 0, 1, 0);
	acks(set, 2, 1);
	acks(set, 3, 1);
	acks(set, 1, 41);
	answers_nobody(set);
	acks(set, 1, 42);
	answers(set, 0, 1);
}

static void acks_go_out_in_the_order_in_which_broadcasts_finish(void **state)
{
	struct set *set = *state;
	uint32_t seq;
	int who;

	for (seq = 1; seq <= 3; seq++)
		sends(set, 0, seq, 0);
	for (who = 1; who < MEMBERS; who++)
		for (seq = 1; seq <= 3; seq++)
			acks(set, who, seq);
	for (seq = 1; seq <= 3; seq++)
		answers(set, 0, seq);
}

static void a_client_that_leaves_is_not_waited_for(void **state)
{
	struct set *set = *state;

	sends(set, 0, 1, 0);
	acks(set, 1, 1);
	acks(set, 2, 1);
	broadcasts_leave(&set->set, &set->m[3]);
	answers(set, 0, 1);
}

static void a_client_that_leaves_while_it_is_told_finishes_nothing(void **state)
{
	struct set *set = *state;
	struct broadcast *broadcast;

	broadcast = broadcast_begin(&set->set, &set->m[0], 1, 2, 0);
	assert_non_null(broadcast);
	broadcast_told(broadcast, &set->m[1], 1);
	broadcasts_leave(&set->set, &set->m[1]);
	answers_nobody(set);
	broadcast_told(broadcast, &set->m[2], 1);
	broadcast_end(&set->set, broadcast);
	answers_nobody(set);
	acks(set, 2, 1);
	answers(set, 0, 1);
}

static void a_broadcast_outlives_its_sender(void **state)
{
	struct set *set = *state;

	sends(set, 0, 1, 0);
	broadcasts_leave(&set->set, &set->m[0]);
	assert_true(broadcasts_hold(&set->set, 1));
	acks(set, 1, 1);
	acks(set, 2, 1);
	acks(set, 3, 1);
	assert_false(broadcasts_hold(&set->set, 1));
	answers_nobody(set);
}

static void a_sender_that_leaves_after_the_last_ack_is_not_answered(void **state)
{
	struct set *set = *state;
	int who;

	sends(set, 0, 1, 0);
	for (who = 1; who < MEMBERS; who++)
		acks(set, who, 1);
	broadcasts_leave(&set->set, &set->m[0]);
	answers_nobody(set);
}

static void only_broadcasts_before_the_stop_hold_the_next_run(void **state)
{
	struct set *set = *state;
	uint64_t stop = set->set.count;

	sends(set, 0, 1, 0);
	assert_true(broadcasts_pending(&set->set));
	assert_false(broadcasts_hold(&set->set, stop));
	assert_true(broadcasts_hold(&set->set, set->set.count));
}

static void a_sender_without_its_ack_is_not_waited_for(void **state)
{
	struct set *set = *state;

	sends(set, 0, 1, 0);
	sends(set, 1, 9, 0);
	acks(set, 2, 1);
	acks(set, 3, 1);
	acks(set, 2, 2);
	acks(set, 3, 2);
	answers(set, 1, 9);
	answers_nobody(set);
	acks(set, 1, 1);
	answers(set, 0, 1);
}

static void the_deadline_is_that_of_the_first_broadcast(void **state)
{
	struct set *set = *state;
	struct broadcast_member *first;

	assert_true(broadcasts_deadline(&set->set) == UINT64_MAX);
	sends(set, 0, 1, 100);
	sends(set, 0, 2, 200);
	assert_int_equal(broadcasts_deadline(&set->set), 100 + PATIENCE_NS);
	assert_int_equal(broadcasts_give_up(&set->set, 99 + PATIENCE_NS,
					    &first), 0);
	answers_nobody(set);
}

static void a_client_that_missed_the_deadline_has_to_catch_up(void **state)
{
	struct set *set = *state;
	struct broadcast_member *first = NULL;

	sends(set, 0, 1, 100);
	acks(set, 1, 1);
	acks(set, 3, 1);
	assert_int_equal(broadcasts_give_up(&set->set, 100 + PATIENCE_NS,
					    &first), 1);
	assert_ptr_equal(first, &set->m[2]);
	answers(set, 0, 1);
	sends(set, 0, 2, 100);
	acks(set, 1, 2);
	acks(set, 3, 2);
	answers(set, 0, 2);
	acks(set, 2, 1);
	sends(set, 0, 3, 100);
	acks(set, 1, 3);
	acks(set, 3, 3);
	answers_nobody(set);
	acks(set, 2, 2);
	acks(set, 2, 3);
	answers(set, 0, 3);
}

#define BROADCAST_TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		BROADCAST_TEST(the_sender_gets_its_ack_after_all_others_acked),
		BROADCAST_TEST(a_lone_sender_gets_its_ack_at_once),
		BROADCAST_TEST(an_ack_of_another_message_counts_for_no_broadcast),
		BROADCAST_TEST(acks_go_out_in_the_order_in_which_broadcasts_finish),
		BROADCAST_TEST(a_client_that_leaves_is_not_waited_for),
		BROADCAST_TEST(a_client_that_leaves_while_it_is_told_finishes_nothing),
		BROADCAST_TEST(a_broadcast_outlives_its_sender),
		BROADCAST_TEST(a_sender_that_leaves_after_the_last_ack_is_not_answered),
		BROADCAST_TEST(only_broadcasts_before_the_stop_hold_the_next_run),
		BROADCAST_TEST(a_sender_without_its_ack_is_not_waited_for),
		BROADCAST_TEST(the_deadline_is_that_of_the_first_broadcast),
		BROADCAST_TEST(a_client_that_missed_the_deadline_has_to_catch_up),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
