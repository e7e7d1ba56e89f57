/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The time-travel protocol of User-mode Linux: messages and shared memory.
 *
 * Copyright (C) 2019 - 2023 Intel Corporation
 */
#ifndef _UAPI_LINUX_UM_TIMETRAVEL_H
#define _UAPI_LINUX_UM_TIMETRAVEL_H
#include <linux/types.h>

/**
 * struct um_timetravel_msg - the only message, in both directions
 *
 * A client (a machine booted with time-travel=ext:, or a simulator) has no
 * clock of its own. It tells the controller when it next wants to run, waits,
 * and runs when it is told to. A client has at most one request: a new one
 * replaces the old. Messages travel over a UNIX stream socket in host byte
 * order. Each message but %UM_TIMETRAVEL_ACK is answered by one
 * %UM_TIMETRAVEL_ACK, apart from those that &enum um_timetravel_schedshm_cap
 * excepts.
 */
struct um_timetravel_msg {
	/**
	 * @op: what the message is, see &enum um_timetravel_ops
	 */
	__u32 op;

	/**
	 * @seq: chosen by whoever asks; the ACK repeats it, and whoever asked
	 *	checks that it does
	 */
	__u32 seq;

	/**
	 * @time: nanoseconds of simulated time, unless @op says otherwise
	 */
	__u64 time;
};

/* no message carries more file descriptors than this */
#define UM_TIMETRAVEL_MAX_FDS 2

/**
 * enum um_timetravel_shared_mem_fds - descriptors that come with START's ACK
 *
 * A controller that offers shared memory attaches exactly
 * %UM_TIMETRAVEL_SHARED_MAX_FDS descriptors, in this order; one that does not
 * attaches none.
 */
enum um_timetravel_shared_mem_fds {
	/**
	 * @UM_TIMETRAVEL_SHARED_MEMFD: position of the memory that holds
	 *	&struct um_timetravel_schedshm
	 */
	UM_TIMETRAVEL_SHARED_MEMFD,
	/**
	 * @UM_TIMETRAVEL_SHARED_LOGFD: position of a file that clients may
	 *	append log lines to
	 */
	UM_TIMETRAVEL_SHARED_LOGFD,
	/**
	 * @UM_TIMETRAVEL_SHARED_MAX_FDS: how many there are
	 */
	UM_TIMETRAVEL_SHARED_MAX_FDS,
};

/**
 * enum um_timetravel_start_ack - what @time of START's ACK carries
 */
enum um_timetravel_start_ack {
	/**
	 * @UM_TIMETRAVEL_START_ACK_ID: mask of the client's slot, its index in
	 *	@clients of &struct um_timetravel_schedshm
	 */
	UM_TIMETRAVEL_START_ACK_ID = 0xffff,
};

/**
 * enum um_timetravel_ops - operations
 */
enum um_timetravel_ops {
	/**
	 * @UM_TIMETRAVEL_ACK: answers the message with the same @seq; @time
	 *	has a meaning only where that message's description gives it one
	 *	(both directions)
	 */
	UM_TIMETRAVEL_ACK		= 0,

	/**
	 * @UM_TIMETRAVEL_START: the first message of a client; @time is any
	 *	64-bit name for it, all ones if it has none. From the ACK on the
	 *	client runs, until its first %UM_TIMETRAVEL_WAIT.
	 *	(client -> controller)
	 */
	UM_TIMETRAVEL_START		= 1,

	/**
	 * @UM_TIMETRAVEL_REQUEST: the client wants to run at @time
	 *	(client -> controller)
	 */
	UM_TIMETRAVEL_REQUEST		= 2,

	/**
	 * @UM_TIMETRAVEL_WAIT: the client stops running until
	 *	%UM_TIMETRAVEL_RUN. While it waits an interrupt may still make it
	 *	change its request. @time is ignored.
	 *	(client -> controller)
	 */
	UM_TIMETRAVEL_WAIT		= 3,

	/**
	 * @UM_TIMETRAVEL_GET: asks for the current time, which the ACK has in
	 *	@time
	 *	(client -> controller)
	 */
	UM_TIMETRAVEL_GET		= 4,

	/**
	 * @UM_TIMETRAVEL_UPDATE: @time is the running client's time; sent
	 *	before it interrupts another client, which will then ask for it
	 *	(client -> controller)
	 */
	UM_TIMETRAVEL_UPDATE		= 5,

	/**
	 * @UM_TIMETRAVEL_RUN: the client runs now, and now is @time
	 *	(controller -> client)
	 */
	UM_TIMETRAVEL_RUN		= 6,

	/**
	 * @UM_TIMETRAVEL_FREE_UNTIL: as long as the client runs it need not
	 *	ask for anything strictly before @time; a later message replaces
	 *	an earlier one
	 *	(controller -> client)
	 */
	UM_TIMETRAVEL_FREE_UNTIL	= 7,

	/**
	 * @UM_TIMETRAVEL_GET_TOD: asks for the wall clock that belongs to the
	 *	current time, which the ACK has in @time, in nanoseconds since
	 *	the epoch
	 *	(client -> controller)
	 */
	UM_TIMETRAVEL_GET_TOD		= 8,

