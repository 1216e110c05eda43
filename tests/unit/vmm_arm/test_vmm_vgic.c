// SPDX-License-Identifier: BSD-2-Clause
// Unit and property tests of the virtual GICv2 against the model of the virtual CPU interface.
#include "gic_test.h"

static struct gic_model *start(uint32_t vcpus, uint32_t lrs)
{
    struct gic_model *model = calloc(1, sizeof(*model));

    assert_non_null(model);
    model_init(model, vcpus, 128, lrs);
    model_write(model, 0, CTLR, 4, 1);
    for (uint32_t i = 0; i < 4; i++) {
        model_write(model, 0, ISENABLER + 4 * i, 4, 0xffffffff);
    }
    for (uint32_t v = 1; v < vcpus; v++) {
        model_write(model, v, ISENABLER, 4, 0xffffffff);
    }
    assert_null(model_check(model));
    return model;
}

/// With a kernel that can inject quietly.
static struct gic_model *start_quiet(uint32_t vcpus, uint32_t lrs)
{
    struct gic_model *model = start(vcpus, lrs);

    model->vgic.quiet = true;
    return model;
}

/// Acknowledges and ends until all CPUs are quiet. False: that takes suspiciously long.
static bool drain(struct gic_model *model)
{
    for (int round = 0; round < 10000; round++) {
        bool quiet = true;
        for (uint32_t vcpu = 0; vcpu < model->vgic.vcpu_count; vcpu++) {
            uint32_t irq = model_acknowledge(model, vcpu);
            for (uint32_t i = 0; irq == MODEL_NONE && i < VGIC_MAX_LRS; i++) {
                if (model->lrs[vcpu][i].state == LR_ACTIVE) {
                    irq = model->lrs[vcpu][i].irq;
                }
            }
            if (irq != MODEL_NONE) {
                quiet = false;
                (void)model_end(model, vcpu, irq);
            }
        }
        if (quiet) {
            return true;
        }
    }
    return false;
}

static void identification_is_a_gic_400(void **state)
{
    struct gic_model *model = start(2, 4);

    (void)state;
    assert_int_equal(model_read(model, 0, 0x004, 4), 3 | 1 << 5);
    assert_int_equal(model_read(model, 0, 0x008, 4), 0x0200043b);
    assert_int_equal(model_read(model, 0, 0xfe8, 4), 0x2b);
    assert_int_equal(model_read(model, 0, 0xffc, 4), 0xb1);
    model_write(model, 0, 0x004, 4, 0xffffffff);
    assert_int_equal(model_read(model, 0, 0x004, 4), 3 | 1 << 5);
    finish(model);
}

static void sizes_out_of_range_are_refused(void **state)
{
    static const struct vgic_ops none = { 0 };
    static const struct vgic_setup wrong[] = {
        { 2, 0, 64, 4, NULL },  { 2, VGIC_MAX_VCPUS + 1, 64, 4, NULL }, { 2, 1, 31, 4, NULL },
        { 2, 1, 64, 0, NULL },  { 2, 1, VGIC_MAX_IRQS + 1, 4, NULL },   { 1, 1, 64, 4, NULL },
        { 4, 1, 64, 4, NULL },
    };
    static const struct vgic_setup largest = { 2, VGIC_MAX_VCPUS, VGIC_MAX_IRQS, 64, NULL };
    struct vgic *vgic = calloc(1, sizeof(*vgic));

    (void)state;
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        assert_false(vgic_init(vgic, &wrong[i], &none, NULL));
    }
    assert_true(vgic_init(vgic, &largest, &none, NULL));
    assert_int_equal(vgic->irq_count, VGIC_SPECIAL_IRQS);
    free(vgic);
}

