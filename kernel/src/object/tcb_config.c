// SPDX-License-Identifier: BSD-2-Clause
// TCB invocations that install caps in a thread: CSpace, VSpace, IPC buffer, fault and timeout
// endpoints, scheduling context. All checks come first; installing can only be preempted where an
// old root's deletion takes long, and the repeated call then finds that slot empty.
#include <kernel/sched.h>

/// A cap to install: what to put in, and the slot that it is derived from. A null cap empties the
/// slot.
struct new_cap {
    struct cap cap;
    struct slot *source;
};

struct new_space {
    struct new_cap cspace;
    struct new_cap vspace;
};

static struct slot *tcb_slot(struct tcb *tcb, enum tcb_slot which)
{
    return &tcb->slots[which];
}

/// Replaces a cap of a thread. Deleting the old one may have taken away the source or the thread's
/// own cap: then the slot stays empty.
static enum status install(struct core *core, const struct invocation *invocation, struct tcb *tcb,
                           enum tcb_slot which, struct new_cap new)
{
    struct slot *slot = tcb_slot(tcb, which);
    enum status status = slot_delete(core, slot);
    if (status != STATUS_OK) {
        return status;
    }
    if (!cap_is_null(new.cap) && cap_same_object(new.cap, new.source->cap)
        && cap_same_object(invocation->cap, invocation->slot->cap)) {
        slot_insert(new.cap, new.source, slot);
    }
    return STATUS_OK;
}

// ---- fault and timeout endpoints ----------------------------------------------------------------

/// An endpoint cap that faults can be sent through and answered, or a null cap.
static bool is_fault_handler(struct cap cap)
{
    if (cap_is_null(cap)) {
        return true;
    }
    word_t rights = cap_rights(cap);
    return cap_type(cap) == CAP_ENDPOINT && (rights & RIGHT_WRITE) != 0
           && (rights & (RIGHT_GRANT | RIGHT_GRANT_REPLY)) != 0;
}

/// Checks fault handler cap argument `number` and derives the cap to install.
static enum status check_fault_handler(struct core *core, struct slot *source, word_t number,
                                       struct new_cap *new)
{
    if (!is_fault_handler(source->cap)) {
        return error_invalid_capability(core, number);
    }
    new->source = source;
    new->cap = source->cap;
    return cap_is_null(source->cap) ? STATUS_OK : cap_derive(core, source, source->cap, &new->cap);
}

enum status tcb_decode_timeout_endpoint(struct core *core, struct invocation *invocation,
                                        struct tcb *tcb)
{
    struct new_cap handler;
    if (invocation->extra[0] == NULL) {
        return error_set(core, seL4_TruncatedMessage);
    }
    enum status status = check_fault_handler(core, invocation->extra[0], 1, &handler);
    if (status != STATUS_OK) {
        return status;
    }
    return install(core, invocation, tcb, TCB_SLOT_TIMEOUT_ENDPOINT, handler);
}

// ---- spaces -------------------------------------------------------------------------------------

/// Whether emptying a slot could take unboundedly long: the last cap of something with slots of its
/// own.
static bool deletion_is_long(const struct slot *slot)
{
    enum cap_type type = cap_type(slot->cap);
    return (type == CAP_CNODE || type == CAP_THREAD || type == CAP_ZOMBIE) && slot_is_final(slot);
}

static enum status derive_with_data(struct core *core, struct slot *source, word_t data,
                                    struct new_cap *new)
{
    struct cap cap = source->cap;
    if (data != 0) {
        cap = cap_update_data(false, data, cap);
    }
    new->source = source;
    new->cap = cap_null();
    return cap_is_null(source->cap) ? STATUS_OK : cap_derive(core, source, cap, &new->cap);
}

/// Checks the roots in extra caps `first` and `first` + 1 with their data words.
static enum status check_space(struct core *core, struct invocation *invocation, struct tcb *tcb,
                               unsigned first, struct new_space *space)
{
    if (deletion_is_long(tcb_slot(tcb, TCB_SLOT_CSPACE))
        || deletion_is_long(tcb_slot(tcb, TCB_SLOT_VSPACE))) {
        return error_set(core, seL4_IllegalOperation);
    }
    enum status status = derive_with_data(core, invocation->extra[first],
                                          invocation_word(core, invocation, 0), &space->cspace);
    if (status != STATUS_OK) {
        return status;
    }
    // A thread without CSpace is legal: a VCPU's has nothing to invoke.
    if (!cap_is_null(space->cspace.cap) && cap_type(space->cspace.cap) != CAP_CNODE) {
        return error_set(core, seL4_IllegalOperation);
    }
    status = derive_with_data(core, invocation->extra[first + 1],
                              invocation_word(core, invocation, 1), &space->vspace);
    if (status != STATUS_OK) {
        return status;
    }
    return arch_check_vspace(core, space->vspace.cap, first + 2);
}

static enum status install_space(struct core *core, struct invocation *invocation, struct tcb *tcb,
                                 const struct new_space *space)
{
    enum status status = install(core, invocation, tcb, TCB_SLOT_CSPACE, space->cspace);
    if (status != STATUS_OK) {
        return status;
    }
    status = install(core, invocation, tcb, TCB_SLOT_VSPACE, space->vspace);
    if (status == STATUS_OK && tcb == core->current) {
        arch_switch_to_thread(core, tcb); // it goes on in the new address space
    }
    return status;
}

