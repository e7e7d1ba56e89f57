// SPDX-License-Identifier: GPL-2.0
/* A network card: what a machine sends, what it receives, when it is called. */
#include <signal.h>
#include <unistd.h>

#include "driver.h"
#include "ethernet.h"

#define HEADER sizeof(struct virtio_net_hdr_v1)
#define RX 0
#define TX 1

struct setup {
	struct driver d;
	struct ethernet eth;
	unsigned int sent;
	size_t len;
	char frame[2048];
};

static struct setup *self;

static int sent(struct ethernet *eth, const void *frame, size_t len)
{
	assert_ptr_equal(eth, &self->eth);
	assert_in_range(len, 14, sizeof(self->frame));
	memcpy(self->frame, frame, len);
	self->len = len;
	self->sent++;
	return 0;
}

static int start(void **state, uint64_t features)
{
	static const uint8_t mac[] = { 2, 0x11, 0x22, 0x33, 0x44, 0x55 };
	struct setup *s = calloc(1, sizeof(*s));

	alarm(60);
	assert_non_null(s);
	self = s;
	ethernet_init(&s->eth, driver_connect(&s->d, &s->eth.vhost), mac, 1500,
		      sent);
	driver_start(&s->d, features);
	*state = s;
	return 0;
}

static int setup(void **state)
{
	return start(state, EVENT_IDX | MRG_RXBUF);
}

static int setup_without_merging(void **state)
{
	return start(state, EVENT_IDX);
}

static int setup_without_event_idx(void **state)
{
	return start(state, 0);
}

static int teardown(void **state)
{
	struct setup *s = *state;

	ethernet_destroy(&s->eth);
	driver_close(&s->d);
	free(s);
	return 0;
}

/* a frame to be sent: virtio's header, and what @text says, in one buffer */
static void add_frame(struct setup *s, const char *text)
{
	const uint64_t addr = BUFFERS + s->d.queue[TX].next * 0x1000;
	const struct driver_buffer buffer = {
		addr, HEADER + strlen(text), 0,
	};

	memset(driver_at(&s->d, addr), 0, HEADER);
	memcpy(driver_at(&s->d, addr + HEADER), text, strlen(text));
	driver_add(&s->d, TX, &buffer, 1);
}

static void add_room(struct setup *s, uint64_t addr, uint32_t len)
{
	const struct driver_buffer buffer = { addr, len, VRING_DESC_F_WRITE };

	driver_add(&s->d, RX, &buffer, 1);
}

/* a driver that wants to be told of chain @nr, and then not of others */
static void want_event(struct setup *s, unsigned int queue, uint16_t nr)
{
	s->d.queue[queue].avail->ring[RING_SIZE] = nr;
}

static void its_configuration_has_the_address_and_the_mtu(void **state)
{
	struct setup *s = *state;
	struct {
		uint32_t offset, size, flags;
		unsigned char data[16];
	} get = { .size = 12 };
	struct {
		struct vhost_header header;
		uint32_t offset, size, flags;
		unsigned char data[16];
	} reply;

	driver_send(&s->d, GET_CONFIG, 0, &get, 24, NULL, 0);
	assert_int_equal(driver_receive(&s->d, &reply, sizeof(reply)), 1);
	assert_int_equal(reply.header.size, 24);
	assert_memory_equal(reply.data, "\2\x11\x22\x33\x44\x55", 6);
	assert_int_equal(reply.data[10] + 256 * reply.data[11], 1500);
}

static void it_offers_an_address_an_mtu_and_merged_buffers(void **state)
{
	struct setup *s = *state;

	assert_int_equal(driver_get(&s->d, GET_FEATURES),
			 VERSION_1 | PROTOCOL_FEATURES | EVENT_IDX |
			 FEATURE(VIRTIO_NET_F_MAC) |
			 FEATURE(VIRTIO_NET_F_MTU) | MRG_RXBUF);
}

static void a_kick_sends_all_frames_and_gives_their_buffers_back(void **state)
{
	struct setup *s = *state;

	add_frame(s, "the first frame that is sent");
	add_frame(s, "the second frame");
	driver_kick(&s->d, TX);
	assert_int_equal(s->d.status, 0);
	assert_int_equal(s->sent, 2);
	assert_int_equal(s->len, 16);
	assert_memory_equal(s->frame, "the second frame", 16);
	assert_int_equal(driver_used(&s->d, TX, NULL), 2);
}

