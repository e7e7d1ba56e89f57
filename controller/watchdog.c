// SPDX-License-Identifier: GPL-2.0
/*
 * The watchdog: a client hangs if it runs, and neither says anything nor moves
 * the time, or if it does not acknowledge a broadcast.
 *
 * Theory of operation
 *
 * A timer expires WATCHDOG_LOOKS times within --watchdog seconds. Each time, the
 * watchdog compares the counters of the clients that the simulation waits for
 * with their values at the last look. So a message costs nothing extra, not even
 * a look at the clock.
 *
 * Time in which the controller was stopped does not count. If a signal, a
 * debugger or a suspended host has stopped it, the timer has expired more than
 * once when it is read, and that look does not count: the clients were probably
 * stopped as well. Messages that have come meanwhile are read first.
 *
 * The first look that sees no progress probes the client, see group_probe().
 *
 * While the controller waits for --clients, or for a first client, it waits for
 * no client that is there, so there is nothing to look at.
 *
 * No counter tells a hang from a long computation, during which no simulated
 * time passes. So the user chooses what happens to the client: --on-hang.
 */

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "client.h"
#include "group.h"
#include "log.h"
#include "op.h"
#include "options.h"
#include "process.h"
#include "simtime.h"
#include "util.h"
#include "watchdog.h"

static void timer_ready(struct loop_source *source, uint32_t events)
{
	uint64_t expirations;

	(void)events;
	if (read(source->fd, &expirations, sizeof(expirations)) ==
	    sizeof(expirations))
		watchdog_tick(container_of(source, struct watchdog, timer),
			      expirations);
}

static int set_timer(struct watchdog *dog)
{
	uint64_t ns = dog->opt->watchdog * NSEC_PER_SEC / WATCHDOG_LOOKS;
	const struct timespec period = {
		.tv_sec = ns / NSEC_PER_SEC,
		.tv_nsec = ns % NSEC_PER_SEC,
	};

	return timerfd_settime(dog->timer.fd, 0, &(struct itimerspec) {
			       .it_value = period, .it_interval = period,
			       }, NULL) ? -errno : 0;
}

/**
 * watchdog_init - begin to watch
 * @dog: filled in
 * @loop: where its timer goes
 * @opt: the command line, which has to outlive it; without --watchdog nothing
 *	is watched
 *
 * Return: 0 or -errno.
 */
int watchdog_init(struct watchdog *dog, struct loop *loop,
		  const struct options *opt)
{
	int ret;

	*dog = (struct watchdog) { .opt = opt };
	dog->timer.fd = -1;
	dog->timer.ready = timer_ready;
	if (!opt->watchdog)
		return 0;
	dog->timer.fd = timerfd_create(CLOCK_MONOTONIC,
				       TFD_NONBLOCK | TFD_CLOEXEC);
	if (dog->timer.fd < 0)
		return -errno;
	ret = set_timer(dog);
	if (!ret)
		ret = loop_add(loop, &dog->timer, EPOLLIN);
	if (ret)
		watchdog_destroy(dog);
	return ret;
}

/**
 * watchdog_destroy - watch no more
 * @dog: from watchdog_init()
 */
void watchdog_destroy(struct watchdog *dog)
{
	if (dog->timer.fd >= 0)
		close(dog->timer.fd);
	dog->timer.fd = -1;
}

/**
 * watchdog_tick - the timer has expired
 * @dog: the watchdog
 * @expirations: how many times since it was read last
 */
void watchdog_tick(struct watchdog *dog, uint64_t expirations)
{
	dog->due = expirations == 1;
}

/*
 * Does the simulation wait for this client? One that waits for the ACK of a
 * broadcast of its own does not hold it up: another client does, which has to
 * acknowledge that broadcast.
 */
static bool is_waited_for(const struct client *client)
{
	return !client->broadcasts.unanswered &&
	       (client->state == CLIENT_RUNNING ||
		!TAILQ_EMPTY(&client->broadcasts.receipts));
}

