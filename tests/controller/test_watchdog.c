// SPDX-License-Identifier: GPL-2.0
/*
 * The watchdog: which clients hang, what is said about them, and what becomes of
 * them. Time is the test's: it says when the watchdog's timer expires.
 */
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "harness.h"
#include "process.h"
#include "util.h"

#define HANGS "hangs at"
#define LIMIT_S 60

static int setup(void **state)
{
	struct sim *sim;
	int ret = sim_setup(state);

	sim = *state;
	/* the real timer never expires */
	sim->opt.watchdog = 1000000;
	return ret;
}

/* the timer expires, as often as that, and the controller sees it each time */
static void look(struct sim *sim, unsigned int times)
{
	while (times--) {
		watchdog_tick(&sim->ctl.watchdog, 1);
		sim_settle(sim);
	}
}

/* long enough for whoever hangs to be noticed */
static void look_long(struct sim *sim)
{
	look(sim, WATCHDOG_LOOKS + 1);
}

static void _hangs(struct sim *sim, const char *label, const char *file,
		   int line)
{
	const char *log = sim_log(sim);
	size_t len = strlen(LOG_PREFIX);
	const char *end = strchr(log, '\n');

	if (strncmp(log, LOG_PREFIX, len) ||
	    strncmp(log + len, label, strlen(label)) || !strstr(log, HANGS) ||
	    !end || end[1]) {
		print_error("expected one line that %s hangs, logged was \"%s\"\n",
			    label, log);
		_fail(file, line);
	}
}
#define hangs(sim, label) _hangs(sim, label, __FILE__, __LINE__)

#define nobody_hangs(sim) assert_string_equal(sim_log(sim), "")

static void a_client_that_runs_without_progress_hangs(void **state)
{
	struct sim *sim = *state;
	struct peer *a;

	sim_begin(sim);
	a = peer_join(sim, 1);
	is_started_with_memory(a);
	/* the first look sees START */
	look(sim, WATCHDOG_LOOKS);
	nobody_hangs(sim);
	look(sim, 1);
	hangs(sim, "client 0x1 (slot 1)");
}

static void a_hang_is_said_once_and_its_end_too(void **state)
{
	struct sim *sim = *state;
	struct peer *a;

	sim_begin(sim);
	a = peer_join(sim, 1);
	is_started_with_memory(a);
	look_long(sim);
	hangs(sim, "client 0x1 (slot 1)");
	look_long(sim);
	nobody_hangs(sim);
	ask(sim, a, GET, 0, 0);
	look(sim, 1);
	assert_string_equal(sim_log(sim),
			    LOG_PREFIX "client 0x1 (slot 1) goes on\n");
	look(sim, WATCHDOG_LOOKS);
	hangs(sim, "client 0x1 (slot 1)");
}

static void each_message_of_the_running_client_is_progress(void **state)
{
	struct sim *sim = *state;
	struct peer *a;
	int i;

	sim->opt.shm = false;
	sim_begin(sim);
	a = peer_join(sim, 1);
	is_started(a);
	for (i = 0; i < 10; i++) {
		look(sim, WATCHDOG_LOOKS - 1);
		ask(sim, a, GET, 0, 0);
	}
	nobody_hangs(sim);
	look_long(sim);
	hangs(sim, "client 0x1 (slot 1)");
}

static void a_message_that_was_not_read_yet_is_progress(void **state)
{
	struct sim *sim = *state;
	struct peer *a;

	sim->opt.shm = false;
	sim_begin(sim);
	a = peer_join(sim, 1);
	is_started(a);
	look(sim, WATCHDOG_LOOKS);
	peer_send(a, GET, 0);
	/* as it is if other clients have so much to say that it has to wait */
	watchdog_tick(&sim->ctl.watchdog, 1);
	assert_false(watchdog_look(&sim->ctl.watchdog, &sim->ctl.clients));
	sim_settle(sim);
	gets_msg(sim, a, ACK, 0);
	look(sim, WATCHDOG_LOOKS);
	nobody_hangs(sim);
}