static void a_frame_may_be_in_several_buffers(void **state)
{
	struct setup *s = *state;
	const struct driver_buffer buffers[] = {
		{ BUFFERS, HEADER - 2, 0 },
		{ BUFFERS + 0x1000, 5, 0 },
		{ BUFFERS + 0x2000, 13, 0 },
	};

	memset(driver_at(&s->d, BUFFERS), 0, HEADER);
	memcpy(driver_at(&s->d, BUFFERS + 0x1000), "\0\0abc", 5);
	memcpy(driver_at(&s->d, BUFFERS + 0x2000), "defghijklmnop", 13);
	driver_add(&s->d, TX, buffers, 3);
	driver_kick(&s->d, TX);
	assert_int_equal(s->len, 16);
	assert_memory_equal(s->frame, "abcdefghijklmnop", 16);
}

static void a_driver_that_wants_to_be_told_of_what_was_sent_is_called(
	void **state)
{
	struct setup *s = *state;
	bool reply;

	want_event(s, TX, 1);
	add_frame(s, "nobody wants to know");
	driver_kick(&s->d, TX);
	assert_int_equal(driver_called(&s->d, NULL), -1);
	add_frame(s, "this one is waited for");
	driver_kick(&s->d, TX);
	assert_int_equal(driver_called(&s->d, &reply), TX);
	/* it is blocked in its kick, and has noticed before it goes on */
	assert_false(reply);
	assert_int_equal(driver_called(&s->d, NULL), -1);
}

static void each_kick_asks_for_the_next_one(void **state)
{
	struct setup *s = *state;
	const __virtio16 *avail_event =
		(__virtio16 *)&s->d.queue[TX].used->ring[RING_SIZE];

	add_frame(s, "a frame of some length");
	add_frame(s, "a frame of some length");
	driver_kick(&s->d, TX);
	assert_true(vring_need_event(*avail_event, 3, 2));
}

static void frames_that_are_too_short_or_too_long_are_a_fault(void **state)
{
	static const struct {
		uint32_t len;
		const char *says;
	} cases[] = {
		{ 1, "too short: 1 bytes" },
		{ HEADER + 13, "too short: 25 bytes" },
		{ HEADER + 1500 + 14 + 9, "too long: 1523 bytes, MTU 1500" },
		{ 0x10000, "too long" },
	};
	struct setup *s = *state;
	struct driver_buffer buffer = { BUFFERS, 0, 0 };
	size_t i;

	buffer.len = HEADER + 14;
	driver_add(&s->d, TX, &buffer, 1);
	buffer.len = HEADER + 1500 + 14 + 8;
	driver_add(&s->d, TX, &buffer, 1);
	driver_kick(&s->d, TX);
	assert_int_equal(s->sent, 2);
	for (i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		buffer.len = cases[i].len;
		driver_add(&s->d, TX, &buffer, 1);
		driver_kick(&s->d, TX);
		faults(&s->d, cases[i].says);
	}
	assert_int_equal(s->sent, 2);
}

static void a_frame_to_be_sent_is_not_to_be_written(void **state)
{
	struct setup *s = *state;
	const struct driver_buffer buffers[] = {
		{ BUFFERS, 100, 0 },
		{ BUFFERS, 100, VRING_DESC_F_WRITE },
	};

	driver_add(&s->d, TX, buffers, 2);
	driver_kick(&s->d, TX);
	faults(&s->d, "sends a frame in buffers to be written");
}

static void an_offload_was_not_offered_and_is_a_fault(void **state)
{
	struct setup *s = *state;

	add_frame(s, "sum me, please");
	*(uint8_t *)driver_at(&s->d, BUFFERS) = VIRTIO_NET_HDR_F_NEEDS_CSUM;
	driver_kick(&s->d, TX);
	faults(&s->d, "wants an offload");
	assert_int_equal(s->sent, 0);
}

static void a_frame_whose_memory_was_cut_is_not_sent(void **state)
{
	struct setup *s = *state;

	signal(SIGBUS, SIG_DFL);
	guest_catch();
	add_frame(s, "this is in a file that ends");
	assert_int_equal(ftruncate(s->d.memfd, BUFFERS - MEM_BASE), 0);
	driver_kick(&s->d, TX);
	faults(&s->d, "its memory file was cut");
	assert_int_equal(s->sent, 0);
}

