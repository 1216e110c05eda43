// SPDX-License-Identifier: BSD-2-Clause
// Unit tests of the virtual GIC: urgent interrupts that take the list registers of less urgent ones.
#include "gic_test.h"

static struct gic_model *start(uint32_t vcpus, uint32_t lrs)
{
    struct gic_model *model = calloc(1, sizeof(*model));

    assert_non_null(model);
    model_init(model, vcpus, 64, lrs);
    model_write(model, 0, CTLR, 4, 1);
    model_write(model, 0, ISENABLER + 4, 4, 0xffffffff);
    return model;
}

/// Interrupts 40 to 43 of priority 0xa0, in both list registers.
static struct gic_model *start_full(void)
{
    struct gic_model *model = start(1, 2);

    for (uint32_t irq = 40; irq < 44; irq++) {
        model_write(model, 0, IPRIORITYR + irq, 1, 0xa0);
    }
    model_write(model, 0, ISPENDR + 4, 4, 0x0f00);
    assert_int_equal(model->injected, 2);
    return model;
}

static void urgent_interrupt_takes_the_place_of_a_pending_one(void **state)
{
    struct gic_model *model = start_full();

    (void)state;
    model_write(model, 0, IPRIORITYR + 50, 1, 0x20);
    model_write(model, 0, ISPENDR + 4, 4, 1u << 18);
    assert_int_equal(model->replaced, 1);
    // One that becomes urgent while it waits.
    model_write(model, 0, IPRIORITYR + 43, 1, 0x10);
    assert_int_equal(model->replaced, 2);
    assert_int_equal(model_acknowledge(model, 0), 43);
    assert_true(model_end(model, 0, 43));
    assert_int_equal(model_acknowledge(model, 0), 50);
    assert_true(model_end(model, 0, 50));
    for (uint32_t i = 0; i < 3; i++) {
        uint32_t irq = model_acknowledge(model, 0);
        assert_true(irq >= 40 && irq < 43);
        assert_int_equal(model->taken[irq], 1);
        assert_true(model_end(model, 0, irq));
    }
    assert_int_equal(model_acknowledge(model, 0), MODEL_NONE);
    finish(model);
}

static void acknowledged_interrupts_keep_their_list_registers(void **state)
{
    struct gic_model *model = start_full();
    uint32_t first = model_acknowledge(model, 0);

    (void)state;
    model_write(model, 0, IPRIORITYR + 50, 1, 0x20);
    model_write(model, 0, ISPENDR + 4, 4, 1u << 18);
    assert_int_equal(model->replaced, 1);
    assert_int_equal(model_acknowledge(model, 0), 50);
    uint32_t tried = model->injected;
    model_write(model, 0, IPRIORITYR + 51, 1, 0x08);
    model_write(model, 0, IPRIORITYR + 52, 1, 0x10);
    model_write(model, 0, ISPENDR + 4, 4, 1u << 19);
    model_write(model, 0, ISPENDR + 4, 4, 1u << 20);
    // Refused once, and remembered; the other list register was tried before.
    assert_int_equal(model->injected, tried + 1);
    assert_int_equal(model->replaced, 1);
    assert_true(model_end(model, 0, 50));
    assert_int_equal(model_acknowledge(model, 0), 51);
    assert_true(model_end(model, 0, 51));
    assert_true(model_end(model, 0, first));
    finish(model);
}

static void without_the_kernels_help_nothing_is_replaced(void **state)
{
    struct gic_model *model = start_full();

    (void)state;
    model->vgic.replace = false;
    model_write(model, 0, IPRIORITYR + 50, 1, 0x20);
    model_write(model, 0, ISPENDR + 4, 4, 1u << 18);
    assert_int_equal(model->injected, 2);
    uint32_t first = model_acknowledge(model, 0);
    assert_true(model_end(model, 0, first));
    assert_int_equal(model_acknowledge(model, 0), 50);
    finish(model);
}

static void level_interrupt_that_went_away_is_not_given_back(void **state)
{
    struct gic_model *model = start(1, 1);

    (void)state;
    model_write(model, 0, IPRIORITYR + 40, 1, 0xa0);
    vgic_set_line(&model->vgic, 0, 40, true);
    vgic_set_line(&model->vgic, 0, 40, false);
    model_write(model, 0, ISPENDR + 4, 4, 1u << 18);
    assert_int_equal(model_acknowledge(model, 0), 50);
    assert_true(model_end(model, 0, 50));
    assert_int_equal(model_acknowledge(model, 0), MODEL_NONE);
    finish(model);
}

static void replaced_sgi_keeps_its_sender(void **state)
{
    struct gic_model *model = start(2, 1);

    (void)state;
    model_write(model, 1, IPRIORITYR + 1, 1, 0xa0);
    model_write(model, 0, SGIR, 4, 0x00020001);
    model_write(model, 1, SGIR, 4, 0x00020001);
    model_write(model, 0, SGIR, 4, 0x00020002); // SGI 2 is urgent
    assert_int_equal(model->replaced, 1);
    assert_int_equal(model_read(model, 1, SPENDSGIR, 4), 0x0300);
    static const uint32_t order[] = { 2, 1, 1 };
    for (uint32_t i = 0; i < 3; i++) {
        assert_int_equal(model_acknowledge(model, 1), order[i]);
        assert_true(model_end(model, 1, order[i]));
    }
    assert_int_equal(model_acknowledge(model, 1), MODEL_NONE);
    finish(model);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(urgent_interrupt_takes_the_place_of_a_pending_one),
        cmocka_unit_test(acknowledged_interrupts_keep_their_list_registers),
        cmocka_unit_test(without_the_kernels_help_nothing_is_replaced),
        cmocka_unit_test(level_interrupt_that_went_away_is_not_given_back),
        cmocka_unit_test(replaced_sgi_keeps_its_sender),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
