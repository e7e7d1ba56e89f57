#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# Machines ping each other over a network, with memory, by messages and mixed: each
# frame takes as long as it should, by their clocks and in the captures. KERNELS=
# says for which kernels.
. "$(dirname "$0")/lib.sh"
. tests/machines.sh
. tests/nets.sh

# all_answered
all_answered()
{
	equal "$(value "$run" 2 pings_answered)" 100
}

# repeats - the same frames come again, and the same results; but for unpatched
# machines, which ask by ARP again at random times, after at least 15 s
repeats()
{
	case $version in
	*-unpatched) ;;
	*) same_again lan.pcap one.pcap two.pcap ;;
	esac
}

good()
{
	ok "two machines ping over 5 ms ($how)" scenario good
	ok "all pings are answered ($how)" all_answered
	ok "each round trip takes 10 ms by the clock ($how)" \
		by_clock 2 20000000 10000000
	ok "and not a nanosecond more or less at the one that pings ($how)" \
		apart two 10000000 100
	ok "the other one answers in no time ($how)" apart one 0 100
	ok "a capture of the network has each frame when it is sent ($how)" \
		apart lan 5000000 100
	repeats
}

# fate MACHINE FILE - what arrived there is what the seed implies
fate()
{
	tests/fate.py 1 lan "$1" 5000000 1000000 5 \
		"$build/test/$run/lan.pcap" "$build/test/$run/$2.pcap"
}

# some_lost - the machine that pings got as many answers as its link passed
some_lost()
{
	answers=$(dump two 'icmp[0] = 0' | wc -l)
	equal "$answers" "$(value "$run" 2 pings_answered)" &&
		at_least "$answers" 70 && at_most "$answers" 99
}

bad()
{
	ok "two machines ping over a bad link ($how)" scenario bad
	ok "some pings are not answered ($how)" some_lost
	ok "the one that pings gets what the seed says, when it says so ($how)" \
		fate 2 two
	ok "and so does the one that answers ($how)" fate 1 one
	repeats
}

# table - make boot shows round trips
table()
{
	boot net '' 'net:% ping:1' NET=5ms >"$tmp/table"
	cat "$tmp/table"
	grep '^2 .* 100 of 100: 10.000 ms ' "$tmp/table"
}

ok 'make boot with a network shows the round trips' table
each good bad
finish
