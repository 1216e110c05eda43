// SPDX-License-Identifier: BSD-2-Clause
// One virtual machine: its RAM, device bus, virtual CPUs and life. One control thread runs all of
// it, so nothing here needs a lock.
#ifndef VMM_VM_H
#define VMM_VM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <vdev/bus.h>
#include <vmm/arch/vm_arch.h>
#include <vmm/config.h>
#include <vmm/kernel.h>

/// States of a virtual CPU and who changes them:
///   OFF      its thread is suspended
///   RUNNING  its thread runs, or has a fault that is being handled
///   WAITING  its fault is kept unanswered until an interrupt is there for it
/// OFF -> RUNNING vcpu_start(); RUNNING -> WAITING vcpu_wait(); WAITING -> RUNNING vcpu_wake();
/// any -> OFF vcpu_stop().
enum vcpu_state {
    VCPU_OFF,
    VCPU_RUNNING,
    VCPU_WAITING,
};

struct vcpu {
    struct vm *vm; ///< borrowed
    uint32_t index;
    enum vcpu_state state;
    const struct vm_config_vcpu *config; ///< borrowed
    uint64_t reply;                      ///< WAITING: the reply object of its fault
    uint64_t faults;                     ///< handled so far
    struct vcpu_arch arch;
};

enum vm_state {
    VM_STOPPED, ///< not started, powered off, or stopped for an error
    VM_RUNNING,
};

/// Runs when all bits of `badge` are in a received notification word.
typedef void vm_async_handler(struct vm *vm, uint64_t badge, void *cookie);

struct vm_async {
    uint64_t badge;
    vm_async_handler *handler;
    void *cookie; ///< borrowed
};

#define VM_MAX_ASYNC 16u
#define VM_NO_IRQ 0xffffu

struct vm {
    const struct vm_config *config; ///< borrowed, forever
    enum vm_state state;
    uint64_t extensions;   ///< ROOKERY_EXTENSION_* bits that the kernel announced
    uint32_t boot_count;   ///< starts of the guest so far
    bool restart_wanted;   ///< set by vm_request_restart(), done by the event loop
    struct bus bus;
    struct vcpu vcpus[VM_CONFIG_MAX_VCPUS];

    // Reply objects: `reply` is the one that the next receive uses, `free_replies` the spare ones.
    uint64_t reply;
    uint64_t free_replies[VM_CONFIG_MAX_VCPUS + 1];
    uint32_t free_reply_count;
    struct kernel_answer answer; ///< of the fault being handled

    struct vm_async async[VM_MAX_ASYNC];
    uint32_t async_count;
    uint16_t irq_of_bit[64]; ///< index in config->irqs for each notification bit, or VM_NO_IRQ
    uint64_t unknown_badges; ///< bits that were logged already
    uint32_t logged_holes;   ///< accesses to nothing that were logged
    /// Runs in vm_restart() after the devices' reset; NULL: none.
    void (*reset_hook)(struct vm *vm);
    struct vm_arch arch;
};

/// What becomes of a virtual CPU after its fault.
enum vcpu_action {
    VCPU_RESUME, ///< answer it with vm->answer
    VCPU_KEEP,   ///< keep the fault (the VCPU is WAITING)
    VCPU_DROP,   ///< the VCPU was stopped: nothing to answer
};

// vm.c

/// Fills `vm` from the table and checks the table. False (and a log line): it can't be run.
bool vm_init(struct vm *vm, const struct vm_config *config);

/// Loads the guest's images and starts the boot CPU. False (and a log line): an image is missing or
/// wrong.
bool vm_start(struct vm *vm);

/// Stops all virtual CPUs. The VMM goes on receiving events.
void vm_stop(struct vm *vm);

/// The guest is started anew from its images once the current event is handled.
void vm_request_restart(struct vm *vm);

/// Stops everything, resets devices, loads the images again and starts the boot CPU.
bool vm_restart(struct vm *vm);

// vcpu.c

/// Starts a VCPU that is OFF at `entry` with `argument` in x0.
bool vcpu_start(struct vcpu *vcpu, uint64_t entry, uint64_t argument);
void vcpu_stop(struct vcpu *vcpu);
/// Keeps the fault being handled; the caller returns VCPU_KEEP. Its answer is "resume unchanged".
void vcpu_wait(struct vcpu *vcpu);
/// Answers the fault of a WAITING VCPU; does nothing in the other states.
void vcpu_wake(struct vcpu *vcpu);

// memory.c

/// The VMM's view of [address, address + size) of guest RAM, or NULL when any byte lies outside.
/// The guest may change the bytes at any time: copy before checking.
void *vm_ram_view(const struct vm *vm, uint64_t address, uint64_t size);
bool vm_ram_holds(const struct vm *vm, uint64_t address, uint64_t size);

// event.c

/// Handles events for ever.
void vm_run(struct vm *vm) __attribute__((noreturn));

/// Handles one received message. True: vm->answer goes out through vm->reply.
bool vm_dispatch(struct vm *vm, const struct kernel_message *message);

/// Registers a handler for a notification badge. False: VM_MAX_ASYNC are there, or badge is 0.
bool vm_register_async(struct vm *vm, uint64_t badge, vm_async_handler *handler, void *cookie);

// images.c

struct vm_images {
    uint64_t entry; ///< IPA of the first instruction
    uint64_t dtb;   ///< IPA, 0: none
};

/// Loads kernel, initial RAM disk and device tree. False (and a log line) on any problem.
bool vm_load_images(struct vm *vm, struct vm_images *images);

#endif
