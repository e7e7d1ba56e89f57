// SPDX-License-Identifier: GPL-2.0
/*
 * A wild machine: what it does to a network card is made from bytes, which
 * libFuzzer chooses (make -C net fuzz), or a generator in this file, for the
 * tests. The card must do nothing that a sanitizer minds, and come to an end.
 *
 * Half of all machines have set up their rings like UML's driver before; it
 * would take long to find out by chance how that is done.
 */
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include <linux/virtio_ring.h>

#include "ethernet.h"
#include "random.h"

#define MEM_SIZE 0x10000
#define MEM_BASE 0x100000
#define RING_SIZE 8
#define RING(queue) ((queue) * 0x1000)
#define BUFFERS 0x4000

/* what is offered, and what of that a driver may leave out */
#define FEATURES 0x160008020ULL
#define OPTIONAL 0x20008000ULL
#define PROTOCOL 0x4228

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/**
 * struct wild - a machine, and the card it has
 *
 * @eth: the card
 * @fd: messages
 * @calls: calls, and answers to them
 * @memfd: the memory, which may be cut, so that it is not mapped here
 * @data: bytes that were not used yet
 * @left: how many there are
 */
struct wild {
	struct ethernet eth;
	int fd;
	int calls;
	int memfd;
	const uint8_t *data;
	size_t left;
};

/* frames that machines have sent */
static unsigned int frames;

static int sent(struct ethernet *eth, const void *frame, size_t len)
{
	volatile uint8_t sum = 0;
	size_t i;

	(void)eth;
	/* all of it can be read */
	for (i = 0; i < len; i++)
		sum += ((const uint8_t *)frame)[i];
	frames++;
	return 0;
}

static uint8_t take(struct wild *w)
{
	if (!w->left)
		return 0;
	w->left--;
	return *w->data++;
}

static uint16_t take16(struct wild *w)
{
	uint8_t low = take(w);

	return low | take(w) << 8;
}

/* what follows is mostly sensible, and sometimes anything */

static uint16_t take_flags(struct wild *w)
{
	uint8_t what = take(w);

	if (what < 160)
		return 0;
	if (what < 220)
		return VRING_DESC_F_WRITE;
	return what & 7;
}

static uint16_t take_len(struct wild *w)
{
	uint16_t what = take16(w);

	return what < 0x1000 ? what & 0x3f : what % 1600;
}

static uint64_t take_address(struct wild *w)
{
	uint16_t what = take16(w);

	switch (what >> 13) {
	case 0:
		return what;
	case 1:
		return UINT64_MAX - (what & 0xff);
	case 2:
		return MEM_BASE + MEM_SIZE - (what & 0xff);
	default:
		return MEM_BASE + BUFFERS + (what & 0x1fff);
	}
}

/* a value as it should be, or seldom not */
static uint64_t maybe(struct wild *w, uint64_t value)
{
	uint8_t what = take(w);

	return what < 250 ? value : take_address(w) << (what & 1 ? 32 : 0);
}

static void send_message(struct wild *w, uint32_t request, uint32_t flags,
			 const void *payload, uint32_t size, int nr_fds)
{
	struct vhost_header header = { request, flags, size };
	struct iovec iov[2] = {
		{ &header, sizeof(header) },
		{ (void *)payload, size },
	};
	union {
		char buf[CMSG_SPACE(16 * sizeof(int))];
		struct cmsghdr align;
	} control = {};
	struct msghdr msg = { .msg_iov = iov, .msg_iovlen = 2 };
	int i;

	if (nr_fds) {
		msg.msg_control = control.buf;
		msg.msg_controllen = CMSG_SPACE(nr_fds * sizeof(int));
		control.align.cmsg_level = SOL_SOCKET;
		control.align.cmsg_type = SCM_RIGHTS;
		control.align.cmsg_len = CMSG_LEN(nr_fds * sizeof(int));
		for (i = 0; i < nr_fds; i++)
			memcpy(CMSG_DATA(&control.align) + i * sizeof(int),
			       request == 21 ? &w->calls : &w->memfd,
			       sizeof(int));
	}
	sendmsg(w->fd, &msg, MSG_DONTWAIT | MSG_NOSIGNAL);
}

