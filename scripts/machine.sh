# SPDX-License-Identifier: GPL-2.0
# For scripts that start machines and a controller for them; use_kernel comes
# first. Both run in sessions of their own and are killed when the script ends.
# shellcheck shell=sh disable=SC2034,SC2154

# a prefix for the commands that start them, such as `timeout 60`
run_with=

# Our kernels see to it themselves that the host gives them the same addresses each
# time, others do not. Containers may not allow it.
steady=
! setarch -R true 2>/dev/null || steady='setarch -R'

# the word for the kernels' command lines that has programs run without ptrace; see
# check_kernel
seccomp=

# machine NAME ARGUMENT... - start a machine in the directory NAME, as $!.
# The ARGUMENTs are for the kernel's command line; after `--` come the steps of
# rootfs/guest.c. The machine itself writes `result` there, through hostfs: on a
# second console, the host would decide how fast the machine can write. `console`
# has the kernel's messages, and `host` UML's messages on the host. Linux 6.1 lets
# programs wait for random numbers unless it trusts the host's.
machine()
{
	mkdir -p "$1"
	cd "$1" || return
	shift
	# an input that is always empty and never ends
	[ -e stdin ] || mkfifo stdin
	# shellcheck disable=SC2086
	setsid $run_with $steady "$out/linux" mem=64M uml_dir=./ \
		hostfs=/proc/self/cwd initrd="$build/initramfs.cpio" \
		root=/dev/ram0 console=tty0 panic=-1 kunit.enable=0 \
		random.trust_cpu=on $seccomp "$@" \
		0<>stdin >console 2>host 9<&- &
	children="$children $!"
	cd .. || return
}

# check_kernel - die unless $out/linux is a UML kernel that this host can run. If it
# knows how, programs run with seccomp, about twice as fast, where the host allows it.
check_kernel()
{
	version=$("$out/linux" --version 2>&1 | head -n 1 | tr -cd '[:print:]')
	case $version in
	[0-9]*.[0-9]*.[0-9]*) ;;
	*) die "no machine can start: $out/linux is no UML kernel for this host: ${version:-it does not say its version}" ;;
	esac
	! grep -q 'seccomp=<on' "$out/linux" || seccomp=seccomp=auto
}

# start_controller OPTION... - start the controller, as $controller, in the
# current directory: its log is `controller`, its socket `socket`. Fails if there
# is no socket after 5 s.
start_controller()
{
	# shellcheck disable=SC2086
	setsid $run_with "$build/tt-controller" "$@" socket \
		>controller 2>&1 9<&- &
	controller=$!
	children="$children $controller"
	for _ in $(seq 100); do
		[ ! -S socket ] || return 0
		kill -0 "$controller" 2>/dev/null || return 1
		sleep 0.05
	done
	return 1
}
