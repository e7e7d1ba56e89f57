#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# Run the client's tests in a kernel that counts how often each line is run. Of the
# lines that the series adds to arch/um, show how many were run. List each line that
# was not, with its reason from $reasons.
. "$(dirname "$0")/lib.sh"
. "$top/scripts/kernel.sh"
use_kernel

series=$(sed -n '2s/^[0-9]* patches of \([^,]*\).*/\1/p' "$kdir/patched")
reasons=$top/tests/coverage-$series

# added - print file, number and text of each line that the series adds, without
# the KUnit tests
added()
{
	git -C "$src" diff --no-renames -U0 base series -- 'arch/um/*.[ch]' \
		':!*_kunit*' | awk '
		/^\+\+\+ /	{ file = substr($2, 3); next }
		/^@@ /		{ line = substr($3, 2) + 0; next }
		/^\+/		{ sub(/^\+/, ""); $1 = $1
				  print file "\t" line++ "\t" $0 }'
}

# counts - print file, number and count of each line, once per object that
# contains it
counts()
{
	(cd "$out" && find arch/um -name '*.gcda' -exec \
		gcov --json-format --stdout {} +) |
		jq -r '.files[] | (.file | sub("^.*/src/"; "")) as $file |
			.lines[] | [$file, .line_number, .count] | @tsv'
}

[ -n "$series" ] || die "$kname has no patches of ours"
tests='tests/boot.t tests/seed.t'
added >"$out/added"
! grep -q '^arch/um/drivers/' "$out/added" || tests="$tests tests/consoles.t tests/host.t"

"$top/scripts/packages.sh" coverage
stage 6 'coverage'
lock "$out"
find "$out" -name '*.gcda' -delete
cd "$top"
# failed tests are reported by make test; here only lines count
[ ! -e "$src/arch/um/kernel/.kunitconfig" ] ||
	"$top/scripts/kunit.sh" | sed -n '$s/^/KUnit: /p'
# shellcheck disable=SC2086
KERNELS=$KERNEL prove $tests || :
cut -f 1 "$out/added" | uniq | while read -r file; do
	object=$out/${file%.c}.o
	[ "$object" = "$out/$file.o" ] || [ -e "$object" ] ||
		grep -qxF "$file: not compiled" "$reasons" ||
		die "$file was not compiled"
done
counts >"$out/counts"
stage_done

awk -F '\t' -f scripts/coverage.awk input=reasons "$reasons" \
	input=counts "$out/counts" input=added "$out/added"
