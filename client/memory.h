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
 * What was checked once is copied here: in the memory it may change.
 *
 * @mem: the memory, or NULL: there is none
 * @slot: our slot
 * @id: its number
 * @nr_slots: how many there are
 * @len: bytes in all
 * @no_interrupt: the slot says that it changes only while we run
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
