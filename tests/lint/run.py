#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""Tests of the linters: each seeded violation must be reported, and what is allowed must not.

Works on a copy of the tree, so that nobody else sees the violations. The last line is `N passed, N failed`.
"""
import json
import os
import shutil
import subprocess
import sys
import tempfile

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
SPDX = "// SPDX-License-Identifier: BSD-2-Clause\n"

# Checker, file that is added, its text, and what must be reported (None: nothing).
SEEDED = [
    ("layers", "vmm/dev/seeded.c", "#include <sel4/sel4.h>\n", "vmm/dev may not include sel4/sel4.h"),
    ("layers", "vmm/core/seeded.c", "#include <sel4/sel4.h>\n", "may not include sel4/sel4.h"),
    ("layers", "vmm/arch/arm/seeded.c", "#include <camkes/rpc.h>\n", "may not include camkes/rpc.h"),
    ("layers", "vmm/core/seeded.c", "#include <camkes.h>\n", "may not include camkes.h"),
    ("layers", "libs/base/seeded.c", "#include <sel4/types.h>\n", "libs/base may not include sel4/types.h"),
    ("layers", "libs/vdev/src/seeded.c", "#include <vmm/vm.h>\n", "libs/vdev may not include vmm/vm.h"),
    ("layers", "abi/include/abi/seeded.h", "#include <kernel/kernel.h>\n", "abi may not include kernel"),
    ("layers", "kernel/src/seeded.c", "# include  <sel4/sel4.h>\n", "kernel may not include sel4/sel4.h"),
    ("layers", "kernel/src/seeded.c", '#include "../../init/include/init/init.h"\n', "kernel may not include"),
    ("layers", "components/FileServer/src/seeded.c", "#include <vmm/vm.h>\n", "components may not include"),
    ("layers", "newfolder/seeded.c", "\n", "in no layer"),
    ("layers", "kernel/src/seeded.c", "#include <kernel/kernel.h>\n", None),
    ("rules", "libs/base/src/seeded.c", "void f(char *a) { strcpy(a, a); }\n", "strcpy() is banned"),
    ("rules", "libs/base/src/seeded.c", "void f(char *a) { sprintf (a, a); }\n", "sprintf() is banned"),
    ("rules", "libs/base/src/seeded.c", "char *f(char *a) { return gets(a); }\n", "gets() is banned"),
    ("rules", "libs/base/src/seeded.c", "int f(char *a) { return atoi(a); }\n", "atoi() is banned"),
    ("rules", "libs/base/src/seeded.c", "char *f(char *a) { return strtok(a, a); }\n", "strtok() is banned"),
    ("rules", "libs/base/src/seeded.c", '// gets(a)\n/* strcpy(\n */ int my_gets(int);\n', None),
    ("rules", "libs/base/src/seeded.c", "int a;\n" * 800, "801 lines"),
    ("rules", "libs/base/src/seeded.c", "int a;\n" * 799, None),
    ("rules", "libs/base/src/seeded.c", "// " + "x" * 108 + "\n", "111 columns"),
    ("rules", "libs/base/src/seeded.c", "// " + "x" * 107 + "\n", None),
    ("rules", "libs/base/src/seeded.c", "int a; \n", "space at the end"),
    ("rules", "libs/base/src/seeded.c", "\tint a;\n", "a tab"),
    ("rules", "libs/new/src/seeded.c", "int a;\n", "libs/new: no README.md"),
    ("rules", "newfolder/seeded.c", "int a;\n", "newfolder: no README.md"),
]

# Compiler, program that it was built with, text, and what must be reported.
COMPILED = [
    ("clang", "aarch64-linux-gnu-gcc", "int f(int a) { { int a = 1; (void)a; } return a; }\n", "shadows"),
    ("clang", "gcc", "static int f(int a) { return a; }\n", "unused function"),
    ("clang", "aarch64-linux-gnu-gcc", "int f(int a);\nint f(int a) { return a; }\n", None),
    ("analyzer", "aarch64-linux-gnu-gcc", "void free(void *);\nvoid f(char *a);\n"
     "void f(char *a) { free(a); *a = 1; }\n", "use after"),
    ("analyzer", "gcc", "void free(void *);\nvoid f(char *a);\nvoid f(char *a) { free(a); free(a); }\n", "double-"),
    ("taint", "gcc", "extern int t[4];\nint f(int i) __attribute__((tainted_args));\n"
     "int f(int i) { return t[i]; }\n", "attacker-controlled"),
    ("analyzer", "gcc", "int f(int a);\nint f(int a) { return a; }\n", None),
]

# Calls and frames as gcc writes them: "caller callee" or "function bytes kind".
STACKS = [
    (["a 100 static", "b 200 static", "c 50 static", "a b", "a c"], "kernel stack: 300 bytes", 0),
    (["a 5000 static", "b 4000 static", "a b"], "kernel stack: 9000 bytes", 1),
    (["a 100 static", "b 200 static", "a b", "b a"], "recursion: a -> b -> a", 1),
    (["a 100 static", "a a"], "recursion: a -> a", 1),
    (["a 100 dynamic"], "no fixed size", 1),
    (["a 100 dynamic,bounded"], "kernel stack: 100 bytes", 0),
    (["a 100 static", "a __indirect_call"], "through a pointer", 1),
    (["smp_enter 16 static", "smp_enter __indirect_call", "inject_here 100 static", "leave_core 5 static",
      "leave_vspace 5 static"], "kernel stack: 116 bytes", 0),
    (["a 100 static", "a elsewhere"], "nothing is known", 1),
]


class Tests:
    def __init__(self):
        self.passed = 0
        self.failed = 0

    def add(self, name, command, cwd, wanted, code=None, clean=None):
        """The command must fail and print `wanted`; with None it must succeed. `code`: how it must end
        instead. `clean`: what it must not print, however it ends."""
        done = subprocess.run(command, cwd=cwd, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, timeout=120)
        output = done.stdout.decode(errors="replace")
        if code is None:
            code = 0 if wanted is None else 1
        if clean is not None:
            code = done.returncode
        if (wanted is None or wanted in output) and done.returncode == code \
                and (clean is None or clean not in output):
            self.passed += 1
        else:
            self.failed += 1
            print(f"FAIL {name}: wanted {code} and '{wanted}', got {done.returncode}\n{output[-2000:]}")


def write(root, file, text):
    path = os.path.join(root, file)
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "w", encoding="utf-8") as handle:
        handle.write(text)


def copy_tree(root):
    """A copy of the tree's files with an empty repository around it, so that git can list them."""
    listed = subprocess.run(["git", "ls-files", "-co", "--exclude-standard"], cwd=TOP, check=True,
                            stdout=subprocess.PIPE).stdout.decode().splitlines()
    for file in listed:
        source = os.path.join(TOP, file)
        if os.path.isfile(source):
            os.makedirs(os.path.dirname(os.path.join(root, file)), exist_ok=True)
            shutil.copyfile(source, os.path.join(root, file))
    subprocess.run(["git", "init", "-q", root], check=True)


