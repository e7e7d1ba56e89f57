/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef TT_ERROR_H
#define TT_ERROR_H

/**
 * struct tt_error - what went wrong last
 *
 * @text: one line without a newline, empty at first
 */
struct tt_error {
	char text[256];
};

int tt_error(struct tt_error *error, int err, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

#endif /* TT_ERROR_H */
