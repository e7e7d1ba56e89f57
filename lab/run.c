// SPDX-License-Identifier: GPL-2.0
/*
 * A run: start the controller and the machines, let machines join, and end all.
 *
 * Theory of operation
 *
 * Whatever decides what comes out happens at an instant of simulated time that is
 * the same in every run, while no time passes. There are four such instants:
 *
 * - Machine A, which others are to come after, has been set up. It spins until we
 *   remove its file `waiting`; before that we start the others, one at a time, and
 *   see each of them send START.
 * - It is the time at which a machine joins. The clock, a client of ours, runs, and
 *   waits for a word from us.
 * - The last machine that matters has written its result, and others are expected
 *   to run for ever. It spins until we remove its file `ended`; before that we kill
 *   the others.
 * - The lab's stop. The clock runs, so all machines wait when we kill them.
 *
 * The controller's log tells who has sent START, and who hangs.
 *
 * With --jobs there is no such instant, because a machine that stands does not hold
 * the others. So only labs that need none may have it: plan_needs_one_group().
 */

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

#include "plan.h"
#include "proc.h"
#include "run.h"
#include "rundir.h"
#include "simtime.h"
#include "stack.h"

/* real time, ns */
#define TICK NSEC_PER_SEC
#define GATE_TICK (2 * 1000000ULL)
#define SERVING_PATIENCE (10 * NSEC_PER_SEC)
#define START_PATIENCE (60 * NSEC_PER_SEC)
#define END_PATIENCE (10 * NSEC_PER_SEC)

static uint64_t now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * NSEC_PER_SEC + ts.tv_nsec;
}

static void fail(struct run *run, const char *text)
{
	if (!run->failure)
		run->failure = text;
}

#define MEMBER_FOREACH(member, run) \
	for ((member) = (run)->members; \
	     (member) < (run)->members + (run)->lab->nr_machines; (member)++)

static struct member *find(struct run *run, uint64_t id)
{
	if (!id || id > run->lab->nr_machines)
		return NULL;
	return &run->members[id - 1];
}

static void on_serving(void *data)
{
	struct run *run = data;

	run->serving = true;
}

static void on_started(void *data, uint64_t id)
{
	struct run *run = data;
	struct member *member = find(run, id);

	if (!member)
		return;
	member->joined = true;
	run->last_start = now();
	progress_event(&run->progress, member->machine->name, "started");
}

static void on_hang(void *data, uint64_t id, const char *text)
{
	struct run *run = data;
	struct member *member = find(run, id);
	const char *stack = NULL, *end = strstr(text, "; process ");

	if (!member || member->ending.killed || !member->pid)
		return;
	/* the rest, on its process, is in the log */
	text = pool_strndup(run->pool, text, end ? (size_t)(end - text) :
						   strlen(text));
	if (!member->machine->simulator)
		stack = stack_write(run->pool, member->pid, member->directory);
	if (stack)
		text = pool_printf(run->pool, "%s; it is in %s()", text, stack);
	member->ending.why = OUTCOME_HANG;
	member->ending.killed = text;
	fail(run, pool_printf(run->pool, "%s %s", member->machine->name, text));
}

static void on_time(void *data, uint64_t time)
{
	struct run *run = data;

	run->progress.time = time;
	/* without a clock that is exact */
	if (run->jobs && time >= run->lab->stop)
		run->stopped = true;
}

static const struct follow_ops follow_ops = {
	.serving = on_serving,
	.started = on_started,
	.hangs = on_hang,
	.time = on_time,
};

/* its output goes to the file, from the beginning */
static int open_output(struct run *run, const char *directory,
		       const char *name)
{
	const char *path = pool_printf(run->pool, "%s/%s", directory, name);
	int fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666);

	if (fd < 0)
		fail(run, pool_printf(run->pool, "%s: %s", path,
				      strerror(errno)));
	return fd;
}

