# SPDX-License-Identifier: GPL-2.0
# Shared by all scripts: places, errors, stages, locks, child processes.
# shellcheck shell=sh disable=SC2034

set -eu
umask 022
unset MAKEFLAGS MFLAGS MAKELEVEL MAKEOVERRIDES GIT_DIR GIT_WORK_TREE GIT_INDEX_FILE
export LC_ALL=C

# ignore the user's git settings (hooks, signatures, line ends)
export GIT_CONFIG_GLOBAL=/dev/null GIT_CONFIG_NOSYSTEM=1
export GIT_AUTHOR_NAME=um-timetravel GIT_AUTHOR_EMAIL=um-timetravel@localhost
export GIT_COMMITTER_NAME=$GIT_AUTHOR_NAME
export GIT_COMMITTER_EMAIL=$GIT_AUTHOR_EMAIL

top=$(cd "$(dirname "$0")/.." && pwd)
build=$top/build
# git must not take a tree in build/ for a part of this repository
export GIT_CEILING_DIRECTORIES="$build"
cache=${XDG_CACHE_HOME:-$HOME/.cache}/um-timetravel
# for hosts that do not have a kernel's source
instead='give the path of a kernel tree or of a release, as in KERNEL=linux-6.1.170.tar.xz'
stages=6
stage=
children=

# clear_line - erase the line that progress() rewrites
clear_line()
{
	[ ! -t 1 ] || printf '\r\033[K'
}

# stage_failed - print that the stage has failed, if one has begun
stage_failed()
{
	clear_line
	[ -z "$stage" ] || echo "$stage: failed after" \
		"$(seconds $(($(now) - stage_start)))" >&2
	stage=
}

# die TEXT - end the script with an error; its text is the last line
die()
{
	stage_failed
	echo "error: $*" >&2
	exit 1
}

# check_number NAME LEAST - die unless the variable NAME is a number and at least
# LEAST
check_number()
{
	eval "value=\$$1"
	# shellcheck disable=SC2154
	case $value in
	*[!0-9]*|''|0?*) die "$1=$value: not a number" ;;
	esac
	[ ${#value} -le 9 ] || die "$1=$value: too large"
	[ "$value" -ge "$2" ] || die "$1=$value: must be at least $2"
}

# need_apt - die unless the host is a Debian or the like, from which a kernel's source
# can be had
need_apt()
{
	command -v apt-get >/dev/null ||
		die "KERNEL=$KERNEL is a package of Debian, and this host has no apt-get: $instead"
}

# now - the host's time in ns
now()
{
	date +%s%N
}

# seconds NS - print a duration in seconds
seconds()
{
	printf '%d.%d s' $(($1 / 1000000000)) $(($1 / 100000000 % 10))
}

# stage NUMBER NAME - begin a stage; if the script ends before stage_done, the
# stage has failed
stage()
{
	stage="[$1/$stages] $2"
	stage_start=$(now)
}

# progress TEXT - say how far the stage is: on a terminal by rewriting one line,
# elsewhere by a new line every 20 s
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

# stage_done [TEXT] - end the stage and print TEXT, its result
# shellcheck disable=SC2120
stage_done()
{
	clear_line
	echo "$stage: ${1:+$1, }$(seconds $(($(now) - stage_start)))"
	stage=
}

# lock DIRECTORY - hold the lock of DIRECTORY until the script ends. If another
# make has the lock, wait for it. A script shares the lock of its parent script.
lock()
{
	mkdir -p "$1"
	[ "$(readlink /proc/$$/fd/9)" = "$(realpath "$1")" ] || exec 9<"$1"
	flock -n 9 || {
		# without a stage, what we print may be taken for the result
		[ -z "$stage" ] || progress 'waiting for another make'
		flock 9
	}
}

# kill_children - kill each of $children, and whatever it has started: each leads
# a session
kill_children()
{
	for pid in $children ${!-}; do
		kill -s KILL -- "-$pid" 2>/dev/null || :
	done
	children=
}

# clean_up - a script redefines this to remove more on exit, however it ends
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
	[ "$status" = 0 ] || stage_failed
	exit "$status"
}
trap on_exit EXIT
trap 'exit 130' INT
trap 'exit 143' TERM
trap 'exit 129' HUP
trap 'exit 131' QUIT
trap 'exit 141' PIPE
