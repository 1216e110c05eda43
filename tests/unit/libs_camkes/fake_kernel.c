// SPDX-License-Identifier: BSD-2-Clause
// The fake kernel: one big lock, one condition variable. Behaves as the manual says where the
// libraries depend on it: signals merge, a call waits for its reply, a message is copied at its
// length.
#include "fake_kernel.h"

#include <pthread.h>
#include <stdbool.h>
#include <string.h>

SEL4_DEFINE_IPC_BUFFER;

struct message {
    seL4_Word info;
    seL4_Word badge;
    seL4_Word words[seL4_MsgMaxLength];
    bool answered;
    seL4_Word answer_info;
    seL4_Word answer[seL4_MsgMaxLength];
    struct message *next;
};

struct object {
    seL4_Word pending;       ///< notification word
    struct message *queue;   ///< endpoint
};

static struct {
    unsigned object;
    seL4_Word badge;
} caps[FAKE_KERNEL_CAPS];
static struct object objects[FAKE_KERNEL_CAPS];
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;

static __thread seL4_IPCBuffer buffer;
static __thread struct message *to_answer;

void fake_kernel_reset(void)
{
    memset(caps, 0, sizeof(caps));
    memset(objects, 0, sizeof(objects));
}

void fake_kernel_cap(seL4_CPtr cap, unsigned object, seL4_Word badge)
{
    caps[cap].object = object;
    caps[cap].badge = badge;
}

void fake_kernel_enter(void)
{
    seL4_SetIPCBuffer(&buffer);
}

seL4_Word fake_kernel_pending(unsigned object)
{
    pthread_mutex_lock(&lock);
    seL4_Word pending = objects[object].pending;
    pthread_mutex_unlock(&lock);
    return pending;
}

static void copy_in(seL4_Word *words, const struct sel4_syscall_regs *regs)
{
    const seL4_Word fast[4] = { regs->mr0, regs->mr1, regs->mr2, regs->mr3 };
    seL4_Word length = regs->info & 0x7f;

    for (seL4_Word i = 0; i < length; i++) {
        words[i] = i < 4 ? fast[i] : buffer.msg[i];
    }
}

static void copy_out(struct sel4_syscall_regs *regs, const seL4_Word *words, seL4_Word info)
{
    seL4_Word length = info & 0x7f;

    // What lies behind the message is not the receiver's to rely on.
    regs->mr0 = length > 0 ? words[0] : 0x5a5a5a5a;
    regs->mr1 = length > 1 ? words[1] : 0x5a5a5a5a;
    regs->mr2 = length > 2 ? words[2] : 0x5a5a5a5a;
    regs->mr3 = length > 3 ? words[3] : 0x5a5a5a5a;
    for (seL4_Word i = 4; i < seL4_MsgMaxLength; i++) {
        buffer.msg[i] = i < length ? words[i] : 0x5a5a5a5a;
    }
    regs->info = info;
}

static void send(struct object *object, struct message *message)
{
    struct message **last = &object->queue;

    while (*last != NULL) {
        last = &(*last)->next;
    }
    *last = message;
    pthread_cond_broadcast(&changed);
}

/// A thread that is cancelled in its sleep has the lock again; give it back.
static void release(void *arg)
{
    (void)arg;
    pthread_mutex_unlock(&lock);
}

static void sleep_in_kernel(void)
{
    pthread_cleanup_push(release, NULL);
    pthread_cond_wait(&changed, &lock);
    pthread_cleanup_pop(0);
}

static void call(struct sel4_syscall_regs *regs)
{
    struct message message = { .info = regs->info, .badge = caps[regs->cap].badge };

    copy_in(message.words, regs);
    send(&objects[caps[regs->cap].object], &message);
    while (!message.answered) {
        sleep_in_kernel();
    }
    copy_out(regs, message.answer, message.answer_info);
}

static void answer(const struct sel4_syscall_regs *regs)
{
    if (to_answer == NULL) {
        return;
    }
    copy_in(to_answer->answer, regs);
    to_answer->answer_info = regs->info;
    to_answer->answered = true;
    to_answer = NULL;
    pthread_cond_broadcast(&changed);
}

static void receive(struct sel4_syscall_regs *regs)
{
    struct object *object = &objects[caps[regs->cap].object];

    while (object->queue == NULL && object->pending == 0) {
        sleep_in_kernel();
    }
    if (object->pending != 0) {
        regs->cap = object->pending;
        regs->info = 0;
        object->pending = 0;
        return;
    }
    to_answer = object->queue;
    object->queue = to_answer->next;
    regs->cap = to_answer->badge;
    copy_out(regs, to_answer->words, to_answer->info);
}

static void poll(struct sel4_syscall_regs *regs)
{
    struct object *object = &objects[caps[regs->cap].object];

    regs->cap = object->pending;
    regs->info = 0;
    object->pending = 0;
}

void sel4_syscall(int number, struct sel4_syscall_regs *regs)
{
    pthread_mutex_lock(&lock);
    switch (number) {
    case seL4_SysCall:
        call(regs);
        break;
    case seL4_SysReplyRecv:
        answer(regs);
        receive(regs);
        break;
    case seL4_SysRecv:
    case seL4_SysWait:
        receive(regs);
        break;
    case seL4_SysNBWait:
        poll(regs);
        break;
    case seL4_SysSend: // only used to signal here
        objects[caps[regs->cap].object].pending |= caps[regs->cap].badge;
        pthread_cond_broadcast(&changed);
        break;
    default:
        break;
    }
    pthread_mutex_unlock(&lock);
}

seL4_MessageInfo_t fake_kernel_raw_call(seL4_CPtr cap, seL4_Word *words, seL4_Word length)
{
    seL4_MessageInfo_t info;

    for (seL4_Word i = 0; i < length; i++) {
        seL4_SetMR((int)i, words[i]);
    }
    info = seL4_Call(cap, seL4_MessageInfo_new(0, 0, 0, length));
    for (seL4_Word i = 0; i < seL4_MessageInfo_get_length(info); i++) {
        words[i] = seL4_GetMR((int)i);
    }
    return info;
}
