// SPDX-License-Identifier: GPL-2.0
/*
 * A simulation: its clients, its memory and its schedule, brought together.
 *
 * Theory of operation
 *
 * Each step waits for messages, has the clients they come from handle all of
 * them, then, if nobody runs any more, looks at the requests in the memory,
 * asks the schedule who is next and tells that client, and then sends
 * everything that was said meanwhile. A message to somebody who must know
 * before somebody else goes on is sent at once, see client_lower_until().
 *
 * The slot of a client that uses the memory is looked at when it waits, since it
 * may have changed while it ran. If the client can be interrupted while it waits
 * (a machine always can) then it may change at any time, and is looked at before
 * each decision; only one that says something new costs more than that look.
 * So it is nothing to thousands of simulators that cannot be interrupted.
 *
 * Whether the simulation is over is decided only when there was nothing to
 * read: a client that has sent something, or one that has connected, may be
 * just what it needs.
 */

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "controller.h"
#include "log.h"
#include "util.h"

/* once all depends on it, how long START may take that comes with connect() */
#define PATIENCE_S 10

/**
 * controller_init - a simulation at time 0, without clients
 * @ctl: the controller
 * @opt: the options, which have to outlive it
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
	ctl->gate_open = !opt->clients;
	TAILQ_INIT(&ctl->clients);
	LIST_INIT(&ctl->look);
	STAILQ_INIT(&ctl->to_flush);
	STAILQ_INIT(&ctl->to_free);
	broadcasts_init(&ctl->broadcasts);
	sched_init(&ctl->sched);
	stats_init(&ctl->stats);

	ret = loop_init(&ctl->loop);
	if (ret)
		return ret;
	ret = shm_create(&ctl->shm, opt->slots);
	if (ret)
		loop_destroy(&ctl->loop);
	affinity_init(&ctl->aff, opt->cpu);
	return ret;
}

static void free_gone(struct controller *ctl)
{
	struct client *client;

	while ((client = STAILQ_FIRST(&ctl->to_free))) {
		STAILQ_REMOVE_HEAD(&ctl->to_free, free_link);
		client_free(client);
	}
}

/**
 * controller_destroy - close all connections and free everything
 * @ctl: the controller; the socket it listens on stays its user's
 */
void controller_destroy(struct controller *ctl)
{
	struct client *client;

	while ((client = TAILQ_FIRST(&ctl->clients)))
		controller_forget(client);
	broadcasts_destroy(&ctl->broadcasts);
	STAILQ_INIT(&ctl->to_flush);
	free_gone(ctl);
	affinity_destroy(&ctl->aff);
	shm_destroy(&ctl->shm);
	loop_destroy(&ctl->loop);
	sched_destroy(&ctl->sched);
	stats_destroy(&ctl->stats);
}

static void set_accepting(struct controller *ctl, bool accepting)
{
	if (ctl->listener.fd < 0 || ctl->accepting == accepting)
		return;
	if (accepting)
		loop_add(&ctl->loop, &ctl->listener, EPOLLIN);
	else
		loop_remove(&ctl->loop, &ctl->listener);
	ctl->accepting = accepting;
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
		log_line("no descriptor left for a new client, it has to wait until another one has gone");
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
	set_accepting(ctl, true);
	return 0;
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
	client = client_new(ctl, fd);
	if (!client || sched_add(&ctl->sched, &client->sched, 0,
				 ++ctl->arrivals)) {
		log_line("no memory for a new client");
		if (client) {
			loop_remove(&ctl->loop, &client->source);
			conn_destroy(&client->conn);
			client_free(client);
		}
		return -ENOMEM;
	}
	TAILQ_INSERT_TAIL(&ctl->clients, client, link);
	ctl->connected++;
	client->patient_until = loop_now() + PATIENCE_S * NSEC_PER_SEC;
	log_verbose("a client has connected, %u have not sent START",
		    ctl->connected);
	return 0;
}

