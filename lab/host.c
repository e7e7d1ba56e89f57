// SPDX-License-Identifier: GPL-2.0
/*
 * What a lab needs of the host: a kernel, the image, tt-controller, and the files
 * that the lab names. All of it is looked for before anything is started.
 */

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "host.h"
#include "proc.h"

#define KERNEL_PATIENCE_MS 30000

/* the directory of our own binary, which is built beside the others */
static const char *own_directory(struct pool *pool)
{
	char *self = realpath("/proc/self/exe", NULL), *slash;
	const char *directory;

	slash = self ? strrchr(self, '/') : NULL;
	directory = slash ? pool_strndup(pool, self, slash - self) : ".";
	free(self);
	return directory;
}

static int compare_names(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* the name of a build with the lab's configuration */
static const char *flavour(struct pool *pool, const struct lab *lab)
{
	const char *name = "uml";
	const char **sorted;
	size_t i;

	sorted = pool_alloc(pool, (lab->nr_configs + 1) * sizeof(*sorted));
	for (i = 0; i < lab->nr_configs; i++)
		sorted[i] = lab->config[i];
	qsort(sorted, lab->nr_configs, sizeof(*sorted), compare_names);
	/* these two are whole configurations */
	if (lab->nr_configs == 1 &&
	    (!strcmp(sorted[0], "debug") || !strcmp(sorted[0], "gcov")))
		return sorted[0];
	for (i = 0; i < lab->nr_configs; i++)
		if (!i || strcmp(sorted[i], sorted[i - 1]))
			name = pool_printf(pool, "%s-%s", name, sorted[i]);
	return name;
}

/* such as 6.12 */
static bool is_version(const char *text)
{
	size_t major = strspn(text, "0123456789"), minor;

	if (!major || text[major] != '.')
		return false;
	minor = strspn(text + major + 1, "0123456789");
	return minor && !text[major + 1 + minor];
}

static const char *config_words(struct pool *pool, const struct lab *lab)
{
	const char *words = "";
	size_t i;

	for (i = 0; i < lab->nr_configs; i++)
		words = pool_printf(pool, "%s%s%s", words, i ? " " : "",
				    lab->config[i]);
	return *words ? pool_printf(pool, " CONFIG='%s'", words) : "";
}

/* does the binary know @word? */
static bool has_word(const char *path, const char *word)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	struct stat st;
	void *map;
	bool found = false;

	if (fd < 0)
		return false;
	if (!fstat(fd, &st) && st.st_size) {
		map = mmap(NULL, st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
		if (map != MAP_FAILED) {
			found = memmem(map, st.st_size, word, strlen(word));
			munmap(map, st.st_size);
		}
	}
	close(fd);
	return found;
}

/* the newest version that was built, or if there is none "newest" itself */
static const char *newest(struct pool *pool, const char *build,
			  const char *flavour)
{
	struct dirent **entries = NULL;
	const char *path, *found = NULL;
	int nr, i;

	nr = scandir(build, &entries, NULL, versionsort);
	for (i = nr - 1; i >= 0; i--) {
		path = pool_printf(pool, "%s/%s/%s/linux", build,
				   entries[i]->d_name, flavour);
		/* a directory that is no version belongs to a user's tree */
		if (!found && is_version(entries[i]->d_name) &&
		    !access(path, X_OK))
			found = pool_strdup(pool, entries[i]->d_name);
		free(entries[i]);
	}
	free(entries);
	return found ? found : "newest";
}

static void find_kernel(struct pool *pool, const struct lab *lab,
			struct host *host, struct errors *errors)
{
	const struct node *node = tree_get(lab->root, "kernel");
	const char *argv[] = { NULL, "--version", NULL };
	const char *version = lab->kernel;
	char text[256];
	int ret;

	if (!strcmp(version, "newest"))
		version = newest(pool, host->build, flavour(pool, lab));
	if (*lab->kernel == '/')
		host->kernel = lab->kernel;
	else
		host->kernel = pool_printf(pool, "%s/%s/%s/linux", host->build,
					   version, flavour(pool, lab));
	if (access(host->kernel, X_OK)) {
		if (*lab->kernel == '/')
			error_at(errors, node, "%s: %s", host->kernel,
				 strerror(errno));
		else
			error_at(errors, node, "there is no %s; to build it: make uml KERNEL=%s%s",
				 host->kernel, lab->kernel,
				 config_words(pool, lab));
		return;
	}
	argv[0] = host->kernel;
	ret = proc_read(argv, text, sizeof(text), KERNEL_PATIENCE_MS);
	text[strcspn(text, "\n")] = '\0';
	if (ret || !isdigit((unsigned char)*text)) {
		error_at(errors, node, "%s is no UML kernel for this host: %s",
			 host->kernel, ret == 137 ? "it does not end" :
			 *text ? text : "it does not say its version");
		return;
	}
	host->version = pool_strdup(pool, text);
	host->patched = has_word(host->kernel, "time-travel-seed=");
	host->seccomp = has_word(host->kernel, "seccomp=<on");
}

static const char *find_file(struct pool *pool, const struct host *host,
			     const char *name, const char *target,
			     struct errors *errors)
{
	const char *path = pool_printf(pool, "%s/%s", host->build, name);

	if (access(path, R_OK))
		error_at(errors, NULL, "there is no %s; to build it: make %s",
			 path, target);
	return path;
}

/* without seccomp a machine traces its processes */
static bool is_tracing(const struct host *host, const struct machine *machine)
{
	size_t i;

	for (i = 0; i < machine->nr_args; i++)
		if (!strcmp(machine->args[i], "seccomp=off"))
			return true;
	return !host->seccomp;
}

static void check_ptrace(struct errors *errors)
{
	FILE *file = fopen("/proc/sys/kernel/yama/ptrace_scope", "re");
	int scope = 0;

	if (!file)
		return;
	if (fscanf(file, "%d", &scope) == 1 && scope == 3)
		error_at(errors, NULL, "this host forbids ptrace(), which machines need: kernel.yama.ptrace_scope is 3");
	fclose(file);
}

static void check_machine(const struct machine *machine,
			  struct errors *errors)
{
	const struct node *files = tree_get(machine->node, "files");
	struct stat st;
	size_t i;

	if (machine->directory &&
	    (stat(machine->directory, &st) || !S_ISDIR(st.st_mode)))
		error_at(errors, tree_get(machine->node, "root"),
			 "%s is no directory", machine->directory);
	for (i = 0; i < machine->nr_files; i++)
		if (machine->files[i].source &&
		    access(machine->files[i].source, R_OK))
			error_at(errors,
				 tree_get(files, machine->files[i].path),
				 "%s: %s", machine->files[i].source,
				 strerror(errno));
}

/**
 * host_find - find what a lab needs of the host
 * @pool: for paths
 * @lab: the lab
 * @build: the directory with kernels, image and controller; NULL: that of tt-lab
 * @host: filled in
 * @errors: says what is missing
 *
 * Return: false if anything is missing.
 */
bool host_find(struct pool *pool, const struct lab *lab, const char *build,
	       struct host *host, struct errors *errors)
{
	size_t before = errors->nr, i;

	*host = (struct host) {
		.build = build ? build : own_directory(pool),
	};
	find_kernel(pool, lab, host, errors);
	host->image = find_file(pool, host, "initramfs.cpio", "image", errors);
	host->controller = find_file(pool, host, "tt-controller", "controller",
				     errors);
	for (i = 0; i < lab->nr_machines; i++)
		if (is_tracing(host, &lab->machines[i])) {
			check_ptrace(errors);
			break;
		}
	for (i = 0; i < lab->nr_machines; i++)
		check_machine(&lab->machines[i], errors);
	return errors->nr == before;
}
