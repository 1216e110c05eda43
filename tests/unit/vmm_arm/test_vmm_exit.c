// SPDX-License-Identifier: BSD-2-Clause
// Unit tests of exit decoding: emulated accesses, aborts, trapped registers, waits, interrupts.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <abi/extensions.h>

#include "../../../vmm/arch/arm/arm.h"
#include "../../../vmm/arch/arm/guest_regs.h"
#include "mock.h"

#define IL (1u << 25)
#define ISV (1u << 24)
#define SAS(n) ((uint32_t)(n) << 22)
#define SSE (1u << 21)
#define SRT(n) ((uint32_t)(n) << 16)
#define SF (1u << 15)
#define CM (1u << 8)
#define S1PTW (1u << 7)
#define WNR (1u << 6)
#define TRANSLATION 7u
#define DABT (0x24u << 26 | IL)
#define HOLE UINT64_C(0x10000000)
#define PC (MOCK_RAM_BASE + 0x100)
#define ISENABLER1 (MOCK_GICD + 0x104)

static bool data_abort(uint64_t address, uint32_t iss)
{
    mock->vcpus[0].regs[REGS_PC] = PC;
    return mock_fault(0, seL4_Fault_VMFault, 4, PC, address, 0, DABT | iss | TRANSLATION);
}

static void assert_injected(uint64_t vector, uint32_t esr)
{
    const struct mock_vcpu *vcpu = &mock->vcpus[0];

    assert_int_equal(vcpu->sysregs[seL4_VCPUReg_ESR], esr);
    assert_int_equal(vcpu->regs[REGS_PC], vector);
    assert_int_equal(vcpu->sysregs[seL4_VCPUReg_ELR_EL1], PC);
    assert_int_equal(vcpu->regs[REGS_SPSR] & 0x3df, 0x3c5);
}

static void every_register_can_be_loaded_and_stored(void **state)
{
    (void)state;
    for (uint64_t extensions = 0; extensions <= ROOKERY_EXTENSION_STEP_REPLY;
         extensions += ROOKERY_EXTENSION_STEP_REPLY) {
        mock_start(1, extensions);
        for (uint32_t n = 0; n < 31; n++) {
            uint64_t before[KERNEL_REGS_WORDS];
            for (uint32_t i = 0; i < KERNEL_REGS_WORDS; i++) {
                mock->vcpus[0].regs[i] = before[i] = 0x1000 + i;
            }
            assert_true(data_abort(MOCK_GICD + 0x008, ISV | SAS(2) | SRT(n)));
            before[REGS_PC] = PC + 4;
            before[regs_index(n)] = 0x0200043b;
            assert_memory_equal(mock->vcpus[0].regs, before, sizeof(before));

            *mock_x(0, n) = 0xffffffff00000000 | 1u << n;
            mock->extra_words[4] = *mock_x(0, n);
            mock->vcpus[0].regs[REGS_PC] = PC;
            assert_true(mock_fault(0, seL4_Fault_VMFault, extensions != 0 ? 5 : 4, PC,
                                   MOCK_GICD + 0x080, 0,
                                   DABT | TRANSLATION | ISV | SAS(2) | SRT(n) | WNR));
            assert_int_equal(mock->vcpus[0].regs[REGS_PC], PC + 4);
            assert_true(data_abort(MOCK_GICD + 0x080, ISV | SAS(2) | SRT(0)));
            assert_int_equal(*mock_x(0, 0), 1u << n);
        }
        mock_free();
    }
}

static void register_31_is_zero(void **state)
{
    (void)state;
    mock_start(1, 0);
    *mock_x(0, 0) = 0xff;
    assert_true(data_abort(MOCK_GICD + 0x084, ISV | SAS(2) | SRT(0) | WNR));
    assert_true(data_abort(MOCK_GICD + 0x084, ISV | SAS(2) | SRT(31) | WNR));
    assert_true(data_abort(MOCK_GICD + 0x084, ISV | SAS(2) | SRT(31)));
    assert_true(data_abort(MOCK_GICD + 0x084, ISV | SAS(2) | SRT(1)));
    assert_int_equal(*mock_x(0, 1), 0);
    mock_free();
}

