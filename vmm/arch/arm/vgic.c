// SPDX-License-Identifier: BSD-2-Clause
// Delivery of virtual interrupts: which are to be delivered to which virtual CPU, and which of them
// go into the hardware's list registers (ARM IHI 0048B, chapters 3 and 5). Registers change the
// state and call vgic_update() for each interrupt that they change, then vgic_flush().
//
// Invariants, for every interrupt and VCPU (the unit tests check them after every step):
//  1. bit irq of vcpu.ready is set iff the interrupt is enabled, its group is forwarded, it is
//     pending, not active, in no list register, and (SPIs) `vcpu` is its target;
//  2. irq.lr != 0 iff exactly one list register of one VCPU holds the interrupt;
//  3. after vgic_flush(), ready != 0 only where free_lrs == 0 or the VCPU is asleep, and with
//     vgic.replace no ready interrupt is more urgent than one that is pending in a list register.
#include <stddef.h>

#include "vgic_state.h"

static void set_ready(struct vgic *vgic, uint32_t vcpu, uint32_t irq, bool ready)
{
    struct vgic_vcpu *cpu = &vgic->vcpus[vcpu];
    uint32_t word = irq / 64;
    uint64_t bit = UINT64_C(1) << (irq % 64);

    if (ready) {
        cpu->ready[word] |= bit;
        cpu->ready_words |= UINT32_C(1) << word;
        vgic->dirty |= UINT32_C(1) << vcpu;
        return;
    }
    cpu->ready[word] &= ~bit;
    if (cpu->ready[word] == 0) {
        cpu->ready_words &= ~(UINT32_C(1) << word);
    }
}

/// An interrupt is pending again, or still, while a list register holds it. A quiet one may be empty by
/// now.
static void note_again(struct vgic *vgic, uint32_t irq, uint32_t lr)
{
    for (uint32_t i = 0; i < vgic->vcpu_count; i++) {
        struct vgic_vcpu *cpu = &vgic->vcpus[i];
        if ((cpu->quiet_lrs >> lr & 1u) != 0 && cpu->lr_irq[lr] == irq) {
            cpu->again_lrs |= UINT32_C(1) << lr;
            vgic->dirty |= UINT32_C(1) << i;
        }
    }
}

void vgic_update(struct vgic *vgic, uint32_t vcpu, uint32_t irq)
{
    if (irq == vgic->direct_irq && irq != 0) {
        vgic_direct_update(vgic, vcpu);
    }
    const struct vgic_irq *state = vgic_irq(vgic, vcpu, irq);
    bool pending = vgic_irq_pending(vgic, vcpu, irq, state);
    bool ready = (state->flags & (VGIC_IRQ_ENABLED | VGIC_IRQ_ACTIVE)) == VGIC_IRQ_ENABLED
                 && state->lr == 0 && pending && vgic_group_forwarded(vgic, state);

    if (pending && state->lr != 0) {
        note_again(vgic, irq, state->lr - 1u);
    }

    if (irq < VGIC_PRIVATE_IRQS) {
        set_ready(vgic, vcpu, irq, ready);
        return;
    }
    // An SPI with several targets goes to the lowest of them.
    for (uint32_t i = 0; i < vgic->vcpu_count; i++) {
        bool is_target = (state->targets & (UINT32_C(1) << i)) != 0;
        set_ready(vgic, i, irq, ready && is_target);
        ready = ready && !is_target;
    }
}

void vgic_update_all(struct vgic *vgic)
{
    for (uint32_t vcpu = 0; vcpu < vgic->vcpu_count; vcpu++) {
        for (uint32_t irq = 0; irq < VGIC_PRIVATE_IRQS; irq++) {
            vgic_update(vgic, vcpu, irq);
        }
    }
    for (uint32_t irq = VGIC_PRIVATE_IRQS; irq < vgic->irq_count; irq++) {
        vgic_update(vgic, 0, irq);
    }
}

void vgic_retire(struct vgic *vgic, uint32_t vcpu, uint32_t irq)
{
    struct vgic_irq *state = vgic_irq(vgic, vcpu, irq);

    if ((state->flags & VGIC_IRQ_PHYSICAL) != 0) {
        state->flags &= (uint8_t)~VGIC_IRQ_PHYSICAL;
        vgic->ops->retire(vgic->context, vcpu, irq);
    }
}

