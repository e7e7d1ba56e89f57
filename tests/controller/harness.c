// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "harness.h"
#include "simtime.h"

/* a test that hangs is killed by its alarm */
#define TEST_TIMEOUT_S 120

uint64_t sim_clock;

int __real_clock_gettime(clockid_t clock, struct timespec *time);

/* the linker makes the controller call this one */
int __wrap_clock_gettime(clockid_t clock, struct timespec *time)
{
	if (clock != CLOCK_MONOTONIC || !sim_clock)
		return __real_clock_gettime(clock, time);
	*time = (struct timespec) {
		.tv_sec = sim_clock / NSEC_PER_SEC,
		.tv_nsec = sim_clock % NSEC_PER_SEC,
	};
	return 0;
}

int sim_setup(void **state)
{
	struct sim *sim = calloc(1, sizeof(*sim));

	sim_clock = 0;
	alarm(TEST_TIMEOUT_S);
	assert_non_null(sim);
	options_default(&sim->opt);
	sim->opt.start_time = 1000000;
	sim->opt.cpu = CPU_NOWHERE;
	sim->log = memfd_create("log", MFD_CLOEXEC);
	assert_true(sim->log >= 0);
	log_setup(sim->log, false);
	*state = sim;
	return 0;
}

void sim_begin(struct sim *sim)
{
	assert_int_equal(controller_init(&sim->ctl, &sim->opt), 0);
}

int sim_teardown(void **state)
{
	struct sim *sim = *state;
	unsigned int i;

	for (i = 0; i < sim->npeers; i++)
		peer_close(&sim->peers[i]);
	if (sim->ctl.opt)
		controller_destroy(&sim->ctl);
	log_setup(STDERR_FILENO, false);
	close(sim->log);
	options_free(&sim->opt);
	free(sim);
	alarm(0);
	return 0;
}

void sim_settle(struct sim *sim)
{
	struct pollfd ready = { .fd = sim->ctl.loop.epoll, .events = POLLIN };

	while (!sim->verdict && poll(&ready, 1, 0) == 1)
		sim->verdict = controller_step(&sim->ctl, 0);
	/* it decides whether it is over when nothing is left to be read */
	if (!sim->verdict)
		sim->verdict = controller_step(&sim->ctl, 0);
}

struct group *sim_group(struct sim *sim)
{
	return TAILQ_FIRST(&sim->ctl.groups.all);
}

void sim_wants_until(struct sim *sim)
{
	struct client *client;

	TAILQ_FOREACH(client, &sim->ctl.clients.all, link)
		client->wants_until = true;
}

void sim_machines(struct sim *sim)
{
	struct client *client;

	TAILQ_FOREACH(client, &sim->ctl.clients.all, link)
		client->stoppable = true;
}

const char *sim_log(struct sim *sim)
{
	static char text[65536];
	off_t len = lseek(sim->log, 0, SEEK_CUR);

	assert_in_range(len, 0, sizeof(text) - 1);
	assert_int_equal(pread(sim->log, text, len, 0), len);
	text[len] = '\0';
	assert_int_equal(ftruncate(sim->log, 0), 0);
	lseek(sim->log, 0, SEEK_SET);
	return text;
}

struct peer *peer_connect(struct sim *sim)
{
	struct peer *peer = &sim->peers[sim->npeers++];
	int pair[2];

	assert_in_range(sim->npeers, 1, MAX_PEERS);
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0,
				    pair), 0);
	*peer = (struct peer) { .fd = pair[0], .fds = { -1, -1 } };
	assert_int_equal(controller_add(&sim->ctl, pair[1]), 0);
	return peer;
}

struct peer *peer_join(struct sim *sim, uint64_t name)
{
	struct peer *peer = peer_connect(sim);

	peer_send(peer, START, name);
	sim_settle(sim);
	return peer;
}

void peer_send_raw(struct peer *peer, const void *data, size_t len)
{
	assert_int_equal(send(peer->fd, data, len, MSG_NOSIGNAL), len);
}

void peer_send_seq(struct peer *peer, uint32_t op, uint32_t seq,
		   uint64_t time)
{
	struct um_timetravel_msg msg = { .op = op, .seq = seq, .time = time };

	peer_send_raw(peer, &msg, sizeof(msg));
}

void peer_send(struct peer *peer, uint32_t op, uint64_t time)
{
	peer_send_seq(peer, op, ++peer->seq, time);
}

void peer_close(struct peer *peer)
{
	unsigned int i;

	for (i = 0; i < UM_TIMETRAVEL_SHARED_MAX_FDS; i++) {
		if (peer->fds[i] >= 0)
			close(peer->fds[i]);
		peer->fds[i] = -1;
	}
	if (peer->mem)
		munmap(peer->mem, peer->mem->len);
	peer->mem = NULL;
	if (peer->fd >= 0)
		close(peer->fd);
	peer->fd = -1;
}

