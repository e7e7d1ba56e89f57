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

#define EXIT_WRONG_USAGE 2

/* more than the controller ever has open itself */
#define OTHER_FDS 64

static int signal_got;

static void signal_ready(struct loop_source *source, uint32_t events)
{
	struct signalfd_siginfo info;

	(void)events;
	if (read(source->fd, &info, sizeof(info)) == sizeof(info))
		signal_got = info.ssi_signo;
}

/* signals are read like messages are, so nothing is ever interrupted */
static int signal_setup(struct controller *ctl, struct loop_source *source)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGTERM);
	/* nohup has its way */
	if (signal(SIGHUP, SIG_DFL) == SIG_IGN)
		signal(SIGHUP, SIG_IGN);
	else
		sigaddset(&set, SIGHUP);
	/* the log may be a pipe, and its reader gone */
	signal(SIGPIPE, SIG_IGN);
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

static int serve(struct controller *ctl, const struct options *opt)
{
	struct listener listener;
	enum verdict verdict = VERDICT_NONE;
	int ret;

	if (listener_open(&listener, opt->socket))
		return EXIT_FAILURE;
	ret = controller_listen(ctl, listener.fd);
	if (ret) {
		log_line("cannot accept clients: %s", strerror(-ret));
		verdict = VERDICT_ERROR;
	}
	if (!has_fds_for(opt->clients))
		verdict = VERDICT_ERROR;
	log_verbose("serving %s", opt->socket);

	while (!verdict && !signal_got)
		verdict = controller_step(ctl, -1);

	listener_close(&listener);
	if (signal_got && opt->keep && controller_is_over(ctl))
		return EXIT_SUCCESS;
	if (signal_got) {
		log_line("stopped by signal %d (%s)", signal_got,
			 strsignal(signal_got));
		return 128 + signal_got;
	}
	return verdict == VERDICT_DONE ? EXIT_SUCCESS : EXIT_FAILURE;
}

static int simulate(const struct options *opt)
{
	struct controller ctl;
	struct loop_source signals;
	int status, ret;

	/* not at the end of a long simulation */
	ret = opt->stats ? stats_probe(opt->stats) : 0;
	if (ret) {
		log_line("cannot write %s: %s", opt->stats, strerror(-ret));
		return EXIT_FAILURE;
	}
	raise_fd_limit(opt->slots);
	ret = controller_init(&ctl, opt);
	if (ret) {
		log_line("cannot start: %s", strerror(-ret));
		return EXIT_FAILURE;
	}
	ret = signal_setup(&ctl, &signals);
	if (ret) {
		log_line("cannot handle signals: %s", strerror(-ret));
		status = EXIT_FAILURE;
	} else {
		status = serve(&ctl, opt);
	}

	if (opt->stats && !ret) {
		ret = controller_write_stats(&ctl, opt->stats);
		if (ret) {
			log_line("cannot write %s: %s", opt->stats,
				 ret == -ENXIO || ret == -ETIMEDOUT ?
					 "nobody reads it" : strerror(-ret));
			if (status == EXIT_SUCCESS)
				status = EXIT_FAILURE;
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
