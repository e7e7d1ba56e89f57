# SPDX-License-Identifier: GPL-2.0
# From a kernel's log, each test that ended, in order, with its result in front:
# `ok suite.test`, `not ok suite.test "row"`
/^ *# Subtest: / {
	path[level()] = substr($0, index($0, ": ") + 2)
}
/^ *(not )?ok [0-9]+ / {
	result = /^ *not/ ? "not ok" : "ok"
	name = $0
	sub(/^ *(not )?ok [0-9]+ (- )?/, "", name)
	if (sub(/ # SKIP.*/, "", name))
		result = "skip"
	at = level()
	if (name == path[at + 1])
		path[at + 1] = ""	# of what was below, which said more
	else if (at == 1)
		print result, path[1] "." name
	else if (at == 2)
		printf "%s %s.%s \"%s\"\n", result, path[1], path[2], name
}

function level()
{
	match($0, /^ */)
	return int(RLENGTH / 4)
}
