// SPDX-License-Identifier: BSD-2-Clause
// Unit tests of PSCI and the SMC Calling Convention, over both conduits.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <abi/extensions.h>

#include "../../../vmm/arch/arm/guest_regs.h"
#include "mock.h"

#define PC (MOCK_RAM_BASE + 0x100)
#define ENTRY (MOCK_RAM_BASE + 0x1000)
#define NOT_SUPPORTED ((uint64_t)-1)
#define INVALID_PARAMETERS ((uint64_t)-2)
#define ALREADY_ON ((uint64_t)-4)
#define INVALID_ADDRESS ((uint64_t)-9)

#define VERSION 0x84000000u
#define CPU_SUSPEND64 0xc4000001u
#define CPU_OFF 0x84000002u
#define CPU_ON64 0xc4000003u
#define CPU_ON32 0x84000003u
#define AFFINITY_INFO 0xc4000004u
#define MIGRATE_INFO_TYPE 0x84000006u
#define SYSTEM_OFF 0x84000008u
#define SYSTEM_RESET 0x84000009u
#define FEATURES 0x8400000au

static bool call(uint32_t index, bool smc, uint64_t function, uint64_t a, uint64_t b, uint64_t c)
{
    struct mock_vcpu *vcpu = &mock->vcpus[index];

    vcpu->regs[REGS_PC] = PC;
    for (uint32_t i = 0; i < 8; i++) {
        vcpu->regs[REGS_X0 + i] = 0x700 + i;
    }
    vcpu->regs[REGS_X0] = function;
    vcpu->regs[REGS_X0 + 1] = a;
    vcpu->regs[REGS_X0 + 2] = b;
    vcpu->regs[REGS_X0 + 3] = c;
    return smc ? mock_smc(index) : mock_hvc(index);
}

/// A call that returns, over both conduits.
static uint64_t result(uint64_t function, uint64_t a, uint64_t b, uint64_t c)
{
    uint64_t results[2];

    for (int smc = 0; smc < 2; smc++) {
        assert_true(call(0, smc != 0, function, a, b, c));
        assert_int_equal(mock->vcpus[0].regs[REGS_PC], PC + 4);
        assert_int_equal(*mock_x(0, 1), a);
        assert_int_equal(*mock_x(0, 7), 0x707);
        results[smc] = *mock_x(0, 0);
    }
    assert_int_equal(results[0], results[1]);
    return results[0];
}

static void versions_and_features(void **state)
{
    static const uint32_t known[] = { VERSION,      CPU_SUSPEND64, CPU_OFF,           CPU_ON64,
                                      CPU_ON32,     AFFINITY_INFO, MIGRATE_INFO_TYPE, SYSTEM_OFF,
                                      SYSTEM_RESET, FEATURES,      0x80000000u };

    (void)state;
    static const uint64_t extensions[] = {
        0,
        ROOKERY_EXTENSION_STEP_REPLY,
        ROOKERY_EXTENSION_RESULTS_REPLY,
        ROOKERY_EXTENSION_RESULTS_REPLY | ROOKERY_EXTENSION_WFI_IN_KERNEL,
    };
    for (unsigned k = 0; k < sizeof(extensions) / sizeof(extensions[0]); k++) {
        mock_start(1, extensions[k]);
        assert_int_equal(result(VERSION, 0, 0, 0), 0x10000);
        assert_int_equal(result(MIGRATE_INFO_TYPE, 0, 0, 0), 2);
        assert_int_equal(result(0x80000000, 0, 0, 0), 0x10001);
        assert_int_equal(result(0x80000001, 0x80000000, 0, 0), 0);
        assert_int_equal(result(0x80000001, 0x80008000, 0, 0), NOT_SUPPORTED);
        for (uint32_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
            assert_int_equal(result(FEATURES, known[i], 0, 0), 0);
        }
        assert_int_equal(result(FEATURES, 0x84000005, 0, 0), NOT_SUPPORTED);
        assert_int_equal(result(FEATURES, 0x8400000b, 0, 0), NOT_SUPPORTED);
        mock_free();
    }
}

static void unknown_functions_are_not_supported(void **state)
{
    static const uint64_t functions[] = { 0,          1,          0x84000005, 0xc4000002,
                                          0xc4000008, 0x8400000b, 0x84000050, 0x82000000,
                                          0xffffffff, 0xc6000000 };

    (void)state;
    mock_start(1, 0);
    for (uint32_t i = 0; i < sizeof(functions) / sizeof(functions[0]); i++) {
        assert_int_equal(result(functions[i], 1, 2, 3), NOT_SUPPORTED);
    }
    // The number is in w0.
    assert_int_equal(result(0xffffffff00000000 | VERSION, 0, 0, 0), 0x10000);
    mock_free();
}

