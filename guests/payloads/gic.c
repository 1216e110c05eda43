// SPDX-License-Identifier: BSD-2-Clause
// The interrupt controller as a guest sees it, GICv2 or GICv3: registers, priorities and preemption,
// masks, level and edge, both ways to end an interrupt, more interrupts than list registers, and
// software generated interrupts to this CPU and among all of them.
#include "payload.h"

#define FIRST 64u ///< shared interrupts that no device has
#define COUNT 64u
#define PRIORITIES 31u ///< levels that the mask 0xff lets through
#define UART_IRQ 33u
#define UART_INTERRUPT_MASK (UART_BASE + 0x38)
#define UART_TX 0x20u

#define SGI_PING 1u
#define SGI_ALL 2u
#define SGI_STOP 3u
#define SGI_EARLY 4u ///< sent before the others are on

/// Time for an interrupt to get here, or not.
static void settle(void)
{
    uint64_t until = counter() + 500;

    while (counter() < until) {
    }
}

static void check_quiet(const char *where)
{
    uint32_t intid = gic_acknowledge();

    check(intid == GIC_SPURIOUS, "%s: interrupt %u is left", where, intid);
    check(gic_running_priority() == GIC_IDLE_PRIORITY, "%s: priority %x still runs", where,
          gic_running_priority());
    for (uint32_t first = 0; first < FIRST + COUNT; first += 32) {
        uint32_t pending = read32(gic_bits(first, GIC_ISPENDR));
        uint32_t active = read32(gic_bits(first, GIC_ISACTIVER));
        check(pending == 0, "%s: pending %x from %u on", where, pending, first);
        check(active == 0, "%s: active %x from %u on", where, active, first);
    }
}

/// The next interrupt has to be `intid`.
static void take(uint32_t intid, const char *what)
{
    uint32_t found = gic_acknowledge();

    check(found == intid, "%s: %u instead of %u", what, found, intid);
}

static void take_and_end(uint32_t intid, const char *what)
{
    take(intid, what);
    gic_end(intid);
}

static void raise_word(uint32_t first, uint32_t bits)
{
    write32(gic_bits(first, GIC_ISPENDR), bits);
}

// --- Registers -----------------------------------------------------------------------------------

static void test_registers(void)
{
    uint32_t type = read32(GICD_BASE + 4);

    check((type & 0x1f) == 8, "GICD_TYPER names %u interrupts", 32 * ((type & 0x1f) + 1));
    gic_set_priority(FIRST, 0xa7);
    check(gic_priority(FIRST) == 0xa0, "a priority has five bits: %x", gic_priority(FIRST));
    gic_set_priority(3, 0x58);
    check(gic_priority(3) == 0x58, "priority of an SGI: %x", gic_priority(3));
    check(!gic_is_enabled(FIRST), "enabled after reset");
    gic_enable(FIRST);
    check(gic_is_enabled(FIRST), "enabled");
    gic_disable(FIRST);
    check(!gic_is_enabled(FIRST), "disabled");

    // Pending and active where no list register is concerned.
    gic_set_pending(FIRST);
    check(gic_is_pending(FIRST) && !gic_is_active(FIRST), "disabled and pending");
    gic_clear_pending(FIRST);
    check(!gic_is_pending(FIRST), "no longer pending");
    gic_set_active(FIRST);
    check(gic_is_active(FIRST) && !gic_is_pending(FIRST), "active by software");
    gic_enable(FIRST);
    gic_set_pending(FIRST);
    settle();
    take(GIC_SPURIOUS, "active by software: held back");
    gic_clear_active(FIRST);
    take(FIRST, "no longer active: it comes");
    check(gic_is_active(FIRST) && !gic_is_pending(FIRST), "acknowledged: active");
    gic_set_pending(FIRST);
    check(gic_is_active(FIRST) && gic_is_pending(FIRST), "active and pending");
    gic_end(FIRST);
    take_and_end(FIRST, "pending while active: once more");
    gic_disable(FIRST);
    check_quiet("registers");
}

