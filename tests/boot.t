#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# Two machines share time, in memory and by messages, and time keeps its word
. "$(dirname "$0")/lib.sh"
. tests/machines.sh

work='wakes:1000 ticks:20000'

# 1000 s in less than a second, said without a clock that the host may stop
ok 'two machines boot and sleep for 1000 s' boot sleep '' sleep:1000
for machine in 1 2; do
	ok "1000 s pass for machine $machine, and not a microsecond more" \
		at_most "$(value sleep $machine slept_ns)" 1000000001000
	ok "and not a nanosecond less for machine $machine" \
		at_least "$(value sleep $machine slept_ns)" 1000000000000
done
ok 'that takes less than a hundredth of the time it simulates' \
	stats sleep '.virtual_time_ns > 100 * .wall_time_ns'

ok 'two machines tick 20000 times in shared memory' boot memory '' "$work"
ok 'both of them use the memory' \
	stats memory '[.clients[].transport] == ["memory", "memory"]'
ok 'neither sends more than 3 requests' \
	stats memory 'all(.clients[]; .in.request <= 3)'
ok 'neither RUN nor WAIT is acknowledged, and all else is' \
	stats memory "all(.clients[]; $memory_acks)"
ok 'a wake-up costs about two messages' \
	stats memory 'all(.clients[]; (received + sent) / .wakeups | . > 1.9 and . < 2.1)'

ok 'two machines tick 20000 times by messages' boot messages --no-shm "$work"
ok 'neither uses memory then' \
	stats messages '[.clients[].transport] == ["messages", "messages"]'
ok 'every message is acknowledged' \
	stats messages "all(.clients[]; $message_acks)"

ok 'a machine with memory and one without tick 20000 times' \
	boot mixed '--no-shm-for 2' "$work"
ok 'each of them in its own mode' \
	stats mixed '[.clients | sort_by(.name)[].transport] == ["memory", "messages"]'
ok 'the one with memory acknowledges neither RUN nor WAIT' \
	stats mixed "all(.clients[] | select(.name == 1); $memory_acks)"
ok 'the one without acknowledges everything' \
	stats mixed "all(.clients[] | select(.name == 2); $message_acks)"

for run in memory messages mixed; do
	for machine in 1 2; do
		ok "machine $machine never wakes up early ($run)" \
			at_least "$(value $run $machine wakes_least_late_ns)" 0
		ok "machine $machine wakes up within a microsecond ($run)" \
			at_most "$(value $run $machine wakes_most_late_ns)" 1000
		ok "machine $machine ticks within a microsecond ($run)" \
			at_most "$(value $run $machine ticks_most_late_ns)" 1000
		ok "the clock of machine $machine shows the start time when simulated time is 0 ($run)" \
			near "$(value $run $machine realtime_at_zero_ns)" $epoch
	done
	ok "both machines agree what time it is at every tick ($run)" \
		agree $run ticks_realtime_hash
	ok "the last tick is in the same simulated microsecond for both ($run)" \
		near "$(value $run 1 ticks_last_monotonic_ns)" \
		"$(value $run 2 ticks_last_monotonic_ns)"
done

# broadcasts RUN MACHINE WHAT - the ones that the machine logged as sent or
# received, in our words or in mainline's
broadcasts()
{
	sed -n "s/^.*: $3 broadcast \(message: \)*//p" "$build/test/$1/$2/console" |
		paste -s -d ' '
}

# each machine sends its number in the second of that number
script='sleep:% broadcast:% sleep:2 heard:2 sleep:100 wakes:500 ticks:500'
for flags in '' --no-shm '--no-shm-for 1'; do
	ok "a run with ${flags:-memory} ends well" \
		boot once "$flags" "$script"
	for machine in 1 2; do
		other=$((3 - machine))
		ok "machine $machine broadcasts its number once" \
			test "$(broadcasts once $machine sent)" = 0x$machine
		ok "machine $machine logs the broadcast of the other once" \
			test "$(broadcasts once $machine received)" = 0x$other
	done
	ok "another run with ${flags:-memory} ends well" \
		boot again "$flags" "$script"
	ok 'their consoles are equal to the last byte' same once again
done
finish
