/* SPDX-License-Identifier: GPL-2.0 */
#ifndef TT_LAB_RESULT_H
#define TT_LAB_RESULT_H

#include "lab.h"

/**
 * enum outcome - how a machine ended
 *
 * @OUTCOME_NEVER_STARTED: it was not started
 * @OUTCOME_EXIT: its command ended with a status
 * @OUTCOME_SIGNAL: its command was ended by a signal
 * @OUTCOME_FAILED: it could not be set up
 * @OUTCOME_PANIC: its kernel panicked
 * @OUTCOME_CRASH: its process ended without a result
 * @OUTCOME_HANG: it made no progress, and was killed
 * @OUTCOME_RUNNING: it still ran when all others had ended
 * @OUTCOME_STOPPED: it still ran at the lab's stop
 * @OUTCOME_KILLED: it still ran when the run was ended early
 */
enum outcome {
	OUTCOME_NEVER_STARTED,
	OUTCOME_EXIT,
	OUTCOME_SIGNAL,
	OUTCOME_FAILED,
	OUTCOME_PANIC,
	OUTCOME_CRASH,
	OUTCOME_HANG,
	OUTCOME_RUNNING,
	OUTCOME_STOPPED,
	OUTCOME_KILLED,
};

/**
 * struct result - how a machine ended
 *
 * @outcome: in one word
 * @number: the status, or the signal
 * @text: for people
 * @has_times: whether @began and @ended are known
 * @began: when its command began, simulated time since its boot, ns
 * @ended: when it ended
 */
struct result {
	enum outcome outcome;
	unsigned int number;
	const char *text;
	bool has_times;
	uint64_t began;
	uint64_t ended;
};

/**
 * struct ending - what tt-lab knows of a machine's process
 *
 * @started: it was started
 * @killed: tt-lab killed it, and the reason is not NULL: an outcome for people
 * @why: what it is then
 * @status: from waitpid()
 */
struct ending {
	bool started;
	const char *killed;
	enum outcome why;
	int status;
};

void result_read(struct pool *pool, const struct machine *machine,
		 const char *directory, const struct ending *ending,
		 struct result *result);
const char *result_name(enum outcome outcome);

#endif /* TT_LAB_RESULT_H */
