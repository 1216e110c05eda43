// SPDX-License-Identifier: BSD-2-Clause
// The model of the virtual CPU interface, and the invariants of the distributor, derived anew from
// its state.
#include "gic_model.h"

#include <string.h>

#include <vdev/bus.h>

#include "../../../vmm/arch/arm/vgic_state.h"

static bool inject(void *context, uint32_t vcpu, uint32_t lr,
                   const struct vgic_injection *injection)
{
    struct gic_model *model = context;
    uint32_t irq = injection->irq;
    uint32_t priority = injection->priority;
    uint32_t group = injection->group;

    model->injected++;
    if ((model->timers[vcpu].on && model->timers[vcpu].lr == lr) || irq >= VGIC_SPECIAL_IRQS
        || priority > 31 || group > 1 || lr >= model->vgic.lr_count) {
        model->errors++;
        return false;
    }
    struct model_lr *target = &model->lrs[vcpu][lr];
    bool same = injection->quiet && !injection->replace && target->irq == irq;
    if (same && target->state == LR_ACTIVE) {
        target->again = true;
        return true;
    }
    if (injection->replace ? target->state != LR_PENDING : target->state == LR_ACTIVE) {
        return false;
    }
    model->replaced += injection->replace;
    for (uint32_t v = 0; v < VGIC_MAX_VCPUS; v++) {
        for (uint32_t i = 0; i < VGIC_MAX_LRS; i++) {
            bool own_bank = irq >= VGIC_PRIVATE_IRQS || v == vcpu;
            if (own_bank && model->lrs[v][i].state != LR_INVALID && model->lrs[v][i].irq == irq
                && !(same && v == vcpu && i == lr)) {
                model->errors++; // one interrupt in two list registers
            }
        }
    }
    *target = (struct model_lr){ LR_PENDING, irq, priority, group, injection->quiet, false };
    return true;
}

/// What the hardware and the kernel do when the timer's output is on.
static void timer_fires(struct gic_model *model, uint32_t vcpu)
{
    struct model_timer *timer = &model->timers[vcpu];
    struct model_lr *lr = &model->lrs[vcpu][timer->lr];

    if (!timer->line) {
        return;
    }
    if (!timer->on) {
        if (!timer->masked) {
            timer->masked = true;
            vgic_pend_physical(&model->vgic, vcpu, MODEL_TIMER);
        }
    } else if (timer->forward && lr->state == LR_INVALID) {
        *lr = (struct model_lr){ LR_PENDING, MODEL_TIMER, timer->priority, timer->group, false, false };
    }
}

static void retire(void *context, uint32_t vcpu, uint32_t irq)
{
    struct gic_model *model = context;

    model->retired[irq]++;
    if (irq == MODEL_TIMER) {
        model->timers[vcpu].masked = false;
    }
}

static void timer_off(struct model_timer *timer, const struct model_lr *lr)
{
    timer->on = false;
    timer->masked = lr->state != LR_INVALID;
}

static bool direct(void *context, uint32_t vcpu, const struct vgic_direct *want)
{
    struct gic_model *model = context;
    struct model_timer *timer = &model->timers[vcpu];

    if (want == NULL) {
        timer_off(timer, &model->lrs[vcpu][timer->lr]);
        return true;
    }
    struct model_lr *lr = &model->lrs[vcpu][want->lr];
    if (want->lr >= model->vgic.lr_count || want->priority > 31
        || (timer->on ? want->lr != timer->lr : lr->state != LR_INVALID)) {
        model->errors++;
        return false;
    }
    if (want->clear || (lr->state == LR_PENDING && !want->forward)) {
        lr->state = LR_INVALID;
    } else if (lr->state == LR_PENDING) {
        lr->priority = want->priority;
        lr->group = want->group;
    }
    timer->on = true;
    timer->masked = false;
    timer->lr = want->lr;
    timer->forward = want->forward;
    timer->priority = want->priority;
    timer->group = want->group;
    timer_fires(model, vcpu);
    return true;
}

