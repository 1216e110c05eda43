// SPDX-License-Identifier: BSD-2-Clause
// See fake_flat.h. Also stands in for the connectors: each of them does nothing.

#include "fake_flat.h"

#include <stdlib.h>
#include <string.h>

#include <libfdt.h>

#define MAX_SETTINGS 64

void fake_group(struct fake *fake, const char *group)
{
    struct flat_instance *instances = (struct flat_instance *)(uintptr_t)fake->assembly.instances;

    instances[0].address_space = instances[1].address_space = group;
}

// ---------------------------------------------------------------------------------------------
// What the front end offers

const struct flat_value *flat_value_get(const struct flat_value *dict, const char *key)
{
    for (size_t i = 0; dict != NULL && dict->kind == FLAT_DICT && i < dict->count; i++) {
        if (strcmp(dict->keys[i], key) == 0) {
            return dict->items[i];
        }
    }
    return NULL;
}

const struct flat_attribute *flat_component_attribute(const struct flat_component *component,
                                                      const char *name)
{
    for (size_t i = 0; i < component->attribute_count; i++) {
        if (strcmp(component->attributes[i].name, name) == 0) {
            return &component->attributes[i];
        }
    }
    return NULL;
}

int64_t flat_connector_int(const struct flat_connector *connector, const char *name,
                           int64_t fallback)
{
    for (size_t i = 0; i < connector->attribute_count; i++) {
        if (strcmp(connector->attributes[i].name, name) == 0) {
            return connector->attributes[i].init->integer;
        }
    }
    return fallback;
}

const struct flat_setting *flat_setting_record(const struct flat_assembly *a, const char *scope,
                                               const char *attribute)
{
    for (size_t i = 0; i < a->effective_count; i++) {
        if (strcmp(a->effective[i].scope, scope) == 0
            && strcmp(a->effective[i].attribute, attribute) == 0) {
            return &a->effective[i];
        }
    }
    return NULL;
}

const struct flat_value *flat_setting(const struct flat_assembly *a, const char *scope,
                                      const char *attribute)
{
    const struct flat_setting *record = flat_setting_record(a, scope, attribute);

    return record != NULL ? record->value : NULL;
}

const struct flat_dtb_result *flat_setting_dtb(const struct flat_assembly *a, const char *scope,
                                               const char *attribute)
{
    const struct flat_setting *record = flat_setting_record(a, scope, attribute);

    return record != NULL ? record->dtb : NULL;
}

int64_t flat_setting_int(const struct flat_assembly *a, const char *scope, const char *attribute,
                         int64_t fallback)
{
    const struct flat_value *value = flat_setting(a, scope, attribute);

    return value != NULL && value->kind == FLAT_INT ? value->integer : fallback;
}

const struct flat_value *flat_setting_list(const struct flat_assembly *a, const char *scope,
                                           const char *attribute)
{
    const struct flat_value *value = flat_setting(a, scope, attribute);

    return value != NULL && value->kind == FLAT_LIST ? value : NULL;
}

const struct flat_value *flat_setting_dict(const struct flat_assembly *a, const char *scope,
                                           const char *attribute)
{
    const struct flat_value *value = flat_setting(a, scope, attribute);

    return value != NULL && value->kind == FLAT_DICT ? value : NULL;
}

struct adlc_loc flat_setting_loc(const struct flat_assembly *a, const char *scope,
                                 const char *attribute)
{
    (void)a;
    (void)scope;
    (void)attribute;
    return ADLC_NO_LOC;
}

bool flat_parse_number(const char *text, uint64_t *value)
{
    char *end;

    *value = strtoull(text, &end, 0);
    return end != text && *end == '\0';
}

// ---------------------------------------------------------------------------------------------
// Connectors

static const struct connector_ops fake_ops = { .name = "fake" };
static const struct connector_ops fake_rpc_ops = { .name = "seL4RPCDataport", .serves_calls = true };

const struct connector_ops *connector_find(const char *name)
{
    if (strcmp(name, "unknown") == 0) {
        return NULL;
    }
    return strcmp(name, fake_rpc_ops.name) == 0 ? &fake_rpc_ops : &fake_ops;
}

const char *const *connector_names(size_t *count)
{
    static const char *const names[] = { "fake" };

    *count = 1;
    return names;
}

// ---------------------------------------------------------------------------------------------
// Values

