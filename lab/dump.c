// SPDX-License-Identifier: GPL-2.0
/*
 * Write a lab as a file that says everything: all defaults, all paths absolute,
 * each machine by itself. tt-lab reads it back as the same lab.
 */

#include <inttypes.h>

#include "dump.h"

/* in double quotes, which can hold everything */
static void print_quoted(FILE *file, const char *text)
{
	const unsigned char *s;

	fputc('"', file);
	for (s = (const unsigned char *)text; *s; s++) {
		if (*s == '"' || *s == '\\')
			fprintf(file, "\\%c", *s);
		else if (*s == '\n')
			fputs("\\n", file);
		else if (*s < ' ' || *s == 0x7f)
			fprintf(file, "\\x%02x", *s);
		else
			fputc(*s, file);
	}
	fputc('"', file);
}

/* "  key: value" at a depth of @indent */
static void print_text(FILE *file, int indent, const char *key,
		       const char *text)
{
	fprintf(file, "%*s%s: ", indent, "", key);
	print_quoted(file, text);
	fputc('\n', file);
}

static void print_word(FILE *file, int indent, const char *key,
		       const char *word)
{
	fprintf(file, "%*s%s: %s\n", indent, "", key, word);
}

static void dump_network(const struct network *network, FILE *file)
{
	static const char *const defaults[NR_QUALITIES] = {
		[QUALITY_DELAY] = "0s",
		[QUALITY_JITTER] = "0s",
		[QUALITY_LOSS] = "0%",
		[QUALITY_DUPLICATE] = "0%",
		/* without one, frames take no time */
		[QUALITY_RATE] = NULL,
		[QUALITY_QUEUE] = "1000",
		[QUALITY_MTU] = "1500",
	};
	const char *value;
	size_t i;

	fprintf(file, "  %s:\n", network->name);
	for (i = 0; i < NR_QUALITIES; i++) {
		value = network->quality[i] ? network->quality[i] :
					      defaults[i];
		if (value)
			print_word(file, 4, quality_names[i], value);
	}
	if (network->capture)
		print_text(file, 4, "capture", network->capture);
}

static void dump_times(struct pool *pool, const char *key,
		       const uint64_t *times, size_t nr, FILE *file)
{
	size_t i;

	if (!nr)
		return;
	fprintf(file, "        %s: [", key);
	for (i = 0; i < nr; i++)
		fprintf(file, "%s%s", i ? ", " : "",
			value_print_time(pool, times[i]));
	fputs("]\n", file);
}

static void dump_card(struct pool *pool, const struct card *card, FILE *file)
{
	size_t i;

	fprintf(file, "      %s:\n        address: [", card->network->name);
	for (i = 0; i < card->nr_addresses; i++)
		fprintf(file, "%s\"%s/%u\"", i ? ", " : "",
			value_print_ip(pool, &card->address[i]),
			card->address[i].prefix);
	fputs("]\n", file);
	dump_times(pool, "down", card->down, card->nr_downs, file);
	dump_times(pool, "up", card->up, card->nr_ups, file);
	if (card->capture)
		print_text(file, 8, "capture", card->capture);
}

static void dump_files(const struct machine *machine, FILE *file)
{
	const struct guest_file *guest_file;
	size_t i;

	if (machine->nr_files)
		fputs("    files:\n", file);
	for (i = 0; i < machine->nr_files; i++) {
		guest_file = &machine->files[i];
		fputs("      ", file);
		print_quoted(file, guest_file->path);
		fputs(guest_file->source ? ": " : ": { text: ", file);
		print_quoted(file, guest_file->source ? guest_file->source :
							guest_file->text);
		fputs(guest_file->source ? "\n" : " }\n", file);
	}
}

