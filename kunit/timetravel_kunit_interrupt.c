// SPDX-License-Identifier: GPL-2.0
/*
 * Tests of external time-travel: devices that interrupt a client. Included by
 * timetravel_kunit.c.
 *
 * A device interrupts legally while it is its turn and the client waits for
 * RUN, or while the client waits for the device's reply. In both cases the
 * client must note the interrupt as an event at the current time.
 */

static void tt_test_irq_event(struct kunit *test)
{
	struct time_travel_event e = {}, late = {}, *first;
	struct tt_fixture *f = test->priv;

	tt_attach(f, TT_OFFSET);
	time_travel_set_event_fn(&e, time_travel_oneshot_timer);
	time_travel_set_event_fn(&late, time_travel_oneshot_timer);
	f->mem->current_time = TT_OFFSET + 77;
	f->mem->free_until = TT_OFFSET + 500;
	tt_let_other_run(f);
	f->s.waiting = 1;

	tt_begin(f);
	time_travel_add_irq_event(&e);
	/* a later event does not replace the request */
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

static struct time_travel_event tt_event;

/*
 * WAIT has arrived, or the connection has ended. This is the handler of a signal
 * of its own, which nothing holds off, so the client is interrupted while it
 * sends WAIT: a little earlier than by SIGIO.
 */
static void tt_interrupt(void *arg)
{
	struct tt_fixture *f = arg;

	if (!time_travel_ext_waiting)
		return;

	f->interrupts++;
	time_travel_add_irq_event(&tt_event);
}

static void tt_test_wait_interrupted(struct kunit *test)
{
	struct tt_fixture *f = test->priv;

	tt_attach(f, TT_OFFSET);
	tt_request_silently(f, 100);
	f->mem->current_time = TT_OFFSET + 77;
	f->mem->free_until = TT_OFFSET + 500;
	tt_let_other_run(f);
	time_travel_set_event_fn(&tt_event, time_travel_oneshot_timer);

	/* it has to ask, although free-until is later: it waits */
	KUNIT_ASSERT_EQ(test, os_call_when_readable(f->ctl, tt_interrupt, f), 0);
	tt_send(f, UM_TIMETRAVEL_RUN, TT_OFFSET + 77);
	tt_begin(f);
	time_travel_ext_wait(true);
	time_travel_del_event(&tt_event);
	tt_end(f);

	KUNIT_EXPECT_EQ(test, f->interrupts, 1U);
	tt_expect_sent(f, 1);
	tt_expect_msg(f, 0, UM_TIMETRAVEL_WAIT, -1);
	KUNIT_EXPECT_EQ(test, tt_event.time, 77ULL);
	KUNIT_EXPECT_EQ(test, f->s.time, 77ULL);
	KUNIT_EXPECT_EQ(test, f->mem->free_until, TT_OFFSET + 77);

	/* RUN has fulfilled that request: the same time is a new one */
	tt_expect_slot(f, 0, TT_OFFSET + 77);
	tt_request_silently(f, 77);
	tt_expect_slot(f, TT_REQ, TT_OFFSET + 77);
}

/*
 * A device, with an interrupt as a driver has it: by SIGIO, which the client
 * holds off where it has to.
 */
static struct {
	struct tt_fixture *f;
	int reply;	/* readable: the device has replied */
	int fds[2];	/* what the device writes to the second interrupts */
	int irq;
	unsigned int irqs;	/* how often the interrupt was handled */
} tt_device;

static bool tt_in_child;

static irqreturn_t tt_device_irq(int irq, void *dev)
{
	char c;

	if (os_read_file(tt_device.fds[0], &c, sizeof(c)) > 0)
		tt_device.irqs++;

	return IRQ_HANDLED;
}

/* The controller sends RUN while a child makes the call. */
static void tt_send_run(struct tt_fixture *f, u64 time)
{
	struct um_timetravel_msg msg = {
		.op = UM_TIMETRAVEL_RUN,
		.time = time + (f->mem ? TT_OFFSET : 0),
	};

	os_write_file(f->ctl, &msg, sizeof(msg));
}

/* The machine gets the signal as well, but leaves it to the child. */
static void tt_device_handler(int irq, int fd, void *dev,
			      struct time_travel_event *ev)
{
	char c;

	if (!tt_in_child || os_read_file(fd, &c, sizeof(c)) <= 0)
		return;

	tt_device.f->interrupts++;
	time_travel_add_irq_event(ev);
	/* if the client waits, the device has run and waits now as well */
	if (time_travel_ext_waiting)
		tt_send_run(tt_device.f, 77);
}

/*
 * The controller answers all that the client has sent. A client that waits gets
 * another message as well, so that it does not sleep before it is interrupted.
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

/* To be called before each child: the controller answers while it runs. */
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

/* The device interrupts, but the test sends the signal for that later. */
static void tt_arm_device(void)
{
	char c = 0;

	tt_in_child = true;
	/* tt_begin() has blocked them */
	unblock_signals_hard();
	os_write_file(tt_device.fds[1], &c, sizeof(c));
}

/* Take the events from the list: they are in memory that the machine uses. */
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
	__time_travel_wait_readable(tt_device.reply);
	WRITE_ONCE(f->done, true);
	f->result = !time_travel_ext_request(99) && time_travel_ext_request(100);
	tt_del_events();
}

