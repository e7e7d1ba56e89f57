// SPDX-License-Identifier: GPL-2.0
/*
 * A client that uses messages.
 */
#include <errno.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "fake.h"

/* send what a wait needs: the ACKs of REQUEST and WAIT, and RUN */
static void grant(struct fake *fake, uint64_t until, uint64_t time)
{
	acknowledge(fake, 0);
	acknowledge(fake, 0);
	say(fake, FREE_UNTIL, until);
	say(fake, RUN, time);
}

/* the client has sent what it has to in such a wait */
static void takes(struct fake *fake, uint64_t request)
{
	said(fake, REQUEST, request);
	said(fake, WAIT, 0);
	said_ack(fake);
	said_ack(fake);
	said_nothing(fake);
}

/* a client that was run at 100 and may go on before @until */
static struct fake *free_until(void **state, uint64_t until)
{
	struct fake *fake = by_messages(state);

	grant(fake, until, 100);
	ok(tt_client_run_until(fake->client, 100));
	takes(fake, 100);
	shows(fake, 100);
	return fake;
}

static void a_request_is_made_when_it_waits(void **state)
{
	struct fake *fake = by_messages(state);

	ok(tt_client_request(fake->client, 50));
	said_nothing(fake);
	grant(fake, 200, 50);
	ok(tt_client_wait(fake->client));
	takes(fake, 50);
	shows(fake, 50);
}

static void only_the_latest_request_counts(void **state)
{
	struct fake *fake = by_messages(state);

	ok(tt_client_request(fake->client, 50));
	ok(tt_client_request(fake->client, 70));
	grant(fake, 200, 70);
	ok(tt_client_wait(fake->client));
	takes(fake, 70);
}

static void run_uses_up_the_request(void **state)
{
	struct fake *fake = free_until(state, 100);

	acknowledge(fake, 0);
	say(fake, RUN, 200);
	ok(tt_client_wait(fake->client));
	said(fake, WAIT, 0);
	said_ack(fake);
	said_nothing(fake);
	shows(fake, 200);
}

static void a_request_for_never_is_none(void **state)
{
	struct fake *fake = by_messages(state);
	uint64_t never[] = { TT_NEVER, TT_NEVER + 1, UINT64_MAX };
	unsigned int i;

	for (i = 0; i < 3; i++) {
		ok(tt_client_request(fake->client, 50));
		ok(tt_client_request(fake->client, never[i]));
		acknowledge(fake, 0);
		say(fake, RUN, i);
		ok(tt_client_wait(fake->client));
		said(fake, WAIT, 0);
		said_ack(fake);
		said_nothing(fake);
	}
}

static void before_free_until_time_passes_without_a_message(void **state)
{
	struct fake *fake = free_until(state, 1000);

	ok(tt_client_run_until(fake->client, 500));
	ok(tt_client_run_until(fake->client, 500));
	ok(tt_client_run_until(fake->client, 999));
	said_nothing(fake);
	shows(fake, 999);
}

static void at_free_until_it_has_to_ask(void **state)
{
	struct fake *fake = free_until(state, 1000);

	PLAY(fake, GRANT(1000, 2000, 1000));
	ok(tt_client_run_until(fake->client, 1000));
	played(fake);
	shows(fake, 1000);
}

static void free_until_may_be_never_but_no_run_is(void **state)
{
	struct fake *fake = free_until(state, UINT64_MAX);

	ok(tt_client_run_until(fake->client, TT_NEVER - 1));
	shows(fake, TT_NEVER - 1);
	said_nothing(fake);
	/* a wait without a request, for others to have it run */
	PLAY(fake, HEAR(WAIT, 0), SAY(ACK, 0), SAY(RUN, TT_NEVER));
	lost(fake, tt_client_run_until(fake->client, TT_NEVER), -EPROTO,
	     "RUN at 9223372036854775807, but");
	ok(pthread_join(fake->player, NULL));
}

static void after_start_it_has_to_ask(void **state)
{
	struct fake *fake = by_messages(state);

	grant(fake, 0, 1);
	ok(tt_client_run_until(fake->client, 1));
	takes(fake, 1);
}