/// The ready interrupt with the highest priority (lowest value); among equals the next after the
/// one that was injected last, so that nobody starves. At least one is ready.
static uint32_t pick(struct vgic *vgic, uint32_t vcpu)
{
    struct vgic_vcpu *cpu = &vgic->vcpus[vcpu];
    uint32_t best = 0;
    uint32_t best_key = UINT32_MAX;

    for (uint32_t words = cpu->ready_words; words != 0; words &= words - 1) {
        uint32_t word = (uint32_t)__builtin_ctz(words);
        for (uint64_t bits = cpu->ready[word]; bits != 0; bits &= bits - 1) {
            uint32_t irq = word * 64 + (uint32_t)__builtin_ctzll(bits);
            uint32_t turn = (irq - cpu->last - 1u) % VGIC_MAX_IRQS;
            uint32_t key = (uint32_t)vgic_irq(vgic, vcpu, irq)->priority * VGIC_MAX_IRQS + turn;
            if (key < best_key) {
                best_key = key;
                best = irq;
            }
        }
    }
    return best;
}

/// Moves an interrupt from the distributor into a list register's books.
static void take(struct vgic *vgic, uint32_t vcpu, uint32_t irq, uint32_t lr)
{
    struct vgic_vcpu *cpu = &vgic->vcpus[vcpu];
    struct vgic_irq *state = vgic_irq(vgic, vcpu, irq);
    struct vgic_origin *origin = &cpu->origins[lr];

    *origin = (struct vgic_origin){ .priority = state->priority };
    if (irq < VGIC_SGIS && cpu->sgi_sources[irq] != 0) {
        // One sender's SGI per delivery; the others follow after its end.
        origin->sender = cpu->sgi_sources[irq] & (uint8_t)-cpu->sgi_sources[irq];
        cpu->sgi_sources[irq] ^= origin->sender;
    } else {
        origin->latched = (state->flags & VGIC_IRQ_LATCH) != 0;
        state->flags &= (uint8_t)~VGIC_IRQ_LATCH;
    }
    state->lr = (uint8_t)(lr + 1);
    cpu->lr_irq[lr] = (uint16_t)irq;
    cpu->free_lrs &= ~(UINT32_C(1) << lr);
    cpu->kept_lrs &= ~(UINT32_C(1) << lr);
    cpu->last = (uint16_t)irq;
    set_ready(vgic, vcpu, irq, false);
}

/// What was in a list register is pending again, for whoever is its target now.
static void give_back(struct vgic *vgic, uint32_t vcpu, uint32_t irq, struct vgic_origin origin)
{
    struct vgic_irq *state = vgic_irq(vgic, vcpu, irq);

    state->lr = 0;
    if (origin.latched) {
        state->flags |= VGIC_IRQ_LATCH;
    }
    if (irq < VGIC_SGIS) {
        vgic->vcpus[vcpu].sgi_sources[irq] |= origin.sender;
    }
    vgic_update(vgic, vcpu, irq);
}

/// List register `lr` is empty: it is free, and its interrupt may come again.
static void release(struct vgic *vgic, uint32_t vcpu, uint32_t lr)
{
    struct vgic_vcpu *cpu = &vgic->vcpus[vcpu];
    uint32_t irq = cpu->lr_irq[lr];

    cpu->free_lrs |= UINT32_C(1) << lr;
    cpu->quiet_lrs &= ~(UINT32_C(1) << lr);
    vgic->dirty |= UINT32_C(1) << vcpu;
    if (irq == VGIC_LR_STUCK) {
        return;
    }
    struct vgic_irq *state = vgic_irq(vgic, vcpu, irq);
    state->lr = 0;
    // Pending again since it was injected: its source fired for that too, so it is retired at the end
    // of the next delivery.
    if ((state->flags & VGIC_IRQ_LATCH) == 0) {
        vgic_retire(vgic, vcpu, irq);
    }
    vgic_update(vgic, vcpu, irq);
}

/// Finds the empty ones among the quiet list registers. Those in the set `ask` are quiet no more: their
/// end, if it is still to come, comes as an event.
static void learn(struct vgic *vgic, uint32_t vcpu, uint32_t ask)
{
    struct vgic_vcpu *cpu = &vgic->vcpus[vcpu];

    if (cpu->quiet_lrs == 0) {
        return;
    }
    uint32_t empty = vgic->ops->empty(vgic->context, vcpu, ask) & cpu->quiet_lrs;
    cpu->quiet_lrs &= ~ask;
    for (; empty != 0; empty &= empty - 1) {
        release(vgic, vcpu, (uint32_t)__builtin_ctz(empty));
    }
}

