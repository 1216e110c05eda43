#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Checks every #include of the tree against scripts/layers.txt, and that files carry an SPDX line."""
import os
import re
import subprocess
import sys

TOP = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
INCLUDE = re.compile(r'^\s*#\s*include\s*(?:"([^"]+)"|<([^>]+)>)', re.M)
# Written by adlc for each instance, and headers of the C library and host libraries.
GENERATED = {"camkes.h"}


def read_layers(path):
    layers = {}
    with open(path, encoding="utf-8") as file:
        for line in file:
            line = line.split("#")[0].strip()
            if line:
                folder, _, allowed = line.partition(":")
                layers[folder.strip()] = allowed.split()
    return layers


def layer_of(path, layers):
    best = None
    for folder in layers:
        if path.startswith(folder + "/") and (best is None or len(folder) > len(best)):
            best = folder
    return best


def main():
    root = sys.argv[1] if len(sys.argv) > 1 else TOP
    layers = read_layers(os.path.join(root, "scripts", "layers.txt"))
    listed = subprocess.run(["git", "ls-files", "-co", "--exclude-standard"], cwd=root, check=True,
                            stdout=subprocess.PIPE).stdout.decode().splitlines()
    files = [f for f in listed if f.endswith((".c", ".h", ".S")) and os.path.exists(os.path.join(root, f))]
    headers = {}
    for file in files:
        if file.endswith(".h"):
            parts = file.split("/")
            for i in range(len(parts)):
                headers.setdefault("/".join(parts[i:]), []).append(file)
    problems = []
    for file in files:
        with open(os.path.join(root, file), encoding="utf-8", errors="replace") as handle:
            text = handle.read()
        if "SPDX-License-Identifier: BSD-2-Clause" not in text[:300]:
            problems.append(f"{file}:1: no SPDX line")
        if file.startswith("tests/"):
            continue
        own = layer_of(file, layers)
        if own is None:
            problems.append(f"{file}:1: in no layer of scripts/layers.txt")
            continue
        for match in INCLUDE.finditer(text):
            name = match.group(1) or match.group(2)
            beside = os.path.normpath(os.path.join(os.path.dirname(file), name))
            candidates = [beside] if beside in files else headers.get(name, [])
            owners = {layer_of(c, layers) for c in candidates} - {None}
            if not owners or name in GENERATED or own in owners:
                continue
            if not any(owner in layers[own] or any(owner.startswith(a + "/") for a in layers[own])
                       for owner in owners):
                line = text[:match.start()].count("\n") + 1
                problems.append(f"{file}:{line}: {own} may not include {name} "
                                f"({', '.join(sorted(owners))})")
    for problem in problems:
        print(problem)
    print(f"layers: {len(files)} files, {len(problems)} problems")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
