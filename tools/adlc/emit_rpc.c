// SPDX-License-Identifier: BSD-2-Clause
// Typed stubs of procedures. They only move arguments; messages, checks and errors are the business
// of the runtime library (camkes/rpc.h). Their locals and parameters begin with camkes_, so that
// they neither clash with each other nor hide an attribute of the same name.

#include "emit.h"

#include <string.h>

#define IN "&camkes_call.in"
#define OUT "&camkes_call.out"

bool emit_is_string(const struct flat_type *type)
{
    return type->kind == FLAT_TYPE_STRING;
}

static bool is_bool(const struct flat_type *type)
{
    return type->kind == FLAT_TYPE_NAMED
           && (strcmp(type->c_name, "bool") == 0 || strcmp(type->c_name, "_Bool") == 0);
}

const char *emit_decl_type(struct emitter *emitter, const struct flat_type *type)
{
    if (emit_is_string(type)) {
        return "char *";
    }
    if (type->kind == FLAT_TYPE_STRUCT && strncmp(type->c_name, "struct ", 7) != 0) {
        return emit_text(emitter, "struct %s ", type->c_name);
    }
    return emit_text(emitter, "%s ", emit_c_type(type));
}

/// Declaration of a parameter whose name is `name`.
static const char *parameter_text(struct emitter *emitter, const struct flat_parameter *p,
                                  const char *name)
{
    const char *type = emit_decl_type(emitter, &p->type);

    if (p->array) {
        if (p->direction != FLAT_IN) {
            return emit_text(emitter, "size_t *%s_sz, %s**%s", name, type, name);
        }
        return emit_is_string(&p->type)
                   ? emit_text(emitter, "size_t %s_sz, char **%s", name, name)
                   : emit_text(emitter, "size_t %s_sz, const %s*%s", name, type, name);
    }
    if (emit_is_string(&p->type)) {
        return p->direction == FLAT_IN ? emit_text(emitter, "const char *%s", name)
                                       : emit_text(emitter, "char **%s", name);
    }
    switch (p->direction) {
    case FLAT_IN:
        return emit_text(emitter, "%s%s", type, name);
    case FLAT_REFIN:
        return emit_text(emitter, "const %s*%s", type, name);
    case FLAT_OUT:
    case FLAT_INOUT:
    default:
        return emit_text(emitter, "%s*%s", type, name);
    }
}

const char *emit_rpc_argument(struct emitter *emitter, const struct flat_parameter *p)
{
    return emit_text(emitter, "camkes_arg_%s", p->name);
}

void emit_rpc_signature(struct emitter *emitter, FILE *out, const struct flat_method *method,
                        const char *prefix, bool is_stub)
{
    fprintf(out, "%s%s_%s(", emit_decl_type(emitter, &method->returns), prefix, method->name);
    for (size_t i = 0; i < method->parameter_count; i++) {
        const struct flat_parameter *p = &method->parameters[i];
        fprintf(out, "%s%s", i != 0 ? ", " : "",
                parameter_text(emitter, p, is_stub ? emit_rpc_argument(emitter, p) : p->name));
    }
    fputs(method->parameter_count == 0 ? "void)" : ")", out);
}

void emit_rpc_prototypes(struct emitter *emitter, const struct flat_procedure *procedure,
                         const char *interface, bool weak)
{
    for (size_t i = 0; i < procedure->method_count; i++) {
        emit_rpc_signature(emitter, emitter->header, &procedure->methods[i], interface, false);
        emit_h(emitter, "%s;\n", weak ? " __attribute__((weak))" : "");
    }
}

static const char *index_type(const struct flat_procedure *procedure)
{
    return procedure->method_count <= 256 ? "uint8_t" : "uint16_t";
}

bool emit_rpc_goes_in(const struct flat_parameter *p)
{
    return p->direction != FLAT_OUT;
}

bool emit_rpc_goes_out(const struct flat_parameter *p)
{
    return p->direction == FLAT_OUT || p->direction == FLAT_INOUT;
}

// ---------------------------------------------------------------------------------------------
// Caller