static void free_until_is_forgotten_when_it_waits(void **state)
{
	struct fake *fake = free_until(state, 1000);

	ok(tt_client_request(fake->client, 200));
	acknowledge(fake, 0);
	acknowledge(fake, 0);
	say(fake, RUN, 200);
	ok(tt_client_wait(fake->client));
	said(fake, REQUEST, 200);
	said(fake, WAIT, 0);
	said_ack(fake);

	grant(fake, 0, 300);
	ok(tt_client_run_until(fake->client, 300));
	takes(fake, 300);
}

static void a_free_until_that_crosses_wait_is_forgotten_too(void **state)
{
	struct fake *fake = free_until(state, 100);

	PLAY(fake, HEAR(REQUEST, 200), SAY(ACK, 0), HEAR(WAIT, 0),
	     SAY(FREE_UNTIL, 900), HEAR(ACK, 0), SAY(ACK, 0), SAY(RUN, 200),
	     HEAR(ACK, 0));
	ok(tt_client_run_until(fake->client, 200));
	played(fake);

	PLAY(fake, GRANT(300, 0, 300));
	ok(tt_client_run_until(fake->client, 300));
	played(fake);
}

static void a_free_until_while_it_waits_is_for_the_next_run(void **state)
{
	struct fake *fake = free_until(state, 100);

	PLAY(fake, GRANT(200, 900, 200));
	ok(tt_client_run_until(fake->client, 200));
	played(fake);
	ok(tt_client_run_until(fake->client, 899));
	said_nothing(fake);
}

static void a_lowered_free_until_is_seen_in_time(void **state)
{
	struct fake *fake = free_until(state, 1000);

	say(fake, FREE_UNTIL, 150);
	PLAY(fake, HEAR(ACK, 0), GRANT(200, 1000, 200));
	ok(tt_client_run_until(fake->client, 200));
	played(fake);
}

static void run_until_runs_until(void **state)
{
	struct fake *fake = by_messages(state);

	/* it is run earlier than it asked for, twice */
	grant(fake, 0, 10);
	grant(fake, 0, 10);
	grant(fake, 0, 100);
	ok(tt_client_run_until(fake->client, 100));
	shows(fake, 100);

	/* it is run later */
	grant(fake, 0, 150);
	ok(tt_client_run_until(fake->client, 120));
	shows(fake, 150);
}

static void time_does_not_go_back(void **state)
{
	struct fake *fake = free_until(state, 1000);

	fails(tt_client_run_until(fake->client, 99), fake->client, -EINVAL,
	      "cannot run until 99: it is 100 already");
	ok(tt_client_run_until(fake->client, 100));
	shows(fake, 100);
	said_nothing(fake);
}

static void a_run_before_its_own_time_breaks_the_protocol(void **state)
{
	struct fake *fake = free_until(state, 1000);

	ok(tt_client_run_until(fake->client, 500));
	grant(fake, 0, 499);
	ok(tt_client_request(fake->client, 2000));
	lost(fake, tt_client_wait(fake->client), -EPROTO,
	     "RUN at 499, but this client's clock shows 500");
}

static void a_run_at_never_breaks_the_protocol(void **state)
{
	struct fake *fake = by_messages(state);

	grant(fake, 0, TT_NEVER);
	lost(fake, tt_client_run_until(fake->client, 1), -EPROTO,
	     "RUN at 9223372036854775807, but");
}

static void a_run_while_it_runs_breaks_the_protocol(void **state)
{
	struct fake *fake = free_until(state, 1000);

	say(fake, RUN, 100);
	lost(fake, tt_client_run_until(fake->client, 200), -EPROTO,
	     "RUN, but this client runs already");
}

static void an_ack_that_nobody_waits_for_breaks_the_protocol(void **state)
{
	struct fake *fake = free_until(state, 1000);

	say_seq(fake, ACK, 7, 0);
	lost(fake, tt_client_dispatch(fake->client), -EPROTO,
	     "ACK of message 7, expected none");
}

static void an_ack_of_another_message_breaks_the_protocol(void **state)
{
	struct fake *fake = by_messages(state);

	say_seq(fake, ACK, 9, 0);
	lost(fake, tt_client_broadcast(fake->client, 1), -EPROTO,
	     "ACK of message 9, expected 2");
}

static void an_unknown_operation_breaks_the_protocol(void **state)
{
	struct fake *fake = by_messages(state);

	say(fake, 0x10007, 0);
	lost(fake, tt_client_broadcast(fake->client, 1), -EPROTO,
	     "operation 65543, which no controller sends");
}

