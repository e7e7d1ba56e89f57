#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# Every file says its licence, and neither C nor shell has what a tool warns of
. "$(dirname "$0")/lib.sh"

licensed()
{
	# a patch carries the licence of the files that it changes
	git ls-files --cached --others --exclude-standard | while read -r file; do
		case $file in
		LICENSES/* | NEWS | *.patch | *.md | .gitignore | */.gitignore) continue ;;
		esac
		head -n 3 "$file" | grep -q 'SPDX-License-Identifier: ' ||
			echo "$file"
	done | no grep .
}

no_hosts()
{
	git grep -nIE 'https?://[a-z0-9.]*(debian|pypi|npmjs|crates)\.' \
		-- . ':!LICENSES' | no grep .
}

compiles()
{
	for dir in controller client lab bench rootfs; do
		make -C $dir O="$build/test/warnings" CFLAGS='-O2 -Werror' ||
			return
	done
}

ok 'every file names its licence' licensed
ok 'no file names the host of a package registry' no_hosts
ok 'shellcheck finds nothing in scripts/' shellcheck scripts/*.sh rootfs/init .ci/run
ok 'shellcheck finds nothing in tests/' shellcheck tests/*.sh tests/*.t
rm -rf "$build/test/warnings"
ok 'the C code compiles without a warning' compiles
finish
