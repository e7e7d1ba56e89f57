// SPDX-License-Identifier: GPL-2.0
/*
 * Several groups: each has a memory and a client that runs of its own.
 */
#include <json-c/json.h>

#include "harness.h"
#include "schedshm.h"

#define MS 1000000ULL
#define DELAY (5 * MS)

/* each client is a process of its own, which nobody can see */
static struct peer *connect_as(struct sim *sim, pid_t pid)
{
	struct peer *peer = peer_connect(sim);

	TAILQ_LAST(&sim->ctl.clients.all, client_list)->pid = pid;
	return peer;
}

static struct peer *join(struct sim *sim, uint64_t name)
{
	struct peer *peer = connect_as(sim, 0);

	peer_send(peer, START, name);
	sim_settle(sim);
	return peer;
}

static void begin(struct sim *sim, uint32_t clients)
{
	struct fault fault = {};

	assert_int_equal(net_config_add(&sim->opt.net, "lan=unused,delay=5ms",
					&fault), 0);
	sim->opt.groups = GROUPS_MACHINES;
	sim->opt.clients = clients;
	sim_begin(sim);
}

static void plug(struct sim *sim, struct peer *peer)
{
	char name[NETPORT_NAME_LEN] = "lan";
	struct um_timetravel_msg msg;
	int i;

	peer_send(peer, NETPORT_PLUG, 0);
	peer_send_raw(peer, name, sizeof(name));
	sim_settle(sim);
	for (i = 0; i < 2; i++)
		assert_int_equal(peer_receive(peer, &msg), 1);
	assert_int_equal(peer_receive(peer, &msg), 1);
	assert_int_equal(msg.op, ACK);
	assert_int_equal(msg.time, 1);
}

static void send_frame(struct sim *sim, struct peer *peer, uint64_t time)
{
	static const char frame[16] = "\xff\xff\xff\xff\xff\xff";

	peer_send_seq(peer, NETPORT_FRAME, netport_seq(1, sizeof(frame)), time);
	peer_send_raw(peer, frame, sizeof(frame));
	sim_settle(sim);
}

static void gets_frame(struct peer *peer, uint64_t time)
{
	struct um_timetravel_msg msg;

	assert_int_equal(peer_receive(peer, &msg), 1);
	assert_int_equal(msg.op, NETPORT_FRAME);
	assert_int_equal(msg.time, time);
	assert_int_equal(peer_receive(peer, &msg), 1);
}

/* the clients have cards, have been started, and wait for these times */
static void begin_with(struct sim *sim, unsigned int nr, struct peer **peer,
		       const uint64_t *times)
{
	unsigned int i;

	begin(sim, nr);
	for (i = 0; i < nr; i++)
		peer[i] = join(sim, i + 1);
	for (i = 0; i < nr; i++) {
		is_started_with_memory(peer[i]);
		/* as libttclient does */
		peer_slot(peer[i])->capa |= SCHEDSHM_CAP_STOPPABLE;
		plug(sim, peer[i]);
		memory_wait_for(sim, peer[i], 0, times[i]);
	}
}

static void each_group_has_a_memory_of_its_own(void **state)
{
	struct sim *sim = *state;
	struct peer *p[2];

	begin_with(sim, 2, p, (uint64_t[]) { MS, 50 * MS });
	assert_int_equal(p[0]->slot, 1);
	assert_int_equal(p[1]->slot, 1);
	gets_msg(sim, p[0], RUN, MS);
	assert_int_equal(p[0]->mem->running_id, 1);
	assert_int_equal(peer_slot(p[1])->req_time, 50 * MS);
}

static void clients_of_one_process_share_a_memory(void **state)
{
	struct peer *a, *b, *c;
	struct sim *sim = *state;

	begin(sim, 3);
	a = connect_as(sim, 4194305);
	peer_send(a, START, 1);
	b = join(sim, 2);
	c = connect_as(sim, 4194305);
	peer_send(c, START, 3);
	sim_settle(sim);
	is_started_with_memory(a);
	memory_wait_for(sim, a, 0, MS);
	is_started_with_memory(c);
	memory_wait_for(sim, c, 0, MS);
	is_started_with_memory(b);
	assert_int_equal(a->slot, 1);
	assert_int_equal(b->slot, 1);
	assert_int_equal(c->slot, 2);
}

