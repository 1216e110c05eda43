// SPDX-License-Identifier: BSD-2-Clause
// Collects every access that a party has to a kernel object, then looks object by object at who
// shares it.

#include "audit.h"

#include <stdlib.h>
#include <string.h>

#include "layout.h"
#include "report.h"
#include "vm_platform.h"

#define NOBODY MODEL_NONE

/// How a party holds an object. `use` of endpoints and notifications are cap rights; of memory
/// enum system_mapping_flags; of everything else nothing.
struct access {
    uint32_t object;
    uint32_t party;
    uint32_t use;
    uint32_t slot; ///< or MODEL_NONE
    uint64_t vaddr;
    bool is_fault; ///< the kernel sends on the party's behalf
    bool is_cap;   ///< by a cap that its program can name
    const struct model_origin *origin;
};

struct collector {
    struct audit *audit;
    struct model *model;
    uint32_t *cnode_party;  ///< per object: whose CNode, or NOBODY
    uint32_t *vspace_party; ///< per object: whose VSpace, or NOBODY
    VEC(struct access) accesses;
};

static void find_parties(struct collector *c)
{
    struct model *model = c->model;

    c->cnode_party = ARENA_NEW_ARRAY(model->arena, uint32_t, model->objects.count);
    c->vspace_party = ARENA_NEW_ARRAY(model->arena, uint32_t, model->objects.count);
    for (size_t i = 0; i < model->objects.count; i++) {
        c->cnode_party[i] = c->vspace_party[i] = NOBODY;
    }
    for (uint32_t i = 0; i < model->instance_count; i++) {
        uint32_t party = 2 * model->instances[i].space->first;
        c->cnode_party[model->instances[i].cnode] = party;
        c->vspace_party[model->instances[i].vspace] = party;
    }
    // The other VSpaces are guests'; their names say whose.
    for (size_t i = 0; i < model->objects.count; i++) {
        const struct model_object *object = &model->objects.items[i];
        const char *owner = report_owner(model, object->name);
        struct model_instance *instance =
            owner != NULL ? model_find_instance(model, owner) : NULL;
        if (object->type == SYSTEM_OBJECT_VSPACE && c->vspace_party[i] == NOBODY
            && instance != NULL && instance->is_vm) {
            c->vspace_party[i] = 2 * instance->index + AUDIT_GUEST;
            c->audit->has_guest[instance->index] = true;
        }
    }
}

// ---------------------------------------------------------------------------------------------
// Accesses

static void add_access(struct collector *c, const struct access *access)
{
    if (access->object != MODEL_NONE) {
        VEC_PUSH(c->model->arena, c->accesses, *access);
    }
}

static const char *collect_caps(struct collector *c)
{
    const struct model *model = c->model;

    for (size_t i = 0; i < model->caps.count; i++) {
        const struct system_cap *cap = &model->caps.items[i];
        struct access access = {
            .object = cap->object,
            .party = c->cnode_party[cap->cnode],
            .use = cap->rights,
            .slot = cap->slot,
            .is_cap = true,
            .origin = model_cap_origin(model, i),
        };
        if (access.party == NOBODY) {
            return "a cap lies in a CNode of no instance";
        }
        enum system_object_type type = model->objects.items[cap->object].type;
        if (type == SYSTEM_OBJECT_FRAME) {
            access.use = ((cap->rights & MODEL_RIGHT_READ) != 0 ? SYSTEM_MAPPING_READ : 0)
                         | ((cap->rights & MODEL_RIGHT_WRITE) != 0 ? SYSTEM_MAPPING_WRITE : 0);
        }
        add_access(c, &access);
    }
    return NULL;
}

static const char *collect_mappings(struct collector *c)
{
    const struct model *model = c->model;

    for (size_t i = 0; i < model->mappings.count; i++) {
        const struct system_mapping *mapping = &model->mappings.items[i];
        struct access access = {
            .object = mapping->frame,
            .party = c->vspace_party[mapping->vspace],
            .use = mapping->flags,
            .slot = mapping->slot,
            .vaddr = mapping->vaddr,
            .origin = model_mapping_origin(model, i),
        };
        if (access.party == NOBODY) {
            return "a mapping lies in a VSpace of no instance";
        }
        add_access(c, &access);
        // The cap of the mapping may lie with somebody else.
        if (mapping->cnode != MODEL_NONE && mapping->slot != MODEL_NONE
            && c->cnode_party[mapping->cnode] != access.party) {
            access.party = c->cnode_party[mapping->cnode];
            access.vaddr = 0;
            access.is_cap = true;
            if (access.party == NOBODY) {
                return "the cap of a mapping lies in a CNode of no instance";
            }
            add_access(c, &access);
        }
    }
    return NULL;
}

