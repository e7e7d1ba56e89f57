// SPDX-License-Identifier: GPL-2.0
/*
 * Broadcasts between clients: who is told, and who waits for whom.
 */
#include "harness.h"

/* @a runs at 10, and was told so; @b waits for 20, @c for 30 */
struct trio {
	struct peer *a;
	struct peer *b;
	struct peer *c;
};

static struct trio begin_trio(struct sim *sim)
{
	struct trio trio;

	sim->opt.shm = false;
	sim->opt.clients = 3;
	sim_begin(sim);
	trio.a = peer_join(sim, 1);
	trio.b = peer_join(sim, 2);
	trio.c = peer_join(sim, 3);
	is_started(trio.a);
	wait_for(sim, trio.a, 10);
	is_started(trio.b);
	wait_for(sim, trio.b, 20);
	is_started(trio.c);
	sim_wants_until(sim);
	wait_for(sim, trio.c, 30);
	gets_msg(sim, trio.a, FREE_UNTIL, 20);
	gets_msg(sim, trio.a, RUN, 10);
	sim_log(sim);
	return trio;
}

static void send_broadcast(struct sim *sim, struct peer *from, uint64_t value)
{
	peer_send(from, BROADCAST, value);
	sim_settle(sim);
}

/* it is read, but not acknowledged before acknowledges() */
static uint32_t _hears(struct peer *peer, uint64_t value, const char *file,
		       int line)
{
	struct um_timetravel_msg msg = {};

	same_u64(peer_receive(peer, &msg), 1, file, line);
	same_u64(msg.op, BROADCAST, file, line);
	same_u64(msg.time, value, file, line);
	return msg.seq;
}
#define hears(peer, value) _hears(peer, value, __FILE__, __LINE__)

static void acknowledges(struct sim *sim, struct peer *peer, uint32_t seq)
{
	peer_send_seq(peer, ACK, seq, 0);
	sim_settle(sim);
}

static void it_reaches_all_others_that_were_started(void **state)
{
	struct trio t = begin_trio(*state);
	struct peer *d = peer_connect(*state);

	send_broadcast(*state, t.b, 0xfeedbeefcafe);
	gets_msg(*state, t.a, BROADCAST, 0xfeedbeefcafe);
	gets_msg(*state, t.c, BROADCAST, 0xfeedbeefcafe);
	gets_msg(*state, t.b, ACK, 0);
	gets_nothing(t.b);
	gets_nothing(d);
}

static void it_is_acknowledged_when_all_of_them_have(void **state)
{
	struct trio t = begin_trio(*state);

	send_broadcast(*state, t.a, 7);
	gets_nothing(t.a);
	gets_msg(*state, t.c, BROADCAST, 7);
	gets_nothing(t.a);
	gets_msg(*state, t.b, BROADCAST, 7);
	gets_msg(*state, t.a, ACK, 0);
}

static void or_at_once_if_there_is_nobody(void **state)
{
	struct sim *sim = *state;
	struct peer *a;

	sim->opt.shm = false;
	sim_begin(sim);
	a = peer_join(sim, 1);
	is_started(a);
	ask(sim, a, BROADCAST, 7, 0);
}

static void who_asks_to_run_because_of_it_is_not_too_late(void **state)
{
	struct trio t = begin_trio(*state);
	struct sim *sim = *state;
	uint32_t seq;

	send_broadcast(sim, t.a, 7);
	gets_msg(sim, t.c, BROADCAST, 7);
	seq = hears(t.b, 7);
	ask(sim, t.b, REQUEST, 12, 0);
	gets_msg(sim, t.a, FREE_UNTIL, 12);
	gets_nothing(t.a);
	acknowledges(sim, t.b, seq);
	gets_msg(sim, t.a, ACK, 0);
}

static void nor_if_its_sender_waits(void **state)
{
	struct trio t = begin_trio(*state);
	struct sim *sim = *state;
	uint32_t seq;

	send_broadcast(sim, t.c, 7);
	gets_msg(sim, t.a, BROADCAST, 7);
	seq = hears(t.b, 7);
	wait_for(sim, t.a, 15);
	/* it would run, but for the broadcast */
	gets_nothing(t.a);
	ask(sim, t.b, REQUEST, 13, 0);
	gets_nothing(t.b);
	acknowledges(sim, t.b, seq);
	gets_msg(sim, t.b, FREE_UNTIL, 15);
	gets_msg(sim, t.b, RUN, 13);
	gets_msg(sim, t.c, ACK, 0);
}

static void those_who_wait_cannot_hold_up_everybody(void **state)
{
	struct trio t = begin_trio(*state);
	struct sim *sim = *state;

	wait_for(sim, t.a, 100);
	/* b was told before */
	gets_msg(sim, t.b, FREE_UNTIL, 30);
	gets_msg(sim, t.b, RUN, 20);
	send_broadcast(sim, t.a, 1);
	gets_msg(sim, t.b, BROADCAST, 1);
	wait_for(sim, t.b, 50);
	/* one more, which b does not hear before it is c's turn */
	send_broadcast(sim, t.a, 2);
	gets_msg(sim, t.c, BROADCAST, 1);
	gets_msg(sim, t.c, BROADCAST, 2);
	gets_msg(sim, t.c, FREE_UNTIL, 50);
	gets_msg(sim, t.c, RUN, 30);
}

