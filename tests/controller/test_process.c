// SPDX-License-Identifier: GPL-2.0
/*
 * The controller as a process: command line, socket, signals, exit status. The
 * environment's TT_CONTROLLER is its path. Each test runs in an empty directory,
 * and has to leave it empty.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <signal.h>
#include <sched.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "harness.h"

#define TEST_TIMEOUT_S 60
#define PAUSE_US 2000

static char dir[64];
/* limits of the controllers that are started, 0: the test's own */
static rlim_t max_fds;
static rlim_t max_file_size;

static int enter_dir(void **state)
{
	(void)state;
	alarm(TEST_TIMEOUT_S);
	max_fds = 0;
	max_file_size = 0;
	snprintf(dir, sizeof(dir), "/tmp/test_process.XXXXXX");
	assert_non_null(mkdtemp(dir));
	return chdir(dir);
}

static int leave_dir(void **state)
{
	(void)state;
	alarm(0);
	return chdir("/") ? -1 : rmdir(dir);
}

/* @args ends with NULL; what the controller prints goes to the file "log" */
static pid_t start(const char *const *args)
{
	const char *argv[16] = { getenv("TT_CONTROLLER") };
	struct rlimit limit = { max_fds, max_fds };
	struct rlimit size_limit = { max_file_size, max_file_size };
	unsigned int i;
	pid_t pid;
	int fd;

	assert_non_null(argv[0]);
	for (i = 0; args[i]; i++)
		argv[i + 1] = args[i];

	pid = fork();
	assert_true(pid >= 0);
	if (pid)
		return pid;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	fd = open("log", O_CREAT | O_TRUNC | O_RDWR | O_APPEND, 0600);
	dup2(fd, STDOUT_FILENO);
	dup2(fd, STDERR_FILENO);
	close(fd);
	if (max_fds) {
		/* with which root could raise the limit again */
		prctl(PR_CAPBSET_DROP, CAP_SYS_RESOURCE);
		setrlimit(RLIMIT_NOFILE, &limit);
	}
	if (max_file_size)
		setrlimit(RLIMIT_FSIZE, &size_limit);
	execv(argv[0], (char **)argv);
	_exit(127);
}
#define START_WITH(...) start((const char *const[]) { __VA_ARGS__, NULL })

static int finish(pid_t pid)
{
	int status;

	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status);
}
#define STATUS_OF(...) finish(START_WITH(__VA_ARGS__))

static const char *printed(void)
{
	static char text[65536];
	int fd = open("log", O_RDONLY);
	ssize_t len = read(fd, text, sizeof(text) - 1);

	assert_true(len >= 0);
	text[len] = '\0';
	close(fd);
	assert_int_equal(unlink("log"), 0);
	return text;
}

static void wait_until_printed(const char *what)
{
	char text[65536];
	ssize_t len;
	int fd;

	do {
		usleep(PAUSE_US);
		fd = open("log", O_RDONLY);
		len = fd < 0 ? 0 : read(fd, text, sizeof(text) - 1);
		assert_true(len >= 0);
		text[len] = '\0';
		close(fd);
	} while (!strstr(text, what));
}

static void _printed_line(const char *what, const char *file, int line)
{
	const char *text = printed();

	if (!strstr(text, what) || strncmp(text, LOG_PREFIX,
					   strlen(LOG_PREFIX)) ||
	    strchr(text, '\n') != text + strlen(text) - 1) {
		print_error("expected one line with \"%s\", got \"%s\"\n", what,
			    text);
		_fail(file, line);
	}
}
#define printed_line(what) _printed_line(what, __FILE__, __LINE__)

static bool is_there(const char *path)
{
	struct stat st;

	return lstat(path, &st) == 0;
}

static int try_connect(const char *path)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	strcpy(addr.sun_path, path);
	if (!connect(fd, (struct sockaddr *)&addr, sizeof(addr)))
		return fd;
	close(fd);
	return -1;
}

static int connect_to(const char *path)
{
	int fd;

	while ((fd = try_connect(path)) < 0)
		usleep(PAUSE_US);
	return fd;
}