/// A thread has the kernel use objects for it: these count as held by its party.
static const char *collect_threads(struct collector *c)
{
    const struct model *model = c->model;

    for (size_t i = 0; i < model->threads.count; i++) {
        const struct system_thread *spec = &model->threads.items[i].spec;
        struct access access = { .party = c->vspace_party[spec->vspace], .slot = MODEL_NONE };
        if (access.party == NOBODY) {
            return "a thread runs in a VSpace of no instance";
        }
        const uint32_t own[] = { spec->tcb, spec->sched_context, spec->cnode, spec->vspace,
                                 spec->bound_notification };
        for (size_t j = 0; j < sizeof(own) / sizeof(own[0]); j++) {
            access.object = own[j];
            access.use = MODEL_RIGHT_READ; // of notifications: receives what is signalled
            add_access(c, &access);
        }
        access.use = MODEL_RIGHT_WRITE;
        access.is_fault = true;
        access.object = spec->fault_endpoint;
        add_access(c, &access);
        access.object = spec->timeout_endpoint;
        add_access(c, &access);
        for (size_t j = 0; j < model->vcpus.count; j++) {
            if (model->vcpus.items[j].tcb == spec->tcb) {
                access.object = model->vcpus.items[j].vcpu;
                access.is_fault = false;
                add_access(c, &access);
            }
        }
    }
    return NULL;
}

static int compare_accesses(const void *left, const void *right)
{
    const struct access *a = left;
    const struct access *b = right;

    if (a->object != b->object) {
        return a->object < b->object ? -1 : 1;
    }
    if (a->party != b->party) {
        return a->party < b->party ? -1 : 1;
    }
    if (a->is_cap != b->is_cap) {
        return a->is_cap ? 1 : -1;
    }
    if (a->slot != b->slot) {
        return a->slot < b->slot ? -1 : 1;
    }
    return a->vaddr < b->vaddr ? -1 : a->vaddr > b->vaddr;
}

// ---------------------------------------------------------------------------------------------
// Facts

bool audit_party_exists(const struct audit *audit, uint32_t party)
{
    uint32_t instance = party / 2;

    return (party & AUDIT_GUEST) != 0 ? audit->has_guest[instance]
                                      : audit->model->instances[instance].space->first == instance;
}

/// Whether the origin is a matter of the instance or of a member of its group.
static bool names_instance(const struct audit *audit, const struct model_origin *origin,
                           uint32_t instance)
{
    const struct model_instance *instances = audit->model->instances;

    for (uint32_t i = 0; origin != NULL && i < origin->instance_count; i++) {
        if (instances[origin->instances[i]].space == instances[instance].space) {
            return true;
        }
    }
    return false;
}

static bool is_explained(const struct audit *audit, const struct audit_fact *fact)
{
    if (fact->kind == AUDIT_RAM || fact->kind == AUDIT_CONSTANT) {
        return true;
    }
    if (fact->kind == AUDIT_PARTY && fact->party / 2 == fact->target / 2) {
        return true; // a VMM and its guest
    }
    return names_instance(audit, fact->origin, fact->party / 2)
           && (fact->kind != AUDIT_PARTY
               || names_instance(audit, fact->origin, fact->target / 2));
}

static void add_fact(struct audit *audit, const struct audit_fact *fact)
{
    // Frames of one region come one after the other: one fact for all of them. A party's facts of
    // one object are few, so that looking back a little finds them.
    for (size_t i = audit->facts.count; i > 0 && audit->facts.count - i < 64; i--) {
        struct audit_fact *other = &audit->facts.items[i - 1];
        bool same = other->kind == fact->kind && other->party == fact->party
                    && other->target == fact->target && other->rights == fact->rights
                    && other->origin == fact->origin;
        bool is_sum = fact->kind == AUDIT_RAM || fact->kind == AUDIT_CONSTANT;
        bool follows = fact->kind != AUDIT_DEVICE || other->base + other->size == fact->base;
        if (same && fact->size != 0 && follows
            && (is_sum || strcmp(other->object, fact->object) == 0)) {
            other->size += fact->size;
            return;
        }
    }
    VEC_PUSH(audit->model->arena, audit->facts, *fact);
    struct audit_fact *added = &audit->facts.items[audit->facts.count - 1];
    added->explained = is_explained(audit, added);
}

static bool is_device(const struct model *model, const struct model_object *object)
{
    const struct platform_range *ram = &model->platform->ram;

    return (object->flags & SYSTEM_OBJECT_FIXED) != 0
           && (object->address < ram->base || object->address - ram->base >= ram->size);
}

static struct audit_fact new_fact(const struct collector *c, const struct access *access,
                                  enum audit_kind kind)
{
    struct audit_fact fact = {
        .kind = kind,
        .party = access->party,
        .target = NOBODY,
        .slot = access->slot,
        .vaddr = access->vaddr,
        .object = c->model->objects.items[access->object].name,
        .origin = access->origin,
    };