static void after_an_error_the_connection_is_shut_down(void **state)
{
	struct fake *fake = by_messages(state);
	char byte;

	say(fake, RUN, 0);
	assert_int_equal(tt_client_dispatch(fake->client), -EPROTO);
	assert_int_equal(recv(fake->fd, &byte, 1, MSG_DONTWAIT), 0);
}

/* FREE_UNTIL cannot be acknowledged any more, and another message is left */
static void the_end_behind_a_whole_message_is_no_error_in_it(void **state)
{
	struct um_timetravel_msg all[] = {
		{ .op = FREE_UNTIL, .seq = 101, .time = 1000 },
		{ .op = FREE_UNTIL, .seq = 102, .time = 900 },
	};
	struct fake *fake = *state;

	ok(fake_open(fake));
	say_raw(fake, all, sizeof(all));
	close(fake->fd);
	fake->fd = -1;
	lost(fake, tt_client_dispatch(fake->client), -EPIPE,
	     "the controller has gone: ");
}

/* the end comes after each byte of what a whole wait needs */
static void the_end_of_the_controller_is_noticed_anywhere(void **state)
{
	struct um_timetravel_msg all[] = {
		{ .op = ACK, .seq = 2 },
		{ .op = ACK, .seq = 3 },
		{ .op = FREE_UNTIL, .seq = 101, .time = 1000 },
		{ .op = RUN, .seq = 102, .time = 100 },
	};
	struct fake *fake = *state;
	size_t n;

	for (n = 0; n < sizeof(all); n++) {
		ok(fake_open(fake));
		say_raw(fake, all, n);
		fall_silent(fake);
		if (n % sizeof(*all))
			lost(fake, tt_client_run_until(fake->client, 100),
			     -EPROTO, "gone in the middle of a message");
		else
			lost(fake, tt_client_run_until(fake->client, 100),
			     -EPIPE, "the controller has gone: Broken pipe");
		tt_client_close(fake->client);
		close(fake->fd);
		close(fake->listener);
		unlink("s");
	}
	fake->client = NULL;
	fake->fd = fake->listener = -1;
}

static void no_signal_is_raised_when_it_has_gone(void **state)
{
	struct fake *fake = by_messages(state);

	close(fake->fd);
	fake->fd = -1;
	/* SIGPIPE would end this */
	lost(fake, tt_client_broadcast(fake->client, 1), -EPIPE,
	     "the controller has gone: Broken pipe");
}

static void a_controller_that_does_not_acknowledge_is_given_up(void **state)
{
	struct fake *fake = *state;
	uint64_t ns;

	fake->opt.timeout_ms = 20;
	by_messages(state);
	lost(fake, tt_client_time_of_day(fake->client, &ns), -ETIMEDOUT,
	     "has not acknowledged GET_TOD within 20 ms");
}

static void interrupt(int sig)
{
	(void)sig;
}

static void signals_do_not_extend_the_time_limit(void **state)
{
	struct sigaction act = { .sa_handler = interrupt };
	struct fake *fake = *state;
	pid_t parent = getpid(), pid;
	uint64_t ns;

	fake->opt.timeout_ms = 50;
	by_messages(state);
	assert_int_equal(sigaction(SIGUSR1, &act, NULL), 0);
	pid = fork();
	if (!pid) {
		while (!kill(parent, SIGUSR1) && getppid() == parent)
			usleep(5000);
		_exit(0);
	}
	lost(fake, tt_client_time_of_day(fake->client, &ns), -ETIMEDOUT,
	     "has not acknowledged GET_TOD within 50 ms");
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
}

static void a_controller_that_does_not_read_is_given_up(void **state)
{
	struct fake *fake = *state;
	int i, ret;

	fake->opt.timeout_ms = 100;
	by_messages(state);
	/* until there is no room left for the client's ACKs */
	for (i = 0; i < 100; i++)
		say(fake, BROADCAST, i);
	while (!(ret = tt_client_dispatch(fake->client)))
		for (i = 0; i < 100; i++)
			say(fake, BROADCAST, i);
	lost(fake, ret, -ETIMEDOUT, "the controller does not read");
}

static void a_wait_for_run_has_no_time_limit(void **state)
{
	struct fake *fake = *state;
	pid_t pid;

	fake->opt.timeout_ms = 20;
	by_messages(state);
	acknowledge(fake, 0);
	pid = fork();
	if (!pid) {
		usleep(200000);
		say(fake, RUN, 5);
		_exit(0);
	}
	ok(tt_client_wait(fake->client));
	shows(fake, 5);
}

