/* SPDX-License-Identifier: GPL-2.0 */
#ifndef TT_LOG_H
#define TT_LOG_H

#include <stdbool.h>

#define LOG_PREFIX "tt-controller: "

void log_setup(int fd, bool verbose);
int log_fd(void);
void log_line(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
void log_verbose(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

#endif /* TT_LOG_H */
