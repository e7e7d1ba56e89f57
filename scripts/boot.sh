#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# Stage 6: boot $NODES machines under the controller, wait, show what came out.
# Unlike a file a pipe can be polled, so /dev/tty1 of all machines is one, and
# what they write there is in $RUN/events, in the order in which it happened.
#
# With $NET each machine has a card on one network, and its frames are in
# $RUN/lan.pcap.
#
# $JOIN of the machines, the last ones, join later: one each time when machine 1
# comes to a `gate` of its scenario. No time passes for it, and so for anybody,
# until the controller says that the new one has sent START.
. "$(dirname "$0")/lib.sh"

: "${NODES:=2}" "${SCENARIO:=}" "${CONTROLLER_FLAGS:=}" "${KARGS:=}"
: "${NET:=}" "${TIMEOUT:=300}" "${RUN:=$build/run}" "${JOIN:=0}"
: "${JOIN_SCENARIO:=$SCENARIO}"

number NODES 1 && number JOIN 0 && number TIMEOUT 1
[ "$JOIN" -lt "$NODES" ] ||
	die "JOIN=$JOIN: of NODES=$NODES machines one has to be there first"

# seconds that the others have to end when one machine broke
grace=10

machines=$(seq "$NODES")
first=$((NODES - JOIN))

# result NAME - ok, or what is wrong with it
result()
{
	last=$(tail -n 1 "$1/result" 2>/dev/null || :)
	case $last,$(cat "$1/exit") in
	'status 0,0') echo ok ;;
	*,killed) echo "not done in time" ;;
	'status 0,'*) echo "exit $(cat "$1/exit")" ;;
	status*) sed -n 's/^failed_step /failed /p
			s/^no_such_step /has no step /p' "$1/result" |
			grep . || echo "failed with $last" ;;
	*) sed -n 's/^Kernel panic - not syncing/panic/p' "$1/console" |
		grep . || echo 'no result' ;;
	esac
}

# round_trips NAME - of its pings after the first one, which needs ARP
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
	for name in $machines; do
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

# broken TEXT - the end of each log, and why it is shown
broken()
{
	for log in $machines controller; do
		file=$log
		[ "$log" = controller ] || file=$log/console
		[ -e "$file" ] || continue
		echo "--- $RUN/$file"
		tail -n 30 "$file"
	done >&2
	die "$1"
}

# pipes, and sockets that killed processes leave
clean_up()
{
	rm -rf "$RUN"/socket "$RUN"/lan "$RUN"/pipe "$RUN"/*/machine*
}

# boot NAME SCENARIO - start that machine
boot()
{
	machine "$1" "ext:$1:../socket" "$2"
	echo $! >"$1/pid"
	running="$running $1"
}

# started NAME - the controller has got its START
started()
{
	grep -q "^tt-controller: client 0x$(printf %x "$1") has sent START" \
		controller
}

# join - have machine $next join if it is time for that
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

stage 6 "boot $NODES machines: $SCENARIO"
lock "$RUN"
cd "$RUN"
RUN=$(pwd)
# what an earlier run left goes, what somebody else keeps there does not
[ -f .um-timetravel-run ] || [ "$RUN" = "$build/run" ] || [ -z "$(ls -A)" ] ||
	die "RUN=$RUN is not empty, and not of an earlier run"
find . -mindepth 1 -delete
: >.um-timetravel-run

[ -z "$NET" ] || {
	CONTROLLER_FLAGS="--net lan=lan,delay=$NET --capture lan=lan.pcap $CONTROLLER_FLAGS"
	KARGS="virtio_uml.device=../lan:1 $KARGS"
}
[ "$JOIN" = 0 ] || CONTROLLER_FLAGS="-v $CONTROLLER_FLAGS"
# Paths stay relative: a socket's has room for 107 characters, and runs in
# different places stay the same to the last byte.
# shellcheck disable=SC2086
setsid "$build/tt-controller" -n $first --stats stats.json \
	$CONTROLLER_FLAGS socket >controller 2>&1 9<&- &
children=$!
controller=$!
for _ in $(seq 100); do
	if [ -S socket ] || ! kill -0 $controller 2>/dev/null; then break; fi
	sleep 0.05
done
[ -S socket ] || broken 'the controller does not start'

mkfifo pipe
cat pipe >events 9<&- &
collector=$!
exec 3>pipe
KARGS="con1=null,fd:3 $KARGS"

start=$(now)
running=
mkdir 1
[ "$JOIN" = 0 ] || : >1/gate
for name in $(seq $first); do
	boot "$name" "$SCENARIO"
done
next=$((first + 1))

deadline=$((start / 1000000000 + TIMEOUT))
while [ -n "$running" ]; do
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
		soon=$(($(date +%s) + grace))
		[ "$(result "$name")" = ok ] || [ $soon -gt $deadline ] ||
			deadline=$soon
	done
	running=$still
	[ -n "$running" ] || break
	if [ "$(date +%s)" -ge $deadline ]; then
		for name in $running; do
			echo killed >"$name/exit"
			kill -s KILL -- "-$(cat "$name/pid")" 2>/dev/null || :
		done
		break
	fi
	join
	progress "$(echo "$running" | wc -w) running"
	sleep 0.1
done
wall=$(($(now) - start))

# it ends by itself when the last machine has gone, or when it is told to
status=
signals='0 TERM'
case " $CONTROLLER_FLAGS " in
*' --keep '*) signals=TERM ;;
esac
for signal in $signals; do
	kill -s "$signal" $controller 2>/dev/null || break
	[ "$signal" = 0 ] || [ "$signals" = TERM ] || status=stopped
	for _ in $(seq 50); do
		kill -0 $controller 2>/dev/null || break
		sleep 0.1
	done
done
[ -n "$status" ] || {
	status=0
	wait $controller || status=$?
}
kill_children
exec 3>&-
# it ends when nobody has the pipe any more, which a stray process might
for _ in $(seq 50); do
	kill -0 $collector 2>/dev/null || break
	sleep 0.1
done
kill $collector 2>/dev/null || :
wait $collector || :

[ $next -gt "$NODES" ] ||
	broken "machine $next did not join: machine 1 came to no gate"
clear_line
table | column -t -s "$(printf '\t')"
jq -r --argjson wall $wall '.virtual_time_ns as $virtual |
	"wall time \($wall / 1e7 | round / 100) s, virtual time " +
	"\($virtual / 1e7 | round / 100) s, " +
	"virtual/wall \($virtual / $wall * 10 | round / 10)"' stats.json ||
	broken 'the controller left no statistics'
[ $status != stopped ] || [ "$(jq '.clients | length' stats.json)" -gt 0 ] ||
	broken "the controller still waited for clients after TIMEOUT=$TIMEOUT s"
[ $status = 0 ] || [ $status = stopped ] ||
	broken "the controller ended with status $status"
for name in $machines; do
	[ "$(result "$name")" = ok ] ||
		broken "machine $name: $(result "$name")"
done
[ $status = 0 ] || broken 'the controller did not end with the machines'
stage_done 'all machines report success'
