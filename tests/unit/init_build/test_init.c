// SPDX-License-Identifier: BSD-2-Clause
// Unit tests of the initialiser: whole small systems against the model of the kernel, every single
// call failing, and damaged system images.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "image_builder.h"
#include "kernel_model.h"

static struct builder builder;
static struct init init;

static bool run(void)
{
    uint8_t *payload = builder.image + BUILDER_OWN_PAGES * INIT_PAGE;

    memset(&init, 0xee, sizeof(init));
    return init_build(&init, builder.boot_info, builder.image, payload, builder.image + INIT_PAGE);
}

static bool boot_and_run(void)
{
    builder_boot(&builder);
    return run();
}

/// Number in the model of an object of the system.
static unsigned made(uint32_t index)
{
    return model.root[object_slot(&init, index)].object;
}

static bool said(const char *text)
{
    model.output[model.output_size] = '\0';
    if (strstr(model.output, text) == NULL) {
        print_message("'%s' is not in:\n%s", text, model.output);
        return false;
    }
    return true;
}

static int setup(void **state)
{
    (void)state;
    builder_small_system(&builder);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    builder_release(&builder);
    model_reset();
    return 0;
}

static void makes_objects_where_they_belong(void **state)
{
    (void)state;
    assert_true(boot_and_run());
    for (uint32_t i = 0; i < 256; i++) {
        assert_int_equal(model.objects[made(small_system.guest + i)].paddr,
                         0x40000000 + (uint64_t)i * 0x200000);
    }
    assert_int_equal(model.objects[made(small_system.device)].paddr, 0x08040000);
    assert_true(model.objects[made(small_system.device)].is_device);
    assert_int_equal(model.objects[made(small_system.page2)].paddr,
                     0x70000000 + (uint64_t)(init.system.pages - builder.image) + INIT_PAGE);
    assert_int_equal(model.objects[made(small_system.cnode)].bits, 8);
    assert_int_equal(model.objects[made(small_system.context)].bits, 8);
    assert_false(model.objects[made(small_system.vspace)].is_device);
    assert_true(model.objects[made(small_system.vspace)].has_asid);
}

static void installs_caps(void **state)
{
    (void)state;
    assert_true(boot_and_run());
    unsigned cnode = made(small_system.cnode);
    const struct model_cap *cap = model_slot(cnode, 1);
    assert_int_equal(cap->object, made(small_system.tcb));
    assert_int_equal(cap->rights, 15);
    cap = model_slot(cnode, 2);
    assert_int_equal(cap->object, made(small_system.endpoint));
    assert_int_equal(cap->rights, seL4_CapRightRead);
    assert_int_equal(cap->badge, 9);
    assert_int_equal(model_slot(cnode, 3)->object, cnode);
    assert_int_equal(model_slot(cnode, 3)->badge, 56);
    assert_int_equal(model.objects[model_slot(cnode, 4)->object].irq, 33);
    assert_int_equal(model.objects[model_slot(cnode, 4)->object].trigger, 1);
    assert_int_equal(model.objects[model_slot(cnode, 4)->object].notification,
                     made(small_system.notification));
    assert_int_equal(model.objects[model_slot(cnode, 4)->object].badge, 0x10);
    assert_int_equal(model_slot(cnode, 5)->object, model.root[16].object);
    assert_true(model_slot(cnode, 6)->badge == 0xc4000001);
    assert_null(model_slot(cnode, 0));
    // The cap that the owner keeps is the mapped one.
    assert_int_equal(model_slot(cnode, 200)->object, made(small_system.device));
    assert_true(model_slot(cnode, 200)->is_mapped);
    assert_int_equal(model.root[init.temporary].object, 0);
}

static void maps_frames(void **state)
{
    (void)state;
    assert_true(boot_and_run());
    unsigned vspace = made(small_system.vspace);
    const struct model_mapping *mapping = model_mapping_at(vspace, 0x40000000);
    assert_int_equal(mapping->frame, made(small_system.guest));
    assert_int_equal(mapping->rights, seL4_CapRightRead | seL4_CapRightWrite);
    assert_int_equal(mapping->attributes, seL4_ARM_Default_VMAttributes | seL4_ARM_ExecuteNever);
    // Two mappings of one frame, by two caps.
    assert_int_equal(model_mapping_at(vspace, 0x40200000)->frame, made(small_system.buffer));
    assert_int_equal(model_mapping_at(vspace, 0x40201000)->frame, made(small_system.buffer));
    assert_int_equal(model_mapping_at(vspace, 0x40201000)->rights, seL4_CapRightRead);
    mapping = model_mapping_at(vspace, 0x40202000);
    assert_int_equal(mapping->frame, made(small_system.page));
    assert_int_equal(mapping->attributes, seL4_ARM_Default_VMAttributes);
    assert_int_equal(model_mapping_at(vspace, 0x40203000)->attributes, seL4_ARM_ExecuteNever);
}

