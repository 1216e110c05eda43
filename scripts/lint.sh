#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# Layers, spelling, a build with clang's warnings, and static analysis. With --fast only the first two.
set -uo pipefail
cd "$(dirname "$0")/.."
status=0
step() {
    local name=$1
    shift
    if "$@"; then
        echo "ok   $name"
    else
        echo "FAIL $name"
        status=1
    fi
}

# Compiles every file of the default build again with clang: its warnings are errors too.
clang_warnings() {
    local build=build/vm_minimal-qemu-arm-virt
    make --no-print-directory build > /dev/null || return 1
    python3 scripts/clang_check.py "$build/compile_commands.json"
}

analyse() {
    cppcheck --quiet --enable=warning,portability --inline-suppr --error-exitcode=1 \
        --suppress=missingInclude --suppress=missingIncludeSystem --std=c11 -D__aarch64__ \
        -Iabi/include -Ikernel/include -Ikernel/arch/arm/a64/include -Ilibs/base/include \
        -Ilibs/sel4/include -Ilibs/vdev/include -Ivmm/include \
        kernel/src kernel/arch/arm boot init libs vmm components tools
}

step layers python3 scripts/check_layers.py
step spelling codespell -q 3 -L "te,fo,nd,ot,ba,hist,crate,optin,inout,fpr,mis,als" \
    --skip "*.json,*.expect,*.camkes,*.bin,corpus" \
    $(git ls-files '*.md' '*.c' '*.h' '*.py' '*.sh' '*.cmake')
if [ "${1:-}" != --fast ]; then
    step "clang warnings" clang_warnings
    step cppcheck analyse
fi
exit $status
