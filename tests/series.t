#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# The patches carry exactly the files they are made from, and read well
. "$(dirname "$0")/lib.sh"

# whole files and patched tree agree
carried()
{
	status=0
	for pair in arch-um-kernel:arch/um/kernel kunit:arch/um/kernel \
		kunit/os-Linux:arch/um/os-Linux \
		include-uapi/linux:include/uapi/linux; do
		from=${pair%:*}
		for file in "$from"/* "$from"/.[a-z]*; do
			[ -f "$file" ] || continue
			cmp "$file" "build/6.1/src/${pair#*:}/${file##*/}" || status=1
		done
	done
	return $status
}

# From standard input: a file in git it takes for source. New files belong to
# the maintainers of arch/um, which MAINTAINERS names by directory.
checkpatch()
{
	build/6.1/src/scripts/checkpatch.pl --strict --no-summary --no-tree \
		--ignore FILE_PATH_CHANGES --terse - <"$1"
}

has_cover_letter()
{
	grep -q '^Subject: \[PATCH.* 0\+/' "patches/$1/0000-cover-letter.patch"
}

for kernel in 6.1 6.12; do
	[ -n "$(find patches/$kernel -name '0*.patch')" ] || continue
	need make stage-3 KERNEL=$kernel
	ok "the $kernel series begins with a cover letter" has_cover_letter $kernel
	[ $kernel != 6.1 ] ||
		ok "the $kernel series gives exactly the whole files" carried
	for patch in patches/"$kernel"/0*.patch; do
		case $patch in */0000-*) continue ;; esac
		ok "checkpatch --strict finds nothing in $patch" checkpatch "$patch"
	done
done
finish
