// SPDX-License-Identifier: GPL-2.0
/*
 * Clients that use the shared memory, wild ones among them, alone and beside
 * clients that do not.
 */
#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "harness.h"
#include "schedshm.h"

struct pair {
	struct peer *a;
	struct peer *b;
};

/* @a and @b have waited for 10 and 20: @a runs at 10 and has read RUN */
static struct pair begin_pair(struct sim *sim)
{
	struct pair pair;

	sim->opt.clients = 2;
	sim_begin(sim);
	pair.a = peer_join(sim, 1);
	pair.b = peer_join(sim, 2);
	is_started_with_memory(pair.a);
	gets_nothing(pair.b);
	memory_wait_for(sim, pair.a, 0, 10);
	is_started_with_memory(pair.b);
	memory_wait_for(sim, pair.b, 0, 20);
	gets_msg(sim, pair.a, RUN, 10);
	sim_log(sim);
	return pair;
}

/* the same, but @b uses messages */
static struct pair begin_mixed(struct sim *sim)
{
	struct pair pair;

	sim->opt.clients = 2;
	sim->opt.no_shm_for = malloc(sizeof(uint64_t));
	assert_non_null(sim->opt.no_shm_for);
	sim->opt.no_shm_for[0] = 2;
	sim->opt.no_shm_count = 1;
	sim_begin(sim);
	pair.a = peer_join(sim, 1);
	pair.b = peer_join(sim, 2);
	is_started_with_memory(pair.a);
	memory_wait_for(sim, pair.a, 0, 10);
	is_started(pair.b);
	sim_wants_until(sim);
	wait_for(sim, pair.b, 20);
	gets_msg(sim, pair.a, RUN, 10);
	sim_log(sim);
	return pair;
}

static void start_hands_out_the_memory_and_a_log(void **state)
{
	struct sim *sim = *state;
	struct pair p = begin_pair(sim);

	assert_int_equal(p.a->slot, 1);
	assert_int_equal(p.b->slot, 2);
	assert_int_equal(p.a->mem->version, UM_TIMETRAVEL_SCHEDSHM_VERSION);
	assert_int_equal(p.a->mem->len, 4096 + 256 * 128);
	assert_int_equal(p.a->mem->max_clients, 256);
	assert_int_equal(p.a->mem->clients[0].capa, 1);
	assert_int_equal(peer_slot(p.a)->name, 1);
	assert_int_equal(peer_slot(p.b)->name, 2);
	assert_int_equal(write(p.a->fds[1], "from a client\n", 14), 14);
	assert_string_equal(sim_log(sim), "from a client\n");
}

static void the_memory_can_neither_shrink_nor_grow(void **state)
{
	struct pair p = begin_pair(*state);
	struct stat st;

	assert_int_equal(fstat(p.a->fds[0], &st), 0);
	assert_int_equal(st.st_size, p.a->mem->len);
	assert_int_equal(ftruncate(p.a->fds[0], 4096), -1);
	assert_int_equal(errno, EPERM);
	assert_int_equal(ftruncate(p.a->fds[0], st.st_size + 1), -1);
	assert_int_equal(errno, EPERM);
	assert_int_equal(fcntl(p.a->fds[0], F_ADD_SEALS, F_SEAL_WRITE), -1);
	assert_int_equal(errno, EPERM);
}

static void a_run_is_published_before_it_is_told(void **state)
{
	struct pair p = begin_pair(*state);

	assert_int_equal(p.a->mem->running_id, p.a->slot);
	assert_int_equal(p.a->mem->current_time, 10);
	assert_int_equal(p.a->mem->free_until, 20);
	assert_int_equal(peer_slot(p.a)->flags, 0);
}

static void neither_run_nor_wait_is_acknowledged(void **state)
{
	struct sim *sim = *state;
	struct pair p = begin_pair(sim);

	memory_wait_for(sim, p.a, 10, 30);
	gets_nothing(p.a);
	gets_msg(sim, p.b, RUN, 20);
	assert_int_equal(p.a->mem->free_until, 30);
	memory_wait_for(sim, p.b, 25, 40);
	gets_msg(sim, p.a, RUN, 30);
	gets_nothing(p.a);
	gets_nothing(p.b);
	assert_string_equal(sim_log(sim), "");
}