static void a_wild_client_scribbles_only_on_itself(void **state)
{
	struct sim *sim = *state;
	struct peer *p[2];
	uint64_t time;

	begin_with(sim, 2, p, (uint64_t[]) { MS, MS });
	gets_msg(sim, p[0], RUN, MS);
	memset(p[0]->mem, 0xa5, p[0]->mem->len);
	p[0]->mem->len = 4096;
	peer_send(p[0], WAIT, -1);
	is_dropped(sim, p[0], "its current_time is");
	for (time = MS; time < 9 * MS; time += MS) {
		gets_msg(sim, p[1], RUN, time);
		memory_wait_for(sim, p[1], time, time + MS);
	}
	assert_int_equal(sim->verdict, VERDICT_NONE);
}

static void a_group_goes_as_far_as_nothing_can_reach_it(void **state)
{
	struct sim *sim = *state;
	struct peer *p[2];

	begin_with(sim, 2, p, (uint64_t[]) { MS, 2 * MS });
	gets_msg(sim, p[0], RUN, MS);
	assert_int_equal(p[0]->mem->free_until, 2 * MS + DELAY);
	/* one at a time */
	gets_nothing(p[1]);
	memory_wait_for(sim, p[0], 6 * MS, 7 * MS);
	gets_msg(sim, p[1], RUN, 2 * MS);
	assert_int_equal(p[1]->mem->free_until, 7 * MS + DELAY);
}

static void with_jobs_several_groups_run_at_the_same_time(void **state)
{
	struct sim *sim = *state;
	struct peer *p[3];

	sim->opt.jobs = 2;
	begin_with(sim, 3, p, (uint64_t[]) { MS, 2 * MS, 3 * MS });
	gets_msg(sim, p[0], RUN, MS);
	gets_msg(sim, p[1], RUN, 2 * MS);
	gets_nothing(p[2]);
	/* how far the first one has got is not known: it may have frames */
	assert_int_equal(p[1]->mem->free_until, MS + DELAY);
	memory_wait_for(sim, p[0], MS, 40 * MS);
	gets_msg(sim, p[2], RUN, 3 * MS);
	assert_int_equal(p[2]->mem->free_until, 2 * MS + DELAY);
}

static void who_cannot_go_on_waits_for_the_other(void **state)
{
	struct sim *sim = *state;
	struct peer *p[2];

	sim->opt.jobs = 2;
	begin_with(sim, 2, p, (uint64_t[]) { MS, MS + DELAY });
	gets_msg(sim, p[0], RUN, MS);
	gets_nothing(p[1]);
	/* a moment is not worth its messages while the other one runs */
	memory_wait_for(sim, p[0], MS, MS + 1);
	gets_msg(sim, p[0], RUN, MS + 1);
	gets_nothing(p[1]);
	memory_wait_for(sim, p[0], MS + 1, MS + DELAY / 2);
	gets_msg(sim, p[1], RUN, MS + DELAY);
}

static void who_is_behind_catches_up_and_both_go_on_together(void **state)
{
	struct sim *sim = *state;
	struct peer *p[2];

	sim->opt.jobs = 2;
	begin_with(sim, 2, p, (uint64_t[]) { MS, 20 * MS });
	gets_msg(sim, p[0], RUN, MS);
	memory_wait_for(sim, p[0], MS, 4 * MS);
	gets_msg(sim, p[0], RUN, 4 * MS);
	/* it could go on to a delay after that */
	assert_int_equal(p[0]->mem->free_until, 20 * MS);
	gets_nothing(p[1]);
	memory_wait_for(sim, p[0], 4 * MS, 20 * MS);
	gets_msg(sim, p[0], RUN, 20 * MS);
	gets_msg(sim, p[1], RUN, 20 * MS);
	assert_int_equal(p[0]->mem->free_until, 20 * MS + DELAY);
	assert_int_equal(p[1]->mem->free_until, 20 * MS + DELAY);
}

static void a_frame_arrives_in_the_other_group(void **state)
{
	struct sim *sim = *state;
	struct peer *p[2];

	begin_with(sim, 2, p, (uint64_t[]) { MS, 90 * MS });
	gets_msg(sim, p[0], RUN, MS);
	assert_int_equal(p[0]->mem->free_until, 90 * MS + DELAY);
	send_frame(sim, p[0], MS);
	/* an answer may come after twice the delay */
	assert_int_equal(p[0]->mem->free_until, MS + 2 * DELAY);
	memory_wait_for(sim, p[0], MS, 80 * MS);
	gets_frame(p[1], MS + DELAY);
	assert_int_equal(p[1]->mem->current_time, MS + DELAY);
	gets_msg(sim, p[1], RUN, MS + DELAY);
	gets_nothing(p[0]);
}

