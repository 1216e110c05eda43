// SPDX-License-Identifier: BSD-2-Clause
// Interrupts: issuing handlers, delivery, masking until acknowledged, what deletion leaves.
#include "kernel_harness.h"

#define IRQ 42

static word_t issue(word_t irq, word_t slot)
{
    return call(seL4_CapIRQControl, IRQIssueIRQHandler, WORDS(ROOT), WORDS(irq, slot, DEPTH));
}

static word_t poll(word_t notification)
{
    arch_set_register(harness_core()->current, REGISTER_CAP, notification);
    assert_true(enter(seL4_SysNBWait));
    return answer.badge;
}

static void test_issue(void **state)
{
    const word_t slot = new_slot();

    (void)state;
    assert_int_equal(call(seL4_CapIRQControl, IRQIssueIRQHandler, WORDS(ROOT), WORDS(IRQ, slot)),
                     seL4_TruncatedMessage);
    assert_int_equal(call(seL4_CapIRQControl, IRQIssueIRQHandler, NO_WORDS,
                          WORDS(IRQ, slot, DEPTH)),
                     seL4_TruncatedMessage);
    assert_int_equal(issue(160, slot), seL4_RangeError);
    assert_int_equal(answer.mr[0], 0);
    assert_int_equal(answer.mr[1], 159);
    assert_int_equal(issue(HOST_IRQ_TIMER, slot), seL4_RevokeFirst);
    assert_int_equal(issue(IRQ, ROOT), seL4_DeleteFirst);
    assert_true(host_irq_is_masked(IRQ));
    assert_int_equal(issue(IRQ, slot), 0);
    assert_false(host_irq_is_masked(IRQ));
    assert_int_equal(issue(IRQ, new_slot()), seL4_RevokeFirst);
    assert_int_equal(call(seL4_CapIRQControl, IRQAckIRQ, NO_WORDS, NO_WORDS),
                     seL4_IllegalOperation);
    // When the last handler cap goes, the interrupt can be had again.
    const word_t copy = new_slot();
    assert_int_equal(cnode_copy(copy, slot, ALL_RIGHTS), 0);
    assert_int_equal(cnode_delete(slot), 0);
    assert_int_equal(issue(IRQ, slot), seL4_RevokeFirst);
    assert_int_equal(cnode_delete(copy), 0);
    assert_true(host_irq_is_masked(IRQ));
    assert_int_equal(issue(IRQ, slot), 0);
}

static void test_issue_trigger(void **state)
{
    const word_t slot = new_slot();

    (void)state;
    assert_int_equal(call(seL4_CapIRQControl, ARMIRQIssueIRQHandlerTrigger, WORDS(ROOT),
                          WORDS(IRQ, 1, slot)), seL4_TruncatedMessage);
    assert_int_equal(call(seL4_CapIRQControl, ARMIRQIssueIRQHandlerTrigger, WORDS(ROOT),
                          WORDS(IRQ, 1, slot, DEPTH)), 0);
    assert_int_equal(cap_type(cap_at(slot)), CAP_IRQ_HANDLER);
}

static void test_deliver(void **state)
{
    const word_t handler = new_slot();
    const word_t notification = make(seL4_NotificationObject, 0);
    const word_t badged = new_slot();

    (void)state;
    assert_int_equal(issue(IRQ, handler), 0);
    assert_int_equal(cnode_mint(badged, notification, ALL_RIGHTS, 0x20), 0);
    // Without a notification the interrupt is masked and lost.
    host_irq_raise(IRQ);
    interrupt();
    assert_true(host_irq_is_masked(IRQ));
    assert_int_equal(call(handler, IRQSetIRQHandler, WORDS(badged), NO_WORDS), 0);
    assert_int_equal(call(handler, IRQAckIRQ, NO_WORDS, NO_WORDS), 0);
    assert_int_equal(poll(notification), 0);
    host_irq_raise(IRQ);
    interrupt();
    assert_true(host_irq_is_masked(IRQ));
    assert_int_equal(poll(notification), 0x20);
    // It comes again only after the acknowledgement.
    host_irq_raise(IRQ);
    interrupt();
    assert_int_equal(poll(notification), 0);
    assert_int_equal(call(handler, IRQAckIRQ, NO_WORDS, NO_WORDS), 0);
    interrupt();
    assert_int_equal(poll(notification), 0x20);
    // Another notification replaces the first one.
    const word_t other = make(seL4_NotificationObject, 0);
    const word_t other_badged = new_slot();
    assert_int_equal(cnode_mint(other_badged, other, RIGHT_WRITE, 1), 0);
    assert_int_equal(call(handler, IRQSetIRQHandler, WORDS(other_badged), NO_WORDS), 0);
    assert_int_equal(call(handler, IRQAckIRQ, NO_WORDS, NO_WORDS), 0);
    host_irq_raise(IRQ);
    interrupt();
    assert_int_equal(poll(notification), 0);
    assert_int_equal(poll(other), 1);
    assert_int_equal(call(handler, IRQClearIRQHandler, NO_WORDS, NO_WORDS), 0);
    assert_int_equal(call(handler, IRQAckIRQ, NO_WORDS, NO_WORDS), 0);
    host_irq_raise(IRQ);
    interrupt();
    assert_int_equal(poll(other), 0);
}

