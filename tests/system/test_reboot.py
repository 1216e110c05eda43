# SPDX-License-Identifier: BSD-2-Clause
"""What a bare-metal guest finds after a reset that it did with interrupts pending and active."""
from machine import Failure, Machine, build


def test_reset_with_interrupts_left():
    folder = build("vm_payload", name="vm_payload-reboot", options=("-DVM_PAYLOAD=reboot",))
    with Machine(folder, timeout=60) as machine:
        machine.expect(r"start 2 done")
        machine.expect(r"SUMMARY: (\d+) checks, (\d+) failed")
        if "FAIL" in machine.output or machine.child.match.group(2) != "0":
            raise Failure("checks failed:\n" + machine.tail())
        if "start 0 done" not in machine.output or "start 1 done" not in machine.output:
            raise Failure("it did not start three times:\n" + machine.tail())
