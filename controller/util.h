/* SPDX-License-Identifier: GPL-2.0 */
#ifndef TT_UTIL_H
#define TT_UTIL_H

#include <stddef.h>

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))

/**
 * container_of - the structure that a member is part of
 * @ptr: points to the member
 * @type: type of the structure
 * @member: name of the member
 */
#define container_of(ptr, type, member) \
	((type *)((char *)(ptr) - offsetof(type, member)))

#endif /* TT_UTIL_H */
