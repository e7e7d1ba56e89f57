#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# Run the client's tests in the kernel that counts the lines it runs, and show
# which of those that the series adds to arch/um were not run
. "$(dirname "$0")/lib.sh"

series=$(sed -n '2s/.* of \([^,]*\).*/\1/p' "$kdir/patched")
reasons=$top/tests/coverage-$series

# added - file, number and text of each line that the series adds, but for the
# tests
added()
{
	git -C "$src" diff --no-renames -U0 base HEAD -- 'arch/um/*.[ch]' \
		':!*_kunit*' | awk '
		/^\+\+\+ /	{ file = substr($2, 3); next }
		/^@@ /		{ line = substr($3, 2) + 0; next }
		/^\+/		{ sub(/^\+/, ""); $1 = $1
				  print file "\t" line++ "\t" $0 }'
}

# counts - file, line number, and how often it was run, for each object
counts()
{
	(cd "$out" && find arch/um -name '*.gcda' -exec \
		gcov --json-format --stdout {} +) |
		jq -r '.files[] | (.file | sub("^.*/src/"; "")) as $file |
			.lines[] | [$file, .line_number, .count] | @tsv'
}

[ -n "$series" ] || die "$kname has no patches of ours"
tests=tests/boot.t
added >"$out/added"
! grep -q '^arch/um/drivers/' "$out/added" || tests="$tests tests/consoles.t tests/host.t"

"$top/scripts/packages.sh" coverage
stage 6 'coverage'
lock "$out"
find "$out" -name '*.gcda' -delete
cd "$top"
# a test that fails is the business of make test: here only lines count
[ ! -e "$src/arch/um/kernel/.kunitconfig" ] ||
	"$top/scripts/kunit.sh" | sed -n '$s/^/KUnit: /p'
# shellcheck disable=SC2086
KERNELS=$KERNEL prove $tests || :
cut -f 1 "$out/added" | uniq | while read -r file; do
	object=$out/${file%.c}.o
	[ "$object" = "$out/$file.o" ] || [ -e "$object" ] ||
		die "$file was not compiled"
done
counts >"$out/counts"
stage_done

awk -F '\t' -f scripts/coverage.awk input=reasons "$reasons" \
	input=counts "$out/counts" input=added "$out/added"