	/**
	 * @UM_TIMETRAVEL_BROADCAST: @time is any number; the controller hands
	 *	it to every client but the one it came from, so that all of them
	 *	can mark that in their logs
	 *	(both directions)
	 */
	UM_TIMETRAVEL_BROADCAST		= 9,
};

/* the layout below; a client that finds another one uses messages instead */
#define UM_TIMETRAVEL_SCHEDSHM_VERSION 2

/**
 * enum um_timetravel_schedshm_cap - what a client can do, in its slot's @capa
 */
enum um_timetravel_schedshm_cap {
	/**
	 * @UM_TIMETRAVEL_SCHEDSHM_CAP_TIME_SHARE: the client uses the memory.
	 *	It sets this right after START's ACK, before any other message.
	 *	From then on it reads the time and free-until from the memory
	 *	instead of sending %UM_TIMETRAVEL_GET and being sent
	 *	%UM_TIMETRAVEL_FREE_UNTIL; publishes its time there instead of
	 *	sending %UM_TIMETRAVEL_UPDATE; and neither %UM_TIMETRAVEL_RUN nor
	 *	%UM_TIMETRAVEL_WAIT is acknowledged.
	 */
	UM_TIMETRAVEL_SCHEDSHM_CAP_TIME_SHARE = 0x1,
};

/**
 * enum um_timetravel_schedshm_flags - a slot's @flags
 */
enum um_timetravel_schedshm_flags {
	/**
	 * @UM_TIMETRAVEL_SCHEDSHM_FLAGS_REQ_RUN: the client has a request, and
	 *	@req_time says for when. It may put it here only while the
	 *	client that runs (it may be itself) has
	 *	%UM_TIMETRAVEL_SCHEDSHM_CAP_TIME_SHARE and so will notice;
	 *	otherwise it sends %UM_TIMETRAVEL_REQUEST. It clears the flag when
	 *	it gets %UM_TIMETRAVEL_RUN.
	 */
	UM_TIMETRAVEL_SCHEDSHM_FLAGS_REQ_RUN = 0x1,
};

/**
 * DOC: Shared memory
 *
 * Nearly all messages of a simulation say things that nobody has to act on at
 * once: what time it is, how long the running client may go on, when a client
 * wants to run. They need not be sent if everybody can look them up. The
 * controller therefore shares one memory with its clients and hands it out
 * with the ACK to START. What remains is one WAIT and one RUN each time another
 * client's turn comes.
 *
 * All times in the memory are the controller's, and so are those in messages to
 * and from a client that uses it. Such a client keeps @current_time, as it
 * found it when it attached, as its offset: its own time is the controller's
 * less the offset, and starts at 0. For clients without the memory the
 * controller converts.
 *
 * Each field has one writer at a time, named in its description, but for
 * @free_until, which is only lowered with a compare-and-swap. Every field is
 * aligned to its size, so the layout needs no packing and is the same for 32 and
 * 64 bits; who cannot read 64 bits in one piece has to use messages.
 */

/**
 * union um_timetravel_schedshm_client - a slot: what one client shares
 *
 * Slot 0 is the controller's own. The controller fills the slots of clients
 * that do not use the memory on their behalf.
 *
 * @capa: &enum um_timetravel_schedshm_cap, written by the client only
 * @flags: &enum um_timetravel_schedshm_flags
 * @req_time: when the client wants to run, valid with
 *	%UM_TIMETRAVEL_SCHEDSHM_FLAGS_REQ_RUN and written before that is set
 * @name: what the client sent in START
 * @reserve: keeps a slot at 128 bytes
 */
union um_timetravel_schedshm_client {
	struct {
		__u32 capa;
		__u32 flags;
		__u64 req_time;
		__u64 name;
	};
	char reserve[128];
};

/**
 * struct um_timetravel_schedshm - the shared memory
 *
 * @version: %UM_TIMETRAVEL_SCHEDSHM_VERSION, written once by the controller;
 *	to be checked before anything else is looked at
 * @len: bytes in all, written once by the controller. A client maps @hdr,
 *	reads this and then maps the whole.
 * @free_until: the running client need not ask for anything strictly before
 *	this. Written by the controller, and by a client that puts an earlier
 *	request into its slot while another one runs.
 * @current_time: now; written by the running client, or by the controller while
 *	that runs itself
 * @running_id: slot of the running client; written by the controller before it
 *	tells the client
 * @max_clients: number of slots in @clients, written once by the controller
 * @hdr: keeps the header at 4096 bytes
 * @clients: the slots
 */
struct um_timetravel_schedshm {
	union {
		struct {
			__u32 version;
			__u32 len;
			__u64 free_until;
			__u64 current_time;
			__u16 running_id;
			__u16 max_clients;
		};
		char hdr[4096];
	};
	union um_timetravel_schedshm_client clients[];
};
#endif /* _UAPI_LINUX_UM_TIMETRAVEL_H */
