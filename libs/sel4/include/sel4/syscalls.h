// SPDX-License-Identifier: BSD-2-Clause
// The system calls of the MCS API under their usual names. Functions without "WithMRs" move all
// message words between the IPC buffer and the registers; those with it take words 0..3 by pointer
// (NULL: the word is 0, or dropped) and leave them out of the IPC buffer.
#ifndef SEL4_SYSCALLS_H
#define SEL4_SYSCALLS_H

#include <sel4/arch/syscalls.h>
#include <sel4/ipc_buffer.h>
#include <sel4/types.h>

static inline void sel4_load_mrs(struct sel4_syscall_regs *regs)
{
    const seL4_Word *msg = seL4_GetIPCBuffer()->msg;

    regs->mr0 = msg[0];
    regs->mr1 = msg[1];
    regs->mr2 = msg[2];
    regs->mr3 = msg[3];
}

static inline void sel4_store_mrs(const struct sel4_syscall_regs *regs)
{
    seL4_Word *msg = seL4_GetIPCBuffer()->msg;

    msg[0] = regs->mr0;
    msg[1] = regs->mr1;
    msg[2] = regs->mr2;
    msg[3] = regs->mr3;
}

static inline void sel4_load_mr_pointers(struct sel4_syscall_regs *regs, const seL4_Word *mr0,
                                         const seL4_Word *mr1, const seL4_Word *mr2,
                                         const seL4_Word *mr3)
{
    seL4_Word length = regs->info & 0x7f;

    regs->mr0 = mr0 != NULL && length > 0 ? *mr0 : 0;
    regs->mr1 = mr1 != NULL && length > 1 ? *mr1 : 0;
    regs->mr2 = mr2 != NULL && length > 2 ? *mr2 : 0;
    regs->mr3 = mr3 != NULL && length > 3 ? *mr3 : 0;
}

static inline void sel4_store_mr_pointers(const struct sel4_syscall_regs *regs, seL4_Word *mr0,
                                          seL4_Word *mr1, seL4_Word *mr2, seL4_Word *mr3)
{
    if (mr0 != NULL) {
        *mr0 = regs->mr0;
    }
    if (mr1 != NULL) {
        *mr1 = regs->mr1;
    }
    if (mr2 != NULL) {
        *mr2 = regs->mr2;
    }
    if (mr3 != NULL) {
        *mr3 = regs->mr3;
    }
}

static inline seL4_MessageInfo_t sel4_received(const struct sel4_syscall_regs *regs,
                                               seL4_Word *sender)
{
    if (sender != NULL) {
        *sender = regs->cap;
    }
    return (seL4_MessageInfo_t){ { regs->info } };
}

/// Send and wait until a receiver takes the message.
static inline void seL4_Send(seL4_CPtr dest, seL4_MessageInfo_t info)
{
    struct sel4_syscall_regs regs = { .cap = dest, .info = info.words[0] };

    sel4_load_mrs(&regs);
    sel4_syscall(seL4_SysSend, &regs);
}

static inline void seL4_SendWithMRs(seL4_CPtr dest, seL4_MessageInfo_t info, seL4_Word *mr0,
                                    seL4_Word *mr1, seL4_Word *mr2, seL4_Word *mr3)
{
    struct sel4_syscall_regs regs = { .cap = dest, .info = info.words[0] };

    sel4_load_mr_pointers(&regs, mr0, mr1, mr2, mr3);
    sel4_syscall(seL4_SysSend, &regs);
}

/// Send; the message is dropped when nobody waits for it.
static inline void seL4_NBSend(seL4_CPtr dest, seL4_MessageInfo_t info)
{
    struct sel4_syscall_regs regs = { .cap = dest, .info = info.words[0] };

    sel4_load_mrs(&regs);
    sel4_syscall(seL4_SysNBSend, &regs);
}

static inline void seL4_NBSendWithMRs(seL4_CPtr dest, seL4_MessageInfo_t info, seL4_Word *mr0,
                                      seL4_Word *mr1, seL4_Word *mr2, seL4_Word *mr3)
{
    struct sel4_syscall_regs regs = { .cap = dest, .info = info.words[0] };

    sel4_load_mr_pointers(&regs, mr0, mr1, mr2, mr3);
    sel4_syscall(seL4_SysNBSend, &regs);
}