static void start_simulator(struct run *run, struct member *member,
			    struct spawn *spawn)
{
	struct words env = plan_simulator_env(run->pool, member->machine,
					      run->directory);
	const char **argv = pool_alloc(run->pool, 4 * sizeof(*argv));

	argv[0] = "sh";
	argv[1] = "-c";
	argv[2] = member->machine->simulator;
	spawn->path = "/bin/sh";
	spawn->argv = argv;
	spawn->env = env.word;
	spawn->fd[1] = open_output(run, member->directory, "output");
	spawn->fd[2] = spawn->fd[1];
	member->pid = proc_start(spawn);
	close(spawn->fd[1]);
}

static void start_machine(struct run *run, struct member *member,
			  struct spawn *spawn)
{
	struct words argv = plan_machine(run->pool, run->lab, run->host,
					  member->machine);
	bool terminal = member->machine->shell ||
			run->debugged == member->machine;
	struct words env = plan_machine_env(run->pool, terminal);

	spawn->path = run->host->kernel;
	if (run->debugged == member->machine) {
		spawn->path = "gdb";
		argv = plan_gdb(run->pool, run->host, &argv);
	}
	spawn->argv = argv.word;
	spawn->env = env.word;
	spawn->same_addresses = true;
	spawn->fd[2] = open_output(run, member->directory, "host");
	if (terminal) {
		spawn->terminal = true;
		spawn->fd[0] = STDIN_FILENO;
		spawn->fd[1] = STDOUT_FILENO;
		member->pid = proc_start(spawn);
	} else {
		spawn->fd[1] = open_output(run, member->directory, "console");
		member->pid = proc_start(spawn);
		close(spawn->fd[1]);
	}
	close(spawn->fd[2]);
}

static void start(struct run *run, struct member *member)
{
	struct spawn spawn = {
		.directory = member->directory,
		.fd = { -1, -1, -1 },
	};

	member->ending.started = true;
	if (member->machine->simulator)
		start_simulator(run, member, &spawn);
	else
		start_machine(run, member, &spawn);
	if (member->pid < 0) {
		fail(run, pool_printf(run->pool, "cannot start %s: %s",
				      member->machine->name,
				      strerror(-member->pid)));
		member->pid = 0;
		member->ending.started = false;
		return;
	}
	guard_add(&run->guard, member->pid);
	run->last_start = now();
}

static void kill_member(struct member *member, enum outcome why,
			const char *text)
{
	if (!member->pid)
		return;
	if (!member->ending.killed) {
		member->ending.killed = text;
		member->ending.why = why;
	}
	proc_kill(member->pid);
}

/* the process has ended: with @status, from waitpid() */
static void member_ended(struct run *run, struct member *member, int status)
{
	/* what it has started goes with it */
	proc_kill(member->pid);
	guard_remove(&run->guard, member->pid);
	member->pid = 0;
	member->ending.status = status;
	if (run->joining == member)
		run->joining = NULL;
	progress_event(&run->progress, member->machine->name, "ended");
	/* its last word may still be in the log */
	if (run->log.log)
		follow_read(&run->log);
	if (member->joined || member->ending.killed)
		return;
	result_read(run->pool, member->machine, member->directory,
		    &member->ending, &member->result);
	fail(run, pool_printf(run->pool, "%s did not start: %s",
			      member->machine->name, member->result.text));
}

static void reap(struct run *run)
{
	struct member *member;
	int status;

	MEMBER_FOREACH(member, run)
		if (member->pid &&
		    waitpid(member->pid, &status, WNOHANG) == member->pid)
			member_ended(run, member, status);
	if (run->clock.pid &&
	    waitpid(run->clock.pid, NULL, WNOHANG) == run->clock.pid) {
		guard_remove(&run->guard, run->clock.pid);
		run->clock.pid = 0;
	}
	if (run->controller &&
	    waitpid(run->controller, &run->controller_status, WNOHANG) ==
	    run->controller) {
		guard_remove(&run->guard, run->controller);
		run->controller = 0;
		run->controller_ended = true;
		follow_read(&run->log);
		run->deadline = now() + END_PATIENCE;
	}
}

