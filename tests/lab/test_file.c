// SPDX-License-Identifier: GPL-2.0
/* What is in a lab's file, and what is wrong with it. */
#include "reading.h"

#include "dump.h"

#define M "machines:\n"
#define S 1000000000ULL

/* @text is wrong, and these are all the lines that say so */
static void says(const char *text, const char *expected)
{
	struct reading reading;

	read_lab(&reading, text, strlen(text), NULL);
	assert_string_equal(reading.said, expected);
	assert_false(reading.ok);
	reading_free(&reading);
}

static void is_fine(struct reading *reading, const char *text)
{
	read_lab(reading, text, strlen(text), NULL);
	assert_string_equal(reading->said, "");
	assert_true(reading->ok);
}

static void what_is_no_yaml_is_an_error_with_its_line(void **state)
{
	(void)state;
	says("", "f.yaml: it is empty\n");
	says("# nothing\n", "f.yaml: it is empty\n");
	says("a: 1\nb: [1, 2\nc: 3\n",
	     "f.yaml:3: while parsing a flow sequence: did not find expected ',' or ']'\n");
	says("a: 1\n\tb: 2\n",
	     "f.yaml:2: while scanning a plain scalar: found a tab character that violates indentation\n");
	says("a: 'b\n", "f.yaml:2: while scanning a quoted scalar: found unexpected end of stream\n");
	says("machines: {}\n---\nmachines: {}\n", "f.yaml:2: a second document\n");
	says("a: &x 1\nb: *x\n", "f.yaml:2: aliases (*name) are not supported, see 'count' in tt-lab(5)\n");
	says("? [a]\n: 1\n", "f.yaml:1: a key is no word\n");
	says("seed: 1\nstop: 1s\nseed: 2\n",
	     "f.yaml:3: 'seed' twice, first in line 1\n");
	says("seed: \"1\\02\"\n", "f.yaml:1: a text has a zero byte\n");
	says("\xff\xfe", "f.yaml: it is empty\n");
	says("a: \xff\n", "f.yaml: invalid leading UTF-8 octet\n");
	says("[[[[[[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]]]]]]\n",
	     "f.yaml:1: too deep\n");
}

static void unknown_keys_are_errors_that_name_the_known_ones(void **state)
{
	(void)state;
	says("sead: 1\n" M "  a: { run: x }\n",
	     "f.yaml:1: sead: there is no such key; there are kernel, config, start, seed, stop, timeout, watchdog, networks, machines\n");
	says("networks:\n  lan:\n    dellay: 5ms\n" M "  a: { run: x }\n",
	     "f.yaml:3: networks.lan.dellay: there is no such key; there are delay, jitter, loss, duplicate, rate, queue, mtu, capture\n");
	says(M "  a:\n    run: x\n    cmd: x\n",
	     "f.yaml:4: machines.a.cmd: there is no such key; there are root, init, mem, args, env, files, networks, gateway, after, join, run, shell, simulator, expect\n");
	says(M "  a: { run: x, expect: { status: 0 } }\n",
	     "f.yaml:2: machines.a.expect.status: there is no such key; there are exit, time, output\n");
	says("networks: { lan: }\n" M "  a: { run: x, networks: { lan: { mac: 1 } } }\n",
	     "f.yaml:3: machines.a.networks.lan.mac: there is no such key; there are address, down, up, capture\n");
}

