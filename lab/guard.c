// SPDX-License-Identifier: GPL-2.0
/*
 * The guard: a process that outlives tt-lab if that is killed, and then kills the
 * processes of the run, with all that they have started, and removes its sockets.
 *
 * tt-lab writes each pid into a pipe, negative when the process has ended. At the
 * pipe's end the guard does its work. If tt-lab ends in an orderly way it kills the
 * guard first. If both are killed at once, the kernel still kills the children of
 * tt-lab, but nobody removes the sockets.
 */

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "guard.h"
#include "rundir.h"

/* how long killed processes may take to go, in steps of 10 ms */
#define PATIENCE 500

/* read from @fd which pids there are at its end */
static size_t read_pids(int fd, pid_t *pids, size_t max)
{
	size_t nr = 0, i;
	pid_t pid;

	while (read(fd, &pid, sizeof(pid)) == sizeof(pid)) {
		if (pid > 0 && nr < max)
			pids[nr++] = pid;
		for (i = 0; pid < 0 && i < nr; i++)
			if (pids[i] == -pid)
				pids[i] = pids[--nr];
	}
	return nr;
}

static void kill_all(const pid_t *pids, size_t nr)
{
	const struct timespec step = { .tv_nsec = 10000000 };
	size_t i, gone;
	int tries;

	for (tries = 0; tries < PATIENCE; tries++) {
		for (i = gone = 0; i < nr; i++)
			if (kill(-pids[i], SIGKILL) && errno == ESRCH)
				gone++;
		if (gone == nr)
			return;
		nanosleep(&step, NULL);
	}
}

static _Noreturn void guard_run(int fd, const struct lab *lab,
				const char *directory)
{
	pid_t *pids = calloc(lab->nr_machines + 3, sizeof(*pids));
	int null = open("/dev/null", O_RDWR), i;
	size_t nr;

	/* nobody who reads our output has to wait for us */
	for (i = 0; i < 3; i++)
		dup2(null, i);
	setsid();
	prctl(PR_SET_NAME, "tt-lab-guard");
	signal(SIGINT, SIG_IGN);
	signal(SIGTERM, SIG_IGN);
	signal(SIGHUP, SIG_IGN);
	if (pids) {
		nr = read_pids(fd, pids, lab->nr_machines + 3);
		kill_all(pids, nr);
	}
	rundir_sweep(directory, lab);
	_exit(0);
}

/**
 * guard_start - start the guard
 * @guard: filled in
 * @lab: the lab
 * @directory: the run's directory
 *
 * Return: 0 or -errno.
 */
int guard_start(struct guard *guard, const struct lab *lab,
		const char *directory)
{
	int fds[2];

	if (pipe2(fds, O_CLOEXEC))
		return -errno;
	guard->pid = fork();
	if (!guard->pid) {
		close(fds[1]);
		guard_run(fds[0], lab, directory);
	}
	close(fds[0]);
	guard->fd = fds[1];
	if (guard->pid > 0)
		return 0;
	close(guard->fd);
	return -errno;
}

static void tell(struct guard *guard, pid_t pid)
{
	/* if it has been killed, nobody guards us any more */
	if (write(guard->fd, &pid, sizeof(pid)) < 0)
		return;
}

/**
 * guard_add - have a process killed if tt-lab is
 * @guard: the guard
 * @pid: leads a session
 */
void guard_add(struct guard *guard, pid_t pid)
{
	tell(guard, pid);
}

/**
 * guard_remove - a process has ended
 * @guard: the guard
 * @pid: from guard_add()
 */
void guard_remove(struct guard *guard, pid_t pid)
{
	tell(guard, -pid);
}

/**
 * guard_stop - tt-lab has cleaned up itself
 * @guard: the guard
 */
void guard_stop(struct guard *guard)
{
	kill(guard->pid, SIGKILL);
	close(guard->fd);
	waitpid(guard->pid, NULL, 0);
}
