// SPDX-License-Identifier: GPL-2.0
/*
 * From a lab to files and command lines. What a machine finds in its directory is
 * described in rootfs/lab.c.
 *
 * Nothing here depends on where the run's directory is: all paths that a machine
 * gets are relative to its own. So two runs of a lab are the same to the byte,
 * wherever they are.
 */

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <inttypes.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <unistd.h>

#include "dump.h"
#include "plan.h"
#include "rundir.h"
#include "simtime.h"

#define MAX_FDS 32
/* how long the path of a socket may be */
#define MAX_SOCKET 107

static void add(struct pool *pool, struct words *words, const char *word)
{
	/* there is always room for the NULL at the end */
	words->word = pool_grow(pool, words->word, words->nr,
				sizeof(*words->word));
	words->word[words->nr++] = word;
}

static struct words end(struct pool *pool, struct words *words)
{
	add(pool, words, NULL);
	words->nr--;
	return *words;
}

/**
 * plan_is_essential - does a lab last until this machine has ended?
 * @lab: the lab
 * @machine: one of its machines
 *
 * Simulators and machines that run for ever last as long as the others; but if
 * there are only simulators, all count.
 */
bool plan_is_essential(const struct lab *lab, const struct machine *machine)
{
	size_t i;

	if (machine->expect.exit == EXPECT_RUNNING)
		return false;
	if (!machine->simulator)
		return true;
	for (i = 0; i < lab->nr_machines; i++)
		if (!lab->machines[i].simulator &&
		    lab->machines[i].expect.exit != EXPECT_RUNNING)
			return false;
	return true;
}

/**
 * plan_needs_hold - does a machine wait for tt-lab before it powers off?
 * @lab: the lab
 * @machine: one of its machines
 *
 * If others run for ever, the last one that does not waits until they are ended.
 */
bool plan_needs_hold(const struct lab *lab, const struct machine *machine)
{
	size_t i;

	if (machine->simulator || !plan_is_essential(lab, machine))
		return false;
	for (i = 0; i < lab->nr_machines; i++)
		if (!lab->machines[i].simulator &&
		    !plan_is_essential(lab, &lab->machines[i]))
			return true;
	return false;
}

/**
 * plan_needs_one_group - must nobody run while somebody stands?
 * @lab: the lab
 *
 * Return: the key because of which that is so, or NULL: then several machines may
 * run at the same time.
 */
const char *plan_needs_one_group(const struct lab *lab)
{
	const struct machine *machine;
	size_t i;

	for (i = 0; i < lab->nr_machines; i++) {
		machine = &lab->machines[i];
		if (machine->nr_after)
			return "after";
		if (machine->join)
			return "join";
		if (machine->simulator)
			return "simulator";
		if (machine->shell)
			return "shell";
		if (machine->expect.exit == EXPECT_RUNNING)
			return "running";
	}
	return NULL;
}

static void print_cards(struct pool *pool, const struct machine *machine,
			FILE *file)
{
	const struct card *card;
	size_t i, j;

	for (i = 0; i < machine->nr_cards; i++) {
		card = &machine->cards[i];
		if (!card->nr_addresses)
			fprintf(file, "card %zu\n", i);
		for (j = 0; j < card->nr_addresses; j++)
			fprintf(file, "card %zu %s/%u\n", i,
				value_print_ip(pool, &card->address[j]),
				card->address[j].prefix);
	}
	for (i = 0; i < machine->nr_gateways; i++)
		fprintf(file, "gateway %s\n",
			value_print_ip(pool, &machine->gateways[i]));
}

static void print_hosts(struct pool *pool, const struct lab *lab, FILE *file)
{
	const struct machine *machine;
	const struct card *card;
	size_t i, j, k;

	for (i = 0; i < lab->nr_machines; i++) {
		machine = &lab->machines[i];
		for (j = 0; j < machine->nr_cards; j++) {
			card = &machine->cards[j];
			for (k = 0; k < card->nr_addresses; k++)
				fprintf(file, "host %s %s\n", machine->name,
					value_print_ip(pool, &card->address[k]));
		}
	}
}

static void print_machine(struct pool *pool, const struct lab *lab,
			  const struct machine *machine, FILE *file)
{
	size_t i;

	/* first, so that it holds for whatever fails */
	if (plan_needs_hold(lab, machine))
		fputs("hold\n", file);
	fprintf(file, "hostname %s\n", machine->name);
	if (machine->root == ROOT_DIRECTORY)
		fprintf(file, "root dir %s\n", machine->directory);
	else
		fprintf(file, "root %s\n", machine->root == ROOT_HOST ?
					   "host" : "busybox");
	if (machine->init)
		fprintf(file, "init %s\n", machine->init);
	print_cards(pool, machine, file);
	print_hosts(pool, lab, file);
	for (i = 0; i < machine->nr_env; i++)
		fprintf(file, "env %s=%s\n", machine->env[i].key,
			machine->env[i].value);
	if (machine->is_gate)
		fputs("gate\n", file);
	if (machine->shell)
		fputs("shell\n", file);
}

