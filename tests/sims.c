// SPDX-License-Identifier: GPL-2.0
/*
 * Simulators whose doings follow from a seed, each in a process of its own:
 *
 *	sims SOCKET [PAUSES] <FILE
 *
 * Each line of FILE is a simulator:
 *
 *	NAME SEED END FLAGS BUDGET INDEX COUNT NETWORKS TIMERS
 *
 * NAME is its name and INDEX its position among COUNT simulators. It leaves at END;
 * with 0 it only reacts, and stays. FLAGS is a sum of 1: it uses no memory; 2: it
 * sends at time 0. It sends BUDGET frames at most. NETWORKS and TIMERS are lists with
 * commas, of names, one for each card, and of FIRST:PERIOD in ns ("-" for none). It
 * writes what happens to it to the file log.NAME. tests/model.py predicts that file:
 * what is drawn from the seed when is the same there.
 *
 * With PAUSES, a seed, processes are stopped and continued at random meanwhile.
 */

#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "ttclient.h"

#define MAX_SIMS 64
#define MAX_CARDS 8
#define MAX_TIMERS 8
#define MAX_EVENTS 4096
#define HEADER 20
#define LONGEST (HEADER + 256)
#define PATIENCE_S 60

/* offsets in a frame; behind Ethernet's header is how often it may be answered */
enum { DESTINATION = 0, SOURCE = 6, TYPE = 12, LIVES = 14, SENDER = 15,
	NUMBER = 16 };

enum { NO_MEMORY = 1, EAGER = 2 };

/**
 * struct event - something that a simulator will do
 *
 * @time: when, ns
 * @timer: which of its timers that is, or -1: it sends @frame
 * @card: from this card
 * @len: bytes in @frame
 * @frame: the frame
 */
struct event {
	uint64_t time;
	int timer;
	unsigned int card;
	size_t len;
	unsigned char frame[LONGEST];
};

/**
 * struct sim - a simulator
 *
 * @client: its connection
 * @log: where it writes to
 * @random: state of its generator
 * @name: its name
 * @end: when it leaves, ns, or 0
 * @flags: see above
 * @budget: how many frames it may still send
 * @index: its position
 * @count: how many simulators there are
 * @sent: how many frames it has made up
 * @nr_cards: how many cards it has
 * @networks: where each is plugged in
 * @nr_timers: how many timers it has
 * @period: of each timer, ns
 * @nr_events: how many events there are
 * @events: what it will do, in that order
 */
struct sim {
	struct tt_client *client;
	FILE *log;
	uint64_t random;
	uint64_t name;
	uint64_t end;
	unsigned int flags;
	unsigned int budget;
	unsigned int index;
	unsigned int count;
	unsigned int sent;
	unsigned int nr_cards;
	char *networks[MAX_CARDS];
	unsigned int nr_timers;
	uint64_t period[MAX_TIMERS];
	unsigned int nr_events;
	struct event *events;
};

static void die(const struct sim *sim, const char *what)
{
	fprintf(stderr, "sims: %s\n", what ? what :
		tt_client_error(sim->client));
	exit(EXIT_FAILURE);
}

static void try(const struct sim *sim, int ret)
{
	if (ret)
		die(sim, NULL);
}

static uint32_t below(struct sim *sim, uint32_t limit)
{
	sim->random = sim->random * 6364136223846793005 + 1442695040888963407;
	return (sim->random >> 33) % limit;
}

/* what is due at the same time is done in the order in which it was added */
static struct event *add(struct sim *sim, uint64_t time, int timer)
{
	unsigned int pos = sim->nr_events++;

	if (pos == MAX_EVENTS)
		die(sim, "too many events");
	for (; pos && sim->events[pos - 1].time > time; pos--)
		sim->events[pos] = sim->events[pos - 1];
	sim->events[pos].time = time;
	sim->events[pos].timer = timer;
	return &sim->events[pos];
}

static void send_frame(struct sim *sim, unsigned int card,
		       const unsigned char *frame, size_t len)
{
	if (!sim->budget)
		return;
	sim->budget--;
	try(sim, tt_client_send(sim->client, card, frame, len));
}

static void set_address(unsigned char *address, unsigned int index,
			unsigned int card)
{
	const unsigned char own[6] = { 0x0a, 0, 0, 0, index, card };

	memcpy(address, own, sizeof(own));
}

