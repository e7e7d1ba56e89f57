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
#include <sys/ptrace.h>
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

static void stopped(struct process *process, int sig)
{
	bool call = sig == (SIGTRAP | 0x80);

	if (call && costs->start && costs->count < clients * rounds)
		process->stops++;
	ptrace(PTRACE_SYSCALL, process->pid, NULL,
	       call || sig == SIGTRAP ? 0 : sig);
}

/* until all have ended; returns the most memory that the controller had, kB */
static long reap(struct process *controller, struct process *client)
{
	struct rusage usage;
	int status;
	pid_t pid;
	long kb = 0;

	while ((pid = wait4(-1, &status, 0, &usage)) > 0) {
		bool is_client = pid != controller->pid;

		if (WIFSTOPPED(status))
			stopped(is_client ? client : controller,
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
static double calls(const struct process *process, uint64_t wakeups)
{
	return process->stops / 2. / wakeups;
}

int main(int argc, char **argv)
{
	struct process controller = {}, client = {};
	bool count;
	uint64_t i;
	pid_t pid;
	long kb;

	count = argc > 1 && !strcmp(argv[1], "--calls");
	argc -= count;
	argv += count;
	if (argc < 5) {
		fprintf(stderr, "Usage: ticks [--calls] CLIENTS ROUNDS SOCKET CONTROLLER [OPTION]...\n"
			"Print what a wake-up of so many clients costs, and the memory of the\n"
			"controller, as JSON; or else the system calls of a wake-up.\n");
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

	controller.pid = start_controller(argv + 4, argc - 4);
	for (i = 0; i < clients; i++) {
		pid = spawn();
		if (!pid) {
			tick(i);
			_exit(EXIT_SUCCESS);
		}
		if (!i)
			client.pid = pid;
	}
	if (count) {
		trace(controller.pid);
		trace(client.pid);
	}
	kb = reap(&controller, &client);

	printf("{ ");
	if (count) {
		printf("\"controller_calls\": %.2f, \"client_calls\": %.2f",
		       calls(&controller, clients * rounds),
		       calls(&client, rounds));
	} else {
		costs_print(costs);
		printf(", \"controller_kb\": %ld", kb);
	}
	printf(" }\n");
	return 0;
}
