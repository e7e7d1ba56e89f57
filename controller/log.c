// SPDX-License-Identifier: GPL-2.0
/*
 * What the controller says to people: whole lines, one write each, so that
 * they do not mingle with what the machines write to the same terminal.
 */

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "log.h"

static int fd = STDERR_FILENO;
static bool verbose;

/**
 * log_setup - choose where the log goes; standard error if never called
 * @to: file descriptor, stays the caller's
 * @more: whether log_verbose() says anything
 */
void log_setup(int to, bool more)
{
	fd = to;
	verbose = more;
}

/**
 * log_fd - the file descriptor that the log goes to
 */
int log_fd(void)
{
	return fd;
}

__attribute__((format(printf, 1, 0)))
static void log_va(const char *fmt, va_list ap)
{
	char line[1024] = LOG_PREFIX;
	size_t len = strlen(LOG_PREFIX);
	int n;

	/* one byte is kept for the newline, which a long line needs as well */
	n = vsnprintf(line + len, sizeof(line) - len - 1, fmt, ap);
	if (n < 0)
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
