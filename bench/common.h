/* SPDX-License-Identifier: GPL-2.0 */
#ifndef TT_BENCH_COMMON_H
#define TT_BENCH_COMMON_H

#include <stdbool.h>
#include <stdint.h>

/* a benchmark that hangs must not hang whoever runs it */
#define PATIENCE_S 300

/* costs are known to 1/64 of themselves, up to two seconds */
#define COSTS_SUB_BUCKETS 64
#define COSTS_BUCKETS (COSTS_SUB_BUCKETS * 26)

/**
 * struct costs - what one thing after the other costs, each being the time
 *	since the one before; all of it in two pages
 *
 * @start: when the first one began, ns
 * @last: when the last one ended, ns
 * @count: how many there were
 * @buckets: how many of them cost how much
 * @spans: that is not known, as several processes had some at a time
 */
struct costs {
	uint64_t start;
	uint64_t last;
	uint64_t count;
	uint32_t buckets[COSTS_BUCKETS];
	bool spans;
};

void fail(const char *fmt, ...)
	__attribute__((format(printf, 1, 2), noreturn));
uint64_t parse_number(const char *what, const char *arg, uint64_t max);
void raise_fd_limit(void);

uint64_t costs_now(void);
void costs_start(struct costs *costs);
void costs_add(struct costs *costs);
void costs_span(struct costs *costs, uint64_t start, uint64_t count);
void costs_print(const struct costs *costs);

#endif /* TT_BENCH_COMMON_H */