static void a_frame_is_received_behind_a_header_of_zeros(void **state)
{
	struct setup *s = *state;
	struct virtio_net_hdr_v1 header = { .num_buffers = 1 };
	uint32_t len;

	memset(driver_at(&s->d, BUFFERS), 'x', 100);
	add_room(s, BUFFERS, 1600);
	assert_int_equal(ethernet_put(&s->eth, "a frame to be received", 22),
			 1);
	assert_int_equal(driver_used(&s->d, RX, NULL), 0);
	assert_int_equal(ethernet_show(&s->eth), 1);
	assert_int_equal(driver_used(&s->d, RX, &len), 1);
	assert_int_equal(len, HEADER + 22);
	assert_memory_equal(driver_at(&s->d, BUFFERS), &header, HEADER);
	assert_memory_equal(driver_at(&s->d, BUFFERS + HEADER),
			    "a frame to be receivedx", 23);
}

static void frames_that_are_shown_together_are_one_call(void **state)
{
	struct setup *s = *state;
	bool reply;
	int i;

	for (i = 0; i < 3; i++) {
		add_room(s, BUFFERS + i * 0x1000, 1600);
		assert_int_equal(ethernet_put(&s->eth, "one of three frames",
					      19), 1);
	}
	assert_int_equal(ethernet_show(&s->eth), 1);
	assert_int_equal(driver_used(&s->d, RX, NULL), 3);
	assert_int_equal(driver_called(&s->d, &reply), RX);
	assert_true(reply);
	assert_int_equal(driver_called(&s->d, NULL), -1);
	assert_int_equal(s->eth.vhost.calls, 1);
}

static void a_driver_that_is_receiving_already_is_not_called(void **state)
{
	struct setup *s = *state;

	want_event(s, RX, 5);
	add_room(s, BUFFERS, 1600);
	assert_int_equal(ethernet_put(&s->eth, "a frame that is seen", 20), 1);
	assert_int_equal(ethernet_show(&s->eth), 0);
	assert_int_equal(driver_used(&s->d, RX, NULL), 1);
	assert_int_equal(driver_called(&s->d, NULL), -1);
	/* nor if there is nothing to be shown */
	want_event(s, RX, 1);
	assert_int_equal(ethernet_show(&s->eth), 0);
}

static void room_to_receive_is_added_without_a_kick(void **state)
{
	struct setup *s = *state;
	const __virtio16 *avail_event =
		(__virtio16 *)&s->d.queue[RX].used->ring[RING_SIZE];

	add_room(s, BUFFERS, 1600);
	driver_kick(&s->d, RX);
	assert_int_equal(s->d.status, 0);
	assert_false(vring_need_event(*avail_event, 2, 1));
	assert_int_equal(ethernet_put(&s->eth, "a frame that is seen", 20), 1);
	ethernet_show(&s->eth);
	assert_false(vring_need_event(*avail_event, 2, 1));
}

static void a_frame_without_room_is_not_put(void **state)
{
	struct setup *s = *state;

	assert_int_equal(ethernet_put(&s->eth, "there is no room for it", 23),
			 0);
	assert_int_equal(ethernet_show(&s->eth), 0);
	driver_vring(&s->d, SET_VRING_ENABLE, RX, 0);
	add_room(s, BUFFERS, 1600);
	assert_int_equal(ethernet_put(&s->eth, "there is no room for it", 23),
			 0);
	assert_int_equal(ethernet_show(&s->eth), 0);
}

static void a_long_frame_takes_several_buffers_that_are_merged(void **state)
{
	struct setup *s = *state;
	const struct driver_buffer two[] = {
		{ BUFFERS + 0x1000, 3, VRING_DESC_F_WRITE },
		{ BUFFERS + 0x2000, 4, VRING_DESC_F_WRITE },
	};
	struct virtio_net_hdr_v1 *header = driver_at(&s->d, BUFFERS);
	uint32_t len;

	add_room(s, BUFFERS, HEADER + 5);
	driver_add(&s->d, RX, two, 2);
	add_room(s, BUFFERS + 0x3000, 100);
	assert_int_equal(ethernet_put(&s->eth, "abcdefghijklmnop", 16), 1);
	ethernet_show(&s->eth);
	assert_int_equal(header->num_buffers, 3);
	assert_memory_equal(driver_at(&s->d, BUFFERS + HEADER), "abcde\0", 6);
	assert_memory_equal(driver_at(&s->d, BUFFERS + 0x1000), "fgh\0", 4);
	assert_memory_equal(driver_at(&s->d, BUFFERS + 0x2000), "ijkl\0", 5);
	assert_memory_equal(driver_at(&s->d, BUFFERS + 0x3000), "mnop\0", 5);
	assert_int_equal(s->d.queue[RX].used->ring[0].len, HEADER + 5);
	assert_int_equal(s->d.queue[RX].used->ring[1].len, 7);
	assert_int_equal(driver_used(&s->d, RX, &len), 3);
	assert_int_equal(len, 4);
}