static void hypercall_costs_no_register_calls(void **state)
{
    (void)state;
    mock_start(1, 0);
    assert_true(call(0, false, VERSION, 0, 0, 0));
    assert_int_equal(mock->calls, 0);
    mock_free();
    mock_start(2, ROOKERY_EXTENSION_RESULTS_REPLY | ROOKERY_EXTENSION_WFI_IN_KERNEL);
    for (int smc = 0; smc < 2; smc++) {
        assert_true(call(0, smc != 0, VERSION, 0, 0, 0));
        assert_int_equal(mock->calls, 0);
    }
    assert_true(call(0, true, CPU_ON64, 1, ENTRY, 0xabcdef0123)); // all four arguments arrive
    assert_int_equal(mock->vcpus[1].regs[REGS_X0], 0xabcdef0123);
    mock_free();
}

static void cpu_on_starts_a_cpu_in_its_reset_state(void **state)
{
    (void)state;
    mock_start(2, 0);
    mock->vcpus[1].sysregs[seL4_VCPUReg_VBAR] = 0x1234;
    mock->vcpus[1].regs[10] = 5;
    assert_true(call(0, false, CPU_ON64, 1, ENTRY, 0xabcdef0123));
    assert_int_equal(*mock_x(0, 0), 0);
    assert_int_equal(mock->vm.vcpus[1].state, VCPU_RUNNING);
    assert_true(mock->vcpus[1].running);
    assert_int_equal(mock->vcpus[1].regs[REGS_PC], ENTRY);
    assert_int_equal(mock->vcpus[1].regs[REGS_X0], 0xabcdef0123);
    assert_int_equal(mock->vcpus[1].regs[REGS_SPSR], 0x3c5);
    assert_int_equal(mock->vcpus[1].regs[10], 0);
    assert_int_equal(mock->vcpus[1].sysregs[seL4_VCPUReg_VBAR], 0);
    assert_int_equal(mock->vcpus[1].sysregs[seL4_VCPUReg_VMPIDR_EL2], 0x80000001);
    assert_int_equal(result(CPU_ON64, 1, ENTRY, 0), ALREADY_ON);
    assert_int_equal(result(CPU_ON64, 0, ENTRY, 0), ALREADY_ON);
    mock_free();
}

static void cpu_on_checks_its_arguments(void **state)
{
    (void)state;
    mock_start(2, 0);
    assert_int_equal(result(CPU_ON64, 2, ENTRY, 0), INVALID_PARAMETERS);
    assert_int_equal(result(CPU_ON64, UINT64_C(1) << 63, ENTRY, 0), INVALID_PARAMETERS);
    assert_int_equal(result(CPU_ON64, 0x80000001, ENTRY, 0), INVALID_PARAMETERS);
    assert_int_equal(result(CPU_ON64, 1, ENTRY + 2, 0), INVALID_ADDRESS);
    assert_int_equal(result(CPU_ON64, 1, MOCK_RAM_BASE - 4, 0), INVALID_ADDRESS);
    assert_int_equal(result(CPU_ON64, 1, MOCK_RAM_BASE + MOCK_RAM_SIZE, 0), INVALID_ADDRESS);
    assert_int_equal(result(CPU_ON64, 1, UINT64_MAX - 3, 0), INVALID_ADDRESS);
    assert_int_equal(mock->vm.vcpus[1].state, VCPU_OFF);
    // A 32-bit call looks at the low halves.
    assert_true(call(0, true, CPU_ON32, UINT64_C(0xff00000001), 0xff00000000 | ENTRY, UINT64_MAX));
    assert_int_equal(*mock_x(0, 0), 0);
    assert_int_equal(mock->vcpus[1].regs[REGS_PC], ENTRY);
    assert_int_equal(mock->vcpus[1].regs[REGS_X0], UINT32_MAX);
    mock_free();
}

