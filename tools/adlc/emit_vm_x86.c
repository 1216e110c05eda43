// SPDX-License-Identifier: BSD-2-Clause
// Table of what an x86 virtual machine gets (camkes/vm_x86.h).

#include <inttypes.h>
#include <string.h>

#include "emit.h"
#include "vm_x86.h"

static void emit_table_start(struct emitter *emitter, const char *type, const char *name)
{
    emit_c(emitter, "\nstatic const struct camkes_vm_%s camkes_vm_%s[] = {\n", type, name);
}

static void emit_text_field(struct emitter *emitter, const char *field, const char *text)
{
    emit_c(emitter, " .%s = ", field);
    emit_string_literal(emitter->code, text);
    emit_c(emitter, ",");
}

static void emit_ranges(struct emitter *emitter, const char *name, const model_vm_range_vec *ranges)
{
    if (ranges->count == 0) {
        return;
    }
    emit_table_start(emitter, "range", name);
    for (size_t i = 0; i < ranges->count; i++) {
        emit_c(emitter, "    { .base = 0x%" PRIx64 "u, .size = 0x%" PRIx64 "u, .page_bits = %u },\n",
               ranges->items[i].base, ranges->items[i].size, ranges->items[i].page_bits);
    }
    emit_c(emitter, "};\n");
}

static void emit_frames(struct emitter *emitter, const char *name, const model_vm_frame_vec *frames)
{
    if (frames->count == 0) {
        return;
    }
    emit_table_start(emitter, "frame", name);
    for (size_t i = 0; i < frames->count; i++) {
        emit_c(emitter, "    { .paddr = 0x%" PRIx64 "u, .cap = %u },\n", frames->items[i].paddr,
               frames->items[i].slot);
    }
    emit_c(emitter, "};\n");
}

static void emit_ram(struct emitter *emitter, const struct model_vm_x86 *vm)
{
    if (vm->ram.count == 0) {
        return;
    }
    emit_table_start(emitter, "untyped", "ram");
    for (size_t i = 0; i < vm->ram.count; i++) {
        const struct model_untyped *untyped = &vm->ram.items[i];
        emit_c(emitter, "    { .paddr = 0x%" PRIx64 "u, .cap = %u, .size_bits = %u },\n",
               untyped->paddr, untyped->slot, untyped->size_bits);
    }
    emit_c(emitter, "};\n");
}

/// Whether an earlier entry (or this one's init function) declared the function already.
static bool is_declared(const struct model_vm_x86 *vm, size_t entry, bool is_irq, const char *name)
{
    for (size_t i = 0; i <= entry; i++) {
        const struct model_vm_init *init = &vm->inits.items[i];
        bool earlier = i < entry;
        if (((earlier || is_irq) && strcmp(init->init, name) == 0)
            || (earlier && init->irq != NULL && strcmp(init->irq, name) == 0)) {
            return true;
        }
    }
    return false;
}

/// The functions' parameters are the VMM's business: here they are addresses.
static void emit_inits(struct emitter *emitter, const struct model_vm_x86 *vm)
{
    if (vm->inits.count == 0) {
        return;
    }
    emit_c(emitter, "\n");
    for (size_t i = 0; i < vm->inits.count; i++) {
        const struct model_vm_init *init = &vm->inits.items[i];
        if (!is_declared(vm, i, false, init->init)) {
            emit_c(emitter, "void %s(void);\n", init->init);
        }
        if (init->irq != NULL && !is_declared(vm, i, true, init->irq)) {
            emit_c(emitter, "void %s(void);\n", init->irq);
        }
    }
    emit_table_start(emitter, "init", "inits");
    for (size_t i = 0; i < vm->inits.count; i++) {
        const struct model_vm_init *init = &vm->inits.items[i];
        emit_c(emitter, "    { .init = %s", init->init);
        if (init->badge != NULL) {
            emit_c(emitter, ", .badge = %s", init->badge);
        } else if (init->irq != NULL) {
            emit_c(emitter, ", .badge_value = 0x%" PRIx64 "u", init->badge_value);
        }
        if (init->irq != NULL) {
            emit_c(emitter, ", .irq = %s", init->irq);
        }
        emit_c(emitter, " },\n");
    }
    emit_c(emitter, "};\n");
}