static void send_number(struct wild *w, uint32_t request, uint64_t number)
{
	send_message(w, request, 1 | 8, &number, sizeof(number), 0);
}

/* as UML's driver does it, or nearly so; returns as vhost_receive() */
static int set_up(struct wild *w)
{
	uint64_t optional = (uint64_t)take(w) << 29 | (uint64_t)take(w) << 15;
	uint64_t region[9] = { 1 };
	uint64_t addr[5] = {};
	int pair[2], i, ret = 1;
	uint32_t queue;

	send_number(w, 16, maybe(w, PROTOCOL));
	if (socketpair(AF_UNIX, SOCK_STREAM, 0, pair))
		abort();
	w->calls = pair[1];
	send_message(w, 21, 1, NULL, 0, maybe(w, 1) & 1);
	close(pair[1]);
	w->calls = pair[0];
	send_number(w, 2, maybe(w, FEATURES & ~(optional & OPTIONAL)));
	region[0] = maybe(w, 1);
	region[1] = maybe(w, MEM_BASE);
	region[2] = maybe(w, MEM_SIZE);
	region[3] = maybe(w, MEM_BASE);
	region[4] = maybe(w, 0);
	region[5] = MEM_BASE;
	region[6] = 0x1000;
	region[7] = MEM_BASE;
	send_message(w, 5, 1, region, sizeof(region), region[0] & 3);
	for (queue = 0; queue < 2; queue++) {
		addr[0] = maybe(w, queue);
		addr[1] = maybe(w, MEM_BASE + RING(queue));
		addr[2] = maybe(w, MEM_BASE + RING(queue) + 0x800);
		addr[3] = maybe(w, MEM_BASE + RING(queue) + 0x400);
		send_number(w, 8, maybe(w, (uint64_t)RING_SIZE << 32 | queue));
		send_number(w, 10, maybe(w, queue));
		send_message(w, 9, 1, addr, sizeof(addr), 0);
		send_number(w, 18, maybe(w, 1ULL << 32 | queue));
	}
	/* several at once come with one read, descriptors end it */
	for (i = 0; i < 8 && ret > 0; i++)
		ret = vhost_receive(&w->eth.vhost);
	return ret;
}

static int begin(struct wild *w)
{
	static const uint8_t mac[6] = { 2 };
	int pair[2];

	if (socketpair(AF_UNIX, SOCK_STREAM, 0, pair))
		abort();
	w->fd = pair[0];
	w->calls = -1;
	w->memfd = memfd_create("machine", MFD_CLOEXEC);
	if (w->memfd < 0 || ftruncate(w->memfd, MEM_SIZE))
		abort();
	ethernet_init(&w->eth, pair[1], mac, 1500, sent);
	return take(w) & 1 ? set_up(w) : 1;
}

static void end(struct wild *w)
{
	ethernet_destroy(&w->eth);
	if (w->calls >= 0)
		close(w->calls);
	close(w->fd);
	close(w->memfd);
}

static void poke(struct wild *w, size_t at, const void *data, size_t len)
{
	if (pwrite(w->memfd, data, len, at) != (ssize_t)len)
		abort();
}

static void put_descriptor(struct wild *w, unsigned int queue)
{
	uint8_t index = take(w);
	const struct vring_desc desc = {
		.addr = take_address(w),
		.len = take_len(w),
		.flags = take_flags(w),
		.next = index >> 4,
	};

	poke(w, RING(queue) + index % RING_SIZE * sizeof(desc), &desc,
	     sizeof(desc));
}

static void put_available(struct wild *w, unsigned int queue)
{
	const size_t at = RING(queue) + 0x400;
	uint16_t head = take(w) % (RING_SIZE + 1), idx = 0;

	if (pread(w->memfd, &idx, sizeof(idx), at + 2) < 0)
		abort();
	poke(w, at + 4 + idx % RING_SIZE * sizeof(head), &head, sizeof(head));
	idx++;
	poke(w, at + 2, &idx, sizeof(idx));
}

