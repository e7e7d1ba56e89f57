// SPDX-License-Identifier: GPL-2.0
/*
 * How a machine ended, from what it left. Its own result is what counts; without
 * one, its console tells of a panic, UML's messages of a check that failed, and the
 * status of its process of the rest.
 */

#include <ctype.h>
#include <inttypes.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#include "result.h"

#define PANIC "Kernel panic - not syncing: "

/**
 * result_name - an outcome in one word, for programs
 * @outcome: the outcome
 */
const char *result_name(enum outcome outcome)
{
	static const char *const names[] = {
		[OUTCOME_NEVER_STARTED] = "never started",
		[OUTCOME_EXIT] = "exit",
		[OUTCOME_SIGNAL] = "signal",
		[OUTCOME_FAILED] = "failed",
		[OUTCOME_PANIC] = "panic",
		[OUTCOME_CRASH] = "crash",
		[OUTCOME_HANG] = "hang",
		[OUTCOME_RUNNING] = "running",
		[OUTCOME_STOPPED] = "stopped",
		[OUTCOME_KILLED] = "killed",
	};

	return names[outcome];
}

static FILE *open_in(struct pool *pool, const char *directory,
		     const char *name)
{
	return fopen(pool_printf(pool, "%s/%s", directory, name), "re");
}

static const char *signal_text(struct pool *pool, int number)
{
	const char *name = sigabbrev_np(number);

	return name ? pool_printf(pool, "SIG%s", name) :
		      pool_printf(pool, "signal %d", number);
}

/* what one line of a machine's result says */
static void read_line(struct pool *pool, const char *line,
		      struct result *result)
{
	uint64_t number;

	if (sscanf(line, "exit %u", &result->number) == 1) {
		result->outcome = OUTCOME_EXIT;
		result->text = pool_printf(pool, "exit %u", result->number);
	} else if (sscanf(line, "signal %u", &result->number) == 1) {
		result->outcome = OUTCOME_SIGNAL;
		result->text = pool_printf(pool, "killed by %s",
					   signal_text(pool, result->number));
	} else if (strncmp(line, "failed ", 7) == 0) {
		result->outcome = OUTCOME_FAILED;
		result->text = pool_printf(pool, "not set up: %s", line + 7);
	} else if (sscanf(line, "began %" SCNu64, &number) == 1) {
		result->began = number;
	} else if (sscanf(line, "ended %" SCNu64, &number) == 1) {
		result->ended = number;
		result->has_times = true;
	}
}

/* what the machine itself has written; false if it did not come so far */
static bool read_own(struct pool *pool, const char *directory,
		     struct result *result)
{
	FILE *file = open_in(pool, directory, "result");
	size_t size = 0, len;
	char *line = NULL;

	if (!file)
		return false;
	while (getline(&line, &size, file) > 0) {
		len = strcspn(line, "\n");
		/* a line that was cut says nothing */
		if (!line[len])
			break;
		line[len] = '\0';
		read_line(pool, line, result);
	}
	free(line);
	fclose(file);
	return result->outcome == OUTCOME_FAILED ||
	       (result->outcome != OUTCOME_NEVER_STARTED && result->has_times);
}

/* skip the time and level that the kernel puts before a message */
static char *message(char *line)
{
	line[strcspn(line, "\r\n")] = '\0';
	while (*line == ' ' || *line == '<' || *line == '[') {
		if (*line != ' ')
			line += strcspn(line, *line == '<' ? ">" : "]");
		if (*line)
			line++;
	}
	return line;
}

static bool is_error(const char *text)
{
	static const char *const starts[] = {
		"Bus error", "Failed ", "Kernel tried", "kernel BUG",
	};
	size_t i;

	for (i = 0; i < sizeof(starts) / sizeof(*starts); i++)
		if (strncmp(text, starts[i], strlen(starts[i])) == 0)
			return true;
	return false;
}

/* the kernel's panic, and the error before it */
static const char *read_panic(struct pool *pool, const char *directory)
{
	FILE *file = open_in(pool, directory, "console");
	const char *error = NULL, *panic = NULL;
	char *line = NULL, *text;
	size_t size = 0;

	if (!file)
		return NULL;
	while (!panic && getline(&line, &size, file) > 0) {
		text = message(line);
		if (is_error(text))
			error = pool_strdup(pool, text);
		text = strstr(text, PANIC);
		if (text)
			panic = pool_printf(pool, "panic: %s%s%s%s",
					    text + strlen(PANIC),
					    error ? " (" : "",
					    error ? error : "",
					    error ? ")" : "");
	}
	free(line);
	fclose(file);
	return panic;
}

/* what UML said on the host, from the check that failed on */
static const char *read_host(struct pool *pool, const char *directory)
{
	FILE *file = open_in(pool, directory, "host");
	const char *said = NULL;
	char *line = NULL;
	size_t size = 0, len;

	if (!file)
		return NULL;
	while (getline(&line, &size, file) > 0) {
		len = strcspn(line, "\r\n");
		line[len] = '\0';
		if (strncmp(line, "Checking ", 9) == 0)
			said = NULL;
		if (!len || (len >= 5 && strcmp(line + len - 5, "...OK") == 0))
			continue;
		said = said ? pool_printf(pool, "%s; %s", said, line) :
			      pool_strdup(pool, line);
	}
	free(line);
	fclose(file);
	return said;
}

static const char *process_text(struct pool *pool, int status)
{
	if (WIFEXITED(status))
		return pool_printf(pool, "its process ended with status %d",
				   WEXITSTATUS(status));
	if (WTERMSIG(status) == SIGKILL)
		return "its process was killed by SIGKILL, as by a host that is out of memory";
	return pool_printf(pool, "its process was killed by %s",
			   signal_text(pool, WTERMSIG(status)));
}

static void read_simulator(struct pool *pool, const struct ending *ending,
			   struct result *result)
{
	int status = ending->status;

	if (ending->killed && WIFSIGNALED(status) &&
	    WTERMSIG(status) == SIGKILL) {
		result->outcome = ending->why;
		result->text = ending->killed;
	} else if (WIFEXITED(status)) {
		result->outcome = OUTCOME_EXIT;
		result->number = WEXITSTATUS(status);
		result->text = pool_printf(pool, "exit %u", result->number);
	} else {
		result->outcome = OUTCOME_SIGNAL;
		result->number = WTERMSIG(status);
		result->text = pool_printf(pool, "killed by %s",
					   signal_text(pool, result->number));
	}
}

/**
 * result_read - find out how a machine ended
 * @pool: for texts
 * @machine: the machine
 * @directory: its directory
 * @ending: what is known of its process
 * @result: filled in
 */
void result_read(struct pool *pool, const struct machine *machine,
		 const char *directory, const struct ending *ending,
		 struct result *result)
{
	*result = (struct result) { .text = "never started" };
	if (!ending->started)
		return;
	if (machine->simulator) {
		read_simulator(pool, ending, result);
		return;
	}
	if (read_own(pool, directory, result))
		return;
	*result = (struct result) { .outcome = OUTCOME_PANIC };
	result->text = read_panic(pool, directory);
	if (result->text)
		return;
	result->outcome = OUTCOME_CRASH;
	if (ending->killed && WIFSIGNALED(ending->status) &&
	    WTERMSIG(ending->status) == SIGKILL) {
		result->outcome = ending->why;
		result->text = ending->killed;
		return;
	}
	result->text = read_host(pool, directory);
	if (!result->text)
		result->text = process_text(pool, ending->status);
}
