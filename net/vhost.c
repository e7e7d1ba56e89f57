// SPDX-License-Identifier: GPL-2.0
/*
 * The device's end of vhost-user, as UML's driver uses it.
 *
 * Theory of operation
 *
 * The machine's driver connects, agrees on features, shares its memory, says
 * where its queues are and enables them; each of these messages is checked here
 * and answered. From then on the driver kicks a queue by a message (VRING_KICK),
 * and is called back by a message on a second connection (VRING_CALL). &struct
 * vhost_device decides what the device does with its queues and what its
 * configuration says; nothing here knows what the device is for.
 *
 * On simulated time a kick has to hold up the machine until it has been handled;
 * otherwise nobody could say at what time it was. So the driver must agree to
 * kick in band and to wait for the answer; a driver that does not is refused.
 *
 * Messages arrive over a stream, which may cut them anywhere. Descriptors come
 * with the first bytes of their message. A read of the stream ends with the piece
 * that brings descriptors, so they belong to the message with the last byte of
 * that read.
 *
 * A reply is sent at once or not at all: the driver waits for each reply before
 * it sends anything else, so there is always room for one.
 */

#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <linux/virtio_config.h>

#include "util.h"
#include "vhost.h"

#define BIT(nr) (1ULL << (nr))

#define FLAGS_VERSION 1
#define FLAG_REPLY 4
#define FLAG_NEED_REPLY 8

/* feature bits of the transport */
#define PROTOCOL_FEATURES BIT(30)
#define RING_FEATURES (BIT(VIRTIO_F_VERSION_1) | BIT(VIRTIO_RING_F_EVENT_IDX))
/* feature bits that the driver must choose */
#define REQUIRED_FEATURES (PROTOCOL_FEATURES | BIT(VIRTIO_F_VERSION_1))

/* feature bits of the protocol */
#define PROTOCOL_REPLY_ACK BIT(3)
#define PROTOCOL_BACKEND_REQ BIT(5)
#define PROTOCOL_CONFIG BIT(9)
#define PROTOCOL_INBAND BIT(14)
#define PROTOCOL_ALL (PROTOCOL_REPLY_ACK | PROTOCOL_BACKEND_REQ | \
		      PROTOCOL_CONFIG | PROTOCOL_INBAND)

/* the longest configuration that a driver may ask for, by specification */
#define MAX_CONFIG 256

enum request {
	GET_FEATURES = 1,
	SET_FEATURES = 2,
	SET_OWNER = 3,
	SET_MEM_TABLE = 5,
	SET_VRING_NUM = 8,
	SET_VRING_ADDR = 9,
	SET_VRING_BASE = 10,
	SET_VRING_KICK = 12,
	SET_VRING_CALL = 13,
	GET_PROTOCOL_FEATURES = 15,
	SET_PROTOCOL_FEATURES = 16,
	SET_VRING_ENABLE = 18,
	SET_BACKEND_REQ_FD = 21,
	GET_CONFIG = 24,
	SET_CONFIG = 25,
	VRING_KICK = 35,
};

/* what is sent on the second connection */
enum backend_request {
	BACKEND_VRING_CALL = 4,
};

struct vring_state {
	uint32_t index;
	uint32_t num;
};

struct vring_addr {
	uint32_t index;
	uint32_t flags;
	uint64_t desc;
	uint64_t used;
	uint64_t avail;
	uint64_t log;
};

struct mem_region {
	uint64_t guest;
	uint64_t size;
	uint64_t user;
	uint64_t offset;
};

struct mem_table {
	uint32_t num;
	uint32_t padding;
	struct mem_region region[GUEST_MAX_REGIONS];
};

struct config {
	uint32_t offset;
	uint32_t size;
	uint32_t flags;
	unsigned char data[MAX_CONFIG];
};

#define CONFIG_HEADER offsetof(struct config, data)
#define MEM_HEADER offsetof(struct mem_table, region)