/* to all, to a group, to nobody, or to one of the simulators */
static void draw_destination(struct sim *sim, unsigned char *address)
{
	uint32_t kind = below(sim, 8);
	uint32_t index;

	if (kind == 0) {
		memset(address, 0xff, 6);
	} else if (kind == 1) {
		memcpy(address, "\x01\x00\x5e\x00\x00\x01", 6);
	} else if (kind == 2) {
		memcpy(address, "\x0a\xff\xff\xff\xff\xff", 6);
	} else {
		index = below(sim, sim->count);
		set_address(address, index, 1 + below(sim, 2));
	}
}

static void send_something(struct sim *sim)
{
	unsigned int card = 1 + below(sim, sim->nr_cards);
	unsigned char frame[LONGEST];
	unsigned int times;
	size_t len, i;

	draw_destination(sim, frame + DESTINATION);
	set_address(frame + SOURCE, sim->index, card);
	frame[TYPE] = 0x88;
	frame[TYPE + 1] = 0xb5;
	frame[LIVES] = below(sim, 4);
	frame[SENDER] = sim->index;
	frame[NUMBER] = sim->sent >> 24;
	frame[NUMBER + 1] = sim->sent >> 16;
	frame[NUMBER + 2] = sim->sent >> 8;
	frame[NUMBER + 3] = sim->sent;
	sim->sent++;
	times = below(sim, 4);
	len = HEADER + times * below(sim, 64);
	for (i = HEADER; i < len; i++)
		frame[i] = i * sim->sent;
	send_frame(sim, card, frame, len);
}

static void act(struct sim *sim)
{
	uint32_t n = 1 + below(sim, 3);

	if (!below(sim, 16))
		n += 12;
	while (n--)
		send_something(sim);
}

static void answer(struct sim *sim, unsigned int card,
		   const unsigned char *frame, size_t len)
{
	unsigned char reply[LONGEST];

	memcpy(reply, frame, len);
	memcpy(reply + DESTINATION, frame + SOURCE, 6);
	set_address(reply + SOURCE, sim->index, card);
	send_frame(sim, card, reply, len);
}

/* nothing; an answer at once or later; or the frame goes on from another card */
static void react(struct sim *sim, uint64_t now, const struct tt_frame *in)
{
	unsigned char frame[LONGEST];
	struct event *event;

	memcpy(frame, in->data, in->len);
	if (!frame[LIVES])
		return;
	frame[LIVES]--;
	switch (below(sim, 4)) {
	case 0:
		answer(sim, in->card, frame, in->len);
		break;
	case 1:
		event = add(sim, now + 1 + below(sim, 60), -1);
		event->card = in->card;
		event->len = in->len;
		memcpy(event->frame, frame, in->len);
		break;
	case 2:
		send_frame(sim, 1 + below(sim, sim->nr_cards), frame, in->len);
		break;
	}
}

static void received(struct sim *sim, uint64_t now,
		     const struct tt_frame *frame)
{
	size_t i;

	fprintf(sim->log, "%" PRIu64 " receive %u ", frame->time, frame->card);
	for (i = 0; i < frame->len; i++)
		fprintf(sim->log, "%02x", frame->data[i]);
	fputc('\n', sim->log);
	react(sim, now, frame);
}

static void do_event(struct sim *sim)
{
	static struct event event;
	unsigned int i;

	event = sim->events[0];
	sim->nr_events--;
	for (i = 0; i < sim->nr_events; i++)
		sim->events[i] = sim->events[i + 1];
	if (event.timer < 0) {
		fprintf(sim->log, "%" PRIu64 " later\n", event.time);
		answer(sim, event.card, event.frame, event.len);
		return;
	}
	fprintf(sim->log, "%" PRIu64 " timer %d\n", event.time, event.timer);
	act(sim);
	add(sim, event.time + sim->period[event.timer], event.timer);
}

/* what is due now; returns whether that was all */
static bool run(struct sim *sim)
{
	struct tt_frame frame;
	uint64_t now;

	try(sim, tt_client_now(sim->client, &now));
	while (!tt_client_receive(sim->client, &frame))
		received(sim, now, &frame);
	while (sim->nr_events && sim->events[0].time <= now)
		do_event(sim);
	return sim->end && now >= sim->end;
}

