// SPDX-License-Identifier: BSD-2-Clause
// One table for all name spaces of the language: (scope, kind, name) -> thing.

#ifndef ADLC_NAMES_H
#define ADLC_NAMES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "arena.h"
#include "diag.h"
#include "vec.h"

/// Whether `word` is in a list sorted by strcmp().
bool names_in_list(const char *word, const char *const *sorted, size_t count);

enum name_kind {
    NAME_COMPONENT,
    NAME_PROCEDURE,
    NAME_CONNECTOR,
    NAME_STRUCT,
    NAME_COMPOSITION,
    NAME_CONFIGURATION,
    NAME_ASSEMBLY,
    NAME_FIELD,        ///< attribute, struct field, method or parameter
    NAME_INTERFACE,
    NAME_LOCK,
    NAME_INSTANCE,     ///< instances and groups share one name space
    NAME_CONNECTION,
    NAME_EXPORT,
    NAME_FULL,         ///< instance by full name
    NAME_FULL_CONNECTION,
    NAME_END,          ///< interface of a flattened instance -> connection end
    NAME_SETTING,      ///< explicit: (scope string, attribute) -> front_setting
    NAME_EFFECTIVE,    ///< (scope string, attribute) -> flat_setting
    NAME_SCOPE,        ///< scope string that has settings
    NAME_IN_C,         ///< in the generated header of a component
    NAME_USED,         ///< declaration that is in one of the assembly's tables
};

struct name_entry {
    const void *scope;
    const char *name;          ///< interned
    void *thing;
    struct adlc_loc loc;
    enum name_kind kind;
};

struct name_table {
    struct arena *arena;
    const struct adlc_diag *diag;     ///< borrowed: no suggestions when it is full
    VEC(struct name_entry) entries;   ///< in order of insertion
    uint32_t *slots;                  ///< index + 1 into entries, 0 when free
    size_t slot_count;
};

void names_init(struct name_table *table, struct arena *arena, const struct adlc_diag *diag);

/// Add a name. Returns NULL, or the entry that already has it (then nothing changes).
const struct name_entry *names_add(struct name_table *table, const void *scope,
                                   enum name_kind kind, const char *name, void *thing,
                                   struct adlc_loc loc);

/// Add a name or change what it stands for.
void names_set(struct name_table *table, const void *scope, enum name_kind kind,
               const char *name, void *thing, struct adlc_loc loc);

const struct name_entry *names_find(const struct name_table *table, const void *scope,
                                    enum name_kind kind, const char *name);

/// What the name stands for, or NULL.
void *names_get(const struct name_table *table, const void *scope, enum name_kind kind,
                const char *name);

/// The name of the same scope and kind that is spelled most alike, or NULL.
const char *names_nearest(const struct name_table *table, const void *scope, enum name_kind kind,
                          const char *name);

#endif
