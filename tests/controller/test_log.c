// SPDX-License-Identifier: GPL-2.0
/*
 * The log goes on, whoever does not read it.
 */
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "harness.h"

/* a log that blocks must not block whoever runs the test */
#define LIMIT_S 60

/* a user who owns no terminal */
#define NOBODY 65534

/**
 * struct reader - both ends of the log
 *
 * @from: where the test reads, non-blocking
 * @to: where the log writes
 */
struct reader {
	int from;
	int to;
};

static int set_limit(void **state)
{
	(void)state;
	alarm(LIMIT_S);
	return 0;
}

static int clear_limit(void **state)
{
	(void)state;
	log_setup(STDERR_FILENO, false);
	alarm(0);
	return 0;
}

static void make_pipe(struct reader *reader)
{
	int ends[2];

	assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
	assert_in_range(fcntl(ends[1], F_SETPIPE_SZ, 4096), 4096, 65536);
	*reader = (struct reader) { ends[0], ends[1] };
}

static void make_socket(struct reader *reader)
{
	int ends[2];

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0,
				    ends), 0);
	*reader = (struct reader) { ends[0], ends[1] };
}

/* as a terminal emulator makes it: cooked, and a newline becomes two bytes */
static void make_terminal(struct reader *reader)
{
	int master = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
	int slave;

	assert_true(master >= 0);
	assert_int_equal(grantpt(master), 0);
	assert_int_equal(unlockpt(master), 0);
	slave = open(ptsname(master), O_RDWR | O_NOCTTY | O_CLOEXEC);
	assert_true(slave >= 0);
	*reader = (struct reader) { master, slave };
}

static void close_reader(struct reader *reader)
{
	close(reader->from);
	close(reader->to);
}

static void set_nonblocking(int fd, bool nonblocking)
{
	assert_int_equal(fcntl(fd, F_SETFL, nonblocking ? O_NONBLOCK : 0), 0);
}

/* all that is there, carriage returns of a terminal left out */
static const char *read_all(struct reader *reader)
{
	static char text[1 << 20];
	size_t len = 0;
	ssize_t i, ret;
	char some[4096];

	set_nonblocking(reader->from, true);
	while ((ret = read(reader->from, some, sizeof(some))) > 0) {
		for (i = 0; i < ret; i++)
			if (some[i] != '\r' && len < sizeof(text) - 1)
				text[len++] = some[i];
		/* a terminal's text comes by way of a kernel thread */
		poll(&(struct pollfd) { reader->from, POLLIN, 0 }, 1, 10);
	}
	text[len] = '\0';
	return text;
}

/* how often @line is in the text */
static unsigned int count_lines(const char *text, const char *line)
{
	unsigned int count = 0;

	while ((text = strstr(text, line))) {
		text += strlen(line);
		count++;
	}
	return count;
}

#define LINE "a line that is read by nobody, and long enough to fill the log soon"
#define WHOLE LOG_PREFIX LINE "\n"
#define LINES 20000

/**
 * struct writer - a process that writes a log which nobody reads
 *
 * @reader: where it writes to
 * @pid: the process
 * @go: makes it go on with its next step
 * @done: readable after each step
 */
struct writer {
	struct reader reader;
	pid_t pid;
	int go;
	int done;
};

static void write_log(int to, int go, int done)
{
	char byte;
	int i;

	alarm(LIMIT_S);
	log_setup(to, false);
	/* the first lost line takes seconds; if all did, it would be a day */
	for (i = 0; i < LINES; i++)
		log_line(LINE);
	if (write(done, "", 1) != 1 || read(go, &byte, 1) != 1)
		_exit(1);
	log_line("read again");
	log_line("and nothing is missing any more");
	_exit(write(done, "", 1) != 1);
}

static void start_writer(struct writer *writer, uid_t user)
{
	int go[2], done[2];

	assert_int_equal(pipe2(go, O_CLOEXEC), 0);
	assert_int_equal(pipe2(done, O_CLOEXEC), 0);
	writer->pid = fork();
	assert_true(writer->pid >= 0);
	if (!writer->pid) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		if (user && setuid(user))
			_exit(1);
		write_log(writer->reader.to, go[0], done[1]);
	}
	close(go[0]);
	close(done[1]);
	writer->go = go[1];
	writer->done = done[0];
}

static void finish_writer(struct writer *writer)
{
	int status;

	assert_int_equal(waitpid(writer->pid, &status, 0), writer->pid);
	assert_int_equal(status, 0);
	close(writer->go);
	close(writer->done);
	close_reader(&writer->reader);
}

static void step_is_done(struct writer *writer)
{
	char byte;

	assert_int_equal(read(writer->done, &byte, 1), 1);
}

/*
 * What got through comes first, then how many lines are missing, then the rest.
 * Returns whether the last line that got through was cut.
 */
