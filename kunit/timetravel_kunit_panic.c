// SPDX-License-Identifier: GPL-2.0
/*
 * Tests of external time-travel: when a client must panic. Included by
 * timetravel_kunit.c.
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

static void tt_do_update_time(struct tt_fixture *f)
{
	__time_travel_update_time(100, false);
}

/* If the call has left signals as it found them, the second one is in excess. */
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

/* The controller ends before it has read what was sent to it. */
static void tt_prepare_reset(struct tt_fixture *f)
{
	int fds[2];
	char c = 0;

	os_write_file(f->s.fd, &c, sizeof(c));
	tt_close(&f->ctl);

	/* the fixture needs a controller's end to work on */
	KUNIT_ASSERT_EQ(f->test, os_pipe(fds, 1, 1), 0);
	os_close_file(fds[1]);
	f->ctl = fds[0];
}

static void tt_prepare_file(struct tt_fixture *f)
{
	tt_create_mem(f, TT_SIZE);
}

static void tt_prepare_ack(struct tt_fixture *f)
{
	tt_send_ack(f, 0);
}

static void tt_prepare_part(struct tt_fixture *f)
{
	tt_send_bytes(f, "RUN?", 4, NULL, 0);
}

static void tt_prepare_next_seq(struct tt_fixture *f)
{
	tt_send_fds(f, UM_TIMETRAVEL_ACK, f->s.seq + 2, 0, NULL, 0);
}

static void tt_prepare_last_seq(struct tt_fixture *f)
{
	tt_send_fds(f, UM_TIMETRAVEL_ACK, f->s.seq, 0, NULL, 0);
}

static void tt_prepare_run_past(struct tt_fixture *f)
{
	f->s.time = 100;
	tt_send(f, UM_TIMETRAVEL_RUN, 99);
}

static void tt_prepare_run_before_start(struct tt_fixture *f)
{
	tt_send(f, UM_TIMETRAVEL_RUN, TT_OFFSET - 1);
}

static void tt_prepare_time_before_start(struct tt_fixture *f)
{
	f->mem->current_time = TT_OFFSET - 1;
}

static void tt_prepare_run_beside(struct tt_fixture *f)
{
	tt_let_other_run(f);
	tt_send(f, UM_TIMETRAVEL_RUN, TT_OFFSET + 100);
}

static void tt_prepare_last_runs(struct tt_fixture *f)
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
	{ "part of a message", false, tt_prepare_part, tt_do_read,
	  "invalid time-travel message - 4 bytes" },
	{ "link is closed at START", false, NULL, tt_do_connect,
	  "link is broken" },
	{ "link is reset", false, tt_prepare_reset, tt_do_request,
	  "link is broken" },
	{ "link is reset at START", false, tt_prepare_reset, tt_do_connect,
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
	{ "link is no socket", false, tt_prepare_file, tt_do_connect_no_socket,
	  "invalid time-travel message - -88 bytes" },
	{ "ACK of the message before", false, tt_prepare_last_seq, tt_do_request,
	  "different seqno" },
	{ "ACK of no message", false, tt_prepare_next_seq, tt_do_request,
	  "different seqno" },
	{ "RUN in the past", false, tt_prepare_run_past, tt_do_read,
	  "time goes backwards 100 -> 99" },
	{ "RUN before the start", true, tt_prepare_run_before_start, tt_do_read,
	  "RUN 999999 is before this machine started at 1000000" },
	{ "time before the start", true, tt_prepare_time_before_start, tt_do_get_time,
	  "current_time 999999 is before this machine started at 1000000" },
	{ "unblocking after WAIT", true, NULL, tt_do_wait_unblock,
	  "unblocking signals while not blocked" },
	{ "unblocking after an ACK", false, tt_prepare_ack, tt_do_get_unblock,
	  "unblocking signals while not blocked" },
	{ "publishing for another", true, tt_let_other_run, tt_do_publish,
	  TT_PANIC_PUBLISH },
	{ "publishing for the last", true, tt_prepare_last_runs, tt_do_publish,
	  TT_PANIC_PUBLISH },
	{ "RUN while another runs", true, tt_prepare_run_beside, tt_do_update_time,
	  TT_PANIC_PUBLISH },
};

TT_ROWS(panics);

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

static struct kunit_case tt_panic_cases[] = {
	KUNIT_CASE_PARAM(tt_test_panic, tt_panics_gen_params),
	{}
};

static struct kunit_suite tt_panic_suite = {
	.name = "um_time_travel_panic",
	.init = tt_init,
	.exit = tt_exit,
	.test_cases = tt_panic_cases,
};

kunit_test_suite(tt_panic_suite);