static void an_answer_comes_before_the_sender_has_passed_it(void **state)
{
	struct sim *sim = *state;
	struct peer *p[2];

	begin_with(sim, 2, p, (uint64_t[]) { MS, 90 * MS });
	gets_msg(sim, p[0], RUN, MS);
	send_frame(sim, p[0], MS);
	memory_wait_for(sim, p[0], 10 * MS, 11 * MS);
	gets_frame(p[1], MS + DELAY);
	gets_msg(sim, p[1], RUN, MS + DELAY);
	send_frame(sim, p[1], MS + DELAY);
	memory_wait_for(sim, p[1], MS + DELAY, 90 * MS);
	gets_frame(p[0], MS + 2 * DELAY);
	gets_msg(sim, p[0], RUN, MS + 2 * DELAY);
}

static void a_frame_goes_on_when_nobody_can_send_an_earlier_one(void **state)
{
	struct sim *sim = *state;
	struct peer *p[3];

	sim->opt.jobs = 3;
	begin_with(sim, 3, p, (uint64_t[]) { MS, 2 * MS, 90 * MS });
	gets_msg(sim, p[0], RUN, MS);
	gets_msg(sim, p[1], RUN, 2 * MS);
	send_frame(sim, p[1], 2 * MS);
	memory_wait_for(sim, p[1], 2 * MS, 50 * MS);
	/* the first one may still send something at 1 ms */
	gets_nothing(p[2]);
	send_frame(sim, p[0], MS + 1);
	memory_wait_for(sim, p[0], MS + 1, 50 * MS);
	gets_frame(p[2], MS + 1 + DELAY);
	gets_frame(p[1], MS + 1 + DELAY);
}

static void a_late_group_begins_at_0_with_the_memory(void **state)
{
	struct sim *sim = *state;
	struct peer *p[2], *late;

	begin_with(sim, 1, p, (uint64_t[]) { 70 * MS });
	gets_msg(sim, p[0], RUN, 70 * MS);
	p[0]->mem->current_time = 75 * MS;
	late = join(sim, 2);
	/* it starts when the other one has stopped, which is told to */
	gets_nothing(late);
	assert_int_equal(p[0]->mem->free_until, 75 * MS);
	memory_wait_for(sim, p[0], 75 * MS, 80 * MS);
	is_started_with_memory(late);
	assert_int_equal(late->mem->current_time, 0);
	ask(sim, late, GET_TOD, 0, sim->opt.start_time + 75 * MS);
	plug(sim, late);
	memory_wait_for(sim, late, 0, 10 * MS);
	gets_msg(sim, p[0], RUN, 80 * MS);
	memory_wait_for(sim, p[0], 80 * MS, 400 * MS);
	gets_msg(sim, late, RUN, 10 * MS);
	send_frame(sim, late, 10 * MS);
	memory_wait_for(sim, late, 10 * MS, 900 * MS);
	gets_frame(p[0], 85 * MS + DELAY);
}

static void a_broadcast_reaches_other_groups_later(void **state)
{
	struct sim *sim = *state;
	struct peer *p[2];

	sim->opt.broadcast_delay = 2 * MS;
	begin_with(sim, 2, p, (uint64_t[]) { MS, 90 * MS });
	gets_msg(sim, p[0], RUN, MS);
	/* broadcasts are another way from one to the other */
	assert_int_equal(p[0]->mem->free_until, 92 * MS);
	ask(sim, p[0], BROADCAST, 7, 0);
	assert_int_equal(p[0]->mem->free_until, MS + 4 * MS);
	gets_nothing(p[1]);
	memory_wait_for(sim, p[0], MS, 80 * MS);
	assert_int_equal(p[1]->mem->current_time, 3 * MS);
	gets_nothing(p[0]);
	peer_want(p[1], 3 * MS);
	gets_msg(sim, p[1], BROADCAST, 7);
	gets_msg(sim, p[1], RUN, 3 * MS);
}

static void a_group_without_clients_goes(void **state)
{
	struct sim *sim = *state;
	struct peer *p[2];

	begin_with(sim, 2, p, (uint64_t[]) { MS, 90 * MS });
	gets_msg(sim, p[0], RUN, MS);
	peer_close(p[0]);
	sim_settle(sim);
	assert_int_equal(sim->ctl.groups.nr, 1);
	gets_msg(sim, p[1], RUN, 90 * MS);
	peer_close(p[1]);
	sim_settle(sim);
	assert_int_equal(sim->ctl.groups.nr, 0);
	assert_int_equal(sim->verdict, VERDICT_DONE);
}

