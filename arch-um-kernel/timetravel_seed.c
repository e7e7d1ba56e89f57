// SPDX-License-Identifier: GPL-2.0
/*
 * Random numbers from a seed, for machines on simulated time
 *
 * With time-travel=inf-cpu and time-travel=ext: nothing that the machine does
 * depends on the speed of the host. What makes two runs differ all the same is
 * the entropy that the kernel takes from the host: it decides about random
 * numbers, address randomisation, hash seeds, sequence numbers and ports.
 *
 * With time-travel-seed= all of that entropy comes from the seed. Everything
 * else that goes into the kernel's generator, such as the command line, the time
 * and the interrupts, is the same in each run on simulated time anyway.
 */

#include <linux/init.h>
#include <linux/kernel.h>
#include <linux/minmax.h>
#include <linux/printk.h>
#include <linux/string.h>
#include <shared/init.h>
#include <kern.h>
#include <os.h>
#include <timetravel.h>

/* whether the machine was given a seed; set before the kernel starts */
int time_travel_seeded;

static u64 time_travel_seed;
static u64 time_travel_random_state;

/*
 * A counter, spread over all bits: random.c hashes whatever it gets, so the
 * words have to differ and nothing else.
 */
static u64 time_travel_random_word(void)
{
	u64 word = time_travel_random_state += 0x9e3779b97f4a7c15ULL;

	word = (word ^ (word >> 32)) * 0xd6e8feb86659fd93ULL;
	word = (word ^ (word >> 32)) * 0xd6e8feb86659fd93ULL;

	return word ^ (word >> 32);
}

/**
 * time_travel_get_random() - entropy from the seed, instead of from the host
 * @buf: where it goes
 * @len: how many bytes
 *
 * May be called as soon as the command line has been read, from any context.
 *
 * Return: 1, or 0 if there is no seed, and @buf is untouched
 */
int time_travel_get_random(void *buf, unsigned long len)
{
	unsigned long part;
	u64 word;

	if (!time_travel_seeded)
		return 0;

	for (; len; buf += part, len -= part) {
		word = time_travel_random_word();
		part = min(len, sizeof(word));
		memcpy(buf, &word, part);
	}

	return 1;
}

/* before start_kernel(), since setup_arch() is the first to want entropy */
static int __init time_travel_read_seed(char *str, int *add)
{
	if (kstrtou64(str, 0, &time_travel_seed)) {
		os_warn("time-travel-seed=%s: this is no 64-bit number\n", str);
		exit(1);
	}
	time_travel_random_state = time_travel_seed;
	time_travel_seeded = 1;
	*add = 0;

	return 0;
}

__uml_setup("time-travel-seed=", time_travel_read_seed,
	    "time-travel-seed=<number>\n"
	    "    Take random numbers from this seed and not from the host, so that\n"
	    "    the machine is the same in each run. This is meant for simulation,\n"
	    "    with time-travel=inf-cpu or time-travel=ext:, and makes all random\n"
	    "    numbers predictable for everybody who knows the seed, keys\n"
	    "    included.\n\n");

static int __init time_travel_log_seed(void)
{
	if (time_travel_seeded)
		pr_warn("time-travel: random numbers are predictable, they come from seed %llu\n",
			time_travel_seed);
	if (time_travel_seeded && time_travel_mode != TT_MODE_INFCPU &&
	    time_travel_mode != TT_MODE_EXTERNAL)
		pr_warn("time-travel: without time-travel=inf-cpu or ext: they still depend on the host's speed\n");

	return 0;
}
core_initcall(time_travel_log_seed);
