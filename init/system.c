// SPDX-License-Identifier: BSD-2-Clause
// Puts the objects together: address spaces, caps, threads, interrupts; then starts the threads.
#include "init.h"

static const seL4_Word all_rights = (1u << seL4_CapRightsBits) - 1;

/// A cap of the frame that may be mapped: the first one where it is free and stays here, else a copy. The
/// user image's own caps are mapped in the initialiser's address space.
static seL4_CPtr mappable_cap(struct init *init, uint32_t frame, bool moves)
{
    if (!moves && !(init->objects[frame].flags & SYSTEM_OBJECT_DONATED) && !init->used[frame]) {
        init->used[frame] = 1;
        return object_slot(init, frame);
    }
    return object_copy(init, frame, all_rights, 0);
}

static void map_frame(struct init *init, const struct system_mapping *mapping)
{
    seL4_Word rights = 0, attributes = seL4_ARM_ParityEnabled;
    rights |= mapping->flags & SYSTEM_MAPPING_READ ? seL4_CapRightRead : 0;
    rights |= mapping->flags & SYSTEM_MAPPING_WRITE ? seL4_CapRightWrite : 0;
    attributes |= mapping->flags & SYSTEM_MAPPING_CACHED ? seL4_ARM_PageCacheable : 0;
    attributes |= mapping->flags & SYSTEM_MAPPING_EXECUTE ? 0 : seL4_ARM_ExecuteNever;
    seL4_CPtr cap = mappable_cap(init, mapping->frame, mapping->cnode != SYSTEM_IMAGE_NONE);
    init_check(init, seL4_ARM_Page_Map(cap, object_slot(init, mapping->vspace), mapping->vaddr,
                                       (seL4_CapRights_t){ { rights } }, (seL4_ARM_VMAttributes)attributes),
               "Page.Map", mapping->frame);
    if (mapping->cnode == SYSTEM_IMAGE_NONE) {
        return;
    }
    // The owner gets the mapped cap itself: copies of it would not be mapped.
    init_check(init, seL4_CNode_Move(object_slot(init, mapping->cnode), mapping->slot,
                                     init->objects[mapping->cnode].size_bits, seL4_CapInitThreadCNode, cap,
                                     seL4_WordBits),
               "CNode.Move (mapped frame)", mapping->cnode);
}

/// Whether a cap of the frame is installed as such: then its first cap stays where it is.
static void keep_installed_frames(struct init *init)
{
    for (uint32_t i = 0; i < init->image->caps.count; i++) {
        uint32_t object = init->caps[i].object;
        if (init->objects[object].type == SYSTEM_OBJECT_FRAME) {
            init->used[object] = 1;
        }
    }
}

void system_map(struct init *init)
{
    keep_installed_frames(init);
    for (uint32_t i = 0; i < init->image->page_tables.count; i++) {
        const struct system_page_table *entry = &init->page_tables[i];
        init_check(init, seL4_ARM_PageTable_Map(object_slot(init, entry->page_table),
                                                object_slot(init, entry->vspace), entry->vaddr,
                                                seL4_ARM_Default_VMAttributes),
                   "PageTable.Map", entry->page_table);
    }
    for (uint32_t i = 0; i < init->image->mappings.count; i++) {
        map_frame(init, &init->mappings[i]);
    }
}

void system_install_caps(struct init *init)
{
    for (uint32_t i = 0; i < init->image->caps.count; i++) {
        const struct system_cap *cap = &init->caps[i];
        seL4_CPtr target = object_slot(init, cap->cnode);
        seL4_Uint8 depth = init->objects[cap->cnode].size_bits;
        seL4_CPtr source = object_slot(init, cap->object);
        seL4_CapRights_t rights = { { cap->rights } };
        seL4_Error error;
        const char *call = "CNode.Copy";
        if (cap->badge != 0) {
            call = "CNode.Mint";
            error = seL4_CNode_Mint(target, cap->slot, depth, seL4_CapInitThreadCNode, source,
                                    seL4_WordBits, rights, cap->badge);
        } else {
            error = seL4_CNode_Copy(target, cap->slot, depth, seL4_CapInitThreadCNode, source,
                                    seL4_WordBits, rights);
        }
        init_check(init, error, call, cap->object);
    }
}

static seL4_CPtr slot_or_null(const struct init *init, uint32_t object)
{
    return object == SYSTEM_IMAGE_NONE ? (seL4_CPtr)seL4_CapNull : object_slot(init, object);
}

/// A cap for faults: send, and be answered, nothing else.
static seL4_CPtr fault_cap(struct init *init, uint32_t endpoint, uint64_t badge)
{
    if (endpoint == SYSTEM_IMAGE_NONE) {
        return seL4_CapNull;
    }
    return object_copy(init, endpoint, seL4_CapRightWrite | seL4_CapRightGrantReply, badge);
}

