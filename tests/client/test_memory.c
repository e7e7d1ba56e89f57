// SPDX-License-Identifier: GPL-2.0
/*
 * A client that uses the shared memory.
 */
#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "fake.h"
#include "schedshm.h"

#define REQ_RUN UM_TIMETRAVEL_SCHEDSHM_FLAGS_REQ_RUN
#define SHARES UM_TIMETRAVEL_SCHEDSHM_CAP_TIME_SHARE
/* what its own slot says */
#define OURS (SHARES | SCHEDSHM_CAP_STOPPABLE)
#define NO_INTERRUPT SCHEDSHM_CAP_NO_INTERRUPT

/* controller time at which the client's clock is 0 */
#define BEGAN 5000

/* controller time at @local */
#define AT(local) (BEGAN + (local))

/* slot of another client */
#define OTHER 5

/* tell the client to run */
static void run(struct fake *fake, uint64_t until, uint64_t time)
{
	fake->mem->current_time = time;
	fake->mem->free_until = until;
	fake->mem->running_id = SLOT;
	say_seq(fake, RUN, 0, time);
}

static void memory_that_does_not_fit_is_not_used(void **state)
{
	static const struct {
		const char *text;
		uint32_t version, len;
		uint16_t slots, slot;
	} wrong[] = {
		{ "its version is 1, not 2", 1, MEMORY_SIZE, SLOTS, SLOT },
		{ "its version is 3, not 2", 3, MEMORY_SIZE, SLOTS, SLOT },
		{ "its len is 5121, but its file has 5120 bytes",
		  2, MEMORY_SIZE + 1, SLOTS, SLOT },
		{ "its len is 4294967295, but its file", 2, UINT32_MAX, SLOTS, SLOT },
		{ "its len, 5119, is too short for max_clients, 8",
		  2, MEMORY_SIZE - 1, SLOTS, SLOT },
		{ "its len, 0, is too short", 2, 0, 0, 0 },
		{ "its len, 5120, is too short for max_clients, 65535",
		  2, MEMORY_SIZE, 65535, SLOT },
		{ "this client's slot is 0, max_clients is 8", 2, MEMORY_SIZE, SLOTS, 0 },
		{ "this client's slot is 8, max_clients is 8", 2, MEMORY_SIZE, SLOTS, 8 },
		{ "this client's slot is 65535, max_clients is 8",
		  2, MEMORY_SIZE, SLOTS, 65535 },
	};
	struct fake *fake = *state;
	unsigned int i;

	fake_offer_memory(fake, 0);
	for (i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		fake->mem->version = wrong[i].version;
		fake->mem->len = wrong[i].len;
		fake->mem->max_clients = wrong[i].slots;
		fake->ack.time = wrong[i].slot;
		fails(fake_open(fake), fake->client, 0, "no shared memory: ");
		fails(0, fake->client, 0, wrong[i].text);
		assert_false(tt_client_uses_memory(fake->client));
		assert_int_equal(fake_slot(fake)->capa, 0);
		/* the client works by messages */
		shows(fake, 0);
		acknowledge(fake, 0);
		say(fake, RUN, 7);
		ok(tt_client_wait(fake->client));
		shows(fake, 7);
		tt_client_close(fake->client);
		close(fake->fd);
		close(fake->listener);
		unlink("s");
	}
	fake->client = NULL;
	fake->fd = fake->listener = -1;
}

/* open the client with @fd as the memory: it is not used because of @text */
static void no_memory(struct fake *fake, int fd, const char *text)
{
	fake->fds[UM_TIMETRAVEL_SHARED_MEMFD] = fd;
	fails(fake_open(fake), fake->client, 0, text);
	assert_false(tt_client_uses_memory(fake->client));
	close(fd);
}

static void a_memory_without_room_for_a_header_is_not_used(void **state)
{
	struct fake *fake = *state;

	fake_offer_memory(fake, 0);
	assert_int_equal(ftruncate(fake->memfd, 4095), 0);
	no_memory(fake, dup(fake->memfd), "4095 bytes do not hold its header");
}

static void a_memory_whose_time_is_never_is_not_used(void **state)
{
	struct fake *fake = *state;

	fake_offer_memory(fake, TT_NEVER);
	no_memory(fake, dup(fake->memfd),
		  "its current_time is 9223372036854775807, which is never");
}

static void a_memory_that_cannot_be_written_is_not_used(void **state)
{
	struct fake *fake = *state;
	char path[32];

	fake_offer_memory(fake, 0);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fake->memfd);
	no_memory(fake, open(path, O_RDONLY | O_CLOEXEC),
		  "no shared memory: mmap: Permission denied");
}

