#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# Stage 6: boot NODES machines under the controller, wait for them, show their
# results.
#
# The last JOIN machines join later: one of them each time machine 1 comes to a
# `gate` in its scenario. There machine 1 lets no time pass, for itself or the
# others, until the newcomer has sent START.
#
# /dev/tty1 of all machines is one pipe: everything they write there is in
# RUN/events, in the order in which they wrote it. Unlike a file, a pipe can be
# polled, which UML's consoles need.
#
# With NET each machine has a card on one network, whose frames are in
# RUN/lan.pcap.
#
# With SEED all that is random follows from it, and from the machine's number.
. "$(dirname "$0")/lib.sh"
. "$top/scripts/kernel.sh"
. "$top/scripts/machine.sh"

: "${NODES:=2}" "${SCENARIO:=}" "${CONTROLLER_FLAGS:=}" "${KARGS:=}"
: "${NET:=}" "${SEED:=}" "${TIMEOUT:=300}" "${RUN:=$build/run}" "${JOIN:=0}"
: "${JOIN_SCENARIO:=$SCENARIO}"

# when a machine has failed, the others have this many seconds to end
grace=10
# seconds without a START after which the machines that have not sent one have failed
: "${START_PATIENCE:=60}"

first=$((NODES - JOIN))	# machines at the beginning
next=$((first + 1))	# the next machine to join
running=		# machines whose process runs
missing=		# running machines that have not sent START
failure=		# why the run ends early

# started NAME - succeed if the controller has got START from the machine
started()
{
	grep -q "^tt-controller: client 0x$(printf %x "$1") has sent START" \
		controller
}

# panic NAME - print the kernel's panic message, and the error before it
panic()
{
	awk '{ gsub(/\r|^ *<[0-9]>|^\[[^]]*\] /, "") }
		/^Kernel panic - not syncing: / {
			sub(/^.*not syncing: /, "")
			print "panic: " $0 (error ? " (" error ")" : "")
			found = 1
			exit
		}
		/^Bus error|^Failed |^Kernel tried|^kernel BUG/ { error = $0 }
		END { exit !found }' "$1/console" 2>/dev/null
}

# said NAME - print UML's messages on the host, from the check that failed on
said()
{
	awk '/^Checking / { text = "" }
		NF && !/\.\.\.OK/ { text = text (text ? "; " : "") $0 }
		END { if (text) print text
		      exit !text }' "$1/host" 2>/dev/null
}

# how_ended NAME - print how it ended, by the exit status of its process
how_ended()
{
	status=$(cat "$1/exit")
	if [ "$status" = 137 ]; then
		echo 'killed by SIGKILL, as by a host that is out of memory'
	elif [ "$status" -gt 128 ]; then
		echo "killed by SIG$(kill -l $((status - 128)))"
	else
		echo "ended with status $status"
	fi
}

# result NAME - print ok, or what is wrong with the machine
result()
{
	last=$(tail -n 1 "$1/result" 2>/dev/null || :)
	case $last,$(cat "$1/exit" 2>/dev/null || echo given-up) in
	'status 0,0') echo ok ;;
	*,given-up) echo 'not done in time' ;;
	'status 0,'*) how_ended "$1" ;;
	status*) sed -n 's/^failed_step /failed /p' "$1/result" | grep . ||
			echo "failed with $last" ;;
	*) panic "$1" || said "$1" || how_ended "$1" ;;
	esac
}

# round_trips NAME - print the round-trip times of its pings, without the first,
# which needs ARP
round_trips()
{
	awk '{ value[$1] = $2 }
		# cut off what reading the clock costs, 256 ns each time
		function ms(ns) { return sprintf("%.3f", int(ns / 1000) / 1000) }
		END {
			least = ms(value["round_trip_least_ns"])
			most = ms(value["round_trip_most_ns"])
			if (!value["pings"]) {
				print "-"
				exit
			}
			printf "%d of %d: %s%s ms\n", value["pings_answered"],
				value["pings"], least,
				least == most ? "" : " to " most
		}' "$1/result"
}

