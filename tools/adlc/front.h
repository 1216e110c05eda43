// SPDX-License-Identifier: BSD-2-Clause
// State shared by the passes of the front end, in the order in which they run:
// import -> resolve -> flatten -> settings (with queries) -> connect -> check.

#ifndef ADLC_FRONT_H
#define ADLC_FRONT_H

#include <stdbool.h>
#include <stddef.h>

#include "arena.h"
#include "ast.h"
#include "diag.h"
#include "flat.h"
#include "names.h"
#include "source.h"
#include "vec.h"

struct fdt_nodes;

/// One instance of the flattened assembly while it is being built.
struct front_node {
    const struct ast_instance *ast;
    struct ast_component *component;
    struct front_node *parent;          ///< NULL at the top
    const char *name;                   ///< full name
    const char *address_space;
    size_t index;
    struct flat_instance *flat;
};

struct front_end {
    struct front_node *node;
    const struct ast_interface *interface;
    const char *name;                   ///< "instance.interface"
    struct adlc_loc loc;
};

typedef VEC(struct front_end) front_end_vec;

struct front_connection {
    const char *name;
    struct ast_connector *connector;
    front_end_vec from;
    front_end_vec to;
    struct adlc_loc loc;
    size_t index;
    size_t merged_into;                 ///< union-find parent, an index
};

/// What a setting's scope names.
struct front_subject {
    struct front_node *node;                 ///< NULL for connections
    const struct ast_interface *interface;   ///< set when the scope is instance.interface
    const struct front_connection *connection;
    const char *scope;                       ///< key as in flat_setting.scope
};

struct front_setting {
    struct front_subject subject;
    const char *attribute;
    struct adlc_loc loc;                     ///< of the target
    const struct ast_setting *ast;
    unsigned depth;                          ///< of the configuration: 0 in an assembly
    const struct flat_value *value;          ///< NULL until known, or for ever (`<-` to nothing)
    const struct flat_dtb_result *dtb;
    bool unknown;                            ///< was reported; not checked further
    enum { FRONT_TODO, FRONT_BUSY, FRONT_DONE } state;   ///< of a `<-` reference
    struct front_subject source;             ///< of a `<-` reference
    bool source_ok;
    bool is_read;                            ///< a `<-` takes its value: it means something
    bool for_compiler;                       ///< of the table, and nothing else has its value
};

/// One original connection of a merged one.
struct front_member {
    const char *merged;                      ///< interned
    const char *name;                        ///< interned
};

struct front {
    struct arena *arena;
    struct adlc_source_map *map;
    struct adlc_diag *diag;
    const struct flat_options *options;
    struct ast_spec *spec;
    struct name_table names;
    VEC(struct front_node *) nodes;
    bool too_many;                               ///< instances and so on: it was reported
    VEC(struct front_connection *) connections;  ///< before merging
    VEC(struct front_setting *) settings;
    VEC(struct flat_query) queries;
    VEC(struct flat_slot) slots;
    struct flat_assembly *assembly;
    VEC(struct front_member) members;            ///< of merged connections
    const struct fdt_nodes *fdt_nodes;           ///< nodes of the --dtb file
    unsigned depth;                              ///< of structs inside structs, while resolving
};

/// Read the main file and its imports into front->spec.
void import_spec(struct front *front);

/// Add a note when a file of the import path seems to declare what is unknown: `kind` is
/// "connector", "component" or "procedure".
void import_note_missing(struct front *front, const char *kind, const char *name);

/// Parse text that is already in the source map (`file`), without reading other files.
void import_text(struct front *front, uint32_t file);

/// Look up all names inside declarations, type-check defaults, fill in the flat declarations.
void resolve_spec(struct front *front);

/// Make instances, connections and settings of all assemblies.
void flatten_spec(struct front *front);

/// Give every setting its value: run queries, follow `<-`, check names and types.
void settings_evaluate(struct front *front);

/// Merge connections with a common end and fill in the assembly's instances and connections.
void connect_assembly(struct front *front);

/// Rules about whole assemblies that need everything else to be right.
void check_assembly(struct front *front);

/// Claims on devices: interrupts, memory, ports.
void check_resources(struct front *front);

/// Check that the code generated for a component declares each name once.
void check_c_names(struct front *front);

/// Explicit and effective settings and the tables of used declarations.
void flat_finish(struct front *front);

/// Everything after parsing. Stops after the pass that reported errors.
void front_run_passes(struct front *front);

/// Evaluate one query. Returns NULL after an error. `*result` is set for dtb queries.
const struct flat_value *query_evaluate(struct front *front, const struct ast_setting *setting,
                                        const struct flat_dtb_result **result);

/// Load the --dtb file into the assembly. False after an error.
bool query_load_dtb(struct front *front);

/// Check a value against a declared type. `what` names the thing in errors, e.g. "attribute 'x'".
/// Returns the value, with missing struct fields filled in, or NULL after an error.
const struct flat_value *value_check(struct front *front, const struct flat_attribute *attribute,
                                     const struct flat_value *value);

/// What `keys` (strings and integers; NULL: none) pick of lists and dicts inside each other. NULL after an
/// error, and when `value` is.
const struct flat_value *value_pick(struct front *front, const struct flat_value *value,
                                    const struct flat_value *keys);

/// Attribute of a resolved component, or NULL.
const struct flat_attribute *front_attribute(const struct front *front,
                                             const struct ast_component *component,
                                             const char *name);

const struct ast_interface *front_interface(const struct front *front,
                                            const struct ast_component *component,
                                            const char *name);

/// End of the chain of exports that starts at an interface of a node.
struct front_end front_chase_export(const struct front *front, struct front_end end);

/// Report "unknown WHAT 'NAME'" with a suggestion.
void front_unknown(struct front *front, struct adlc_loc loc, const char *id, const char *what,
                   const char *name, const char *suggestion);

/// Interned "a.b"; a may be NULL.
const char *front_join(struct front *front, const char *a, const char *b);

bool front_is_c_keyword(const char *word);

#endif
