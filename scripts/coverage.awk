# SPDX-License-Identifier: GPL-2.0
# Join the reasons, the counts and the added lines: print how many lines were run,
# and why each of the others was not. A reason is a line `file: text of the line`
# and below it, indented, why that line is not run; or `file: not compiled`.

input == "reasons" {
	if (/^\t/)
		reason[key] = reason[key] $0 "\n"
	else if (/^[^#]/) {
		listed[key = $0]++
		reason[key] = ""
	}
	next
}

input == "counts" {
	count[$1, $2] += $3
	next
}

{
	if (!($1 in total)) {
		files[++n] = $1
		total[$1] = run[$1] = 0
	}
	if (!(($1, $2) in count))
		next
	total[$1]++
	if (count[$1, $2]) {
		run[$1]++
		next
	}
	key = $1 ": " $3
	left = left $1 ":" $2 ": " $3 "\n"
	if (listed[key]-- > 0) {
		left = left reason[key]
		known++
	} else {
		unknown++
	}
}

END {
	for (i = 1; i <= n; i++) {
		file = files[i]
		key = file ": not compiled"
		if (total[file])
			printf "%-36s %4d of %4d\n", file, run[file], total[file]
		else if (listed[key]-- > 0)
			left = left key "\n" reason[key]
		all += total[file]
		did += run[file]
	}
	printf "%s", left
	for (key in listed)
		if (listed[key] > 0) {
			print "listed, but run or gone: " key
			failed = 1
		}
	printf "%d of %d lines run, %d left with a reason", did, all, known
	printf unknown ? ", %d without\n" : "\n", unknown
	exit failed || unknown
}
