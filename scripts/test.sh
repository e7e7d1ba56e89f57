#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# Build what the tests need, run them all, count: `N passed, M failed`
. "$(dirname "$0")/lib.sh"

tap=$build/tap

"$top/scripts/packages.sh" test
cd "$top"
make uml controller client image
make uml KERNEL=6.12
make uml KERNEL=6.12 SERIES=none
make uml KERNEL=newest

# prove leaves there what each test said
rm -rf "$tap"
mkdir -p "$tap"
export PERL_TEST_HARNESS_DUMP_TAP="$tap"
status=0
make -s -C controller O="$build" test || status=1
make -s -C net O="$build" test || status=1
make -s -C client O="$build" test || status=1
prove tests/*.t || status=1

# a test program that broke off counts as one failure
find "$tap" -type f -exec cat {} + | awk -v status=$status '
	/^ok .*# SKIP/	{ next }
	/^ok /		{ passed++ }
	/^not ok /	{ failed++ }
	END {
		if (status && !failed)
			failed = 1
		printf "%d passed, %d failed\n", passed, failed
		exit failed > 0
	}'
