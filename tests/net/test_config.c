// SPDX-License-Identifier: GPL-2.0
/* What the command line says of networks, and what is wrong with it. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "config.h"
#include "random.h"
#include "simtime.h"

#define MS 1000000ULL

static struct net_config config;
static struct fault fault;

static int setup(void **state)
{
	(void)state;
	memset(&config, 0, sizeof(config));
	memset(&fault, 0, sizeof(fault));
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	net_config_free(&config);
	return 0;
}

static void says(int ret, const char *text)
{
	assert_int_equal(ret, -EPROTO);
	if (!strstr(fault.text, text))
		fail_msg("expected \"%s\", not \"%s\"", text, fault.text);
}

static void a_network_needs_only_a_name_and_a_socket(void **state)
{
	(void)state;
	assert_int_equal(net_config_add(&config, "lan=/tmp/a=b", &fault), 0);
	assert_int_equal(config.nr_networks, 1);
	assert_string_equal(config.network->name, "lan");
	assert_string_equal(config.network->socket, "/tmp/a=b");
	assert_int_equal(config.network->quality.delay, 0);
	assert_int_equal(config.network->quality.rate, 0);
	assert_int_equal(config.network->quality.queue, 1000);
	assert_int_equal(config.network->mtu, 1500);
}

static void words_after_the_socket_describe_its_links(void **state)
{
	const struct link_quality *quality;

	(void)state;
	assert_int_equal(net_config_add(&config, "w.an-2_=s,delay=5ms,jitter=1ms,loss=50%,duplicate=25%,rate=100Mbit,queue=7,mtu=9000",
					&fault), 0);
	quality = &config.network->quality;
	assert_int_equal(quality->delay, 5 * MS);
	assert_int_equal(quality->jitter, MS);
	assert_int_equal(quality->loss, PROBABILITY_ONE / 2);
	assert_int_equal(quality->duplicate, PROBABILITY_ONE / 4);
	assert_int_equal(quality->rate, 100000000);
	assert_int_equal(quality->queue, 7);
	assert_int_equal(config.network->mtu, 9000);
}

static void what_is_wrong_with_a_network_is_named(void **state)
{
	static const struct {
		const char *arg;
		const char *says;
	} wrong[] = {
		{ "", "'' is not NAME=SOCKET" },
		{ "lan", "'lan' is not NAME=SOCKET" },
		{ "lan=", "'lan=' is not NAME=SOCKET" },
		{ "lan=,delay=1ms", "is not NAME=SOCKET" },
		{ "=sock", "'' is no name" },
		{ "a b=sock", "'a b' is no name" },
		{ "a:1=sock", "'a:1' is no name" },
		{ "abcdefghijklmnopqrstuvwxyzabcdefg=s", "is no name" },
		{ "lan=s,delay", "lan: delay=: it has to be a time" },
		{ "lan=s,delay=", "lan: delay=: it has to be a time" },
		{ "lan=s,delay=soon", "lan: delay=soon: it has to be a time" },
		{ "lan=s,loss=101%", "loss=101%: it has to be a percentage" },
		{ "lan=s,rate=0", "rate=0: it has to be a rate" },
		{ "lan=s,queue=1000001", "it has to be a number of frames" },
		{ "lan=s,mtu=67", "it has to be a number of bytes" },
		{ "lan=s,mtu=65536", "it has to be a number of bytes" },
		{ "lan=s,speed=1", "lan: there is no 'speed'" },
		{ "lan=s,", "lan: there is no ''" },
		{ "lan=s,delay=1ms,delay=1ms", "lan: delay twice" },
		{ "lan=s,jitter=1ms", "lan: more jitter than delay" },
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(wrong) / sizeof(*wrong); i++)
		says(net_config_add(&config, wrong[i].arg, &fault),
		     wrong[i].says);
}

static void names_of_networks_differ(void **state)
{
	(void)state;
	assert_int_equal(net_config_add(&config, "lan=a", &fault), 0);
	assert_int_equal(net_config_add(&config, "lan2=a", &fault), 0);
	says(net_config_add(&config, "lan=b", &fault),
	     "lan: there is one already");
}

static void a_capture_is_of_a_network_or_of_a_machines_link(void **state)
{
	const uint64_t one = 1, ten = 16;

	(void)state;
	assert_int_equal(net_config_capture(&config, "lan=all.pcap", &fault),
			 0);
	assert_int_equal(net_config_capture(&config, "lan:1=a=b", &fault), 0);
	assert_int_equal(net_config_capture(&config, "lan:0x10=c", &fault), 0);
	assert_string_equal(net_config_port(&config, "lan", NULL)->capture,
			    "all.pcap");
	assert_string_equal(net_config_port(&config, "lan", &one)->capture,
			    "a=b");
	assert_string_equal(net_config_port(&config, "lan", &ten)->capture,
			    "c");
	assert_null(net_config_port(&config, "wan", NULL));
	assert_null(net_config_port(&config, "lan", &(uint64_t){ 2 }));
}

static void what_is_wrong_with_a_capture_is_named(void **state)
{
	(void)state;
	says(net_config_capture(&config, "lan", &fault),
	     "'lan' is not NETWORK[:MACHINE]=FILE");
	says(net_config_capture(&config, "lan=", &fault), "is not NETWORK");
	says(net_config_capture(&config, "=x", &fault), "is not NETWORK");
	says(net_config_capture(&config, "lan:one=x", &fault),
	     "'one' is no machine's name");
	says(net_config_capture(&config, "lan:=x", &fault),
	     "'' is no machine's name");
	says(net_config_capture(&config, "lan:-1=x", &fault),
	     "'-1' is no machine's name");
	says(net_config_capture(&config, "lan:18446744073709551616=x", &fault),
	     "is no machine's name");
	assert_int_equal(net_config_capture(&config, "lan=x", &fault), 0);
	says(net_config_capture(&config, "lan=y", &fault),
	     "lan: it is written to x already");
}

static void a_link_goes_down_and_up_in_turn(void **state)
{
	const struct port_config *port;

	(void)state;
	assert_int_equal(net_config_link(&config, "lan:3,down=1s,up=2s,down=5s",
					 &fault), 0);
	port = net_config_port(&config, "lan", &(uint64_t){ 3 });
	assert_int_equal(port->nr_outages, 2);
	assert_int_equal(port->outages[0].from, 1000 * MS);
	assert_int_equal(port->outages[0].to, 2000 * MS);
	assert_int_equal(port->outages[1].from, 5000 * MS);
	assert_int_equal(port->outages[1].to, SIMTIME_NEVER);
	/* and may be described in several pieces */
	assert_int_equal(net_config_link(&config, "lan:3,up=6s", &fault), 0);
	assert_int_equal(port->outages[1].to, 6000 * MS);
	assert_int_equal(net_config_capture(&config, "lan:3=x", &fault), 0);
	assert_int_equal(config.nr_ports, 1);
}

