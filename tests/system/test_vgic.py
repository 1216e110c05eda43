# SPDX-License-Identifier: BSD-2-Clause
"""The interrupt controller as guests see it: a GICv2 and a GICv3, from bare-metal payloads, and Linux and the
hostile guest on a GICv3."""
import re

from machine import Failure, Machine, build
from test_isolation import require_survives_hostile_guest
from test_smp import four_loops, hotplug, require_cpus

V3 = "-DGIC_VERSION=3"


def payload(name, least, *options):
    """Runs a payload, which has to make at least `least` checks without a failure."""
    folder = build("vm_payload", name="-".join(["vm_payload", name, *(o.split("=")[1] for o in options)]),
                   options=(f"-DVM_PAYLOAD={name}", *options))
    # Cores take turns: the same run every time.
    with Machine(folder, timeout=240, arguments=("--icount",)) as machine:
        machine.expect(r"SUMMARY: (\d+) checks, (\d+) failed")
        checks, failed = int(machine.child.match.group(1)), int(machine.child.match.group(2))
        if failed or checks < least:
            raise Failure(f"{checks} checks, {failed} failed:\n" + machine.tail())
        return machine.output


def controller(version):
    output = payload("gic", 50000, f"-DGIC_VERSION={version}", "-DNUM_NODES=4", "-DVM_NUM_VCPUS=4")
    if f"GICv{version}" not in output or "4 CPUs" not in output:
        raise Failure("not the machine that was asked for:\n" + output[-2000:])


def test_gicv2_of_four_cpus():
    controller(2)


def test_gicv3_of_four_cpus():
    controller(3)


def test_gicv3_virtual_timer():
    payload("timer", 80, V3)


def test_gicv3_reset_of_a_guest():
    folder = build("vm_payload", name="vm_payload-reboot-3", options=("-DVM_PAYLOAD=reboot", V3))
    with Machine(folder, timeout=120) as machine:
        for start in range(3):
            machine.expect(f"start {start} done")
        machine.expect(r"SUMMARY: (\d+) checks, 0 failed")


def test_gicv3_linux():
    folder = build("vm_minimal", name="vm_minimal-gicv3", options=(V3,))
    with Machine(folder, timeout=120) as machine:
        for _ in range(2):
            machine.login()
            if not re.search(r"GICv3\s+27", machine.command("cat /proc/interrupts")):
                raise Failure("the timer's interrupt is not that of a GICv3:\n" + machine.tail())
            machine.send("reboot\r")
            machine.expect("reboot: Restarting system")
        machine.login()
        machine.send("poweroff\r")
        machine.expect(r"vm0: .*(powered off|power off)")


def test_gicv3_linux_of_four_cpus():
    folder = build("vm_smp", name="vm_smp-4-gicv3", options=("-DNUM_NODES=4", V3))
    with Machine(folder, timeout=120, arguments=("--icount",)) as machine:
        machine.login()
        require_cpus(machine, 4)
        four_loops(machine, 20000)
        hotplug(machine, 1, 3)
        hotplug(machine, 3, 2)
        machine.send("reboot\r")
        machine.expect("reboot: Restarting system")
        machine.login()
        require_cpus(machine, 4)


def test_gicv3_hostile_guest():
    require_survives_hostile_guest(build("vm_hostile", name="vm_hostile-gicv3", options=(V3,)))