/// Signal a notification.
static inline void seL4_Signal(seL4_CPtr dest)
{
    struct sel4_syscall_regs regs = { .cap = dest };

    sel4_syscall(seL4_SysSend, &regs);
}

/// Send and wait for the reply. On a kernel object: an invocation, the label is the error.
static inline seL4_MessageInfo_t seL4_Call(seL4_CPtr dest, seL4_MessageInfo_t info)
{
    struct sel4_syscall_regs regs = { .cap = dest, .info = info.words[0] };

    sel4_load_mrs(&regs);
    sel4_syscall(seL4_SysCall, &regs);
    sel4_store_mrs(&regs);
    return sel4_received(&regs, NULL);
}

static inline seL4_MessageInfo_t seL4_CallWithMRs(seL4_CPtr dest, seL4_MessageInfo_t info,
                                                  seL4_Word *mr0, seL4_Word *mr1, seL4_Word *mr2,
                                                  seL4_Word *mr3)
{
    struct sel4_syscall_regs regs = { .cap = dest, .info = info.words[0] };

    sel4_load_mr_pointers(&regs, mr0, mr1, mr2, mr3);
    sel4_syscall(seL4_SysCall, &regs);
    sel4_store_mr_pointers(&regs, mr0, mr1, mr2, mr3);
    return sel4_received(&regs, NULL);
}

/// Wait for a message; `reply` is the reply object that a call gets. `sender` gets the badge.
static inline seL4_MessageInfo_t seL4_Recv(seL4_CPtr src, seL4_Word *sender, seL4_CPtr reply)
{
    struct sel4_syscall_regs regs = { .cap = src, .reply = reply };

    sel4_syscall(seL4_SysRecv, &regs);
    sel4_store_mrs(&regs);
    return sel4_received(&regs, sender);
}

/// As seL4_Recv(); of the calls with a reply object only this one has it before the words.
static inline seL4_MessageInfo_t seL4_RecvWithMRs(seL4_CPtr src, seL4_Word *sender, seL4_CPtr reply,
                                                  seL4_Word *mr0, seL4_Word *mr1, seL4_Word *mr2,
                                                  seL4_Word *mr3)
{
    struct sel4_syscall_regs regs = { .cap = src, .reply = reply };

    sel4_syscall(seL4_SysRecv, &regs);
    sel4_store_mr_pointers(&regs, mr0, mr1, mr2, mr3);
    return sel4_received(&regs, sender);
}

/// As seL4_Recv(), but returns at once (badge 0) when there is no message.
static inline seL4_MessageInfo_t seL4_NBRecv(seL4_CPtr src, seL4_Word *sender, seL4_CPtr reply)
{
    struct sel4_syscall_regs regs = { .cap = src, .reply = reply };

    sel4_syscall(seL4_SysNBRecv, &regs);
    sel4_store_mrs(&regs);
    return sel4_received(&regs, sender);
}

/// Reply through `reply`, then wait for the next message as seL4_Recv().
static inline seL4_MessageInfo_t seL4_ReplyRecv(seL4_CPtr src, seL4_MessageInfo_t info,
                                                seL4_Word *sender, seL4_CPtr reply)
{
    struct sel4_syscall_regs regs = { .cap = src, .info = info.words[0], .reply = reply };

    sel4_load_mrs(&regs);
    sel4_syscall(seL4_SysReplyRecv, &regs);
    sel4_store_mrs(&regs);
    return sel4_received(&regs, sender);
}

static inline seL4_MessageInfo_t seL4_ReplyRecvWithMRs(seL4_CPtr src, seL4_MessageInfo_t info,
                                                       seL4_Word *sender, seL4_Word *mr0,
                                                       seL4_Word *mr1, seL4_Word *mr2,
                                                       seL4_Word *mr3, seL4_CPtr reply)
{
    struct sel4_syscall_regs regs = { .cap = src, .info = info.words[0], .reply = reply };

    sel4_load_mr_pointers(&regs, mr0, mr1, mr2, mr3);
    sel4_syscall(seL4_SysReplyRecv, &regs);
    sel4_store_mr_pointers(&regs, mr0, mr1, mr2, mr3);
    return sel4_received(&regs, sender);
}

