// SPDX-License-Identifier: GPL-2.0
/*
 * The command line.
 */

#include <ctype.h>
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "cpu.h"
#include "log.h"
#include "options.h"
#include "shm.h"
#include "units.h"
#include "util.h"

#define DEFAULT_SLOTS 256
/* in continuous integration, where nobody watches */
#define CI_WATCHDOG_S 60
#define MAX_WATCHDOG_S 1000000
#define MAX_JOBS 65535
#define DEFAULT_BROADCAST_DELAY 100000000
/* getopt_long() returns this and more for an option without a short form */
#define FIRST_CODE 256

static const char usage[] =
"Usage: tt-controller [OPTION]... SOCKET\n"
"Let machines booted with time-travel=ext:[ID:]SOCKET share simulated time.\n"
"\n"
"  -n, --clients N        keep time at 0 until N clients have sent START\n"
"      --no-shm           offer no shared memory, exchange messages only\n"
"      --no-shm-for NAME  offer none to the client of this name; repeatable\n"
"      --late-join=HOW    what a client that joins after time 0 is offered:\n"
"                         messages (default, safe with every kernel) or shm\n"
"      --max-clients N    slots in the memory, slot 0 included (256)\n"
"      --keep             go on when the last client has gone, until INT or TERM\n"
"      --cpu auto|none|N  move the clients and the controller to one CPU: the\n"
"                         least busy one (default) or N; none: move nobody\n"
"      --watchdog S       name clients that make no progress for S seconds of\n"
"                         real time; 0: do not (default, but 60 if CI is set in\n"
"                         the environment)\n"
"      --on-hang=WHAT     what to do about such a client: report it (default),\n"
"                         kill its process, or abort the simulation\n"
"      --start-time NS    the wall clock at time 0, in ns since the epoch;\n"
"                         the host's clock otherwise\n"
"      --net NAME=SOCKET[,delay=TIME][,jitter=TIME][,loss=P][,duplicate=P]\n"
"            [,rate=RATE][,queue=N][,mtu=N]\n"
"                         a network for machines with\n"
"                         virtio_uml.device=SOCKET:1; units as in tc(8)\n"
"      --link NAME:ID,down=TIME[,up=TIME]...\n"
"                         when client ID's link is down, simulated time\n"
"      --capture NAME[:ID]=FILE\n"
"                         write the frames of a network, or of client ID's\n"
"                         link, as pcap\n"
"      --seed N           decides which frames get lost, and the like (0)\n"
"      --groups=WHICH     which clients influence each other without delay: all\n"
"                         are one group (default), or, if machines, only those\n"
"                         of one process, and others by networks\n"
"      --jobs auto|N      how many groups may run at the same time (1); auto: one,\n"
"                         or as many as there are CPUs, whatever is faster\n"
"      --on-hidden-channel=WHAT\n"
"                         what to do about groups that influence each other by\n"
"                         no network: merge them (default), or stop\n"
"      --broadcast-delay TIME\n"
"                         how long a broadcast takes to other groups (100ms)\n"
"      --stats FILE       write statistics as JSON at the end\n"
"  -v, --verbose          say which clients come, go, and are waited for\n"
"  -h, --help             print this\n"
"  -V, --version          print the version\n"
"\n"
"The controller ends when the last client has gone. The exit status is 0 if all\n"
"is well, 1 after an error, 2 if the command line is wrong, 3 after a deadlock,\n"
"4 after a hang, 5 if descriptors, memory or disk space run out.\n"
"On SIGUSR1 it prints a table of its clients.\n";

/**
 * options_default - the options of an empty command line
 * @opt: filled in
 */
void options_default(struct options *opt)
{
	const char *ci = getenv("CI");
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	*opt = (struct options) {
		.slots = DEFAULT_SLOTS,
		.cpu = CPU_AUTO,
		.shm = true,
		.jobs = 1,
		.broadcast_delay = DEFAULT_BROADCAST_DELAY,
		.watchdog = ci && *ci ? CI_WATCHDOG_S : 0,
		.start_time = now.tv_sec * 1000000000ULL + now.tv_nsec,
	};
}

