// SPDX-License-Identifier: GPL-2.0
/* Messages of a driver: which ones, in which order, and what they may say. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include "driver.h"

/* a device that counts kicks, and says "configured" */
static const char config[] = "configured";
static unsigned int kicks;

static bool get_config(struct vhost *vhost, uint32_t offset, uint32_t len,
		       void *buf)
{
	(void)vhost;
	if (offset > sizeof(config) || len > sizeof(config) - offset)
		return false;
	memcpy(buf, config + offset, len);
	return true;
}

static int kick(struct vhost *vhost, struct vhost_queue *queue)
{
	struct ring_chain chain;
	char buf[16];
	int ret;

	(void)vhost;
	kicks++;
	ret = ring_take(&queue->ring, &chain);
	if (ret > 0 && chain.in_len && chain.in_len <= sizeof(buf))
		ring_read(&chain, 0, buf, chain.in_len);
	return ret < 0 ? ret : 0;
}

static const struct vhost_device device = {
	.features = FEATURE(5),
	.nr_queues = 2,
	.get_config = get_config,
	.kick = kick,
};

struct setup {
	struct driver d;
	struct vhost vhost;
	int fds;
};

/* how many descriptors are open */
static int open_fds(void)
{
	int fd, nr = 0;

	for (fd = 0; fd < 256; fd++)
		nr += fcntl(fd, F_GETFD) >= 0;
	return nr;
}

static int setup(void **state)
{
	struct setup *s = calloc(1, sizeof(*s));

	alarm(60);
	assert_non_null(s);
	kicks = 0;
	s->fds = open_fds();
	vhost_init(&s->vhost, &device, driver_connect(&s->d, &s->vhost));
	*state = s;
	return 0;
}

static int teardown(void **state)
{
	struct setup *s = *state;

	vhost_destroy(&s->vhost);
	driver_close(&s->d);
	assert_int_equal(open_fds(), s->fds);
	free(s);
	return 0;
}

static int setup_started(void **state)
{
	struct setup *s;

	setup(state);
	s = *state;
	driver_start(&s->d, EVENT_IDX);
	return 0;
}

static void add(struct setup *s, uint64_t addr, uint32_t len)
{
	const struct driver_buffer buffer = { addr, len, 0 };

	driver_add(&s->d, 0, &buffer, 1);
}

static void it_offers_what_is_implemented_and_nothing_else(void **state)
{
	struct setup *s = *state;

	assert_int_equal(driver_get(&s->d, GET_FEATURES),
			 VERSION_1 | PROTOCOL_FEATURES | EVENT_IDX |
			 FEATURE(5));
	assert_int_equal(driver_get(&s->d, GET_PROTOCOL_FEATURES),
			 UML_PROTOCOL);
}

static void features_that_were_not_offered_are_a_fault(void **state)
{
	struct setup *s = *state;

	driver_number(&s->d, SET_PROTOCOL_FEATURES, UML_PROTOCOL);
	driver_number(&s->d, SET_FEATURES, VERSION_1 | PROTOCOL_FEATURES |
					   FEATURE(6));
	faults(&s->d, "chooses features 0x140000040 of 0x160000020");
}

static void protocol_features_that_were_not_offered_are_a_fault(void **state)
{
	struct setup *s = *state;

	driver_number(&s->d, SET_PROTOCOL_FEATURES,
		      UML_PROTOCOL | FEATURE(0));
	faults(&s->d, "chooses protocol features 0x4229 of 0x4228");
}

static void a_driver_of_before_virtio_1_is_refused(void **state)
{
	struct setup *s = *state;

	driver_number(&s->d, SET_PROTOCOL_FEATURES, UML_PROTOCOL);
	driver_number(&s->d, SET_FEATURES, PROTOCOL_FEATURES);
	faults(&s->d, "lacks features 0x100000000");
}

static void a_driver_that_kicks_by_eventfd_is_refused(void **state)
{
	struct setup *s = *state;

	driver_number(&s->d, SET_PROTOCOL_FEATURES, UML_PROTOCOL & ~INBAND);
	faults(&s->d, "nobody could say at what time it was");
}

