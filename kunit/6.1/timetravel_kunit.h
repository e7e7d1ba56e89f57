/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the tests of external time-travel need to know about the insides of
 * the client, for timetravel_kunit.c only.
 */
#ifndef __UM_TIMETRAVEL_KUNIT_H
#define __UM_TIMETRAVEL_KUNIT_H

#include <linux/minmax.h>
#include <linux/string.h>
#include <os.h>
#include "timetravel_kunit_user.h"
#include "timetravel_shm.h"

/**
 * struct tt_client - state of the client that is kept differently elsewhere
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

/* the client's name for it */
#define tt_client_attach time_travel_shm_attach

/* what a client says that publishes the time when it is not the one that runs */
#define TT_PANIC_PUBLISH "slot 2 sets the time while running_id is"

/* Exchange the state in use with another one. */
static inline void tt_client_swap(struct tt_client *c)
{
	swap(c->shm, time_travel_shm);
	swap(c->free_until_valid, time_travel_ext_free_until_valid);
	swap(c->free_until, time_travel_ext_free_until);
	swap(c->broadcast, time_travel_bc_message);
	swap(c->handled, time_travel_ext_handled);
}

/* All of these are about a state that is not in use. */
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

#endif /* __UM_TIMETRAVEL_KUNIT_H */
