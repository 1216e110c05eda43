// SPDX-License-Identifier: BSD-2-Clause
// The part of the interrupt controller's distributor that GICv2 and GICv3 share.
#include <arch/drivers.h>
#include <gic_distributor.h>

volatile uint32_t *gic_distributor;
unsigned gic_line_count;

void gic_distributor_reset(void)
{
    gic_line_count = 32 * ((gic_distributor[GICD_TYPER / 4] & 0x1f) + 1);
    for (unsigned i = GIC_SHARED_FIRST; i < gic_line_count; i += 32) {
        gic_distributor[(GICD_ICENABLER + i / 8) / 4] = ~0u;
        gic_distributor[(GICD_ICPENDR + i / 8) / 4] = ~0u;
        gic_distributor[(GICD_ICACTIVER + i / 8) / 4] = ~0u;
    }
    for (unsigned i = GIC_SHARED_FIRST; i < gic_line_count; i += 4) {
        gic_distributor[(GICD_IPRIORITYR + i) / 4] = GIC_PRIORITY_ALL;
    }
    for (unsigned i = GIC_SHARED_FIRST; i < gic_line_count; i += 16) {
        gic_distributor[(GICD_ICFGR + i / 4) / 4] = 0;
    }
}

void gic_set_edge(word_t irq, bool edge)
{
    // Trigger of SGIs and PPIs is the hardware's.
    if (irq >= GIC_SHARED_FIRST && irq < gic_line_count) {
        volatile uint32_t *config = &gic_distributor[(GICD_ICFGR + irq / 16 * 4) / 4];
        uint32_t bit = 2u << (2 * (irq % 16));
        *config = edge ? *config | bit : *config & ~bit;
    }
}
