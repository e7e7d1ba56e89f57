/* SPDX-License-Identifier: GPL-2.0 */
#ifndef TT_LAB_COMPARE_H
#define TT_LAB_COMPARE_H

#include "lab.h"

/**
 * struct difference - where two runs differ
 *
 * @file: the file, relative to the run's directory
 * @time: simulated time, ns; %UINT64_MAX if it is not known
 * @what: which line or frame
 * @first: what the first run has there
 * @second: what the second run has there
 */
struct difference {
	const char *file;
	uint64_t time;
	const char *what;
	const char *first;
	const char *second;
};

size_t compare_runs(struct pool *pool, const struct lab *lab,
		    const char *first, const char *second,
		    struct difference **differences, size_t *compared);
bool compare_texts(struct pool *pool, const char *a, size_t a_len,
		   const char *b, size_t b_len, struct difference *difference);
bool compare_captures(struct pool *pool, uint64_t start, const char *a,
		      size_t a_len, const char *b, size_t b_len,
		      struct difference *difference);

#endif /* TT_LAB_COMPARE_H */