static void time_that_moves_in_the_memory_is_progress(void **state)
{
	struct sim *sim = *state;
	struct peer *a;
	int i;

	sim_begin(sim);
	a = peer_join(sim, 1);
	is_started_with_memory(a);
	memory_wait_for(sim, a, 0, 1000);
	gets_msg(sim, a, RUN, 1000);
	for (i = 1; i < 10; i++) {
		look(sim, WATCHDOG_LOOKS - 1);
		a->mem->current_time = 1000 + i;
	}
	nobody_hangs(sim);
	/* time that goes back is a mistake, and no progress */
	look(sim, 1);
	for (i = 0; i < WATCHDOG_LOOKS; i++) {
		a->mem->current_time = i % 3;
		look(sim, 1);
	}
	hangs(sim, "client 0x1 (slot 1) hangs at 1009 ns");
}

/* it may be a released kernel, which does not publish what it does alone */
static void a_machine_that_seems_quiet_is_made_to_stop_once(void **state)
{
	struct sim *sim = *state;
	struct peer *a;
	int i;

	sim_begin(sim);
	a = peer_join(sim, 1);
	is_started_with_memory(a);
	sim_machines(sim);
	for (i = 1; i < 10; i++) {
		memory_wait_for(sim, a, 1000 * (i - 1), 1000 * i);
		gets_msg(sim, a, RUN, 1000 * i);
		look(sim, 1);
		assert_int_equal(a->mem->free_until, NEVER);
		look(sim, 1);
		assert_int_equal(a->mem->free_until, 1000 * i);
		/* not again: it would never come to anything */
		a->mem->free_until = NEVER;
		look(sim, WATCHDOG_LOOKS - 2);
		assert_int_equal(a->mem->free_until, NEVER);
	}
	nobody_hangs(sim);
}

static void an_unknown_client_is_not_made_to_stop(void **state)
{
	struct sim *sim = *state;
	struct peer *a;

	sim_begin(sim);
	a = peer_join(sim, 1);
	is_started_with_memory(a);
	memory_wait_for(sim, a, 0, 1000);
	gets_msg(sim, a, RUN, 1000);
	look(sim, WATCHDOG_LOOKS);
	assert_int_equal(a->mem->free_until, UNKNOWN(1000));
}

static void what_waiting_clients_say_is_no_progress(void **state)
{
	struct sim *sim = *state;
	struct peer *a, *b;
	int i;

	sim->opt.shm = false;
	sim_begin(sim);
	a = peer_join(sim, 1);
	is_started(a);
	b = peer_join(sim, 2);
	wait_for(sim, a, 1000);
	is_started(b);
	for (i = 0; i < WATCHDOG_LOOKS; i++) {
		look(sim, 1);
		ask(sim, a, GET, 0, 0);
	}
	nobody_hangs(sim);
	look(sim, 1);
	hangs(sim, "client 0x2 (slot 2)");
}

static void a_client_that_does_not_acknowledge_a_broadcast_hangs(void **state)
{
	struct sim *sim = *state;
	struct peer *a, *b;

	sim->opt.shm = false;
	sim->opt.clients = 2;
	sim_begin(sim);
	a = peer_join(sim, 1);
	b = peer_join(sim, 2);
	is_started(a);
	wait_for(sim, a, 1000);
	is_started(b);
	/* and the one that runs, and waits for it, does not */
	peer_send(b, BROADCAST, 77);
	sim_settle(sim);
	look_long(sim);
	hangs(sim, "client 0x1 (slot 1) hangs at 0 ns: no ACK of a broadcast");
	look_long(sim);
	nobody_hangs(sim);
	gets_msg(sim, a, BROADCAST, 77);
	gets_msg(sim, b, ACK, 0);
	look(sim, 1);
	assert_string_equal(sim_log(sim),
			    LOG_PREFIX "client 0x1 (slot 1) goes on\n");
	look(sim, WATCHDOG_LOOKS);
	hangs(sim, "client 0x2 (slot 2)");
}

