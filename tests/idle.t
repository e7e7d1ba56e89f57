#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# Machines with nothing to do hardly ever wake up: a day of 16 of them takes
# seconds, because so little happens in it.
. "$(dirname "$0")/lib.sh"
. tests/machines.sh

# What is left is an hourly look after the card, and timers of the kernel's own: the
# random number generator's comes every minute since 6.2, and takes five turns. With
# a clock event device that cannot wait for longer than 4.3 s a machine wakes up 1700
# times an hour, and 700 times if somebody looks after its card every 5 s.
hourly=400

# idle RUN NODES HOURS [VARIABLE=VALUE...]
idle()
{
	run=$1 nodes=$2 hours=$3
	shift 3
	boot "$run" "$flags" "net:% sleep:$((hours * 3600))" NET=5ms \
		NODES="$nodes" "$@"
}

# rarely RUN HOURS - did each machine run; booting takes some wake-ups as well
rarely()
{
	jq -c '[.clients[].wakeups]' "$build/test/$1/stats.json"
	stats "$1" "all(.clients[]; .wakeups > 0 and
		.wakeups < $hourly * ($2 + 1))"
}

for kernel in 6.1 newest; do
	flags=
	ok "16 machines on a network idle for a day ($kernel)" \
		idle idle 16 24 KERNEL=$kernel
	ok "each of them hardly ever wakes up ($kernel)" rarely idle 24
	flags=--no-shm
	ok "two machines idle for four hours by messages ($kernel)" \
		idle idle 2 4 KERNEL=$kernel
	ok "neither of them wakes up more often for that ($kernel)" \
		rarely idle 4
done
finish
