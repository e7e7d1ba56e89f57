#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# The stages refuse what they cannot do, say why, and leave nothing behind
. "$(dirname "$0")/lib.sh"

trap 'rm -rf "$tmp" build/tree-*-* build/linux-9.*' EXIT

# what of a kernel tree the first three stages look at
tree()
{
	mkdir -p "$tmp/$1"
	git -C build/6.1/src archive base | tar -x -C "$tmp/$1"
	cp build/6.1/src/Makefile "$tmp/$1"
}

snapshot()
{
	find "$tmp/$1" -printf '%p %s %T@ %C@ %m\n' | sort
}

patched()
{
	grep -q UM_TIMETRAVEL_SCHEDSHM_VERSION \
		build/"$1"-*/src/include/uapi/linux/um_timetravel.h
}

# untouched NAME - stages 1 to 3 take the tree and leave it as it is
untouched()
{
	snapshot "$1" >"$tmp/before"
	make series KERNEL="$tmp/$1" || return 1
	snapshot "$1" >"$tmp/after"
	diff "$tmp/before" "$tmp/after" && patched "$1"
}

# what stages 1 to 3 write when nothing is to be done
nothing_new()
{
	make series KERNEL="$tmp/$1" || return 1
	find build/"$1"-*/src ! -type d -printf '%p %C@\n' | sort >"$tmp/before"
	make series KERNEL="$tmp/$1" || return 1
	find build/"$1"-*/src ! -type d -printf '%p %C@\n' | sort >"$tmp/after"
	diff "$tmp/before" "$tmp/after"
}

follows()
{
	echo '/* more */' >>"$tmp/$1/arch/um/kernel/mem.c"
	rm "$tmp/$1/arch/um/kernel/umid.c"
	make series KERNEL="$tmp/$1" || return 1
	grep -q '/\* more \*/' build/"$1"-*/src/arch/um/kernel/mem.c &&
		patched "$1" && no test -e build/"$1"-*/src/arch/um/kernel/umid.c
}

# as if the copy had been interrupted while git took it in
half_done()
{
	git -C build/"$1"-*/src tag -d base && rm build/"$1"-*/patched || return 1
	echo '/* even more */' >>"$tmp/$1/arch/um/kernel/mem.c"
	make series KERNEL="$tmp/$1" && patched "$1"
}

unchanged()
{
	make kernel image | tee "$tmp/stages"
	[ "$(grep -c unchanged "$tmp/stages")" = 3 ]
}

# alive DIRECTORY - processes that work in it
alive()
{
	find /proc -maxdepth 2 -name cwd -lname "$1*" 2>/dev/null
}

# no sockets, and no umid directories
left_nothing()
{
	find "$1" -type s -o -name 'machine*' | no grep .
}

# mine FILE - a run takes nothing away that no run has made
mine()
{
	mkdir -p "$tmp/mine/controller"
	: >"$tmp/mine/controller/thesis"
	says 'is not empty, and not of an earlier run' \
		make boot RUN="$tmp/mine" SCENARIO=sleep:1 &&
		test -e "$tmp/mine/controller/thesis"
}

# of_others - a copy that belongs to somebody else
of_others()
{
	chown nobody build/tree-good-*/src
	says 'belongs to nobody: run make as that user' \
		make series KERNEL="$tmp/tree-good"
	status=$?
	chown "$(id -u)" build/tree-good-*/src
	test $status = 0 && test -e build/tree-good-*/src/.git
}

# edited - commits in the copy outlast new patches
edited()
{
	copy=$(echo build/tree-good-*/src)
	echo '/* mine */' >>"$copy/arch/um/kernel/mem.c"
	git -C "$copy" -c user.name=t -c user.email=t@localhost commit -qam t
	sed -i 1s/.*/other/ build/tree-good-*/patched
	says 'commits or edits that are in no patch' \
		make series KERNEL="$tmp/tree-good" &&
		grep -q '/\* mine \*/' "$copy/arch/um/kernel/mem.c"
}

