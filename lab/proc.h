/* SPDX-License-Identifier: GPL-2.0 */
#ifndef TT_LAB_PROC_H
#define TT_LAB_PROC_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/**
 * struct spawn - how to start a program
 *
 * @path: the program
 * @argv: its arguments, from its name on
 * @env: its environment, or NULL for ours
 * @directory: where it runs
 * @fd: its standard input, output and error; -1: /dev/null
 * @same_addresses: the host gives it the same addresses in each run, if it can
 * @terminal: it stays in our session, so it can use our terminal
 */
struct spawn {
	const char *path;
	const char *const *argv;
	const char *const *env;
	const char *directory;
	int fd[3];
	bool same_addresses;
	bool terminal;
};

pid_t proc_start(const struct spawn *spawn);
void proc_prepare(void);
void proc_kill(pid_t pid);
int proc_read(const char *const *argv, char *text, size_t size,
	      unsigned int timeout_ms);

#endif /* TT_LAB_PROC_H */
