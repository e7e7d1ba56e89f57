// SPDX-License-Identifier: GPL-2.0
/*
 * Who comes when and goes when: the start, late joiners and their clocks, the
 * end.
 */
#include "harness.h"

static void with_n_clients_nobody_starts_before_all_are_there(void **state)
{
	struct sim *sim = *state;
	struct peer *a, *b, *c;

	sim->opt.shm = false;
	sim->opt.clients = 3;
	sim_begin(sim);
	a = peer_join(sim, 30);
	b = peer_join(sim, 20);
	peer_connect(sim);
	sim_settle(sim);
	gets_nothing(a);
	gets_nothing(b);
	c = peer_join(sim, 10);
	is_started(c);
	gets_nothing(a);
	gets_nothing(b);
}

static void they_are_started_by_name_one_after_the_other(void **state)
{
	struct sim *sim = *state;
	struct peer *p[3];

	sim->opt.shm = false;
	sim->opt.clients = 3;
	sim_begin(sim);
	p[2] = peer_join(sim, 30);
	p[0] = peer_join(sim, 10);
	p[1] = peer_join(sim, 20);
	is_started(p[0]);
	gets_nothing(p[1]);
	wait_for(sim, p[0], 0);
	is_started(p[1]);
	gets_nothing(p[2]);
	wait_for(sim, p[1], 0);
	is_started(p[2]);
	/* slots in this order too, so that nothing depends on who was first */
	assert_int_equal(p[0]->slot, 1);
	assert_int_equal(p[1]->slot, 2);
	assert_int_equal(p[2]->slot, 3);
	wait_for(sim, p[2], 0);
	gets_msg(sim, p[0], RUN, 0);
}

static void those_without_a_name_by_arrival_and_last(void **state)
{
	struct sim *sim = *state;
	struct peer *a, *b, *c;

	sim->opt.shm = false;
	sim->opt.clients = 3;
	sim_begin(sim);
	a = peer_join(sim, -1);
	b = peer_join(sim, -1);
	c = peer_join(sim, 5);
	is_started(c);
	wait_for(sim, c, 0);
	is_started(a);
	wait_for(sim, a, 0);
	is_started(b);
}

static void one_that_goes_before_all_are_there_does_not_count(void **state)
{
	struct sim *sim = *state;
	struct peer *a, *b, *c;

	sim->opt.clients = 2;
	sim_begin(sim);
	a = peer_join(sim, 1);
	peer_close(a);
	sim_settle(sim);
	b = peer_join(sim, 2);
	gets_nothing(b);
	assert_int_equal(sim->verdict, VERDICT_NONE);
	c = peer_join(sim, 3);
	is_started_with_memory(b);
	memory_wait_for(sim, b, 0, 10);
	is_started_with_memory(c);
}

static void all_may_go_before_all_are_there(void **state)
{
	struct sim *sim = *state;
	struct peer *a;

	sim->opt.clients = 2;
	sim_begin(sim);
	a = peer_join(sim, 1);
	peer_close(a);
	sim_settle(sim);
	assert_int_equal(sim->verdict, VERDICT_NONE);
}

/* machine @a runs at 1000, and was not told to stop ever; then @b joins */
static void begin_late(struct sim *sim, struct peer **a, struct peer **b)
{
	sim_begin(sim);
	*a = peer_join(sim, 1);
	sim_machines(sim);
	if (sim->opt.shm) {
		is_started_with_memory(*a);
		memory_wait_for(sim, *a, 0, 1000);
	} else {
		is_started(*a);
		wait_for(sim, *a, 1000);
		gets_msg(sim, *a, FREE_UNTIL, BLIND(1000));
	}
	gets_msg(sim, *a, RUN, 1000);
	*b = peer_join(sim, 2);
	gets_nothing(*b);
}

static void a_late_joiner_makes_one_with_memory_stop_now(void **state)
{
	struct sim *sim = *state;
	struct peer *a, *b;

	begin_late(sim, &a, &b);
	assert_int_equal(a->mem->free_until, 1000);
	gets_nothing(a);
	memory_wait_for(sim, a, 1234, 5000);
	is_started(b);
	assert_int_equal(a->mem->current_time, 1234);
	assert_int_equal(a->mem->running_id, b->slot);
}

static void and_one_without_by_a_message(void **state)
{
	struct sim *sim = *state;
	struct peer *a, *b;

	sim->opt.shm = false;
	begin_late(sim, &a, &b);
	gets_msg(sim, a, FREE_UNTIL, 1000);
	wait_for(sim, a, 5000);
	is_started(b);
}

