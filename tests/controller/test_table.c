// SPDX-License-Identifier: GPL-2.0
/*
 * The table of clients.
 */
#include "harness.h"
#include "table.h"

static void table_is(struct sim *sim, const char *expected)
{
	sim_log(sim);
	table_log(&sim->ctl);
	assert_string_equal(sim_log(sim), expected);
}

#define P LOG_PREFIX

static void the_table_is_empty_without_clients(void **state)
{
	struct sim *sim = *state;

	sim_begin(sim);
	table_is(sim, P "clients: 0\n");
}

static void the_table_has_a_line_for_each_client(void **state)
{
	struct sim *sim = *state;
	struct peer *a, *b;
	struct client *client;
	pid_t pid = 1;

	sim->opt.no_shm_for = calloc(1, sizeof(uint64_t));
	assert_non_null(sim->opt.no_shm_for);
	sim->opt.no_shm_for[0] = 0xabcdef;
	sim->opt.no_shm_count = 1;
	sim->opt.clients = 2;
	sim_begin(sim);
	b = peer_join(sim, 0xabcdef);
	a = peer_join(sim, 1);
	is_started_with_memory(a);
	memory_wait_for(sim, a, 0, 20000);
	is_started(b);
	wait_for(sim, b, 7);
	gets_msg(sim, b, FREE_UNTIL, 20000);
	gets_msg(sim, b, RUN, 7);
	ask(sim, b, REQUEST, 30000, 0);
	peer_join(sim, -1);
	peer_connect(sim);
	TAILQ_FOREACH(client, &sim->ctl.clients.all, link)
		client->pid = pid *= 100;
	/* one in another container */
	client = TAILQ_LAST(&sim->ctl.clients.all, client_list);
	client->pid = 0;
	table_is(sim,
P "clients: 4\n"
P "NAME                SLOT      PID  TRANSPORT  STATE      REQUEST  TIME  IN  OUT  WAKE-UPS  LAST\n"
P "0xabcdef               2      100  messages   running      30000     7   6    6         1  REQUEST\n"
P "0x1                    1    10000  memory     waiting      20000     0   2    1         0  WAIT\n"
P "0xffffffffffffffff     -  1000000  -          starting         -     -   1    0         0  START\n"
P "-                      -        -  -          connected        -     -   0    0         0  -\n");
}

static void the_table_says_how_many_are_waited_for(void **state)
{
	struct sim *sim = *state;
	struct client *client;

	sim->opt.clients = 3;
	sim_begin(sim);
	peer_join(sim, 1);
	client = TAILQ_FIRST(&sim->ctl.clients.all);
	client->pid = 77;
	table_is(sim,
P "clients: 1\n"
P "waiting for START of 2 more\n"
P "NAME  SLOT  PID  TRANSPORT  STATE     REQUEST  TIME  IN  OUT  WAKE-UPS  LAST\n"
P "0x1      -   77  -          starting        -     -   1    0         0  START\n");
}

static void the_table_shows_who_hangs_and_who_sleeps_for_ever(void **state)
{
	struct sim *sim = *state;
	struct client *client;
	struct peer *a;

	sim->opt.clients = 2;
	sim_begin(sim);
	a = peer_join(sim, 1);
	peer_join(sim, 2);
	is_started_with_memory(a);
	memory_wait_for(sim, a, 0, INT64_MAX);
	TAILQ_FOREACH(client, &sim->ctl.clients.all, link)
		client->pid = 77;
	client = TAILQ_LAST(&sim->ctl.clients.all, client_list);
	client->watch.hangs = true;
	table_is(sim,
P "clients: 2\n"
P "NAME  SLOT  PID  TRANSPORT  STATE    REQUEST  TIME  IN  OUT  WAKE-UPS  LAST\n"
P "0x1      1   77  memory     waiting    never     0   2    1         0  WAIT\n"
P "0x2      2   77  offered    hanging        -     0   1    1         0  START\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		BEHAVIOUR(the_table_is_empty_without_clients),
		BEHAVIOUR(the_table_has_a_line_for_each_client),
		BEHAVIOUR(the_table_says_how_many_are_waited_for),
		BEHAVIOUR(the_table_shows_who_hangs_and_who_sleeps_for_ever),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
