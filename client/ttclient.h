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
 *	any other; -1: forever, 0: %TT_CLIENT_TIMEOUT_MS. A wait for RUN, or
 *	for the ACK of a broadcast, takes as long as the other clients need.
 * @broadcast: called with a broadcast of another client, or NULL. It is called
 *	from any function of this library, also in interrupted(), but never
 *	while it has not returned from another call. If this client waits, no
 *	other client gets past the time of a request that it makes here, until
 *	it returns or calls tt_client_wait_readable().
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

/**
 * tt_client_open - take part in a simulation
 * @client_ret: set to a client that runs, at local time 0; if something fails, to
 *	one that can tell tt_client_error(), or to NULL if there is no memory.
 *	In any case it is for tt_client_close().
 * @opt: how; not needed any more afterwards
 *
 * Waits until the controller is there and has started this client. If the
 * memory that it offers is of no use, this client goes on with messages, and
 * tt_client_error() says why.
 *
 * Return: 0; -EINVAL, -E2BIG or -ENAMETOOLONG for wrong options; -ETIMEDOUT;
 * another -errno if there is no controller, or it breaks the protocol.
 */
int tt_client_open(struct tt_client **client_ret,
		   const struct tt_client_options *opt);

/**
 * tt_client_close - leave the simulation
 * @client: the client, or NULL; gone afterwards
 */
void tt_client_close(struct tt_client *client);

/**
 * tt_client_now - what time it is
 * @client: the client
 * @ns: set to local time, ns
 *
 * For a client that runs, this is its own clock, which nobody else moves. One
 * that waits (and is called back) is told what time it is for the one that
 * runs.
 *
 * Return: 0 or -errno.
 */
int tt_client_now(struct tt_client *client, uint64_t *ns);

/**
 * tt_client_request - ask to run
 * @client: the client
 * @ns: when, local time, ns; %TT_NEVER takes back what was asked for
 *
 * There is one request at a time: the latest counts. A running client's own is
 * made when it waits. It is used up as soon as the client is told to run.
 * A time that has passed is as good as now.
 *
 * Return: 0 or -errno.
 */
int tt_client_request(struct tt_client *client, uint64_t ns);

/**
 * tt_client_wait - wait until told to run
 * @client: the client, which runs
 *
 * It is told at the time of its request, or for any reason of the controller's
 * before that; tt_client_now() says when it is. Without a request it waits until
 * a callback makes one. See &struct tt_client_options for the callbacks.
 *
 * A signal does not end the wait; what a handler writes to a descriptor that is
 * watched does.
 *
 * Return: 0; -EPIPE, -ECONNRESET if the controller has gone, which it also does
 * if all clients wait and none has a request; -EBUSY in a callback; what the
 * callback returned if not 0.
 */
int tt_client_wait(struct tt_client *client);

/**
 * tt_client_run_until - let time pass
 * @client: the client, which runs
 * @ns: until when, local time, ns; not before now
 *
 * If nobody else wants to run until then, that costs nothing, otherwise they
 * run, while this client waits. It is over earlier if a callback made a request
 * meanwhile: see what is due at tt_client_now() then, and call it again.
 *
 * Return: 0; -EINVAL if @ns has passed; and what tt_client_wait() returns.
 */
int tt_client_run_until(struct tt_client *client, uint64_t ns);

/**
 * tt_client_update - to be called before another client is sent something
 * @client: the client, which runs
 *
 * The other one will want to know what time it is.
 *
 * Return: 0; -EPERM if it is not this client that runs; another -errno.
 */
int tt_client_update(struct tt_client *client);

/**
 * tt_client_broadcast - tell all other clients something
 * @client: the client
 * @value: what
 *
 * The broadcast() of each client that waits has been called when this returns,
 * and what it asked for is known to the controller. If clients broadcast at the
 * same time, each in a callback, that is not so for those that wait for this
 * one: their broadcast() is called when their own broadcast has returned. See
 * libttclient(3).
 *
 * Return: 0 or -errno.
 */
int tt_client_broadcast(struct tt_client *client, uint64_t value);

/**
 * tt_client_time_of_day - what the wall clock shows in the simulation
 * @client: the client
 * @ns: set to ns since the epoch
 *
 * It is the controller's, and as late as the controller knows; call
 * tt_client_update() before if it has to be exact.
 *
 * Return: 0 or -errno.
 */
int tt_client_time_of_day(struct tt_client *client, uint64_t *ns);

/**
 * tt_client_watch - have interrupted() called when a descriptor is readable
 * @client: the client
 * @fd: the descriptor, open until tt_client_unwatch()
 *
 * That happens while the client waits; while it runs it is left alone.
 *
 * Return: 0; -EINVAL without interrupted(), -EEXIST, -ENOMEM.
 */
int tt_client_watch(struct tt_client *client, int fd);

/**
 * tt_client_unwatch - leave a descriptor alone
 * @client: the client
 * @fd: the descriptor
 *
 * Return: 0, or -ENOENT if it is not watched.
 */
int tt_client_unwatch(struct tt_client *client, int fd);

/**
 * tt_client_wait_readable - wait for what another client sends, without
 *	simulated time passing
 * @client: the client
 * @fd: a descriptor
 *
 * For a client that has sent something to another and gets an answer at once.
 * The controller is listened to meanwhile. Use this rather than a blocking
 * read: it is how a broadcast is not missed, and how its sender goes on.
 *
 * In broadcast(), this lets the sender of the broadcast go on, since it may be
 * the one that is to answer. A request that must be in time for it has to be
 * made before.
 *
 * Return: 0 when @fd is readable, or has ended; -EPIPE, -ECONNRESET if the
 * controller has gone; another -errno.
 */
int tt_client_wait_readable(struct tt_client *client, int fd);

/**
 * tt_client_dispatch - see what the controller has said, without waiting
 * @client: the client
 *
 * Only needed if a client runs for long without calling anything else, and has
 * to know of broadcasts.
 *
 * Return: 0 or -errno.
 */
int tt_client_dispatch(struct tt_client *client);

/**
 * tt_client_uses_memory - is the shared memory used?
 * @client: the client
 *
 * Return: whether it is; if it was offered and is not, tt_client_error() said
 * why after tt_client_open().
 */
bool tt_client_uses_memory(const struct tt_client *client);

/**
 * tt_client_log_fd - the file that the controller lets clients log to
 * @client: the client
 *
 * Return: a descriptor, which stays the client's, to append lines to; -1 if
 * none was offered.
 */
int tt_client_log_fd(const struct tt_client *client);

/**
 * tt_client_slot - the number that the controller gave to a client
 * @client: the client
 *
 * Return: the number, from 1.
 */
uint16_t tt_client_slot(const struct tt_client *client);

/**
 * tt_client_error - what went wrong
 * @client: the client; NULL if tt_client_open() had no memory for one
 *
 * Return: one line, without its end, about the last call that failed, or about
 * why an offered memory is not used; empty if there is nothing to say. It is
 * valid until the next call.
 */
const char *tt_client_error(const struct tt_client *client);

#ifdef __cplusplus
}
#endif

#endif /* TTCLIENT_H */
