#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# What of the client's defects shows outside of a machine. `outside.sh NAME`
# runs one of the functions at the end with the kernel of KERNEL as it is built;
# if it fails, the last line says what was seen.
. "$(dirname "$0")/../scripts/lib.sh"
. "$top/scripts/kernel.sh"
. "$top/scripts/machine.sh"
. "$top/tests/until.sh"
use_kernel

patience=60

# for commands of their own: in a chroot, root can have mounts but no user namespace
export own_mounts=-m
[ "$(id -u)" = 0 ] || own_mounts=-rm

# there is no X server to start a terminal on
export DISPLAY=none

run=$build/test/outside-$(basename "$kdir")

# a machine that was killed leaves one process a terminal, in a session of its own
clean_up()
{
	find /proc -maxdepth 2 -name cwd -lname "$run/*" 2>/dev/null |
		cut -d / -f 3 | xargs -r kill -s KILL 2>/dev/null || :
}

# serve OPTION... - start the controller
serve()
{
	start_controller "$@" || wrong 'the controller does not start'
}

# gate N - machine N will stand there until its `waiting` is gone
gate()
{
	mkdir "$1"
	: >"$1/gate"
}

# boot N ARGUMENT... - start machine N, whose second and third terminals are
# those of terminal.py; $pid is its kernel
boot()
{
	name=$1
	shift
	machine "$name" umid=machine con0=fd:0,fd:1 con1=xterm \
		con2=xterm xterm="$top/tests/terminal.py,-T,-e" "$@"
	pid=$!
}

# all_done MACHINE:PID... - they end, and have done all of their steps
all_done()
{
	for machine in "$@"; do
		until_done ended "${machine#*:}" ||
			wrong "machine ${machine%:*} hangs"
		grep -qsx 'status 0' "${machine%:*}/result" ||
			wrong "machine ${machine%:*}: $(tail -n 3 "${machine%:*}/result" | paste -s -d ' ')"
	done
}

# failed MACHINE PID STEP - it ends because that step fails
failed()
{
	until_done ended "$2" || wrong 'the machine hangs'
	grep -qsx "failed_step $3" "$1/result" ||
		wrong "$(tail -n 3 "$1/result" | paste -s -d ' ')"
}

# disk FILE MB - for the read and write steps: each word of it is its offset
disk()
{
	python3 -c 'import array, sys
with open(sys.argv[1], "wb") as file:
    array.array("Q", range(0, int(sys.argv[2]) << 20, 8)).tofile(file)' \
		"$1" "$2"
}

# late NODES FLAGS - the last one joins the others after 4 s, with memory; all of
# their events are in one order
late()
{
	RUN=$run/late NODES=$1 JOIN=1 SCENARIO='sleep:4 gate sleep:1 events:%' \
		JOIN_SCENARIO=events:% TIMEOUT=60 KARGS='' \
		CONTROLLER_FLAGS="--start-time $epoch --late-join=shm $2" \
		"$top/scripts/boot.sh" >boot.log 2>&1 || {
		why=$(sed -n 's/^error: //p' boot.log)
		wrong "$why$(sed -n 's/.*\(kernel BUG\|Kernel panic\)/, \1/p' \
			"late/$1/console" 2>/dev/null | head -n 1)"
	}
	past=$(jq .totals.past_requests late/stats.json)
	[ "$past" = 0 ] || wrong "asked $past times to run in the past"
	sort -c -n late/events 2>/dev/null || wrong 'events are out of order'
}

# the tests

descriptor_0()
{
	serve --no-shm
	gate 1
	boot 1 time-travel=ext:1:../socket -- gate
	until_done test -e 1/waiting || wrong 'the machine does not boot'
	zero=$(readlink "/proc/$pid/fd/0" || echo closed)
	[ "$zero" = "$run/1/stdin" ] || wrong "its descriptor 0 is $zero"
}

late_memory()
{
	late 3 ''
}

# one of the others is in message mode
late_mixed()
{
	late 3 '--no-shm-for 2'
}

# until the machine waits, the controller says that a client runs which is not there
running_id()
{
	setsid "$top/tests/liar.py" socket 65535 >controller 2>&1 9<&- &
	children="$children $!"
	until_done test -S socket || wrong 'the controller does not start'
	boot 1 time-travel=ext:1:../socket -- sleep:1 wakes:100
	until_done ended "$pid" || wrong 'the machine hangs'
	grep -qsx 'status 0' 1/result ||
		wrong "$(grep -m 1 -o 'Kernel panic.*' 1/console || echo 'no result')"
}

# what is in the memory after 4 s, in which nobody else has run
published()
{
	serve --start-time $epoch
	gate 1
	boot 1 time-travel=ext:1:../socket -- sleep:4 gate
	until_done test -e 1/waiting || wrong 'the machine does not boot'
	memory=$(find "/proc/$controller/fd" -lname '/memfd:time-travel*')
	now=$(od -An -t u8 -j 16 -N 8 "$memory" | tr -d ' ')
	[ "$now" -ge 4000000000 ] || wrong "current_time is $now"
}

