#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# A machine with a seed shows its programs the same in each run, random numbers
# included. Where the host lets a machine hide the host's time stamp counter (TSC),
# that is the same as well. KERNELS= says for which kernels.
. "$(dirname "$0")/lib.sh"
. tests/machines.sh

# time passes between the two, so that the generator is seeded anew
script='fingerprint sleep:1000 wakes:100 fingerprint'

# what follows from random numbers alone
random='at_random getrandom mkstemp /proc/sys/kernel/random/uuid:
	/proc/sys/kernel/random/boot_id: stack segment'

# does the host refuse RDTSC to a process that asks for it?
cat >"$tmp/tsc.c" <<'EOT'
#include <signal.h>
#include <sys/prctl.h>
#include <unistd.h>
static void refused(int sig) { (void)sig; _exit(0); }
int main(void)
{
	signal(SIGSEGV, refused);
	prctl(PR_SET_TSC, PR_TSC_SIGSEGV);
	__builtin_ia32_rdtsc();
	return 1;
}
EOT
need cc -o "$tmp/tsc" "$tmp/tsc.c"
! "$tmp/tsc" || host_refuses=1
# as on a host that accepts prctl() and then does not refuse RDTSC
need gcc -shared -fPIC -o "$tmp/accept.so" -x c - <<'EOT'
int prctl(int option, ...) { (void)option; return 0; }
EOT
unrefused="time-travel: this host does not refuse RDTSC: programs that read the time stamp counter see the host's"
tsc='^(rdtsc|rdtscp) '

# but_for_tsc RUN MACHINE, tsc_of RUN MACHINE - the result without the TSC's lines,
# and only these
but_for_tsc()
{
	grep -vE "$tsc" "$build/test/$1/$2/result"
}

tsc_of()
{
	grep -E "$tsc" "$build/test/$1/$2/result"
}

# same_but_for_tsc RUN RUN - two runs are equal to the last byte in all but the TSC
same_but_for_tsc()
{
	for machine in 1 2; do
		cmp "$build/test/$1/$machine/console" \
			"$build/test/$2/$machine/console" || return 1
		but_for_tsc "$1" $machine >"$tmp/one" &&
			but_for_tsc "$2" $machine >"$tmp/other" &&
			cmp "$tmp/one" "$tmp/other" || return 1
	done
}

# same_tsc RUN RUN - and in the TSC
same_tsc()
{
	for machine in 1 2; do
		tsc_of "$1" $machine >"$tmp/one" &&
			tsc_of "$2" $machine >"$tmp/other" &&
			diff "$tmp/one" "$tmp/other" || return 1
	done
}

# ok_tsc HOW RUN RUN - both runs show the same TSC, if the host makes that possible
ok_tsc()
{
	if [ -n "${host_refuses:-}" ]; then
		ok "both runs $1 show the same TSC" same_tsc "$2" "$3"
	else
		skip "both runs $1 show the same TSC" \
			'this host does not refuse RDTSC'
	fi
}

# says_if_unrefused RUN - the log says that the TSC is the host's if it is, and only
# then
says_if_unrefused()
{
	for machine in 1 2; do
		lines=$(grep -cF "$unrefused" "$build/test/$1/$machine/console")
		[ "$lines" = $((!${host_refuses:-0})) ] || {
			echo "machine $machine says so $lines times"
			return 1
		}
	done
}

# all_differ RUN MACHINE RUN MACHINE - each random value of one is not the other's
all_differ()
{
	for name in $random; do
		one=$(value "$1" "$2" "$name") &&
			other=$(value "$3" "$4" "$name") || return 1
		[ "$one" != "$other" ] || {
			echo "both have $name $one"
			return 1
		}
	done
}

# warns RUN - the log says that nothing is secret
warns()
{
	for machine in 1 2; do
		grep -q 'time-travel: random numbers are predictable' \
			"$build/test/$1/$machine/console" || return 1
	done
}

