// SPDX-License-Identifier: BSD-2-Clause
// A guest whose CPUs all attack at the same time: the distributor, each other by interrupts and by
// switching each other on, the firmware and the kernel with nonsense, memory that is not theirs. At the
// end CPUs run where nothing is, and the VM is powered off while they do.
#include "payload.h"

#define PSCI_ALREADY_ON (-4)
#define IS_ON 0
#define IS_OFF 1

#define ROUNDS 4000u  ///< of CPU 0
/// Ends of other interrupts than the one that was acknowledged: each leaves one active in a list register for
/// good. A CPU with more of them is not sure to get its timer's interrupt any more (docs/caveats.md).
#define MOST_WRONG_ENDS 2u
#define NOWHERE 0x0b000000u
#define MAGIC 0x5eed5eed5eed5eedul

extern char secondary[];
static uint8_t stacks[GIC_MAX_CPUS][8192] __attribute__((aligned(16)));
static volatile uint64_t rounds[GIC_MAX_CPUS];
static volatile uint64_t starts[GIC_MAX_CPUS];
static volatile uint64_t breaches[GIC_MAX_CPUS]; ///< loads that gave what is not the CPU's
static unsigned wrong_ends[GIC_MAX_CPUS]; ///< since the CPU's start
static volatile bool stop;

/// Numbers of a CPU of its own: xorshift64.
static uint64_t next(uint64_t *state)
{
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    return *state;
}

/// Loads from where nothing is the guest's. The exception skips the load, so its register keeps a value.
static void load_from_elsewhere(unsigned cpu, uint64_t random)
{
    // Behind the guest's RAM, where the kernel and the components are; or below, between the devices.
    uint64_t at = (random & 1) != 0 ? RAM_BASE + RAM_SIZE + (random & 0x1ffffff8)
                                    : 0x0a000000 + (random & 0xfffff8);
    uint64_t value = MAGIC;
    __asm__ volatile("ldr %0, [%1]" : "+r"(value) : "r"(at) : "memory");
    breaches[cpu] += value != MAGIC;
}

static void scribble(uint64_t random)
{
    uint64_t at = GICD_BASE + (random >> 8 & 0xfff);
    switch (random & 3) {
    case 0:
        write32(at & ~3ul, (uint32_t)(random >> 20));
        break;
    case 1:
        (void)read32(at & ~3ul);
        break;
    case 2:
        write8(at, (uint8_t)(random >> 20));
        break;
    default:
        (void)read8(at);
        break;
    }
}

static int64_t turn_on(unsigned cpu)
{
    uint64_t top = (uint64_t)(uintptr_t)(stacks[cpu] + sizeof(stacks[cpu]) - 16);
    return (int32_t)hvc(PSCI_CPU_ON, cpu, (uint64_t)(uintptr_t)secondary, top).x0;
}

static bool stops_a_cpu(uint64_t function)
{
    uint64_t low = function & 0xbfffffff;
    return low == 0x84000001 || low == 0x84000002 || low == 0x84000008 || low == 0x84000009
           || low == 0x84000012;
}

static void call_firmware(uint64_t random)
{
    uint64_t function = (random & 1) != 0 ? 0x84000000 + (random >> 8 & 0x4000001f) : random;
    if (!stops_a_cpu(function)) {
        (void)smc(function, random >> 3 & 7, random >> 5, random >> 7);
    }
}

/// Sleeps until its timer fires, if that can come: no interrupt is being served.
static void sleep_a_little(unsigned cpu, uint64_t random)
{
    if (gic_running_priority() != GIC_IDLE_PRIORITY || !gic_interface_is_on()
        || wrong_ends[cpu] > MOST_WRONG_ENDS) {
        return;
    }
    gic_set_forwarding(true);
    gic_set_other_group(TIMER_PPI, false);
    gic_clear_active(TIMER_PPI);
    gic_set_priority(TIMER_PPI, 0x80);
    gic_enable(TIMER_PPI);
    timer_set(random % 2000);
    wait_for_interrupt();
    timer_off();
}