/* a value of a machine, and what is wrong with it */
static const struct {
	const char *value;
	const char *why;
} wrong_in_machines[] = {
	{ "mem: 128", "mem: '128' is no size in whole M, such as 128M, from 32M to 64G" },
	{ "mem: 128MB", "mem: '128MB' is no size in whole M, such as 128M, from 32M to 64G" },
	{ "mem: 99999999999999999999G", "mem: '99999999999999999999G' is no size in whole M, such as 128M, from 32M to 64G" },
	{ "mem: 33000K", "mem: '33000K' is no size in whole M, such as 128M, from 32M to 64G" },
	{ "mem: [64M]", "mem: it has to be a word, not a list" },
	{ "mem: ", "mem: it has no value" },
	{ "mem: {}", "mem: it has to be a word, not a map" },
	{ "root: debian", "root: 'debian' is neither busybox, / nor a directory such as ./debian" },
	{ "root: ./x\n    init: init", "init: 'init' is no absolute path, such as /sbin/init" },
	{ "init: /sbin/init", "init: only a root that is a directory has an init of its own" },
	{ "args: [a, [b]]", "args[1]: it has to be a word, not a list" },
	{ "env: [A]", "env: it has to be a map, as in { LANG: C }" },
	{ "env: { 1A: x }", "env.1A: this is no name of a variable" },
	{ "env: { A: \"x\\ny\" }", "env.A: it has to be one line" },
	{ "env: { A: [] }", "env.A: it has to be one line" },
	{ "files: x", "files: it has to be a map, as in { /etc/hosts: ./hosts }" },
	{ "files: { etc/x: y }", "files.etc/x: this is no absolute path of a file" },
	{ "files: { /etc/../x: y }", "files./etc/../x: this is no absolute path of a file" },
	{ "files: { /etc/: y }", "files./etc/: this is no absolute path of a file" },
	{ "files: { /x: { txt: y } }", "files./x.txt: there is no such key; there are text" },
	{ "files: { /x: { text: [] } }", "files./x.text: it has to be a text" },
	{ "networks: lan", "networks: it has to be a map, as in { lan: 10.0.0.1/24 }" },
	{ "networks: { wan: 10.0.0.1/24 }", "networks.wan: there is no such network" },
	{ "networks: { lan: 10.0.0.1 }", "networks.lan: '10.0.0.1' is no address such as 10.0.0.1/24 or fd00::1/64" },
	{ "networks: { lan: 10.0.0.1/33 }", "networks.lan: '10.0.0.1/33' is no address such as 10.0.0.1/24 or fd00::1/64" },
	{ "networks: { lan: 10.0.0.256/24 }", "networks.lan: '10.0.0.256/24' is no address such as 10.0.0.1/24 or fd00::1/64" },
	{ "networks: { lan: 10.0.0.1/0 }", "networks.lan: '10.0.0.1/0' is no address such as 10.0.0.1/24 or fd00::1/64" },
	{ "networks: { lan: [fd00::1/64, fd00::g/64] }", "networks.lan[1]: 'fd00::g/64' is no address such as 10.0.0.1/24 or fd00::1/64" },
	{ "networks: { lan: { up: 1s } }", "networks.lan: down and up have to take turns" },
	{ "networks: { lan: { down: [1s, 2s] } }", "networks.lan: down and up have to take turns" },
	{ "networks: { lan: { down: 2s, up: 1s } }", "networks.lan: down and up: each has to be later than the one before" },
	{ "networks: { lan: { down: [1s, 2s], up: [3s, 4s] } }", "networks.lan: down and up: each has to be later than the one before" },
	{ "networks: { lan: { down: 10 } }", "networks.lan.down: '10' is not a time with a unit, such as 10s" },
	{ "networks: { lan: { capture: ../x.pcap } }", "networks.lan.capture: '../x.pcap' is no name for a capture, such as lan.pcap" },
	{ "join: 5", "join: '5' is not a time with a unit, such as 10s; for another machine there is 'after'" },
	{ "join: b", "join: 'b' is not a time with a unit, such as 10s; for another machine there is 'after'" },
	{ "join: 2h", "join: that is not before the lab's stop" },
	{ "shell: yes", "shell: 'yes' is neither true nor false" },
	{ "after: c", "after: there is no machine 'c'" },
	{ "after: [b, c]", "after[1]: there is no machine 'c'" },
	{ "after: a", "after: it would have to come after itself" },
	{ "gateway: 10.0.0.1/24", "gateway: '10.0.0.1/24' is neither an address without /, nor a machine" },
	{ "gateway: 10.0.0.1", "gateway: 10.0.0.1 is in no network of a" },
	{ "gateway: b", "gateway: a and b share no network with addresses" },
	{ "expect: 0", "expect: it has to be a map, as in { exit: ... }" },
	{ "expect: { exit: 256 }", "expect.exit: '256' is neither a status, 0 to 255, nor any or running" },
	{ "expect: { exit: -1 }", "expect.exit: '-1' is neither a status, 0 to 255, nor any or running" },
	{ "expect: { time: 60..62 }", "expect.time: '60..62' is no range of times with units, such as 60s..62s" },
	{ "expect: { time: 62s..60s }", "expect.time: '62s..60s' is no range of times with units, such as 60s..62s" },
	{ "expect: { time: .. }", "expect.time: '..' is no range of times with units, such as 60s..62s" },
	{ "expect: { output: '(' }", "expect.output: '(' is no regular expression: Unmatched ( or \\(" },
};

