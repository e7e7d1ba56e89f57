/* SPDX-License-Identifier: GPL-2.0 */
#ifndef TT_NET_GUEST_H
#define TT_NET_GUEST_H

#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/queue.h>

#include "fault.h"

/* the vhost-user specification's own limit */
#define GUEST_MAX_REGIONS 8
/* more than any machine has: nobody may use up the controller's addresses */
#define GUEST_MAX_SIZE (1ULL << 40)

/**
 * struct guest_region - a piece of a machine's memory, as the machine names it
 *
 * @guest: where it is in the machine's physical memory; descriptors use this
 * @user: where it is for the front-end; ring addresses use this
 * @size: bytes in it
 * @offset: where it begins in the file
 */
struct guest_region {
	uint64_t guest;
	uint64_t user;
	uint64_t size;
	uint64_t offset;
};

/**
 * struct guest_mapping - a region, mapped
 *
 * @region: the region
 * @base: start of the mapping, at a page of the file
 * @len: bytes in the mapping
 * @first: the region's first byte, somewhere in the mapping's first page
 */
struct guest_mapping {
	struct guest_region region;
	unsigned char *base;
	size_t len;
	unsigned char *first;
};

/**
 * struct guest - a machine's memory, as far as it shares it
 *
 * @link: in the list of all, for the handler of SIGBUS
 * @map: its regions
 * @nr: how many there are
 * @lost: some of it could not be accessed, and reads as zeros since
 */
struct guest {
	LIST_ENTRY(guest) link;
	struct guest_mapping map[GUEST_MAX_REGIONS];
	unsigned int nr;
	volatile sig_atomic_t lost;
};

void guest_catch(void);
void guest_init(struct guest *guest);
void guest_destroy(struct guest *guest);
int guest_map(struct guest *guest, const struct guest_region *region, int fd,
	      struct fault *fault);
void guest_unmap(struct guest *guest);
bool guest_lost(const struct guest *guest);
void *guest_at(const struct guest *guest, uint64_t addr, uint64_t len);
void *guest_at_user(const struct guest *guest, uint64_t addr, uint64_t len);

#endif /* TT_NET_GUEST_H */
