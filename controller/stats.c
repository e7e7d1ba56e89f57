// SPDX-License-Identifier: GPL-2.0
/*
 * Statistics: counters, each of which costs an increment while the simulation
 * runs, and the JSON that is made of them in the end.
 */

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "json_add.h"
#include "op.h"
#include "simtime.h"
#include "stats.h"
#include "util.h"

static const uint32_t ops_in[] = {
	UM_TIMETRAVEL_ACK, UM_TIMETRAVEL_START, UM_TIMETRAVEL_REQUEST,
	UM_TIMETRAVEL_WAIT, UM_TIMETRAVEL_GET, UM_TIMETRAVEL_UPDATE,
	UM_TIMETRAVEL_GET_TOD, UM_TIMETRAVEL_BROADCAST,
};

static const uint32_t ops_out[] = {
	UM_TIMETRAVEL_ACK, UM_TIMETRAVEL_RUN, UM_TIMETRAVEL_FREE_UNTIL,
	UM_TIMETRAVEL_BROADCAST,
};

/* how long the reader of a pipe may take to come, and to read */
#define READER_TIMEOUT_MS 5000
#define OPEN_PAUSE_MS 10

/**
 * stats_init - statistics of no clients
 * @stats: filled in
 */
void stats_init(struct stats *stats)
{
	STAILQ_INIT(stats);
}

/**
 * stats_destroy - free the counters of all clients
 * @stats: from stats_init()
 */
void stats_destroy(struct stats *stats)
{
	struct client_stats *client;

	while ((client = STAILQ_FIRST(stats))) {
		STAILQ_REMOVE_HEAD(stats, link);
		free(client);
	}
}

/**
 * stats_new - counters for a client that has connected
 *
 * Return: counters at 0, for stats_add() or free(); NULL if there is no memory.
 */
struct client_stats *stats_new(void)
{
	return calloc(1, sizeof(struct client_stats));
}

/**
 * stats_add - a client has been started, and is part of the statistics
 * @stats: the statistics, which own @client from now on
 * @client: its counters, which go on counting
 */
void stats_add(struct stats *stats, struct client_stats *client)
{
	STAILQ_INSERT_TAIL(stats, client, link);
}

static struct json_object *json_counts(const uint64_t *counts,
				       const uint32_t *ops, size_t n)
{
	struct json_object *obj = json_object_new_object();
	const char *name;
	char key[16];
	size_t i, c;

	for (i = 0; i < n; i++) {
		name = op_name(ops[i]);
		for (c = 0; name[c]; c++)
			key[c] = tolower(name[c]);
		key[c] = '\0';
		json_add_u64(obj, key, counts[ops[i]]);
	}
	return obj;
}

/* what a client and the totals have in common */
static void json_messages(struct json_object *obj, const struct client_stats *c)
{
	json_object_object_add(obj, "in", json_counts(c->in, ops_in,
						      ARRAY_SIZE(ops_in)));
	json_object_object_add(obj, "out", json_counts(c->out, ops_out,
						       ARRAY_SIZE(ops_out)));
	json_add_u64(obj, "wakeups", c->out[UM_TIMETRAVEL_RUN]);
}

static struct json_object *json_client(const struct client_stats *client)
{
	struct json_object *obj = json_object_new_object();

	json_add_u64(obj, "name", client->name);
	json_add_u64(obj, "slot", client->slot);
	json_add_string(obj, "transport", client->memory ? "memory" : "messages");
	json_messages(obj, client);
	json_add_u64(obj, "time_ns", client->time);
	return obj;
}

static uint64_t timeval_ns(const struct timeval *tv)
{
	return tv->tv_sec * NSEC_PER_SEC + tv->tv_usec * 1000;
}

/* what this process has used of the CPU */
static uint64_t cpu_time(void)
{
	struct rusage usage;

	getrusage(RUSAGE_SELF, &usage);
	return timeval_ns(&usage.ru_utime) + timeval_ns(&usage.ru_stime);
}

