#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""Builds the kernel's test task and runs it in QEMU: debug and release kernel, several CPU models.
The last line is `N passed, N failed`; a case is one topic of one run.

run.py                        everything
run.py upstream_api [KIND]    only the root task of tests/upstream_api, on one kind of kernel (debug, release,
                              debug-4, debug-gic3...). The environment variable LIBSEL4_INCLUDES names the folders
                              of libsel4's headers that it is built with (A:B:C); without it, they are the project's
"""
import concurrent.futures
import os
import re
import subprocess
import sys
import time

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
BUILD = os.environ.get("ROOKERY_BUILD", os.path.join(TOP, "build"))
TOPICS = ["boot", "cspace", "cnode", "untyped", "vspace", "threads", "ipc", "transfer", "notification",
          "sched", "chains", "domains", "faults", "replies", "caches", "irq", "smc", "vcpu", "fault_paths",
          "traps", "leaks", "vtimer", "answers", "random", "smp"]
# Of tests/upstream_api.
API_TOPICS = ["bootinfo", "sizes", "untyped", "cnode", "vspace", "caches", "ipc", "rights", "notification",
              "threads", "sched", "cores", "faults", "user", "irq", "smc", "vcpu"]
# Instructions are the clock: the same run every time, however busy the machine is. Several cores take turns, and
# nobody waits in real time for what comes next when all are idle (sleep=off).
# Without it, each core has a thread of the emulator, and times are not checked.
COUNTED = ["-icount", "shift=0,sleep=off"]
# Kernel build (then "gic3" unless it is for a GICv2, "nosmc" without SMC caps, and its cores if more than one),
# CPU model, more options.
RUNS = [
    ("debug", "cortex-a53", COUNTED),
    ("release", "cortex-a53", COUNTED),
    ("release", "cortex-a72", COUNTED),
    ("debug", "max,pauth-impdef=on", COUNTED),
    ("debug", "a64fx", COUNTED),  # without AArch32
    ("release-nosmc", "cortex-a53", COUNTED),
    ("debug-4", "cortex-a53", COUNTED),
    ("debug-4", "cortex-a53", []),
    ("release-4", "cortex-a53", COUNTED),
    ("debug-gic3", "cortex-a53", COUNTED),
    ("release-gic3", "cortex-a72", COUNTED),
    ("debug-gic3-4", "cortex-a53", COUNTED),
    ("debug-8", "cortex-a53", COUNTED),
]
TIMEOUT = 480
# What the debug calls of test_threads.c print: the named thread in the list of all, its registers and caps.
DEBUG_LINES = [r"^kernel test thread +restart +[0-9a-f]{16} +77 +0$",
               r"^thread kernel test thread: state \d+, pc 0x[0-9a-f]+, cspace 10, vspace 9$"]


def call(command, timeout=600):
    done = subprocess.run(command, timeout=timeout, stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    if done.returncode != 0:
        sys.stdout.write(done.stdout.decode(errors="replace")[-4000:])
        sys.exit(f"failed: {' '.join(command)}\n0 passed, 1 failed")


def core_count(kind):
    last = kind.split("-")[-1]
    return int(last) if last.isdigit() else 1


def gic_version(kind):
    return 3 if "gic3" in kind else 2


def build_image(kind, special=None):
    """Image with a debug or release kernel. `special`: "latency" for the task that bench.py measures,
    "provoke" for a kernel that causes exceptions of its own, "upstream_api" for the root task of that folder."""
    folder = os.path.join(BUILD, f"kernel-tests-{special + '-' if special else ''}{kind}")
    packer = os.path.join(BUILD, "kernel-tests-imgpack")
    task = "upstream_api.elf" if special == "upstream_api" else "task.elf"
    includes = [os.path.abspath(name) for name in os.environ.get("LIBSEL4_INCLUDES", "").split(":") if name]
    call(["cmake", "-G", "Ninja", "-S", os.path.join(TOP, "tests", "kernel"), "-B", folder,
          f"-DCMAKE_TOOLCHAIN_FILE={TOP}/cmake/toolchain-aarch64.cmake",
          f"-DRELEASE={'ON' if kind.startswith('release') else 'OFF'}",
          f"-DSMC={'OFF' if 'nosmc' in kind else 'ON'}",
          f"-DLATENCY={'ON' if special == 'latency' else 'OFF'}",
          f"-DKERNEL_TEST_FAULTS={'ON' if special == 'provoke' else 'OFF'}",
          f"-DLIBSEL4_INCLUDES={';'.join(includes)}",
          f"-DNUM_NODES={core_count(kind)}", f"-DGIC_VERSION={gic_version(kind)}"])
    call(["ninja", "-C", folder, task])
    call(["cmake", "-G", "Ninja", "-S", os.path.join(TOP, "tools", "imgpack"), "-B", packer])
    call(["ninja", "-C", packer])
    tree = os.path.join(folder, "plat.dtb")
    source = "plat-gicv3.dts" if gic_version(kind) == 3 else "plat.dts"
    call(["dtc", "-q", "-I", "dts", "-O", "dtb", "-o", tree,
          os.path.join(TOP, "plat", "qemu-arm-virt", source)])
    if special == "latency":
        call(["fdtput", "-t", "x", tree, "/memory@40000000", "reg", "0", "40000000", "0", "c0000000"])
    image = os.path.join(folder, "image")
    call([os.path.join(packer, "imgpack"), "--boot", os.path.join(folder, "boot", "boot.elf"),
          "--kernel", os.path.join(folder, "kernel", "kernel.elf"), "--dtb", tree,
          "--init", os.path.join(folder, task), "-o", image])
    return image


def machine(kind, image, cpu, mebibytes=2048):
    """The emulator's command, without a serial line."""
    return ["qemu-system-aarch64", "-M", f"virt,virtualization=on,gic-version={gic_version(kind)}",
            "-accel", "tcg", "-cpu", cpu, "-smp", str(core_count(kind)), "-m", str(mebibytes), "-kernel", image,
            "-display", "none", "-monitor", "none"]


