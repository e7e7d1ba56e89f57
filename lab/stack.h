/* SPDX-License-Identifier: GPL-2.0 */
#ifndef TT_LAB_STACK_H
#define TT_LAB_STACK_H

#include <sys/types.h>

#include "pool.h"

const char *stack_write(struct pool *pool, pid_t pid, const char *directory);

#endif /* TT_LAB_STACK_H */
