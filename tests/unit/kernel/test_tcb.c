// SPDX-License-Identifier: BSD-2-Clause
// TCB invocations: registers, suspend and resume, priorities, spaces, buffers, flags, and the exact
// errors.
#include "kernel_threads.h"

#define GUARD ((word_t)(seL4_WordBits - CONFIG_ROOT_CNODE_SIZE_BITS))
#define SELF ((word_t)seL4_CapInitThreadTCB)

static void test_write_then_read_registers(void **state)
{
    (void)state;
    struct player player = make_player(10);
    word_t words[38] = { 0, 36 };
    for (word_t i = 0; i < 36; i++) {
        words[2 + i] = 0x1000 + i;
    }
    assert_int_equal(call(player.cap, TCBWriteRegisters, NO_WORDS, words, 38), seL4_NoError);
    assert_int_equal(reg(player.tcb, REGISTER_PC), 0x1000);
    assert_int_equal(call(player.cap, TCBReadRegisters, NO_WORDS, WORDS(0, 36)), seL4_NoError);
    assert_int_equal(answer.length, 36);
    for (word_t i = 0; i < 36; i++) {
        if (i != 2) { // SPSR is sanitised
            assert_int_equal(got_word(current(), i), 0x1000 + i);
        }
    }
    assert_int_equal(player.tcb->state, THREAD_RESTART);
    assert_int_equal(call(player.cap, TCBReadRegisters, NO_WORDS, WORDS(1, 1)), seL4_NoError);
    assert_int_equal(answer.length, 1);
    assert_int_equal(player.tcb->state, THREAD_INACTIVE); // suspended by the flag
}

static void test_register_errors(void **state)
{
    (void)state;
    struct player player = make_player(10);
    assert_int_equal(call(player.cap, TCBReadRegisters, NO_WORDS, WORDS(0)), seL4_TruncatedMessage);
    assert_int_equal(call(player.cap, TCBReadRegisters, NO_WORDS, WORDS(0, 0)), seL4_RangeError);
    assert_int_equal(answer.mr[0], 1);
    assert_int_equal(answer.mr[1], 36);
    assert_int_equal(call(player.cap, TCBReadRegisters, NO_WORDS, WORDS(0, 37)), seL4_RangeError);
    assert_int_equal(call(SELF, TCBReadRegisters, NO_WORDS, WORDS(0, 1)), seL4_IllegalOperation);
    assert_int_equal(call(player.cap, TCBWriteRegisters, NO_WORDS, WORDS(0)),
                     seL4_TruncatedMessage);
    assert_int_equal(call(player.cap, TCBWriteRegisters, NO_WORDS, WORDS(0, 3, 1, 2)),
                     seL4_TruncatedMessage);
    assert_int_equal(call(player.cap, TCBWriteRegisters, NO_WORDS, WORDS(0, ~(word_t)0, 1, 2)),
                     seL4_TruncatedMessage);
    assert_int_equal(call(SELF, TCBWriteRegisters, NO_WORDS, WORDS(0, 1, 1)),
                     seL4_IllegalOperation);
    assert_int_equal(call(player.cap, TCBCopyRegisters, NO_WORDS, WORDS(0)), seL4_TruncatedMessage);
    assert_int_equal(call(player.cap, TCBCopyRegisters, WORDS(ROOT), WORDS(0)),
                     seL4_InvalidCapability);
    assert_int_equal(answer.mr[0], 1);
    assert_int_equal(call(player.cap, UntypedRetype, NO_WORDS, NO_WORDS), seL4_IllegalOperation);
    assert_int_equal(call(player.cap, 9999, NO_WORDS, NO_WORDS), seL4_IllegalOperation);
}

static void test_copy_registers(void **state)
{
    (void)state;
    struct player from = make_player(10);
    struct player to = make_player(10);
    arch_set_register(from.tcb, REGISTER_SP, 0x77);
    arch_set_register(from.tcb, (enum arch_register)9, 0x99);
    assert_int_equal(call(to.cap, TCBCopyRegisters, WORDS(from.cap), WORDS(4)),
                     seL4_NoError); // frame
    assert_int_equal(reg(to.tcb, REGISTER_SP), 0x77);
    assert_int_equal(reg(to.tcb, REGISTER_PC), from.pc);
    assert_int_equal(reg(to.tcb, (enum arch_register)9), 0);
    assert_int_equal(call(to.cap, TCBCopyRegisters, WORDS(from.cap), WORDS(8 | 1)), seL4_NoError);
    assert_int_equal(reg(to.tcb, (enum arch_register)9), 0x99);
    assert_int_equal(from.tcb->state, THREAD_INACTIVE);
}

