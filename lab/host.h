/* SPDX-License-Identifier: GPL-2.0 */
#ifndef TT_LAB_HOST_H
#define TT_LAB_HOST_H

#include "lab.h"

/**
 * struct host - what of the host a lab needs
 *
 * @build: the directory with kernels, image and controller
 * @kernel: the kernel
 * @version: what it calls itself
 * @patched: it may use the memory from the time that it joins
 * @seccomp: it can run programs without ptrace()
 * @image: the initramfs
 * @controller: tt-controller
 */
struct host {
	const char *build;
	const char *kernel;
	const char *version;
	bool patched, seccomp;
	const char *image;
	const char *controller;
};

bool host_find(struct pool *pool, const struct lab *lab, const char *build,
	       struct host *host, struct errors *errors);

#endif /* TT_LAB_HOST_H */