static void test_set_handler_errors(void **state)
{
    const word_t handler = new_slot();
    const word_t endpoint = make(seL4_EndpointObject, 0);
    const word_t notification = make(seL4_NotificationObject, 0);
    const word_t read_only = new_slot();

    (void)state;
    assert_int_equal(issue(IRQ, handler), 0);
    assert_int_equal(cnode_copy(read_only, notification, RIGHT_READ), 0);
    assert_int_equal(call(handler, IRQSetIRQHandler, NO_WORDS, NO_WORDS), seL4_TruncatedMessage);
    assert_int_equal(call(handler, IRQSetIRQHandler, WORDS(endpoint), NO_WORDS),
                     seL4_InvalidCapability);
    assert_int_equal(answer.mr[0], 0);
    assert_int_equal(call(handler, IRQSetIRQHandler, WORDS(read_only), NO_WORDS),
                     seL4_InvalidCapability);
    assert_int_equal(call(handler, CNodeDelete, NO_WORDS, WORDS(1, 64)), seL4_IllegalOperation);
}

static void test_last_notification_cap_in_handler(void **state)
{
    const word_t handler = new_slot();
    const word_t notification = make(seL4_NotificationObject, 0);
    const word_t other = make(seL4_NotificationObject, 0);

    (void)state;
    // The kernel's slot holds the last cap of the notification; replacing it deletes the object.
    assert_int_equal(issue(IRQ, handler), 0);
    assert_int_equal(call(handler, IRQSetIRQHandler, WORDS(notification), NO_WORDS), 0);
    assert_int_equal(cnode_delete(notification), 0);
    host_irq_raise(IRQ);
    interrupt();
    assert_int_equal(call(handler, IRQSetIRQHandler, WORDS(other), NO_WORDS), 0);
    // Setting the same one again.
    assert_int_equal(call(handler, IRQSetIRQHandler, WORDS(other), NO_WORDS), 0);
    assert_int_equal(cnode_delete(other), 0);
    assert_int_equal(cnode_delete(handler), 0);
    assert_true(cap_is_null(irq_notification_slot(IRQ)->cap));
}

static void test_revoked_notification(void **state)
{
    const word_t handler = new_slot();
    const word_t untyped = make_untyped(8);
    const word_t notification = make_from(untyped, seL4_NotificationObject, 0);

    (void)state;
    assert_int_equal(issue(IRQ, handler), 0);
    assert_int_equal(call(handler, IRQSetIRQHandler, WORDS(notification), NO_WORDS), 0);
    assert_int_equal(cnode_revoke(untyped), 0);
    assert_true(cap_is_null(irq_notification_slot(IRQ)->cap));
    host_irq_raise(IRQ);
    interrupt();
    assert_true(host_irq_is_masked(IRQ));
}

static void test_sgi(void **state)
{
    const word_t slot = new_slot();
    word_t irq;
    word_t target;

    (void)state;
    assert_int_equal(call(seL4_CapIRQControl, ARMIRQIssueSGISignal, WORDS(ROOT),
                          WORDS(16, 0, slot, DEPTH)), seL4_RangeError);
    assert_int_equal(answer.mr[1], 15);
    assert_int_equal(call(seL4_CapIRQControl, ARMIRQIssueSGISignal, WORDS(ROOT),
                          WORDS(3, 8, slot, DEPTH)), seL4_InvalidArgument);
    assert_int_equal(answer.mr[0], 1);
    assert_int_equal(call(seL4_CapIRQControl, ARMIRQIssueSGISignal, WORDS(ROOT),
                          WORDS(3, 2, ROOT, DEPTH)), seL4_DeleteFirst);
    assert_int_equal(call(seL4_CapIRQControl, ARMIRQIssueSGISignal, WORDS(ROOT),
                          WORDS(3, 2, slot)), seL4_TruncatedMessage);
    assert_int_equal(call(seL4_CapIRQControl, ARMIRQIssueSGISignal, WORDS(ROOT),
                          WORDS(3, 2, slot, DEPTH)), 0);
    assert_int_equal(host_sgi_count(&irq, &target), 0);
    put_message(0, NO_WORDS, NO_WORDS);
    arch_set_register(harness_core()->current, REGISTER_CAP, slot);
    assert_true(enter(seL4_SysNBSend));
    assert_int_equal(host_sgi_count(&irq, &target), 1);
    assert_int_equal(irq, 3);
    assert_int_equal(target, 2);
    const word_t copy = new_slot();
    assert_int_equal(cnode_copy(copy, slot, ALL_RIGHTS), 0);
    assert_int_equal(cnode_revoke(seL4_CapIRQControl), 0);
    assert_true(cap_is_null(cap_at(slot)));
    assert_true(cap_is_null(cap_at(copy)));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_issue, harness_setup),
        cmocka_unit_test_setup(test_issue_trigger, harness_setup),
        cmocka_unit_test_setup(test_deliver, harness_setup),
        cmocka_unit_test_setup(test_set_handler_errors, harness_setup),
        cmocka_unit_test_setup(test_last_notification_cap_in_handler, harness_setup),
        cmocka_unit_test_setup(test_revoked_notification, harness_setup),
        cmocka_unit_test_setup(test_sgi, harness_setup),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
