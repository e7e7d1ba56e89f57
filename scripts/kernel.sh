# SPDX-License-Identifier: GPL-2.0
# For scripts that work with a kernel: find out which one, and where its tree is.
# shellcheck shell=sh disable=SC2034,SC2154

# use_configs - set
#   configs	the fragments that CONFIG names, each once, in the order of their names
#   flavour	a name that is the same for the same fragments: uml-debian-net
use_configs()
{
	configs=
	flavour=uml
	for name in $(echo "$CONFIG" | tr ' ' '\n' | sort -u); do
		fragment=$top/rootfs/configs/$name.config
		[ -f "$fragment" ] || die "CONFIG=$CONFIG: there is no rootfs/configs/$name.config, and it is not debug or gcov alone"
		configs="$configs $fragment"
		flavour=$flavour-$name
	done
}

# use_kernel - find out what KERNEL, SERIES, COPY and CONFIG stand for, and set
#   kname	the kernel's name in messages
#   origin	the user's tree or tarball, if KERNEL is one
#   kdir	the directory of all that belongs to this kernel
#   src		the copy of the tree that is patched and built
#   out		the build
#   main_kdir	the kdir of which this one is a copy, or the same
# For KERNEL=newest, Debian is asked once which version that is: see newer.sh.
use_kernel()
{
	case $top in
	*[[:space:]:]*)
		die "no kernel can be built in '$top': the path has spaces or colons" ;;
	esac
	[ "${KERNEL:=6.1}" != newest ] ||
		KERNEL=$("$top/scripts/newer.sh" newest)
	case $KERNEL in
	[1-9].[0-9]|[1-9].[1-9][0-9]|[1-9][0-9].[0-9]|[1-9][0-9].[1-9][0-9])
		kname="Linux $KERNEL"
		kdir=$build/$KERNEL
		origin=
		;;
	*)
		[ -d "$KERNEL" ] || { [ -f "$KERNEL" ] && [ "${KERNEL%.tar*}" != "$KERNEL" ]; } ||
			die "KERNEL=$KERNEL: give a version such as 6.1, newest, or the path of a kernel tree or tarball"
		origin=$(realpath "$KERNEL")
		kname=$origin
		kdir=$(basename "$origin" | tr -c 'A-Za-z0-9._\n-' _)
		kdir=$build/${kdir%.tar*}
		kdir=$kdir-$(echo "$origin" | cksum | cut -d' ' -f1)
		;;
	esac

	main_kdir=$kdir
	case ${SERIES:=} in
	'') ;;
	none) kdir=$kdir-unpatched ;;
	*) die "SERIES=$SERIES: can only be none" ;;
	esac
	case ${COPY:=} in
	'') ;;
	*[!a-z]*) die "COPY=$COPY: a name has only small letters" ;;
	*) kdir=$kdir-$COPY ;;
	esac
	src=$kdir/src

	case ${CONFIG:=} in
	''|debug|gcov) flavour=${CONFIG:-uml} ;;
	*) use_configs ;;
	esac
	# If the build is directly below the source, kbuild uses only relative
	# names. So a build is the same in any directory, and a copy stays valid.
	out=$src/.$flavour
}

# use_copy NAME - lock the copy NAME of the kernel's tree and build, and go on in
# it; make_copy makes it
use_copy()
{
	export COPY="$1"
	use_kernel
	stage 6 "$1"
	lock "$kdir"
	rm -rf "$src"
	stage=
}

make_copy()
{
	"$top/scripts/tree.sh" >/dev/null
	git -C "$src" diff --quiet HEAD ||
		git -C "$src" commit -qam 'edits that are in no patch'
}

# check_unedited - die if $src has commits or edits that are not in the series:
# they would be lost when the patches are applied anew
check_unedited()
{
	clean=$(sed -n 3p "$kdir/patched" 2>/dev/null || :)
	[ -z "$clean" ] || { [ "$(git -C "$src" rev-parse HEAD)" = "$clean" ] &&
		git -C "$src" diff --quiet HEAD; } ||
		die "$src has commits or edits that are in no patch, and is to be made anew: keep them elsewhere, then git reset --hard $clean"
}

# hosts_series TREE - print the series for hosts that fits TREE, with or without
# the one for time travel
hosts_series()
{
	if [ -e "$1/arch/um/kernel/skas/stub_exe.c" ]; then
		echo "$top/patches/7.2-hosts"
	elif [ -e "$1/arch/um/kernel/timetravel_shm.c" ] ||
		! grep -q UM_TIMETRAVEL_SCHEDSHM_VERSION \
			"$1/include/uapi/linux/um_timetravel.h"; then
		echo "$top/patches/6.1-hosts"
	else
		echo "$top/patches/6.12-hosts"
	fi
}

# kill_kunit - kill the kernel that kunit.py has started in a session of its own,
# where kill_children does not reach it
kill_kunit()
{
	grep -lsz '^kunit_shutdown=' /proc/[0-9]*/cmdline | while read -r file; do
		dir=${file%/cmdline}
		[ "$(readlink "$dir/exe")" != "$out/linux" ] ||
			kill -s KILL "${dir#/proc/}"
	done 2>/dev/null || :
}
