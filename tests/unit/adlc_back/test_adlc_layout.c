// SPDX-License-Identifier: BSD-2-Clause
// The compiler's back half without a front end: page tables, order of objects, fitting into memory,
// ELF loading and the binary formats.

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>
#include <elf.h>

#include "elf_load.h"
#include "layout.h"
#include "model.h"
#include "report.h"
#include "vm_platform.h"
#include "write_system.h"

struct fixture {
    struct arena arena;
    struct adlc_diag diag;
    struct model model;
    struct model_instance instance;
    struct model_space space;
    struct model_cspace cspace;
};

static int setup(void **state)
{
    struct fixture *f = calloc(1, sizeof(*f));

    arena_init(&f->arena);
    diag_init(&f->diag, &f->arena, NULL);
    model_init(&f->model, &f->arena, &f->diag);
    f->model.platform = platform_find("qemu-arm-virt", SYSTEM_ARCH_AARCH64);
    f->instance.name = "a";
    f->instance.space = &f->space;
    f->instance.cspace = &f->cspace;
    f->cspace.next_slot = 1;
    f->space.name = "a";
    f->space.member_count = 1;
    f->space.next_shared = MODEL_VADDR_SHARED;
    f->space.next_device = MODEL_VADDR_DEVICES;
    f->instance.notification = MODEL_NONE;
    f->instance.badge_mask = UINT64_MAX;
    f->instance.cnode = model_new_object(&f->model, SYSTEM_OBJECT_CNODE, 4, "a.cnode");
    f->instance.vspace = model_new_object(&f->model, SYSTEM_OBJECT_VSPACE, 0, "a.vspace");
    f->space.vspace = f->instance.vspace;
    f->cspace.cnode = f->instance.cnode;
    VEC_PUSH(&f->arena, f->model.spaces, &f->space);
    f->instance.fault_endpoint = f->instance.cnode; // only its name counts
    f->model.instances = &f->instance;
    f->model.instance_count = 1;
    *state = f;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;

    arena_release(&f->arena);
    free(f);
    return 0;
}

// ---------------------------------------------------------------------------------------------
// Badges, regions, interrupts

static void badges_are_one_hot_outside_base_and_mask(void **state)
{
    struct fixture *f = *state;

    f->instance.badge_base = 1u << 27;
    f->instance.badge_mask = 0x1fffffff & ~0x1fffeu;
    assert_int_equal(model_next_badge(&f->model, &f->instance, ADLC_NO_LOC), 0x8000001);
    assert_int_equal(model_next_badge(&f->model, &f->instance, ADLC_NO_LOC), 0x8020000);
    assert_int_equal(model_next_badge(&f->model, &f->instance, ADLC_NO_LOC), 0x8040000);
}

static void badges_run_out_with_an_error(void **state)
{
    struct fixture *f = *state;

    f->instance.badge_mask = 6;
    assert_int_equal(model_next_badge(&f->model, &f->instance, ADLC_NO_LOC), 2);
    assert_int_equal(model_next_badge(&f->model, &f->instance, ADLC_NO_LOC), 4);
    assert_int_equal(model_next_badge(&f->model, &f->instance, ADLC_NO_LOC), 0);
    assert_int_equal(diag_error_count(&f->diag), 1);
}

static void device_pages_are_shared_between_regions(void **state)
{
    struct fixture *f = *state;
    struct model_region *a =
        model_device_region(&f->model, "x", 0x9000000, 0x1000, ADLC_NO_LOC);
    struct model_region *b =
        model_device_region(&f->model, "y", 0x9000800, 0x1000, ADLC_NO_LOC);

    assert_non_null(a);
    assert_non_null(b);
    assert_int_equal(a->frame_count, 1);
    assert_int_equal(b->frame_count, 2);
    assert_int_equal(a->frames[0], b->frames[0]);
    assert_int_not_equal(b->frames[1], b->frames[0]);
    assert_null(model_device_region(&f->model, "z", 0x9000000, 0x200000, ADLC_NO_LOC));
    assert_null(model_device_region(&f->model, "n", 0, UINT64_MAX, ADLC_NO_LOC));
    assert_int_equal(diag_error_count(&f->diag), 2);
}

