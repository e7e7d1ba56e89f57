/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef TT_SOCKET_H
#define TT_SOCKET_H

#include <stdbool.h>
#include <stddef.h>

#include <linux/um_timetravel.h>

#include "error.h"

/* messages that are received at once, at most; a long frame is about 100 */
#define TT_SOCKET_BATCH 256

/**
 * struct tt_socket - the connection to the controller
 *
 * @fd: the descriptor, -1 if not connected
 * @timeout_ms: time limit for the controller to send or to take a message, -1:
 *	none
 * @error: where to note what went wrong
 * @take_fds: receive the descriptors that come with a message
 * @fds: those that came with the last message; a caller that keeps one sets it
 *	to -1
 * @nfds: how many came, even if there was no room for all
 * @out: messages to be sent, NULL before there were any
 * @out_len: how much of @out is used, bytes
 * @out_size: how much is allocated for @out, bytes
 * @head: bytes at the beginning of @buf that were returned already
 * @len: bytes of @buf that were received
 * @buf: messages; the last one may be incomplete
 */
struct tt_socket {
	int fd;
	int timeout_ms;
	struct tt_error *error;
	bool take_fds;
	int fds[UM_TIMETRAVEL_MAX_FDS];
	unsigned int nfds;
	char *out;
	size_t out_len;
	size_t out_size;
	size_t head;
	size_t len;
	char buf[TT_SOCKET_BATCH * sizeof(struct um_timetravel_msg)];
};

int tt_socket_left_ms(const struct tt_socket *sock, long long *end);
void tt_socket_init(struct tt_socket *sock, struct tt_error *error);
int tt_socket_connect(struct tt_socket *sock, const char *path, int timeout_ms);
void tt_socket_shutdown(struct tt_socket *sock);
void tt_socket_close(struct tt_socket *sock);
int tt_socket_queue(struct tt_socket *sock, const struct um_timetravel_msg *msg,
		    const void *payload, size_t len);
int tt_socket_flush(struct tt_socket *sock);
int tt_socket_send(struct tt_socket *sock, const struct um_timetravel_msg *msg);
int tt_socket_receive(struct tt_socket *sock, struct um_timetravel_msg *msg,
		      int flags);
int tt_socket_receive_payload(struct tt_socket *sock, void *payload, size_t len);
bool tt_socket_has_message(const struct tt_socket *sock);
bool tt_socket_is_empty(const struct tt_socket *sock);
void tt_socket_close_fds(struct tt_socket *sock);

#endif /* TT_SOCKET_H */