static void tell(int fd, uint32_t op, uint64_t time)
{
	struct um_timetravel_msg msg = { .op = op, .seq = 1, .time = time };

	assert_int_equal(send(fd, &msg, sizeof(msg), MSG_NOSIGNAL),
			 sizeof(msg));
}

static void hear(int fd, uint32_t op)
{
	struct um_timetravel_msg msg;

	assert_int_equal(recv(fd, &msg, sizeof(msg), MSG_WAITALL),
			 sizeof(msg));
	assert_int_equal(msg.op, op);
}

static int join(const char *path, uint64_t name)
{
	int fd = connect_to(path);

	tell(fd, START, name);
	return fd;
}

static void help_and_version_are_printed(void **state)
{
	(void)state;
	assert_int_equal(STATUS_OF("--help"), 0);
	assert_non_null(strstr(printed(), "Usage: tt-controller"));
	assert_int_equal(STATUS_OF("-h"), 0);
	assert_non_null(strstr(printed(), "--late-join"));
	assert_int_equal(STATUS_OF("-V"), 0);
	assert_string_equal(printed(), "tt-controller " VERSION "\n");
}

static void a_wrong_command_line_is_told_in_one_line(void **state)
{
	static const char *const wrong[][4] = {
		{ "the path of the socket is missing" },
		{ "'b': only one socket", "a", "b" },
		{ "unknown option '--what'", "--what", "s" },
		{ "unknown option '-x'", "-x", "s" },
		{ "unknown option '-x'", "-vx", "s" },
		{ "--no-shm=1: the option takes no value", "--no-shm=1", "s" },
		{ "--verbose=1: the option takes", "--verbose=1", "s" },
		{ "unknown option '--no-s'", "--no-s", "s" },
		{ "-n needs a value", "s", "-n" },
		{ "--stats needs a value", "s", "--stats" },
		{ "--clients: 'two' is not a number", "--clients=two", "s" },
		{ "--clients: '' is not a number", "--clients=", "s" },
		{ "--clients: '2x' is not a number", "-n", "2x", "s" },
		{ "--clients: '-2' is not a number", "-n", "-2", "s" },
		{ "--clients: ' 2' is not a number", "-n", " 2", "s" },
		{ "--clients: 0 is out of range", "-n", "0", "s" },
		{ "--clients: 65535 is out of range", "-n", "65535", "s" },
		{ "--clients 256 needs --max-clients 257", "-n", "256", "s" },
		{ "--max-clients: 1 is out of range", "--max-clients=1", "s" },
		{ "--max-clients: 65536 is out", "--max-clients=65536", "s" },
		{ "--no-shm-for: '0x' is not", "--no-shm-for", "0x", "s" },
		{ "--no-shm-for: '0x-1' is not", "--no-shm-for", "0x-1", "s" },
		{ "--no-shm-for: 0x10000000000000000 is out of range",
		  "--no-shm-for", "0x10000000000000000", "s" },
		{ "--start-time: 9223372036854775808 is out of range",
		  "--start-time", "9223372036854775808", "s" },
		{ "--watchdog: 'no' is not a number", "--watchdog", "no", "s" },
		{ "--watchdog: 1000001 is out of", "--watchdog=1000001", "s" },
		{ "--on-hang: 'panic' is neither report, kill nor abort",
		  "--on-hang=panic", "s" },
		{ "--cpu: 'all' is neither auto, none nor", "--cpu=all", "s" },
		{ "--cpu: 1024 is out of range", "--cpu", "1024", "s" },
		{ "--cpu: CPU 1023 may not be used by", "--cpu=1023", "s" },
		{ "'never' is neither messages nor shm", "--late-join=never",
		  "s" },
	};
	unsigned int i;

	(void)state;
	for (i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		const char *const args[] = {
			wrong[i][1], wrong[i][1] ? wrong[i][2] : NULL,
			wrong[i][1] && wrong[i][2] ? wrong[i][3] : NULL, NULL
		};

		assert_int_equal(finish(start(args)), 2);
		printed_line(wrong[i][0]);
		assert_false(is_there("s"));
	}
}