static void mapped_regions_do_not_touch(void **state)
{
    struct fixture *f = *state;
    struct model_region *small = model_shared_region(&f->model, "s", 5000);
    struct model_region *large = model_shared_region(&f->model, "l", 0x400000);
    uint32_t slot;
    uint64_t first = model_map_region(&f->model, &f->instance, small, SYSTEM_MAPPING_READ, NULL);
    uint64_t second = model_map_region(&f->model, &f->instance, large, SYSTEM_MAPPING_READ, &slot);

    assert_int_equal(small->size, 8192);
    assert_int_equal(large->frame_count, 2);
    assert_true(second >= first + small->size + MODEL_PAGE_SIZE);
    assert_int_equal(second % MODEL_LARGE_PAGE_SIZE, 0);
    assert_int_equal(slot, 1);
    assert_int_equal(f->cspace.next_slot, 3);
    assert_int_equal(f->model.mappings.items[3].slot, 2);
    assert_int_equal(f->model.mappings.items[3].cnode, f->instance.cnode);
}

static void an_interrupt_has_one_owner(void **state)
{
    struct fixture *f = *state;

    uint32_t first = model_instance_irq(&f->model, &f->instance, 33, SYSTEM_IRQ_LEVEL, MODEL_NONE,
                                        0, ADLC_NO_LOC);
    uint32_t second = model_instance_irq(&f->model, &f->instance, 33, SYSTEM_IRQ_LEVEL, MODEL_NONE,
                                         0, ADLC_NO_LOC);

    assert_int_equal(first, 1);
    assert_int_equal(second, MODEL_NONE);
    assert_int_equal(diag_error_count(&f->diag), 1);
}

static void gic_cells_are_decoded(void **state)
{
    (void)state;
    uint32_t spi[3] = { 0, 1, 4 };
    uint32_t ppi[3] = { 1, 11, 0x104 };
    uint32_t edge[3] = { 0, 16, 1 };
    uint32_t bad[3] = { 7, 1, 4 };
    uint32_t number;
    enum system_irq_trigger trigger;

    assert_true(model_decode_interrupt(spi, 3, &number, &trigger));
    assert_int_equal(number, 33);
    assert_int_equal(trigger, SYSTEM_IRQ_LEVEL);
    assert_true(model_decode_interrupt(ppi, 3, &number, &trigger));
    assert_int_equal(number, 27);
    assert_true(model_decode_interrupt(edge, 3, &number, &trigger));
    assert_int_equal(trigger, SYSTEM_IRQ_EDGE);
    assert_false(model_decode_interrupt(bad, 3, &number, &trigger));
}

// ---------------------------------------------------------------------------------------------
// Page tables and order

static void map(struct fixture *f, uint8_t bits, uint64_t vaddr)
{
    struct system_mapping mapping = {
        .vspace = f->instance.vspace,
        .frame = model_new_object(&f->model, SYSTEM_OBJECT_FRAME, bits, "a.page"),
        .vaddr = vaddr,
        .flags = SYSTEM_MAPPING_READ,
        .cnode = MODEL_NONE,
        .slot = MODEL_NONE,
    };

    VEC_PUSH(f->model.arena, f->model.mappings, mapping);
}

static void page_tables_cover_each_mapping_once(void **state)
{
    struct fixture *f = *state;

    map(f, 12, 0x400000);
    map(f, 12, 0x401000);
    map(f, 21, 0x40000000);
    map(f, 12, 0x40200000);
    map(f, 30, 0x80000000);
    assert_true(layout_page_tables(&f->model));
    assert_int_equal(f->model.page_tables.count, 4);
    assert_int_equal(f->model.page_tables.items[0].vaddr, 0);
    assert_int_equal(f->model.page_tables.items[1].vaddr, 0x40000000);
    assert_int_equal(f->model.page_tables.items[2].vaddr, 0x400000);
    assert_int_equal(f->model.page_tables.items[3].vaddr, 0x40200000);
}

