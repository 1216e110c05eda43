# SPDX-License-Identifier: BSD-2-Clause
"""Interrupt controllers of the board: an application on a GICv3, and a kernel on the wrong one."""
from machine import Failure, Machine, build


def folder():
    return build("connectors", name="connectors-gicv3", options=("-DGIC_VERSION=3",))


def test_gicv3_connectors():
    with Machine(folder(), timeout=180) as machine:
        match = machine.expect(r"SUMMARY: (\d+) checks, (\d+) failed")
    if int(match.group(1)) < 320 or match.group(2) != "0":
        raise Failure(match.group(0))


def test_wrong_gic():
    board = "virt,virtualization=on,highmem=off,gic-version="
    for where, version, needed in ((folder(), 2, 3), (build("connectors"), 3, 2)):
        with Machine(where, timeout=60, arguments=("-M", f"{board}{version}")) as machine:
            machine.expect(rf"this kernel needs a GICv{needed} \(GIC_VERSION\)", fatal=False)
