// SPDX-License-Identifier: GPL-2.0
/*
 * What no key can know by itself: names of other machines, addresses that are
 * given twice, machines that wait for each other.
 */

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "check.h"

/**
 * check_find - find a machine
 * @lab: the lab
 * @name: its name
 *
 * Return: the machine, or NULL.
 */
struct machine *check_find(struct lab *lab, const char *name)
{
	size_t i;

	for (i = 0; i < lab->nr_machines; i++)
		if (strcmp(lab->machines[i].name, name) == 0)
			return &lab->machines[i];
	return NULL;
}

/* do @a and @b agree in their first @bits? */
static bool same_bits(const struct address *a, const struct address *b,
		      unsigned int bits)
{
	unsigned int bytes = bits / 8, rest = bits % 8;

	if (a->family != b->family || memcmp(a->bytes, b->bytes, bytes))
		return false;
	return !rest || !((a->bytes[bytes] ^ b->bytes[bytes]) >> (8 - rest));
}

static bool same_address(const struct address *a, const struct address *b)
{
	return same_bits(a, b, a->family == AF_INET ? 32 : 128);
}

/* does a card of @machine before @end, address @index there, have @address? */
static bool has_address(const struct machine *machine,
			const struct network *network,
			const struct address *address,
			const struct address *end)
{
	const struct card *card;
	size_t i, j;

	for (i = 0; i < machine->nr_cards; i++) {
		card = &machine->cards[i];
		for (j = 0; j < card->nr_addresses; j++) {
			if (&card->address[j] == end)
				return false;
			if (card->network == network &&
			    same_address(&card->address[j], address))
				return true;
		}
	}
	return false;
}

/* other networks may have the same addresses, as behind NAT */
static void check_address(struct pool *pool, struct lab *lab,
			  const struct machine *machine,
			  const struct card *card,
			  const struct address *address,
			  struct errors *errors)
{
	const struct machine *other;

	for (other = lab->machines; other <= machine; other++)
		if (has_address(other, card->network, address, address))
			error_at(errors, card->node, "%s is the address of %s already",
				 value_print_ip(pool, address), other->name);
}

static void check_addresses(struct pool *pool, struct lab *lab,
			    const struct machine *machine,
			    struct errors *errors)
{
	size_t i, j;

	for (i = 0; i < machine->nr_cards; i++)
		for (j = 0; j < machine->cards[i].nr_addresses; j++)
			check_address(pool, lab, machine, &machine->cards[i],
				      &machine->cards[i].address[j], errors);
}

static bool reaches(const struct machine *machine,
		    const struct address *address)
{
	const struct card *card;
	size_t i, j;

	for (i = 0; i < machine->nr_cards; i++) {
		card = &machine->cards[i];
		for (j = 0; j < card->nr_addresses; j++)
			if (same_bits(&card->address[j], address,
				      card->address[j].prefix))
				return true;
	}
	return false;
}

static void add_gateway(struct pool *pool, struct machine *machine,
			const struct address *address)
{
	machine->gateways = pool_grow(pool, machine->gateways,
				      machine->nr_gateways, sizeof(*address));
	machine->gateways[machine->nr_gateways++] = *address;
}

/* the first address of each family by which @machine reaches @router */
static bool add_router(struct pool *pool, struct machine *machine,
		       const struct machine *router)
{
	bool has_ipv4 = false, has_ipv6 = false, *has;
	const struct address *address;
	size_t i, j;

	for (i = 0; i < router->nr_cards; i++) {
		for (j = 0; j < router->cards[i].nr_addresses; j++) {
			address = &router->cards[i].address[j];
			has = address->family == AF_INET ? &has_ipv4 :
							   &has_ipv6;
			if (*has || !reaches(machine, address))
				continue;
			*has = true;
			add_gateway(pool, machine, address);
		}
	}
	return has_ipv4 || has_ipv6;
}

static void check_gateway(struct pool *pool, struct lab *lab,
			  struct machine *machine, const struct node *node,
			  struct errors *errors)
{
	const struct machine *router = check_find(lab, node->text);
	struct address address;
	size_t i;

	if (router) {
		if (router == machine || !add_router(pool, machine, router))
			error_at(errors, node, "%s and %s share no network with addresses",
				 machine->name, router->name);
		return;
	}
	if (!value_ip(node->text, &address)) {
		error_at(errors, node, "'%s' is neither an address without /, nor a machine",
			 node->text);
		return;
	}
	if (!reaches(machine, &address))
		error_at(errors, node, "%s is in no network of %s", node->text,
			 machine->name);
	for (i = 0; i < machine->nr_gateways; i++)
		if (machine->gateways[i].family == address.family)
			error_at(errors, node, "a second gateway");
	add_gateway(pool, machine, &address);
}

static void check_after(struct pool *pool, struct lab *lab,
			struct machine *machine, const struct node *node,
			struct errors *errors)
{
	struct machine *other = check_find(lab, node->text);

