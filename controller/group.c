// SPDX-License-Identifier: GPL-2.0
/*
 * A group: clients that share one memory and one schedule. One of them runs at
 * any time. This is the protocol, from START's acknowledgement on.
 *
 * Theory of operation
 *
 * Each message is checked against the state of the client; a client that speaks
 * out of turn loses its connection, and one line says why. Messages change the
 * group's state and queue answers; group_advance() then makes the next client run
 * if no client is running. Queued messages are sent once everything that could
 * be read has been handled. Only a lowered FREE_UNTIL goes out at once, see
 * client_lower_until().
 *
 * A client that uses the memory puts its request into its slot, which is read
 * when the client begins to wait. A client that can be interrupted while it
 * waits, as a machine always can, may change its request then, so its slot is
 * read again before each decision. That is cheap: only a request that has
 * changed touches the schedule. Simulators that cannot be interrupted say so in
 * their slot and are not read again, so thousands of them cost nothing.
 *
 * A client that has made no request before its first WAIT is reactive, for
 * instance a radio medium: it acts only when somebody interrupts it, and any
 * later request follows from an interrupt. A machine always has a request by
 * then, if only to run at the end of time. When only reactive clients are left,
 * nothing can happen any more, and the simulation is over.
 */

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "group.h"
#include "log.h"
#include "op.h"
#include "schedshm.h"
#include "util.h"

/**
 * group_init - a group at time 0, without clients
 * @group: filled in
 * @opt: the command line, which has to outlive the group
 * @net: the networks between all machines, which have to outlive it too
 * @stats: where clients are counted from when they are started
 * @awake: the groups that are awake
 *
 * Return: 0 or -errno.
 */
int group_init(struct group *group, const struct options *opt,
	       struct net *net, struct stats *stats, struct group_list *awake)
{
	*group = (struct group) {
		.opt = opt, .net = net, .stats = stats, .awake = awake,
		.promised = SIMTIME_NEVER,
	};
	net_inbox_init(&group->inbox);
	TAILQ_INIT(&group->announcements);
	broadcasts_join(&group->others);
	TAILQ_INIT(&group->clients);
	LIST_INIT(&group->polled);
	broadcasts_init(&group->broadcasts);
	sched_init(&group->sched);
	return shm_create(&group->shm, opt->slots);
}

static void go_to_sleep(struct group *group)
{
	if (group->is_awake)
		TAILQ_REMOVE(group->awake, group, awake_link);
	group->is_awake = false;
}

/**
 * group_destroy - free what a group has allocated
 * @group: a group whose clients have all been removed
 */
void group_destroy(struct group *group)
{
	struct announcement *announcement;

	while ((announcement = TAILQ_FIRST(&group->announcements))) {
		TAILQ_REMOVE(&group->announcements, announcement, link);
		free(announcement);
	}
	broadcasts_leave(&group->broadcasts, &group->others);
	net_inbox_destroy(&group->inbox);
	sched_destroy(&group->sched);
	shm_destroy(&group->shm);
	go_to_sleep(group);
}

/**
 * group_wake - something was done to a group
 * @group: the group, which group_settle() has to be called for
 */
void group_wake(struct group *group)
{
	if (group->is_awake)
		return;
	group->is_awake = true;
	TAILQ_INSERT_TAIL(group->awake, group, awake_link);
}

/**
 * group_rest - take a group out of those that are awake if it can sleep
 * @group: the group, after group_settle()
 *
 * It can if nothing changes in it until something is done to it: no message can
 * be late, no published time moves on, and no client can change its request.
 */
void group_rest(struct group *group)
{
	if (group_is_idle(group) && LIST_EMPTY(&group->polled) &&
	    !group->barrier)
		go_to_sleep(group);
}

/**
 * group_add - a client has sent START and is a member from now on
 * @group: the group
 * @client: the client, whose name is set; it is not started before
 *	group_start()
 *
 * Return: 0; -ENOSPC if there is no slot for it, -ENOMEM.
 */
