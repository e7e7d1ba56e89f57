/* SPDX-License-Identifier: GPL-2.0 */
#ifndef TT_CONTROLLER_H
#define TT_CONTROLLER_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/queue.h>

#include "affinity.h"
#include "broadcast.h"
#include "client.h"
#include "loop.h"
#include "options.h"
#include "schedule.h"
#include "shm.h"
#include "stats.h"

/**
 * enum verdict - is it over?
 *
 * @VERDICT_NONE: no
 * @VERDICT_DONE: the last client has gone, and that is the end
 * @VERDICT_DEADLOCK: all clients wait, and none wants to run ever again
 * @VERDICT_ERROR: something failed, which was said
 */
enum verdict {
	VERDICT_NONE,
	VERDICT_DONE,
	VERDICT_DEADLOCK,
	VERDICT_ERROR,
};

TAILQ_HEAD(client_list, client);
STAILQ_HEAD(client_queue, client);
LIST_HEAD(look_list, client);

/**
 * struct controller - a simulation
 *
 * @opt: the command line
 * @loop: the event loop; its user may add sources of their own
 * @sched: who runs
 * @shm: the memory
 * @aff: the CPU for all
 * @stats: what happened
 * @began: when it began, host's monotonic clock, ns
 * @listener: accepts new clients, fd -1 if there is none
 * @accepting: it is in the loop
 * @clients: all of them, in order of arrival
 * @to_flush: those with something to be sent, in order
 * @to_free: those that have gone
 * @broadcasts: those that were not acknowledged to their senders
 * @stopped: nobody has run since @stopped_at
 * @stopped_at: how many broadcasts there were when the last client stopped
 * @look: those whose slots may change at any time, in no order
 * @last: the client that was run last, only to be compared with
 * @arrivals: how many have ever arrived
 * @connected: how many have not sent START
 * @starting: how many have, and were not answered
 * @started: how many were, and are still there
 * @ever_started: how many were
 * @gate_open: as many as have to come have come
 * @patient: only those who have not sent START can make it go on, each of them
 *	for so long
 */
struct controller {
	const struct options *opt;
	struct loop loop;
	struct schedule sched;
	struct shm shm;
	struct affinity aff;
	struct stats stats;
	uint64_t began;
	struct loop_source listener;
	bool accepting;
	struct client_list clients;
	struct client_queue to_flush;
	struct client_queue to_free;
	struct broadcasts broadcasts;
	bool stopped;
	uint64_t stopped_at;
	struct look_list look;
	const struct client *last;
	uint64_t arrivals;
	uint32_t connected;
	uint32_t starting;
	uint32_t started;
	uint64_t ever_started;
	bool gate_open;
	bool patient;
};

int controller_init(struct controller *ctl, const struct options *opt);
void controller_destroy(struct controller *ctl);
int controller_listen(struct controller *ctl, int fd);
int controller_add(struct controller *ctl, int fd);
enum verdict controller_step(struct controller *ctl, int timeout_ms);
int controller_write_stats(struct controller *ctl, const char *path);

/* for clients */
bool controller_start(struct client *client);
void controller_settle(struct client *client);
void controller_look(struct client *client);
uint64_t controller_now(struct controller *ctl);
void controller_request(struct client *client, uint64_t time);
void controller_broadcast(struct client *from, uint32_t seq, uint64_t value);
void controller_forget(struct client *client);

#endif /* TT_CONTROLLER_H */
