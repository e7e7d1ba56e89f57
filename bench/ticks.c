// SPDX-License-Identifier: GPL-2.0
/*
 * What a wake-up costs: N clients, each a process, tick in turn under a
 * controller. Client i wants to run at round * N + i, so that no two ticks in a
 * row are of the same client and every one of them is a wake-up.
 *
 * From one wake-up to the next nothing happens but the one: the client asks to
 * run again and waits, the controller makes the next one run. So the time
 * between them is the cost of one, and its distribution has the late ones.
 * Only one client runs at a time, so all of them count in the same memory.
 */

#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <ttclient.h>

#include "common.h"

#define MAX_CLIENTS 65534

/* rounds before time counts: connections are new, caches cold */
#define WARM_UP 2

static struct costs *costs;
static uint64_t clients, rounds;
static const char *socket_path;

static void try(int ret, const char *what)
{
	if (ret < 0)
		fail("cannot %s: %s", what, strerror(-ret));
}

/*
 * After the last round all of them ask for one more wake-up, and the first that
 * has it ends the time: they go only then.
 */
static void tick(uint64_t client)
{
	const struct tt_client_options opt = {
		.size = sizeof(opt),
		.path = socket_path,
		.name = client,
		.timeout_ms = -1,
	};
	const uint64_t end = WARM_UP + rounds;
	struct tt_client *c;
	uint64_t round;

	try(tt_client_open(&c, &opt), "connect");
	/* time 0 is now */
	for (round = 0; round <= end; round++) {
		try(tt_client_run_until(c, 1 + round * clients + client),
		    "run");
		if (round == WARM_UP && !client)
			costs_start(costs);
		else if (round >= WARM_UP && (round < end || !client))
			costs_add(costs);
	}
	tt_client_close(c);
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
static void exec_controller(char **command, int len)
{
	char n[24], slots[48], *args[len + 4];

	snprintf(n, sizeof(n), "-n%llu", (unsigned long long)clients);
	snprintf(slots, sizeof(slots), "--max-clients=%llu",
		 (unsigned long long)clients + 1);
	memcpy(args, command, len * sizeof(*args));
	args[len] = n;
	args[len + 1] = slots;
	args[len + 2] = (char *)socket_path;
	args[len + 3] = NULL;
	execvp(args[0], args);
	fail("cannot start %s: %s", args[0], strerror(errno));
}

static bool serves(void)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	int ret;

	if (fd < 0 || strlen(socket_path) >= sizeof(addr.sun_path))
		fail("cannot connect to %s", socket_path);
	strcpy(addr.sun_path, socket_path);
	ret = connect(fd, (const struct sockaddr *)&addr, sizeof(addr));
	close(fd);
	return !ret;
}

static pid_t start_controller(char **command, int len)
{
	pid_t pid = spawn();

	if (!pid)
		exec_controller(command, len);
	while (!serves()) {
		if (waitpid(pid, NULL, WNOHANG))
			fail("%s does not serve %s", command[0], socket_path);
		usleep(1000);
	}
	return pid;
}

/* wait for all; returns the most memory that the controller had, kB */
static long reap(pid_t controller)
{
	struct rusage usage;
	int status;
	pid_t pid;
	long kb = 0;

	while ((pid = wait4(-1, &status, 0, &usage)) > 0) {
		if (status)
			fail("%s failed", pid == controller ? "the controller" :
							      "a client");
		if (pid == controller)
			kb = usage.ru_maxrss;
	}
	return kb;
}

int main(int argc, char **argv)
{
	pid_t controller;
	uint64_t i;
	long kb;

	if (argc < 5) {
		fprintf(stderr, "Usage: ticks CLIENTS ROUNDS SOCKET CONTROLLER [OPTION]...\n"
			"Print what a wake-up of so many clients costs, and the memory of the\n"
			"controller, as JSON.\n");
		return 2;
	}
	clients = parse_number("CLIENTS", argv[1], MAX_CLIENTS);
	rounds = parse_number("ROUNDS", argv[2], UINT32_MAX);
	socket_path = argv[3];
	alarm(PATIENCE_S);
	raise_fd_limit();
	costs = mmap(NULL, sizeof(*costs), PROT_READ | PROT_WRITE,
		      MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (costs == MAP_FAILED)
		fail("cannot share memory: %s", strerror(errno));

	controller = start_controller(argv + 4, argc - 4);
	for (i = 0; i < clients; i++) {
		if (!spawn()) {
			tick(i);
			_exit(EXIT_SUCCESS);
		}
	}
	kb = reap(controller);
	printf("{ ");
	costs_print(costs);
	printf(", \"controller_kb\": %ld }\n", kb);
	return 0;
}
