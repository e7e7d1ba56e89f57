// SPDX-License-Identifier: GPL-2.0
/*
 * The client's own names for what the tests of external time-travel need,
 * included by timetravel_kunit.c.
 */

#define bc_message_show bc_show
#define bc_message_store bc_store
#define tt_client_attach time_travel_setup_shm

/* what a client says when it publishes the time while another one runs */
#define TT_PANIC_PUBLISH "setting time while not running"

/* Exchange the client's state that is in use for another one. */
static void tt_swap_client(struct tt_client *c)
{
	swap(c->shm, time_travel_shm);
	swap(c->slot, time_travel_shm_client);
	swap(c->offset, time_travel_shm_offset);
	swap(c->id, time_travel_shm_id);
	swap(c->nr_slots, time_travel_shm_slots);
	swap(c->free_until, time_travel_ext_free_until);
	swap(c->free_until_msg, _time_travel_ext_free_until);
	swap(c->broadcast, bc_message);
	swap(c->handled, time_travel_ext_handled);
}
