/* SPDX-License-Identifier: GPL-2.0 */
#ifndef TT_OPTIONS_H
#define TT_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define OPTIONS_VERSION "0.1"

/**
 * struct options - what the command line says
 *
 * @socket: path of the socket
 * @clients: time stands still until so many have sent START; 0: nobody waits
 * @slots: slots in the memory, slot 0 included
 * @shm: offer the shared memory at all
 * @shm_late: offer it to clients that start after time 0 too
 * @no_shm_for: names of clients that are not offered it
 * @no_shm_count: how many names that are
 * @start_time: the wall clock at time 0, ns since the epoch
 * @stats: where to write statistics to, or NULL
 * @cpu: the CPU for all, or %CPU_AUTO, or %CPU_NOWHERE
 * @keep: go on when the last client has gone
 * @verbose: tell more
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
	bool verbose;
};

/**
 * enum options_outcome - what to do after parsing
 *
 * @OPTIONS_GO: the options are valid
 * @OPTIONS_DONE: they only asked for something to be printed: exit 0
 * @OPTIONS_WRONG: they are not valid, which was said: exit 2
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
