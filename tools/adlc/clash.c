// SPDX-License-Identifier: BSD-2-Clause
// Names that a component's generated header would declare twice: an interface and an attribute that
// are both called `x`, a mutex `x` beside a procedure `x` with a method `lock`, and so on.

#include <string.h>

#include "front.h"

/// What a lock is used with, after its name.
static const char *const lock_functions[] = {"lock", "unlock", "wait", "trywait", "post"};

/// Words of the headers that every component includes. Sorted.
static const char *const taken_names[] = {
    "Buf", "caddr_t", "clock_t", "clockid_t", "dataport_caps_handle_t", "dataport_get_frame_size_bits",
    "dataport_get_id", "dataport_get_nth_frame_cap", "dataport_get_num_frame_caps", "dataport_get_rights",
    "dataport_get_size", "dataport_ptr_t", "dataport_unwrap_ptr", "dataport_wrap_ptr", "dev_t",
    "dma_cache_op_t", "get_instance_affinity", "get_instance_name", "gid_t", "id_t", "ino_t", "int16_t",
    "int32_t", "int8_t", "intmax_t", "intptr_t", "irq_type_t", "key_t", "main", "mode_t", "off_t", "offsetof",
    "pid_t", "post_init", "pre_init", "ps_irq_t", "ptrdiff_t", "register_t", "set_putchar", "size_t",
    "ssize_t", "time_t", "timer_t", "u_char", "u_int", "u_long", "u_short", "uid_t", "uint", "uint16_t",
    "uint32_t", "uint8_t", "uintmax_t", "uintptr_t", "ulong", "ushort", "wchar_t", "wint_t",
};

/// How names of the runtime begin.
static const char *const taken_prefixes[] = {"camkes_", "seL4_", "sel4_", "__"};

/// Names of one component; the scope in the table of names is the component.
struct clash_check {
    struct front *front;
    const struct flat_component *component;
};

static const char *taken_prefix(const char *name)
{
    for (size_t i = 0; i < sizeof(taken_prefixes) / sizeof(taken_prefixes[0]); i++) {
        if (strncmp(name, taken_prefixes[i], strlen(taken_prefixes[i])) == 0) {
            return taken_prefixes[i];
        }
    }
    return NULL;
}

static void report_clash(const struct clash_check *check, const char *name, struct adlc_loc loc)
{
    diag_error(check->front->diag, loc, "name-clash",
               "'%s' of component '%s' would be declared twice in C", name, check->component->name);
}

static void add_name(const struct clash_check *check, const char *name, struct adlc_loc loc)
{
    struct adlc_diag *diag = check->front->diag;
    const char *prefix = taken_prefix(name);
    bool taken = names_in_list(name, taken_names, sizeof(taken_names) / sizeof(taken_names[0])) ||
                 (check->component->control && strcmp(name, "run") == 0);
    const struct name_entry *old =
        names_add(&check->front->names, check->component, NAME_IN_C,
                  arena_intern(check->front->arena, name), NULL, loc);

    if (prefix != NULL) {
        report_clash(check, name, loc);
        diag_note(diag, ADLC_NO_LOC, "names that begin with '%s' are the runtime's", prefix);
    } else if (taken) {
        report_clash(check, name, loc);
        diag_note(diag, ADLC_NO_LOC, "every component has a '%s'", name);
    } else if (old != NULL) {
        report_clash(check, name, loc);
        diag_note(diag, old->loc, "the other one comes from here");
    }
}

static void add_interface(const struct clash_check *check, const struct flat_interface *interface)
{
    const struct flat_procedure *procedure = interface->procedure;

    if (interface->kind == FLAT_DATAPORT) {
        add_name(check, interface->name, interface->loc);
    }
    for (size_t i = 0; procedure != NULL && i < procedure->method_count; i++) {
        add_name(check,
                 arena_printf(check->front->arena, "%s_%s", interface->name,
                              procedure->methods[i].name), interface->loc);
    }
}

/// lock_functions: the first two are a mutex's.
static void add_lock(const struct clash_check *check, const struct flat_lock *lock)
{
    size_t first = lock->kind == FLAT_MUTEX ? 0 : 2;
    size_t end = lock->kind == FLAT_MUTEX ? 2 : sizeof(lock_functions) / sizeof(lock_functions[0]);

    for (size_t i = first; i < end; i++) {
        add_name(check, arena_printf(check->front->arena, "%s_%s", lock->name, lock_functions[i]),
                 lock->loc);
    }
}

static void check_component(struct front *front, const struct flat_component *component)
{
    const struct clash_check check = {front, component};

    for (size_t i = 0; i < component->attribute_count; i++) {
        add_name(&check, component->attributes[i].name, component->attributes[i].loc);
    }
    for (size_t i = 0; i < component->interface_count; i++) {
        add_interface(&check, &component->interfaces[i]);
    }
    for (size_t i = 0; i < component->lock_count; i++) {
        add_lock(&check, &component->locks[i]);
    }
}

void check_c_names(struct front *front)
{
    const struct flat_assembly *a = front->assembly;

    for (size_t i = 0; i < a->component_count; i++) {
        if (!a->components[i]->hardware) {
            check_component(front, a->components[i]);
        }
    }
}