static struct flat_value *new_value(struct fake *fake, enum flat_value_kind kind)
{
    struct flat_value *value = ARENA_NEW(&fake->arena, struct flat_value);

    value->kind = kind;
    return value;
}

const struct flat_value *fake_int(struct fake *fake, int64_t number)
{
    struct flat_value *value = new_value(fake, FLAT_INT);

    value->integer = number;
    return value;
}

const struct flat_value *fake_string(struct fake *fake, const char *text)
{
    struct flat_value *value = new_value(fake, FLAT_STRING);

    value->string = text;
    value->string_len = strlen(text);
    return value;
}

const struct flat_value *fake_dict(struct fake *fake, ...)
{
    struct flat_value *value = new_value(fake, FLAT_DICT);
    const struct flat_value **items = ARENA_NEW_ARRAY(&fake->arena, const struct flat_value *, 16);
    const char **keys = ARENA_NEW_ARRAY(&fake->arena, const char *, 16);
    va_list args;

    va_start(args, fake);
    for (const char *key = va_arg(args, const char *); key != NULL && value->count < 16;
         key = va_arg(args, const char *)) {
        keys[value->count] = key;
        items[value->count++] = fake_string(fake, va_arg(args, const char *));
    }
    va_end(args);
    value->items = items;
    value->keys = keys;
    return value;
}

const struct flat_value *fake_list(struct fake *fake, ...)
{
    struct flat_value *value = new_value(fake, FLAT_LIST);
    const struct flat_value **items = ARENA_NEW_ARRAY(&fake->arena, const struct flat_value *, 16);
    va_list args;

    va_start(args, fake);
    for (const char *text = va_arg(args, const char *); text != NULL && value->count < 16;
         text = va_arg(args, const char *)) {
        items[value->count++] = fake_string(fake, text);
    }
    va_end(args);
    value->items = items;
    return value;
}

void fake_set(struct fake *fake, const char *scope, const char *attribute,
              const struct flat_value *value)
{
    struct flat_setting *settings = (struct flat_setting *)fake->assembly.effective;
    struct flat_setting *record =
        (struct flat_setting *)flat_setting_record(&fake->assembly, scope, attribute);

    if (record == NULL) {
        record = &settings[fake->assembly.effective_count++];
    }
    record->scope = scope;
    record->attribute = attribute;
    record->value = value;
}

void fake_set_int(struct fake *fake, const char *scope, const char *attribute, int64_t value)
{
    fake_set(fake, scope, attribute, fake_int(fake, value));
}

// ---------------------------------------------------------------------------------------------
// The assembly

static void add_components(struct fake *fake)
{
    static const struct flat_attribute vm_attributes[] = { { .name = "vm_address_config" } };
    static const struct flat_lock vm_locks[] = { { .name = "vm_sem", .kind = FLAT_SEMAPHORE } };
    static const struct flat_interface server_interfaces[] = {
        { .name = "fs_ctrl", .kind = FLAT_PROVIDES, .type = "FileServerInterface" },
    };
    static const struct flat_interface vm_interfaces[] = {
        { .name = "fs", .kind = FLAT_USES, .type = "FileServerInterface" },
        { .name = "ready_out", .kind = FLAT_EMITS, .type = "HaveNotification" },
        { .name = "ready", .kind = FLAT_CONSUMES, .type = "HaveNotification" },
    };
    static const struct flat_component components[] = {
        { .name = "FileServer", .interfaces = server_interfaces, .interface_count = 1 },
        { .name = "VM", .control = true, .interfaces = vm_interfaces, .interface_count = 3,
          .attributes = vm_attributes, .attribute_count = 1, .locks = vm_locks, .lock_count = 1 },
    };
    static const struct flat_instance instances[] = {
        { .index = 0, .name = "fserv", .component = &components[0], .address_space = "fserv" },
        { .index = 1, .name = "vm0", .component = &components[1], .address_space = "vm0",
          .control = true },
    };

    struct flat_instance *copies = ARENA_NEW_ARRAY(&fake->arena, struct flat_instance, 2);
    memcpy(copies, instances, sizeof(instances));
    fake->assembly.instances = copies;
    fake->assembly.instance_count = 2;
}

