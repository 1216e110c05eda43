// SPDX-License-Identifier: BSD-2-Clause
// The mock kernel and file server.
#include "mock.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <abi/extensions.h>
#include <vmm/files.h>
#include <vmm/log.h>

#include "../../../vmm/arch/arm/guest_regs.h"

struct mock *mock;
uint32_t mock_gic_version = 2;

/// Guest RAM, kept between tests: its contents are whatever the last one left.
static uint8_t *guest_ram;

void vm_log(const char *format, ...)
{
    size_t used = strlen(mock->log);
    va_list args;

    va_start(args, format);
    (void)vsnprintf(mock->log + used, sizeof(mock->log) - used, format, args);
    va_end(args);
    used = strlen(mock->log);
    if (used + 1 < sizeof(mock->log)) {
        mock->log[used] = '\n';
        mock->log[used + 1] = '\0';
    }
}

bool mock_logged(const char *text)
{
    return strstr(mock->log, text) != NULL;
}

static struct mock_vcpu *by_cap(uint64_t cap, uint32_t base)
{
    mock->calls++;
    return &mock->vcpus[cap - base];
}

void kernel_receive(uint64_t endpoint, uint64_t reply, struct kernel_message *message)
{
    (void)endpoint;
    (void)reply;
    (void)message;
    abort();
}

void kernel_reply_receive(uint64_t endpoint, uint64_t reply, const struct kernel_answer *answer,
                          struct kernel_message *message)
{
    (void)endpoint;
    (void)reply;
    (void)answer;
    (void)message;
    abort();
}

void kernel_reply(uint64_t reply, const struct kernel_answer *answer)
{
    (void)answer;
    mock->calls++;
    mock->replies[reply - MOCK_REPLY]++;
}

uint64_t kernel_message_word(uint32_t index)
{
    return mock->extra_words[index];
}

bool kernel_regs_read(uint64_t tcb, uint64_t *words, uint32_t count)
{
    struct mock_vcpu *vcpu = by_cap(tcb, MOCK_TCB);

    mock->words_moved += count;
    memcpy(words, vcpu->regs, count * sizeof(words[0]));
    return !mock->refuse;
}

bool kernel_regs_write(uint64_t tcb, const uint64_t *words, uint32_t count)
{
    struct mock_vcpu *vcpu = by_cap(tcb, MOCK_TCB);

    if (mock->refuse) {
        return false;
    }
    mock->words_moved += count;
    memcpy(vcpu->regs, words, count * sizeof(words[0]));
    return true;
}

bool kernel_thread_resume(uint64_t tcb)
{
    struct mock_vcpu *vcpu = by_cap(tcb, MOCK_TCB);

    vcpu->resumes++;
    vcpu->running = true;
    return true;
}

bool kernel_thread_suspend(uint64_t tcb)
{
    struct mock_vcpu *vcpu = by_cap(tcb, MOCK_TCB);

    vcpu->suspends++;
    vcpu->running = false;
    return true;
}

bool kernel_vcpu_read(uint64_t vcpu, uint32_t reg, uint64_t *value)
{
    struct mock_vcpu *state = by_cap(vcpu, MOCK_VCPU);

    *value = reg == ROOKERY_VCPU_TIMER ? state->timer : state->sysregs[reg];
    return !mock->refuse_vcpu;
}

bool kernel_vcpu_write(uint64_t vcpu, uint32_t reg, uint64_t value)
{
    struct mock_vcpu *state = by_cap(vcpu, MOCK_VCPU);

    *(reg == ROOKERY_VCPU_TIMER ? &state->timer : &state->sysregs[reg]) = value;
    return !mock->refuse_vcpu;
}

bool kernel_vcpu_bind(uint64_t vcpu, uint64_t tcb)
{
    struct mock_vcpu *state = by_cap(vcpu, MOCK_VCPU);

    if (vcpu - MOCK_VCPU != tcb - MOCK_TCB) {
        abort();
    }
    state->binds++;
    state->timer = 0;
    memset(state->lrs, 0, sizeof(state->lrs));
    return true;
}

enum kernel_inject_result kernel_vcpu_inject(uint64_t vcpu, uint32_t index,
                                             const struct kernel_interrupt *interrupt)
{
    struct mock_lr *lr = &by_cap(vcpu, MOCK_VCPU)->lrs[index];

    if (index >= 4 || interrupt->priority > 31 || interrupt->group > 1) {
        return KERNEL_INJECT_FAILED;
    }
    if (interrupt->replace ? !lr->used || lr->active : lr->active) {
        return KERNEL_INJECT_ACTIVE;
    }
    *lr = (struct mock_lr){ .used = true, .irq = interrupt->intid, .quiet = interrupt->quiet };
    return KERNEL_INJECT_OK;
}

bool kernel_vcpu_empty(uint64_t vcpu, uint64_t ask, uint64_t *empty)
{
    struct mock_vcpu *target = by_cap(vcpu, MOCK_VCPU);

    *empty = 0;
    for (uint32_t i = 0; i < 4; i++) {
        *empty |= (uint64_t)!target->lrs[i].used << i;
        target->lrs[i].quiet = target->lrs[i].quiet && (ask >> i & 1u) == 0;
    }
    return true;
}

