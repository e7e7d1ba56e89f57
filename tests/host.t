#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# What a machine waits for in its host takes none of its time, and no hang:
# tests/outside.sh has the boots. KERNELS= says for which kernels.
. "$(dirname "$0")/lib.sh"

# with KERNEL FUNCTION
with()
{
	KERNEL=$1 tests/outside.sh "$2"
}

need make controller image
for kernel in ${KERNELS:-6.1 6.12 newest}; do
	need make uml KERNEL="$kernel"
	ok "block devices take hardly any time, the same in each run ($kernel)" \
		with "$kernel" block_device
	ok "a machine boots from a block device at once ($kernel)" \
		with "$kernel" root_device
	ok "output that is read late is complete and takes no time ($kernel)" \
		with "$kernel" slow_reader
	ok "output that nobody will read any more is an error ($kernel)" \
		with "$kernel" reader_gone
	ok "a terminal that the host starts is there at once ($kernel)" \
		with "$kernel" terminal_start
	ok "a terminal that does not start is an error ($kernel)" \
		with "$kernel" terminal_fails
	ok "spinning on sched_yield() lets others run, and time pass ($kernel)" \
		with "$kernel" yield
done
finish