static void cpu_off_and_on_again(void **state)
{
    (void)state;
    mock_start(2, ROOKERY_EXTENSION_VCPU_RESET);
    assert_int_equal(result(AFFINITY_INFO, 1, 0, 0), 1);
    assert_true(call(0, false, CPU_ON64, 1, ENTRY, 0));
    assert_int_equal(result(AFFINITY_INFO, 1, 0, 0), 0);
    assert_false(call(1, false, CPU_OFF, 0, 0, 0));
    assert_int_equal(mock->vm.vcpus[1].state, VCPU_OFF);
    assert_int_equal(mock->vcpus[1].suspends, 1);
    assert_int_equal(result(AFFINITY_INFO, 1, 0, 0), 1);
    assert_int_equal(result(AFFINITY_INFO, 0, 1, 0), 0);
    assert_int_equal(result(AFFINITY_INFO, 0x100, 0, 0), INVALID_PARAMETERS);
    assert_int_equal(result(AFFINITY_INFO, 0, 4, 0), INVALID_PARAMETERS);
    assert_true(call(0, false, CPU_ON64, 1, ENTRY, 0));
    assert_int_equal(*mock_x(0, 0), 0);
    assert_int_equal(mock->vcpus[1].resumes, 2);
    mock_free();
}

static void set_target(uint32_t irq, uint8_t targets)
{
    struct access access = { .size = 1, .is_store = true, .value = targets };

    mock->vm.arch.gic.current = 0;
    assert_int_equal(bus_access(&mock->vm.bus, MOCK_GICD + 0x800 + irq, &access), ACCESS_OK);
}

static bool has_lr(uint32_t index, uint32_t irq)
{
    for (uint32_t i = 0; i < 4; i++) {
        if (mock->vcpus[index].lrs[i].used && mock->vcpus[index].lrs[i].irq == irq) {
            return true;
        }
    }
    return false;
}

/// A CPU goes off with interrupts on their way to it: they go to their new target, at once or when it
/// has one.
static void cpu_off_loses_no_interrupt(void **state)
{
    (void)state;
    mock_start(2, ROOKERY_EXTENSION_VCPU_RESET);
    assert_true(call(0, false, CPU_ON64, 1, ENTRY, 0));
    set_target(33, 2);
    set_target(34, 2);
    mock_signal(1);
    mock_signal(2);
    assert_true(has_lr(1, 33) && has_lr(1, 34));
    set_target(33, 1);
    assert_false(has_lr(0, 33));
    assert_false(call(1, false, CPU_OFF, 0, 0, 0));
    assert_true(has_lr(0, 33));
    assert_false(has_lr(0, 34) || has_lr(1, 33) || has_lr(1, 34));
    set_target(34, 1);
    assert_true(has_lr(0, 34));
    // Sent to a CPU that is off: delivered when it is on.
    set_target(33, 2);
    mock_signal(1);
    assert_false(has_lr(1, 33));
    vgic_end(&mock->vm.arch.gic, 0, 0);
    vgic_end(&mock->vm.arch.gic, 0, 1);
    assert_false(has_lr(1, 33));
    assert_true(call(0, false, CPU_ON64, 1, ENTRY, 0));
    assert_true(has_lr(1, 33));
    assert_int_equal(mock->irq_acks[1], 1);
    mock_free();
}

static void cpu_suspend_is_a_wait(void **state)
{
    (void)state;
    for (int smc = 0; smc < 2; smc++) {
        mock_start(1, 0);
        assert_false(call(0, smc != 0, CPU_SUSPEND64, 0, ENTRY, 0));
        assert_int_equal(mock->vm.vcpus[0].state, VCPU_WAITING);
        assert_int_equal(mock->vcpus[0].regs[REGS_PC], PC + 4);
        assert_int_equal(*mock_x(0, 0), 0);
        mock_signal(1);
        assert_int_equal(mock->vm.vcpus[0].state, VCPU_RUNNING);
        assert_int_equal(result(CPU_SUSPEND64, 0, ENTRY, 0), 0); // an interrupt is there
        mock_free();
    }
    mock_start(1, ROOKERY_EXTENSION_WFI_IN_KERNEL);
    assert_int_equal(result(CPU_SUSPEND64, 0, ENTRY, 0), 0);
    mock_free();
}

static void system_off_stops_the_vm_with_one_line(void **state)
{
    (void)state;
    mock_start(2, 0);
    assert_true(call(0, false, CPU_ON64, 1, ENTRY, 0));
    assert_false(call(0, false, SYSTEM_OFF, 0, 0, 0));
    assert_int_equal(mock->vm.state, VM_STOPPED);
    assert_false(mock->vcpus[0].running);
    assert_false(mock->vcpus[1].running);
    assert_true(mock_logged("vm0: the guest powered off\n"));
    mock_signal(1); // events go on
    assert_false(call(1, false, VERSION, 0, 0, 0));
    mock_free();
}

