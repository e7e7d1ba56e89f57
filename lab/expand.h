/* SPDX-License-Identifier: GPL-2.0 */
#ifndef TT_LAB_EXPAND_H
#define TT_LAB_EXPAND_H

#include "tree.h"

void expand_counts(struct pool *pool, struct node *map, struct errors *errors);

#endif /* TT_LAB_EXPAND_H */
