// SPDX-License-Identifier: BSD-2-Clause
// Unit and property tests of the virtual GICv3's registers against the model of the virtual CPU
// interface. Delivery is that of the GICv2 (test_vmm_vgic.c).
#include "gic_test.h"

#define IGRPMODR 0x0d00u
#define IROUTER 0x6000u
#define PIDR2 0xffe8u

/// Registers of redistributor `n`.
#define RD(n, offset) (MODEL_REDIST + (n) * 0x20000u + (offset))
#define SGI(n, offset) RD(n, 0x10000u + (offset))
#define GICR_TYPER 0x08u
#define GICR_WAKER 0x14u

#define GROUP1_ON 2u

static struct gic_model *start_with(uint32_t vcpus, uint32_t lrs, const uint32_t *affinities)
{
    struct gic_model *model = calloc(1, sizeof(*model));
    struct vgic_setup setup = {
        .version = 3, .vcpu_count = vcpus, .irq_count = 128, .lr_count = lrs,
        .affinities = affinities,
    };

    assert_non_null(model);
    model_set_up(model, &setup);
    model_write(model, 0, CTLR, 4, GROUP1_ON);
    for (uint32_t i = 1; i < 4; i++) {
        model_write(model, 0, IGROUPR + 4 * i, 4, 0xffffffff);
        model_write(model, 0, ISENABLER + 4 * i, 4, 0xffffffff);
    }
    for (uint32_t v = 0; v < vcpus; v++) {
        model_write(model, v, RD(v, GICR_WAKER), 4, 0);
        model_write(model, v, SGI(v, IGROUPR), 4, 0xffffffff);
        model_write(model, v, SGI(v, ISENABLER), 4, 0xffffffff);
    }
    assert_null(model_check(model));
    return model;
}

static struct gic_model *start(uint32_t vcpus, uint32_t lrs)
{
    return start_with(vcpus, lrs, NULL);
}

static void distributor_has_one_security_state_and_no_lpis(void **state)
{
    struct gic_model *model = start(2, 4);
    uint32_t typer = (uint32_t)model_read(model, 0, TYPER, 4);

    (void)state;
    assert_int_equal(model_read(model, 0, CTLR, 4), 0x52);
    model_write(model, 0, CTLR, 4, 0xffffffff);
    assert_int_equal(model_read(model, 0, CTLR, 4), 0x53);
    model_write(model, 0, CTLR, 4, 0);
    assert_int_equal(model_read(model, 0, CTLR, 4), 0x50);
    assert_int_equal(typer & 0x1f, 3);       // 128 interrupts
    assert_int_equal(typer & (1u << 10), 0); // SecurityExtn
    assert_int_equal(typer & (7u << 16), 0); // MBIS, LPIS, DVIS
    assert_int_equal(typer >> 19 & 0x1f, 9);
    assert_int_not_equal(typer & (1u << 25), 0); // No1N
    assert_int_equal(model_read(model, 0, IIDR, 4), 0x43b);
    assert_int_equal(model_read(model, 0, PIDR2, 4), 0x3b);
    assert_int_equal(model_read(model, 0, 0xfff0, 4), 0x0d);
    assert_int_equal(model_read(model, 0, 0xfffc, 4), 0xb1);
    finish(model);
}

static void reserved_registers_read_as_zero(void **state)
{
    static const uint32_t reserved[] = {
        IGROUPR, ISENABLER, ISPENDR, ISACTIVER, IPRIORITYR, IPRIORITYR + 28, ICFGR, ICFGR + 4,
        ITARGETSR, ITARGETSR + 40, IGRPMODR, IGRPMODR + 4, 0xe00, SGIR, 0xf10, 0xf20, 0x10, 0x40,
        0x5ffc, IROUTER, IROUTER + 8 * 31, IROUTER + 8 * 128, 0x7fe0, 0xffcc,
    };
    struct gic_model *model = start(2, 4);

    (void)state;
    for (size_t i = 0; i < sizeof(reserved) / sizeof(reserved[0]); i++) {
        model_write(model, 0, reserved[i], 4, 0xffffffff);
        assert_int_equal(model_read(model, 0, reserved[i], 4), 0);
    }
    assert_int_equal(model_acknowledge(model, 0), MODEL_NONE);
    finish(model);
}

