# SPDX-License-Identifier: GPL-2.0
# Shared by all scripts: places, the kernel asked for, stages, errors.
# shellcheck shell=sh disable=SC2034

set -eu
unset MAKEFLAGS MFLAGS MAKELEVEL MAKEOVERRIDES GIT_DIR GIT_WORK_TREE GIT_INDEX_FILE
export LC_ALL=C

# the user's git settings (hooks, signatures, line ends) are none of ours
export GIT_CONFIG_GLOBAL=/dev/null GIT_CONFIG_NOSYSTEM=1
export GIT_AUTHOR_NAME=um-timetravel GIT_AUTHOR_EMAIL=um-timetravel@localhost
export GIT_COMMITTER_NAME=$GIT_AUTHOR_NAME
export GIT_COMMITTER_EMAIL=$GIT_AUTHOR_EMAIL

top=$(cd "$(dirname "$0")/.." && pwd)
build=$top/build
# a tree in there that is not in git yet is not part of this repository
export GIT_CEILING_DIRECTORIES="$build"
cache=${XDG_CACHE_HOME:-$HOME/.cache}/um-timetravel
stages=6
stage=
children=

# take the line away that progress rewrites
clear_line()
{
	[ ! -t 1 ] || printf '\r\033[K'
}

die()
{
	clear_line
	echo "error: $*" >&2
	exit 1
}

# nothing_to_lose - die if somebody has worked in $src since the series went in,
# before that is made anew
nothing_to_lose()
{
	clean=$(sed -n 3p "$kdir/patched" 2>/dev/null || :)
	[ -z "$clean" ] || { [ "$(git -C "$src" rev-parse HEAD)" = "$clean" ] &&
		git -C "$src" diff --quiet HEAD; } ||
		die "$src has commits or edits that are in no patch, and is to be made anew: keep them elsewhere, then git reset --hard $clean"
}

# number NAME LEAST - the variable of that name is one, and not less than that
number()
{
	eval "value=\$$1"
	# shellcheck disable=SC2154
	case $value in
	*[!0-9]*|''|0?*) die "$1=$value: no number" ;;
	esac
	[ "$value" -ge "$2" ] || die "$1=$value: at least $2"
}

now()
{
	date +%s%N
}

# seconds NS - a duration as text
seconds()
{
	printf '%d.%d s' $(($1 / 1000000000)) $(($1 / 100000000 % 10))
}

# stage NUMBER NAME - begin a stage; it fails unless stage_done is reached
stage()
{
	stage="[$1/$stages] $2"
	stage_start=$(now)
}

# progress TEXT - how far the stage is: a rewritten line on a terminal, a line
# every 20 s elsewhere
progress()
{
	if [ -t 1 ]; then
		printf '\r%s: %s, %s\033[K' "$stage" "$1" \
			"$(seconds $(($(now) - stage_start)))"
	elif [ $(($(now) - ${progress_last:-0})) -ge 20000000000 ]; then
		progress_last=$(now)
		echo "$stage: $1, $(seconds $((progress_last - stage_start)))"
	fi
}

# stage_done [TEXT] - what came of it
# shellcheck disable=SC2120
stage_done()
{
	clear_line
	echo "$stage: ${1:+$1, }$(seconds $(($(now) - stage_start)))"
	stage=
}

# lock DIRECTORY - wait until no other make works in it; until the script ends.
# A script that was started by one with the lock shares it.
lock()
{
	mkdir -p "$1"
	[ "$(readlink /proc/$$/fd/9)" = "$(realpath "$1")" ] || exec 9<"$1"
	flock -n 9 || {
		progress 'waiting for another make'
		flock 9
	}
}

# children are session leaders, so that whatever they started dies with them
kill_children()
{
	for pid in $children ${!-}; do
		kill -s KILL -- "-$pid" 2>/dev/null || :
	done
	children=
}

# kill the kernel that kunit.py has started: it is in a session of its own, out
# of reach of kill_children
kill_kunit()
{
	grep -lsz '^kunit_shutdown=' /proc/[0-9]*/cmdline | while read -r file; do
		dir=${file%/cmdline}
		[ "$(readlink "$dir/exe")" != "$out/linux" ] ||
			kill -s KILL "${dir#/proc/}"
	done 2>/dev/null || :
}

# machine NAME TIME-TRAVEL SCENARIO [COMMAND...] - start one as $!, by COMMAND if
# there is one. It has a directory of its own: `console`, and `result`, which it
# writes itself through hostfs. A second console would be the usual channel, but
# UML's terminals want descriptors that can be polled, and answer to them at the
# host's hours: a file does neither.
machine()
{
	machine=$1 time=$2 steps=$(echo "$3" | sed "s/%/$1/g")
	shift 3
	mkdir -p "$machine"
	# a terminal without a keyboard: a pipe that nobody writes to
	mkfifo "$machine/stdin"
	cd "$machine"
	# shellcheck disable=SC2086
	setsid "$@" setarch -R "$out/linux" mem=64M umid="machine$machine" \
		uml_dir=./ time-travel="$time" hostfs=/proc/self/cwd \
		initrd="$build/initramfs.cpio" root=/dev/ram0 \
		con0=fd:0,fd:1 console=tty0 panic=-1 kunit.enable=0 $KARGS \
		-- $steps 0<>stdin >console 2>host 9<&- &
	children="$children $!"
	cd ..
}

# what else a script has to take away, however it ends
clean_up()
{
	:
}

on_exit()
{
	status=$?
	trap - EXIT INT TERM HUP QUIT PIPE
	kill_children
	clean_up
	if [ "$status" != 0 ] && [ -n "$stage" ]; then
		clear_line
		echo "$stage: broke after" \
			"$(seconds $(($(now) - stage_start)))" >&2
	fi
	exit "$status"
}
trap on_exit EXIT
trap 'exit 130' INT
trap 'exit 143' TERM
trap 'exit 129' HUP
trap 'exit 131' QUIT
trap 'exit 141' PIPE

case $top in
*[[:space:]:]*) die "no kernel can be built in '$top': it has spaces or colons" ;;
esac

# what KERNEL stands for: $kname in messages, $src its copy, $out the build,
# $origin the user's tree if it is one
[ "${KERNEL:=6.1}" != newest ] || KERNEL=$("$top/scripts/newer.sh" newest)
case $KERNEL in
[1-9].[0-9]|[1-9].[1-9][0-9]|[1-9][0-9].[0-9]|[1-9][0-9].[1-9][0-9])
	kname="Linux $KERNEL"
	kdir=$build/$KERNEL
	origin=
	;;
*)
	[ -d "$KERNEL" ] ||
		die "KERNEL=$KERNEL: give a version such as 6.1, newest, or the path of a kernel tree"
	origin=$(cd "$KERNEL" && pwd -P)
	kname=$origin
	kdir=$build/$(basename "$origin" | tr -c 'A-Za-z0-9._\n-' _)
	kdir=$kdir-$(echo "$origin" | cksum | cut -d' ' -f1)
	;;
esac
case ${SERIES:=} in
'') ;;
none) kdir=$kdir-unpatched ;;
*) die "SERIES=$SERIES: there is only none" ;;
esac
src=$kdir/src
out=$kdir/uml
# other builds of the same tree: one that checks itself, one that counts the lines
# it runs
case ${CONFIG:=} in
'') ;;
debug|gcov) out=$kdir/$CONFIG ;;
*) die "CONFIG=$CONFIG: there are only debug and gcov" ;;
esac
