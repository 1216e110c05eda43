// SPDX-License-Identifier: BSD-2-Clause
// The model's invocations; see kernel_model.h.
#include "kernel_model.h"

#include <stdlib.h>
#include <string.h>

struct kernel_model model;
SEL4_DEFINE_IPC_BUFFER;

/// One invocation: message words and caps as the kernel sees them.
struct call {
    struct model_cap *service;
    struct model_object *object;
    seL4_Word mr[seL4_MsgMaxLength];
    struct model_cap *caps[3];
    struct sel4_syscall_regs *regs;
};

typedef seL4_Error (*call_fn)(struct call *call);

void model_reset(void)
{
    for (size_t i = 0; i < model.object_count; i++) {
        free(model.objects[i].slots);
    }
    memset(&model, 0, sizeof(model));
    model.object_count = 1;
    model.pool_limit = 511;
}

static unsigned new_object(enum model_type type, unsigned bits, uint64_t paddr, bool is_device)
{
    struct model_object *object = &model.objects[model.object_count];

    *object = (struct model_object){
        .type = type, .bits = (uint8_t)bits, .paddr = paddr, .is_device = is_device
    };
    if (type == MODEL_CNODE) {
        object->slots = calloc((size_t)1 << bits, sizeof(object->slots[0]));
    }
    return (unsigned)model.object_count++;
}

unsigned model_add(enum model_type type, seL4_SlotPos slot, unsigned bits, uint64_t paddr,
                   bool is_device)
{
    unsigned object = new_object(type, bits, paddr, is_device);

    model.root[slot] = (struct model_cap){ .object = (uint16_t)object, .rights = 15 };
    return object;
}

const struct model_cap *model_slot(unsigned cnode, unsigned slot)
{
    const struct model_cap *cap = &model.objects[cnode].slots[slot];

    return cap->object != 0 ? cap : NULL;
}

const struct model_mapping *model_mapping_at(unsigned vspace, uint64_t vaddr)
{
    for (size_t i = 0; i < model.mapping_count; i++) {
        const struct model_mapping *mapping = &model.mappings[i];
        if (!mapping->is_table && mapping->frame != 0 && mapping->vspace == vspace
            && mapping->vaddr == vaddr) {
            return mapping;
        }
    }
    return NULL;
}

static struct model_object *object_of(const struct model_cap *cap)
{
    return cap != NULL && cap->object != 0 ? &model.objects[cap->object] : NULL;
}

static enum model_type type_of(const struct model_cap *cap)
{
    const struct model_object *object = object_of(cap);

    return object != NULL ? object->type : MODEL_NULL;
}

static struct model_cap *root_slot(seL4_Word slot)
{
    return slot < MODEL_ROOT_SLOTS ? &model.root[slot] : NULL;
}

/// Slot `index` at `depth` of the CNode that a cap names: the root needs 64 bits, others their own
/// radix.
static struct model_cap *find_slot(const struct model_cap *cnode, seL4_Word index, seL4_Word depth)
{
    struct model_object *object = object_of(cnode);

    if (type_of(cnode) != MODEL_CNODE) {
        return NULL;
    }
    if (cnode == &model.root[seL4_CapInitThreadCNode]) {
        return depth == 64 ? root_slot(index) : NULL;
    }
    return depth == object->bits && index < (UINT64_C(1) << object->bits) ? &object->slots[index]
                                                                          : NULL;
}

static void unmap(struct model_cap *cap)
{
    for (size_t i = 0; cap->is_mapped && i < model.mapping_count; i++) {
        struct model_mapping *mapping = &model.mappings[i];
        if (mapping->frame == cap->object && mapping->vspace == cap->mapped_in
            && mapping->vaddr == cap->mapped_at) {
            mapping->frame = 0;
        }
    }
    cap->is_mapped = false;
}

// --- Untyped ------------------------------------------------------------------------------------

