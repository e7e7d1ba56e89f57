/* SPDX-License-Identifier: GPL-2.0 */
#ifndef TT_BENCH_COMMON_H
#define TT_BENCH_COMMON_H

#include <stdint.h>

/* a benchmark that hangs must not hang whoever runs it */
#define PATIENCE_S 300

void fail(const char *fmt, ...)
	__attribute__((format(printf, 1, 2), noreturn));
uint64_t now(void);
uint64_t parse_number(const char *what, const char *arg, uint64_t max);
void raise_fd_limit(void);

#endif /* TT_BENCH_COMMON_H */
