// SPDX-License-Identifier: GPL-2.0
/*
 * What other clients send: it interrupts a client that waits, and a client that
 * runs may wait for it.
 */
#include <errno.h>
#include <fcntl.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "fake.h"

/* three pipes from other clients: their read ends and their write ends */
static int from[3], to[3];

static int pipes_setup(void **state)
{
	int i, ends[2];

	if (fake_setup(state))
		return -1;
	for (i = 0; i < 3; i++) {
		if (pipe2(ends, O_CLOEXEC))
			return -1;
		from[i] = ends[0];
		to[i] = ends[1];
	}
	return 0;
}

static int pipes_teardown(void **state)
{
	int i;

	for (i = 0; i < 3; i++) {
		close(from[i]);
		close(to[i]);
	}
	return fake_teardown(state);
}
#define WITH_PIPES(f) cmocka_unit_test_setup_teardown(f, pipes_setup, \
						      pipes_teardown)

static void poke(int i)
{
	assert_int_equal(write(to[i], "!", 1), 1);
}

/* note which pipe it was, and when */
static int interrupted(struct tt_client *client, int fd, void *data)
{
	uint64_t now = 0;
	char byte;
	int i;

	assert_int_equal(read(fd, &byte, 1), 1);
	ok(tt_client_now(client, &now));
	for (i = 0; from[i] != fd; i++)
		;
	note(data, "%d at %llu;", i, (unsigned long long)now);
	return 0;
}

/* a client that uses messages and watches all pipes */
static struct fake *watching(void **state, int (*call)(struct tt_client *client,
						       int fd, void *data))
{
	struct fake *fake = *state;
	int i;

	fake->opt.interrupted = call;
	by_messages(state);
	for (i = 0; i < 3; i++)
		ok(tt_client_watch(fake->client, from[i]));
	return fake;
}

static void a_readable_descriptor_interrupts_a_wait(void **state)
{
	struct fake *fake = watching(state, interrupted);

	poke(0);
	poke(2);
	PLAY(fake, HEAR(WAIT, 0), SAY(ACK, 0), HEAR(GET, 0), SAY(ACK, 11),
	     HEAR(GET, 0), SAY(ACK, 12), SAY(RUN, 50), HEAR(ACK, 0));
	ok(tt_client_wait(fake->client));
	played(fake);
	noted(fake, "0 at 11;2 at 12;");
	shows(fake, 50);
}

static void in_memory_a_callback_learns_the_time_without_a_message(void **state)
{
	struct fake *fake = *state;

	fake->opt.interrupted = interrupted;
	with_memory(state, 5000);
	ok(tt_client_watch(fake->client, from[1]));
	poke(1);
	fake->mem->current_time = 5033;
	say_seq(fake, RUN, 0, 5040);
	ok(tt_client_wait(fake->client));
	noted(fake, "1 at 33;");
	said(fake, WAIT, 0);
	said_nothing(fake);
}

static void a_running_client_is_not_interrupted(void **state)
{
	struct fake *fake = watching(state, interrupted);

	poke(0);
	ok(tt_client_dispatch(fake->client));
	acknowledge(fake, 0);
	ok(tt_client_broadcast(fake->client, 1));
	noted(fake, "");
}

static int poke_and_run(struct tt_client *client, int fd, void *data)
{
	struct fake *fake = data;
	char byte;

	(void)client;
	assert_int_equal(read(fd, &byte, 1), 1);
	note(fake, "%d;", fd == from[1]);
	/* another client does this just before this one is told to run */
	if (fd == from[0]) {
		poke(1);
		say(fake, RUN, 50);
	}
	return 0;
}

static void a_descriptor_readable_before_run_comes_before_it(void **state)
{
	struct fake *fake = watching(state, poke_and_run);

	poke(0);
	acknowledge(fake, 0);
	ok(tt_client_wait(fake->client));
	noted(fake, "0;1;");
	shows(fake, 50);
}

