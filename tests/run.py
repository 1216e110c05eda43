#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""Runs the test suites and counts: tests/run.py [SUITE...]. The last line is `N passed, N failed`.

unit    cmocka programs on the host, with the address and undefined-behaviour sanitizers
adl     the compiler's corpus: good and bad inputs with exact messages; the code of all connectors
        compiled for every architecture
lint    layers and style (the fast part of make lint), and the linters' own tests
fuzz    a few seconds of every fuzzer
kernel  the kernel's test task in QEMU
system  whole images in QEMU, driven over their consoles
perf    counted costs of exits, calls and long kernel operations against tests/perf/expected.json
"""
import os
import re
import subprocess
import sys
import time

TOP = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
BUILD = os.path.join(TOP, "build")
sys.path.insert(0, os.path.join(TOP, "tests", "system"))


class Results:
    """Counts, and prints a line per test as it ends."""

    def __init__(self):
        self.passed = 0
        self.failed = []

    def add(self, name, ok, seconds=None, detail=""):
        took = f" ({seconds:.1f} s)" if seconds is not None else ""
        print(f"{'ok  ' if ok else 'FAIL'} {name}{took}", flush=True)
        if ok:
            self.passed += 1
        else:
            self.failed.append(name)
            if detail:
                print("     | " + detail.rstrip().replace("\n", "\n     | "), flush=True)


def run(command, timeout, env=None, cwd=TOP):
    """Output and exit code of a command; -1 when it ran out of time."""
    try:
        done = subprocess.run(command, cwd=cwd, env=env, timeout=timeout, stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        return done.returncode, done.stdout.decode(errors="replace")
    except subprocess.TimeoutExpired as expired:
        output = (expired.stdout or b"").decode(errors="replace")
        return -1, output + f"\ntimed out after {timeout} s"


def build_cmake(results, name, source, build, arguments=()):
    """Configures and builds a CMake project; failing is a failed test."""
    start = time.monotonic()
    os.makedirs(build, exist_ok=True)
    code, output = run(["cmake", "-G", "Ninja", "-S", source, "-B", build, *arguments], 300)
    if code == 0:
        code, output = run(["ninja", "-C", build, "--quiet"], 900)
    results.add(f"{name}: build", code == 0, time.monotonic() - start, output[-4000:])
    return code == 0


def programs(folder, prefix):
    found = []
    for root, _, files in os.walk(folder):
        if "CMakeFiles" in root:
            continue
        for file in files:
            path = os.path.join(root, file)
            if file.startswith(prefix) and os.access(path, os.X_OK) and "." not in file:
                found.append(path)
    return sorted(found)


def suite_unit(results):
    build = os.path.join(BUILD, "unit")
    if not build_cmake(results, "unit", os.path.join(TOP, "tests", "unit"), build):
        return
    env = dict(os.environ, CMOCKA_MESSAGE_OUTPUT="TAP", ASAN_OPTIONS="detect_leaks=1",
               UBSAN_OPTIONS="halt_on_error=1:print_stacktrace=1", LC_ALL="C")
    for program in programs(build, "test_"):
        name = os.path.basename(program)
        start = time.monotonic()
        code, output = run([program], 120, env=env)
        cases = re.findall(r"^(ok|not ok) \d+ - (\S+)", output, re.M)
        for verdict, case in cases:
            if verdict == "ok":
                results.passed += 1
            else:
                results.add(f"unit {name}: {case}", False, None, output[-3000:])
        bad = code != 0 and not any(verdict != "ok" for verdict, _ in cases)
        if bad or not cases:
            results.add(f"unit {name}", False, time.monotonic() - start,
                        f"exit code {code}, {len(cases)} cases\n" + output[-3000:])
        else:
            print(f"ok   unit {name}: {len(cases)} cases ({time.monotonic() - start:.1f} s)",
                  flush=True)


def suite_script(results, name, command, timeout):
    """A script that prints its own lines and closes with `N passed, N failed`."""
    start = time.monotonic()
    code, output = run(command, timeout)
    closing = re.findall(r"^(\d+) passed, (\d+) failed", output, re.M)
    if not closing:
        results.add(name, False, time.monotonic() - start, output[-4000:])
        return
    passed, failed = map(int, closing[-1])
    results.passed += passed
    if failed or code != 0:
        results.failed.extend([name] * max(failed, 1))
        print(f"FAIL {name}: {failed} of {passed + failed}\n{output[-6000:]}", flush=True)
    else:
        print(f"ok   {name}: {passed} cases ({time.monotonic() - start:.1f} s)", flush=True)


def suite_adl(results):
    tools = os.path.join(BUILD, "tools")
    if build_cmake(results, "adl", os.path.join(TOP, "tools"), tools):
        suite_script(results, "adl", [os.path.join(TOP, "tests", "adl", "run.py"),
                                      os.path.join(tools, "adlc", "adlc")], 600)
        suite_script(results, "adl codegen", [os.path.join(TOP, "tests", "adl", "codegen", "run.py"),
                                              os.path.join(tools, "adlc", "adlc")], 600)


def suite_lint(results):
    start = time.monotonic()
    code, output = run([os.path.join(TOP, "scripts", "lint.sh"), "--fast"], 300)
    results.add("lint --fast", code == 0, time.monotonic() - start, output[-4000:])
    suite_script(results, "lint", [os.path.join(TOP, "tests", "lint", "run.py")], 300)


def suite_fuzz(results):
    suite_script(results, "fuzz", [os.path.join(TOP, "tests", "fuzz", "run.sh"), "--smoke"], 900)


def suite_kernel(results):
    suite_script(results, "kernel", [os.path.join(TOP, "tests", "kernel", "run.py")], 1800)


def suite_system(results):
    import suite
    suite.run_all(results)


def suite_perf(results):
    start = time.monotonic()
    code, output = run([os.path.join(TOP, "tests", "perf", "bench.py"), "--quick", "--check"], 900)
    results.add("perf: counted costs", code == 0, time.monotonic() - start, output[-6000:])


SUITES = {"unit": suite_unit, "adl": suite_adl, "lint": suite_lint, "fuzz": suite_fuzz,
          "kernel": suite_kernel, "system": suite_system, "perf": suite_perf}


def main():
    chosen = sys.argv[1:] or list(SUITES)
    for name in chosen:
        if name not in SUITES:
            sys.exit(f"no suite '{name}'; there are: {', '.join(SUITES)}")
    results = Results()
    start = time.monotonic()
    for name in chosen:
        SUITES[name](results)
    for name in results.failed:
        print(f"failed: {name}")
    print(f"took {time.monotonic() - start:.0f} s")
    print(f"{results.passed} passed, {len(results.failed)} failed")
    return 1 if results.failed or results.passed == 0 else 0


if __name__ == "__main__":
    sys.exit(main())
