# SPDX-License-Identifier: BSD-2-Clause
"""The virtual timer's interrupt as a bare-metal guest sees it: short periods, masks, priorities, ends."""
from machine import Failure, Machine, build


def test_virtual_timer_of_a_guest():
    folder = build("vm_payload", name="vm_payload-timer", options=("-DVM_PAYLOAD=timer",))
    with Machine(folder, timeout=120) as machine:
        machine.expect(r"SUMMARY: (\d+) checks, (\d+) failed")
        checks, failed = int(machine.child.match.group(1)), int(machine.child.match.group(2))
        if failed or checks < 80:
            raise Failure(f"{checks} checks, {failed} failed:\n" + machine.tail())
