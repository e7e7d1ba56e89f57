#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# Machines that use networks. `scenario.sh RUN SCENARIO [OPTION...]` runs one of the
# functions at the end, with the kernel of KERNEL as it is built and more options
# for the controller. Logs, results and captures stay in build/test/RUN. If it
# fails, the last line says why.
. "$(dirname "$0")/../scripts/lib.sh"
. "$top/scripts/kernel.sh"
. "$top/scripts/machine.sh"
. "$top/tests/until.sh"
use_kernel

# several machines may share a slow host
patience=300
run=$build/test/$1
scenario=$2
shift 2
pids=

# serve N OPTION... - start the controller for N machines
serve()
{
	start_controller -v --stats stats.json --start-time $epoch --seed 1 \
		-n "$@" || wrong "no controller: $(tail -n 1 controller)"
}

# boot N NETWORK,... STEP... - start machine N with a card on each of the networks
boot()
{
	name=$1 cards=
	for network in $(echo "$2" | tr , ' '); do
		cards="$cards virtio_uml.device=../$network:1"
	done
	shift 2
	# shellcheck disable=SC2086
	machine "$name" umid="machine$name" time-travel="ext:$name:../socket" \
		con0=fd:0,fd:1 con1=null time-travel-seed=$((1 << 32 | name)) \
		$cards -- "$@"
	pids="$pids $name:$!"
}

# all_done - machines and controller end, and have done what they should
all_done()
{
	for machine in $pids; do
		until_done ended "${machine#*:}" ||
			wrong "machine ${machine%:*} hangs"
		grep -qsx 'status 0' "${machine%:*}/result" ||
			wrong "machine ${machine%:*}: $(tail -n 3 "${machine%:*}/result" "${machine%:*}/console" controller)"
	done
	until_done ended "$controller" || wrong 'the controller hangs'
	wait "$controller" || wrong "the controller: $(tail -n 1 controller)"
}

# ping DELAY[,WORD...] [OPTION...] - machine 2 pings machine 1
ping()
{
	quality=$1
	shift
	serve 2 --net lan=lan,delay="$quality" --capture lan=lan.pcap \
		--capture lan:1=one.pcap --capture lan:2=two.pcap "$@"
	boot 1 lan net:1 ping:1
	boot 2 lan net:2 ping:1
	all_done
}

# over links that take no time but that of the delay
good()
{
	ping 5ms "$@"
}

# over links that lose frames, and delay them as they like
bad()
{
	ping 5ms,jitter=1ms,loss=5% "$@"
}

# 10 MB from machine 2 to machine 1
tcp()
{
	serve 2 --net lan=lan,delay=20ms,rate=100Mbit --capture lan=lan.pcap \
		--capture lan:1=one.pcap --capture lan:2=two.pcap "$@"
	boot 1 lan net:1 tcp:1
	boot 2 lan net:2 tcp:1
	all_done
}

# three machines send to the fourth at the same instants
udp()
{
	serve 4 --net lan=lan,delay=5ms --capture lan=lan.pcap \
		--capture lan:4=four.pcap "$@"
	for name in 1 2 3 4; do
		boot $name lan net:$name udp:4
	done
	all_done
}

# frames of many types from machine 2 to machine 1
frames()
{
	serve 2 --net lan=lan,delay=5ms --capture lan=lan.pcap \
		--capture lan:1=one.pcap --capture lan:2=two.pcap "$@"
	boot 1 lan net:1 frames:1
	boot 2 lan net:2 frames:1
	all_done
}

# eight machines in a row, on seven networks: the first one pings the last one
row()
{
	nets=
	for net in 1 2 3 4 5 6 7; do
		nets="$nets --net n$net=n$net,delay=5ms"
	done
	# shellcheck disable=SC2086
	serve 8 $nets --capture n1:1=first.pcap --capture n7:8=last.pcap "$@"
	boot 1 n1 row:1 few:8
	for name in 2 3 4 5 6 7; do
		boot $name n$((name - 1)),n$name row:$name sleep:15
	done
	boot 8 n7 row:8 ping:8
	all_done
}

# joined N TIMES - machine N has sent START that many times
joined()
{
	[ "$(grep -c "client 0x$1 has sent START" controller)" = "$2" ]
}

# While machine 2 pings machine 1, machine 3 is killed: it has just sent, and is
# to get answers. When machine 2 pings for the second time, it is there again.
killed()
{
	serve 3 --net lan=lan,delay=5ms --capture lan=lan.pcap \
		--capture lan:1=one.pcap --capture lan:2=two.pcap "$@"
	mkdir 2 3
	: >2/gate
	: >3/gate
	boot 1 lan net:1 ping:1
	boot 2 lan net:2 ping:1 gate ping:1
	others=$pids
	boot 3 lan net:3 udp:1 gate
	until_done test -e 3/waiting || wrong 'machine 3 does not come to the gate'
	kill -s KILL -- "-${pids##*:}"
	pids=$others
	until_done test -e 2/waiting || wrong 'machine 2 does not come to the gate'
	rm -r 3
	boot 3 lan net:3 ping:1
	until_done joined 3 2 || wrong 'machine 3 does not come back'
	rm 2/gate 2/waiting
	all_done
}

rm -rf "$run"
mkdir -p "$run"
cd "$run"
"$scenario" "$@"
