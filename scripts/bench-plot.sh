#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# Draw what `make bench` has measured: $BENCH/bench.svg and $BENCH/bench.png
. "$(dirname "$0")/lib.sh"

: "${BENCH:=$build}"
json=$BENCH/bench.json

[ -e "$json" ] || die "there is no $json: make bench"
data=$(mktemp -d "$BENCH/plot-XXXXXX")
clean_up()
{
	rm -rf "$data"
}

stage 6 'plot'
jq -e '.wakeups != []' "$json" >"$data/any" ||
	die 'no wake-ups were measured: make bench'
jq -r '.wakeups | group_by(.n)[] | map({ (.how): (.ns / 1000) }) +
	[.[0] | { n, limit: (.limit_ns / 1000) }] | add |
	[.n, .limit, .memory, .messages] | @tsv' "$json" >"$data/wakeups"
about=$(jq -r '.host as $host | "medians over " +
	"\([.wakeups[0].samples[].run] | unique | length) runs, all on one CPU: " +
	"\($host.cpu), \($host.kernel)"' "$json")
gnuplot -c "$top/bench/plot.gp" "$data/wakeups" "$data/bench" "$about"
mv "$data"/bench.* "$BENCH"
stage_done "$BENCH/bench.svg, $BENCH/bench.png"
