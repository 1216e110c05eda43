// SPDX-License-Identifier: BSD-2-Clause
// AArch64 invocations under their usual names: address spaces, pages, ASIDs, VCPUs, interrupts.
#ifndef SEL4_ARCH_INVOCATIONS_H
#define SEL4_ARCH_INVOCATIONS_H

#include <sel4/invocations.h>

#if defined(__aarch64__) || defined(ROOKERY_ABI_AARCH64)

// --- Address spaces and pages ----------------------------------------------------------------

#define SEL4_CACHE_OPERATION(object, operation, label)                                     \
    static inline seL4_Error seL4_ARM_##object##_##operation(seL4_CPtr service,            \
                                                             seL4_Word start, seL4_Word end) \
    {                                                                                      \
        return SEL4_INVOKE(service, label, 0, 2, start, end, 0, 0);                        \
    }

// Of a VSpace: [start, end) are virtual addresses in one mapped page.
SEL4_CACHE_OPERATION(VSpace, Clean_Data, ARMVSpaceClean_Data)
SEL4_CACHE_OPERATION(VSpace, Invalidate_Data, ARMVSpaceInvalidate_Data)
SEL4_CACHE_OPERATION(VSpace, CleanInvalidate_Data, ARMVSpaceCleanInvalidate_Data)
SEL4_CACHE_OPERATION(VSpace, Unify_Instruction, ARMVSpaceUnify_Instruction)
// Of a page: [start, end) are offsets in the page.
SEL4_CACHE_OPERATION(Page, Clean_Data, ARMPageClean_Data)
SEL4_CACHE_OPERATION(Page, Invalidate_Data, ARMPageInvalidate_Data)
SEL4_CACHE_OPERATION(Page, CleanInvalidate_Data, ARMPageCleanInvalidate_Data)
SEL4_CACHE_OPERATION(Page, Unify_Instruction, ARMPageUnify_Instruction)
#undef SEL4_CACHE_OPERATION

static inline seL4_Error seL4_ARM_PageTable_Map(seL4_ARM_PageTable service, seL4_CPtr vspace,
                                                seL4_Word vaddr, seL4_ARM_VMAttributes attr)
{
    seL4_SetCap(0, vspace);
    return SEL4_INVOKE(service, ARMPageTableMap, 1, 2, vaddr, (seL4_Word)attr, 0, 0);
}

static inline seL4_Error seL4_ARM_PageTable_Unmap(seL4_ARM_PageTable service)
{
    return SEL4_INVOKE(service, ARMPageTableUnmap, 0, 0, 0, 0, 0, 0);
}

/// After a mapping that returned seL4_FailedLookup: the number of address bits that the missing table
/// resolves (SEL4_MAPPING_LOOKUP_NO_*).
static inline seL4_Word seL4_MappingFailedLookupLevel(void)
{
    return seL4_GetMR(SEL4_MAPPING_LOOKUP_LEVEL);
}

static inline seL4_Error seL4_ARM_Page_Map(seL4_ARM_Page service, seL4_CPtr vspace,
                                           seL4_Word vaddr, seL4_CapRights_t rights,
                                           seL4_ARM_VMAttributes attr)
{
    seL4_SetCap(0, vspace);
    return SEL4_INVOKE(service, ARMPageMap, 1, 3, vaddr, rights.words[0], (seL4_Word)attr, 0);
}

static inline seL4_Error seL4_ARM_Page_Unmap(seL4_ARM_Page service)
{
    return SEL4_INVOKE(service, ARMPageUnmap, 0, 0, 0, 0, 0, 0);
}

typedef struct seL4_ARM_Page_GetAddress {
    int error;
    seL4_Word paddr;
} seL4_ARM_Page_GetAddress_t;

static inline seL4_ARM_Page_GetAddress_t seL4_ARM_Page_GetAddress(seL4_ARM_Page service)
{
    struct sel4_words mr = { 0, 0, 0, 0 };
    seL4_Error error = sel4_invoke(service, ARMPageGetAddress, 0, 0, &mr);

    return (seL4_ARM_Page_GetAddress_t){ .error = (int)error, .paddr = mr.w0 };
}

static inline seL4_Error seL4_ARM_ASIDControl_MakePool(seL4_ARM_ASIDControl service,
                                                       seL4_Untyped untyped, seL4_CNode root,
                                                       seL4_Word index, seL4_Uint8 depth)
{
    seL4_SetCap(0, untyped);
    seL4_SetCap(1, root);
    return SEL4_INVOKE(service, ARMASIDControlMakePool, 2, 2, index, depth, 0, 0);
}

static inline seL4_Error seL4_ARM_ASIDPool_Assign(seL4_ARM_ASIDPool service, seL4_CPtr vspace)
{
    seL4_SetCap(0, vspace);
    return SEL4_INVOKE(service, ARMASIDPoolAssign, 1, 0, 0, 0, 0, 0);
}

