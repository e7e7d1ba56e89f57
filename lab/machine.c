// SPDX-License-Identifier: GPL-2.0
/*
 * The keys of a machine.
 */

#include <ctype.h>
#include <regex.h>
#include <string.h>

#include "schema.h"
#include "util.h"

#define MAX_HOSTNAME 63
#define MEBI (1ULL << 20)
#define MIN_MEM (32 * MEBI)
#define MAX_MEM (65536 * MEBI)
#define DEFAULT_MEM (128 * MEBI)
/* with the programs of a whole system */
#define DEFAULT_MEM_SYSTEM (256 * MEBI)

static void read_root(struct reader *reader, const struct node *node,
		      void *into)
{
	const char *text = schema_scalar(reader, node);
	struct machine *machine = into;

	if (!text)
		return;
	if (strcmp(text, "busybox") == 0) {
		machine->root = ROOT_BUSYBOX;
	} else if (strcmp(text, "/") == 0) {
		machine->root = ROOT_HOST;
	} else if (strchr(text, '/') && !strchr(text, '\n')) {
		machine->root = ROOT_DIRECTORY;
		machine->directory = schema_path(reader, text);
	} else {
		error_at(reader->errors, node, "'%s' is neither busybox, / nor a directory such as ./%s",
			 text, text);
	}
}

static void read_init(struct reader *reader, const struct node *node,
		      void *into)
{
	const char *text = schema_scalar(reader, node);
	struct machine *machine = into;

	if (text && (*text != '/' || strchr(text, '\n')))
		error_at(reader->errors, node, "'%s' is no absolute path, such as /sbin/init",
			 text);
	machine->init = text;
}

static void read_mem(struct reader *reader, const struct node *node,
		     void *into)
{
	const char *text = schema_scalar(reader, node);
	struct machine *machine = into;

	if (text && (!value_size(text, &machine->mem) ||
		     machine->mem < MIN_MEM || machine->mem > MAX_MEM ||
		     machine->mem % MEBI))
		error_at(reader->errors, node, "'%s' is no size in whole M, such as 128M, from 32M to 64G",
			 text);
}

static void read_arg(struct reader *reader, const struct node *node,
		     void *into)
{
	const char *text = schema_scalar(reader, node);
	struct machine *machine = into;
	char *words, *word, *rest;

	if (!text)
		return;
	words = pool_strdup(reader->pool, text);
	while ((word = strtok_r(words, " \t\n", &rest))) {
		words = NULL;
		machine->args = pool_grow(reader->pool, machine->args,
					  machine->nr_args,
					  sizeof(*machine->args));
		machine->args[machine->nr_args++] = word;
	}
}

static void read_args(struct reader *reader, const struct node *node,
		      void *into)
{
	schema_each(reader, node, read_arg, into);
}

static bool is_variable(const char *text)
{
	const char *s = text;

	while (isalnum((unsigned char)*s) || *s == '_')
		s++;
	return s > text && !*s && !isdigit((unsigned char)*text);
}

static void read_env(struct reader *reader, const struct node *node,
		     void *into)
{
	struct machine *machine = into;
	struct node *child;

	if (node->kind != NODE_MAP) {
		error_at(reader->errors, node, "it has to be a map, as in { LANG: C }");
		return;
	}
	NODE_FOREACH(child, node) {
		machine->env = pool_grow(reader->pool, machine->env,
					 machine->nr_env,
					 sizeof(*machine->env));
		machine->env[machine->nr_env++] = (struct pair) {
			.key = child->key,
			.value = child->text ? child->text : "",
		};
		if (!is_variable(child->key))
			error_at(reader->errors, child, "this is no name of a variable");
		else if (child->kind != NODE_SCALAR ||
			 strchr(child->text, '\n'))
			error_at(reader->errors, child, "it has to be one line");
	}
}

static void read_text(struct reader *reader, const struct node *node,
		      void *into)
{
	struct guest_file *file = into;

	if (node->kind == NODE_SCALAR)
		file->text = node->text;
	else
		error_at(reader->errors, node, "it has to be a text");
}

static const struct key file_keys[] = {
	{ "text", read_text },
};

static void read_files(struct reader *reader, const struct node *node,
		       void *into)
{
	struct machine *machine = into;
	struct guest_file *file;
	struct node *child;
	const char *text;

	if (node->kind != NODE_MAP) {
		error_at(reader->errors, node, "it has to be a map, as in { /etc/hosts: ./hosts }");
		return;
	}
	NODE_FOREACH(child, node) {
		machine->files = pool_grow(reader->pool, machine->files,
					   machine->nr_files, sizeof(*file));
		file = &machine->files[machine->nr_files++];
		file->path = child->key;
		if (*child->key != '/' || strstr(child->key, "/..") ||
		    child->key[strlen(child->key) - 1] == '/')
			error_at(reader->errors, child, "this is no absolute path of a file");
		if (child->kind == NODE_MAP) {
			file->text = "";
			schema_map(reader, child, file_keys,
				   ARRAY_SIZE(file_keys), file);
			continue;
		}
		text = schema_scalar(reader, child);
		if (text)
			file->source = schema_path(reader, text);
	}
}

