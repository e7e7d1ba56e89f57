/* SPDX-License-Identifier: GPL-2.0 */
#ifndef TT_LAB_EXPECT_H
#define TT_LAB_EXPECT_H

#include "run.h"

/**
 * struct verdict - whether one thing came out as expected
 *
 * @what: what was expected, for people
 * @wrong: what came out instead, or NULL
 */
struct verdict {
	const char *what;
	const char *wrong;
};

#define MAX_VERDICTS 3

size_t expect_check(struct pool *pool, const struct member *member,
		    struct verdict *verdicts);

#endif /* TT_LAB_EXPECT_H */
