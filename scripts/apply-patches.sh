#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# Stage 4: apply the series that fits the tree in $src
. "$(dirname "$0")/lib.sh"
. "$top/scripts/kernel.sh"
use_kernel

# everything that a series may touch; the rest of the tree need not be in git
paths='arch/um arch/x86/um Documentation/virt/index.rst Documentation/virt/uml
	include/uapi/linux MAINTAINERS'
work=$kdir/am
header=include/uapi/linux/um_timetravel.h

# has OBJECT - $src is in git, and OBJECT is in it
has()
{
	git -C "$src" rev-parse -q --verify "$1" >/dev/null 2>&1
}

# has_paths - the base of $src has all of $paths; one made by an older version of
# this script may not
has_paths()
{
	for path in $paths; do
		has "base:$path" || return
	done
}

# make_base - put the tree into git, as it is without patches, with the tag base
make_base()
{
	! has_paths || return 0
	if has base; then
		check_unedited
		git -C "$src" reset -q --hard base
	fi
	rm -rf "$src/.git" "$kdir/patched"
	git -C "$src" init -q
	# shellcheck disable=SC2086
	git -C "$src" add -f $paths
	git -C "$src" commit -q -m "$kname"
	git -C "$src" tag base
}

# fingerprint - print a hash of the tree without patches, and of all patches
fingerprint()
{
	{
		git -C "$src" rev-parse base
		find "$top/patches" -name '0*.patch' ! -name '0000-*' -print0 |
			sort -z | xargs -0r cat
	} | sha256sum
}

# is_in SERIES - the tree in $work already has its last patch
is_in()
{
	last=$(find "$1" -name '0*.patch' | sort | tail -n 1)
	git -C "$work" apply --check -R "$last" 2>/dev/null || return
	echo "$kname already has the series $(basename "$1")" >&2
}

# choose - print the time travel series for the tree in $work, or nothing if the
# tree already has one of them
choose()
{
	for dir in "$top/patches/6.1" "$top/patches/6.12"; do
		! is_in "$dir" || return 0
	done
	if grep -q UM_TIMETRAVEL_SCHEDSHM_VERSION "$work/$header"; then
		echo "$top/patches/6.12"
	elif grep -q UM_TIMETRAVEL_GET_TOD "$work/$header"; then
		echo "$top/patches/6.1"
	else
		die "no series fits $kname: its $header lacks GET_TOD"
	fi
}

# try SERIES - git am its patches to $work; $applied says so, or $broken which one
# does not apply
try()
{
	! is_in "$1" || return 0
	progress "git am of $(basename "$1")"
	patches=$(find "$1" -name '0*.patch' ! -name '0000-*' | sort)
	# shellcheck disable=SC2086
	git -C "$work" am -q --committer-date-is-author-date $patches \
		>"$kdir/am.log" 2>&1 || {
		broken=$(git -C "$work" am --show-current-patch=raw |
			sed -n 's/^Subject: //p')
		git -C "$work" am --abort
		return 1
	}
	# shellcheck disable=SC2086
	applied="${applied:+$applied, }$(set -- $patches && echo $#) patches of $(basename "$1")"
}

# apply SERIES - it has to apply
apply()
{
	try "$1" || {
		cat "$kdir/am.log" >&2
		remove_work
		die "git am: $kname does not take \"$broken\" of $1"
	}
}

# apply_hosts SERIES - trees that are not built here may have some of it already
apply_hosts()
{
	try "$1" || [ -n "$origin" ] || apply "$1"
	[ -z "${broken:-}" ] ||
		echo "$kname goes without $(basename "$1"): it does not take \"$broken\"" >&2
}

remove_work()
{
	rm -rf "$work"
	git -C "$src" worktree prune
}

stage 4 'patches'
lock "$kdir"
make_base
want=$(fingerprint)
if [ "$(sed -n 1p "$kdir/patched" 2>/dev/null)" = "$want" ]; then
	stage_done "$(sed -n 2p "$kdir/patched"), unchanged"
	exit
fi
check_unedited

# Patches are first applied to a separate tree: if one does not apply, $src stays
# as it was. Then git writes only the files that differ, so only these are built.
remove_work
git -C "$src" worktree add -q --detach "$work" base
applied=
if [ "$SERIES" != none ]; then
	series=$(choose)
	[ -z "$series" ] || apply "$series"
	git -C "$src" branch -q -f series "$(git -C "$work" rev-parse HEAD)"
	apply_hosts "$(hosts_series "$work")"
fi
git -C "$src" reset -q --hard "$(git -C "$work" rev-parse HEAD)"
remove_work
: "${applied:=0 patches}"
printf '%s\n%s\n%s\n' "$want" "$applied" "$(git -C "$src" rev-parse HEAD)" \
	>"$kdir/patched"
stage_done "$applied"