static bool makes_progress(struct client *client)
{
	struct watch *watch = &client->watch, last = *watch;
	unsigned int op;

	watch->messages = 0;
	for (op = 0; op < OP_COUNT; op++)
		watch->messages += client->stats->in[op];
	group_update_time(client->group);
	watch->time = client->group->sched.now;
	return watch->messages != last.messages ||
	       (client->state == CLIENT_RUNNING && watch->time != last.time);
}

/* there may be more to read than was read at once */
static bool has_unread(const struct client *client)
{
	struct pollfd unread = { .fd = client->source.fd, .events = POLLIN };

	return poll(&unread, 1, 0) == 1;
}

/* what the client's processes do, and how much; to be freed by nobody */
static const char *describe(const struct client *client)
{
	const struct watch *watch = &client->watch;
	static char text[640];
	uint64_t cpu_time, passed;
	size_t len;

	if (!client->pid)
		return "its process is not visible from here";
	if (!process_existed(client->pid, client->connected)) {
		snprintf(text, sizeof(text),
			 "process %d has ended, and left its connection to another one",
			 (int)client->pid);
		return text;
	}
	cpu_time = process_cpu_time(client->pid) - watch->cpu_time;
	passed = loop_now() - watch->cpu_when;
	process_describe(client->pid, text, sizeof(text));
	len = strlen(text);
	snprintf(text + len, sizeof(text) - len, "; CPU time used: %u %%",
		 passed ? (unsigned int)(cpu_time * 100 / passed) : 0);
	return text;
}

static void report(const struct client *client)
{
	struct tm tm;
	char since[16];

	localtime_r(&client->watch.since, &tm);
	strftime(since, sizeof(since), "%T", &tm);
	log_line("%s hangs at %llu ns: no %s for %u s, since %s; its last message was %s%s; %s",
		 client_label(client),
		 (unsigned long long)client->watch.time,
		 client->state == CLIENT_RUNNING ?
			 "message from it and no progress" :
			 "ACK of a broadcast from it",
		 client->group->opt->watchdog, since, op_name(client->last_op),
		 client->conn.rest_len ? ", and a part of another" : "",
		 describe(client));
}

static void kill_client(struct client *client)
{
	int ret = -ESRCH;

	if (client->pid && process_existed(client->pid, client->connected))
		ret = process_kill(client->pid);
	if (ret)
		client_fail(client, "cannot be killed: %s", strerror(-ret));
	else
		client_fail(client, "killed because it hangs");
}

/* returns whether it has begun to hang */
static bool look_at(struct client *client)
{
	struct watch *watch = &client->watch;

	if (!is_waited_for(client) || makes_progress(client)) {
		if (watch->hangs)
			log_line("%s goes on", client_label(client));
		watch->hangs = false;
		watch->quiet = 0;
		watch->since = time(NULL);
		return false;
	}
	if (watch->hangs)
		return false;
	if (watch->quiet + 1 == WATCHDOG_LOOKS) {
		if (has_unread(client))
			return false;
		watch->hangs = true;
		return true;
	}
	if (!watch->quiet++ && client->state == CLIENT_RUNNING)
		group_probe(client->group);
	if (watch->quiet + 1 == WATCHDOG_LOOKS) {
		watch->cpu_time = process_cpu_time(client->pid);
		watch->cpu_when = loop_now();
	}
	return false;
}

/**
 * watchdog_look - look for clients that hang, if it is time for that
 * @dog: the watchdog
 * @clients: the clients; all that was read has been handled. Those that are to be
 *	killed have gone afterwards.
 *
 * Each hang is said once.
 *
 * Return: whether there is a new one.
 */
bool watchdog_look(struct watchdog *dog, const struct clients *clients)
{
	struct client *client, *next;
	bool found = false;

	if (!dog->due)
		return false;
	dog->due = false;
	for (client = TAILQ_FIRST(&clients->all); client; client = next) {
		next = TAILQ_NEXT(client, link);
		if (!look_at(client))
			continue;
		found = true;
		report(client);
		if (dog->opt->on_hang == ON_HANG_KILL) {
			dog->killed = true;
			kill_client(client);
		}
	}
	return found;
}
