// SPDX-License-Identifier: BSD-3-Clause
/*
 * The shared memory, as a client uses it. All times are the controller's.
 *
 * Every client can write all of it. So a value that is used as an index or a
 * length is checked, and then kept outside the memory.
 */

#include <errno.h>
#include <stddef.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include "memory.h"
#include "schedshm.h"
#include "simtime.h"

#define HEADER sizeof(struct um_timetravel_schedshm)

static int memory_check(struct tt_memory *memory,
			const struct um_timetravel_schedshm *mem,
			unsigned long long size, struct tt_error *error)
{
	uint32_t version = LOAD_ACQUIRE(mem->version);

	if (version != UM_TIMETRAVEL_SCHEDSHM_VERSION)
		return tt_error(error, EPROTONOSUPPORT,
				"no shared memory: its version is %u, not %u",
				version, UM_TIMETRAVEL_SCHEDSHM_VERSION);
	memory->len = LOAD_ACQUIRE(mem->len);
	memory->nr_slots = LOAD_ACQUIRE(mem->max_clients);
	if (memory->len > size)
		return tt_error(error, EPROTO,
				"no shared memory: its len is %u, but its file has %llu bytes",
				memory->len, size);
	if (memory->len < HEADER + memory->nr_slots * sizeof(*memory->slot))
		return tt_error(error, EPROTO,
				"no shared memory: its len, %u, is too short for max_clients, %u",
				memory->len, memory->nr_slots);
	/* slot 0 is the controller's */
	if (!memory->id || memory->id >= memory->nr_slots)
		return tt_error(error, EPROTO,
				"no shared memory: this client's slot is %u, max_clients is %u",
				memory->id, memory->nr_slots);
	if (LOAD_ACQUIRE(mem->current_time) >= SIMTIME_NEVER)
		return tt_error(error, EPROTO,
				"no shared memory: its current_time is %llu, which is never",
				(unsigned long long)mem->current_time);
	return 0;
}

/**
 * tt_memory_attach - begin to use the memory
 * @memory: filled in if this succeeds, else unchanged
 * @fd: descriptor of the memory, stays the caller's
 * @id: slot of this client, as the controller has sent it
 * @error: where to note why not
 *
 * To be called when START's ACK has come, before anything else is sent.
 *
 * Return: 0; -errno if the memory cannot be used.
 */
int tt_memory_attach(struct tt_memory *memory, int fd, uint16_t id,
		     struct tt_error *error)
{
	struct tt_memory new = { .id = id };
	struct um_timetravel_schedshm *mem;
	struct stat st;
	int ret;

	if (fstat(fd, &st))
		return tt_error(error, errno, "no shared memory: fstat: %s",
				strerror(errno));
	if (st.st_size < (off_t)HEADER)
		return tt_error(error, EPROTO,
				"no shared memory: %lld bytes do not hold its header",
				(long long)st.st_size);
	mem = mmap(NULL, HEADER, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (mem == MAP_FAILED)
		return tt_error(error, errno, "no shared memory: mmap: %s",
				strerror(errno));
	ret = memory_check(&new, mem, st.st_size, error);
	munmap(mem, HEADER);
	if (ret)
		return ret;

	mem = mmap(NULL, new.len, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (mem == MAP_FAILED)
		return tt_error(error, errno,
				"no shared memory: mmap of %u bytes: %s",
				new.len, strerror(errno));
	new.mem = mem;
	new.slot = &mem->clients[id];
	SET_BITS(new.slot->capa, UM_TIMETRAVEL_SCHEDSHM_CAP_TIME_SHARE |
				 SCHEDSHM_CAP_STOPPABLE);
	*memory = new;
	return 0;
}

/**
 * tt_memory_detach - unmap the memory
 * @memory: the memory, attached or not
 */
void tt_memory_detach(struct tt_memory *memory)
{
	if (memory->mem)
		munmap(memory->mem, memory->len);
	memory->mem = NULL;
}

/**
 * tt_memory_time - what time it is
 * @memory: the memory
 *
 * Return: controller time, ns, unchecked.
 */
uint64_t tt_memory_time(const struct tt_memory *memory)
{
	return LOAD_ACQUIRE(memory->mem->current_time);
}

/**
 * tt_memory_free_until - how far the running client may go on by itself
 * @memory: the memory
 *
 * Return: controller time, ns, unchecked; it need not ask for anything strictly
 * before that.
 */
uint64_t tt_memory_free_until(const struct tt_memory *memory)
{
	return LOAD_ACQUIRE(memory->mem->free_until);
}

/**
 * tt_memory_runs - does the memory say that this client runs?
 * @memory: the memory
 */
bool tt_memory_runs(const struct tt_memory *memory)
{
	return LOAD_ACQUIRE(memory->mem->running_id) == memory->id;
}

/**
 * tt_memory_set_time - publish the time
 * @memory: the memory; this client runs
 * @time: controller time, ns
 */
void tt_memory_set_time(struct tt_memory *memory, uint64_t time)
{
	STORE_RELEASE(memory->mem->current_time, time);
}

/**
 * tt_memory_no_interrupt - tell the controller whether this client's slot can
 *	change while it waits
 * @memory: the memory; this client runs
 * @on: it cannot, so the controller need not look at it
 */
void tt_memory_no_interrupt(struct tt_memory *memory, bool on)
{
	if (on == memory->no_interrupt)
		return;
	memory->no_interrupt = on;
	if (on)
		SET_BITS(memory->slot->capa, SCHEDSHM_CAP_NO_INTERRUPT);
	else
		CLEAR_BITS(memory->slot->capa, SCHEDSHM_CAP_NO_INTERRUPT);
}

/* does the running client look at the memory? None has a slot out of range. */
static bool memory_is_looked_at(const struct tt_memory *memory)
{
	uint16_t running = LOAD_ACQUIRE(memory->mem->running_id);

	return running < memory->nr_slots &&
	       LOAD_ACQUIRE(memory->mem->clients[running].capa) &
	       UM_TIMETRAVEL_SCHEDSHM_CAP_TIME_SHARE;
}

/**
 * tt_memory_request - ask to run
 * @memory: the memory
 * @time: when, controller time, ns
 *
 * Return: false if a message has to be sent instead, because the running client
 * does not look at the memory.
 */
bool tt_memory_request(struct tt_memory *memory, uint64_t time)
{
	if (!memory_is_looked_at(memory))
		return false;
	STORE_RELEASE(memory->slot->req_time, time);
	SET_BITS(memory->slot->flags, UM_TIMETRAVEL_SCHEDSHM_FLAGS_REQ_RUN);
	/* a client that stops because of this sees the request */
	schedshm_lower_free_until(memory->mem, time);
	return true;
}

/**
 * tt_memory_clear_request - this client runs, so it has no request any more
 * @memory: the memory
 */
void tt_memory_clear_request(struct tt_memory *memory)
{
	CLEAR_BITS(memory->slot->flags, UM_TIMETRAVEL_SCHEDSHM_FLAGS_REQ_RUN);
}