static void registers_read_back_what_was_written(void **state)
{
    struct gic_model *model = start(2, 4);

    (void)state;
    model_write(model, 0, IGROUPR + 8, 4, 0xa5a5a5a5);
    assert_int_equal(model_read(model, 0, IGROUPR + 8, 4), 0xa5a5a5a5);
    model_write(model, 0, ICENABLER + 4, 4, 0xffff);
    assert_int_equal(model_read(model, 1, ISENABLER + 4, 4), 0xffff0000);
    model_write(model, 1, IPRIORITYR + 32, 4, 0x07f08148);
    assert_int_equal(model_read(model, 0, IPRIORITYR + 32, 4), 0x00f08048);
    model_write(model, 1, IPRIORITYR + 33, 1, 0xff);
    assert_int_equal(model_read(model, 0, IPRIORITYR + 32, 4), 0x00f0f848);
    model_write(model, 0, ICFGR + 8, 4, 0xffffffff);
    assert_int_equal(model_read(model, 0, ICFGR + 8, 4), 0xaaaaaaaa);
    finish(model);
}

static void only_the_widths_of_the_architecture_are_taken(void **state)
{
    struct gic_model *model = start(1, 4);

    (void)state;
    model_write(model, 0, ISENABLER + 4, 8, 0); // not a 64-bit register
    model_write(model, 0, ICENABLER + 4, 1, 0xff);
    model_write(model, 0, ICENABLER + 4, 2, 0xffff);
    model_write(model, 0, ICENABLER + 5, 4, 0xffff);
    assert_int_equal(model_read(model, 0, ISENABLER + 4, 4), 0xffffffff);
    assert_int_equal(model_read(model, 0, ISENABLER + 4, 8), 0);
    assert_int_equal(model_read(model, 0, ISENABLER + 5, 4), 0);
    model_write(model, 0, IPRIORITYR + 40, 2, 0xffff);
    model_write(model, 0, IPRIORITYR + 40, 8, UINT64_MAX);
    assert_int_equal(model_read(model, 0, IPRIORITYR + 40, 4), 0);
    model_write(model, 0, IROUTER + 8 * 40, 2, 0xffff);
    model_write(model, 0, IROUTER + 8 * 40 + 4, 8, UINT64_MAX);
    assert_int_equal(model_read(model, 0, IROUTER + 8 * 40, 8), 0);
    assert_int_equal(model_read(model, 0, RD(0, GICR_TYPER) + 1, 4), 0);
    finish(model);
}

static void redistributors_say_whose_they_are(void **state)
{
    static const uint32_t affinities[3] = { 0x000000, 0x000001, 0x010203 };
    struct gic_model *model = start_with(3, 4, affinities);

    (void)state;
    assert_int_equal(model_read(model, 0, RD(0, GICR_TYPER), 8), 0);
    assert_int_equal(model_read(model, 0, RD(1, GICR_TYPER), 8), UINT64_C(1) << 32 | 1u << 8);
    assert_int_equal(model_read(model, 0, RD(2, GICR_TYPER), 8),
                     UINT64_C(0x010203) << 32 | 2u << 8 | 1u << 4);
    assert_int_equal(model_read(model, 0, RD(2, GICR_TYPER + 4), 4), 0x010203);
    assert_int_equal(model_read(model, 0, RD(2, GICR_TYPER), 4), 2u << 8 | 1u << 4);
    assert_int_equal(model_read(model, 0, RD(1, 0), 4), 0);
    assert_int_equal(model_read(model, 0, RD(1, 4), 4), 0x43b);
    assert_int_equal(model_read(model, 0, RD(1, PIDR2), 4), 0x3b);
    finish(model);
}

