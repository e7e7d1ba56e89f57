// SPDX-License-Identifier: GPL-2.0
/*
 * What /proc tells about a client's process.
 *
 * A User-mode Linux machine is more than one process: each process inside it is
 * also a process of the host, which the machine traces or is the parent of.
 * While such a process computes, the machine itself only waits for it. So the
 * traced processes and children of a client, its relatives, are looked at, too.
 *
 * Anything that cannot be read, because the process is another user's or the
 * kernel hides it, is left out.
 */

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/kcmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "loop.h"
#include "process.h"
#include "simtime.h"
#include "util.h"

/* every machine that has a controller was booted with this */
#define MACHINE_ARGUMENT "time-travel=ext:"
/* and of its devices in other processes */
#define DEVICE_ARGUMENT "virtio_uml.device="
/* how much of a command line is worth reading in a log */
#define COMMAND_MAX 200

/**
 * struct proc_stat - fields of /proc/PID/stat
 *
 * @name: the second one, without its parentheses
 * @state: R, S, D, T, t, Z and so on
 * @parent: number of the parent process
 * @cpu: CPU time used, ticks
 * @born: when it began, ticks after the host's boot
 */
struct proc_stat {
	char name[32];
	char state;
	pid_t parent;
	uint64_t cpu;
	uint64_t born;
};

/* returns the length, 0 if there is nothing to be read */
static size_t read_file(char *text, size_t size, const char *fmt, ...)
{
	char path[64];
	va_list ap;
	ssize_t len;
	int fd;

	va_start(ap, fmt);
	vsnprintf(path, sizeof(path), fmt, ap);
	va_end(ap);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	len = fd < 0 ? 0 : read(fd, text, size - 1);
	if (fd >= 0)
		close(fd);
	if (len < 0)
		len = 0;
	text[len] = '\0';
	return len;
}

/* names can have anything in them, and the log has one line for each message */
static void make_printable(char *text, size_t len)
{
	size_t i;

	for (i = 0; i < len; i++)
		if (!isprint((unsigned char)text[i]))
			text[i] = '?';
}

static bool parse_stat(const char *text, struct proc_stat *stat)
{
	const char *name = strchr(text, '('), *end = strrchr(text, ')');
	unsigned long long user, system, born;
	int parent;

	/* the name may have parentheses and spaces itself */
	if (!name || !end ||
	    sscanf(end + 1, " %c %d %*d %*d %*d %*d %*u %*u %*u %*u %*u %llu %llu %*d %*d %*d %*d %*d %*d %llu",
		   &stat->state, &parent, &user, &system, &born) != 5)
		return false;
	snprintf(stat->name, sizeof(stat->name), "%.*s",
		 (int)(end - name - 1), name + 1);
	make_printable(stat->name, strlen(stat->name));
	stat->parent = parent;
	stat->cpu = user + system;
	stat->born = born;
	return true;
}

static bool read_stat(pid_t pid, struct proc_stat *stat)
{
	char text[1024];

	return read_file(text, sizeof(text), "/proc/%d/stat", (int)pid) &&
	       parse_stat(text, stat);
}

/**
 * process_now - the time that a process born now would have
 *
 * Return: ticks, see process_born().
 */
uint64_t process_now(void)
{
	struct timespec now;

	clock_gettime(CLOCK_BOOTTIME, &now);
	return (now.tv_sec * NSEC_PER_SEC + now.tv_nsec) /
	       (NSEC_PER_SEC / sysconf(_SC_CLK_TCK));
}

/* every machine that has a controller was booted with this */
#define MACHINE_ARGUMENT "time-travel=ext:"

/**
 * process_born - when a process began
 * @pid: its number
 *
 * Return: ticks after the host's boot, 0 if there is no such process.
 */
uint64_t process_born(pid_t pid)
{
	struct proc_stat stat;

	return read_stat(pid, &stat) ? stat.born : 0;
}

/**
 * process_existed - is this still the process of that number which existed at a
 *	time?
 * @pid: its number
 * @when: from process_now(), when it existed
 *
 * The number of a process that ends is given to a later one.
 */
