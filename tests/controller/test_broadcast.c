// SPDX-License-Identifier: GPL-2.0
/*
 * The bookkeeping of broadcasts by itself: no clients, no sockets, no clock.
 */
#include "harness.h"

#define MEMBERS 4
#define NOBODY -1
#define PATIENCE_NS (BROADCAST_PATIENCE_S * 1000000000ULL)

/**
 * struct set - four members
 *
 * @set: what is tested
 * @m: the members
 * @told: sequence number of the last message to each of them
 * @running: the member that runs, or NOBODY
 */
struct set {
	struct broadcasts set;
	struct broadcast_member m[MEMBERS];
	uint32_t told[MEMBERS];
	int running;
};

static int setup(void **state)
{
	struct set *set = calloc(1, sizeof(*set));
	unsigned int i;

	assert_non_null(set);
	broadcasts_init(&set->set);
	for (i = 0; i < MEMBERS; i++)
		broadcasts_join(&set->m[i]);
	set->running = NOBODY;
	*state = set;
	return 0;
}

/* when all have left, nothing is left to be freed: the sanitizer looks */
static int teardown(void **state)
{
	struct set *set = *state;
	unsigned int i;

	for (i = 0; i < MEMBERS; i++)
		broadcasts_leave(&set->set, &set->m[i]);
	assert_false(broadcasts_pending(&set->set));
	free(set);
	return 0;
}

/* @from sends its number @seq, and all others are told */
static void sends(struct set *set, int from, uint32_t seq)
{
	struct broadcast *broadcast;
	int i;

	broadcast = broadcast_begin(&set->set, &set->m[from], seq,
				    MEMBERS - 1);
	assert_non_null(broadcast);
	for (i = 0; i < MEMBERS; i++)
		if (i != from)
			broadcast_told(&set->set, broadcast, &set->m[i],
				       ++set->told[i], i == set->running);
	broadcast_end(&set->set, broadcast);
}

static void acks(struct set *set, int who, uint32_t seq)
{
	broadcasts_acked(&set->set, &set->m[who], seq);
}

/* the next ACK that is due is @to's, for its number @seq */
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

	sends(set, 0, 77);
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

	broadcast = broadcast_begin(&set->set, &set->m[0], 5, 0);
	assert_non_null(broadcast);
	broadcast_end(&set->set, broadcast);
	answers(set, 0, 5);
	assert_false(broadcasts_pending(&set->set));
}

static void an_ack_of_another_message_counts_for_no_broadcast(void **state)
{
	struct set *set = *state;

	set->told[1] = 41;
	sends(set, 0, 1);
	acks(set, 2, 1);
	acks(set, 3, 1);
	acks(set, 1, 41);
	answers_nobody(set);
	acks(set, 1, 42);
	answers(set, 0, 1);
}

static void a_sender_gets_its_acks_in_order(void **state)
{
	struct set *set = *state;
	uint32_t seq;

	/* the second one does not wait for 1, which waits for 0 */
	set->running = 2;
	sends(set, 0, 1);
	sends(set, 1, 1);
	sends(set, 0, 2);
	acks(set, 3, 1);
	acks(set, 3, 2);
	acks(set, 3, 3);
	answers(set, 1, 1);
	answers_nobody(set);
	acks(set, 1, 1);
	acks(set, 1, 2);
	for (seq = 1; seq <= 2; seq++)
		answers(set, 0, seq);
}

static void a_client_that_leaves_is_not_waited_for(void **state)
{
	struct set *set = *state;

	sends(set, 0, 1);
	acks(set, 1, 1);
	acks(set, 2, 1);
	broadcasts_leave(&set->set, &set->m[3]);
	answers(set, 0, 1);
}

static void a_client_that_leaves_while_others_are_told_finishes_nothing(void **state)
{
	struct set *set = *state;
	struct broadcast *broadcast;

	broadcast = broadcast_begin(&set->set, &set->m[0], 1, 2);
	assert_non_null(broadcast);
	broadcast_told(&set->set, broadcast, &set->m[1], 1, false);
	broadcasts_leave(&set->set, &set->m[1]);
	answers_nobody(set);
	broadcast_told(&set->set, broadcast, &set->m[2], 1, false);
	broadcast_end(&set->set, broadcast);
	answers_nobody(set);
	acks(set, 2, 1);
	answers(set, 0, 1);
}

