// SPDX-License-Identifier: BSD-2-Clause
// Builds a guest's device tree with libfdt; see guest_dtb.h and the Devicetree Specification 0.4.

#include "guest_dtb.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include <libfdt.h>

#include "vm.h"
#include "vm_platform.h"

#define TREE_SIZE (256u * 1024u)
#define MAX_DEPTH 16
#define RNG_SEED_SIZE 64
#define KASLR_SEED_SIZE 8
#define MAX_KEPT 512u

/// One tree in the making. `error` keeps libfdt's first error.
struct tree {
    struct model *model;
    const struct model_instance *instance;
    const void *from;      ///< the board's tree
    void *fdt;
    int error;
    int kept[MAX_KEPT];    ///< offsets in `from` of nodes to copy
    bool subtree[MAX_KEPT];
    size_t kept_count;
    int address_cells;     ///< of the root
    int size_cells;
};

static void check(struct tree *tree, int result)
{
    if (result < 0 && tree->error == 0) {
        tree->error = result;
    }
}

static void put_string(struct tree *tree, const char *name, const char *text)
{
    check(tree, fdt_property_string(tree->fdt, name, text));
}

static void put_u32(struct tree *tree, const char *name, uint32_t value)
{
    check(tree, fdt_property_u32(tree->fdt, name, value));
}

static void begin(struct tree *tree, const char *name)
{
    check(tree, fdt_begin_node(tree->fdt, name));
}

static void end(struct tree *tree)
{
    check(tree, fdt_end_node(tree->fdt));
}

/// Append `value` in `count` cells.
static size_t add_cells(fdt32_t *cells, size_t at, uint64_t value, int count)
{
    if (count == 2) {
        cells[at++] = cpu_to_fdt32((uint32_t)(value >> 32));
    }
    cells[at++] = cpu_to_fdt32((uint32_t)value);
    return at;
}

static void put_reg(struct tree *tree, const struct platform_range *ranges, size_t count)
{
    fdt32_t cells[16];
    size_t at = 0;

    for (size_t i = 0; i < count; i++) {
        at = add_cells(cells, at, ranges[i].base, tree->address_cells);
        at = add_cells(cells, at, ranges[i].size, tree->size_cells);
    }
    check(tree, fdt_property(tree->fdt, "reg", cells, (int)(at * sizeof(cells[0]))));
}

// ---------------------------------------------------------------------------------------------
// Which nodes are copied

static bool is_kept(const struct tree *tree, int offset)
{
    for (size_t i = 0; i < tree->kept_count; i++) {
        if (tree->kept[i] == offset) {
            return true;
        }
    }
    return false;
}

static void keep(struct tree *tree, int offset, bool subtree)
{
    if (is_kept(tree, offset)) {
        return;
    }
    if (tree->kept_count == MAX_KEPT) {
        check(tree, -FDT_ERR_NOSPACE);
        return;
    }
    tree->subtree[tree->kept_count] = subtree;
    tree->kept[tree->kept_count++] = offset;
}

static bool keep_path(struct tree *tree, const char *path, bool subtree, struct adlc_loc loc)
{
    int offset = fdt_path_offset(tree->from, path);

    if (offset < 0) {
        diag_error(tree->model->diag, loc, "dtb-node",
                   "instance '%s': the device tree of the board has no node '%s'",
                   tree->instance->name, path);
        return false;
    }
    keep(tree, offset, subtree);
    return true;
}

static bool keep_setting(struct tree *tree, const char *attribute, bool subtree, bool *found)
{
    const struct flat_assembly *flat = tree->model->flat;
    const struct flat_value *list = flat_setting_list(flat, tree->instance->name, attribute);
    bool ok = true;

    for (size_t i = 0; list != NULL && i < list->count; i++) {
        *found = true;
        if (list->items[i]->kind == FLAT_STRING) {
            ok = keep_path(tree, list->items[i]->string, subtree, list->items[i]->loc) && ok;
        }
    }
    return ok;
}

/// Fixed clocks that a kept node refers to: a driver would not start without them.
static void keep_clocks(struct tree *tree, int offset)
{
    int length;
    const fdt32_t *cells = fdt_getprop(tree->from, offset, "clocks", &length);
    int count = cells != NULL ? length / (int)sizeof(*cells) : 0;

    for (int i = 0; i < count; i++) {
        int clock = fdt_node_offset_by_phandle(tree->from, fdt32_to_cpu(cells[i]));
        if (clock < 0) {
            return;
        }
        if (fdt_node_check_compatible(tree->from, clock, "fixed-clock") == 0) {
            keep(tree, clock, false);
        }
        int cell_length;
        const fdt32_t *specifier =
            fdt_getprop(tree->from, clock, "#clock-cells", &cell_length);
        if (specifier == NULL || cell_length != (int)sizeof(*specifier)
            || fdt32_to_cpu(*specifier) > 16) {
            return;
        }
        i += (int)fdt32_to_cpu(*specifier);
    }
}

