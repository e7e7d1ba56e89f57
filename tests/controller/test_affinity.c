// SPDX-License-Identifier: GPL-2.0
/*
 * All of a simulation on one CPU: who is moved, and who is put back. The
 * clients' process is this one.
 */
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "harness.h"

static cpu_set_t allowed(pid_t tid)
{
	cpu_set_t set;

	assert_int_equal(sched_getaffinity(tid, sizeof(set), &set), 0);
	return set;
}

static bool equal(cpu_set_t a, cpu_set_t b)
{
	return CPU_EQUAL(&a, &b);
}

static bool is_only(cpu_set_t set, int cpu)
{
	return CPU_COUNT(&set) == 1 && CPU_ISSET(cpu, &set);
}

static int last_of(cpu_set_t set)
{
	int cpu = CPU_SETSIZE;

	while (!CPU_ISSET(--cpu, &set))
		;
	return cpu;
}

/* a set that is neither @cpu alone nor @all, if there can be one */
static cpu_set_t without(cpu_set_t all, int cpu)
{
	if (CPU_COUNT(&all) > 1)
		CPU_CLR(cpu, &all);
	return all;
}

static void a_client_is_moved_and_put_back_when_it_goes(void **state)
{
	struct sim *sim = *state;
	cpu_set_t before = allowed(0);
	struct peer *a;

	sim->opt.cpu = last_of(before);
	sim_begin(sim);
	assert_true(equal(allowed(0), before));
	a = peer_join(sim, 1);
	is_started_with_memory(a);
	assert_true(is_only(allowed(0), sim->opt.cpu));
	peer_close(a);
	sim_settle(sim);
	assert_true(equal(allowed(0), before));
}

static void a_process_is_put_back_when_its_last_client_goes(void **state)
{
	struct sim *sim = *state;
	cpu_set_t before = allowed(0);
	struct peer *peers[3];
	int i;

	sim->opt.cpu = last_of(before);
	sim_begin(sim);
	for (i = 0; i < 3; i++)
		peers[i] = peer_join(sim, i);
	/* whichever comes first, the first one included */
	for (i = 0; i < 3; i++) {
		assert_true(is_only(allowed(0), sim->opt.cpu));
		peer_close(peers[(i + 1) % 3]);
		sim_settle(sim);
	}
	assert_true(equal(allowed(0), before));
	/* and once more */
	sim->verdict = VERDICT_NONE;
	peers[0] = peer_join(sim, 1);
	assert_true(is_only(allowed(0), sim->opt.cpu));
	peer_close(peers[0]);
	sim_settle(sim);
	assert_true(equal(allowed(0), before));
}

static void cpu_none_moves_nobody(void **state)
{
	struct sim *sim = *state;
	cpu_set_t before = allowed(0);
	struct peer *a;

	sim->opt.cpu = CPU_NOWHERE;
	sim_begin(sim);
	a = peer_join(sim, 1);
	is_started_with_memory(a);
	assert_true(equal(allowed(0), before));
}

static void a_client_is_not_moved_before_its_START(void **state)
{
	struct sim *sim = *state;
	cpu_set_t before = allowed(0);

	sim->opt.cpu = last_of(before);
	sim_begin(sim);
	peer_connect(sim);
	sim_settle(sim);
	assert_true(equal(allowed(0), before));
}

static void *wait_for_end(void *end)
{
	pthread_barrier_wait(end);
	pthread_barrier_wait(end);
	return (void *)(uintptr_t)gettid();
}

static void all_threads_of_a_client_are_moved_and_put_back(void **state)
{
	struct sim *sim = *state;
	cpu_set_t before = allowed(0), during, after;
	pthread_barrier_t end;
	pthread_t thread;
	struct peer *a;

	sim->opt.cpu = last_of(before);
	sim_begin(sim);
	assert_int_equal(pthread_barrier_init(&end, NULL, 2), 0);
	assert_int_equal(pthread_create(&thread, NULL, wait_for_end, &end), 0);
	pthread_barrier_wait(&end);
	a = peer_join(sim, 1);
	assert_int_equal(pthread_getaffinity_np(thread, sizeof(during),
						&during), 0);
	peer_close(a);
	sim_settle(sim);
	assert_int_equal(pthread_getaffinity_np(thread, sizeof(after), &after),
			 0);
	pthread_barrier_wait(&end);
	pthread_join(thread, NULL);
	pthread_barrier_destroy(&end);
	assert_true(is_only(during, sim->opt.cpu));
	assert_true(equal(after, before));
}

