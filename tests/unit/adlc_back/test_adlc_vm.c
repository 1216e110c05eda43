// SPDX-License-Identifier: BSD-2-Clause
// Lowering of instances and guests, the guest's device tree, and that two runs give the same bytes.

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <libfdt.h>

#include "fake_flat.h"
#include "guest_dtb.h"
#include "layout.h"
#include "report.h"
#include "vm.h"
#include "write_system.h"

#define BOARD_SIZE 8192

// ---------------------------------------------------------------------------------------------
// A board's tree, like QEMU's

static void board_gic(void *fdt)
{
    static const uint64_t reg[8] = { 0x8000000, 0x10000, 0x8010000, 0x10000,
                                     0x8030000, 0x10000, 0x8040000, 0x10000 };
    fdt64_t cells[8];

    for (size_t i = 0; i < 8; i++) {
        cells[i] = cpu_to_fdt64(reg[i]);
    }
    assert_int_equal(fdt_begin_node(fdt, "intc@8000000"), 0);
    assert_int_equal(fdt_property_u32(fdt, "phandle", 0x8002), 0);
    assert_int_equal(fdt_property(fdt, "reg", cells, sizeof(cells)), 0);
    assert_int_equal(fdt_property_u32(fdt, "interrupts", 9), 0);
    assert_int_equal(fdt_property_string(fdt, "compatible", "arm,cortex-a15-gic"), 0);
    assert_int_equal(fdt_property(fdt, "interrupt-controller", NULL, 0), 0);
    assert_int_equal(fdt_property_u32(fdt, "#interrupt-cells", 3), 0);
    assert_int_equal(fdt_begin_node(fdt, "v2m@8020000"), 0);
    assert_int_equal(fdt_end_node(fdt), 0);
    assert_int_equal(fdt_end_node(fdt), 0);
}

static void board_nodes(void *fdt, void (*gic)(void *fdt))
{
    static const fdt64_t uart_reg[2] = { 0 };
    fdt32_t clocks[2] = { cpu_to_fdt32(0x8000), cpu_to_fdt32(0x8000) };

    assert_int_equal(fdt_begin_node(fdt, "flash@0"), 0);
    assert_int_equal(fdt_end_node(fdt), 0);
    assert_int_equal(fdt_begin_node(fdt, "timer"), 0);
    assert_int_equal(fdt_property_string(fdt, "compatible", "arm,armv8-timer"), 0);
    assert_int_equal(fdt_end_node(fdt), 0);
    gic(fdt);
    assert_int_equal(fdt_begin_node(fdt, "apb-pclk"), 0);
    assert_int_equal(fdt_property_u32(fdt, "phandle", 0x8000), 0);
    assert_int_equal(fdt_property_u32(fdt, "#clock-cells", 0), 0);
    assert_int_equal(fdt_property_string(fdt, "compatible", "fixed-clock"), 0);
    assert_int_equal(fdt_end_node(fdt), 0);
    assert_int_equal(fdt_begin_node(fdt, "pl011@9000000"), 0);
    assert_int_equal(fdt_property(fdt, "reg", uart_reg, sizeof(uart_reg)), 0);
    assert_int_equal(fdt_property(fdt, "clocks", clocks, sizeof(clocks)), 0);
    assert_int_equal(fdt_end_node(fdt), 0);
    assert_int_equal(fdt_begin_node(fdt, "cpus"), 0);
    assert_int_equal(fdt_begin_node(fdt, "cpu@0"), 0);
    assert_int_equal(fdt_property_string(fdt, "compatible", "arm,cortex-a53"), 0);
    assert_int_equal(fdt_end_node(fdt), 0);
    assert_int_equal(fdt_end_node(fdt), 0);
}