static const struct {
    enum model_type type;
    unsigned bits; ///< 0: the caller's size
} retype_types[seL4_ObjectTypeCount] = {
    [seL4_UntypedObject] = { MODEL_UNTYPED, 0 },
    [seL4_TCBObject] = { MODEL_TCB, seL4_TCBBits },
    [seL4_EndpointObject] = { MODEL_ENDPOINT, seL4_EndpointBits },
    [seL4_NotificationObject] = { MODEL_NOTIFICATION, seL4_NotificationBits },
    [seL4_CapTableObject] = { MODEL_CNODE, 0 },
    [seL4_SchedContextObject] = { MODEL_SCHED_CONTEXT, 0 },
    [seL4_ReplyObject] = { MODEL_REPLY, seL4_ReplyBits },
    [seL4_ARM_HugePageObject] = { MODEL_FRAME, seL4_HugePageBits },
    [seL4_ARM_VSpaceObject] = { MODEL_VSPACE, seL4_VSpaceBits },
    [seL4_ARM_SmallPageObject] = { MODEL_FRAME, seL4_PageBits },
    [seL4_ARM_LargePageObject] = { MODEL_FRAME, seL4_LargePageBits },
    [seL4_ARM_PageTableObject] = { MODEL_PAGE_TABLE, seL4_PageTableBits },
    [seL4_ARM_VCPUObject] = { MODEL_VCPU, seL4_VCPUBits },
};

static seL4_Error untyped_retype(struct call *call)
{
    seL4_Word type = call->mr[0];
    seL4_Word first = call->mr[4];
    seL4_Word count = call->mr[5];
    struct model_object *untyped = call->object;

    if (untyped->type != MODEL_UNTYPED) {
        return seL4_InvalidCapability;
    }
    if (type >= seL4_ObjectTypeCount || call->mr[3] != 0
        || call->caps[0] != &model.root[seL4_CapInitThreadCNode]) {
        return seL4_InvalidArgument;
    }
    if (count == 0 || count > CONFIG_RETYPE_FAN_OUT_LIMIT || first + count > MODEL_ROOT_SLOTS) {
        return seL4_RangeError;
    }
    unsigned size_bits = retype_types[type].bits != 0 ? retype_types[type].bits
                                                      : (unsigned)call->mr[1];
    unsigned bits = size_bits + (type == seL4_CapTableObject ? seL4_SlotBits : 0);
    if (untyped->is_device && type != seL4_UntypedObject
        && retype_types[type].type != MODEL_FRAME) {
        return seL4_InvalidArgument;
    }
    for (seL4_Word i = 0; i < count; i++) {
        if (model.root[first + i].object != 0) {
            return seL4_DeleteFirst;
        }
    }
    uint64_t at = (untyped->used + (UINT64_C(1) << bits) - 1) >> bits << bits;
    uint64_t size = UINT64_C(1) << untyped->bits;
    if (at > size || count > (size - at) >> bits) {
        return seL4_NotEnoughMemory;
    }
    for (seL4_Word i = 0; i < count; i++) {
        (void)model_add(retype_types[type].type, first + i, size_bits,
                        untyped->paddr + at + (i << bits), untyped->is_device);
    }
    untyped->used = at + (count << bits);
    return seL4_NoError;
}

// --- CNode --------------------------------------------------------------------------------------

static seL4_Error cnode_copy(struct call *call, bool is_mint, bool is_move)
{
    struct model_cap *to = find_slot(call->service, call->mr[0], call->mr[1] & 0xff);
    struct model_cap *from = find_slot(call->caps[0], call->mr[2], call->mr[3] & 0xff);

    if (to == NULL || from == NULL || from->object == 0) {
        call->mr[0] = to != NULL;
        return seL4_FailedLookup;
    }
    if (to->object != 0) {
        return seL4_DeleteFirst;
    }
    *to = *from;
    if (is_move) {
        *from = (struct model_cap){ .object = 0 };
        return seL4_NoError;
    }
    to->rights &= (uint8_t)call->mr[4];
    to->is_mapped = false;
    if (is_mint) {
        to->badge = call->mr[5];
    }
    return seL4_NoError;
}