static void add_connections(struct fake *fake)
{
    static const struct flat_value one = { .kind = FLAT_INT, .integer = 1 };
    static const struct flat_attribute asynch_attributes[] = {
        { .name = "to_global_endpoint", .init = &one },
    };
    static const struct flat_connector connectors[] = {
        { .name = "seL4RPCDataport", .to = { .threads = 1 } },
        { .name = "seL4GlobalAsynch", .attributes = asynch_attributes, .attribute_count = 1 },
    };
    struct flat_end *ends = ARENA_NEW_ARRAY(&fake->arena, struct flat_end, 4);
    struct flat_connection *connections =
        ARENA_NEW_ARRAY(&fake->arena, struct flat_connection, 2);
    const struct flat_instance *instances = fake->assembly.instances;

    for (size_t i = 0; i < 4; i++) {
        static const char *const names[] = { "vm0.fs", "fserv.fs_ctrl", "vm0.ready_out",
                                             "vm0.ready" };
        ends[i].instance = i == 1 ? &instances[0] : &instances[1];
        ends[i].interface = i == 1 ? &ends[i].instance->component->interfaces[0]
                                   : &ends[i].instance->component->interfaces[i == 0 ? 0 : i - 1];
        ends[i].connection = &connections[i / 2];
        ends[i].name = names[i];
    }
    for (size_t i = 0; i < 2; i++) {
        connections[i] = (struct flat_connection){
            .index = i,
            .name = i == 0 ? "fs0" : "notify",
            .connector = &connectors[i],
            .from = &ends[i * 2],
            .from_count = 1,
            .to = &ends[i * 2 + 1],
            .to_count = 1,
        };
    }
    fake->assembly.connections = connections;
    fake->assembly.connection_count = 2;
}

static void add_settings(struct fake *fake)
{
    static const struct flat_fdt_range uart_regs[] = { { 0x9000000, 0x1000 } };
    static const uint32_t uart_interrupts[] = { 0, 1, 4 };
    struct flat_dtb_node *uart = ARENA_NEW(&fake->arena, struct flat_dtb_node);
    struct flat_dtb_result *result = ARENA_NEW(&fake->arena, struct flat_dtb_result);

    fake->assembly.effective =
        ARENA_NEW_ARRAY(&fake->arena, struct flat_setting, MAX_SETTINGS);
    fake_set(fake, "vm0", "linux_address_config",
             fake_dict(fake, "linux_ram_base", "0x40000000", "linux_ram_paddr_base", "0x40000000",
                       "linux_ram_size", "0x20000000", "dtb_addr", "0x4F000000", "initrd_addr",
                       "0x4D700000", NULL));
    fake_set(fake, "vm0", "linux_image_config",
             fake_dict(fake, "linux_bootcmdline", "quiet", "linux_stdout", "/pl011@9000000", NULL));
    fake_set(fake, "vm0", "untyped_mmios", fake_list(fake, "0x8040000:12", "0x40000000:29", NULL));
    fake_set_int(fake, "vm0", "_priority", 101);
    fake_set_int(fake, "vm0", "base_prio", 100);
    fake_set_int(fake, "vm0", "global_endpoint_base", 1 << 27);
    fake_set_int(fake, "vm0", "num_vcpus", 2);
    fake_set(fake, "vm0", "dtb", fake_int(fake, 0));

    uart->path = "/pl011@9000000";
    uart->offset = fdt_path_offset(fake->assembly.dtb, uart->path);
    uart->regs = uart_regs;
    uart->reg_count = 1;
    uart->interrupts = uart_interrupts;
    uart->interrupt_cell_total = 3;
    uart->interrupt_cells = 3;
    result->nodes = uart;
    result->node_count = 1;
    struct flat_setting *record =
        (struct flat_setting *)flat_setting_record(&fake->assembly, "vm0", "dtb");
    record->dtb = result;
}

struct fake *fake_new(const void *dtb, size_t dtb_size)
{
    struct fake *fake = calloc(1, sizeof(*fake));

    arena_init(&fake->arena);
    diag_init(&fake->diag, &fake->arena, NULL);
    fake->assembly.arena = &fake->arena;
    fake->assembly.diag = &fake->diag;
    fake->assembly.dtb = dtb;
    fake->assembly.dtb_size = dtb_size;
    add_components(fake);
    add_connections(fake);
    add_settings(fake);
    return fake;
}

void fake_free(struct fake *fake)
{
    arena_release(&fake->arena);
    free(fake);
}
