// SPDX-License-Identifier: GPL-2.0
/*
 * What the command line says about networks. All its errors are found here,
 * before anything is opened.
 */

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "config.h"
#include "ethernet.h"
#include "simtime.h"
#include "units.h"
#include "util.h"

#define DEFAULT_QUEUE 1000
#define DEFAULT_MTU 1500
#define MAX_QUEUE 1000000
#define MAX_NAME 32
#define MAX_NETWORKS 65535

/**
 * struct word - a word of --net and its value
 *
 * @name: the word
 * @wants: what its value is, for people
 * @parse: sets what it stands for; false: the value is none
 */
struct word {
	const char *name;
	const char *wants;
	bool (*parse)(struct network_config *config, const char *value);
};

static bool parse_delay(struct network_config *config, const char *value)
{
	return units_time(value, &config->quality.delay);
}

static bool parse_jitter(struct network_config *config, const char *value)
{
	return units_time(value, &config->quality.jitter);
}

static bool parse_loss(struct network_config *config, const char *value)
{
	return units_probability(value, &config->quality.loss);
}

static bool parse_duplicate(struct network_config *config, const char *value)
{
	return units_probability(value, &config->quality.duplicate);
}

static bool parse_rate(struct network_config *config, const char *value)
{
	return units_rate(value, &config->quality.rate);
}

static bool parse_queue(struct network_config *config, const char *value)
{
	uint64_t number;
	bool ok = units_number(value, 0, MAX_QUEUE, &number);

	config->quality.queue = number;
	return ok;
}

static bool parse_mtu(struct network_config *config, const char *value)
{
	uint64_t number;
	bool ok = units_number(value, ETHERNET_MIN_MTU, ETHERNET_MAX_MTU,
			       &number);

	config->mtu = number;
	return ok;
}

#define TIME "a time such as 5ms"
#define PERCENT "a percentage such as 0.1%"

static const struct word words[] = {
	{ "delay", TIME, parse_delay },
	{ "jitter", TIME, parse_jitter },
	{ "loss", PERCENT, parse_loss },
	{ "duplicate", PERCENT, parse_duplicate },
	{ "rate", "a rate such as 100Mbit", parse_rate },
	{ "queue", "a number of frames, 0 to 1000000", parse_queue },
	{ "mtu", "a number of bytes, 68 to 65535", parse_mtu },
};

/* one more element of @size bytes at the end of an array, zeroed */
static void *grow(void *array, size_t nr, size_t size)
{
	char *grown = realloc(array, (nr + 1) * size);

	if (grown)
		memset(grown + nr * size, 0, size);
	return grown;
}

static bool is_name_char(char c)
{
	return isalnum((unsigned char)c) || c == '_' || c == '-' || c == '.';
}

static bool valid_name(const char *name)
{
	const char *s;

	for (s = name; is_name_char(*s); s++)
		;
	return s > name && !*s && s - name <= MAX_NAME;
}

static int parse_word(struct network_config *config, char *text,
		      unsigned int *seen, struct fault *fault)
{
	char *value = strchr(text, '=');
	size_t i;

	if (value)
		*value++ = '\0';
	for (i = 0; i < ARRAY_SIZE(words); i++) {
		if (strcmp(words[i].name, text))
			continue;
		if (*seen & 1U << i)
			return fault_set(fault, "%s: %s twice", config->name,
					 text);
		*seen |= 1U << i;
		if (value && words[i].parse(config, value))
			return 0;
		return fault_set(fault, "%s: %s=%s: it has to be %s",
				 config->name, text, value ? value : "",
				 words[i].wants);
	}
	return fault_set(fault, "%s: there is no '%s'", config->name, text);
}

static int parse_network(struct network_config *config, struct fault *fault)
{
	char *rest = strchr(config->name, '=');
	unsigned int seen = 0;
	char *word;
	int ret;

	if (!rest || !rest[1] || rest[1] == ',')
		return fault_set(fault, "'%s' is not NAME=SOCKET[,WORD=VALUE]...",
				 config->name);
	*rest++ = '\0';
	if (!valid_name(config->name))
		return fault_set(fault, "'%s' is no name: 1 to %d letters, digits and '_', '-' or '.'",
				 config->name, MAX_NAME);
	config->socket = strsep(&rest, ",");
	while ((word = strsep(&rest, ","))) {
		ret = parse_word(config, word, &seen, fault);
		if (ret)
			return ret;
	}
	if (config->quality.jitter > config->quality.delay)
		return fault_set(fault, "%s: more jitter than delay",
				 config->name);
	return 0;
}

