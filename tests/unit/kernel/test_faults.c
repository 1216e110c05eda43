// SPDX-License-Identifier: BSD-2-Clause
// Faults as messages: their format, the answers to them, cap faults of both phases, threads without
// a handler, and timeout faults.
#include "kernel_threads.h"

struct cast {
    struct player handler; ///< priority 101, waits on the endpoint
    struct player faulter; ///< priority 100
    word_t endpoint;
    word_t reply;
};

#define FAULT_BADGE 0xfa

static struct cast make_cast_with(word_t handler_rights, word_t budget_us, word_t period_us)
{
    struct cast cast = {
        .handler = make_player(101),
        .faulter = make_player_with(100, budget_us, period_us, 0, 0),
        .endpoint = make(seL4_EndpointObject, 0),
        .reply = make(seL4_ReplyObject, 0),
    };
    word_t badged = new_slot();
    assert_int_equal(cnode_mint(badged, cast.endpoint, handler_rights, FAULT_BADGE), seL4_NoError);
    assert_int_equal(call(cast.faulter.cap, TCBSetSpace,
                          WORDS(badged, ROOT, seL4_CapInitThreadVSpace),
                          WORDS(seL4_WordBits - CONFIG_ROOT_CNODE_SIZE_BITS, 0)),
                     seL4_NoError);
    assert_int_equal(call(cast.faulter.cap, TCBSetTimeoutEndpoint, WORDS(badged), NO_WORDS),
                     seL4_NoError);
    return cast;
}

static struct cast make_cast(void)
{
    return make_cast_with(RIGHT_WRITE | RIGHT_GRANT_REPLY, 5000, 5000);
}

static void wait_for_fault(struct cast *cast)
{
    root_sleep();
    assert_runs(cast->handler);
    assert_false(sys(seL4_SysRecv, cast->endpoint, 0, cast->reply));
    assert_runs(cast->faulter);
}

static void answer_fault(struct cast *cast, word_t label, word_t length)
{
    assert_false(sys(seL4_SysReplyRecv, cast->endpoint, info(label, length), cast->reply));
}

static void test_vm_fault(void **state)
{
    (void)state;
    struct cast cast = make_cast();
    wait_for_fault(&cast);
    word_t pc = reg(current(), REGISTER_PC);
    fault(seL4_Fault_VMFault, 0xdead000, 0, 0x93000046);
    assert_runs(cast.handler);
    assert_int_equal(got_label(cast.handler.tcb), seL4_Fault_VMFault);
    assert_int_equal(got_length(cast.handler.tcb), seL4_VMFault_Length);
    assert_int_equal(got_badge(cast.handler.tcb), FAULT_BADGE);
    assert_int_equal(got_word(cast.handler.tcb, seL4_VMFault_IP), pc);
    assert_int_equal(got_word(cast.handler.tcb, seL4_VMFault_Addr), 0xdead000);
    assert_int_equal(got_word(cast.handler.tcb, seL4_VMFault_FSR), 0x93000046);
    assert_int_equal(cast.faulter.tcb->state, THREAD_BLOCKED_ON_REPLY);
    answer_fault(&cast, 99, 0); // whatever the answer says
    assert_runs(cast.faulter);
    assert_int_equal(reg(cast.faulter.tcb, REGISTER_PC), pc);
    assert_int_equal(cast.faulter.tcb->fault.label, seL4_Fault_NullFault);
}

static void test_handler_moves_pc(void **state)
{
    (void)state;
    struct cast cast = make_cast();
    wait_for_fault(&cast);
    word_t pc = reg(current(), REGISTER_PC);
    fault(seL4_Fault_VCPUFault, 0x5a000000, 0, 0);
    assert_int_equal(got_length(cast.handler.tcb), 1);
    set_words(0, 1, pc + 4, 0);
    assert_true(sys(seL4_SysCall, cast.faulter.cap, info(TCBWriteRegisters, 3), 0));
    assert_int_equal(answer.label, seL4_NoError);
    answer_fault(&cast, 0, 0);
    assert_runs(cast.faulter);
    assert_int_equal(reg(cast.faulter.tcb, REGISTER_PC), pc + 4);
}