static void it_ends_well_and_removes_its_socket_when_all_have_gone(void **state)
{
	pid_t pid = START_WITH("s");
	int a, b;

	(void)state;
	a = join("s", 1);
	hear(a, ACK);
	b = connect_to("s");
	close(a);
	tell(b, START, 2);
	hear(b, ACK);
	assert_true(is_there("s"));
	close(b);
	assert_int_equal(finish(pid), 0);
	assert_false(is_there("s"));
	assert_string_equal(printed(), "");
}

static void it_waits_for_n_clients_and_says_so_if_asked(void **state)
{
	pid_t pid = START_WITH("-v", "-n", "2", "s");
	const char *text;
	int a, b;

	(void)state;
	a = join("s", 0xabc);
	b = join("s", 1);
	hear(b, ACK);
	close(b);
	hear(a, ACK);
	close(a);
	assert_int_equal(finish(pid), 0);
	text = printed();
	assert_non_null(strstr(text, "client 0xabc has sent START, 1 of 2\n"));
	assert_non_null(strstr(text, "all 2 clients have sent START\n"));
	assert_non_null(strstr(text, "client 0x1 (slot 1) has gone\n"));
}

static void a_deadlock_ends_it_with_3(void **state)
{
	pid_t pid = START_WITH("--no-shm", "s");
	int a;

	(void)state;
	a = join("s", 1);
	hear(a, ACK);
	tell(a, REQUEST, NEVER);
	tell(a, WAIT, 0);
	assert_int_equal(finish(pid), 3);
	assert_false(is_there("s"));
	close(a);
	printed_line("deadlock at 0 ns: all clients wait");
}

static void a_simulator_that_only_reacts_does_not_keep_it_from_ending_well(void **state)
{
	pid_t pid = START_WITH("-n", "2", "--stats", "stats", "s");
	int a, b;

	(void)state;
	a = join("s", 1);
	b = join("s", 2);
	hear(a, ACK);
	tell(a, REQUEST, 5000000000);
	hear(a, ACK);
	tell(a, WAIT, 0);
	hear(a, ACK);
	hear(b, ACK);
	tell(b, WAIT, 0);
	hear(a, RUN);
	close(a);
	assert_int_equal(finish(pid), 0);
	assert_int_equal(unlink("stats"), 0);
	close(b);
	printed_line("over at 5000000000 ns: all clients that are left only react to others: client 0x2 (slot 2)");
}

static void a_hang_ends_it_with_4_if_that_is_wanted(void **state)
{
	pid_t pid = START_WITH("--watchdog=1", "--on-hang=abort", "s");
	int a;

	(void)state;
	a = join("s", 1);
	hear(a, ACK);
	assert_int_equal(finish(pid), 4);
	assert_false(is_there("s"));
	close(a);
	printed_line("client 0x1 (slot 1) hangs at 0 ns: ");
}

/* as a debugger does, or a host that is suspended */
static void nobody_hangs_because_the_controller_was_stopped(void **state)
{
	pid_t pid = START_WITH("--watchdog=3", "--on-hang=abort", "s");
	int a;

	(void)state;
	a = join("s", 1);
	hear(a, ACK);
	kill(pid, SIGSTOP);
	sleep(4);
	/* it is there to be read, and must be read before anything is said */
	tell(a, GET, 0);
	kill(pid, SIGCONT);
	hear(a, ACK);
	close(a);
	assert_int_equal(finish(pid), 0);
	assert_string_equal(printed(), "");
}

static void SIGUSR1_prints_the_table_and_ends_nothing(void **state)
{
	pid_t pid = START_WITH("--no-shm", "s");
	const char *table;
	int a;

	(void)state;
	a = join("s", 0xabc);
	hear(a, ACK);
	kill(pid, SIGUSR1);
	wait_until_printed("START\n");
	tell(a, GET, 0);
	hear(a, ACK);
	kill(pid, SIGUSR1);
	wait_until_printed("GET\n");
	close(a);
	assert_int_equal(finish(pid), 0);
	table = printed();
	assert_non_null(strstr(table, LOG_PREFIX "clients: 1\n" LOG_PREFIX "NAME "));
	assert_non_null(strstr(table, LOG_PREFIX "0xabc "));
}

