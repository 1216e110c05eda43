# SPDX-License-Identifier: BSD-2-Clause
"""The boot code with a "kernel" that only reports how it was entered: registers, tables, contents, cores; and
its errors."""
import functools
import os
import struct
import subprocess

from machine import BUILD, TOP, Failure, build

HERE = os.path.join(TOP, "tests", "system", "boot")
QEMU = ["qemu-system-aarch64", "-accel", "tcg", "-cpu", "cortex-a53", "-display", "none", "-serial", "stdio",
        "-monitor", "none", "-nodefaults", "-no-reboot"]
MACHINE = "virt,virtualization=on,highmem=off,secure=off,gic-version=2"
USER_BYTES = 3 * 1024 * 1024


def run(command, **arguments):
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=120,
                          stdin=subprocess.DEVNULL, **arguments)
    if done.returncode != 0:
        raise Failure(f"{' '.join(command)} failed:\n{done.stdout.decode(errors='replace')}")
    return done.stdout.decode(errors="replace")


def require(condition, what):
    if not condition:
        raise Failure(what)


def compile_program(source, script, output, defines=()):
    run(["aarch64-linux-gnu-gcc", "-nostdlib", "-static", "-no-pie", "-Wl,--build-id=none",
         "-Wl,--no-warn-rwx-segments", f"-T{script}", *defines, source, "-o", output])


def compile_kernel(output, cores):
    compile_program(os.path.join(HERE, "fake_kernel.S"), os.path.join(HERE, "fake_kernel.lds"), output,
                    (f"-DSECONDARIES={cores - 1}",))


@functools.lru_cache(None)
def folder(cores):
    """A build whose boot code starts this many cores."""
    if cores == 1:
        return build("vm_minimal")
    path = os.path.join(BUILD, f"vm_minimal-boot{cores}")
    os.makedirs(path, exist_ok=True)
    # Our own kernel refuses more cores than it can start; the reporting one is packed later.
    kernel = os.path.join(path, "reporting-kernel")
    compile_kernel(kernel, cores)
    run([os.path.join(TOP, "init-build.sh"), "-DCAMKES_VM_APP=vm_minimal",
         "-DPLATFORM=qemu-arm-virt", f"-DNUM_NODES={cores}", f"-DKERNEL_ELF={kernel}"], cwd=path)
    run(["ninja", "boot.elf"], cwd=path)
    return path


def pack(cores=1, options=(), name="boot-test"):
    """An image with the reporting kernel and a large user image. Returns its path."""
    base = folder(cores)
    kernel, user, image = (os.path.join(base, f"{name}.{end}") for end in ("kernel", "user", "image"))
    compile_kernel(kernel, cores)
    compile_program(os.path.join(HERE, "fake_user.S"), os.path.join(HERE, "fake_user.lds"), user)
    run([os.path.join(base, "host", "imgpack", "imgpack"), "--boot", os.path.join(base, "boot", "boot.elf"),
         "--kernel", kernel, "--dtb", os.path.join(base, "qemu-arm-virt.dtb"), "--init", user, *options,
         "-o", image])
    return image


def start(image, cores=1, machine=MACHINE, memory=2048, seconds=20):
    """The console after the emulator ended, or after `seconds` when the boot code stopped."""
    command = [*QEMU, "-M", machine, "-smp", str(cores), "-m", str(memory), "-kernel", image]
    process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                               stderr=subprocess.STDOUT)
    try:
        output, _ = process.communicate(timeout=seconds)
    except subprocess.TimeoutExpired:
        process.kill()
        output, _ = process.communicate()
    return output.decode(errors="replace")


def report(console):
    for line in console.splitlines():
        words = line.split()
        if len(words) == 15 and all(len(word) == 16 for word in words):
            return [int(word, 16) for word in words]
    raise Failure("the kernel was not entered:\n" + console)


def check_report(words, cores=1):
    start_at, end, offset, entry, dtb, dtb_size = words[:6]
    require(end - start_at == USER_BYTES + 4096 and start_at % 4096 == 0,
            f"user image 0x{start_at:x}..0x{end:x}")
    require(start_at >= 0x60000000, "the user image is in the guests' part of RAM")
    require((start_at - offset) & (2**64 - 1) == 0x400000, f"physical - virtual is 0x{offset:x}")
    require(entry == 0x400008, f"entry of the user image 0x{entry:x}")
    require(dtb % 4096 == 0 and 0x60000000 < dtb < start_at and dtb_size > 4096, f"device tree 0x{dtb:x}")
    require(words[6] == 0x8060000000, f"kernel runs at 0x{words[6]:x}")
    require(words[7] == 8, f"CurrentEL 0x{words[7]:x}")
    require(words[8] & 0x1005 == 0x1005, f"MMU or caches are off: SCTLR 0x{words[8]:x}")
    require(words[9] & 0x3f == 16, f"TCR 0x{words[9]:x}")
    require(words[10] == 0xbbff440c0400, f"MAIR 0x{words[10]:x}")
    require(words[11] == 0, "the kernel's bss is not clear")
    require(words[12] == 0x1122334455667788, f"user image begins with 0x{words[12]:x}")
    require(words[13] == 0xedfe0dd0, f"device tree begins with 0x{words[13]:x}")
    require(words[14] == cores - 1, f"{words[14]} secondary cores")


def test_boot_protocol():
    console = start(pack())
    check_report(report(console))
    require("(in place)" in console, "the user image was copied although it lies well:\n" + console)
    require("entropy from the firmware: 40 bytes" in console, "no seeds:\n" + console)


def test_boot_copies_user_image():
    # QEMU puts an image that asks for the RAM's start 2 MiB behind it: memory of the guests.
    console = start(pack(options=("--load", "0x40000000")))
    check_report(report(console))
    require("(copied)" in console, "the user image was left in the guests' memory:\n" + console)


def test_boot_starts_all_cores():
    check_report(report(start(pack(cores=4), cores=4)), cores=4)


def test_boot_says_what_is_wrong():
    image = pack()
    cases = [("entered at EL1", start(image, machine="virt,gic-version=2", seconds=3)),
             ("1024 MiB of RAM", start(image, memory=1024, seconds=3))]
    with open(image, "rb") as file:
        data = bytearray(file.read())
    table = struct.unpack_from("<Q", data, 64 + 16 + 32)[0]
    for what, place in (("the table is damaged", table + 30), ("user image in the image is damaged", -5000)):
        damaged = bytearray(data)
        damaged[place] ^= 4
        path = image + ".damaged"
        with open(path, "wb") as file:
            file.write(damaged)
        cases.append((what, start(path, seconds=3)))
    with open(path, "wb") as file:
        file.write(data[:len(data) // 2])
    cases.append(("user image in the image is damaged", start(path, seconds=3)))
    cases.append(("core 1 (MPIDR 0x1) does not start: PSCI error -2", start(pack(cores=4), seconds=3)))
    for what, console in cases:
        require("boot: error: " in console and what in console, f"'{what}' expected:\n{console}")
