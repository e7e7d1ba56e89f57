/* SPDX-License-Identifier: GPL-2.0 */
/* For tests: labs that are read from texts. */
#ifndef TT_TEST_READING_H
#define TT_TEST_READING_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "check.h"
#include "schema.h"

/**
 * struct reading - a lab that was read from a text
 *
 * @pool: its memory
 * @errors: what was wrong
 * @lab: the lab, if @ok
 * @ok: nothing was wrong
 * @said: all errors, as lines
 */
struct reading {
	struct pool pool;
	struct errors errors;
	struct lab lab;
	bool ok;
	char *said;
};

/* @set: an assignment, or NULL */
static inline void read_lab(struct reading *reading, const char *text,
			    size_t text_len, const char *set)
{
	struct node *root;
	size_t len;

	*reading = (struct reading) {};
	reading->errors = (struct errors) {
		.pool = &reading->pool,
		.file = "f.yaml",
		.to = open_memstream(&reading->said, &len),
	};
	assert_non_null(reading->errors.to);
	root = tree_parse(&reading->pool, text, text_len, &reading->errors);
	reading->ok = root && (!set || tree_set(&reading->pool, root, set,
						&reading->errors)) &&
		      schema_read(&reading->pool, root, &reading->errors,
				  &reading->lab);
	fclose(reading->errors.to);
	assert_int_equal(reading->ok, !reading->errors.nr);
}

static inline void reading_free(struct reading *reading)
{
	pool_free(&reading->pool);
	free(reading->said);
}

#endif /* TT_TEST_READING_H */