static void test_suspend_and_resume(void **state)
{
    (void)state;
    struct player player = make_player(10);
    word_t notification = make(seL4_NotificationObject, 0);
    root_sleep();
    assert_runs(player);
    assert_true(sys(seL4_SysNBWait, notification, 0, 0));
    word_t pc = reg(current(), REGISTER_PC);
    root_wake();
    pc += 4; // of the signal that woke the root task
    assert_int_equal(call(player.cap, TCBSuspend, NO_WORDS, NO_WORDS), seL4_NoError);
    assert_int_equal(player.tcb->state, THREAD_INACTIVE);
    assert_int_equal(call(player.cap, TCBResume, NO_WORDS, NO_WORDS), seL4_NoError);
    root_sleep();
    assert_runs(player);
    assert_int_equal(reg(current(), REGISTER_PC), pc); // the finished system call is not repeated
    pc = reg(current(), REGISTER_PC);
    assert_false(sys(seL4_SysWait, notification, 0, 0));
    harness_core()->current->priority = 0; // idle
    struct core *core = harness_core();
    thread_suspend(core, player.tcb);
    thread_restart(core, player.tcb);
    schedule_and_activate(core);
    assert_runs(player);
    assert_int_equal(reg(current(), REGISTER_PC), pc); // the unfinished one is
}

static void test_suspend_self(void **state)
{
    (void)state;
    struct player player = make_player(10);
    root_sleep();
    word_t pc = reg(current(), REGISTER_PC);
    assert_false(sys(seL4_SysCall, player.cap, info(TCBSuspend, 0), 0));
    assert_ptr_equal(current(), harness_core()->idle);
    struct core *core = harness_core();
    thread_restart(core, player.tcb);
    schedule_and_activate(core);
    assert_runs(player);
    assert_int_equal(reg(current(), REGISTER_PC), pc + 4);
    assert_int_equal(got_label(player.tcb), seL4_NoError);
}

static void test_priorities(void **state)
{
    (void)state;
    struct player low = make_player(10);
    struct player high = make_player(20);
    word_t weak = make(seL4_TCBObject, 0); // MCP 0
    assert_int_equal(call(low.cap, TCBSetPriority, WORDS(weak), WORDS(1)), seL4_RangeError);
    assert_int_equal(answer.mr[0], 0);
    assert_int_equal(answer.mr[1], 0);
    assert_int_equal(call(low.cap, TCBSetPriority, WORDS(SELF), WORDS(256)), seL4_RangeError);
    assert_int_equal(answer.mr[1], 255);
    assert_int_equal(call(low.cap, TCBSetMCPriority, WORDS(weak), WORDS(1)), seL4_RangeError);
    assert_int_equal(call(low.cap, TCBSetPriority, WORDS(ROOT), WORDS(1)), seL4_InvalidCapability);
    assert_int_equal(answer.mr[0], 1);
    assert_int_equal(call(low.cap, TCBSetPriority, NO_WORDS, WORDS(1)), seL4_TruncatedMessage);
    assert_int_equal(call(low.cap, TCBSetMCPriority, WORDS(SELF), WORDS(33)), seL4_NoError);
    assert_int_equal(low.tcb->max_priority, 33);
    assert_int_equal(call(low.cap, TCBSetPriority, WORDS(SELF), WORDS(30)), seL4_NoError);
    root_sleep();
    assert_runs(low);
    // A thread that lowers its own priority makes room for others.
    put_message(TCBSetPriority, WORDS(low.cap), WORDS(5));
    assert_false(sys(seL4_SysCall, low.cap, reg(current(), REGISTER_MESSAGE_INFO), 0));
    assert_runs(high);
    assert_int_equal(got_label(low.tcb), seL4_NoError);
    put_message(TCBSetPriority, WORDS(low.cap), WORDS(33));
    assert_false(sys(seL4_SysCall, low.cap, reg(current(), REGISTER_MESSAGE_INFO), 0));
    assert_runs(low);
}

static void test_priority_reorders_queue(void **state)
{
    (void)state;
    word_t endpoint = make(seL4_EndpointObject, 0);
    word_t notification = make(seL4_NotificationObject, 0);
    struct player a = make_player(30);
    struct player b = make_player(20);
    struct player c = make_player(31);
    struct player d = make_player(21);
    root_sleep();
    assert_false(sys(seL4_SysWait, notification, 0, 0)); // c
    assert_false(sys(seL4_SysWait, endpoint, 0, 0));     // a
    assert_false(sys(seL4_SysWait, notification, 0, 0)); // d
    assert_runs(b);
    root_wake();
    assert_int_equal(call(d.cap, TCBSetPriority, WORDS(SELF), WORDS(99)), seL4_NoError);
    assert_ptr_equal(((struct notification *)cap_pointer(cap_at(notification)))->queue.head, d.tcb);
    assert_int_equal(call(a.cap, TCBSetPriority, WORDS(SELF), WORDS(1)), seL4_NoError);
    root_sleep();
    assert_false(sys(seL4_SysWait, endpoint, 0, 0)); // b
    word_t head = ((struct endpoint *)cap_pointer(cap_at(endpoint)))->head_state & ~(word_t)3;
    assert_ptr_equal((struct tcb *)(uintptr_t)head, b.tcb);
    (void)c;
}

