# SPDX-License-Identifier: BSD-2-Clause
"""A guest that attacks everything around it, and a native component beside it that must not notice."""
import re

from machine import Failure, Machine, build


def require_survives_hostile_guest(folder, least_checks=1000):
    # Counted instructions are the only clock: lateness does not depend on the load of the build machine.
    with Machine(folder, timeout=240, arguments=["--icount"]) as machine:
        machine.expect("hostile guest starts")
        machine.expect(r"SUMMARY: (\d+) checks, (\d+) failed")
        checks, failed = int(machine.child.match.group(1)), int(machine.child.match.group(2))
        if failed or checks < least_checks:
            raise Failure(f"{checks} checks, {failed} failed:\n" + machine.tail())
        machine.expect(r"vm0: .*powered off", 30)
        # The native component goes on, and the guest never cost it its time.
        beats = [int(beat) for beat in re.findall(r"heartbeat (\d+) ", machine.output)]
        machine.expect(r"heartbeat (\d+) worst (\d+) us")
        if beats and int(machine.child.match.group(1)) <= beats[-1]:
            raise Failure("the heartbeat does not go on")
        if int(machine.child.match.group(2)) > 1000:
            raise Failure(f"the guest made the heartbeat {machine.child.match.group(2)} us late")


def test_two_vms_and_a_real_time_component_on_one_core():
    """vm1 takes all it gets, in every way that a guest has; it comes before vm0 but has 30 % at most. The worker
    comes before both."""
    folder = build("vm_temporal")
    with Machine(folder, timeout=240, arguments=["--icount"]) as machine:
        machine.expect(r"STEADY least (\d+) permille longest (\d+) us")
        least, longest = int(machine.child.match.group(1)), int(machine.child.match.group(2))
        machine.expect(r"SUMMARY: 1 checks, 0 failed")
        output = machine.output
    shares = [int(own) for own in re.findall(r"own (\d+) permille", output)]
    # The worker uses 5 %, vm1 at most 30.
    if len(shares) != 8 or least < 640 or max(shares) > 900:
        raise Failure(f"vm0 got {shares} permille")
    if longest > 7000:
        raise Failure(f"vm0 was away for {longest} us")
    lines = re.findall(r"worker \d+ late (\d+) ns work (\d+) to (\d+) ns", output)
    if len(lines) < 6:
        raise Failure("the worker does not go on:\n" + output[-2000:])
    late, shortest, longest = map(int, lines[-1])
    if late > 20000 or longest - shortest > 5000:
        raise Failure(f"the worker was {late} ns late, its work took {shortest} to {longest} ns")


def test_hostile_guest_beside_a_heartbeat():
    require_survives_hostile_guest(build("vm_hostile"))


def test_hostile_guest_of_four_cpus():
    folder = build("vm_hostile", name="vm_hostile-4",
                   options=("-DNUM_NODES=4", "-DVM_PAYLOAD=hostile_smp", "-DVM_NUM_VCPUS=4"))
    require_survives_hostile_guest(folder, 15)


def test_hostile_component_beside_client_and_heartbeat():
    folder = build("hostile_component")
    # Time counts instructions: how late the heartbeat is does not depend on the build machine's load.
    with Machine(folder, timeout=240,
                 arguments=["--extra-qemu-args", "-icount shift=4,sleep=off"]) as machine:
        machine.expect(r"attacks done: (\d+) breaches")
        if machine.child.match.group(1) != "0" or "BREACH" in machine.output:
            raise Failure("something worked that must not:\n" + machine.tail())
        calls = int(re.findall(r"attack on signals: (\d+) calls", machine.output)[-1])
        if calls < 10000:
            raise Failure(f"only {calls} system calls were tried")
        # Now the attacker turns on its own threads. The others go on.
        done = len(machine.output)
        for _ in range(20):
            machine.expect(r"client round \d+ wrong (\d+) worst", 30)
        machine.expect(r"heartbeat \d+ worst \d+ us", 30)
        output = machine.output
    wrong = re.findall(r"wrong ([1-9]\d*)", output)
    if wrong:
        raise Failure(f"the client got {wrong[0]} wrong answers")
    # A faulting thread is reported once, by its own instance, and stops alone.
    if output.count("FAULT in offender") != 1 or "offender: the other thread goes on" not in output:
        raise Failure("the fault was not reported once:\n" + output[:3000])
    beats = [(int(beat), int(worst)) for beat, worst in re.findall(r"heartbeat (\d+) worst (\d+) us", output)]
    if len(beats) < 5 or not re.search(r"heartbeat \d+ worst", output[done:]):
        raise Failure("the heartbeat does not go on")
    if beats[-1][1] > 1000:
        raise Failure(f"the attacks made the heartbeat {beats[-1][1]} us late")
