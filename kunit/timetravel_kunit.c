// SPDX-License-Identifier: GPL-2.0
/*
 * KUnit tests of external time-travel, included at the end of time.c.
 *
 * Theory of operation
 *
 * A test is the controller of a client: it holds the other end of the client's
 * connection, a socket pair of the host, and a mapping of its own of the memory
 * that it hands out with START's ACK (timetravel_kunit_controller.c). The
 * client's functions are called as they are. Most of them are static, so these
 * files are part of time.c.
 *
 * The machine that runs the tests has a clock as well, perhaps even a
 * controller. The client under test must not see it, nor the machine the
 * client's. So each test has a second set of everything that is static in
 * time.c, struct tt_statics, which is in place only between tt_begin() and
 * tt_end(), around a call. In between
 *
 *  - interrupts are disabled. Nothing is scheduled, so neither the idle loop nor
 *    anybody's timer runs, and reading the clock does not move it;
 *  - signals are blocked hard as well. In TT_MODE_EXTERNAL SIGIO would be
 *    handled although interrupts are disabled. SIGWINCH would too, but its
 *    handler has nothing to do with time-travel;
 *  - there are no expectations, because a failed one prints, and no assertions,
 *    because a failed one ends the thread.
 *
 * The controller sends all its messages before the call, and then shuts down
 * its direction of the connection. A client that reads too much panics; it does
 * not hang.
 *
 * A call that must panic, or that must be interrupted after an instruction, is
 * made in a child of the machine's process (timetravel_kunit_child.c).
 */
#include <irq_kern.h>
#include <irq_user.h>
#include <linux/fcntl.h>
#include "timetravel_kunit.h"
#include "timetravel_kunit_client.c"

static void tt_swap_list(struct list_head *a, struct list_head *b)
{
	LIST_HEAD(tmp);

	list_splice_init(a, &tmp);
	list_splice_init(b, a);
	list_splice_init(&tmp, b);
}

/**
 * tt_swap_statics - exchange the set of statics that is in use for another one
 * @s: the other set, afterwards the one that was in use
 */
void tt_swap_statics(struct tt_statics *s)
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
	tt_swap_client(&s->client);
}

/* Leave a descriptor on the stack for a client that uses uninitialised ones. */
static noinline void tt_dirty_stack(int fd)
{
	int garbage[192], i;

	for (i = 0; i < ARRAY_SIZE(garbage); i++)
		WRITE_ONCE(garbage[i], fd);
}

static void tt_list_fds(unsigned long long *fds)
{
	struct uml_stat st;
	int i;

	for (i = 0; i < TT_MAX_FD; i++)
		fds[i] = os_stat_fd(i, &st) ? 0 : st.ust_ino;
}

/**
 * tt_start - have the client send START
 * @f: the fixture
 * @id: slot that the ACK gives to the client
 * @fds: descriptors that come with the ACK
 * @n_fds: size of @fds, may be 0
 */
void tt_start(struct tt_fixture *f, u16 id, const int *fds, unsigned int n_fds)
{
	/* only the lower 16 bits are the slot */
	u64 time = 0xabcd0000ULL | id, ret;

	tt_send_ack_fds(f, time, fds, n_fds);

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

	tt_expect_msg(f, 0, UM_TIMETRAVEL_START, TT_NAME);
	KUNIT_EXPECT_EQ(f->test, ret, time);
	KUNIT_EXPECT_EQ_MSG(f->test,
			    memcmp(f->fds_before, f->fds_after,
				   sizeof(f->fds_before)), 0,
			    "descriptors were leaked, or closed");
}

/**
 * tt_attach - have the client start with a memory
 * @f: the fixture
 * @offset: time of the controller at that moment, in ns
 */
void tt_attach(struct tt_fixture *f, u64 offset)
{
	int fds[UM_TIMETRAVEL_SHARED_MAX_FDS];

	/* one more slot, which the client must not look at */
	tt_create_mem(f, TT_SIZE + sizeof(*f->mem->clients));
	tt_fill_mem(f, offset);
	tt_slot(f, TT_SLOTS)->capa = TT_CAP;
	fds[UM_TIMETRAVEL_SHARED_MEMFD] = f->memfd;
	fds[UM_TIMETRAVEL_SHARED_LOGFD] = f->memfd;
	tt_start(f, TT_ME, fds, ARRAY_SIZE(fds));
	tt_expect_sent(f, 1);
	KUNIT_ASSERT_TRUE(f->test, tt_client_attached(&f->s.client));
}

/**
 * tt_request - have the client ask to run
 * @f: the fixture
 * @time: at which time, in ns
 */
void tt_request(struct tt_fixture *f, u64 time)
{
	tt_begin(f);
	time_travel_ext_update_request(time);
	tt_end(f);
}

/**
 * tt_request_by_msg - have the client ask to run, which it must do by a message
 * @f: the fixture
 * @time: at which time, in ns
 * @ctl_time: that time as the message must have it
 */
void tt_request_by_msg(struct tt_fixture *f, u64 time, u64 ctl_time)
{
	/* the client has no use for the time in that ACK */
	tt_send_ack(f, 4711);
	tt_request(f, time);
	tt_expect_sent(f, 1);
	tt_expect_msg(f, 0, UM_TIMETRAVEL_REQUEST, ctl_time);
}

/**
 * tt_request_silently - have the client ask to run, for which it must send
 *	nothing
 * @f: the fixture
 * @time: at which time, in ns
 */
void tt_request_silently(struct tt_fixture *f, u64 time)
{
	tt_request(f, time);
	tt_expect_sent(f, 0);
}

/**
 * tt_do_read - read one message, between tt_begin() and tt_end()
 * @f: the fixture
 */
void tt_do_read(struct tt_fixture *f)
{
	struct um_timetravel_msg msg;

	time_travel_handle_message(&msg, TTMH_READ);
}

/**
 * tt_read - have the client read one message
 * @f: the fixture
 */
void tt_read(struct tt_fixture *f)
{
	tt_begin(f);
	tt_do_read(f);
	tt_end(f);
}

/**
 * tt_wait_and_run - have the client wait for its turn, which comes
 * @f: the fixture
 * @time: the time that RUN says, in ns
 * @idle: the client is in its idle loop
 */
void tt_wait_and_run(struct tt_fixture *f, u64 time, bool idle)
{
	bool shm = tt_client_attached(&f->s.client);

	if (!shm)
		tt_send_ack(f, 0);
	tt_send(f, UM_TIMETRAVEL_RUN, time);

	tt_begin(f);
	time_travel_ext_wait(idle);
	tt_end(f);

	tt_expect_sent(f, shm ? 1 : 2);
	tt_expect_msg(f, 0, UM_TIMETRAVEL_WAIT, -1);
	if (!shm)
		tt_expect_ack(f, 1, UM_TIMETRAVEL_RUN);
	KUNIT_EXPECT_EQ(f->test, f->s.waiting, 0U);
	KUNIT_EXPECT_EQ(f->test, f->s.time,
			time - (shm ? tt_client_offset(&f->s.client) : 0));
}

#include "timetravel_kunit_start.c"
#include "timetravel_kunit_request.c"
#include "timetravel_kunit_run.c"
#include "timetravel_kunit_message.c"
#include "timetravel_kunit_interrupt.c"
#include "timetravel_kunit_panic.c"