static seL4_Error call_copy(struct call *call)
{
    return cnode_copy(call, false, false);
}

static seL4_Error call_mint(struct call *call)
{
    return cnode_copy(call, true, false);
}

static seL4_Error call_move(struct call *call)
{
    return cnode_copy(call, false, true);
}

static seL4_Error call_delete(struct call *call)
{
    struct model_cap *slot = find_slot(call->service, call->mr[0], call->mr[1] & 0xff);

    if (slot == NULL) {
        return seL4_FailedLookup;
    }
    unmap(slot);
    *slot = (struct model_cap){ .object = 0 };
    return seL4_NoError;
}

// --- Spaces -------------------------------------------------------------------------------------

static bool has_table(unsigned vspace, uint64_t vaddr, unsigned bits)
{
    for (size_t i = 0; i < model.mapping_count; i++) {
        const struct model_mapping *table = &model.mappings[i];
        if (table->is_table && table->vspace == vspace && table->bits == bits
            && table->vaddr >> bits == vaddr >> bits) {
            return true;
        }
    }
    return false;
}

static seL4_Error add_mapping(struct call *call, bool is_table, unsigned bits)
{
    uint16_t vspace = call->caps[0]->object;

    model.mappings[model.mapping_count++] = (struct model_mapping){
        .vspace = vspace,
        .frame = call->service->object,
        .vaddr = call->mr[0],
        .rights = call->mr[1],
        .attributes = call->mr[2],
        .is_table = is_table,
        .bits = bits,
    };
    call->service->is_mapped = true;
    call->service->mapped_in = vspace;
    call->service->mapped_at = call->mr[0];
    return seL4_NoError;
}

static bool is_vspace(const struct model_cap *cap)
{
    return type_of(cap) == MODEL_VSPACE && object_of(cap)->has_asid;
}

static seL4_Error page_table_map(struct call *call)
{
    if (call->object->type != MODEL_PAGE_TABLE || call->service->is_mapped
        || !is_vspace(call->caps[0])) {
        return seL4_InvalidCapability;
    }
    for (unsigned bits = 30; bits >= 21; bits -= 9) {
        if (!has_table(call->caps[0]->object, call->mr[0], bits)) {
            return add_mapping(call, true, bits);
        }
    }
    return seL4_DeleteFirst;
}

static seL4_Error page_map(struct call *call)
{
    unsigned vspace = call->caps[0] != NULL ? call->caps[0]->object : 0;

    if (call->object->type != MODEL_FRAME || call->service->is_mapped
        || !is_vspace(call->caps[0])) {
        return seL4_InvalidCapability;
    }
    if (call->mr[0] % (UINT64_C(1) << call->object->bits) != 0) {
        return seL4_AlignmentError;
    }
    bool is_own = vspace == model.root[seL4_CapInitThreadVSpace].object;
    for (unsigned bits = 30; !is_own && bits > call->object->bits; bits -= 9) {
        if (!has_table(vspace, call->mr[0], bits)) {
            call->mr[0] = 0;
            call->mr[1] = seL4_MissingCapability;
            call->mr[2] = bits;
            return seL4_FailedLookup;
        }
    }
    if (model_mapping_at(vspace, call->mr[0]) != NULL) {
        return seL4_DeleteFirst;
    }
    return add_mapping(call, false, call->object->bits);
}

static seL4_Error page_unmap(struct call *call)
{
    if (call->object->type != MODEL_FRAME) {
        return seL4_InvalidCapability;
    }
    unmap(call->service);
    return seL4_NoError;
}

static seL4_Error page_clean(struct call *call)
{
    return call->object->type == MODEL_FRAME && call->service->is_mapped
                && call->mr[0] < call->mr[1] && call->mr[1] <= UINT64_C(1) << call->object->bits
             ? seL4_NoError
             : seL4_InvalidArgument;
}