/* poke the next pipe; after the last one comes RUN */
static int poke_next(struct tt_client *client, int fd, void *data)
{
	int i;

	interrupted(client, fd, data);
	for (i = 0; from[i] != fd; i++)
		;
	if (i < 2)
		poke(i + 1);
	else
		say_seq(data, RUN, 0, 50);
	return 0;
}

static void it_is_interrupted_as_often_as_need_be(void **state)
{
	struct fake *fake = *state;
	int i;

	fake->opt.interrupted = poke_next;
	with_memory(state, 0);
	for (i = 0; i < 3; i++)
		ok(tt_client_watch(fake->client, from[i]));
	fake->mem->current_time = 20;
	poke(0);
	ok(tt_client_wait(fake->client));
	noted(fake, "0 at 20;1 at 20;2 at 20;");
}

/* RUN comes before the answer to the second callback */
static int ask_across_run(struct tt_client *client, int fd, void *data)
{
	struct fake *fake = data;
	char byte;

	if (fd == from[1])
		return interrupted(client, fd, data);
	assert_int_equal(read(fd, &byte, 1), 1);
	poke(1);
	say(fake, RUN, 50);
	acknowledge(fake, 50);
	return 0;
}

static void run_may_come_while_it_asks_for_the_time(void **state)
{
	struct fake *fake = watching(state, ask_across_run);

	poke(0);
	acknowledge(fake, 0);
	ok(tt_client_wait(fake->client));
	noted(fake, "1 at 50;");
	shows(fake, 50);
}

static int ask_for_30(struct tt_client *client, int fd, void *data)
{
	char byte;

	note(data, "asks;");
	assert_int_equal(read(fd, &byte, 1), 1);
	return tt_client_request(client, 30);
}

static void a_callback_may_ask_to_run_earlier(void **state)
{
	struct fake *fake = watching(state, ask_for_30);

	poke(0);
	PLAY(fake, HEAR(REQUEST, 100), SAY(ACK, 0), HEAR(WAIT, 0), SAY(ACK, 0),
	     HEAR(REQUEST, 30), SAY(ACK, 0), SAY(RUN, 30), HEAR(ACK, 0));
	ok(tt_client_run_until(fake->client, 100));
	played(fake);
	noted(fake, "asks;");
	shows(fake, 30);

	PLAY(fake, HEAR(REQUEST, 100), SAY(ACK, 0), HEAR(WAIT, 0), SAY(ACK, 0),
	     SAY(RUN, 100), HEAR(ACK, 0));
	ok(tt_client_run_until(fake->client, 100));
	played(fake);
	shows(fake, 100);
}

static int give_up(struct tt_client *client, int fd, void *data)
{
	(void)client;
	(void)fd;
	(void)data;
	return -EINTR;
}

static void a_callback_may_give_up(void **state)
{
	struct fake *fake = watching(state, give_up);

	poke(0);
	acknowledge(fake, 0);
	lost(fake, tt_client_wait(fake->client), -EINTR,
	     "interrupted() returned -4 for descriptor");
}

static int break_link(struct tt_client *client, int fd, void *data)
{
	(void)fd;
	fall_silent(data);
	note(data, "called;");
	/* the wait returns this error, whatever the callback returns */
	assert_int_equal(tt_client_broadcast(client, 1), -EPIPE);
	return 0;
}

static void a_controller_that_goes_during_a_callback_is_noticed(void **state)
{
	struct fake *fake = watching(state, break_link);

	poke(0);
	poke(1);
	acknowledge(fake, 0);
	lost(fake, tt_client_wait(fake->client), -EPIPE, "has gone");
	noted(fake, "called;");
}

static int unwatch_all(struct tt_client *client, int fd, void *data)
{
	int i;

	note(data, "%d;", fd == from[0]);
	for (i = 0; i < 3; i++)
		ok(tt_client_unwatch(client, from[i]));
	return 0;
}

static void a_callback_may_stop_watching(void **state)
{
	struct fake *fake = watching(state, unwatch_all);

	poke(0);
	poke(1);
	acknowledge(fake, 0);
	say(fake, RUN, 0);
	ok(tt_client_wait(fake->client));
	noted(fake, "1;");
	fails(tt_client_unwatch(fake->client, from[1]), fake->client, -ENOENT,
	      "is not watched");
}

