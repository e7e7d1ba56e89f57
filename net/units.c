// SPDX-License-Identifier: GPL-2.0
/*
 * Times, rates and probabilities as tc(8) writes them: a decimal number and a
 * unit, in upper or lower case. Everything is computed in whole numbers, so that
 * 0.1ms is 100000 ns and not one less.
 */

#include <ctype.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <strings.h>

#include "random.h"
#include "simtime.h"
#include "units.h"
#include "util.h"

/**
 * struct unit - a unit, and how much one of it is
 *
 * @name: its name
 * @value: how much it is
 */
struct unit {
	const char *name;
	uint64_t value;
};

/* a number without a unit has the first one */
static const struct unit times[] = {
	{ "", 1000 },
	{ "s", 1000000000 }, { "sec", 1000000000 }, { "secs", 1000000000 },
	{ "ms", 1000000 }, { "msec", 1000000 }, { "msecs", 1000000 },
	{ "us", 1000 }, { "usec", 1000 }, { "usecs", 1000 },
	{ "ns", 1 }, { "nsec", 1 }, { "nsecs", 1 },
	/* tc(8) does not have these */
	{ "min", 60000000000 }, { "h", 3600000000000 }, { "d", 86400000000000 },
};

#define KILO 1000ULL
#define MEGA (KILO * KILO)
#define GIGA (KILO * MEGA)
#define TERA (KILO * GIGA)
#define KIBI 1024ULL
#define MEBI (KIBI * KIBI)
#define GIBI (KIBI * MEBI)
#define TEBI (KIBI * GIBI)

static const struct unit rates[] = {
	{ "", 1 },
	{ "bit", 1 }, { "kbit", KILO }, { "mbit", MEGA }, { "gbit", GIGA },
	{ "tbit", TERA }, { "kibit", KIBI }, { "mibit", MEBI },
	{ "gibit", GIBI }, { "tibit", TEBI },
	{ "bps", 8 }, { "kbps", 8 * KILO }, { "mbps", 8 * MEGA },
	{ "gbps", 8 * GIGA }, { "tbps", 8 * TERA }, { "kibps", 8 * KIBI },
	{ "mibps", 8 * MEBI }, { "gibps", 8 * GIBI }, { "tibps", 8 * TEBI },
};

/* more digits after the point are more than anybody means */
#define MAX_SCALE 1000000000000ULL

/* read @value / @scale; return where its unit begins, NULL if it is no number */
static const char *decimal(const char *text, uint64_t *value, uint64_t *scale)
{
	bool point = false;

	*value = 0;
	*scale = 1;
	if (!isdigit((unsigned char)*text))
		return NULL;
	for (; isdigit((unsigned char)*text) || (*text == '.' && !point);
	     text++) {
		if (*text == '.') {
			point = true;
			continue;
		}
		if (point)
			*scale *= 10;
		if (*scale > MAX_SCALE ||
		    __builtin_mul_overflow(*value, 10, value) ||
		    __builtin_add_overflow(*value, *text - '0', value))
			return NULL;
	}
	return text;
}

static const struct unit *find(const struct unit *units, size_t nr,
			       const char *name)
{
	size_t i;

	for (i = 0; i < nr; i++)
		if (strcasecmp(units[i].name, name) == 0)
			return &units[i];
	return NULL;
}

/* a number in units of which it has to be a whole number up to @max */
static bool whole(const char *text, const struct unit *units, size_t nr,
		  uint64_t max, uint64_t *result)
{
	const struct unit *unit;
	unsigned __int128 product;
	uint64_t value, scale;
	const char *name;

	name = decimal(text, &value, &scale);
	unit = name ? find(units, nr, name) : NULL;
	if (!unit)
		return false;
	product = (unsigned __int128)value * unit->value;
	if (product % scale || product / scale > max)
		return false;
	*result = product / scale;
	return true;
}

/**
 * units_time - read a time
 * @text: such as "5ms"; a number alone is in us
 * @ns: set to the time, ns
 *
 * Return: false if it is none, or no whole number of ns.
 */
bool units_time(const char *text, uint64_t *ns)
{
	return whole(text, times, ARRAY_SIZE(times), SIMTIME_NEVER - 1, ns);
}

/**
 * units_rate - read a rate
 * @text: such as "100Mbit", or "1.5mbps" for bytes; a number alone is in bit/s
 * @bits: set to the rate, bit/s
 *
 * Return: false if it is none, or no whole number of bit/s, or 0.
 */
bool units_rate(const char *text, uint64_t *bits)
{
	return whole(text, rates, ARRAY_SIZE(rates), UINT64_MAX, bits) && *bits;
}

/**
 * units_probability - read a probability
 * @text: percent, such as "0.1%"
 * @probability: set to it, as a fraction of %PROBABILITY_ONE
 *
 * Return: false if it is none, or more than 100 %.
 */
bool units_probability(const char *text, uint64_t *probability)
{
	uint64_t value, scale;
	const char *name;

	name = decimal(text, &value, &scale);
	if (!name || (*name && strcmp(name, "%")) || value > 100 * scale)
		return false;
	*probability = (unsigned __int128)PROBABILITY_ONE * value /
		       (100 * scale);
	return true;
}

/**
 * units_number - read a whole number
 * @text: decimal digits and nothing else
 * @min: what it is at least
 * @max: what it is at most
 * @number: set to it
 *
 * Return: false if it is none, or out of range.
 */
bool units_number(const char *text, uint64_t min, uint64_t max,
		  uint64_t *number)
{
	uint64_t scale;
	const char *end;

	end = decimal(text, number, &scale);
	return end && !*end && scale == 1 && end[-1] != '.' && *number >= min &&
	       *number <= max;
}