static void test_unknown_syscall(void **state)
{
    (void)state;
    struct cast cast = make_cast();
    wait_for_fault(&cast);
    word_t pc = reg(current(), REGISTER_PC);
    set_words(102, 103, 104, 105);
    assert_false(sys(-100, 100, 101, 106));
    assert_runs(cast.handler);
    assert_int_equal(got_label(cast.handler.tcb), seL4_Fault_UnknownSyscall);
    assert_int_equal(got_length(cast.handler.tcb), seL4_UnknownSyscall_Length);
    for (word_t i = 0; i < 7; i++) {
        assert_int_equal(got_word(cast.handler.tcb, i), 100 + i);
    }
    assert_int_equal(got_word(cast.handler.tcb, seL4_UnknownSyscall_FaultIP), pc);
    assert_int_equal(got_word(cast.handler.tcb, seL4_UnknownSyscall_Syscall), (word_t)-100);
    word_t *buffer = arch_ipc_buffer(cast.handler.tcb, true);
    buffer[BUFFER_MESSAGE + seL4_UnknownSyscall_FaultIP] = pc + 8;
    set_words(200, 201, 202, 203);
    answer_fault(&cast, 0, seL4_UnknownSyscall_FaultIP + 1);
    assert_runs(cast.faulter);
    assert_int_equal(reg(cast.faulter.tcb, REGISTER_PC), pc + 8);
    assert_int_equal(reg(cast.faulter.tcb, REGISTER_CAP), 200);
    assert_int_equal(reg(cast.faulter.tcb, REGISTER_MESSAGE_0), 202);
}

static void test_label_decides_about_restart(void **state)
{
    (void)state;
    struct cast cast = make_cast();
    wait_for_fault(&cast);
    fault(seL4_Fault_UserException, 0x2000000, 0, 0);
    assert_int_equal(got_label(cast.handler.tcb), seL4_Fault_UserException);
    assert_int_equal(got_word(cast.handler.tcb, seL4_UserException_Number), 0x2000000);
    answer_fault(&cast, 1, 0);
    assert_ptr_equal(current(), harness_core()->idle);
    assert_int_equal(cast.faulter.tcb->state, THREAD_INACTIVE);
}

static void test_no_handler(void **state)
{
    (void)state;
    struct player player = make_player(100);
    root_sleep();
    fault(seL4_Fault_VMFault, 1, 2, 3);
    assert_int_equal(player.tcb->state, THREAD_INACTIVE);
    assert_ptr_equal(current(), harness_core()->idle);
}

static void test_fault_waits_for_handler(void **state)
{
    (void)state;
    struct cast cast = make_cast();
    word_t notification = make(seL4_NotificationObject, 0);
    root_sleep();
    assert_false(sys(seL4_SysWait, notification, 0, 0)); // the handler is busy elsewhere
    fault(seL4_Fault_VMFault, 7, 0, 0);
    assert_int_equal(cast.faulter.tcb->state, THREAD_BLOCKED_ON_SEND);
    assert_ptr_equal(current(), harness_core()->idle);
    struct core *core = harness_core();
    notification_signal(core, cap_pointer(cap_at(notification)), 1);
    schedule_and_activate(core);
    assert_runs(cast.handler);
    assert_true(sys(seL4_SysRecv, cast.endpoint, 0, cast.reply));
    assert_int_equal(answer.label, seL4_Fault_VMFault);
    assert_int_equal(answer.mr[seL4_VMFault_Addr], 7);
    assert_int_equal(cast.faulter.tcb->state, THREAD_BLOCKED_ON_REPLY);
    // Resuming it by hand forgets the fault and the wait for its answer.
    assert_true(sys(seL4_SysCall, cast.faulter.cap, info(TCBResume, 0), 0));
    assert_int_equal(cast.faulter.tcb->state, THREAD_RESTART);
    assert_int_equal(cast.faulter.tcb->fault.label, seL4_Fault_NullFault);
}

static void test_handler_needs_rights(void **state)
{
    (void)state;
    struct player player = make_player(100);
    word_t endpoint = make(seL4_EndpointObject, 0);
    static const word_t bad[] = { RIGHT_WRITE, RIGHT_READ | RIGHT_GRANT, RIGHT_GRANT_REPLY };
    for (unsigned i = 0; i < ARRAY_SIZE(bad); i++) {
        word_t cap = new_slot();
        assert_int_equal(cnode_mint(cap, endpoint, bad[i], 0), seL4_NoError);
        assert_int_equal(call(player.cap, TCBSetTimeoutEndpoint, WORDS(cap), NO_WORDS),
                         seL4_InvalidCapability);
        assert_int_equal(answer.mr[0], 1);
    }
    assert_int_equal(call(player.cap, TCBSetTimeoutEndpoint, WORDS(ROOT), NO_WORDS),
                     seL4_InvalidCapability);
    assert_int_equal(call(player.cap, TCBSetTimeoutEndpoint, WORDS(0), NO_WORDS), seL4_NoError);
}

