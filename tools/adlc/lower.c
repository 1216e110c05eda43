// SPDX-License-Identifier: BSD-2-Clause
// Lowering: from the flattened assembly to the system model. Instances come first, then their
// threads, badges and settings, then each connection's connector, then guests. Order of declaration
// throughout, so that the same input always gives the same slots, badges and addresses.

#include "lower.h"

#include <stdlib.h>
#include <string.h>

#include <sel4/config.h>

#include "vm.h"
#include "vm_platform.h"

#define MAX_OBJECTS (1u << 20)
#define MAX_HEAP_SIZE ((int64_t)1 << 30)
#define DEFAULT_PRIORITY 254
#define FAULT_PRIORITY 255
#define DEFAULT_STACK_SIZE 16384
#define MAX_STACK_SIZE (1u << 30)
#define MIN_CNODE_BITS 4

// ---------------------------------------------------------------------------------------------
// Instances

/// The space of an earlier member of the same group, or a new one.
static struct model_space *lower_space(struct model *model, const struct flat_instance *flat,
                                       uint32_t index)
{
    bool is_32bit = model->arch == SYSTEM_ARCH_ARM || model->arch == SYSTEM_ARCH_IA32;

    for (size_t i = 0; i < model->spaces.count; i++) {
        if (model->spaces.items[i]->name == flat->address_space) {
            model->spaces.items[i]->member_count++;
            return model->spaces.items[i];
        }
    }
    struct model_space *space = ARENA_NEW(model->arena, struct model_space);
    space->name = flat->address_space;
    space->vspace = model_new_object(model, SYSTEM_OBJECT_VSPACE, 0,
                                     model_printf(model, "%s.vspace", space->name));
    space->first = index;
    space->member_count = 1;
    space->next_stack = is_32bit ? MODEL_VADDR32_STACKS : MODEL_VADDR_STACKS;
    space->next_shared = is_32bit ? MODEL_VADDR32_SHARED : MODEL_VADDR_SHARED;
    space->next_device = is_32bit ? MODEL_VADDR32_DEVICES : MODEL_VADDR_DEVICES;
    VEC_PUSH(model->arena, model->spaces, space);
    return space;
}

/// The first instance that `flat` shares its CSpace with: whom seL4DirectCall connections lead to,
/// directly or through others.
static size_t *lower_cspace_leaders(struct model *model)
{
    const struct flat_assembly *flat = model->flat;
    size_t *leaders = ARENA_NEW_ARRAY(model->arena, size_t, flat->instance_count);
    bool changed = true;

    for (size_t i = 0; i < flat->instance_count; i++) {
        leaders[i] = i;
    }
    while (changed) {
        changed = false;
        for (size_t i = 0; i < flat->connection_count; i++) {
            const struct flat_connection *connection = &flat->connections[i];
            if (strcmp(connection->connector->name, "seL4DirectCall") != 0) {
                continue;
            }
            for (size_t j = 0; j < connection->from_count; j++) {
                size_t *from = &leaders[connection->from[j].instance->index];
                size_t *to = &leaders[connection->to[0].instance->index];
                changed = changed || *from != *to;
                *from = *to = *from < *to ? *from : *to;
            }
        }
    }
    return leaders;
}

static struct model_cspace *lower_cspace(struct model *model, size_t leader)
{
    const struct flat_instance *flat = &model->flat->instances[leader];
    const struct model_instance *instance = model_instance_of(model, flat);

    if (instance != NULL && instance->cspace != NULL) {
        return instance->cspace;
    }
    struct model_cspace *cspace = ARENA_NEW(model->arena, struct model_cspace);
    cspace->cnode = model_new_object(model, SYSTEM_OBJECT_CNODE, 0,
                                     model_printf(model, "%s.cnode", flat->name));
    cspace->next_slot = 1;
    return cspace;
}

