// SPDX-License-Identifier: GPL-2.0
/*
 * Where a machine hangs: its stack, if the host has gdb.
 */

#include <stdio.h>
#include <string.h>

#include "proc.h"
#include "rundir.h"
#include "stack.h"

#define GDB_PATIENCE_MS 30000
#define MAX_STACK 65536

/* the innermost function of the kernel: those of libc begin with '_' */
static const char *find_function(struct pool *pool, const char *frame)
{
	const char *in;

	for (; frame; frame = strchr(frame, '\n')) {
		frame += strspn(frame, "\n");
		if (*frame != '#')
			return NULL;
		in = strstr(frame, " in ");
		if (!in)
			return NULL;
		in += 4;
		if (*in != '_' && *in != '?')
			return pool_strndup(pool, in, strcspn(in, " \n"));
	}
	return NULL;
}

/**
 * stack_write - write a machine's stack to a file, `stack`
 * @pool: for texts
 * @pid: the machine
 * @directory: the machine's
 *
 * Return: the innermost function of the kernel, or NULL if there is no gdb or it
 * names none.
 */
const char *stack_write(struct pool *pool, pid_t pid, const char *directory)
{
	const char *argv[] = {
		"gdb", "-q", "-nx", "-batch", "-p",
		pool_printf(pool, "%d", (int)pid), "-ex", "bt 64", NULL,
	};
	char *text = pool_alloc(pool, MAX_STACK), *frame;
	FILE *file;

	if (proc_read(argv, text, MAX_STACK, GDB_PATIENCE_MS))
		return NULL;
	frame = strstr(text, "#0 ");
	if (!frame)
		return NULL;
	file = rundir_create(pool, directory, "stack");
	if (file)
		fputs(frame, file);
	rundir_close(file, directory, "stack");
	return find_function(pool, frame);
}
