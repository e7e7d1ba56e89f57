// SPDX-License-Identifier: GPL-2.0
/*
 * Network cards of clients that have no rings: PLUG and FRAME.
 */
#include "harness.h"

#define PLUG NETPORT_PLUG
#define FRAME NETPORT_FRAME
#define DELAY 5000000ULL
/* when a client wants to run that only waits for frames */
#define FAR 1000000000000ULL

/* what the clients say is in this; its length is no multiple of a message's */
static const char data[70] = "to everybody, and from nobody: a frame";

static void begin(struct sim *sim)
{
	struct fault fault = {};

	assert_int_equal(net_config_add(&sim->opt.net, "lan=unused,delay=5ms",
					&fault), 0);
	sim_begin(sim);
}

static void send_with(struct peer *peer, uint32_t op, uint32_t seq,
		      uint64_t time, const void *payload, size_t len)
{
	static const char zeros[16];

	peer_send_seq(peer, op, seq, time);
	peer_send_raw(peer, payload, len);
	peer_send_raw(peer, zeros, -len % sizeof(zeros));
}

static void send_plug(struct sim *sim, struct peer *peer, const char *network)
{
	char name[NETPORT_NAME_LEN] = {};

	memcpy(name, network, strlen(network));
	send_with(peer, PLUG, ++peer->seq, 0, name, sizeof(name));
	sim_settle(sim);
}

static void send_frame(struct sim *sim, struct peer *peer, unsigned int card,
		       uint64_t time, size_t len)
{
	send_with(peer, FRAME, netport_seq(card, len), time, data, len);
	sim_settle(sim);
}

static void _gets_payload(struct peer *peer, const void *payload, size_t len,
			  const char *file, int line)
{
	struct um_timetravel_msg part;
	size_t done, some;

	for (done = 0; done < len; done += some) {
		same_u64(peer_receive(peer, &part), 1, file, line);
		some = len - done < sizeof(part) ? len - done : sizeof(part);
		same_u64(memcmp(&part, (char *)payload + done, some), 0, file,
			 line);
	}
}

static void _gets_card(struct peer *peer, uint8_t name, unsigned int number,
		       const char *file, int line)
{
	struct um_timetravel_msg msg;
	union {
		struct netport_card card;
		struct um_timetravel_msg msg;
	} payload;

	same_u64(peer_receive(peer, &msg), 1, file, line);
	same_u64(msg.op, PLUG, file, line);
	same_u64(msg.seq, peer->seq, file, line);
	same_u64(peer_receive(peer, &payload.msg), 1, file, line);
	same_u64(payload.card.delay, DELAY, file, line);
	same_u64(payload.card.mtu, 1500, file, line);
	same_u64(payload.card.mac[5], name, file, line);
	same_u64(peer_receive(peer, &msg), 1, file, line);
	same_u64(msg.op, ACK, file, line);
	same_u64(msg.seq, peer->seq, file, line);
	same_u64(msg.time, number, file, line);
}
#define gets_card(peer, name, number) \
	_gets_card(peer, name, number, __FILE__, __LINE__)

static void _gets_frame(struct peer *peer, uint64_t time, size_t len,
			const char *file, int line)
{
	struct um_timetravel_msg msg;

	same_u64(peer_receive(peer, &msg), 1, file, line);
	same_u64(msg.op, FRAME, file, line);
	same_u64(msg.seq, netport_seq(1, len), file, line);
	same_u64(msg.time, time, file, line);
	_gets_payload(peer, data, len, file, line);
}
#define gets_frame(peer, time, len) \
	_gets_frame(peer, time, len, __FILE__, __LINE__)

/* @a runs at 1000, @b and @c wait; all have a card */
struct trio {
	struct peer *a;
	struct peer *b;
	struct peer *c;
};

static struct trio begin_trio(struct sim *sim)
{
	struct peer *peers[3];
	int i;

	sim->opt.shm = false;
	sim->opt.clients = 3;
	begin(sim);
	for (i = 0; i < 3; i++)
		peers[i] = peer_join(sim, i + 1);
	for (i = 0; i < 3; i++) {
		is_started(peers[i]);
		send_plug(sim, peers[i], "lan");
		gets_card(peers[i], i + 1, 1);
		wait_for(sim, peers[i], i ? FAR : 1000);
	}
	gets_msg(sim, peers[0], RUN, 1000);
	sim_log(sim);
	return (struct trio) { peers[0], peers[1], peers[2] };
}

