#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Compiles every C file of a compile_commands.json once more with clang, for its warnings only."""
import json
import shlex
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

DROP = {"-fno-allow-store-data-races"}


def clang_command(entry):
    words = shlex.split(entry["command"])
    command = ["clang", "--target=aarch64-linux-gnu", "-fsyntax-only", "-Wno-unused-command-line-argument",
               "-Wno-gnu-variable-sized-type-not-at-end"]
    skip = False
    for word in words[1:]:
        if skip:
            skip = False
        elif word in ("-o", "-MF", "-MT"):
            skip = True
        elif word not in ("-c", "-MD") and word not in DROP:
            command.append(word)
    return command


def check(entry):
    done = subprocess.run(clang_command(entry), cwd=entry["directory"], stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT)
    return entry["file"], done.returncode, done.stdout.decode(errors="replace")


def main():
    with open(sys.argv[1], encoding="utf-8") as file:
        entries = [e for e in json.load(file) if e["file"].endswith(".c")]
    failed = 0
    with ThreadPoolExecutor(2) as pool:
        for name, code, output in pool.map(check, entries):
            if code != 0:
                failed += 1
                print(f"{name}:\n{output[:3000]}")
    print(f"clang: {len(entries)} files, {failed} with problems")
    return 1 if failed or not entries else 0


if __name__ == "__main__":
    sys.exit(main())
