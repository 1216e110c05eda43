# SPDX-License-Identifier: BSD-2-Clause
"""vm_minimal on qemu-arm-virt: one Linux guest from login to poweroff, and everything in between."""
import functools
import gzip
import os
import re
import subprocess

from machine import BUILD, TOP, Failure, Machine, build


@functools.lru_cache(None)
def folder():
    return build("vm_minimal")


@functools.lru_cache(None)
def release_folder():
    return build("vm_minimal", name="vm_minimal-release", options=("-DRELEASE=ON",))


def require(condition, what):
    if not condition:
        raise Failure(what)


def test_boot_login_and_use():
    with Machine(folder()) as machine:
        machine.expect("Loading Kernel: 'linux'")
        machine.expect("Loading Initrd: 'linux-initrd'")
        machine.expect("Loading DTB: 'linux-dtb'")
        machine.expect(r"Booting Linux on physical CPU 0x0000000000")
        machine.login()
        with open(os.path.join(folder(), "guest-arm64", "release"), encoding="ascii") as file:
            release = file.read().strip()
        require(machine.command("uname -r").strip() == release, "uname -r is not Debian's kernel")
        require("GNU/Linux" in machine.command("uname -a"), "uname -a")
        total = int(re.search(r"MemTotal: +(\d+)", machine.command("cat /proc/meminfo")).group(1))
        require(440 * 1024 < total < 512 * 1024, f"512 MiB of RAM expected, MemTotal is {total} kB")
        ram = machine.command("grep 'System RAM' /proc/iomem")
        require("40000000-" in ram, "guest RAM does not start at 0x40000000:\n" + ram)

        def interrupts(name):
            line = machine.command(f"grep {name} /proc/interrupts")
            return int(re.search(r": +(\d+)", line).group(1))

        first = interrupts("arch_timer")
        machine.command("sleep 1")
        require(interrupts("arch_timer") > first, "the timer's interrupt does not move")
        require(interrupts("uart-pl011") > 0, "the UART's interrupt does not arrive")
        machine.command("i=0; while [ $i -lt 2000 ]; do /bin/true; i=$((i+1)); done", 180)
        machine.command("i=0; while [ $i -lt 300000 ]; do i=$((i+1)); done", 180)
        chosen = machine.command("ls /proc/device-tree/chosen").split()
        for name in ("linux,initrd-start", "linux,initrd-end", "stdout-path"):
            require(name in chosen, f"/chosen has no {name}: {chosen}")
        # A seed of the boot's own: the kernel takes it and removes it.
        require("crng init done" in machine.command("dmesg"), "the kernel got no entropy")


def test_idle_guest_costs_nothing():
    with Machine(folder()) as machine:
        machine.login()
        machine.command("sleep 2")
        used = machine.seconds_idle(10)
        require(used < 2.5, f"an idle guest used {used:.1f} s of CPU in 10 s")


def test_poweroff_leaves_the_system_running():
    with Machine(folder()) as machine:
        machine.login()
        machine.send("poweroff\r")
        machine.expect("reboot: Power down", 60)
        machine.expect(r"vm0: .*(powered off|power off)", 30)
        require(machine.child.isalive(), "the emulator ended")


def test_reboot_three_times():
    with Machine(folder(), timeout=180) as machine:
        for _ in range(3):
            machine.login()
            machine.command("touch /root/left-behind")
            machine.send("reboot\r")
            machine.expect("reboot: Restarting system", 60)
        machine.login()
        require(machine.command("ls /root").strip() == "", "the root file system was not pristine")


def test_guest_crash_stays_in_the_guest():
    with Machine(folder(), timeout=180) as machine:
        machine.login()
        machine.command("echo 3 > /proc/sys/kernel/panic")
        machine.send("echo c > /proc/sysrq-trigger\r")
        machine.expect("Kernel panic - not syncing", 60)
        machine.login(120)


def test_bad_mmio_is_an_abort_in_the_guest():
    with Machine(folder()) as machine:
        machine.login()
        # Nothing is at 0x0b000000; the kernel turns the external abort into a signal.
        machine.send("devmem 0x0b000000 32\r")
        machine.expect("Bus error|synchronous external abort|Internal error", 30)
        machine.send("\r")
        machine.expect("# ")
        require("aarch64" in machine.command("uname -m"), "the guest died")


def test_release_build_boots():
    with Machine(release_folder()) as machine:
        machine.login()
        require("aarch64" in machine.command("uname -m"), "uname")


def test_own_kernel_and_initrd():
    """A gzip'd Image and an uncompressed initrd of the user's, and words for the command line."""
    guest = os.path.join(folder(), "guest-arm64")
    kernel = os.path.join(BUILD, "own-Image.gz")
    initrd = os.path.join(BUILD, "own-initrd.cpio")
    with open(os.path.join(guest, "linux"), "rb") as source, gzip.open(kernel, "wb", 1) as target:
        target.write(source.read())
    with gzip.open(os.path.join(folder(), "app", "initrd.cpio.gz"), "rb") as source, \
            open(initrd, "wb") as target:
        target.write(source.read())
    own = build("vm_minimal", name="vm_minimal-own",
                options=(f"-DVM_KERNEL={kernel}", f"-DVM_INITRD={initrd}", "-DVM_BOOTARGS=loglevel=4"))
    with Machine(own) as machine:
        machine.login()
        require("loglevel=4" in machine.command("cat /proc/cmdline"), "the command line is not ours")


def test_another_kernel_takes_the_place_of_ours():
    """The kernel is exchangeable: here for the release build of another folder, given as a file. RELEASE
    tells user level that this kernel has no debug calls."""
    kernel = os.path.join(release_folder(), "kernel", "kernel.elf")
    other = build("vm_minimal", name="vm_minimal-other-kernel",
                  options=(f"-DKERNEL_ELF={kernel}", "-DRELEASE=ON"))
    require(not os.path.exists(os.path.join(other, "kernel", "kernel.elf")), "our kernel was built too")
    with Machine(other) as machine:
        machine.login()


def test_make_shows_what_is_wrong_and_no_more():
    def make(options):
        done = subprocess.run(["make", "--no-print-directory", "build", f"BUILD={folder()}",
                               f"OPTIONS={options}"], cwd=TOP, timeout=300,
                              stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        return done.returncode, done.stdout.decode()

    code, text = make("-DVM_KERNL=Image '-DVM_BOOTARGS=two words'")
    require(code == 0 and "warning: nobody reads option VM_KERNL" in text, text)
    for wrong in ("-DVM_KERNEL=/", "-DVM_INITRD=nothing", f"'-DVM_OVERLAY={TOP}/guests;nothing'"):
        code, text = make(wrong)
        require(code != 0 and "there is no f" in text and "Call Stack" not in text, text)
    code, text = make("")
    require(code == 0 and len(text.splitlines()) == 1, text)


def test_wrong_choices_list_the_right_ones():
    for options, expected in ((("-DCAMKES_VM_APP=vm_minimum", "-DPLATFORM=qemu-arm-virt"), "vm_minimal"),
                              (("-DCAMKES_VM_APP=vm_minimal", "-DPLATFORM=tx9"), "qemu-arm-virt")):
        wrong = os.path.join(BUILD, "wrong")
        os.makedirs(wrong, exist_ok=True)
        done = subprocess.run([os.path.join(TOP, "init-build.sh"), *options], cwd=wrong, timeout=300,
                              stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        text = done.stdout.decode()
        require(done.returncode != 0 and "Choose one of" in text
                and expected in text.split("Choose one of")[1], text)
