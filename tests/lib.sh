# SPDX-License-Identifier: GPL-2.0
# What the shell tests share. A test is a sentence and a command that proves it.
# shellcheck shell=sh disable=SC2034,SC2154

set -u
unset MAKEFLAGS MFLAGS MAKELEVEL MAKEOVERRIDES
export LC_ALL=C

top=$(cd "$(dirname "$0")/.." && pwd)
build=$top/build
tests=0
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
trap 'exit 1' INT TERM HUP
cd "$top" || exit 1

# ok SENTENCE COMMAND... - what the command says is shown if it fails
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

# no COMMAND... - it fails
no()
{
	! "$@"
}

# says TEXT COMMAND... - it fails and says why
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

# need COMMAND... - without it there is nothing to test
need()
{
	"$@" >"$tmp/said" 2>&1 || {
		sed 's/^/# /' "$tmp/said"
		echo "Bail out! $* failed"
		exit 1
	}
}

# the last line: how many tests there were
finish()
{
	echo "1..$tests"
}