# unseeded RUN - neither does the log say so, nor is there a seed
unseeded()
{
	no warns "$1"
}

# hidden RUN - /proc/cmdline does not have it
hidden()
{
	no grep cmdline.*seed= "$build/test/$1/1/result"
}

# console KERNEL ARGUMENT... - the console of one machine with a seed and no programs
console()
{
	linux=$(make uml KERNEL="$1" | tail -n 1)
	shift
	env ${preload:+LD_PRELOAD="$preload"} "$linux" mem=32M umid=seed$$ \
		uml_dir="$tmp/" con=null con0=null,fd:1 console=tty0 panic=-1 \
		kunit.enable=0 rdinit=/none root=/none time-travel-seed=1 "$@" \
		</dev/null >"$tmp/console" 2>&1
	cat "$tmp/console"
}

# useless KERNEL - a seed without time-travel=
useless()
{
	console "$1" |
		grep 'without time-travel=inf-cpu or ext: they still depend' &&
		no grep RDTSC "$tmp/console"
}

# notices KERNEL ARGUMENT... - the machine does not trust what prctl() returns
notices()
{
	preload=$tmp/accept.so
	console "$@" | grep -F "$unrefused"
	status=$?
	preload=
	return $status
}

for kernel in ${KERNELS:-6.1 6.12 newest}; do
	for kargs in '' seccomp=off; do
		[ -z "$kargs" ] || [ "$kernel" = newest ] || continue
		with="$kernel${kargs:+ with $kargs}"
		ok "two machines boot with seeds ($with)" \
			boot seed '' "$script" KERNEL="$kernel" KARGS="$kargs"
		ok "they boot once more ($with)" \
			boot seed-again '' "$script" KERNEL="$kernel" KARGS="$kargs"
		ok "both runs show the same to programs, but for the TSC ($with)" \
			same_but_for_tsc seed seed-again
		ok_tsc "with $with" seed seed-again
		ok "the log says if programs see the host's TSC, and only then ($with)" \
			says_if_unrefused seed
		# shellcheck disable=SC2086
		ok "a host that only says that it refuses RDTSC is noticed ($with)" \
			notices "$kernel" time-travel=inf-cpu $kargs
		ok "all that is random differs between the machines ($with)" \
			all_differ seed 1 seed 2
		ok "the log warns that numbers are predictable ($with)" warns seed
		ok "the seed is not on the command line that programs see ($with)" \
			hidden seed
	done
	ok "two machines boot by messages with seeds ($kernel)" \
		boot seed-messages --no-shm "$script" KERNEL="$kernel"
	ok "they boot by messages once more ($kernel)" \
		boot seed-again --no-shm "$script" KERNEL="$kernel"
	ok "both runs by messages show the same to programs, but for the TSC ($kernel)" \
		same_but_for_tsc seed-messages seed-again
	ok_tsc "by messages with $kernel" seed-messages seed-again
	ok "two machines boot with another seed ($kernel)" \
		boot seed-other '' "$script" KERNEL="$kernel" SEED=2
	ok "all that is random differs with another seed ($kernel)" \
		all_differ seed 1 seed-other 1
	ok "two machines boot without a seed ($kernel)" \
		boot seedless '' "$script" KERNEL="$kernel" SEED=
	ok "they boot without a seed once more ($kernel)" \
		boot seedless-again '' "$script" KERNEL="$kernel" SEED=
	ok "all that is random differs between runs without a seed ($kernel)" \
		all_differ seedless 1 seedless-again 1
	ok "the log does not warn without a seed ($kernel)" unseeded seedless
	ok "a seed that is not a number is named ($kernel)" \
		says 'time-travel-seed=x: this is no 64-bit number' \
		"$(make uml KERNEL="$kernel" | tail -n 1)" time-travel-seed=x
	ok "without simulated time, the log says that a seed is no use ($kernel)" \
		useless "$kernel"
done

ok 'SEED=x is refused before anything is built' says 'SEED=x: not a number' \
	make boot SEED=x
finish