/* what nftw() copies to; it has no argument for its caller */
static const char *copy_from, *copy_to;

static bool copy_bytes(const char *from, const char *to, mode_t mode)
{
	int in = open(from, O_RDONLY | O_CLOEXEC);
	int out = open(to, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, mode);
	ssize_t ret = -1;

	if (in >= 0 && out >= 0)
		while ((ret = sendfile(out, in, NULL, 1 << 30)) > 0)
			;
	if (out >= 0 && (fchmod(out, mode) || close(out)))
		ret = -1;
	if (in >= 0)
		close(in);
	return !ret;
}

static int copy_one(const char *path, const struct stat *st, int type,
		    struct FTW *ftw)
{
	char to[PATH_MAX], target[PATH_MAX];
	mode_t mode = st->st_mode & 07777;
	bool ok = false;
	ssize_t len;

	(void)ftw;
	if ((size_t)snprintf(to, sizeof(to), "%s%s", copy_to,
			     path + strlen(copy_from)) >= sizeof(to)) {
		errno = ENAMETOOLONG;
	} else if (type == FTW_D) {
		ok = rundir_make(to) && !chmod(to, mode | 0700);
	} else if (S_ISLNK(st->st_mode)) {
		len = readlink(path, target, sizeof(target) - 1);
		if (len >= 0) {
			target[len] = '\0';
			ok = !symlink(target, to);
		}
	} else if (S_ISREG(st->st_mode)) {
		ok = copy_bytes(path, to, mode);
	} else {
		/* sockets and the like are of no use in a machine */
		ok = true;
	}
	if (!ok)
		fprintf(stderr, "tt-lab: cannot copy %s to %s: %s\n", path, to,
			strerror(errno));
	return !ok;
}

static bool copy_file(const struct guest_file *file, const char *to)
{
	char *source;
	bool ok;

	/* if the name itself is a link, what it points to is meant */
	source = realpath(file->source, NULL);
	copy_from = source ? source : file->source;
	copy_to = to;
	ok = !nftw(copy_from, copy_one, MAX_FDS, FTW_PHYS);
	free(source);
	return ok;
}

static bool write_text(struct pool *pool, const char *directory,
		       const char *name, const char *text)
{
	FILE *file = rundir_create(pool, directory, name);

	if (file)
		fputs(text, file);
	return rundir_close(file, directory, name);
}

static bool write_files(struct pool *pool, const struct machine *machine,
			const char *directory)
{
	const char *to, *slash;
	size_t i;

	for (i = 0; i < machine->nr_files; i++) {
		to = pool_printf(pool, "%s/files%s", directory,
				 machine->files[i].path);
		slash = strrchr(to, '/');
		if (!rundir_make(pool_strndup(pool, to, slash - to))) {
			fprintf(stderr, "tt-lab: %s: %s\n", to,
				strerror(errno));
			return false;
		}
		if (machine->files[i].source ?
			    !copy_file(&machine->files[i], to) :
			    !write_text(pool, pool_strndup(pool, to, slash - to),
					slash + 1, machine->files[i].text))
			return false;
	}
	return true;
}

static bool write_machine(struct pool *pool, const struct lab *lab,
			  const struct machine *machine, const char *above)
{
	const char *directory = pool_printf(pool, "%s/%s", above,
					    machine->name);
	FILE *file;

	if (!rundir_make(directory)) {
		fprintf(stderr, "tt-lab: %s: %s\n", directory, strerror(errno));
		return false;
	}
	if (machine->simulator)
		return true;
	file = rundir_create(pool, directory, "machine");
	if (file)
		print_machine(pool, lab, machine, file);
	return rundir_close(file, directory, "machine") &&
	       write_text(pool, directory, "run",
			  machine->run ? machine->run : "exec sh -i") &&
	       write_files(pool, machine, directory);
}

/**
 * plan_write - write everything that a run needs
 * @pool: for paths
 * @lab: the lab
 * @host: what the host has
 * @directory: the run's directory, empty
 *
 * Return: false if a file cannot be written; a line on standard error says why.
 */
