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

#define DEFAULT_SLOTS 256

enum {
	OPT_NO_SHM = 256,
	OPT_NO_SHM_FOR,
	OPT_START_TIME,
	OPT_STATS,
	OPT_MAX_CLIENTS,
	OPT_LATE_JOIN,
	OPT_CPU,
	OPT_KEEP,
};

static const struct option long_options[] = {
	{ "clients", required_argument, NULL, 'n' },
	{ "cpu", required_argument, NULL, OPT_CPU },
	{ "help", no_argument, NULL, 'h' },
	{ "keep", no_argument, NULL, OPT_KEEP },
	{ "late-join", required_argument, NULL, OPT_LATE_JOIN },
	{ "max-clients", required_argument, NULL, OPT_MAX_CLIENTS },
	{ "no-shm", no_argument, NULL, OPT_NO_SHM },
	{ "no-shm-for", required_argument, NULL, OPT_NO_SHM_FOR },
	{ "start-time", required_argument, NULL, OPT_START_TIME },
	{ "stats", required_argument, NULL, OPT_STATS },
	{ "verbose", no_argument, NULL, 'v' },
	{ "version", no_argument, NULL, 'V' },
	{}
};

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
"                         least busy one (default) or N; none: to no other\n"
"      --start-time NS    the wall clock at time 0, in ns since the epoch;\n"
"                         the host's clock otherwise\n"
"      --stats FILE       write statistics as JSON when it is over\n"
"  -v, --verbose          say who comes, goes, and is waited for\n"
"  -h, --help             print this\n"
"  -V, --version          print the version\n"
"\n"
"It ends when the last client has gone: 0 if all is well, 1 on errors and if\n"
"all clients sleep forever, 2 if the command line is wrong.\n";

/**
 * options_default - what applies if nothing else is said
 * @opt: filled in
 */
void options_default(struct options *opt)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	*opt = (struct options) {
		.slots = DEFAULT_SLOTS,
		.cpu = CPU_AUTO,
		.shm = true,
		.start_time = now.tv_sec * 1000000000ULL + now.tv_nsec,
	};
}

/* decimal, or hexadecimal after 0x, and nothing around it */
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
			log_line("--cpu: %d is no CPU that may be used here",
				 opt->cpu);
			return false;
		}
	} else {
		log_line("--cpu: '%s' is neither auto, none nor a number", arg);
		return false;
	}
	return true;
}

static enum options_outcome parse_one(struct options *opt, int which,
				      char **argv)
{
	uint64_t value;
	bool ok = true;

	switch (which) {
	case 'n':
		ok = parse_number("--clients", optarg, 1, SHM_MAX_SLOTS - 1,
				  &value);
		opt->clients = value;
		break;
	case OPT_MAX_CLIENTS:
		ok = parse_number("--max-clients", optarg, SHM_MIN_SLOTS,
				  SHM_MAX_SLOTS, &value);
		opt->slots = value;
		break;
	case OPT_NO_SHM:
		opt->shm = false;
		break;
	case OPT_NO_SHM_FOR:
		ok = parse_number("--no-shm-for", optarg, 0, UINT64_MAX,
				  &value) && add_no_shm_for(opt, value);
		break;
	case OPT_KEEP:
		opt->keep = true;
		break;
	case OPT_LATE_JOIN:
		ok = parse_late_join(opt, optarg);
		break;
	case OPT_CPU:
		ok = parse_cpu(opt, optarg);
		break;
	case OPT_START_TIME:
		ok = parse_number("--start-time", optarg, 0, INT64_MAX,
				  &opt->start_time);
		break;
	case OPT_STATS:
		opt->stats = optarg;
		break;
	case 'v':
		opt->verbose = true;
		break;
	case 'h':
		fputs(usage, stdout);
		return OPTIONS_DONE;
	case 'V':
		puts("tt-controller " OPTIONS_VERSION);
		return OPTIONS_DONE;
	case ':':
		log_line("%s needs a value, see --help", argv[optind - 1]);
		return OPTIONS_WRONG;
	default:
		if (optopt && optopt < 256 && strncmp(argv[optind - 1], "--", 2))
			log_line("unknown option '-%c', see --help", optopt);
		else if (optopt)
			log_line("%s: the option takes no value, see --help",
				 argv[optind - 1]);
		else
			log_line("unknown option '%s', see --help",
				 argv[optind - 1]);
		return OPTIONS_WRONG;
	}
	return ok ? OPTIONS_GO : OPTIONS_WRONG;
}

/**
 * options_parse - read the command line
 * @opt: options_default() has been there; to be freed by options_free(), and
 *	not to outlive @argv
 * @argc: as in main()
 * @argv: as in main()
 *
 * What is wrong is said in one line.
 */
enum options_outcome options_parse(struct options *opt, int argc, char **argv)
{
	enum options_outcome outcome;
	int which;

	optind = 0;
	opterr = 0;
	while ((which = getopt_long(argc, argv, ":n:vhV", long_options,
				    NULL)) != -1) {
		outcome = parse_one(opt, which, argv);
		if (outcome != OPTIONS_GO)
			return outcome;
	}

	if (optind == argc) {
		log_line("which socket? See --help");
		return OPTIONS_WRONG;
	}
	if (optind + 1 < argc) {
		log_line("only one socket, please: '%s' is too much",
			 argv[optind + 1]);
		return OPTIONS_WRONG;
	}
	opt->socket = argv[optind];

	if (opt->clients >= opt->slots) {
		log_line("--clients %u needs --max-clients %u: slot 0 is the controller's",
			 opt->clients, opt->clients + 1);
		return OPTIONS_WRONG;
	}
	return OPTIONS_GO;
}

/**
 * options_free - free what options_parse() has allocated
 * @opt: the options
 */
void options_free(struct options *opt)
{
	free(opt->no_shm_for);
	opt->no_shm_for = NULL;
}
