// SPDX-License-Identifier: BSD-2-Clause
// Deletion of CNodes and threads with what is in them: nested, cyclic, preempted at every step, and
// of what the caller itself stands on.
#include "kernel_harness.h"
#include "kernel_check.h"

static bool is_there(word_t slot)
{
    return !cap_is_null(cap_at(slot));
}

static struct place in_root(word_t slot)
{
    return (struct place){ ROOT, slot, DEPTH };
}

/// Place in a CNode without guard.
static struct place in(word_t cnode, word_t index)
{
    return (struct place){ cnode, index, cnode_radix(cap_at(cnode)) };
}

/// An untyped, and that all of its memory comes back when it is revoked.
static word_t begin(word_t *count)
{
    const word_t untyped = make_untyped(20);
    *count = kernel_check_count();
    return untyped;
}

static void end(word_t untyped, word_t count)
{
    assert_int_equal(cnode_revoke(untyped), 0);
    assert_int_equal(kernel_check_count(), count);
    const word_t slot = new_slot();
    assert_int_equal(retype(untyped, seL4_UntypedObject, 20, slot, 1), 0);
    assert_int_equal(cnode_delete(slot), 0);
}

static void test_cnode_with_caps(void **state)
{
    word_t count;
    const word_t untyped = begin(&count);
    const word_t cnode = make_from(untyped, seL4_CapTableObject, 6);
    const word_t endpoint = make_from(untyped, seL4_EndpointObject, 0);

    (void)state;
    for (word_t i = 0; i < 64; i += 3) {
        assert_int_equal(place_copy(in(cnode, i), in_root(endpoint)), 0);
    }
    assert_int_equal(cnode_delete(cnode), 0);
    assert_int_equal(kernel_check_count(), count + 1);
    end(untyped, count);
}

static void test_preempted_deletion(void **state)
{
    for (unsigned every = 1; every < 6; every++) {
        word_t count;
        harness_setup(state);
        const word_t untyped = begin(&count);
        const word_t cnode = make_from(untyped, seL4_CapTableObject, 5);
        for (word_t i = 0; i < 32; i++) {
            const word_t inner = make_from(untyped, seL4_CapTableObject, 1);
            const word_t thread = make_from(untyped, seL4_TCBObject, 0);
            assert_int_equal(place_move(in(inner, 1), in_root(thread)), 0);
            assert_int_equal(place_move(in(cnode, i), in_root(inner)), 0);
        }
        host_preempt_every(every);
        assert_int_equal(cnode_delete(cnode), 0);
        assert_true(answer.restarts >= 32 / every);
        assert_int_equal(kernel_check_count(), count);
        host_preempt_every(0);
        end(untyped, count);
    }
}

static void test_nested_chain(void **state)
{
    // A chain of CNodes, each holding the last cap of the next one.
    for (unsigned every = 0; every < 3; every++) {
        word_t count;
        harness_setup(state);
        const word_t untyped = begin(&count);
        word_t inner = make_from(untyped, seL4_TCBObject, 0);
        for (unsigned i = 0; i < 40; i++) {
            const word_t outer = make_from(untyped, seL4_CapTableObject, 1 + i % 3);
            assert_int_equal(place_move(in(outer, i % 2), in_root(inner)), 0);
            inner = outer;
        }
        host_preempt_every(every);
        assert_int_equal(cnode_delete(inner), 0);
        assert_int_equal(kernel_check_count(), count);
    }
}

static void test_cnode_in_itself(void **state)
{
    word_t count;
    const word_t untyped = begin(&count);

    (void)state;
    // Another cap of it is outside: deleting that leaves a CNode that only knows itself.
    for (word_t index = 0; index < 4; index++) {
        const word_t cnode = make_from(untyped, seL4_CapTableObject, 2);
        assert_int_equal(place_copy(in(cnode, index), in_root(cnode)), 0);
        assert_int_equal(cnode_delete(cnode), 0);
    }
    end(untyped, count);
    // The only cap of it lives in it.
    for (word_t index = 0; index < 4; index++) {
        const word_t cnode = make_from(untyped, seL4_CapTableObject, 2);
        assert_int_equal(place_move(in(cnode, index), in_root(cnode)), 0);
    }
    end(untyped, count);
}

static void test_delete_through_itself(void **state)
{
    // A thread's CSpace is a CNode that holds its own cap and the caller deletes it through itself.
    word_t count;
    const word_t untyped = begin(&count);
    const word_t cnode = make_from(untyped, seL4_CapTableObject, 3);

    (void)state;
    for (word_t index = 0; index < 8; index += 7) {
        const word_t copy = new_slot();
        assert_int_equal(cnode_copy(copy, cnode, ALL_RIGHTS), 0);
        assert_int_equal(place_move(in(cnode, index), in_root(copy)), 0);
    }
    const struct place self = { cnode, 0, 3 };
    assert_int_equal(place_delete(self), 0);
    assert_int_equal(place_delete((struct place){ cnode, 7, 3 }), 0);
    end(untyped, count);
}

