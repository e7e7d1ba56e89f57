// SPDX-License-Identifier: GPL-2.0
/*
 * Preloaded to a machine's kernel, this makes the host look like one with AMX: a
 * process has 11008 bytes of floating point state, and ptrace() refuses to set a
 * part of it. What this host doesn't have is 0, as AMX's state is until it is used.
 */
#include <dlfcn.h>
#include <elf.h>
#include <errno.h>
#include <stdarg.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/uio.h>

#define AMX_SIZE	11008

static long (*real_ptrace)(int request, ...);

static long get_state(pid_t pid, void *which, struct iovec *iov)
{
	size_t size = iov->iov_len < AMX_SIZE ? iov->iov_len : AMX_SIZE;
	struct iovec real = { .iov_base = iov->iov_base, .iov_len = size };
	long ret = real_ptrace(PTRACE_GETREGSET, pid, which, &real);

	if (ret)
		return ret;
	memset((char *)iov->iov_base + real.iov_len, 0, size - real.iov_len);
	iov->iov_len = size;

	return 0;
}

static long set_state(pid_t pid, void *which, struct iovec *iov)
{
	char now[AMX_SIZE];
	struct iovec real = { .iov_base = now, .iov_len = sizeof(now) };

	if (iov->iov_len != AMX_SIZE) {
		errno = EFAULT;
		return -1;
	}
	/* as much as this host has */
	if (real_ptrace(PTRACE_GETREGSET, pid, which, &real))
		return -1;
	real.iov_base = iov->iov_base;

	return real_ptrace(PTRACE_SETREGSET, pid, which, &real);
}

long ptrace(enum __ptrace_request request, ...)
{
	void *addr, *data;
	va_list args;
	pid_t pid;

	if (!real_ptrace)
		real_ptrace = dlsym(RTLD_NEXT, "ptrace");
	va_start(args, request);
	pid = va_arg(args, pid_t);
	addr = va_arg(args, void *);
	data = va_arg(args, void *);
	va_end(args);
	if (addr == (void *)NT_X86_XSTATE && request == PTRACE_GETREGSET)
		return get_state(pid, addr, data);
	if (addr == (void *)NT_X86_XSTATE && request == PTRACE_SETREGSET)
		return set_state(pid, addr, data);

	return real_ptrace(request, pid, addr, data);
}