static void test_reserved(void)
{
    if (gic_version() == 2) {
        check(read32(GICD_BASE + 0x40) == 0, "reserved register");
        return;
    }
    check((read32(GICD_BASE) & 0x50) == 0x50, "GICD_CTLR: affinity routing, one security state");
    check(read32(GICD_BASE + 0x100) == 0, "GICD_ISENABLER0 is the redistributor's");
    check((read32(GICD_BASE + 0xffe8) >> 4 & 15) == 3, "GICD_PIDR2");
    check((read32(GICR_BASE + 0xffe8) >> 4 & 15) == 3, "GICR_PIDR2");
    check((read32(GICD_BASE + 4) & (1u << 17)) == 0, "there are no LPIs");
    write64(GICD_BASE + 0x6000 + 8 * FIRST, 0x12345678);
    check(read32(GICD_BASE + 0x6000 + 8 * FIRST) == 0x00345678, "GICD_IROUTER reads back");
    gic_set_target(FIRST, 0);
    for (unsigned cpu = 0; cpu < GIC_MAX_CPUS; cpu++) {
        uint64_t typer = GICR_BASE + cpu * GICR_SIZE + 8;
        check(read32(typer + 4) == cpu, "affinity of redistributor %u", cpu);
        check((read32(typer) >> 8 & 0xffff) == cpu, "number of redistributor %u", cpu);
        if ((read32(typer) & 0x10) != 0) {
            return;
        }
    }
    check(false, "no redistributor is the last one");
}

// --- Priorities ----------------------------------------------------------------------------------

static void set_up_lines(void)
{
    for (uint32_t i = 0; i < COUNT; i++) {
        gic_set_edge(FIRST + i, true);
        gic_set_target(FIRST + i, 0);
        gic_set_priority(FIRST + i, 0x80);
        gic_enable(FIRST + i);
    }
}

static void test_preemption(void)
{
    gic_set_priority(FIRST, 0xa0);
    gic_set_priority(FIRST + 1, 0x80);
    gic_set_priority(FIRST + 2, 0x60);
    gic_set_priority(FIRST + 3, 0xa0);
    gic_set_pending(FIRST);
    take(FIRST, "the lowest");
    check(gic_running_priority() == 0xa0, "running priority %x", gic_running_priority());
    gic_set_pending(FIRST + 3);
    settle();
    take(GIC_SPURIOUS, "the same priority does not preempt");
    gic_set_pending(FIRST + 1);
    take(FIRST + 1, "a higher one preempts");
    gic_end(FIRST + 1);
    check(gic_running_priority() == 0xa0, "back to priority %x", gic_running_priority());
    take(GIC_SPURIOUS, "the same priority still waits");
    gic_set_pending(FIRST + 2);
    take(FIRST + 2, "a higher one preempts again");
    gic_set_pending(FIRST + 1);
    settle();
    take(GIC_SPURIOUS, "a lower one does not preempt");
    gic_end(FIRST + 2);
    take_and_end(FIRST + 1, "then comes the lower one");
    gic_end(FIRST);
    take_and_end(FIRST + 3, "then the one that waited longest");
    check_quiet("preemption");
}

static void test_masks(void)
{
    uint32_t irq = FIRST + 5;

    gic_set_priority(irq, 0x80);
    gic_set_mask(0x80);
    gic_set_pending(irq);
    settle();
    take(GIC_SPURIOUS, "its priority is the mask");
    gic_set_mask(0x88);
    take_and_end(irq, "its priority is above the mask");
    gic_set_mask(0xff);

    gic_disable(irq);
    gic_set_pending(irq);
    settle();
    take(GIC_SPURIOUS, "disabled");
    gic_enable(irq);
    take_and_end(irq, "enabled");

    gic_set_forwarding(false);
    gic_set_pending(irq);
    settle();
    take(GIC_SPURIOUS, "distributor off");
    check(gic_is_pending(irq), "pending in the distributor that is off");
    gic_set_forwarding(true);
    take_and_end(irq, "distributor on");

    gic_set_other_group(irq, true);
    gic_set_pending(irq);
    settle();
    take(GIC_SPURIOUS, "in the group that is off");
    gic_set_other_group(irq, false);
    take_and_end(irq, "in the group that is on");

    gic_set_interface_on(false);
    gic_set_pending(irq);
    settle();
    check(gic_highest_pending() == GIC_SPURIOUS, "CPU interface off");
    gic_set_interface_on(true);
    take_and_end(irq, "CPU interface on");
    check_quiet("masks");
}