static void registers_read_back_what_was_written(void **state)
{
    struct gic_model *model = start(2, 4);

    (void)state;
    model_write(model, 0, CTLR, 4, 0xffffffff);
    assert_int_equal(model_read(model, 0, CTLR, 4), 3);
    model_write(model, 0, IGROUPR + 4, 4, 0xa5a5a5a5);
    assert_int_equal(model_read(model, 0, IGROUPR + 4, 4), 0xa5a5a5a5);
    model_write(model, 0, ICENABLER + 8, 4, 0x0000ffff);
    assert_int_equal(model_read(model, 0, ISENABLER + 8, 4), 0xffff0000);
    assert_int_equal(model_read(model, 0, ICENABLER + 8, 4), 0xffff0000);
    model_write(model, 0, IPRIORITYR + 40, 4, 0xa0b7c8ff);
    assert_int_equal(model_read(model, 0, IPRIORITYR + 40, 4), 0xa0b0c8f8);
    model_write(model, 0, IPRIORITYR + 41, 1, 0x17);
    assert_int_equal(model_read(model, 0, IPRIORITYR + 41, 1), 0x10);
    model_write(model, 0, ITARGETSR + 32, 4, 0x03020100);
    assert_int_equal(model_read(model, 0, ITARGETSR + 32, 4), 0x03020100);
    model_write(model, 0, ITARGETSR + 33, 1, 0xff);
    assert_int_equal(model_read(model, 0, ITARGETSR + 33, 1), 0x03);
    model_write(model, 0, ICFGR + 8, 4, 0xffffffff);
    assert_int_equal(model_read(model, 0, ICFGR + 8, 4), 0xaaaaaaaa);
    finish(model);
}

static void private_registers_are_banked(void **state)
{
    struct gic_model *model = start(2, 4);

    (void)state;
    model_write(model, 0, IPRIORITYR + 27, 1, 0x40);
    model_write(model, 1, IPRIORITYR + 27, 1, 0x80);
    assert_int_equal(model_read(model, 0, IPRIORITYR + 27, 1), 0x40);
    assert_int_equal(model_read(model, 1, IPRIORITYR + 27, 1), 0x80);
    assert_int_equal(model_read(model, 0, ITARGETSR, 4), 0x01010101);
    assert_int_equal(model_read(model, 1, ITARGETSR + 28, 4), 0x02020202);
    finish(model);
}

static void sgis_are_edges_and_always_enabled(void **state)
{
    struct gic_model *model = start(1, 4);

    (void)state;
    model_write(model, 0, ICENABLER, 4, 0xffffffff);
    assert_int_equal(model_read(model, 0, ISENABLER, 4), 0xffff);
    model_write(model, 0, ICFGR, 4, 0);
    assert_int_equal(model_read(model, 0, ICFGR, 4), 0xaaaaaaaa);
    model_write(model, 0, ISPENDR, 4, 0xffff);
    assert_int_equal(model_read(model, 0, ISPENDR, 4), 0);
    finish(model);
}

static void one_cpu_has_no_target_registers(void **state)
{
    struct gic_model *model = start(1, 4);

    (void)state;
    model_write(model, 0, ITARGETSR + 40, 1, 0);
    assert_int_equal(model_read(model, 0, ITARGETSR + 40, 4), 0);
    vgic_set_line(&model->vgic, 0, 40, true);
    assert_int_equal(model_acknowledge(model, 0), 40);
    finish(model);
}

static void level_interrupt_comes_again_while_its_line_is_high(void **state)
{
    struct gic_model *model = start(1, 4);

    (void)state;
    vgic_set_line(&model->vgic, 0, 40, true);
    assert_int_equal(model_acknowledge(model, 0), 40);
    assert_int_equal(model_acknowledge(model, 0), MODEL_NONE);
    assert_true(model_end(model, 0, 40));
    assert_int_equal(model_acknowledge(model, 0), 40);
    vgic_set_line(&model->vgic, 0, 40, false);
    assert_true(model_end(model, 0, 40));
    assert_int_equal(model_acknowledge(model, 0), MODEL_NONE);
    finish(model);
}

static void edge_while_active_is_delivered_once_more(void **state)
{
    struct gic_model *model = start(1, 4);

    (void)state;
    model_write(model, 0, ICFGR + 8, 4, 0xaaaaaaaa);
    vgic_set_line(&model->vgic, 0, 40, true);
    vgic_set_line(&model->vgic, 0, 40, false);
    assert_int_equal(model_acknowledge(model, 0), 40);
    for (int i = 0; i < 3; i++) {
        vgic_set_line(&model->vgic, 0, 40, true);
        vgic_set_line(&model->vgic, 0, 40, false);
    }
    assert_true(model_end(model, 0, 40));
    assert_int_equal(model_acknowledge(model, 0), 40);
    assert_true(model_end(model, 0, 40));
    assert_int_equal(model_acknowledge(model, 0), MODEL_NONE);
    finish(model);
}