	if (!other) {
		error_at(errors, node, "there is no machine '%s'", node->text);
		return;
	}
	if (other->simulator) {
		error_at(errors, node, "%s is a simulator, which nobody can come after",
			 node->text);
		return;
	}
	other->is_gate = true;
	machine->after = pool_grow(pool, machine->after, machine->nr_after,
				   sizeof(*machine->after));
	machine->after[machine->nr_after++] = other;
}

/* call @check for each word of the machine's key */
static void each_word(struct pool *pool, struct lab *lab,
		      struct machine *machine, const char *key,
		      void (*check)(struct pool *pool, struct lab *lab,
				    struct machine *machine,
				    const struct node *node,
				    struct errors *errors),
		      struct errors *errors)
{
	const struct node *node = tree_get(machine->node, key), *child;

	if (!node)
		return;
	if (node->kind == NODE_SCALAR) {
		check(pool, lab, machine, node, errors);
		return;
	}
	NODE_FOREACH(child, node)
		check(pool, lab, machine, child, errors);
}

/* start, in thought, each machine that can be; those that are left never can */
static void check_order(struct lab *lab, struct errors *errors)
{
	bool *started = calloc(lab->nr_machines, sizeof(*started));
	const struct machine *machine;
	bool changed = started;
	size_t i, j;

	while (changed) {
		changed = false;
		for (i = 0; i < lab->nr_machines; i++) {
			machine = &lab->machines[i];
			for (j = 0; j < machine->nr_after; j++)
				if (!started[machine->after[j]->id - 1])
					break;
			if (started[i] || j < machine->nr_after)
				continue;
			started[i] = true;
			changed = true;
		}
	}
	for (i = 0; started && i < lab->nr_machines; i++)
		if (!started[i])
			error_at(errors,
				 tree_get(lab->machines[i].node, "after"),
				 "it would have to come after itself");
	free(started);
}

static void check_capture(struct pool *pool, const struct node *map,
			  const struct node ***seen, size_t *nr,
			  struct errors *errors)
{
	const struct node *node = tree_get(map, "capture");
	size_t i;

	if (!node)
		return;
	for (i = 0; i < *nr; i++)
		if (strcmp((*seen)[i]->text, node->text) == 0)
			error_at(errors, node, "'%s' is the file of another capture, in line %u",
				 node->text, (*seen)[i]->line);
	*seen = pool_grow(pool, *seen, *nr, sizeof(**seen));
	(*seen)[(*nr)++] = node;
}

static void check_captures(struct lab *lab, struct errors *errors)
{
	const struct node **seen = NULL;
	struct pool pool = {};
	size_t nr = 0, i, j;

	for (i = 0; i < lab->nr_networks; i++)
		check_capture(&pool, lab->networks[i].node, &seen, &nr, errors);
	for (i = 0; i < lab->nr_machines; i++)
		for (j = 0; j < lab->machines[i].nr_cards; j++)
			check_capture(&pool, lab->machines[i].cards[j].node,
				      &seen, &nr, errors);
	pool_free(&pool);
}

/* there is one terminal */
static void check_shells(struct lab *lab, struct errors *errors)
{
	const struct machine *first = NULL;
	size_t i;

	for (i = 0; i < lab->nr_machines; i++) {
		if (!lab->machines[i].shell)
			continue;
		if (first)
			error_at(errors,
				 tree_get(lab->machines[i].node, "shell"),
				 "%s has the terminal already", first->name);
		first = &lab->machines[i];
	}
}

/* for machines that run until all others have ended */
static void check_ends(struct lab *lab, struct errors *errors)
{
	size_t i;

	for (i = 0; i < lab->nr_machines; i++)
		if (lab->machines[i].expect.exit != EXPECT_RUNNING)
			return;
	error_at(errors, NULL, "all machines are expected to run for ever");
}

/**
 * check_lab - check that all parts of a lab fit together, and connect them
 * @pool: for what is added
 * @lab: from schema_read(), which has found no error
 * @errors: says what is wrong
 */
void check_lab(struct pool *pool, struct lab *lab, struct errors *errors)
{
	struct machine *machine;
	size_t i, j;

	for (i = 0; i < lab->nr_machines; i++) {
		machine = &lab->machines[i];
		for (j = 0; j < i; j++)
			if (strcasecmp(lab->machines[j].name,
				       machine->name) == 0)
				error_at(errors, machine->node, "its name differs from that of %s only in capitals",
					 lab->machines[j].name);
		check_addresses(pool, lab, machine, errors);
		each_word(pool, lab, machine, "gateway", check_gateway, errors);
		each_word(pool, lab, machine, "after", check_after, errors);
		if (machine->join >= lab->stop)
			error_at(errors, tree_get(machine->node, "join"),
				 "that is not before the lab's stop");
	}
	check_order(lab, errors);
	check_captures(lab, errors);
	check_shells(lab, errors);
	check_ends(lab, errors);
}