static enum access_result answer_ones(void *context, struct access *access)
{
    (void)context;
    access->value = 0xfedcba9876543280;
    return ACCESS_OK;
}

static void loads_are_extended_as_the_instruction_says(void **state)
{
    static const struct {
        uint32_t iss;
        uint64_t value;
    } cases[] = {
        { SAS(0), 0x80 },
        { SAS(0) | SSE, 0xffffff80 },
        { SAS(0) | SSE | SF, 0xffffffffffffff80 },
        { SAS(1), 0x3280 },
        { SAS(2) | SF, 0x76543280 },
        { SAS(2) | SSE | SF, 0x76543280 },
        { SAS(3) | SF, 0xfedcba9876543280 },
    };
    struct bus_device device = { .base = HOLE, .size = 0x1000, .handler = answer_ones };

    (void)state;
    mock_start(1, 0);
    assert_int_equal(bus_add(&mock->vm.bus, &device), BUS_OK);
    for (uint32_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        assert_true(data_abort(HOLE, ISV | SRT(3) | cases[i].iss));
        assert_int_equal(*mock_x(0, 3), cases[i].value);
    }
    mock_free();
}

static void access_takes_few_kernel_calls(void **state)
{
    (void)state;
    mock_start(1, 0);
    assert_true(data_abort(MOCK_GICD + 0x008, ISV | SAS(2) | SRT(1)));
    assert_int_equal(mock->calls, 2);
    assert_int_equal(mock->words_moved, 2 * 5);
    assert_true(data_abort(MOCK_GICD + 0x080, ISV | SAS(2) | SRT(0) | WNR));
    assert_int_equal(mock->calls, 2);
    assert_int_equal(mock->words_moved, 4 + 1);
    mock_free();
    mock_start(1, ROOKERY_EXTENSION_STEP_REPLY);
    assert_true(data_abort(MOCK_GICD + 0x008, ISV | SAS(2) | SRT(1)));
    assert_int_equal(mock->calls, 0);
    mock_free();
}

static void access_to_nothing_is_an_external_abort(void **state)
{
    static const struct {
        uint64_t pstate;
        uint32_t vector;
        uint32_t class;
    } cases[] = {
        { 0x3c5, 0x200, 0x25 },
        { 0x004, 0x000, 0x25 },
        { 0x000, 0x400, 0x24 },
        { 0x010, 0x600, 0x24 },
    };

    (void)state;
    mock_start(1, 0);
    mock->vcpus[0].sysregs[seL4_VCPUReg_VBAR] = 0xffff000012340000;
    for (uint32_t i = 0; i < 4; i++) {
        mock->vcpus[0].regs[REGS_SPSR] = cases[i].pstate | 0x60000000;
        assert_true(data_abort(HOLE, ISV | SAS(2)));
        assert_injected(0xffff000012340000 + cases[i].vector,
                        cases[i].class << 26 | IL | 1u << 10 | 0x10);
        assert_int_equal(mock->vcpus[0].sysregs[seL4_VCPUReg_SPSR_EL1],
                         cases[i].pstate | 0x60000000);
        assert_int_equal(mock->vcpus[0].regs[REGS_SPSR] & 0xf0000000, 0x60000000);
        mock->vcpus[0].regs[REGS_SPSR] = cases[i].pstate;
        assert_true(data_abort(HOLE, ISV | SAS(2) | WNR));
        assert_injected(0xffff000012340000 + cases[i].vector,
                        cases[i].class << 26 | IL | 1u << 10 | WNR | 0x10);
    }
    assert_true(mock_logged("0x10000000"));
    mock_free();
}

