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

# Not for user space: the kernel's names of types and attributes. Not for us:
# strings are not split, and checkpatch misreads queue(3) and inttypes.h.
unwanted=PREFER_KERNEL_TYPES,PREFER_DEFINED_ATTRIBUTE_MACRO,ARRAY_SIZE,BIT_MACRO
unwanted=$unwanted,NETWORKING_BLOCK_COMMENT_STYLE,VOLATILE,UNSPECIFIED_INT
unwanted=$unwanted,LONG_LINE_STRING,EMBEDDED_FUNCTION_NAME,TYPO_SPELLING
unwanted=$unwanted,LINE_SPACING,CAMELCASE,MACRO_ARG_REUSE,LONG_LINE
unwanted=$unwanted,STATIC_CONST_CHAR_ARRAY,QUOTED_WHITESPACE_BEFORE_NEWLINE

# checkpatch leaves a file where it runs
checkpatch()
{
	git ls-files --cached --others --exclude-standard -- bench client \
		controller include lab net rootfs | grep '\.[ch]$' |
		sed "s,^,$top/," | (
			cd "$tmp" && xargs "$build/6.1/src/scripts/checkpatch.pl" \
				--strict --no-tree --terse --no-summary \
				--show-types --ignore $unwanted -f
		)
}

ok 'every file names its licence' licensed
ok 'no file names the host of a package registry' no_hosts
ok 'shellcheck finds nothing in scripts/ and the like' shellcheck scripts/*.sh rootfs/init .ci/run lab/tt-lab.bash
ok 'shellcheck finds nothing in tests/' shellcheck tests/*.sh tests/*.t
rm -rf "$build/test/warnings"
ok 'the C code compiles without a warning' compiles
need make tree KERNEL=6.1
ok 'checkpatch --strict finds nothing in the C code' checkpatch
finish