static uint64_t lower_heap_size(struct model *model, const struct flat_instance *flat)
{
    int64_t size = flat_setting_int(model->flat, flat->name, "heap_size", 0);

    if (size < 0 || size > MAX_HEAP_SIZE) {
        diag_error(model->diag, flat_setting_loc(model->flat, flat->name, "heap_size"),
                   "setting-range", "instance '%s': heap_size = %lld is not in the range 0 to %lld",
                   flat->name, (long long)size, (long long)MAX_HEAP_SIZE);
        return 0;
    }
    return (uint64_t)size;
}

static void lower_instance(struct model *model, struct model_instance *instance,
                           const struct flat_instance *flat, uint32_t index, size_t leader)
{
    instance->flat = flat;
    instance->name = flat->name;
    instance->index = index;
    instance->is_vm = flat_instance_is_vm(flat);
    instance->pre_init_slot = MODEL_NONE;
    instance->interface_init_slot = MODEL_NONE;
    instance->post_init_slot = MODEL_NONE;
    instance->gate_slot = MODEL_NONE;
    instance->notification = MODEL_NONE;
    instance->notification_slot = MODEL_NONE;
    instance->asid_pool_slot = MODEL_NONE;
    instance->badge_base =
        (uint64_t)flat_setting_int(model->flat, flat->name, "global_endpoint_base", 1);
    instance->badge_mask =
        (uint64_t)flat_setting_int(model->flat, flat->name, "global_endpoint_mask", -1);
    instance->heap_size = lower_heap_size(model, flat);

    instance->cspace = lower_cspace(model, leader);
    instance->cnode = instance->cspace->cnode;
    instance->space = lower_space(model, flat, index);
    instance->vspace = instance->space->vspace;
    // The CNode's own cap needs its final size for the guard: finish_cnodes() fills the badge in.
    instance->cnode_slot =
        model_instance_cap(model, instance, instance->cnode, MODEL_RIGHTS_ALL, 0);
    instance->vspace_slot =
        model_instance_cap(model, instance, instance->vspace, MODEL_RIGHTS_ALL, 0);
    instance->fault_endpoint = model_new_object(model, SYSTEM_OBJECT_ENDPOINT, 0,
                                                model_printf(model, "%s.fault_ep", flat->name));
    instance->fault_slot =
        model_instance_cap(model, instance, instance->fault_endpoint, MODEL_RIGHT_READ, 0);
}

static void lower_instances(struct model *model)
{
    const struct flat_assembly *flat = model->flat;
    const size_t *leaders = lower_cspace_leaders(model);

    model->instances = ARENA_NEW_ARRAY(model->arena, struct model_instance, flat->instance_count);
    for (size_t i = 0; i < flat->instance_count; i++) {
        uint32_t index = (uint32_t)model->instance_count;
        if (!flat->instances[i].hardware) {
            lower_instance(model, &model->instances[index], &flat->instances[i], index,
                           leaders[i]);
            model->instance_count++;
        }
    }
    for (size_t i = 0; i < model->instance_count; i++) {
        const struct model_instance *instance = &model->instances[i];
        if (instance->is_vm && model_in_group(instance)) {
            diag_error(model->diag, instance->flat->loc, "group-vm",
                       "instance '%s' has a guest and can't be in group '%s': a VMM shares its "
                       "address space with nobody", instance->name, instance->space->name);
        }
    }
}

// ---------------------------------------------------------------------------------------------
// Threads

int64_t lower_thread_setting(const struct model *model, const struct model_instance *instance,
                             const char *interface, const char *attribute, int64_t fallback)
{
    char name[256];

    int length =
        snprintf(name, sizeof(name), "%s_%s", interface != NULL ? interface : "", attribute);
    if (length > 0 && (size_t)length < sizeof(name)) {
        if (flat_setting(model->flat, instance->name, name) != NULL) {
            return flat_setting_int(model->flat, instance->name, name, fallback);
        }
    }
    if (strcmp(attribute, "priority") == 0 || strcmp(attribute, "max_priority") == 0
        || strcmp(attribute, "affinity") == 0) {
        return flat_setting_int(model->flat, instance->name, attribute, fallback);
    }
    return fallback;
}

