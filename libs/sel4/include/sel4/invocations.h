// SPDX-License-Identifier: BSD-2-Clause
// Invocations that every architecture has, under their usual names. Each returns the error of the
// call; when it is not seL4_NoError, message words 0..3 hold the details (sel4/types.h,
// seL4_Error).
#ifndef SEL4_INVOCATIONS_H
#define SEL4_INVOCATIONS_H

#include <sel4/arch.h>
#include <sel4/syscalls.h>

/// Words 0..3 of a message, which travel in registers.
struct sel4_words {
    seL4_Word w0, w1, w2, w3;
};

/// One invocation: label, caps set before by seL4_SetCap(), words 0..3 in `mr`, the others by
/// seL4_SetMR(). On return `mr` holds words 0..3 of the answer.
static inline seL4_Error sel4_invoke(seL4_CPtr service, seL4_Word label, seL4_Word caps,
                                     seL4_Word length, struct sel4_words *mr)
{
    struct sel4_syscall_regs regs = {
        .cap = service,
        .info = seL4_MessageInfo_new(label, 0, caps, length).words[0],
        .mr0 = mr->w0,
        .mr1 = mr->w1,
        .mr2 = mr->w2,
        .mr3 = mr->w3,
    };
    seL4_Error error;

    sel4_syscall(seL4_SysCall, &regs);
    *mr = (struct sel4_words){ regs.mr0, regs.mr1, regs.mr2, regs.mr3 };
    error = (seL4_Error)seL4_MessageInfo_get_label((seL4_MessageInfo_t){ { regs.info } });
    if (error != seL4_NoError) {
        sel4_store_mrs(&regs);
    }
    return error;
}

#define SEL4_INVOKE(service, label, caps, length, ...) \
    sel4_invoke((service), (label), (caps), (length), &(struct sel4_words){ __VA_ARGS__ })

// --- Untyped ---------------------------------------------------------------------------------

/// Make `num_objects` objects of `type` in the slots from `node_offset` on of the CNode that
/// (root, node_index, node_depth) names.
static inline seL4_Error seL4_Untyped_Retype(seL4_Untyped service, seL4_Word type,
                                             seL4_Word size_bits, seL4_CNode root,
                                             seL4_Word node_index, seL4_Word node_depth,
                                             seL4_Word node_offset, seL4_Word num_objects)
{
    seL4_SetCap(0, root);
    seL4_SetMR(4, node_offset);
    seL4_SetMR(5, num_objects);
    return SEL4_INVOKE(service, UntypedRetype, 1, 6, type, size_bits, node_index, node_depth);
}

// --- TCB -------------------------------------------------------------------------------------

#if SEL4_ARCH_KNOWN
enum { SEL4_USER_CONTEXT_WORDS = sizeof(seL4_UserContext) / sizeof(seL4_Word) };

/// Read the first `count` registers, in the order of seL4_UserContext.
static inline seL4_Error seL4_TCB_ReadRegisters(seL4_TCB service, seL4_Bool suspend_source,
                                                seL4_Uint8 arch_flags, seL4_Word count,
                                                seL4_UserContext *regs)
{
    struct sel4_words mr = { (suspend_source & 1u) | ((seL4_Word)arch_flags << 8), count, 0, 0 };
    seL4_Error error = sel4_invoke(service, TCBReadRegisters, 0, 2, &mr);
    seL4_Word *words = (seL4_Word *)regs;

    if (error != seL4_NoError) {
        return error;
    }
    seL4_SetMR(0, mr.w0);
    seL4_SetMR(1, mr.w1);
    seL4_SetMR(2, mr.w2);
    seL4_SetMR(3, mr.w3);
    for (seL4_Word i = 0; i < count && i < SEL4_USER_CONTEXT_WORDS; i++) {
        words[i] = seL4_GetMR((int)i);
    }
    return error;
}

/// Write the first `count` registers.
static inline seL4_Error seL4_TCB_WriteRegisters(seL4_TCB service, seL4_Bool resume_target,
                                                 seL4_Uint8 arch_flags, seL4_Word count,
                                                 const seL4_UserContext *regs)
{
    const seL4_Word *words = (const seL4_Word *)regs;

    for (seL4_Word i = 2; i < count && i < SEL4_USER_CONTEXT_WORDS; i++) {
        seL4_SetMR((int)i + 2, words[i]);
    }
    return SEL4_INVOKE(service, TCBWriteRegisters, 0, SEL4_USER_CONTEXT_WORDS + 2,
                       (resume_target & 1u) | ((seL4_Word)arch_flags << 8), count, words[0],
                       words[1]);
}

#endif