static void disabled_interrupt_is_latched_and_comes_when_enabled(void **state)
{
    struct gic_model *model = start(1, 4);

    (void)state;
    model_write(model, 0, ICENABLER + 4, 4, 1u << 8);
    vgic_pend_physical(&model->vgic, 0, 40);
    assert_int_equal(model_acknowledge(model, 0), MODEL_NONE);
    assert_int_equal(model_read(model, 0, ISPENDR + 4, 4), 1u << 8);
    model_write(model, 0, ISENABLER + 4, 4, 1u << 8);
    assert_int_equal(model_acknowledge(model, 0), 40);
    assert_int_equal(model->retired[40], 0);
    assert_true(model_end(model, 0, 40));
    assert_int_equal(model->retired[40], 1);
    finish(model);
}

static void physical_interrupt_taken_back_by_the_guest_may_fire_again(void **state)
{
    struct gic_model *model = start(1, 4);

    (void)state;
    model_write(model, 0, ICENABLER + 4, 4, 1u << 8);
    vgic_pend_physical(&model->vgic, 0, 40);
    model_write(model, 0, ICPENDR + 4, 4, 1u << 8);
    assert_int_equal(model->retired[40], 1);
    model_write(model, 0, ISENABLER + 4, 4, 1u << 8);
    assert_int_equal(model_acknowledge(model, 0), MODEL_NONE);
    finish(model);
}

static void active_by_software_holds_the_interrupt_back(void **state)
{
    struct gic_model *model = start(1, 4);

    (void)state;
    model_write(model, 0, ISACTIVER + 4, 4, 1u << 8);
    assert_int_equal(model_read(model, 0, ISACTIVER + 4, 4), 1u << 8);
    model_write(model, 0, ISPENDR + 4, 4, 1u << 8);
    assert_int_equal(model_acknowledge(model, 0), MODEL_NONE);
    assert_int_equal(model_read(model, 0, ICPENDR + 4, 4), 1u << 8);
    model_write(model, 0, ICACTIVER + 4, 4, 1u << 8);
    assert_int_equal(model_acknowledge(model, 0), 40);
    assert_int_equal(model_read(model, 0, ICACTIVER + 4, 4), 1u << 8);
    finish(model);
}

static void distributor_off_forwards_nothing(void **state)
{
    struct gic_model *model = start(1, 4);

    (void)state;
    model_write(model, 0, CTLR, 4, 0);
    model_write(model, 0, ISPENDR + 4, 4, 1u << 8);
    assert_int_equal(model_acknowledge(model, 0), MODEL_NONE);
    model_write(model, 0, IGROUPR + 4, 4, 1u << 8);
    model_write(model, 0, CTLR, 4, 1);
    assert_int_equal(model_acknowledge(model, 0), MODEL_NONE);
    model_write(model, 0, CTLR, 4, 2);
    assert_int_equal(model->lrs[0][0].group, 1);
    assert_int_equal(model_acknowledge(model, 0), 40);
    finish(model);
}

static void urgent_interrupts_get_list_registers_first(void **state)
{
    struct gic_model *model = start(1, 2);

    (void)state;
    model_write(model, 0, CTLR, 4, 0);
    for (uint32_t irq = 40; irq < 48; irq++) {
        model_write(model, 0, IPRIORITYR + irq, 1, (48 - irq) * 8);
    }
    model_write(model, 0, ISPENDR + 4, 4, 0xff00);
    model_write(model, 0, CTLR, 4, 1);
    for (uint32_t irq = 47; irq >= 40; irq--) {
        assert_int_equal(model_acknowledge(model, 0), irq);
        assert_true(model_end(model, 0, irq));
    }
    assert_int_equal(model_acknowledge(model, 0), MODEL_NONE);
    finish(model);
}

static void equal_priorities_take_turns(void **state)
{
    struct gic_model *model = start(1, 1);

    (void)state;
    for (uint32_t irq = 40; irq < 45; irq++) {
        vgic_set_line(&model->vgic, 0, irq, true);
    }
    for (int i = 0; i < 50; i++) {
        uint32_t irq = model_acknowledge(model, 0);
        assert_in_range(irq, 40, 44);
        assert_true(model_end(model, 0, irq));
    }
    for (uint32_t irq = 40; irq < 45; irq++) {
        assert_in_range(model->taken[irq], 9, 11);
    }
    finish(model);
}

