#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# What a machine of selftests.yaml does: `selftests.sh timers|receiver|sender`. A
# line is a test, pass, skip or fail, and why it does not pass. What the tests print
# is in /lab/log.
# shellcheck disable=SC2317
cd /selftests || exit
PATH=/selftests:$PATH
failed=0

# result NAME STATUS - print a line; 4 is kselftest's exit status for a skipped test
result()
{
	case $2 in
	0) echo "$1 pass" ;;
	4) echo "$1 skip: $(tail -n 1 /lab/log)" ;;
	*) echo "$1 fail: status $2"
	   failed=1 ;;
	esac
}

# run NAME [ARGUMENT...] - a test in this machine alone; `timeout` counts simulated
# time
run()
{
	echo "--- $*" >>/lab/log
	timeout 3600 "$@" >>/lab/log 2>&1
	result "$*" $?
}

# left_out REASON NAME... - tests that would not end
left_out()
{
	reason=$1
	shift
	for name; do
		echo "$name skip: $reason"
	done
}

timers()
{
	for name in nanosleep nsleep-lat set-timer-lat mqueue-lat raw_skew rtcpie \
		valid-adjtimex adjtick set-tai set-tz freq-step; do
		run "$name"
	done
	run leap-a-day -i 2
	left_out 'it computes until a timer of CPU time expires; computing takes no simulated time' \
		posix_timers
	left_out 'it reads the clock for seconds without a pause; a reading takes 256 ns' \
		inconsistency-check change_skew skew_consistency set-2038 \
		clocksource-switch threadtest leapcrash
	left_out 'UML has no real-time clock, so no alarm timers' alarmtimer-suspend
}

# at SECONDS - the time of day in ns, as so_txtime takes it: both machines have the
# same clock
at()
{
	echo $((1767225600 + $1))000000000
}

# Both sides of a test: the receiver's first, then the sender's. The receiver of
# msg_zerocopy polls for 0.4 s after the sender's end, each poll takes 256 ns, so one
# will do.
receiver()
{
	run msg_zerocopy -4 -C 0 -t 0 -S 10.0.0.2 -D 10.0.0.1 -r tcp
	run so_txtime -4 -c mono -t "$(at 60)" -S 10.0.0.2 -D 10.0.0.1 a,10,b,20 -r
	run so_txtime -6 -c mono -t "$(at 70)" -S fd00::2 -D fd00::1 b,20,a,20 -r
}

sender()
{
	tc qdisc add dev eth0 root fq
	sleep 0.1
	run msg_zerocopy -4 -C 0 -t 0 -S 10.0.0.2 -D 10.0.0.1 tcp
	run so_txtime -4 -c mono -t "$(at 60)" -S 10.0.0.2 -D 10.0.0.1 a,10,b,20
	run so_txtime -6 -c mono -t "$(at 70)" -S fd00::2 -D fd00::1 a,20,b,10
}

"$1"
exit $failed
