#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# A machine that joins after 4 s boots, its clock starts at 0, and all events of
# all machines stay in one order
. "$(dirname "$0")/lib.sh"
. tests/machines.sh

# ns from one event of the running machines to the next, at the most, while
# somebody joins
event=1052000

# late RUN FLAGS JOIN [VARIABLE=VALUE...] - boot three machines, of which JOIN
# join late: the first after 4 s, the other within the next second
late()
{
	run=$1 flags=$2 join=$3
	shift 3
	boot "$run" "$flags" 'sleep:4 gate wakes:1000 gate wakes:200 events:% ticks:100' \
		JOIN_SCENARIO='events:% ticks:100' NODES=3 JOIN="$join" "$@"
}

# gate RUN N - when machine 1 came to the gate for the Nth time, controller time
gate()
{
	gate=$(value "$1" 1 gate_ns | sed -n "$2p") && [ -n "$gate" ] &&
		echo $((gate - epoch))
}

# started RUN MACHINE - when the controller started it
started()
{
	sed -n "s/^.*client 0x$2 .*is started at \([0-9]*\) ns.*/\1/p" \
		"$build/test/$1/controller" | grep .
}

# prompt RUN MACHINE N - who connected at the Nth gate started within one event
prompt()
{
	gate=$(gate "$1" "$3") && started=$(started "$1" "$2") || return 1
	echo "at the gate at $gate, started at $started"
	[ "$started" -ge "$gate" ] && [ "$started" -le $((gate + event)) ]
}

# from_zero RUN MACHINE - its clock was 0 when it started
from_zero()
{
	zero=$(value "$1" "$2" realtime_at_zero_ns) &&
		started=$(started "$1" "$2") &&
		near "$zero" $((epoch + started))
}

# ordered RUN - the events of all three machines, 200 each, are in one order
# and mixed
ordered()
{
	sort -c -n "$build/test/$1/events" && awk '
		$2 != last	{ changes++ }
				{ n[$2]++
				  last = $2 }
		END		{ print n[1], n[2], n[3], changes
				  exit n[1] != 200 || n[2] != 200 ||
					n[3] != 200 || changes < 300 }' \
		"$build/test/$1/events"
}

# checked RUN - what is true of each of these runs
checked()
{
	ok "its clock starts at 0 ($1)" from_zero "$1" 3
	ok "the events of all are in one order ($1)" ordered "$1"
	ok "nobody was asked to run in the past ($1)" \
		stats "$1" '.totals.past_requests == 0'
	ok "all agree what time it is at every tick ($1)" agree_all "$1"
}

agree_all()
{
	agree "$1" ticks_realtime_hash && [ "$one" = \
		"$(value "$1" 3 ticks_realtime_hash)" ]
}

# transports RUN TRANSPORT... - of the machines, by number
transports()
{
	run=$1
	shift
	[ "$(jq -r '.clients | sort_by(.name)[].transport' \
		"$build/test/$run/stats.json" | paste -s -d ' ')" = "$*" ]
}

# joins RUN SENTENCE FLAGS TRANSPORTS [VARIABLE=VALUE...] - machine 3 does
joins()
{
	run=$1 sentence=$2 flags=$3 transports=$4
	shift 4
	ok "a machine joins $sentence ($run)" late "$run" "$flags" 1 "$@"
	# shellcheck disable=SC2086
	ok "each has the transport that was meant ($run)" \
		transports "$run" $transports
	ok "it starts within one event ($run)" prompt "$run" 3 1
	checked "$run"
}

# join_alone RUN FLAGS [VARIABLE=VALUE...] - machines 2 and 3 join machine 1
join_alone()
{
	run=$1 flags=$2
	shift 2
	ok "two machines join a single one, one after the other ($run)" \
		late "$run" "$flags" 2 "$@"
	ok "the first starts within one event ($run)" prompt "$run" 2 1
	ok "so does the second ($run)" prompt "$run" 3 2
	ok "the clock of the first starts at 0 ($run)" from_zero "$run" 2
	checked "$run"
}

for kernel in 6.1 6.12 newest; do
	need make kernel KERNEL=$kernel
	joins late-$kernel-memory 'others in memory mode, with memory' \
		--late-join=shm 'memory memory memory' KERNEL=$kernel
	joins late-$kernel-default 'others in memory mode, by default' \
		'' 'memory memory messages' KERNEL=$kernel
	joins late-$kernel-mixed 'while one of the others is in message mode' \
		'--late-join=shm --no-shm-for 2' 'memory messages memory' \
		KERNEL=$kernel
	joins late-$kernel-behind 'while the one that runs is in message mode' \
		'--late-join=shm --no-shm-for 1' 'messages memory memory' \
		KERNEL=$kernel
	joins late-$kernel-messages 'others in memory mode, in message mode' \
		'--late-join=shm --no-shm-for 3' 'memory memory messages' \
		KERNEL=$kernel

	join_alone "late-$kernel-two" --late-join=shm KERNEL=$kernel
	join_alone "late-$kernel-two-messages" --no-shm KERNEL=$kernel

	ok "no program in a machine has the memory ($kernel)" \
		env KERNEL=$kernel tests/outside.sh memory_inherited
done

need make kernel KERNEL=6.12 SERIES=none
joins late-mainline 'unpatched others in memory mode' \
	'' 'memory memory messages' KERNEL=6.12 SERIES=none
joins late-mainline-mixed 'unpatched others, one in message mode' \
	'--no-shm-for 2' 'memory messages messages' KERNEL=6.12 SERIES=none
join_alone late-mainline-two '' KERNEL=6.12 SERIES=none
join_alone late-mainline-two-messages --no-shm KERNEL=6.12 SERIES=none
joins late-mainline-messages 'unpatched others in message mode' \
	--no-shm 'messages messages messages' KERNEL=6.12 SERIES=none

ok 'who cannot join, for want of a gate, is named' \
	says 'JOIN=1: SCENARIO needs a gate for each machine that joins, so 1, and has 0' \
	boot late-never '' sleep:1 NODES=3 JOIN=1
ok 'whoever breaks while it joins is named' \
	says 'machine 3: failed fail' \
	boot late-broken '' 'gate sleep:1' NODES=3 JOIN=1 JOIN_SCENARIO=fail
finish
