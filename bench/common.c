// SPDX-License-Identifier: GPL-2.0
/*
 * What the benchmarks share.
 */

#include <ctype.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
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

/**
 * costs_now - a clock that all processes share
 *
 * Return: ns.
 */
uint64_t costs_now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000000000ULL + ts.tv_nsec;
}

/* buckets are 1 ns wide up to 127 ns, and twice as wide each time costs double */
static unsigned int bucket(uint64_t ns)
{
	unsigned int shift = 0;

	while (ns >> shift >= 2 * COSTS_SUB_BUCKETS)
		shift++;
	shift = shift * COSTS_SUB_BUCKETS + (ns >> shift);
	return shift < COSTS_BUCKETS ? shift : COSTS_BUCKETS - 1;
}

static uint64_t bucket_middle(unsigned int bucket)
{
	unsigned int shift = bucket / COSTS_SUB_BUCKETS;

	if (shift)
		shift--;
	return ((bucket - shift * COSTS_SUB_BUCKETS) * 2ULL + 1) << shift >> 1;
}

/* what no more than the rest of all exceeds, ns */
static unsigned long long percentile(const struct costs *costs, double part)
{
	uint64_t rest = costs->count * part;
	unsigned int i = 0;

	while (i < COSTS_BUCKETS - 1 && rest >= costs->buckets[i])
		rest -= costs->buckets[i++];
	return bucket_middle(i);
}

/**
 * costs_start - the first one begins now, whatever was before
 * @costs: may be used by many processes, one at a time
 */
void costs_start(struct costs *costs)
{
	memset(costs, 0, sizeof(*costs));
	costs->start = costs_now();
	costs->last = costs->start;
}

/**
 * costs_add - one has ended, and the next one begins
 * @costs: as for costs_start()
 */
void costs_add(struct costs *costs)
{
	uint64_t time = costs_now();

	costs->buckets[bucket(time - costs->last)]++;
	costs->count++;
	costs->last = time;
}

/**
 * costs_span - several have ended, at the same time as those of other processes
 * @costs: all 0 in the beginning; may be used by many processes at a time
 * @start: when the first one began, ns
 * @count: how many there were
 */
void costs_span(struct costs *costs, uint64_t start, uint64_t count)
{
	uint64_t end = costs_now(), other = 0;

	while (!__atomic_compare_exchange_n(&costs->start, &other, start, false,
					    __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST))
		if (other <= start)
			break;
	other = costs->last;
	while (other < end &&
	       !__atomic_compare_exchange_n(&costs->last, &other, end, false,
					    __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST))
		;
	__atomic_fetch_add(&costs->count, count, __ATOMIC_SEQ_CST);
	costs->spans = true;
}

/**
 * costs_print - print them as members of a JSON object
 * @costs: of at least one
 */
void costs_print(const struct costs *costs)
{
	printf("\"ns\": %.1f",
	       (double)(costs->last - costs->start) / costs->count);
	if (costs->spans)
		return;
	printf(", \"p50_ns\": %llu, \"p99_ns\": %llu, \"p999_ns\": %llu",
	       percentile(costs, .5), percentile(costs, .99),
	       percentile(costs, .999));
}
