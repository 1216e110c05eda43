// SPDX-License-Identifier: BSD-2-Clause
// Unit and property tests of the interrupt that the kernel delivers by itself: what the distributor
// says about it, and how it changes between the kernel's way and ours.
#include "gic_test.h"

#define BIT27 (1u << 27)

static struct gic_model *start(uint32_t vcpus, uint32_t lrs)
{
    struct gic_model *model = calloc(1, sizeof(*model));

    assert_non_null(model);
    model_init_direct(model, vcpus, 64, lrs);
    model_write(model, 0, CTLR, 4, 1);
    for (uint32_t v = 0; v < vcpus; v++) {
        model_write(model, v, ISENABLER, 4, 0xffffffff);
    }
    model_write(model, 0, ISENABLER + 4, 4, 0xffffffff);
    assert_null(model_check(model));
    return model;
}

static void tick_costs_no_call(void **state)
{
    struct gic_model *model = start(1, 4);

    (void)state;
    for (unsigned i = 0; i < 10; i++) {
        model_timer_line(model, 0, true);
        assert_int_equal(model_acknowledge(model, 0), 27);
        model_timer_line(model, 0, false);
        assert_true(model_end(model, 0, 27));
        assert_int_equal(model_acknowledge(model, 0), MODEL_NONE);
    }
    assert_int_equal(model->injected, 0);
    assert_int_equal(model->retired[27], 0);
    assert_false(vgic_pending(&model->vgic, 0));
    finish(model);
}

static void distributor_shows_the_true_state(void **state)
{
    struct gic_model *model = start(1, 4);

    (void)state;
    assert_int_equal(model_read(model, 0, ISPENDR, 4) & BIT27, 0);
    model_timer_line(model, 0, true);
    assert_int_equal(model_read(model, 0, ISPENDR, 4) & BIT27, BIT27);
    assert_int_equal(model_read(model, 0, ISACTIVER, 4) & BIT27, 0);
    assert_int_equal(model_acknowledge(model, 0), 27);
    assert_int_equal(model_read(model, 0, ISACTIVER, 4) & BIT27, BIT27);
    model_timer_line(model, 0, false);
    assert_int_equal(model_read(model, 0, ISPENDR, 4) & BIT27, 0);
    assert_int_equal(model_read(model, 0, ICACTIVER, 4) & BIT27, BIT27);
    assert_true(model_end(model, 0, 27));
    assert_int_equal(model_read(model, 0, ISACTIVER, 4) & BIT27, 0);
    finish(model);
}

static void disabling_takes_a_pending_one_back(void **state)
{
    struct gic_model *model = start(1, 4);

    (void)state;
    model_timer_line(model, 0, true);
    model_write(model, 0, ICENABLER, 4, BIT27);
    assert_int_equal(model_acknowledge(model, 0), MODEL_NONE);
    assert_int_equal(model_read(model, 0, ISPENDR, 4) & BIT27, BIT27);
    model_write(model, 0, ISENABLER, 4, BIT27);
    assert_int_equal(model_acknowledge(model, 0), 27);
    model_write(model, 0, CTLR, 4, 0);
    model_timer_line(model, 0, false);
    assert_true(model_end(model, 0, 27));
    model_timer_line(model, 0, true);
    assert_int_equal(model_acknowledge(model, 0), MODEL_NONE);
    model_write(model, 0, IGROUPR, 4, BIT27);
    model_write(model, 0, CTLR, 4, 2);
    assert_int_equal(model_acknowledge(model, 0), 27);
    finish(model);
}

static void priority_of_a_pending_one_changes(void **state)
{
    struct gic_model *model = start(1, 4);

    (void)state;
    model_write(model, 0, IPRIORITYR + 40, 1, 0x40);
    model_write(model, 0, IPRIORITYR + 27, 1, 0x80);
    vgic_set_line(&model->vgic, 0, 40, true);
    model_timer_line(model, 0, true);
    model_write(model, 0, IPRIORITYR + 24, 4, 0x20000000);
    assert_int_equal(model_acknowledge(model, 0), 27);
    assert_int_equal(model_acknowledge(model, 0), MODEL_NONE);
    finish(model);
}

static void pending_without_its_line_is_cleared(void **state)
{
    struct gic_model *model = start(1, 4);

    (void)state;
    model_timer_line(model, 0, true);
    model_write(model, 0, ICPENDR, 4, BIT27);
    assert_int_equal(model_read(model, 0, ISPENDR, 4) & BIT27, BIT27); // the line is still high
    model_timer_line(model, 0, false);
    model_write(model, 0, ICPENDR, 4, BIT27);
    assert_int_equal(model_read(model, 0, ISPENDR, 4) & BIT27, 0);
    assert_int_equal(model_acknowledge(model, 0), MODEL_NONE);
    finish(model);
}

