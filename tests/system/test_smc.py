# SPDX-License-Identifier: BSD-2-Clause
"""allowed_smc_functions: a guest's secure monitor call that reaches the firmware, and all others that don't."""
from machine import Failure, Machine, build


def test_allowed_smc_of_a_guest():
    folder = build("vm_payload", name="vm_payload-smc", options=("-DVM_PAYLOAD=smc",))
    with Machine(folder, timeout=120) as machine:
        machine.expect(r"firmware 10001")
        machine.expect(r"SUMMARY: (\d+) checks, (\d+) failed")
        checks, failed = int(machine.child.match.group(1)), int(machine.child.match.group(2))
        if failed or checks < 10:
            raise Failure(f"{checks} checks, {failed} failed:\n" + machine.tail())
        machine.expect(r"vm0: .*powered off", 30)
