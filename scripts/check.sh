#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# Check the variables of the Makefile before anything is built with them.
# `check.sh programs` also checks what only the controller and the guest program
# know, once they are built: CONTROLLER_FLAGS, NET, SCENARIO
# and JOIN_SCENARIO.
. "$(dirname "$0")/lib.sh"
. "$top/scripts/kernel.sh"

: "${NODES:=2}" "${JOIN:=0}" "${TIMEOUT:=300}"
: "${SCENARIO:=}" "${JOIN_SCENARIO:=}" "${CONTROLLER_FLAGS:=}" "${NET:=}" "${SEED:=}"
: "${RUN:=$build/run}" "${KUNIT_JSON:=}"

# check_run - RUN is a directory that a boot may empty
check_run()
{
	{ mkdir -p "$RUN" && [ -w "$RUN" ]; } 2>/dev/null ||
		die "RUN=$RUN is not a directory that can be written to"
	[ -f "$RUN/.um-timetravel-run" ] || [ "$RUN" = "$build/run" ] ||
		[ -z "$(ls -A "$RUN")" ] ||
		die "RUN=$RUN is not empty, and not of an earlier run"
}

# check_gates - die unless machine 1's scenario has a gate for each late machine
check_gates()
{
	gates=$(echo "$SCENARIO" | tr ' ' '\n' | grep -cx gate || :)
	[ "$gates" -ge "$JOIN" ] ||
		die "JOIN=$JOIN: SCENARIO needs a gate for each machine that joins, so $JOIN, and has $gates"
}

# check_steps NAME STEP... - die unless the guest program knows all steps of the
# variable NAME
check_steps()
{
	name=$1
	shift
	wrong=$("$build/guest" --check "$@") ||
		die "$name: there is no step ${wrong#no_such_step }"
}

# check_programs - die unless guest program and controller accept their arguments
check_programs()
{
	# machine 1 stands for all: their scenarios differ only in the number
	# shellcheck disable=SC2046
	check_steps SCENARIO $(echo "$SCENARIO" | sed s/%/1/g)
	# shellcheck disable=SC2046
	check_steps JOIN_SCENARIO $(echo "$JOIN_SCENARIO" | sed s/%/1/g)
	# because of the last option it ends without serving anybody
	# shellcheck disable=SC2086
	wrong=$("$build/tt-controller" $CONTROLLER_FLAGS --version 2>&1) ||
		die "CONTROLLER_FLAGS: $wrong"
	[ -z "$NET" ] || wrong=$("$build/tt-controller" \
		--net "lan=lan,delay=$NET" --version 2>&1) || die "NET: $wrong"
}

use_kernel
check_number NODES 1
check_number JOIN 0
check_number TIMEOUT 1
[ -z "$SEED" ] || check_number SEED 0
[ "$JOIN" -lt "$NODES" ] ||
	die "JOIN=$JOIN: of NODES=$NODES machines at least one must be there first"
check_gates
check_run
[ -z "$KUNIT_JSON" ] || { true >>"$KUNIT_JSON"; } 2>/dev/null ||
	die "KUNIT_JSON=$KUNIT_JSON cannot be written"
[ "${1:-}" != programs ] || check_programs