static void a_client_that_its_user_has_moved_is_not_put_back(void **state)
{
	struct sim *sim = *state;
	cpu_set_t before = allowed(0), there;
	struct peer *a;

	sim->opt.cpu = last_of(before);
	sim_begin(sim);
	a = peer_join(sim, 1);
	there = without(before, sim->opt.cpu);
	assert_int_equal(sched_setaffinity(0, sizeof(there), &there), 0);
	peer_close(a);
	sim_settle(sim);
	assert_true(equal(allowed(0), there));
	assert_int_equal(sched_setaffinity(0, sizeof(before), &before), 0);
}

static void a_second_client_does_not_undo_a_move_by_the_user(void **state)
{
	struct sim *sim = *state;
	cpu_set_t before = allowed(0);
	cpu_set_t there[2] = { before, before };
	struct peer *a, *b;
	int i;

	sim->opt.cpu = last_of(before);
	there[1] = without(before, sim->opt.cpu);
	sim_begin(sim);
	for (i = 0; i < 2; i++) {
		a = peer_join(sim, 1);
		assert_true(is_only(allowed(0), sim->opt.cpu));
		assert_int_equal(sched_setaffinity(0, sizeof(there[i]),
						   &there[i]), 0);
		b = peer_join(sim, 2);
		assert_true(equal(allowed(0), there[i]));
		peer_close(a);
		peer_close(b);
		sim_settle(sim);
		sim->verdict = VERDICT_NONE;
		assert_true(equal(allowed(0), there[i]));
	}
	assert_int_equal(sched_setaffinity(0, sizeof(before), &before), 0);
}

static void a_thread_with_cpus_of_its_own_is_not_moved(void **state)
{
	struct sim *sim = *state;
	cpu_set_t before = allowed(0), during, after, own;
	pthread_barrier_t end;
	pthread_t thread;
	struct peer *a;

	sim->opt.cpu = last_of(before);
	own = without(before, sim->opt.cpu);
	/* with one CPU all threads have the same */
	if (CPU_COUNT(&before) == 1)
		return;
	sim_begin(sim);
	assert_int_equal(pthread_barrier_init(&end, NULL, 2), 0);
	assert_int_equal(pthread_create(&thread, NULL, wait_for_end, &end), 0);
	pthread_barrier_wait(&end);
	assert_int_equal(pthread_setaffinity_np(thread, sizeof(own), &own), 0);
	a = peer_join(sim, 1);
	assert_true(is_only(allowed(0), sim->opt.cpu));
	assert_int_equal(pthread_getaffinity_np(thread, sizeof(during),
						&during), 0);
	peer_close(a);
	sim_settle(sim);
	assert_int_equal(pthread_getaffinity_np(thread, sizeof(after), &after),
			 0);
	pthread_barrier_wait(&end);
	pthread_join(thread, NULL);
	pthread_barrier_destroy(&end);
	assert_true(equal(during, own));
	assert_true(equal(after, own));
	assert_true(equal(allowed(0), before));
}

/* the connection of a process that has sent START and has ended */
static int connection_of_the_dead(bool reaped, pid_t *pid)
{
	const struct um_timetravel_msg start = { .op = START, .seq = 1 };
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	socklen_t len = sizeof(addr);
	int listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	int fd;

	/* the kernel picks an abstract name */
	assert_int_equal(bind(listener, (struct sockaddr *)&addr,
			      sizeof(sa_family_t)), 0);
	assert_int_equal(listen(listener, 1), 0);
	assert_int_equal(getsockname(listener, (struct sockaddr *)&addr, &len),
			 0);
	*pid = fork();
	assert_true(*pid >= 0);
	if (!*pid) {
		fd = socket(AF_UNIX, SOCK_STREAM, 0);
		_exit(connect(fd, (struct sockaddr *)&addr, len) ||
		      send(fd, &start, sizeof(start), 0) != sizeof(start));
	}
	fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
	assert_true(fd >= 0);
	close(listener);
	assert_int_equal(waitid(P_PID, *pid, NULL,
				WEXITED | (reaped ? 0 : WNOWAIT)), 0);
	return fd;
}

