#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# Stage 2: a copy of the kernel tree in $src, as it is without our patches
. "$(dirname "$0")/lib.sh"

fetched=$cache/fetch.$$

clean_up()
{
	rm -rf "$fetched"
	# of a kernel that there is not
	rmdir "$kdir" 2>/dev/null || :
}

# download PACKAGE - if the machine's lists have it
download()
{
	apt-get download -qq -o APT::Sandbox::User="$(id -un)" "$1"
}

# get PACKAGE - into the current directory: from the machine's own release, or
# a newer one
get()
{
	case $KERNEL in
	6.1|6.12) ;;
	*)
		"$top/scripts/newer.sh" fetch "$KERNEL"
		return ;;
	esac
	! download "$1" || return 0
	[ "$(id -u)" = 0 ] || die "cannot download $1; as root: apt-get update"
	apt-get update -qq
	download "$1" || die "cannot download $1"
}

# fetch PACKAGE - print the path of its .deb in the cache, got if need be
fetch()
{
	mkdir -p "$cache"
	deb=$(find "$cache" -maxdepth 1 -name "$1_*.deb" | sort -V | tail -n 1)
	if [ -z "$deb" ]; then
		rm -rf "$fetched"
		mkdir "$fetched"
		(cd "$fetched" && get "$1") >&2 || return
		mv "$fetched"/*.deb "$cache"
		deb=$(find "$cache" -maxdepth 1 -name "$1_*.deb")
	fi
	echo "$deb"
}

# unpack PACKAGE - Debian's kernel source, once
unpack()
{
	[ ! -d "$src" ] || return 0
	progress "fetching $1"
	deb=$(fetch "$1")
	progress "unpacking $(basename "$deb")"
	rm -rf "$src.new"
	mkdir -p "$src.new"
	dpkg-deb --fsys-tarfile "$deb" |
		tar -xO "./usr/src/$1.tar.xz" |
		tar -xJ -C "$src.new" --strip-components=1
	mv "$src.new" "$src"
}

origin_git()
{
	GIT_OPTIONAL_LOCKS=0 git -c safe.directory='*' "$@"
}

# what of a tree is source; the rest may be an old build. For git am it is
# enough that some of a tree is in git, which then does not know the rest.
list()
{
	cd "$origin"
	if [ -e .git ] &&
		origin_git ls-files --error-unmatch Makefile >/dev/null 2>&1; then
		origin_git ls-files -z --cached --others --exclude-standard
	else
		find . \( -name .git -o -name '*.o' -o -name '*.a' -o -name '*.ko' -o \
			-name '.*.cmd' -o -path ./.config -o \
			-path ./include/config -o -path '*/include/generated' \) \
			-prune -o ! -type d -print0
	fi
}

# copy - the user's tree, again if a file of it changed. Patched files go back
# to what they were first, and all files are compared by content: one that is
# the same keeps its time and is not built again.
copy()
{
	list >"$kdir/files"
	state=$(cd "$origin" && xargs -0 stat -c '%n %s %y %A' <"$kdir/files" \
		2>/dev/null | sha256sum)
	[ "$(cat "$kdir/copied" 2>/dev/null)" != "$state" ] || return 0
	progress "copying $origin"
	nothing_to_lose
	rm -f "$kdir/copied" "$kdir/patched"
	mkdir -p "$src"
	# unless stage 3 was interrupted before there was such a state
	! git -C "$src" rev-parse -q --verify base >/dev/null 2>&1 ||
		git -C "$src" reset -q --hard base
	# files that are gone from the tree go from the copy
	(cd "$src" && find . -name .git -prune -o ! -type d -print0) |
		sed -z 's,^\./,,' | sort -z >"$kdir/have"
	sed -z 's,^\./,,' "$kdir/files" | sort -z |
		comm -z -13 - "$kdir/have" | (cd "$src" && xargs -0r rm -f --)
	rsync -rlp --checksum --from0 --files-from="$kdir/files" \
		--ignore-missing-args "$origin/" "$src/"
	rm -rf "$src/.git"
	echo "$state" >"$kdir/copied"
}

stage 2 "$kname"
# git would refuse to work there, and what it may not read it does not see
[ ! -e "$src" ] || [ -O "$src" ] ||
	die "$src belongs to $(stat -c %U "$src"): run make as that user"
if [ -n "$origin" ]; then
	for part in arch/um arch/x86/um .; do
		[ -e "$origin/$part/Makefile" ] ||
			die "$origin is no kernel tree: it has no $part/Makefile"
	done
	[ -e "$origin/include/uapi/linux/um_timetravel.h" ] ||
		die "no series fits $origin: its UML has no time-travel=ext:"
	lock "$kdir"
	copy
else
	lock "$kdir"
	unpack "linux-source-$KERNEL"
fi
stage_done "$(awk -F ' *= *' '
	/^(VERSION|PATCHLEVEL|SUBLEVEL) =/ { text = text dot $2; dot = "." }
	END { print text }' "$src/Makefile")"
