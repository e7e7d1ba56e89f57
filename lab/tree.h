/* SPDX-License-Identifier: GPL-2.0 */
#ifndef TT_LAB_TREE_H
#define TT_LAB_TREE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "pool.h"

/**
 * enum node_kind - what a node is
 *
 * @NODE_SCALAR: a word or text
 * @NODE_MAP: keys and their values
 * @NODE_LIST: a list
 */
enum node_kind {
	NODE_SCALAR,
	NODE_MAP,
	NODE_LIST,
};

/**
 * struct node - a node of a lab's file
 *
 * @kind: what it is
 * @line: where it is in the file, from 1; 0 if it was given by --set
 * @parent: the map or list that has it; NULL for the root
 * @key: its key, if a map has it
 * @index: its place there, from 0
 * @text: of a scalar
 * @plain: the scalar has no quotes
 * @first: of a map or list, its first child
 * @last: its last child
 * @next: the parent's next child
 */
struct node {
	enum node_kind kind;
	unsigned int line;
	struct node *parent;
	const char *key;
	unsigned int index;
	const char *text;
	bool plain;
	struct node *first, *last, *next;
};

#define NODE_FOREACH(child, parent) \
	for ((child) = (parent)->first; (child); (child) = (child)->next)

/**
 * struct errors - what is wrong with a file
 *
 * @pool: for what was said
 * @file: its name, as the user gave it
 * @to: where errors are written, or NULL to only count them
 * @nr: how many there are; each line says the same only once
 * @said: what was written
 */
struct errors {
	struct pool *pool;
	const char *file;
	FILE *to;
	size_t nr;
	char **said;
};

struct node *tree_parse(struct pool *pool, const char *text, size_t len,
			struct errors *errors);
struct node *tree_read(struct pool *pool, struct errors *errors);
bool tree_set(struct pool *pool, struct node *root, const char *assignment,
	      struct errors *errors);
struct node *tree_get(const struct node *map, const char *key);
void tree_add(struct node *parent, struct node *child);
bool tree_is_empty(const struct node *node);
void error_at(struct errors *errors, const struct node *node,
	      const char *fmt, ...) __attribute__((format(printf, 3, 4)));

#endif /* TT_LAB_TREE_H */
