// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include <json-c/json.h>

#include "harness.h"

static char dir[64];

static int make_dir(void **state)
{
	(void)state;
	snprintf(dir, sizeof(dir), "/tmp/test_stats.XXXXXX");
	assert_non_null(mkdtemp(dir));
	return chdir(dir);
}

static int remove_dir(void **state)
{
	(void)state;
	/* this fails if a test has left anything behind */
	return chdir("/") ? -1 : rmdir(dir);
}

static struct json_object *get(struct json_object *from, const char *key)
{
	struct json_object *value = NULL;

	if (!json_object_object_get_ex(from, key, &value))
		fail_msg("no %s", key);
	return value;
}

#define is_u64(from, key, value) \
	assert_int_equal(json_object_get_uint64(get(from, key)), value)
#define is_string(from, key, value) \
	assert_string_equal(json_object_get_string(get(from, key)), value)

static struct json_object *read_stats(struct sim *sim)
{
	struct json_object *all;

	assert_int_equal(controller_write_stats(&sim->ctl, "stats"), 0);
	all = json_object_from_file("stats");
	assert_non_null(all);
	assert_int_equal(unlink("stats"), 0);
	return all;
}

/* @a uses the memory and is still there, @b used messages and has gone */
static struct json_object *of_two_clients(struct sim *sim)
{
	struct peer *a, *b;

	sim->opt.clients = 2;
	sim_begin(sim);
	a = peer_join(sim, 1);
	b = peer_join(sim, -1);
	is_started_with_memory(a);
	memory_wait_for(sim, a, 0, 100);
	is_started_with_memory(b);
	peer_slot(b)->capa = 0;
	ask(sim, b, GET, -1, 0);
	ask(sim, b, GET, -1, 0);
	ask(sim, b, GET_TOD, -1, 1000000);
	wait_for(sim, b, 50);
	gets_msg(sim, b, FREE_UNTIL, 100);
	gets_msg(sim, b, RUN, 50);
	ask(sim, b, UPDATE, 60, 0);
	broadcast(sim, b, a, 1);
	peer_close(b);
	sim_settle(sim);
	gets_msg(sim, a, RUN, 100);
	memory_wait_for(sim, a, 120, 40);
	gets_msg(sim, a, RUN, 120);
	return read_stats(sim);
}

static void every_message_of_every_client_is_counted(void **state)
{
	struct json_object *all = of_two_clients(*state), *clients, *c;

	clients = get(all, "clients");
	assert_int_equal(json_object_array_length(clients), 2);

	c = json_object_array_get_idx(clients, 0);
	is_u64(c, "name", 1);
	is_u64(c, "slot", 1);
	is_string(c, "transport", "memory");
	is_u64(c, "wakeups", 2);
	is_u64(c, "time_ns", 120);
	is_u64(get(c, "in"), "start", 1);
	is_u64(get(c, "in"), "wait", 2);
	is_u64(get(c, "in"), "request", 0);
	is_u64(get(c, "in"), "ack", 1);
	is_u64(get(c, "out"), "ack", 1);
	is_u64(get(c, "out"), "run", 2);
	is_u64(get(c, "out"), "broadcast", 1);
	is_u64(get(c, "out"), "free_until", 0);

	c = json_object_array_get_idx(clients, 1);
	is_u64(c, "name", UINT64_MAX);
	is_u64(c, "slot", 2);
	is_string(c, "transport", "messages");
	is_u64(c, "wakeups", 1);
	is_u64(c, "time_ns", 60);
	is_u64(get(c, "in"), "get", 2);
	is_u64(get(c, "in"), "get_tod", 1);
	is_u64(get(c, "in"), "request", 1);
	is_u64(get(c, "in"), "wait", 1);
	is_u64(get(c, "in"), "update", 1);
	is_u64(get(c, "in"), "broadcast", 1);
	is_u64(get(c, "in"), "ack", 2);
	is_u64(get(c, "out"), "ack", 8);
	is_u64(get(c, "out"), "free_until", 1);
	is_u64(get(c, "out"), "run", 1);
	json_object_put(all);
}

static void totals_are_the_sums(void **state)
{
	struct json_object *all = of_two_clients(*state), *totals;

	totals = get(all, "totals");
	is_u64(totals, "wakeups", 3);
	is_u64(totals, "past_requests", 1);
	is_u64(get(totals, "in"), "start", 2);
	is_u64(get(totals, "in"), "wait", 3);
	is_u64(get(totals, "out"), "ack", 9);
	is_u64(get(totals, "out"), "run", 3);
	is_u64(all, "virtual_time_ns", 120);
	assert_true(json_object_get_uint64(get(all, "wall_time_ns")) > 0);
	assert_true(json_object_get_uint64(get(all, "cpu_time_ns")) > 0);
	json_object_put(all);
}

