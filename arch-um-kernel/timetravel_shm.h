/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Shared memory client of external time-travel, for time.c only.
 */
#ifndef __UM_TIMETRAVEL_SHM_H
#define __UM_TIMETRAVEL_SHM_H
#include <linux/limits.h>
#include <linux/overflow.h>
#include <linux/types.h>
#include <linux/um_timetravel.h>

/**
 * struct time_travel_shm - this machine's view of the shared memory
 * @mem: the memory, NULL as long as there is none
 * @slot: this machine's slot in it
 * @offset: controller time at which this machine's time was 0, in ns
 * @len: size of the mapping in bytes
 * @id: number of @slot
 * @nr_slots: number of slots in @mem
 *
 * @len and @nr_slots are copies that have been checked. The header must not be
 * read for them again: any client can write to it.
 */
struct time_travel_shm {
	struct um_timetravel_schedshm *mem;
	union um_timetravel_schedshm_client *slot;
	u64 offset;
	u32 len;
	u16 id;
	u16 nr_slots;
};

extern struct time_travel_shm time_travel_shm;

/**
 * time_travel_shm_attached - does this machine share memory with others?
 *
 * Return: true if it does. If not, only time_travel_shm_attach() may be called.
 */
static inline bool time_travel_shm_attached(void)
{
	return time_travel_shm.mem;
}

/**
 * time_travel_shm_to_controller - convert local time
 * @time: local time in ns
 *
 * Return: controller time in ns, the latest there is if that overflows.
 */
static inline u64 time_travel_shm_to_controller(u64 time)
{
	u64 res;

	return check_add_overflow(time, time_travel_shm.offset, &res) ?
		U64_MAX : res;
}

int time_travel_shm_attach(int fd, u16 id);
u64 time_travel_shm_to_local(u64 time, const char *what);
u64 time_travel_shm_now(void);
bool time_travel_shm_is_free(u64 time);
bool time_travel_shm_request(u64 time);
void time_travel_shm_run(void);
void time_travel_shm_publish(u64 time);

#endif /* __UM_TIMETRAVEL_SHM_H */
