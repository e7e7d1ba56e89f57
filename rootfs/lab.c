// SPDX-License-Identifier: GPL-2.0
/*
 * lab-init: the first process of a machine in a lab
 *
 * Theory of operation
 * -------------------
 * The kernel's command line has lab=DIR, a directory of the host that belongs to
 * this machine alone, and which is /lab in the machine. tt-lab has written there
 *   machine	what the machine is, one "key value" a line
 *   run	the command, a script for sh
 *   files	a tree that is copied over the root
 * lab-init sets the machine up, runs the command and writes
 *   output	what the command prints
 *   result	how the command ended: "exit N" or "signal N", and "began NS" and
 *		"ended NS", both CLOCK_BOOTTIME; or "failed TEXT" if the machine could not
 *		be set up
 * and powers off. A machine that leaves no result has crashed, or hangs.
 *
 * The keys are
 *   hostname NAME
 *   root busybox | root host | root dir PATH
 *   init PATH		boot the directory's own init, which must be systemd
 *   card N [ADDR/LENGTH]	eth0 is card 0; once for each address
 *   gateway ADDR
 *   host NAME ADDR	for /etc/hosts
 *   env KEY=VALUE	for the command
 *   gate		let no time pass before the command until others have joined
 *   hold		let no time pass before power-off until tt-lab agrees; the first
 *			line, so that it holds for any failure
 *   shell		the command has the console as its terminal, and no output
 *
 * If the root has an init of its own, that becomes process 1, and runs lab-init a
 * second time, with the argument `run`, as a service.
 */
#include "lab.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <time.h>
#include <unistd.h>

#define MACHINE		LAB "/machine"
#define WAITING		LAB "/waiting"
#define ENDED		LAB "/ended"

#define NSEC_PER_MSEC	1000000L

static struct {
	char hostname[HOST_NAME_MAX + 1];
	/* the host's directory that is the root; empty if the initramfs is */
	char dir[PATH_MAX];
	char init[PATH_MAX];
	bool gate, hold, shell;
	/* lines of /etc/hosts */
	char *hosts;
	size_t hosts_len;
} machine;

/* the line of MACHINE that is read, 0 if none */
static unsigned int line_number;

/*
 * Make the file and wait until tt-lab has removed it. Nothing in here reads the
 * clock, or sleeps: it is one instant.
 */
static bool wait_for_host(const char *path)
{
	int fd = open(path, O_WRONLY | O_CREAT, 0600);

	if (fd < 0)
		return false;
	close(fd);
	while (!access(path, F_OK))
		;
	return true;
}

static void hold(void)
{
	if (machine.hold && !wait_for_host(ENDED))
		fprintf(stderr, "lab-init: %s: %s\n", ENDED, strerror(errno));
}

static void power_off(void)
{
	sync();
	reboot(RB_POWER_OFF);
}

/**
 * lab_fail() - say in the result that the machine cannot be set up; power off
 * @format: the reason, as for printf()
 */
void lab_fail(const char *format, ...)
{
	FILE *result = fopen(LAB "/result", "w");
	char text[PATH_MAX + 256];
	int len = 0;
	va_list ap;

	if (line_number)
		len = snprintf(text, sizeof(text), "machine:%u: ", line_number);
	va_start(ap, format);
	vsnprintf(text + len, sizeof(text) - len, format, ap);
	va_end(ap);

	fprintf(stderr, "lab-init: %s\n", text);
	if (result) {
		fprintf(result, "failed %s\n", text);
		fclose(result);
	}
	hold();
	power_off();
	exit(EXIT_FAILURE);
}

static void set(char *to, size_t size, const char *value)
{
	if (strlen(value) >= size)
		lab_fail("too long: '%.40s...'", value);
	strcpy(to, value);
}

static void set_hostname(const char *value)
{
	set(machine.hostname, sizeof(machine.hostname), value);
	if (sethostname(value, strlen(value)))
		lab_fail("hostname %s: %s", value, strerror(errno));
}

static void set_root(const char *value)
{
	if (!strcmp(value, "busybox"))
		machine.dir[0] = '\0';
	else if (!strcmp(value, "host"))
		set(machine.dir, sizeof(machine.dir), "/");
	else if (!strncmp(value, "dir /", 5))
		set(machine.dir, sizeof(machine.dir), value + 4);
	else
		lab_fail("unknown root '%s'", value);
}

static void set_init(const char *value)
{
	set(machine.init, sizeof(machine.init), value);
}