static void wrong_values_of_a_machine_are_errors_with_line_and_path(void **state)
{
	char text[512], expected[512];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(wrong_in_machines) / sizeof(*wrong_in_machines);
	     i++) {
		snprintf(text, sizeof(text), "networks: { lan: }\n" M
			 "  b: { run: x }\n  a:\n    run: x\n    %s\n",
			 wrong_in_machines[i].value);
		snprintf(expected, sizeof(expected), "f.yaml:%d: machines.a.%s\n",
			 strchr(wrong_in_machines[i].value, '\n') ? 7 : 6,
			 wrong_in_machines[i].why);
		says(text, expected);
	}
}

static const struct {
	const char *value;
	const char *why;
} wrong_in_networks[] = {
	{ "delay: 5", "delay: '5' is not a time with a unit, such as 5ms" },
	{ "delay: 5mss", "delay: '5mss' is not a time with a unit, such as 5ms" },
	{ "delay: 100Mbit", "delay: '100Mbit' is not a time with a unit, such as 5ms" },
	{ "delay: -5ms", "delay: '-5ms' is not a time with a unit, such as 5ms" },
	{ "jitter: 1ms", "jitter: more than delay" },
	{ "loss: 0.1", "loss: '0.1' is not a percentage, such as 0.1%" },
	{ "loss: 101%", "loss: '101%' is not a percentage, such as 0.1%" },
	{ "duplicate: x%", "duplicate: 'x%' is not a percentage, such as 0.1%" },
	{ "rate: 100", "rate: '100' is not a rate with a unit, such as 100Mbit" },
	{ "rate: 5ms", "rate: '5ms' is not a rate with a unit, such as 100Mbit" },
	{ "queue: many", "queue: 'many' is not a number of frames, 0 to 1000000" },
	{ "mtu: 67", "mtu: '67' is not a number of bytes, 68 to 65535" },
	{ "capture: lan", "capture: 'lan' is no name for a capture, such as lan.pcap" },
	{ "count: 0", "count: it has to be a number, 1 to 4096" },
	{ "count: 5000", "count: it has to be a number, 1 to 4096" },
};

static void wrong_values_of_a_network_are_errors_with_line_and_path(void **state)
{
	char text[512], expected[512];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(wrong_in_networks) / sizeof(*wrong_in_networks);
	     i++) {
		snprintf(text, sizeof(text),
			 "networks:\n  lan:\n    %s\n" M "  a: { run: x }\n",
			 wrong_in_networks[i].value);
		snprintf(expected, sizeof(expected),
			 "f.yaml:3: networks.lan.%s\n",
			 wrong_in_networks[i].why);
		says(text, expected);
	}
}

static void wrong_values_of_a_lab_are_errors_with_line_and_path(void **state)
{
	(void)state;
	says("start: tomorrow\n" M "  a: { run: x }\n",
	     "f.yaml:1: start: 'tomorrow' is no date such as 2026-01-01T00:00:00Z, from 1970 to 2262\n");
	says("start: 2026-02-30T00:00:00Z\n" M "  a: { run: x }\n",
	     "f.yaml:1: start: '2026-02-30T00:00:00Z' is no date such as 2026-01-01T00:00:00Z, from 1970 to 2262\n");
	says("start: 2500-01-01T00:00:00Z\n" M "  a: { run: x }\n",
	     "f.yaml:1: start: '2500-01-01T00:00:00Z' is no date such as 2026-01-01T00:00:00Z, from 1970 to 2262\n");
	says("seed: abc\nstop: 60\ntimeout: 0\n" M "  a: { run: x }\n",
	     "f.yaml:1: seed: 'abc' is no number, 0 to 4294967295\n"
	     "f.yaml:2: stop: '60' is not a time with a unit, such as 10min\n"
	     "f.yaml:3: timeout: '0' is not a time with a unit, such as 10min\n");
	says("config: [net, ../x]\n" M "  a: { run: x }\n",
	     "f.yaml:1: config[1]: '../x' is no name of a part of a configuration, such as net\n");
	says("seed: 1\n", "f.yaml: it has no machines\n");
	says(M "  {}\n", "f.yaml:1: machines: it has to be a map from names to machines\n");
	says("networks: [lan]\n" M "  a: { run: x }\n",
	     "f.yaml:1: networks: it has to be a map from names to networks\n");
	says("- a\n", "f.yaml:1: it has to be a map, as in { kernel: ... }\n");
	says(M "  a:\n", "f.yaml:2: machines.a: it has to be a map, as in { root: ... }\n");
}

