// SPDX-License-Identifier: GPL-2.0
/*
 * What the benchmarks share.
 */

#include <ctype.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <time.h>

#include "common.h"

/**
 * fail - end with one line that says why
 * @fmt: why, as for printf()
 */
void fail(const char *fmt, ...)
{
	va_list ap;

	fprintf(stderr, "%s: ", program_invocation_short_name);
	va_start(ap, fmt);
	vfprintf(stderr, fmt, ap);
	va_end(ap);
	fputc('\n', stderr);
	exit(EXIT_FAILURE);
}

/**
 * now - the host's monotonic clock
 *
 * Return: ns.
 */
uint64_t now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000000000ULL + ts.tv_nsec;
}

/**
 * parse_number - read an argument, or fail
 * @what: what to call it
 * @arg: decimal, from 1
 * @max: to this
 *
 * Return: the number.
 */
uint64_t parse_number(const char *what, const char *arg, uint64_t max)
{
	uint64_t value;
	char *end;

	errno = 0;
	value = strtoull(arg, &end, 10);
	if (!isdigit((unsigned char)*arg) || *end || errno || !value ||
	    value > max)
		fail("%s: '%s' is not a number from 1 to %llu", what, arg,
		     (unsigned long long)max);
	return value;
}

/**
 * raise_fd_limit - each process is a descriptor
 */
void raise_fd_limit(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit))
		return;
	limit.rlim_cur = limit.rlim_max;
	setrlimit(RLIMIT_NOFILE, &limit);
}
