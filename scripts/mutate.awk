# SPDX-License-Identifier: GPL-2.0
# awk -f mutate.awk MUTANT SOURCE - print the source with the mutant's hunk
# applied. The hunk's lines must be in the mutant's function exactly once.
FNR == NR {
	if (FNR == 2)
		name = $2
	if (FNR > 2 && /^[- ]/)
		old[++n_old] = substr($0, 2)
	if (FNR > 2 && /^[+ ]/)
		new[++n_new] = substr($0, 2)
	next
}
/^[^ \t#\/*]/ && !/;$/ && $0 ~ "(^|[ *])" name "[(]" {
	inside = functions = 1
}
/^}/ {
	inside = 0
}
{
	line[FNR] = $0
	for (i = 0; inside && i < n_old; i++)
		if (line[FNR - i] != old[n_old - i])
			break
	if (inside && i == n_old) {
		found++
		at = FNR - n_old + 1
	}
}
END {
	if (!functions)
		wrong = "there is no " name "()"
	else if (found != 1 || !n_old)
		wrong = "its lines are in " name "() " found + 0 " times, not once"
	if (wrong) {
		print wrong >"/dev/stderr"
		exit 1
	}
	for (i = 1; i <= FNR; i++) {
		if (i == at)
			for (k = 1; k <= n_new; k++)
				print new[k]
		if (i < at || i >= at + n_old)
			print line[i]
	}
}
