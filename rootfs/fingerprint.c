// SPDX-License-Identifier: GPL-2.0
/*
 * The fingerprint step: print all that a program can learn about its machine
 * and that might depend on the host: random numbers, addresses, counters, the
 * kernel's log. Two machines with the same seed, start time and steps print the
 * same to the last byte, whenever and however fast the host ran them.
 */
#include "guest.h"

#include <arpa/inet.h>
#include <inttypes.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <netinet/ip.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/ioctl.h>
#include <sys/klog.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

/* klogctl(): read all, from the beginning */
#define SYSLOG_ACTION_READ_ALL	3

static void print_bytes(const char *name, const void *bytes, size_t len)
{
	const unsigned char *byte = bytes;

	printf("%s ", name);
	for (size_t i = 0; i < len; i++)
		printf("%02x", byte[i]);
	putchar('\n');
}

static bool print_file(const char *path)
{
	FILE *file = fopen(path, "r");
	char line[4096];

	if (!file)
		return false;
	while (fgets(line, sizeof(line), file))
		printf("%s: %s", path, line);
	fclose(file);

	return true;
}

static bool print_random(void)
{
	char path[] = "/fingerprint-XXXXXX";
	unsigned char bytes[64];
	int fd;

	print_bytes("at_random", (void *)getauxval(AT_RANDOM), 16);
	if (getrandom(bytes, sizeof(bytes), 0) != sizeof(bytes))
		return false;
	print_bytes("getrandom", bytes, sizeof(bytes));
	fd = mkstemp(path);
	if (fd < 0)
		return false;
	printf("mkstemp %s\n", path);
	close(fd);
	unlink(path);

	return print_file("/proc/sys/kernel/random/uuid") &&
	       print_file("/proc/sys/kernel/random/boot_id");
}

static bool print_addresses(void)
{
	void *map = mmap(NULL, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS,
			 -1, 0);

	if (map == MAP_FAILED)
		return false;
	printf("stack %p\n", __builtin_frame_address(0));
	printf("heap %p\n", sbrk(0));
	printf("mmap %p\n", map);
	printf("vdso %#lx\n", getauxval(AT_SYSINFO_EHDR));
	munmap(map, 4096);

	return print_file("/proc/self/maps");
}

/* the processor's clock, which programs can read without asking the kernel */
static bool print_tsc(void)
{
	unsigned int cpu;

	printf("rdtsc %llu\n", __builtin_ia32_rdtsc());
	printf("rdtscp %llu", __builtin_ia32_rdtscp(&cpu));
	printf(" %u\n", cpu);

	return true;
}

static bool print_pids(void)
{
	pid_t child = fork();

	if (!child)
		_exit(0);
	printf("pids %d %d\n", getpid(), child);

	return child > 0 && waitpid(child, NULL, 0) == child;
}

static bool set_loopback_up(int fd)
{
	struct ifreq ifr = { .ifr_name = "lo" };

	if (ioctl(fd, SIOCGIFFLAGS, &ifr))
		return false;
	ifr.ifr_flags |= IFF_UP;

	return !ioctl(fd, SIOCSIFFLAGS, &ifr);
}

/* the first segments of a connection, as they are on the wire */
static bool print_segments(int wire)
{
	struct {
		struct iphdr ip;
		unsigned char rest[256];
	} packet;
	struct sockaddr_ll from;
	socklen_t len = sizeof(from);
	ssize_t size;

	while ((size = recvfrom(wire, &packet, sizeof(packet), MSG_DONTWAIT,
				(void *)&from, &len)) > 0)
		/* on the loopback interface each is seen twice */
		if (from.sll_pkttype != PACKET_OUTGOING &&
		    packet.ip.protocol == IPPROTO_TCP)
			print_bytes("segment", &packet, size);

	return true;
}

static bool print_connection(void)
{
	struct sockaddr_in address = {
		.sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	};
	socklen_t len = sizeof(address);
	int server = socket(AF_INET, SOCK_STREAM, 0);
	int client = socket(AF_INET, SOCK_STREAM, 0);
	int wire = socket(AF_PACKET, SOCK_DGRAM, htons(ETH_P_ALL));
	bool ok;

	ok = server >= 0 && client >= 0 && wire >= 0 &&
	     set_loopback_up(server) &&
	     !bind(server, (void *)&address, len) && !listen(server, 1) &&
	     !getsockname(server, (void *)&address, &len) &&
	     !connect(client, (void *)&address, len) &&
	     print_segments(wire) && print_file("/proc/net/tcp") &&
	     print_file("/proc/net/packet") && print_file("/proc/net/netlink");
	close(wire);
	close(client);
	close(server);

	return ok;
}

static bool print_stat(const char *path)
{
	struct stat st;

	if (stat(path, &st))
		return false;
	printf("stat %s %" PRIu64 " %" PRIu64 " %" PRId64 ".%09ld\n", path,
	       (uint64_t)st.st_dev, (uint64_t)st.st_ino, (int64_t)st.st_ctime,
	       st.st_ctim.tv_nsec);

	return true;
}

static bool print_log(void)
{
	static char log[1 << 16];
	int len = klogctl(SYSLOG_ACTION_READ_ALL, log, sizeof(log));

	if (len < 0)
		return false;
	fwrite(log, 1, len, stdout);

	return true;
}

bool fingerprint_step(int64_t unused)
{
	static const char * const files[] = {
		"/proc/cmdline", "/proc/version", "/proc/cpuinfo",
		"/proc/meminfo", "/proc/interrupts", "/proc/stat",
		"/proc/uptime", "/proc/vmstat", "/proc/zoneinfo",
		"/proc/loadavg", "/proc/self/stat", "/proc/self/status",
		"/proc/self/mountinfo", "/proc/iomem", "/proc/buddyinfo",
		"/proc/softirqs",
	};
	bool ok;

	(void)unused;
	ok = print_random() && print_addresses() && print_tsc() && print_pids() &&
	     print_connection() && print_stat("/init") && print_stat("/proc/1");
	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++)
		print_file(files[i]);

	return print_log() && ok;
}