static seL4_Error asid_assign(struct call *call)
{
    if (call->object->type != MODEL_ASID_POOL || type_of(call->caps[0]) != MODEL_VSPACE
        || object_of(call->caps[0])->has_asid) {
        return seL4_InvalidCapability;
    }
    if (call->object->asids == model.pool_limit) {
        return seL4_DeleteFirst;
    }
    call->object->asids++;
    object_of(call->caps[0])->has_asid = true;
    return seL4_NoError;
}

static seL4_Error asid_make_pool(struct call *call)
{
    const struct model_object *untyped = object_of(call->caps[0]);

    if (call->object->type != MODEL_ASID_CONTROL || type_of(call->caps[0]) != MODEL_UNTYPED
        || untyped->bits != seL4_ASIDPoolBits || untyped->used != 0 || untyped->is_device
        || find_slot(call->caps[1], call->mr[0], call->mr[1] & 0xff) == NULL) {
        return seL4_InvalidCapability;
    }
    (void)model_add(MODEL_ASID_POOL, call->mr[0], seL4_ASIDPoolBits, untyped->paddr, false);
    return seL4_NoError;
}

// --- Interrupts ---------------------------------------------------------------------------------

static seL4_Error irq_issue(struct call *call)
{
    for (size_t i = 0; i < model.object_count; i++) {
        if (model.objects[i].type == MODEL_IRQ_HANDLER && model.objects[i].irq == call->mr[0]) {
            return seL4_RevokeFirst;
        }
    }
    if (call->object->type != MODEL_IRQ_CONTROL || call->mr[1] > 1
        || find_slot(call->caps[0], call->mr[2], call->mr[3] & 0xff) == NULL) {
        return seL4_InvalidArgument;
    }
    unsigned handler = model_add(MODEL_IRQ_HANDLER, call->mr[2], 0, 0, false);
    model.objects[handler].irq = call->mr[0];
    model.objects[handler].trigger = call->mr[1];
    return seL4_NoError;
}

static seL4_Error irq_set(struct call *call)
{
    if (call->object->type != MODEL_IRQ_HANDLER || type_of(call->caps[0]) != MODEL_NOTIFICATION
        || (call->caps[0]->rights & seL4_CapRightWrite) == 0) {
        return seL4_InvalidCapability;
    }
    call->object->notification = call->caps[0]->object;
    call->object->badge = call->caps[0]->badge;
    return seL4_NoError;
}

// --- Threads ------------------------------------------------------------------------------------

static seL4_Error sched_configure(struct call *call)
{
    struct model_object *context = object_of(call->caps[0]);

    if (call->object->type != MODEL_SCHED_CONTROL
        || type_of(call->caps[0]) != MODEL_SCHED_CONTEXT) {
        return seL4_InvalidCapability;
    }
    if (call->mr[0] == 0 || call->mr[0] > call->mr[1]) {
        return seL4_RangeError;
    }
    context->budget = call->mr[0];
    context->period = call->mr[1];
    context->extra_refills = call->mr[2];
    context->badge = call->mr[3];
    context->flags = call->mr[4];
    context->core = call->object->core;
    return seL4_NoError;
}

static seL4_Error tcb_configure(struct call *call)
{
    struct model_object *tcb = call->object;
    enum model_type cspace = type_of(call->caps[0]);

    if (tcb->type != MODEL_TCB || (cspace != MODEL_CNODE && cspace != MODEL_NULL)
        || !is_vspace(call->caps[1])
        || (call->mr[2] != 0 && type_of(call->caps[2]) != MODEL_FRAME)) {
        return seL4_InvalidCapability;
    }
    tcb->cspace = call->caps[0]->object;
    tcb->cspace_data = call->mr[0];
    tcb->vspace = call->caps[1]->object;
    tcb->buffer = call->caps[2]->object;
    tcb->buffer_address = call->mr[2];
    return seL4_NoError;
}