static void put_bytes(struct wild *w)
{
	uint16_t at = take16(w);
	size_t len = take(w);

	if (len > w->left)
		len = w->left;
	poke(w, at, w->data, len);
	w->data += len;
	w->left -= len;
}

static int any_message(struct wild *w)
{
	uint8_t request = take(w), flags = take(w), size = take(w), i;
	uint8_t payload[255];

	for (i = 0; i < size; i++)
		payload[i] = take(w);
	send_message(w, request % 37, flags & 16 ? flags : 1 | (flags & 8),
		     payload, size, flags & 32 ? flags >> 6 : 0);
	return vhost_receive(&w->eth.vhost);
}

static int raw_bytes(struct wild *w)
{
	size_t len = take(w);

	if (len > w->left)
		len = w->left;
	send(w->fd, w->data, len, MSG_DONTWAIT | MSG_NOSIGNAL);
	w->data += len;
	w->left -= len;
	return vhost_receive(&w->eth.vhost);
}

static int answer(struct wild *w)
{
	const uint32_t good[5] = { 4, 5, 8, 0, 0 };
	uint8_t len = take(w);

	if (w->calls < 0 || w->eth.vhost.call_fd < 0)
		return 1;
	if (len & 1)
		send(w->calls, good, sizeof(good),
		     MSG_DONTWAIT | MSG_NOSIGNAL);
	else
		send(w->calls, &len, 1, MSG_DONTWAIT | MSG_NOSIGNAL);
	return vhost_receive_replies(&w->eth.vhost);
}

static int kick(struct wild *w, unsigned int queue)
{
	send_number(w, 35, queue);
	return vhost_receive(&w->eth.vhost);
}

static int put_frame(struct wild *w)
{
	static const uint8_t frame[1600];
	uint16_t len = take16(w) % sizeof(frame);
	int ret;

	ret = ethernet_put(&w->eth, frame, len);
	return ret < 0 ? ret : 1;
}

static int show(struct wild *w)
{
	int ret = ethernet_show(&w->eth);

	return ret < 0 ? ret : 1;
}

static int cut_memory(struct wild *w)
{
	if (ftruncate(w->memfd, take16(w)))
		abort();
	return 1;
}

/* 1: go on, otherwise the connection has ended */
static int act(struct wild *w)
{
	uint8_t what = take(w);
	unsigned int queue = what & 1;

	what >>= 1;
	if (what < 3)
		return any_message(w);
	if (what < 5)
		return raw_bytes(w);
	if (what < 6)
		return cut_memory(w);
	if (what < 12)
		return answer(w);
	if (what < 24)
		return put_frame(w);
	if (what < 36)
		return show(w);
	if (what < 56)
		return kick(w, queue);
	if (what < 60)
		put_bytes(w);
	else if (what < 90)
		put_available(w, queue);
	else
		put_descriptor(w, queue);
	return 1;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static bool caught;
	struct wild w = { .data = data, .left = size };
	int ret;

	if (!caught)
		guest_catch();
	caught = true;
	ret = begin(&w);
	while (w.left && ret > 0)
		ret = act(&w);
	/* there is a reason for each that is thrown out */
	if (ret < 0 && !*w.eth.vhost.fault.text)
		abort();
	end(&w);
	return 0;
}

#ifndef LIBFUZZER
#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#define INPUTS 10000
#define MAX_INPUT 400

static void wild_machines_do_no_harm(void **state)
{
	struct random random = { 1 };
	uint8_t data[MAX_INPUT];
	unsigned int i;
	size_t size, k;

	(void)state;
	for (i = 0; i < INPUTS; i++) {
		size = random_below(&random, MAX_INPUT);
		for (k = 0; k < size; k++)
			data[k] = random_next(&random);
		LLVMFuzzerTestOneInput(data, size);
	}
	/* and some of them come far */
	assert_true(frames);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(wild_machines_do_no_harm),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
#endif
