# SPDX-License-Identifier: GPL-2.0
# Print each test that has ended according to a kernel's log, in order, with its
# result in front: `ok suite.test`, `not ok suite.test "row"`
/^ *# Subtest: / {
	path[level()] = substr($0, index($0, ": ") + 2)
}
# for a test without rows the statistics come before the result
/^ *# [^ ]+: pass:[0-9]+ fail:[0-9]+ / && level() == 1 {
	name = substr($2, 1, length($2) - 1)
	if (name != path[2])
		result($4 == "fail:0" ? "ok" : "not ok", name)
}
/^ *(not )?ok [0-9]+ / {
	name = $0
	sub(/^ *(not )?ok [0-9]+ (- )?/, "", name)
	sub(/ # SKIP.*/, "", name)
	if (name == path[level() + 1])
		path[level() + 1] = ""	# its rows have been printed
	else
		result(/^ *not/ ? "not ok" : "ok", name)
}

function result(ok, name)
{
	if (level() == 2)
		name = path[2] " \"" name "\""
	name = path[1] "." name
	if (!(name in said) && level() > 0)
		print ok, name
	said[name]
}

function level()
{
	match($0, /^ */)
	return int(RLENGTH / 4)
}
