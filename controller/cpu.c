// SPDX-License-Identifier: GPL-2.0
/*
 * Which CPU a simulation uses.
 *
 * Theory of operation
 *
 * Of the CPUs that no other simulation has claimed, it is the one that was least
 * busy between the start of the controller and the START of the first client. A
 * claim is an abstract socket, which the kernel removes when its owner ends,
 * however that happens. If all CPUs are claimed, one is claimed a second time.
 *
 * Abstract sockets belong to a network namespace: simulations in different ones
 * do not see each other's claims.
 */

#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "cpu.h"
#include "log.h"

/* how many simulations may claim one CPU */
#define CLAIMS 64

/* what each CPU has done since boot, in ticks; 0 if it cannot be read */
static void read_busy(uint64_t *busy)
{
	unsigned long long user, nice, system, idle, iowait, irq, softirq, steal;
	FILE *file = fopen("/proc/stat", "re");
	char *line = NULL;
	unsigned int nr;
	size_t size = 0;

	memset(busy, 0, CPU_SETSIZE * sizeof(*busy));
	while (file && getline(&line, &size, file) > 0)
		if (sscanf(line, "cpu%u %llu %llu %llu %llu %llu %llu %llu %llu",
			   &nr, &user, &nice, &system, &idle, &iowait, &irq,
			   &softirq, &steal) == 9 && nr < CPU_SETSIZE)
			busy[nr] = user + nice + system + irq + softirq + steal;
	free(line);
	if (file)
		fclose(file);
}

/**
 * cpu_may_use - is there such a CPU, and may the controller use it?
 * @nr: its number, 0 or more
 */
bool cpu_may_use(int nr)
{
	cpu_set_t allowed;

	return !sched_getaffinity(0, sizeof(allowed), &allowed) &&
	       CPU_ISSET(nr, &allowed);
}

/* returns a socket, -1 if the CPU was claimed so many times already */
static int claim(int nr, int times)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	int len;

	/* the first byte of an abstract name is 0 */
	len = snprintf(addr.sun_path + 1, sizeof(addr.sun_path) - 1,
		       "tt-controller/cpu%d/%d", nr, times);
	if (fd >= 0 && bind(fd, (struct sockaddr *)&addr,
			    offsetof(struct sockaddr_un, sun_path) + 1 + len)) {
		close(fd);
		fd = -1;
	}
	return fd;
}

/**
 * cpu_init - claim a CPU, or get ready to choose one
 * @cpu: filled in
 * @nr: number of the CPU, %CPU_AUTO or %CPU_NOWHERE
 */
void cpu_init(struct cpu *cpu, int nr)
{
	int times;

	cpu->nr = nr;
	cpu->claim = -1;
	if (nr == CPU_NOWHERE)
		return;
	if (sched_getaffinity(0, sizeof(cpu->allowed), &cpu->allowed)) {
		log_line("cannot choose a CPU for all clients: %s",
			 strerror(errno));
		cpu->nr = CPU_NOWHERE;
	} else if (nr == CPU_AUTO) {
		read_busy(cpu->busy);
	} else {
		/* other simulations choose a CPU that nobody claims */
		for (times = 0; times < CLAIMS && cpu->claim < 0; times++)
			cpu->claim = claim(nr, times);
	}
}

/**
 * cpu_release - let other simulations claim the CPU
 * @cpu: from cpu_init()
 */
void cpu_release(struct cpu *cpu)
{
	if (cpu->claim >= 0)
		close(cpu->claim);
	cpu->claim = -1;
}

static int least_busy(const uint64_t *busy, const cpu_set_t *of)
{
	int nr, least = -1;

	/* take the last of equals: a host's own work is mostly on the first */
	for (nr = 0; nr < CPU_SETSIZE; nr++)
		if (CPU_ISSET(nr, of) &&
		    (least < 0 || busy[nr] <= busy[least]))
			least = nr;
	return least;
}

/**
 * cpu_choose - choose a CPU and claim it, unless that has been done
 * @cpu: from cpu_init(); its @nr is a number afterwards, or %CPU_NOWHERE still
 */
void cpu_choose(struct cpu *cpu)
{
	uint64_t busy[CPU_SETSIZE];
	cpu_set_t left;
	int nr, times;

	if (cpu->nr != CPU_AUTO)
		return;
	read_busy(busy);
	for (nr = 0; nr < CPU_SETSIZE; nr++)
		busy[nr] -= cpu->busy[nr];
	cpu->nr = least_busy(busy, &cpu->allowed);

	for (times = 0; times < CLAIMS; times++) {
		left = cpu->allowed;
		while ((nr = least_busy(busy, &left)) >= 0) {
			cpu->claim = claim(nr, times);
			if (cpu->claim >= 0) {
				cpu->nr = nr;
				return;
			}
			CPU_CLR(nr, &left);
		}
	}
}

/**
 * cpu_after - another CPU that may be used
 * @cpu: from cpu_choose(), with a number
 * @n: how far after it, in the order of their numbers; the last one is
 *	followed by the first
 *
 * Return: its number.
 */
int cpu_after(const struct cpu *cpu, unsigned int n)
{
	int nr = cpu->nr;

	n %= CPU_COUNT(&cpu->allowed);
	while (n--)
		do {
			nr = (nr + 1) % CPU_SETSIZE;
		} while (!CPU_ISSET(nr, &cpu->allowed));
	return nr;
}

/**
 * cpu_count - how many CPUs may the controller use?
 */
unsigned int cpu_count(void)
{
	cpu_set_t allowed;

	return sched_getaffinity(0, sizeof(allowed), &allowed) ?
		       1 : CPU_COUNT(&allowed);
}