/// Position of the setting that lower_thread_setting() reads.
static struct adlc_loc thread_setting_loc(const struct model *model,
                                          const struct model_instance *instance,
                                          const char *interface, const char *attribute)
{
    char name[256];

    (void)snprintf(name, sizeof(name), "%s_%s", interface != NULL ? interface : "", attribute);
    struct adlc_loc loc = flat_setting_loc(model->flat, instance->name, name);
    return loc.file != 0 ? loc : flat_setting_loc(model->flat, instance->name, attribute);
}

static uint64_t checked_setting(const struct model *model, const struct model_instance *instance,
                                const char *interface, const char *attribute, uint64_t fallback,
                                uint64_t limit)
{
    int64_t value = lower_thread_setting(model, instance, interface, attribute, (int64_t)fallback);

    if (value < 0 || (uint64_t)value > limit) {
        diag_error(model->diag, thread_setting_loc(model, instance, interface, attribute),
                   "setting-range", "instance '%s': %s%s%s = %lld is not in the range 0 to %llu",
                   instance->name, interface != NULL ? interface : "", "_", attribute,
                   (long long)value, (unsigned long long)limit);
        return fallback;
    }
    return (uint64_t)value;
}

/// A thread of a domain that is not in the schedule would never run; without a schedule there is
/// domain 0 only.
static uint8_t lower_domain(const struct model *model, const struct model_instance *instance,
                            const char *interface)
{
    const struct flat_assembly *flat = model->flat;
    uint64_t domain =
        checked_setting(model, instance, interface, "domain", 0, CONFIG_NUM_DOMAINS - 1);
    struct adlc_loc loc = thread_setting_loc(model, instance, interface, "domain");
    bool is_found = flat->slot_count == 0 && domain == 0;

    for (size_t i = 0; i < flat->slot_count && !is_found; i++) {
        is_found = flat->schedule[i].domain == domain;
    }
    if (is_found) {
        return (uint8_t)domain;
    }
    if (flat->slot_count == 0) {
        diag_warning(model->diag, loc, "domain-never-runs",
                     "instance '%s': nothing of domain %llu runs: there is no schedule, so only "
                     "domain 0 does", instance->name, (unsigned long long)domain);
        return (uint8_t)domain;
    }
    diag_error(model->diag, loc.file != 0 ? loc : flat->schedule[0].loc, "schedule",
               "instance '%s': it has a thread in domain %llu, which the schedule does not have",
               instance->name, (unsigned long long)domain);
    diag_note(model->diag, flat->schedule[0].loc, "the schedule begins here");
    return (uint8_t)domain;
}

uint8_t lower_core(struct model *model, const struct model_instance *instance,
                   const char *interface, uint32_t fallback)
{
    uint64_t core = checked_setting(model, instance, interface, "affinity", fallback, 255);

    if (core >= model->core_count) {
        diag_warning(model->diag, thread_setting_loc(model, instance, interface, "affinity"),
                     "affinity-capped",
                     "instance '%s': core %llu does not exist (NUM_NODES is %u); using core 0",
                     instance->name, (unsigned long long)core, model->core_count);
        core = 0;
    }
    return (uint8_t)core;
}

uint32_t lower_sched_context(struct model *model, const char *name,
                             const struct system_thread *spec)
{
    // 128 bytes hold two refills: enough for round robin (budget == period). A thread with a
    // smaller budget gets a 256 byte context with eight more refills, so that it may block and
    // still use it up.
    uint8_t bits = spec->budget_us < spec->period_us ? 8 : 7;

    return model_new_object(model, SYSTEM_OBJECT_SCHED_CONTEXT, bits, name);
}

