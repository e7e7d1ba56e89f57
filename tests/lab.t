#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# tt-lab runs labs: machines start, join and end when the file says so, all ends of
# a machine are told apart, and nothing of a run stays, however it ends
. "$(dirname "$0")/lib.sh"

need make uml programs lab
labs=$build/test/lab
mkdir -p "$labs"

# file NAME - write standard input to NAME.yaml
file()
{
	cat >"$tmp/$1.yaml"
}

# lab STATUS NAME [OPTION...] - run NAME.yaml; tt-lab must end with STATUS
lab()
{
	want=$1 name=$2
	shift 2
	status=0
	timeout 240 "$build/tt-lab" -o "$labs/$name" "$@" "$tmp/$name.yaml" \
		>"$tmp/$name.out" 2>&1 || status=$?
	cat "$tmp/$name.out"
	[ "$status" = "$want" ] || {
		echo "status $status"
		return 1
	}
}

# shows NAME PATTERN - the run has printed a line like that
shows()
{
	grep -E "$2" "$tmp/$1.out" || {
		cat "$tmp/$1.out"
		return 1
	}
}

# left NAME - print processes, sockets, pipes and mounts of that run
left()
{
	for dir in /proc/[0-9]*; do
		case $(readlink "$dir/cwd" 2>/dev/null) in
		"$labs/$1" | "$labs/$1"/*) tr '\0' ' ' <"$dir/cmdline" ;;
		esac
	done
	find "$labs/$1" -type s -o -type p
	grep -F "$labs/$1" /proc/mounts
}

# nothing_left NAME - after a moment, in which killed processes go
nothing_left()
{
	for _ in $(seq 100); do
		[ -n "$(left "$1")" ] || return 0
		sleep 0.1
	done
	left "$1"
	return 1
}

# output NAME MACHINE - what the machine's command has printed
output()
{
	cat "$labs/$1/$2/output"
}

# json NAME FILTER - the results fit the jq filter
json()
{
	jq -e "$2" "$labs/$1/results.json" >/dev/null || {
		cat "$labs/$1/results.json"
		return 1
	}
}

echo hello >"$tmp/greeting"
file net <<-'END'
	start: 2026-01-01T00:00:00Z
	networks:
	  lan: { delay: 5ms, capture: lan.pcap }
	  wan: { delay: 10ms }
	machines:
	  router:
	    networks: { lan: [10.0.0.1/24, fd00::1/64], wan: 10.1.0.1/24 }
	    run: echo 1 >/proc/sys/net/ipv4/ip_forward; sleep 100000
	    expect: { exit: running }
	  near:
	    networks: { lan: [10.0.0.2/24, fd00::2/64] }
	    gateway: router
	    after: router
	    files: { /etc/greeting: greeting, /etc/two: { text: "a\nb\n" } }
	    env: { COLOUR: dark blue }
	    args: [ frob=1 ]
	    run: |
	      cat /etc/greeting /etc/two; echo "$COLOUR"; hostname
	      grep -o frob=1 /proc/cmdline
	      ping -c 2 router; ping -6 -c 2 router
	      sleep 10; ping -c 2 far
	    expect: { output: "^round-trip min/avg/max = 30\\.0" }
	  far:
	    networks: { wan: { address: 10.1.0.2/24, capture: far.pcap } }
	    gateway: 10.1.0.1
	    join: 10s
	    run: date -u +%s; sleep 5
END
ok 'a lab with a router, a server and a late machine runs' lab 0 net
ok 'it says that all came out as expected' \
	shows net '^near +[0-9.]+ s +ok +exit 0$'
ok 'a server runs until the others have ended' \
	shows net '^router +- +ok +running$'

machine_gets()
{
	output net near >"$tmp/near"
	printf 'hello\na\nb\ndark blue\nnear\nfrob=1\n' >"$tmp/wanted"
	head -n 6 "$tmp/near" | diff "$tmp/wanted" -
}
ok 'a machine has its files, environment, name and kernel arguments' \
	machine_gets
ok 'names resolve to IPv4' grep -q '^PING router (10.0.0.1)' "$tmp/near"
ok 'names resolve to IPv6' grep -q '^PING router (fd00::1)' "$tmp/near"
ok 'addresses of other networks are reached by the gateway' \
	grep -q '^PING far (10.1.0.2)' "$tmp/near"
ok 'a machine joins exactly when the file says so' \
	test "$(output net far)" = 1767225610
ok 'and its clock begins a nanosecond later' \
	grep 'client 0x3 .* is started at 10000000001 ns' "$labs/net/controller.log"
captured()
{
	for file in lan far; do
		tcpdump -nr "$labs/net/$file.pcap" icmp 2>/dev/null |
			grep -q 'echo reply' || return
	done
}
ok 'networks and links are captured' captured
ok 'a run leaves no process, socket or mount' nothing_left net

# the machines' own clocks say when each was started
file order <<-'END'
	machines:
	  a: { run: sleep 7 }
	  b: { after: a, run: sleep 3 }
	  c: { after: [b, a], run: "true" }
	  node%:
	    count: 2
	    after: c
	    run: echo number %
	    expect: { output: "^number %$", time: 0s..1ms }
END
ok 'machines start one after the other' lab 0 order
starts_in_order()
{
	sed -n 's/.*client 0x\([0-9]*\) .*has sent START.*/\1/p' \
		"$labs/order/controller.log" | tr '\n' ' ' | tee "$tmp/order"
	# 6 is the clock, which starts beside the first machine
	[ "$(tr -d '6 ' <"$tmp/order")" = 12345 ]
}
ok 'and in the order of the file if at the same time' starts_in_order

