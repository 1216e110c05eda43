// SPDX-License-Identifier: BSD-2-Clause
// Devices that a hardware component describes: seL4HardwareMMIO (memory) and
// seL4HardwareInterrupt.

#include <inttypes.h>
#include <string.h>

#include "../vm_platform.h"
#include "common.h"

/// Setting "<interface><suffix>" of an end's instance, also of hardware instances.
static int64_t end_int(const struct model *model, const struct model_end *end, const char *suffix,
                       int64_t fallback)
{
    return flat_interface_int(model->flat, end->flat->instance, end_name(end), suffix, fallback);
}

// ---------------------------------------------------------------------------------------------
// Memory

struct mmio_end {
    uint64_t vaddr;
    uint64_t paddr;
    uint64_t size;
    bool cached;
};

static void mmio_lower(struct model *model, struct model_connection *connection)
{
    const struct model_end *hardware = &connection->to[0];
    int64_t paddr = end_int(model, hardware, "_paddr", -1);
    int64_t size = end_int(model, hardware, "_size", MODEL_PAGE_SIZE);

    if (paddr < 0 || size <= 0) {
        diag_error(model->diag, hardware->flat->loc, "hardware-address",
                   "'%s': set %s_paddr and %s_size of the hardware component", hardware->flat->name,
                   end_name(hardware), end_name(hardware));
        return;
    }
    struct model_region *region =
        model_device_region(model, hardware->flat->name, (uint64_t)paddr, (uint64_t)size,
                            hardware->flat->loc);
    if (region == NULL) {
        return;
    }
    for (size_t i = 0; i < connection->from_count; i++) {
        struct model_end *from = &connection->from[i];
        struct mmio_end *priv = ARENA_NEW(model->arena, struct mmio_end);
        from->priv = priv;
        priv->cached = end_int(model, from, "_hardware_cached", 0) != 0
                       || end_int(model, hardware, "_hardware_cached", 0) != 0;
        priv->vaddr = model_map_region(model, from->instance, region,
                                       connector_access(model, from)
                                           | (priv->cached ? SYSTEM_MAPPING_CACHED : 0), NULL)
                      + ((uint64_t)paddr - region->paddr);
        priv->paddr = (uint64_t)paddr;
        priv->size = (uint64_t)size;
    }
}

static void mmio_emit_from(struct emitter *emitter, const struct model *model,
                           const struct model_connection *connection, size_t end)
{
    const struct model_end *from = &connection->from[end];
    const struct mmio_end *priv = from->priv;
    const char *name = end_name(from);
    const char *type = connector_dataport_type(from);

    (void)model;
    emit_h(emitter, "extern volatile %s *%s;\n", type, name);
    connector_emit_size(emitter, from, priv->size);
    emit_h(
        emitter,
        "size_t %s_get_size(void);\n/// Address of [paddr, paddr + size) here, NULL when outside.\n"
        "void *%s_translate_paddr(uintptr_t paddr, size_t size);\n"
        "int %s_flush_cache(size_t start_offset, size_t size, dma_cache_op_t cache_op);\n",
        name, name, name);
    emit_c(emitter, "\nvolatile %s *%s = (volatile %s *)0x%" PRIx64 ";\n", type, name, type,
           priv->vaddr);
    if (!from->flat->interface->is_buf) {
        emit_c(emitter, "_Static_assert(sizeof(%s) <= 0x%" PRIx64 ", \"%s is larger than %s\");\n",
               type, priv->size, type, name);
    }
    emit_c(emitter,
           "\nsize_t %s_get_size(void)\n{\n    return 0x%" PRIx64 ";\n}\n\n"
           "void *%s_translate_paddr(uintptr_t paddr, size_t size)\n{\n"
           "    return camkes_translate_paddr(paddr, size, 0x%" PRIx64 ", 0x%" PRIx64
           ", 0x%" PRIx64
           ");\n}\n\n"
           "int %s_flush_cache(size_t start_offset, size_t size, dma_cache_op_t cache_op)\n{\n"
           "    return camkes_cache_op(%u, 0x%" PRIx64
           ", 0x%" PRIx64 ", start_offset, size, cache_op);\n"
           "}\n",
           name, priv->size, name, priv->paddr, priv->size, priv->vaddr, name,
           from->instance->vspace_slot, priv->vaddr, priv->cached ? priv->size : 0);
}

// ---------------------------------------------------------------------------------------------
// Interrupts

struct interrupt_end {
    uint32_t notification_slot;
    uint32_t handler_slot;
};

static enum system_irq_trigger interrupt_trigger(const struct model *model,
                                                 const struct model_end *hardware)
{
    const struct flat_value *value = flat_interface_setting(model->flat, hardware->flat->instance,
                                                            end_name(hardware), "_irq_trigger");

    if (value == NULL) {
        return SYSTEM_IRQ_LEVEL;
    }
    if (value->kind == FLAT_STRING) {
        return strcmp(value->string, "edge") == 0 ? SYSTEM_IRQ_EDGE : SYSTEM_IRQ_LEVEL;
    }
    return value->integer != 0 ? SYSTEM_IRQ_EDGE : SYSTEM_IRQ_LEVEL;
}

