#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# Groups of their own: a wild client hurts only itself, and machines do the same
# whether or not they run at the same time
. "$(dirname "$0")/lib.sh"
. tests/machines.sh

# isolated SEED - a client that ticks every 5 ns does so, whatever the wild one beside
# it writes; nothing hangs, and the wild one gets one line at most
isolated()
{
	rm -rf "$tmp/wild"
	mkdir "$tmp/wild"
	cd "$tmp/wild" || return
	timeout 60 "$build/tt-controller" -n 2 --groups=machines --jobs=2 \
		--net lan=lan,delay=7ns socket 2>said &
	controller=$!
	timeout 60 ../wild-client socket 2 "$1" 2>wild &
	wild=$!
	echo '1 7 3000 0 0 0 1 lan 5:5' | timeout 60 ../sims socket &&
		wait $wild && wait $controller &&
		cmp "$tmp/ticks" log.1 && [ ! -s wild ] &&
		[ "$(wc -l <said)" -le 1 ] && no grep -v 'client 0x2 ' said
	status=$?
	cat said wild
	kill $wild $controller 2>/dev/null
	cat said >>"$tmp/lines"
	return $status
}

# all_isolated FIRST LAST - with all these seeds
all_isolated()
{
	for seed in $(seq "$1" "$2"); do
		(isolated "$seed") || { echo "seed $seed"; return 1; }
	done
}

# grouped RUN FLAGS VARIABLE=VALUE... - machines on a network ping and tick
grouped()
{
	name=$1 flags=$2
	shift 2
	boot "$name" "$flags" 'net:% ping:1 ticks:300' NET=5ms SEED=5 "$@"
}

# paused RUN ... - the same once more, while they are stopped and continued at random
paused()
{
	tests/pauses.py "$build/test/$1" 1 2>"$tmp/pauses" &
	pauser=$!
	grouped "$@"
	status=$?
	kill $pauser
	wait $pauser
	cat "$tmp/pauses"
	[ $status = 0 ] && no grep -qx '0 pauses' "$tmp/pauses"
}

# identical RUN RUN NODES - consoles, results and captures are, to the byte
identical()
{
	cmp "$build/test/$1/lan.pcap" "$build/test/$2/lan.pcap" || return
	for machine in $(seq "$3"); do
		for file in console result; do
			cmp "$build/test/$1/$machine/$file" \
				"$build/test/$2/$machine/$file" || return 1
		done
	done
}

need make -s programs client
for program in sims wild-client; do
	need cc -std=gnu11 -D_GNU_SOURCE -Wall -Wextra -Werror -O2 -Iclient \
		-o "$tmp/$program" tests/$program.c "$build/libttclient.a"
done
for time in $(seq 5 5 3000); do
	echo "$time timer 0"
done >"$tmp/ticks"
echo end >>"$tmp/ticks"
ok 'a client that scribbles over its memory does not hurt one in another group' \
	all_isolated 1 40
ok 'and has lost its connection more often than not' \
	at_least "$(grep -c 'connection closed$' "$tmp/lines")" 20

kernel=KERNEL=6.1
for nodes in 2 4; do
	how="$kernel, $nodes machines"
	# shellcheck disable=SC2086
	ok "machines ping and tick, one at a time ($how)" \
		grouped one --groups=one $kernel NODES=$nodes
	for jobs in 1 2; do
		# shellcheck disable=SC2086
		ok "the same, $jobs at a time ($how)" grouped many \
			"--groups=machines --jobs $jobs" \
			$kernel NODES=$nodes
		ok "and nothing differs, $jobs at a time ($how)" identical one many $nodes
	done
	# shellcheck disable=SC2086
	ok "the same, stopped and continued at random ($how)" paused many \
		'--groups=machines --jobs 2' $kernel NODES=$nodes
	ok "and nothing differs then ($how)" identical one many $nodes
done
finish