static void names_are_those_of_hosts(void **state)
{
	(void)state;
	says(M "  a_b: { run: x }\n",
	     "f.yaml:2: machines.a_b: a machine's name has 1 to 63 letters, digits or '-'\n");
	says(M "  ../b: { run: x }\n",
	     "f.yaml:2: machines.../b: a machine's name has 1 to 63 letters, digits or '-'\n");
	says(M "  -b: { run: x }\n",
	     "f.yaml:2: machines.-b: a machine's name has 1 to 63 letters, digits or '-'\n");
	says("networks: { a b: }\n" M "  a: { run: x }\n",
	     "f.yaml:1: networks.a b: a network's name has 1 to 32 letters, digits or '-'\n");
	says(M "  a: { run: x }\n  A: { run: x }\n",
	     "f.yaml:3: machines.A: its name differs from that of a only in capitals\n");
}

static void what_does_not_fit_together_is_an_error(void **state)
{
	(void)state;
	says(M "  a: { mem: 64M }\n",
	     "f.yaml:2: machines.a: it has nothing to do: give it run, shell or simulator\n");
	says(M "  a: { simulator: x, mem: 64M }\n",
	     "f.yaml:2: machines.a.mem: a simulator has no 'mem'\n");
	says(M "  a: { simulator: x }\n  b: { run: x, after: a }\n",
	     "f.yaml:3: machines.b.after: a is a simulator, which nobody can come after\n");
	says(M "  a: { run: x, after: c }\n  b: { run: x, after: a }\n  c: { run: x, after: b }\n  d: { run: x }\n",
	     "f.yaml:2: machines.a.after: it would have to come after itself\n"
	     "f.yaml:3: machines.b.after: it would have to come after itself\n"
	     "f.yaml:4: machines.c.after: it would have to come after itself\n");
	says(M "  a: { run: x, after: b, join: 1s }\n  b: { run: x }\n",
	     "f.yaml:2: machines.a.join: either after or join\n");
	says("networks: { lan: }\n" M "  a: { run: x, networks: { lan: 10.0.0.1/24 } }\n"
	     "  b: { run: x, networks: { lan: 10.0.0.1/24 } }\n",
	     "f.yaml:4: machines.b.networks.lan: 10.0.0.1 is the address of a already\n");
	says("networks: { lan: }\n" M "  a: { run: x, networks: { lan: [fd00::1/64, fd00:0::1/64] } }\n",
	     "f.yaml:3: machines.a.networks.lan: fd00::1 is the address of a already\n");
	says("networks:\n  lan: { capture: x.pcap }\n  wan: { capture: x.pcap }\n" M "  a: { run: x }\n",
	     "f.yaml:3: networks.wan.capture: 'x.pcap' is the file of another capture, in line 2\n");
	says(M "  a: { run: x, expect: { exit: running } }\n",
	     "f.yaml: all machines are expected to run for ever\n");
}

static void all_errors_are_said_at_once_and_each_only_once(void **state)
{
	(void)state;
	says("seed: x\nnetworks:\n  lan: { delay: 5 }\n" M
	     "  node: { count: 8, run: x, mem: 1 }\n",
	     "f.yaml:3: networks.lan.delay: '5' is not a time with a unit, such as 5ms\n"
	     "f.yaml:1: seed: 'x' is no number, 0 to 4294967295\n"
	     "f.yaml:5: machines.node1.mem: '1' is no size in whole M, such as 128M, from 32M to 64G\n");
}