static void nothing_is_behind_the_last_redistributor(void **state)
{
    struct gic_model *model = start(2, 4);
    struct access access = { .offset = 2 * VGIC_V3_REDIST_SIZE, .size = 4 };

    (void)state;
    assert_int_equal(vgic_v3_redist_access(&model->vgic, &access), ACCESS_UNMAPPED);
    access.offset = UINT64_MAX - 3;
    assert_int_equal(vgic_v3_redist_access(&model->vgic, &access), ACCESS_UNMAPPED);
    finish(model);
}

static void private_registers_are_the_redistributors(void **state)
{
    struct gic_model *model = start(2, 4);

    (void)state;
    // Whoever makes the access.
    model_write(model, 0, SGI(1, IPRIORITYR + 27), 1, 0x48);
    assert_int_equal(model_read(model, 1, SGI(1, IPRIORITYR + 27), 1), 0x48);
    assert_int_equal(model_read(model, 1, SGI(0, IPRIORITYR + 27), 1), 0);
    model_write(model, 0, SGI(1, ICENABLER), 4, 1u << 27 | 1u << 3);
    assert_int_equal(model_read(model, 0, SGI(1, ISENABLER), 4), 0xf7fffff7);
    assert_int_equal(model_read(model, 0, SGI(0, ISENABLER), 4), 0xffffffff);
    model_write(model, 1, SGI(0, ICFGR), 4, 0);
    model_write(model, 1, SGI(0, ICFGR + 4), 4, 0xffffffff);
    assert_int_equal(model_read(model, 1, SGI(0, ICFGR), 4), 0xaaaaaaaa);
    assert_int_equal(model_read(model, 1, SGI(0, ICFGR + 4), 4), 0xaaaaaaaa);
    model_write(model, 1, SGI(0, IGRPMODR), 4, 0xffffffff);
    assert_int_equal(model_read(model, 1, SGI(0, IGRPMODR), 4), 0);
    // The second word of an array is the distributor's.
    model_write(model, 1, SGI(0, ISPENDR + 4), 4, 0xffffffff);
    assert_int_equal(model_read(model, 1, SGI(0, ISPENDR + 4), 4), 0);
    assert_int_equal(model_read(model, 1, ISPENDR + 4, 4), 0);
    finish(model);
}

static void shared_interrupt_goes_where_its_route_says(void **state)
{
    static const uint32_t affinities[3] = { 0x000000, 0x000100, 0x010203 };
    struct gic_model *model = start_with(3, 4, affinities);
    uint32_t route = IROUTER + 8 * 40;

    (void)state;
    assert_int_equal(model_read(model, 0, route, 8), 0);
    vgic_set_line(&model->vgic, 0, 40, true);
    assert_int_equal(model_acknowledge(model, 0), 40);
    model_write(model, 0, route, 8, 0x010203);
    assert_true(model_end(model, 0, 40));
    assert_int_equal(model_acknowledge(model, 0), MODEL_NONE);
    assert_int_equal(model_acknowledge(model, 2), 40);
    model_write(model, 0, route, 4, 0x000100);
    assert_true(model_end(model, 2, 40));
    assert_int_equal(model_acknowledge(model, 1), 40);
    // To nobody: it waits, and the register says what was written.
    model_write(model, 0, route + 4, 4, 0xffffff07);
    assert_true(model_end(model, 1, 40));
    assert_int_equal(model_read(model, 0, route, 8), UINT64_C(7) << 32 | 0x100);
    assert_int_equal(model_read(model, 0, route + 4, 4), 7);
    for (uint32_t v = 0; v < 3; v++) {
        assert_int_equal(model_acknowledge(model, v), MODEL_NONE);
    }
    assert_int_equal(model_read(model, 0, ISPENDR + 4, 4), 1u << 8);
    // Interrupt Routing Mode is not there.
    model_write(model, 0, route, 8, UINT64_C(1) << 31);
    assert_int_equal(model_read(model, 0, route, 8), 0);
    assert_int_equal(model_acknowledge(model, 0), 40);
    finish(model);
}