    return fact;
}

/// Fact about `to` by an access of another party.
static void add_reach(struct collector *c, const struct access *from, const struct access *to,
                      uint32_t rights, uint64_t size)
{
    struct audit_fact fact = new_fact(c, from, AUDIT_PARTY);

    fact.target = to->party;
    fact.rights = rights;
    fact.size = size;
    add_fact(c->audit, &fact);
}

/// The rights of all accesses of one party that lie next to each other.
static size_t party_run(const struct access *group, size_t count, size_t first, uint32_t *use)
{
    size_t next = first;

    *use = 0;
    while (next < count && group[next].party == group[first].party) {
        *use |= group[next].use;
        next++;
    }
    return next;
}

static void judge_frame(struct collector *c, const struct access *group, size_t count)
{
    const struct model_object *object = &c->model->objects.items[group[0].object];
    uint64_t size = 1ull << object->size_bits;
    bool written = false;
    bool shared = false;
    uint32_t use;

    for (size_t i = 0; i < count; i++) {
        written = written || (group[i].use & SYSTEM_MAPPING_WRITE) != 0;
        shared = shared || group[i].party != group[0].party;
    }
    for (size_t i = 0; i < count; i = party_run(group, count, i, &use)) {
        (void)party_run(group, count, i, &use);
        uint32_t rights = ((use & SYSTEM_MAPPING_READ) != 0 ? AUDIT_READ : 0)
                          | ((use & SYSTEM_MAPPING_WRITE) != 0 ? AUDIT_WRITE : 0)
                          | ((use & SYSTEM_MAPPING_EXECUTE) != 0 ? AUDIT_EXECUTE : 0);
        struct audit_fact fact = new_fact(c, &group[i], AUDIT_RAM);
        fact.rights = rights;
        fact.size = size;
        if (is_device(c->model, object)) {
            fact.kind = AUDIT_DEVICE;
            fact.base = object->address;
            add_fact(c->audit, &fact);
        } else if (!shared || !written) {
            fact.kind = shared ? AUDIT_CONSTANT : AUDIT_RAM;
            add_fact(c->audit, &fact);
            continue;
        }
        uint32_t other_use;
        for (size_t j = 0; shared && j < count; j = party_run(group, count, j, &other_use)) {
            (void)party_run(group, count, j, &other_use);
            if (group[j].party != group[i].party) {
                add_reach(c, &group[i], &group[j], rights, size);
            }
        }
    }
}

/// Endpoints and notifications: whoever may send reaches all who may receive.
static void judge_channel(struct collector *c, const struct access *group, size_t count)
{
    bool is_endpoint =
        c->model->objects.items[group[0].object].type == SYSTEM_OBJECT_ENDPOINT;

    for (size_t i = 0; i < count; i++) {
        uint32_t use = group[i].use;
        if ((use & MODEL_RIGHT_WRITE) == 0) {
            continue;
        }
        uint32_t rights = group[i].is_fault ? AUDIT_FAULT : is_endpoint ? AUDIT_CALL : AUDIT_SIGNAL;
        if (is_endpoint && (use & MODEL_RIGHT_GRANT) != 0) {
            rights |= AUDIT_GRANT;
        }
        uint32_t last = group[i].party;
        for (size_t j = 0; j < count; j++) {
            if (group[j].party != last && group[j].party != group[i].party
                && (group[j].use & MODEL_RIGHT_READ) != 0) {
                add_reach(c, &group[i], &group[j], rights, 0);
                last = group[j].party;
            }
        }
    }
}

/// Threads, address spaces, CNodes and so on: a cap reaches those whose threads use the object or,
/// where the kernel uses it for nobody, everybody else with a cap.
static void judge_control(struct collector *c, const struct access *group, size_t count)
{
    bool is_used = false;

    for (size_t i = 0; i < count; i++) {
        is_used = is_used || !group[i].is_cap;
    }
    for (size_t i = 0; i < count; i++) {
        uint32_t last = group[i].party;
        for (size_t j = 0; group[i].is_cap && j < count; j++) {
            if (group[j].party != last && group[j].party != group[i].party
                && !(is_used && group[j].is_cap)) {
                add_reach(c, &group[i], &group[j], AUDIT_CONTROL, 0);
                last = group[j].party;
            }
        }
    }
}

static void judge_resource(struct collector *c, const struct access *group, size_t count,
                           enum audit_kind kind)
{
    const struct model_object *object = &c->model->objects.items[group[0].object];

