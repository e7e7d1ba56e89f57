/* SPDX-License-Identifier: GPL-2.0 */
/*
 * How the client keeps its state, for the tests of external time-travel.
 */
#ifndef __UM_TIMETRAVEL_KUNIT_CLIENT_H
#define __UM_TIMETRAVEL_KUNIT_CLIENT_H

#include <linux/string.h>
#include <os.h>
#include "timetravel_kunit_user.h"
#include "timetravel_shm.h"

/**
 * struct tt_client - the client's state
 * @shm: the shared memory, if attached
 * @free_until_valid: did FREE_UNTIL come as a message?
 * @free_until: what it said
 * @broadcast: the last broadcast
 * @handled: number of messages read
 */
struct tt_client {
	struct time_travel_shm shm;
	bool free_until_valid;
	unsigned long long free_until;
	u64 broadcast;
	unsigned int handled;
};

/* All of these are about a state that is not in use. Has it a memory? */
static inline bool tt_client_attached(const struct tt_client *c)
{
	return c->shm.mem;
}

static inline u64 tt_client_offset(const struct tt_client *c)
{
	return c->shm.offset;
}

static inline u16 tt_client_slot(const struct tt_client *c)
{
	return c->shm.id;
}

/* A child has the memory too. */
static inline void tt_client_let_inherit(const struct tt_client *c)
{
	if (c->shm.mem)
		os_let_inherit(c->shm.mem, c->shm.len);
}

/* Forget everything and unmap the memory. */
static inline void tt_client_reset(struct tt_client *c)
{
	if (c->shm.mem)
		os_unmap_memory(c->shm.mem, c->shm.len);
	memset(c, 0, sizeof(*c));
}

#endif /* __UM_TIMETRAVEL_KUNIT_CLIENT_H */