static bool is_endpoint_or_null(const struct model_cap *cap)
{
    return type_of(cap) == MODEL_NULL
        || (type_of(cap) == MODEL_ENDPOINT
            && cap->rights == (seL4_CapRightWrite | seL4_CapRightGrantReply));
}

static seL4_Error tcb_set_sched_params(struct call *call)
{
    struct model_object *tcb = call->object;
    enum model_type context = type_of(call->caps[1]);

    if (tcb->type != MODEL_TCB || call->caps[0] != &model.root[seL4_CapInitThreadTCB]
        || (context != MODEL_SCHED_CONTEXT && context != MODEL_NULL)
        || !is_endpoint_or_null(call->caps[2])) {
        return seL4_InvalidCapability;
    }
    tcb->max_priority = call->mr[0];
    tcb->priority = call->mr[1];
    tcb->sched_context = call->caps[1]->object;
    tcb->fault = call->caps[2]->object;
    tcb->fault_badge = call->caps[2]->badge;
    return seL4_NoError;
}

static seL4_Error tcb_set_timeout(struct call *call)
{
    if (call->object->type != MODEL_TCB || !is_endpoint_or_null(call->caps[0])) {
        return seL4_InvalidCapability;
    }
    call->object->timeout = call->caps[0]->object;
    call->object->timeout_badge = call->caps[0]->badge;
    return seL4_NoError;
}

static seL4_Error tcb_bind(struct call *call)
{
    if (call->object->type != MODEL_TCB || type_of(call->caps[0]) != MODEL_NOTIFICATION) {
        return seL4_InvalidCapability;
    }
    call->object->bound = call->caps[0]->object;
    return seL4_NoError;
}

static seL4_Error tcb_set_flags(struct call *call)
{
    call->object->flags = (call->object->flags & ~call->mr[0]) | call->mr[1];
    call->mr[0] = call->object->flags;
    return call->object->type == MODEL_TCB ? seL4_NoError : seL4_InvalidCapability;
}

static seL4_Error tcb_write_registers(struct call *call)
{
    if (call->object->type != MODEL_TCB
        || call->mr[1] > sizeof(seL4_UserContext) / sizeof(seL4_Word)) {
        return seL4_InvalidArgument;
    }
    memcpy(&call->object->registers, &call->mr[2], call->mr[1] * sizeof(seL4_Word));
    return seL4_NoError;
}

static seL4_Error tcb_resume(struct call *call)
{
    if (call->object->type != MODEL_TCB) {
        return seL4_InvalidCapability;
    }
    call->object->resumed++;
    model.resume_order[model.resume_count++] = call->service->object;
    return seL4_NoError;
}

static seL4_Error domain_configure(struct call *call)
{
    if (call->object->type != MODEL_DOMAIN) {
        return seL4_InvalidCapability;
    }
    if (call->mr[0] >= MODEL_SCHEDULE - 1 || call->mr[1] >= CONFIG_NUM_DOMAINS) {
        return seL4_RangeError;
    }
    if (call->mr[2] == 0 && call->mr[1] != 0) {
        return seL4_InvalidArgument;
    }
    model.schedule[call->mr[0]].domain = call->mr[1];
    model.schedule[call->mr[0]].ticks = call->mr[2];
    return seL4_NoError;
}

static seL4_Error domain_start(struct call *call)
{
    if (call->object->type != MODEL_DOMAIN) {
        return seL4_InvalidCapability;
    }
    if (call->mr[0] >= MODEL_SCHEDULE - 1 || model.schedule[call->mr[0]].ticks == 0) {
        return seL4_InvalidArgument;
    }
    model.schedule_starts++;
    model.resumed_before_schedule = model.resume_count;
    return seL4_NoError;
}

