#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""Rules of style that a program can check: check_rules.py [ROOT].

SPDX line        in every source file
length           no source file over 800 lines; no C line over 110 columns; no trailing space, no tabs in C
banned           functions of the C library that can't be used safely
README.md        in every top-level folder, library, component and tool
"""
import os
import re
import sys

from tree import TOP, is_c, list_files, read

LINES_MAX = 800
COLUMNS_MAX = 110
SOURCES = (".c", ".h", ".S", ".py", ".sh", ".cmake")
# Unbounded writes, silent errors, hidden state.
BANNED = ("strcpy", "strcat", "sprintf", "vsprintf", "gets", "atoi", "atol", "atoll", "atof", "strtok", "scanf",
          "sscanf", "fscanf", "alloca", "tmpnam", "mktemp", "setjmp", "longjmp")
CALL = re.compile(r"(?<![\w.>])(" + "|".join(BANNED) + r")\s*\(")
# Comments, strings and characters, in which words mean nothing.
NOT_CODE = re.compile(r'/\*.*?\*/|//[^\n]*|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])+\'', re.S)
# Every folder in one of these is a module of its own.
MODULES = ("", "libs", "components", "tools")


def blank(match):
    """The same number of lines, without what is written there."""
    return '""' + "\n" * match.group(0).count("\n")


def check_text(file, text):
    """Problems of a source file."""
    problems = []
    lines = text.splitlines()
    if "SPDX-License-Identifier: BSD-2-Clause" not in text[:300]:
        problems.append(f"{file}:1: no SPDX line")
    if len(lines) > LINES_MAX:
        problems.append(f"{file}:{len(lines)}: {len(lines)} lines; at most {LINES_MAX}")
    for number, line in enumerate(lines, 1):
        if line != line.rstrip():
            problems.append(f"{file}:{number}: space at the end of the line")
        if is_c(file) and len(line) > COLUMNS_MAX:
            problems.append(f"{file}:{number}: {len(line)} columns; at most {COLUMNS_MAX}")
        if is_c(file) and "\t" in line:
            problems.append(f"{file}:{number}: a tab")
    if file.endswith((".c", ".h")):
        code = NOT_CODE.sub(blank, text)
        for match in CALL.finditer(code):
            number = code[:match.start()].count("\n") + 1
            problems.append(f"{file}:{number}: {match.group(1)}() is banned")
    return problems


def check_readmes(files):
    """Folders without a README.md that need one."""
    folders = set()
    for file in files:
        for module in MODULES:
            prefix = module + "/" if module else ""
            if file.startswith(prefix) and "/" in file[len(prefix):]:
                folder = prefix + file[len(prefix):].split("/")[0]
                if not os.path.basename(folder).startswith("."):
                    folders.add(folder)
    return [f"{folder or '.'}: no README.md" for folder in sorted(folders)
            if os.path.join(folder, "README.md") not in files]


def main():
    root = sys.argv[1] if len(sys.argv) > 1 else TOP
    files = list_files(root)
    sources = [file for file in files if file.endswith(SOURCES)]
    problems = check_readmes(set(files))
    for file in sources:
        problems += check_text(file, read(root, file))
    for problem in problems:
        print(problem)
    print(f"rules: {len(sources)} files, {len(problems)} problems")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