/**
 * struct message - a message of the driver
 *
 * @header: its header
 * @name: what it is called
 * @payload: its content, of @header's size; zeros after that
 * @fds: the descriptors that came with it
 * @nr_fds: how many there are
 * @answered: it was replied to
 */
struct message {
	struct vhost_header header;
	const char *name;
	union {
		uint64_t number;
		struct vring_state vring;
		struct vring_addr addr;
		struct mem_table mem;
		struct config config;
		unsigned char raw[VHOST_MAX_PAYLOAD];
	} payload;
	int *fds;
	unsigned int nr_fds;
	bool answered;
};

static void close_fds(int *fds, unsigned int *nr)
{
	while (*nr)
		close(fds[--*nr]);
}

/**
 * vhost_init - serve a connection
 * @vhost: the connection
 * @device: what it is for
 * @fd: the socket, which belongs to @vhost now
 */
void vhost_init(struct vhost *vhost, const struct vhost_device *device, int fd)
{
	unsigned int i;

	memset(vhost, 0, sizeof(*vhost));
	vhost->device = device;
	vhost->fd = fd;
	vhost->call_fd = -1;
	guest_init(&vhost->guest);
	for (i = 0; i < VHOST_MAX_QUEUES; i++) {
		vhost->queue[i].ring.guest = &vhost->guest;
		vhost->queue[i].ring.fault = &vhost->fault;
	}
}

/**
 * vhost_destroy - close a connection
 * @vhost: the connection
 */
void vhost_destroy(struct vhost *vhost)
{
	close_fds(vhost->in_fds, &vhost->nr_in_fds);
	guest_destroy(&vhost->guest);
	if (vhost->call_fd >= 0)
		close(vhost->call_fd);
	close(vhost->fd);
	vhost->call_fd = -1;
	vhost->fd = -1;
}

/* send a message at once; a peer that is gone is the reader's business */
static int transmit(struct vhost *vhost, int fd, const struct vhost_header *header,
		    const void *payload)
{
	struct iovec iov[2] = {
		{ .iov_base = (void *)header, .iov_len = sizeof(*header) },
		{ .iov_base = (void *)payload, .iov_len = header->size },
	};
	struct msghdr msg = { .msg_iov = iov, .msg_iovlen = ARRAY_SIZE(iov) };
	ssize_t ret;

	do {
		ret = sendmsg(fd, &msg, MSG_DONTWAIT | MSG_NOSIGNAL);
	} while (ret < 0 && errno == EINTR);

	if (ret == (ssize_t)(sizeof(*header) + header->size))
		return 0;
	if (ret < 0 && (errno == EPIPE || errno == ECONNRESET))
		return 0;
	return fault_set(&vhost->fault, "does not read what it is sent");
}

static int reply(struct vhost *vhost, struct message *msg, const void *payload,
		 uint32_t size)
{
	struct vhost_header header = {
		.request = msg->header.request,
		.flags = FLAGS_VERSION | FLAG_REPLY,
		.size = size,
	};

	msg->answered = true;
	return transmit(vhost, vhost->fd, &header, payload);
}

static int reply_number(struct vhost *vhost, struct message *msg,
			uint64_t number)
{
	return reply(vhost, msg, &number, sizeof(number));
}

static uint64_t offered(const struct vhost *vhost)
{
	return vhost->device->features | RING_FEATURES | PROTOCOL_FEATURES;
}

static int get_features(struct vhost *vhost, struct message *msg)
{
	return reply_number(vhost, msg, offered(vhost));
}