void vgic_learn(struct vgic *vgic, uint32_t vcpu)
{
    learn(vgic, vcpu, 0);
}

void vgic_learn_all(struct vgic *vgic)
{
    for (uint32_t vcpu = 0; vcpu < vgic->vcpu_count; vcpu++) {
        learn(vgic, vcpu, 0);
    }
}

/// Whether an interrupt that is about to be injected can do without an event at its end: nothing is due
/// then, and nothing waits for its list register.
static bool can_be_quiet(const struct vgic *vgic, uint32_t vcpu, uint32_t irq,
                         const struct vgic_irq *state)
{
    const struct vgic_vcpu *cpu = &vgic->vcpus[vcpu];
    uint32_t word = irq / 64;
    bool others_wait = (cpu->ready_words & ~(UINT32_C(1) << word)) != 0
                       || (cpu->ready[word] & ~(UINT64_C(1) << (irq % 64))) != 0;
    bool has_room = (cpu->free_lrs & (cpu->free_lrs - 1)) != 0;
    uint32_t sources = irq < VGIC_SGIS ? cpu->sgi_sources[irq] : 0;

    return vgic->quiet && (state->flags & (VGIC_IRQ_EDGE | VGIC_IRQ_PHYSICAL)) == VGIC_IRQ_EDGE
           && (sources & (sources - 1)) == 0 && (has_room || !others_wait);
}

/// The quiet list register whose interrupt the guest will end last: that of the lowest priority.
static uint32_t last_quiet(struct vgic *vgic, uint32_t vcpu)
{
    const struct vgic_vcpu *cpu = &vgic->vcpus[vcpu];
    uint32_t last = 0;
    uint32_t lowest = 0;

    for (uint32_t lrs = cpu->quiet_lrs; lrs != 0; lrs &= lrs - 1) {
        uint32_t lr = (uint32_t)__builtin_ctz(lrs);
        uint32_t irq = cpu->lr_irq[lr];
        uint32_t priority = irq == VGIC_LR_STUCK ? 0xffu : vgic_irq(vgic, vcpu, irq)->priority;
        if (priority >= lowest) {
            lowest = priority;
            last = UINT32_C(1) << lr;
        }
    }
    return last;
}

static void inject(struct vgic *vgic, uint32_t vcpu)
{
    struct vgic_vcpu *cpu = &vgic->vcpus[vcpu];
    uint32_t irq = pick(vgic, vcpu);
    uint32_t lr = (uint32_t)__builtin_ctz(cpu->free_lrs);
    const struct vgic_irq *state = vgic_irq(vgic, vcpu, irq);
    const struct vgic_injection injection = {
        .irq = irq,
        .priority = state->priority >> 3,
        .group = (state->flags & VGIC_IRQ_GROUP1) != 0,
        .quiet = can_be_quiet(vgic, vcpu, irq, state),
    };

    if (vgic->ops->inject(vgic->context, vcpu, lr, &injection)) {
        take(vgic, vcpu, irq, lr);
        cpu->quiet_lrs |= injection.quiet ? UINT32_C(1) << lr : 0;
    } else {
        cpu->free_lrs &= ~(UINT32_C(1) << lr);
        cpu->lr_irq[lr] = VGIC_LR_STUCK;
    }
}

/// The interrupt of a quiet list register is pending once more: that goes into the same list register,
/// whether the guest has ended the last one or not. False: it can't, or must not become one with that.
static bool inject_again(struct vgic *vgic, uint32_t vcpu, uint32_t lr)
{
    struct vgic_vcpu *cpu = &vgic->vcpus[vcpu];
    uint32_t irq = cpu->lr_irq[lr];
    struct vgic_origin *origin = &cpu->origins[lr];

    // What waits for a list register may be more urgent: it gets the first look.
    if (irq == VGIC_LR_STUCK || cpu->asleep || cpu->ready_words != 0) {
        return false;
    }
    struct vgic_irq *state = vgic_irq(vgic, vcpu, irq);
    bool moved = irq >= VGIC_PRIVATE_IRQS && (uint32_t)__builtin_ctz(state->targets | 0x100u) != vcpu;
    uint8_t sender = irq < VGIC_SGIS ? cpu->sgi_sources[irq] : 0;
    const struct vgic_injection injection = {
        .irq = irq,
        .priority = state->priority >> 3,
        .group = (state->flags & VGIC_IRQ_GROUP1) != 0,
        .quiet = true,
    };

    if ((state->flags & (VGIC_IRQ_ENABLED | VGIC_IRQ_ACTIVE)) != VGIC_IRQ_ENABLED
        || !vgic_group_forwarded(vgic, state) || !can_be_quiet(vgic, vcpu, irq, state)
        || state->priority != origin->priority || (sender != 0 && sender != origin->sender) || moved
        || !vgic->ops->inject(vgic->context, vcpu, lr, &injection)) {
        return false;
    }
    if (sender != 0) {
        cpu->sgi_sources[irq] = 0;
    } else {
        origin->latched = true;
        state->flags &= (uint8_t)~VGIC_IRQ_LATCH;
    }
    return true;
}

