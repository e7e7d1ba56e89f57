/* SPDX-License-Identifier: GPL-2.0 */
#ifndef TT_LAB_CHECK_H
#define TT_LAB_CHECK_H

#include "lab.h"

void check_lab(struct pool *pool, struct lab *lab, struct errors *errors);
struct machine *check_find(struct lab *lab, const char *name);

#endif /* TT_LAB_CHECK_H */