static void a_client_that_dies_early_does_not_turn_placement_off(void **state)
{
	struct sim *sim = *state;
	cpu_set_t before = allowed(0);
	struct peer *a;
	int reaped;
	pid_t pid;

	sim->opt.cpu = last_of(before);
	sim_begin(sim);
	for (reaped = 0; reaped < 2; reaped++) {
		assert_int_equal(controller_add(&sim->ctl,
				 connection_of_the_dead(reaped, &pid)), 0);
		sim_settle(sim);
		sim->verdict = VERDICT_NONE;
		if (!reaped)
			waitpid(pid, NULL, 0);
		/* the controller may have followed the client */
		assert_int_equal(sched_setaffinity(0, sizeof(before), &before),
				 0);
	}
	a = peer_join(sim, 1);
	assert_true(is_only(allowed(0), sim->opt.cpu));
	peer_close(a);
	sim_settle(sim);
	assert_true(equal(allowed(0), before));
	assert_string_equal(sim_log(sim), "");
}

static void a_client_that_cannot_be_moved_does_not_keep_others_from_it(void **state)
{
	cpu_set_t before = allowed(0);
	struct affinity aff;
	struct pinned *pinned;

	(void)state;
	affinity_init(&aff, last_of(before), 1);
	assert_null(affinity_pin(&aff, 0));
	pinned = affinity_pin(&aff, getpid());
	assert_non_null(pinned);
	assert_true(is_only(allowed(0), aff.cpu.nr));
	affinity_unpin(&aff, pinned);
	affinity_destroy(&aff);
	assert_true(equal(allowed(0), before));
}

static void a_client_that_may_not_use_the_cpu_stays_off_it(void **state)
{
	struct sim *sim = *state;
	cpu_set_t before = allowed(0), there = before;
	struct peer *a;

	/* with one CPU there is no other to be kept on */
	if (CPU_COUNT(&before) == 1)
		return;
	sim->opt.cpu = last_of(before);
	sim_begin(sim);
	CPU_CLR(sim->opt.cpu, &there);
	assert_int_equal(sched_setaffinity(0, sizeof(there), &there), 0);
	a = peer_join(sim, 1);
	is_started_with_memory(a);
	assert_true(equal(allowed(0), there));
	assert_string_equal(sim_log(sim), "");
	assert_int_equal(sched_setaffinity(0, sizeof(before), &before), 0);
}

static void the_least_busy_cpu_is_chosen(void **state)
{
	cpu_set_t before = allowed(0);
	struct affinity aff;
	struct pinned *pinned;
	int cpu, pair[2];

	(void)state;
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
	for (cpu = 0; cpu < CPU_SETSIZE; cpu++) {
		if (!CPU_ISSET(cpu, &before))
			continue;
		affinity_init(&aff, CPU_AUTO, 1);
		/* whatever else goes on, this one has done less by far */
		aff.cpu.busy[cpu] += 1000000000;
		for (int other = 0; other < CPU_SETSIZE; other++)
			aff.cpu.busy[other] -= 1000000000;
		pinned = affinity_pin(&aff, conn_peer(pair[0]));
		assert_int_equal(aff.cpu.nr, cpu);
		affinity_unpin(&aff, pinned);
		affinity_destroy(&aff);
		assert_int_equal(sched_setaffinity(0, sizeof(before), &before),
				 0);
	}
	close(pair[0]);
	close(pair[1]);
}

