#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# The controller serves Linux 6.12 as it is, without our patches
. "$(dirname "$0")/lib.sh"
. tests/machines.sh

work='sleep:1000 wakes:500 ticks:2000'
unpatched='KERNEL=6.12 SERIES=none'

# shellcheck disable=SC2086
{
	ok 'two machines of an unpatched Linux 6.12 share time in memory' \
		boot mainline-memory '' "$work" $unpatched
	ok 'both of them use the memory' stats mainline-memory \
		'[.clients[].transport] == ["memory", "memory"]'
	ok 'they agree what time it is at every tick' \
		agree mainline-memory ticks_realtime_hash
	ok 'two machines of an unpatched Linux 6.12 share time by messages' \
		boot mainline-messages --no-shm "$work" $unpatched
	ok 'they agree again' agree mainline-messages ticks_realtime_hash
	ok 'one with and one without memory share time' \
		boot mainline-mixed '--no-shm-for 2' "$work" $unpatched
	ok 'they agree once more' agree mainline-mixed ticks_realtime_hash
}
finish
