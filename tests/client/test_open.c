// SPDX-License-Identifier: GPL-2.0
/*
 * Joining a simulation, and what can go wrong with that.
 */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "fake.h"

#define SHORT_MS 50

static void wrong_options_are_named(void **state)
{
	struct {
		struct tt_client_options opt;
		long more;
	} newer = {};
	struct fake *fake = *state;
	char path[109] = {};

	fake->opt.size = sizeof(fake->opt) - 1;
	fails(tt_client_open(&fake->client, &fake->opt), fake->client, -EINVAL,
	      "options: size is ");
	tt_client_close(fake->client);

	fake->opt.size = sizeof(fake->opt);
	fake->opt.path = NULL;
	fails(tt_client_open(&fake->client, &fake->opt), fake->client, -EINVAL,
	      "options: no path");
	tt_client_close(fake->client);

	fake->opt.path = "";
	fails(tt_client_open(&fake->client, &fake->opt), fake->client, -EINVAL,
	      "has 0 bytes, not 1 to 107");
	tt_client_close(fake->client);

	memset(path, 'x', sizeof(path) - 1);
	fake->opt.path = path;
	fails(tt_client_open(&fake->client, &fake->opt), fake->client,
	      -ENAMETOOLONG, "has 108 bytes, not 1 to 107");
	tt_client_close(fake->client);

	fake->opt.path = "s";
	fake->opt.flags = 0x11;
	fails(tt_client_open(&fake->client, &fake->opt), fake->client, -EINVAL,
	      "unknown flags 0x10");
	tt_client_close(fake->client);

	fake->opt.flags = 0;
	fake->opt.timeout_ms = -2;
	fails(tt_client_open(&fake->client, &fake->opt), fake->client, -EINVAL,
	      "timeout_ms is -2");
	tt_client_close(fake->client);

	fake->opt.timeout_ms = 0;
	newer.opt = fake->opt;
	newer.opt.size = sizeof(newer);
	newer.more = 1;
	fails(tt_client_open(&fake->client, &newer.opt), fake->client, -E2BIG,
	      "some of them need a newer library");
}

static void options_of_a_newer_library_may_be_left_out(void **state)
{
	struct {
		struct tt_client_options opt;
		long more;
	} newer = {};
	struct fake *fake = *state;

	fake->opt.size = sizeof(newer);
	newer.opt = fake->opt;
	fake_listen(fake);
	newer.opt.timeout_ms = SHORT_MS;
	fails(tt_client_open(&fake->client, &newer.opt), fake->client,
	      -ETIMEDOUT, "not acknowledged START within 50 ms");
}

static void a_failed_client_does_nothing_more(void **state)
{
	struct fake *fake = *state;
	uint64_t time;

	fake->opt.path = "";
	assert_int_equal(tt_client_open(&fake->client, &fake->opt), -EINVAL);
	assert_int_equal(tt_client_now(fake->client, &time), -EINVAL);
	assert_int_equal(tt_client_request(fake->client, 1), -EINVAL);
	assert_int_equal(tt_client_wait(fake->client), -EINVAL);
	assert_int_equal(tt_client_run_until(fake->client, 1), -EINVAL);
	assert_int_equal(tt_client_update(fake->client), -EINVAL);
	assert_int_equal(tt_client_broadcast(fake->client, 1), -EINVAL);
	assert_int_equal(tt_client_time_of_day(fake->client, &time), -EINVAL);
	assert_int_equal(tt_client_watch(fake->client, 0), -EINVAL);
	assert_int_equal(tt_client_wait_readable(fake->client, 0), -EINVAL);
	assert_int_equal(tt_client_dispatch(fake->client), -EINVAL);
	assert_int_equal(tt_client_unwatch(fake->client, 0), -ENOENT);
	assert_false(tt_client_uses_memory(fake->client));
	assert_int_equal(tt_client_log_fd(fake->client), -1);
	assert_int_equal(tt_client_slot(fake->client), 0);
}

static void a_controller_that_does_not_come_is_given_up(void **state)
{
	struct fake *fake = *state;

	fake->opt.timeout_ms = SHORT_MS;
	fails(tt_client_open(&fake->client, &fake->opt), fake->client, -ENOENT,
	      "cannot connect to the controller at s: No such file");
	tt_client_close(fake->client);

	fake_listen(fake);
	close(fake->listener);
	fake->listener = -1;
	fails(tt_client_open(&fake->client, &fake->opt), fake->client,
	      -ECONNREFUSED, "at s: Connection refused");
}