int group_add(struct group *group, struct client *client)
{
	int ret;

	/* slot 0 is the controller's */
	if (group->members + 1 >= group->shm.slots)
		return -ENOSPC;
	ret = sched_add(&group->sched, &client->sched, client->name,
			client->arrival);
	if (ret)
		return ret;
	ret = net_join(group->net, &client->machine, client->name,
		       &group->inbox);
	if (ret) {
		sched_remove(&group->sched, &client->sched);
		return ret;
	}
	broadcasts_join(&client->broadcasts);
	group_wake(group);
	group->members++;
	client->group = group;
	client->state = CLIENT_STARTING;
	return 0;
}

/**
 * group_running - the client that runs
 * @group: the group
 *
 * Return: the client, NULL if nobody runs.
 */
struct client *group_running(const struct group *group)
{
	struct sched_entity *e = group->sched.running;

	return e ? container_of(e, struct client, sched) : NULL;
}

/* a time as it is in the group's memory */
static uint64_t to_memory(const struct group *group, uint64_t time)
{
	return simtime_to_local(time, group->base);
}

static uint64_t memory_time(const struct group *group)
{
	return simtime_from_local(shm_time(&group->shm), group->base);
}

/* tell the clients who runs now */
static void publish_run(struct group *group, uint16_t slot, uint64_t time,
			uint64_t until)
{
	shm_run(&group->shm, slot, to_memory(group, time),
		to_memory(group, until));
}

/**
 * group_requested - when a client wants to run, as its slot has it
 * @client: a client that was started
 * @time: set to that, controller time, ns, unchecked
 *
 * Return: whether it wants to run.
 */
bool group_requested(const struct client *client, uint64_t *time)
{
	const struct group *group = client->group;

	if (!shm_request(&group->shm, client->slot, time))
		return false;
	*time = simtime_from_local(*time, group->base);
	return true;
}

/**
 * group_update_time - bring the schedule's time up to what is published
 * @group: the group
 *
 * A running client that uses the memory keeps the time there. If it has written
 * nonsense, that ends its connection when it waits; until then it is ignored.
 */
void group_update_time(struct group *group)
{
	struct client *client = group_running(group);

	if (client && client->transport != CLIENT_MESSAGES)
		(void)sched_reach(&group->sched, memory_time(group));
}

static void set_polled(struct client *client, bool polled)
{
	if (polled == client->polled)
		return;
	client->polled = polled;
	if (polled)
		LIST_INSERT_HEAD(&client->group->polled, client, polled_link);
	else
		LIST_REMOVE(client, polled_link);
}

/**
 * group_remove - a member has gone
 * @client: the client
 */
void group_remove(struct client *client)
{
	struct group *group = client->group;

	group_wake(group);
	if (client->state == CLIENT_RUNNING) {
		group_update_time(group);
		client->stats->time = simtime_to_local(group->sched.now,
						       client->started);
	}
	if (client->slot) {
		group->started--;
		TAILQ_REMOVE(&group->clients, client, group_link);
		shm_free_slot(&group->shm, client->slot);
	}
	if (group->last == client)
		group->last = NULL;
	group->members--;
	set_polled(client, false);
	net_leave(&client->machine);
	broadcasts_leave(&group->broadcasts, &client->broadcasts);
	sched_remove(&group->sched, &client->sched);
}

/* the running client has to stop before the schedule's new limit */
static void lower_until(struct group *group)
{
	shm_lower_free_until(&group->shm,
			     to_memory(group, group->sched.limit));
	client_lower_until(group_running(group), group->sched.limit);
}

/**
 * group_lower_until - something may happen earlier than it was known
 * @group: the group
 * @time: before this the running client has to stop, controller time, ns
 *
 * The running client is told before this returns.
 */
void group_lower_until(struct group *group, uint64_t time)
{
	if (sched_lower(&group->sched, time))
		lower_until(group);
}

/**
 * group_start - have a member started as soon as the running client stops
 * @client: the client, from group_add()
 *
 * The running client is not told to stop at a time that it may have passed, unless
 * it is known to take that. The others stop soon enough, see client_bound().
 */
void group_start(struct client *client)
{
	struct group *group = client->group;
	struct client *running;

	group_wake(group);
	sched_start(&group->sched, &client->sched);
	running = group_running(group);
	if (!running || !running->stoppable)
		return;
	group_update_time(group);
	if (sched_hurry(&group->sched))
		lower_until(group);
}

/*
 * The first message after the offer tells whether the client uses the memory:
 * its slot says so by then, or the client does not.
 */