void lower_budget(struct model *model, const struct model_instance *instance, const char *interface,
                  uint32_t default_us, struct system_thread *spec)
{
    uint64_t limit = 3600ull * 1000000;

    spec->period_us = checked_setting(model, instance, interface, "period", default_us, limit);
    spec->budget_us = checked_setting(model, instance, interface, "budget", spec->period_us, limit);
    if (spec->budget_us > spec->period_us || spec->period_us == 0 || spec->budget_us == 0) {
        diag_error(model->diag, thread_setting_loc(model, instance, interface, "budget"),
                   "budget-range", "instance '%s': budget %llu us does not fit in period %llu us",
                   instance->name, (unsigned long long)spec->budget_us,
                   (unsigned long long)spec->period_us);
        spec->budget_us = spec->period_us = default_us;
    }
    spec->extra_refills = spec->budget_us < spec->period_us ? 8 : 0;
    spec->sched_context_badge =
        (uint64_t)lower_thread_setting(model, instance, interface, "data", 0);
}

/// Stack with guard pages on both sides, and after it the page of the IPC buffer.
static void lower_stack(struct model *model, struct model_instance *instance,
                        struct model_instance_thread *thread, uint64_t stack_size)
{
    uint32_t flags = SYSTEM_MAPPING_READ | SYSTEM_MAPPING_WRITE | SYSTEM_MAPPING_CACHED;
    struct model_region *stack =
        model_ram_region(model, model_printf(model, "%s.%s.stack", instance->name, thread->name),
                         stack_size, MODEL_PAGE_BITS, false, 0);
    struct model_region *buffer = model_ram_region(
        model, model_printf(model, "%s.%s.ipc_buffer", instance->name, thread->name),
        MODEL_PAGE_SIZE, MODEL_PAGE_BITS, false, 0);

    thread->stack_base = instance->space->next_stack + MODEL_PAGE_SIZE;
    thread->stack_size = stack->size;
    thread->ipc_buffer = thread->stack_base + thread->stack_size + MODEL_PAGE_SIZE;
    instance->space->next_stack = thread->ipc_buffer + MODEL_PAGE_SIZE;
    model_map_frames(model, instance->vspace, stack, thread->stack_base, flags);
    model_map_frames(model, instance->vspace, buffer, thread->ipc_buffer, flags);

    struct system_thread *spec = &model->threads.items[thread->thread].spec;
    spec->ipc_buffer = buffer->frames[0];
    spec->ipc_buffer_vaddr = thread->ipc_buffer;
    spec->sp = thread->stack_base + thread->stack_size;
    spec->argument[1] = thread->ipc_buffer;
}

static void lower_thread_spec(struct model *model, struct model_instance *instance,
                              const struct model_instance_thread *thread, const char *interface,
                              struct system_thread *spec)
{
    bool is_fault = thread->kind == MODEL_THREAD_FAULT_HANDLER;

    spec->tcb = thread->tcb;
    spec->cnode = instance->cnode;
    spec->vspace = instance->vspace;
    spec->flags = SYSTEM_THREAD_RESUME;
    spec->argument[0] = thread->index;
    spec->bound_notification = MODEL_NONE;
    spec->timeout_endpoint = MODEL_NONE;
    spec->fault_endpoint = is_fault ? MODEL_NONE : instance->fault_endpoint;
    spec->fault_badge = is_fault ? 0 : thread->tcb_slot;
    if (is_fault) {
        spec->priority = spec->max_priority = FAULT_PRIORITY;
        spec->domain = lower_domain(model, instance, NULL);
        spec->period_us = spec->budget_us = DEFAULT_BUDGET_US;
        return;
    }
    spec->priority =
        (uint8_t)checked_setting(model, instance, interface, "priority", DEFAULT_PRIORITY, 255);
    spec->max_priority =
        (uint8_t)checked_setting(model, instance, interface, "max_priority", DEFAULT_PRIORITY, 255);
    spec->domain = lower_domain(model, instance, interface);
    spec->core = lower_core(model, instance, interface, 0);
    lower_budget(model, instance, interface, DEFAULT_BUDGET_US, spec);
}