/// An urgent interrupt comes although less urgent ones, which are masked, fill the list registers.
static void test_urgent_behind_masked(void)
{
    gic_set_mask(0x80);
    for (uint32_t i = 0; i < 16; i++) {
        gic_set_priority(FIRST + i, 0xa0);
    }
    raise_word(FIRST, 0xffff);
    settle();
    take(GIC_SPURIOUS, "all are masked");
    gic_set_priority(FIRST + 20, 0x20);
    gic_set_pending(FIRST + 20);
    settle();
    take_and_end(FIRST + 20, "an urgent one comes");
    gic_enable(2);
    gic_send(1, 2);
    gic_set_mask(0xff);
    take_and_end(2, "an urgent SGI comes");
    for (uint32_t i = 0; i < 16; i++) {
        uint32_t found = gic_acknowledge();
        check(found >= FIRST && found < FIRST + 16, "one of the masked: %u", found);
        gic_end(found);
    }
    check_quiet("urgent");
}

// --- Level and edge ------------------------------------------------------------------------------

static void test_edge(void)
{
    uint32_t irq = FIRST + 9;

    gic_set_pending(irq);
    gic_set_pending(irq);
    settle();
    take(irq, "edge");
    for (unsigned i = 0; i < 3; i++) {
        gic_set_pending(irq);
    }
    gic_end(irq);
    settle();
    take_and_end(irq, "edges while it is active: once more");
    check_quiet("edge");
}

/// The UART's line: high as long as its transmitter is ready and that is not masked.
static void test_level(void)
{
    gic_set_edge(UART_IRQ, false);
    gic_set_priority(UART_IRQ, 0x40);
    gic_set_target(UART_IRQ, 0);
    gic_enable(UART_IRQ);
    print("level\n");
    write32(UART_INTERRUPT_MASK, UART_TX);
    for (unsigned i = 0; i < 5; i++) {
        settle();
        take_and_end(UART_IRQ, "comes while its line is high");
    }
    settle();
    take(UART_IRQ, "and once more");
    write32(UART_INTERRUPT_MASK, 0);
    gic_end(UART_IRQ);
    settle();
    check_quiet("level");

    gic_disable(UART_IRQ);
    gic_set_edge(FIRST + 10, false);
    gic_set_pending(FIRST + 10);
    settle();
    take_and_end(FIRST + 10, "level-sensitive, pending by software");
    settle();
    gic_set_edge(FIRST + 10, true);
    check_quiet("level by software");
}

// --- Ends ----------------------------------------------------------------------------------------

static void test_split_end(void)
{
    gic_set_split_end(true);
    gic_set_priority(FIRST, 0x60);
    gic_set_priority(FIRST + 1, 0x80);
    gic_set_pending(FIRST);
    take(FIRST, "split");
    gic_set_pending(FIRST + 1);
    settle();
    take(GIC_SPURIOUS, "split: a lower one waits");
    gic_end(FIRST);
    check(gic_running_priority() == GIC_IDLE_PRIORITY, "split: the priority is dropped");
    check(gic_is_active(FIRST), "split: active until it is deactivated");
    gic_set_pending(FIRST);
    settle();
    take(FIRST + 1, "split: a lower one comes");
    gic_end(FIRST + 1);
    settle();
    take(GIC_SPURIOUS, "split: an active one does not come again");
    gic_deactivate(FIRST);
    settle();
    take(FIRST, "split: after its end it does");
    gic_end(FIRST);
    // Ended in the order in which they came.
    gic_deactivate(FIRST + 1);
    check(!gic_is_active(FIRST + 1) && gic_is_active(FIRST), "split: the second is over first");
    gic_deactivate(FIRST);
    gic_set_split_end(false);
    check_quiet("split");
}

