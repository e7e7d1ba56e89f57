#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# `make coverage` takes no line that was not run without a reason, nor a reason
# too many
. "$(dirname "$0")/lib.sh"

# report - of lines 1 to 4 of a file, the first was run, the last is no code
report()
{
	printf 'arch/um/a.c\t%s\t%s\n' 1 'if (a)' 2 'b();' 3 'b();' 4 '/* c */' \
		>"$tmp/added"
	printf 'arch/um/a.c\t%s\t%s\n' 1 0 1 7 2 0 3 0 >"$tmp/counts"
	awk -F '\t' -f scripts/coverage.awk input=reasons "$tmp/reasons" \
		input=counts "$tmp/counts" input=added "$tmp/added"
}

# because LINE... - a reason for each of the lines
because()
{
	: >"$tmp/reasons"
	for line; do
		printf 'arch/um/a.c: %s\n\tIt is so.\n' "$line" >>"$tmp/reasons"
	done
}

because
ok 'lines that are not run and have no reason fail' \
	says '1 of 3 lines run, 0 left with a reason, 2 without' report
ok 'each is shown' says 'arch/um/a.c:3: b();' report
because 'b();'
ok 'a reason is for one line only' \
	says '1 of 3 lines run, 1 left with a reason, 1 without' report
because 'b();' 'b();'
ok 'all others with a reason will do' report
because 'b();' 'b();' 'if (a)'
ok 'a reason for a line that is run fails' \
	says 'listed, but run or gone: arch/um/a.c: if (a)' report
because 'b();' 'b();' 'd();'
ok 'a reason for a line that is not there fails' \
	says 'listed, but run or gone: arch/um/a.c: d();' report
because 'b();' 'b();' 'not compiled'
ok 'a file that was compiled is not listed as one that was not' \
	says 'listed, but run or gone: arch/um/a.c: not compiled' report
finish
