#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# The client's own tests pass in the kernel that boots, in any mode of time
. "$(dirname "$0")/lib.sh"

json=$tmp/kunit.json

# with_clock ARGUMENT - they pass in a machine that is booted with it
with_clock()
{
	make kunit KARGS="$1" &&
		grep "^Kernel command line: $1 " build/6.1/uml/test.log
}

# reported COMMAND... - a WARNING in the kernel's log is shown, and counts as failed.
# The log has the command line, and so a line of it that looks like one.
reported()
{
	says 'test.log: WARNING: of a test' env KARGS='x
WARNING: of a test' "$@" &&
		grep -x '1 passed, 1 failed' "$tmp/why"
}

# says_passed N COMMAND... - it succeeds, and its last line is N passed
says_passed()
{
	expected="$1 passed, 0 failed"
	shift
	said=$("$@" | tail -n 1)
	echo "$said"
	[ "$said" = "$expected" ]
}

need make kernel controller
need make kernel KERNEL=6.12
ok 'the client passes its KUnit tests' make kunit KUNIT_JSON="$json"
ok 'ONLY runs the tests that fit' says_passed 1 \
	make kunit ONLY='um_time_travel_run.tt_test_publish_m*'
ok 'ONLY that fits no test is an error' says '0 passed, 1 failed' \
	make kunit ONLY=xyzzy
ok 'a report in the kernel log counts as a failed test' reported \
	make kunit ONLY='um_time_travel_run.tt_test_publish_m*'
ok 'the JSON of kunit.py is kept' \
	jq -e '[.. | .status? // empty] | length > 50 and all(. == "PASS")' "$json"
ok 'a JSON that cannot be written is named' \
	says 'KUNIT_JSON=/nowhere/kunit.json cannot be written' \
	make kunit KUNIT_JSON=/nowhere/kunit.json
ok 'they pass in a machine with simulated time' \
	with_clock time-travel
ok 'they pass in a machine with simulated time and an infinite CPU' \
	with_clock time-travel=inf-cpu
ok 'the client of Linux 6.12, mended, passes the same tests' \
	make kunit KERNEL=6.12
ok 'a kernel without these tests is named' \
	says 'has no KUnit tests' make kunit KERNEL=6.12 SERIES=none

# a machine whose controller waits for another one
hang=KARGS=time-travel=ext:$tmp/clock
hanging()
{
	machines "$build/6.1" "$tmp/clock"
}

build/tt-controller -n 2 "$tmp/clock" >/dev/null 2>&1 &
controller=$!
ok 'a machine that hangs ends when time is up, and has passed nothing' \
	says '0 passed, 1 failed' make kunit "$hang" TIMEOUT=2
ok 'it is gone then' test -z "$(hanging)"
ok 'a run can be interrupted, which leaves no machine' \
	interrupt INT hanging kunit "$hang"
kill $controller
wait $controller

# inside DIRECTORY MACHINE - the KTAP of a machine that ran them as it booted
inside()
{
	[ "$(grep -c '^ok .*um_time_travel_' "$1/$2/console")" = 6 ] &&
		no grep 'not ok' "$1/$2/console"
}

run=$build/test/kunit
for flags in '' --no-shm; do
	ok "two machines under the controller ${flags:-with memory} run them as they boot" \
		make boot RUN="$run" CONTROLLER_FLAGS="$flags" \
		KARGS='kunit.enable=1' SCENARIO=sleep:1
	for machine in 1 2; do
		ok "machine $machine passes them with the clock of a controller" \
			inside "$run" $machine
	done
done
finish
