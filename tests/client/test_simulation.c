// SPDX-License-Identifier: GPL-2.0
/*
 * Clients of the real controller, each in a thread of its own.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "fake.h"
#include "sim.h"

#define CLIENTS 3

/* options that say which clients are offered the memory */
static const char *const transports[][3] = {
	{ NULL }, { "--no-shm" }, { "--no-shm-for=1" }, { "--no-shm-for=2" },
	{ "--no-shm-for=1", "--no-shm-for=3" },
};
#define TRANSPORTS (sizeof(transports) / sizeof(transports[0]))

/* what the clients tell; only the running client writes to it */
static char story[100000];
static size_t told;

/* both ends of a socket between two clients */
static int link_ends[2];

static void __attribute__((format(printf, 1, 2))) tell(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	told += vsnprintf(story + told, sizeof(story) - told, fmt, ap);
	va_end(ap);
	assert_true(told < sizeof(story));
}

/* the story goes on like this at @line; returns what comes after it */
static const char *__attribute__((format(printf, 3, 4)))
told_next(const char *transport, const char *line, const char *fmt, ...)
{
	char want[256];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(want, sizeof(want), fmt, ap);
	va_end(ap);
	if (strncmp(line, want, strlen(want)))
		fail_msg("%s: expected\n%sgot\n%.80s", transport ?: "memory",
			 want, line);
	return line + strlen(want);
}

/* run three clients in threads of their own */
static void live(void *(*life[CLIENTS])(void *name))
{
	pthread_t threads[CLIENTS];
	uintptr_t i;

	for (i = 0; i < CLIENTS; i++)
		ok(pthread_create(&threads[i], NULL, life[i], (void *)(i + 1)));
	for (i = 0; i < CLIENTS; i++)
		ok(pthread_join(threads[i], NULL));
}

/* client N ticks every N ms */
static void *tick(void *name)
{
	uintptr_t id = (uintptr_t)name;
	struct tt_client *client = sim_join((struct tt_client_options) {
		.name = id,
	});
	int i;

	for (i = 1; i <= 300; i++) {
		ok(tt_client_run_until(client, i * id * 1000000));
		assert_int_equal(sim_now(client), i * id * 1000000);
		tell("%llu %d\n", (unsigned long long)sim_now(client), (int)id);
	}
	tt_client_close(client);
	return NULL;
}

/* the ticks are in order of time; returns their number */
static int check_ticks(void)
{
	unsigned long long last = 0, time;
	int per_client[CLIENTS + 1] = {};
	char *line = story;
	int id, n, i;

	for (n = 0; *line; n++) {
		assert_int_equal(sscanf(line, "%llu %d", &time, &id), 2);
		assert_true(time >= last);
		last = time;
		assert_int_equal(time, ++per_client[id] * id * 1000000ULL);
		line = strchr(line, '\n') + 1;
	}
	for (i = 1; i <= CLIENTS; i++)
		assert_int_equal(per_client[i], 300);
	return n;
}

static void clients_tick_in_order_and_on_time(void **state)
{
	char first[sizeof(story)];
	unsigned int i, again;
	pid_t pid;

	(void)state;
	for (i = 0; i < TRANSPORTS; i++) {
		for (again = 0; again < 2; again++) {
			told = 0;
			pid = sim_start(transports[i], "3");
			live((void *(*[])(void *)) { tick, tick, tick });
			assert_int_equal(sim_finish(pid), 0);
			assert_int_equal(check_ticks(), 900);
			if (again)
				assert_string_equal(story, first);
			strcpy(first, story);
		}
	}
}

/* asks another client something every 10 ms, and gets the answer in no time */
static void *ask_around(void *name)
{
	struct tt_client *client = sim_join((struct tt_client_options) {
		.name = (uintptr_t)name,
	});
	char byte = 0;
	int i;

	for (i = 1; i <= 100; i++) {
		ok(tt_client_run_until(client, i * 10000000 - 1));
		ok(tt_client_run_until(client, i * 10000000));
		ok(tt_client_update(client));
		tell("%llu sent\n", (unsigned long long)sim_now(client));
		assert_int_equal(write(link_ends[0], &byte, 1), 1);
		ok(tt_client_wait_readable(client, link_ends[0]));
		assert_int_equal(read(link_ends[0], &byte, 1), 1);
		assert_int_equal(sim_now(client), i * 10000000);
		/* at this time the other client has something to do */
		ok(tt_client_run_until(client, i * 10000000 + 5000000));
		tell("%llu later\n", (unsigned long long)sim_now(client));
		/* at this time it has not */
		ok(tt_client_run_until(client, i * 10000000 + 5000001));
		tell("%llu later\n", (unsigned long long)sim_now(client));
	}
	tt_client_close(client);
	return NULL;
}