static inline seL4_Error seL4_TCB_CopyRegisters(seL4_TCB service, seL4_TCB source,
                                                seL4_Bool suspend_source, seL4_Bool resume_target,
                                                seL4_Bool transfer_frame,
                                                seL4_Bool transfer_integer, seL4_Uint8 arch_flags)
{
    seL4_SetCap(0, source);
    return SEL4_INVOKE(service, TCBCopyRegisters, 1, 1,
                       (suspend_source & 1u) | ((resume_target & 1u) << 1)
                           | ((transfer_frame & 1u) << 2) | ((transfer_integer & 1u) << 3)
                           | ((seL4_Word)arch_flags << 8), 0, 0, 0);
}

static inline seL4_Error seL4_TCB_Configure(seL4_TCB service, seL4_CNode cspace_root,
                                            seL4_Word cspace_root_data, seL4_CPtr vspace_root,
                                            seL4_Word vspace_root_data, seL4_Word buffer,
                                            seL4_CPtr buffer_frame)
{
    seL4_SetCap(0, cspace_root);
    seL4_SetCap(1, vspace_root);
    seL4_SetCap(2, buffer_frame);
    return SEL4_INVOKE(service, TCBConfigure, 3, 3, cspace_root_data, vspace_root_data, buffer, 0);
}

static inline seL4_Error seL4_TCB_SetPriority(seL4_TCB service, seL4_TCB authority,
                                              seL4_Word priority)
{
    seL4_SetCap(0, authority);
    return SEL4_INVOKE(service, TCBSetPriority, 1, 1, priority, 0, 0, 0);
}

static inline seL4_Error seL4_TCB_SetMCPriority(seL4_TCB service, seL4_TCB authority, seL4_Word mcp)
{
    seL4_SetCap(0, authority);
    return SEL4_INVOKE(service, TCBSetMCPriority, 1, 1, mcp, 0, 0, 0);
}

static inline seL4_Error seL4_TCB_SetSchedParams(seL4_TCB service, seL4_TCB authority,
                                                 seL4_Word mcp, seL4_Word priority,
                                                 seL4_CPtr sched_context, seL4_CPtr fault_ep)
{
    seL4_SetCap(0, authority);
    seL4_SetCap(1, sched_context);
    seL4_SetCap(2, fault_ep);
    return SEL4_INVOKE(service, TCBSetSchedParams, 3, 2, mcp, priority, 0, 0);
}

static inline seL4_Error seL4_TCB_SetTimeoutEndpoint(seL4_TCB service, seL4_CPtr timeout_fault_ep)
{
    seL4_SetCap(0, timeout_fault_ep);
    return SEL4_INVOKE(service, TCBSetTimeoutEndpoint, 1, 0, 0, 0, 0, 0);
}

static inline seL4_Error seL4_TCB_SetIPCBuffer(seL4_TCB service, seL4_Word buffer,
                                               seL4_CPtr buffer_frame)
{
    seL4_SetCap(0, buffer_frame);
    return SEL4_INVOKE(service, TCBSetIPCBuffer, 1, 1, buffer, 0, 0, 0);
}

static inline seL4_Error seL4_TCB_SetSpace(seL4_TCB service, seL4_CPtr fault_ep,
                                           seL4_CNode cspace_root, seL4_Word cspace_root_data,
                                           seL4_CPtr vspace_root, seL4_Word vspace_root_data)
{
    seL4_SetCap(0, fault_ep);
    seL4_SetCap(1, cspace_root);
    seL4_SetCap(2, vspace_root);
    return SEL4_INVOKE(service, TCBSetSpace, 3, 2, cspace_root_data, vspace_root_data, 0, 0);
}

static inline seL4_Error seL4_TCB_Suspend(seL4_TCB service)
{
    return SEL4_INVOKE(service, TCBSuspend, 0, 0, 0, 0, 0, 0);
}

static inline seL4_Error seL4_TCB_Resume(seL4_TCB service)
{
    return SEL4_INVOKE(service, TCBResume, 0, 0, 0, 0, 0, 0);
}

static inline seL4_Error seL4_TCB_BindNotification(seL4_TCB service, seL4_CPtr notification)
{
    seL4_SetCap(0, notification);
    return SEL4_INVOKE(service, TCBBindNotification, 1, 0, 0, 0, 0, 0);
}

static inline seL4_Error seL4_TCB_UnbindNotification(seL4_TCB service)
{
    return SEL4_INVOKE(service, TCBUnbindNotification, 0, 0, 0, 0, 0, 0);
}

static inline seL4_Error seL4_TCB_SetTLSBase(seL4_TCB service, seL4_Word tls_base)
{
    return SEL4_INVOKE(service, TCBSetTLSBase, 0, 1, tls_base, 0, 0, 0);
}

typedef struct seL4_TCB_SetFlags {
    int error;
    seL4_Word flags; ///< after the call
} seL4_TCB_SetFlags_t;