static void a_driver_that_does_not_wait_for_answers_is_refused(void **state)
{
	struct setup *s = *state;

	driver_number(&s->d, SET_PROTOCOL_FEATURES, UML_PROTOCOL & ~REPLY_ACK);
	faults(&s->d, "nobody could say at what time it was");
}

static void a_driver_that_cannot_be_called_in_band_is_refused(void **state)
{
	struct setup *s = *state;

	driver_number(&s->d, SET_PROTOCOL_FEATURES,
		      UML_PROTOCOL & ~BACKEND_REQ);
	faults(&s->d, "cannot be called in band");
}

static void features_come_after_those_of_the_protocol(void **state)
{
	struct setup *s = *state;

	driver_number(&s->d, SET_FEATURES, VERSION_1 | PROTOCOL_FEATURES);
	faults(&s->d, "before those of the protocol");
}

static void only_messages_that_want_one_have_an_answer(void **state)
{
	struct setup *s = *state;
	char reply[64];

	driver_send(&s->d, SET_OWNER, 0, NULL, 0, NULL, 0);
	assert_int_equal(s->d.ret, 1);
	assert_int_equal(driver_receive(&s->d, reply, sizeof(reply)), -1);
	driver_send(&s->d, SET_OWNER, NEED_REPLY, NULL, 0, NULL, 0);
	assert_int_equal(driver_receive(&s->d, reply, sizeof(reply)), 1);
	assert_int_equal(driver_receive(&s->d, reply, sizeof(reply)), -1);
	/* one that is an answer itself has no second one */
	driver_send(&s->d, GET_FEATURES, NEED_REPLY, NULL, 0, NULL, 0);
	assert_int_equal(driver_receive(&s->d, reply, 20), 1);
	assert_int_equal(driver_receive(&s->d, reply, sizeof(reply)), -1);
}

/* each of these is the first message that the device does not understand */
static void what_is_no_message_is_a_fault(void **state)
{
	static const struct {
		struct vhost_header header;
		const char *says;
	} wrong[] = {
		{ { 0, 1, 0 }, "sends request 0, which is not implemented" },
		{ { 4, 1, 0 }, "sends request 4," },
		{ { 11, 1, 8 }, "sends request 11," },
		{ { 36, 1, 8 }, "sends request 36," },
		{ { UINT32_MAX, 1, 8 }, "sends request 4294967295," },
		{ { 1, 0, 0 }, "GET_FEATURES with flags 0x0" },
		{ { 1, 2, 0 }, "GET_FEATURES with flags 0x2" },
		{ { 1, 1 | 4, 0 }, "GET_FEATURES with flags 0x5" },
		{ { 1, 1 | 16, 0 }, "GET_FEATURES with flags 0x11" },
		{ { 1, 1, 1 }, "GET_FEATURES of 1 bytes" },
		{ { 2, 1, 7 }, "SET_FEATURES of 7 bytes" },
		{ { 2, 1, 9 }, "SET_FEATURES of 9 bytes" },
		{ { 5, 1, 7 }, "SET_MEM_TABLE of 7 bytes" },
		{ { 5, 1, 265 }, "SET_MEM_TABLE of 265 bytes" },
		{ { 24, 1, 11 }, "GET_CONFIG of 11 bytes" },
		{ { 24, 1, UINT32_MAX }, "GET_CONFIG of 4294967295 bytes" },
		{ { 35, 1, 4 }, "VRING_KICK of 4 bytes" },
	};
	struct driver d;
	struct vhost vhost;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(wrong) / sizeof(*wrong); i++) {
		vhost_init(&vhost, &device, driver_connect(&d, &vhost));
		assert_int_equal(send(d.fd, &wrong[i].header,
				      sizeof(wrong[i].header), 0),
				 sizeof(wrong[i].header));
		d.ret = vhost_receive(&vhost);
		faults(&d, wrong[i].says);
		vhost_destroy(&vhost);
		driver_close(&d);
	}
}

