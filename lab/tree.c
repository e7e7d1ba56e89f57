// SPDX-License-Identifier: GPL-2.0
/*
 * A lab's file as a tree of nodes, each of which knows its line. What the words
 * mean is not known here.
 */

#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <yaml.h>

#include "tree.h"

/* nobody writes more by hand, and whoever computes it has made a mistake */
#define MAX_SIZE (4 << 20)
#define MAX_DEPTH 16
#define MAX_ERRORS 20

/**
 * struct parser - a file that is being read
 *
 * @yaml: libyaml's parser
 * @pool: for the nodes
 * @errors: where errors go
 * @lines: give nodes their line; not those of --set
 */
struct parser {
	yaml_parser_t yaml;
	struct pool *pool;
	struct errors *errors;
	bool lines;
};

/* such as "machines.client.args[1]"; empty for the root or NULL */
static const char *path_of(struct pool *pool, const struct node *node)
{
	const char *before;

	if (!node || !node->parent)
		return "";
	before = path_of(pool, node->parent);
	if (!node->key)
		return pool_printf(pool, "%s[%u]", before, node->index);
	return pool_printf(pool, "%s%s%s", before, *before ? "." : "",
			   node->key);
}

static void say(struct errors *errors, const struct node *node,
		unsigned int line, const char *text)
{
	const char *path = path_of(errors->pool, node);
	char *said = pool_printf(errors->pool, "%u: %s", line, text);
	size_t i;

	/* one line may stand for many machines */
	for (i = 0; i < errors->nr; i++)
		if (strcmp(errors->said[i], said) == 0)
			return;
	errors->said = pool_grow(errors->pool, errors->said, errors->nr,
				 sizeof(*errors->said));
	errors->said[errors->nr++] = said;
	if (!errors->to || errors->nr > MAX_ERRORS)
		return;
	if (line)
		fprintf(errors->to, "%s:%u: ", errors->file, line);
	else
		fprintf(errors->to, "%s: ",
			node && node->parent ? "--set" : errors->file);
	fprintf(errors->to, "%s%s%s\n", path, *path ? ": " : "", text);
	if (errors->nr == MAX_ERRORS)
		fprintf(errors->to, "%s: more errors are not shown\n",
			errors->file);
}

/**
 * error_at - say what is wrong with a node
 * @errors: counted there
 * @node: the node; NULL for the whole file
 * @fmt: as for printf(), without a newline
 */
void error_at(struct errors *errors, const struct node *node, const char *fmt,
	      ...)
{
	char text[1024];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	say(errors, node, node ? node->line : 0, text);
}

/**
 * tree_get - find a key
 * @map: where; a node that is no map has no keys
 * @key: the key
 *
 * Return: its value, or NULL.
 */
struct node *tree_get(const struct node *map, const char *key)
{
	struct node *child;

	if (map->kind != NODE_MAP)
		return NULL;
	NODE_FOREACH(child, map)
		if (strcmp(child->key, key) == 0)
			return child;
	return NULL;
}

/**
 * tree_add - add a child at the end
 * @parent: a map, and then @child has its key; or a list
 * @child: has no parent yet
 */
void tree_add(struct node *parent, struct node *child)
{
	child->parent = parent;
	child->index = parent->last ? parent->last->index + 1 : 0;
	if (parent->last)
		parent->last->next = child;
	else
		parent->first = child;
	parent->last = child;
}

/**
 * tree_is_empty - has a node no value, as in "key:"?
 * @node: the node
 */
bool tree_is_empty(const struct node *node)
{
	return node->kind == NODE_SCALAR && node->plain &&
	       (!*node->text || strcmp(node->text, "~") == 0 ||
		strcmp(node->text, "null") == 0);
}

static unsigned int line_of(const struct parser *parser, yaml_mark_t mark)
{
	return parser->lines ? mark.line + 1 : 0;
}

static bool next_event(struct parser *parser, yaml_event_t *event)
{
	yaml_parser_t *yaml = &parser->yaml;
	char *text;

	if (yaml_parser_parse(yaml, event))
		return true;
	/* the context says what was begun, the problem why it cannot go on */
	text = pool_printf(parser->pool, "%s%s%s",
			   yaml->context ? yaml->context : "",
			   yaml->context ? ": " : "",
			   yaml->problem ? yaml->problem : "is no YAML");
	say(parser->errors, NULL,
	    yaml->error == YAML_READER_ERROR ?
		    0 : line_of(parser, yaml->problem_mark), text);
	return false;
}