// --- More than list registers --------------------------------------------------------------------

static uint32_t seen[COUNT];

/// Takes interrupts until none is left: `wanted`, each once, by priority.
static void take_all(const char *name, uint32_t wanted)
{
    uint32_t taken = 0;
    uint8_t last = 0;

    for (uint32_t i = 0; i < COUNT; i++) {
        seen[i] = 0;
    }
    for (uint32_t intid = gic_acknowledge(); intid != GIC_SPURIOUS; intid = gic_acknowledge()) {
        uint8_t priority = gic_priority(intid);
        check(intid >= FIRST && intid < FIRST + COUNT, "%s: interrupt %u", name, intid);
        check(priority >= last, "%s: priority %x after %x", name, priority, last);
        last = priority;
        seen[(intid - FIRST) % COUNT]++;
        taken++;
        gic_end(intid);
    }
    check(taken == wanted, "%s: %u instead of %u", name, taken, wanted);
    for (uint32_t i = 0; i < COUNT; i++) {
        check(seen[i] <= 1, "%s: interrupt %u came %u times", name, FIRST + i, seen[i]);
    }
    check_quiet(name);
}

static void random_priorities(void)
{
    for (uint32_t i = 0; i < COUNT; i++) {
        gic_set_priority(FIRST + i, (uint8_t)(random_next() % PRIORITIES * 8));
    }
}

static void test_overflow(void)
{
    for (unsigned round = 0; round < 4; round++) {
        random_priorities();
        raise_word(FIRST, 0xffff);
        settle();
        take_all("16 at once", 16);

        random_priorities();
        gic_set_forwarding(false);
        raise_word(FIRST, ~0u);
        raise_word(FIRST + 32, ~0u);
        gic_set_forwarding(true);
        take_all("64 at once", COUNT);

        random_priorities();
        gic_set_mask(0);
        uint32_t at = (uint32_t)random_next() % COUNT;
        for (uint32_t i = 0; i < COUNT; i++) {
            gic_set_pending(FIRST + at);
            at = (at + 27) % COUNT;
        }
        settle();
        gic_set_mask(0xff);
        take_all("64 one after the other", COUNT);
    }
}

/// New ones arrive while others are handled.
static void test_arrivals(void)
{
    uint32_t raised = 0;
    uint32_t taken = 0;

    random_priorities();
    for (uint32_t i = 0; i < COUNT; i++) {
        seen[i] = 0;
    }
    while (taken < 1000) {
        if (raised < 1000 && (random_next() & 1) != 0) {
            uint32_t i = (uint32_t)random_next() % COUNT;
            if (seen[i] == 0) {
                seen[i] = 1;
                raised++;
                gic_set_pending(FIRST + i);
            }
            continue;
        }
        uint32_t intid = gic_acknowledge();
        if (intid == GIC_SPURIOUS) {
            if (raised == 1000) {
                break;
            }
            continue;
        }
        for (uint32_t i = 0; i < COUNT; i++) {
            check(seen[i] == 0 || gic_priority(FIRST + i) >= gic_priority(intid),
                  "arrivals: %u before %u", intid, FIRST + i);
        }
        seen[intid - FIRST] = 0;
        taken++;
        gic_end(intid);
    }
    check(taken == raised, "arrivals: %u raised, %u taken", raised, taken);
    check_quiet("arrivals");
}

// --- Software generated interrupts ---------------------------------------------------------------

