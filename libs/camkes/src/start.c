// SPDX-License-Identifier: BSD-2-Clause
// Life of a thread: TLS, IPC buffer, then what its kind does. Keeps the order of initialisation
// that camkes/runtime.h documents with three endpoints on which control and interface threads meet.
#include <camkes/runtime.h>

#include <stdint.h>

SEL4_DEFINE_IPC_BUFFER;

// The threads of a group run each other's code: of this variable and of the IPC buffer's address a
// group has one, of everything else each member its own (cmake/components.cmake).
extern __thread const struct camkes_thread *camkes_current_thread;
__thread const struct camkes_thread *camkes_current_thread;

extern const char __camkes_tdata_start[];
extern const char __camkes_tdata_end[];
extern const char __camkes_tls_size[];
extern const char __camkes_tls_offset[];

typedef void (*constructor)(void);
extern const constructor __init_array_start[];
extern const constructor __init_array_end[];

const struct camkes_thread *camkes_this_thread(void)
{
    return camkes_current_thread;
}

const char *get_instance_name(void)
{
    return camkes_instance.name;
}

int get_instance_affinity(void)
{
    return camkes_instance.affinity;
}

void camkes_thread_stop(void)
{
    (void)seL4_TCB_Suspend(camkes_current_thread->tcb);
    for (;;) { // not reached: a suspended thread does not return from the call
        seL4_Yield();
    }
}

static void run_constructors(void)
{
    for (const constructor *entry = __init_array_start; entry < __init_array_end; entry++) {
        (*entry)();
    }
}

/// Let every interface thread go on; each call meets exactly one of them.
static void release_interface_threads(seL4_CPtr endpoint)
{
    for (size_t i = 0; i < camkes_instance.interface_thread_count; i++) {
        seL4_Send(endpoint, seL4_MessageInfo_new(0, 0, 0, 0));
    }
}

/// Take a thread's scheduling context away while it surely waits on an endpoint that only we call:
/// the answer to the first call says that it does. The second call lends it our time to go on to
/// its clients' endpoint; a client that calls before would otherwise be served on a context that
/// then disappears.
static void make_passive(const struct camkes_thread *thread)
{
    (void)seL4_Call(thread->passive_endpoint, seL4_MessageInfo_new(0, 0, 0, 0));
    (void)seL4_SchedContext_Unbind(thread->sched_context);
    (void)seL4_Call(thread->passive_endpoint, seL4_MessageInfo_new(0, 0, 0, 0));
}

/// The other side of it; the answer to the second call is the first thing that the service loop
/// sends.
static void become_passive(const struct camkes_thread *thread)
{
    (void)seL4_Recv(thread->passive_endpoint, NULL, thread->reply);
    (void)seL4_ReplyRecv(thread->passive_endpoint, seL4_MessageInfo_new(0, 0, 0, 0), NULL,
                         thread->reply);
}

static void control_thread(void)
{
    run_constructors();
    if (pre_init != NULL) {
        pre_init();
    }
    for (size_t i = 0; i < camkes_instance.init_count; i++) {
        if (camkes_instance.inits[i] != NULL) {
            camkes_instance.inits[i]();
        }
    }
    release_interface_threads(camkes_instance.pre_init_endpoint);
    for (size_t i = 0; i < camkes_instance.interface_thread_count; i++) {
        (void)seL4_Wait(camkes_instance.interface_init_endpoint, NULL);
    }
    if (post_init != NULL) {
        post_init();
    }
    if (camkes_instance.gate != NULL) {
        camkes_gate_open(camkes_instance.gate);
    }
    release_interface_threads(camkes_instance.post_init_endpoint);
    for (size_t i = 0; i < camkes_instance.thread_count; i++) {
        if (camkes_instance.threads[i].passive_endpoint != 0) {
            make_passive(&camkes_instance.threads[i]);
        }
    }
    if (camkes_instance.run != NULL) {
        (void)camkes_instance.run();
    }
}

static void interface_thread(const struct camkes_thread *thread)
{
    (void)seL4_Wait(camkes_instance.pre_init_endpoint, NULL);
    if (thread->init != NULL) {
        thread->init();
    }
    seL4_Send(camkes_instance.interface_init_endpoint, seL4_MessageInfo_new(0, 0, 0, 0));
    (void)seL4_Wait(camkes_instance.post_init_endpoint, NULL);
    if (thread->passive_endpoint != 0) {
        become_passive(thread);
    }
    if (thread->run != NULL) {
        thread->run(thread);
    }
}

/// Everything that uses thread-local variables; not inlined, so that no access moves before the TLS
/// register is set.
static __attribute__((noinline, noreturn)) void thread_main(size_t index, void *ipc_buffer)
{
    const struct camkes_thread *thread = &camkes_instance.threads[index];

    seL4_SetIPCBuffer(ipc_buffer);
    camkes_current_thread = thread;
#if CONFIG_DEBUG_BUILD
    seL4_DebugNameThread(thread->tcb, thread->name);
#endif
    switch (thread->kind) {
    case CAMKES_THREAD_CONTROL:
        control_thread();
        break;
    case CAMKES_THREAD_INTERFACE:
        interface_thread(thread);
        break;
    case CAMKES_THREAD_FAULT_HANDLER:
    default:
        camkes_fault_handler_run(thread);
    }
    camkes_thread_stop();
}

void camkes_start(size_t index, void *ipc_buffer, void *tls)
{
    size_t initialised = (uintptr_t)__camkes_tdata_end - (uintptr_t)__camkes_tdata_start;
    size_t size = (size_t)(uintptr_t)__camkes_tls_size;
    char *variables = (char *)tls + (size_t)(uintptr_t)__camkes_tls_offset;
    uintptr_t *control_block = tls;

    control_block[0] = 0;
    control_block[1] = 0;
    for (size_t i = 0; i < size; i++) {
        variables[i] = i < initialised ? __camkes_tdata_start[i] : 0;
    }
    __asm__ volatile("msr tpidr_el0, %0" : : "r"(tls) : "memory");
    thread_main(index, ipc_buffer);
}
