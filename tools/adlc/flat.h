// SPDX-License-Identifier: BSD-2-Clause
// The flattened, checked assembly: what the front end hands to lowering, code generation and
// reports. Everything is owned by the arena of the run and does not change after flat_build()
// returned. All names are interned in that arena, so equal names are equal pointers. Arrays keep
// the final order of the language (docs/adl.md, "Order"): own items first, then nested ones,
// merged connections last.

#ifndef ADLC_FLAT_H
#define ADLC_FLAT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "arena.h"
#include "diag.h"

// ---------------------------------------------------------------------------------------------
// Values

enum flat_value_kind {
    FLAT_INT,     ///< also booleans: 1 and 0
    FLAT_FLOAT,
    FLAT_STRING,
    FLAT_LIST,
    FLAT_DICT,    ///< ordered as written
};

/// A constant with the place where it was written.
struct flat_value {
    enum flat_value_kind kind;
    bool is_huge;                            ///< FLAT_INT: (uint64_t)integer, above INT64_MAX
    struct adlc_loc loc;
    int64_t integer;                         ///< FLAT_INT
    double number;                           ///< FLAT_FLOAT
    const char *string;                      ///< FLAT_STRING
    size_t string_len;                       ///< bytes; strings hold no NUL
    size_t count;                            ///< FLAT_LIST, FLAT_DICT
    size_t nodes;                            ///< values inside, when defaults were filled in
    const struct flat_value *const *items;   ///< count values
    const char *const *keys;                 ///< FLAT_DICT: count names; integer keys in decimal
};

/// An empty value of a kind.
struct flat_value *flat_value_new(struct arena *arena, enum flat_value_kind kind,
                                  struct adlc_loc loc);

/// Item of a dict, or NULL when `dict` is NULL, no dict, or has no such key.
const struct flat_value *flat_value_get(const struct flat_value *dict, const char *key);

// ---------------------------------------------------------------------------------------------
// Types, attributes, procedures

enum flat_type_kind {
    FLAT_TYPE_VOID,      ///< return type only
    FLAT_TYPE_INT,       ///< int, integer, signed, signed int
    FLAT_TYPE_UNSIGNED,  ///< unsigned, unsigned int
    FLAT_TYPE_CHAR,
    FLAT_TYPE_SIGNED_CHAR,
    FLAT_TYPE_UNSIGNED_CHAR,
    FLAT_TYPE_INT64,
    FLAT_TYPE_UINT64,
    FLAT_TYPE_STRING,    ///< "string" in ADL, char * in C
    FLAT_TYPE_STRUCT,    ///< struct declared in ADL; `structure` is set
    FLAT_TYPE_NAMED,     ///< any other C type name, e.g. uint32_t, bool, size_t
};

struct flat_struct;

struct flat_type {
    enum flat_type_kind kind;
    const char *c_name;                  ///< as C writes it, except strings: "string"
    const struct flat_struct *structure; ///< FLAT_TYPE_STRUCT, when declared in ADL; else NULL
};

/// An attribute of a component, connector or procedure, or a field of a struct.
struct flat_attribute {
    const char *name;
    struct flat_type type;
    bool array;
    const struct flat_value *init;       ///< default, or NULL
    struct adlc_loc loc;
};

struct flat_struct {
    const char *name;                    ///< without "struct"; camkes_anon_struct_N if anonymous
    const struct flat_attribute *fields;
    size_t field_count;
    struct adlc_loc loc;
};

enum flat_direction { FLAT_IN, FLAT_OUT, FLAT_INOUT, FLAT_REFIN };

struct flat_parameter {
    const char *name;
    enum flat_direction direction;
    struct flat_type type;
    bool array;
    struct adlc_loc loc;
};

struct flat_method {
    const char *name;
    struct flat_type returns;            ///< FLAT_TYPE_VOID when none
    const struct flat_parameter *parameters;
    size_t parameter_count;
    struct adlc_loc loc;
};

/// Text of an include statement, with its delimiters: "<stdint.h>" or "\"types.h\"".
struct flat_include {
    const char *text;
    struct adlc_loc loc;
};

