// SPDX-License-Identifier: BSD-2-Clause
// The DomainSet cap: puts threads into scheduling domains and edits the domain schedule (seL4 API:
// DomainSet methods; seL4 RFC 20, runtime domain schedules).
#include <kernel/kernel.h>

/// The last entry of the schedule always ends it, so it can't be set.
#define LAST_INDEX (DOMAIN_SCHEDULE_LENGTH - 2)

static enum status decode_set(struct core *core, struct invocation *invocation)
{
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
    sched_set_domain(core, cap_pointer(invocation->extra[0]->cap),
                     arch_safe_index(domain, CONFIG_NUM_DOMAINS));
    return STATUS_OK;
}

static enum status decode_configure(struct core *core, struct invocation *invocation)
{
    if (invocation->length < 3) {
        return error_set(core, seL4_TruncatedMessage);
    }
    const word_t index = invocation_word(core, invocation, 0);
    const word_t domain = invocation_word(core, invocation, 1);
    const ticks_t duration = invocation_word(core, invocation, 2);
    if (index > LAST_INDEX) {
        return error_range(core, 0, LAST_INDEX);
    }
    if (domain >= CONFIG_NUM_DOMAINS) {
        return error_range(core, 0, CONFIG_NUM_DOMAINS - 1);
    }
    if (duration == 0 && domain != 0) {
        return error_invalid_argument(core, 1); // an end marker is (0, 0)
    }
    if (duration == 0 && index == core->domain_start) {
        return error_invalid_argument(core, 2); // the running schedule must not become empty
    }
    sched_domain_configure(arch_safe_index(index, DOMAIN_SCHEDULE_LENGTH),
                           arch_safe_index(domain, CONFIG_NUM_DOMAINS), duration);
    return STATUS_OK;
}

static enum status decode_set_start(struct core *core, struct invocation *invocation)
{
    if (invocation->length < 1) {
        return error_set(core, seL4_TruncatedMessage);
    }
    const word_t index = invocation_word(core, invocation, 0);
    if (index > LAST_INDEX) {
        return error_range(core, 0, LAST_INDEX);
    }
    if (core->domain_schedule[arch_safe_index(index, DOMAIN_SCHEDULE_LENGTH)].duration == 0) {
        return error_invalid_argument(core, 0);
    }
    sched_domain_set_start(core, index);
    return STATUS_OK;
}

enum status domain_decode(struct core *core, struct invocation *invocation)
{
    switch (invocation->label) {
    case DomainSetSet:
        return decode_set(core, invocation);
    case DomainScheduleConfigure:
        return decode_configure(core, invocation);
    case DomainScheduleSetStart:
        return decode_set_start(core, invocation);
    default:
        return error_set(core, seL4_IllegalOperation);
    }
}
