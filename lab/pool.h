/* SPDX-License-Identifier: GPL-2.0 */
#ifndef TT_LAB_POOL_H
#define TT_LAB_POOL_H

#include <stddef.h>

struct pool_block;

/**
 * struct pool - memory that is freed all at once
 *
 * A lab and what belongs to it live until tt-lab ends, so nothing is freed by
 * itself. Zeroes make an empty pool.
 *
 * @blocks: what was allocated, the newest first
 */
struct pool {
	struct pool_block *blocks;
};

void *pool_alloc(struct pool *pool, size_t size);
void *pool_grow(struct pool *pool, void *array, size_t nr, size_t size);
char *pool_strndup(struct pool *pool, const char *text, size_t len);
char *pool_strdup(struct pool *pool, const char *text);
char *pool_printf(struct pool *pool, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));
void pool_free(struct pool *pool);

#endif /* TT_LAB_POOL_H */
