/* SPDX-License-Identifier: GPL-2.0 */
#ifndef TT_LAB_VERIFY_H
#define TT_LAB_VERIFY_H

#include "lab.h"

bool verify_print(struct pool *pool, const struct lab *lab, const char *first,
		  const char *second, FILE *file);

#endif /* TT_LAB_VERIFY_H */