struct flat_procedure {
    const char *name;
    const struct flat_method *methods;
    size_t method_count;
    const struct flat_attribute *attributes;
    size_t attribute_count;
    const struct flat_include *includes;
    size_t include_count;
    struct adlc_loc loc;
};

// ---------------------------------------------------------------------------------------------
// Components

enum flat_interface_kind {
    FLAT_USES,
    FLAT_PROVIDES,
    FLAT_EMITS,
    FLAT_CONSUMES,
    FLAT_DATAPORT,
};

/// "uses", "provides", "emits", "consumes", "dataport".
const char *flat_interface_kind_name(enum flat_interface_kind kind);

struct flat_interface {
    const char *name;
    enum flat_interface_kind kind;
    const char *type;                        ///< procedure, event or dataport type; "Buf" for Buf
    const struct flat_procedure *procedure;  ///< FLAT_USES, FLAT_PROVIDES; else NULL
    bool optional;                           ///< `maybe`
    bool is_buf;                             ///< dataport Buf or Buf(n)
    bool has_buf_size;                       ///< dataport Buf(n)
    uint64_t buf_size;                       ///< n of Buf(n), bytes
    struct adlc_loc loc;
};

enum flat_lock_kind { FLAT_MUTEX, FLAT_SEMAPHORE, FLAT_BINARY_SEMAPHORE };

struct flat_lock {
    const char *name;
    enum flat_lock_kind kind;
    struct adlc_loc loc;
};

/// `export inner.interface -> name` in the composition of a component.
struct flat_export {
    const char *source;                  ///< as written, relative to the component
    const char *alias;
    struct adlc_loc loc;
};

/// A component declaration; interfaces of all kinds in declaration order.
struct flat_component {
    const char *name;                    ///< "camkes_anon_component_N" when anonymous
    bool control;
    bool hardware;
    bool has_composition;                ///< compound component
    const struct flat_interface *interfaces;
    size_t interface_count;
    const struct flat_lock *locks;
    size_t lock_count;
    const struct flat_attribute *attributes;
    size_t attribute_count;
    const struct flat_include *includes;
    size_t include_count;
    const struct flat_export *exports;
    size_t export_count;
    struct adlc_loc loc;
};

const struct flat_interface *flat_component_interface(const struct flat_component *component,
                                                      const char *name);
const struct flat_attribute *flat_component_attribute(const struct flat_component *component,
                                                      const char *name);

// ---------------------------------------------------------------------------------------------
// Settings and device tree queries

struct flat_fdt_range {
    uint64_t base;                       ///< CPU physical address, translated through `ranges`
    uint64_t size;
};

/// One device tree node that a dtb query selected.
struct flat_dtb_node {
    const char *path;
    int offset;                          ///< node offset in the assembly's dtb
    const struct flat_fdt_range *regs;   ///< translated reg entries
    size_t reg_count;
    const uint32_t *interrupts;          ///< raw cells of `interrupts`
    size_t interrupt_cell_total;         ///< number of cells in the array
    uint32_t interrupt_cells;            ///< #interrupt-cells of the parent; 0 when unknown
};

/// What a dtb query gave. An empty query {} gives a result without nodes for that entry.
struct flat_dtb_result {
    const struct flat_dtb_node *nodes;
    size_t node_count;
};

/// One setting. `scope` is what stands before the attribute: an instance, a nested instance
/// ("time_server.hwtimer"), an instance and interface ("serial.serial_dev") or a connection.
struct flat_setting {
    const char *scope;
    const char *attribute;
    const struct flat_value *value;      ///< NULL: a `<-` reference that led to nothing
    const struct flat_dtb_result *dtb;   ///< set when the value came from a dtb query
    struct adlc_loc loc;
    bool for_compiler;                   ///< no attribute, and nothing refers to it
    bool is_read;                        ///< one of the functions below was asked for it
};

/// A query as written, for reports.
struct flat_query {
    const char *scope;
    const char *attribute;
    const char *function;                ///< "dtb"
    const struct flat_value *args;       ///< FLAT_LIST of dicts
    const struct flat_value *lookup;     ///< FLAT_LIST of keys, or NULL
    struct adlc_loc loc;
};