static void a_memory_that_cannot_be_mapped_is_not_used(void **state)
{
	struct fake *fake = *state;

	fake_offer_memory(fake, 0);
	no_memory(fake, open(".", O_RDONLY | O_CLOEXEC), "no shared memory: ");
}

static void one_descriptor_is_no_memory(void **state)
{
	struct fake *fake = *state;

	fake_offer_memory(fake, 0);
	fake->nfds = 1;
	fails(fake_open(fake), fake->client, 0,
	      "no shared memory: 1 descriptors came with START's ACK, expected 2");
	assert_false(tt_client_uses_memory(fake->client));
}

static void three_descriptors_are_no_memory(void **state)
{
	struct fake *fake = *state;

	fake_offer_memory(fake, 0);
	fake->fds[2] = fake->memfd;
	fake->nfds = 3;
	fails(fake_open(fake), fake->client, 0,
	      "no shared memory: 3 descriptors came with START's ACK, expected 2");
	assert_false(tt_client_uses_memory(fake->client));
}

static void a_client_may_decline_the_memory(void **state)
{
	struct fake *fake = *state;

	fake->opt.flags = TT_CLIENT_NO_MEMORY;
	fake_offer_memory(fake, BEGAN);
	ok(fake_open(fake));
	assert_false(tt_client_uses_memory(fake->client));
	assert_int_equal(fake_slot(fake)->capa, 0);
	assert_int_equal(tt_client_log_fd(fake->client), -1);
	assert_string_equal(tt_client_error(fake->client), "");
}

static void with_other_messages(struct fake *fake)
{
	struct um_timetravel_msg start;

	recv(fake->fd, &start, sizeof(start), MSG_WAITALL);
	send_with_fds(fake, &(struct um_timetravel_msg) {
		.op = BROADCAST, .seq = ++fake->seq,
	}, sizeof(start));
	say_seq(fake, ACK, start.seq, SLOT);
}

static void descriptors_of_other_messages_are_not_the_memory(void **state)
{
	struct fake *fake = *state;

	fake_offer_memory(fake, 0);
	fake->serve = with_other_messages;
	ok(fake_open(fake));
	assert_false(tt_client_uses_memory(fake->client));
	assert_int_equal(fake_slot(fake)->capa, 0);
}

static void its_slot_says_that_it_shares_time_before_its_next_message(void **state)
{
	struct fake *fake = with_memory(state, BEGAN);

	assert_int_equal(fake_slot(fake)->capa, OURS);
	said_nothing(fake);
	shows(fake, 0);
}

static void the_log_descriptor_can_be_written(void **state)
{
	struct fake *fake = *state;
	char text[4] = {};
	int fd;

	fake_offer_memory(fake, 0);
	fd = memfd_create("log", MFD_CLOEXEC);
	fake->fds[UM_TIMETRAVEL_SHARED_LOGFD] = fd;
	ok(fake_open(fake));
	assert_int_equal(write(tt_client_log_fd(fake->client), "hi\n", 3), 3);
	assert_int_equal(pread(fd, text, 3, 0), 3);
	assert_string_equal(text, "hi\n");
	assert_int_equal(fcntl(tt_client_log_fd(fake->client), F_GETFD),
			 FD_CLOEXEC);
	close(fd);
}

static void a_wake_up_takes_one_message_each_way(void **state)
{
	struct fake *fake = with_memory(state, BEGAN);

	ok(tt_client_request(fake->client, 50));
	assert_int_equal(fake_slot(fake)->flags, 0);
	run(fake, AT(50), AT(50));
	ok(tt_client_wait(fake->client));
	said(fake, WAIT, 0);
	said_nothing(fake);
	shows(fake, 50);
	assert_int_equal(fake_slot(fake)->req_time, AT(50));
	/* RUN has used up the request */
	assert_int_equal(fake_slot(fake)->flags, 0);
}

static void a_request_is_in_the_memory_while_it_waits(void **state)
{
	struct fake *fake = with_memory(state, BEGAN);

	fake->mem->free_until = AT(80);
	ok(tt_client_request(fake->client, 50));
	fall_silent(fake);
	lost(fake, tt_client_wait(fake->client), -EPIPE, "has gone");
	assert_int_equal(fake_slot(fake)->req_time, AT(50));
	assert_int_equal(fake_slot(fake)->flags, REQ_RUN);
	assert_int_equal(fake->mem->free_until, AT(50));
}

