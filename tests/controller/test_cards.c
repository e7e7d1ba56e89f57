// SPDX-License-Identifier: GPL-2.0
/*
 * Machines with network cards: a frame is an event of its receiver.
 *
 * Each machine is a client and a driver. All of them are this process, so a card
 * that is plugged in belongs to the client that runs.
 */
#include <stdio.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <json-c/json.h>

#include "driver.h"
#include "harness.h"
#include "report.h"
#include "simtime.h"

#define MS 1000000ULL
#define RX 0
#define TX 1
#define HEADER sizeof(struct virtio_net_hdr_v1)

static struct sim *sim;
static struct driver driver[3];
static struct peer *machine[3];
static char dir[] = "/tmp/tt-net-XXXXXX";
static char path[sizeof(dir) + 8];

/* simulations that differ in this */
static const char *words = ",delay=5ms";

static int setup(void **state)
{
	memcpy(dir + sizeof(dir) - 7, "XXXXXX", 6);
	assert_non_null(mkdtemp(dir));
	snprintf(path, sizeof(path), "%s/lan", dir);
	memset(driver, 0, sizeof(driver));
	memset(machine, 0, sizeof(machine));
	words = ",delay=5ms";
	sim_setup(state);
	sim = *state;
	return 0;
}

static int teardown(void **state)
{
	int i;

	for (i = 0; i < 3; i++)
		if (driver[i].mem)
			driver_close(&driver[i]);
	sim_teardown(state);
	unlink(path);
	assert_int_equal(rmdir(dir), 0);
	return 0;
}

static void serve(struct driver *d, bool answer)
{
	(void)d;
	(void)answer;
	sim_settle(sim);
}

static void begin(void)
{
	char arg[128];
	struct fault fault;

	snprintf(arg, sizeof(arg), "lan=%s%s", path, words);
	assert_int_equal(net_config_add(&sim->opt.net, arg, &fault), 0);
	sim->opt.clients = 2;
	sim_begin(sim);
	assert_int_equal(net_open(&sim->ctl.net, sim->opt.start_time), 0);
}

static int plug(void)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	strcpy(addr.sun_path, path);
	assert_int_equal(connect(fd, (struct sockaddr *)&addr, sizeof(addr)),
			 0);
	return fd;
}

/* room for a frame of 100 bytes in each of 8 buffers */
static void add_room(struct driver *d)
{
	struct driver_buffer buffer = { BUFFERS, 200, VRING_DESC_F_WRITE };
	int i;

	for (i = 0; i < RING_SIZE; i++, buffer.addr += 0x1000)
		driver_add(d, RX, &buffer, 1);
}

/* the machine that runs plugs in a card */
static void add_card(int i)
{
	driver_init(&driver[i], plug(), serve);
	driver_start(&driver[i], EVENT_IDX | MRG_RXBUF);
	/* it does not want to know what was sent */
	driver[i].queue[TX].avail->ring[RING_SIZE] = 30000;
	add_room(&driver[i]);
}

/* both machines have a card, have done nothing else, and wait */
static void two_machines(bool first_memory, bool second_memory)
{
	begin();
	if (!first_memory || !second_memory) {
		sim->opt.no_shm_for = calloc(2, sizeof(uint64_t));
		if (!first_memory)
			sim->opt.no_shm_for[sim->opt.no_shm_count++] = 1;
		if (!second_memory)
			sim->opt.no_shm_for[sim->opt.no_shm_count++] = 2;
	}
	machine[0] = peer_join(sim, 1);
	machine[1] = peer_join(sim, 2);
	if (first_memory)
		is_started_with_memory(machine[0]);
	else
		is_started(machine[0]);
	add_card(0);
	if (first_memory)
		memory_wait_for(sim, machine[0], 0, MS);
	else
		wait_for(sim, machine[0], MS);
	if (second_memory)
		is_started_with_memory(machine[1]);
	else
		is_started(machine[1]);
	add_card(1);
	if (second_memory)
		memory_wait_for(sim, machine[1], 0, 100 * MS);
	else
		wait_for(sim, machine[1], 100 * MS);
}

static void send_frame(int from, const char *text)
{
	struct driver *d = &driver[from];
	const uint64_t addr = BUFFERS + 0x20000;
	const struct driver_buffer buffer = {
		addr, HEADER + 12 + strlen(text), 0,
	};
	char *data = driver_at(d, addr);

	memset(data, 0, HEADER);
	memset(data + HEADER, 0xff, 6);
	memcpy(data + HEADER + 6, "\2sendr", 6);
	memcpy(data + HEADER + 12, text, strlen(text));
	driver_add(d, TX, &buffer, 1);
	driver_kick(d, TX);
}