static void a_broadcast_outlives_its_sender(void **state)
{
	struct set *set = *state;

	sends(set, 0, 1);
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

	sends(set, 0, 1);
	sends(set, 1, 1);
	for (who = 1; who < MEMBERS; who++)
		acks(set, who, 1);
	broadcasts_leave(&set->set, &set->m[0]);
	answers_nobody(set);
}

static void only_broadcasts_before_the_stop_hold_the_next_run(void **state)
{
	struct set *set = *state;
	uint64_t stop = set->set.count;

	sends(set, 0, 1);
	assert_true(broadcasts_pending(&set->set));
	assert_false(broadcasts_hold(&set->set, stop));
	assert_true(broadcasts_hold(&set->set, set->set.count));
}

static void the_ack_of_the_client_that_runs_holds_only_the_next_run(void **state)
{
	struct set *set = *state;

	set->running = 1;
	sends(set, 0, 1);
	acks(set, 2, 1);
	acks(set, 3, 1);
	answers(set, 0, 1);
	assert_true(broadcasts_hold(&set->set, 1));
	acks(set, 1, 1);
	assert_false(broadcasts_hold(&set->set, 1));
}

static void of_two_senders_only_the_first_waits_for_the_other(void **state)
{
	struct set *set = *state;

	sends(set, 0, 1);
	sends(set, 1, 9);
	acks(set, 2, 1);
	acks(set, 3, 1);
	acks(set, 2, 2);
	acks(set, 3, 2);
	answers(set, 1, 9);
	answers_nobody(set);
	acks(set, 1, 1);
	answers(set, 0, 1);
	/* 0 has still to hear of the second one */
	assert_true(broadcasts_hold(&set->set, set->set.count));
	acks(set, 0, 1);
	assert_false(broadcasts_pending(&set->set));
}

static void a_sender_that_waits_for_others_is_waited_for(void **state)
{
	struct set *set = *state;

	/* 0 waits for 3 only; 1 has nothing to do with that */
	sends(set, 0, 1);
	acks(set, 1, 1);
	acks(set, 2, 1);
	sends(set, 1, 1);
	acks(set, 2, 2);
	acks(set, 3, 1);
	acks(set, 3, 2);
	answers(set, 0, 1);
	answers_nobody(set);
	acks(set, 0, 1);
	answers(set, 1, 1);
}

static void three_senders_do_not_wait_in_a_circle(void **state)
{
	struct set *set = *state;

	/* 0 waits for 1, 1 for 2: whoever 2 waits for, it is not these */
	sends(set, 0, 1);
	acks(set, 2, 1);
	acks(set, 3, 1);
	sends(set, 1, 1);
	acks(set, 3, 2);
	sends(set, 2, 1);
	acks(set, 3, 3);
	answers(set, 2, 1);
	answers_nobody(set);
	acks(set, 2, 2);
	answers(set, 1, 1);
	acks(set, 1, 1);
	answers(set, 0, 1);
}

static void many_senders_at_once_all_get_their_acks(void **state)
{
	struct set *set = *state;
	unsigned int answered, turn;
	uint32_t acked[MEMBERS] = {}, seq;
	bool waits[MEMBERS];
	int who;

	/* each acknowledges only while it waits for no ACK of its own */
	for (turn = 0; turn < 1000; turn++) {
		for (who = 0; who < MEMBERS; who++) {
			waits[who] = rand() % 2;
			if (waits[who])
				sends(set, who, turn);
		}
		for (answered = 1; answered;) {
			answered = 0;
			for (who = 0; who < MEMBERS; who++)
				while (!waits[who] &&
				       acked[who] < set->told[who])
					acks(set, who, ++acked[who]);
			for (; ; answered++) {
				struct broadcast_member *m;

				m = broadcasts_take(&set->set, &seq);
				if (!m)
					break;
				waits[m - set->m] = false;
			}
		}
		for (who = 0; who < MEMBERS; who++)
			assert_false(waits[who]);
		assert_false(broadcasts_pending(&set->set));
	}
}

