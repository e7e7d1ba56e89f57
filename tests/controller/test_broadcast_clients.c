// SPDX-License-Identifier: GPL-2.0
/*
 * Broadcasts between clients: who is told, who waits for whom, and what a
 * client that does not follow the rules costs.
 */
#include "harness.h"

/* @a runs at 10; @b waits for 20, @c for 30 */
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

/* @peer reads the broadcast; acknowledges() has to follow */
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

static void a_broadcast_reaches_all_others_that_were_started(void **state)
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

static void its_sender_gets_the_ack_after_all_that_wait_sent_theirs(void **state)
{
	struct trio t = begin_trio(*state);

	send_broadcast(*state, t.a, 7);
	gets_nothing(t.a);
	gets_msg(*state, t.c, BROADCAST, 7);
	gets_nothing(t.a);
	gets_msg(*state, t.b, BROADCAST, 7);
	gets_msg(*state, t.a, ACK, 0);
}

static void a_lone_client_gets_the_ack_at_once(void **state)
{
	struct sim *sim = *state;
	struct peer *a;

	sim->opt.shm = false;
	sim_begin(sim);
	a = peer_join(sim, 1);
	is_started(a);
	ask(sim, a, BROADCAST, 7, 0);
}

static void a_request_before_the_ack_is_known_before_the_sender_goes_on(void **state)
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

static void nobody_is_run_before_all_that_wait_have_acknowledged(void **state)
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
	gets_msg(sim, t.c, ACK, 0);
	gets_msg(sim, t.b, FREE_UNTIL, 15);
	gets_msg(sim, t.b, RUN, 13);
}

static void the_sender_does_not_wait_for_the_client_that_runs(void **state)
{
	struct trio t = begin_trio(*state);
	struct sim *sim = *state;

	/* a does not read: it may be blocked until b answers something */
	send_broadcast(sim, t.b, 7);
	gets_msg(sim, t.c, BROADCAST, 7);
	gets_msg(sim, t.b, ACK, 0);
}

static void a_client_that_stops_has_to_acknowledge_before_the_next_run(void **state)
{
	struct trio t = begin_trio(*state);
	struct sim *sim = *state;
	uint32_t seq;

	send_broadcast(sim, t.b, 7);
	gets_msg(sim, t.c, BROADCAST, 7);
	gets_msg(sim, t.b, ACK, 0);
	/* a stops before it reads */
	peer_send(t.a, WAIT, -1);
	sim_settle(sim);
	gets_nothing(t.b);
	seq = hears(t.a, 7);
	gets_msg(sim, t.a, ACK, 0);
	/* and wants to run earlier because of the broadcast */
	ask(sim, t.a, REQUEST, 12, 0);
	acknowledges(sim, t.a, seq);
	gets_msg(sim, t.a, FREE_UNTIL, 20);
	gets_msg(sim, t.a, RUN, 12);
	gets_nothing(t.b);
}

static void clients_that_wait_cannot_put_off_the_next_run_for_ever(void **state)
{
	struct trio t = begin_trio(*state);
	struct sim *sim = *state;

	wait_for(sim, t.a, 100);
	gets_msg(sim, t.b, FREE_UNTIL, 30);
	gets_msg(sim, t.b, RUN, 20);
	send_broadcast(sim, t.a, 1);
	gets_msg(sim, t.b, BROADCAST, 1);
	wait_for(sim, t.b, 50);
	/* b has not acknowledged this one when it is c's turn */
	send_broadcast(sim, t.a, 2);
	gets_msg(sim, t.c, BROADCAST, 1);
	gets_msg(sim, t.c, BROADCAST, 2);
	gets_msg(sim, t.c, FREE_UNTIL, 50);
	gets_msg(sim, t.c, RUN, 30);
}

static void it_is_no_deadlock_while_a_client_may_still_make_a_request(void **state)
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
	gets_msg(sim, t.c, ACK, 0);
	gets_msg(sim, t.b, FREE_UNTIL, BLIND(50));
	gets_msg(sim, t.b, RUN, 50);
}

static void a_client_that_leaves_is_not_waited_for(void **state)
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

static void the_next_run_waits_although_the_sender_has_gone(void **state)
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

static void the_runner_waits_for_a_client_that_waits_for_its_own_ack(void **state)
{
	struct trio t = begin_trio(*state);
	struct sim *sim = *state;
	uint32_t seq;

	/* c waits for b, which is busy */
	send_broadcast(sim, t.c, 3);
	gets_msg(sim, t.a, BROADCAST, 3);
	seq = hears(t.b, 3);
	/* a must not get past what c does because of this */
	send_broadcast(sim, t.a, 1);
	acknowledges(sim, t.b, seq);
	gets_msg(sim, t.b, BROADCAST, 1);
	seq = hears(t.c, 1);
	gets_msg(sim, t.c, ACK, 0);
	gets_nothing(t.a);
	ask(sim, t.c, REQUEST, 11, 0);
	gets_msg(sim, t.a, FREE_UNTIL, 11);
	acknowledges(sim, t.c, seq);
	gets_msg(sim, t.a, ACK, 0);
}