static int set_features(struct vhost *vhost, struct message *msg)
{
	uint64_t features = msg->payload.number;
	unsigned int i;

	if (features & ~offered(vhost))
		return fault_set(&vhost->fault, "chooses features 0x%" PRIx64 " of 0x%" PRIx64,
				 features, offered(vhost));
	if (~features & REQUIRED_FEATURES)
		return fault_set(&vhost->fault, "lacks features 0x%" PRIx64 " (a virtio 1.0 device and vhost-user's protocol features)",
				 (uint64_t)(~features & REQUIRED_FEATURES));
	if (!vhost->protocol)
		return fault_set(&vhost->fault, "chooses features before those of the protocol");
	vhost->features = features;
	vhost->negotiated = true;
	for (i = 0; i < vhost->device->nr_queues; i++)
		vhost->queue[i].ring.event_idx =
			features & BIT(VIRTIO_RING_F_EVENT_IDX);
	return 0;
}

static int set_owner(struct vhost *vhost, struct message *msg)
{
	(void)vhost;
	(void)msg;
	return 0;
}

static int get_protocol_features(struct vhost *vhost, struct message *msg)
{
	return reply_number(vhost, msg, PROTOCOL_ALL);
}

static int set_protocol_features(struct vhost *vhost, struct message *msg)
{
	uint64_t features = msg->payload.number;

	if (features & ~PROTOCOL_ALL)
		return fault_set(&vhost->fault,
				 "chooses protocol features 0x%" PRIx64 " of 0x%" PRIx64,
				 features, (uint64_t)PROTOCOL_ALL);
	if (!(features & PROTOCOL_INBAND) || !(features & PROTOCOL_REPLY_ACK))
		return fault_set(&vhost->fault, "kicks without waiting until that was handled (no in-band notifications, or no acknowledgements): nobody could say at what time it was");
	if (!(features & PROTOCOL_BACKEND_REQ))
		return fault_set(&vhost->fault, "cannot be called in band (no back-end requests)");
	vhost->protocol = features;
	return 0;
}

static int set_backend_req_fd(struct vhost *vhost, struct message *msg)
{
	int type;
	socklen_t len = sizeof(type);

	if (msg->nr_fds != 1)
		return fault_set(&vhost->fault, "%s with %u descriptors",
				 msg->name, msg->nr_fds);
	if (vhost->call_fd >= 0)
		return fault_set(&vhost->fault, "%s twice", msg->name);
	if (getsockopt(msg->fds[0], SOL_SOCKET, SO_TYPE, &type, &len) ||
	    type != SOCK_STREAM)
		return fault_set(&vhost->fault, "%s with something that is no stream socket",
				 msg->name);
	vhost->call_fd = msg->fds[0];
	msg->nr_fds = 0;
	return 0;
}

static bool any_enabled(const struct vhost *vhost)
{
	unsigned int i;

	for (i = 0; i < vhost->device->nr_queues; i++)
		if (vhost->queue[i].enabled)
			return true;
	return false;
}

static int set_mem_table(struct vhost *vhost, struct message *msg)
{
	const struct mem_table *table = &msg->payload.mem;
	struct guest_region region;
	unsigned int i;
	int ret;

	if (table->num != msg->nr_fds || table->num > GUEST_MAX_REGIONS ||
	    msg->header.size < MEM_HEADER +
			       table->num * sizeof(table->region[0]))
		return fault_set(&vhost->fault, "%s of %u regions with %u descriptors in %u bytes",
				 msg->name, table->num, msg->nr_fds,
				 msg->header.size);
	guest_unmap(&vhost->guest);
	for (i = 0; i < vhost->device->nr_queues; i++)
		vhost->queue[i].mapped = false;

	for (i = 0; i < table->num; i++) {
		region.guest = table->region[i].guest;
		region.user = table->region[i].user;
		region.size = table->region[i].size;
		region.offset = table->region[i].offset;
		ret = guest_map(&vhost->guest, &region, msg->fds[i],
				&vhost->fault);
		if (ret)
			return ret;
	}
	return 0;
}