def test_seeded(tests, root):
    script = {name: [sys.executable, os.path.join(TOP, "scripts", f"check_{name}.py"), root]
              for name in ("layers", "rules")}
    for number, (name, file, text, wanted) in enumerate(SEEDED):
        write(root, file, SPDX + text)
        tests.add(f"{name} {number}: {file}", script[name], TOP, wanted, clean=file if wanted is None else None)
        os.remove(os.path.join(root, file))
    write(root, "libs/base/src/seeded.c", "int a;\n")
    tests.add("rules: SPDX", script["rules"], TOP, "no SPDX line")
    os.remove(os.path.join(root, "libs/base/src/seeded.c"))
    # The table itself: up is not allowed, and what is not used isn't either.
    table = os.path.join(root, "scripts", "layers.txt")
    with open(table, encoding="utf-8") as handle:
        before = handle.read()
    for line, changed, wanted in (("libs/base:\n", "libs/base: vmm/core\n", "which is not above it"),
                                  ("guests:\n", "guests: kernel\n", "guests does not use kernel"),
                                  ("guests:\n", "guests:\nlibs/gone: abi\n", "there is no libs/gone")):
        write(root, "scripts/layers.txt", before.replace(line, changed, 1))
        tests.add(f"layers table: {changed.strip()}", script["layers"], TOP, wanted)
    write(root, "scripts/layers.txt", before)


