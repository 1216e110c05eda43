// SPDX-License-Identifier: BSD-2-Clause
// A guest that tries everything it should not: addresses that are not its own, registers of other
// exception levels, firmware calls with nonsense, a scribbled-on interrupt controller. It must survive
// each try with an exception or an answer, and see no memory but its own.
#include "payload.h"

enum probe_result { PROBE_ABORT, PROBE_VALUE };

static enum probe_result probe_read(uint64_t at, unsigned width)
{
    uint64_t before = expected.count;
    uint64_t value;
    switch (width) {
    case 1:
        __asm__ volatile("ldrb %w0, [%1]" : "=r"(value) : "r"(at) : "memory");
        break;
    case 2:
        __asm__ volatile("ldrh %w0, [%1]" : "=r"(value) : "r"(at) : "memory");
        break;
    case 4:
        __asm__ volatile("ldr %w0, [%1]" : "=r"(value) : "r"(at) : "memory");
        break;
    default:
        __asm__ volatile("ldr %0, [%1]" : "=r"(value) : "r"(at) : "memory");
        break;
    }
    return expected.count != before ? PROBE_ABORT : PROBE_VALUE;
}

static enum probe_result probe_write(uint64_t at, unsigned width)
{
    uint64_t before = expected.count;
    uint64_t value = random_next();
    switch (width) {
    case 1:
        __asm__ volatile("strb %w0, [%1]" : : "r"(value), "r"(at) : "memory");
        break;
    case 2:
        __asm__ volatile("strh %w0, [%1]" : : "r"(value), "r"(at) : "memory");
        break;
    case 4:
        __asm__ volatile("str %w0, [%1]" : : "r"(value), "r"(at) : "memory");
        break;
    default:
        __asm__ volatile("str %0, [%1]" : : "r"(value), "r"(at) : "memory");
        break;
    }
    return expected.count != before ? PROBE_ABORT : PROBE_VALUE;
}

/// Accesses that hardware does not describe to a hypervisor (no valid syndrome).
static unsigned probe_odd(uint64_t at)
{
    uint64_t before = expected.count;
    uint64_t copy, a, b;
    copy = at;
    __asm__ volatile("ldr %w1, [%0], #4" : "+r"(copy), "=r"(a) : : "memory");
    copy = at;
    __asm__ volatile("str %w1, [%0, #4]!" : "+r"(copy) : "r"(a) : "memory");
    __asm__ volatile("ldp %0, %1, [%2]" : "=r"(a), "=r"(b) : "r"(at) : "memory");
    __asm__ volatile("stp %0, %1, [%2]" : : "r"(a), "r"(b), "r"(at) : "memory");
    __asm__ volatile("ldxr %w0, [%1]\n\tclrex" : "=r"(a) : "r"(at) : "memory");
    __asm__ volatile("dc zva, %0" : : "r"(at) : "memory");
    return (unsigned)(expected.count - before);
}

/// Ranges of addresses that are the guest's.
static struct {
    uint64_t base;
    uint64_t size;
} own[] = {
    { RAM_BASE, RAM_SIZE },
    { UART_BASE, 0x1000 },
    { GICD_BASE, 0x1000 },
    { GICC_BASE, 0x2000 },
};
enum { OWN_DISTRIBUTOR = 2, OWN_INTERFACE = 3, OWN_COUNT = 4 };

static void find_gic(void)
{
    uint64_t end = GICR_BASE;

    if (gic_version() == 2) {
        return;
    }
    while ((read32(end + 8) & 0x10) == 0) { // GICR_TYPER.Last
        end += GICR_SIZE;
    }
    own[OWN_DISTRIBUTOR].size = 0x10000;
    own[OWN_INTERFACE].base = GICR_BASE;
    own[OWN_INTERFACE].size = end + GICR_SIZE - GICR_BASE;
}

static bool is_own(uint64_t at)
{
    for (unsigned i = 0; i < OWN_COUNT; i++) {
        if (at >= own[i].base && at - own[i].base < own[i].size) {
            return true;
        }
    }
    return false;
}

