// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "driver.h"

struct vring_addr_payload {
	uint32_t index;
	uint32_t flags;
	uint64_t desc;
	uint64_t used;
	uint64_t avail;
	uint64_t log;
};

/* as UML sends it: room for two regions, one of them used */
struct mem_table_payload {
	uint32_t num;
	uint32_t padding;
	struct {
		uint64_t guest;
		uint64_t size;
		uint64_t user;
		uint64_t offset;
	} region[2];
};

static void serve(struct driver *d, bool answer)
{
	d->nr_queues = d->vhost->device->nr_queues;
	d->ret = answer ? vhost_receive_replies(d->vhost) :
			  vhost_receive(d->vhost);
}

void driver_init(struct driver *d, int fd,
		 void (*serve)(struct driver *d, bool answer))
{
	memset(d, 0, sizeof(*d));
	d->serve = serve;
	d->fd = fd;
	d->calls = -1;
	d->nr_queues = 2;
	d->memfd = memfd_create("machine", MFD_CLOEXEC);
	assert_true(d->memfd >= 0);
	assert_int_equal(ftruncate(d->memfd, MEM_SIZE), 0);
	d->mem = mmap(NULL, MEM_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED,
		      d->memfd, 0);
	assert_true(d->mem != MAP_FAILED);
}

int driver_connect(struct driver *d, struct vhost *vhost)
{
	int pair[2];

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0,
				    pair), 0);
	driver_init(d, pair[0], serve);
	d->vhost = vhost;
	return pair[1];
}

void driver_close(struct driver *d)
{
	if (d->calls >= 0)
		close(d->calls);
	close(d->fd);
	close(d->memfd);
	munmap(d->mem, MEM_SIZE);
}

void *driver_at(struct driver *d, uint64_t addr)
{
	assert_in_range(addr, MEM_BASE, MEM_BASE + MEM_SIZE - 1);
	return d->mem + (addr - MEM_BASE);
}

void driver_send(struct driver *d, uint32_t request, uint32_t flags,
		 const void *payload, uint32_t size, const int *fds,
		 unsigned int nr_fds)
{
	struct vhost_header header = {
		.request = request,
		.flags = 1 | flags,
		.size = size,
	};
	struct iovec iov[2] = {
		{ .iov_base = &header, .iov_len = sizeof(header) },
		{ .iov_base = (void *)payload, .iov_len = size },
	};
	union {
		char buf[CMSG_SPACE(16 * sizeof(int))];
		struct cmsghdr align;
	} control;
	struct msghdr msg = { .msg_iov = iov, .msg_iovlen = 2 };
	struct cmsghdr *cmsg;

	if (nr_fds) {
		msg.msg_control = control.buf;
		msg.msg_controllen = CMSG_SPACE(nr_fds * sizeof(int));
		cmsg = CMSG_FIRSTHDR(&msg);
		cmsg->cmsg_level = SOL_SOCKET;
		cmsg->cmsg_type = SCM_RIGHTS;
		cmsg->cmsg_len = CMSG_LEN(nr_fds * sizeof(int));
		memcpy(CMSG_DATA(cmsg), fds, nr_fds * sizeof(int));
	}
	assert_int_equal(sendmsg(d->fd, &msg, MSG_NOSIGNAL),
			 sizeof(header) + size);
	d->serve(d, false);
}

int driver_receive(struct driver *d, void *reply, size_t size)
{
	ssize_t ret = recv(d->fd, reply, size, MSG_DONTWAIT);

	if (ret < 0 && errno == EAGAIN)
		return -1;
	return ret > 0;
}

/* the last request's reply, if there is one, is a number */
static void get_status(struct driver *d, uint32_t request)
{
	struct {
		struct vhost_header header;
		unsigned char number[8];
	} reply = {};

	d->status = UINT64_MAX;
	if (driver_receive(d, &reply, sizeof(reply)) <= 0)
		return;
	assert_int_equal(reply.header.request, request);
	assert_int_equal(reply.header.flags, 1 | 4);
	assert_int_equal(reply.header.size, 8);
	memcpy(&d->status, reply.number, sizeof(d->status));
}

void driver_number(struct driver *d, uint32_t request, uint64_t number)
{
	driver_send(d, request, NEED_REPLY, &number, sizeof(number), NULL, 0);
	get_status(d, request);
}

void driver_vring(struct driver *d, uint32_t request, uint32_t index,
		  uint32_t num)
{
	const uint32_t payload[2] = { index, num };

	driver_send(d, request, NEED_REPLY, payload, sizeof(payload), NULL, 0);
	get_status(d, request);
}

void driver_addr(struct driver *d, uint32_t index, uint64_t desc,
		 uint64_t avail, uint64_t used)
{
	const struct vring_addr_payload payload = {
		.index = index,
		.desc = desc,
		.used = used,
		.avail = avail,
		.log = -1,
	};

	driver_send(d, SET_VRING_ADDR, NEED_REPLY, &payload, sizeof(payload),
		    NULL, 0);
	get_status(d, SET_VRING_ADDR);
}

