# SPDX-License-Identifier: BSD-2-Clause
"""One emulated board with its console: builds an application, starts it, sends and expects."""
import os
import re
import subprocess
import time

import pexpect

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
BUILD = os.path.join(TOP, "build")

# Anything that must never appear, whatever a test does.
FATAL = r"kernel panic at|ASSERT|assertion failed"
PROMPT = r"rookery:[^ ]*# "
ANSI = re.compile(r"\x1b\[[0-9;?]*[a-zA-Z]")


class Failure(Exception):
    """An expectation that was not met; carries the end of the console's output."""


def build(app, platform="qemu-arm-virt", name=None, options=()):
    """Builds an application as a user would. Returns the build folder."""
    folder = os.path.join(BUILD, name or f"{app}-{platform}")
    os.makedirs(folder, exist_ok=True)
    commands = [[os.path.join(TOP, "init-build.sh"), f"-DCAMKES_VM_APP={app}",
                 f"-DPLATFORM={platform}", *options],
                ["ninja", "--quiet"]]
    for command in commands:
        done = subprocess.run(command, cwd=folder, stdin=subprocess.DEVNULL, timeout=1200,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        if done.returncode != 0:
            raise Failure(f"{' '.join(command)} failed:\n" + done.stdout.decode()[-4000:])
    return folder


class Machine:
    """A running emulator. Use it in a `with` statement."""

    def __init__(self, folder, timeout=120, arguments=()):
        self.timeout = timeout
        self.output = ""
        self.child = pexpect.spawn(os.path.join(folder, "simulate"), list(arguments), cwd=folder,
                                   timeout=timeout, encoding="utf-8", codec_errors="replace",
                                   dimensions=(24, 200))
        self.child.delaybeforesend = 0.02

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.child.close(force=True)

    def expect(self, pattern, timeout=None, fatal=True):
        """Waits for a regular expression; returns the match object."""
        patterns = [pattern, pexpect.TIMEOUT, pexpect.EOF] + ([FATAL] if fatal else [])
        index = self.child.expect(patterns, timeout=timeout or self.timeout)
        self.output += self.child.before + (self.child.after if isinstance(self.child.after, str) else "")
        if index == 0:
            return self.child.match
        what = {1: "timed out", 2: "the emulator ended", 3: "fatal message"}[index]
        raise Failure(f"{what} while waiting for /{pattern}/. Console:\n" + self.tail())

    def tail(self, count=3000):
        return ANSI.sub("", (self.output + (self.child.buffer or ""))[-count:])

    def send(self, text):
        self.child.send(text)

    def login(self, timeout=None):
        self.expect("rookery login: ", timeout)
        self.send("root\r")
        self.expect(PROMPT)

    def command(self, text, timeout=None):
        """Runs a shell command in the guest; returns what it printed. Fails when it fails."""
        marker = f"end{int(time.monotonic() * 1000) % 1000000}"
        # The marker is split in the command so that the echo of the command does not match.
        self.send(f"{text}; echo {marker[:3]}''{marker[3:]}:$?\r")
        match = self.expect(rf"(?s)(.*?){marker}:(\d+)[\r\n]", timeout)
        status = match.group(2)
        output = ANSI.sub("", match.group(1)).replace("\r", "")
        self.expect(PROMPT)
        output = output.split("\n", 1)[1] if "\n" in output else output
        if status != "0":
            raise Failure(f"'{text}' ended with {status}:\n{output}")
        return output

    def seconds_idle(self, seconds):
        """CPU seconds that the emulator used while nothing was asked of it."""
        def used():
            with open(f"/proc/{self.child.pid}/stat", encoding="ascii") as file:
                fields = file.read().rsplit(")", 1)[1].split()
            return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
        before = used()
        time.sleep(seconds)
        return used() - before