static int watch_more(struct tt_client *client, int fd, void *data)
{
	char byte;
	int i;

	assert_int_equal(read(fd, &byte, 1), 1);
	note(data, "%d;", fd == from[0]);
	if (fd != from[0])
		return 0;
	for (i = 1; i < 3; i++) {
		ok(tt_client_watch(client, from[i]));
		poke(i);
	}
	say(data, RUN, 0);
	return 0;
}

static void a_callback_may_watch_more(void **state)
{
	struct fake *fake = *state;

	fake->opt.interrupted = watch_more;
	by_messages(state);
	ok(tt_client_watch(fake->client, from[0]));
	poke(0);
	acknowledge(fake, 0);
	ok(tt_client_wait(fake->client));
	noted(fake, "1;0;0;");
}

static void watching_and_unwatching_leaves_nothing_behind(void **state)
{
	struct fake *fake = watching(state, interrupted);
	struct rlimit limit, few;
	int i;

	for (i = 0; i < 100; i++) {
		ok(tt_client_unwatch(fake->client, from[1]));
		ok(tt_client_watch(fake->client, from[1]));
	}
	poke(1);
	ok(getrlimit(RLIMIT_NOFILE, &limit));
	few = (struct rlimit) { 64, limit.rlim_max };
	PLAY(fake, HEAR(WAIT, 0), SAY(ACK, 0), HEAR(GET, 0), SAY(ACK, 11),
	     SAY(RUN, 50), HEAR(ACK, 0));
	ok(setrlimit(RLIMIT_NOFILE, &few));
	ok(tt_client_wait(fake->client));
	ok(setrlimit(RLIMIT_NOFILE, &limit));
	played(fake);
	noted(fake, "1 at 11;");
}

static int sees_the_end(struct tt_client *client, int fd, void *data)
{
	char byte;

	assert_int_equal(read(fd, &byte, 1), 0);
	note(data, "end;");
	return tt_client_unwatch(client, fd);
}

static void the_end_of_a_descriptor_interrupts_a_wait(void **state)
{
	struct fake *fake = watching(state, sees_the_end);

	close(to[1]);
	to[1] = -1;
	acknowledge(fake, 0);
	say(fake, RUN, 0);
	ok(tt_client_wait(fake->client));
	noted(fake, "end;");
}

static void a_descriptor_that_cannot_be_watched_is_named(void **state)
{
	struct fake *fake = by_messages(state);
	int file;

	fails(tt_client_watch(fake->client, from[0]), fake->client, -EINVAL,
	      "no interrupted(), so nothing can be watched");
	fails(tt_client_unwatch(fake->client, from[0]), fake->client, -ENOENT,
	      "is not watched");
	tt_client_close(fake->client);
	close(fake->fd);
	close(fake->listener);
	unlink("s");

	watching(state, interrupted);
	fails(tt_client_watch(fake->client, -1), fake->client, -EBADF,
	      "cannot watch descriptor -1");
	fails(tt_client_watch(fake->client, from[0]), fake->client, -EEXIST,
	      "is watched already");
	ok(tt_client_unwatch(fake->client, from[0]));
	fails(tt_client_unwatch(fake->client, -1), fake->client, -ENOENT,
	      "descriptor -1 is not watched");
	fails(tt_client_watch(fake->client, 999), fake->client, -EBADF,
	      "cannot watch descriptor 999: Bad file descriptor");
	file = open("/dev/null", O_RDONLY | O_CLOEXEC);
	fails(tt_client_watch(fake->client, file), fake->client, -EPERM,
	      ": Operation not permitted");
	close(file);
}

/* how many rounds a wait has, for what must not be called in each of them */
#define ROUNDS 5

/* descriptor @odd is noted and left as it is; pipe 0 keeps the wait going */
struct rounds {
	int odd;
	unsigned int wanted;
	unsigned int rounds;
	unsigned int odd_calls;
	int (*call)(struct tt_client *client, int fd, void *data);
	struct fake *fake;
};

