// SPDX-License-Identifier: GPL-2.0
/*
 * descriptors ROOM SENT - have os_rcv_fd_msg() of a kernel tree receive a message
 * with SENT descriptors where there is room for ROOM, and look at what it gives
 *
 * FUNCTION is the file with its text. Compiled with -fsanitize=address, this
 * program also fails if the function writes or reads beyond its own arrays.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/types.h>
#include <unistd.h>

#include FUNCTION

#define MOST	2

static int send_descriptors(int fd, int count)
{
	_Alignas(struct cmsghdr) char control[CMSG_SPACE(MOST * sizeof(int))] = {};
	char byte = 'x';
	struct iovec iov = { .iov_base = &byte, .iov_len = 1 };
	struct msghdr msg = { .msg_iov = &iov, .msg_iovlen = 1 };
	int descriptors[MOST] = { STDERR_FILENO, STDERR_FILENO };
	struct cmsghdr *cmsg;

	if (count) {
		msg.msg_control = control;
		msg.msg_controllen = CMSG_SPACE(count * sizeof(int));
		cmsg = CMSG_FIRSTHDR(&msg);
		cmsg->cmsg_level = SOL_SOCKET;
		cmsg->cmsg_type = SCM_RIGHTS;
		cmsg->cmsg_len = CMSG_LEN(count * sizeof(int));
		memcpy(CMSG_DATA(cmsg), descriptors, count * sizeof(int));
	}

	return sendmsg(fd, &msg, 0);
}

int main(int argc, char **argv)
{
	int room = argc > 1 ? atoi(argv[1]) : MOST;
	int sent = argc > 2 ? atoi(argv[2]) : MOST;
	int pair[2], *fds = malloc(room * sizeof(*fds));
	int got = 0;
	char byte;

	if (!fds || socketpair(AF_UNIX, SOCK_STREAM, 0, pair) ||
	    send_descriptors(pair[0], sent) != 1)
		return EXIT_FAILURE;
	if (os_rcv_fd_msg(pair[1], fds, room, &byte, 1) != 1 || byte != 'x')
		return EXIT_FAILURE;

	for (int i = 0; i < room; i++) {
		if (fds[i] >= 0)
			got++;
		else if (fds[i] != -1)
			return EXIT_FAILURE;
	}
	printf("%d of %d descriptors, room for %d\n", got, sent, room);
	free(fds);

	return got == (sent < room ? sent : room) ? EXIT_SUCCESS : EXIT_FAILURE;
}