def run_image(kind, image, cpu, options):
    """Console output, up to the task's last line or the timeout."""
    command = [*machine(kind, image, cpu), "-serial", "stdio", *options]
    process = subprocess.Popen(["timeout", "-k", "1", str(TIMEOUT), *command], stdin=subprocess.DEVNULL,
                               stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    output = []
    for line in process.stdout:
        output.append(line.decode(errors="replace").rstrip())
        if "kernel tests: end" in output[-1] or "kernel panic" in output[-1]:
            break
    process.terminate()
    process.wait()
    return output


# What a broken kernel does (kernel/arch/arm/a64/provoke.c), and the exception: class, and the fault status
# without its level.
PROVOKED = [
    ("text is read-only", 0x25, 0x0c),
    ("data is not executable", 0x21, 0x0c),
    ("low addresses are not mapped", 0x25, 0x04),
    ("user addresses are not mapped", 0x25, 0x04),
    ("undefined instruction", 0x00, None),
    ("constants are read-only", 0x25, 0x0c),
]


def provoke(image, digit, last):
    """Console output of a kernel that is asked for what `digit` stands for (test_provoke.c), up to the line
    with `last` or the task's end, and what comes within half a second of that."""
    command = ["timeout", "-k", "5", "60", *machine("debug", image, "cortex-a53"), "-serial", "stdio"]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                               stderr=subprocess.STDOUT)
    process.stdin.write(digit.encode())
    process.stdin.flush()
    text = ""
    for line in process.stdout:
        text += line.decode(errors="replace")
        if last in text or "kernel tests: end" in text:
            break
    time.sleep(0.5)
    process.terminate()
    return text + process.communicate()[0].decode(errors="replace")


