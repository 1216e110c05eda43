// SPDX-License-Identifier: BSD-2-Clause
// Attributes of a component as C constants. One without a value is declared only, so that an author
// can make the declaration weak and ask whether it is there.

#include "emit.h"

#include <inttypes.h>
#include <string.h>

const char *emit_c_type(const struct flat_type *type)
{
    if (type->kind == FLAT_TYPE_STRING) {
        return "char *";
    }
    return type->kind == FLAT_TYPE_VOID ? "void" : type->c_name;
}

/// "const char *" and "const T ", with the space that a declarator needs. Structs written in ADL
/// may lack the word in their C name.
static void emit_const_type(FILE *out, const struct flat_type *type)
{
    if (type->kind == FLAT_TYPE_STRING) {
        fputs("const char *", out);
    } else if (type->kind == FLAT_TYPE_STRUCT && strncmp(type->c_name, "struct ", 7) != 0) {
        fprintf(out, "const struct %s ", type->c_name);
    } else {
        fprintf(out, "const %s ", type->c_name);
    }
}

static void emit_value(FILE *out, const struct flat_type *type, const struct flat_value *value);

static void emit_integer(FILE *out, const struct flat_value *value)
{
    if (value->is_huge) {
        fprintf(out, "0x%" PRIx64 "u", (uint64_t)value->integer);
    } else if (value->integer == INT64_MIN) {
        fputs("(-0x7fffffffffffffff - 1)", out);
    } else {
        fprintf(out, "%" PRId64, value->integer);
    }
}

/// Types that take bit patterns get a cast for those that they don't hold as numbers; whether `char`
/// has a sign depends on the architecture.
static void emit_bit_pattern(FILE *out, const struct flat_type *type,
                             const struct flat_value *value)
{
    const char *name = type->kind != FLAT_TYPE_VOID && type->c_name != NULL ? type->c_name : "";

    if ((strcmp(name, "int") == 0 && value->integer > INT32_MAX)
        || (strcmp(name, "char") == 0 && (value->integer > INT8_MAX || value->integer < 0))) {
        fprintf(out, "(%s)", name);
    }
}

static void emit_struct_value(FILE *out, const struct flat_struct *structure,
                              const struct flat_value *value)
{
    fputs("{ ", out);
    for (size_t i = 0; i < structure->field_count; i++) {
        const struct flat_attribute *field = &structure->fields[i];
        const struct flat_value *item = flat_value_get(value, field->name);
        if (item == NULL) {
            item = field->init;
        }
        if (item == NULL) {
            continue;
        }
        fprintf(out, ".%s = ", field->name);
        if (field->array && item->kind == FLAT_LIST) {
            fputs("{ ", out);
            for (size_t j = 0; j < item->count; j++) {
                emit_value(out, &field->type, item->items[j]);
                fputs(", ", out);
            }
            fputs("}", out);
        } else {
            emit_value(out, &field->type, item);
        }
        fputs(", ", out);
    }
    fputs("}", out);
}

static void emit_value(FILE *out, const struct flat_type *type, const struct flat_value *value)
{
    switch (value->kind) {
    case FLAT_INT:
        emit_bit_pattern(out, type, value);
        emit_integer(out, value);
        break;
    case FLAT_FLOAT:
        fprintf(out, "%.17g", value->number);
        break;
    case FLAT_STRING:
        emit_string_literal(out, value->string);
        break;
    case FLAT_DICT:
        if (type->structure != NULL) {
            emit_struct_value(out, type->structure, value);
        } else {
            fputs("{ 0 }", out);
        }
        break;
    case FLAT_LIST:
        fputs("{ ", out);
        for (size_t i = 0; i < value->count; i++) {
            emit_value(out, type, value->items[i]);
            fputs(", ", out);
        }
        fputs("}", out);
        break;
    }
}

/// Length of the lists that are looked for: those of one array field of one struct.
struct length_search {
    const struct flat_attribute *field;
    size_t longest;
};

/// Look through a value of type `type`, or a list of such values.
static void search_length(struct length_search *search, const struct flat_type *type,
                          const struct flat_value *value)
{
    if (value == NULL || type->structure == NULL) {
        return;
    }
    for (size_t i = 0; value->kind == FLAT_LIST && i < value->count; i++) {
        search_length(search, type, value->items[i]);
    }
    for (size_t i = 0; value->kind == FLAT_DICT && i < type->structure->field_count; i++) {
        const struct flat_attribute *field = &type->structure->fields[i];
        const struct flat_value *item = flat_value_get(value, field->name);
        if (field == search->field && item != NULL && item->kind == FLAT_LIST
            && item->count > search->longest) {
            search->longest = item->count;
        }
        search_length(search, &field->type, item != NULL ? item : field->init);
    }
}

/// Longest list that any instance's value gives to an array field of a struct: a struct has the same
/// layout in all components, since it may be a parameter of calls between them.
static size_t field_length(const struct emitter *emitter, const struct flat_attribute *field)
{
    const struct flat_assembly *flat = emitter->model->flat;
    struct length_search search = {
        .field = field,
        .longest = field->init != NULL ? field->init->count : 0,
    };

    for (size_t i = 0; i < flat->instance_count; i++) {
        const struct flat_component *component = flat->instances[i].component;
        for (size_t j = 0; j < component->attribute_count; j++) {
            const struct flat_attribute *attribute = &component->attributes[j];
            if (attribute->type.structure != NULL) {
                search_length(&search, &attribute->type,
                              flat_setting(flat, flat->instances[i].name, attribute->name));
            }
        }
    }
    return search.longest;
}

struct struct_set {
    VEC(const struct flat_struct *) seen;
};

