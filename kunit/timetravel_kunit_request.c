// SPDX-License-Identifier: GPL-2.0
/*
 * Tests of external time-travel: whether a client has to ask to run, and how it
 * does so. Included by timetravel_kunit.c.
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

static void tt_test_same_time_msg(struct kunit *test)
{
	struct tt_fixture *f = test->priv;

	tt_request_by_msg(f, 100, 100);
	tt_request_silently(f, 100);
	tt_request_by_msg(f, 99, 99);
	tt_request_by_msg(f, 100, 100);
	tt_wait_and_run(f, 100, false);
	tt_request_by_msg(f, 100, 100);
	/* time 0 is not mistaken for one that was requested */
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

	tt_wait_and_run(f, TT_OFFSET + 100, false);
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
	bool other_runs;
};

static const struct tt_free_until tt_free_until_msg[] = {
	/* name, offset, free_until, time, waiting, skipped, other_runs */
	{ "later",		  0, 101, 100, 0, true },
	{ "equal",		  0, 100, 100 },
	{ "earlier",		  0, 99, 100 },
	{ "zero",		  0, 0, 0 },
	{ "one ns",		  0, 1, 0, 0, true },
	{ "latest",		  0, U64_MAX, U64_MAX - 1, 0, true },
	{ "latest, equal",	  0, U64_MAX, U64_MAX },
	{ "later, but waiting",	  0, 101, 100, 1 },
};

TT_ROWS(free_until_msg);

static void tt_test_free_until_msg(struct kunit *test)
{
	const struct tt_free_until *row = test->param_value;
	struct tt_fixture *f = test->priv;
	bool res;

	tt_send(f, UM_TIMETRAVEL_FREE_UNTIL, row->free_until);
	tt_read(f);
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
	{ "another's, later",	  0, 101, 100, 0, false, true },
	{ "another's, latest",	  1000, U64_MAX, 100, 0, false, true },
};

TT_ROWS(free_until_shm);

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
	if (row->other_runs)
		tt_let_other_run(f);

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

/*
 * The controller may raise free-until after any instruction. A client that
 * waits then must have asked, and one that goes on must not.
 */
static void tt_test_raised_free_until(struct kunit *test)
{
	struct tt_fixture *f = test->priv;
	unsigned int waits = 0, goes_on = 0;

	tt_need_ptrace(test);
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
	tt_wait_and_run(f, 100, false);
	tt_send(f, UM_TIMETRAVEL_FREE_UNTIL, 300);
	tt_read(f);
	tt_request_silently(f, 200);
	/* WAIT ends the free-until of the run before it */
	tt_wait_and_run(f, 200, false);
	tt_request_by_msg(f, 250, 250);
}

/* A FREE_UNTIL that comes before WAIT's ACK is for the run that ends. */
static void tt_test_free_until_crosses(struct kunit *test)
{
	struct tt_fixture *f = test->priv;

	tt_send(f, UM_TIMETRAVEL_FREE_UNTIL, 500);
	tt_send_ack(f, 0);
	tt_send(f, UM_TIMETRAVEL_RUN, 100);
	tt_begin(f);
	time_travel_ext_wait(false);
	tt_end(f);
	tt_expect_sent(f, 3);
	tt_expect_msg(f, 0, UM_TIMETRAVEL_WAIT, -1);
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
	/* the time in the ACK to REQUEST means nothing */
	KUNIT_EXPECT_EQ(test, f->s.time, 0ULL);
}

/* When REQUEST arrives, the client itself must be holding off SIGIO. */
static void tt_note_blocked(void *arg)
{
	struct tt_fixture *f = arg;

	unblock_signals_hard();
	block_signals_hard();
	f->interrupts++;
}

static void tt_do_request_unblocked(struct tt_fixture *f)
{
	/* tt_begin() has blocked them */
	unblock_signals_hard();
	os_call_when_readable(f->ctl, tt_note_blocked, f);
	time_travel_ext_update_request(100);
	os_call_when_readable(f->ctl, NULL, NULL);
	block_signals_hard();
}

static void tt_test_request_blocks(struct kunit *test)
{
	struct tt_fixture *f = test->priv;

	tt_send_ack(f, 0);
	tt_run_child(f, tt_do_request_unblocked);
	KUNIT_EXPECT_STREQ(test, f->panic_text, "");
	KUNIT_EXPECT_EQ(test, f->interrupts, 1U);
	KUNIT_EXPECT_EQ(test, f->n_sent, 1U);
}

static void tt_test_before_ack(struct kunit *test)
{
	struct tt_fixture *f = test->priv;

	tt_send(f, UM_TIMETRAVEL_FREE_UNTIL, 500);
	tt_send(f, UM_TIMETRAVEL_BROADCAST, 0xb0);
	tt_send(f, UM_TIMETRAVEL_RUN, 50);
	tt_send_ack(f, 0);
	tt_request(f, 100);

	tt_expect_sent(f, 4);
	tt_expect_msg(f, 0, UM_TIMETRAVEL_REQUEST, 100);
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

TT_ROWS(running);

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
	/* the client must go by what it read, and checked, at START */
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

	/* it has left alone what belongs to others */
	KUNIT_EXPECT_EQ(test, f->mem->current_time, TT_OFFSET);
	KUNIT_EXPECT_EQ(test, f->mem->running_id, row->running);
	KUNIT_EXPECT_EQ(test, tt_slot(f, TT_OTHER)->flags, 0U);
	KUNIT_EXPECT_EQ(test, tt_slot(f, 0)->flags, 0U);
}

/* Whoever sees the flag sees the time, and whoever sees free-until sees both. */
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

/* After any instruction, all of a request can be seen, or nothing. */
static void tt_test_request_whole(struct kunit *test)
{
	struct tt_fixture *f = test->priv;

	tt_need_ptrace(test);
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

static struct kunit_suite tt_request_suite = {
	.name = "um_time_travel_request",
	.init = tt_init,
	.exit = tt_exit,
	.test_cases = tt_request_cases,
};

kunit_test_suite(tt_request_suite);