/// A board with a GICv3: registers in `reg`, two regions of redistributors, an ITS.
static void board_gic_v3(void *fdt)
{
    static const uint64_t reg[6] = { 0x8000000, 0x10000, 0x80a0000, 0x40000, 0xa0000000, 0x1000000 };
    fdt64_t cells[6];

    for (size_t i = 0; i < 6; i++) {
        cells[i] = cpu_to_fdt64(reg[i]);
    }
    assert_int_equal(fdt_begin_node(fdt, "intc@8000000"), 0);
    assert_int_equal(fdt_property_u32(fdt, "phandle", 0x8002), 0);
    assert_int_equal(fdt_property(fdt, "reg", cells, sizeof(cells)), 0);
    assert_int_equal(fdt_property_u32(fdt, "#redistributor-regions", 2), 0);
    assert_int_equal(fdt_property_u32(fdt, "redistributor-stride", 0x40000), 0);
    assert_int_equal(fdt_property_u32(fdt, "interrupts", 9), 0);
    assert_int_equal(fdt_property_string(fdt, "compatible", "arm,gic-v3"), 0);
    assert_int_equal(fdt_property(fdt, "interrupt-controller", NULL, 0), 0);
    assert_int_equal(fdt_property_u32(fdt, "#interrupt-cells", 3), 0);
    assert_int_equal(fdt_begin_node(fdt, "its@8080000"), 0);
    assert_int_equal(fdt_end_node(fdt), 0);
    assert_int_equal(fdt_end_node(fdt), 0);
}

static void make_board(void *fdt, void (*gic)(void *fdt))
{
    assert_int_equal(fdt_create(fdt, BOARD_SIZE), 0);
    assert_int_equal(fdt_finish_reservemap(fdt), 0);
    assert_int_equal(fdt_begin_node(fdt, ""), 0);
    assert_int_equal(fdt_property_u32(fdt, "#address-cells", 2), 0);
    assert_int_equal(fdt_property_u32(fdt, "#size-cells", 2), 0);
    assert_int_equal(fdt_property_u32(fdt, "interrupt-parent", 0x8002), 0);
    assert_int_equal(fdt_property_string(fdt, "compatible", "linux,dummy-virt"), 0);
    board_nodes(fdt, gic);
    assert_int_equal(fdt_end_node(fdt), 0);
    assert_int_equal(fdt_finish(fdt), 0);
}

struct fixture {
    uint8_t board[BOARD_SIZE];
    struct fake *fake;
};

static int setup(void **state)
{
    struct fixture *f = calloc(1, sizeof(*f));

    make_board(f->board, board_gic);
    f->fake = fake_new(f->board, sizeof(f->board));
    *state = f;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;

    fake_free(f->fake);
    free(f);
    return 0;
}

static struct model *lower(struct fixture *f, uint32_t cores)
{
    struct lower_options options = { .core_count = cores };

    return model_lower(&f->fake->assembly, &options);
}

static size_t errors(const struct fixture *f)
{
    return diag_error_count(&f->fake->diag);
}

static const struct system_mapping *find_mapping(const struct model *model, uint32_t vspace,
                                                 uint64_t vaddr)
{
    for (size_t i = 0; i < model->mappings.count; i++) {
        if (model->mappings.items[i].vspace == vspace
            && model->mappings.items[i].vaddr == vaddr) {
            return &model->mappings.items[i];
        }
    }
    return NULL;
}

// ---------------------------------------------------------------------------------------------
// Lowering

static void threads_follow_the_declaration(void **state)
{
    struct fixture *f = *state;
    struct model *model = lower(f, 1);
    struct model_instance *server = &model->instances[0];
    struct model_instance *vm = &model->instances[1];

    assert_int_equal(errors(f), 0);
    assert_int_equal(server->threads.count, 3);
    assert_string_equal(server->threads.items[0].name, "fserv_0_control");
    assert_string_equal(server->threads.items[1].name, "fserv_fs_ctrl_0000");
    assert_string_equal(server->threads.items[2].name, "fserv_0_fault_handler");
    assert_int_not_equal(server->interface_init_slot, MODEL_NONE);
    assert_int_equal(vm->threads.count, 2);
    assert_int_equal(vm->interface_init_slot, MODEL_NONE);
    const struct system_thread *control = &model->threads.items[vm->threads.items[0].thread].spec;
    assert_int_equal(control->priority, 101);
    assert_int_equal(control->argument[0], 0);
    assert_int_equal(control->argument[1], vm->threads.items[0].ipc_buffer);
    assert_int_equal(control->sp % 16, 0);
    assert_int_equal(control->bound_notification, vm->notification);
    assert_int_equal(control->fault_badge, vm->threads.items[0].tcb_slot);
    assert_int_equal(vm->locks.count, 1);
    assert_int_equal(vm->locks.items[0].value, 1);
    assert_int_equal(model->connections[1].to[0].badge, (1u << 27) | 1);
    assert_ptr_equal(model_end_thread(&model->connections[0].to[0], 0), &server->threads.items[1]);
    assert_null(model_end_thread(&model->connections[0].from[0], 0));
}

