#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# Stage 5: pack the initramfs: busybox, an init, the guest program.
# The kernel's built-in initramfs has /dev/console, devtmpfs has all else: no
# device node is made here, and nothing needs root.
. "$(dirname "$0")/lib.sh"

image=$build/initramfs.cpio
root=$build/initramfs

stage 5 'image'
if [ -e "$image" ] && [ -z "$(find "$top/rootfs" "$0" /bin/busybox -newer "$image")" ]; then
	stage_done unchanged
	exit
fi
rm -rf "$root"
mkdir -p "$root/bin" "$root/dev" "$root/proc" "$root/sys" "$root/host"
for applet in $(/bin/busybox --list); do
	ln -s busybox "$root/bin/$applet"
done
cp --remove-destination /bin/busybox "$root/bin"
cp "$top/rootfs/init" "$root"
gcc -std=gnu11 -Wall -Wextra -O2 -static -o "$root/bin/guest" \
	"$top"/rootfs/*.c
find "$root" -exec touch -h -d @0 {} +
(cd "$root" && find . | sort |
	cpio --quiet --reproducible -o -H newc -R 0:0) >"$image.new"
mv "$image.new" "$image"
stage_done "$(du -k "$image" | cut -f1) KiB"