static inline seL4_TCB_SetFlags_t seL4_TCB_SetFlags(seL4_TCB service, seL4_Word clear,
                                                    seL4_Word set)
{
    struct sel4_words mr = { clear, set, 0, 0 };
    seL4_Error error = sel4_invoke(service, TCBSetFlags, 0, 2, &mr);

    return (seL4_TCB_SetFlags_t){ .error = (int)error, .flags = mr.w0 };
}

// --- CNode -----------------------------------------------------------------------------------

static inline seL4_Error seL4_CNode_Revoke(seL4_CNode service, seL4_Word index, seL4_Uint8 depth)
{
    return SEL4_INVOKE(service, CNodeRevoke, 0, 2, index, depth, 0, 0);
}

static inline seL4_Error seL4_CNode_Delete(seL4_CNode service, seL4_Word index, seL4_Uint8 depth)
{
    return SEL4_INVOKE(service, CNodeDelete, 0, 2, index, depth, 0, 0);
}

static inline seL4_Error seL4_CNode_CancelBadgedSends(seL4_CNode service, seL4_Word index,
                                                      seL4_Uint8 depth)
{
    return SEL4_INVOKE(service, CNodeCancelBadgedSends, 0, 2, index, depth, 0, 0);
}

static inline seL4_Error seL4_CNode_Copy(seL4_CNode service, seL4_Word dest_index,
                                         seL4_Uint8 dest_depth, seL4_CNode src_root,
                                         seL4_Word src_index, seL4_Uint8 src_depth,
                                         seL4_CapRights_t rights)
{
    seL4_SetCap(0, src_root);
    seL4_SetMR(4, rights.words[0]);
    return SEL4_INVOKE(service, CNodeCopy, 1, 5, dest_index, dest_depth, src_index, src_depth);
}

static inline seL4_Error seL4_CNode_Mint(seL4_CNode service, seL4_Word dest_index,
                                         seL4_Uint8 dest_depth, seL4_CNode src_root,
                                         seL4_Word src_index, seL4_Uint8 src_depth,
                                         seL4_CapRights_t rights, seL4_Word badge)
{
    seL4_SetCap(0, src_root);
    seL4_SetMR(4, rights.words[0]);
    seL4_SetMR(5, badge);
    return SEL4_INVOKE(service, CNodeMint, 1, 6, dest_index, dest_depth, src_index, src_depth);
}

static inline seL4_Error seL4_CNode_Move(seL4_CNode service, seL4_Word dest_index,
                                         seL4_Uint8 dest_depth, seL4_CNode src_root,
                                         seL4_Word src_index, seL4_Uint8 src_depth)
{
    seL4_SetCap(0, src_root);
    return SEL4_INVOKE(service, CNodeMove, 1, 4, dest_index, dest_depth, src_index, src_depth);
}

static inline seL4_Error seL4_CNode_Mutate(seL4_CNode service, seL4_Word dest_index,
                                           seL4_Uint8 dest_depth, seL4_CNode src_root,
                                           seL4_Word src_index, seL4_Uint8 src_depth,
                                           seL4_Word badge)
{
    seL4_SetCap(0, src_root);
    seL4_SetMR(4, badge);
    return SEL4_INVOKE(service, CNodeMutate, 1, 5, dest_index, dest_depth, src_index, src_depth);
}

static inline seL4_Error seL4_CNode_Rotate(seL4_CNode service, seL4_Word dest_index,
                                           seL4_Uint8 dest_depth, seL4_Word dest_badge,
                                           seL4_CNode pivot_root, seL4_Word pivot_index,
                                           seL4_Uint8 pivot_depth, seL4_Word pivot_badge,
                                           seL4_CNode src_root, seL4_Word src_index,
                                           seL4_Uint8 src_depth)
{
    seL4_SetCap(0, pivot_root);
    seL4_SetCap(1, src_root);
    seL4_SetMR(4, pivot_depth);
    seL4_SetMR(5, pivot_badge);
    seL4_SetMR(6, src_index);
    seL4_SetMR(7, src_depth);
    return SEL4_INVOKE(service, CNodeRotate, 2, 8, dest_index, dest_depth, dest_badge, pivot_index);
}

// --- Interrupts ------------------------------------------------------------------------------

static inline seL4_Error seL4_IRQControl_Get(seL4_IRQControl service, seL4_Word irq,
                                             seL4_CNode root, seL4_Word index, seL4_Uint8 depth)
{
    seL4_SetCap(0, root);
    return SEL4_INVOKE(service, IRQIssueIRQHandler, 1, 3, irq, index, depth, 0);
}

static inline seL4_Error seL4_IRQHandler_Ack(seL4_IRQHandler service)
{
    return SEL4_INVOKE(service, IRQAckIRQ, 0, 0, 0, 0, 0, 0);
}

