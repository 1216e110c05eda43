#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""Where the instructions of an exit or of a call go, function by function:

    tests/perf/profile.py [exit|ipc] [PATTERN [FUNCTION]]

Runs the benchmark that tests/perf/bench.py runs, with a plugin that counts every instruction between two
lines of its output, and prints a table for each line that PATTERN (a regular expression) is found in:
instructions per round (a guest in its own memory has no names). With FUNCTION, that function's disassembly, instruction by instruction."""
import bisect
import collections
import os
import re
import subprocess
import sys

from bench import run_plugin, simulate_command
from machine import build

ROUNDS = 1010  # of most measurements, those that warm up included
KINDS = {
    "exit": ("vm_payload-bench", "vm_payload", ("-DRELEASE=ON", "-DVM_PAYLOAD=bench"), b"SUMMARY"),
    "ipc": ("ipc_bench", "ipc_bench", (), b"BENCH done"),
}


class Symbols:
    """Functions of the programs of a build, by address."""

    def __init__(self, folder):
        self.functions = []
        files = ["kernel/kernel.elf"]
        files += [os.path.join("app", name) for name in sorted(os.listdir(os.path.join(folder, "app")))
                  if name.endswith(".elf")]
        for file in files:
            done = subprocess.run(["aarch64-linux-gnu-nm", "-n", os.path.join(folder, file)], check=True,
                                  stdout=subprocess.PIPE)
            for line in done.stdout.decode().splitlines():
                words = line.split()
                if len(words) == 3 and words[1] in "tTwW" and not words[2].startswith("$"):
                    self.functions.append((int(words[0], 16), file, words[2]))
        self.functions.sort()
        self.starts = [entry[0] for entry in self.functions]

    def find(self, address):
        """(file, function) of an address; programs that share addresses can't be told apart."""
        at = bisect.bisect_right(self.starts, address) - 1
        if at < 0 or address - self.starts[at] > 0x10000:
            return ("?", f"{address & ~0xfff:#x}")
        return self.functions[at][1:]


def stretches(words):
    """Splits the plugin's words: (index of the console byte at the end, {address: executions})."""
    counts = collections.Counter()
    for address, count in zip(words[::2], words[1::2]):
        if address == 0:
            yield count, counts
            counts = collections.Counter()
        else:
            counts[address] += count


def disassemble(folder, file, function, counts):
    done = subprocess.run(["aarch64-linux-gnu-objdump", "-d", f"--disassemble={function}",
                           os.path.join(folder, file)], check=True, stdout=subprocess.PIPE)
    for line in done.stdout.decode().splitlines():
        match = re.match(r" *([0-9a-f]+):\s+[0-9a-f]+ (.*)", line)
        if match:
            count = counts.get(int(match.group(1), 16), 0) / ROUNDS
            if count >= 0.05:
                print(f"  {count:8.2f}  {match.group(1)} {match.group(2)}")


def main():
    kind = sys.argv[1] if len(sys.argv) > 1 else "exit"
    pattern = sys.argv[2] if len(sys.argv) > 2 else "."
    wanted = sys.argv[3] if len(sys.argv) > 3 else None
    name, app, options, stop = KINDS[kind]
    folder = build(app, name=name, options=options)
    text, words = run_plugin("profile", simulate_command(folder), folder, f"profile-{kind}", stop, 240)
    symbols = Symbols(folder)
    for index, counts in stretches(words):
        line = text[index:].split(b"\n")[0].decode("ascii", "replace").strip()
        if not line.startswith("BENCH") or not re.search(pattern, line):
            continue
        functions = collections.Counter()
        for address, count in counts.items():
            functions[symbols.find(address)] += count
        print(f"\n{line}: {sum(counts.values()) / ROUNDS:.1f} instructions of {ROUNDS} rounds")
        for (file, function), count in functions.most_common():
            if count / ROUNDS >= 0.5:
                print(f"  {count / ROUNDS:8.1f}  {os.path.basename(file):16} {function}")
            if function == wanted:
                disassemble(folder, file, function, counts)
    return 0


if __name__ == "__main__":
    sys.exit(main())
