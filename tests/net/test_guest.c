// SPDX-License-Identifier: GPL-2.0
/* A machine's memory: what is in it, what is not, and what is not any more. */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "guest.h"

#define PAGE 4096ULL
#define PAGES 4

struct machine {
	struct guest guest;
	struct fault fault;
	int fd;
};

static int setup(void **state)
{
	struct machine *m = calloc(1, sizeof(*m));

	alarm(60);
	assert_non_null(m);
	guest_init(&m->guest);
	m->fd = memfd_create("machine", MFD_CLOEXEC);
	assert_true(m->fd >= 0);
	assert_int_equal(ftruncate(m->fd, PAGES * PAGE), 0);
	*state = m;
	return 0;
}

/* how many mappings of a machine's memory there are */
static int mappings(void)
{
	FILE *file = fopen("/proc/self/maps", "r");
	char line[512];
	int nr = 0;

	assert_non_null(file);
	while (fgets(line, sizeof(line), file))
		nr += strstr(line, "memfd:machine") != NULL;
	fclose(file);
	return nr;
}

static int teardown(void **state)
{
	struct machine *m = *state;

	guest_destroy(&m->guest);
	assert_int_equal(mappings(), 0);
	close(m->fd);
	free(m);
	return 0;
}

/* cmocka has handlers of its own while a test runs */
static void catch(void)
{
	signal(SIGBUS, SIG_DFL);
	guest_catch();
}

static int map(struct machine *m, uint64_t guest, uint64_t user, uint64_t size,
	       uint64_t offset)
{
	const struct guest_region region = { guest, user, size, offset };

	return guest_map(&m->guest, &region, m->fd, &m->fault);
}

static void says(struct machine *m, int ret, const char *text)
{
	assert_int_equal(ret, -EPROTO);
	if (!strstr(m->fault.text, text))
		fail_msg("expected \"%s\", not \"%s\"", text, m->fault.text);
}

static void addresses_are_found_in_the_file_at_the_regions_offset(void **state)
{
	struct machine *m = *state;
	char *at;

	assert_int_equal(map(m, 0x10000, 0x70000, 2 * PAGE, PAGE), 0);
	assert_int_equal(pwrite(m->fd, "x", 1, PAGE + 5), 1);
	at = guest_at(&m->guest, 0x10005, 1);
	assert_non_null(at);
	assert_int_equal(*at, 'x');
	assert_ptr_equal(guest_at_user(&m->guest, 0x70005, 1), at);
	*at = 'y';
	assert_int_equal(pread(m->fd, m->fault.text, 1, PAGE + 5), 1);
	assert_int_equal(m->fault.text[0], 'y');
}

static void a_region_may_begin_in_the_middle_of_a_page(void **state)
{
	struct machine *m = *state;
	char *at;

	assert_int_equal(map(m, 0x10100, 0x10100, PAGE, 0x100), 0);
	assert_int_equal(pwrite(m->fd, "x", 1, 0x100), 1);
	at = guest_at(&m->guest, 0x10100, PAGE);
	assert_non_null(at);
	assert_int_equal(*at, 'x');
	assert_null(guest_at(&m->guest, 0x100ff, 1));
}

static void what_is_not_all_in_one_region_is_not_found(void **state)
{
	struct machine *m = *state;

	assert_int_equal(map(m, 0x10000, 0x10000, PAGE, 0), 0);
	assert_int_equal(map(m, 0x11000, 0x11000, PAGE, PAGE), 0);
	assert_non_null(guest_at(&m->guest, 0x10000, PAGE));
	assert_non_null(guest_at(&m->guest, 0x10fff, 1));
	assert_non_null(guest_at(&m->guest, 0x11fff, 1));
	assert_null(guest_at(&m->guest, 0x0ffff, 1));
	assert_null(guest_at(&m->guest, 0x0ffff, 2));
	assert_null(guest_at(&m->guest, 0x10fff, 2));
	assert_null(guest_at(&m->guest, 0x12000, 1));
	assert_null(guest_at(&m->guest, 0x10000, UINT64_MAX));
	assert_null(guest_at(&m->guest, 0x10001, UINT64_MAX));
	assert_null(guest_at(&m->guest, UINT64_MAX, 2));
}

static void a_region_must_be_in_its_file_and_in_64_bits(void **state)
{
	struct machine *m = *state;

	says(m, map(m, 0, 0, 0, 0), "0x0 bytes");
	says(m, map(m, UINT64_MAX, 0, PAGE, 0), "cannot be");
	says(m, map(m, 0, UINT64_MAX, PAGE, 0), "cannot be");
	says(m, map(m, 0, 0, PAGE, UINT64_MAX), "cannot be");
	says(m, map(m, 0, 0, GUEST_MAX_SIZE + 1, 0), "cannot be");
	says(m, map(m, 0, 0, PAGES * PAGE + 1, 0), "ends at 0x4001, its file at 0x4000");
	says(m, map(m, 0, 0, PAGE, PAGES * PAGE), "ends at");
	assert_int_equal(map(m, 0, 0, PAGES * PAGE, 0), 0);
	assert_int_equal(m->guest.nr, 1);
}

