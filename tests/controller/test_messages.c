// SPDX-License-Identifier: GPL-2.0
/*
 * Clients without shared memory: every operation, and every refusal.
 */
#include <sys/socket.h>

#include "harness.h"

/* two clients; @a runs first, at 10, then @b at 20 */
struct pair {
	struct peer *a;
	struct peer *b;
};

static void begin_alone(struct sim *sim, struct peer **a)
{
	sim->opt.shm = false;
	sim_begin(sim);
	*a = peer_join(sim, 1);
	is_started(*a);
}

static struct pair begin_pair(struct sim *sim)
{
	struct pair pair;

	sim->opt.shm = false;
	sim->opt.clients = 2;
	sim_begin(sim);
	pair.a = peer_join(sim, 1);
	gets_nothing(pair.a);
	pair.b = peer_join(sim, 2);
	is_started(pair.a);
	gets_nothing(pair.b);
	wait_for(sim, pair.a, 10);
	is_started(pair.b);
	sim_wants_until(sim);
	wait_for(sim, pair.b, 20);
	return pair;
}

static void start_is_acknowledged_with_the_slot_and_no_descriptors(void **state)
{
	struct peer *a;

	begin_alone(*state, &a);
	assert_int_equal(a->slot, 1);
}

static void a_request_is_run_at_its_time(void **state)
{
	struct peer *a;

	begin_alone(*state, &a);
	wait_for(*state, a, 1000);
	gets_msg(*state, a, FREE_UNTIL, BLIND(1000));
	gets_msg(*state, a, RUN, 1000);
	gets_nothing(a);
}

static void wait_is_acknowledged_before_run(void **state)
{
	struct peer *a;

	begin_alone(*state, &a);
	ask(*state, a, REQUEST, 5, 0);
	peer_send(a, WAIT, -1);
	sim_settle(*state);
	gets_msg(*state, a, ACK, 0);
	gets_msg(*state, a, FREE_UNTIL, BLIND(5));
	gets_msg(*state, a, RUN, 5);
}

static void clients_run_in_turn_each_until_the_other_wants_to(void **state)
{
	struct pair p = begin_pair(*state);

	gets_msg(*state, p.a, FREE_UNTIL, 20);
	gets_msg(*state, p.a, RUN, 10);
	gets_nothing(p.b);
	wait_for(*state, p.a, 40);
	gets_msg(*state, p.b, FREE_UNTIL, 40);
	gets_msg(*state, p.b, RUN, 20);
	gets_nothing(p.a);
}

static void a_client_that_only_ticks_is_sent_no_free_until(void **state)
{
	struct sim *sim = *state;
	struct peer *peer[2];
	unsigned int i;

	sim->opt.shm = false;
	sim->opt.clients = 2;
	sim_begin(sim);
	peer[0] = peer_join(sim, 1);
	peer[1] = peer_join(sim, 2);
	for (i = 0; i < 2; i++) {
		is_started(peer[i]);
		wait_for(sim, peer[i], 10 * i + 10);
	}
	for (i = 0; i < 100; i++) {
		gets_msg(sim, peer[i % 2], RUN, 10 * i + 10);
		/* without one it may not go on by itself */
		wait_for(sim, peer[i % 2], 10 * i + 30);
	}
}

static void a_client_that_ran_twice_in_a_row_is_always_sent_free_until(void **state)
{
	struct sim *sim = *state;
	struct peer *a, *b;

	sim->opt.shm = false;
	sim->opt.clients = 2;
	sim_begin(sim);
	a = peer_join(sim, 1);
	b = peer_join(sim, 2);
	is_started(a);
	wait_for(sim, a, 10);
	is_started(b);
	wait_for(sim, b, 20);
	gets_msg(sim, a, RUN, 10);
	wait_for(sim, a, 15);
	gets_msg(sim, a, FREE_UNTIL, 20);
	gets_msg(sim, a, RUN, 15);
	wait_for(sim, a, 30);
	/* that counts for a and not for b */
	gets_msg(sim, b, RUN, 20);
	wait_for(sim, b, 40);
	gets_msg(sim, a, FREE_UNTIL, 40);
	gets_msg(sim, a, RUN, 30);
}