static void a_network_that_is_not_there_has_no_card(void **state)
{
	struct sim *sim = *state;
	struct peer *a;

	sim->opt.shm = false;
	begin(sim);
	a = peer_join(sim, 1);
	is_started(a);
	send_plug(sim, a, "wan");
	gets_msg(sim, a, ACK, 0);
	send_plug(sim, a, "");
	gets_msg(sim, a, ACK, 0);
	/* no end of the name */
	send_with(a, PLUG, ++a->seq, 0,
		  "lan\0xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx",
		  NETPORT_NAME_LEN);
	sim_settle(sim);
	gets_msg(sim, a, ACK, 0);
}

static void a_client_has_255_cards_at_most(void **state)
{
	struct sim *sim = *state;
	struct um_timetravel_msg msg;
	struct peer *a;
	int i;

	sim->opt.shm = false;
	begin(sim);
	a = peer_join(sim, 1);
	is_started(a);
	for (i = 1; i <= 255; i++) {
		send_plug(sim, a, "lan");
		assert_int_equal(peer_receive(a, &msg), 1);
		assert_int_equal(peer_receive(a, &msg), 1);
		gets_msg(sim, a, ACK, i);
	}
	send_plug(sim, a, "lan");
	gets_msg(sim, a, ACK, 0);
}

static void a_frame_arrives_with_a_run_at_its_time(void **state)
{
	struct trio t = begin_trio(*state);
	struct sim *sim = *state;

	send_frame(sim, t.a, 1, 1000, sizeof(data));
	/* nobody gets it before its sender waits */
	gets_nothing(t.b);
	peer_send(t.a, WAIT, -1);
	sim_settle(sim);
	gets_msg(sim, t.a, ACK, 0);
	gets_frame(t.b, 1000 + DELAY, sizeof(data));
	gets_frame(t.c, 1000 + DELAY, sizeof(data));
	gets_msg(sim, t.b, RUN, 1000 + DELAY);
	gets_nothing(t.c);
	wait_for(sim, t.b, FAR);
	gets_msg(sim, t.c, RUN, 1000 + DELAY);
	gets_nothing(t.a);
}

static void a_request_does_not_put_off_the_run_for_a_frame(void **state)
{
	struct trio t = begin_trio(*state);
	struct sim *sim = *state;

	send_frame(sim, t.a, 1, 1000, 14);
	peer_send(t.a, WAIT, -1);
	sim_settle(sim);
	gets_frame(t.b, 1000 + DELAY, 14);
	gets_msg(sim, t.b, RUN, 1000 + DELAY);
	/* c has its frame, but is not run yet, and is interrupted by b */
	gets_frame(t.c, 1000 + DELAY, 14);
	ask(sim, t.c, REQUEST, 90000000, 0);
	wait_for(sim, t.b, FAR);
	gets_msg(sim, t.c, RUN, 1000 + DELAY);
}

static void a_frame_has_the_time_of_its_sender(void **state)
{
	struct trio t = begin_trio(*state);
	struct sim *sim = *state;
	size_t i;

	TAILQ_FIRST(&sim->ctl.clients.all)->wants_until = true;
	wait_for(sim, t.a, 2000);
	gets_msg(sim, t.a, FREE_UNTIL, BLIND(2000));
	gets_msg(sim, t.a, RUN, 2000);
	/* it sends three on its way */
	for (i = 0; i < 3; i++)
		send_with(t.a, FRAME, netport_seq(1, 20), 2000 + i * 10, data,
			  20);
	sim_settle(sim);
	peer_send(t.a, WAIT, -1);
	sim_settle(sim);
	for (i = 0; i < 3; i++) {
		gets_frame(t.b, 2000 + i * 10 + DELAY, 20);
		gets_msg(sim, t.b, RUN, 2000 + i * 10 + DELAY);
		wait_for(sim, t.b, FAR);
		gets_frame(t.c, 2000 + i * 10 + DELAY, 20);
		gets_msg(sim, t.c, RUN, 2000 + i * 10 + DELAY);
		wait_for(sim, t.c, FAR);
	}
}

static void a_frame_of_a_client_that_waits_costs_its_connection(void **state)
{
	struct trio t = begin_trio(*state);

	send_frame(*state, t.b, 1, 1000, 14);
	is_dropped(*state, t.b, "client 0x2 (slot 2): FRAME though it does not run");
}

