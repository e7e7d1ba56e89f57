/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Random numbers that are the same in every run: a generator of 64 bits of
 * state (splitmix64), one for each purpose, so that no other one's draws change
 * what it gives.
 */
#ifndef TT_NET_RANDOM_H
#define TT_NET_RANDOM_H

#include <stdbool.h>
#include <stdint.h>

/* that of certainty; others are fractions of it */
#define PROBABILITY_ONE (1ULL << 63)

/**
 * struct random - a generator
 *
 * @state: its state; any value will do
 */
struct random {
	uint64_t state;
};

/**
 * random_next - draw a number
 * @random: the generator
 *
 * Return: any 64 bits, all equally likely.
 */
static inline uint64_t random_next(struct random *random)
{
	uint64_t x = random->state += 0x9e3779b97f4a7c15;

	x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9;
	x = (x ^ x >> 27) * 0x94d049bb133111eb;
	return x ^ x >> 31;
}

/**
 * random_mix - make the state depend on something else as well
 * @random: the generator
 * @value: what it is to depend on
 */
static inline void random_mix(struct random *random, uint64_t value)
{
	random->state = random_next(random) ^ value;
}

/**
 * random_below - draw a number below a limit
 * @random: the generator
 * @limit: the limit, not 0
 *
 * Return: 0 to @limit - 1, all equally likely but for one in 2^64 / @limit.
 */
static inline uint64_t random_below(struct random *random, uint64_t limit)
{
	return (unsigned __int128)random_next(random) * limit >> 64;
}

/**
 * random_chance - does something happen that is not certain?
 * @random: the generator
 * @probability: how likely it is, 0 to %PROBABILITY_ONE
 */
static inline bool random_chance(struct random *random, uint64_t probability)
{
	return random_next(random) >> 1 < probability;
}

#endif /* TT_NET_RANDOM_H */
