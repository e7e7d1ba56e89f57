/* SPDX-License-Identifier: GPL-2.0 */
#ifndef TT_SHM_H
#define TT_SHM_H

#include <stdbool.h>
#include <stdint.h>

#include <linux/um_timetravel.h>

#define SHM_MIN_SLOTS 2
#define SHM_MAX_SLOTS 65535

/**
 * struct shm - a memory that clients share
 *
 * @mem: the memory, in which clients may have written anything
 * @len: its size, bytes
 * @fd: its descriptor, which clients are given
 * @slots: number of slots, including slot 0, which is the controller's
 * @used: how many slots are handed out, including slot 0
 * @lowest: no slot below this one is free
 * @taken: bitmap of the slots that are handed out
 */
struct shm {
	struct um_timetravel_schedshm *mem;
	uint32_t len;
	int fd;
	uint32_t slots;
	uint32_t used;
	uint32_t lowest;
	uint64_t taken[(SHM_MAX_SLOTS + 1) / 64];
};

int shm_create(struct shm *shm, uint32_t slots);
void shm_destroy(struct shm *shm);

uint16_t shm_take_slot(struct shm *shm, uint64_t name);
void shm_free_slot(struct shm *shm, uint16_t slot);
uint32_t shm_capa(const struct shm *shm, uint16_t slot);
bool shm_request(const struct shm *shm, uint16_t slot, uint64_t *time);
void shm_set_request(struct shm *shm, uint16_t slot, uint64_t time);
void shm_clear_request(struct shm *shm, uint16_t slot);

void shm_run(struct shm *shm, uint16_t slot, uint64_t time, uint64_t until);
void shm_idle(struct shm *shm, uint64_t time);
void shm_stop(struct shm *shm);
uint64_t shm_time(const struct shm *shm);
void shm_set_time(struct shm *shm, uint64_t time);
void shm_lower_free_until(struct shm *shm, uint64_t time);

#endif /* TT_SHM_H */
