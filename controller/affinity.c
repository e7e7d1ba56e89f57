// SPDX-License-Identifier: GPL-2.0
/*
 * Keeps all processes of a simulation on one CPU, or spreads them over several.
 *
 * Theory of operation
 *
 * Only one client runs at any time, so a second CPU has nothing to do. But a
 * message that crosses to it costs an interrupt and has to wake that CPU from
 * its idle state, which takes several times as long as everything else about
 * the message. So the controller and its clients share the CPU that cpu.c
 * chooses.
 *
 * The controller moves a process when its first client sends START. It moves
 * all threads that may use the same CPUs as the process; the user has placed
 * the others, and they stay where they are. Whatever a moved thread starts later
 * inherits the CPU. So the second client of a process needs nothing, and what
 * the user has done about CPUs in between is not undone.
 *
 * When its last client goes, a process that lives on may use its old CPUs again,
 * except for threads that somebody else has moved meanwhile.
 *
 * On that CPU the controller becomes a SCHED_BATCH process, unless its user has
 * given it a policy other than SCHED_OTHER. Otherwise it would preempt a client
 * that has sent WAIT and is about to block, which would cost one more switch of
 * processes.
 *
 * While several groups run at the same time, each process has one of several CPUs,
 * in turn. The controller may use all that it could use when it began, and is a
 * SCHED_OTHER process again: when a machine stops, its CPU or another one is idle,
 * and a controller that waited for a slice would let it stay so.
 *
 * None of this has to succeed. If it fails, the simulation is slower, and a line
 * says so.
 */

#include <dirent.h>
#include <errno.h>
#include <search.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "affinity.h"
#include "log.h"
#include "process.h"

/* threads that start while others are moved are looked for again, so often */
#define PASSES 10

/**
 * affinity_init - nobody is moved yet
 * @aff: filled in
 * @cpu: the CPU, %CPU_AUTO or %CPU_NOWHERE
 * @jobs: how many CPUs to use; 1: one; more: spread; 0: begin with one, and be
 *	ready to spread over all
 */
void affinity_init(struct affinity *aff, int cpu, unsigned int jobs)
{
	cpu_init(&aff->cpu, cpu);
	aff->jobs = jobs ? jobs : cpu_count();
	aff->spread = jobs > 1;
	aff->placed = 0;
	aff->batch = false;
	aff->began = false;
	aff->told = false;
	aff->processes = NULL;
}

/**
 * affinity_destroy - give the CPU back
 * @aff: from affinity_init(); affinity_unpin() has put all clients back
 */
void affinity_destroy(struct affinity *aff)
{
	cpu_release(&aff->cpu);
}

static int move(pid_t tid, int cpu)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	return sched_setaffinity(tid, sizeof(set), &set) ? -errno : 0;
}

/* may the thread use exactly these CPUs? */
static bool may_use(pid_t tid, const cpu_set_t *cpus)
{
	cpu_set_t set;

	return !sched_getaffinity(tid, sizeof(set), &set) &&
	       CPU_EQUAL(&set, cpus);
}

/**
 * struct change - what happens to the threads of a process
 *
 * @from: only those are changed that may use exactly these CPUs
 * @to: and may use these afterwards
 * @count: how many were changed
 * @children: the same for what the process has started
 */
struct change {
	cpu_set_t from;
	cpu_set_t to;
	unsigned int count;
	bool children;
};

static int change_threads(pid_t pid, struct change *change);

/* not all hosts list them; then a machine's programs stay where they began */
static void change_children(pid_t pid, pid_t tid, struct change *change)
{
	char path[48];
	FILE *file;
	int child;

	snprintf(path, sizeof(path), "/proc/%d/task/%d/children", (int)pid,
		 (int)tid);
	file = fopen(path, "re");
	while (file && fscanf(file, "%d", &child) == 1)
		change_threads(child, change);
	if (file)
		fclose(file);
}

/* returns 0 or -errno; a thread that ends meanwhile is no error */
static int change_threads(pid_t pid, struct change *change)
{
	char path[32];
	struct dirent *entry;
	int ret = 0;
	DIR *dir;

	change->count = 0;
	snprintf(path, sizeof(path), "/proc/%d/task", (int)pid);
	dir = opendir(path);
	if (!dir)
		return -errno;
	while (!ret && (entry = readdir(dir))) {
		pid_t tid = atoi(entry->d_name);

		if (tid <= 0 || !may_use(tid, &change->from))
			continue;
		if (!sched_setaffinity(tid, sizeof(change->to), &change->to))
			change->count++;
		else if (errno != ESRCH)
			ret = -errno;
		if (change->children)
			change_children(pid, tid, change);
	}
	closedir(dir);
	return ret;
}

static int by_process(const void *first, const void *second)
{
	const struct pinned *a = first, *b = second;

	if (a->pid != b->pid)
		return a->pid < b->pid ? -1 : 1;
	return (a->born > b->born) - (a->born < b->born);
}

static void only(cpu_set_t *set, int cpu)
{
	CPU_ZERO(set);
	CPU_SET(cpu, set);
}

static int move_process(const struct pinned *pinned)
{
	struct change change = { .from = pinned->before };
	int ret, pass = 0;

	only(&change.to, pinned->cpu);
	if (CPU_EQUAL(&change.from, &change.to))
		return 0;
	do {
		ret = change_threads(pinned->pid, &change);
	} while (!ret && change.count && ++pass < PASSES);
	return ret;
}

