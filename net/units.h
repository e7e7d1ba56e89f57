/* SPDX-License-Identifier: GPL-2.0 */
#ifndef TT_NET_UNITS_H
#define TT_NET_UNITS_H

#include <stdbool.h>
#include <stdint.h>

bool units_time(const char *text, uint64_t *ns);
bool units_rate(const char *text, uint64_t *bits);
bool units_probability(const char *text, uint64_t *probability);
bool units_number(const char *text, uint64_t min, uint64_t max,
		  uint64_t *number);

#endif /* TT_NET_UNITS_H */
