// SPDX-License-Identifier: GPL-2.0
/*
 * What has to come out, held against what did.
 */

#include <inttypes.h>
#include <regex.h>
#include <stdlib.h>
#include <string.h>

#include "expect.h"

static bool exit_is_right(const struct member *member)
{
	const struct expect *expect = &member->machine->expect;
	const struct result *result = &member->result;
	bool running = result->outcome == OUTCOME_RUNNING ||
		       result->outcome == OUTCOME_STOPPED;

	switch (expect->exit) {
	case EXPECT_ANY:
		return result->outcome != OUTCOME_NEVER_STARTED &&
		       result->outcome != OUTCOME_FAILED;
	case EXPECT_RUNNING:
		return running;
	default:
		/* many simulators last as long as there are machines */
		if (member->machine->simulator && running && !expect->status)
			return true;
		return result->outcome == OUTCOME_EXIT &&
		       result->number == expect->status;
	}
}

static void check_exit(struct pool *pool, const struct member *member,
		       struct verdict *verdict)
{
	const struct expect *expect = &member->machine->expect;

	if (expect->exit == EXPECT_STATUS)
		verdict->what = pool_printf(pool, "exit %u", expect->status);
	else
		verdict->what = expect->exit == EXPECT_ANY ? "any end" :
							     "running";
	if (!exit_is_right(member))
		verdict->wrong = member->result.text;
}

static void check_time(struct pool *pool, const struct member *member,
		       struct verdict *verdict)
{
	const struct range *time = &member->machine->expect.time;
	const struct result *result = &member->result;
	uint64_t took = result->ended - result->began;

	verdict->what = pool_printf(pool, "time %s..%s",
				    value_print_time(pool, time->min),
				    time->max == UINT64_MAX ? "" :
				    value_print_time(pool, time->max));
	if (!result->has_times)
		verdict->wrong = "it did not end";
	else if (took < time->min || took > time->max)
		verdict->wrong = pool_printf(pool, "it took %s",
					     value_print_seconds(pool, took));
}

static bool has_match(struct pool *pool, const struct member *member)
{
	FILE *file = fopen(pool_printf(pool, "%s/output", member->directory),
			   "re");
	size_t size = 0;
	char *line = NULL;
	bool found = false;
	regex_t regex;

	if (!file)
		return false;
	if (!regcomp(&regex, member->machine->expect.output,
		     REG_EXTENDED | REG_NOSUB)) {
		while (!found && getline(&line, &size, file) > 0) {
			line[strcspn(line, "\r\n")] = '\0';
			found = !regexec(&regex, line, 0, NULL, 0);
		}
		regfree(&regex);
	}
	free(line);
	fclose(file);
	return found;
}

/**
 * expect_check - check what came out of a machine
 * @pool: for texts
 * @member: the machine, which has ended
 * @verdicts: set, one for each thing that was expected; room for %MAX_VERDICTS
 *
 * Return: how many there are.
 */
size_t expect_check(struct pool *pool, const struct member *member,
		    struct verdict *verdicts)
{
	const struct expect *expect = &member->machine->expect;
	size_t nr = 0;

	memset(verdicts, 0, MAX_VERDICTS * sizeof(*verdicts));
	check_exit(pool, member, &verdicts[nr++]);
	if (expect->has_time)
		check_time(pool, member, &verdicts[nr++]);
	if (expect->output) {
		verdicts[nr].what = pool_printf(pool, "output '%s'",
						expect->output);
		if (!has_match(pool, member))
			verdicts[nr].wrong = "no line matches that";
		nr++;
	}
	return nr;
}
