/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A fake controller, which sends whatever a test wants. A thread answers START.
 * After that all is done in the thread of the test, and nothing is waited for:
 * the test sends the fake's messages before it calls the client, and reads the
 * client's messages when the call has returned.
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
 * struct step - a step of a controller that answers in a thread of its own
 *
 * @hear: it receives the message, rather than sends it
 * @op: the operation; an ACK is for the last message in the other direction
 * @time: the time in the message
 */
struct step {
	bool hear;
	uint32_t op;
	uint64_t time;
};

/**
 * struct fake - the controller, and the client that is tested
 *
 * @opt: the options for tt_client_open()
 * @client: the client
 * @dir: the test's directory
 * @listener: listens at "s"
 * @fd: the connection, -1 if there is none
 * @serve: called in the thread for a connection, instead of answering START
 * @ack: START's ACK
 * @fds: descriptors that come with START's ACK
 * @nfds: how many there are
 * @mem: the memory, NULL if none is offered
 * @memfd: descriptor of the memory
 * @asked: sequence number of the client's last message that was acknowledged
 * @seq: sequence number of the last message to the client
 * @acked: sequence number of the last message that the client has acknowledged
 * @log: what callbacks have noted
 * @steps: the steps of the thread that answers
 * @nr_steps: how many there are
 * @player: the thread that answers
 * @open_fds: how many descriptors were open before the test
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

/* offer a memory whose time is @now, ns; a test may change it before fake_open() */
void fake_offer_memory(struct fake *fake, uint64_t now);

/* send with @fds */
void send_with_fds(struct fake *fake, const void *data, size_t len);

/* open the client, and return what tt_client_open() returned */
int fake_open(struct fake *fake);

/* open a client that uses messages, or the memory */
struct fake *by_messages(void **state);
struct fake *with_memory(void **state, uint64_t now);

/* the client's slot */
union um_timetravel_schedshm_client *fake_slot(struct fake *fake);

void say_raw(struct fake *fake, const void *data, size_t len);
void say_seq(struct fake *fake, uint32_t op, uint32_t seq, uint64_t time);

/* send a message that the client has to acknowledge */
void say(struct fake *fake, uint32_t op, uint64_t time);

/* send the ACK of the client's next message that is no ACK */
void acknowledge(struct fake *fake, uint64_t time);

/* the controller sends nothing any more */
void fall_silent(struct fake *fake);

/* this is the client's next message; its ACKs must be in order */
void _said(struct fake *fake, uint32_t op, uint64_t time, const char *file,
	   int line);
#define said(fake, op, time) _said(fake, op, time, __FILE__, __LINE__)
#define said_ack(fake) _said(fake, ACK, 0, __FILE__, __LINE__)

void _said_nothing(struct fake *fake, const char *file, int line);
#define said_nothing(fake) _said_nothing(fake, __FILE__, __LINE__)

/*
 * Let a thread answer. A client that may go on by itself reads all messages that
 * are there, so what it is to read later cannot be sent before.
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

/* wait until all steps have happened */
void played(struct fake *fake);

/* append to @log */
void note(struct fake *fake, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

/* this is what callbacks have noted since the last call */
#define noted(fake, text) \
	do { \
		assert_string_equal((fake)->log, text); \
		(fake)->log[0] = '\0'; \
	} while (0)

/* a call has returned @ret, and the line of the error contains @text */
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

/* the clock of a client that runs shows @ns */
void _shows(struct tt_client *client, uint64_t ns, const char *file, int line);
#define shows(fake, ns) _shows((fake)->client, ns, __FILE__, __LINE__)

#define ok(call) assert_int_equal(call, 0)

#endif /* TEST_FAKE_H */