static void overlapping_mappings_are_refused(void **state)
{
    struct fixture *f = *state;

    map(f, 21, 0x400000);
    map(f, 12, 0x5ff000);
    assert_false(layout_page_tables(&f->model));
}

static void slots_are_checked(void **state)
{
    struct fixture *f = *state;
    uint32_t tcb = model_new_object(&f->model, SYSTEM_OBJECT_TCB, 0, "a.tcb");

    (void)model_instance_cap(&f->model, &f->instance, tcb, MODEL_RIGHTS_ALL, 0);
    assert_true(layout_check_slots(&f->model));
    model_cap_at(&f->model, &f->instance, 1, tcb, MODEL_RIGHTS_ALL, 0);
    assert_false(layout_check_slots(&f->model));
    f->model.caps.count = 0;
    model_cap_at(&f->model, &f->instance, 16, tcb, MODEL_RIGHTS_ALL, 0);
    assert_false(layout_check_slots(&f->model));
}

static void objects_are_sorted_and_references_follow(void **state)
{
    struct fixture *f = *state;
    uint32_t tcb = model_new_object(&f->model, SYSTEM_OBJECT_TCB, 0, "a.tcb");
    uint32_t irq = model_new_object(&f->model, SYSTEM_OBJECT_IRQ_HANDLER, 0, "a.irq");
    uint32_t high = model_new_fixed(&f->model, SYSTEM_OBJECT_FRAME, 12, 0x9001000, "a.high");
    uint32_t low = model_new_fixed(&f->model, SYSTEM_OBJECT_FRAME, 12, 0x9000000, "a.low");
    (void)irq;
    (void)high;
    (void)model_instance_cap(&f->model, &f->instance, tcb, MODEL_RIGHTS_ALL, 0);
    (void)model_instance_cap(&f->model, &f->instance, low, MODEL_RIGHTS_ALL, 0);

    layout_sort(&f->model);
    assert_string_equal(f->model.objects.items[0].name, "a.low");
    assert_string_equal(f->model.objects.items[1].name, "a.high");
    assert_string_equal(f->model.objects.items[2].name, "a.vspace");
    assert_string_equal(f->model.objects.items[5].name, "a.irq");
    assert_string_equal(f->model.objects.items[f->model.caps.items[0].object].name, "a.tcb");
    assert_int_equal(f->model.caps.items[1].object, 0);
    assert_string_equal(f->model.objects.items[f->instance.cnode].name, "a.cnode");
}

// ---------------------------------------------------------------------------------------------
// Fit

static void fit(struct fixture *f, struct layout_result *result)
{
    struct layout_reserve reserve = { .image_size = 0x100000, .payload_size = 0x100000 };

    layout_sort(&f->model);
    layout_fit(&f->model, &reserve, result);
}

static void a_small_system_fits(void **state)
{
    struct fixture *f = *state;
    struct layout_result result;

    for (int i = 0; i < 256; i++) {
        (void)model_new_fixed(&f->model, SYSTEM_OBJECT_FRAME, 21, 0x40000000 + i * 0x200000ull,
                              "a.ram");
    }
    fit(f, &result);
    assert_true(result.fits);
    assert_int_equal(result.guest_ram, 0x20000000);
    assert_int_equal(result.ram_objects, (1u << 13) + (1u << 9));
    assert_int_equal(result.ram_total, 0x60000000);
}

