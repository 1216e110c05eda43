// SPDX-License-Identifier: BSD-2-Clause
// Unit tests of kernel_sel4.c: the message of every call, with the test in the kernel's place.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <abi/extensions.h>

#include <sel4/sel4.h>
#include <vmm/kernel.h>

SEL4_DEFINE_IPC_BUFFER;

static seL4_IPCBuffer buffer;
static struct {
    int number;
    struct sel4_syscall_regs regs; ///< as they came
    seL4_IPCBuffer sent;           ///< IPC buffer at the call
    unsigned calls;
    struct sel4_syscall_regs answer;
    seL4_Word error_once; ///< error of the next call only
} kernel;

void sel4_syscall(int number, struct sel4_syscall_regs *regs)
{
    kernel.number = number;
    kernel.regs = *regs;
    kernel.sent = buffer;
    kernel.calls++;
    *regs = kernel.answer;
    if (kernel.error_once != 0) {
        regs->info = kernel.error_once << 12;
        kernel.error_once = 0;
    }
}

static int set_up(void **state)
{
    (void)state;
    memset(&kernel, 0, sizeof(kernel));
    memset(&buffer, 0, sizeof(buffer));
    seL4_SetIPCBuffer(&buffer);
    return 0;
}

static void assert_call(uint64_t cap, uint64_t label, uint32_t length)
{
    assert_int_equal(kernel.number, seL4_SysCall);
    assert_int_equal(kernel.regs.cap, cap);
    assert_int_equal(kernel.regs.info, (label << 12) | length);
}

static void receive_gives_the_message(void **state)
{
    struct kernel_message message;

    (void)state;
    kernel.answer = (struct sel4_syscall_regs){
        .cap = 0x8001, .info = 6 << 12 | 5, .mr0 = 1, .mr1 = 2, .mr2 = 3, .mr3 = 4
    };
    buffer.msg[4] = 55;
    kernel_receive(20, 21, &message);
    assert_int_equal(kernel.number, seL4_SysRecv);
    assert_int_equal(kernel.regs.cap, 20);
    assert_int_equal(kernel.regs.reply, 21);
    assert_int_equal(message.badge, 0x8001);
    assert_int_equal(message.label, 6);
    assert_int_equal(message.length, 5);
    assert_int_equal(message.word[0] + 10 * message.word[3], 41);
    assert_int_equal(kernel_message_word(4), 55);
}

static void answers_carry_their_words(void **state)
{
    struct kernel_message message;
    struct kernel_answer answer = { .label = 0x526b,
                                    .length = 9,
                                    .word = { 1, 2, 3, 4, 5, 6, 7, 8, 9 } };

    (void)state;
    kernel_reply_receive(20, 21, &answer, &message);
    assert_int_equal(kernel.number, seL4_SysReplyRecv);
    assert_int_equal(kernel.regs.info, UINT64_C(0x526b) << 12 | 9);
    assert_int_equal(kernel.regs.reply, 21);
    assert_int_equal(kernel.regs.mr0, 1);
    assert_int_equal(kernel.regs.mr3, 4);
    assert_int_equal(kernel.sent.msg[4], 5);
    assert_int_equal(kernel.sent.msg[8], 9);
    answer.length = 0;
    kernel_reply(22, &answer);
    assert_int_equal(kernel.number, seL4_SysSend);
    assert_int_equal(kernel.regs.cap, 22);
    assert_int_equal(kernel.regs.info, UINT64_C(0x526b) << 12);
}

static void registers_move_only_as_far_as_asked(void **state)
{
    uint64_t words[KERNEL_REGS_WORDS] = { 0 };

    (void)state;
    kernel.answer = (struct sel4_syscall_regs){ .mr0 = 10, .mr1 = 11, .mr2 = 12, .mr3 = 13 };
    for (uint32_t i = 4; i < 36; i++) {
        buffer.msg[i] = 10 + i;
    }
    assert_true(kernel_regs_read(7, words, 6));
    assert_call(7, TCBReadRegisters, 2);
    assert_int_equal(kernel.regs.mr1, 6);
    for (uint32_t i = 0; i < 6; i++) {
        assert_int_equal(words[i], 10 + i);
    }
    assert_int_equal(words[6], 0);

    assert_true(kernel_regs_write(7, words, 6));
    assert_call(7, TCBWriteRegisters, 8);
    assert_int_equal(kernel.regs.mr0, 0);
    assert_int_equal(kernel.regs.mr1, 6);
    assert_int_equal(kernel.regs.mr2, 10);
    assert_int_equal(kernel.regs.mr3, 11);
    for (uint32_t i = 2; i < 6; i++) {
        assert_int_equal(kernel.sent.msg[i + 2], 10 + i);
    }
    assert_true(kernel_regs_write(7, words, 1));
    assert_call(7, TCBWriteRegisters, 3);
    assert_int_equal(kernel.regs.mr2, 10);

    kernel.error_once = seL4_IllegalOperation;
    assert_false(kernel_regs_read(7, words, 1));
    kernel.error_once = seL4_IllegalOperation;
    assert_false(kernel_regs_write(7, words, 1));
}