/// The least urgent of the list registers whose interrupt is less urgent than `priority` and may be
/// pending; VGIC_MAX_LRS: none.
static uint32_t least_urgent(const struct vgic *vgic, const struct vgic_vcpu *cpu, uint32_t priority)
{
    uint32_t all = (UINT32_C(1) << vgic->lr_count) - 1u;
    uint32_t found = VGIC_MAX_LRS;

    for (uint32_t lrs = all & ~cpu->kept_lrs; lrs != 0; lrs &= lrs - 1) {
        uint32_t lr = (uint32_t)__builtin_ctz(lrs);
        if (cpu->lr_irq[lr] != VGIC_LR_STUCK && cpu->origins[lr].priority > priority) {
            priority = cpu->origins[lr].priority;
            found = lr;
        }
    }
    return found;
}

/// No list register is free: the most urgent ready interrupt takes that of the least urgent one that is
/// less urgent and still pending. False: there is none.
static bool replace(struct vgic *vgic, uint32_t vcpu)
{
    struct vgic_vcpu *cpu = &vgic->vcpus[vcpu];
    uint32_t irq = pick(vgic, vcpu);
    const struct vgic_irq *state = vgic_irq(vgic, vcpu, irq);
    const struct vgic_injection injection = {
        .irq = irq,
        .priority = state->priority >> 3,
        .group = (state->flags & VGIC_IRQ_GROUP1) != 0,
        .replace = true,
    };

    for (;;) {
        uint32_t lr = vgic->replace ? least_urgent(vgic, cpu, state->priority) : VGIC_MAX_LRS;
        if (lr == VGIC_MAX_LRS) {
            return false;
        }
        if (vgic->ops->inject(vgic->context, vcpu, lr, &injection)) {
            uint32_t victim = cpu->lr_irq[lr];
            struct vgic_origin origin = cpu->origins[lr];
            cpu->quiet_lrs &= ~(UINT32_C(1) << lr);
            cpu->again_lrs &= ~(UINT32_C(1) << lr);
            take(vgic, vcpu, irq, lr);
            give_back(vgic, vcpu, victim, origin);
            return true;
        }
        cpu->kept_lrs |= UINT32_C(1) << lr;
    }
}

/// Whether an event will tell the end of the interrupt that was injected last, so of the lowest of those
/// in list registers: the higher ones are over then, and all of their list registers are filled at once.
static bool tells_end(struct vgic *vgic, uint32_t vcpu)
{
    const struct vgic_vcpu *cpu = &vgic->vcpus[vcpu];
    uint32_t lr = vgic_irq(vgic, vcpu, cpu->last)->lr;

    return lr != 0 && cpu->lr_irq[lr - 1u] == cpu->last
           && (cpu->quiet_lrs >> (lr - 1u) & 1u) == 0;
}

/// Looks for list registers that the guest is done with. True: there is one, or we hear of one.
static bool find_free(struct vgic *vgic, uint32_t vcpu)
{
    learn(vgic, vcpu, 0);
    return vgic->vcpus[vcpu].free_lrs != 0 || tells_end(vgic, vcpu);
}

static void fill(struct vgic *vgic, uint32_t vcpu)
{
    struct vgic_vcpu *cpu = &vgic->vcpus[vcpu];

    uint32_t ask = 0;
    for (uint32_t lrs = cpu->again_lrs & cpu->quiet_lrs; lrs != 0; lrs &= lrs - 1) {
        uint32_t lr = (uint32_t)__builtin_ctz(lrs);
        ask |= inject_again(vgic, vcpu, lr) ? 0 : UINT32_C(1) << lr;
    }
    cpu->again_lrs = 0;
    if (ask != 0) {
        learn(vgic, vcpu, ask);
    }
    bool filled = false;
    while (cpu->ready_words != 0 && !cpu->asleep) {
        if (cpu->free_lrs == 0 && !(filled ? tells_end(vgic, vcpu) : find_free(vgic, vcpu))) {
            learn(vgic, vcpu, last_quiet(vgic, vcpu));
        }
        if (cpu->free_lrs != 0) {
            inject(vgic, vcpu);
        } else if (!replace(vgic, vcpu)) {
            break;
        }
        filled = true;
    }
}