static void too_much_ram_is_refused(void **state)
{
    struct fixture *f = *state;
    struct layout_result result;

    for (int i = 0; i < 800; i++) {
        (void)model_new_object(&f->model, SYSTEM_OBJECT_FRAME, 21, "a.ram");
    }
    fit(f, &result);
    assert_false(result.fits);
    assert_int_not_equal(result.failed, MODEL_NONE);
    assert_non_null(strstr(result.reason, "too little RAM"));
}

static void fixed_objects_must_not_overlap_kernel_or_each_other(void **state)
{
    struct fixture *f = *state;
    struct layout_result result;

    (void)model_new_fixed(&f->model, SYSTEM_OBJECT_FRAME, 12, 0x60001000, "a.kernel");
    fit(f, &result);
    assert_false(result.fits);
    assert_non_null(strstr(result.reason, "taken by the kernel"));
    (void)model_new_fixed(&f->model, SYSTEM_OBJECT_UNTYPED, 16, 0x9000000, "a.one");
    (void)model_new_fixed(&f->model, SYSTEM_OBJECT_FRAME, 12, 0x9001000, "a.two");
    fit(f, &result);
    assert_false(result.fits);
    assert_non_null(strstr(result.reason, "overlap"));
}

static void too_many_objects_or_slots_are_refused(void **state)
{
    struct fixture *f = *state;
    struct layout_result result;

    for (uint64_t i = 0; i < 100000; i++) {
        map(f, 12, i * MODEL_PAGE_SIZE);
        f->model.mappings.items[i].frame = f->model.mappings.items[0].frame;
        if (i >= 60000) {
            f->model.objects.count--;
        }
    }
    fit(f, &result);
    assert_false(result.fits);
    assert_non_null(strstr(result.reason, "slots"));
    for (int i = 0; i < 10000; i++) {
        (void)model_new_object(&f->model, SYSTEM_OBJECT_ENDPOINT, 0, "a.ep");
    }
    fit(f, &result);
    assert_false(result.fits);
    assert_non_null(strstr(result.reason, "more objects"));
}

// ---------------------------------------------------------------------------------------------
// ELF

struct small_elf {
    Elf64_Ehdr header;
    Elf64_Phdr segments[2];
    uint8_t padding[4096 - sizeof(Elf64_Ehdr) - 2 * sizeof(Elf64_Phdr)];
    uint8_t text[8192];
    uint8_t data[4096];
};

static void make_elf(struct small_elf *elf)
{
    memset(elf, 0, sizeof(*elf));
    memcpy(elf->header.e_ident, ELFMAG, SELFMAG);
    elf->header.e_ident[EI_CLASS] = ELFCLASS64;
    elf->header.e_ident[EI_DATA] = ELFDATA2LSB;
    elf->header.e_ident[EI_VERSION] = EV_CURRENT;
    elf->header.e_type = ET_EXEC;
    elf->header.e_machine = EM_AARCH64;
    elf->header.e_version = EV_CURRENT;
    elf->header.e_entry = 0x400010;
    elf->header.e_phoff = offsetof(struct small_elf, segments);
    elf->header.e_ehsize = sizeof(Elf64_Ehdr);
    elf->header.e_phentsize = sizeof(Elf64_Phdr);
    elf->header.e_phnum = 2;
    elf->segments[0] = (Elf64_Phdr){ .p_type = PT_LOAD, .p_flags = PF_R | PF_X,
                                     .p_offset = offsetof(struct small_elf, text),
                                     .p_vaddr = 0x400000, .p_filesz = 8192, .p_memsz = 8192 };
    elf->segments[1] = (Elf64_Phdr){ .p_type = PT_LOAD, .p_flags = PF_R | PF_W,
                                     .p_offset = offsetof(struct small_elf, data),
                                     .p_vaddr = 0x600000 - 4096, .p_filesz = 4096,
                                     .p_memsz = 4096 + 0x200000 + 100 };
    memset(elf->text, 0x55, sizeof(elf->text)); // two equal pages
    elf->data[7] = 1;
}