static void the_time_counts_from_when_a_broadcast_is_the_first_one(void **state)
{
	struct set *set = *state;
	struct broadcast_member *late = NULL;

	assert_true(broadcasts_deadline(&set->set, 50) == UINT64_MAX);
	sends(set, 0, 1);
	sends(set, 0, 2);
	assert_int_equal(broadcasts_deadline(&set->set, 100),
			 100 + PATIENCE_NS);
	assert_int_equal(broadcasts_deadline(&set->set, 200),
			 100 + PATIENCE_NS);
	assert_int_equal(broadcasts_late(&set->set, 99 + PATIENCE_NS, NULL,
					 &late),
			 0);
	acks(set, 1, 1);
	acks(set, 2, 1);
	acks(set, 3, 1);
	assert_int_equal(broadcasts_late(&set->set, 100 + PATIENCE_NS, NULL,
					 &late),
			 0);
	assert_int_equal(broadcasts_deadline(&set->set, 0),
			 100 + 2 * PATIENCE_NS);
}

static void late_clients_are_named_once(void **state)
{
	struct set *set = *state;
	struct broadcast_member *late = NULL;

	sends(set, 0, 1);
	broadcasts_deadline(&set->set, 0);
	acks(set, 1, 1);
	assert_int_equal(broadcasts_late(&set->set, PATIENCE_NS, NULL,
					 &late), 2);
	assert_ptr_equal(late, &set->m[2]);
	assert_true(broadcasts_deadline(&set->set, PATIENCE_NS) == UINT64_MAX);
	assert_int_equal(broadcasts_late(&set->set, 9 * PATIENCE_NS, NULL,
					 &late), 0);
	answers_nobody(set);
}

static void the_client_that_runs_is_never_late(void **state)
{
	struct set *set = *state;
	struct broadcast_member *late = NULL;

	set->running = 1;
	sends(set, 0, 1);
	acks(set, 2, 1);
	acks(set, 3, 1);
	broadcasts_deadline(&set->set, 0);
	assert_int_equal(broadcasts_late(&set->set, PATIENCE_NS, &set->m[1],
					 &late), 0);
	/* it stops, and has as much time from then on */
	assert_int_equal(broadcasts_late(&set->set, 2 * PATIENCE_NS - 1, NULL,
					 &late), 0);
	assert_int_equal(broadcasts_late(&set->set, 2 * PATIENCE_NS, NULL,
					 &late), 1);
	assert_ptr_equal(late, &set->m[1]);
}

#define BROADCAST_TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		BROADCAST_TEST(the_sender_gets_its_ack_after_all_others_acked),
		BROADCAST_TEST(a_lone_sender_gets_its_ack_at_once),
		BROADCAST_TEST(an_ack_of_another_message_counts_for_no_broadcast),
		BROADCAST_TEST(a_sender_gets_its_acks_in_order),
		BROADCAST_TEST(a_client_that_leaves_is_not_waited_for),
		BROADCAST_TEST(a_client_that_leaves_while_others_are_told_finishes_nothing),
		BROADCAST_TEST(a_broadcast_outlives_its_sender),
		BROADCAST_TEST(a_sender_that_leaves_after_the_last_ack_is_not_answered),
		BROADCAST_TEST(only_broadcasts_before_the_stop_hold_the_next_run),
		BROADCAST_TEST(the_ack_of_the_client_that_runs_holds_only_the_next_run),
		BROADCAST_TEST(of_two_senders_only_the_first_waits_for_the_other),
		BROADCAST_TEST(a_sender_that_waits_for_others_is_waited_for),
		BROADCAST_TEST(three_senders_do_not_wait_in_a_circle),
		BROADCAST_TEST(many_senders_at_once_all_get_their_acks),
		BROADCAST_TEST(the_time_counts_from_when_a_broadcast_is_the_first_one),
		BROADCAST_TEST(late_clients_are_named_once),
		BROADCAST_TEST(the_client_that_runs_is_never_late),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
