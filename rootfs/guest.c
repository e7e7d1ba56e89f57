// SPDX-License-Identifier: GPL-2.0
/*
 * The guest program: does the steps it is given, and checks whether simulated
 * time is exact
 *
 * If --check comes first, it only checks whether it knows the steps. Each argument
 * is a step, NAME or NAME:NUMBER, the number from 0:
 *   sleep:S	sleep S seconds and check how much later the clock is
 *   wakes:N	wake at N instants at irregular distances from each other
 *   ticks:N	wake at N consecutive whole milliseconds of CLOCK_REALTIME: the
 *		same instants in all machines
 *   events:N	wake at instants that only machine N uses, from the next multiple of
 *		10 s of CLOCK_REALTIME on, and write each to /dev/tty1
 *   gate	if there is a file /host/gate, create /host/waiting and let no
 *		time pass until that file is gone
 *   broadcast:N	send the number N to all other clients
 *   heard:N	check that the last broadcast, from any client, was N
 *   fingerprint	print everything that a program could learn about the host
 *   vectors	check that a signal handler leaves AVX-512 registers alone
 *   terminal:N	write a greeting to /dev/ttyN, and wait for an answer
 *   flood:N	write N kB of numbered lines to /dev/tty1, in no simulated time
 *   read:N	read all of /dev/ubda (N = 0), /dev/ubdb (N = 1), ..., in no
 *		simulated time: each word must be its own offset
 *   write:N	write, flush, discard and zero that disk, and read it again, in no
 *		simulated time
 *   yield:US	call sched_yield() until a child, which first sleeps US
 *		microseconds, sets a flag
 *   net:N	be 10.0.0.N on the network of the first card
 *   ping:N	ping machine N each second, a hundred times; machine N itself
 *		stays until nobody has pinged it for 5 s
 *   few:N	ping machine N each second, ten times
 *   pings:N	ping machine N five times a second, 2000 times; if N = 0, the machine
 *		itself, without a network
 *   row:N	be 10.0.0.N between machines N - 1, at the first card, and N + 1, and
 *		forward what others send each other
 *   tcp:N	send 10 MB to machine N, which receives them
 *   udp:N	send to machine N at instants that are the same in all machines; it
 *		prints what it gets
 *   frames:N	send machine N frames of many types; both print them
 *   processes:N	have N children at the same time
 *   reboot	reboot the machine, which then does all steps again but this one
 *   fail	return an error
 *   hang	sleep for ever
 *   spin	compute for ever, so that no time passes
 *
 * This is one program and no shell script, because a fork costs a UML machine more
 * than a thousand clock readings. Every result is a line "name value" on standard
 * output.
 *
 * All sleeps are to an absolute time. A sleeper is late if the clock, read after
 * waking up, shows a later time. UML's clock advances in steps of 256 ns, and
 * reading it takes one step. A kernel without our patches may wake before the
 * step and set its timer again, for 500 ns later. A delay of up to RESOLUTION has
 * only these causes.
 */
#include "guest.h"

#include <ctype.h>
#include <fcntl.h>
#include <inttypes.h>
#include <linux/fs.h>
#include <sched.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/reboot.h>
#include <sys/wait.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

#define NSEC_PER_USEC	INT64_C(1000)
#define NSEC_PER_MSEC	INT64_C(1000000)
#define NSEC_PER_SEC	INT64_C(1000000000)

/* nanoseconds, see above */
#define RESOLUTION	1000

/* the events step: how many instants, and a grid that no two machines share */
#define EVENTS		200
#define EVENT_GRID	(100 * NSEC_PER_USEC)
#define EVENT_OFFSET	(10 * NSEC_PER_USEC)

/* the read and write steps: bytes at once, nanoseconds per request */
#define CHUNK		(1 << 20)
#define REQUEST_TIME	1000

#define GATE		"/host/gate"
#define WAITING		"/host/waiting"

#define REBOOTED	"/host/rebooted"

#define BROADCAST	"/sys/kernel/um-ext-time/bc-message"

