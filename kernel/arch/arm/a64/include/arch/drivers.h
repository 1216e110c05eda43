// SPDX-License-Identifier: BSD-2-Clause
// Device drivers of the kernel on Arm: interrupt controller, its virtual interface, timer and
// console. Which one is behind an interface is the board's choice (plat.cmake).
#ifndef ARCH_DRIVERS_H
#define ARCH_DRIVERS_H

#include <kernel/types.h>

// Of the interrupt controller's driver (kernel/drivers/include): vgic_lr_t, the VGIC_ constants and
// struct vgic_state.
#include <vgic_hardware.h>

struct core;

// Interrupts that the kernel keeps (GIC INTIDs of the SGI and the PPIs).
enum {
    IRQ_IPI = 0,
    IRQ_VGIC_MAINTENANCE = 25,
    IRQ_HYP_TIMER = 26,
    IRQ_VIRTUAL_TIMER = 27,
};

#define GIC_SGI_COUNT 16 ///< the lowest INTIDs

// ---- interrupt controller -----------------------------------------------------------------------

/// Physical memory of the interrupt controller, which nobody else gets.
struct gic_range {
    paddr_t base;
    word_t bytes;
};
extern const struct gic_range gic_ranges[];
extern const unsigned gic_range_count;

/// Sets up the distributor: everything off, shared interrupts to core 0. Once, at boot.
void gic_init_distributor(void);
/// Sets up the executing core's interface.
void gic_init_core(void);
/// Level (false) or edge (true) trigger of an interrupt.
void gic_set_edge(word_t irq, bool edge);
/// Enables or disables an interrupt (a banked one: of the executing core).
void gic_set_masked(word_t irq, bool masked);
/// Sets the active state of an interrupt (a banked one: of the executing core). An active one does
/// not come again until it is ended.
void gic_set_active(word_t irq, bool active);
/// Takes the pending interrupt of the highest priority, or returns ARCH_IRQ_NONE. It comes again only
/// after gic_end().
word_t gic_acknowledge(struct core *core);
void gic_end(struct core *core, word_t irq);
/// Interrupts another core (kernels of several cores).
void gic_send_ipi(const struct core *target);
/// Whether software-generated interrupts can be sent to `target`: a CPU interface (0 to 7) of a GICv2,
/// an affinity value (Aff3, Aff2, Aff1, Aff0) with a GICv3. There need not be such a core.
bool gic_is_sgi_target(word_t target);
/// Sends software-generated interrupt `irq` (below GIC_SGI_COUNT).
void gic_send_sgi(word_t irq, word_t target);
/// Forgets an IPI that is pending at the executing core.
void gic_clear_ipi(void);
/// Sleeps until an IPI is pending at the executing core. Other interrupts do not end the sleep.
void gic_wait_for_ipi(void);
/// Sends a shared interrupt to a core.
void gic_set_target(word_t irq, const struct core *target);

// ---- virtual interrupt interface (list registers) -----------------------------------------------

/// List registers of this machine.
unsigned vgic_list_register_count(void);
/// Turns the virtual interface of the executing core on or off; its state stays in the hardware.
void vgic_set_enabled(bool enabled);
void vgic_save(struct vgic_state *state);
void vgic_restore(const struct vgic_state *state);
vgic_lr_t vgic_read_list_register(unsigned index);
void vgic_write_list_register(unsigned index, vgic_lr_t value);
/// Whether an interrupt in a list register waits for the guest to take it.
bool vgic_is_pending(void);
/// Value of a list register that makes an interrupt pending, with a maintenance interrupt at its
/// end.
vgic_lr_t vgic_list_register_value(word_t virq, word_t priority, word_t group);
/// Value of a list register that makes an interrupt pending and whose end ends physical interrupt
/// `irq`, without maintenance.
vgic_lr_t vgic_linked_list_register_value(word_t virq, word_t priority, word_t group, word_t irq);
/// The value without its link, with a maintenance interrupt at the end.
vgic_lr_t vgic_unlinked_list_register_value(vgic_lr_t value);
/// Lowest list register whose interrupt the guest has ended, or -1. Clears its request for
/// maintenance.
int vgic_take_ended(void);

// ---- timer, console -----------------------------------------------------------------------------

/// Reads the counter's frequency. Once, at boot.
void timer_init(void);
/// Turns the executing core's kernel timer off until a deadline is set, and sets what EL1 and EL0
/// may do.
void timer_init_core(void);

/// Maps the console (builds with CONFIG_PRINTING; else nothing).
void uart_init(void);

#endif