static void emit_vm_ports(struct emitter *emitter, const struct model_vm_x86 *vm)
{
    if (vm->ports.count == 0) {
        return;
    }
    emit_table_start(emitter, "ports", "ports");
    for (size_t i = 0; i < vm->ports.count; i++) {
        const struct model_vm_ports *ports = &vm->ports.items[i];
        emit_c(emitter, "    {");
        emit_text_field(emitter, "name", ports->name);
        emit_c(emitter, " .cap = %u, .first = 0x%x, .last = 0x%x, .is_pci = %s },\n", ports->slot,
               ports->first, ports->last, ports->is_pci ? "true" : "false");
    }
    emit_c(emitter, "};\n");
}

static void emit_devices(struct emitter *emitter, const struct model_vm_x86 *vm)
{
    if (vm->devices.count == 0) {
        return;
    }
    for (size_t i = 0; i < vm->devices.count; i++) {
        emit_ranges(emitter, emit_text(emitter, "memory_%zu", i), &vm->devices.items[i].memory);
    }
    emit_table_start(emitter, "device", "devices");
    for (size_t i = 0; i < vm->devices.count; i++) {
        const struct model_vm_device *device = &vm->devices.items[i];
        emit_c(emitter, "    {");
        emit_text_field(emitter, "name", device->name);
        if (device->irq != NULL) {
            emit_text_field(emitter, "irq", device->irq);
        }
        if (device->memory.count != 0) {
            emit_c(emitter, " .memory = camkes_vm_memory_%zu, .memory_count = %zu,", i,
                   device->memory.count);
        }
        emit_c(emitter, "\n      .iospace = %u, .bus = %u, .device = %u, .function = %u },\n",
               device->iospace_slot, device->bus, device->device, device->function);
    }
    emit_c(emitter, "};\n");
}

static void emit_irqs(struct emitter *emitter, const struct model_vm_x86 *vm)
{
    if (vm->irqs.count == 0) {
        return;
    }
    emit_table_start(emitter, "irq", "irqs");
    for (size_t i = 0; i < vm->irqs.count; i++) {
        const struct model_vm_pin *irq = &vm->irqs.items[i];
        emit_c(emitter, "    {");
        emit_text_field(emitter, "name", irq->name);
        emit_c(emitter, " .handler = %u, .ioapic = %u, .source = %u,\n", irq->slot, irq->ioapic,
               irq->source);
        emit_c(emitter, "      .level_trig = %s, .active_low = %s, .dest = %u },\n",
               irq->level_trig ? "true" : "false", irq->active_low ? "true" : "false", irq->dest);
    }
    emit_c(emitter, "};\n");
}

static void emit_member(struct emitter *emitter, const char *table, const char *count_name,
                        size_t count)
{
    if (count != 0) {
        emit_c(emitter, "    .%s = camkes_vm_%s,\n    .%s_count = %zu,\n", table, table, count_name,
               count);
    }
}

void emit_vm_x86(struct emitter *emitter)
{
    const struct model_vm_x86 *vm = emitter->instance->vm_x86;

    emit_h(emitter, "\n#include <camkes/vm_x86.h>\n");
    emit_ram(emitter, vm);
    emit_ranges(emitter, "excluded", &vm->excluded);
    emit_inits(emitter, vm);
    emit_vm_ports(emitter, vm);
    emit_devices(emitter, vm);
    emit_frames(emitter, "device_frames", &vm->device_frames);
    emit_ranges(emitter, "mappings", &vm->mappings);
    emit_frames(emitter, "mapping_frames", &vm->mapping_frames);
    emit_irqs(emitter, vm);
    emit_c(emitter, "\nconst struct camkes_vm_x86 camkes_vm_x86 = {\n");
    emit_member(emitter, "ram", "ram", vm->ram.count);
    emit_member(emitter, "excluded", "excluded", vm->excluded.count);
    emit_member(emitter, "inits", "init", vm->inits.count);
    emit_member(emitter, "ports", "port", vm->ports.count);
    emit_member(emitter, "devices", "device", vm->devices.count);
    emit_member(emitter, "device_frames", "device_frame", vm->device_frames.count);
    emit_member(emitter, "mappings", "mapping", vm->mappings.count);
    emit_member(emitter, "mapping_frames", "mapping_frame", vm->mapping_frames.count);
    emit_member(emitter, "irqs", "irq", vm->irqs.count);
    emit_c(emitter, "};\n");
}