static int64_t read_clock(clockid_t clock)
{
	static int64_t monotonic;
	struct timespec ts;
	int64_t now;

	clock_gettime(clock, &ts);
	now = ts.tv_sec * NSEC_PER_SEC + ts.tv_nsec;

	if (clock == CLOCK_MONOTONIC) {
		if (now < monotonic) {
			printf("clock_went_back_ns %" PRId64 "\n",
			       monotonic - now);
			exit(EXIT_FAILURE);
		}
		monotonic = now;
	}

	return now;
}

/* returns the time after waking up, in ns */
static int64_t sleep_until(clockid_t clock, int64_t when)
{
	struct timespec ts = {
		.tv_sec = when / NSEC_PER_SEC,
		.tv_nsec = when % NSEC_PER_SEC,
	};

	clock_nanosleep(clock, TIMER_ABSTIME, &ts, NULL);

	return read_clock(clock);
}

static bool sleep_step(int64_t seconds)
{
	int64_t start = read_clock(CLOCK_MONOTONIC);
	int64_t slept = sleep_until(CLOCK_MONOTONIC,
				    start + seconds * NSEC_PER_SEC) - start;

	printf("slept_ns %" PRId64 "\n", slept);

	return slept >= seconds * NSEC_PER_SEC &&
	       slept <= seconds * NSEC_PER_SEC + RESOLUTION;
}

/*
 * Distances between 2 us and 1 ms from a fixed pseudo-random sequence: no
 * pattern of the clock's steps can hide a mistake, and every run is the same.
 */
static bool wakes_step(int64_t count)
{
	int64_t late, least = INT64_MAX, most = INT64_MIN;
	int64_t when = read_clock(CLOCK_MONOTONIC);
	uint32_t random = 1;

	for (int64_t i = 0; i < count; i++) {
		random = random * 1664525 + 1013904223;
		when += 2000 + (random >> 12);
		late = sleep_until(CLOCK_MONOTONIC, when) - when;
		if (late < least)
			least = late;
		if (late > most)
			most = late;
	}
	printf("wakes %" PRId64 "\n", count);
	printf("wakes_least_late_ns %" PRId64 "\n", least);
	printf("wakes_most_late_ns %" PRId64 "\n", most);

	return least >= 0 && most <= RESOLUTION;
}

/* one more value in an FNV-1a hash */
static void hash(uint64_t *sum, int64_t value)
{
	*sum = (*sum ^ (uint64_t)value) * UINT64_C(0x100000001b3);
}

/*
 * The hash of the clock at every tick, in microseconds, is for comparing
 * machines: it is the same only if they agreed on every tick.
 */
static bool ticks_step(int64_t count)
{
	/* CLOCK_REALTIME when simulated time was 0 */
	int64_t zero = -read_clock(CLOCK_MONOTONIC);
	int64_t now = read_clock(CLOCK_REALTIME);
	uint64_t sum = UINT64_C(0xcbf29ce484222325);
	int64_t first, most = 0;

	zero += now;
	/* from a whole second on, so that all machines tick at the same instants */
	first = (now / NSEC_PER_SEC + 2) * NSEC_PER_SEC;

	for (int64_t i = 0; i < count; i++) {
		int64_t when = first + i * NSEC_PER_MSEC;

		now = sleep_until(CLOCK_REALTIME, when);
		if (now < when) {
			printf("tick_early_ns %" PRId64 "\n", when - now);
			return false;
		}
		if (now - when > most)
			most = now - when;
		hash(&sum, now / NSEC_PER_USEC);
	}
	printf("ticks %" PRId64 "\n", count);
	printf("ticks_most_late_ns %" PRId64 "\n", most);
	printf("ticks_realtime_hash %016" PRIx64 "\n", sum);
	printf("ticks_last_realtime_ns %" PRId64 "\n", now);
	printf("ticks_last_monotonic_ns %" PRId64 "\n",
	       read_clock(CLOCK_MONOTONIC));
	printf("realtime_at_zero_ns %" PRId64 "\n", zero);

	return most <= RESOLUTION;
}