/* its ACK comes when the callbacks of the others have returned */
static void a_broadcast_has_no_time_limit(void **state)
{
	struct fake *fake = *state;
	pid_t pid;

	fake->opt.timeout_ms = 20;
	by_messages(state);
	pid = fork();
	if (!pid) {
		usleep(200000);
		acknowledge(fake, 0);
		_exit(0);
	}
	ok(tt_client_broadcast(fake->client, 1));
	assert_int_equal(waitpid(pid, NULL, 0), pid);
}

static void half_of_a_run_has_a_time_limit(void **state)
{
	struct fake *fake = *state;
	struct um_timetravel_msg msg = { .op = RUN };

	fake->opt.timeout_ms = 20;
	by_messages(state);
	acknowledge(fake, 0);
	say_raw(fake, &msg, 3);
	lost(fake, tt_client_wait(fake->client), -ETIMEDOUT,
	     "in the middle of a message, after 3 of 16 bytes");
}

static void update_sends_only_a_time_that_the_controller_does_not_know(void **state)
{
	struct fake *fake = free_until(state, 1000);

	/* the controller knows the time that it has sent itself */
	ok(tt_client_update(fake->client));
	said_nothing(fake);

	ok(tt_client_run_until(fake->client, 300));
	acknowledge(fake, 0);
	ok(tt_client_update(fake->client));
	said(fake, UPDATE, 300);
	ok(tt_client_update(fake->client));
	said_nothing(fake);
}

static void the_time_of_day_comes_from_the_controller(void **state)
{
	struct fake *fake = by_messages(state);
	uint64_t ns = 0;

	acknowledge(fake, 1700000000000000000);
	ok(tt_client_time_of_day(fake->client, &ns));
	said(fake, GET_TOD, 0);
	assert_int_equal(ns, 1700000000000000000);
}

static void broadcast(struct tt_client *client, uint64_t value, void *data)
{
	uint64_t now = 0;

	ok(tt_client_now(client, &now));
	note(data, "%llu at %llu;", (unsigned long long)value,
	     (unsigned long long)now);
}

static void a_broadcast_is_passed_on_while_it_waits(void **state)
{
	struct fake *fake = *state;

	fake->opt.broadcast = broadcast;
	by_messages(state);
	acknowledge(fake, 0);
	say(fake, BROADCAST, 5);
	acknowledge(fake, 30);
	say(fake, BROADCAST, 6);
	acknowledge(fake, 40);
	say(fake, RUN, 70);
	ok(tt_client_wait(fake->client));
	noted(fake, "5 at 30;6 at 40;");
	said(fake, WAIT, 0);
	/* the ACK comes last, since the sender goes on then */
	said(fake, GET, 0);
	said_ack(fake);
	said(fake, GET, 0);
	said_ack(fake);
	said_ack(fake);
	said_nothing(fake);
}

static void a_broadcast_before_an_ack_is_passed_on_after_it(void **state)
{
	struct fake *fake = *state;

	fake->opt.broadcast = broadcast;
	by_messages(state);
	say(fake, BROADCAST, 5);
	say(fake, BROADCAST, 6);
	acknowledge(fake, 0);
	ok(tt_client_broadcast(fake->client, 1));
	noted(fake, "5 at 0;6 at 0;");
	said(fake, BROADCAST, 1);
	said_ack(fake);
	said_ack(fake);
}

static void ask_for_the_time_of_day(struct tt_client *client, uint64_t value,
				    void *data)
{
	uint64_t ns;

	note(data, "%llu;", (unsigned long long)value);
	ok(tt_client_time_of_day(client, &ns));
}

static void a_running_client_acknowledges_a_broadcast_before_its_callback(void **state)
{
	struct fake *fake = *state;

	fake->opt.broadcast = ask_for_the_time_of_day;
	by_messages(state);
	say(fake, BROADCAST, 5);
	acknowledge(fake, 0);
	acknowledge(fake, 0);
	ok(tt_client_broadcast(fake->client, 1));
	noted(fake, "5;");
	said(fake, BROADCAST, 1);
	said_ack(fake);
	said(fake, GET_TOD, 0);
	said_nothing(fake);
}

