// SPDX-License-Identifier: BSD-2-Clause
// Places of a guest's registers in the kernel's user context, and the bits of PSTATE that matter
// here.
#ifndef VMM_ARM_GUEST_REGS_H
#define VMM_ARM_GUEST_REGS_H

#include <stdint.h>

#define REGS_PC 0u
#define REGS_SP 1u
#define REGS_SPSR 2u
#define REGS_X0 3u
#define REGS_ZERO 31u ///< register number that reads as zero

/// PSTATE as in SPSR_ELx.
#define PSTATE_MODE_EL0 0x0u
#define PSTATE_MODE_EL1T 0x4u
#define PSTATE_MODE_EL1H 0x5u
#define PSTATE_MODE_MASK 0xfu
#define PSTATE_AARCH32 0x10u
#define PSTATE_F 0x40u
#define PSTATE_I 0x80u
#define PSTATE_A 0x100u
#define PSTATE_D 0x200u
#define PSTATE_DAIF (PSTATE_D | PSTATE_A | PSTATE_I | PSTATE_F)
#define PSTATE_SSBS (1u << 12)
#define PSTATE_PAN (1u << 22)
#define PSTATE_DIT (1u << 24)
#define PSTATE_NZCV 0xf0000000u

/// Word of general register `number` (0..30) in the user context: the context is not in register
/// order.
static inline uint32_t regs_index(uint32_t number)
{
    static const uint8_t index[31] = {
        3,  4,  5,  6,  7,  8,  9,  10, 11,         // x0..x8
        17, 18, 19, 20, 21, 22, 23,                 // x9..x15
        12, 13, 14,                                 // x16..x18
        24, 25, 26, 27, 28, 29, 30, 31, 32, 33,     // x19..x28
        15, 16,                                     // x29, x30
    };
    return index[number];
}

#endif