static void a_message_may_come_in_pieces_and_several_at_once(void **state)
{
	struct setup *s = *state;
	const struct vhost_header get = { GET_FEATURES, 1, 0 };
	char two[2 * sizeof(get)], reply[64];
	unsigned int i;

	memcpy(two, &get, sizeof(get));
	memcpy(two + sizeof(get), &get, sizeof(get));
	for (i = 0; i < sizeof(two); i++) {
		assert_int_equal(send(s->d.fd, two + i, 1, 0), 1);
		assert_int_equal(vhost_receive(&s->vhost), 1);
		if (i == sizeof(get) - 2)
			assert_int_equal(driver_receive(&s->d, reply, 20), -1);
	}
	assert_int_equal(send(s->d.fd, two, sizeof(two), 0), sizeof(two));
	assert_int_equal(vhost_receive(&s->vhost), 1);
	for (i = 0; i < 4; i++)
		assert_int_equal(driver_receive(&s->d, reply, 20), 1);
	assert_int_equal(driver_receive(&s->d, reply, 20), -1);
}

static void descriptors_belong_to_the_message_that_they_came_with(void **state)
{
	struct setup *s = *state;
	const struct vhost_header owner = { SET_OWNER, 1, 0 };
	uint64_t number = VERSION_1 | PROTOCOL_FEATURES;
	struct vhost_header header = { SET_FEATURES, 1, 8 };
	char stream[64];
	int pair[2];

	/* of two messages in one read, they are the second one's */
	driver_number(&s->d, SET_PROTOCOL_FEATURES, UML_PROTOCOL);
	assert_int_equal(send(s->d.fd, &owner, sizeof(owner), 0),
			 sizeof(owner));
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
	driver_send(&s->d, SET_BACKEND_REQ_FD, 0, NULL, 0, &pair[1], 1);
	assert_int_equal(s->d.ret, 1);
	assert_true(s->vhost.call_fd >= 0);

	/* with a message in pieces, they wait for its end */
	memcpy(stream, &header, sizeof(header));
	memcpy(stream + sizeof(header), &number, sizeof(number));
	memcpy(stream + 20, &owner, sizeof(owner));
	assert_int_equal(send(s->d.fd, stream, 20 + sizeof(owner), 0), 32);
	assert_int_equal(vhost_receive(&s->vhost), 1);
	assert_true(s->vhost.negotiated);
	close(pair[0]);
	close(pair[1]);
}

static void a_message_with_descriptors_may_come_in_pieces_too(void **state)
{
	struct setup *s = *state;
	struct vhost_header header = { SET_MEM_TABLE, 1, 72 };
	struct {
		uint32_t num, padding;
		uint64_t region[8];
	} table = {
		.num = 1,
		.region = { MEM_BASE, MEM_SIZE, MEM_BASE, 0 },
	};
	char rest[sizeof(table) + sizeof(header)];
	union {
		char buf[CMSG_SPACE(sizeof(int))];
		struct cmsghdr align;
	} control = {};
	struct iovec iov = { &header, sizeof(header) };
	struct msghdr msg = {
		.msg_iov = &iov,
		.msg_iovlen = 1,
		.msg_control = control.buf,
		.msg_controllen = sizeof(control.buf),
	};

	driver_negotiate(&s->d, 0);
	control.align.cmsg_level = SOL_SOCKET;
	control.align.cmsg_type = SCM_RIGHTS;
	control.align.cmsg_len = CMSG_LEN(sizeof(int));
	memcpy(CMSG_DATA(&control.align), &s->d.memfd, sizeof(int));
	assert_int_equal(sendmsg(s->d.fd, &msg, 0), sizeof(header));
	assert_int_equal(vhost_receive(&s->vhost), 1);
	/* its end, and the begin of the next one */
	memcpy(rest, &table, sizeof(table));
	memcpy(rest + sizeof(table), &header, sizeof(header));
	assert_int_equal(send(s->d.fd, rest, sizeof(table) + 5, 0),
			 sizeof(table) + 5);
	assert_int_equal(vhost_receive(&s->vhost), 1);
	assert_int_equal(s->vhost.guest.nr, 1);

	/* descriptors in the middle of a message are none of it */
	iov.iov_base = (char *)&header + 5;
	iov.iov_len = 3;
	assert_int_equal(sendmsg(s->d.fd, &msg, 0), 3);
	assert_int_equal(vhost_receive(&s->vhost), 1);
	iov.iov_base = (char *)&header + 8;
	iov.iov_len = 4;
	assert_int_equal(sendmsg(s->d.fd, &msg, 0), 4);
	s->d.ret = vhost_receive(&s->vhost);
	faults(&s->d, "descriptors twice with one message");
}