/* decimal, or hexadecimal after 0x, with nothing around it */
static bool parse_number(const char *what, const char *arg, uint64_t min,
			 uint64_t max, uint64_t *value)
{
	int base = arg[0] == '0' && (arg[1] == 'x' || arg[1] == 'X') ? 16 : 10;
	const char *digits = base == 16 ? arg + 2 : arg;
	char *end;

	errno = 0;
	*value = strtoull(digits, &end, base);
	if (!isalnum((unsigned char)*digits) || *end) {
		log_line("%s: '%s' is not a number", what, arg);
		return false;
	}
	if (errno || *value < min || *value > max) {
		log_line("%s: %s is out of range, it must be %llu to %llu",
			 what, arg, (unsigned long long)min,
			 (unsigned long long)max);
		return false;
	}
	return true;
}

static bool add_no_shm_for(struct options *opt, uint64_t name)
{
	uint64_t *names;

	names = realloc(opt->no_shm_for,
			(opt->no_shm_count + 1) * sizeof(*names));
	if (!names) {
		log_line("out of memory");
		return false;
	}
	names[opt->no_shm_count++] = name;
	opt->no_shm_for = names;
	return true;
}

static bool parse_late_join(struct options *opt, const char *arg)
{
	opt->shm_late = strcmp(arg, "shm") == 0;
	if (opt->shm_late || strcmp(arg, "messages") == 0)
		return true;
	log_line("--late-join: '%s' is neither messages nor shm", arg);
	return false;
}

static bool parse_cpu(struct options *opt, const char *arg)
{
	uint64_t value;

	if (strcmp(arg, "auto") == 0) {
		opt->cpu = CPU_AUTO;
	} else if (strcmp(arg, "none") == 0) {
		opt->cpu = CPU_NOWHERE;
	} else if (isdigit((unsigned char)*arg)) {
		if (!parse_number("--cpu", arg, 0, CPU_SETSIZE - 1, &value))
			return false;
		opt->cpu = value;
		if (!cpu_may_use(opt->cpu)) {
			log_line("--cpu: CPU %d may not be used by this process",
				 opt->cpu);
			return false;
		}
	} else {
		log_line("--cpu: '%s' is neither auto, none nor a number", arg);
		return false;
	}
	return true;
}

static bool parse_clients(struct options *opt, const char *arg)
{
	uint64_t value;
	bool ok;

	ok = parse_number("--clients", arg, 1, SHM_MAX_SLOTS - 1, &value);
	opt->clients = value;
	return ok;
}

static bool parse_max_clients(struct options *opt, const char *arg)
{
	uint64_t value;
	bool ok;

	ok = parse_number("--max-clients", arg, SHM_MIN_SLOTS, SHM_MAX_SLOTS,
			  &value);
	opt->slots = value;
	return ok;
}

static bool parse_no_shm(struct options *opt, const char *arg)
{
	(void)arg;
	opt->shm = false;
	return true;
}

static bool parse_no_shm_for(struct options *opt, const char *arg)
{
	uint64_t name;

	return parse_number("--no-shm-for", arg, 0, UINT64_MAX, &name) &&
	       add_no_shm_for(opt, name);
}

static bool parse_keep(struct options *opt, const char *arg)
{
	(void)arg;
	opt->keep = true;
	return true;
}

static bool parse_start_time(struct options *opt, const char *arg)
{
	return parse_number("--start-time", arg, 0, INT64_MAX,
			    &opt->start_time);
}

static bool parse_stats(struct options *opt, const char *arg)
{
	opt->stats = arg;
	return true;
}

static bool parse_watchdog(struct options *opt, const char *arg)
{
	uint64_t value;
	bool ok;

	ok = parse_number("--watchdog", arg, 0, MAX_WATCHDOG_S, &value);
	opt->watchdog = value;
	return ok;
}