file ends <<-'END'
	stop: 1min
	machines:
	  good: { run: exit 3, expect: { exit: 3 } }
	  bad: { run: exit 4 }
	  killed: { run: kill -9 $$ }
	  panics: { args: rdinit=/nonexistent, run: "true" }
	  forever: { run: sleep 100000 }
	  slow: { run: sleep 5, expect: { time: ..4s } }
	  silent: { run: echo no, expect: { output: "yes" } }
	  whatever: { run: exit 9, expect: { exit: any } }
	  simulator: { simulator: "$BUILD/ttclient-example $TT_SOCKET $TT_ID 5" }
END
BUILD=$build
export BUILD
need make client
ok 'a run in which machines fail has exit status 1' lab 1 ends
ok 'an exit status that is expected is as expected' \
	shows ends '^good .* ok +exit 3$'
ok 'another exit status is not' shows ends '^bad .* failed +exit 4$'
ok 'a signal is told apart' \
	shows ends '^killed .* failed +killed by SIGKILL$'
ok 'a panic is told apart, with its reason' \
	shows ends '^panics +- +failed +panic: VFS: Unable to mount root'
ok 'a machine that runs at the stop is told apart' \
	shows ends '^forever +- +failed +running at the stop, after 1min$'
ok 'a command that takes too long is told apart' \
	shows ends '^slow: expected time 0s..4s, but it took 5.0000[0-9]* s$'
ok 'output that does not come is told apart' \
	shows ends "^silent: expected output 'yes', but no line matches that$"
ok 'a machine may end in any way if the file says so' \
	shows ends '^whatever .* ok +exit 9$'
ok 'a simulator takes part' shows ends '^simulator +- +ok +exit 0$'
ok 'the run lasts until the stop' shows ends '^virtual time 60.000 s'
# shellcheck disable=SC2016
ok 'results.json says the same' json ends '.ok == false and
	([.machines[] | select(.ok) | .name] ==
		["good", "whatever", "simulator"]) and
	(.machines[3].outcome == "panic") and
	(.machines[4].outcome == "stopped") and
	(.machines[0].ended_ns >= .machines[0].began_ns)'
junit()
{
	python3 - "$labs/ends/junit.xml" <<-'END'
		import sys, xml.etree.ElementTree as tree
		suite = tree.parse(sys.argv[1]).getroot()
		failed = [case.get('classname') for case in suite
			  if case.find('failure') is not None]
		print(suite.attrib, failed)
		assert suite.get('failures') == str(len(failed)) == '6'
		assert suite.get('tests') == str(len(suite))
		assert failed[0] == 'ends.bad'
	END
}
ok 'junit.xml says the same' junit
ok 'the file with all defaults is a lab again' \
	"$build/tt-lab" check "$labs/ends/lab.yaml"

file hang <<-'END'
	watchdog: 3s
	machines:
	  spins: { run: "while :; do :; done" }
	  other: { run: sleep 100000 }
END
ok 'a run with a machine that hangs ends' lab 1 hang
ok 'it says which one, and since when' \
	shows hang '^spins +- +failed +hangs at [0-9]+ ns: .* for 3 s, since'
ok 'it says which one was ended because of that' \
	shows hang '^other +- +failed +ended early$'
ok 'a run that has failed leaves no process, socket or mount' \
	nothing_left hang

file long <<-'END'
	stop: 100d
	machines:
	  m%: { count: 2, run: while sleep 1; do :; done }
	  simulator: { simulator: "sleep 1000 & exec $BUILD/ttclient-example $TT_SOCKET $TT_ID 1000000000" }
END

