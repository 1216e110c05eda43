// SPDX-License-Identifier: BSD-2-Clause
// The final instances and connections. Connections that share an end become one: its name is the
// sorted names joined by dots, its ends keep the order of declaration, and it comes after the
// connections that were not merged.

#include <stdlib.h>
#include <string.h>

#include "front.h"

// ---------------------------------------------------------------------------------------------
// Union-find over connections

static size_t find_root(struct front *front, size_t index)
{
    struct front_connection *const *connections = front->connections.items;

    while (connections[index]->merged_into != index) {
        size_t up = connections[index]->merged_into;

        connections[index]->merged_into = connections[up]->merged_into;
        index = up;
    }
    return index;
}

/// The smaller index wins, so the root is the connection declared first.
static void unite(struct front *front, size_t a, size_t b)
{
    a = find_root(front, a);
    b = find_root(front, b);
    if (a < b) {
        front->connections.items[b]->merged_into = a;
    } else {
        front->connections.items[a]->merged_into = b;
    }
}

static void check_same_connector(struct front *front, const struct front_end *end, size_t first,
                                 size_t second)
{
    const struct front_connection *a = front->connections.items[first];
    const struct front_connection *b = front->connections.items[second];

    if (a->connector == b->connector) {
        return;
    }
    diag_error(front->diag, end->loc, "connected-twice",
               "'%s' is already connected, by connector '%s' instead of '%s'", end->name,
               a->connector->name.text, b->connector->name.text);
    diag_note(front->diag, a->loc, "connected here, in '%s'", a->name);
}

/// Note that `connections[index]` has this end; unite it with earlier ones that do.
static void claim_end(struct front *front, const struct front_end *end, size_t index)
{
    void *mark = front->connections.items[index];
    const struct name_entry *old = names_add(&front->names, end->node, NAME_END,
                                             end->interface->name.text, mark, end->loc);
    const struct front_connection *other;

    if (old == NULL) {
        return;
    }
    if (old->thing == mark) {
        diag_error(front->diag, end->loc, "end-twice", "'%s' is an end of connection '%s' twice",
                   end->name, front->connections.items[index]->name);
        diag_note(front->diag, old->loc, "the first time is here");
        return;
    }
    other = old->thing;
    check_same_connector(front, end, other->index, index);
    unite(front, other->index, index);
}

static void unite_all(struct front *front)
{
    for (size_t i = 0; i < front->connections.count; i++) {
        front->connections.items[i]->index = i;
    }
    for (size_t i = 0; i < front->connections.count; i++) {
        const struct front_connection *connection = front->connections.items[i];

        for (size_t j = 0; j < connection->from.count; j++) {
            claim_end(front, &connection->from.items[j], i);
        }
        for (size_t j = 0; j < connection->to.count; j++) {
            claim_end(front, &connection->to.items[j], i);
        }
    }
}

// ---------------------------------------------------------------------------------------------
// Flat connections