    for (size_t i = 0; i < count; i++) {
        struct audit_fact fact = new_fact(c, &group[i], kind);
        fact.base = object->address;
        fact.rights = AUDIT_CONTROL;
        if (kind == AUDIT_UNTYPED) {
            fact.size = 1ull << object->size_bits;
            if (is_device(c->model, object)) {
                fact.kind = AUDIT_DEVICE;
                fact.rights = AUDIT_READ | AUDIT_WRITE | AUDIT_CONTROL;
            }
        } else if (kind == AUDIT_PORTS) {
            fact.base = SYSTEM_IO_PORTS_FIRST(object->address);
            fact.size = SYSTEM_IO_PORTS_LAST(object->address) - fact.base + 1;
            fact.rights = AUDIT_READ | AUDIT_WRITE;
        } else if (kind == AUDIT_SMC) {
            // The function is the badge of the cap.
            for (size_t j = 0; j < c->model->caps.count; j++) {
                const struct system_cap *cap = &c->model->caps.items[j];
                if (cap->object == group[i].object && cap->slot == group[i].slot
                    && c->cnode_party[cap->cnode] == group[i].party) {
                    fact.base = cap->badge;
                }
            }
        }
        add_fact(c->audit, &fact);
    }
    judge_control(c, group, count);
}

static void judge(struct collector *c, const struct access *group, size_t count)
{
    switch (c->model->objects.items[group[0].object].type) {
    case SYSTEM_OBJECT_FRAME:
        judge_frame(c, group, count);
        break;
    case SYSTEM_OBJECT_ENDPOINT:
    case SYSTEM_OBJECT_NOTIFICATION:
        judge_channel(c, group, count);
        break;
    case SYSTEM_OBJECT_UNTYPED:
        judge_resource(c, group, count, AUDIT_UNTYPED);
        break;
    case SYSTEM_OBJECT_IRQ_HANDLER:
        judge_resource(c, group, count, AUDIT_IRQ);
        break;
    case SYSTEM_OBJECT_SMC:
        judge_resource(c, group, count, AUDIT_SMC);
        break;
    case SYSTEM_OBJECT_IO_PORTS:
        judge_resource(c, group, count, AUDIT_PORTS);
        break;
    case SYSTEM_OBJECT_IO_SPACE:
        judge_resource(c, group, count, AUDIT_SPACE);
        break;
    default:
        judge_control(c, group, count);
        break;
    }
}

/// A fact with its place, to keep the sort stable.
struct placed_fact {
    struct audit_fact fact;
    size_t place;
};

static int compare_facts(const void *left, const void *right)
{
    const struct placed_fact *a = left;
    const struct placed_fact *b = right;

    if (a->fact.party != b->fact.party) {
        return a->fact.party < b->fact.party ? -1 : 1;
    }
    if (a->fact.kind != b->fact.kind) {
        return a->fact.kind < b->fact.kind ? -1 : 1;
    }
    if (a->fact.target != b->fact.target) {
        return a->fact.target < b->fact.target ? -1 : 1;
    }
    if (a->fact.base != b->fact.base) {
        return a->fact.base < b->fact.base ? -1 : 1;
    }
    return a->place < b->place ? -1 : a->place > b->place;
}

static void sort_facts(struct audit *audit)
{
    size_t count = audit->facts.count;
    struct placed_fact *placed = ARENA_NEW_ARRAY(audit->model->arena, struct placed_fact, count);

    for (size_t i = 0; i < count; i++) {
        placed[i].fact = audit->facts.items[i];
        placed[i].place = i;
    }
    qsort(placed, count, sizeof(placed[0]), compare_facts);
    for (size_t i = 0; i < count; i++) {
        audit->facts.items[i] = placed[i].fact;
        audit->unexplained += !placed[i].fact.explained;
    }
}

const char *audit_build(struct audit *audit, struct model *model)
{
    struct collector c = { .audit = audit, .model = model };

    memset(audit, 0, sizeof(*audit));
    audit->model = model;
    audit->party_count = 2 * (uint32_t)model->instance_count;
    audit->has_guest = ARENA_NEW_ARRAY(model->arena, bool, model->instance_count);
    find_parties(&c);
    const char *error = collect_caps(&c);
    if (error == NULL) {
        error = collect_mappings(&c);
    }
    if (error == NULL) {
        error = collect_threads(&c);
    }
    if (error != NULL) {
        return error;
    }
    if (c.accesses.count != 0) {
        qsort(c.accesses.items, c.accesses.count, sizeof(c.accesses.items[0]), compare_accesses);
    }
    for (size_t i = 0; i < c.accesses.count;) {
        size_t next = i + 1;
        while (next < c.accesses.count
               && c.accesses.items[next].object == c.accesses.items[i].object) {
            next++;
        }
        judge(&c, &c.accesses.items[i], next - i);
        i = next;
    }
    sort_facts(audit);
    return NULL;
}
