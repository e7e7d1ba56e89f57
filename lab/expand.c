// SPDX-License-Identifier: GPL-2.0
/*
 * `count: N` makes N of a machine or network. This happens in the tree, so the
 * other modules never hear of it.
 */

#include <ctype.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "expand.h"
#include "value.h"

#define MAX_COUNT 4096
/* what may be added to a number */
#define MAX_DIGITS 6

/* the number that "%", "%+2" or "%-1" at @text stands for; @text moves past it */
static int64_t number_at(const char **text, int64_t number)
{
	const char *s = *text + 1;
	int64_t value = 0;
	int digits;

	*text = s;
	if ((*s != '+' && *s != '-') || !isdigit((unsigned char)s[1]))
		return number;
	for (digits = 1; digits <= MAX_DIGITS; digits++) {
		if (!isdigit((unsigned char)s[digits]))
			break;
		value = value * 10 + s[digits] - '0';
	}
	*text = s + digits;
	return *s == '+' ? number + value : number - value;
}

/* @text with each % replaced, except that %% is a percent sign */
static const char *expand_text(struct pool *pool, const char *text,
			       int64_t number)
{
	size_t room = strlen(text) * 24 + 1, len = 0;
	char *expanded, *result;

	if (!strchr(text, '%'))
		return text;
	expanded = malloc(room);
	if (!expanded)
		return text;
	while (*text) {
		if (text[0] == '%' && text[1] == '%') {
			expanded[len++] = '%';
			text += 2;
		} else if (*text == '%') {
			len += snprintf(expanded + len, room - len,
					"%" PRId64, number_at(&text, number));
		} else {
			expanded[len++] = *text++;
		}
	}
	result = pool_strndup(pool, expanded, len);
	free(expanded);
	return result;
}

static struct node *copy(struct pool *pool, const struct node *node,
			 int64_t number, struct errors *errors)
{
	struct node *made = pool_alloc(pool, sizeof(*made)), *child, *twin;

	*made = *node;
	made->first = NULL;
	made->last = NULL;
	made->next = NULL;
	if (node->text)
		made->text = expand_text(pool, node->text, number);
	if (node->key)
		made->key = expand_text(pool, node->key, number);
	NODE_FOREACH(child, node) {
		twin = copy(pool, child, number, errors);
		if (twin->key && tree_get(made, twin->key))
			error_at(errors, child, "'%s' twice", twin->key);
		tree_add(made, twin);
	}
	return made;
}

static void remove_key(struct node *map, const char *key)
{
	struct node *child, *previous = NULL;

	NODE_FOREACH(child, map) {
		if (strcmp(child->key, key) == 0) {
			if (previous)
				previous->next = child->next;
			else
				map->first = child->next;
			if (map->last == child)
				map->last = previous;
			return;
		}
		previous = child;
	}
}

static void add(struct node *map, struct node *node, struct errors *errors)
{
	const struct node *other = tree_get(map, node->key);

	tree_add(map, node);
	if (other)
		error_at(errors, node, "'%s' twice, once from a count",
			 node->key);
}

static void add_copies(struct pool *pool, struct node *map,
		       const struct node *node, uint64_t count,
		       struct errors *errors)
{
	struct node *made;
	uint64_t i;

	for (i = 1; i <= count; i++) {
		made = copy(pool, node, i, errors);
		if (!strchr(node->key, '%'))
			made->key = pool_printf(pool, "%s%" PRIu64, node->key,
						i);
		add(map, made, errors);
	}
}

/**
 * expand_counts - make as many children of each as its `count` says
 * @pool: for the new ones
 * @map: machines or networks; another node stays as it is
 * @errors: says what is wrong with a count
 *
 * In a child with a count, % in names and values is the number of the copy, %+1
 * and %-1 are the next one's and the one's before, and %% is a percent sign.
 */
void expand_counts(struct pool *pool, struct node *map, struct errors *errors)
{
	struct node *child, *next, *count;
	uint64_t nr;

	if (map->kind != NODE_MAP)
		return;
	child = map->first;
	map->first = NULL;
	map->last = NULL;
	for (; child; child = next) {
		next = child->next;
		child->next = NULL;
		count = tree_get(child, "count");
		if (!count) {
			add(map, child, errors);
			continue;
		}
		if (count->kind != NODE_SCALAR ||
		    !value_number(count->text, MAX_COUNT, &nr) || !nr) {
			error_at(errors, count, "it has to be a number, 1 to %d",
				 MAX_COUNT);
			nr = 1;
		}
		remove_key(child, "count");
		add_copies(pool, map, child, nr, errors);
	}
}
