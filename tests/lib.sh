# SPDX-License-Identifier: GPL-2.0
# What the shell tests share. A test is a sentence and a command that proves it.
# shellcheck shell=sh disable=SC2034,SC2154

set -u
unset MAKEFLAGS MFLAGS MAKELEVEL MAKEOVERRIDES
export LC_ALL=C PYTHONDONTWRITEBYTECODE=1

top=$(cd "$(dirname "$0")/.." && pwd)
build=$top/build
tests=0
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
trap 'exit 1' INT TERM HUP
cd "$top" || exit 1
# The variables given to this make are not meant for the makes that tests run,
# except those by which make coverage says which build to boot.
# shellcheck disable=SC2046
unset $(sed -n 's/ ?=.*//p' Makefile | grep -vx 'KERNEL\|CONFIG')

# ok SENTENCE COMMAND... - a test; if the command fails, its output is shown
ok()
{
	tests=$((tests + 1))
	sentence=$1
	shift
	if "$@" >"$tmp/said" 2>&1; then
		echo "ok $tests - $sentence"
	else
		echo "not ok $tests - $sentence"
		sed 's/^/# /' "$tmp/said"
	fi
}

# skip SENTENCE REASON - a test that proves nothing on this host
skip()
{
	tests=$((tests + 1))
	echo "ok $tests - $1 # SKIP $2"
}

# no COMMAND... - succeed if the command fails
no()
{
	! "$@"
}

# says TEXT COMMAND... - succeed if the command fails and prints TEXT
says()
{
	text=$1
	shift
	if "$@" >"$tmp/why" 2>&1; then
		echo "no failure of: $*"
		return 1
	fi
	grep -qF -- "$text" "$tmp/why" || {
		echo "expected: $text"
		cat "$tmp/why"
		return 1
	}
}

# need COMMAND... - end the test program if the command fails
need()
{
	"$@" >"$tmp/said" 2>&1 || {
		sed 's/^/# /' "$tmp/said"
		echo "not ok - $*: the rest of this file needs that"
		exit 1
	}
}

# machines KDIR [WORD] - print the machines that run the kernel of KDIR, even if its
# file is gone, and have WORD in their command line
machines()
{
	find /proc -maxdepth 2 -name exe -lname "$1/src/.uml/linux*" 2>/dev/null |
		while read -r exe; do
			grep -qs -- "${2:-}" "${exe%/exe}/cmdline" && echo "$exe"
		done
}

# interrupt SIGNAL WHAT-RUNS MAKE-ARGUMENTS... - run make, and send it the signal
# once the command WHAT-RUNS prints a process; make must fail and leave nothing
interrupt()
{
	signal=$1 running=$2
	shift 2
	# a shell's background job ignores some signals, unlike a user's make
	setsid env --default-signal=INT,QUIT make "$@" >"$tmp/interrupted" 2>&1 &
	pid=$!
	for _ in $(seq 6000); do
		[ -z "$($running)" ] || break
		sleep 0.1
	done
	[ -n "$($running)" ] || { cat "$tmp/interrupted"; return 1; }
	sleep 0.5
	kill -s "$signal" -- "-$pid"
	for _ in $(seq 1200); do
		kill -s 0 -- "-$pid" 2>/dev/null || break
		sleep 0.1
	done
	no kill -s KILL -- "-$pid" 2>/dev/null && no wait $pid || return 1
	for _ in $(seq 50); do
		[ -n "$($running)" ] || return 0
		sleep 0.1
	done
	echo "left: $($running)"
	return 1
}

# the last line: how many tests there were
finish()
{
	echo "1..$tests"
}
