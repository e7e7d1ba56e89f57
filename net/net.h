/* SPDX-License-Identifier: GPL-2.0 */
#ifndef TT_NET_NET_H
#define TT_NET_NET_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/queue.h>
#include <sys/types.h>

#include "config.h"
#include "frame.h"
#include "loop.h"
#include "netport.h"

struct card;
struct net;
struct network;

LIST_HEAD(card_list, card);
TAILQ_HEAD(card_queue, card);

/**
 * struct net_inbox - frames on their way to machines that share a schedule
 *
 * @arrivals: the frames
 * @shown: cards that have received some, and are to show them
 * @called: cards whose machines were called and have not answered
 * @looks: how many more looks they have time for that
 * @next_look: when the next look is due, host's monotonic clock, ns
 */
struct net_inbox {
	struct transits arrivals;
	struct card_queue shown;
	struct card_queue called;
	unsigned int looks;
	uint64_t next_look;
};

/**
 * struct net_machine - a machine, as far as networks know it
 *
 * @name: its name
 * @inbox: where frames for it go
 * @cards: its cards
 * @nr_plugged: how many of them it has plugged in by net_plug()
 * @anywhere: it may plug a card into any network
 * @on: for each network, whether it has had a card there, or may plug one in
 *	although it may not do so anywhere
 */
struct net_machine {
	uint64_t name;
	struct net_inbox *inbox;
	struct card_list cards;
	unsigned int nr_plugged;
	bool anywhere;
	bool *on;
};

/**
 * struct net_ops - what networks need to know of machines
 *
 * @find: the machine of a process, NULL if there is none
 * @time: sets the time of a machine that runs, controller time, ns; false: it
 *	does not run
 * @sent: a running machine has sent something into a network at @time, which is
 *	not committed before net_commit()
 * @arrives: a frame was put into the machine's inbox, by net_commit()
 * @receive: a frame arrives now at a card of net_plug()
 */
struct net_ops {
	struct net_machine *(*find)(struct net *net, pid_t pid);
	bool (*time)(struct net_machine *machine, uint64_t *time);
	void (*sent)(struct net_machine *machine, size_t network,
		     uint64_t time);
	void (*arrives)(struct net_machine *machine);
	void (*receive)(struct net_machine *machine, unsigned int card,
			uint64_t time, const void *frame, size_t len);
};

/**
 * struct net - all networks
 *
 * @config: what the command line says
 * @ops: what they need to know of machines
 * @loop: the event loop that serves them
 * @switches: the networks
 * @nr: how many there are
 * @captures: files for frames
 * @nr_captures: how many there are
 */
struct net {
	const struct net_config *config;
	const struct net_ops *ops;
	struct loop *loop;
	struct net_switch *switches;
	size_t nr;
	struct capture *captures;
	size_t nr_captures;
};

int net_init(struct net *net, const struct net_config *config,
	     const struct net_ops *ops, struct loop *loop);
void net_destroy(struct net *net);
int net_open(struct net *net, uint64_t start_time);

int net_join(const struct net *net, struct net_machine *machine, uint64_t name,
	     struct net_inbox *inbox);
const char *net_socket(const struct net *net, size_t index);
unsigned int net_cards(const struct net_machine *machine, size_t index);
void net_leave(struct net_machine *machine);
unsigned int net_plug(struct net *net, struct net_machine *machine,
		      const char *name, struct netport_card *info);
int net_send(struct net_machine *machine, unsigned int number, uint64_t time,
	     const void *frame, size_t len);

void net_inbox_init(struct net_inbox *inbox);
void net_inbox_destroy(struct net_inbox *inbox);

void net_commit(struct net *net, uint64_t time);
void net_finish(struct net *net);
const struct network *net_network(const struct net *net, size_t index);
uint64_t net_inbox_next(const struct net_inbox *inbox);
void net_deliver(struct net_inbox *inbox, uint64_t time);
bool net_inbox_waits(const struct net_inbox *inbox);
uint64_t net_inbox_deadline(const struct net_inbox *inbox);
void net_inbox_give_up(struct net_inbox *inbox);

#endif /* TT_NET_NET_H */