/* answers, and has something to do because of it 5 ms later */
static int is_asked(struct tt_client *client, int fd, void *data)
{
	uint64_t *due = data;
	char byte;

	if (read(fd, &byte, 1) != 1)
		return -ECANCELED;
	*due = sim_now(client) + 5000000;
	tell("%llu asked\n", (unsigned long long)sim_now(client));
	ok(tt_client_request(client, *due));
	ok(tt_client_request(client, *due));
	assert_int_equal(write(fd, &byte, 1), 1);
	return 0;
}

static void *answer(void *name)
{
	uint64_t due = TT_NEVER;
	struct tt_client *client = sim_join((struct tt_client_options) {
		.name = (uintptr_t)name,
		.interrupted = is_asked,
		.data = &due,
	});
	int i;

	ok(tt_client_watch(client, link_ends[1]));
	for (i = 1; i <= 100; i++) {
		ok(tt_client_run_until(client, TT_NEVER));
		assert_int_equal(sim_now(client), due);
		tell("%llu done\n", (unsigned long long)sim_now(client));
	}
	tt_client_close(client);
	return NULL;
}

/* a third client, which only runs */
static void *bystand(void *name)
{
	struct tt_client *client = sim_join((struct tt_client_options) {
		.name = (uintptr_t)name,
	});
	int i;

	for (i = 1; i <= 200; i++)
		ok(tt_client_run_until(client, i * 7777777));
	tt_client_close(client);
	return NULL;
}

static void a_request_because_of_an_interrupt_is_in_time(void **state)
{
	const char *line = story;
	unsigned int i, j;
	pid_t pid;

	(void)state;
	for (i = 0; i < TRANSPORTS; i++) {
		told = 0;
		line = story;
		assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC,
					    0, link_ends), 0);
		pid = sim_start(transports[i], "3");
		live((void *(*[])(void *)) { ask_around, answer, bystand });
		close(link_ends[0]);
		close(link_ends[1]);
		assert_int_equal(sim_finish(pid), 0);
		for (j = 1; j <= 100; j++) {
			/*
			 * At one instant the client goes first that has not run
			 * for longer: the one that answers.
			 */
			line = told_next(transports[i][0], line,
					 "%u0000000 sent\n%u0000000 asked\n"
					 "%u5000000 done\n%u5000000 later\n"
					 "%u5000001 later\n", j, j, j, j, j);
		}
		assert_int_equal(*line, '\0');
	}
}

/* ends of sockets on which the second client asks the first one back */
static int back_ends[2];

static int is_asked_back(struct tt_client *client, int fd, void *data)
{
	char byte;

	(void)data;
	must(read(fd, &byte, 1) == 1);
	tell("%llu asked back\n", (unsigned long long)sim_now(client));
	must(write(fd, &byte, 1) == 1);
	return 0;
}

/* asks the second client something, and is asked back before it has the answer */
static void *ask_and_be_asked(void *name)
{
	struct tt_client *client = sim_join((struct tt_client_options) {
		.name = (uintptr_t)name,
		.interrupted = is_asked_back,
	});
	char byte = 0;
	int i;

	must(!tt_client_watch(client, back_ends[0]));
	for (i = 1; i <= 100; i++) {
		must(!tt_client_run_until(client, i * 10000000));
		must(!tt_client_update(client));
		tell("%llu asks\n", (unsigned long long)sim_now(client));
		must(write(link_ends[0], &byte, 1) == 1);
		must(!tt_client_wait_readable(client, link_ends[0]));
		must(read(link_ends[0], &byte, 1) == 1);
		must(sim_now(client) == i * 10000000ULL);
	}
	tt_client_close(client);
	return NULL;
}

/* asks back, and has something to do 5 ms later */
static int asks_back(struct tt_client *client, int fd, void *data)
{
	uint64_t *due = data;
	char byte;

	must(read(fd, &byte, 1) == 1);
	must(write(back_ends[1], &byte, 1) == 1);
	must(!tt_client_wait_readable(client, back_ends[1]));
	must(read(back_ends[1], &byte, 1) == 1);
	*due = sim_now(client) + 5000000;
	must(!tt_client_request(client, *due));
	must(write(fd, &byte, 1) == 1);
	return 0;
}

static void *ask_back(void *name)
{
	uint64_t due = TT_NEVER;
	struct tt_client *client = sim_join((struct tt_client_options) {
		.name = (uintptr_t)name,
		.interrupted = asks_back,
		.data = &due,
	});
	int i;

	must(!tt_client_watch(client, link_ends[1]));
	for (i = 1; i <= 100; i++) {
		must(!tt_client_run_until(client, TT_NEVER));
		must(sim_now(client) == due);
		tell("%llu done\n", (unsigned long long)due);
	}
	tt_client_close(client);
	return NULL;
}

