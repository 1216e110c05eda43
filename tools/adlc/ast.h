// SPDX-License-Identifier: BSD-2-Clause
// The parsed files: declarations as written, names not yet resolved. All nodes belong to the arena
// of the run; names are interned.

#ifndef ADLC_AST_H
#define ADLC_AST_H

#include <stdbool.h>
#include <stddef.h>

#include "arena.h"
#include "diag.h"
#include "flat.h"
#include "vec.h"

struct ast_name {
    const char *text;        ///< NULL when anonymous
    struct adlc_loc loc;
};

/// a.b.c
struct ast_ref {
    VEC(struct ast_name) parts;
    struct adlc_loc loc;     ///< from the first to the last part when on one line
};

struct ast_struct;

struct ast_type {
    enum flat_type_kind kind;        ///< FLAT_TYPE_NAMED: `name` is to be looked up
    const char *name;                ///< C spelling, or the name of the struct or type
    bool struct_keyword;             ///< written as "struct name"
    struct ast_struct *anonymous;    ///< { ... }
    struct adlc_loc loc;
};

struct ast_attribute {
    struct ast_name name;
    struct ast_type type;
    bool array;
    const struct flat_value *init;
};

typedef VEC(struct ast_attribute) ast_attribute_vec;

/// How the names of structs without a name begin; a number follows.
#define AST_ANONYMOUS_STRUCT "camkes_anon_struct_"

struct ast_struct {
    struct ast_name name;
    ast_attribute_vec fields;
    struct flat_struct *flat;        ///< set by resolve
    bool resolving;
};

struct ast_parameter {
    struct ast_name name;
    enum flat_direction direction;
    struct ast_type type;
    bool array;
};

struct ast_method {
    struct ast_name name;
    struct ast_type returns;
    VEC(struct ast_parameter) parameters;
};

typedef VEC(struct flat_include) ast_include_vec;

struct ast_procedure {
    struct ast_name name;
    VEC(struct ast_method) methods;
    ast_attribute_vec attributes;
    ast_include_vec includes;
    struct flat_procedure *flat;
};

struct ast_connector {
    struct ast_name name;
    struct flat_connector_side from;
    struct flat_connector_side to;
    ast_attribute_vec attributes;
    struct flat_connector *flat;
};

struct ast_interface {
    struct ast_name name;
    enum flat_interface_kind kind;
    struct ast_ref type;
    bool optional;
    bool is_buf;
    bool has_buf_size;
    uint64_t buf_size;
};

struct ast_component;

struct ast_instance {
    struct ast_name name;
    struct ast_ref type;                 ///< unless `inline_body`
    struct ast_component *inline_body;
    struct ast_component *component;     ///< set by resolve; NULL after an error
    const struct ast_group *group;
};

struct ast_group {
    struct ast_name name;
};

struct ast_end {
    bool is_from;
    struct ast_ref ref;
};

struct ast_connection {
    struct ast_name name;
    struct ast_ref type;
    struct ast_connector *inline_body;
    struct ast_connector *connector;     ///< set by resolve
    VEC(struct ast_end) ends;
};

struct ast_export {
    struct ast_ref source;
    struct ast_ref alias;
};

struct ast_composition {
    struct ast_name name;
    struct adlc_loc loc;
    bool is_ref;
    struct ast_ref ref;
    VEC(struct ast_instance *) instances;     ///< those of groups included, in order
    VEC(struct ast_group *) groups;
    VEC(struct ast_connection *) connections;
    VEC(struct ast_export) exports;
};

enum ast_setting_kind { AST_VALUE, AST_QUERY, AST_REFERENCE };

struct ast_setting {
    struct ast_ref target;               ///< scope parts and the attribute; at least two parts
    enum ast_setting_kind kind;
    const struct flat_value *value;      ///< AST_VALUE
    struct ast_name function;            ///< AST_QUERY
    const struct flat_value *args;       ///< AST_QUERY: list of dicts
    struct ast_ref source;               ///< AST_REFERENCE
    const struct flat_value *keys;       ///< list of int and string keys, or NULL
};

struct ast_configuration {
    struct ast_name name;
    struct adlc_loc loc;
    bool is_ref;
    struct ast_ref ref;
    VEC(struct ast_setting *) settings;
};

struct ast_component {
    struct ast_name name;
    struct adlc_loc loc;                 ///< of the word `component`
    bool control;
    bool hardware;
    struct adlc_loc control_loc;
    struct adlc_loc hardware_loc;
    VEC(struct ast_interface) interfaces;
    VEC(struct flat_lock) locks;
    ast_attribute_vec attributes;
    ast_include_vec includes;
    struct ast_composition *composition;
    struct ast_configuration *configuration;
    struct flat_component *flat;
    bool checked;
};

struct ast_assembly {
    struct ast_name name;
    struct adlc_loc loc;
    VEC(struct ast_composition *) compositions;
    VEC(struct ast_configuration *) configurations;
    VEC(struct flat_slot) slots;
    bool has_schedule;
    struct adlc_loc schedule_loc;
};

/// Everything that was declared, in the order of the text with imports expanded in place.
struct ast_spec {
    VEC(struct ast_component *) components;
    VEC(struct ast_procedure *) procedures;
    VEC(struct ast_connector *) connectors;
    VEC(struct ast_struct *) structs;            ///< named ones
    VEC(struct ast_composition *) compositions;
    VEC(struct ast_configuration *) configurations;
    VEC(struct ast_assembly *) assemblies;
    unsigned anonymous_structs;
    unsigned anonymous_components;
    unsigned anonymous_connectors;
    unsigned anonymous_groups;
};

#endif