static void a_socket_of_another_type_is_no_controller(void **state)
{
	struct fake *fake = *state;
	struct sockaddr_un addr = { .sun_family = AF_UNIX, .sun_path = "s" };

	fake->listener = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	assert_int_equal(bind(fake->listener, (struct sockaddr *)&addr,
			      sizeof(addr)), 0);
	fails(tt_client_open(&fake->client, &fake->opt), fake->client,
	      -EPROTOTYPE, "cannot connect to the controller at s: ");
}

static void *open_client(void *data)
{
	struct fake *fake = data;

	return (void *)(long)tt_client_open(&fake->client, &fake->opt);
}

static void a_controller_that_starts_late_is_waited_for(void **state)
{
	struct fake *fake = *state;
	struct um_timetravel_msg msg;
	pthread_t thread;
	void *ret;

	assert_int_equal(pthread_create(&thread, NULL, open_client, fake), 0);
	usleep(20000);
	fake_listen(fake);
	fake->fd = accept4(fake->listener, NULL, NULL, SOCK_CLOEXEC);
	assert_int_equal(recv(fake->fd, &msg, sizeof(msg), MSG_WAITALL),
			 sizeof(msg));
	say_seq(fake, ACK, msg.seq, 1);
	assert_int_equal(pthread_join(thread, &ret), 0);
	assert_null(ret);
}

static void a_controller_that_does_not_accept_is_given_up(void **state)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX, .sun_path = "s" };
	struct fake *fake = *state;
	int fds[2], i;

	fake_listen(fake);
	for (i = 0; i < 2; i++) {
		fds[i] = socket(AF_UNIX, SOCK_STREAM, 0);
		ok(connect(fds[i], (struct sockaddr *)&addr, sizeof(addr)));
	}
	fake->opt.timeout_ms = SHORT_MS;
	fails(tt_client_open(&fake->client, &fake->opt), fake->client,
	      -ETIMEDOUT, "at s: Connection timed out");
	for (i = 0; i < 2; i++)
		close(fds[i]);
}

static void it_runs_at_0_in_the_slot_it_was_given(void **state)
{
	struct fake *fake = *state;

	/* the other bits of the time have no meaning */
	fake->ack.time = 0xabc0003;
	fake = by_messages(state);
	shows(fake, 0);
	assert_int_equal(tt_client_slot(fake->client), 3);
	assert_int_equal(tt_client_log_fd(fake->client), -1);
	assert_string_equal(tt_client_error(fake->client), "");
	said_nothing(fake);
}

static void a_client_need_not_have_a_name(void **state)
{
	struct fake *fake = *state;

	fake->opt.name = TT_NAME_NONE;
	by_messages(state);
}

/* read START and close without an answer */
static void goes(struct fake *fake)
{
	struct um_timetravel_msg msg;

	recv(fake->fd, &msg, sizeof(msg), MSG_WAITALL);
	shutdown(fake->fd, SHUT_RDWR);
}

static void goes_unread(struct fake *fake)
{
	char byte;

	/* START has come, but is not read */
	recv(fake->fd, &byte, 1, MSG_PEEK);
	close(fake->fd);
	fake->fd = -1;
}

static void is_silent(struct fake *fake)
{
	(void)fake;
}

static void says_half(struct fake *fake)
{
	char zeros[9] = {};

	send(fake->fd, zeros, sizeof(zeros), MSG_NOSIGNAL);
}

static void goes_half_way(struct fake *fake)
{
	says_half(fake);
	goes(fake);
}

static void answers(struct fake *fake, uint32_t op, uint32_t add, uint64_t time)
{
	struct um_timetravel_msg msg = {};

	recv(fake->fd, &msg, sizeof(msg), MSG_WAITALL);
	msg.op = op;
	msg.seq += add;
	msg.time = time;
	send(fake->fd, &msg, sizeof(msg), MSG_NOSIGNAL);
}

static void answers_another(struct fake *fake)
{
	answers(fake, ACK, 1, SLOT);
}

static void runs_it(struct fake *fake)
{
	answers(fake, RUN, 0, 0);
}

static void says_start(struct fake *fake)
{
	answers(fake, START, 0, 0);
}

static void says_what_is_unknown(struct fake *fake)
{
	answers(fake, 10, 0, 0);
}