static void test_own_sgis(void)
{
    for (uint32_t sgi = 0; sgi < 16; sgi++) {
        gic_set_priority(sgi, (uint8_t)((15 - sgi) * 8));
        gic_enable(sgi);
    }
    gic_set_mask(0);
    for (uint32_t sgi = 0; sgi < 16; sgi++) {
        gic_send(1, sgi);
    }
    gic_send(1, 7); // merges
    gic_set_mask(0xff);
    settle();
    for (uint32_t sgi = 16; sgi-- > 0;) {
        take_and_end(sgi, "SGIs by priority");
    }
    check_quiet("own SGIs");
    gic_send_others(SGI_EARLY);
    settle();
    take(GIC_SPURIOUS, "an SGI to the others, which are off");
    for (uint32_t sgi = 0; sgi < 16; sgi++) {
        gic_set_priority(sgi, 0x10);
    }
}

// --- Several CPUs --------------------------------------------------------------------------------

#define ROUNDS 200u

extern char secondary[];
static uint8_t stacks[GIC_MAX_CPUS][4096] __attribute__((aligned(16)));
static volatile uint64_t ready[GIC_MAX_CPUS];
static volatile uint64_t pings[GIC_MAX_CPUS];
static volatile uint64_t broadcasts[GIC_MAX_CPUS];
static volatile uint64_t shared[GIC_MAX_CPUS];
static volatile uint64_t early[GIC_MAX_CPUS];
static volatile uint64_t strays;
static volatile uint32_t last_stray;
static volatile bool passes_on; ///< pings go round

static void enable_sgis(void)
{
    for (uint32_t sgi = SGI_PING; sgi <= SGI_EARLY; sgi++) {
        gic_set_priority(sgi, 0x10);
        gic_enable(sgi);
    }
}

/// Handles one interrupt. False: the CPU is to stop.
static bool serve(uint32_t intid)
{
    unsigned cpu = gic_cpu();

    switch (intid) {
    case SGI_PING:
        pings[cpu]++;
        gic_end(intid);
        if (passes_on && cpu != 0) {
            gic_send(1u << (cpu + 1) % GIC_MAX_CPUS, SGI_PING);
        }
        return true;
    case SGI_ALL:
        broadcasts[cpu]++;
        break;
    case SGI_STOP:
        gic_end(intid);
        return false;
    case SGI_EARLY:
        early[cpu]++;
        break;
    case TIMER_PPI: // of wait_for(), late
        break;
    default:
        if (intid >= FIRST && intid < FIRST + COUNT) {
            shared[cpu]++;
        } else {
            strays++;
            last_stray = intid;
        }
        break;
    }
    gic_end(intid);
    return true;
}

static void run_secondary(void)
{
    unsigned cpu = gic_cpu();
    bool run = true;

    gic_init();
    enable_sgis();
    ready[cpu] = 1;
    while (run) {
        uint32_t intid = gic_acknowledge();
        if (intid == GIC_SPURIOUS) {
            wait_for_interrupt();
        } else {
            run = serve(intid);
        }
    }
    ready[cpu] = 0;
}

/// True once `*value` is `wanted`; this CPU serves its own interrupts meanwhile. It sleeps between
/// looks: where cores take turns, a core that polls keeps the others out.
static bool wait_for(const volatile uint64_t *value, uint64_t wanted)
{
    uint64_t end = counter() + counter_frequency() / 4;

    while (*value != wanted && counter() < end) {
        uint32_t intid = gic_acknowledge();
        if (intid != GIC_SPURIOUS) {
            (void)serve(intid);
            continue;
        }
        timer_set(1000);
        wait_for_interrupt();
        timer_off();
    }
    gic_clear_pending(TIMER_PPI);
    return *value == wanted;
}

static bool start_cpu(unsigned cpu)
{
    uint64_t *top = (uint64_t *)(void *)(stacks[cpu] + sizeof(stacks[cpu]) - 16);

    *top = (uint64_t)(uintptr_t)run_secondary;
    return hvc(PSCI_CPU_ON, cpu, (uint64_t)(uintptr_t)secondary, (uint64_t)(uintptr_t)top).x0 == 0;
}

