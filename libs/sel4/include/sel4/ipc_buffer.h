// SPDX-License-Identifier: BSD-2-Clause
// Access to the calling thread's IPC buffer: message words, caps, badges and the receive slot.
#ifndef SEL4_IPC_BUFFER_H
#define SEL4_IPC_BUFFER_H

#include <sel4/types.h>

#ifdef __cplusplus
extern "C" {
#endif

/// The calling thread's IPC buffer. A program that never starts a second thread may define
/// SEL4_SINGLE_THREADED for all of its files: then this is a plain variable and needs no TLS
/// register.
#ifdef SEL4_SINGLE_THREADED
extern seL4_IPCBuffer *__sel4_ipc_buffer;
#define SEL4_DEFINE_IPC_BUFFER seL4_IPCBuffer *__sel4_ipc_buffer
#else
extern __thread seL4_IPCBuffer *__sel4_ipc_buffer;
/// Put `SEL4_DEFINE_IPC_BUFFER;` into one file of the program.
#define SEL4_DEFINE_IPC_BUFFER __thread seL4_IPCBuffer *__sel4_ipc_buffer
#endif

static inline void seL4_SetIPCBuffer(seL4_IPCBuffer *buffer)
{
    __sel4_ipc_buffer = buffer;
}

static inline seL4_IPCBuffer *seL4_GetIPCBuffer(void)
{
    return __sel4_ipc_buffer;
}

/// Message word `i` (0..seL4_MsgMaxLength - 1) of the last received message.
static inline seL4_Word seL4_GetMR(int i)
{
    return seL4_GetIPCBuffer()->msg[i];
}

/// Set message word `i` (0..seL4_MsgMaxLength - 1) of the next message to send.
static inline void seL4_SetMR(int i, seL4_Word value)
{
    seL4_GetIPCBuffer()->msg[i] = value;
}

static inline seL4_Word seL4_GetUserData(void)
{
    return seL4_GetIPCBuffer()->userData;
}

static inline void seL4_SetUserData(seL4_Word data)
{
    seL4_GetIPCBuffer()->userData = data;
}

/// Badge of unwrapped cap `i` (0..2) of the last received message.
static inline seL4_Word seL4_GetBadge(int i)
{
    return seL4_GetIPCBuffer()->caps_or_badges[i];
}

static inline seL4_CPtr seL4_GetCap(int i)
{
    return (seL4_CPtr)seL4_GetIPCBuffer()->caps_or_badges[i];
}

/// Set cap `i` (0..2) to send with the next message.
static inline void seL4_SetCap(int i, seL4_CPtr cap)
{
    seL4_GetIPCBuffer()->caps_or_badges[i] = (seL4_Word)cap;
}

/// Where a received cap goes: slot `receive_index`, `receive_depth` bits deep below
/// `receive_cnode`.
static inline void seL4_SetCapReceivePath(seL4_CPtr receive_cnode, seL4_CPtr receive_index,
                                          seL4_Word receive_depth)
{
    seL4_IPCBuffer *buffer = seL4_GetIPCBuffer();

    buffer->receiveCNode = receive_cnode;
    buffer->receiveIndex = receive_index;
    buffer->receiveDepth = receive_depth;
}

static inline void seL4_GetCapReceivePath(seL4_CPtr *receive_cnode, seL4_CPtr *receive_index,
                                          seL4_Word *receive_depth)
{
    const seL4_IPCBuffer *buffer = seL4_GetIPCBuffer();

    if (receive_cnode != NULL) {
        *receive_cnode = buffer->receiveCNode;
    }
    if (receive_index != NULL) {
        *receive_index = buffer->receiveIndex;
    }
    if (receive_depth != NULL) {
        *receive_depth = buffer->receiveDepth;
    }
}

#ifdef __cplusplus
}
#endif

#endif
