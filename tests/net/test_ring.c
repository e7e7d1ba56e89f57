// SPDX-License-Identifier: GPL-2.0
/* Split virtqueues: what a driver may put into them, and what it may not. */
#include "driver.h"

/* a device that takes and gives nothing by itself */
static bool no_config(struct vhost *vhost, uint32_t offset, uint32_t len,
		      void *buf)
{
	(void)vhost;
	(void)offset;
	(void)len;
	(void)buf;
	return false;
}

static int no_kick(struct vhost *vhost, struct vhost_queue *queue)
{
	(void)vhost;
	(void)queue;
	return 0;
}

static const struct vhost_device device = {
	.nr_queues = 1,
	.get_config = no_config,
	.kick = no_kick,
};

struct setup {
	struct driver d;
	struct vhost vhost;
	struct ring *ring;
	struct ring_chain chain;
};

static int start(void **state, uint64_t features)
{
	struct setup *s = calloc(1, sizeof(*s));

	assert_non_null(s);
	vhost_init(&s->vhost, &device, driver_connect(&s->d, &s->vhost));
	driver_start(&s->d, features);
	s->ring = &s->vhost.queue[0].ring;
	*state = s;
	return 0;
}

static int setup(void **state)
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

	vhost_destroy(&s->vhost);
	driver_close(&s->d);
	free(s);
	return 0;
}

static void add(struct setup *s, uint64_t addr, uint32_t len, uint16_t flags)
{
	const struct driver_buffer buffer = { addr, len, flags };

	driver_add(&s->d, 0, &buffer, 1);
}

static int take(struct setup *s)
{
	s->d.ret = ring_take(s->ring, &s->chain);
	return s->d.ret;
}

static void take_and_give(struct setup *s, unsigned int nr)
{
	while (nr--) {
		add(s, BUFFERS, 1, 0);
		assert_int_equal(take(s), 1);
		ring_give(s->ring, &s->chain, 0);
	}
}

static void an_empty_ring_has_nothing_to_take(void **state)
{
	struct setup *s = *state;

	assert_int_equal(take(s), 0);
	assert_false(ring_publish(s->ring));
	assert_int_equal(driver_used(&s->d, 0, NULL), 0);
}

static void a_chain_is_taken_with_its_buffers_in_order(void **state)
{
	struct setup *s = *state;
	const struct driver_buffer buffers[] = {
		{ BUFFERS, 3, 0 },
		{ BUFFERS + 0x1000, 5, 0 },
		{ BUFFERS + 0x2000, 7, VRING_DESC_F_WRITE },
		{ BUFFERS + 0x3000, 9, VRING_DESC_F_WRITE },
	};

	driver_add(&s->d, 0, buffers, 4);
	assert_int_equal(take(s), 1);
	assert_int_equal(s->chain.nr_in, 2);
	assert_int_equal(s->chain.nr, 4);
	assert_int_equal(s->chain.in_len, 8);
	assert_int_equal(s->chain.out_len, 16);
	assert_int_equal(take(s), 0);
}

static void data_is_read_and_written_across_buffers(void **state)
{
	struct setup *s = *state;
	const struct driver_buffer buffers[] = {
		{ BUFFERS, 3, 0 },
		{ BUFFERS + 0x1000, 5, 0 },
		{ BUFFERS + 0x2000, 2, VRING_DESC_F_WRITE },
		{ BUFFERS + 0x3000, 4, VRING_DESC_F_WRITE },
	};
	char buf[9] = "";

	memcpy(driver_at(&s->d, BUFFERS), "abc", 3);
	memcpy(driver_at(&s->d, BUFFERS + 0x1000), "defgh", 5);
	driver_add(&s->d, 0, buffers, 4);
	assert_int_equal(take(s), 1);
	ring_read(&s->chain, 0, buf, 8);
	assert_string_equal(buf, "abcdefgh");
	memset(buf, 0, sizeof(buf));
	ring_read(&s->chain, 2, buf, 3);
	assert_string_equal(buf, "cde");
	ring_read(&s->chain, 3, buf, 5);
	assert_string_equal(buf, "defgh");
	ring_read(&s->chain, 8, buf, 0);

	ring_write(&s->chain, 1, "xyz", 3);
	assert_memory_equal(driver_at(&s->d, BUFFERS + 0x2000), "\0x", 3);
	assert_memory_equal(driver_at(&s->d, BUFFERS + 0x3000), "yz\0", 4);
	ring_write(&s->chain, 2, "1234", 4);
	assert_memory_equal(driver_at(&s->d, BUFFERS + 0x2000), "\0x", 3);
	assert_memory_equal(driver_at(&s->d, BUFFERS + 0x3000), "1234", 5);
}