static void a_client_whose_ACK_the_next_one_waits_for_hangs(void **state)
{
	struct sim *sim = *state;
	struct peer *a, *b;

	sim->opt.shm = false;
	sim->opt.clients = 2;
	sim_begin(sim);
	a = peer_join(sim, 1);
	b = peer_join(sim, 2);
	is_started(a);
	wait_for(sim, a, 1000);
	is_started(b);
	peer_send(b, BROADCAST, 77);
	peer_close(b);
	sim_settle(sim);
	/* nobody runs */
	look_long(sim);
	hangs(sim, "client 0x1 (slot 1) hangs at 0 ns: no ACK of a broadcast");
	gets_msg(sim, a, BROADCAST, 77);
	gets_msg(sim, a, RUN, 1000);
}

static void looks_that_come_late_do_not_count(void **state)
{
	struct sim *sim = *state;
	struct peer *a;
	int i;

	sim_begin(sim);
	a = peer_join(sim, 1);
	is_started_with_memory(a);
	look(sim, WATCHDOG_LOOKS);
	/* the controller was stopped, or the host was */
	for (i = 2; i < 100; i++) {
		watchdog_tick(&sim->ctl.watchdog, i);
		sim_settle(sim);
	}
	nobody_hangs(sim);
	look(sim, 1);
	hangs(sim, "client 0x1 (slot 1)");
}

static void the_timer_itself_tells_late_looks(void **state)
{
	struct sim *sim = *state;
	struct peer *a;
	int i;

	sim->opt.watchdog = 1;
	sim_begin(sim);
	a = peer_join(sim, 1);
	is_started_with_memory(a);
	sim_settle(sim);
	for (i = 0; i < WATCHDOG_LOOKS + 2; i++) {
		/* two of its periods at least */
		usleep(2 * 1000000 / WATCHDOG_LOOKS + 1000);
		sim_settle(sim);
	}
	nobody_hangs(sim);
	/* in time, for once */
	while (!TAILQ_FIRST(&sim->ctl.clients.all)->watch.hangs)
		controller_step(&sim->ctl, -1);
	hangs(sim, "client 0x1 (slot 1)");
}

static void a_watchdog_is_there_where_CI_is_set(void **state)
{
	static const struct {
		const char *ci;
		unsigned int watchdog;
	} rows[] = { { "true", 60 }, { "1", 60 }, { "", 0 }, { NULL, 0 } };
	const char *before = getenv("CI");
	struct options opt;
	unsigned int i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		if (rows[i].ci)
			setenv("CI", rows[i].ci, 1);
		else
			unsetenv("CI");
		options_default(&opt);
		assert_int_equal(opt.watchdog, rows[i].watchdog);
		assert_int_equal(opt.on_hang, ON_HANG_REPORT);
	}
	if (before)
		setenv("CI", before, 1);
}

static void nobody_hangs_while_nobody_runs(void **state)
{
	struct sim *sim = *state;
	struct peer *a;

	sim->opt.clients = 2;
	sim->opt.keep = true;
	sim_begin(sim);
	/* before the first client comes */
	look_long(sim);
	/* while --clients are waited for, and while one has not sent START */
	a = peer_join(sim, 1);
	peer_connect(sim);
	look_long(sim);
	gets_nothing(a);
	/* when all have gone, and --keep waits for more */
	peer_close(&sim->peers[1]);
	is_started_with_memory((peer_join(sim, 2), a));
	peer_close(a);
	peer_close(&sim->peers[2]);
	look_long(sim);
	assert_int_equal(sim->verdict, VERDICT_NONE);
	nobody_hangs(sim);
}

static void each_run_of_two_clients_that_take_turns_is_progress(void **state)
{
	struct sim *sim = *state;
	struct peer *peers[2];
	unsigned int i;

	sim->opt.shm = false;
	sim_begin(sim);
	peers[0] = peer_join(sim, 1);
	peers[1] = peer_join(sim, 2);
	is_started(peers[0]);
	wait_for(sim, peers[0], 1000);
	is_started(peers[1]);
	wait_for(sim, peers[1], 2000);
	for (i = 0; i < 50; i++) {
		gets_msg(sim, peers[i % 2], RUN, 1000 * (i + 1));
		look(sim, WATCHDOG_LOOKS / 2);
		wait_for(sim, peers[i % 2], 1000 * (i + 3));
	}
	nobody_hangs(sim);
}