static void of_two_senders_the_second_does_not_wait_for_the_first(void **state)
{
	struct trio t = begin_trio(*state);
	struct sim *sim = *state;
	uint32_t seq, b_seq;

	send_broadcast(sim, t.b, 2);
	send_broadcast(sim, t.c, 3);
	gets_msg(sim, t.a, BROADCAST, 2);
	seq = hears(t.c, 2);
	gets_msg(sim, t.a, BROADCAST, 3);
	/* b acknowledges nothing before it has its own ACK, which waits for c */
	gets_msg(sim, t.c, ACK, 0);
	b_seq = hears(t.b, 3);
	gets_nothing(t.b);
	acknowledges(sim, t.c, seq);
	gets_msg(sim, t.b, ACK, 0);
	acknowledges(sim, t.b, b_seq);
	/* later it waits for b again */
	send_broadcast(sim, t.c, 4);
	gets_msg(sim, t.a, BROADCAST, 4);
	gets_nothing(t.c);
	gets_msg(sim, t.b, BROADCAST, 4);
	gets_msg(sim, t.c, ACK, 0);
}

static void of_two_senders_the_first_may_still_make_a_request(void **state)
{
	struct trio t = begin_trio(*state);
	struct sim *sim = *state;
	uint32_t seq;

	/* none of them wants to run any more */
	ask(sim, t.b, REQUEST, -1, 0);
	ask(sim, t.c, REQUEST, -1, 0);
	send_broadcast(sim, t.b, 2);
	send_broadcast(sim, t.c, 3);
	gets_msg(sim, t.a, BROADCAST, 2);
	gets_msg(sim, t.a, BROADCAST, 3);
	peer_send(t.a, WAIT, -1);
	sim_settle(sim);
	gets_msg(sim, t.a, ACK, 0);
	gets_msg(sim, t.c, BROADCAST, 2);
	gets_msg(sim, t.c, ACK, 0);
	seq = hears(t.b, 3);
	gets_msg(sim, t.b, ACK, 0);
	/* b has heard of c's broadcast only now */
	assert_int_equal(sim->verdict, VERDICT_NONE);
	ask(sim, t.b, REQUEST, 40, 0);
	acknowledges(sim, t.b, seq);
	gets_msg(sim, t.b, FREE_UNTIL, BLIND(40));
	gets_msg(sim, t.b, RUN, 40);
}

static void a_client_may_send_many_before_it_reads_an_ack(void **state)
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

static void a_client_that_floods_the_others_is_dropped(void **state)
{
	struct trio t = begin_trio(*state);
	struct sim *sim = *state;
	unsigned int i;

	for (i = 0; i < BROADCASTS_MAX; i++)
		send_broadcast(sim, t.a, i);
	gets_nothing(t.a);
	send_broadcast(sim, t.a, i);
	is_dropped(sim, t.a, "client 0x1 (slot 1): sent more than 1024 broadcasts without waiting for an ACK");
	/* the others lose nothing of what it was allowed to send */
	for (i = 0; i < BROADCASTS_MAX; i++) {
		gets_msg(sim, t.b, BROADCAST, i);
		gets_msg(sim, t.c, BROADCAST, i);
	}
	gets_msg(sim, t.b, FREE_UNTIL, 30);
	gets_msg(sim, t.b, RUN, 20);
}

/* the controller has waited for seconds, and nothing was left to be read */
static void time_is_up(struct sim *sim)
{
	struct broadcasts *set = &sim_group(sim)->broadcasts;

	sim_settle(sim);
	assert_true(broadcasts_deadline(set, 0) > 0);
	set->deadline = 0;
	assert_int_equal(controller_step(&sim->ctl, -1), VERDICT_NONE);
}

static void a_client_that_does_not_acknowledge_is_named_and_waited_for(void **state)
{
	struct trio t = begin_trio(*state);
	struct sim *sim = *state;
	uint32_t seq;

	send_broadcast(sim, t.a, 7);
	gets_msg(sim, t.c, BROADCAST, 7);
	seq = hears(t.b, 7);
	assert_string_equal(sim_log(sim), "");
	time_is_up(sim);
	assert_string_equal(sim_log(sim),
			    LOG_PREFIX "client 0x2 (slot 2): no ACK of a broadcast for 3 s; the simulation waits for it\n");
	/* once is enough */
	sim_settle(sim);
	assert_string_equal(sim_log(sim), "");
	/* it was only stopped, in a debugger say: nothing is different */
	gets_nothing(t.a);
	ask(sim, t.b, REQUEST, 12, 0);
	gets_msg(sim, t.a, FREE_UNTIL, 12);
	acknowledges(sim, t.b, seq);
	gets_msg(sim, t.a, ACK, 0);
	assert_string_equal(sim_log(sim), "");
}

