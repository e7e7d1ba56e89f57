/* SPDX-License-Identifier: GPL-2.0 */
#ifndef TT_LAB_DUMP_H
#define TT_LAB_DUMP_H

#include <stdio.h>

#include "lab.h"

void dump_lab(struct pool *pool, const struct lab *lab, FILE *file);

#endif /* TT_LAB_DUMP_H */