static bool load(struct fixture *f, const void *data, size_t size, struct payload *payload,
                 struct elf_usage *usage)
{
    char path[] = "/tmp/test_adlc_XXXXXX";
    int fd = mkstemp(path);

    assert_true(fd >= 0);
    assert_int_equal(write(fd, data, size), size);
    (void)close(fd);
    bool ok = elf_load(&f->model, &f->space, path, payload, usage);
    (void)unlink(path);
    return ok;
}

static void elf_pages_are_donated_shared_or_zero(void **state)
{
    struct fixture *f = *state;
    static struct small_elf elf;
    struct payload payload = { 0 };
    struct elf_usage usage;

    make_elf(&elf);
    assert_true(load(f, &elf, sizeof(elf), &payload, &usage));
    assert_int_equal(payload_count(&payload), 2); // one for both text pages, one for data
    assert_int_equal(payload.shared_count, 1);
    assert_int_equal(usage.entry, 0x400010);
    assert_int_equal(usage.text, 8192);
    assert_int_equal(usage.data, 4096);
    assert_int_equal(usage.bss, 0x201000);
    assert_int_equal(f->model.mappings.count, 5); // text twice, data, 2 MiB of zeros, a zero page
    const struct system_mapping *mappings = f->model.mappings.items;
    assert_int_equal(mappings[0].frame, mappings[1].frame);
    assert_int_equal(mappings[0].flags, SYSTEM_MAPPING_READ | SYSTEM_MAPPING_EXECUTE
                                            | SYSTEM_MAPPING_CACHED);
    assert_int_equal(mappings[2].flags, SYSTEM_MAPPING_READ | SYSTEM_MAPPING_WRITE
                                            | SYSTEM_MAPPING_CACHED);
    assert_int_equal(f->model.objects.items[mappings[3].frame].size_bits, 21);
    assert_int_equal(f->model.objects.items[mappings[3].frame].flags, 0);
    assert_int_equal(mappings[4].vaddr, 0x800000);
    payload_release(&payload);
}

static void bad_elf_files_are_refused(void **state)
{
    struct fixture *f = *state;
    static struct small_elf elf;
    struct payload payload = { 0 };
    struct elf_usage usage;

    assert_false(load(f, "not an ELF file", 15, &payload, &usage));
    assert_false(load(f, "", 0, &payload, &usage));
    make_elf(&elf);
    elf.segments[0].p_flags |= PF_W;
    assert_false(load(f, &elf, sizeof(elf), &payload, &usage));
    make_elf(&elf);
    elf.segments[0].p_offset = UINT64_MAX - 100;
    assert_false(load(f, &elf, sizeof(elf), &payload, &usage));
    make_elf(&elf);
    elf.segments[1].p_vaddr = 0x401000;
    assert_false(load(f, &elf, sizeof(elf), &payload, &usage));
    make_elf(&elf);
    elf.segments[1].p_memsz = UINT64_MAX - 4096;
    assert_false(load(f, &elf, sizeof(elf), &payload, &usage));
    make_elf(&elf);
    elf.header.e_machine = EM_X86_64;
    assert_false(load(f, &elf, sizeof(elf), &payload, &usage));
    payload_release(&payload);
}

/// A program with a symbol table, as that of a group has one.
struct symbol_elf {
    struct small_elf elf;
    Elf64_Shdr sections[3];
    Elf64_Sym symbols[3];
    char strings[64];
};