static void what_is_wrong_with_a_link_is_named(void **state)
{
	(void)state;
	says(net_config_link(&config, "lan", &fault),
	     "'lan' is not NETWORK:MACHINE,down=TIME");
	says(net_config_link(&config, "lan,down=1s", &fault),
	     "'lan' is not NETWORK:MACHINE,down=TIME");
	says(net_config_link(&config, "lan:1", &fault),
	     "'lan:1' is not NETWORK:MACHINE,down=TIME");
	says(net_config_link(&config, "lan:x,down=1s", &fault),
	     "'x' is no machine's name");
	says(net_config_link(&config, "lan:1,up=1s", &fault),
	     "'up=1s' is not down=TIME");
	says(net_config_link(&config, "lan:1,down", &fault),
	     "'down' is not down=TIME");
	says(net_config_link(&config, "lan:1,down=late", &fault),
	     "'down=late' is not down=TIME");
	says(net_config_link(&config, "lan:1,down=1s,down=2s", &fault),
	     "'down=2s' is not up=TIME");
	says(net_config_link(&config, "lan:1,up=1s", &fault),
	     "up=1s is not later than the one before");
	says(net_config_link(&config, "lan:1,up=2s,down=2s", &fault),
	     "down=2s is not later than the one before");
}

static void all_networks_that_are_named_must_be_there(void **state)
{
	(void)state;
	assert_int_equal(net_config_check(&config, &fault), 0);
	assert_int_equal(net_config_capture(&config, "lan=x", &fault), 0);
	assert_int_equal(net_config_add(&config, "lan=s", &fault), 0);
	assert_int_equal(net_config_check(&config, &fault), 0);
	assert_int_equal(net_config_link(&config, "wan:1,down=1s", &fault), 0);
	says(net_config_check(&config, &fault), "there is no network 'wan'");
}

#define BEHAVIOUR(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		BEHAVIOUR(a_network_needs_only_a_name_and_a_socket),
		BEHAVIOUR(words_after_the_socket_describe_its_links),
		BEHAVIOUR(what_is_wrong_with_a_network_is_named),
		BEHAVIOUR(names_of_networks_differ),
		BEHAVIOUR(a_capture_is_of_a_network_or_of_a_machines_link),
		BEHAVIOUR(what_is_wrong_with_a_capture_is_named),
		BEHAVIOUR(a_link_goes_down_and_up_in_turn),
		BEHAVIOUR(what_is_wrong_with_a_link_is_named),
		BEHAVIOUR(all_networks_that_are_named_must_be_there),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
