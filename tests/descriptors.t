#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# The 6.12 series mends os_rcv_fd_msg() in trees where it writes beyond its array,
# such as 6.12.0 to 6.12.48, and also applies to those where it does not
. "$(dirname "$0")/lib.sh"

file=arch/um/os-Linux/file.c
too_long='memcpy(fds, CMSG_DATA(cmsg), cmsg->cmsg_len);'
exact='memcpy(fds, CMSG_DATA(cmsg), cmsg->cmsg_len - CMSG_LEN(0));'

# tree NAME LINE - what the series may touch of 6.12, with LINE to copy descriptors
tree()
{
	mkdir -p "$tmp/$1"
	git -C build/6.12/src archive base | tar -x -C "$tmp/$1"
	grep -qF "$exact" "$tmp/$1/$file" || return 1
	sed -i "s/^\tmemcpy(fds, CMSG_DATA(cmsg), .*/\t$2/" "$tmp/$1/$file"
	git -C "$tmp/$1" init -q
	git -C "$tmp/$1" add -f .
	git -C "$tmp/$1" -c user.name=t -c user.email=t@localhost commit -qm t
	grep -qF "$2" "$tmp/$1/$file"
}

apply()
{
	git -C "$tmp/$1" -c user.name=t -c user.email=t@localhost \
		am -q --empty=drop "$top"/patches/6.12/*.patch
}

# receiver NAME - build the function of that tree for the host
receiver()
{
	awk '
		/^#define MAX_RCV_FDS/ || /^ssize_t os_rcv_fd_msg\(/ { inside = 1 }
		/^ssize_t os_rcv_fd_msg\(/ { last = 1 }
		inside { print }
		last && /^}$/ { exit }' "$tmp/$1/$file" >"$tmp/$1.c"
	gcc -std=gnu11 -g -O1 -fsanitize=address -DFUNCTION="\"$tmp/$1.c\"" \
		-o "$tmp/receive-$1" tests/descriptors.c
}

receives()
{
	for room in 1 2; do
		for sent in 0 1 2; do
			"$tmp/receive-$1" $room $sent || return 1
		done
	done
}

# compiles NAME - as the kernel compiles that file
compiles()
{
	cmd=$(sed -n 's/^savedcmd_[^ ]* := //p' \
		build/6.12/uml/arch/um/os-Linux/.file.o.cmd)
	cmd=$(echo "$cmd" | sed "s,-o [^ ]*,-o $tmp/$1.o," |
		sed "s, [^ ]*/$file\$, -Werror $tmp/$1/$file,")
	(cd build/6.12/uml && eval "$cmd")
}

need make uml KERNEL=6.12
need tree older "$too_long"
need tree newer "$exact"
need receiver older
ok 'without the series, an older tree writes beyond the array' \
	says stack-buffer-overflow "$tmp/receive-older" 2 2
for tree in older newer; do
	ok "the series applies to a tree with the $tree form" apply $tree
	ok "the $tree tree compiles with the series" compiles $tree
	need receiver $tree
	ok "the $tree tree receives what fits, and nothing else" receives $tree
done
finish
