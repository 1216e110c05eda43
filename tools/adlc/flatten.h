// SPDX-License-Identifier: BSD-2-Clause
// Looking up instances and the subjects of settings; shared by flattening and settings.

#ifndef ADLC_FLATTEN_H
#define ADLC_FLATTEN_H

#include "front.h"

/// Follow the first `parts` parts of `ref` through instances and groups, from inside `scope`
/// (NULL: the top). *used is the number of parts that named something; the result is the last
/// instance on the way, or NULL.
struct front_node *flatten_find_node(struct front *front, struct front_node *scope,
                                     const struct ast_ref *ref, size_t *used, size_t parts);

/// What the first `parts` parts of `ref` name: an instance, an interface of one, or a connection.
/// False after reporting an error.
bool flatten_subject(struct front *front, struct front_node *scope, const struct ast_ref *ref,
                     size_t parts, struct front_subject *subject);

#endif
