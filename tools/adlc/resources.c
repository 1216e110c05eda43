// SPDX-License-Identifier: BSD-2-Clause
// Who claims which interrupt, device memory and I/O ports; claims of two owners must not collide, nor
// with what the kernel keeps.

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "front.h"
#include "gic.h"

#define PAGE_SIZE        4096u
#define MAX_COMPARISONS  1000000u
#define GIC_SPI_BASE     32u
#define GIC_PPI_BASE     16u

enum claim_kind { CLAIM_IRQ, CLAIM_PIN, CLAIM_MEMORY, CLAIM_PORT };

/// [low, high] of something, wanted by one instance.
struct claim {
    enum claim_kind kind;
    bool shareable;            ///< memory as frames: may be claimed twice
    bool for_guest;            ///< by a VM, for its guest
    uint64_t low;
    uint64_t high;
    const char *owner;         ///< interned instance name
    struct adlc_loc loc;
    size_t order;
};

struct claims {
    struct front *front;
    VEC(struct claim) items;
    bool for_guest;            ///< of the claims that come
};

static void claim(struct claims *c, enum claim_kind kind, uint64_t low, uint64_t high,
                  const char *owner, struct adlc_loc loc, bool shareable)
{
    struct claim item = {kind, shareable, c->for_guest, low, high, owner, loc, c->items.count};

    VEC_PUSH(c->front->arena, c->items, item);
}

// ---------------------------------------------------------------------------------------------
// Text formats

static bool format_error(struct claims *c, struct adlc_loc loc, const char *what)
{
    diag_error(c->front->diag, loc, "setting-format", "%s", what);
    return false;
}

/// Split "a:b:c" and read the numbers. Returns how many there are, 0 when one is no number.
static size_t split_numbers(struct claims *c, const char *text, uint64_t *numbers, size_t max)
{
    size_t count = 0;

    for (;;) {
        size_t len = strcspn(text, ":");

        if (count == max ||
            !flat_parse_number(arena_strndup(c->front->arena, text, len), &numbers[count])) {
            return 0;
        }
        count++;
        if (text[len] == '\0') {
            return count;
        }
        text += len + 1;
    }
}

/// "paddr:size_bits" or "paddr:size:frame_bits".
static bool parse_memory(struct claims *c, const struct flat_value *item, bool untyped,
                         uint64_t *base, uint64_t *size)
{
    uint64_t numbers[3] = {0, 0, 0};
    size_t count = split_numbers(c, item->string, numbers, 3);
    uint64_t bits = untyped ? numbers[1] : numbers[2];
    uint64_t unit;

    if (count != (untyped ? 2u : 3u)) {
        return format_error(c, item->loc,
                            untyped ? "this must have the form \"address:size_bits\""
                                    : "this must have the form \"address:size:frame_bits\"");
    }
    if (bits < (untyped ? 4u : 12u) || bits > 47) {
        return format_error(c, item->loc,
                            untyped ? "the number of size bits must be from 4 to 47"
                                    : "the number of frame bits must be from 12 to 47");
    }
    unit = (uint64_t)1 << bits;
    *base = numbers[0];
    *size = untyped ? unit : numbers[1];
    if ((*base & (unit - 1)) != 0 || (*size & (unit - 1)) != 0 || *size == 0) {
        return format_error(c, item->loc, "address and size must be multiples of the unit that "
                                          "the bits give");
    }
    if (*size - 1 > UINT64_MAX - *base) {
        return format_error(c, item->loc, "this goes over the end of the address space");
    }
    return true;
}

/// "first:last", both inclusive, 16 bits.
static bool parse_ports(struct claims *c, const char *text, struct adlc_loc loc, uint64_t *first,
                        uint64_t *last)
{
    uint64_t numbers[2];

    if (split_numbers(c, text, numbers, 2) != 2 || numbers[0] > numbers[1] ||
        numbers[1] > UINT16_MAX) {
        return format_error(c, loc, "this must have the form \"first_port:last_port\"");
    }
    *first = numbers[0];
    *last = numbers[1];
    return true;
}

// ---------------------------------------------------------------------------------------------
// Settings of instances

static void claim_memory_list(struct claims *c, const struct flat_setting *setting,
                              const char *owner, bool untyped)
{
    for (size_t i = 0; setting->value->kind == FLAT_LIST && i < setting->value->count; i++) {
        const struct flat_value *item = setting->value->items[i];
        uint64_t base = 0;
        uint64_t size = 0;

        if (item->kind == FLAT_STRING && parse_memory(c, item, untyped, &base, &size)) {
            claim(c, CLAIM_MEMORY, base, base + (size - 1), owner, item->loc, !untyped);
        }
    }
}

