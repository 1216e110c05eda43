# SPDX-License-Identifier: BSD-2-Clause
"""The tutorial of docs/adl.md, done as it says: its files, its commands, its outputs."""
import os
import re
import subprocess
import tempfile

from machine import BUILD, TOP, Failure, Machine

TUTORIAL = re.compile(r"^## Tutorial\n(.*?)^## ", re.M | re.S)
FILE = re.compile(r"`(greeting/[\w.]+)`:\n\n```\w+\n(.*?)^```", re.M | re.S)
CONSOLE = re.compile(r"^```console\n\$ (.*?)\n(.*?)^```", re.M | re.S)


def adlc(folder, command, here):
    """Output of a command of the tutorial, by the build's compiler, where the files are."""
    words = command.split()
    words[0] = os.path.join(folder, "host", "adlc", words[0])
    words[words.index("-I") + 1] = os.path.join(TOP, "interfaces")
    done = subprocess.run(words, cwd=here, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, timeout=20, check=False)
    return done.stdout.decode()


def make(folder):
    """What `make run APP=folder` does before it boots. Returns the build folder."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("MAKE")}
    done = subprocess.run(["make", "build", f"APP={folder}"], cwd=TOP, env=environment,
                          stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, timeout=600, check=False)
    if done.returncode != 0:
        raise Failure("make failed:\n" + done.stdout.decode()[-4000:])
    return os.path.join(BUILD, "greeting-qemu-arm-virt")


def compare(what, expected, actual):
    if expected != actual:
        raise Failure(f"{what} should print\n{expected}but printed\n{actual}")


def test_tutorial():
    with open(os.path.join(TOP, "docs", "adl.md"), encoding="utf-8") as file:
        text = TUTORIAL.search(file.read()).group(1)
    files = dict(FILE.findall(text))
    consoles = CONSOLE.findall(text)
    programs = [command.split()[0] for command, _ in consoles]
    if len(files) != 4 or programs != ["make", "adlc", "adlc"]:
        raise Failure(f"the tutorial has files {list(files)} and commands {consoles}")
    (run, run_output), (flat, flat_output), (check, check_output) = consoles
    if run != "make run APP=./greeting":
        raise Failure(f"unknown command: {run}")
    with tempfile.TemporaryDirectory() as here:
        os.mkdir(os.path.join(here, "greeting"))
        for path, contents in files.items():
            with open(os.path.join(here, path), "w", encoding="utf-8") as file:
                file.write(contents)
        # An application's own sources don't break on warnings.
        with open(os.path.join(here, "greeting", "server.c"), "a", encoding="utf-8") as file:
            file.write("int sloppy() { int unused; return greet_count(); }\nint greet_count() { return 1; }\n")
        folder = make(os.path.join(here, "greeting"))
        with Machine(folder, timeout=60) as machine:
            for line in run_output.splitlines():
                machine.expect(re.escape(line) + r"\r*\n")
        compare(flat, flat_output, adlc(folder, flat, here))
        description = os.path.join(here, "greeting", "greeting.camkes")
        with open(description, encoding="utf-8") as file:
            wrong = file.read().replace("alice.name =", "alice.names =")
        with open(description, "w", encoding="utf-8") as file:
            file.write(wrong)
        compare(check, check_output, adlc(folder, check, here))