static void sets_threads_up(void **state)
{
    (void)state;
    assert_true(boot_and_run());
    const struct model_object *tcb = &model.objects[made(small_system.tcb)];
    assert_int_equal(tcb->cspace, made(small_system.cnode));
    assert_int_equal(tcb->cspace_data, 56);
    assert_int_equal(tcb->vspace, made(small_system.vspace));
    assert_int_equal(tcb->buffer, made(small_system.buffer));
    assert_true(tcb->buffer_address == 0x1000000400);
    assert_int_equal(tcb->priority, 100);
    assert_int_equal(tcb->max_priority, 101);
    assert_int_equal(tcb->fault, made(small_system.endpoint));
    assert_int_equal(tcb->fault_badge, 5);
    assert_int_equal(tcb->timeout, made(small_system.endpoint));
    assert_int_equal(tcb->timeout_badge, 6);
    assert_int_equal(tcb->bound, made(small_system.notification));
    assert_int_equal(tcb->flags, seL4_TCBFlag_fpuDisabled);
    assert_int_equal(tcb->domain, 3);
    assert_int_equal(tcb->registers.pc, 0x400000);
    assert_true(tcb->registers.sp == 0x1000002000);
    assert_int_equal(tcb->registers.x0, 0);
    assert_true(tcb->registers.x1 == 0x1000000400);
    const struct model_object *context = &model.objects[tcb->sched_context];
    assert_int_equal(context->budget, 1000);
    assert_int_equal(context->period, 10000);
    assert_int_equal(context->extra_refills, 2);
    assert_int_equal(context->badge, 77);
    assert_int_equal(context->flags, seL4_SchedContext_Sporadic);
    assert_int_equal(model.resume_count, 1);
    assert_int_equal(model.resume_order[0], made(small_system.tcb));
    const struct model_object *vcpu_tcb = &model.objects[made(small_system.vcpu_tcb)];
    assert_int_equal(vcpu_tcb->cspace, 0);
    assert_int_equal(vcpu_tcb->resumed, 0);
    assert_int_equal(model.objects[made(small_system.vcpu)].vcpu_tcb, made(small_system.vcpu_tcb));
    assert_true(said("threads; 32 seed bytes"));
}

static void starts_the_schedule_last(void **state)
{
    (void)state;
    assert_true(boot_and_run());
    assert_int_equal(model.schedule_starts, 0);
    builder.schedule[0] = (struct system_domain_slot){ .ticks = 1000, .domain = 3 };
    builder.schedule[1] = (struct system_domain_slot){ .ticks = 50, .domain = 0 };
    builder.header.schedule.count = 2;
    builder_pack(&builder, 2);
    assert_true(boot_and_run());
    assert_int_equal(model.schedule_starts, 1);
    assert_int_equal(model.resumed_before_schedule, 1);
    assert_int_equal(model.schedule[0].domain, 3);
    assert_int_equal(model.schedule[0].ticks, 1000);
    assert_int_equal(model.schedule[1].ticks, 50);
    assert_int_equal(model.schedule[2].ticks, 0);
    builder.schedule[1].ticks = 0;
    builder_pack(&builder, 2);
    assert_false(boot_and_run());
    assert_true(said("schedule entry 1: impossible domain or length"));
    for (unsigned i = 0; i < 256; i++) {
        builder.schedule[i] = (struct system_domain_slot){ .ticks = i + 1 };
    }
    builder.header.schedule.count = 255;
    builder_pack(&builder, 2);
    assert_true(boot_and_run());
    assert_int_equal(model.schedule[254].ticks, 255);
    builder.header.schedule.count = 256;
    builder_pack(&builder, 2);
    assert_false(boot_and_run());
    assert_true(said("the domain schedule is too long"));
}

