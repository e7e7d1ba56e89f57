// SPDX-License-Identifier: GPL-2.0
/*
 * KUnit tests of external time-travel, included at the end of time.c.
 *
 * The functions of the client are called as they are. The test is the
 * controller: it holds one end of a socket pair of the host, and a mapping of
 * its own of the memory that it hands out with START's ACK.
 *
 * The machine that runs the tests has a clock as well, perhaps even a
 * controller. Neither may be seen by the client under test, nor the other way
 * round. So each test has a second set of everything static in time.c, struct
 * tt_statics, and puts it in place only around a call, between tt_begin() and
 * tt_end(). In there,
 *
 *  - interrupts are disabled: nothing is scheduled, so neither the idle loop
 *    nor anybody's timer runs, and the clocksource does not move the time;
 *  - signals are blocked hard as well: with TT_MODE_EXTERNAL in place, SIGIO
 *    would be handled in spite of disabled interrupts. SIGWINCH is not held
 *    off, but its interrupt knows nothing of time-travel;
 *  - nothing is expected or asserted, which may sleep, or end the thread.
 *
 * All that the controller has to say is sent before the call, then its
 * direction of the socket is closed; a client that reads too much finds a spare
 * ACK, which is counted, and then the end of file: it panics, but does not hang.
 *
 * What must panic does so in a child of the machine's process, see
 * tt_run_child(): panic() does not return, and with it goes a copy of all that
 * is static in the kernel, the console's and the scheduler's state included.
 *
 * An interrupt of a client that waits is a signal that the controller's end of
 * the socket raises when WAIT arrives there. None of the above holds it off. It
 * comes while WAIT is sent, so a little earlier than SIGIO would be handled.
 */

#include <kunit/test.h>
#include <linux/fcntl.h>
#include <linux/gfp.h>
#include <linux/list.h>
#include <linux/notifier.h>
#include <linux/panic_notifier.h>
#include <linux/printk.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <irq_kern.h>
#include <irq_user.h>
#include "timetravel_kunit.h"

#define TT_MEMFD	"um-time-travel-kunit"
#define TT_SLOTS	4
#define TT_OTHER	1	/* another client */
#define TT_ME		2	/* the client under test */
#define TT_SIZE		(sizeof(struct um_timetravel_schedshm) + \
			 TT_SLOTS * sizeof(union um_timetravel_schedshm_client))
#define TT_REQ		UM_TIMETRAVEL_SCHEDSHM_FLAGS_REQ_RUN
#define TT_OFFSET	1000000ULL
#define TT_NAME		0x6b756e6974ULL
#define TT_CTL_SEQ	7000	/* of what the controller sends */
#define TT_MAX_SENT	16
#define TT_MAX_FD	256

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

struct tt_fixture;

/* A device: it replies on one descriptor, and interrupts by the other. */
struct tt_device {
	struct tt_fixture *f;
	int reply;
	int fds[2];
	int irq;
	unsigned int irqs;
};

/**
 * struct tt_fixture - a client and its controller
 * @test: the test
 * @s: the statics that are not in place, that is the machine's during a call
 *	and the client's otherwise
 * @flags: interrupt state before the call
 * @ctl: the controller's end of the socket
 * @listen: where the controller accepts a connection, or -1
 * @raw: send no spare ACK, do not close @ctl's direction
 * @live: the controller answers while the child runs, see tt_answer()
 * @acked: it has got an ACK
 * @memfd: the memory, or -1
 * @mem: the controller's mapping of it
 * @size: bytes of that
 * @seq: last sequence number before the call
 * @acks: ACKs sent for the call, without the spare one
 * @sent: what the client has sent in the last call
 * @n_sent: how many that are
 * @unread: how many messages it left unread
 * @fds_before: inodes of all descriptors before the call
 * @fds_after: and after it
 * @may_map: bytes that the client can map at START, 0 for no limit
 * @event: what interrupts the client while it waits
 * @device: what interrupts the client while that does something else
 * @interrupts: how often it did
 * @panic_nb: sees the panic in a child
 * @panic_call: what is to panic
 * @trace: what happens in the middle of that, if there is a @trace.then
 * @done: the child has made its call
 * @ended: there is no use in a later @trace.then
 * @result: what the call returned, or whether all is as it shall be
 * @torn: somebody could have seen half a request
 * @panic_text: what it said; that is shared with the child
 */
struct tt_fixture {
	struct kunit *test;
	struct tt_statics s;
	unsigned long flags;
	int ctl;
	int listen;
	bool raw;
	bool live;
	bool acked;
	int memfd;
	struct um_timetravel_schedshm *mem;
	size_t size;
	u32 seq;
	unsigned int acks;
	struct um_timetravel_msg sent[TT_MAX_SENT];
	unsigned int n_sent;
	unsigned int unread;
	unsigned long long fds_before[TT_MAX_FD];
	unsigned long long fds_after[TT_MAX_FD];
	unsigned long may_map;
	struct time_travel_event event;
	struct tt_device device;
	unsigned int interrupts;
	struct notifier_block panic_nb;
	void (*panic_call)(struct tt_fixture *f);
	struct os_trace trace;
	bool done;
	bool ended;
	bool result;
	bool torn;
	char panic_text[128];
};

static void tt_swap_list(struct list_head *a, struct list_head *b)
{
	LIST_HEAD(tmp);

	list_splice_init(a, &tmp);
	list_splice_init(b, a);
	list_splice_init(&tmp, b);
}

static void tt_swap(struct tt_statics *s)
{
	swap(s->mode, time_travel_mode);
	swap(s->start_set, time_travel_start_set);
	swap(s->start, time_travel_start);
	swap(s->time, time_travel_time);
	tt_swap_list(&s->events, &time_travel_events);
	tt_swap_list(&s->irqs, &time_travel_irqs);
	swap(s->next_event, time_travel_next_event);
	swap(s->fd, time_travel_ext_fd);
	swap(s->waiting, time_travel_ext_waiting);
	swap(s->prev_request_valid, time_travel_ext_prev_request_valid);
	swap(s->prev_request, time_travel_ext_prev_request);
	swap(s->seq, time_travel_ext_seq);
	swap(s->propagated, time_travel_ext_propagated);
	swap(s->should_print, time_travel_should_print_bc_msg);
	tt_client_swap(&s->client);
}

static void tt_swap_in(struct tt_fixture *f)
{
	local_irq_save(f->flags);
	block_signals_hard();
	tt_swap(&f->s);
}

static void tt_swap_out(struct tt_fixture *f)
{
	tt_swap(&f->s);
	unblock_signals_hard();
	/* unless in TT_MODE_EXTERNAL, that forgets a SIGIO that was held off */
	mark_sigio_pending();
	local_irq_restore(f->flags);
}

static void tt_close(int *fd)
{
	if (*fd >= 0)
		os_close_file(*fd);
	*fd = -1;
}

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

/* Send bytes to the client, optionally with descriptors. */
static void tt_send(struct tt_fixture *f, const void *buf, size_t len,
		    const int *fds, unsigned int n_fds)
{
	int ret;

	if (n_fds)
		ret = os_sendmsg_fds(f->ctl, buf, len, fds, n_fds);
	else
		ret = os_write_file(f->ctl, buf, len);
	KUNIT_ASSERT_EQ(f->test, ret, (int)len);
}

/* Let the client find a message, optionally with descriptors, in its call. */
static void tt_say_fds(struct tt_fixture *f, u32 op, u32 seq, u64 time,
		       const int *fds, unsigned int n_fds)
{
	struct um_timetravel_msg msg = { .op = op, .seq = seq, .time = time };

	tt_send(f, &msg, sizeof(msg), fds, n_fds);
}

/* Let the client find a message other than an ACK. */
static void tt_say(struct tt_fixture *f, u32 op, u64 time)
{
	tt_say_fds(f, op, TT_CTL_SEQ + op, time, NULL, 0);
}

/* Let the client find the ACK to its next message. */
static void tt_ack_fds(struct tt_fixture *f, u64 time, const int *fds,
		       unsigned int n_fds)
{
	tt_say_fds(f, UM_TIMETRAVEL_ACK, f->s.seq + ++f->acks, time, fds, n_fds);
}

static void tt_ack(struct tt_fixture *f, u64 time)
{
	tt_ack_fds(f, time, NULL, 0);
}

static void tt_begin(struct tt_fixture *f)
{
	if (!f->raw) {
		tt_ack(f, f->s.time);
		os_shutdown_socket(f->ctl, 0, 1);
	}

	f->seq = f->s.seq;
	tt_swap_in(f);
}

static void tt_end(struct tt_fixture *f)
{
	struct um_timetravel_msg msg;
	int ret;

	tt_swap_out(f);

	os_shutdown_socket(f->ctl, 0, 1);
	os_shutdown_socket(f->s.fd, 0, 1);

	f->n_sent = 0;
	while ((ret = os_read_file(f->ctl, &msg, sizeof(msg))) == sizeof(msg)) {
		KUNIT_ASSERT_LT(f->test, f->n_sent, (unsigned int)TT_MAX_SENT);
		f->sent[f->n_sent++] = msg;
	}
	KUNIT_EXPECT_EQ_MSG(f->test, ret, 0, "part of a message was sent");

	f->unread = 0;
	while (os_read_file(f->s.fd, &msg, sizeof(msg)) == sizeof(msg))
		f->unread++;
	if (!f->raw)
		KUNIT_EXPECT_LE_MSG(f->test, 1U, f->unread,
				    "an ACK was expected that does not come");

	f->raw = false;
	tt_connect(f);
}

/* The client has sent @n messages and read all that was meant for it. */
static void tt_expect_sent(struct tt_fixture *f, unsigned int n)
{
	KUNIT_EXPECT_EQ_MSG(f->test, f->n_sent, n, "messages sent");
	KUNIT_EXPECT_EQ_MSG(f->test, f->unread, 1U,
			    "messages unread, one is to spare");
}

static void tt_expect_msg(struct tt_fixture *f, unsigned int i, u32 op, u32 seq,
			  u64 time)
{
	KUNIT_ASSERT_LT_MSG(f->test, i, f->n_sent, "message is missing");
	KUNIT_EXPECT_EQ_MSG(f->test, f->sent[i].op, op, "op of %u", i);
	KUNIT_EXPECT_EQ_MSG(f->test, f->sent[i].seq, seq, "seq of %u", i);
	KUNIT_EXPECT_EQ_MSG(f->test, f->sent[i].time, time, "time of %u", i);
}

/* The i-th message is one that is to be acknowledged. */
static void tt_expect_req(struct tt_fixture *f, unsigned int i, u32 op, u64 time)
{
	u32 seq = f->seq + 1;
	unsigned int k;

	for (k = 0; k < i; k++)
		if (f->sent[k].op != UM_TIMETRAVEL_ACK)
			seq++;
	tt_expect_msg(f, i, op, seq, time);
}

/* The i-th message answers one of the controller's. */
static void tt_expect_ack(struct tt_fixture *f, unsigned int i, u32 op)
{
	tt_expect_msg(f, i, UM_TIMETRAVEL_ACK, TT_CTL_SEQ + op, 0);
}

static void tt_request(struct tt_fixture *f, u64 time)
{
	tt_begin(f);
	time_travel_ext_update_request(time);
	tt_end(f);
}

/* Ask for a time with the ACK ready, expect exactly one REQUEST. */
static void tt_request_by_msg(struct tt_fixture *f, u64 time, u64 ctl_time)
{
	/* the time in that ACK is of no interest */
	tt_ack(f, 4711);
	tt_request(f, time);
	tt_expect_sent(f, 1);
	tt_expect_req(f, 0, UM_TIMETRAVEL_REQUEST, ctl_time);
}

