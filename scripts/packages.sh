#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# Stage 1: see that the host has what `make $1` needs: boot, bench, bench-plot,
# coverage, defects, fuzz or test. What is missing is named; root on Debian gets it
# installed.
# A host that has everything needs no apt and no dpkg.
. "$(dirname "$0")/lib.sh"

# what it is, and Debian's package: see have()
boot='bc:bc bison:bison busybox:busybox-static column:bsdextrautils cpio:cpio
	flex:flex gcc:gcc git:git jq:jq json-c/json.h:libjson-c-dev libc.a:libc6-dev
	make:make pcap/pcap.h:libpcap-dev python3:python3 rsync:rsync xz:xz-utils
	yaml.h:libyaml-dev'
test='cmocka.h:libcmocka-dev ccache:ccache docutils.py:python3-docutils g++:g++
	gnuplot:gnuplot-nox mke2fs:e2fsprogs pkg-config:pkg-config prove:perl
	shellcheck:shellcheck sparse:sparse spin:spin strace:strace tcpdump:tcpdump'
labs='bird:bird2 chronyd:chrony debootstrap:debootstrap gnuplot:gnuplot-nox
	ip:iproute2 iperf3:iperf3 wg:wireguard-tools'

case $1 in
boot) want=$boot ;;
bench) want="$boot strace:strace" ;;
bench-plot) want='gnuplot:gnuplot-nox jq:jq' ;;
coverage) want="$boot perl:perl" ;;
defects) want="$boot ccache:ccache mke2fs:e2fsprogs sparse:sparse" ;;
fuzz) want='clang:clang gcc:gcc libc.a:libc6-dev make:make' ;;
labs) want="$boot $labs" ;;
test) want="$boot $test" ;;
esac
# an ordinary user's PATH may lack them
PATH=$PATH:/usr/sbin:/sbin

# have THING - the host has this header, library for static programs, module of
# Python or program
have()
{
	case $1 in
	*.h)	echo "#include <$1>" | gcc -E - ;;
	# gcc prints only the name of a file that it does not find
	*.a)	gcc -print-file-name="$1" | grep / ;;
	*.py)	python3 -c "import ${1%.py}" ;;
	# the image has no library
	busybox) [ -x /bin/busybox ] && ! ldd /bin/busybox ;;
	*)	command -v "$1" ;;
	esac >/dev/null 2>&1
}

# called THING - print what it is
called()
{
	case $1 in
	*.h)	echo "the header $1" ;;
	*.a)	echo "the static library $1" ;;
	*.py)	echo "Python's ${1%.py}" ;;
	busybox) echo 'a static /bin/busybox' ;;
	*)	echo "the program $1" ;;
	esac
}

# look - set $missing to what is missing, in words, and $packages to who has it
look()
{
	missing=
	packages=
	for entry in $want; do
		! have "${entry%%:*}" || continue
		missing="$missing${missing:+, }$(called "${entry%%:*}")"
		packages="$packages ${entry#*:}"
	done
}

install()
{
	# shellcheck disable=SC2086
	DEBIAN_FRONTEND=noninteractive apt-get install -qq -y \
		--no-install-recommends -o DPkg::Lock::Timeout=120 $packages
}

stage 1 'packages'
look
installed=$packages
if [ -n "$missing" ]; then
	command -v apt-get >/dev/null ||
		die "this host lacks $missing; Debian's packages are called$packages"
	[ "$(id -u)" = 0 ] ||
		die "this host lacks $missing; as root: apt-get install$packages"
	mkdir -p "$build"
	progress "installing$packages"
	# the host's package lists may be missing or too old
	{ install || { apt-get update -qq && install; }; } \
		>"$build/packages.log" 2>&1 || {
		tail "$build/packages.log" >&2
		die "cannot install$packages"
	}
	look
	[ -z "$missing" ] || die "this host still lacks $missing"
fi
stage_done "${installed:+installed$installed}"
