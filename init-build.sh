#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# Configures a build in the current folder, as the reference system does:
#
#   mkdir build && cd build
#   ../init-build.sh -DCAMKES_VM_APP=vm_minimal -DPLATFORM=qemu-arm-virt
#   ninja && ./simulate
set -euo pipefail
source=$(cd "$(dirname "$0")" && pwd)
if [ "$PWD" = "$source" ]; then
    echo "Run this in a build folder of its own: mkdir build && cd build && ../init-build.sh ..." >&2
    exit 2
fi
"$source/scripts/setup.sh" build run
exec cmake -G Ninja -DCMAKE_TOOLCHAIN_FILE="$source/cmake/toolchain-aarch64.cmake" "$@" "$source"