static void attack(unsigned cpu, uint64_t *state)
{
    uint64_t random = next(state);
    switch (random >> 60) {
    case 0:
    case 1:
        load_from_elsewhere(cpu, random);
        break;
    case 2:
    case 3:
    case 4:
    case 5:
        scribble(random);
        break;
    case 6:
    case 7:
        gic_send((uint32_t)random & 0xff, random >> 8 & 15);
        break;
    case 8:
        (void)turn_on((unsigned)(random % GIC_MAX_CPUS));
        break;
    case 9:
        (void)hvc(PSCI_AFFINITY_INFO, random % (GIC_MAX_CPUS + 1), 0, 0);
        break;
    case 10:
        call_firmware(random);
        break;
    case 11:
        (void)hvc_x7(random & 0xff, random >> 8 & 0xfffff, 0 - (1 + (random >> 32) % 12));
        break;
    case 12: {
        uint32_t intid = gic_acknowledge();
        bool is_wrong = (random & 7) == 0;
        gic_end(is_wrong ? (uint32_t)(random >> 8) & 0x3ff : intid);
        wrong_ends[cpu] += is_wrong;
        break;
    }
    case 13:
        gic_set_pending((uint32_t)(32 + random % 64));
        break;
    case 14:
        if (cpu != 0) {
            sleep_a_little(cpu, random >> 8);
        }
        break;
    default:
        interrupts_on();
        interrupts_off();
        break;
    }
    rounds[cpu]++;
}

static void run_secondary(void)
{
    unsigned cpu = gic_cpu();
    uint64_t state = counter() * 2 + 1;

    starts[cpu]++;
    wrong_ends[cpu] = 0;
    gic_init();
    while (!stop && next(&state) % 200 != 0) {
        attack(cpu, &state);
    }
    for (;;) {
        (void)hvc(PSCI_CPU_OFF, 0, 0, 0);
    }
}

static void turn_all_on(uint64_t function)
{
    for (unsigned cpu = 1; cpu < GIC_MAX_CPUS; cpu++) {
        uint64_t *top = (uint64_t *)(void *)(stacks[cpu] + sizeof(stacks[cpu]) - 16);
        *top = function;
        (void)turn_on(cpu);
    }
}

/// The others turn themselves off.
static void wait_until_off(void)
{
    uint64_t end = counter() + counter_frequency() / 5;

    for (unsigned cpu = 1; cpu < GIC_MAX_CPUS; cpu++) {
        uint64_t answer = IS_ON;
        while (answer != IS_OFF && counter() < end) {
            gic_set_forwarding(true); // for who waits for its timer
            answer = hvc(PSCI_AFFINITY_INFO, cpu, 0, 0).x0;
            __asm__ volatile("yield");
        }
        check(answer == IS_OFF, "CPU %u does not end: AFFINITY_INFO %ld", cpu, (int64_t)answer);
    }
}

int main(void)
{
    uint64_t state = 0x243f6a8885a308d3;
    int64_t answer;

    print("hostile guest starts\n");
    gic_init();
    interrupts_off();
    expect_exceptions(true);
    for (unsigned i = 0; i < ROUNDS; i++) {
        if (i % 64 == 0) {
            gic_set_forwarding(true);
            turn_all_on((uint64_t)(uintptr_t)run_secondary);
        }
        attack(0, &state);
        __asm__ volatile("yield");
    }
    stop = true;
    wait_until_off();
    wait_until_off(); // also who was turned on once more by another's last attack
    for (unsigned cpu = 0; cpu < GIC_MAX_CPUS; cpu++) {
        check(breaches[cpu] == 0, "CPU %u saw foreign memory %lu times", cpu, breaches[cpu]);
        check(rounds[cpu] > 500, "CPU %u: %lu rounds, %lu starts", cpu, rounds[cpu], starts[cpu]);
        check(cpu == 0 || starts[cpu] > 3, "CPU %u was started %lu times", cpu, starts[cpu]);
        print("CPU %u: %lu rounds, %lu starts\n", cpu, rounds[cpu], starts[cpu]);
    }
    turn_all_on(NOWHERE);
    for (unsigned cpu = 1; cpu < GIC_MAX_CPUS; cpu++) {
        answer = turn_on(cpu);
        check(answer == PSCI_ALREADY_ON, "CPU_ON of CPU %u that runs nowhere: %ld", cpu, answer);
    }
    for (unsigned i = 0; i < ROUNDS / 8; i++) {
        attack(0, &state);
    }
    finish();
}
