/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Host side of the tests of external time-travel.
 */
#ifndef __UM_TIMETRAVEL_KUNIT_USER_H
#define __UM_TIMETRAVEL_KUNIT_USER_H

/**
 * struct os_trace - what to do in the middle of a child's call, and where
 * @syscalls: the number of system calls that the child makes after
 *	os_trace_child() before it is stepped
 * @steps: the number of instructions that it is stepped after that
 * @then: what the machine calls there; returns a signal for the child, or 0
 *
 * A sweep makes the same call in one child after the other, and has @steps count
 * from 0. So it is known by which instructions a child gets there, and all but
 * the last ones need not be stepped.
 */
struct os_trace {
	unsigned int syscalls;
	unsigned int steps;
	int (*then)(void *arg);
};

int os_create_memfd(const char *name, unsigned long long size);
int os_listen(const char *path);
void os_unlisten(const char *path);
int os_run_child(int (*fn)(void *arg), void *arg, void *sp,
		 const struct os_trace *trace);
void os_let_inherit(void *addr, unsigned long size);
int os_can_trace(void);
void os_trace_child(void);
void os_exit_child(int status);
int os_limit_memory(unsigned long more);
int os_call_when_readable(int fd, void (*fn)(void *arg), void *arg);

#endif /* __UM_TIMETRAVEL_KUNIT_USER_H */
