/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What our controller and our library do alike with the shared memory, and what
 * they agree on beyond the kernel's header.
 */
#ifndef TT_SCHEDSHM_H
#define TT_SCHEDSHM_H

#include <stdbool.h>
#include <stdint.h>

#include <linux/um_timetravel.h>

/*
 * A capability that no kernel has, and that kernels do not look at: only the
 * controller can make this client run, so its slot does not change while it
 * waits. Then the controller need not read the slot before each decision, which
 * counts where there are thousands of clients. A client may set and clear it
 * while it runs. The kernel's header numbers capabilities from the other end.
 */
#define SCHEDSHM_CAP_NO_INTERRUPT 0x40000000

/*
 * Another one: this client takes a free-until that is lowered while it runs, even
 * below the time that it has reached. Then the controller lets it go on by itself
 * as far as nobody else wants to run, and can stop it for a newcomer. Machines
 * take that too; the controller knows them without it.
 */
#define SCHEDSHM_CAP_STOPPABLE 0x20000000

/*
 * Each field of the memory is accessed in one piece. What has been written
 * before a store is there for whoever loads the stored value.
 */
#define LOAD_ACQUIRE(field) __atomic_load_n(&(field), __ATOMIC_ACQUIRE)
#define STORE_RELEASE(field, value) \
	__atomic_store_n(&(field), value, __ATOMIC_RELEASE)
#define SET_BITS(field, bits) \
	__atomic_fetch_or(&(field), bits, __ATOMIC_RELEASE)
#define CLEAR_BITS(field, bits) \
	__atomic_fetch_and(&(field), ~(bits), __ATOMIC_RELEASE)

/**
 * schedshm_lower_free_until - make the running client stop before a time
 * @mem: the memory
 * @time: controller time, ns
 *
 * Several clients and the controller may do so at once: the lowest time stays.
 */
static inline void
schedshm_lower_free_until(struct um_timetravel_schedshm *mem, uint64_t time)
{
	__u64 old = LOAD_ACQUIRE(mem->free_until);

	while (time < old &&
	       !__atomic_compare_exchange_n(&mem->free_until, &old, time,
					    false, __ATOMIC_ACQ_REL,
					    __ATOMIC_ACQUIRE))
		;
}

#endif /* TT_SCHEDSHM_H */