/* the frame that has come as number @nr */
static void has_received(int to, unsigned int nr, const char *text)
{
	const char *data = driver_at(&driver[to], BUFFERS + nr * 0x1000);

	assert_memory_equal(data + HEADER + 12, text, strlen(text));
}

static void is_called(int i)
{
	bool reply;

	assert_int_equal(driver_called(&driver[i], &reply), RX);
	assert_true(reply);
	assert_int_equal(driver_called(&driver[i], NULL), -1);
}

static void is_not_called(int i)
{
	assert_int_equal(driver_called(&driver[i], NULL), -1);
}

static void a_frame_is_an_event_of_its_receiver(void **state)
{
	(void)state;
	two_machines(true, true);
	gets_msg(sim, machine[0], RUN, MS);
	machine[0]->mem->current_time = MS + 7;
	send_frame(0, "a frame that is sent");
	assert_int_equal(driver[0].status, 0);
	gets_nothing(machine[1]);

	memory_wait_for(sim, machine[0], MS + 7, 50 * MS);
	assert_int_equal(machine[1]->mem->current_time, 6 * MS + 7);
	assert_int_equal(machine[1]->mem->running_id, 0);
	has_received(1, 0, "a frame that is sent");
	is_called(1);
	/* nobody runs before it has noticed */
	gets_nothing(machine[0]);
	gets_nothing(machine[1]);
	peer_want(machine[1], 6 * MS + 7);
	driver_answer(&driver[1], 0);
	gets_msg(sim, machine[1], RUN, 6 * MS + 7);
	assert_int_equal(machine[1]->mem->free_until, 50 * MS);
}

static void by_messages_the_receiver_asks_what_time_it_is(void **state)
{
	(void)state;
	two_machines(false, false);
	gets_msg(sim, machine[0], RUN, MS);
	ask(sim, machine[0], UPDATE, MS, 0);
	send_frame(0, "a frame that is sent");
	wait_for(sim, machine[0], 50 * MS);
	is_called(1);
	ask(sim, machine[1], GET, 0, 6 * MS);
	ask(sim, machine[1], REQUEST, 6 * MS, 0);
	gets_nothing(machine[1]);
	driver_answer(&driver[1], 0);
	gets_msg(sim, machine[1], RUN, 6 * MS);
}

static void a_sender_stops_before_its_frame_can_have_an_effect(void **state)
{
	(void)state;
	two_machines(true, true);
	gets_msg(sim, machine[0], RUN, MS);
	assert_int_equal(machine[0]->mem->free_until, 100 * MS);
	machine[0]->mem->current_time = 2 * MS;
	send_frame(0, "the first of two");
	assert_int_equal(machine[0]->mem->free_until, 7 * MS);
	machine[0]->mem->current_time = 3 * MS;
	send_frame(0, "the second of two");
	assert_int_equal(machine[0]->mem->free_until, 7 * MS);
	memory_wait_for(sim, machine[0], 7 * MS, 7 * MS + 1);
	assert_int_equal(machine[0]->mem->current_time, 7 * MS);
	is_called(1);
	/* a driver that has seen it already asks for nothing */
	driver_answer(&driver[1], 0);
	gets_msg(sim, machine[0], RUN, 7 * MS + 1);
	assert_int_equal(machine[0]->mem->free_until, 8 * MS);
}

static void by_messages_it_is_told_when_it_has_to_stop(void **state)
{
	(void)state;
	words = ",delay=500us";
	two_machines(false, true);
	gets_msg(sim, machine[0], RUN, MS);
	wait_for(sim, machine[0], MS + 1);
	/* twice in a row, so it gets to know how far it may go */
	gets_msg(sim, machine[0], FREE_UNTIL, BLIND(MS + 1));
	gets_msg(sim, machine[0], RUN, MS + 1);
	send_frame(0, "a frame that is sent");
	assert_int_equal(driver[0].status, 0);
	gets_msg(sim, machine[0], FREE_UNTIL, MS + 1 + 500000);
}