// ---------------------------------------------------------------------------------------------
// Instances and connections

struct flat_instance {
    size_t index;                        ///< in flat_assembly.instances
    const char *name;                    ///< full name, "parent.child" for nested ones
    const struct flat_component *component;
    const struct flat_instance *parent;  ///< enclosing compound instance, or NULL
    const char *address_space;           ///< group name or `name`
    bool hardware;
    bool control;
    struct adlc_loc loc;
};

/// One side's requirement of a connector.
struct flat_connector_side {
    enum flat_connector_kind { FLAT_KIND_PROCEDURE, FLAT_KIND_EVENT, FLAT_KIND_DATAPORT } kind;
    bool multiple;                       ///< plural form: many ends allowed
    bool hardware;
    unsigned threads;                    ///< `with N threads`; default 1
};

/// "Procedure", "Event" or "Dataport".
const char *flat_connector_kind_name(enum flat_connector_kind kind);

struct flat_connector {
    const char *name;
    struct flat_connector_side from;
    struct flat_connector_side to;
    const struct flat_attribute *attributes;
    size_t attribute_count;
    struct adlc_loc loc;
};

/// Integer default of a connector attribute such as "from_global_endpoint"; `fallback` if absent.
int64_t flat_connector_int(const struct flat_connector *connector, const char *name,
                           int64_t fallback);

struct flat_connection;

struct flat_end {
    const struct flat_instance *instance;
    const struct flat_interface *interface;
    const struct flat_connection *connection;  ///< the (merged) connection this end is part of
    const char *name;                    ///< "instance.interface", the key of interface settings
    struct adlc_loc loc;
};

struct flat_connection {
    size_t index;                        ///< in flat_assembly.connections
    const char *name;
    const struct flat_connector *connector;
    const struct flat_end *from;
    size_t from_count;
    const struct flat_end *to;
    size_t to_count;
    struct adlc_loc loc;
};

enum flat_slot_unit { FLAT_SLOT_TICKS, FLAT_SLOT_US };

/// One entry of the domain schedule.
struct flat_slot {
    uint64_t domain;
    uint64_t length;
    enum flat_slot_unit unit;            ///< FLAT_SLOT_TICKS when not written
    bool unit_written;
    struct adlc_loc loc;
};

// ---------------------------------------------------------------------------------------------
// The assembly

struct flat_assembly {
    const char *name;                    ///< NULL when unnamed
    struct arena *arena;                 ///< borrowed: owner of everything below
    struct adlc_diag *diag;              ///< borrowed: later passes report here too

    const struct flat_instance *instances;
    size_t instance_count;
    const struct flat_connection *connections;
    size_t connection_count;
    const struct flat_setting *settings;           ///< explicit, in order; later ones win
    size_t setting_count;
    const struct flat_setting *effective;          ///< one per (scope, attribute), with defaults
    size_t effective_count;
    const struct flat_query *queries;
    size_t query_count;
    const struct flat_component *const *components;  ///< used ones, in order of first use
    size_t component_count;
    const struct flat_connector *const *connectors;
    size_t connector_count;
    const struct flat_procedure *const *procedures;
    size_t procedure_count;
    const struct flat_struct *const *structs;
    size_t struct_count;
    const struct flat_slot *schedule;
    size_t slot_count;

    const void *dtb;                     ///< blob of --dtb, checked by libfdt; NULL when none
    size_t dtb_size;                     ///< its totalsize
    const char *dtb_path;

    const char *const *input_files;      ///< every file read, for depfiles
    size_t input_file_count;
    void *priv;                          ///< front end: indexes behind the functions below
};

/// Instance by its full name, or NULL. Names need not be interned.
const struct flat_instance *flat_instance(const struct flat_assembly *a, const char *name);

/// Whether it is a virtual machine's VMM: its component has an attribute for the guest's addresses.
static inline bool flat_instance_is_vm(const struct flat_instance *instance)
{
    return !instance->hardware &&
           (flat_component_attribute(instance->component, "vm_address_config") != NULL ||
            flat_component_attribute(instance->component, "linux_address_config") != NULL);
}