/// `<interface>_passive`: the thread gives its scheduling context up after initialisation. Only
/// threads that serve calls can do without one.
static uint32_t lower_passive(struct model *model, struct model_instance *instance,
                              const char *name, const struct flat_end *end)
{
    if (end == NULL
        || lower_thread_setting(model, instance, end->interface->name, "passive", 0) == 0) {
        return MODEL_NONE;
    }
    const struct connector_ops *ops = connector_find(end->connection->connector->name);
    if (end->interface->kind != FLAT_PROVIDES || ops == NULL || !ops->serves_calls) {
        struct adlc_loc loc =
            thread_setting_loc(model, instance, end->interface->name, "passive");
        diag_error(model->diag, loc, "passive-unsupported",
                   "instance '%s': a thread of connector '%s' can't be passive: it does not only "
                   "answer calls", instance->name, end->connection->connector->name);
        return MODEL_NONE;
    }
    uint32_t endpoint =
        model_new_object(model, SYSTEM_OBJECT_ENDPOINT, 0,
                         model_printf(model, "%s.%s.passive", instance->name, name));
    return model_instance_cap(model, instance, endpoint, MODEL_RIGHTS_ALL, 0);
}

static void lower_thread(struct model *model, struct model_instance *instance,
                         enum model_thread_kind kind, const char *name,
                         const struct flat_end *end, uint32_t number)
{
    const char *interface = end != NULL ? end->interface->name : NULL;
    struct model_instance_thread thread = {
        .thread = (uint32_t)model->threads.count,
        .index = (uint32_t)instance->threads.count,
        .kind = kind,
        .name = name,
        .end = end,
        .number = number,
    };
    struct model_thread entry = { .name = name };

    thread.tcb = model_new_object(model, SYSTEM_OBJECT_TCB, 0,
                                  model_printf(model, "%s.%s.tcb", instance->name, name));
    thread.tcb_slot = model_instance_cap(model, instance, thread.tcb, MODEL_RIGHTS_ALL, 0);
    thread.reply = model_new_object(model, SYSTEM_OBJECT_REPLY, 0,
                                    model_printf(model, "%s.%s.reply", instance->name, name));
    thread.reply_slot = model_instance_cap(model, instance, thread.reply, MODEL_RIGHTS_ALL, 0);
    lower_thread_spec(model, instance, &thread, interface, &entry.spec);
    thread.sched_context = lower_sched_context(
        model, model_printf(model, "%s.%s.sc", instance->name, name), &entry.spec);
    thread.sched_context_slot =
        model_instance_cap(model, instance, thread.sched_context, MODEL_RIGHTS_ALL, 0);
    entry.spec.sched_context = thread.sched_context;
    thread.passive_slot = lower_passive(model, instance, name, end);
    VEC_PUSH(model->arena, model->threads, entry);

    uint64_t stack_size = checked_setting(model, instance, interface, "stack_size",
                                          DEFAULT_STACK_SIZE, MAX_STACK_SIZE);
    lower_stack(model, instance, &thread,
                stack_size < MODEL_PAGE_SIZE ? MODEL_PAGE_SIZE : stack_size);
    VEC_PUSH(model->arena, instance->threads, thread);
}

static uint32_t new_barrier(struct model *model, struct model_instance *instance, const char *what)
{
    uint32_t endpoint = model_new_object(model, SYSTEM_OBJECT_ENDPOINT, 0,
                                         model_printf(model, "%s.%s", instance->name, what));

    return model_instance_cap(model, instance, endpoint, MODEL_RIGHTS_ALL, 0);
}