static void a_passive_thread_has_an_endpoint(void **state)
{
    struct fixture *f = *state;
    struct model *model = lower(f, 1);

    assert_int_equal(model->instances[0].threads.items[1].passive_slot, MODEL_NONE);
    fake_set_int(f->fake, "fserv", "fs_ctrl_passive", 1);
    model = lower(f, 1);
    assert_int_equal(errors(f), 0);
    assert_int_not_equal(model->instances[0].threads.items[1].passive_slot, MODEL_NONE);
    assert_int_equal(model->instances[0].threads.items[0].passive_slot, MODEL_NONE);
}

static void cnodes_are_as_large_as_needed(void **state)
{
    struct fixture *f = *state;

    fake_set_int(f->fake, "vm0", "cnode_size_bits", 23);
    fake_set_int(f->fake, "fserv", "cnode_size_bits", 9);
    struct model *model = lower(f, 1);
    const struct model_instance *vm = &model->instances[1];
    assert_true((1u << vm->cnode_bits) >= vm->cspace->next_slot);
    assert_true(vm->cnode_bits < 8);
    assert_int_equal(model->instances[0].cnode_bits, 9);
    for (size_t i = 0; i < model->caps.count; i++) {
        if (model->caps.items[i].object == vm->cnode) {
            assert_int_equal(model->caps.items[i].badge, 64 - vm->cnode_bits);
        }
    }
}

static void pools_are_untypeds_of_their_owner(void **state)
{
    struct fixture *f = *state;

    fake_set_int(f->fake, "vm0", "simple_untyped24_pool", 12);
    fake_set_int(f->fake, "vm0", "untyped16_pool", 1);
    fake_set_int(f->fake, "fserv", "simple_untyped20_pool", 3);
    struct model *model = lower(f, 1);
    assert_int_equal(model->instances[0].untypeds.count, 3);
    assert_int_equal(model->instances[0].untypeds.items[2].size_bits, 20);
    assert_int_equal(model->instances[1].untypeds.count, 1); // guests need no pool
    assert_int_equal(model->instances[1].untypeds.items[0].size_bits, 16);
}

static void memory_for_devices_has_a_known_address(void **state)
{
    struct fixture *f = *state;

    fake_set_int(f->fake, "fserv", "dma_pool", 0x200000);
    fake_set_int(f->fake, "fserv", "tcb_pool", 2);
    fake_set_int(f->fake, "fserv", "ep_pool", 1);
    fake_set_int(f->fake, "fserv", "notification_pool", 3);
    struct model *model = lower(f, 1);
    const struct model_instance *server = &model->instances[0];
    const struct model_dma *dma = &server->dma;
    struct layout_result result;
    assert_int_equal(errors(f), 0);
    assert_int_equal(dma->size, 0x200000);
    assert_int_equal(dma->paddr % 0x200000, 0);
    assert_true(dma->paddr + dma->size <= layout_ram_end(model->platform));
    const struct system_mapping *mapping = find_mapping(model, server->vspace, dma->vaddr);
    assert_non_null(mapping);
    assert_int_equal(mapping->flags, SYSTEM_MAPPING_READ | SYSTEM_MAPPING_WRITE);
    assert_int_equal(model->objects.items[mapping->frame].address, dma->paddr);
    assert_int_equal(server->pool.count, 6);
    assert_int_equal(server->pool.items[1].type, SYSTEM_OBJECT_TCB);
    assert_int_equal(server->pool.items[2].type, SYSTEM_OBJECT_ENDPOINT);
    layout_fit_early(model, &result);
    assert_true(result.fits);
    // In the middle of the kernel, or not a page.
    fake_set_int(f->fake, "fserv", "dma_pool_paddr", 0x60200000);
    layout_fit_early(lower(f, 1), &result);
    assert_false(result.fits);
    fake_set_int(f->fake, "fserv", "dma_pool_paddr", 0x60200800);
    (void)lower(f, 1);
    assert_int_equal(errors(f), 1);
    // One thread only: fserv has a second one for its interface all the same, which is a warning.
    fake_set_int(f->fake, "fserv", "dma_pool", 0);
    fake_set_int(f->fake, "fserv", "single_threaded", 1);
    (void)lower(f, 1);
    assert_int_equal(errors(f), 1);
}

