#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# Stage 3: get the kernel's tree, without our patches, into $src: Debian's source,
# or a copy of the user's own tree, which may be in a tarball
. "$(dirname "$0")/lib.sh"
. "$top/scripts/kernel.sh"
use_kernel

fetched=$cache/fetch.$$

clean_up()
{
	rm -rf "$fetched" "$src.new"
	# empty if there is no such kernel
	rmdir "$kdir" 2>/dev/null || :
}

# download PACKAGE - fails unless the host's package lists have it
download()
{
	apt-get download -qq -o APT::Sandbox::User="$(id -un)" "$1"
}

# get PACKAGE - download it to the current directory, from the host's release of
# Debian or from a newer one
get()
{
	need_apt
	case $KERNEL in
	6.1|6.12) ;;
	*)
		"$top/scripts/newer.sh" fetch "$KERNEL"
		return ;;
	esac
	! download "$1" || return 0
	[ "$(id -u)" = 0 ] ||
		die "cannot download $1; as root: apt-get update. Or $instead"
	apt-get update -qq
	download "$1" || die "cannot download $1: $instead"
}

# fetch PACKAGE - download its .deb to the cache, unless it is there, and print the
# path
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

# copy_main - copy the tree of $main_kdir, with its build. So an unpatched tree, or
# another COPY, builds only what differs. Most of the source is never written to and
# so is hard-linked, but not the files that git tracks, nor the build.
copy_main()
{
	if [ "$kdir" = "$main_kdir" ] || [ -d "$src" ] ||
		! git -C "$main_kdir/src" rev-parse -q --verify base >/dev/null 2>&1; then
		return 0
	fi
	progress "copying $main_kdir"
	rm -rf "$src.new"
	(
		flock 8
		cp -al "$main_kdir/src" "$src.new"
		{
			git -C "$src.new" ls-files -z
			(cd "$src.new" && printf '%s\0' .git .uml* .debug .gcov .without)
		} | rsync -raI --from0 --files-from=- --ignore-missing-args \
			"$main_kdir/src/" "$src.new/"
		[ ! -e "$main_kdir/copied" ] || cp "$main_kdir/copied" "$kdir"
		[ -n "$SERIES" ] || cp "$main_kdir/patched" "$kdir"
	) 8<"$main_kdir"
	# otherwise git takes every file for changed, and rewrites it
	git -C "$src.new" update-index -q --refresh || :
	[ -z "$SERIES" ] || git -C "$src.new" reset -q --hard base
	mv "$src.new" "$src"
}

# unpack PACKAGE - unpack Debian's kernel source, unless it is there
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

# unpack_origin - unpack the user's tarball, unless the one there has the same content
unpack_origin()
{
	state=$(sha256sum <"$origin")
	[ "$(cat "$kdir/copied" 2>/dev/null)" != "$state" ] || return 0
	progress "unpacking $origin"
	check_unedited
	rm -rf "$src.new"
	mkdir "$src.new"
	tar -xf "$origin" -C "$src.new" --strip-components=1 ||
		die "cannot unpack $origin"
	check_tree "$src.new"
	rm -rf "$src" "$kdir/copied" "$kdir/patched"
	mv "$src.new" "$src"
	echo "$state" >"$kdir/copied"
}

# check_tree TREE - die unless it is a kernel with time-travel=ext:
check_tree()
{
	for part in arch/um arch/x86/um .; do
		[ -e "$1/$part/Makefile" ] ||
			die "$origin is no kernel tree: it has no $part/Makefile"
	done
	[ -e "$1/include/uapi/linux/um_timetravel.h" ] ||
		die "no series fits $origin: its UML has no time-travel=ext:"
}

origin_git()
{
	GIT_OPTIONAL_LOCKS=0 git -c safe.directory='*' "$@"
}

# list - print the source files of the user's tree, without those left from a build.
# Git knows them if the whole tree is in git. We take it to be so if the Makefile is
# in git, since git am also works in trees of which only a part is.
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

# copy - copy the user's tree to $src, unless nothing in it has changed. Patches
# are undone first, and files are compared by content: a file that is the same
# keeps its time and is not built again.
copy()
{
	list >"$kdir/files"
	state=$(cd "$origin" && xargs -0 stat -c '%n %s %y %A' <"$kdir/files" \
		2>/dev/null | sha256sum)
	[ "$(cat "$kdir/copied" 2>/dev/null)" != "$state" ] || return 0
	progress "copying $origin"
	check_unedited
	rm -f "$kdir/copied" "$kdir/patched"
	mkdir -p "$src"
	# if the next stage was interrupted early, there is no base
	! git -C "$src" rev-parse -q --verify base >/dev/null 2>&1 ||
		git -C "$src" reset -q --hard base
	# remove files that are no longer in the user's tree
	(cd "$src" && find . \( -name .git -o -path './.uml*' -o -path ./.debug -o \
		-path ./.gcov -o -path ./.without \) -prune -o ! -type d -print0) |
		sed -z 's,^\./,,' | sort -z >"$kdir/have"
	sed -z 's,^\./,,' "$kdir/files" | sort -z |
		comm -z -13 - "$kdir/have" | (cd "$src" && xargs -0r rm -f --)
	rsync -rlp --checksum --from0 --files-from="$kdir/files" \
		--ignore-missing-args "$origin/" "$src/"
	rm -rf "$src/.git"
	echo "$state" >"$kdir/copied"
}

stage 3 "$kname"
# git refuses to work in somebody else's tree
[ ! -e "$src" ] || [ -O "$src" ] ||
	die "$src belongs to $(stat -c %U "$src"): run make as that user"
if [ -f "$origin" ]; then
	lock "$kdir"
	copy_main
	unpack_origin
elif [ -n "$origin" ]; then
	check_tree "$origin"
	lock "$kdir"
	copy_main
	copy
else
	lock "$kdir"
	copy_main
	unpack "linux-source-$KERNEL"
fi
stage_done "$(awk -F ' *= *' '
	/^(VERSION|PATCHLEVEL|SUBLEVEL) =/ { text = text dot $2; dot = "." }
	END { print text }' "$src/Makefile")"
