#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# The patches carry exactly the files they are made from, and read well
. "$(dirname "$0")/lib.sh"

# carried KERNEL - whole files and patched tree agree; 6.12 has a client and a
# header of its own
carried()
{
	status=0 ours=
	[ "$1" != 6.1 ] || ours=include-uapi/linux:include/uapi/linux
	for pair in $ours arch-um-kernel:arch/um/kernel kunit:arch/um/kernel \
		kunit/"$1":arch/um/kernel docs:Documentation/virt/uml; do
		from=${pair%:*}
		for file in "$from"/*.[chr]* "$from"/.[a-z]*; do
			[ -f "$file" ] || continue
			case $1,$file in 6.12,*/timetravel_shm.*) continue ;; esac
			cmp "$file" "build/$1/src/${pair#*:}/${file##*/}" || status=1
		done
	done
	return $status
}

# From standard input: a file in git it takes for source. New files belong to
# the maintainers of arch/um, which MAINTAINERS names by directory.
checkpatch()
{
	build/6.1/src/scripts/checkpatch.pl --strict --no-summary --no-tree \
		--ignore FILE_PATH_CHANGES --terse - <"$1"
}

# applies KERNEL SCRIPT - git am takes the series where sed has changed time.c so
applies()
{
	rm -rf "$tmp/other"
	git -C "build/$1/src" worktree prune
	git -C "build/$1/src" worktree add -q --detach "$tmp/other" base || return 1
	sed -i "$2" "$tmp/other/arch/um/kernel/time.c"
	git -C "$tmp/other" commit -q -a --allow-empty -m 'another tree' &&
		git -C "$tmp/other" am -q --empty=drop "$top/patches/$1"/0*.patch
}

# before 6.1.103 and 6.6.44, and after that
seconds='s/start=<nanoseconds>/start=<seconds>/; s/__setup("time-travel-start=/__setup("time-travel-start/'
nanoseconds='s/start=<seconds>/start=<nanoseconds>/; s/__setup("time-travel-start"/__setup("time-travel-start="/'

# renders FILE - docutils has nothing to say about it
renders()
{
	python3 -m docutils --report=info --exit-status=info "$1" /dev/null
}

# has_cover_letter KERNEL - it says how many patches follow
has_cover_letter()
{
	count=$(find "patches/$1" -name '0*.patch' ! -name '0000-*' | wc -l)
	grep "^Subject: \[PATCH 0/$count\] " "patches/$1/0000-cover-letter.patch"
}

# without KERNEL - what the series changes builds without time-travel, gcc has
# nothing to say about it, and no symbol is missed
without()
{
	out=build/$1/src/.without
	mkdir -p "$out"
	sed 's/^\(CONFIG_UML_TIME_TRAVEL_SUPPORT\)=y/# \1 is not set/' \
		"build/$1/uml/.config" >"$out/.config"
	rm -rf "$out/arch/um"
	KERNEL=$1 scripts/kmake.sh O="$top/$out" olddefconfig prepare || return 1
	KERNEL=$1 scripts/kmake.sh O="$top/$out" -j2 \
		arch/um/drivers/ arch/um/kernel/ arch/um/os-Linux/ \
		>"$out/log" 2>&1 || {
		cat "$out/log"
		return 1
	}
	no grep 'arch/um/.*warning:' "$out/log" &&
		find "$out/arch/um" -name '*.o' -exec nm {} + | awk '
			$1 == "U"	{ used[$2] }
			NF == 3		{ defined[$3] }
			END { for (symbol in used)
				if (symbol ~ /time_?travel/ &&
				    !(symbol in defined)) {
					print symbol " is missing"
					bad = 1
				}
			      exit bad }'
}

ok 'docs/time-travel-ext.rst renders' renders docs/time-travel-ext.rst
for kernel in 6.1 6.12; do
	need make uml KERNEL=$kernel
	ok "the $kernel series builds without CONFIG_UML_TIME_TRAVEL_SUPPORT" \
		without $kernel
	ok "the $kernel series applies where time-travel-start= says <seconds>" \
		applies $kernel "$seconds"
	ok "the $kernel series applies where it says <nanoseconds>" \
		applies $kernel "$nanoseconds"
	ok "the $kernel series gives exactly the whole files" carried $kernel
done
for series in 6.1 6.12 6.1-hosts 6.12-hosts 7.2-hosts; do
	ok "the $series series begins with a cover letter" \
		has_cover_letter $series
	for patch in patches/"$series"/0*.patch; do
		case $patch in */0000-*) continue ;; esac
		ok "checkpatch --strict finds nothing in $patch" checkpatch "$patch"
	done
done
finish
