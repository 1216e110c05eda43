#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# Makes a guest's root file system: busybox and overlay folders, later ones winning.
#
#   make-initramfs.sh BUSYBOX OUTPUT.cpio.gz OVERLAY...
#
# The same input gives the same bytes: sorted, owned by root, with fixed times.
set -euo pipefail
busybox=$1
output=$2
shift 2

root=$(mktemp -d)
trap 'rm -rf "$root"' EXIT
mkdir -p "$root"/{bin,sbin,usr/bin,usr/sbin,etc,proc,sys,dev,tmp,run,root,mnt,var/log}
install -m 755 "$busybox" "$root/bin/busybox"
# The rest of busybox's commands are linked by /etc/init.d/rcS at boot.
for path in init bin/sh sbin/init; do
    ln -s /bin/busybox "$root/$path"
done
for overlay in "$@"; do
    cp -a "$overlay/." "$root/"
done
chmod -R u=rwX,go=rX "$root"
chmod 700 "$root/root"
find "$root" -exec touch -h -d @0 {} +
# Numbers of devices and inodes are left out of the archive; gzip -n leaves out name and time.
(cd "$root" && find . -mindepth 1 | LC_ALL=C sort \
    | cpio --quiet -o -H newc --reproducible --owner 0:0) | gzip -n -9 > "$output.new"
mv "$output.new" "$output"
