// SPDX-License-Identifier: GPL-2.0
#include <sys/socket.h>
#include <unistd.h>

#include "harness.h"

static struct loop loop;
static struct loop_source source[2];
static int calls;

/* whichever comes first takes the other one away */
static void ready(struct loop_source *this, uint32_t events)
{
	struct loop_source *other = &source[this == &source[0]];

	assert_int_equal(events, EPOLLIN);
	calls++;
	loop_remove(&loop, other);
	memset(other, 0, sizeof(*other));
}

static void a_source_can_be_removed_while_it_is_ready(void **state)
{
	int pair[2][2];
	int i;

	(void)state;
	assert_int_equal(loop_init(&loop), 0);
	for (i = 0; i < 2; i++) {
		assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, pair[i]),
				 0);
		source[i].fd = pair[i][0];
		source[i].ready = ready;
		assert_int_equal(loop_add(&loop, &source[i], EPOLLIN), 0);
		assert_int_equal(write(pair[i][1], "x", 1), 1);
	}
	assert_int_equal(loop_run_once(&loop, 0), 2);
	assert_int_equal(calls, 1);
	for (i = 0; i < 4; i++)
		close(pair[i / 2][i % 2]);
	assert_int_equal(loop_run_once(&loop, 0), 0);
	loop_destroy(&loop);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_source_can_be_removed_while_it_is_ready),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
