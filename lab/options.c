// SPDX-License-Identifier: GPL-2.0
/*
 * The command line.
 */

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "options.h"
#include "value.h"

#define MAX_JOBS 1024

static const char usage[] =
"Usage: tt-lab [run] [OPTION]... FILE\n"
"       tt-lab check [OPTION]... FILE\n"
"       tt-lab verify [OPTION]... [--against DIR] FILE\n"
"       tt-lab shell [OPTION]... FILE MACHINE\n"
"       tt-lab gdb [OPTION]... FILE MACHINE\n"
"Run a lab: machines, networks and commands on simulated time, see tt-lab(5).\n"
"\n"
"  run      run the lab, and show what came out\n"
"  check    say what is wrong with the file or missing on the host; run nothing\n"
"  verify   run it twice, or once and compare with an earlier run in DIR, and\n"
"           name the first difference\n"
"  shell    run it with a shell of MACHINE on this terminal, in real time\n"
"  gdb      run it with MACHINE's kernel under gdb\n"
"\n"
"  -o, --output DIR       where results go; NAME.out for NAME.yaml\n"
"  -s, --set PATH=VALUE   change the lab, as in machines.client.mem=128M\n"
"      --build DIR        where kernels, image and tt-controller are; that of\n"
"                         tt-lab, or $TT_LAB_BUILD\n"
"      --against DIR      compare with the run in DIR\n"
"  -j, --jobs N           how many machines may run at the same time\n"
"      --json             print progress and results as JSON, an object a line\n"
"  -q, --quiet            show no progress\n"
"  -h, --help             print this\n"
"  -V, --version          print the version\n"
"\n"
"The exit status is 0 if everything came out as expected, 1 if it did not, 2 if\n"
"the command line, the file or the host is wrong.\n";

enum {
	OPTION_AGAINST = 256,
	OPTION_BUILD,
	OPTION_JSON,
};

static const struct option names[] = {
	{ "against", required_argument, NULL, OPTION_AGAINST },
	{ "build", required_argument, NULL, OPTION_BUILD },
	{ "help", no_argument, NULL, 'h' },
	{ "jobs", required_argument, NULL, 'j' },
	{ "json", no_argument, NULL, OPTION_JSON },
	{ "output", required_argument, NULL, 'o' },
	{ "quiet", no_argument, NULL, 'q' },
	{ "set", required_argument, NULL, 's' },
	{ "version", no_argument, NULL, 'V' },
	{},
};

static enum options_outcome wrong(const char *what, const char *word)
{
	fprintf(stderr, "tt-lab: %s%s%s, see --help\n", what, *word ? ": " : "",
		word);
	return OPTIONS_WRONG;
}

static enum options_outcome parse_one(struct options *opt, int code,
				      char **argv)
{
	uint64_t number;

	switch (code) {
	case OPTION_AGAINST:
		opt->against = optarg;
		return OPTIONS_GO;
	case OPTION_BUILD:
		opt->build = optarg;
		return OPTIONS_GO;
	case OPTION_JSON:
		opt->json = true;
		return OPTIONS_GO;
	case 'j':
		if (!value_number(optarg, MAX_JOBS, &number) || !number)
			return wrong("--jobs has to be a number from 1 to 1024",
				     optarg);
		opt->jobs = number;
		return OPTIONS_GO;
	case 'o':
		opt->directory = optarg;
		return OPTIONS_GO;
	case 'q':
		opt->quiet = true;
		return OPTIONS_GO;
	case 's':
		opt->set[opt->nr_set++] = optarg;
		return OPTIONS_GO;
	case 'h':
		fputs(usage, stdout);
		return OPTIONS_DONE;
	case 'V':
		puts("tt-lab " VERSION);
		return OPTIONS_DONE;
	case ':':
		return wrong("a value is missing", argv[optind - 1]);
	default:
		return wrong("unknown option", argv[optind - 1]);
	}
}

/* the words that are no options: [COMMAND] FILE [MACHINE] */
static enum options_outcome parse_words(struct options *opt,
					const struct command *commands,
					size_t nr, char **words)
{
	size_t i;

	opt->command = &commands[0];
	for (i = 0; *words && i < nr; i++) {
		if (strcmp(*words, commands[i].name))
			continue;
		opt->command = &commands[i];
		words++;
		break;
	}
	if (!*words)
		return wrong("the lab's file is missing", "");
	opt->file = *words++;
	if (opt->command->wants_machine) {
		if (!*words)
			return wrong("the machine's name is missing", "");
		opt->machine = *words++;
	}
	if (*words)
		return wrong("one word too many", *words);
	if (opt->against && strcmp(opt->command->name, "verify"))
		return wrong("only verify has --against", "");
	return OPTIONS_GO;
}

/**
 * options_parse - read the command line
 * @opt: filled in; to be freed by options_free()
 * @commands: what tt-lab can do, first what it does without a command
 * @nr: how many there are
 * @argc: as in main()
 * @argv: as in main()
 *
 * Return: what to do. One line on standard error says what is wrong.
 */
enum options_outcome options_parse(struct options *opt,
				   const struct command *commands, size_t nr,
				   int argc, char **argv)
{
	enum options_outcome outcome;
	int code;

	*opt = (struct options) {
		.set = calloc(argc, sizeof(*opt->set)),
		.build = getenv("TT_LAB_BUILD"),
	};
	if (!opt->set)
		return wrong("out of memory", "");
	opterr = 0;
	while ((code = getopt_long(argc, argv, ":j:o:s:qhV", names, NULL)) != -1) {
		outcome = parse_one(opt, code, argv);
		if (outcome != OPTIONS_GO)
			return outcome;
	}
	return parse_words(opt, commands, nr, argv + optind);
}

/**
 * options_free - free what options_parse() has allocated
 * @opt: from options_parse()
 */
void options_free(struct options *opt)
{
	free(opt->set);
}