static void frames_that_arrive_at_one_instant_are_one_call(void **state)
{
	(void)state;
	two_machines(true, true);
	gets_msg(sim, machine[0], RUN, MS);
	machine[0]->mem->current_time = 2 * MS;
	send_frame(0, "the first of two");
	send_frame(0, "the second of two");
	memory_wait_for(sim, machine[0], 2 * MS, NEVER);
	has_received(1, 0, "the first of two");
	has_received(1, 1, "the second of two");
	is_called(1);
	assert_int_equal(driver_used(&driver[1], RX, NULL), 2);
	peer_want(machine[1], 7 * MS);
	driver_answer(&driver[1], 0);
	gets_msg(sim, machine[1], RUN, 7 * MS);
	is_not_called(1);
}

static void a_frame_comes_before_the_receivers_own_request_at_that_time(
	void **state)
{
	(void)state;
	two_machines(true, true);
	gets_msg(sim, machine[0], RUN, MS);
	machine[0]->mem->current_time = 95 * MS;
	send_frame(0, "just in time, that is");
	memory_wait_for(sim, machine[0], 95 * MS, NEVER);
	is_called(1);
	gets_nothing(machine[1]);
	driver_answer(&driver[1], 0);
	gets_msg(sim, machine[1], RUN, 100 * MS);
}

static void a_request_before_the_frame_arrives_goes_first(void **state)
{
	(void)state;
	two_machines(true, true);
	gets_msg(sim, machine[0], RUN, MS);
	machine[0]->mem->current_time = 95 * MS + 1;
	send_frame(0, "a bit late, that is");
	memory_wait_for(sim, machine[0], 95 * MS + 1, NEVER);
	is_not_called(1);
	gets_msg(sim, machine[1], RUN, 100 * MS);
	/* and it has to stop for what is on its way to itself */
	assert_int_equal(machine[1]->mem->free_until, 100 * MS + 1);
	memory_wait_for(sim, machine[1], 100 * MS, 200 * MS);
	is_called(1);
	assert_int_equal(machine[1]->mem->current_time, 100 * MS + 1);
}

static void a_driver_that_is_not_called_is_not_waited_for(void **state)
{
	(void)state;
	two_machines(true, true);
	gets_msg(sim, machine[0], RUN, MS);
	driver[1].queue[RX].avail->ring[RING_SIZE] = 30000;
	machine[0]->mem->current_time = 2 * MS;
	send_frame(0, "nobody waits for it");
	memory_wait_for(sim, machine[0], 2 * MS, 50 * MS);
	is_not_called(1);
	assert_int_equal(driver_used(&driver[1], RX, NULL), 1);
	gets_msg(sim, machine[0], RUN, 50 * MS);
}

static void without_delay_a_frame_arrives_after_all_that_happens_then(
	void **state)
{
	(void)state;
	words = "";
	two_machines(true, true);
	gets_msg(sim, machine[0], RUN, MS);
	machine[0]->mem->current_time = 100 * MS;
	send_frame(0, "at the same time");
	assert_int_equal(machine[0]->mem->free_until, 100 * MS);
	memory_wait_for(sim, machine[0], 100 * MS, 200 * MS);
	is_not_called(1);
	gets_msg(sim, machine[1], RUN, 100 * MS);
	memory_wait_for(sim, machine[1], 100 * MS, 200 * MS);
	is_called(1);
	assert_int_equal(machine[1]->mem->current_time, 100 * MS);
}

static void machines_that_wait_for_frames_are_no_deadlock(void **state)
{
	(void)state;
	two_machines(true, true);
	gets_msg(sim, machine[0], RUN, MS);
	memory_wait_for(sim, machine[0], MS, NEVER);
	gets_msg(sim, machine[1], RUN, 100 * MS);
	send_frame(1, "the only event there is");
	memory_wait_for(sim, machine[1], 100 * MS, NEVER);
	assert_int_equal(sim->verdict, VERDICT_NONE);
	is_called(0);
	peer_want(machine[0], 105 * MS);
	driver_answer(&driver[0], 0);
	gets_msg(sim, machine[0], RUN, 105 * MS);
	/* but without a frame it is one */
	memory_wait_for(sim, machine[0], 105 * MS, NEVER);
	assert_int_equal(sim->verdict, VERDICT_DEADLOCK);
}

static void a_machine_that_goes_while_it_is_called_holds_up_nobody(
	void **state)
{
	(void)state;
	two_machines(true, true);
	gets_msg(sim, machine[0], RUN, MS);
	machine[0]->mem->current_time = 2 * MS;
	send_frame(0, "the last that it hears");
	memory_wait_for(sim, machine[0], 2 * MS, 50 * MS);
	is_called(1);
	peer_close(machine[1]);
	sim_settle(sim);
	gets_msg(sim, machine[0], RUN, 50 * MS);
	assert_string_equal(sim_log(sim), "");
}

