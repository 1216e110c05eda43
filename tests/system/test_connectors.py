# SPDX-License-Identifier: BSD-2-Clause
"""Native components that use every connector; some do what they must not, and only they stop."""
import re

from machine import Failure, Machine, build

# Instance that offends, and what its fault handler or its runtime library says.
OFFENCES = {
    "offender_data": r"thread offender_data_0_control: write at 0x2\w+: no permission",
    "offender_caps": r"thread offender_caps_0_control: write at 0x2\w+: no permission",
    "offender_code": r"thread offender_code_0_control: instruction fetch at 0x2\w+: no permission",
    "offender_null": r"thread offender_null_0_control: read at 0x\w: .*null pointer.*",
    "offender_stack": r"thread offender_stack_0_control: write at 0x\w+: .*stack overflow.*",
}


def test_connectors():
    folder = build("connectors")
    with Machine(folder, timeout=180) as machine:
        match = machine.expect(r"SUMMARY: (\d+) checks, (\d+) failed")
        output = machine.output.replace("\r", "")
    checks, failed = int(match.group(1)), int(match.group(2))
    failures = re.findall(r"^FAIL .*$", output, re.M)
    passed = re.findall(r"^PASS \S+$", output, re.M)
    if failed or failures or checks < 415 or len(passed) != checks:
        raise Failure(f"{checks} checks, {failed} failed, {len(passed)} lines of PASS\n"
                      + "\n".join(failures))
    faults = re.findall(r"^FAULT in (\w+), (.*)$", output, re.M)
    if sorted(name for name, _ in faults) != sorted(OFFENCES):
        raise Failure(f"faults of: {', '.join(name for name, _ in faults)}")
    for name, what in faults:
        if not re.fullmatch(OFFENCES[name], what):
            raise Failure(f"{name} faults otherwise: {what}")
    if "offender_call: thread offender_call_0_control ends" not in output:
        raise Failure("the message that is too large did not end its thread")
