/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The operations of the protocol by name, for messages and statistics: the
 * kernel's, and those of a network's ports.
 */
#ifndef TT_OP_H
#define TT_OP_H

#include <stddef.h>
#include <stdint.h>

#include <linux/um_timetravel.h>

#include "netport.h"

/* the kernel's operations are numbered from 0 */
#define OP_COUNT (UM_TIMETRAVEL_BROADCAST + 1)

/**
 * op_name - the name of an operation
 * @op: a message's operation, any number
 *
 * Return: the name as in the header, without its prefix; NULL if there is no
 * such operation.
 */
static inline const char *op_name(uint32_t op)
{
	static const char *const names[OP_COUNT] = {
		[UM_TIMETRAVEL_ACK] = "ACK",
		[UM_TIMETRAVEL_START] = "START",
		[UM_TIMETRAVEL_REQUEST] = "REQUEST",
		[UM_TIMETRAVEL_WAIT] = "WAIT",
		[UM_TIMETRAVEL_GET] = "GET",
		[UM_TIMETRAVEL_UPDATE] = "UPDATE",
		[UM_TIMETRAVEL_RUN] = "RUN",
		[UM_TIMETRAVEL_FREE_UNTIL] = "FREE_UNTIL",
		[UM_TIMETRAVEL_GET_TOD] = "GET_TOD",
		[UM_TIMETRAVEL_BROADCAST] = "BROADCAST",
	};

	switch (op) {
	case NETPORT_PLUG:
		return "PLUG";
	case NETPORT_FRAME:
		return "FRAME";
	default:
		return op < OP_COUNT ? names[op] : NULL;
	}
}

#endif /* TT_OP_H */
