// SPDX-License-Identifier: BSD-2-Clause
// Settings of x86 virtual machines that are lists of records: what fields they have.

#ifndef ADLC_VM_SETTINGS_H
#define ADLC_VM_SETTINGS_H

#include <stdbool.h>

#include "front.h"

/// Check the value of `pci_devices`, `vm_ioports`, `vm_irqs`, `init_cons`, `guest_mappings`, `ram` or
/// `exclude_paddr`.
void vm_setting_check(struct front *front, const char *setting, const struct flat_value *value);

/// Names in one setting of an instance that must be in another.
void check_vm_settings(struct front *front);

#endif
