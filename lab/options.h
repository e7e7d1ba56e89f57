/* SPDX-License-Identifier: GPL-2.0 */
#ifndef TT_LAB_OPTIONS_H
#define TT_LAB_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>

/**
 * struct options - the command line
 *
 * @command: what to do
 * @file: the lab's file
 * @machine: for `shell` and `gdb`, or NULL
 * @directory: where results go, or NULL
 * @build: where kernels, image and controller are, or NULL
 * @against: a run to compare with, or NULL
 * @set: assignments of --set
 * @nr_set: how many
 * @jobs: how many machines may run at the same time, 0 if not given
 * @json: progress is for a program
 * @quiet: no progress
 */
struct options {
	const struct command *command;
	const char *file;
	const char *machine;
	const char *directory;
	const char *build;
	const char *against;
	const char **set;
	size_t nr_set;
	unsigned int jobs;
	bool json;
	bool quiet;
};

/**
 * struct command - something that tt-lab does
 *
 * @name: the word for it
 * @wants_machine: it needs the name of a machine
 * @run: does it; returns the exit status
 */
struct command {
	const char *name;
	bool wants_machine;
	int (*run)(const struct options *opt);
};

enum options_outcome {
	OPTIONS_GO,
	OPTIONS_DONE,
	OPTIONS_WRONG,
};

enum options_outcome options_parse(struct options *opt,
				   const struct command *commands, size_t nr,
				   int argc, char **argv);
void options_free(struct options *opt);

#endif /* TT_LAB_OPTIONS_H */