static void vcpu_calls_are_packed_as_the_kernel_wants_them(void **state)
{
    uint64_t value = 0;

    (void)state;
    kernel.answer.mr0 = 99;
    assert_true(kernel_vcpu_read(8, seL4_VCPUReg_VBAR, &value));
    assert_call(8, ARMVCPUReadReg, 1);
    assert_int_equal(kernel.regs.mr0, seL4_VCPUReg_VBAR);
    assert_int_equal(value, 99);
    assert_true(kernel_vcpu_write(8, seL4_VCPUReg_ESR, 0x123));
    assert_call(8, ARMVCPUWriteReg, 2);
    assert_int_equal(kernel.regs.mr1, 0x123);
    kernel.error_once = seL4_InvalidArgument;
    assert_false(kernel_vcpu_read(8, 77, &value));
    kernel.error_once = seL4_InvalidArgument;
    assert_false(kernel_vcpu_write(8, 77, 0));

    struct kernel_interrupt interrupt = { .intid = 33, .priority = 20, .group = 1 };
    assert_int_equal(kernel_vcpu_inject(8, 3, &interrupt), KERNEL_INJECT_OK);
    assert_call(8, ARMVCPUInjectIRQ, 1);
    assert_int_equal(kernel.regs.mr0, 33 | 20 << 16 | 1 << 24 | UINT64_C(3) << 32);
    interrupt.quiet = true;
    kernel.error_once = seL4_DeleteFirst;
    assert_int_equal(kernel_vcpu_inject(8, 0, &interrupt), KERNEL_INJECT_ACTIVE);
    assert_int_equal(kernel.regs.mr0, 33 | 20 << 16 | 1 << 24 | ROOKERY_INJECT_QUIET);
    kernel.error_once = seL4_RangeError;
    assert_int_equal(kernel_vcpu_inject(8, 0, &interrupt), KERNEL_INJECT_FAILED);

    kernel.answer.mr0 = 5;
    assert_true(kernel_vcpu_empty(8, 0, &value));
    assert_call(8, ARMVCPUReadReg, 1);
    assert_int_equal(kernel.regs.mr0, ROOKERY_VCPU_EMPTY);
    assert_int_equal(value, 5);
    assert_true(kernel_vcpu_empty(8, 6, &value));
    assert_call(8, ARMVCPUWriteReg, 2);
    assert_int_equal(kernel.regs.mr1, 6);

    kernel_vcpu_ack_vppi(8, 27);
    assert_call(8, ARMVCPUAckVPPI, 1);
    assert_int_equal(kernel.regs.mr0, 27);
    assert_true(kernel_vcpu_bind(8, 7));
    assert_int_equal(kernel.sent.caps_or_badges[0], 7);
    kernel_irq_ack(9);
    assert_call(9, IRQAckIRQ, 0);
    assert_true(kernel_thread_suspend(7));
    assert_call(7, TCBSuspend, 0);
    assert_true(kernel_thread_resume(7));
    assert_call(7, TCBResume, 0);
}

static void caches_are_cleaned_frame_by_frame(void **state)
{
    (void)state;
    assert_true(kernel_clean_cache(2, 0x4000000000 + 0x1ff000, 0x202000));
    assert_int_equal(kernel.calls, 3);
    assert_call(2, ARMVSpaceClean_Data, 2);
    assert_int_equal(kernel.regs.mr0, 0x4000400000);
    assert_int_equal(kernel.regs.mr1, 0x4000401000);

    // Small frames: the large piece is refused.
    kernel.calls = 0;
    kernel.error_once = seL4_RangeError;
    assert_true(kernel_clean_cache(2, 0x4000001000, 0x800));
    assert_int_equal(kernel.calls, 2);
    kernel.calls = 0;
    assert_true(kernel_clean_cache(2, 0x4000001000, 0));
    assert_int_equal(kernel.calls, 0);
    kernel.answer.info = (seL4_Word)seL4_InvalidCapability << 12;
    assert_false(kernel_clean_cache(2, 0x4000001000, 0x800));
}

static void secure_calls_move_eight_registers(void **state)
{
    uint64_t words[8] = { 1, 2, 3, 4, 5, 6, 7, 8 };

    (void)state;
    kernel.answer.mr0 = 70;
    assert_true(kernel_smc(5, words));
    assert_call(5, ARMSMCCall, 8);
    assert_int_equal(kernel.regs.mr3, 4);
    assert_int_equal(kernel.sent.msg[7], 8);
    assert_int_equal(words[0], 70);
    assert_int_equal(words[7], 8);
    kernel.error_once = seL4_IllegalOperation;
    assert_false(kernel_smc(5, words));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(receive_gives_the_message, set_up),
        cmocka_unit_test_setup(answers_carry_their_words, set_up),
        cmocka_unit_test_setup(registers_move_only_as_far_as_asked, set_up),
        cmocka_unit_test_setup(vcpu_calls_are_packed_as_the_kernel_wants_them, set_up),
        cmocka_unit_test_setup(caches_are_cleaned_frame_by_frame, set_up),
        cmocka_unit_test_setup(secure_calls_move_eight_registers, set_up),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
