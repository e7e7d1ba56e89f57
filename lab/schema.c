// SPDX-License-Identifier: GPL-2.0
/*
 * From a tree to a lab: what is known in a file, but for the keys of a machine,
 * which are in machine.c. Whether all of it fits together is checked in check.c.
 */

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "check.h"
#include "expand.h"
#include "schema.h"
#include "units.h"
#include "util.h"

#define DEFAULT_START 1767225600000000000ULL	/* 2026-01-01T00:00:00Z */
#define DEFAULT_STOP 3600000000000ULL
#define DEFAULT_TIMEOUT 3600000000000ULL
#define DEFAULT_WATCHDOG 60000000000ULL
#define MAX_WATCHDOG 86400000000000ULL
#define MAX_NAME 32
/* a machine's seed is this and its number */
#define MAX_SEED UINT32_MAX

const char *const quality_names[NR_QUALITIES] = {
	[QUALITY_DELAY] = "delay",
	[QUALITY_JITTER] = "jitter",
	[QUALITY_LOSS] = "loss",
	[QUALITY_DUPLICATE] = "duplicate",
	[QUALITY_RATE] = "rate",
	[QUALITY_QUEUE] = "queue",
	[QUALITY_MTU] = "mtu",
};

/**
 * schema_map - read a map
 * @reader: the file
 * @node: the map; an error if it is none
 * @keys: what it may have
 * @nr: how many there are
 * @into: passed on to those who read the values
 */
void schema_map(struct reader *reader, const struct node *node,
		const struct key *keys, size_t nr, void *into)
{
	struct node *child;
	char known[256];
	size_t i, len;

	if (node->kind != NODE_MAP) {
		error_at(reader->errors, node, "it has to be a map, as in { %s: ... }",
			 keys[0].name);
		return;
	}
	NODE_FOREACH(child, node) {
		for (i = 0; i < nr; i++)
			if (strcmp(keys[i].name, child->key) == 0)
				break;
		if (i < nr) {
			keys[i].read(reader, child, into);
			continue;
		}
		for (i = 0, len = 0; i < nr; i++)
			len += snprintf(known + len, sizeof(known) - len,
					"%s%s", i ? ", " : "", keys[i].name);
		error_at(reader->errors, child,
			 "there is no such key; there are %s", known);
	}
}

/**
 * schema_scalar - read a word or text
 * @reader: the file
 * @node: an error if it is none, or empty
 *
 * Return: the text, or NULL after an error.
 */
const char *schema_scalar(struct reader *reader, const struct node *node)
{
	if (node->kind == NODE_SCALAR && !tree_is_empty(node) && *node->text)
		return node->text;
	error_at(reader->errors, node,
		 node->kind == NODE_MAP ? "it has to be a word, not a map" :
		 node->kind == NODE_LIST ? "it has to be a word, not a list" :
					   "it has no value");
	return NULL;
}

/**
 * schema_each - read a list, or the only element without a list
 * @reader: the file
 * @node: the list
 * @read: called for each
 * @into: passed on to it
 */
void schema_each(struct reader *reader, const struct node *node,
		 void (*read)(struct reader *reader, const struct node *node,
			      void *into), void *into)
{
	struct node *child;

	if (node->kind != NODE_LIST) {
		read(reader, node, into);
		return;
	}
	NODE_FOREACH(child, node)
		read(reader, child, into);
}

/**
 * schema_bool - read true or false
 * @reader: the file
 * @node: an error if it is neither
 */
bool schema_bool(struct reader *reader, const struct node *node)
{
	const char *text = schema_scalar(reader, node);

	if (!text || !strcmp(text, "true") || !strcmp(text, "false"))
		return text && *text == 't';
	error_at(reader->errors, node, "'%s' is neither true nor false", text);
	return false;
}

/**
 * schema_capture - read the name of a file for frames
 * @reader: the file
 * @node: an error if it is none
 *
 * Return: the name, or NULL after an error.
 */
const char *schema_capture(struct reader *reader, const struct node *node)
{
	const char *text = schema_scalar(reader, node);
	const char *end = text ? strrchr(text, '.') : NULL;

	if (!text)
		return NULL;
	/* so it cannot be any other file of the run */
	if (end && !strcmp(end, ".pcap") && *text != '.' && !strchr(text, '/'))
		return text;
	error_at(reader->errors, node, "'%s' is no name for a capture, such as lan.pcap",
		 text);
	return NULL;
}

/**
 * schema_path - make a path absolute
 * @reader: the file, to whose directory it is relative
 * @path: the path
 */
const char *schema_path(struct reader *reader, const char *path)
{
	if (*path == '/')
		return path;
	return pool_printf(reader->pool, "%s/%s", reader->directory, path);
}

/**
 * schema_network - find a network
 * @lab: the lab
 * @name: its name
 *
 * Return: the network, or NULL.
 */
struct network *schema_network(struct lab *lab, const char *name)
{
	size_t i;

