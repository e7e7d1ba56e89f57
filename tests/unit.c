// SPDX-License-Identifier: GPL-2.0
/*
 * Part of every unit test program, so that each can be run by itself
 *
 * Results are TAP unless CMOCKA_MESSAGE_OUTPUT says otherwise. CASE=glob in the
 * environment leaves out all cases whose name does not match. The controller
 * that tests start, $TT_CONTROLLER, is by default the one that was built with
 * the tests, next to their directory.
 */
#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

static void __attribute__((constructor)) set_up_unit(void)
{
	char self[PATH_MAX], path[2 * PATH_MAX];
	const char *only = getenv("CASE");
	ssize_t len;

	if (!getenv("CMOCKA_MESSAGE_OUTPUT"))
		cmocka_set_message_output(CM_OUTPUT_TAP);
	if (only && *only)
		cmocka_set_test_filter(only);

	len = readlink("/proc/self/exe", self, sizeof(self) - 1);
	if (len < 0)
		return;
	while (len > 0 && self[len - 1] != '/')
		len--;
	snprintf(path, sizeof(path), "%.*s../controller/tt-controller",
		 (int)len, self);
	setenv("TT_CONTROLLER", path, false);
}