static void read_signals(struct run *run)
{
	struct signalfd_siginfo info;

	while (read(run->signals, &info, sizeof(info)) == sizeof(info)) {
		/* at a terminal that is meant for gdb */
		if (info.ssi_signo != SIGCHLD &&
		    !(info.ssi_signo == SIGINT && run->debugged))
			run->signal = info.ssi_signo;
	}
}

static void read_clock(struct run *run)
{
	uint64_t time;

	if (read(run->clock.reached, &time, sizeof(time)) != sizeof(time)) {
		close(run->clock.reached);
		run->clock.reached = -1;
		return;
	}
	run->at = time;
	run->progress.time = time;
	run->stopped = time >= run->lab->stop;
}

/* once a second */
static void tick(struct run *run)
{
	struct member *member;

	run->progress.wall = now() - run->began;
	if (run->progress.wall - run->progress.last_wall < TICK ||
	    (run->how == PROGRESS_NONE && !run->jobs))
		return;
	run->progress.up = 0;
	MEMBER_FOREACH(member, run)
		run->progress.up += member->pid != 0;
	progress_show(&run->progress);
	if (run->controller && run->serving && !run->log.asked) {
		run->log.asked++;
		kill(run->controller, SIGUSR1);
	}
}

/* wait until something happens, at most @timeout of real time, and handle it */
static void step(struct run *run, uint64_t timeout)
{
	struct pollfd ready[] = {
		{ .fd = run->signals, .events = POLLIN },
		{ .fd = run->log.fd, .events = POLLIN },
		{ .fd = run->clock.pid ? run->clock.reached : -1,
		  .events = POLLIN },
	};

	poll(ready, 3, timeout / 1000000);
	if (ready[0].revents)
		read_signals(run);
	if (ready[1].revents && !follow_read(&run->log)) {
		close(run->log.fd);
		run->log.fd = -1;
	}
	if (ready[2].revents)
		read_clock(run);
	reap(run);
	tick(run);
}

static bool is_over(const struct member *member)
{
	return member->ending.started && !member->pid;
}

static bool has_file(const struct member *member, const char *name)
{
	return member->pid && rundir_has(member->directory, name);
}

static void remove_file(struct run *run, const struct member *member,
			const char *name)
{
	unlink(pool_printf(run->pool, "%s/%s", member->directory, name));
}

/* have all that it comes after been set up? */
static bool may_start(const struct run *run, const struct member *member)
{
	const struct machine *machine = member->machine;
	size_t i;

	if (member->ending.started || machine->join || !machine->nr_after)
		return false;
	for (i = 0; i < machine->nr_after; i++)
		if (!run->members[machine->after[i]->id - 1].passed)
			return false;
	return true;
}

/* start the next machine that comes late; false if there is none now */
static bool start_late(struct run *run, uint64_t join)
{
	struct member *member;

	MEMBER_FOREACH(member, run) {
		if (join && (member->ending.started ||
			     member->machine->join != join))
			continue;
		if (!join && !may_start(run, member))
			continue;
		start(run, member);
		run->joining = member;
		return true;
	}
	return false;
}

/* machines that have been set up, and spin until others have joined */
static void handle_gates(struct run *run)
{
	struct member *member;

	MEMBER_FOREACH(member, run) {
		if (!member->machine->is_gate || !has_file(member, "waiting"))
			continue;
		member->passed = true;
		if (start_late(run, 0))
			return;
		remove_file(run, member, "waiting");
	}
}

/* the clock stands, and machines join at its time */
static void handle_clock(struct run *run)
{
	if (!run->at || run->stopped || start_late(run, run->at))
		return;
	run->at = 0;
	clock_go_on(&run->clock);
}

static bool is_essential(const struct run *run, const struct member *member)
{
	return plan_is_essential(run->lab, member->machine);
}