bool process_existed(pid_t pid, uint64_t when)
{
	struct proc_stat stat;

	return read_stat(pid, &stat) && stat.born <= when;
}

/**
 * process_is_machine - is a process a User-mode Linux machine?
 * @pid: its number
 *
 * Return: true if its command line says so; false also if that cannot be read.
 */
bool process_is_machine(pid_t pid)
{
	char path[32], *arg = NULL;
	bool found = false;
	size_t size = 0;
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%d/cmdline", (int)pid);
	file = fopen(path, "re");
	while (file && !found && getdelim(&arg, &size, '\0', file) > 0)
		found = !strncmp(arg, MACHINE_ARGUMENT,
				 strlen(MACHINE_ARGUMENT));
	free(arg);
	if (file)
		fclose(file);
	return found;
}

/* the file that a process means by a path; returns whether there is one */
static bool stat_in(pid_t pid, const char *path, struct stat *st)
{
	char full[PATH_MAX + 32];

	snprintf(full, sizeof(full), "/proc/%d/%s%s", (int)pid,
		 *path == '/' ? "root" : "cwd/", path);
	return !stat(full, st);
}

/* is an argument a device of virtio_uml with this socket? */
static bool is_device(pid_t pid, const char *arg, const struct stat *socket)
{
	char path[PATH_MAX];
	struct stat st;

	if (strncmp(arg, DEVICE_ARGUMENT, strlen(DEVICE_ARGUMENT)))
		return false;
	arg += strlen(DEVICE_ARGUMENT);
	snprintf(path, sizeof(path), "%.*s", (int)strcspn(arg, ":"), arg);
	return stat_in(pid, path, &st) && st.st_dev == socket->st_dev &&
	       st.st_ino == socket->st_ino;
}

/**
 * process_connects - does a machine have a device with a socket?
 * @pid: number of the machine's process
 * @socket: path of the socket, from here
 *
 * Return: true if its command line says so; false also if that cannot be read.
 */
bool process_connects(pid_t pid, const char *socket)
{
	char path[32], *arg = NULL;
	bool found = false;
	struct stat st;
	size_t size = 0;
	FILE *file;

	if (stat(socket, &st))
		return false;
	snprintf(path, sizeof(path), "/proc/%d/cmdline", (int)pid);
	file = fopen(path, "re");
	while (file && !found && getdelim(&arg, &size, '\0', file) > 0)
		found = is_device(pid, arg, &st);
	free(arg);
	if (file)
		fclose(file);
	return found;
}

static pid_t read_tracer(pid_t pid)
{
	static const char field[] = "\nTracerPid:";
	char text[4096];
	const char *line;

	read_file(text, sizeof(text), "/proc/%d/status", (int)pid);
	line = strstr(text, field);
	return line ? atoi(line + strlen(field)) : 0;
}

/* call @see for all that a process traces or is the parent of */
static void for_relatives(pid_t pid,
			  void (*see)(pid_t relative, bool traced,
				      const struct proc_stat *stat, void *data),
			  void *data)
{
	DIR *dir = opendir("/proc");
	struct proc_stat stat;
	struct dirent *entry;
	pid_t relative;
	bool traced;

	while (dir && (entry = readdir(dir))) {
		relative = atoi(entry->d_name);
		if (relative <= 0 || relative == pid ||
		    !read_stat(relative, &stat))
			continue;
		traced = read_tracer(relative) == pid;
		if (traced || stat.parent == pid)
			see(relative, traced, &stat, data);
	}
	if (dir)
		closedir(dir);
}

static void add_cpu_time(pid_t relative, bool traced,
			 const struct proc_stat *stat, void *data)
{
	uint64_t *sum = data;

	(void)relative;
	(void)traced;
	*sum += stat->cpu;
}

/**
 * process_cpu_time - CPU time that a process and its relatives have used
 * @pid: its number
 *
 * Return: ns, 0 if that cannot be known.
 */
uint64_t process_cpu_time(pid_t pid)
{
	struct proc_stat stat;
	uint64_t sum;

	if (!read_stat(pid, &stat))
		return 0;
	sum = stat.cpu;
	for_relatives(pid, add_cpu_time, &sum);
	return sum * (NSEC_PER_SEC / sysconf(_SC_CLK_TCK));
}