/// Connection by name, or NULL.
const struct flat_connection *flat_connection(const struct flat_assembly *a, const char *name);

/// The end of the connection that `interface` of `instance` is part of, or NULL when it is not
/// connected.
const struct flat_end *flat_end_of(const struct flat_assembly *a,
                                   const struct flat_instance *instance, const char *interface);

/// Effective value of a setting (explicit or default), or NULL. `scope` as in flat_setting.
const struct flat_value *flat_setting(const struct flat_assembly *a, const char *scope,
                                      const char *attribute);

/// Like flat_setting() with the whole record; NULL when there is none.
const struct flat_setting *flat_setting_record(const struct flat_assembly *a, const char *scope,
                                               const char *attribute);

/// Forget which settings were asked for; and report those that nobody asked for since, and that no
/// attribute carries to the component: they have no effect (warning "unread-setting").
void flat_forget_reads(struct flat_assembly *a);
void flat_report_unread(const struct flat_assembly *a);

/// Result of the dtb query that set this setting, or NULL.
const struct flat_dtb_result *flat_setting_dtb(const struct flat_assembly *a, const char *scope,
                                               const char *attribute);

/// Value with the wanted type, or `fallback` when unset. When the setting exists with another type
/// these report an error "setting-type" at the setting and return `fallback`. Integers are also
/// taken from strings of one number ("0x10000", "42"), since upstream writes both.
int64_t flat_setting_int(const struct flat_assembly *a, const char *scope, const char *attribute,
                         int64_t fallback);
const char *flat_setting_string(const struct flat_assembly *a, const char *scope,
                                const char *attribute, const char *fallback);
const struct flat_value *flat_setting_list(const struct flat_assembly *a, const char *scope,
                                           const char *attribute);
const struct flat_value *flat_setting_dict(const struct flat_assembly *a, const char *scope,
                                           const char *attribute);

/// Setting "<interface><suffix>" of an instance, e.g. ("vm0", "fs", "_shmem_size").
int64_t flat_interface_int(const struct flat_assembly *a, const struct flat_instance *instance,
                           const char *interface, const char *suffix, int64_t fallback);
const struct flat_value *flat_interface_setting(const struct flat_assembly *a,
                                                const struct flat_instance *instance,
                                                const char *interface, const char *suffix);

/// Unsigned number written as C source in a string ("0x40000000", "12", also "(1 << 27)" and
/// other constant expressions with + - * / << >> | & and parentheses). False when it is none.
bool flat_parse_number(const char *text, uint64_t *value);

/// Position of a setting for diagnostics; ADLC_NO_LOC when it is not set explicitly.
struct adlc_loc flat_setting_loc(const struct flat_assembly *a, const char *scope,
                                 const char *attribute);

// ---------------------------------------------------------------------------------------------
// Making one

/// A -D NAME[=VALUE] or -I DIR list is passed on to cpp as it is.
struct flat_options {
    const char *file;                    ///< main .camkes file
    const char *const *import_dirs;      ///< -I, in order
    size_t import_dir_count;
    const char *const *defines;          ///< -D arguments without "-D"
    size_t define_count;
    const char *dtb;                     ///< --dtb, or NULL
    const char *gpio_list;               ///< --gpio-list, or NULL
    bool lenient;                        ///< unknown settings are only warnings
};

/// Run the whole front end. Returns NULL after errors (they are in `diag`).
struct flat_assembly *flat_build(struct arena *arena, struct adlc_source_map *map,
                                 struct adlc_diag *diag, const struct flat_options *options);

/// Like flat_build() for text in memory; imports and includes find no files.
struct flat_assembly *flat_build_text(struct arena *arena, struct adlc_source_map *map,
                                      struct adlc_diag *diag, const struct flat_options *options,
                                      const char *text, size_t size);

/// Write the assembly as JSON in the shape described in docs/adl.md, "adlc flat".
void flat_write_json(const struct flat_assembly *a, FILE *out);

#endif