static void claim_irq_list(struct claims *c, const struct flat_setting *setting,
                           const char *owner)
{
    for (size_t i = 0; setting->value->kind == FLAT_LIST && i < setting->value->count; i++) {
        const struct flat_value *item = setting->value->items[i];

        if (item->kind == FLAT_INT && item->integer >= 0) {
            claim(c, CLAIM_IRQ, (uint64_t)item->integer, (uint64_t)item->integer, owner,
                  item->loc, false);
        }
    }
}

static void claim_node(struct claims *c, const struct flat_setting *setting, const char *owner,
                       const struct flat_dtb_node *node, bool interrupts, bool shareable)
{
    for (size_t i = 0; i < node->reg_count; i++) {
        uint64_t low = node->regs[i].base & ~(uint64_t)(PAGE_SIZE - 1);
        uint64_t high = node->regs[i].base + (node->regs[i].size - 1);

        if (node->regs[i].size != 0 && high >= node->regs[i].base) {
            claim(c, CLAIM_MEMORY, low, high | (PAGE_SIZE - 1), owner, setting->loc, shareable);
        }
    }
    // GIC: type (0 shared, 1 private), number, flags.
    for (size_t i = 0; interrupts && node->interrupt_cells == 3 &&
                       i + 3 <= node->interrupt_cell_total;
         i += 3) {
        uint64_t base = node->interrupts[i] == 0 ? GIC_SPI_BASE : GIC_PPI_BASE;

        claim(c, CLAIM_IRQ, base + node->interrupts[i + 1], base + node->interrupts[i + 1],
              owner, setting->loc, false);
    }
}

static void claim_port_text(struct claims *c, const struct flat_setting *setting,
                            const char *owner)
{
    const char *text = setting->value->string;

    while (setting->value->kind == FLAT_STRING && *text != '\0') {
        size_t len = strcspn(text, ",");
        uint64_t first = 0;
        uint64_t last = 0;

        if (!parse_ports(c, arena_strndup(c->front->arena, text, len), setting->value->loc,
                         &first, &last)) {
            return;
        }
        claim(c, CLAIM_PORT, first, last, owner, setting->value->loc, false);
        text += len + (text[len] == ',');
    }
}

static bool dict_number(const struct flat_value *dict, const char *key, uint64_t *number)
{
    const struct flat_value *value = flat_value_get(dict, key);

    if (value == NULL || value->kind != FLAT_INT || value->integer < 0) {
        return false;
    }
    *number = (uint64_t)value->integer;
    return true;
}

/// [{"start": , "end": (exclusive)}, ...]
static void claim_vm_ports(struct claims *c, const struct flat_setting *setting,
                           const char *owner)
{
    for (size_t i = 0; setting->value->kind == FLAT_LIST && i < setting->value->count; i++) {
        const struct flat_value *item = setting->value->items[i];
        uint64_t start = 0;
        uint64_t end = 0;

        if (dict_number(item, "start", &start) && dict_number(item, "end", &end)) {
            if (start >= end || end > UINT16_MAX + 1u) {
                (void)format_error(c, item->loc,
                                   "\"start\" must be below \"end\", and \"end\" at most 0x10000");
                continue;
            }
            claim(c, CLAIM_PORT, start, end - 1, owner, item->loc, false);
        }
    }
}

static uint64_t pin_number(uint64_t ioapic, uint64_t pin)
{
    return ioapic << 32 | pin;
}

/// [{"ioapic": , "source": }, ...]
static void claim_vm_irqs(struct claims *c, const struct flat_setting *setting,
                          const char *owner)
{
    for (size_t i = 0; setting->value->kind == FLAT_LIST && i < setting->value->count; i++) {
        const struct flat_value *item = setting->value->items[i];
        uint64_t ioapic = 0;
        uint64_t source = 0;

        if (dict_number(item, "source", &source)) {
            (void)dict_number(item, "ioapic", &ioapic);
            claim(c, CLAIM_PIN, pin_number(ioapic, source), pin_number(ioapic, source), owner,
                  item->loc, false);
        }
    }
}

/// [{"paddr": , "size": }, ...]: whole pages.
static void claim_vm_memory(struct claims *c, const struct flat_value *list, const char *owner)
{
    for (size_t i = 0; list != NULL && list->kind == FLAT_LIST && i < list->count; i++) {
        uint64_t base = 0;
        uint64_t size = 0;

        if (dict_number(list->items[i], "paddr", &base) &&
            dict_number(list->items[i], "size", &size) && size != 0) {
            claim(c, CLAIM_MEMORY, base & ~(uint64_t)(PAGE_SIZE - 1),
                  (base + (size - 1)) | (PAGE_SIZE - 1), owner, list->items[i]->loc, false);
        }
    }
}

