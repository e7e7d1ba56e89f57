/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A lab, as all modules see it. schema.c makes it from a file.
 */
#ifndef TT_LAB_LAB_H
#define TT_LAB_LAB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "pool.h"
#include "tree.h"
#include "value.h"

/* words of a network that only tt-controller understands */
enum quality {
	QUALITY_DELAY,
	QUALITY_JITTER,
	QUALITY_LOSS,
	QUALITY_DUPLICATE,
	QUALITY_RATE,
	QUALITY_QUEUE,
	QUALITY_MTU,
	NR_QUALITIES,
};

extern const char *const quality_names[NR_QUALITIES];

/**
 * struct network - a network
 *
 * @name: its name
 * @node: where the file describes it
 * @quality: its words, NULL where tt-controller's default applies
 * @capture: the file for its frames, in the run's directory, or NULL
 */
struct network {
	const char *name;
	const struct node *node;
	const char *quality[NR_QUALITIES];
	const char *capture;
};

/**
 * struct card - a machine's card on a network
 *
 * @network: the network
 * @node: where the file describes it
 * @address: addresses
 * @nr_addresses: how many
 * @down: times at which the link goes down, ns
 * @nr_downs: how many
 * @up: times at which it comes up again, ns
 * @nr_ups: how many: as many, or one less
 * @capture: the file for its frames, in the run's directory, or NULL
 */
struct card {
	struct network *network;
	const struct node *node;
	struct address *address;
	size_t nr_addresses;
	uint64_t *down;
	size_t nr_downs;
	uint64_t *up;
	size_t nr_ups;
	const char *capture;
};

/**
 * struct pair - two words
 *
 * @key: the first
 * @value: the second
 */
struct pair {
	const char *key;
	const char *value;
};

/**
 * struct guest_file - a file to put into a machine
 *
 * @path: where, in the machine
 * @source: a file or directory of the host, or NULL
 * @text: what it has if @source is NULL
 */
struct guest_file {
	const char *path;
	const char *source;
	const char *text;
};

/**
 * enum expected_exit - how a machine's command has to end
 *
 * @EXPECT_STATUS: with a status
 * @EXPECT_ANY: in any way, and the machine may crash
 * @EXPECT_RUNNING: not at all: it runs when all others have ended
 */
enum expected_exit {
	EXPECT_STATUS,
	EXPECT_ANY,
	EXPECT_RUNNING,
};

/**
 * struct expect - what has to come out
 *
 * @exit: how the command ends
 * @status: its exit status, if that is %EXPECT_STATUS
 * @has_time: whether @time is given
 * @time: how long the command takes
 * @output: an extended regular expression that a line of its output matches, or
 *	NULL
 */
struct expect {
	enum expected_exit exit;
	unsigned int status;
	bool has_time;
	struct range time;
	const char *output;
};

/**
 * enum root - what a machine's root is
 *
 * @ROOT_BUSYBOX: the image
 * @ROOT_HOST: the host's files, read-only below a tmpfs
 * @ROOT_DIRECTORY: a directory of the host
 */
enum root {
	ROOT_BUSYBOX,
	ROOT_HOST,
	ROOT_DIRECTORY,
};

/**
 * struct machine - a machine, or a simulator
 *
 * @name: its name
 * @id: its name for tt-controller: its place in the file, from 1
 * @node: where the file describes it
 * @root: what its root is
 * @directory: that of %ROOT_DIRECTORY, absolute
 * @init: the root's own init to be booted, or NULL
 * @mem: memory, bytes
 * @args: more words for the kernel's command line
 * @nr_args: how many
 * @env: variables of the command's environment
 * @nr_env: how many
 * @files: files to put into it
 * @nr_files: how many
 * @cards: network cards
 * @nr_cards: how many
 * @gateways: default routers, one for IPv4 and one for IPv6 at most
 * @nr_gateways: how many
 * @after: machines that have to be set up before this one is started
 * @nr_after: how many
 * @join: the simulated time at which it is started, ns; 0: at the beginning
 * @run: the command, a script for sh, or NULL
 * @shell: the command is on a terminal
 * @simulator: a command of the host that takes part instead of a machine, or NULL
 * @expect: what has to come out
 * @is_gate: another machine is started after this one
 */
struct machine {
	const char *name;
	unsigned int id;
	const struct node *node;
	enum root root;
	const char *directory;
	const char *init;
	uint64_t mem;
	const char **args;
	size_t nr_args;
	struct pair *env;
	size_t nr_env;
	struct guest_file *files;
	size_t nr_files;
	struct card *cards;
	size_t nr_cards;
	struct address *gateways;
	size_t nr_gateways;
	struct machine **after;
	size_t nr_after;
	uint64_t join;
	const char *run;
	bool shell;
	const char *simulator;
	struct expect expect;
	bool is_gate;
};

/**
 * struct lab - a lab
 *
 * @file: the path of its file, as the user gave it
 * @name: its name: that of the file, without .yaml
 * @root: the file's tree
 * @kernel: a version, or the absolute path of a binary
 * @config: names of the kernel's configuration fragments
 * @nr_configs: how many
 * @start: the wall clock at simulated time 0, ns since the epoch
 * @seed: decides what is random
 * @stop: simulated time at which it ends, ns
 * @timeout: real time at which it ends, ns
 * @watchdog: real time without progress after which a client hangs, ns; 0: never
 * @networks: networks
 * @nr_networks: how many
 * @machines: machines and simulators
 * @nr_machines: how many
 */
struct lab {
	const char *file;
	const char *name;
	const struct node *root;
	const char *kernel;
	const char **config;
	size_t nr_configs;
	uint64_t start;
	uint64_t seed;
	uint64_t stop;
	uint64_t timeout;
	uint64_t watchdog;
	struct network *networks;
	size_t nr_networks;
	struct machine *machines;
	size_t nr_machines;
};

#endif /* TT_LAB_LAB_H */
