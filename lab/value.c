// SPDX-License-Identifier: GPL-2.0
/*
 * Values in a lab's file, and how they are printed. A time has a unit, because
 * nobody remembers what a number alone would mean.
 */

#include <arpa/inet.h>
#include <ctype.h>
#include <inttypes.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#include "simtime.h"
#include "units.h"
#include "util.h"
#include "value.h"

/* the largest in a signed 64-bit number of ns, in s */
#define LAST_SECOND 9223372035

/**
 * value_time - read a time
 * @text: with a unit, such as "5ms" or "1.5h"; "0" needs none
 * @ns: set to the time, ns
 *
 * Return: false if it is none.
 */
bool value_time(const char *text, uint64_t *ns)
{
	size_t len = strlen(text);

	if (!units_time(text, ns))
		return false;
	return *ns == 0 || isalpha((unsigned char)text[len - 1]);
}

/**
 * value_range - read a range of times
 * @text: such as "60s..62s", "..62s", "60s.." or "60s", which means exactly that
 * @range: set to it
 *
 * Return: false if it is none.
 */
bool value_range(const char *text, struct range *range)
{
	const char *dots = strstr(text, "..");
	char first[64];

	*range = (struct range) { .min = 0, .max = UINT64_MAX };
	if (!dots) {
		if (!value_time(text, &range->min))
			return false;
		range->max = range->min;
		return true;
	}
	if ((size_t)(dots - text) >= sizeof(first) || !strcmp(text, ".."))
		return false;
	memcpy(first, text, dots - text);
	first[dots - text] = '\0';
	return (!*first || value_time(first, &range->min)) &&
	       (!dots[2] || value_time(dots + 2, &range->max)) &&
	       range->min <= range->max;
}

/**
 * value_date - read a date and time of day
 * @text: such as "2026-01-01T00:00:00Z"
 * @ns: set to ns since the epoch
 *
 * Return: false if it is none, or not from 1970 to 2262.
 */
bool value_date(const char *text, uint64_t *ns)
{
	struct tm tm = {}, again;
	const char *end;
	time_t seconds;

	end = strptime(text, "%Y-%m-%dT%H:%M:%SZ", &tm);
	if (!end || *end || isspace((unsigned char)*text))
		return false;
	again = tm;
	seconds = timegm(&again);
	if (seconds < 0 || seconds > LAST_SECOND ||
	    again.tm_mday != tm.tm_mday || again.tm_sec != tm.tm_sec)
		return false;
	*ns = seconds * NSEC_PER_SEC;
	return true;
}

/**
 * value_size - read a size
 * @text: bytes, or with K, M or G, such as "128M"
 * @bytes: set to it
 *
 * Return: false if it is none.
 */
bool value_size(const char *text, uint64_t *bytes)
{
	static const char units[] = "KMG";
	size_t len = strlen(text);
	const char *unit = NULL;
	char digits[24];

	if (!len || len >= sizeof(digits))
		return false;
	unit = strchr(units, toupper((unsigned char)text[len - 1]));
	memcpy(digits, text, len + 1);
	if (unit)
		digits[len - 1] = '\0';
	return units_number(digits, 0, UINT64_MAX, bytes) &&
	       !__builtin_mul_overflow(*bytes,
				       unit ? 1024ULL << 10 * (unit - units) : 1,
				       bytes);
}

/**
 * value_number - read a number
 * @text: decimal digits
 * @max: what it is at most
 * @number: set to it
 *
 * Return: false if it is none.
 */
bool value_number(const char *text, uint64_t max, uint64_t *number)
{
	return units_number(text, 0, max, number);
}

/**
 * value_ip - read an address without a prefix
 * @text: IPv4 or IPv6
 * @address: set to it; its prefix is all of its bits
 *
 * Return: false if it is none.
 */
bool value_ip(const char *text, struct address *address)
{
	memset(address, 0, sizeof(*address));
	address->family = strchr(text, ':') ? AF_INET6 : AF_INET;
	address->prefix = address->family == AF_INET ? 32 : 128;
	return inet_pton(address->family, text, address->bytes) == 1;
}

/**
 * value_address - read an address
 * @text: such as "10.0.0.1/24" or "fd00::1/64"
 * @address: set to it
 *
 * Return: false if it is none.
 */
bool value_address(const char *text, struct address *address)
{
	const char *slash = strchr(text, '/');
	char ip[INET6_ADDRSTRLEN];
	uint64_t prefix;

	if (!slash || (size_t)(slash - text) >= sizeof(ip))
		return false;
	memcpy(ip, text, slash - text);
	ip[slash - text] = '\0';
	if (!value_ip(ip, address) ||
	    !units_number(slash + 1, 1, address->prefix, &prefix))
		return false;
	address->prefix = prefix;
	return true;
}

/**
 * value_is_name - can this be the name of a machine or a network?
 * @text: letters, digits and '-', which is neither first nor last
 * @max: how long it may be, bytes
 */
bool value_is_name(const char *text, size_t max)
{
	size_t i, len = strlen(text);

	if (!len || len > max || text[0] == '-' || text[len - 1] == '-')
		return false;
	for (i = 0; i < len; i++)
		if (!isalnum((unsigned char)text[i]) && text[i] != '-')
			return false;
	return true;
}

/**
 * value_print_time - print a time so that value_time() reads it
 * @pool: for the text
 * @ns: the time, ns
 */
const char *value_print_time(struct pool *pool, uint64_t ns)
{
	static const struct {
		const char *name;
		uint64_t ns;
	} units[] = {
		{ "d", 86400 * NSEC_PER_SEC }, { "h", 3600 * NSEC_PER_SEC },
		{ "min", 60 * NSEC_PER_SEC }, { "s", NSEC_PER_SEC },
		{ "ms", 1000000 }, { "us", 1000 }, { "ns", 1 },
	};
	size_t i = 0;

	if (!ns)
		return "0s";
	while (ns % units[i].ns)
		i++;
	return pool_printf(pool, "%" PRIu64 "%s", ns / units[i].ns,
			   units[i].name);
}

/**
 * value_print_seconds - print a time for people
 * @pool: for the text
 * @ns: the time, ns
 *
 * Return: in s, with all nine digits.
 */
const char *value_print_seconds(struct pool *pool, uint64_t ns)
{
	return pool_printf(pool, "%llu.%09llu s", ns / NSEC_PER_SEC,
			   ns % NSEC_PER_SEC);
}

/**
 * value_print_date - print a date so that value_date() reads it
 * @pool: for the text
 * @ns: whole seconds since the epoch, ns
 */
const char *value_print_date(struct pool *pool, uint64_t ns)
{
	time_t seconds = ns / NSEC_PER_SEC;
	char text[64];
	struct tm tm;

	gmtime_r(&seconds, &tm);
	strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%SZ", &tm);
	return pool_strdup(pool, text);
}

/**
 * value_print_ip - print an address without its prefix
 * @pool: for the text
 * @address: the address
 */
const char *value_print_ip(struct pool *pool, const struct address *address)
{
	char text[INET6_ADDRSTRLEN];

	inet_ntop(address->family, address->bytes, text, sizeof(text));
	return pool_strdup(pool, text);
}
