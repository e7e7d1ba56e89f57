/* SPDX-License-Identifier: GPL-2.0 */
#ifndef TT_PROCESS_H
#define TT_PROCESS_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

uint64_t process_born(pid_t pid);
bool process_is_machine(pid_t pid);

#endif /* TT_PROCESS_H */