static void an_ack_to_run_ends_the_connection(void **state)
{
	struct sim *sim = *state;
	struct pair p = begin_pair(sim);

	peer_send_seq(p.a, ACK, 0, 0);
	is_dropped(sim, p.a, "ACK though nothing was asked");
	gets_msg(sim, p.b, RUN, 20);
	assert_int_equal(p.b->mem->running_id, p.b->slot);
}

static void an_update_ends_the_connection(void **state)
{
	struct sim *sim = *state;
	struct pair p = begin_pair(sim);

	peer_send(p.a, UPDATE, 12);
	is_dropped(sim, p.a, "UPDATE though it shares memory");
	gets_msg(sim, p.b, RUN, 20);
}

static void a_wait_of_one_that_waits_ends_the_connection(void **state)
{
	struct sim *sim = *state;
	struct pair p = begin_pair(sim);

	peer_send(p.b, WAIT, -1);
	is_dropped(sim, p.b, "WAIT though it waits already");
	memory_wait_for(sim, p.a, 10, 30);
	gets_msg(sim, p.a, RUN, 30);
}

static void all_but_run_and_wait_is_acknowledged(void **state)
{
	struct sim *sim = *state;
	struct pair p = begin_pair(sim);

	p.a->mem->current_time = 13;
	ask(sim, p.a, REQUEST, 60, 0);
	ask(sim, p.a, GET, -1, 13);
	ask(sim, p.a, GET_TOD, -1, 1000013);
	ask(sim, p.b, GET, -1, 13);
	broadcast(sim, p.a, p.b, 99);
	assert_string_equal(sim_log(sim), "");
}

static void a_request_made_while_another_runs_is_seen_when_that_waits(void **state)
{
	struct sim *sim = *state;
	struct pair p = begin_pair(sim);

	p.a->mem->current_time = 14;
	peer_want(p.b, 14);
	assert_int_equal(p.a->mem->free_until, 14);
	memory_wait_for(sim, p.a, 14, 50);
	gets_msg(sim, p.b, RUN, 14);
	assert_int_equal(p.b->mem->free_until, 50);
}

static void a_request_that_became_later_or_vanished_is_seen_too(void **state)
{
	struct sim *sim = *state;
	struct pair p = begin_pair(sim);

	peer_slot(p.b)->req_time = 35;
	memory_wait_for(sim, p.a, 10, 30);
	gets_msg(sim, p.a, RUN, 30);
	assert_int_equal(p.a->mem->free_until, 35);
	peer_slot(p.b)->flags = 0;
	memory_wait_for(sim, p.a, 30, 40);
	gets_msg(sim, p.a, RUN, 40);
	assert_int_equal(p.a->mem->free_until, UNKNOWN(40));
}

static void a_request_by_message_counts_and_is_in_the_slot(void **state)
{
	struct sim *sim = *state;
	struct pair p = begin_pair(sim);

	ask(sim, p.b, REQUEST, 15, 0);
	assert_int_equal(peer_slot(p.b)->req_time, 15);
	assert_int_equal(peer_slot(p.b)->flags, 1);
	assert_int_equal(p.a->mem->free_until, 15);
	memory_wait_for(sim, p.a, 10, 30);
	gets_msg(sim, p.b, RUN, 15);
}

static void the_same_time_again_is_a_new_request_after_a_run(void **state)
{
	struct sim *sim = *state;
	struct pair p = begin_pair(sim);

	memory_wait_for(sim, p.a, 10, 10);
	gets_msg(sim, p.a, RUN, 10);
	memory_wait_for(sim, p.a, 10, 10);
	gets_msg(sim, p.a, RUN, 10);
}

static void a_request_is_run_once_even_if_its_flag_stays(void **state)
{
	struct sim *sim = *state;
	struct pair p = begin_pair(sim);
	struct um_timetravel_msg msg;

	memory_wait_for(sim, p.a, 10, 15);
	assert_int_equal(peer_receive(p.a, &msg), 1);
	assert_int_equal(msg.time, 15);
	/* it waits again without clearing its flag */
	peer_send(p.a, WAIT, -1);
	sim_settle(sim);
	gets_msg(sim, p.b, RUN, 20);
	gets_nothing(p.a);
}

