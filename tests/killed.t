#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# A machine is killed and comes back, with memory, by messages and mixed, and the
# others notice nothing. KERNELS= says for which kernels.
. "$(dirname "$0")/lib.sh"
. tests/machines.sh
. tests/nets.sh

killed()
{
	late=
	case $version,$mode in
	*-unpatched,*) ;;
	*,memory) late=--late-join=shm ;;
	esac
	# shellcheck disable=SC2086
	ok "of three machines, one is killed and comes back ($how)" \
		scenario killed $late
	ok "round trips of the others take as long as ever ($how)" \
		by_clock 2 20000000 10000000
	ok "and not a nanosecond more or less ($how)" \
		apart two 10000000 200
	ok "the one that was killed gets answers, in the same time ($how)" \
		by_clock 3 20000000 10000000
}

each killed
finish
