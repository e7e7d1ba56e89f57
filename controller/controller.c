// SPDX-License-Identifier: GPL-2.0
/*
 * A simulation: which clients take part, from connect() to the end, and whether
 * it is over.
 *
 * Theory of operation
 *
 * Everything happens in controller_step(). It waits for messages and has each
 * handled: START here, all others by the client's group. Then it removes the
 * clients that have gone, lets each group go on, and sends the messages that
 * were queued meanwhile.
 *
 * Only reap() removes a client. All other code marks it as gone, so that no loop
 * over clients ever stands on a freed one.
 *
 * Whether the simulation is over is decided only when there was nothing to
 * read: a client that has connected or has sent a message may be the one that the
 * others are waiting for. The simulation is over when only clients are left that
 * do nothing by themselves; see group.c for these.
 */

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "controller.h"
#include "log.h"
#include "op.h"
#include "process.h"
#include "report.h"
#include "simtime.h"
#include "util.h"

/* for START after connect(), when nobody else can make the simulation go on */
#define START_TIMEOUT_S 10

/* how many clients one line of the log names */
#define MAX_LISTED 8

static void controller_message(struct client *client,
			       const struct um_timetravel_msg *msg);

/* the client of a process; the running one if there are several */
static struct net_machine *find_machine(struct net *net, pid_t pid)
{
	struct controller *ctl = container_of(net, struct controller, net);
	struct client *client, *found = NULL;

	TAILQ_FOREACH(client, &ctl->clients.all, link)
		if (client->pid == pid && client->slot &&
		    (!found || client->state == CLIENT_RUNNING))
			found = client;
	return found ? &found->machine : NULL;
}

static bool machine_time(struct net_machine *machine, uint64_t *time)
{
	struct client *client = container_of(machine, struct client, machine);

	group_update_time(client->group);
	*time = client->group->sched.now;
	return client->state == CLIENT_RUNNING;
}

static void machine_sent(struct net_machine *machine, size_t network,
			 uint64_t time)
{
	struct client *client = container_of(machine, struct client, machine);
	struct controller *ctl = container_of(client->clients,
					      struct controller, clients);

	groups_sent(&ctl->groups, client->group, network, time);
}

static void machine_arrives(struct net_machine *machine)
{
	group_wake(container_of(machine, struct client, machine)->group);
}

static void machine_receives(struct net_machine *machine, unsigned int card,
			     uint64_t time, const void *frame, size_t len)
{
	struct client *client = container_of(machine, struct client, machine);

	group_receive(client, card, time, frame, len);
}

static const struct net_ops net_ops = {
	.find = find_machine,
	.time = machine_time,
	.sent = machine_sent,
	.arrives = machine_arrives,
	.receive = machine_receives,
};

/**
 * controller_init - a simulation at time 0, without clients
 * @ctl: filled in
 * @opt: the command line, which has to outlive the controller
 *
 * Return: 0 or -errno.
 */
int controller_init(struct controller *ctl, const struct options *opt)
{
	int ret;

	memset(ctl, 0, sizeof(*ctl));
	ctl->opt = opt;
	ctl->began = loop_now();
	ctl->listener.fd = -1;
	ctl->complete = !opt->clients;
	clients_init(&ctl->clients, &ctl->loop, controller_message);
	stats_init(&ctl->stats);

	ret = loop_init(&ctl->loop);
	if (ret)
		return ret;
	ret = watchdog_init(&ctl->watchdog, &ctl->loop, opt);
	if (ret)
		goto destroy_loop;
	ret = net_init(&ctl->net, &opt->net, &net_ops, &ctl->loop);
	if (ret)
		goto destroy_watchdog;
	ret = groups_init(&ctl->groups, opt, &ctl->net, &ctl->stats);
	if (ret)
		goto destroy_net;
	affinity_init(&ctl->aff, opt->cpu, opt->jobs);
	pace_init(&ctl->pace);
	return 0;

destroy_net:
	net_destroy(&ctl->net);
destroy_watchdog:
	watchdog_destroy(&ctl->watchdog);
destroy_loop:
	loop_destroy(&ctl->loop);
	return ret;
}

static int set_accepting(struct controller *ctl, bool accepting)
{
	int ret = 0;

	if (ctl->listener.fd < 0 || ctl->accepting == accepting)
		return 0;
	if (accepting)
		ret = loop_add(&ctl->loop, &ctl->listener, EPOLLIN);
	else
		loop_remove(&ctl->loop, &ctl->listener);
	if (!ret)
		ctl->accepting = accepting;
	return ret;
}

