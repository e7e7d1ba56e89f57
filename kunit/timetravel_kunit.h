/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the files of the tests of external time-travel share. timetravel_kunit.c
 * says how the tests work.
 */
#ifndef __UM_TIMETRAVEL_KUNIT_H
#define __UM_TIMETRAVEL_KUNIT_H

#include <kunit/test.h>
#include <linux/list.h>
#include <linux/notifier.h>
#include <linux/string.h>
#include <linux/um_timetravel.h>
#include <timetravel.h>
#include "timetravel_kunit_client.h"
#include "timetravel_kunit_user.h"

#define TT_MEMFD	"um-time-travel-kunit"	/* name of the memory */
#define TT_SLOTS	4
#define TT_OTHER	1	/* slot of another client */
#define TT_ME		2	/* slot of the client under test */
#define TT_SIZE		(sizeof(struct um_timetravel_schedshm) + \
			 TT_SLOTS * sizeof(union um_timetravel_schedshm_client))
#define TT_REQ		UM_TIMETRAVEL_SCHEDSHM_FLAGS_REQ_RUN
#define TT_CAP		UM_TIMETRAVEL_SCHEDSHM_CAP_TIME_SHARE
#define TT_OFFSET	1000000ULL	/* controller time at START */
#define TT_NAME		0x6b756e6974ULL	/* what the client sends in START */
#define TT_CTL_SEQ	7000	/* added to op, seq of the controller's messages */
#define TT_MAX_SENT	16
#define TT_MAX_FD	256

/* One set of everything that is static in time.c. */
struct tt_statics {
	enum time_travel_mode mode;
	bool start_set;
	unsigned long long start;
	unsigned long long time;
	struct list_head events;
	struct list_head irqs;
	unsigned long long next_event;
	int fd;
	unsigned int waiting;
	bool prev_request_valid;
	unsigned long long prev_request;
	int seq;
	unsigned long long propagated;
	int should_print;
	struct tt_client client;
};

/**
 * struct tt_fixture - a client and its controller
 * @test: the test
 * @s: the set of statics that is not in use: the machine's during a call, the
 *	client's otherwise
 * @irq_flags: interrupt state before the call
 * @ctl: the controller's end of the connection
 * @listen: where the controller accepts a connection, or -1
 * @raw: the controller sends no spare ACK in the next call, and does not close
 *	its direction of the connection
 * @acks: ACKs sent for the next call, without the spare one
 * @seq: the client's last sequence number before the call
 * @sent: what the client has sent in the last call
 * @n_sent: number of messages in @sent
 * @unread: number of messages that the client has left unread
 * @memfd: the memory, or -1
 * @mem: the controller's mapping of the memory
 * @size: size of that mapping in bytes
 * @fds_before: inodes of all descriptors before START
 * @fds_after: and after it
 * @may_map: bytes that the client can map at START, 0 for no limit
 * @interrupts: how often the test has interrupted the client
 * @live: a handler answers the client while a child makes the call
 * @acked: that handler has seen an ACK
 * @child_call: the call that the child makes
 * @trace: what happens in the middle of that call, if it has a @trace.then
 * @done: the call has returned
 * @ended: the trace need not go further into the call
 * @result: what the call has returned, or whether the child's checks hold
 * @torn: half a request could be seen
 * @panic_nb: notices the child's panic
 * @panic_text: what the child has said in its panic
 *
 * A child shares this with the machine, but has a copy of all statics.
 */
struct tt_fixture {
	struct kunit *test;
	struct tt_statics s;
	unsigned long irq_flags;

	int ctl;
	int listen;
	bool raw;
	unsigned int acks;
	u32 seq;
	struct um_timetravel_msg sent[TT_MAX_SENT];
	unsigned int n_sent;
	unsigned int unread;

	int memfd;
	struct um_timetravel_schedshm *mem;
	size_t size;
	unsigned long long fds_before[TT_MAX_FD];
	unsigned long long fds_after[TT_MAX_FD];
	unsigned long may_map;

	unsigned int interrupts;

	bool live;
	bool acked;
	void (*child_call)(struct tt_fixture *f);
	struct os_trace trace;
	bool done;
	bool ended;
	bool result;
	bool torn;
	struct notifier_block panic_nb;
	char panic_text[128];
};

/* The rows of the table tt_<table> are parameters of a test; each has a .name. */
#define TT_ROWS(table)							\
	static void tt_desc_##table(typeof(tt_##table[0]) *row, char *desc) \
	{								\
		strscpy(desc, row->name, KUNIT_PARAM_DESC_SIZE);	\
	}								\
	KUNIT_ARRAY_PARAM(tt_##table, tt_##table, tt_desc_##table)

/* irq.c: have an interrupt that was requested be one of time travel */
void um_irq_set_tt_handler(int fd, enum um_irq_type type,
			   void (*handler)(int irq, int fd, void *dev,
					   struct time_travel_event *ev));

/* timetravel_kunit.c: calls of the client */
void tt_swap_statics(struct tt_statics *s);
void tt_start(struct tt_fixture *f, u16 id, const int *fds, unsigned int n_fds);
void tt_attach(struct tt_fixture *f, u64 offset);
void tt_request(struct tt_fixture *f, u64 time);
void tt_request_by_msg(struct tt_fixture *f, u64 time, u64 ctl_time);
void tt_request_silently(struct tt_fixture *f, u64 time);
void tt_do_read(struct tt_fixture *f);
void tt_read(struct tt_fixture *f);
void tt_wait_and_run(struct tt_fixture *f, u64 time, bool idle);

/* timetravel_kunit_controller.c: the controller, and what it expects */
int tt_init(struct kunit *test);
void tt_exit(struct kunit *test);
void tt_close(int *fd);
void tt_send_bytes(struct tt_fixture *f, const void *buf, size_t len,
		   const int *fds, unsigned int n_fds);
void tt_send_fds(struct tt_fixture *f, u32 op, u32 seq, u64 time,
		 const int *fds, unsigned int n_fds);
void tt_send(struct tt_fixture *f, u32 op, u64 time);
void tt_send_ack_fds(struct tt_fixture *f, u64 time, const int *fds,
		     unsigned int n_fds);
void tt_send_ack(struct tt_fixture *f, u64 time);
void tt_begin(struct tt_fixture *f);
void tt_end(struct tt_fixture *f);
void tt_expect_sent(struct tt_fixture *f, unsigned int n);
void tt_expect_msg(struct tt_fixture *f, unsigned int i, u32 op, u64 time);
void tt_expect_ack(struct tt_fixture *f, unsigned int i, u32 op);
void tt_create_mem(struct tt_fixture *f, u64 size);
void tt_fill_mem(struct tt_fixture *f, u64 offset);
union um_timetravel_schedshm_client *tt_slot(struct tt_fixture *f, u16 id);
void tt_let_other_run(struct tt_fixture *f);
void tt_expect_slot(struct tt_fixture *f, u32 flags, u64 req_time);

/* timetravel_kunit_child.c: a call in a process of its own */
void tt_need_ptrace(struct kunit *test);
void tt_run_child(struct tt_fixture *f,
		  void (*call)(struct tt_fixture *f));

#endif /* __UM_TIMETRAVEL_KUNIT_H */