static void caller_put(struct emitter *emitter, const struct flat_parameter *p)
{
    const char *name = emit_rpc_argument(emitter, p);
    const char *star = p->direction == FLAT_IN ? "" : "*";

    if (p->array && emit_is_string(&p->type)) {
        emit_c(emitter, "    camkes_put_strings(" OUT ", %s%s, %s%s_sz);\n", star, name, star,
               name);
    } else if (p->array) {
        emit_c(emitter, "    camkes_put_array(" OUT ", %s%s, %s%s_sz, sizeof(%s));\n", star, name,
               star, name, emit_decl_type(emitter, &p->type));
    } else if (emit_is_string(&p->type)) {
        emit_c(emitter, "    camkes_put_string(" OUT ", %s%s);\n", star, name);
    } else {
        emit_c(emitter, "    camkes_put(" OUT ", %s%s, sizeof(%s%s));\n",
               p->direction == FLAT_IN ? "&" : "", name, star, name);
    }
}

static void caller_get(struct emitter *emitter, const struct flat_parameter *p)
{
    const char *name = emit_rpc_argument(emitter, p);
    if (p->array && emit_is_string(&p->type)) {
        emit_c(emitter, "        *%s = camkes_get_strings(" IN ", %s_sz);\n", name, name);
    } else if (p->array && is_bool(&p->type)) {
        emit_c(emitter, "        *%s = camkes_get_bool_array(" IN ", %s_sz);\n", name, name);
    } else if (p->array) {
        emit_c(emitter, "        *%s = camkes_get_array(" IN ", %s_sz, sizeof(%s));\n", name, name,
               emit_decl_type(emitter, &p->type));
    } else if (emit_is_string(&p->type)) {
        emit_c(emitter, "        *%s = camkes_get_string(" IN ");\n", name);
    } else if (is_bool(&p->type)) {
        emit_c(emitter, "        *%s = camkes_get_bool(" IN ");\n", name);
    } else {
        emit_c(emitter, "        camkes_get(" IN ", %s, sizeof(*%s));\n", name, name);
    }
}

/// Outputs have a defined value when the call fails.
static void caller_clear(struct emitter *emitter, const struct flat_parameter *p)
{
    const char *name = emit_rpc_argument(emitter, p);
    if (p->direction != FLAT_OUT) {
        return;
    }
    if (p->array) {
        emit_c(emitter, "    *%s_sz = 0;\n    *%s = NULL;\n", name, name);
    } else if (emit_is_string(&p->type)) {
        emit_c(emitter, "    *%s = NULL;\n", name);
    } else {
        emit_c(emitter, "    memset(%s, 0, sizeof(*%s));\n", name, name);
    }
}

static void caller_stub(struct emitter *emitter, const struct flat_procedure *procedure,
                        size_t index, const char *interface)
{
    const struct flat_method *method = &procedure->methods[index];
    bool returns = method->returns.kind != FLAT_TYPE_VOID;
    bool string = emit_is_string(&method->returns);

    emit_c(emitter, "\n");
    emit_rpc_signature(emitter, emitter->code, method, interface, true);
    emit_c(emitter, "\n{\n    struct camkes_call camkes_call;\n");
    if (procedure->method_count > 1) {
        emit_c(emitter, "    const %s camkes_method = %zu;\n", index_type(procedure), index);
    }
    if (returns) {
        emit_c(emitter, "    %scamkes_result%s;\n", emit_decl_type(emitter, &method->returns),
               string ? " = NULL" : "");
    }
    emit_c(emitter, "\n");
    if (returns && !string) {
        emit_c(emitter, "    memset(&camkes_result, 0, sizeof(camkes_result));\n");
    }
    emit_c(emitter, "    camkes_call_begin(&camkes_call, &camkes_client_%s);\n", interface);
    if (procedure->method_count > 1) {
        emit_c(emitter, "    camkes_put(" OUT ", &camkes_method, sizeof(camkes_method));\n");
    }
    for (size_t i = 0; i < method->parameter_count; i++) {
        if (emit_rpc_goes_in(&method->parameters[i])) {
            caller_put(emitter, &method->parameters[i]);
        }
    }
    for (size_t i = 0; i < method->parameter_count; i++) {
        caller_clear(emitter, &method->parameters[i]);
    }
    emit_c(emitter, "    if (camkes_call_send(&camkes_call)) {\n");
    if (string) {
        emit_c(emitter, "        camkes_result = camkes_get_string(" IN ");\n");
    } else if (returns && is_bool(&method->returns)) {
        emit_c(emitter, "        camkes_result = camkes_get_bool(" IN ");\n");
    } else if (returns) {
        emit_c(emitter, "        camkes_get(" IN ", &camkes_result, sizeof(camkes_result));\n");
    }
    for (size_t i = 0; i < method->parameter_count; i++) {
        if (emit_rpc_goes_out(&method->parameters[i])) {
            caller_get(emitter, &method->parameters[i]);
        }
    }
    emit_c(emitter, "    }\n    camkes_call_end(&camkes_call);\n%s}\n",
           returns ? "    return camkes_result;\n" : "");
}

