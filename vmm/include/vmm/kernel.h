// SPDX-License-Identifier: BSD-2-Clause
// Everything that the VMM asks of the kernel, as plain functions: kernel_sel4.c makes system calls
// of them, unit tests and fuzzers link a model instead. Caps are slot numbers of the VMM's CSpace.
#ifndef VMM_KERNEL_H
#define VMM_KERNEL_H

#include <stdbool.h>
#include <stdint.h>

/// Registers of a guest thread, words in the order of the kernel's user context: pc, sp (SP_EL0),
/// spsr, x0.. as regs_index() of arch/arm/guest_regs.h says.
#define KERNEL_REGS_WORDS 36u

/// Words that a reply can carry: the registers x0..x7 and the address of an unknown system call.
#define KERNEL_ANSWER_WORDS 9u

/// What one receive brought: a fault of a VCPU or the word of the bound notification.
struct kernel_message {
    uint64_t badge;
    uint64_t label;  ///< fault label; meaningless for a notification
    uint32_t length; ///< words; words 4 and up by kernel_message_word()
    uint64_t word[4];
};

struct kernel_answer {
    uint64_t label;
    uint32_t length; ///< words, at most KERNEL_ANSWER_WORDS
    uint64_t word[KERNEL_ANSWER_WORDS];
};

/// Results of kernel_vcpu_inject().
enum kernel_inject_result {
    KERNEL_INJECT_OK,
    KERNEL_INJECT_ACTIVE, ///< the list register holds an interrupt that the guest is handling, or,
                          ///< for `replace`, none that is pending
    KERNEL_INJECT_FAILED,
};

/// Waits for the next message; a fault's reply goes through `reply` until it is answered.
void kernel_receive(uint64_t endpoint, uint64_t reply, struct kernel_message *message);

/// Answers through `reply`, then as kernel_receive(), in one system call.
void kernel_reply_receive(uint64_t endpoint, uint64_t reply, const struct kernel_answer *answer,
                          struct kernel_message *message);

/// Answers a fault that was kept.
void kernel_reply(uint64_t reply, const struct kernel_answer *answer);

/// Word `index` (4 and up) of the message received last. Valid until the next call of this
/// interface.
uint64_t kernel_message_word(uint32_t index);

/// Reads the first `count` words of a thread's registers. False: the kernel refused.
bool kernel_regs_read(uint64_t tcb, uint64_t *words, uint32_t count);

/// Writes the first `count` words; the other registers keep their values. Does not resume the
/// thread.
bool kernel_regs_write(uint64_t tcb, const uint64_t *words, uint32_t count);

/// Makes a thread runnable (also out of a fault that was not answered).
bool kernel_thread_resume(uint64_t tcb);

/// Stops a thread; a fault of it that was not answered is dropped and its reply object is free
/// again.
bool kernel_thread_suspend(uint64_t tcb);

/// VCPU registers by enum seL4_VCPUReg.
bool kernel_vcpu_read(uint64_t vcpu, uint32_t reg, uint64_t *value);
bool kernel_vcpu_write(uint64_t vcpu, uint32_t reg, uint64_t value);

/// Binds a VCPU to its thread again. With ROOKERY_EXTENSION_VCPU_RESET this resets the VCPU.
bool kernel_vcpu_bind(uint64_t vcpu, uint64_t tcb);

/// A virtual interrupt for a list register.
struct kernel_interrupt {
    uint32_t intid;
    uint32_t priority; ///< 0..31
    uint32_t group;    ///< 0 or 1
    bool quiet;        ///< no fault at its end (ROOKERY_EXTENSION_QUIET_INJECT)
    bool replace;      ///< only in place of one that is pending (ROOKERY_EXTENSION_INJECT_REPLACE)
};

/// Makes a virtual interrupt pending in list register `index`.
enum kernel_inject_result kernel_vcpu_inject(uint64_t vcpu, uint32_t index,
                                             const struct kernel_interrupt *interrupt);

/// Asks for a fault at the end of what the list registers in the set `ask` hold (0: none), and gives the
/// set of those that are empty (ROOKERY_EXTENSION_QUIET_INJECT). False: the kernel refused.
bool kernel_vcpu_empty(uint64_t vcpu, uint64_t ask, uint64_t *empty);

/// Lets the virtual timer's interrupt fire again.
void kernel_vcpu_ack_vppi(uint64_t vcpu, uint32_t irq);

/// Lets a physical interrupt fire again.
void kernel_irq_ack(uint64_t handler);

/// Writes [address, address + size) of the VMM's address space back to memory.
bool kernel_clean_cache(uint64_t vspace, uint64_t address, uint64_t size);

/// Makes a secure monitor call: x0..x7 in and out.
bool kernel_smc(uint64_t cap, uint64_t words[8]);

#endif