static void guest_ram_is_one_to_one_where_untypeds_cover_it(void **state)
{
    struct fixture *f = *state;
    struct model *model = lower(f, 1);
    const struct model_vm *vm = model->instances[1].vm;
    const struct system_mapping *guest = find_mapping(model, vm->guest_vspace, 0x40200000);
    const struct system_mapping *view =
        find_mapping(model, model->instances[1].vspace, MODEL_VADDR_GUEST_RAM + 0x200000);

    assert_true(vm->ram_fixed);
    assert_non_null(guest);
    assert_non_null(view);
    assert_int_equal(guest->frame, view->frame);
    assert_int_equal(model->objects.items[guest->frame].address, 0x40200000);
    assert_int_equal(model->objects.items[guest->frame].size_bits, 21);
    assert_true((guest->flags & SYSTEM_MAPPING_EXECUTE) != 0);
    assert_true((view->flags & SYSTEM_MAPPING_EXECUTE) == 0);
    assert_null(find_mapping(model, vm->guest_vspace, 0x60000000));
}

static void guest_ram_is_ordinary_without_untypeds(void **state)
{
    struct fixture *f = *state;

    fake_set(f->fake, "vm0", "untyped_mmios", fake_list(f->fake, "0x8040000:12", NULL));
    fake_set(f->fake, "vm0", "linux_address_config",
             fake_dict(f->fake, "linux_ram_base", "0x40000000", "linux_ram_size", "0x401000",
                       "dtb_addr", "0x40300000", "initrd_addr", "0x40310000", NULL));
    struct model *model = lower(f, 1);
    const struct model_vm *vm = model->instances[1].vm;
    const struct system_mapping *tail = find_mapping(model, vm->guest_vspace, 0x40400000);
    assert_int_equal(errors(f), 0);
    assert_false(vm->ram_fixed);
    assert_non_null(tail);
    assert_int_equal(model->objects.items[tail->frame].size_bits, 12);
    assert_int_equal(model->objects.items[tail->frame].flags, 0);
}

static void devices_appear_where_the_guest_expects_them(void **state)
{
    struct fixture *f = *state;
    struct model *model = lower(f, 1);
    const struct model_vm *vm = model->instances[1].vm;
    const struct system_mapping *uart = find_mapping(model, vm->guest_vspace, 0x9000000);
    const struct system_mapping *gic = find_mapping(model, vm->guest_vspace, 0x8010000);

    assert_non_null(uart);
    assert_int_equal(uart->flags, SYSTEM_MAPPING_READ | SYSTEM_MAPPING_WRITE);
    assert_int_equal(model->objects.items[uart->frame].address, 0x9000000);
    assert_non_null(gic);
    assert_int_equal(model->objects.items[gic->frame].address, 0x8040000);
    assert_null(find_mapping(model, vm->guest_vspace, 0x8040000));
    assert_null(find_mapping(model, vm->guest_vspace, 0x8000000));
    assert_int_equal(vm->irqs.count, 1);
    assert_int_equal(vm->irqs.items[0].number, 33);
    uint64_t badge = vm->irqs.items[0].badge;
    assert_int_equal(badge & (badge - 1), 0);
    assert_int_equal(badge & (1u << 27), 0);
    assert_int_not_equal(badge, model->connections[1].to[0].badge & ~(uint64_t)(1u << 27));
    assert_int_equal(model->irqs.items[0].notification, model->instances[1].notification);
}

static void a_gic_v3_is_emulated_but_for_its_system_registers(void **state)
{
    static const uint64_t expected[4] = { 0x8000000, 0x10000, 0x80a0000, 2 * 0x20000 };
    struct fixture *f = *state;
    struct buffer tree = { 0 };
    int length = 0;

    make_board(f->board, board_gic_v3);
    struct model *model = lower(f, 2);
    const struct model_vm *vm = model->instances[1].vm;
    assert_int_equal(errors(f), 0);
    assert_int_equal(vm->gic.version, 3);
    assert_int_equal(vm->gic.redistributors.size, 2 * 0x20000);
    assert_null(find_mapping(model, vm->guest_vspace, 0x8000000));
    assert_null(find_mapping(model, vm->guest_vspace, 0x8010000));
    assert_null(find_mapping(model, vm->guest_vspace, 0x80a0000));
    assert_true(guest_dtb_build(model, &model->instances[1], &tree));
    int node = fdt_path_offset(tree.data, "/intc@8000000");
    assert_true(node > 0);
    const fdt64_t *reg = fdt_getprop(tree.data, node, "reg", &length);
    assert_int_equal(length, sizeof(expected));
    for (size_t i = 0; i < 4; i++) {
        assert_int_equal(fdt64_ld(&reg[i]), expected[i]);
    }
    assert_null(fdt_getprop(tree.data, node, "#redistributor-regions", NULL));
    assert_null(fdt_getprop(tree.data, node, "redistributor-stride", NULL));
    assert_null(fdt_getprop(tree.data, node, "interrupts", NULL));
    assert_non_null(fdt_getprop(tree.data, node, "interrupt-controller", NULL));
    assert_true(fdt_first_subnode(tree.data, node) < 0);
    buffer_release(&tree);
}

