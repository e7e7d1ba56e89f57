/* SPDX-License-Identifier: GPL-2.0 */
#ifndef TT_CLIENT_H
#define TT_CLIENT_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/queue.h>

#include "affinity.h"
#include "broadcast.h"
#include "conn.h"
#include "loop.h"
#include "schedule.h"
#include "stats.h"

struct controller;

/**
 * enum client_state - where a client is in its life
 *
 * @CLIENT_CONNECTED: it has not sent START
 * @CLIENT_STARTING: it has, and was not answered yet
 * @CLIENT_RUNNING: it runs
 * @CLIENT_WAITING: it waits
 * @CLIENT_GONE: it is to be freed
 */
enum client_state {
	CLIENT_CONNECTED,
	CLIENT_STARTING,
	CLIENT_RUNNING,
	CLIENT_WAITING,
	CLIENT_GONE,
};

/**
 * enum client_transport - how it is told the time, and tells it
 *
 * @CLIENT_MESSAGES: by messages only
 * @CLIENT_OFFERED: it was offered the shared memory and has not spoken since
 * @CLIENT_MEMORY: by the shared memory
 */
enum client_transport {
	CLIENT_MESSAGES,
	CLIENT_OFFERED,
	CLIENT_MEMORY,
};

/**
 * struct client - a client
 *
 * @source: its socket in the event loop
 * @conn: its socket's messages
 * @ctl: the controller it belongs to
 * @link: in the list of all clients, in order of arrival
 * @flush_link: in the list of those with something to be sent
 * @free_link: in the list of those to be freed
 * @look_link: in the list of those whose slots are looked at
 * @sched: what it wants
 * @state: where it is in its life
 * @transport: how it is told the time
 * @flush_pending: it is in the list of those with something to be sent
 * @write_wait: its socket is full
 * @wants_until: it has asked for what it could have done by itself
 * @until_late: @until was sent in the middle of the run
 * @patient_until: how long it may be silent, host's monotonic clock, ns
 * @looked_at: it is in the list of those whose slots are looked at
 * @seen: it has a request in its slot, as far as we have seen
 * @seen_time: and that is it, unchecked
 * @name: what it sent in START
 * @slot: its slot, 0 if it has none yet
 * @offset: controller time when its clock was 0, ns
 * @until: the last FREE_UNTIL that it may remember, controller time; 0: none
 * @sent: sequence number of the last message that it has to acknowledge
 * @acked: sequence number of the last message that it has acknowledged
 * @broadcasts: the broadcasts that it has sent or still has to acknowledge
 * @pinned: its process, NULL if that was not moved
 * @stats: its counters
 */
struct client {
	struct loop_source source;
	struct conn conn;
	struct controller *ctl;
	TAILQ_ENTRY(client) link;
	STAILQ_ENTRY(client) flush_link;
	STAILQ_ENTRY(client) free_link;
	LIST_ENTRY(client) look_link;
	struct sched_entity sched;
	enum client_state state;
	enum client_transport transport;
	bool flush_pending;
	bool write_wait;
	bool wants_until;
	bool until_late;
	uint64_t patient_until;
	bool looked_at;
	bool seen;
	uint64_t seen_time;
	uint64_t name;
	uint16_t slot;
	uint64_t offset;
	uint64_t until;
	uint32_t sent;
	uint32_t acked;
	struct broadcast_member broadcasts;
	struct pinned *pinned;
	struct client_stats *stats;
};

struct client *client_new(struct controller *ctl, int fd);
void client_free(struct client *client);
const char *client_label(const struct client *client);
void client_send_start_ack(struct client *client, const int *fds,
			   unsigned int nfds);
uint64_t client_send_run(struct client *client, uint64_t time, uint64_t until);
void client_send_broadcast(struct client *client, uint64_t value);
void client_send_ack(struct client *client, uint32_t seq, uint64_t time);
void client_lower_until(struct client *client, uint64_t until);
void client_flush(struct client *client);
void client_drop(struct client *client, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

#endif /* TT_CLIENT_H */
