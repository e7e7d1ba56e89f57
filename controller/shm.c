// SPDX-License-Identifier: GPL-2.0
/*
 * The memory that the clients of a group share: making it, handing out its
 * slots, reading and writing its fields.
 *
 * Theory of operation
 *
 * The memory is a memfd, sealed so that it can neither grow nor shrink: SIGBUS
 * would kill any process that touches a part that was cut off. Every client can
 * write all of it, and a wild one may write nonsense. So no value read from the
 * memory is used as an index, and the controller relies on its own copies of
 * sizes, names, slots, the running client and the time. Only two values have to
 * come from the memory: a request, and the time of the running client. The caller
 * has to check both.
 *
 * Each field is read and written in one piece. A store has release semantics, a
 * load has acquire semantics.
 *
 * Slot 0, the controller's, has the capability TIME_SHARE. So while no client
 * runs, clients may put their requests into the memory, and the controller reads
 * the slots before it decides who runs next.
 */

#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "schedshm.h"
#include "shm.h"
#include "simtime.h"

static int shm_make_fd(uint32_t len)
{
	int fd, ret;

	fd = memfd_create("time-travel", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	if (fd < 0)
		return -errno;
	if (ftruncate(fd, len) ||
	    fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL)) {
		ret = -errno;
		close(fd);
		return ret;
	}
	return fd;
}

/**
 * shm_create - make a memory, at time 0, while nobody runs
 * @shm: filled in
 * @slots: number of slots, slot 0 included: %SHM_MIN_SLOTS to %SHM_MAX_SLOTS
 *
 * Return: 0 or -errno.
 */
int shm_create(struct shm *shm, uint32_t slots)
{
	struct um_timetravel_schedshm *mem;
	int ret;

	if (slots < SHM_MIN_SLOTS || slots > SHM_MAX_SLOTS)
		return -EINVAL;

	memset(shm, 0, sizeof(*shm));
	shm->slots = slots;
	shm->len = offsetof(struct um_timetravel_schedshm, clients) +
		   slots * sizeof(union um_timetravel_schedshm_client);
	ret = shm_make_fd(shm->len);
	if (ret < 0)
		return ret;
	shm->fd = ret;

	mem = mmap(NULL, shm->len, PROT_READ | PROT_WRITE, MAP_SHARED,
		   shm->fd, 0);
	if (mem == MAP_FAILED) {
		ret = -errno;
		close(shm->fd);
		return ret;
	}

	mem->version = UM_TIMETRAVEL_SCHEDSHM_VERSION;
	mem->len = shm->len;
	mem->free_until = SIMTIME_NEVER;
	mem->max_clients = slots;
	mem->clients[0].capa = UM_TIMETRAVEL_SCHEDSHM_CAP_TIME_SHARE;
	shm->mem = mem;

	shm->taken[0] = 1;
	shm->used = 1;
	shm->lowest = 1;
	return 0;
}

/**
 * shm_destroy - free the memory
 * @shm: from shm_create(); clients keep what they have mapped
 */
void shm_destroy(struct shm *shm)
{
	munmap(shm->mem, shm->len);
	close(shm->fd);
	shm->mem = NULL;
}

/**
 * shm_take_slot - hand out the lowest free slot
 * @shm: from shm_create()
 * @name: the client's name, which is put into the slot
 *
 * Return: the slot, or 0 if none is free.
 */
uint16_t shm_take_slot(struct shm *shm, uint64_t name)
{
	uint32_t slot;

	if (shm->used == shm->slots)
		return 0;
	for (slot = shm->lowest; shm->taken[slot / 64] >> slot % 64 & 1; slot++)
		;
	shm->taken[slot / 64] |= 1ULL << slot % 64;
	shm->lowest = slot + 1;
	shm->used++;
	STORE_RELEASE(shm->mem->clients[slot].name, name);
	return slot;
}

/* the next client with this slot must not inherit anything */
static void shm_wipe_slot(struct shm *shm, uint16_t slot)
{
	STORE_RELEASE(shm->mem->clients[slot].capa, 0);
	STORE_RELEASE(shm->mem->clients[slot].flags, 0);
	STORE_RELEASE(shm->mem->clients[slot].req_time, 0);
	STORE_RELEASE(shm->mem->clients[slot].name, 0);
}

/**
 * shm_free_slot - take a slot back
 * @shm: from shm_create()
 * @slot: from shm_take_slot(); if its client is the running one, nobody runs now
 */
