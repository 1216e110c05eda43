# SPDX-License-Identifier: BSD-2-Clause
"""A guest that attacks everything around it, and a native component beside it that must not notice."""
import re

from machine import Failure, Machine, build


def test_hostile_guest_beside_a_heartbeat():
    folder = build("vm_hostile")
    with Machine(folder, timeout=240) as machine:
        machine.expect("hostile guest starts")
        machine.expect(r"SUMMARY: (\d+) checks, (\d+) failed")
        checks, failed = int(machine.child.match.group(1)), int(machine.child.match.group(2))
        if failed or checks < 1000:
            raise Failure(f"{checks} checks, {failed} failed:\n" + machine.tail())
        machine.expect(r"vm0: .*powered off", 30)
        # The native component goes on, and the guest never cost it its time.
        beats = [int(beat) for beat in re.findall(r"heartbeat (\d+) ", machine.output)]
        machine.expect(r"heartbeat (\d+) worst (\d+) us")
        if beats and int(machine.child.match.group(1)) <= beats[-1]:
            raise Failure("the heartbeat does not go on")