static void groups_that_all_wait_are_a_deadlock(void **state)
{
	struct sim *sim = *state;
	struct peer *p[2];

	begin_with(sim, 2, p, (uint64_t[]) { MS, MS });
	gets_msg(sim, p[0], RUN, MS);
	memory_wait_for(sim, p[0], MS, NEVER);
	gets_msg(sim, p[1], RUN, MS);
	assert_int_equal(sim->verdict, VERDICT_NONE);
	memory_wait_for(sim, p[1], MS, NEVER);
	assert_int_equal(sim->verdict, VERDICT_DEADLOCK);
}

static void all_groups_together_have_as_many_clients_as_may_be(void **state)
{
	struct sim *sim = *state;
	struct peer *late;

	sim->opt.slots = 3;
	begin(sim, 2);
	join(sim, 1);
	join(sim, 2);
	late = join(sim, 3);
	is_dropped(sim, late, "no slot for client 0x3, all 2 are taken");
}

/* a keyboard, say */
static void what_comes_from_outside_is_not_in_the_past_of_others(void **state)
{
	struct sim *sim = *state;
	struct peer *p[2];

	begin_with(sim, 2, p, (uint64_t[]) { MS, 90 * MS });
	gets_msg(sim, p[0], RUN, MS);
	p[0]->mem->current_time = 60 * MS;
	peer_want(p[1], 2 * MS);
	ask(sim, p[1], REQUEST, 2 * MS, 0);
	gets_nothing(p[1]);
	memory_wait_for(sim, p[0], 60 * MS, 70 * MS);
	gets_msg(sim, p[1], RUN, 60 * MS);
}

static uint64_t reported(struct json_object *groups, int nr, const char *key)
{
	struct json_object *obj = json_object_array_get_idx(groups, nr);

	assert_true(json_object_object_get_ex(obj, key, &obj));
	return json_object_get_int64(obj);
}

static void who_waits_for_whom_is_counted(void **state)
{
	struct json_object *report, *by;
	struct sim *sim = *state;
	struct peer *p[2];

	sim->opt.jobs = 2;
	sim->opt.stats = "unused";
	sim_clock = NSEC_PER_SEC;
	begin_with(sim, 2, p, (uint64_t[]) { MS, MS + DELAY });
	gets_msg(sim, p[0], RUN, MS);
	gets_nothing(p[1]);
	sim_clock += NSEC_PER_SEC;
	memory_wait_for(sim, p[0], MS, MS + DELAY / 2);
	gets_msg(sim, p[1], RUN, MS + DELAY);
	sim_clock += NSEC_PER_SEC;
	memory_wait_for(sim, p[1], MS + DELAY, 70 * MS);
	report = waits_report(&sim->ctl.groups.waits);
	assert_int_equal(json_object_array_length(report), 2);
	assert_int_equal(reported(report, 0, "client"), 1);
	assert_int_equal(reported(report, 0, "waited_ns"), 0);
	assert_int_equal(reported(report, 1, "client"), 2);
	assert_int_equal(reported(report, 1, "waited_ns"), NSEC_PER_SEC);
	assert_int_equal(reported(report, 1, "waited_most_for"), 1);
	by = json_object_array_get_idx(report, 1);
	assert_true(json_object_object_get_ex(by, "bounded_by", &by));
	assert_true(json_object_object_get_ex(by, "lan", &by));
	assert_int_equal(json_object_get_int64(by), NSEC_PER_SEC);
	json_object_put(report);
	groups_name_worst(&sim->ctl.groups, 2 * NSEC_PER_SEC);
	assert_string_equal(sim_log(sim), LOG_PREFIX
			    "lan (5 ms) holds others back: groups have waited for each other for 1 s, all together, in 2 s\n");
}

/* the first client runs at 1 ms, and pokes the second one behind our back */
static void poke(struct sim *sim, struct peer **p)
{
	begin_with(sim, 2, p, (uint64_t[]) { MS, 90 * MS });
	gets_msg(sim, p[0], RUN, MS);
	p[0]->mem->current_time = 2 * MS;
	ask(sim, p[1], REQUEST, 1, 0);
}

#define HIDDEN "client 0x2 (slot 1): its request has changed while it waited, though nothing has arrived; by something that is no network, and perhaps by client 0x1 (slot 1)\n"

