// SPDX-License-Identifier: GPL-2.0
/*
 * What came out of a run: a table for people, results.json for programs, and
 * junit.xml for continuous integration.
 */

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "expect.h"
#include "json_add.h"
#include "report.h"
#include "rundir.h"
#include "simtime.h"

#define COLUMNS 4
#define JSON_STYLE (JSON_C_TO_STRING_PRETTY | JSON_C_TO_STRING_SPACED | \
		    JSON_C_TO_STRING_NOSLASHESCAPE)

static bool is_ok(const struct run *run, const struct member *member)
{
	struct verdict verdicts[MAX_VERDICTS];
	size_t nr = expect_check(run->pool, member, verdicts), i;

	for (i = 0; i < nr; i++)
		if (verdicts[i].wrong)
			return false;
	return true;
}

/**
 * report_is_ok - did everything come out as expected?
 * @run: has ended
 */
bool report_is_ok(const struct run *run)
{
	size_t i;

	if (run->failure || run->signal)
		return false;
	for (i = 0; i < run->lab->nr_machines; i++)
		if (!is_ok(run, &run->members[i]))
			return false;
	return true;
}

static void fill_row(const struct run *run, const struct member *member,
		     const char **row)
{
	const struct result *result = &member->result;

	row[0] = member->machine->name;
	row[1] = result->has_times ?
		 value_print_seconds(run->pool, result->ended - result->began) :
		 "-";
	row[2] = is_ok(run, member) ? "ok" : "failed";
	row[3] = result->text;
}

static void print_rows(const char *(*rows)[COLUMNS], size_t nr, FILE *file)
{
	int widths[COLUMNS] = {};
	size_t i, j;

	for (i = 0; i < nr; i++)
		for (j = 0; j < COLUMNS; j++)
			if ((int)strlen(rows[i][j]) > widths[j])
				widths[j] = strlen(rows[i][j]);
	for (i = 0; i < nr; i++) {
		for (j = 0; j < COLUMNS - 1; j++)
			fprintf(file, "%*s  ", j == 1 ? widths[j] : -widths[j],
				rows[i][j]);
		fprintf(file, "%s\n", rows[i][COLUMNS - 1]);
	}
}

/* a line for each thing that did not come out as expected */
static void print_failures(const struct run *run, const struct member *member,
			   FILE *file)
{
	struct verdict verdicts[MAX_VERDICTS];
	size_t nr = expect_check(run->pool, member, verdicts), i;

	for (i = 0; i < nr; i++)
		if (verdicts[i].wrong)
			fprintf(file, "%s: expected %s, but %s\n",
				member->machine->name, verdicts[i].what,
				verdicts[i].wrong);
}

/**
 * report_print - print what came out, for people
 * @run: has ended
 * @file: where to
 */
void report_print(const struct run *run, FILE *file)
{
	size_t nr = run->lab->nr_machines, i;
	const char *(*rows)[COLUMNS];
	double wall = (double)run->wall / NSEC_PER_SEC;
	double time = (double)run->time / NSEC_PER_SEC;

	rows = pool_alloc(run->pool, (nr + 1) * sizeof(*rows));
	rows[0][0] = "machine";
	rows[0][1] = "took";
	rows[0][2] = "verdict";
	rows[0][3] = "result";
	for (i = 0; i < nr; i++)
		fill_row(run, &run->members[i], rows[i + 1]);
	print_rows(rows, nr + 1, file);
	for (i = 0; i < nr; i++)
		print_failures(run, &run->members[i], file);
	fprintf(file, "virtual time %.3f s, wall time %.2f s, virtual/wall %.1f\n",
		time, wall, wall ? time / wall : 0);
	if (run->failure)
		fprintf(file, "%s\n", run->failure);
}

static struct json_object *json_member(const struct run *run,
				       const struct member *member)
{
	struct json_object *object = json_object_new_object();
	struct json_object *list = json_object_new_array(), *one;
	struct verdict verdicts[MAX_VERDICTS];
	size_t nr = expect_check(run->pool, member, verdicts), i;
	const struct result *result = &member->result;
	const char *wrong;

	json_add_string(object, "name", member->machine->name);
	json_object_object_add(object, "id",
			       json_object_new_int(member->machine->id));
	json_add_string(object, "outcome", result_name(result->outcome));
	if (result->outcome == OUTCOME_EXIT ||
	    result->outcome == OUTCOME_SIGNAL)
		json_object_object_add(object, "number",
				       json_object_new_int(result->number));
	json_add_string(object, "text", result->text);
	if (result->has_times) {
		json_add_u64(object, "began_ns", result->began);
		json_add_u64(object, "ended_ns", result->ended);
	}
	json_object_object_add(object, "ok",
			       json_object_new_boolean(is_ok(run, member)));
	for (i = 0; i < nr; i++) {
		one = json_object_new_object();
		json_add_string(one, "expected", verdicts[i].what);
		wrong = verdicts[i].wrong;
		if (wrong)
			json_add_string(one, "but", wrong);
		json_object_array_add(list, one);
	}
	json_object_object_add(object, "expectations", list);
	return object;
}

