/* SPDX-License-Identifier: GPL-2.0 */
/* Steps of the guest program that have a file of their own */
#ifndef GUEST_H
#define GUEST_H

#include <stdbool.h>
#include <stdint.h>

bool net_step(int64_t number);
bool row_step(int64_t number);
bool ping_step(int64_t number);
bool few_step(int64_t number);
bool pings_step(int64_t number);
bool tcp_step(int64_t number);
bool udp_step(int64_t number);
bool frames_step(int64_t number);
bool fingerprint_step(int64_t unused);
bool vectors_step(int64_t unused);

#endif