	for (i = 0; i < lab->nr_networks; i++)
		if (strcmp(lab->networks[i].name, name) == 0)
			return &lab->networks[i];
	return NULL;
}

/* a time that a network's frames may take */
static bool is_time(const char *text)
{
	uint64_t ns;

	return value_time(text, &ns);
}

static bool is_percentage(const char *text)
{
	uint64_t p;

	return text[strlen(text) - 1] == '%' && units_probability(text, &p);
}

static bool is_rate(const char *text)
{
	const char *end = text + strlen(text) - 1;
	uint64_t bits;

	return (*end < '0' || *end > '9') && units_rate(text, &bits);
}

static bool is_queue(const char *text)
{
	uint64_t number;

	return units_number(text, 0, 1000000, &number);
}

static bool is_mtu(const char *text)
{
	uint64_t number;

	return units_number(text, 68, 65535, &number);
}

static const struct {
	bool (*valid)(const char *text);
	const char *wants;
} qualities[NR_QUALITIES] = {
	[QUALITY_DELAY] = { is_time, "a time with a unit, such as 5ms" },
	[QUALITY_JITTER] = { is_time, "a time with a unit, such as 5ms" },
	[QUALITY_LOSS] = { is_percentage, "a percentage, such as 0.1%" },
	[QUALITY_DUPLICATE] = { is_percentage, "a percentage, such as 0.1%" },
	[QUALITY_RATE] = { is_rate, "a rate with a unit, such as 100Mbit" },
	[QUALITY_QUEUE] = { is_queue, "a number of frames, 0 to 1000000" },
	[QUALITY_MTU] = { is_mtu, "a number of bytes, 68 to 65535" },
};

static void read_quality(struct reader *reader, const struct node *node,
			 void *into)
{
	const char *text = schema_scalar(reader, node);
	struct network *network = into;
	size_t i = 0;

	while (strcmp(quality_names[i], node->key))
		i++;
	if (text && !qualities[i].valid(text))
		error_at(reader->errors, node, "'%s' is not %s", text,
			 qualities[i].wants);
	else
		network->quality[i] = text;
}

static void read_network_capture(struct reader *reader,
				 const struct node *node, void *into)
{
	struct network *network = into;

	network->capture = schema_capture(reader, node);
}

static const struct key network_keys[] = {
	{ "delay", read_quality },
	{ "jitter", read_quality },
	{ "loss", read_quality },
	{ "duplicate", read_quality },
	{ "rate", read_quality },
	{ "queue", read_quality },
	{ "mtu", read_quality },
	{ "capture", read_network_capture },
};

static void check_jitter(struct reader *reader, const struct network *network)
{
	const char *delay = network->quality[QUALITY_DELAY];
	const char *jitter = network->quality[QUALITY_JITTER];
	uint64_t d = 0, j = 0;

	if (jitter && value_time(jitter, &j) &&
	    (!delay || value_time(delay, &d)) && j > d)
		error_at(reader->errors, tree_get(network->node, "jitter"),
			 "more than delay");
}

static void read_networks(struct reader *reader, const struct node *node,
			  void *into)
{
	struct lab *lab = reader->lab;
	struct network *network;
	struct node *child;

	(void)into;
	if (node->kind != NODE_MAP) {
		error_at(reader->errors, node, "it has to be a map from names to networks");
		return;
	}
	NODE_FOREACH(child, node) {
		lab->networks = pool_grow(reader->pool, lab->networks,
					  lab->nr_networks, sizeof(*network));
		network = &lab->networks[lab->nr_networks++];
		network->name = child->key;
		network->node = child;
		if (!value_is_name(child->key, MAX_NAME))
			error_at(reader->errors, child, "a network's name has 1 to %d letters, digits or '-'",
				 MAX_NAME);
		if (!tree_is_empty(child))
			schema_map(reader, child, network_keys,
				   ARRAY_SIZE(network_keys), network);
		check_jitter(reader, network);
	}
}

static void read_machines(struct reader *reader, const struct node *node,
			  void *into)
{
	struct lab *lab = reader->lab;
	struct node *child;

	(void)into;
	if (node->kind != NODE_MAP || !node->first) {
		error_at(reader->errors, node, "it has to be a map from names to machines");
		return;
	}
	NODE_FOREACH(child, node)
		lab->nr_machines++;
	/* at once: they point to each other */
	lab->machines = pool_alloc(reader->pool,
				   lab->nr_machines * sizeof(*lab->machines));
	NODE_FOREACH(child, node) {
		lab->machines[child->index].id = child->index + 1;
		machine_read(reader, child, &lab->machines[child->index]);
	}
}

static void read_kernel(struct reader *reader, const struct node *node,
			void *into)
{
	const char *text = schema_scalar(reader, node);

	(void)into;
	if (text)
		reader->lab->kernel = strchr(text, '/') ?
				      schema_path(reader, text) : text;
}