static void claim_vm_devices(struct claims *c, const struct flat_setting *setting,
                             const char *owner)
{
    for (size_t i = 0; setting->value->kind == FLAT_LIST && i < setting->value->count; i++) {
        claim_vm_memory(c, flat_value_get(setting->value->items[i], "memory"), owner);
    }
}

/// [[address, size_bits], ...]
static void claim_vm_ram(struct claims *c, const struct flat_setting *setting, const char *owner)
{
    for (size_t i = 0; setting->value->kind == FLAT_LIST && i < setting->value->count; i++) {
        const struct flat_value *item = setting->value->items[i];

        if (item->kind == FLAT_LIST && item->count == 2 && item->items[0]->kind == FLAT_INT &&
            item->items[1]->kind == FLAT_INT && item->items[1]->integer <= 47) {
            uint64_t base = (uint64_t)item->items[0]->integer;

            claim(c, CLAIM_MEMORY, base, base + ((uint64_t)1 << item->items[1]->integer) - 1,
                  owner, item->loc, false);
        }
    }
}

/// Memory for a dataport or for DMA at a fixed address; `size_name` is the setting with its size, at least a
/// page.
static void claim_fixed(struct claims *c, const struct flat_setting *setting, const char *owner,
                        const char *size_name)
{
    int64_t base = setting->value->kind == FLAT_INT ? setting->value->integer : 0;
    int64_t size = flat_setting_int(c->front->assembly, setting->scope, size_name, PAGE_SIZE);

    if (base > 0 && size > 0 && size < INT64_MAX - base) {
        claim(c, CLAIM_MEMORY, (uint64_t)base, (uint64_t)(base + size - 1) | (PAGE_SIZE - 1), owner,
              setting->loc, false);
    }
}

static void claim_dtb(struct claims *c, const struct flat_setting *setting,
                      const struct flat_instance *instance, const char *owner)
{
    bool interface = instance == NULL;
    bool interrupts =
        !interface ||
        flat_setting_int(c->front->assembly, setting->scope, "generate_interrupts", 0) != 0;

    for (size_t i = 0; i < setting->dtb->node_count; i++) {
        claim_node(c, setting, owner, &setting->dtb->nodes[i], interrupts, interface);
    }
}

/// Owner of a setting's scope: an instance itself, or the instance of "instance.interface".
static const char *scope_owner(struct claims *c, const char *scope)
{
    const char *dot = strrchr(scope, '.');

    if (flat_instance(c->front->assembly, scope) != NULL || dot == NULL) {
        return scope;
    }
    return arena_intern_n(c->front->arena, scope, (size_t)(dot - scope));
}

static void claim_setting(struct claims *c, const struct flat_setting *setting)
{
    const struct flat_instance *instance = flat_instance(c->front->assembly, setting->scope);
    const char *owner = scope_owner(c, setting->scope);
    const char *name = setting->attribute;

    c->for_guest = instance != NULL && flat_instance_is_vm(instance);
    if (setting->dtb != NULL && strcmp(name, "dtb") == 0) {
        claim_dtb(c, setting, instance, owner);
    } else if (instance == NULL) {
        if (strcmp(name, "paddr") == 0) {
            claim_fixed(c, setting, setting->scope, "size");
        }
    } else if (strcmp(name, "dma_pool_paddr") == 0) {
        claim_fixed(c, setting, owner, "dma_pool");
    } else if (strcmp(name, "untyped_mmios") == 0) {
        claim_memory_list(c, setting, owner, true);
    } else if (strcmp(name, "mmios") == 0) {
        claim_memory_list(c, setting, owner, false);
    } else if (strcmp(name, "irqs") == 0 || strcmp(name, "dtb_irqs") == 0) {
        claim_irq_list(c, setting, owner);
    } else if (strcmp(name, "ioports") == 0) {
        claim_port_text(c, setting, owner);
    } else if (strcmp(name, "vm_ioports") == 0) {
        claim_vm_ports(c, setting, owner);
    } else if (strcmp(name, "vm_irqs") == 0) {
        claim_vm_irqs(c, setting, owner);
    } else if (strcmp(name, "pci_devices") == 0) {
        claim_vm_devices(c, setting, owner);
    } else if (strcmp(name, "guest_mappings") == 0) {
        claim_vm_memory(c, setting->value, owner);
    } else if (strcmp(name, "ram") == 0) {
        claim_vm_ram(c, setting, owner);
    }
}

