// SPDX-License-Identifier: GPL-2.0
/*
 * Tests of external time-travel: messages of the controller other than RUN.
 * Included by timetravel_kunit.c.
 */

static void tt_test_free_until_ignored(struct kunit *test)
{
	struct tt_fixture *f = test->priv;

	tt_attach(f, TT_OFFSET);
	f->mem->free_until = TT_OFFSET + 100;
	tt_send(f, UM_TIMETRAVEL_FREE_UNTIL, TT_OFFSET + 500);
	tt_read(f);
	tt_expect_sent(f, 1);
	tt_expect_ack(f, 0, UM_TIMETRAVEL_FREE_UNTIL);
	KUNIT_EXPECT_EQ(test, f->mem->free_until, TT_OFFSET + 100);

	tt_request_silently(f, 99);
	tt_expect_slot(f, 0, 0);
	tt_request_silently(f, 100);
	tt_expect_slot(f, TT_REQ, TT_OFFSET + 100);
}

static void tt_receive_broadcast(struct tt_fixture *f)
{
	f->s.should_print = 0;
	tt_send(f, UM_TIMETRAVEL_BROADCAST, 0xb40adca57ULL);
	tt_read(f);
	tt_expect_sent(f, 1);
	tt_expect_ack(f, 0, UM_TIMETRAVEL_BROADCAST);
	KUNIT_EXPECT_EQ(f->test, f->s.client.broadcast, 0xb40adca57ULL);
	KUNIT_EXPECT_EQ(f->test, f->s.should_print, 1);
	KUNIT_EXPECT_EQ(f->test, f->s.time, 0ULL);
}

static void tt_test_broadcast_msg(struct kunit *test)
{
	tt_receive_broadcast(test->priv);
}

static void tt_test_broadcast_shm(struct kunit *test)
{
	struct tt_fixture *f = test->priv;

	tt_attach(f, TT_OFFSET);
	tt_receive_broadcast(f);
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

	tt_send_ack(f, 0);
	tt_begin(f);
	ret = bc_message_store(NULL, NULL, "0xb0\n", 5);
	tt_end(f);
	KUNIT_EXPECT_EQ(test, ret, 5);
	tt_expect_sent(f, 1);
	tt_expect_msg(f, 0, UM_TIMETRAVEL_BROADCAST, 0xb0);
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

/* The client warns, so it does that in a child. */
static void tt_test_unknown_op(struct kunit *test)
{
	struct tt_fixture *f = test->priv;

	tt_send(f, 4711, 100);
	tt_run_child(f, tt_do_read);
	KUNIT_EXPECT_STREQ(test, f->panic_text, "");
	KUNIT_EXPECT_EQ(test, f->n_sent, 1U);
	KUNIT_EXPECT_EQ(test, f->unread, 0U);
	tt_expect_ack(f, 0, 4711);
}

/* What the controller sent before a device replied must be read first. */
static void tt_test_wait_readable(struct kunit *test)
{
	struct tt_fixture *f = test->priv;
	int fd = os_eventfd(1, 0);

	KUNIT_ASSERT_LE(test, 0, fd);
	f->raw = true;
	tt_send(f, UM_TIMETRAVEL_FREE_UNTIL, 100);
	tt_begin(f);
	__time_travel_wait_readable(fd);
	tt_end(f);
	KUNIT_EXPECT_EQ(test, f->n_sent, 1U);
	KUNIT_EXPECT_EQ(test, f->unread, 0U);
	tt_expect_ack(f, 0, UM_TIMETRAVEL_FREE_UNTIL);

	f->s.mode = TT_MODE_INFCPU;
	f->raw = true;
	tt_send(f, UM_TIMETRAVEL_FREE_UNTIL, 100);
	tt_begin(f);
	__time_travel_wait_readable(fd);
	tt_end(f);
	KUNIT_EXPECT_EQ(test, f->n_sent, 0U);
	KUNIT_EXPECT_EQ(test, f->unread, 1U);
	os_close_file(fd);
}

static struct kunit_case tt_message_cases[] = {
	KUNIT_CASE(tt_test_free_until_ignored),
	KUNIT_CASE(tt_test_broadcast_msg),
	KUNIT_CASE(tt_test_broadcast_shm),
	KUNIT_CASE(tt_test_broadcast_printed),
	KUNIT_CASE(tt_test_broadcast_sent),
	KUNIT_CASE(tt_test_broadcast_shown),
	KUNIT_CASE(tt_test_unknown_op),
	KUNIT_CASE(tt_test_wait_readable),
	{}
};

static struct kunit_suite tt_message_suite = {
	.name = "um_time_travel_message",
	.init = tt_init,
	.exit = tt_exit,
	.test_cases = tt_message_cases,
};

kunit_test_suite(tt_message_suite);
