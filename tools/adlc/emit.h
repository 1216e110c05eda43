// SPDX-License-Identifier: BSD-2-Clause
// Writing the C files of one instance: camkes.h, what the author of its component sees, and
// camkes.c, the stubs and tables behind it. Connectors write their ends through this.

#ifndef ADLC_EMIT_H
#define ADLC_EMIT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "model.h"

/// A dataport that pointers can be wrapped for.
struct emit_dataport {
    uint32_t id;    ///< the connection's index: the same on all sides
    uint64_t vaddr;
    uint64_t size;
};

/// Memory of a connection whose physical address is known.
struct emit_dma {
    uint64_t vaddr;
    uint64_t paddr;
    uint64_t size; ///< bytes
};

/// One side of a queue of seL4MessageQueue.
struct emit_msgqueue {
    int64_t id;
    bool is_sender;
    const char *name; ///< of the interface
};

struct emitter {
    const struct model *model;              ///< borrowed
    const struct model_instance *instance;  ///< borrowed
    struct arena *arena;                    ///< borrowed
    FILE *header;                           ///< camkes.h, in memory
    FILE *code;                             ///< camkes.c, in memory
    const char **thread_runs;               ///< per thread: name of its loop, or NULL
    VEC(const char *) inits;                ///< interfaces without threads
    VEC(struct emit_dataport) dataports;
    VEC(struct emit_dma) dmas;
    VEC(struct emit_msgqueue) msgqueues;
};

/// Append to camkes.h or camkes.c.
void emit_h(struct emitter *emitter, const char *format, ...) __attribute__((format(printf, 2, 3)));
void emit_c(struct emitter *emitter, const char *format, ...) __attribute__((format(printf, 2, 3)));

/// Formatted string that lives as long as the run.
const char *emit_text(struct emitter *emitter, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/// `text` as a C string literal with quotes, in pieces that are at most a line long.
void emit_string_literal(FILE *out, const char *text);

/// The loop of the threads of an end: a function `void name(const struct camkes_thread *)` in
/// camkes.c.
void emit_thread_run(struct emitter *emitter, const struct model_end *end, const char *function);

/// Register a mapped dataport for dataport_wrap_ptr().
void emit_add_dataport(struct emitter *emitter, uint32_t id, uint64_t vaddr, uint64_t size);

/// Report what the finished header declares twice (emit_clash.c).
void emit_check_names(const struct emitter *emitter, const char *header);

/// Attributes, their types and values (emit_attributes.c).
void emit_attributes(struct emitter *emitter);

/// Tables of kernel objects and memory for run time: camkes/alloc.h, camkes/dma.h
/// (emit_resources.c).
void emit_resources(struct emitter *emitter);

/// Table of what an x86 VM gets: camkes/vm_x86.h (emit_vm_x86.c).
void emit_vm_x86(struct emitter *emitter);

/// C type as an author writes it: "char *" for strings.
const char *emit_c_type(const struct flat_type *type);

// ---------------------------------------------------------------------------------------------
// Procedures (emit_rpc.c)

/// Prototypes of all methods as `<interface>_<method>`; weak when `weak`.
void emit_rpc_prototypes(struct emitter *emitter, const struct flat_procedure *procedure,
                         const char *interface, bool weak);

bool emit_is_string(const struct flat_type *type);

/// The type with the space or star that a declarator needs.
const char *emit_decl_type(struct emitter *emitter, const struct flat_type *type);

/// Signature of `<prefix>_<method>`, without a semicolon. In stubs the parameters have the names that
/// emit_rpc_argument() gives them.
void emit_rpc_signature(struct emitter *emitter, FILE *out, const struct flat_method *method,
                        const char *prefix, bool is_stub);
const char *emit_rpc_argument(struct emitter *emitter, const struct flat_parameter *p);

/// Whether a parameter goes to the callee, and whether it comes back.
bool emit_rpc_goes_in(const struct flat_parameter *p);
bool emit_rpc_goes_out(const struct flat_parameter *p);

/// Caller's stubs. A static `struct camkes_client camkes_client_<interface>` must exist.
void emit_rpc_caller(struct emitter *emitter, const struct flat_procedure *procedure,
                     const char *interface);

/// Callee's unpacking: static void camkes_dispatch_<interface>(struct camkes_request *).
void emit_rpc_callee(struct emitter *emitter, const struct flat_procedure *procedure,
                     const char *interface);

// ---------------------------------------------------------------------------------------------
// Direct calls (emit_direct.c). `prefix` begins the names of the functions between both sides; a
// pair of caller and callee has its own.

/// Caller's stubs. A static `struct camkes_direct camkes_caller_<interface>` must exist.
void emit_direct_caller(struct emitter *emitter, const struct flat_procedure *procedure,
                        const char *interface, const char *prefix);

/// What they call in the callee's code: the author's functions, with `badge` as the sender.
void emit_direct_callee(struct emitter *emitter, const struct flat_procedure *procedure,
                        const char *interface, const char *prefix, uint64_t badge);

#endif
