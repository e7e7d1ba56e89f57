// SPDX-License-Identifier: GPL-2.0
/*
 * The vectors step: a signal handler leaves the registers of the program that it
 * interrupts alone, even the largest that the processor has, and the kernel needs
 * no more than the usual 8 kB of stack to see to that
 */
#include "guest.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

/* three of those that only AVX-512 has, 64 bytes each */
#define REGISTERS	3
#define REGISTER_SIZE	64

/* SIGSTKSZ, when it was a constant, and many programs still take it for one */
#define STACK_SIZE	8192

#define AVX512		__attribute__((target("avx512f")))

static volatile sig_atomic_t handled;

AVX512 static void handler(int sig)
{
	(void)sig;
	__asm__ volatile ("vpxorq %%zmm16, %%zmm16, %%zmm16\n\t"
			  "vpxorq %%zmm23, %%zmm23, %%zmm23\n\t"
			  "vpxorq %%zmm31, %%zmm31, %%zmm31"
			  : : : "xmm16", "xmm23", "xmm31");
	handled = 1;
}

/* load them, send a signal to this process, and store them */
AVX512 static void interrupt(const void *from, void *to)
{
	long number = SYS_kill;

	__asm__ volatile ("vmovdqu64 (%[from]), %%zmm16\n\t"
			  "vmovdqu64 64(%[from]), %%zmm23\n\t"
			  "vmovdqu64 128(%[from]), %%zmm31\n\t"
			  "syscall\n\t"
			  "vmovdqu64 %%zmm16, (%[to])\n\t"
			  "vmovdqu64 %%zmm23, 64(%[to])\n\t"
			  "vmovdqu64 %%zmm31, 128(%[to])"
			  : "+a" (number)
			  : "D" ((long)getpid()), "S" ((long)SIGUSR1),
			    [from] "r" (from), [to] "r" (to)
			  : "rcx", "r11", "xmm16", "xmm23", "xmm31", "memory");
}

/* a signal stack with nothing below it */
static bool set_signal_stack(void)
{
	char *map = mmap(NULL, 2 * STACK_SIZE, PROT_NONE,
			 MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	stack_t stack = { .ss_sp = map + STACK_SIZE, .ss_size = STACK_SIZE };

	return map != MAP_FAILED &&
	       !mprotect(stack.ss_sp, STACK_SIZE, PROT_READ | PROT_WRITE) &&
	       !sigaltstack(&stack, NULL);
}

bool vectors_step(int64_t unused)
{
	struct sigaction action = {
		.sa_handler = handler,
		.sa_flags = SA_ONSTACK,
	};
	unsigned char before[REGISTERS * REGISTER_SIZE], after[sizeof(before)];

	(void)unused;
	if (!__builtin_cpu_supports("avx512f")) {
		puts("vectors none: the processor has no AVX-512");
		return true;
	}
	for (size_t i = 0; i < sizeof(before); i++)
		before[i] = i + 1;
	memset(after, 0, sizeof(after));
	if (!set_signal_stack() || sigaction(SIGUSR1, &action, NULL))
		return false;
	interrupt(before, after);
	for (size_t i = 0; i < sizeof(before); i++) {
		if (before[i] != after[i]) {
			printf("vectors byte %zu is %#x, was %#x\n", i,
			       after[i], before[i]);
			return false;
		}
	}
	puts("vectors kept");

	return handled;
}
