// SPDX-License-Identifier: GPL-2.0
/*
 * tt-controller: the controller of a time-travel simulation.
 */

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "controller.h"
#include "listen.h"
#include "log.h"
#include "options.h"
#include "table.h"
#include "util.h"

/* EXIT_FAILURE is 1: any other error; the man page has this as a table */
enum {
	EXIT_WRONG_USAGE = 2,
	EXIT_DEADLOCK = 3,
	EXIT_HANG = 4,
	EXIT_NO_RESOURCES = 5,
};

/* more than the controller ever has open itself */
#define OTHER_FDS 64

/**
 * struct signals - signals are read like messages are
 *
 * @source: where from
 * @ctl: the controller
 * @last: the one that ends it, 0: none yet
 */
struct signals {
	struct loop_source source;
	struct controller *ctl;
	int last;
};

static void signal_ready(struct loop_source *source, uint32_t events)
{
	struct signals *signals = container_of(source, struct signals, source);
	struct signalfd_siginfo info;

	(void)events;
	if (read(source->fd, &info, sizeof(info)) != sizeof(info))
		return;
	if (info.ssi_signo == SIGUSR1)
		table_log(signals->ctl);
	else
		signals->last = info.ssi_signo;
}

static int signal_setup(struct signals *signals, struct controller *ctl)
{
	struct loop_source *source = &signals->source;
	sigset_t set;

	signals->ctl = ctl;
	signals->last = 0;
	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGTERM);
	/* nohup(1) ignores SIGHUP for us: leave it so */
	if (signal(SIGHUP, SIG_DFL) == SIG_IGN)
		signal(SIGHUP, SIG_IGN);
	else
		sigaddset(&set, SIGHUP);
	if (sigprocmask(SIG_BLOCK, &set, NULL))
		return -errno;
	source->ready = signal_ready;
	source->fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	if (source->fd < 0)
		return -errno;
	return loop_add(&ctl->loop, source, EPOLLIN);
}

/* whoever started us may have closed these, but clients are given one */
static void open_standard_fds(void)
{
	int fd;

	do {
		fd = open("/dev/null", O_RDWR);
	} while (fd >= 0 && fd <= STDERR_FILENO);
	if (fd >= 0)
		close(fd);
}

/* each client is a descriptor; only root may have more than the hard limit */
static void raise_fd_limit(rlim_t clients)
{
	rlim_t want = clients + OTHER_FDS;
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit))
		return;
	if (limit.rlim_max < want &&
	    !setrlimit(RLIMIT_NOFILE, &(struct rlimit) { want, want }))
		return;
	limit.rlim_cur = limit.rlim_max;
	setrlimit(RLIMIT_NOFILE, &limit);
}

/* nobody is started before all of them are there */
static bool has_fds_for(uint32_t clients)
{
	struct rlimit limit;
	int used = open("/dev/null", O_RDONLY);

	if (used < 0 || getrlimit(RLIMIT_NOFILE, &limit))
		return true;
	close(used);
	if (limit.rlim_cur - used >= clients)
		return true;
	log_line("--clients %u: there are descriptors left for %llu only, see ulimit -n",
		 clients, (unsigned long long)limit.rlim_cur - used);
	return false;
}

/* the status of a controller that an error, -errno, has ended */
static int status_of(int error)
{
	switch (-error) {
	case ENOMEM:
	case ENOBUFS:
	case EMFILE:
	case ENFILE:
	case ENOSPC:
	case EDQUOT:
	case EFBIG:
		return EXIT_NO_RESOURCES;
	case ENAMETOOLONG:
		return EXIT_WRONG_USAGE;
	default:
		return EXIT_FAILURE;
	}
}

static int status_of_verdict(enum verdict verdict)
{
	switch (verdict) {
	case VERDICT_DONE:
		return EXIT_SUCCESS;
	case VERDICT_DEADLOCK:
		return EXIT_DEADLOCK;
	case VERDICT_HANG:
		return EXIT_HANG;
	default:
		return EXIT_FAILURE;
	}
}

/* returns the exit status */
static int status_of_signal(const struct controller *ctl, int signal)
{
	/* with --keep a signal is the way to end */
	if (ctl->opt->keep && controller_is_over(ctl))
		return ctl->watchdog.killed ? EXIT_HANG : EXIT_SUCCESS;
	log_line("stopped by signal %d (%s)", signal, strsignal(signal));
	return 128 + signal;
}

/* returns the exit status */
static int run(struct controller *ctl, const struct options *opt,
	       const struct signals *signals)
{
	enum verdict verdict = VERDICT_NONE;

	log_verbose("serving %s", opt->socket);
	while (!verdict && !signals->last)
		verdict = controller_step(ctl, -1);
	return signals->last ? status_of_signal(ctl, signals->last) :
			       status_of_verdict(verdict);
}

/* returns the exit status */
static int serve(struct controller *ctl, const struct options *opt,
		 const struct signals *signals)
{
	struct listener listener;
	int ret, status;

	ret = listener_open(&listener, opt->socket);
	if (ret)
		return status_of(ret);
	ret = controller_listen(ctl, listener.fd);
	if (ret) {
		log_line("cannot accept clients: %s", strerror(-ret));
		status = status_of(ret);
	} else if (!has_fds_for(opt->clients)) {
		status = EXIT_NO_RESOURCES;
	} else {
		ret = net_open(&ctl->net, opt->start_time);
		status = ret ? status_of(ret) : run(ctl, opt, signals);
	}
	listener_close(&listener);
	return status;
}

static int simulate(const struct options *opt)
{
	struct controller ctl;
	struct signals signals;
	int status, ret;

	/* say so now, not at the end of a long simulation */
	ret = opt->stats ? stats_probe(opt->stats) : 0;
	if (ret) {
		log_line("cannot write %s: %s", opt->stats, strerror(-ret));
		return status_of(ret);
	}
	/* each client has a descriptor, and so has each group's memory */
	raise_fd_limit(opt->groups == GROUPS_ONE ? opt->slots : 2 * opt->slots);
	ret = controller_init(&ctl, opt);
	if (ret) {
		log_line("cannot start: %s", strerror(-ret));
		return status_of(ret);
	}
	ret = signal_setup(&signals, &ctl);
	if (ret) {
		log_line("cannot handle signals: %s", strerror(-ret));
		status = status_of(ret);
	} else {
		status = serve(&ctl, opt, &signals);
	}

	if (opt->stats && !ret) {
		ret = controller_write_stats(&ctl, opt->stats);
		if (ret) {
			log_line("cannot write %s: %s", opt->stats,
				 ret == -ENXIO || ret == -ETIMEDOUT ?
					 "nobody reads it" : strerror(-ret));
			if (status == EXIT_SUCCESS)
				status = status_of(ret);
		}
	}
	controller_destroy(&ctl);
	return status;
}

int main(int argc, char **argv)
{
	struct options opt;
	int status;

	open_standard_fds();
	/* a reader that has gone, or a limit of size, is an error of write() */
	signal(SIGPIPE, SIG_IGN);
	signal(SIGXFSZ, SIG_IGN);
	options_default(&opt);
	switch (options_parse(&opt, argc, argv)) {
	case OPTIONS_GO:
		log_setup(STDERR_FILENO, opt.verbose);
		status = simulate(&opt);
		break;
	case OPTIONS_DONE:
		status = EXIT_SUCCESS;
		break;
	default:
		status = EXIT_WRONG_USAGE;
	}
	options_free(&opt);
	return status;
}
