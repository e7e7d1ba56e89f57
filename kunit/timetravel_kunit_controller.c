// SPDX-License-Identifier: GPL-2.0
/*
 * The controller that the tests of external time-travel play: its connection,
 * its memory, what it sends, and what it expects to be sent.
 */
#include <linux/slab.h>
#include <irq_user.h>
#include <kern_util.h>
#include <os.h>
#include "timetravel_kunit.h"

/**
 * tt_close - close a descriptor
 * @fd: the descriptor, or -1; is -1 afterwards
 */
void tt_close(int *fd)
{
	if (*fd >= 0)
		os_close_file(*fd);
	*fd = -1;
}

/* Give client and controller a new connection. */
static void tt_connect(struct tt_fixture *f)
{
	int fds[2];

	tt_close(&f->ctl);
	tt_close(&f->s.fd);

	KUNIT_ASSERT_EQ(f->test, os_pipe(fds, 1, 1), 0);
	f->ctl = fds[0];
	f->s.fd = fds[1];
	f->acks = 0;
}

/**
 * tt_send_bytes - let the client find bytes in its next call
 * @f: the fixture
 * @buf: the bytes
 * @len: how many they are
 * @fds: descriptors that come with them
 * @n_fds: size of @fds, may be 0
 */
void tt_send_bytes(struct tt_fixture *f, const void *buf, size_t len,
		   const int *fds, unsigned int n_fds)
{
	int ret;

	if (n_fds)
		ret = os_sendmsg_fds(f->ctl, buf, len, fds, n_fds);
	else
		ret = os_write_file(f->ctl, buf, len);
	KUNIT_ASSERT_EQ(f->test, ret, (int)len);
}

/**
 * tt_send_fds - let the client find a message with descriptors in its next call
 * @f: the fixture
 * @op: what the message is
 * @seq: its sequence number
 * @time: its time in ns
 * @fds: descriptors that come with it
 * @n_fds: size of @fds, may be 0
 */
void tt_send_fds(struct tt_fixture *f, u32 op, u32 seq, u64 time,
		 const int *fds, unsigned int n_fds)
{
	struct um_timetravel_msg msg = { .op = op, .seq = seq, .time = time };

	tt_send_bytes(f, &msg, sizeof(msg), fds, n_fds);
}

/**
 * tt_send - let the client find a message other than an ACK in its next call
 * @f: the fixture
 * @op: what the message is
 * @time: its time in ns
 */
void tt_send(struct tt_fixture *f, u32 op, u64 time)
{
	tt_send_fds(f, op, TT_CTL_SEQ + op, time, NULL, 0);
}

/**
 * tt_send_ack_fds - let the client find an ACK with descriptors in its next call
 * @f: the fixture
 * @time: its time in ns
 * @fds: descriptors that come with it
 * @n_fds: size of @fds, may be 0
 *
 * The first ACK sent before a call is for the first message of that call, and
 * so on.
 */
void tt_send_ack_fds(struct tt_fixture *f, u64 time, const int *fds,
		     unsigned int n_fds)
{
	tt_send_fds(f, UM_TIMETRAVEL_ACK, f->s.seq + ++f->acks, time, fds, n_fds);
}

/**
 * tt_send_ack - let the client find an ACK in its next call
 * @f: the fixture
 * @time: its time in ns
 */
void tt_send_ack(struct tt_fixture *f, u64 time)
{
	tt_send_ack_fds(f, time, NULL, 0);
}

/**
 * tt_begin - put the client's statics in place, for a call
 * @f: the fixture
 *
 * The controller is silent from now on. A client that reads one message too
 * many finds a spare ACK, and after that the end of the connection, on which it
 * panics rather than waits.
 */
void tt_begin(struct tt_fixture *f)
{
	if (!f->raw) {
		tt_send_ack(f, f->s.time);
		os_shutdown_socket(f->ctl, 0, 1);
	}

	f->seq = f->s.seq;
	local_irq_save(f->irq_flags);
	block_signals_hard();
	tt_swap_statics(&f->s);
}

/**
 * tt_end - put the machine's statics back, and collect what the client has sent
 * @f: the fixture
 */
void tt_end(struct tt_fixture *f)
{
	struct um_timetravel_msg msg;
	int ret;

	tt_swap_statics(&f->s);
	unblock_signals_hard();
	/* outside of external mode, that drops a SIGIO that was held off */
	mark_sigio_pending();
	local_irq_restore(f->irq_flags);

	os_shutdown_socket(f->ctl, 0, 1);
	os_shutdown_socket(f->s.fd, 0, 1);

	f->n_sent = 0;
	while ((ret = os_read_file(f->ctl, &msg, sizeof(msg))) == sizeof(msg)) {
		KUNIT_ASSERT_LT(f->test, f->n_sent, (unsigned int)TT_MAX_SENT);
		f->sent[f->n_sent++] = msg;
	}
	KUNIT_EXPECT_EQ_MSG(f->test, ret, 0, "the client sent part of a message");

	f->unread = 0;
	while (os_read_file(f->s.fd, &msg, sizeof(msg)) == sizeof(msg))
		f->unread++;
	if (!f->raw)
		KUNIT_EXPECT_LE_MSG(f->test, 1U, f->unread,
				    "the client waited for an ACK too many");

	f->raw = false;
	tt_connect(f);
}

