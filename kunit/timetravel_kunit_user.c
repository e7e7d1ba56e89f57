// SPDX-License-Identifier: GPL-2.0
/*
 * Host side of the tests of external time-travel: memory, sockets, signals, and
 * children.
 */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <os.h>
#include <sysdep/ptrace_user.h>
#include "timetravel_kunit_user.h"

/* a child that takes longer hangs, and is killed; most take milliseconds */
#define CHILD_TIMEOUT_S 60

/* the exit status of a child that can't have itself killed */
#define CHILD_UNLIMITED 99

/**
 * os_create_memfd - create a memory that can be given to another process
 * @name: its name in /proc/self/maps
 * @size: its size in bytes
 *
 * Return: a descriptor that is close-on-exec, or a negative errno.
 */
int os_create_memfd(const char *name, unsigned long long size)
{
	int fd = memfd_create(name, MFD_CLOEXEC), err;

	if (fd < 0)
		return -errno;

	if (ftruncate(fd, size) < 0) {
		err = -errno;
		close(fd);
		return err;
	}

	return fd;
}

/**
 * os_listen - make a socket that can be connected to
 * @path: its path; what is there is replaced
 *
 * Return: a descriptor that is close-on-exec, or a negative errno.
 */
int os_listen(const char *path)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	int fd, err;

	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -errno;

	snprintf(addr.sun_path, sizeof(addr.sun_path), "%s", path);
	unlink(path);
	if (bind(fd, (struct sockaddr *)&addr, sizeof(addr)) < 0 ||
	    listen(fd, 1) < 0) {
		err = -errno;
		close(fd);
		return err;
	}

	return fd;
}

/**
 * os_unlisten - remove what os_listen() has made
 * @path: its path
 */
void os_unlisten(const char *path)
{
	unlink(path);
}

struct child {
	int (*fn)(void *arg);
	void *arg;
};

/*
 * Have the host kill us if we hang, so that who waits for us need not look at a
 * clock: a machine that polls for each instruction of a child is hardly ever
 * scheduled where the host is busy.
 */
static int limit_time(void)
{
	struct itimerspec limit = { .it_value.tv_sec = CHILD_TIMEOUT_S };
	struct sigevent event = {
		.sigev_notify = SIGEV_SIGNAL,
		.sigev_signo = SIGKILL,
	};
	timer_t timer;

	return timer_create(CLOCK_MONOTONIC, &event, &timer) < 0 ||
	       timer_settime(timer, 0, &limit, NULL) < 0;
}

/* Ends by exit(), so that a kernel that is profiled saves its counters. */
static int child(void *arg)
{
	struct child *c = arg;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	exit(limit_time() ? CHILD_UNLIMITED : c->fn(c->arg));
}

/* Wait until a child stops or ends, which a child that hangs does as well. */
static int wait_for_child(int pid, int *status)
{
	int ret;

	CATCH_EINTR(ret = waitpid(pid, status, __WALL));
	if (ret < 0)
		return -errno;

	return WIFSIGNALED(*status) && WTERMSIG(*status) == SIGKILL ?
		-ETIMEDOUT : 0;
}

/**
 * os_can_trace - does the host let the machine trace a child?
 *
 * Some containers don't, and a machine need not be able to do so where user
 * space runs in seccomp mode.
 */
int os_can_trace(void)
{
	int pid, status;

	/* the kernel's stack would be shared with a child of fork() */
	pid = vfork();
	if (!pid)
		_exit(ptrace(PTRACE_TRACEME, 0, 0, 0) < 0);

	return pid > 0 && !wait_for_child(pid, &status) &&
	       WIFEXITED(status) && !WEXITSTATUS(status);
}

/**
 * os_trace_child - begin to count, from within the child
 */
void os_trace_child(void)
{
	ptrace(PTRACE_TRACEME, 0, 0, 0);
	kill(getpid(), SIGSTOP);
}

/* Let the child go on, without a signal, until it stops again or ends. */
static int go_on(int pid, int request, int *status)
{
	ptrace(request, pid, 0, 0);

	return wait_for_child(pid, status);
}

