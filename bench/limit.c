// SPDX-License-Identifier: GPL-2.0
/*
 * The limit: a star of N processes around one, on one CPU. The hub sends 16
 * bytes to one after the other over UNIX stream sockets, and gets them back.
 *
 * A wake-up through a controller is two such hops, and nothing that could be
 * left out of it: what it costs above this is what the controller costs.
 *
 * All wait with poll(), although that is one more system call: a process that
 * sleeps in recv() is woken once more, when its peer takes what it had sent.
 */

#include <errno.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common.h"

#define MAX_CHILDREN 16384

/* rounds over all children before time counts */
#define WARM_UP 2

static void pin(void)
{
	cpu_set_t allowed, one;
	int cpu;

	if (sched_getaffinity(0, sizeof(allowed), &allowed))
		fail("cannot read the CPU affinity: %s", strerror(errno));
	for (cpu = CPU_SETSIZE - 1; !CPU_ISSET(cpu, &allowed); cpu--)
		;
	CPU_ZERO(&one);
	CPU_SET(cpu, &one);
	if (sched_setaffinity(0, sizeof(one), &one))
		fail("cannot use CPU %d alone: %s", cpu, strerror(errno));
}

static bool out(int fd, char buf[16])
{
	return send(fd, buf, 16, MSG_NOSIGNAL) == 16;
}

static bool back(int fd, char buf[16])
{
	struct pollfd pollfd = { .fd = fd, .events = POLLIN };

	return poll(&pollfd, 1, -1) == 1 && recv(fd, buf, 16, 0) == 16;
}

static int spawn(void)
{
	pid_t hub = getpid();
	char buf[16];
	int pair[2];

	if (socketpair(AF_UNIX, SOCK_STREAM, 0, pair))
		fail("cannot make a socket: %s", strerror(errno));
	switch (fork()) {
	case -1:
		fail("cannot start a process: %s", strerror(errno));
	case 0:
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		if (getppid() != hub)
			_exit(EXIT_FAILURE);
		close(pair[0]);
		while (back(pair[1], buf) && out(pair[1], buf))
			;
		_exit(EXIT_SUCCESS);
	}
	close(pair[1]);
	return pair[0];
}

static void rounds(const int *fds, uint64_t n, uint64_t count,
		   struct costs *costs)
{
	char buf[16] = {};
	uint64_t i;

	while (count--) {
		for (i = 0; i < n; i++) {
			if (!out(fds[i], buf) || !back(fds[i], buf))
				fail("process %llu has gone",
				     (unsigned long long)i);
			costs_add(costs);
		}
	}
}

int main(int argc, char **argv)
{
	static struct costs costs;
	uint64_t n, count, i;
	int *fds;

	if (argc != 3) {
		fprintf(stderr, "Usage: limit PROCESSES ROUNDS\n"
			"Print what two hops cost on the last CPU that may be used, as JSON.\n");
		return 2;
	}
	n = parse_number("PROCESSES", argv[1], MAX_CHILDREN);
	count = parse_number("ROUNDS", argv[2], UINT32_MAX);
	alarm(PATIENCE_S);
	raise_fd_limit();
	pin();

	fds = calloc(n, sizeof(*fds));
	if (!fds)
		fail("no memory for %llu processes", (unsigned long long)n);
	for (i = 0; i < n; i++)
		fds[i] = spawn();
	rounds(fds, n, WARM_UP, &costs);
	costs_start(&costs);
	rounds(fds, n, count, &costs);
	printf("{ ");
	costs_print(&costs);
	printf(" }\n");

	/* leave nobody behind who would still be dying when the next one starts */
	for (i = 0; i < n; i++)
		close(fds[i]);
	while (wait(NULL) > 0)
		;
	free(fds);
	return 0;
}
