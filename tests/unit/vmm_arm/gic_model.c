// SPDX-License-Identifier: BSD-2-Clause
// The model of the virtual CPU interface, and the invariants of the distributor, derived anew from
// its state.
#include "gic_model.h"

#include <string.h>

#include "../../../vmm/arch/arm/vgic_state.h"

static bool inject(void *context, uint32_t vcpu, uint32_t lr, uint32_t irq, uint32_t priority,
                   uint32_t group)
{
    struct gic_model *model = context;

    model->injected++;
    if (irq >= VGIC_SPECIAL_IRQS || priority > 31 || group > 1 || lr >= model->vgic.lr_count) {
        model->errors++;
        return false;
    }
    if (model->lrs[vcpu][lr].state == LR_ACTIVE) {
        return false;
    }
    for (uint32_t v = 0; v < VGIC_MAX_VCPUS; v++) {
        for (uint32_t i = 0; i < VGIC_MAX_LRS; i++) {
            bool own_bank = irq >= VGIC_PRIVATE_IRQS || v == vcpu;
            if (own_bank && model->lrs[v][i].state != LR_INVALID && model->lrs[v][i].irq == irq) {
                model->errors++; // one interrupt in two list registers
            }
        }
    }
    model->lrs[vcpu][lr] = (struct model_lr){ LR_PENDING, irq, priority, group };
    return true;
}

static void retire(void *context, uint32_t vcpu, uint32_t irq)
{
    (void)vcpu;
    ((struct gic_model *)context)->retired[irq]++;
}

static const struct vgic_ops ops = { .inject = inject, .retire = retire };

void model_init(struct gic_model *model, uint32_t vcpus, uint32_t irqs, uint32_t lrs)
{
    memset(model, 0, sizeof(*model));
    if (!vgic_init(&model->vgic, vcpus, irqs, lrs, &ops, model)) {
        model->errors++;
    }
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
            lr->state = LR_INVALID;
            vgic_end(&model->vgic, vcpu, i);
            return true;
        }
    }
    return false;
}

uint64_t model_read(struct gic_model *model, uint32_t vcpu, uint32_t offset, uint8_t size)
{
    struct access access = { .offset = offset, .size = size };

    model->vgic.current = vcpu;
    if (vgic_access(&model->vgic, &access) != ACCESS_OK) {
        model->errors++;
    }
    return access.value;
}

void model_write(struct gic_model *model, uint32_t vcpu, uint32_t offset, uint8_t size,
                 uint64_t value)
{
    struct access access = { .offset = offset, .size = size, .is_store = true, .value = value };

    model->vgic.current = vcpu;
    if (vgic_access(&model->vgic, &access) != ACCESS_OK) {
        model->errors++;
    }
}

static bool should_be_ready(struct vgic *vgic, uint32_t vcpu, uint32_t irq)
{
    const struct vgic_irq *state = vgic_irq(vgic, vcpu, irq);
    bool forwarded = (vgic->ctlr & ((state->flags & VGIC_IRQ_GROUP1) != 0 ? 2u : 1u)) != 0;
    bool pending = irq < 16 ? vgic->vcpus[vcpu].sgi_sources[irq] != 0
                            : (state->flags & VGIC_IRQ_LATCH) != 0
                                  || ((state->flags & VGIC_IRQ_LINE) != 0
                                      && (state->flags & VGIC_IRQ_EDGE) == 0);
    bool enabled = irq < 16 || (state->flags & VGIC_IRQ_ENABLED) != 0;
    bool target = true;

    if (irq >= VGIC_PRIVATE_IRQS && vgic->vcpu_count > 1) {
        target = state->targets != 0 && (uint32_t)__builtin_ctz(state->targets) == vcpu;
    }
    return forwarded && pending && enabled && target && state->lr == 0
           && (state->flags & VGIC_IRQ_ACTIVE) == 0;
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
        for (uint32_t irq = 0; irq < vgic->irq_count; irq++) {
            bool ready = (cpu->ready[irq / 64] >> (irq % 64) & 1) != 0;
            any = any || ready;
            if (ready != should_be_ready(vgic, vcpu, irq)) {
                return "an interrupt's ready bit is wrong";
            }
            if (ready != ((cpu->ready_words >> (irq / 64) & 1) != 0) && ready) {
                return "the summary of ready bits is wrong";
            }
        }
        if (any && cpu->free_lrs != 0) {
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
