#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""Compiles the C files of a compile_commands.json once more, for warnings only; each is an error.

recompile.py clang FILE [FOLDER...]      clang's warnings
recompile.py analyzer FILE [FOLDER...]   gcc's -fanalyzer
recompile.py taint FILE [FOLDER...]      the same for what comes from outside: arguments of GUEST_INPUT functions

With folders (relative to the tree) only their files. The program of the commands tells host and target apart.
"""
import json
import os
import re
import shlex
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

from tree import TOP

# With an argument that is dropped too; output belongs to the build.
DROP_PAIR = {"-o", "-MF", "-MT"}
# -flto would put the analysis off to the link.
DROP = {"-c", "-MD", "-fno-tree-loop-distribute-patterns", "-fno-allow-store-data-races", "-flto", "-fstack-usage", "-fcallgraph-info=su"}
CLANG = ["-fsyntax-only", "-Wno-unused-command-line-argument", "-Wno-gnu-variable-sized-type-not-at-end"]
ANALYZER = ["-c", "-o", "/dev/null", "-fanalyzer", "-Werror"]
# With gcc 12 this checker must be asked for, and turns others off.
TAINT = [*ANALYZER, "-fanalyzer-checker=taint"]


def make_command(tool, entry):
    words = shlex.split(entry["command"])
    kept = []
    skip = False
    for word in words[1:]:
        if skip:
            skip = False
        elif word in DROP_PAIR:
            skip = True
        elif word not in DROP:
            kept.append(word)
    if tool == "clang":
        # gcc's own headers speak of gcc's own macros.
        headers = subprocess.run(["clang", "-print-resource-dir"], check=True,
                                 stdout=subprocess.PIPE).stdout.decode().strip() + "/include"
        kept = [headers if re.match(r"/usr/lib/gcc.*/include$", word) else word for word in kept]
        target = ["--target=aarch64-linux-gnu"] if "aarch64" in os.path.basename(words[0]) else []
        return ["clang", *target, *CLANG, *kept]
    return [words[0], *kept, *(TAINT if tool == "taint" else ANALYZER)]


def check(job):
    tool, entry = job
    done = subprocess.run(make_command(tool, entry), cwd=entry["directory"], stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT)
    return entry["file"], done.returncode, done.stdout.decode(errors="replace")


def select(entries, folders):
    """C files, once each, in the folders."""
    chosen = {}
    for entry in entries:
        path = os.path.relpath(os.path.join(entry["directory"], entry["file"]), TOP)
        if path.endswith(".c") and (not folders or any(path.startswith(f + "/") for f in folders)):
            chosen.setdefault(path, entry)
    return chosen.values()


def main():
    tool, path, *folders = sys.argv[1:]
    with open(path, encoding="utf-8") as file:
        entries = select(json.load(file), folders)
    failed = 0
    with ThreadPoolExecutor(2) as pool:
        for name, code, output in pool.map(check, [(tool, entry) for entry in entries]):
            if code != 0:
                failed += 1
                print(f"{name}:\n{output[:6000]}")
    print(f"{tool}: {len(entries)} files, {failed} with problems")
    return 1 if failed or not entries else 0


if __name__ == "__main__":
    sys.exit(main())
