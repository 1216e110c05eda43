// SPDX-License-Identifier: BSD-2-Clause
// Plays user level on the fake machine: boots the kernel with a root task and makes system calls in
// the name of whatever thread the kernel runs. kernel_check() runs after every kernel entry.
#ifndef KERNEL_HARNESS_H
#define KERNEL_HARNESS_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <arch/host.h>
#include <kernel/boot.h>
#include <kernel/sched.h>
#include <sel4/arch/aarch64.h>

/// Answer of a call that gave none, because another thread runs now.
#define NOT_ANSWERED (~(word_t)0)

#define WORDS(...) \
    (const word_t[]){ __VA_ARGS__ }, sizeof((const word_t[]){ __VA_ARGS__ }) / sizeof(word_t)
#define NO_WORDS NULL, 0
#define ROOT ((word_t)seL4_CapInitThreadCNode)
#define DEPTH ((word_t)seL4_WordBits)
#define ALL_RIGHTS ((word_t)RIGHTS_ALL)

/// What the last kernel entry told the thread that made it.
struct answer {
    word_t label;
    word_t length;
    word_t info; ///< the whole message info word
    word_t badge;
    word_t mr[8];
    unsigned restarts; ///< how often the call was preempted
};
extern struct answer answer;

/// Boots. Call it at the start of every test (or use it as cmocka's setup function).
int harness_setup(void **state);
/// kernel_check() after every entry (the default), or not.
void harness_checks(bool on);
struct core *harness_core(void);
struct tcb *harness_root_thread(void);
seL4_BootInfo *harness_boot_info(void);

/// An empty slot of the root CNode, each time another one.
word_t new_slot(void);
/// Slot of the root CNode.
struct slot *root_slot(word_t index);
struct cap cap_at(word_t index);

/// One kernel entry by system call `number` with the registers as they are; preempted calls are
/// made again until they end. Returns whether the same thread still runs.
bool enter(int64_t number);
/// Sets the message of the current thread (registers and IPC buffer).
void put_message(word_t label, const word_t *caps, size_t cap_count, const word_t *words,
                 size_t word_count);
/// Call on a cap. Returns the label of the answer (the error code), or NOT_ANSWERED.
word_t call(word_t cptr, word_t label, const word_t *caps, size_t cap_count, const word_t *words,
            size_t word_count);
void interrupt(void); ///< one kernel entry by interrupt

// Invocations on the root CNode, or through it. All return the error code.
word_t retype(word_t untyped, word_t type, word_t size_bits, word_t slot, word_t count);
word_t cnode_copy(word_t target, word_t source, word_t rights);
word_t cnode_mint(word_t target, word_t source, word_t rights, word_t data);
word_t cnode_move(word_t target, word_t source);
word_t cnode_mutate(word_t target, word_t source, word_t data);
word_t cnode_delete(word_t slot);
word_t cnode_revoke(word_t slot);
word_t cnode_cancel_badged(word_t slot);
/// The same between any places: root CNode cap, index, depth each.
struct place {
    word_t root;
    word_t index;
    word_t depth;
};
word_t place_copy(struct place target, struct place source);
word_t place_move(struct place target, struct place source);
word_t place_delete(struct place at);
word_t place_revoke(struct place at);

/// The largest RAM untyped and the device untyped of the root task.
word_t ram_untyped(void);
word_t device_untyped(void);
/// A new untyped, a new object: slot of its cap. Fail the test when that is not possible.
word_t make_untyped(word_t size_bits);
word_t make(word_t type, word_t size_bits);
word_t make_from(word_t untyped, word_t type, word_t size_bits);

/// Objects behind slots of the root CNode.
struct tcb *thread_at(word_t slot);

/// A runnable thread: TCB with the root task's CSpace, own IPC buffer and scheduling context.
/// Returns the slot of its TCB cap.
word_t make_thread(word_t priority);

#endif
