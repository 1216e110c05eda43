// SPDX-License-Identifier: BSD-2-Clause
// Devices from the platform's device tree: seL4DTBHardware maps a node's registers and serves its
// interrupts; seL4VMDTBPassthrough tells a VMM which nodes its guest gets.

#include <inttypes.h>

#include "../vm.h"
#include "common.h"

#define MAX_IRQS 64u

struct dtb_reg {
    uint64_t vaddr;
    uint64_t paddr;
    uint64_t size;
};

struct dtb_irq {
    uint32_t number;
    uint32_t slot;
    enum system_irq_trigger trigger;
};

struct dtb_end {
    uint32_t notification_slot;
    bool cached;
    VEC(struct dtb_reg) regs;
    VEC(struct dtb_irq) irqs;
};

// ---------------------------------------------------------------------------------------------
// seL4DTBHardware

static void lower_regs(struct model *model, struct model_end *to, const struct flat_dtb_node *node)
{
    struct dtb_end *priv = to->priv;

    for (size_t i = 0; i < node->reg_count; i++) {
        struct dtb_reg reg = { .paddr = node->regs[i].base, .size = node->regs[i].size };
        struct model_region *region =
            model_device_region(model, model_printf(model, "%s.%s", to->instance->name, node->path),
                                reg.paddr, reg.size, to->flat->loc);
        if (region != NULL) {
            reg.vaddr = model_map_region(model, to->instance, region,
                                         SYSTEM_MAPPING_READ | SYSTEM_MAPPING_WRITE
                                             | (priv->cached ? SYSTEM_MAPPING_CACHED : 0), NULL)
                        + (reg.paddr - region->paddr);
        }
        VEC_PUSH(model->arena, priv->regs, reg);
    }
}

static void lower_irqs(struct model *model, struct model_end *to, const struct flat_dtb_node *node,
                       uint32_t notification)
{
    struct dtb_end *priv = to->priv;
    uint32_t cells = node->interrupt_cells != 0 ? node->interrupt_cells : 3;

    for (size_t at = 0; at + cells <= node->interrupt_cell_total; at += cells) {
        struct dtb_irq irq;
        if (!model_decode_interrupt(node->interrupts + at, cells, &irq.number, &irq.trigger)) {
            diag_error(model->diag, to->flat->loc, "dtb-interrupt",
                       "'%s': interrupts of device tree node %s are not understood", to->flat->name,
                       node->path);
            return;
        }
        if (priv->irqs.count == MAX_IRQS) {
            diag_error(model->diag, to->flat->loc, "dtb-interrupt", "'%s': more than %u interrupts",
                       to->flat->name, MAX_IRQS);
            return;
        }
        irq.slot = model_instance_irq(model, to->instance, irq.number, irq.trigger, notification,
                                      1ull << priv->irqs.count, to->flat->loc);
        VEC_PUSH(model->arena, priv->irqs, irq);
    }
}

static void hardware_lower(struct model *model, struct model_connection *connection)
{
    for (size_t i = 0; i < connection->to_count; i++) {
        struct model_end *to = &connection->to[i];
        struct dtb_end *priv = ARENA_NEW(model->arena, struct dtb_end);
        const struct flat_dtb_result *dtb = flat_setting_dtb(model->flat, to->flat->name, "dtb");
        uint32_t notification = MODEL_NONE;
        to->priv = priv;
        if (dtb == NULL || dtb->node_count == 0) {
            diag_error(model->diag, to->flat->loc, "dtb-missing",
                       "'%s': set %s.dtb = dtb({ \"path\" : ... }) to say which device it is",
                       to->flat->name, to->flat->name);
            continue;
        }
        priv->cached = flat_setting_int(model->flat, to->flat->name, "hardware_cached", 0) != 0;
        bool irqs = flat_setting_int(model->flat, to->flat->name, "generate_interrupts", 0) != 0;
        if (irqs) {
            priv->notification_slot = connector_notification_of(model, to, "irq", &notification);
        }
        for (size_t j = 0; j < dtb->node_count; j++) {
            lower_regs(model, to, &dtb->nodes[j]);
            if (irqs) {
                lower_irqs(model, to, &dtb->nodes[j], notification);
            }
        }
    }
    connector_lock_libc(model, connection);
}