# host_without PROGRAM... - have $tmp/bin with all of the host's programs but these
host_without()
{
	rm -rf "${tmp:?}/bin"
	mkdir -p "$tmp/bin"
	# some are in both
	cp -s /usr/sbin/* /usr/bin/* "$tmp/bin" 2>/dev/null
	for program; do
		rm -f "$tmp/bin/$program"
	done
}

# on_it COMMAND... - run it on that host
on_it()
{
	PATH=$tmp/bin "$@"
}

# an ordinary user, who lacks two programs
as_user()
{
	host_without flex jq id
	printf '#!/bin/sh\necho 1000\n' >"$tmp/bin/id"
	chmod +x "$tmp/bin/id"
	on_it "$@"
}

# where no header is found
without_headers()
{
	host_without apt-get gcc
	printf '#!/bin/sh\nexec /usr/bin/gcc -nostdinc "$@"\n' >"$tmp/bin/gcc"
	chmod +x "$tmp/bin/gcc"
	on_it "$@"
}

no_debian()
{
	host_without apt-get apt-cache apt dpkg dpkg-query dpkg-deb
	on_it "$@"
}

# from_tarball - a host that is no Debian patches what is in a release
from_tarball()
{
	no_debian make series KERNEL="$tmp/linux-9.9.tar.xz" && patched linux-9.9
}

# downloaded_anew - as CI does each time
downloaded_anew()
{
	find build/linux-9.9-*/src -printf '%p %C@\n' | sort >"$tmp/before"
	touch "$tmp/linux-9.9.tar.xz"
	make series KERNEL="$tmp/linux-9.9.tar.xz" || return 1
	find build/linux-9.9-*/src -printf '%p %C@\n' | sort >"$tmp/after"
	diff "$tmp/before" "$tmp/after"
}

# next_release - the same name, with another content
next_release()
{
	echo '/* more */' >>"$tmp/tree-next/arch/um/kernel/mem.c"
	tar -cJf "$tmp/linux-9.9.tar.xz" -C "$tmp" tree-next
	make series KERNEL="$tmp/linux-9.9.tar.xz" && patched linux-9.9 &&
		grep -q '/\* more \*/' build/linux-9.9-*/src/arch/um/kernel/mem.c
}

# what make clean and make distclean are to leave of a clone that was used
used()
{
	rm -rf "$tmp/clone" "$tmp/cache"
	mkdir -p "$tmp/clone" "$tmp/cache/um-timetravel" "$tmp/cache/other"
	cp -r Makefile scripts "$tmp/clone"
	for dir in 6.1/src/arch 6.1/src/.uml 6.1/src/.gcov run; do
		mkdir -p "$tmp/clone/build/$dir"
	done
	touch "$tmp/clone/build/tt-controller"
	XDG_CACHE_HOME=$tmp/cache make -C "$tmp/clone" "$1"
}

# unbuilt - a clone that has built nothing has not even a build/ then
unbuilt()
{
	mkdir "$tmp/unbuilt"
	cp -r Makefile scripts "$tmp/unbuilt"
	says 'NODES=abc: not a number' make -C "$tmp/unbuilt" boot NODES=abc &&
		no test -e "$tmp/unbuilt/build"
}

clean_leaves_trees()
{
	used clean && (cd "$tmp/clone" && find build -mindepth 1) >"$tmp/left" &&
		printf 'build/6.1\nbuild/6.1/src\nbuild/6.1/src/arch\n' | diff - "$tmp/left" &&
		test -d "$tmp/cache/um-timetravel"
}

distclean_leaves_nothing()
{
	used distclean && no test -e "$tmp/clone/build" &&
		test "$(ls "$tmp/cache")" = other
}

need make series
need make image controller uml
tree tree-good
tree tree-next
tar -cJf "$tmp/linux-9.9.tar.xz" -C "$tmp" tree-next
echo no tarball >"$tmp/linux-9.8.tar.xz"
tree tree-old
sed -i /GET_TOD/d "$tmp/tree-old/include/uapi/linux/um_timetravel.h"
tree tree-older
rm "$tmp/tree-older/include/uapi/linux/um_timetravel.h"
tree tree-odd
sed -i 's/time_travel/tt/g' "$tmp/tree-odd/arch/um/kernel/time.c"
mkdir "$tmp/tree-no"

ok 'make clean removes what was built, and no tree or download' \
	clean_leaves_trees
ok 'make distclean removes all of build/, and of the cache what is ours' \
	distclean_leaves_nothing
ok 'what is missing is named, with a line to copy' \
	says 'lacks the program flex, the program jq; as root: apt-get install flex jq' \
	as_user make boot
ok 'so are headers, on a host without apt' \
	says 'the header json-c/json.h, the header pcap/pcap.h' without_headers make boot
ok "a host without apt is told what to give instead of Debian's source" \
	says 'KERNEL=6.3 is a package of Debian, and this host has no apt-get: give the path' \
	no_debian make uml KERNEL=6.3
ok 'it patches the tarball of a release' from_tarball
ok 'a tarball with the same content is not unpacked again' downloaded_anew
ok 'one with another content is' next_release

ok 'a KERNEL that does not exist is refused' \
	says 'give a version such as 6.1' make uml KERNEL=/nowhere
