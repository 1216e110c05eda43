#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""Generated code of all connectors, compiled for every architecture: codegen/run.py ADLC [WORD...].

Each architecture with gcc and clang, warnings as errors. Compilers that are not installed are left
out, but one of the two must be there. WORDs choose cases. The last line is `N passed, N failed`.
"""
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
TOP = HERE.parent.parent.parent
LIBC = "/usr/lib/picolibc/aarch64-linux-gnu/include"
TIMEOUT_SECONDS = 60

WARNINGS = """-Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wold-style-definition
    -Wundef -Wvla -Wwrite-strings -Wcast-qual -Wpointer-arith -Wimplicit-fallthrough -Wformat=2
    -Wredundant-decls -Werror""".split()
INCLUDES = ["libs/camkes/include", "libs/sel4/include", "libs/base/include", "abi/include"]

# Architecture of adlc: its compilers; of those for the same family the first that exists is taken.
ARCHES = {
    "aarch64": [["aarch64-linux-gnu-gcc"], ["clang", "--target=aarch64-linux-gnu"]],
    "arm": [["arm-linux-gnueabihf-gcc"], ["arm-linux-gnueabi-gcc"], ["arm-none-eabi-gcc"],
            ["clang", "--target=arm-linux-gnueabihf"]],
    "x86_64": [["gcc", "-m64"], ["x86_64-linux-gnu-gcc"],
               ["clang", "--target=x86_64-linux-gnu"]],
    "ia32": [["gcc", "-m32"], ["i686-linux-gnu-gcc"], ["clang", "--target=i686-linux-gnu"]],
}
# Connectors without code for some architectures: they need a device tree.
NEEDS_DTB = {"seL4DTBHardware", "seL4DTBHW", "seL4VMDTBPassthrough"}


def run(command):
    done = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, timeout=TIMEOUT_SECONDS, check=False)
    return done.returncode, done.stdout.decode(errors="replace")


def works(compiler):
    """Whether the compiler is there and compiles for its target."""
    if shutil.which(compiler[0]) is None:
        return False
    machine = {"-m32": "80386", "-m64": "X86-64"}.get(compiler[-1])
    if machine is None:
        return True
    with tempfile.TemporaryDirectory() as scratch:
        source = os.path.join(scratch, "test.c")
        pathlib.Path(source).write_text("int one(void);\nint one(void) { return 1; }\n",
                                        encoding="utf-8")
        status, _ = run([*compiler, "-nostdinc", "-c", source, "-o", os.path.join(scratch, "o")])
        if status != 0:
            return False
        header = pathlib.Path(scratch, "o").read_bytes()[:20]
    return header[18] == {"80386": 3, "X86-64": 62}[machine]


def compilers_of(arch):
    """At most one gcc and one clang."""
    chosen = {}
    for compiler in ARCHES[arch]:
        family = "clang" if compiler[0] == "clang" else "gcc"
        if family not in chosen and works(compiler):
            chosen[family] = compiler
    return chosen


def generate(adlc, arch, dtb, folder):
    has_dtb = arch in ("aarch64", "arm")
    options = ["-D", "ARCH_ARM", "--dtb", dtb] if has_dtb else []
    os.mkdir(folder)
    return run([adlc, "gen", "-I", str(TOP / "interfaces"), *options, "--arch", arch,
                "--platform", "none" if has_dtb else "pc99", "-o", folder, str(HERE / "connectors.camkes")])


def generate_vm(adlc, arch, folder):
    """The model of the x86 VM too: the audit knows where each cap comes from."""
    os.mkdir(folder)
    status, output = run([adlc, "gen", "-I", str(TOP / "interfaces"), "--arch", arch, "--platform", "pc99",
                          "-o", folder, str(HERE / "vm_x86.camkes")])
    if status != 0 or output:
        return output or "failed\n"
    _, audit = run([adlc, "audit", os.path.join(folder, "model.bin")])
    wanted = ["without an explanation: 0.", "I/O ports 0xff00..0x10000", "vm0.vm_irqs", "vm0.pci_devices",
              "vm0.guest_mappings", "vm0.ram", "DMA of PCI 00:1f.2", "DMA of PCI ff:1f.7"]
    missing = [text for text in wanted if text not in audit]
    return f"the audit does not say {missing}\n{audit}" if missing else ""


def generate_udp(adlc, arch, folder):
    os.mkdir(folder)
    status, output = run([adlc, "gen", "-I", str(TOP / "interfaces"), "--arch", arch, "--platform", "none",
                          "-o", folder, str(HERE / "udp/udp.camkes")])
    return "" if (status, output) == (0, "") else output or "failed\n"


def compile_all(compiler, folder, includes=()):
    _, include = run([*compiler, "-print-file-name=include"])
    problems = ""
    count = 0
    for instance in sorted(os.listdir(folder)):
        source = os.path.join(folder, instance, "camkes.c")
        if not os.path.exists(source):
            continue
        count += 1
        options = ["-std=gnu17", "-O1", "-ffreestanding", "-nostdinc", "-isystem", LIBC,
                   "-isystem", include.strip(), "-I", os.path.join(folder, instance),
                   "-I", str(HERE), *(f"-I{TOP / path}" for path in INCLUDES),
                   *(f"-I{path}" for path in includes), *WARNINGS]
        status, output = run([*compiler, *options, "-c", source, "-o", "/dev/null"])
        if status != 0:
            problems += f"{' '.join(compiler)}: {instance}\n{output}"
    return problems or ("" if count else "there is nothing to compile\n")


def check_connectors():
    """Every connector that the compiler has is in the description."""
    text = (HERE / "connectors.camkes").read_text(encoding="utf-8")
    known = set()
    for path in (TOP / "tools/adlc/connectors").glob("*.c"):
        known |= set(re.findall(r'"((?:seL4|Dynamic|x86)[A-Za-z]+)"', path.read_text(encoding="utf-8")))
    used = set(re.findall(r"connection (\w+)", text))
    missing = known - used
    unknown = (used | NEEDS_DTB) - known
    if missing or unknown:
        return f"not in connectors.camkes: {sorted(missing)}; unknown: {sorted(unknown)}\n"
    return ""


# What the connectors refuse: name, architecture, platform, start of the composition and settings, message ID.
REFUSALS = [
    ("ports_on_arm", "aarch64", "qemu-arm-virt",
     "connection seL4HardwareIOPort p(from a.ports, to d.ports);", 'd.ports_attributes = "1:2";',
     "ioport-architecture"),
    ("ports_without_range", "x86_64", "pc99",
     "connection seL4HardwareIOPort p(from a.ports, to d.ports);", "", "ioport-range"),
    ("ports_overlap", "x86_64", "pc99",
     "connection seL4HardwareIOPort p(from a.ports, to d.ports);",
     'd.ports_attributes = "0x10:0x1f"; a.ioports = "0x18:0x19";', "claimed-twice"),
    ("spaces_on_arm", "aarch64", "qemu-arm-virt", "", 'a.iospaces = "0:1:2:3";',
     "setting-unsupported"),
    ("space_format", "x86_64", "pc99", "", 'a.iospaces = "0:1:32:3";', "setting-format"),
    ("arm_interrupt_on_pc", "x86_64", "pc99",
     "connection seL4HardwareInterrupt i(from d.irq, to a.irq);",
     'd.irq_irq_type = "arm"; d.irq_irq_number = 4;', "interrupt-type"),
    ("buffer_of_nobody", "aarch64", "qemu-arm-virt",
     "connection seL4RPCCall c(from a.call, to b.call);", 'c.buffer = "m";', "rpc-buffer"),
    ("buffer_read_only", "aarch64", "qemu-arm-virt",
     "connection seL4RPCCall c(from a.call, to b.call); "
     "connection seL4SharedData m(from a.memory, to b.memory);",
     'c.buffer = "m"; b.memory_access = "R";', "rpc-buffer"),
    ("no_untypeds", "aarch64", "qemu-arm-virt",
     "connection DynamicUntypedAllocatorEnvironment u(from a.need, to a.into);", "",
     "environment-empty"),
    ("notification_queue", "aarch64", "qemu-arm-virt",
     "connection seL4NotificationQueue q(from a.need, to a.into);", "", "connector-unsupported"),
    ("messages_without_size", "aarch64", "qemu-arm-virt",
     "connection seL4MessageQueue q(from a.memory, to b.memory);", "", "message-type"),
    ("bound_twice", "aarch64", "qemu-arm-virt",
     "connection seL4NotificationBind x(from a.signal, to b.first); "
     "connection seL4NotificationBind y(from a.too, to b.second);", "", "notification-bound"),
    ("bound_without_badge", "aarch64", "qemu-arm-virt",
     "connection seL4NotificationBind x(from a.signal, to b.first);", "a.signal_attributes = 0;",
     "notification-badge"),
    ("dma_unaligned", "aarch64", "qemu-arm-virt",
     "connection seL4DMASharedData m(from a.memory, to b.memory);", "m.paddr = 0x48000010;",
     "dataport-paddr"),
    ("dma_somewhere", "x86_64", "pc99",
     "connection seL4DMASharedData m(from a.memory, to b.memory);", "", "dataport-paddr"),
    ("direct_across", "aarch64", "qemu-arm-virt",
     "connection seL4DirectCall c(from a.call, to b.call);", "", "direct-call-group"),
    ("vm_setting_on_arm", "aarch64", "qemu-arm-virt", "", "a.ram = [[0x10000000, 12]];",
     "setting-unsupported"),
    ("vm_without_domain", "x86_64", "pc99", "",
     'a.pci_devices_iospace = 1; a.pci_devices = [{"name" : "n", "bus" : 0, "dev" : 0, "fun" : 0}];',
     "setting-range"),
    ("vm_ram_alignment", "x86_64", "pc99", "", "a.ram = [[0x1000, 13]];", "device-range"),
    ("vm_frame_alignment", "x86_64", "pc99", "",
     'a.guest_mappings = [{"paddr" : 0x1000, "size" : 1, "page_bits" : 21}];', "device-range"),
    ("vm_frame_sizes", "x86_64", "pc99", "",
     'a.guest_mappings = [{"paddr" : 0x200000, "size" : 0x200000, "page_bits" : 21}, '
     '{"paddr" : 0x201000, "size" : 1, "page_bits" : 12}];', "device-overlap"),
    ("own_connector", "aarch64", "qemu-arm-virt", "connection Mine u(from a.need, to a.into);", "",
     "connector-unsupported"),
]
REFUSED = """
import <std_connector.camkes>;
import <vm-connectors.camkes>;
import <ioport.idl4>;
connector seL4NotificationQueue { from Procedure with 0 threads; to Procedure with 0 threads; }
connector Mine { from Procedure with 0 threads; to Procedure with 0 threads; }
procedure P { void f(); }
component A {
    maybe uses IOPort ports; maybe consumes Irq irq; maybe uses P call; maybe dataport Buf memory;
    maybe uses P need; provides P into; emits Irq signal; emits Irq too;
}
component B {
    provides P call; maybe dataport Buf memory; maybe consumes Irq first; maybe consumes Irq second;
}
component D { hardware; provides IOPort ports; emits Irq irq; }
assembly {
    composition { component A a; component B b; component D d; %s }
    configuration { %s }
}
"""


def check_refusal(adlc, scratch, refusal):
    name, arch, platform, connections, settings, identifier = refusal
    path = os.path.join(scratch, f"{name}.camkes")
    pathlib.Path(path).write_text(REFUSED % (connections, settings), encoding="utf-8")
    status, output = run([adlc, "gen", "-I", str(TOP / "interfaces"), "--arch", arch,
                          "--platform", platform, "-o", os.path.join(scratch, name), path])
    ids = re.findall(r"error: .*\[([a-z-]+)\]$", output, re.M)
    return "" if status == 1 and ids == [identifier] else f"exit status {status}, errors {ids}\n{output}"


def check_pc(adlc, scratch):
    """The restated x86 application becomes a model with ports that the audit knows."""
    good = HERE.parent / "good"
    folder = os.path.join(scratch, "pc")
    status, output = run([adlc, "gen", "-I", str(good / "lib"), "-D", "PC99", "--arch", "x86_64",
                          "--platform", "pc99", "-o", folder, str(good / "x86_minimal.camkes")])
    if status != 0:
        return output
    model = os.path.join(folder, "model.bin")
    _, audit = run([adlc, "audit", model])
    if "I/O ports 0x0cf8..0x" not in audit or "without an explanation: 0." not in audit:
        return audit
    status, output = run([adlc, "link", "--model", model, "-o", os.path.join(scratch, "payload")])
    return "" if status == 1 and "'pc99', for which nothing" in output else output or "linked\n"


def main():
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    adlc = os.path.abspath(sys.argv[1])
    words = sys.argv[2:]
    passed = failed = 0

    def result(name, problem):
        nonlocal passed, failed
        print(f"{'FAIL' if problem else 'ok'} codegen {name}")
        if problem:
            print(problem[-6000:], end="")
        passed += not problem
        failed += bool(problem)

    result("connectors", check_connectors())
    with tempfile.TemporaryDirectory() as scratch:
        dtb = os.path.join(scratch, "virt.dtb")
        run(["dtc", "-q", "-I", "dts", "-O", "dtb", "-o", dtb, str(TOP / "plat/qemu-arm-virt/plat.dts")])
        for refusal in REFUSALS:
            result(f"refuses {refusal[0]}", check_refusal(adlc, scratch, refusal))
        result("pc99 x86_minimal", check_pc(adlc, scratch))
        for arch in ARCHES:
            if words and not any(word in arch for word in words):
                continue
            folder = os.path.join(scratch, arch)
            status, output = generate(adlc, arch, dtb, folder)
            result(f"{arch} generate", "" if (status, output) == (0, "") else output or "failed\n")
            compilers = compilers_of(arch)
            vm_folder = os.path.join(scratch, f"{arch}-vm")
            if arch in ("x86_64", "ia32"):
                result(f"{arch} generate vm_x86", generate_vm(adlc, arch, vm_folder))
                for family, compiler in compilers.items():
                    result(f"{arch} {family} vm_x86", compile_all(compiler, vm_folder))
            udp_folder = os.path.join(scratch, f"{arch}-udp")
            result(f"{arch} generate udp", generate_udp(adlc, arch, udp_folder))
            for family, compiler in compilers.items():
                result(f"{arch} {family} udp", compile_all(compiler, udp_folder, [HERE / "udp"]))
            if not compilers:
                result(arch, "there is no compiler for it\n")
            for family, compiler in compilers.items():
                result(f"{arch} {family}", compile_all(compiler, folder))
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