static void board_without_gic(void *fdt)
{
    assert_int_equal(fdt_begin_node(fdt, "intc@8000000"), 0);
    assert_int_equal(fdt_end_node(fdt), 0);
}

static void a_guest_needs_an_interrupt_controller(void **state)
{
    struct fixture *f = *state;

    make_board(f->board, board_without_gic);
    (void)lower(f, 2);
    assert_int_equal(errors(f), 1);
}

static void vcpus_are_capped_to_the_cores(void **state)
{
    struct fixture *f = *state;
    struct model *one = lower(f, 1);

    assert_int_equal(one->instances[1].vm->vcpu_count, 1);
    assert_int_equal(f->fake->diag.warnings, 1);
    struct model *two = lower(f, 2);
    const struct model_vm *vm = two->instances[1].vm;
    assert_int_equal(vm->vcpu_count, 2);
    assert_int_equal(vm->vcpus[1].core, 1);
    assert_int_equal(two->vcpus.count, 2);
    const struct system_thread *spec = &two->threads.items[two->threads.count - 1].spec;
    assert_int_equal(spec->cnode, MODEL_NONE);
    assert_int_equal(spec->priority, 99);
    assert_int_equal(spec->fault_badge, MODEL_VCPU_BADGE | 1);
    assert_int_equal(spec->flags & SYSTEM_THREAD_RESUME, 0);
}

static const struct system_thread *thread_of(const struct model *model, const char *name)
{
    for (size_t i = 0; i < model->threads.count; i++) {
        if (strcmp(model->threads.items[i].name, name) == 0) {
            return &model->threads.items[i].spec;
        }
    }
    fail_msg("no thread '%s'", name);
    return NULL;
}

static void threads_run_on_the_cores_they_are_set_to(void **state)
{
    struct fixture *f = *state;

    fake_set_int(f->fake, "vm0", "_affinity", 3);
    fake_set_int(f->fake, "fserv", "affinity", 1);
    fake_set_int(f->fake, "fserv", "fs_ctrl_affinity", 2);
    struct model *model = lower(f, 4);
    const struct model_vm *vm = model->instances[1].vm;
    struct buffer tree = { 0 };
    assert_int_equal(errors(f), 0);
    assert_int_equal(f->fake->diag.warnings, 0);
    assert_int_equal(thread_of(model, "vm0_0_control")->core, 3);
    assert_int_equal(thread_of(model, "fserv_0_control")->core, 1);
    assert_int_equal(thread_of(model, "fserv_fs_ctrl_0000")->core, 2);
    assert_int_equal(vm->vcpu_count, 2);
    assert_int_equal(vm->vcpus[0].core, 3);
    assert_int_equal(vm->vcpus[1].core, 0);
    assert_int_equal(vm->vcpus[0].mpidr, 0);
    assert_int_equal(vm->vcpus[1].mpidr, 1);
    assert_int_equal(thread_of(model, "vm0.vcpu0")->core, 3);
    assert_int_equal(thread_of(model, "vm0.vcpu1")->core, 0);
    assert_int_equal(model->vcpus.count, 2);
    assert_int_equal(vm->reply_count, 4);
    assert_int_equal(model->irqs.items[0].core, 3);
    assert_true(guest_dtb_build(model, &model->instances[1], &tree));
    assert_true(fdt_path_offset(tree.data, "/cpus/cpu@0") > 0);
    int cpu = fdt_path_offset(tree.data, "/cpus/cpu@1");
    assert_true(cpu > 0);
    assert_string_equal(fdt_getprop(tree.data, cpu, "enable-method", NULL), "psci");
    assert_true(fdt_path_offset(tree.data, "/cpus/cpu@2") < 0);
    buffer_release(&tree);
    // A core that the kernel does not have: a warning, and core 0.
    model = lower(f, 2);
    assert_int_equal(thread_of(model, "vm0_0_control")->core, 0);
    assert_true(f->fake->diag.warnings != 0);
}

