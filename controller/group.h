/* SPDX-License-Identifier: GPL-2.0 */
#ifndef TT_GROUP_H
#define TT_GROUP_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/queue.h>

#include "broadcast.h"
#include "client.h"
#include "net.h"
#include "options.h"
#include "schedule.h"
#include "shm.h"
#include "stats.h"

LIST_HEAD(polled_list, client);

/**
 * struct group - clients that can influence each other at any instant
 *
 * @link: in the controller's list of groups
 * @opt: the command line
 * @net: the networks between all machines
 * @inbox: frames on their way to clients of this group
 * @stats: the counters of all clients that were ever started
 * @sched: who runs
 * @shm: the memory
 * @clients: those that were started, in that order
 * @polled: those of them whose slots may change while they wait, in no order
 * @members: how many clients have sent START, started or not
 * @started: how many of them were started
 * @last: the client that was run last, only to be compared with
 * @broadcasts: those that were not acknowledged to their senders
 * @stopped: nobody has run since @stopped_at was set
 * @stopped_at: how many broadcasts there were when the last client stopped
 */
struct group {
	LIST_ENTRY(group) link;
	const struct options *opt;
	struct net *net;
	struct net_inbox inbox;
	struct stats *stats;
	struct schedule sched;
	struct shm shm;
	struct client_list clients;
	struct polled_list polled;
	uint32_t members;
	uint32_t started;
	const struct client *last;
	struct broadcasts broadcasts;
	bool stopped;
	uint64_t stopped_at;
};

int group_init(struct group *group, const struct options *opt,
	       struct net *net, struct stats *stats);
void group_destroy(struct group *group);

int group_add(struct group *group, struct client *client);
void group_start(struct client *client);
void group_remove(struct client *client);
void group_message(struct client *client, const struct um_timetravel_msg *msg);

void group_receive(struct client *client, unsigned int card, uint64_t time,
		   const void *frame, size_t len);
void group_advance(struct group *group);
void group_probe(struct group *group);
void group_stop_memory(struct group *group);
uint64_t group_deadline(struct group *group);
void group_name_late(struct group *group);
bool group_is_idle(const struct group *group);
struct client *group_running(const struct group *group);
void group_update_time(struct group *group);
void group_lower_until(struct group *group, uint64_t time);

#endif /* TT_GROUP_H */
