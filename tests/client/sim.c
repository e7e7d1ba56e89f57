// SPDX-License-Identifier: GPL-2.0
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "sim.h"

static char dir[64];

int sim_setup(void **state)
{
	(void)state;
	alarm(SIM_LIMIT_MS / 1000);
	strcpy(dir, "/tmp/test_client.XXXXXX");
	assert_non_null(mkdtemp(dir));
	return chdir(dir);
}

int sim_teardown(void **state)
{
	(void)state;
	alarm(0);
	return chdir("/") ? -1 : rmdir(dir);
}

pid_t sim_start(const char *const *args, const char *n)
{
	const char *argv[16] = { getenv("TT_CONTROLLER"), "-n", n };
	unsigned int i;
	pid_t pid;

	assert_non_null(argv[0]);
	for (i = 0; args[i]; i++)
		argv[i + 3] = args[i];
	argv[i + 3] = "s";
	pid = fork();
	assert_true(pid >= 0);
	if (pid)
		return pid;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	/* its lines about clients that leave are of no interest */
	dup2(open("/dev/null", O_RDWR), STDERR_FILENO);
	execv(argv[0], (char **)argv);
	_exit(127);
}

int sim_finish(pid_t pid)
{
	int status;

	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status);
}

struct tt_client *sim_join(struct tt_client_options opt)
{
	struct tt_client *client;
	int ret;

	opt.size = sizeof(opt);
	opt.path = "s";
	if (!opt.timeout_ms)
		opt.timeout_ms = SIM_LIMIT_MS;
	ret = tt_client_open(&client, &opt);
	if (ret)
		fprintf(stderr, "%s\n", tt_client_error(client));
	must(!ret);
	return client;
}

uint64_t sim_now(struct tt_client *client)
{
	uint64_t ns = 0;

	must(!tt_client_now(client, &ns));
	return ns;
}