static void sgi_reaches_the_cpus_that_the_list_names(void **state)
{
    static const uint32_t affinities[4] = { 0x000000, 0x000001, 0x000100, 0x02030f };
    struct gic_model *model = start_with(4, 4, affinities);
    static const struct {
        uint64_t value;
        uint32_t targets;
    } cases[] = {
        { 0x1, 1 },
        { 0x3, 3 },
        { 0xfffe, 2 },
        { 0x10001, 4 },                                        // Aff1 = 1
        { UINT64_C(2) << 32 | 3u << 16 | 0x8000, 8 },          // Aff2, Aff1, Aff0 = 15
        { UINT64_C(2) << 32 | 3u << 16 | 0x7fff, 0 },
        { UINT64_C(1) << 44 | 3, 0 },                          // Aff0 16 and 17
        { UINT64_C(1) << 48 | 3, 0 },                          // Aff3 = 1
        { UINT64_C(1) << 40, 1 | 4 | 8 },                      // all but the sender
        { UINT64_C(1) << 40 | 0xffff, 1 | 4 | 8 },
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        vgic_v3_send_sgi(&model->vgic, 1, VGIC_V3_SGI1, cases[i].value | 5u << 24);
        for (uint32_t v = 0; v < 4; v++) {
            bool comes = (cases[i].targets >> v & 1) != 0;
            assert_int_equal(model_acknowledge(model, v), comes ? 5 : MODEL_NONE);
            assert_int_equal(model_end(model, v, 5), comes);
        }
    }
    finish(model);
}

static void sgi_registers_reach_their_groups(void **state)
{
    struct gic_model *model = start(1, 4);

    (void)state;
    model_write(model, 0, CTLR, 4, 3);
    model_write(model, 0, SGI(0, IGROUPR), 4, ~1u); // SGI 0 is in group 0
    vgic_v3_send_sgi(&model->vgic, 0, VGIC_V3_SGI0, 1 | 1u << 24);
    vgic_v3_send_sgi(&model->vgic, 0, VGIC_V3_ASGI1, 1 | 1u << 24);
    assert_int_equal(model_acknowledge(model, 0), MODEL_NONE);
    for (uint32_t which = VGIC_V3_SGI1; which <= VGIC_V3_SGI0; which++) {
        vgic_v3_send_sgi(&model->vgic, 0, (enum vgic_v3_sgi)which, 1);
        assert_int_equal(model_acknowledge(model, 0), 0);
        assert_true(model_end(model, 0, 0));
    }
    vgic_v3_send_sgi(&model->vgic, 0, VGIC_V3_SGI1, 1 | 1u << 24);
    assert_int_equal(model_acknowledge(model, 0), 1);
    finish(model);
}

static void sgis_are_ordinary_edge_interrupts(void **state)
{
    struct gic_model *model = start(2, 4);

    (void)state;
    model_write(model, 0, SGI(0, ICENABLER), 4, 1u << 7);
    vgic_v3_send_sgi(&model->vgic, 0, VGIC_V3_SGI1, 1 | 7u << 24);
    vgic_v3_send_sgi(&model->vgic, 1, VGIC_V3_SGI1, 1 | 7u << 24); // merges
    assert_int_equal(model_acknowledge(model, 0), MODEL_NONE);
    assert_int_equal(model_read(model, 0, SGI(0, ISPENDR), 4), 1u << 7);
    model_write(model, 0, SGI(0, ICPENDR), 4, 1u << 7);
    assert_int_equal(model_read(model, 0, SGI(0, ISPENDR), 4), 0);
    model_write(model, 0, SGI(0, ISPENDR), 4, 1u << 7);
    model_write(model, 0, SGI(0, ISENABLER), 4, 1u << 7);
    assert_int_equal(model_acknowledge(model, 0), 7);
    vgic_v3_send_sgi(&model->vgic, 1, VGIC_V3_SGI1, 1 | 7u << 24);
    assert_true(model_end(model, 0, 7));
    assert_int_equal(model_acknowledge(model, 0), 7);
    assert_true(model_end(model, 0, 7));
    assert_int_equal(model_acknowledge(model, 0), MODEL_NONE);
    finish(model);
}

