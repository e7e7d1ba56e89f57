// SPDX-License-Identifier: GPL-2.0
/*
 * Tests of external time-travel: what the command line says, the connection, and
 * the memory that comes with the ACK to START. Included by timetravel_kunit.c.
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

TT_ROWS(acks);

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
	/* the client must keep capabilities that it does not know */
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
	tt_expect_sent(f, 1);
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

	/* without the memory it goes on with messages */
	if (row->attached) {
		KUNIT_EXPECT_EQ(test, tt_client_slot(&f->s.client), row->id);
	} else {
		tt_request_by_msg(f, 100, 100);
		tt_wait_and_run(f, 100, false);
	}
}

/* A descriptor whose size cannot be read is no memory. */
static void tt_test_no_memfd(struct kunit *test)
{
	struct tt_fixture *f = test->priv;

	tt_begin(f);
	tt_client_attach(-1, TT_ME);
	tt_end(f);
	KUNIT_EXPECT_FALSE(test, tt_client_attached(&f->s.client));
	tt_request_by_msg(f, 100, 100);
}

/* Descriptors that come with any message but START's ACK are no memory. */
static void tt_test_not_start_ack(struct kunit *test)
{
	struct tt_fixture *f = test->priv;
	int fds[UM_TIMETRAVEL_SHARED_MAX_FDS];

	tt_create_mem(f, TT_SIZE);
	tt_fill_mem(f, TT_OFFSET);
	fds[UM_TIMETRAVEL_SHARED_MEMFD] = f->memfd;
	fds[UM_TIMETRAVEL_SHARED_LOGFD] = f->memfd;

	tt_send_ack_fds(f, TT_ME, fds, ARRAY_SIZE(fds));
	tt_request(f, 100);
	tt_expect_sent(f, 1);
	KUNIT_EXPECT_FALSE(test, tt_client_attached(&f->s.client));

	tt_send_fds(f, UM_TIMETRAVEL_BROADCAST, TT_CTL_SEQ + UM_TIMETRAVEL_BROADCAST,
		    TT_ME, fds, ARRAY_SIZE(fds));
	tt_start(f, TT_ME, NULL, 0);
	tt_expect_sent(f, 2);
	tt_expect_ack(f, 1, UM_TIMETRAVEL_BROADCAST);
	KUNIT_EXPECT_FALSE(test, tt_client_attached(&f->s.client));
}

static int tt_lowest_free_fd(void)
{
	int fd = os_open_file("/dev/null", of_read(OPENFLAGS()), 0);

	if (fd >= 0)
		os_close_file(fd);

	return fd;
}

/*
 * Only what has come is received, and no more than there is room for; nothing that
 * the caller does not learn of stays open.
 */
static void tt_test_receive(struct kunit *test)
{
	struct tt_fixture *f = test->priv;
	int sent[UM_TIMETRAVEL_SHARED_MAX_FDS], fds[2], i, n, room, lowest;
	struct um_timetravel_msg msg = {};
	ssize_t ret;

	tt_create_mem(f, TT_SIZE);
	for (i = 0; i < ARRAY_SIZE(sent); i++)
		sent[i] = f->memfd;
	lowest = tt_lowest_free_fd();

	for (n = 0; n <= ARRAY_SIZE(sent); n++) {
		for (room = 1; room <= ARRAY_SIZE(fds); room++) {
			fds[0] = -4711;
			fds[1] = -4711;
			tt_send_bytes(f, &msg, sizeof(msg), sent, n);
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
			KUNIT_EXPECT_EQ(test, tt_lowest_free_fd(), lowest);
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

/* Programs that the machine starts must not inherit what it receives. */
static void tt_test_close_on_exec(struct kunit *test)
{
	struct tt_fixture *f = test->priv;
	struct um_timetravel_msg msg = {};
	ssize_t ret;
	int got;

	tt_create_mem(f, TT_SIZE);
	tt_send_bytes(f, &msg, sizeof(msg), &f->memfd, 1);
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
	/* as many digits as the client has room for */
	{ "longest",		  "0x0000006b756e6974c10c4b:", 0x6b756e6974c10c4bULL },
};

TT_ROWS(options);

/* Accept the client's connection and acknowledge its START. */
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
	tt_expect_msg(f, 0, UM_TIMETRAVEL_START, row->id);
	/* a machine that reboots executes itself and connects again */
	KUNIT_EXPECT_TRUE(test, flags & O_CLOEXEC);
}

/* A path that is too long is an error; the client must not connect to its beginning. */
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

/* An option that is not understood must be left for the kernel to report. */
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

static struct kunit_suite tt_start_suite = {
	.name = "um_time_travel_start",
	.init = tt_init,
	.exit = tt_exit,
	.test_cases = tt_start_cases,
};

kunit_test_suite(tt_start_suite);
