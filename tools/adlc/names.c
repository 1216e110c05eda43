// SPDX-License-Identifier: BSD-2-Clause
// Open-addressing hash table of names; entries stay in order of insertion.

#include "names.h"

#include <stdlib.h>
#include <string.h>

static int compare_words(const void *a, const void *b)
{
    return strcmp(a, *(const char *const *)b);
}

bool names_in_list(const char *word, const char *const *sorted, size_t count)
{
    return bsearch(word, sorted, count, sizeof(sorted[0]), compare_words) != NULL;
}

void names_init(struct name_table *table, struct arena *arena, const struct adlc_diag *diag)
{
    memset(table, 0, sizeof(*table));
    table->arena = arena;
    table->diag = diag;
}

static size_t name_hash(const void *scope, enum name_kind kind, const char *name)
{
    uint64_t hash = (uint64_t)(uintptr_t)scope * 0x9e3779b97f4a7c15u;

    hash ^= (uint64_t)(uintptr_t)name * 0xc2b2ae3d27d4eb4fu;
    hash += (uint64_t)kind * 0x165667b19e3779f9u;
    return (size_t)(hash ^ (hash >> 31));
}

static size_t find_slot(const struct name_table *table, const void *scope, enum name_kind kind,
                        const char *name)
{
    size_t slot = name_hash(scope, kind, name) & (table->slot_count - 1);

    while (table->slots[slot] != 0) {
        const struct name_entry *entry = &table->entries.items[table->slots[slot] - 1];

        if (entry->scope == scope && entry->kind == kind && entry->name == name) {
            break;
        }
        slot = (slot + 1) & (table->slot_count - 1);
    }
    return slot;
}

static void grow(struct name_table *table)
{
    table->slot_count = table->slot_count == 0 ? 256 : table->slot_count * 2;
    table->slots = ARENA_NEW_ARRAY(table->arena, uint32_t, table->slot_count);
    for (size_t i = 0; i < table->entries.count; i++) {
        const struct name_entry *entry = &table->entries.items[i];

        table->slots[find_slot(table, entry->scope, entry->kind, entry->name)] =
            (uint32_t)(i + 1);
    }
}

const struct name_entry *names_find(const struct name_table *table, const void *scope,
                                    enum name_kind kind, const char *name)
{
    uint32_t index;

    if (table->slot_count == 0) {
        return NULL;
    }
    index = table->slots[find_slot(table, scope, kind, name)];
    return index == 0 ? NULL : &table->entries.items[index - 1];
}

const struct name_entry *names_add(struct name_table *table, const void *scope,
                                   enum name_kind kind, const char *name, void *thing,
                                   struct adlc_loc loc)
{
    const struct name_entry *old = names_find(table, scope, kind, name);
    struct name_entry entry = {scope, name, thing, loc, kind};

    if (old != NULL) {
        return old;
    }
    if (table->entries.count * 2 >= table->slot_count) {
        grow(table);
    }
    VEC_PUSH(table->arena, table->entries, entry);
    table->slots[find_slot(table, scope, kind, name)] = (uint32_t)table->entries.count;
    return NULL;
}

void names_set(struct name_table *table, const void *scope, enum name_kind kind,
               const char *name, void *thing, struct adlc_loc loc)
{
    if (names_add(table, scope, kind, name, thing, loc) != NULL) {
        uint32_t index = table->slots[find_slot(table, scope, kind, name)];

        table->entries.items[index - 1].thing = thing;
        table->entries.items[index - 1].loc = loc;
    }
}

void *names_get(const struct name_table *table, const void *scope, enum name_kind kind,
                const char *name)
{
    const struct name_entry *entry = names_find(table, scope, kind, name);

    return entry != NULL ? entry->thing : NULL;
}

const char *names_nearest(const struct name_table *table, const void *scope, enum name_kind kind,
                          const char *name)
{
    VEC(const char *) candidates = {NULL, 0, 0};

    if (diag_is_full(table->diag)) {
        return NULL;
    }
    for (size_t i = 0; i < table->entries.count && candidates.count < 2000; i++) {
        const struct name_entry *entry = &table->entries.items[i];

        if (entry->scope == scope && entry->kind == kind) {
            VEC_PUSH(table->arena, candidates, entry->name);
        }
    }
    return diag_nearest(name, candidates.items, candidates.count);
}
