// SPDX-License-Identifier: BSD-2-Clause
// Stubs of procedures whose callee is in the same address space: a call is a call of a function.
// Strings and arrays that may change hands are copied, because each side has a heap of its own:
// authors allocate and free exactly as with remote calls.

#include "emit.h"

#include <inttypes.h>

/// Whether a parameter is memory that one side allocates and the other frees.
static bool changes_hands(const struct flat_parameter *p)
{
    return (p->array || emit_is_string(&p->type)) && p->direction != FLAT_IN;
}

static const char *own(struct emitter *emitter, const struct flat_parameter *p)
{
    return emit_text(emitter, "camkes_own_%s", p->name);
}

static void prototype(struct emitter *emitter, const struct flat_method *method, const char *prefix)
{
    emit_c(emitter, "\n");
    emit_rpc_signature(emitter, emitter->code, method, prefix, true);
    emit_c(emitter, ";\n");
}

static const char *result_text(struct emitter *emitter, const struct flat_method *method)
{
    return method->returns.kind == FLAT_TYPE_VOID
               ? ""
               : emit_text(emitter, "%scamkes_result = ",
                           emit_decl_type(emitter, &method->returns));
}

// ---------------------------------------------------------------------------------------------
// Caller

static void caller_take(struct emitter *emitter, const struct flat_parameter *p,
                        const char *interface)
{
    const char *name = emit_rpc_argument(emitter, p);

    if (p->array && emit_is_string(&p->type)) {
        emit_c(emitter, "    *%s = camkes_direct_take_strings(&camkes_caller_%s, *%s, %s_sz);\n",
               name, interface, name, name);
    } else if (p->array) {
        emit_c(emitter, "    *%s = camkes_direct_take_array(&camkes_caller_%s, *%s, %s_sz, "
               "sizeof(%s));\n", name, interface, name, name, emit_decl_type(emitter, &p->type));
    } else {
        emit_c(emitter, "    *%s = camkes_direct_take_string(&camkes_caller_%s, *%s);\n", name,
               interface, name);
    }
}

static void caller_stub(struct emitter *emitter, const struct flat_method *method,
                        const char *interface, const char *prefix)
{
    prototype(emitter, method, prefix);
    emit_rpc_signature(emitter, emitter->code, method, interface, true);
    emit_c(emitter, "\n{\n    %s%s_%s(", result_text(emitter, method), prefix, method->name);
    for (size_t i = 0; i < method->parameter_count; i++) {
        const struct flat_parameter *p = &method->parameters[i];
        const char *name = emit_rpc_argument(emitter, p);
        emit_c(emitter, "%s", i != 0 ? ", " : "");
        if (p->array) {
            emit_c(emitter, "%s_sz, ", name);
        }
        emit_c(emitter, "%s", name);
    }
    emit_c(emitter, ");\n");
    if (emit_is_string(&method->returns)) {
        emit_c(emitter,
               "    camkes_result = camkes_direct_take_string(&camkes_caller_%s, camkes_result);\n",
               interface);
    }
    for (size_t i = 0; i < method->parameter_count; i++) {
        const struct flat_parameter *p = &method->parameters[i];
        if (changes_hands(p) && emit_rpc_goes_out(p)) {
            caller_take(emitter, p, interface);
        }
    }
    emit_c(emitter, "%s}\n",
           method->returns.kind != FLAT_TYPE_VOID ? "    return camkes_result;\n" : "");
}

void emit_direct_caller(struct emitter *emitter, const struct flat_procedure *procedure,
                        const char *interface, const char *prefix)
{
    for (size_t i = 0; i < procedure->method_count; i++) {
        caller_stub(emitter, &procedure->methods[i], interface, prefix);
    }
}

// ---------------------------------------------------------------------------------------------
// Callee

