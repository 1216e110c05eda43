// SPDX-License-Identifier: BSD-2-Clause
// Drivers for GICv2 (ARM IHI 0048B) and GICv3 (ARM IHI 0069).
#include "payload.h"

// Distributor; a redistributor's SGI_base has the same offsets.
#define CTLR 0x000u
#define IGROUPR 0x080u
#define IPRIORITYR 0x400u
#define ITARGETSR 0x800u
#define ICFGR 0xc00u
#define SGIR 0xf00u
#define V2_PIDR2 0xfe8u
#define IROUTER 0x6000u
#define CTLR_ARE 0x10u

#define GICR_WAKER 0x14u
#define GICR_SGI_FRAME 0x10000u
#define WAKER_PROCESSOR_SLEEP 2u
#define WAKER_CHILDREN_ASLEEP 4u

#define GICC_CTLR (GICC_BASE + 0x00)
#define GICC_PMR (GICC_BASE + 0x04)
#define GICC_IAR (GICC_BASE + 0x0c)
#define GICC_EOIR (GICC_BASE + 0x10)
#define GICC_RPR (GICC_BASE + 0x14)
#define GICC_HPPIR (GICC_BASE + 0x18)
#define GICC_DIR (GICC_BASE + 0x1000)
#define GICC_ENABLE 1u
#define GICC_EOIMODE 0x200u
#define ICC_EOIMODE 2u

