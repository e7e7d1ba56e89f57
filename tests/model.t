#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# The model of groups that run at the same time, tests/windows.pml, has no errors, and
# spin finds each that is put into it
. "$(dirname "$0")/lib.sh"

# search -DMACRO... - look at all that can happen; fails if spin finds an error
search()
(
	rm -rf "$tmp/spin"
	mkdir "$tmp/spin"
	cd "$tmp/spin" || exit 2
	spin -a "$@" "$top/tests/windows.pml" &&
		cc -O1 -w -DSAFETY -DCOLLAPSE -DMEMLIM=1000 -o pan pan.c &&
		timeout 600 ./pan -m100000 -n >out || exit 2
	cat out
	grep -q '^State-vector.* errors: [0-9]' out || exit 2
	grep -q '^State-vector.* errors: 0$' out
)

# finds ASSERTION -DMACRO... - spin finds that it can be violated
finds()
{
	assertion=$1
	shift
	search "$@"
	[ $? = 1 ] && grep -F "assertion violated $assertion" "$tmp/spin/out"
}

past='(due>=acted[h])'
own_past='(now[me]>=acted[me])'
order='((first>committed)'

ok 'two groups never hurt each other, and both finish' search -DT=3
ok 'nor do they if one of them has two clients' search -DT=2 -DTWO
ok 'nor do three in a row, without raising' search -DT=2 -DN=3 -DBARRIER
ok 'a client that looks twice before it asks loses a wake-up (D18)' \
	finds 'finished[x]' -DT=3 -DD18
ok 'what is due at the bound is not before it' finds "$past" -DT=3 -DNOT_STRICTLY
ok 'a group that runs need not be at the end of its grant' \
	finds "$past" -DT=3 -DLO_IS_GRANT
ok 'what a group sends may come back' finds "$past" -DT=3 -DNO_CYCLE
ok 'what a group sends may be passed on' \
	finds "$past" -DT=2 -DN=3 -DBARRIER -DNO_PATHS
ok 'a slower sender may still have an earlier frame' finds "$order" -DT=3 -DEARLY
ok 'a published time says nothing if frames are sent later' \
	finds "$order" -DT=3 -DQUEUED
ok 'raising free-until overlooks a client that is interrupted' \
	finds "$own_past" -DT=3 -DTWO -DSHARED
finish