static int go_round(struct tt_client *client, int fd, void *data)
{
	struct rounds *rounds = data;
	char byte;

	if (fd == rounds->odd) {
		rounds->odd_calls++;
		return rounds->call ? rounds->call(client, fd, rounds) : 0;
	}
	assert_int_equal(fd, from[0]);
	assert_int_equal(read(fd, &byte, 1), 1);
	if (++rounds->rounds < rounds->wanted)
		poke(0);
	else
		say_seq(rounds->fake, RUN, 0, 50);
	return 0;
}

/* a client in memory that watches pipe 0 and @odd */
static void watch_odd(void **state, struct rounds *rounds, int odd)
{
	struct fake *fake = *state;

	rounds->fake = fake;
	rounds->odd = odd;
	fake->opt.interrupted = go_round;
	fake->opt.data = rounds;
	with_memory(state, 0);
	ok(tt_client_watch(fake->client, odd));
	ok(tt_client_watch(fake->client, from[0]));
}

/* a wait of some rounds, in which @odd's callback is called that often */
static void _wait_rounds(struct rounds *rounds, unsigned int wanted,
			 unsigned int odd_calls, const char *file, int line)
{
	rounds->rounds = 0;
	rounds->wanted = wanted;
	rounds->odd_calls = 0;
	poke(0);
	ok(tt_client_wait(rounds->fake->client));
	_assert_int_equal(rounds->rounds, wanted, file, line);
	_assert_int_equal(rounds->odd_calls, odd_calls, file, line);
	rounds->fake->mem->running_id = SLOT;
}
#define wait_rounds(rounds, wanted, odd_calls) \
	_wait_rounds(rounds, wanted, odd_calls, __FILE__, __LINE__)

static void a_closed_other_end_calls_back_once(void **state)
{
	struct rounds rounds = {};
	int ends[2];

	ok(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends));
	watch_odd(state, &rounds, ends[0]);
	close(ends[1]);
	wait_rounds(&rounds, ROUNDS, 1);
	/* it is not watched any more, but may be again */
	wait_rounds(&rounds, ROUNDS, 0);
	fails(tt_client_unwatch(rounds.fake->client, ends[0]),
	      rounds.fake->client, -ENOENT, "is not watched");
	ok(tt_client_watch(rounds.fake->client, ends[0]));
	wait_rounds(&rounds, ROUNDS, 1);
	close(ends[0]);
}

static int read_a_byte(struct tt_client *client, int fd, void *data)
{
	struct rounds *rounds = data;
	char byte;

	(void)client;
	note(rounds->fake, "%d;", (int)read(fd, &byte, 1));
	return 0;
}

static void what_came_before_the_end_calls_back_first(void **state)
{
	struct rounds rounds = { .call = read_a_byte };

	watch_odd(state, &rounds, from[1]);
	poke(1);
	poke(1);
	close(to[1]);
	to[1] = -1;
	wait_rounds(&rounds, ROUNDS, 3);
	noted(rounds.fake, "1;1;0;");
}

static void a_stream_calls_back_until_all_is_read(void **state)
{
	struct rounds rounds = { .call = read_a_byte };
	int i;

	watch_odd(state, &rounds, from[1]);
	for (i = 0; i < 3; i++)
		poke(1);
	wait_rounds(&rounds, ROUNDS, 3);
	noted(rounds.fake, "1;1;1;");
	poke(1);
	wait_rounds(&rounds, ROUNDS, 1);
}

static int poke_while_reading(struct tt_client *client, int fd, void *data)
{
	struct rounds *rounds = data;

	read_a_byte(client, fd, data);
	/* as much as was there before */
	if (rounds->odd_calls == 1)
		poke(1);
	return 0;
}

static void what_comes_during_a_callback_calls_back_again(void **state)
{
	struct rounds rounds = { .call = poke_while_reading };

	watch_odd(state, &rounds, from[1]);
	poke(1);
	wait_rounds(&rounds, ROUNDS, 2);
}