static seL4_Error domain_set(struct call *call)
{
    if (call->object->type != MODEL_DOMAIN || type_of(call->caps[0]) != MODEL_TCB) {
        return seL4_InvalidCapability;
    }
    object_of(call->caps[0])->domain = call->mr[0];
    return seL4_NoError;
}

static seL4_Error vcpu_set_tcb(struct call *call)
{
    if (call->object->type != MODEL_VCPU || type_of(call->caps[0]) != MODEL_TCB) {
        return seL4_InvalidCapability;
    }
    call->object->vcpu_tcb = call->caps[0]->object;
    return seL4_NoError;
}

// --- Entry --------------------------------------------------------------------------------------

static const call_fn handlers[nArchInvocationLabels] = {
    [UntypedRetype] = untyped_retype,
    [CNodeCopy] = call_copy,
    [CNodeMint] = call_mint,
    [CNodeMove] = call_move,
    [CNodeDelete] = call_delete,
    [ARMPageTableMap] = page_table_map,
    [ARMPageMap] = page_map,
    [ARMPageUnmap] = page_unmap,
    [ARMPageClean_Data] = page_clean,
    [ARMASIDPoolAssign] = asid_assign,
    [ARMASIDControlMakePool] = asid_make_pool,
    [ARMIRQIssueIRQHandlerTrigger] = irq_issue,
    [IRQSetIRQHandler] = irq_set,
    [SchedControlConfigureFlags] = sched_configure,
    [TCBConfigure] = tcb_configure,
    [TCBSetSchedParams] = tcb_set_sched_params,
    [TCBSetTimeoutEndpoint] = tcb_set_timeout,
    [TCBBindNotification] = tcb_bind,
    [TCBSetFlags] = tcb_set_flags,
    [TCBWriteRegisters] = tcb_write_registers,
    [TCBResume] = tcb_resume,
    [DomainSetSet] = domain_set,
    [DomainScheduleConfigure] = domain_configure,
    [DomainScheduleSetStart] = domain_start,
    [ARMVCPUSetTCB] = vcpu_set_tcb,
};

static seL4_Error invoke(struct call *call, seL4_MessageInfo_t info)
{
    seL4_Word label = seL4_MessageInfo_get_label(info);
    seL4_Word cap_count = seL4_MessageInfo_get_extraCaps(info);
    static struct model_cap nothing;

    model.calls++;
    if (model.calls == model.fail_at) {
        return seL4_IllegalOperation;
    }
    if (call->service == NULL || call->object == NULL || label >= nArchInvocationLabels
        || handlers[label] == NULL) {
        return seL4_InvalidCapability;
    }
    for (seL4_Word i = 0; i < cap_count; i++) {
        call->caps[i] = root_slot(seL4_GetCap((int)i));
        if (call->caps[i] == NULL) {
            return seL4_InvalidCapability;
        }
    }
    for (seL4_Word i = cap_count; i < 3; i++) {
        call->caps[i] = &nothing;
    }
    return handlers[label](call);
}

void sel4_syscall(int number, struct sel4_syscall_regs *regs)
{
    if (number == seL4_SysDebugPutChar) {
        if (model.output_size < sizeof(model.output) - 1) {
            model.output[model.output_size++] = (char)regs->cap;
        }
        return;
    }
    if (number != seL4_SysCall) {
        return;
    }
    struct call call = { .service = root_slot(regs->cap), .regs = regs };
    call.object = object_of(call.service);
    memcpy(call.mr, seL4_GetIPCBuffer()->msg, sizeof(call.mr));
    call.mr[0] = regs->mr0;
    call.mr[1] = regs->mr1;
    call.mr[2] = regs->mr2;
    call.mr[3] = regs->mr3;
    seL4_Error error = invoke(&call, (seL4_MessageInfo_t){ { regs->info } });
    regs->mr0 = call.mr[0];
    regs->mr1 = call.mr[1];
    regs->mr2 = call.mr[2];
    regs->mr3 = call.mr[3];
    regs->info = seL4_MessageInfo_new(error, 0, 0, 0).words[0];
}
