// SPDX-License-Identifier: BSD-2-Clause
// The fake machine: RAM at a fixed place in the process, a clock that the test moves, interrupts
// that the test raises, a console that the test reads.
#include <arch/host.h>
#include <arch/smc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#define SGI_COUNT 16
#define SGI_TARGETS 8
#define CONSOLE_SIZE 8192

struct core *host_current_core = &kernel_cores[0];
const word_t arch_max_irq = HOST_MAX_IRQ;

static struct {
    void *ram;
    ticks_t now;
    bool pending[HOST_MAX_IRQ + 1];
    bool masked[HOST_MAX_IRQ + 1];
    unsigned in_service;
    unsigned preempt_every;
    unsigned preempt_calls;
    unsigned sgi_count;
    word_t sgi_irq;
    word_t sgi_target;
    unsigned smc_count;
    char console[CONSOLE_SIZE];
    size_t console_length;
} machine;

static void map_ram(void)
{
    if (machine.ram != NULL) {
        return;
    }
    void *at = (void *)(uintptr_t)HOST_RAM_WINDOW;
    machine.ram = mmap(at, HOST_RAM_SIZE, PROT_READ | PROT_WRITE,
                       MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED_NOREPLACE, -1, 0);
    if (machine.ram != at) {
        (void)fprintf(stderr, "host: no memory at %p\n", at);
        abort();
    }
}

void host_memory_reset(void)
{
    map_ram();
    // Fresh pages, then junk where objects are most likely made: the kernel has to clear what it
    // uses.
    (void)madvise(machine.ram, HOST_RAM_SIZE, MADV_DONTNEED);
    memset(machine.ram, 0xa5, 1u << 20);
}

void host_reset(void)
{
    void *ram = machine.ram;
    memset(&machine, 0, sizeof(machine));
    machine.ram = ram;
    machine.now = 1000000 * HOST_TICKS_PER_US;
    for (word_t irq = 0; irq <= HOST_MAX_IRQ; irq++) {
        machine.masked[irq] = !arch_irq_is_reserved(irq);
    }
    host_current_core = &kernel_cores[0];
    host_memory_reset();
    host_vspace_reset();
}

void kernel_panic(const char *message, const char *file, unsigned line)
{
    (void)fprintf(stderr, "kernel panic: %s:%u: %s\n", file, line, message);
    arch_halt();
}

void arch_halt(void)
{
    (void)fprintf(stderr, "%s\nkernel halted\n", host_console());
    abort();
}

void arch_debug_putchar(char c)
{
    if (machine.console_length + 1 < CONSOLE_SIZE) {
        machine.console[machine.console_length++] = c;
    }
}

const char *host_console(void)
{
    return machine.console;
}

// ---- memory ------------------------------------------------------------------------------------

void *arch_phys_to_virt(paddr_t at)
{
    ASSERT(at >= HOST_RAM_BASE && at - HOST_RAM_BASE <= HOST_RAM_SIZE);
    return (void *)(uintptr_t)(at - HOST_RAM_BASE + HOST_RAM_WINDOW);
}

paddr_t arch_virt_to_phys(const void *pointer)
{
    return (uintptr_t)pointer - HOST_RAM_WINDOW + HOST_RAM_BASE;
}

void arch_clear_memory(void *at, word_t bytes)
{
    memset(at, 0, bytes);
}

void arch_clean_memory(void *at, word_t bytes)
{
    (void)at;
    (void)bytes;
}

// ---- time --------------------------------------------------------------------------------------

ticks_t arch_timer_now(void)
{
    return machine.now;
}

void arch_timer_set_deadline(struct core *core, ticks_t at)
{
    core->arch.deadline = at;
}

ticks_t host_timer_deadline(const struct core *core)
{
    return core->arch.deadline;
}

void host_timer_advance(ticks_t ticks)
{
    machine.now += ticks;
}

ticks_t arch_us_to_ticks(uint64_t microseconds)
{
    return microseconds * HOST_TICKS_PER_US;
}

uint64_t arch_ticks_to_us(ticks_t ticks)
{
    return ticks / HOST_TICKS_PER_US;
}

uint64_t arch_max_us(void)
{
    return (UINT64_MAX / 8) / HOST_TICKS_PER_US;
}

ticks_t arch_kernel_wcet_ticks(void)
{
    return 10 * HOST_TICKS_PER_US;
}

// ---- interrupts --------------------------------------------------------------------------------

bool arch_irq_is_reserved(word_t irq)
{
    return irq == HOST_IRQ_VGIC_MAINTENANCE || irq == HOST_IRQ_TIMER
           || irq == HOST_IRQ_VIRTUAL_TIMER;
}

static bool timer_expired(const struct core *core)
{
    return core->arch.deadline != 0 && machine.now >= core->arch.deadline;
}

static word_t highest_pending(const struct core *core)
{
    if (timer_expired(core)) {
        return HOST_IRQ_TIMER;
    }
    for (word_t irq = 0; irq <= HOST_MAX_IRQ; irq++) {
        if (machine.pending[irq] && !machine.masked[irq]) {
            return irq;
        }
    }
    return ARCH_IRQ_NONE;
}