static void all_of_100_broadcasts_before_an_ack_are_passed_on(void **state)
{
	struct fake *fake = *state;
	unsigned int i;

	fake->opt.broadcast = broadcast;
	by_messages(state);
	for (i = 0; i < 100; i++)
		say(fake, BROADCAST, 5);
	acknowledge(fake, 0);
	ok(tt_client_broadcast(fake->client, 1));
	assert_int_equal(strlen(fake->log), 100 * strlen("5 at 0;"));
}

static void answer_broadcast(struct tt_client *client, uint64_t value,
			     void *data)
{
	note(data, "%llu;", (unsigned long long)value);
	if (value < 7)
		ok(tt_client_broadcast(client, 100 + value));
}

static void a_broadcast_may_be_answered_by_one(void **state)
{
	struct fake *fake = *state;

	fake->opt.broadcast = answer_broadcast;
	by_messages(state);
	say(fake, BROADCAST, 5);
	acknowledge(fake, 0);
	say(fake, BROADCAST, 6);
	acknowledge(fake, 0);
	say(fake, BROADCAST, 7);
	acknowledge(fake, 0);
	ok(tt_client_broadcast(fake->client, 1));
	noted(fake, "5;6;7;");
	said(fake, BROADCAST, 1);
	said_ack(fake);
	said(fake, BROADCAST, 105);
	said_ack(fake);
	said(fake, BROADCAST, 106);
	said_ack(fake);
	said_nothing(fake);
}

static void dispatch_looks_for_broadcasts(void **state)
{
	struct fake *fake = *state;

	fake->opt.broadcast = broadcast;
	by_messages(state);
	ok(tt_client_dispatch(fake->client));
	say(fake, BROADCAST, 5);
	ok(tt_client_dispatch(fake->client));
	noted(fake, "5 at 0;");
}

static void ask_for_50(struct tt_client *client, uint64_t value, void *data)
{
	note(data, "%llu;", (unsigned long long)value);
	ok(tt_client_request(client, 50));
}

/* send the rest of the message */
static void send_rest(struct tt_client *client, uint64_t value, void *data)
{
	struct fake *fake = data;
	struct um_timetravel_msg msg = {
		.op = RUN, .seq = ++fake->seq, .time = value,
	};

	(void)client;
	say_raw(fake, (char *)&msg + 5, sizeof(msg) - 5);
}

static void a_message_may_be_cut_anywhere(void **state)
{
	struct um_timetravel_msg msg = { .op = RUN };
	struct fake *fake = *state;

	fake->opt.broadcast = send_rest;
	by_messages(state);
	acknowledge(fake, 0);
	say(fake, BROADCAST, 70);
	msg.seq = fake->seq + 1;
	say_raw(fake, &msg, 5);
	ok(tt_client_wait(fake->client));
	said(fake, WAIT, 0);
	said_ack(fake);
	said_ack(fake);
	shows(fake, 70);
}

static void half_a_message_may_be_dispatched(void **state)
{
	struct um_timetravel_msg msg = { .op = FREE_UNTIL, .time = 100 };
	struct fake *fake = by_messages(state);

	msg.seq = ++fake->seq;
	say_raw(fake, &msg, 5);
	ok(tt_client_dispatch(fake->client));
	said_nothing(fake);
	say_raw(fake, (char *)&msg + 5, sizeof(msg) - 5);
	ok(tt_client_run_until(fake->client, 0));
	ok(tt_client_dispatch(fake->client));
	said_ack(fake);
	ok(tt_client_run_until(fake->client, 99));
}

static void a_callbacks_request_is_made_at_once(void **state)
{
	struct fake *fake = *state;

	fake->opt.broadcast = ask_for_50;
	by_messages(state);
	acknowledge(fake, 0);
	acknowledge(fake, 0);
	say(fake, BROADCAST, 1);
	acknowledge(fake, 0);
	/* the same request once more needs no message */
	say(fake, BROADCAST, 2);
	say(fake, RUN, 50);
	ok(tt_client_run_until(fake->client, 100));
	noted(fake, "1;2;");
	said(fake, REQUEST, 100);
	said(fake, WAIT, 0);
	said(fake, REQUEST, 50);
	said_ack(fake);
	said_ack(fake);
	said_ack(fake);
	said_nothing(fake);
	/* the caller finds out what is due then */
	shows(fake, 50);
}

