#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# Machines ping each other over a network, and each frame takes as long as it
# should, by their clocks and in the captures
. "$(dirname "$0")/lib.sh"
. tests/machines.sh

# net RUN NET FLAGS [VARIABLE=VALUE...] - two machines, of which the second pings
# the first; what passes the link of each is captured
net()
{
	name=$1 net=$2 flags=$3
	shift 3
	boot "$name" "--capture lan:1=one.pcap --capture lan:2=two.pcap $flags" \
		'net:% ping:1' NET="$net" "$@"
}

# frames RUN FILE EXPRESSION - those of a capture, each with its time
frames()
{
	tcpdump -n -tt --time-stamp-precision=nano -r "$build/test/$1/$2.pcap" \
		"$3" 2>/dev/null
}

# apart RUN FILE NS - each reply is that much later than its request
apart()
{
	frames "$1" "$2" icmp | awk -v want="$3" '
		{ split($1, t, ".") }
		/ echo request, /	{ s = t[1]; ns = t[2]; requests++ }
		/ echo reply, / {
			replies++
			is = (t[1] - s) * 1000000000 + t[2] - ns
			if (is != want)
				print "a round trip of " is " ns"
			wrong += is != want
		}
		END {
			print requests + 0, "requests,", replies + 0, "replies"
			exit wrong || requests != 100 || replies != 100
		}'
}

# exact RUN - all of its pings are answered after 10 ms, by the machine's clock,
# which goes on by 256 ns each time that it is read
exact()
{
	test "$(value "$1" 2 pings_answered)" = 100 &&
		at_least "$(value "$1" 2 round_trip_least_ns)" 10000000 &&
		at_most "$(value "$1" 2 round_trip_most_ns)" 10001000 &&
		at_least "$(value "$1" 2 round_trip_first_ns)" 20000000 &&
		at_most "$(value "$1" 2 round_trip_first_ns)" 20001000
}

for kernel in 'KERNEL=6.1' 'KERNEL=6.12' 'KERNEL=6.12 SERIES=none'; do
	for flags in '' --no-shm '--no-shm-for 1'; do
		how="$kernel ${flags:-memory}"
		# shellcheck disable=SC2086
		ok "two machines ping over 5 ms ($how)" \
			net ping 5ms "$flags" $kernel
		ok "each round trip takes 10 ms by the clock ($how)" \
			exact ping
		ok "and not a nanosecond more or less at the one that pings ($how)" \
			apart ping two 10000000
		ok "the other one answers in no time ($how)" \
			apart ping one 0
		ok "a capture of the network has each frame when it is sent ($how)" \
			apart ping lan 5000000
	done
done

# lossy RUN SEED [VARIABLE=VALUE...]
lossy()
{
	name=$1 seed=$2
	shift 2
	net "$name" 5ms,jitter=1ms,loss=5% "--seed $seed" "$@"
}

# fate RUN SEED MACHINE FILE - what arrived there is what the seed implies
fate()
{
	tests/fate.py "$2" lan "$3" 5000000 1000000 5 \
		"$build/test/$1/lan.pcap" "$build/test/$1/$4.pcap"
}

# some_lost RUN - the machine that pings got as many answers as its link passed
some_lost()
{
	answers=$(frames "$1" two 'icmp[0] = 0' | wc -l)
	echo "$answers answers of 100"
	[ "$answers" = "$(value "$1" 2 pings_answered)" ] &&
		[ "$answers" -lt 100 ] && [ "$answers" -gt 70 ]
}

for kernel in 'KERNEL=6.1' 'KERNEL=6.12' 'KERNEL=6.12 SERIES=none'; do
	# shellcheck disable=SC2086
	ok "two machines ping over a bad link ($kernel)" lossy bad 3 $kernel
	ok "some pings are not answered ($kernel)" some_lost bad
	ok "the one that pings gets what the seed says, when it says so ($kernel)" \
		fate bad 3 2 two
	ok "and so does the one that answers ($kernel)" \
		fate bad 3 1 one
done
finish
