// SPDX-License-Identifier: BSD-2-Clause
// gpio(...) queries: pins of the board by name, from a pin list file (docs/adl.md, "Pin queries").

#ifndef ADLC_QUERY_GPIO_H
#define ADLC_QUERY_GPIO_H

#include <stdbool.h>

#include "front.h"

typedef VEC(const struct flat_value *) gpio_pin_vec;

/// Read the --gpio-list file. False after an error.
bool gpio_load(struct front *front, gpio_pin_vec *pins);

/// Parse a pin list that is in the source map. False after an error.
bool gpio_parse(struct front *front, uint32_t file, gpio_pin_vec *pins);

/// Append to `found` the pins that one argument of a query asks for. False after an error.
bool gpio_select(struct front *front, const gpio_pin_vec *pins, const struct flat_value *arg,
                 gpio_pin_vec *found);

#endif
