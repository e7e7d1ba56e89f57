// SPDX-License-Identifier: GPL-2.0
/*
 * Clients around a controller, each a process. Only one of them runs at a time,
 * so all of them add to the same costs, in shared memory.
 */

#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "star.h"

/**
 * try - fail if a function of the library did
 * @ret: what it returned
 * @what: what it was to do
 */
void try(int ret, const char *what)
{
	if (ret < 0)
		fail("cannot %s: %s", what, strerror(-ret));
}

/**
 * star_connect - start a client of the controller, or fail
 * @star: the star
 * @name: the client's name
 *
 * Return: the client, which runs.
 */
struct tt_client *star_connect(const struct star *star, uint64_t name)
{
	const struct tt_client_options opt = {
		.size = sizeof(opt),
		.path = star->socket,
		.name = name,
		.timeout_ms = -1,
	};
	struct tt_client *c;

	try(tt_client_open(&c, &opt), "connect");
	return c;
}

/**
 * star_plug - the same, and plug a card into the controller's network, or fail
 * @star: the star
 * @client: number from 0; the client's name is one more, which addresses end with
 * @card: is set to the card
 *
 * Return: the client, which runs.
 */
struct tt_client *star_plug(const struct star *star, uint64_t client,
			    struct tt_card *card)
{
	struct tt_client *c = star_connect(star, client + 1);

	try(tt_client_plug(c, "bench", card), "plug in a card");
	return c;
}

/* a child does not outlive its parent */
static pid_t spawn(void)
{
	pid_t parent = getpid(), pid = fork();

	if (pid < 0)
		fail("cannot start a process: %s", strerror(errno));
	if (!pid) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		if (getppid() != parent)
			_exit(EXIT_FAILURE);
	}
	return pid;
}

/* COMMAND... -nN --max-clients=N+1 SOCKET */
static void exec_controller(const struct star *star)
{
	unsigned long long clients = star->clients;
	size_t len = 0;

	while (star->controller[len])
		len++;
	char n[24], slots[48], *args[len + 4];

	snprintf(n, sizeof(n), "-n%llu", clients);
	snprintf(slots, sizeof(slots), "--max-clients=%llu", clients + 1);
	memcpy(args, star->controller, len * sizeof(*args));
	args[len] = n;
	args[len + 1] = slots;
	args[len + 2] = (char *)star->socket;
	args[len + 3] = NULL;
	execvp(args[0], args);
	fail("cannot start %s: %s", args[0], strerror(errno));
}

static bool serves(const char *path)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	int ret;

	if (fd < 0 || strlen(path) >= sizeof(addr.sun_path))
		fail("cannot connect to %s", path);
	strcpy(addr.sun_path, path);
	ret = connect(fd, (const struct sockaddr *)&addr, sizeof(addr));
	close(fd);
	return !ret;
}

static pid_t start_controller(const struct star *star)
{
	pid_t pid = spawn();

	if (!pid)
		exec_controller(star);
	while (!serves(star->socket)) {
		if (waitpid(pid, NULL, WNOHANG))
			fail("%s does not serve %s", star->controller[0],
			     star->socket);
		usleep(1000);
	}
	return pid;
}

/**
 * struct process - one that is looked at
 *
 * @pid: which
 * @stops: how often it entered or left a system call while time counted
 */
struct process {
	pid_t pid;
	uint64_t stops;
};

/* it stops as soon as it can, and then at every system call */
static void trace(pid_t pid)
{
	if (ptrace(PTRACE_SEIZE, pid, NULL, PTRACE_O_TRACESYSGOOD) ||
	    ptrace(PTRACE_INTERRUPT, pid, NULL, NULL))
		fail("cannot trace process %d: %s", (int)pid, strerror(errno));
}

static void stopped(const struct star *star, struct process *process, int sig)
{
	bool call = sig == (SIGTRAP | 0x80);

	if (call && star->costs->start && star->costs->count < star->turns)
		process->stops++;
	ptrace(PTRACE_SYSCALL, process->pid, NULL,
	       call || sig == SIGTRAP ? 0 : sig);
}

/* until all have ended; returns the most memory that the controller had, kB */
static long reap(const struct star *star, struct process *controller,
		 struct process *client)
{
	struct rusage usage;
	int status;
	pid_t pid;
	long kb = 0;

	while ((pid = wait4(-1, &status, 0, &usage)) > 0) {
		bool is_client = pid != controller->pid;

		if (WIFSTOPPED(status))
			stopped(star, is_client ? client : controller,
				WSTOPSIG(status));
		else if (status)
			fail("%s failed", is_client ? "a client" :
						      "the controller");
		else if (!is_client)
			kb = usage.ru_maxrss;
	}
	return kb;
}

/* each call is two stops */
static double calls(const struct process *process, uint64_t turns)
{
	return process->stops / 2. / turns;
}

/**
 * star_run - start all, wait until they have ended, print what that cost, as JSON
 * @star: all but @costs is set
 * @count: count system calls instead
 * @client_turns: how many of the turns are those of client 0
 */
void star_run(struct star *star, bool count, uint64_t client_turns)
{
	struct process controller = {}, client = {};
	uint64_t i;
	pid_t pid;
	long kb;

	alarm(PATIENCE_S);
	raise_fd_limit();
	star->costs = mmap(NULL, sizeof(*star->costs), PROT_READ | PROT_WRITE,
			   MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (star->costs == MAP_FAILED)
		fail("cannot share memory: %s", strerror(errno));

	controller.pid = start_controller(star);
	for (i = 0; i < star->clients; i++) {
		pid = spawn();
		if (!pid) {
			star->work(star, i);
			_exit(EXIT_SUCCESS);
		}
		if (!i)
			client.pid = pid;
	}
	if (count) {
		trace(controller.pid);
		trace(client.pid);
	}
	kb = reap(star, &controller, &client);

	printf("{ ");
	if (count) {
		printf("\"controller_calls\": %.2f, \"client_calls\": %.2f",
		       calls(&controller, star->turns),
		       calls(&client, client_turns));
	} else {
		costs_print(star->costs);
		printf(", \"controller_kb\": %ld", kb);
	}
	printf(" }\n");
}
