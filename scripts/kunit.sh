#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# Run the client's KUnit tests with the tree's own kunit.py, in the kernel that
# also boots; the last line is `N passed, M failed`. ONLY=SUITE.TEST, both globs,
# runs some of them. Each report of the kernel about itself, such as a WARNING or one
# of lockdep, counts as a failed test.
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

# reports - print the first line of each report in the kernel's log
reports()
{
	sed -nE 's/\r//; s/^\[[^]]*\] //; s/^\[ (BUG: .*) \]$/\1/
		/^(BUG|INFO|ODEBUG|UBSAN|WARNING): |^kernel BUG at /p' "$out/test.log"
}

# kunit.py writes it
rm -f "$out/test.log"
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

reported=0
if [ -e "$out/test.log" ]; then
	reported=$(reports | wc -l)
	reports | sed "s,^,$out/test.log: ,"
fi

# "Testing complete. Ran 3 tests: passed: 2, failed: 1"
sed -n 's/\x1b\[[0-9;]*m//g; s/.*Testing complete\. Ran .* tests: //p' "$log" |
	awk -F '[:,] *' -v status=$status -v reported="$reported" '
	{
		for (i = 1; i < NF; i += 2)
			n[$i] = $(i + 1)
	}
	END {
		failed = n["failed"] + n["crashed"] + n["errors"]
		# it also failed if no test passed, or if kunit.py failed
		if (!failed && (!n["passed"] || status))
			failed = 1
		failed += reported
		printf "%d passed, %d failed\n", n["passed"], failed
		exit failed > 0
	}'