/* have all that matter ended, or spin at their end? */
static bool all_at_end(struct run *run)
{
	struct member *member;

	MEMBER_FOREACH(member, run)
		if (is_essential(run, member) && !is_over(member) &&
		    !has_file(member, "ended"))
			return false;
	return true;
}

/* kill those that are expected to run for ever; false while they are there */
static bool end_others(struct run *run)
{
	struct member *member;
	bool gone = true;

	MEMBER_FOREACH(member, run) {
		if (is_essential(run, member) || member->machine->simulator ||
		    !member->pid)
			continue;
		kill_member(member, OUTCOME_RUNNING, "running");
		gone = false;
	}
	return gone;
}

/* machines that spin at their end */
static void handle_ends(struct run *run)
{
	struct member *member;

	MEMBER_FOREACH(member, run) {
		if (!has_file(member, "ended"))
			continue;
		if (all_at_end(run) && !end_others(run))
			return;
		remove_file(run, member, "ended");
	}
}

/* can a machine that was not started still be? */
static bool is_coming(const struct run *run, const struct member *member,
		      size_t depth)
{
	const struct machine *machine = member->machine;
	const struct member *other;
	size_t i;

	if (member->ending.started)
		return member->pid || member->passed;
	for (i = 0; i < machine->nr_after; i++) {
		other = &run->members[machine->after[i]->id - 1];
		if (!other->passed &&
		    (!depth || !is_coming(run, other, depth - 1)))
			return false;
	}
	return true;
}

/* is there nothing more to wait for? */
static bool is_done(struct run *run)
{
	struct member *member;

	MEMBER_FOREACH(member, run) {
		if (!is_essential(run, member))
			continue;
		if (member->pid || (!member->ending.started &&
				    is_coming(run, member,
					      run->lab->nr_machines)))
			return false;
	}
	return true;
}

/* machines that run, but do not take part */
static void check_starts(struct run *run)
{
	struct member *member;

	if (run->debugged || now() - run->last_start < START_PATIENCE)
		return;
	MEMBER_FOREACH(member, run)
		if (member->pid && !member->joined)
			fail(run, pool_printf(run->pool, "%s did not start: it runs, but has sent no START for %llu s",
					      member->machine->name,
					      START_PATIENCE / NSEC_PER_SEC));
}

/* why the controller ended, if not because all was over */
static void check_controller(struct run *run)
{
	int status = run->controller_status;

	if (!run->controller_ended || (WIFEXITED(status) && !WEXITSTATUS(status)))
		return;
	if (WIFEXITED(status) && WEXITSTATUS(status) == 3)
		fail(run, pool_strdup(run->pool, run->log.last));
	else if (WIFEXITED(status))
		fail(run, pool_printf(run->pool, "the controller ended with status %d: %s",
				      WEXITSTATUS(status), run->log.last));
	else
		fail(run, pool_printf(run->pool, "the controller was killed by signal %d",
				      WTERMSIG(status)));
}

static void check_limits(struct run *run)
{
	if (now() - run->began >= run->lab->timeout)
		fail(run, pool_printf(run->pool, "not done after %s of real time",
				      value_print_time(run->pool,
						       run->lab->timeout)));
	check_starts(run);
	check_controller(run);
}

/* does anybody make a file that we have to look for? */
static bool must_look(const struct run *run)
{
	const struct member *member;

	MEMBER_FOREACH(member, run)
		if (member->pid &&
		    ((member->machine->is_gate && !member->passed) ||
		     plan_needs_hold(run->lab, member->machine)))
			return true;
	return false;
}

static void run_machines(struct run *run)
{
	struct member *member;

	MEMBER_FOREACH(member, run)
		if (!member->machine->nr_after && !member->machine->join &&
		    !run->failure)
			start(run, member);
	while (!run->failure && !run->signal && !run->stopped &&
	       !is_done(run)) {
		if (run->controller_ended && now() >= run->deadline)
			break;
		step(run, must_look(run) ? GATE_TICK : TICK);
		if (!run->joining || run->joining->joined) {
			run->joining = NULL;
			handle_gates(run);
			handle_clock(run);
			handle_ends(run);
		}
		check_limits(run);
	}
}

