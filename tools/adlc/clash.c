// SPDX-License-Identifier: BSD-2-Clause
// Names that a component's generated header would declare twice: an interface and an attribute that
// are both called `x`, a mutex `x` beside a procedure `x` with a method `lock`, and so on.

#include "front.h"

/// What a lock is used with, after its name.
static const char *const lock_functions[] = {"lock", "unlock", "wait", "trywait", "post"};

/// Words of the headers that every component includes.
static const char *const taken_names[] = {"Buf", "main", "pre_init", "post_init"};

/// Names of one component; the scope in the table of names is the component.
struct clash_check {
    struct front *front;
    const struct flat_component *component;
};

static void add_name(const struct clash_check *check, const char *name, struct adlc_loc loc)
{
    struct front *front = check->front;
    const struct name_entry *old =
        names_add(&front->names, check->component, NAME_IN_C, arena_intern(front->arena, name), NULL,
                  loc);

    if (old == NULL) {
        return;
    }
    diag_error(front->diag, loc, "name-clash",
               "'%s' of component '%s' would be declared twice in C", name, check->component->name);
    if (old->loc.file != 0) {
        diag_note(front->diag, old->loc, "the other one comes from here");
    } else {
        diag_note(front->diag, ADLC_NO_LOC, "every component has a '%s'", name);
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

    for (size_t i = 0; i < sizeof(taken_names) / sizeof(taken_names[0]); i++) {
        add_name(&check, taken_names[i], ADLC_NO_LOC);
    }
    if (component->control) {
        add_name(&check, "run", ADLC_NO_LOC);
    }
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