# end SIGNAL STATUS - run `long`, send tt-lab the signal once the machines run
end()
{
	rm -rf "$labs/long"
	env --default-signal=INT "$build/tt-lab" -o "$labs/long" \
		"$tmp/long.yaml" >"$tmp/long.out" 2>&1 &
	pid=$!
	for _ in $(seq 600); do
		! grep -q 'is started at 0' "$labs/long/controller.log" \
			2>/dev/null || break
		sleep 0.1
	done
	sleep 0.5
	left long | grep -q umid=m2 || { cat "$tmp/long.out"; return 1; }
	kill -s "$1" $pid
	status=0
	wait $pid || status=$?
	echo "status $status"
	[ "$status" = "$2" ]
}
for signal in INT:130 TERM:143; do
	ok "SIG${signal%:*} ends a run" end "${signal%:*}" "${signal#*:}"
	ok "nothing is left after SIG${signal%:*}" nothing_left long
	ok "after SIG${signal%:*} it says what was interrupted" \
		shows long '^m1 +- +failed +interrupted$'
done
ok 'SIGKILL ends a run' end KILL 137
ok 'nothing is left after SIGKILL' nothing_left long
ok 'a run takes the directory of one that was killed' lab 1 long --set stop=1s

ok 'a real time limit ends a run' lab 1 long --set timeout=3s
ok 'it says so' shows long '^not done after 3s of real time$'
ok 'nothing is left after the limit' nothing_left long

json_progress()
{
	lab 0 order --json || return
	# shellcheck disable=SC2016
	jq -es '([.[] | select(.event == "started")] | length) == 5 and
		last.event == "end" and last.ok' "$tmp/order.out"
}
ok '--json prints events and results for programs' json_progress

file same <<-'END'
	seed: 7
	networks: { lan: { delay: 5ms, jitter: 4ms, loss: 20%, capture: lan.pcap } }
	machines:
	  server: { networks: { lan: 10.0.0.1/24 }, run: sleep 1000, expect: { exit: running } }
	  client: { networks: { lan: 10.0.0.2/24 }, after: server, run: "ping -c 9 server; od -N 8 /dev/urandom" }
END
verify()
{
	want=$1
	shift
	status=0
	timeout 240 "$build/tt-lab" verify -o "$labs/same" "$@" "$tmp/same.yaml" \
		>"$tmp/same.out" 2>&1 || status=$?
	cat "$tmp/same.out"
	[ "$status" = "$want" ]
}
ok 'two runs of a lab are the same to the byte' verify 0
ok 'verify says so' shows same '^The runs are the same: 6 files of 2 machines$'
cp -r "$labs/same/first" "$tmp/recorded"
ok 'a run is the same as one that was recorded' \
	verify 0 --against "$tmp/recorded"
# paused - the same, while machines, controller and tt-lab are stopped and continued
paused()
{
	tests/pauses.py "$labs/same" 1 2>"$tmp/pauses" &
	pauser=$!
	verify 0 --against "$tmp/recorded"
	status=$?
	kill $pauser
	wait $pauser
	cat "$tmp/pauses"
	[ $status = 0 ] && no grep -qx '0 pauses' "$tmp/pauses"
}
ok 'a run that is stopped and continued at random is the same' paused
ok 'a run with another seed differs from it' \
	verify 1 --against "$tmp/recorded" --set seed=8
ok 'verify names the time and the frame at which they begin to differ' \
	shows same '^The runs differ, first at virtual time [0-9.]+ s: (lan.pcap, frame|.*/console, line) [0-9]+$'

file jobs <<-'END'
	networks: { lan: { delay: 5ms, loss: 10%, capture: lan.pcap } }
	machines:
	  node%:
	    count: 3
	    networks: { lan: 10.0.0.%/24 }
	    run: sleep %; ping -c 9 node1; sleep 20
END
parallel()
{
	timeout 240 "$build/tt-lab" verify -o "$labs/jobs" "$tmp/jobs.yaml" \
		>"$tmp/jobs.out" 2>&1 || {
		cat "$tmp/jobs.out"
		return 1
	}
	json jobs/first '.jobs == null' && json jobs/second '.jobs == 2'
}
ok 'a run with two machines at a time is the same as one without' parallel
ok 'verify has compared all of it' \
	shows jobs '^The runs are the same: 10 files of 3 machines$'
cp "$tmp/order.yaml" "$tmp/after.yaml"
ok 'a lab whose machines need each other cannot have --jobs' \
	says "it has 'after', for which machines must not run at the same time" \
	"$build/tt-lab" check --jobs 2 "$tmp/after.yaml"

