/* SPDX-License-Identifier: GPL-2.0 */
#ifndef TT_CLIENT_H
#define TT_CLIENT_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/queue.h>
#include <sys/types.h>

#include "affinity.h"
#include "broadcast.h"
#include "conn.h"
#include "loop.h"
#include "net.h"
#include "netport.h"
#include "schedule.h"
#include "stats.h"
#include "watchdog.h"

struct client;
struct group;

TAILQ_HEAD(client_list, client);

/**
 * struct clients - all connections of a controller
 *
 * @loop: the event loop that they are in
 * @message: called with each message of a client whose operation exists, when
 *	its payload has come as well; it may client_fail() any client, but must
 *	not free the one it is called for
 * @all: those that are connected, in order of arrival
 * @to_flush: those with messages to be sent
 * @gone: those whose connection has ended, for their owner to clean up after
 *	and client_free()
 */
struct clients {
	struct loop *loop;
	void (*message)(struct client *client,
			const struct um_timetravel_msg *msg);
	struct client_list all;
	struct client_list to_flush;
	struct client_list gone;
};

/**
 * enum client_state - where a client is in its life
 *
 * @CLIENT_CONNECTED: it has not sent START
 * @CLIENT_STARTING: it has, but START was not acknowledged yet
 * @CLIENT_RUNNING: it is the one client of its group that runs
 * @CLIENT_WAITING: it waits for RUN
 */
enum client_state {
	CLIENT_CONNECTED,
	CLIENT_STARTING,
	CLIENT_RUNNING,
	CLIENT_WAITING,
};

/**
 * enum client_transport - how a client learns the time and publishes it
 *
 * @CLIENT_MESSAGES: by messages only
 * @CLIENT_OFFERED: it was offered the shared memory, and nothing has come from
 *	it since
 * @CLIENT_MEMORY: by the shared memory
 */
enum client_transport {
	CLIENT_MESSAGES,
	CLIENT_OFFERED,
	CLIENT_MEMORY,
};

/**
 * struct client - a client: its connection, and what its group and the
 *	controller keep for it
 *
 * @source: its socket in the event loop
 * @conn: the messages on that socket
 * @clients: all connections
 * @link: in &clients->all or &clients->gone
 * @flush_link: in &clients->to_flush
 * @gone: the connection has ended; nothing is sent any more
 * @flush_pending: it is in &clients->to_flush
 * @write_wait: its socket is full
 * @pid: its process, 0 if that is not visible from here
 * @connected: when that was its process, see process_now()
 * @is_machine: that is a User-mode Linux machine
 * @stoppable: it takes a limit that is lowered while it runs, even below the
 *	time that it has reached
 * @name: what it sent in START
 * @slot: its slot in the memory, 0 before it is started
 * @transport: how it learns the time
 * @base: controller time that its times are relative to, ns
 * @wants_until: it was once run twice in a row, and so needs FREE_UNTIL
 * @until_late: @until was sent in the middle of a run
 * @until: the latest FREE_UNTIL that it may still go by, controller time; 0:
 *	none
 * @sent: sequence number of the last message that it has to acknowledge
 * @acked: sequence number of the last message that it has acknowledged
 * @last_op: operation of the last message that came from it
 * @head: the message whose payload is coming
 * @payload: that payload, NULL before there was one
 * @payload_len: how long it will be, bytes
 * @payload_got: how much of it has come, with what fills it up, bytes
 * @stats: its counters; the statistics' own once it has been started
 *
 * @group: its group, NULL before START
 * @group_link: in &group->clients
 * @state: where it is in its life
 * @sched: its request
 * @started: controller time when it was started and its own clock was 0, ns
 * @waits_since: controller time when it last began to wait, ns
 * @first_run: it has not sent WAIT yet
 * @reactive: it had asked for nothing when it sent its first WAIT: it does
 *	something only because of others
 * @polled: its slot may change while it waits
 * @polled_link: in &group->polled
 * @slot_requests: its slot had a request when it was last read
 * @slot_time: the time of that request, unchecked
 * @broadcasts: the broadcasts that it has sent or still has to acknowledge
 * @machine: what networks keep for it
 * @has_frames: it was sent frames and has not been run since
 *
 * @arrival: position in the order in which clients have connected
 * @start_deadline: until when it may be silent if all depends on it, host's
 *	monotonic clock, ns
 * @pinned: its process, NULL if that was not moved to the CPU
 * @watch: what the watchdog keeps for it
 */
struct client {
	struct loop_source source;
	struct conn conn;
	struct clients *clients;
	TAILQ_ENTRY(client) link;
	TAILQ_ENTRY(client) flush_link;
	bool gone;
	bool flush_pending;
	bool write_wait;
	pid_t pid;
	uint64_t connected;
	bool is_machine;
	bool stoppable;
	uint64_t name;
	uint16_t slot;
	enum client_transport transport;
	uint64_t base;
	bool wants_until;
	bool until_late;
	uint64_t until;
	uint32_t sent;
	uint32_t acked;
	uint32_t last_op;
	struct um_timetravel_msg head;
	unsigned char *payload;
	size_t payload_len;
	size_t payload_got;
	struct client_stats *stats;

	struct group *group;
	TAILQ_ENTRY(client) group_link;
	enum client_state state;
	struct sched_entity sched;
	uint64_t started;
	uint64_t waits_since;
	bool first_run;
	bool reactive;
	bool polled;
	LIST_ENTRY(client) polled_link;
	bool slot_requests;
	uint64_t slot_time;
	struct broadcast_member broadcasts;
	struct net_machine machine;
	bool has_frames;

	uint64_t arrival;
	uint64_t start_deadline;
	struct pinned *pinned;
	struct watch watch;
};

void clients_init(struct clients *clients, struct loop *loop,
		  void (*message)(struct client *client,
				  const struct um_timetravel_msg *msg));
void clients_flush(struct clients *clients);

struct client *client_new(struct clients *clients, int fd);
void client_free(struct client *client);
const char *client_label(const struct client *client);
void client_fail(struct client *client, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

uint64_t client_to_local(const struct client *client, uint64_t time);
uint64_t client_from_local(const struct client *client, uint64_t time);

uint64_t client_bound(const struct client *client, uint64_t time,
		      uint64_t until);
bool client_take_ack(struct client *client, uint32_t seq);
void client_send_start_ack(struct client *client, const int *fds,
			   unsigned int nfds);
uint64_t client_send_run(struct client *client, uint64_t time, uint64_t until);
void client_send_broadcast(struct client *client, uint64_t value);
void client_send_card(struct client *client, uint32_t seq,
		      const struct netport_card *card);
void client_send_frame(struct client *client, unsigned int card, uint64_t time,
		       const void *frame, size_t len);
void client_send_ack(struct client *client, uint32_t seq, uint64_t time);
void client_send_wait_ack(struct client *client, uint32_t seq);
void client_lower_until(struct client *client, uint64_t until);

#endif /* TT_CLIENT_H */
