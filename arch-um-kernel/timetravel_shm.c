// SPDX-License-Identifier: GPL-2.0
/*
 * Shared memory client of external time-travel.
 *
 * The machines and simulators of one controller share a memory that holds the
 * time, how long the running client may go on, and when each client wants to
 * run next; <linux/um_timetravel.h> describes it. Where time.c would exchange
 * messages about these it calls the functions below.
 *
 * Theory of operation
 *
 * The controller and the other clients are processes of the host, on any of its
 * CPUs, and each of them can write to all of the memory at any time.
 *
 *  - What the header says is checked once and copied. running_id changes all the
 *    time, so it is compared with the number of slots each time.
 *  - By protocol each field has one writer at a time, except free_until. So there
 *    are no locks. Each field is read and written in one piece, a request is
 *    complete before it can be seen, and free_until is only lowered, by
 *    compare-and-swap.
 *  - In UML the barriers and cmpxchg() are those for a single CPU, which is why
 *    virt_*() barriers and sync_cmpxchg() are used here.
 *  - All times in the memory are the controller's. They are compared there,
 *    where a machine's own time cannot wrap.
 */

#define pr_fmt(fmt) "time-travel: " fmt

#include <linux/atomic.h>
#include <linux/compiler.h>
#include <linux/errno.h>
#include <linux/panic.h>
#include <linux/printk.h>
#include <asm/barrier.h>
#include <os.h>
#include "timetravel_shm.h"

struct time_travel_shm time_travel_shm;

/* Size in bytes of a memory with @n slots; this cannot overflow. */
static size_t time_travel_shm_size(u16 n)
{
	return sizeof(struct um_timetravel_schedshm) +
		n * sizeof(union um_timetravel_schedshm_client);
}

/* Check the header, and copy what is used later on: it may change at any time. */
static int time_travel_shm_check(const struct um_timetravel_schedshm *mem,
				 unsigned long long file_size,
				 struct time_travel_shm *shm)
{
	u32 version = READ_ONCE(mem->version);

	if (version != UM_TIMETRAVEL_SCHEDSHM_VERSION) {
		pr_warn("no shared memory: version is %u, not %u\n",
			version, UM_TIMETRAVEL_SCHEDSHM_VERSION);
		return -EPROTONOSUPPORT;
	}

	shm->len = READ_ONCE(mem->len);
	shm->nr_slots = READ_ONCE(mem->max_clients);

	if (shm->len > file_size) {
		pr_warn("no shared memory: len %u exceeds the file's %llu bytes\n",
			shm->len, file_size);
		return -EINVAL;
	}

	if (shm->len < time_travel_shm_size(shm->nr_slots)) {
		pr_warn("no shared memory: len %u is too short for max_clients %u\n",
			shm->len, shm->nr_slots);
		return -EINVAL;
	}

	/* slot 0 is the controller's */
	if (!shm->id || shm->id >= shm->nr_slots) {
		pr_warn("no shared memory: slot %u is out of range, max_clients is %u\n",
			shm->id, shm->nr_slots);
		return -EINVAL;
	}

	return 0;
}

/**
 * time_travel_shm_attach - start to use the controller's shared memory
 * @fd: the memory; the caller closes it
 * @id: slot of this machine
 *
 * Call this once, between the ACK to START and the next message. If the memory
 * cannot be used, one line in the log says why, nothing stays mapped, and the
 * machine can go on with messages.
 *
 * Return: 0 or a negative errno.
 */
int time_travel_shm_attach(int fd, u16 id)
{
	struct time_travel_shm shm = { .id = id };
	struct um_timetravel_schedshm *mem, *all;
	struct uml_stat st;
	int ret;

	if (!IS_ENABLED(CONFIG_64BIT)) {
		pr_warn("no shared memory: 32 bits cannot share fields of 64\n");
		return -EOPNOTSUPP;
	}

	ret = os_stat_fd(fd, &st);
	if (ret) {
		pr_warn("no shared memory: stat of memfd: error %d\n", ret);
		return ret;
	}

	if (st.ust_size < sizeof(*mem)) {
		pr_warn("no shared memory: %llu bytes do not hold the header\n",
			st.ust_size);
		return -EINVAL;
	}

	mem = os_mmap_rw_shared(fd, sizeof(*mem));
	if (!mem) {
		pr_warn("no shared memory: cannot map memfd to read and write\n");
		return -EACCES;
	}

	ret = time_travel_shm_check(mem, st.ust_size, &shm);
	if (ret)
		goto unmap;

	all = os_mremap_rw_shared(mem, sizeof(*mem), shm.len);
	if (!all) {
		pr_warn("no shared memory: cannot map len %u\n", shm.len);
		ret = -ENOMEM;
		goto unmap;
	}

	shm.mem = all;
	shm.slot = &all->clients[id];
	shm.offset = READ_ONCE(all->current_time);
	WRITE_ONCE(shm.slot->capa, READ_ONCE(shm.slot->capa) |
				   UM_TIMETRAVEL_SCHEDSHM_CAP_TIME_SHARE);
	time_travel_shm = shm;

	return 0;

unmap:
	os_unmap_memory(mem, sizeof(*mem));
	return ret;
}