bool host_irq_waits(const struct core *core)
{
    return highest_pending(core) != ARCH_IRQ_NONE;
}

bool arch_irq_pending(struct core *core)
{
    if (machine.preempt_every != 0 && ++machine.preempt_calls >= machine.preempt_every) {
        machine.preempt_calls = 0;
        return true;
    }
    return host_irq_waits(core);
}

word_t arch_irq_acknowledge(struct core *core)
{
    const word_t irq = highest_pending(core);

    if (irq != ARCH_IRQ_NONE) {
        machine.pending[irq] = false;
        machine.in_service++;
        if (irq == HOST_IRQ_TIMER) {
            core->arch.deadline = 0;
        }
    }
    core->arch.acknowledged = irq;
    return irq;
}

void arch_irq_handle_reserved(struct core *core, word_t irq)
{
    // The timer needs nothing but the kernel entry; the others have no hardware behind them here.
    (void)core;
    (void)irq;
}

void arch_irq_end(struct core *core, word_t irq)
{
    ASSERT(machine.in_service > 0 && core->arch.acknowledged == irq);
    machine.in_service--;
    core->arch.acknowledged = ARCH_IRQ_NONE;
}

void arch_irq_mask(word_t irq, bool masked)
{
    ASSERT(irq <= HOST_MAX_IRQ);
    machine.masked[irq] = masked;
}

void arch_irq_unmask_after_ack(word_t irq)
{
    arch_irq_mask(irq, false);
}

void host_irq_raise(word_t irq)
{
    ASSERT(irq <= HOST_MAX_IRQ);
    machine.pending[irq] = true;
}

bool host_irq_is_masked(word_t irq)
{
    return machine.masked[irq];
}

unsigned host_irq_in_service(void)
{
    return machine.in_service;
}

void host_preempt_every(unsigned calls)
{
    machine.preempt_every = calls;
    machine.preempt_calls = 0;
}

static enum status decode_issue_trigger(struct core *core, struct invocation *invocation)
{
    if (invocation->length < 4 || invocation->extra[0] == NULL) {
        return error_set(core, seL4_TruncatedMessage);
    }
    const word_t irq = invocation_word(core, invocation, 0);
    if (irq > arch_max_irq) {
        return error_range(core, 0, arch_max_irq);
    }
    if (irq_is_active(irq)) {
        return error_set(core, seL4_RevokeFirst);
    }
    return irq_control_issue(core, invocation, irq, invocation_word(core, invocation, 2),
                             invocation_word(core, invocation, 3), invocation->extra[0]);
}

__attribute__((unused)) static enum status decode_issue_sgi(struct core *core, struct invocation *invocation)
{
    struct slot *slot;

    if (invocation->length < 4 || invocation->extra[0] == NULL) {
        return error_set(core, seL4_TruncatedMessage);
    }
    const word_t irq = invocation_word(core, invocation, 0);
    const word_t target = invocation_word(core, invocation, 1);
    if (irq >= SGI_COUNT) {
        return error_range(core, 0, SGI_COUNT - 1);
    }
    if (target >= SGI_TARGETS) {
        return error_invalid_argument(core, 1);
    }
    enum status status = cspace_lookup_target(core, invocation->extra[0]->cap,
                                              invocation_word(core, invocation, 2),
                                              invocation_word(core, invocation, 3), false, &slot);
    if (status == STATUS_OK) {
        status = slot_require_empty(core, slot);
    }
    if (status != STATUS_OK) {
        return status;
    }
    slot_insert(sgi_cap_new(irq, target), invocation->slot, slot);
    return STATUS_OK;
}

enum status arch_irq_control_decode(struct core *core, struct invocation *invocation)
{
    switch (invocation->label) {
    case ARMIRQIssueIRQHandlerTrigger:
        return decode_issue_trigger(core, invocation);
#if CONFIG_MAX_NUM_NODES == 1
    case ARMIRQIssueSGISignal:
        return decode_issue_sgi(core, invocation);
#endif
    default:
        return error_set(core, seL4_IllegalOperation);
    }
}

enum status host_sgi_decode(struct core *core, struct invocation *invocation)
{
    (void)core;
    machine.sgi_count++;
    machine.sgi_irq = sgi_cap_irq(invocation->cap);
    machine.sgi_target = sgi_cap_target(invocation->cap);
    return STATUS_OK;
}

unsigned host_sgi_count(word_t *irq, word_t *target)
{
    *irq = machine.sgi_irq;
    *target = machine.sgi_target;
    return machine.sgi_count;
}

void smc_call(word_t x[SMC_REGISTERS])
{
    machine.smc_count++;
    for (unsigned i = 0; i < SMC_REGISTERS; i++) {
        x[i]++;
    }
}

unsigned host_smc_count(void)
{
    return machine.smc_count;
}

void arch_debug_send_ipi(word_t target, word_t irq)
{
    machine.sgi_count++;
    machine.sgi_irq = irq;
    machine.sgi_target = target;
}
