# SPDX-License-Identifier: GPL-2.0
# For outside.sh and scenario.sh, which start machines by scripts/machine.sh. If
# such a script fails, the last line says why.
# shellcheck shell=sh disable=SC2034,SC2154

# of all machines: wall clock at time 0
epoch=1700000000000000000

# wrong TEXT - this is what is wrong
wrong()
{
	echo "$*"
	exit 1
}

# until_done COMMAND... - it succeeds, within $patience seconds
until_done()
{
	for _ in $(seq $((patience * 20))); do
		! "$@" || return 0
		sleep 0.05
	done
	return 1
}

# ended PID - it has
ended()
{
	! kill -0 "$1" 2>/dev/null
}