static void regions_must_not_overlap_in_either_address(void **state)
{
	struct machine *m = *state;

	assert_int_equal(map(m, 0x10000, 0x50000, 2 * PAGE, 0), 0);
	says(m, map(m, 0x11000, 0x90000, PAGE, 0),
	     "regions at 0x10000 and 0x11000 overlap");
	says(m, map(m, 0x90000, 0x51000, PAGE, 0), "overlap");
	says(m, map(m, 0x0f000, 0x90000, 2 * PAGE, 0), "overlap");
	assert_int_equal(map(m, 0x12000, 0x4f000, PAGE, 0), 0);
}

static void there_is_room_for_eight_regions(void **state)
{
	struct machine *m = *state;
	unsigned int i;

	for (i = 0; i < GUEST_MAX_REGIONS; i++)
		assert_int_equal(map(m, i * PAGE, i * PAGE, PAGE, 0), 0);
	says(m, map(m, i * PAGE, i * PAGE, PAGE, 0), "more than 8");
	guest_unmap(&m->guest);
	assert_null(guest_at(&m->guest, 0, 1));
	assert_int_equal(map(m, 0, 0, PAGE, 0), 0);
}

static void what_is_no_writable_file_is_refused(void **state)
{
	struct machine *m = *state;
	const struct guest_region region = { 0, 0, PAGE, 0 };
	int ends[2];

	assert_int_equal(pipe(ends), 0);
	says(m, guest_map(&m->guest, &region, ends[1], &m->fault), "its file");
	close(ends[0]);
	close(ends[1]);
	says(m, guest_map(&m->guest, &region, -1, &m->fault), "memory file");

	assert_int_equal(fchmod(m->fd, 0400), 0);
	snprintf(m->fault.text, sizeof(m->fault.text), "/proc/self/fd/%d",
		 m->fd);
	ends[0] = open(m->fault.text, O_RDONLY);
	assert_true(ends[0] >= 0);
	says(m, guest_map(&m->guest, &region, ends[0], &m->fault),
	     "cannot be mapped");
	close(ends[0]);
}

static void a_file_that_is_cut_reads_as_zeros_and_is_noticed(void **state)
{
	struct machine *m = *state;
	struct machine *other;
	void *second;
	char *at;

	catch();
	assert_int_equal(setup(&second), 0);
	other = second;
	assert_int_equal(map(m, 0, 0, PAGES * PAGE, 0), 0);
	assert_int_equal(map(other, 0, 0, PAGES * PAGE, 0), 0);
	at = guest_at(&m->guest, 0, PAGES * PAGE);
	memset(at, 'x', PAGES * PAGE);
	assert_false(guest_lost(&m->guest));

	assert_int_equal(ftruncate(m->fd, PAGE), 0);
	assert_int_equal(at[PAGE - 1], 'x');
	assert_false(guest_lost(&m->guest));
	assert_int_equal(at[PAGE], 0);
	assert_true(guest_lost(&m->guest));
	at[2 * PAGE] = 'y';
	memset(at, 'z', PAGES * PAGE);

	/* nobody else is concerned */
	assert_false(guest_lost(&other->guest));
	assert_int_equal(*(char *)guest_at(&other->guest, PAGE, 1), 0);

	guest_unmap(&m->guest);
	assert_false(guest_lost(&m->guest));
	assert_int_equal(mappings(), 1);
	teardown(&second);
}

/* what a child does must end it by SIGBUS */
static void dies(void (*what)(struct machine *m), struct machine *m)
{
	int status;
	pid_t pid = fork();

	assert_true(pid >= 0);
	if (!pid) {
		what(m);
		_exit(0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFSIGNALED(status));
	assert_int_equal(WTERMSIG(status), SIGBUS);
}

static void touch_other_file(struct machine *m)
{
	volatile char *at = mmap(NULL, 2 * PAGE, PROT_READ, MAP_SHARED, m->fd,
				 0);

	if (at != MAP_FAILED && !ftruncate(m->fd, PAGE))
		(void)at[PAGE];
}

static void send_signal(struct machine *m)
{
	(void)m;
	kill(getpid(), SIGBUS);
}

static void a_bus_error_elsewhere_is_as_fatal_as_ever(void **state)
{
	struct machine *m = *state;

	catch();
	assert_int_equal(map(m, 0, 0, PAGES * PAGE, 0), 0);
	dies(touch_other_file, m);
	dies(send_signal, m);
}

#define BEHAVIOUR(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		BEHAVIOUR(addresses_are_found_in_the_file_at_the_regions_offset),
		BEHAVIOUR(a_region_may_begin_in_the_middle_of_a_page),
		BEHAVIOUR(what_is_not_all_in_one_region_is_not_found),
		BEHAVIOUR(a_region_must_be_in_its_file_and_in_64_bits),
		BEHAVIOUR(regions_must_not_overlap_in_either_address),
		BEHAVIOUR(there_is_room_for_eight_regions),
		BEHAVIOUR(what_is_no_writable_file_is_refused),
		BEHAVIOUR(a_file_that_is_cut_reads_as_zeros_and_is_noticed),
		BEHAVIOUR(a_bus_error_elsewhere_is_as_fatal_as_ever),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