# the examples of the manual page
examples()
{
	awk -v to="$tmp/example" '/^\.EX/ { nr++; on = to nr ".yaml"; next }
		/^\.EE/ { on = "" }
		on { gsub(/\\-/, "-"); print >on }' lab/tt-lab.5
	for nr in 1 2; do
		"$build/tt-lab" check "$tmp/example$nr.yaml" || return
	done
}
ok 'the examples of the manual page are labs' examples

# those that `make labs` runs, with what it builds for them replaced
check_labs()
{
	for file in lab/examples/*.yaml; do
		set -- --set "kernel=$build/6.1/uml/linux" --set 'config=[]'
		case $file in
		*/debian.yaml) set -- "$@" --set "machines.debian.root=$tmp" ;;
		*/selftests.yaml)
			for machine in timers receiver sender; do
				set -- "$@" --set "machines.$machine.files={}"
			done ;;
		esac
		"$build/tt-lab" check "$@" "$file" || return
	done
}
ok 'the examples in lab/examples/ are labs' check_labs

# ordinary - run a lab as a user who may do nothing
ordinary()
{
	home=$tmp/ordinary
	mkdir -p "$home/build/6.1/uml" && chmod 755 "$tmp" &&
		cp "$build/tt-lab" "$build/tt-controller" "$build/initramfs.cpio" \
			"$home/build" &&
		cp "$build/6.1/uml/linux" "$home/build/6.1/uml" &&
		cp "$tmp/same.yaml" "$home" && chown -R nobody "$home" || return
	(
		cd "$home" || exit
		timeout 240 setpriv --reuid=65534 --regid=65534 --clear-groups \
			--bounding-set=-all env -i PATH="$PATH" build/tt-lab verify \
			-o out --against "$tmp/recorded" same.yaml
	)
}
ok 'a run of an ordinary user is the same as one of root' ordinary

# a terminal on a machine: what is typed there, and what the host's clock says
typed()
{
	tests/lab_terminal.py "$build/tt-lab" shell -o "$labs/shell" \
		"$tmp/same.yaml" client
}
ok 'a shell on a machine goes with the clock of the host' typed
ok 'nothing is left after a shell' nothing_left shell

# runs_nothing TEXT NAME [OPTION...] - an error, before anything is run
runs_nothing()
{
	text=$1 name=$2
	shift 2
	rm -rf "$labs/nothing"
	says "$text" lab 0 "$name" -o "$labs/nothing" "$@" && [ ! -e "$labs/nothing" ]
}
cp "$tmp/order.yaml" "$tmp/nothing.yaml"
ok 'a kernel that is not there is said before anything runs' \
	runs_nothing "to build it: make uml KERNEL=6.99" nothing --set kernel=6.99
ok 'a kernel that is none is said before anything runs' \
	runs_nothing '/bin/true is no UML kernel for this host' nothing \
	--set kernel=/bin/true
for version in 6.9 6.12 6.2; do
	mkdir -p "$tmp/versions/$version/uml"
	echo 'echo only a test' >"$tmp/versions/$version/uml/linux"
	chmod 755 "$tmp/versions/$version/uml/linux"
done
ok 'the newest kernel is the one with the highest version' \
	runs_nothing "$tmp/versions/6.12/uml/linux is no UML kernel" nothing \
	--build "$tmp/versions" --set kernel=newest
ok 'if there is none, how to build it is said' \
	runs_nothing "to build it: make uml KERNEL=newest CONFIG='net'" nothing \
	--build "$tmp/versions" --set kernel=newest --set config=[net]
sed -i 's|sleep 7|sleep 7, root: ./nonexistent|' "$tmp/nothing.yaml"
ok 'a directory that is not there is said with its line' \
	runs_nothing "nothing.yaml:2: machines.a.root: $tmp/./nonexistent is no directory" \
	nothing
mkdir "$tmp/mine"
: >"$tmp/mine/precious"
ok "a directory with somebody's files is not touched" \
	says 'it is not empty, and not of an earlier run' \
	"$build/tt-lab" -o "$tmp/mine" "$tmp/order.yaml"
ok 'their files are still there' test -e "$tmp/mine/precious"

file full <<-'END'
	machines:
	  fulldisk: { run: head -c 9000000 /dev/zero }
END
mkdir "$tmp/full"
full_disk()
{
	# shellcheck disable=SC2016
	says 'No space left on device' unshare -m sh -c \
		'mount -t tmpfs -o size=1m full "$1" && exec timeout 200 "$2" -o "$1/run" "$3"' \
		- "$tmp/full" "$build/tt-lab" "$tmp/full.yaml"
}
ok 'a full disk is said' full_disk
ok 'no machine is left on a full disk' \
	no grep -lsz '^umid=fulldisk$' /proc/[0-9]*/cmdline
finish