void driver_mem_table(struct driver *d)
{
	const struct mem_table_payload payload = {
		.num = 1,
		.region[0] = {
			.guest = MEM_BASE,
			.size = MEM_SIZE,
			.user = MEM_BASE,
		},
	};

	driver_send(d, SET_MEM_TABLE, NEED_REPLY, &payload, sizeof(payload),
		    &d->memfd, 1);
	get_status(d, SET_MEM_TABLE);
}

uint64_t driver_get(struct driver *d, uint32_t request)
{
	driver_send(d, request, 0, NULL, 0, NULL, 0);
	get_status(d, request);
	return d->status;
}

static void backend_req_fd(struct driver *d)
{
	int pair[2];

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0,
				    pair), 0);
	driver_send(d, SET_BACKEND_REQ_FD, NEED_REPLY, NULL, 0, &pair[1], 1);
	get_status(d, SET_BACKEND_REQ_FD);
	close(pair[1]);
	d->calls = pair[0];
}

void driver_negotiate(struct driver *d, uint64_t features)
{
	driver_send(d, SET_OWNER, 0, NULL, 0, NULL, 0);
	driver_get(d, GET_FEATURES);
	driver_get(d, GET_PROTOCOL_FEATURES);
	driver_number(d, SET_PROTOCOL_FEATURES, UML_PROTOCOL);
	assert_int_equal(d->status, 0);
	backend_req_fd(d);
	assert_int_equal(d->status, 0);
	driver_number(d, SET_FEATURES, VERSION_1 | PROTOCOL_FEATURES |
				       features);
	assert_int_equal(d->status, 0);
}

void driver_start(struct driver *d, uint64_t features)
{
	struct driver_queue *queue;
	uint64_t base;
	unsigned int i;

	driver_negotiate(d, features);
	driver_mem_table(d);
	assert_int_equal(d->status, 0);
	for (i = 0; i < d->nr_queues; i++) {
		base = RING_BASE(i);
		queue = &d->queue[i];
		queue->desc = driver_at(d, base);
		queue->avail = driver_at(d, base + 0x1000);
		queue->used = driver_at(d, base + 0x2000);
		driver_vring(d, SET_VRING_NUM, i, RING_SIZE);
		driver_vring(d, SET_VRING_BASE, i, 0);
		driver_addr(d, i, base, base + 0x1000, base + 0x2000);
		assert_int_equal(d->status, 0);
	}
	for (i = 0; i < d->nr_queues; i++) {
		driver_vring(d, SET_VRING_ENABLE, i, 1);
		assert_int_equal(d->status, 0);
	}
}

void driver_add(struct driver *d, unsigned int index,
		const struct driver_buffer *buffers, unsigned int nr)
{
	struct driver_queue *queue = &d->queue[index];
	struct vring_desc *desc;
	unsigned int i;

	queue->avail->ring[queue->avail->idx % RING_SIZE] =
		queue->next % RING_SIZE;
	for (i = 0; i < nr; i++) {
		desc = &queue->desc[queue->next++ % RING_SIZE];
		desc->addr = buffers[i].addr;
		desc->len = buffers[i].len;
		desc->flags = buffers[i].flags;
		desc->next = queue->next % RING_SIZE;
		if (i + 1 < nr)
			desc->flags |= VRING_DESC_F_NEXT;
	}
	queue->avail->idx++;
}

unsigned int driver_used(struct driver *d, unsigned int index, uint32_t *len)
{
	struct driver_queue *queue = &d->queue[index];
	uint16_t idx = queue->used->idx;
	unsigned int nr = (uint16_t)(idx - queue->seen);

	queue->seen = idx;
	if (nr && len)
		*len = queue->used->ring[(uint16_t)(idx - 1) % RING_SIZE].len;
	return nr;
}

void driver_kick(struct driver *d, unsigned int queue)
{
	driver_vring(d, VRING_KICK, queue, 0);
}

int driver_called(struct driver *d, bool *reply)
{
	struct {
		struct vhost_header header;
		uint32_t index;
		uint32_t num;
	} call;
	ssize_t ret = recv(d->calls, &call, sizeof(call), MSG_DONTWAIT);

	if (ret < 0 && errno == EAGAIN)
		return -1;
	assert_int_equal(ret, sizeof(call));
	assert_int_equal(call.header.request, 4);
	assert_int_equal(call.header.flags & ~NEED_REPLY, 1);
	assert_int_equal(call.header.size, 8);
	if (reply)
		*reply = call.header.flags & NEED_REPLY;
	return call.index;
}

void driver_answer(struct driver *d, uint64_t status)
{
	struct {
		struct vhost_header header;
		unsigned char number[8];
	} reply = { .header = { 4, 1 | 4, 8 } };

	memcpy(reply.number, &status, sizeof(status));
	assert_int_equal(send(d->calls, &reply, sizeof(reply), MSG_NOSIGNAL),
			 sizeof(reply));
	d->serve(d, true);
}

void _faults(struct driver *d, const char *text, const char *file, int line)
{
	if (d->ret == -EPROTO && strstr(d->vhost->fault.text, text))
		return;
	print_error("expected a fault with \"%s\"; returned %d, said \"%s\"\n",
		    text, d->ret, d->vhost->fault.text);
	_fail(file, line);
}
