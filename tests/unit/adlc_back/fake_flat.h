// SPDX-License-Identifier: BSD-2-Clause
// A flattened assembly made by hand, so that lowering can be tested without the front end: one VM
// and one file server as in vm_minimal, whose settings a test changes.

#ifndef TEST_ADLC_FAKE_FLAT_H
#define TEST_ADLC_FAKE_FLAT_H

#include "flat.h"
#include "model.h"

struct fake {
    struct arena arena;
    struct adlc_diag diag;
    struct flat_assembly assembly;
};

/// The assembly of vm_minimal with `dtb` as the board's device tree.
struct fake *fake_new(const void *dtb, size_t dtb_size);
void fake_free(struct fake *fake);

/// Put both instances into one group.
void fake_group(struct fake *fake, const char *group);

/// Set or replace a setting.
void fake_set(struct fake *fake, const char *scope, const char *attribute,
              const struct flat_value *value);
void fake_set_int(struct fake *fake, const char *scope, const char *attribute, int64_t value);

/// Values. `fake_dict` takes key, string pairs up to NULL; `fake_list` strings up to NULL.
const struct flat_value *fake_int(struct fake *fake, int64_t value);
const struct flat_value *fake_string(struct fake *fake, const char *text);
const struct flat_value *fake_dict(struct fake *fake, ...) __attribute__((sentinel));
const struct flat_value *fake_list(struct fake *fake, ...) __attribute__((sentinel));

#endif
