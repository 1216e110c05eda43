#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# Puts a guest's kernel and busybox from Debian's packages where the build expects them.
#
#   fetch-guest.sh ARCHITECTURE KERNEL_PACKAGE OUTPUT_FOLDER
#
# Writes OUTPUT_FOLDER/{linux,busybox,release}; files that did not change keep their times.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
architecture=$1
kernel_package=$2
output=$3

mapfile -t folders < <("$here/fetch-packages.sh" "$architecture" "$kernel_package" busybox-static)
[ "${#folders[@]}" -eq 2 ] || exit 1
kernel=$(echo "${folders[0]}"/boot/vmlinuz-*)
mkdir -p "$output"
install_changed() {
    cmp -s "$1" "$2" || install -m 644 "$1" "$2"
}
install_changed "$kernel" "$output/linux"
install_changed "${folders[1]}/bin/busybox" "$output/busybox"
echo "${kernel##*/vmlinuz-}" > "$output/release.new"
install_changed "$output/release.new" "$output/release"
rm "$output/release.new"
