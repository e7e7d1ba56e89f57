// SPDX-License-Identifier: GPL-2.0
/*
 * The directory of a run. A mark says that it is ours, so that nobody's files are
 * lost when the next run empties it.
 */

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "rundir.h"

#define MARK ".tt-lab"
#define MAX_FDS 32

/* what cannot be removed stays, and so do the directories that have it */
static int remove_one(const char *path, const struct stat *st, int type,
		      struct FTW *ftw)
{
	(void)st;
	(void)type;
	if (ftw->level)
		remove(path);
	return 0;
}

/* remove all that is in the directory, which stays */
static void empty(const char *path)
{
	nftw(path, remove_one, MAX_FDS, FTW_DEPTH | FTW_PHYS);
}

/**
 * rundir_make - make a directory, and those above it
 * @path: the directory; it may be there
 *
 * Return: false with errno.
 */
bool rundir_make(const char *path)
{
	char *copy = strdup(path), *slash;
	struct stat st;

	for (slash = copy; copy && (slash = strchr(slash + 1, '/'));) {
		*slash = '\0';
		mkdir(copy, 0777);
		*slash = '/';
	}
	free(copy);
	if (!mkdir(path, 0777))
		return true;
	return errno == EEXIST && !stat(path, &st) && S_ISDIR(st.st_mode);
}

static bool is_empty(const char *path)
{
	struct dirent **entries = NULL;
	int nr = scandir(path, &entries, NULL, NULL), i;

	for (i = 0; i < nr; i++)
		free(entries[i]);
	free(entries);
	return nr == 2;
}

static bool wrong(const char *path, const char *why)
{
	fprintf(stderr, "tt-lab: %s: %s\n", path, why);
	return false;
}

/* lock the directory until we end, empty it and mark it as ours */
static bool take(struct pool *pool, const char *path)
{
	const char *mark = pool_printf(pool, "%s/" MARK, path);
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0)
		return wrong(path, strerror(errno));
	if (flock(fd, LOCK_EX | LOCK_NB))
		return wrong(path, "another run is using it");
	if (access(mark, F_OK) && !is_empty(path))
		return wrong(path, "it is not empty, and not of an earlier run");
	empty(path);
	fd = open(mark, O_WRONLY | O_CREAT | O_CLOEXEC, 0666);
	if (fd < 0)
		return wrong(mark, strerror(errno));
	close(fd);
	return true;
}

/**
 * rundir_open - make a directory for a run, or empty that of an earlier one
 * @pool: for its path
 * @path: the directory
 *
 * Return: its absolute path, or NULL; a line on standard error says why.
 */
const char *rundir_open(struct pool *pool, const char *path)
{
	char *absolute;
	const char *result;

	if (!rundir_make(path)) {
		wrong(path, strerror(errno));
		return NULL;
	}
	absolute = realpath(path, NULL);
	if (!absolute) {
		wrong(path, strerror(errno));
		return NULL;
	}
	result = pool_strdup(pool, absolute);
	free(absolute);
	return take(pool, result) ? result : NULL;
}

/**
 * rundir_sweep - remove what no run should leave: sockets and the like
 * @path: the run's directory
 * @lab: the lab
 */
void rundir_sweep(const char *path, const struct lab *lab)
{
	char text[PATH_MAX];
	size_t i;

	snprintf(text, sizeof(text), "%s/" SOCKETS, path);
	empty(text);
	rmdir(text);
	snprintf(text, sizeof(text), "%s/.image", path);
	unlink(text);
	for (i = 0; i < lab->nr_machines; i++) {
		/* the kernel's own, with its console socket */
		snprintf(text, sizeof(text), "%s/%s/%s", path,
			 lab->machines[i].name, lab->machines[i].name);
		empty(text);
		rmdir(text);
		snprintf(text, sizeof(text), "%s/%s/waiting", path,
			 lab->machines[i].name);
		unlink(text);
		snprintf(text, sizeof(text), "%s/%s/ended", path,
			 lab->machines[i].name);
		unlink(text);
	}
}

/**
 * rundir_create - begin to write a file
 * @pool: for its path
 * @directory: where
 * @name: its name
 *
 * Return: the file, or NULL; a line on standard error says why.
 */
FILE *rundir_create(struct pool *pool, const char *directory,
		    const char *name)
{
	const char *path = pool_printf(pool, "%s/%s", directory, name);
	FILE *file = fopen(path, "we");

	if (!file)
		wrong(path, strerror(errno));
	return file;
}

/**
 * rundir_close - end a file
 * @file: from rundir_create(), or NULL
 * @directory: where it is
 * @name: its name
 *
 * Return: false if not all of it was written; a line on standard error says why.
 */
bool rundir_close(FILE *file, const char *directory, const char *name)
{
	bool failed;

	if (!file)
		return false;
	failed = ferror(file);
	if (!fclose(file) && !failed)
		return true;
	fprintf(stderr, "tt-lab: %s/%s: %s\n", directory, name,
		strerror(errno));
	return false;
}

/**
 * rundir_has - is a file there?
 * @directory: where
 * @name: its name
 */
bool rundir_has(const char *directory, const char *name)
{
	char path[PATH_MAX];

	snprintf(path, sizeof(path), "%s/%s", directory, name);
	return !access(path, F_OK);
}
