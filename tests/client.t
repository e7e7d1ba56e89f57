#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# The client library: it is installed, C++ takes it, and the example ticks every
# millisecond beside two machines
. "$(dirname "$0")/lib.sh"
. tests/machines.sh

example=$build/ttclient-example

# installed - what pkg-config says, as installed in $tmp/usr
installed()
{
	PKG_CONFIG_PATH=$tmp/usr/lib/pkgconfig pkg-config "$@" ttclient
}

# compile COMPILER FLAGS... - the example, with what is installed
compile()
{
	compiler=$1
	shift
	rm -f "$tmp/example"
	# shellcheck disable=SC2046
	"$compiler" -Wall -Wextra -Werror "$@" -o "$tmp/example" \
		client/example.c $(installed --cflags --libs)
}

# usage COMMAND... - it says how to use it
usage()
{
	says "Usage: $tmp/example SOCKET NAME TICKS" env \
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

# beside RUN FLAGS - two machines boot, and the example is the third client
beside()
{
	timeout 240 "$example" "build/test/$1/socket" 3 3000 >"$tmp/ticks" 2>&1 &
	pid=$!
	boot "$1" "-n 3 $2" 'wakes:200 ticks:5000'
	booted=$?
	wait $pid && [ $booted = 0 ]
}

need make client
ok 'the library is installed where it is told to be' \
	make -s -C client O="$build" PREFIX="$tmp/usr" install
ok 'the header needs nothing else' \
	sh -c 'echo "#include <ttclient.h>" | cc -std=c99 -Wpedantic -Werror \
		-fsyntax-only -I'"$tmp"'/usr/include -x c -'
ok "pkg-config knows the project's version" \
	test "$(installed --modversion)" = "$(sed -n 's/^version := //p' version.mk)"
ok 'the example is compiled as C' compile cc -std=c11
ok 'and runs with the shared library' usage
ok 'and as C++' compile g++ -x c++ -std=c++11 -Wpedantic
ok 'and runs then' usage
ok 'and with the static library' compile cc -static
ok 'and runs then, too' usage
ok 'it has no other symbols than those of its functions' exports
ok 'the example has 60 lines at most' \
	at_most "$(wc -l <client/example.c)" 60

for flags in '' --no-shm; do
	how=${flags:-memory}
	transport=messages
	[ "$flags" ] || transport=memory
	run=client${flags#--no-shm}
	ok "two machines and the example end well ($how)" beside "$run" "$flags"
	ok "it ticks 3000 times in 3 s ($how)" \
		grep -x '3000 ticks in 3000000000 ns' "$tmp/ticks"
	ok "it says how ($how)" grep -x "slot 3, $transport" "$tmp/ticks"
	ok "all three use $transport" \
		stats "$run" "[.clients[].transport] == [range(3) | \"$transport\"]"
	for machine in 1 2; do
		ok "machine $machine hears its broadcasts ($how)" \
			grep 'received broadcast.*0xbb8' \
			"$build/test/$run/$machine/console"
		ok "machine $machine ticks within a microsecond ($how)" \
			at_most "$(value "$run" $machine ticks_most_late_ns)" 1000
	done
done
finish