/* it may read nothing meanwhile, and a newcomer waits until it stops */
static void a_client_is_let_go_on_by_itself_for_1_ms_at_most(void **state)
{
	struct sim *sim = *state;
	struct peer *a, *b;

	begin_alone(sim, &a);
	wait_for(sim, a, 10);
	gets_msg(sim, a, FREE_UNTIL, 1000010);
	gets_msg(sim, a, RUN, 10);
	ask(sim, a, UPDATE, 1000009, 0);
	b = peer_join(sim, 2);
	sim_settle(sim);
	gets_nothing(a);
	wait_for(sim, a, 5000000);
	is_started(b);
	ask(sim, b, GET_TOD, -1, 1000000 + 1000010);
}

static void a_client_that_was_sent_no_free_until_may_not_go_on(void **state)
{
	struct sim *sim = *state;
	struct peer *a, *b;

	sim->opt.shm = false;
	sim->opt.clients = 2;
	sim_begin(sim);
	a = peer_join(sim, 1);
	b = peer_join(sim, 2);
	is_started(a);
	wait_for(sim, a, 10);
	is_started(b);
	wait_for(sim, b, 20);
	gets_msg(sim, a, RUN, 10);
	peer_send(a, UPDATE, 11);
	is_dropped(sim, a, "UPDATE to 11, it may say 10 to 10");
}

static void no_free_until_is_sent_that_allows_nothing(void **state)
{
	struct pair p = begin_pair(*state);

	gets_msg(*state, p.a, FREE_UNTIL, 20);
	gets_msg(*state, p.a, RUN, 10);
	wait_for(*state, p.a, 20);
	/* both want to run at 20 */
	gets_msg(*state, p.b, RUN, 20);
	wait_for(*state, p.b, 30);
	gets_msg(*state, p.a, FREE_UNTIL, 30);
	gets_msg(*state, p.a, RUN, 20);
}

static void get_tells_the_time_to_whoever_asks(void **state)
{
	struct pair p = begin_pair(*state);

	gets_msg(*state, p.a, FREE_UNTIL, 20);
	gets_msg(*state, p.a, RUN, 10);
	ask(*state, p.a, GET, -1, 10);
	ask(*state, p.b, GET, -1, 10);
}

static void get_tells_what_the_last_update_said(void **state)
{
	struct pair p = begin_pair(*state);

	gets_msg(*state, p.a, FREE_UNTIL, 20);
	gets_msg(*state, p.a, RUN, 10);
	ask(*state, p.a, UPDATE, 15, 0);
	ask(*state, p.b, GET, -1, 15);
	ask(*state, p.a, UPDATE, 15, 0);
}

static void get_tod_adds_the_start_time(void **state)
{
	struct pair p = begin_pair(*state);

	gets_msg(*state, p.a, FREE_UNTIL, 20);
	gets_msg(*state, p.a, RUN, 10);
	ask(*state, p.a, GET_TOD, -1, 1000010);
	ask(*state, p.b, GET_TOD, -1, 1000010);
}

static void an_interrupted_client_makes_the_running_one_stop_earlier(void **state)
{
	struct pair p = begin_pair(*state);
	struct sim *sim = *state;

	gets_msg(sim, p.a, FREE_UNTIL, 20);
	gets_msg(sim, p.a, RUN, 10);
	ask(sim, p.a, UPDATE, 12, 0);
	ask(sim, p.b, GET, -1, 12);
	ask(sim, p.b, REQUEST, 14, 0);
	gets_msg(sim, p.a, FREE_UNTIL, 14);
	/* a later request changes nothing */
	ask(sim, p.b, REQUEST, 16, 0);
	gets_nothing(p.a);
	wait_for(sim, p.a, 100);
	gets_msg(sim, p.b, FREE_UNTIL, 100);
	gets_msg(sim, p.b, RUN, 16);
}

