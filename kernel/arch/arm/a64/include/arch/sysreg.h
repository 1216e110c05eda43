// SPDX-License-Identifier: BSD-2-Clause
// System registers of AArch64: access, barriers and the bits that the kernel uses (Arm ARM, DDI
// 0487).
#ifndef ARCH_SYSREG_H
#define ARCH_SYSREG_H

#include <kernel/types.h>

#define sysreg_read(name)                                       \
    ({                                                          \
        word_t sysreg_value_;                                   \
        __asm__ volatile("mrs %0, " #name : "=r"(sysreg_value_)); \
        sysreg_value_;                                          \
    })
#define sysreg_write(name, value) __asm__ volatile("msr " #name ", %x0" : : "rZ"((word_t)(value)))

static inline void isb(void)
{
    __asm__ volatile("isb" : : : "memory");
}

/// All earlier memory accesses are complete for the whole inner shareable domain.
static inline void dsb_ish(void)
{
    __asm__ volatile("dsb ish" : : : "memory");
}

/// Earlier table writes are visible to table walks.
static inline void dsb_ishst(void)
{
    __asm__ volatile("dsb ishst" : : : "memory");
}

static inline void dsb_sy(void)
{
    __asm__ volatile("dsb sy" : : : "memory");
}

// HCR_EL2.
#define HCR_VM BIT(0)
#define HCR_SWIO BIT(1)
#define HCR_FMO BIT(3)
#define HCR_IMO BIT(4)
#define HCR_AMO BIT(5)
#define HCR_FB BIT(9)
#define HCR_BSU_INNER BIT(10)
#define HCR_DC BIT(12)
#define HCR_TWI BIT(13)
#define HCR_TWE BIT(14)
#define HCR_TSC BIT(19)
#define HCR_TIDCP BIT(20)
#define HCR_TACR BIT(21)
#define HCR_TTLB BIT(25)
#define HCR_TVM BIT(26)
#define HCR_TGE BIT(27)
#define HCR_RW BIT(31)
#define HCR_TLOR BIT(35)
#define HCR_TERR BIT(36)
#define HCR_APK BIT(40)
#define HCR_API BIT(41)

// CPTR_EL2 (E2H = 0). RES1: 13:12, 9, 7:0; bit 8 traps SVE.
#define CPTR_RES1 0x32ffu
#define CPTR_TZ BIT(8)
#define CPTR_TFP BIT(10)
#define CPTR_TTA BIT(20)
#define CPTR_TAM BIT(30)

// MDCR_EL2.
#define MDCR_TPMCR BIT(5)
#define MDCR_TPM BIT(6)
#define MDCR_TDA BIT(9)
#define MDCR_TDOSA BIT(10)
#define MDCR_TDRA BIT(11)
#define MDCR_TPMS BIT(14)
#define MDCR_TTRF BIT(19)

// SCTLR_EL2, with its RES1 bits; SCTLR_EL1 as a VCPU starts with it (sel4-abi, VCPU API).
#define SCTLR_EL2_RES1 0x30c50830u
#define SCTLR_M BIT(0)
#define SCTLR_C BIT(2)
#define SCTLR_SA BIT(3)
#define SCTLR_I BIT(12)
#define SCTLR_DZE BIT(14)
#define SCTLR_WXN BIT(19)
#define SCTLR_EL1_RESET 0x34d58820u

#define CPACR_FPEN (BIT(20) | BIT(21))

// CNTHCTL_EL2 (E2H = 0): EL1 and EL0 may read the physical counter, not program its timer.
#define CNTHCTL_EL1PCTEN BIT(0)
// CNTKCTL_EL1: EL0 may read both counters.
#define CNTKCTL_EL0PCTEN BIT(0)
#define CNTKCTL_EL0VCTEN BIT(1)
// Timer control registers.
#define TIMER_ENABLE BIT(0)
#define TIMER_IMASK BIT(1)
#define TIMER_ISTATUS BIT(2)
// The output is on when the condition is met, enabled, and not masked.
#define TIMER_OUTPUT_BITS (TIMER_ENABLE | TIMER_IMASK | TIMER_ISTATUS)
#define TIMER_OUTPUT (TIMER_ENABLE | TIMER_ISTATUS)

// ESR_EL2.
#define ESR_EC(esr) ((unsigned)((esr) >> 26) & 0x3f)
#define ESR_IL BIT(25) // of an instruction of 32 bits
#define ESR_ISV BIT(24)
#define ESR_WNR BIT(6)
#define ESR_S1PTW BIT(7)
#define ESR_FNV BIT(10)
#define ESR_DFSC(esr) ((unsigned)(esr) & 0x3f)
enum {
    EC_UNKNOWN = 0x00,
    EC_WFX = 0x01,
    EC_FP = 0x07,
    EC_SVC64 = 0x15,
    EC_HVC64 = 0x16,
    EC_SMC64 = 0x17,
    EC_SYSREG = 0x18,
    EC_INSTRUCTION_ABORT = 0x20,
    EC_DATA_ABORT = 0x24,
    EC_SERROR = 0x2f,
};

// SPSR.
#define SPSR_MODE_MASK 0x1fu
#define SPSR_EL0T 0x00u
#define SPSR_EL1T 0x04u
#define SPSR_EL1H 0x05u
#define SPSR_USER32 0x10u
#define SPSR_F BIT(6)
#define SPSR_A BIT(8)
#define SPSR_NZCV (MASK(4) << 28)
#define SPSR_IT_UPPER (MASK(6) << 10) // of 32-bit code: IT[7:2] and IT[1:0]
#define SPSR_IT_LOWER (MASK(2) << 25)

// ID_AA64PFR0_EL1: EL0 can be in AArch32.
#define PFR0_EL0_MASK MASK(4)
#define PFR0_EL0_AARCH32 2u
// Where it is 0 there are no system registers of a GIC.
#define PFR0_GIC_MASK (MASK(4) << 24)

// ISR_EL1: a physical IRQ is pending.
#define ISR_I BIT(7)

#endif
