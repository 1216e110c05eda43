// SPDX-License-Identifier: BSD-2-Clause
// Rules about connections and instances: kinds and numbers of ends, interface types, interfaces
// that must be connected, calls that may block for ever, priorities that invert.

#include <string.h>

#include "front.h"

/// Priority of a thread that has no setting.
#define DEFAULT_PRIORITY 254

/// Pairs of client and server that are looked at; more can't be meant seriously.
#define MAX_CALLS 100000u

// ---------------------------------------------------------------------------------------------
// Ends

static enum flat_interface_kind wanted_kind(enum flat_connector_kind kind, bool from)
{
    switch (kind) {
    case FLAT_KIND_PROCEDURE:
        return from ? FLAT_USES : FLAT_PROVIDES;
    case FLAT_KIND_EVENT:
        return from ? FLAT_EMITS : FLAT_CONSUMES;
    case FLAT_KIND_DATAPORT:
        break;
    }
    return FLAT_DATAPORT;
}

static void check_end(struct front *front, const struct flat_connection *connection,
                      const struct flat_end *end, bool from)
{
    const struct flat_connector_side *side =
        from ? &connection->connector->from : &connection->connector->to;
    const char *side_name = from ? "from" : "to";
    enum flat_interface_kind kind = wanted_kind(side->kind, from);

    if (end->interface->kind != kind) {
        diag_error(front->diag, end->loc, "end-kind",
                   "the '%s' end of connector '%s' must be a '%s' interface, but '%s' is '%s'",
                   side_name, connection->connector->name, flat_interface_kind_name(kind),
                   end->name, flat_interface_kind_name(end->interface->kind));
        diag_note(front->diag, end->interface->loc, "'%s' is declared here",
                  end->interface->name);
    }
    if (side->hardware != end->instance->hardware) {
        diag_error(front->diag, end->loc, "end-hardware",
                   side->hardware
                       ? "the '%s' end of connector '%s' must be a hardware component, but the "
                         "component of '%s' is not"
                       : "the '%s' end of connector '%s' cannot be a hardware component, but the "
                         "component of '%s' is one",
                   side_name, connection->connector->name, end->instance->name);
        diag_note(front->diag, end->instance->component->loc, "component '%s' is declared here",
                  end->instance->component->name);
    }
}

static void check_side(struct front *front, const struct flat_connection *connection, bool from)
{
    const struct flat_connector *connector = connection->connector;
    const struct flat_connector_side *side = from ? &connector->from : &connector->to;
    const struct flat_end *ends = from ? connection->from : connection->to;
    size_t count = from ? connection->from_count : connection->to_count;
    const char *side_name = from ? "from" : "to";

    for (size_t i = 0; i < count; i++) {
        check_end(front, connection, &ends[i], from);
    }
    if (count == 0) {
        diag_error(front->diag, connection->loc, "end-missing",
                   "connection '%s' has no '%s' end", connection->name, side_name);
    }
    if (count > 1 && !side->multiple) {
        diag_error(front->diag, ends[1].loc, "end-count",
                   "connection '%s' has %zu '%s' ends, but connector '%s' takes one",
                   connection->name, count, side_name, connector->name);
        diag_note(front->diag, ends[0].loc, "the first '%s' end is here", side_name);
        diag_note(front->diag, connector->loc, "connector '%s' is declared here with '%s %s'",
                  connector->name, side_name, flat_connector_kind_name(side->kind));
    }
}

static const char *type_text(struct front *front, const struct flat_interface *interface)
{
    if (!interface->has_buf_size) {
        return interface->type;
    }
    return arena_printf(front->arena, "Buf(%llu)", (unsigned long long)interface->buf_size);
}

static bool same_type(const struct flat_interface *a, const struct flat_interface *b)
{
    if (a->type != b->type) {
        return false;
    }
    return !a->has_buf_size || !b->has_buf_size || a->buf_size == b->buf_size;
}

static void check_types(struct front *front, const struct flat_connection *connection)
{
    const struct flat_end *first = connection->from;

    if (flat_connector_int(connection->connector, "disable_interface_type_checking", 0) != 0) {
        return;
    }
    for (size_t i = 0; i < connection->from_count + connection->to_count; i++) {
        const struct flat_end *end = i < connection->from_count
                                         ? &connection->from[i]
                                         : &connection->to[i - connection->from_count];

        if (!same_type(first->interface, end->interface)) {
            diag_error(front->diag, end->loc, "interface-type",
                       "'%s' has type '%s', but '%s' has type '%s'", end->name,
                       type_text(front, end->interface), first->name,
                       type_text(front, first->interface));
            diag_note(front->diag, end->interface->loc, "'%s' is declared here", end->name);
            diag_note(front->diag, first->interface->loc, "'%s' is declared here", first->name);
        }
    }
}

