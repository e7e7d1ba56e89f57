// SPDX-License-Identifier: GPL-2.0
/*
 * The end: when it is over, what is a deadlock, and clients that send no START.
 */
#include "harness.h"

static void it_is_done_when_the_last_client_has_gone(void **state)
{
	struct sim *sim = *state;
	struct peer *a, *b;

	sim->opt.clients = 2;
	sim_begin(sim);
	a = peer_join(sim, 1);
	b = peer_join(sim, 2);
	is_started_with_memory(a);
	memory_wait_for(sim, a, 0, 5000);
	is_started_with_memory(b);
	peer_close(b);
	sim_settle(sim);
	assert_int_equal(sim->verdict, VERDICT_NONE);
	gets_msg(sim, a, RUN, 5000);
	peer_close(a);
	sim_settle(sim);
	assert_int_equal(sim->verdict, VERDICT_DONE);
	assert_string_equal(sim_log(sim), "");
}

static void it_is_not_done_before_a_client_was_started(void **state)
{
	struct sim *sim = *state;
	struct peer *a;

	sim_begin(sim);
	sim_settle(sim);
	assert_int_equal(sim->verdict, VERDICT_NONE);
	a = peer_connect(sim);
	sim_settle(sim);
	peer_close(a);
	sim_settle(sim);
	assert_int_equal(sim->verdict, VERDICT_NONE);
}

static void it_is_not_done_while_a_client_may_still_send_START(void **state)
{
	struct sim *sim = *state;
	struct peer *a, *b;

	sim_begin(sim);
	a = peer_join(sim, 1);
	b = peer_connect(sim);
	is_started_with_memory(a);
	peer_close(a);
	sim_settle(sim);
	assert_int_equal(sim->verdict, VERDICT_NONE);
	peer_send(b, START, 2);
	sim_settle(sim);
	is_started_with_memory(b);
	peer_close(b);
	sim_settle(sim);
	assert_int_equal(sim->verdict, VERDICT_DONE);
}

static void it_is_a_deadlock_if_all_sleep_forever(void **state)
{
	struct sim *sim = *state;
	struct peer *a, *b;

	sim->opt.clients = 2;
	sim->opt.shm_late = true;
	sim_begin(sim);
	a = peer_join(sim, 1);
	b = peer_join(sim, 2);
	is_started_with_memory(a);
	memory_wait_for(sim, a, 0, NEVER);
	assert_int_equal(sim->verdict, VERDICT_NONE);
	is_started_with_memory(b);
	memory_wait_for(sim, b, 0, 700);
	gets_msg(sim, b, RUN, 700);
	memory_wait_for(sim, b, 700, NEVER + 5);
	assert_int_equal(sim->verdict, VERDICT_DEADLOCK);
	assert_string_equal(sim_log(sim),
			    LOG_PREFIX "deadlock at 700 ns: all clients wait, and none has asked to run again: client 0x1 (slot 1) since 0 ns, client 0x2 (slot 2) since 700 ns\n");
}

static void a_deadlock_of_many_clients_is_still_one_line(void **state)
{
	struct sim *sim = *state;
	struct peer *peer[20];
	const char *log;
	unsigned int i;

	sim->opt.clients = 20;
	sim->opt.shm = false;
	sim_begin(sim);
	for (i = 0; i < 20; i++)
		peer[i] = peer_join(sim, UINT64_MAX - 100 + i);
	for (i = 0; i < 20; i++) {
		is_started(peer[i]);
		wait_for(sim, peer[i], NEVER);
	}
	assert_int_equal(sim->verdict, VERDICT_DEADLOCK);
	log = sim_log(sim);
	assert_non_null(strstr(log, ": client 0xffffffffffffff9b (slot 1) since 0 ns, "));
	assert_non_null(strstr(log, ", client 0xffffffffffffffa2 (slot 8) since 0 ns and 12 more\n"));
	assert_ptr_equal(strchr(log, '\n'), log + strlen(log) - 1);
}

/* @a asks to run before it waits; @b waits without asking for anything */
static void begin_reactive(struct sim *sim, struct peer **a, struct peer **b)
{
	sim->opt.clients = 2;
	sim_begin(sim);
	*a = peer_join(sim, 1);
	*b = peer_join(sim, 2);
	if (sim->opt.shm) {
		is_started_with_memory(*a);
		memory_wait_for(sim, *a, 0, 10);
		is_started_with_memory(*b);
	} else {
		is_started(*a);
		wait_for(sim, *a, 10);
		is_started(*b);
	}
	peer_send(*b, WAIT, -1);
	sim_settle(sim);
	if (!sim->opt.shm) {
		gets_msg(sim, *b, ACK, 0);
		gets_msg(sim, *a, RUN, 10);
		return;
	}
	gets_msg(sim, *a, RUN, 10);
}

static const char only_reacts[] =
	LOG_PREFIX "over at 10 ns: all clients that are left only react to others: client 0x2 (slot 2) since 0 ns (only reacts)\n";

