#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""Checks every #include of the tree against scripts/layers.txt: check_layers.py [ROOT]."""
import collections
import os
import re
import sys

from tree import TOP, is_c, list_files, read

INCLUDE = re.compile(r'^\s*#\s*include\s*(?:"([^"]+)"|<([^>]+)>)', re.M)
# Headers that adlc writes for each instance, and the layer that they are an interface of.
GENERATED = {"camkes.h": "libs/camkes"}
# Allowed though nothing needs it today: the line says what a new file may do.
RESERVED = {("vmm/dev", "libs/base"), ("vmm/dev", "libs/vdev"), ("vmm/include", "vmm/dev"),
            ("apps", "libs/base")}


class Layers:
    """The table: `layer` maps folders to the first folder of their line, `allowed` that to folders."""

    def __init__(self, root):
        self.layer = {}
        self.allowed = {}
        self.lines = {}
        self.problems = []
        path = "scripts/layers.txt"
        for number, line in enumerate(read(root, path).splitlines(), 1):
            line = line.split("#")[0].strip()
            if line:
                self.add(root, f"{path}:{number}", line)

    def add(self, root, where, line):
        left, _, right = line.partition(":")
        folders, uses = left.split(), right.split()
        for use in uses:
            if use not in self.layer:
                self.problems.append(f"{where}: {folders[0]} uses {use}, which is not above it")
        for folder in folders:
            reserved = any(own == folder for own, _ in RESERVED)
            if not reserved and not os.path.exists(os.path.join(root, folder)):
                self.problems.append(f"{where}: there is no {folder}")
            self.layer[folder] = folders[0]
        self.allowed[folders[0]] = [self.layer.get(use, use) for use in uses]
        self.lines[folders[0]] = where

    def of(self, path):
        """The layer of a file, or None."""
        while path:
            if path in self.layer:
                return self.layer[path]
            path = os.path.dirname(path)
        return None


def find_headers(files):
    """Every way to name a header -> the headers that it may be."""
    headers = collections.defaultdict(list)
    for file in files:
        if file.endswith(".h"):
            parts = file.split("/")
            for i in range(len(parts)):
                headers["/".join(parts[i:])].append(file)
    return headers


def check_file(root, file, layers, headers, used):
    """Problems of one file; adds to `used` what it needed."""
    own = layers.of(file)
    text = read(root, file)
    if own is None:
        return [] if file.startswith("tests/") else [f"{file}:1: in no layer of scripts/layers.txt"]
    problems = []
    for match in INCLUDE.finditer(text):
        name = match.group(1) or match.group(2)
        beside = os.path.normpath(os.path.join(os.path.dirname(file), name))
        if match.group(1) and beside in headers[name.split("/")[-1]]:
            owners = {layers.of(beside)}
        elif name in GENERATED:
            owners = {GENERATED[name]}
        else:
            owners = {layers.of(header) for header in headers.get(name, [])}
        owners -= {None}
        if not owners or own in owners:
            continue
        allowed = owners & set(layers.allowed[own])
        used.update((own, owner) for owner in allowed)
        if not allowed:
            line = text[:match.start()].count("\n") + 1
            problems.append(f"{file}:{line}: {own} may not include {name} ({', '.join(sorted(owners))})")
    return problems


def main():
    root = sys.argv[1] if len(sys.argv) > 1 else TOP
    layers = Layers(root)
    files = [file for file in list_files(root) if is_c(file)]
    headers = find_headers(files)
    used = set()
    problems = layers.problems
    for file in files:
        problems += check_file(root, file, layers, headers, used)
    for own, uses in layers.allowed.items():
        for use in uses:
            if (own, use) not in used | RESERVED:
                problems.append(f"{layers.lines[own]}: {own} does not use {use}")
    for problem in problems:
        print(problem)
    print(f"layers: {len(files)} files, {len(problems)} problems")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