/// The interface threads of one end of a connection.
static void lower_end_threads(struct model *model, struct model_end *end, unsigned threads)
{
    struct model_instance *instance = end->instance;

    if (instance == NULL) {
        return;
    }
    end->first_thread = (uint32_t)instance->threads.count;
    end->thread_count = threads;
    for (unsigned i = 0; i < threads; i++) {
        const char *name = model_printf(model, "%s_%s_%04u", instance->name,
                                        end->flat->interface->name, i);
        lower_thread(model, instance, MODEL_THREAD_INTERFACE, name, end->flat, i);
    }
}

static void lower_threads(struct model *model)
{
    for (size_t i = 0; i < model->instance_count; i++) {
        struct model_instance *instance = &model->instances[i];
        lower_thread(model, instance, MODEL_THREAD_CONTROL,
                     model_printf(model, "%s_0_control", instance->name), NULL, 0);
    }
    for (size_t i = 0; i < model->connection_count; i++) {
        struct model_connection *connection = &model->connections[i];
        const struct flat_connector *connector = connection->flat->connector;
        for (size_t j = 0; j < connection->from_count; j++) {
            lower_end_threads(model, &connection->from[j], connector->from.threads);
        }
        for (size_t j = 0; j < connection->to_count; j++) {
            lower_end_threads(model, &connection->to[j], connector->to.threads);
        }
    }
    for (size_t i = 0; i < model->instance_count; i++) {
        struct model_instance *instance = &model->instances[i];
        if (instance->threads.count > 1) {
            instance->pre_init_slot = new_barrier(model, instance, "pre_init_ep");
            instance->interface_init_slot = new_barrier(model, instance, "interface_init_ep");
            instance->post_init_slot = new_barrier(model, instance, "post_init_ep");
        }
        lower_thread(model, instance, MODEL_THREAD_FAULT_HANDLER,
                     model_printf(model, "%s_0_fault_handler", instance->name), NULL, 0);
    }
}

// ---------------------------------------------------------------------------------------------
// Connections

static struct model_end *lower_ends(struct model *model, const struct flat_end *ends, size_t count)
{
    struct model_end *result = ARENA_NEW_ARRAY(model->arena, struct model_end, count);

    for (size_t i = 0; i < count; i++) {
        result[i].flat = &ends[i];
        result[i].instance = model_instance_of(model, ends[i].instance);
    }
    return result;
}

static void report_connector(struct model *model, const struct flat_connection *connection)
{
    const char *wanted = connection->connector->name;
    const char *advice = lower_connector_advice(wanted);
    const char *list = "";
    size_t count;
    const char *const *names = connector_names(&count);
    const char *nearest = diag_nearest(wanted, names, count);

    diag_error(model->diag, connection->loc, "connector-unsupported",
               "connection '%s': this compiler has no connector '%s'", connection->name, wanted);
    if (advice != NULL) {
        diag_note(model->diag, connection->loc, "%s: %s", wanted, advice);
    } else if (nearest != NULL) {
        diag_note(model->diag, connection->loc, "did you mean '%s'?", nearest);
    }
    for (size_t i = 0; i < count; i++) {
        list = model_printf(model, "%s%s%s", list, i != 0 ? ", " : "", names[i]);
    }
    diag_note(model->diag, connection->loc, "connectors that it has: %s", list);
}

static void lower_connections(struct model *model)
{
    const struct flat_assembly *flat = model->flat;

    model->connections =
        ARENA_NEW_ARRAY(model->arena, struct model_connection, flat->connection_count);
    model->connection_count = flat->connection_count;
    for (size_t i = 0; i < flat->connection_count; i++) {
        const struct flat_connection *from = &flat->connections[i];
        struct model_connection *connection = &model->connections[i];
        connection->flat = from;
        connection->from = lower_ends(model, from->from, from->from_count);
        connection->from_count = from->from_count;
        connection->to = lower_ends(model, from->to, from->to_count);
        connection->to_count = from->to_count;
        connection->ops = connector_find(from->connector->name);
        if (connection->ops == NULL) {
            report_connector(model, from);
        }
    }
}