static void descriptors_that_nobody_asked_for_are_a_fault(void **state)
{
	struct setup *s = *state;

	driver_send(&s->d, GET_FEATURES, 0, NULL, 0, &s->d.memfd, 1);
	faults(&s->d, "GET_FEATURES with 1 descriptors");
}

static void too_many_descriptors_are_a_fault(void **state)
{
	struct setup *s = *state;
	int fds[9], i;

	for (i = 0; i < 9; i++)
		fds[i] = s->d.memfd;
	driver_send(&s->d, GET_FEATURES, 0, NULL, 0, fds, 9);
	faults(&s->d, "more descriptors than any message has");
}

static void rings_are_set_up_after_features_were_chosen(void **state)
{
	struct setup *s = *state;

	driver_vring(&s->d, SET_VRING_NUM, 0, RING_SIZE);
	faults(&s->d, "SET_VRING_NUM before features are chosen");
}

static void memory_is_shared_after_features_were_chosen(void **state)
{
	struct setup *s = *state;

	driver_mem_table(&s->d);
	faults(&s->d, "SET_MEM_TABLE before features are chosen");
}

static void a_ring_has_a_size_before_an_address(void **state)
{
	struct setup *s = *state;

	driver_negotiate(&s->d, 0);
	driver_addr(&s->d, 0, MEM_BASE, MEM_BASE, MEM_BASE);
	faults(&s->d, "SET_VRING_ADDR before the ring's size");
}

static void a_ring_has_an_address_before_it_is_enabled(void **state)
{
	struct setup *s = *state;

	driver_negotiate(&s->d, 0);
	driver_vring(&s->d, SET_VRING_ENABLE, 1, 1);
	faults(&s->d, "enables queue 1 before the ring's address");
}

static void an_address_in_memory_that_is_not_shared_is_a_fault(void **state)
{
	struct setup *s = *state;

	driver_negotiate(&s->d, 0);
	driver_vring(&s->d, SET_VRING_NUM, 0, RING_SIZE);
	driver_addr(&s->d, 0, MEM_BASE, MEM_BASE, MEM_BASE);
	faults(&s->d, "ring at 0x200000");
}

static void sizes_of_rings_are_powers_of_two_up_to_256(void **state)
{
	static const uint32_t wrong[] = { 0, 3, 100, 512, UINT32_MAX };
	struct setup *s = *state;
	size_t i;

	driver_negotiate(&s->d, 0);
	for (i = 1; i <= 256; i *= 2) {
		driver_vring(&s->d, SET_VRING_NUM, 0, i);
		assert_int_equal(s->d.status, 0);
	}
	for (i = 0; i < sizeof(wrong) / sizeof(*wrong); i++) {
		driver_vring(&s->d, SET_VRING_NUM, 0, wrong[i]);
		faults(&s->d, "and not a power of two up to 256");
	}
}

static void a_queue_that_the_device_does_not_have_is_a_fault(void **state)
{
	static const uint32_t requests[] = {
		SET_VRING_NUM, SET_VRING_BASE, SET_VRING_ENABLE, VRING_KICK,
	};
	struct setup *s = *state;
	size_t i;

	for (i = 0; i < sizeof(requests) / sizeof(*requests); i++) {
		driver_vring(&s->d, requests[i], 2, 1);
		faults(&s->d, "of queue 2, the device has 2");
		driver_vring(&s->d, requests[i], UINT32_MAX, 1);
		faults(&s->d, "of queue 4294967295, the device has 2");
	}
	driver_addr(&s->d, 2, MEM_BASE, MEM_BASE, MEM_BASE);
	faults(&s->d, "of queue 2, the device has 2");
}