/*
 * A client of a library in the field: it may go to @next by itself, and has
 * decided to. The library takes it for an error of the controller's, and aborts,
 * if it learns then that it should not have.
 */
struct strict {
	struct peer *peer;
	uint64_t time;
	uint64_t until;
	uint64_t next;
};

static void strict_decides(struct strict *strict, uint64_t next)
{
	if (strict->peer->mem)
		strict->until = strict->peer->mem->free_until;
	assert_true(next < strict->until);
	strict->next = next;
}

static void strict_goes(struct sim *sim, struct strict *strict)
{
	struct um_timetravel_msg msg;

	strict->time = strict->next;
	if (strict->peer->mem) {
		assert_true(strict->peer->mem->free_until >= strict->time);
		strict->peer->mem->current_time = strict->time;
		return;
	}
	while (peer_receive(strict->peer, &msg) == 1) {
		assert_int_equal(msg.op, FREE_UNTIL);
		assert_true(msg.time >= strict->time);
		strict->until = msg.time;
		peer_send_seq(strict->peer, ACK, msg.seq, 0);
	}
	sim_settle(sim);
}

static struct strict begin_strict(struct sim *sim, uint64_t time)
{
	struct strict strict = { .time = time };

	sim_begin(sim);
	strict.peer = peer_join(sim, 1);
	sim_wants_until(sim);
	if (sim->opt.shm) {
		is_started_with_memory(strict.peer);
		memory_wait_for(sim, strict.peer, 0, time);
	} else {
		is_started(strict.peer);
		wait_for(sim, strict.peer, time);
		strict.until = time + 1000000;
		gets_msg(sim, strict.peer, FREE_UNTIL, strict.until);
	}
	gets_msg(sim, strict.peer, RUN, time);
	return strict;
}

static void a_strict_client_by_messages_is_not_called_back_by_a_start(void **state)
{
	struct sim *sim = *state;
	struct strict a;
	struct peer *b;

	sim->opt.shm = false;
	a = begin_strict(sim, 20000000);
	strict_decides(&a, 20900000);
	b = peer_join(sim, 2);
	strict_goes(sim, &a);
	gets_nothing(b);
	/* it gets to its limit soon, and then it is the newcomer's turn */
	wait_for(sim, a.peer, a.until);
	is_started(b);
	ask(sim, b, GET_TOD, -1, 1000000 + 21000000);
}

static void a_strict_client_with_memory_is_not_called_back_by_a_start(void **state)
{
	struct sim *sim = *state;
	struct strict a = begin_strict(sim, 20000000);
	struct peer *b;

	strict_decides(&a, 110000000);
	b = peer_join(sim, 2);
	strict_goes(sim, &a);
	gets_nothing(b);
	memory_wait_for(sim, a.peer, a.time, 120000000);
	is_started(b);
	ask(sim, b, GET_TOD, -1, 1000000 + 110000000);
}

static void a_strict_client_is_stopped_in_time_by_one_it_interrupts(void **state)
{
	struct sim *sim = *state;
	struct strict a = begin_strict(sim, 20000000);
	struct peer *b = peer_join(sim, 2), *c = peer_join(sim, 3);

	sim->opt.shm_late = true;
	memory_wait_for(sim, a.peer, 20000000, 30000000);
	is_started_with_memory(b);
	sim->opt.shm_late = false;
	memory_wait_for(sim, b, 30000000, NEVER);
	is_started(c);
	wait_for(sim, c, NEVER);
	gets_msg(sim, a.peer, RUN, 30000000);
	/* a START has come meanwhile, and that changes nothing for others */
	peer_join(sim, 4);
	strict_decides(&a, 40000000);
	strict_goes(sim, &a);
	ask(sim, c, REQUEST, 50000000 - 30000000, 0);
	assert_int_equal(a.peer->mem->free_until, 50000000);
	peer_want(b, 45000000);
	strict_decides(&a, 44000000);
	strict_goes(sim, &a);
	memory_wait_for(sim, a.peer, a.time, 60000000);
}

static void an_unknown_client_does_nothing_by_itself_before_its_first_wait(void **state)
{
	struct sim *sim = *state;
	struct peer *a;

	sim_begin(sim);
	a = peer_join(sim, 1);
	is_started_with_memory(a);
	assert_int_equal(a->mem->free_until, 0);
	memory_wait_for(sim, a, 0, 0);
	gets_msg(sim, a, RUN, 0);
	assert_int_equal(a->mem->free_until, UNKNOWN(0));
}

