// SPDX-License-Identifier: GPL-2.0
/*
 * Tests of external time-travel: waiting, running, and the clock. Included by
 * timetravel_kunit.c.
 */

static void tt_test_run_msg(struct kunit *test)
{
	struct tt_fixture *f = test->priv;

	tt_send(f, UM_TIMETRAVEL_RUN, 100);
	tt_read(f);
	tt_expect_sent(f, 1);
	tt_expect_ack(f, 0, UM_TIMETRAVEL_RUN);
	KUNIT_EXPECT_EQ(test, f->s.time, 100ULL);
}

static void tt_test_run_shm(struct kunit *test)
{
	struct tt_fixture *f = test->priv;

	tt_attach(f, TT_OFFSET);
	tt_request_silently(f, 100);
	tt_slot(f, TT_ME)->flags |= 0x80;
	tt_send(f, UM_TIMETRAVEL_RUN, TT_OFFSET + 100);
	tt_read(f);
	tt_expect_sent(f, 0);
	tt_expect_slot(f, 0x80, TT_OFFSET + 100);
	KUNIT_EXPECT_EQ(test, f->s.time, 100ULL);
}

static void tt_test_wait_msg(struct kunit *test)
{
	struct tt_fixture *f = test->priv;

	tt_wait_and_run(f, 0, false);
	tt_wait_and_run(f, 100, true);
}

static void tt_test_wait_shm(struct kunit *test)
{
	struct tt_fixture *f = test->priv;

	tt_attach(f, TT_OFFSET);
	tt_wait_and_run(f, TT_OFFSET, false);
	tt_wait_and_run(f, TT_OFFSET + 100, true);
	KUNIT_EXPECT_EQ(test, tt_slot(f, TT_ME)->flags, 0U);
}

static void tt_test_wait_acked(struct kunit *test)
{
	struct tt_fixture *f = test->priv;

	tt_send_ack(f, 0);
	tt_begin(f);
	time_travel_ext_req(UM_TIMETRAVEL_WAIT, -1);
	tt_end(f);
	tt_expect_sent(f, 1);
	tt_expect_msg(f, 0, UM_TIMETRAVEL_WAIT, -1);

	tt_attach(f, TT_OFFSET);
	tt_begin(f);
	time_travel_ext_req(UM_TIMETRAVEL_WAIT, -1);
	tt_end(f);
	tt_expect_sent(f, 1);
	tt_expect_msg(f, 0, UM_TIMETRAVEL_WAIT, -1);
}

static void tt_wait_for_run(struct tt_fixture *f)
{
	tt_send(f, UM_TIMETRAVEL_BROADCAST, 0xb0);
	tt_send(f, UM_TIMETRAVEL_FREE_UNTIL, 500);
	tt_send(f, UM_TIMETRAVEL_RUN, TT_OFFSET + 100);

	tt_begin(f);
	time_travel_ext_wait(false);
	tt_end(f);

	tt_expect_msg(f, 0, UM_TIMETRAVEL_WAIT, -1);
	tt_expect_ack(f, 1, UM_TIMETRAVEL_BROADCAST);
	tt_expect_ack(f, 2, UM_TIMETRAVEL_FREE_UNTIL);
}

