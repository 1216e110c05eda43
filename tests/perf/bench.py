#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""make bench: what things cost, in instructions (QEMU -icount: the same figure on every run) where the row
names no other unit, next to the same guest on the bare emulator. Rows:

exit:       a guest's exit to its VMM and back, its timer, and interrupts (guests/payloads/bench.c, ipi.c)
native:     a call or two notifications between two components, there and back (ipc_bench)
latency:    the kernel's longest way without a look for interrupts in a long operation
late:       how late a thread of the highest priority came meanwhile
boot:       a Linux guest, from power-on to its login
cyclictest  how late a timer is in a Linux guest (microseconds)
lock:       how long entries hold the kernel's lock on four cores, while a Linux guest boots
size:, build:  of programs and of a VM's memory (bytes); a cold build (seconds)

--quick: the first four groups only. --check compares exit:, native:, latency: and, without --quick, lock: and
cyclictest with tests/perf/expected.json and fails when one grew by more than 3 % and 10 (cyclictest: 2), or when
a row misses what is aimed at (AIMS); --update writes that file, all of these rows."""
import json
import os
import re
import shlex
import shutil
import struct
import subprocess
import sys
import time

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
BUILD = os.path.join(TOP, "build")
EXPECTED = os.path.join(TOP, "tests", "perf", "expected.json")
sys.path.insert(0, os.path.join(TOP, "tests", "system"))
sys.path.insert(0, os.path.join(TOP, "tests", "kernel"))
from machine import build  # noqa: E402
import run as kernel_tests  # noqa: E402

# Rows that must stay below a value, whatever they were before: an exit to the VMM and back with its work, an
# interrupt between two VCPUs on two cores, the longest way without a look for interrupts, and how late (us) a
# timer is in a guest, alone and beside a VM under load.
AIMS = [(r"exit: (gicd|hvc|smc)_", 1000), (r"exit: ipi_(awake|idle)$", 2500), (r"latency: ", 20000),
        (r"cyclictest .*: maximum", 20)]
UART = 0x09000000
ICOUNT = ["-icount", "shift=0,sleep=off", "-rtc", "base=2024-01-01,clock=vm", "-seed", "1"]


def plugin(name):
    """Builds a QEMU plugin of this folder."""
    source = os.path.join(TOP, "tests", "perf", f"{name}.c")
    target = os.path.join(BUILD, f"{name}.so")
    os.makedirs(BUILD, exist_ok=True)
    subprocess.run(["gcc", "-O2", "-Wall", "-Wextra", "-shared", "-fPIC", "-fvisibility=hidden", source,
                    "-o", target], check=True)
    return target


def run_plugin(plugin_name, command, folder, name, stop, timeout, arguments=()):
    """Runs QEMU with one of our plugins until its console shows `stop` (bytes); returns the console and what
    the plugin wrote, as 64-bit words. `arguments`: more of the plugin's."""
    console = os.path.join(folder, f"bench-{name}.txt")
    clock = os.path.join(folder, f"bench-{name}.clock")
    for path in (console, clock):
        if os.path.exists(path):
            os.remove(path)
    command = [*command, *ICOUNT, "-serial", f"file:{console}", "-plugin",
               ",".join([plugin(plugin_name), f"uart={UART:#x}", f"out={clock}", *arguments])]
    process = subprocess.Popen(command, cwd=folder, stdin=subprocess.DEVNULL,
                               stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        end = time.monotonic() + timeout
        while time.monotonic() < end:
            time.sleep(0.5)
            if os.path.exists(console):
                with open(console, "rb") as file:
                    if stop in file.read():
                        break
            if process.poll() is not None:
                break
    finally:
        if process.poll() is None:
            process.kill()  # an idle machine under -icount does not hear SIGTERM
        process.wait()
    with open(console, "rb") as file:
        text = file.read()
    with open(clock, "rb") as file:
        data = file.read()
    if stop not in text:
        sys.exit(f"bench: {name} did not reach {stop!r}; its console is {console}")
    return text, struct.unpack(f"<{len(data) // 8}Q", data[:len(data) // 8 * 8])


def run_until(command, folder, name, stop, timeout):
    """Runs QEMU until its console shows `stop` (bytes); returns the console and the count of each byte."""
    return run_plugin("uart_clock", command, folder, name, stop, timeout)


def count_at(text, counts, pattern):
    index = text.find(pattern)
    if index < 0 or index >= len(counts):
        sys.exit(f"bench: the console has no {pattern!r}")
    return counts[index]


def simulate_command(folder):
    """The build's own emulator command, without its serial line."""
    done = subprocess.run([os.path.join(folder, "simulate"), "--dry-run"], check=True,
                          stdout=subprocess.PIPE)
    words = shlex.split(done.stdout.decode())
    at = words.index("-serial")
    return words[:at] + words[at + 2:]


def bare_command(folder):
    """The guest of a build on the bare emulator, without a hypervisor."""
    return ["qemu-system-aarch64", "-accel", "tcg", "-M", "virt,gic-version=2,dtb-randomness=off", "-cpu",
            "cortex-a53", "-m", "512", "-nodefaults", "-display", "none", "-kernel",
            os.path.join(folder, "guest-arm64", "linux"), "-initrd",
            os.path.join(folder, "app", "initrd.cpio.gz"), "-append", "console=ttyAMA0"]


def bench_boot(rows):
    folder = build("vm_minimal", name="vm_minimal-release", options=("-DRELEASE=ON",))
    stop = b"login: "
    figures = {}
    for name, command in (("bare", bare_command(folder)), ("rookery", simulate_command(folder))):
        text, counts = run_until(command, folder, name, stop, 400)
        first = count_at(text, counts, b"[    0.000000] Booting Linux")
        init = count_at(text, counts, b"Run /init")
        figures[name] = (first, init - first, count_at(text, counts, stop) - init)
    for i, what in enumerate(("power-on to the guest's first line", "first line to /init",
                              "/init to login")):
        rows.append((f"boot: {what}", figures["rookery"][i], figures["bare"][i]))
    return folder


def cyclictest_overlay():
    """A root file system overlay with Debian's cyclictest, its libraries, and a script that runs it."""
    overlay = os.path.join(BUILD, "cyclictest-overlay")
    shutil.rmtree(overlay, ignore_errors=True)
    os.makedirs(os.path.join(overlay, "etc", "init.d"))
    os.makedirs(os.path.join(overlay, "lib"))
    fetch = os.path.join(TOP, "guests", "linux", "fetch-packages.sh")
    done = subprocess.run([fetch, "arm64", "rt-tests", "libc6", "libnuma1"], check=True,
                          stdout=subprocess.PIPE)
    wanted = {name: "lib" for name in ("ld-linux-aarch64.so.1", "libc.so.6", "libnuma.so.1", "librt.so.1",
                                       "libpthread.so.0", "libm.so.6", "libdl.so.2")}
    wanted["cyclictest"] = "bin"
    for folder in done.stdout.decode().split():
        for root, _, files in os.walk(folder):
            for file in files:
                if file in wanted:
                    target = os.path.join(overlay, wanted[file])
                    os.makedirs(target, exist_ok=True)
                    shutil.copy(os.path.join(root, file), os.path.join(target, file))
    script = os.path.join(overlay, "etc", "init.d", "S99cyclictest")
    with open(script, "w", encoding="ascii") as file:
        file.write("#!/bin/sh\n/bin/cyclictest -q -m -p 80 -i 1000 -l 2000 | sed 's/^/CYCLICTEST /'\n")
    os.chmod(script, 0o755)
    return overlay


def bench_cyclictest(rows):
    """Latency of a timer's expiry in the guest, in microseconds: average and maximum of 2,000. Alone, and
    beside a second VM that takes all the time that is left and a real-time component."""
    options = ("-DRELEASE=ON", f"-DVM_OVERLAY={cyclictest_overlay()}")
    folder = build("vm_minimal", name="vm_minimal-cyclictest", options=options)
    loaded = build("vm_temporal", name="vm_temporal-cyclictest",
                   options=(*options, "-DVM_TEMPORAL_GUEST=linux"))
    figures = {}
    for name, command in (("bare", bare_command(folder)), ("rookery", simulate_command(folder)),
                          ("loaded", simulate_command(loaded))):
        text, _ = run_until(command, folder, f"cyclictest-{name}", b"login: ", 400)
        match = re.search(rb"CYCLICTEST T: 0.*Avg: *(\d+) Max: *(\d+)", text)
        if not match:
            sys.exit(f"bench: cyclictest said nothing, see {folder}/bench-cyclictest-{name}.txt")
        figures[name] = [int(value) for value in match.groups()]
    for i, what in enumerate(("average", "maximum")):
        rows.append((f"cyclictest in the guest: {what} (us)", figures["rookery"][i], figures["bare"][i]))
        rows.append((f"cyclictest beside a VM under load: {what} (us)", figures["loaded"][i],
                     figures["bare"][i]))


def bench_payload(rows):
    """The exit costs that guests/payloads/bench.c measures of itself."""
    folder = build("vm_payload", name="vm_payload-bench", options=("-DRELEASE=ON", "-DVM_PAYLOAD=bench"))
    text, _ = run_until(simulate_command(folder), folder, "payload", b"SUMMARY", 120)
    for name, value in re.findall(rb"BENCH (\S+) (\d+)", text):
        if name not in (b"done", b"loop_floor"):
            rows.append((f"exit: {name.decode()}", int(value), None))


def bench_ipi(rows):
    """Interrupts between two VCPUs on two cores, by guests/payloads/ipi.c: instructions of all cores."""
    folder = build("vm_payload", name="vm_payload-ipi",
                   options=("-DRELEASE=ON", "-DVM_PAYLOAD=ipi", "-DVM_NUM_VCPUS=2", "-DNUM_NODES=2"))
    text, _ = run_until(simulate_command(folder), folder, "ipi", b"SUMMARY", 120)
    for name, value in re.findall(rb"BENCH (\S+) (\d+)", text):
        if name != b"done":
            rows.append((f"exit: {name.decode()}", int(value), None))


def symbols(path):
    """Addresses of a program's symbols."""
    done = subprocess.run(["nm", path], check=True, stdout=subprocess.PIPE)
    return {words[2]: int(words[0], 16)
            for words in (line.split() for line in done.stdout.decode().splitlines()) if len(words) == 3}


def lock_arguments(folder):
    """Arguments for the plugin lock_hold, and the names of the places that take the lock."""
    names = symbols(os.path.join(folder, "kernel", "kernel.elf"))
    taken = sorted(name for name in names if name.startswith("lock_taken_by_"))
    released = sorted(name for name in names if name.startswith("lock_released_to_"))
    words = [f"low={names['_start']:#x}", f"high={names['kernel_image_end']:#x}"]
    words += [f"taken={names[name]:#x}" for name in taken]
    words += [f"released={names[name]:#x}" for name in released]
    return words, [name.removeprefix("lock_taken_by_") for name in taken]


LOCK_ENTRIES = 20000  # of the kernel, all of them before the guest's login: the same ones on every run


def bench_lock(rows):
    """For how many instructions the kernel's lock is held while a Linux guest with four CPUs boots on four
    cores. What the initialiser does before the guest's first exit is apart: nobody waits for the lock then."""
    folder = build("vm_smp", name="vm_smp-release", options=("-DRELEASE=ON", "-DNUM_NODES=4"))
    arguments, names = lock_arguments(folder)
    _, words = run_plugin("lock_hold", simulate_command(folder), folder, "lock", b"login: ", 600, arguments)
    entries = [(names[word & 0xffffffff], word >> 32) for word in words[:LOCK_ENTRIES]]
    kinds = [name for name, _ in entries]
    if len(entries) < LOCK_ENTRIES or "exception" not in kinds:
        sys.exit(f"bench: only {len(entries)} entries into the kernel, or no exit of the guest")
    start = kinds.index("exception")
    rows.append(("lock: longest before the guest starts", max(count for _, count in entries[:start]), None))
    for kind in sorted(set(kinds[start:])):
        counts = [count for name, count in entries[start:] if name == kind]
        rows.append((f"lock: {kind}, average", sum(counts) // len(counts), None))
        rows.append((f"lock: {kind}, longest", max(counts), None))


def bench_ipc(rows):
    folder = build("ipc_bench", name="ipc_bench", options=())
    text, _ = run_until(simulate_command(folder), folder, "ipc", b"BENCH done", 120)
    for name, value in re.findall(rb"BENCH (\S+) (\d+)", text):
        if name != b"done":
            rows.append((f"native: {name.decode()}", int(value), None))


def bench_latency(rows):
    """Longest way of the kernel without a look for interrupts, in operations that grow with their arguments;
    and how late a thread comes meanwhile that has the highest priority (tests/kernel/test_latency.c)."""
    image = kernel_tests.build_image("release", "latency")
    folder = os.path.dirname(image)
    names = symbols(os.path.join(folder, "kernel", "kernel.elf"))
    arguments = [f"{name}={names[symbol]:#x}" for name, symbol in (
        ("start", "kernel_image_start"), ("end", "kernel_text_end"), ("vectors", "arch_vectors"),
        ("look", "preemption_look"))]
    command = kernel_tests.machine("release", image, "cortex-a53", mebibytes=3072)
    text, stretches = run_plugin("latency_clock", command, folder, "latency", b"kernel tests: end", 400, arguments)
    if b"FAILED" in text or b", 0 failed" not in text:
        sys.exit(f"bench: the latency tests failed, see {folder}/bench-latency.txt")
    total = 0
    for match in re.finditer(rb"LATENCY (\S+) late_ticks (\d+) runs (\d+)", text):
        # The first byte of the line comes right behind the operation.
        name = match.group(1).decode()
        rows.append((f"latency: {name}", stretches[match.start()], None))
        rows.append((f"late: {name}", int(match.group(2)) * 16, None))
        total += 1
    if total == 0:
        sys.exit("bench: no latencies")


def text_and_data(path):
    done = subprocess.run(["size", path], check=True, stdout=subprocess.PIPE)
    text, data = done.stdout.decode().splitlines()[1].split()[:2]
    return int(text) + int(data)


def bench_sizes(rows, folder):
    for name, path in (("kernel", "kernel/kernel.elf"), ("initialiser", "init/init.elf"),
                       ("VMM", "app/vm0.elf")):
        rows.append((f"size: {name}, text and data (bytes)", text_and_data(os.path.join(folder, path)),
                     None))
    with open(os.path.join(folder, "images", "model.json"), encoding="utf-8") as file:
        model = json.load(file)
    memory = model.get("memory", {}).get("vm0")
    if memory:
        rows.append(("size: memory of a VM besides guest RAM (bytes)", memory, None))


def bench_build(rows):
    """Seconds of a cold build; downloads are in the cache by now."""
    folder = os.path.join(BUILD, "bench-cold")
    shutil.rmtree(folder, ignore_errors=True)
    start = time.monotonic()
    build("vm_minimal", name="bench-cold")
    rows.append(("build: cold, seconds", round(time.monotonic() - start), None))
    shutil.rmtree(folder, ignore_errors=True)


def missed_aims(rows, quick):
    """Prints the rows that miss what is aimed at, and aims without a row; returns how many."""
    missed = 0
    for pattern, limit in AIMS:
        if quick and pattern.startswith("cyclictest"):
            continue
        found = [(name, value) for name, value, _ in rows if re.match(pattern, name)]
        for name, value in found:
            if value > limit:
                print(f"MISSED {name}: {value}, the aim is {limit}")
                missed += 1
        if not found:
            print(f"MISSED no row {pattern}")
            missed += 1
    return missed


def check(rows, update, quick):
    groups = ("exit:", "native:", "latency:", *(() if quick else ("lock:", "cyclictest")))
    counts = {name: value for name, value, _ in rows if name.startswith(groups)}
    if update and quick:
        sys.exit("bench: --update needs all rows, not --quick")
    if update:
        with open(EXPECTED, "w", encoding="utf-8") as file:
            json.dump(counts, file, indent=1, sort_keys=True)
            file.write("\n")
        return 0
    with open(EXPECTED, encoding="utf-8") as file:
        expected = json.load(file)
    worse = missed_aims(rows, quick)
    for name, value in expected.items():
        if not name.startswith(groups):
            continue
        now = counts.get(name)
        margin = 2 if name.startswith("cyclictest") else 10
        if now is None or now > value * 1.03 + margin:
            print(f"REGRESSION {name}: {now}, was {value}")
            worse += 1
    return 1 if worse else 0


def main():
    rows = []
    if set(sys.argv[1:]) - {"--quick", "--check", "--update"}:
        sys.exit(__doc__)
    quick = "--quick" in sys.argv
    bench_payload(rows)
    bench_ipi(rows)
    bench_ipc(rows)
    bench_latency(rows)
    if not quick:
        folder = bench_boot(rows)
        bench_cyclictest(rows)
        bench_lock(rows)
        bench_sizes(rows, folder)
        bench_build(rows)
    print(f"{'':56} {'Rookery':>13} {'bare QEMU':>13} {'ratio':>7}")
    for name, value, bare in rows:
        ratio = f"{value / bare:7.3f}" if bare else ""
        print(f"{name:56} {value:13,} {bare if bare is not None else '':>13} {ratio}")
    if "--check" in sys.argv or "--update" in sys.argv:
        return check(rows, "--update" in sys.argv, quick)
    return 0


if __name__ == "__main__":
    sys.exit(main())
