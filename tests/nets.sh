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
	env $kernel timeout 240 tests/scenario.sh "$run" "$name" $options "$@"
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

# as_with_memory FILE... - these of $run are those of the run with memory
as_with_memory()
{
	for file in "$@"; do
		cmp "$build/test/$run/$file" \
			"$build/test/${run%-*}-memory/$file" || return 1
	done
}

# same_again [FILE...] - the result does not depend on how clients are told things
same_again()
{
	[ "$mode" != memory ] || return 0
	ok "to the last byte as it is with memory ($name, $how)" as_with_memory \
		lan.pcap 1/console 1/result 2/console 2/result "$@"
}

# each SCENARIO... - call these functions for each kernel of KERNELS, and with
# memory, by messages and mixed
each()
{
	need make -s programs
	for version in ${KERNELS:-6.1}; do
		kernel="KERNEL=$version"
		need make uml "$kernel"
		for mode in memory messages mixed; do
			how="$version, $mode"
			case $mode in
			memory) options= ;;
			messages) options=--no-shm ;;
			mixed) options='--no-shm-for 1' ;;
			esac
			for name in "$@"; do
				$name
			done
		done
	done
}
