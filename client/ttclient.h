/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * libttclient: take part in a time-travel simulation, beside User-mode Linux
 * machines that were booted with time-travel=ext:.
 *
 * A client has a clock of its own, which shows local time: nanoseconds since the
 * client was started. Only the functions of this library move it. At any moment
 * exactly one client of a simulation runs. The others wait, and do something
 * only if the running client sends them something.
 *
 * All functions that return an int, except tt_client_log_fd(), return 0 or a
 * negative errno. After an error tt_client_error() has a line that says what went
 * wrong. The library prints nothing and raises no signal. When the controller has
 * gone or has broken the protocol, every call fails with the same error until
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

/* no name: the client runs after all others that want to run at that time */
#define TT_NAME_NONE UINT64_MAX

/* ns; no client ever runs at or after this; requesting it means: no request */
#define TT_NEVER ((uint64_t)INT64_MAX)

/* use messages only, even if the controller offers the shared memory */
#define TT_CLIENT_NO_MEMORY 0x1u

/* the time limit if @timeout_ms is 0 */
#define TT_CLIENT_TIMEOUT_MS 10000

/**
 * struct tt_client_options - how to take part
 *
 * @size, @path and @name have to be set. Everything else may be 0.
 *
 * @size: sizeof(struct tt_client_options)
 * @path: the controller's socket, at most 107 bytes
 * @name: identifies this client, or %TT_NAME_NONE. Give each client a different
 *	name; otherwise the order of events at one instant depends on which
 *	client was faster.
 * @flags: 0 or %TT_CLIENT_NO_MEMORY
 * @timeout_ms: how long to wait for the controller to listen, and for each of
 *	its ACKs; -1: no limit, 0: %TT_CLIENT_TIMEOUT_MS. START is acknowledged
 *	once as many clients have joined as the controller waits for. There is
 *	no limit for RUN and for the ACK of a broadcast: these take as long as
 *	other clients need.
 * @broadcast: called with the value of each broadcast of another client, or
 *	NULL. Any function of the library may call it, even during interrupted(),
 *	but never before an earlier call has returned. While this client waits,
 *	no other client gets past the time of a request that is made here, until
 *	this returns or calls tt_client_wait_readable().
 * @interrupted: called with a watched descriptor that is readable, while this
 *	client is in tt_client_wait() or tt_client_wait_readable(). The client
 *	that sent the data should wait for an answer; otherwise time may pass
 *	before this returns. See tt_client_watch() about what to read. If this
 *	returns anything but 0 the wait returns that value, and this client's
 *	part in the simulation is over.
 * @data: passed to both callbacks. They may call any function but
 *	tt_client_wait(), tt_client_run_until() and tt_client_close().
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
 * @client_ret: set to a client that runs, at local time 0. If this fails it is
 *	set to a client for tt_client_error() only, or to NULL if there was no
 *	memory. In each case pass it to tt_client_close().
 * @opt: the options; not needed any more when this returns
 *
 * Waits until the controller listens and has started this client. If the client
 * cannot use the shared memory that the controller offers, it uses messages, and
 * tt_client_error() says why.
 *
 * Return: 0; -EINVAL, -E2BIG or -ENAMETOOLONG for wrong options; -ETIMEDOUT;
 * another -errno if there is no controller or it breaks the protocol.
 */
int tt_client_open(struct tt_client **client_ret,
		   const struct tt_client_options *opt);

/**
 * tt_client_close - leave the simulation
 * @client: freed; may be NULL
 *
 * The others go on as if this client had never asked to run again.
 */
void tt_client_close(struct tt_client *client);

/**
 * tt_client_now - what time it is
 * @client: running or, in a callback, waiting
 * @ns: set to local time, ns
 *
 * A running client has its own clock, which no other client moves. A waiting
 * client gets the time of the client that runs.
 *
 * Return: 0 or -errno.
 */
int tt_client_now(struct tt_client *client, uint64_t *ns);

/**
 * tt_client_request - ask to run at a time
 * @client: running or, in a callback, waiting
 * @ns: local time, ns; %TT_NEVER takes back the request. A time that has passed
 *	means now.
 *
 * A client has at most one request: a new one replaces the old one. A running
 * client's request is sent when the client begins to wait, a waiting client's at
 * once. When the client is told to run, its request is used up.
 *
 * Return: 0 or -errno.
 */
