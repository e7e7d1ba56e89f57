#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# Stage 5: build $src as User-mode Linux; `uml.sh path` prints the binary's path
. "$(dirname "$0")/lib.sh"
. "$top/scripts/kernel.sh"
use_kernel

if [ "${1:-}" = path ]; then
	echo "$out/linux"
	exit
fi

kmake=$top/scripts/kmake.sh
log=$kdir/$flavour.log
fragments=$top/rootfs/uml.config
# if the tree has our KUnit tests, one build serves boots and KUnit
kunit=$src/arch/um/kernel/.kunitconfig
[ ! -e "$kunit" ] || fragments="$fragments $kunit"
case $CONFIG in
'') ;;
debug) fragments="$fragments $top/rootfs/debug.config" ;;
gcov) fragments="$fragments $src/tools/testing/kunit/configs/coverage_uml.config" ;;
*) fragments="$fragments $configs" ;;
esac

configure()
{
	"$kmake" tinyconfig
	echo "$config" >>"$out/.config"
	"$kmake" olddefconfig
}

# check_config - die unless every line of the fragments is in the configuration
check_config()
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

# coverage_flags - print, one a line, the make variables for a build that counts
# the lines it runs
coverage_flags()
{
	# gcov cannot tell all lines of optimised code apart, so the files that
	# the series touches are not optimised
	# shellcheck disable=SC2016
	git -C "$src" diff --name-only base HEAD -- 'arch/um/*.c' |
		sed 's,.*/\(.*\)\.c,CFLAGS_\1.o=$(if $(filter arch/um/%,$(obj)),-O0),'
	# libgcov has a mangle_path() as well, and writes its counters from a
	# destructor, which UML's linker script loses
	echo 'GCOV_OPT=-fprofile-arcs -ftest-coverage' \
		'-Dmangle_path=kernel_mangle_path -Wl,-fini=__gcov_exit'
}

# compile - build the kernel and show the progress
compile()
{
	set --
	if [ "$CONFIG" = gcov ]; then
		while read -r flag; do
			set -- "$@" "$flag"
		done <<-EOF
			$(coverage_flags)
		EOF
	fi
	: >"$log"
	setsid "$kmake" "$@" -j"$(nproc)" linux >"$log" 2>&1 &
	children=$!
	while kill -0 $children 2>/dev/null; do
		progress "$(grep -c '\.[oa]$' "$log") objects"
		sleep 0.2
	done
	wait $children || {
		grep -A 5 -m 1 -E 'error|Error' "$log" >&2 || tail "$log" >&2
		die "cannot build $kname, see $log"
	}
	children=
}

stage 5 'UML'
lock "$kdir"
# shellcheck disable=SC2086
config=$(cat $fragments)
# Kconfig asks the compiler and the linker what they can do
tools=$(gcc --version; ld --version)
want=$(echo "$config$tools" |
	cat - "$kdir/patched" "$kdir/copied" 2>/dev/null | sha256sum)
if [ -x "$out/linux" ] && [ "$(cat "$out/built" 2>/dev/null)" = "$want" ]; then
	stage_done unchanged
	exit
fi
mkdir -p "$out"
rm -f "$out/built"
# where people look for it
[ -L "$kdir/$flavour" ] || rm -rf "${kdir:?}/$flavour"
ln -sfn "src/.$flavour" "$kdir/$flavour"
if ! echo "$config$tools" | cmp -s - "$out/configured" ||
	[ -n "$(find "$src/arch/um" -name 'Kconfig*' -newer "$out/configured")" ]; then
	configure >"$log" 2>&1 || {
		tail "$log" >&2
		die "cannot configure $kname"
	}
	check_config
	echo "$config$tools" >"$out/configured"
fi
compile
echo "$want" >"$out/built"
stage_done "$(grep -c '\.[oa]$' "$log") objects"
