/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Simulated time: nanoseconds since the simulation began, and the end of it.
 */
#ifndef TT_SIMTIME_H
#define TT_SIMTIME_H

#include <stdint.h>

/*
 * UML compares times as signed in places, asks to run at S64_MAX when it wants
 * to sleep forever, and panics if it is ever told to run then. So this is what
 * "never" is, and nothing at or after it is ever scheduled.
 */
#define SIMTIME_NEVER ((uint64_t)INT64_MAX)

/**
 * simtime_add - add a duration, stopping at %SIMTIME_NEVER
 * @time: a time, ns
 * @ns: how much later
 */
static inline uint64_t simtime_add(uint64_t time, uint64_t ns)
{
	uint64_t sum;

	if (__builtin_add_overflow(time, ns, &sum) || sum > SIMTIME_NEVER)
		return SIMTIME_NEVER;
	return sum;
}

/**
 * simtime_to_local - what a client whose clock started at @offset calls @time
 * @time: controller time, ns
 * @offset: controller time at which the client's clock was 0, ns
 *
 * Never is never for everybody, and before the client's beginning it is 0.
 */
static inline uint64_t simtime_to_local(uint64_t time, uint64_t offset)
{
	if (time >= SIMTIME_NEVER)
		return SIMTIME_NEVER;
	return time > offset ? time - offset : 0;
}

/**
 * simtime_from_local - controller time of a client's own @time
 * @time: the client's time, ns
 * @offset: controller time at which the client's clock was 0, ns
 */
static inline uint64_t simtime_from_local(uint64_t time, uint64_t offset)
{
	return simtime_add(time, offset);
}

#endif /* TT_SIMTIME_H */
