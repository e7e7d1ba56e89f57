/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A controller in this process, and clients that speak to it over socket pairs.
 * Nothing here waits for time to pass: what is sent can be read when send()
 * returns, and the controller is stepped until it has nothing left to read.
 */
#ifndef TEST_HARNESS_H
#define TEST_HARNESS_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "controller.h"
#include "log.h"

#define NEVER SIMTIME_NEVER
/* how far a client goes by itself: by messages, and an unknown one by memory */
#define BLIND(time) ((time) + 1000000)
#define UNKNOWN(time) ((time) + 100000000)
#define ACK UM_TIMETRAVEL_ACK
#define START UM_TIMETRAVEL_START
#define REQUEST UM_TIMETRAVEL_REQUEST
#define WAIT UM_TIMETRAVEL_WAIT
#define GET UM_TIMETRAVEL_GET
#define UPDATE UM_TIMETRAVEL_UPDATE
#define RUN UM_TIMETRAVEL_RUN
#define FREE_UNTIL UM_TIMETRAVEL_FREE_UNTIL
#define GET_TOD UM_TIMETRAVEL_GET_TOD
#define BROADCAST UM_TIMETRAVEL_BROADCAST

/**
 * struct peer - the client's end of a connection
 *
 * @fd: the socket, -1 once closed
 * @seq: sequence number of the last message that it has sent, but for ACKs
 * @slot: its slot, from the ACK to START
 * @fds: the descriptors that came with that ACK, -1 if none did
 * @mem: the memory, NULL if it was not offered
 */
struct peer {
	int fd;
	uint32_t seq;
	uint16_t slot;
	int fds[UM_TIMETRAVEL_SHARED_MAX_FDS];
	struct um_timetravel_schedshm *mem;
};

#define MAX_PEERS 300

struct sim {
	struct options opt;
	struct controller ctl;
	enum verdict verdict;
	int log;
	struct peer peers[MAX_PEERS];
	unsigned int npeers;
};

/* the host's monotonic clock as the controller sees it, ns; 0: the real one */
extern uint64_t sim_clock;

/* each test has its own, and may change its options before sim_begin() */
int sim_setup(void **state);
int sim_teardown(void **state);
void sim_begin(struct sim *sim);
void sim_settle(struct sim *sim);

/* the only group */
struct group *sim_group(struct sim *sim);

/* let all clients be such that need FREE_UNTIL, see client_send_run() */
void sim_wants_until(struct sim *sim);

/* let all clients be machines, which may be stopped at any time */
void sim_machines(struct sim *sim);

/* what was logged since the last call; valid until the next call */
const char *sim_log(struct sim *sim);

struct peer *peer_connect(struct sim *sim);
void peer_send_raw(struct peer *peer, const void *data, size_t len);
void peer_send_seq(struct peer *peer, uint32_t op, uint32_t seq,
		   uint64_t time);
void peer_send(struct peer *peer, uint32_t op, uint64_t time);
void peer_close(struct peer *peer);
int peer_receive(struct peer *peer, struct um_timetravel_msg *msg);
void peer_share(struct peer *peer);
void peer_want(struct peer *peer, uint64_t time);
union um_timetravel_schedshm_client *peer_slot(struct peer *peer);

/* exactly this message has come; it is acknowledged if it has to be */
void _gets(struct sim *sim, struct peer *peer, uint32_t op, uint64_t time,
	   const char *file, int line);
#define gets_msg(sim, peer, op, time) \
	_gets(sim, peer, op, time, __FILE__, __LINE__)

/* no message has come, and the connection is open */
void _gets_nothing(struct peer *peer, const char *file, int line);
#define gets_nothing(peer) _gets_nothing(peer, __FILE__, __LINE__)

/* the connection was closed, and one line of the log says why */
void _is_dropped(struct sim *sim, struct peer *peer, const char *why,
		 const char *file, int line);
#define is_dropped(sim, peer, why) \
	_is_dropped(sim, peer, why, __FILE__, __LINE__)

/* send a message, and get the ACK with this time */
void _ask(struct sim *sim, struct peer *peer, uint32_t op, uint64_t time,
	  uint64_t answer, const char *file, int line);
#define ask(sim, peer, op, time, answer) \
	_ask(sim, peer, op, time, answer, __FILE__, __LINE__)

/* @from sends a broadcast, @to gets and acknowledges it, then @from gets its ACK */
void _broadcast(struct sim *sim, struct peer *from, struct peer *to,
		uint64_t value, const char *file, int line);
#define broadcast(sim, from, to, value) \
	_broadcast(sim, from, to, value, __FILE__, __LINE__)

/* the ACK to START has come; with @memory it offers the memory, which is taken */
void _is_started(struct peer *peer, bool memory, const char *file, int line);
#define is_started(peer) _is_started(peer, false, __FILE__, __LINE__)
#define is_started_with_memory(peer) \
	_is_started(peer, true, __FILE__, __LINE__)

/* ask to run at @time and wait, by messages, and take the ACKs */
void _wait_for(struct sim *sim, struct peer *peer, uint64_t time,
	       const char *file, int line);
#define wait_for(sim, peer, time) \
	_wait_for(sim, peer, time, __FILE__, __LINE__)

/* publish @now, ask to run at @time and wait, by the memory */
void memory_wait_for(struct sim *sim, struct peer *peer, uint64_t now,
		     uint64_t time);

/* connect and send START */
struct peer *peer_join(struct sim *sim, uint64_t name);

#define same_u64(a, b, file, line) \
	_assert_int_equal((LargestIntegralType)(a), (LargestIntegralType)(b), \
			  file, line)

#define BEHAVIOUR(f) cmocka_unit_test_setup_teardown(f, sim_setup, sim_teardown)

#endif /* TEST_HARNESS_H */