/* Ask for a time, expect nothing to be sent. */
static void tt_request_silently(struct tt_fixture *f, u64 time)
{
	tt_request(f, time);
	tt_expect_sent(f, 0);
}

static union um_timetravel_schedshm_client *tt_slot(struct tt_fixture *f, u16 id)
{
	return &f->mem->clients[id];
}

static void tt_expect_slot(struct tt_fixture *f, u32 flags, u64 req_time)
{
	KUNIT_EXPECT_EQ(f->test, tt_slot(f, TT_ME)->flags, flags);
	KUNIT_EXPECT_EQ(f->test, tt_slot(f, TT_ME)->req_time, req_time);
}

/* A memory of the controller, in which the client runs. */
static void tt_create_mem(struct tt_fixture *f, u64 size)
{
	f->memfd = os_create_memfd(TT_MEMFD, size);
	KUNIT_ASSERT_LE(f->test, 0, f->memfd);

	f->size = size;
	if (!size)
		return;

	f->mem = os_mmap_rw_shared(f->memfd, size);
	KUNIT_ASSERT_NOT_NULL(f->test, f->mem);
}

static void tt_fill_mem(struct tt_fixture *f, u64 offset)
{
	if (!f->mem)
		return;

	f->mem->version = UM_TIMETRAVEL_SCHEDSHM_VERSION;
	f->mem->len = TT_SIZE;
	f->mem->max_clients = TT_SLOTS;
	f->mem->running_id = TT_ME;
	f->mem->current_time = offset;
}

/* Let uninitialised descriptors on the stack be one that exists. */
static noinline void tt_dirty_stack(int val)
{
	int garbage[192], i;

	for (i = 0; i < ARRAY_SIZE(garbage); i++)
		WRITE_ONCE(garbage[i], val);
}

static void tt_list_fds(unsigned long long *fds)
{
	struct uml_stat st;
	int i;

	for (i = 0; i < TT_MAX_FD; i++)
		fds[i] = os_stat_fd(i, &st) ? 0 : st.ust_ino;
}

static void tt_do_start(struct tt_fixture *f, u16 id, const int *fds,
			unsigned int n_fds)
{
	u64 ret;

	/* the upper bits are not the slot's */
	tt_ack_fds(f, 0xabcd0000ULL | id, fds, n_fds);

	tt_begin(f);
	tt_list_fds(f->fds_before);
	tt_dirty_stack(f->memfd);
	if (f->may_map)
		os_limit_memory(f->may_map);
	ret = time_travel_ext_req(UM_TIMETRAVEL_START, TT_NAME);
	if (f->may_map)
		os_limit_memory(0);
	tt_list_fds(f->fds_after);
	tt_end(f);

	tt_expect_req(f, 0, UM_TIMETRAVEL_START, TT_NAME);
	KUNIT_EXPECT_EQ(f->test, ret, 0xabcd0000ULL | id);
	KUNIT_EXPECT_EQ_MSG(f->test,
			    memcmp(f->fds_before, f->fds_after,
				   sizeof(f->fds_before)), 0,
			    "descriptors were leaked, or closed");
}

static void tt_start(struct tt_fixture *f, u16 id, const int *fds,
		     unsigned int n_fds)
{
	tt_do_start(f, id, fds, n_fds);
	tt_expect_sent(f, 1);
}

/* Attach the client with its clock at 0 when the controller's is at @offset. */
static void tt_attach(struct tt_fixture *f, u64 offset)
{
	int fds[UM_TIMETRAVEL_SHARED_MAX_FDS];

	/* one more slot, which is not the client's to look at */
	tt_create_mem(f, TT_SIZE + sizeof(*f->mem->clients));
	tt_fill_mem(f, offset);
	tt_slot(f, TT_SLOTS)->capa = UM_TIMETRAVEL_SCHEDSHM_CAP_TIME_SHARE;
	fds[UM_TIMETRAVEL_SHARED_MEMFD] = f->memfd;
	fds[UM_TIMETRAVEL_SHARED_LOGFD] = f->memfd;
	tt_start(f, TT_ME, fds, ARRAY_SIZE(fds));
	KUNIT_ASSERT_TRUE(f->test, tt_client_attached(&f->s.client));
}

/* How many mappings of the memory are there? */
static unsigned int tt_count_maps(struct kunit *test)
{
	char *buf = kunit_kzalloc(test, PAGE_SIZE + 1, GFP_KERNEL), *pos;
	unsigned int n = 0;
	int fd, len;

	KUNIT_ASSERT_NOT_NULL(test, buf);
	fd = os_open_file("/proc/self/maps", of_read(OPENFLAGS()), 0);
	KUNIT_ASSERT_LE(test, 0, fd);

	/* the host returns whole lines */
	while ((len = os_read_file(fd, buf, PAGE_SIZE)) > 0) {
		buf[len] = 0;
		for (pos = buf; (pos = strstr(pos, TT_MEMFD)); pos++)
			n++;
	}
	os_close_file(fd);

	return n;
}

static int tt_note_panic(struct notifier_block *nb, unsigned long unused,
			 void *text)
{
	struct tt_fixture *f = container_of(nb, struct tt_fixture, panic_nb);

	strscpy(f->panic_text, text, sizeof(f->panic_text));
	os_exit_child(0);

	return NOTIFY_DONE;
}

/* Nobody else shall see, nor act upon, what the child says. */
static int tt_child(void *arg)
{
	struct tt_fixture *f = arg;

	suppress_printk = 1;
	panic_on_warn = 0;
	f->panic_nb.notifier_call = tt_note_panic;
	RCU_INIT_POINTER(panic_notifier_list.head, &f->panic_nb);
	f->panic_call(f);

	return 0;
}

/*
 * Make a call in a process of its own. If it panics, @f->panic_text is where it
 * leaves its last words: the child shares the machine's memory, other than its
 * static variables.
 */