static void sgi_reaches_the_cpus_that_the_filter_names(void **state)
{
    struct gic_model *model = start(4, 4);

    (void)state;
    model_write(model, 1, SGIR, 4, 0x00050003); // CPUs 0 and 2
    assert_int_equal(model_acknowledge(model, 0), 3);
    assert_int_equal(model_acknowledge(model, 1), MODEL_NONE);
    assert_int_equal(model_acknowledge(model, 2), 3);
    assert_int_equal(model_acknowledge(model, 3), MODEL_NONE);
    model_write(model, 1, SGIR, 4, 0x01ff0004); // all others
    assert_int_equal(model_acknowledge(model, 1), MODEL_NONE);
    assert_int_equal(model_acknowledge(model, 3), 4);
    model_write(model, 1, SGIR, 4, 0x02000005); // self
    assert_int_equal(model_acknowledge(model, 1), 5);
    model_write(model, 1, SGIR, 4, 0x03ff0006); // reserved
    model_write(model, 1, SGIR, 4, 0x00f00007); // CPUs that do not exist
    for (uint32_t vcpu = 0; vcpu < 4; vcpu++) {
        assert_int_equal(model->taken[6] + model->taken[7], 0);
    }
    finish(model);
}

static void sgis_of_different_senders_are_delivered_each(void **state)
{
    struct gic_model *model = start(4, 4);

    (void)state;
    model_write(model, 3, SPENDSGIR, 4, 0x00000700); // SGI 1 from 0, 1, 2 to CPU 3
    assert_int_equal(model_read(model, 3, SPENDSGIR, 4), 0x00000600);
    model_write(model, 3, CPENDSGIR + 1, 1, 0x02);
    assert_int_equal(model_read(model, 3, CPENDSGIR, 4), 0x00000400);
    for (int i = 0; i < 2; i++) {
        assert_int_equal(model_acknowledge(model, 3), 1);
        assert_true(model_end(model, 3, 1));
    }
    assert_int_equal(model_acknowledge(model, 3), MODEL_NONE);
    finish(model);
}

static void shared_interrupt_goes_to_its_target(void **state)
{
    struct gic_model *model = start(4, 4);

    (void)state;
    model_write(model, 0, ITARGETSR + 40, 1, 0x0c);
    vgic_set_line(&model->vgic, 0, 40, true);
    assert_int_equal(model_acknowledge(model, 0), MODEL_NONE);
    assert_int_equal(model_acknowledge(model, 2), 40);
    model_write(model, 0, ITARGETSR + 40, 1, 0x02);
    assert_true(model_end(model, 2, 40));
    assert_int_equal(model_acknowledge(model, 2), MODEL_NONE);
    assert_int_equal(model_acknowledge(model, 1), 40);
    model_write(model, 0, ITARGETSR + 41, 1, 0);
    vgic_set_line(&model->vgic, 0, 41, true);
    for (uint32_t vcpu = 0; vcpu < 4; vcpu++) {
        assert_int_equal(model_acknowledge(model, vcpu), MODEL_NONE);
    }
    finish(model);
}

static void reset_forgets_all_but_the_lines(void **state)
{
    struct gic_model *model = start(2, 4);

    (void)state;
    vgic_set_line(&model->vgic, 0, 50, true);
    vgic_pend_physical(&model->vgic, 1, 27);
    model_write(model, 0, IPRIORITYR + 40, 4, 0x40404040);
    for (uint32_t i = 0; i < VGIC_MAX_LRS; i++) {
        model->lrs[0][i].state = LR_INVALID;
        model->lrs[1][i].state = LR_INVALID;
    }
    vgic_reset(&model->vgic, true);
    assert_int_equal(model->retired[27], 1);
    assert_int_equal(model_read(model, 0, CTLR, 4), 0);
    assert_int_equal(model_read(model, 0, IPRIORITYR + 40, 4), 0);
    assert_int_equal(model_read(model, 0, ISENABLER + 4, 4), 0);
    assert_false(vgic_pending(&model->vgic, 0));
    model_write(model, 0, CTLR, 4, 1);
    model_write(model, 0, ISENABLER + 4, 4, 1u << 18);
    assert_int_equal(model_acknowledge(model, 0), 50);
    finish(model);
}

