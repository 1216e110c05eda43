// SPDX-License-Identifier: BSD-2-Clause
// The interrupt controller of a bare-metal guest, a GICv2 or a GICv3: found out at run time. All
// interrupts are in the group that arrives as IRQ: group 0 of a GICv2, group 1 of a GICv3.
#ifndef GIC_H
#define GIC_H

#include <stdbool.h>
#include <stdint.h>

#define GICD_BASE 0x08000000ul
#define GICC_BASE 0x08010000ul ///< GICv2
#define GICR_BASE 0x080a0000ul ///< GICv3
#define GICR_SIZE 0x20000ul    ///< of each CPU

#define GIC_SPURIOUS 1023u
#define GIC_IDLE_PRIORITY 0xffu
#define GIC_MAX_CPUS 4u

/// Architecture version: 2 or 3.
unsigned gic_version(void);

/// Number of the executing CPU.
unsigned gic_cpu(void);

// --- CPU interface of the executing CPU ----------------------------------------------------------

/// Turns distributor and CPU interface on; every priority but the lowest is let through.
void gic_init(void);
bool gic_interface_is_on(void);
/// Interrupt that became active, or GIC_SPURIOUS.
uint32_t gic_acknowledge(void);
/// Drops the priority and, but for gic_set_split_end(), ends the interrupt.
void gic_end(uint32_t intid);
/// Ends an interrupt in split mode.
void gic_deactivate(uint32_t intid);
void gic_set_split_end(bool split);
void gic_set_mask(uint32_t priority);
uint32_t gic_mask(void);
uint32_t gic_running_priority(void);
/// Interrupt that would be acknowledged next.
uint32_t gic_highest_pending(void);
void gic_set_interface_on(bool on);

// --- Distributor, redistributor of the executing CPU ---------------------------------------------

/// Whether the distributor forwards the group in use.
void gic_set_forwarding(bool on);
bool gic_is_forwarding(void);
void gic_enable(uint32_t intid);
void gic_disable(uint32_t intid);
bool gic_is_enabled(uint32_t intid);
void gic_set_pending(uint32_t intid);
void gic_clear_pending(uint32_t intid);
bool gic_is_pending(uint32_t intid);
void gic_set_active(uint32_t intid);
void gic_clear_active(uint32_t intid);
bool gic_is_active(uint32_t intid);
void gic_set_priority(uint32_t intid, uint8_t priority);
uint8_t gic_priority(uint32_t intid);
void gic_set_edge(uint32_t intid, bool edge);
/// Puts an interrupt into the other group, which is never forwarded, or back.
void gic_set_other_group(uint32_t intid, bool other);
/// Target of a shared interrupt.
void gic_set_target(uint32_t intid, unsigned cpu);

/// Address of the 32-bit register with the bit of `intid` in the array at `offset`.
uint64_t gic_bits(uint32_t intid, uint32_t offset);
#define GIC_ISENABLER 0x100u
#define GIC_ICENABLER 0x180u
#define GIC_ISPENDR 0x200u
#define GIC_ICPENDR 0x280u
#define GIC_ISACTIVER 0x300u
#define GIC_ICACTIVER 0x380u

/// Software generated interrupt to a set of CPUs.
void gic_send(uint32_t cpus, uint32_t sgi);
void gic_send_others(uint32_t sgi);

#endif
