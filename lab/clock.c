// SPDX-License-Identifier: GPL-2.0
/*
 * A client of the controller for tt-lab itself: it asks to run at given times,
 * and while it runs, no time passes. So machines can join, and a lab can stop, at
 * an instant that is the same in every run.
 *
 * It is a process of its own, because tt-lab has other things to wait for.
 *
 * In real time the client runs every 10 ms, and waits until the host's clock has
 * come as far. If the simulation was slow it may catch up, but only a little: no
 * minutes may rush by because the host was busy.
 */

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

#include "clock.h"
#include "proc.h"
#include "simtime.h"
#include "ttclient.h"

#define STEP_NS 10000000
#define CATCH_UP_NS 100000000

static uint64_t host_now(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * NSEC_PER_SEC + now.tv_nsec;
}

/*
 * Let the others run until @time, in step with the host's clock, which showed
 * @began at simulated time 0.
 */
static int run_in_step(struct tt_client *client, uint64_t time,
		       uint64_t *began)
{
	uint64_t now, next, host;
	struct timespec pause;
	int ret;

	ret = tt_client_now(client, &now);
	while (!ret && now < time) {
		next = now + STEP_NS < time ? now + STEP_NS : time;
		ret = tt_client_run_until(client, next);
		if (ret)
			break;
		now = next;
		host = host_now() - *began;
		if (host > now + CATCH_UP_NS)
			*began += host - now - CATCH_UP_NS;
		if (host >= now)
			continue;
		pause = (struct timespec) { .tv_nsec = now - host };
		nanosleep(&pause, NULL);
	}
	return ret;
}

static int follow(struct tt_client *client, const uint64_t *times, size_t nr,
		  bool real_time, int reached, int go_on)
{
	uint64_t began = host_now();
	size_t i;
	char byte;
	int ret;

	for (i = 0; i < nr; i++) {
		ret = real_time ? run_in_step(client, times[i], &began) :
				  tt_client_run_until(client, times[i]);
		if (ret)
			return ret;
		if (write(reached, &times[i], sizeof(times[i])) < 0 ||
		    read(go_on, &byte, 1) != 1)
			return 0;
		/* machines that have joined meanwhile start before this request */
		ret = tt_client_run_until(client, times[i] + 1);
		if (ret)
			return ret;
	}
	return 0;
}

static int clock_run(const char *socket, uint64_t name, const uint64_t *times,
		     size_t nr, bool real_time, int reached, int go_on)
{
	const struct tt_client_options opt = {
		.size = sizeof(opt),
		.path = socket,
		.name = name,
		.timeout_ms = -1,
	};
	struct tt_client *client;
	int ret;

	ret = tt_client_open(&client, &opt);
	if (!ret)
		ret = follow(client, times, nr, real_time, reached, go_on);
	/* the controller may go before we do */
	if (ret && ret != -EPIPE && ret != -ECONNRESET)
		fprintf(stderr, "tt-lab: the clock: %s\n",
			tt_client_error(client));
	tt_client_close(client);
	return ret ? 1 : 0;
}

/**
 * clock_start - start the clock
 * @clock: filled in
 * @directory: where the client runs
 * @socket: the controller's, relative to @directory, which may be long
 * @name: the client's name
 * @times: when to say so, ascending, ns
 * @nr: how many there are
 * @real_time: do not let simulated time get ahead of the host's clock
 *
 * Return: 0 or -errno.
 */
int clock_start(struct clock *clock, const char *directory, const char *socket,
		uint64_t name, const uint64_t *times, size_t nr, bool real_time)
{
	int to[2], from[2];

	if (pipe2(to, O_CLOEXEC))
		return -errno;
	if (pipe2(from, O_CLOEXEC)) {
		close(to[0]);
		close(to[1]);
		return -errno;
	}
	clock->pid = fork();
	if (!clock->pid) {
		proc_prepare();
		setsid();
		close(to[1]);
		close(from[0]);
		if (chdir(directory))
			_exit(1);
		_exit(clock_run(socket, name, times, nr, real_time, from[1],
				to[0]));
	}
	close(to[0]);
	close(from[1]);
	clock->go_on = to[1];
	clock->reached = from[0];
	return clock->pid < 0 ? -errno : 0;
}

/**
 * clock_go_on - let time pass again
 * @clock: has said that a time was reached
 */
void clock_go_on(struct clock *clock)
{
	/* if it has gone, there is nothing to let go on */
	if (write(clock->go_on, "", 1) < 0)
		return;
}