static bool lost_lines_and_counted_them(struct writer *writer)
{
	const char *text;
	unsigned int read;
	char said[256];
	bool cut;

	step_is_done(writer);
	text = read_all(&writer->reader);
	read = count_lines(text, WHOLE);
	assert_in_range(read, 1, LINES - 1);
	cut = strlen(text) > read * strlen(WHOLE);
	assert_true(strlen(text) < (read + 1) * strlen(WHOLE));

	assert_int_equal(write(writer->go, "", 1), 1);
	step_is_done(writer);
	text = read_all(&writer->reader);
	snprintf(said, sizeof(said),
		 "%s" LOG_PREFIX "lines missing here: %u (nobody read them)\n"
		 LOG_PREFIX "read again\n"
		 LOG_PREFIX "and nothing is missing any more\n",
		 cut ? "\n" : "", LINES - read);
	assert_string_equal(text, said);
	return cut;
}

/* all at the same time, since each takes seconds */
static void a_log_that_nobody_reads_loses_lines_and_counts_them(void **state)
{
	enum { PIPE, SOCKET, TERMINAL, LAST = TERMINAL + 3, WRITERS };
	struct writer writers[WRITERS];
	int i, cut = 0;

	(void)state;
	make_pipe(&writers[PIPE].reader);
	make_socket(&writers[SOCKET].reader);
	for (i = TERMINAL; i <= LAST; i++) {
		make_terminal(&writers[i].reader);
		/* it must not matter where in a line there is no more room */
		assert_int_equal(write(writers[i].reader.to, "1234",
				       i - TERMINAL), i - TERMINAL);
		read_all(&writers[i].reader);
	}
	/* and this one is somebody else's */
	assert_int_equal(fchmod(writers[LAST].reader.to, 0), 0);
	for (i = 0; i < WRITERS; i++)
		start_writer(&writers[i], i == LAST && !getuid() ? NOBODY : 0);
	for (i = 0; i < WRITERS; i++)
		cut += lost_lines_and_counted_them(&writers[i]);
	/* otherwise nobody has seen how the log goes on after half a line */
	assert_int_not_equal(cut, 0);
	for (i = 0; i < WRITERS; i++)
		finish_writer(&writers[i]);
}

static void a_terminal_that_others_made_non_blocking_is_waited_for(void **state)
{
	struct reader reader;
	unsigned int i;
	int status;
	pid_t pid;

	(void)state;
	make_terminal(&reader);
	set_nonblocking(reader.to, true);
	pid = fork();
	assert_true(pid >= 0);
	if (!pid) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		set_nonblocking(reader.from, false);
		/* slow, but it reads */
		for (i = 0; i < LINES / 100 * (strlen(WHOLE) + 1); ) {
			char some[512];
			ssize_t ret = read(reader.from, some, sizeof(some));

			if (ret <= 0 || memmem(some, ret, "missing", 7))
				_exit(1);
			i += ret;
			usleep(100);
		}
		_exit(0);
	}
	log_setup(reader.to, false);
	for (i = 0; i < LINES / 100; i++)
		log_line(LINE);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	close_reader(&reader);
}

static void the_flags_of_the_file_stay_as_they_are(void **state)
{
	struct reader reader;
	int flags;

	(void)state;
	make_terminal(&reader);
	flags = fcntl(reader.to, F_GETFL);
	log_setup(reader.to, false);
	log_line("anything");
	assert_int_equal(fcntl(reader.to, F_GETFL), flags);
	close_reader(&reader);
}

static void a_full_disk_loses_lines_and_is_named(void **state)
{
	struct reader reader;
	int full = open("/dev/full", O_WRONLY | O_CLOEXEC);

	(void)state;
	make_pipe(&reader);
	assert_true(full >= 0);
	assert_int_equal(dup2(reader.to, 100), 100);
	log_setup(100, false);
	assert_int_equal(dup2(full, 100), 100);
	log_line("lost");
	log_line("lost");
	assert_int_equal(dup2(reader.to, 100), 100);
	log_line("there is room again");
	assert_string_equal(read_all(&reader),
			    LOG_PREFIX "lines missing here: 2 (No space left on device)\n"
			    LOG_PREFIX "there is room again\n");
	close(100);
	close(full);
	close_reader(&reader);
}

static void a_long_line_is_cut_and_keeps_its_newline(void **state)
{
	struct reader reader;
	char line[5000];
	const char *text;

	(void)state;
	make_pipe(&reader);
	log_setup(reader.to, false);
	memset(line, 'x', sizeof(line) - 1);
	line[sizeof(line) - 1] = '\0';
	log_line("%s", line);
	log_line("the next line");
	text = strchr(read_all(&reader), '\n');
	assert_non_null(text);
	assert_string_equal(text, "\n" LOG_PREFIX "the next line\n");
	close_reader(&reader);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_limit, clear_limit)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_log_that_nobody_reads_loses_lines_and_counts_them),
		TEST(a_terminal_that_others_made_non_blocking_is_waited_for),
		TEST(the_flags_of_the_file_stay_as_they_are),
		TEST(a_full_disk_loses_lines_and_is_named),
		TEST(a_long_line_is_cut_and_keeps_its_newline),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