static void chains_come_back_only_when_they_are_published(void **state)
{
	struct setup *s = *state;
	uint32_t len = 0;

	add(s, BUFFERS, 100, VRING_DESC_F_WRITE);
	assert_int_equal(take(s), 1);
	ring_give(s->ring, &s->chain, 42);
	assert_int_equal(driver_used(&s->d, 0, NULL), 0);
	ring_publish(s->ring);
	assert_int_equal(driver_used(&s->d, 0, &len), 1);
	assert_int_equal(len, 42);
	assert_int_equal(s->d.queue[0].used->ring[0].id, 0);
}

static void what_is_put_back_is_taken_again(void **state)
{
	struct setup *s = *state;

	add(s, BUFFERS, 1, 0);
	add(s, BUFFERS, 2, 0);
	assert_int_equal(take(s), 1);
	ring_give(s->ring, &s->chain, 0);
	assert_int_equal(take(s), 1);
	ring_give(s->ring, &s->chain, 0);
	ring_ungive(s->ring, 2);
	ring_untake(s->ring, 2);
	assert_false(ring_publish(s->ring));
	assert_int_equal(take(s), 1);
	assert_int_equal(s->chain.in_len, 1);
}

static void a_full_ring_is_taken_and_given_back_in_its_order(void **state)
{
	struct setup *s = *state;
	unsigned int i;

	for (i = 0; i < RING_SIZE; i++)
		add(s, BUFFERS, i + 1, 0);
	for (i = 0; i < RING_SIZE; i++) {
		assert_int_equal(take(s), 1);
		assert_int_equal(s->chain.in_len, i + 1);
		ring_give(s->ring, &s->chain, 0);
	}
	assert_int_equal(take(s), 0);
	ring_publish(s->ring);
	assert_int_equal(driver_used(&s->d, 0, NULL), RING_SIZE);
	for (i = 0; i < RING_SIZE; i++)
		assert_int_equal(s->d.queue[0].used->ring[i].id, i);
}

static void indices_wrap_at_16_bits(void **state)
{
	struct setup *s = *state;

	ring_start(s->ring, 65534);
	s->d.queue[0].avail->idx = 65534;
	s->d.queue[0].seen = 65534;
	take_and_give(s, 5);
	s->d.queue[0].avail->ring[RING_SIZE] = 100;
	assert_false(ring_publish(s->ring));
	assert_int_equal(s->d.queue[0].used->idx, 3);
	assert_int_equal(driver_used(&s->d, 0, NULL), 5);
	assert_int_equal(take(s), 0);
}

static void with_event_idx_the_driver_says_after_which_chain_it_is_told(
	void **state)
{
	struct setup *s = *state;
	__virtio16 *used_event = &s->d.queue[0].avail->ring[RING_SIZE];

	*used_event = 2;
	take_and_give(s, 2);
	assert_false(ring_publish(s->ring));
	take_and_give(s, 1);
	assert_true(ring_publish(s->ring));
	take_and_give(s, 1);
	assert_false(ring_publish(s->ring));
	/* nothing new, nothing to be told */
	*used_event = 4;
	assert_false(ring_publish(s->ring));
	take_and_give(s, 3);
	assert_true(ring_publish(s->ring));
}

static void without_it_a_flag_says_whether_the_driver_is_told(void **state)
{
	struct setup *s = *state;

	s->d.queue[0].avail->flags = VRING_AVAIL_F_NO_INTERRUPT;
	take_and_give(s, 1);
	assert_false(ring_publish(s->ring));
	s->d.queue[0].avail->flags = 0;
	take_and_give(s, 1);
	assert_true(ring_publish(s->ring));
}