static void emit_struct(struct emitter *emitter, struct struct_set *set,
                        const struct flat_struct *structure)
{
    for (size_t i = 0; i < set->seen.count; i++) {
        if (set->seen.items[i] == structure) {
            return;
        }
    }
    VEC_PUSH(emitter->arena, set->seen, structure);
    for (size_t i = 0; i < structure->field_count; i++) {
        if (structure->fields[i].type.structure != NULL) {
            emit_struct(emitter, set, structure->fields[i].type.structure);
        }
    }
    emit_h(emitter, "\nstruct %s {\n", structure->name);
    for (size_t i = 0; i < structure->field_count; i++) {
        const struct flat_attribute *field = &structure->fields[i];
        const char *type =
            field->type.kind == FLAT_TYPE_STRING ? "const char *" : field->type.c_name;
        bool is_plain_struct = field->type.kind == FLAT_TYPE_STRUCT
                               && strncmp(field->type.c_name, "struct ", 7) != 0;
        emit_h(emitter, "    %s%s%s%s", is_plain_struct ? "struct " : "", type,
               field->type.kind == FLAT_TYPE_STRING ? "" : " ", field->name);
        if (field->array) {
            emit_h(emitter, "[%zu]", field_length(emitter, field));
        }
        emit_h(emitter, ";\n");
    }
    emit_h(emitter, "};\n");
}

/// Numbers that only 64-bit architectures have.
static void check_word_size(const struct emitter *emitter, const struct flat_type *type,
                            const struct flat_value *value)
{
    static const char *const words[] = { "size_t", "ssize_t", "intptr_t", "uintptr_t", "ptrdiff_t" };
    enum system_arch arch = emitter->model->arch;

    for (size_t i = 0; value->kind == FLAT_LIST && i < value->count; i++) {
        check_word_size(emitter, type, value->items[i]);
    }
    for (size_t i = 0; value->kind == FLAT_INT && i < sizeof(words) / sizeof(words[0]); i++) {
        if ((arch == SYSTEM_ARCH_ARM || arch == SYSTEM_ARCH_IA32) && type->c_name != NULL
            && strcmp(type->c_name, words[i]) == 0
            && (value->is_huge || value->integer > UINT32_MAX || value->integer < INT32_MIN)) {
            diag_error(emitter->model->diag, value->loc, "value-range",
                       "%s has 32 bits on this architecture", words[i]);
        }
    }
}

static void emit_scalar_definition(struct emitter *emitter, const struct flat_attribute *attribute,
                                   const struct flat_value *value)
{
    emit_h(emitter, "#define %s_DEF ", attribute->name);
    if (value->kind == FLAT_STRING) {
        // One line: a macro.
        fputc('"', emitter->header);
        for (const char *c = value->string; *c != '\0'; c++) {
            if (*c == '"' || *c == '\\' || *c == '?' || (unsigned char)*c < 0x20
                || (unsigned char)*c >= 0x7f) {
                emit_h(emitter, "\\%03o", (unsigned char)*c);
            } else {
                emit_h(emitter, "%c", *c);
            }
        }
        emit_h(emitter, "\"\n");
        return;
    }
    emit_h(emitter, "(");
    emit_value(emitter->header, &attribute->type, value);
    emit_h(emitter, ")\n");
}

static void emit_attribute(struct emitter *emitter, const struct flat_attribute *attribute)
{
    const struct flat_value *value =
        flat_setting(emitter->model->flat, emitter->instance->name, attribute->name);
    bool is_scalar = !attribute->array && attribute->type.kind != FLAT_TYPE_STRUCT;
    bool is_list = value != NULL && value->kind == FLAT_LIST;

    emit_h(emitter, "extern ");
    emit_const_type(emitter->header, &attribute->type);
    emit_h(emitter, "%s", attribute->name);
    if (attribute->array) {
        emit_h(emitter, "[%s]", is_list ? emit_text(emitter, "%zu", value->count) : "");
    }
    if (value == NULL || (attribute->array && !is_list)) {
        emit_h(emitter, " __attribute__((weak)); // not set\n");
        return;
    }
    emit_h(emitter, ";\n");
    check_word_size(emitter, &attribute->type, value);
    if (is_scalar && value->kind != FLAT_LIST && value->kind != FLAT_DICT) {
        emit_scalar_definition(emitter, attribute, value);
    }
    emit_const_type(emitter->code, &attribute->type);
    emit_c(emitter, "%s", attribute->name);
    if (attribute->array) {
        emit_c(emitter, "[%zu]", value->count);
    }
    emit_c(emitter, " = ");
    emit_value(emitter->code, &attribute->type, value);
    emit_c(emitter, ";\n");
}

void emit_attributes(struct emitter *emitter)
{
    const struct flat_component *component = emitter->instance->flat->component;
    struct struct_set set = { 0 };

    for (size_t i = 0; i < component->attribute_count; i++) {
        if (component->attributes[i].type.structure != NULL) {
            emit_struct(emitter, &set, component->attributes[i].type.structure);
        }
    }
    for (size_t i = 0; i < component->interface_count; i++) {
        const struct flat_procedure *procedure = component->interfaces[i].procedure;
        for (size_t j = 0; procedure != NULL && j < procedure->method_count; j++) {
            const struct flat_method *method = &procedure->methods[j];
            if (method->returns.structure != NULL) {
                emit_struct(emitter, &set, method->returns.structure);
            }
            for (size_t k = 0; k < method->parameter_count; k++) {
                if (method->parameters[k].type.structure != NULL) {
                    emit_struct(emitter, &set, method->parameters[k].type.structure);
                }
            }
        }
    }
    emit_h(emitter, "\n");
    emit_c(emitter, "\n");
    for (size_t i = 0; i < component->attribute_count; i++) {
        emit_attribute(emitter, &component->attributes[i]);
    }
}