static const char whole[] =
"kernel: ./linux\n"
"config: [net, debian]\n"
"start: 2026-01-01T00:00:00Z\n"
"seed: 42\n"
"stop: 1.5h\n"
"timeout: 10min\n"
"networks:\n"
"  lan: { delay: 5ms, loss: 0.1%, rate: 100Mbit, capture: lan.pcap }\n"
"  wan:\n"
"machines:\n"
"  server:\n"
"    root: /\n"
"    networks:\n"
"      lan: [10.0.0.1/24, fd00::1/64]\n"
"      wan: { address: 10.1.0.1/16, down: 10s, up: 20s, capture: s.pcap }\n"
"    run: iperf3 -s -1\n"
"    expect: { exit: running, output: \"a \\\\ \\\" b\" }\n"
"  client:\n"
"    root: ./debian\n"
"    init: /sbin/init\n"
"    mem: 512M\n"
"    args: [ debug, panic=5 quiet ]\n"
"    env: { LANG: C, EMPTY: '' }\n"
"    files: { /etc/x: x, /etc/y: { text: \"1\\n2\\n\" } }\n"
"    networks: { lan: 10.0.0.2/24 }\n"
"    gateway: server\n"
"    after: server\n"
"    run: |\n"
"      date +%s\n"
"      iperf3 -c server\n"
"    expect: { exit: 3, time: 60s..62s }\n"
"  medium: { simulator: wmediumd -c x }\n";

static void a_lab_is_read(void **state)
{
	struct machine *server, *client;
	struct reading reading;
	struct lab *lab = &reading.lab;

	(void)state;
	is_fine(&reading, whole);
	assert_string_equal(lab->name, "f");
	assert_int_equal(lab->kernel[0], '/');
	assert_int_equal(lab->nr_configs, 2);
	assert_int_equal(lab->start, 1767225600 * S);
	assert_int_equal(lab->seed, 42);
	assert_int_equal(lab->stop, 5400 * S);
	assert_int_equal(lab->timeout, 600 * S);
	assert_int_equal(lab->nr_networks, 2);
	assert_string_equal(lab->networks[0].quality[QUALITY_LOSS], "0.1%");
	assert_int_equal(lab->nr_machines, 3);

	server = check_find(lab, "server");
	assert_int_equal(server->id, 1);
	assert_int_equal(server->root, ROOT_HOST);
	assert_int_equal(server->mem, 256 << 20);
	assert_int_equal(server->nr_cards, 2);
	assert_int_equal(server->cards[0].nr_addresses, 2);
	assert_int_equal(server->cards[0].address[1].family, AF_INET6);
	assert_int_equal(server->cards[1].down[0], 10 * S);
	assert_int_equal(server->cards[1].up[0], 20 * S);
	assert_true(server->is_gate);
	assert_int_equal(server->expect.exit, EXPECT_RUNNING);

	client = check_find(lab, "client");
	assert_int_equal(client->root, ROOT_DIRECTORY);
	assert_int_equal(client->nr_args, 3);
	assert_string_equal(client->args[2], "quiet");
	assert_int_equal(client->nr_env, 2);
	assert_int_equal(client->nr_gateways, 1);
	assert_string_equal(value_print_ip(&reading.pool, client->gateways),
			    "10.0.0.1");
	assert_ptr_equal(client->after[0], server);
	assert_string_equal(client->run, "date +%s\niperf3 -c server\n");
	assert_int_equal(client->expect.status, 3);
	assert_int_equal(client->expect.time.min, 60 * S);
	assert_int_equal(client->expect.time.max, 62 * S);
	assert_string_equal(client->files[1].text, "1\n2\n");
	assert_string_equal(check_find(lab, "medium")->simulator,
			    "wmediumd -c x");
	reading_free(&reading);
}

static char *dump(struct reading *reading)
{
	char *text;
	size_t len;
	FILE *file = open_memstream(&text, &len);

	assert_non_null(file);
	dump_lab(&reading->pool, &reading->lab, file);
	fclose(file);
	return text;
}

static void a_lab_that_was_written_is_read_as_the_same_lab(void **state)
{
	struct reading reading, again;
	char *first, *second;

	(void)state;
	is_fine(&reading, whole);
	first = dump(&reading);
	is_fine(&again, first);
	second = dump(&again);
	assert_string_equal(first, second);
	assert_string_equal(again.lab.machines[0].expect.output, "a \\ \" b");
	assert_int_equal(again.lab.machines[1].nr_files, 2);
	assert_true(again.lab.machines[0].is_gate);
	free(first);
	free(second);
	reading_free(&reading);
	reading_free(&again);
}

