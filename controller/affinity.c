// SPDX-License-Identifier: GPL-2.0
/*
 * All of a simulation on one CPU.
 *
 * Theory of operation
 *
 * Only one client runs at any time, so a second CPU has nothing to do; but a
 * message that crosses to it costs an interrupt and a CPU that wakes from
 * idleness, several times what the message costs otherwise. So the controller
 * and its clients share a CPU: the least busy one, between the start of the
 * controller and that of the first client, of those that no other simulation
 * has claimed. A claim is an abstract socket, which goes when its owner does,
 * however that ends. With more simulations than CPUs, a CPU is claimed a second
 * time once all were claimed once.
 *
 * A client is moved with all of its threads when it sends START; what they
 * start later inherits the CPU. One that its user has kept off that CPU is left
 * where it is. Whoever outlives its connection is put back, and only if it is
 * still the same process, has no other client here, and nobody else has moved it
 * meanwhile.
 *
 * On that CPU the controller becomes a SCHED_BATCH process, unless its user made
 * it something special: who sends it WAIT goes on to wait, and is not interrupted
 * for the controller just before, which would be one switch more.
 *
 * None of this has to succeed: what is lost is speed, which is said in a line.
 */

#include <dirent.h>
#include <errno.h>
#include <search.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "affinity.h"
#include "log.h"

/* how many simulations may claim one CPU */
#define CLAIMS 64
/* threads that come while others are moved are looked for again, so often */
#define PASSES 10

/* what each CPU has done since boot, in ticks; 0 if it cannot be read */
static void read_busy(uint64_t *busy)
{
	unsigned long long user, nice, system, idle, iowait, irq, softirq, steal;
	FILE *file = fopen("/proc/stat", "re");
	char *line = NULL;
	unsigned int cpu;
	size_t size = 0;

	memset(busy, 0, CPU_SETSIZE * sizeof(*busy));
	while (file && getline(&line, &size, file) > 0)
		if (sscanf(line, "cpu%u %llu %llu %llu %llu %llu %llu %llu %llu",
			   &cpu, &user, &nice, &system, &idle, &iowait, &irq,
			   &softirq, &steal) == 9 && cpu < CPU_SETSIZE)
			busy[cpu] = user + nice + system + irq + softirq + steal;
	free(line);
	if (file)
		fclose(file);
}

/**
 * affinity_may_use - is there such a CPU, and may it be used?
 * @cpu: its number, 0 or more
 */
bool affinity_may_use(int cpu)
{
	cpu_set_t allowed;

	return !sched_getaffinity(0, sizeof(allowed), &allowed) &&
	       CPU_ISSET(cpu, &allowed);
}

static int claim(int cpu, int times)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	int len;

	/* the first byte of an abstract name is 0 */
	len = snprintf(addr.sun_path + 1, sizeof(addr.sun_path) - 1,
		       "tt-controller/cpu%d/%d", cpu, times);
	if (fd >= 0 && bind(fd, (struct sockaddr *)&addr,
			    offsetof(struct sockaddr_un, sun_path) + 1 + len)) {
		close(fd);
		fd = -1;
	}
	return fd;
}

/**
 * affinity_init - get ready to choose
 * @aff: filled in
 * @cpu: the CPU, %AFFINITY_AUTO or %AFFINITY_NONE
 */
void affinity_init(struct affinity *aff, int cpu)
{
	int times;

	aff->cpu = cpu;
	aff->claim = -1;
	aff->began = false;
	aff->failed = false;
	aff->processes = NULL;
	if (cpu == AFFINITY_NONE)
		return;
	if (sched_getaffinity(0, sizeof(aff->allowed), &aff->allowed)) {
		log_line("not on one CPU: %s", strerror(errno));
		aff->cpu = AFFINITY_NONE;
	} else if (cpu == AFFINITY_AUTO) {
		read_busy(aff->busy);
	} else {
		/* for others not to choose it */
		for (times = 0; times < CLAIMS && aff->claim < 0; times++)
			aff->claim = claim(cpu, times);
	}
}

/**
 * affinity_destroy - give the CPU back
 * @aff: from affinity_init(); clients were put back by affinity_unpin()
 */
void affinity_destroy(struct affinity *aff)
{
	if (aff->claim >= 0)
		close(aff->claim);
}

static int least_busy(const uint64_t *busy, const cpu_set_t *of)
{
	int cpu, least = -1;

	/* of equals the last: much of a host's own work is on the first */
	for (cpu = 0; cpu < CPU_SETSIZE; cpu++)
		if (CPU_ISSET(cpu, of) &&
		    (least < 0 || busy[cpu] <= busy[least]))
			least = cpu;
	return least;
}

static void choose(struct affinity *aff)
{
	uint64_t busy[CPU_SETSIZE];
	cpu_set_t left;
	int cpu, times;

	read_busy(busy);
	for (cpu = 0; cpu < CPU_SETSIZE; cpu++)
		busy[cpu] -= aff->busy[cpu];
	aff->cpu = least_busy(busy, &aff->allowed);

	for (times = 0; times < CLAIMS; times++) {
		left = aff->allowed;
		while ((cpu = least_busy(busy, &left)) >= 0) {
			aff->claim = claim(cpu, times);
			if (aff->claim >= 0) {
				aff->cpu = cpu;
				return;
			}
			CPU_CLR(cpu, &left);
		}
	}
}

static int move(pid_t tid, int cpu)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	return sched_setaffinity(tid, sizeof(set), &set) ? -errno : 0;
}

/* is it exactly there? */
static bool is_on(pid_t tid, int cpu)
{
	cpu_set_t set;

	return !sched_getaffinity(tid, sizeof(set), &set) &&
	       CPU_COUNT(&set) == 1 && CPU_ISSET(cpu, &set);
}

