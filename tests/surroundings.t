#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# What a host or a container is like does not break machines, and they leave
# nothing behind there: tests/outside.sh has the boots. KERNELS= says for which
# kernels.
. "$(dirname "$0")/lib.sh"

# with KERNEL FUNCTION
with()
{
	KERNEL=$1 tests/outside.sh "$2"
}

need make controller image
for kernel in ${KERNELS:-6.1 6.12 newest}; do
	need make uml KERNEL="$kernel"
	ok "a machine that is killed leaves no process ($kernel)" \
		with "$kernel" killed
	ok "signals leave a program's largest registers alone ($kernel)" \
		with "$kernel" vectors
	ok "programs run on hosts with AMX ($kernel)" with "$kernel" amx
	ok "a machine needs no /dev/shm ($kernel)" with "$kernel" small_shm
	ok "a TMPDIR that is mounted noexec is named ($kernel)" \
		with "$kernel" tmpdir
	ok "each run has as much memory as the others ($kernel)" \
		with "$kernel" addresses
	ok "a machine has more processes than open files ($kernel)" \
		with "$kernel" files
	[ "$kernel" = newest ] || continue
	for mode in killed vectors files; do
		ok "with seccomp=on as well: $mode ($kernel)" \
			with "$kernel" ${mode}_seccomp
	done
done
finish