/* by the callback of a broadcast; the ACKs come last */
static void is_stopped_at_50(struct fake *fake, unsigned int acks)
{
	ok(tt_client_run_until(fake->client, 100));
	noted(fake, "1;");
	said(fake, REQUEST, 100);
	said(fake, WAIT, 0);
	said(fake, REQUEST, 50);
	while (acks--)
		said_ack(fake);
	said_nothing(fake);
}

/* the controller runs somebody else as soon as it has that ACK and WAIT */
static void a_broadcast_that_comes_before_wait_is_acknowledged_after_its_callback(void **state)
{
	struct fake *fake = *state;

	fake->opt.broadcast = ask_for_50;
	by_messages(state);
	say(fake, BROADCAST, 1);
	acknowledge(fake, 0);
	acknowledge(fake, 0);
	acknowledge(fake, 0);
	say(fake, RUN, 50);
	is_stopped_at_50(fake, 2);
}

/* ACKs are in order, so that of FREE_UNTIL comes later, too */
static void a_broadcast_before_free_until_is_acknowledged_after_its_callback(void **state)
{
	struct fake *fake = *state;

	fake->opt.broadcast = ask_for_50;
	by_messages(state);
	acknowledge(fake, 0);
	say(fake, BROADCAST, 1);
	say(fake, FREE_UNTIL, 200);
	acknowledge(fake, 0);
	acknowledge(fake, 0);
	say(fake, RUN, 50);
	is_stopped_at_50(fake, 3);
}

static void broadcasts_in_a_callback_are_acknowledged_with_the_first(void **state)
{
	struct fake *fake = *state;

	fake->opt.broadcast = ask_for_50;
	by_messages(state);
	acknowledge(fake, 0);
	say(fake, BROADCAST, 1);
	say(fake, BROADCAST, 2);
	acknowledge(fake, 0);
	say(fake, RUN, 50);
	ok(tt_client_wait(fake->client));
	noted(fake, "1;2;");
	said(fake, WAIT, 0);
	said(fake, REQUEST, 50);
	said_ack(fake);
	said_ack(fake);
	said_ack(fake);
	said_nothing(fake);
}

static void a_broadcast_that_stops_it_stops_it_there(void **state)
{
	struct fake *fake = *state;

	fake->opt.broadcast = ask_for_50;
	free_until(state, 1000);
	say(fake, BROADCAST, 1);
	ok(tt_client_run_until(fake->client, 500));
	noted(fake, "1;");
	shows(fake, 100);
	ok(tt_client_run_until(fake->client, 500));
	shows(fake, 500);
}

static void run_may_come_while_a_callback_asks(void **state)
{
	struct fake *fake = *state;

	fake->opt.broadcast = broadcast;
	by_messages(state);
	acknowledge(fake, 0);
	say(fake, BROADCAST, 5);
	say(fake, FREE_UNTIL, 100);
	say(fake, RUN, 70);
	acknowledge(fake, 70);
	ok(tt_client_wait(fake->client));
	noted(fake, "5 at 70;");
	shows(fake, 70);
	ok(tt_client_run_until(fake->client, 99));
	said(fake, WAIT, 0);
	said(fake, GET, 0);
	/* the ACKs are in order nevertheless */
	said_ack(fake);
	said_ack(fake);
	said_ack(fake);
	said_nothing(fake);
}

static void its_own_clock_counts_if_the_controllers_is_behind(void **state)
{
	struct fake *fake = *state;

	fake->opt.broadcast = broadcast;
	free_until(state, 1000);
	ok(tt_client_run_until(fake->client, 600));
	acknowledge(fake, 0);
	acknowledge(fake, 0);
	say(fake, BROADCAST, 5);
	acknowledge(fake, 100);
	say(fake, RUN, 2000);
	ok(tt_client_request(fake->client, 2000));
	ok(tt_client_wait(fake->client));
	noted(fake, "5 at 600;");
}

static void wait_in_callback(struct tt_client *client, uint64_t value,
			     void *data)
{
	note(data, "%llu;", (unsigned long long)value);
	fails(tt_client_wait(client), client, -EBUSY,
	      "tt_client_wait() cannot be called in a callback");
	fails(tt_client_run_until(client, 1), client, -EBUSY,
	      "tt_client_run_until() cannot be called in a callback");
}

static void a_callback_cannot_wait(void **state)
{
	struct fake *fake = *state;

	fake->opt.broadcast = wait_in_callback;
	by_messages(state);
	say(fake, BROADCAST, 5);
	ok(tt_client_dispatch(fake->client));
	noted(fake, "5;");
}

