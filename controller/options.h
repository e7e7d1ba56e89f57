/* SPDX-License-Identifier: GPL-2.0 */
#ifndef TT_OPTIONS_H
#define TT_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "config.h"

/**
 * enum on_hang - what to do about a client that hangs, once that was said
 *
 * @ON_HANG_REPORT: nothing
 * @ON_HANG_KILL: kill its process, and go on with the others
 * @ON_HANG_ABORT: end the simulation
 */
enum on_hang {
	ON_HANG_REPORT,
	ON_HANG_KILL,
	ON_HANG_ABORT,
};

/**
 * enum grouping - which clients can influence each other without delay
 *
 * @GROUPS_ONE: all
 * @GROUPS_MACHINES: only those of one process
 */
enum grouping {
	GROUPS_ONE,
	GROUPS_MACHINES,
};

/**
 * enum on_hidden_channel - what to do when a group influences another one by a way
 *	that the controller does not know, once that was said
 *
 * @ON_HIDDEN_MERGE: let such groups run one after the other
 * @ON_HIDDEN_STOP: end the simulation
 */
enum on_hidden_channel {
	ON_HIDDEN_MERGE,
	ON_HIDDEN_STOP,
};

/**
 * struct options - the command line
 *
 * @socket: path of the socket
 * @clients: how many clients have to send START before time begins; 0: any
 * @slots: number of slots in the memory, including slot 0
 * @shm: offer the shared memory at all
 * @shm_late: offer it to clients that start after time 0 too
 * @no_shm_for: names of the clients that are not offered it
 * @no_shm_count: how many names those are
 * @start_time: the wall clock at time 0, ns since the epoch
 * @stats: path of the file for statistics, NULL for none
 * @cpu: the CPU that all share, %CPU_AUTO or %CPU_NOWHERE
 * @keep: go on when the last client has gone
 * @watchdog: how long a client may make no progress, s; 0: for ever
 * @on_hang: what to do about a client that makes none for longer
 * @groups: which clients make up a group
 * @jobs: how many groups may run at the same time; 0: one, or as many as there
 *	are CPUs, whatever is faster
 * @on_hidden: what to do about a hidden channel between groups
 * @broadcast_delay: how long a broadcast takes from one group to another, ns
 * @net: the networks
 * @verbose: log who comes, goes, and is waited for
 */
struct options {
	const char *socket;
	uint32_t clients;
	uint32_t slots;
	bool shm;
	bool shm_late;
	uint64_t *no_shm_for;
	size_t no_shm_count;
	uint64_t start_time;
	const char *stats;
	int cpu;
	bool keep;
	uint32_t watchdog;
	enum on_hang on_hang;
	enum grouping groups;
	uint32_t jobs;
	enum on_hidden_channel on_hidden;
	uint64_t broadcast_delay;
	struct net_config net;
	bool verbose;
};

/**
 * enum options_outcome - what to do after parsing
 *
 * @OPTIONS_GO: the options are valid: go on
 * @OPTIONS_DONE: all that was wanted is printed: end with status 0
 * @OPTIONS_WRONG: they are not valid, which the log says: end with status 2
 */
enum options_outcome {
	OPTIONS_GO,
	OPTIONS_DONE,
	OPTIONS_WRONG,
};

void options_default(struct options *opt);
enum options_outcome options_parse(struct options *opt, int argc, char **argv);
void options_free(struct options *opt);

#endif /* TT_OPTIONS_H */