static void simulations_choose_different_cpus(void **state)
{
	struct affinity aff[3];
	struct pinned *pinned[3];
	cpu_set_t before = allowed(0);
	int i, pair[2];

	(void)state;
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
	for (i = 0; i < 3; i++) {
		affinity_init(&aff[i], CPU_AUTO, 1);
		pinned[i] = affinity_pin(&aff[i], conn_peer(pair[0]));
		assert_true(is_only(allowed(0), aff[i].cpu.nr));
		assert_true(CPU_ISSET(aff[i].cpu.nr, &before));
		affinity_unpin(&aff[i], pinned[i]);
		assert_int_equal(sched_setaffinity(0, sizeof(before), &before),
				 0);
	}
	/* the third one may have to share, and its CPU can be any */
	if (CPU_COUNT(&before) > 1)
		assert_int_not_equal(aff[0].cpu.nr, aff[1].cpu.nr);
	for (i = 0; i < 3; i++)
		affinity_destroy(&aff[i]);
	close(pair[0]);
	close(pair[1]);
}

static void a_simulation_does_not_choose_a_cpu_that_another_was_given(void **state)
{
	struct affinity told, aff;
	struct pinned *pinned;
	cpu_set_t before = allowed(0);
	int cpu, pair[2];

	(void)state;
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
	for (cpu = 0; CPU_COUNT(&before) > 1 && cpu < CPU_SETSIZE; cpu++) {
		if (!CPU_ISSET(cpu, &before))
			continue;
		affinity_init(&told, cpu, 1);
		affinity_init(&aff, CPU_AUTO, 1);
		pinned = affinity_pin(&aff, conn_peer(pair[0]));
		assert_int_not_equal(aff.cpu.nr, cpu);
		affinity_unpin(&aff, pinned);
		affinity_destroy(&aff);
		affinity_destroy(&told);
		assert_int_equal(sched_setaffinity(0, sizeof(before), &before),
				 0);
	}
	close(pair[0]);
	close(pair[1]);
}

/* in a process of its own: not everybody may leave SCHED_IDLE again */
static int policy_when_pinned(int policy, int cpu, int sock)
{
	struct affinity aff;
	int status;
	pid_t pid = fork();

	if (!pid) {
		if (sched_setscheduler(0, policy, &(struct sched_param){ 0 }))
			_exit(-1);
		affinity_init(&aff, cpu, 1);
		affinity_pin(&aff, conn_peer(sock));
		_exit(sched_getscheduler(0));
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status);
}

static void the_controller_becomes_a_batch_process_on_the_shared_cpu(void **state)
{
	cpu_set_t before = allowed(0);
	int cpu = last_of(before), pair[2];

	(void)state;
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
	assert_int_equal(policy_when_pinned(SCHED_OTHER, cpu, pair[0]),
			 SCHED_BATCH);
	assert_int_equal(policy_when_pinned(SCHED_OTHER, CPU_NOWHERE,
					    pair[0]), SCHED_OTHER);
	/* its user wanted something else */
	assert_int_equal(policy_when_pinned(SCHED_IDLE, cpu, pair[0]),
			 SCHED_IDLE);
	/* these children have moved this process, as their client */
	assert_int_equal(sched_setaffinity(0, sizeof(before), &before), 0);
	close(pair[0]);
	close(pair[1]);
}

/* in a process namespace of its own a peer outside has no number */
static int pin_from_inside(int sock)
{
	struct affinity aff;
	cpu_set_t before = allowed(0);

	affinity_init(&aff, last_of(before), 1);
	if (affinity_pin(&aff, conn_peer(sock)) ||
	    affinity_pin(&aff, conn_peer(sock)))
		return 1;
	return equal(allowed(0), before) ? 0 : 1;
}

