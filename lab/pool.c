// SPDX-License-Identifier: GPL-2.0
/*
 * Memory that is freed all at once. Nobody has to handle its end: tt-lab says
 * so and exits.
 */

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "pool.h"

#define EXIT_NO_MEMORY 5

struct pool_block {
	struct pool_block *next;
	max_align_t data[];
};

/**
 * pool_alloc - allocate memory that lives as long as the pool
 * @pool: the pool
 * @size: bytes
 *
 * Return: the memory, all zeroes.
 */
void *pool_alloc(struct pool *pool, size_t size)
{
	struct pool_block *block = calloc(1, sizeof(*block) + size);

	if (!block) {
		fputs("tt-lab: out of memory\n", stderr);
		exit(EXIT_NO_MEMORY);
	}
	block->next = pool->blocks;
	pool->blocks = block;
	return block->data;
}

/**
 * pool_grow - make room for one more element at the end of an array
 * @pool: the pool
 * @array: the array, from this function, or NULL
 * @nr: how many elements it has
 * @size: of an element, bytes
 *
 * Return: the array, which may have moved; the new element is zeroed.
 */
void *pool_grow(struct pool *pool, void *array, size_t nr, size_t size)
{
	void *grown;

	/* there is room for the next power of two */
	if (nr & (nr - 1) || (nr == 0 && array))
		return array;
	grown = pool_alloc(pool, (nr ? 2 * nr : 1) * size);
	if (nr)
		memcpy(grown, array, nr * size);
	return grown;
}

/**
 * pool_strndup - copy a text
 * @pool: the pool
 * @text: the text
 * @len: how much of it, bytes
 */
char *pool_strndup(struct pool *pool, const char *text, size_t len)
{
	return memcpy(pool_alloc(pool, len + 1), text, len);
}

/**
 * pool_strdup - copy a whole text
 * @pool: the pool
 * @text: the text
 */
char *pool_strdup(struct pool *pool, const char *text)
{
	return pool_strndup(pool, text, strlen(text));
}

/**
 * pool_printf - print into memory of the pool
 * @pool: the pool
 * @fmt: as for printf()
 */
char *pool_printf(struct pool *pool, const char *fmt, ...)
{
	va_list ap, again;
	char *text;
	int len;

	va_start(ap, fmt);
	va_copy(again, ap);
	len = vsnprintf(NULL, 0, fmt, ap);
	text = pool_alloc(pool, len + 1);
	vsnprintf(text, len + 1, fmt, again);
	va_end(again);
	va_end(ap);
	return text;
}

/**
 * pool_free - free everything that was allocated from a pool
 * @pool: empty afterwards
 */
void pool_free(struct pool *pool)
{
	struct pool_block *block;

	while ((block = pool->blocks)) {
		pool->blocks = block->next;
		free(block);
	}
}