/* machine 2 is called, and does not answer; the test says what time it is */
static void call_in_vain(void)
{
	two_machines(true, true);
	gets_msg(sim, machine[0], RUN, MS);
	machine[0]->mem->current_time = 2 * MS;
	send_frame(0, "nobody listens to this");
	sim_clock = NSEC_PER_SEC;
	memory_wait_for(sim, machine[0], 2 * MS, 50 * MS);
	gets_nothing(machine[0]);
}

static void host_time_passes(uint64_t ns)
{
	sim_clock += ns;
	sim_settle(sim);
}

static void has_lost_its_link(void)
{
	assert_string_equal(sim_log(sim), LOG_PREFIX
			    "lan: client 0x2 has lost its link: has not answered a call for 30 s\n");
	gets_msg(sim, machine[0], RUN, 50 * MS);
}

static void a_machine_that_does_not_answer_loses_its_link_in_the_end(
	void **state)
{
	int i;

	(void)state;
	call_in_vain();
	for (i = 0; i < 29; i++)
		host_time_passes(NSEC_PER_SEC);
	host_time_passes(NSEC_PER_SEC - 1);
	assert_string_equal(sim_log(sim), "");
	gets_nothing(machine[0]);
	host_time_passes(1);
	has_lost_its_link();
}

static void time_in_which_the_controller_was_stopped_costs_no_link(
	void **state)
{
	int i;

	(void)state;
	call_in_vain();
	host_time_passes(3600 * NSEC_PER_SEC);
	for (i = 0; i < 29; i++)
		host_time_passes(NSEC_PER_SEC);
	host_time_passes(3600 * NSEC_PER_SEC);
	assert_string_equal(sim_log(sim), "");
	gets_nothing(machine[0]);
	host_time_passes(NSEC_PER_SEC);
	has_lost_its_link();
}

static void a_machine_that_breaks_the_rules_loses_only_its_link(void **state)
{
	const struct driver_buffer buffer = { 0, 100, 0 };
	char reply[32];

	(void)state;
	two_machines(true, true);
	gets_msg(sim, machine[0], RUN, MS);
	driver_add(&driver[0], TX, &buffer, 1);
	driver_kick(&driver[0], TX);
	assert_int_equal(driver_receive(&driver[0], reply, sizeof(reply)), 0);
	assert_string_equal(sim_log(sim), LOG_PREFIX
			    "lan: client 0x1 has lost its link: descriptor 0 has 0x64 bytes at 0x0, which are not in its memory\n");
	/* both go on as if nothing had happened */
	memory_wait_for(sim, machine[0], MS, 200 * MS);
	gets_msg(sim, machine[1], RUN, 100 * MS);
	send_frame(1, "nobody is there any more");
	assert_int_equal(driver[1].status, 0);
	assert_string_equal(sim_log(sim), "");
}

static void a_machine_that_waits_must_not_send(void **state)
{
	(void)state;
	two_machines(true, true);
	gets_msg(sim, machine[0], RUN, MS);
	send_frame(1, "from nowhere in time");
	assert_string_equal(sim_log(sim), LOG_PREFIX
			    "lan: client 0x2 has lost its link: sends a frame though its machine does not run\n");
}

/* what the statistics say of a port */
static int64_t counted(struct json_object *networks, int port, const char *what)
{
	struct json_object *obj = json_object_array_get_idx(networks, 0);

	assert_true(json_object_object_get_ex(obj, "ports", &obj));
	obj = json_object_array_get_idx(obj, port);
	assert_true(json_object_object_get_ex(obj, what, &obj));
	return json_object_get_int64(obj);
}

