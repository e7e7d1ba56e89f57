#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# Stage 4: build $src as User-mode Linux; `uml.sh path` prints the binary's path
. "$(dirname "$0")/lib.sh"

fragments=$top/rootfs/uml.config
# the tests of a tree that has some: one build serves boots and KUnit
kunit=$src/arch/um/kernel/.kunitconfig
[ ! -e "$kunit" ] || fragments="$fragments $kunit"
case $CONFIG in
debug) fragments="$fragments $top/rootfs/debug.config" ;;
gcov) fragments="$fragments $src/tools/testing/kunit/configs/coverage_uml.config" ;;
esac
log=$out.log

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
	# shellcheck disable=SC2086
	"$src/scripts/kconfig/merge_config.sh" -m -O "$out" "$out/.config" \
		$fragments
	kmake olddefconfig
}

# stuck - every line of the fragments is in the configuration
stuck()
{
	while read -r line; do
		case $line in
		CONFIG_*)
			grep -qxF "$line" "$out/.config" ;;
		'# CONFIG_'*' is not set')
			symbol=${line% is not set}
			! grep -q "^${symbol#\# }=" "$out/.config" ;;
		esac || die "$kname does not take '$line' of $fragments"
	done <<-EOF
		$config
	EOF
}

stage 4 'UML'
lock "$kdir"
# shellcheck disable=SC2086
config=$(cat $fragments)
want=$(echo "$config" | cat - "$kdir/patched" "$kdir/copied" 2>/dev/null |
	sha256sum)
if [ -x "$out/linux" ] && [ "$(cat "$out/built" 2>/dev/null)" = "$want" ]; then
	stage_done unchanged
	exit
fi
rm -f "$out/built"
mkdir -p "$out"
if ! echo "$config" | cmp -s - "$out/fragment"; then
	configure >"$log" 2>&1 || {
		tail "$log" >&2
		die "cannot configure $kname"
	}
	stuck
	echo "$config" >"$out/fragment"
fi

set --
if [ "$CONFIG" = gcov ]; then
	# files that the series touches are not optimised: of what was, gcov
	# cannot tell all lines apart
	for file in $(git -C "$src" diff --name-only base HEAD -- 'arch/um/*.c'); do
		file=$(basename "$file" .c)
		set -- "$@" "CFLAGS_$file.o=\$(if \$(filter arch/um/%,\$(obj)),-O0)"
	done
	# libgcov has a mangle_path() as well, and writes its counters from a
	# destructor, which UML's linker script loses
	gcov='-fprofile-arcs -ftest-coverage'
	gcov="$gcov -Dmangle_path=kernel_mangle_path -Wl,-fini=__gcov_exit"
	set -- "$@" GCOV_OPT="$gcov"
fi
: >"$log"
setsid make -C "$src" O="$out" ARCH=um LOCALVERSION= CC="$cc" "$@" \
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
echo "$want" >"$out/built"
stage_done "$(grep -c '\.[oa]$' "$log") objects"
