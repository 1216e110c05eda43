// SPDX-License-Identifier: BSD-2-Clause
// Rows of register tables that the GICv2 and the GICv3 have in common. Each is for a whole array
// that starts with interrupt 0; private interrupts are those of vgic->current.
#ifndef VMM_ARM_VGIC_REGS_H
#define VMM_ARM_VGIC_REGS_H

#include <vdev/regs.h>

regs_store vgic_store_ctlr;
regs_load vgic_load_group;
regs_store vgic_store_group;
regs_load vgic_load_enable;
regs_store vgic_store_set_enable;
regs_store vgic_store_clear_enable;
regs_load vgic_load_pending;
regs_store vgic_store_set_pending;
regs_store vgic_store_clear_pending;
regs_load vgic_load_active;
regs_store vgic_store_set_active;
regs_store vgic_store_clear_active;
regs_load vgic_load_priority;
regs_store vgic_store_priority;
regs_load vgic_load_config;
regs_store vgic_store_config;

#endif
