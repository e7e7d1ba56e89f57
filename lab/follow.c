// SPDX-License-Identifier: GPL-2.0
/*
 * The controller's log: who has started, who hangs, and, in the tables that it
 * prints on SIGUSR1, what time it is.
 */

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "follow.h"

#define PREFIX "tt-controller: "

/* a row of the table, or its title */
static void read_row(struct follow *follow, char *text)
{
	char *word, *rest = NULL, *end;
	uint64_t time;
	int i;

	for (i = 0; (word = strtok_r(text, " ", &rest)); i++) {
		text = NULL;
		if (follow->column < 0 && !strcmp(word, "TIME")) {
			follow->column = i;
			return;
		}
		if (i != follow->column)
			continue;
		time = strtoull(word, &end, 10);
		if (!*end && time > follow->time)
			follow->time = time;
	}
}

/* is the line part of a table that we have asked for? */
static bool is_table(struct follow *follow, char *text)
{
	if (follow->asked && sscanf(text, "clients: %u", &follow->rows) == 1) {
		follow->asked--;
		if (follow->rows)
			follow->rows++;
		follow->column = -1;
		follow->time = 0;
		return true;
	}
	if (!follow->rows)
		return false;
	if (follow->column < 0 && strncmp(text, "NAME ", 5))
		return strncmp(text, "waiting for START of ", 21) == 0;
	read_row(follow, text);
	if (!--follow->rows && follow->time)
		follow->ops->time(follow->data, follow->time);
	return true;
}

static void read_event(struct follow *follow, const char *text)
{
	const char *what;
	uint64_t id;

	if (strncmp(text, "serving ", 8) == 0) {
		follow->ops->serving(follow->data);
		return;
	}
	if (sscanf(text, "client 0x%" SCNx64, &id) != 1)
		return;
	if (strstr(text, " has sent START"))
		follow->ops->started(follow->data, id);
	what = strstr(text, " hangs at ");
	if (what)
		follow->ops->hangs(follow->data, id, what + 1);
}

static void read_line(struct follow *follow)
{
	char text[sizeof(follow->line)];
	size_t skip = strlen(PREFIX);

	if (strncmp(follow->line, PREFIX, skip))
		skip = 0;
	strcpy(text, follow->line + skip);
	if (skip && is_table(follow, text))
		return;
	strcpy(follow->last, follow->line + skip);
	/* if the disk is full, the run goes on; its results tell */
	fprintf(follow->log, "%s\n", follow->line);
	fflush(follow->log);
	read_event(follow, follow->line + skip);
}

/**
 * follow_read - read what there is of the log
 * @follow: the log; its descriptor does not block
 *
 * Return: false at its end.
 */
bool follow_read(struct follow *follow)
{
	char buffer[4096];
	ssize_t len, i;

	for (;;) {
		len = read(follow->fd, buffer, sizeof(buffer));
		if (len < 0 && errno == EINTR)
			continue;
		if (len <= 0)
			return len < 0 && errno == EAGAIN;
		for (i = 0; i < len; i++) {
			if (buffer[i] != '\n') {
				if (follow->len + 1 < sizeof(follow->line))
					follow->line[follow->len++] = buffer[i];
				continue;
			}
			follow->line[follow->len] = '\0';
			follow->len = 0;
			read_line(follow);
		}
	}
}