static void unless_that_has_to_ask_for_everything_anyway(void **state)
{
	struct sim *sim = *state;
	struct peer *a;

	sim->opt.shm = false;
	sim_begin(sim);
	a = peer_join(sim, 1);
	is_started(a);
	peer_join(sim, 2);
	gets_nothing(a);
}

static void by_default_it_is_not_offered_the_memory(void **state)
{
	struct sim *sim = *state;
	struct peer *a, *b;

	begin_late(sim, &a, &b);
	memory_wait_for(sim, a, 1000, 5000);
	is_started(b);
}

static void but_with_late_join_shm_it_is(void **state)
{
	struct sim *sim = *state;
	struct peer *a, *b;

	sim->opt.shm_late = true;
	begin_late(sim, &a, &b);
	memory_wait_for(sim, a, 1500, 5000);
	is_started_with_memory(b);
	assert_int_equal(b->mem->current_time, 1500);
	/* all its messages are in controller time */
	ask(sim, b, GET, -1, 1500);
	ask(sim, b, GET_TOD, -1, 1001500);
	memory_wait_for(sim, b, 1500, 2000);
	gets_msg(sim, b, RUN, 2000);
}

static void at_time_0_it_is_not_late(void **state)
{
	struct sim *sim = *state;
	struct peer *a, *b;

	sim_begin(sim);
	a = peer_join(sim, 1);
	is_started_with_memory(a);
	b = peer_join(sim, 2);
	/* nobody can have got anywhere, for want of anything to do */
	peer_send(a, WAIT, -1);
	sim_settle(sim);
	is_started_with_memory(b);
}

/* mainline's client up to 7.2 publishes its time only before it interrupts */
static void one_that_publishes_nothing_may_have_got_anywhere(void **state)
{
	struct sim *sim = *state;
	struct peer *a, *b;

	sim_begin(sim);
	a = peer_join(sim, 1);
	sim_machines(sim);
	is_started_with_memory(a);
	memory_wait_for(sim, a, 0, 0);
	gets_msg(sim, a, RUN, 0);
	b = peer_join(sim, 2);
	sim_settle(sim);
	memory_wait_for(sim, a, 0, 5000);
	/* it may have been at 4999, so the newcomer starts at its next event */
	is_started(b);
	ask(sim, b, GET_TOD, -1, 1005000);
	wait_for(sim, b, 0);
	gets_msg(sim, a, RUN, 5000);
}

/* kernels that do not close their connection when they reboot */
static void a_machine_that_reboots_loses_the_connection_it_forgot(void **state)
{
	struct sim *sim = *state;
	struct peer *a, *b, *again;

	sim_begin(sim);
	a = peer_join(sim, 1);
	is_started_with_memory(a);
	memory_wait_for(sim, a, 0, 10);
	gets_msg(sim, a, RUN, 10);
	b = peer_join(sim, 2);
	sim_settle(sim);
	gets_nothing(b);
	again = peer_join(sim, 1);
	is_dropped(sim, a, "client 0x1 (slot 1): its process has started anew");
	is_started(again);
	wait_for(sim, again, 20);
	is_started(b);
}

static void two_without_a_name_are_two(void **state)
{
	struct sim *sim = *state;
	struct peer *a, *b;

	sim_begin(sim);
	a = peer_join(sim, -1);
	is_started_with_memory(a);
	b = peer_join(sim, -1);
	sim_settle(sim);
	gets_nothing(a);
	gets_nothing(b);
}

static void its_clock_starts_at_0(void **state)
{
	struct sim *sim = *state;
	struct peer *a, *b;

	begin_late(sim, &a, &b);
	memory_wait_for(sim, a, 1200, 5000);
	is_started(b);
	ask(sim, b, GET, -1, 0);
	/* what it subtracts its own time from, so that wall clocks agree */
	ask(sim, b, GET_TOD, -1, 1001200);
	wait_for(sim, b, 10);
	gets_msg(sim, b, FREE_UNTIL, 3800);
	gets_msg(sim, b, RUN, 10);
	assert_int_equal(a->mem->current_time, 1210);
	assert_int_equal(a->mem->clients[b->slot].flags, 0);
	ask(sim, b, UPDATE, 15, 0);
	assert_int_equal(a->mem->current_time, 1215);
	ask(sim, b, GET, -1, 15);
	ask(sim, a, GET, -1, 1215);
	ask(sim, b, REQUEST, 4000, 0);
	assert_int_equal(a->mem->clients[b->slot].req_time, 5200);
	ask(sim, a, REQUEST, 1300, 0);
	gets_msg(sim, b, FREE_UNTIL, 100);
	wait_for(sim, b, 4000);
	gets_msg(sim, a, RUN, 1300);
	assert_int_equal(a->mem->free_until, 5200);
}