static void learn_transport(struct client *client)
{
	struct group *group = client->group;
	uint32_t capa = shm_capa(&group->shm, client->slot);

	if (capa & UM_TIMETRAVEL_SCHEDSHM_CAP_TIME_SHARE) {
		client->transport = CLIENT_MEMORY;
		client->base = group->base;
		if (capa & SCHEDSHM_CAP_STOPPABLE)
			client->stoppable = true;
		client->stats->memory = true;
		return;
	}
	client->transport = CLIENT_MESSAGES;
	sched_told(&group->sched, 0);
	log_verbose("%s does not use the memory it was offered",
		    client_label(client));
}

/* a client that has been sent frames runs now, whatever it asks for */
static bool request(struct client *client, uint64_t time)
{
	struct schedule *sched = &client->group->sched;

	if (client->has_frames && time > sched->now)
		time = sched->now;
	return sched_request(sched, &client->sched, time);
}

/* take over what a client has put into its slot; returns whether it is new */
static bool read_slot(struct client *client)
{
	uint64_t time = 0;
	bool requests;

	requests = group_requested(client, &time);
	if (requests == client->slot_requests &&
	    (!requests || time == client->slot_time))
		return false;
	client->slot_requests = requests;
	client->slot_time = time;
	request(client, requests ? time : SIMTIME_NEVER);
	return true;
}

/* a client has changed its request while it waited, whatever the reason */
static void changed_request(struct client *client)
{
	struct group *group = client->group;

	if (group->opt->groups == GROUPS_ONE || group->touched ||
	    group->sched.running)
		return;
	group->hidden |= group->started == 1;
	/* other groups may be further than the time at which it would run */
	if (sched_earliest(&group->sched) < group->promised)
		group->barrier = true;
}

/*
 * If the running client has to stop earlier because of a request, it is told
 * before that request is acknowledged.
 */
static void handle_request(struct client *client,
			   const struct um_timetravel_msg *msg)
{
	uint64_t time = client_from_local(client, msg->time);
	struct group *group = client->group;

	group_update_time(group);
	shm_set_request(&group->shm, client->slot, to_memory(group, time));
	client->slot_requests = true;
	client->slot_time = time;
	if (request(client, time))
		lower_until(group);
	if (client->state == CLIENT_WAITING)
		changed_request(client);
	client_send_ack(client, msg->seq, 0);
}

static bool stop_with_memory(struct client *client)
{
	struct group *group = client->group;
	uint64_t time = memory_time(group);

	if (!sched_reach(&group->sched, time))
		return true;
	client_fail(client,
		    "its current_time is %llu, after it was run at %llu until %llu",
		    (unsigned long long)time,
		    (unsigned long long)group->sched.now,
		    (unsigned long long)group->sched.granted);
	return false;
}

static void handle_wait(struct client *client,
			const struct um_timetravel_msg *msg)
{
	bool memory = client->transport == CLIENT_MEMORY;
	struct group *group = client->group;

	if (client->state != CLIENT_RUNNING) {
		client_fail(client, "WAIT though it waits already");
		return;
	}
	if (!memory)
		client_send_wait_ack(client, msg->seq);
	else if (!stop_with_memory(client))
		return;
	client->stats->time = simtime_to_local(group->sched.now,
					       client->started);
	client->state = CLIENT_WAITING;
	client->waits_since = group->sched.now;
	sched_stop(&group->sched, memory);
	if (memory) {
		read_slot(client);
		set_polled(client, !(shm_capa(&group->shm, client->slot) &
				     SCHEDSHM_CAP_NO_INTERRUPT));
	}
	if (client->first_run)
		client->reactive = !client->slot_requests;
	if (group->opt->groups != GROUPS_ONE)
		client->machine.anywhere = false;
	client->first_run = false;
}

static void handle_get(struct client *client,
		       const struct um_timetravel_msg *msg)
{
	struct group *group = client->group;

	group_update_time(group);
	client_send_ack(client, msg->seq,
			client_to_local(client, group->sched.now));
}

