#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# A machine and a simulator that only reacts: it is over when the machine ends
. "$(dirname "$0")/lib.sh"
. tests/machines.sh

# beside RUN FLAGS SCENARIO - a machine boots, and the simulator is the second
# client
beside()
{
	timeout 240 "$tmp/reacts" "build/test/$1/socket" 2>"$tmp/end" &
	pid=$!
	boot "$1" "-n 2 $2" "$3" NODES=1
	booted=$?
	wait $pid && [ $booted = 0 ]
}

# said RUN TEXT - the controller did
said()
{
	cat "$build/test/$1/controller"
	grep -qF "$2" "$build/test/$1/controller"
}

# the simulator must not wait for a build
need make stage-4 stage-5 client
need cc -Iclient -o "$tmp/reacts" tests/reacts.c build/libttclient.a

for flags in '' --no-shm '--no-shm-for 1' '--no-shm-for 9'; do
	how=${flags:-memory}
	run=end$(echo "$flags" | tr -cd 'a-z0-9')
	ok "a simulator that only reacts does not spoil a good end ($how)" \
		beside "$run" "$flags" sleep:5
	ok "the controller names the simulator ($how)" said "$run" \
		'only react to others: client 0x9 (slot 2) since 0 ns'
	ok "the time is when the machine ended ($how)" \
		stats "$run" '.virtual_time_ns / 1e9 | floor == 5'
done
finish