static void test_two_cnodes_in_each_other(void **state)
{
    for (unsigned every = 0; every < 4; every++) {
        for (unsigned variant = 0; variant < 4; variant++) {
            word_t count;
            harness_setup(state);
            const word_t untyped = begin(&count);
            const word_t a = make_from(untyped, seL4_CapTableObject, 2);
            const word_t b = make_from(untyped, seL4_CapTableObject, 2);
            const word_t a_copy = new_slot();
            assert_int_equal(cnode_copy(a_copy, a, ALL_RIGHTS), 0);
            // b holds a copy of a, a holds the last cap of b.
            assert_int_equal(place_move(in(b, variant & 1 ? 3 : 0), in_root(a_copy)), 0);
            assert_int_equal(place_move(in(a, variant & 2 ? 2 : 0), in_root(b)), 0);
            host_preempt_every(every);
            assert_int_equal(cnode_delete(a), 0);
            host_preempt_every(every);
            end(untyped, count);
        }
    }
}

static void test_cycle_broken_from_inside(void **state)
{
    // The cap that is deleted is the last one of a, and stands in b, whose last cap stands in a.
    for (unsigned every = 0; every < 4; every++) {
        for (unsigned index = 0; index < 4; index++) {
            word_t count;
            harness_setup(state);
            const word_t untyped = begin(&count);
            const word_t a = make_from(untyped, seL4_CapTableObject, 2);
            const word_t b = make_from(untyped, seL4_CapTableObject, 2);
            const word_t b_copy = new_slot();
            assert_int_equal(cnode_copy(b_copy, b, ALL_RIGHTS), 0);
            assert_int_equal(place_move(in(a, index), in_root(b_copy)), 0);
            assert_int_equal(place_move(in(b, 3 - index), in_root(a)), 0);
            host_preempt_every(every);
            assert_int_equal(place_delete((struct place){ b, 3 - index, 2 }), 0);
            end(untyped, count);
        }
    }
}

static void test_ring(void **state)
{
    enum { LENGTH = 7 };
    for (unsigned every = 0; every < 3; every++) {
        word_t count;
        word_t cnode[LENGTH];
        harness_setup(state);
        const word_t untyped = begin(&count);
        for (unsigned i = 0; i < LENGTH; i++) {
            cnode[i] = make_from(untyped, seL4_CapTableObject, 1 + i % 3);
        }
        // Everyone holds the next one's last cap (the first one has another in the root CNode).
        const word_t handle = new_slot();
        assert_int_equal(cnode_copy(handle, cnode[0], ALL_RIGHTS), 0);
        for (unsigned i = LENGTH; i-- > 0;) {
            const word_t holder = cnode[(i + LENGTH - 1) % LENGTH];
            if (i == 0) {
                continue;
            }
            assert_int_equal(place_move(in(holder, i % 2), in_root(cnode[i])), 0);
        }
        // Close the ring through the handle: walk down is not needed, the last one is named by
        // revoking.
        host_preempt_every(every);
        assert_int_equal(cnode_delete(handle), 0);
        assert_int_equal(cnode_delete(cnode[0]), 0);
        assert_int_equal(kernel_check_count(), count);
        end(untyped, count);
    }
}

static void test_thread_holds_cspace(void **state)
{
    for (unsigned every = 0; every < 3; every++) {
        word_t count;
        harness_setup(state);
        const word_t untyped = begin(&count);
        const word_t thread = make_from(untyped, seL4_TCBObject, 0);
        const word_t cnode = make_from(untyped, seL4_CapTableObject, 3);
        const word_t endpoint = make_from(untyped, seL4_EndpointObject, 0);
        assert_int_equal(place_move(in(cnode, 5), in_root(endpoint)), 0);
        assert_int_equal(call(thread, TCBSetSpace, WORDS(0, cnode, seL4_CapInitThreadVSpace),
                              WORDS(0, 0)), 0);
        // The TCB holds the CNode's last cap, and the CNode the TCB's last one.
        const word_t extra = new_slot();
        assert_int_equal(cnode_copy(extra, thread, ALL_RIGHTS), 0);
        assert_int_equal(place_move(in(cnode, 0), in_root(extra)), 0);
        assert_int_equal(cnode_delete(cnode), 0);
        host_preempt_every(every);
        assert_int_equal(cnode_delete(thread), 0);
        end(untyped, count);
    }
}

