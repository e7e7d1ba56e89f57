/* SPDX-License-Identifier: GPL-2.0 */
#ifndef TT_LAB_RUNDIR_H
#define TT_LAB_RUNDIR_H

#include "lab.h"

/* where the sockets of a run are, in its directory */
#define SOCKETS ".sockets"
#define CLOCK_SOCKET SOCKETS "/clock"

const char *rundir_open(struct pool *pool, const char *path);
bool rundir_make(const char *path);
void rundir_sweep(const char *path, const struct lab *lab);
FILE *rundir_create(struct pool *pool, const char *directory,
		    const char *name);
bool rundir_close(FILE *file, const char *directory, const char *name);
bool rundir_has(const char *directory, const char *name);

#endif /* TT_LAB_RUNDIR_H */
