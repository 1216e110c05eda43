# SPDX-License-Identifier: BSD-2-Clause
"""Linux guests with several CPUs, on a kernel of four cores."""
import functools
import os
import subprocess

from machine import TOP, Failure, Machine, build


@functools.lru_cache(None)
def folder(name, *options):
    return build("vm_smp", name=name, options=("-DNUM_NODES=4", *options))


def require(condition, what):
    if not condition:
        raise Failure(what)


def require_cpus(machine, count):
    found = machine.command("nproc").split()[-1]
    require(found == str(count), f"{found} CPUs instead of {count}")


def four_loops(machine, rounds=50000):
    """Four shells count at the same time; all of them have to end."""
    machine.command(f"for n in 1 2 3 4; do (i=0; while [ $i -lt {rounds} ]; do i=$((i+1)); done; "
                    "echo $n >> /tmp/loops) & done; wait", 240)
    done = machine.command("sort /tmp/loops; rm /tmp/loops").split()
    require(done == ["1", "2", "3", "4"], f"loops that ended: {done}")


def hotplug(machine, cpu, times, count=4):
    online = f"/sys/devices/system/cpu/cpu{cpu}/online"
    machine.command("dmesg -n 1")
    for _ in range(times):
        machine.command(f"echo 0 > {online}", 60)
        require_cpus(machine, count - 1)
        machine.command(f"echo 1 > {online}", 60)
        require_cpus(machine, count)


def machine_of(path):
    """The emulator takes its cores in turns: the same run every time, on a busy build machine too."""
    return Machine(path, timeout=300, arguments=("--icount",))


def check_cores(*definitions):
    done = subprocess.run(["cmake", *definitions, "-P", os.path.join(TOP, "cmake", "check_cores.cmake")],
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    return done.returncode, " ".join(done.stdout.decode().split())


def test_boards_that_have_not_so_many_cores():
    code, text = check_cores("-DPLATFORM=tk1", "-DROOKERY_MAX_CORES=1", "-DNUM_NODES=4")
    require(code != 0 and "tk1 does not support SMP VMs" in text, text)
    code, text = check_cores("-DPLATFORM=tx1", "-DROOKERY_MAX_CORES=4", "-DNUM_NODES=8")
    require(code != 0 and "tx1 has 4 cores" in text, text)
    code, text = check_cores("-DPLATFORM=tx1", "-DROOKERY_MAX_CORES=4", "-DNUM_NODES=4")
    require(code == 0, text)
    code, text = check_cores("-DPLATFORM=tk1", "-DROOKERY_MAX_CORES=1", "-DNUM_NODES=1")
    require(code == 0, text)


def test_four_cpus_on_eight_cores():
    path = build("vm_smp", name="vm_smp-8", options=("-DNUM_NODES=8", "-DVM_VCPU_AFFINITY=7,5,3,1"))
    with machine_of(path) as machine:
        machine.login()
        require_cpus(machine, 4)
        four_loops(machine, 10000)
        hotplug(machine, 2, 2)


def test_four_cpus():
    with machine_of(folder("vm_smp-4")) as machine:
        machine.login()
        require_cpus(machine, 4)
        four_loops(machine)
        hotplug(machine, 1, 5)
        hotplug(machine, 3, 5)
        four_loops(machine)


def test_four_cpus_reboot_and_power_off():
    with machine_of(folder("vm_smp-4")) as machine:
        for _ in range(3):
            machine.login()
            require_cpus(machine, 4)
            machine.send("reboot\r")
            machine.expect("reboot: Restarting system", 120)
        machine.login()
        machine.send("poweroff\r")
        machine.expect("reboot: Power down", 120)
        machine.expect(r"vm0: .*(powered off|power off)", 30)


def test_four_cpus_on_one_core():
    with machine_of(folder("vm_smp-shared", "-DVM_VCPU_AFFINITY=1,1,1,1")) as machine:
        machine.login()
        require_cpus(machine, 4)
        four_loops(machine, 10000)
        hotplug(machine, 2, 2)


def test_four_cpus_as_a_user_runs_them():
    with Machine(folder("vm_smp-4"), timeout=300) as machine:
        machine.login()
        require_cpus(machine, 4)
        four_loops(machine, 2000)


def test_two_cpus_at_the_same_time():
    """One thread of the emulator per core: they really run at once on a build machine of two cores."""
    path = build("vm_smp", name="vm_smp-2", options=("-DNUM_NODES=2",))
    with Machine(path, timeout=300, arguments=("--threads", "multi")) as machine:
        machine.login()
        require_cpus(machine, 2)
        four_loops(machine, 20000)
        hotplug(machine, 1, 5, 2)