static void tt_test_wait_for_run_msg(struct kunit *test)
{
	struct tt_fixture *f = test->priv;

	tt_send_ack(f, 0);
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

static void tt_update_time(struct tt_fixture *f, u64 time)
{
	tt_begin(f);
	__time_travel_update_time(time, false);
	tt_end(f);
}

static void tt_test_update_time_msg(struct kunit *test)
{
	struct tt_fixture *f = test->priv;

	tt_send_ack(f, 0);
	tt_send_ack(f, 0);
	tt_send(f, UM_TIMETRAVEL_RUN, 50);
	tt_update_time(f, 100);
	tt_expect_sent(f, 3);
	tt_expect_msg(f, 0, UM_TIMETRAVEL_REQUEST, 100);
	tt_expect_msg(f, 1, UM_TIMETRAVEL_WAIT, -1);
	tt_expect_ack(f, 2, UM_TIMETRAVEL_RUN);
	KUNIT_EXPECT_EQ(test, f->s.time, 50ULL);
}

static void tt_test_update_time_shm(struct kunit *test)
{
	struct tt_fixture *f = test->priv;

	tt_attach(f, TT_OFFSET);

	/* it is free to go on, and publishes how far it went */
	f->mem->free_until = TT_OFFSET + 101;
	tt_update_time(f, 100);
	tt_expect_sent(f, 0);
	KUNIT_EXPECT_EQ(test, f->s.time, 100ULL);
	KUNIT_EXPECT_EQ(test, f->mem->current_time, TT_OFFSET + 100);

	/* it has to ask, and runs at another time than it asked for */
	f->mem->current_time = TT_OFFSET + 140;
	tt_send(f, UM_TIMETRAVEL_RUN, TT_OFFSET + 150);
	tt_update_time(f, 200);
	tt_expect_sent(f, 1);
	tt_expect_msg(f, 0, UM_TIMETRAVEL_WAIT, -1);
	tt_expect_slot(f, 0, TT_OFFSET + 200);
	KUNIT_EXPECT_EQ(test, f->s.time, 150ULL);
	KUNIT_EXPECT_EQ(test, f->mem->current_time, TT_OFFSET + 150);
}

/* The controller makes this client the running one when its WAIT arrives. */
static void tt_let_me_run(void *arg)
{
	struct tt_fixture *f = arg;

	f->interrupts++;
	f->mem->running_id = TT_ME;
}

/* Before its first WAIT a client may run beside another one. */
static void tt_test_update_time_beside(struct kunit *test)
{
	struct tt_fixture *f = test->priv;

	tt_attach(f, TT_OFFSET);
	f->mem->free_until = U64_MAX;
	tt_let_other_run(f);

	KUNIT_ASSERT_EQ(test, os_call_when_readable(f->ctl, tt_let_me_run, f), 0);
	tt_send(f, UM_TIMETRAVEL_RUN, TT_OFFSET + 100);
	tt_update_time(f, 100);
	KUNIT_EXPECT_LE(test, 1U, f->interrupts);
	tt_expect_sent(f, 1);
	tt_expect_msg(f, 0, UM_TIMETRAVEL_WAIT, -1);
	KUNIT_EXPECT_EQ(test, f->mem->free_until, TT_OFFSET + 100);
	KUNIT_EXPECT_EQ(test, f->s.time, 100ULL);
}

static void tt_test_get_time_msg(struct kunit *test)
{
	struct tt_fixture *f = test->priv;

	tt_send_ack(f, 77);
	tt_begin(f);
	time_travel_ext_get_time();
	tt_end(f);
	tt_expect_sent(f, 1);
	tt_expect_msg(f, 0, UM_TIMETRAVEL_GET, -1);
	KUNIT_EXPECT_EQ(test, f->s.time, 77ULL);
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

static void tt_test_time_of_day(struct kunit *test)
{
	struct tt_fixture *f = test->priv;

	tt_send_ack(f, 5000);
	tt_send_ack(f, 77);
	tt_begin(f);
	time_travel_set_start();
	tt_end(f);
	tt_expect_sent(f, 2);
	tt_expect_msg(f, 0, UM_TIMETRAVEL_GET_TOD, -1);
	tt_expect_msg(f, 1, UM_TIMETRAVEL_GET, -1);
	KUNIT_EXPECT_EQ(test, f->s.start, 5000ULL - 77);

	f->s.start_set = false;
	tt_attach(f, TT_OFFSET);
	f->mem->current_time = TT_OFFSET + 80;
	tt_send_ack(f, 5000);
	tt_begin(f);
	time_travel_set_start();
	tt_end(f);
	tt_expect_sent(f, 1);
	tt_expect_msg(f, 0, UM_TIMETRAVEL_GET_TOD, -1);
	KUNIT_EXPECT_EQ(test, f->s.start, 5000ULL - 80);

	/* it asks only once */
	tt_begin(f);
	time_travel_set_start();
	tt_end(f);
	tt_expect_sent(f, 0);
	KUNIT_EXPECT_EQ(test, f->s.start, 5000ULL - 80);
}

struct tt_timer {
	const char *name;
	u64 time;
	unsigned long delta;
	u64 want;
};

/* a multiple of 256 ns */
#define TT_DAY	(24 * 60 * 60 * (u64)NSEC_PER_SEC)

/* The clock counts in steps of 256 ns, and delta counts from the last step. */
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
	{ "more than 32 bits",		513,	U32_MAX,	512 + BIT_ULL(32) },
	{ "in a day",			512,	TT_DAY,		512 + TT_DAY },
};

TT_ROWS(timers);

static void tt_test_timer(struct kunit *test)
{
	/* in newer trees that is an array, of one for each processor */
	const struct clock_event_device *dev = (void *)&timer_clockevent;
	const struct tt_timer *row = test->param_value;
	struct time_travel_event machines, *first;
	struct tt_fixture *f = test->priv;
	u64 when;

	f->s.time = row->time;
	tt_send_ack(f, 0);
	tt_begin(f);
	/* there is only one such event, and the machine may have it in its list */
	machines = time_travel_timer_event;
	if (machines.pending)
		list_replace(&time_travel_timer_event.list, &machines.list);
	time_travel_timer_event.pending = false;
	/* the core sets a later timer again when the time has come */
	if (row->delta)
		itimer_next_event(min_t(u64, row->delta, dev->max_delta_ns),
				  NULL);
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
	tt_expect_msg(f, 0, UM_TIMETRAVEL_REQUEST, row->want);
}

static void tt_propagate(struct tt_fixture *f)
{
	tt_begin(f);
	__time_travel_propagate_time();
	tt_end(f);
}

static void tt_test_publish_msg(struct kunit *test)
{
	struct tt_fixture *f = test->priv;

	for (f->s.time = 100; f->s.time <= 200; f->s.time += 100) {
		tt_send_ack(f, 0);
		tt_propagate(f);
		tt_expect_sent(f, 1);
		tt_expect_msg(f, 0, UM_TIMETRAVEL_UPDATE, f->s.time);
		tt_propagate(f);
		tt_expect_sent(f, 0);
	}
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

static struct kunit_case tt_run_cases[] = {
	KUNIT_CASE(tt_test_run_msg),
	KUNIT_CASE(tt_test_run_shm),
	KUNIT_CASE(tt_test_wait_msg),
	KUNIT_CASE(tt_test_wait_shm),
	KUNIT_CASE(tt_test_wait_acked),
	KUNIT_CASE(tt_test_wait_for_run_msg),
	KUNIT_CASE(tt_test_wait_for_run_shm),
	KUNIT_CASE(tt_test_update_time_msg),
	KUNIT_CASE(tt_test_update_time_shm),
	KUNIT_CASE(tt_test_update_time_beside),
	KUNIT_CASE(tt_test_get_time_msg),
	KUNIT_CASE(tt_test_get_time_shm),
	KUNIT_CASE(tt_test_time_of_day),
	KUNIT_CASE_PARAM(tt_test_timer, tt_timers_gen_params),
	KUNIT_CASE(tt_test_publish_msg),
	KUNIT_CASE(tt_test_publish_shm),
	{}
};

static struct kunit_suite tt_run_suite = {
	.name = "um_time_travel_run",
	.init = tt_init,
	.exit = tt_exit,
	.test_cases = tt_run_cases,
};

kunit_test_suite(tt_run_suite);