static bool choose_nodes(struct tree *tree)
{
    const struct model_vm *vm = tree->instance->vm;
    bool found = false;
    bool ok = keep_setting(tree, "plat_keep_devices", false, &found);

    ok = keep_setting(tree, "plat_keep_devices_and_subtree", true, &found) && ok;
    for (const char *const *path = tree->model->platform->keep_devices; !found && *path != NULL;
         path++) {
        ok = keep_path(tree, *path, false, tree->instance->flat->loc) && ok;
    }
    for (size_t i = 0; vm->dtb != NULL && i < vm->dtb->node_count; i++) {
        keep(tree, vm->dtb->nodes[i].offset, false);
    }
    for (size_t i = 0; i < tree->kept_count; i++) { // grows while it runs
        keep_clocks(tree, tree->kept[i]);
    }
    return ok;
}

// ---------------------------------------------------------------------------------------------
// Copying

/// Properties of the interrupt controller that a guest must not see: the hypervisor's parts, and
/// where and what the hardware's redistributors are.
static bool gic_drops(const char *name)
{
    static const char *const dropped[] = {
        "reg", "interrupts", "ranges", "#redistributor-regions", "redistributor-stride",
        "msi-controller", "mbi-ranges", "mbi-alias",
    };

    for (size_t i = 0; i < sizeof(dropped) / sizeof(dropped[0]); i++) {
        if (strcmp(name, dropped[i]) == 0) {
            return true;
        }
    }
    return false;
}

static void put_gic_reg(struct tree *tree, const struct guest_gic *gic)
{
    struct platform_range ranges[2] = { gic->distributor,
                                        gic->version == 2 ? gic->cpu : gic->redistributors };

    put_reg(tree, ranges, 2);
}

static void copy_properties(struct tree *tree, int offset)
{
    const struct guest_gic *gic = &tree->instance->vm->gic;
    bool is_gic = gic->version != 0 && gic->node == offset;
    int property;

    fdt_for_each_property_offset(property, tree->from, offset) {
        const char *name;
        int length;
        const void *value = fdt_getprop_by_offset(tree->from, property, &name, &length);
        if (value == NULL) {
            check(tree, length);
            return;
        }
        if (!is_gic || !gic_drops(name)) {
            check(tree, fdt_property(tree->fdt, name, value, length));
        }
    }
    if (is_gic) {
        put_gic_reg(tree, gic);
    }
}

static bool has_kept_below(const struct tree *tree, int offset, int depth)
{
    int child;

    if (depth > MAX_DEPTH) {
        return false;
    }
    fdt_for_each_subnode(child, tree->from, offset) {
        if (is_kept(tree, child) || has_kept_below(tree, child, depth + 1)) {
            return true;
        }
    }
    return false;
}

static void copy_node(struct tree *tree, int offset, bool whole, int depth)
{
    int child;

    if (depth > MAX_DEPTH) {
        check(tree, -FDT_ERR_BADSTRUCTURE);
        return;
    }
    begin(tree, fdt_get_name(tree->from, offset, NULL));
    copy_properties(tree, offset);
    for (size_t i = 0; i < tree->kept_count; i++) {
        whole = whole || (tree->kept[i] == offset && tree->subtree[i]);
    }
    fdt_for_each_subnode(child, tree->from, offset) {
        if (whole || is_kept(tree, child) || has_kept_below(tree, child, depth + 1)) {
            copy_node(tree, child, whole, depth + 1);
        }
    }
    end(tree);
}

/// Nodes that the guest's tree has of its own.
static bool is_own_node(const char *name)
{
    static const char *const own[] = { "chosen", "cpus", "psci", "memory", "aliases" };

    for (size_t i = 0; i < sizeof(own) / sizeof(own[0]); i++) {
        size_t length = strlen(own[i]);
        if (strncmp(name, own[i], length) == 0 && (name[length] == '\0' || name[length] == '@')) {
            return true;
        }
    }
    return false;
}

// ---------------------------------------------------------------------------------------------
// The guest's own nodes

static void put_chosen(struct tree *tree)
{
    static const uint8_t zeros[RNG_SEED_SIZE];
    const struct model_vm *vm = tree->instance->vm;

    begin(tree, "chosen");
    put_string(tree, "bootargs", vm->bootargs);
    if (vm->stdout_path[0] != '\0') {
        put_string(tree, "stdout-path", vm->stdout_path);
    }
    if (vm->provide_initrd) {
        check(tree, fdt_property_u64(tree->fdt, "linux,initrd-start", vm->initrd_addr));
        check(tree, fdt_property_u64(tree->fdt, "linux,initrd-end", vm->initrd_addr));
    }
    check(tree, fdt_property(tree->fdt, "kaslr-seed", zeros, KASLR_SEED_SIZE));
    check(tree, fdt_property(tree->fdt, "rng-seed", zeros, RNG_SEED_SIZE));
    end(tree);
}

