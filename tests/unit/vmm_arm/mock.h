// SPDX-License-Identifier: BSD-2-Clause
// A kernel and a file server for tests of the VMM: plain memory behind the functions of
// vmm/kernel.h and vmm/files.h, with counters of what was asked. Caps: 0x100 + i is the TCB of VCPU
// i, 0x200 + i its VCPU, 0x300 + i the handler of interrupt i, 0x400 + i a reply object.
#ifndef TEST_VMM_MOCK_H
#define TEST_VMM_MOCK_H

#include <sel4/arch/aarch64.h>
#include <vmm/arch_if.h>

#define MOCK_TCB 0x100u
#define MOCK_VCPU 0x200u
#define MOCK_IRQ 0x300u
#define MOCK_REPLY 0x400u
#define MOCK_RAM_BASE UINT64_C(0x40000000)
#define MOCK_RAM_SIZE UINT64_C(0x1000000)
#define MOCK_GICD UINT64_C(0x08000000)
#define MOCK_GICR UINT64_C(0x080a0000) ///< of a GICv3
#define MOCK_FAULT_BADGE (UINT64_C(1) << 62)
#define MOCK_FILES 4u

struct mock_lr {
    bool used;
    bool active;
    uint32_t irq;
    bool quiet;
};

struct mock_vcpu {
    uint64_t regs[KERNEL_REGS_WORDS];
    uint64_t sysregs[seL4_VCPUReg_Num];
    uint64_t timer; ///< ROOKERY_VCPU_TIMER
    struct mock_lr lrs[4];
    bool running;
    uint32_t resumes;
    uint32_t suspends;
    uint32_t binds;
    uint32_t acked_vppis;
    uint32_t exceptions;      ///< replies that made it take one
    uint64_t exception_flags; ///< of the last one
};

struct mock_file {
    const char *name;
    const void *data;
    uint64_t size;
};

struct mock {
    struct mock_vcpu vcpus[VM_CONFIG_MAX_VCPUS];
    uint64_t extra_words[16];       ///< message words 4.. at their index
    uint32_t calls;                 ///< of the kernel since the last mock_fault()
    uint32_t words_moved;           ///< registers read and written since then
    uint32_t irq_acks[8];
    uint32_t replies[16];           ///< answers to faults that were kept, by reply object
    bool refuse;                    ///< every register access fails
    bool refuse_vcpu;               ///< every VCPU register access fails
    uint64_t smc_calls;
    struct mock_file files[MOCK_FILES];
    char log[4096];                 ///< lines, oldest first; cut when full
    struct vm vm;
    struct vm_config config;
    struct vm_config_vcpu vcpu_configs[VM_CONFIG_MAX_VCPUS];
    struct vm_config_irq irqs[2];
    struct vm_config_smc smcs[1];
    uint64_t reply_caps[VM_CONFIG_MAX_VCPUS + 1];
    uint8_t entropy[8 + 64];
    uint64_t extensions[3];
    uint8_t *ram;
};

extern struct mock *mock;

/// Interrupt controller of the next mock_init(): 2 (also at the start) or 3.
extern uint32_t mock_gic_version;

/// Makes `mock`: a configuration with `vcpus` CPUs, 16 MiB of RAM, interrupts 33 (bit 0) and 34
/// (bit 1). `extensions`: ROOKERY_EXTENSION_* bits. The VM is not initialised.
void mock_init(uint32_t vcpus, uint64_t extensions);
void mock_free(void);

/// mock_init(), vm_init() and all VCPUs' distributor side enabled; VCPU 0 is RUNNING at the start
/// of RAM.
void mock_start(uint32_t vcpus, uint64_t extensions);

/// Delivers a fault of VCPU `index` with words 0..3; true: answered with mock->vm.answer, which was
/// applied to the VCPU's registers as the kernel would.
bool mock_fault(uint32_t index, uint64_t label, uint32_t length, uint64_t w0, uint64_t w1,
                uint64_t w2, uint64_t w3);

/// An HVC by VCPU `index`, whose registers x0..x7 and pc are in place. True: answered, and the
/// answer applied.
bool mock_hvc(uint32_t index);

/// An SMC by VCPU `index`.
bool mock_smc(uint32_t index);

/// Delivers a notification.
void mock_signal(uint64_t badge);

/// Value of general register `number`.
uint64_t *mock_x(uint32_t index, uint32_t number);

/// True when `text` is in the log.
bool mock_logged(const char *text);

#endif