/* Once the client has acknowledged FREE_UNTIL, a later interrupt is as any. */
static int tt_then_interrupt(void *arg)
{
	struct tt_fixture *f = arg;

	/* the signal that calls it may still be on its way */
	tt_answer(f);
	f->ended = f->acked;

	return SIGIO;
}

/* Open the device, until tt_exit_device(). @handler is for time travel, or NULL. */
static void tt_open_device(struct tt_fixture *f,
			   void (*handler)(int irq, int fd, void *dev,
					   struct time_travel_event *ev))
{
	tt_device.f = f;
	tt_device.reply = os_eventfd(1, 0);
	KUNIT_ASSERT_LE(f->test, 0, tt_device.reply);
	KUNIT_ASSERT_EQ(f->test, os_pipe(tt_device.fds, 1, 1), 0);

	tt_device.irq = um_request_irq(UM_IRQ_ALLOC, tt_device.fds[0], IRQ_READ,
				       tt_device_irq, 0, "um-time-travel-kunit",
				       &tt_device);
	KUNIT_ASSERT_LT(f->test, 0, tt_device.irq);
	if (handler)
		um_irq_set_tt_handler(tt_device.fds[0], IRQ_READ, handler);
}

static int tt_init_device(struct kunit *test)
{
	tt_device.irq = -1;
	tt_device.reply = -1;
	tt_device.fds[0] = -1;
	tt_device.fds[1] = -1;
	tt_device.irqs = 0;

	return tt_init(test);
}

static void tt_exit_device(struct kunit *test)
{
	if (tt_device.irq > 0)
		um_free_irq(tt_device.irq, &tt_device);
	tt_close(&tt_device.fds[0]);
	tt_close(&tt_device.fds[1]);
	tt_close(&tt_device.reply);
	tt_exit(test);
}

/* The device may interrupt after any instruction once FREE_UNTIL was found. */
static void tt_test_wait_readable_interrupted(struct kunit *test)
{
	struct tt_fixture *f = test->priv;

	tt_need_ptrace(test);
	tt_open_device(f, tt_device_handler);
	f->trace.syscalls = 1;
	f->trace.then = tt_then_interrupt;
	for (f->trace.steps = 0; !f->ended; f->trace.steps++) {
		tt_go_live(f);
		tt_send(f, UM_TIMETRAVEL_FREE_UNTIL, 100);
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

/* The device may interrupt after any instruction once WAIT was sent. */
static void tt_wait_interrupted(struct tt_fixture *f, u64 req_time)
{
	tt_need_ptrace(f->test);
	tt_open_device(f, tt_device_handler);
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
	tt_slot(f, TT_OTHER)->capa = TT_CAP;
	f->mem->current_time = TT_OFFSET + 77;
	tt_wait_interrupted(f, TT_OFFSET + 77);
}

/* An interrupt that is not for time travel is put off, and not lost. */
static void tt_test_interrupt_put_off(struct kunit *test)
{
	struct tt_fixture *f = test->priv;
	unsigned int during;
	char c = 0;

	tt_open_device(f, NULL);
	tt_begin(f);
	os_write_file(tt_device.fds[1], &c, sizeof(c));
	sigio_run_timetravel_handlers();
	during = tt_device.irqs;
	tt_end(f);
	KUNIT_EXPECT_EQ(test, during, 0U);
	KUNIT_EXPECT_EQ(test, tt_device.irqs, 1U);
}

static struct kunit_case tt_interrupt_cases[] = {
	KUNIT_CASE(tt_test_irq_event),
	KUNIT_CASE(tt_test_wait_interrupted),
	KUNIT_CASE(tt_test_wait_readable_interrupted),
	KUNIT_CASE(tt_test_wait_interrupted_msg),
	KUNIT_CASE(tt_test_wait_interrupted_shm),
	KUNIT_CASE(tt_test_interrupt_put_off),
	{}
};

static struct kunit_suite tt_interrupt_suite = {
	.name = "um_time_travel_interrupt",
	.init = tt_init_device,
	.exit = tt_exit_device,
	.test_cases = tt_interrupt_cases,
};

kunit_test_suite(tt_interrupt_suite);
