#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# A machine that reboots joins anew, and the others go on
. "$(dirname "$0")/lib.sh"
. tests/machines.sh

# reboots RUN FLAGS [VARIABLE=VALUE...] - machine 2 joins after 4 s and reboots a
# second later, while machine 1 is busy for long
reboots()
{
	run=$1 flags=$2
	shift 2
	boot "$run" "$flags" 'sleep:4 gate wakes:60000' NODES=2 JOIN=1 \
		JOIN_SCENARIO='sleep:1 reboot sleep:1 ticks:100' "$@"
}

# said RUN TEXT - the controller did
said()
{
	grep -F "$2" "$build/test/$1/controller"
}

# joined_twice RUN - machine 2 did
joined_twice()
{
	said "$1" 'client 0x2'
	[ "$(said "$1" 'client 0x2 (slot 2) is started at' | wc -l)" = 2 ]
}

anew='its process has started anew'
for kernel in 6.1 6.12; do
	for flags in '' --no-shm --late-join=shm; do
		run=reboot-$kernel-${flags#--}
		ok "a machine reboots ($run)" \
			reboots "$run" "$flags" KERNEL=$kernel
		ok "it joins twice ($run)" joined_twice "$run"
		ok "it keeps no connection that it knows nothing of ($run)" \
			no said "$run" "$anew"
	done
done

# with nobody else there
alone()
{
	boot "$1" "-v --keep --late-join=shm" 'sleep:100 reboot sleep:50' \
		NODES=1 "$2" && [ "$(said "$1" 'is started at' | wc -l)" = 2 ]
}

for kernel in 6.1 6.12; do
	run=reboot-alone-$kernel
	ok "a machine reboots alone ($kernel)" alone "$run" KERNEL=$kernel
	ok "its clock goes on where it was ($kernel)" \
		said "$run" 'client 0x1 (slot 1) is started at 100'
done

# the clock stands still until it is back, since it keeps its connection; one
# without the memory does not come back, because of D1
run=reboot-mainline
ok 'unpatched machines reboot' boot "$run" -v \
	'sleep:%00 reboot sleep:50 ticks:100' KERNEL=6.12 SERIES=none
ok 'each joins twice' [ "$(said "$run" 'is started at' | wc -l)" = 4 ]
ok 'the controller closes the connection that they keep' said "$run" "$anew"
finish
