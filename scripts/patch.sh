#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# Stage 3: $src with the series that fits it
. "$(dirname "$0")/lib.sh"

# all that a series may touch; the rest of the tree need not be in git
paths='arch/um arch/x86/um Documentation/virt/index.rst Documentation/virt/uml
	include/uapi/linux MAINTAINERS'
work=$kdir/am
header=include/uapi/linux/um_timetravel.h

# choose - the series for the tree in $work; none if it carries one already
choose()
{
	for dir in "$top"/patches/*/; do
		last=$(find "$dir" -name '0*.patch' | sort | tail -n 1)
		if [ -n "$last" ] &&
			git -C "$work" apply --check -R "$last" 2>/dev/null; then
			echo "$kname carries $(basename "$dir") already" >&2
			return
		fi
	done
	if grep -q UM_TIMETRAVEL_SCHEDSHM_VERSION "$work/$header"; then
		echo "$top/patches/6.12"
	elif grep -q UM_TIMETRAVEL_GET_TOD "$work/$header"; then
		echo "$top/patches/6.1"
	else
		die "no series fits $kname: its $header lacks GET_TOD"
	fi
}

# has OBJECT - $src is in git, and that is in it
has()
{
	git -C "$src" rev-parse -q --verify "$1" >/dev/null 2>&1
}

# based - $src is in git, with all of $paths
based()
{
	for path in $paths; do
		has "base:$path" || return
	done
}

stage 3 'patches'
lock "$kdir"
if ! based; then
	if has base; then
		nothing_to_lose
		git -C "$src" reset -q --hard base
	fi
	rm -rf "$src/.git" "$kdir/patched"
	git -C "$src" init -q
	# shellcheck disable=SC2086
	git -C "$src" add -f $paths
	git -C "$src" commit -q -m "$kname"
	git -C "$src" tag base
fi

want=$({
	git -C "$src" rev-parse base
	find "$top/patches" -name '0*.patch' ! -name '0000-*' -print0 |
		sort -z | xargs -0r cat
} | sha256sum)
if [ "$(sed -n 1p "$kdir/patched" 2>/dev/null)" = "$want" ]; then
	stage_done "$(sed -n 2p "$kdir/patched"), unchanged"
	exit
fi

nothing_to_lose
# In a tree of its own: should a patch fail, $src stays as it was. When all are
# in, git writes only what changed, and only that is built again.
rm -rf "$work"
git -C "$src" worktree prune
git -C "$src" worktree add -q --detach "$work" base
series=
[ "$SERIES" = none ] || series=$(choose)
patches=
[ -z "$series" ] || patches=$(find "$series" -name '0*.patch' \
	! -name '0000-*' | sort)
if [ -n "$patches" ]; then
	progress "git am of $(basename "$series")"
	# shellcheck disable=SC2086
	if ! git -C "$work" am -q --committer-date-is-author-date $patches \
		>"$kdir/am.log" 2>&1; then
		broken=$(git -C "$work" am --show-current-patch=raw |
			sed -n 's/^Subject: //p')
		cat "$kdir/am.log" >&2
		rm -rf "$work"
		git -C "$src" worktree prune
		die "git am: $kname does not take \"$broken\" of $series"
	fi
fi
git -C "$src" reset -q --hard "$(git -C "$work" rev-parse HEAD)"
rm -rf "$work"
git -C "$src" worktree prune
# shellcheck disable=SC2086
said="$(set -- $patches && echo $#) patches${series:+ of $(basename "$series")}"
printf '%s\n%s\n%s\n' "$want" "$said" "$(git -C "$src" rev-parse HEAD)" \
	>"$kdir/patched"
stage_done "$said"