void emit_rpc_caller(struct emitter *emitter, const struct flat_procedure *procedure,
                     const char *interface)
{
    for (size_t i = 0; i < procedure->method_count; i++) {
        caller_stub(emitter, procedure, i, interface);
    }
}

// ---------------------------------------------------------------------------------------------
// Callee

static void callee_declare(struct emitter *emitter, const struct flat_parameter *p)
{
    const char *name = emit_rpc_argument(emitter, p);
    const char *type = emit_decl_type(emitter, &p->type);

    if (p->array) {
        emit_c(emitter, "    size_t %s_sz = 0;\n    %s*%s = NULL;\n", name, type, name);
    } else if (emit_is_string(&p->type)) {
        emit_c(emitter, "    char *%s = NULL;\n", name);
    } else {
        emit_c(emitter, "    %s%s;\n", type, name);
    }
}

static void callee_get(struct emitter *emitter, const struct flat_parameter *p)
{
    const char *name = emit_rpc_argument(emitter, p);
    if (!emit_rpc_goes_in(p)) {
        if (!p->array && !emit_is_string(&p->type)) {
            emit_c(emitter, "    memset(&%s, 0, sizeof(%s));\n", name, name);
        }
    } else if (p->array && emit_is_string(&p->type)) {
        emit_c(emitter, "    %s = camkes_get_strings(&camkes_request->in, &%s_sz);\n", name, name);
    } else if (p->array && is_bool(&p->type)) {
        emit_c(emitter, "    %s = camkes_get_bool_array(&camkes_request->in, &%s_sz);\n", name,
               name);
    } else if (p->array) {
        emit_c(emitter, "    %s = camkes_get_array(&camkes_request->in, &%s_sz, sizeof(*%s));\n",
               name, name, name);
    } else if (emit_is_string(&p->type)) {
        emit_c(emitter, "    %s = camkes_get_string(&camkes_request->in);\n", name);
    } else if (is_bool(&p->type)) {
        emit_c(emitter, "    %s = camkes_get_bool(&camkes_request->in);\n", name);
    } else {
        emit_c(emitter, "    camkes_get(&camkes_request->in, &%s, sizeof(%s));\n", name, name);
    }
}

static void callee_put(struct emitter *emitter, const struct flat_parameter *p)
{
    const char *name = emit_rpc_argument(emitter, p);
    if (p->array && emit_is_string(&p->type)) {
        emit_c(emitter, "        camkes_put_strings(&camkes_request->out, %s, %s_sz);\n", name,
               name);
    } else if (p->array) {
        emit_c(emitter, "        camkes_put_array(&camkes_request->out, %s, %s_sz, sizeof(*%s));\n",
               name, name, name);
    } else if (emit_is_string(&p->type)) {
        emit_c(emitter, "        camkes_put_string(&camkes_request->out, %s);\n", name);
    } else {
        emit_c(emitter, "        camkes_put(&camkes_request->out, &%s, sizeof(%s));\n", name, name);
    }
}

