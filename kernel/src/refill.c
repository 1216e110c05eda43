// SPDX-License-Identifier: BSD-2-Clause
// Refills of a scheduling context: a ring of (time, amount) in order of time whose amounts always
// sum up to the budget, so that no window of one period ever holds more use than the budget. Two
// neighbours may become one where that makes nothing usable earlier than before.
#include <kernel/sched.h>

static uint32_t refill_next(const struct sched_context *sc, uint32_t i)
{
    return i + 1 == sc->refill_max ? 0 : i + 1;
}

static bool refill_is_single(const struct sched_context *sc)
{
    return sc->refill_head == sc->refill_tail;
}

static bool refill_is_full(const struct sched_context *sc)
{
    return refill_next(sc, sc->refill_tail) == sc->refill_head;
}

/// Two neighbours as one block without a gap that ends when the later one would: nothing in it can
/// be used before it could be used before.
static struct refill refill_join(struct refill first, struct refill second)
{
    struct refill joined = { first.time, first.amount + second.amount };
    if (second.time > first.time + first.amount) {
        joined.time = second.time - first.amount;
    }
    return joined;
}

static void refill_append(struct sched_context *sc, struct refill refill)
{
    struct refill *tail = &sc->refills[sc->refill_tail];
    if (tail->time + tail->amount >= refill.time || refill_is_full(sc)) {
        // This never delays a head in use: rings have room for two, so the tail of a full one is
        // another refill, and a single refill ends before its period does.
        *tail = refill_join(*tail, refill);
        return;
    }
    sc->refill_tail = refill_next(sc, sc->refill_tail);
    sc->refills[sc->refill_tail] = refill;
}

/// Joins the head with the next refill while it is too small to be used or the next one continues
/// it.
static void refill_tidy_head(struct sched_context *sc, ticks_t minimum)
{
    while (!refill_is_single(sc)) {
        struct refill head = sc->refills[sc->refill_head];
        uint32_t next = refill_next(sc, sc->refill_head);
        if (head.amount >= minimum && sc->refills[next].time > head.time + head.amount) {
            break;
        }
        sc->refills[next] = refill_join(head, sc->refills[next]);
        sc->refill_head = next;
    }
}

void refill_init(struct sched_context *sc, ticks_t now, ticks_t budget, ticks_t period,
                 uint32_t refill_max)
{
    sc->period = period;
    sc->refill_max = refill_max;
    sc->refill_head = 0;
    sc->refill_tail = 0;
    sc->refills[0] = (struct refill){ now, budget };
    if (period == 0) {
        // Round robin: the first refill is what is left of the turn, the second what was used of
        // it.
        sc->refill_tail = 1;
        sc->refills[1] = (struct refill){ now, 0 };
    }
}

void refill_update(struct sched_context *sc, ticks_t now, ticks_t minimum, ticks_t budget,
                   ticks_t period, uint32_t refill_max)
{
    struct refill head = *refill_head(sc);
    if (period == 0 || sched_context_is_round_robin(sc)) {
        // A round robin context has no history that could limit the new one, or needs none.
        refill_init(sc, head.time > now ? head.time : now, budget, period, refill_max);
        return;
    }
    if (head.time <= now) {
        head.time = now;
    }
    refill_init(sc, head.time, budget, period, refill_max);
    if (head.amount < budget) {
        sc->refills[0].amount = head.amount;
        refill_append(sc, (struct refill){ head.time + period, budget - head.amount });
        refill_tidy_head(sc, minimum);
    }
}

/// Leaps over whole periods when far more was used than a period has (the machine was stopped).
static ticks_t refill_skip_periods(struct sched_context *sc, ticks_t used)
{
    ticks_t budget = 0;
    uint32_t i = sc->refill_head;
    for (;;) {
        budget += sc->refills[i].amount;
        if (i == sc->refill_tail) {
            break;
        }
        i = refill_next(sc, i);
    }
    ticks_t periods = used / budget;
    for (i = sc->refill_head;; i = refill_next(sc, i)) {
        sc->refills[i].time += periods * sc->period;
        if (i == sc->refill_tail) {
            break;
        }
    }
    return used - periods * budget;
}

void refill_charge(struct sched_context *sc, ticks_t minimum, ticks_t used)
{
    if (UNLIKELY(used > sc->period)) {
        used = refill_skip_periods(sc, used);
    }
    while (used >= refill_head(sc)->amount) {
        struct refill whole = *refill_head(sc);
        used -= whole.amount;
        whole.time += sc->period;
        if (refill_is_single(sc)) {
            *refill_head(sc) = whole;
        } else {
            sc->refill_head = refill_next(sc, sc->refill_head);
            refill_append(sc, whole);
        }
    }
    if (used != 0) {
        struct refill *head = refill_head(sc);
        struct refill part = { head->time + sc->period, used };
        head->amount -= used;
        head->time += used;
        refill_append(sc, part);
    }
    refill_tidy_head(sc, minimum);
}

void refill_unblock(struct sched_context *sc, ticks_t now)
{
    if (sched_context_is_round_robin(sc) || refill_head(sc)->time > now) {
        return;
    }
    refill_head(sc)->time = now;
    // Nothing is too small: a refill that continues the head joins it.
    refill_tidy_head(sc, 0);
}