/* send broadcasts until the client gives up */
static void only_broadcasts(struct fake *fake)
{
	struct um_timetravel_msg msg = { .op = BROADCAST }, heard;

	while (send(fake->fd, &msg, sizeof(msg), MSG_NOSIGNAL) > 0)
		recv(fake->fd, &heard, sizeof(heard), MSG_DONTWAIT);
}

static void a_wrong_ack_to_start_is_named(void **state)
{
	static const struct {
		void (*serve)(struct fake *fake);
		int ret;
		const char *text;
	} wrong[] = {
		{ goes, -EPIPE, "the controller has gone: Broken pipe" },
		{ goes_unread, -ECONNRESET, "the controller has gone: Conn" },
		{ goes_half_way, -EPROTO, "in the middle of a message, after 9 of 16" },
		{ is_silent, -ETIMEDOUT, "not acknowledged START within" },
		{ says_half, -ETIMEDOUT, "in the middle of a message, after 9 of 16" },
		{ answers_another, -EPROTO, "ACK of message 2, expected 1" },
		{ runs_it, -EPROTO, "RUN, but this client runs already" },
		{ says_start, -EPROTO, "operation 1, which no controller sends" },
		{ says_what_is_unknown, -EPROTO, "operation 10, which no controller sends" },
		{ only_broadcasts, -ETIMEDOUT, "not acknowledged START" },
	};
	struct fake *fake = *state;
	unsigned int i;

	for (i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		fake->serve = wrong[i].serve;
		fake->opt.timeout_ms =
			wrong[i].ret == -ETIMEDOUT ? SHORT_MS : -1;
		lost(fake, fake_open(fake), wrong[i].ret, wrong[i].text);
		tt_client_close(fake->client);
		close(fake->fd);
		close(fake->listener);
		unlink("s");
	}
	fake->client = NULL;
	fake->fd = fake->listener = -1;
}

static void in_pieces(struct fake *fake)
{
	struct um_timetravel_msg msg = { .op = ACK, .time = SLOT };
	struct um_timetravel_msg start;
	size_t i;

	recv(fake->fd, &start, sizeof(start), MSG_WAITALL);
	msg.seq = start.seq;
	for (i = 0; i < sizeof(msg); i++) {
		send(fake->fd, (char *)&msg + i, 1, MSG_NOSIGNAL);
		usleep(1000);
	}
}

static void a_message_may_come_in_pieces(void **state)
{
	struct fake *fake = *state;

	fake->serve = in_pieces;
	fake = by_messages(state);
	assert_int_equal(tt_client_slot(fake->client), SLOT);
}

static void broadcast(struct tt_client *client, uint64_t value, void *data)
{
	note(data, "%llu in slot %u;", (unsigned long long)value,
	     tt_client_slot(client));
}

static void broadcasts_first(struct fake *fake)
{
	struct um_timetravel_msg start;

	recv(fake->fd, &start, sizeof(start), MSG_WAITALL);
	say(fake, BROADCAST, 5);
	say(fake, BROADCAST, 6);
	say_seq(fake, ACK, start.seq, SLOT);
}

static void a_broadcast_before_it_was_started_comes_afterwards(void **state)
{
	struct fake *fake = *state;

	fake->opt.broadcast = broadcast;
	fake->serve = broadcasts_first;
	fake = by_messages(state);
	noted(fake, "5 in slot 3;6 in slot 3;");
	said_ack(fake);
	said_ack(fake);
	said_nothing(fake);
}

static void closing_nothing_is_nothing(void **state)
{
	(void)state;
	tt_client_close(NULL);
	assert_string_equal(tt_client_error(NULL), "no memory for a client");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_FAKE(wrong_options_are_named),
		WITH_FAKE(options_of_a_newer_library_may_be_left_out),
		WITH_FAKE(a_failed_client_does_nothing_more),
		WITH_FAKE(a_controller_that_does_not_come_is_given_up),
		WITH_FAKE(a_socket_of_another_type_is_no_controller),
		WITH_FAKE(a_controller_that_starts_late_is_waited_for),
		WITH_FAKE(a_controller_that_does_not_accept_is_given_up),
		WITH_FAKE(it_runs_at_0_in_the_slot_it_was_given),
		WITH_FAKE(a_client_need_not_have_a_name),
		WITH_FAKE(a_wrong_ack_to_start_is_named),
		WITH_FAKE(a_message_may_come_in_pieces),
		WITH_FAKE(a_broadcast_before_it_was_started_comes_afterwards),
		cmocka_unit_test(closing_nothing_is_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