static void listener_ready(struct loop_source *source, uint32_t events)
{
	struct controller *ctl = container_of(source, struct controller,
					      listener);
	int fd;

	(void)events;
	fd = accept4(source->fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
	if (fd >= 0) {
		controller_add(ctl, fd);
	} else if (errno == EMFILE || errno == ENFILE) {
		log_line("no descriptor left for a new client (see ulimit -n), it has to wait until another one has gone");
		set_accepting(ctl, false);
	}
}

/**
 * controller_listen - accept clients
 * @ctl: the controller
 * @fd: listening socket, non-blocking, stays the caller's
 *
 * Return: 0 or -errno.
 */
int controller_listen(struct controller *ctl, int fd)
{
	ctl->listener.fd = fd;
	ctl->listener.ready = listener_ready;
	return set_accepting(ctl, true);
}

/**
 * controller_add - a client has connected
 * @ctl: the controller
 * @fd: the connection, closed by the controller
 *
 * Return: 0, -ENOMEM or -errno.
 */
int controller_add(struct controller *ctl, int fd)
{
	struct client *client;

	if (fcntl(fd, F_SETFL, O_NONBLOCK)) {
		close(fd);
		return -EINVAL;
	}
	client = client_new(&ctl->clients, fd);
	if (!client) {
		log_line("no memory for a new client");
		return -ENOMEM;
	}
	client->arrival = ++ctl->arrivals;
	client->start_deadline = loop_now() + START_TIMEOUT_S * NSEC_PER_SEC;
	ctl->connected++;
	log_verbose("a client has connected, %u have not sent START",
		    ctl->connected);
	return 0;
}

static void remove_client(struct controller *ctl, struct client *client)
{
	if (client->state == CLIENT_CONNECTED) {
		ctl->connected--;
	} else {
		if (!ctl->complete) {
			ctl->early--;
			log_verbose("%u of %u clients have sent START",
				    ctl->early, ctl->opt->clients);
		}
		groups_remove(&ctl->groups, client);
	}
	affinity_unpin(&ctl->aff, client->pinned);
	client_free(client);
	set_accepting(ctl, true);
}

/* remove the clients that have gone */
static void reap(struct controller *ctl)
{
	struct client *client;

	while ((client = TAILQ_FIRST(&ctl->clients.gone)))
		remove_client(ctl, client);
}

/**
 * controller_destroy - close all connections and free everything
 * @ctl: the controller; the socket it listens on stays its user's
 */
void controller_destroy(struct controller *ctl)
{
	struct client *client;

	reap(ctl);
	while ((client = TAILQ_FIRST(&ctl->clients.all)))
		remove_client(ctl, client);
	groups_destroy(&ctl->groups);
	net_destroy(&ctl->net);
	affinity_destroy(&ctl->aff);
	watchdog_destroy(&ctl->watchdog);
	loop_destroy(&ctl->loop);
	stats_destroy(&ctl->stats);
}

/*
 * A machine that reboots executes itself anew, and many kernels keep the old
 * connection open, of which they know nothing any more. The controller would
 * wait for that connection's WAIT for ever.
 */
static void drop_rebooted(struct controller *ctl, const struct client *anew)
{
	struct client *client;
	struct group *group;

	if (!~anew->name || !anew->pid)
		return;
	TAILQ_FOREACH(group, &ctl->groups.all, link) {
		client = group_running(group);
		if (client && client->name == anew->name &&
		    client->pid == anew->pid)
			client_fail(client, "its process has started anew");
	}
	/* the new one may need the old one's slot */
	reap(ctl);
}

/* as many clients have sent START as --clients asks for */
static void start_all(struct controller *ctl)
{
	struct client *client;

	log_verbose("all %u clients have sent START", ctl->early);
	ctl->complete = true;
	TAILQ_FOREACH(client, &ctl->clients.all, link)
		if (client->state == CLIENT_STARTING)
			groups_start(client);
}

static void handle_start(struct controller *ctl, struct client *client,
			 const struct um_timetravel_msg *msg)
{
	int ret;

	if (client->state != CLIENT_CONNECTED) {
		client_fail(client, "START twice");
		return;
	}
	client->name = msg->time;
	client->acked = msg->seq;
	client->is_machine = process_is_machine(client->pid);
	client->stoppable = client->is_machine;
	drop_rebooted(ctl, client);
	ret = groups_add(&ctl->groups, client);
	if (ret == -ENOSPC) {
		client_fail(client, "no slot for client 0x%llx, all %u are taken (see --max-clients)",
			    (unsigned long long)client->name,
			    ctl->opt->slots - 1);
		return;
	} else if (ret) {
		client_fail(client, "no memory for client 0x%llx: %s",
			    (unsigned long long)client->name, strerror(-ret));
		return;
	}
	ctl->connected--;
	client->pinned = affinity_pin(&ctl->aff, client->pid);

	if (ctl->complete) {
		groups_start(client);
		/* whoever reads this may let the running one go on at once */
		log_verbose("%s has sent START", client_label(client));
		return;
	}
	ctl->early++;
	log_verbose("%s has sent START, %u of %u", client_label(client),
		    ctl->early, ctl->opt->clients);
	if (ctl->early == ctl->opt->clients)
		start_all(ctl);
}

static void controller_message(struct client *client,
			       const struct um_timetravel_msg *msg)
{
	struct controller *ctl = container_of(client->clients,
					      struct controller, clients);

	if (msg->op == UM_TIMETRAVEL_START)
		handle_start(ctl, client, msg);
	else if (client->state != CLIENT_CONNECTED)
		group_message(client, msg);
	else
		client_fail(client, "%s before START", op_name(msg->op));
	if (msg->op == UM_TIMETRAVEL_BROADCAST && !client->gone)
		groups_broadcast(&ctl->groups, client, msg->time);
}

/* with --jobs=auto: use as many CPUs as are worth it */
static void choose_pace(struct controller *ctl)
{
	bool many;

	if (ctl->opt->jobs || ctl->groups.nr < 2 || ctl->aff.jobs < 2)
		return;
	many = pace_look(&ctl->pace, loop_now(), ctl->groups.time);
	ctl->groups.jobs = many ? ctl->aff.jobs : 1;
	affinity_spread(&ctl->aff, many);
}

/* let each group go on as far as it can */
static void advance(struct controller *ctl)
{
	struct group *group;

	choose_pace(ctl);
	do {
		reap(ctl);
		groups_advance(&ctl->groups);
		TAILQ_FOREACH(group, &ctl->groups.awake, awake_link)
			if (group->sched.running)
				ctl->only_start = false;
	} while (!TAILQ_EMPTY(&ctl->clients.gone));
	clients_flush(&ctl->clients);
}

/**
 * controller_is_over - has everybody gone who has anything to do?
 * @ctl: the controller
 *
 * Return: whether no client is left but those that only react to others.
 */
bool controller_is_over(const struct controller *ctl)
{
	const struct client *client;

	TAILQ_FOREACH(client, &ctl->clients.all, link)
		if (!client->reactive)
			return false;
	return true;
}

/* what it comes to if no client says anything any more */
static enum verdict verdict_if_silent(const struct controller *ctl)
{
	const struct group *group;
	bool ever_ran = ctl->groups.runs;

	TAILQ_FOREACH(group, &ctl->groups.awake, awake_link)
		if (!group_is_idle(group))
			return VERDICT_NONE;
	TAILQ_FOREACH(group, &ctl->groups.all, link)
		ever_ran |= group->sched.runs;
	if (!ctl->complete || !ever_ran)
		return VERDICT_NONE;
	if (controller_is_over(ctl)) {
		if (ctl->opt->keep)
			return VERDICT_NONE;
		return ctl->watchdog.killed ? VERDICT_HANG : VERDICT_DONE;
	}
	if (ctl->connected && ctl->only_start)
		return VERDICT_NONE;
	return VERDICT_DEADLOCK;
}

/* does a request turn up that was on its way into a memory? */
static bool runs_after_all(struct controller *ctl)
{
	struct group *group;

	TAILQ_FOREACH(group, &ctl->groups.all, link)
		group_stop_memory(group);
	advance(ctl);
	TAILQ_FOREACH(group, &ctl->groups.all, link)
		if (!group_is_idle(group))
			return true;
	return false;
}

/* from now on those that have not sent START have a limited time for it */
static void wait_for_start(struct controller *ctl)
{
	uint64_t deadline = loop_now() + START_TIMEOUT_S * NSEC_PER_SEC;
	struct client *client;

	TAILQ_FOREACH(client, &ctl->clients.all, link)
		client->start_deadline = deadline;
	ctl->only_start = true;
	/* who connects only to see whether somebody serves is worth no line */
	if (groups_started(&ctl->groups))
		log_line("all %u clients wait and none has asked to run again; %u more have connected and have %u s to send START",
			 groups_started(&ctl->groups), ctl->connected, START_TIMEOUT_S);
}

/* put the names of all clients into @text, as far as there is room */
static void list_waiting(const struct controller *ctl, char *text, size_t size)
{
	const struct client *client;
	unsigned int listed = 0, left = 0;
	size_t len = 0;

	*text = '\0';
	TAILQ_FOREACH(client, &ctl->clients.all, link) {
		if (listed == MAX_LISTED) {
			left++;
			continue;
		}
		len += snprintf(text + len, size - len, "%s%s since %llu ns%s",
				listed++ ? ", " : "", client_label(client),
				(unsigned long long)client->waits_since,
				client->reactive ? " (only reacts)" : "");
	}
	if (left)
		snprintf(text + len, size - len, " and %u more", left);
}

/* nothing was there to read, and nobody can go on */
static enum verdict handle_silence(struct controller *ctl, enum verdict verdict)
{
	unsigned long long now = groups_time(&ctl->groups);
	char waiting[MAX_LISTED * 100];

	if (TAILQ_EMPTY(&ctl->clients.all))
		return verdict;
	if (runs_after_all(ctl))
		return VERDICT_NONE;
	if (ctl->connected) {
		wait_for_start(ctl);
		return VERDICT_NONE;
	}
	list_waiting(ctl, waiting, sizeof(waiting));
	if (verdict != VERDICT_DEADLOCK)
		log_line("over at %llu ns: all clients that are left only react to others: %s",
			 now, waiting);
	else
		log_line("deadlock at %llu ns: all clients wait, and none has asked to run again: %s",
			 now, waiting);
	return verdict;
}

static void drop_silent(struct controller *ctl)
{
	struct client *client, *next;
	uint64_t now = loop_now();

	if (!ctl->only_start)
		return;
	for (client = TAILQ_FIRST(&ctl->clients.all); client; client = next) {
		next = TAILQ_NEXT(client, link);
		if (client->state == CLIENT_CONNECTED &&
		    client->start_deadline <= now)
			client_fail(client, "sent no START for %u s while all others waited",
				    START_TIMEOUT_S);
	}
}

/* when something is due though no client says anything, host's clock, ns */
static uint64_t next_deadline(const struct controller *ctl)
{
	uint64_t deadline = UINT64_MAX, due;
	const struct client *client;
	struct group *group;

	TAILQ_FOREACH(group, &ctl->groups.awake, awake_link) {
		due = group_deadline(group);
		if (due < deadline)
			deadline = due;
	}
	if (!ctl->only_start)
		return deadline;
	TAILQ_FOREACH(client, &ctl->clients.all, link)
		if (client->state == CLIENT_CONNECTED &&
		    client->start_deadline < deadline)
			deadline = client->start_deadline;
	return deadline;
}

/**
 * controller_step - wait for messages, and do what they ask for
 * @ctl: the controller
 * @timeout_ms: how long to wait at most, -1: until something happens
 *
 * Return: %VERDICT_NONE, or why there is no use in another step.
 */
enum verdict controller_step(struct controller *ctl, int timeout_ms)
{
	enum verdict verdict = verdict_if_silent(ctl);
	struct group *group;
	int ret;

	timeout_ms = verdict ? 0 : loop_timeout(timeout_ms, next_deadline(ctl));
	ret = loop_run_once(&ctl->loop, timeout_ms);
	if (ret < 0) {
		log_line("cannot wait for clients: %s", strerror(-ret));
		return VERDICT_ERROR;
	}
	if (!ret && verdict)
		return handle_silence(ctl, verdict);
	if (!ret)
		TAILQ_FOREACH(group, &ctl->groups.all, link)
			group_name_late(group);
	if (watchdog_look(&ctl->watchdog, &ctl->clients) &&
	    ctl->opt->on_hang == ON_HANG_ABORT)
		return VERDICT_HANG;
	drop_silent(ctl);
	advance(ctl);
	return ctl->groups.stopped ? VERDICT_ERROR : VERDICT_NONE;
}

/**
 * controller_write_stats - write what happened so far
 * @ctl: the controller
 * @path: a file, see stats_write()
 *
 * Return: 0 or -errno.
 */
int controller_write_stats(struct controller *ctl, const char *path)
{
	struct stats_summary sum = { .wall_time = loop_now() - ctl->began };
	struct group *group;

	sum.past_requests = ctl->groups.past;
	TAILQ_FOREACH(group, &ctl->groups.all, link) {
		group_update_time(group);
		sum.past_requests += group->sched.past;
	}
	sum.virtual_time = groups_time(&ctl->groups);
	net_finish(&ctl->net);
	sum.networks = net_report(&ctl->net);
	groups_count_waits(&ctl->groups);
	sum.groups = waits_report(&ctl->groups.waits);
	groups_name_worst(&ctl->groups, sum.wall_time);
	return stats_write(&ctl->stats, &sum, path);
}
