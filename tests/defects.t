#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# `make defects` walks the series, and believes neither its list nor a test
. "$(dirname "$0")/lib.sh"

src=$build/6.12/src
linux=$build/6.12/uml/linux

# defects WORD... - with the list in $tmp/list; what is said is kept
defects()
{
	make defects KERNEL=6.12 DEFECTS="$tmp/list" "$@" >"$tmp/defects" 2>&1
	status=$?
	cat "$tmp/defects"
	return $status
}

# walked TEXT... - in the last run, a line of the table
walked()
{
	grep -qE "^$(printf '%s +' "$@" | sed 's/ +$//')" "$tmp/defects" || {
		cat "$tmp/defects"
		return 1
	}
}

# exist - all tests in the list, and the rows of those that have some
exist()
{
	sed -n 's/^kunit [a-z_]*\.//p; s/^boot //p' tests/defects |
		while read -r test row; do
			grep -qE "(KUNIT_CASE.*\(${test}[,)])|^$test\(\)" \
				kunit/timetravel_kunit_*.c tests/outside.sh &&
				grep -qF "${row:-tt_test}" kunit/timetravel_kunit_*.c ||
				echo "$test $row"
		done | no grep .
}

# explained - whatever has no test has a reason
explained()
{
	awk -v RS= '/^D/ && !/\n(kunit|boot|=) / { print $1 }' tests/defects |
		no grep .
}

# untouched - the tree and its kernel are as before, and the copy is gone
untouched()
{
	git -C "$src" diff --stat HEAD | no grep . &&
		cmp "$linux" "$tmp/linux" && no test -e "$build/6.12-defects/src"
}

need make kernel KERNEL=6.12
ok 'all tests of the list exist' exist
ok 'all defects have a test or a reason' explained
cp tests/defects "$tmp/list"
cp "$linux" "$tmp/linux"
ok 'a defect fails before its patch and passes after it' defects ONLY=D8
ok 'KUnit sees that' walked D8 'kunit tt_test_update_time_shm' fails passes
ok 'a boot sees it as well' walked D8 'boot published' fails passes
ok 'what has no test has a reason' walked D11
ok 'the tree and its kernel are left as they were' untouched
sed -i 's/^kunit .*tt_test_update_time_shm/kunit um_time_travel_run.tt_test_run_msg/
	s/^boot published/kunit um_time_travel_run.tt_test_none/' "$tmp/list"
ok 'a test that passes before is an error' \
	says 'a test passes before its patch' defects ONLY=D8
ok 'it is in the table' walked D8 'kunit tt_test_run_msg' passes passes
ok 'a test that is not there passes neither before nor after' \
	walked D8 'kunit tt_test_none' fails fails
sed -i 's/^\(patch um: time-travel: publish\).*/\1 nothing/' "$tmp/list"
ok 'a patch that is not in the series is named' \
	says 'in the list, not in the series: um: time-travel: publish nothing' \
	defects
ok 'a patch of the series that is not in the list, too' \
	grep 'in the series, not in the list: um: time-travel: publish the time' \
	"$tmp/defects"
ok 'a defect that is not in the list is named' \
	says "is 'D0'" defects ONLY=D0
ok 'the client of the 6.1 series passes all of the tests' \
	make defects KERNEL=6.1
finish
