#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# Machines use networks, with memory, by messages and mixed: what arrives is what
# was sent, when it should, by their clocks and in the captures, and the same each
# time. KERNELS= says for which kernels.
. "$(dirname "$0")/lib.sh"
. tests/machines.sh
. tests/nets.sh

# unharmed - what machine 1 got is what machine 2 sent, all of it
unharmed()
{
	equal "$(value "$run" 1 tcp_bytes)" 10000000 &&
		agree "$run" tcp_bytes && agree "$run" tcp_checksum
}

# How long 10 MB take over 100 Mbit/s and 20 ms, from connect() to the last
# acknowledgement. A frame of 1514 bytes carries 1448; it takes 121.12 us on each of
# two links. A round trip is 40 ms and twice that, and twice 5.28 us for the
# acknowledgement of 66 bytes: 40.2528 ms. TCP begins with 10 frames and doubles
# that in each round trip, until 332 fill the way. So 10, 20, 40, 80, 160 and 320
# frames, 630 in all, take six round trips. From then on the link is never idle:
# the other 6277 frames take 760.27 ms. The last one is acknowledged a round trip
# later. That makes 7 * 40.2528 + 760.27 = 1042.04 ms, or 76.77 Mbit/s. Delayed
# acknowledgements and reading the clock, 256 ns each time, may change that a bit.
transfer_ns=1042040000
tolerance_ns=1000000

# took - print how long it took
took()
{
	echo $(($(value "$run" 2 tcp_acknowledged_ns) - \
		$(value "$run" 2 tcp_connected_ns)))
}

in_time()
{
	at_least "$(took)" $((transfer_ns - tolerance_ns)) &&
		at_most "$(took)" $((transfer_ns + tolerance_ns))
}

# last_ack - the sender's clock, when it sees that all has arrived, is the stamp of
# the frame that says so
last_ack()
{
	stamp=$(dump two 'src port 9' |
		sed -n '/ ack 10000002,/ { s/ .*//; s/\.//; p; q }')
	near "$(value "$run" 2 tcp_acknowledged_ns)" "$stamp"
}

# count FILE EXPRESSION - print how many frames a capture has, and their bytes
count()
{
	dump "$1" "$2" | awk '
		match($0, /, length [0-9]+: /) {
			frames++
			bytes += substr($0, RSTART + 9, RLENGTH - 11)
		}
		END { print frames + 0, bytes + 0 }'
}

# counted MACHINE FILE - the statistics have as many frames and bytes as the
# capture of its link
counted()
{
	mac=02:b2:84:00:00:0$1
	equal "$(count "$2" "ether src $mac") $(count "$2" "not ether src $mac")" \
		"$(jq -r ".networks[].ports[] | select(.client == $1) |
			\"\(.sent) \(.sent_bytes) \(.received) \(.received_bytes)\"" \
			"$build/test/$run/stats.json")"
}

# at_rate - no frame of 1514 bytes is sooner behind another one than the rate
# permits, and most are as soon as that
at_rate()
{
	dump one 'greater 1514' | awk '
		{
			split($1, t, ".")
			apart = (t[1] - s) * 1000000000 + t[2] - ns
			s = t[1]; ns = t[2]
			early += apart < 121120
			next_one += apart == 121120
		}
		END {
			print early + 0, "too early,", next_one + 0, "just behind"
			exit early || next_one < 6000
		}'
}

# in_order - at each instant each of machines 1 to 3 sends three datagrams, and
# machine 4 gets them in the order of machines, then in that in which they were sent
in_order()
{
	value "$run" 4 datagram | awk '
		{
			got = got " " substr($2, 8) "." $3
			split($1, t, ".")
			if (NR % 9 != 1 && $1 != last)
				wrong++
			last = $1
		}
		NR % 9 == 0 {
			if (got != " 1.16 1.17 1.18 2.16 2.17 2.18 3.16 3.17 3.18")
				wrong++
			print $1 got
			got = ""
		}
		END { exit wrong || NR != 180 }'
}

# as_captured - and so has the capture of its link, at the same time: that of the
# machine's clock, which counts in steps of 256 ns
as_captured()
{
	value "$run" 4 datagram >"$tmp/datagrams"
	dump four 'udp dst port 7' |
		sed 's/\([^ ]*\) .* \(10\.0\.0\..\)\.[0-9]* > .* length/\1 \2/' |
		paste -d ' ' "$tmp/datagrams" - | awk '
		{
			split($1, guest, ".")
			split($4, capture, ".")
			late = (guest[1] - capture[1]) * 1000000000 + \
				guest[2] - capture[2]
			if (late <= -256 || late > 0 || $2 != $5 || $3 != $6) {
				print
				wrong++
			}
		}
		END { exit wrong || NR != 180 }'
}

# hexdump FILE EXPRESSION - print each frame as hexadecimal digits
hexdump()
{
	tcpdump -n -t -xx -r "$build/test/$run/$1.pcap" "$2" 2>/dev/null | awk '
		/^\t0x/ {
			sub(/^\t0x[0-9a-f]*: */, ""); gsub(/ /, "")
			frame = frame $0
			next
		}
		{ if (frame) print frame; frame = "" }
		END { print frame }'
}

# untouched - what was sent was captured and received, to the byte
untouched()
{
	sender='ether src 02:b2:84:00:00:02'
	value "$run" 2 sent >"$tmp/sent"
	[ "$(wc -l <"$tmp/sent")" = 12 ] || return 1
	value "$run" 1 received | cmp "$tmp/sent" - || return 1
	for file in two lan one; do
		hexdump $file "$sender" | cmp "$tmp/sent" - || return 1
	done
}

tcp()
{
	ok "a machine sends another one 10 MB ($how)" scenario tcp
	ok "all of it arrives, unharmed ($how)" unharmed
	ok "it takes as long as link and TCP imply ($how)" in_time
	echo "# $(took) ns, $((80000000000000 / $(took))) kbit/s"
	ok "the last acknowledgement comes when the capture says ($how)" last_ack
	ok "no frame comes earlier than the rate permits ($how)" at_rate
	for machine in '1 one' '2 two'; do
		# shellcheck disable=SC2086
		ok "statistics of machine ${machine% *} agree with the capture ($how)" \
			counted $machine
	done
	same_again lan.pcap one.pcap two.pcap
}

udp()
{
	ok "three machines send to a fourth at the same instants ($how)" \
		scenario udp
	ok "it gets datagrams by sender, then as they were sent ($how)" in_order
	ok "the capture has the same, at the same times ($how)" as_captured
	same_again lan.pcap four.pcap 3/console 3/result 4/console 4/result
}

frames()
{
	ok "a machine sends VLAN tags, QinQ, STP and unknown types ($how)" \
		scenario frames
	ok "frames pass untouched, to the byte ($how)" untouched
	same_again lan.pcap
}

each tcp udp frames
finish
