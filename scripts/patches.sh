#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# Write the whole files back into the patches that carry them
. "$(dirname "$0")/lib.sh"

series=$top/patches/$KERNEL
work=$kdir/patches

# amend FROM TO - each file of ours goes into the patch that adds it, or the last
# one that touches it if it was there before
amend()
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

[ -d "$series" ] || die "no series for $KERNEL in patches/"
git -C "$src" diff --quiet HEAD ||
	die "$src has edits that are in no commit: git commit --fixup them"
rm -rf "$work"
git -C "$src" worktree prune
git -C "$src" worktree add -q --detach "$work" HEAD
amend arch-um-kernel arch/um/kernel
amend include-uapi/linux include/uapi/linux
amend kunit arch/um/kernel
amend docs Documentation/virt/uml
amend "kunit/$KERNEL" arch/um/kernel
GIT_SEQUENCE_EDITOR=: git -C "$work" rebase -q -i --autosquash base ||
	die "a later patch does not apply any more, see $work"
find "$series" -name '0*.patch' ! -name '0000-*' -delete
git -C "$work" -c core.abbrev=12 format-patch -q -N --no-signature --zero-commit \
	--no-renames -o "$series" base
# they are in the patches now, so stage 3 may start anew
head=$(git -C "$work" rev-parse HEAD)
git -C "$src" reset -q --hard "$head"
printf '%s\n%s\n%s\n' 'new patches' '' "$head" >"$kdir/patched"
rm -rf "$work"
git -C "$src" worktree prune