static void a_stale_socket_is_replaced(void **state)
{
	pid_t pid;
	int a;

	(void)state;
	pid = START_WITH("s");
	close(connect_to("s"));
	kill(pid, SIGKILL);
	assert_int_equal(waitpid(pid, NULL, 0), pid);
	assert_true(is_there("s"));

	pid = START_WITH("s");
	a = join("s", 1);
	hear(a, ACK);
	close(a);
	assert_int_equal(finish(pid), 0);
	assert_false(is_there("s"));
	printed();
}

static void the_socket_of_a_live_controller_is_not_replaced(void **state)
{
	pid_t pid = START_WITH("s");
	int a;

	(void)state;
	a = join("s", 1);
	hear(a, ACK);
	assert_int_equal(STATUS_OF("s"), 1);
	printed_line("s is served by another controller");
	close(a);
	assert_int_equal(finish(pid), 0);
}

static void a_file_that_is_no_socket_is_not_replaced(void **state)
{
	int fd = open("s", O_CREAT | O_WRONLY, 0600);

	(void)state;
	close(fd);
	assert_int_equal(STATUS_OF("s"), 1);
	printed_line("s exists, and is not a socket");
	assert_int_equal(unlink("s"), 0);
	assert_int_equal(symlink("nowhere", "s"), 0);
	assert_int_equal(STATUS_OF("s"), 1);
	printed_line("s exists, and is not a socket");
	assert_int_equal(unlink("s"), 0);
}

static void a_path_that_is_too_long_is_an_error_of_one_line(void **state)
{
	char path[200];

	(void)state;
	memset(path, 'x', sizeof(path));
	path[108] = '\0';
	assert_int_equal(STATUS_OF(path), 2);
	printed_line("the path of the socket has 108 bytes, allowed are 1 to 107");
	assert_int_equal(STATUS_OF(""), 2);
	printed_line("has 0 bytes");
}

static void a_directory_that_does_not_exist_is_an_error_of_one_line(void **state)
{
	(void)state;
	assert_int_equal(STATUS_OF("no/such/s"), 1);
	printed_line("cannot listen on no/such/s: No such file or directory");
}

static void of_two_controllers_that_start_at_once_one_wins(void **state)
{
	pid_t pid[2];
	int i, round, status, a;

	(void)state;
	for (round = 0; round < 10; round++) {
		/* both find a stale socket */
		pid[0] = START_WITH("s");
		close(connect_to("s"));
		kill(pid[0], SIGKILL);
		waitpid(pid[0], NULL, 0);
		for (i = 0; i < 2; i++)
			pid[i] = START_WITH("s");
		pid[0] = waitpid(-1, &status, 0);
		assert_int_equal(WEXITSTATUS(status), 1);
		a = join("s", 1);
		hear(a, ACK);
		close(a);
		assert_int_equal(waitpid(-1, &status, 0) > 0, 1);
		assert_int_equal(WEXITSTATUS(status), 0);
	}
	printed();
}

static void it_does_not_remove_what_has_taken_its_sockets_place(void **state)
{
	pid_t pid = START_WITH("s");
	int a, fd;

	(void)state;
	a = join("s", 1);
	hear(a, ACK);
	assert_int_equal(rename("s", "moved"), 0);
	fd = open("s", O_CREAT | O_WRONLY, 0600);
	close(fd);
	close(a);
	assert_int_equal(finish(pid), 0);
	assert_true(is_there("s"));
	unlink("s");
	unlink("moved");
	printed();
}

static void a_signal_ends_it_cleanly(void **state)
{
	static const int signals[] = { SIGINT, SIGTERM, SIGHUP };
	unsigned int i;
	pid_t pid;
	int a;

	(void)state;
	for (i = 0; i < 3; i++) {
		pid = START_WITH("--stats", "stats", "s");
		a = join("s", 1);
		hear(a, ACK);
		kill(pid, signals[i]);
		assert_int_equal(finish(pid), 128 + signals[i]);
		assert_false(is_there("s"));
		assert_int_equal(unlink("stats"), 0);
		printed_line("stopped by signal");
		close(a);
	}
}

