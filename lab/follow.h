/* SPDX-License-Identifier: GPL-2.0 */
#ifndef TT_LAB_FOLLOW_H
#define TT_LAB_FOLLOW_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

/**
 * struct follow_ops - what the controller's log says
 *
 * @serving: the controller accepts clients
 * @started: this client has sent START
 * @hangs: this client makes no progress; @text says since when
 * @time: the simulated time that was reached, ns
 */
struct follow_ops {
	void (*serving)(void *data);
	void (*started)(void *data, uint64_t id);
	void (*hangs)(void *data, uint64_t id, const char *text);
	void (*time)(void *data, uint64_t time);
};

/**
 * struct follow - the controller's log, as it is written
 *
 * @fd: from there it comes
 * @log: all lines go there but the tables that we have asked for
 * @ops: told what it says
 * @data: passed on
 * @line: the last line, which has no end yet
 * @len: how long it is
 * @last: the line before
 * @asked: tables that were asked for and have not come
 * @rows: how many more lines of a table come, its title included
 * @column: in which column the time is; -1 before the title
 * @time: the latest time in the table so far, ns
 */
struct follow {
	int fd;
	FILE *log;
	const struct follow_ops *ops;
	void *data;
	char line[1024];
	size_t len;
	char last[1024];
	unsigned int asked;
	unsigned int rows;
	int column;
	uint64_t time;
};

bool follow_read(struct follow *follow);

#endif /* TT_LAB_FOLLOW_H */
