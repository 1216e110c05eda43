// SPDX-License-Identifier: BSD-2-Clause
// The part of kernel_check() that looks at objects and queues.
#ifndef KERNEL_CHECK_OBJECTS_H
#define KERNEL_CHECK_OBJECTS_H

#include <kernel/kernel.h>

__attribute__((noreturn)) void check_failed(const char *what, const void *object, unsigned line);

#define CHECK(e, object)                            \
    do {                                            \
        if (!(e)) {                                 \
            check_failed(#e, (object), __LINE__);   \
        }                                           \
    } while (0)

/// Checks the objects behind these slots, and the core's queues.
void check_objects(struct core *core, const struct slot *const *slots, unsigned count);

#endif