void shm_free_slot(struct shm *shm, uint16_t slot)
{
	shm_wipe_slot(shm, slot);
	shm->taken[slot / 64] &= ~(1ULL << slot % 64);
	shm->used--;
	if (slot < shm->lowest)
		shm->lowest = slot;
	if (LOAD_ACQUIRE(shm->mem->running_id) == slot)
		STORE_RELEASE(shm->mem->running_id, 0);
}

/**
 * shm_capa - the capabilities that a client has put into its slot
 * @shm: from shm_create()
 * @slot: from shm_take_slot()
 *
 * Return: bits, of which %UM_TIMETRAVEL_SCHEDSHM_CAP_TIME_SHARE means that it
 * uses the memory.
 */
uint32_t shm_capa(const struct shm *shm, uint16_t slot)
{
	return LOAD_ACQUIRE(shm->mem->clients[slot].capa);
}

/**
 * shm_request - read the request that a client has put into its slot
 * @shm: from shm_create()
 * @slot: from shm_take_slot()
 * @time: set to when it wants to run, ns, unchecked, if there is a request
 *
 * Return: whether there is a request.
 */
bool shm_request(const struct shm *shm, uint16_t slot, uint64_t *time)
{
	if (!(LOAD_ACQUIRE(shm->mem->clients[slot].flags) &
	      UM_TIMETRAVEL_SCHEDSHM_FLAGS_REQ_RUN))
		return false;
	*time = LOAD_ACQUIRE(shm->mem->clients[slot].req_time);
	return true;
}

/**
 * shm_set_request - put a request into a slot on its client's behalf
 * @shm: from shm_create()
 * @slot: from shm_take_slot(); its client does not use the memory, or has sent
 *	REQUEST and waits for the ACK
 * @time: when it wants to run, ns
 */
void shm_set_request(struct shm *shm, uint16_t slot, uint64_t time)
{
	STORE_RELEASE(shm->mem->clients[slot].req_time, time);
	SET_BITS(shm->mem->clients[slot].flags,
		 UM_TIMETRAVEL_SCHEDSHM_FLAGS_REQ_RUN);
}

/**
 * shm_clear_request - take the request out of a slot
 * @shm: from shm_create()
 * @slot: from shm_take_slot(); its client waits
 *
 * A client that uses the memory does that itself when it gets RUN. One that does
 * not must not be run for the same request for ever.
 */
void shm_clear_request(struct shm *shm, uint16_t slot)
{
	CLEAR_BITS(shm->mem->clients[slot].flags,
		   UM_TIMETRAVEL_SCHEDSHM_FLAGS_REQ_RUN);
}

/**
 * shm_run - publish who is about to run
 * @shm: from shm_create()
 * @slot: the client's slot
 * @time: the time at which it runs, ns
 * @until: it may go on by itself for everything strictly before this, ns
 */
void shm_run(struct shm *shm, uint16_t slot, uint64_t time, uint64_t until)
{
	STORE_RELEASE(shm->mem->current_time, time);
	STORE_RELEASE(shm->mem->free_until, until);
	STORE_RELEASE(shm->mem->running_id, slot);
}

/**
 * shm_idle - publish what time it is while nobody runs
 * @shm: from shm_create()
 * @time: controller time, ns
 *
 * A client that is interrupted now asks to run at this time.
 */
void shm_idle(struct shm *shm, uint64_t time)
{
	STORE_RELEASE(shm->mem->running_id, 0);
	STORE_RELEASE(shm->mem->current_time, time);
}

/**
 * shm_stop - publish that nobody runs, and that nobody reads the slots
 * @shm: from shm_create()
 *
 * From now on a client that wants to run has to send REQUEST. One that has seen
 * the old state may still put a request into its slot.
 */
void shm_stop(struct shm *shm)
{
	STORE_RELEASE(shm->mem->clients[0].capa, 0);
	STORE_RELEASE(shm->mem->running_id, 0);
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
}

/**
 * shm_time - the time that the running client has published
 * @shm: from shm_create()
 *
 * Return: ns, unchecked.
 */
uint64_t shm_time(const struct shm *shm)
{
	return LOAD_ACQUIRE(shm->mem->current_time);
}

/**
 * shm_set_time - publish the time for a running client that cannot
 * @shm: from shm_create()
 * @time: ns
 */
void shm_set_time(struct shm *shm, uint64_t time)
{
	STORE_RELEASE(shm->mem->current_time, time);
}

/**
 * shm_lower_free_until - make the running client stop before a time
 * @shm: the memory
 * @time: controller time, ns
 */
void shm_lower_free_until(struct shm *shm, uint64_t time)
{
	schedshm_lower_free_until(shm->mem, time);
}
