// SPDX-License-Identifier: BSD-2-Clause
// The tables that describe a component instance to the runtime library. The compiler emits them as
// constants; the library holds all behaviour.
#ifndef CAMKES_RUNTIME_H
#define CAMKES_RUNTIME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <sel4/sel4.h>

#include <camkes/dataport.h>
#include <camkes/sync.h>

enum camkes_thread_kind {
    CAMKES_THREAD_CONTROL,
    CAMKES_THREAD_INTERFACE,
    CAMKES_THREAD_FAULT_HANDLER,
};

struct camkes_thread {
    const char *name;
    enum camkes_thread_kind kind;
    uint32_t number;       ///< interface threads: 0..threads of this end - 1
    seL4_CPtr tcb;         ///< also the badge of this thread's fault messages
    seL4_CPtr reply;       ///< reply object of this thread
    seL4_CPtr sched_context;
    /// Passive threads: where the control thread calls them to take their scheduling context away.
    /// From then on they run on their callers' time. 0: the thread keeps its own.
    seL4_CPtr passive_endpoint;
    uintptr_t stack_base;  ///< lowest address
    size_t stack_size;     ///< bytes
    void (*init)(void);    ///< I__init(), NULL: none, or not this thread's job
    /// Interface threads: the service loop; NULL: the thread ends after initialisation.
    void (*run)(const struct camkes_thread *thread);
};

struct camkes_instance {
    const char *name;
    const struct camkes_thread *threads; ///< thread 0 is the control thread
    size_t thread_count;
    size_t interface_thread_count;
    seL4_CPtr fault_endpoint;
    // Endpoints of the start order; 0 when there are no interface threads.
    seL4_CPtr pre_init_endpoint;
    seL4_CPtr interface_init_endpoint;
    seL4_CPtr post_init_endpoint;
    int affinity; ///< core of the control thread
    int (*run)(void); ///< NULL: the component has no control thread of its own
    void (*const *inits)(void); ///< I__init() of interfaces without threads; entries may be NULL
    size_t init_count;
    const struct camkes_dataport *dataports;
    size_t dataport_count;
    struct camkes_gate *gate; ///< of members that others call directly: opened after post_init()
    struct camkes_mutex *libc_lock; ///< NULL: only one thread uses the C library
};

/// The table of this program, emitted by the compiler.
extern const struct camkes_instance camkes_instance;

/// Memory for malloc(), emitted by the compiler. Only programs that call malloc() refer to it.
extern char camkes_heap[];
extern const size_t camkes_heap_size;

/// The calling thread.
const struct camkes_thread *camkes_this_thread(void);

/// End the calling thread; the rest of the instance goes on.
void camkes_thread_stop(void) __attribute__((noreturn));

/// Write formatted text (conversions of base/fmt.h) straight to the kernel's console, past stdio
/// and past set_putchar(). Nothing happens when the kernel has no console.
void camkes_console_print(const char *format, ...) __attribute__((format(printf, 1, 2)));

/// Entry of a thread after start.S. `tls` is the place for its thread control block.
void camkes_start(size_t index, void *ipc_buffer, void *tls) __attribute__((noreturn));

/// Body of the fault handler thread.
void camkes_fault_handler_run(const struct camkes_thread *thread) __attribute__((noreturn));

// What component authors see of it, besides their interfaces.

const char *get_instance_name(void);
int get_instance_affinity(void);

/// Takes characters of stdout and stderr.
typedef void (*putchar_func)(int c);

/// Send stdout and stderr to `putchar_fn` from now on; NULL: to the kernel's console.
void set_putchar(putchar_func putchar_fn);

// What the author may define. Order: pre_init() in the control thread; I__init() of each interface,
// in its own thread when it has one; post_init() in the control thread when all of those have
// returned; then run() and the service loops.
void pre_init(void) __attribute__((weak));
void post_init(void) __attribute__((weak));

#endif