table()
{
	printf 'machine\tresult\t'
	[ -z "$NET" ] || printf 'round trips\t'
	printf 'transport\tmessages\twake-ups\tvirtual time\n'
	for name in $(seq "$NODES"); do
		printf '%s\t%s\t' "$name" "$(result "$name")"
		[ -z "$NET" ] || printf '%s\t' "$(round_trips "$name")"
		jq -r --argjson name "$name" '
			[.clients[] | select(.name == $name)] | last //
				{ transport: "-", in: {}, out: {} } |
			[ .transport, ([.in[], .out[]] | add // "-"),
			  .wakeups // "-",
			  if .time_ns then "\(.time_ns / 1e6 | round / 1e3) s"
			  else "-" end ] | @tsv' stats.json 2>/dev/null || echo -
	done
}

# fail TEXT - show the end of each log, then why the boot has failed
fail()
{
	{
		for name in $(seq "$NODES"); do
			echo "$name/console"
			# once a machine runs, nothing of interest comes here
			[ -e "$name/result" ] || echo "$name/host"
		done
		echo controller
	} | while read -r log; do
		[ -s "$log" ] || continue
		echo "--- $RUN/$log"
		tail -n 30 "$log"
	done >&2
	die "$1"
}

# killed processes leave their sockets and pipes behind
clean_up()
{
	rm -rf "$RUN"/socket "$RUN"/lan "$RUN"/pipe "$RUN"/*/machine* "$RUN"/*/stdin
}

# enter_run - empty RUN, except for the mark that it is ours, and go there
enter_run()
{
	lock "$RUN"
	cd "$RUN"
	RUN=$(pwd)
	find . -mindepth 1 -delete
	: >.um-timetravel-run
}

# start_collector - write everything that comes out of the pipe, descriptor 3, to
# the file events
start_collector()
{
	mkfifo pipe
	cat pipe >events 9<&- &
	collector=$!
	exec 3>pipe
}

# boot NAME SCENARIO - start the machine
boot()
{
	# shellcheck disable=SC2046,SC2086
	machine "$1" umid="machine$1" time-travel="ext:$1:../socket" \
		con0=fd:0,fd:1 con1=null,fd:3 \
		${SEED:+time-travel-seed=$((SEED << 32 | $1))} $KARGS \
		-- $(echo "$2" | sed "s/%/$1/g")
	echo $! >"$1/pid"
	running="$running $1"
	missing="$missing $1"
	last_start=$(date +%s)
}

# note_ended - remove machines whose process has ended from $running. When one
# has failed, the others have $grace seconds to end; when one has failed before
# START, the others cannot go on without it, and $failure is set at once.
note_ended()
{
	still=
	for name in $running; do
		pid=$(cat "$name/pid")
		if kill -0 "$pid" 2>/dev/null; then
			still="$still $name"
			continue
		fi
		status=0
		wait "$pid" || status=$?
		echo $status >"$name/exit"
		[ "$(result "$name")" != ok ] || continue
		if started "$name"; then
			soon=$(($(date +%s) + grace))
			[ $soon -gt $deadline ] || deadline=$soon
		else
			: "${failure:=machine $name did not start: $(result "$name")}"
		fi
	done
	running=$still
}

# note_started - remove machines that have sent START from $missing, and set
# $failure if none has done so for too long
note_started()
{
	still=
	for name in $missing; do
		if started "$name"; then
			last_start=$(date +%s)
		else
			still="$still $name"
		fi
	done
	missing=$still
	if [ -n "$missing" ] &&
		[ $(($(date +%s) - last_start)) -ge "$START_PATIENCE" ]; then
		# shellcheck disable=SC2086
		set -- $missing
		failure="machine $1 did not start: it runs, but has sent no START for $START_PATIENCE s"
	fi
}

# join - let the next machine join if machine 1 stands at a gate
join()
{
	if [ ! -e 1/waiting ]; then
		return
	elif [ ! -e "$next" ]; then
		boot "$next" "$JOIN_SCENARIO"
	elif started "$next"; then
		next=$((next + 1))
		[ $next -le "$NODES" ] || rm 1/gate
		rm 1/waiting
	fi
}

# run_machines - start them, and wait until all have ended or are given up
run_machines()
{
	deadline=$(($(date +%s) + TIMEOUT))
	mkdir 1
	[ "$JOIN" = 0 ] || : >1/gate
	for name in $(seq $first); do
		boot "$name" "$SCENARIO"
	done
	while note_ended; [ -n "$running" ]; do
		note_started
		kill -0 "$controller" 2>/dev/null ||
			[ $(($(date +%s) + grace)) -gt $deadline ] ||
			deadline=$(($(date +%s) + grace))
		if [ -n "$failure" ] || [ "$(date +%s)" -ge $deadline ]; then
			break
		fi
		join
		progress "$(echo "$running" | wc -w) running"
		sleep 0.1
	done
	for name in $running; do
		echo given-up >"$name/exit"
		kill -s KILL -- "-$(cat "$name/pid")" 2>/dev/null || :
	done
}

# stop_controller - wait until it ends, as it does when the last machine has gone.
# With --keep, or while it waits for more clients, it has to be told to end.
# $status is its exit status, or `stopped` if it had to be told.
stop_controller()
{
	status=
	signals='0 TERM'
	case " $CONTROLLER_FLAGS " in
	*' --keep '*) signals=TERM ;;
	esac
	[ -z "$failure" ] || signals=TERM
	for signal in $signals; do
		kill -s "$signal" "$controller" 2>/dev/null || break
		[ "$signal" = 0 ] || [ "$signals" = TERM ] || status=stopped
		for _ in $(seq 50); do
			kill -0 "$controller" 2>/dev/null || break
			sleep 0.1
		done
	done
	[ -n "$status" ] || {
		status=0
		wait "$controller" || status=$?
	}
}