/* the queue that a message is about; NULL: there is none, or not now */
static struct vhost_queue *get_queue(struct vhost *vhost,
				     const struct message *msg, bool enabled)
{
	uint32_t index = msg->payload.vring.index;
	struct vhost_queue *queue;

	if (index >= vhost->device->nr_queues) {
		fault_set(&vhost->fault, "%s of queue %u, the device has %u",
			  msg->name, index, vhost->device->nr_queues);
		return NULL;
	}
	queue = &vhost->queue[index];
	if (queue->enabled != enabled) {
		fault_set(&vhost->fault, "%s of queue %u, which is %s",
			  msg->name, index,
			  enabled ? "not enabled" : "enabled");
		return NULL;
	}
	return queue;
}

static int set_vring_num(struct vhost *vhost, struct message *msg)
{
	struct vhost_queue *queue = get_queue(vhost, msg, false);
	uint32_t num = msg->payload.vring.num;

	if (!queue)
		return -EPROTO;
	if (!num || num > RING_MAX_SIZE || num & (num - 1))
		return fault_set(&vhost->fault, "a ring of %u entries, and not a power of two up to %u",
				 num, RING_MAX_SIZE);
	queue->ring.size = num;
	queue->mapped = false;
	return 0;
}

static int set_vring_base(struct vhost *vhost, struct message *msg)
{
	struct vhost_queue *queue = get_queue(vhost, msg, false);

	if (!queue)
		return -EPROTO;
	if (msg->payload.vring.num > UINT16_MAX)
		return fault_set(&vhost->fault, "a ring that starts at index %u",
				 msg->payload.vring.num);
	ring_start(&queue->ring, msg->payload.vring.num);
	return 0;
}

static int set_vring_addr(struct vhost *vhost, struct message *msg)
{
	struct vhost_queue *queue = get_queue(vhost, msg, false);
	const struct ring_address addr = {
		.desc = msg->payload.addr.desc,
		.avail = msg->payload.addr.avail,
		.used = msg->payload.addr.used,
	};

	if (!queue)
		return -EPROTO;
	if (msg->payload.addr.flags)
		return fault_set(&vhost->fault, "%s with flags 0x%x",
				 msg->name, msg->payload.addr.flags);
	if (!queue->ring.size)
		return fault_set(&vhost->fault, "%s before the ring's size",
				 msg->name);
	if (ring_map(&queue->ring, &addr))
		return -EPROTO;
	queue->mapped = true;
	return 0;
}

static int set_vring_fd(struct vhost *vhost, struct message *msg)
{
	return fault_set(&vhost->fault, "%s, though it notifies in band",
			 msg->name);
}

static int set_vring_enable(struct vhost *vhost, struct message *msg)
{
	bool enable = msg->payload.vring.num;
	struct vhost_queue *queue;

	if (!enable) {
		/* a failed probe disables rings that were never enabled */
		if (msg->payload.vring.index < vhost->device->nr_queues)
			vhost->queue[msg->payload.vring.index].enabled = false;
		return 0;
	}
	queue = get_queue(vhost, msg, false);
	if (!queue)
		return -EPROTO;
	if (!queue->mapped || vhost->call_fd < 0)
		return fault_set(&vhost->fault, "enables queue %u before %s",
				 msg->payload.vring.index, queue->mapped ?
				 "it can be called" : "the ring's address");
	queue->enabled = true;
	return 0;
}

static int get_config(struct vhost *vhost, struct message *msg)
{
	struct config *config = &msg->payload.config;

	if (config->size > MAX_CONFIG ||
	    msg->header.size != CONFIG_HEADER + config->size)
		return fault_set(&vhost->fault, "%s of %u bytes in %u", msg->name,
				 config->size, msg->header.size);
	/* an empty reply says that there is no such thing */
	if (!vhost->device->get_config(vhost, config->offset, config->size,
				       config->data))
		return reply(vhost, msg, NULL, 0);
	return reply(vhost, msg, config, msg->header.size);
}