static void fills_frames(void **state)
{
    uint64_t count;
    uint8_t first[192];

    (void)state;
    assert_true(boot_and_run());
    const uint8_t *page2 = init.system.pages + INIT_PAGE;
    memcpy(&count, page2 + 64, sizeof(count));
    assert_int_equal(count, 32);
    assert_int_equal(page2[63], 2);
    assert_int_equal(page2[64 + 200], 2);
    memcpy(first, page2 + 72, sizeof(first));
    // A frame of its own is filled through the scratch page, with other bytes.
    const uint8_t *scratch = builder.image + INIT_PAGE;
    memcpy(&count, scratch, sizeof(count));
    assert_int_equal(count, 32);
    assert_memory_not_equal(scratch + 8, first, 32);
    assert_int_equal(scratch[40], 0);
    // A chunk of boot info.
    memcpy(&count, init.system.pages + 8, sizeof(count));
    assert_int_equal(count, 0x1234);
    assert_int_equal(init.system.pages[8 + 24], 1);

    // The same seed gives the same bytes, another seed others.
    builder_small_system(&builder);
    assert_true(boot_and_run());
    assert_memory_equal(init.system.pages + INIT_PAGE + 72, first, sizeof(first));
    builder_small_system(&builder);
    builder_seeds(&builder, "0123456789abcdef0123456789abcdeF", 32);
    assert_true(boot_and_run());
    assert_memory_not_equal(init.system.pages + INIT_PAGE + 72, first, sizeof(first));
}

static void does_without_entropy(void **state)
{
    static const uint8_t zeros[200];

    (void)state;
    builder_seeds(&builder, zeros, 32);
    assert_true(boot_and_run());
    assert_int_equal(init.system.pages[INIT_PAGE + 64], 0);
    assert_int_equal(init.system.pages[INIT_PAGE + 72], 2);
    builder_seeds(&builder, NULL, 0);
    assert_true(boot_and_run());
    assert_int_equal(init.entropy.seed_size, 0);
    builder.boot_info->extraLen = 0;
    assert_true(boot_and_run());
    builder.boot_info->extraLen = 24;
    assert_true(boot_and_run());
}

/// RFC 8439, 2.3.2 uses another nonce; this is A.1 test vector 1: key, nonce and counter 0.
static void chacha20_is_chacha20(void **state)
{
    static const uint8_t expected[] = { 0x76, 0xb8, 0xe0, 0xad, 0xa0, 0xf1, 0x3d, 0x90,
                                        0x40, 0x5d, 0x6a, 0xe5, 0x53, 0x86, 0xbd, 0x28,
                                        0xbd, 0xd2, 0x19, 0xb8, 0xa0, 0x8d, 0xed, 0x1a,
                                        0xa8, 0x36, 0xef, 0xcc, 0x8b, 0x77, 0x0d, 0xc7 };
    const struct entropy zero = { .seed_size = 0 };
    uint8_t bytes[sizeof(expected)];

    (void)state;
    entropy_bytes(&zero, 0, bytes, sizeof(bytes));
    assert_memory_equal(bytes, expected, sizeof(expected));
}

static void fills_large_frames(void **state)
{
    uint8_t *at = (uint8_t *)(uintptr_t)0x200000;
    void *memory = mmap(at, 0x200000, PROT_READ | PROT_WRITE,
                        MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);

    (void)state;
    if (memory != at) {
        skip();
    }
    builder.fills[0] = (struct system_fill){ small_system.guest + 3, SYSTEM_FILL_ENTROPY, 0x1ff000,
                                             0x1000, 0 };
    builder_pack(&builder, 2);
    builder_seeds(&builder, "0123456789abcdef", 16);
    assert_true(boot_and_run());
    assert_int_equal(at[0x1ff000], 16);
    (void)munmap(memory, 0x200000);
}

/// Each call in turn fails: the initialiser stops, says so, and has started nothing.
static void stops_at_every_failed_call(void **state)
{
    (void)state;
    assert_true(boot_and_run());
    unsigned calls = model.calls;
    assert_in_range(calls, 50, 200);
    for (unsigned i = 1; i <= calls; i++) {
        builder_boot(&builder);
        model.fail_at = i;
        assert_false(run());
        assert_true(said("init: error: "));
        assert_true(said(": illegal operation"));
        assert_int_equal(model.resume_count, 0);
        assert_in_range(model.calls, i, i);
    }
}

