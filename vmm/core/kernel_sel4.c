// SPDX-License-Identifier: BSD-2-Clause
// The kernel interface of the VMM (vmm/kernel.h) as seL4 system calls. The calls on the path of an
// emulated access move no more words than they have to.
#include <abi/extensions.h>
#include <sel4/sel4.h>

#include <vmm/kernel.h>

static seL4_Word message_info(uint64_t label, uint32_t length)
{
    return seL4_MessageInfo_new(label, 0, 0, length).words[0];
}

static void received(struct kernel_message *message, const struct sel4_syscall_regs *regs)
{
    message->badge = regs->cap;
    message->label = regs->info >> 12;
    message->length = (uint32_t)(regs->info & 0x7f);
    message->word[0] = regs->mr0;
    message->word[1] = regs->mr1;
    message->word[2] = regs->mr2;
    message->word[3] = regs->mr3;
}

static void load_answer(struct sel4_syscall_regs *regs, const struct kernel_answer *answer)
{
    seL4_IPCBuffer *buffer = seL4_GetIPCBuffer();

    regs->info = message_info(answer->label, answer->length);
    regs->mr0 = answer->word[0];
    regs->mr1 = answer->word[1];
    regs->mr2 = answer->word[2];
    regs->mr3 = answer->word[3];
    for (uint32_t i = 4; i < answer->length; i++) {
        buffer->msg[i] = answer->word[i];
    }
}

void kernel_receive(uint64_t endpoint, uint64_t reply, struct kernel_message *message)
{
    struct sel4_syscall_regs regs = { .cap = endpoint, .reply = reply };

    sel4_syscall(seL4_SysRecv, &regs);
    received(message, &regs);
}

void kernel_reply_receive(uint64_t endpoint, uint64_t reply, const struct kernel_answer *answer,
                          struct kernel_message *message)
{
    struct sel4_syscall_regs regs = { .cap = endpoint, .reply = reply };

    load_answer(&regs, answer);
    sel4_syscall(seL4_SysReplyRecv, &regs);
    received(message, &regs);
}

void kernel_reply(uint64_t reply, const struct kernel_answer *answer)
{
    struct sel4_syscall_regs regs = { .cap = reply };

    load_answer(&regs, answer);
    sel4_syscall(seL4_SysSend, &regs);
}

uint64_t kernel_message_word(uint32_t index)
{
    return seL4_GetIPCBuffer()->msg[index];
}

bool kernel_regs_read(uint64_t tcb, uint64_t *words, uint32_t count)
{
    struct sel4_syscall_regs regs = {
        .cap = tcb,
        .info = message_info(TCBReadRegisters, 2),
        .mr0 = 0,
        .mr1 = count,
    };

    sel4_syscall(seL4_SysCall, &regs);
    if (regs.info >> 12 != seL4_NoError) {
        return false;
    }
    const seL4_Word front[4] = { regs.mr0, regs.mr1, regs.mr2, regs.mr3 };
    const seL4_IPCBuffer *buffer = seL4_GetIPCBuffer();
    for (uint32_t i = 0; i < count; i++) {
        words[i] = i < 4 ? front[i] : buffer->msg[i];
    }
    return true;
}

bool kernel_regs_write(uint64_t tcb, const uint64_t *words, uint32_t count)
{
    struct sel4_syscall_regs regs = {
        .cap = tcb,
        .info = message_info(TCBWriteRegisters, count + 2),
        .mr0 = 0,
        .mr1 = count,
        .mr2 = words[0],
        .mr3 = count > 1 ? words[1] : 0,
    };
    seL4_IPCBuffer *buffer = seL4_GetIPCBuffer();

    for (uint32_t i = 2; i < count; i++) {
        buffer->msg[i + 2] = words[i];
    }
    sel4_syscall(seL4_SysCall, &regs);
    return regs.info >> 12 == seL4_NoError;
}

bool kernel_thread_resume(uint64_t tcb)
{
    return seL4_TCB_Resume(tcb) == seL4_NoError;
}

bool kernel_thread_suspend(uint64_t tcb)
{
    return seL4_TCB_Suspend(tcb) == seL4_NoError;
}