static void clients_come_in_the_order_in_which_they_were_started(void **state)
{
	struct sim *sim = *state;
	struct json_object *all;
	struct peer *a, *b;

	sim->opt.clients = 2;
	sim_begin(sim);
	a = peer_join(sim, 7);
	b = peer_join(sim, 6);
	peer_connect(sim);
	is_started_with_memory(b);
	memory_wait_for(sim, b, 0, 10);
	is_started_with_memory(a);
	all = read_stats(sim);
	assert_int_equal(json_object_array_length(get(all, "clients")), 2);
	is_u64(json_object_array_get_idx(get(all, "clients"), 0), "name", 6);
	is_u64(json_object_array_get_idx(get(all, "clients"), 1), "name", 7);
	json_object_put(all);
}

static void statistics_without_clients_are_complete(void **state)
{
	struct sim *sim = *state;
	struct json_object *all;

	sim_begin(sim);
	all = read_stats(sim);
	assert_int_equal(json_object_array_length(get(all, "clients")), 0);
	is_u64(all, "virtual_time_ns", 0);
	is_u64(get(all, "totals"), "wakeups", 0);
	json_object_put(all);
}

static void a_file_that_cannot_be_written_is_an_error(void **state)
{
	struct sim *sim = *state;

	sim_begin(sim);
	assert_int_equal(controller_write_stats(&sim->ctl, "no/such/dir"),
			 -ENOENT);
}

static void an_old_file_is_replaced(void **state)
{
	struct sim *sim = *state;
	int fd = open("stats", O_CREAT | O_WRONLY, 0600);
	char text[4] = {};

	assert_int_equal(write(fd, "old", 3), 3);
	close(fd);
	fd = open("stats", O_RDONLY);
	sim_begin(sim);
	json_object_put(read_stats(sim));
	/* a reader that has the old one open reads all of it */
	assert_int_equal(read(fd, text, 3), 3);
	assert_string_equal(text, "old");
	close(fd);
}

static void a_pipe_is_written_to_and_not_replaced(void **state)
{
	struct sim *sim = *state;
	char text[16384];
	struct stat st;
	ssize_t len;
	int fd;

	sim_begin(sim);
	assert_int_equal(mkfifo("pipe", 0600), 0);
	fd = open("pipe", O_RDONLY | O_NONBLOCK);
	assert_int_equal(controller_write_stats(&sim->ctl, "pipe"), 0);
	len = read(fd, text, sizeof(text) - 1);
	assert_true(len > 0);
	text[len] = '\0';
	assert_non_null(strstr(text, "virtual_time_ns"));
	assert_int_equal(stat("pipe", &st), 0);
	assert_true(S_ISFIFO(st.st_mode));
	close(fd);
	assert_int_equal(unlink("pipe"), 0);
}

static void a_pipe_that_nobody_reads_is_an_error_in_the_end(void **state)
{
	struct sim *sim = *state;
	char fill[4096] = {};
	int fd;

	sim_begin(sim);
	assert_int_equal(mkfifo("pipe", 0600), 0);
	assert_int_equal(controller_write_stats(&sim->ctl, "pipe"), -ENXIO);
	fd = open("pipe", O_RDWR | O_NONBLOCK);
	assert_true(fcntl(fd, F_SETPIPE_SZ, sizeof(fill)) > 0);
	while (write(fd, fill, sizeof(fill)) > 0)
		;
	assert_int_equal(controller_write_stats(&sim->ctl, "pipe"), -ETIMEDOUT);
	close(fd);
	assert_int_equal(unlink("pipe"), 0);
}

static void a_link_is_followed(void **state)
{
	struct sim *sim = *state;
	struct stat st;

	sim_begin(sim);
	close(open("stats", O_CREAT | O_WRONLY, 0600));
	assert_int_equal(symlink("stats", "link"), 0);
	assert_int_equal(controller_write_stats(&sim->ctl, "link"), 0);
	assert_int_equal(lstat("link", &st), 0);
	assert_true(S_ISLNK(st.st_mode));
	assert_int_equal(stat("stats", &st), 0);
	assert_true(st.st_size > 0);
	assert_int_equal(unlink("link"), 0);
	assert_int_equal(unlink("stats"), 0);
}

static void trying_whether_a_file_can_be_written_leaves_nothing(void **state)
{
	struct stat st;

	(void)state;
	assert_int_equal(stats_probe("stats"), 0);
	assert_int_equal(stat("stats", &st), -1);
	assert_int_equal(stats_probe("no/such/dir"), -ENOENT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		BEHAVIOUR(every_message_of_every_client_is_counted),
		BEHAVIOUR(totals_are_the_sums),
		BEHAVIOUR(clients_come_in_the_order_in_which_they_were_started),
		BEHAVIOUR(statistics_without_clients_are_complete),
		BEHAVIOUR(a_file_that_cannot_be_written_is_an_error),
		BEHAVIOUR(an_old_file_is_replaced),
		BEHAVIOUR(a_pipe_is_written_to_and_not_replaced),
		BEHAVIOUR(a_pipe_that_nobody_reads_is_an_error_in_the_end),
		BEHAVIOUR(a_link_is_followed),
		BEHAVIOUR(trying_whether_a_file_can_be_written_leaves_nothing),
	};

	return cmocka_run_group_tests(tests, make_dir, remove_dir);
}
