#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# Draw what `make bench` has measured: build/bench.svg and build/bench.png
. "$(dirname "$0")/lib.sh"

json=$build/bench.json

[ -e "$json" ] || die 'nothing was measured yet: make bench'
data=$(mktemp -d "$build/plot-XXXXXX")
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
about=$(jq -r '.host as $host | "medians of " +
	"\(.wakeups[0].samples | length) runs, all on one CPU: " +
	"\($host.cpu), \($host.kernel)"' "$json")
gnuplot -c "$top/bench/plot.gp" "$data/wakeups" "$data/bench" "$about"
mv "$data"/bench.* "$build"
stage_done 'build/bench.svg, build/bench.png'
