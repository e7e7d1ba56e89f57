/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * libttclient: take part in a time-travel simulation, beside User-mode Linux
 * machines that were booted with time-travel=ext:.
 *
 * A client has a clock of its own, local time, which is 0 when it starts and
 * counts nanoseconds. It stands still unless one of these functions moves it.
 * At any moment exactly one client of a simulation runs; the others wait, and
 * can be reached only by what the running one sends them.
 *
 * Functions that return an int, but for tt_client_log_fd(), return 0 or a
 * negative errno, and tt_client_error() has a line that says what went wrong.
 * Nothing is ever printed, and no signal raised. Once the controller has gone,
 * or has broken the protocol, every call fails with the same error, until
 * tt_client_close(). Different threads may use different clients at the same
 * time, but not the same one.
 */
#ifndef TTCLIENT_H
#define TTCLIENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* a client: opaque */
struct tt_client;

/* no name: such a client comes last if several want to run at one time */
#define TT_NAME_NONE UINT64_MAX

/* nobody ever runs at or after this time, ns; a request for it is none */
#define TT_NEVER ((uint64_t)INT64_MAX)

/* do without the shared memory, even if the controller offers it */
#define TT_CLIENT_NO_MEMORY 0x1u

/* how long to be patient if @timeout_ms is 0 */
#define TT_CLIENT_TIMEOUT_MS 10000

/**
 * struct tt_client_options - how to take part
 *
 * What is zero has its default, but for @size, @path and @name.
 *
 * @size: sizeof(struct tt_client_options)
 * @path: the controller's socket, at most 107 bytes
 * @name: identifies this client, or %TT_NAME_NONE; give each client one of its
 *	own, or the order of what happens at one time depends on who was faster
 * @flags: 0 or %TT_CLIENT_NO_MEMORY
 * @timeout_ms: how long to wait for the controller to be there, for START's
 *	ACK (which comes when as many clients have come as have to), and for
 *	any other; -1: forever, 0: %TT_CLIENT_TIMEOUT_MS. A wait for RUN takes
 *	as long as the simulation needs.
 * @broadcast: called with a broadcast of another client, or NULL. If it is
 *	called while this one waits, the other one does not go on before it has
 *	returned.
 * @interrupted: called when a descriptor of tt_client_watch() is readable while
 *	the client waits (or was told to run at the same moment). The client
 *	that caused it is the running one, if it does not go on meanwhile. What
 *	is readable has to be read. Anything but 0 ends the wait with it, and
 *	this client's part in the simulation.
 * @data: passed to both. They may call anything but tt_client_wait(),
 *	tt_client_run_until() and tt_client_close().
 */
struct tt_client_options {
	size_t size;
	const char *path;
	uint64_t name;
	unsigned int flags;
	int timeout_ms;
	void (*broadcast)(struct tt_client *client, uint64_t value, void *data);
	int (*interrupted)(struct tt_client *client, int fd, void *data);
	void *data;
};

int tt_client_open(struct tt_client **client,
		   const struct tt_client_options *opt);
void tt_client_close(struct tt_client *client);

int tt_client_now(struct tt_client *client, uint64_t *ns);
int tt_client_request(struct tt_client *client, uint64_t ns);
int tt_client_wait(struct tt_client *client);
int tt_client_run_until(struct tt_client *client, uint64_t ns);
int tt_client_update(struct tt_client *client);
int tt_client_broadcast(struct tt_client *client, uint64_t value);
int tt_client_time_of_day(struct tt_client *client, uint64_t *ns);

int tt_client_watch(struct tt_client *client, int fd);
int tt_client_unwatch(struct tt_client *client, int fd);
int tt_client_wait_readable(struct tt_client *client, int fd);
int tt_client_dispatch(struct tt_client *client);

bool tt_client_uses_memory(const struct tt_client *client);
int tt_client_log_fd(const struct tt_client *client);
uint16_t tt_client_slot(const struct tt_client *client);
const char *tt_client_error(const struct tt_client *client);

#ifdef __cplusplus
}
#endif

#endif /* TTCLIENT_H */
