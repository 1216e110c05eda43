// SPDX-License-Identifier: BSD-2-Clause
// `adlc flat --json`: the flattened assembly as JSON, indented by one space per level.

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "flat.h"
#include "source.h"

struct json {
    FILE *out;
    const struct flat_assembly *assembly;
    unsigned depth;
    bool empty;       ///< nothing in the current list or object yet
};

static void line_break(struct json *j)
{
    (void)fputc('\n', j->out);
    for (unsigned i = 0; i < j->depth; i++) {
        (void)fputc(' ', j->out);
    }
}

/// Start the next item of the current list or object.
static void next(struct json *j)
{
    if (!j->empty) {
        (void)fputc(',', j->out);
    }
    j->empty = false;
    if (j->depth != 0) {
        line_break(j);
    }
}

static void key(struct json *j, const char *name)
{
    next(j);
    diag_json_string(j->out, name);
    (void)fputs(": ", j->out);
}

static void open(struct json *j, char bracket)
{
    (void)fputc(bracket, j->out);
    j->depth++;
    j->empty = true;
}

static void close(struct json *j, char bracket)
{
    j->depth--;
    if (!j->empty) {
        line_break(j);
    }
    (void)fputc(bracket, j->out);
    j->empty = false;
}

static void put_string(struct json *j, const char *text)
{
    if (text == NULL) {
        (void)fputs("null", j->out);
    } else {
        diag_json_string(j->out, text);
    }
}

static void put_bool(struct json *j, bool value)
{
    (void)fputs(value ? "true" : "false", j->out);
}

static void key_string(struct json *j, const char *name, const char *text)
{
    key(j, name);
    put_string(j, text);
}

static void key_bool(struct json *j, const char *name, bool value)
{
    key(j, name);
    put_bool(j, value);
}

/// The shortest text that reads back as the same number, with a point or exponent in it.
static void put_float(struct json *j, double number)
{
    char text[40];
    bool plain = true;

    for (int digits = 1; digits <= 17; digits++) {
        (void)snprintf(text, sizeof(text), "%.*g", digits, number);
        if (strtod(text, NULL) == number) {
            break;
        }
    }
    for (const char *s = text; *s != '\0'; s++) {
        plain = plain && *s != '.' && *s != 'e';
    }
    (void)fprintf(j->out, "%s%s", text, plain ? ".0" : "");
}

static void put_value(struct json *j, const struct flat_value *value)
{
    switch (value->kind) {
    case FLAT_INT:
        if (value->is_huge) {
            (void)fprintf(j->out, "%" PRIu64, (uint64_t)value->integer);
        } else {
            (void)fprintf(j->out, "%" PRId64, value->integer);
        }
        break;
    case FLAT_FLOAT:
        put_float(j, value->number);
        break;
    case FLAT_STRING:
        put_string(j, value->string);
        break;
    case FLAT_LIST:
        open(j, '[');
        for (size_t i = 0; i < value->count; i++) {
            next(j);
            put_value(j, value->items[i]);
        }
        close(j, ']');
        break;
    case FLAT_DICT:
        open(j, '{');
        for (size_t i = 0; i < value->count; i++) {
            key(j, value->keys[i]);
            put_value(j, value->items[i]);
        }
        close(j, '}');
        break;
    }
}

// ---------------------------------------------------------------------------------------------
// Instances, connections, settings

static void put_instances(struct json *j)
{
    key(j, "instances");
    open(j, '[');
    for (size_t i = 0; i < j->assembly->instance_count; i++) {
        const struct flat_instance *instance = &j->assembly->instances[i];

        next(j);
        open(j, '{');
        key_string(j, "name", instance->name);
        key_string(j, "component", instance->component->name);
        key_string(j, "address_space", instance->address_space);
        key_bool(j, "hardware", instance->hardware);
        key_bool(j, "control", instance->control);
        close(j, '}');
    }
    close(j, ']');
}

/// Type of an interface: its name, with the size of a sized Buf.
static void put_interface_type(struct json *j, const struct flat_interface *interface)
{
    if (interface->has_buf_size) {
        (void)fprintf(j->out, "\"Buf(%" PRIu64 ")\"", interface->buf_size);
    } else {
        put_string(j, interface->type);
    }
}

static void put_ends(struct json *j, const char *name, const struct flat_end *ends, size_t count)
{
    key(j, name);
    open(j, '[');
    for (size_t i = 0; i < count; i++) {
        next(j);
        open(j, '{');
        key_string(j, "end", ends[i].name);
        key_string(j, "kind", flat_interface_kind_name(ends[i].interface->kind));
        key(j, "iface_type");
        put_interface_type(j, ends[i].interface);
        close(j, '}');
    }
    close(j, ']');
}