static void vcpus_that_share_a_core_have_short_turns(void **state)
{
    struct fixture *f = *state;

    const struct model *model = lower(f, 4);
    assert_int_equal(thread_of(model, "vm0.vcpu0")->budget_us, 10000);
    fake_set(f->fake, "vm0", "vcpu_affinity", fake_list(f->fake, "1", "1", NULL));
    model = lower(f, 4);
    assert_int_equal(errors(f), 0);
    assert_int_equal(thread_of(model, "vm0.vcpu1")->core, 1);
    assert_int_equal(thread_of(model, "vm0.vcpu0")->budget_us, 500);
    assert_int_equal(thread_of(model, "vm0.vcpu1")->budget_us, 500);
    assert_int_equal(thread_of(model, "vm0.vcpu1")->period_us, 500);
    fake_set_int(f->fake, "vm0", "vcpu_period", 3000);
    model = lower(f, 4);
    assert_int_equal(thread_of(model, "vm0.vcpu0")->budget_us, 3000);
}

static void the_schedule_is_in_ticks(void **state)
{
    struct fixture *f = *state;
    struct flat_slot slots[256] = {
        { .domain = 2, .length = 10000, .unit = FLAT_SLOT_US },
        { .domain = 0, .length = 777, .unit = FLAT_SLOT_TICKS },
    };
    struct buffer file = { 0 };
    struct model read;

    f->fake->assembly.schedule = slots;
    f->fake->assembly.slot_count = 2;
    fake_set_int(f->fake, "vm0", "_domain", 2);
    struct model *model = lower(f, 1);
    assert_int_equal(errors(f), 0);
    assert_int_equal(model->schedule.count, 2);
    assert_int_equal(model->schedule.items[0].domain, 2);
    assert_int_equal(model->schedule.items[0].ticks, 625000);
    assert_int_equal(model->schedule.items[1].ticks, 777);
    assert_int_equal(thread_of(model, "vm0.vcpu0")->domain, 2);
    assert_int_equal(thread_of(model, "vm0_0_fault_handler")->domain, 2);
    assert_int_equal(thread_of(model, "fserv_0_control")->domain, 0);
    write_model(model, &file);
    model_init(&read, &f->fake->arena, &f->fake->diag);
    assert_null(read_model(&read, file.data, file.size));
    assert_int_equal(read.schedule.count, 2);
    assert_int_equal(read.schedule.items[0].ticks, 625000);
    buffer_release(&file);
    slots[0].domain = 16; // there is no such domain, and domain 2 is missing
    (void)lower(f, 1);
    assert_int_equal(errors(f), 2);
    slots[0].domain = 1; // and nobody is in it, while domain 3 is missing
    fake_set_int(f->fake, "vm0", "_domain", 3);
    (void)lower(f, 1);
    assert_int_equal(errors(f), 3);
    size_t before = errors(f);
    slots[0] = (struct flat_slot){ .domain = 0, .length = 0 };
    (void)lower(f, 1);
    assert_true(errors(f) > before);
    before = errors(f);
    f->fake->assembly.slot_count = 256;
    (void)lower(f, 1);
    assert_true(errors(f) > before);
}

static void bad_settings_are_errors(void **state)
{
    struct fixture *f = *state;

    fake_set_int(f->fake, "vm0", "_priority", 256);
    fake_set_int(f->fake, "vm0", "_budget", 20000);
    fake_set(f->fake, "vm0", "mmios", fake_list(f->fake, "what", NULL));
    fake_set(f->fake, "vm0", "irqs", fake_list(f->fake, "7", NULL));
    (void)lower(f, 1);
    assert_int_equal(errors(f), 4);
}

static void ram_over_a_device_is_an_error(void **state)
{
    struct fixture *f = *state;

    fake_set(f->fake, "vm0", "linux_address_config",
             fake_dict(f->fake, "linux_ram_base", "0x8000000", "linux_ram_size", "0x2000000",
                       NULL));
    (void)lower(f, 1);
    assert_true(errors(f) != 0);
}

// ---------------------------------------------------------------------------------------------
// Device tree

static void build_tree(struct fixture *f, struct buffer *tree)
{
    struct model *model = lower(f, 1);

    assert_true(guest_dtb_build(model, &model->instances[1], tree));
    assert_int_equal(errors(f), 0);
    assert_int_equal(fdt_check_full(tree->data, tree->size), 0);
}

