// SPDX-License-Identifier: BSD-2-Clause
// Calls between members of a group (seL4DirectCall). Pointers are good on both sides, but each member
// has a heap of its own: what changes hands is copied from one to the other.
#ifndef CAMKES_DIRECT_H
#define CAMKES_DIRECT_H

#include <stddef.h>

#include <camkes/error.h>

/// Caller's side of a connection.
struct camkes_direct {
    const char *interface;
    camkes_error_handler_t *handler; ///< variable with the interface's own error handler
    void (*free)(void *memory);      ///< the callee's
};

// Results of the callee, moved to the caller's heap. As with remote calls, NULL becomes an empty
// string or array, which can be freed. Without memory the error is reported and the result is NULL,
// with a count of 0.
char *camkes_direct_take_string(const struct camkes_direct *direct, char *text);
void *camkes_direct_take_array(const struct camkes_direct *direct, void *items, size_t *count,
                               size_t item_size);
char **camkes_direct_take_strings(const struct camkes_direct *direct, char **items, size_t *count);

// Arguments that the callee may change or keep until it returns, copied to its heap; as above, with
// the error handler of the instance.
char *camkes_direct_copy_string(const char *text);
void *camkes_direct_copy_array(const void *items, size_t *count, size_t item_size);
char **camkes_direct_copy_strings(char *const *items, size_t *count);

#endif