static void a_count_makes_numbered_copies(void **state)
{
	struct reading reading;
	struct machine *node;

	(void)state;
	is_fine(&reading, "networks: { net: { count: 4 } }\n" M
		"  node:\n    count: 3\n"
		"    networks: { net%: 10.0.%.1/24, net%+1: 10.0.%+1.2/24 }\n"
		"    run: date +%%s; echo %, %-1, %+10%\n"
		"  x%y: { count: 2, run: 'true' }\n");
	assert_int_equal(reading.lab.nr_machines, 5);
	assert_non_null(check_find(&reading.lab, "x2y"));
	node = check_find(&reading.lab, "node3");
	assert_non_null(node);
	assert_string_equal(node->run, "date +%s; echo 3, 2, 133");
	assert_string_equal(node->cards[1].network->name, "net4");
	assert_string_equal(value_print_ip(&reading.pool,
					   node->cards[1].address),
			    "10.0.4.2");
	reading_free(&reading);
}

static void copies_that_collide_are_errors(void **state)
{
	(void)state;
	says(M "  a: { count: 2, run: x }\n  a2: { run: x }\n",
	     "f.yaml:3: machines.a2: 'a2' twice, once from a count\n");
}

static void a_value_can_be_set_from_the_command_line(void **state)
{
	static const char text[] = "networks: { lan: }\n" M "  a: { run: x }\n";
	static const struct {
		const char *set;
		const char *said;
	} rows[] = {
		{ "machines.a.mem=64M", "" },
		{ "networks.lan.delay=1ms", "" },
		{ "networks.wan={ delay: 1ms }", "" },
		{ "machines.a.mem=x", "--set: machines.a.mem: 'x' is no size in whole M, such as 128M, from 32M to 64G\n" },
		{ "machines.a.mem", "f.yaml: --set machines.a.mem: it has to be path=value, such as machines.client.mem=128M\n" },
		{ "=x", "f.yaml: --set =x: it has to be path=value, such as machines.client.mem=128M\n" },
		{ "machines.a.run.x=1", "f.yaml: --set machines.a.run.x=1: there is no such place\n" },
		{ "seed=[1", "--set seed=[1: while parsing a flow sequence: did not find expected ',' or ']'\n" },
		{ "sead=1", "--set: sead: there is no such key; there are kernel, config, start, seed, stop, timeout, watchdog, networks, machines\n" },
	};
	struct reading reading;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		read_lab(&reading, text, strlen(text), rows[i].set);
		assert_string_equal(reading.said, rows[i].said);
		reading_free(&reading);
	}
	read_lab(&reading, text, strlen(text), "machines.a={ run: y, mem: 64M }");
	assert_true(reading.ok);
	assert_string_equal(reading.lab.machines[0].run, "y");
	assert_int_equal(reading.lab.machines[0].mem, 64 << 20);
	reading_free(&reading);
}

/* what is wrong with it is not the point: that there is always an answer is */
static void no_damaged_file_ends_the_program(void **state)
{
	struct reading reading;
	char text[sizeof(whole)];
	uint64_t x = 88172645463325252;
	size_t i, j, cut;

	(void)state;
	for (i = 0; i < 3000; i++) {
		memcpy(text, whole, sizeof(text));
		for (j = 0; j <= i % 4; j++) {
			x ^= x << 13;
			x ^= x >> 7;
			x ^= x << 17;
			text[x % (sizeof(text) - 1)] =
				"\n\t %:{}[],'\"*&-!|>#?0aA\\\xff"[(x >> 40) % 25];
		}
		cut = i % 5 ? sizeof(text) - 1 : (x >> 20) % sizeof(text);
		read_lab(&reading, text, cut, NULL);
		assert_int_equal(reading.ok, !*reading.said);
		reading_free(&reading);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_no_yaml_is_an_error_with_its_line),
		cmocka_unit_test(unknown_keys_are_errors_that_name_the_known_ones),
		cmocka_unit_test(wrong_values_of_a_machine_are_errors_with_line_and_path),
		cmocka_unit_test(wrong_values_of_a_network_are_errors_with_line_and_path),
		cmocka_unit_test(wrong_values_of_a_lab_are_errors_with_line_and_path),
		cmocka_unit_test(names_are_those_of_hosts),
		cmocka_unit_test(what_does_not_fit_together_is_an_error),
		cmocka_unit_test(all_errors_are_said_at_once_and_each_only_once),
		cmocka_unit_test(a_lab_is_read),
		cmocka_unit_test(a_lab_that_was_written_is_read_as_the_same_lab),
		cmocka_unit_test(a_count_makes_numbered_copies),
		cmocka_unit_test(copies_that_collide_are_errors),
		cmocka_unit_test(a_value_can_be_set_from_the_command_line),
		cmocka_unit_test(no_damaged_file_ends_the_program),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
