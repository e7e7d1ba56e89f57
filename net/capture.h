/* SPDX-License-Identifier: GPL-2.0 */
#ifndef TT_NET_CAPTURE_H
#define TT_NET_CAPTURE_H

#include <stdint.h>

#include "frame.h"

/* libpcap's, whose header is not needed to use this */
struct pcap;
struct pcap_dumper;

/**
 * struct capture - frames in a file
 *
 * @path: the file
 * @start_time: wall clock at time 0, ns since the epoch
 * @pcap: what kind of file it is
 * @dumper: the file, NULL once it cannot be written any more
 */
struct capture {
	const char *path;
	uint64_t start_time;
	struct pcap *pcap;
	struct pcap_dumper *dumper;
};

int capture_open(struct capture *capture, const char *path,
		 uint64_t start_time);
int capture_write(struct capture *capture, uint64_t time,
		  const struct frame *frame);
void capture_close(struct capture *capture);

#endif /* TT_NET_CAPTURE_H */