static void sweep_address(uint64_t at)
{
    if (is_own(at) || is_own(at + 8)) {
        return;
    }
    for (unsigned width = 1; width <= 8; width *= 2) {
        check(probe_read(at, width) == PROBE_ABORT, "read of 0x%lx (%u bytes) gave a value", at, width);
        check(probe_write(at, width) == PROBE_ABORT, "write to 0x%lx (%u bytes) was taken", at, width);
    }
    check(probe_odd(at) == 6, "an odd access to 0x%lx was taken", at);
}

static void sweep_memory(void)
{
    expect_exceptions(true);
    for (uint64_t at = 0; at < RAM_BASE; at += 0x100000) {
        sweep_address(at);
    }
    for (uint64_t at = 0x08000000; at < 0x0a010000; at += 0x10000) {
        sweep_address(at);
        sweep_address(at + 0xff0);
    }
    // The kernel and other components live behind the guest's RAM.
    for (uint64_t at = RAM_BASE + RAM_SIZE; at < 0xc0000000; at += 0x400000) {
        sweep_address(at);
    }
    for (unsigned bit = 32; bit < 48; bit++) {
        sweep_address(1ul << bit);
        sweep_address((1ul << bit) + 0x60000000);
    }
    sweep_address(RAM_BASE - 16);
    sweep_address(RAM_BASE + RAM_SIZE);
    expect_exceptions(false);
    print("memory swept\n");
}

static void jump_nowhere(void)
{
    static const uint64_t targets[] = { 0x0, 0x0b000000, GICD_BASE, 0x60000000, 0x100000000, ~0ul << 12 };
    expect_exceptions(true);
    for (unsigned i = 0; i < sizeof(targets) / sizeof(targets[0]); i++) {
        uint64_t before = expected.count;
        __asm__ volatile("adr x9, 1f\n\tstr x9, [%0]\n\tbr %1\n1:"
                         : : "r"(&expected.return_to), "r"(targets[i]) : "x9", "memory");
        check(expected.count == before + 1, "a jump to 0x%lx did not abort", targets[i]);
        expected.return_to = 0;
    }
    expect_exceptions(false);
    print("jumps tried\n");
}

/// Runs one generated instruction, whose register is x0 with `value` in it, and returns.
static void run_instruction(uint32_t instruction, uint64_t value)
{
    register uint64_t x0 __asm__("x0") = value;
    static uint32_t code[16] __attribute__((aligned(64)));
    code[0] = instruction;
    code[1] = 0xd65f03c0; // ret
    __asm__ volatile("dc cvau, %1\n\tdsb ish\n\tic ivau, %1\n\tdsb ish\n\tisb\n\t"
                     "blr %1"
                     : "+r"(x0) : "r"(code) : "x30", "memory");
}

/// Registers that a guest may well write, but not with zero while it runs this program.
static bool is_vital(uint32_t op0, uint32_t op1, uint32_t crn, uint32_t crm)
{
    if (op0 == 2) {
        return false;
    }
    if (op1 == 0 && (crn == 1 || crn == 2 || crn == 4 || crn == 10 || crn == 12)) {
        return true; // SCTLR, TTBR, TCR, SPSR, ELR, SP, MAIR, VBAR
    }
    (void)crm;
    return false;
}

static void sweep_system_registers(void)
{
    unsigned tried = 0;
    expect_exceptions(true);
    for (uint32_t op0 = 2; op0 <= 3; op0++) {
        for (uint32_t encoding = 0; encoding < 0x4000; encoding++) {
            uint32_t op1 = (encoding >> 11) & 7, crn = (encoding >> 7) & 15, crm = (encoding >> 3) & 15;
            uint32_t op2 = encoding & 7;
            uint32_t fields = (op0 << 19) | (op1 << 16) | (crn << 12) | (crm << 8) | (op2 << 5);
            run_instruction(0xd5200000u | fields, 0); // mrs x0
            if (!is_vital(op0, op1, crn, crm)) {
                run_instruction(0xd5000000u | fields, 0); // msr x0
            }
            tried++;
        }
    }
    expect_exceptions(false);
    check(tried == 0x8000, "only %u encodings tried", tried);
    print("system registers swept\n");
}