static void two_clients_may_wait_for_each_other(void **state)
{
	const char *line;
	unsigned int i, j;
	pid_t pid;

	(void)state;
	for (i = 0; i < TRANSPORTS; i++) {
		told = 0;
		line = story;
		ok(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0,
			      link_ends));
		ok(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0,
			      back_ends));
		pid = sim_start(transports[i], "3");
		live((void *(*[])(void *)) { ask_and_be_asked, ask_back,
					     bystand });
		close(link_ends[0]);
		close(link_ends[1]);
		close(back_ends[0]);
		close(back_ends[1]);
		assert_int_equal(sim_finish(pid), 0);
		for (j = 1; j <= 100; j++)
			line = told_next(transports[i][0], line,
					 "%u0000000 asks\n"
					 "%u0000000 asked back\n"
					 "%u5000000 done\n", j, j, j);
		assert_int_equal(*line, '\0');
	}
}

/* has something to do 5 ms after a broadcast */
static void is_told(struct tt_client *client, uint64_t value, void *data)
{
	(void)value;
	(void)data;
	ok(tt_client_request(client, sim_now(client) + 5000000));
}

/* broadcasts, and then has nothing to do before it hears a broadcast */
static void *toss(void *name)
{
	uintptr_t id = (uintptr_t)name;
	struct tt_client *client = sim_join((struct tt_client_options) {
		.name = id,
		.broadcast = is_told,
	});
	int i;

	for (i = 1; i <= 100; i++) {
		/* the other client is there by then */
		if (id == 1 && i == 1)
			ok(tt_client_run_until(client, 1000000));
		else
			ok(tt_client_run_until(client, TT_NEVER));
		tell("%llu %d\n", (unsigned long long)sim_now(client), (int)id);
		ok(tt_client_update(client));
		ok(tt_client_broadcast(client, i));
	}
	tt_client_close(client);
	return NULL;
}

static void a_request_because_of_a_broadcast_is_in_time(void **state)
{
	const char *line;
	unsigned int i, j;
	pid_t pid;

	(void)state;
	for (i = 0; i < TRANSPORTS; i++) {
		told = 0;
		line = story;
		pid = sim_start(transports[i], "3");
		live((void *(*[])(void *)) { toss, toss, bystand });
		assert_int_equal(sim_finish(pid), 0);
		for (j = 0; j < 100; j++)
			line = told_next(transports[i][0], line,
					 "%u000000 1\n%u000000 2\n",
					 10 * j + 1, 10 * j + 6);
		assert_int_equal(*line, '\0');
	}
}

static void the_transport_is_one_that_both_can_use(void **state)
{
	struct tt_client *client;
	pid_t pid;

	(void)state;
	pid = CONTROLLER("1", "--no-shm");
	client = sim_join((struct tt_client_options) { .name = 1 });
	assert_false(tt_client_uses_memory(client));
	assert_int_equal(tt_client_slot(client), 1);
	tt_client_close(client);
	assert_int_equal(sim_finish(pid), 0);

	pid = CONTROLLER("1", "--max-clients=2");
	client = sim_join((struct tt_client_options) { .name = 1 });
	assert_true(tt_client_uses_memory(client));
	assert_true(tt_client_log_fd(client) >= 0);
	tt_client_close(client);
	assert_int_equal(sim_finish(pid), 0);

	pid = CONTROLLER("1", "--max-clients=2");
	client = sim_join((struct tt_client_options) {
		.name = TT_NAME_NONE, .flags = TT_CLIENT_NO_MEMORY,
	});
	assert_false(tt_client_uses_memory(client));
	ok(tt_client_run_until(client, 1000));
	tt_client_close(client);
	assert_int_equal(sim_finish(pid), 0);
}

static void the_time_of_day_goes_with_simulated_time(void **state)
{
	struct tt_client *client;
	unsigned int i;
	uint64_t ns;
	pid_t pid;

	(void)state;
	for (i = 0; i < 2; i++) {
		pid = CONTROLLER("1", "--start-time=1000", "--max-clients=3",
			    i ? "--no-shm" : "-v");
		client = sim_join((struct tt_client_options) { .name = 1 });
		ok(tt_client_run_until(client, 500));
		ok(tt_client_run_until(client, 999));
		ok(tt_client_update(client));
		ok(tt_client_time_of_day(client, &ns));
		assert_int_equal(ns, 1999);
		tt_client_close(client);
		assert_int_equal(sim_finish(pid), 0);
	}
}

/* joins when the first client's time is 500 */
static void *join_late(void *data)
{
	struct tt_client *client = sim_join((struct tt_client_options) {
		.name = 2,
	});
	uint64_t ns = 0;

	(void)data;
	tell("late at %d\n", (int)sim_now(client));
	ok(tt_client_run_until(client, 100));
	ok(tt_client_update(client));
	ok(tt_client_time_of_day(client, &ns));
	tell("late at %d, %d\n", (int)sim_now(client), (int)ns);
	ok(tt_client_run_until(client, 300));
	tell("late at %d\n", (int)sim_now(client));
	tt_client_close(client);
	return NULL;
}

