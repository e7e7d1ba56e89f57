#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# Run the client's KUnit tests with the tree's own kunit.py, in the kernel that
# also boots; the last line is `N passed, M failed`
. "$(dirname "$0")/lib.sh"

: "${KUNIT_JSON:=}" "${KARGS:=}" "${TIMEOUT:=300}"
log=$out/kunit.log

[ -e "$src/arch/um/kernel/.kunitconfig" ] ||
	die "$kname has no KUnit tests of the client, nor has the series for it"

# a failure here is counted below
"$src/tools/testing/kunit/kunit.py" exec --arch=um --build_dir="$out" \
	--kunitconfig="$src/arch/um/kernel" --timeout="$TIMEOUT" \
	${KARGS:+"--kernel_args=$KARGS"} \
	${KUNIT_JSON:+"--json=$(realpath -m "$KUNIT_JSON")"} 2>&1 |
	tee "$log" || :

# "Testing complete. Ran 3 tests: passed: 2, failed: 1"
sed -n 's/\x1b\[[0-9;]*m//g; s/.*Testing complete\. Ran .* tests: //p' "$log" |
	awk -F '[:,] *' '
	{
		for (i = 1; i < NF; i += 2)
			n[$i] = $(i + 1)
	}
	END {
		failed = n["failed"] + n["crashed"] + n["errors"]
		# no test that passed is no success
		if (!n["passed"] && !failed)
			failed = 1
		printf "%d passed, %d failed\n", n["passed"], failed
		exit failed > 0
	}'