static void requests_at_never_and_beyond_are_none(void **state)
{
	struct sim *sim = *state;
	struct pair p = begin_pair(sim);

	memory_wait_for(sim, p.a, 10, NEVER);
	gets_msg(sim, p.b, RUN, 20);
	assert_int_equal(p.b->mem->free_until, UNKNOWN(20));
	peer_want(p.a, UINT64_MAX);
	memory_wait_for(sim, p.b, 20, 30);
	gets_msg(sim, p.b, RUN, 30);
	assert_int_equal(p.b->mem->free_until, UNKNOWN(30));
}

static void a_request_in_the_past_is_run_now(void **state)
{
	struct sim *sim = *state;
	struct pair p = begin_pair(sim);

	memory_wait_for(sim, p.a, 12, 5);
	gets_msg(sim, p.a, RUN, 12);
	assert_int_equal(sim_group(sim)->sched.past, 1);
}

static void time_that_went_back_ends_the_connection(void **state)
{
	struct sim *sim = *state;
	struct pair p = begin_pair(sim);

	memory_wait_for(sim, p.a, 9, 30);
	is_dropped(sim, p.a, "its current_time is 9, after it was run at 10 until 20");
	gets_msg(sim, p.b, RUN, 20);
	assert_int_equal(p.b->mem->current_time, 20);
}

static void time_past_what_was_allowed_ends_the_connection(void **state)
{
	struct sim *sim = *state;
	struct pair p = begin_pair(sim);

	p.a->mem->free_until = 1000;
	memory_wait_for(sim, p.a, 21, 30);
	is_dropped(sim, p.a, "its current_time is 21, after it was run at 10 until 20");
	gets_msg(sim, p.b, RUN, 20);
}

static void time_past_a_limit_that_was_lowered_meanwhile_is_no_offence(void **state)
{
	struct sim *sim = *state;
	struct pair p = begin_pair(sim);

	ask(sim, p.b, REQUEST, 11, 0);
	memory_wait_for(sim, p.a, 15, 30);
	gets_msg(sim, p.b, RUN, 15);
	assert_string_equal(sim_log(sim), "");
}

static void nonsense_in_all_of_the_memory_harms_only_clients_that_use_it(void **state)
{
	struct sim *sim = *state;
	struct pair p = begin_mixed(sim);
	uint32_t len = p.a->mem->len;
	uint64_t random = 1;
	size_t i;

	for (i = 0; i < len; i += 4) {
		random = random * 6364136223846793005ULL + 1;
		memcpy((char *)p.a->mem + i, (char *)&random + 4, 4);
	}
	/* each of these reads it */
	ask(sim, p.b, GET, -1, 10);
	ask(sim, p.b, REQUEST, 15, 0);
	peer_send(p.a, WAIT, -1);
	is_dropped(sim, p.a, "client 0x1 (slot 1): its current_time is ");
	p.a->mem->len = len;

	gets_msg(sim, p.b, FREE_UNTIL, BLIND(15));
	gets_msg(sim, p.b, RUN, 15);
	wait_for(sim, p.b, 30);
	gets_msg(sim, p.b, FREE_UNTIL, BLIND(30));
	gets_msg(sim, p.b, RUN, 30);
}

static void all_ones_in_a_waiting_client_are_no_request(void **state)
{
	struct sim *sim = *state;
	struct pair p = begin_pair(sim);

	memset(peer_slot(p.b), 0xff, sizeof(*peer_slot(p.b)));
	memory_wait_for(sim, p.a, 10, 30);
	gets_msg(sim, p.a, RUN, 30);
	assert_int_equal(p.a->mem->free_until, UNKNOWN(30));
}

static void a_client_that_vanishes_while_it_runs_leaves_the_time_it_reached(void **state)
{
	struct sim *sim = *state;
	struct pair p = begin_pair(sim);

	p.a->mem->current_time = 17;
	peer_want(p.b, 16);
	peer_close(p.a);
	sim_settle(sim);
	gets_msg(sim, p.b, RUN, 17);
	assert_int_equal(sim->ctl.stats.stqh_first->time, 17);
	assert_string_equal(sim_log(sim), "");
}