def test_compiled(tests, root):
    for number, (tool, program, text, wanted) in enumerate(COMPILED):
        write(root, "case.c", SPDX + text)
        command = f"{program} -std=gnu17 -Wall -Wextra -Wshadow -Werror -O2 -flto -o case.o -c case.c"
        write(root, "commands.json", json.dumps([{"directory": root, "command": command, "file": "case.c"}]))
        tests.add(f"{tool} {number}", [sys.executable, os.path.join(TOP, "scripts", "recompile.py"), tool,
                                       os.path.join(root, "commands.json")], TOP, wanted)


def test_stacks(tests, root):
    for number, (lines, wanted, code) in enumerate(STACKS):
        text = ""
        for words in (line.split() for line in lines):
            if len(words) == 3:
                text += (f'node: {{ title: "/tmp/ccX.ltrans0.o:{words[0]}" label: '
                         f'"{words[0]}\\nfile.c:1:1\\n{words[1]} bytes ({words[2]})" }}\n')
            else:
                text += (f'edge: {{ sourcename: "/tmp/ccX.ltrans0.o:{words[0]}" '
                         f'targetname: "/tmp/ccX.ltrans0.o:{words[1]}" label: "file.c:2:2" }}\n')
        write(root, "ci/kernel.ci", text)
        tests.add(f"stack {number}", [sys.executable, os.path.join(TOP, "scripts", "kernel_stack.py"),
                                      os.path.join(root, "ci")], TOP, wanted, code)
    os.makedirs(os.path.join(root, "empty"))
    tests.add("stack: nothing", [sys.executable, os.path.join(TOP, "scripts", "kernel_stack.py"),
                                 os.path.join(root, "empty")], TOP, "no *.ci files")


def test_others(tests, root):
    lint = os.path.join(TOP, "scripts", "lint.sh")
    write(root, "case.c", SPDX + "int f(void);\nint f(void) { int a[2]; a[2] = 1; return a[0]; }\n")
    tests.add("cppcheck", [lint, "cppcheck", os.path.join(root, "case.c")], TOP, "out of bounds")
    write(root, "case.c", SPDX + "int f(void);\nint f(void) { return 1; }\n")
    tests.add("cppcheck: clean", [lint, "cppcheck", os.path.join(root, "case.c")], TOP, None)
    write(root, "case.md", "This is a small text.\n")
    tests.add("spelling: clean", [lint, "spelling", os.path.join(root, "case.md")], TOP, None)
    # In two parts, so that the speller does not find it here.
    write(root, "case.md", "Words that one may rec" + "ieve.\n")
    tests.add("spelling", [lint, "spelling", os.path.join(root, "case.md")], TOP, "==>", 65)
    tests.add("unknown step", [lint, "nonsense"], TOP, "there is no step", 2)


def main():
    tests = Tests()
    with tempfile.TemporaryDirectory() as root:
        copy_tree(os.path.join(root, "tree"))
        test_seeded(tests, os.path.join(root, "tree"))
        test_compiled(tests, root)
        test_stacks(tests, root)
        test_others(tests, root)
    print(f"{tests.passed} passed, {tests.failed} failed")
    return 1 if tests.failed else 0


if __name__ == "__main__":
    sys.exit(main())