static inline seL4_Error seL4_IRQHandler_SetNotification(seL4_IRQHandler service,
                                                         seL4_CPtr notification)
{
    seL4_SetCap(0, notification);
    return SEL4_INVOKE(service, IRQSetIRQHandler, 1, 0, 0, 0, 0, 0);
}

static inline seL4_Error seL4_IRQHandler_Clear(seL4_IRQHandler service)
{
    return SEL4_INVOKE(service, IRQClearIRQHandler, 0, 0, 0, 0, 0, 0);
}

// --- Domains ---------------------------------------------------------------------------------

static inline seL4_Error seL4_DomainSet_Set(seL4_DomainSet service, seL4_Uint8 domain,
                                            seL4_TCB thread)
{
    seL4_SetCap(0, thread);
    return SEL4_INVOKE(service, DomainSetSet, 1, 1, domain, 0, 0, 0);
}

// Times take one word of a message where words have 64 bits.
#if SEL4_WORD_BYTES == 8

static inline seL4_Error seL4_DomainSet_ScheduleConfigure(seL4_DomainSet service, seL4_Word index,
                                                          seL4_Uint8 domain, seL4_Time duration)
{
    return SEL4_INVOKE(service, DomainScheduleConfigure, 0, 3, index, domain, duration, 0);
}

#endif

static inline seL4_Error seL4_DomainSet_ScheduleSetStart(seL4_DomainSet service, seL4_Word index)
{
    return SEL4_INVOKE(service, DomainScheduleSetStart, 0, 1, index, 0, 0, 0);
}

// --- Scheduling contexts ---------------------------------------------------------------------

#if SEL4_WORD_BYTES == 8

/// Most extra refills that a scheduling context of 2^size bytes has room for.
static inline seL4_Word seL4_MaxExtraRefills(seL4_Word size)
{
    return (((seL4_Word)1 << size) - seL4_CoreSchedContextBytes) / seL4_RefillSizeBytes;
}

/// Budget and period in microseconds; flags are seL4_SchedContext_*.
static inline seL4_Error seL4_SchedControl_ConfigureFlags(seL4_SchedControl service,
                                                          seL4_SchedContext sched_context,
                                                          seL4_Time budget, seL4_Time period,
                                                          seL4_Word extra_refills, seL4_Word badge,
                                                          seL4_Word flags)
{
    seL4_SetCap(0, sched_context);
    seL4_SetMR(4, flags);
    return SEL4_INVOKE(service, SchedControlConfigureFlags, 1, 5, budget, period, extra_refills,
                       badge);
}

static inline seL4_Error seL4_SchedControl_Configure(seL4_SchedControl service,
                                                     seL4_SchedContext sched_context,
                                                     seL4_Time budget, seL4_Time period,
                                                     seL4_Word extra_refills, seL4_Word badge)
{
    return seL4_SchedControl_ConfigureFlags(service, sched_context, budget, period, extra_refills,
                                            badge, seL4_SchedContext_NoFlag);
}

#endif

static inline seL4_Error seL4_SchedContext_Bind(seL4_SchedContext service, seL4_CPtr cap)
{
    seL4_SetCap(0, cap);
    return SEL4_INVOKE(service, SchedContextBind, 1, 0, 0, 0, 0, 0);
}

static inline seL4_Error seL4_SchedContext_Unbind(seL4_SchedContext service)
{
    return SEL4_INVOKE(service, SchedContextUnbind, 0, 0, 0, 0, 0, 0);
}

static inline seL4_Error seL4_SchedContext_UnbindObject(seL4_SchedContext service, seL4_CPtr cap)
{
    seL4_SetCap(0, cap);
    return SEL4_INVOKE(service, SchedContextUnbindObject, 1, 0, 0, 0, 0, 0);
}

#if SEL4_WORD_BYTES == 8

typedef struct seL4_SchedContext_Consumed {
    int error;
    seL4_Time consumed; ///< microseconds
} seL4_SchedContext_Consumed_t;

static inline seL4_SchedContext_Consumed_t seL4_SchedContext_Consumed(seL4_SchedContext service)
{
    struct sel4_words mr = { 0, 0, 0, 0 };
    seL4_Error error = sel4_invoke(service, SchedContextConsumed, 0, 0, &mr);

    return (seL4_SchedContext_Consumed_t){ .error = (int)error, .consumed = mr.w0 };
}

typedef struct seL4_SchedContext_YieldTo {
    int error;
    seL4_Time consumed; ///< microseconds
} seL4_SchedContext_YieldTo_t;

static inline seL4_SchedContext_YieldTo_t seL4_SchedContext_YieldTo(seL4_SchedContext service)
{
    struct sel4_words mr = { 0, 0, 0, 0 };
    seL4_Error error = sel4_invoke(service, SchedContextYieldTo, 0, 0, &mr);

    return (seL4_SchedContext_YieldTo_t){ .error = (int)error, .consumed = mr.w0 };
}

#endif

#endif
