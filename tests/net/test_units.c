// SPDX-License-Identifier: GPL-2.0
/* Times, rates and probabilities as tc(8) writes them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "random.h"
#include "simtime.h"
#include "units.h"

#define MS 1000000ULL

static uint64_t time_of(const char *text)
{
	uint64_t ns = 0;

	if (!units_time(text, &ns))
		fail_msg("'%s' is no time", text);
	return ns;
}

static uint64_t rate_of(const char *text)
{
	uint64_t bits = 0;

	if (!units_rate(text, &bits))
		fail_msg("'%s' is no rate", text);
	return bits;
}

static uint64_t probability_of(const char *text)
{
	uint64_t probability = 0;

	if (!units_probability(text, &probability))
		fail_msg("'%s' is no probability", text);
	return probability;
}

static void times_have_units_and_are_us_without_one(void **state)
{
	(void)state;
	assert_int_equal(time_of("5ms"), 5 * MS);
	assert_int_equal(time_of("5msec"), 5 * MS);
	assert_int_equal(time_of("5MSECS"), 5 * MS);
	assert_int_equal(time_of("2s"), 2000 * MS);
	assert_int_equal(time_of("2secs"), 2000 * MS);
	assert_int_equal(time_of("7us"), 7000);
	assert_int_equal(time_of("7"), 7000);
	assert_int_equal(time_of("9ns"), 9);
	assert_int_equal(time_of("3min"), 180000 * MS);
	assert_int_equal(time_of("1.5h"), 5400000 * MS);
	assert_int_equal(time_of("2d"), 172800000 * MS);
	assert_int_equal(time_of("0"), 0);
}

static void fractions_are_exact(void **state)
{
	(void)state;
	assert_int_equal(time_of("0.1ms"), 100000);
	assert_int_equal(time_of("1.000001ms"), 1000001);
	assert_int_equal(time_of("86400.000000001s"), 86400000000001);
	assert_int_equal(time_of("5.ms"), 5 * MS);
	assert_int_equal(rate_of("1.5Mbit"), 1500000);
}

static void what_is_no_time_is_refused(void **state)
{
	static const char *const wrong[] = {
		"", "ms", "-1ms", "+1ms", " 1ms", "1 ms", "1ms ", "1 ", "1.2.3ms",
		".5ms", "1xs", "0.5ns", "1e3ms", "0x10", "nan", "inf",
		"99999999999999999999ns", "9223372036.854775807s",
		"18446744073709551616ns",
	};
	uint64_t ns;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(wrong) / sizeof(*wrong); i++)
		if (units_time(wrong[i], &ns))
			fail_msg("'%s' was %llu ns", wrong[i],
				 (unsigned long long)ns);
	assert_int_equal(time_of("9223372036.854775806s"), SIMTIME_NEVER - 1);
}

static void rates_are_bits_or_bytes_in_powers_of_1000_or_1024(void **state)
{
	(void)state;
	assert_int_equal(rate_of("100Mbit"), 100000000);
	assert_int_equal(rate_of("100mbit"), 100000000);
	assert_int_equal(rate_of("1"), 1);
	assert_int_equal(rate_of("56kbit"), 56000);
	assert_int_equal(rate_of("10gbit"), 10000000000);
	assert_int_equal(rate_of("1kibit"), 1024);
	assert_int_equal(rate_of("1mbps"), 8000000);
	assert_int_equal(rate_of("1mibps"), 8388608);
	assert_int_equal(rate_of("300bps"), 2400);
}

static void what_is_no_rate_is_refused(void **state)
{
	static const char *const wrong[] = {
		"", "0", "0Mbit", "fast", "1Mb", "-1Mbit", "0.5bit",
		"99999999999tbit",
	};
	uint64_t bits;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(wrong) / sizeof(*wrong); i++)
		if (units_rate(wrong[i], &bits))
			fail_msg("'%s' was %llu bit/s", wrong[i],
				 (unsigned long long)bits);
}

static void probabilities_are_percentages(void **state)
{
	(void)state;
	assert_int_equal(probability_of("0"), 0);
	assert_int_equal(probability_of("0%"), 0);
	assert_int_equal(probability_of("100%"), PROBABILITY_ONE);
	assert_int_equal(probability_of("50"), PROBABILITY_ONE / 2);
	assert_int_equal(probability_of("0.1%"), PROBABILITY_ONE / 1000);
	assert_int_equal(probability_of("0.0001%"), PROBABILITY_ONE / 1000000);
}

static void what_is_no_probability_is_refused(void **state)
{
	static const char *const wrong[] = {
		"", "%", "101%", "100.001%", "-1%", "1%%", "1percent",
	};
	uint64_t probability;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(wrong) / sizeof(*wrong); i++)
		if (units_probability(wrong[i], &probability))
			fail_msg("'%s' was taken", wrong[i]);
}

static void numbers_are_decimal_and_in_range(void **state)
{
	static const char *const wrong[] = {
		"", "4", "101", "5.0", "5.", "0x10", "5 ", "5k", "-5",
		"18446744073709551622",
	};
	uint64_t number;
	size_t i;

	(void)state;
	assert_true(units_number("5", 5, 100, &number));
	assert_int_equal(number, 5);
	assert_true(units_number("100", 5, 100, &number));
	assert_int_equal(number, 100);
	for (i = 0; i < sizeof(wrong) / sizeof(*wrong); i++)
		if (units_number(wrong[i], 5, 100, &number))
			fail_msg("'%s' was taken", wrong[i]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(times_have_units_and_are_us_without_one),
		cmocka_unit_test(fractions_are_exact),
		cmocka_unit_test(what_is_no_time_is_refused),
		cmocka_unit_test(rates_are_bits_or_bytes_in_powers_of_1000_or_1024),
		cmocka_unit_test(what_is_no_rate_is_refused),
		cmocka_unit_test(probabilities_are_percentages),
		cmocka_unit_test(what_is_no_probability_is_refused),
		cmocka_unit_test(numbers_are_decimal_and_in_range),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
