/* SPDX-License-Identifier: GPL-2.0 */
#ifndef TT_PROCESS_H
#define TT_PROCESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

uint64_t process_now(void);
uint64_t process_born(pid_t pid);
bool process_existed(pid_t pid, uint64_t when);
uint64_t process_cpu_time(pid_t pid);
void process_describe(pid_t pid, char *text, size_t size);
int process_kill(pid_t pid);
bool process_is_machine(pid_t pid);
bool process_connects(pid_t pid, const char *socket);

#endif /* TT_PROCESS_H */