static void test_sched_params(void **state)
{
    (void)state;
    word_t tcb = make(seL4_TCBObject, 0);
    word_t sc = make(seL4_SchedContextObject, seL4_MinSchedContextBits);
    word_t endpoint = make(seL4_EndpointObject, 0);
    word_t read_only = new_slot();
    assert_int_equal(cnode_mint(read_only, endpoint, RIGHT_READ, 0), seL4_NoError);
    assert_int_equal(call(tcb, TCBSetSchedParams, WORDS(SELF, sc), WORDS(1, 2)),
                     seL4_TruncatedMessage);
    assert_int_equal(call(tcb, TCBSetSchedParams, WORDS(sc, sc, endpoint), WORDS(1, 2)),
                     seL4_InvalidCapability);
    assert_int_equal(answer.mr[0], 1);
    assert_int_equal(call(tcb, TCBSetSchedParams, WORDS(SELF, tcb, endpoint), WORDS(1, 2)),
                     seL4_InvalidCapability);
    assert_int_equal(answer.mr[0], 2);
    assert_int_equal(call(tcb, TCBSetSchedParams, WORDS(SELF, sc, read_only), WORDS(1, 2)),
                     seL4_InvalidCapability);
    assert_int_equal(answer.mr[0], 3);
    assert_int_equal(call(tcb, TCBSetSchedParams, WORDS(SELF, sc, endpoint), WORDS(300, 2)),
                     seL4_RangeError);
    assert_int_equal(call(SELF, TCBSetSchedParams, WORDS(SELF, 0, 0), WORDS(255, 255)),
                     seL4_IllegalOperation); // would stop the caller
    assert_int_equal(call(tcb, TCBSetSchedParams, WORDS(SELF, sc, endpoint), WORDS(3, 2)),
                     seL4_NoError);
    assert_int_equal(thread_at(tcb)->priority, 2);
    assert_int_equal(thread_at(tcb)->max_priority, 3);
    assert_ptr_equal(thread_at(tcb)->sched_context, cap_pointer(cap_at(sc)));
    assert_int_equal(call(tcb, TCBSetSchedParams, WORDS(SELF, sc, endpoint), WORDS(3, 2)),
                     seL4_IllegalOperation);
    assert_int_equal(call(tcb, TCBSetSchedParams, WORDS(SELF, 0, 0), WORDS(3, 2)), seL4_NoError);
    assert_null(thread_at(tcb)->sched_context);
    assert_int_equal(cap_type(thread_at(tcb)->slots[TCB_SLOT_FAULT_ENDPOINT].cap), CAP_NULL);
}

static void test_configure_errors(void **state)
{
    (void)state;
    word_t tcb = make(seL4_TCBObject, 0);
    word_t vspace = seL4_CapInitThreadVSpace;
    word_t frame = make(seL4_ARM_SmallPageObject, 0);
    assert_int_equal(call(tcb, TCBConfigure, WORDS(ROOT, vspace), WORDS(GUARD, 0, 0)),
                     seL4_TruncatedMessage);
    assert_int_equal(call(tcb, TCBConfigure, WORDS(vspace, vspace, 0), WORDS(0, 0, 0)),
                     seL4_IllegalOperation);
    assert_int_not_equal(call(tcb, TCBConfigure, WORDS(ROOT, ROOT, 0), WORDS(GUARD, 0, 0)),
                         seL4_NoError);
    assert_int_not_equal(call(tcb, TCBConfigure, WORDS(ROOT, vspace, frame), WORDS(GUARD, 0, 8)),
                         seL4_NoError); // not aligned
    assert_int_not_equal(call(tcb, TCBSetIPCBuffer, WORDS(ROOT), WORDS(0x1000)), seL4_NoError);
    assert_int_equal(cap_type(thread_at(tcb)->slots[TCB_SLOT_CSPACE].cap), CAP_NULL);
    assert_int_equal(call(tcb, TCBConfigure, WORDS(ROOT, vspace, frame), WORDS(GUARD, 0, 0x400)),
                     seL4_NoError);
    assert_int_equal(thread_at(tcb)->ipc_buffer_vaddr, 0x400);
    assert_int_equal(cap_type(thread_at(tcb)->slots[TCB_SLOT_CSPACE].cap), CAP_CNODE);
    assert_int_equal(cap_type(thread_at(tcb)->slots[TCB_SLOT_VSPACE].cap), CAP_VSPACE);
    // The last cap of a CNode is not deleted on the way.
    word_t node = make(seL4_CapTableObject, 4);
    assert_int_equal(call(tcb, TCBSetSpace, WORDS(0, node, vspace), WORDS(60, 0)), seL4_NoError);
    assert_int_equal(cnode_delete(node), seL4_NoError);
    assert_int_equal(call(tcb, TCBSetSpace, WORDS(0, ROOT, vspace), WORDS(GUARD, 0)),
                     seL4_IllegalOperation);
}