int tt_client_request(struct tt_client *client, uint64_t ns);

/**
 * tt_client_wait - wait until told to run
 * @client: running
 *
 * The controller tells the client to run at the time of its request, or earlier
 * for its own reasons; tt_client_now() says what time it is. Without a request
 * the client waits until a callback makes one. See &struct tt_client_options for
 * the callbacks.
 *
 * A signal does not end the wait. If it should, have the signal's handler write
 * to a watched descriptor.
 *
 * Return: 0; -EPIPE or -ECONNRESET if the controller has gone, as it does when
 * all clients wait and none has a request; -EBUSY in a callback; what
 * interrupted() returned if that was not 0.
 */
int tt_client_wait(struct tt_client *client);

/**
 * tt_client_run_until - let time pass
 * @client: running
 * @ns: local time, ns, not before now
 *
 * If no other client wants to run before @ns this returns at once. Otherwise the
 * others run while this client waits. It returns early if a callback has made a
 * request: do what is due at tt_client_now(), and call it again.
 *
 * Return: 0; -EINVAL if @ns has passed; or what tt_client_wait() returns.
 */
int tt_client_run_until(struct tt_client *client, uint64_t ns);

/**
 * tt_client_update - tell the controller the time
 * @client: running
 *
 * Call this before the client sends anything to another client, which will ask
 * the controller what time it is.
 *
 * Return: 0; -EPERM if this client does not run; another -errno.
 */
int tt_client_update(struct tt_client *client);

/**
 * tt_client_broadcast - tell all other clients something
 * @client: running or, in a callback, waiting
 * @value: passed to their broadcast()
 *
 * When this returns, broadcast() has returned in all clients that wait, and the
 * controller knows their requests. There is one exception: a client that has
 * sent a broadcast itself and waits, directly or by way of others, for this
 * client to hear it. See libttclient(3).
 *
 * Return: 0 or -errno.
 */
int tt_client_broadcast(struct tt_client *client, uint64_t value);

/**
 * tt_client_time_of_day - what the simulation's wall clock shows
 * @client: running or, in a callback, waiting
 * @ns: set to ns since the epoch
 *
 * The controller computes it from the last time that it knows. A running client
 * that needs the exact value calls tt_client_update() first.
 *
 * Return: 0 or -errno.
 */
int tt_client_time_of_day(struct tt_client *client, uint64_t *ns);

/**
 * tt_client_watch - have interrupted() called when a descriptor is readable
 * @client: the client
 * @fd: a socket, pipe, eventfd or the like, but no regular file
 *
 * interrupted() is called while the client waits; while the client runs, only in
 * tt_client_wait_readable(). It is called once for the data that has come:
 *
 * - If it reads only part of the data, it is called again for the rest.
 * - If it reads nothing, it is called again when more data comes, and once in the
 *   next wait. (One read() empties an eventfd or timerfd.)
 * - For a datagram or listening socket it is called again while any data is left,
 *   but at most 1000 times in a row in one wait.
 * - When the other end has been closed and all data has been read, it is called
 *   once more, and read() returns 0. After that the descriptor is no longer
 *   watched.
 *
 * It may call tt_client_unwatch(), and it may close the descriptor, which ends
 * the watch as well. Either can also be done while the client runs.
 *
 * Return: 0; -EINVAL without interrupted(), -EEXIST if it is watched already,
 * -EPERM if it cannot be watched, -EBADF, -ENOMEM.
 */
int tt_client_watch(struct tt_client *client, int fd);

/**
 * tt_client_unwatch - stop watching a descriptor
 * @client: the client
 * @fd: a descriptor of tt_client_watch()
 *
 * Return: 0, or -ENOENT if it is not watched.
 */
int tt_client_unwatch(struct tt_client *client, int fd);

