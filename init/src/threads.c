// SPDX-License-Identifier: BSD-2-Clause
// Scheduling contexts, threads and VCPUs.
#include <init/init.h>

static bool configure_sched_context(struct init *init, const struct system_thread *thread)
{
    seL4_SlotRegion cores = init->boot_info->schedcontrol;
    seL4_Word flags = (thread->flags & SYSTEM_THREAD_SC_SPORADIC) != 0 ? seL4_SchedContext_Sporadic
                                                                       : seL4_SchedContext_NoFlag;

    if (thread->sched_context == SYSTEM_IMAGE_NONE) {
        return true;
    }
    if (thread->core >= cores.end - cores.start) {
        return init_error("thread '%s': there is no core %u, the kernel has %llu",
                          init_name(&init->system, thread->name), (unsigned)thread->core,
                          (unsigned long long)(cores.end - cores.start));
    }
    return init_check(init,
                      seL4_SchedControl_ConfigureFlags(
                          cores.start + thread->core, object_slot(init, thread->sched_context),
                          thread->budget_us, thread->period_us, thread->extra_refills,
                          thread->sched_context_badge, flags),
                      "SchedControl_ConfigureFlags", thread->sched_context);
}

/// Slot of an object's cap, or of the null cap.
static seL4_CPtr optional_slot(const struct init *init, uint32_t index)
{
    return index == SYSTEM_IMAGE_NONE ? seL4_CapNull : object_slot(init, index);
}

/// Puts a badged cap of a fault endpoint into the temporary slot.
static bool mint_endpoint(struct init *init, uint32_t endpoint, seL4_Word badge)
{
    seL4_CPtr root = seL4_CapInitThreadCNode;

    return init_check(init,
                      seL4_CNode_Mint(root, init->temporary, seL4_WordBits, root,
                                      object_slot(init, endpoint), seL4_WordBits,
                                      seL4_CapRights_new(1, 0, 0, 1), badge),
                      "CNode_Mint", endpoint);
}

static bool delete_temporary(struct init *init, uint32_t index)
{
    return init_check(init,
                      seL4_CNode_Delete(seL4_CapInitThreadCNode, init->temporary, seL4_WordBits),
                      "CNode_Delete", index);
}

static bool set_scheduling(struct init *init, const struct system_thread *thread)
{
    seL4_CPtr tcb = object_slot(init, thread->tcb);
    bool has_fault = thread->fault_endpoint != SYSTEM_IMAGE_NONE;
    bool has_timeout = thread->timeout_endpoint != SYSTEM_IMAGE_NONE;

    if (has_fault && !mint_endpoint(init, thread->fault_endpoint, thread->fault_badge)) {
        return false;
    }
    seL4_Error error = seL4_TCB_SetSchedParams(
        tcb, seL4_CapInitThreadTCB, thread->max_priority, thread->priority,
        optional_slot(init, thread->sched_context), has_fault ? init->temporary : seL4_CapNull);
    if (!init_check(init, error, "TCB_SetSchedParams", thread->tcb)
        || (has_fault && !delete_temporary(init, thread->fault_endpoint))) {
        return false;
    }
    if (!has_timeout) {
        return true;
    }
    return mint_endpoint(init, thread->timeout_endpoint, thread->timeout_badge)
        && init_check(init, seL4_TCB_SetTimeoutEndpoint(tcb, init->temporary),
                      "TCB_SetTimeoutEndpoint", thread->tcb)
        && delete_temporary(init, thread->timeout_endpoint);
}

static bool set_options(struct init *init, const struct system_thread *thread)
{
    seL4_CPtr tcb = object_slot(init, thread->tcb);

    if (thread->bound_notification != SYSTEM_IMAGE_NONE
        && !init_check(
            init, seL4_TCB_BindNotification(tcb, object_slot(init, thread->bound_notification)),
            "TCB_BindNotification", thread->tcb)) {
        return false;
    }
    if ((thread->flags & SYSTEM_THREAD_FPU_DISABLED) != 0
        && !init_check(init, (seL4_Error)seL4_TCB_SetFlags(tcb, 0, seL4_TCBFlag_fpuDisabled).error,
                       "TCB_SetFlags", thread->tcb)) {
        return false;
    }
    if (thread->domain != init->boot_info->initThreadDomain
        && !init_check(init, seL4_DomainSet_Set(seL4_CapDomain, thread->domain, tcb),
                       "DomainSet_Set", thread->tcb)) {
        return false;
    }
#if CONFIG_DEBUG_BUILD
    seL4_DebugNameThread(tcb, init_name(&init->system, thread->name));
#endif
    return true;
}

