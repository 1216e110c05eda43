// SPDX-License-Identifier: BSD-2-Clause
// Connectors without a peer: they hand an instance what its settings name, under the name
// of the interface. DynamicUntypedAllocatorEnvironment: untyped memory. x86IOSpaceDMA: I/O spaces of
// devices.

#include <inttypes.h>

#include "common.h"

static bool need(struct model *model, const struct model_connection *connection, size_t count,
                 const struct model_instance *instance, const char *setting)
{
    if (count == 0) {
        diag_error(model->diag, connection->flat->loc, "environment-empty",
                   "connection '%s': instance '%s' has no %s; set it", connection->flat->name,
                   instance->name, setting);
    }
    return count != 0;
}

static void untyped_lower(struct model *model, struct model_connection *connection)
{
    for (size_t i = 0; i < connection->from_count; i++) {
        const struct model_instance *instance = connection->from[i].instance;
        (void)need(model, connection, instance->untypeds.count, instance,
                   "untypedN_pool or simple_untypedN_pool");
    }
}

static void untyped_emit_from(struct emitter *emitter, const struct model *model,
                              const struct model_connection *connection, size_t end)
{
    const char *name = end_name(&connection->from[end]);

    (void)model;
    emit_h(emitter,
           "#include <camkes/alloc.h>\n"
           "/// The untyped memory of this instance, in the order of its settings.\n"
           "unsigned %s_untyped_count(void);\n"
           "/// Cap of number n, 0 behind the last; *size_bits and *paddr (0: ordinary memory).\n"
           "seL4_CPtr %s_get_untyped(unsigned n, size_t *size_bits, uintptr_t *paddr);\n",
           name, name);
    emit_c(emitter,
           "\nunsigned %s_untyped_count(void)\n{\n    return camkes_pool_untyped_count();\n}\n\n"
           "seL4_CPtr %s_get_untyped(unsigned n, size_t *size_bits, uintptr_t *paddr)\n{\n"
           "    return camkes_pool_untyped(n, size_bits, paddr);\n}\n", name, name);
}

static void iospace_lower(struct model *model, struct model_connection *connection)
{
    for (size_t i = 0; i < connection->from_count; i++) {
        const struct model_instance *instance = connection->from[i].instance;
        (void)need(model, connection, instance->io_spaces.count, instance, "iospaces");
    }
}

static void iospace_emit_from(struct emitter *emitter, const struct model *model,
                              const struct model_connection *connection, size_t end)
{
    const struct model_end *from = &connection->from[end];
    const char *name = end_name(from);

    (void)model;
    emit_h(emitter,
           "#include <camkes/ports.h>\n"
           "/// The devices whose I/O spaces this instance has: setting iospaces.\n"
           "unsigned %s_iospace_count(void);\n"
           "/// Number n, NULL behind the last.\n"
           "const struct camkes_iospace *%s_get_iospace(unsigned n);\n", name, name);
    emit_c(emitter,
           "\nunsigned %s_iospace_count(void)\n{\n    return %zu;\n}\n\n"
           "const struct camkes_iospace *%s_get_iospace(unsigned n)\n{\n"
           "    return n < %zu ? &camkes_iospace_table.spaces[n] : NULL;\n}\n",
           name, from->instance->io_spaces.count, name, from->instance->io_spaces.count);
}

const struct connector_ops connector_untyped_environment = {
    .name = "DynamicUntypedAllocatorEnvironment",
    .lower = untyped_lower,
    .emit_from = untyped_emit_from,
};

const struct connector_ops connector_iospace_dma = {
    .name = "x86IOSpaceDMA",
    .lower = iospace_lower,
    .emit_from = iospace_emit_from,
};