static void of_many_late_clients_one_is_named_and_the_others_counted(void **state)
{
	struct trio t = begin_trio(*state);
	struct sim *sim = *state;

	send_broadcast(sim, t.a, 7);
	time_is_up(sim);
	gets_nothing(t.a);
	assert_string_equal(sim_log(sim),
			    LOG_PREFIX "client 0x2 (slot 2) and 1 more: no ACK of a broadcast for 3 s; the simulation waits for it\n");
}

static void an_ack_that_can_be_read_is_not_late(void **state)
{
	struct trio t = begin_trio(*state);
	struct sim *sim = *state;
	uint32_t b, c;

	send_broadcast(sim, t.a, 7);
	b = hears(t.b, 7);
	c = hears(t.c, 7);
	/* it is the controller that was stopped for seconds */
	peer_send_seq(t.b, ACK, b, 0);
	peer_send_seq(t.c, ACK, c, 0);
	sim_group(sim)->broadcasts.deadline = 0;
	sim_settle(sim);
	gets_msg(sim, t.a, ACK, 0);
	assert_string_equal(sim_log(sim), "");
}

static void a_slow_reader_loses_nothing(void **state)
{
	struct trio t = begin_trio(*state);
	struct sim *sim = *state;
	unsigned int sent = 0, got = 0;

	/* more than its socket takes; b runs, so that nobody waits for it */
	wait_for(sim, t.a, 100);
	gets_msg(sim, t.b, FREE_UNTIL, 30);
	gets_msg(sim, t.b, RUN, 20);
	while (sent < 20000) {
		send_broadcast(sim, t.a, sent);
		gets_msg(sim, t.c, BROADCAST, sent++);
		gets_msg(sim, t.a, ACK, 0);
		if (sent % 3 == 0)
			gets_msg(sim, t.b, BROADCAST, got++);
	}
	while (got < sent)
		gets_msg(sim, t.b, BROADCAST, got++);
	gets_nothing(t.b);
}

static void a_client_that_never_reads_is_dropped_in_the_end(void **state)
{
	struct trio t = begin_trio(*state);
	struct sim *sim = *state;
	unsigned int i;

	wait_for(sim, t.a, 100);
	gets_msg(sim, t.b, FREE_UNTIL, 30);
	gets_msg(sim, t.b, RUN, 20);
	for (i = 0; i < CONN_MAX_QUEUED + 5000 &&
	     sim_group(sim)->started == 3; i++) {
		send_broadcast(sim, t.a, i);
		gets_msg(sim, t.c, BROADCAST, i);
		gets_msg(sim, t.a, ACK, 0);
	}
	assert_in_range(i, CONN_MAX_QUEUED, CONN_MAX_QUEUED + 4999);
	is_dropped(sim, t.b, "client 0x2 (slot 2): does not read");
}

static void the_sender_does_not_wait_for_a_client_that_is_dropped(void **state)
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
		BEHAVIOUR(a_broadcast_reaches_all_others_that_were_started),
		BEHAVIOUR(its_sender_gets_the_ack_after_all_that_wait_sent_theirs),
		BEHAVIOUR(a_lone_client_gets_the_ack_at_once),
		BEHAVIOUR(a_request_before_the_ack_is_known_before_the_sender_goes_on),
		BEHAVIOUR(nobody_is_run_before_all_that_wait_have_acknowledged),
		BEHAVIOUR(the_sender_does_not_wait_for_the_client_that_runs),
		BEHAVIOUR(a_client_that_stops_has_to_acknowledge_before_the_next_run),
		BEHAVIOUR(clients_that_wait_cannot_put_off_the_next_run_for_ever),
		BEHAVIOUR(it_is_no_deadlock_while_a_client_may_still_make_a_request),
		BEHAVIOUR(a_client_that_leaves_is_not_waited_for),
		BEHAVIOUR(the_next_run_waits_although_the_sender_has_gone),
		BEHAVIOUR(the_runner_waits_for_a_client_that_waits_for_its_own_ack),
		BEHAVIOUR(of_two_senders_the_second_does_not_wait_for_the_first),
		BEHAVIOUR(of_two_senders_the_first_may_still_make_a_request),
		BEHAVIOUR(a_client_may_send_many_before_it_reads_an_ack),
		BEHAVIOUR(a_client_that_floods_the_others_is_dropped),
		BEHAVIOUR(a_client_that_does_not_acknowledge_is_named_and_waited_for),
		BEHAVIOUR(of_many_late_clients_one_is_named_and_the_others_counted),
		BEHAVIOUR(an_ack_that_can_be_read_is_not_late),
		BEHAVIOUR(a_slow_reader_loses_nothing),
		BEHAVIOUR(a_client_that_never_reads_is_dropped_in_the_end),
		BEHAVIOUR(the_sender_does_not_wait_for_a_client_that_is_dropped),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