static void the_running_client_is_stopped_before_a_request_is_acknowledged(void **state)
{
	struct pair p = begin_pair(*state);
	struct sim *sim = *state;
	struct um_timetravel_msg msg = { .op = REQUEST, .time = 11 };

	gets_msg(sim, p.a, FREE_UNTIL, 20);
	gets_msg(sim, p.a, RUN, 10);
	ask(sim, p.a, UPDATE, 12, 0);
	/* nothing is flushed: the ACK is queued, the limit is sent */
	group_message(TAILQ_LAST(&sim->ctl.clients.all, client_list), &msg);
	assert_int_equal(peer_receive(p.a, &msg), 1);
	assert_int_equal(msg.op, FREE_UNTIL);
	assert_int_equal(msg.time, 12);
	gets_nothing(p.b);
}

static void a_free_until_that_crossed_wait_is_replaced(void **state)
{
	struct pair p = begin_pair(*state);
	struct sim *sim = *state;
	struct um_timetravel_msg late;

	gets_msg(sim, p.a, FREE_UNTIL, 20);
	gets_msg(sim, p.a, RUN, 10);
	ask(sim, p.b, REQUEST, 18, 0);
	/* a waits before it reads that */
	ask(sim, p.b, REQUEST, 19, 0);
	peer_send(p.a, REQUEST, 15);
	peer_send(p.a, WAIT, -1);
	sim_settle(sim);
	assert_int_equal(peer_receive(p.a, &late), 1);
	assert_int_equal(late.op, FREE_UNTIL);
	assert_int_equal(late.time, 18);
	peer_send_seq(p.a, ACK, late.seq, 0);
	peer_receive(p.a, &late);
	gets_msg(sim, p.a, ACK, 0);
	/* it runs at 15; until 19, not the stale 18 */
	gets_msg(sim, p.a, FREE_UNTIL, 19);
	gets_msg(sim, p.a, RUN, 15);
}

static void a_free_until_that_crossed_wait_is_replaced_even_to_allow_nothing(void **state)
{
	struct pair p = begin_pair(*state);
	struct sim *sim = *state;
	struct um_timetravel_msg late;

	gets_msg(sim, p.a, FREE_UNTIL, 20);
	gets_msg(sim, p.a, RUN, 10);
	ask(sim, p.b, REQUEST, 18, 0);
	peer_send(p.a, REQUEST, 15);
	peer_send(p.a, WAIT, -1);
	peer_send(p.b, REQUEST, 15);
	sim_settle(sim);
	/* b comes first: it has not run for longer */
	gets_msg(sim, p.b, ACK, 0);
	gets_msg(sim, p.b, RUN, 15);
	peer_send(p.b, REQUEST, 15);
	peer_send(p.b, WAIT, -1);
	sim_settle(sim);
	assert_int_equal(peer_receive(p.a, &late), 1);
	assert_int_equal(late.op, FREE_UNTIL);
	assert_int_equal(late.time, 18);
	peer_send_seq(p.a, ACK, late.seq, 0);
	peer_receive(p.a, &late);
	gets_msg(sim, p.a, ACK, 0);
	gets_msg(sim, p.a, FREE_UNTIL, 15);
	gets_msg(sim, p.a, RUN, 15);
}

static void a_request_in_the_past_is_run_now(void **state)
{
	struct pair p = begin_pair(*state);

	gets_msg(*state, p.a, FREE_UNTIL, 20);
	gets_msg(*state, p.a, RUN, 10);
	wait_for(*state, p.a, 3);
	gets_msg(*state, p.a, FREE_UNTIL, 20);
	gets_msg(*state, p.a, RUN, 10);
	assert_int_equal(sim_group(*state)->sched.past, 1);
}