static void handle_update(struct client *client,
			  const struct um_timetravel_msg *msg)
{
	struct schedule *sched = &client->group->sched;

	if (client->transport == CLIENT_MEMORY) {
		client_fail(client, "UPDATE though it shares memory");
	} else if (client->state != CLIENT_RUNNING) {
		client_fail(client, "UPDATE though it does not run");
	} else if (sched_reach(sched, client_from_local(client, msg->time))) {
		client_fail(client, "UPDATE to %llu, it may say %llu to %llu",
			    (unsigned long long)msg->time,
			    (unsigned long long)client_to_local(client,
								sched->now),
			    (unsigned long long)client_to_local(client,
							sched->granted));
	} else {
		shm_set_time(&client->group->shm,
			     to_memory(client->group, sched->now));
		client->stats->time = simtime_to_local(sched->now,
						       client->started);
		client_send_ack(client, msg->seq, 0);
	}
}

static void handle_get_tod(struct client *client,
			   const struct um_timetravel_msg *msg)
{
	struct group *group = client->group;
	uint64_t tod;

	group_update_time(group);
	if (__builtin_add_overflow(group->opt->start_time, group->sched.now,
				   &tod))
		tod = UINT64_MAX;
	client_send_ack(client, msg->seq, tod);
}

/* tell all members of a broadcast, except for one who runs and has sent it */
static void tell_all(struct group *group, struct broadcast *broadcast,
		     const struct client *from, uint64_t value)
{
	const struct client *running = group_running(group);
	struct client *client;

	TAILQ_FOREACH(client, &group->clients, group_link) {
		if (client == from)
			continue;
		client_send_broadcast(client, value);
		/* sending fails, and the client goes, if it does not read */
		if (!client->gone)
			broadcast_told(&group->broadcasts, broadcast,
				       &client->broadcasts, client->sent,
				       client == running);
	}
	broadcast_end(&group->broadcasts, broadcast);
}

static void handle_broadcast(struct client *from,
			     const struct um_timetravel_msg *msg)
{
	struct group *group = from->group;
	struct broadcast *broadcast;

	if (from->broadcasts.unanswered == BROADCASTS_MAX) {
		client_fail(from, "sent more than %u broadcasts without waiting for an ACK",
			    BROADCASTS_MAX);
		return;
	}
	broadcast = broadcast_begin(&group->broadcasts, &from->broadcasts,
				    msg->seq, group->started);
	if (!broadcast) {
		client_fail(from, "no memory for its broadcast");
		return;
	}
	tell_all(group, broadcast, from, msg->time);
}

static void handle_plug(struct client *client,
			const struct um_timetravel_msg *msg)
{
	const char *name = (const char *)client->payload;
	struct netport_card card;
	unsigned int number = 0;

	group_update_time(client->group);
	if (!name[NETPORT_NAME_LEN - 1])
		number = net_plug(client->group->net, &client->machine, name,
				  &card);
	if (number)
		client_send_card(client, msg->seq, &card);
	client_send_ack(client, msg->seq, number);
}

static void handle_frame(struct client *client,
			 const struct um_timetravel_msg *msg)
{
	struct schedule *sched = &client->group->sched;
	uint64_t time = client_from_local(client, msg->time);

	if (client->state != CLIENT_RUNNING) {
		client_fail(client, "FRAME though it does not run");
		return;
	}
	/* with memory it may be further by now, and have said so there */
	group_update_time(client->group);
	if (time < sched->since ||
	    (time > sched->now && sched_reach(sched, time))) {
		client_fail(client, "FRAME at %llu, it may say %llu to %llu",
			    (unsigned long long)msg->time,
			    (unsigned long long)client_to_local(client,
								sched->since),
			    (unsigned long long)client_to_local(client,
							sched->granted));
		return;
	}
	if (net_send(&client->machine, netport_card(msg->seq), time,
		     client->payload, netport_len(msg->seq)))
		client_fail(client, "FRAME of %zu bytes from card %u, which is not plugged in or takes no such frame",
			    netport_len(msg->seq), netport_card(msg->seq));
}

/**
 * group_message - handle a message of a member
 * @client: the client; fails if the message is out of turn
 * @msg: any message but START
 */
