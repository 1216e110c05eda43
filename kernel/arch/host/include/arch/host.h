// SPDX-License-Identifier: BSD-2-Clause
// The fake machine that tests play: memory, clock, interrupts, console.
#ifndef ARCH_HOST_H
#define ARCH_HOST_H

#include <kernel/kernel.h>

/// RAM of the machine, at a fixed place in the process so that runs repeat exactly. Everything
/// below HOST_RAM_BASE is device memory that nobody may touch.
#define HOST_RAM_BASE UINT64_C(0x40000000)
#define HOST_RAM_BITS 26
#define HOST_RAM_SIZE BIT(HOST_RAM_BITS)
#define HOST_RAM_WINDOW UINT64_C(0x200000000000)

#define HOST_TICKS_PER_US 10
#define HOST_MAX_IRQ 159
#define HOST_IRQ_VGIC_MAINTENANCE 25
#define HOST_IRQ_TIMER 26
#define HOST_IRQ_VIRTUAL_TIMER 27

/// Puts the machine into its state at power-on: RAM holds junk (not zeros), clock at 1 s, no
/// interrupts, no ASIDs; core 0 executes. Call kernel_reset() after it.
void host_reset(void);

/// Moves the clock. The kernel's timer interrupt becomes pending when its deadline is reached.
void host_timer_advance(ticks_t ticks);
/// The timer's deadline on a core.
ticks_t host_timer_deadline(const struct core *core);

/// Device asserts an interrupt (edge: stays pending until acknowledged).
void host_irq_raise(word_t irq);
bool host_irq_is_masked(word_t irq);
/// Interrupts that were acknowledged and not ended: 0 outside of the kernel.
unsigned host_irq_in_service(void);
/// Whether an interrupt waits for the core.
bool host_irq_waits(const struct core *core);
/// Every so-manieth preemption point sees an interrupt that is not there (0: off).
void host_preempt_every(unsigned calls);

/// The current thread, which has a VCPU, executes the guest's WFI with a timer that far away.
void host_guest_wait(struct core *core, ticks_t ticks);

/// What was printed since the last host_reset(), NUL-terminated (the oldest part when too much).
const char *host_console(void);
/// Software interrupts that SGI caps sent: number and argument of the last one.
unsigned host_sgi_count(word_t *irq, word_t *target);
/// Calls of the fake firmware since host_reset().
unsigned host_smc_count(void);

/// Caps for the first thread, as boot makes them.
struct cap host_vspace_cap(paddr_t at);
struct cap host_asid_pool_cap(paddr_t at);
/// Gives a VSpace an ASID, as ASIDPool_Assign does (boot). Returns the cap with it.
struct cap host_assign_asid(struct cap vspace, struct cap pool);
struct cap host_frame_cap(paddr_t at, unsigned size_bits, bool device);

/// Walks a VSpace: physical address and rights of a mapped virtual address, false when there is
/// none.
bool host_translate(struct cap vspace, word_t vaddr, paddr_t *at, word_t *rights);

/// Checks the architecture's own state (ASID tables, VCPU links); panics when it is broken.
void host_check_cap(const struct slot *slot);

// ---- between the files of arch/host ------------------------------------------------------------

enum { HOST_LIST_REGISTERS = 4 };

/// Object behind a VCPU cap.
struct vcpu {
    struct tcb *tcb; ///< it points back, or NULL
    word_t registers[24];
    word_t list_registers[HOST_LIST_REGISTERS];
    bool vppi_masked;
};

void host_vcpu_create(struct vcpu *vcpu);
void host_vcpu_unbind(struct vcpu *vcpu);
enum status host_vcpu_decode(struct core *core, struct invocation *invocation);
void host_memory_reset(void);
void host_vspace_reset(void);
enum status host_vspace_decode(struct core *core, struct invocation *invocation);
enum status host_page_table_decode(struct core *core, struct invocation *invocation);
enum status host_frame_decode(struct core *core, struct invocation *invocation);
enum status host_asid_control_decode(struct core *core, struct invocation *invocation);
enum status host_asid_pool_decode(struct core *core, struct invocation *invocation);
enum status host_sgi_decode(struct core *core, struct invocation *invocation);
unsigned host_frame_bits(struct cap cap);
word_t host_cap_asid(struct cap cap);
word_t host_cap_vaddr(struct cap cap);
/// Root table of an ASID, or NULL.
word_t *host_asid_root(word_t asid);
void host_asid_delete(word_t asid, const word_t *root);
void host_asid_pool_delete(word_t base, const word_t *pool);
void host_unmap_frame(struct cap cap);
void host_unmap_table(struct cap cap);

#endif