static void test_cap_fault_in_send_phase(void **state)
{
    (void)state;
    struct cast cast = make_cast();
    wait_for_fault(&cast);
    word_t pc = reg(current(), REGISTER_PC);
    word_t bad = BIT(50); // the root CNode's guard is zero
    assert_false(sys(seL4_SysCall, bad, info(0, 0), 0));
    assert_runs(cast.handler);
    struct tcb *handler = cast.handler.tcb;
    assert_int_equal(got_label(handler), seL4_Fault_CapFault);
    assert_int_equal(got_length(handler), seL4_CapFault_GuardMismatch_BitsFound + 1);
    assert_int_equal(got_word(handler, seL4_CapFault_IP), pc);
    assert_int_equal(got_word(handler, seL4_CapFault_Addr), bad);
    assert_int_equal(got_word(handler, seL4_CapFault_InRecvPhase), 0);
    assert_int_equal(got_word(handler, seL4_CapFault_LookupFailureType), seL4_GuardMismatch);
    assert_int_equal(got_word(handler, seL4_CapFault_BitsLeft), 64);
    assert_int_equal(got_word(handler, seL4_CapFault_GuardMismatch_GuardFound), 0);
    assert_int_equal(got_word(handler, seL4_CapFault_GuardMismatch_BitsFound),
                     seL4_WordBits - CONFIG_ROOT_CNODE_SIZE_BITS);
    answer_fault(&cast, 0, 0); // the call is made again
    assert_runs(cast.faulter);
    assert_int_equal(reg(cast.faulter.tcb, REGISTER_PC), pc);
}

static void test_cap_fault_in_receive_phase(void **state)
{
    (void)state;
    struct cast cast = make_cast();
    wait_for_fault(&cast);
    assert_false(sys(seL4_SysRecv, cast.endpoint, 0, ROOT)); // no reply object
    assert_runs(cast.handler);
    struct tcb *handler = cast.handler.tcb;
    assert_int_equal(got_label(handler), seL4_Fault_CapFault);
    assert_int_equal(got_length(handler), seL4_CapFault_BitsLeft + 1);
    assert_int_equal(got_word(handler, seL4_CapFault_Addr), ROOT);
    assert_int_equal(got_word(handler, seL4_CapFault_InRecvPhase), 1);
    assert_int_equal(got_word(handler, seL4_CapFault_LookupFailureType), seL4_MissingCapability);
    assert_int_equal(got_word(handler, seL4_CapFault_BitsLeft), 0);
}

static void test_null_cap(void **state)
{
    (void)state;
    struct cast cast = make_cast();
    root_sleep();
    assert_true(sys(seL4_SysCall, 0, info(0, 0), 0)); // found, but nothing that can be invoked
    assert_int_equal(answer.label, seL4_InvalidCapability);
    assert_int_equal(answer.mr[0], 0);
    assert_false(sys(seL4_SysWait, 0, 0, 0)); // and no receive
    assert_int_equal(cast.handler.tcb->state, THREAD_INACTIVE);
}

// ---- timeouts -----------------------------------------------------------------------------------

static void test_timeout_fault(void **state)
{
    (void)state;
    struct cast cast = make_cast_with(RIGHT_WRITE | RIGHT_GRANT, 1000, 10000);
    wait_for_fault(&cast);
    word_t pc = reg(current(), REGISTER_PC);
    pass_us(1000);
    interrupt();
    assert_runs(cast.handler);
    assert_int_equal(got_label(cast.handler.tcb), seL4_Fault_Timeout);
    assert_int_equal(got_length(cast.handler.tcb), 2);
    assert_int_equal(got_word(cast.handler.tcb, seL4_Timeout_Data), 0x5c);
    assert_int_equal(got_word(cast.handler.tcb, seL4_Timeout_Consumed), 1000);
    assert_int_equal(cast.faulter.tcb->state, THREAD_BLOCKED_ON_REPLY);
    set_words(pc + 16, 0x7000, 0, 0);
    answer_fault(&cast, 0, 2);
    // It is resumed, but has to wait for its budget.
    assert_ptr_equal(current(), harness_core()->idle);
    assert_true(cast.faulter.tcb->in_release_queue);
    run_for_us(9100);
    assert_runs(cast.faulter);
    assert_int_equal(reg(cast.faulter.tcb, REGISTER_PC), pc + 16);
    assert_int_equal(reg(cast.faulter.tcb, REGISTER_SP), 0x7000);
}