static void read_address(struct reader *reader, const struct node *node,
			 void *into)
{
	const char *text = schema_scalar(reader, node);
	struct card *card = into;
	struct address address;

	if (!text)
		return;
	if (!value_address(text, &address)) {
		error_at(reader->errors, node, "'%s' is no address such as 10.0.0.1/24 or fd00::1/64",
			 text);
		return;
	}
	card->address = pool_grow(reader->pool, card->address,
				  card->nr_addresses, sizeof(address));
	card->address[card->nr_addresses++] = address;
}

static void read_addresses(struct reader *reader, const struct node *node,
			   void *into)
{
	schema_each(reader, node, read_address, into);
}

static void read_instant(struct reader *reader, const struct node *node,
			 uint64_t **times, size_t *nr)
{
	const char *text = schema_scalar(reader, node);
	uint64_t ns;

	if (!text)
		return;
	if (!value_time(text, &ns)) {
		error_at(reader->errors, node, "'%s' is not a time with a unit, such as 10s",
			 text);
		return;
	}
	*times = pool_grow(reader->pool, *times, *nr, sizeof(**times));
	(*times)[(*nr)++] = ns;
}

static void read_down(struct reader *reader, const struct node *node,
		      void *into)
{
	struct card *card = into;

	read_instant(reader, node, &card->down, &card->nr_downs);
}

static void read_up(struct reader *reader, const struct node *node, void *into)
{
	struct card *card = into;

	read_instant(reader, node, &card->up, &card->nr_ups);
}

static void read_downs(struct reader *reader, const struct node *node,
		       void *into)
{
	schema_each(reader, node, read_down, into);
}

static void read_ups(struct reader *reader, const struct node *node,
		     void *into)
{
	schema_each(reader, node, read_up, into);
}

static void read_card_capture(struct reader *reader, const struct node *node,
			      void *into)
{
	struct card *card = into;

	card->capture = schema_capture(reader, node);
}

static const struct key card_keys[] = {
	{ "address", read_addresses },
	{ "down", read_downs },
	{ "up", read_ups },
	{ "capture", read_card_capture },
};

/* down and up take turns, each later than the one before */
static void check_outages(struct reader *reader, const struct card *card)
{
	uint64_t before = 0;
	size_t i;

	for (i = 0; i < card->nr_downs || i < card->nr_ups; i++) {
		if (i >= card->nr_downs ||
		    (i >= card->nr_ups && i + 1 < card->nr_downs)) {
			error_at(reader->errors, card->node, "down and up have to take turns");
			return;
		}
		if ((i && card->down[i] <= before) ||
		    (i < card->nr_ups && card->up[i] <= card->down[i])) {
			error_at(reader->errors, card->node, "down and up: each has to be later than the one before");
			return;
		}
		before = i < card->nr_ups ? card->up[i] : 0;
	}
}

static void read_cards(struct reader *reader, const struct node *node,
		       void *into)
{
	struct machine *machine = into;
	struct node *child;
	struct card *card;

	if (node->kind != NODE_MAP) {
		error_at(reader->errors, node, "it has to be a map, as in { lan: 10.0.0.1/24 }");
		return;
	}
	NODE_FOREACH(child, node) {
		machine->cards = pool_grow(reader->pool, machine->cards,
					   machine->nr_cards, sizeof(*card));
		card = &machine->cards[machine->nr_cards++];
		card->node = child;
		card->network = schema_network(reader->lab, child->key);
		if (!card->network)
			error_at(reader->errors, child, "there is no such network");
		if (child->kind == NODE_MAP)
			schema_map(reader, child, card_keys,
				   ARRAY_SIZE(card_keys), card);
		else if (!tree_is_empty(child))
			read_addresses(reader, child, card);
		check_outages(reader, card);
	}
}

static void read_word(struct reader *reader, const struct node *node,
		      void *into)
{
	(void)into;
	schema_scalar(reader, node);
}

/* names are looked up when all machines are known, in check.c */
static void read_later(struct reader *reader, const struct node *node,
		       void *into)
{
	schema_each(reader, node, read_word, into);
}

static void read_join(struct reader *reader, const struct node *node,
		      void *into)
{
	const char *text = schema_scalar(reader, node);
	struct machine *machine = into;

	if (text && (!value_time(text, &machine->join) || !machine->join))
		error_at(reader->errors, node, "'%s' is not a time with a unit, such as 10s; for another machine there is 'after'",
			 text);
}

static void read_run(struct reader *reader, const struct node *node,
		     void *into)
{
	struct machine *machine = into;

	machine->run = schema_scalar(reader, node);
}