static void its_clock_cannot_wrap(void **state)
{
	struct sim *sim = *state;
	struct peer *a, *b;

	begin_late(sim, &a, &b);
	memory_wait_for(sim, a, 1200, NEVER - 1);
	is_started(b);
	ask(sim, b, REQUEST, NEVER, 0);
	assert_int_equal(a->mem->clients[b->slot].req_time, NEVER);
	ask(sim, b, REQUEST, UINT64_MAX, 0);
	assert_int_equal(a->mem->clients[b->slot].req_time, NEVER);
	ask(sim, b, REQUEST, NEVER - 1200, 0);
	peer_send(b, UPDATE, UINT64_MAX);
	is_dropped(sim, b, "UPDATE to 18446744073709551615");
	gets_msg(sim, a, RUN, NEVER - 1);
}

static void one_that_was_offered_the_memory_and_did_not_take_it_has_it_too(void **state)
{
	struct sim *sim = *state;
	struct peer *a, *b;

	sim->opt.shm_late = true;
	begin_late(sim, &a, &b);
	memory_wait_for(sim, a, 1500, 5000);
	is_started_with_memory(b);
	peer_slot(b)->capa = 0;
	ask(sim, b, GET, -1, 0);
	wait_for(sim, b, 100);
	gets_msg(sim, b, FREE_UNTIL, 3500);
	gets_msg(sim, b, RUN, 100);
	assert_int_equal(a->mem->current_time, 1600);
}

static void a_joiner_starts_at_the_next_request_if_others_may_be_ahead(void **state)
{
	struct sim *sim = *state;
	struct peer *a, *b;

	sim->opt.shm = false;
	begin_late(sim, &a, &b);
	gets_msg(sim, a, FREE_UNTIL, 1000);
	/* a may have been at 2999 before it heard of that, nobody knows */
	wait_for(sim, a, 3000);
	is_started(b);
	ask(sim, a, GET, -1, 3000);
	ask(sim, b, GET, -1, 0);
	wait_for(sim, b, 1);
	gets_msg(sim, a, FREE_UNTIL, 3001);
	gets_msg(sim, a, RUN, 3000);
}

static void but_at_once_if_they_cannot_be(void **state)
{
	struct sim *sim = *state;
	struct peer *a, *b, *c;

	sim->opt.clients = 2;
	sim->opt.shm_late = true;
	sim_begin(sim);
	a = peer_join(sim, 1);
	b = peer_join(sim, 2);
	sim_machines(sim);
	is_started_with_memory(a);
	memory_wait_for(sim, a, 0, 1000);
	/* was never told how far it may go, as it does not take the memory */
	is_started_with_memory(b);
	peer_slot(b)->capa = 0;
	wait_for(sim, b, 500);
	gets_msg(sim, b, FREE_UNTIL, 1000);
	gets_msg(sim, b, RUN, 500);
	c = peer_join(sim, 3);
	gets_msg(sim, b, FREE_UNTIL, 500);
	wait_for(sim, b, 800);
	is_started_with_memory(c);
	assert_int_equal(c->mem->current_time, 800);
	assert_int_equal(a->mem->current_time, 800);
}

static void several_late_joiners_start_by_name(void **state)
{
	struct sim *sim = *state;
	struct peer *a, *b, *c;

	begin_late(sim, &a, &b);
	c = peer_join(sim, 0);
	memory_wait_for(sim, a, 1000, 5000);
	is_started(c);
	gets_nothing(b);
	wait_for(sim, c, 100);
	is_started(b);
}

static void it_is_done_when_the_last_client_has_gone(void **state)
{
	struct sim *sim = *state;
	struct peer *a, *b;

	begin_late(sim, &a, &b);
	memory_wait_for(sim, a, 1000, 5000);
	peer_close(b);
	sim_settle(sim);
	assert_int_equal(sim->verdict, VERDICT_NONE);
	gets_msg(sim, a, RUN, 5000);
	peer_close(a);
	sim_settle(sim);
	assert_int_equal(sim->verdict, VERDICT_DONE);
}

static void but_not_before_one_was_started(void **state)
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

static void nor_while_one_may_still_send_start(void **state)
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

/* @a has something to do, and only then waits; @b waits from the beginning */
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
	/* a interrupts it, and it passes something on a little later */
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

static void so_is_one_that_first_asks_to_run_at_the_end_of_time(void **state)
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

static void but_not_if_a_request_is_still_to_be_read(void **state)
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

