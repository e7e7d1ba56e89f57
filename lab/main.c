// SPDX-License-Identifier: GPL-2.0
/*
 * tt-lab: from one file that describes machines, networks and commands to their
 * results.
 */

#include <signal.h>
#include <stdio.h>
#include <unistd.h>

#include "check.h"
#include "host.h"
#include "options.h"
#include "plan.h"
#include "report.h"
#include "run.h"
#include "rundir.h"
#include "schema.h"
#include "util.h"
#include "verify.h"

#define EXIT_UNEXPECTED 1
/* how many machines run at the same time in the second run of verify */
#define OTHER_JOBS 2
#define EXIT_WRONG 2
/* and the signal's number, as shells have it */
#define EXIT_SIGNAL 128

/**
 * struct session - a lab that was read
 *
 * @pool: everything of it
 * @errors: what is wrong with it
 * @lab: the lab
 * @host: what it needs
 * @jobs: how many machines may run at the same time; 0: one group
 * @stopped: a run came to the lab's stop
 */
struct session {
	struct pool pool;
	struct errors errors;
	struct lab lab;
	struct host host;
	unsigned int jobs;
	bool stopped;
};

static bool may_have_jobs(const struct session *session)
{
	const char *key = plan_needs_one_group(&session->lab);

	if (!key || !session->jobs)
		return true;
	fprintf(stderr, "%s: it has '%s', for which machines must not run at the same time: leave out --jobs\n",
		session->lab.file, key);
	return false;
}

/* read the file and look at the host; false if anything is wrong */
static bool session_open(struct session *session, const struct options *opt)
{
	struct node *root;
	size_t i;

	*session = (struct session) {
		.errors = {
			.pool = &session->pool,
			.file = opt->file,
			.to = stderr,
		},
	};
	root = tree_read(&session->pool, &session->errors);
	for (i = 0; root && i < opt->nr_set; i++)
		tree_set(&session->pool, root, opt->set[i], &session->errors);
	session->jobs = opt->jobs;
	return root && !session->errors.nr &&
	       schema_read(&session->pool, root, &session->errors,
			   &session->lab) &&
	       may_have_jobs(session) &&
	       host_find(&session->pool, &session->lab, opt->build,
			 &session->host, &session->errors);
}

static void session_close(struct session *session)
{
	pool_free(&session->pool);
}

static int check(const struct options *opt)
{
	struct session session;
	int status = EXIT_WRONG;

	if (session_open(&session, opt)) {
		printf("%s: %zu machine%s, %zu network%s, Linux %s\n",
		       opt->file, session.lab.nr_machines,
		       session.lab.nr_machines == 1 ? "" : "s",
		       session.lab.nr_networks,
		       session.lab.nr_networks == 1 ? "" : "s",
		       session.host.version);
		status = 0;
	}
	session_close(&session);
	return status;
}

/* where the run goes: as the user says, or after the lab's name */
static const char *directory_of(struct session *session,
				const struct options *opt)
{
	return rundir_open(&session->pool, opt->directory ? opt->directory :
			   pool_printf(&session->pool, "%s.out",
				       session->lab.name));
}

static int report(struct run *run)
{
	bool written;

	written = report_write(run);
	if (run->how == PROGRESS_JSON)
		report_event(run);
	else
		report_print(run, stdout);
	if (run->signal)
		return EXIT_SIGNAL + run->signal;
	return report_is_ok(run) && written ? 0 : EXIT_UNEXPECTED;
}

/* does a machine have the terminal? Then the host's clock is what counts */
static bool has_shell(const struct lab *lab)
{
	size_t i;

	for (i = 0; i < lab->nr_machines; i++)
		if (lab->machines[i].shell)
			return true;
	return false;
}

/* run it in @directory, or where it belongs if that is NULL */
static int run_in(struct session *session, const struct options *opt,
		  const char *directory, const struct machine *debugged)
{
	struct run run = {
		.pool = &session->pool,
		.lab = &session->lab,
		.host = &session->host,
		.directory = directory ? directory : directory_of(session, opt),
		.real_time = has_shell(&session->lab),
		.jobs = session->jobs,
		.debugged = debugged,
	};
	int status = EXIT_WRONG;

	run.how = progress_choose(opt->json,
				  opt->quiet || run.real_time || debugged);
	if (run.directory && run_lab(&run))
		status = report(&run);
	session->stopped |= run.stopped;
	return status;
}

