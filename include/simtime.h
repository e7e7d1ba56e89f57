/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Times. Simulated time is in nanoseconds since the simulation began; what it is
 * compared with on the host is in nanoseconds, too.
 */
#ifndef TT_SIMTIME_H
#define TT_SIMTIME_H

#include <stdint.h>

#define NSEC_PER_SEC 1000000000ULL

/*
 * The end of simulated time; nothing is ever scheduled at or after it. UML
 * compares times as signed numbers in places, asks to run at S64_MAX when it
 * wants to sleep for ever, and panics if it is told to run then.
 */
#define SIMTIME_NEVER ((uint64_t)INT64_MAX)

/**
 * simtime_add - add a duration
 * @time: a time, ns
 * @ns: the duration, ns
 *
 * Return: the sum, at most %SIMTIME_NEVER.
 */
static inline uint64_t simtime_add(uint64_t time, uint64_t ns)
{
	uint64_t sum;

	if (__builtin_add_overflow(time, ns, &sum) || sum > SIMTIME_NEVER)
		return SIMTIME_NEVER;
	return sum;
}

/**
 * simtime_to_local - convert a time to a client's own clock
 * @time: controller time, ns
 * @offset: controller time at which the client's clock was 0, ns
 *
 * Return: the client's time, ns; 0 for a time before its clock began,
 * %SIMTIME_NEVER for one at or after the end.
 */
static inline uint64_t simtime_to_local(uint64_t time, uint64_t offset)
{
	if (time >= SIMTIME_NEVER)
		return SIMTIME_NEVER;
	return time > offset ? time - offset : 0;
}

/**
 * simtime_from_local - convert a time from a client's own clock
 * @time: the client's time, ns
 * @offset: controller time at which the client's clock was 0, ns
 *
 * Return: controller time, ns, at most %SIMTIME_NEVER.
 */
static inline uint64_t simtime_from_local(uint64_t time, uint64_t offset)
{
	return simtime_add(time, offset);
}

#endif /* TT_SIMTIME_H */