void vgic_flush(struct vgic *vgic)
{
    while (vgic->dirty != 0) {
        uint32_t vcpu = (uint32_t)__builtin_ctz(vgic->dirty);
        vgic->dirty &= vgic->dirty - 1;
        fill(vgic, vcpu);
    }
}

void vgic_set_asleep(struct vgic *vgic, uint32_t vcpu, bool asleep)
{
    vgic->vcpus[vcpu].asleep = asleep;
    if (vgic->direct_irq != 0) {
        vgic_direct_update(vgic, vcpu);
    }
    vgic->dirty |= UINT32_C(1) << vcpu;
}

void vgic_set_line(struct vgic *vgic, uint32_t vcpu, uint32_t irq, bool level)
{
    if (irq < VGIC_SGIS || irq >= vgic->irq_count || vcpu >= vgic->vcpu_count) {
        return;
    }
    struct vgic_irq *state = vgic_irq(vgic, vcpu, irq);
    bool was = (state->flags & VGIC_IRQ_LINE) != 0;

    if (was == level) {
        return;
    }
    state->flags ^= VGIC_IRQ_LINE;
    if (level && (state->flags & VGIC_IRQ_EDGE) != 0) {
        state->flags |= VGIC_IRQ_LATCH;
    }
    vgic_update(vgic, vcpu, irq);
    vgic_flush(vgic);
}

void vgic_pend_physical(struct vgic *vgic, uint32_t vcpu, uint32_t irq)
{
    if (irq < VGIC_SGIS || irq >= vgic->irq_count || vcpu >= vgic->vcpu_count) {
        return;
    }
    vgic_irq(vgic, vcpu, irq)->flags |= VGIC_IRQ_LATCH | VGIC_IRQ_PHYSICAL;
    vgic_update(vgic, vcpu, irq);
    vgic_flush(vgic);
}

void vgic_end(struct vgic *vgic, uint32_t vcpu, uint32_t lr)
{
    if (vcpu >= vgic->vcpu_count) {
        return;
    }
    struct vgic_vcpu *cpu = &vgic->vcpus[vcpu];

    if (lr < vgic->lr_count && (cpu->free_lrs & (UINT32_C(1) << lr)) == 0
        && lr + 1 != cpu->direct_lr) {
        release(vgic, vcpu, lr);
        if (cpu->ready_words != 0) {
            learn(vgic, vcpu, 0); // others may be over too
        }
    }
    vgic->dirty |= UINT32_C(1) << vcpu;
    vgic_flush(vgic);
}

bool vgic_pending(const struct vgic *vgic, uint32_t vcpu)
{
    const struct vgic_vcpu *cpu = &vgic->vcpus[vcpu];
    uint32_t all = (UINT32_C(1) << vgic->lr_count) - 1u;

    if (cpu->direct_lr != 0) {
        all &= ~(UINT32_C(1) << (cpu->direct_lr - 1u));
    }
    return cpu->ready_words != 0 || cpu->free_lrs != all;
}

static void reset_private(struct vgic *vgic, uint32_t vcpu, bool lrs_cleared)
{
    struct vgic_vcpu *cpu = &vgic->vcpus[vcpu];
    // SGIs are edge-triggered; those of a GICv2 are always enabled.
    uint8_t sgi_flags = vgic->version == 2 ? VGIC_IRQ_ENABLED | VGIC_IRQ_EDGE : VGIC_IRQ_EDGE;

    if (lrs_cleared) {
        cpu->direct_lr = 0;
    } else if (vgic->direct_irq != 0) {
        vgic_direct_stop(vgic, vcpu);
    }
    for (uint32_t i = 0; i < VGIC_MAX_IRQS / 64; i++) {
        cpu->ready[i] = 0;
    }
    cpu->ready_words = 0;
    cpu->last = 0;
    cpu->asleep = vgic->version == 3;
    for (uint32_t irq = 0; irq < VGIC_PRIVATE_IRQS; irq++) {
        vgic_retire(vgic, vcpu, irq);
        cpu->irqs[irq] = (struct vgic_irq){ .flags = irq < VGIC_SGIS ? sgi_flags : 0 };
    }
    for (uint32_t i = 0; i < VGIC_SGIS; i++) {
        cpu->sgi_sources[i] = 0;
    }
    cpu->again_lrs = 0;
    if (lrs_cleared) {
        cpu->free_lrs = (UINT32_C(1) << vgic->lr_count) - 1u;
        cpu->quiet_lrs = 0;
    } else {
        for (uint32_t i = 0; i < vgic->lr_count; i++) {
            cpu->lr_irq[i] = VGIC_LR_STUCK;
        }
    }
}

