/* SPDX-License-Identifier: GPL-2.0 */
#ifndef TT_NET_FAULT_H
#define TT_NET_FAULT_H

/**
 * struct fault - what a machine did wrong, in words for the log
 *
 * @text: one clause without a full stop, empty if nothing went wrong
 */
struct fault {
	char text[192];
};

int fault_set(struct fault *fault, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

#endif /* TT_NET_FAULT_H */
