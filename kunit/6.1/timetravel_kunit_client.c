// SPDX-License-Identifier: GPL-2.0
/*
 * The client's own names for what the tests of external time-travel need,
 * included by timetravel_kunit.c.
 */

#define tt_client_attach time_travel_shm_attach

/* what a client says when it publishes the time while another one runs */
#define TT_PANIC_PUBLISH "slot 2 sets the time while running_id is"

/* Exchange the client's state that is in use for another one. */
static void tt_swap_client(struct tt_client *c)
{
	swap(c->shm, time_travel_shm);
	swap(c->free_until_valid, time_travel_ext_free_until_valid);
	swap(c->free_until, time_travel_ext_free_until);
	swap(c->broadcast, time_travel_bc_message);
	swap(c->handled, time_travel_ext_handled);
}