static void put_memory(struct tree *tree)
{
    const struct model_vm *vm = tree->instance->vm;
    struct platform_range range = { vm->ram_base, vm->ram_size };

    begin(tree, model_printf(tree->model, "memory@%" PRIx64, vm->ram_base));
    put_string(tree, "device_type", "memory");
    put_reg(tree, &range, 1);
    end(tree);
}

static void put_cpus(struct tree *tree)
{
    const struct model_vm *vm = tree->instance->vm;
    const char *compatible = tree->model->platform->cpu_compatible;
    int board_cpu = fdt_path_offset(tree->from, "/cpus/cpu@0");
    int length = 0;
    const char *found =
        board_cpu >= 0 ? fdt_getprop(tree->from, board_cpu, "compatible", &length) : NULL;

    if (found != NULL && length > 0 && found[length - 1] == '\0') {
        compatible = found;
    }
    begin(tree, "cpus");
    put_u32(tree, "#address-cells", 1);
    put_u32(tree, "#size-cells", 0);
    for (uint32_t i = 0; i < vm->vcpu_count; i++) {
        begin(tree, model_printf(tree->model, "cpu@%x", vm->vcpus[i].mpidr));
        put_string(tree, "device_type", "cpu");
        put_string(tree, "compatible", compatible);
        put_string(tree, "enable-method", "psci");
        put_u32(tree, "reg", vm->vcpus[i].mpidr);
        end(tree);
    }
    end(tree);
}

static void put_psci(struct tree *tree)
{
    static const char compatible[] = "arm,psci-1.0\0arm,psci-0.2\0arm,psci";

    begin(tree, "psci");
    check(tree, fdt_property(tree->fdt, "compatible", compatible, (int)sizeof(compatible)));
    put_string(tree, "method", "hvc");
    end(tree);
}

static void put_tree(struct tree *tree)
{
    int child;

    check(tree, fdt_create(tree->fdt, TREE_SIZE));
    check(tree, fdt_finish_reservemap(tree->fdt));
    begin(tree, "");
    copy_properties(tree, 0);
    put_chosen(tree);
    put_memory(tree);
    put_cpus(tree);
    put_psci(tree);
    fdt_for_each_subnode(child, tree->from, 0) {
        const char *name = fdt_get_name(tree->from, child, NULL);
        if (name != NULL && !is_own_node(name)
            && (is_kept(tree, child) || has_kept_below(tree, child, 1))) {
            copy_node(tree, child, false, 1);
        }
    }
    end(tree);
    check(tree, fdt_finish(tree->fdt));
}

static bool check_stdout(struct tree *tree)
{
    const char *path = tree->instance->vm->stdout_path;

    // A path with options ends at the colon; a name such as "hvc0" is no path and is left alone.
    if (path[0] != '/') {
        return true;
    }
    size_t length = strcspn(path, ":");
    if (fdt_path_offset_namelen(tree->fdt, path, (int)length) < 0) {
        diag_warning(tree->model->diag, tree->instance->flat->loc, "stdout-missing",
                     "instance '%s': its console '%s' is not in the guest's device tree",
                     tree->instance->name, path);
    }
    return true;
}

static const char *build_error(int error)
{
    switch (-error) {
    case FDT_ERR_BADNCELLS:
        return "#address-cells and #size-cells of the board's tree must be 1 or 2";
    case FDT_ERR_NOSPACE:
        return "it is larger than 256 KiB";
    default:
        return fdt_strerror(error);
    }
}

bool guest_dtb_build(struct model *model, const struct model_instance *instance,
                     struct buffer *out)
{
    struct tree *tree = ARENA_NEW(model->arena, struct tree);

    tree->model = model;
    tree->instance = instance;
    tree->from = model->flat->dtb;
    if (tree->from == NULL) {
        diag_error(model->diag, instance->flat->loc, "dtb-missing",
                   "instance '%s' is a virtual machine: its device tree is made from the board's, "
                   "which --dtb must name", instance->name);
        return false;
    }
    tree->fdt = arena_alloc(model->arena, TREE_SIZE);
    tree->address_cells = fdt_address_cells(tree->from, 0);
    tree->size_cells = fdt_size_cells(tree->from, 0);
    if (tree->address_cells < 1 || tree->address_cells > 2 || tree->size_cells < 1
        || tree->size_cells > 2) {
        check(tree, -FDT_ERR_BADNCELLS);
    } else if (!choose_nodes(tree)) {
        return false;
    }
    if (tree->error == 0) {
        put_tree(tree);
    }
    if (tree->error != 0) {
        diag_error(model->diag, instance->flat->loc, "dtb-build",
                   "instance '%s': its device tree can't be made: %s", instance->name,
                   build_error(tree->error));
        return false;
    }
    buffer_append(out, tree->fdt, fdt_totalsize(tree->fdt));
    return check_stdout(tree);
}