static void it_never_raises_free_until(void **state)
{
	struct fake *fake = with_memory(state, BEGAN);

	fake->mem->free_until = AT(30);
	ok(tt_client_request(fake->client, 50));
	fall_silent(fake);
	assert_int_equal(tt_client_wait(fake->client), -EPIPE);
	assert_int_equal(fake->mem->free_until, AT(30));
}

static void a_request_does_not_overflow(void **state)
{
	struct fake *fake = with_memory(state, BEGAN);

	ok(tt_client_request(fake->client, TT_NEVER - 1));
	fall_silent(fake);
	assert_int_equal(tt_client_wait(fake->client), -EPIPE);
	assert_int_equal(fake_slot(fake)->req_time, TT_NEVER);
}

static void other_flags_and_capabilities_are_kept(void **state)
{
	struct fake *fake = *state;

	fake_offer_memory(fake, 0);
	fake_slot(fake)->capa = 0x10;
	fake_slot(fake)->flags = 0x20;
	ok(fake_open(fake));
	assert_int_equal(fake_slot(fake)->capa, OURS | 0x10);
	ok(tt_client_request(fake->client, 50));
	run(fake, 50, 50);
	ok(tt_client_wait(fake->client));
	assert_int_equal(fake_slot(fake)->flags, 0x20);
}

static void time_is_published_as_it_passes(void **state)
{
	struct fake *fake = with_memory(state, BEGAN);

	fake->mem->free_until = AT(1000);
	ok(tt_client_run_until(fake->client, 999));
	assert_int_equal(fake->mem->current_time, AT(999));
	shows(fake, 999);
	ok(tt_client_update(fake->client));
	said_nothing(fake);
}

static void in_memory_it_has_to_ask_at_free_until(void **state)
{
	struct fake *fake = with_memory(state, BEGAN);

	fake->mem->free_until = AT(1000);
	say_seq(fake, RUN, 0, AT(1000));
	ok(tt_client_run_until(fake->client, 1000));
	said(fake, WAIT, 0);
	said_nothing(fake);
	assert_int_equal(fake->mem->current_time, AT(1000));

	fake->mem->free_until = AT(2000);
	ok(tt_client_run_until(fake->client, 1001));
	/* another client lowers it */
	fake->mem->free_until = AT(1002);
	say_seq(fake, RUN, 0, AT(1002));
	ok(tt_client_run_until(fake->client, 1002));
	said(fake, WAIT, 0);
	assert_int_equal(fake_slot(fake)->req_time, AT(1002));
}

static void it_takes_a_free_until_that_it_has_passed_already(void **state)
{
	struct fake *fake = with_memory(state, BEGAN);

	fake->mem->free_until = AT(2000);
	ok(tt_client_run_until(fake->client, 1001));
	/* a newcomer wants to start as soon as that is possible */
	fake->mem->free_until = AT(500);
	ok(tt_client_update(fake->client));
	assert_int_equal(fake->mem->current_time, AT(1001));
	say_seq(fake, RUN, 0, AT(1002));
	ok(tt_client_run_until(fake->client, 1002));
	said(fake, WAIT, 0);
	assert_int_equal(fake_slot(fake)->req_time, AT(1002));
}

static void free_until_before_its_beginning_is_not_forever(void **state)
{
	struct fake *fake = with_memory(state, BEGAN);

	fake->mem->free_until = 10;
	fall_silent(fake);
	assert_int_equal(tt_client_run_until(fake->client, 1), -EPIPE);
	said(fake, WAIT, 0);
}

static void a_request_for_the_end_of_time_is_none(void **state)
{
	struct fake *fake = with_memory(state, BEGAN);

	fake->mem->free_until = UINT64_MAX;
	fall_silent(fake);
	assert_int_equal(tt_client_run_until(fake->client, UINT64_MAX), -EPIPE);
	said(fake, WAIT, 0);
	assert_int_equal(fake_slot(fake)->flags, 0);
}

static void if_another_runs_its_time_is_left_alone(void **state)
{
	struct fake *fake = with_memory(state, BEGAN);

	fake->mem->running_id = OTHER;
	fake->mem->free_until = AT(1000);
	ok(tt_client_run_until(fake->client, 100));
	shows(fake, 100);
	assert_int_equal(fake->mem->current_time, BEGAN);
	fails(tt_client_update(fake->client), fake->client, -EPERM,
	      "only a client that runs can update the time, and slot 3 does not");
}

static void run_is_at_controller_time(void **state)
{
	struct fake *fake = with_memory(state, 1ULL << 40);

	run(fake, UINT64_MAX, (1ULL << 40) + 77);
	ok(tt_client_run_until(fake->client, 77));
	shows(fake, 77);
}

