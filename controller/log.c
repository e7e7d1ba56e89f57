// SPDX-License-Identifier: GPL-2.0
/*
 * What the controller says to people: whole lines, one write each, so that
 * they do not mingle with what the machines write to the same terminal. Whoever
 * reads them may be slow; if nobody reads, the simulation goes on without.
 */

#include <errno.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "log.h"

/* how long a line may wait until there is room for it */
#define PATIENCE_MS 5000

static int fd = STDERR_FILENO;
static bool verbose;
static unsigned int lost;

/**
 * log_setup - choose where the log goes; standard error if never called
 * @to: file descriptor, stays the caller's
 * @more: whether log_verbose() says anything
 */
void log_setup(int to, bool more)
{
	fd = to;
	verbose = more;
	lost = 0;
}

/**
 * log_fd - the file descriptor that the log goes to
 */
int log_fd(void)
{
	return fd;
}

/* is there, and if not for lack of patience, will there be? */
static bool has_room(void)
{
	struct pollfd room = { .fd = fd, .events = POLLOUT };
	int ret;

	do {
		ret = poll(&room, 1, lost ? 0 : PATIENCE_MS);
	} while (ret < 0 && errno == EINTR);
	return ret;
}

__attribute__((format(printf, 1, 0)))
static void log_va(const char *fmt, va_list ap)
{
	char line[1024] = LOG_PREFIX;
	size_t len = strlen(LOG_PREFIX);

	if (!has_room()) {
		lost++;
		return;
	}
	if (lost)
		len += sprintf(line + len, "nobody has read this, lines lost: %u\n"
			       LOG_PREFIX, lost);
	lost = 0;
	/* one byte is kept for the newline, which a long line needs as well */
	if (vsnprintf(line + len, sizeof(line) - len - 1, fmt, ap) < 0)
		return;
	len = strlen(line);
	line[len++] = '\n';
	/* there is nobody to tell if this fails */
	if (write(fd, line, len) < 0)
		return;
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