static void active_one_is_cleared_by_software(void **state)
{
    struct gic_model *model = start(1, 4);

    (void)state;
    model_timer_line(model, 0, true);
    assert_int_equal(model_acknowledge(model, 0), 27);
    model_timer_line(model, 0, false);
    model_write(model, 0, ICACTIVER, 4, 0xffffffff);
    assert_int_equal(model_read(model, 0, ISACTIVER, 4) & BIT27, 0);
    model_timer_line(model, 0, true);
    assert_int_equal(model_acknowledge(model, 0), 27);
    finish(model);
}

static void set_pending_by_software_comes_once(void **state)
{
    struct gic_model *model = start(1, 4);

    (void)state;
    model_write(model, 0, ISPENDR, 4, BIT27);
    assert_int_equal(model_acknowledge(model, 0), 27);
    assert_null(model_check(model));
    assert_true(model_end(model, 0, 27));
    assert_int_equal(model_acknowledge(model, 0), MODEL_NONE);
    assert_true(model->timers[0].on); // the kernel delivers again
    // While the kernel's own is active: once more after its end.
    model_timer_line(model, 0, true);
    assert_int_equal(model_acknowledge(model, 0), 27);
    model_write(model, 0, ISPENDR, 4, BIT27);
    assert_false(model->timers[0].on);
    assert_null(model_check(model));
    model_timer_line(model, 0, false);
    assert_true(model_end(model, 0, 27));
    assert_int_equal(model_acknowledge(model, 0), 27);
    assert_true(model_end(model, 0, 27));
    assert_int_equal(model_acknowledge(model, 0), MODEL_NONE);
    assert_true(model->timers[0].on);
    assert_false(model->timers[0].masked);
    finish(model);
}

static void set_active_by_software_holds_it_back(void **state)
{
    struct gic_model *model = start(1, 4);

    (void)state;
    model_write(model, 0, ISACTIVER, 4, BIT27);
    model_timer_line(model, 0, true);
    assert_int_equal(model_acknowledge(model, 0), MODEL_NONE);
    model_write(model, 0, ICACTIVER, 4, BIT27);
    assert_int_equal(model_acknowledge(model, 0), 27);
    model_timer_line(model, 0, false);
    assert_true(model_end(model, 0, 27));
    assert_true(model->timers[0].on);
    finish(model);
}

static void other_interrupts_use_the_other_list_registers(void **state)
{
    struct gic_model *model = start(1, 2);

    (void)state;
    for (uint32_t irq = 40; irq < 44; irq++) {
        vgic_set_line(&model->vgic, 0, irq, true);
        vgic_set_line(&model->vgic, 0, irq, false);
    }
    model_timer_line(model, 0, true);
    assert_int_equal(model->lrs[0][1].irq, 27);
    vgic_end(&model->vgic, 0, 1); // no such event can come
    assert_null(model_check(model));
    finish(model);
}

static void without_a_free_list_register_it_comes_our_way(void **state)
{
    struct gic_model *model = start(1, 1);

    (void)state;
    model_write(model, 0, ICFGR + 4, 4, 2u << 22); // an edge: not the kernel's
    assert_false(model->timers[0].on);
    vgic_set_line(&model->vgic, 0, 40, true);
    model_write(model, 0, ICFGR + 4, 4, 0);
    assert_false(model->timers[0].on);
    model_timer_line(model, 0, true);
    assert_int_equal(model_acknowledge(model, 0), 40);
    vgic_set_line(&model->vgic, 0, 40, false);
    assert_true(model_end(model, 0, 40));
    assert_int_equal(model_acknowledge(model, 0), 27);
    finish(model);
}

static void resets_turn_it_on_anew(void **state)
{
    struct gic_model *model = start(2, 4);

    (void)state;
    for (unsigned cleared = 0; cleared < 2; cleared++) {
        model_timer_line(model, 1, true);
        if (cleared != 0) {
            for (uint32_t v = 0; v < 2; v++) {
                for (uint32_t i = 0; i < VGIC_MAX_LRS; i++) {
                    model->lrs[v][i].state = LR_INVALID;
                }
                model->timers[v] = (struct model_timer){ 0 };
            }
        }
        vgic_reset(&model->vgic, cleared != 0);
        assert_null(model_check(model));
        assert_true(model->timers[0].on);
        assert_false(model->timers[0].forward);
        model->timers[1].line = false;
    }
    model->timers[1] = (struct model_timer){ 0 };
    vgic_vcpu_reset(&model->vgic, 1);
    assert_true(model->timers[1].on);
    finish(model);
}