static bool parse_on_hang(struct options *opt, const char *arg)
{
	static const char *const names[] = {
		[ON_HANG_REPORT] = "report",
		[ON_HANG_KILL] = "kill",
		[ON_HANG_ABORT] = "abort",
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(names); i++) {
		if (strcmp(arg, names[i]) == 0) {
			opt->on_hang = i;
			return true;
		}
	}
	log_line("--on-hang: '%s' is neither report, kill nor abort", arg);
	return false;
}

static bool parse_groups(struct options *opt, const char *arg)
{
	opt->groups = strcmp(arg, "machines") == 0 ? GROUPS_MACHINES :
						     GROUPS_ONE;
	if (opt->groups == GROUPS_MACHINES || strcmp(arg, "one") == 0)
		return true;
	log_line("--groups: '%s' is neither one nor machines", arg);
	return false;
}

static bool parse_jobs(struct options *opt, const char *arg)
{
	uint64_t value;
	bool ok;

	if (strcmp(arg, "auto") == 0) {
		opt->jobs = 0;
		return true;
	}
	ok = parse_number("--jobs", arg, 1, MAX_JOBS, &value);
	opt->jobs = value;
	return ok;
}

static bool parse_on_hidden(struct options *opt, const char *arg)
{
	opt->on_hidden = strcmp(arg, "stop") == 0 ? ON_HIDDEN_STOP :
						    ON_HIDDEN_MERGE;
	if (opt->on_hidden == ON_HIDDEN_STOP || strcmp(arg, "merge") == 0)
		return true;
	log_line("--on-hidden-channel: '%s' is neither merge nor stop", arg);
	return false;
}

static bool parse_broadcast_delay(struct options *opt, const char *arg)
{
	if (units_time(arg, &opt->broadcast_delay) && opt->broadcast_delay)
		return true;
	log_line("--broadcast-delay: '%s' is no time, such as 100ms", arg);
	return false;
}

static bool parse_with(int (*parse)(struct net_config *config, const char *arg,
				    struct fault *fault),
		       const char *what, struct options *opt, const char *arg)
{
	struct fault fault;

	if (!parse(&opt->net, arg, &fault))
		return true;
	log_line("%s: %s", what, fault.text);
	return false;
}

static bool parse_net(struct options *opt, const char *arg)
{
	return parse_with(net_config_add, "--net", opt, arg);
}

static bool parse_link(struct options *opt, const char *arg)
{
	return parse_with(net_config_link, "--link", opt, arg);
}

static bool parse_capture(struct options *opt, const char *arg)
{
	return parse_with(net_config_capture, "--capture", opt, arg);
}

static bool parse_seed(struct options *opt, const char *arg)
{
	return parse_number("--seed", arg, 0, UINT64_MAX, &opt->net.seed);
}

static bool parse_verbose(struct options *opt, const char *arg)
{
	(void)arg;
	opt->verbose = true;
	return true;
}

/*
 * All options: name, short form if there is one, whether a value follows, and
 * either what to print or how to put it into the options.
 */
static const struct known_option {
	const char *name;
	char letter;
	bool has_value;
	const char *text;
	bool (*parse)(struct options *opt, const char *arg);
} known[] = {
	{ "broadcast-delay", 0, true, NULL, parse_broadcast_delay },
	{ "capture", 0, true, NULL, parse_capture },
	{ "clients", 'n', true, NULL, parse_clients },
	{ "cpu", 0, true, NULL, parse_cpu },
	{ "groups", 0, true, NULL, parse_groups },
	{ "help", 'h', false, usage, NULL },
	{ "jobs", 0, true, NULL, parse_jobs },
	{ "keep", 0, false, NULL, parse_keep },
	{ "late-join", 0, true, NULL, parse_late_join },
	{ "link", 0, true, NULL, parse_link },
	{ "max-clients", 0, true, NULL, parse_max_clients },
	{ "net", 0, true, NULL, parse_net },
	{ "no-shm", 0, false, NULL, parse_no_shm },
	{ "no-shm-for", 0, true, NULL, parse_no_shm_for },
	{ "on-hang", 0, true, NULL, parse_on_hang },
	{ "on-hidden-channel", 0, true, NULL, parse_on_hidden },
	{ "seed", 0, true, NULL, parse_seed },
	{ "start-time", 0, true, NULL, parse_start_time },
	{ "stats", 0, true, NULL, parse_stats },
	{ "verbose", 'v', false, NULL, parse_verbose },
	{ "version", 'V', false, "tt-controller " VERSION "\n", NULL },
	{ "watchdog", 0, true, NULL, parse_watchdog },
};