static void call_firmware(void)
{
    for (uint64_t i = 0; i < 2000; i++) {
        uint64_t function = i < 256 ? 0x84000009 + i : random_next();
        uint64_t low = function & 0xffffffff;
        if (low == 0x84000008 || low == 0x84000009 || low == 0x84000002 || (low & ~0x40000000ul) == 0x84000001
            || low == 0xc4000012 || low == 0x84000012) {
            continue; // the calls that are meant to stop this CPU
        }
        if (i % 2 == 0) {
            (void)smc(function, random_next(), random_next(), random_next());
        } else {
            (void)hvc(function, random_next(), random_next(), random_next());
        }
    }
    check((smc(0xdead, 0, 0, 0).x0 & 0xffffffff) == 0xffffffff, "an unknown SMC was not refused");
    check((hvc(0xdead, 0, 0, 0).x0 & 0xffffffff) == 0xffffffff, "an unknown HVC was not refused");
    check(smc(0x84000000, 0, 0, 0).x0 >= 0x10000, "PSCI_VERSION by SMC");
    check(hvc(0x84000000, 0, 0, 0).x0 >= 0x10000, "PSCI_VERSION by HVC");
    // CPU_ON of CPUs that do not exist, and of the one that runs.
    check((int32_t)smc(0xc4000003, 77, RAM_BASE, 0).x0 == -2, "CPU_ON of no CPU");
    check((int32_t)smc(0xc4000003, 0, RAM_BASE, 0).x0 == -4, "CPU_ON of the running CPU");
    print("firmware called\n");
}

/// Every system call number of the kernel, with nonsense for arguments: a guest holds no caps.
static void call_kernel(void)
{
    for (int64_t number = -64; number <= 64; number++) {
        for (uint64_t cptr = 0; cptr < 4; cptr++) {
            (void)hvc_x7(cptr, random_next() & 0xfffff, (uint64_t)number);
        }
    }
    for (unsigned i = 0; i < 500; i++) {
        (void)hvc_x7(random_next(), random_next(), (uint64_t)-(int64_t)(1 + random_next() % 12));
    }
    print("kernel called\n");
}

/// The CPU interface of a GICv3: S3_0_C12_C8_0 to S3_0_C12_C12_7, the SGI registers among them.
static void scribble_on_interface_registers(void)
{
    for (unsigned i = 0; i < 4000; i++) {
        uint32_t crm = 8 + (uint32_t)(random_next() % 5);
        uint32_t op2 = random_next() & 7;
        uint32_t fields = (3u << 19) | (12u << 12) | (crm << 8) | (op2 << 5);
        run_instruction((random_next() & 1) != 0 ? 0xd5000000u | fields : 0xd5200000u | fields,
                        random_next());
    }
}

/// An address in one of the windows of the distributor and the redistributors: mostly where
/// registers are.
static uint64_t gic_address(void)
{
    bool redistributor = gic_version() == 3 && (random_next() & 1) != 0;
    unsigned window = redistributor ? OWN_INTERFACE : OWN_DISTRIBUTOR;
    uint64_t offset = random_next() % own[window].size;

    if ((random_next() & 3) != 0) {
        offset &= ~0xf000ul;
    }
    return own[window].base + offset;
}

static void scribble_on_gic(void)
{
    expect_exceptions(true);
    for (unsigned i = 0; i < 20000; i++) {
        uint64_t at = gic_address();
        unsigned width = 1u << (random_next() & 3);
        if (random_next() & 1) {
            (void)probe_write(at & ~(uint64_t)(width - 1), width);
        } else {
            (void)probe_read(at & ~(uint64_t)(width - 1), width);
        }
    }
    if (gic_version() == 3) {
        scribble_on_interface_registers();
    }
    for (unsigned i = 0; i < 2000 && gic_version() == 2; i++) {
        write32(GICC_BASE + (random_next() & 0x1ffc), (uint32_t)random_next());
        (void)read32(GICC_BASE + (random_next() & 0x1ffc));
    }
    expect_exceptions(false);
    check((read32(GICD_BASE + 4) & 0x1f) < 32, "GICD_TYPER");
    print("interrupt controller scribbled on\n");
}

static void spin_masked(void)
{
    uint64_t end = counter() + counter_frequency();
    __asm__ volatile("msr daifset, #15");
    print("spinning with everything masked\n");
    while (counter() < end) {
    }
    print("spun\n");
}

int main(void)
{
    print("hostile guest starts\n");
    find_gic();
    sweep_memory();
    jump_nowhere();
    call_firmware();
    call_kernel();
    sweep_system_registers();
    scribble_on_gic();
    spin_masked();
    finish();
}