static void put_connections(struct json *j)
{
    key(j, "connections");
    open(j, '[');
    for (size_t i = 0; i < j->assembly->connection_count; i++) {
        const struct flat_connection *connection = &j->assembly->connections[i];

        next(j);
        open(j, '{');
        key_string(j, "name", connection->name);
        key_string(j, "connector", connection->connector->name);
        put_ends(j, "from", connection->from, connection->from_count);
        put_ends(j, "to", connection->to, connection->to_count);
        close(j, '}');
    }
    close(j, ']');
}

static void put_settings(struct json *j)
{
    const struct flat_assembly *a = j->assembly;

    key(j, "settings_explicit");
    open(j, '[');
    for (size_t i = 0; i < a->setting_count; i++) {
        next(j);
        open(j, '{');
        key_string(j, "instance", a->settings[i].scope);
        key_string(j, "attribute", a->settings[i].attribute);
        key(j, "value");
        put_value(j, a->settings[i].value);
        close(j, '}');
    }
    close(j, ']');
    key(j, "settings_effective");
    open(j, '{');
    for (size_t i = 0; i < a->effective_count; i++) {
        if (i == 0 || a->effective[i].scope != a->effective[i - 1].scope) {
            if (i != 0) {
                close(j, '}');
            }
            key(j, a->effective[i].scope);
            open(j, '{');
        }
        key(j, a->effective[i].attribute);
        put_value(j, a->effective[i].value);
    }
    if (a->effective_count != 0) {
        close(j, '}');
    }
    close(j, '}');
}

static void put_queries(struct json *j)
{
    key(j, "queries");
    open(j, '[');
    for (size_t i = 0; i < j->assembly->query_count; i++) {
        const struct flat_query *query = &j->assembly->queries[i];

        next(j);
        open(j, '{');
        key_string(j, "instance", query->scope);
        key_string(j, "attribute", query->attribute);
        key_string(j, "query", query->function);
        key(j, "args");
        put_value(j, query->args);
        key(j, "dict_lookup");
        if (query->lookup != NULL) {
            put_value(j, query->lookup);
        } else {
            put_string(j, NULL);
        }
        close(j, '}');
    }
    close(j, ']');
}

// ---------------------------------------------------------------------------------------------
// Declarations

static void put_attributes(struct json *j, const char *name,
                           const struct flat_attribute *attributes, size_t count)
{
    key(j, name);
    open(j, '[');
    for (size_t i = 0; i < count; i++) {
        next(j);
        open(j, '{');
        key_string(j, "type", attributes[i].type.c_name);
        key_string(j, "name", attributes[i].name);
        key_bool(j, "array", attributes[i].array);
        if (attributes[i].init != NULL) {
            key(j, "default");
            put_value(j, attributes[i].init);
        }
        close(j, '}');
    }
    close(j, ']');
}

static void put_includes(struct json *j, const struct flat_include *includes, size_t count)
{
    key(j, "includes");
    open(j, '[');
    for (size_t i = 0; i < count; i++) {
        next(j);
        put_string(j, includes[i].text);
    }
    close(j, ']');
}

static void put_interfaces(struct json *j, const char *name,
                           const struct flat_component *component, enum flat_interface_kind kind)
{
    key(j, name);
    open(j, '[');
    for (size_t i = 0; i < component->interface_count; i++) {
        const struct flat_interface *interface = &component->interfaces[i];

        if (interface->kind != kind) {
            continue;
        }
        next(j);
        open(j, '{');
        key_string(j, "name", interface->name);
        key(j, "type");
        put_interface_type(j, interface);
        if (kind == FLAT_USES || kind == FLAT_CONSUMES || kind == FLAT_DATAPORT) {
            key_bool(j, "optional", interface->optional);
        }
        close(j, '}');
    }
    close(j, ']');
}

static void put_locks(struct json *j, const char *name, const struct flat_component *component,
                      enum flat_lock_kind kind)
{
    key(j, name);
    open(j, '[');
    for (size_t i = 0; i < component->lock_count; i++) {
        if (component->locks[i].kind == kind) {
            next(j);
            put_string(j, component->locks[i].name);
        }
    }
    close(j, ']');
}

static void put_exports(struct json *j, const struct flat_component *component)
{
    key(j, "exports");
    open(j, '[');
    for (size_t i = 0; i < component->export_count; i++) {
        next(j);
        open(j, '{');
        key_string(j, "source", component->exports[i].source);
        key_string(j, "name", component->exports[i].alias);
        close(j, '}');
    }
    close(j, ']');
}

static void put_component(struct json *j, const struct flat_component *component)
{
    key(j, component->name);
    open(j, '{');
    key_string(j, "name", component->name);
    key_string(j, "declared_at", diag_loc_text(j->assembly->diag, component->loc));
    key_bool(j, "control", component->control);
    key_bool(j, "hardware", component->hardware);
    put_includes(j, component->includes, component->include_count);
    put_interfaces(j, "provides", component, FLAT_PROVIDES);
    put_interfaces(j, "uses", component, FLAT_USES);
    put_interfaces(j, "emits", component, FLAT_EMITS);
    put_interfaces(j, "consumes", component, FLAT_CONSUMES);
    put_interfaces(j, "dataports", component, FLAT_DATAPORT);
    put_locks(j, "mutexes", component, FLAT_MUTEX);
    put_locks(j, "semaphores", component, FLAT_SEMAPHORE);
    put_locks(j, "binary_semaphores", component, FLAT_BINARY_SEMAPHORE);
    put_attributes(j, "attributes", component->attributes, component->attribute_count);
    key_bool(j, "has_composition", component->has_composition);
    if (component->has_composition) {
        put_exports(j, component);
    }
    close(j, '}');
}

