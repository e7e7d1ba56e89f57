// SPDX-License-Identifier: GPL-2.0
/*
 * Several CPUs or one?
 *
 * Theory of operation
 *
 * Groups that run at the same time on several CPUs have to wake each other across
 * CPUs. Where windows are short, or one group has most of the work, that takes
 * longer than it saves, and how much depends on the host. So both ways are tried
 * in turn, in short stretches, and the one in which more simulated time passes is
 * used for a while. Then both are tried again: simulations change.
 *
 * Simulated time passes in steps, as large as windows are. So a stretch lasts until
 * a step has just been made, or parts of steps would count for much in it.
 *
 * The way in use has to be clearly slower to be left, so that chance does not
 * change it all the time. No result depends on any of this.
 *
 * Nothing here reads a clock.
 */

#include <string.h>

#include "pace.h"

/* a stretch of a trial, how many of each way there are, and between trials */
#define STRETCH_NS 10000000
#define ROUNDS 4
#define USE_NS 2000000000

/* if no step comes, a stretch lasts so many times as long as it should */
#define PATIENCE 10

/* %, by how much the other way has to be faster */
#define CLEARLY 5

/**
 * pace_init - try both ways
 * @pace: filled in
 */
void pace_init(struct pace *pace)
{
	*pace = (struct pace) { .rounds = 2 * ROUNDS };
}

/* is it faster to use the way that is not @pace->better? */
static bool other_is_faster(const struct pace *pace)
{
	int in_use = pace->better, other = !pace->better;
	unsigned __int128 a, b;

	a = (unsigned __int128)pace->sum[in_use].time * pace->sum[other].wall;
	b = (unsigned __int128)pace->sum[other].time * pace->sum[in_use].wall;
	return b > a + a * CLEARLY / 100;
}

static void end_stretch(struct pace *pace, uint64_t wall, uint64_t time)
{
	if (!pace->rounds) {
		/* the time to keep what was chosen is over: try both again */
		pace->rounds = 2 * ROUNDS;
		memset(pace->sum, 0, sizeof(pace->sum));
		return;
	}
	pace->sum[pace->many].wall += wall - pace->wall;
	pace->sum[pace->many].time += time - pace->time;
	if (--pace->rounds) {
		pace->many = !pace->many;
		return;
	}
	if (other_is_faster(pace))
		pace->better = !pace->better;
	pace->many = pace->better;
}

/**
 * pace_look - which way should be used from now on?
 * @pace: from pace_init()
 * @wall: host's monotonic clock, ns
 * @time: simulated time that all have reached, ns, not less than before
 *
 * Return: true for several CPUs.
 */
bool pace_look(struct pace *pace, uint64_t wall, uint64_t time)
{
	uint64_t length = pace->rounds ? STRETCH_NS : USE_NS;
	bool step = time > pace->seen;

	pace->seen = time;
	if (pace->began && wall - pace->wall < (step ? 1 : PATIENCE) * length)
		return pace->many;
	if (pace->began)
		end_stretch(pace, wall, time);
	pace->began = true;
	pace->wall = wall;
	pace->time = time;
	return pace->many;
}