static bool create_thread(struct init *init, const struct system_thread *thread)
{
    seL4_CPtr tcb = object_slot(init, thread->tcb);
    bool has_buffer = thread->ipc_buffer != SYSTEM_IMAGE_NONE;
    seL4_UserContext registers = {
        .pc = thread->ip,
        .sp = thread->sp,
        .x0 = thread->argument[0],
        .x1 = thread->argument[1],
    };
    // Words up to x1; the others stay 0.
    const seL4_Word count = offsetof(seL4_UserContext, x1) / sizeof(seL4_Word) + 1;

    return configure_sched_context(init, thread)
        && init_check(init,
                      seL4_TCB_Configure(tcb, optional_slot(init, thread->cnode),
                                         thread->cnode_guard, object_slot(init, thread->vspace), 0,
                                         has_buffer ? thread->ipc_buffer_vaddr : 0,
                                         optional_slot(init, thread->ipc_buffer)),
                      "TCB_Configure", thread->tcb)
        && set_scheduling(init, thread) && set_options(init, thread)
        && init_check(init, seL4_TCB_WriteRegisters(tcb, 0, 0, count, &registers),
                      "TCB_WriteRegisters", thread->tcb);
}

bool threads_create(struct init *init)
{
    const struct system *system = &init->system;

    for (uint32_t i = 0; i < system->header->threads.count; i++) {
        if (!create_thread(init, &system->threads[i])) {
            return init_error("(thread '%s')", init_name(system, system->threads[i].name));
        }
    }
    for (uint32_t i = 0; i < system->header->vcpus.count; i++) {
        const struct system_vcpu *vcpu = &system->vcpus[i];
        if (!init_check(
                init,
                seL4_ARM_VCPU_SetTCB(object_slot(init, vcpu->vcpu), object_slot(init, vcpu->tcb)),
                "VCPU_SetTCB", vcpu->vcpu)) {
            return false;
        }
    }
    return true;
}

/// Starts the domain schedule. Entries behind it are ended, whatever the kernel came with.
static bool start_schedule(struct init *init)
{
    uint32_t count = init->system.header->schedule.count;

    if (count == 0) {
        return true;
    }
    for (uint32_t i = 0; i < count; i++) {
        const struct system_domain_slot *slot = &init->system.schedule[i];
        if (!init_check(init,
                        seL4_DomainSet_ScheduleConfigure(seL4_CapDomain, i, (seL4_Uint8)slot->domain,
                                                         slot->ticks),
                        "DomainSet_ScheduleConfigure", SYSTEM_IMAGE_NONE)) {
            return init_error("(entry %u of the domain schedule)", (unsigned)i);
        }
    }
    if (count < SYSTEM_IMAGE_MAX_SCHEDULE
        && !init_check(init, seL4_DomainSet_ScheduleConfigure(seL4_CapDomain, count, 0, 0),
                       "DomainSet_ScheduleConfigure", SYSTEM_IMAGE_NONE)) {
        return false;
    }
    return init_check(init, seL4_DomainSet_ScheduleSetStart(seL4_CapDomain, 0),
                      "DomainSet_ScheduleSetStart", SYSTEM_IMAGE_NONE);
}

bool threads_start(struct init *init)
{
    const struct system *system = &init->system;

    for (uint32_t i = 0; i < system->header->threads.count; i++) {
        const struct system_thread *thread = &system->threads[i];
        if ((thread->flags & SYSTEM_THREAD_RESUME) != 0
            && !init_check(init, seL4_TCB_Resume(object_slot(init, thread->tcb)), "TCB_Resume",
                           thread->tcb)) {
            return false;
        }
    }
    // Last: in a schedule without its own domain, the initialiser never runs again.
    return start_schedule(init);
}
