#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# Break the client in one place at a time, as the list $MUTANTS says, and see
# whether its KUnit tests notice. The last line is
# `N killed, M equivalent, L survived`. This happens in a copy of the tree and its
# build, so a mutant costs one object and a link, and nobody boots one by mistake.
. "$(dirname "$0")/lib.sh"
. "$top/scripts/kernel.sh"
use_kernel

: "${MUTANTS:=}" "${ONLY:=}"
[ -z "$MUTANTS" ] || [ -f "$MUTANTS" ] || die "MUTANTS=$MUTANTS: no such file"
[ -n "$MUTANTS" ] || MUTANTS=$top/tests/mutants/$KERNEL
[ -f "$MUTANTS" ] || die "no list of mutants for $kname, give one as MUTANTS="

# the tests take 0.1 s; after this many seconds they count as hung
limit=20

clean_up()
{
	kill_kunit
	[ "$kdir" = "$main_kdir" ] || rm -rf "$src"
}

# mutant N TREE - make mutant N's version of $file in TREE
mutant()
{
	file=$2/arch/um/$(sed -n '2s/ .*//p' "$work/$1")
	awk -f "$top/scripts/mutate.awk" "$work/$1" "$file" >"$work/new" 2>"$log"
}

# ends SECONDS - succeed if the process $children ends within that time
ends()
{
	for _ in $(seq $(($1 * 20))); do
		kill -0 "$children" 2>/dev/null || return 0
		sleep 0.05
	done
	return 1
}

# run - run the tests; if the kernel ends before all have run, set $how to the way
# it ended
run()
{
	rm -f "$out/test.log"
	# KUnit ends the line of a result only when it writes the next line. So when
	# a test hangs, the result before it is missing, but not the statistics.
	KARGS="kunit.stats_enabled=2${KARGS:+ $KARGS}" TIMEOUT=$((2 * limit)) \
		KUNIT_JSON='' ONLY='' setsid "$top/scripts/kunit.sh" >"$log" 2>&1 9<&- &
	children=$!
	how=crashed
	ends $limit || {
		how=hung
		kill_kunit
		ends 5 || :
	}
	kill_children
	status=0
	wait $! || status=$?
	awk -f "$top/scripts/ktap.awk" "$out/test.log" >"$work/results"
	return $status
}

# killers - print which tests failed, and in which one the kernel ended early
killers()
{
	awk -v how=$how '
		FNR == NR	{ expected[++n] = $0; next }
				{ name = $0
				  sub(/^(not )?ok /, "", name)
				  done[name] }
		/^not ok/	{ failed[++n_failed] = name }
		END {
			if (n_failed)
				text = "killed by " failed[1]
			if (n_failed > 1)
				text = text " and " n_failed - 1 " more"
			for (i = 1; i <= n && expected[i] in done; i++)
				;
			if (i <= n)
				text = text (text ? ", " : "") how " in " expected[i]
			# it may be the next row that hangs: rows have no statistics
			if (how == "hung" && i < n && expected[i] ~ /"$/)
				text = text " or " expected[i + 1]
			print text
		}' "$work/expected" "$work/results"
}

# verdict - build and run the mutant in the tree, count it, and set $said
verdict()
{
	rm -f "$out/built"
	if ! "$top/scripts/uml.sh" >"$log" 2>&1; then
		wrong=$((wrong + 1))
		said="DOES NOT COMPILE: $(grep -m 1 error: "$log" || :)"
	elif run; then
		if [ -n "$reason" ]; then
			equivalent=$((equivalent + 1))
			said="equivalent: $reason"
		else
			survived=$((survived + 1))
			said=SURVIVED
		fi
	else
		said=$(killers)
		if [ -z "$said" ]; then
			wrong=$((wrong + 1))
			said="NO TEST FAILED, but kunit.py did, see $log"
		elif [ -n "$reason" ]; then
			wrong=$((wrong + 1))
			said="NOT EQUIVALENT, $said"
		else
			killed=$((killed + 1))
		fi
	fi
}

for script in tree apply-patches uml; do
	"$top/scripts/$script.sh"
done
use_copy mutants
work=$kdir/work
log=$work/log
rm -rf "$work"
mkdir "$work"

# each mutant in a file of its own
total=$(awk -v RS= -v word="$ONLY" -v work="$work" '
	/^#/	{ next }
		{ split($0, line, "\n") }
	index(line[1] " " line[2], word) {
		print >(work "/" ++n)
		close(work "/" n)
	}
	END	{ print n + 0 }' "$MUTANTS")
[ "$total" != 0 ] || die "no mutant in $MUTANTS says '$ONLY'"
for n in $(seq "$total"); do
	mutant "$n" "$main_kdir/src" ||
		die "'$(sed -n 1p "$work/$n")' does not apply: $(cat "$log")"
done

make_copy
run || die "the tests fail without a mutant, see $log"
sed 's/^ok //' "$work/results" >"$work/expected"

killed=0 equivalent=0 survived=0 wrong=0
for n in $(seq "$total"); do
	reason=$(sed -n 's/^= //p' "$work/$n" | paste -s -d ' ')
	printf "[%${#total}d/%d] %s: " "$n" "$total" "$(sed -n 1p "$work/$n")"
	git -C "$src" reset -q --hard
	mutant "$n" "$src"
	cat "$work/new" >"$file"
	verdict
	echo "$said"
done

said="$killed killed, $equivalent equivalent, $survived survived"
[ $wrong = 0 ] || said="$said, $wrong wrong"
echo "$said"
[ $((survived + wrong)) = 0 ]
