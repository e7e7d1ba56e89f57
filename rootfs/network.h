/* SPDX-License-Identifier: GPL-2.0 */
/* What the steps that use the network share */
#ifndef NETWORK_H
#define NETWORK_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>
#include <time.h>

#include "guest.h"

#define NSEC_PER_MSEC	INT64_C(1000000)
#define NSEC_PER_SEC	INT64_C(1000000000)

/* one that only answers or listens ends after so long without anything to do, ns */
#define SILENCE		(5 * NSEC_PER_SEC)

/* the time, ns */
int64_t now(clockid_t clock);

/* sleep until that time, ns */
void wait_until(clockid_t clock, int64_t time);

/* print what cannot be done, and errno; close the socket if there is one */
bool network_error(const char *what, int sock);

/* is this machine the one of that number? */
bool is_own(int64_t number);

/* the address of a machine */
struct sockaddr_in machine(int64_t number, uint16_t port);

#endif
