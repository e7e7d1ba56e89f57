/* SPDX-License-Identifier: GPL-2.0 */
#ifndef TT_HEAP_H
#define TT_HEAP_H

#include <stdint.h>

/**
 * struct heap_node - something that is due; part of what it is about
 *
 * @time: when, controller time, ns
 * @order: what comes first of those that are due at one time
 * @heap: the heap it is in, NULL if it is in none
 * @child: its first child
 * @next: its next sibling
 * @prev: its previous sibling, or its parent if it is the first child
 */
struct heap_node {
	uint64_t time;
	uint64_t order;
	struct heap *heap;
	struct heap_node *child;
	struct heap_node *next;
	struct heap_node *prev;
};

/**
 * struct heap - what is due, the first one on top
 *
 * @first: that one, NULL if there is none
 */
struct heap {
	struct heap_node *first;
};

void heap_put(struct heap *heap, struct heap_node *node, uint64_t time);
void heap_remove(struct heap_node *node);
uint64_t heap_next(const struct heap *heap);

#endif /* TT_HEAP_H */
