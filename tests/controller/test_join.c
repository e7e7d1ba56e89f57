// SPDX-License-Identifier: GPL-2.0
/*
 * The start: clients that are waited for, late joiners, and their clocks.
 */
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "harness.h"
#include "process.h"
#include "schedshm.h"

static void with_n_clients_none_starts_before_all_have_sent_START(void **state)
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

static void n_clients_are_started_by_name_one_after_the_other(void **state)
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
	/* so are the slots, so that nothing depends on the order of arrival */
	assert_int_equal(p[0]->slot, 1);
	assert_int_equal(p[1]->slot, 2);
	assert_int_equal(p[2]->slot, 3);
	wait_for(sim, p[2], 0);
	gets_msg(sim, p[0], RUN, 0);
}

static void clients_without_a_name_are_started_last_and_by_arrival(void **state)
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

static void of_n_clients_one_that_goes_early_does_not_count(void **state)
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

static void n_clients_may_all_go_early_and_come_back(void **state)
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

/* machine @a runs at 1000 without a limit; then @b joins */
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

static void a_START_makes_a_machine_with_memory_stop_now(void **state)
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

static void a_START_makes_a_machine_without_memory_stop_by_a_message(void **state)
{
	struct sim *sim = *state;
	struct peer *a, *b;

	sim->opt.shm = false;
	begin_late(sim, &a, &b);
	gets_msg(sim, a, FREE_UNTIL, 1000);
	wait_for(sim, a, 5000);
	is_started(b);
}

/* is a process with this last argument a machine? */
static bool is_machine_with(const char *arg)
{
	int status;
	bool is;
	pid_t pid;

	pid = fork();
	assert_true(pid >= 0);
	if (!pid) {
		execl("/bin/sh", "linux", "-c", "kill -STOP $$", arg, NULL);
		_exit(127);
	}
	assert_int_equal(waitpid(pid, &status, WUNTRACED), pid);
	assert_true(WIFSTOPPED(status));
	is = process_is_machine(pid);
	kill(pid, SIGKILL);
	assert_int_equal(waitpid(pid, NULL, 0), pid);
	return is;
}

static void a_machine_is_known_by_its_command_line(void **state)
{
	(void)state;
	assert_true(is_machine_with("time-travel=ext:/tmp/clock"));
	assert_true(is_machine_with("time-travel=ext:1:/tmp/clock"));
	assert_false(is_machine_with("time-travel=inf-cpu"));
	assert_false(is_machine_with("--with=time-travel=ext:/tmp/clock"));
	assert_false(is_machine_with("/tmp/clock"));
	/* one that is not visible, as in another container */
	assert_false(process_is_machine(0));
}

/*
 * A client as libraries in the field are: having seen that it may go to @next by
 * itself, it goes there. If it finds a limit then that is before @next, it takes
 * that for an error of the controller's, and aborts.
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

static void a_START_does_not_call_back_a_strict_client_by_messages(void **state)
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
	/* the newcomer's turn comes when it gets to its limit */
	wait_for(sim, a.peer, a.until);
	is_started(b);
	ask(sim, b, GET_TOD, -1, 1000000 + 21000000);
}

static void a_START_does_not_call_back_a_strict_client_with_memory(void **state)
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

