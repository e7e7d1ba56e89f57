#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# Stage 2: pack the initramfs: busybox, the guest programs and their inits.
# No device node is made here, so nothing needs root: the kernel's built-in
# initramfs has /dev/console, and devtmpfs has the rest.
. "$(dirname "$0")/lib.sh"

image=$build/initramfs.cpio
root=$build/initramfs
log=$build/image.log

stage 2 'image'
lock "$build"
make -C "$top/rootfs" O="$build" >"$log" 2>&1 || {
	cat "$log" >&2
	die 'cannot build the guest programs'
}
# compared by content: the files of a newly installed package are older than the
# image
want=$(cat "$0" "$top/rootfs/init" "$build/guest" "$build/lab-init" \
	/bin/busybox | sha256sum)
if [ -e "$image" ] && [ "$(cat "$image.sum" 2>/dev/null)" = "$want" ]; then
	stage_done unchanged
	exit
fi
rm -rf "$root"
mkdir -p "$root/bin" "$root/dev" "$root/proc" "$root/sys" "$root/host"
for applet in $(/bin/busybox --list); do
	ln -s busybox "$root/bin/$applet"
done
cp --remove-destination /bin/busybox "$root/bin"
cp "$build/guest" "$build/lab-init" "$root/bin"
cp "$top/rootfs/init" "$root"
find "$root" -exec touch -h -d @0 {} +
(cd "$root" && find . | sort |
	cpio --quiet --reproducible -o -H newc -R 0:0) >"$image.new"
mv "$image.new" "$image"
echo "$want" >"$image.sum"
stage_done "$(du -k "$image" | cut -f1) KiB"