static void what_a_callback_does_not_read_waits_for_the_next_wait(void **state)
{
	struct rounds rounds = {};
	int event = eventfd(1, EFD_CLOEXEC | EFD_NONBLOCK);
	uint64_t value;

	watch_odd(state, &rounds, event);
	wait_rounds(&rounds, ROUNDS, 1);
	wait_rounds(&rounds, ROUNDS, 1);
	/* the client runs, and reads it now */
	assert_int_equal(read(event, &value, sizeof(value)), sizeof(value));
	wait_rounds(&rounds, ROUNDS, 0);
	close(event);
}

static int write_more(struct tt_client *client, int fd, void *data)
{
	struct rounds *rounds = data;
	uint64_t value = 1;

	(void)client;
	if (rounds->odd_calls < 3)
		assert_int_equal(write(fd, &value, sizeof(value)),
				 sizeof(value));
	return 0;
}

static void what_is_not_read_calls_back_again_if_more_comes(void **state)
{
	struct rounds rounds = { .call = write_more };
	int event = eventfd(1, EFD_CLOEXEC | EFD_NONBLOCK);

	watch_odd(state, &rounds, event);
	wait_rounds(&rounds, ROUNDS, 3);
	close(event);
}

static void each_datagram_calls_back(void **state)
{
	struct rounds rounds = { .call = read_a_byte };
	int i, ends[2];

	ok(socketpair(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0, ends));
	watch_odd(state, &rounds, ends[0]);
	for (i = 0; i < 3; i++)
		assert_int_equal(write(ends[1], "!", 1), 1);
	wait_rounds(&rounds, ROUNDS, 3);
	assert_int_equal(write(ends[1], "!", 1), 1);
	wait_rounds(&rounds, ROUNDS, 1);
	close(ends[0]);
	close(ends[1]);
}

static void a_datagram_that_is_never_read_calls_back_a_limited_number_of_times(void **state)
{
	struct rounds rounds = {};
	int ends[2];

	ok(socketpair(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0, ends));
	watch_odd(state, &rounds, ends[0]);
	assert_int_equal(write(ends[1], "!", 1), 1);
	wait_rounds(&rounds, 3000, 1000);
	close(ends[0]);
	close(ends[1]);
}

static int close_it(struct tt_client *client, int fd, void *data)
{
	(void)client;
	(void)data;
	return close(fd);
}

static void a_callback_may_close_its_descriptor(void **state)
{
	struct rounds rounds = { .call = close_it };
	int again;

	watch_odd(state, &rounds, from[1]);
	poke(1);
	wait_rounds(&rounds, ROUNDS, 1);
	wait_rounds(&rounds, ROUNDS, 0);
	/* another one of the same number is not the one that was watched */
	again = dup(from[2]);
	assert_int_equal(again, from[1]);
	ok(tt_client_watch(rounds.fake->client, again));
	poke(2);
	wait_rounds(&rounds, ROUNDS, 1);
	from[1] = -1;
}

static void a_descriptor_that_was_closed_calls_nobody_back_by_a_copy(void **state)
{
	struct rounds rounds = {};
	int copy = dup(from[1]);

	watch_odd(state, &rounds, from[1]);
	close(from[1]);
	from[1] = -1;
	poke(1);
	wait_rounds(&rounds, ROUNDS, 0);
	poke(1);
	wait_rounds(&rounds, ROUNDS, 0);
	close(copy);
}

static void a_running_client_may_wait_for_another(void **state)
{
	struct fake *fake = by_messages(state);

	poke(0);
	ok(tt_client_wait_readable(fake->client, from[0]));
	said_nothing(fake);
	shows(fake, 0);
}

static void broadcast(struct tt_client *client, uint64_t value, void *data)
{
	(void)client;
	note(data, "%llu;", (unsigned long long)value);
	poke(0);
}

static void wait_readable_passes_on_broadcasts(void **state)
{
	struct fake *fake = *state;

	fake->opt.broadcast = broadcast;
	by_messages(state);
	say(fake, BROADCAST, 5);
	ok(tt_client_wait_readable(fake->client, from[0]));
	noted(fake, "5;");
	said_ack(fake);
}