static void undecoded_and_odd_faults_become_aborts(void **state)
{
    (void)state;
    mock_start(1, 0);
    mock->vcpus[0].sysregs[seL4_VCPUReg_VBAR] = 0x8000;
    const uint32_t same = 0x25u << 26 | IL;
    mock->vcpus[0].regs[REGS_SPSR] = 0x3c5;
    assert_true(data_abort(MOCK_GICD, 0)); // no ISV, as of a write-back load
    assert_injected(0x8200, same | 1u << 10 | 0x10);
    assert_true(data_abort(MOCK_GICD, S1PTW | ISV));
    assert_injected(0x8200, same | 0x14);
    mock->vcpus[0].regs[REGS_PC] = PC;
    assert_true(mock_fault(0, seL4_Fault_VMFault, 4, PC, MOCK_GICD, 0,
                           DABT | ISV | WNR | 0x0f)); // permission
    assert_injected(0x8200, same | 1u << 10 | WNR | 0x10);
    mock->vcpus[0].regs[REGS_PC] = PC;
    assert_true(mock_fault(0, seL4_Fault_VMFault, 4, PC, HOLE, 1, 0x20u << 26 | IL | TRANSLATION));
    assert_injected(0x8200, 0x21u << 26 | IL | 1u << 10 | 0x10);
    mock->vcpus[0].regs[REGS_PC] = PC; // 16-bit instruction of a 32-bit program
    mock->vcpus[0].regs[REGS_SPSR] = 0x30;
    assert_true(
        mock_fault(0, seL4_Fault_VMFault, 4, PC, MOCK_GICD, 0, 0x24u << 26 | ISV | TRANSLATION));
    assert_injected(0x8600, 0x24u << 26 | IL | 1u << 10 | 0x10);
    mock_free();
}

static void access_over_the_end_of_a_window_is_an_abort(void **state)
{
    (void)state;
    mock_start(1, 0);
    mock->vcpus[0].sysregs[seL4_VCPUReg_VBAR] = 0x8000;
    assert_true(data_abort(MOCK_GICD + 0xffc, ISV | SAS(3)));
    assert_int_equal(mock->vcpus[0].regs[REGS_PC], 0x8200);
    mock_free();
}

static void holes_are_logged_a_few_times_only(void **state)
{
    (void)state;
    mock_start(1, 0);
    for (int i = 0; i < 100; i++) {
        assert_true(data_abort(HOLE + 4096 * (uint64_t)i, ISV | SAS(2)));
    }
    assert_int_equal(mock->vm.logged_holes, 8);
    mock_free();
}

static void cache_maintenance_on_a_device_does_nothing(void **state)
{
    (void)state;
    mock_start(1, 0);
    assert_true(data_abort(HOLE, CM | WNR));
    assert_int_equal(mock->vcpus[0].regs[REGS_PC], PC + 4);
    mock_free();
}

static void guest_without_a_vector_is_stopped_alone(void **state)
{
    (void)state;
    mock_start(2, 0);
    mock->vcpus[0].regs[REGS_SPSR] = 0x3c5;
    mock->vcpus[0].sysregs[seL4_VCPUReg_VBAR] = HOLE;
    mock->vcpus[0].regs[REGS_PC] = HOLE + 0x200;
    assert_false(mock_fault(0, seL4_Fault_VMFault, 4, HOLE + 0x200, HOLE + 0x200, 1,
                            0x20u << 26 | TRANSLATION));
    assert_int_equal(mock->vm.state, VM_STOPPED);
    assert_int_equal(mock->vcpus[0].suspends, 1);
    assert_true(mock_logged("can't go on"));
    assert_true(mock_logged("x30"));
    // A late message of a stopped VCPU is not answered.
    assert_false(mock_fault(0, seL4_Fault_VCPUFault, 1, 0, 0, 0, 0));
    mock_free();
}

