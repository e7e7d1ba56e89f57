// SPDX-License-Identifier: GPL-2.0
/*
 * Runs the command of a machine in a lab
 *
 * What the command prints comes through a pipe and is passed on to the file `output`
 * at once: hostfs itself would keep it in the machine's memory for up to 30 s, and the
 * last words of a machine that crashes would be lost.
 */
#include "lab.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define NSEC_PER_SEC	INT64_C(1000000000)

/* struct run - a command that runs */
struct run {
	pid_t pid;
	int output;	/* the file */
	int pipe;	/* what the command prints comes there; -1 if nothing will */
	int status;	/* as of waitpid() */
	int64_t began;	/* CLOCK_BOOTTIME, ns */
	int64_t ended;	/* likewise; 0 while it runs */
};

static int64_t boot_time(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_BOOTTIME, &ts);
	return ts.tv_sec * NSEC_PER_SEC + ts.tv_nsec;
}

/* in the child: open what the command has for a terminal */
static int open_console(void)
{
	int console = open("/dev/console", O_RDWR);

	ioctl(console, TIOCSCTTY, 0);
	return console;
}

/* in the child: become the command */
static void become_command(int in, int out)
{
	sigset_t none;

	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	/* by default Linux may let a sleeper oversleep by 50 us */
	prctl(PR_SET_TIMERSLACK, 1);
	dup2(in, STDIN_FILENO);
	dup2(out, STDOUT_FILENO);
	dup2(out, STDERR_FILENO);
	close(in);
	execl("/bin/sh", "sh", LAB "/run", NULL);
	fprintf(stderr, "/bin/sh: %s\n", strerror(errno));
	_exit(127);
}

static void open_files(struct run *run, bool shell, int *out)
{
	int fds[2] = { -1, -1 };

	run->output = open(LAB "/output",
			   O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	if (run->output < 0 || (!shell && pipe2(fds, O_CLOEXEC)))
		lab_fail("cannot run the command: %s", strerror(errno));
	fcntl(fds[0], F_SETFL, O_NONBLOCK);
	run->pipe = fds[0];
	*out = fds[1];
}

static void start(struct run *run, bool shell)
{
	int out;

	open_files(run, shell, &out);
	run->began = boot_time();
	run->pid = fork();
	if (run->pid < 0)
		lab_fail("cannot run the command: %s", strerror(errno));
	if (!run->pid) {
		int in;

		setsid();
		in = shell ? open_console() : open("/dev/null", O_RDONLY);
		become_command(in, shell ? in : out);
	}
	close(out);
}

/* pass on all that the pipe has now */
static void pass_on(struct run *run)
{
	char data[4096];
	ssize_t len;

	if (run->pipe < 0)
		return;
	while ((len = read(run->pipe, data, sizeof(data))) > 0) {
		if (write(run->output, data, len) != len)
			lab_fail("cannot write output: %s", strerror(errno));
		sync_file_range(run->output, 0, 0, SYNC_FILE_RANGE_WRITE);
	}
	if (!len) {
		close(run->pipe);
		run->pipe = -1;
	}
}

/* SIGCHLD, which only comes in ppoll(), ends that */
static void wake_up(int signal)
{
	(void)signal;
}

/* as process 1 we also inherit orphans */
static void reap(struct run *run)
{
	int status;
	pid_t pid;

	while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
		if (pid != run->pid)
			continue;
		run->ended = boot_time();
		run->status = status;
	}
}

static void write_result(const struct run *run)
{
	FILE *result = fopen(LAB "/result", "w");

	if (!result)
		lab_fail("cannot write the result: %s", strerror(errno));
	if (WIFSIGNALED(run->status))
		fprintf(result, "signal %d\n", WTERMSIG(run->status));
	else
		fprintf(result, "exit %d\n", WEXITSTATUS(run->status));
	fprintf(result, "began %" PRId64 "\nended %" PRId64 "\n", run->began,
		run->ended);
	fclose(result);
}

/**
 * run_command() - run the lab's command and write its output and its result
 * @shell: its input and output are the console, its controlling terminal
 *
 * Processes that the command leaves behind may still have the pipe: what they print
 * after the command's end is lost.
 */
void run_command(bool shell)
{
	struct sigaction wake = { .sa_handler = wake_up };
	struct run run = { .ended = 0 };
	sigset_t child, none;

	sigemptyset(&none);
	sigemptyset(&child);
	sigaddset(&child, SIGCHLD);
	sigaction(SIGCHLD, &wake, NULL);
	sigprocmask(SIG_BLOCK, &child, NULL);
	start(&run, shell);
	while (!run.ended) {
		struct pollfd output = { .fd = run.pipe, .events = POLLIN };

		ppoll(&output, 1, NULL, &none);
		pass_on(&run);
		reap(&run);
	}
	pass_on(&run);
	close(run.output);
	write_result(&run);
}