static void make_symbol_elf(struct symbol_elf *file)
{
    memset(file, 0, sizeof(*file));
    make_elf(&file->elf);
    file->elf.header.e_shoff = offsetof(struct symbol_elf, sections);
    file->elf.header.e_shentsize = sizeof(Elf64_Shdr);
    file->elf.header.e_shnum = 3;
    file->sections[1] = (Elf64_Shdr){ .sh_type = SHT_SYMTAB,
                                      .sh_offset = offsetof(struct symbol_elf, symbols),
                                      .sh_size = sizeof(file->symbols),
                                      .sh_link = 2,
                                      .sh_entsize = sizeof(Elf64_Sym) };
    file->sections[2] = (Elf64_Shdr){ .sh_type = SHT_STRTAB,
                                      .sh_offset = offsetof(struct symbol_elf, strings),
                                      .sh_size = sizeof(file->strings) };
    memcpy(file->strings, "\0camkes_start.a\0camkes_start.b", 31);
    file->symbols[1] = (Elf64_Sym){ .st_name = 1, .st_shndx = SHN_ABS, .st_value = 0x400100 };
    file->symbols[2] = (Elf64_Sym){ .st_name = 16, .st_shndx = SHN_ABS, .st_value = 0x400200 };
}

/// Make the fixture's instance `a` and another one, `b`, a group with a thread each.
static void make_group(struct fixture *f, struct model_instance *members)
{
    members[0] = members[1] = f->instance;
    members[1].name = "b";
    members[1].index = 1;
    f->space.name = "g";
    f->space.member_count = 2;
    f->model.instances = members;
    f->model.instance_count = 2;
    for (size_t i = 0; i < 2; i++) {
        const char *name = i == 0 ? "a.a_0_control.tcb" : "b.b_0_control.tcb";
        struct model_thread thread = { .name = name };
        thread.spec.tcb = model_new_object(&f->model, SYSTEM_OBJECT_TCB, 0, name);
        thread.spec.vspace = f->instance.vspace;
        VEC_PUSH(f->model.arena, f->model.threads, thread);
    }
}

static void members_of_a_group_start_at_their_symbols(void **state)
{
    struct fixture *f = *state;
    static struct symbol_elf file;
    struct payload payload = { 0 };
    struct elf_usage usage;
    struct model_instance members[2];

    make_group(f, members);
    make_symbol_elf(&file);
    assert_true(load(f, &file, sizeof(file), &payload, &usage));
    assert_int_equal(f->model.threads.items[0].spec.ip, 0x400100);
    assert_int_equal(f->model.threads.items[1].spec.ip, 0x400200);
    payload_release(&payload);
}

static void a_group_without_its_symbols_is_refused(void **state)
{
    struct fixture *f = *state;
    static struct symbol_elf file;
    struct payload payload = { 0 };
    struct elf_usage usage;
    struct model_instance members[2];

    make_group(f, members);
    make_symbol_elf(&file);
    file.strings[28] = 'x'; // another name
    assert_false(load(f, &file, sizeof(file), &payload, &usage));
    make_symbol_elf(&file);
    file.symbols[2].st_shndx = SHN_UNDEF;
    assert_false(load(f, &file, sizeof(file), &payload, &usage));
    make_symbol_elf(&file);
    file.symbols[2].st_name = UINT32_MAX;
    assert_false(load(f, &file, sizeof(file), &payload, &usage));
    make_symbol_elf(&file);
    file.sections[1].sh_link = 77;
    assert_false(load(f, &file, sizeof(file), &payload, &usage));
    make_symbol_elf(&file);
    file.sections[1].sh_size = UINT64_MAX - 8;
    assert_false(load(f, &file, sizeof(file), &payload, &usage));
    make_symbol_elf(&file);
    file.sections[2].sh_offset = UINT64_MAX - 8;
    assert_false(load(f, &file, sizeof(file), &payload, &usage));
    payload_release(&payload);
}

