/* SPDX-License-Identifier: GPL-2.0 */
#ifndef TT_LAB_PROGRESS_H
#define TT_LAB_PROGRESS_H

#include <stdbool.h>
#include <stdint.h>

/**
 * enum progress_how - who looks at the progress
 *
 * @PROGRESS_NONE: nobody
 * @PROGRESS_LINE: a person: one line on standard error that changes
 * @PROGRESS_JSON: a program: an object a line on standard output
 */
enum progress_how {
	PROGRESS_NONE,
	PROGRESS_LINE,
	PROGRESS_JSON,
};

/**
 * struct progress - how far a run is
 *
 * @how: for whom
 * @stop: simulated time at which it ends at the latest, ns
 * @up: machines that run
 * @machines: machines that there are
 * @time: simulated time, ns
 * @wall: real time since the run began, ns
 * @last_time: @time when it was last shown
 * @last_wall: @wall when it was last shown
 * @shown: there is a line to be removed
 */
struct progress {
	enum progress_how how;
	uint64_t stop;
	unsigned int up;
	unsigned int machines;
	uint64_t time;
	uint64_t wall;
	uint64_t last_time;
	uint64_t last_wall;
	bool shown;
};

enum progress_how progress_choose(bool json, bool quiet);
void progress_show(struct progress *progress);
void progress_clear(struct progress *progress);
void progress_event(struct progress *progress, const char *machine,
		    const char *what);

#endif /* TT_LAB_PROGRESS_H */