static int compare_names(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

typedef VEC(const char *) name_vec;

static const char *merged_name(struct front *front, name_vec *members)
{
    const char *name = NULL;
    size_t size = 1;
    char *text;

    qsort(members->items, members->count, sizeof(members->items[0]), compare_names);
    for (size_t i = 0; i < members->count; i++) {
        size += strlen(members->items[i]) + 1;
    }
    text = arena_alloc(front->arena, size);
    size = 0;
    for (size_t i = 0; i < members->count; i++) {
        size_t len = strlen(members->items[i]);

        if (i != 0) {
            text[size++] = '.';
        }
        memcpy(text + size, members->items[i], len);
        size += len;
    }
    name = arena_intern_n(front->arena, text, size);
    for (size_t i = 0; i < members->count; i++) {
        struct front_member member = {name, members->items[i]};

        VEC_PUSH(front->arena, front->members, member);
    }
    return name;
}

static const struct flat_interface *flat_interface_of(const struct front_end *end)
{
    const struct ast_component *component = end->node->component;

    return &component->flat->interfaces[end->interface - component->interfaces.items];
}

/// Append ends that are not there yet. `side` stands for one side of one connection.
static void add_ends(struct front *front, const void *side, front_end_vec *all,
                     const front_end_vec *more)
{
    for (size_t i = 0; i < more->count; i++) {
        if (names_add(&front->names, side, NAME_USED, more->items[i].name, NULL, ADLC_NO_LOC) ==
            NULL) {
            VEC_PUSH(front->arena, *all, more->items[i]);
        }
    }
}

static const struct flat_end *make_ends(struct front *front, const front_end_vec *ends,
                                        const struct flat_connection *connection)
{
    struct flat_end *flat = ARENA_NEW_ARRAY(front->arena, struct flat_end, ends->count);

    for (size_t i = 0; i < ends->count; i++) {
        const struct front_end *end = &ends->items[i];

        flat[i].instance = end->node->flat;
        flat[i].interface = flat_interface_of(end);
        flat[i].connection = connection;
        flat[i].name = end->name;
        flat[i].loc = end->loc;
        names_set(&front->names, end->node, NAME_END, end->interface->name.text, &flat[i],
                  end->loc);
    }
    return flat;
}

static void make_connection(struct front *front, size_t first, const size_t *next,
                            struct flat_connection *flat)
{
    const struct front_connection *connection = front->connections.items[first];
    front_end_vec from = {NULL, 0, 0};
    front_end_vec to = {NULL, 0, 0};
    name_vec members = {NULL, 0, 0};

    for (size_t i = first; i != SIZE_MAX; i = next[i]) {
        const struct front_connection *member = front->connections.items[i];

        add_ends(front, &flat->from, &from, &member->from);
        add_ends(front, &flat->to, &to, &member->to);
        VEC_PUSH(front->arena, members, member->name);
    }
    flat->name = members.count > 1 ? merged_name(front, &members) : connection->name;
    flat->connector = connection->connector->flat;
    flat->loc = connection->loc;
    flat->from = make_ends(front, &from, flat);
    flat->from_count = from.count;
    flat->to = make_ends(front, &to, flat);
    flat->to_count = to.count;
    names_set(&front->names, NULL, NAME_FULL_CONNECTION, flat->name, flat, flat->loc);
}

static void make_connections(struct front *front)
{
    size_t count = front->connections.count;
    size_t *next = ARENA_NEW_ARRAY(front->arena, size_t, count);
    size_t *last = ARENA_NEW_ARRAY(front->arena, size_t, count);
    struct flat_connection *flat = ARENA_NEW_ARRAY(front->arena, struct flat_connection, count);
    size_t made = 0;

    for (size_t i = 0; i < count; i++) {
        size_t root = find_root(front, i);

        next[i] = SIZE_MAX;
        if (root != i) {
            next[last[root]] = i;
        }
        last[root] = i;
    }
    for (int merged = 0; merged < 2; merged++) {
        for (size_t i = 0; i < count; i++) {
            if (find_root(front, i) == i && (next[i] != SIZE_MAX) == (merged == 1)) {
                flat[made].index = made;
                make_connection(front, i, next, &flat[made]);
                made++;
            }
        }
    }
    front->assembly->connections = flat;
    front->assembly->connection_count = made;
}

static void make_instances(struct front *front)
{
    struct flat_instance *flat =
        ARENA_NEW_ARRAY(front->arena, struct flat_instance, front->nodes.count);

    for (size_t i = 0; i < front->nodes.count; i++) {
        struct front_node *node = front->nodes.items[i];

        node->flat = &flat[i];
        flat[i].index = i;
        flat[i].name = node->name;
        flat[i].component = node->component->flat;
        flat[i].parent = node->parent != NULL ? node->parent->flat : NULL;
        flat[i].address_space = node->address_space;
        flat[i].hardware = node->component->hardware;
        flat[i].control = node->component->control;
        flat[i].loc = node->ast->name.loc;
    }
    front->assembly->instances = flat;
    front->assembly->instance_count = front->nodes.count;
}

void connect_assembly(struct front *front)
{
    make_instances(front);
    unite_all(front);
    if (diag_error_count(front->diag) == 0) {
        make_connections(front);
    }
}
