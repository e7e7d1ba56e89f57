#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# Stage 6: measure what sharing time costs, and show it beside the least that it
# can cost. Each of $BENCH_RUNS runs measures everything once. Two values to be
# compared are measured one right after the other, so that a host that becomes slower
# or busier affects both. System calls and messages are counted, in one run.
. "$(dirname "$0")/lib.sh"
. "$top/scripts/kernel.sh"
. "$top/scripts/machine.sh"
use_kernel

: "${BENCH:=$build}" "${BENCH_RUNS:=5}" "${ONLY:=}" "${TIMEOUT:=300}" "${KARGS:=}"
# numbers of clients; wake-ups in a measurement; machines, as NUMBER:TICKS
: "${BENCH_CLIENTS:=2 8 64 512 4096}" "${BENCH_WAKEUPS:=15000}"
: "${BENCH_MACHINES:=2:20000 8:5000}"
# the same that are groups of their own
: "${BENCH_WINDOWS:=2:20000 8:5000}"
# simulators that work at each tick; ticks of all of them together
: "${BENCH_WORKERS:=64 1024}" "${BENCH_WORK:=100000}"
# network ports, and how many of them pass a frame around, as PORTS:ACTIVE; frames
: "${BENCH_PORTS:=2:2 64:2 1024:2 64:64 1024:1024}" "${BENCH_FRAMES:=15000}"

work=$build/bench/run
samples=$build/bench/samples
limit=$build/bench/limit
ticks=$build/bench/ticks
frames=$build/bench/frames
tt_controller=$build/tt-controller
# what a controller for machines runs below
trace=

# the CPU to which processes are pinned
cpu=$(taskset -pc $$ | sed 's/.*[^0-9]//')

# wanted PART - succeed unless $ONLY leaves it out
wanted()
{
	[ -z "$ONLY" ] || [ "$ONLY" = "$1" ]
}

# sample KEY=VALUE... - add these to the JSON object on standard input and keep it
sample()
{
	jq -c --args '. + ($ARGS.positional | map(split("=") |
		{ (.[0]): (.[1] | tonumber? // .) }) | add)' "$@" >>"$samples"
}

# rounds N - print how often each of N clients wakes up
rounds()
{
	echo $((BENCH_WAKEUPS / $1 + 1))
}

# measure_limit N - also set $limit_ns, for the measurements that follow
measure_limit()
{
	taskset -c "$cpu" "$limit" "$1" "$(rounds "$1")" >out
	limit_ns=$(jq .ns out)
	sample what=limit n="$1" run="$run" <out
}

# options HOW - print the controller's options for it
options()
{
	case $1 in
	*messages*) echo --no-shm ;;
	esac
	case $1 in
	*unpinned*) echo --cpu=none ;;
	esac
}

# measure_wakeups N HOW
# shellcheck disable=SC2046
measure_wakeups()
{
	taskset -c "$cpu" "$ticks" "$1" "$(rounds "$1")" socket \
		"$tt_controller" $(options "$2") >out
	sample what=wakeups n="$1" how="$2" run="$run" limit_ns="$limit_ns" <out
}

# messages N ROUNDS HOW - print how many messages all wake-ups of N clients took
# shellcheck disable=SC2046
messages()
{
	"$ticks" "$1" "$2" socket "$tt_controller" --stats=stats.json \
		$(options "$3") >out
	jq '.totals | [.in[], .out[]] | add' stats.json
}

# count_calls N HOW - count the system calls and messages of a wake-up; messages by
# the difference between a run with more wake-ups and one with fewer
# shellcheck disable=SC2046
count_calls()
{
	some=$(messages "$1" 1 "$2")
	more=$(messages "$1" 3 "$2")
	"$ticks" --calls "$1" $((2000 / $1 + 1)) socket "$tt_controller" \
		$(options "$2") >out
	jq ".messages = $((more - some)) / $((2 * $1))" out >calls
	sample what=calls n="$1" how="$2" <calls
}

# run_frames PORTS ACTIVE ROUNDS [OPTION] - what is over at the end is in the log
run_frames()
{
	"$frames" ${4:+"$4"} "$1" "$2" "$3" socket "$tt_controller" \
		--net bench=net,delay=1us >out 2>log || {
		cat log >&2
		die "no frames were passed around $2 of $1 ports"
	}
}

