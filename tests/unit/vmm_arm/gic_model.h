// SPDX-License-Identifier: BSD-2-Clause
// A small model of the hardware behind the virtual GIC: list registers of each virtual CPU as a
// virtual CPU interface handles them (ARM IHI 0048B, chapter 5; that of a GICv3 does the same), and a
// guest that acknowledges and ends interrupts.
#ifndef TEST_GIC_MODEL_H
#define TEST_GIC_MODEL_H

#include <vmm/arch/vgic_v2.h>
#include <vmm/arch/vgic_v3.h>

enum model_lr_state {
    LR_INVALID,
    LR_PENDING,
    LR_ACTIVE,
};

struct model_lr {
    enum model_lr_state state;
    uint32_t irq;
    uint32_t priority;
    uint32_t group;
    bool quiet; ///< its end sends no maintenance event
    bool again; ///< active, and pending once more
};

/// The virtual timer of a CPU and the kernel that can deliver its interrupt (27).
struct model_timer {
    bool on; ///< the kernel delivers
    uint32_t lr;
    bool forward;
    uint32_t priority;
    uint32_t group;
    bool line;
    bool masked; ///< reported by vgic_pend_physical(), not yet retired
};

struct gic_model {
    struct vgic vgic;
    struct model_lr lrs[VGIC_MAX_VCPUS][VGIC_MAX_LRS];
    struct model_timer timers[VGIC_MAX_VCPUS];
    uint32_t injected;                  ///< calls of inject so far
    uint32_t replaced;                  ///< successful ones of those that replace
    uint32_t retired[VGIC_MAX_IRQS];    ///< calls of retire for each interrupt
    uint32_t taken[VGIC_MAX_IRQS];      ///< acknowledged for each interrupt
    uint32_t looks;                     ///< calls of empty so far
    uint32_t ends;                      ///< maintenance events so far
    uint32_t errors;                    ///< things that hardware calls unpredictable
};

#define MODEL_NONE 1023u

/// With a kernel that can replace what is pending.
void model_set_up(struct gic_model *model, const struct vgic_setup *setup);

/// model_set_up() of a GICv2.
void model_init(struct gic_model *model, uint32_t vcpus, uint32_t irqs, uint32_t lrs);

#define MODEL_TIMER 27u

/// As model_init(), with a kernel that delivers MODEL_TIMER.
void model_init_direct(struct gic_model *model, uint32_t vcpus, uint32_t irqs, uint32_t lrs);

/// The timer's output changes.
void model_timer_line(struct gic_model *model, uint32_t vcpu, bool line);

/// The guest's IAR read: the pending list register with the highest priority above the running one
/// becomes active. MODEL_NONE: spurious.
uint32_t model_acknowledge(struct gic_model *model, uint32_t vcpu);

/// The guest's EOIR write, and the maintenance event that follows. False: `irq` is not active.
bool model_end(struct gic_model *model, uint32_t vcpu, uint32_t irq);

/// Redistributors of a GICv3 in the functions below: one after the other from here.
#define MODEL_REDIST 0x100000u

/// Distributor and redistributor accesses by `vcpu`.
uint64_t model_read(struct gic_model *model, uint32_t vcpu, uint32_t offset, uint8_t size);
void model_write(struct gic_model *model, uint32_t vcpu, uint32_t offset, uint8_t size,
                 uint64_t value);

/// Checks the invariants of vgic.c and the books against the hardware. NULL, or what is broken.
const char *model_check(struct gic_model *model);

#endif