static void list_registers_left_over_from_before_a_reset_are_not_touched(void **state)
{
    struct gic_model *model = start(1, 2);

    (void)state;
    vgic_set_line(&model->vgic, 0, 40, true);
    vgic_set_line(&model->vgic, 0, 41, true);
    assert_int_equal(model_acknowledge(model, 0), 40);
    vgic_set_line(&model->vgic, 0, 40, false);
    vgic_reset(&model->vgic, false);
    assert_true(vgic_pending(&model->vgic, 0));
    model_write(model, 0, CTLR, 4, 1);
    model_write(model, 0, ISENABLER + 4, 4, 1u << 10);
    vgic_set_line(&model->vgic, 0, 42, true);
    assert_int_equal(model->lrs[0][0].state, LR_ACTIVE);
    assert_true(model_end(model, 0, 40));
    assert_int_equal(model->lrs[0][0].irq, 42);
    finish(model);
}

static void list_register_that_is_active_after_all_is_left_alone(void **state)
{
    struct gic_model *model = start(1, 2);

    (void)state;
    model->lrs[0][0] = (struct model_lr){ LR_ACTIVE, 99, 0, 0, false, false };
    vgic_set_line(&model->vgic, 0, 40, true);
    assert_int_equal(model->lrs[0][0].irq, 99);
    assert_int_equal(model->lrs[0][1].irq, 40);
    assert_null(model_check(model));
    assert_true(model_end(model, 0, 99));
    finish(model);
}

static void cpu_reset_makes_its_interrupts_pending_again(void **state)
{
    struct gic_model *model = start(2, 2);

    (void)state;
    model_write(model, 0, IPRIORITYR + 40, 1, 0x80);
    vgic_pend_physical(&model->vgic, 0, 40);
    model_write(model, 1, SGIR, 4, 0x00010002);
    assert_int_equal(model_acknowledge(model, 0), 2);
    for (uint32_t i = 0; i < 2; i++) {
        model->lrs[0][i].state = LR_INVALID;
    }
    vgic_vcpu_reset(&model->vgic, 0);
    assert_null(model_check(model));
    assert_int_equal(model_acknowledge(model, 0), 2);
    assert_true(model_end(model, 0, 2));
    assert_int_equal(model_acknowledge(model, 0), 40);
    assert_true(model_end(model, 0, 40));
    assert_int_equal(model->retired[40], 1);
    finish(model);
}

static void end_of_an_edge_costs_no_event(void **state)
{
    struct gic_model *model = start_quiet(1, 4);

    (void)state;
    model_write(model, 0, ICFGR + 8, 4, 0xaaaaaaaa); // 32..47: edges
    vgic_set_line(&model->vgic, 0, 40, true);
    assert_int_equal(model_acknowledge(model, 0), 40);
    assert_true(model_end(model, 0, 40));
    assert_int_equal(model->ends, 0);
    assert_int_equal(model->looks, 0);
    // The registers say what is so.
    assert_int_equal(model_read(model, 0, ISACTIVER + 4, 4), 0);
    assert_int_equal(model->looks, 1);
    // Two edges before the guest takes the interrupt are one, as in hardware.
    vgic_set_line(&model->vgic, 0, 40, false);
    vgic_set_line(&model->vgic, 0, 40, true);
    vgic_set_line(&model->vgic, 0, 40, false);
    vgic_set_line(&model->vgic, 0, 40, true);
    assert_int_equal(model_acknowledge(model, 0), 40);
    // One that comes while the guest handles the last one follows it.
    vgic_set_line(&model->vgic, 0, 40, false);
    vgic_set_line(&model->vgic, 0, 40, true);
    assert_int_equal(model_acknowledge(model, 0), MODEL_NONE);
    assert_true(model_end(model, 0, 40));
    assert_int_equal(model_acknowledge(model, 0), 40);
    assert_true(model_end(model, 0, 40));
    assert_int_equal(model_acknowledge(model, 0), MODEL_NONE);
    assert_int_equal(model->ends, 0);
    assert_int_equal(model->looks, 1);
    // Level-sensitive and physical interrupts are never quiet.
    vgic_set_line(&model->vgic, 0, 50, true);
    assert_int_equal(model_acknowledge(model, 0), 50);
    vgic_set_line(&model->vgic, 0, 50, false);
    assert_true(model_end(model, 0, 50));
    vgic_pend_physical(&model->vgic, 0, 41);
    assert_int_equal(model_acknowledge(model, 0), 41);
    assert_true(model_end(model, 0, 41));
    assert_int_equal(model->ends, 2);
    assert_int_equal(model->retired[41], 1);
    finish(model);
}