static void an_enabled_ring_stays_as_it_is(void **state)
{
	struct setup *s = *state;

	driver_vring(&s->d, SET_VRING_NUM, 0, 4);
	faults(&s->d, "SET_VRING_NUM of queue 0, which is enabled");
	driver_vring(&s->d, SET_VRING_BASE, 0, 4);
	faults(&s->d, "SET_VRING_BASE of queue 0, which is enabled");
	driver_addr(&s->d, 0, MEM_BASE, MEM_BASE, MEM_BASE);
	faults(&s->d, "SET_VRING_ADDR of queue 0, which is enabled");
	driver_mem_table(&s->d);
	faults(&s->d, "SET_MEM_TABLE while a queue is enabled");
	driver_number(&s->d, SET_FEATURES, VERSION_1 | PROTOCOL_FEATURES);
	faults(&s->d, "SET_FEATURES while a queue is enabled");
	driver_number(&s->d, SET_PROTOCOL_FEATURES, UML_PROTOCOL);
	faults(&s->d, "SET_PROTOCOL_FEATURES while a queue is enabled");
	driver_vring(&s->d, SET_VRING_ENABLE, 0, 1);
	faults(&s->d, "SET_VRING_ENABLE of queue 0, which is enabled");
}

static void a_stopped_device_can_be_set_up_anew(void **state)
{
	struct setup *s = *state;

	driver_vring(&s->d, SET_VRING_ENABLE, 1, 0);
	driver_vring(&s->d, SET_VRING_ENABLE, 0, 0);
	driver_vring(&s->d, SET_VRING_ENABLE, 0, 0);
	assert_int_equal(s->d.status, 0);
	driver_mem_table(&s->d);
	assert_int_equal(s->d.status, 0);
	assert_int_equal(s->vhost.guest.nr, 1);
	/* where the rings were means nothing in other memory */
	driver_vring(&s->d, SET_VRING_ENABLE, 0, 1);
	faults(&s->d, "enables queue 0 before the ring's address");
}

static void a_ring_goes_on_where_it_was_stopped(void **state)
{
	struct setup *s = *state;

	add(s, BUFFERS, 1);
	driver_kick(&s->d, 0);
	driver_vring(&s->d, SET_VRING_ENABLE, 0, 0);
	driver_vring(&s->d, SET_VRING_ENABLE, 0, 1);
	assert_int_equal(s->d.status, 0);
	assert_int_equal(s->vhost.queue[0].ring.taken, 1);
}

static void a_memory_table_has_a_descriptor_for_each_region(void **state)
{
	struct setup *s = *state;
	const struct {
		uint32_t num, padding;
		uint64_t region[4];
	} two = { .num = 2, .region = { 0, 4096, 0, 0 } };

	driver_negotiate(&s->d, 0);
	driver_send(&s->d, SET_MEM_TABLE, 0, &two, sizeof(two), &s->d.memfd, 1);
	faults(&s->d, "SET_MEM_TABLE of 2 regions with 1 descriptors");
	driver_send(&s->d, SET_MEM_TABLE, 0, &two, sizeof(two),
		    (int[]) { s->d.memfd, s->d.memfd }, 2);
	faults(&s->d, "SET_MEM_TABLE of 2 regions with 2 descriptors in 40 bytes");
}

static void a_memory_table_may_have_eight_regions(void **state)
{
	struct setup *s = *state;
	struct {
		uint32_t num, padding;
		uint64_t region[8][4];
	} eight = { .num = 8 };
	int fds[8], i;

	driver_negotiate(&s->d, 0);
	for (i = 0; i < 8; i++) {
		fds[i] = s->d.memfd;
		eight.region[i][0] = MEM_BASE + i * 0x1000;
		eight.region[i][1] = 0x1000;
		eight.region[i][2] = i * 0x1000;
		eight.region[i][3] = (7 - i) * 0x1000;
	}
	s->d.mem[5 * 0x1000] = 'x';
	driver_send(&s->d, SET_MEM_TABLE, 0, &eight, sizeof(eight), fds, 8);
	assert_int_equal(s->d.ret, 1);
	assert_int_equal(s->vhost.guest.nr, 8);
	assert_int_equal(*(char *)guest_at(&s->vhost.guest, MEM_BASE + 0x2000,
					   1), 'x');
	assert_int_equal(*(char *)guest_at_user(&s->vhost.guest, 0x2000, 1),
			 'x');
}

static void a_region_that_cannot_be_mapped_is_a_fault(void **state)
{
	struct setup *s = *state;
	const struct {
		uint32_t num, padding;
		uint64_t region[4];
	} big = { .num = 1, .region = { 0, MEM_SIZE + 1, 0, 0 } };

	driver_negotiate(&s->d, 0);
	driver_send(&s->d, SET_MEM_TABLE, 0, &big, sizeof(big), &s->d.memfd, 1);
	faults(&s->d, "memory region ends at 0x100001, its file at 0x100000");
}

