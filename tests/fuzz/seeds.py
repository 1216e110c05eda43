#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""Seeds that are made rather than stored: seeds.py TARGET FOLDER. Nothing for targets that need none."""
import glob
import gzip
import os
import random
import re
import shutil
import struct
import subprocess
import sys

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
PAGE = 4096
# Streams of operations: target -> bytes of one operation and of what comes before them.
STREAMS = {"kernel": (4, 0), "psci_exit": (24, 1), "vgic": (8, 3), "sysimage": (3, 1), "msgqueue": (5, 2)}


def make_adl():
    for pattern in ("tests/adl/*/*.camkes", "tests/adl/*/lib/*.yaml", "apps/*/*/*.camkes", "interfaces/*"):
        for file in glob.glob(os.path.join(TOP, pattern)):
            with open(file, "rb") as handle:
                yield handle.read()


def written_out(path, folders, seen):
    """The file with everything that it imports and includes in place, as the fuzzers have no files."""
    path = os.path.realpath(path)
    if path in seen:
        return ""
    seen.add(path)

    def replace(match):
        found = [os.path.join(folder, match.group(2)) for folder in [os.path.dirname(path), *folders]]
        found = [file for file in found if os.path.exists(file)]
        return written_out(found[0], folders, seen) if found else ""

    with open(path, encoding="utf-8") as handle:
        text = handle.read()
    text = re.sub(r"^#pragma once\n|^ *//.*\n", "", text, flags=re.M)
    text = re.sub(r'^(import|#include) *["<]([^">]*)[">];?', replace, text, flags=re.M)
    return text


def make_lower():
    lib = os.path.join(TOP, "tests/adl/good/lib")
    interfaces = os.path.join(TOP, "interfaces")
    for pattern in ("tests/adl/codegen/*.camkes", "tests/adl/bad-at-gen/*.camkes", "tests/adl/good/*.camkes",
                    "tests/apps/connectors/*.camkes"):
        for file in sorted(glob.glob(os.path.join(TOP, pattern))):
            if "too-many-" in file:
                continue # takes as long as a thousand others
            folders = [interfaces] if "/good/" not in file and "/vm-" not in file else [lib]
            text = written_out(file, folders, set())
            # The platform comes of the length: each seed for each of them.
            for number in range(6 if len(text) < 4000 else 2):
                define = "#define ARCH_ARM\n" if number % 2 == 0 else "#define PC99\n"
                text_and_tail = define + text
                yield (text_and_tail + " " * ((number - len(text_and_tail)) % 6)).encode()


def make_fdt():
    for file in glob.glob(os.path.join(TOP, "plat/*/*.dts")):
        yield subprocess.run(["dtc", "-q", "-I", "dts", "-O", "dtb", file], check=True,
                             stdout=subprocess.PIPE).stdout


def make_inflate():
    source = random.Random(1)
    texts = [b"", bytes(300), bytes(70000), source.randbytes(500)]
    for file in ("LICENSE", "vmm/sources.cmake", "tests/adl/good/strings.camkes"):
        with open(os.path.join(TOP, file), "rb") as handle:
            texts.append(handle.read())
    for text in texts:
        for level in (0, 1, 9):
            yield gzip.compress(text, level, mtime=0)


def make_bootimage():
    """Images with kernel, device tree and user part (abi/boot_image.h); the fuzzer fills in checksums."""
    for segments, has_tree, user_pages in ((1, False, 1), (1, True, 1), (2, True, 2), (3, False, 1)):
        count = segments + has_tree + 1
        at = PAGE
        entries = b""
        virtual = 0x8000000000
        for i in range(segments):
            place = 0x60000000 + i * PAGE
            entries += struct.pack("<II6Q", 1, 0, at, 64, PAGE, place, virtual + place, 0)
            at += 64
        if has_tree:
            entries += struct.pack("<II6Q", 2, 0, at, 128, 128, 0, 0, 0)
            at += 128
        at = (at + PAGE - 1) // PAGE * PAGE
        entries += struct.pack("<II6Q", 3, 0, at, user_pages * PAGE, user_pages * PAGE, 0, 0x400000, 0)
        size = at + user_pages * PAGE
        header = struct.pack("<QIIQQQQIIQ", 0x454741494f424b52, 1, 1, size, 0x40200000, virtual + 0x60000000,
                             0x400000, count, 0, 0)
        yield (header + entries).ljust(size, b"\0")


def make_stream(target):
    """Random operations: as many as an input may have, so that the fuzzer does not begin with one."""
    size, before = STREAMS[target]
    source = random.Random(2)
    for count in (1, 4, 16, 60, 150):
        for _ in range(4):
            yield source.randbytes(before + size * count)


def main():
    target, folder = sys.argv[1:]
    shutil.rmtree(folder, ignore_errors=True)
    os.makedirs(folder)
    if target in STREAMS:
        seeds = make_stream(target)
    else:
        makers = {"adl": make_adl, "lower": make_lower, "fdt": make_fdt, "inflate": make_inflate,
                  "bootimage": make_bootimage}
        seeds = makers[target]() if target in makers else []
    stored = glob.glob(os.path.join(TOP, "tests", "fuzz", "corpus", target, "*"))
    for file in stored:
        shutil.copy(file, folder)
    for number, seed in enumerate(seeds):
        with open(os.path.join(folder, f"made-{number}"), "wb") as handle:
            handle.write(seed)


if __name__ == "__main__":
    main()
