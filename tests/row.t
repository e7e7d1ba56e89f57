#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# Eight machines in a row forward what the outer ones send each other, with memory,
# by messages and mixed, and it takes exactly seven links. KERNELS= says for which
# kernels.
. "$(dirname "$0")/lib.sh"
. tests/machines.sh
. tests/nets.sh

row()
{
	ok "eight machines in a row, the first of which pings the last ($how)" \
		scenario row
	ok "each round trip takes 14 delays, the first one ARP as well ($how)" \
		by_clock 1 140000000 70000000
	ok "and not a nanosecond more or less ($how)" \
		apart first 70000000 10 130000000
	ok "the last machine answers in no time ($how)" \
		apart last 0 10
	same_again first.pcap last.pcap 8/console 8/result
}

each row
finish
