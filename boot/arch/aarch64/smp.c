// SPDX-License-Identifier: BSD-2-Clause
// Starts the other cores with PSCI CPU_ON (DEN 0022) by SMC. Each sets its MMU up in start.S and
// enters the kernel with its number in TPIDR_EL1.
#include <boot/boot.h>

#include <base/compiler.h>

#define PSCI_CPU_ON_64 0xc4000003u
#define MPIDR_AFFINITY 0xff00ffffffu
#define READY_TRIES    100000000u

static int64_t psci_cpu_on(uint64_t mpidr, uint64_t entry, uint64_t context)
{
    register uint64_t x0 __asm__("x0") = PSCI_CPU_ON_64;
    register uint64_t x1 __asm__("x1") = mpidr;
    register uint64_t x2 __asm__("x2") = entry;
    register uint64_t x3 __asm__("x3") = context;

    __asm__ volatile("smc #0"
                     : "+r"(x0), "+r"(x1), "+r"(x2), "+r"(x3)
                     :
                     : "memory", "x4", "x5", "x6", "x7", "x8", "x9", "x10", "x11", "x12", "x13",
                       "x14", "x15", "x16", "x17");
    return (int64_t)x0;
}

static uint64_t own_mpidr(void)
{
    uint64_t mpidr;

    __asm__ volatile("mrs %0, mpidr_el1" : "=r"(mpidr));
    return mpidr & MPIDR_AFFINITY;
}

static void start_core(unsigned core, uint64_t mpidr)
{
    int64_t result = psci_cpu_on(mpidr, (uintptr_t)boot_secondary_start, core);
    uint32_t tries = 0;

    if (result != 0) {
        boot_fail("core %u (MPIDR 0x%llx) does not start: PSCI error %lld", core,
                  (unsigned long long)mpidr, (long long)result);
    }
    while (READ_ONCE(boot_handover.ready[core]) == 0) {
        if (++tries == READY_TRIES) {
            boot_fail("core %u (MPIDR 0x%llx) was started but does not answer", core,
                      (unsigned long long)mpidr);
        }
        // Lets an emulator that runs its cores in turns get to the next one.
        __asm__ volatile("yield");
    }
    boot_say("core %u is up", core);
}

void smp_start(const void *dtb, uint64_t dtb_size, unsigned count)
{
    struct fdt fdt;
    struct fdt_node cpu;
    unsigned core = 1;

    if (count == 1) {
        return;
    }
    if (dtb_size == 0 || fdt_init(&fdt, dtb, dtb_size) != ERR_OK
        || fdt_find(&fdt, "/cpus", &cpu) != ERR_OK) {
        boot_fail("the packed device tree does not list the cores");
    }
    // Secondary cores read it before they turn their caches on.
    boot_clean_data((uintptr_t)&boot_handover, sizeof(boot_handover));
    for (err_t err = fdt_first_child(&fdt, cpu, &cpu); err == ERR_OK && core < count;
         err = fdt_next_sibling(&fdt, cpu, &cpu)) {
        struct fdt_value type;
        struct fdt_value reg;
        uint64_t mpidr;
        if (fdt_get(&fdt, cpu, "device_type", &type) != ERR_OK
            || !fdt_value_has_string(&type, "cpu") || fdt_get(&fdt, cpu, "reg", &reg) != ERR_OK
            || fdt_value_number(&reg, 0, reg.size / 4, &mpidr) != ERR_OK) {
            continue;
        }
        if (mpidr != own_mpidr()) {
            start_core(core++, mpidr);
        }
    }
    if (core < count) {
        boot_fail("the device tree lists %u cores, the kernel was built for %u", core, count);
    }
}
