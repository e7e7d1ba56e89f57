// SPDX-License-Identifier: GPL-2.0
/* Captures: what is in the file, and when. */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>
#include <pcap/pcap.h>

#include "capture.h"

static char path[] = "/tmp/tt-capture-XXXXXX";
static struct capture capture;
static size_t held;

static int setup(void **state)
{
	(void)state;
	memcpy(path + sizeof(path) - 7, "XXXXXX", 6);
	close(mkstemp(path));
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	capture_close(&capture);
	unlink(path);
	return 0;
}

static void write_frame(uint64_t time, const void *data, size_t len)
{
	struct frame *frame = frame_new(data, len, &held);

	assert_int_equal(capture_write(&capture, time, frame), 0);
	frame_put(frame);
}

/* the file has just this frame next */
static void has(pcap_t *pcap, time_t sec, long nsec, const void *data,
		size_t len)
{
	struct pcap_pkthdr *header;
	const unsigned char *content;

	assert_int_equal(pcap_next_ex(pcap, &header, &content), 1);
	assert_int_equal(header->ts.tv_sec, sec);
	assert_int_equal(header->ts.tv_usec, nsec);
	assert_int_equal(header->len, len);
	assert_int_equal(header->caplen, len);
	assert_memory_equal(content, data, len);
}

static pcap_t *open_file(void)
{
	char why[PCAP_ERRBUF_SIZE];
	pcap_t *pcap;

	pcap = pcap_open_offline_with_tstamp_precision(path,
			PCAP_TSTAMP_PRECISION_NANO, why);
	assert_non_null(pcap);
	assert_int_equal(pcap_datalink(pcap), DLT_EN10MB);
	return pcap;
}

static void ends(pcap_t *pcap)
{
	struct pcap_pkthdr *header;
	const unsigned char *content;

	assert_int_equal(pcap_next_ex(pcap, &header, &content),
			 PCAP_ERROR_BREAK);
	pcap_close(pcap);
}

static void frames_are_stamped_with_nanoseconds_of_the_wall_clock(void **state)
{
	pcap_t *pcap;

	(void)state;
	assert_int_equal(capture_open(&capture, path, 1700000000999999999), 0);
	write_frame(0, "the first frame", 15);
	write_frame(5000000001, "the second frame", 16);
	pcap = open_file();
	has(pcap, 1700000000, 999999999, "the first frame", 15);
	has(pcap, 1700000006, 0, "the second frame", 16);
	ends(pcap);
}

static void the_longest_frame_fits(void **state)
{
	static char frame[65535 + 22];
	pcap_t *pcap;

	(void)state;
	memset(frame, 'x', sizeof(frame));
	assert_int_equal(capture_open(&capture, path, 0), 0);
	write_frame(1, frame, sizeof(frame));
	pcap = open_file();
	has(pcap, 0, 1, frame, sizeof(frame));
	ends(pcap);
}

static void a_process_that_is_killed_leaves_what_it_has_written(void **state)
{
	pcap_t *pcap;
	int status;
	pid_t pid;

	(void)state;
	pid = fork();
	assert_true(pid >= 0);
	if (!pid) {
		capture_open(&capture, path, 0);
		write_frame(1, "before it is killed", 19);
		kill(getpid(), SIGKILL);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	pcap = open_file();
	has(pcap, 0, 1, "before it is killed", 19);
	ends(pcap);
}

static void a_file_without_frames_is_a_capture_too(void **state)
{
	(void)state;
	assert_int_equal(capture_open(&capture, path, 0), 0);
	ends(open_file());
}

static void a_file_that_cannot_be_written_is_an_error(void **state)
{
	(void)state;
	assert_int_equal(capture_open(&capture, "/nowhere/at/all", 0),
			 -ENOENT);
	assert_int_equal(capture_open(&capture, "/dev/full", 0), -ENOSPC);
}

static void a_file_that_cannot_be_written_any_more_is_given_up(void **state)
{
	struct frame *frame = frame_new("there is no space", 17, &held);
	int ends[2];
	char buf[64];

	(void)state;
	signal(SIGPIPE, SIG_IGN);
	assert_int_equal(pipe(ends), 0);
	snprintf(buf, sizeof(buf), "/proc/self/fd/%d", ends[1]);
	assert_int_equal(capture_open(&capture, buf, 0), 0);
	close(ends[0]);
	assert_int_equal(capture_write(&capture, 0, frame), -EPIPE);
	/* which is said once */
	assert_int_equal(capture_write(&capture, 0, frame), 0);
	close(ends[1]);
	frame_put(frame);
}

#define BEHAVIOUR(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		BEHAVIOUR(frames_are_stamped_with_nanoseconds_of_the_wall_clock),
		BEHAVIOUR(the_longest_frame_fits),
		BEHAVIOUR(a_process_that_is_killed_leaves_what_it_has_written),
		BEHAVIOUR(a_file_without_frames_is_a_capture_too),
		BEHAVIOUR(a_file_that_cannot_be_written_is_an_error),
		BEHAVIOUR(a_file_that_cannot_be_written_any_more_is_given_up),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
