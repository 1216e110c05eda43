// SPDX-License-Identifier: BSD-2-Clause
// Views of the model for people and for diffs: capDL-like text, a memory map, JSON and a graph.

#ifndef ADLC_REPORT_H
#define ADLC_REPORT_H

#include "elf_load.h"
#include "layout.h"
#include "model.h"

/// What the linker knows besides the model.
struct report_link {
    const struct layout_reserve *reserve;
    const struct layout_result *result;
    const struct elf_usage *usage; ///< per space of the model
    size_t shared_pages;           ///< read-only pages found equal
    uint64_t payload_size;
};

/// Unique label of an object: its name, with [n] when several objects share it. From the arena.
const char *const *report_labels(struct model *model);

/// Number in model->owners of the instance or group that an object belongs to by its name, or
/// MODEL_NONE: shared. For finished models: it makes the list when it is first called.
uint32_t report_owner_number(struct model *model, const char *object_name);

/// The name of the same, or NULL.
const char *report_owner(struct model *model, const char *object_name);

/// "aarch64" and so on.
const char *report_arch_name(enum system_arch arch);

/// "tcb", "frame" and so on.
const char *report_type_name(enum system_object_type type);

/// The whole model as text in the manner of capDL; the same model always gives the same text.
void report_cdl(struct model *model, FILE *out);

/// What takes the memory, and every instance's address space.
void report_memory_map(struct model *model, const struct report_link *link, FILE *out);

/// The table of who takes how much RAM, largest first; also part of the memory map.
void report_usage(struct model *model, const struct layout_result *result, FILE *out);

/// The largest rows of the same table as notes to the message reported last.
void report_usage_notes(struct model *model, const struct layout_result *result);

/// JSON: instances, threads, connections (when known), interrupts, objects by type.
void report_json(struct model *model, const struct report_link *link, FILE *out);

/// Graphviz: instances, guests and connections. After lowering only.
void report_dot(const struct model *model, FILE *out);

/// The same as a finished drawing (SVG); the same model always gives the same bytes. After lowering
/// only.
void report_svg(struct model *model, FILE *out);

#endif
