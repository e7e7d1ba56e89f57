#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# Our header and the one in Linux 6.12 are the same to a compiler
. "$(dirname "$0")/lib.sh"

need make series KERNEL=6.12 SERIES=none
theirs=$tmp/include
mkdir -p "$theirs/linux"
git -C build/6.12-unpatched/src show base:include/uapi/linux/um_timetravel.h \
	>"$theirs/linux/um_timetravel.h"

# table HEADERS LANGUAGE WIDTH - the table in abi.c as the compiler lays it out.
# There is no 32-bit libc, but <linux/types.h> needs none.
table()
{
	gcc -x "$2" "$3" -I "$1" -isystem "/usr/include/$(gcc -print-multiarch)" \
		-Wall -Werror -S -fno-ident -o - tests/abi.c
}

same()
{
	table include-uapi "$@" >"$tmp/ours.s" &&
		table "$theirs" "$@" >"$tmp/theirs.s" &&
		[ "$(grep -cE '\.(quad|long)' "$tmp/ours.s")" -gt 50 ] &&
		diff "$tmp/ours.s" "$tmp/theirs.s"
}

# every name that a header defines
names()
{
	grep -ohw 'UM_TIMETRAVEL_[A-Z_]*\|um_timetravel_[a-z_]*' \
		"$1/linux/um_timetravel.h" | sort -u
}

same_names()
{
	names include-uapi >"$tmp/ours" && names "$theirs" >"$tmp/theirs" &&
		diff "$tmp/ours" "$tmp/theirs"
}

all_compared()
{
	grep -v '^um_timetravel_.*_fds$' "$tmp/theirs" | while read -r name; do
		grep -qw "$name" tests/abi.c || { echo "$name"; exit 1; }
	done
}

for language in c c++; do
	for width in -m64 -m32; do
		ok "constants, sizes and offsets are those of Linux 6.12 in $language with $width" \
			same $language $width
	done
done
ok 'our header has the names of the one in Linux 6.12, and no others' same_names
ok 'each name of the header is compared' all_compared

# the comparison itself notices a difference
sed -i 's/__u32 len;/__u64 len;/' "$theirs/linux/um_timetravel.h"
ok 'a field of another size is noticed' no same c -m64
finish