static void update_in_callback(struct tt_client *client, uint64_t value,
			       void *data)
{
	note(data, "%llu;", (unsigned long long)value);
	fails(tt_client_update(client), client, -EPERM,
	      "only a client that runs can update the time");
}

static void a_client_that_waits_cannot_update_the_time(void **state)
{
	struct fake *fake = *state;

	fake->opt.broadcast = update_in_callback;
	by_messages(state);
	acknowledge(fake, 0);
	say(fake, BROADCAST, 5);
	say(fake, RUN, 0);
	ok(tt_client_wait(fake->client));
	noted(fake, "5;");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_FAKE(a_request_is_made_when_it_waits),
		WITH_FAKE(only_the_latest_request_counts),
		WITH_FAKE(run_uses_up_the_request),
		WITH_FAKE(a_request_for_never_is_none),
		WITH_FAKE(before_free_until_time_passes_without_a_message),
		WITH_FAKE(at_free_until_it_has_to_ask),
		WITH_FAKE(free_until_may_be_never_but_no_run_is),
		WITH_FAKE(after_start_it_has_to_ask),
		WITH_FAKE(free_until_is_forgotten_when_it_waits),
		WITH_FAKE(a_free_until_that_crosses_wait_is_forgotten_too),
		WITH_FAKE(a_free_until_while_it_waits_is_for_the_next_run),
		WITH_FAKE(a_lowered_free_until_is_seen_in_time),
		WITH_FAKE(run_until_runs_until),
		WITH_FAKE(time_does_not_go_back),
		WITH_FAKE(a_run_before_its_own_time_breaks_the_protocol),
		WITH_FAKE(a_run_at_never_breaks_the_protocol),
		WITH_FAKE(a_run_while_it_runs_breaks_the_protocol),
		WITH_FAKE(an_ack_that_nobody_waits_for_breaks_the_protocol),
		WITH_FAKE(an_ack_of_another_message_breaks_the_protocol),
		WITH_FAKE(an_unknown_operation_breaks_the_protocol),
		WITH_FAKE(after_an_error_the_connection_is_shut_down),
		WITH_FAKE(the_end_behind_a_whole_message_is_no_error_in_it),
		WITH_FAKE(the_end_of_the_controller_is_noticed_anywhere),
		WITH_FAKE(no_signal_is_raised_when_it_has_gone),
		WITH_FAKE(a_controller_that_does_not_acknowledge_is_given_up),
		WITH_FAKE(signals_do_not_extend_the_time_limit),
		WITH_FAKE(a_controller_that_does_not_read_is_given_up),
		WITH_FAKE(a_wait_for_run_has_no_time_limit),
		WITH_FAKE(a_broadcast_has_no_time_limit),
		WITH_FAKE(half_of_a_run_has_a_time_limit),
		WITH_FAKE(update_sends_only_a_time_that_the_controller_does_not_know),
		WITH_FAKE(the_time_of_day_comes_from_the_controller),
		WITH_FAKE(a_broadcast_is_passed_on_while_it_waits),
		WITH_FAKE(a_broadcast_before_an_ack_is_passed_on_after_it),
		WITH_FAKE(a_running_client_acknowledges_a_broadcast_before_its_callback),
		WITH_FAKE(all_of_100_broadcasts_before_an_ack_are_passed_on),
		WITH_FAKE(a_broadcast_may_be_answered_by_one),
		WITH_FAKE(dispatch_looks_for_broadcasts),
		WITH_FAKE(a_message_may_be_cut_anywhere),
		WITH_FAKE(half_a_message_may_be_dispatched),
		WITH_FAKE(a_callbacks_request_is_made_at_once),
		WITH_FAKE(a_broadcast_that_comes_before_wait_is_acknowledged_after_its_callback),
		WITH_FAKE(a_broadcast_before_free_until_is_acknowledged_after_its_callback),
		WITH_FAKE(broadcasts_in_a_callback_are_acknowledged_with_the_first),
		WITH_FAKE(a_broadcast_that_stops_it_stops_it_there),
		WITH_FAKE(run_may_come_while_a_callback_asks),
		WITH_FAKE(its_own_clock_counts_if_the_controllers_is_behind),
		WITH_FAKE(a_callback_cannot_wait),
		WITH_FAKE(a_client_that_waits_cannot_update_the_time),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