static void a_cpu_that_sleeps_gets_nothing_new(void **state)
{
    struct gic_model *model = start(2, 4);

    (void)state;
    assert_int_equal(model_read(model, 0, RD(1, GICR_WAKER), 4), 0);
    model_write(model, 0, RD(1, GICR_WAKER), 4, 2);
    assert_int_equal(model_read(model, 0, RD(1, GICR_WAKER), 4), 6);
    vgic_v3_send_sgi(&model->vgic, 0, VGIC_V3_SGI1, 3 | 4u << 24);
    assert_int_equal(model_acknowledge(model, 0), 4);
    assert_int_equal(model_acknowledge(model, 1), MODEL_NONE);
    assert_null(model_check(model));
    assert_true(vgic_pending(&model->vgic, 1));
    model_write(model, 0, RD(1, GICR_WAKER), 4, 0);
    assert_int_equal(model_acknowledge(model, 1), 4);
    finish(model);
}

static void after_reset_all_cpus_sleep(void **state)
{
    struct gic_model *model = start(2, 4);

    (void)state;
    model_write(model, 0, IROUTER + 8 * 40, 8, 1);
    vgic_reset(&model->vgic, true);
    assert_int_equal(model_read(model, 0, CTLR, 4), 0x50);
    assert_int_equal(model_read(model, 0, IROUTER + 8 * 40, 8), 0);
    for (uint32_t v = 0; v < 2; v++) {
        assert_int_equal(model_read(model, v, RD(v, GICR_WAKER), 4), 6);
        assert_int_equal(model_read(model, v, SGI(v, ISENABLER), 4), 0);
        assert_int_equal(model_read(model, v, SGI(v, IGROUPR), 4), 0);
    }
    finish(model);
}

static void sgis_wait_for_a_cpu_that_is_off(void **state)
{
    struct gic_model *model = start(2, 4);

    (void)state;
    model_write(model, 0, SGI(1, IPRIORITYR + 5), 1, 0x10);
    vgic_v3_send_sgi(&model->vgic, 0, VGIC_V3_SGI1, 2 | 4u << 24);
    vgic_vcpu_off(&model->vgic, 1);
    for (uint32_t i = 0; i < VGIC_MAX_LRS; i++) {
        model->lrs[1][i].state = LR_INVALID;
    }
    vgic_v3_send_sgi(&model->vgic, 0, VGIC_V3_SGI1, 2 | 5u << 24);
    assert_int_equal(model_read(model, 0, SGI(1, ISPENDR), 4), 3u << 4);
    vgic_vcpu_reset(&model->vgic, 1);
    assert_null(model_check(model));
    for (uint32_t sgi = 4; sgi < 6; sgi++) {
        assert_int_equal(model_acknowledge(model, 1), sgi);
        assert_true(model_end(model, 1, sgi));
    }
    finish(model);
}

static void group_0_is_forwarded_by_its_own_bit(void **state)
{
    struct gic_model *model = start(1, 4);

    (void)state;
    model_write(model, 0, IGROUPR + 4, 4, ~(1u << 8));
    vgic_set_line(&model->vgic, 0, 40, true);
    assert_int_equal(model_acknowledge(model, 0), MODEL_NONE);
    model_write(model, 0, CTLR, 4, 3);
    assert_int_equal(model->lrs[0][0].group, 0);
    assert_int_equal(model_acknowledge(model, 0), 40);
    finish(model);
}