# measure_frames PORTS ACTIVE - beside the limit of as many processes as are active
measure_frames()
{
	measure_limit "$2"
	run_frames "$1" "$2" $((BENCH_FRAMES / $2 + 1))
	sample what=frames n="$1" active="$2" run="$run" limit_ns="$limit_ns" <out
}

# count_frame_calls PORTS ACTIVE
count_frame_calls()
{
	run_frames "$1" "$2" $((2000 / $2 + 1)) --calls
	sample what=frames n="$1" active="$2" <out
}

# succeeded NAME - die unless the machine reports success
succeeded()
{
	[ "$(tail -n 1 "$1/result" 2>/dev/null)" = 'status 0' ] || {
		tail -n 30 "$1/console" >&2
		die "a machine failed, its console is above"
	}
}

# wait_for PID... - wait until all have ended; die unless all succeed
wait_for()
{
	for pid; do
		wait "$pid" || die "a machine or the controller failed, see $work"
	done
}

# boot NAME TIME-TRAVEL ARGUMENT... - start the machine, whose steps come after --
boot()
{
	name=$1 mode=$2
	shift 2
	# shellcheck disable=SC2086
	machine "$name" umid="machine$name" time-travel="$mode" \
		con0=fd:0,fd:1 $KARGS "$@"
}

# serve N OPTION... - start a controller for N machines, below $trace; time begins.
# One that hangs or waits too long ends all.
serve()
{
	run_with="timeout $TIMEOUT $trace"
	start_controller --stats stats.json -n "$@" ||
		die "the controller does not start: $(tail -n 1 controller)"
	run_with=
	start=$(now)
}

# boot_together N TICKS HOW
# shellcheck disable=SC2046
boot_together()
{
	children=
	serve "$1" $(options "$3")
	for name in $(seq "$1"); do
		boot "$name" "ext:$name:../socket" -- "ticks:$2"
	done
	# shellcheck disable=SC2086
	wait_for $children
}

boot_alone()
{
	run_with="taskset -c $cpu timeout $TIMEOUT"
	start=$(now)
	for name in $(seq "$1"); do
		boot "$name" inf-cpu -- "ticks:$2"
		wait_for $!
	done
	run_with=
	echo '{}' >stats.json
}

# measure_machines N TICKS HOW - this takes seconds, so the limit it is compared
# with is measured before and after
measure_machines()
{
	measure_limit "$1"
	before=$limit_ns
	empty_work
	case $3 in
	alone) boot_alone "$1" "$2" ;;
	*) boot_together "$1" "$2" "$3" ;;
	esac
	end=$(now)
	children=
	for name in $(seq "$1"); do
		succeeded "$name"
	done
	jq "{ ns: $((end - start)), wakeups: .totals.wakeups }" stats.json >took
	measure_limit "$1"
	jq ".limit_ns = ($before + $limit_ns) / 2" took >out
	sample what=machines n="$1" ticks="$2" how="$3" run="$run" <out
}

# boot_network - two machines, 5 ms from each other, do the steps $one and $two
boot_network()
{
	serve 2 --net lan=lan,delay=5ms
	# shellcheck disable=SC2086
	boot 1 ext:1:../socket virtio_uml.device=../lan:1 -- net:1 $one
	# shellcheck disable=SC2086
	boot 2 ext:2:../socket virtio_uml.device=../lan:1 -- net:2 $two
}

# run_network HOW - `idle` machines only boot and set up their cards, those `alone` do
# without a controller
run_network()
{
	empty_work
	children=
	one='' two=''
	case $1 in
	pings) one=sleep:402 two=pings:1 ;;
	tcp) one=tcp:1 two=tcp:1 ;;
	esac
	case $1 in
	alone*)
		echo '{}' >stats.json
		run_with="taskset -c $cpu timeout $TIMEOUT"
		start=$(now)
		# shellcheck disable=SC2046
		boot 2 inf-cpu -- $([ "$1" != 'alone, pings' ] || echo pings:0)
		run_with= ;;
	*)
		boot_network ;;
	esac
	# shellcheck disable=SC2086
	wait_for $children
	end=$(now)
	children=
	succeeded 2
}