static void with_abort_a_hang_is_the_end(void **state)
{
	struct sim *sim = *state;
	struct peer *a;

	sim->opt.on_hang = ON_HANG_ABORT;
	sim_begin(sim);
	a = peer_join(sim, 1);
	is_started_with_memory(a);
	look_long(sim);
	assert_int_equal(sim->verdict, VERDICT_HANG);
	hangs(sim, "client 0x1 (slot 1)");
}

/* what a client's process does when it has been started */
static void spin(void)
{
	for (;;)
		;
}

static void yield(void)
{
	for (;;)
		sched_yield();
}

static void stop(void)
{
	raise(SIGSTOP);
}

static void block(void)
{
	int ends[2];
	char byte;

	if (!pipe(ends) && read(ends[0], &byte, 1) != 1)
		_exit(1);
}

/* as a machine does whose guest spins */
static void trace(void)
{
	int status;
	pid_t pid = fork();

	if (!pid) {
		/* if nobody kills it */
		alarm(LIMIT_S);
		prctl(PR_SET_NAME, "a\033\nb) R");
		ptrace(PTRACE_TRACEME, 0, NULL, NULL);
		raise(SIGSTOP);
		spin();
	}
	waitpid(pid, &status, 0);
	ptrace(PTRACE_CONT, pid, NULL, NULL);
	waitpid(pid, &status, 0);
}

/* as a machine does whose kernel spins */
static void trace_and_spin(void)
{
	int status;
	pid_t pid = fork();

	if (!pid) {
		ptrace(PTRACE_TRACEME, 0, NULL, NULL);
		raise(SIGSTOP);
	}
	waitpid(pid, &status, 0);
	spin();
}

/**
 * struct spawned - a client that is a process of its own
 *
 * @pid: the process
 * @client: the client
 */
struct spawned {
	pid_t pid;
	struct client *client;
};

static void spawn(struct sim *sim, struct spawned *spawned, uint64_t name,
		  void (*hang)(void))
{
	struct um_timetravel_msg msg = { .op = START, .seq = 1, .time = name };
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	int listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	socklen_t len = sizeof(addr);
	int fd;

	/* the kernel picks an abstract name */
	assert_int_equal(bind(listener, (struct sockaddr *)&addr,
			      sizeof(sa_family_t)), 0);
	assert_int_equal(listen(listener, 1), 0);
	assert_int_equal(getsockname(listener, (struct sockaddr *)&addr, &len),
			 0);
	spawned->pid = fork();
	assert_true(spawned->pid >= 0);
	if (!spawned->pid) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		close(listener);
		fd = socket(AF_UNIX, SOCK_STREAM, 0);
		if (connect(fd, (struct sockaddr *)&addr, len) ||
		    send(fd, &msg, sizeof(msg), 0) != sizeof(msg) ||
		    recv(fd, &msg, sizeof(msg), MSG_WAITALL) != sizeof(msg))
			_exit(1);
		hang();
		_exit(0);
	}
	fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
	assert_true(fd >= 0);
	close(listener);
	assert_int_equal(controller_add(&sim->ctl, fd), 0);
	spawned->client = TAILQ_LAST(&sim->ctl.clients.all, client_list);
}

/* wait until the process does what it will do, for the state is read once */
static void wait_until_does(const struct spawned *spawned, const char *what)
{
	char text[512];

	do {
		usleep(1000);
		process_describe(spawned->pid, text, sizeof(text));
	} while (!strstr(text, what));
}

static void kill_spawned(struct spawned *spawned)
{
	process_kill(spawned->pid);
	waitpid(spawned->pid, NULL, 0);
}