static void members_of_a_group_map_a_region_once(void **state)
{
    struct fixture *f = *state;
    struct model_instance members[2];
    struct model_region *region = model_shared_region(&f->model, "s", 8192);
    uint32_t slot;

    make_group(f, members);
    uint64_t first = model_map_region(&f->model, &members[0], region, SYSTEM_MAPPING_READ, NULL);
    size_t count = f->model.mappings.count;
    assert_int_equal(model_map_region(&f->model, &members[1], region, SYSTEM_MAPPING_READ, NULL),
                     first);
    assert_int_equal(f->model.mappings.count, count);
    // Other rights, or caps of its own: a place of its own.
    uint64_t second = model_map_region(&f->model, &members[1], region,
                                       SYSTEM_MAPPING_READ | SYSTEM_MAPPING_WRITE, NULL);
    uint64_t third = model_map_region(&f->model, &members[1], region, SYSTEM_MAPPING_READ, &slot);
    assert_true(second >= first + region->size + MODEL_PAGE_SIZE);
    assert_true(third >= second + region->size + MODEL_PAGE_SIZE);
    assert_true(layout_page_tables(&f->model));
}

static void spaces_are_found_again(void **state)
{
    struct fixture *f = *state;
    struct model_instance members[3];

    make_group(f, members);
    members[2] = members[0];
    members[2].name = "c";
    members[2].vspace = model_new_object(&f->model, SYSTEM_OBJECT_VSPACE, 0, "c.vspace");
    f->model.objects.items[f->instance.vspace].name = "outer.g.vspace";
    f->model.instance_count = 3;
    model_find_spaces(&f->model);
    assert_int_equal(f->model.spaces.count, 2);
    assert_ptr_equal(members[0].space, members[1].space);
    assert_string_equal(members[0].space->name, "outer.g");
    assert_int_equal(members[0].space->member_count, 2);
    assert_true(model_in_group(&members[1]));
    assert_false(model_in_group(&members[2]));
}

// ---------------------------------------------------------------------------------------------
// Formats

static void fill_model(struct fixture *f)
{
    struct model_thread thread = { .name = "a_0_control" };
    struct system_irq irq = { .notification = MODEL_NONE, .trigger = SYSTEM_IRQ_EDGE };
    struct system_fill entropy = { .kind = SYSTEM_FILL_ENTROPY, .length = 72 };

    map(f, 12, 0x400000);
    map(f, 12, 0x401000);
    thread.spec.tcb = model_new_object(&f->model, SYSTEM_OBJECT_TCB, 0, "a.tcb");
    thread.spec.cnode = f->instance.cnode;
    thread.spec.vspace = f->instance.vspace;
    thread.spec.ipc_buffer = thread.spec.sched_context = MODEL_NONE;
    thread.spec.bound_notification = thread.spec.fault_endpoint = MODEL_NONE;
    thread.spec.timeout_endpoint = MODEL_NONE;
    thread.spec.priority = 200;
    VEC_PUSH(f->model.arena, f->model.threads, thread);
    irq.handler = model_new_object(&f->model, SYSTEM_OBJECT_IRQ_HANDLER, 0, "a.irq40");
    f->model.objects.items[irq.handler].address = 40;
    VEC_PUSH(f->model.arena, f->model.irqs, irq);
    entropy.frame = f->model.mappings.items[0].frame;
    VEC_PUSH(f->model.arena, f->model.fills, entropy);
    (void)model_instance_cap(&f->model, &f->instance, thread.spec.tcb, MODEL_RIGHTS_ALL, 0);
    (void)layout_page_tables(&f->model);
}

static char *cdl_of(struct model *model)
{
    char *text = NULL;
    size_t size = 0;
    FILE *file = open_memstream(&text, &size);

    report_cdl(model, file);
    (void)fclose(file);
    return text;
}

static void system_image_reads_back(void **state)
{
    struct fixture *f = *state;
    struct model copy;
    struct buffer first = { 0 };
    struct buffer second = { 0 };
    uint64_t pages = 0;

    fill_model(f);
    write_system(&f->model, 7, &first);
    model_init(&copy, &f->arena, &f->diag);
    assert_null(read_system(&copy, first.data, first.size, &pages));
    assert_int_equal(pages, 7);
    write_system(&copy, 7, &second);
    assert_int_equal(first.size, second.size);
    assert_memory_equal(first.data, second.data, first.size);

    char *before = cdl_of(&f->model);
    char *after = cdl_of(&copy);
    assert_string_equal(before, after);
    assert_non_null(strstr(before, "a.page[0..1] = frame (4k)"));
    assert_non_null(strstr(before, "0x0000400000..0x0000402000: a.page[0..1] (R, uncached)"));
    assert_non_null(strstr(before, "a.irq40 (edge, core: 0)"));
    free(before);
    free(after);
    buffer_release(&first);
    buffer_release(&second);
}