static void test_thread_alone(void **state)
{
    word_t count;
    const word_t untyped = begin(&count);
    const word_t thread = make_from(untyped, seL4_TCBObject, 0);
    const word_t cnode = make_from(untyped, seL4_CapTableObject, 3);

    (void)state;
    assert_int_equal(call(thread, TCBSetSpace, WORDS(0, cnode, seL4_CapInitThreadVSpace),
                          WORDS(0, 0)),
                     0);
    assert_int_equal(cnode_delete(cnode), 0);
    assert_int_equal(cnode_delete(thread), 0);
    assert_int_equal(kernel_check_count(), count);
    end(untyped, count);
}

static void test_delete_self(void **state)
{
    (void)state;
    assert_int_equal(cnode_delete(seL4_CapInitThreadTCB), NOT_ANSWERED);
    assert_ptr_equal(harness_core()->current, harness_core()->idle);
    assert_false(is_there(seL4_CapInitThreadTCB));
}

static void test_delete_own_sched_context(void **state)
{
    (void)state;
    assert_int_equal(cnode_delete(seL4_CapInitThreadSC), NOT_ANSWERED);
    assert_ptr_equal(harness_core()->current, harness_core()->idle);
    assert_null(harness_root_thread()->sched_context);
}

static void test_delete_own_root(void **state)
{
    // The thread's own slots hold further caps: it goes on, with its cap gone.
    const word_t slot = new_slot();

    (void)state;
    assert_int_equal(cnode_delete(ROOT), 0);
    assert_int_equal(call(ROOT, CNodeDelete, NO_WORDS, WORDS(slot, DEPTH)), seL4_InvalidCapability);
    assert_int_equal(answer.mr[0], 0);
}

static void test_revoke_own_cnode_from_untyped(void **state)
{
    // A thread runs in a CSpace that it makes vanish: the operation ends, the thread faults
    // afterwards.
    for (unsigned every = 0; every < 3; every++) {
        harness_setup(state);
        const word_t untyped = make_untyped(16);
        const word_t cnode = make_from(untyped, seL4_CapTableObject, 8);
        const word_t tcb = seL4_CapInitThreadTCB;
        assert_int_equal(place_copy(in(cnode, 1), in_root(cnode)), 0);
        assert_int_equal(place_move(in(cnode, 2), in_root(untyped)), 0);
        assert_int_equal(place_copy(in(cnode, 3), in_root(ROOT)), 0);
        // 56 bits of guard: slot numbers are addresses there too. Revoke ROOT's own copy is slot 3.
        assert_int_equal(call(tcb, TCBSetSpace, WORDS(0, cnode, seL4_CapInitThreadVSpace),
                              WORDS(seL4_CNode_CapData_new(0, 56).words[0], 0)), 0);
        host_preempt_every(every);
        put_message(CNodeRevoke, NO_WORDS, WORDS(2, 8));
        arch_set_register(harness_core()->current, REGISTER_CAP, 1);
        (void)enter(seL4_SysCall);
        host_preempt_every(0);
        assert_false(is_there(cnode));
    }
}

static void test_notification_and_reply_objects(void **state)
{
    word_t count;
    const word_t untyped = begin(&count);
    const word_t notification = make_from(untyped, seL4_NotificationObject, 0);
    const word_t thread = make_from(untyped, seL4_TCBObject, 0);
    const word_t context = make_from(untyped, seL4_SchedContextObject, 8);
    const word_t reply = make_from(untyped, seL4_ReplyObject, 0);

    (void)state;
    assert_int_equal(call(thread, TCBBindNotification, WORDS(notification), NO_WORDS), 0);
    assert_int_equal(call(context, SchedContextBind, WORDS(thread), NO_WORDS), 0);
    assert_int_equal(cnode_delete(notification), 0);
    assert_null(thread_at(thread)->bound_notification);
    assert_int_equal(cnode_delete(context), 0);
    assert_null(thread_at(thread)->sched_context);
    assert_int_equal(cnode_delete(reply), 0);
    end(untyped, count);
}

static void test_vcpu(void **state)
{
    word_t count;
    const word_t untyped = begin(&count);
    const word_t thread = make_from(untyped, seL4_TCBObject, 0);
    const word_t vcpu = make_from(untyped, seL4_ARM_VCPUObject, 0);
    const word_t vcpu2 = make_from(untyped, seL4_ARM_VCPUObject, 0);

    (void)state;
    assert_int_equal(call(vcpu, ARMVCPUSetTCB, WORDS(thread), NO_WORDS), 0);
    assert_int_equal(call(vcpu2, ARMVCPUSetTCB, WORDS(thread), NO_WORDS), 0);
    assert_int_equal(cnode_delete(vcpu2), 0);
    assert_null(thread_at(thread)->arch.vcpu);
    assert_int_equal(call(vcpu, ARMVCPUSetTCB, WORDS(thread), NO_WORDS), 0);
    assert_int_equal(cnode_delete(thread), 0);
    assert_int_equal(call(vcpu, ARMVCPUReadReg, NO_WORDS, WORDS(seL4_VCPUReg_SCTLR)), 0);
    assert_int_equal(answer.mr[0], 0x34d58820);
    end(untyped, count);
}