// --- VCPU ------------------------------------------------------------------------------------

static inline seL4_Error seL4_ARM_VCPU_SetTCB(seL4_ARM_VCPU service, seL4_TCB tcb)
{
    seL4_SetCap(0, tcb);
    return SEL4_INVOKE(service, ARMVCPUSetTCB, 1, 0, 0, 0, 0, 0);
}

/// Put interrupt `virq` into list register `index` as pending.
static inline seL4_Error seL4_ARM_VCPU_InjectIRQ(seL4_ARM_VCPU service, seL4_Uint16 virq,
                                                 seL4_Uint8 priority, seL4_Uint8 group,
                                                 seL4_Uint8 index)
{
    return SEL4_INVOKE(service, ARMVCPUInjectIRQ, 0, 1,
                       (seL4_Word)virq | ((seL4_Word)priority << 16) | ((seL4_Word)group << 24)
                           | ((seL4_Word)index << 32), 0, 0, 0);
}

typedef struct seL4_ARM_VCPU_ReadRegs {
    int error;
    seL4_Word value;
} seL4_ARM_VCPU_ReadRegs_t;

static inline seL4_ARM_VCPU_ReadRegs_t seL4_ARM_VCPU_ReadRegs(seL4_ARM_VCPU service,
                                                              seL4_VCPUReg field)
{
    struct sel4_words mr = { (seL4_Word)field, 0, 0, 0 };
    seL4_Error error = sel4_invoke(service, ARMVCPUReadReg, 0, 1, &mr);

    return (seL4_ARM_VCPU_ReadRegs_t){ .error = (int)error, .value = mr.w0 };
}

static inline seL4_Error seL4_ARM_VCPU_WriteRegs(seL4_ARM_VCPU service, seL4_VCPUReg field,
                                                 seL4_Word value)
{
    return SEL4_INVOKE(service, ARMVCPUWriteReg, 0, 2, (seL4_Word)field, value, 0, 0);
}

static inline seL4_Error seL4_ARM_VCPU_AckVPPI(seL4_ARM_VCPU service, seL4_Word irq)
{
    return SEL4_INVOKE(service, ARMVCPUAckVPPI, 0, 1, irq, 0, 0, 0);
}

// --- Interrupts ------------------------------------------------------------------------------

/// trigger: 0 level, 1 edge.
static inline seL4_Error seL4_IRQControl_GetTrigger(seL4_IRQControl service, seL4_Word irq,
                                                    seL4_Word trigger, seL4_CNode root,
                                                    seL4_Word index, seL4_Uint8 depth)
{
    seL4_SetCap(0, root);
    return SEL4_INVOKE(service, ARMIRQIssueIRQHandlerTrigger, 1, 4, irq, trigger, index, depth);
}

#if CONFIG_MAX_NUM_NODES > 1
static inline seL4_Error seL4_IRQControl_GetTriggerCore(seL4_IRQControl service, seL4_Word irq,
                                                        seL4_Word trigger, seL4_CNode root,
                                                        seL4_Word index, seL4_Uint8 depth,
                                                        seL4_Word target)
{
    seL4_SetCap(0, root);
    seL4_SetMR(4, target);
    return SEL4_INVOKE(service, ARMIRQIssueIRQHandlerTriggerCore, 1, 5, irq, trigger, index, depth);
}
#else
static inline seL4_Error seL4_IRQControl_IssueSGISignal(seL4_IRQControl service, seL4_Word irq,
                                                        seL4_Word target, seL4_CNode root,
                                                        seL4_Word index, seL4_Uint8 depth)
{
    seL4_SetCap(0, root);
    return SEL4_INVOKE(service, ARMIRQIssueSGISignal, 1, 4, irq, target, index, depth);
}
#endif

// --- Secure monitor calls --------------------------------------------------------------------

typedef struct seL4_ARM_SMCContext {
    seL4_Word x0, x1, x2, x3, x4, x5, x6, x7;
} seL4_ARM_SMCContext;

/// Make the secure monitor call in `args`; `response` gets x0..x7 when there was no error.
static inline seL4_Error seL4_ARM_SMC_Call(seL4_ARM_SMC service, const seL4_ARM_SMCContext *args,
                                           seL4_ARM_SMCContext *response)
{
    struct sel4_words mr = { args->x0, args->x1, args->x2, args->x3 };
    seL4_Error error;

    seL4_SetMR(4, args->x4);
    seL4_SetMR(5, args->x5);
    seL4_SetMR(6, args->x6);
    seL4_SetMR(7, args->x7);
    error = sel4_invoke(service, ARMSMCCall, 0, 8, &mr);
    if (error == seL4_NoError) {
        *response = (seL4_ARM_SMCContext){
            mr.w0, mr.w1, mr.w2, mr.w3, seL4_GetMR(4), seL4_GetMR(5), seL4_GetMR(6), seL4_GetMR(7)
        };
    }
    return error;
}

#endif

#endif