static uint32_t next_random(uint32_t bound)
{
    static uint64_t seed = 88172645463325252u;

    seed ^= seed << 13;
    seed ^= seed >> 7;
    seed ^= seed << 17;
    return (uint32_t)(seed >> 16) % bound;
}

static void random_step(struct gic_model *model)
{
    static const uint32_t blocks[] = { CTLR,    IGROUPR,   ISENABLER, ICENABLER, ISPENDR,
                                       ICPENDR, ISACTIVER, ICACTIVER, ICFGR + 4 };
    uint32_t vcpu = next_random(model->vgic.vcpu_count);
    uint32_t taken;

    switch (next_random(7)) {
    case 0:
        model_write(model, vcpu, blocks[next_random(9)], 4,
                    next_random(UINT32_MAX) & next_random(UINT32_MAX));
        break;
    case 1:
        model_write(model, vcpu, IPRIORITYR + next_random(64), 1, next_random(256));
        break;
    case 2:
        vgic_set_line(&model->vgic, vcpu, 40 + next_random(8), next_random(2) != 0);
        break;
    case 3:
        model_write(model, 0, CTLR, 4, 3);
        model_write(model, vcpu, ISENABLER, 4, 0xffffffff);
        model_write(model, vcpu, ICACTIVER, 4, 0xffffffff);
        break;
    case 4:
        taken = model_acknowledge(model, vcpu);
        if (taken == MODEL_TIMER) {
            model_timer_line(model, vcpu, false);
        }
        break;
    case 5:
        for (uint32_t i = 0; i < VGIC_MAX_LRS; i++) {
            if (model->lrs[vcpu][i].state == LR_ACTIVE) {
                (void)model_end(model, vcpu, model->lrs[vcpu][i].irq);
                break;
            }
        }
        break;
    default:
        model_timer_line(model, vcpu, next_random(2) != 0);
        break;
    }
}

static void books_hold_after_every_step(void **state)
{
    (void)state;
    for (unsigned round = 0; round < 60; round++) {
        struct gic_model *model = start(1 + next_random(3), 1 + next_random(4));
        for (unsigned i = 0; i < 2000; i++) {
            random_step(model);
            const char *broken = model_check(model);
            if (broken != NULL) {
                fail_msg("round %u, step %u: %s", round, i, broken);
            }
        }
        // Whatever happened before: everything on, everything ended, and the timer comes.
        model_write(model, 0, CTLR, 4, 3);
        for (uint32_t v = 0; v < model->vgic.vcpu_count; v++) {
            model_write(model, v, ISENABLER, 4, 0xffffffff);
            model_write(model, v, ICFGR + 4, 4, 0);
            model_write(model, v, ICACTIVER, 4, 0xffffffff);
            model_timer_line(model, v, true);
        }
        for (uint32_t irq = 40; irq < 48; irq++) {
            vgic_set_line(&model->vgic, 0, irq, false);
        }
        uint32_t before = model->taken[MODEL_TIMER];
        for (unsigned i = 0; i < 200; i++) {
            for (uint32_t k = 0; k < VGIC_MAX_LRS; k++) {
                if (model->lrs[0][k].state == LR_ACTIVE) {
                    (void)model_end(model, 0, model->lrs[0][k].irq);
                }
            }
            (void)model_acknowledge(model, 0);
        }
        assert_true(model->taken[MODEL_TIMER] > before);
        finish(model);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tick_costs_no_call),
        cmocka_unit_test(distributor_shows_the_true_state),
        cmocka_unit_test(disabling_takes_a_pending_one_back),
        cmocka_unit_test(priority_of_a_pending_one_changes),
        cmocka_unit_test(pending_without_its_line_is_cleared),
        cmocka_unit_test(active_one_is_cleared_by_software),
        cmocka_unit_test(set_pending_by_software_comes_once),
        cmocka_unit_test(set_active_by_software_holds_it_back),
        cmocka_unit_test(other_interrupts_use_the_other_list_registers),
        cmocka_unit_test(without_a_free_list_register_it_comes_our_way),
        cmocka_unit_test(resets_turn_it_on_anew),
        cmocka_unit_test(books_hold_after_every_step),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
