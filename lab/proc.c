// SPDX-License-Identifier: GPL-2.0
/*
 * Starting and killing programs. Each leads a session of its own, so that whatever
 * it starts can be killed with it, and gets SIGKILL when tt-lab dies.
 */

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/personality.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "proc.h"

#define EXIT_NOT_STARTED 127

/**
 * proc_prepare - what a child of ours does first: no signal is blocked, none is
 *	ignored, and it dies with its parent
 */
void proc_prepare(void)
{
	sigset_t none;
	int i;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	for (i = 1; i < NSIG; i++)
		signal(i, SIG_DFL);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
}

/* the child's descriptors; those of the parent are closed by exec */
static bool set_descriptors(const int *fds)
{
	int moved[3], i;

	/* first out of each other's way */
	for (i = 0; i < 3; i++) {
		moved[i] = fds[i] < 0 ? open("/dev/null", O_RDWR) : fds[i];
		moved[i] = fcntl(moved[i], F_DUPFD_CLOEXEC, 3);
	}
	for (i = 0; i < 3; i++)
		if (dup2(moved[i], i) < 0)
			return false;
	return true;
}

static _Noreturn void child(const struct spawn *spawn)
{
	proc_prepare();
	if (!spawn->terminal)
		setsid();
	if (spawn->same_addresses)
		personality(ADDR_NO_RANDOMIZE);
	if ((!spawn->directory || !chdir(spawn->directory)) &&
	    set_descriptors(spawn->fd)) {
		if (spawn->env)
			environ = (char **)spawn->env;
		execvp(spawn->path, (char **)spawn->argv);
	}
	dprintf(STDERR_FILENO, "cannot start %s: %s\n", spawn->path,
		strerror(errno));
	_exit(EXIT_NOT_STARTED);
}

/**
 * proc_start - start a program
 * @spawn: how
 *
 * A program that cannot be started ends with status 127.
 *
 * Return: its pid, or -errno.
 */
pid_t proc_start(const struct spawn *spawn)
{
	pid_t parent = getpid(), pid = fork();

	if (pid < 0)
		return -errno;
	if (!pid) {
		/* it may have died before we asked to be told */
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		if (getppid() != parent)
			_exit(EXIT_NOT_STARTED);
		child(spawn);
	}
	return pid;
}

/**
 * proc_kill - kill a program and what it has started
 * @pid: from proc_start(), not yet waited for
 */
void proc_kill(pid_t pid)
{
	/* it may not lead its session yet, or share ours */
	kill(-pid, SIGKILL);
	kill(pid, SIGKILL);
}

static long now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* what comes out of @fd, until its end or @deadline */
static void read_until(int fd, char *text, size_t size, long deadline)
{
	struct pollfd ready = { .fd = fd, .events = POLLIN };
	size_t len = 0;
	ssize_t ret;
	char rest[512];
	long left;

	while ((left = deadline - now_ms()) > 0 && poll(&ready, 1, left) > 0) {
		if (len + 1 < size)
			ret = read(fd, text + len, size - 1 - len);
		else
			ret = read(fd, rest, sizeof(rest));
		if (ret <= 0)
			break;
		if (len + 1 < size)
			len += ret;
	}
	text[len] = '\0';
}

/**
 * proc_read - run a program and read what it prints
 * @argv: the program and its arguments
 * @text: set to its output, which is cut if it is too long
 * @size: of @text, bytes
 * @timeout_ms: after that it is killed
 *
 * Return: its exit status, 128 and more after a signal, or -errno.
 */
int proc_read(const char *const *argv, char *text, size_t size,
	      unsigned int timeout_ms)
{
	struct spawn spawn = { .path = argv[0], .argv = argv };
	int fds[2], status;
	pid_t pid;

	*text = '\0';
	if (pipe2(fds, O_CLOEXEC))
		return -errno;
	spawn.fd[0] = -1;
	spawn.fd[1] = fds[1];
	spawn.fd[2] = fds[1];
	pid = proc_start(&spawn);
	close(fds[1]);
	if (pid > 0)
		read_until(fds[0], text, size, now_ms() + timeout_ms);
	close(fds[0]);
	if (pid < 0)
		return pid;
	/* one that has closed its output and does not end */
	proc_kill(pid);
	if (waitpid(pid, &status, 0) < 0)
		return -errno;
	return WIFEXITED(status) ? WEXITSTATUS(status) :
				   128 + WTERMSIG(status);
}