static void simulate(struct sim *sim)
{
	uint64_t next;
	int ret = 0;

	if (sim->flags & EAGER)
		act(sim);
	while (!ret) {
		next = sim->nr_events ? sim->events[0].time : TT_NEVER;
		if (sim->end && next > sim->end)
			next = sim->end;
		ret = tt_client_run_until(sim->client, next);
		if (!ret && run(sim))
			break;
	}
	/* one that only reacts has seen the others go */
	if (ret && (sim->end || (ret != -EPIPE && ret != -ECONNRESET)))
		die(sim, NULL);
	fputs("end\n", sim->log);
}

static void start(struct sim *sim, const char *path)
{
	const struct tt_client_options opt = {
		.size = sizeof(opt),
		.path = path,
		.name = sim->name,
		.flags = sim->flags & NO_MEMORY ? TT_CLIENT_NO_MEMORY : 0,
		.timeout_ms = PATIENCE_S * 1000,
	};
	struct tt_card card;
	char name[40];
	unsigned int i;

	snprintf(name, sizeof(name), "log.%" PRIu64, sim->name);
	sim->log = fopen(name, "w");
	if (!sim->log)
		die(sim, "cannot write a log");
	try(sim, tt_client_open(&sim->client, &opt));
	for (i = 0; i < sim->nr_cards; i++)
		try(sim, tt_client_plug(sim->client, sim->networks[i], &card));
	simulate(sim);
	fclose(sim->log);
	tt_client_close(sim->client);
}

static void parse(struct sim *sim, const char *line)
{
	static char networks[256], timers[256];
	char *word;

	memset(sim, 0, sizeof(*sim));
	if (sscanf(line, "%" SCNu64 "%" SCNu64 "%" SCNu64 "%u%u%u%u%255s%255s",
		   &sim->name, &sim->random, &sim->end, &sim->flags,
		   &sim->budget, &sim->index, &sim->count, networks,
		   timers) != 9)
		die(sim, "a line that is none");
	sim->events = calloc(MAX_EVENTS, sizeof(*sim->events));
	if (!sim->events)
		die(sim, "no memory");
	for (word = strtok(networks, ","); word; word = strtok(NULL, ","))
		sim->networks[sim->nr_cards++] = word;
	if (timers[0] == '-')
		return;
	for (word = strtok(timers, ","); word; word = strtok(NULL, ",")) {
		add(sim, strtoull(word, &word, 10), sim->nr_timers);
		sim->period[sim->nr_timers++] = strtoull(word + 1, NULL, 10);
	}
}

static pid_t spawn(const char *line, const char *path)
{
	pid_t parent = getpid(), pid = fork();
	static struct sim sim;

	if (pid)
		return pid;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent)
		exit(EXIT_FAILURE);
	alarm(PATIENCE_S);
	parse(&sim, line);
	start(&sim, path);
	exit(EXIT_SUCCESS);
}

/* for up to a millisecond */
static void pause_at_random(struct sim *chance)
{
	const struct timespec ts = { .tv_nsec = 1000L * below(chance, 1000) };

	nanosleep(&ts, NULL);
}

/* stop and continue processes until one has ended; it can still be reaped */
static void disturb(struct sim *chance, const pid_t *pids, unsigned int n)
{
	siginfo_t info = {};
	pid_t pid;

	while (!waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT) &&
	       !info.si_pid) {
		pid = pids[below(chance, n)];
		if (pid)
			kill(pid, SIGSTOP);
		pause_at_random(chance);
		if (pid)
			kill(pid, SIGCONT);
		pause_at_random(chance);
	}
}

int main(int argc, char **argv)
{
	struct sim chance = { .random = argc > 2 ? atoi(argv[2]) : 0 };
	int status, failed = 0;
	pid_t pids[MAX_SIMS], pid;
	unsigned int i, n = 0;
	char line[1024];

	if (argc < 2 || argc > 3) {
		fprintf(stderr, "Usage: sims SOCKET [PAUSES]\n");
		return 2;
	}
	while (n < MAX_SIMS && fgets(line, sizeof(line), stdin))
		pids[n++] = spawn(line, argv[1]);
	for (;;) {
		if (argc > 2)
			disturb(&chance, pids, n);
		pid = wait(&status);
		if (pid < 0)
			break;
		failed |= status;
		for (i = 0; i < n; i++)
			if (pids[i] == pid)
				pids[i] = 0;
	}
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
