/* SPDX-License-Identifier: GPL-2.0 */
#ifndef TT_GROUP_H
#define TT_GROUP_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/queue.h>

#include "broadcast.h"
#include "client.h"
#include "heap.h"
#include "net.h"
#include "options.h"
#include "schedule.h"
#include "shm.h"
#include "stats.h"
#include "waits.h"

LIST_HEAD(polled_list, client);
TAILQ_HEAD(group_list, group);

/**
 * struct announcement - a broadcast of another group that has not arrived
 *
 * @link: in the group's list
 * @due: when it arrives, controller time, ns
 * @sender: name of the client that has sent it
 * @value: what it says
 */
struct announcement {
	TAILQ_ENTRY(announcement) link;
	uint64_t due;
	uint64_t sender;
	uint64_t value;
};

TAILQ_HEAD(announcements, announcement);

/**
 * struct group - clients that can influence each other at any instant
 *
 * @link: in the controller's list of groups
 * @awake: those that the controller has to look at in its next step
 * @awake_link: in that list, while @is_awake
 * @is_awake: it is in there
 * @number: position in the order in which groups were made
 * @opt: the command line
 * @net: the networks between all machines
 * @inbox: frames on their way to clients of this group
 * @stats: the counters of all clients that were ever started
 * @sched: who runs
 * @shm: the memory
 * @base: controller time at which the memory's time was 0, ns
 * @clients: those that were started, in that order
 * @polled: those of them whose slots may change while they wait, in no order
 * @members: how many clients have sent START, started or not
 * @started: how many of them were started
 * @last: the client that was run last, only to be compared with
 * @broadcasts: those that were not acknowledged to their senders
 * @stopped: nobody has run since @stopped_at was set
 * @stopped_at: how many broadcasts there were when the last client stopped
 * @announcements: broadcasts of other groups, those that arrive first in front
 * @others: stands for their senders
 * @touched: since the last client stopped, something has arrived that may change
 *	requests
 * @hidden: a request has changed though nothing has arrived
 * @bound: nothing of other groups reaches it before this, controller time, ns;
 *	the controller's, as is what follows
 * @promised: others rely on it that it does nothing before this
 * @due: by @promised, among those that can go on or among the others
 * @instant: it is the one whose members may be on networks without delay
 * @merged: it runs only while no other such group does
 * @limit: number of the network that bounds it
 * @cause: number of the group that could send something over that network
 * @waits: but for that it could go on
 * @waits_since: and for how long that is counted already, host's monotonic clock,
 *	ns
 * @wait: how long it has waited for others
 * @told_hidden: the log says that it has a hidden channel
 * @last_go: @goes of the controller's when it was last run
 * @barrier: a client wants to be started, or something from outside has changed
 *	a request; nobody may run before it is known what time it is
 */
struct group {
	TAILQ_ENTRY(group) link;
	struct group_list *awake;
	TAILQ_ENTRY(group) awake_link;
	bool is_awake;
	unsigned int number;
	const struct options *opt;
	struct net *net;
	struct net_inbox inbox;
	struct stats *stats;
	struct schedule sched;
	struct shm shm;
	uint64_t base;
	struct client_list clients;
	struct polled_list polled;
	uint32_t members;
	uint32_t started;
	const struct client *last;
	struct broadcasts broadcasts;
	bool stopped;
	uint64_t stopped_at;
	struct announcements announcements;
	struct broadcast_member others;
	bool touched;
	bool hidden;
	uint64_t bound;
	uint64_t promised;
	struct heap_node due;
	bool instant;
	bool merged;
	size_t limit;
	unsigned int cause;
	bool waits;
	uint64_t waits_since;
	struct wait *wait;
	bool told_hidden;
	uint64_t last_go;
	bool barrier;
};

int group_init(struct group *group, const struct options *opt,
	       struct net *net, struct stats *stats,
	       struct group_list *awake);
void group_destroy(struct group *group);

int group_add(struct group *group, struct client *client);
void group_start(struct client *client);
void group_remove(struct client *client);
void group_message(struct client *client, const struct um_timetravel_msg *msg);

void group_receive(struct client *client, unsigned int card, uint64_t time,
		   const void *frame, size_t len);
int group_announce(struct group *group, uint64_t due, uint64_t sender,
		   uint64_t value);
void group_wake(struct group *group);
void group_rest(struct group *group);
void group_settle(struct group *group);
bool group_can_go(const struct group *group);
uint64_t group_next(struct group *group);
void group_go(struct group *group, uint64_t bound);
void group_hurry(struct group *group);
void group_catch_up(struct group *group, uint64_t time);
bool group_requested(const struct client *client, uint64_t *time);
void group_probe(struct group *group);
void group_stop_memory(struct group *group);
uint64_t group_deadline(struct group *group);
void group_name_late(struct group *group);
bool group_is_idle(const struct group *group);
struct client *group_running(const struct group *group);
void group_update_time(struct group *group);
void group_lower_until(struct group *group, uint64_t time);

#endif /* TT_GROUP_H */