static void sgi_that_repeats_needs_no_look_but_two_senders_stay_two(void **state)
{
    struct gic_model *model = start_quiet(3, 4);

    (void)state;
    for (unsigned i = 0; i < 3; i++) {
        model_write(model, 1, SGIR, 4, 1u << 16 | 5);
        assert_int_equal(model_acknowledge(model, 0), 5);
        assert_true(model_end(model, 0, 5));
    }
    assert_int_equal(model->looks, 0);
    // From CPU 1 twice and from CPU 2 once, before the guest takes any.
    model_write(model, 1, SGIR, 4, 1u << 16 | 5);
    model_write(model, 1, SGIR, 4, 1u << 16 | 5);
    assert_int_equal(model->looks, 0);
    model_write(model, 2, SGIR, 4, 1u << 16 | 5);
    assert_int_equal(model_acknowledge(model, 0), 5);
    assert_true(model_end(model, 0, 5));
    assert_int_equal(model_acknowledge(model, 0), 5);
    assert_true(model_end(model, 0, 5));
    assert_int_equal(model_acknowledge(model, 0), MODEL_NONE);
    finish(model);
}

static void sixteen_at_once_come_by_priority_with_few_events(void **state)
{
    struct gic_model *model = start_quiet(1, 4);

    (void)state;
    model_write(model, 0, CTLR, 4, 0);
    model_write(model, 0, ICFGR + 8, 4, 0xaaaaaaaa);
    for (uint32_t irq = 32; irq < 48; irq++) {
        model_write(model, 0, IPRIORITYR + irq, 1, (48 - irq) * 8);
    }
    model_write(model, 0, ISPENDR + 4, 4, 0xffff);
    model_write(model, 0, CTLR, 4, 1);
    for (uint32_t irq = 47; irq >= 32; irq--) {
        assert_int_equal(model_acknowledge(model, 0), irq);
        assert_true(model_end(model, 0, irq));
    }
    assert_int_equal(model_acknowledge(model, 0), MODEL_NONE);
    assert_int_equal(model->ends, 3);
    assert_int_equal(model->injected, 16);
    finish(model);
}

static void urgent_interrupt_finds_an_empty_list_register(void **state)
{
    struct gic_model *model = start_quiet(1, 2);

    (void)state;
    model_write(model, 0, ICFGR + 8, 4, 0xaaaaaaaa);
    for (uint32_t irq = 32; irq < 48; irq++) {
        model_write(model, 0, IPRIORITYR + irq, 1, 0x80);
    }
    model_write(model, 0, IPRIORITYR + 47, 1, 0x10);
    model_write(model, 0, ISPENDR + 4, 4, 0x7); // two fit
    uint32_t first = model_acknowledge(model, 0);
    assert_true(model_end(model, 0, first));
    uint32_t second = model_acknowledge(model, 0);
    vgic_set_line(&model->vgic, 0, 47, true); // preempts
    assert_int_equal(model_acknowledge(model, 0), 47);
    assert_true(model_end(model, 0, 47));
    assert_true(model_end(model, 0, second));
    assert_true(drain(model));
    assert_int_equal(model->taken[32] + model->taken[33] + model->taken[34], 3);
    finish(model);
}