static void a_client_that_declines_the_memory_gets_messages(void **state)
{
	struct sim *sim = *state;
	struct peer *a;

	sim_begin(sim);
	a = peer_join(sim, 1);
	is_started_with_memory(a);
	peer_slot(a)->capa = 0;
	ask(sim, a, GET_TOD, -1, 1000000);
	ask(sim, a, UPDATE, 0, 0);
	wait_for(sim, a, 5);
	gets_msg(sim, a, FREE_UNTIL, BLIND(5));
	gets_msg(sim, a, RUN, 5);
}

static void a_client_that_declines_the_memory_has_been_allowed_nothing_yet(void **state)
{
	struct sim *sim = *state;
	struct peer *a;

	sim_begin(sim);
	a = peer_join(sim, 1);
	is_started_with_memory(a);
	peer_slot(a)->capa = 0;
	peer_send(a, UPDATE, 1);
	is_dropped(sim, a, "UPDATE to 1, it may say 0 to 0");
}

static void a_client_that_declines_the_memory_cannot_take_it_later(void **state)
{
	struct sim *sim = *state;
	struct peer *a;

	sim_begin(sim);
	a = peer_join(sim, 1);
	is_started_with_memory(a);
	peer_slot(a)->capa = 0;
	wait_for(sim, a, 5);
	gets_msg(sim, a, FREE_UNTIL, BLIND(5));
	gets_msg(sim, a, RUN, 5);
	peer_share(a);
	ask(sim, a, GET, -1, 5);
	ask(sim, a, UPDATE, 6, 0);
}

/* from here on a uses the memory and b does not */

static void no_shm_for_keeps_the_memory_from_that_name(void **state)
{
	struct pair p = begin_mixed(*state);

	assert_int_equal(p.a->mem->clients[p.b->slot].flags, 1);
	assert_int_equal(p.a->mem->clients[p.b->slot].req_time, 20);
	assert_int_equal(p.a->mem->clients[p.b->slot].name, 2);
	assert_int_equal(p.a->mem->clients[p.b->slot].capa, 0);
}

static void get_tells_what_a_client_with_memory_has_published(void **state)
{
	struct sim *sim = *state;
	struct pair p = begin_mixed(sim);

	p.a->mem->current_time = 13;
	ask(sim, p.b, GET, -1, 13);
}

static void get_does_not_tell_nonsense_that_a_client_has_published(void **state)
{
	struct sim *sim = *state;
	struct pair p = begin_mixed(sim);

	p.a->mem->current_time = 1000;
	ask(sim, p.b, GET, -1, 10);
}

static void a_request_by_message_lowers_free_until_in_the_memory(void **state)
{
	struct sim *sim = *state;
	struct pair p = begin_mixed(sim);

	p.a->mem->current_time = 13;
	ask(sim, p.b, REQUEST, 13, 0);
	assert_int_equal(p.a->mem->free_until, 13);
	gets_nothing(p.a);
	memory_wait_for(sim, p.a, 13, 40);
	gets_msg(sim, p.b, FREE_UNTIL, 40);
	gets_msg(sim, p.b, RUN, 13);
	assert_int_equal(p.a->mem->running_id, p.b->slot);
	assert_int_equal(p.a->mem->current_time, 13);
}

static void a_request_by_message_never_raises_free_until_in_the_memory(void **state)
{
	struct sim *sim = *state;
	struct pair p = begin_mixed(sim);

	p.a->mem->free_until = 11;
	ask(sim, p.b, REQUEST, 13, 0);
	assert_int_equal(p.a->mem->free_until, 11);
}

static void an_update_by_message_is_published_in_the_memory(void **state)
{
	struct sim *sim = *state;
	struct pair p = begin_mixed(sim);

	memory_wait_for(sim, p.a, 10, 40);
	gets_msg(sim, p.b, FREE_UNTIL, 40);
	gets_msg(sim, p.b, RUN, 20);
	ask(sim, p.b, UPDATE, 25, 0);
	assert_int_equal(p.a->mem->current_time, 25);
	/* the running client has no memory, so this goes by message */
	ask(sim, p.a, REQUEST, 25, 0);
	gets_msg(sim, p.b, FREE_UNTIL, 25);
	assert_int_equal(peer_slot(p.a)->req_time, 25);
	wait_for(sim, p.b, 50);
	gets_msg(sim, p.a, RUN, 25);
	assert_int_equal(p.a->mem->free_until, 50);
}