static void with_keep_a_signal_ends_it_well_when_no_client_is_left(void **state)
{
	unsigned int i;
	pid_t pid;
	int a;

	(void)state;
	for (i = 0; i < 2; i++) {
		pid = START_WITH("--keep", "--stats", "stats", "-v", "s");
		/* between the two clients there is none */
		a = join("s", 1);
		hear(a, ACK);
		close(a);
		wait_until_printed("client 0x1 (slot 1) has gone");
		a = join("s", 2);
		hear(a, ACK);
		if (!i) {
			close(a);
			wait_until_printed("client 0x2 (slot 1) has gone");
		}
		kill(pid, SIGTERM);
		assert_int_equal(finish(pid), i ? 128 + SIGTERM : 0);
		if (i)
			close(a);
		assert_false(is_there("s"));
		assert_int_equal(unlink("stats"), 0);
		assert_int_equal(!strstr(printed(), "stopped by signal"), !i);
	}
}

static void no_signal_waits_for_a_reader_of_the_log(void **state)
{
	char text[8192] = {};
	int fd, size, a;
	pid_t pid;

	(void)state;
	assert_int_equal(mkfifo("log", 0600), 0);
	fd = open("log", O_RDWR | O_NONBLOCK);
	size = fcntl(fd, F_SETPIPE_SZ, 4096);
	assert_in_range(size, 4096, sizeof(text));
	assert_int_equal(write(fd, text, size), size);
	pid = START_WITH("-v", "sock");
	a = join("sock", 1);
	hear(a, ACK);
	kill(pid, SIGUSR1);
	tell(a, GET, 0);
	hear(a, ACK);
	kill(pid, SIGTERM);
	assert_int_equal(finish(pid), 128 + SIGTERM);
	assert_int_equal(read(fd, text, sizeof(text)), size);
	close(a);
	close(fd);
	unlink("log");
}

static void SIGHUP_does_not_end_it_under_nohup(void **state)
{
	pid_t pid;

	(void)state;
	signal(SIGHUP, SIG_IGN);
	pid = START_WITH("s");
	close(connect_to("s"));
	signal(SIGHUP, SIG_DFL);
	kill(pid, SIGHUP);
	kill(pid, SIGTERM);
	assert_int_equal(finish(pid), 143);
	printed_line("stopped by signal 15");
}

static void a_signal_ends_it_while_it_waits_for_n_clients(void **state)
{
	pid_t pid = START_WITH("-n", "5", "s");

	(void)state;
	close(connect_to("s"));
	kill(pid, SIGTERM);
	assert_int_equal(finish(pid), 143);
	assert_false(is_there("s"));
	printed();
}

static void statistics_that_cannot_be_written_are_an_error(void **state)
{
	pid_t pid;
	int a;

	(void)state;
	/* a plain path is tried at the start, a link is not */
	assert_int_equal(symlink("no/such/file", "link"), 0);
	assert_int_equal(STATUS_OF("--stats", "no/such/file", "s"), 1);
	printed_line("cannot write no/such/file: No such file");
	pid = START_WITH("--stats", "link", "s");
	a = join("s", 1);
	hear(a, ACK);
	close(a);
	assert_int_equal(finish(pid), 1);
	printed_line("cannot write link: No such file");
	unlink("link");
}

static void a_full_disk_ends_it_with_5(void **state)
{
	pid_t pid = START_WITH("--stats", "/dev/full", "s");
	int a;

	(void)state;
	a = join("s", 1);
	hear(a, ACK);
	close(a);
	assert_int_equal(finish(pid), 5);
	printed_line("cannot write /dev/full: No space left on device");
}

static void a_limit_of_file_sizes_ends_it_with_5(void **state)
{
	(void)state;
	/* the memory is one, too */
	max_file_size = 4096;
	assert_int_equal(STATUS_OF("s"), 5);
	printed_line("cannot start: File too large");
}

