#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# Show that each defect in tests/defects has a test that fails before its patch
# and passes after it. This script moves the KUnit tests from the end of the series
# to its beginning, applies the series patch by patch, and runs the tests that the
# list names before and after each patch. tests() stubs symbols of the client that
# the tests use and the tree still lacks.
# No patch may add a warning of W=1 or sparse.
#
# The series for trees without a client has no defects to begin with, so its tests
# only run after the whole series.
#
# All this happens in a copy of the tree and its build.
. "$(dirname "$0")/lib.sh"
. "$top/scripts/kernel.sh"
use_kernel

: "${ONLY:=}" "${DEFECTS:=$top/tests/defects}"
[ -f "$DEFECTS" ] || die "DEFECTS=$DEFECTS: there is no such list"
list=$(realpath "$DEFECTS")
kunit=arch/um/kernel/timetravel_kunit
tab=$(printf '\t')
failed=
walked=

# seconds that a KUnit test may take (it needs 0.1 s), and a boot
limit=20
boot_limit=180

clean_up()
{
	[ "$kdir" = "$main_kdir" ] || rm -rf "$src" "$walk"
}

# rows - print the list, or the part that ONLY= selects, as lines: id, subject of
# the patch, kind of test, test
rows()
{
	awk -v OFS='\t' -v only="$ONLY" '
		/^D[0-9]/	{ id = $1
				  patch = "" }
		/^patch /	{ patch = substr($0, 7) }
		/^(kunit|boot) / && (only == "" || id == only) {
			how = $1
			sub(/^[^ ]* /, "")
			print id, patch, how, $0
		}' "$list"
}

# subject COMMIT
subject()
{
	git -C "$src" log -1 --format=%s "$1"
}

# both FILE - resolve conflicts where two patches add lines in one place: keep
# both, the later patch's first; fails at any other conflict
both()
{
	awk '
		/^<<<<<<< /	{ part = "ours"; n = 0; split("", old); next }
		/^\|\|\|\|\|\|\| /	{ part = "base"; next }
		/^=======$/	{ part = "theirs"; next }
		/^>>>>>>> /	{ for (line in old)
					failed = 1
				  for (i = 1; i <= n; i++)
					print ours[i]
				  part = ""; next }
		part == "ours"	{ ours[++n] = $0; next }
		part == "base"	{ old[$0]; next }
		part == "theirs" && $0 in old {
				  delete old[$0]; next }
				{ print }
		END		{ exit failed }' "$1" >"$work/new" &&
		cat "$work/new" >"$1"
}

# pick COMMIT - cherry-pick it onto the tree in $walk
pick()
{
	git -C "$walk" -c merge.conflictStyle=diff3 cherry-pick "$1" \
		>"$log" 2>&1 && return
	for file in $(git -C "$walk" diff --name-only --diff-filter=U); do
		both "$walk/$file" ||
			die "'$(subject "$1")' does not apply with the tests put first, see $log"
		git -C "$walk" add "$file"
	done
	git -C "$walk" -c core.editor=true cherry-pick --continue >"$log" 2>&1
}

# reorder - write the commits of the series to $work/commits, those from the first
# KUnit patch on put first; $tests is the last of these
reorder()
{
	first=$(git -C "$src" log --format=%H --diff-filter=A base.."$head" -- \
		"${kunit%/*}/.kunitconfig")
	git -C "$src" rev-list --reverse base.."$first~1" >"$work/series"
	git -C "$src" worktree add -q --detach "$walk" base
	for commit in $(git -C "$src" rev-list --reverse "$first~1..$head"); do
		pick "$commit"
	done
	tests=$(git -C "$walk" rev-parse HEAD)
	while read -r commit; do
		pick "$commit"
	done <"$work/series"
	git -C "$walk" diff --quiet "$head" ||
		die 'the order of the patches makes a difference'
	git -C "$src" rev-list --reverse "$tests..$(git -C "$walk" rev-parse HEAD)" \
		>"$work/commits"
}

# known NAME - succeed if the tree has this symbol outside the tests
known()
{
	grep -rqw --include='*.[ch]' --exclude="${kunit##*/}*" "$1" "$src/arch/um"
}