ok 'so is a file that is no tarball' \
	says 'cannot unpack' make uml KERNEL="$tmp/linux-9.8.tar.xz"
ok 'a directory without arch/um is no kernel tree' \
	says 'is no kernel tree: it has no arch/um' make uml KERNEL="$tmp/tree-no"
ok 'a tree without external time travel fits no series' \
	says 'no series fits' make uml KERNEL="$tmp/tree-older"
ok 'a tree without GET_TOD fits no series' \
	says 'lacks GET_TOD' make uml KERNEL="$tmp/tree-old"
ok 'a patch that does not apply is named' \
	says 'does not take "[PATCH' make uml KERNEL="$tmp/tree-odd"
ok 'and none of the series is in then' no patched tree-odd

ok "an unpacked tree is patched in a copy and not written to" \
	untouched tree-good
ok 'nothing is written when nothing changed' nothing_new tree-good
ok 'a change in the tree reaches the copy' follows tree-good
ok 'an interrupted copy is done again' half_done tree-good
ok "a copy that is somebody else's is left alone" of_others
ok 'so are commits in it that are in no patch' edited
rm -rf build/tree-good-*
git -C "$tmp/tree-good" init -q
git -C "$tmp/tree-good" add -f .
git -C "$tmp/tree-good" -c user.name=t -c user.email=t@localhost commit -qm t
ok 'a git tree is patched in a copy and not written to' untouched tree-good
tree tree-part
echo '*' >"$tmp/tree-part/.gitignore"
git -C "$tmp/tree-part" init -q
git -C "$tmp/tree-part" add -f arch/um
git -C "$tmp/tree-part" -c user.name=t -c user.email=t@localhost commit -qm t
ok 'nor is a tree of which only a part is in git' untouched tree-part
cp -a build/tree-good-*/src "$tmp/tree-ours"
rm -rf "$tmp/tree-ours/.git"
ok 'a tree that carries the series already is taken as it is' \
	untouched tree-ours

ok 'a wrong variable is named before anything is built' unbuilt
ok 'what is no number is named' says 'NODES=x: not a number' make boot NODES=x
ok 'so is one that is too small' says 'NODES=0: must be at least 1' make boot NODES=0
ok 'and more that join than there are' \
	says 'JOIN=2: of NODES=2 machines' make boot JOIN=2
ok 'a SERIES that is none is refused' says 'SERIES=non: ' make uml SERIES=non
ok 'so is a CONFIG without a fragment' \
	says "CONFIG=net nat: there is no rootfs/configs/nat.config" \
	make uml CONFIG='net nat'
ok "what is somebody's is not taken for an old run" mine

run=$build/test/interrupted
# PIPE is what comes if nobody reads any more
for signal in INT TERM QUIT PIPE; do
	ok "SIG$signal leaves no machine and no controller" \
		interrupt $signal "alive $run" boot RUN="$run" SCENARIO=hang
	ok "nor a socket after SIG$signal" left_nothing "$run"
done
ok 'nothing is built when nothing changed' unchanged
rm -f build/6.1/uml/built
touch build/6.1/src/arch/um/kernel/*.c
ok 'an interrupted build leaves no compiler' \
	interrupt INT "alive $build/6.1/src/.uml" uml
ok 'and the next run works' make boot RUN="$run" SCENARIO=sleep:1

ok 'a step that there is not is named' \
	says 'SCENARIO: there is no step slep:1' make boot RUN="$run" SCENARIO=slep:1
ok 'so is one without its number' \
	says 'SCENARIO: there is no step sleep' make boot RUN="$run" SCENARIO=sleep
ok 'if clients are missing, that is said' \
	says 'the controller still waited for clients after TIMEOUT=2 s' \
	make boot RUN="$run" CONTROLLER_FLAGS='-n 3' TIMEOUT=2
ok 'a machine that hangs ends the run when time is up' \
	says 'machine 1: not done in time' make boot RUN="$run" SCENARIO=hang TIMEOUT=3
ok 'a machine whose step fails is named with the step' \
	says 'machine 1: failed fail' make boot RUN="$run" SCENARIO=fail
ok 'a machine that panics is named, with what it said' \
	says 'machine 1: panic: ' make boot RUN="$run" KARGS=rdinit=/none\ init=/none
ok 'an option that the controller does not have is named' \
	says "CONTROLLER_FLAGS: tt-controller: unknown option '--nonsense'" \
	make boot RUN="$run" CONTROLLER_FLAGS=--nonsense
ok 'failed runs leave no process' test -z "$(alive "$run")"
ok 'nor a socket' left_nothing "$run"
finish