static void what_its_process_does_is_said(void **state)
{
	static const struct {
		void (*hang)(void);
		const char *does;
	} rows[] = {
		{ spin, ") runs" },
		{ yield, ") runs" },
		{ stop, ") is stopped by a signal, kill -CONT " },
		{ block, ") is blocked in read of descriptor " },
		{ trace, ") is blocked in wait4" },
		{ trace, " (a??b) R) runs" },
		{ trace_and_spin, ") runs" },
	};
	struct sim *sim = *state;
	struct spawned spawned;
	char pid[64], log[2048];
	unsigned int i;

	sim->opt.keep = true;
	sim_begin(sim);
	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		spawn(sim, &spawned, i, rows[i].hang);
		while (spawned.client->state != CLIENT_RUNNING)
			sim_settle(sim);
		wait_until_does(&spawned, rows[i].does);
		look_long(sim);
		strcpy(log, sim_log(sim));
		snprintf(pid, sizeof(pid), "; process %d (", (int)spawned.pid);
		assert_non_null(strstr(log, HANGS));
		assert_non_null(strstr(log, "last message was START; "));
		assert_non_null(strstr(log, pid));
		assert_non_null(strstr(log, "test_watchdog"));
		assert_non_null(strstr(log, rows[i].does));
		assert_non_null(strstr(log, " %\n"));
		/* a traced process that stands still is worth no word */
		if (rows[i].hang == trace_and_spin)
			assert_null(strstr(log, "traced"));
		kill_spawned(&spawned);
		sim_settle(sim);
		sim_log(sim);
	}
}

static void a_client_that_a_debugger_has_stopped_is_said_to_be_so(void **state)
{
	struct sim *sim = *state;
	struct spawned spawned;
	char tracer[128];

	sim_begin(sim);
	spawn(sim, &spawned, 1, spin);
	while (spawned.client->state != CLIENT_RUNNING)
		sim_settle(sim);
	assert_int_equal(ptrace(PTRACE_ATTACH, spawned.pid, NULL, NULL), 0);
	assert_int_equal(waitpid(spawned.pid, NULL, 0), spawned.pid);
	look_long(sim);
	snprintf(tracer, sizeof(tracer),
		 ") is stopped by its tracer, process %d (test_watchdog); ",
		 (int)getpid());
	assert_non_null(strstr(sim_log(sim), tracer));
	kill_spawned(&spawned);
}

/* between the test and what a client has started */
static int helper_pipe[2];

/* it ends, and leaves its connection to a child */
static void leave(void)
{
	char byte;

	if (!fork()) {
		close(helper_pipe[1]);
		/* until the test is over */
		_exit(read(helper_pipe[0], &byte, 1) != 0);
	}
}

static void a_client_that_has_ended_and_left_its_connection_is_said_to_have(void **state)
{
	struct sim *sim = *state;
	struct spawned spawned;
	char parent[128];

	sim->opt.on_hang = ON_HANG_KILL;
	sim_begin(sim);
	assert_int_equal(pipe2(helper_pipe, O_CLOEXEC), 0);
	spawn(sim, &spawned, 1, leave);
	while (spawned.client->state != CLIENT_RUNNING)
		sim_settle(sim);
	assert_int_equal(waitid(P_PID, spawned.pid, NULL, WEXITED | WNOWAIT),
			 0);
	look_long(sim);
	snprintf(parent, sizeof(parent),
		 ") has ended, and is not waited for by process %d (test_watchdog); ",
		 (int)getpid());
	assert_non_null(strstr(sim_log(sim), parent));
	sim_settle(sim);
	assert_int_equal(sim->verdict, VERDICT_HANG);
	waitpid(spawned.pid, NULL, 0);
	close(helper_pipe[0]);
	close(helper_pipe[1]);
}

static void half_a_message_is_mentioned(void **state)
{
	struct sim *sim = *state;
	struct peer *a;

	sim_begin(sim);
	a = peer_join(sim, 1);
	is_started_with_memory(a);
	peer_send_raw(a, "1234567", 7);
	look_long(sim);
	assert_non_null(strstr(sim_log(sim),
			       "its last message was START, and a part of another; "));
}

