# SPDX-License-Identifier: GPL-2.0
# For tests of machines that use networks: run scenarios of tests/scenario.sh, and
# look at what comes of them. machines.sh comes first.
# shellcheck shell=sh disable=SC2034,SC2154

# scenario NAME [OPTION...] - run it with the kernel $kernel, as $run
scenario()
{
	name=$1
	run=net-$1-$mode
	shift
	# shellcheck disable=SC2086
	env $kernel timeout 600 tests/scenario.sh "$run" "$name" $options "$@"
}

# dump FILE [EXPRESSION] - the frames of a capture of $run, each with its time
dump()
{
	tcpdump -e -n -tt --time-stamp-precision=nano \
		-r "$build/test/$run/$1.pcap" ${2:+"$2"} 2>/dev/null
}

# equal VALUE VALUE
equal()
{
	echo "$1 and $2"
	[ -n "$1" ] && [ "$1" = "$2" ]
}

# stamps FILE - print when the frames of a capture came, and their lengths
stamps()
{
	tcpdump -e -n -tt --time-stamp-precision=nano -r "$1" 2>/dev/null |
		sed 's/ .*, length \([0-9]*\): .*/ \1/'
}

# as_with_memory FILE... - these of $run are those of the run with memory. Unpatched
# machines have random numbers of their own, which frames and consoles show.
as_with_memory()
{
	for file in "$@"; do
		this=$build/test/$run/$file
		other=$build/test/net-$name-memory/$file
		case $version,$file in
		*-unpatched,*/console) continue ;;
		*-unpatched,*.pcap)
			stamps "$this" >"$tmp/this"
			stamps "$other" >"$tmp/other"
			this=$tmp/this other=$tmp/other ;;
		esac
		cmp "$this" "$other" || return 1
	done
}

# same_again [FILE...] - the result does not depend on how clients are told things
same_again()
{
	[ "$mode" != memory ] || return 0
	ok "the same to the last byte as with memory ($name, $how)" as_with_memory \
		1/console 1/result 2/console 2/result "$@"
}

# apart FILE NS PINGS [FIRST] - that many pings are answered, each NS later, the
# first one FIRST later
apart()
{
	dump "$1" icmp | awk -v later="$2" -v pings="$3" -v want="${4:-$2}" '
		{ split($1, t, ".") }
		/ echo request, /	{ s = t[1]; ns = t[2] }
		/ echo reply, / {
			replies++
			is = (t[1] - s) * 1000000000 + t[2] - ns
			if (is != want)
				print "a round trip of " is " ns"
			wrong += is != want
			want = later
		}
		END {
			print replies + 0, "replies"
			exit wrong || replies != pings
		}'
}

# by_clock MACHINE FIRST NS - so long takes the first of its pings, which needs ARP,
# and each of the others, by the clock of the machine that pings
by_clock()
{
	near "$(value "$run" "$1" round_trip_first_ns | head -n 1)" "$2" ||
		return
	for trip in $(value "$run" "$1" round_trip_least_ns &&
		value "$run" "$1" round_trip_most_ns); do
		near "$trip" "$3" || return
	done
}

# use_version VERSION - use this kernel from now on
use_version()
{
	version=$1
	kernel="KERNEL=${version%-unpatched}"
	case $version in
	*-unpatched) kernel="$kernel SERIES=none" ;;
	esac
	# shellcheck disable=SC2086
	need make uml $kernel
}

# use_mode MODE - have clients told the time with memory, by messages or mixed
use_mode()
{
	mode=$1
	how="$version, $mode"
	case $mode in
	memory) options= ;;
	messages) options=--no-shm ;;
	mixed) options='--no-shm-for 1' ;;
	esac
}

# each SCENARIO... - call these functions for each kernel of KERNELS in each mode
each()
{
	need make programs
	for version in ${KERNELS:-6.1 6.12 6.12-unpatched}; do
		use_version "$version"
		for mode in memory messages mixed; do
			use_mode "$mode"
			for function in "$@"; do
				$function
			done
		done
	done
}