/* is there a process of ours besides the controller? */
static bool has_members(const struct run *run)
{
	const struct member *member;

	MEMBER_FOREACH(member, run)
		if (member->pid)
			return true;
	return false;
}

static void kill_members(struct run *run, enum outcome why, const char *text,
			 bool simulators)
{
	struct member *member;

	MEMBER_FOREACH(member, run)
		if (simulators || !member->machine->simulator)
			kill_member(member, why, text);
}

static void end_members(struct run *run)
{
	/* one that has written its result is about to end by itself */
	if (run->failure || run->signal)
		kill_members(run, OUTCOME_KILLED,
			     run->failure ? "ended early" : "interrupted", true);
	else if (run->stopped)
		kill_members(run, OUTCOME_STOPPED,
			     pool_printf(run->pool, "running at the stop, after %s",
					 value_print_time(run->pool,
							  run->lab->stop)),
			     true);
	else if (run->controller_ended)
		kill_members(run, OUTCOME_KILLED, "the controller ended before it",
			     true);
	else
		kill_members(run, OUTCOME_RUNNING, "running", false);
	if (run->clock.pid)
		proc_kill(run->clock.pid);
	if ((run->failure || run->signal) && run->controller)
		kill(run->controller, SIGTERM);
}

/* the controller ends with its last client, simulators a little later */
static void end_run(struct run *run)
{
	uint64_t limit = now() + END_PATIENCE;
	bool told = false;

	run->wall = now() - run->began;
	end_members(run);
	while (run->controller || has_members(run) || run->clock.pid) {
		if (now() >= limit && !told) {
			kill_members(run, OUTCOME_RUNNING, "running", true);
			if (run->controller)
				kill(run->controller, SIGTERM);
			told = true;
			limit = now() + END_PATIENCE;
		} else if (now() >= limit) {
			if (run->controller)
				proc_kill(run->controller);
			kill_members(run, OUTCOME_KILLED, "killed", true);
		}
		step(run, TICK / 10);
	}
	follow_read(&run->log);
}

static bool start_controller(struct run *run)
{
	unsigned int clients = !run->jobs;
	struct member *member;
	struct words argv;
	struct spawn spawn = { .directory = run->directory };
	int fds[2];

	/* the clock is one of them */
	MEMBER_FOREACH(member, run)
		clients += !member->machine->nr_after && !member->machine->join;
	argv = plan_controller(run->pool, run->lab, run->host, clients,
			       run->jobs);
	run->log.log = rundir_create(run->pool, run->directory,
				     "controller.log");
	if (!run->log.log || pipe2(fds, O_CLOEXEC))
		return false;
	fcntl(fds[0], F_SETFL, O_NONBLOCK);
	run->log.fd = fds[0];
	spawn.path = run->host->controller;
	spawn.argv = argv.word;
	spawn.fd[0] = -1;
	spawn.fd[1] = fds[1];
	spawn.fd[2] = fds[1];
	run->controller = proc_start(&spawn);
	close(fds[1]);
	if (run->controller < 0) {
		fail(run, pool_printf(run->pool, "cannot start the controller: %s",
				      strerror(-run->controller)));
		run->controller = 0;
		return false;
	}
	guard_add(&run->guard, run->controller);
	while (!run->serving && !run->controller_ended && !run->signal &&
	       now() - run->began < SERVING_PATIENCE)
		step(run, TICK);
	if (!run->serving && !run->signal)
		fail(run, pool_printf(run->pool, "the controller does not start: %s",
				      run->log.last));
	return run->serving;
}