static void a_START_stops_a_client_that_says_it_can_be_stopped(void **state)
{
	struct sim *sim = *state;
	struct peer *a, *b;

	sim_begin(sim);
	a = peer_join(sim, 1);
	is_started_with_memory(a);
	peer_slot(a)->capa |= SCHEDSHM_CAP_STOPPABLE;
	memory_wait_for(sim, a, 0, 1000);
	gets_msg(sim, a, RUN, 1000);
	assert_int_equal(a->mem->free_until, NEVER);
	a->mem->current_time = 1200;
	b = peer_join(sim, 2);
	assert_int_equal(a->mem->free_until, 1200);
	memory_wait_for(sim, a, 1234, 5000);
	is_started(b);
	ask(sim, b, GET_TOD, -1, 1000000 + 1234);
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
	/* requests still count while a newcomer waits to be started */
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

static void an_unknown_client_does_nothing_by_itself_before_its_first_WAIT(void **state)
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

static void a_START_sends_nothing_to_a_client_that_must_ask_for_everything(void **state)
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

static void by_default_a_late_joiner_is_not_offered_the_memory(void **state)
{
	struct sim *sim = *state;
	struct peer *a, *b;

	begin_late(sim, &a, &b);
	memory_wait_for(sim, a, 1000, 5000);
	is_started(b);
}

static void with_late_join_shm_a_late_joiner_is_offered_the_memory(void **state)
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

static void a_client_that_joins_at_time_0_is_not_late(void **state)
{
	struct sim *sim = *state;
	struct peer *a, *b;

	sim_begin(sim);
	a = peer_join(sim, 1);
	is_started_with_memory(a);
	b = peer_join(sim, 2);
	/* a had no request, so it cannot have got anywhere */
	peer_send(a, WAIT, -1);
	sim_settle(sim);
	is_started_with_memory(b);
}

/* mainline's client up to 7.2 publishes its time only before it interrupts */
static void a_machine_that_publishes_nothing_may_have_got_anywhere(void **state)
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

/* as kernels do that do not close their connection when they reboot */
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

static void a_second_client_without_a_name_replaces_none(void **state)
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

static void the_clock_of_a_late_joiner_starts_at_0(void **state)
{
	struct sim *sim = *state;
	struct peer *a, *b;

	begin_late(sim, &a, &b);
	memory_wait_for(sim, a, 1200, 5000);
	is_started(b);
	ask(sim, b, GET, -1, 0);
	/* the machine subtracts its own time from this: wall clocks agree */
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

static void the_clock_of_a_late_joiner_cannot_wrap(void **state)
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

static void a_late_joiner_that_declines_the_memory_starts_at_0_too(void **state)
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

static void a_late_joiner_starts_at_the_next_request_if_others_may_be_ahead(void **state)
{
	struct sim *sim = *state;
	struct peer *a, *b;

	sim->opt.shm = false;
	begin_late(sim, &a, &b);
	gets_msg(sim, a, FREE_UNTIL, 1000);
	/* a may have been at 2999 before it read that */
	wait_for(sim, a, 3000);
	is_started(b);
	ask(sim, a, GET, -1, 3000);
	ask(sim, b, GET, -1, 0);
	wait_for(sim, b, 1);
	gets_msg(sim, a, FREE_UNTIL, 3001);
	gets_msg(sim, a, RUN, 3000);
}

static void a_late_joiner_starts_at_once_if_others_cannot_be_ahead(void **state)
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
	/* it declines the memory, so it was never told a limit */
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

int main(void)
{
	const struct CMUnitTest tests[] = {
		BEHAVIOUR(with_n_clients_none_starts_before_all_have_sent_START),
		BEHAVIOUR(n_clients_are_started_by_name_one_after_the_other),
		BEHAVIOUR(clients_without_a_name_are_started_last_and_by_arrival),
		BEHAVIOUR(of_n_clients_one_that_goes_early_does_not_count),
		BEHAVIOUR(n_clients_may_all_go_early_and_come_back),
		BEHAVIOUR(a_START_makes_a_machine_with_memory_stop_now),
		BEHAVIOUR(a_START_makes_a_machine_without_memory_stop_by_a_message),
		BEHAVIOUR(a_machine_is_known_by_its_command_line),
		BEHAVIOUR(a_START_does_not_call_back_a_strict_client_by_messages),
		BEHAVIOUR(a_START_does_not_call_back_a_strict_client_with_memory),
		BEHAVIOUR(a_START_stops_a_client_that_says_it_can_be_stopped),
		BEHAVIOUR(a_strict_client_is_stopped_in_time_by_one_it_interrupts),
		BEHAVIOUR(an_unknown_client_does_nothing_by_itself_before_its_first_WAIT),
		BEHAVIOUR(a_START_sends_nothing_to_a_client_that_must_ask_for_everything),
		BEHAVIOUR(by_default_a_late_joiner_is_not_offered_the_memory),
		BEHAVIOUR(with_late_join_shm_a_late_joiner_is_offered_the_memory),
		BEHAVIOUR(a_client_that_joins_at_time_0_is_not_late),
		BEHAVIOUR(a_machine_that_publishes_nothing_may_have_got_anywhere),
		BEHAVIOUR(a_machine_that_reboots_loses_the_connection_it_forgot),
		BEHAVIOUR(a_second_client_without_a_name_replaces_none),
		BEHAVIOUR(the_clock_of_a_late_joiner_starts_at_0),
		BEHAVIOUR(the_clock_of_a_late_joiner_cannot_wrap),
		BEHAVIOUR(a_late_joiner_that_declines_the_memory_starts_at_0_too),
		BEHAVIOUR(a_late_joiner_starts_at_the_next_request_if_others_may_be_ahead),
		BEHAVIOUR(a_late_joiner_starts_at_once_if_others_cannot_be_ahead),
		BEHAVIOUR(several_late_joiners_start_by_name),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
