#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# Checks the tree without running it; every finding is an error.
#
#   scripts/lint.sh                     everything (a few minutes)
#   scripts/lint.sh --fast              what needs no build: layers, rules, spelling
#   scripts/lint.sh STEP [ARGUMENT...]  one step: layers, rules, spelling, clang, clang-tools, analyzer,
#                                       stack, cppcheck; cppcheck and spelling take files, for their tests
#
# Its own tests, one seeded violation after the other: tests/lint/run.py.
set -uo pipefail
cd "$(dirname "$0")/.."
export PYTHONDONTWRITEBYTECODE=1
# An application with every part of the system in it that needs no download; two cores, so that the kernel's
# code for several is there.
app=vm_hostile
build=build/lint

# Configures and builds with the frames and calls of every function written down: everything, and the kernel
# with its other drivers. Once per run.
target_build() {
    [ -z "${target_built:-}" ] || return 0
    build_in "$build" all && build_in "$build-gicv3" kernel.elf -DGIC_VERSION=3 && target_built=yes
}

# build_in FOLDER TARGET [OPTION...]
build_in() {
    mkdir -p "$1"
    { cmake -G Ninja -S . -B "$1" -DCMAKE_TOOLCHAIN_FILE="$PWD/cmake/toolchain-aarch64.cmake" \
        -DCAMKES_VM_APP="$app" -DPLATFORM=qemu-arm-virt -DNUM_NODES=2 \
        -DCMAKE_C_FLAGS="-fstack-usage -fcallgraph-info=su" "${@:3}" && ninja -C "$1" "$2"; } \
        > "$1/lint.log" 2>&1 || { tail -n 40 "$1/lint.log"; return 1; }
}

# The host tools need no build: their sources are not generated.
tools_commands() {
    mkdir -p "$build-tools"
    cmake -G Ninja -S tools -B "$build-tools" -DCMAKE_EXPORT_COMPILE_COMMANDS=ON > "$build-tools/lint.log" 2>&1 \
        || { cat "$build-tools/lint.log"; return 1; }
}

step_layers() { python3 scripts/check_layers.py; }

step_rules() { python3 scripts/check_rules.py; }

step_spelling() {
    local files=("$@")
    if [ "$#" -eq 0 ]; then
        mapfile -t files < <(git ls-files -co --exclude-standard '*.md' '*.c' '*.h' '*.S' '*.py' '*.sh' \
            '*.cmake' '*.txt' '*.camkes')
    fi
    codespell -q 3 -L "te,fo,nd,ot,ba,hist,crate,optin,inout,fpr,mis,als,sring,deactive,boths" \
        --skip "*.json,*.expect,*.bin,*/tests/adl/*,tests/adl/*" "${files[@]}"
}

step_clang() {
    target_build && python3 scripts/recompile.py clang "$build/compile_commands.json" \
        && python3 scripts/recompile.py clang "$build-gicv3/compile_commands.json" kernel/drivers
}

step_clang-tools() { tools_commands && python3 scripts/recompile.py clang "$build-tools/compile_commands.json"; }

# Kernel, initialiser and compiler are left out: gcc 12 does not follow what their callees promise, and reports
# uninitialised results of functions that failed.
step_analyzer() {
    target_build && python3 scripts/recompile.py analyzer "$build/compile_commands.json" \
        vmm libs boot components tests/apps && python3 scripts/recompile.py taint "$build/compile_commands.json" \
        vmm libs components
}

step_stack() {
    target_build && python3 scripts/kernel_stack.py "$build/kernel" \
        && python3 scripts/kernel_stack.py "$build-gicv3/kernel"
}

# comparePointers: the start and the end of a section are two symbols for the linker.
# It does not know register variables.
step_cppcheck() {
    [ "$#" -gt 0 ] || set -- kernel/src kernel/arch/arm kernel/drivers boot init libs vmm components tools
    cppcheck --quiet --enable=warning,portability --inline-suppr --error-exitcode=1 -j2 --std=c11 \
        --suppress=missingInclude --suppress=missingIncludeSystem --suppress=comparePointers \
        --suppress=constStatement:kernel/arch/arm/a64/smc.c \
        -D__aarch64__ -DUINTPTR_MAX=0xffffffffffffffffu -Iabi/include -Ikernel/include -Ikernel/arch/arm/a64/include \
        -Ikernel/arch/arm/common/include -Ikernel/drivers/include/gicv3 -Ikernel/drivers/include/gic_distributor -Ilibs/base/include \
        -Ilibs/fdt/include -Ilibs/sel4/include -Ilibs/vdev/include -Ilibs/camkes/include -Ivmm/include "$@"
}

status=0
run_steps() {
    local step
    for step in "$@"; do
        if "step_$step"; then
            echo "ok   $step"
        else
            echo "FAIL $step"
            status=1
        fi
    done
}

fast=(layers rules spelling)
case ${1:-} in
"")
    run_steps "${fast[@]}" clang clang-tools analyzer stack cppcheck
    ;;
--fast)
    run_steps "${fast[@]}"
    ;;
*)
    if ! declare -F "step_$1" > /dev/null; then
        echo "there is no step '$1'; see the head of this file" >&2
        exit 2
    fi
    "step_$@"
    exit
    ;;
esac
exit $status