static void stopping_takes_back_the_reply_of_a_waiting_cpu(void **state)
{
    (void)state;
    mock_start(2, 0);
    assert_true(call(0, false, CPU_ON64, 1, ENTRY, 0));
    for (int i = 0; i < 5; i++) {
        assert_false(call(0, false, CPU_SUSPEND64, 0, 0, 0));
        assert_false(call(1, false, CPU_SUSPEND64, 0, 0, 0));
        assert_int_equal(mock->vm.free_reply_count, 0);
        vm_stop(&mock->vm);
        assert_int_equal(mock->vm.free_reply_count, 2);
        mock->vm.state = VM_RUNNING;
        assert_true(vcpu_start(&mock->vm.vcpus[0], ENTRY, 0));
        assert_true(vcpu_start(&mock->vm.vcpus[1], ENTRY, 0));
    }
    assert_int_equal(mock->replies[0] + mock->replies[1] + mock->replies[2], 0);
    mock_free();
}

static void system_reset_without_images_stops_with_a_reason(void **state)
{
    (void)state;
    mock_start(1, 0);
    assert_false(call(0, false, SYSTEM_RESET, 0, 0, 0));
    assert_int_equal(mock->vm.state, VM_STOPPED);
    assert_true(mock_logged("no file 'linux'"));
    mock_free();
}

static void listed_secure_calls_are_forwarded(void **state)
{
    (void)state;
    mock_start(1, 0);
    assert_true(call(0, true, 0xc2000001, 7, 8, 9));
    assert_int_equal(mock->smc_calls, 1);
    assert_int_equal(*mock_x(0, 0), 0xc2000002);
    assert_int_equal(*mock_x(0, 7), 0x708);
    assert_int_equal(mock->vcpus[0].regs[REGS_PC], PC + 4);
    assert_true(call(0, false, 0xc2000001, 7, 8, 9)); // by HVC it is not a secure call
    assert_int_equal(mock->smc_calls, 1);
    assert_int_equal(*mock_x(0, 0), NOT_SUPPORTED);
    mock_free();
    mock_start(1, ROOKERY_EXTENSION_RESULTS_REPLY | ROOKERY_EXTENSION_WFI_IN_KERNEL);
    assert_true(call(0, true, 0xc2000001, 7, 8, 9));
    assert_int_equal(mock->smc_calls, 1);
    assert_int_equal(*mock_x(0, 7), 0x708);
    // The function is in W0: the rest of X0 does not reach the firmware.
    assert_true(call(0, true, UINT64_C(0xdeadc2000001), 7, 8, 9));
    assert_int_equal(mock->smc_calls, 2);
    assert_int_equal(*mock_x(0, 0), 0xc2000002);
    mock_free();
}

static void hypercall_reported_as_a_trap_is_not_skipped_twice(void **state)
{
    (void)state;
    mock_start(1, 0);
    mock->vcpus[0].regs[REGS_PC] = PC + 4;
    mock->vcpus[0].regs[REGS_X0] = VERSION;
    assert_true(mock_fault(0, seL4_Fault_VCPUFault, 1, 0x16u << 26, 0, 0, 0));
    assert_int_equal(mock->vcpus[0].regs[REGS_PC], PC + 4);
    assert_int_equal(*mock_x(0, 0), 0x10000);
    mock_free();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(versions_and_features),
        cmocka_unit_test(unknown_functions_are_not_supported),
        cmocka_unit_test(hypercall_costs_no_register_calls),
        cmocka_unit_test(cpu_on_starts_a_cpu_in_its_reset_state),
        cmocka_unit_test(cpu_on_checks_its_arguments),
        cmocka_unit_test(cpu_off_and_on_again),
        cmocka_unit_test(cpu_off_loses_no_interrupt),
        cmocka_unit_test(cpu_suspend_is_a_wait),
        cmocka_unit_test(system_off_stops_the_vm_with_one_line),
        cmocka_unit_test(stopping_takes_back_the_reply_of_a_waiting_cpu),
        cmocka_unit_test(system_reset_without_images_stops_with_a_reason),
        cmocka_unit_test(listed_secure_calls_are_forwarded),
        cmocka_unit_test(hypercall_reported_as_a_trap_is_not_skipped_twice),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
