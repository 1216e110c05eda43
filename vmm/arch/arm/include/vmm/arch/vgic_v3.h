// SPDX-License-Identifier: BSD-2-Clause
// The registers of a virtual GICv3 (ARM IHI 0069): a distributor, and a redistributor for each
// virtual CPU. The CPU interface is the hardware's virtual one, in system registers; what of it
// traps is here too. One security state, affinity routing always on, no LPIs, no ITS.
#ifndef VMM_ARCH_VGIC_V3_H
#define VMM_ARCH_VGIC_V3_H

#include <vdev/access.h>
#include <vmm/arch/vgic.h>

#define VGIC_V3_DIST_SIZE 0x10000u
/// Of one redistributor: RD_base and SGI_base.
#define VGIC_V3_REDIST_SIZE 0x20000u

/// A distributor access (a bus_handler). Never answers ACCESS_UNMAPPED.
enum access_result vgic_v3_dist_access(void *vgic, struct access *access);

/// An access to the redistributors, which lie one after the other in the order of the VCPUs (a
/// bus_handler). Changes vgic->current. ACCESS_UNMAPPED: behind the last one.
enum access_result vgic_v3_redist_access(void *vgic, struct access *access);

/// Which of the registers that generate SGIs was written.
enum vgic_v3_sgi {
    VGIC_V3_SGI1,  ///< ICC_SGI1R_EL1
    VGIC_V3_ASGI1, ///< ICC_ASGI1R_EL1
    VGIC_V3_SGI0,  ///< ICC_SGI0R_EL1
};

/// A write of `value` to such a register by `vcpu`.
void vgic_v3_send_sgi(struct vgic *vgic, uint32_t vcpu, enum vgic_v3_sgi which, uint64_t value);

#endif