static void meanwhile_it_is_no_deadlock(void **state)
{
	struct trio t = begin_trio(*state);
	struct sim *sim = *state;
	uint32_t seq;

	ask(sim, t.b, REQUEST, -1, 0);
	ask(sim, t.c, REQUEST, -1, 0);
	send_broadcast(sim, t.c, 7);
	gets_msg(sim, t.a, BROADCAST, 7);
	seq = hears(t.b, 7);
	peer_send(t.a, WAIT, -1);
	sim_settle(sim);
	gets_msg(sim, t.a, ACK, 0);
	assert_int_equal(sim->verdict, VERDICT_NONE);
	ask(sim, t.b, REQUEST, 50, 0);
	acknowledges(sim, t.b, seq);
	gets_msg(sim, t.b, FREE_UNTIL, BLIND(50));
	gets_msg(sim, t.b, RUN, 50);
	gets_msg(sim, t.c, ACK, 0);
}

static void who_goes_is_not_waited_for(void **state)
{
	struct trio t = begin_trio(*state);
	struct sim *sim = *state;

	send_broadcast(sim, t.a, 7);
	gets_msg(sim, t.c, BROADCAST, 7);
	gets_nothing(t.a);
	peer_close(t.b);
	sim_settle(sim);
	gets_msg(sim, t.a, ACK, 0);
}

static void its_sender_may_go(void **state)
{
	struct trio t = begin_trio(*state);
	struct sim *sim = *state;
	uint32_t seq;

	send_broadcast(sim, t.a, 7);
	seq = hears(t.b, 7);
	gets_msg(sim, t.c, BROADCAST, 7);
	peer_close(t.a);
	sim_settle(sim);
	/* b may still want to run because of it */
	gets_nothing(t.b);
	acknowledges(sim, t.b, seq);
	gets_msg(sim, t.b, FREE_UNTIL, 30);
	gets_msg(sim, t.b, RUN, 20);
	assert_string_equal(sim_log(sim), "");
}

static void who_waits_for_one_is_not_waited_for_by_others(void **state)
{
	struct trio t = begin_trio(*state);
	struct sim *sim = *state;
	uint32_t seq;

	send_broadcast(sim, t.b, 2);
	send_broadcast(sim, t.c, 3);
	gets_msg(sim, t.a, BROADCAST, 2);
	seq = hears(t.c, 2);
	gets_msg(sim, t.a, BROADCAST, 3);
	/* b has not even read that, because it waits for c */
	gets_msg(sim, t.c, ACK, 0);
	gets_msg(sim, t.b, BROADCAST, 3);
	gets_nothing(t.b);
	acknowledges(sim, t.c, seq);
	gets_msg(sim, t.b, ACK, 0);
	/* and then it is again */
	send_broadcast(sim, t.c, 4);
	gets_msg(sim, t.a, BROADCAST, 4);
	gets_nothing(t.c);
	gets_msg(sim, t.b, BROADCAST, 4);
	gets_msg(sim, t.c, ACK, 0);
}

static void many_may_be_sent_in_a_row(void **state)
{
	struct trio t = begin_trio(*state);
	struct sim *sim = *state;
	unsigned int i, first = t.a->seq + 1;

	for (i = 0; i < 3; i++)
		send_broadcast(sim, t.a, i);
	for (i = 0; i < 3; i++) {
		gets_msg(sim, t.b, BROADCAST, i);
		gets_nothing(t.a);
		gets_msg(sim, t.c, BROADCAST, i);
		t.a->seq = first + i;
		gets_msg(sim, t.a, ACK, 0);
	}
}

/* for all broadcasts so far */
static void time_is_up(struct sim *sim)
{
	struct broadcast *broadcast;

	TAILQ_FOREACH(broadcast, &sim_group(sim)->broadcasts.pending, link)
		broadcast->deadline = 0;
	sim_settle(sim);
}

static void who_does_not_acknowledge_is_not_waited_for_forever(void **state)
{
	struct trio t = begin_trio(*state);
	struct sim *sim = *state;
	uint32_t seq;

	send_broadcast(sim, t.a, 7);
	gets_msg(sim, t.c, BROADCAST, 7);
	seq = hears(t.b, 7);
	time_is_up(sim);
	gets_msg(sim, t.a, ACK, 0);
	assert_string_equal(sim_log(sim),
			    LOG_PREFIX "client 0x2 (slot 2) has not acknowledged a broadcast for 3 s, going on without\n");
	/* nor once more */
	send_broadcast(sim, t.a, 8);
	gets_msg(sim, t.c, BROADCAST, 8);
	gets_msg(sim, t.a, ACK, 0);
	/* before it has caught up */
	acknowledges(sim, t.b, seq);
	gets_msg(sim, t.b, BROADCAST, 8);
	send_broadcast(sim, t.a, 9);
	gets_msg(sim, t.c, BROADCAST, 9);
	gets_nothing(t.a);
	gets_msg(sim, t.b, BROADCAST, 9);
	gets_msg(sim, t.a, ACK, 0);
	assert_string_equal(sim_log(sim), "");
}

