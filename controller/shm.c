// SPDX-License-Identifier: GPL-2.0
/*
 * The shared memory: making it, handing out its slots, and reading and writing
 * what is in it.
 *
 * Theory of operation
 *
 * The memory is a memfd, sealed so that it can neither shrink (which would kill
 * everybody who touches the lost part with SIGBUS) nor grow. Clients may write
 * all of it, and a wild one may write rubbish. So nothing that is read here is
 * used to find memory, and whatever the controller decides by (sizes, names,
 * slots, who runs, the time) it keeps for itself; a value that can only come
 * from here, a request or the running client's time, is for the caller to
 * check. Each field is accessed in one piece, released when it makes others
 * visible and acquired when it is looked at first.
 *
 * Slot 0, the controller's, says that it shares time: while nobody runs,
 * clients may put their requests into the memory, and the controller looks at
 * them before it picks who is next.
 */

#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "shm.h"
#include "simtime.h"

#define LOAD(field) __atomic_load_n(&(field), __ATOMIC_ACQUIRE)
#define STORE(field, value) __atomic_store_n(&(field), value, __ATOMIC_RELEASE)

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
 * shm_create - make a memory, at time 0, with nobody running
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
 * shm_destroy - unmap and close; clients keep what they have
 * @shm: the memory
 */
void shm_destroy(struct shm *shm)
{
	munmap(shm->mem, shm->len);
	close(shm->fd);
	shm->mem = NULL;
}

/**
 * shm_take_slot - hand out the lowest free slot
 * @shm: the memory
 * @name: name of the client, goes into the slot
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
	STORE(shm->mem->clients[slot].name, name);
	return slot;
}

/* whoever gets the slot next must not inherit anything */
static void shm_wipe_slot(struct shm *shm, uint16_t slot)
{
	STORE(shm->mem->clients[slot].capa, 0);
	STORE(shm->mem->clients[slot].flags, 0);
	STORE(shm->mem->clients[slot].req_time, 0);
	STORE(shm->mem->clients[slot].name, 0);
}

/**
 * shm_free_slot - take a slot back
 * @shm: the memory
 * @slot: from shm_take_slot(); if it is the running one, nobody runs now
 */
void shm_free_slot(struct shm *shm, uint16_t slot)
{
	shm_wipe_slot(shm, slot);
	shm->taken[slot / 64] &= ~(1ULL << slot % 64);
	shm->used--;
	if (slot < shm->lowest)
		shm->lowest = slot;
	if (LOAD(shm->mem->running_id) == slot)
		STORE(shm->mem->running_id, 0);
}

/**
 * shm_capa - what the client of a slot says of itself
 * @shm: the memory
 * @slot: a slot that is handed out
 *
 * Return: %UM_TIMETRAVEL_SCHEDSHM_CAP_TIME_SHARE if it uses the memory, and
 * maybe others.
 */
uint32_t shm_capa(const struct shm *shm, uint16_t slot)
{
	return LOAD(shm->mem->clients[slot].capa);
}

/**
 * shm_request - what does the client of a slot ask for?
 * @shm: the memory
 * @slot: a slot that is handed out
 * @time: set to when it wants to run, unchecked
 *
 * Return: whether there is a request.
 */
bool shm_request(const struct shm *shm, uint16_t slot, uint64_t *time)
{
	if (!(LOAD(shm->mem->clients[slot].flags) &
	      UM_TIMETRAVEL_SCHEDSHM_FLAGS_REQ_RUN))
		return false;
	*time = LOAD(shm->mem->clients[slot].req_time);
	return true;
}

/**
 * shm_set_request - put a request into a slot on its client's behalf
 * @shm: the memory
 * @slot: a slot whose client does not use the memory, or is waiting for the
 *	ACK to a REQUEST
 * @time: controller time, ns
 */
void shm_set_request(struct shm *shm, uint16_t slot, uint64_t time)
{
	STORE(shm->mem->clients[slot].req_time, time);
	__atomic_fetch_or(&shm->mem->clients[slot].flags,
			  UM_TIMETRAVEL_SCHEDSHM_FLAGS_REQ_RUN,
			  __ATOMIC_RELEASE);
}

/**
 * shm_clear_request - there is no request in a slot any more
 * @shm: the memory
 * @slot: a slot whose client waits
 *
 * A client that uses the memory clears it itself when it gets RUN, but is not
 * to be run for one and the same request forever if it does not.
 */
void shm_clear_request(struct shm *shm, uint16_t slot)
{
	__atomic_fetch_and(&shm->mem->clients[slot].flags,
			   ~UM_TIMETRAVEL_SCHEDSHM_FLAGS_REQ_RUN,
			   __ATOMIC_RELEASE);
}

/**
 * shm_run - publish who is about to run
 * @shm: the memory
 * @slot: its slot
 * @time: at which time, controller time, ns
 * @until: and it may go on for everything strictly before this
 */
void shm_run(struct shm *shm, uint16_t slot, uint64_t time, uint64_t until)
{
	STORE(shm->mem->current_time, time);
	STORE(shm->mem->free_until, until);
	STORE(shm->mem->running_id, slot);
}

/**
 * shm_stop - publish that nobody runs, and that nobody looks at the memory
 * @shm: the memory
 *
 * From now on a client that wants something says so in a message. One that had
 * begun to put it into its slot may still do that.
 */
void shm_stop(struct shm *shm)
{
	STORE(shm->mem->clients[0].capa, 0);
	STORE(shm->mem->running_id, 0);
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
}

/**
 * shm_time - the time that is published, unchecked
 * @shm: the memory
 */
uint64_t shm_time(const struct shm *shm)
{
	return LOAD(shm->mem->current_time);
}

/**
 * shm_set_time - publish the time for a running client that cannot
 * @shm: the memory
 * @time: controller time, ns
 */
void shm_set_time(struct shm *shm, uint64_t time)
{
	STORE(shm->mem->current_time, time);
}

/**
 * shm_lower_free_until - make the running client stop before @time
 * @shm: the memory
 * @time: controller time, ns
 *
 * Clients may be lowering it at the same moment; the lowest stays.
 */
void shm_lower_free_until(struct shm *shm, uint64_t time)
{
	__u64 old = LOAD(shm->mem->free_until);

	while (time < old &&
	       !__atomic_compare_exchange_n(&shm->mem->free_until, &old, time,
					    false, __ATOMIC_ACQ_REL,
					    __ATOMIC_ACQUIRE))
		;
}
