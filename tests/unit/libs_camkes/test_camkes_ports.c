// SPDX-License-Identifier: BSD-2-Clause
// I/O ports: the messages that their accesses are, and what stays inside the range.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <sel4/sel4.h>

#include <camkes/ports.h>
#include <camkes/runtime.h>

SEL4_DEFINE_IPC_BUFFER;

static struct {
    unsigned calls;
    seL4_Word cap;
    seL4_Word label;
    seL4_Word length;
    seL4_Word port;
    seL4_Word value;
    seL4_Word refuse; ///< label of the answer
    unsigned errors;
} kernel;

void sel4_syscall(int number, struct sel4_syscall_regs *regs)
{
    seL4_MessageInfo_t info = { { regs->info } };

    (void)number;
    kernel.calls++;
    kernel.cap = regs->cap;
    kernel.label = seL4_MessageInfo_get_label(info);
    kernel.length = seL4_MessageInfo_get_length(info);
    kernel.port = regs->mr0;
    kernel.value = regs->mr1;
    regs->info = seL4_MessageInfo_new(kernel.refuse, 0, 0, 1).words[0];
    regs->mr0 = 0x12345678;
}

const char *get_instance_name(void)
{
    return "test";
}

camkes_error_action_t camkes_report_error(camkes_error_handler_t handler, camkes_error_t *error)
{
    assert_null(handler);
    assert_int_equal(error->type, CE_SYSCALL_FAILED);
    assert_string_equal(error->interface, "com");
    kernel.errors++;
    return CEA_DISCARD;
}

static const struct camkes_ports com = {
    .interface = "com", .cap = 9, .first = 0x3f8, .last = 0x3ff,
};
const struct camkes_port_table camkes_port_table = { .ranges = &com, .count = 1 };

static int setup(void **state)
{
    static seL4_IPCBuffer buffer;

    (void)state;
    seL4_SetIPCBuffer(&buffer);
    memset(&kernel, 0, sizeof(kernel));
    return 0;
}

static void accesses_are_invocations_of_the_cap(void **state)
{
    (void)state;
    assert_int_equal(camkes_port_read(&com, 0x3f8, 8), 0x78);
    assert_int_equal(kernel.cap, 9);
    assert_int_equal(kernel.label, 55);
    assert_int_equal(kernel.length, 1);
    assert_int_equal(kernel.port, 0x3f8);
    assert_int_equal(camkes_port_read(&com, 0x3fa, 16), 0x5678);
    assert_int_equal(kernel.label, 56);
    assert_int_equal(camkes_port_read(&com, 0x3fc, 32), 0x12345678);
    assert_int_equal(kernel.label, 57);
    camkes_port_write(&com, 0x3ff, 8, 0xab);
    assert_int_equal(kernel.label, 58);
    assert_int_equal(kernel.length, 2);
    assert_int_equal(kernel.port, 0x3ff);
    assert_int_equal(kernel.value, 0xab);
    camkes_port_write(&com, 0x3fe, 16, 1);
    assert_int_equal(kernel.label, 59);
    camkes_port_write(&com, 0x3fc, 32, 1);
    assert_int_equal(kernel.label, 60);
    assert_int_equal(kernel.errors, 0);
}

static void nothing_leaves_the_range(void **state)
{
    (void)state;
    assert_int_equal(camkes_port_read(&com, 0x3f7, 8), UINT32_MAX);
    assert_int_equal(camkes_port_read(&com, 0x400, 8), UINT32_MAX);
    assert_int_equal(camkes_port_read(&com, 0x3ff, 16), UINT32_MAX);
    assert_int_equal(camkes_port_read(&com, 0x3fd, 32), UINT32_MAX);
    assert_int_equal(camkes_port_read(&com, 0x103f8, 8), UINT32_MAX);
    camkes_port_write(&com, 0x3fd, 32, 1);
    assert_int_equal(kernel.calls, 0);
    assert_int_equal(kernel.errors, 6);
}

static void a_refusal_is_reported(void **state)
{
    (void)state;
    kernel.refuse = seL4_InvalidCapability;
    assert_int_equal(camkes_port_read(&com, 0x3f8, 8), UINT32_MAX);
    camkes_port_write(&com, 0x3f8, 8, 1);
    assert_int_equal(kernel.errors, 2);
}

static void ranges_are_found_by_port(void **state)
{
    (void)state;
    assert_ptr_equal(camkes_ports_find(0x3f8), &com);
    assert_ptr_equal(camkes_ports_find(0x3ff), &com);
    assert_null(camkes_ports_find(0x3f7));
    assert_null(camkes_ports_find(0x400));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(accesses_are_invocations_of_the_cap, setup),
        cmocka_unit_test_setup(nothing_leaves_the_range, setup),
        cmocka_unit_test_setup(a_refusal_is_reported, setup),
        cmocka_unit_test_setup(ranges_are_found_by_port, setup),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
