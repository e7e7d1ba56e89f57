// SPDX-License-Identifier: GPL-2.0
/*
 * The table of clients, for a user who wants to know what they do.
 */

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "controller.h"
#include "log.h"
#include "op.h"
#include "table.h"
#include "util.h"

#define CELL_SIZE 24

static void print_name(const struct client *client, char *cell)
{
	if (client->state != CLIENT_CONNECTED)
		snprintf(cell, CELL_SIZE, "0x%" PRIx64, client->name);
}

static void print_slot(const struct client *client, char *cell)
{
	if (client->slot)
		snprintf(cell, CELL_SIZE, "%u", client->slot);
}

static void print_pid(const struct client *client, char *cell)
{
	if (client->pid)
		snprintf(cell, CELL_SIZE, "%d", (int)client->pid);
}

static void print_transport(const struct client *client, char *cell)
{
	static const char *const names[] = {
		[CLIENT_MESSAGES] = "messages",
		[CLIENT_OFFERED] = "offered",
		[CLIENT_MEMORY] = "memory",
	};

	if (client->slot)
		strcpy(cell, names[client->transport]);
}

static void print_state(const struct client *client, char *cell)
{
	static const char *const names[] = {
		[CLIENT_CONNECTED] = "connected",
		[CLIENT_STARTING] = "starting",
		[CLIENT_RUNNING] = "running",
		[CLIENT_WAITING] = "waiting",
	};

	strcpy(cell, client->watch.hangs ? "hanging" : names[client->state]);
}

static void print_time(uint64_t time, char *cell)
{
	if (time < SIMTIME_NEVER)
		snprintf(cell, CELL_SIZE, "%" PRIu64, time);
	else
		strcpy(cell, "never");
}

static void print_request(const struct client *client, char *cell)
{
	uint64_t time;

	if (client->slot && group_requested(client, &time))
		print_time(time, cell);
}

static void print_reached(const struct client *client, char *cell)
{
	if (client->state == CLIENT_RUNNING)
		print_time(client->group->sched.now, cell);
	else if (client->slot)
		print_time(simtime_from_local(client->stats->time,
					      client->started), cell);
}

static void print_sum(const uint64_t *counts, char *cell)
{
	uint64_t sum = 0;
	unsigned int op;

	for (op = 0; op < OP_COUNT; op++)
		sum += counts[op];
	snprintf(cell, CELL_SIZE, "%" PRIu64, sum);
}

static void print_in(const struct client *client, char *cell)
{
	print_sum(client->stats->in, cell);
}

static void print_out(const struct client *client, char *cell)
{
	print_sum(client->stats->out, cell);
}

static void print_wakeups(const struct client *client, char *cell)
{
	snprintf(cell, CELL_SIZE, "%" PRIu64,
		 client->stats->out[UM_TIMETRAVEL_RUN]);
}

static void print_last(const struct client *client, char *cell)
{
	if (client->state != CLIENT_CONNECTED)
		strcpy(cell, op_name(client->last_op));
}

static const struct column {
	const char *title;
	bool left;
	void (*print)(const struct client *client, char *cell);
} columns[] = {
	{ "NAME", true, print_name },
	{ "SLOT", false, print_slot },
	{ "PID", false, print_pid },
	{ "TRANSPORT", true, print_transport },
	{ "STATE", true, print_state },
	{ "REQUEST", false, print_request },
	{ "TIME", false, print_reached },
	{ "IN", false, print_in },
	{ "OUT", false, print_out },
	{ "WAKE-UPS", false, print_wakeups },
	{ "LAST", true, print_last },
};

/* @client: NULL for the titles */
static void print_cell(const struct column *column, const struct client *client,
		       char *cell)
{
	strcpy(cell, client ? "-" : column->title);
	if (client)
		column->print(client, cell);
}

static void widen(int *widths, const struct client *client)
{
	char cell[CELL_SIZE];
	size_t i;

	for (i = 0; i < ARRAY_SIZE(columns); i++) {
		print_cell(&columns[i], client, cell);
		if ((int)strlen(cell) > widths[i])
			widths[i] = strlen(cell);
	}
}

static void log_row(const int *widths, const struct client *client)
{
	char row[ARRAY_SIZE(columns) * (CELL_SIZE + 2)], cell[CELL_SIZE];
	size_t i, len = 0;

	for (i = 0; i < ARRAY_SIZE(columns); i++) {
		print_cell(&columns[i], client, cell);
		len += sprintf(row + len, "%s%*s", i ? "  " : "",
			       columns[i].left ? -widths[i] : widths[i], cell);
	}
	while (row[len - 1] == ' ')
		len--;
	log_line("%.*s", (int)len, row);
}

/**
 * table_log - write a line about each client to the log
 * @ctl: the controller
 *
 * All times are the controller's, in ns.
 */
void table_log(const struct controller *ctl)
{
	int widths[ARRAY_SIZE(columns)] = {};
	const struct client *client;
	struct group *group;
	unsigned int count = 0;

	TAILQ_FOREACH(group, &ctl->groups.all, link)
		group_update_time(group);
	widen(widths, NULL);
	TAILQ_FOREACH(client, &ctl->clients.all, link) {
		widen(widths, client);
		count++;
	}
	log_line("clients: %u", count);
	if (!ctl->complete)
		log_line("waiting for START of %u more", ctl->opt->clients -
							 ctl->early);
	if (!count)
		return;
	log_row(widths, NULL);
	TAILQ_FOREACH(client, &ctl->clients.all, link)
		log_row(widths, client);
}