static void with_kill_its_process_is_killed_and_the_others_go_on(void **state)
{
	struct sim *sim = *state;
	struct spawned spawned;
	struct peer *a;
	int status;

	sim->opt.on_hang = ON_HANG_KILL;
	sim_begin(sim);
	a = peer_join(sim, 2);
	is_started_with_memory(a);
	spawn(sim, &spawned, 1, stop);
	while (spawned.client->state == CLIENT_CONNECTED)
		sim_settle(sim);
	memory_wait_for(sim, a, 0, 1000);
	sim_settle(sim);
	assert_int_equal(spawned.client->state, CLIENT_RUNNING);
	look_long(sim);
	assert_int_equal(waitpid(spawned.pid, &status, 0), spawned.pid);
	assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
	assert_non_null(strstr(sim_log(sim), LOG_PREFIX
			       "client 0x1 (slot 2): killed because it hangs; connection closed\n"));
	gets_msg(sim, a, RUN, 1000);
	assert_int_equal(sim->verdict, VERDICT_NONE);
	peer_close(a);
	sim_settle(sim);
	/* all have gone, but that is not all */
	assert_int_equal(sim->verdict, VERDICT_HANG);
}

/* one that was spawned, and a process that it has started */
static void are_killed_together(struct sim *sim, void (*hang)(void),
				pid_t (*find)(const struct spawned *spawned))
{
	struct spawned spawned;
	int status;
	pid_t other;

	sim->opt.on_hang = ON_HANG_KILL;
	sim_begin(sim);
	/* or nobody would know when the other one is dead */
	assert_int_equal(prctl(PR_SET_CHILD_SUBREAPER, 1), 0);
	spawn(sim, &spawned, 1, hang);
	while (spawned.client->state != CLIENT_RUNNING)
		sim_settle(sim);
	other = find(&spawned);
	look_long(sim);
	assert_int_equal(waitpid(spawned.pid, NULL, 0), spawned.pid);
	/* the first one may have found time to wait for the other one */
	if (waitpid(other, &status, 0) == other)
		assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
	else
		assert_int_equal(kill(other, 0), -1);
	assert_int_equal(prctl(PR_SET_CHILD_SUBREAPER, 0), 0);
}

static pid_t find_running(const struct spawned *spawned)
{
	static const char before[] = "traced process ";
	char text[512];

	wait_until_does(spawned, before);
	process_describe(spawned->pid, text, sizeof(text));
	return atoi(strstr(text, before) + strlen(before));
}

static void what_a_killed_process_traces_is_killed_too(void **state)
{
	are_killed_together(*state, trace, find_running);
}

static int sleep_for_ever(void *unused)
{
	(void)unused;
	for (;;)
		pause();
	return 0;
}

/* as the helpers of a machine are */
static void start_helper(void)
{
	static char stack[65536] __attribute__((aligned(16)));
	pid_t pid = clone(sleep_for_ever, stack + sizeof(stack),
			  CLONE_VM | SIGCHLD, NULL);

	if (write(helper_pipe[1], &pid, sizeof(pid)) == sizeof(pid))
		sleep_for_ever(NULL);
}

static pid_t find_helper(const struct spawned *spawned)
{
	pid_t pid;

	(void)spawned;
	assert_int_equal(read(helper_pipe[0], &pid, sizeof(pid)), sizeof(pid));
	return pid;
}

static void a_helper_that_shares_its_memory_is_killed_too(void **state)
{
	assert_int_equal(pipe2(helper_pipe, O_CLOEXEC), 0);
	are_killed_together(*state, start_helper, find_helper);
	close(helper_pipe[0]);
	close(helper_pipe[1]);
}

static void start_child(void)
{
	pid_t pid = fork();

	if (!pid) {
		alarm(LIMIT_S);
		sleep_for_ever(NULL);
	}
	if (write(helper_pipe[1], &pid, sizeof(pid)) == sizeof(pid))
		sleep_for_ever(NULL);
}