static void test_flags_and_tls(void **state)
{
    (void)state;
    struct player player = make_player(10);
    assert_int_equal(call(player.cap, TCBSetFlags, NO_WORDS, WORDS(0, ~(word_t)0)), seL4_NoError);
    assert_int_equal(answer.length, 1);
    assert_int_equal(answer.mr[0], seL4_TCBFlag_fpuDisabled);
    assert_int_equal(call(player.cap, TCBSetFlags, NO_WORDS, WORDS(1, 0)), seL4_NoError);
    assert_int_equal(answer.mr[0], 0);
    assert_int_equal(call(player.cap, TCBSetFlags, NO_WORDS, WORDS(1)), seL4_TruncatedMessage);
    assert_int_equal(call(player.cap, TCBSetTLSBase, NO_WORDS, WORDS(0xabc0)), seL4_NoError);
    assert_int_equal(reg(player.tcb, REGISTER_TPIDR), 0xabc0);
    assert_int_equal(call(player.cap, TCBSetTLSBase, NO_WORDS, NO_WORDS), seL4_TruncatedMessage);
}

static void test_bind_notification_errors(void **state)
{
    (void)state;
    struct player player = make_player(10);
    word_t notification = make(seL4_NotificationObject, 0);
    word_t write_only = new_slot();
    assert_int_equal(cnode_mint(write_only, notification, RIGHT_WRITE, 0), seL4_NoError);
    assert_int_equal(call(player.cap, TCBBindNotification, NO_WORDS, NO_WORDS),
                     seL4_TruncatedMessage);
    assert_int_equal(call(player.cap, TCBBindNotification, WORDS(ROOT), NO_WORDS),
                     seL4_IllegalOperation);
    assert_int_equal(call(player.cap, TCBBindNotification, WORDS(write_only), NO_WORDS),
                     seL4_IllegalOperation);
    assert_int_equal(call(player.cap, TCBUnbindNotification, NO_WORDS, NO_WORDS),
                     seL4_IllegalOperation);
}

static void test_delete_tcb_everywhere(void **state)
{
    (void)state;
    // A TCB goes away while it is blocked, ready, out of budget, or bound: the checker sees what is
    // left.
    word_t endpoint = make(seL4_EndpointObject, 0);
    word_t notification = make(seL4_NotificationObject, 0);
    struct player blocked = make_player(30);
    struct player ready = make_player(20);
    struct player tired = make_player_with(29, 1000, 100000, 0, 0);
    struct player bound = make_player(28);
    assert_int_equal(call(bound.cap, TCBBindNotification, WORDS(notification), NO_WORDS),
                     seL4_NoError);
    root_sleep();
    assert_false(sys(seL4_SysWait, endpoint, 0, 0));
    run_for_us(1500);
    assert_true(tired.tcb->in_release_queue);
    assert_false(sys(seL4_SysWait, notification, 0, 0));
    assert_runs(ready);
    root_wake();
    assert_int_equal(cnode_delete(blocked.cap), seL4_NoError);
    assert_int_equal(cnode_delete(ready.cap), seL4_NoError);
    assert_int_equal(cnode_delete(tired.cap), seL4_NoError);
    assert_int_equal(cnode_delete(bound.cap), seL4_NoError);
    assert_null(((struct notification *)cap_pointer(cap_at(notification)))->bound_tcb);
    root_sleep();
    assert_ptr_equal(current(), harness_core()->idle);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_write_then_read_registers, harness_setup),
        cmocka_unit_test_setup(test_register_errors, harness_setup),
        cmocka_unit_test_setup(test_copy_registers, harness_setup),
        cmocka_unit_test_setup(test_suspend_and_resume, harness_setup),
        cmocka_unit_test_setup(test_suspend_self, harness_setup),
        cmocka_unit_test_setup(test_priorities, harness_setup),
        cmocka_unit_test_setup(test_priority_reorders_queue, harness_setup),
        cmocka_unit_test_setup(test_sched_params, harness_setup),
        cmocka_unit_test_setup(test_configure_errors, harness_setup),
        cmocka_unit_test_setup(test_flags_and_tls, harness_setup),
        cmocka_unit_test_setup(test_bind_notification_errors, harness_setup),
        cmocka_unit_test_setup(test_delete_tcb_everywhere, harness_setup),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