static void run_before_its_beginning_is_against_the_protocol(void **state)
{
	struct fake *fake = with_memory(state, BEGAN);

	say_seq(fake, RUN, 0, BEGAN - 1);
	lost(fake, tt_client_wait(fake->client), -EPROTO,
	     "RUN at 4999, but this client's clock shows 5000");
}

static void free_until_by_message_is_acknowledged_and_ignored(void **state)
{
	struct fake *fake = with_memory(state, BEGAN);

	say(fake, FREE_UNTIL, AT(1000));
	ok(tt_client_dispatch(fake->client));
	said_ack(fake);
	fall_silent(fake);
	assert_int_equal(tt_client_run_until(fake->client, 1), -EPIPE);
}

static void in_memory_wait_is_not_acknowledged(void **state)
{
	struct fake *fake = with_memory(state, BEGAN);

	acknowledge(fake, 0);
	lost(fake, tt_client_wait(fake->client), -EPROTO,
	     "ACK of message 2, expected none");
}

/* the client of slot @value runs */
static void another_runs(struct tt_client *client, uint64_t value, void *data)
{
	struct fake *fake = data;
	uint64_t now = 0;

	fake->mem->running_id = value;
	fake->mem->current_time = AT(10 + value);
	fake->mem->free_until = AT(300);
	ok(tt_client_now(client, &now));
	note(fake, "%llu;", (unsigned long long)now);
	ok(tt_client_request(client, 100 + value));
}

/* a client that waits and is poked by the running one, in slot @running */
static struct fake *poked_by(void **state, uint16_t running, uint32_t capa)
{
	struct fake *fake = *state;

	fake->opt.broadcast = another_runs;
	with_memory(state, BEGAN);
	fake->mem->clients[running].capa = capa;
	say(fake, BROADCAST, running);
	return fake;
}

static void a_request_while_another_runs_is_seen_by_it(void **state)
{
	struct fake *fake = poked_by(state, OTHER, SHARES);

	fall_silent(fake);
	assert_int_equal(tt_client_wait(fake->client), -EPIPE);
	noted(fake, "15;");
	said(fake, WAIT, 0);
	said_ack(fake);
	assert_int_equal(fake_slot(fake)->req_time, AT(105));
	assert_int_equal(fake_slot(fake)->flags, REQ_RUN);
	assert_int_equal(fake->mem->free_until, AT(105));
	assert_int_equal(fake->mem->current_time, AT(15));
}

static void a_request_goes_by_message_if_the_runner_does_not_look(void **state)
{
	struct fake *fake = poked_by(state, OTHER, ~SHARES);

	fake->asked++;
	acknowledge(fake, 0);
	run(fake, AT(105), AT(105));
	ok(tt_client_wait(fake->client));
	noted(fake, "15;");
	said(fake, WAIT, 0);
	said(fake, REQUEST, AT(105));
	said_ack(fake);
	said_nothing(fake);
	assert_int_equal(fake_slot(fake)->req_time, 0);
	shows(fake, 105);
}

static void a_running_id_out_of_range_is_nobody(void **state)
{
	struct fake *fake = *state;

	/* a slot behind the last one is not looked at */
	fake->opt.broadcast = another_runs;
	fake_offer_memory(fake, BEGAN);
	fake->mem->max_clients = SLOTS - 1;
	fake->mem->clients[SLOTS - 1].capa = SHARES;
	ok(fake_open(fake));
	say(fake, BROADCAST, SLOTS - 1);
	fake->asked++;
	acknowledge(fake, 0);
	run(fake, AT(107), AT(107));
	ok(tt_client_wait(fake->client));
	said(fake, WAIT, 0);
	said(fake, REQUEST, AT(107));
	said_ack(fake);
	said_nothing(fake);
}

static void the_controller_is_slot_0_and_looks_if_it_says_so(void **state)
{
	struct fake *fake = poked_by(state, 0, SHARES);

	run(fake, AT(100), AT(100));
	ok(tt_client_wait(fake->client));
	noted(fake, "10;");
	said(fake, WAIT, 0);
	said_ack(fake);
	said_nothing(fake);
	assert_int_equal(fake_slot(fake)->req_time, AT(100));
}

static void take_back(struct tt_client *client, uint64_t value, void *data)
{
	note(data, "%llu;", (unsigned long long)value);
	ok(tt_client_request(client, TT_NEVER));
}

