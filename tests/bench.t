#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# The machinery of `make bench`: with a few wake-ups it measures all there is,
# and does not believe what it cannot. How fast anything is, is not judged.
. "$(dirname "$0")/lib.sh"

export BENCH="$tmp"
json=$tmp/bench.json

# bench WORD... - a small one, keep what is said
bench()
{
	make bench BENCH_RUNS=3 BENCH_CLIENTS='2 5' BENCH_WAKEUPS=200 \
		BENCH_MACHINES='2:20' BENCH_PORTS='2:2 5:2 5:5' \
		BENCH_FRAMES=200 BENCH_WINDOWS='2:20' BENCH_WORKERS='2 5' \
		BENCH_WORK=200 "$@" >"$tmp/table" 2>&1
	status=$?
	cat "$tmp/table"
	return $status
}

# holds FILTER - it is true of bench.json
holds()
{
	jq -e "$1" "$json" || {
		cat "$json"
		return 1
	}
}

numbers='all(.[]; type == "number" and . > 0)'
costs='[.ns, .p50_ns, .p99_ns, .p999_ns]'

# all titles, a line for each case, and no cell is empty, but where machines send no
# frames
table()
{
	cat "$tmp/table"
	for title in 'A wake-up in us' 'Messages and' 'A frame in us' \
		     'Machines on a network' 'Machines that are groups' \
		     'Simulators that work' 'By calculation' 'Machines in s' \
		     Targets; do
		grep -q "^$title" "$tmp/table" || return 1
	done
	[ "$(grep -c '^ *[25] ' "$tmp/table")" = 18 ] &&
		sed '/^alone\|^idle\| alone  \|all at once  /d' "$tmp/table" | no grep -w 'null\| - '
}

# ticks CONTROLLER... - more of them than anybody waits for
ticks()
{
	"$build/bench/ticks" 2 1000000000 "$tmp/socket" "$@"
}

bench_runs()
{
	find /proc -maxdepth 2 -name exe -lname "$build/bench/ticks" 2>/dev/null
}

ok 'make bench measures' bench
ok 'it says which host and commit that was' holds '
	[.date, .commit, .guest, .host.cpu, .host.kernel] | all(.[]; . != "")'
ok 'the limit was measured for each number of clients' holds '
	[.limit[].n] == [2, 5] and all(.limit[]; '"$costs | $numbers"')'
ok 'wake-ups with and without the memory were measured, in every run' holds '
	[.wakeups[] | [.n, .how, ([.samples[].run] | unique)]] == [
		[2, "memory", [1, 2, 3]], [2, "messages", [1, 2, 3]],
		[5, "memory", [1, 2, 3]], [5, "messages", [1, 2, 3]]]'
ok 'each has its costs, its ratio to the limit, and the memory of the controller' \
	holds 'all(.wakeups[];
	'"$costs"' + [.ratio, .limit_ns, .controller_kb] | '"$numbers"')'
# shellcheck disable=SC2016
ok 'what counts is the median' holds '
	all(.wakeups[], .machines[];
	    ([.samples[].ns] | sort) as $all |
	    .ns == $all[$all | length / 2 | floor])'
ok 'messages and calls of a wake-up were counted' holds '
	[.calls[] | [.n, .how, .messages]] == [
		[2, "memory", 2], [2, "messages", 6],
		[5, "memory", 2], [5, "messages", 6]]'
ok 'with the memory those of the controller and of a client are known' holds '
	all(.calls[] | select(.how == "memory");
	    .controller_calls == 3 and .client_calls == 3)'
ok 'frames were measured, in every run' holds '
	[.frames[] | [.n, .active, ([.samples[] | .run // empty] | unique)]] == [
		[2, 2, [1, 2, 3]], [5, 2, [1, 2, 3]], [5, 5, [1, 2, 3]]]'
ok 'each has its costs, its ratio to the limit, and the memory of the controller' \
	holds 'all(.frames[];
	'"$costs"' + [.ratio, .limit_ns, .controller_kb] | '"$numbers"')'
ok 'neither controller nor client makes more calls for a frame than for a wake-up' \
	holds 'all(.frames[]; .controller_calls == 3 and .client_calls == 3)'
ok 'machines on a network were measured, and what passed between them counted' \
	holds '[.network[].how] ==
		["alone", "alone, pings", "idle", "pings", "tcp"] and
	all(.network[]; .ns > 0 and .limit_ns > 0) and
	all(.network[3:][]; .frames >= 4000 and .messages > .wakeups and
		.wakeups > 0 and .kicks > 0 and .calls > 0) and
	all(.network[2:][]; .system_calls > 0) and
	.pings.calls_per_frame > 2 and .tcp.calls_per_frame > 0 and
	.tcp.frames_per_second > 0 and .tcp.controller_share > 0'
ok 'machines that are groups were measured in all ways' holds '
	[.windows[] | [.n, .ticks, .how]] == [[2, 20, "all at once"],
		[2, 20, "alone"], [2, 20, "busy, auto"],
		[2, 20, "busy, jobs 1"], [2, 20, "jobs 1"],
		[2, 20, "jobs all"]] and all(.windows[]; .ns > 0) and
	all(.windows[] | select(.how | test("jobs|auto")); .messages > 0 and
		.runs > 0 and .cpu_ns > 0)'
ok 'simulators did their work, on one CPU and on all of them' holds '
	([.work[].n] | unique) == [2, 5] and
	all(.work[]; .ns > 0 and .runs > 0 and .cpu_ns > 0)'
ok 'what many CPUs would gain is calculated' holds '
	.calculated.times_the_limit > 1 and .calculated.machines > 0'
ok 'machines were measured in all ways' holds '
	[.machines[] | [.n, .ticks, .how]] == [[2, 20, "alone"],
		[2, 20, "memory"], [2, 20, "memory unpinned"],
		[2, 20, "messages"], [2, 20, "messages unpinned"]]'
ok 'targets are shown, met or not' holds '
	(.targets | length) == 12 and
	all(.targets[]; .met == (if .at_most then .value <= .at_most
				 else .value >= .at_least end))'
ok 'the table has all of that' table
ok 'a plot is drawn of it' make bench-plot
ok 'as PNG' sh -c "head -c 8 '$tmp/bench.png' | grep -q PNG"
ok 'and as SVG' grep -q '</svg>' "$tmp/bench.svg"

ok 'ONLY measures a part' bench ONLY=calls
ok 'and nothing else' holds '
	.wakeups + .frames + .network + .windows + .work + .machines == [] and .calls != []'
ok 'of which no plot can be drawn' \
	says 'error: no wake-ups were measured' make bench-plot
ok 'a part that is none is an error' says "error: ONLY=xyzzy" bench ONLY=xyzzy
ok 'so is a number that is none' \
	says "error: BENCH_RUNS and the like: 'many'" bench BENCH_RUNS=many
ok 'and a place that is none' \
	says 'BENCH=/proc: no directory that can be written to' \
	make bench BENCH=/proc
ok 'and one that is not there' \
	says "BENCH=$tmp/no/dir: no directory that can be written to" \
	make bench BENCH="$tmp/no/dir"
ok 'a controller that does not start is one' says 'false does not serve' \
	ticks false
ok 'and one that goes away' says 'ticks: cannot run: ' \
	ticks timeout 1 "$build/tt-controller"
ok 'a run can be interrupted' interrupt INT bench_runs bench BENCH_CLIENTS=64 \
	BENCH_WAKEUPS=1000000
ok 'and nothing is left of it' no test -e "$build/bench/run/socket"
finish