void group_message(struct client *client, const struct um_timetravel_msg *msg)
{
	group_wake(client->group);
	if (client->state == CLIENT_STARTING) {
		client_fail(client, "%s before START was acknowledged",
			    op_name(msg->op));
		return;
	}
	if (client->transport == CLIENT_OFFERED)
		learn_transport(client);

	switch (msg->op) {
	case UM_TIMETRAVEL_ACK:
		if (client_take_ack(client, msg->seq))
			broadcasts_acked(&client->group->broadcasts,
					 &client->broadcasts, msg->seq);
		break;
	case UM_TIMETRAVEL_REQUEST:
		handle_request(client, msg);
		break;
	case UM_TIMETRAVEL_WAIT:
		handle_wait(client, msg);
		break;
	case UM_TIMETRAVEL_GET:
		handle_get(client, msg);
		break;
	case UM_TIMETRAVEL_UPDATE:
		handle_update(client, msg);
		break;
	case UM_TIMETRAVEL_GET_TOD:
		handle_get_tod(client, msg);
		break;
	case UM_TIMETRAVEL_BROADCAST:
		handle_broadcast(client, msg);
		break;
	case NETPORT_PLUG:
		handle_plug(client, msg);
		break;
	case NETPORT_FRAME:
		handle_frame(client, msg);
		break;
	default:
		client_fail(client, "only the controller may send %s",
			    op_name(msg->op));
	}
}

static bool offer_memory(const struct group *group,
			 const struct client *client)
{
	const struct options *opt = group->opt;
	size_t i;

	if (!opt->shm || (group->sched.now > group->base && !opt->shm_late))
		return false;
	for (i = 0; i < opt->no_shm_count; i++)
		if (opt->no_shm_for[i] == client->name)
			return false;
	return true;
}

static void start(struct client *client, const struct sched_grant *grant)
{
	struct group *group = client->group;
	const int fds[UM_TIMETRAVEL_SHARED_MAX_FDS] = {
		[UM_TIMETRAVEL_SHARED_MEMFD] = group->shm.fd,
		[UM_TIMETRAVEL_SHARED_LOGFD] = log_fd(),
	};
	/* one that is not @stoppable does nothing before its first WAIT */
	uint64_t until = client->stoppable ? grant->until : grant->time;
	bool offer = offer_memory(group, client);

	client->slot = shm_take_slot(&group->shm, client->name);
	client->started = grant->time;
	client->first_run = true;
	client->base = grant->time;
	client->transport = offer ? CLIENT_OFFERED : CLIENT_MESSAGES;
	client->stats->name = client->name;
	client->stats->slot = client->slot;
	stats_add(group->stats, client->stats);
	TAILQ_INSERT_TAIL(&group->clients, client, group_link);
	group->started++;
	publish_run(group, client->slot, grant->time, until);
	sched_told(&group->sched, offer ? until : 0);
	log_verbose("%s is started at %llu ns, %s", client_label(client),
		    (unsigned long long)grant->time,
		    offer ? "offered the memory" : "with messages");
	client_send_start_ack(client, fds,
			      offer ? UM_TIMETRAVEL_SHARED_MAX_FDS : 0);
}

static void run(struct client *client, const struct sched_grant *grant)
{
	uint64_t until = client_bound(client, grant->time, grant->until);
	struct group *group = client->group;

	client->slot_requests = false;
	client->has_frames = false;
	shm_clear_request(&group->shm, client->slot);
	publish_run(group, client->slot, grant->time, until);
	if (client == group->last)
		client->wants_until = true;
	sched_told(&group->sched, client_send_run(client, grant->time, until));
}

/**
 * group_receive - a frame has arrived for a client that plugs in its cards with
 *	PLUG
 * @client: the client, which waits
 * @card: number of the card
 * @time: now, controller time, ns
 * @frame: the frame
 * @len: its length, bytes
 */
void group_receive(struct client *client, unsigned int card, uint64_t time,
		   const void *frame, size_t len)
{
	client_send_frame(client, card, time, frame, len);
	client->has_frames = true;
	request(client, time);
}

/* move the clock of a group in which nobody runs */
static void advance_to(struct group *group, uint64_t time)
{
	sched_advance(&group->sched, time);
	shm_idle(&group->shm, to_memory(group, group->sched.now));
	group->touched = true;
}

static uint64_t next_announcement(const struct group *group)
{
	const struct announcement *first = TAILQ_FIRST(&group->announcements);

	return first ? first->due : SIMTIME_NEVER;
}