static void a_client_that_wants_nothing_is_not_run(void **state)
{
	struct pair p = begin_pair(*state);
	struct sim *sim = *state;

	gets_msg(sim, p.a, FREE_UNTIL, 20);
	gets_msg(sim, p.a, RUN, 10);
	peer_send(p.a, WAIT, -1);
	sim_settle(sim);
	gets_msg(sim, p.a, ACK, 0);
	gets_msg(sim, p.b, FREE_UNTIL, BLIND(20));
	gets_msg(sim, p.b, RUN, 20);
	gets_nothing(p.a);
}

static void the_slots_say_what_clients_without_memory_want(void **state)
{
	struct pair p = begin_pair(*state);
	struct sim *sim = *state;
	struct um_timetravel_schedshm *mem = sim_group(sim)->shm.mem;

	gets_msg(sim, p.a, FREE_UNTIL, 20);
	gets_msg(sim, p.a, RUN, 10);
	assert_int_equal(mem->running_id, p.a->slot);
	assert_int_equal(mem->current_time, 10);
	assert_int_equal(mem->free_until, 20);
	assert_int_equal(mem->clients[p.a->slot].flags, 0);
	assert_int_equal(mem->clients[p.a->slot].name, 1);
	assert_int_equal(mem->clients[p.b->slot].flags, 1);
	assert_int_equal(mem->clients[p.b->slot].req_time, 20);
	assert_int_equal(mem->clients[p.b->slot].capa, 0);
}

/* after each of these the other client goes on, at the time that it was */

static void goes_on(struct sim *sim, struct pair *p)
{
	gets_msg(sim, p->b, FREE_UNTIL, BLIND(20));
	gets_msg(sim, p->b, RUN, 20);
	wait_for(sim, p->b, 21);
	gets_msg(sim, p->b, FREE_UNTIL, BLIND(21));
	gets_msg(sim, p->b, RUN, 21);
}

static struct pair begin_running(struct sim *sim)
{
	struct pair p = begin_pair(sim);

	gets_msg(sim, p.a, FREE_UNTIL, 20);
	gets_msg(sim, p.a, RUN, 10);
	sim_log(sim);
	return p;
}

static void refuses(struct sim *sim, uint32_t op, uint64_t time,
		    const char *why)
{
	struct pair p = begin_running(sim);

	peer_send(p.a, op, time);
	is_dropped(sim, p.a, why);
	goes_on(sim, &p);
}

static void an_unknown_operation_ends_the_connection(void **state)
{
	refuses(*state, 10, 0, "client 0x1 (slot 1): unknown operation 10");
}

static void run_from_a_client_ends_the_connection(void **state)
{
	refuses(*state, RUN, 0, "only the controller may send RUN");
}

static void free_until_from_a_client_ends_the_connection(void **state)
{
	refuses(*state, FREE_UNTIL, 0,
		"only the controller may send FREE_UNTIL");
}

static void a_second_start_ends_the_connection(void **state)
{
	refuses(*state, START, 0, "client 0x1 (slot 1): START twice");
}

static void an_ack_of_nothing_ends_the_connection(void **state)
{
	refuses(*state, ACK, 0, "ACK though nothing was asked");
}

static void an_update_to_the_past_ends_the_connection(void **state)
{
	refuses(*state, UPDATE, 9, "UPDATE to 9, it may say 10 to 20");
}

static void an_update_past_what_was_allowed_ends_the_connection(void **state)
{
	refuses(*state, UPDATE, 21, "UPDATE to 21, it may say 10 to 20");
}

static void an_update_before_anything_was_allowed_ends_the_connection(void **state)
{
	struct sim *sim = *state;
	struct peer *a;

	begin_alone(sim, &a);
	peer_send(a, UPDATE, 1);
	is_dropped(sim, a, "UPDATE to 1, it may say 0 to 0");
}

static void an_ack_with_a_wrong_sequence_number_ends_the_connection(void **state)
{
	struct sim *sim = *state;
	struct pair p = begin_running(sim);

	peer_send(p.b, BROADCAST, 1);
	sim_settle(sim);
	peer_send_seq(p.a, ACK, 77, 0);
	is_dropped(sim, p.a, "ACK of message 77, expected 3");
	gets_msg(sim, p.b, ACK, 0);
	goes_on(sim, &p);
}