static void a_broadcast_passes_between_the_two(void **state)
{
	struct sim *sim = *state;
	struct pair p = begin_mixed(sim);

	broadcast(sim, p.a, p.b, 3);
	/* nobody waits for the client that runs */
	ask(sim, p.b, BROADCAST, 4, 0);
	gets_msg(sim, p.a, BROADCAST, 4);
}

static void set_capa(struct peer *peer, uint32_t capa)
{
	peer_slot(peer)->capa = UM_TIMETRAVEL_SCHEDSHM_CAP_TIME_SHARE | capa;
}

static void the_slot_of_a_client_without_interrupts_is_read_only_when_it_waits(void **state)
{
	struct sim *sim = *state;
	struct pair p = begin_pair(sim);
	const uint32_t deaf = SCHEDSHM_CAP_NO_INTERRUPT;

	set_capa(p.a, deaf);
	memory_wait_for(sim, p.a, 10, 30);
	gets_msg(sim, p.b, RUN, 20);
	/* it does not keep its word, and its slot is not read */
	peer_want(p.a, 25);
	memory_wait_for(sim, p.b, 20, 50);
	gets_msg(sim, p.a, RUN, 30);
	/* it takes its word back, and its slot is read again */
	set_capa(p.a, 0);
	memory_wait_for(sim, p.a, 30, 60);
	gets_msg(sim, p.b, RUN, 50);
	peer_want(p.a, 55);
	memory_wait_for(sim, p.b, 50, 70);
	gets_msg(sim, p.a, RUN, 55);
	/* and gives it again */
	set_capa(p.a, deaf);
	memory_wait_for(sim, p.a, 55, 80);
	gets_msg(sim, p.b, RUN, 70);
	assert_int_equal(LIST_FIRST(&sim_group(sim)->polled)->name, 2);
	assert_null(LIST_NEXT(LIST_FIRST(&sim_group(sim)->polled),
			      polled_link));
}

static void a_client_without_interrupts_can_still_ask_by_message(void **state)
{
	struct sim *sim = *state;
	struct pair p = begin_pair(sim);

	set_capa(p.a, SCHEDSHM_CAP_NO_INTERRUPT);
	memory_wait_for(sim, p.a, 10, 30);
	gets_msg(sim, p.b, RUN, 20);
	ask(sim, p.a, REQUEST, 25, 0);
	assert_int_equal(p.b->mem->free_until, 25);
	memory_wait_for(sim, p.b, 20, 50);
	gets_msg(sim, p.a, RUN, 25);
}

static void a_slot_is_reused_and_clean(void **state)
{
	struct sim *sim = *state;
	struct pair p = begin_pair(sim);
	struct peer *c;

	sim->opt.shm_late = true;
	peer_close(p.b);
	sim_settle(sim);
	assert_int_equal(p.a->mem->clients[p.b->slot].capa, 0);
	assert_int_equal(p.a->mem->clients[p.b->slot].flags, 0);
	c = peer_join(sim, 3);
	memory_wait_for(sim, p.a, 10, 50);
	is_started_with_memory(c);
	assert_int_equal(c->slot, 2);
	assert_int_equal(peer_slot(c)->name, 3);
	assert_int_equal(peer_slot(c)->flags, 0);
	memory_wait_for(sim, c, 50, 60);
	gets_msg(sim, p.a, RUN, 50);
}

static void slots_can_run_out(void **state)
{
	struct sim *sim = *state;
	struct peer *a, *b, *c, *d;

	sim->opt.slots = 3;
	sim_begin(sim);
	sim->opt.shm_late = true;
	a = peer_join(sim, 1);
	b = peer_join(sim, 2);
	c = peer_join(sim, 3);
	is_started_with_memory(a);
	is_dropped(sim, c, "no slot for client 0x3, all 2 are taken");
	memory_wait_for(sim, a, 0, 10);
	is_started_with_memory(b);
	peer_close(a);
	sim_settle(sim);
	d = peer_join(sim, 4);
	memory_wait_for(sim, b, 0, 20);
	is_started_with_memory(d);
	assert_int_equal(d->slot, 1);
}

