// SPDX-License-Identifier: BSD-2-Clause
// Names that a header declares twice, as only the connectors know what they declare: an attribute `x_emit`
// beside an event `x`. What depends on the component alone was checked before (clash.c).

#include "emit.h"

#include <stdlib.h>
#include <string.h>

static const char word_characters[] =
    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_";

/// The function or variable that a line of the header declares, or NULL. Declarations begin a line.
static const char *declared_name(struct arena *arena, const char *line, size_t length)
{
    size_t end;
    size_t start;

    if (length == 0 || strchr(word_characters, line[0]) == NULL) {
        return NULL;
    }
    for (end = 0; end < length && strchr("([;=", line[end]) == NULL &&
                  strncmp(line + end, "__attribute__", strlen("__attribute__")) != 0; end++) {
    }
    if (end == length) {
        return NULL;
    }
    while (end > 0 && line[end - 1] == ' ') {
        end--;
    }
    for (start = end; start > 0 && strchr(word_characters, line[start - 1]) != NULL; start--) {
    }
    return start != end && start != 0 ? arena_intern_n(arena, line + start, end - start) : NULL;
}

static bool is_part_of(const char *name, const char *owner)
{
    size_t length = strlen(owner);

    return strncmp(name, owner, length) == 0 && (name[length] == '\0' || name[length] == '_');
}

/// The attribute, lock or interface of this name, or whose functions have names like this.
static struct adlc_loc owner_loc(const struct flat_component *component, const char *name)
{
    const struct flat_attribute *attribute = flat_component_attribute(component, name);

    if (attribute != NULL) {
        return attribute->loc;
    }
    for (size_t i = 0; i < component->lock_count; i++) {
        if (is_part_of(name, component->locks[i].name)) {
            return component->locks[i].loc;
        }
    }
    for (size_t i = 0; i < component->interface_count; i++) {
        if (is_part_of(name, component->interfaces[i].name)) {
            return component->interfaces[i].loc;
        }
    }
    return component->loc;
}

static int compare_names(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

void emit_check_names(const struct emitter *emitter, const char *header)
{
    const struct flat_component *component = emitter->instance->flat->component;
    VEC(const char *) names = {NULL, 0, 0};

    while (*header != '\0') {
        size_t length = strcspn(header, "\n");
        const char *name = declared_name(emitter->arena, header, length);

        if (name != NULL) {
            VEC_PUSH(emitter->arena, names, name);
        }
        header += length + (header[length] != '\0');
    }
    if (names.count != 0) {
        qsort(names.items, names.count, sizeof(names.items[0]), compare_names);
    }
    for (size_t i = 1; i < names.count; i++) {
        if (names.items[i] == names.items[i - 1]) {
            diag_error(emitter->model->diag, owner_loc(component, names.items[i]), "name-clash",
                       "'%s' of component '%s' would be declared twice in C", names.items[i],
                       component->name);
            diag_note(emitter->model->diag, emitter->instance->flat->loc,
                      "by what instance '%s' is connected with", emitter->instance->name);
        }
    }
}