static void put_process_back(const struct pinned *pinned)
{
	struct change change = { .to = pinned->before };

	only(&change.from, pinned->cpu);
	if (process_born(pinned->pid) == pinned->born)
		change_threads(pinned->pid, &change);
}

static int cpu_for(const struct affinity *aff, const struct pinned *pinned)
{
	return aff->spread ? cpu_after(&aff->cpu, pinned->place % aff->jobs) :
			     aff->cpu.nr;
}

static int pin_process(struct affinity *aff, struct pinned *pinned)
{
	int ret;

	if (sched_getaffinity(pinned->pid, sizeof(pinned->before),
			      &pinned->before))
		return -errno;
	pinned->place = aff->placed;
	pinned->cpu = cpu_for(aff, pinned);
	if (!CPU_ISSET(pinned->cpu, &pinned->before))
		return -EXDEV;
	ret = move_process(pinned);
	if (!ret && !tsearch(pinned, &aff->processes, by_process))
		ret = -ENOMEM;
	if (ret)
		put_process_back(pinned);
	else
		aff->placed++;
	return ret;
}

/* the controller goes where the clients are */
static void follow(struct affinity *aff)
{
	if (aff->spread)
		sched_setaffinity(0, sizeof(aff->cpu.allowed),
				  &aff->cpu.allowed);
	else if (move(0, aff->cpu.nr))
		return;
	aff->began = true;
	if (aff->spread && aff->batch) {
		sched_setscheduler(0, SCHED_OTHER, &(struct sched_param){ 0 });
		aff->batch = false;
	} else if (!aff->spread && sched_getscheduler(0) == SCHED_OTHER) {
		sched_setscheduler(0, SCHED_BATCH, &(struct sched_param){ 0 });
		aff->batch = true;
	}
}

/* the first client is there to stay: follow it */
static void begin(struct affinity *aff)
{
	if (aff->began)
		return;
	follow(aff);
	if (aff->began && !aff->spread)
		log_verbose("all on CPU %d", aff->cpu.nr);
}

static bool is_there(pid_t pid)
{
	return !kill(pid, 0) || errno != ESRCH;
}

static void say_why_not(struct affinity *aff, pid_t pid, int err)
{
	if (err == -EXDEV) {
		log_verbose("process %d stays off CPU %d, where its user has put it",
			    (int)pid, aff->cpu.nr);
	} else if (pid && !is_there(pid)) {
		log_verbose("process %d has ended before it was moved to CPU %d",
			    (int)pid, aff->cpu.nr);
	} else if (!aff->told) {
		aff->told = true;
		if (pid)
			log_line("cannot move process %d to CPU %d: %s (--cpu none moves nobody)",
				 (int)pid, aff->cpu.nr, strerror(-err));
		else
			log_line("cannot move a client to CPU %d: its process is not visible from here (--cpu none moves nobody)",
				 aff->cpu.nr);
	}
}

/**
 * affinity_pin - move a client to the CPU, and the controller with the first one
 * @aff: from affinity_init()
 * @pid: the client's process, 0 if it is not visible from here
 *
 * Return: for affinity_unpin(), NULL if it was not moved.
 */
struct pinned *affinity_pin(struct affinity *aff, pid_t pid)
{
	struct pinned key = { .pid = pid, .clients = 1 };
	struct pinned **found, *pinned;
	int ret;

	cpu_choose(&aff->cpu);
	if (aff->cpu.nr == CPU_NOWHERE)
		return NULL;
	key.born = pid ? process_born(pid) : 0;
	found = tfind(&key, &aff->processes, by_process);
	if (found) {
		(*found)->clients++;
		return *found;
	}
	pinned = malloc(sizeof(*pinned));
	if (!pinned) {
		ret = -ENOMEM;
	} else {
		*pinned = key;
		ret = pid ? pin_process(aff, pinned) : -ESRCH;
	}
	if (ret) {
		say_why_not(aff, pid, ret);
		free(pinned);
		return NULL;
	}
	begin(aff);
	return pinned;
}

static void move_again(const void *node, VISIT which, void *data)
{
	struct pinned *pinned = *(struct pinned *const *)node;
	/* UML runs a machine's programs in processes of their own */
	struct change change = { .children = true };
	int cpu;

	if (which != postorder && which != leaf)
		return;
	cpu = cpu_for(data, pinned);
	if (cpu == pinned->cpu || !CPU_ISSET(cpu, &pinned->before) ||
	    process_born(pinned->pid) != pinned->born)
		return;
	only(&change.from, pinned->cpu);
	only(&change.to, cpu);
	if (!change_threads(pinned->pid, &change))
		pinned->cpu = cpu;
}

/**
 * affinity_spread - spread the clients over CPUs, or bring them together on one
 * @aff: from affinity_init()
 * @spread: whether to spread them
 */
void affinity_spread(struct affinity *aff, bool spread)
{
	if (aff->spread == spread)
		return;
	aff->spread = spread;
	if (!aff->began)
		return;
	twalk_r(aff->processes, move_again, aff);
	follow(aff);
}

/**
 * affinity_unpin - a client has gone: put its process back if it was its last
 * @aff: from affinity_init()
 * @pinned: from affinity_pin(), or NULL
 */
void affinity_unpin(struct affinity *aff, struct pinned *pinned)
{
	if (!pinned || --pinned->clients)
		return;
	put_process_back(pinned);
	tdelete(pinned, &aff->processes, by_process);
	free(pinned);
}