def run_halt(image):
    """DebugHalt stops the machine: the task gets no further."""
    text = provoke(image, "9", "DebugHalt by thread")
    if "DebugHalt by thread halting" in text and "goes on" not in text:
        print("ok   kernel DebugHalt", flush=True)
        return 1, 0
    print(f"FAIL kernel DebugHalt\n{text[-2000:]}", flush=True)
    return 0, 1


def run_provoked():
    """Exceptions of the kernel itself: fatal, with a message that says what and where."""
    image = build_image("debug", "provoke")
    good = 0
    for number, (name, expected_class, status) in enumerate(PROVOKED):
        text = provoke(image, str(number), "kernel panic")
        match = re.search(r"synchronous exception in the kernel: ESR 0x([0-9a-f]+) ELR 0x80600", text)
        esr = int(match.group(1), 16) if match else 0
        if match and esr >> 26 == expected_class and (status is None or esr & 0x3c == status):
            good += 1
        else:
            print(f"FAIL kernel exception, {name}\n{text[-2000:]}", flush=True)
    if good == len(PROVOKED):
        print(f"ok   kernel exceptions of its own: {good}", flush=True)
    halts, does_not = run_halt(image)
    return good + halts, len(PROVOKED) - good + does_not


def report(name, output, topics):
    """Prints how a run went. Returns how many of the topics are all right, and how many are not."""
    text = "\n".join(output)
    good = [topic for topic in topics if re.search(rf"^ok {topic}$", text, re.M)]
    checks = re.search(r"^checks: (\d+) passed", text, re.M)
    if name.startswith("debug") and "threads" in good and topics is TOPICS:
        for line in DEBUG_LINES:
            if not re.search(line, text, re.M):
                output = [f"FAILED no line {line}", *output]
                good = [topic for topic in good if topic != "threads"]
    if len(good) == len(topics) and checks and "kernel tests: end" in text:
        print(f"ok   kernel {name}: {checks.group(1)} checks", flush=True)
    else:
        wrong = [line for line in output if line.startswith("FAILED")]
        print(f"FAIL kernel {name}\n" + "\n".join(wrong + ["Its last lines:"] + output[-20:]), flush=True)
    return len(good), len(topics) - len(good)


def run_upstream_api(kind):
    """The root task that knows nothing but libsel4's public headers."""
    headers = "the headers of LIBSEL4_INCLUDES" if os.environ.get("LIBSEL4_INCLUDES") else "libs/sel4"
    output = run_image(kind, build_image(kind, "upstream_api"), "cortex-a53", [])
    return report(f"{kind} upstream_api with {headers}", output, API_TOPICS)


def run_all():
    # Configurations that differ in everything that changes labels and system calls.
    totals = [run_provoked(), run_upstream_api("debug"), run_upstream_api("release-gic3-4")]
    images = {kind: build_image(kind) for kind in dict.fromkeys(kind for kind, _, _ in RUNS)}
    # Emulators of one thread run side by side; those with a thread for each core have the machine alone.
    single = [run for run in RUNS if core_count(run[0]) == 1 or "-icount" in run[2]]
    several = [run for run in RUNS if run not in single]

    def output_of(run):
        return run_image(run[0], images[run[0]], *run[1:])

    with concurrent.futures.ThreadPoolExecutor(min(os.cpu_count() or 1, 4)) as pool:
        for (kind, cpu, options), output in zip(single, pool.map(output_of, single)):
            totals.append(report(" ".join([kind, cpu, *options]), output, TOPICS))
    for kind, cpu, options in several:
        totals.append(report(" ".join([kind, cpu, *options]), output_of((kind, cpu, options)), TOPICS))
    return sum(good for good, _ in totals), sum(bad for _, bad in totals)


def main():
    if sys.argv[1:2] == ["upstream_api"]:
        passed, failed = run_upstream_api(sys.argv[2] if len(sys.argv) > 2 else "debug")
    elif len(sys.argv) > 1:
        sys.exit(__doc__)
    else:
        passed, failed = run_all()
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