static uint32_t direct_state(void *context, uint32_t vcpu)
{
    const struct gic_model *model = context;
    const struct model_timer *timer = &model->timers[vcpu];
    enum model_lr_state state = model->lrs[vcpu][timer->lr].state;

    return (state == LR_PENDING ? VGIC_DIRECT_PENDING : 0)
           | (state == LR_ACTIVE ? VGIC_DIRECT_ACTIVE : 0)
           | (timer->line ? VGIC_DIRECT_LINE : 0);
}

static uint32_t empty(void *context, uint32_t vcpu, uint32_t ask)
{
    struct gic_model *model = context;
    uint32_t set = 0;

    model->looks++;
    for (uint32_t i = 0; i < model->vgic.lr_count; i++) {
        struct model_lr *lr = &model->lrs[vcpu][i];
        if (lr->state == LR_INVALID) {
            set |= 1u << i;
        } else if ((ask >> i & 1u) != 0) {
            lr->quiet = false;
        }
    }
    return set;
}

static const struct vgic_ops ops = {
    .inject = inject,
    .empty = empty,
    .retire = retire,
    .direct = direct,
    .direct_state = direct_state,
};

void model_init_direct(struct gic_model *model, uint32_t vcpus, uint32_t irqs, uint32_t lrs)
{
    model_init(model, vcpus, irqs, lrs);
    vgic_set_direct(&model->vgic, MODEL_TIMER);
}

void model_timer_line(struct gic_model *model, uint32_t vcpu, bool line)
{
    model->timers[vcpu].line = line;
    timer_fires(model, vcpu);
}

void model_set_up(struct gic_model *model, const struct vgic_setup *setup)
{
    memset(model, 0, sizeof(*model));
    if (!vgic_init(&model->vgic, setup, &ops, model)) {
        model->errors++;
    }
    model->vgic.replace = true;
}

void model_init(struct gic_model *model, uint32_t vcpus, uint32_t irqs, uint32_t lrs)
{
    struct vgic_setup setup = {
        .version = 2, .vcpu_count = vcpus, .irq_count = irqs, .lr_count = lrs
    };

    model_set_up(model, &setup);
}

uint32_t model_acknowledge(struct gic_model *model, uint32_t vcpu)
{
    uint32_t running = 32;
    struct model_lr *best = NULL;

    for (uint32_t i = 0; i < VGIC_MAX_LRS; i++) {
        struct model_lr *lr = &model->lrs[vcpu][i];
        if (lr->state == LR_ACTIVE && lr->priority < running) {
            running = lr->priority;
        }
    }
    for (uint32_t i = 0; i < VGIC_MAX_LRS; i++) {
        struct model_lr *lr = &model->lrs[vcpu][i];
        if (lr->state == LR_PENDING && lr->priority < running
            && (best == NULL || lr->priority < best->priority)) {
            best = lr;
        }
    }
    if (best == NULL) {
        return MODEL_NONE;
    }
    best->state = LR_ACTIVE;
    model->taken[best->irq]++;
    return best->irq;
}

bool model_end(struct gic_model *model, uint32_t vcpu, uint32_t irq)
{
    for (uint32_t i = 0; i < VGIC_MAX_LRS; i++) {
        struct model_lr *lr = &model->lrs[vcpu][i];
        if (lr->state == LR_ACTIVE && lr->irq == irq) {
            const struct model_timer *timer = &model->timers[vcpu];
            if (lr->again) {
                lr->again = false;
                lr->state = LR_PENDING;
                return true;
            }
            lr->state = LR_INVALID;
            if ((!timer->on || timer->lr != i) && !lr->quiet) {
                model->ends++;
                vgic_end(&model->vgic, vcpu, i);
            }
            timer_fires(model, vcpu);
            return true;
        }
    }
    return false;
}

/// An access of the distributor, or of a redistributor.
static uint64_t access_gic(struct gic_model *model, uint32_t vcpu, struct access access)
{
    bus_handler *handler = model->vgic.version == 2 ? vgic_v2_access : vgic_v3_dist_access;

    if (access.offset >= MODEL_REDIST) {
        handler = vgic_v3_redist_access;
        access.offset -= MODEL_REDIST;
    }
    model->vgic.current = vcpu;
    if (handler(&model->vgic, &access) != ACCESS_OK) {
        model->errors++;
    }
    return access.value;
}