static struct node *read_node(struct parser *parser, yaml_event_t *event,
			      unsigned int depth);

/* a map's next key; NULL at its end, which is no error, or after one */
static const char *read_key(struct parser *parser, struct node *map,
			    unsigned int *line)
{
	const char *key = NULL;
	yaml_event_t event;

	if (!next_event(parser, &event))
		return NULL;
	*line = line_of(parser, event.start_mark);
	if (event.type == YAML_SCALAR_EVENT) {
		key = pool_strndup(parser->pool,
				   (char *)event.data.scalar.value,
				   event.data.scalar.length);
		if (strlen(key) != event.data.scalar.length || !*key) {
			say(parser->errors, map, *line, "a key is no word");
			key = NULL;
		} else if (tree_get(map, key)) {
			say(parser->errors, map, *line,
			    pool_printf(parser->pool, "'%s' twice, first in line %u",
					key, tree_get(map, key)->line));
			key = NULL;
		}
	} else if (event.type != YAML_MAPPING_END_EVENT) {
		say(parser->errors, map, *line, "a key is no word");
	}
	yaml_event_delete(&event);
	return key;
}

static bool read_map(struct parser *parser, struct node *map,
		     unsigned int depth)
{
	size_t before = parser->errors->nr;
	struct node *child;
	yaml_event_t event;
	unsigned int line;
	const char *key;

	while ((key = read_key(parser, map, &line))) {
		if (!next_event(parser, &event))
			return false;
		child = read_node(parser, &event, depth);
		if (!child)
			return false;
		/* that of the key is where people look */
		child->line = line;
		child->key = key;
		tree_add(map, child);
	}
	return parser->errors->nr == before;
}

static bool read_list(struct parser *parser, struct node *list,
		      unsigned int depth)
{
	struct node *child;
	yaml_event_t event;

	for (;;) {
		if (!next_event(parser, &event))
			return false;
		if (event.type == YAML_SEQUENCE_END_EVENT) {
			yaml_event_delete(&event);
			return true;
		}
		child = read_node(parser, &event, depth);
		if (!child)
			return false;
		tree_add(list, child);
	}
}

static bool read_scalar(struct parser *parser, struct node *node,
			const yaml_event_t *event)
{
	node->text = pool_strndup(parser->pool,
				  (char *)event->data.scalar.value,
				  event->data.scalar.length);
	node->plain = event->data.scalar.style == YAML_PLAIN_SCALAR_STYLE;
	if (strlen(node->text) == event->data.scalar.length)
		return true;
	say(parser->errors, node, node->line, "a text has a zero byte");
	return false;
}

/* the node that begins with @event, which is deleted; NULL after an error */
static struct node *read_node(struct parser *parser, yaml_event_t *event,
			      unsigned int depth)
{
	struct node *node = pool_alloc(parser->pool, sizeof(*node));
	bool ok = false;

	node->line = line_of(parser, event->start_mark);
	if (depth == MAX_DEPTH) {
		say(parser->errors, NULL, node->line, "too deep");
	} else if (event->type == YAML_SCALAR_EVENT) {
		ok = read_scalar(parser, node, event);
	} else if (event->type == YAML_MAPPING_START_EVENT) {
		node->kind = NODE_MAP;
		ok = read_map(parser, node, depth + 1);
	} else if (event->type == YAML_SEQUENCE_START_EVENT) {
		node->kind = NODE_LIST;
		ok = read_list(parser, node, depth + 1);
	} else {
		say(parser->errors, NULL, node->line,
		    "aliases (*name) are not supported, see 'count' in tt-lab(5)");
	}
	yaml_event_delete(event);
	return ok ? node : NULL;
}

/* the one document of a file; NULL after an error */
static struct node *read_document(struct parser *parser)
{
	struct node *root = NULL;
	yaml_event_t event;

	while (next_event(parser, &event)) {
		switch (event.type) {
		case YAML_STREAM_START_EVENT:
		case YAML_DOCUMENT_END_EVENT:
			break;
		case YAML_DOCUMENT_START_EVENT:
			if (!root)
				break;
			say(parser->errors, NULL,
			    line_of(parser, event.start_mark),
			    "a second document");
			yaml_event_delete(&event);
			return NULL;
		case YAML_STREAM_END_EVENT:
			yaml_event_delete(&event);
			if (!root)
				say(parser->errors, NULL, 0, "it is empty");
			return root;
		default:
			root = read_node(parser, &event, 0);
			if (!root)
				return NULL;
			continue;
		}
		yaml_event_delete(&event);
	}
	return NULL;
}