static void set_looked_at(struct client *client, bool looked_at)
{
	if (looked_at == client->looked_at)
		return;
	client->looked_at = looked_at;
	if (looked_at)
		LIST_INSERT_HEAD(&client->ctl->look, client, look_link);
	else
		LIST_REMOVE(client, look_link);
}

/**
 * controller_forget - close a client's connection, and go on without it
 * @client: the client; freed at the end of the step
 */
void controller_forget(struct client *client)
{
	struct controller *ctl = client->ctl;

	switch (client->state) {
	case CLIENT_CONNECTED:
		ctl->connected--;
		break;
	case CLIENT_STARTING:
		ctl->starting--;
		if (!ctl->gate_open)
			log_verbose("%u of %u clients have sent START",
				    ctl->starting, ctl->opt->clients);
		break;
	case CLIENT_RUNNING:
		/* time is as late as it has got it */
		controller_now(ctl);
		client->stats->time = simtime_to_local(ctl->sched.now,
						       client->offset);
		ctl->started--;
		break;
	case CLIENT_WAITING:
		ctl->started--;
		break;
	case CLIENT_GONE:
		return;
	}
	client->state = CLIENT_GONE;

	if (ctl->last == client)
		ctl->last = NULL;
	set_looked_at(client, false);
	broadcasts_leave(&ctl->broadcasts, &client->broadcasts);
	affinity_unpin(&ctl->aff, client->pinned);
	if (client->slot)
		shm_free_slot(&ctl->shm, client->slot);
	sched_remove(&ctl->sched, &client->sched);
	loop_remove(&ctl->loop, &client->source);
	conn_destroy(&client->conn);
	TAILQ_REMOVE(&ctl->clients, client, link);
	STAILQ_INSERT_TAIL(&ctl->to_free, client, free_link);
	set_accepting(ctl, true);
}

static struct client *running(struct controller *ctl)
{
	struct sched_entity *e = ctl->sched.running;

	return e ? container_of(e, struct client, sched) : NULL;
}

/**
 * controller_now - what time it is, as far as that is known
 * @ctl: the controller
 *
 * A running client that uses the memory has it there. If that is rubbish it
 * will be found out when the client waits; until then it does not count.
 *
 * Return: controller time, ns.
 */
uint64_t controller_now(struct controller *ctl)
{
	struct client *client = running(ctl);

	if (client && client->transport != CLIENT_MESSAGES)
		(void)sched_reach(&ctl->sched, shm_time(&ctl->shm));
	return ctl->sched.now;
}

/* somebody wants to run earlier than the running client was told */
static void lower_until(struct controller *ctl)
{
	shm_lower_free_until(&ctl->shm, ctl->sched.limit);
	client_lower_until(running(ctl), ctl->sched.limit);
}

static void open_gate(struct controller *ctl)
{
	struct client *client;

	log_verbose("all %u clients have sent START", ctl->starting);
	ctl->gate_open = true;
	TAILQ_FOREACH(client, &ctl->clients, link)
		if (client->state == CLIENT_STARTING)
			sched_start(&ctl->sched, &client->sched);
}

/*
 * A machine that reboots executes itself anew, and many kernels then keep the
 * old connection: it would run forever, and nobody else.
 */
static void drop_rebooted(struct client *anew)
{
	struct client *client = running(anew->ctl);
	pid_t pid = conn_peer(anew->conn.fd);

	if (client && client->name == anew->name && ~client->name && pid &&
	    pid == conn_peer(client->conn.fd))
		client_drop(client, "its process has started anew");
}

/**
 * controller_start - a client has sent START
 * @client: the client, whose name is set
 *
 * Its turn to be started comes as any turn to run does.
 *
 * Return: whether it is still there.
 */
