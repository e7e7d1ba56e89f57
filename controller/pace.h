/* SPDX-License-Identifier: GPL-2.0 */
#ifndef TT_PACE_H
#define TT_PACE_H

#include <stdbool.h>
#include <stdint.h>

/**
 * struct pace - which of two ways to run is faster?
 *
 * @many: the way that is used: several CPUs, or one
 * @better: the one that was faster in the last trial
 * @rounds: how many more times each way is tried; 0 between trials
 * @wall: host's clock when the present stretch began, ns
 * @time: simulated time then, ns
 * @began: it has begun
 * @seen: simulated time when it was looked at last, ns
 * @sum: how long each way was tried, and what it achieved, both in ns
 */
struct pace {
	bool many;
	bool better;
	unsigned int rounds;
	bool began;
	uint64_t wall;
	uint64_t time;
	uint64_t seen;
	struct {
		uint64_t wall;
		uint64_t time;
	} sum[2];
};

void pace_init(struct pace *pace);
bool pace_look(struct pace *pace, uint64_t wall, uint64_t time);

#endif /* TT_PACE_H */