static int set_config(struct vhost *vhost, struct message *msg)
{
	if (!(msg->header.flags & FLAG_NEED_REPLY))
		return 0;
	/* the driver can change nothing in it */
	return reply_number(vhost, msg, 1);
}

/**
 * vhost_lost - say that the machine's memory is not what it was
 * @vhost: the connection, whose guest_lost() is true
 *
 * Return: -EPROTO, as vhost_receive().
 */
int vhost_lost(struct vhost *vhost)
{
	return fault_set(&vhost->fault, "its memory file was cut, or its file system is full");
}

static int vring_kick(struct vhost *vhost, struct message *msg)
{
	struct vhost_queue *queue = get_queue(vhost, msg, true);
	int ret;

	if (!queue)
		return -EPROTO;
	if (!(msg->header.flags & FLAG_NEED_REPLY))
		return fault_set(&vhost->fault, "kicks queue %u without waiting for the answer",
				 msg->payload.vring.index);
	vhost->nr_kicks++;
	ret = vhost->device->kick(vhost, queue);
	return !ret && guest_lost(&vhost->guest) ? vhost_lost(vhost) : ret;
}

/**
 * struct message_type - a message that is understood
 *
 * @name: the specification's name for it
 * @min: bytes that its payload has at least
 * @max: bytes that its payload has at most
 * @max_fds: descriptors that may come with it
 * @after: it comes after features were negotiated
 * @stopped: it comes while no queue is enabled
 * @handle: does what it asks for; 0 or -EPROTO
 */
struct message_type {
	const char *name;
	uint16_t min;
	uint16_t max;
	uint16_t max_fds;
	bool after;
	bool stopped;
	int (*handle)(struct vhost *vhost, struct message *msg);
};

#define NUMBER .min = sizeof(uint64_t), .max = sizeof(uint64_t)
#define VRING .min = sizeof(struct vring_state), \
	      .max = sizeof(struct vring_state)
#define CONFIG .min = CONFIG_HEADER, .max = sizeof(struct config)

static const struct message_type types[] = {
	[GET_FEATURES] = { "GET_FEATURES", .handle = get_features },
	[SET_FEATURES] = { "SET_FEATURES", NUMBER, .stopped = true,
			   .handle = set_features },
	[SET_OWNER] = { "SET_OWNER", .handle = set_owner },
	[SET_MEM_TABLE] = { "SET_MEM_TABLE", .min = MEM_HEADER,
			    .max = sizeof(struct mem_table),
			    .max_fds = GUEST_MAX_REGIONS, .after = true,
			    .stopped = true, .handle = set_mem_table },
	[SET_VRING_NUM] = { "SET_VRING_NUM", VRING, .after = true,
			    .handle = set_vring_num },
	[SET_VRING_ADDR] = { "SET_VRING_ADDR", .min = sizeof(struct vring_addr),
			     .max = sizeof(struct vring_addr), .after = true,
			     .handle = set_vring_addr },
	[SET_VRING_BASE] = { "SET_VRING_BASE", VRING, .after = true,
			     .handle = set_vring_base },
	[SET_VRING_KICK] = { "SET_VRING_KICK", NUMBER, .max_fds = 1,
			     .handle = set_vring_fd },
	[SET_VRING_CALL] = { "SET_VRING_CALL", NUMBER, .max_fds = 1,
			     .handle = set_vring_fd },
	[GET_PROTOCOL_FEATURES] = { "GET_PROTOCOL_FEATURES",
				    .handle = get_protocol_features },
	[SET_PROTOCOL_FEATURES] = { "SET_PROTOCOL_FEATURES", NUMBER,
				    .stopped = true,
				    .handle = set_protocol_features },
	[SET_VRING_ENABLE] = { "SET_VRING_ENABLE", VRING, .after = true,
			       .handle = set_vring_enable },
	[SET_BACKEND_REQ_FD] = { "SET_BACKEND_REQ_FD", .max_fds = 1,
				 .handle = set_backend_req_fd },
	[GET_CONFIG] = { "GET_CONFIG", CONFIG, .handle = get_config },
	[SET_CONFIG] = { "SET_CONFIG", CONFIG, .handle = set_config },
	[VRING_KICK] = { "VRING_KICK", VRING, .after = true,
			 .handle = vring_kick },
};