static void exception_is_one_reply_where_the_kernel_can(void **state)
{
    const struct mock_vcpu *vcpu;

    (void)state;
    mock_start(1, ROOKERY_EXTENSION_EXCEPTION_REPLY);
    vcpu = &mock->vcpus[0];
    assert_true(mock_fault(0, seL4_Fault_VMFault, 5, PC, HOLE, 0,
                           DABT | TRANSLATION | ISV | SAS(2) | WNR));
    assert_int_equal(mock->calls, 0);
    assert_int_equal(vcpu->exceptions, 1);
    assert_int_equal(vcpu->exception_flags, ROOKERY_EXCEPTION_FAR);
    assert_int_equal(vcpu->sysregs[seL4_VCPUReg_ESR], DABT | 1u << 10 | WNR | 0x10);
    assert_true(mock_fault(0, seL4_Fault_UserException, 5, PC, 0, 0, 0));
    assert_int_equal(vcpu->sysregs[seL4_VCPUReg_ESR], IL);
    assert_int_equal(vcpu->exception_flags, 0);
    assert_true(mock_fault(0, seL4_Fault_VCPUFault, 1, EC_SERROR << 26, 0, 0, 0));
    assert_int_equal(vcpu->exception_flags, ROOKERY_EXCEPTION_SERROR);
    assert_int_equal(vcpu->exceptions, 3);
    assert_int_equal(mock->calls, 0);
    mock_free();
}

static void guest_without_a_vector_is_found_by_many_exceptions(void **state)
{
    uint32_t faults = 0;

    (void)state;
    mock_start(1, ROOKERY_EXTENSION_EXCEPTION_REPLY | ROOKERY_EXTENSION_STEP_REPLY);
    mock->vcpus[0].regs[REGS_SPSR] = 0x3c5;
    mock->vcpus[0].sysregs[seL4_VCPUReg_VBAR] = HOLE;
    mock->vcpus[0].regs[REGS_PC] = HOLE + 0x200;
    // Exceptions with something else in between are a driver that looks for devices.
    for (uint32_t i = 0; i < 1000; i++) {
        assert_true(mock_fault(0, seL4_Fault_VMFault, 4, HOLE + 0x200, HOLE + 0x200, 1,
                               0x20u << 26 | TRANSLATION));
        assert_true(mock_fault(0, seL4_Fault_VMFault, 4, PC, MOCK_GICD, 0,
                               DABT | TRANSLATION | ISV | SAS(2)));
    }
    mock->vcpus[0].regs[REGS_PC] = HOLE + 0x200;
    while (mock_fault(0, seL4_Fault_VMFault, 4, HOLE + 0x200, HOLE + 0x200, 1,
                      0x20u << 26 | TRANSLATION)) {
        faults++;
        assert_true(faults < 1000);
    }
    assert_int_equal(mock->vm.state, VM_STOPPED);
    assert_true(mock_logged("can't go on"));
    mock_free();
}

static void refusing_kernel_stops_the_vm(void **state)
{
    (void)state;
    mock_start(1, 0);
    mock->refuse = true;
    assert_false(data_abort(MOCK_GICD, ISV | SAS(2)));
    assert_int_equal(mock->vm.state, VM_STOPPED);
    mock_free();
    mock_start(1, 0);
    mock->refuse_vcpu = true;
    assert_false(data_abort(HOLE, ISV | SAS(2)));
    assert_int_equal(mock->vm.state, VM_STOPPED);
    mock_free();
}

static void pan_and_ssbs_follow_the_control_register(void **state)
{
    (void)state;
    mock_start(1, 0);
    mock->vcpus[0].sysregs[seL4_VCPUReg_SCTLR] = UINT64_C(1) << 23 | UINT64_C(1) << 44;
    assert_true(data_abort(HOLE, ISV | SAS(2)));
    assert_int_equal(mock->vcpus[0].regs[REGS_SPSR], 0x3c5 | 1u << 12);
    mock->vcpus[0].sysregs[seL4_VCPUReg_SCTLR] = 0;
    assert_true(data_abort(HOLE, ISV | SAS(2)));
    assert_int_equal(mock->vcpus[0].regs[REGS_SPSR], 0x3c5 | 1u << 22);
    mock_free();
}