/// Interrupt of a PC as platform_pc99 numbers them: I/O APIC * 256 + pin, or 0x8000 + MSI handle.
static bool pc_interrupt_number(struct model *model, const struct model_end *hardware,
                                const char *type, uint32_t *number)
{
    int64_t pin = end_int(model, hardware, "_irq_ioapic_pin", -1);
    int64_t apic = end_int(model, hardware, "_irq_ioapic", 0);
    int64_t handle = end_int(model, hardware, "_irq_handle", -1);

    if (strcmp(type, "msi") == 0) {
        *number = 0x8000 + (uint32_t)handle;
        return handle >= 0 && handle < 0x8000;
    }
    if (pin < 0) {
        pin = end_int(model, hardware, "_irq_number", -1);
    }
    if (pin < 0) {
        pin = end_int(model, hardware, "_attributes", -1);
    }
    *number = (uint32_t)apic * 256 + (uint32_t)pin;
    return pin >= 0 && pin < 256 && apic >= 0 && apic < 128;
}

static bool arm_interrupt_number(struct model *model, const struct model_end *hardware,
                                 uint32_t *number)
{
    int64_t value = end_int(model, hardware, "_irq_number", -1);

    if (value < 0) {
        value = end_int(model, hardware, "_attributes", -1);
    }
    if (value < 0 || value > 0xffff) {
        return false;
    }
    // An SPI number of a device tree: the interrupt numbers of the controller begin 32 earlier.
    if (end_int(model, hardware, "_spi_number", -1) == 0
        || end_int(model, hardware, "_irq_spi_number", -1) == 0) {
        value += 32;
    }
    *number = (uint32_t)value;
    return true;
}

static bool interrupt_number(struct model *model, const struct model_end *hardware,
                             uint32_t *number)
{
    bool is_pc = platform_is_x86(model->platform);
    const struct flat_value *setting = flat_interface_setting(
        model->flat, hardware->flat->instance, end_name(hardware), "_irq_type");
    const char *type =
        setting != NULL && setting->kind == FLAT_STRING ? setting->string : "simple";
    bool is_arm_type = strcmp(type, "arm") == 0;

    if (strcmp(type, "simple") != 0 && is_arm_type == is_pc) {
        diag_error(model->diag, setting->loc, "interrupt-type",
                   "'%s': interrupt type '%s' does not exist on this architecture",
                   hardware->flat->name, type);
        return false;
    }
    if (!(is_pc ? pc_interrupt_number(model, hardware, type, number)
                : arm_interrupt_number(model, hardware, number))) {
        diag_error(model->diag, hardware->flat->loc, "interrupt-number",
                   "'%s': set %s_irq_%s of the hardware component", hardware->flat->name,
                   end_name(hardware),
                   strcmp(type, "msi") == 0 ? "handle" : is_pc ? "ioapic_pin" : "number");
        return false;
    }
    return true;
}

static void interrupt_lower(struct model *model, struct model_connection *connection)
{
    const struct model_end *hardware = &connection->from[0];
    struct model_end *to = &connection->to[0];
    struct interrupt_end *priv = ARENA_NEW(model->arena, struct interrupt_end);
    uint32_t notification;
    uint32_t number;

    to->priv = priv;
    priv->notification_slot = connector_notification_of(model, to, "irq", &notification);
    if (interrupt_number(model, hardware, &number)) {
        priv->handler_slot =
            model_instance_irq(model, to->instance, number, interrupt_trigger(model, hardware),
                               notification, 1, hardware->flat->loc);
    }
    connector_lock_libc(model, connection);
}

static void interrupt_emit_to(struct emitter *emitter, const struct model *model,
                              const struct model_connection *connection, size_t end)
{
    const struct model_end *to = &connection->to[end];
    const struct interrupt_end *priv = to->priv;
    const char *name = end_name(to);

    (void)model;
    emit_h(emitter, "/// Called for each interrupt in a thread of its own; yours to define.\n"
           "void %s_handle(void);\n/// Lets the next interrupt come. 0 when all is well.\n"
           "int %s_acknowledge(void);\n", name, name);
    emit_c(emitter, "\nint %s_acknowledge(void)\n{\n    return (int)seL4_IRQHandler_Ack(%u);\n}\n\n"
           "static void camkes_run_%s(const struct camkes_thread *thread)\n{\n    (void)thread;\n"
           "    for (;;) {\n        (void)seL4_Wait(%u, NULL);\n        %s_handle();\n    }\n}\n",
           name, priv->handler_slot, name, priv->notification_slot, name);
    emit_thread_run(emitter, to, emit_text(emitter, "camkes_run_%s", name));
}

const struct connector_ops connector_hardware_mmio = {
    .name = "seL4HardwareMMIO",
    .lower = mmio_lower,
    .emit_from = mmio_emit_from,
};

const struct connector_ops connector_hardware_interrupt = {
    .name = "seL4HardwareInterrupt",
    .lower = interrupt_lower,
    .emit_to = interrupt_emit_to,
};
