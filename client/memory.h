/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef TT_MEMORY_H
#define TT_MEMORY_H

#include <stdbool.h>
#include <stdint.h>

#include <linux/um_timetravel.h>

#include "error.h"

/**
 * struct tt_memory - the memory that is shared with the controller
 *
 * Numbers that were checked are kept here, because in the memory they may
 * change.
 *
 * @mem: the memory, NULL if this client uses messages
 * @slot: this client's slot
 * @id: the number of that slot
 * @nr_slots: number of slots
 * @len: size of the memory, bytes
 * @no_interrupt: the slot says that it does not change while this client waits
 */
struct tt_memory {
	struct um_timetravel_schedshm *mem;
	union um_timetravel_schedshm_client *slot;
	uint16_t id;
	uint16_t nr_slots;
	uint32_t len;
	bool no_interrupt;
};

int tt_memory_attach(struct tt_memory *memory, int fd, uint16_t id,
		     struct tt_error *error);
void tt_memory_detach(struct tt_memory *memory);

uint64_t tt_memory_time(const struct tt_memory *memory);
uint64_t tt_memory_free_until(const struct tt_memory *memory);
bool tt_memory_runs(const struct tt_memory *memory);
void tt_memory_set_time(struct tt_memory *memory, uint64_t time);
void tt_memory_no_interrupt(struct tt_memory *memory, bool on);
bool tt_memory_request(struct tt_memory *memory, uint64_t time);
void tt_memory_clear_request(struct tt_memory *memory);

#endif /* TT_MEMORY_H */