static uint32_t sysreg(uint32_t op0, uint32_t op1, uint32_t crn, uint32_t crm, uint32_t op2,
                       uint32_t rt, bool read)
{
    return 0x18u << 26 | IL | op0 << 20 | op2 << 17 | op1 << 14 | crn << 10 | rt << 5 | crm << 1
           | (read ? 1 : 0);
}

static void trapped_registers_answer_as_a_plain_cpu(void **state)
{
    static const struct {
        uint32_t op0, op1, crn, crm, op2;
        bool undefined;
        uint64_t value;
    } cases[] = {
        { 2, 0, 1, 1, 4, false, 8 }, // OSLSR_EL1
        { 2, 0, 0, 2, 2, false, 0 }, // MDSCR_EL1
        { 2, 0, 0, 5, 4, false, 0 }, // DBGBVR5_EL1
        { 2, 3, 0, 1, 0, false, 0 }, // MDCCSR_EL0
        { 2, 1, 0, 1, 6, true, 0 },  // trace
        { 3, 0, 0, 4, 0, false, 0 }, // ID_AA64PFR0_EL1
        { 3, 0, 1, 0, 1, false, 0 }, // ACTLR_EL1
        { 3, 3, 9, 12, 0, false, 0 }, // PMCR_EL0
        { 3, 3, 14, 15, 7, false, 0 }, // PMCCFILTR_EL0
        { 3, 3, 14, 8, 0, false, 0 }, // PMEVCNTR0_EL0
        { 3, 0, 10, 4, 0, false, 0 }, // LORSA_EL1
        { 3, 0, 5, 3, 0, false, 0 },  // ERRIDR_EL1
        { 3, 0, 5, 4, 3, false, 0 },  // ERXADDR_EL1
        { 3, 0, 5, 6, 0, true, 0 },
        { 3, 1, 15, 2, 0, false, 0 }, // implementation defined
        { 3, 0, 12, 12, 5, true, 0 }, // ICC_SRE_EL1: no GICv3
        { 3, 4, 1, 1, 0, true, 0 },   // HCR_EL2
        { 3, 3, 14, 0, 1, true, 0 },  // CNTPCT_EL0
    };

    (void)state;
    mock_start(1, 0);
    for (uint32_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        for (int read = 0; read < 2; read++) {
            mock->vcpus[0].regs[REGS_PC] = PC;
            mock->vcpus[0].sysregs[seL4_VCPUReg_VBAR] = 0x8000;
            mock->vcpus[0].regs[REGS_SPSR] = 0x3c5;
            *mock_x(0, 9) = 0x77;
            assert_true(mock_fault(0, seL4_Fault_VCPUFault, 1,
                                   sysreg(cases[i].op0, cases[i].op1, cases[i].crn, cases[i].crm,
                                          cases[i].op2, 9, read != 0),
                                   0, 0, 0));
            if (cases[i].undefined) {
                assert_injected(0x8200, IL);
            } else {
                assert_int_equal(mock->vcpus[0].regs[REGS_PC], PC + 4);
                assert_int_equal(*mock_x(0, 9), read != 0 ? cases[i].value : 0x77);
            }
        }
    }
    mock_free();
}