/**
 * struct text - a string that is written piece by piece
 *
 * @end: where the next piece goes
 * @left: how many bytes there are, the final 0 included
 */
struct text {
	char *end;
	size_t left;
};

__attribute__((format(printf, 2, 3)))
static void add(struct text *text, const char *fmt, ...)
{
	va_list ap;
	int len;

	va_start(ap, fmt);
	len = vsnprintf(text->end, text->left, fmt, ap);
	va_end(ap);
	if (len < 0)
		return;
	if ((size_t)len >= text->left)
		len = text->left - 1;
	text->end += len;
	text->left -= len;
}

/* the command line as it would be typed, or else the name */
static void add_command(struct text *text, pid_t pid,
			const struct proc_stat *stat)
{
	char command[COMMAND_MAX];
	size_t i, len;

	len = read_file(command, sizeof(command), "/proc/%d/cmdline", (int)pid);
	/* each argument ends with 0; UML overwrites some of its own with 0 */
	while (len && !command[len - 1])
		len--;
	for (i = 0; i < len; i++)
		if (!command[i])
			command[i] = ' ';
	make_printable(command, len);
	command[len] = '\0';
	add(text, "%s%s", len ? command : stat->name,
	    len == sizeof(command) - 1 ? "..." : "");
}

static const char *system_call_name(long nr)
{
	static const struct {
		long nr;
		const char *name;
	} names[] = {
#define CALL(name) { SYS_##name, #name }
		CALL(read), CALL(write), CALL(readv), CALL(writev),
		CALL(pread64), CALL(pwrite64), CALL(ioctl), CALL(fcntl),
		CALL(flock), CALL(fsync), CALL(openat), CALL(close),
		CALL(recvfrom), CALL(recvmsg), CALL(sendto), CALL(sendmsg),
		CALL(connect), CALL(accept), CALL(accept4),
		CALL(ppoll), CALL(pselect6), CALL(epoll_pwait),
#ifdef SYS_poll
		CALL(open), CALL(poll), CALL(select), CALL(epoll_wait),
		CALL(pause),
#endif
		CALL(wait4), CALL(waitid), CALL(futex), CALL(ptrace),
		CALL(nanosleep), CALL(clock_nanosleep), CALL(sched_yield),
		CALL(rt_sigsuspend), CALL(rt_sigtimedwait),
#undef CALL
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(names); i++)
		if (names[i].nr == nr)
			return names[i].name;
	return NULL;
}

/* does the first argument of a system call say which file it is about? */
static bool takes_descriptor(long nr)
{
	static const long calls[] = {
		SYS_read, SYS_write, SYS_readv, SYS_writev, SYS_pread64,
		SYS_pwrite64, SYS_ioctl, SYS_fcntl, SYS_flock, SYS_fsync,
		SYS_close, SYS_recvfrom, SYS_recvmsg, SYS_sendto, SYS_sendmsg,
		SYS_connect, SYS_accept, SYS_accept4,
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(calls); i++)
		if (calls[i] == nr)
			return true;
	return false;
}

static void add_system_call(struct text *text, pid_t pid, long nr,
			    unsigned long arg)
{
	const char *name = system_call_name(nr);
	char path[64], file[128];
	ssize_t len;

	if (name)
		add(text, "%s", name);
	else
		add(text, "system call %ld", nr);
	if (!takes_descriptor(nr))
		return;
	snprintf(path, sizeof(path), "/proc/%d/fd/%d", (int)pid, (int)arg);
	len = readlink(path, file, sizeof(file));
	if (len > 0) {
		make_printable(file, len);
		add(text, " of descriptor %d, %.*s", (int)arg, (int)len, file);
	} else {
		add(text, " of descriptor %d", (int)arg);
	}
}