static struct network_config *find_network(const struct net_config *config,
					   const char *name)
{
	size_t i;

	for (i = 0; i < config->nr_networks; i++)
		if (strcmp(config->network[i].name, name) == 0)
			return &config->network[i];
	return NULL;
}

/**
 * net_config_add - read a network
 * @config: all networks
 * @arg: NAME=SOCKET[,WORD=VALUE]...
 * @fault: says what is wrong with it
 *
 * Return: 0 or -EPROTO.
 */
int net_config_add(struct net_config *config, const char *arg,
		   struct fault *fault)
{
	struct network_config *network = NULL;
	char *text = strdup(arg);
	int ret;

	if (text && config->nr_networks < MAX_NETWORKS)
		network = grow(config->network, config->nr_networks,
			       sizeof(*network));
	if (!network) {
		free(text);
		return fault_set(fault, "no memory for '%s'", arg);
	}
	config->network = network;
	network += config->nr_networks;
	network->name = text;
	network->mtu = DEFAULT_MTU;
	network->quality.queue = DEFAULT_QUEUE;
	ret = parse_network(network, fault);
	if (!ret && find_network(config, network->name))
		ret = fault_set(fault, "%s: there is one already",
				network->name);
	/* counted even if it is wrong, so that its name is freed */
	config->nr_networks++;
	return ret;
}

/* decimal, or hexadecimal after 0x, as for tt-controller's other options */
static bool parse_machine(const char *text, uint64_t *machine)
{
	char *end;

	errno = 0;
	*machine = strtoull(text, &end, strncmp(text, "0x", 2) ? 10 : 16);
	return isdigit((unsigned char)*text) && end > text && !*end && !errno;
}

static struct port_config *find_port(const struct net_config *config,
				     const char *network,
				     const uint64_t *machine)
{
	struct port_config *port;
	size_t i;

	for (i = 0; i < config->nr_ports; i++) {
		port = &config->port[i];
		if (port->whole == !machine &&
		    (!machine || port->machine == *machine) &&
		    strcmp(port->network, network) == 0)
			return port;
	}
	return NULL;
}

/* that of NETWORK:MACHINE, or of NETWORK alone; added if it is not there */
static struct port_config *get_port(struct net_config *config,
				    const char *text, struct fault *fault)
{
	const char *colon = strchr(text, ':');
	struct port_config *port;
	uint64_t machine = 0;
	char *network;

	if (colon && !parse_machine(colon + 1, &machine)) {
		fault_set(fault, "%s: '%s' is no machine's name, which is a number",
			  text, colon + 1);
		return NULL;
	}
	network = strndup(text, colon ? (size_t)(colon - text) : strlen(text));
	port = network ? find_port(config, network, colon ? &machine : NULL) :
			 NULL;
	if (port) {
		free(network);
		return port;
	}
	if (network)
		port = grow(config->port, config->nr_ports, sizeof(*port));
	if (!port) {
		free(network);
		fault_set(fault, "no memory for '%s'", text);
		return NULL;
	}
	config->port = port;
	port += config->nr_ports++;
	port->network = network;
	port->whole = !colon;
	port->machine = machine;
	return port;
}

static int set_capture(struct net_config *config, char *text,
		       struct fault *fault)
{
	char *path = strchr(text, '=');
	struct port_config *port;

	if (!path || path == text || !path[1])
		return fault_set(fault, "'%s' is not NETWORK[:MACHINE]=FILE",
				 text);
	*path++ = '\0';
	port = get_port(config, text, fault);
	if (!port)
		return -EPROTO;
	if (port->capture)
		return fault_set(fault, "%s: it is written to %s already", text,
				 port->capture);
	port->capture = strdup(path);
	return port->capture ? 0 :
			       fault_set(fault, "no memory for '%s'", path);
}