/// ICC_SGI1R_EL1, with the kernel's help and without; interrupts of the others arrive in their list
/// registers.
static void sgi_registers_of_a_gic_v3_send_sgis(void **state)
{
    const uint32_t write = sysreg(3, 0, 12, 11, 5, 7, false);

    (void)state;
    mock_gic_version = 3;
    for (int quick = 0; quick < 2; quick++) {
        mock_start(3, quick != 0 ? ROOKERY_EXTENSION_STEP_REPLY : 0);
        mock->vcpus[0].regs[REGS_PC] = PC;
        *mock_x(0, 7) = 9u << 24 | 6u; // SGI 9 to CPUs 1 and 2
        assert_true(mock_fault(0, seL4_Fault_VCPUFault, quick != 0 ? 2 : 1, write, *mock_x(0, 7), 0,
                               0));
        assert_int_equal(mock->vcpus[0].regs[REGS_PC], PC + 4);
        assert_false(mock->vcpus[0].lrs[0].used);
        for (uint32_t i = 1; i < 3; i++) {
            assert_true(mock->vcpus[i].lrs[0].used);
            assert_int_equal(mock->vcpus[i].lrs[0].irq, 9);
        }
        if (quick != 0) {
            assert_int_equal(mock->words_moved, 0);
        }
        // From the zero register: SGI 0 to nobody.
        mock->vcpus[0].regs[REGS_PC] = PC;
        assert_true(mock_fault(0, seL4_Fault_VCPUFault, quick != 0 ? 2 : 1,
                               sysreg(3, 0, 12, 11, 5, 31, false), 0, 0, 0));
        assert_int_equal(mock->vcpus[0].regs[REGS_PC], PC + 4);
        assert_false(mock->vcpus[1].lrs[1].used);
        mock_free();
    }
    mock_gic_version = 2;
}

static void other_registers_of_a_gic_v3_interface(void **state)
{
    (void)state;
    mock_gic_version = 3;
    mock_start(1, 0);
    mock->vcpus[0].sysregs[seL4_VCPUReg_VBAR] = 0x8000;
    mock->vcpus[0].regs[REGS_PC] = PC;
    assert_true(mock_fault(0, seL4_Fault_VCPUFault, 1, sysreg(3, 0, 12, 12, 5, 9, true), 0, 0, 0));
    assert_int_equal(*mock_x(0, 9), 7); // ICC_SRE_EL1
    assert_int_equal(mock->vcpus[0].regs[REGS_PC], PC + 4);
    assert_true(mock_fault(0, seL4_Fault_VCPUFault, 1, sysreg(3, 0, 12, 12, 5, 9, false), 0, 0, 0));
    assert_int_equal(mock->vcpus[0].regs[REGS_PC], PC + 8);
    // What the hardware has is not the VMM's; a read of an SGI register does not exist.
    mock->vcpus[0].regs[REGS_PC] = PC;
    assert_true(mock_fault(0, seL4_Fault_VCPUFault, 1, sysreg(3, 0, 12, 11, 5, 9, true), 0, 0, 0));
    assert_injected(0x8200, IL);
    mock_free();
    mock_gic_version = 2;
}

static void a_gic_v3_needs_room_for_its_redistributors(void **state)
{
    (void)state;
    mock_gic_version = 3;
    mock_init(2, 0);
    mock->config.gic.redist_size = 0x3ffff;
    assert_false(vm_init(&mock->vm, &mock->config));
    assert_true(mock_logged("redistributors"));
    mock_free();
    mock_init(2, 0);
    mock->config.gic.redist_ipa = MOCK_GICD + 0x1000;
    assert_false(vm_init(&mock->vm, &mock->config));
    mock_free();
    mock_gic_version = 4;
    mock_init(1, 0);
    assert_false(vm_init(&mock->vm, &mock->config));
    assert_true(mock_logged("no virtual GIC of version 4"));
    mock_free();
    mock_gic_version = 2;
}