// --- Properties ------------------------------------------------------------------------------

static uint32_t seed;

static uint32_t next_random(uint32_t bound)
{
    seed = seed * 1664525u + 1013904223u;
    return (seed >> 8) % bound;
}

static uint32_t random_offset(const struct gic_model *model)
{
    static const uint32_t blocks[] = { ISENABLER, ICENABLER, ISPENDR, ICPENDR, ISACTIVER,
                                       ICACTIVER, IGROUPR,   ICFGR,   CTLR,    IPRIORITYR };
    uint32_t block = blocks[next_random(sizeof(blocks) / sizeof(blocks[0]))];
    uint32_t redist = next_random(model->vgic.vcpu_count);

    switch (next_random(8)) {
    case 0:
    case 1:
    case 2:
        return SGI(redist, block) + 4 * next_random(2);
    case 3:
        return RD(redist, next_random(4) != 0 ? GICR_WAKER : next_random(0x20));
    case 4:
        return IROUTER + 8 * next_random(130) + 4 * next_random(2);
    case 5:
        return next_random(0x10000);
    default:
        return block + 4 * next_random(6);
    }
}

static void random_step(struct gic_model *model)
{
    uint32_t vcpu = next_random(model->vgic.vcpu_count);
    uint8_t size = next_random(4) != 0 ? 4 : (uint8_t)(1u << next_random(4));

    switch (next_random(8)) {
    case 0:
    case 1:
    case 2:
        model_write(model, vcpu, random_offset(model), size,
                    next_random(UINT32_MAX) & next_random(UINT32_MAX));
        break;
    case 3:
        (void)model_read(model, vcpu, random_offset(model), size);
        break;
    case 4:
        vgic_v3_send_sgi(&model->vgic, vcpu, (enum vgic_v3_sgi)next_random(3),
                         (uint64_t)next_random(16) << 24 | next_random(16)
                             | (uint64_t)(next_random(8) == 0) << 40);
        break;
    case 5:
        vgic_set_line(&model->vgic, vcpu, next_random(130), next_random(2) != 0);
        break;
    case 6:
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
    for (uint32_t run = 0; run < 16; run++) {
        struct gic_model *model = start(1 + run % 4, 1 + run % 5);
        model->vgic.replace = run % 3 != 2;
        model->vgic.quiet = run % 2 != 0;
        seed = run * 101 + 1;
        for (int step = 0; step < 3000; step++) {
            random_step(model);
            const char *problem = model_check(model);
            if (problem != NULL) {
                fail_msg("run %u, step %d: %s", run, step, problem);
            }
        }
        assert_true(model->injected > 20);
        finish(model);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(distributor_has_one_security_state_and_no_lpis),
        cmocka_unit_test(reserved_registers_read_as_zero),
        cmocka_unit_test(registers_read_back_what_was_written),
        cmocka_unit_test(only_the_widths_of_the_architecture_are_taken),
        cmocka_unit_test(redistributors_say_whose_they_are),
        cmocka_unit_test(nothing_is_behind_the_last_redistributor),
        cmocka_unit_test(private_registers_are_the_redistributors),
        cmocka_unit_test(shared_interrupt_goes_where_its_route_says),
        cmocka_unit_test(sgi_reaches_the_cpus_that_the_list_names),
        cmocka_unit_test(sgi_registers_reach_their_groups),
        cmocka_unit_test(sgis_are_ordinary_edge_interrupts),
        cmocka_unit_test(a_cpu_that_sleeps_gets_nothing_new),
        cmocka_unit_test(after_reset_all_cpus_sleep),
        cmocka_unit_test(sgis_wait_for_a_cpu_that_is_off),
        cmocka_unit_test(group_0_is_forwarded_by_its_own_bit),
        cmocka_unit_test(invariants_hold_after_every_step),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
