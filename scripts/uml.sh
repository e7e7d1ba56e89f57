#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# Stage 4: build $src as User-mode Linux; `uml.sh path` prints the binary's path
. "$(dirname "$0")/lib.sh"

out=$kdir/uml
fragment=$top/rootfs/uml.config
# the tests of a tree that has some: one build serves boots and KUnit
kunit=$src/arch/um/kernel/.kunitconfig
[ -e "$kunit" ] || kunit=/dev/null
log=$kdir/uml.log

if [ "${1:-}" = path ]; then
	echo "$out/linux"
	exit
fi

kmake()
{
	make -C "$src" O="$out" ARCH=um LOCALVERSION= "$@"
}

# nothing of the builder or the hour gets in: same source, same binary
export KBUILD_BUILD_USER=um-timetravel KBUILD_BUILD_HOST=localhost
export KBUILD_BUILD_VERSION=1 KBUILD_BUILD_TIMESTAMP='1970-01-01'
cc=gcc
if command -v ccache >/dev/null; then
	cc='ccache gcc'
	# builds of one tree in several clones share what is in the cache
	export CCACHE_BASEDIR="$kdir"
fi

configure()
{
	kmake tinyconfig
	"$src/scripts/kconfig/merge_config.sh" -m -O "$out" "$out/.config" \
		"$fragment" "$kunit"
	kmake olddefconfig
}

# stuck - every line of the fragment is in the configuration
stuck()
{
	while read -r line; do
		case $line in
		CONFIG_*)
			grep -qxF "$line" "$out/.config" ;;
		'# CONFIG_'*' is not set')
			symbol=${line% is not set}
			! grep -q "^${symbol#\# }=" "$out/.config" ;;
		esac || die "$kname does not take '$line' of $fragment"
	done <<-EOF
		$(cat "$fragment" "$kunit")
	EOF
}

stage 4 'UML'
lock "$kdir"
want=$(cat "$fragment" "$kdir/patched" "$kdir/copied" 2>/dev/null | sha256sum)
if [ -x "$out/linux" ] && [ "$(cat "$kdir/built" 2>/dev/null)" = "$want" ]; then
	stage_done unchanged
	exit
fi
rm -f "$kdir/built"
mkdir -p "$out"
if ! cat "$fragment" "$kunit" | cmp -s - "$out/fragment"; then
	configure >"$log" 2>&1 || {
		tail "$log" >&2
		die "cannot configure $kname"
	}
	stuck
	cat "$fragment" "$kunit" >"$out/fragment"
fi

setsid make -C "$src" O="$out" ARCH=um LOCALVERSION= CC="$cc" \
	-j"$(nproc)" linux >"$log" 2>&1 &
children=$!
while kill -0 $children 2>/dev/null; do
	progress "$(grep -c '\.[oa]$' "$log") objects"
	sleep 0.2
done
if ! wait $children; then
	grep -A 5 -m 1 -E 'error|Error' "$log" >&2 || tail "$log" >&2
	die "cannot build $kname, see $log"
fi
children=
echo "$want" >"$kdir/built"
stage_done "$(grep -c '\.[oa]$' "$log") objects"
