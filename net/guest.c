// SPDX-License-Identifier: GPL-2.0
/*
 * A machine's memory, mapped into the controller.
 *
 * Theory of operation
 *
 * The memory is a file that the machine hands over. The machine can still
 * truncate it at any time, and its file system may be full when a page is first
 * written. The host answers an access to such a page with SIGBUS, which must
 * not end the controller. Looking at the file's size or seals first does not
 * prevent that: most of these files cannot be sealed, and their size may change
 * between the look and the access. System calls could read and write the memory
 * safely, but each frame would need several of them.
 *
 * So the signal is handled. The handler puts a page of zeros in place of the
 * one that cannot be accessed, notes that the memory is damaged, and returns;
 * the access is then repeated and succeeds. Nothing is unwound, so interrupted
 * code needs no special care. When it is done with a ring it asks guest_lost(),
 * and the port goes down. A SIGBUS for any other address, or one that a process
 * has sent, goes to the handler that was there before.
 *
 * Only the thread that accesses a mapping gets the signal, and gets it
 * synchronously. So as long as one thread serves all machines, the list of
 * mappings is not being changed at that moment.
 */

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "guest.h"

static LIST_HEAD(, guest) guests = LIST_HEAD_INITIALIZER(guests);
static struct sigaction before;
static uintptr_t page_size;

/* put zeros where the file has nothing; false: not one of our addresses */
static bool patch(uintptr_t addr)
{
	const struct guest_mapping *map;
	struct guest *guest;
	unsigned int i;
	void *page;

	LIST_FOREACH(guest, &guests, link) {
		for (i = 0; i < guest->nr; i++) {
			map = &guest->map[i];
			if (addr - (uintptr_t)map->base >= map->len)
				continue;
			page = (void *)(addr & ~(page_size - 1));
			if (mmap(page, page_size, PROT_READ | PROT_WRITE,
				 MAP_FIXED | MAP_PRIVATE | MAP_ANONYMOUS,
				 -1, 0) == MAP_FAILED)
				return false;
			guest->lost = true;
			return true;
		}
	}
	return false;
}

static void bus_error(int sig, siginfo_t *info, void *context)
{
	int saved = errno;

	(void)context;
	/* not ours: on return the access meets the earlier handler */
	if (info->si_code <= 0 || !patch((uintptr_t)info->si_addr)) {
		sigaction(sig, &before, NULL);
		if (info->si_code <= 0)
			raise(sig);
	}
	errno = saved;
}

/**
 * guest_catch - survive what is not there any more in a machine's memory
 *
 * Installs the handler of SIGBUS, in front of the one that there is. To be called
 * before the first guest_map().
 */
void guest_catch(void)
{
	static const struct sigaction action = {
		.sa_sigaction = bus_error,
		.sa_flags = SA_SIGINFO,
	};

	sigaction(SIGBUS, &action, &before);
}

/**
 * guest_init - a machine that shares no memory yet
 * @guest: the memory; guest_destroy() takes it away
 */
void guest_init(struct guest *guest)
{
	page_size = sysconf(_SC_PAGESIZE);
	memset(guest, 0, sizeof(*guest));
	LIST_INSERT_HEAD(&guests, guest, link);
}

/**
 * guest_destroy - unmap all that a machine has shared
 * @guest: the memory; pointers into it are void
 */
void guest_destroy(struct guest *guest)
{
	guest_unmap(guest);
	LIST_REMOVE(guest, link);
}

static bool overlap(uint64_t a, uint64_t b, uint64_t len_a, uint64_t len_b)
{
	return a < b + len_b && b < a + len_a;
}