/**
 * tt_client_wait_readable - wait for another client's answer, in no simulated
 *	time
 * @client: running or, in a callback, waiting
 * @fd: where the answer comes; it may be watched, but interrupted() is not
 *	called for it meanwhile
 *
 * During the wait broadcast() is called for broadcasts, and interrupted() for
 * other descriptors: two clients may ask each other something before they answer.
 * With a blocking read() instead, they would wait for each other for ever. Two
 * clients in one thread cannot wait for each other.
 *
 * In broadcast() this lets the sender of the broadcast go on, since the answer
 * may have to come from that very client. If the sender must not get past a
 * request, make the request before this call.
 *
 * Return: 0 when @fd is readable or its other end was closed; -EBADF if it is not
 * open; -EPIPE or -ECONNRESET if the controller has gone; what interrupted()
 * returned if that was not 0; another -errno.
 */
int tt_client_wait_readable(struct tt_client *client, int fd);

/**
 * struct tt_card - a network card
 *
 * @number: which of the client's cards it is, from 1
 * @mac: its address, the same in each run
 * @mtu: longest frame, not counting the Ethernet header and two VLAN tags, bytes
 * @delay: a frame takes at least this long to any other client, ns
 */
struct tt_card {
	unsigned int number;
	unsigned char mac[6];
	unsigned int mtu;
	uint64_t delay;
};

/**
 * struct tt_frame - a frame that has arrived
 *
 * @time: when it has, local time, ns
 * @card: the number of the card at which it has arrived
 * @len: its length, bytes
 * @data: from the destination's address on, without a checksum; valid until the
 *	next tt_client_receive() or tt_client_close()
 */
struct tt_frame {
	uint64_t time;
	unsigned int card;
	size_t len;
	const unsigned char *data;
};

/**
 * tt_client_plug - plug a network card into one of the controller's networks
 * @client: the client
 * @network: the network's name, as in tt-controller's --net
 * @card: filled in
 *
 * Return: 0; -ENOENT if there is no such network; -EINVAL; another -errno. Only
 * tt-controller has networks; another controller may end the connection.
 */
int tt_client_plug(struct tt_client *client, const char *network,
		   struct tt_card *card);

/**
 * tt_client_send - send a frame, now
 * @client: running
 * @card: the number of the card
 * @frame: from the destination's address on, without a checksum; copied
 * @len: its length, bytes, at least 14
 *
 * The frame is sent to the controller when this client next waits.
 * tt_client_run_until() makes it wait before the frame can arrive anywhere.
 *
 * Return: 0; -EPERM if the client does not run; -ENOENT if it has no such card;
 * -EMSGSIZE; another -errno.
 */
int tt_client_send(struct tt_client *client, unsigned int card,
		   const void *frame, size_t len);

/**
 * tt_client_receive - take the next frame that has arrived
 * @client: the client
 * @frame: filled in
 *
 * When frames arrive the client is told to run: tt_client_wait() and
 * tt_client_run_until() return at the time of their arrival. While there are
 * frames left to take, tt_client_run_until() returns at once.
 *
 * Return: 0; -EAGAIN, without a line in tt_client_error(), if there is none;
 * another -errno.
 */
int tt_client_receive(struct tt_client *client, struct tt_frame *frame);

/**
 * tt_client_dispatch - handle what the controller has sent, without waiting
 * @client: the client
 *
 * Only useful for a client that runs for long without calling any other function,
 * and wants to hear broadcasts meanwhile.
 *
 * Return: 0 or -errno.
 */
int tt_client_dispatch(struct tt_client *client);

/**
 * tt_client_uses_memory - does this client use the shared memory?
 * @client: the client
 *
 * If memory was offered and is not used, tt_client_error() says why after
 * tt_client_open().
 */
bool tt_client_uses_memory(const struct tt_client *client);

/**
 * tt_client_log_fd - a descriptor of the controller's log
 * @client: the client
 *
 * Return: a descriptor to which the caller may append lines, but which it must
 * not close; -1 if the controller offered none.
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
 * Return: one line, without a newline: why the last failed call failed, or why
 * the client does not use the memory it was offered; empty if neither happened.
 * The line is valid until the next call.
 */
const char *tt_client_error(const struct tt_client *client);

#ifdef __cplusplus
}
#endif

#endif /* TTCLIENT_H */