static void too_few_descriptors_to_begin_with_end_it_with_5(void **state)
{
	(void)state;
	/* the standard ones, and a number of its own that falls short */
	for (max_fds = 5; max_fds < 8; max_fds++) {
		assert_int_equal(STATUS_OF("--watchdog=9", "s"), 5);
		printed_line("Too many open files");
		assert_false(is_there("s"));
	}
}

static void all_options_are_understood(void **state)
{
	pid_t pid = START_WITH("--clients", "1", "--no-shm-for", "0xFF",
			       "--no-shm-for=12", "--start-time=77",
			       "--max-clients", "0x2", "--late-join=shm",
			       "--late-join=messages", "--cpu=auto",
			       "--cpu=none", "--verbose", "s");
	struct um_timetravel_msg msg;
	int a;

	(void)state;
	a = join("s", 12);
	hear(a, ACK);
	tell(a, GET_TOD, 0);
	assert_int_equal(recv(a, &msg, sizeof(msg), 0), sizeof(msg));
	assert_int_equal(msg.time, 77);
	close(a);
	assert_int_equal(finish(pid), 0);
	assert_non_null(strstr(printed(), "started at 0 ns, with messages"));
}

/* as many as there can be slots, if the limit of descriptors allows that */
static void thousands_of_clients_have_a_slot_each(void **state)
{
	struct rlimit before, limit = { 66000, 66000 };
	struct um_timetravel_msg msg;
	unsigned int i, most = 65534;
	char all[16], slots[32];
	int *fds;
	pid_t pid;

	(void)state;
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
	if (setrlimit(RLIMIT_NOFILE, &limit)) {
		limit = (struct rlimit) { before.rlim_max, before.rlim_max };
		assert_int_equal(setrlimit(RLIMIT_NOFILE, &limit), 0);
		most = limit.rlim_max - 500;
	}
	snprintf(all, sizeof(all), "-n%u", most);
	snprintf(slots, sizeof(slots), "--max-clients=%u", most + 1);
	pid = START_WITH(all, slots, "--cpu=none", "s");
	fds = calloc(most + 1, sizeof(*fds));
	assert_non_null(fds);
	for (i = 0; i <= most; i++)
		fds[i] = join("s", i);
	assert_int_equal(recv(fds[most], &msg, sizeof(msg), 0), 0);
	for (i = 0; i < most; i++) {
		assert_int_equal(recv(fds[i], &msg, sizeof(msg), MSG_WAITALL),
				 sizeof(msg));
		assert_int_equal(msg.op, ACK);
		assert_int_equal(msg.time, i + 1);
		tell(fds[i], REQUEST, 1000);
		hear(fds[i], ACK);
		tell(fds[i], WAIT, 0);
		hear(fds[i], ACK);
	}
	hear(fds[0], RUN);
	for (i = 0; i <= most; i++)
		close(fds[i]);
	free(fds);
	assert_int_equal(finish(pid), 0);
	printed_line("no slot for client ");
	setrlimit(RLIMIT_NOFILE, &before);
}

static void a_client_and_the_controller_get_on_the_same_cpu(void **state)
{
	cpu_set_t before, client, controller;
	char option[] = "--cpu=1023";
	int a, cpu = CPU_SETSIZE;
	pid_t pid;

	(void)state;
	assert_int_equal(sched_getaffinity(0, sizeof(before), &before), 0);
	while (!CPU_ISSET(--cpu, &before))
		;
	snprintf(option, sizeof(option), "--cpu=%d", cpu);
	pid = START_WITH(option, "s");
	a = join("s", 1);
	hear(a, ACK);
	assert_int_equal(sched_getaffinity(0, sizeof(client), &client), 0);
	assert_int_equal(sched_getaffinity(pid, sizeof(controller),
					   &controller), 0);
	close(a);
	assert_int_equal(finish(pid), 0);
	assert_string_equal(printed(), "");
	assert_int_equal(CPU_COUNT(&client), 1);
	assert_true(CPU_ISSET(cpu, &client));
	assert_true(CPU_EQUAL(&client, &controller));
	assert_int_equal(sched_getaffinity(0, sizeof(client), &client), 0);
	assert_true(CPU_EQUAL(&client, &before));
}