# the helper of the second terminal does not hold the first one's
terminal_inherited()
{
	boot 1 -- terminal:1 terminal:2
	until_done test -e 1/descriptors-2 || wrong 'no second terminal'
	! grep -qxFf 1/terminal-1 1/descriptors-2 ||
		wrong "a helper has another one's terminal"
}

# a helper has neither the memory, nor its log, nor the link to the controller
link_inherited()
{
	serve -n 2
	boot 1 time-travel=ext:1:../socket -- terminal:1 hang
	kernel=$pid
	gate 2
	# it keeps the clock from going on while the host starts the helper
	boot 2 time-travel=ext:2:../socket -- sleep:5 gate
	until_done test -e 1/descriptors-1 || wrong 'no terminal'
	! grep -q memfd 1/descriptors-1 || wrong 'a helper has the memory'
	find "/proc/$kernel/fd" -lname 'socket:*' -printf '%l\n' >1/sockets
	! grep -qxFf 1/sockets 1/descriptors-1 ||
		wrong "a helper has a socket of the machine's"
}

# user space has not, which runs in children
memory_inherited()
{
	serve
	gate 1
	boot 1 time-travel=ext:1:../socket -- gate
	until_done test -e 1/waiting || wrong 'the machine does not boot'
	grep -q '/memfd:time-travel' "/proc/$pid/maps" ||
		wrong 'the machine itself does not have the memory'
	user=$(cat "/proc/$pid/task/$pid/children")
	for child in $user; do
		# a helper thread has all that the machine has
		! cmp -s "/proc/$child/maps" "/proc/$pid/maps" || continue
		! grep -q '/memfd:time-travel' "/proc/$child/maps" ||
			wrong 'user space has the memory'
		looked=yes
	done
	[ -n "${looked-}" ] || wrong 'there is no user space'
}

# woken once: in the step of the clock that comes next, and reading it is another
timers()
{
	boot 1 time-travel=inf-cpu -- wakes:1000
	until_done ended "$pid" || wrong 'the machine hangs'
	late=$(sed -n 's/^wakes_most_late_ns //p' 1/result)
	[ "${late:-none}" != none ] || wrong 'no result'
	[ "$late" -le 512 ] || wrong "a timer is $late ns late"
}

# reading and writing block devices takes hardly any time, and the same whether
# it is beside another machine or alone
block_device()
{
	disk disk 16
	cp disk disk-1
	cp disk disk-3
	serve -n 2
	boot 1 time-travel=ext:1:../socket ubd0r=../disk ubd1=../disk-1 \
		-- read:0 write:1
	one=$pid
	boot 2 time-travel=ext:2:../socket ubd0=cow,../disk \
		-- ticks:2000 read:0 write:0
	all_done 1:$one 2:$pid
	boot 3 time-travel=inf-cpu ubd0r=../disk ubd1=../disk-3 \
		-- read:0 write:1
	all_done 3:$pid
	for machine in 1 3; do
		grep -E '^(read|write)_ns ' $machine/result >$machine/times
	done
	cmp -s 1/times 3/times || wrong "$(paste -s -d ' ' 1/times 3/times)"
}

# a machine whose root file system is on one has booted and done its step in
# little more than the second that it takes
root_device()
{
	mke2fs -q -t ext2 -d "$build/initramfs" root 16M >root.log 2>&1
	serve
	boot 1 time-travel=ext:1:../socket initrd= ubd0=../root \
		root=/dev/ubda rw init=/init -- sleep:1
	all_done 1:$pid
	clock=$(sed -n 's/^clock_ns //p' 1/result)
	[ "$clock" -le 1100000000 ] || wrong "it takes $clock ns"
}

# what a machine writes to a terminal is all there, and takes it no time, if it
# is read long after
slow_reader()
{
	serve -n 2
	run_with="$top/tests/late_reader.py said"
	boot 1 time-travel=ext:1:../socket con1=fd:READER -- flood:256
	one=$pid
	run_with=
	boot 2 time-travel=ext:2:../socket -- ticks:1000
	all_done 1:$one 2:$pid
	seq -f %015.0f $((256 * 64)) | cmp -s - 1/said ||
		wrong "$(wc -c <1/said) bytes of $((256 * 1024)) arrive"
}

# whoever writes to it gets an error if its reader goes instead
reader_gone()
{
	run_with="$top/tests/late_reader.py -"
	boot 1 time-travel=inf-cpu con1=fd:READER -- flood:256
	failed 1 "$pid" flood:256
}

# nor does it wait for the host to start a terminal
terminal_start()
{
	boot 1 time-travel=inf-cpu -- flood:1
	all_done 1:$pid
}

# opening one that does not start is an error
terminal_fails()
{
	boot 1 time-travel=inf-cpu xterm=/bin/false,-T,-e -- flood:1
	failed 1 "$pid" flood:1
}

# whoever spins on sched_yield() gets what it waits for, be that a child that
# runs, or one that sleeps
yield()
{
	boot 1 time-travel=inf-cpu -- yield:0 yield:1000
	all_done 1:$pid
}

