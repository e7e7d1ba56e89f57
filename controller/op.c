// SPDX-License-Identifier: GPL-2.0
/*
 * The operations of the protocol by name, for messages and statistics.
 */

#include <stddef.h>

#include "op.h"

static const char * const names[OP_COUNT] = {
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

/**
 * op_name - the name of an operation
 * @op: a message's operation, any number
 *
 * Return: the name as in the header, without its prefix; NULL if the protocol
 * has no such operation.
 */
const char *op_name(uint32_t op)
{
	return op < OP_COUNT ? names[op] : NULL;
}
