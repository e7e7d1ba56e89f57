/* SPDX-License-Identifier: GPL-2.0 */
#ifndef TT_TABLE_H
#define TT_TABLE_H

struct controller;

void table_log(const struct controller *ctl);

#endif /* TT_TABLE_H */
