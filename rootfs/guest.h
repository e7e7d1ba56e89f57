/* SPDX-License-Identifier: GPL-2.0 */
/* Steps of the guest program that have a file of their own */
#ifndef GUEST_H
#define GUEST_H

#include <stdbool.h>
#include <stdint.h>

bool net_step(int64_t number);
bool ping_step(int64_t number);
bool fingerprint_step(int64_t unused);
bool vectors_step(int64_t unused);

#endif
