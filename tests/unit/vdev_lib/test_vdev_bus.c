// SPDX-License-Identifier: BSD-2-Clause
// Unit tests of the device bus, built with room for three windows.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <vdev/bus.h>
#include <vdev/irq_line.h>

struct probe {
    struct access last;
    unsigned calls;
    unsigned resets;
};

static enum access_result probe_access(void *context, struct access *access)
{
    struct probe *probe = context;

    probe->last = *access;
    probe->calls++;
    if (!access->is_store) {
        access->value = 0x1122334455667788;
    }
    return ACCESS_OK;
}

static void probe_reset(void *context)
{
    ((struct probe *)context)->resets++;
}

static enum bus_error add(struct bus *bus, uint64_t base, uint64_t size, struct probe *probe)
{
    struct bus_device device = {
        .name = "probe", .base = base, .size = size, .handler = probe_access, .context = probe,
        .reset = probe_reset,
    };
    return bus_add(bus, &device);
}

static enum access_result load(struct bus *bus, uint64_t address, uint8_t size, uint64_t *value)
{
    struct access access = { .size = size };
    enum access_result result = bus_access(bus, address, &access);

    *value = access.value;
    return result;
}

static void access_reaches_the_window_with_its_offset(void **state)
{
    struct bus bus;
    struct probe a = { 0 }, b = { 0 }, c = { 0 };
    uint64_t value;

    (void)state;
    bus_init(&bus);
    assert_int_equal(add(&bus, 0x3000, 0x100, &c), BUS_OK);
    assert_int_equal(add(&bus, 0x1000, 0x1000, &a), BUS_OK);
    assert_int_equal(add(&bus, 0x2000, 0x1000, &b), BUS_OK);
    assert_int_equal(load(&bus, 0x1ffc, 4, &value), ACCESS_OK);
    assert_int_equal(a.last.offset, 0xffc);
    assert_int_equal(load(&bus, 0x2000, 4, &value), ACCESS_OK);
    assert_int_equal(b.last.offset, 0);
    assert_int_equal(load(&bus, 0x30ff, 1, &value), ACCESS_OK);
    assert_int_equal(c.last.offset, 0xff);
    assert_int_equal(load(&bus, 0x2ff8, 8, &value), ACCESS_OK);
    assert_int_equal(b.calls, 2);
}

static void loads_are_cut_to_their_size(void **state)
{
    struct bus bus;
    struct probe probe = { 0 };
    uint64_t value;

    (void)state;
    bus_init(&bus);
    assert_int_equal(add(&bus, 0, 0x1000, &probe), BUS_OK);
    assert_int_equal(load(&bus, 0, 1, &value), ACCESS_OK);
    assert_int_equal(value, 0x88);
    assert_int_equal(load(&bus, 0, 4, &value), ACCESS_OK);
    assert_int_equal(value, 0x55667788);
    assert_int_equal(load(&bus, 0, 8, &value), ACCESS_OK);
    assert_int_equal(value, 0x1122334455667788);
}

static void access_past_the_end_of_a_window_is_unmapped(void **state)
{
    struct bus bus;
    struct probe probe = { 0 };
    uint64_t value;

    (void)state;
    bus_init(&bus);
    assert_int_equal(add(&bus, 0x1000, 0x1000, &probe), BUS_OK);
    assert_int_equal(load(&bus, 0x1fff, 2, &value), ACCESS_UNMAPPED);
    assert_int_equal(load(&bus, 0x0fff, 1, &value), ACCESS_UNMAPPED);
    assert_int_equal(load(&bus, 0x2000, 1, &value), ACCESS_UNMAPPED);
    assert_int_equal(load(&bus, UINT64_MAX, 8, &value), ACCESS_UNMAPPED);
    assert_int_equal(probe.calls, 0);
}

