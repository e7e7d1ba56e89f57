// SPDX-License-Identifier: GPL-2.0
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "fake.h"

/* a test that hangs must not hang whoever runs it */
#define PATIENCE_S 60

#define same(a, b, file, line) \
	_assert_int_equal((LargestIntegralType)(a), (LargestIntegralType)(b), \
			  file, line)

unsigned int open_fds(void)
{
	DIR *dir = opendir("/proc/self/fd");
	unsigned int n = 0;

	assert_non_null(dir);
	while (readdir(dir))
		n++;
	closedir(dir);
	return n;
}

/* how often the memory is mapped */
static unsigned int mappings(void)
{
	FILE *maps = fopen("/proc/self/maps", "re");
	unsigned int n = 0;
	char line[512];

	assert_non_null(maps);
	while (fgets(line, sizeof(line), maps))
		n += !!strstr(line, "memfd:memory");
	fclose(maps);
	return n;
}

void fake_listen(struct fake *fake)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX, .sun_path = "s" };

	fake->listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_int_equal(bind(fake->listener, (struct sockaddr *)&addr,
			      sizeof(addr)), 0);
	assert_int_equal(listen(fake->listener, 1), 0);
}

int fake_setup(void **state)
{
	struct fake *fake = calloc(1, sizeof(*fake));

	alarm(PATIENCE_S);
	assert_non_null(fake);
	fake->open_fds = open_fds();
	strcpy(fake->dir, "/tmp/test_client.XXXXXX");
	assert_non_null(mkdtemp(fake->dir));
	assert_int_equal(chdir(fake->dir), 0);
	fake->listener = fake->fd = fake->memfd = -1;
	fake->opt = (struct tt_client_options) {
		.size = sizeof(fake->opt),
		.path = "s",
		.name = 0x77,
		.timeout_ms = 1000 * PATIENCE_S,
		.data = fake,
	};
	fake->ack.time = SLOT;
	fake->seq = fake->acked = 100;
	*state = fake;
	return 0;
}

int fake_teardown(void **state)
{
	struct fake *fake = *state;

	tt_client_close(fake->client);
	assert_int_equal(mappings(), !!fake->mem);
	if (fake->mem)
		munmap(fake->mem, MEMORY_SIZE);
	close(fake->memfd);
	close(fake->fd);
	close(fake->listener);
	/* whatever came and went, nothing is left open */
	assert_int_equal(open_fds(), fake->open_fds);
	unlink("s");
	assert_int_equal(chdir("/"), 0);
	assert_int_equal(rmdir(fake->dir), 0);
	free(fake);
	alarm(0);
	return 0;
}

void fake_offer_memory(struct fake *fake, uint64_t now)
{
	fake->memfd = memfd_create("memory", MFD_CLOEXEC);
	assert_int_equal(ftruncate(fake->memfd, MEMORY_SIZE), 0);
	fake->mem = mmap(NULL, MEMORY_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED,
			 fake->memfd, 0);
	assert_true(fake->mem != MAP_FAILED);
	fake->mem->version = UM_TIMETRAVEL_SCHEDSHM_VERSION;
	fake->mem->len = MEMORY_SIZE;
	fake->mem->max_clients = SLOTS;
	fake->mem->current_time = now;
	fake->mem->free_until = now;
	fake->mem->running_id = SLOT;
	fake->mem->clients[0].capa = UM_TIMETRAVEL_SCHEDSHM_CAP_TIME_SHARE;
	fake->fds[UM_TIMETRAVEL_SHARED_MEMFD] = fake->memfd;
	fake->fds[UM_TIMETRAVEL_SHARED_LOGFD] = STDERR_FILENO;
	fake->nfds = UM_TIMETRAVEL_SHARED_MAX_FDS;
}

void send_with_fds(struct fake *fake, const void *data, size_t len)
{
	union {
		char buf[CMSG_SPACE(sizeof(fake->fds))];
		struct cmsghdr align;
	} control = {};
	struct iovec iov = { .iov_base = (void *)data, .iov_len = len };
	struct msghdr hdr = { .msg_iov = &iov, .msg_iovlen = 1 };
	size_t size = fake->nfds * sizeof(*fake->fds);
	struct cmsghdr *cmsg;

	if (size) {
		hdr.msg_control = control.buf;
		hdr.msg_controllen = CMSG_SPACE(size);
		cmsg = CMSG_FIRSTHDR(&hdr);
		cmsg->cmsg_level = SOL_SOCKET;
		cmsg->cmsg_type = SCM_RIGHTS;
		cmsg->cmsg_len = CMSG_LEN(size);
		memcpy(CMSG_DATA(cmsg), fake->fds, size);
	}
	sendmsg(fake->fd, &hdr, MSG_NOSIGNAL);
}