# measure_network HOW - as measure_machines
measure_network()
{
	measure_limit 2
	before=$limit_ns
	run_network "$1"
	jq "{ ns: $((end - start)), cpu_ns: .cpu_time_ns,
		wakeups: .totals.wakeups,
		messages: (.totals | [(.in, .out)[]?] | add),
		ports: [.networks[]?.ports[]] } | . + {
		frames: (.ports | map(.sent) | add),
		kicks: (.ports | map(.kicks) | add),
		calls: (.ports | map(.calls) | add) } | del(.ports)" \
		stats.json >took
	measure_limit 2
	jq ".limit_ns = ($before + $limit_ns) / 2" took >out
	sample what=network how="$1" run="$run" <out
}

# count_network_calls HOW - count the controller's system calls, from its start on
count_network_calls()
{
	trace='strace -f -c -o traced'
	run_network "$1"
	trace=
	awk '$NF == "total" { print "{ \"system_calls\": " $4 " }" }' traced >out
	sample what=network how="$1" <out
}

# boot_groups N JOBS DELAY STEP STEP - groups on one network; the second STEP is that of
# all but the first machine
boot_groups()
{
	serve "$1" --groups=machines --jobs="$2" --net lan=lan,delay="$3"
	step=$4
	for name in $(seq "$1"); do
		boot "$name" "ext:$name:../socket" \
			virtio_uml.device=../lan:1 -- "$step"
		step=$5
	done
}

# boot_at_once N TICKS - without a controller, on the same CPUs
boot_at_once()
{
	echo '{}' >stats.json
	run_with="timeout $TIMEOUT"
	start=$(now)
	for name in $(seq "$1"); do
		boot "$name" inf-cpu -- "ticks:$2"
	done
	run_with=
}

# measure_windows N TICKS HOW - `busy` is only the first machine
measure_windows()
{
	empty_work
	children=
	case $3 in
	alone) boot_alone "$1" "$2"; children= ;;
	'all at once') boot_at_once "$1" "$2" ;;
	'jobs 1') boot_groups "$1" 1 5ms "ticks:$2" "ticks:$2" ;;
	'jobs all') boot_groups "$1" "$(nproc)" 5ms "ticks:$2" "ticks:$2" ;;
	'busy, jobs 1') boot_groups "$1" 1 100us "ticks:$2" sleep:1 ;;
	'busy, auto') boot_groups "$1" auto 100us "ticks:$2" sleep:1 ;;
	esac
	# shellcheck disable=SC2086
	wait_for $children
	end=$(now)
	children=
	for name in $(seq "$1"); do
		succeeded "$name"
	done
	jq "{ ns: $((end - start)), cpu_ns: .cpu_time_ns,
		runs: .totals.wakeups,
		messages: (.totals | [(.in, .out)[]?] | add),
		waited_ns: [.groups[]?.waited_ns] | add }" stats.json >took
	sample what=windows n="$1" ticks="$2" how="$3" run="$run" <took
}

# measure_work N JOBS
measure_work()
{
	"$build/bench/work" "$1" $((BENCH_WORK / $1 + 1)) socket "$tt_controller" \
		--groups=machines --jobs="$2" --stats=stats.json \
		--net bench=net,delay=20us >out 2>log || {
		cat log >&2
		die "$1 simulators did not do their work"
	}
	jq --slurpfile stats stats.json '. + { runs: $stats[0].totals.wakeups,
		cpu_ns: $stats[0].cpu_time_ns }' out >took
	sample what=work n="$1" how="jobs $2" run="$run" <took
}

empty_work()
{
	rm -rf "$work"
	mkdir -p "$work"
	cd "$work"
}