static void wait_readable_passes_on_a_broadcast_that_came_with_an_ack(void **state)
{
	struct fake *fake = *state;

	fake->opt.broadcast = broadcast;
	by_messages(state);
	acknowledge(fake, 0);
	say(fake, BROADCAST, 5);
	ok(tt_client_broadcast(fake->client, 1));
	ok(tt_client_wait_readable(fake->client, from[0]));
	noted(fake, "5;");
}

static int ask(struct tt_client *client, int fd, void *data)
{
	uint64_t ns;
	char byte;

	assert_int_equal(read(fd, &byte, 1), 1);
	ok(tt_client_time_of_day(client, &ns));
	note(data, "asked;");
	return 0;
}

static void a_broadcast_that_a_callback_has_read_is_passed_on(void **state)
{
	struct fake *fake = *state;

	/* no time limit, or the wait would end whatever happens */
	fake->opt.timeout_ms = -1;
	fake->opt.broadcast = broadcast;
	fake->opt.interrupted = ask;
	with_memory(state, 0);
	ok(tt_client_watch(fake->client, from[1]));
	poke(1);
	say(fake, BROADCAST, 5);
	PLAY(fake, HEAR(WAIT, 0), HEAR(GET_TOD, 0), SAY(ACK, 0), HEAR(ACK, 0),
	     SAY(RUN, 50));
	ok(tt_client_wait(fake->client));
	played(fake);
	noted(fake, "5;asked;");
}

static int wait_for_another(struct tt_client *client, int fd, void *data)
{
	char byte;

	assert_int_equal(read(fd, &byte, 1), 1);
	ok(tt_client_wait_readable(client, from[0]));
	note(data, "answered;");
	return 0;
}

static int ask_and_wait_for_another(struct tt_client *client, int fd,
				    void *data)
{
	ask(client, fd, data);
	poke(1);
	return wait_for_another(client, fd, data);
}

/* another client, which answers when its broadcast has been acknowledged */
static void *answer(void *data)
{
	struct fake *fake = data;
	struct um_timetravel_msg msg;

	do {
		if (recv(fake->fd, &msg, sizeof(msg), MSG_WAITALL) <= 0)
			return NULL;
		if (msg.op == GET_TOD)
			say_seq(fake, ACK, msg.seq, 0);
	} while (msg.op != ACK);
	poke(0);
	say(fake, RUN, 50);
	return NULL;
}

static struct fake *answered(void **state,
			     int (*call)(struct tt_client *client, int fd,
					 void *data))
{
	struct fake *fake = *state;
	pthread_t other;

	fake->opt.broadcast = broadcast;
	fake->opt.interrupted = call;
	with_memory(state, 0);
	ok(tt_client_watch(fake->client, from[1]));
	poke(1);
	say(fake, BROADCAST, 5);
	ok(pthread_create(&other, NULL, answer, fake));
	ok(tt_client_wait(fake->client));
	ok(pthread_join(other, NULL));
	return fake;
}

static void a_client_that_a_callback_waits_for_may_broadcast(void **state)
{
	struct fake *fake = answered(state, wait_for_another);

	noted(fake, "5;answered;");
}

static void a_client_may_broadcast_before_a_callback_waits_for_it(void **state)
{
	struct fake *fake = answered(state, ask_and_wait_for_another);

	noted(fake, "5;asked;answered;");
}

static void ask_in_broadcast(struct tt_client *client, uint64_t value,
			     void *data)
{
	uint64_t ns;

	note(data, "%llu;", (unsigned long long)value);
	if (value == 5)
		ok(tt_client_time_of_day(client, &ns));
}

/* the answer to the callback and one more broadcast, in one piece */
static void *answer_and_broadcast(void *data)
{
	struct fake *fake = data;
	struct um_timetravel_msg msg, both[2] = {};

	do {
		if (recv(fake->fd, &msg, sizeof(msg), MSG_WAITALL) <= 0)
			return NULL;
	} while (msg.op != GET_TOD);
	both[0].seq = msg.seq;
	both[1].op = BROADCAST;
	both[1].seq = ++fake->seq;
	both[1].time = 6;
	say_raw(fake, both, sizeof(both));
	if (recv(fake->fd, &msg, sizeof(msg), MSG_WAITALL) > 0)
		poke(0);
	return NULL;
}

