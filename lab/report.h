/* SPDX-License-Identifier: GPL-2.0 */
#ifndef TT_LAB_REPORT_H
#define TT_LAB_REPORT_H

#include "run.h"

bool report_is_ok(const struct run *run);
void report_print(const struct run *run, FILE *file);
bool report_write(const struct run *run);
void report_event(const struct run *run);

#endif /* TT_LAB_REPORT_H */
