/* SPDX-License-Identifier: GPL-2.0 */
#ifndef TT_LAB_VALUE_H
#define TT_LAB_VALUE_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "pool.h"

/**
 * struct address - an address with the length of its network's prefix
 *
 * @family: AF_INET or AF_INET6
 * @bytes: the address, in network order
 * @prefix: bits
 */
struct address {
	int family;
	unsigned char bytes[sizeof(struct in6_addr)];
	unsigned int prefix;
};

/**
 * struct range - from one time to another
 *
 * @min: ns
 * @max: ns, the last that belongs to it
 */
struct range {
	uint64_t min, max;
};

bool value_time(const char *text, uint64_t *ns);
bool value_range(const char *text, struct range *range);
bool value_date(const char *text, uint64_t *ns);
bool value_size(const char *text, uint64_t *bytes);
bool value_number(const char *text, uint64_t max, uint64_t *number);
bool value_ip(const char *text, struct address *address);
bool value_address(const char *text, struct address *address);
bool value_is_name(const char *text, size_t max);
const char *value_print_time(struct pool *pool, uint64_t ns);
const char *value_print_seconds(struct pool *pool, uint64_t ns);
const char *value_print_date(struct pool *pool, uint64_t ns);
const char *value_print_ip(struct pool *pool, const struct address *address);

#endif /* TT_LAB_VALUE_H */