/* a terminal that passes on all output unchanged */
static int open_raw(const char *path)
{
	int tty = open(path, O_WRONLY | O_NOCTTY);
	struct termios raw;

	if (tty < 0 || tcgetattr(tty, &raw))
		return -1;
	cfmakeraw(&raw);
	tcsetattr(tty, TCSANOW, &raw);

	return tty;
}

/*
 * The instants of machine N are N offsets after a point of the grid, and 2N+1 of
 * its points apart. So those of two machines interleave in many ways, but are
 * never so close that the RESOLUTION of the clocks could swap them. All lines
 * fit into a pipe, so that no machine ever waits for its reader.
 */
static bool events_step(int64_t number)
{
	int64_t now = read_clock(CLOCK_REALTIME);
	int64_t first = (now / (10 * NSEC_PER_SEC) + 1) * 10 * NSEC_PER_SEC;
	int tty = open_raw("/dev/tty1");

	if (tty < 0)
		return false;

	first += number * EVENT_OFFSET;
	for (int64_t i = 0; i < EVENTS; i++) {
		now = sleep_until(CLOCK_REALTIME,
				  first + i * (2 * number + 1) * EVENT_GRID);
		dprintf(tty, "%" PRId64 " %" PRId64 "\n", now, number);
	}
	close(tty);

	return true;
}

/* Nothing in here reads the clock, or sleeps: it is one instant. */
static bool gate_step(int64_t unused)
{
	(void)unused;
	if (access(GATE, F_OK))
		return true;
	printf("gate_ns %" PRId64 "\n", read_clock(CLOCK_REALTIME));
	close(open(WAITING, O_WRONLY | O_CREAT, 0600));
	while (!access(WAITING, F_OK))
		;

	return true;
}

static bool heard_step(int64_t number)
{
	FILE *file = fopen(BROADCAST, "r");
	uint64_t heard;

	if (!file || fscanf(file, "%" SCNx64, &heard) != 1)
		return false;
	fclose(file);
	printf("heard 0x%" PRIx64 "\n", heard);

	return heard == (uint64_t)number;
}

static bool send_broadcast(const char *text)
{
	int fd = open(BROADCAST, O_WRONLY);
	ssize_t len = write(fd, text, strlen(text));

	close(fd);

	return len == (ssize_t)strlen(text);
}

static bool broadcast_step(int64_t number)
{
	char text[32];

	snprintf(text, sizeof(text), "%" PRId64 "\n", number);

	return !send_broadcast("no number\n") && send_broadcast(text) &&
	       heard_step(number);
}

static bool terminal_step(int64_t number)
{
	char said[32] = "", path[32];
	int fd;

	snprintf(path, sizeof(path), "/dev/tty%" PRId64, number);
	fd = open(path, O_RDWR | O_NOCTTY);
	dprintf(fd, "hello\n");
	if (read(fd, said, sizeof(said) - 1) < 0)
		return false;
	close(fd);
	printf("tty%" PRId64 " %s", number, said);

	return !strcmp(said, "hello to you\n");
}

/* work that the host does for a machine must take at most @most ns of its time */
static bool took(const char *what, int64_t start, int64_t most)
{
	int64_t time = read_clock(CLOCK_MONOTONIC) - start;

	printf("%s_ns %" PRId64 "\n", what, time);

	return time <= most;
}

static bool flood_step(int64_t number)
{
	int64_t start = read_clock(CLOCK_MONOTONIC), line = 0;
	int tty = open_raw("/dev/tty1");
	FILE *stream = fdopen(tty, "w");

	if (!stream)
		return false;
	/* lines of 16 bytes */
	while (line < number * 64)
		fprintf(stream, "%015" PRId64 "\n", ++line);

	return !fclose(stream) && took("flood", start, RESOLUTION);
}

static int open_disk(int64_t number, int flags)
{
	char path[] = "/dev/ubda";

	path[sizeof(path) - 2] += number;

	return open(path, flags);
}

/* a word of a disk, given its offset, after the write step */
static uint64_t disk_written(uint64_t offset, uint64_t size)
{
	return offset < size / 4 || offset >= size / 4 * 3 ? ~offset : 0;
}

/* a word of a disk before the write step */
static uint64_t disk_fresh(uint64_t offset, uint64_t size)
{
	(void)size;
	return offset;
}

