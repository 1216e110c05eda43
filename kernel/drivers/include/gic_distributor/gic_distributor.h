// SPDX-License-Identifier: BSD-2-Clause
// What the distributors of GICv2 (IHI 0048B) and GICv3 (IHI 0069H) have in common: registers of the
// shared interrupts. A GICv3's redistributors have those of SGIs and PPIs at the same offsets.
#ifndef GIC_DISTRIBUTOR_H
#define GIC_DISTRIBUTOR_H

#include <kernel/types.h>

#define GICD_CTLR 0x000
#define GICD_TYPER 0x004
#define GICD_IGROUPR 0x080
#define GICD_ISENABLER 0x100
#define GICD_ICENABLER 0x180
#define GICD_ICPENDR 0x280
#define GICD_ISACTIVER 0x300
#define GICD_ICACTIVER 0x380
#define GICD_IPRIORITYR 0x400
#define GICD_ICFGR 0xc00

#define GIC_SHARED_FIRST 32 ///< interrupts below are each core's own
#define GIC_SPECIAL 1020    ///< this INTID and above: no interrupt
// Priorities: one for all interrupts, except that of IRQ_IPI; and what lets all in, or that one.
#define GIC_PRIORITY_ALL 0xa0a0a0a0u
#define GIC_PRIORITY_IPI 0x80u
#define GIC_PRIORITY_ALL_AND_IPI ((GIC_PRIORITY_ALL & ~0xffu) | GIC_PRIORITY_IPI)
#define GIC_PMR_OPEN 0xf0u
#define GIC_PMR_IPI_ONLY 0x90u

extern volatile uint32_t *gic_distributor; ///< its registers; the driver maps them
extern unsigned gic_line_count;            ///< interrupts that it has

/// Counts the interrupts and turns the shared ones off: not pending, not active, level-triggered, of
/// one priority. The distributor is off.
void gic_distributor_reset(void);

#endif