/* a broadcast of another group arrives */
static void pass_on(struct group *group)
{
	struct announcement *first = TAILQ_FIRST(&group->announcements);
	struct broadcast *broadcast;

	advance_to(group, first->due);
	broadcast = broadcast_begin(&group->broadcasts, &group->others, 0,
				    group->started);
	if (broadcast)
		tell_all(group, broadcast, NULL, first->value);
	else
		log_line("no memory for a broadcast of client 0x%llx",
			 (unsigned long long)first->sender);
	group->stopped_at = group->broadcasts.count;
	TAILQ_REMOVE(&group->announcements, first, link);
	free(first);
}

/**
 * group_announce - a client of another group has sent a broadcast
 * @group: the group
 * @due: when it arrives here, controller time, ns
 * @sender: name of that client
 * @value: what the broadcast says
 *
 * Those that arrive at one instant do so in the order of @sender, and then in
 * that of these calls.
 *
 * Return: 0 or -ENOMEM.
 */
int group_announce(struct group *group, uint64_t due, uint64_t sender,
		   uint64_t value)
{
	struct announcement *new = malloc(sizeof(*new)), *other;

	if (!new)
		return -ENOMEM;
	group_wake(group);
	*new = (struct announcement) {
		.due = due, .sender = sender, .value = value,
	};
	TAILQ_FOREACH(other, &group->announcements, link)
		if (other->due > due ||
		    (other->due == due && other->sender > sender))
			break;
	if (other)
		TAILQ_INSERT_BEFORE(other, new, link);
	else
		TAILQ_INSERT_TAIL(&group->announcements, new, link);
	return 0;
}

static void acknowledge_broadcasts(struct group *group)
{
	struct broadcast_member *member;
	struct client *client;
	uint32_t seq;

	while ((member = broadcasts_take(&group->broadcasts, &seq))) {
		if (member == &group->others)
			continue;
		client = container_of(member, struct client, broadcasts);
		client_send_ack(client, seq, 0);
	}
}

/**
 * group_settle - acknowledge the broadcasts that all have received, and look for
 *	new requests
 * @group: the group; all that was read has been handled, and all members that
 *	have gone have been removed
 *
 * A member that this sends something to may have gone afterwards. Then it has to
 * be removed, and this called again.
 */
void group_settle(struct group *group)
{
	struct client *client;

	acknowledge_broadcasts(group);
	if (group->sched.running)
		return;
	if (!group->stopped) {
		group->stopped = true;
		group->stopped_at = group->broadcasts.count;
	}
	net_inbox_give_up(&group->inbox);
	if (group_can_go(group))
		LIST_FOREACH(client, &group->polled, polled_link)
			if (read_slot(client))
				changed_request(client);
}

/**
 * group_can_go - may the group do its next thing?
 * @group: the group
 *
 * Return: false if a client runs, or one has to answer something first.
 */
bool group_can_go(const struct group *group)
{
	return !group->sched.running && !net_inbox_waits(&group->inbox) &&
	       !broadcasts_hold(&group->broadcasts, group->stopped_at);
}

/*
 * Which time of a running client is certain? A machine's kicks are answered one
 * by one, so nothing can come from before the time that it has published. Others
 * may have frames that they have not sent yet.
 */
static uint64_t time_of_running(struct group *group)
{
	struct client *client;

	TAILQ_FOREACH(client, &group->clients, group_link)
		if (!client->is_machine)
			return group->sched.since;
	group_update_time(group);
	return group->sched.now;
}

/**
 * group_next - before which time does the group do nothing by itself any more?
 * @group: the group, after group_settle()
 *
 * Return: controller time, ns; %SIMTIME_NEVER if it waits for others.
 */
uint64_t group_next(struct group *group)
{
	uint64_t time, other;

	if (group->sched.running)
		return time_of_running(group);
	if (!group_can_go(group))
		return group->sched.now;
	time = sched_earliest(&group->sched);
	other = net_inbox_next(&group->inbox);
	if (other < time)
		time = other;
	other = next_announcement(group);
	return other < time ? other : time;
}

static void run_next(struct group *group)
{
	struct sched_grant grant;
	struct client *client;

	if (!sched_next(&group->sched, &grant))
		return;
	client = container_of(grant.who, struct client, sched);
	client->state = CLIENT_RUNNING;
	group->stopped = false;
	group->touched = false;
	if (grant.first)
		start(client, &grant);
	else
		run(client, &grant);
	group->last = client;
}

