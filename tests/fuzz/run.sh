#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# Builds the fuzzers with clang and runs them:
#
#   tests/fuzz/run.sh [TARGET...]      each for SECONDS_EACH seconds (60); TARGET as in fuzz_TARGET.c
#   tests/fuzz/run.sh --smoke          each for 8 seconds, as tests/run.py does
#
# Seeds: tests/fuzz/corpus/TARGET, and what tests/fuzz/seeds.py makes. What a run learns stays in
# build/fuzz/TARGET/corpus for the next one. An input that breaks something is saved as
# build/fuzz/TARGET/crash-*; run it again with build/fuzz/bin/fuzz_TARGET FILE. The last line is
# `N passed, N failed`.
set -uo pipefail
cd "$(dirname "$0")/../.."
top=$PWD
out=$top/build/fuzz
seconds=${SECONDS_EACH:-60}
if [ "${1:-}" = --smoke ]; then
    seconds=8
    shift
fi
targets=("$@")
if [ "${#targets[@]}" -eq 0 ]; then
    for file in tests/fuzz/fuzz_*.c; do
        name=${file##*/fuzz_}
        targets+=("${name%.c}")
    done
fi

# Runs one fuzzer; prints one line and returns 0 when it found nothing.
run_target() {
    local target=$1
    local folder=$out/$target
    local log=$folder/log
    local program=$out/bin/fuzz_$target
    local options=() executed
    if [ ! -x "$program" ]; then
        echo "FAIL $target: there is no tests/fuzz/fuzz_$target.c"
        return 1
    fi
    mkdir -p "$folder/corpus"
    if ! tests/fuzz/seeds.py "$target" "$folder/seeds"; then
        echo "FAIL $target: no seeds"
        return 1
    fi
    if [ -f "tests/fuzz/$target.dict" ]; then
        options+=("-dict=tests/fuzz/$target.dict")
    fi
    if [ "$target" = lower ]; then
        options+=(-dict=tests/fuzz/adl.dict)
        dtc -q -I dts -O dtb -o "$folder/board.dtb" plat/qemu-arm-virt/plat.dts
        export FUZZ_ADL_DTB=$folder/board.dtb
    fi
    case $target in
    lower) options+=(-max_len=32768) ;; # the longest seeds
    fdt | bootimage | adl) options+=(-max_len=16384) ;; # as long as a seed
    kernel | psci_exit | sysimage) options+=(-len_control=0) ;; # long histories from the start
    vgic) options+=(-max_len=500) ;;                            # each step checks everything
    esac
    # The fuzzer's own messages and the program's go to the log; a stop by --kill-after is a failure too.
    if UBSAN_OPTIONS=halt_on_error=1:print_stacktrace=1 ASAN_OPTIONS=detect_leaks=1:allocator_may_return_null=1 \
        timeout --kill-after=10 $((seconds + 60)) "$program" -max_total_time="$seconds" -timeout=10 \
        -rss_limit_mb=1024 -print_final_stats=1 -verbosity=1 -artifact_prefix="$folder/" "${options[@]}" \
        "$folder/corpus" "$folder/seeds" > "$log" 2>&1; then
        executed=$(sed -n 's/^stat::number_of_executed_units: *//p' "$log")
        if [ "${executed:-0}" -ge 10 ]; then
            echo "ok   $target: $executed executions in $seconds s"
            return 0
        fi
        echo "FAIL $target: ${executed:-no} executions in $seconds s; see $log"
        return 1
    fi
    echo "FAIL $target: see $log"
    grep -E "^(SUMMARY|==.*ERROR|Test unit written)|runtime error:" "$log" | sed 's/^/     | /'
    return 1
}

build() {
    cmake -G Ninja -S tests/fuzz -B "$out/bin" -DCMAKE_C_COMPILER=clang > "$out/build.log" 2>&1 \
        && ninja -C "$out/bin" "${targets[@]/#/fuzz_}" >> "$out/build.log" 2>&1
}

mkdir -p "$out"
if ! build; then
    tail -n 60 "$out/build.log"
    echo "FAIL build; see $out/build.log"
    echo "0 passed, ${#targets[@]} failed"
    exit 1
fi

# Two at a time: one per CPU of a small machine.
passed=0
failed=0
jobs=$(nproc)
jobs=$((jobs < 2 ? 1 : 2))
results=$(mktemp)
trap 'rm -f "$results"' EXIT
running=0
for target in "${targets[@]}"; do
    if [ "$running" -ge "$jobs" ]; then
        wait -n
        running=$((running - 1))
    fi
    { run_target "$target" | tee -a "$results"; } &
    running=$((running + 1))
done
wait
passed=$(grep -c '^ok ' "$results")
failed=$((${#targets[@]} - passed))
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