static void the_tree_has_what_a_guest_needs(void **state)
{
    struct fixture *f = *state;
    struct buffer tree = { 0 };
    int length;

    build_tree(f, &tree);
    const void *fdt = tree.data;
    int chosen = fdt_path_offset(fdt, "/chosen");
    assert_string_equal(fdt_getprop(fdt, chosen, "bootargs", NULL), "quiet");
    assert_string_equal(fdt_getprop(fdt, chosen, "stdout-path", NULL), "/pl011@9000000");
    assert_non_null(fdt_getprop(fdt, chosen, "rng-seed", &length));
    assert_int_equal(length, 64);
    assert_non_null(fdt_getprop(fdt, chosen, "kaslr-seed", &length));
    assert_int_equal(length, 8);
    const fdt64_t *memory =
        fdt_getprop(fdt, fdt_path_offset(fdt, "/memory@40000000"), "reg", &length);
    assert_int_equal(length, 16);
    assert_int_equal(fdt64_ld(&memory[1]), 0x20000000);
    assert_true(fdt_path_offset(fdt, "/cpus/cpu@0") > 0);
    assert_true(fdt_path_offset(fdt, "/cpus/cpu@1") < 0);
    assert_string_equal(fdt_getprop(fdt, fdt_path_offset(fdt, "/psci"), "method", NULL), "hvc");
    assert_true(fdt_path_offset(fdt, "/timer") > 0);
    assert_true(fdt_path_offset(fdt, "/pl011@9000000") > 0);
    assert_true(fdt_path_offset(fdt, "/apb-pclk") > 0);
    assert_true(fdt_path_offset(fdt, "/flash@0") < 0);
    int gic = fdt_path_offset(fdt, "/intc@8000000");
    const fdt64_t *reg = fdt_getprop(fdt, gic, "reg", &length);
    assert_int_equal(length, 32);
    assert_int_equal(fdt64_ld(&reg[2]), 0x8010000);
    assert_null(fdt_getprop(fdt, gic, "interrupts", NULL));
    assert_int_equal(fdt_first_subnode(fdt, gic), -FDT_ERR_NOTFOUND);
    buffer_release(&tree);
}

static void the_initrd_is_completed_or_removed(void **state)
{
    struct fixture *f = *state;
    struct buffer tree = { 0 };
    struct buffer with = { 0 };
    struct buffer without = { 0 };

    build_tree(f, &tree);
    assert_null(guest_dtb_finish(&tree, 0x4f000000, 0x1234, "loglevel=8", &with));
    int chosen = fdt_path_offset(with.data, "/chosen");
    const fdt64_t *start = fdt_getprop(with.data, chosen, "linux,initrd-start", NULL);
    const fdt64_t *end = fdt_getprop(with.data, chosen, "linux,initrd-end", NULL);
    assert_int_equal(fdt64_ld(start), 0x4d700000);
    assert_int_equal(fdt64_ld(end), 0x4d701234);
    assert_string_equal(fdt_getprop(with.data, chosen, "bootargs", NULL), "quiet loglevel=8");
    assert_null(guest_dtb_finish(&tree, 0x4f000000, 0, "", &without));
    chosen = fdt_path_offset(without.data, "/chosen");
    assert_null(fdt_getprop(without.data, chosen, "linux,initrd-start", NULL));
    assert_null(fdt_getprop(without.data, chosen, "linux,initrd-end", NULL));
    assert_string_equal(fdt_getprop(without.data, chosen, "bootargs", NULL), "quiet");
    assert_non_null(guest_dtb_finish(&(struct buffer){ .data = tree.data, .size = 20 }, 0, 0, "",
                                     &without));
    assert_non_null(guest_dtb_finish(&tree, 0x4f000000, 0x2000000, "", &without));
    assert_non_null(guest_dtb_finish(&tree, 0x4f000000, 0x20000000, "", &without));
    buffer_release(&tree);
    buffer_release(&with);
    buffer_release(&without);
}

static void a_missing_node_is_an_error(void **state)
{
    struct fixture *f = *state;
    struct buffer tree = { 0 };

    fake_set(f->fake, "vm0", "plat_keep_devices", fake_list(f->fake, "/timer", "/nothing", NULL));
    struct model *model = lower(f, 1);
    assert_false(guest_dtb_build(model, &model->instances[1], &tree));
    assert_int_equal(errors(f), 1);
    buffer_release(&tree);
}

// ---------------------------------------------------------------------------------------------
// Outputs