// ---------------------------------------------------------------------------------------------
// Hardware components

static struct adlc_loc end_setting_loc(const struct front *front, const struct flat_end *end,
                                       const char *suffix)
{
    const struct flat_value *value =
        flat_interface_setting(front->assembly, end->instance, end->interface->name, suffix);

    return value != NULL ? value->loc : end->loc;
}

static void claim_interrupt(struct claims *c, const struct flat_end *end)
{
    const struct flat_assembly *a = c->front->assembly;
    const char *name = end->interface->name;
    const struct flat_value *type =
        flat_interface_setting(a, end->instance, name, "_irq_type");
    const char *type_name =
        type != NULL && type->kind == FLAT_STRING ? type->string : "simple";
    int64_t number = flat_interface_int(a, end->instance, name, "_irq_number", -1);
    int64_t pin = flat_interface_int(a, end->instance, name, "_irq_ioapic_pin", -1);
    int64_t ioapic = flat_interface_int(a, end->instance, name, "_irq_ioapic", 0);

    if (strcmp(type_name, "simple") == 0 || strcmp(type_name, "arm") == 0) {
        if (number >= 0) {
            claim(c, CLAIM_IRQ, (uint64_t)number, (uint64_t)number, end->instance->name,
                  end_setting_loc(c->front, end, "_irq_number"), false);
        }
    } else if (pin >= 0 && ioapic >= 0) {
        claim(c, CLAIM_PIN, pin_number((uint64_t)ioapic, (uint64_t)pin),
              pin_number((uint64_t)ioapic, (uint64_t)pin), end->instance->name,
              end_setting_loc(c->front, end, "_irq_ioapic_pin"), false);
    }
}

static void claim_registers(struct claims *c, const struct flat_end *end)
{
    const struct flat_assembly *a = c->front->assembly;
    const char *name = end->interface->name;
    uint64_t base = (uint64_t)flat_interface_int(a, end->instance, name, "_paddr", -1);
    uint64_t size = (uint64_t)flat_interface_int(a, end->instance, name, "_size", PAGE_SIZE);
    struct adlc_loc loc = end_setting_loc(c->front, end, "_paddr");

    if (flat_interface_setting(a, end->instance, name, "_paddr") == NULL || size == 0) {
        return;
    }
    if (size - 1 > UINT64_MAX - base) {
        (void)format_error(c, loc, "this goes over the end of the address space");
        return;
    }
    claim(c, CLAIM_MEMORY, base & ~(uint64_t)(PAGE_SIZE - 1),
          (base + (size - 1)) | (PAGE_SIZE - 1), end->instance->name, loc, true);
}

static void claim_io_ports(struct claims *c, const struct flat_end *end)
{
    const struct flat_value *value = flat_interface_setting(
        c->front->assembly, end->instance, end->interface->name, "_attributes");
    uint64_t first = 0;
    uint64_t last = 0;

    if (value != NULL && value->kind == FLAT_STRING &&
        parse_ports(c, value->string, value->loc, &first, &last)) {
        claim(c, CLAIM_PORT, first, last, end->instance->name, value->loc, false);
    }
}

static void claim_connection(struct claims *c, const struct flat_connection *connection)
{
    const struct flat_connector *connector = connection->connector;

    for (size_t i = 0; connector->from.hardware && i < connection->from_count; i++) {
        if (connector->from.kind == FLAT_KIND_EVENT) {
            claim_interrupt(c, &connection->from[i]);
        }
    }
    for (size_t i = 0; connector->to.hardware && i < connection->to_count; i++) {
        if (connector->to.kind == FLAT_KIND_DATAPORT) {
            claim_registers(c, &connection->to[i]);
        } else if (strcmp(connector->name, "seL4HardwareIOPort") == 0) {
            claim_io_ports(c, &connection->to[i]);
        }
    }
}

// ---------------------------------------------------------------------------------------------
// Collisions

static int compare_claims(const void *a, const void *b)
{
    const struct claim *x = a;
    const struct claim *y = b;

    if (x->kind != y->kind) {
        return x->kind < y->kind ? -1 : 1;
    }
    if (x->low != y->low) {
        return x->low < y->low ? -1 : 1;
    }
    return x->order < y->order ? -1 : x->order > y->order;
}