/* the type of a message whose header has come, or NULL */
static const struct message_type *get_type(struct vhost *vhost,
					   const struct vhost_header *header)
{
	const struct message_type *type = NULL;

	if (header->request < ARRAY_SIZE(types))
		type = &types[header->request];
	if (!type || !type->name) {
		fault_set(&vhost->fault, "sends request %u, which is not implemented",
			  header->request);
		return NULL;
	}
	if ((header->flags & ~FLAG_NEED_REPLY) != FLAGS_VERSION) {
		fault_set(&vhost->fault, "%s with flags 0x%x", type->name,
			  header->flags);
		return NULL;
	}
	if (header->size < type->min || header->size > type->max) {
		fault_set(&vhost->fault, "%s of %u bytes", type->name,
			  header->size);
		return NULL;
	}
	return type;
}

static int handle(struct vhost *vhost, const struct message_type *type,
		  struct message *msg)
{
	int ret;

	if (msg->nr_fds > type->max_fds)
		return fault_set(&vhost->fault, "%s with %u descriptors",
				 type->name, msg->nr_fds);
	if (type->after && !vhost->negotiated)
		return fault_set(&vhost->fault, "%s before features are chosen",
				 type->name);
	if (type->stopped && any_enabled(vhost))
		return fault_set(&vhost->fault, "%s while a queue is enabled",
				 type->name);
	msg->name = type->name;
	ret = type->handle(vhost, msg);
	if (!ret && !msg->answered && msg->header.flags & FLAG_NEED_REPLY)
		ret = reply_number(vhost, msg, 0);
	return ret;
}

/* 1: a message was handled, 0: not all of it has come, -EPROTO */
static int handle_next(struct vhost *vhost)
{
	struct message msg = {};
	const struct message_type *type;
	size_t len;
	int ret;

	if (vhost->in_len < sizeof(msg.header))
		return 0;
	memcpy(&msg.header, vhost->in, sizeof(msg.header));
	type = get_type(vhost, &msg.header);
	if (!type)
		return -EPROTO;
	len = sizeof(msg.header) + msg.header.size;
	if (vhost->in_len < len)
		return 0;

	memcpy(msg.payload.raw, vhost->in + sizeof(msg.header),
	       msg.header.size);
	if (vhost->nr_in_fds && vhost->in_fd_at < len) {
		msg.fds = vhost->in_fds;
		msg.nr_fds = vhost->nr_in_fds;
		vhost->nr_in_fds = 0;
	}
	vhost->in_fd_at -= len;
	vhost->in_len -= len;
	memmove(vhost->in, vhost->in + len, vhost->in_len);

	ret = handle(vhost, type, &msg);
	close_fds(msg.fds, &msg.nr_fds);
	return ret ? ret : 1;
}

static int keep_fds(struct vhost *vhost, struct msghdr *hdr)
{
	struct cmsghdr *cmsg = CMSG_FIRSTHDR(hdr);
	unsigned int nr;

	if (!cmsg || cmsg->cmsg_level != SOL_SOCKET ||
	    cmsg->cmsg_type != SCM_RIGHTS)
		return 0;
	nr = (cmsg->cmsg_len - CMSG_LEN(0)) / sizeof(int);
	if (vhost->nr_in_fds) {
		close_fds((int *)CMSG_DATA(cmsg), &nr);
		return fault_set(&vhost->fault, "sends descriptors twice with one message");
	}
	vhost->nr_in_fds = nr;
	memcpy(vhost->in_fds, CMSG_DATA(cmsg), nr * sizeof(int));
	vhost->in_fd_at = vhost->in_len - 1;
	if (hdr->msg_flags & MSG_CTRUNC)
		return fault_set(&vhost->fault, "sends more descriptors than any message has");
	return 0;
}