static void batches_retypes(void **state)
{
    (void)state;
    builder_init(&builder);
    for (unsigned i = 0; i < 600; i++) {
        (void)builder_object(&builder, NULL, SYSTEM_OBJECT_FRAME, 12, 0, 0);
    }
    builder_pack(&builder, 0);
    assert_true(boot_and_run());
    // One page, two pages, then the large untyped in calls of 256.
    assert_int_equal(model.calls, 2 + 3);
    for (uint32_t i = 0; i < 600; i++) {
        assert_int_equal(model.objects[made(i)].type, MODEL_FRAME);
    }
}

static void covers_gaps_before_fixed_objects(void **state)
{
    (void)state;
    builder_init(&builder);
    uint32_t first = builder_object(&builder, "first", SYSTEM_OBJECT_FRAME, 12, SYSTEM_OBJECT_FIXED,
                                    0x61003000);
    uint32_t second = builder_object(&builder, "second", SYSTEM_OBJECT_FRAME, 12,
                                     SYSTEM_OBJECT_FIXED, 0x61abc000);
    // Out of order: in a gap that is an untyped of its own by now.
    uint32_t third = builder_object(&builder, "third", SYSTEM_OBJECT_FRAME, 12, SYSTEM_OBJECT_FIXED,
                                    0x61001000);
    uint32_t large = builder_object(&builder, "large", SYSTEM_OBJECT_UNTYPED, 23, 0, 0);
    builder_pack(&builder, 0);
    // The gaps of 0x61003000..0x61abc000 hold no 8 MiB, and neither does the rest.
    assert_false(boot_and_run());
    assert_true(said("'large': no untyped memory for 2^23 bytes"));
    builder.objects[large].size_bits = 22;
    builder_pack(&builder, 0);
    assert_true(boot_and_run());
    assert_int_equal(model.objects[made(first)].paddr, 0x61003000);
    assert_int_equal(model.objects[made(second)].paddr, 0x61abc000);
    assert_int_equal(model.objects[made(third)].paddr, 0x61001000);
    assert_int_equal(model.objects[made(large)].bits, 22);
}

static void explains_missing_memory(void **state)
{
    (void)state;
    builder_init(&builder);
    (void)builder_object(&builder, "rtc", SYSTEM_OBJECT_FRAME, 12, SYSTEM_OBJECT_FIXED, 0x09010000);
    builder_pack(&builder, 0);
    assert_false(boot_and_run());
    assert_true(said("frame 0 'rtc': the kernel gave no memory at 0x9010000"));
    builder.objects[0].address = 0x08040000;
    (void)builder_object(&builder, "again", SYSTEM_OBJECT_FRAME, 12, SYSTEM_OBJECT_FIXED,
                         0x08040000);
    builder_pack(&builder, 0);
    assert_false(boot_and_run());
    assert_true(said("'again': the kernel gave no memory at 0x8040000, or it is used already"));
    // A kernel object in device memory: the kernel's own answer, in words.
    builder.objects[1] = (struct system_object){ .type = SYSTEM_OBJECT_TCB,
                                                 .flags = SYSTEM_OBJECT_FIXED,
                                                 .name = SYSTEM_IMAGE_NONE,
                                                 .address = 0x08050000 };
    builder_pack(&builder, 0);
    assert_false(boot_and_run());
    assert_true(said("Untyped_Retype for thread 1 '?' at 0x8050000: invalid argument"));
}

static void explains_a_full_root_cnode(void **state)
{
    (void)state;
    builder_boot(&builder);
    builder.boot_info->empty.end = builder.boot_info->empty.start + 100;
    assert_false(run());
    assert_true(said("the root CNode is full: 256 objects, 97 slots are left"));
    builder_boot(&builder);
    builder.boot_info->empty.end = builder.boot_info->empty.start;
    assert_false(run());
    assert_true(said("the root CNode is full"));
}