uint64_t model_read(struct gic_model *model, uint32_t vcpu, uint32_t offset, uint8_t size)
{
    return access_gic(model, vcpu, (struct access){ .offset = offset, .size = size });
}

void model_write(struct gic_model *model, uint32_t vcpu, uint32_t offset, uint8_t size,
                 uint64_t value)
{
    (void)access_gic(model, vcpu,
                     (struct access){
                         .offset = offset, .size = size, .is_store = true, .value = value });
}

static bool should_be_ready(struct vgic *vgic, uint32_t vcpu, uint32_t irq)
{
    const struct vgic_irq *state = vgic_irq(vgic, vcpu, irq);
    bool forwarded = (vgic->ctlr & ((state->flags & VGIC_IRQ_GROUP1) != 0 ? 2u : 1u)) != 0;
    bool by_sender = irq < 16 && vgic->version == 2;
    bool pending = by_sender ? vgic->vcpus[vcpu].sgi_sources[irq] != 0
                             : (state->flags & VGIC_IRQ_LATCH) != 0
                                   || ((state->flags & VGIC_IRQ_LINE) != 0
                                       && (state->flags & VGIC_IRQ_EDGE) == 0);
    bool enabled = by_sender || (state->flags & VGIC_IRQ_ENABLED) != 0;
    bool target = true;

    if (irq >= VGIC_PRIVATE_IRQS) {
        target = state->targets != 0 && (uint32_t)__builtin_ctz(state->targets) == vcpu;
    }
    return forwarded && pending && enabled && target && state->lr == 0
           && (state->flags & VGIC_IRQ_ACTIVE) == 0;
}

/// True when a less urgent interrupt is pending in a list register while one of `priority` waits.
static bool is_overtaken(const struct gic_model *model, uint32_t vcpu, uint32_t priority)
{
    const struct vgic_vcpu *cpu = &model->vgic.vcpus[vcpu];

    for (uint32_t i = 0; i < model->vgic.lr_count; i++) {
        if (model->lrs[vcpu][i].state == LR_PENDING && cpu->lr_irq[i] != 0xffff
            && model->lrs[vcpu][i].priority > priority >> 3) {
            return true;
        }
    }
    return false;
}

const char *model_check(struct gic_model *model)
{
    struct vgic *vgic = &model->vgic;

    if (model->errors != 0) {
        return "something unpredictable was done to the hardware";
    }
    for (uint32_t vcpu = 0; vcpu < vgic->vcpu_count; vcpu++) {
        const struct vgic_vcpu *cpu = &vgic->vcpus[vcpu];
        bool any = false;
        if (model->timers[vcpu].on != (cpu->direct_lr != 0)
            || (cpu->direct_lr != 0 && cpu->direct_lr != model->timers[vcpu].lr + 1)) {
            return "kernel and distributor do not agree about the timer";
        }
        for (uint32_t irq = 0; irq < vgic->irq_count; irq++) {
            bool ready = (cpu->ready[irq / 64] >> (irq % 64) & 1) != 0;
            any = any || ready;
            if (ready != should_be_ready(vgic, vcpu, irq)) {
                return "an interrupt's ready bit is wrong";
            }
            if (ready != ((cpu->ready_words >> (irq / 64) & 1) != 0) && ready) {
                return "the summary of ready bits is wrong";
            }
            if (ready && !cpu->asleep && vgic->replace
                && is_overtaken(model, vcpu, vgic_irq(vgic, vcpu, irq)->priority)) {
                return "an urgent interrupt waits behind a less urgent one";
            }
        }
        if (any && cpu->free_lrs != 0 && !cpu->asleep) {
            return "an interrupt waits although a list register is free";
        }
        for (uint32_t i = 0; i < vgic->lr_count; i++) {
            bool used = (cpu->free_lrs >> i & 1) == 0;
            const struct model_lr *lr = &model->lrs[vcpu][i];
            if (!used && lr->state != LR_INVALID) {
                return "a list register in use counts as free";
            }
            if (used && lr->state != LR_INVALID && cpu->lr_irq[i] != 0xffff
                && (cpu->lr_irq[i] != lr->irq || vgic_irq(vgic, vcpu, lr->irq)->lr != i + 1)) {
                return "the books of a list register are wrong";
            }
        }
    }
    return NULL;
}
