#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# Consoles in an xterm and on a port get the terminal that they are sent
. "$(dirname "$0")/lib.sh"

# without a controller: what the host does takes real time
machine()
{
	mkdir "$tmp/bin" "$tmp/host"
	ln -s "$top/tests/terminal.py" "$tmp/bin/in.telnetd"
	port=$(tests/terminal.py port)
	tests/terminal.py call "$port" &
	cd "$tmp/host" || return
	DISPLAY=none PATH=$tmp/bin:$PATH UML_PORT_HELPER=/bin/true \
		timeout -s KILL 60 "$linux" mem=64M initrd="$build/initramfs.cpio" \
		root=/dev/ram0 hostfs="$tmp/host" con0=null,fd:1 console=tty0 \
		uml_dir=./ panic=-1 kunit.enable=0 xterm="$top/tests/terminal.py,-T,-e" \
		con1=xterm con2=xterm con3=xterm con4=port:"$port" \
		-- terminal:1 terminal:2 terminal:4 terminal:3 >"$tmp/console" 2>&1
	status=$?
	cat "$tmp/console" result
	wait
	cd "$top" && return $status
}

# all helpers that UML was told of have ended
no_helper()
{
	[ -s "$tmp/host/helpers" ] && while read -r pid; do
		no grep '^State:.[^ZX]' "/proc/$pid/status" || return
	done <"$tmp/host/helpers"
}

need make kernel image
linux=$(make uml | tail -n 1)
ok 'a machine with consoles on xterms and a port runs to its end' machine
ok 'an xterm is greeted and answers' grep '^tty1 hello' "$tmp/host/result"
ok 'so is one that sends too short a pid' grep '^tty2 hello' "$tmp/host/result"
ok 'one that sends no terminal cannot be opened' \
	grep '^failed_step terminal' "$tmp/host/result"
ok 'a port whose caller is cut off says so' \
	grep 'no descriptor from the port helper' "$tmp/console"
ok 'and goes on with the next caller' grep '^tty4 hello' "$tmp/host/result"
ok 'the helpers whose pids were sent are killed' no_helper
finish