/**
 * tt_expect_sent - in its last call the client has read all that it was sent
 * @f: the fixture
 * @n: and has sent so many messages
 */
void tt_expect_sent(struct tt_fixture *f, unsigned int n)
{
	KUNIT_EXPECT_EQ_MSG(f->test, f->n_sent, n, "messages sent");
	KUNIT_EXPECT_EQ_MSG(f->test, f->unread, 1U,
			    "messages left unread, with the spare ACK");
}

static void tt_check_msg(struct tt_fixture *f, unsigned int i, u32 op, u32 seq,
			 u64 time)
{
	KUNIT_ASSERT_LT_MSG(f->test, i, f->n_sent, "message is missing");
	KUNIT_EXPECT_EQ_MSG(f->test, f->sent[i].op, op, "op of %u", i);
	KUNIT_EXPECT_EQ_MSG(f->test, f->sent[i].seq, seq, "seq of %u", i);
	KUNIT_EXPECT_EQ_MSG(f->test, f->sent[i].time, time, "time of %u", i);
}

/**
 * tt_expect_msg - the client has sent a message other than an ACK
 * @f: the fixture
 * @i: which one of its last call, from 0
 * @op: what the message is
 * @time: its time in ns
 */
void tt_expect_msg(struct tt_fixture *f, unsigned int i, u32 op, u64 time)
{
	u32 seq = f->seq + 1;
	unsigned int k;

	for (k = 0; k < i; k++)
		if (f->sent[k].op != UM_TIMETRAVEL_ACK)
			seq++;
	tt_check_msg(f, i, op, seq, time);
}

/**
 * tt_expect_ack - the client has acknowledged a message
 * @f: the fixture
 * @i: which message of its last call the ACK is, from 0
 * @op: op of the message that it acknowledges
 */
void tt_expect_ack(struct tt_fixture *f, unsigned int i, u32 op)
{
	tt_check_msg(f, i, UM_TIMETRAVEL_ACK, TT_CTL_SEQ + op, 0);
}

/**
 * tt_create_mem - create a memory
 * @f: the fixture
 * @size: its size in bytes; without any it is not mapped
 */
void tt_create_mem(struct tt_fixture *f, u64 size)
{
	f->memfd = os_create_memfd(TT_MEMFD, size);
	KUNIT_ASSERT_LE(f->test, 0, f->memfd);

	f->size = size;
	if (!size)
		return;

	f->mem = os_mmap_rw_shared(f->memfd, size);
	KUNIT_ASSERT_NOT_NULL(f->test, f->mem);
}

/**
 * tt_fill_mem - write the header, such that the client runs
 * @f: the fixture
 * @offset: current time in ns
 */
void tt_fill_mem(struct tt_fixture *f, u64 offset)
{
	if (!f->mem)
		return;

	f->mem->version = UM_TIMETRAVEL_SCHEDSHM_VERSION;
	f->mem->len = TT_SIZE;
	f->mem->max_clients = TT_SLOTS;
	f->mem->running_id = TT_ME;
	f->mem->current_time = offset;
}

/**
 * tt_slot - a slot of the memory
 * @f: the fixture
 * @id: its number
 */
union um_timetravel_schedshm_client *tt_slot(struct tt_fixture *f, u16 id)
{
	return &f->mem->clients[id];
}

/**
 * tt_let_other_run - say in the memory that another client runs, which uses it
 * @f: the fixture
 */
void tt_let_other_run(struct tt_fixture *f)
{
	f->mem->running_id = TT_OTHER;
	tt_slot(f, TT_OTHER)->capa = TT_CAP;
}

/**
 * tt_expect_slot - what the client's slot contains
 * @f: the fixture
 * @flags: its flags
 * @req_time: its req_time in ns
 */
void tt_expect_slot(struct tt_fixture *f, u32 flags, u64 req_time)
{
	KUNIT_EXPECT_EQ(f->test, tt_slot(f, TT_ME)->flags, flags);
	KUNIT_EXPECT_EQ(f->test, tt_slot(f, TT_ME)->req_time, req_time);
}

/**
 * tt_init - begin a test with a client that has a connection, but no memory
 * @test: the test
 */
int tt_init(struct kunit *test)
{
	struct tt_fixture *f = kunit_kzalloc(test, sizeof(*f), GFP_KERNEL);

	if (!f)
		return -ENOMEM;

	f->test = test;
	f->ctl = -1;
	f->listen = -1;
	f->memfd = -1;
	f->s.fd = -1;
	f->s.mode = TT_MODE_EXTERNAL;
	f->s.seq = 100;
	INIT_LIST_HEAD(&f->s.events);
	INIT_LIST_HEAD(&f->s.irqs);
	test->priv = f;
	tt_connect(f);

	return 0;
}

/**
 * tt_exit - end a test
 * @test: the test
 */
void tt_exit(struct kunit *test)
{
	struct tt_fixture *f = test->priv;

	if (!f)
		return;

	os_call_when_readable(f->ctl, NULL, NULL);
	tt_client_reset(&f->s.client);
	if (f->mem)
		os_unmap_memory(f->mem, f->size);
	tt_close(&f->memfd);
	tt_close(&f->listen);
	tt_close(&f->ctl);
	tt_close(&f->s.fd);
}
