# SPDX-License-Identifier: BSD-2-Clause
"""The files of the tree, for the checkers of this folder."""
import os
import subprocess

TOP = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))


def list_files(root):
    """Files that belong to the tree under `root`: known to git, or new and not ignored."""
    listed = subprocess.run(["git", "ls-files", "-co", "--exclude-standard"], cwd=root, check=True,
                            stdout=subprocess.PIPE).stdout.decode().splitlines()
    return sorted(file for file in listed if os.path.isfile(os.path.join(root, file)))


def is_c(file):
    """Written for the C compiler or its assembler."""
    return file.endswith((".c", ".h", ".S"))


def read(root, file):
    with open(os.path.join(root, file), encoding="utf-8", errors="replace") as handle:
        return handle.read()