#define READ_SYSTEM(name)                                                     \
    ({                                                                        \
        uint64_t value_;                                                      \
        __asm__ volatile("isb\n\tmrs %0, " #name : "=r"(value_) : : "memory"); \
        value_;                                                               \
    })
#define WRITE_SYSTEM(name, value) \
    __asm__ volatile("msr " #name ", %0\n\tisb" : : "r"((uint64_t)(value)) : "memory")

/// What GICC_IAR gave for an SGI: its end needs the sender too.
static uint32_t acknowledged[GIC_MAX_CPUS][16];

unsigned gic_version(void)
{
    static unsigned version;

    if (version == 0) {
        // A GICv2 has its identification here, a GICv3 behind the 64 KiB.
        version = (read32(GICD_BASE + V2_PIDR2) >> 4 & 15) == 2 ? 2 : 3;
    }
    return version;
}

unsigned gic_cpu(void)
{
    uint64_t mpidr;

    __asm__ volatile("mrs %0, mpidr_el1" : "=r"(mpidr));
    return mpidr & 0xff;
}

static uint64_t redistributor(void)
{
    return GICR_BASE + gic_cpu() * GICR_SIZE;
}

/// Start of the registers of an interrupt.
static uint64_t frame_of(uint32_t intid)
{
    return intid < 32 && gic_version() == 3 ? redistributor() + GICR_SGI_FRAME : GICD_BASE;
}

uint64_t gic_bits(uint32_t intid, uint32_t offset)
{
    return frame_of(intid) + offset + 4 * (intid / 32);
}

static uint32_t group_enable(void)
{
    return gic_version() == 2 ? 1 : 2;
}

// --- CPU interface -------------------------------------------------------------------------------

static void init_v3(void)
{
    uint64_t waker = redistributor() + GICR_WAKER;

    write32(waker, read32(waker) & ~WAKER_PROCESSOR_SLEEP);
    while ((read32(waker) & WAKER_CHILDREN_ASLEEP) != 0) {
    }
    WRITE_SYSTEM(icc_sre_el1, READ_SYSTEM(icc_sre_el1) | 1);
    write32(redistributor() + GICR_SGI_FRAME + IGROUPR, ~0u);
    for (uint32_t intid = 32; intid < 288; intid += 32) {
        write32(gic_bits(intid, IGROUPR), ~0u);
    }
    WRITE_SYSTEM(icc_pmr_el1, 0xff);
    WRITE_SYSTEM(icc_ctlr_el1, 0);
}

void gic_init(void)
{
    if (gic_version() == 3) {
        init_v3();
    } else {
        write32(GICC_PMR, 0xff);
    }
    gic_set_forwarding(true);
    gic_set_interface_on(true);
}

void gic_set_interface_on(bool on)
{
    if (gic_version() == 3) {
        WRITE_SYSTEM(icc_igrpen1_el1, on);
    } else {
        write32(GICC_CTLR, on ? GICC_ENABLE : 0);
    }
}

bool gic_interface_is_on(void)
{
    if (gic_version() == 3) {
        return READ_SYSTEM(icc_igrpen1_el1) != 0 || READ_SYSTEM(icc_igrpen0_el1) != 0;
    }
    return read32(GICC_CTLR) != 0;
}

uint32_t gic_acknowledge(void)
{
    if (gic_version() == 3) {
        return (uint32_t)READ_SYSTEM(icc_iar1_el1);
    }
    uint32_t value = read32(GICC_IAR);
    uint32_t intid = value & 0x3ff;
    if (intid < 16) {
        acknowledged[gic_cpu()][intid] = value;
    }
    return intid;
}

static uint32_t to_end(uint32_t intid)
{
    return intid < 16 ? acknowledged[gic_cpu()][intid] : intid;
}

void gic_end(uint32_t intid)
{
    if (gic_version() == 3) {
        WRITE_SYSTEM(icc_eoir1_el1, intid);
    } else {
        write32(GICC_EOIR, to_end(intid));
    }
}

void gic_deactivate(uint32_t intid)
{
    if (gic_version() == 3) {
        WRITE_SYSTEM(icc_dir_el1, intid);
    } else {
        write32(GICC_DIR, to_end(intid));
    }
}

void gic_set_split_end(bool split)
{
    if (gic_version() == 3) {
        WRITE_SYSTEM(icc_ctlr_el1, split ? ICC_EOIMODE : 0);
    } else {
        write32(GICC_CTLR, GICC_ENABLE | (split ? GICC_EOIMODE : 0));
    }
}

void gic_set_mask(uint32_t priority)
{
    if (gic_version() == 3) {
        WRITE_SYSTEM(icc_pmr_el1, priority);
    } else {
        write32(GICC_PMR, priority);
    }
}

uint32_t gic_mask(void)
{
    return gic_version() == 3 ? (uint32_t)READ_SYSTEM(icc_pmr_el1) : read32(GICC_PMR);
}

uint32_t gic_running_priority(void)
{
    return gic_version() == 3 ? (uint32_t)READ_SYSTEM(icc_rpr_el1) : read32(GICC_RPR);
}

uint32_t gic_highest_pending(void)
{
    return gic_version() == 3 ? (uint32_t)READ_SYSTEM(icc_hppir1_el1) : read32(GICC_HPPIR) & 0x3ff;
}

// --- Distributor ---------------------------------------------------------------------------------

void gic_set_forwarding(bool on)
{
    uint32_t fixed = gic_version() == 3 ? CTLR_ARE : 0;

    write32(GICD_BASE + CTLR, fixed | (on ? group_enable() : 0));
}

bool gic_is_forwarding(void)
{
    return (read32(GICD_BASE + CTLR) & 3) != 0;
}

static void write_bit(uint32_t intid, uint32_t offset)
{
    write32(gic_bits(intid, offset), 1u << (intid % 32));
}

static bool read_bit(uint32_t intid, uint32_t offset)
{
    return (read32(gic_bits(intid, offset)) >> (intid % 32) & 1) != 0;
}

void gic_enable(uint32_t intid)
{
    write_bit(intid, GIC_ISENABLER);
}

void gic_disable(uint32_t intid)
{
    write_bit(intid, GIC_ICENABLER);
}

bool gic_is_enabled(uint32_t intid)
{
    return read_bit(intid, GIC_ISENABLER);
}

void gic_set_pending(uint32_t intid)
{
    write_bit(intid, GIC_ISPENDR);
}

void gic_clear_pending(uint32_t intid)
{
    write_bit(intid, GIC_ICPENDR);
}

bool gic_is_pending(uint32_t intid)
{
    return read_bit(intid, GIC_ISPENDR);
}

void gic_set_active(uint32_t intid)
{
    write_bit(intid, GIC_ISACTIVER);
}

void gic_clear_active(uint32_t intid)
{
    write_bit(intid, GIC_ICACTIVER);
}

bool gic_is_active(uint32_t intid)
{
    return read_bit(intid, GIC_ISACTIVER);
}

void gic_set_priority(uint32_t intid, uint8_t priority)
{
    write8(frame_of(intid) + IPRIORITYR + intid, priority);
}

uint8_t gic_priority(uint32_t intid)
{
    return read8(frame_of(intid) + IPRIORITYR + intid);
}

void gic_set_edge(uint32_t intid, bool edge)
{
    uint64_t at = frame_of(intid) + ICFGR + 4 * (intid / 16);
    uint32_t bit = 2u << (2 * (intid % 16));
    uint32_t value = read32(at);

    write32(at, edge ? value | bit : value & ~bit);
}

void gic_set_other_group(uint32_t intid, bool other)
{
    uint64_t at = gic_bits(intid, IGROUPR);
    uint32_t bit = 1u << (intid % 32);
    uint32_t value = read32(at);

    write32(at, other == (gic_version() == 2) ? value | bit : value & ~bit);
}

void gic_set_target(uint32_t intid, unsigned cpu)
{
    if (gic_version() == 3) {
        write64(GICD_BASE + IROUTER + 8 * intid, cpu);
    } else {
        write8(GICD_BASE + ITARGETSR + intid, (uint8_t)(1u << cpu));
    }
}

void gic_send(uint32_t cpus, uint32_t sgi)
{
    // What was written before is there when the interrupt arrives.
    __asm__ volatile("dsb sy" : : : "memory");
    if (gic_version() == 3) {
        WRITE_SYSTEM(icc_sgi1r_el1, (uint64_t)sgi << 24 | cpus);
    } else {
        write32(GICD_BASE + SGIR, cpus << 16 | sgi);
    }
}

void gic_send_others(uint32_t sgi)
{
    __asm__ volatile("dsb sy" : : : "memory");
    if (gic_version() == 3) {
        WRITE_SYSTEM(icc_sgi1r_el1, 1ul << 40 | (uint64_t)sgi << 24);
    } else {
        write32(GICD_BASE + SGIR, 1u << 24 | sgi);
    }
}