static void a_ring_of_another_size_needs_a_new_address(void **state)
{
	struct setup *s = *state;

	driver_vring(&s->d, SET_VRING_ENABLE, 0, 0);
	driver_vring(&s->d, SET_VRING_NUM, 0, 4);
	driver_vring(&s->d, SET_VRING_ENABLE, 0, 1);
	faults(&s->d, "enables queue 0 before the ring's address");
}

static void eventfds_are_refused(void **state)
{
	struct setup *s = *state;
	const uint64_t index = 0;

	driver_send(&s->d, SET_VRING_KICK, 0, &index, 8, &s->d.memfd, 1);
	faults(&s->d, "SET_VRING_KICK, though it notifies in band");
	driver_send(&s->d, SET_VRING_CALL, 0, &index, 8, &s->d.memfd, 1);
	faults(&s->d, "SET_VRING_CALL, though it notifies in band");
}

static void calls_go_over_a_stream_socket(void **state)
{
	struct setup *s = *state;
	int fd = s->d.memfd;

	driver_send(&s->d, SET_BACKEND_REQ_FD, 0, NULL, 0, NULL, 0);
	faults(&s->d, "SET_BACKEND_REQ_FD with 0 descriptors");
	driver_send(&s->d, SET_BACKEND_REQ_FD, 0, NULL, 0, &fd, 1);
	faults(&s->d, "that is no stream socket");
	fd = socket(AF_UNIX, SOCK_DGRAM, 0);
	driver_send(&s->d, SET_BACKEND_REQ_FD, 0, NULL, 0, &fd, 1);
	faults(&s->d, "that is no stream socket");
	close(fd);
	driver_negotiate(&s->d, 0);
	driver_send(&s->d, SET_BACKEND_REQ_FD, 0, NULL, 0, &s->d.calls, 1);
	faults(&s->d, "SET_BACKEND_REQ_FD twice");
}

struct config_message {
	uint32_t offset, size, flags;
	char data[32];
};

static void configuration_is_read_by_offset_and_size(void **state)
{
	struct setup *s = *state;
	struct config_message get = { .offset = 3, .size = 5 };
	struct {
		struct vhost_header header;
		struct config_message config;
	} reply;

	driver_send(&s->d, GET_CONFIG, 0, &get, 12 + get.size, NULL, 0);
	assert_int_equal(driver_receive(&s->d, &reply, sizeof(reply)), 1);
	assert_int_equal(reply.header.flags, 1 | 4);
	assert_int_equal(reply.header.size, 17);
	assert_int_equal(reply.config.size, 5);
	assert_memory_equal(reply.config.data, "figur", 5);

	/* beyond its end there is nothing */
	get.offset = 8;
	driver_send(&s->d, GET_CONFIG, 0, &get, 12 + get.size, NULL, 0);
	assert_int_equal(driver_receive(&s->d, &reply, sizeof(reply)), 1);
	assert_int_equal(reply.header.size, 0);
	get.offset = UINT32_MAX;
	driver_send(&s->d, GET_CONFIG, 0, &get, 12 + get.size, NULL, 0);
	assert_int_equal(driver_receive(&s->d, &reply, sizeof(reply)), 1);
	assert_int_equal(reply.header.size, 0);

	get.size = 257;
	driver_send(&s->d, GET_CONFIG, 0, &get, 12 + 5, NULL, 0);
	faults(&s->d, "GET_CONFIG of 257 bytes in 17");
}

static void configuration_cannot_be_written(void **state)
{
	struct setup *s = *state;
	const struct config_message set = { .size = 5 };
	char reply[64];

	driver_send(&s->d, SET_CONFIG, NEED_REPLY, &set, 12 + set.size, NULL,
		    0);
	assert_int_equal(s->d.ret, 1);
	assert_int_equal(driver_receive(&s->d, reply, sizeof(reply)), 1);
	assert_int_equal(reply[12], 1);
}