bool controller_start(struct client *client)
{
	struct controller *ctl = client->ctl;

	drop_rebooted(client);
	if (ctl->started + ctl->starting + 1 >= ctl->shm.slots) {
		client_drop(client, "no slot for client 0x%llx, all %u are taken (see --max-clients)",
			    (unsigned long long)client->name,
			    ctl->shm.slots - 1);
		return false;
	}
	client->pinned = affinity_pin(&ctl->aff, conn_peer(client->conn.fd));
	client->state = CLIENT_STARTING;
	client->sched.name = client->name;
	ctl->connected--;
	ctl->starting++;

	if (ctl->gate_open) {
		log_verbose("%s has sent START", client_label(client));
		controller_now(ctl);
		if (sched_start(&ctl->sched, &client->sched))
			lower_until(ctl);
		return true;
	}
	log_verbose("%s has sent START, %u of %u", client_label(client),
		    ctl->starting, ctl->opt->clients);
	if (ctl->starting == ctl->opt->clients)
		open_gate(ctl);
	return true;
}

/**
 * controller_settle - a client that was offered the memory speaks: has it
 *	taken it?
 * @client: the client
 */
void controller_settle(struct client *client)
{
	struct controller *ctl = client->ctl;

	if (shm_capa(&ctl->shm, client->slot) &
	    UM_TIMETRAVEL_SCHEDSHM_CAP_TIME_SHARE) {
		client->transport = CLIENT_MEMORY;
		client->stats->memory = true;
		return;
	}
	client->transport = CLIENT_MESSAGES;
	sched_told(&ctl->sched, 0);
	log_verbose("%s does not use the memory it was offered",
		    client_label(client));
}

/**
 * controller_request - a client has sent REQUEST
 * @client: the client, started
 * @time: when it wants to run, controller time, ns
 *
 * If the running client has to stop earlier because of it, it is told before
 * this returns, and so before the request is acknowledged.
 */
void controller_request(struct client *client, uint64_t time)
{
	struct controller *ctl = client->ctl;

	controller_now(ctl);
	shm_set_request(&ctl->shm, client->slot, time);
	client->seen = true;
	client->seen_time = time;
	if (sched_request(&ctl->sched, &client->sched, time))
		lower_until(ctl);
}

/* see what a client has put into its slot */
static void look_at_request(struct client *client)
{
	struct controller *ctl = client->ctl;
	uint64_t time = 0;
	bool has;

	has = shm_request(&ctl->shm, client->slot, &time);
	if (has == client->seen && (!has || time == client->seen_time))
		return;
	client->seen = has;
	client->seen_time = time;
	sched_request(&ctl->sched, &client->sched,
		      has ? time : SIMTIME_NEVER);
}

/**
 * controller_look - a client that uses the memory has begun to wait
 * @client: the client
 */
void controller_look(struct client *client)
{
	look_at_request(client);
	set_looked_at(client, !(shm_capa(&client->ctl->shm, client->slot) &
				UM_TIMETRAVEL_SCHEDSHM_CAP_NO_INTERRUPT));
}

/**
 * controller_broadcast - a client has sent a broadcast: tell all others
 * @from: the client, started; dropped if there is no memory
 * @seq: the broadcast's sequence number
 * @value: what the broadcast says
 */
void controller_broadcast(struct client *from, uint32_t seq, uint64_t value)
{
	struct controller *ctl = from->ctl;
	struct client *client, *next;
	struct broadcast *broadcast;

	broadcast = broadcast_begin(&ctl->broadcasts, &from->broadcasts, seq,
				    ctl->started, loop_now());
	if (!broadcast) {
		client_drop(from, "no memory for its broadcast");
		return;
	}
	for (client = TAILQ_FIRST(&ctl->clients); client; client = next) {
		/* a client that does not read its messages is dropped here */
		next = TAILQ_NEXT(client, link);
		if (client == from || !client->slot)
			continue;
		client_send_broadcast(client, value);
		if (client->state != CLIENT_GONE)
			broadcast_told(broadcast, &client->broadcasts,
				       client->sent);
	}
	broadcast_end(&ctl->broadcasts, broadcast);
}

