/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef TT_LINK_H
#define TT_LINK_H

#include <stdbool.h>
#include <stddef.h>

#include <linux/um_timetravel.h>

#include "error.h"

#define TT_LINK_BATCH 32

/**
 * struct tt_link - the connection to the controller
 *
 * @fd: the socket, -1 if there is none
 * @timeout_ms: how long the controller may take to say something, -1: forever
 * @error: where to note what went wrong
 * @take_fds: descriptors that come with a message are wanted
 * @fds: those that came with the last message; whoever takes one sets it to -1
 * @nfds: how many came, also if there was no room for so many
 * @head: bytes of @buf that were returned already
 * @len: bytes of @buf that were received
 * @buf: messages, the last one maybe not whole
 */
struct tt_link {
	int fd;
	int timeout_ms;
	struct tt_error *error;
	bool take_fds;
	int fds[UM_TIMETRAVEL_MAX_FDS];
	unsigned int nfds;
	size_t head;
	size_t len;
	char buf[TT_LINK_BATCH * sizeof(struct um_timetravel_msg)];
};

int tt_link_left_ms(const struct tt_link *link, long long *end);
void tt_link_init(struct tt_link *link, struct tt_error *error);
int tt_link_connect(struct tt_link *link, const char *path, int timeout_ms);
void tt_link_shutdown(struct tt_link *link);
void tt_link_close(struct tt_link *link);
int tt_link_send(struct tt_link *link, const struct um_timetravel_msg *msg);
int tt_link_receive(struct tt_link *link, struct um_timetravel_msg *msg,
		    int flags);
bool tt_link_has_message(const struct tt_link *link);
bool tt_link_is_empty(const struct tt_link *link);
void tt_link_close_fds(struct tt_link *link);

#endif /* TT_LINK_H */
