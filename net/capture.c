// SPDX-License-Identifier: GPL-2.0
/*
 * Captures: frames in a pcap file with nanoseconds, for tcpdump(8) and the like.
 * Each frame is written as soon as it is known, in one piece, so the file is
 * valid even if the controller is killed.
 */

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <pcap/pcap.h>

#include "capture.h"
#include "ethernet.h"
#include "simtime.h"

/**
 * capture_open - begin a file
 * @capture: filled in
 * @path: the file, replaced if it is there; the string has to outlive @capture
 * @start_time: wall clock at time 0, ns since the epoch
 *
 * Return: 0 or -errno.
 */
int capture_open(struct capture *capture, const char *path,
		 uint64_t start_time)
{
	FILE *file = fopen(path, "we");
	int ret;

	if (!file)
		return -errno;
	/* with room for any frame, each is written by one write() */
	setvbuf(file, NULL, _IOFBF, 2 * ETHERNET_MAX_FRAME);
	capture->path = path;
	capture->start_time = start_time;
	capture->dumper = NULL;
	capture->pcap =
		pcap_open_dead_with_tstamp_precision(DLT_EN10MB,
						     ETHERNET_MAX_FRAME,
						     PCAP_TSTAMP_PRECISION_NANO);
	if (capture->pcap)
		capture->dumper = pcap_dump_fopen(capture->pcap, file);
	if (!capture->dumper) {
		fclose(file);
		ret = -ENOMEM;
	} else {
		ret = pcap_dump_flush(capture->dumper) ? -errno : 0;
	}
	if (ret)
		capture_close(capture);
	return ret;
}

/**
 * capture_write - add a frame
 * @capture: the capture
 * @time: its time, controller time, ns
 * @frame: the frame
 *
 * Return: 0, or -errno if it cannot be written; nothing is after that.
 */
int capture_write(struct capture *capture, uint64_t time,
		  const struct frame *frame)
{
	uint64_t stamp = capture->start_time + time;
	const struct pcap_pkthdr header = {
		.ts.tv_sec = stamp / NSEC_PER_SEC,
		/* a file of this precision has nanoseconds there */
		.ts.tv_usec = stamp % NSEC_PER_SEC,
		.caplen = frame->len,
		.len = frame->len,
	};
	int ret;

	if (!capture->dumper)
		return 0;
	pcap_dump((unsigned char *)capture->dumper, &header, frame->data);
	if (!pcap_dump_flush(capture->dumper))
		return 0;
	ret = -errno;
	pcap_dump_close(capture->dumper);
	capture->dumper = NULL;
	return ret;
}

/**
 * capture_close - end a file
 * @capture: the capture
 */
void capture_close(struct capture *capture)
{
	if (capture->dumper)
		pcap_dump_close(capture->dumper);
	if (capture->pcap)
		pcap_close(capture->pcap);
	capture->dumper = NULL;
	capture->pcap = NULL;
}