/* acknowledge the broadcasts that all others have acknowledged */
static void finish_broadcasts(struct controller *ctl)
{
	struct broadcast_member *member;
	struct client *client;
	uint32_t seq;
	size_t late;

	late = broadcasts_give_up(&ctl->broadcasts, loop_now(), &member);
	if (late) {
		client = container_of(member, struct client, broadcasts);
		log_line("%s%s not acknowledged a broadcast for %u s, going on without",
			 client_label(client),
			 late > 1 ? " and others have" : " has",
			 BROADCAST_PATIENCE_S);
	}
	while ((member = broadcasts_take(&ctl->broadcasts, &seq))) {
		client = container_of(member, struct client, broadcasts);
		client_send_ack(client, seq, 0);
	}
}

static bool offer_memory(const struct controller *ctl,
			 const struct client *client)
{
	const struct options *opt = ctl->opt;
	size_t i;

	if (!opt->shm || (ctl->sched.now && !opt->shm_late))
		return false;
	for (i = 0; i < opt->no_shm_count; i++)
		if (opt->no_shm_for[i] == client->name)
			return false;
	return true;
}

static void start(struct client *client, const struct sched_grant *grant)
{
	struct controller *ctl = client->ctl;
	const int fds[UM_TIMETRAVEL_SHARED_MAX_FDS] = {
		[UM_TIMETRAVEL_SHARED_MEMFD] = ctl->shm.fd,
		[UM_TIMETRAVEL_SHARED_LOGFD] = log_fd(),
	};
	bool offer = offer_memory(ctl, client);

	ctl->starting--;
	ctl->started++;
	ctl->ever_started++;
	client->slot = shm_take_slot(&ctl->shm, client->name);
	client->offset = grant->time;
	client->transport = offer ? CLIENT_OFFERED : CLIENT_MESSAGES;
	client->stats->name = client->name;
	client->stats->slot = client->slot;
	stats_add(&ctl->stats, client->stats);
	shm_run(&ctl->shm, client->slot, grant->time, grant->until);
	if (!offer)
		sched_told(&ctl->sched, 0);
	log_verbose("%s is started at %llu ns, %s", client_label(client),
		    (unsigned long long)grant->time,
		    offer ? "offered the memory" : "with messages");
	client_send_start_ack(client, fds,
			      offer ? UM_TIMETRAVEL_SHARED_MAX_FDS : 0);
}

static void run(struct client *client, const struct sched_grant *grant)
{
	struct controller *ctl = client->ctl;

	client->seen = false;
	shm_clear_request(&ctl->shm, client->slot);
	shm_run(&ctl->shm, client->slot, grant->time, grant->until);
	if (client == ctl->last)
		client->wants_until = true;
	sched_told(&ctl->sched,
		   client_send_run(client, grant->time, grant->until));
}

/* if nobody runs, make somebody run who wants to */
static void run_next(struct controller *ctl)
{
	struct sched_grant grant;
	struct client *client;

	if (!ctl->sched.running && !ctl->stopped) {
		ctl->stopped = true;
		ctl->stopped_at = ctl->broadcasts.count;
	}
	while (!ctl->sched.running &&
	       !broadcasts_hold(&ctl->broadcasts, ctl->stopped_at)) {
		LIST_FOREACH(client, &ctl->look, look_link)
			look_at_request(client);
		if (!sched_next(&ctl->sched, &grant))
			return;
		client = container_of(grant.who, struct client, sched);
		client->state = CLIENT_RUNNING;
		ctl->stopped = false;
		ctl->patient = false;
		if (grant.first)
			start(client, &grant);
		else
			run(client, &grant);
		ctl->last = client;
	}
}

static void flush(struct controller *ctl)
{
	struct client *client;

	while ((client = STAILQ_FIRST(&ctl->to_flush))) {
		STAILQ_REMOVE_HEAD(&ctl->to_flush, flush_link);
		client->flush_pending = false;
		client_flush(client);
	}
}