static void report_collision(struct front *front, const struct claim *first,
                             const struct claim *second)
{
    const char *what = "";

    switch (second->kind) {
    case CLAIM_IRQ:
        what = arena_printf(front->arena, "interrupt %" PRIu64, second->low);
        break;
    case CLAIM_PIN:
        what = arena_printf(front->arena, "pin %" PRIu64 " of I/O APIC %" PRIu64,
                            second->low & UINT32_MAX, second->low >> 32);
        break;
    case CLAIM_PORT:
        what = arena_printf(front->arena, "I/O ports 0x%" PRIx64 " to 0x%" PRIx64, second->low,
                            second->high < first->high ? second->high : first->high);
        break;
    case CLAIM_MEMORY:
        what = arena_printf(front->arena, "memory 0x%" PRIx64 " to 0x%" PRIx64,
                            second->low,
                            second->high < first->high ? second->high : first->high);
        break;
    }
    if (first->shareable && second->shareable) {
        diag_warning(front->diag, second->loc, "device-shared", "'%s' shares %s with '%s'",
                     second->owner, what, first->owner);
        diag_note(front->diag, first->loc, "used by '%s' here", first->owner);
        return;
    }
    if (second->order < first->order) {
        const struct claim *swap = first;

        first = second;
        second = swap;
    }
    diag_error(front->diag, second->loc, "claimed-twice", "'%s' claims %s of '%s'",
               second->owner, what, first->owner);
    diag_note(front->diag, first->loc, "claimed by '%s' here", first->owner);
}

static void find_collisions(struct claims *c)
{
    size_t comparisons = 0;

    if (c->items.count == 0) {
        return;
    }
    qsort(c->items.items, c->items.count, sizeof(c->items.items[0]), compare_claims);
    for (size_t i = 0; i < c->items.count; i++) {
        const struct claim *first = &c->items.items[i];

        for (size_t j = i + 1; j < c->items.count; j++) {
            const struct claim *second = &c->items.items[j];
            bool same_frames = first->shareable && second->shareable &&
                               first->low == second->low && first->high == second->high;

            if (second->kind != first->kind || second->low > first->high ||
                ++comparisons > MAX_COMPARISONS) {
                break;
            }
            if (first->owner != second->owner && !same_frames) {
                report_collision(c->front, first, second);
            }
        }
    }
}

static void report_kept(struct front *front, const struct claim *claim, const struct gic_part *part)
{
    diag_error(front->diag, claim->loc, "device-kept",
               "'%s' claims memory 0x%" PRIx64 " to 0x%" PRIx64
               ", but the interrupt controller's %s is %s", claim->owner, claim->low, claim->high,
               part->name, part->for_guests ? "for guests only" : "the kernel's");
    diag_note(front->diag, ADLC_NO_LOC, "this is 0x%" PRIx64 " to 0x%" PRIx64
              ", node '%s' of the board's device tree", part->range.base,
              part->range.base + (part->range.size - 1), part->path);
}

/// What a claim may not have of the interrupt controller, or NULL.
static const struct gic_part *kept_part(const gic_part_vec *parts, const struct claim *claim)
{
    for (size_t i = 0; claim->kind == CLAIM_MEMORY && i < parts->count; i++) {
        const struct flat_fdt_range *kept = &parts->items[i].range;

        if (claim->high >= kept->base && claim->low <= kept->base + (kept->size - 1) &&
            !(parts->items[i].for_guests && claim->for_guest)) {
            return &parts->items[i];
        }
    }
    return NULL;
}

/// The kernel hands out no memory for what it keeps; and who has a GICv2's virtual CPU interface has that of
/// the guest that runs. Claims from places that were reported, each once, are
/// taken out.
static void find_kept(struct claims *c)
{
    gic_part_vec parts = {NULL, 0, 0};
    struct adlc_loc reported = ADLC_NO_LOC;
    size_t left = 0;

    if (c->front->assembly->dtb == NULL) {
        return;
    }
    gic_find_parts(c->front->arena, c->front->assembly->dtb, &parts);
    for (size_t i = 0; i < c->items.count; i++) {
        const struct claim *claim = &c->items.items[i];
        const struct gic_part *part = kept_part(&parts, claim);
        bool again =
            reported.file != 0 && memcmp(&claim->loc, &reported, sizeof(reported)) == 0;

        if (part != NULL && !again) {
            report_kept(c->front, claim, part);
            reported = claim->loc;
        } else if (part == NULL && !again) {
            c->items.items[left++] = *claim;
        }
    }
    c->items.count = left;
}

void check_resources(struct front *front)
{
    struct claims c;

    memset(&c, 0, sizeof(c));
    c.front = front;
    for (size_t i = 0; i < front->assembly->effective_count; i++) {
        claim_setting(&c, &front->assembly->effective[i]);
    }
    c.for_guest = false;
    for (size_t i = 0; i < front->assembly->connection_count; i++) {
        claim_connection(&c, &front->assembly->connections[i]);
    }
    find_kept(&c);
    find_collisions(&c);
}