static void all_slots_can_be_handed_out(void **state)
{
	static struct shm shm;
	unsigned int i;

	(void)state;
	assert_int_equal(shm_create(&shm, 65535), 0);
	for (i = 1; i < 65535; i++)
		assert_int_equal(shm_take_slot(&shm, i), i);
	assert_int_equal(shm_take_slot(&shm, i), 0);
	shm_free_slot(&shm, 40000);
	shm_free_slot(&shm, 7);
	assert_int_equal(shm_take_slot(&shm, 1), 7);
	assert_int_equal(shm_take_slot(&shm, 2), 40000);
	assert_int_equal(shm_take_slot(&shm, 3), 0);
	shm_destroy(&shm);
	assert_int_equal(shm_create(&shm, 1), -EINVAL);
	assert_int_equal(shm_create(&shm, 65536), -EINVAL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		BEHAVIOUR(start_hands_out_the_memory_and_a_log),
		BEHAVIOUR(the_memory_can_neither_shrink_nor_grow),
		BEHAVIOUR(a_run_is_published_before_it_is_told),
		BEHAVIOUR(neither_run_nor_wait_is_acknowledged),
		BEHAVIOUR(an_ack_to_run_ends_the_connection),
		BEHAVIOUR(an_update_ends_the_connection),
		BEHAVIOUR(a_wait_of_one_that_waits_ends_the_connection),
		BEHAVIOUR(all_but_run_and_wait_is_acknowledged),
		BEHAVIOUR(a_request_made_while_another_runs_is_seen_when_that_waits),
		BEHAVIOUR(a_request_that_became_later_or_vanished_is_seen_too),
		BEHAVIOUR(a_request_by_message_counts_and_is_in_the_slot),
		BEHAVIOUR(the_same_time_again_is_a_new_request_after_a_run),
		BEHAVIOUR(a_request_is_run_once_even_if_its_flag_stays),
		BEHAVIOUR(requests_at_never_and_beyond_are_none),
		BEHAVIOUR(a_request_in_the_past_is_run_now),
		BEHAVIOUR(time_that_went_back_ends_the_connection),
		BEHAVIOUR(time_past_what_was_allowed_ends_the_connection),
		BEHAVIOUR(time_past_a_limit_that_was_lowered_meanwhile_is_no_offence),
		BEHAVIOUR(nonsense_in_all_of_the_memory_harms_only_clients_that_use_it),
		BEHAVIOUR(all_ones_in_a_waiting_client_are_no_request),
		BEHAVIOUR(a_client_that_vanishes_while_it_runs_leaves_the_time_it_reached),
		BEHAVIOUR(a_client_that_declines_the_memory_gets_messages),
		BEHAVIOUR(a_client_that_declines_the_memory_has_been_allowed_nothing_yet),
		BEHAVIOUR(a_client_that_declines_the_memory_cannot_take_it_later),
		BEHAVIOUR(no_shm_for_keeps_the_memory_from_that_name),
		BEHAVIOUR(get_tells_what_a_client_with_memory_has_published),
		BEHAVIOUR(get_does_not_tell_nonsense_that_a_client_has_published),
		BEHAVIOUR(a_request_by_message_lowers_free_until_in_the_memory),
		BEHAVIOUR(a_request_by_message_never_raises_free_until_in_the_memory),
		BEHAVIOUR(an_update_by_message_is_published_in_the_memory),
		BEHAVIOUR(a_broadcast_passes_between_the_two),
		BEHAVIOUR(the_slot_of_a_client_without_interrupts_is_read_only_when_it_waits),
		BEHAVIOUR(a_client_without_interrupts_can_still_ask_by_message),
		BEHAVIOUR(a_slot_is_reused_and_clean),
		BEHAVIOUR(slots_can_run_out),
		cmocka_unit_test(all_slots_can_be_handed_out),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