static void a_kick_is_acknowledged_when_it_was_handled(void **state)
{
	struct setup *s = *state;

	add(s, BUFFERS, 1);
	driver_kick(&s->d, 0);
	assert_int_equal(s->d.status, 0);
	assert_int_equal(kicks, 1);
}

static void a_kick_that_does_not_wait_is_a_fault(void **state)
{
	struct setup *s = *state;
	const uint32_t queue[2] = { 0, 0 };

	driver_send(&s->d, VRING_KICK, 0, queue, sizeof(queue), NULL, 0);
	faults(&s->d, "kicks queue 0 without waiting");
	assert_int_equal(kicks, 0);
}

static void a_kick_of_a_stopped_queue_is_a_fault(void **state)
{
	struct setup *s = *state;

	driver_vring(&s->d, SET_VRING_ENABLE, 1, 0);
	driver_kick(&s->d, 1);
	faults(&s->d, "VRING_KICK of queue 1, which is not enabled");
}

static void a_fault_in_a_ring_is_a_fault_of_the_connection(void **state)
{
	struct setup *s = *state;

	add(s, 0, 1);
	driver_kick(&s->d, 0);
	faults(&s->d, "which are not in its memory");
	/* and nothing is acknowledged */
	assert_int_equal(s->d.status, UINT64_MAX);
}

static void a_memory_file_that_was_cut_is_a_fault_at_the_next_kick(
	void **state)
{
	struct setup *s = *state;

	signal(SIGBUS, SIG_DFL);
	guest_catch();
	add(s, BUFFERS, 1);
	assert_int_equal(ftruncate(s->d.memfd, 0), 0);
	driver_kick(&s->d, 0);
	faults(&s->d, "its memory file was cut");
}

static void a_call_names_its_queue_and_may_want_an_answer(void **state)
{
	struct setup *s = *state;
	bool reply;

	assert_int_equal(vhost_call(&s->vhost, &s->vhost.queue[1], false), 0);
	assert_int_equal(driver_called(&s->d, &reply), 1);
	assert_false(reply);
	assert_int_equal(s->vhost.calls, 0);

	assert_int_equal(vhost_call(&s->vhost, &s->vhost.queue[0], true), 0);
	assert_int_equal(driver_called(&s->d, &reply), 0);
	assert_true(reply);
	assert_int_equal(s->vhost.calls, 1);
	driver_answer(&s->d, 0);
	assert_int_equal(s->d.ret, 1);
	assert_int_equal(s->vhost.calls, 0);
}

static void an_answer_to_a_call_may_come_in_pieces(void **state)
{
	struct setup *s = *state;
	const uint32_t answer[5] = { 4, 5, 8, 0, 0 };
	unsigned int i;

	assert_int_equal(vhost_call(&s->vhost, &s->vhost.queue[0], true), 0);
	for (i = 0; i < sizeof(answer); i++) {
		assert_int_equal(s->vhost.calls, 1);
		assert_int_equal(send(s->d.calls, (char *)answer + i, 1, 0), 1);
		assert_int_equal(vhost_receive_replies(&s->vhost), 1);
	}
	assert_int_equal(s->vhost.calls, 0);
}

static void an_answer_that_nobody_waits_for_is_a_fault(void **state)
{
	struct setup *s = *state;

	driver_answer(&s->d, 0);
	faults(&s->d, "though 0 calls are open");
}

static void a_call_that_the_driver_cannot_handle_is_a_fault(void **state)
{
	struct setup *s = *state;

	assert_int_equal(vhost_call(&s->vhost, &s->vhost.queue[0], true), 0);
	driver_answer(&s->d, 1);
	faults(&s->d, "answers a call with error 1");
}

static void a_driver_that_reads_no_answers_is_a_fault(void **state)
{
	struct setup *s = *state;
	int i;

	s->d.ret = 1;
	for (i = 0; i < 100000 && s->d.ret == 1; i++)
		driver_send(&s->d, GET_FEATURES, 0, NULL, 0, NULL, 0);
	faults(&s->d, "does not read what it is sent");
}

static void a_driver_that_reads_no_calls_is_a_fault(void **state)
{
	struct setup *s = *state;
	int i;

	s->d.ret = 0;
	for (i = 0; i < 100000 && !s->d.ret; i++)
		s->d.ret = vhost_call(&s->vhost, &s->vhost.queue[0], false);
	faults(&s->d, "does not read what it is sent");
}