bool kernel_vcpu_read(uint64_t vcpu, uint32_t reg, uint64_t *value)
{
    seL4_ARM_VCPU_ReadRegs_t result = seL4_ARM_VCPU_ReadRegs(vcpu, (seL4_VCPUReg)reg);

    if (result.error != seL4_NoError) {
        return false;
    }
    *value = result.value;
    return true;
}

bool kernel_vcpu_write(uint64_t vcpu, uint32_t reg, uint64_t value)
{
    return seL4_ARM_VCPU_WriteRegs(vcpu, (seL4_VCPUReg)reg, value) == seL4_NoError;
}

bool kernel_vcpu_bind(uint64_t vcpu, uint64_t tcb)
{
    return seL4_ARM_VCPU_SetTCB(vcpu, tcb) == seL4_NoError;
}

enum kernel_inject_result kernel_vcpu_inject(uint64_t vcpu, uint32_t index,
                                             const struct kernel_interrupt *interrupt)
{
    // seL4_ARM_VCPU_InjectIRQ() has no place for the flag.
    struct sel4_syscall_regs regs = {
        .cap = vcpu,
        .info = message_info(ARMVCPUInjectIRQ, 1),
        .mr0 = (interrupt->intid & 0xffffu) | (uint64_t)(interrupt->priority & 0xffu) << 16
               | (uint64_t)(interrupt->group & 0xffu) << 24 | (uint64_t)(index & 0xffu) << 32
               | (interrupt->quiet ? ROOKERY_INJECT_QUIET : 0)
               | (interrupt->replace ? ROOKERY_INJECT_REPLACE : 0),
    };

    sel4_syscall(seL4_SysCall, &regs);
    switch (regs.info >> 12) {
    case seL4_NoError:
        return KERNEL_INJECT_OK;
    case seL4_DeleteFirst:
        return KERNEL_INJECT_ACTIVE;
    default:
        return KERNEL_INJECT_FAILED;
    }
}

bool kernel_vcpu_empty(uint64_t vcpu, uint64_t ask, uint64_t *empty)
{
    struct sel4_syscall_regs regs = {
        .cap = vcpu,
        .info = ask != 0 ? message_info(ARMVCPUWriteReg, 2) : message_info(ARMVCPUReadReg, 1),
        .mr0 = ROOKERY_VCPU_EMPTY,
        .mr1 = ask,
    };

    sel4_syscall(seL4_SysCall, &regs);
    *empty = regs.mr0;
    return regs.info >> 12 == seL4_NoError;
}

void kernel_vcpu_ack_vppi(uint64_t vcpu, uint32_t irq)
{
    (void)seL4_ARM_VCPU_AckVPPI(vcpu, irq);
}

void kernel_irq_ack(uint64_t handler)
{
    (void)seL4_IRQHandler_Ack(handler);
}

/// Largest piece that starts at `address`, ends by `end` and stays inside a block of `block` bytes.
static uint64_t piece(uint64_t address, uint64_t end, uint64_t block)
{
    uint64_t size = block - address % block;

    return size < end - address ? size : end - address;
}

bool kernel_clean_cache(uint64_t vspace, uint64_t address, uint64_t size)
{
    const uint64_t large = UINT64_C(1) << seL4_LargePageBits;
    const uint64_t small = UINT64_C(1) << seL4_PageBits;
    uint64_t end = address + size;

    while (address < end) {
        // One call must not leave its frame. RAM is of large frames where it can be; where it is
        // not, the kernel refuses and the small piece works.
        uint64_t length = piece(address, end, large);
        if (seL4_ARM_VSpace_Clean_Data(vspace, address, address + length) != seL4_NoError) {
            length = piece(address, end, small);
            if (seL4_ARM_VSpace_Clean_Data(vspace, address, address + length) != seL4_NoError) {
                return false;
            }
        }
        address += length;
    }
    return true;
}

bool kernel_smc(uint64_t cap, uint64_t words[8])
{
    seL4_ARM_SMCContext call = { words[0], words[1], words[2], words[3],
                                 words[4], words[5], words[6], words[7] };
    seL4_ARM_SMCContext result;

    if (seL4_ARM_SMC_Call(cap, &call, &result) != seL4_NoError) {
        return false;
    }
    const uint64_t results[8] = { result.x0, result.x1, result.x2, result.x3,
                                  result.x4, result.x5, result.x6, result.x7 };
    for (uint32_t i = 0; i < 8; i++) {
        words[i] = results[i];
    }
    return true;
}