/// seL4DirectCall: the caller's code jumps to the callee's.
static void check_direct_call(struct front *front, const struct flat_connection *connection)
{
    const struct flat_end *to = &connection->to[0];

    if (strcmp(connection->connector->name, "seL4DirectCall") != 0) {
        return;
    }
    for (size_t i = 0; i < connection->from_count; i++) {
        const struct flat_end *from = &connection->from[i];

        if (from->instance->address_space != to->instance->address_space) {
            diag_error(front->diag, from->loc, "direct-call-group",
                       "'%s' calls '%s' directly, but '%s' and '%s' are not in one group",
                       from->name, to->name, from->instance->name, to->instance->name);
            diag_note(front->diag, from->instance->loc, "'%s' is in address space '%s'",
                      from->instance->name, from->instance->address_space);
            diag_note(front->diag, to->instance->loc, "'%s' is in address space '%s'",
                      to->instance->name, to->instance->address_space);
        }
    }
}

// ---------------------------------------------------------------------------------------------
// Interfaces without a connection

/// Interfaces inside compound components that are reached through an export.
static void mark_exported(struct front *front)
{
    for (size_t i = 0; i < front->nodes.count; i++) {
        const struct front_node *node = front->nodes.items[i];

        for (size_t j = 0; j < node->component->interfaces.count; j++) {
            const struct ast_interface *interface = &node->component->interfaces.items[j];
            struct front_end end = {(struct front_node *)(uintptr_t)node, interface, NULL,
                                    interface->name.loc};
            struct front_end inner = front_chase_export(front, end);

            if (inner.node != node) {
                (void)names_add(&front->names, node, NAME_USED, interface->name.text, NULL,
                                ADLC_NO_LOC);
            }
        }
    }
}

static void check_connected(struct front *front, const struct front_node *node,
                            const struct flat_interface *interface)
{
    bool must = interface->kind == FLAT_USES || interface->kind == FLAT_CONSUMES ||
                interface->kind == FLAT_DATAPORT;

    if (!must || interface->optional ||
        names_get(&front->names, node, NAME_END, interface->name) != NULL ||
        names_find(&front->names, node, NAME_USED, interface->name) != NULL) {
        return;
    }
    diag_error(front->diag, node->flat->loc, "not-connected",
               "interface '%s' of '%s' is not connected", interface->name, node->name);
    diag_note(front->diag, interface->loc, "'%s %s' is declared here, without 'maybe'",
              flat_interface_kind_name(interface->kind), interface->name);
}

static void check_all_connected(struct front *front)
{
    mark_exported(front);
    for (size_t i = 0; i < front->nodes.count; i++) {
        const struct front_node *node = front->nodes.items[i];
        const struct flat_component *component = node->component->flat;

        for (size_t j = 0; j < component->interface_count; j++) {
            check_connected(front, node, &component->interfaces[j]);
        }
    }
}

// ---------------------------------------------------------------------------------------------
// Calls between instances

/// Whether the from side blocks until a thread of the to side answers.
static bool is_call(const struct flat_connection *connection)
{
    const struct flat_connector *connector = connection->connector;

    return connector->from.kind == FLAT_KIND_PROCEDURE && !connector->from.hardware &&
           !connector->to.hardware && connector->to.threads != 0 &&
           strcmp(connector->name, "seL4VMDTBPassthrough") != 0;
}

static int64_t thread_priority(const struct flat_assembly *a,
                               const struct flat_instance *instance, const char *thread)
{
    int64_t instance_wide = flat_setting_int(a, instance->name, "priority", DEFAULT_PRIORITY);

    return flat_interface_int(a, instance, thread, "_priority", instance_wide);
}

static void check_priorities(struct front *front, const struct flat_connection *connection)
{
    const struct flat_assembly *a = front->assembly;

    for (size_t i = 0; i < connection->to_count; i++) {
        const struct flat_end *to = &connection->to[i];
        int64_t server = thread_priority(a, to->instance, to->interface->name);

        for (size_t j = 0; j < connection->from_count && j < MAX_CALLS / connection->to_count;
             j++) {
            const struct flat_end *from = &connection->from[j];
            int64_t client = thread_priority(a, from->instance, "");

            if (from->instance != to->instance && client > server) {
                diag_warning(front->diag, from->loc, "priority-inversion",
                             "'%s' calls '%s', which runs at a lower priority (%lld calls %lld)",
                             from->instance->name, to->name, (long long)client,
                             (long long)server);
            }
        }
    }
}

/// One call edge of the graph of instances.
struct call {
    size_t to;                            ///< instance index
    const struct flat_end *from_end;
    const struct flat_end *to_end;
};

typedef VEC(struct call) call_vec;

struct call_graph {
    struct front *front;
    call_vec *calls;                      ///< per instance
    uint8_t *state;                       ///< 0 unseen, 1 on the path, 2 done
    VEC(struct call) path;
    size_t count;
};