static void unknown_traps_are_undefined_instructions(void **state)
{
    (void)state;
    mock_start(1, 0);
    mock->vcpus[0].sysregs[seL4_VCPUReg_VBAR] = 0x8000;
    for (uint32_t class = 0; class < 64; class++) {
        if (class == EC_WFX || class == EC_HVC64 || class == EC_SMC64 || class == EC_SYSREG
            || class == EC_ILLEGAL_STATE || class == EC_SERROR) {
            continue;
        }
        mock->vcpus[0].regs[REGS_PC] = PC;
        mock->vcpus[0].regs[REGS_SPSR] = 0x3c5;
        assert_true(mock_fault(0, seL4_Fault_VCPUFault, 1, class << 26 | 0x1ffffff, 0, 0, 0));
        assert_injected(0x8200, IL);
    }
    mock->vcpus[0].regs[REGS_PC] = PC;
    assert_true(mock_fault(0, seL4_Fault_UserException, 5, PC, 0, 0, 0));
    assert_injected(0x8200, IL);
    mock->vcpus[0].regs[REGS_PC] = PC;
    assert_true(mock_fault(0, seL4_Fault_VCPUFault, 1, EC_SERROR << 26, 0, 0, 0));
    assert_int_equal(mock->vcpus[0].regs[REGS_PC], 0x8380);
    // A guest's device may cause as many as it likes: one line.
    size_t logged = strlen(mock->log);
    mock->vcpus[0].regs[REGS_PC] = PC;
    assert_true(mock_fault(0, seL4_Fault_VCPUFault, 1, EC_SERROR << 26, 0, 0, 0));
    assert_int_equal(strlen(mock->log), logged);
    mock_free();
}

static bool wfi(bool wfe)
{
    mock->vcpus[0].regs[REGS_PC] = PC;
    return mock_fault(0, seL4_Fault_VCPUFault, 1, EC_WFX << 26 | IL | (wfe ? 1 : 0), 0, 0, 0);
}

static void wfi_waits_for_an_interrupt(void **state)
{
    (void)state;
    mock_start(1, 0);
    uint64_t reply = mock->vm.reply;
    assert_false(wfi(false));
    assert_int_equal(mock->vm.vcpus[0].state, VCPU_WAITING);
    assert_int_not_equal(mock->vm.reply, reply);
    mock_signal(1);
    assert_int_equal(mock->vm.vcpus[0].state, VCPU_RUNNING);
    assert_int_equal(mock->replies[reply - MOCK_REPLY], 1);
    assert_int_equal(mock->vcpus[0].regs[REGS_PC], PC + 4);
    assert_int_equal(mock->vcpus[0].lrs[0].irq, 33);
    // Something is in a list register now: no wait.
    assert_true(wfi(false));
    assert_int_equal(mock->vcpus[0].regs[REGS_PC], PC + 4);
    mock_free();
}

static void wfi_with_an_armed_timer_and_wfe_go_on(void **state)
{
    (void)state;
    mock_start(1, 0);
    assert_true(wfi(true));
    assert_int_equal(mock->vcpus[0].regs[REGS_PC], PC + 4);
    mock->vcpus[0].sysregs[seL4_VCPUReg_CNTV_CTL] = 1;
    assert_true(wfi(false));
    mock->vcpus[0].sysregs[seL4_VCPUReg_CNTV_CTL] = 3; // masked
    assert_false(wfi(false));
    mock_free();
}

static void timer_interrupt_is_injected_and_acknowledged_at_its_end(void **state)
{
    (void)state;
    mock_start(1, 0);
    assert_true(mock_fault(0, seL4_Fault_VPPIEvent, 1, 27, 0, 0, 0));
    assert_int_equal(mock->vcpus[0].lrs[0].irq, 27);
    assert_int_equal(mock->vcpus[0].acked_vppis, 0);
    assert_int_equal(mock->calls, 1);
    assert_true(mock_fault(0, seL4_Fault_VGICMaintenance, 1, 0, 0, 0, 0));
    assert_int_equal(mock->vcpus[0].acked_vppis, 1);
    assert_true(mock_fault(0, seL4_Fault_VGICMaintenance, 1, UINT64_MAX, 0, 0, 0));
    mock_free();
}

static void physical_interrupt_is_acknowledged_at_its_end(void **state)
{
    (void)state;
    mock_start(1, 0);
    mock_signal(3);
    assert_int_equal(mock->vcpus[0].lrs[0].irq, 33);
    assert_int_equal(mock->vcpus[0].lrs[1].irq, 34);
    assert_int_equal(mock->irq_acks[0] + mock->irq_acks[1], 0);
    assert_true(mock_fault(0, seL4_Fault_VGICMaintenance, 1, 1, 0, 0, 0));
    assert_int_equal(mock->irq_acks[0], 0);
    assert_int_equal(mock->irq_acks[1], 1);
    mock_free();
}

