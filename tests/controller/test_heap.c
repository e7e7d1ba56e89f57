// SPDX-License-Identifier: GPL-2.0
/* What is due comes out in order. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "heap.h"
#include "random.h"
#include "simtime.h"

#define NR 40

static struct heap heaps[2];
static struct heap_node nodes[NR];

static int setup(void **state)
{
	size_t i;

	(void)state;
	memset(heaps, 0, sizeof(heaps));
	memset(nodes, 0, sizeof(nodes));
	for (i = 0; i < NR; i++)
		nodes[i].order = i;
	return 0;
}

/* the first one in a heap, found without it */
static struct heap_node *first_in(const struct heap *heap)
{
	struct heap_node *first = NULL;
	size_t i;

	for (i = 0; i < NR; i++)
		if (nodes[i].heap == heap &&
		    (!first || nodes[i].time < first->time))
			first = &nodes[i];
	return first;
}

static void an_empty_heap_is_never_due(void **state)
{
	(void)state;
	assert_null(heaps[0].first);
	assert_int_equal(heap_next(&heaps[0]), SIMTIME_NEVER);
	heap_remove(&nodes[0]);
	assert_null(heaps[0].first);
}

static void the_earliest_is_on_top_and_the_lowest_order_of_equal_ones(void **state)
{
	(void)state;
	heap_put(&heaps[0], &nodes[2], 7);
	heap_put(&heaps[0], &nodes[1], 7);
	heap_put(&heaps[0], &nodes[0], 9);
	assert_ptr_equal(heaps[0].first, &nodes[1]);
	assert_int_equal(heap_next(&heaps[0]), 7);
	heap_put(&heaps[0], &nodes[0], 3);
	assert_ptr_equal(heaps[0].first, &nodes[0]);
	heap_put(&heaps[0], &nodes[0], 8);
	assert_ptr_equal(heaps[0].first, &nodes[1]);
}

static void what_is_put_into_another_heap_leaves_its_own(void **state)
{
	(void)state;
	heap_put(&heaps[0], &nodes[0], 5);
	heap_put(&heaps[0], &nodes[1], 6);
	heap_put(&heaps[1], &nodes[0], 5);
	assert_ptr_equal(heaps[0].first, &nodes[1]);
	assert_ptr_equal(heaps[1].first, &nodes[0]);
	heap_remove(&nodes[0]);
	assert_null(heaps[1].first);
}

static void any_order_of_changes_leaves_the_first_one_on_top(void **state)
{
	struct random random = {};
	struct heap_node *node;
	uint64_t what;
	int i;

	(void)state;
	for (i = 0; i < 20000; i++) {
		what = random_next(&random);
		node = &nodes[what % NR];
		what /= NR;
		if (what % 3)
			heap_put(&heaps[what % 2], node, what / 6 % 50);
		else
			heap_remove(node);
		assert_ptr_equal(heaps[0].first, first_in(&heaps[0]));
		assert_ptr_equal(heaps[1].first, first_in(&heaps[1]));
	}
	for (i = 0; (node = first_in(&heaps[0])); i++) {
		assert_ptr_equal(heaps[0].first, node);
		heap_remove(node);
	}
	assert_true(i > 1);
	assert_null(heaps[0].first);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(an_empty_heap_is_never_due, setup),
		cmocka_unit_test_setup(the_earliest_is_on_top_and_the_lowest_order_of_equal_ones, setup),
		cmocka_unit_test_setup(what_is_put_into_another_heap_leaves_its_own, setup),
		cmocka_unit_test_setup(any_order_of_changes_leaves_the_first_one_on_top, setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
