// SPDX-License-Identifier: BSD-2-Clause
// The settings that have a meaning without being declared as attributes.

#ifndef ADLC_SETTINGS_TABLE_H
#define ADLC_SETTINGS_TABLE_H

#include <stddef.h>
#include <stdint.h>

/// What a setting belongs to.
enum setting_scope {
    SETTING_INSTANCE,           ///< instance.NAME
    SETTING_INSTANCE_NUMBERED,  ///< instance.<prefix><number><suffix>; NAME is "prefix#suffix"
    SETTING_OF_INTERFACE,       ///< instance.<interface>NAME
    SETTING_OF_SEMAPHORE,       ///< instance.<semaphore>NAME
    SETTING_INTERFACE,          ///< instance.interface.NAME
    SETTING_CONNECTION,         ///< connection.NAME
    SETTING_NEEDS_ATTRIBUTE,    ///< instance.NAME, without effect unless declared as attribute
    SETTING_DEAD,               ///< instance.NAME, known to have no effect: a warning
    SETTING_DEAD_FIELD,         ///< field NAME of an instance's setting, the same
};

enum setting_type {
    SETTING_ANY,
    SETTING_INT,                ///< min..max; a string with a number is accepted, too
    SETTING_STRING,
    SETTING_ACCESS,             ///< string of R, W, X, P in this order
    SETTING_IRQ_TYPE,           ///< string: simple, arm, isa, pci, ioapic or msi
    SETTING_TRIGGER,            ///< "level" or "edge", or 0 or 1 for the same
    SETTING_LIST,
    SETTING_LIST_INT,
    SETTING_LIST_STRING,
    SETTING_DICT,
    SETTING_BADGE,              ///< min..max when it is an integer; else anything
    SETTING_RECORDS,            ///< list that vm_settings.c knows
};

struct setting_row {
    const char *name;
    enum setting_scope scope;
    enum setting_type type;
    int64_t min;
    int64_t max;
};

extern const struct setting_row settings_table[];
extern const size_t settings_table_count;

#endif