static void put_connector(struct json *j, const struct flat_connector *connector)
{
    key(j, connector->name);
    open(j, '{');
    key_string(j, "name", connector->name);
    key_string(j, "from_type", flat_connector_kind_name(connector->from.kind));
    key_string(j, "to_type", flat_connector_kind_name(connector->to.kind));
    key_bool(j, "from_multiple", connector->from.multiple);
    key_bool(j, "to_multiple", connector->to.multiple);
    key(j, "from_threads");
    (void)fprintf(j->out, "%u", connector->from.threads);
    key(j, "to_threads");
    (void)fprintf(j->out, "%u", connector->to.threads);
    key_bool(j, "from_hardware", connector->from.hardware);
    key_bool(j, "to_hardware", connector->to.hardware);
    key(j, "attributes");
    open(j, '{');
    for (size_t i = 0; i < connector->attribute_count; i++) {
        key(j, connector->attributes[i].name);
        if (connector->attributes[i].init != NULL) {
            put_value(j, connector->attributes[i].init);
        } else {
            put_string(j, NULL);
        }
    }
    close(j, '}');
    close(j, '}');
}

static void put_method(struct json *j, const struct flat_method *method)
{
    static const char *const directions[] = {"in", "out", "inout", "refin"};

    next(j);
    open(j, '{');
    key_string(j, "name", method->name);
    key_string(j, "returns", method->returns.c_name);
    key(j, "params");
    open(j, '[');
    for (size_t i = 0; i < method->parameter_count; i++) {
        const struct flat_parameter *parameter = &method->parameters[i];

        next(j);
        open(j, '{');
        key_string(j, "dir", directions[parameter->direction]);
        key_string(j, "type", parameter->type.c_name);
        key_string(j, "name", parameter->name);
        key_bool(j, "array", parameter->array);
        close(j, '}');
    }
    close(j, ']');
    close(j, '}');
}

static void put_procedure(struct json *j, const struct flat_procedure *procedure)
{
    key(j, procedure->name);
    open(j, '{');
    key_string(j, "name", procedure->name);
    put_includes(j, procedure->includes, procedure->include_count);
    put_attributes(j, "attributes", procedure->attributes, procedure->attribute_count);
    key(j, "methods");
    open(j, '[');
    for (size_t i = 0; i < procedure->method_count; i++) {
        put_method(j, &procedure->methods[i]);
    }
    close(j, ']');
    close(j, '}');
}

static void put_declarations(struct json *j)
{
    const struct flat_assembly *a = j->assembly;

    key(j, "components");
    open(j, '{');
    for (size_t i = 0; i < a->component_count; i++) {
        put_component(j, a->components[i]);
    }
    close(j, '}');
    key(j, "connectors");
    open(j, '{');
    for (size_t i = 0; i < a->connector_count; i++) {
        put_connector(j, a->connectors[i]);
    }
    close(j, '}');
    key(j, "procedures");
    open(j, '{');
    for (size_t i = 0; i < a->procedure_count; i++) {
        put_procedure(j, a->procedures[i]);
    }
    close(j, '}');
    key(j, "structs");
    open(j, '{');
    for (size_t i = 0; i < a->struct_count; i++) {
        key(j, a->structs[i]->name);
        open(j, '{');
        key_string(j, "name", a->structs[i]->name);
        put_attributes(j, "fields", a->structs[i]->fields, a->structs[i]->field_count);
        close(j, '}');
    }
    close(j, '}');
}

static void put_schedule(struct json *j)
{
    key(j, "schedule");
    open(j, '[');
    for (size_t i = 0; i < j->assembly->slot_count; i++) {
        const struct flat_slot *slot = &j->assembly->schedule[i];

        next(j);
        open(j, '{');
        key(j, "domain");
        (void)fprintf(j->out, "%" PRIu64, slot->domain);
        key(j, "length");
        (void)fprintf(j->out, "%" PRIu64, slot->length);
        key_string(j, "unit", slot->unit == FLAT_SLOT_US ? "us" : "ticks");
        close(j, '}');
    }
    close(j, ']');
}

void flat_write_json(const struct flat_assembly *a, FILE *out)
{
    struct json j = {out, a, 0, true};

    open(&j, '{');
    key_string(&j, "assembly", a->name);
    put_instances(&j);
    put_connections(&j);
    put_settings(&j);
    put_queries(&j);
    put_declarations(&j);
    put_schedule(&j);
    close(&j, '}');
    (void)fputc('\n', out);
}