static struct json_object *json_all(const struct stats *stats,
				    const struct stats_summary *sum)
{
	struct json_object *all = json_object_new_object();
	struct json_object *clients = json_object_new_array();
	struct json_object *totals = json_object_new_object();
	struct client_stats *client, total = {};
	unsigned int op;

	STAILQ_FOREACH(client, stats, link) {
		json_object_array_add(clients, json_client(client));
		for (op = 0; op < OP_COUNT; op++) {
			total.in[op] += client->in[op];
			total.out[op] += client->out[op];
		}
	}
	json_messages(totals, &total);
	json_add_u64(totals, "past_requests", sum->past_requests);

	json_add_u64(all, "virtual_time_ns", sum->virtual_time);
	json_add_u64(all, "wall_time_ns", sum->wall_time);
	json_add_u64(all, "cpu_time_ns", cpu_time());
	json_object_object_add(all, "clients", clients);
	json_object_object_add(all, "totals", totals);
	if (sum->networks)
		json_object_object_add(all, "networks", sum->networks);
	if (sum->groups)
		json_object_object_add(all, "groups", sum->groups);
	return all;
}

/* a pipe may have no reader yet */
static int open_file(const char *path)
{
	int fd, tries = READER_TIMEOUT_MS / OPEN_PAUSE_MS;

	do {
		fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC |
			  O_NONBLOCK, 0666);
	} while (fd < 0 && errno == ENXIO && tries-- &&
		 !poll(NULL, 0, OPEN_PAUSE_MS));
	return fd < 0 ? -errno : fd;
}

static int write_text(int fd, const char *text)
{
	struct pollfd room = { .fd = fd, .events = POLLOUT };
	size_t len = strlen(text);
	ssize_t ret;

	while (len) {
		ret = write(fd, text, len);
		if (ret >= 0) {
			text += ret;
			len -= ret;
		} else if (errno != EAGAIN && errno != EINTR) {
			return -errno;
		} else if (!poll(&room, 1, READER_TIMEOUT_MS)) {
			return -ETIMEDOUT;
		}
	}
	return 0;
}

static int write_file(const char *path, const char *text)
{
	int fd = open_file(path);
	int ret;

	if (fd < 0)
		return fd;
	ret = write_text(fd, text);
	if (!ret)
		ret = write_text(fd, "\n");
	if (close(fd) && !ret)
		ret = -errno;
	return ret;
}

/* is there anything at @path that is written to and not replaced? */
static bool is_special(const char *path)
{
	struct stat st;

	return lstat(path, &st) == 0 && !S_ISREG(st.st_mode);
}

/* the name of the file that becomes @path when it is complete, to be freed */
static char *temporary(const char *path)
{
	char *temp;

	return asprintf(&temp, "%s.%d", path, (int)getpid()) < 0 ? NULL : temp;
}

/**
 * stats_probe - find out in time whether stats_write() will succeed
 * @path: the file; a device, a pipe or a link is not tried
 *
 * Return: 0 or -errno.
 */
int stats_probe(const char *path)
{
	char *temp;
	int ret;

	if (is_special(path))
		return 0;
	temp = temporary(path);
	if (!temp)
		return -ENOMEM;
	ret = write_file(temp, "");
	if (!ret)
		unlink(temp);
	free(temp);
	return ret;
}

/**
 * stats_write - write the statistics as JSON
 * @stats: the counters of the clients
 * @sum: the numbers that belong to no client
 * @path: the file, which is replaced as a whole or stays as it is; a device, a
 *	pipe or the target of a link is written to
 *
 * Return: 0; -ENXIO if a pipe has no reader for 5 s, -ETIMEDOUT if its reader
 * does not read for 5 s; another -errno.
 */
int stats_write(const struct stats *stats, const struct stats_summary *sum,
		const char *path)
{
	struct json_object *all = json_all(stats, sum);
	const char *text;
	char *temp;
	int ret;

	text = json_object_to_json_string_ext(all, JSON_C_TO_STRING_PRETTY |
					      JSON_C_TO_STRING_SPACED);
	temp = temporary(path);
	if (!text || !temp) {
		ret = -ENOMEM;
	} else if (is_special(path)) {
		ret = write_file(path, text);
	} else {
		ret = write_file(temp, text);
		if (!ret && rename(temp, path))
			ret = -errno;
		if (ret)
			unlink(temp);
	}
	free(temp);
	json_object_put(all);
	return ret;
}