bool plan_write(struct pool *pool, const struct lab *lab,
		const struct host *host, const char *directory)
{
	FILE *file = rundir_create(pool, directory, "lab.yaml");
	const char *path;
	size_t i;

	if (file)
		dump_lab(pool, lab, file);
	if (!rundir_close(file, directory, "lab.yaml"))
		return false;
	path = pool_printf(pool, "%s/" SOCKETS, directory);
	if (!rundir_make(path)) {
		fprintf(stderr, "tt-lab: %s: %s\n", path, strerror(errno));
		return false;
	}
	path = pool_printf(pool, "%s/.image", directory);
	if (symlink(host->image, path)) {
		fprintf(stderr, "tt-lab: %s: %s\n", path, strerror(errno));
		return false;
	}
	for (i = 0; i < lab->nr_machines; i++)
		if (!write_machine(pool, lab, &lab->machines[i], directory))
			return false;
	return true;
}

static void add_network(struct pool *pool, struct words *words,
			const struct network *network)
{
	const char *text = pool_printf(pool, "%s=" SOCKETS "/%s",
				       network->name, network->name);
	uint64_t ns;
	size_t i;

	for (i = 0; i < NR_QUALITIES; i++) {
		if (!network->quality[i])
			continue;
		/* the controller's unit for a bare number is another one */
		if (i <= QUALITY_JITTER && value_time(network->quality[i], &ns))
			text = pool_printf(pool, "%s,%s=%" PRIu64 "ns", text,
					   quality_names[i], ns);
		else
			text = pool_printf(pool, "%s,%s=%s", text,
					   quality_names[i],
					   network->quality[i]);
	}
	add(pool, words, "--net");
	add(pool, words, text);
	if (!network->capture)
		return;
	add(pool, words, "--capture");
	add(pool, words, pool_printf(pool, "%s=%s", network->name,
				     network->capture));
}

static void add_link(struct pool *pool, struct words *words,
		     const struct machine *machine, const struct card *card)
{
	const char *text = pool_printf(pool, "%s:%u", card->network->name,
				       machine->id);
	size_t i;

	if (card->capture) {
		add(pool, words, "--capture");
		add(pool, words, pool_printf(pool, "%s=%s", text,
					     card->capture));
	}
	for (i = 0; i < card->nr_downs; i++) {
		text = pool_printf(pool, "%s,down=%" PRIu64 "ns", text,
				   card->down[i]);
		if (i < card->nr_ups)
			text = pool_printf(pool, "%s,up=%" PRIu64 "ns", text,
					   card->up[i]);
	}
	if (!card->nr_downs)
		return;
	add(pool, words, "--link");
	add(pool, words, text);
}

/**
 * plan_controller - the controller's command line
 * @pool: for it
 * @lab: the lab
 * @host: what the host has
 * @clients: how many there are at the beginning
 * @jobs: how many machines may run at the same time; 0: they are one group
 *
 * The controller runs in the run's directory.
 */
struct words plan_controller(struct pool *pool, const struct lab *lab,
			     const struct host *host, unsigned int clients,
			     unsigned int jobs)
{
	const char *watchdog = pool_printf(pool, "%llu",
					   (lab->watchdog + NSEC_PER_SEC - 1) /
					   NSEC_PER_SEC);
	struct words words = {};
	size_t i, j;

	add(pool, &words, "tt-controller");
	add(pool, &words, "-v");
	add(pool, &words, "-n");
	add(pool, &words, pool_printf(pool, "%u", clients));
	if (lab->nr_machines + 2 > 256) {
		add(pool, &words, "--max-clients");
		add(pool, &words, pool_printf(pool, "%zu",
					      lab->nr_machines + 2));
	}
	if (host->patched)
		add(pool, &words, "--late-join=shm");
	if (jobs) {
		add(pool, &words, "--groups=machines");
		add(pool, &words, "--jobs");
		add(pool, &words, pool_printf(pool, "%u", jobs));
	}
	add(pool, &words, "--watchdog");
	add(pool, &words, watchdog);
	add(pool, &words, "--on-hang=report");
	add(pool, &words, "--start-time");
	add(pool, &words, pool_printf(pool, "%" PRIu64, lab->start));
	add(pool, &words, "--seed");
	add(pool, &words, pool_printf(pool, "%" PRIu64, lab->seed));
	add(pool, &words, "--stats");
	add(pool, &words, "controller.json");
	for (i = 0; i < lab->nr_networks; i++)
		add_network(pool, &words, &lab->networks[i]);
	for (i = 0; i < lab->nr_machines; i++)
		for (j = 0; j < lab->machines[i].nr_cards; j++)
			add_link(pool, &words, &lab->machines[i],
				 &lab->machines[i].cards[j]);
	add(pool, &words, CLOCK_SOCKET);
	return end(pool, &words);
}