measure_all()
{
	for n in $BENCH_CLIENTS; do
		wanted wakeups || continue
		progress "run $run of $BENCH_RUNS, $n clients"
		# many short measurements: other work on the host disturbs few of them
		for _ in 1 2 3; do
			measure_limit "$n"
			measure_wakeups "$n" memory
			measure_wakeups "$n" messages
		done
	done
	for p in $BENCH_PORTS; do
		wanted frames || continue
		progress "run $run of $BENCH_RUNS, ${p#*:} of ${p%:*} ports"
		for _ in 1 2 3; do
			measure_frames "${p%:*}" "${p#*:}"
		done
	done
	for how in alone 'alone, pings' idle pings tcp; do
		wanted network || continue
		progress "run $run of $BENCH_RUNS, network, $how"
		measure_network "$how"
	done
	for m in $BENCH_WINDOWS; do
		wanted windows || continue
		for how in alone 'all at once' 'jobs 1' 'jobs all' \
			   'busy, jobs 1' 'busy, auto'; do
			progress "run $run of $BENCH_RUNS, ${m%:*} groups, $how"
			measure_windows "${m%:*}" "${m#*:}" "$how"
		done
	done
	for n in $BENCH_WORKERS; do
		wanted windows || continue
		progress "run $run of $BENCH_RUNS, $n simulators at work"
		for jobs in 1 "$(nproc)" 1 "$(nproc)"; do
			measure_work "$n" "$jobs"
		done
	done
	for m in $BENCH_MACHINES; do
		wanted machines || continue
		for how in alone memory 'memory unpinned' messages \
			   'messages unpinned'; do
			progress "run $run of $BENCH_RUNS, ${m%:*} machines, $how"
			measure_machines "${m%:*}" "${m#*:}" "$how"
		done
	done
}

about()
{
	jq -n --arg commit "$(git -C "$top" describe --always --dirty)" \
		--arg cpu "$(sed -n 's/^model name.*: //p' /proc/cpuinfo | head -n 1)" \
		--arg kernel "$(uname -sr)" --arg guest "$kname" \
		--arg cpus "$(nproc)" --arg date "$(date -u +%FT%TZ)" '
		{ date: $date, commit: $commit, guest: $guest,
		  host: { cpu: $cpu, cpus: ($cpus | tonumber), kernel: $kernel } }'
}

# killed processes leave their sockets behind
clean_up()
{
	rm -rf "$work"/socket "$work"/*/machine* ${json:+"$json.new"}
}

for each in $BENCH_RUNS $BENCH_CLIENTS $BENCH_WAKEUPS \
	    $BENCH_FRAMES $BENCH_WORKERS $BENCH_WORK \
	    $(echo "$BENCH_MACHINES $BENCH_WINDOWS $BENCH_PORTS" | tr : ' '); do
	[ "$each" -gt 0 ] 2>/dev/null ||
		die "BENCH_RUNS and the like: '$each' is no number from 1"
done
case $ONLY in
''|wakeups|calls|frames|network|windows|machines) ;;
*) die "ONLY=$ONLY: a bench has wakeups, calls, frames, network, windows and machines" ;;
esac

nowhere="BENCH=$BENCH: no directory that can be written to"
[ -d "$BENCH" ] || die "$nowhere"
json=$(realpath "$BENCH")/bench.json
true 2>/dev/null >"$json.new" || die "$nowhere"
make -C "$top" kernel programs

stage 6 'bench'
lock "$build/bench"
make -s -C "$top/bench" O="$build" >"$build/bench.log" 2>&1 || {
	cat "$build/bench.log" >&2
	die 'cannot build the benchmarks'
}
: >"$samples"
empty_work
for run in $(seq "$BENCH_RUNS"); do
	measure_all
done
for n in $BENCH_CLIENTS; do
	for how in memory messages; do
		wanted calls || continue
		progress "counting, $n clients, $how"
		count_calls "$n" "$how"
	done
done
for p in $BENCH_PORTS; do
	wanted frames || continue
	progress "counting, ${p#*:} of ${p%:*} ports"
	count_frame_calls "${p%:*}" "${p#*:}"
done
for how in idle pings tcp; do
	wanted network || continue
	progress "counting, network, $how"
	count_network_calls "$how"
done
cd "$build"
about | jq -f "$top/bench/summary.jq" --slurpfile samples "$samples" \
	>"$json.new"
mv "$json.new" "$json"
rm -rf "$work"
stage_done "$json"
jq -r -f "$top/bench/table.jq" "$json"
