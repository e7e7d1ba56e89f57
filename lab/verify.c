// SPDX-License-Identifier: GPL-2.0
/*
 * Whether two runs of a lab are the same, for people.
 */

#include "compare.h"
#include "verify.h"

static void print_first(struct pool *pool, const struct difference *first,
			FILE *file)
{
	fprintf(file, "The runs differ%s%s: %s, %s\n",
		first->time == UINT64_MAX ? "" : ", first at virtual time ",
		first->time == UINT64_MAX ? "" :
		value_print_seconds(pool, first->time),
		first->file, first->what);
	fprintf(file, "  first   %s\n  second  %s\n", first->first,
		first->second);
}

/**
 * verify_print - compare two runs, and say where they differ
 * @pool: for texts
 * @lab: the lab
 * @first: the directory of one run
 * @second: the directory of the other run
 * @file: where to
 *
 * Return: whether they are the same.
 */
bool verify_print(struct pool *pool, const struct lab *lab, const char *first,
		  const char *second, FILE *file)
{
	struct difference *differences;
	size_t compared, nr, i;

	nr = compare_runs(pool, lab, first, second, &differences, &compared);
	if (!nr) {
		fprintf(file, "The runs are the same: %zu files of %zu machines\n",
			compared, lab->nr_machines);
		return compared > 0;
	}
	print_first(pool, &differences[0], file);
	for (i = 1; i < nr; i++)
		fprintf(file, "%s %s, %s%s%s\n", i > 1 ? "     " : "also:",
			differences[i].file, differences[i].what,
			differences[i].time == UINT64_MAX ? "" : ", at ",
			differences[i].time == UINT64_MAX ? "" :
			value_print_seconds(pool, differences[i].time));
	return false;
}
