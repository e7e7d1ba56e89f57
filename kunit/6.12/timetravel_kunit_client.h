/* SPDX-License-Identifier: GPL-2.0 */
/*
 * How the client keeps its state, for the tests of external time-travel.
 */
#ifndef __UM_TIMETRAVEL_KUNIT_CLIENT_H
#define __UM_TIMETRAVEL_KUNIT_CLIENT_H

#include <linux/string.h>
#include <os.h>
#include "timetravel_kunit_user.h"

/**
 * struct tt_client - the client's state
 * @shm: the shared memory, if attached
 * @slot: the client's slot in it
 * @offset: its offset in ns
 * @id: number of @slot
 * @nr_slots: number of slots in @shm
 * @free_until: where free-until is, NULL if there is none
 * @free_until_msg: free-until as it came in a message
 * @broadcast: the last broadcast
 * @handled: number of messages read
 */
struct tt_client {
	struct um_timetravel_schedshm *shm;
	union um_timetravel_schedshm_client *slot;
	unsigned long long offset;
	u16 id;
	u16 nr_slots;
	unsigned long long *free_until;
	unsigned long long free_until_msg;
	u64 broadcast;
	unsigned int handled;
};

/* what a client says that publishes the time when it is not the one that runs */
#define TT_PANIC_PUBLISH "setting time while not running"

/* All of these are about a state that is not in use. Has it a memory? */
static inline bool tt_client_attached(const struct tt_client *c)
{
	return c->shm;
}

static inline u64 tt_client_offset(const struct tt_client *c)
{
	return c->offset;
}

static inline u16 tt_client_slot(const struct tt_client *c)
{
	return c->id;
}

/* A child has the memory too. */
static inline void tt_client_let_inherit(const struct tt_client *c)
{
	if (c->shm)
		os_let_inherit(c->shm, c->shm->len);
}

/* Forget everything and unmap the memory. */
static inline void tt_client_reset(struct tt_client *c)
{
	if (c->shm)
		os_unmap_memory(c->shm, c->shm->len);
	memset(c, 0, sizeof(*c));
}

#endif /* __UM_TIMETRAVEL_KUNIT_CLIENT_H */
