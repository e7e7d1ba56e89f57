#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# Stage 1: install the Debian packages that `make $1` needs: boot, bench-plot,
# coverage, defects, fuzz or test. Only root can; anybody else is told which are missing.
. "$(dirname "$0")/lib.sh"

boot='bc bison bsdextrautils busybox-static cpio flex gcc git jq libc6-dev
	libjson-c-dev libpcap-dev libyaml-dev make python3 rsync xz-utils'
test='ccache e2fsprogs g++ gnuplot-nox libcmocka-dev perl pkg-config
	python3-docutils shellcheck sparse tcpdump'

case $1 in
boot) want=$boot ;;
bench-plot) want='gnuplot-nox jq' ;;
coverage) want="$boot perl" ;;
defects) want="$boot ccache e2fsprogs sparse" ;;
fuzz) want='clang gcc libc6-dev make' ;;
test) want="$boot $test" ;;
esac

installed()
{
	dpkg-query -W -f '${db:Status-Status}' "$1" 2>/dev/null |
		grep -qx installed
}

install()
{
	# shellcheck disable=SC2086
	DEBIAN_FRONTEND=noninteractive apt-get install -qq -y \
		--no-install-recommends -o DPkg::Lock::Timeout=120 $missing
}

stage 1 'packages'
missing=
for package in $want; do
	installed "$package" || missing="$missing $package"
done
if [ -n "$missing" ]; then
	if [ "$(id -u)" != 0 ]; then
		die "packages are missing; as root: apt-get install$missing"
	fi
	mkdir -p "$build"
	progress "installing$missing"
	# the host's package lists may be missing or too old
	{ install || { apt-get update -qq && install; }; } \
		>"$build/packages.log" 2>&1 || {
		tail "$build/packages.log" >&2
		die "cannot install$missing"
	}
fi
stage_done "${missing:+installed$missing}"
