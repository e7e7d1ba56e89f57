// SPDX-License-Identifier: GPL-2.0
/* Where two runs differ. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "compare.h"

#define S 1000000000ULL
#define UNKNOWN UINT64_MAX

static void texts_differ_in_a_line_at_the_time_that_it_says(void **state)
{
	static const struct {
		const char *a, *b;
		const char *what, *first, *second;
		uint64_t time;
	} rows[] = {
		{ "x\n", "x\n", NULL, NULL, NULL, 0 },
		{ "", "", NULL, NULL, NULL, 0 },
		{ "x\ny\n", "x\nz\n", "line 2", "y", "z", UNKNOWN },
		{ "x\n", "x\ny\n", "line 2", "(the end)", "y", UNKNOWN },
		{ "x\ny", "x\n", "line 2", "y", "(the end)", UNKNOWN },
		{ "x", "x\n", "line 2", "(the end)", "(the end)", UNKNOWN },
		{ "a\tb\x1b[m\n", "a\n", "line 1", "a?b?[m", "a", UNKNOWN },
		{ "[    1.500000] a\n", "[    1.500000] b\n", "line 1",
		  "[    1.500000] a", "[    1.500000] b", 3 * S / 2 },
		{ "[12345.000001] a\n", "[12346.000000] a\n", "line 1",
		  "[12345.000001] a", "[12346.000000] a", 12345 * S + 1000 },
		{ "[    2.000000] a\nx\n", "[    2.000000] a\ny\n", "line 2",
		  "x", "y", 2 * S },
		/* UML's message on a descriptor of the host */
		{ "a\nepollctl add err fd 9, x\nb\n",
		  "a\nepollctl add err fd 12, x\nb\n", NULL, NULL, NULL, 0 },
		{ "epollctl add err fd 9, x\nb\n",
		  "epollctl add err fd 12, x\nc\n", "line 2", "b", "c",
		  UNKNOWN },
		{ "exit 0\nbegan 5\nended 17\n", "exit 0\nbegan 5\nended 16\n",
		  "line 3", "ended 17", "ended 16", 16 },
	};
	struct difference d;
	struct pool pool = {};
	bool differ;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		differ = compare_texts(&pool, rows[i].a, strlen(rows[i].a),
				       rows[i].b, strlen(rows[i].b), &d);
		assert_int_equal(differ, rows[i].what != NULL);
		if (!differ)
			continue;
		assert_string_equal(d.what, rows[i].what);
		assert_string_equal(d.first, rows[i].first);
		assert_string_equal(d.second, rows[i].second);
		assert_int_equal(d.time, rows[i].time);
	}
	pool_free(&pool);
}

/**
 * struct capture - a capture that is made for a test
 *
 * @data: the file
 * @len: how long it is
 */
struct capture {
	unsigned char data[512];
	size_t len;
};

static void put_word(struct capture *capture, uint32_t word)
{
	memcpy(capture->data + capture->len, &word, sizeof(word));
	capture->len += sizeof(word);
}

static void begin(struct capture *capture)
{
	capture->len = 0;
	put_word(capture, 0xa1b23c4d);
	memset(capture->data + 4, 0, 20);
	capture->len = 24;
}

static void put_frame(struct capture *capture, uint64_t time,
		      const char *text)
{
	size_t len = strlen(text);

	put_word(capture, time / S);
	put_word(capture, time % S);
	put_word(capture, len);
	put_word(capture, len);
	memcpy(capture->data + capture->len, text, len);
	capture->len += len;
}

static bool differ(struct pool *pool, const struct capture *a,
		   const struct capture *b, struct difference *d)
{
	return compare_captures(pool, 100 * S, (const char *)a->data, a->len,
				(const char *)b->data, b->len, d);
}

static void captures_differ_in_a_frame_at_its_time(void **state)
{
	struct capture a, b;
	struct difference d;
	struct pool pool = {};

	(void)state;
	begin(&a);
	put_frame(&a, 101 * S, "one");
	put_frame(&a, 102 * S, "two");
	b = a;
	assert_false(differ(&pool, &a, &b, &d));

	b.data[b.len - 1] = 'x';
	assert_true(differ(&pool, &a, &b, &d));
	assert_string_equal(d.what, "frame 2");
	assert_int_equal(d.time, 2 * S);
	assert_string_equal(d.first, "3 bytes at 2.000000000 s, from byte 2 on: 6f");
	assert_string_equal(d.second, "3 bytes at 2.000000000 s, from byte 2 on: 78");

	begin(&b);
	put_frame(&b, 101 * S, "one");
	put_frame(&b, 102 * S - 1, "two");
	assert_true(differ(&pool, &a, &b, &d));
	assert_int_equal(d.time, 2 * S - 1);
	assert_string_equal(d.second, "3 bytes at 1.999999999 s");

	begin(&b);
	put_frame(&b, 101 * S, "one");
	assert_true(differ(&pool, &a, &b, &d));
	assert_int_equal(d.time, 2 * S);
	assert_string_equal(d.what, "frame 2");
	assert_string_equal(d.second, "(the end)");
	pool_free(&pool);
}

static void a_capture_that_was_cut_ends_there(void **state)
{
	struct capture a, b;
	struct difference d;
	struct pool pool = {};
	size_t len;

	(void)state;
	begin(&a);
	put_frame(&a, 101 * S, "one");
	b = a;
	for (len = 0; len < a.len; len++) {
		b.len = len;
		assert_true(differ(&pool, &a, &b, &d));
		if (len >= 24)
			assert_int_equal(d.time, 1 * S);
	}
	pool_free(&pool);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(texts_differ_in_a_line_at_the_time_that_it_says),
		cmocka_unit_test(captures_differ_in_a_frame_at_its_time),
		cmocka_unit_test(a_capture_that_was_cut_ends_there),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
