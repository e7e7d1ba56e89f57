#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# A machine that cannot start ends the boot, and the last line names it and says
# why
# shellcheck disable=SC2086
. "$(dirname "$0")/lib.sh"

run=$build/test/start
export RUN="$run" SCENARIO=sleep:1 NODES=1

# elsewhere SETUP - boot after SETUP, in which mounts are seen by nobody else
elsewhere()
{
	unshare $own_mounts sh -c "$1"' && scripts/boot.sh'
}

# last_line TEXT COMMAND... - it fails, and its last line is this error
last_line()
{
	expected="error: $1"
	shift
	if "$@" >"$tmp/why" 2>&1; then
		echo "no failure of: $*"
		return 1
	fi
	cat "$tmp/why"
	[ "$(tail -n 1 "$tmp/why" | cut -c "1-${#expected}")" = "$expected" ]
}

# instead FILE VERSION COMMANDS - what mounts another program over FILE: it tells
# its VERSION and, when it is run, does that
instead()
{
	cat >"$tmp/instead" <<-EOT
		#!/bin/sh
		[ "\$1" != --version ] || { echo "$2"; exit; }
		$3
	EOT
	chmod +x "$tmp/instead"
	echo "mount --bind $tmp/instead $1"
}

# in a chroot, root can have mounts of its own but no user namespace
own_mounts=-m
[ "$(id -u)" = 0 ] || own_mounts=-rm
mkdir "$tmp/memory"
need make programs kernel
need gcc -shared -fPIC -o "$tmp/refuse.so" -x c - <<'EOT'
#include <errno.h>
long ptrace(int request, ...) { (void)request; errno = EPERM; return -1; }
EOT
kernel=$(make uml | tail -n 1)
controller=$build/tt-controller

ok 'a directory for memory that is mounted noexec is named' last_line \
	"machine 1 did not start: Checking PROT_EXEC mmap in $tmp/memory...Operation not permitted; $tmp/memory must be not mounted noexec" \
	env TMPDIR="$tmp/memory" unshare $own_mounts sh -c \
	"mount -t tmpfs -o noexec none $tmp/memory && scripts/boot.sh"
ok 'a directory without room for the memory is named' last_line \
	'machine 1 did not start: panic: Kernel mode signal 7 (Bus error - the host ' \
	env TMPDIR="$tmp/memory" unshare $own_mounts sh -c \
	"mount -t tmpfs -o size=3m none $tmp/memory && scripts/boot.sh"
ok 'a host that allows no ptrace() is named' last_line \
	'machine 1 did not start: Checking that ptrace can change system call numbers...ptrace: Operation not permitted' \
	env LD_PRELOAD="$tmp/refuse.so" scripts/boot.sh
ok 'a machine for which there is no memory is named' last_line \
	'machine 1 did not start: ' elsewhere 'ulimit -v 50000'
ok 'a machine that is larger than any memory is named' last_line \
	'machine 1 did not start: panic: ' env KARGS=mem=100000000M scripts/boot.sh
ok 'a kernel that may not be executed is named' last_line \
	"no machine can start: $kernel is no UML kernel for this host: " \
	elsewhere "$(instead "$kernel" 6.1.0 :) && chmod -x $tmp/instead"
ok 'a program that is no kernel is named' last_line \
	"no machine can start: $kernel is no UML kernel for this host: hello" \
	elsewhere "$(instead "$kernel" hello :)"
ok 'what a kernel says that ends at once is in the error' last_line \
	'machine 1 did not start: no luck today' \
	elsewhere "$(instead "$kernel" 6.1.0 'echo no luck today >&2')"
ok 'the signal that kills a kernel is in the error' last_line \
	'machine 1 did not start: killed by SIGUSR1' \
	elsewhere "$(instead "$kernel" 6.1.0 "kill -s USR1 \$\$")"
# the other one is as it should be, and would wait for it
cp "$kernel" "$tmp/linux"
ok 'a machine that cannot start ends the boot of the others' last_line \
	'machine 2 did not start: no luck today' env NODES=2 TIMEOUT=100000 \
	unshare $own_mounts sh -c "$(instead "$kernel" 6.1.0 "case \$* in
		*umid=machine2*) echo no luck today >&2 ;;
		*) exec $tmp/linux \"\$@\" ;;
		esac") && scripts/boot.sh"
ok 'a machine that does nothing is named' last_line \
	'machine 1 did not start: it runs, but has sent no START for 1 s' \
	env START_PATIENCE=1 unshare $own_mounts sh -c \
	"$(instead "$kernel" 6.1.0 'exec sleep 1000') && scripts/boot.sh"
ok 'what a controller says that ends at once is in the error' last_line \
	'the controller does not start: no luck today' \
	elsewhere "$(instead "$controller" 0.1 'echo no luck today')"
ok 'a controller that has gone before the machine connects is named' last_line \
	'machine 1 did not start: panic: time-travel: failed to connect to external socket ../socket: error -111' \
	elsewhere "$(instead "$controller" 0.1 "exec python3 -c '
import socket
socket.socket(socket.AF_UNIX).bind(\"socket\")'")"
ok 'a controller that goes while a machine starts is named' last_line \
	'machine 1 did not start: panic: time-travel external link is broken' \
	elsewhere "$(instead "$controller" 0.1 "exec python3 -c '
import socket
s = socket.socket(socket.AF_UNIX)
s.bind(\"socket\")
s.listen()
s.accept()'")"
finish