/* would the driver kick, that has added @nr to @old? */
static bool kicks(struct setup *s, uint16_t old, uint16_t nr)
{
	const __virtio16 *avail_event =
		(__virtio16 *)&s->d.queue[0].used->ring[RING_SIZE];

	return vring_need_event(*avail_event, old + nr, old);
}

static void with_event_idx_a_kick_is_wanted_for_the_next_chain_or_for_none(
	void **state)
{
	struct setup *s = *state;

	ring_want_kick(s->ring);
	assert_true(kicks(s, 0, 1));
	ring_want_no_kick(s->ring);
	assert_false(kicks(s, 0, 1));
	assert_false(kicks(s, 0, 8));
	assert_false(kicks(s, 3, 1));
	assert_false(kicks(s, 30000, 8));
	take_and_give(s, 5);
	assert_false(kicks(s, 5, 1));
	ring_want_kick(s->ring);
	assert_true(kicks(s, 5, 1));
	assert_true(kicks(s, 5, 8));
}

static void without_it_a_flag_says_whether_a_kick_is_wanted(void **state)
{
	struct setup *s = *state;

	ring_want_no_kick(s->ring);
	assert_int_equal(s->d.queue[0].used->flags, VRING_USED_F_NO_NOTIFY);
	ring_want_kick(s->ring);
	assert_int_equal(s->d.queue[0].used->flags, 0);
}

static void more_chains_than_the_ring_has_are_a_fault(void **state)
{
	struct setup *s = *state;

	s->d.queue[0].avail->idx = RING_SIZE + 1;
	take(s);
	faults(&s->d, "9 chains are available in a ring of 8");
}

static void an_index_that_goes_back_is_a_fault(void **state)
{
	struct setup *s = *state;

	take_and_give(s, 3);
	s->d.queue[0].avail->idx = 2;
	take(s);
	faults(&s->d, "65535 chains");
}

static void a_chain_that_begins_out_of_range_is_a_fault(void **state)
{
	struct setup *s = *state;

	s->d.queue[0].avail->ring[0] = RING_SIZE;
	s->d.queue[0].avail->idx = 1;
	take(s);
	faults(&s->d, "descriptor 8 in a ring of 8");
}

static void a_chain_that_goes_on_out_of_range_is_a_fault(void **state)
{
	struct setup *s = *state;

	add(s, BUFFERS, 1, VRING_DESC_F_NEXT);
	s->d.queue[0].desc[0].next = 65535;
	take(s);
	faults(&s->d, "descriptor 65535 in a ring of 8");
}

static void a_loop_is_a_fault(void **state)
{
	struct setup *s = *state;

	add(s, BUFFERS, 1, VRING_DESC_F_NEXT);
	s->d.queue[0].desc[0].next = 0;
	take(s);
	faults(&s->d, "chain of descriptor 0 has a loop");
}

static void a_chain_may_have_as_many_buffers_as_the_ring(void **state)
{
	struct setup *s = *state;
	struct driver_buffer buffers[RING_SIZE];
	unsigned int i;

	for (i = 0; i < RING_SIZE; i++)
		buffers[i] = (struct driver_buffer) { BUFFERS + i, 1, 0 };
	driver_add(&s->d, 0, buffers, RING_SIZE);
	assert_int_equal(take(s), 1);
	assert_int_equal(s->chain.nr, RING_SIZE);
}

static void an_indirect_table_was_not_offered_and_is_a_fault(void **state)
{
	struct setup *s = *state;

	add(s, BUFFERS, 16, VRING_DESC_F_INDIRECT);
	take(s);
	faults(&s->d, "descriptor 0 has flags 0x4");
}

static void an_empty_buffer_is_a_fault(void **state)
{
	struct setup *s = *state;

	add(s, BUFFERS, 0, 0);
	take(s);
	faults(&s->d, "descriptor 0 is empty");
}

static void a_buffer_to_read_after_one_to_write_is_a_fault(void **state)
{
	struct setup *s = *state;
	const struct driver_buffer buffers[] = {
		{ BUFFERS, 1, VRING_DESC_F_WRITE },
		{ BUFFERS, 1, 0 },
	};

	driver_add(&s->d, 0, buffers, 2);
	take(s);
	faults(&s->d, "descriptor 1 is to be read after");
}

