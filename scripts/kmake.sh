#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# make in the tree of KERNEL: `kmake.sh ARGUMENT...`. User, time and environment do
# not get into the build: the same source gives the same binary, on any day and in
# any directory.
. "$(dirname "$0")/lib.sh"
. "$top/scripts/kernel.sh"
use_kernel

# ccache takes gcc's place under gcc's name. So kbuild does not see the difference,
# and rebuilds nothing when ccache is installed later.
masquerade=$build/ccache
mkdir -p "$masquerade"
if command -v ccache >/dev/null; then
	ln -sf "$(command -v ccache)" "$masquerade/gcc"
else
	rm -f "$masquerade/gcc"
fi

exec env -i PATH="$masquerade:$PATH" HOME="$HOME" LC_ALL=C \
	${CCACHE_DIR:+CCACHE_DIR="$CCACHE_DIR"} \
	KBUILD_BUILD_USER=um-timetravel KBUILD_BUILD_HOST=localhost \
	KBUILD_BUILD_VERSION=1 KBUILD_BUILD_TIMESTAMP=1970-01-01 \
	make -C "$src" O="$out" ARCH=um LOCALVERSION= "$@"