static struct node *parse(struct pool *pool, const char *text, size_t len,
			  bool lines, struct errors *errors)
{
	struct parser parser = {
		.pool = pool,
		.errors = errors,
		.lines = lines,
	};
	struct node *root;

	if (!yaml_parser_initialize(&parser.yaml)) {
		error_at(errors, NULL, "out of memory");
		return NULL;
	}
	yaml_parser_set_input_string(&parser.yaml, (unsigned char *)text, len);
	root = read_document(&parser);
	yaml_parser_delete(&parser.yaml);
	return root;
}

/**
 * tree_parse - read a text
 * @pool: for the tree
 * @text: YAML; need not end with a zero
 * @len: how long it is, bytes
 * @errors: says what is wrong with it
 *
 * Return: the root, or NULL after an error.
 */
struct node *tree_parse(struct pool *pool, const char *text, size_t len,
			struct errors *errors)
{
	return parse(pool, text, len, true, errors);
}

/**
 * tree_read - read the file errors->file
 * @pool: for the tree
 * @errors: says what is wrong with it
 *
 * Return: the root, or NULL after an error.
 */
struct node *tree_read(struct pool *pool, struct errors *errors)
{
	FILE *file = fopen(errors->file, "re");
	char *text;
	size_t len;

	if (!file) {
		error_at(errors, NULL, "%s", strerror(errno));
		return NULL;
	}
	text = pool_alloc(pool, MAX_SIZE + 1);
	len = fread(text, 1, MAX_SIZE + 1, file);
	if (ferror(file)) {
		error_at(errors, NULL, "%s", strerror(errno));
		fclose(file);
		return NULL;
	}
	fclose(file);
	if (len > MAX_SIZE) {
		error_at(errors, NULL, "more than 4 MiB");
		return NULL;
	}
	return tree_parse(pool, text, len, errors);
}

/* the map in which the last word of @path belongs; made if it is not there */
static struct node *map_of(struct pool *pool, struct node *map, char **path)
{
	struct node *child;
	char *dot;

	while (map->kind == NODE_MAP && (dot = strchr(*path, '.'))) {
		*dot = '\0';
		child = tree_get(map, *path);
		if (!child || tree_is_empty(child)) {
			if (!child) {
				child = pool_alloc(pool, sizeof(*child));
				child->key = *path;
				tree_add(map, child);
			}
			child->kind = NODE_MAP;
		}
		map = child;
		*path = dot + 1;
	}
	return map;
}

/**
 * tree_set - change a value, as --set does
 * @pool: for the new nodes
 * @root: a map
 * @assignment: path=value, such as machines.client.mem=128M; the value is YAML
 * @errors: says what is wrong with it
 *
 * Return: false after an error.
 */
bool tree_set(struct pool *pool, struct node *root, const char *assignment,
	      struct errors *errors)
{
	const char *equals = strchr(assignment, '=');
	const char *file = errors->file;
	struct node *map, *value, *old;
	char *path;

	if (!equals || equals == assignment) {
		error_at(errors, NULL, "--set %s: it has to be path=value, such as machines.client.mem=128M",
			 assignment);
		return false;
	}
	path = pool_strndup(pool, assignment, equals - assignment);
	errors->file = pool_printf(pool, "--set %s", assignment);
	value = parse(pool, equals + 1, strlen(equals + 1), false, errors);
	errors->file = file;
	if (!value)
		return false;
	map = map_of(pool, root, &path);
	if (map->kind != NODE_MAP || !*path) {
		error_at(errors, NULL, "--set %s: there is no such place",
			 assignment);
		return false;
	}
	old = tree_get(map, path);
	if (!old) {
		value->key = path;
		tree_add(map, value);
		return true;
	}
	/* in the old one's place */
	value->parent = old->parent;
	value->key = old->key;
	value->index = old->index;
	value->next = old->next;
	*old = *value;
	if (map->last == value)
		map->last = old;
	for (value = old->first; value; value = value->next)
		value->parent = old;
	return true;
}