void kernel_vcpu_ack_vppi(uint64_t vcpu, uint32_t irq)
{
    if (irq == 27) {
        by_cap(vcpu, MOCK_VCPU)->acked_vppis++;
    }
}

void kernel_irq_ack(uint64_t handler)
{
    mock->calls++;
    mock->irq_acks[handler - MOCK_IRQ]++;
}

bool kernel_clean_cache(uint64_t vspace, uint64_t address, uint64_t size)
{
    (void)vspace;
    return address >= (uintptr_t)mock->ram && size <= MOCK_RAM_SIZE;
}

bool kernel_smc(uint64_t cap, uint64_t words[8])
{
    (void)cap;
    mock->smc_calls++;
    for (uint32_t i = 0; i < 8; i++) {
        words[i] += 1;
    }
    return true;
}

bool files_open(const char *name, int *handle, uint64_t *size)
{
    for (uint32_t i = 0; i < MOCK_FILES; i++) {
        if (mock->files[i].name != NULL && strcmp(mock->files[i].name, name) == 0) {
            *handle = (int)i;
            *size = mock->files[i].size;
            return true;
        }
    }
    return false;
}

bool files_read(int handle, uint64_t offset, void *to, uint64_t size)
{
    const struct mock_file *file = &mock->files[handle];

    if (file->data == NULL || offset > file->size || size > file->size - offset) {
        return false;
    }
    memcpy(to, (const uint8_t *)file->data + offset, size);
    return true;
}

void files_close(int handle)
{
    (void)handle;
}

void mock_init(uint32_t vcpus, uint64_t extensions)
{
    mock = calloc(1, sizeof(*mock));
    if (guest_ram == NULL) {
        guest_ram = calloc(1, MOCK_RAM_SIZE);
    }
    if (mock == NULL || guest_ram == NULL) {
        abort();
    }
    mock->ram = guest_ram;
    for (uint32_t i = 0; i < vcpus; i++) {
        mock->vcpu_configs[i] = (struct vm_config_vcpu){ MOCK_TCB + i, MOCK_VCPU + i, 0, i, i };
    }
    for (uint32_t i = 0; i <= vcpus; i++) {
        mock->reply_caps[i] = MOCK_REPLY + i;
    }
    for (uint32_t i = 0; i < 2; i++) {
        mock->irqs[i] = (struct vm_config_irq){ 33 + i, 0, MOCK_IRQ + i, UINT64_C(1) << i };
    }
    mock->smcs[0] = (struct vm_config_smc){ 0xc2000001, 0x500 };
    mock->entropy[0] = 64;
    for (uint32_t i = 0; i < 64; i++) {
        mock->entropy[8 + i] = (uint8_t)(i * 7 + 1);
    }
    mock->extensions[0] = SEL4_BOOTINFO_HEADER_ROOKERY_EXTENSIONS;
    mock->extensions[1] = 24;
    mock->extensions[2] = extensions;
    mock->config = (struct vm_config){
        .version = VM_CONFIG_VERSION,
        .flags = VM_CONFIG_PROVIDE_DTB | VM_CONFIG_PROVIDE_INITRD | VM_CONFIG_CLEAN_CACHE,
        .name = "vm0",
        .ram_base = MOCK_RAM_BASE,
        .ram_size = MOCK_RAM_SIZE,
        .ram_view = mock->ram,
        .kernel_name = "linux",
        .dtb_name = "linux-dtb",
        .initrd_name = "linux-initrd",
        .entry = VM_CONFIG_ENTRY_DEFAULT,
        .dtb_addr = MOCK_RAM_BASE + 0xf00000,
        .initrd_addr = MOCK_RAM_BASE + 0x800000,
        .vcpus = mock->vcpu_configs,
        .vcpu_count = vcpus,
        .irq_count = 2,
        .irqs = mock->irqs,
        .smcs = mock->smcs,
        .smc_count = 1,
        .gic = { .version = mock_gic_version, .dist_ipa = MOCK_GICD, .dist_size = 0x10000,
                 .redist_ipa = MOCK_GICR, .redist_size = vcpus * UINT64_C(0x20000) },
        .timer = { 29, 30, 27, 26 },
        .fault_endpoint = 0x600,
        .fault_badge = MOCK_FAULT_BADGE,
        .fault_badge_mask = ~UINT64_C(0xff),
        .vspace = 0x601,
        .replies = mock->reply_caps,
        .reply_count = vcpus + 1,
        .entropy = mock->entropy,
        .entropy_size = sizeof(mock->entropy),
        .extensions = (const uint8_t *)mock->extensions,
        .extensions_size = sizeof(mock->extensions),
    };
}

void mock_free(void)
{
    free(mock);
    mock = NULL;
}

static void gic_write(uint32_t vcpu, uint64_t offset, uint64_t value)
{
    struct access access = { .size = 4, .is_store = true, .value = value };

    mock->vm.arch.gic.current = vcpu;
    (void)bus_access(&mock->vm.bus, MOCK_GICD + offset, &access);
}

