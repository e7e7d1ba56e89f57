// SPDX-License-Identifier: BSD-3-Clause
#include <stdarg.h>
#include <stdio.h>

#include "error.h"

/**
 * tt_error - note what went wrong
 * @error: where to
 * @err: an errno, positive
 * @fmt: the line, as for printf(), without a newline
 *
 * Return: -@err.
 */
int tt_error(struct tt_error *error, int err, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(error->text, sizeof(error->text), fmt, ap);
	va_end(ap);
	return -err;
}
