/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A controller that says whatever a test wants it to. Only START is answered by
 * a thread. After that everything is in one thread, and nothing has to be
 * waited for: what the fake is going to say is sent before the client is
 * called, and what the client said is read when it has returned.
 */
#ifndef TEST_FAKE_H
#define TEST_FAKE_H

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <linux/um_timetravel.h>

#include "ttclient.h"

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

#define SLOTS 8
#define SLOT 3
#define MEMORY_SIZE (4096 + SLOTS * 128)

/**
 * struct step - what a controller does that really answers
 *
 * @hear: it hears this, rather than says it
 * @op: the operation; an ACK is one to what was heard or said last
 * @time: and its time
 */
struct step {
	bool hear;
	uint32_t op;
	uint64_t time;
};

/**
 * struct fake - the controller, and the client that is tested
 *
 * @opt: how the client is opened
 * @client: the client
 * @dir: the directory that the test is in
 * @listener: listens at "s"
 * @fd: the connection
 * @serve: called by the thread with a connection, instead of answering START
 * @ack: ACK to START
 * @fds: descriptors that come with it
 * @nfds: how many
 * @mem: the memory, if there is one
 * @memfd: its descriptor
 * @asked: sequence number of the last message of the client that is
 *	acknowledged
 * @seq: sequence number of the last message to the client
 * @acked: the last one that it has acknowledged
 * @log: what callbacks noted
 * @steps: what the thread does that answers
 * @nr_steps: how many steps
 * @player: that thread
 * @open_fds: how many descriptors were open before
 */
struct fake {
	struct tt_client_options opt;
	struct tt_client *client;
	char dir[64];
	int listener;
	int fd;
	void (*serve)(struct fake *fake);
	struct um_timetravel_msg ack;
	int fds[3];
	unsigned int nfds;
	struct um_timetravel_schedshm *mem;
	int memfd;
	uint32_t asked;
	uint32_t seq;
	uint32_t acked;
	char log[1024];
	struct step steps[16];
	unsigned int nr_steps;
	pthread_t player;
	unsigned int open_fds;
};

int fake_setup(void **state);
int fake_teardown(void **state);
#define WITH_FAKE(f) cmocka_unit_test_setup_teardown(f, fake_setup, \
						     fake_teardown)

unsigned int open_fds(void);
void fake_listen(struct fake *fake);

/* offer a memory in which it is @now, ns; to be changed before fake_open() */
void fake_offer_memory(struct fake *fake, uint64_t now);

/* along with @fds */
void send_with_fds(struct fake *fake, const void *data, size_t len);

/* the client is opened; returns what that did */
int fake_open(struct fake *fake);

/* it is opened and runs, by messages or with the memory */
struct fake *by_messages(void **state);
struct fake *with_memory(void **state, uint64_t now);

/* the slot of the client */
union um_timetravel_schedshm_client *fake_slot(struct fake *fake);

void say_raw(struct fake *fake, const void *data, size_t len);
void say_seq(struct fake *fake, uint32_t op, uint32_t seq, uint64_t time);

/* something that has to be acknowledged */
void say(struct fake *fake, uint32_t op, uint64_t time);

/* acknowledge the next message of the client that asks for it */
void acknowledge(struct fake *fake, uint64_t time);

/* no more comes from the controller */
void fall_silent(struct fake *fake);

/* the client has said this next; its ACKs must be in order */
void _said(struct fake *fake, uint32_t op, uint64_t time, const char *file,
	   int line);
#define said(fake, op, time) _said(fake, op, time, __FILE__, __LINE__)
#define said_ack(fake) _said(fake, ACK, 0, __FILE__, __LINE__)

void _said_nothing(struct fake *fake, const char *file, int line);
#define said_nothing(fake) _said_nothing(fake, __FILE__, __LINE__)

/*
 * A thread answers, for what cannot be said before: a client that may go on by
 * itself reads all that has come.
 */
void play(struct fake *fake, const struct step *steps, unsigned int n);
#define PLAY(fake, ...) \
	play(fake, (const struct step[]) { __VA_ARGS__ }, \
	     sizeof((const struct step[]) { __VA_ARGS__ }) / \
	     sizeof(struct step))
#define HEAR(op, time) { true, op, time }
#define SAY(op, time) { false, op, time }
#define GRANT(request, until, at) \
	HEAR(REQUEST, request), SAY(ACK, 0), HEAR(WAIT, 0), SAY(ACK, 0), \
	SAY(FREE_UNTIL, until), HEAR(ACK, 0), SAY(RUN, at), HEAR(ACK, 0)

/* all of it happened */
void played(struct fake *fake);

/* append to @log */
void note(struct fake *fake, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

/* callbacks noted exactly this since the last call */
#define noted(fake, text) \
	do { \
		assert_string_equal((fake)->log, text); \
		(fake)->log[0] = '\0'; \
	} while (0)

/* the call has returned @ret, and the line has @text */
void _fails(int got, struct tt_client *client, int ret, const char *text,
	    const char *file, int line);
#define fails(call, client, ret, text) \
	do { \
		int got = (call); \
		_fails(got, client, ret, text, __FILE__, __LINE__); \
	} while (0)
#define lost(fake, call, ret, text) \
	do { \
		fails(call, (fake)->client, ret, text); \
		fails(tt_client_wait((fake)->client), (fake)->client, ret, \
		      text); \
	} while (0)

/* the clock of a client that runs */
void _shows(struct tt_client *client, uint64_t ns, const char *file, int line);
#define shows(fake, ns) _shows((fake)->client, ns, __FILE__, __LINE__)

#define ok(call) assert_int_equal(call, 0)

#endif /* TEST_FAKE_H */
