#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# Run the client's KUnit tests with the tree's own kunit.py, in the kernel that
# also boots; the last line is `N passed, M failed`. ONLY=SUITE.TEST, both globs,
# runs some of them.
. "$(dirname "$0")/lib.sh"
. "$top/scripts/kernel.sh"
use_kernel

: "${KUNIT_JSON:=}" "${KARGS:=}" "${TIMEOUT:=300}" "${ONLY:=}"
log=$out/kunit.log

[ -e "$src/arch/um/kernel/.kunitconfig" ] ||
	die "$kname has no KUnit tests of the client, nor has the series for it"

[ -z "$KUNIT_JSON" ] || KUNIT_JSON=$(realpath -m "$KUNIT_JSON")

lock "$out"
# we hold the lock, so this ends nobody else's kernel
clean_up()
{
	kill_kunit
}

# in the background: otherwise the shell notices an interrupt only at its end
: >"$log"
setsid "$src/tools/testing/kunit/kunit.py" exec --arch=um --build_dir="$out" \
	--kunitconfig="$src/arch/um/kernel" --timeout="$TIMEOUT" \
	${KARGS:+"--kernel_args=$KARGS"} \
	${KUNIT_JSON:+"--json=$KUNIT_JSON"} ${ONLY:+"$ONLY"} >"$log" 2>&1 9<&- &
children=$!
tail -f -n +1 -s 0.1 --pid=$children "$log" 9<&- &
status=0
wait $children || status=$?
children=
wait

# "Testing complete. Ran 3 tests: passed: 2, failed: 1"
sed -n 's/\x1b\[[0-9;]*m//g; s/.*Testing complete\. Ran .* tests: //p' "$log" |
	awk -F '[:,] *' -v status=$status '
	{
		for (i = 1; i < NF; i += 2)
			n[$i] = $(i + 1)
	}
	END {
		failed = n["failed"] + n["crashed"] + n["errors"]
		# it also failed if no test passed, or if kunit.py failed
		if (!failed && (!n["passed"] || status))
			failed = 1
		printf "%d passed, %d failed\n", n["passed"], failed
		exit failed > 0
	}'
