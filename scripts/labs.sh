#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# Run the labs in lab/examples/, with what they need: kernels, a Debian directory, the
# kernel's selftests. Results are in build/labs/NAME.out. ONLY=word selects labs with
# that word in their name. The last line is `N passed, M failed`.
. "$(dirname "$0")/lib.sh"
. "$top/scripts/kernel.sh"

: "${ONLY:=}"
labs=$build/labs
examples=$top/lab/examples

# kernel CONFIG - build it, unless it is there
kernel()
{
	make -C "$top" uml KERNEL=6.1 CONFIG="$1"
}

# debian - make $labs/debian, unless it is there
debian()
{
	[ ! -d "$labs/debian" ] || return 0
	[ "$(id -u)" = 0 ] || die 'debootstrap needs root'
	codename=$(sed -n 's/^VERSION_CODENAME=//p' /etc/os-release)
	mirror=$("$top/scripts/newer.sh" mirror)
	rm -rf "$labs/debian.new"
	debootstrap --variant=minbase --include=dbus,systemd-sysv "$codename" \
		"$labs/debian.new" "$mirror" >"$labs/debootstrap.log" ||
		die "debootstrap has failed, see $labs/debootstrap.log"
	mv "$labs/debian.new" "$labs/debian"
}

# selftests - build those of the kernel that is booted
selftests()
{
	(
		KERNEL=6.1
		CONFIG=
		use_kernel
		tests=$src/tools/testing/selftests
		mkdir -p "$labs/selftests"
		for name in timers/nanosleep timers/nsleep-lat timers/set-timer-lat \
			timers/mqueue-lat timers/raw_skew timers/rtcpie \
			timers/valid-adjtimex timers/adjtick timers/set-tai \
			timers/set-tz timers/freq-step timers/leap-a-day net/msg_zerocopy \
			net/so_txtime; do
			gcc -O2 -w -I"$tests" -o "$labs/selftests/${name#*/}" \
				"$tests/$name.c" -lrt -lpthread -lm || exit
		done
	)
}

# run NAME - run the lab, and what shows its results
run()
{
	status=0
	"$build/tt-lab" run -o "$labs/$1.out" "$examples/$1.yaml" || status=$?
	case $1 in
	chrony) [ $status != 0 ] ||
			gnuplot -e "dir='$labs/chrony.out'" "$examples/chrony.gp" || status=$? ;;
	selftests) cat "$labs/selftests.out"/*/output ;;
	wireguard) "$build/tt-lab" verify -q --against "$labs/$1.out" \
			-o "$labs/$1.again" "$examples/$1.yaml" || status=$? ;;
	esac
	return $status
}

names=$(cd "$examples" && for file in *"$ONLY"*.yaml; do echo "${file%.yaml}"; done)
[ -e "$examples/${names%%[!a-z0-9]*}.yaml" ] || die "ONLY=$ONLY: no lab has that word in its name"
mkdir -p "$labs"
passed=0
failed=0
for name in $names; do
	case $name in
	debian) kernel debian && debian ;;
	iperf3) kernel '' ;;
	selftests) kernel net && selftests ;;
	*) kernel net ;;
	esac
	echo "--- $name"
	if run "$name"; then
		passed=$((passed + 1))
	else
		failed=$((failed + 1))
	fi
done
echo "$passed passed, $failed failed"
[ $failed = 0 ]