/* read the whole disk, and check each word */
static bool check_disk(int fd, uint64_t size,
		       uint64_t (*expected)(uint64_t offset, uint64_t size))
{
	static uint64_t chunk[CHUNK / sizeof(uint64_t)];
	uint64_t offset = 0;
	ssize_t len;

	if (lseek(fd, 0, SEEK_SET))
		return false;
	while ((len = read(fd, chunk, sizeof(chunk))) > 0) {
		for (ssize_t i = 0; i < len; i += sizeof(*chunk), offset += 8) {
			uint64_t word = chunk[i / sizeof(*chunk)];

			if (word == expected(offset, size))
				continue;
			printf("wrong_at 0x%" PRIx64 "\n", offset);
			return false;
		}
	}

	return !len && offset == size;
}

/*
 * How long reading or writing a whole disk may take: the kernel reads the clock
 * for each request, and a request may be as small as a page.
 */
static int64_t disk_time(uint64_t size)
{
	return size / 4096 * REQUEST_TIME;
}

static bool read_step(int64_t number)
{
	int fd = open_disk(number, O_RDONLY);
	uint64_t size;
	int64_t start;

	if (fd < 0 || ioctl(fd, BLKGETSIZE64, &size))
		return false;
	start = read_clock(CLOCK_MONOTONIC);
	if (!check_disk(fd, size, disk_fresh))
		return false;
	close(fd);

	return took("read", start, disk_time(size));
}

/*
 * Synchronously: otherwise the kernel makes us wait when too many pages are
 * dirty, which has nothing to do with the disk.
 */
static bool write_step(int64_t number)
{
	static uint64_t chunk[CHUNK / sizeof(uint64_t)];
	int fd = open_disk(number, O_RDWR | O_DSYNC);
	uint64_t size, quarter[2], offset = 0;
	int64_t start;

	if (fd < 0 || ioctl(fd, BLKGETSIZE64, &size) || size % CHUNK)
		return false;
	start = read_clock(CLOCK_MONOTONIC);
	while (offset < size) {
		for (size_t i = 0; i < CHUNK / sizeof(*chunk); i++, offset += 8)
			chunk[i] = ~offset;
		if (write(fd, chunk, CHUNK) != CHUNK)
			return false;
	}
	quarter[0] = size / 4;
	quarter[1] = size / 4;
	if (ioctl(fd, BLKDISCARD, quarter))
		return false;
	quarter[0] += size / 4;
	/* drop the page cache, so that the disk is read */
	if (ioctl(fd, BLKZEROOUT, quarter) || ioctl(fd, BLKFLSBUF) ||
	    !check_disk(fd, size, disk_written))
		return false;
	close(fd);

	return took("write", start, 3 * disk_time(size));
}