static void switched_off_cpu_gives_back_what_it_did_not_end(void **state)
{
    struct gic_model *model = start_quiet(2, 4);

    (void)state;
    model_write(model, 0, ICFGR + 8, 4, 0xaaaaaaaa);
    model_write(model, 0, ITARGETSR + 32, 4, 0x02020202);
    model_write(model, 0, ISPENDR + 4, 4, 0x3);
    uint32_t ended = model_acknowledge(model, 1);
    assert_true(model_end(model, 1, ended));
    vgic_learn(&model->vgic, 1);
    for (uint32_t i = 0; i < 4; i++) {
        model->lrs[1][i].state = LR_INVALID; // the VCPU's reset
    }
    vgic_vcpu_off(&model->vgic, 1);
    model_write(model, 0, ITARGETSR + 32, 4, 0x01010101);
    assert_int_equal(model_acknowledge(model, 0), ended == 32 ? 33 : 32);
    assert_int_equal(model_acknowledge(model, 0), MODEL_NONE);
    free(model);
}

static void nonsense_from_the_kernel_is_ignored(void **state)
{
    struct gic_model *model = start(1, 4);

    (void)state;
    vgic_end(&model->vgic, 0, 3);
    vgic_end(&model->vgic, 0, VGIC_MAX_LRS);
    vgic_end(&model->vgic, 0, UINT32_MAX);
    vgic_end(&model->vgic, 7, 0);
    vgic_set_line(&model->vgic, 0, 5000, true);
    vgic_set_line(&model->vgic, 9, 40, true);
    vgic_pend_physical(&model->vgic, 0, 3);
    vgic_pend_physical(&model->vgic, 0, 1023);
    assert_int_equal(model->injected, 0);
    finish(model);
}

// --- Properties ------------------------------------------------------------------------------

static uint32_t seed;

static uint32_t next_random(uint32_t bound)
{
    seed = seed * 1664525u + 1013904223u;
    return (seed >> 8) % bound;
}

static void random_register_write(struct gic_model *model)
{
    static const uint32_t blocks[] = { ISENABLER, ICENABLER, ISPENDR,   ICPENDR,
                                       ISACTIVER, ICACTIVER, IGROUPR,   ICFGR,
                                       SGIR,      SPENDSGIR, CPENDSGIR, CTLR };
    uint32_t vcpu = next_random(model->vgic.vcpu_count);
    uint32_t value = next_random(UINT32_MAX) & next_random(UINT32_MAX);

    if (next_random(4) == 0) {
        uint32_t irq = next_random(140);
        model_write(model, vcpu, (next_random(2) ? IPRIORITYR : ITARGETSR) + irq, 1, value);
        return;
    }
    uint32_t block = blocks[next_random(sizeof(blocks) / sizeof(blocks[0]))];
    uint32_t offset = block == SGIR || block == CTLR ? 0 : 4 * next_random(6);
    model_write(model, vcpu, block + offset, 4, value);
}

static void random_step(struct gic_model *model)
{
    uint32_t vcpu = next_random(model->vgic.vcpu_count);
    uint32_t irq = next_random(130);

    switch (next_random(8)) {
    case 0:
    case 1:
        random_register_write(model);
        break;
    case 2:
        vgic_set_line(&model->vgic, vcpu, irq, next_random(2) != 0);
        break;
    case 3:
        vgic_pend_physical(&model->vgic, vcpu, irq);
        break;
    case 4:
        (void)model_read(model, vcpu, next_random(0x1000) & ~3u, 4);
        break;
    case 5:
        for (uint32_t i = 0; i < VGIC_MAX_LRS; i++) {
            if (model->lrs[vcpu][i].state == LR_ACTIVE && next_random(2)) {
                (void)model_end(model, vcpu, model->lrs[vcpu][i].irq);
            }
        }
        break;
    default:
        (void)model_acknowledge(model, vcpu);
        break;
    }
}

static void invariants_hold_after_every_step(void **state)
{
    (void)state;
    for (seed = 1; seed < 40; seed += 3) {
        struct gic_model *model = start(1 + seed % 4, 1 + seed % 5);
        model->vgic.quiet = seed % 2 == 0;
        uint32_t begin = seed;
        for (int step = 0; step < 3000; step++) {
            random_step(model);
            const char *problem = model_check(model);
            if (problem != NULL) {
                fail_msg("seed %u, step %d: %s", begin, step, problem);
            }
        }
        finish(model);
        seed = begin;
    }
}

