// SPDX-License-Identifier: BSD-2-Clause
// Parts of lowering that the lowering of guests (vm.c) shares with that of instances (lower.c).

#ifndef ADLC_LOWER_H
#define ADLC_LOWER_H

#include "model.h"

/// Setting of a thread: "_<attribute>" of the control thread (`interface` NULL) or
/// "<interface>_<attribute>"; priority, max_priority and affinity fall back to the instance's own.
int64_t lower_thread_setting(const struct model *model, const struct model_instance *instance,
                             const char *interface, const char *attribute, int64_t fallback);

/// Core of a thread, checked against the number of cores.
uint8_t lower_core(struct model *model, const struct model_instance *instance,
                   const char *interface, uint32_t fallback);

/// Budget and period in microseconds of a thread whose settings say nothing: round robin.
#define DEFAULT_BUDGET_US 10000

/// Fill budget, period (`default_us` if not set), extra refills and badge of the scheduling context
/// into `spec`.
void lower_budget(struct model *model, const struct model_instance *instance, const char *interface,
                  uint32_t default_us, struct system_thread *spec);

/// Scheduling context object with room for the refills that `spec` asks for.
uint32_t lower_sched_context(struct model *model, const char *name,
                             const struct system_thread *spec);

/// `count` numbers separated by colons, each a C constant expression.
bool lower_parse_numbers(const char *text, uint64_t *numbers, size_t count);

/// Entry `index` of a list setting: `count` numbers in a string with colons, or one integer. False
/// behind the end; numbers of a malformed entry are 0, after an error.
bool lower_number_list(const struct model *model, const struct model_instance *instance,
                       const char *attribute, size_t index, uint64_t *numbers, size_t count);

/// Cap to the I/O ports [first, last]; MODEL_NONE after an error. Returns the slot.
uint32_t lower_io_ports(struct model *model, struct model_instance *instance, uint64_t first,
                        uint64_t last, struct adlc_loc loc);

/// RAM for devices: contiguous, at `paddr` or, when that is 0, at the end of the board's RAM. `wanted`
/// bytes, more than 0; both are checked by the caller.
struct model_region *lower_contiguous_ram(struct model *model, const char *name, uint64_t wanted,
                                          uint64_t paddr);

/// Why the compiler does not have this connector of the reference, and what to use instead; NULL for
/// other names.
const char *lower_connector_advice(const char *name);

/// Settings `ioports` and `iospaces`.
void lower_x86_settings(struct model *model, struct model_instance *instance);

/// Settings of x86 virtual machines; sets instance->vm_x86 when there are any.
void lower_vm_x86(struct model *model, struct model_instance *instance);

/// Locks, pools, devices and interrupts that the settings of an instance ask for.
void lower_settings(struct model *model, struct model_instance *instance);

#endif
