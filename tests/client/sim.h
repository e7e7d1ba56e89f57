/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The real controller, in a process of its own, and clients of it in threads.
 * TT_CONTROLLER says which controller.
 */
#ifndef TEST_SIM_H
#define TEST_SIM_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/types.h>

#include <cmocka.h>

#include "ttclient.h"

/* a test that hangs must not hang whoever runs it */
#define SIM_LIMIT_MS 120000

/* for threads: cmocka's assertions work only in the thread of the test */
#define must(what) \
	do { \
		if (!(what)) { \
			fprintf(stderr, "%s:%d: not so: %s\n", __FILE__, \
				__LINE__, #what); \
			abort(); \
		} \
	} while (0)

int sim_setup(void **state);
int sim_teardown(void **state);

/* the test is in a directory of its own, in which the socket is "s" */
#define WITH_SIM(f) cmocka_unit_test_setup_teardown(f, sim_setup, sim_teardown)

/**
 * sim_start - start a controller that waits for some clients
 * @args: more arguments, up to a NULL
 * @n: number of clients, as text
 *
 * Return: its process.
 */
pid_t sim_start(const char *const *args, const char *n);
#define CONTROLLER(n, ...) \
	sim_start((const char *const[]) { __VA_ARGS__, NULL }, n)

/* wait until the controller has ended, and return its exit status */
int sim_finish(pid_t pid);

/* open a client; the size, path and default time limit of @opt are filled in */
struct tt_client *sim_join(struct tt_client_options opt);

/* the client's clock */
uint64_t sim_now(struct tt_client *client);

#endif /* TEST_SIM_H */