# stub FILE STRUCT - in the tree's test file FILE, define the variables that STRUCT
# swaps and that the client still lacks
stub()
{
	sed -n 's/^\tswap([a-z]*->\([a-z_]*\), \([a-z_]*\));$/\1 \2/p' "$src/$1" |
		while read -r field name; do
			known "$name" ||
				echo "static typeof(((struct $2 *)0)->$field) $name;"
		done >"$work/stubs"
	awk -v stubs="$work/stubs" '
		/^[a-z].* tt_swap_[a-z]+\(struct / {
			while ((getline line <stubs) > 0)
				print line
		}
		{ print }' "$src/$1" >"$work/new"
	cat "$work/new" >"$src/$1"
}

# tests - fit the tests to the tree. Stub the variables that they swap and the tree
# lacks. Define missing functions as 0: the tests that call them belong to a later
# patch. And make tt_row= on the kernel's command line skip all rows but one, so
# that no earlier row can disturb it.
tests()
{
	stub ${kunit}_client.c tt_client
	stub $kunit.c tt_statics
	grep -oh '\<time_travel_[a-z_]*(' "$src/$kunit"*.c | sort -u | tr -d '(' |
		while read -r name; do
			known "$name" ||
				sed -i "1 i #define $name(...) 0" "$src/$kunit.c"
		done
	sed -i -e '/^int tt_init(/ i\
		static char *tt_row; core_param(tt_row, tt_row, charp, 0);' \
		-e '/^\tf->test = test;$/ i\
		if (tt_row && test->param_value &&\
		    strcmp(*(const char **)test->param_value, tt_row))\
			kunit_skip(test, "another row");' \
		"$src/${kunit}_controller.c"
	[ "$(grep -c tt_row "$src/${kunit}_controller.c")" = 3 ] ||
		die 'cannot find where a test begins'
}

# mends SUBJECT - succeed if the list has a test for that patch
mends()
{
	rows | cut -f 2 | grep -qxF -- "$1"
}

# kernel COMMIT - build it, unless it is built
kernel()
{
	[ "$1" != "${built:=}" ] || return 0
	built=$1
	git -C "$src" reset -q --hard "$1"
	tests
	rm -f "$out/built"
	"$top/scripts/uml.sh" >"$log" 2>&1 || {
		cat "$log" >&2
		die "with '$(subject "$1")' the tree does not build"
	}
	! [ -e "$work/warnings" ] ||
		mv "$work/warnings" "$work/warnings.before"
	warnings
}

# warnings - print the warnings of W=1 and sparse for files that the series changes
warnings()
{
	objects=$(git -C "$src" diff --name-only --diff-filter=M base "$head" \
		-- 'arch/um/*.c' | sed 's/c$/o/')
	# shellcheck disable=SC2086
	"$top/scripts/kmake.sh" W=1 C=2 $objects >"$log" 2>&1 || {
		cat "$log" >&2
		die 'cannot build with W=1 and sparse'
	}
	sed -n "s,^\.\./,,; s/:[0-9]*:[0-9]*: \(warning\|error\)/: \1/p" "$log" |
		sort >"$work/warnings"
}

# result OK TEST - succeed if the test, or any of its rows, had this result
result()
{
	awk -v want="$1 $2" '
		$0 == want || index($0, want " \"") == 1 { found = 1 }
		END { exit !found }' "$work/results"
}

# all_skipped - succeed if all rows were skipped: none has that name
all_skipped()
{
	grep -q '^    # .* pass:0 fail:0 ' "$work/ktap"
}

# one_kunit SUITE.TEST ["ROW"] - run it; set $said to `passes` or how it failed
one_kunit()
{
	row=
	case $1 in
	*\"*) row=$(echo "${1#* }" | tr -d '"') ;;
	esac
	status=0
	timeout -s KILL $limit "$out/linux" mem=128M console=tty \
		kunit_shutdown=halt "kunit.filter_glob=${1%% *}" \
		${row:+"tt_row=\"$row\""} \
		</dev/null >"$work/ktap" 2>&1 9<&- || status=$?
	awk -f "$top/scripts/ktap.awk" "$work/ktap" >"$work/results"
	if result 'not ok' "$1"; then
		# "Expected a == b, but", and what it is in the next line; or
		# "Expected a to be false, but is true"
		said="fails: $(awk '
			seen || / (EXPECTATION|ASSERTION) FAILED at / && getline {
				seen = 1
				gsub(/^ +| \(0x[0-9a-f]*\)$/, "")
				if (!/, but$/)
					exit
			}
			END {
				if (sub(/^Expected /, ""))
					sub(/ to be .*, but/, "")
				print
			}' "$work/ktap")"
	elif [ $status = 0 ] && result ok "$1" &&
		! { [ -n "$row" ] && all_skipped; }; then
		said=passes
	elif [ $status = 0 ]; then
		said='fails: no result'
	elif [ $status = 137 ]; then
		said=hangs
	elif [ $status -gt 128 ]; then
		said="crashes: SIG$(kill -l $((status - 128)))"
	else
		said="crashes: status $status"
	fi
}

# one_boot NAME - run a function of tests/outside.sh
one_boot()
{
	if timeout -k 20 $boot_limit "$top/tests/outside.sh" "$1" </dev/null \
		>"$work/ktap" 2>&1 9<&-; then
		said=passes
	else
		said="fails: $(tail -n 1 "$work/ktap")"
	fi
}

# try BEFORE-OR-AFTER [SUBJECT] - run the tests for the patch with that subject, or
# all tests
try()
{
	rows | while IFS="$tab" read -r id patch how what; do
		[ "$patch" = "${2:-$patch}" ] || continue
		one_"$how" "$what"
		echo "$id$tab$how $what$tab$1$tab$said" >>"$work/said"
	done
}

# unlisted - print patches of the series that the list does not name, and patches
# that it names and the series does not have
unlisted()
{
	while read -r commit; do
		subject "$commit"
	done <"$work/series" | sort >"$work/subjects"
	sed -n 's/^patch //p' "$list" | sort -u | diff - "$work/subjects" |
		sed -n 's/^</in the list, not in the series:/p
			s/^>/in the series, not in the list:/p'
}

# walk_series - from the tree as it was on
walk_series()
{
	reorder
	wrong=$(unlisted)
	[ -z "$wrong" ] || die "$wrong"
	last=$tests
	# shellcheck disable=SC2013
	for commit in $(cat "$work/commits"); do
		if [ -z "$ONLY" ] || mends "$(subject "$commit")"; then
			progress "$(subject "$commit")"
			kernel "$last"
			try before "$(subject "$commit")"
			kernel "$commit"
			comm -13 "$work/warnings.before" "$work/warnings" |
				sed "s|^|'$(subject "$commit")' adds: |" \
				>>"$work/added"
			try after "$(subject "$commit")"
		fi
		last=$commit
	done
}

# table - print the results; fails if a test passes before its patch, or fails
# after it
table()
{
	awk -F '\t' -v OFS='\t' -v walked="$walked" '
		{ key = $1 OFS $2
		  if (!(key in seen))
			keys[++n] = key
		  seen[key]
		  said[key, $3] = $4 }
		END {
			print "defect", "test", "before", "after", "seen"
			for (i = 1; i <= n; i++) {
				before = walked ? said[keys[i], "before"] : "-"
				after = said[keys[i], "after"]
				bad += before == "passes" || after != "passes"
				why = after == "passes" ? before : after
				sub(/:.*/, "", before)
				sub(/:.*/, "", after)
				if (!sub(/^[a-z]+: /, "", why))
					why = ""
				print keys[i], before, after, why
			}
			exit bad > 0
		}' "$work/said" >"$work/table" || failed=1
	sed 's/um_time_travel_[a-z]*\.//' "$work/table" |
		column -t -s "$tab" | sed 's/ *$//'
}

# reasons - print the reasons of the entries without a test
reasons()
{
	awk '
		/^[DN][0-9]/	{ head = $0 "\n" }
		/^= /		{ printf "%s     %s\n", head, substr($0, 3)
				  head = "" }' "$list"
}

[ -n "$(rows)" ] || die "no defect in $list is '$ONLY'"
for script in controller image tree apply-patches uml; do
	"$top/scripts/$script.sh"
done
[ -e "$src/$kunit.c" ] || die "$kname has no KUnit tests of the client"
if git -C "$src" show "base:include/uapi/linux/um_timetravel.h" |
	grep -q UM_TIMETRAVEL_SCHEDSHM_VERSION; then
	walked=yes
	check_unedited
	use_copy defects
else
	lock "$kdir/defects"
fi
work=$kdir/defects
walk=$kdir/walk
log=$work/log
stage 6 'defects'
rm -rf "$work"
mkdir "$work"
: >"$work/said"
: >"$work/added"
if [ -n "$walked" ]; then
	rm -rf "$walk"
	make_copy
	head=$(git -C "$src" rev-parse series)
	walk_series
else
	try after
fi
stage_done "$(wc -l <"$work/said") tests run"
table
reasons
cat "$work/added"
[ ! -s "$work/added" ] || die 'a patch adds warnings'
[ -z "$failed" ] || die 'a test passes before its patch, or does not after it'