void mock_start(uint32_t vcpus, uint64_t extensions)
{
    mock_init(vcpus, extensions);
    if (!vm_init(&mock->vm, &mock->config)) {
        abort();
    }
    mock->vm.state = VM_RUNNING;
    mock->vm.boot_count = 1;
    if (!vcpu_start(&mock->vm.vcpus[0], MOCK_RAM_BASE, 0)) {
        abort();
    }
    if (mock_gic_version == 3) {
        gic_write(0, 0x000, 1);
        gic_write(0, 0x104, 0xffffffff);
        for (uint32_t i = 0; i < vcpus; i++) {
            uint64_t redist = MOCK_GICR - MOCK_GICD + i * UINT64_C(0x20000);
            gic_write(i, redist + 0x14, 0);
            gic_write(i, redist + 0x10100, 0xffffffff);
        }
        return;
    }
    gic_write(0, 0x000, 1);
    for (uint32_t i = 0; i < 2; i++) {
        gic_write(0, 0x100 + 4 * i, 0xffffffff);
    }
    for (uint32_t i = 1; i < vcpus; i++) {
        gic_write(i, 0x100, 0xffffffff);
    }
}

/// What the kernel does with an answer.
static void apply_answer(uint32_t index, uint64_t fault)
{
    const struct kernel_answer *answer = &mock->vm.answer;
    struct mock_vcpu *vcpu = &mock->vcpus[index];

    if (answer->label == ROOKERY_REPLY_EXCEPTION) {
        // What the kernel's tests check in detail; enough to see what was asked for.
        vcpu->sysregs[seL4_VCPUReg_ESR] = answer->word[0];
        vcpu->sysregs[seL4_VCPUReg_FAR] = answer->word[1];
        vcpu->exceptions++;
        vcpu->exception_flags = answer->length == 3 ? answer->word[2] : UINT64_MAX;
        return;
    }
    if (answer->label == ROOKERY_REPLY_RESULTS) {
        for (uint32_t i = 0; i < answer->length && i < 4; i++) {
            vcpu->regs[REGS_X0 + i] = answer->word[i];
        }
        vcpu->regs[REGS_PC] += 4;
        return;
    }
    if (fault == seL4_Fault_UnknownSyscall) {
        for (uint32_t i = 0; i < answer->length && i < 8; i++) {
            vcpu->regs[REGS_X0 + i] = answer->word[i];
        }
        if (answer->length > seL4_UnknownSyscall_FaultIP) {
            vcpu->regs[REGS_PC] = answer->word[seL4_UnknownSyscall_FaultIP];
        }
        return;
    }
    if (answer->label == ROOKERY_REPLY_STEP) {
        vcpu->regs[REGS_PC] += 4;
        if (answer->length == 2 && answer->word[0] < 31) {
            vcpu->regs[regs_index((uint32_t)answer->word[0])] = answer->word[1];
        }
    }
}

bool mock_fault(uint32_t index, uint64_t label, uint32_t length, uint64_t w0, uint64_t w1,
                uint64_t w2, uint64_t w3)
{
    struct kernel_message message = { .badge = MOCK_FAULT_BADGE | index,
                                      .label = label,
                                      .length = length,
                                      .word = { w0, w1, w2, w3 } };

    mock->calls = 0;
    mock->words_moved = 0;
    bool answered = vm_dispatch(&mock->vm, &message);
    if (answered) {
        apply_answer(index, label);
    }
    return answered;
}

bool mock_hvc(uint32_t index)
{
    const uint64_t *regs = mock->vcpus[index].regs;

    for (uint32_t i = 0; i < 8; i++) {
        mock->extra_words[i] = regs[REGS_X0 + i];
    }
    mock->extra_words[seL4_UnknownSyscall_FaultIP] = regs[REGS_PC];
    mock->extra_words[seL4_UnknownSyscall_SP] = regs[REGS_SP];
    mock->extra_words[seL4_UnknownSyscall_LR] = regs[regs_index(30)];
    mock->extra_words[seL4_UnknownSyscall_SPSR] = regs[REGS_SPSR];
    mock->extra_words[seL4_UnknownSyscall_Syscall] = regs[REGS_X0 + 7];
    return mock_fault(index, seL4_Fault_UnknownSyscall, seL4_UnknownSyscall_Length, regs[REGS_X0],
                      regs[REGS_X0 + 1], regs[REGS_X0 + 2], regs[REGS_X0 + 3]);
}

bool mock_smc(uint32_t index)
{
    const uint64_t *x = &mock->vcpus[index].regs[REGS_X0];
    bool quick = (mock->vm.extensions & ROOKERY_EXTENSION_RESULTS_REPLY) != 0;

    mock->extra_words[4] = x[3];
    return mock_fault(index, seL4_Fault_VCPUFault, quick ? 5 : 1, 0x17u << 26 | 1u << 25, x[0],
                      x[1], x[2]);
}

void mock_signal(uint64_t badge)
{
    struct kernel_message message = { .badge = badge };

    (void)vm_dispatch(&mock->vm, &message);
}

uint64_t *mock_x(uint32_t index, uint32_t number)
{
    return &mock->vcpus[index].regs[regs_index(number)];
}