static void a_driver_that_goes_is_no_fault(void **state)
{
	struct setup *s = *state;

	shutdown(s->d.calls, SHUT_RDWR);
	assert_int_equal(vhost_call(&s->vhost, &s->vhost.queue[0], true), 0);
	assert_int_equal(vhost_receive_replies(&s->vhost), 0);
	shutdown(s->d.fd, SHUT_RDWR);
	assert_int_equal(vhost_receive(&s->vhost), 0);
	assert_string_equal(s->vhost.fault.text, "");
}

#define BEHAVIOUR(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
#define STARTED(f) cmocka_unit_test_setup_teardown(f, setup_started, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		BEHAVIOUR(it_offers_what_is_implemented_and_nothing_else),
		BEHAVIOUR(features_that_were_not_offered_are_a_fault),
		BEHAVIOUR(protocol_features_that_were_not_offered_are_a_fault),
		BEHAVIOUR(a_driver_of_before_virtio_1_is_refused),
		BEHAVIOUR(a_driver_that_kicks_by_eventfd_is_refused),
		BEHAVIOUR(a_driver_that_does_not_wait_for_answers_is_refused),
		BEHAVIOUR(a_driver_that_cannot_be_called_in_band_is_refused),
		BEHAVIOUR(features_come_after_those_of_the_protocol),
		BEHAVIOUR(only_messages_that_want_one_have_an_answer),
		BEHAVIOUR(what_is_no_message_is_a_fault),
		BEHAVIOUR(a_message_may_come_in_pieces_and_several_at_once),
		BEHAVIOUR(descriptors_belong_to_the_message_that_they_came_with),
		BEHAVIOUR(a_message_with_descriptors_may_come_in_pieces_too),
		BEHAVIOUR(descriptors_that_nobody_asked_for_are_a_fault),
		BEHAVIOUR(too_many_descriptors_are_a_fault),
		BEHAVIOUR(rings_are_set_up_after_features_were_chosen),
		BEHAVIOUR(memory_is_shared_after_features_were_chosen),
		BEHAVIOUR(a_ring_has_a_size_before_an_address),
		BEHAVIOUR(a_ring_has_an_address_before_it_is_enabled),
		BEHAVIOUR(an_address_in_memory_that_is_not_shared_is_a_fault),
		BEHAVIOUR(sizes_of_rings_are_powers_of_two_up_to_256),
		STARTED(a_queue_that_the_device_does_not_have_is_a_fault),
		STARTED(an_enabled_ring_stays_as_it_is),
		STARTED(a_stopped_device_can_be_set_up_anew),
		STARTED(a_ring_goes_on_where_it_was_stopped),
		BEHAVIOUR(a_memory_table_has_a_descriptor_for_each_region),
		BEHAVIOUR(a_memory_table_may_have_eight_regions),
		BEHAVIOUR(a_region_that_cannot_be_mapped_is_a_fault),
		STARTED(a_ring_of_another_size_needs_a_new_address),
		BEHAVIOUR(eventfds_are_refused),
		BEHAVIOUR(calls_go_over_a_stream_socket),
		BEHAVIOUR(configuration_is_read_by_offset_and_size),
		BEHAVIOUR(configuration_cannot_be_written),
		STARTED(a_kick_is_acknowledged_when_it_was_handled),
		STARTED(a_kick_that_does_not_wait_is_a_fault),
		STARTED(a_kick_of_a_stopped_queue_is_a_fault),
		STARTED(a_fault_in_a_ring_is_a_fault_of_the_connection),
		STARTED(a_memory_file_that_was_cut_is_a_fault_at_the_next_kick),
		STARTED(a_call_names_its_queue_and_may_want_an_answer),
		STARTED(an_answer_to_a_call_may_come_in_pieces),
		STARTED(an_answer_that_nobody_waits_for_is_a_fault),
		STARTED(a_call_that_the_driver_cannot_handle_is_a_fault),
		BEHAVIOUR(a_driver_that_reads_no_answers_is_a_fault),
		STARTED(a_driver_that_reads_no_calls_is_a_fault),
		STARTED(a_driver_that_goes_is_no_fault),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