static void emit_regs(struct emitter *emitter, const struct model_end *to)
{
    const struct dtb_end *priv = to->priv;
    const char *name = end_name(to);

    for (size_t i = 0; i < priv->regs.count; i++) {
        const struct dtb_reg *reg = &priv->regs.items[i];
        emit_h(
            emitter,
            "extern void *%s_%zu; // 0x%" PRIx64 "\n"
            "#define %s_%zu_size ((size_t)0x%" PRIx64 ")\n"
            "int %s_%zu_flush_cache(size_t start_offset, size_t size, dma_cache_op_t cache_op);\n",
            name, i, reg->paddr, name, i, reg->size, name, i);
        emit_c(
            emitter,
            "\nvoid *%s_%zu = (void *)0x%" PRIx64 ";\n\n"
            "int %s_%zu_flush_cache(size_t start_offset, size_t size, dma_cache_op_t cache_op)\n{\n"
            "    return camkes_cache_op(%u, 0x%" PRIx64 ", %s, start_offset, size, cache_op);\n}\n",
            name, i, reg->vaddr, name, i, to->instance->vspace_slot, reg->vaddr,
            priv->cached ? emit_text(emitter, "%s_%zu_size", name, i) : "0");
    }
}

static void hardware_emit_to(struct emitter *emitter, const struct model *model,
                             const struct model_connection *connection, size_t end)
{
    const struct model_end *to = &connection->to[end];
    const struct dtb_end *priv = to->priv;
    const char *name = end_name(to);

    (void)model;
    emit_regs(emitter, to);
    if (priv->irqs.count == 0) {
        return;
    }
    emit_h(
        emitter,
        "/// Called for each interrupt in a thread of its own; yours to define.\n"
        "void %s_irq_handle(ps_irq_t *irq);\n"
           "/// Lets the next interrupt come. 0 when all is well.\n"
        "int %s_irq_acknowledge(ps_irq_t *irq);\n",
        name, name);
    emit_c(emitter, "\nstatic struct camkes_irq camkes_irqs_%s[] = {\n", name);
    for (size_t i = 0; i < priv->irqs.count; i++) {
        const struct dtb_irq *irq = &priv->irqs.items[i];
        emit_c(emitter,
               "    { .irq = { .type = PS_TRIGGER, .trigger = { .number = %u, .trigger = %d } },"
               " .handler = %u },\n",
               irq->number, irq->trigger == SYSTEM_IRQ_EDGE, irq->slot);
    }
    emit_c(emitter, "};\n\nint %s_irq_acknowledge(ps_irq_t *irq)\n{\n"
           "    return camkes_irq_acknowledge(camkes_irqs_%s, %zu, irq);\n}\n\n"
           "static void camkes_run_%s(const struct camkes_thread *thread)\n{\n    (void)thread;\n"
           "    camkes_irq_run(%u, camkes_irqs_%s, %zu, %s_irq_handle);\n}\n", name, name,
           priv->irqs.count, name, priv->notification_slot, name, priv->irqs.count, name);
    emit_thread_run(emitter, to, emit_text(emitter, "camkes_run_%s", name));
}

// ---------------------------------------------------------------------------------------------
// seL4VMDTBPassthrough. Objects and caps of a VM are lowered with the VM itself (vm.c).

/// A function that returns a list of strings. The author may change them, so they are no literals.
static void emit_string_function(struct emitter *emitter, const char *function,
                                 const char *const *strings, size_t count)
{
    emit_c(emitter, "\nchar **%s(size_t *count)\n{\n", function);
    for (size_t i = 0; i < count; i++) {
        emit_c(emitter, "    static char text%zu[] = ", i);
        emit_string_literal(emitter->code, strings[i]);
        emit_c(emitter, ";\n");
    }
    emit_c(emitter, "    static char *list[] = { ");
    for (size_t i = 0; i < count; i++) {
        emit_c(emitter, "text%zu, ", i);
    }
    emit_c(emitter, "NULL };\n\n    *count = %zu;\n    return list;\n}\n", count);
}

static void emit_string_list(struct emitter *emitter, const char *function,
                             const struct flat_value *list)
{
    size_t limit = list != NULL && list->kind == FLAT_LIST ? list->count : 0;
    const char **strings = ARENA_NEW_ARRAY(emitter->arena, const char *, limit);
    size_t count = 0;

    for (size_t i = 0; i < limit; i++) {
        if (list->items[i]->kind == FLAT_STRING) {
            strings[count++] = list->items[i]->string;
        }
    }
    emit_string_function(emitter, function, strings, count);
}

static void emit_node_paths(struct emitter *emitter, const struct flat_dtb_result *dtb)
{
    size_t count = dtb != NULL ? dtb->node_count : 0;
    const char **strings = ARENA_NEW_ARRAY(emitter->arena, const char *, count);

    for (size_t i = 0; i < count; i++) {
        strings[i] = dtb->nodes[i].path;
    }
    emit_string_function(emitter, "camkes_dtb_get_node_paths", strings, count);
}