static void read_fragment(struct reader *reader, const struct node *node,
			  void *into)
{
	const char *text = schema_scalar(reader, node);
	struct lab *lab = reader->lab;

	(void)into;
	if (!text)
		return;
	if (!value_is_name(text, MAX_NAME)) {
		error_at(reader->errors, node, "'%s' is no name of a part of a configuration, such as net",
			 text);
		return;
	}
	lab->config = pool_grow(reader->pool, lab->config, lab->nr_configs,
				sizeof(*lab->config));
	lab->config[lab->nr_configs++] = text;
}

static void read_config(struct reader *reader, const struct node *node,
			void *into)
{
	schema_each(reader, node, read_fragment, into);
}

static void read_start(struct reader *reader, const struct node *node,
		       void *into)
{
	const char *text = schema_scalar(reader, node);

	(void)into;
	if (text && !value_date(text, &reader->lab->start))
		error_at(reader->errors, node, "'%s' is no date such as 2026-01-01T00:00:00Z, from 1970 to 2262",
			 text);
}

static void read_seed(struct reader *reader, const struct node *node,
		      void *into)
{
	const char *text = schema_scalar(reader, node);

	(void)into;
	if (text && !value_number(text, MAX_SEED, &reader->lab->seed))
		error_at(reader->errors, node, "'%s' is no number, 0 to %" PRIu32,
			 text, MAX_SEED);
}

static void read_duration(struct reader *reader, const struct node *node,
			  uint64_t *ns)
{
	const char *text = schema_scalar(reader, node);

	if (text && (!value_time(text, ns) || !*ns))
		error_at(reader->errors, node, "'%s' is not a time with a unit, such as 10min",
			 text);
}

static void read_stop(struct reader *reader, const struct node *node,
		      void *into)
{
	(void)into;
	read_duration(reader, node, &reader->lab->stop);
}

static void read_timeout(struct reader *reader, const struct node *node,
			 void *into)
{
	(void)into;
	read_duration(reader, node, &reader->lab->timeout);
}

static void read_watchdog(struct reader *reader, const struct node *node,
			  void *into)
{
	const char *text = schema_scalar(reader, node);

	(void)into;
	if (text && (!value_time(text, &reader->lab->watchdog) ||
		     reader->lab->watchdog > MAX_WATCHDOG))
		error_at(reader->errors, node, "'%s' is not a time with a unit, such as 60s; 0 turns it off",
			 text);
}

/* networks come before machines, wherever they are in the file */
static void read_already(struct reader *reader, const struct node *node,
			 void *into)
{
	(void)reader;
	(void)node;
	(void)into;
}

static const struct key lab_keys[] = {
	{ "kernel", read_kernel },
	{ "config", read_config },
	{ "start", read_start },
	{ "seed", read_seed },
	{ "stop", read_stop },
	{ "timeout", read_timeout },
	{ "watchdog", read_watchdog },
	{ "networks", read_already },
	{ "machines", read_machines },
};

static const char *name_of(struct pool *pool, const char *file)
{
	const char *slash = strrchr(file, '/');
	const char *name = slash ? slash + 1 : file;
	const char *dot = strrchr(name, '.');

	if (!dot || dot == name)
		return name;
	return pool_strndup(pool, name, dot - name);
}

static const char *directory_of(struct pool *pool, const char *file)
{
	const char *slash = strrchr(file, '/');
	char *path, *text;

	path = realpath(slash ? pool_strndup(pool, file, slash - file + 1) :
			".", NULL);
	text = pool_strdup(pool, path ? path : ".");
	free(path);
	return text;
}

/**
 * schema_read - make a lab from a tree
 * @pool: for the lab
 * @root: the tree, which is needed as long as the lab
 * @errors: says what is wrong
 * @lab: filled in; all defaults as well
 *
 * Return: false after an error.
 */
bool schema_read(struct pool *pool, struct node *root, struct errors *errors,
		 struct lab *lab)
{
	struct reader reader = {
		.pool = pool,
		.errors = errors,
		.lab = lab,
		.directory = directory_of(pool, errors->file),
	};
	struct node *child;
	size_t before = errors->nr;

	*lab = (struct lab) {
		.file = errors->file,
		.name = name_of(pool, errors->file),
		.root = root,
		.kernel = "6.1",
		.start = DEFAULT_START,
		.seed = 1,
		.stop = DEFAULT_STOP,
		.timeout = DEFAULT_TIMEOUT,
		.watchdog = DEFAULT_WATCHDOG,
	};
	NODE_FOREACH(child, root)
		if (child->key && (!strcmp(child->key, "machines") ||
				   !strcmp(child->key, "networks")))
			expand_counts(pool, child, errors);
	child = tree_get(root, "networks");
	if (child && !tree_is_empty(child))
		read_networks(&reader, child, NULL);
	schema_map(&reader, root, lab_keys, ARRAY_SIZE(lab_keys), NULL);
	if (root->kind == NODE_MAP && !tree_get(root, "machines"))
		error_at(errors, NULL, "it has no machines");
	if (errors->nr == before)
		check_lab(pool, lab, errors);
	return errors->nr == before;
}