static void acks_in_the_wrong_order_end_the_connection(void **state)
{
	struct sim *sim = *state;
	struct pair p = begin_running(sim);

	peer_send(p.b, BROADCAST, 1);
	peer_send(p.b, BROADCAST, 2);
	sim_settle(sim);
	peer_send_seq(p.a, ACK, 4, 0);
	is_dropped(sim, p.a, "ACK of message 4, expected 3");
	p.b->seq--;
	gets_msg(sim, p.b, ACK, 0);
	p.b->seq++;
	gets_msg(sim, p.b, ACK, 0);
	goes_on(sim, &p);
}

static void a_wait_of_a_client_that_waits_ends_the_connection(void **state)
{
	struct sim *sim = *state;
	struct pair p = begin_running(sim);

	peer_send(p.b, WAIT, 0);
	is_dropped(sim, p.b, "client 0x2 (slot 2): WAIT though it waits");
	wait_for(sim, p.a, 30);
	gets_msg(sim, p.a, FREE_UNTIL, BLIND(30));
	gets_msg(sim, p.a, RUN, 30);
}

static void an_update_of_a_client_that_waits_ends_the_connection(void **state)
{
	struct sim *sim = *state;
	struct pair p = begin_running(sim);

	peer_send(p.b, UPDATE, 15);
	is_dropped(sim, p.b, "UPDATE though it does not run");
	ask(sim, p.a, GET, -1, 10);
}

static void half_a_message_ends_the_connection(void **state)
{
	struct sim *sim = *state;
	struct pair p = begin_running(sim);

	peer_send_raw(p.a, "1234567", 7);
	shutdown(p.a->fd, SHUT_WR);
	is_dropped(sim, p.a, "half a message, 7 bytes of 16");
	goes_on(sim, &p);
}

static void anything_before_start_ends_the_connection(void **state)
{
	static const uint32_t ops[] = {
		ACK, REQUEST, WAIT, GET, UPDATE, RUN, FREE_UNTIL, GET_TOD,
		BROADCAST
	};
	struct sim *sim = *state;
	struct pair p = begin_running(sim);
	struct peer *c;
	unsigned int i;

	for (i = 0; i < sizeof(ops) / sizeof(ops[0]); i++) {
		c = peer_connect(sim);
		peer_send(c, ops[i], 0);
		is_dropped(sim, c, "before START");
	}
	ask(sim, p.a, GET, -1, 10);
}

static void anything_before_the_ack_of_start_ends_the_connection(void **state)
{
	struct sim *sim = *state;
	struct pair p = begin_running(sim);
	struct peer *c = peer_join(sim, 3);

	peer_send(c, GET, -1);
	is_dropped(sim, c, "client 0x3: GET before START was acknowledged");
	ask(sim, p.a, GET, -1, 10);
}

static void a_client_may_close_its_connection_at_any_time(void **state)
{
	struct sim *sim = *state;
	struct pair p = begin_running(sim);

	peer_close(p.a);
	sim_settle(sim);
	goes_on(sim, &p);
	assert_string_equal(sim_log(sim), "");
}

static void messages_sent_before_closing_count(void **state)
{
	struct sim *sim = *state;
	struct pair p = begin_running(sim);

	peer_send(p.a, BROADCAST, 5);
	peer_send(p.a, UPDATE, 19);
	peer_close(p.a);
	sim_settle(sim);
	gets_msg(sim, p.b, BROADCAST, 5);
	goes_on(sim, &p);
	assert_int_equal(sim->ctl.stats.stqh_first->time, 19);
}

static void messages_may_come_in_pieces(void **state)
{
	struct um_timetravel_msg msg = { .op = GET, .seq = 9 };
	struct sim *sim = *state;
	struct pair p = begin_running(sim);
	size_t i;

	for (i = 0; i < sizeof(msg); i++) {
		gets_nothing(p.a);
		peer_send_raw(p.a, (char *)&msg + i, 1);
		sim_settle(sim);
	}
	p.a->seq = 9;
	gets_msg(sim, p.a, ACK, 10);
}

