#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# Build what the tests need, run all tests and count them: the last line is
# `N passed, M failed`. ONLY=word selects test programs with that word in their name,
# CASE=glob selects cases of unit tests. A build that fails counts as a failed test,
# and so does each that $FAILED says failed before.
. "$(dirname "$0")/lib.sh"

: "${ONLY:=}" "${CASE:=}" "${FAILED:=}"
export CASE
tap=$build/tap

# must COMMAND... - run it; if it fails, count a failed test
must()
{
	"$@" || echo "not ok - $*" >>"$tap/build"
}

# selected - print the test programs to run, the slow ones first
selected()
{
	{
		[ -n "$CASE" ] || ls tests/*.t
		for source in tests/*/test_*.c; do
			echo "$build/${source%.c}"
		done
	} | while read -r program; do
		case ${program##*/} in
		*"$ONLY"*) echo "$program" ;;
		esac
	done
}

# failures - print once more what has failed, and what it said: otherwise it stands
# far up in a long log
failures()
{
	find "$tap" -type f | sort | while read -r file; do
		awk -v program="${file#"$tap/"}" '
			/^#/ { if (failed) print; next }
			/^1\.\./ { plan = 1 }
			{ failed = /^not ok / && !/^not ok - prove/ }
			failed { print program ": " $0 }
			{ last = $0 }
			END {
				if (!plan && program != "build")
					print program ": broke off after: " last
			}' "$file"
	done
}

cd "$top"
# prove writes each test's output there
rm -rf "$tap"
mkdir -p "$tap"
export PERL_TEST_HARNESS_DUMP_TAP="$tap"
[ -z "$FAILED" ] || echo "not ok - $FAILED" >>"$tap/build"

programs=$(selected)
[ -n "$programs" ] || die "ONLY=$ONLY: no test has that word in its name"
must "$top/scripts/packages.sh" test
if [ -z "$ONLY$CASE" ]; then
	must make uml programs client lab
	must make uml KERNEL=6.12
	must make uml KERNEL=6.12 SERIES=none
	must make uml KERNEL=newest
fi
for part in controller client net lab; do
	case $programs in
	*/tests/$part/*)
		must make -s -C $part O="$build" CFLAGS='-O2 -g -Werror' units ;;
	esac
done
# shellcheck disable=SC2086
must prove -e '' -j "$(nproc)" --timer $programs

failures
# a program that broke off has no failed test of its own, so "prove" counts as one
find "$tap" -type f -exec cat {} + | awk '
	/^ok .*# SKIP/	{ next }
	/^ok /		{ passed++ }
	/^not ok - prove/ { prove = 1; next }
	/^not ok /	{ failed++ }
	END {
		if (!failed && (prove || !passed))
			failed = 1
		printf "%d passed, %d failed\n", passed, failed
		exit failed > 0
	}'
