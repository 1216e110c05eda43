# SPDX-License-Identifier: BSD-2-Clause
"""Collects and runs the system tests: functions test_* of the modules test_*.py in this folder."""
import importlib
import os
import time
import traceback

HERE = os.path.dirname(os.path.abspath(__file__))


def run_all(results):
    only = os.environ.get("TEST")
    for file in sorted(os.listdir(HERE)):
        if not (file.startswith("test_") and file.endswith(".py")):
            continue
        module = importlib.import_module(file[:-3])
        for name, function in list(vars(module).items()):
            if not name.startswith("test_") or not callable(function):
                continue
            if only and only not in name:
                continue
            start = time.monotonic()
            try:
                function()
            except Exception as error:  # a test that breaks has failed, the others go on
                detail = str(error) if type(error).__name__ == "Failure" else traceback.format_exc()
                results.add(f"system {name[5:]}", False, time.monotonic() - start, detail)
            else:
                results.add(f"system {name[5:]}", True, time.monotonic() - start)