/**
 * vhost_receive - read and handle what the driver has sent
 * @vhost: the connection, whose @fd is readable
 *
 * Return: 1 if the connection goes on, 0 if the driver has closed it, or
 * -EPROTO: @vhost->fault says what the driver did wrong, and nothing can be done
 * but vhost_destroy().
 */
int vhost_receive(struct vhost *vhost)
{
	union {
		char buf[CMSG_SPACE(sizeof(vhost->in_fds))];
		struct cmsghdr align;
	} control;
	struct iovec iov = {
		.iov_base = vhost->in + vhost->in_len,
		.iov_len = sizeof(vhost->in) - vhost->in_len,
	};
	struct msghdr hdr = {
		.msg_iov = &iov,
		.msg_iovlen = 1,
		.msg_control = control.buf,
		.msg_controllen = sizeof(control.buf),
	};
	ssize_t ret;

	ret = recvmsg(vhost->fd, &hdr, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
	if (ret < 0 && (errno == EAGAIN || errno == EINTR))
		return 1;
	if (ret <= 0)
		return 0;
	vhost->in_len += ret;
	ret = keep_fds(vhost, &hdr);
	if (ret)
		return ret;
	do {
		ret = handle_next(vhost);
	} while (ret > 0);
	return ret ? ret : 1;
}

/**
 * vhost_call - tell the driver that a queue has something for it
 * @vhost: the connection
 * @queue: the queue, which is enabled
 * @reply: whether the driver is to say when it has noticed
 *
 * A driver notices at the time that its machine then sees as current. It may be
 * called when its machine waits, or while it is blocked in a kick.
 *
 * Return: 0 or -EPROTO, as vhost_receive().
 */
int vhost_call(struct vhost *vhost, struct vhost_queue *queue, bool reply)
{
	const struct vhost_header header = {
		.request = BACKEND_VRING_CALL,
		.flags = FLAGS_VERSION | (reply ? FLAG_NEED_REPLY : 0),
		.size = sizeof(struct vring_state),
	};
	const struct vring_state state = { .index = queue - vhost->queue };

	vhost->nr_calls++;
	if (reply)
		vhost->calls++;
	return transmit(vhost, vhost->call_fd, &header, &state);
}

static int handle_reply(struct vhost *vhost)
{
	struct vhost_header header;
	uint64_t status;

	memcpy(&header, vhost->reply, sizeof(header));
	memcpy(&status, vhost->reply + sizeof(header), sizeof(status));
	vhost->reply_len = 0;
	if (!vhost->calls || header.request != BACKEND_VRING_CALL ||
	    header.flags != (FLAGS_VERSION | FLAG_REPLY) ||
	    header.size != sizeof(status))
		return fault_set(&vhost->fault, "answers %u (flags 0x%x, %u bytes) though %u calls are open",
				 header.request, header.flags, header.size,
				 vhost->calls);
	if (status)
		return fault_set(&vhost->fault, "answers a call with error %" PRIu64,
				 status);
	vhost->calls--;
	return 1;
}

/**
 * vhost_receive_replies - read what the driver answers to calls
 * @vhost: the connection, whose @call_fd is readable
 *
 * Return: as vhost_receive().
 */
int vhost_receive_replies(struct vhost *vhost)
{
	ssize_t ret;

	ret = recv(vhost->call_fd, vhost->reply + vhost->reply_len,
		   sizeof(vhost->reply) - vhost->reply_len, MSG_DONTWAIT);
	if (ret < 0 && (errno == EAGAIN || errno == EINTR))
		return 1;
	if (ret <= 0)
		return 0;
	vhost->reply_len += ret;
	if (vhost->reply_len < sizeof(vhost->reply))
		return 1;
	return handle_reply(vhost);
}
