// SPDX-License-Identifier: BSD-2-Clause
// Pools of kernel objects and memory for devices.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <camkes/alloc.h>
#include <camkes/dma.h>

static const struct camkes_pool_object objects[] = {
    { .cap = 10, .type = seL4_TCBObject },
    { .cap = 11, .type = seL4_TCBObject },
    { .cap = 12, .type = seL4_UntypedObject, .size_bits = 20 },
    { .cap = 13, .type = seL4_UntypedObject, .size_bits = 12 },
    { .cap = 14, .type = seL4_UntypedObject, .size_bits = 16, .is_device = true, .paddr = 0x9000000 },
};
static bool taken[5];
const struct camkes_pool camkes_pool = { .objects = objects, .taken = taken, .count = 5 };

static uint8_t memory[16384] __attribute__((aligned(4096)));
static uint64_t used[CAMKES_DMA_WORDS(sizeof(memory))];
static uint8_t region_memory[4096];

const struct camkes_dma_region camkes_dma_regions[] = {
    { .base = (uintptr_t)region_memory, .paddr = 0x48000000, .size = sizeof(region_memory) },
    { .size = 0 },
};

const struct camkes_dma_pool camkes_dma_pool = {
    .base = memory, .paddr = 0xbf000000, .size = sizeof(memory), .used = used,
};

static int setup(void **state)
{
    (void)state;
    memset(taken, 0, sizeof(taken));
    memset(used, 0, sizeof(used));
    return 0;
}

static void objects_are_taken_once(void **state)
{
    (void)state;
    assert_int_equal(camkes_alloc(seL4_TCBObject, 0, 0), 10);
    assert_int_equal(camkes_alloc(seL4_TCBObject, 0, 0), 11);
    assert_int_equal(camkes_alloc(seL4_TCBObject, 0, 0), 0);
    camkes_free(10);
    assert_int_equal(camkes_alloc(seL4_TCBObject, 0, 0), 10);
    assert_int_equal(camkes_alloc(seL4_EndpointObject, 0, 0), 0);
    assert_int_equal(camkes_alloc(seL4_UntypedObject, 12, 1), 0);
}

static void untypeds_are_listed(void **state)
{
    size_t bits = 0;
    uintptr_t paddr = 1;

    (void)state;
    assert_int_equal(camkes_pool_untyped_count(), 3);
    assert_int_equal(camkes_pool_untyped(0, &bits, &paddr), 12);
    assert_int_equal(bits, 20);
    assert_int_equal(paddr, 0);
    assert_int_equal(camkes_pool_untyped(2, &bits, &paddr), 14);
    assert_int_equal(paddr, 0x9000000);
    assert_int_equal(camkes_pool_untyped(3, &bits, &paddr), 0);
    assert_int_equal(bits, 16);
}

static void the_smallest_untyped_is_taken(void **state)
{
    (void)state;
    assert_int_equal(camkes_alloc(seL4_UntypedObject, 10, 0), 13);
    assert_int_equal(camkes_alloc(seL4_UntypedObject, 10, 0), 12);
    assert_int_equal(camkes_alloc(seL4_UntypedObject, 10, 0), 0); // device memory is no memory
    camkes_free(13);
    assert_int_equal(camkes_alloc(seL4_UntypedObject, 13, 0), 0);
    size_t bits = 0;
    assert_int_equal(camkes_alloc_device(0x9001000, &bits), 0);
    assert_int_equal(camkes_alloc_device(0x9000000, &bits), 14);
    assert_int_equal(bits, 16);
    assert_int_equal(camkes_alloc_device(0x9000000, &bits), 0);
}

static void device_memory_is_aligned_and_freed(void **state)
{
    (void)state;
    uint8_t *first = camkes_dma_alloc(100, 0, false);
    uint8_t *second = camkes_dma_alloc(4096, 4096, false);
    uint8_t *third = camkes_dma_alloc(1, 256, false);
    assert_ptr_equal(first, memory);
    assert_ptr_equal(second, memory + 4096);
    assert_ptr_equal(third, memory + 256);
    assert_int_equal(camkes_dma_get_paddr(second), 0xbf001000);
    assert_int_equal(camkes_dma_get_paddr(third + 5), 0xbf000105);
    assert_int_equal(camkes_dma_get_paddr(region_memory + 7), 0x48000007);
    camkes_dma_free(region_memory, 64); // not of the pool: nothing happens
    assert_int_equal(camkes_dma_get_paddr(memory - 1), 0);
    assert_int_equal(camkes_dma_get_paddr(memory + sizeof(memory)), 0);
    assert_null(camkes_dma_alloc(sizeof(memory), 0, false));
    camkes_dma_free(first, 100);
    camkes_dma_free(second, 4096);
    camkes_dma_free(third, 1);
    assert_ptr_equal(camkes_dma_alloc(sizeof(memory), 0, false), memory);
    assert_null(camkes_dma_alloc(1, 0, false));
}

static void nonsense_is_refused(void **state)
{
    (void)state;
    assert_null(camkes_dma_alloc(0, 0, false));
    assert_null(camkes_dma_alloc(64, 48, false));
    assert_null(camkes_dma_alloc(64, -64, false));
    assert_null(camkes_dma_alloc(64, 0, true));
    assert_null(camkes_dma_alloc(SIZE_MAX, 0, false));
    camkes_dma_free(NULL, 64);
    camkes_dma_free(memory + 1, 64);
    camkes_dma_free(memory, sizeof(memory) + 1);
    assert_non_null(camkes_dma_alloc(64, 1 << 12, false));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(objects_are_taken_once, setup),
        cmocka_unit_test_setup(untypeds_are_listed, setup),
        cmocka_unit_test_setup(the_smallest_untyped_is_taken, setup),
        cmocka_unit_test_setup(device_memory_is_aligned_and_freed, setup),
        cmocka_unit_test_setup(nonsense_is_refused, setup),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