static void a_buffer_that_is_not_all_in_memory_is_a_fault(void **state)
{
	static const struct driver_buffer outside[] = {
		{ 0, 1, 0 },
		{ MEM_BASE - 1, 1, 0 },
		{ MEM_BASE - 1, 2, 0 },
		{ MEM_BASE + MEM_SIZE, 1, 0 },
		{ MEM_BASE + MEM_SIZE - 1, 2, 0 },
		{ BUFFERS, UINT32_MAX, VRING_DESC_F_WRITE },
		{ UINT64_MAX, 2, 0 },
		{ UINT64_MAX, UINT32_MAX, 0 },
	};
	struct setup *s = *state;
	size_t i;

	for (i = 0; i < sizeof(outside) / sizeof(*outside); i++) {
		ring_start(s->ring, 0);
		s->d.queue[0].avail->idx = 0;
		s->d.queue[0].next = 0;
		driver_add(&s->d, 0, &outside[i], 1);
		take(s);
		faults(&s->d, "which are not in its memory");
	}
}

static void a_ring_must_be_aligned_and_in_memory(void **state)
{
	static const struct ring_address bad[] = {
		{ MEM_BASE + 8, MEM_BASE + 0x1000, MEM_BASE + 0x2000 },
		{ MEM_BASE, MEM_BASE + 0x1001, MEM_BASE + 0x2000 },
		{ MEM_BASE, MEM_BASE + 0x1000, MEM_BASE + 0x2002 },
		{ MEM_BASE - 16, MEM_BASE + 0x1000, MEM_BASE + 0x2000 },
		{ MEM_BASE + MEM_SIZE - 112, MEM_BASE, MEM_BASE },
		/* room for the entries, but not for the event index */
		{ MEM_BASE, MEM_BASE + MEM_SIZE - 20, MEM_BASE },
		{ MEM_BASE, MEM_BASE, MEM_BASE + MEM_SIZE - 68 },
		{ MEM_BASE, MEM_BASE, UINT64_MAX },
	};
	struct setup *s = *state;
	size_t i;

	for (i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		s->d.ret = ring_map(s->ring, &bad[i]);
		faults(&s->d, "not all in its memory, or not aligned");
	}
}

#define BEHAVIOUR(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
#define WITHOUT_EVENT_IDX(f) \
	cmocka_unit_test_setup_teardown(f, setup_without_event_idx, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		BEHAVIOUR(an_empty_ring_has_nothing_to_take),
		BEHAVIOUR(a_chain_is_taken_with_its_buffers_in_order),
		BEHAVIOUR(data_is_read_and_written_across_buffers),
		BEHAVIOUR(chains_come_back_only_when_they_are_published),
		BEHAVIOUR(what_is_put_back_is_taken_again),
		BEHAVIOUR(a_full_ring_is_taken_and_given_back_in_its_order),
		BEHAVIOUR(indices_wrap_at_16_bits),
		BEHAVIOUR(with_event_idx_the_driver_says_after_which_chain_it_is_told),
		WITHOUT_EVENT_IDX(without_it_a_flag_says_whether_the_driver_is_told),
		BEHAVIOUR(with_event_idx_a_kick_is_wanted_for_the_next_chain_or_for_none),
		WITHOUT_EVENT_IDX(without_it_a_flag_says_whether_a_kick_is_wanted),
		BEHAVIOUR(more_chains_than_the_ring_has_are_a_fault),
		BEHAVIOUR(an_index_that_goes_back_is_a_fault),
		BEHAVIOUR(a_chain_that_begins_out_of_range_is_a_fault),
		BEHAVIOUR(a_chain_that_goes_on_out_of_range_is_a_fault),
		BEHAVIOUR(a_loop_is_a_fault),
		BEHAVIOUR(a_chain_may_have_as_many_buffers_as_the_ring),
		BEHAVIOUR(an_indirect_table_was_not_offered_and_is_a_fault),
		BEHAVIOUR(an_empty_buffer_is_a_fault),
		BEHAVIOUR(a_buffer_to_read_after_one_to_write_is_a_fault),
		BEHAVIOUR(a_buffer_that_is_not_all_in_memory_is_a_fault),
		BEHAVIOUR(a_ring_must_be_aligned_and_in_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