enum status tcb_decode_space(struct core *core, struct invocation *invocation, struct tcb *tcb)
{
    struct new_cap handler;
    struct new_space space;
    if (invocation->length < 2 || invocation->extra[0] == NULL || invocation->extra[1] == NULL
        || invocation->extra[2] == NULL) {
        return error_set(core, seL4_TruncatedMessage);
    }
    enum status status = check_space(core, invocation, tcb, 1, &space);
    if (status != STATUS_OK) {
        return status;
    }
    status = check_fault_handler(core, invocation->extra[0], 1, &handler);
    if (status != STATUS_OK) {
        return status;
    }
    status = install(core, invocation, tcb, TCB_SLOT_FAULT_ENDPOINT, handler);
    if (status != STATUS_OK) {
        return status;
    }
    return install_space(core, invocation, tcb, &space);
}

// ---- IPC buffer ---------------------------------------------------------------------------------

/// Address 0: no buffer, whatever the cap is.
static enum status check_buffer(struct core *core, struct slot *source, word_t vaddr,
                                struct new_cap *new)
{
    *new = (struct new_cap){ cap_null(), NULL };
    if (vaddr == 0) {
        return STATUS_OK;
    }
    enum status status = cap_derive(core, source, source->cap, &new->cap);
    if (status != STATUS_OK) {
        return status;
    }
    new->source = source;
    return arch_check_ipc_buffer(core, vaddr, new->cap);
}

static enum status install_buffer(struct core *core, struct invocation *invocation, struct tcb *tcb,
                                  word_t vaddr, struct new_cap buffer)
{
    enum status status = install(core, invocation, tcb, TCB_SLOT_IPC_BUFFER, buffer);
    if (status == STATUS_OK) {
        tcb->ipc_buffer_vaddr = vaddr;
    }
    return status;
}

enum status tcb_decode_ipc_buffer(struct core *core, struct invocation *invocation, struct tcb *tcb)
{
    struct new_cap buffer;
    if (invocation->length < 1 || invocation->extra[0] == NULL) {
        return error_set(core, seL4_TruncatedMessage);
    }
    word_t vaddr = invocation_word(core, invocation, 0);
    enum status status = check_buffer(core, invocation->extra[0], vaddr, &buffer);
    if (status != STATUS_OK) {
        return status;
    }
    return install_buffer(core, invocation, tcb, vaddr, buffer);
}

enum status tcb_decode_configure(struct core *core, struct invocation *invocation, struct tcb *tcb)
{
    struct new_cap buffer;
    struct new_space space;
    if (invocation->length < 3 || invocation->extra[0] == NULL || invocation->extra[1] == NULL
        || invocation->extra[2] == NULL) {
        return error_set(core, seL4_TruncatedMessage);
    }
    word_t vaddr = invocation_word(core, invocation, 2);
    enum status status = check_buffer(core, invocation->extra[2], vaddr, &buffer);
    if (status != STATUS_OK) {
        return status;
    }
    status = check_space(core, invocation, tcb, 0, &space);
    if (status != STATUS_OK) {
        return status;
    }
    status = install_space(core, invocation, tcb, &space);
    if (status != STATUS_OK) {
        return status;
    }
    return install_buffer(core, invocation, tcb, vaddr, buffer);
}

// ---- scheduling parameters ----------------------------------------------------------------------

/// Checks the scheduling context argument; NULL in `out` for a null cap (unbind).
static enum status check_sched_context(struct core *core, const struct tcb *tcb, struct cap cap,
                                       struct sched_context **out)
{
    *out = NULL;
    if (cap_is_null(cap)) {
        return tcb == core->current ? error_set(core, seL4_IllegalOperation) : STATUS_OK;
    }
    if (cap_type(cap) != CAP_SCHED_CONTEXT) {
        return error_invalid_capability(core, 2);
    }
    struct sched_context *sc = cap_pointer(cap);
    if (tcb->sched_context != NULL || sc->tcb != NULL
        || (tcb_is_blocked(tcb) && !sched_context_is_released(core, sc))) {
        return error_set(core, seL4_IllegalOperation);
    }
    *out = sc;
    return STATUS_OK;
}

enum status tcb_decode_sched_params(struct core *core, struct invocation *invocation,
                                    struct tcb *tcb)
{
    if (invocation->length < 2 || invocation->extra[0] == NULL || invocation->extra[1] == NULL
        || invocation->extra[2] == NULL) {
        return error_set(core, seL4_TruncatedMessage);
    }
    word_t max_priority = invocation_word(core, invocation, 0);
    word_t priority = invocation_word(core, invocation, 1);
    struct cap authority = invocation->extra[0]->cap;
    if (cap_type(authority) != CAP_THREAD) {
        return error_invalid_capability(core, 1);
    }
    word_t limit = ((const struct tcb *)cap_pointer(authority))->max_priority;
    if (max_priority > limit || priority > limit) {
        return error_range(core, seL4_MinPrio, limit);
    }
    struct sched_context *sc;
    struct new_cap handler;
    enum status status = check_sched_context(core, tcb, invocation->extra[1]->cap, &sc);
    if (status != STATUS_OK) {
        return status;
    }
    status = check_fault_handler(core, invocation->extra[2], 3, &handler);
    if (status != STATUS_OK) {
        return status;
    }
    status = install(core, invocation, tcb, TCB_SLOT_FAULT_ENDPOINT, handler);
    if (status != STATUS_OK) {
        return status;
    }
    tcb->max_priority = (uint8_t)max_priority;
    tcb_set_priority(core, tcb, (uint8_t)priority);
    if (sc != NULL) {
        sched_context_bind_tcb(core, sc, tcb);
    } else if (tcb->sched_context != NULL) {
        sched_context_unbind_tcb(core, tcb->sched_context);
    }
    return STATUS_OK;
}