static void messages_may_come_many_at_once_and_cut_off(void **state)
{
	struct um_timetravel_msg msg[150] = {};
	struct sim *sim = *state;
	struct pair p = begin_running(sim);
	unsigned int i;

	for (i = 0; i < 150; i++)
		msg[i] = (struct um_timetravel_msg) { .op = GET, .seq = i };
	peer_send_raw(p.a, msg, sizeof(msg) - 5);
	sim_settle(sim);
	for (i = 0; i < 149; i++) {
		p.a->seq = i;
		gets_msg(sim, p.a, ACK, 10);
	}
	gets_nothing(p.a);
	peer_send_raw(p.a, (char *)msg + sizeof(msg) - 5, 5);
	sim_settle(sim);
	p.a->seq = 149;
	gets_msg(sim, p.a, ACK, 10);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		BEHAVIOUR(start_is_acknowledged_with_the_slot_and_no_descriptors),
		BEHAVIOUR(a_request_is_run_at_its_time),
		BEHAVIOUR(wait_is_acknowledged_before_run),
		BEHAVIOUR(clients_run_in_turn_each_until_the_other_wants_to),
		BEHAVIOUR(a_client_that_only_ticks_is_sent_no_free_until),
		BEHAVIOUR(a_client_that_ran_twice_in_a_row_is_always_sent_free_until),
		BEHAVIOUR(a_client_is_let_go_on_by_itself_for_1_ms_at_most),
		BEHAVIOUR(a_client_that_was_sent_no_free_until_may_not_go_on),
		BEHAVIOUR(no_free_until_is_sent_that_allows_nothing),
		BEHAVIOUR(get_tells_the_time_to_whoever_asks),
		BEHAVIOUR(get_tells_what_the_last_update_said),
		BEHAVIOUR(get_tod_adds_the_start_time),
		BEHAVIOUR(an_interrupted_client_makes_the_running_one_stop_earlier),
		BEHAVIOUR(the_running_client_is_stopped_before_a_request_is_acknowledged),
		BEHAVIOUR(a_free_until_that_crossed_wait_is_replaced),
		BEHAVIOUR(a_free_until_that_crossed_wait_is_replaced_even_to_allow_nothing),
		BEHAVIOUR(a_request_in_the_past_is_run_now),
		BEHAVIOUR(a_client_that_wants_nothing_is_not_run),
		BEHAVIOUR(the_slots_say_what_clients_without_memory_want),
		BEHAVIOUR(an_unknown_operation_ends_the_connection),
		BEHAVIOUR(run_from_a_client_ends_the_connection),
		BEHAVIOUR(free_until_from_a_client_ends_the_connection),
		BEHAVIOUR(a_second_start_ends_the_connection),
		BEHAVIOUR(an_ack_of_nothing_ends_the_connection),
		BEHAVIOUR(an_update_to_the_past_ends_the_connection),
		BEHAVIOUR(an_update_past_what_was_allowed_ends_the_connection),
		BEHAVIOUR(an_update_before_anything_was_allowed_ends_the_connection),
		BEHAVIOUR(an_ack_with_a_wrong_sequence_number_ends_the_connection),
		BEHAVIOUR(acks_in_the_wrong_order_end_the_connection),
		BEHAVIOUR(a_wait_of_a_client_that_waits_ends_the_connection),
		BEHAVIOUR(an_update_of_a_client_that_waits_ends_the_connection),
		BEHAVIOUR(half_a_message_ends_the_connection),
		BEHAVIOUR(anything_before_start_ends_the_connection),
		BEHAVIOUR(anything_before_the_ack_of_start_ends_the_connection),
		BEHAVIOUR(a_client_may_close_its_connection_at_any_time),
		BEHAVIOUR(messages_sent_before_closing_count),
		BEHAVIOUR(messages_may_come_in_pieces),
		BEHAVIOUR(messages_may_come_many_at_once_and_cut_off),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