static void lower_end_badges(struct model *model, struct model_end *ends, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (ends[i].instance != NULL) {
            (void)model_global_notification(model, ends[i].instance);
            ends[i].badge = model_next_badge(model, ends[i].instance, ends[i].flat->loc);
        }
    }
}

static void lower_badges(struct model *model)
{
    for (size_t i = 0; i < model->connection_count; i++) {
        struct model_connection *connection = &model->connections[i];
        const struct flat_connector *connector = connection->flat->connector;
        if (flat_connector_int(connector, "from_global_endpoint", 0) != 0) {
            lower_end_badges(model, connection->from, connection->from_count);
        }
        if (flat_connector_int(connector, "to_global_endpoint", 0) != 0) {
            lower_end_badges(model, connection->to, connection->to_count);
        }
    }
}

// ---------------------------------------------------------------------------------------------
// Everything

/// Sizes of the CNodes are known when all caps are: fill in the sizes and the guards.
static void finish_cnodes(struct model *model)
{
    for (size_t i = 0; i < model->instance_count; i++) {
        struct model_instance *instance = &model->instances[i];
        uint8_t bits = MIN_CNODE_BITS;
        while (((uint64_t)1 << bits) < instance->cspace->next_slot) {
            bits++;
        }
        // A VMM never asks for a slot at run time, so a larger CNode would only waste memory.
        int64_t wanted =
            flat_setting_int(model->flat, instance->name, "cnode_size_bits", MIN_CNODE_BITS);
        if (!instance->is_vm && wanted > bits) {
            bits = (uint8_t)wanted;
        }
        struct model_object *cnode = &model->objects.items[instance->cnode];
        cnode->size_bits = cnode->size_bits > bits ? cnode->size_bits : bits;
    }
    for (size_t i = 0; i < model->instance_count; i++) {
        struct model_instance *instance = &model->instances[i];
        instance->cnode_bits = model->objects.items[instance->cnode].size_bits;
    }
    for (size_t i = 0; i < model->caps.count; i++) {
        for (size_t j = 0; j < model->instance_count; j++) {
            if (model->caps.items[i].object == model->instances[j].cnode) {
                model->caps.items[i].badge = model_cnode_guard(&model->instances[j]);
            }
        }
    }
    for (size_t i = 0; i < model->threads.count; i++) {
        struct system_thread *spec = &model->threads.items[i].spec;
        for (size_t j = 0; j < model->instance_count; j++) {
            if (spec->cnode == model->instances[j].cnode) {
                spec->cnode_guard = model_cnode_guard(&model->instances[j]);
            }
        }
    }
}

/// The domain schedule, in ticks of the kernel's timer.
static void lower_schedule(struct model *model)
{
    const struct flat_assembly *flat = model->flat;

    if (flat->slot_count > SYSTEM_IMAGE_MAX_SCHEDULE) {
        diag_error(model->diag, flat->schedule[SYSTEM_IMAGE_MAX_SCHEDULE].loc, "schedule",
                   "the kernel's domain schedule has room for %u slots",
                   SYSTEM_IMAGE_MAX_SCHEDULE);
        return;
    }
    for (size_t i = 0; i < flat->slot_count; i++) {
        const struct flat_slot *from = &flat->schedule[i];
        struct system_domain_slot slot = { .domain = (uint32_t)from->domain };
        bool has_timer = model->platform->timer_hz != 0; // not on boards that nothing is linked for
        uint64_t scale =
            from->unit == FLAT_SLOT_US && has_timer ? model->platform->timer_hz : 1000000;
        if (from->domain >= CONFIG_NUM_DOMAINS || from->length == 0
            || from->length > UINT64_MAX / scale) {
            diag_error(model->diag, from->loc, "schedule",
                       "domain %llu for %llu %s: domains are 0 to %d, and a slot can be neither "
                       "empty nor endless", (unsigned long long)from->domain,
                       (unsigned long long)from->length,
                       from->unit == FLAT_SLOT_US ? "us" : "ticks", CONFIG_NUM_DOMAINS - 1);
            return;
        }
        slot.ticks = from->length * scale / 1000000;
        slot.ticks = slot.ticks != 0 ? slot.ticks : 1;
        VEC_PUSH(model->arena, model->schedule, slot);
    }
}

