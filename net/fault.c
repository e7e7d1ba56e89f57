// SPDX-License-Identifier: GPL-2.0
/*
 * Faults of a machine. The module that finds a fault describes it in words, with
 * the numbers at hand, and returns an error; the port above logs the words and
 * takes down the link.
 */

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>

#include "fault.h"

/**
 * fault_set - note what a machine did wrong
 * @fault: filled in
 * @fmt: what it was, as for printf()
 *
 * Return: -EPROTO, for the caller to return.
 */
int fault_set(struct fault *fault, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(fault->text, sizeof(fault->text), fmt, ap);
	va_end(ap);
	return -EPROTO;
}
