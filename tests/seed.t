#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# A machine with a seed shows its programs the same in each run, random numbers
# included. KERNELS= says for which kernels.
. "$(dirname "$0")/lib.sh"
. tests/machines.sh

# time passes between the two, so that the generator is seeded anew
script='fingerprint sleep:1000 wakes:100 fingerprint'

# what follows from random numbers alone
random='at_random getrandom mkstemp /proc/sys/kernel/random/uuid:
	/proc/sys/kernel/random/boot_id: stack segment'

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

# useless KERNEL - a seed without time-travel=
useless()
{
	"$(make uml KERNEL="$1" | tail -n 1)" mem=32M umid=seed$$ uml_dir="$tmp/" \
		con=null con0=null,fd:1 console=tty0 panic=-1 kunit.enable=0 \
		rdinit=/none root=/none time-travel-seed=1 </dev/null >"$tmp/console" 2>&1
	grep 'without time-travel=inf-cpu or ext: they still depend' "$tmp/console"
}

for kernel in ${KERNELS:-6.1 6.12 newest}; do
	for kargs in '' seccomp=on; do
		[ -z "$kargs" ] || [ "$kernel" = newest ] || continue
		with="$kernel${kargs:+ with $kargs}"
		ok "two machines boot with seeds ($with)" \
			boot seed '' "$script" KERNEL="$kernel" KARGS="$kargs"
		ok "they boot once more ($with)" \
			boot seed-again '' "$script" KERNEL="$kernel" KARGS="$kargs"
		ok "both runs show the same to programs ($with)" \
			same seed seed-again
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
	ok "both runs by messages show the same to programs ($kernel)" \
		same seed-messages seed-again
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
