#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# The client library is installed, C++ takes it, and its examples take part beside
# machines
. "$(dirname "$0")/lib.sh"
. tests/machines.sh

# installed - what pkg-config says, as installed in $tmp/usr
installed()
{
	PKG_CONFIG_PATH=$tmp/usr/lib/pkgconfig pkg-config "$@" ttclient
}

# compile EXAMPLE COMPILER FLAGS... - an example, with what is installed
compile()
{
	source=client/$1.c compiler=$2
	shift 2
	rm -f "$tmp/example"
	# shellcheck disable=SC2046
	"$compiler" -Wall -Wextra -Werror "$@" -o "$tmp/example" "$source" \
		$(installed --cflags --libs)
}

# runs EXAMPLE COMPILER FLAGS... - it says how to use it when it is compiled so
runs()
{
	compile "$@" && says "Usage: $tmp/example SOCKET NAME" env \
		LD_LIBRARY_PATH="$tmp/usr/lib" "$tmp/example"
}

# exports - nothing but the functions of the header, with our version
exports()
{
	grep -o '\btt_client_[a-z_]*(' client/ttclient.h | tr -d '(' |
		sort -u >"$tmp/declared"
	nm -D --defined-only "$tmp/usr/lib/libttclient.so.0" |
		sed -n 's/.* T \(.*\)@@LIBTTCLIENT_0$/\1/p' | sort >"$tmp/there"
	diff "$tmp/declared" "$tmp/there" && [ -s "$tmp/there" ] &&
		no grep -v 'LIBTTCLIENT_0$' <<-EOT
		$(nm -D --defined-only "$tmp/usr/lib/libttclient.so.0")
		EOT
}

# beside RUN 'EXAMPLE ARGUMENTS...' FLAGS SCENARIO [VARIABLE=VALUE...] - machines
# boot, and an example is a client as well; what it says is in $tmp/said.example
beside()
{
	name=$1 flags=$3 scenario=$4
	# shellcheck disable=SC2086
	set_example $2
	shift 4
	# shellcheck disable=SC2086
	timeout 240 "$build/ttclient-$example" "build/test/$name/socket" $arguments \
		>"$tmp/said.example" 2>&1 &
	pid=$!
	boot "$name" "$flags" "$scenario" "$@"
	booted=$?
	wait $pid && [ $booted = 0 ]
}

set_example()
{
	example=$1
	shift
	arguments=$*
}

# pinged RUN - machine 1 has pinged the example a hundred times, and each answer
# came after exactly two delays of 5 ms; the clock goes on by 256 ns each time that
# it is read
pinged()
{
	test "$(value "$1" 1 pings_answered)" = 100 &&
		at_least "$(value "$1" 1 round_trip_least_ns)" 10000000 &&
		at_most "$(value "$1" 1 round_trip_most_ns)" 10001000
}

need make client
ok 'the library is installed where it is told to be' \
	make -s -C client O="$build" PREFIX="$tmp/usr" install
ok 'the header needs nothing else' \
	sh -c 'echo "#include <ttclient.h>" | cc -std=c99 -Wpedantic -Werror \
		-fsyntax-only -I'"$tmp"'/usr/include -x c -'
ok "pkg-config knows the project's version" \
	test "$(installed --modversion)" = "$(sed -n 's/^version := //p' version.mk)"
for example in example ping; do
	ok "C compiles $example.c for the shared library" runs $example cc -std=gnu11
	ok "C compiles $example.c for the static library" runs $example cc -static
	ok "C++ compiles $example.c" \
		runs $example g++ -x c++ -std=gnu++11 -Wpedantic
done
ok 'the library has no other symbols than those of its functions' exports
ok 'example.c has 60 lines at most' at_most "$(wc -l <client/example.c)" 60
ok 'ping.c has less than 100 lines' at_most "$(wc -l <client/ping.c)" 99

for flags in '' --no-shm; do
	how=${flags:-memory}
	transport=messages
	[ "$flags" ] || transport=memory
	run=client${flags#--no-shm}
	ok "two machines and example.c end well ($how)" \
		beside "$run" 'example 3 3000' "-n 3 $flags" 'wakes:200 ticks:5000'
	ok "example.c ticks 3000 times in 3 s ($how)" \
		grep -x '3000 ticks in 3000000000 ns' "$tmp/said.example"
	ok "example.c tells its transport ($how)" \
		grep -x "slot 3, $transport" "$tmp/said.example"
	ok "two machines and example.c all use $transport" \
		stats "$run" "[.clients[].transport] == [range(3) | \"$transport\"]"
	for machine in 1 2; do
		ok "machine $machine hears the broadcasts of example.c ($how)" \
			grep 'received broadcast.*0xbb8' \
			"$build/test/$run/$machine/console"
		ok "machine $machine ticks within a microsecond ($how)" \
			at_most "$(value "$run" $machine ticks_most_late_ns)" 1000
	done
done

for flags in '' --no-shm '--no-shm-for 9'; do
	how=${flags:-memory}
	ok "a machine and ping.c end well ($how)" \
		beside ping 'ping 9 lan 10.0.0.9' "-n 2 $flags" 'net:1 ping:9' \
		NODES=1 NET=5ms
	ok "ping.c answers each of 100 pings after exactly 10 ms ($how)" pinged ping
	ok "ping.c has nothing to complain about ($how)" \
		test ! -s "$tmp/said.example"
done
finish