static void without_a_start_time_the_wall_clock_is_the_hosts(void **state)
{
	pid_t pid = START_WITH("s");
	struct um_timetravel_msg msg;
	time_t now = time(NULL);
	int a;

	(void)state;
	a = join("s", 12);
	hear(a, ACK);
	tell(a, GET_TOD, 0);
	assert_int_equal(recv(a, &msg, sizeof(msg), 0), sizeof(msg));
	assert_in_range(msg.time / 1000000000, now - 3600, now + 3600);
	close(a);
	assert_int_equal(finish(pid), 0);
	printed();
}

static void new_clients_wait_until_there_is_a_descriptor_for_them(void **state)
{
	enum { N = 30 };
	int fd[N], i;
	pid_t pid;

	(void)state;
	max_fds = 20;
	pid = START_WITH("s");
	for (i = 0; i < N; i++)
		fd[i] = join("s", i);
	wait_until_printed("no descriptor left");
	for (i = 0; i < N; i++) {
		hear(fd[i], ACK);
		close(fd[i]);
	}
	assert_int_equal(finish(pid), 0);
	printed();
}

static void n_clients_for_which_there_are_no_descriptors_are_an_error(void **state)
{
	(void)state;
	max_fds = 20;
	assert_int_equal(STATUS_OF("-n", "20", "s"), 5);
	printed_line("--clients 20: there are descriptors left for ");
	assert_false(is_there("s"));
}

#define IN_DIR(f) cmocka_unit_test_setup_teardown(f, enter_dir, leave_dir)

int main(void)
{
	const struct CMUnitTest tests[] = {
		IN_DIR(help_and_version_are_printed),
		IN_DIR(a_wrong_command_line_is_told_in_one_line),
		IN_DIR(all_options_are_understood),
		IN_DIR(thousands_of_clients_have_a_slot_each),
		IN_DIR(a_client_and_the_controller_get_on_the_same_cpu),
		IN_DIR(without_a_start_time_the_wall_clock_is_the_hosts),
		IN_DIR(it_ends_well_and_removes_its_socket_when_all_have_gone),
		IN_DIR(it_waits_for_n_clients_and_says_so_if_asked),
		IN_DIR(a_deadlock_ends_it_with_3),
		IN_DIR(a_simulator_that_only_reacts_does_not_keep_it_from_ending_well),
		IN_DIR(a_hang_ends_it_with_4_if_that_is_wanted),
		IN_DIR(nobody_hangs_because_the_controller_was_stopped),
		IN_DIR(SIGUSR1_prints_the_table_and_ends_nothing),
		IN_DIR(a_stale_socket_is_replaced),
		IN_DIR(the_socket_of_a_live_controller_is_not_replaced),
		IN_DIR(a_file_that_is_no_socket_is_not_replaced),
		IN_DIR(a_path_that_is_too_long_is_an_error_of_one_line),
		IN_DIR(a_directory_that_does_not_exist_is_an_error_of_one_line),
		IN_DIR(of_two_controllers_that_start_at_once_one_wins),
		IN_DIR(it_does_not_remove_what_has_taken_its_sockets_place),
		IN_DIR(a_signal_ends_it_cleanly),
		IN_DIR(with_keep_a_signal_ends_it_well_when_no_client_is_left),
		IN_DIR(no_signal_waits_for_a_reader_of_the_log),
		IN_DIR(SIGHUP_does_not_end_it_under_nohup),
		IN_DIR(a_signal_ends_it_while_it_waits_for_n_clients),
		IN_DIR(statistics_that_cannot_be_written_are_an_error),
		IN_DIR(a_full_disk_ends_it_with_5),
		IN_DIR(a_limit_of_file_sizes_ends_it_with_5),
		IN_DIR(too_few_descriptors_to_begin_with_end_it_with_5),
		IN_DIR(new_clients_wait_until_there_is_a_descriptor_for_them),
		IN_DIR(n_clients_for_which_there_are_no_descriptors_are_an_error),
	};

	/* the tests may run under nohup */
	signal(SIGHUP, SIG_DFL);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