/*
 * Call @change for the threads of a process; a thread that is gone meanwhile
 * is no error. Returns how many were changed, or the first error.
 */
static int for_threads(pid_t pid, int (*change)(pid_t tid, void *data),
		       void *data)
{
	char path[32];
	struct dirent *entry;
	int ret, changed = 0;
	DIR *dir;

	snprintf(path, sizeof(path), "/proc/%d/task", (int)pid);
	dir = opendir(path);
	if (!dir)
		return -errno;
	while ((entry = readdir(dir))) {
		pid_t tid = atoi(entry->d_name);

		ret = tid > 0 ? change(tid, data) : 0;
		if (ret < 0 && ret != -ESRCH) {
			changed = ret;
			break;
		}
		changed += ret > 0;
	}
	closedir(dir);
	return changed;
}

static int pin_thread(pid_t tid, void *data)
{
	const struct affinity *aff = data;
	int ret;

	if (is_on(tid, aff->cpu))
		return 0;
	ret = move(tid, aff->cpu);
	return ret ? ret : 1;
}

/* when a process began, in ticks since boot; 0: there is no such process */
static uint64_t born(pid_t pid)
{
	char path[32], stat[1024] = "", *field = NULL;
	FILE *file;
	int i;

	snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
	file = fopen(path, "re");
	if (!file)
		return 0;
	/* field 22; the second one ends with the last ')' */
	if (fread(stat, 1, sizeof(stat) - 1, file))
		field = strrchr(stat, ')');
	for (i = 2; field && i < 22; i++)
		field = strchr(field + 1, ' ');
	fclose(file);
	return field ? strtoull(field, NULL, 10) : 0;
}

static int by_process(const void *first, const void *second)
{
	const struct pinned *a = first, *b = second;

	if (a->pid != b->pid)
		return a->pid < b->pid ? -1 : 1;
	return (a->born > b->born) - (a->born < b->born);
}

/* the process of one more client */
static int get_process(struct affinity *aff, pid_t pid,
		       struct pinned **pinned_ret)
{
	struct pinned key = { .pid = pid, .born = born(pid) }, *pinned;
	struct pinned **found = tfind(&key, &aff->processes, by_process);

	if (found) {
		pinned = *found;
	} else {
		if (sched_getaffinity(pid, sizeof(key.before), &key.before))
			return -errno;
		if (!CPU_ISSET(aff->cpu, &key.before))
			return -EXDEV;
		pinned = malloc(sizeof(*pinned));
		if (!pinned)
			return -ENOMEM;
		*pinned = key;
		if (!tsearch(pinned, &aff->processes, by_process)) {
			free(pinned);
			return -ENOMEM;
		}
	}
	pinned->clients++;
	*pinned_ret = pinned;
	return 0;
}

static int pin_process(struct affinity *aff, pid_t pid,
		       struct pinned **pinned_ret)
{
	struct pinned *pinned = NULL;
	int ret, pass;

	ret = get_process(aff, pid, &pinned);
	if (ret)
		return ret;
	for (pass = 0; pass < PASSES; pass++) {
		ret = for_threads(pid, pin_thread, aff);
		if (ret <= 0)
			break;
	}
	if (ret < 0)
		affinity_unpin(aff, pinned);
	else
		*pinned_ret = pinned;
	return ret < 0 ? ret : 0;
}

/* the first client is there to stay: follow it */
static void begin(struct affinity *aff)
{
	if (move(0, aff->cpu))
		return;
	aff->began = true;
	log_verbose("all on CPU %d", aff->cpu);
	if (sched_getscheduler(0) == SCHED_OTHER)
		sched_setscheduler(0, SCHED_BATCH, &(struct sched_param){ 0 });
}

/**
 * affinity_pin - move a client to the CPU, and the controller before the first
 * @aff: from affinity_init()
 * @pid: the client's process, 0 if it cannot be seen
 *
 * Return: for affinity_unpin(), NULL if it was not moved.
 */
struct pinned *affinity_pin(struct affinity *aff, pid_t pid)
{
	struct pinned *pinned = NULL;
	int ret;

	if (aff->cpu == AFFINITY_NONE || aff->failed)
		return NULL;
	if (aff->cpu == AFFINITY_AUTO)
		choose(aff);
	ret = pid ? pin_process(aff, pid, &pinned) : -ESRCH;
	if (!ret) {
		if (!aff->began)
			begin(aff);
	} else if (ret == -EXDEV) {
		log_verbose("process %d stays off CPU %d", (int)pid,
			    aff->cpu);
	} else {
		log_line("cannot move clients to CPU %d (%s), going on without",
			 aff->cpu, strerror(-ret));
		aff->failed = true;
	}
	return pinned;
}

struct unpin {
	int cpu;
	const cpu_set_t *before;
};

static int unpin_thread(pid_t tid, void *data)
{
	const struct unpin *unpin = data;

	if (!is_on(tid, unpin->cpu))
		return 0;
	return sched_setaffinity(tid, sizeof(*unpin->before), unpin->before) ?
	       -errno : 1;
}

/**
 * affinity_unpin - a client has gone: put its process back after the last one,
 *	if that has not gone as well
 * @aff: from affinity_init()
 * @pinned: from affinity_pin(), or NULL
 */
void affinity_unpin(struct affinity *aff, struct pinned *pinned)
{
	struct unpin unpin = { .cpu = aff->cpu };

	if (!pinned || --pinned->clients)
		return;
	unpin.before = &pinned->before;
	if (born(pinned->pid) == pinned->born)
		for_threads(pinned->pid, unpin_thread, &unpin);
	tdelete(pinned, &aff->processes, by_process);
	free(pinned);
}