static unsigned long get_ip(int pid)
{
	return ptrace(PTRACE_PEEKUSER, pid, HOST_IP * sizeof(long), 0);
}

/*
 * What the children of a sweep do after their system calls, as far as it was
 * stepped: each child is stopped one instruction later than the one before.
 */
#define MAX_STOPS	262144

static struct stop {
	unsigned long ip;	/* of the next instruction */
	unsigned int nth;	/* how often the path was there before */
} *path;
static unsigned int stops;

/* Note where the child is, after the last stop of the path. */
static void note_stop(int pid)
{
	struct stop *next;
	unsigned int i;

	if (!path) {
		path = mmap(NULL, MAX_STOPS * sizeof(*path),
			    PROT_READ | PROT_WRITE,
			    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
		if (path == MAP_FAILED)
			path = NULL;
	}
	if (!path || stops == MAX_STOPS)
		return;

	next = &path[stops++];
	next->ip = get_ip(pid);
	next->nth = 0;
	for (i = 0; i < stops - 1; i++)
		next->nth += path[i].ip == next->ip;
}

/* Find the stop from which a child gets to @steps with the fewest steps. */
static unsigned int nearest_stop(unsigned int steps)
{
	unsigned int i, cost, nearest = 0, least = steps;

	for (i = 1; i < stops && i <= steps; i++) {
		/* a breakpoint, each time that the child comes there */
		cost = steps - i + 2 * path[i].nth + 1;
		if (cost <= least) {
			least = cost;
			nearest = i;
		}
	}

	return nearest;
}

/* Let the child run until it executes the breakpoint instruction at @ip. */
static int run_to(int pid, unsigned long ip, int *status)
{
	long word = ptrace(PTRACE_PEEKTEXT, pid, ip, 0);
	int ret;

	ptrace(PTRACE_POKETEXT, pid, ip, (word & ~0xffL) | 0xcc);
	ret = go_on(pid, PTRACE_CONT, status);
	if (ret || !WIFSTOPPED(*status))
		return ret;
	ptrace(PTRACE_POKETEXT, pid, ip, word);
	if (get_ip(pid) == ip + 1)
		ptrace(PTRACE_POKEUSER, pid, HOST_IP * sizeof(long), ip);

	return 0;
}

/* Let the child go on from the begin of the path to one of its stops. */
static int go_to(int pid, const struct stop *to, int *status)
{
	unsigned int left = to->nth;
	bool there;
	int ret;

	for (;;) {
		there = get_ip(pid) == to->ip;
		if (there && !left--)
			return 0;
		ret = there ? go_on(pid, PTRACE_SINGLESTEP, status) :
			      run_to(pid, to->ip, status);
		if (ret || !WIFSTOPPED(*status))
			return ret;
	}
}

/* Let the child go on to where @trace says, unless it ends before. */
static int trace_child(int pid, const struct os_trace *trace, int *status)
{
	/* the host stops the child at the begin and at the end of each one */
	unsigned int i, syscalls = 2 * trace->syscalls;
	int ret = wait_for_child(pid, status);

	for (i = 0; i < syscalls && !ret && WIFSTOPPED(*status); i++)
		ret = go_on(pid, PTRACE_SYSCALL, status);
	if (ret || !WIFSTOPPED(*status))
		return ret;

	if (!trace->steps)
		stops = 0;
	i = nearest_stop(trace->steps);
	if (i)
		ret = go_to(pid, &path[i], status);
	for (; i < trace->steps && !ret && WIFSTOPPED(*status); i++)
		ret = go_on(pid, PTRACE_SINGLESTEP, status);
	if (!ret && WIFSTOPPED(*status) && stops == trace->steps)
		note_stop(pid);

	return ret;
}

/*
 * Keep a child on this CPU, which is fastest for two processes that take turns.
 * By syscall(), because the kernel has a function named sched_setaffinity().
 */
static void run_here(int pid)
{
	cpu_set_t cpus;

	CPU_ZERO(&cpus);
	CPU_SET(sched_getcpu(), &cpus);
	syscall(SYS_sched_setaffinity, pid, sizeof(cpus), &cpus);
}

/**
 * os_let_inherit - have a child of os_run_child() share a mapping too
 * @addr: mapping from os_mmap_rw_shared(), which is not inherited otherwise
 * @size: its size in bytes
 */
void os_let_inherit(void *addr, unsigned long size)
{
	madvise(addr, size, MADV_DOFORK);
}

/**
 * os_run_child - run a function in a process of its own, and wait for its end
 * @fn: returns the exit status
 * @arg: its argument, and that of @trace->then
 * @sp: end of the stack to run it on
 * @trace: what to do in the middle of it, or NULL
 *
 * The child has a copy of all that is static in the kernel. It shares with the
 * machine what was allocated, its files, and what os_let_inherit() was told.
 *
 * Return: the exit status, or a negative errno: -ETIMEDOUT if it did not end
 *	and was killed, -ECHILD if something else killed it.
 */
int os_run_child(int (*fn)(void *arg), void *arg, void *sp,
		 const struct os_trace *trace)
{
	struct child c = { .fn = fn, .arg = arg };
	int pid, status, ret;

	/* what is buffered would be written by both */
	fflush(NULL);

	pid = clone(child, sp, 0, &c);
	if (pid < 0)
		return -errno;

	if (trace) {
		run_here(pid);
		ret = trace_child(pid, trace, &status);
		if (!ret && WIFSTOPPED(status)) {
			ptrace(PTRACE_DETACH, pid, 0, trace->then(arg));
			ret = wait_for_child(pid, &status);
		}
	} else {
		ret = wait_for_child(pid, &status);
	}
	if (ret)
		return ret;

	return WIFEXITED(status) ? WEXITSTATUS(status) : -ECHILD;
}

/**
 * os_exit_child - end the child, from within
 * @status: its exit status
 */
void os_exit_child(int status)
{
	exit(status);
}

/**
 * os_limit_memory - limit what can be mapped
 * @more: bytes that can be mapped from now on, 0 for the limit that there was
 *
 * Return: 0 or a negative errno.
 */
int os_limit_memory(unsigned long more)
{
	static rlim_t before;
	struct rlimit lim;
	char buf[32] = {};
	int fd, len;

	if (getrlimit(RLIMIT_AS, &lim) < 0)
		return -errno;

	if (more) {
		/* the first number is that of the pages mapped now */
		fd = open("/proc/self/statm", O_RDONLY | O_CLOEXEC);
		if (fd < 0)
			return -errno;
		len = read(fd, buf, sizeof(buf) - 1);
		close(fd);
		if (len <= 0)
			return -EIO;
		before = lim.rlim_cur;
		lim.rlim_cur = strtoul(buf, NULL, 10) * UM_KERN_PAGE_SIZE + more;
	} else {
		lim.rlim_cur = before;
	}

	return setrlimit(RLIMIT_AS, &lim) < 0 ? -errno : 0;
}

/* SIGRTMIN itself is for a kernel with CONFIG_SMP */
#define READABLE_SIGNAL (SIGRTMIN + 1)

static void (*readable_fn)(void *arg);
static void *readable_arg;

static void readable_handler(int sig)
{
	readable_fn(readable_arg);
}

/**
 * os_call_when_readable - interrupt the kernel when a message arrives
 * @fd: the socket
 * @fn: called as the handler of a signal that neither disabled interrupts nor
 *	block_signals_hard() hold off; NULL to end that
 * @arg: its argument
 *
 * Only one socket can have that at a time. The end of the connection counts as
 * a message.
 *
 * Return: 0 or a negative errno.
 */
int os_call_when_readable(int fd, void (*fn)(void *arg), void *arg)
{
	struct sigaction action = {
		.sa_handler = fn ? readable_handler : SIG_IGN,
		.sa_flags = SA_RESTART,
	};

	if (fn) {
		readable_fn = fn;
		readable_arg = arg;
	}
	if (sigaction(READABLE_SIGNAL, &action, NULL) < 0 ||
	    fcntl(fd, F_SETSIG, READABLE_SIGNAL) < 0 ||
	    fcntl(fd, F_SETOWN, getpid()) < 0 ||
	    fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_ASYNC) < 0)
		return -errno;

	return 0;
}