void vgic_reset(struct vgic *vgic, bool lrs_cleared)
{
    vgic->ctlr = 0;
    vgic->dirty = 0;
    for (uint32_t irq = VGIC_PRIVATE_IRQS; irq < vgic->irq_count; irq++) {
        vgic_retire(vgic, 0, irq);
        // Lines belong to devices, not to us: their level survives.
        vgic->spis[irq - VGIC_PRIVATE_IRQS] = (struct vgic_irq){
            .targets = 1,
            .flags = vgic->spis[irq - VGIC_PRIVATE_IRQS].flags & VGIC_IRQ_LINE,
        };
        vgic->routes[irq - VGIC_PRIVATE_IRQS] = vgic->vcpus[0].affinity;
    }
    for (uint32_t vcpu = 0; vcpu < vgic->vcpu_count; vcpu++) {
        reset_private(vgic, vcpu, lrs_cleared);
        vgic_update(vgic, vcpu, vgic->direct_irq);
    }
}

static void take_back(struct vgic *vgic, uint32_t vcpu)
{
    struct vgic_vcpu *cpu = &vgic->vcpus[vcpu];
    uint32_t all = (UINT32_C(1) << vgic->lr_count) - 1u;

    cpu->direct_lr = 0;
    cpu->quiet_lrs = 0;
    cpu->again_lrs = 0;
    for (uint32_t used = all & ~cpu->free_lrs; used != 0; used &= used - 1) {
        uint32_t lr = (uint32_t)__builtin_ctz(used);
        uint32_t irq = cpu->lr_irq[lr];
        if (irq != VGIC_LR_STUCK) {
            give_back(vgic, vcpu, irq, cpu->origins[lr]);
        }
    }
}

void vgic_vcpu_reset(struct vgic *vgic, uint32_t vcpu)
{
    struct vgic_vcpu *cpu = &vgic->vcpus[vcpu];

    take_back(vgic, vcpu);
    cpu->free_lrs = (UINT32_C(1) << vgic->lr_count) - 1u;
    vgic_update(vgic, vcpu, vgic->direct_irq);
    vgic->dirty |= UINT32_C(1) << vcpu;
    vgic_flush(vgic);
}

void vgic_vcpu_off(struct vgic *vgic, uint32_t vcpu)
{
    struct vgic_vcpu *cpu = &vgic->vcpus[vcpu];

    take_back(vgic, vcpu);
    // None to use: what comes now waits in the distributor, where a new target finds it.
    cpu->free_lrs = 0;
    for (uint32_t i = 0; i < vgic->lr_count; i++) {
        cpu->lr_irq[i] = VGIC_LR_STUCK;
    }
    vgic_flush(vgic);
}

bool vgic_init(struct vgic *vgic, const struct vgic_setup *setup, const struct vgic_ops *ops,
               void *context)
{
    if (setup->vcpu_count == 0 || setup->vcpu_count > VGIC_MAX_VCPUS
        || setup->irq_count < VGIC_PRIVATE_IRQS || setup->irq_count > VGIC_MAX_IRQS
        || setup->lr_count == 0 || setup->version < 2 || setup->version > 3) {
        return false;
    }
    uint32_t rounded = (setup->irq_count + 31u) & ~31u;
    *vgic = (struct vgic){
        .version = setup->version,
        .vcpu_count = setup->vcpu_count,
        .irq_count = rounded < VGIC_SPECIAL_IRQS ? rounded : VGIC_SPECIAL_IRQS,
        .lr_count = setup->lr_count < VGIC_MAX_LRS ? setup->lr_count : VGIC_MAX_LRS,
        .ops = ops,
        .context = context,
    };
    for (uint32_t i = 0; i < setup->vcpu_count; i++) {
        vgic->vcpus[i].affinity = setup->affinities != NULL ? setup->affinities[i] : i;
    }
    vgic_reset(vgic, true);
    return true;
}