static void its_other_children_are_not_killed(void **state)
{
	struct sim *sim = *state;
	struct spawned spawned;
	pid_t child;

	sim->opt.on_hang = ON_HANG_KILL;
	sim_begin(sim);
	assert_int_equal(pipe2(helper_pipe, O_CLOEXEC), 0);
	spawn(sim, &spawned, 1, start_child);
	while (spawned.client->state != CLIENT_RUNNING)
		sim_settle(sim);
	child = find_helper(&spawned);
	look_long(sim);
	assert_int_equal(waitpid(spawned.pid, NULL, 0), spawned.pid);
	assert_int_equal(kill(child, SIGKILL), 0);
	close(helper_pipe[0]);
	close(helper_pipe[1]);
}

static void a_later_process_of_that_number_is_not_killed(void **state)
{
	struct sim *sim = *state;
	struct spawned spawned;

	sim->opt.on_hang = ON_HANG_KILL;
	sim_begin(sim);
	spawn(sim, &spawned, 1, stop);
	while (spawned.client->state != CLIENT_RUNNING)
		sim_settle(sim);
	/* as if it had connected before that process began */
	spawned.client->connected = process_born(spawned.pid) - 1;
	look_long(sim);
	assert_non_null(strstr(sim_log(sim),
			       "has ended, and left its connection to another one"));
	assert_int_equal(kill(spawned.pid, 0), 0);
	/* its connection is closed all the same */
	sim_settle(sim);
	assert_int_equal(sim->verdict, VERDICT_HANG);
	kill_spawned(&spawned);
}

static void a_process_that_is_not_visible_is_said_to_be_so(void **state)
{
	struct sim *sim = *state;
	struct peer *a;

	sim->opt.on_hang = ON_HANG_KILL;
	sim_begin(sim);
	a = peer_join(sim, 1);
	is_started_with_memory(a);
	/* as one in another container is */
	TAILQ_FIRST(&sim->ctl.clients.all)->pid = 0;
	look_long(sim);
	assert_non_null(strstr(sim_log(sim),
			       "its process is not visible from here\n"));
	sim_settle(sim);
	assert_int_equal(sim->verdict, VERDICT_HANG);
}

static void without_a_watchdog_no_timer_runs(void **state)
{
	struct sim *sim = *state;

	sim->opt.watchdog = 0;
	sim_begin(sim);
	assert_int_equal(sim->ctl.watchdog.timer.fd, -1);
}

#define WATCH(f) cmocka_unit_test_setup_teardown(f, setup, sim_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		WATCH(a_client_that_runs_without_progress_hangs),
		WATCH(a_hang_is_said_once_and_its_end_too),
		WATCH(each_message_of_the_running_client_is_progress),
		WATCH(a_message_that_was_not_read_yet_is_progress),
		WATCH(time_that_moves_in_the_memory_is_progress),
		WATCH(a_machine_that_seems_quiet_is_made_to_stop_once),
		WATCH(an_unknown_client_is_not_made_to_stop),
		WATCH(what_waiting_clients_say_is_no_progress),
		WATCH(each_run_of_two_clients_that_take_turns_is_progress),
		WATCH(a_client_that_does_not_acknowledge_a_broadcast_hangs),
		WATCH(a_client_whose_ACK_the_next_one_waits_for_hangs),
		WATCH(looks_that_come_late_do_not_count),
		WATCH(the_timer_itself_tells_late_looks),
		WATCH(nobody_hangs_while_nobody_runs),
		WATCH(what_its_process_does_is_said),
		WATCH(a_client_that_a_debugger_has_stopped_is_said_to_be_so),
		WATCH(a_client_that_has_ended_and_left_its_connection_is_said_to_have),
		WATCH(half_a_message_is_mentioned),
		WATCH(a_process_that_is_not_visible_is_said_to_be_so),
		WATCH(with_abort_a_hang_is_the_end),
		WATCH(with_kill_its_process_is_killed_and_the_others_go_on),
		WATCH(what_a_killed_process_traces_is_killed_too),
		WATCH(a_helper_that_shares_its_memory_is_killed_too),
		WATCH(its_other_children_are_not_killed),
		WATCH(a_later_process_of_that_number_is_not_killed),
		WATCH(without_a_watchdog_no_timer_runs),
		WATCH(a_watchdog_is_there_where_CI_is_set),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