/* returns 1 for a message, 0 for the end of the connection, -1 for nothing */
int peer_receive(struct peer *peer, struct um_timetravel_msg *msg)
{
	union {
		char buf[CMSG_SPACE(sizeof(int) * 4)];
		struct cmsghdr align;
	} control;
	struct iovec iov = { .iov_base = msg, .iov_len = sizeof(*msg) };
	struct msghdr hdr = {
		.msg_iov = &iov,
		.msg_iovlen = 1,
		.msg_control = control.buf,
		.msg_controllen = sizeof(control.buf),
	};
	struct cmsghdr *cmsg;
	ssize_t ret;

	ret = recvmsg(peer->fd, &hdr, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
	if (ret < 0 && errno == EAGAIN)
		return -1;
	if (ret <= 0)
		return 0;
	assert_int_equal(ret, sizeof(*msg));
	cmsg = CMSG_FIRSTHDR(&hdr);
	if (cmsg) {
		/* descriptors come only once */
		assert_int_equal(peer->fds[0], -1);
		assert_int_equal(cmsg->cmsg_type, SCM_RIGHTS);
		assert_int_equal(cmsg->cmsg_len, CMSG_LEN(sizeof(peer->fds)));
		memcpy(peer->fds, CMSG_DATA(cmsg), sizeof(peer->fds));
	}
	return 1;
}

union um_timetravel_schedshm_client *peer_slot(struct peer *peer)
{
	return &peer->mem->clients[peer->slot];
}

void peer_share(struct peer *peer)
{
	peer_slot(peer)->capa |= UM_TIMETRAVEL_SCHEDSHM_CAP_TIME_SHARE;
}

/* what a client does while the running one uses the memory */
void peer_want(struct peer *peer, uint64_t time)
{
	peer_slot(peer)->req_time = time;
	peer_slot(peer)->flags |= UM_TIMETRAVEL_SCHEDSHM_FLAGS_REQ_RUN;
	if (time < peer->mem->free_until)
		peer->mem->free_until = time;
}

static bool shares(struct peer *peer)
{
	return peer->mem && peer_slot(peer)->capa &
			    UM_TIMETRAVEL_SCHEDSHM_CAP_TIME_SHARE;
}

void _gets(struct sim *sim, struct peer *peer, uint32_t op, uint64_t time,
	   const char *file, int line)
{
	struct um_timetravel_msg msg;

	same_u64(peer_receive(peer, &msg), 1, file, line);
	same_u64(msg.op, op, file, line);
	same_u64(msg.time, time, file, line);
	if (op == ACK) {
		same_u64(msg.seq, peer->seq, file, line);
	} else if (op == RUN && shares(peer)) {
		peer_slot(peer)->flags &= ~UM_TIMETRAVEL_SCHEDSHM_FLAGS_REQ_RUN;
	} else {
		peer_send_seq(peer, ACK, msg.seq, 0);
		sim_settle(sim);
	}
}

void _gets_nothing(struct peer *peer, const char *file, int line)
{
	struct um_timetravel_msg msg;

	same_u64(peer_receive(peer, &msg), -1, file, line);
}

void _is_dropped(struct sim *sim, struct peer *peer, const char *why,
		 const char *file, int line)
{
	struct um_timetravel_msg msg;
	const char *log;
	int ret;

	sim_settle(sim);
	do {
		ret = peer_receive(peer, &msg);
	} while (ret > 0);
	same_u64(ret, 0, file, line);

	log = sim_log(sim);
	if (!strstr(log, why) || strncmp(log, LOG_PREFIX, strlen(LOG_PREFIX)) ||
	    strchr(log, '\n') != log + strlen(log) - 1) {
		print_error("expected one line with \"%s\", logged was \"%s\"\n",
			    why, log);
		_fail(file, line);
	}
}

void _ask(struct sim *sim, struct peer *peer, uint32_t op, uint64_t time,
	  uint64_t answer, const char *file, int line)
{
	peer_send(peer, op, time);
	sim_settle(sim);
	_gets(sim, peer, ACK, answer, file, line);
}

void _broadcast(struct sim *sim, struct peer *from, struct peer *to,
		uint64_t value, const char *file, int line)
{
	peer_send(from, BROADCAST, value);
	sim_settle(sim);
	_gets_nothing(from, file, line);
	_gets(sim, to, BROADCAST, value, file, line);
	_gets(sim, from, ACK, 0, file, line);
}

void _is_started(struct peer *peer, bool memory, const char *file, int line)
{
	struct um_timetravel_msg msg;
	uint32_t len;

	same_u64(peer_receive(peer, &msg), 1, file, line);
	same_u64(msg.op, ACK, file, line);
	same_u64(msg.seq, peer->seq, file, line);
	peer->slot = msg.time & UM_TIMETRAVEL_START_ACK_ID;
	same_u64(peer->fds[0] >= 0, memory, file, line);
	same_u64(peer->fds[1] >= 0, memory, file, line);
	if (!memory)
		return;
	same_u64(pread(peer->fds[0], &len, sizeof(len),
		       offsetof(struct um_timetravel_schedshm, len)),
		 sizeof(len), file, line);
	peer->mem = mmap(NULL, len, PROT_READ | PROT_WRITE, MAP_SHARED,
			 peer->fds[0], 0);
	assert_true(peer->mem != MAP_FAILED);
	peer_share(peer);
}

void _wait_for(struct sim *sim, struct peer *peer, uint64_t time,
	       const char *file, int line)
{
	_ask(sim, peer, REQUEST, time, 0, file, line);
	peer_send(peer, WAIT, -1);
	sim_settle(sim);
	_gets(sim, peer, ACK, 0, file, line);
}

void memory_wait_for(struct sim *sim, struct peer *peer, uint64_t now,
		     uint64_t time)
{
	peer->mem->current_time = now;
	peer_want(peer, time);
	peer_send(peer, WAIT, -1);
	sim_settle(sim);
}