static void configure_sched_context(struct init *init, const struct system_thread *thread)
{
    if (thread->sched_context == SYSTEM_IMAGE_NONE) {
        return;
    }
    seL4_Word flags = thread->flags & SYSTEM_THREAD_SC_SPORADIC ? seL4_SchedContext_Sporadic
                                                                : seL4_SchedContext_NoFlag;
    init_check(init, seL4_SchedControl_ConfigureFlags(init->boot_info->schedcontrol.start + thread->core,
                                                      object_slot(init, thread->sched_context),
                                                      thread->budget_us, thread->period_us,
                                                      thread->extra_refills, thread->sched_context_badge,
                                                      flags),
               "SchedControl.ConfigureFlags", thread->sched_context);
}

static void configure_thread(struct init *init, const struct system_thread *thread)
{
    seL4_CPtr tcb = object_slot(init, thread->tcb);
    seL4_CPtr buffer = thread->ipc_buffer == SYSTEM_IMAGE_NONE
                           ? (seL4_CPtr)seL4_CapNull
                           : object_copy(init, thread->ipc_buffer, all_rights, 0);
    seL4_Word buffer_vaddr = thread->ipc_buffer == SYSTEM_IMAGE_NONE ? 0 : thread->ipc_buffer_vaddr;
    init_check(init, seL4_TCB_Configure(tcb, slot_or_null(init, thread->cnode), thread->cnode_guard,
                                        object_slot(init, thread->vspace), 0, buffer_vaddr, buffer),
               "TCB.Configure", thread->tcb);
    configure_sched_context(init, thread);
    init_check(init, seL4_TCB_SetSchedParams(tcb, seL4_CapInitThreadTCB, thread->max_priority,
                                             thread->priority, slot_or_null(init, thread->sched_context),
                                             fault_cap(init, thread->fault_endpoint, thread->fault_badge)),
               "TCB.SetSchedParams", thread->tcb);
    if (thread->timeout_endpoint != SYSTEM_IMAGE_NONE) {
        init_check(init, seL4_TCB_SetTimeoutEndpoint(tcb, fault_cap(init, thread->timeout_endpoint,
                                                                    thread->timeout_badge)),
                   "TCB.SetTimeoutEndpoint", thread->tcb);
    }
    if (thread->bound_notification != SYSTEM_IMAGE_NONE) {
        init_check(init, seL4_TCB_BindNotification(tcb, object_slot(init, thread->bound_notification)),
                   "TCB.BindNotification", thread->tcb);
    }
    if (thread->flags & SYSTEM_THREAD_FPU_DISABLED) {
        init_check(init, (seL4_Error)seL4_TCB_SetFlags(tcb, 0, seL4_TCBFlag_fpuDisabled).error,
                   "TCB.SetFlags", thread->tcb);
    }
    if (thread->domain != 0) {
        init_check(init, seL4_DomainSet_Set(seL4_CapDomain, thread->domain, tcb), "DomainSet.Set",
                   thread->tcb);
    }
    seL4_UserContext context = { .pc = thread->ip, .sp = thread->sp };
    context.x0 = thread->argument[0];
    context.x1 = thread->argument[1];
    if (thread->ip != 0) {
        init_check(init, seL4_TCB_WriteRegisters(tcb, 0, 0, 5, &context), "TCB.WriteRegisters",
                   thread->tcb);
    }
#if CONFIG_DEBUG_BUILD
    if (thread->name < init->image->strings.count) {
        seL4_DebugNameThread(tcb, init->strings + thread->name);
    }
#endif
}

void system_configure_threads(struct init *init)
{
    for (uint32_t i = 0; i < init->image->threads.count; i++) {
        configure_thread(init, &init->threads[i]);
    }
    for (uint32_t i = 0; i < init->image->vcpus.count; i++) {
        init_check(init, seL4_ARM_VCPU_SetTCB(object_slot(init, init->vcpus[i].vcpu),
                                              object_slot(init, init->vcpus[i].tcb)),
                   "VCPU.SetTCB", init->vcpus[i].vcpu);
    }
}

void system_bind_irqs(struct init *init)
{
    for (uint32_t i = 0; i < init->image->irqs.count; i++) {
        const struct system_irq *irq = &init->irqs[i];
        if (irq->notification == SYSTEM_IMAGE_NONE) {
            continue;
        }
        seL4_CPtr notification = object_copy(init, irq->notification, seL4_CapRightWrite, irq->badge);
        init_check(init, seL4_IRQHandler_SetNotification(object_slot(init, irq->handler), notification),
                   "IRQHandler.SetNotification", irq->handler);
    }
}

void system_start(struct init *init)
{
    for (uint32_t i = 0; i < init->image->threads.count; i++) {
        if (init->threads[i].flags & SYSTEM_THREAD_RESUME) {
            init_check(init, seL4_TCB_Resume(object_slot(init, init->threads[i].tcb)), "TCB.Resume",
                       init->threads[i].tcb);
        }
    }
}
