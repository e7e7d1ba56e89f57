#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# A machine that reboots joins anew, and the others go on
. "$(dirname "$0")/lib.sh"
. tests/machines.sh

# each machine reboots in the hundred seconds of its number
script='sleep:%00 reboot sleep:50 ticks:100'

# said RUN TEXT - the controller did
said()
{
	grep -F "$2" "$build/test/$1/controller"
}

# joined_anew RUN - four times somebody was started
joined_anew()
{
	[ "$(said "$1" 'is started at' | wc -l)" = 4 ]
}

anew='its process has started anew'
for kernel in 6.1 6.12; do
	for flags in '' --no-shm --late-join=shm; do
		run=reboot-$kernel-${flags#--}
		ok "two machines reboot ($run)" \
			boot "$run" "-v $flags" "$script" KERNEL=$kernel
		ok "each of them joins twice ($run)" joined_anew "$run"
		ok "neither keeps a connection that it knows nothing of ($run)" \
			no said "$run" "$anew"
	done
done

run=reboot-mainline
ok 'unpatched machines reboot' \
	boot "$run" -v "$script" KERNEL=6.12 SERIES=none
ok 'each of them joins twice' joined_anew "$run"
ok 'the controller closes the connection that they keep' \
	said "$run" "client 0x1 (slot 1): $anew"
finish
