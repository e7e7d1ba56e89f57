// SPDX-License-Identifier: GPL-2.0
/*
 * A pairing heap: what is due, the first one on top.
 *
 * Theory of operation
 *
 * The heap is a tree in which no node is before its parent. Two trees become one
 * in one step: the later root becomes the first child of the other one. Adding a
 * node does only that. When a root goes, its children are joined in pairs, and
 * the pairs into one tree, which takes a logarithmic number of steps on average.
 * Nodes are part of what they are about, so nothing is allocated, and nothing can
 * fail.
 */

#include <stdbool.h>
#include <stddef.h>

#include "heap.h"
#include "simtime.h"

static bool before(const struct heap_node *a, const struct heap_node *b)
{
	return a->time != b->time ? a->time < b->time : a->order < b->order;
}

/* make one tree of two, whose roots have no siblings; either may be empty */
static struct heap_node *join(struct heap_node *a, struct heap_node *b)
{
	if (!a || !b)
		return a ? a : b;
	if (before(b, a))
		return join(b, a);
	b->prev = a;
	b->next = a->child;
	if (b->next)
		b->next->prev = b;
	a->child = b;
	return a;
}

/* take the first one out of a list of siblings, NULL if it is empty */
static struct heap_node *take(struct heap_node **list)
{
	struct heap_node *node = *list;

	if (!node)
		return NULL;
	*list = node->next;
	node->next = NULL;
	node->prev = NULL;
	return node;
}

/* make one tree of siblings */
static struct heap_node *join_all(struct heap_node *list)
{
	struct heap_node *pairs = NULL, *root = NULL, *node;

	while ((node = take(&list))) {
		node = join(node, take(&list));
		node->next = pairs;
		pairs = node;
	}
	while ((node = take(&pairs)))
		root = join(root, node);
	return root;
}

/* take a node with all below it out of the tree; it is not the root */
static void cut(struct heap_node *node)
{
	if (node->prev->child == node)
		node->prev->child = node->next;
	else
		node->prev->next = node->next;
	if (node->next)
		node->next->prev = node->prev;
}

/**
 * heap_remove - take a node out of its heap
 * @node: the node; nothing happens if it is in no heap
 */
void heap_remove(struct heap_node *node)
{
	struct heap *heap = node->heap;
	struct heap_node *below;

	if (!heap)
		return;
	below = join_all(node->child);
	if (node == heap->first) {
		heap->first = below;
	} else {
		cut(node);
		heap->first = join(heap->first, below);
	}
	node->heap = NULL;
	node->child = NULL;
	node->next = NULL;
	node->prev = NULL;
}

/**
 * heap_put - put a node into a heap
 * @heap: the heap
 * @node: the node, whose @order is set; taken out of the heap that it is in
 * @time: when it is due
 */
void heap_put(struct heap *heap, struct heap_node *node, uint64_t time)
{
	if (node->heap == heap && node->time == time)
		return;
	heap_remove(node);
	node->time = time;
	node->heap = heap;
	heap->first = join(heap->first, node);
}

/**
 * heap_next - when is the first one due?
 * @heap: the heap
 *
 * Return: controller time, ns; %SIMTIME_NEVER if the heap is empty.
 */
uint64_t heap_next(const struct heap *heap)
{
	return heap->first ? heap->first->time : SIMTIME_NEVER;
}