static void dump_expect(struct pool *pool, const struct expect *expect,
			FILE *file)
{
	fputs("    expect:\n", file);
	if (expect->exit == EXPECT_STATUS)
		fprintf(file, "      exit: %u\n", expect->status);
	else
		print_word(file, 6, "exit", expect->exit == EXPECT_ANY ?
					    "any" : "running");
	if (expect->has_time) {
		fprintf(file, "      time: %s..",
			value_print_time(pool, expect->time.min));
		if (expect->time.max < UINT64_MAX)
			fputs(value_print_time(pool, expect->time.max), file);
		fputc('\n', file);
	}
	if (expect->output)
		print_text(file, 6, "output", expect->output);
}

static void dump_root(const struct machine *machine, FILE *file)
{
	if (machine->root == ROOT_DIRECTORY)
		print_text(file, 4, "root", machine->directory);
	else
		print_word(file, 4, "root",
			   machine->root == ROOT_HOST ? "/" : "busybox");
	if (machine->init)
		print_text(file, 4, "init", machine->init);
	fprintf(file, "    mem: %" PRIu64 "M\n", machine->mem >> 20);
}

static void dump_links(struct pool *pool, const struct machine *machine,
		       FILE *file)
{
	size_t i;

	if (machine->nr_cards)
		fputs("    networks:\n", file);
	for (i = 0; i < machine->nr_cards; i++)
		dump_card(pool, &machine->cards[i], file);
	if (machine->nr_gateways)
		fputs("    gateway:\n", file);
	for (i = 0; i < machine->nr_gateways; i++)
		fprintf(file, "      - \"%s\"\n",
			value_print_ip(pool, &machine->gateways[i]));
	if (machine->nr_after)
		fputs("    after:\n", file);
	for (i = 0; i < machine->nr_after; i++)
		fprintf(file, "      - \"%s\"\n", machine->after[i]->name);
	if (machine->join)
		print_word(file, 4, "join",
			   value_print_time(pool, machine->join));
}

static void dump_machine(struct pool *pool, const struct machine *machine,
			 FILE *file)
{
	size_t i;

	fprintf(file, "  %s:\n", machine->name);
	if (!machine->simulator)
		dump_root(machine, file);
	if (machine->nr_args)
		fputs("    args:\n", file);
	for (i = 0; i < machine->nr_args; i++) {
		fputs("      - ", file);
		print_quoted(file, machine->args[i]);
		fputc('\n', file);
	}
	if (machine->nr_env)
		fputs("    env:\n", file);
	for (i = 0; i < machine->nr_env; i++)
		print_text(file, 6, machine->env[i].key, machine->env[i].value);
	dump_files(machine, file);
	dump_links(pool, machine, file);
	if (machine->run)
		print_text(file, 4, "run", machine->run);
	if (machine->shell)
		print_word(file, 4, "shell", "true");
	if (machine->simulator)
		print_text(file, 4, "simulator", machine->simulator);
	dump_expect(pool, &machine->expect, file);
}

/**
 * dump_lab - write a lab
 * @pool: for texts
 * @lab: the lab
 * @file: where to; its errors are the caller's to look for
 */
void dump_lab(struct pool *pool, const struct lab *lab, FILE *file)
{
	size_t i;

	fprintf(file, "# %s with all defaults, written by tt-lab\n", lab->name);
	print_text(file, 0, "kernel", lab->kernel);
	if (lab->nr_configs)
		fputs("config:\n", file);
	for (i = 0; i < lab->nr_configs; i++)
		fprintf(file, "  - %s\n", lab->config[i]);
	print_word(file, 0, "start", value_print_date(pool, lab->start));
	fprintf(file, "seed: %" PRIu64 "\n", lab->seed);
	print_word(file, 0, "stop", value_print_time(pool, lab->stop));
	print_word(file, 0, "timeout", value_print_time(pool, lab->timeout));
	print_word(file, 0, "watchdog", value_print_time(pool, lab->watchdog));
	if (lab->nr_networks)
		fputs("networks:\n", file);
	for (i = 0; i < lab->nr_networks; i++)
		dump_network(&lab->networks[i], file);
	fputs("machines:\n", file);
	for (i = 0; i < lab->nr_machines; i++)
		dump_machine(pool, &lab->machines[i], file);
}