static int run(const struct options *opt)
{
	struct session session;
	int status = EXIT_WRONG;

	if (session_open(&session, opt))
		status = run_in(&session, opt, NULL, NULL);
	session_close(&session);
	return status;
}

/* twice, below @directory; compare even if not all came out as expected */
static int run_twice(struct session *session, const struct options *opt,
		     const char *directory)
{
	const char *first = pool_printf(&session->pool, "%s/first", directory);
	const char *second = pool_printf(&session->pool, "%s/second",
					 directory);
	int status;

	if (!rundir_make(first) || !rundir_make(second)) {
		perror(directory);
		return EXIT_WRONG;
	}
	status = run_in(session, opt, first, NULL);
	/* which machine runs on which CPU must not matter either */
	if (!opt->jobs && !session->stopped &&
	    !plan_needs_one_group(&session->lab))
		session->jobs = OTHER_JOBS;
	if (status <= EXIT_UNEXPECTED)
		status = run_in(session, opt, second, NULL);
	if (status <= EXIT_UNEXPECTED &&
	    !verify_print(&session->pool, &session->lab, first, second, stdout))
		status = EXIT_UNEXPECTED;
	return status;
}

static int run_against(struct session *session, const struct options *opt,
		       const char *directory)
{
	int status = run_in(session, opt, directory, NULL);

	if (status <= EXIT_UNEXPECTED &&
	    !verify_print(&session->pool, &session->lab, opt->against,
			  directory, stdout))
		status = EXIT_UNEXPECTED;
	return status;
}

static int verify(const struct options *opt)
{
	struct session session;
	const char *directory;
	int status = EXIT_WRONG;

	if (opt->against && access(opt->against, R_OK)) {
		perror(opt->against);
		return EXIT_WRONG;
	}
	if (session_open(&session, opt)) {
		directory = directory_of(&session, opt);
		if (directory)
			status = opt->against ?
				 run_against(&session, opt, directory) :
				 run_twice(&session, opt, directory);
	}
	session_close(&session);
	return status;
}

/* the machine of the command line; NULL if there is none */
static struct machine *machine_of(struct session *session,
				  const struct options *opt)
{
	struct machine *machine = check_find(&session->lab, opt->machine);

	if (machine && !machine->simulator)
		return machine;
	fprintf(stderr, "tt-lab: %s: there is no machine '%s'\n", opt->file,
		opt->machine);
	return NULL;
}

static int shell(const struct options *opt)
{
	struct machine *machine = NULL;
	struct session session;
	int status = EXIT_WRONG;
	size_t i;

	if (session_open(&session, opt))
		machine = machine_of(&session, opt);
	if (machine) {
		for (i = 0; i < session.lab.nr_machines; i++)
			session.lab.machines[i].shell = false;
		machine->shell = true;
		machine->run = NULL;
		machine->expect = (struct expect) { .exit = EXPECT_ANY };
		status = run_in(&session, opt, NULL, NULL);
	}
	session_close(&session);
	return status;
}

static int gdb(const struct options *opt)
{
	struct machine *machine = NULL;
	struct session session;
	int status = EXIT_WRONG;

	if (session_open(&session, opt))
		machine = machine_of(&session, opt);
	if (machine) {
		/* a machine at a breakpoint does not hang */
		session.lab.watchdog = 0;
		session.lab.timeout = UINT64_MAX;
		status = run_in(&session, opt, NULL, machine);
	}
	session_close(&session);
	return status;
}

/* the first one is what tt-lab does without a command */
static const struct command commands[] = {
	{ "run", false, run },
	{ "check", false, check },
	{ "verify", false, verify },
	{ "shell", true, shell },
	{ "gdb", true, gdb },
};

int main(int argc, char **argv)
{
	struct options opt;
	int status;

	/* a reader that has gone, or a limit of size, is an error of write() */
	signal(SIGPIPE, SIG_IGN);
	signal(SIGXFSZ, SIG_IGN);
	switch (options_parse(&opt, commands, ARRAY_SIZE(commands), argc,
			      argv)) {
	case OPTIONS_GO:
		status = opt.command->run(&opt);
		break;
	case OPTIONS_DONE:
		status = 0;
		break;
	default:
		status = EXIT_WRONG;
	}
	options_free(&opt);
	return status;
}
