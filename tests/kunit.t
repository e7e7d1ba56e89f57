#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# The client's own tests pass in the kernel that boots, in any mode of time
. "$(dirname "$0")/lib.sh"

json=$tmp/kunit.json

need make stage-4
ok 'the client passes its KUnit tests' make kunit KUNIT_JSON="$json"
ok 'the JSON of kunit.py is kept' \
	jq -e '[.. | .status? // empty] | length > 50 and all(. == "PASS")' "$json"

# inside DIRECTORY MACHINE - the KTAP of a machine that ran them as it booted
inside()
{
	[ "$(grep -c '^ok .*um-time-travel-' "$1/$2/console")" = 4 ] &&
		no grep 'not ok' "$1/$2/console"
}

run=$build/test/kunit
ok 'two machines under the controller run them as they boot' \
	make boot RUN="$run" KARGS='kunit.enable=1' SCENARIO=sleep:1
for machine in 1 2; do
	ok "machine $machine passes them with the clock of a controller" \
		inside "$run" $machine
done
finish