static void read_shell(struct reader *reader, const struct node *node,
		       void *into)
{
	struct machine *machine = into;

	machine->shell = schema_bool(reader, node);
}

static void read_simulator(struct reader *reader, const struct node *node,
			   void *into)
{
	struct machine *machine = into;

	machine->simulator = schema_scalar(reader, node);
}

static void read_exit(struct reader *reader, const struct node *node,
		      void *into)
{
	const char *text = schema_scalar(reader, node);
	struct expect *expect = into;
	uint64_t status;

	if (!text)
		return;
	if (strcmp(text, "any") == 0) {
		expect->exit = EXPECT_ANY;
	} else if (strcmp(text, "running") == 0) {
		expect->exit = EXPECT_RUNNING;
	} else if (value_number(text, 255, &status)) {
		expect->exit = EXPECT_STATUS;
		expect->status = status;
	} else {
		error_at(reader->errors, node, "'%s' is neither a status, 0 to 255, nor any or running",
			 text);
	}
}

static void read_time(struct reader *reader, const struct node *node,
		      void *into)
{
	const char *text = schema_scalar(reader, node);
	struct expect *expect = into;

	expect->has_time = text && value_range(text, &expect->time);
	if (text && !expect->has_time)
		error_at(reader->errors, node, "'%s' is no range of times with units, such as 60s..62s",
			 text);
}

static void read_output(struct reader *reader, const struct node *node,
			void *into)
{
	const char *text = schema_scalar(reader, node);
	struct expect *expect = into;
	char why[256];
	regex_t regex;
	int ret;

	if (!text)
		return;
	ret = regcomp(&regex, text, REG_EXTENDED | REG_NOSUB);
	if (ret) {
		regerror(ret, &regex, why, sizeof(why));
		error_at(reader->errors, node, "'%s' is no regular expression: %s",
			 text, why);
		return;
	}
	regfree(&regex);
	expect->output = text;
}

static const struct key expect_keys[] = {
	{ "exit", read_exit },
	{ "time", read_time },
	{ "output", read_output },
};

static void read_expect(struct reader *reader, const struct node *node,
			void *into)
{
	struct machine *machine = into;

	schema_map(reader, node, expect_keys, ARRAY_SIZE(expect_keys),
		   &machine->expect);
}

static const struct key machine_keys[] = {
	{ "root", read_root },
	{ "init", read_init },
	{ "mem", read_mem },
	{ "args", read_args },
	{ "env", read_env },
	{ "files", read_files },
	{ "networks", read_cards },
	{ "gateway", read_later },
	{ "after", read_later },
	{ "join", read_join },
	{ "run", read_run },
	{ "shell", read_shell },
	{ "simulator", read_simulator },
	{ "expect", read_expect },
};

/* the first key of @keys that the machine has, or NULL */
static const struct node *first_of(const struct machine *machine,
				   const char *const *keys)
{
	const struct node *node = NULL;

	for (; *keys && !node; keys++)
		node = tree_get(machine->node, *keys);
	return node;
}

static void check_machine(struct reader *reader, const struct machine *machine)
{
	static const char *const not_for_simulators[] = {
		"root", "init", "mem", "args", "files", "networks", "gateway",
		"after", "join", "run", "shell", NULL,
	};
	const struct node *node;

	if (machine->simulator) {
		node = first_of(machine, not_for_simulators);
		if (node)
			error_at(reader->errors, node, "a simulator has no '%s'",
				 node->key);
		return;
	}
	if (!machine->run && !machine->shell)
		error_at(reader->errors, machine->node, "it has nothing to do: give it run, shell or simulator");
	if (machine->init && machine->root != ROOT_DIRECTORY)
		error_at(reader->errors, tree_get(machine->node, "init"),
			 "only a root that is a directory has an init of its own");
	if (machine->join && tree_get(machine->node, "after"))
		error_at(reader->errors, tree_get(machine->node, "join"),
			 "either after or join");
}

/**
 * machine_read - read a machine
 * @reader: the file
 * @node: what the file says of it
 * @machine: filled in, but for its id
 */
void machine_read(struct reader *reader, const struct node *node,
		  struct machine *machine)
{
	machine->name = node->key;
	machine->node = node;
	if (!value_is_name(node->key, MAX_HOSTNAME))
		error_at(reader->errors, node, "a machine's name has 1 to %d letters, digits or '-'",
			 MAX_HOSTNAME);
	schema_map(reader, node, machine_keys, ARRAY_SIZE(machine_keys),
		   machine);
	if (!machine->mem)
		machine->mem = machine->root == ROOT_BUSYBOX ?
			       DEFAULT_MEM : DEFAULT_MEM_SYSTEM;
	if (machine->shell && !tree_get(node, "expect"))
		machine->expect.exit = EXPECT_ANY;
	if (node->kind == NODE_MAP)
		check_machine(reader, machine);
}