/**
 * net_config_capture - read where frames are to be written to
 * @config: all networks so far
 * @arg: NETWORK[:MACHINE]=FILE
 * @fault: says what is wrong with it
 *
 * Return: 0 or -EPROTO.
 */
int net_config_capture(struct net_config *config, const char *arg,
		       struct fault *fault)
{
	char *text = strdup(arg);
	int ret;

	if (!text)
		return fault_set(fault, "no memory for '%s'", arg);
	ret = set_capture(config, text, fault);
	free(text);
	return ret;
}

/* down=TIME and up=TIME in turn, each later than the one before */
static int add_change(struct port_config *port, char *word,
		      struct fault *fault)
{
	struct outage *last = NULL;
	char *value = strchr(word, '=');
	const char *wanted;
	uint64_t time;
	bool is_down;

	if (port->nr_outages)
		last = &port->outages[port->nr_outages - 1];
	is_down = last && last->to == SIMTIME_NEVER;
	wanted = is_down ? "up" : "down";
	if (value)
		*value++ = '\0';
	if (!value || strcmp(word, wanted) || !units_time(value, &time))
		return fault_set(fault, "'%s%s%s' is not %s=TIME", word,
				 value ? "=" : "", value ? value : "", wanted);
	if (last && time <= (is_down ? last->from : last->to))
		return fault_set(fault, "%s=%s is not later than the one before",
				 word, value);
	if (is_down) {
		last->to = time;
		return 0;
	}
	last = grow(port->outages, port->nr_outages, sizeof(*last));
	if (!last)
		return fault_set(fault, "no memory for '%s'", word);
	port->outages = last;
	last[port->nr_outages++] = (struct outage) { time, SIMTIME_NEVER };
	return 0;
}

static int set_link(struct net_config *config, char *text,
		    struct fault *fault)
{
	char *name = strsep(&text, ",");
	struct port_config *port = NULL;
	char *word;
	int ret;

	if (!strchr(name, ':') || !text)
		return fault_set(fault, "'%s' is not NETWORK:MACHINE,down=TIME[,up=TIME]...",
				 name);
	port = get_port(config, name, fault);
	if (!port)
		return -EPROTO;
	while ((word = strsep(&text, ","))) {
		ret = add_change(port, word, fault);
		if (ret)
			return ret;
	}
	return 0;
}

/**
 * net_config_link - read when a link is down
 * @config: all networks
 * @arg: NETWORK:MACHINE,down=TIME[,up=TIME]...
 * @fault: says what is wrong with it
 *
 * Return: 0 or -EPROTO.
 */
int net_config_link(struct net_config *config, const char *arg,
		    struct fault *fault)
{
	char *text = strdup(arg);
	int ret;

	if (!text)
		return fault_set(fault, "no memory for '%s'", arg);
	ret = set_link(config, text, fault);
	free(text);
	return ret;
}

/**
 * net_config_check - look whether all that is named is there
 * @config: all networks
 * @fault: says what is missing
 *
 * Return: 0 or -EPROTO.
 */
int net_config_check(const struct net_config *config, struct fault *fault)
{
	size_t i;

	for (i = 0; i < config->nr_ports; i++)
		if (!find_network(config, config->port[i].network))
			return fault_set(fault, "there is no network '%s'",
					 config->port[i].network);
	return 0;
}

/**
 * net_config_port - look what is said of a link, or of a network
 * @config: all networks
 * @network: name of the network
 * @machine: name of the machine; NULL for the whole network
 *
 * Return: it, NULL if nothing is said.
 */
const struct port_config *net_config_port(const struct net_config *config,
					  const char *network,
					  const uint64_t *machine)
{
	return find_port(config, network, machine);
}

/**
 * net_config_free - free what was allocated for the networks
 * @config: all networks
 */
void net_config_free(struct net_config *config)
{
	size_t i;

	for (i = 0; i < config->nr_networks; i++)
		free(config->network[i].name);
	for (i = 0; i < config->nr_ports; i++) {
		free(config->port[i].network);
		free(config->port[i].capture);
		free(config->port[i].outages);
	}
	free(config->network);
	free(config->port);
	memset(config, 0, sizeof(*config));
}