/// Non-blocking send to `dest`, then wait for a message on `src`.
static inline seL4_MessageInfo_t seL4_NBSendRecv(seL4_CPtr dest, seL4_MessageInfo_t info,
                                                 seL4_CPtr src, seL4_Word *sender, seL4_CPtr reply)
{
    struct sel4_syscall_regs regs = {
        .cap = src, .info = info.words[0], .reply = reply, .send_cap = dest
    };

    sel4_load_mrs(&regs);
    sel4_syscall(seL4_SysNBSendRecv, &regs);
    sel4_store_mrs(&regs);
    return sel4_received(&regs, sender);
}

static inline seL4_MessageInfo_t seL4_NBSendRecvWithMRs(seL4_CPtr dest, seL4_MessageInfo_t info,
                                                        seL4_CPtr src, seL4_Word *sender,
                                                        seL4_Word *mr0, seL4_Word *mr1,
                                                        seL4_Word *mr2, seL4_Word *mr3,
                                                        seL4_CPtr reply)
{
    struct sel4_syscall_regs regs = {
        .cap = src, .info = info.words[0], .reply = reply, .send_cap = dest
    };

    sel4_load_mr_pointers(&regs, mr0, mr1, mr2, mr3);
    sel4_syscall(seL4_SysNBSendRecv, &regs);
    sel4_store_mr_pointers(&regs, mr0, mr1, mr2, mr3);
    return sel4_received(&regs, sender);
}

/// Non-blocking send to `dest`, then wait on `src` without a reply object.
static inline seL4_MessageInfo_t seL4_NBSendWait(seL4_CPtr dest, seL4_MessageInfo_t info,
                                                 seL4_CPtr src, seL4_Word *sender)
{
    // In this call the register of the reply object holds the destination.
    struct sel4_syscall_regs regs = { .cap = src, .info = info.words[0], .reply = dest };

    sel4_load_mrs(&regs);
    sel4_syscall(seL4_SysNBSendWait, &regs);
    sel4_store_mrs(&regs);
    return sel4_received(&regs, sender);
}

static inline seL4_MessageInfo_t seL4_NBSendWaitWithMRs(seL4_CPtr dest, seL4_MessageInfo_t info,
                                                        seL4_CPtr src, seL4_Word *sender,
                                                        seL4_Word *mr0, seL4_Word *mr1,
                                                        seL4_Word *mr2, seL4_Word *mr3)
{
    struct sel4_syscall_regs regs = { .cap = src, .info = info.words[0], .reply = dest };

    sel4_load_mr_pointers(&regs, mr0, mr1, mr2, mr3);
    sel4_syscall(seL4_SysNBSendWait, &regs);
    sel4_store_mr_pointers(&regs, mr0, mr1, mr2, mr3);
    return sel4_received(&regs, sender);
}

/// Wait for a notification, or for a message that wants no reply. `sender` gets the badge.
static inline seL4_MessageInfo_t seL4_Wait(seL4_CPtr src, seL4_Word *sender)
{
    struct sel4_syscall_regs regs = { .cap = src };

    sel4_syscall(seL4_SysWait, &regs);
    sel4_store_mrs(&regs);
    return sel4_received(&regs, sender);
}

static inline seL4_MessageInfo_t seL4_WaitWithMRs(seL4_CPtr src, seL4_Word *sender,
                                                  seL4_Word *mr0, seL4_Word *mr1, seL4_Word *mr2,
                                                  seL4_Word *mr3)
{
    struct sel4_syscall_regs regs = { .cap = src };

    sel4_syscall(seL4_SysWait, &regs);
    sel4_store_mr_pointers(&regs, mr0, mr1, mr2, mr3);
    return sel4_received(&regs, sender);
}

/// As seL4_Wait(), but returns at once (badge 0) when there is nothing.
static inline seL4_MessageInfo_t seL4_NBWait(seL4_CPtr src, seL4_Word *sender)
{
    struct sel4_syscall_regs regs = { .cap = src };

    sel4_syscall(seL4_SysNBWait, &regs);
    sel4_store_mrs(&regs);
    return sel4_received(&regs, sender);
}

/// Take what a notification holds, without waiting.
static inline seL4_MessageInfo_t seL4_Poll(seL4_CPtr src, seL4_Word *sender)
{
    return seL4_NBWait(src, sender);
}

/// Give up the rest of the current budget.
static inline void seL4_Yield(void)
{
    struct sel4_syscall_regs regs = { .cap = 0 };

    sel4_syscall(seL4_SysYield, &regs);
}

#endif
