#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""Greatest stack depth of the kernel: kernel_stack.py FOLDER [--summary].

FOLDER is where the kernel was linked with -fstack-usage -fcallgraph-info=su: its *.ci files hold the frames
and calls of the program after link-time optimisation. Every build of the kernel does that. Prints the deepest
chain of calls (not with --summary); fails when it needs more than a stack (KERNEL_STACK_BITS), when the depth
can't be known, or on recursion without a bound.
"""
import os
import re
import sys

from tree import TOP, list_files, read

LAYOUT = "kernel/arch/arm/a64/include/arch/layout.h"
# Entry from user level saves registers in the TCB, so that a chain starts with an empty stack. What the
# assembly and the compiler's spilling round up to, and a margin.
RESERVE = 256
# Functions that may take part in a cycle of calls: {name: (times on one stack, why it ends)}.
RECURSION = {
    "cap_finalise": (2, "an interrupt's slot is emptied, which holds a notification cap; that empties no slot"),
    "slot_delete_simple": (1, "see cap_finalise"),
}

# Functions written in assembly; none uses the stack.
ASSEMBLY = set()

# Functions that call through a pointer, and how the sources name what it may point at.
SMP_CALLS = re.compile(r"struct smp_call \w+ = \{ \.function = (\w+),")
POINTERS = {"smp_enter": SMP_CALLS, "smp_serve_interrupt": SMP_CALLS, "serve_call": SMP_CALLS}

NODE = re.compile(r'^node: \{ title: "([^"]*)" label: "([^"]*)"(.*)\}')
EDGE = re.compile(r'^edge: \{ sourcename: "([^"]*)" targetname: "([^"]*)"')
FRAME = re.compile(r"\\n(\d+) bytes \(([^)]*)\)")


class Graph:
    """Frames and calls of all .ci files; functions are told apart by their short names and files."""

    def __init__(self):
        self.frames = {}
        self.calls = {}
        self.varying = set()
        self.problems = []

    @staticmethod
    def name(title):
        """After link-time optimisation names are unique; in other files static ones have the file before."""
        title = re.sub(r"^/tmp/\w+\.ltrans\d+\.o:", "", title)
        return re.sub(r"\.lto_priv\.\d+$", "", title).rsplit("/", 1)[-1]

    def load(self, path):
        with open(path, encoding="utf-8") as file:
            for line in file:
                node, edge = NODE.match(line), EDGE.match(line)
                if node:
                    self.add_node(self.name(node.group(1)), node.group(2))
                elif edge:
                    self.calls.setdefault(self.name(edge.group(1)), set()).add(self.name(edge.group(2)))

    def add_node(self, name, label):
        frame = FRAME.search(label)
        if frame is None:
            return
        if frame.group(2) != "static" and "bounded" not in frame.group(2):
            self.problems.append(f"{name}: its frame has no fixed size ({frame.group(2)})")
        self.frames[name] = max(self.frames.get(name, 0), int(frame.group(1)))

    def depth(self, name, above=(), known=None):
        """(bytes, chain) of the deepest calls from a function; `known` remembers what has been seen."""
        if name in known:
            return known[name]
        if above.count(name) >= RECURSION.get(name, (1, ""))[0]:
            cycle = above[above.index(name):]
            if not any(function in RECURSION for function in cycle):
                self.problems.append("recursion: " + " -> ".join([*cycle, name]))
            return 0, ()
        if name not in self.frames:
            if name.startswith("__indirect"):
                self.problems.append(f"{above[-1]}: calls through a pointer")
            elif name not in ASSEMBLY:
                self.problems.append(f"{name}: nothing is known of it; called by {above[-1]}")
            return 0, ()
        best = 0, ()
        for callee in sorted(self.calls.get(name, ())):
            best = max(best, self.depth(callee, (*above, name), known))
        result = best[0] + self.frames[name], (name, *best[1])
        if name not in self.varying:
            known[name] = result
        return result

    def find_varying(self):
        """Functions whose depth depends on the way there: they reach one that may be called again."""
        self.varying = set(RECURSION)
        size = 0
        while size != len(self.varying):
            size = len(self.varying)
            self.varying |= {name for name, callees in self.calls.items() if callees & self.varying}


def find_assembly(root):
    """Global functions of the kernel's assembly files, which must not use the stack; problems if they do."""
    problems = []
    for folder, _, files in os.walk(os.path.join(root, "kernel", "arch", "arm")):
        for file in sorted(files):
            if not file.endswith(".S"):
                continue
            text = read(folder, file)
            ASSEMBLY.update(re.findall(r"^\s*\.glob[a]?l\s+(\w+)", text, re.M))
            for match in re.finditer(r"^.*(\[sp, #-|sub\s+sp, sp).*$", text, re.M):
                problems.append(f"{file}: uses the stack: {match.group(0).strip()}")
    return problems


def add_pointers(graph, root):
    """Turns the calls of POINTERS into calls of everything that is assigned; leaves those of others."""
    for caller, pattern in POINTERS.items():
        callees = set()
        for file in list_files(root):
            if file.startswith("kernel/") and file.endswith(".c"):
                callees.update(pattern.findall(read(root, file)))
        calls = graph.calls.get(caller, set())
        if callees and "__indirect_call" in calls:
            graph.calls[caller] = calls - {"__indirect_call"} | callees


def main():
    bits = int(re.search(r"#define\s+KERNEL_STACK_BITS\s+(\d+)", read(TOP, LAYOUT)).group(1))
    graph = Graph()
    graph.problems += find_assembly(TOP)
    found = False
    for folder, _, files in os.walk(sys.argv[1]):
        for file in files:
            if file.endswith(".ci"):
                found = True
                graph.load(os.path.join(folder, file))
    if not found:
        print(f"no *.ci files below {sys.argv[1]}")
        return 1
    add_pointers(graph, TOP)
    graph.find_varying()
    known = {}
    size, chain = max(graph.depth(name, (), known) for name in sorted(graph.frames))
    for problem in sorted(set(graph.problems)):
        print(problem)
    for function in chain if "--summary" not in sys.argv else ():
        print(f"{graph.frames[function]:6} {function}")
    limit = (1 << bits) - RESERVE
    print(f"kernel stack: {size} bytes of {1 << bits}, {len(graph.frames)} functions, "
          f"{len(set(graph.problems))} problems")
    return 1 if graph.problems or size > limit else 0


if __name__ == "__main__":
    sys.exit(main())