// ---------------------------------------------------------------------------------------------
// Completing

static int set_initrd(void *fdt, int chosen, uint64_t initrd_size)
{
    int length;
    const fdt64_t *start = fdt_getprop(fdt, chosen, "linux,initrd-start", &length);

    if (start == NULL || length != (int)sizeof(*start)) {
        return initrd_size == 0 ? 0 : -FDT_ERR_NOTFOUND;
    }
    if (initrd_size != 0) {
        return fdt_setprop_u64(fdt, chosen, "linux,initrd-end",
                               fdt64_ld(start) + initrd_size);
    }
    int error = fdt_delprop(fdt, chosen, "linux,initrd-start");
    return error < 0 ? error : fdt_delprop(fdt, chosen, "linux,initrd-end");
}

static int add_bootargs(void *fdt, int chosen, const char *more)
{
    int length;
    const char *old = fdt_getprop(fdt, chosen, "bootargs", &length);

    if (more[0] == '\0') {
        return 0;
    }
    if (old == NULL || length <= 1) {
        return fdt_setprop_string(fdt, chosen, "bootargs", more);
    }
    size_t size = (size_t)length + strlen(more) + 1;
    char *text = malloc(size);
    if (text == NULL) {
        return -FDT_ERR_NOSPACE;
    }
    (void)snprintf(text, size, "%s %s", old, more);
    int error = fdt_setprop_string(fdt, chosen, "bootargs", text);
    free(text);
    return error;
}

/// What is wrong with the place of the initrd, or NULL.
static const char *check_initrd(const void *fdt, uint64_t dtb_addr, uint64_t size)
{
    int chosen = fdt_path_offset(fdt, "/chosen");
    int length;
    const fdt64_t *start = fdt_getprop(fdt, chosen, "linux,initrd-start", &length);
    int memory = fdt_node_offset_by_prop_value(fdt, -1, "device_type", "memory", sizeof("memory"));
    const uint8_t *reg = memory >= 0 ? fdt_getprop(fdt, memory, "reg", &length) : NULL;
    uint64_t range[2] = { 0, 0 };
    int cells = length / 4;

    if (start == NULL || reg == NULL || (cells != 2 && cells != 4)) {
        return NULL; // no initrd, or a tree that is not ours
    }
    for (int i = 0; i < cells; i++) {
        int half = i / (cells / 2);
        range[half] = range[half] << 32 | fdt32_ld((const fdt32_t *)(reg + i * 4));
    }
    uint64_t at = fdt64_ld(start);
    if (at < range[0] || at - range[0] > range[1] || size > range[1] - (at - range[0])) {
        return "the initrd does not fit into the guest's RAM behind its address";
    }
    if (at < dtb_addr + fdt_totalsize(fdt) && dtb_addr < at + size) {
        return "the initrd overlaps the device tree: move dtb_addr or initrd_addr";
    }
    return NULL;
}

const char *guest_dtb_finish(const struct buffer *base, uint64_t dtb_addr, uint64_t initrd_size,
                             const char *more_bootargs, struct buffer *out)
{
    size_t size = base->size + strlen(more_bootargs) + 4096;
    void *fdt = malloc(size);

    if (fdt == NULL || size > INT32_MAX) {
        free(fdt);
        return "out of memory";
    }
    int error = fdt_check_full(base->data, base->size);
    if (error == 0) {
        error = fdt_open_into(base->data, fdt, (int)size);
    }
    int chosen = error == 0 ? fdt_path_offset(fdt, "/chosen") : error;
    error = chosen < 0 ? chosen : add_bootargs(fdt, chosen, more_bootargs);
    if (error == 0) {
        error = set_initrd(fdt, fdt_path_offset(fdt, "/chosen"), initrd_size);
    }
    if (error == 0) {
        error = fdt_pack(fdt);
    }
    const char *problem = error == 0 ? NULL : fdt_strerror(error);
    if (problem == NULL) {
        problem = check_initrd(fdt, dtb_addr, initrd_size);
    }
    if (problem == NULL) {
        buffer_append(out, fdt, fdt_totalsize(fdt));
    }
    free(fdt);
    return problem;
}
