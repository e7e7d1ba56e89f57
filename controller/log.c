// SPDX-License-Identifier: GPL-2.0
/*
 * The log: whole lines, one write each, so that they do not mix with what the
 * machines write to the same terminal.
 *
 * Theory of operation
 *
 * The simulation must not stop because nobody reads the log. Neither O_NONBLOCK
 * nor poll() can promise that. The flag is shared by all who have the terminal
 * open, and a terminal of another user cannot be opened a second time. poll()
 * says that there is room for a byte, not for a line. So a write may block, and a
 * timer's signal ends it.
 *
 * Once a line is lost, the next ones are written only if they need not wait. The
 * first that gets through is preceded by a line that says how many are missing,
 * and why.
 */

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "log.h"

/* how long the controller waits for a reader of the log */
#define PATIENCE_S 5
/* it does nothing by default, so it cannot hurt once the log is not written */
#define TIMER_SIGNAL SIGURG
/* the signal may come just before write() and not end it, so it is repeated */
#define REPEAT_NS 10000000

static int fd = STDERR_FILENO;
static bool verbose;
static timer_t timer;
static bool has_timer;

/* lines missing since the last one that got through, and the first one's errno */
static unsigned int lost;
static int lost_why;
/* the last line that was written has no end */
static bool cut;

static void end_write(int signal)
{
	(void)signal;
}

static void timer_setup(void)
{
	struct sigaction action = { .sa_handler = end_write };
	struct sigevent event = {
		.sigev_notify = SIGEV_SIGNAL,
		.sigev_signo = TIMER_SIGNAL,
	};
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, TIMER_SIGNAL);
	has_timer = !sigaction(TIMER_SIGNAL, &action, NULL) &&
		    !sigprocmask(SIG_UNBLOCK, &set, NULL) &&
		    !timer_create(CLOCK_MONOTONIC, &event, &timer);
}

/**
 * log_setup - choose where the log goes
 * @to: file descriptor, stays the caller's; standard error before the first call
 * @more: whether log_verbose() says anything
 */
void log_setup(int to, bool more)
{
	if (!has_timer)
		timer_setup();
	fd = to;
	verbose = more;
	lost = 0;
	cut = false;
}

/**
 * log_fd - the file descriptor that the log goes to
 */
int log_fd(void)
{
	return fd;
}

static void set_timer(time_t seconds, long ns)
{
	const struct itimerspec limit = {
		.it_value = { .tv_sec = seconds, .tv_nsec = ns },
		.it_interval = { .tv_nsec = REPEAT_NS },
	};

	if (has_timer)
		timer_settime(timer, 0, &limit, NULL);
}

/* whoever shares the file may have made it non-blocking */
static ssize_t write_some(const char *text, size_t len)
{
	struct pollfd room = { .fd = fd, .events = POLLOUT };
	ssize_t ret;

	do {
		ret = write(fd, text, len);
	} while (ret < 0 && errno == EAGAIN && poll(&room, 1, -1) >= 0);
	return ret < 0 ? -errno : ret;
}

/* returns 0, or -errno if not all of it was written: -EINTR if time was up */
static int write_line(const char *line, size_t len)
{
	struct pollfd room = { .fd = fd, .events = POLLOUT };
	size_t done = 0;
	ssize_t ret;

	if (lost && poll(&room, 1, 0) == 0)
		return -EINTR;
	set_timer(lost ? 0 : PATIENCE_S, REPEAT_NS);
	do {
		ret = write_some(line + done, len - done);
		if (ret > 0)
			done += ret;
	} while (ret > 0 && done < len);
	set_timer(0, 0);
	if (done)
		cut = done < len;
	return ret < 0 ? ret : 0;
}

__attribute__((format(printf, 1, 0)))
static void log_va(const char *fmt, va_list ap)
{
	char line[1024];
	size_t len = 0;
	int ret;

	if (cut)
		line[len++] = '\n';
	if (lost)
		len += snprintf(line + len, sizeof(line) - len,
				LOG_PREFIX "lines missing here: %u (%s)\n",
				lost, lost_why == -EINTR ? "nobody read them" :
				strerror(-lost_why));
	len += snprintf(line + len, sizeof(line) - len, LOG_PREFIX);
	/* keep a byte for the newline of a line that is cut */
	if (vsnprintf(line + len, sizeof(line) - len - 1, fmt, ap) < 0)
		return;
	len += strlen(line + len);
	line[len++] = '\n';

	ret = write_line(line, len);
	if (!ret)
		lost = 0;
	else if (!lost++)
		lost_why = ret;
}

/**
 * log_line - tell the user something that they should know
 * @fmt: as for printf(), without a newline
 */
void log_line(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	log_va(fmt, ap);
	va_end(ap);
}

/**
 * log_verbose - tell the user who gave -v something
 * @fmt: as for printf(), without a newline
 */
void log_verbose(const char *fmt, ...)
{
	va_list ap;

	if (!verbose)
		return;
	va_start(ap, fmt);
	log_va(fmt, ap);
	va_end(ap);
}