static void last_byte_of_the_address_space_can_be_a_window(void **state)
{
    struct bus bus;
    struct probe probe = { 0 };
    uint64_t value;

    (void)state;
    bus_init(&bus);
    assert_int_equal(add(&bus, UINT64_MAX - 0xff, 0x100, &probe), BUS_OK);
    assert_int_equal(load(&bus, UINT64_MAX, 1, &value), ACCESS_OK);
    assert_int_equal(load(&bus, UINT64_MAX, 2, &value), ACCESS_UNMAPPED);
    assert_int_equal(load(&bus, 0, 1, &value), ACCESS_UNMAPPED);
}

static void bad_windows_are_refused(void **state)
{
    struct bus bus;
    struct probe probe = { 0 };
    struct bus_device no_handler = { .name = "none", .base = 0, .size = 1 };

    (void)state;
    bus_init(&bus);
    assert_int_equal(add(&bus, 0x1000, 0, &probe), BUS_INVALID);
    assert_int_equal(add(&bus, UINT64_MAX, 2, &probe), BUS_INVALID);
    assert_int_equal(bus_add(&bus, &no_handler), BUS_INVALID);
    assert_int_equal(add(&bus, 0x1000, 0x1000, &probe), BUS_OK);
    assert_int_equal(add(&bus, 0x1fff, 1, &probe), BUS_OVERLAP);
    assert_int_equal(add(&bus, 0x0fff, 2, &probe), BUS_OVERLAP);
    assert_int_equal(add(&bus, 0x0, 0x10000, &probe), BUS_OVERLAP);
    assert_int_equal(add(&bus, 0x2000, 1, &probe), BUS_OK);
    assert_int_equal(add(&bus, 0x0fff, 1, &probe), BUS_OK);
    assert_int_equal(add(&bus, 0x4000, 1, &probe), BUS_FULL);
}

static void find_agrees_with_a_linear_search(void **state)
{
    struct bus bus;
    struct probe probe = { 0 };
    const uint64_t bases[3] = { 0x40, 0x10, 0x80 };
    const uint64_t sizes[3] = { 0x10, 0x08, 0x20 };

    (void)state;
    bus_init(&bus);
    for (unsigned i = 0; i < 3; i++) {
        assert_int_equal(add(&bus, bases[i], sizes[i], &probe), BUS_OK);
    }
    for (uint64_t address = 0; address < 0x100; address++) {
        const struct bus_device *device = bus_find(&bus, address);
        bool expected = false;
        for (unsigned i = 0; i < 3; i++) {
            if (address >= bases[i] && address < bases[i] + sizes[i]) {
                expected = true;
                assert_non_null(device);
                assert_int_equal(device->base, bases[i]);
            }
        }
        assert_int_equal(device != NULL, expected);
    }
}

static void reset_reaches_every_device(void **state)
{
    struct bus bus;
    struct probe a = { 0 }, b = { 0 };

    (void)state;
    bus_init(&bus);
    assert_int_equal(add(&bus, 0x0, 0x10, &a), BUS_OK);
    assert_int_equal(add(&bus, 0x10, 0x10, &b), BUS_OK);
    bus_reset(&bus);
    assert_int_equal(a.resets, 1);
    assert_int_equal(b.resets, 1);
}

static unsigned line_calls;
static bool line_level;

static void record_line(void *context, uint32_t irq, bool level)
{
    (void)context;
    assert_int_equal(irq, 33);
    line_calls++;
    line_level = level;
}

static void pulse_raises_and_lowers_the_line(void **state)
{
    struct irq_line line = { .set = record_line, .irq = 33 };
    struct irq_line unconnected = { .irq = 1 };

    (void)state;
    line_calls = 0;
    irq_line_pulse(&line);
    irq_line_pulse(&unconnected);
    assert_int_equal(line_calls, 2);
    assert_false(line_level);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(access_reaches_the_window_with_its_offset),
        cmocka_unit_test(loads_are_cut_to_their_size),
        cmocka_unit_test(access_past_the_end_of_a_window_is_unmapped),
        cmocka_unit_test(last_byte_of_the_address_space_can_be_a_window),
        cmocka_unit_test(bad_windows_are_refused),
        cmocka_unit_test(find_agrees_with_a_linear_search),
        cmocka_unit_test(reset_reaches_every_device),
        cmocka_unit_test(pulse_raises_and_lowers_the_line),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