static void nor_if_somebody_may_still_send_start(void **state)
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
	/* that is worth one line, in case nothing comes of it */
	assert_non_null(strstr(sim_log(sim),
			       "1 more have connected and have 10 s to send START"));
	sim_settle(sim);
	assert_string_equal(sim_log(sim), "");
	peer_close(b);
	sim_settle(sim);
	assert_int_equal(sim->verdict, VERDICT_DEADLOCK);
}

/* of those who have connected so far */
static void time_is_up(struct sim *sim)
{
	struct client *client;

	TAILQ_FOREACH(client, &sim->ctl.clients.all, link)
		client->start_deadline = 0;
}

static void but_it_may_not_take_forever(void **state)
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
	/* somebody else who comes then has time, but does not give it */
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

/* waits with the memory, and has asked for nothing */
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

static void meanwhile_who_waits_asks_by_message(void **state)
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

static void unless_it_was_just_about_to_put_it_into_the_memory(void **state)
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

static void nor_if_all_others_have_gone(void **state)
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
		BEHAVIOUR(with_n_clients_nobody_starts_before_all_are_there),
		BEHAVIOUR(they_are_started_by_name_one_after_the_other),
		BEHAVIOUR(those_without_a_name_by_arrival_and_last),
		BEHAVIOUR(one_that_goes_before_all_are_there_does_not_count),
		BEHAVIOUR(all_may_go_before_all_are_there),
		BEHAVIOUR(a_late_joiner_makes_one_with_memory_stop_now),
		BEHAVIOUR(and_one_without_by_a_message),
		BEHAVIOUR(a_strict_client_by_messages_is_not_called_back_by_a_start),
		BEHAVIOUR(a_strict_client_with_memory_is_not_called_back_by_a_start),
		BEHAVIOUR(a_strict_client_is_stopped_in_time_by_one_it_interrupts),
		BEHAVIOUR(an_unknown_client_does_nothing_by_itself_before_its_first_wait),
		BEHAVIOUR(unless_that_has_to_ask_for_everything_anyway),
		BEHAVIOUR(by_default_it_is_not_offered_the_memory),
		BEHAVIOUR(but_with_late_join_shm_it_is),
		BEHAVIOUR(at_time_0_it_is_not_late),
		BEHAVIOUR(one_that_publishes_nothing_may_have_got_anywhere),
		BEHAVIOUR(a_machine_that_reboots_loses_the_connection_it_forgot),
		BEHAVIOUR(two_without_a_name_are_two),
		BEHAVIOUR(its_clock_starts_at_0),
		BEHAVIOUR(its_clock_cannot_wrap),
		BEHAVIOUR(one_that_was_offered_the_memory_and_did_not_take_it_has_it_too),
		BEHAVIOUR(a_joiner_starts_at_the_next_request_if_others_may_be_ahead),
		BEHAVIOUR(but_at_once_if_they_cannot_be),
		BEHAVIOUR(several_late_joiners_start_by_name),
		BEHAVIOUR(it_is_done_when_the_last_client_has_gone),
		BEHAVIOUR(but_not_before_one_was_started),
		BEHAVIOUR(nor_while_one_may_still_send_start),
		BEHAVIOUR(it_is_a_deadlock_if_all_sleep_forever),
		BEHAVIOUR(a_deadlock_of_many_clients_is_still_one_line),
		BEHAVIOUR(it_is_over_when_only_a_client_that_reacts_is_left),
		BEHAVIOUR(it_is_over_when_only_one_that_reacts_by_messages_is_left),
		BEHAVIOUR(a_client_that_asks_when_it_is_interrupted_still_only_reacts),
		BEHAVIOUR(a_client_that_reacts_is_run_before_it_is_over),
		BEHAVIOUR(a_machine_that_waits_beside_one_that_reacts_is_a_deadlock),
		BEHAVIOUR(so_is_one_that_first_asks_to_run_at_the_end_of_time),
		BEHAVIOUR(with_keep_one_that_reacts_waits_for_the_next_machine),
		BEHAVIOUR(one_that_reacts_waits_for_a_client_that_may_still_send_START),
		BEHAVIOUR(but_not_if_a_request_is_still_to_be_read),
		BEHAVIOUR(nor_if_somebody_may_still_send_start),
		BEHAVIOUR(but_it_may_not_take_forever),
		BEHAVIOUR(meanwhile_who_waits_asks_by_message),
		BEHAVIOUR(unless_it_was_just_about_to_put_it_into_the_memory),
		BEHAVIOUR(nor_if_all_others_have_gone),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
