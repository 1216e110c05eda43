// SPDX-License-Identifier: BSD-2-Clause
// The error codes that functions of this project return: ERR_OK or one reason.
#ifndef BASE_ERR_H
#define BASE_ERR_H

#include <base/compiler.h>

#define ERR_LIST(X)                                                    \
    X(ERR_OK, "no error")                                              \
    X(ERR_INVALID, "invalid argument")                                 \
    X(ERR_RANGE, "out of range")                                       \
    X(ERR_ALIGN, "wrong alignment")                                    \
    X(ERR_NOMEM, "not enough memory")                                  \
    X(ERR_NOSPACE, "table or buffer is full")                          \
    X(ERR_NOTFOUND, "not found")                                       \
    X(ERR_EXISTS, "exists already")                                    \
    X(ERR_FORMAT, "malformed data")                                    \
    X(ERR_UNSUPPORTED, "not supported")                                \
    X(ERR_BUSY, "busy")                                                \
    X(ERR_AGAIN, "nothing there yet")                                  \
    X(ERR_DENIED, "not allowed")                                       \
    X(ERR_IO, "input or output failed")                                \
    X(ERR_PEER, "the other side broke the protocol")                   \
    X(ERR_STATE, "not possible in this state")                         \
    X(ERR_SYSCALL, "a kernel call failed")

#define ERR_ENUM(name, text) name,
enum err { ERR_LIST(ERR_ENUM) ERR_COUNT };
#undef ERR_ENUM

/// Result of a function that can fail. Outputs are written only when it is ERR_OK.
typedef enum err err_t;

/// A few words for messages; never NULL.
const char *err_text(err_t err);

#endif