static void one_line_is_enough_for_many_of_them(void **state)
{
	struct trio t = begin_trio(*state);
	struct sim *sim = *state;

	send_broadcast(sim, t.a, 7);
	time_is_up(sim);
	gets_msg(sim, t.a, ACK, 0);
	assert_string_equal(sim_log(sim),
			    LOG_PREFIX "client 0x2 (slot 2) and others have not acknowledged a broadcast for 3 s, going on without\n");
}

static void a_client_that_does_not_read_holds_up_nobody(void **state)
{
	struct trio t = begin_trio(*state);
	struct sim *sim = *state;
	unsigned int i;

	send_broadcast(sim, t.a, 0);
	gets_msg(sim, t.c, BROADCAST, 0);
	time_is_up(sim);
	gets_msg(sim, t.a, ACK, 0);
	/* more than the socket takes */
	for (i = 1; i < 5000; i++) {
		send_broadcast(sim, t.a, i);
		gets_msg(sim, t.c, BROADCAST, i);
		gets_msg(sim, t.a, ACK, 0);
	}
	for (i = 0; i < 5000; i++)
		gets_msg(sim, t.b, BROADCAST, i);
	gets_nothing(t.b);
}

static void nor_loses_anything_if_it_reads_some_of_it(void **state)
{
	struct trio t = begin_trio(*state);
	struct sim *sim = *state;
	unsigned int sent = 0, got = 0;

	while (sent < 20000) {
		send_broadcast(sim, t.a, sent);
		gets_msg(sim, t.c, BROADCAST, sent++);
		if (sent % 3 == 0)
			gets_msg(sim, t.b, BROADCAST, got++);
	}
	while (got < sent)
		gets_msg(sim, t.b, BROADCAST, got++);
	gets_nothing(t.b);
}

static void and_is_dropped_if_it_never_reads(void **state)
{
	struct trio t = begin_trio(*state);
	struct sim *sim = *state;
	unsigned int i;

	send_broadcast(sim, t.a, 0);
	gets_msg(sim, t.c, BROADCAST, 0);
	time_is_up(sim);
	gets_msg(sim, t.a, ACK, 0);
	sim_log(sim);
	for (i = 1; i < CONN_MAX_QUEUED + 5000 && sim_group(sim)->started == 3; i++) {
		send_broadcast(sim, t.a, i);
		gets_msg(sim, t.c, BROADCAST, i);
		gets_msg(sim, t.a, ACK, 0);
	}
	assert_in_range(i, CONN_MAX_QUEUED, CONN_MAX_QUEUED + 4999);
	is_dropped(sim, t.b, "client 0x2 (slot 2): does not read");
}

static void if_it_was_the_last_one_nobody_is_waited_for(void **state)
{
	struct trio t = begin_trio(*state);
	struct sim *sim = *state;

	send_broadcast(sim, t.a, 7);
	gets_msg(sim, t.c, BROADCAST, 7);
	peer_send_seq(t.b, ACK, 77, 0);
	is_dropped(sim, t.b, "ACK of message 77");
	gets_msg(sim, t.a, ACK, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		BEHAVIOUR(it_reaches_all_others_that_were_started),
		BEHAVIOUR(it_is_acknowledged_when_all_of_them_have),
		BEHAVIOUR(or_at_once_if_there_is_nobody),
		BEHAVIOUR(who_asks_to_run_because_of_it_is_not_too_late),
		BEHAVIOUR(nor_if_its_sender_waits),
		BEHAVIOUR(those_who_wait_cannot_hold_up_everybody),
		BEHAVIOUR(meanwhile_it_is_no_deadlock),
		BEHAVIOUR(who_goes_is_not_waited_for),
		BEHAVIOUR(its_sender_may_go),
		BEHAVIOUR(who_waits_for_one_is_not_waited_for_by_others),
		BEHAVIOUR(many_may_be_sent_in_a_row),
		BEHAVIOUR(who_does_not_acknowledge_is_not_waited_for_forever),
		BEHAVIOUR(one_line_is_enough_for_many_of_them),
		BEHAVIOUR(a_client_that_does_not_read_holds_up_nobody),
		BEHAVIOUR(nor_loses_anything_if_it_reads_some_of_it),
		BEHAVIOUR(and_is_dropped_if_it_never_reads),
		BEHAVIOUR(if_it_was_the_last_one_nobody_is_waited_for),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