static char *config_of(const struct model *model)
{
    char *text = NULL;
    size_t size = 0;
    FILE *file = open_memstream(&text, &size);

    vm_emit_config(model, &model->instances[1], file);
    (void)fclose(file);
    return text;
}

static void the_same_input_gives_the_same_bytes(void **state)
{
    struct fixture *f = *state;
    struct fixture other;
    struct buffer first = { 0 };
    struct buffer second = { 0 };

    memcpy(other.board, f->board, sizeof(other.board));
    other.fake = fake_new(other.board, sizeof(other.board));
    struct model *a = lower(f, 1);
    struct model *b = lower(&other, 1);
    write_model(a, &first);
    write_model(b, &second);
    assert_int_equal(first.size, second.size);
    assert_memory_equal(first.data, second.data, first.size);
    char *config_a = config_of(a);
    char *config_b = config_of(b);
    assert_string_equal(config_a, config_b);
    assert_non_null(strstr(config_a, ".intid = 33"));
    assert_non_null(strstr(config_a, ".ram_base = 0x40000000"));
    free(config_a);
    free(config_b);
    fake_free(other.fake);
    buffer_release(&first);
    buffer_release(&second);
}

static void the_lowered_system_fits(void **state)
{
    struct fixture *f = *state;
    struct model *model = lower(f, 1);
    struct layout_reserve reserve = { .image_size = 0x100000 };
    struct layout_result result;
    char *text = NULL;
    size_t size = 0;

    assert_true(layout_page_tables(model));
    layout_sort(model);
    layout_fit(model, &reserve, &result);
    assert_true(result.fits);
    assert_int_equal(result.guest_ram, 0x20000000);
    FILE *file = open_memstream(&text, &size);
    report_usage(model, &result, file);
    report_json(model, NULL, file);
    report_dot(model, file);
    (void)fclose(file);
    assert_non_null(strstr(text, "vm0 (at fixed addresses)"));
    assert_non_null(strstr(text, "\"vm0.fs\""));
    free(text);
}

static void a_vm_is_in_no_group(void **state)
{
    struct fixture *f = *state;

    fake_group(f->fake, "flat");
    const struct model *model = lower(f, 1);
    assert_int_equal(errors(f), 1);
    // The rest of the model is that of a group all the same.
    assert_int_equal(model->spaces.count, 1);
    assert_int_equal(model->spaces.items[0]->member_count, 2);
    assert_int_equal(model->instances[0].vspace, model->instances[1].vspace);
    assert_int_not_equal(model->instances[0].cnode, model->instances[1].cnode);
    assert_string_equal(model->objects.items[model->instances[0].vspace].name, "flat.vspace");
    for (size_t i = 0; i < model->instances[0].threads.count; i++) {
        const struct model_instance_thread *one = &model->instances[0].threads.items[i];
        for (size_t j = 0; j < model->instances[1].threads.count; j++) {
            const struct model_instance_thread *other = &model->instances[1].threads.items[j];
            assert_true(one->stack_base + one->stack_size < other->stack_base
                        || other->stack_base + other->stack_size < one->stack_base);
            assert_int_not_equal(one->ipc_buffer, other->ipc_buffer);
        }
    }
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(a_vm_is_in_no_group),
        TEST(threads_follow_the_declaration),
        TEST(a_passive_thread_has_an_endpoint),
        TEST(cnodes_are_as_large_as_needed),
        TEST(pools_are_untypeds_of_their_owner),
        TEST(memory_for_devices_has_a_known_address),
        TEST(guest_ram_is_one_to_one_where_untypeds_cover_it),
        TEST(guest_ram_is_ordinary_without_untypeds),
        TEST(devices_appear_where_the_guest_expects_them),
        TEST(a_gic_v3_is_emulated_but_for_its_system_registers),
        TEST(a_guest_needs_an_interrupt_controller),
        TEST(vcpus_are_capped_to_the_cores),
        TEST(vcpus_that_share_a_core_have_short_turns),
        TEST(threads_run_on_the_cores_they_are_set_to),
        TEST(the_schedule_is_in_ticks),
        TEST(bad_settings_are_errors),
        TEST(ram_over_a_device_is_an_error),
        TEST(the_tree_has_what_a_guest_needs),
        TEST(the_initrd_is_completed_or_removed),
        TEST(a_missing_node_is_an_error),
        TEST(the_same_input_gives_the_same_bytes),
        TEST(the_lowered_system_fits),
    };
#undef TEST
    return cmocka_run_group_tests(tests, NULL, NULL);
}