static void a_long_frame_without_room_takes_no_buffer(void **state)
{
	struct setup *s = *state;

	add_room(s, BUFFERS, 20);
	add_room(s, BUFFERS + 0x1000, 20);
	assert_int_equal(ethernet_put(&s->eth, "it needs 41 bytes to be there",
				      29), 0);
	assert_int_equal(ethernet_put(&s->eth, "it needs 40 bytes, so it fits"
				      "", 28), 1);
	assert_int_equal(ethernet_show(&s->eth), 1);
	assert_int_equal(driver_used(&s->d, RX, NULL), 2);
}

static void without_merging_a_frame_needs_one_chain_that_is_long_enough(
	void **state)
{
	struct setup *s = *state;

	add_room(s, BUFFERS, 20);
	add_room(s, BUFFERS + 0x1000, 1600);
	assert_int_equal(ethernet_put(&s->eth, "it is longer than that", 22),
			 0);
	assert_int_equal(ethernet_put(&s->eth, "short", 5), 1);
	assert_int_equal(ethernet_put(&s->eth, "it is longer than that", 22),
			 1);
}

static void a_buffer_to_receive_must_hold_a_header(void **state)
{
	struct setup *s = *state;

	add_room(s, BUFFERS, HEADER - 1);
	add_room(s, BUFFERS + 0x1000, 1600);
	s->d.ret = ethernet_put(&s->eth, "a frame to be received", 22);
	faults(&s->d, "wants to receive in a buffer of 11 bytes");
}

static void a_buffer_to_receive_must_be_writable(void **state)
{
	struct setup *s = *state;
	const struct driver_buffer buffer = { BUFFERS, 1600, 0 };

	driver_add(&s->d, RX, &buffer, 1);
	s->d.ret = ethernet_put(&s->eth, "a frame to be received", 22);
	faults(&s->d, "in buffers to be read");
}

static void memory_that_is_cut_while_a_frame_is_received_is_a_fault(
	void **state)
{
	struct setup *s = *state;

	signal(SIGBUS, SIG_DFL);
	guest_catch();
	add_room(s, BUFFERS, 1600);
	assert_int_equal(ftruncate(s->d.memfd, BUFFERS - MEM_BASE), 0);
	ethernet_put(&s->eth, "a frame to be received", 22);
	s->d.ret = ethernet_show(&s->eth);
	faults(&s->d, "its memory file was cut");
}

#define BEHAVIOUR(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
#define WITHOUT_MERGING(f) \
	cmocka_unit_test_setup_teardown(f, setup_without_merging, teardown)
#define WITHOUT_EVENT_IDX(f) \
	cmocka_unit_test_setup_teardown(f, setup_without_event_idx, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		BEHAVIOUR(its_configuration_has_the_address_and_the_mtu),
		BEHAVIOUR(it_offers_an_address_an_mtu_and_merged_buffers),
		BEHAVIOUR(a_kick_sends_all_frames_and_gives_their_buffers_back),
		WITHOUT_EVENT_IDX(
			a_kick_sends_all_frames_and_gives_their_buffers_back),
		BEHAVIOUR(a_frame_may_be_in_several_buffers),
		BEHAVIOUR(a_driver_that_wants_to_be_told_of_what_was_sent_is_called),
		BEHAVIOUR(each_kick_asks_for_the_next_one),
		BEHAVIOUR(frames_that_are_too_short_or_too_long_are_a_fault),
		BEHAVIOUR(a_frame_to_be_sent_is_not_to_be_written),
		BEHAVIOUR(an_offload_was_not_offered_and_is_a_fault),
		BEHAVIOUR(a_frame_whose_memory_was_cut_is_not_sent),
		BEHAVIOUR(a_frame_is_received_behind_a_header_of_zeros),
		BEHAVIOUR(frames_that_are_shown_together_are_one_call),
		BEHAVIOUR(a_driver_that_is_receiving_already_is_not_called),
		BEHAVIOUR(room_to_receive_is_added_without_a_kick),
		BEHAVIOUR(a_frame_without_room_is_not_put),
		BEHAVIOUR(a_long_frame_takes_several_buffers_that_are_merged),
		BEHAVIOUR(a_long_frame_without_room_takes_no_buffer),
		WITHOUT_MERGING(
			without_merging_a_frame_needs_one_chain_that_is_long_enough),
		BEHAVIOUR(a_buffer_to_receive_must_hold_a_header),
		BEHAVIOUR(a_buffer_to_receive_must_be_writable),
		BEHAVIOUR(memory_that_is_cut_while_a_frame_is_received_is_a_fault),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