static void test_timeout_handler_extends_budget(void **state)
{
    (void)state;
    struct cast cast = make_cast_with(RIGHT_WRITE | RIGHT_GRANT, 1000, 10000);
    wait_for_fault(&cast);
    pass_us(1000);
    interrupt();
    assert_runs(cast.handler);
    put_message(SchedControlConfigureFlags, WORDS(cast.faulter.sched_context),
                WORDS(2000, 20000, 0, 0x5d, 0));
    assert_true(sys(seL4_SysCall, harness_boot_info()->schedcontrol.start,
                    reg(current(), REGISTER_MESSAGE_INFO), 0));
    assert_int_equal(answer.label, seL4_NoError);
    answer_fault(&cast, 0, 0);
    assert_runs(cast.faulter);
}

static void test_round_robin_has_no_timeouts(void **state)
{
    (void)state;
    struct cast cast = make_cast();
    wait_for_fault(&cast);
    pass_us(5000);
    interrupt();
    assert_runs(cast.faulter);
    assert_int_equal(cast.handler.tcb->state, THREAD_BLOCKED_ON_RECEIVE);
}

static void test_budget_ends_before_system_call(void **state)
{
    (void)state;
    struct cast cast = make_cast_with(RIGHT_WRITE | RIGHT_GRANT, 1000, 10000);
    wait_for_fault(&cast);
    word_t pc = reg(current(), REGISTER_PC);
    pass_us(995); // less than the minimum is left
    assert_false(sys(seL4_SysNBSend, cast.endpoint, info(5, 0), 0));
    assert_runs(cast.handler);
    assert_int_equal(got_label(cast.handler.tcb), seL4_Fault_Timeout); // the send did not happen
    answer_fault(&cast, 0, 0);
    run_for_us(9500);
    assert_runs(cast.faulter);
    assert_int_equal(reg(cast.faulter.tcb, REGISTER_PC), pc); // it is made again
}

static void test_budget_ends_before_fault(void **state)
{
    (void)state;
    struct cast cast = make_cast_with(RIGHT_WRITE | RIGHT_GRANT, 1000, 10000);
    assert_int_equal(call(cast.faulter.cap, TCBSetTimeoutEndpoint, WORDS(0), NO_WORDS),
                     seL4_NoError);
    wait_for_fault(&cast);
    word_t pc = reg(current(), REGISTER_PC);
    pass_us(1000);
    fault(seL4_Fault_VMFault, 1, 0, 3);
    assert_ptr_equal(current(), harness_core()->idle); // no fault yet: the instruction is repeated
    assert_int_equal(cast.handler.tcb->state, THREAD_BLOCKED_ON_RECEIVE);
    run_for_us(9500);
    assert_runs(cast.faulter);
    assert_int_equal(reg(cast.faulter.tcb, REGISTER_PC), pc);
}

static void test_interrupt_resets_fault_pc(void **state)
{
    (void)state;
    struct cast cast = make_cast_with(RIGHT_WRITE | RIGHT_GRANT, 1000, 10000);
    wait_for_fault(&cast);
    assert_true(
        sys(seL4_SysNBWait, cast.endpoint, 0, 0)); // leaves the place of a system call behind
    arch_set_register(current(), REGISTER_PC, 0x9999000);
    pass_us(1000);
    interrupt();
    assert_runs(cast.handler);
    answer_fault(&cast, 0, 0);
    run_for_us(9500);
    assert_runs(cast.faulter);
    assert_int_equal(reg(cast.faulter.tcb, REGISTER_PC), 0x9999000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_vm_fault, harness_setup),
        cmocka_unit_test_setup(test_handler_moves_pc, harness_setup),
        cmocka_unit_test_setup(test_unknown_syscall, harness_setup),
        cmocka_unit_test_setup(test_label_decides_about_restart, harness_setup),
        cmocka_unit_test_setup(test_no_handler, harness_setup),
        cmocka_unit_test_setup(test_fault_waits_for_handler, harness_setup),
        cmocka_unit_test_setup(test_handler_needs_rights, harness_setup),
        cmocka_unit_test_setup(test_cap_fault_in_send_phase, harness_setup),
        cmocka_unit_test_setup(test_cap_fault_in_receive_phase, harness_setup),
        cmocka_unit_test_setup(test_null_cap, harness_setup),
        cmocka_unit_test_setup(test_timeout_fault, harness_setup),
        cmocka_unit_test_setup(test_timeout_handler_extends_budget, harness_setup),
        cmocka_unit_test_setup(test_round_robin_has_no_timeouts, harness_setup),
        cmocka_unit_test_setup(test_budget_ends_before_system_call, harness_setup),
        cmocka_unit_test_setup(test_budget_ends_before_fault, harness_setup),
        cmocka_unit_test_setup(test_interrupt_resets_fault_pc, harness_setup),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