static void what_passes_is_counted_where_it_passes(void **state)
{
	struct json_object *networks;

	(void)state;
	two_machines(true, true);
	gets_msg(sim, machine[0], RUN, MS);
	send_frame(0, "the first of two");
	send_frame(0, "the second of two, longer");
	memory_wait_for(sim, machine[0], MS, NEVER);
	driver_answer(&driver[1], 0);
	gets_msg(sim, machine[1], RUN, 100 * MS);
	/* one that is not final yet counts in the end as well */
	send_frame(1, "still on its way");
	net_finish(&sim->ctl.net);

	networks = net_report(&sim->ctl.net);
	assert_int_equal(json_object_array_length(networks), 1);
	assert_int_equal(counted(networks, 0, "client"), 1);
	assert_int_equal(counted(networks, 0, "sent"), 2);
	assert_int_equal(counted(networks, 0, "sent_bytes"), 28 + 37);
	assert_int_equal(counted(networks, 0, "received"), 0);
	assert_int_equal(counted(networks, 0, "kicks"), 2);
	assert_int_equal(counted(networks, 0, "calls"), 0);
	assert_int_equal(counted(networks, 1, "sent"), 1);
	assert_int_equal(counted(networks, 1, "received"), 2);
	assert_int_equal(counted(networks, 1, "received_bytes"), 28 + 37);
	assert_int_equal(counted(networks, 1, "calls"), 1);
	assert_int_equal(counted(networks, 1, "no_buffer"), 0);
	json_object_put(networks);
}

static void without_room_for_it_a_frame_is_counted_as_such(void **state)
{
	struct json_object *networks;

	(void)state;
	two_machines(true, true);
	gets_msg(sim, machine[0], RUN, MS);
	driver_vring(&driver[1], SET_VRING_ENABLE, RX, 0);
	send_frame(0, "nobody has a buffer");
	memory_wait_for(sim, machine[0], MS, NEVER);
	gets_msg(sim, machine[1], RUN, 100 * MS);
	networks = net_report(&sim->ctl.net);
	assert_int_equal(counted(networks, 1, "no_buffer"), 1);
	assert_int_equal(counted(networks, 1, "received"), 0);
	json_object_put(networks);
}

static void a_process_that_is_no_client_is_sent_away(void **state)
{
	char expected[128], byte;
	int status, fd;
	pid_t pid;

	(void)state;
	two_machines(true, true);
	pid = fork();
	assert_true(pid >= 0);
	if (!pid) {
		fd = plug();
		_exit(read(fd, &byte, 1));
	}
	while (!waitpid(pid, &status, WNOHANG))
		sim_settle(sim);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 0);
	snprintf(expected, sizeof(expected), LOG_PREFIX
		 "lan: process %d has connected, which is no client that was started; connection closed\n",
		 pid);
	assert_string_equal(sim_log(sim), expected);
}

static void who_starts_later_starts_before_a_frame_arrives(void **state)
{
	(void)state;
	sim->opt.shm_late = true;
	two_machines(true, true);
	gets_msg(sim, machine[0], RUN, MS);
	machine[0]->mem->current_time = 2 * MS;
	send_frame(0, "it is on its way");
	machine[2] = peer_join(sim, 3);
	/* how far machine 1 has gone is not known when it goes */
	peer_close(machine[0]);
	sim_settle(sim);
	is_started_with_memory(machine[2]);
	assert_in_range(machine[2]->mem->current_time, 2 * MS, 7 * MS);
	memory_wait_for(sim, machine[2], machine[2]->mem->current_time, NEVER);
	is_called(1);
}

#define WITH_NET(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_NET(a_frame_is_an_event_of_its_receiver),
		WITH_NET(by_messages_the_receiver_asks_what_time_it_is),
		WITH_NET(a_sender_stops_before_its_frame_can_have_an_effect),
		WITH_NET(by_messages_it_is_told_when_it_has_to_stop),
		WITH_NET(frames_that_arrive_at_one_instant_are_one_call),
		WITH_NET(a_frame_comes_before_the_receivers_own_request_at_that_time),
		WITH_NET(a_request_before_the_frame_arrives_goes_first),
		WITH_NET(a_driver_that_is_not_called_is_not_waited_for),
		WITH_NET(without_delay_a_frame_arrives_after_all_that_happens_then),
		WITH_NET(machines_that_wait_for_frames_are_no_deadlock),
		WITH_NET(a_machine_that_goes_while_it_is_called_holds_up_nobody),
		WITH_NET(a_machine_that_does_not_answer_loses_its_link_in_the_end),
		WITH_NET(time_in_which_the_controller_was_stopped_costs_no_link),
		WITH_NET(a_machine_that_breaks_the_rules_loses_only_its_link),
		WITH_NET(a_machine_that_waits_must_not_send),
		WITH_NET(what_passes_is_counted_where_it_passes),
		WITH_NET(without_room_for_it_a_frame_is_counted_as_such),
		WITH_NET(a_process_that_is_no_client_is_sent_away),
		WITH_NET(who_starts_later_starts_before_a_frame_arrives),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
