// SPDX-License-Identifier: GPL-2.0
/*
 * What is said if nobody reads it.
 */
#include <fcntl.h>
#include <unistd.h>

#include "harness.h"

static void said(int fd, const char *what)
{
	char text[256];
	ssize_t len = read(fd, text, sizeof(text) - 1);

	assert_true(len > 0);
	text[len] = '\0';
	assert_string_equal(text, what);
}

static void one_that_nobody_reads_is_waited_for_once(void **state)
{
	char text[8192] = {};
	int ends[2], size, i;

	(void)state;
	assert_int_equal(pipe2(ends, O_CLOEXEC | O_NONBLOCK), 0);
	size = fcntl(ends[1], F_SETPIPE_SZ, 4096);
	assert_in_range(size, 4096, sizeof(text));
	assert_int_equal(write(ends[1], text, size), size);
	log_setup(ends[1], false);
	/* the first of them for seconds, all of them for hours */
	for (i = 0; i < 1000; i++)
		log_line("lost");
	assert_int_equal(read(ends[0], text, sizeof(text)), size);

	log_line("%d", 1);
	said(ends[0], LOG_PREFIX "nobody has read this, lines lost: 1000\n"
	     LOG_PREFIX "1\n");
	log_line("%d", 2);
	said(ends[0], LOG_PREFIX "2\n");
	log_setup(STDERR_FILENO, false);
	close(ends[0]);
	close(ends[1]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_that_nobody_reads_is_waited_for_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