static bool yield_step(int64_t usec)
{
	volatile bool *flag = mmap(NULL, sizeof(*flag), PROT_READ | PROT_WRITE,
				   MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	int64_t start = read_clock(CLOCK_MONOTONIC);
	pid_t child = flag == MAP_FAILED ? -1 : fork();

	if (child < 0)
		return false;
	if (!child) {
		if (usec)
			usleep(usec);
		*flag = true;
		_exit(0);
	}
	while (!*flag)
		sched_yield();
	waitpid(child, NULL, 0);
	printf("yield_ns %" PRId64 "\n", read_clock(CLOCK_MONOTONIC) - start);

	return true;
}

/* each child lives until the parent closes a pipe */
static bool processes_step(int64_t number)
{
	int64_t count = 0;
	pid_t child = 1;
	int fds[2];
	char byte;

	if (pipe(fds))
		return false;
	while (count < number && child > 0) {
		child = fork();
		if (!child) {
			close(fds[1]);
			_exit(read(fds[0], &byte, 1));
		}
		if (child > 0)
			count++;
	}
	close(fds[1]);
	while (wait(NULL) > 0)
		;
	close(fds[0]);
	printf("processes %" PRId64 "\n", count);

	return count == number;
}

static bool reboot_step(int64_t unused)
{
	(void)unused;
	if (!access(REBOOTED, F_OK))
		return true;
	close(open(REBOOTED, O_WRONLY | O_CREAT, 0600));
	reboot(RB_AUTOBOOT);

	return false;
}

static bool fail_step(int64_t unused)
{
	(void)unused;
	return false;
}

static bool hang_step(int64_t unused)
{
	(void)unused;
	pause();
	return false;
}

static bool spin_step(int64_t unused)
{
	(void)unused;
	for (;;)
		;
	return false;
}

static const struct step {
	const char *name;
	bool (*run)(int64_t number);
	bool has_number;
} steps[] = {
	{ "sleep", sleep_step, true },
	{ "wakes", wakes_step, true },
	{ "ticks", ticks_step, true },
	{ "events", events_step, true },
	{ "gate", gate_step, false },
	{ "broadcast", broadcast_step, true },
	{ "heard", heard_step, true },
	{ "fingerprint", fingerprint_step, false },
	{ "vectors", vectors_step, false },
	{ "terminal", terminal_step, true },
	{ "flood", flood_step, true },
	{ "read", read_step, true },
	{ "write", write_step, true },
	{ "yield", yield_step, true },
	{ "net", net_step, true },
	{ "row", row_step, true },
	{ "ping", ping_step, true },
	{ "few", few_step, true },
	{ "pings", pings_step, true },
	{ "tcp", tcp_step, true },
	{ "udp", udp_step, true },
	{ "frames", frames_step, true },
	{ "processes", processes_step, true },
	{ "reboot", reboot_step, false },
	{ "fail", fail_step, false },
	{ "hang", hang_step, false },
	{ "spin", spin_step, false },
};

/* returns the step of this text and sets its number; NULL if there is none */
static const struct step *parse(const char *text, int64_t *number)
{
	size_t len = strcspn(text, ":");
	char *end = NULL;

	*number = 0;
	for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
		if (strlen(steps[i].name) != len ||
		    strncmp(text, steps[i].name, len))
			continue;
		if (!steps[i].has_number)
			return text[len] ? NULL : &steps[i];
		if (text[len] && isdigit((unsigned char)text[len + 1]))
			*number = strtoll(text + len + 1, &end, 10);
		return end && !*end ? &steps[i] : NULL;
	}

	return NULL;
}

/*
 * Linux boots with timers that only see jiffies, and makes them exact at one of
 * its first ticks. Wait for that before measuring.
 */
static bool wait_for_exact_timers(void)
{
	const struct timespec tick = { .tv_nsec = 10 * NSEC_PER_MSEC };
	struct timespec resolution;

	for (int i = 0; i < 100; i++) {
		clock_getres(CLOCK_MONOTONIC, &resolution);
		if (resolution.tv_nsec == 1)
			return true;
		nanosleep(&tick, NULL);
	}
	printf("timer_resolution_ns %ld\n", resolution.tv_nsec);

	return false;
}

static bool check_steps(char **steps)
{
	int64_t number;

	for (; *steps; steps++) {
		if (!parse(*steps, &number)) {
			printf("no_such_step %s\n", *steps);
			return false;
		}
	}

	return true;
}

int main(int argc, char **argv)
{
	int64_t number;

	/* on the host, before a machine is booted to run the steps */
	if (argc > 1 && !strcmp(argv[1], "--check"))
		return check_steps(argv + 2) ? EXIT_SUCCESS : EXIT_FAILURE;

	setvbuf(stdout, NULL, _IOLBF, 0);

	/* by default Linux may let a sleeper oversleep by 50 us */
	prctl(PR_SET_TIMERSLACK, 1);
	if (!wait_for_exact_timers())
		return EXIT_FAILURE;

	/* before any step runs: a step may take an hour */
	if (!check_steps(argv + 1))
		return EXIT_FAILURE;
	for (int i = 1; i < argc; i++) {
		if (!parse(argv[i], &number)->run(number)) {
			printf("failed_step %s\n", argv[i]);
			return EXIT_FAILURE;
		}
	}
	printf("clock_ns %" PRId64 "\n", read_clock(CLOCK_MONOTONIC));

	return EXIT_SUCCESS;
}