static void add_host(const char *value)
{
	const char *addr = strchr(value, ' ');
	static FILE *hosts;

	if (!addr)
		lab_fail("host '%s' has no address", value);
	if (!hosts)
		hosts = open_memstream(&machine.hosts, &machine.hosts_len);
	fprintf(hosts, "%s\t%.*s\n", addr + 1, (int)(addr - value), value);
	fflush(hosts);
}

static void add_env(const char *value)
{
	if (putenv(strdup(value)))
		lab_fail("env %s: %s", value, strerror(errno));
}

static void set_gate(const char *value)
{
	(void)value;
	machine.gate = true;
}

static void set_hold(const char *value)
{
	(void)value;
	machine.hold = true;
}

static void set_shell(const char *value)
{
	(void)value;
	machine.shell = true;
}

/* another process sets the network up, when the service starts */
static void ignore(const char *value)
{
	(void)value;
}

static const struct key {
	const char *name;
	void (*boot)(const char *value);
	/* when lab-init is a service */
	void (*service)(const char *value);
	bool bare;
} keys[] = {
	{ "hostname", set_hostname, ignore, false },
	{ "root", set_root, ignore, false },
	{ "init", set_init, ignore, false },
	{ "card", net_card, ignore, false },
	{ "gateway", net_gateway, ignore, false },
	{ "host", add_host, ignore, false },
	{ "env", add_env, add_env, false },
	{ "gate", set_gate, set_gate, true },
	{ "hold", set_hold, set_hold, true },
	{ "shell", set_shell, set_shell, true },
};

static void read_line(char *line, bool service)
{
	char *value = strchr(line, ' ');

	if (value)
		*value++ = '\0';
	for (size_t i = 0; i < sizeof(keys) / sizeof(*keys); i++) {
		if (strcmp(line, keys[i].name))
			continue;
		if (!value != keys[i].bare)
			lab_fail("'%s' %s", line,
				 value ? "takes no value" : "needs a value");
		(service ? keys[i].service : keys[i].boot)(value);
		return;
	}
	lab_fail("unknown key '%s'", line);
}

static void read_machine(bool service)
{
	FILE *file = fopen(MACHINE, "r");
	char *line = NULL;
	size_t size = 0;

	if (!file)
		lab_fail("%s: %s", MACHINE, strerror(errno));
	while (getline(&line, &size, file) > 0) {
		line_number++;
		line[strcspn(line, "\n")] = '\0';
		read_line(line, service);
	}
	free(line);
	fclose(file);
	line_number = 0;
}

static void write_names(void)
{
	char *text;

	if (asprintf(&text, "127.0.0.1\tlocalhost\n::1\tlocalhost\n%s",
		     machine.hosts ?: "") < 0)
		lab_fail("no memory");
	write_file("/etc/hosts", text);
	free(text);
	/* no question ever leaves the machine */
	write_file("/etc/resolv.conf", "");
	write_file("/etc/hostname", machine.hostname);
}

/*
 * Linux boots with timers that only see jiffies, and makes them exact at one of
 * its first ticks.
 */
static void wait_for_exact_timers(void)
{
	const struct timespec tick = { .tv_nsec = 10 * NSEC_PER_MSEC };
	struct timespec resolution;

	for (int i = 0; i < 100; i++) {
		clock_getres(CLOCK_MONOTONIC, &resolution);
		if (resolution.tv_nsec == 1)
			return;
		nanosleep(&tick, NULL);
	}
	lab_fail("timers are only exact to %ld ns", resolution.tv_nsec);
}

static void run(void)
{
	wait_for_exact_timers();
	if (machine.gate && !wait_for_host(WAITING))
		lab_fail("%s: %s", WAITING, strerror(errno));
	run_command(machine.shell);
	hold();
}

int main(int argc, char **argv)
{
	const char *dir = getenv("lab");

	/* the kernel has put its command line there */
	clearenv();
	add_env("PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin");
	add_env("HOME=/root");
	if (argc > 1 && !strcmp(argv[1], "run")) {
		read_machine(true);
		run();
		/* systemd powers off, in an orderly way */
		kill(1, SIGRTMIN + 4);
		return EXIT_SUCCESS;
	}

	if (getpid() != 1 || !dir) {
		fprintf(stderr, "lab-init: needs lab=DIR on the kernel's command line\n");
		return EXIT_FAILURE;
	}
	mount_first(dir);
	net_start();
	read_machine(false);
	if (machine.dir[0])
		make_root(machine.dir);
	write_names();
	if (machine.init[0])
		make_service();
	copy_files();
	if (machine.dir[0])
		enter_root();
	if (machine.init[0]) {
		clearenv();
		execl(machine.init, machine.init, NULL);
		lab_fail("init %s: %s", machine.init, strerror(errno));
	}
	run();
	power_off();
	return EXIT_FAILURE;
}