static void emit_node_irqs(struct emitter *emitter, const struct flat_dtb_result *dtb)
{
    emit_c(emitter, "\nps_irq_t *camkes_dtb_get_irqs(int node_index, size_t *num_irqs)\n{\n"
           "    static ps_irq_t irqs[] = {\n");
    for (size_t i = 0; dtb != NULL && i < dtb->node_count; i++) {
        const struct flat_dtb_node *node = &dtb->nodes[i];
        uint32_t cells = node->interrupt_cells != 0 ? node->interrupt_cells : 3;
        for (size_t at = 0; at + cells <= node->interrupt_cell_total; at += cells) {
            uint32_t number = 0;
            enum system_irq_trigger trigger = SYSTEM_IRQ_LEVEL;
            (void)model_decode_interrupt(node->interrupts + at, cells, &number, &trigger);
            emit_c(emitter,
                   "        { .type = PS_TRIGGER, .trigger = { .number = %u, .trigger = %d } },\n",
                   number, trigger == SYSTEM_IRQ_EDGE);
        }
    }
    emit_c(emitter, "        { .type = PS_NONE },\n    };\n    static const size_t ends[] = { ");
    size_t total = 0;
    for (size_t i = 0; dtb != NULL && i < dtb->node_count; i++) {
        uint32_t cells = dtb->nodes[i].interrupt_cells != 0 ? dtb->nodes[i].interrupt_cells : 3;
        total += dtb->nodes[i].interrupt_cell_total / cells;
        emit_c(emitter, "%zu, ", total);
    }
    emit_c(
        emitter,
        "0 };\n    const int count = (int)(sizeof(ends) / sizeof(ends[0])) - 1;\n\n"
        "    if (node_index < 0 || node_index >= count) {\n        *num_irqs = 0;\n"
           "        return NULL;\n"
        "    }\n    size_t start = node_index == 0 ? 0 : ends[node_index - 1];\n"
        "    *num_irqs = ends[node_index] - start;\n    return &irqs[start];\n}\n");
}

static void emit_irq_caps(struct emitter *emitter)
{
    const struct model_instance *instance = emitter->instance;

    emit_c(emitter, "\nseL4_CPtr camkes_dtb_get_irq_cap(int irq)\n{\n    switch (irq) {\n");
    for (size_t i = 0; instance->vm != NULL && i < instance->vm->irqs.count; i++) {
        emit_c(emitter, "    case %u:\n        return %u;\n", instance->vm->irqs.items[i].number,
               instance->vm->irqs.items[i].slot);
    }
    emit_c(emitter, "    default:\n        return 0;\n    }\n}\n");
}

static void emit_untypeds(struct emitter *emitter)
{
    const struct model_instance *instance = emitter->instance;

    emit_c(
        emitter,
        "\nunsigned camkes_dtb_untyped_count(void)\n{\n    return %zu;\n}\n\n"
        "seL4_CPtr camkes_dtb_get_nth_untyped(unsigned n, size_t *size_bits, uintptr_t *paddr)\n{\n"
        "    switch (n) {\n",
        instance->untypeds.count);
    for (size_t i = 0; i < instance->untypeds.count; i++) {
        const struct model_untyped *untyped = &instance->untypeds.items[i];
        emit_c(emitter, "    case %zu:\n        *size_bits = %u;\n        *paddr = 0x%" PRIx64 ";\n"
               "        return %u;\n", i, untyped->size_bits, untyped->paddr, untyped->slot);
    }
    emit_c(emitter,
           "    default:\n        (void)size_bits;\n        (void)paddr;\n        return 0;\n"
           "    }\n}\n");
}

static void passthrough_emit_to(struct emitter *emitter, const struct model *model,
                                const struct model_connection *connection, size_t end)
{
    const char *instance = emitter->instance->name;
    const struct flat_dtb_result *dtb = flat_setting_dtb(model->flat, instance, "dtb");

    (void)connection;
    (void)end;
    emit_h(emitter, "#include <camkes/dtb.h>\n");
    emit_node_paths(emitter, dtb);
    emit_node_irqs(emitter, dtb);
    emit_string_list(emitter, "camkes_dtb_get_plat_keep_devices",
                     flat_setting_list(model->flat, instance, "plat_keep_devices"));
    emit_string_list(emitter, "camkes_dtb_get_plat_keep_devices_and_subtree",
                     flat_setting_list(model->flat, instance, "plat_keep_devices_and_subtree"));
    emit_irq_caps(emitter);
    emit_untypeds(emitter);
}

const struct connector_ops connector_dtb_hardware = {
    .name = "seL4DTBHardware",
    .lower = hardware_lower,
    .emit_to = hardware_emit_to,
};

const struct connector_ops connector_dtb_hw = {
    .name = "seL4DTBHW",
    .lower = hardware_lower,
    .emit_to = hardware_emit_to,
};

const struct connector_ops connector_vm_dtb_passthrough = {
    .name = "seL4VMDTBPassthrough",
    .emit_to = passthrough_emit_to,
};