static bool set_platform(struct model *model, const struct lower_options *options)
{
    static const struct {
        const char *name;
        enum system_arch arch;
    } arches[] = {
        { "aarch64", SYSTEM_ARCH_AARCH64 },
        { "arm", SYSTEM_ARCH_ARM },
        { "x86_64", SYSTEM_ARCH_X86_64 },
        { "ia32", SYSTEM_ARCH_IA32 },
    };
    const char *arch = options->arch != NULL ? options->arch : "aarch64";
    const char *platform = options->platform != NULL ? options->platform : "qemu-arm-virt";

    model->arch = 0;
    for (size_t i = 0; i < sizeof(arches) / sizeof(arches[0]); i++) {
        if (strcmp(arch, arches[i].name) == 0) {
            model->arch = arches[i].arch;
        }
    }
    model->platform = platform_find(platform, model->arch);
    if (model->platform == NULL) {
        diag_error(model->diag, ADLC_NO_LOC, "platform-unknown",
                   "there is no platform '%s' for architecture '%s'", platform, arch);
        for (size_t i = 0; i < sizeof(arches) / sizeof(arches[0]); i++) {
            diag_note(model->diag, ADLC_NO_LOC, "for %s there is %s", arches[i].name,
                      platform_list(model->arena, arches[i].arch));
        }
        return false;
    }
    return true;
}

/// Whether there are so many objects that going on would only take time and memory. An instance or
/// a connection alone stays below a few million.
static bool too_many_objects(struct model *model, struct adlc_loc loc)
{
    if (model->objects.count <= MAX_OBJECTS) {
        return false;
    }
    diag_error(model->diag, loc, "too-many-objects",
               "up to here the system has more than %u kernel objects", MAX_OBJECTS);
    return true;
}

static void lower_all_settings(struct model *model)
{
    for (size_t i = 0; i < model->instance_count; i++) {
        lower_settings(model, &model->instances[i]);
        if (too_many_objects(model, model->instances[i].flat->loc)) {
            return;
        }
    }
}

/// What the connectors do, when the connections are as they should be.
static void lower_all_connections(struct model *model)
{
    for (size_t i = 0; i < model->connection_count; i++) {
        if (model->connections[i].ops->lower == NULL) {
            continue;
        }
        model_origin_connection(model, &model->connections[i]);
        model->connections[i].ops->lower(model, &model->connections[i]);
        if (too_many_objects(model, model->connections[i].flat->loc)) {
            break;
        }
    }
    model_origin_none(model);
}

struct model *model_lower(struct flat_assembly *assembly, const struct lower_options *options)
{
    struct model *model = ARENA_NEW(assembly->arena, struct model);

    model_init(model, assembly->arena, assembly->diag);
    model->flat = assembly;
    model->core_count = options->core_count != 0 ? options->core_count : 1;
    if (!set_platform(model, options)) {
        return model;
    }
    lower_instances(model);
    lower_connections(model);
    lower_threads(model);
    lower_badges(model);
    lower_all_settings(model);
    if (diag_error_count(model->diag) == 0) {
        lower_all_connections(model);
    }
    for (size_t i = 0; i < model->instance_count; i++) {
        if (model->instances[i].is_vm) {
            vm_lower(model, &model->instances[i]);
        }
    }
    lower_schedule(model);
    finish_cnodes(model);
    return model;
}