// ---- random graphs -----------------------------------------------------------------------------

enum { NODES = 7, GRAPH_STEPS = 60, GRAPHS = 120 };

static uint64_t random_state = 88172645463325252u;

static unsigned random_below(unsigned limit)
{
    random_state ^= random_state << 13;
    random_state ^= random_state >> 7;
    random_state ^= random_state << 17;
    return (unsigned)(random_state >> 33) % limit;
}

/// A place in the root CNode's window or in one of the CNodes that have caps there.
static struct place random_place(word_t window)
{
    const word_t slot = window + random_below(2 * NODES);
    if (random_below(2) == 0 || cap_type(cap_at(slot)) != CAP_CNODE) {
        return in_root(slot);
    }
    return in(slot, random_below(1u << cnode_radix(cap_at(slot))));
}

/// A deletion that is given up when it is preempted: what it leaves must be consistent too.
static void delete_once(struct place at)
{
    struct tcb *tcb = harness_core()->current;
    const word_t pc = arch_get_register(tcb, REGISTER_PC);

    put_message(CNodeDelete, NO_WORDS, WORDS(at.index, at.depth));
    arch_set_register(tcb, REGISTER_CAP, at.root);
    arch_set_register(tcb, REGISTER_FAULT_PC, pc);
    arch_set_register(tcb, REGISTER_PC, pc + 4);
    kernel_handle_syscall(harness_core(), seL4_SysCall);
    assert_ptr_equal(harness_core()->current, tcb);
    kernel_check(harness_core(), root_slot(0), BIT(CONFIG_ROOT_CNODE_SIZE_BITS));
}

static void random_step(word_t window)
{
    const struct place a = random_place(window);
    const struct place b = random_place(window);

    host_preempt_every(random_below(4));
    switch (random_below(8)) {
    case 0:
    case 1:
        (void)place_copy(a, b);
        break;
    case 2:
    case 3:
    case 4:
        (void)place_move(a, b);
        break;
    case 5:
        (void)place_delete(a);
        break;
    case 6:
        delete_once(a);
        break;
    default:
        (void)place_revoke(a);
        break;
    }
}

static void test_random_graphs(void **state)
{
    for (unsigned graph = 0; graph < GRAPHS; graph++) {
        word_t count;
        harness_setup(state);
        const word_t untyped = begin(&count);
        const word_t window = new_slot();
        for (unsigned i = 1; i < 2 * NODES; i++) {
            (void)new_slot();
        }
        for (unsigned i = 0; i < NODES; i++) {
            const bool is_thread = i >= NODES - 2;
            assert_int_equal(retype(untyped, is_thread ? seL4_TCBObject : seL4_CapTableObject,
                                    1 + i % 3, window + i, 1), 0);
        }
        for (unsigned i = NODES - 2; i < NODES; i++) {
            assert_int_equal(call(window + i, TCBSetSpace,
                                  WORDS(0, window + random_below(3), seL4_CapInitThreadVSpace),
                                  WORDS(0, 0)), 0);
        }
        for (unsigned i = 0; i < GRAPH_STEPS; i++) {
            random_step(window);
        }
        host_preempt_every(random_below(3));
        end(untyped, count);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_cnode_with_caps, harness_setup),
        cmocka_unit_test(test_preempted_deletion),
        cmocka_unit_test(test_nested_chain),
        cmocka_unit_test_setup(test_cnode_in_itself, harness_setup),
        cmocka_unit_test_setup(test_delete_through_itself, harness_setup),
        cmocka_unit_test(test_two_cnodes_in_each_other),
        cmocka_unit_test(test_cycle_broken_from_inside),
        cmocka_unit_test(test_ring),
        cmocka_unit_test(test_thread_holds_cspace),
        cmocka_unit_test_setup(test_thread_alone, harness_setup),
        cmocka_unit_test_setup(test_delete_self, harness_setup),
        cmocka_unit_test_setup(test_delete_own_sched_context, harness_setup),
        cmocka_unit_test_setup(test_delete_own_root, harness_setup),
        cmocka_unit_test(test_revoke_own_cnode_from_untyped),
        cmocka_unit_test_setup(test_notification_and_reply_objects, harness_setup),
        cmocka_unit_test_setup(test_vcpu, harness_setup),
        cmocka_unit_test(test_random_graphs),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