static void a_request_may_be_taken_back(void **state)
{
	struct fake *fake = *state;

	fake->opt.broadcast = take_back;
	with_memory(state, BEGAN);
	say(fake, BROADCAST, 1);
	fall_silent(fake);
	assert_int_equal(tt_client_run_until(fake->client, 100), -EPIPE);
	noted(fake, "1;");
	assert_int_equal(fake_slot(fake)->req_time, TT_NEVER);
}

static int nothing_read(struct tt_client *client, int fd, void *data)
{
	(void)client;
	(void)fd;
	(void)data;
	return 0;
}

static void without_callbacks_it_says_that_it_cannot_be_interrupted(void **state)
{
	struct fake *fake = *state;
	int ends[2];

	assert_int_equal(pipe(ends), 0);
	fake->opt.interrupted = nothing_read;
	with_memory(state, BEGAN);
	assert_int_equal(fake_slot(fake)->capa, OURS);
	run(fake, AT(50), AT(50));
	ok(tt_client_run_until(fake->client, 50));
	assert_int_equal(fake_slot(fake)->capa, OURS | NO_INTERRUPT);
	/* with a watch it can be interrupted, from the next wait on */
	ok(tt_client_watch(fake->client, ends[0]));
	run(fake, AT(60), AT(60));
	ok(tt_client_run_until(fake->client, 60));
	assert_int_equal(fake_slot(fake)->capa, OURS);
	ok(tt_client_unwatch(fake->client, ends[0]));
	run(fake, AT(70), AT(70));
	ok(tt_client_run_until(fake->client, 70));
	run(fake, AT(80), AT(80));
	ok(tt_client_run_until(fake->client, 80));
	assert_int_equal(fake_slot(fake)->capa, OURS | NO_INTERRUPT);
	close(ends[0]);
	close(ends[1]);
}

static void with_a_broadcast_callback_it_can_be_interrupted(void **state)
{
	struct fake *fake = *state;

	fake->opt.broadcast = take_back;
	with_memory(state, BEGAN);
	run(fake, AT(50), AT(50));
	ok(tt_client_run_until(fake->client, 50));
	assert_int_equal(fake_slot(fake)->capa, OURS);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_FAKE(memory_that_does_not_fit_is_not_used),
		WITH_FAKE(a_memory_without_room_for_a_header_is_not_used),
		WITH_FAKE(a_memory_whose_time_is_never_is_not_used),
		WITH_FAKE(a_memory_that_cannot_be_written_is_not_used),
		WITH_FAKE(a_memory_that_cannot_be_mapped_is_not_used),
		WITH_FAKE(one_descriptor_is_no_memory),
		WITH_FAKE(three_descriptors_are_no_memory),
		WITH_FAKE(a_client_may_decline_the_memory),
		WITH_FAKE(descriptors_of_other_messages_are_not_the_memory),
		WITH_FAKE(its_slot_says_that_it_shares_time_before_its_next_message),
		WITH_FAKE(the_log_descriptor_can_be_written),
		WITH_FAKE(a_wake_up_takes_one_message_each_way),
		WITH_FAKE(a_request_is_in_the_memory_while_it_waits),
		WITH_FAKE(it_never_raises_free_until),
		WITH_FAKE(a_request_does_not_overflow),
		WITH_FAKE(other_flags_and_capabilities_are_kept),
		WITH_FAKE(time_is_published_as_it_passes),
		WITH_FAKE(in_memory_it_has_to_ask_at_free_until),
		WITH_FAKE(it_takes_a_free_until_that_it_has_passed_already),
		WITH_FAKE(free_until_before_its_beginning_is_not_forever),
		WITH_FAKE(a_request_for_the_end_of_time_is_none),
		WITH_FAKE(if_another_runs_its_time_is_left_alone),
		WITH_FAKE(run_is_at_controller_time),
		WITH_FAKE(run_before_its_beginning_is_against_the_protocol),
		WITH_FAKE(free_until_by_message_is_acknowledged_and_ignored),
		WITH_FAKE(in_memory_wait_is_not_acknowledged),
		WITH_FAKE(a_request_while_another_runs_is_seen_by_it),
		WITH_FAKE(a_request_goes_by_message_if_the_runner_does_not_look),
		WITH_FAKE(a_running_id_out_of_range_is_nobody),
		WITH_FAKE(the_controller_is_slot_0_and_looks_if_it_says_so),
		WITH_FAKE(a_request_may_be_taken_back),
		WITH_FAKE(without_callbacks_it_says_that_it_cannot_be_interrupted),
		WITH_FAKE(with_a_broadcast_callback_it_can_be_interrupted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
