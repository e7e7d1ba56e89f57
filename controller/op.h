/* SPDX-License-Identifier: GPL-2.0 */
#ifndef TT_OP_H
#define TT_OP_H

#include <stdint.h>

#include <linux/um_timetravel.h>

/* operations are numbered from 0 */
#define OP_COUNT (UM_TIMETRAVEL_BROADCAST + 1)

const char *op_name(uint32_t op);

#endif /* TT_OP_H */
