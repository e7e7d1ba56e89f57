# SPDX-License-Identifier: GPL-2.0
# Completion of tt-lab in bash: . lab/tt-lab.bash
# shellcheck shell=bash

# __tt_lab_machines FILE - print the machines of a lab, as far as they can be told
# from its lines
__tt_lab_machines()
{
	awk '/^machines:/ { inside = 1; next }
		/^[^ #]/ { inside = 0 }
		inside && match($0, /^ +/) {
			if (!depth)
				depth = RLENGTH
			if (RLENGTH == depth) {
				sub(/^ +/, "")
				sub(/:.*/, "")
				print
			}
		}' "$1" 2>/dev/null
}

__tt_lab()
{
	local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD - 1]}
	local commands='run check verify shell gdb' file='' i

	COMPREPLY=()
	compopt -o default 2>/dev/null
	case $before in
	-o | --output | --build | --against)
		mapfile -t COMPREPLY < <(compgen -d -- "$word")
		return ;;
	esac
	case $word in
	-*)
		mapfile -t COMPREPLY < <(compgen -W '--output --set --build
			--against --jobs --json --quiet --help --version' -- "$word")
		return ;;
	esac
	for ((i = 1; i < COMP_CWORD; i++)); do
		case ${COMP_WORDS[i]} in
		*.yaml) file=${COMP_WORDS[i]} ;;
		esac
	done
	if [[ -n $file ]]; then
		case ${COMP_WORDS[1]} in
		shell | gdb)
			mapfile -t COMPREPLY < <(compgen -W \
				"$(__tt_lab_machines "$file")" -- "$word") ;;
		esac
		return
	fi
	mapfile -t COMPREPLY < <(compgen -f -X '!*.yaml' -- "$word"
		compgen -d -- "$word")
	[[ $COMP_CWORD != 1 ]] ||
		mapfile -t -O ${#COMPREPLY[@]} COMPREPLY < <(compgen -W \
			"$commands" -- "$word")
}
complete -F __tt_lab tt-lab