/* what it comes to if nobody says anything any more */
static enum verdict judge(struct controller *ctl)
{
	if (ctl->sched.running || !ctl->gate_open || !ctl->ever_started ||
	    broadcasts_pending(&ctl->broadcasts))
		return VERDICT_NONE;
	if (TAILQ_EMPTY(&ctl->clients))
		return ctl->opt->keep ? VERDICT_NONE : VERDICT_DONE;
	/* those that come may have something to do for those that wait */
	if (ctl->connected && ctl->patient)
		return VERDICT_NONE;
	return VERDICT_DEADLOCK;
}

/* those who have not sent START have time from now on */
static void become_patient(struct controller *ctl)
{
	uint64_t until = loop_now() + PATIENCE_S * NSEC_PER_SEC;
	struct client *client;

	TAILQ_FOREACH(client, &ctl->clients, link)
		client->patient_until = until;
	ctl->patient = true;
}

static enum verdict tell_deadlock(struct controller *ctl)
{
	/* a request may have got into the memory meanwhile, but not later */
	shm_stop(&ctl->shm);
	run_next(ctl);
	flush(ctl);
	if (ctl->sched.running)
		return VERDICT_NONE;

	if (!ctl->connected) {
		log_line("deadlock at %llu ns: all clients (%u) wait, and none has asked to run again",
			 (unsigned long long)ctl->sched.now, ctl->started);
		return VERDICT_DEADLOCK;
	}
	/* without the others there is nothing odd about that yet */
	if (ctl->started)
		log_line("all clients (%u) wait, and none has asked to run again; going on for %u s because of %u that may still send START",
			 ctl->started, PATIENCE_S, ctl->connected);
	become_patient(ctl);
	return VERDICT_NONE;
}

/* how long a step may wait, in ms, if its caller would wait for @timeout_ms */
static int bounded(const struct controller *ctl, int timeout_ms)
{
	const struct client *client;
	uint64_t first = UINT64_MAX;

	TAILQ_FOREACH(client, &ctl->clients, link)
		if (client->state == CLIENT_CONNECTED &&
		    client->patient_until < first)
			first = client->patient_until;
	return loop_bound(timeout_ms, first);
}

static void lose_patience(struct controller *ctl)
{
	struct client *client, *next;
	uint64_t now = loop_now();

	for (client = TAILQ_FIRST(&ctl->clients); client; client = next) {
		next = TAILQ_NEXT(client, link);
		if (client->state == CLIENT_CONNECTED &&
		    client->patient_until <= now)
			client_drop(client, "still none after %u s, and nobody else can go on",
				    PATIENCE_S);
	}
}

/**
 * controller_step - wait for messages, and do what they ask for
 * @ctl: the controller
 * @timeout_ms: how long to wait, as for epoll_wait()
 *
 * Return: %VERDICT_NONE, or why there is no use in another step.
 */
enum verdict controller_step(struct controller *ctl, int timeout_ms)
{
	enum verdict verdict = judge(ctl);
	int ret;

	if (verdict)
		timeout_ms = 0;
	else if (ctl->patient)
		timeout_ms = bounded(ctl, timeout_ms);
	timeout_ms = loop_bound(timeout_ms,
				broadcasts_deadline(&ctl->broadcasts));
	ret = loop_run_once(&ctl->loop, timeout_ms);
	if (ret < 0) {
		log_line("cannot wait for clients: %s", strerror(-ret));
		return VERDICT_ERROR;
	}
	if (!ret && verdict == VERDICT_DEADLOCK)
		return tell_deadlock(ctl);
	if (ctl->patient)
		lose_patience(ctl);
	finish_broadcasts(ctl);
	run_next(ctl);
	flush(ctl);
	free_gone(ctl);
	return ret ? VERDICT_NONE : verdict;
}

/**
 * controller_write_stats - write what happened so far
 * @ctl: the controller
 * @path: a file
 *
 * Return: 0 or -errno.
 */
int controller_write_stats(struct controller *ctl, const char *path)
{
	struct stats_summary sum = {
		.virtual_time = controller_now(ctl),
		.wall_time = loop_now() - ctl->began,
		.past_requests = ctl->sched.past,
	};

	return stats_write(&ctl->stats, &sum, path);
}