static void it_is_over_when_only_a_client_that_reacts_is_left(void **state)
{
	struct sim *sim = *state;
	struct peer *a, *b;

	begin_reactive(sim, &a, &b);
	peer_close(a);
	sim_settle(sim);
	assert_int_equal(sim->verdict, VERDICT_DONE);
	assert_string_equal(sim_log(sim), only_reacts);
}

static void it_is_over_when_only_one_that_reacts_by_messages_is_left(void **state)
{
	struct sim *sim = *state;
	struct peer *a, *b;

	sim->opt.shm = false;
	begin_reactive(sim, &a, &b);
	peer_close(a);
	sim_settle(sim);
	assert_int_equal(sim->verdict, VERDICT_DONE);
	assert_string_equal(sim_log(sim), only_reacts);
}

static void a_client_that_asks_when_it_is_interrupted_still_only_reacts(void **state)
{
	struct sim *sim = *state;
	struct peer *a, *b;

	begin_reactive(sim, &a, &b);
	/* a interrupts it, and it asks to pass something on a little later */
	peer_want(b, 12);
	memory_wait_for(sim, a, 10, 20);
	gets_msg(sim, b, RUN, 12);
	ask(sim, b, REQUEST, 15, 0);
	peer_send(b, WAIT, -1);
	sim_settle(sim);
	gets_msg(sim, b, RUN, 15);
	peer_send(b, WAIT, -1);
	sim_settle(sim);
	gets_msg(sim, a, RUN, 20);
	peer_close(a);
	sim_settle(sim);
	assert_int_equal(sim->verdict, VERDICT_DONE);
}

static void a_client_that_reacts_is_run_before_it_is_over(void **state)
{
	struct sim *sim = *state;
	struct peer *a, *b;

	begin_reactive(sim, &a, &b);
	peer_want(b, 30);
	peer_close(a);
	sim_settle(sim);
	assert_int_equal(sim->verdict, VERDICT_NONE);
	gets_msg(sim, b, RUN, 30);
	peer_send(b, WAIT, -1);
	sim_settle(sim);
	assert_int_equal(sim->verdict, VERDICT_DONE);
}

static void a_machine_that_waits_beside_one_that_reacts_is_a_deadlock(void **state)
{
	struct sim *sim = *state;
	struct peer *a, *b;

	begin_reactive(sim, &a, &b);
	memory_wait_for(sim, a, 10, NEVER);
	assert_int_equal(sim->verdict, VERDICT_DEADLOCK);
	assert_string_equal(sim_log(sim),
			    LOG_PREFIX "deadlock at 10 ns: all clients wait, and none has asked to run again: client 0x1 (slot 1) since 10 ns, client 0x2 (slot 2) since 0 ns (only reacts)\n");
}

static void a_machine_that_first_asks_for_the_end_of_time_is_a_deadlock(void **state)
{
	struct sim *sim = *state;
	struct peer *a;

	sim->opt.shm = false;
	sim_begin(sim);
	a = peer_join(sim, 1);
	is_started(a);
	wait_for(sim, a, NEVER);
	assert_int_equal(sim->verdict, VERDICT_DEADLOCK);
}

static void with_keep_one_that_reacts_waits_for_the_next_machine(void **state)
{
	struct sim *sim = *state;
	struct peer *a, *b, *c;

	sim->opt.keep = true;
	begin_reactive(sim, &a, &b);
	peer_close(a);
	sim_settle(sim);
	assert_int_equal(sim->verdict, VERDICT_NONE);
	assert_true(controller_is_over(&sim->ctl));
	c = peer_join(sim, 1);
	is_started(c);
	assert_false(controller_is_over(&sim->ctl));
}

static void one_that_reacts_waits_for_a_client_that_may_still_send_START(void **state)
{
	struct sim *sim = *state;
	struct peer *a, *b, *c;

	begin_reactive(sim, &a, &b);
	c = peer_connect(sim);
	peer_close(a);
	sim_settle(sim);
	assert_int_equal(sim->verdict, VERDICT_NONE);
	peer_close(c);
	sim_settle(sim);
	assert_int_equal(sim->verdict, VERDICT_DONE);
}

static void it_is_no_deadlock_if_a_request_is_still_to_be_read(void **state)
{
	struct sim *sim = *state;
	struct peer *a;

	sim->opt.shm = false;
	sim_begin(sim);
	a = peer_join(sim, 1);
	is_started(a);
	peer_send(a, WAIT, -1);
	assert_int_equal(controller_step(&sim->ctl, 0), VERDICT_NONE);
	peer_send(a, REQUEST, 5);
	sim_settle(sim);
	assert_int_equal(sim->verdict, VERDICT_NONE);
}

static void it_is_no_deadlock_if_a_client_may_still_send_START(void **state)
{
	struct sim *sim = *state;
	struct peer *a, *b;

	sim->opt.shm = false;
	sim_begin(sim);
	a = peer_join(sim, 1);
	b = peer_connect(sim);
	is_started(a);
	wait_for(sim, a, NEVER);
	assert_int_equal(sim->verdict, VERDICT_NONE);
	/* one line explains what goes on until then */
	assert_non_null(strstr(sim_log(sim),
			       "1 more have connected and have 10 s to send START"));
	sim_settle(sim);
	assert_string_equal(sim_log(sim), "");
	peer_close(b);
	sim_settle(sim);
	assert_int_equal(sim->verdict, VERDICT_DEADLOCK);
}