static void makes_more_asid_pools(void **state)
{
    uint32_t spaces[6];

    (void)state;
    builder_init(&builder);
    uint32_t pool = builder_object(&builder, "pool", SYSTEM_OBJECT_ASID_POOL, 0, 0, 0);
    for (unsigned i = 0; i < 6; i++) {
        spaces[i] = builder_object(&builder, "space", SYSTEM_OBJECT_VSPACE, 0, 0, 0);
    }
    builder_pack(&builder, 0);
    builder_boot(&builder);
    model.pool_limit = 2;
    assert_true(run());
    for (unsigned i = 0; i < 6; i++) {
        assert_true(model.objects[made(spaces[i])].has_asid);
    }
    assert_int_equal(model.objects[made(pool)].type, MODEL_ASID_POOL);
    assert_int_equal(model.objects[made(pool)].asids, 0);
}

/// All bytes of the tables, with values that hurt: never a crash, an overrun or a started half
/// system.
static void survives_damaged_images(void **state)
{
    static const uint8_t values[] = { 0x00, 0x01, 0x7f, 0x80, 0xff };
    uint8_t *file = builder.image + BUILDER_OWN_PAGES * INIT_PAGE;
    size_t size = builder.header.size;
    // Where the initialiser maps 2 MiB frames, in case damage makes it fill one.
    uint8_t *large = (uint8_t *)(uintptr_t)0x200000;
    void *memory = mmap(large, 0x200000, PROT_READ | PROT_WRITE,
                        MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);

    (void)state;
    if (memory != large) {
        skip();
    }
    for (size_t at = 0; at < size; at += at < 300 ? 1 : 13) {
        uint8_t before = file[at];
        for (size_t i = 0; i < sizeof(values); i++) {
            file[at] = values[i];
            if (!boot_and_run()) {
                assert_true(said("init: error: "));
            }
        }
        file[at] = before;
    }
    for (size_t pages = BUILDER_OWN_PAGES; pages * INIT_PAGE < builder.image_size; pages++) {
        builder_boot(&builder);
        builder.boot_info->userImageFrames.end = builder.boot_info->userImageFrames.start + pages;
        assert_false(run());
        assert_int_equal(model.calls, 0);
    }
    (void)munmap(memory, 0x200000);
}

static void names_what_is_wrong(void **state)
{
    (void)state;
    builder.caps[2].slot = 256;
    builder_pack(&builder, 2);
    assert_false(boot_and_run());
    assert_true(said("system.bin: cap 2: its slot is not in a CNode"));
    builder.caps[2].slot = 1;
    builder_pack(&builder, 2);
    assert_false(boot_and_run());
    assert_true(said("CNode_Mint for CNode"));
    assert_true(said("'a.cnode': delete first"));
    assert_true(said("(cap 2, to slot 1 of 'a.cnode')"));
    builder.caps[2].slot = 3;
    builder.mappings[1].vaddr = 0x80000000;
    builder_pack(&builder, 2);
    assert_false(boot_and_run());
    assert_true(said("Page_Map for frame"));
    assert_true(said("'a.buffer': failed lookup (target, failure 2, 30 bits left)"));
    assert_true(said("(mapping 1, at 0x80000000 in 'a.vspace')"));
}

static void refuses_what_only_x86_has(void **state)
{
    (void)state;
    builder.objects[small_system.smc].type = SYSTEM_OBJECT_IO_PORTS;
    builder.objects[small_system.smc].address = SYSTEM_IO_PORTS(0x3f8, 0x3ff);
    builder_pack(&builder, 2);
    assert_false(boot_and_run());
    assert_true(said("I/O ports and I/O spaces exist on x86 only"));
}

#define SMALL(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        SMALL(makes_objects_where_they_belong),
        SMALL(installs_caps),
        SMALL(maps_frames),
        SMALL(sets_threads_up),
        SMALL(starts_the_schedule_last),
        SMALL(fills_frames),
        SMALL(does_without_entropy),
        SMALL(fills_large_frames),
        SMALL(stops_at_every_failed_call),
        SMALL(explains_a_full_root_cnode),
        SMALL(survives_damaged_images),
        SMALL(names_what_is_wrong),
        SMALL(refuses_what_only_x86_has),
        cmocka_unit_test(chacha20_is_chacha20),
        cmocka_unit_test_teardown(batches_retypes, teardown),
        cmocka_unit_test_teardown(covers_gaps_before_fixed_objects, teardown),
        cmocka_unit_test_teardown(explains_missing_memory, teardown),
        cmocka_unit_test_teardown(makes_more_asid_pools, teardown),
    };

    return cmocka_run_group_tests_name("init", tests, NULL, NULL);
}