/**
 * time_travel_shm_to_local - convert controller time
 * @time: controller time in ns
 * @what: name of the field or message it is from, for the panic below
 *
 * Panics if that is before this machine's time began.
 *
 * Return: local time in ns.
 */
u64 time_travel_shm_to_local(u64 time, const char *what)
{
	if (unlikely(time < time_travel_shm.offset))
		panic("time-travel: %s %llu is before this machine started at %llu\n",
		      what, time, time_travel_shm.offset);

	return time - time_travel_shm.offset;
}

/**
 * time_travel_shm_now - current time of the simulation
 *
 * Return: local time in ns.
 */
u64 time_travel_shm_now(void)
{
	return time_travel_shm_to_local(READ_ONCE(time_travel_shm.mem->current_time),
					"current_time");
}

/* Is this machine the one that may use free_until and publish the time? */
static bool time_travel_shm_running(void)
{
	return READ_ONCE(time_travel_shm.mem->running_id) == time_travel_shm.id;
}

/**
 * time_travel_shm_is_free - may this machine go on up to a time?
 * @time: local time in ns
 *
 * free_until is that of the running client. That need not be this machine
 * although it does not wait: before its first WAIT a controller may let it run
 * beside another client.
 *
 * Return: true if nobody else wants to run at @time or earlier.
 */
bool time_travel_shm_is_free(u64 time)
{
	return time_travel_shm_running() &&
	       time_travel_shm_to_controller(time) <
	       READ_ONCE(time_travel_shm.mem->free_until);
}

/* The controller and other clients may lower it at the same moment. */
static void time_travel_shm_lower_free_until(u64 time)
{
#ifdef CONFIG_64BIT
	u64 *free_until = &time_travel_shm.mem->free_until;
	u64 old = READ_ONCE(*free_until), seen;

	for (; time < old; old = seen) {
		seen = sync_cmpxchg(free_until, old, time);
		if (seen == old)
			break;
	}
#endif
}

/**
 * time_travel_shm_request - ask to run at a time
 * @time: local time in ns
 *
 * A request in the memory is only noticed if the running client uses the memory
 * as well. A running_id that is out of range is nobody's.
 *
 * Return: false if the controller must be sent a message instead.
 */
bool time_travel_shm_request(u64 time)
{
	struct um_timetravel_schedshm *mem = time_travel_shm.mem;
	union um_timetravel_schedshm_client *slot = time_travel_shm.slot;
	u16 running = READ_ONCE(mem->running_id);

	if (running >= time_travel_shm.nr_slots ||
	    !(READ_ONCE(mem->clients[running].capa) &
	      UM_TIMETRAVEL_SCHEDSHM_CAP_TIME_SHARE))
		return false;

	time = time_travel_shm_to_controller(time);
	WRITE_ONCE(slot->req_time, time);
	/* whoever sees the flag sees the time */
	virt_store_release(&slot->flags, READ_ONCE(slot->flags) |
					 UM_TIMETRAVEL_SCHEDSHM_FLAGS_REQ_RUN);

	/* whoever stops at free_until, or raises it, sees the request */
	virt_mb();
	time_travel_shm_lower_free_until(time);

	return true;
}

/**
 * time_travel_shm_run - clear this machine's request, as it was told to run
 */
void time_travel_shm_run(void)
{
	union um_timetravel_schedshm_client *slot = time_travel_shm.slot;

	WRITE_ONCE(slot->flags, READ_ONCE(slot->flags) &
				~UM_TIMETRAVEL_SCHEDSHM_FLAGS_REQ_RUN);
}

/**
 * time_travel_shm_publish - write the time for all others to see
 * @time: local time in ns
 *
 * To be called whenever the clock of this machine has moved: a client that
 * joins would begin in the past of this machine otherwise. And before this
 * machine interrupts another client, which reads the time then.
 *
 * Both are done by the running client only. If running_id is not this machine's
 * the controller has broken the protocol, and the time of one of two clients
 * is wrong: there is no sane way to go on.
 */
void time_travel_shm_publish(u64 time)
{
	if (!time_travel_shm_running())
		panic("time-travel: slot %u sets the time while running_id is %u\n",
		      time_travel_shm.id,
		      READ_ONCE(time_travel_shm.mem->running_id));

	WRITE_ONCE(time_travel_shm.mem->current_time,
		   time_travel_shm_to_controller(time));
}
