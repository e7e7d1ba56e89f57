#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# `make patches`: fold the whole files in arch-um-kernel/, include-uapi/, docs/ and
# kunit/, and the fixup commits in $src, into the series of KERNEL
. "$(dirname "$0")/lib.sh"
. "$top/scripts/kernel.sh"
use_kernel

series=$top/patches/$KERNEL
work=$kdir/fold

# fold_files FROM TO - fold each file of FROM into the patch that adds it to the
# tree's directory TO, or, if no patch adds it, into the last patch that touches it,
# and print its name
fold_files()
{
	for file in "$top/$1"/* "$top/$1"/.[a-z]*; do
		[ -f "$file" ] || continue
		to=$2/${file##*/}
		patch=$(git -C "$work" log --format=%H --diff-filter=A base.. -- "$to")
		[ -n "$patch" ] ||
			patch=$(git -C "$work" log -1 --format=%H base.. -- "$to")
		if [ -z "$patch" ] || cmp -s "$file" "$work/$to"; then
			continue
		fi
		cp "$file" "$work/$to"
		git -C "$work" commit -q --fixup "$patch" -- "$to"
		echo "$to"
	done
}

# write_series DIRECTORY FROM TO - write the commits after FROM, up to TO, as patches
# into DIRECTORY. No numbers in the subjects: otherwise a new patch would change all
# others
write_series()
{
	find "$1" -name '0*.patch' ! -name '0000-*' -delete
	git -C "$work" -c core.abbrev=12 format-patch -q -N --no-signature \
		--zero-commit --no-renames -o "$1" "$2..$3"
}

hosts=$(hosts_series "$src")
# of newer kernels only the patches for hosts are written
[ -d "$series" ] || [ -z "$origin" ] ||
	die "no series for $KERNEL in patches/"
git -C "$src" diff --quiet HEAD ||
	die "$src has edits that are in no commit: git commit --fixup them"
rm -rf "$work"
git -C "$src" worktree prune
git -C "$src" worktree add -q --detach "$work" HEAD
fold_files arch-um-kernel arch/um/kernel
fold_files include-uapi/linux include/uapi/linux
fold_files kunit arch/um/kernel
fold_files docs Documentation/virt/uml
fold_files "kunit/$KERNEL" arch/um/kernel
# the branch `series` moves along: it is where the patches for hosts begin
GIT_SEQUENCE_EDITOR=: git -C "$work" rebase -q -i --autosquash --update-refs base ||
	die "a later patch does not apply any more, see $work"
[ ! -d "$series" ] || write_series "$series" base series
write_series "$hosts" series HEAD
# the commits are in the patches now, and may be applied anew
head=$(git -C "$work" rev-parse HEAD)
git -C "$src" reset -q --hard "$head"
printf '%s\n%s\n%s\n' 'new patches' '' "$head" >"$kdir/patched"
rm -rf "$work"
git -C "$src" worktree prune