static void wait_readable_passes_on_what_a_callback_has_read(void **state)
{
	struct fake *fake = *state;
	pthread_t other;

	fake->opt.broadcast = ask_in_broadcast;
	by_messages(state);
	say(fake, BROADCAST, 5);
	ok(pthread_create(&other, NULL, answer_and_broadcast, fake));
	ok(tt_client_wait_readable(fake->client, from[0]));
	ok(pthread_join(other, NULL));
	noted(fake, "5;6;");
}

static int pokes_0(struct tt_client *client, int fd, void *data)
{
	char byte;

	(void)client;
	assert_int_equal(read(fd, &byte, 1), 1);
	note(data, "%d;", fd == from[1]);
	poke(0);
	return 0;
}

static void wait_readable_calls_back_for_other_descriptors(void **state)
{
	struct fake *fake = *state;

	/* the other client asks something before it answers */
	fake->opt.interrupted = pokes_0;
	by_messages(state);
	ok(tt_client_watch(fake->client, from[1]));
	poke(1);
	ok(tt_client_wait_readable(fake->client, from[0]));
	noted(fake, "1;");
}

static int wait_in_callback(struct tt_client *client, int fd, void *data)
{
	char byte;

	assert_int_equal(read(fd, &byte, 1), 1);
	note(data, "%d", fd == from[0] ? 0 : fd == from[1] ? 1 : 2);
	if (fd == from[0]) {
		poke(1);
		ok(tt_client_wait_readable(client, from[2]));
		assert_int_equal(read(from[2], &byte, 1), 1);
		note(data, "answered");
	} else if (fd == from[1]) {
		poke(2);
		poke(2);
	} else {
		say(data, RUN, 0);
	}
	note(data, ";");
	return 0;
}

static void a_callback_may_wait_while_another_is_called(void **state)
{
	struct fake *fake = watching(state, wait_in_callback);

	/* pipe 2 is watched as well, but its first byte is waited for */
	poke(0);
	acknowledge(fake, 0);
	ok(tt_client_wait(fake->client));
	noted(fake, "01;answered;2;");
}

static void wait_for_sender(struct tt_client *client, uint64_t value, void *data)
{
	(void)value;
	ok(tt_client_wait_readable(client, from[0]));
	note(data, "answered;");
}

static void a_callback_may_wait_for_the_sender_of_its_broadcast(void **state)
{
	struct fake *fake = *state;
	pthread_t other;

	fake->opt.broadcast = wait_for_sender;
	with_memory(state, 0);
	say(fake, BROADCAST, 5);
	ok(pthread_create(&other, NULL, answer, fake));
	ok(tt_client_wait(fake->client));
	ok(pthread_join(other, NULL));
	noted(fake, "answered;");
}

static void half_a_message_has_a_time_limit_while_it_watches(void **state)
{
	struct fake *fake = *state;
	struct um_timetravel_msg msg = { .op = RUN };

	fake->opt.timeout_ms = 20;
	watching(state, interrupted);
	acknowledge(fake, 0);
	say(fake, BROADCAST, 5);
	say_raw(fake, &msg, 3);
	lost(fake, tt_client_wait(fake->client), -ETIMEDOUT,
	     "in the middle of a message, after 3 of 16 bytes");
}

static void wait_readable_sees_a_lowered_free_until(void **state)
{
	struct fake *fake = by_messages(state);

	acknowledge(fake, 0);
	say(fake, FREE_UNTIL, 1000);
	say(fake, RUN, 10);
	ok(tt_client_wait(fake->client));
	said(fake, WAIT, 0);
	said_ack(fake);
	said_ack(fake);

	/* the controller sends it before the other client answers */
	say(fake, FREE_UNTIL, 20);
	poke(0);
	ok(tt_client_wait_readable(fake->client, from[0]));
	said_ack(fake);
	ok(tt_client_run_until(fake->client, 19));
	PLAY(fake, GRANT(20, 20, 20));
	ok(tt_client_run_until(fake->client, 20));
	played(fake);
}