static int check(const struct guest *guest, const struct guest_region *region,
		 int fd, struct fault *fault)
{
	const struct guest_region *other;
	struct stat st;
	uint64_t end;
	unsigned int i;

	if (guest->nr == GUEST_MAX_REGIONS)
		return fault_set(fault, "more than %d memory regions",
				 GUEST_MAX_REGIONS);
	if (!region->size || region->size > GUEST_MAX_SIZE ||
	    __builtin_add_overflow(region->guest, region->size, &end) ||
	    __builtin_add_overflow(region->user, region->size, &end) ||
	    __builtin_add_overflow(region->offset, region->size, &end))
		return fault_set(fault, "memory region at 0x%" PRIx64 " of 0x%" PRIx64 " bytes, which cannot be",
				 region->guest, region->size);
	for (i = 0; i < guest->nr; i++) {
		other = &guest->map[i].region;
		if (overlap(region->guest, other->guest, region->size,
			    other->size) ||
		    overlap(region->user, other->user, region->size,
			    other->size))
			return fault_set(fault, "memory regions at 0x%" PRIx64 " and 0x%" PRIx64 " overlap",
					 other->guest, region->guest);
	}
	if (fstat(fd, &st))
		return fault_set(fault, "memory file: %s", strerror(errno));
	if (!S_ISREG(st.st_mode) || (uint64_t)st.st_size < end)
		return fault_set(fault,
				 "memory region ends at 0x%" PRIx64 ", its file at 0x%" PRIx64,
				 end, S_ISREG(st.st_mode) ?
					      (uint64_t)st.st_size : 0);
	return 0;
}

/**
 * guest_map - map a region of a machine's memory
 * @guest: the memory
 * @region: what the machine says about it
 * @fd: the file, which stays the caller's
 * @fault: says what is wrong with it
 *
 * Return: 0, or -EPROTO: it was not mapped.
 */
int guest_map(struct guest *guest, const struct guest_region *region, int fd,
	      struct fault *fault)
{
	struct guest_mapping *map = &guest->map[guest->nr];
	uint64_t lead = region->offset & (page_size - 1);
	void *base;
	int ret;

	ret = check(guest, region, fd, fault);
	if (ret)
		return ret;
	base = mmap(NULL, lead + region->size, PROT_READ | PROT_WRITE,
		    MAP_SHARED, fd, region->offset - lead);
	if (base == MAP_FAILED)
		return fault_set(fault, "memory region of 0x%" PRIx64 " bytes cannot be mapped: %s",
				 region->size, strerror(errno));
	*map = (struct guest_mapping) {
		.region = *region,
		.base = base,
		.len = lead + region->size,
		.first = (unsigned char *)base + lead,
	};
	guest->nr++;
	return 0;
}

/**
 * guest_lost - has something been read or written that was not there?
 * @guest: the memory
 *
 * To be asked after the memory was used and before anything is made of what was
 * read: whoever cuts the file has zeros in place of it.
 */
bool guest_lost(const struct guest *guest)
{
	/* the compiler must not move accesses to the memory below this look */
	__atomic_signal_fence(__ATOMIC_SEQ_CST);
	return guest->lost;
}

/**
 * guest_unmap - forget all regions
 * @guest: the memory, which may be mapped anew; pointers into it are void
 */
void guest_unmap(struct guest *guest)
{
	while (guest->nr) {
		guest->nr--;
		munmap(guest->map[guest->nr].base, guest->map[guest->nr].len);
	}
	guest->lost = false;
}

static void *find(const struct guest *guest, uint64_t addr, uint64_t len,
		  bool user)
{
	const struct guest_mapping *map;
	uint64_t at;
	unsigned int i;

	for (i = 0; i < guest->nr; i++) {
		map = &guest->map[i];
		at = addr - (user ? map->region.user : map->region.guest);
		if (at < map->region.size && len <= map->region.size - at)
			return map->first + at;
	}
	return NULL;
}

/**
 * guest_at - find a piece of memory by its physical address
 * @guest: the memory
 * @addr: the address, as in a descriptor
 * @len: bytes that are needed from there on
 *
 * Return: where they are, or NULL if not all of them are in one region. Only
 * guest_unmap() makes the pointer void, but what is there may change at any
 * time.
 */
void *guest_at(const struct guest *guest, uint64_t addr, uint64_t len)
{
	return find(guest, addr, len, false);
}

/**
 * guest_at_user - find a piece of memory by the front-end's own address
 * @guest: the memory
 * @addr: the address, as in a message that sets up a ring
 * @len: bytes that are needed from there on
 *
 * Return: as guest_at().
 */
void *guest_at_user(const struct guest *guest, uint64_t addr, uint64_t len)
{
	return find(guest, addr, len, true);
}
