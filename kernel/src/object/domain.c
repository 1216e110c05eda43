// SPDX-License-Identifier: BSD-2-Clause
// The DomainSet cap: puts threads into scheduling domains (seL4 API: DomainSet methods). The run-time
// domain schedule is not offered: its calls answer IllegalOperation.
#include <kernel/kernel.h>

static void invoke_set(struct core *core, struct tcb *tcb, word_t domain)
{
    sched_dequeue(core, tcb);
    tcb->domain = (uint8_t)domain;
    if (thread_is_schedulable(tcb)) {
        sched_enqueue(core, tcb);
    }
    if (tcb == core->current) {
        sched_reschedule(core);
    }
}

enum status domain_decode(struct core *core, struct invocation *invocation)
{
    if (invocation->label != DomainSetSet) {
        return error_set(core, seL4_IllegalOperation);
    }
    if (invocation->length < 1) {
        return error_set(core, seL4_TruncatedMessage);
    }
    const word_t domain = invocation_word(core, invocation, 0);
    if (domain >= CONFIG_NUM_DOMAINS) {
        return error_invalid_argument(core, 0);
    }
    if (invocation->extra[0] == NULL) {
        return error_set(core, seL4_TruncatedMessage);
    }
    if (cap_type(invocation->extra[0]->cap) != CAP_THREAD) {
        return error_invalid_argument(core, 1);
    }
    invoke_set(core, cap_pointer(invocation->extra[0]->cap), domain);
    return STATUS_OK;
}