static void model_file_reads_back(void **state)
{
    struct fixture *f = *state;
    struct model copy;
    struct buffer file = { 0 };

    fill_model(f);
    f->instance.guest_dtb = "tree";
    f->instance.guest_dtb_size = 4;
    f->instance.is_vm = true;
    write_model(&f->model, &file);
    model_init(&copy, &f->arena, &f->diag);
    assert_null(read_model(&copy, file.data, file.size));
    assert_int_equal(copy.instance_count, 1);
    assert_string_equal(copy.instances[0].name, "a");
    assert_true(copy.instances[0].is_vm);
    assert_int_equal(copy.instances[0].guest_dtb_size, 4);
    assert_memory_equal(copy.instances[0].guest_dtb, "tree", 4);
    assert_ptr_equal(copy.platform, f->model.platform);
    buffer_release(&file);
}

static void damaged_files_are_refused(void **state)
{
    struct fixture *f = *state;
    struct buffer file = { 0 };

    fill_model(f);
    write_system(&f->model, 0, &file);
    for (size_t size = 0; size < file.size; size += 13) {
        struct model copy;
        uint8_t *cut = malloc(size + 1); // of the exact size, for the sanitizer
        memcpy(cut, file.data, size);
        model_init(&copy, &f->arena, &f->diag);
        assert_non_null(read_system(&copy, cut, size, NULL));
        free(cut);
    }
    for (size_t at = 0; at < file.size; at++) {
        struct model copy;
        uint8_t *bad = malloc(file.size);
        memcpy(bad, file.data, file.size);
        bad[at] ^= 0x80;
        model_init(&copy, &f->arena, &f->diag);
        (void)read_system(&copy, bad, file.size, NULL); // any answer but no stray access
        free(bad);
    }
    buffer_release(&file);
    write_model(&f->model, &file);
    for (size_t at = 0; at < 200; at++) { // header and instances
        struct model copy;
        uint8_t *bad = malloc(file.size);
        memcpy(bad, file.data, file.size);
        bad[at] ^= 0x80;
        model_init(&copy, &f->arena, &f->diag);
        (void)read_model(&copy, bad, file.size);
        free(bad);
    }
    buffer_release(&file);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(badges_are_one_hot_outside_base_and_mask),
        TEST(badges_run_out_with_an_error),
        TEST(device_pages_are_shared_between_regions),
        TEST(mapped_regions_do_not_touch),
        TEST(an_interrupt_has_one_owner),
        TEST(gic_cells_are_decoded),
        TEST(page_tables_cover_each_mapping_once),
        TEST(overlapping_mappings_are_refused),
        TEST(slots_are_checked),
        TEST(objects_are_sorted_and_references_follow),
        TEST(a_small_system_fits),
        TEST(too_much_ram_is_refused),
        TEST(fixed_objects_must_not_overlap_kernel_or_each_other),
        TEST(too_many_objects_or_slots_are_refused),
        TEST(elf_pages_are_donated_shared_or_zero),
        TEST(bad_elf_files_are_refused),
        TEST(members_of_a_group_start_at_their_symbols),
        TEST(a_group_without_its_symbols_is_refused),
        TEST(members_of_a_group_map_a_region_once),
        TEST(spaces_are_found_again),
        TEST(system_image_reads_back),
        TEST(model_file_reads_back),
        TEST(damaged_files_are_refused),
    };
#undef TEST
    return cmocka_run_group_tests(tests, NULL, NULL);
}
