#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# Simulators on random networks see what a small sequential model predicts, to the
# byte. SEEDS=FIRST-LAST chooses the networks.
. "$(dirname "$0")/lib.sh"

: "${SEEDS:=1-200}"
from=${SEEDS%-*} to=${SEEDS#*-}

# predicted WAY - all topologies came out as predicted
predicted()
{
	grep "^$1: " "$tmp/topologies"
	grep -qx "$1: all $((to - from + 1)) agree" "$tmp/topologies"
}

need make -s programs client
need cc -std=gnu11 -D_GNU_SOURCE -Wall -Wextra -Werror -O2 -Iclient -o "$tmp/sims" \
	tests/sims.c "$build/libttclient.a"
timeout 600 tests/topologies.py "$build/tt-controller" "$tmp/sims" "$tmp/run" \
	"$from" "$to" plain paused >"$tmp/topologies" 2>&1

ok 'simulators on random networks see what the model predicts' predicted plain
ok 'and no less if they are stopped and continued at random' predicted paused
finish