# hung - print which machine hung first, by the controller's log
hung()
{
	sed -n '/ hangs at / { s/^tt-controller: client \([^ ]*\) [^)]*) /\1 /p; q }' \
		controller | while read -r name text; do
		echo "machine $((name)) $text"
	done
}

# reason - print why the controller ended, by its exit status and its log
reason()
{
	last=$(tail -n 1 controller | sed 's/^tt-controller: //')
	case $status in
	3) echo "$last" ;;
	4) hung ;;
	5) echo "out of resources: $last" ;;
	*) echo "the controller ended with status $status: $last" ;;
	esac
}

# stop_collector - it ends by itself when no process has the pipe open; a stray
# process might still have it
stop_collector()
{
	exec 3>&-
	for _ in $(seq 50); do
		kill -0 $collector 2>/dev/null || break
		sleep 0.1
	done
	kill $collector 2>/dev/null || :
	wait $collector || :
}

# judge - fail unless the controller and all machines have ended well
judge()
{
	[ -z "$failure" ] || fail "$failure"
	[ "$status" = 0 ] || [ "$status" = stopped ] ||
		fail "$(reason)"
	[ $next -gt "$NODES" ] ||
		fail "machine $next did not join: machine 1 came to $((next - first - 1)) of $JOIN gates"
	clear_line
	table | column -t -s "$(printf '\t')"
	jq -r --argjson wall $wall '.virtual_time_ns as $virtual |
		"wall time \($wall / 1e7 | round / 100) s, virtual time " +
		"\($virtual / 1e7 | round / 100) s, " +
		"virtual/wall \($virtual / $wall * 10 | round / 10)"' \
		stats.json || fail 'the controller left no statistics'
	[ "$status" != stopped ] || [ "$(jq '.clients | length' stats.json)" -gt 0 ] ||
		fail "the controller still waited for clients after TIMEOUT=$TIMEOUT s"
	for name in $(seq "$NODES"); do
		[ "$(result "$name")" = ok ] ||
			fail "machine $name: $(result "$name")"
	done
	[ "$status" = 0 ] || fail 'the controller did not end with the machines'
}

"$top/scripts/check.sh" programs
use_kernel
check_kernel
stage 6 "boot $NODES machine$([ "$NODES" = 1 ] || echo s): $SCENARIO"
enter_run
[ -z "$NET" ] || {
	CONTROLLER_FLAGS="--net lan=lan,delay=$NET --capture lan=lan.pcap \
		${SEED:+--seed $SEED} $CONTROLLER_FLAGS"
	KARGS="virtio_uml.device=../lan:1 $KARGS"
}
# shellcheck disable=SC2086
start_controller -v -n $first --watchdog 60 --on-hang=abort --stats stats.json \
	$CONTROLLER_FLAGS ||
	fail "the controller does not start: $(tail -n 1 controller)"
start_collector
start=$(now)
run_machines
wall=$(($(now) - start))
stop_controller
kill_children
stop_collector
judge
stage_done 'all machines report success'