/// Every edge is followed by an acknowledge of that interrupt, and physical interrupts are retired
/// exactly once each: their source fires again only after that.
static void no_interrupt_is_lost(void **state)
{
    (void)state;
    for (uint32_t run = 1; run < 60; run++) {
        struct gic_model *model = start(1 + run % 3, 1 + run % 4);
        model->vgic.quiet = run >= 30;
        uint32_t raised[VGIC_MAX_IRQS] = { 0 };
        uint32_t seen[VGIC_MAX_IRQS] = { 0 };
        seed = run * 77;
        for (uint32_t i = 0; i < 8; i++) {
            model_write(model, 0, ICFGR + 8 + 4 * i, 4, 0xaaaaaaaa);
        }
        for (uint32_t irq = 32; irq < 128; irq++) {
            model_write(model, 0, ITARGETSR + irq, 1, 1u << next_random(model->vgic.vcpu_count));
            model_write(model, 0, IPRIORITYR + irq, 1, next_random(4) * 64);
        }
        for (int step = 0; step < 4000; step++) {
            uint32_t irq = 32 + next_random(96);
            bool physical = irq % 2 == 0;
            if (next_random(3) == 0 && (!physical || raised[irq] == model->retired[irq])) {
                raised[irq]++;
                seen[irq] = model->taken[irq];
                if (physical) {
                    vgic_pend_physical(&model->vgic, 0, irq);
                } else {
                    vgic_set_line(&model->vgic, 0, irq, true);
                    vgic_set_line(&model->vgic, 0, irq, false);
                }
            }
            uint32_t vcpu = next_random(model->vgic.vcpu_count);
            uint32_t taken = model_acknowledge(model, vcpu);
            if (taken != MODEL_NONE && next_random(2)) {
                (void)model_end(model, vcpu, taken);
            }
        }
        assert_true(drain(model));
        for (uint32_t irq = 32; irq < 128; irq++) {
            // Taken after its last edge, unless that edge merged with one that was pending in a
            // list register.
            assert_true(raised[irq] == 0 || model->taken[irq] > 0);
            assert_true(raised[irq] == 0 || model->taken[irq] > seen[irq]);
            assert_true(model->taken[irq] <= raised[irq]);
            if (irq % 2 == 0) {
                assert_int_equal(model->retired[irq], raised[irq]);
            }
        }
        finish(model);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(identification_is_a_gic_400),
        cmocka_unit_test(sizes_out_of_range_are_refused),
        cmocka_unit_test(registers_read_back_what_was_written),
        cmocka_unit_test(private_registers_are_banked),
        cmocka_unit_test(sgis_are_edges_and_always_enabled),
        cmocka_unit_test(one_cpu_has_no_target_registers),
        cmocka_unit_test(level_interrupt_comes_again_while_its_line_is_high),
        cmocka_unit_test(edge_while_active_is_delivered_once_more),
        cmocka_unit_test(disabled_interrupt_is_latched_and_comes_when_enabled),
        cmocka_unit_test(physical_interrupt_taken_back_by_the_guest_may_fire_again),
        cmocka_unit_test(active_by_software_holds_the_interrupt_back),
        cmocka_unit_test(distributor_off_forwards_nothing),
        cmocka_unit_test(urgent_interrupts_get_list_registers_first),
        cmocka_unit_test(equal_priorities_take_turns),
        cmocka_unit_test(sgi_reaches_the_cpus_that_the_filter_names),
        cmocka_unit_test(sgis_of_different_senders_are_delivered_each),
        cmocka_unit_test(shared_interrupt_goes_to_its_target),
        cmocka_unit_test(reset_forgets_all_but_the_lines),
        cmocka_unit_test(list_registers_left_over_from_before_a_reset_are_not_touched),
        cmocka_unit_test(list_register_that_is_active_after_all_is_left_alone),
        cmocka_unit_test(cpu_reset_makes_its_interrupts_pending_again),
        cmocka_unit_test(end_of_an_edge_costs_no_event),
        cmocka_unit_test(sgi_that_repeats_needs_no_look_but_two_senders_stay_two),
        cmocka_unit_test(sixteen_at_once_come_by_priority_with_few_events),
        cmocka_unit_test(urgent_interrupt_finds_an_empty_list_register),
        cmocka_unit_test(switched_off_cpu_gives_back_what_it_did_not_end),
        cmocka_unit_test(nonsense_from_the_kernel_is_ignored),
        cmocka_unit_test(invariants_hold_after_every_step),
        cmocka_unit_test(no_interrupt_is_lost),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
