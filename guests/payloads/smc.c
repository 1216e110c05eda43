// SPDX-License-Identifier: BSD-2-Clause
// Secure monitor calls: PSCI_VERSION is one that the assembly allows this guest, so the machine's
// firmware answers; everything else is the VMM's. The two have different versions (the emulator's
// firmware has 1.1).
#include "payload.h"

#define PSCI_VERSION 0x84000000ul
#define PSCI_MIGRATE_INFO_TYPE 0x84000006ul
#define PSCI_FEATURES 0x8400000aul
#define VMM_VERSION 0x10000u
#define FIRMWARE_VERSION 0x10001u

int main(void)
{
    interrupts_off();
    for (int i = 0; i < 3; i++) {
        check((uint32_t)hvc(PSCI_VERSION, 0, 0, 0).x0 == VMM_VERSION, "HVC is not the VMM's");
        check((uint32_t)smc(PSCI_VERSION, 0, 0, 0).x0 == FIRMWARE_VERSION,
              "SMC does not reach the firmware");
    }
    // Only W0 counts.
    check((uint32_t)smc(0xffff000000000000ul | PSCI_VERSION, 0, 0, 0).x0 == FIRMWARE_VERSION,
          "the upper half of X0 makes a difference");
    struct smc_result result = smc(PSCI_VERSION, 0x1111, 0x2222, 0x3333);
    check(result.x1 == 0x1111 && result.x2 == 0x2222 && result.x3 == 0x3333,
          "the firmware's other results: %lx %lx %lx", result.x1, result.x2, result.x3);
    // The VMM does not offer what the firmware does, and the other way round.
    check((uint32_t)smc(PSCI_MIGRATE_INFO_TYPE, 0, 0, 0).x0 == 2, "MIGRATE_INFO_TYPE by SMC");
    check((uint32_t)smc(PSCI_FEATURES, 0x84000005ul, 0, 0).x0 == UINT32_MAX, "FEATURES of MIGRATE");
    check((uint32_t)smc(0xc2000001, 0, 0, 0).x0 == UINT32_MAX, "an unknown SMC was not refused");
    print("firmware %x\n", (unsigned)smc(PSCI_VERSION, 0, 0, 0).x0);
    finish();
}