static void report_cycle(struct call_graph *graph, const struct call *last)
{
    struct front *front = graph->front;
    const struct flat_instance *instances = front->assembly->instances;
    size_t start = graph->path.count;
    const char *text = instances[last->to].name;

    // Go back along the path to the call that left the instance this last call returns to.
    while (start > 0 && graph->path.items[start - 1].from_end->instance->index != last->to) {
        start--;
    }
    start -= start > 0;
    for (size_t i = start; i < graph->path.count; i++) {
        text = arena_printf(front->arena, "%s -> %s", text,
                            instances[graph->path.items[i].to].name);
    }
    diag_warning(front->diag, last->from_end->loc, "call-cycle",
                 "calls go in a circle and can wait for each other for ever: %s -> %s", text,
                 instances[last->to].name);
    for (size_t i = start; i < graph->path.count && i < start + 8; i++) {
        diag_note(front->diag, graph->path.items[i].from_end->loc, "'%s' calls '%s' here",
                  graph->path.items[i].from_end->instance->name,
                  graph->path.items[i].to_end->instance->name);
    }
}

static void walk_calls(struct call_graph *graph, size_t instance)
{
    graph->state[instance] = 1;
    for (size_t i = 0; i < graph->calls[instance].count; i++) {
        const struct call *call = &graph->calls[instance].items[i];

        if (graph->state[call->to] == 1) {
            report_cycle(graph, call);
        } else if (graph->state[call->to] == 0) {
            VEC_PUSH(graph->front->arena, graph->path, *call);
            walk_calls(graph, call->to);
            graph->path.count--;
        }
    }
    graph->state[instance] = 2;
}

static void add_calls(struct call_graph *graph, const struct flat_connection *connection)
{
    for (size_t i = 0; i < connection->from_count; i++) {
        const struct flat_end *from = &connection->from[i];

        for (size_t j = 0; j < connection->to_count; j++) {
            const struct flat_end *to = &connection->to[j];
            struct call call = {to->instance->index, from, to};

            if (from->instance != to->instance && graph->count++ < MAX_CALLS) {
                VEC_PUSH(graph->front->arena, graph->calls[from->instance->index], call);
            }
        }
    }
}

/// Whether a value of the type has an address in it: a struct with a string, or with a struct that
/// has one. `visit` stands for one question.
static bool has_address(struct front *front, const void *visit, const struct flat_type *type)
{
    const struct flat_struct *structure = type->structure;

    if (structure == NULL ||
        names_add(&front->names, visit, NAME_USED, structure->name, NULL, ADLC_NO_LOC) != NULL) {
        return false;
    }
    for (size_t i = 0; i < structure->field_count; i++) {
        const struct flat_type *field = &structure->fields[i].type;

        if (field->kind == FLAT_TYPE_STRING || has_address(front, visit, field)) {
            return true;
        }
    }
    return false;
}

/// Structs are copied as they are, so that their strings stay behind.
static void check_addresses(struct front *front, const struct flat_connection *connection)
{
    const struct flat_procedure *procedure = connection->to[0].interface->procedure;
    static const char text[] = "struct '%s' has a string, whose address means nothing in another "
                               "address space; use parameters of type string";

    for (size_t i = 0; procedure != NULL && i < procedure->method_count; i++) {
        const struct flat_method *method = &procedure->methods[i];

        if (has_address(front, method, &method->returns)) {
            diag_warning(front->diag, method->loc, "string-in-struct", text,
                         method->returns.structure->name);
        }
        for (size_t j = 0; j < method->parameter_count; j++) {
            const struct flat_parameter *parameter = &method->parameters[j];

            if (has_address(front, parameter, &parameter->type)) {
                diag_warning(front->diag, parameter->loc, "string-in-struct", text,
                             parameter->type.structure->name);
            }
        }
    }
}

static void check_calls(struct front *front)
{
    const struct flat_assembly *a = front->assembly;
    struct call_graph graph;

    memset(&graph, 0, sizeof(graph));
    graph.front = front;
    graph.calls = ARENA_NEW_ARRAY(front->arena, call_vec, a->instance_count);
    graph.state = ARENA_NEW_ARRAY(front->arena, uint8_t, a->instance_count);
    for (size_t i = 0; i < a->connection_count; i++) {
        if (is_call(&a->connections[i])) {
            add_calls(&graph, &a->connections[i]);
            check_priorities(front, &a->connections[i]);
            check_addresses(front, &a->connections[i]);
        }
    }
    for (size_t i = 0; i < a->instance_count; i++) {
        if (graph.state[i] == 0) {
            walk_calls(&graph, i);
        }
    }
}

void check_assembly(struct front *front)
{
    const struct flat_assembly *a = front->assembly;

    for (size_t i = 0; i < a->connection_count; i++) {
        size_t errors = diag_error_count(front->diag);

        check_side(front, &a->connections[i], true);
        check_side(front, &a->connections[i], false);
        if (diag_error_count(front->diag) == errors) {
            check_types(front, &a->connections[i]);
            check_direct_call(front, &a->connections[i]);
        }
    }
    check_all_connected(front);
    if (diag_error_count(front->diag) == 0) {
        check_calls(front);
    }
}