static void callee_call(struct emitter *emitter, const struct flat_method *method,
                        const char *interface)
{
    bool returns = method->returns.kind != FLAT_TYPE_VOID;

    emit_c(emitter, "        ");
    if (returns) {
        emit_c(emitter, "%scamkes_result = ", emit_decl_type(emitter, &method->returns));
    }
    emit_c(emitter, "%s_%s(", interface, method->name);
    for (size_t i = 0; i < method->parameter_count; i++) {
        const struct flat_parameter *p = &method->parameters[i];
        const char *name = emit_rpc_argument(emitter, p);
        const char *reference = p->direction == FLAT_IN ? "" : "&";
        emit_c(emitter, "%s", i != 0 ? ", " : "");
        if (p->array) {
            emit_c(emitter, "%s%s_sz, ", reference, name);
        }
        emit_c(emitter, "%s%s", reference, name);
    }
    emit_c(emitter, ");\n        camkes_request_answer(camkes_request);\n");
    if (emit_is_string(&method->returns)) {
        emit_c(emitter, "        camkes_put_string(&camkes_request->out, camkes_result);\n"
               "        free(camkes_result);\n");
    } else if (returns) {
        emit_c(
            emitter,
            "        camkes_put(&camkes_request->out, &camkes_result, sizeof(camkes_result));\n");
    }
}

static void callee_handler(struct emitter *emitter, const struct flat_method *method,
                           const char *interface)
{
    emit_c(emitter, "\nstatic void camkes_handle_%s_%s(struct camkes_request *camkes_request)\n{\n",
           interface, method->name);
    for (size_t i = 0; i < method->parameter_count; i++) {
        callee_declare(emitter, &method->parameters[i]);
    }
    if (method->parameter_count != 0) {
        emit_c(emitter, "\n");
    }
    for (size_t i = 0; i < method->parameter_count; i++) {
        callee_get(emitter, &method->parameters[i]);
    }
    emit_c(emitter, "    if (camkes_request_complete(camkes_request)) {\n");
    callee_call(emitter, method, interface);
    for (size_t i = 0; i < method->parameter_count; i++) {
        if (emit_rpc_goes_out(&method->parameters[i])) {
            callee_put(emitter, &method->parameters[i]);
        }
    }
    emit_c(emitter, "    }\n");
    for (size_t i = 0; i < method->parameter_count; i++) {
        const struct flat_parameter *p = &method->parameters[i];
        const char *name = emit_rpc_argument(emitter, p);
        if (p->array && emit_is_string(&p->type)) {
            emit_c(emitter, "    camkes_free_strings(%s, %s_sz);\n", name, name);
        } else if (p->array || emit_is_string(&p->type)) {
            emit_c(emitter, "    free(%s);\n", name);
        }
    }
    emit_c(emitter, "}\n");
}

void emit_rpc_callee(struct emitter *emitter, const struct flat_procedure *procedure,
                     const char *interface)
{
    for (size_t i = 0; i < procedure->method_count; i++) {
        callee_handler(emitter, &procedure->methods[i], interface);
    }
    emit_c(emitter, "\nstatic void camkes_dispatch_%s(struct camkes_request *camkes_request)\n{\n",
           interface);
    if (procedure->method_count == 0) {
        emit_c(emitter, "    camkes_request_bad_method(camkes_request, 0);\n}\n");
        return;
    }
    if (procedure->method_count == 1) {
        emit_c(emitter, "    camkes_handle_%s_%s(camkes_request);\n}\n", interface,
               procedure->methods[0].name);
        return;
    }
    emit_c(emitter, "    %s camkes_method;\n\n"
           "    camkes_get(&camkes_request->in, &camkes_method, sizeof(camkes_method));\n"
           "    if (camkes_request->in.error != CE_NO_ERROR) {\n"
           "        camkes_request_bad_method(camkes_request, 0);\n        return;\n    }\n"
           "    switch (camkes_method) {\n", index_type(procedure));
    for (size_t i = 0; i < procedure->method_count; i++) {
        emit_c(emitter,
               "    case %zu:\n        camkes_handle_%s_%s(camkes_request);\n        break;\n", i,
               interface, procedure->methods[i].name);
    }
    emit_c(emitter,
           "    default:\n        camkes_request_bad_method(camkes_request, camkes_method);\n"
           "        break;\n    }\n}\n");
}