static void wait_readable_fails_if_the_controller_goes(void **state)
{
	struct fake *fake = by_messages(state);

	fall_silent(fake);
	lost(fake, tt_client_wait_readable(fake->client, from[0]), -EPIPE,
	     "the controller has gone");
}

static void wait_readable_returns_if_the_other_end_is_closed(void **state)
{
	struct fake *fake = by_messages(state);

	close(to[0]);
	to[0] = -1;
	ok(tt_client_wait_readable(fake->client, from[0]));
	close(from[1]);
	fails(tt_client_wait_readable(fake->client, from[1]), fake->client,
	      -EBADF, "is not open");
	from[1] = -1;
	fails(tt_client_wait_readable(fake->client, -1), fake->client, -EBADF,
	      "cannot wait for descriptor -1");
	shows(fake, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_PIPES(a_readable_descriptor_interrupts_a_wait),
		WITH_PIPES(in_memory_a_callback_learns_the_time_without_a_message),
		WITH_PIPES(a_running_client_is_not_interrupted),
		WITH_PIPES(a_descriptor_readable_before_run_comes_before_it),
		WITH_PIPES(it_is_interrupted_as_often_as_need_be),
		WITH_PIPES(run_may_come_while_it_asks_for_the_time),
		WITH_PIPES(a_callback_may_ask_to_run_earlier),
		WITH_PIPES(a_callback_may_give_up),
		WITH_PIPES(a_controller_that_goes_during_a_callback_is_noticed),
		WITH_PIPES(a_callback_may_stop_watching),
		WITH_PIPES(a_callback_may_watch_more),
		WITH_PIPES(watching_and_unwatching_leaves_nothing_behind),
		WITH_PIPES(the_end_of_a_descriptor_interrupts_a_wait),
		WITH_PIPES(a_descriptor_that_cannot_be_watched_is_named),
		WITH_PIPES(a_closed_other_end_calls_back_once),
		WITH_PIPES(what_came_before_the_end_calls_back_first),
		WITH_PIPES(a_stream_calls_back_until_all_is_read),
		WITH_PIPES(what_comes_during_a_callback_calls_back_again),
		WITH_PIPES(what_a_callback_does_not_read_waits_for_the_next_wait),
		WITH_PIPES(what_is_not_read_calls_back_again_if_more_comes),
		WITH_PIPES(each_datagram_calls_back),
		WITH_PIPES(a_datagram_that_is_never_read_calls_back_a_limited_number_of_times),
		WITH_PIPES(a_callback_may_close_its_descriptor),
		WITH_PIPES(a_descriptor_that_was_closed_calls_nobody_back_by_a_copy),
		WITH_PIPES(a_running_client_may_wait_for_another),
		WITH_PIPES(wait_readable_passes_on_broadcasts),
		WITH_PIPES(wait_readable_passes_on_a_broadcast_that_came_with_an_ack),
		WITH_PIPES(a_broadcast_that_a_callback_has_read_is_passed_on),
		WITH_PIPES(a_client_that_a_callback_waits_for_may_broadcast),
		WITH_PIPES(a_client_may_broadcast_before_a_callback_waits_for_it),
		WITH_PIPES(wait_readable_passes_on_what_a_callback_has_read),
		WITH_PIPES(wait_readable_calls_back_for_other_descriptors),
		WITH_PIPES(a_callback_may_wait_while_another_is_called),
		WITH_PIPES(a_callback_may_wait_for_the_sender_of_its_broadcast),
		WITH_PIPES(half_a_message_has_a_time_limit_while_it_watches),
		WITH_PIPES(wait_readable_sees_a_lowered_free_until),
		WITH_PIPES(wait_readable_fails_if_the_controller_goes),
		WITH_PIPES(wait_readable_returns_if_the_other_end_is_closed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
