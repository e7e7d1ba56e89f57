// SPDX-License-Identifier: GPL-2.0
/*
 * The step that sends 10 MB over TCP
 *
 * Both ends print how many bytes they have seen and a checksum of these. The
 * sender's times are those of the wall clock, as captures have them.
 */
#include "network.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define PORT		9
#define BYTES		10000000
#define CHUNK		100000

/*
 * Socket buffers, so that the receiver's window never holds up the sender on a
 * link of 100 Mbit/s and a round trip of 40 ms, which has 500 kB under way.
 */
#define BUFFER		(1 << 20)

/* for the last acknowledgement, s */
#define LINGER		60

/* FNV-1a; begins with 0xcbf29ce484222325 */
static uint64_t add_checksum(uint64_t sum, const unsigned char *data, size_t len)
{
	while (len--)
		sum = (sum ^ *data++) * 0x100000001b3;
	return sum;
}

static void print_sum(uint64_t bytes, uint64_t sum)
{
	printf("tcp_bytes %" PRIu64 "\n", bytes);
	printf("tcp_checksum %016" PRIx64 "\n", sum);
}

static int open_socket(void)
{
	int sock = socket(AF_INET, SOCK_STREAM, 0), size = BUFFER;

	setsockopt(sock, SOL_SOCKET, SO_SNDBUFFORCE, &size, sizeof(size));
	setsockopt(sock, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof(size));
	return sock;
}

static bool receive_all(int64_t number)
{
	static unsigned char data[CHUNK];
	struct sockaddr_in own = machine(number, PORT);
	uint64_t sum = 0xcbf29ce484222325, bytes = 0;
	int sock = open_socket(), peer;
	ssize_t len;

	if (bind(sock, (struct sockaddr *)&own, sizeof(own)) || listen(sock, 1))
		return network_error("listen", sock);
	peer = accept(sock, NULL, NULL);
	if (peer < 0)
		return network_error("accept", sock);
	while ((len = recv(peer, data, sizeof(data), 0)) > 0) {
		sum = add_checksum(sum, data, len);
		bytes += len;
	}
	close(sock);
	if (len < 0)
		return network_error("recv", peer);
	close(peer);
	print_sum(bytes, sum);
	return bytes == BYTES;
}

static bool send_all(int sock)
{
	static uint64_t data[CHUNK / sizeof(uint64_t)];
	const unsigned char *bytes = (unsigned char *)data;
	uint64_t sum = 0xcbf29ce484222325, word = 1;
	size_t i, done, total;
	ssize_t len;

	for (total = 0; total < BYTES; total += CHUNK) {
		for (i = 0; i < CHUNK / sizeof(*data); i++) {
			word = word * 6364136223846793005 + 1;
			data[i] = word;
		}
		for (done = 0; done < CHUNK; done += len) {
			len = send(sock, bytes + done, CHUNK - done, 0);
			if (len <= 0)
				return false;
		}
		sum = add_checksum(sum, bytes, CHUNK);
	}
	print_sum(total, sum);
	return true;
}

static bool connect_and_send(int64_t number)
{
	const struct linger linger = { .l_onoff = 1, .l_linger = LINGER };
	struct sockaddr_in to = machine(number, PORT);
	int sock = open_socket();
	int64_t start;

	/* let the other machine listen first */
	wait_until(CLOCK_MONOTONIC, now(CLOCK_MONOTONIC) + NSEC_PER_SEC);
	if (setsockopt(sock, SOL_SOCKET, SO_LINGER, &linger, sizeof(linger)) ||
	    connect(sock, (struct sockaddr *)&to, sizeof(to)))
		return network_error("connect", sock);
	start = now(CLOCK_REALTIME);
	if (!send_all(sock))
		return network_error("send", sock);
	/* returns when all is acknowledged, the end included */
	close(sock);
	printf("tcp_connected_ns %" PRId64 "\n", start);
	printf("tcp_acknowledged_ns %" PRId64 "\n", now(CLOCK_REALTIME));
	return true;
}

bool tcp_step(int64_t number)
{
	return is_own(number) ? receive_all(number) : connect_and_send(number);
}