static uint64_t async_badges;

static void record_async(struct vm *vm, uint64_t badge, void *cookie)
{
    (void)vm;
    (void)badge;
    async_badges |= (uint64_t)(uintptr_t)cookie;
}

static void events_reach_the_handlers_whose_badge_is_complete(void **state)
{
    (void)state;
    mock_start(1, 0);
    async_badges = 0;
    assert_true(vm_register_async(&mock->vm, 0x10, record_async, (void *)1));
    assert_true(vm_register_async(&mock->vm, 0x30, record_async, (void *)2));
    assert_true(vm_register_async(&mock->vm, 0x20, record_async, (void *)4));
    assert_false(vm_register_async(&mock->vm, 0, record_async, NULL));
    mock_signal(0x10);
    assert_int_equal(async_badges, 1);
    mock_signal(0x31);
    assert_int_equal(async_badges, 7);
    assert_int_equal(mock->vcpus[0].lrs[0].irq, 33);
    mock_signal(0x40);
    mock_signal(0x40);
    assert_true(mock_logged("Unknown badge 0x40\n"));
    while (vm_register_async(&mock->vm, 0x80, record_async, NULL)) {
    }
    assert_int_equal(mock->vm.async_count, VM_MAX_ASYNC);
    mock_free();
}

static void cap_fault_of_a_hypercall_is_not_supported(void **state)
{
    (void)state;
    mock_start(1, 0);
    *mock_x(0, 0) = 5;
    assert_true(mock_fault(0, seL4_Fault_CapFault, 4, PC, 5, 0, 2));
    assert_int_equal(*mock_x(0, 0), UINT64_MAX);
    assert_int_equal(mock->vcpus[0].regs[REGS_PC], PC + 4);
    mock_free();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_register_can_be_loaded_and_stored),
        cmocka_unit_test(register_31_is_zero),
        cmocka_unit_test(loads_are_extended_as_the_instruction_says),
        cmocka_unit_test(access_takes_few_kernel_calls),
        cmocka_unit_test(access_to_nothing_is_an_external_abort),
        cmocka_unit_test(undecoded_and_odd_faults_become_aborts),
        cmocka_unit_test(access_over_the_end_of_a_window_is_an_abort),
        cmocka_unit_test(holes_are_logged_a_few_times_only),
        cmocka_unit_test(cache_maintenance_on_a_device_does_nothing),
        cmocka_unit_test(guest_without_a_vector_is_stopped_alone),
        cmocka_unit_test(exception_is_one_reply_where_the_kernel_can),
        cmocka_unit_test(guest_without_a_vector_is_found_by_many_exceptions),
        cmocka_unit_test(refusing_kernel_stops_the_vm),
        cmocka_unit_test(pan_and_ssbs_follow_the_control_register),
        cmocka_unit_test(trapped_registers_answer_as_a_plain_cpu),
        cmocka_unit_test(sgi_registers_of_a_gic_v3_send_sgis),
        cmocka_unit_test(other_registers_of_a_gic_v3_interface),
        cmocka_unit_test(a_gic_v3_needs_room_for_its_redistributors),
        cmocka_unit_test(unknown_traps_are_undefined_instructions),
        cmocka_unit_test(wfi_waits_for_an_interrupt),
        cmocka_unit_test(wfi_with_an_armed_timer_and_wfe_go_on),
        cmocka_unit_test(timer_interrupt_is_injected_and_acknowledged_at_its_end),
        cmocka_unit_test(physical_interrupt_is_acknowledged_at_its_end),
        cmocka_unit_test(events_reach_the_handlers_whose_badge_is_complete),
        cmocka_unit_test(cap_fault_of_a_hypercall_is_not_supported),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