static void *serve(void *data)
{
	struct fake *fake = data;
	struct um_timetravel_msg msg;

	fake->fd = accept4(fake->listener, NULL, NULL, SOCK_CLOEXEC);
	if (fake->serve) {
		fake->serve(fake);
		return NULL;
	}
	if (recv(fake->fd, &msg, sizeof(msg), MSG_WAITALL) != sizeof(msg) ||
	    msg.op != START || msg.time != fake->opt.name)
		return "START is wrong";
	fake->ack.seq = fake->asked = msg.seq;
	send_with_fds(fake, &fake->ack, sizeof(fake->ack));
	return NULL;
}

int fake_open(struct fake *fake)
{
	pthread_t thread;
	void *wrong;
	int ret;

	fake_listen(fake);
	assert_int_equal(pthread_create(&thread, NULL, serve, fake), 0);
	ret = tt_client_open(&fake->client, &fake->opt);
	assert_int_equal(pthread_join(thread, &wrong), 0);
	assert_null(wrong);
	return ret;
}

struct fake *by_messages(void **state)
{
	struct fake *fake = *state;

	ok(fake_open(fake));
	assert_false(tt_client_uses_memory(fake->client));
	return fake;
}

struct fake *with_memory(void **state, uint64_t now)
{
	struct fake *fake = *state;

	fake_offer_memory(fake, now);
	ok(fake_open(fake));
	assert_string_equal(tt_client_error(fake->client), "");
	assert_true(tt_client_uses_memory(fake->client));
	return fake;
}

union um_timetravel_schedshm_client *fake_slot(struct fake *fake)
{
	return &fake->mem->clients[SLOT];
}

void say_raw(struct fake *fake, const void *data, size_t len)
{
	assert_int_equal(send(fake->fd, data, len, MSG_NOSIGNAL), len);
}

void say_seq(struct fake *fake, uint32_t op, uint32_t seq, uint64_t time)
{
	struct um_timetravel_msg msg = { .op = op, .seq = seq, .time = time };

	say_raw(fake, &msg, sizeof(msg));
}

void say(struct fake *fake, uint32_t op, uint64_t time)
{
	say_seq(fake, op, ++fake->seq, time);
}

void acknowledge(struct fake *fake, uint64_t time)
{
	say_seq(fake, ACK, ++fake->asked, time);
}

void fall_silent(struct fake *fake)
{
	assert_int_equal(shutdown(fake->fd, SHUT_WR), 0);
}

void _said(struct fake *fake, uint32_t op, uint64_t time, const char *file,
	   int line)
{
	struct um_timetravel_msg msg = {};

	same(recv(fake->fd, &msg, sizeof(msg), MSG_DONTWAIT), sizeof(msg),
	     file, line);
	same(msg.op, op, file, line);
	same(msg.time, time, file, line);
	if (op == ACK)
		same(msg.seq, ++fake->acked, file, line);
}

static void *play_steps(void *data)
{
	struct fake *fake = data;
	struct um_timetravel_msg msg;
	unsigned int i;
	uint32_t seq;

	for (i = 0; i < fake->nr_steps; i++) {
		const struct step *step = &fake->steps[i];

		if (!step->hear) {
			seq = step->op == ACK ? fake->asked : ++fake->seq;
			say_seq(fake, step->op, seq, step->time);
			continue;
		}
		if (recv(fake->fd, &msg, sizeof(msg), MSG_WAITALL) !=
		    sizeof(msg) || msg.op != step->op ||
		    msg.time != step->time)
			return "something else was said";
		if (msg.op != ACK)
			fake->asked = msg.seq;
		else if (msg.seq != ++fake->acked)
			return "something else was acknowledged";
	}
	return NULL;
}

void play(struct fake *fake, const struct step *steps, unsigned int n)
{
	assert_in_range(n, 1, sizeof(fake->steps) / sizeof(*steps));
	memcpy(fake->steps, steps, n * sizeof(*steps));
	fake->nr_steps = n;
	ok(pthread_create(&fake->player, NULL, play_steps, fake));
}

void played(struct fake *fake)
{
	void *wrong;

	ok(pthread_join(fake->player, &wrong));
	if (wrong)
		fail_msg("%s", (const char *)wrong);
	said_nothing(fake);
}

void _said_nothing(struct fake *fake, const char *file, int line)
{
	char byte;

	same(recv(fake->fd, &byte, 1, MSG_DONTWAIT), -1, file, line);
	same(errno, EAGAIN, file, line);
}

void note(struct fake *fake, const char *fmt, ...)
{
	size_t len = strlen(fake->log);
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(fake->log + len, sizeof(fake->log) - len, fmt, ap);
	va_end(ap);
}

void _fails(int got, struct tt_client *client, int ret, const char *text,
	    const char *file, int line)
{
	const char *error = tt_client_error(client);

	same(got, ret, file, line);
	if (!strstr(error, text) || strchr(error, '\n')) {
		print_error("expected a line with \"%s\", got \"%s\"\n", text,
			    error);
		_fail(file, line);
	}
}

void _shows(struct tt_client *client, uint64_t ns, const char *file, int line)
{
	uint64_t now = ~ns;

	same(tt_client_now(client, &now), 0, file, line);
	same(now, ns, file, line);
}
