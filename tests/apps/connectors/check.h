// SPDX-License-Identifier: BSD-2-Clause
// Checks of a tester component, which has `uses Report report`.
#ifndef CONNECTORS_CHECK_H
#define CONNECTORS_CHECK_H

#include <camkes.h>

/// Reports the check `name` of this instance: whether `condition` holds.
#define CHECK(name, condition) report_check(get_instance_name(), name, (condition), #condition)

#endif