static void add_where_blocked(struct text *text, pid_t pid)
{
	unsigned long arg;
	char line[256];
	long nr;

	add(text, "is blocked");
	read_file(line, sizeof(line), "/proc/%d/syscall", (int)pid);
	if (sscanf(line, "%ld 0x%lx", &nr, &arg) == 2 && nr >= 0) {
		add(text, " in ");
		add_system_call(text, pid, nr, arg);
	}
	/* the function of the host's kernel, if the host shows it */
	if (read_file(line, sizeof(line), "/proc/%d/wchan", (int)pid) &&
	    strcmp(line, "0"))
		add(text, " (%s)", line);
}

static void add_other(struct text *text, const char *what, pid_t pid)
{
	struct proc_stat stat;

	add(text, "%s process %d", what, (int)pid);
	if (read_stat(pid, &stat))
		add(text, " (%s)", stat.name);
}

/* the state of the process, or R if any of its threads runs */
static char any_state(pid_t pid, char state)
{
	struct proc_stat stat;
	struct dirent *entry;
	char path[64];
	DIR *dir;

	snprintf(path, sizeof(path), "/proc/%d/task", (int)pid);
	dir = opendir(path);
	while (dir && state != 'R' && (entry = readdir(dir)))
		if (read_stat(atoi(entry->d_name), &stat) && stat.state == 'R')
			state = 'R';
	if (dir)
		closedir(dir);
	return state;
}

static void add_state(struct text *text, pid_t pid,
		      const struct proc_stat *stat)
{
	switch (any_state(pid, stat->state)) {
	case 'R':
		add(text, "runs");
		break;
	case 'T':
		add(text, "is stopped by a signal, kill -CONT %d lets it go on",
		    (int)pid);
		break;
	case 't':
		add_other(text, "is stopped by its tracer,", read_tracer(pid));
		break;
	case 'Z':
		add_other(text, "has ended, and is not waited for by",
			  stat->parent);
		break;
	default:
		add_where_blocked(text, pid);
	}
}

static void add_running(pid_t relative, bool traced,
			const struct proc_stat *stat, void *data)
{
	if (any_state(relative, stat->state) == 'R')
		add(data, ", %s process %d (%s) runs",
		    traced ? "its traced" : "its child", (int)relative,
		    stat->name);
}

/**
 * process_describe - say which process it is, and what it and its relatives do
 * @pid: its number
 * @text: set to a part of a sentence that begins with "process"
 * @size: of @text, bytes
 */
void process_describe(pid_t pid, char *text, size_t size)
{
	struct text rest = { text, size };
	struct proc_stat stat;

	add(&rest, "process %d ", (int)pid);
	if (!read_stat(pid, &stat)) {
		add(&rest, "has ended");
		return;
	}
	add(&rest, "(");
	add_command(&rest, pid, &stat);
	add(&rest, ") ");
	add_state(&rest, pid, &stat);
	for_relatives(pid, add_running, &rest);
}

/**
 * struct victims - processes that have nothing to do without another one
 *
 * @of: the other one
 * @pids: their numbers
 * @count: how many there are
 */
struct victims {
	pid_t of;
	pid_t *pids;
	size_t count;
};

static bool share_memory(pid_t a, pid_t b)
{
	return !syscall(SYS_kcmp, a, b, KCMP_VM, 0, 0);
}

static void add_dependent(pid_t relative, bool traced,
			  const struct proc_stat *stat, void *data)
{
	struct victims *victims = data;
	pid_t *pids;

	(void)stat;
	if (!traced && !share_memory(victims->of, relative))
		return;
	pids = realloc(victims->pids, (victims->count + 1) * sizeof(*pids));
	if (!pids)
		return;
	pids[victims->count++] = relative;
	victims->pids = pids;
}

/**
 * process_kill - kill a process, all that it traces, and all children that share
 *	its memory
 * @pid: its number
 *
 * A machine traces its own processes, which would run on with nobody to serve
 * their system calls, and has helpers, which would wait for ever. Other children
 * may well be clients themselves.
 *
 * Return: 0 or -errno.
 */
int process_kill(pid_t pid)
{
	struct victims victims = { .of = pid };
	int ret;

	for_relatives(pid, add_dependent, &victims);
	ret = kill(pid, SIGKILL) ? -errno : 0;
	if (!ret)
		while (victims.count)
			kill(victims.pids[--victims.count], SIGKILL);
	free(victims.pids);
	return ret;
}