/// The callee's own copy of what comes in, or nothing yet.
static void callee_declare(struct emitter *emitter, const struct flat_parameter *p)
{
    const char *name = emit_rpc_argument(emitter, p);
    const char *mine = own(emitter, p);
    const char *type = emit_decl_type(emitter, &p->type);

    if (!changes_hands(p)) {
        if (p->direction == FLAT_OUT) {
            emit_c(emitter, "    memset(%s, 0, sizeof(*%s));\n", name, name);
        }
        return;
    }
    if (p->array) {
        emit_c(emitter, "    size_t %s_sz = %s%s%s;\n", mine,
               emit_rpc_goes_in(p) ? "*" : "0", emit_rpc_goes_in(p) ? name : "",
               emit_rpc_goes_in(p) ? "_sz" : "");
    }
    emit_c(emitter, "    %s%s%s = ", type, p->array ? "*" : "", mine);
    if (!emit_rpc_goes_in(p)) {
        emit_c(emitter, "NULL;\n");
    } else if (p->array && emit_is_string(&p->type)) {
        emit_c(emitter, "camkes_direct_copy_strings(*%s, &%s_sz);\n", name, mine);
    } else if (p->array) {
        emit_c(emitter, "camkes_direct_copy_array(*%s, &%s_sz, sizeof(%s));\n", name, mine, type);
    } else {
        emit_c(emitter, "camkes_direct_copy_string(*%s);\n", name);
    }
}

static void callee_call(struct emitter *emitter, const struct flat_method *method,
                        const char *interface)
{
    emit_c(emitter, "    %s%s_%s(", result_text(emitter, method), interface, method->name);
    for (size_t i = 0; i < method->parameter_count; i++) {
        const struct flat_parameter *p = &method->parameters[i];
        const char *star = changes_hands(p) ? "&" : "";
        const char *name = changes_hands(p) ? own(emitter, p) : emit_rpc_argument(emitter, p);
        emit_c(emitter, "%s", i != 0 ? ", " : "");
        if (p->array) {
            emit_c(emitter, "%s%s_sz, ", star, name);
        }
        if (!p->array && emit_is_string(&p->type) && p->direction == FLAT_IN) {
            // As with remote calls, the callee never sees NULL.
            emit_c(emitter, "%s != NULL ? %s : \"\"", name, name);
        } else {
            emit_c(emitter, "%s%s", star, name);
        }
    }
    emit_c(emitter, ");\n");
}

/// Hand memory to the caller's stub, which copies and releases it, or free it.
static void callee_give(struct emitter *emitter, const struct flat_parameter *p)
{
    const char *name = emit_rpc_argument(emitter, p);
    const char *mine = own(emitter, p);

    if (emit_rpc_goes_out(p)) {
        if (p->array) {
            emit_c(emitter, "    *%s_sz = %s_sz;\n", name, mine);
        }
        emit_c(emitter, "    *%s = %s;\n", name, mine);
    } else if (p->array && emit_is_string(&p->type)) {
        emit_c(emitter, "    camkes_free_strings(%s, %s_sz);\n", mine, mine);
    } else {
        emit_c(emitter, "    free(%s);\n", mine);
    }
}

static void callee_function(struct emitter *emitter, const struct flat_method *method,
                            const char *interface, const char *prefix, uint64_t badge)
{
    prototype(emitter, method, prefix);
    emit_rpc_signature(emitter, emitter->code, method, prefix, true);
    emit_c(emitter, "\n{\n    seL4_Word camkes_sender = camkes_sender_enter(%" PRIu64 ");\n\n"
           "    camkes_gate_pass(&camkes_gate);\n", badge);
    for (size_t i = 0; i < method->parameter_count; i++) {
        callee_declare(emitter, &method->parameters[i]);
    }
    callee_call(emitter, method, interface);
    for (size_t i = 0; i < method->parameter_count; i++) {
        if (changes_hands(&method->parameters[i])) {
            callee_give(emitter, &method->parameters[i]);
        }
    }
    emit_c(emitter, "    (void)camkes_sender_enter(camkes_sender);\n%s}\n",
           method->returns.kind != FLAT_TYPE_VOID ? "    return camkes_result;\n" : "");
}

void emit_direct_callee(struct emitter *emitter, const struct flat_procedure *procedure,
                        const char *interface, const char *prefix, uint64_t badge)
{
    for (size_t i = 0; i < procedure->method_count; i++) {
        callee_function(emitter, &procedure->methods[i], interface, prefix, badge);
    }
}