static void test_targets(void)
{
    for (unsigned cpu = 0; cpu < GIC_MAX_CPUS; cpu++) {
        gic_set_priority(FIRST + cpu, 0x80);
        gic_set_target(FIRST + cpu, cpu);
    }
    for (uint64_t round = 1; round <= ROUNDS; round++) {
        raise_word(FIRST, (1u << GIC_MAX_CPUS) - 1);
        for (unsigned cpu = 0; cpu < GIC_MAX_CPUS; cpu++) {
            if (!wait_for(&shared[cpu], round)) {
                check(false, "shared interrupt of CPU %u: %lu of %lu", cpu, shared[cpu], round);
                return;
            }
        }
    }
    check(true, "targets");
}

static void test_sgis(void)
{
    uint64_t sent[GIC_MAX_CPUS] = { 0 };

    // Every set of CPUs.
    for (unsigned set = 1; set < 1u << GIC_MAX_CPUS; set++) {
        gic_send(set, SGI_PING);
        for (unsigned cpu = 0; cpu < GIC_MAX_CPUS; cpu++) {
            sent[cpu] += set >> cpu & 1;
            check(wait_for(&pings[cpu], sent[cpu]), "SGI to the set %x: CPU %u", set, cpu);
        }
    }
    // Around: each CPU sends to the next one.
    passes_on = true;
    for (uint64_t round = 0; round < ROUNDS; round++) {
        gic_send(2, SGI_PING);
        sent[0]++;
        if (!wait_for(&pings[0], sent[0])) {
            check(false, "round %lu of pings got lost", round);
            return;
        }
    }
    passes_on = false;
    for (unsigned cpu = 1; cpu < GIC_MAX_CPUS; cpu++) {
        check(pings[cpu] == sent[cpu] + ROUNDS, "CPU %u passed on %lu", cpu, pings[cpu]);
    }
    for (uint64_t round = 1; round <= ROUNDS; round++) {
        gic_send_others(SGI_ALL);
        for (unsigned cpu = 1; cpu < GIC_MAX_CPUS; cpu++) {
            if (!wait_for(&broadcasts[cpu], round)) {
                check(false, "broadcast %lu to CPU %u", round, cpu);
                return;
            }
        }
    }
    settle();
    take(GIC_SPURIOUS, "broadcasts");
    check(broadcasts[0] == 0, "a broadcast came back");
}

static void test_cpus(void)
{
    unsigned count = 1;

    enable_sgis();
    gic_set_priority(TIMER_PPI, 0xe0);
    gic_enable(TIMER_PPI);
    while (count < GIC_MAX_CPUS && start_cpu(count)) {
        check(wait_for(&ready[count], 1), "CPU %u starts", count);
        check(wait_for(&early[count], 1), "CPU %u does not get what was sent before it was on", count);
        count++;
    }
    print("%u CPUs\n", count);
    if (count < GIC_MAX_CPUS) {
        return;
    }
    test_sgis();
    test_targets();
    gic_send_others(SGI_STOP);
    for (unsigned cpu = 1; cpu < count; cpu++) {
        check(wait_for(&ready[cpu], 0), "CPU %u stops", cpu);
    }
    check(early[0] == 0, "an SGI to the others came back");
    check(strays == 0, "%lu interrupts that nobody sent, %u the last", strays, last_stray);
    check_quiet("CPUs");
}

int main(void)
{
    interrupts_off();
    gic_init();
    print("GICv%u\n", gic_version());
    test_registers();
    test_reserved();
    set_up_lines();
    test_preemption();
    test_masks();
    test_urgent_behind_masked();
    test_edge();
    test_level();
    test_split_end();
    test_overflow();
    test_arrivals();
    test_own_sgis();
    test_cpus();
    finish();
}