/**
 * group_go - do the next thing: hand over what arrives, or let a client run
 * @group: the group, for which group_can_go()
 * @bound: what other groups do does not reach it before this, controller time,
 *	ns; after group_next()
 *
 * What arrives comes before what the members want to do at that time.
 */
void group_go(struct group *group, uint64_t bound)
{
	uint64_t time = sched_earliest(&group->sched);
	uint64_t arrival = net_inbox_next(&group->inbox);
	uint64_t announced = next_announcement(group);

	group_wake(group);
	if (announced < SIMTIME_NEVER && announced <= time &&
	    announced <= arrival) {
		pass_on(group);
	} else if (arrival < SIMTIME_NEVER && arrival <= time) {
		advance_to(group, arrival);
		net_deliver(&group->inbox, arrival);
	} else {
		if (arrival < bound)
			bound = arrival;
		if (announced < bound)
			bound = announced;
		sched_set_event(&group->sched, bound);
		run_next(group);
	}
}

/**
 * group_hurry - have the running client stop soon
 * @group: the group
 *
 * A client that would take that for an error stops soon enough by itself, see
 * client_bound().
 */
void group_hurry(struct group *group)
{
	const struct client *running = group_running(group);

	if (!running || !running->stoppable)
		return;
	group_update_time(group);
	group_lower_until(group, group->sched.now);
}

/**
 * group_catch_up - nothing that the group does may happen before a time
 * @group: the group; nobody runs
 * @time: the time, controller time, ns; if no member was started yet, the
 *	memory's time begins then
 */
void group_catch_up(struct group *group, uint64_t time)
{
	if (!group->started && !group->sched.runs)
		group->base = time;
	sched_advance(&group->sched, time);
}

/**
 * group_deadline - when group_name_late() and group_advance() have something to do
 *	though no client says anything
 * @group: the group
 *
 * Return: a time of the host's monotonic clock, ns; UINT64_MAX: never.
 */
uint64_t group_deadline(struct group *group)
{
	uint64_t deadline = net_inbox_deadline(&group->inbox), other;

	if (!broadcasts_pending(&group->broadcasts))
		return deadline;
	other = broadcasts_deadline(&group->broadcasts, loop_now());
	return other < deadline ? other : deadline;
}

/**
 * group_name_late - name the clients that take too long to acknowledge a
 *	broadcast, if there are any
 * @group: the group; nothing was left to be read
 */
void group_name_late(struct group *group)
{
	const struct client *running = group_running(group);
	struct broadcast_member *member;
	char others[32] = "";
	size_t late;

	if (!broadcasts_pending(&group->broadcasts))
		return;
	late = broadcasts_late(&group->broadcasts, loop_now(),
			       running ? &running->broadcasts : NULL, &member);
	if (!late)
		return;
	if (late > 1)
		snprintf(others, sizeof(others), " and %zu more", late - 1);
	log_line("%s%s: no ACK of a broadcast for %u s; the simulation waits for it",
		 client_label(container_of(member, struct client, broadcasts)),
		 others, BROADCAST_PATIENCE_S);
}

/**
 * group_probe - have the running client show that it makes progress
 * @group: the group; a client runs
 *
 * A released kernel with memory may go on alone for hours without a message and
 * without publishing the time. It has to stop at its next event if somebody else
 * wants to run, so that is what it is told; then it goes on.
 */
void group_probe(struct group *group)
{
	struct client *client = group_running(group);

	if (client->stoppable && client->transport != CLIENT_MESSAGES)
		shm_lower_free_until(&group->shm,
				     to_memory(group, group->sched.now));
}

/**
 * group_is_idle - can nothing happen any more unless a client speaks first?
 * @group: the group, after group_advance()
 */
bool group_is_idle(const struct group *group)
{
	return !group->sched.running &&
	       !broadcasts_pending(&group->broadcasts) &&
	       !net_inbox_waits(&group->inbox);
}

/**
 * group_stop_memory - from now on clients have to send their requests while
 *	nobody runs
 * @group: the group; nobody runs
 *
 * A client that had begun to put a request into its slot may still do that, so
 * group_advance() has to follow.
 */
void group_stop_memory(struct group *group)
{
	shm_stop(&group->shm);
}