# with the same seed two machines give programs the same random numbers
seed()
{
	for name in 1 2; do
		boot "$name" time-travel=inf-cpu time-travel-start=$epoch \
			time-travel-seed=1 -- fingerprint
		all_done "$name:$pid"
		grep -E '^(at_random|getrandom|mkstemp) ' "$name/result" \
			>"$name/random" || wrong 'it shows no random numbers'
	done
	cmp -s 1/random 2/random ||
		wrong "getrandom differs: $(sed -n 's/^getrandom //p' [12]/random | paste -s -d ' ')"
}

# machines with a card that sleep for a day hardly ever wake up, booting included
idle_card()
{
	serve -n 2 --net lan=lan --stats stats.json
	boot 1 time-travel=ext:1:../socket virtio_uml.device=../lan:1 \
		-- net:1 sleep:86400
	one=$pid
	boot 2 time-travel=ext:2:../socket virtio_uml.device=../lan:1 \
		-- net:2 sleep:86400
	all_done 1:$one 2:$pid
	until_done ended "$controller"
	woke=$(jq '[.clients[].wakeups] | max' stats.json)
	[ "$woke" -lt $((24 * 500)) ] || wrong "it wakes up $woke times a day"
}

# runs_in DIRECTORY - a process does
runs_in()
{
	find /proc -maxdepth 2 -name cwd -lname "$run/$1" 2>/dev/null | grep -q .
}

# none_runs_in DIRECTORY
none_runs_in()
{
	! runs_in "$1"
}

# has_children PID
has_children()
{
	[ -n "$(cat "/proc/$1/task/$1/children" 2>/dev/null)" ]
}

# killed ARGUMENT... - a machine that is killed while its program computes and it
# has a terminal leaves no process
killed()
{
	boot 1 "$@" -- terminal:1 spin
	until_done test -e 1/terminal-1 || wrong 'no terminal'
	until_done has_children "$pid" || wrong 'there is no user space'
	kill -s KILL "$pid"
	until_done none_runs_in 1 ||
		wrong "left: $(for dir in /proc/[0-9]*; do
			[ "$(readlink "$dir/cwd")" != "$run/1" ] ||
				cut -d ' ' -f 1-4 "$dir/stat"
		done 2>/dev/null | paste -s -d ,)"
}

killed_seccomp()
{
	killed seccomp=on
}

# on a host with AMX, or what looks like it
amx()
{
	gcc -shared -fPIC -O2 -D_GNU_SOURCE -o amx.so "$top/tests/amx.c"
	run_with="env LD_PRELOAD=$run/amx.so"
	boot 1 time-travel=inf-cpu -- vectors
	all_done "1:$pid"
}

# vectors ARGUMENT... - signals leave all registers alone on this host
vectors()
{
	boot 1 time-travel=inf-cpu "$@" -- vectors
	all_done "1:$pid"
}

vectors_seccomp()
{
	vectors seccomp=on
}

# start_with NAME - have a script from standard input start the machine's kernel
start_with()
{
	cat >"$1"
	chmod +x "$1"
	run_with=$run/$1
}

# as in a container: /dev/shm is small and mounted noexec
small_shm()
{
	start_with small <<-'EOF'
		#!/bin/sh
		exec unshare $own_mounts sh -c 'mount -t tmpfs -o noexec,size=1m shm /dev/shm &&
			exec "$@"' sh "$@"
	EOF
	boot 1 time-travel=inf-cpu -- sleep:1 processes:50
	all_done "1:$pid"
}

# a directory that is asked for is used, and an error if it cannot be
tmpdir()
{
	start_with noexec <<-'EOF'
		#!/bin/sh
		mkdir -p tmp
		exec unshare $own_mounts sh -c 'mount -t tmpfs -o noexec tmp tmp &&
			TMPDIR=$PWD/tmp exec "$@"' sh "$@"
	EOF
	boot 1 time-travel=inf-cpu -- sleep:1
	until_done ended "$pid" || wrong 'the machine hangs'
	grep -q "$run/1/tmp must be not mounted noexec" 1/host ||
		wrong "$(tail -n 1 1/host)"
}

# two machines that the host could put at different addresses have equally much
# memory
addresses()
{
	steady=
	for name in 1 2; do
		boot "$name" time-travel=inf-cpu -- sleep:1
		all_done "$name:$pid"
		grep -o 'Memory: .*' "$name/console" >"$name/memory" ||
			wrong 'it does not say how much memory it has'
	done
	cmp 1/memory 2/memory || wrong "$(cat 1/memory 2/memory)"
}

# files ARGUMENT... - a machine has more processes than it may open files
files()
{
	start_with files <<-'EOF'
		#!/bin/sh
		ulimit -S -n 100
		exec "$@"
	EOF
	boot 1 time-travel=inf-cpu "$@" -- processes:200
	all_done "1:$pid"
}

files_seccomp()
{
	files seccomp=on
}

lock "$run"
cd "$run"
find . -mindepth 1 -delete
"$1"