/* the clients that have connected so far have had their time */
static void time_is_up(struct sim *sim)
{
	struct client *client;

	TAILQ_FOREACH(client, &sim->ctl.clients.all, link)
		client->start_deadline = 0;
}

static void a_client_has_10_seconds_to_send_START_when_all_wait_for_it(void **state)
{
	struct sim *sim = *state;
	struct peer *a, *b, *c;

	sim->opt.shm = false;
	sim_begin(sim);
	a = peer_join(sim, 1);
	b = peer_connect(sim);
	is_started(a);
	wait_for(sim, a, NEVER);
	assert_non_null(strstr(sim_log(sim), "have 10 s to send START"));
	/* a client that connects now has its own 10 s, but b has not */
	time_is_up(sim);
	c = peer_connect(sim);
	is_dropped(sim, b, "sent no START for 10 s");
	sim_settle(sim);
	assert_int_equal(sim->verdict, VERDICT_NONE);
	gets_nothing(c);
	time_is_up(sim);
	is_dropped(sim, c, "sent no START for 10 s");
	assert_int_equal(sim->verdict, VERDICT_NONE);
	sim_settle(sim);
	assert_int_equal(sim->verdict, VERDICT_DEADLOCK);
}

/* a client with memory that waits, beside one that has not sent START */
static struct peer *beside_a_silent_one(struct sim *sim)
{
	struct peer *a;

	sim_begin(sim);
	a = peer_join(sim, 1);
	peer_connect(sim);
	is_started_with_memory(a);
	peer_send(a, WAIT, -1);
	sim_settle(sim);
	return a;
}

static void while_all_wait_for_a_START_requests_come_by_message(void **state)
{
	struct sim *sim = *state;
	struct peer *a = beside_a_silent_one(sim);

	assert_int_equal(a->mem->running_id, 0);
	assert_false(a->mem->clients[0].capa &
		     UM_TIMETRAVEL_SCHEDSHM_CAP_TIME_SHARE);
	ask(sim, a, REQUEST, 7, 0);
	gets_msg(sim, a, RUN, 7);
	assert_int_equal(a->mem->running_id, a->slot);
}

static void a_request_on_its_way_into_the_memory_averts_a_deadlock(void **state)
{
	struct sim *sim = *state;
	struct peer *a = beside_a_silent_one(sim);

	peer_want(a, 7);
	time_is_up(sim);
	sim_settle(sim);
	sim_settle(sim);
	assert_int_equal(sim->verdict, VERDICT_NONE);
	gets_msg(sim, a, RUN, 7);
}

static void a_client_that_sends_no_START_delays_the_end_by_10_seconds(void **state)
{
	struct sim *sim = *state;
	struct peer *a, *b;

	sim_begin(sim);
	a = peer_join(sim, 1);
	b = peer_connect(sim);
	is_started_with_memory(a);
	peer_close(a);
	sim_settle(sim);
	assert_string_equal(sim_log(sim), "");
	time_is_up(sim);
	is_dropped(sim, b, "sent no START for 10 s");
	sim_settle(sim);
	assert_int_equal(sim->verdict, VERDICT_DONE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		BEHAVIOUR(it_is_done_when_the_last_client_has_gone),
		BEHAVIOUR(it_is_not_done_before_a_client_was_started),
		BEHAVIOUR(it_is_not_done_while_a_client_may_still_send_START),
		BEHAVIOUR(it_is_a_deadlock_if_all_sleep_forever),
		BEHAVIOUR(a_deadlock_of_many_clients_is_still_one_line),
		BEHAVIOUR(it_is_over_when_only_a_client_that_reacts_is_left),
		BEHAVIOUR(it_is_over_when_only_one_that_reacts_by_messages_is_left),
		BEHAVIOUR(a_client_that_asks_when_it_is_interrupted_still_only_reacts),
		BEHAVIOUR(a_client_that_reacts_is_run_before_it_is_over),
		BEHAVIOUR(a_machine_that_waits_beside_one_that_reacts_is_a_deadlock),
		BEHAVIOUR(a_machine_that_first_asks_for_the_end_of_time_is_a_deadlock),
		BEHAVIOUR(with_keep_one_that_reacts_waits_for_the_next_machine),
		BEHAVIOUR(one_that_reacts_waits_for_a_client_that_may_still_send_START),
		BEHAVIOUR(it_is_no_deadlock_if_a_request_is_still_to_be_read),
		BEHAVIOUR(it_is_no_deadlock_if_a_client_may_still_send_START),
		BEHAVIOUR(a_client_has_10_seconds_to_send_START_when_all_wait_for_it),
		BEHAVIOUR(while_all_wait_for_a_START_requests_come_by_message),
		BEHAVIOUR(a_request_on_its_way_into_the_memory_averts_a_deadlock),
		BEHAVIOUR(a_client_that_sends_no_START_delays_the_end_by_10_seconds),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