static int compare_times(const void *a, const void *b)
{
	const uint64_t *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

static bool start_clock(struct run *run)
{
	size_t nr = 0, i, j;
	uint64_t *times;
	int ret;

	times = pool_alloc(run->pool,
			   (run->lab->nr_machines + 1) * sizeof(*times));
	for (i = 0; i < run->lab->nr_machines; i++)
		if (run->lab->machines[i].join)
			times[nr++] = run->lab->machines[i].join;
	times[nr++] = run->lab->stop;
	qsort(times, nr, sizeof(*times), compare_times);
	for (i = j = 0; i < nr; i++)
		if (!i || times[i] != times[i - 1])
			times[j++] = times[i];
	ret = clock_start(&run->clock, run->directory, CLOCK_SOCKET,
			  run->lab->nr_machines + 1, times, j, run->real_time);
	if (ret) {
		run->clock.pid = 0;
		fail(run, pool_printf(run->pool, "cannot start the clock: %s",
				      strerror(-ret)));
		return false;
	}
	guard_add(&run->guard, run->clock.pid);
	return true;
}

/* from now on signals come as events */
static bool take_signals(struct run *run, sigset_t *before)
{
	static const int wanted[] = {
		SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGCHLD,
	};
	sigset_t set;
	size_t i;

	sigemptyset(&set);
	for (i = 0; i < sizeof(wanted) / sizeof(*wanted); i++)
		sigaddset(&set, wanted[i]);
	sigprocmask(SIG_BLOCK, &set, before);
	run->signals = signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
	return run->signals >= 0;
}

static void make_members(struct run *run)
{
	const struct lab *lab = run->lab;
	size_t i;

	run->members = pool_alloc(run->pool,
				  lab->nr_machines * sizeof(*run->members));
	for (i = 0; i < lab->nr_machines; i++) {
		run->members[i].machine = &lab->machines[i];
		run->members[i].directory =
			pool_printf(run->pool, "%s/%s", run->directory,
				    lab->machines[i].name);
	}
}

/* what came out; the simulated time that it took */
static void read_results(struct run *run)
{
	struct member *member;

	run->stopped = false;
	MEMBER_FOREACH(member, run) {
		result_read(run->pool, member->machine, member->directory,
			    &member->ending, &member->result);
		if (member->result.has_times &&
		    member->machine->join + member->result.ended > run->time)
			run->time = member->machine->join +
				    member->result.ended;
		/* if it came too late to stop anybody, it did not stop us */
		run->stopped |= member->result.outcome == OUTCOME_STOPPED;
	}
	if (run->stopped)
		run->time = run->lab->stop;
	else if (!run->time)
		run->time = run->progress.time;
}

/**
 * run_lab - run a lab
 * @run: its first members are set, the others 0; filled in
 *
 * Return: false if nothing was run; a line on standard error says why.
 */
bool run_lab(struct run *run)
{
	struct termios terminal;
	bool has_terminal = !tcgetattr(STDIN_FILENO, &terminal);
	sigset_t before;
	int ret;

	run->began = now();
	run->log = (struct follow) {
		.fd = -1,
		.ops = &follow_ops,
		.data = run,
	};
	run->progress = (struct progress) {
		.how = run->how,
		.stop = run->lab->stop,
		.machines = run->lab->nr_machines,
	};
	make_members(run);
	if (!plan_write(run->pool, run->lab, run->host, run->directory) ||
	    !take_signals(run, &before))
		return false;
	ret = guard_start(&run->guard, run->lab, run->directory);
	if (ret) {
		fprintf(stderr, "tt-lab: fork: %s\n", strerror(-ret));
	} else {
		if (start_controller(run) && (run->jobs || start_clock(run)))
			run_machines(run);
		end_run(run);
		guard_stop(&run->guard);
	}
	/* a machine that had it may have been killed */
	if (has_terminal)
		tcsetattr(STDIN_FILENO, TCSANOW, &terminal);
	progress_clear(&run->progress);
	if (run->log.log)
		fclose(run->log.log);
	rundir_sweep(run->directory, run->lab);
	close(run->signals);
	sigprocmask(SIG_SETMASK, &before, NULL);
	if (!ret)
		read_results(run);
	return !ret;
}
