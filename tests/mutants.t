#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# The machinery of `make mutants`: it tells who kills a mutant, does not believe
# its list, and leaves no mutant behind. Those of the list are not all tried.
. "$(dirname "$0")/lib.sh"

src=$build/6.1/src
linux=$build/6.1/uml/linux
copy=$build/6.1-mutants
test=um_time_travel_run.tt_test_publish_msg

# mutants WORD... - run them, keep what is said
mutants()
{
	make mutants "$@" >"$tmp/mutants" 2>&1
	status=$?
	cat "$tmp/mutants"
	return $status
}

# said LINE - the last run did
said()
{
	grep -qxF -- "$1" "$tmp/mutants" || {
		cat "$tmp/mutants"
		return 1
	}
}

killed()
{
	mutants ONLY='UPDATE carries no time' &&
		said "[1/1] UPDATE carries no time: killed by $test" &&
		said '1 killed, 0 equivalent, 0 survived'
}

# no_mutant - the tree and its kernel are as before, the copy is gone, and no
# machine of it runs
no_mutant()
{
	{
		git -C "$src" diff --stat HEAD
		find "$copy/src"
		machines "$copy"
	} 2>/dev/null | no grep . && cmp "$linux" "$tmp/linux"
}

# mutant_machines - those that run once a mutant is in the copy
mutant_machines()
{
	git -C "$copy/src" diff --quiet HEAD 2>/dev/null || machines "$copy"
}

cat >"$tmp/odd" <<'EOT'
# SPDX-License-Identifier: GPL-2.0

the kernel panics
kernel/timetravel_shm.c time_travel_shm_publish
-	if (!time_travel_shm_running())
+	if (time_travel_shm_running())

this is not equivalent
kernel/time.c __time_travel_propagate_time
-	time_travel_ext_propagated = time_travel_time;
= so they say

this survives
kernel/time.c __time_travel_propagate_time
-	time_travel_ext_propagated = time_travel_time;
+	time_travel_ext_propagated = time_travel_time + 0;

this does not compile
kernel/time.c __time_travel_propagate_time
-	time_travel_ext_propagated = time_travel_time;
+	time_travel_ext_propagated = simulated_time;
EOT

cat >"$tmp/hanging" <<'EOT'
# SPDX-License-Identifier: GPL-2.0

the kernel hangs
kernel/time.c time_travel_ext_wait
-	while (msg.op != UM_TIMETRAVEL_RUN)
+	while (1)
+		;
+	while (0)
EOT

# wrong HUNK - lists of one mutant that does not apply
wrong()
{
	printf 'this is wrong\n%b\n' "$1" >"$tmp/wrong"
	mutants MUTANTS="$tmp/wrong"
}

need make uml
cp "$linux" "$tmp/linux"

ok 'the test that kills a mutant is named' killed
ok 'no mutant is left' no_mutant
ok 'a list whose mutants are not all killed, or equivalent, is an error' \
	no mutants MUTANTS="$tmp/odd"
ok 'a mutant that crashes is killed, by the test that ran' \
	grep '^\[1/4\] the kernel panics: .*crashed in um_time_travel_run.tt_test_update_time_shm$' \
	"$tmp/mutants"
ok 'a mutant that is killed is not equivalent' \
	said '[2/4] this is not equivalent: NOT EQUIVALENT, killed by '$test
ok 'a mutant that nothing kills survives' said '[3/4] this survives: SURVIVED'
ok 'a mutant that does not compile is not killed' \
	grep '^\[4/4\] this does not compile: DOES NOT COMPILE: .*simulated_time' \
	"$tmp/mutants"
ok 'all of them are counted' \
	said '1 killed, 0 equivalent, 1 survived, 2 wrong'
ok 'no mutant is left after that' no_mutant

ok 'a mutant whose line is not there is named' \
	says "error: 'this is wrong' does not apply: its lines are in time_travel_set_time() 0 times" \
	wrong 'kernel/time.c time_travel_set_time\n-\treturn;'
ok 'so is one whose line is there twice' \
	says "its lines are in time_travel_ext_wait() 2 times" \
	wrong 'kernel/time.c time_travel_ext_wait\n-\ttime_travel_ext_prev_request_valid = false;'
ok 'and one whose function is not there' \
	says 'there is no set_time()' wrong 'kernel/time.c set_time\n-\treturn;'
ok 'a word that no mutant has is an error' \
	says "says 'xyzzy'" mutants ONLY=xyzzy
ok 'a kernel without a list is named' \
	says "no list of mutants for $tmp" mutants KERNEL="$tmp"

ok 'a run can be interrupted' \
	interrupt INT mutant_machines mutants MUTANTS="$tmp/hanging"
ok 'no mutant is left then' no_mutant
finish