/**
 * plan_machine - a machine's command line
 * @pool: for it
 * @lab: the lab
 * @host: has the kernel
 * @machine: the machine, which runs in its own directory
 *
 * Linux 6.1 lets programs wait for random numbers unless it trusts the host's.
 */
struct words plan_machine(struct pool *pool, const struct lab *lab,
			  const struct host *host,
			  const struct machine *machine)
{
	struct words words = {};
	size_t i;

	add(pool, &words, "linux");
	add(pool, &words, pool_printf(pool, "mem=%" PRIu64 "M",
				      machine->mem >> 20));
	add(pool, &words, pool_printf(pool, "umid=%s", machine->name));
	add(pool, &words, "uml_dir=./");
	add(pool, &words, "initrd=../.image");
	add(pool, &words, "rdinit=/bin/lab-init");
	add(pool, &words, "lab=/proc/self/cwd");
	add(pool, &words, "console=tty0");
	add(pool, &words, machine->shell ? "con0=fd:0,fd:1" : "con0=null,fd:1");
	add(pool, &words, "con=null");
	/* for verify, which says when runs begin to differ */
	add(pool, &words, "printk.time=1");
	add(pool, &words, "panic=-1");
	add(pool, &words, "kunit.enable=0");
	add(pool, &words, "random.trust_cpu=on");
	/* twice as fast, where the machine finds that the host allows it */
	if (host->seccomp)
		add(pool, &words, "seccomp=auto");
	add(pool, &words, pool_printf(pool, "time-travel=ext:%u:../" CLOCK_SOCKET,
				      machine->id));
	add(pool, &words, pool_printf(pool, "time-travel-seed=%" PRIu64,
				      lab->seed << 32 | machine->id));
	for (i = 0; i < machine->nr_cards; i++)
		add(pool, &words, pool_printf(pool, "virtio_uml.device=../" SOCKETS "/%s:1",
					      machine->cards[i].network->name));
	for (i = 0; i < machine->nr_args; i++)
		add(pool, &words, machine->args[i]);
	return end(pool, &words);
}

/**
 * plan_gdb - the command line of gdb for a machine
 * @pool: for it
 * @host: has the kernel
 * @machine: the machine's command line
 *
 * A kernel uses signals for its own purposes; gdb has to pass them on.
 */
struct words plan_gdb(struct pool *pool, const struct host *host,
		      const struct words *machine)
{
	struct words words = {};
	size_t i;

	add(pool, &words, "gdb");
	add(pool, &words, "-q");
	add(pool, &words, "-ex");
	add(pool, &words, "handle SIGSEGV SIGUSR1 SIGUSR2 SIGIO SIGALRM SIGWINCH nostop noprint pass");
	add(pool, &words, "--args");
	add(pool, &words, host->kernel);
	for (i = 1; i < machine->nr; i++)
		add(pool, &words, machine->word[i]);
	return end(pool, &words);
}

/**
 * plan_machine_env - a machine's environment on the host
 * @pool: for it
 * @has_terminal: the user's terminal is that of the machine, or of its gdb
 *
 * It is on the stack of a process whose addresses should be the same in each run,
 * so it is nearly empty.
 */
struct words plan_machine_env(struct pool *pool, bool has_terminal)
{
	struct words words = {};

	add(pool, &words, "PATH=/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin");
	add(pool, &words, "HOME=/");
	/* only gdb looks at it */
	if (getenv("TERM") && has_terminal)
		add(pool, &words, pool_printf(pool, "TERM=%s", getenv("TERM")));
	if (getenv("TMPDIR"))
		add(pool, &words, pool_printf(pool, "TMPDIR=%s",
					      getenv("TMPDIR")));
	return end(pool, &words);
}

/**
 * plan_simulator_env - a simulator's environment
 * @pool: for it
 * @machine: the simulator
 * @directory: the run's directory
 */
struct words plan_simulator_env(struct pool *pool,
				const struct machine *machine,
				const char *directory)
{
	struct words words = {};
	char **ours;
	size_t i;

	for (ours = environ; *ours; ours++)
		add(pool, &words, *ours);
	/* it is started in a directory below that one */
	if (strlen(directory) + strlen("/" CLOCK_SOCKET) > MAX_SOCKET)
		directory = "..";
	add(pool, &words, pool_printf(pool, "TT_SOCKET=%s/" CLOCK_SOCKET,
				      directory));
	add(pool, &words, pool_printf(pool, "TT_ID=%u", machine->id));
	for (i = 0; i < machine->nr_env; i++)
		add(pool, &words, pool_printf(pool, "%s=%s",
					      machine->env[i].key,
					      machine->env[i].value));
	return end(pool, &words);
}