static void a_hidden_channel_is_named_and_merges_two_groups(void **state)
{
	struct sim *sim = *state;
	struct peer *p[2];

	sim->opt.jobs = 2;
	poke(sim, p);
	assert_string_equal(sim_log(sim), LOG_PREFIX HIDDEN);
	memory_wait_for(sim, p[0], 2 * MS, 4 * MS);
	gets_msg(sim, p[1], RUN, 2 * MS);
	/* neither does anything while the other one runs, or may want to */
	assert_int_equal(p[1]->mem->free_until, 4 * MS);
	gets_nothing(p[0]);
	memory_wait_for(sim, p[1], 2 * MS, 4 * MS);
	gets_msg(sim, p[0], RUN, 4 * MS);
	gets_nothing(p[1]);
	memory_wait_for(sim, p[0], 4 * MS, 9 * MS);
	gets_msg(sim, p[1], RUN, 4 * MS);
	/* it is said once */
	ask(sim, p[0], REQUEST, 3 * MS, 0);
	assert_string_equal(sim_log(sim), "");
	assert_int_equal(sim->verdict, VERDICT_NONE);
}

static void a_hidden_channel_stops_the_simulation_on_demand(void **state)
{
	struct sim *sim = *state;
	struct peer *p[2];

	begin(sim, 2);
	p[0] = join(sim, 1);
	p[1] = join(sim, 2);
	sim->opt.on_hidden = ON_HIDDEN_STOP;
	is_started_with_memory(p[0]);
	memory_wait_for(sim, p[0], 0, MS);
	is_started_with_memory(p[1]);
	memory_wait_for(sim, p[1], 0, 50 * MS);
	gets_msg(sim, p[0], RUN, MS);
	peer_send(p[1], REQUEST, 1);
	sim_settle(sim);
	assert_string_equal(sim_log(sim), LOG_PREFIX HIDDEN);
	assert_int_equal(sim->verdict, VERDICT_ERROR);
}

static void what_arrives_is_no_hidden_channel(void **state)
{
	struct sim *sim = *state;
	struct peer *p[2];

	begin_with(sim, 2, p, (uint64_t[]) { MS, 90 * MS });
	gets_msg(sim, p[0], RUN, MS);
	send_frame(sim, p[0], MS);
	memory_wait_for(sim, p[0], MS, 80 * MS);
	gets_frame(p[1], MS + DELAY);
	gets_msg(sim, p[1], RUN, MS + DELAY);
	assert_string_equal(sim_log(sim), "");
}

static void without_delay_all_are_one_group(void **state)
{
	struct fault fault = {};
	struct sim *sim = *state;
	struct peer *a, *b;

	assert_int_equal(net_config_add(&sim->opt.net, "bus=unused2", &fault),
			 0);
	begin(sim, 2);
	a = join(sim, 1);
	b = join(sim, 2);
	is_started_with_memory(a);
	memory_wait_for(sim, a, 0, MS);
	is_started_with_memory(b);
	assert_int_equal(b->slot, 2);
	assert_int_equal(sim->ctl.groups.nr, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		BEHAVIOUR(each_group_has_a_memory_of_its_own),
		BEHAVIOUR(clients_of_one_process_share_a_memory),
		BEHAVIOUR(a_wild_client_scribbles_only_on_itself),
		BEHAVIOUR(a_group_goes_as_far_as_nothing_can_reach_it),
		BEHAVIOUR(with_jobs_several_groups_run_at_the_same_time),
		BEHAVIOUR(who_is_behind_catches_up_and_both_go_on_together),
		BEHAVIOUR(who_cannot_go_on_waits_for_the_other),
		BEHAVIOUR(a_frame_arrives_in_the_other_group),
		BEHAVIOUR(an_answer_comes_before_the_sender_has_passed_it),
		BEHAVIOUR(a_frame_goes_on_when_nobody_can_send_an_earlier_one),
		BEHAVIOUR(a_late_group_begins_at_0_with_the_memory),
		BEHAVIOUR(a_broadcast_reaches_other_groups_later),
		BEHAVIOUR(a_group_without_clients_goes),
		BEHAVIOUR(groups_that_all_wait_are_a_deadlock),
		BEHAVIOUR(all_groups_together_have_as_many_clients_as_may_be),
		BEHAVIOUR(what_comes_from_outside_is_not_in_the_past_of_others),
		BEHAVIOUR(who_waits_for_whom_is_counted),
		BEHAVIOUR(a_hidden_channel_is_named_and_merges_two_groups),
		BEHAVIOUR(a_hidden_channel_stops_the_simulation_on_demand),
		BEHAVIOUR(what_arrives_is_no_hidden_channel),
		BEHAVIOUR(without_delay_all_are_one_group),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
