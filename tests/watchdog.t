#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# A machine that hangs is named, with what its processes do, and nobody waits for
# it for ever
. "$(dirname "$0")/lib.sh"
. tests/machines.sh

# watched RUN FLAGS SCENARIO [VARIABLE=VALUE...] - a boot with a watchdog of 2 s
watched()
{
	run=$1 flags=$2 scenario=$3
	shift 3
	boot "$run" "--watchdog 2 $flags" "$scenario" "$@"
}

# stopped RUN FLAGS - such a boot, in which machine 2 is stopped after a second,
# as by a debugger that somebody has forgotten; machine 1 ends soon after that
stopped()
{
	rm -rf "${build:?}/test/$1"
	watched "$1" "$2" 'sleep:1 ticks:%0000' &
	pid=$!
	until [ -s "$build/test/$1/2/result" ]; do
		kill -s 0 $pid || return 1
		sleep 0.1
	done
	kill -s STOP "$(cat "$build/test/$1/2/pid")"
	wait $pid
}

# hangs RUN MACHINE PATTERN - the controller said once that this machine hangs,
# and what its processes do, and does not say so of others
hangs()
{
	log=$build/test/$1/controller
	grep ' hangs at ' "$log"
	[ "$(grep -c ' hangs at ' "$log")" = 1 ] &&
		grep "client 0x$2 (slot [0-9]*) hangs at .* ns: .*($build/[^ ]*linux .*$3" "$log"
}

for kernel in 6.1 6.12 newest; do
	run=watchdog-spin-$kernel
	ok "a program that computes for ever ends the simulation ($kernel)" \
		says 'error: machine 1 hangs at 10' \
		watched "$run" --on-hang=abort 'sleep:%0 spin' KERNEL=$kernel
	ok "its machine is named, and that its program runs ($kernel)" \
		hangs "$run" 1 ', its \(traced\|child\) process [0-9]* ([^ ]*) runs'
done

run=watchdog-stopped
ok 'a machine that is stopped ends the simulation' \
	says 'error: machine 2 hangs at ' stopped $run --on-hang=abort
ok 'it is named, and that it is stopped' \
	hangs $run 2 ') is stopped by a signal'

run=watchdog-killed
ok 'a machine that hangs is killed, if that is wanted' \
	says 'error: machine 2 hangs at ' stopped $run --on-hang=kill
ok 'it is named' hangs $run 2 ') is stopped by a signal'
ok 'the other machine goes on to its end' [ "$(value $run 1 ticks)" = 10000 ]

# it neither says anything nor publishes the time while it is alone
run=watchdog-mainline
need make stage-4 KERNEL=6.12 SERIES=none
ok 'a released kernel that is alone does not hang' \
	watched $run --on-hang=report ticks:100000 NODES=1 KERNEL=6.12 SERIES=none
ok 'nothing is said about it' no grep hangs "$build/test/$run/controller"
finish