/* @known as getopt_long() wants it */
struct getopt_tables {
	char letters[2 * ARRAY_SIZE(known) + 2];
	struct option names[ARRAY_SIZE(known) + 1];
};

static void make_tables(struct getopt_tables *tables)
{
	char *letter = tables->letters;
	size_t i;

	memset(tables, 0, sizeof(*tables));
	/* with this getopt returns ':' for a missing value, not '?' */
	*letter++ = ':';
	for (i = 0; i < ARRAY_SIZE(known); i++) {
		tables->names[i].name = known[i].name;
		tables->names[i].has_arg = known[i].has_value ?
					   required_argument : no_argument;
		tables->names[i].val = FIRST_CODE + i;
		if (!known[i].letter)
			continue;
		tables->names[i].val = known[i].letter;
		*letter++ = known[i].letter;
		if (known[i].has_value)
			*letter++ = ':';
	}
}

/* getopt_long() has returned @code for the word before argv[optind] */
static void log_wrong_option(int code, char **argv)
{
	const char *word = argv[optind - 1];

	if (code == ':')
		log_line("%s needs a value, see --help", word);
	else if (optopt && optopt < FIRST_CODE && strncmp(word, "--", 2))
		log_line("unknown option '-%c', see --help", optopt);
	else if (optopt)
		log_line("%s: the option takes no value, see --help", word);
	else
		log_line("unknown option '%s', see --help", word);
}

static enum options_outcome parse_one(struct options *opt, int code,
				      char **argv)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(known); i++)
		if (code == known[i].letter || code == FIRST_CODE + (int)i)
			break;
	if (i == ARRAY_SIZE(known)) {
		log_wrong_option(code, argv);
		return OPTIONS_WRONG;
	}
	if (known[i].text) {
		fputs(known[i].text, stdout);
		return OPTIONS_DONE;
	}
	return known[i].parse(opt, optarg) ? OPTIONS_GO : OPTIONS_WRONG;
}

/**
 * options_parse - read the command line
 * @opt: from options_default(); to be freed by options_free(), before @argv is
 * @argc: as in main()
 * @argv: as in main()
 *
 * Return: what to do. One line in the log says what is wrong.
 */
enum options_outcome options_parse(struct options *opt, int argc, char **argv)
{
	enum options_outcome outcome;
	struct getopt_tables tables;
	struct fault fault;
	int code;

	make_tables(&tables);
	optind = 0;
	opterr = 0;
	while ((code = getopt_long(argc, argv, tables.letters, tables.names,
				   NULL)) != -1) {
		outcome = parse_one(opt, code, argv);
		if (outcome != OPTIONS_GO)
			return outcome;
	}

	if (optind == argc) {
		log_line("the path of the socket is missing, see --help");
		return OPTIONS_WRONG;
	}
	if (optind + 1 < argc) {
		log_line("'%s': only one socket can be served, see --help",
			 argv[optind + 1]);
		return OPTIONS_WRONG;
	}
	opt->socket = argv[optind];

	if (opt->clients >= opt->slots) {
		log_line("--clients %u needs --max-clients %u: slot 0 is the controller's",
			 opt->clients, opt->clients + 1);
		return OPTIONS_WRONG;
	}
	if (net_config_check(&opt->net, &fault)) {
		log_line("%s", fault.text);
		return OPTIONS_WRONG;
	}
	return OPTIONS_GO;
}

/**
 * options_free - free what options_parse() has allocated
 * @opt: from options_default(), parsed or not
 */
void options_free(struct options *opt)
{
	net_config_free(&opt->net);
	free(opt->no_shm_for);
	opt->no_shm_for = NULL;
}