static void a_frame_before_its_run_costs_its_connection(void **state)
{
	struct trio t = begin_trio(*state);

	send_frame(*state, t.a, 1, 999, 14);
	is_dropped(*state, t.a, "FRAME at 999, it may say 1000 to 1000");
}

static void a_frame_beyond_what_it_may_reach_costs_its_connection(void **state)
{
	struct trio t = begin_trio(*state);

	send_frame(*state, t.a, 1, 1001, 14);
	is_dropped(*state, t.a, "FRAME at 1001, it may say 1000 to 1000");
}

static void a_frame_from_no_card_costs_its_connection(void **state)
{
	struct trio t = begin_trio(*state);

	send_frame(*state, t.a, 2, 1000, 14);
	is_dropped(*state, t.a, "FRAME of 14 bytes from card 2, which is not");
}

static void a_frame_that_is_too_short_costs_its_connection(void **state)
{
	struct trio t = begin_trio(*state);

	send_frame(*state, t.a, 1, 1000, 13);
	is_dropped(*state, t.a, "FRAME of 13 bytes from card 1, which");
}

static void a_frame_without_bytes_costs_its_connection(void **state)
{
	struct trio t = begin_trio(*state);

	send_frame(*state, t.a, 1, 1000, 0);
	is_dropped(*state, t.a, "FRAME of 0 bytes from card 1, which");
}

static void a_frame_that_is_too_long_costs_its_connection(void **state)
{
	struct trio t = begin_trio(*state);
	char zeros[1523] = {};

	send_with(t.a, FRAME, netport_seq(1, 1522), 1000, zeros, 1522);
	sim_settle(*state);
	gets_nothing(t.a);
	send_with(t.a, FRAME, netport_seq(1, 1523), 1000, zeros, 1523);
	is_dropped(*state, t.a, "FRAME of 1523 bytes from card 1, which");
}

static void a_card_before_start_costs_the_connection(void **state)
{
	struct sim *sim = *state;
	struct peer *a;

	begin(sim);
	a = peer_connect(sim);
	send_plug(sim, a, "lan");
	is_dropped(sim, a, "PLUG before START");
}

static void half_a_frame_is_named_and_goes_nowhere(void **state)
{
	struct trio t = begin_trio(*state);
	struct sim *sim = *state;

	peer_send_seq(t.a, FRAME, netport_seq(1, 60), 1000);
	peer_send_raw(t.a, data, 32);
	sim_settle(sim);
	peer_close(t.a);
	sim_settle(sim);
	assert_string_equal(sim_log(sim),
			    LOG_PREFIX "client 0x1 (slot 1): ended in the middle of FRAME, after 32 of 60 bytes; connection closed\n");
	/* and the others go on */
	gets_msg(sim, t.b, RUN, FAR);
}

static void a_frame_outlives_its_sender(void **state)
{
	struct trio t = begin_trio(*state);
	struct sim *sim = *state;

	send_frame(sim, t.a, 1, 1000, 40);
	peer_close(t.a);
	sim_settle(sim);
	gets_frame(t.b, 1000 + DELAY, 40);
	gets_msg(sim, t.b, RUN, 1000 + DELAY);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		BEHAVIOUR(a_network_that_is_not_there_has_no_card),
		BEHAVIOUR(a_client_has_255_cards_at_most),
		BEHAVIOUR(a_frame_arrives_with_a_run_at_its_time),
		BEHAVIOUR(a_request_does_not_put_off_the_run_for_a_frame),
		BEHAVIOUR(a_frame_has_the_time_of_its_sender),
		BEHAVIOUR(a_frame_of_a_client_that_waits_costs_its_connection),
		BEHAVIOUR(a_frame_before_its_run_costs_its_connection),
		BEHAVIOUR(a_frame_beyond_what_it_may_reach_costs_its_connection),
		BEHAVIOUR(a_frame_from_no_card_costs_its_connection),
		BEHAVIOUR(a_frame_that_is_too_short_costs_its_connection),
		BEHAVIOUR(a_frame_without_bytes_costs_its_connection),
		BEHAVIOUR(a_frame_that_is_too_long_costs_its_connection),
		BEHAVIOUR(a_card_before_start_costs_the_connection),
		BEHAVIOUR(half_a_frame_is_named_and_goes_nowhere),
		BEHAVIOUR(a_frame_outlives_its_sender),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
