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
    for instance in sorted(os.listdir(os.path.join(folder, "code"))):
        source = os.path.join(folder, "code", instance, "camkes.c")
        count += 1
        options = ["-std=gnu17", "-O1", "-ffreestanding", "-nostdinc", "-isystem", LIBC,
                   "-isystem", include.strip(), "-I", os.path.dirname(source),
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
