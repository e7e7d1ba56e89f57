#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# Simulators on random networks see what a small sequential model predicts, to the
# byte. SEEDS=FIRST-LAST chooses the networks.
. "$(dirname "$0")/lib.sh"

: "${SEEDS:=1-200}"
machines=--groups=machines
from=${SEEDS%-*} to=${SEEDS#*-}

# predicted WAY - all topologies came out as predicted
predicted()
{
	grep -- "^$1: " "$tmp/topologies"
	grep -qx -- "$1: all $((to - from + 1)) agree" "$tmp/topologies"
}

need make -s programs client
need cc -std=gnu11 -D_GNU_SOURCE -Wall -Wextra -Werror -O2 -Iclient -o "$tmp/sims" \
	tests/sims.c "$build/libttclient.a"
timeout 1800 tests/topologies.py "$build/tt-controller" "$tmp/sims" "$tmp/run" \
	"$from" "$to" plain "$machines --jobs=1" "$machines --jobs=2" \
	"$machines --jobs=4" "$machines --jobs=2 paused" >"$tmp/topologies" 2>&1

ok 'simulators on random networks see what the model predicts' predicted plain
for jobs in 1 2 4; do
	ok "so do groups of their own, of which up to $jobs run at a time" \
		predicted "$machines --jobs=$jobs"
done
ok 'and no less if they are stopped and continued at random' \
	predicted "$machines --jobs=2 paused"
finish