static struct json_object *json_run(const struct run *run)
{
	struct json_object *object = json_object_new_object();
	struct json_object *list = json_object_new_array();
	size_t i;

	json_add_string(object, "lab", run->lab->name);
	json_add_string(object, "kernel", run->host->version);
	if (run->jobs)
		json_object_object_add(object, "jobs",
				       json_object_new_int(run->jobs));
	json_object_object_add(object, "ok",
			       json_object_new_boolean(report_is_ok(run)));
	if (run->failure)
		json_add_string(object, "failure", run->failure);
	json_add_u64(object, "virtual_time_ns", run->time);
	json_add_u64(object, "wall_time_ns", run->wall);
	for (i = 0; i < run->lab->nr_machines; i++)
		json_object_array_add(list, json_member(run,
							&run->members[i]));
	json_object_object_add(object, "machines", list);
	return object;
}

/* with what XML has another meaning for replaced */
static void print_xml(FILE *file, const char *text)
{
	const unsigned char *s;

	for (s = (const unsigned char *)text; *s; s++) {
		if (*s == '<')
			fputs("&lt;", file);
		else if (*s == '>')
			fputs("&gt;", file);
		else if (*s == '&')
			fputs("&amp;", file);
		else if (*s == '"')
			fputs("&quot;", file);
		else
			/* XML has no way to write other control characters */
			fputc(*s < ' ' ? ' ' : *s, file);
	}
}

static unsigned int print_cases(const struct run *run,
				const struct member *member, FILE *file)
{
	struct verdict verdicts[MAX_VERDICTS];
	size_t nr = expect_check(run->pool, member, verdicts), i;
	const struct result *result = &member->result;
	unsigned int failed = 0;

	for (i = 0; i < nr; i++) {
		fprintf(file, "  <testcase classname=\"%s.%s\" name=\"",
			run->lab->name, member->machine->name);
		print_xml(file, verdicts[i].what);
		fprintf(file, "\" time=\"%.3f\"",
			result->has_times ? (double)(result->ended -
						     result->began) /
					    NSEC_PER_SEC : 0.0);
		if (verdicts[i].wrong) {
			fputs("><failure message=\"", file);
			print_xml(file, verdicts[i].wrong);
			fputs("\"/></testcase>\n", file);
			failed++;
		} else {
			fputs("/>\n", file);
		}
	}
	return failed;
}

/* all cases; returns how many failed, and counts them in @nr */
static unsigned int print_all_cases(const struct run *run, FILE *file,
				    unsigned int *nr)
{
	struct verdict verdicts[MAX_VERDICTS];
	unsigned int failed = 0;
	size_t i;

	*nr = 1;
	for (i = 0; i < run->lab->nr_machines; i++) {
		*nr += expect_check(run->pool, &run->members[i], verdicts);
		failed += print_cases(run, &run->members[i], file);
	}
	fprintf(file, "  <testcase classname=\"%s\" name=\"the run\" time=\"%.3f\"",
		run->lab->name, (double)run->wall / NSEC_PER_SEC);
	if (!run->failure) {
		fputs("/>\n", file);
		return failed;
	}
	fputs("><failure message=\"", file);
	print_xml(file, run->failure);
	fputs("\"/></testcase>\n", file);
	return failed + 1;
}

static void print_junit(const struct run *run, FILE *file)
{
	char *cases = NULL;
	size_t size;
	FILE *memory = open_memstream(&cases, &size);
	unsigned int nr, failed;

	if (!memory)
		return;
	failed = print_all_cases(run, memory, &nr);
	fclose(memory);
	fprintf(file, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuite name=\"%s\" tests=\"%u\" failures=\"%u\" time=\"%.3f\">\n%s</testsuite>\n",
		run->lab->name, nr, failed, (double)run->wall / NSEC_PER_SEC,
		cases);
	free(cases);
}

/**
 * report_write - write results.json and junit.xml into the run's directory
 * @run: has ended
 *
 * Return: false if they cannot be written; a line on standard error says why.
 */
bool report_write(const struct run *run)
{
	struct json_object *object = json_run(run);
	FILE *file;
	bool ok;

	file = rundir_create(run->pool, run->directory, "results.json");
	if (file)
		fprintf(file, "%s\n",
			json_object_to_json_string_ext(object, JSON_STYLE));
	json_object_put(object);
	ok = rundir_close(file, run->directory, "results.json");
	file = rundir_create(run->pool, run->directory, "junit.xml");
	if (file)
		print_junit(run, file);
	return rundir_close(file, run->directory, "junit.xml") && ok;
}

/**
 * report_event - print what came out, for a program
 * @run: has ended
 */
void report_event(const struct run *run)
{
	const int flags = JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE;
	struct json_object *object = json_run(run);

	json_add_string(object, "event", "end");
	printf("%s\n", json_object_to_json_string_ext(object, flags));
	fflush(stdout);
	json_object_put(object);
}
