// SPDX-License-Identifier: BSD-2-Clause
// The registers of a virtual GICv2 (ARM IHI 0048B). Its CPU interface is the hardware's virtual
// one.
#ifndef VMM_ARCH_VGIC_V2_H
#define VMM_ARCH_VGIC_V2_H

#include <vdev/access.h>
#include <vmm/arch/vgic.h>

#define VGIC_V2_DIST_SIZE 0x1000u

/// A distributor access by vgic->current (a bus_handler). Never answers ACCESS_UNMAPPED.
enum access_result vgic_v2_access(void *vgic, struct access *access);

#endif