static void the_log_says_once_that_a_process_is_not_visible(void **state)
{
	struct sim *sim = *state;
	int status, pair[2];
	const char *said;
	pid_t pid;

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
	pid = fork();
	if (!pid) {
		if (unshare(CLONE_NEWPID) && unshare(CLONE_NEWUSER | CLONE_NEWPID))
			_exit(2);
		pid = fork();
		if (!pid)
			_exit(pin_from_inside(pair[0]));
		waitpid(pid, &status, 0);
		_exit(WIFEXITED(status) ? WEXITSTATUS(status) : 3);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	said = sim_log(sim);
	assert_non_null(strstr(said, "cannot move a client to CPU "));
	assert_non_null(strstr(said, "(--cpu none "));
	assert_string_equal(strchr(said, '\n'), "\n");
	close(pair[0]);
	close(pair[1]);
}

/* a machine that starts a program once it is told, and says its number */
static pid_t fork_machine(int start, int said)
{
	pid_t pid = fork(), program;
	char go;

	if (pid)
		return pid;
	/* nothing is left if the test fails */
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (read(start, &go, 1) != 1)
		_exit(1);
	program = fork();
	if (program && write(said, &program, sizeof(program)) < 0)
		_exit(1);
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	for (;;)
		pause();
}

static void end_process(pid_t pid)
{
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
}

static void a_machines_programs_move_with_it(void **state)
{
	cpu_set_t before = allowed(0);
	pid_t machines[2], program;
	struct pinned *pinned[2];
	struct affinity aff;
	int start[2], said[2];
	int i, cpu = last_of(before);

	(void)state;
	/* with one CPU nobody moves, and not all hosts list children */
	if (CPU_COUNT(&before) == 1 ||
	    access("/proc/thread-self/children", R_OK))
		return;
	assert_int_equal(pipe(start), 0);
	assert_int_equal(pipe(said), 0);
	affinity_init(&aff, cpu, 0);
	/* all begin before pinning moves this process, as the controller */
	for (i = 0; i < 2; i++)
		machines[i] = fork_machine(start[0], said[1]);
	for (i = 0; i < 2; i++) {
		pinned[i] = affinity_pin(&aff, machines[i]);
		assert_non_null(pinned[i]);
	}
	end_process(machines[0]);
	assert_int_equal(write(start[1], "", 1), 1);
	assert_int_equal(read(said[0], &program, sizeof(program)),
			 sizeof(program));
	assert_true(is_only(allowed(program), cpu));
	affinity_spread(&aff, true);
	assert_false(equal(allowed(machines[1]), allowed(0)));
	assert_false(is_only(allowed(machines[1]), cpu));
	assert_true(equal(allowed(program), allowed(machines[1])));
	affinity_spread(&aff, false);
	assert_true(is_only(allowed(program), cpu));
	/* the controller, this process, goes back as well */
	affinity_spread(&aff, true);
	kill(program, SIGKILL);
	end_process(machines[1]);
	for (i = 0; i < 2; i++) {
		affinity_unpin(&aff, pinned[i]);
		close(start[i]);
		close(said[i]);
	}
	affinity_destroy(&aff);
	assert_int_equal(sched_setaffinity(0, sizeof(before), &before), 0);
}

/* where no other simulation of this host claims a CPU */
static int alone(void **state)
{
	(void)state;
	return unshare(CLONE_NEWNET) && unshare(CLONE_NEWUSER | CLONE_NEWNET);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		BEHAVIOUR(a_client_is_moved_and_put_back_when_it_goes),
		BEHAVIOUR(a_process_is_put_back_when_its_last_client_goes),
		BEHAVIOUR(cpu_none_moves_nobody),
		BEHAVIOUR(a_client_is_not_moved_before_its_START),
		BEHAVIOUR(all_threads_of_a_client_are_moved_and_put_back),
		BEHAVIOUR(a_client_that_its_user_has_moved_is_not_put_back),
		BEHAVIOUR(a_second_client_does_not_undo_a_move_by_the_user),
		BEHAVIOUR(a_thread_with_cpus_of_its_own_is_not_moved),
		BEHAVIOUR(a_client_that_may_not_use_the_cpu_stays_off_it),
		BEHAVIOUR(a_client_that_dies_early_does_not_turn_placement_off),
		BEHAVIOUR(a_client_that_cannot_be_moved_does_not_keep_others_from_it),
		BEHAVIOUR(the_least_busy_cpu_is_chosen),
		BEHAVIOUR(simulations_choose_different_cpus),
		BEHAVIOUR(a_simulation_does_not_choose_a_cpu_that_another_was_given),
		BEHAVIOUR(the_controller_becomes_a_batch_process_on_the_shared_cpu),
		BEHAVIOUR(a_machines_programs_move_with_it),
		BEHAVIOUR(the_log_says_once_that_a_process_is_not_visible),
	};

	return cmocka_run_group_tests(tests, alone, NULL);
}