static void a_late_joiner_begins_at_0(void **state)
{
	struct tt_client *first;
	pthread_t thread;
	unsigned int i;
	pid_t pid;

	(void)state;
	for (i = 0; i < TRANSPORTS; i++) {
		told = 0;
		pid = CONTROLLER("1", "--late-join=shm", "--start-time=1000",
			    transports[i][0] ?: "-v");
		first = sim_join((struct tt_client_options) { .name = 1 });
		ok(tt_client_run_until(first, 500));
		ok(pthread_create(&thread, NULL, join_late, NULL));
		while (!told) {
			ok(tt_client_request(first, 500));
			ok(tt_client_wait(first));
		}
		assert_int_equal(sim_now(first), 500);
		ok(tt_client_run_until(first, 650));
		tell("first at %d\n", (int)sim_now(first));
		tt_client_close(first);
		ok(pthread_join(thread, NULL));
		assert_int_equal(sim_finish(pid), 0);
		assert_string_equal(story, "late at 0\nlate at 100, 1600\n"
				    "first at 650\nlate at 300\n");
	}
}

static void *kill_controller(void *data)
{
	struct tt_client *client = sim_join((struct tt_client_options) {
		.name = 2,
	});

	kill(*(pid_t *)data, SIGKILL);
	tt_client_close(client);
	return NULL;
}

static void the_death_of_the_controller_ends_a_wait(void **state)
{
	struct tt_client *client;
	pthread_t thread;
	unsigned int i;
	pid_t pid;
	int ret;

	(void)state;
	for (i = 0; i < TRANSPORTS; i++) {
		pid = CONTROLLER("1", "--late-join=shm", transports[i][0] ?: "-v");
		client = sim_join((struct tt_client_options) { .name = 1 });
		ok(pthread_create(&thread, NULL, kill_controller, &pid));
		do {
			ok(tt_client_request(client, 0));
			ret = tt_client_wait(client);
		} while (!ret);
		if (ret != -EPIPE)
			assert_int_equal(ret, -ECONNRESET);
		assert_non_null(strstr(tt_client_error(client),
				       "the controller has gone"));
		tt_client_close(client);
		ok(pthread_join(thread, NULL));
		waitpid(pid, NULL, 0);
		unlink("s");
	}
}

static void a_deadlock_ends_a_wait(void **state)
{
	struct tt_client *client;
	pid_t pid = CONTROLLER("1", "-v");

	(void)state;
	client = sim_join((struct tt_client_options) { .name = 1 });
	ok(tt_client_run_until(client, 1000));
	assert_int_equal(tt_client_wait(client), -EPIPE);
	tt_client_close(client);
	assert_int_equal(sim_finish(pid), 3);
}

static void a_simulation_of_clients_that_only_wait_ends_well(void **state)
{
	struct tt_client *client;
	pid_t pid = CONTROLLER("1", "-v");

	(void)state;
	client = sim_join((struct tt_client_options) { .name = 1 });
	assert_int_equal(tt_client_wait(client), -EPIPE);
	tt_client_close(client);
	assert_int_equal(sim_finish(pid), 0);
}

static void a_start_that_is_not_acknowledged_has_a_time_limit(void **state)
{
	struct tt_client_options opt = {
		.size = sizeof(opt), .path = "s", .timeout_ms = 300,
	};
	struct tt_client *client;
	pid_t pid = CONTROLLER("2", "-v");

	(void)state;
	while (access("s", F_OK))
		usleep(2000);
	fails(tt_client_open(&client, &opt), client, -ETIMEDOUT,
	      "has not acknowledged START within 300 ms");
	tt_client_close(client);
	kill(pid, SIGTERM);
	assert_int_equal(sim_finish(pid), 128 + SIGTERM);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_SIM(clients_tick_in_order_and_on_time),
		WITH_SIM(a_request_because_of_an_interrupt_is_in_time),
		WITH_SIM(two_clients_may_wait_for_each_other),
		WITH_SIM(a_request_because_of_a_broadcast_is_in_time),
		WITH_SIM(the_transport_is_one_that_both_can_use),
		WITH_SIM(the_time_of_day_goes_with_simulated_time),
		WITH_SIM(a_late_joiner_begins_at_0),
		WITH_SIM(the_death_of_the_controller_ends_a_wait),
		WITH_SIM(a_deadlock_ends_a_wait),
		WITH_SIM(a_simulation_of_clients_that_only_wait_ends_well),
		WITH_SIM(a_start_that_is_not_acknowledged_has_a_time_limit),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