static void tt_run_child(struct tt_fixture *f,
			 void (*call)(struct tt_fixture *f))
{
	struct task_struct *saved;
	void *stack;
	int ret;

	saved = kunit_kmalloc(f->test, sizeof(*saved), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(f->test, saved);
	stack = (void *)__get_free_pages(GFP_KERNEL, THREAD_SIZE_ORDER);
	KUNIT_ASSERT_NOT_NULL(f->test, stack);
	/* without THREAD_INFO_IN_TASK, current is found by the stack pointer */
	*(struct thread_info *)stack = *current_thread_info();

	f->panic_call = call;
	f->panic_text[0] = 0;
	f->raw = true;
	if (!f->live)
		os_shutdown_socket(f->ctl, 0, 1);
	tt_client_let_inherit(&f->s.client);
	if (f->mem)
		os_let_inherit(f->mem, f->size);
	tt_begin(f);
	/* the child ends in the middle of panic(), and current is shared */
	memcpy(saved, current, sizeof(*saved));
	ret = os_run_child(tt_child, f, stack + THREAD_SIZE,
			   f->trace.then ? &f->trace : NULL);
	memcpy(current, saved, sizeof(*saved));
	tt_end(f);
	free_pages((unsigned long)stack, THREAD_SIZE_ORDER);

	KUNIT_EXPECT_EQ_MSG(f->test, ret, 0, "the child did not end well");
}

static int tt_init(struct kunit *test)
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

static void tt_close_device(struct tt_device *d)
{
	if (d->irq <= 0)
		return;

	um_free_irq(d->irq, d);
	tt_close(&d->fds[0]);
	tt_close(&d->fds[1]);
	tt_close(&d->reply);
}

static void tt_exit(struct kunit *test)
{
	struct tt_fixture *f = test->priv;

	if (!f)
		return;

	tt_close_device(&f->device);
	os_call_when_readable(f->ctl, NULL, NULL);
	tt_client_reset(&f->s.client);
	if (f->mem)
		os_unmap_memory(f->mem, f->size);
	tt_close(&f->memfd);
	tt_close(&f->listen);
	tt_close(&f->ctl);
	tt_close(&f->s.fd);
}

/*
 * Requests
 */

static void tt_test_not_external(struct kunit *test)
{
	static const enum time_travel_mode modes[] = {
		TT_MODE_OFF, TT_MODE_BASIC, TT_MODE_INFCPU,
	};
	struct tt_fixture *f = test->priv;
	int i;

	tt_attach(f, TT_OFFSET);
	for (i = 0; i < ARRAY_SIZE(modes); i++) {
		f->s.mode = modes[i];
		tt_request_silently(f, 100);
		tt_expect_slot(f, 0, 0);
	}
}

static void tt_test_not_external_msg(struct kunit *test)
{
	struct tt_fixture *f = test->priv;

	f->s.mode = TT_MODE_INFCPU;
	tt_request_silently(f, 100);
	KUNIT_EXPECT_FALSE(test, f->s.prev_request_valid);
}

static void tt_run_once(struct tt_fixture *f, u64 time, bool idle)
{
	bool shm = tt_client_attached(&f->s.client);

	if (!shm)
		tt_ack(f, 0);
	tt_say(f, UM_TIMETRAVEL_RUN, time);

	tt_begin(f);
	time_travel_ext_wait(idle);
	tt_end(f);

	tt_expect_sent(f, shm ? 1 : 2);
	tt_expect_req(f, 0, UM_TIMETRAVEL_WAIT, -1);
	if (!shm)
		tt_expect_ack(f, 1, UM_TIMETRAVEL_RUN);
	KUNIT_EXPECT_EQ(f->test, f->s.waiting, 0U);
	KUNIT_EXPECT_EQ(f->test, f->s.time,
			time - (shm ? tt_client_offset(&f->s.client) : 0));
}

static void tt_test_same_time_msg(struct kunit *test)
{
	struct tt_fixture *f = test->priv;

	tt_request_by_msg(f, 100, 100);
	tt_request_silently(f, 100);
	tt_request_by_msg(f, 99, 99);
	tt_request_by_msg(f, 100, 100);
	tt_run_once(f, 100, false);
	tt_request_by_msg(f, 100, 100);
	/* 0 was never requested */
	f->s.prev_request_valid = false;
	f->s.prev_request = 0;
	tt_request_by_msg(f, 0, 0);
}

static void tt_test_same_time_shm(struct kunit *test)
{
	struct tt_fixture *f = test->priv;

	tt_attach(f, TT_OFFSET);
	tt_request_silently(f, 100);
	tt_expect_slot(f, TT_REQ, TT_OFFSET + 100);

	tt_slot(f, TT_ME)->req_time = 0;
	tt_request_silently(f, 100);
	tt_expect_slot(f, TT_REQ, 0);

	tt_run_once(f, TT_OFFSET + 100, false);
	tt_expect_slot(f, 0, 0);
	tt_request_silently(f, 100);
	tt_expect_slot(f, TT_REQ, TT_OFFSET + 100);
}

struct tt_free_until {
	const char *name;
	u64 offset;
	u64 free_until;
	u64 time;
	unsigned int waiting;
	bool skipped;
};

static const struct tt_free_until tt_free_until_msg[] = {
	/* name, offset, free_until, time, waiting, skipped */
	{ "later",		  0, 101, 100, 0, true },
	{ "equal",		  0, 100, 100 },
	{ "earlier",		  0, 99, 100 },
	{ "zero",		  0, 0, 0 },
	{ "one ns",		  0, 1, 0, 0, true },
	{ "latest",		  0, U64_MAX, U64_MAX - 1, 0, true },
	{ "latest, equal",	  0, U64_MAX, U64_MAX },
	{ "later, but waiting",	  0, 101, 100, 1 },
};

static const struct tt_free_until tt_free_until_shm[] = {
	{ "later",		  0, 101, 100, 0, true },
	{ "equal",		  0, 100, 100 },
	{ "earlier",		  0, 99, 100 },
	{ "zero",		  0, 0, 0 },
	{ "latest",		  0, U64_MAX, U64_MAX - 1, 0, true },
	{ "latest, equal",	  0, U64_MAX, U64_MAX },
	{ "later, but waiting",	  0, 101, 100, 1 },
	{ "offset, later",	  1000, 1101, 100, 0, true },
	{ "offset, equal",	  1000, 1100, 100 },
	{ "offset, earlier",	  1000, 1099, 100 },
	{ "offset, below it",	  1000, 999, 100 },
	{ "offset, at it",	  1000, 1000, 0 },
	{ "offset, zero",	  1000, 0, 0 },
	{ "offset, latest",	  1000, U64_MAX, U64_MAX - 1001, 0, true },
	{ "offset, but waiting",  1000, 1101, 100, 1 },
	{ "offset, overflow",	  1000, U64_MAX, U64_MAX },
};

static void tt_free_until_desc(const struct tt_free_until *row, char *desc)
{
	strscpy(desc, row->name, KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(tt_free_until_msg, tt_free_until_msg, tt_free_until_desc);
KUNIT_ARRAY_PARAM(tt_free_until_shm, tt_free_until_shm, tt_free_until_desc);

static void tt_do_read(struct tt_fixture *f)
{
	struct um_timetravel_msg msg;

	time_travel_handle_message(&msg, TTMH_READ);
}

static void tt_hear(struct tt_fixture *f)
{
	tt_begin(f);
	tt_do_read(f);
	tt_end(f);
}

static void tt_test_free_until_msg(struct kunit *test)
{
	const struct tt_free_until *row = test->param_value;
	struct tt_fixture *f = test->priv;
	bool res;

	tt_say(f, UM_TIMETRAVEL_FREE_UNTIL, row->free_until);
	tt_hear(f);
	tt_expect_sent(f, 1);
	tt_expect_ack(f, 0, UM_TIMETRAVEL_FREE_UNTIL);

	f->s.waiting = row->waiting;
	if (row->skipped)
		tt_request_silently(f, row->time);
	else
		tt_request_by_msg(f, row->time, row->time);
	KUNIT_EXPECT_EQ(test, f->s.prev_request_valid, !row->skipped);

	tt_begin(f);
	res = time_travel_ext_request(row->time);
	tt_end(f);
	KUNIT_EXPECT_EQ(test, res, !row->skipped);
}

static void tt_test_free_until_shm(struct kunit *test)
{
	const struct tt_free_until *row = test->param_value;
	struct tt_fixture *f = test->priv;
	u64 ctl_time;
	bool res;

	if (check_add_overflow(row->time, row->offset, &ctl_time))
		ctl_time = U64_MAX;

	tt_attach(f, row->offset);
	f->mem->free_until = row->free_until;
	f->s.waiting = row->waiting;

	tt_request_silently(f, row->time);
	KUNIT_EXPECT_EQ(test, f->s.prev_request_valid, !row->skipped);
	if (row->skipped)
		tt_expect_slot(f, 0, 0);
	else
		tt_expect_slot(f, TT_REQ, ctl_time);
	KUNIT_EXPECT_EQ(test, f->mem->free_until,
			row->skipped ? row->free_until :
			min(row->free_until, ctl_time));

	tt_begin(f);
	res = time_travel_ext_request(row->time);
	tt_end(f);
	KUNIT_EXPECT_EQ(test, res, !row->skipped);
}

static int tt_then_raise_free_until(void *arg)
{
	struct tt_fixture *f = arg;

	f->mem->free_until = U64_MAX;
	f->ended = f->done;

	return 0;
}

static void tt_do_request_or_go_on(struct tt_fixture *f)
{
	os_trace_child();
	WRITE_ONCE(f->result, time_travel_ext_request(100));
	WRITE_ONCE(f->done, true);
}

/* The controller may raise free-until after any instruction. */
static void tt_test_raised_free_until(struct kunit *test)
{
	struct tt_fixture *f = test->priv;
	unsigned int waits = 0, goes_on = 0;

	tt_attach(f, TT_OFFSET);
	f->trace.then = tt_then_raise_free_until;
	for (f->trace.steps = 0; !f->ended; f->trace.steps++) {
		f->done = false;
		f->mem->free_until = TT_OFFSET + 100;
		tt_slot(f, TT_ME)->flags = 0;
		tt_slot(f, TT_ME)->req_time = 0;
		tt_run_child(f, tt_do_request_or_go_on);
		KUNIT_ASSERT_TRUE(test, f->done);
		if (f->result) {
			waits++;
			tt_expect_slot(f, TT_REQ, TT_OFFSET + 100);
		} else {
			goes_on++;
			tt_expect_slot(f, 0, 0);
		}
	}
	KUNIT_EXPECT_LT(test, 0U, waits);
	KUNIT_EXPECT_LT(test, 0U, goes_on);
}

static void tt_test_no_free_until(struct kunit *test)
{
	struct tt_fixture *f = test->priv;

	tt_request_by_msg(f, 100, 100);
	tt_run_once(f, 100, false);
	tt_say(f, UM_TIMETRAVEL_FREE_UNTIL, 300);
	tt_hear(f);
	tt_request_silently(f, 200);
	/* that FREE_UNTIL ends with WAIT */
	tt_run_once(f, 200, false);
	tt_request_by_msg(f, 250, 250);
}

/* What is said before WAIT is acknowledged is about the run that ends. */
static void tt_test_free_until_crosses(struct kunit *test)
{
	struct tt_fixture *f = test->priv;

	tt_say(f, UM_TIMETRAVEL_FREE_UNTIL, 500);
	tt_ack(f, 0);
	tt_say(f, UM_TIMETRAVEL_RUN, 100);
	tt_begin(f);
	time_travel_ext_wait(false);
	tt_end(f);
	tt_expect_sent(f, 3);
	tt_expect_req(f, 0, UM_TIMETRAVEL_WAIT, -1);
	tt_expect_ack(f, 1, UM_TIMETRAVEL_FREE_UNTIL);
	tt_expect_ack(f, 2, UM_TIMETRAVEL_RUN);
	tt_request_by_msg(f, 200, 200);
}

static void tt_test_request_msg(struct kunit *test)
{
	struct tt_fixture *f = test->priv;

	tt_request_by_msg(f, 0x123456789abcdef0ULL, 0x123456789abcdef0ULL);
	KUNIT_EXPECT_TRUE(test, f->s.prev_request_valid);
	KUNIT_EXPECT_EQ(test, f->s.prev_request, 0x123456789abcdef0ULL);
	/* the ACK's time is of no interest here */
	KUNIT_EXPECT_EQ(test, f->s.time, 0ULL);
}

/* When REQUEST arrives, SIGIO must be held off by the client itself. */
static void tt_note_blocked(void *arg)
{
	struct tt_fixture *f = arg;

	unblock_signals_hard();
	block_signals_hard();
	f->interrupts++;
}

static void tt_do_request_unblocked(struct tt_fixture *f)
{
	/* what tt_begin() has blocked */
	unblock_signals_hard();
	os_call_when_readable(f->ctl, tt_note_blocked, f);
	time_travel_ext_update_request(100);
	os_call_when_readable(f->ctl, NULL, NULL);
	block_signals_hard();
}

static void tt_test_request_blocks(struct kunit *test)
{
	struct tt_fixture *f = test->priv;

	tt_ack(f, 0);
	tt_run_child(f, tt_do_request_unblocked);
	KUNIT_EXPECT_STREQ(test, f->panic_text, "");
	KUNIT_EXPECT_EQ(test, f->interrupts, 1U);
	KUNIT_EXPECT_EQ(test, f->n_sent, 1U);
}

static void tt_test_before_ack(struct kunit *test)
{
	struct tt_fixture *f = test->priv;

	tt_say(f, UM_TIMETRAVEL_FREE_UNTIL, 500);
	tt_say(f, UM_TIMETRAVEL_BROADCAST, 0xb0);
	tt_say(f, UM_TIMETRAVEL_RUN, 50);
	tt_ack(f, 0);
	tt_request(f, 100);

	tt_expect_sent(f, 4);
	tt_expect_req(f, 0, UM_TIMETRAVEL_REQUEST, 100);
	tt_expect_ack(f, 1, UM_TIMETRAVEL_FREE_UNTIL);
	tt_expect_ack(f, 2, UM_TIMETRAVEL_BROADCAST);
	tt_expect_ack(f, 3, UM_TIMETRAVEL_RUN);
	KUNIT_EXPECT_EQ(test, f->s.time, 50ULL);
	KUNIT_EXPECT_EQ(test, f->s.client.broadcast, 0xb0ULL);
	tt_request_silently(f, 499);
	tt_request_by_msg(f, 500, 500);
}

struct tt_running {
	const char *name;
	u16 running;
	u32 capa[TT_SLOTS];
	bool by_msg;
};

static const struct tt_running tt_running[] = {
	/* name, running, capa of each slot, by_msg */
	{ "oneself",		  TT_ME, { 0, 0, 1, 0 } },
	{ "capable",		  TT_OTHER, { 0, 1, 1, 0 } },
	{ "capable controller",	  0, { 1, 0, 1, 0 } },
	{ "has other bits",	  TT_OTHER, { 0, 0xf, 1, 0 } },
	{ "not capable",	  TT_OTHER, { 1, 0, 1, 1 }, true },
	{ "only other bits",	  TT_OTHER, { 1, ~1, 1, 1 }, true },
	{ "incapable controller", 0, { 0, 1, 1, 1 }, true },
	{ "last slot",		  TT_SLOTS - 1, { 0, 0, 1, 1 } },
	{ "beyond the slots",	  TT_SLOTS, { 1, 1, 1, 1 }, true },
	{ "far beyond",		  U16_MAX, { 1, 1, 1, 1 }, true },
};

static void tt_running_desc(const struct tt_running *row, char *desc)
{
	strscpy(desc, row->name, KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(tt_running, tt_running, tt_running_desc);

static void tt_test_running(struct kunit *test)
{
	static const u64 free_until[] = {
		TT_OFFSET + 99, TT_OFFSET + 100, TT_OFFSET + 101,
	};
	const struct tt_running *row = test->param_value;
	struct tt_fixture *f = test->priv;
	unsigned int i;

	tt_attach(f, TT_OFFSET);
	for (i = 0; i < TT_SLOTS; i++)
		tt_slot(f, i)->capa = row->capa[i];
	f->mem->running_id = row->running;
	/* was checked when the client attached, and is not trusted again */
	f->mem->max_clients = U16_MAX;
	f->s.waiting = 1;

	for (i = 0; i < ARRAY_SIZE(free_until); i++) {
		f->s.prev_request_valid = false;
		f->mem->free_until = free_until[i];
		tt_slot(f, TT_ME)->flags = 0x80;
		tt_slot(f, TT_ME)->req_time = 1;

		if (row->by_msg) {
			tt_request_by_msg(f, 100, TT_OFFSET + 100);
			tt_expect_slot(f, 0x80, 1);
			KUNIT_EXPECT_EQ(test, f->mem->free_until, free_until[i]);
		} else {
			tt_request_silently(f, 100);
			tt_expect_slot(f, 0x80 | TT_REQ, TT_OFFSET + 100);
			KUNIT_EXPECT_EQ(test, f->mem->free_until,
					min(free_until[i], TT_OFFSET + 100));
		}
	}

	/* what is not the client's */
	KUNIT_EXPECT_EQ(test, f->mem->current_time, TT_OFFSET);
	KUNIT_EXPECT_EQ(test, f->mem->running_id, row->running);
	KUNIT_EXPECT_EQ(test, tt_slot(f, TT_OTHER)->flags, 0U);
	KUNIT_EXPECT_EQ(test, tt_slot(f, 0)->flags, 0U);
}

/* Whoever sees the flag sees the time, and who sees free-until sees both. */
static int tt_then_look_at_request(void *arg)
{
	struct tt_fixture *f = arg;
	union um_timetravel_schedshm_client *slot = tt_slot(f, TT_ME);

	if (slot->flags & TT_REQ)
		f->torn |= slot->req_time != TT_OFFSET + 100;
	else
		f->torn |= f->mem->free_until != U64_MAX;
	f->ended = f->done;

	return 0;
}

static void tt_do_request_traced(struct tt_fixture *f)
{
	os_trace_child();
	time_travel_ext_update_request(100);
	WRITE_ONCE(f->done, true);
}

/* After any instruction, a request is there as a whole, or not at all. */
static void tt_test_request_whole(struct kunit *test)
{
	struct tt_fixture *f = test->priv;

	tt_attach(f, TT_OFFSET);
	f->s.waiting = 1;
	f->trace.then = tt_then_look_at_request;
	for (f->trace.steps = 0; !f->ended; f->trace.steps++) {
		f->done = false;
		f->mem->free_until = U64_MAX;
		tt_slot(f, TT_ME)->flags = 0;
		tt_slot(f, TT_ME)->req_time = 0;
		tt_run_child(f, tt_do_request_traced);
		KUNIT_ASSERT_TRUE(test, f->done);
		tt_expect_slot(f, TT_REQ, TT_OFFSET + 100);
		KUNIT_EXPECT_EQ(test, f->mem->free_until, TT_OFFSET + 100);
	}
	KUNIT_EXPECT_FALSE(test, f->torn);
}

/*
 * START
 */

struct tt_ack {
	const char *name;
	unsigned int n_fds;
	u32 version;
	u32 slots;
	u32 len;
	u32 file;
	u16 id;
	bool read_only;
	bool attached;
	unsigned long may_map;
};

#define TT_V	UM_TIMETRAVEL_SCHEDSHM_VERSION

static const struct tt_ack tt_acks[] = {
	/* name, n_fds, version, slots, len, file, id, read_only, attached */
	{ "good",		  2, TT_V, TT_SLOTS, TT_SIZE, TT_SIZE, TT_ME, false, true },
	{ "last slot",		  2, TT_V, TT_SLOTS, TT_SIZE, TT_SIZE, TT_SLOTS - 1, false, true },
	{ "longer file",	  2, TT_V, TT_SLOTS, TT_SIZE, TT_SIZE + 1, TT_ME, false, true },
	{ "len to spare",	  2, TT_V, TT_SLOTS, 8192, 8192, TT_ME, false, true },
	{ "older version",	  2, TT_V - 1, TT_SLOTS, TT_SIZE, TT_SIZE, TT_ME },
	{ "newer version",	  2, TT_V + 1, TT_SLOTS, TT_SIZE, TT_SIZE, TT_ME },
	{ "len lacks the slot",	  2, TT_V, TT_SLOTS, 4096, TT_SIZE, TT_ME },
	{ "len lacks one byte",	  2, TT_V, TT_SLOTS, TT_SIZE - 1, TT_SIZE, TT_ME },
	{ "len is zero",	  2, TT_V, TT_SLOTS, 0, TT_SIZE, TT_ME },
	{ "len beyond the file",  2, TT_V, TT_SLOTS, TT_SIZE + 1, TT_SIZE, TT_ME },
	{ "len far beyond",	  2, TT_V, TT_SLOTS, U32_MAX, TT_SIZE, TT_ME },
	{ "empty file",		  2, TT_V, TT_SLOTS, TT_SIZE, 0, TT_ME },
	{ "file lacks header",	  2, TT_V, TT_SLOTS, TT_SIZE, 4095, TT_ME },
	{ "slot 0",		  2, TT_V, TT_SLOTS, TT_SIZE, TT_SIZE, 0 },
	{ "slot is max_clients",  2, TT_V, TT_SLOTS, TT_SIZE, TT_SIZE, TT_SLOTS },
	{ "slot far beyond",	  2, TT_V, TT_SLOTS, TT_SIZE, TT_SIZE, U16_MAX },
	{ "too many max_clients", 2, TT_V, U16_MAX, TT_SIZE, TT_SIZE, TT_ME },
	{ "no max_clients",	  2, TT_V, 0, TT_SIZE, TT_SIZE, TT_ME },
	{ "no descriptors",	  0, TT_V, TT_SLOTS, TT_SIZE, TT_SIZE, TT_ME },
	{ "one descriptor",	  1, TT_V, TT_SLOTS, TT_SIZE, TT_SIZE, TT_ME },
	{ "three descriptors",	  3, TT_V, TT_SLOTS, TT_SIZE, TT_SIZE, TT_ME, false, true },
	{ "read-only",		  2, TT_V, TT_SLOTS, TT_SIZE, TT_SIZE, TT_ME, true },
	{ "cannot map all",	  2, TT_V, TT_SLOTS, TT_SIZE, TT_SIZE, TT_ME,
	  .may_map = PAGE_SIZE },
};

static void tt_ack_desc(const struct tt_ack *row, char *desc)
{
	strscpy(desc, row->name, KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(tt_acks, tt_acks, tt_ack_desc);

static void tt_test_start(struct kunit *test)
{
	const struct tt_ack *row = test->param_value;
	struct tt_fixture *f = test->priv;
	int fds[3], log, ro = -1;
	unsigned int i, maps;
	char name[32];

	tt_create_mem(f, row->file);
	tt_fill_mem(f, TT_OFFSET);
	if (f->mem) {
		f->mem->version = row->version;
		f->mem->len = row->len;
		f->mem->max_clients = row->slots;
	}
	/* what is not known is left alone */
	for (i = 0; i < TT_SLOTS && row->file >= TT_SIZE; i++)
		tt_slot(f, i)->capa = 0x80;
	maps = tt_count_maps(test);
	KUNIT_ASSERT_EQ(test, maps, f->mem ? 1U : 0U);

	if (row->read_only) {
		snprintf(name, sizeof(name), "/proc/self/fd/%d", f->memfd);
		ro = os_open_file(name, of_read(OPENFLAGS()), 0);
		KUNIT_ASSERT_LE(test, 0, ro);
	}

	log = os_eventfd(0, 0);
	KUNIT_ASSERT_LE(test, 0, log);
	fds[UM_TIMETRAVEL_SHARED_MEMFD] = row->read_only ? ro : f->memfd;
	fds[UM_TIMETRAVEL_SHARED_LOGFD] = log;
	fds[2] = log;
	f->may_map = row->may_map;
	tt_start(f, row->id, fds, row->n_fds);
	tt_close(&log);
	tt_close(&ro);

	KUNIT_EXPECT_EQ(test, tt_client_attached(&f->s.client), row->attached);
	KUNIT_EXPECT_EQ(test, tt_client_offset(&f->s.client),
			row->attached ? TT_OFFSET : 0);
	KUNIT_EXPECT_EQ(test, tt_count_maps(test), maps + row->attached);
	for (i = 0; i < TT_SLOTS && row->file >= TT_SIZE; i++) {
		KUNIT_EXPECT_EQ(test, tt_slot(f, i)->capa,
				0x80 | (row->attached && i == row->id));
		KUNIT_EXPECT_EQ(test, tt_slot(f, i)->flags, 0U);
	}

	/* the fallback works */
	if (row->attached) {
		KUNIT_EXPECT_EQ(test, tt_client_slot(&f->s.client), row->id);
	} else {
		tt_request_by_msg(f, 100, 100);
		tt_run_once(f, 100, false);
	}
}

/* What is no file has no size. */
static void tt_test_no_memfd(struct kunit *test)
{
	struct tt_fixture *f = test->priv;

	tt_begin(f);
	tt_client_attach(-1, TT_ME);
	tt_end(f);
	KUNIT_EXPECT_FALSE(test, tt_client_attached(&f->s.client));
	tt_request_by_msg(f, 100, 100);
}

/* Only START's ACK brings the memory. */
static void tt_test_not_start_ack(struct kunit *test)
{
	struct tt_fixture *f = test->priv;
	int fds[UM_TIMETRAVEL_SHARED_MAX_FDS];

	tt_create_mem(f, TT_SIZE);
	tt_fill_mem(f, TT_OFFSET);
	fds[UM_TIMETRAVEL_SHARED_MEMFD] = f->memfd;
	fds[UM_TIMETRAVEL_SHARED_LOGFD] = f->memfd;

	tt_ack_fds(f, TT_ME, fds, ARRAY_SIZE(fds));
	tt_request(f, 100);
	tt_expect_sent(f, 1);
	KUNIT_EXPECT_FALSE(test, tt_client_attached(&f->s.client));

	tt_say_fds(f, UM_TIMETRAVEL_BROADCAST, TT_CTL_SEQ + UM_TIMETRAVEL_BROADCAST,
		   TT_ME, fds, ARRAY_SIZE(fds));
	tt_do_start(f, TT_ME, NULL, 0);
	tt_expect_sent(f, 2);
	tt_expect_ack(f, 1, UM_TIMETRAVEL_BROADCAST);
	KUNIT_EXPECT_FALSE(test, tt_client_attached(&f->s.client));
}

/* Only what has come is received, and no more than there is room for. */
static void tt_test_receive(struct kunit *test)
{
	struct tt_fixture *f = test->priv;
	int sent[UM_TIMETRAVEL_SHARED_MAX_FDS], fds[2], i, n, room;
	struct um_timetravel_msg msg = {};
	ssize_t ret;

	tt_create_mem(f, TT_SIZE);
	for (i = 0; i < ARRAY_SIZE(sent); i++)
		sent[i] = f->memfd;

	for (n = 0; n <= ARRAY_SIZE(sent); n++) {
		for (room = 1; room <= ARRAY_SIZE(fds); room++) {
			fds[0] = -4711;
			fds[1] = -4711;
			tt_send(f, &msg, sizeof(msg), sent, n);
			ret = os_rcv_fd_msg(f->s.fd, fds, room, &msg, sizeof(msg));
			KUNIT_EXPECT_EQ(test, ret, (ssize_t)sizeof(msg));
			for (i = 0; i < ARRAY_SIZE(fds); i++) {
				if (i >= room)
					KUNIT_EXPECT_EQ(test, fds[i], -4711);
				else if (i >= n)
					KUNIT_EXPECT_EQ(test, fds[i], -1);
				else
					KUNIT_EXPECT_LE(test, 0, fds[i]);
				tt_close(&fds[i]);
			}
		}
	}

	ret = os_rcv_fd_msg(f->s.fd, fds, ARRAY_SIZE(fds) + 1, &msg, sizeof(msg));
	KUNIT_EXPECT_EQ(test, ret, (ssize_t)-EINVAL);
	ret = os_rcv_fd_msg(-1, fds, ARRAY_SIZE(fds), &msg, sizeof(msg));
	KUNIT_EXPECT_EQ(test, ret, (ssize_t)-EBADF);
}

/* Flags of an open file, as for open(), 0 if they cannot be read. */
static unsigned int tt_file_flags(int fd)
{
	char *pos, buf[128] = {};
	unsigned int flags = 0;
	int info;

	snprintf(buf, sizeof(buf), "/proc/self/fdinfo/%d", fd);
	info = os_open_file(buf, of_read(OPENFLAGS()), 0);
	if (info < 0)
		return 0;

	memset(buf, 0, sizeof(buf));
	os_read_file(info, buf, sizeof(buf) - 1);
	os_close_file(info);
	pos = strstr(buf, "flags:");
	if (!pos || sscanf(pos, "flags: %o", &flags) != 1)
		return 0;

	return flags;
}

/* What was received is not for the programs that this machine starts. */
static void tt_test_close_on_exec(struct kunit *test)
{
	struct tt_fixture *f = test->priv;
	struct um_timetravel_msg msg = {};
	ssize_t ret;
	int got;

	tt_create_mem(f, TT_SIZE);
	tt_send(f, &msg, sizeof(msg), &f->memfd, 1);
	ret = os_rcv_fd_msg(f->s.fd, &got, 1, &msg, sizeof(msg));
	KUNIT_ASSERT_EQ(test, ret, (ssize_t)sizeof(msg));
	KUNIT_ASSERT_LE(test, 0, got);
	KUNIT_EXPECT_TRUE(test, tt_file_flags(got) & O_CLOEXEC);
	os_close_file(got);
}

struct tt_option {
	const char *name;
	const char *prefix;
	u64 id;
};

static const struct tt_option tt_options[] = {
	/* name, prefix, id */
	{ "no ID",		  "", -1ULL },
	{ "zero",		  "0:", 0 },
	{ "decimal",		  "4711:", 4711 },
	{ "hexadecimal",	  "0x6b756e6974:", TT_NAME },
	{ "largest",		  "18446744073709551614:", U64_MAX - 1 },
	/* as many digits as there is room for */
	{ "longest",		  "0x0000006b756e6974c10c4b:", 0x6b756e6974c10c4bULL },
};

static void tt_option_desc(const struct tt_option *row, char *desc)
{
	strscpy(desc, row->name, KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(tt_options, tt_options, tt_option_desc);

/* The controller takes the connection as soon as it is there, and says ACK. */
static void tt_accept(void *arg)
{
	struct um_timetravel_msg ack = { .op = UM_TIMETRAVEL_ACK };
	struct tt_fixture *f = arg;

	f->ctl = os_accept_connection(f->listen);
	ack.seq = f->seq + 1;
	os_write_file(f->ctl, &ack, sizeof(ack));
	f->interrupts++;
}

static void tt_test_connect(struct kunit *test)
{
	const struct tt_option *row = test->param_value;
	struct tt_fixture *f = test->priv;
	char path[64], option[128];
	unsigned int flags;
	int ret;

	snprintf(path, sizeof(path), "/tmp/um-time-travel-kunit-%d", os_getpid());
	snprintf(option, sizeof(option), "%s%s", row->prefix, path);
	f->listen = os_listen(path);
	KUNIT_ASSERT_LE(test, 0, f->listen);
	tt_close(&f->ctl);
	tt_close(&f->s.fd);
	KUNIT_ASSERT_EQ(test, os_call_when_readable(f->listen, tt_accept, f), 0);

	f->raw = true;
	tt_begin(f);
	ret = time_travel_connect_external(option);
	flags = tt_file_flags(time_travel_ext_fd);
	tt_end(f);
	os_unlisten(path);

	KUNIT_EXPECT_EQ(test, ret, 1);
	KUNIT_EXPECT_EQ(test, f->interrupts, 1U);
	KUNIT_EXPECT_EQ(test, f->n_sent, 1U);
	tt_expect_req(f, 0, UM_TIMETRAVEL_START, row->id);
	/* a machine that reboots executes itself, and connects again */
	KUNIT_EXPECT_TRUE(test, flags & O_CLOEXEC);
}

/* A path that is too long is not that of whoever has its beginning. */
static void tt_test_connect_long_path(struct kunit *test)
{
	struct tt_fixture *f = test->priv;
	char path[109] = {};
	int len, fd;

	len = snprintf(path, sizeof(path), "/tmp/um-time-travel-kunit-%d-",
		       os_getpid());
	memset(path + len, 'x', 107 - len);
	f->listen = os_listen(path);
	KUNIT_ASSERT_LE(test, 0, f->listen);

	fd = os_connect_socket(path);
	KUNIT_EXPECT_LE(test, 0, fd);
	tt_close(&fd);

	path[107] = 'x';
	fd = os_connect_socket(path);
	KUNIT_EXPECT_EQ(test, fd, -ENAMETOOLONG);
	tt_close(&fd);

	path[107] = 0;
	os_unlisten(path);
}

/* What is not understood is left to others, who may say so. */
static void tt_test_bad_option(struct kunit *test)
{
	static char *const modes[] = {
		"=", "=inf_cpu", "=inf-cpu,", "=ext", "=ext/path", "-start=1", "s",
	};
	static char *const starts[] = {
		"", "now", "1s", "18446744073709551616",
	};
	struct tt_fixture *f = test->priv;
	int i, ret;

	for (i = 0; i < ARRAY_SIZE(modes); i++) {
		f->s.mode = TT_MODE_OFF;
		tt_begin(f);
		ret = setup_time_travel(modes[i]);
		tt_end(f);
		KUNIT_EXPECT_EQ_MSG(test, ret, 0, "time-travel%s", modes[i]);
		KUNIT_EXPECT_EQ(test, f->s.mode, TT_MODE_OFF);
		tt_expect_sent(f, 0);
	}

	for (i = 0; i < ARRAY_SIZE(starts); i++) {
		tt_begin(f);
		ret = setup_time_travel_start(starts[i]);
		tt_end(f);
		KUNIT_EXPECT_EQ_MSG(test, ret, 0, "time-travel-start=%s",
				    starts[i]);
		KUNIT_EXPECT_FALSE(test, f->s.start_set);
	}

	tt_begin(f);
	ret = setup_time_travel_start("1700000000000000000");
	tt_end(f);
	KUNIT_EXPECT_EQ(test, ret, 1);
	KUNIT_EXPECT_TRUE(test, f->s.start_set);
	KUNIT_EXPECT_EQ(test, f->s.start, 1700000000000000000ULL);
}

/*
 * Running and waiting
 */

static void tt_test_run_shm(struct kunit *test)
{
	struct tt_fixture *f = test->priv;

	tt_attach(f, TT_OFFSET);
	tt_request_silently(f, 100);
	tt_slot(f, TT_ME)->flags |= 0x80;
	tt_say(f, UM_TIMETRAVEL_RUN, TT_OFFSET + 100);
	tt_hear(f);
	tt_expect_sent(f, 0);
	tt_expect_slot(f, 0x80, TT_OFFSET + 100);
	KUNIT_EXPECT_EQ(test, f->s.time, 100ULL);
}

static void tt_test_run_msg(struct kunit *test)
{
	struct tt_fixture *f = test->priv;

	tt_say(f, UM_TIMETRAVEL_RUN, 100);
	tt_hear(f);
	tt_expect_sent(f, 1);
	tt_expect_ack(f, 0, UM_TIMETRAVEL_RUN);
	KUNIT_EXPECT_EQ(test, f->s.time, 100ULL);
}

static void tt_test_wait_shm(struct kunit *test)
{
	struct tt_fixture *f = test->priv;

	tt_attach(f, TT_OFFSET);
	tt_run_once(f, TT_OFFSET, false);
	tt_run_once(f, TT_OFFSET + 100, true);
	KUNIT_EXPECT_EQ(test, tt_slot(f, TT_ME)->flags, 0U);
}

static void tt_test_wait_msg(struct kunit *test)
{
	struct tt_fixture *f = test->priv;

	tt_run_once(f, 0, false);
	tt_run_once(f, 100, true);
}

static void tt_test_wait_acked(struct kunit *test)
{
	struct tt_fixture *f = test->priv;

	tt_ack(f, 0);
	tt_begin(f);
	time_travel_ext_req(UM_TIMETRAVEL_WAIT, -1);
	tt_end(f);
	tt_expect_sent(f, 1);
	tt_expect_req(f, 0, UM_TIMETRAVEL_WAIT, -1);

	tt_attach(f, TT_OFFSET);
	tt_begin(f);
	time_travel_ext_req(UM_TIMETRAVEL_WAIT, -1);
	tt_end(f);
	tt_expect_sent(f, 1);
	tt_expect_req(f, 0, UM_TIMETRAVEL_WAIT, -1);
}

static void tt_wait_for_run(struct tt_fixture *f)
{
	tt_say(f, UM_TIMETRAVEL_BROADCAST, 0xb0);
	tt_say(f, UM_TIMETRAVEL_FREE_UNTIL, 500);
	tt_say(f, UM_TIMETRAVEL_RUN, TT_OFFSET + 100);

	tt_begin(f);
	time_travel_ext_wait(false);
	tt_end(f);

	tt_expect_req(f, 0, UM_TIMETRAVEL_WAIT, -1);
	tt_expect_ack(f, 1, UM_TIMETRAVEL_BROADCAST);
	tt_expect_ack(f, 2, UM_TIMETRAVEL_FREE_UNTIL);
}

static void tt_test_wait_for_run_msg(struct kunit *test)
{
	struct tt_fixture *f = test->priv;

	tt_ack(f, 0);
	tt_wait_for_run(f);
	tt_expect_sent(f, 4);
	tt_expect_ack(f, 3, UM_TIMETRAVEL_RUN);
	KUNIT_EXPECT_EQ(test, f->s.time, TT_OFFSET + 100);
	tt_request_silently(f, 499);
	tt_request_by_msg(f, 500, 500);
}

static void tt_test_wait_for_run_shm(struct kunit *test)
{
	struct tt_fixture *f = test->priv;

	tt_attach(f, TT_OFFSET);
	tt_wait_for_run(f);
	tt_expect_sent(f, 3);
	KUNIT_EXPECT_EQ(test, f->s.time, 100ULL);
}

/* The end of the connection is signalled as well, when no client waits. */
static void tt_interrupt(void *arg)
{
	struct tt_fixture *f = arg;

	if (!time_travel_ext_waiting)
		return;

	f->interrupts++;
	time_travel_add_irq_event(&f->event);
}

static void tt_test_interrupted(struct kunit *test)
{
	struct tt_fixture *f = test->priv;

	tt_attach(f, TT_OFFSET);
	tt_request_silently(f, 100);
	f->mem->running_id = TT_OTHER;
	tt_slot(f, TT_OTHER)->capa = UM_TIMETRAVEL_SCHEDSHM_CAP_TIME_SHARE;
	f->mem->current_time = TT_OFFSET + 77;
	f->mem->free_until = TT_OFFSET + 500;
	time_travel_set_event_fn(&f->event, time_travel_oneshot_timer);

	/* while it waits it has to ask although it is free until later */
	KUNIT_ASSERT_EQ(test, os_call_when_readable(f->ctl, tt_interrupt, f), 0);
	tt_say(f, UM_TIMETRAVEL_RUN, TT_OFFSET + 77);
	tt_begin(f);
	time_travel_ext_wait(true);
	time_travel_del_event(&f->event);
	tt_end(f);

	KUNIT_EXPECT_EQ(test, f->interrupts, 1U);
	tt_expect_sent(f, 1);
	tt_expect_req(f, 0, UM_TIMETRAVEL_WAIT, -1);
	KUNIT_EXPECT_EQ(test, f->event.time, 77ULL);
	KUNIT_EXPECT_EQ(test, f->s.time, 77ULL);
	KUNIT_EXPECT_EQ(test, f->mem->free_until, TT_OFFSET + 77);

	/* that request is fulfilled, the same again is a new one */
	tt_expect_slot(f, 0, TT_OFFSET + 77);
	tt_request_silently(f, 77);
	tt_expect_slot(f, TT_REQ, TT_OFFSET + 77);
}

static void tt_update_time(struct tt_fixture *f, u64 time)
{
	tt_begin(f);
	__time_travel_update_time(time, false);
	tt_end(f);
}

static void tt_test_update_time_shm(struct kunit *test)
{
	struct tt_fixture *f = test->priv;
	u16 id;

	tt_attach(f, TT_OFFSET);

	/* free to go on, and says how far it went */
	f->mem->free_until = TT_OFFSET + 101;
	tt_update_time(f, 100);
	tt_expect_sent(f, 0);
	KUNIT_EXPECT_EQ(test, f->s.time, 100ULL);
	KUNIT_EXPECT_EQ(test, f->mem->current_time, TT_OFFSET + 100);

	/* has to ask, and runs at another time than it asked for */
	f->mem->current_time = TT_OFFSET + 140;
	tt_say(f, UM_TIMETRAVEL_RUN, TT_OFFSET + 150);
	tt_update_time(f, 200);
	tt_expect_sent(f, 1);
	tt_expect_req(f, 0, UM_TIMETRAVEL_WAIT, -1);
	tt_expect_slot(f, 0, TT_OFFSET + 200);
	KUNIT_EXPECT_EQ(test, f->s.time, 150ULL);
	KUNIT_EXPECT_EQ(test, f->mem->current_time, TT_OFFSET + 150);

	/* does not write what is another's */
	f->mem->free_until = TT_OFFSET + 1000;
	for (id = 0; id < TT_SLOTS; id++) {
		if (id == TT_ME)
			continue;
		f->mem->running_id = id;
		tt_update_time(f, 300 + id);
		tt_expect_sent(f, 0);
		KUNIT_EXPECT_EQ(test, f->s.time, 300ULL + id);
		KUNIT_EXPECT_EQ(test, f->mem->current_time, TT_OFFSET + 150);
	}
}

static void tt_test_update_time_msg(struct kunit *test)
{
	struct tt_fixture *f = test->priv;

	tt_ack(f, 0);
	tt_ack(f, 0);
	tt_say(f, UM_TIMETRAVEL_RUN, 50);
	tt_update_time(f, 100);
	tt_expect_sent(f, 3);
	tt_expect_req(f, 0, UM_TIMETRAVEL_REQUEST, 100);
	tt_expect_req(f, 1, UM_TIMETRAVEL_WAIT, -1);
	tt_expect_ack(f, 2, UM_TIMETRAVEL_RUN);
	KUNIT_EXPECT_EQ(test, f->s.time, 50ULL);
}

static void tt_test_get_time_shm(struct kunit *test)
{
	struct tt_fixture *f = test->priv;

	tt_attach(f, TT_OFFSET);
	f->mem->current_time = TT_OFFSET + 77;
	tt_begin(f);
	time_travel_ext_get_time();
	tt_end(f);
	tt_expect_sent(f, 0);
	KUNIT_EXPECT_EQ(test, f->s.time, 77ULL);
}

static void tt_test_get_time_msg(struct kunit *test)
{
	struct tt_fixture *f = test->priv;

	tt_ack(f, 77);
	tt_begin(f);
	time_travel_ext_get_time();
	tt_end(f);
	tt_expect_sent(f, 1);
	tt_expect_req(f, 0, UM_TIMETRAVEL_GET, -1);
	KUNIT_EXPECT_EQ(test, f->s.time, 77ULL);
}

static void tt_test_time_of_day(struct kunit *test)
{
	struct tt_fixture *f = test->priv;

	tt_ack(f, 5000);
	tt_ack(f, 77);
	tt_begin(f);
	time_travel_set_start();
	tt_end(f);
	tt_expect_sent(f, 2);
	tt_expect_req(f, 0, UM_TIMETRAVEL_GET_TOD, -1);
	tt_expect_req(f, 1, UM_TIMETRAVEL_GET, -1);
	KUNIT_EXPECT_EQ(test, f->s.start, 5000ULL - 77);

	f->s.start_set = false;
	tt_attach(f, TT_OFFSET);
	f->mem->current_time = TT_OFFSET + 80;
	tt_ack(f, 5000);
	tt_begin(f);
	time_travel_set_start();
	tt_end(f);
	tt_expect_sent(f, 1);
	tt_expect_req(f, 0, UM_TIMETRAVEL_GET_TOD, -1);
	KUNIT_EXPECT_EQ(test, f->s.start, 5000ULL - 80);

	/* asked for once */
	tt_begin(f);
	time_travel_set_start();
	tt_end(f);
	tt_expect_sent(f, 0);
	KUNIT_EXPECT_EQ(test, f->s.start, 5000ULL - 80);
}

static void tt_test_irq_event(struct kunit *test)
{
	struct time_travel_event e = {}, late = {}, *first;
	struct tt_fixture *f = test->priv;

	tt_attach(f, TT_OFFSET);
	time_travel_set_event_fn(&e, time_travel_oneshot_timer);
	time_travel_set_event_fn(&late, time_travel_oneshot_timer);
	f->mem->current_time = TT_OFFSET + 77;
	f->mem->running_id = TT_OTHER;
	tt_slot(f, TT_OTHER)->capa = UM_TIMETRAVEL_SCHEDSHM_CAP_TIME_SHARE;
	f->mem->free_until = TT_OFFSET + 500;
	f->s.waiting = 1;

	tt_begin(f);
	time_travel_add_irq_event(&e);
	/* what comes later does not replace the request */
	time_travel_add_event(&late, 200);
	first = time_travel_first_event();
	time_travel_del_event(&e);
	time_travel_del_event(&late);
	tt_end(f);

	tt_expect_sent(f, 0);
	KUNIT_EXPECT_PTR_EQ(test, first, &e);
	KUNIT_EXPECT_EQ(test, e.time, 77ULL);
	tt_expect_slot(f, TT_REQ, TT_OFFSET + 77);
	KUNIT_EXPECT_EQ(test, f->mem->free_until, TT_OFFSET + 77);
}

struct tt_timer {
	const char *name;
	u64 time;
	unsigned long delta;
	u64 want;
};

/* The clock is read in steps of 256 ns, and delta counts from the last one. */
static const struct tt_timer tt_timers[] = {
	/* name, time, delta, want */
	{ "on a step, to a step",	512,	1024,		1536 },
	{ "on a step, between two",	512,	1025,		1792 },
	{ "past a step, to a step",	513,	1024,		1536 },
	{ "past a step, between two",	513,	1023,		1536 },
	{ "before a step, to a step",	767,	1024,		1536 },
	{ "before a step, between two",	767,	1025,		1792 },
	{ "at once",			513,	0,		768 },
	{ "at once, on a step",		512,	0,		768 },
	{ "longest",			513,	U32_MAX,	512 + BIT_ULL(32) },
};

static void tt_timer_desc(const struct tt_timer *row, char *desc)
{
	strscpy(desc, row->name, KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(tt_timers, tt_timers, tt_timer_desc);

static void tt_test_timer(struct kunit *test)
{
	const struct tt_timer *row = test->param_value;
	struct time_travel_event machines, *first;
	struct tt_fixture *f = test->priv;
	u64 when;

	f->s.time = row->time;
	tt_ack(f, 0);
	tt_begin(f);
	/* there is one such event, which the machine may have in its list */
	machines = time_travel_timer_event;
	if (machines.pending)
		list_replace(&time_travel_timer_event.list, &machines.list);
	time_travel_timer_event.pending = false;
	if (row->delta)
		itimer_next_event(row->delta, NULL);
	else
		itimer_one_shot(NULL);
	first = time_travel_first_event();
	when = time_travel_timer_event.time;
	time_travel_del_event(&time_travel_timer_event);
	time_travel_timer_event = machines;
	if (machines.pending)
		list_replace(&machines.list, &time_travel_timer_event.list);
	tt_end(f);

	KUNIT_EXPECT_PTR_EQ(test, first, &time_travel_timer_event);
	KUNIT_EXPECT_EQ(test, when, row->want);
	tt_expect_sent(f, 1);
	tt_expect_req(f, 0, UM_TIMETRAVEL_REQUEST, row->want);
}

static void tt_propagate(struct tt_fixture *f)
{
	tt_begin(f);
	__time_travel_propagate_time();
	tt_end(f);
}

static void tt_test_publish_shm(struct kunit *test)
{
	struct tt_fixture *f = test->priv;

	tt_attach(f, TT_OFFSET);
	f->s.time = 100;
	tt_propagate(f);
	tt_expect_sent(f, 0);
	KUNIT_EXPECT_EQ(test, f->mem->current_time, TT_OFFSET + 100);
}

static void tt_test_publish_msg(struct kunit *test)
{
	struct tt_fixture *f = test->priv;

	for (f->s.time = 100; f->s.time <= 200; f->s.time += 100) {
		tt_ack(f, 0);
		tt_propagate(f);
		tt_expect_sent(f, 1);
		tt_expect_req(f, 0, UM_TIMETRAVEL_UPDATE, f->s.time);
		tt_propagate(f);
		tt_expect_sent(f, 0);
	}
}

/*
 * Other messages
 */

static void tt_test_free_until_ignored(struct kunit *test)
{
	struct tt_fixture *f = test->priv;

	tt_attach(f, TT_OFFSET);
	f->mem->free_until = TT_OFFSET + 100;
	tt_say(f, UM_TIMETRAVEL_FREE_UNTIL, TT_OFFSET + 500);
	tt_hear(f);
	tt_expect_sent(f, 1);
	tt_expect_ack(f, 0, UM_TIMETRAVEL_FREE_UNTIL);
	KUNIT_EXPECT_EQ(test, f->mem->free_until, TT_OFFSET + 100);

	tt_request_silently(f, 99);
	tt_expect_slot(f, 0, 0);
	tt_request_silently(f, 100);
	tt_expect_slot(f, TT_REQ, TT_OFFSET + 100);
}

static void tt_hear_broadcast(struct tt_fixture *f)
{
	f->s.should_print = 0;
	tt_say(f, UM_TIMETRAVEL_BROADCAST, 0xb40adca57ULL);
	tt_hear(f);
	tt_expect_sent(f, 1);
	tt_expect_ack(f, 0, UM_TIMETRAVEL_BROADCAST);
	KUNIT_EXPECT_EQ(f->test, f->s.client.broadcast, 0xb40adca57ULL);
	KUNIT_EXPECT_EQ(f->test, f->s.should_print, 1);
	KUNIT_EXPECT_EQ(f->test, f->s.time, 0ULL);
}

static void tt_test_broadcast_msg(struct kunit *test)
{
	tt_hear_broadcast(test->priv);
}

static void tt_test_broadcast_shm(struct kunit *test)
{
	struct tt_fixture *f = test->priv;

	tt_attach(f, TT_OFFSET);
	tt_hear_broadcast(f);
}

static void tt_test_broadcast_printed(struct kunit *test)
{
	struct tt_fixture *f = test->priv;

	f->s.should_print = 1;
	tt_begin(f);
	time_travel_print_bc_msg();
	tt_end(f);
	KUNIT_EXPECT_EQ(test, f->s.should_print, 0);
}

static void tt_test_broadcast_sent(struct kunit *test)
{
	struct tt_fixture *f = test->priv;
	ssize_t ret;

	tt_ack(f, 0);
	tt_begin(f);
	ret = bc_message_store(NULL, NULL, "0xb0\n", 5);
	tt_end(f);
	KUNIT_EXPECT_EQ(test, ret, 5);
	tt_expect_sent(f, 1);
	tt_expect_req(f, 0, UM_TIMETRAVEL_BROADCAST, 0xb0);
	KUNIT_EXPECT_EQ(test, f->s.client.broadcast, 0xb0ULL);

	tt_begin(f);
	ret = bc_message_store(NULL, NULL, "nonsense", 8);
	tt_end(f);
	KUNIT_EXPECT_EQ(test, ret, -EINVAL);
	tt_expect_sent(f, 0);
	KUNIT_EXPECT_EQ(test, f->s.client.broadcast, 0xb0ULL);
}

static void tt_test_broadcast_shown(struct kunit *test)
{
	struct tt_fixture *f = test->priv;
	unsigned long page = __get_free_page(GFP_KERNEL | __GFP_ZERO);
	u64 val = 0;
	int ret;

	KUNIT_ASSERT_NE(test, page, 0UL);
	f->s.client.broadcast = 0xb0adca57ULL;
	tt_begin(f);
	bc_message_show(NULL, NULL, (char *)page);
	tt_end(f);
	ret = kstrtou64((char *)page, 0, &val);
	free_page(page);
	KUNIT_EXPECT_EQ(test, ret, 0);
	KUNIT_EXPECT_EQ(test, val, 0xb0adca57ULL);
}

/* In a child, as it warns. */
static void tt_test_unknown_op(struct kunit *test)
{
	struct tt_fixture *f = test->priv;

	tt_say(f, 4711, 100);
	tt_run_child(f, tt_do_read);
	KUNIT_EXPECT_STREQ(test, f->panic_text, "");
	KUNIT_EXPECT_EQ(test, f->n_sent, 1U);
	KUNIT_EXPECT_EQ(test, f->unread, 0U);
	tt_expect_ack(f, 0, 4711);
}

/* Whatever the controller said before another answers is heard before. */
static void tt_test_wait_readable(struct kunit *test)
{
	struct tt_fixture *f = test->priv;
	int fd = os_eventfd(1, 0);

	KUNIT_ASSERT_LE(test, 0, fd);
	f->raw = true;
	tt_say(f, UM_TIMETRAVEL_FREE_UNTIL, 100);
	tt_begin(f);
	__time_travel_wait_readable(fd);
	tt_end(f);
	KUNIT_EXPECT_EQ(test, f->n_sent, 1U);
	KUNIT_EXPECT_EQ(test, f->unread, 0U);
	tt_expect_ack(f, 0, UM_TIMETRAVEL_FREE_UNTIL);

	f->s.mode = TT_MODE_INFCPU;
	f->raw = true;
	tt_say(f, UM_TIMETRAVEL_FREE_UNTIL, 100);
	tt_begin(f);
	__time_travel_wait_readable(fd);
	tt_end(f);
	KUNIT_EXPECT_EQ(test, f->n_sent, 0U);
	KUNIT_EXPECT_EQ(test, f->unread, 1U);
	os_close_file(fd);
}

static struct tt_device *tt_device;
static bool tt_in_child;

static irqreturn_t tt_device_irq(int irq, void *dev)
{
	struct tt_device *d = dev;
	char c;

	if (os_read_file(d->fds[0], &c, sizeof(c)) > 0)
		d->irqs++;

	return IRQ_HANDLED;
}

/* The controller says RUN, in the client's time domain. */
static void tt_let_run(struct tt_fixture *f, u64 time)
{
	struct um_timetravel_msg msg = {
		.op = UM_TIMETRAVEL_RUN,
		.time = time + (f->mem ? TT_OFFSET : 0),
	};

	os_write_file(f->ctl, &msg, sizeof(msg));
}

/* The machine is interrupted as well, but leaves that to the child. */
static void tt_device_handler(int irq, int fd, void *dev,
			      struct time_travel_event *ev)
{
	struct tt_device *d = dev;
	char c;

	if (!tt_in_child || os_read_file(fd, &c, sizeof(c)) <= 0)
		return;

	d->f->interrupts++;
	time_travel_add_irq_event(ev);
	/* then the device waits as well, and it is the client's turn */
	if (time_travel_ext_waiting)
		tt_let_run(d->f, 77);
}

/*
 * The controller answers at once whatever the client sends. What it sends to a
 * client that waits keeps that one from sleeping.
 */
static void tt_answer(void *arg)
{
	struct tt_fixture *f = arg;
	struct um_timetravel_msg msg;
	bool wait;

	while (os_read_file(f->ctl, &msg, sizeof(msg)) == sizeof(msg)) {
		if (msg.op == UM_TIMETRAVEL_ACK) {
			f->acked = true;
			continue;
		}

		wait = msg.op == UM_TIMETRAVEL_WAIT;
		if (!wait || !f->mem) {
			msg.op = UM_TIMETRAVEL_ACK;
			msg.time = 77;
			os_write_file(f->ctl, &msg, sizeof(msg));
		}
		if (!wait)
			continue;

		msg.op = UM_TIMETRAVEL_BROADCAST;
		os_write_file(f->ctl, &msg, sizeof(msg));
	}
}

/* Before each call: a controller that is there while the child runs. */
static void tt_go_live(struct tt_fixture *f)
{
	int ret;

	f->live = true;
	f->acked = false;
	f->done = false;
	f->result = false;
	f->interrupts = 0;
	os_set_fd_block(f->ctl, 0);
	ret = os_call_when_readable(f->ctl, tt_answer, f);
	KUNIT_ASSERT_EQ(f->test, ret, 0);
}

/* The device will interrupt, but the signal for that comes later. */
static void tt_arm_device(void)
{
	char c = 0;

	tt_in_child = true;
	/* what tt_begin() has blocked */
	unblock_signals_hard();
	os_write_file(tt_device->fds[1], &c, sizeof(c));
}

/* Events are in memory that is shared with the machine. */
static void tt_del_events(void)
{
	struct time_travel_event *e;

	while ((e = time_travel_first_event()))
		time_travel_del_event(e);
}

static void tt_do_wait_readable(struct tt_fixture *f)
{
	tt_arm_device();
	os_trace_child();
	__time_travel_wait_readable(tt_device->reply);
	WRITE_ONCE(f->done, true);
	f->result = !time_travel_ext_request(99) && time_travel_ext_request(100);
	tt_del_events();
}

/* When it has answered what there was to read, it goes on as it began. */
static int tt_then_interrupt(void *arg)
{
	struct tt_fixture *f = arg;

	/* the signal that calls this may be on its way */
	tt_answer(f);
	f->ended = f->acked;

	return SIGIO;
}

/* It is open until tt_exit(), also if the test is broken off. */
static int tt_open_device(struct tt_fixture *f,
			  void (*handler)(int irq, int fd, void *dev,
					  struct time_travel_event *ev))
{
	struct tt_device *d = &f->device;

	d->f = f;
	d->reply = os_eventfd(1, 0);
	if (d->reply < 0 || os_pipe(d->fds, 1, 1))
		return -EMFILE;
	tt_device = d;

	/* whether there is a handler for SIGIO is up to the mode */
	tt_begin(f);
	d->irq = um_request_irq_tt(UM_IRQ_ALLOC, d->fds[0], IRQ_READ,
				   tt_device_irq, 0, "um-time-travel-kunit", d,
				   handler);
	tt_end(f);

	return d->irq;
}

/* A device may interrupt after any instruction since FREE_UNTIL was seen. */
static void tt_test_wait_readable_interrupted(struct kunit *test)
{
	struct tt_fixture *f = test->priv;
	int ret;

	ret = tt_open_device(f, tt_device_handler);
	KUNIT_ASSERT_LT(test, 0, ret);
	f->trace.syscalls = 1;
	f->trace.then = tt_then_interrupt;
	for (f->trace.steps = 0; !f->ended; f->trace.steps++) {
		tt_go_live(f);
		tt_say(f, UM_TIMETRAVEL_FREE_UNTIL, 100);
		tt_run_child(f, tt_do_wait_readable);
		KUNIT_EXPECT_EQ(test, f->interrupts, 1U);
		KUNIT_EXPECT_TRUE(test, f->result);
		KUNIT_EXPECT_STREQ(test, f->panic_text, "");
		if (!f->done)
			break;
	}
}

static void tt_do_wait_interrupted(struct tt_fixture *f)
{
	struct time_travel_event e = {};

	tt_arm_device();
	time_travel_set_event_fn(&e, time_travel_oneshot_timer);
	time_travel_add_event(&e, 100);
	if (f->mem)
		f->mem->running_id = TT_OTHER;

	os_trace_child();
	time_travel_ext_wait(true);
	WRITE_ONCE(f->done, true);
	f->result = time_travel_time == 77 &&
		    time_travel_first_event()->time == 77;
	tt_del_events();
}

/* A client that waits may be interrupted after any instruction since WAIT. */
static void tt_wait_interrupted(struct tt_fixture *f, u64 req_time)
{
	int ret;

	ret = tt_open_device(f, tt_device_handler);
	KUNIT_ASSERT_LT(f->test, 0, ret);
	f->trace.syscalls = 1;
	f->trace.then = tt_then_interrupt;
	for (f->trace.steps = 0; !f->ended; f->trace.steps++) {
		tt_go_live(f);
		if (f->mem) {
			f->mem->running_id = TT_ME;
			f->mem->free_until = TT_OFFSET + 90;
		}
		tt_run_child(f, tt_do_wait_interrupted);
		KUNIT_EXPECT_EQ(f->test, f->interrupts, 1U);
		KUNIT_EXPECT_TRUE(f->test, f->result);
		KUNIT_EXPECT_STREQ(f->test, f->panic_text, "");
		if (f->mem)
			tt_expect_slot(f, 0, req_time);
		if (!f->done)
			break;
	}
}

static void tt_test_wait_interrupted_msg(struct kunit *test)
{
	tt_wait_interrupted(test->priv, 0);
}

static void tt_test_wait_interrupted_shm(struct kunit *test)
{
	struct tt_fixture *f = test->priv;

	tt_attach(f, TT_OFFSET);
	tt_slot(f, TT_OTHER)->capa = UM_TIMETRAVEL_SCHEDSHM_CAP_TIME_SHARE;
	f->mem->current_time = TT_OFFSET + 77;
	tt_wait_interrupted(f, TT_OFFSET + 77);
}

/* What is no business of time travel is put off, not forgotten. */
static void tt_test_other_interrupt(struct kunit *test)
{
	struct tt_fixture *f = test->priv;
	unsigned int during;
	char c = 0;
	int ret;

	ret = tt_open_device(f, NULL);
	KUNIT_ASSERT_LT(test, 0, ret);
	tt_begin(f);
	os_write_file(f->device.fds[1], &c, sizeof(c));
	sigio_run_timetravel_handlers();
	during = f->device.irqs;
	tt_end(f);
	KUNIT_EXPECT_EQ(test, during, 0U);
	KUNIT_EXPECT_EQ(test, f->device.irqs, 1U);
}

/*
 * Panics
 */

static void tt_do_request(struct tt_fixture *f)
{
	time_travel_ext_update_request(100);
}

static void tt_do_connect(struct tt_fixture *f)
{
	time_travel_ext_req(UM_TIMETRAVEL_START, TT_NAME);
}

static void tt_do_connect_no_socket(struct tt_fixture *f)
{
	time_travel_ext_fd = f->memfd;
	tt_do_connect(f);
}

static void tt_do_get_time(struct tt_fixture *f)
{
	time_travel_ext_get_time();
}

static void tt_do_publish(struct tt_fixture *f)
{
	__time_travel_propagate_time();
}

/* If the call left signals as it found them, what is in excess is the second. */
static void tt_unblock_twice(void)
{
	unblock_signals_hard();
	unblock_signals_hard();
}

static void tt_do_wait_unblock(struct tt_fixture *f)
{
	time_travel_ext_req(UM_TIMETRAVEL_WAIT, -1);
	tt_unblock_twice();
}

static void tt_do_get_unblock(struct tt_fixture *f)
{
	time_travel_ext_req(UM_TIMETRAVEL_GET, -1);
	tt_unblock_twice();
}

static void tt_do_connect_nowhere(struct tt_fixture *f)
{
	time_travel_connect_external("1:/dev/null/nowhere");
}

static void tt_do_connect_id_too_large(struct tt_fixture *f)
{
	time_travel_connect_external("18446744073709551616:/dev/null");
}

static void tt_do_connect_id_too_long(struct tt_fixture *f)
{
	time_travel_connect_external("0000000000000000000000001:/dev/null");
}

static void tt_do_connect_id_no_number(struct tt_fixture *f)
{
	time_travel_connect_external("one:/dev/null");
}

static void tt_do_connect_id_empty(struct tt_fixture *f)
{
	time_travel_connect_external(":/dev/null");
}

/* The controller ends without having read what was sent to it. */
static void tt_reset(struct tt_fixture *f)
{
	int fds[2];
	char c = 0;

	os_write_file(f->s.fd, &c, sizeof(c));
	tt_close(&f->ctl);

	/* one that has nothing to say, in its place */
	KUNIT_ASSERT_EQ(f->test, os_pipe(fds, 1, 1), 0);
	os_close_file(fds[1]);
	f->ctl = fds[0];
}

static void tt_have_file(struct tt_fixture *f)
{
	tt_create_mem(f, TT_SIZE);
}

static void tt_say_ack(struct tt_fixture *f)
{
	tt_ack(f, 0);
}

static void tt_say_part(struct tt_fixture *f)
{
	tt_send(f, "RUN?", 4, NULL, 0);
}

static void tt_say_next_seq(struct tt_fixture *f)
{
	tt_say_fds(f, UM_TIMETRAVEL_ACK, f->s.seq + 2, 0, NULL, 0);
}

static void tt_say_last_seq(struct tt_fixture *f)
{
	tt_say_fds(f, UM_TIMETRAVEL_ACK, f->s.seq, 0, NULL, 0);
}

static void tt_say_run_past(struct tt_fixture *f)
{
	f->s.time = 100;
	tt_say(f, UM_TIMETRAVEL_RUN, 99);
}

static void tt_say_run_before_start(struct tt_fixture *f)
{
	tt_say(f, UM_TIMETRAVEL_RUN, TT_OFFSET - 1);
}

static void tt_time_before_start(struct tt_fixture *f)
{
	f->mem->current_time = TT_OFFSET - 1;
}

static void tt_other_runs(struct tt_fixture *f)
{
	f->mem->running_id = TT_OTHER;
}

static void tt_last_runs(struct tt_fixture *f)
{
	f->mem->running_id = TT_SLOTS - 1;
}

struct tt_panic {
	const char *name;
	bool shm;
	void (*prepare)(struct tt_fixture *f);
	void (*call)(struct tt_fixture *f);
	const char *text;
};

static const struct tt_panic tt_panics[] = {
	/* name, shm, prepare, call, text */
	{ "link is closed", false, NULL, tt_do_request,
	  "link is broken" },
	{ "part of a message", false, tt_say_part, tt_do_read,
	  "invalid time-travel message - 4 bytes" },
	{ "link is closed at START", false, NULL, tt_do_connect,
	  "link is broken" },
	{ "link is reset", false, tt_reset, tt_do_request,
	  "link is broken" },
	{ "link is reset at START", false, tt_reset, tt_do_connect,
	  "link is broken" },
	{ "no controller", false, NULL, tt_do_connect_nowhere,
	  "failed to connect to external socket /dev/null/nowhere: error -20" },
	{ "ID is too large", false, NULL, tt_do_connect_id_too_large,
	  "invalid external ID" },
	{ "ID is too long", false, NULL, tt_do_connect_id_too_long,
	  "invalid external ID" },
	{ "ID is no number", false, NULL, tt_do_connect_id_no_number,
	  "invalid external ID in string 'one:/dev/null'" },
	{ "ID is empty", false, NULL, tt_do_connect_id_empty,
	  "invalid external ID" },
	{ "link is no socket", false, tt_have_file, tt_do_connect_no_socket,
	  "invalid time-travel message - -88 bytes" },
	{ "ACK of the message before", false, tt_say_last_seq, tt_do_request,
	  "different seqno" },
	{ "ACK of no message", false, tt_say_next_seq, tt_do_request,
	  "different seqno" },
	{ "RUN in the past", false, tt_say_run_past, tt_do_read,
	  "time goes backwards 100 -> 99" },
	{ "RUN before the start", true, tt_say_run_before_start, tt_do_read,
	  "RUN 999999 is before this machine started at 1000000" },
	{ "time before the start", true, tt_time_before_start, tt_do_get_time,
	  "current_time 999999 is before this machine started at 1000000" },
	{ "unblocking after WAIT", true, NULL, tt_do_wait_unblock,
	  "unblocking signals while not blocked" },
	{ "unblocking after an ACK", false, tt_say_ack, tt_do_get_unblock,
	  "unblocking signals while not blocked" },
	{ "publishing for another", true, tt_other_runs, tt_do_publish,
	  TT_PANIC_PUBLISH },
	{ "publishing for the last", true, tt_last_runs, tt_do_publish,
	  TT_PANIC_PUBLISH },
};

static void tt_panic_desc(const struct tt_panic *row, char *desc)
{
	strscpy(desc, row->name, KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(tt_panics, tt_panics, tt_panic_desc);

static void tt_test_panic(struct kunit *test)
{
	const struct tt_panic *row = test->param_value;
	struct tt_fixture *f = test->priv;

	if (row->shm)
		tt_attach(f, TT_OFFSET);
	if (row->prepare)
		row->prepare(f);
	tt_run_child(f, row->call);
	KUNIT_EXPECT_NOT_NULL_MSG(test, strstr(f->panic_text, row->text),
				  "expected a panic about \"%s\", got \"%s\"",
				  row->text, f->panic_text);
}

static struct kunit_case tt_request_cases[] = {
	KUNIT_CASE(tt_test_not_external),
	KUNIT_CASE(tt_test_not_external_msg),
	KUNIT_CASE(tt_test_same_time_msg),
	KUNIT_CASE(tt_test_same_time_shm),
	KUNIT_CASE_PARAM(tt_test_free_until_msg, tt_free_until_msg_gen_params),
	KUNIT_CASE_PARAM(tt_test_free_until_shm, tt_free_until_shm_gen_params),
	KUNIT_CASE(tt_test_raised_free_until),
	KUNIT_CASE(tt_test_no_free_until),
	KUNIT_CASE(tt_test_free_until_crosses),
	KUNIT_CASE(tt_test_request_msg),
	KUNIT_CASE(tt_test_request_blocks),
	KUNIT_CASE(tt_test_before_ack),
	KUNIT_CASE_PARAM(tt_test_running, tt_running_gen_params),
	KUNIT_CASE(tt_test_request_whole),
	{}
};

static struct kunit_case tt_start_cases[] = {
	KUNIT_CASE_PARAM(tt_test_start, tt_acks_gen_params),
	KUNIT_CASE(tt_test_no_memfd),
	KUNIT_CASE(tt_test_not_start_ack),
	KUNIT_CASE(tt_test_receive),
	KUNIT_CASE(tt_test_close_on_exec),
	KUNIT_CASE_PARAM(tt_test_connect, tt_options_gen_params),
	KUNIT_CASE(tt_test_connect_long_path),
	KUNIT_CASE(tt_test_bad_option),
	{}
};

static struct kunit_case tt_run_cases[] = {
	KUNIT_CASE(tt_test_run_msg),
	KUNIT_CASE(tt_test_run_shm),
	KUNIT_CASE(tt_test_wait_msg),
	KUNIT_CASE(tt_test_wait_shm),
	KUNIT_CASE(tt_test_wait_acked),
	KUNIT_CASE(tt_test_wait_for_run_msg),
	KUNIT_CASE(tt_test_wait_for_run_shm),
	KUNIT_CASE(tt_test_interrupted),
	KUNIT_CASE(tt_test_update_time_msg),
	KUNIT_CASE(tt_test_update_time_shm),
	KUNIT_CASE(tt_test_get_time_msg),
	KUNIT_CASE(tt_test_get_time_shm),
	KUNIT_CASE(tt_test_time_of_day),
	KUNIT_CASE(tt_test_irq_event),
	KUNIT_CASE_PARAM(tt_test_timer, tt_timers_gen_params),
	KUNIT_CASE(tt_test_publish_msg),
	KUNIT_CASE(tt_test_publish_shm),
	{}
};

static struct kunit_case tt_message_cases[] = {
	KUNIT_CASE(tt_test_free_until_ignored),
	KUNIT_CASE(tt_test_broadcast_msg),
	KUNIT_CASE(tt_test_broadcast_shm),
	KUNIT_CASE(tt_test_broadcast_printed),
	KUNIT_CASE(tt_test_broadcast_sent),
	KUNIT_CASE(tt_test_broadcast_shown),
	KUNIT_CASE(tt_test_unknown_op),
	KUNIT_CASE(tt_test_wait_readable),
	KUNIT_CASE(tt_test_wait_readable_interrupted),
	KUNIT_CASE(tt_test_wait_interrupted_msg),
	KUNIT_CASE(tt_test_wait_interrupted_shm),
	KUNIT_CASE(tt_test_other_interrupt),
	{}
};

static struct kunit_case tt_panic_cases[] = {
	KUNIT_CASE_PARAM(tt_test_panic, tt_panics_gen_params),
	{}
};

static struct kunit_suite tt_request_suite = {
	.name = "um_time_travel_request",
	.init = tt_init,
	.exit = tt_exit,
	.test_cases = tt_request_cases,
};

static struct kunit_suite tt_start_suite = {
	.name = "um_time_travel_start",
	.init = tt_init,
	.exit = tt_exit,
	.test_cases = tt_start_cases,
};

static struct kunit_suite tt_run_suite = {
	.name = "um_time_travel_run",
	.init = tt_init,
	.exit = tt_exit,
	.test_cases = tt_run_cases,
};

static struct kunit_suite tt_message_suite = {
	.name = "um_time_travel_message",
	.init = tt_init,
	.exit = tt_exit,
	.test_cases = tt_message_cases,
};

static struct kunit_suite tt_panic_suite = {
	.name = "um_time_travel_panic",
	.init = tt_init,
	.exit = tt_exit,
	.test_cases = tt_panic_cases,
};

kunit_test_suites(&tt_request_suite, &tt_start_suite, &tt_run_suite,
		  &tt_message_suite, &tt_panic_suite);
