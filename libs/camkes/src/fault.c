// SPDX-License-Identifier: BSD-2-Clause
// The fault handler thread: says which thread of the instance faulted, where and why, and leaves
// that thread stopped. The other threads go on.
#include <camkes/runtime.h>

#include <stdint.h>

static const struct camkes_thread *thread_of(seL4_Word badge)
{
    for (size_t i = 0; i < camkes_instance.thread_count; i++) {
        if (camkes_instance.threads[i].tcb == badge) {
            return &camkes_instance.threads[i];
        }
    }
    return NULL;
}

/// Meaning of the fault status code of an abort (ESR_EL2, Arm ARM D17.2.37, ISS bits 5:2).
static const char *abort_text(seL4_Word fsr)
{
    switch ((fsr & 0x3f) >> 2) {
    case 0:
        return "address size";
    case 1:
        return "nothing mapped there";
    case 2:
        return "access flag";
    case 3:
        return "no permission";
    default:
        return (fsr & 0x3f) == 0x21 ? "misaligned" : "bus error";
    }
}

/// Addresses in the page below or above a stack are overflows.
static const char *address_note(uintptr_t address)
{
    enum { GUARD = 4096 };

    if (address < GUARD) {
        return " (null pointer)";
    }
    for (size_t i = 0; i < camkes_instance.thread_count; i++) {
        const struct camkes_thread *thread = &camkes_instance.threads[i];

        if (thread->stack_base - address <= GUARD) {
            return " (stack overflow: raise the thread's stack_size)";
        }
        if (address - (thread->stack_base + thread->stack_size) < GUARD) {
            return " (above the top of a stack)";
        }
    }
    return "";
}

static void print_reason(seL4_Fault_t fault)
{
    switch (seL4_Fault_get_seL4_FaultType(fault)) {
    case seL4_Fault_VMFault: {
        seL4_Word address = seL4_Fault_VMFault_get_Addr(fault);
        bool is_write = !seL4_Fault_VMFault_get_PrefetchFault(fault)
                        && (seL4_Fault_VMFault_get_FSR(fault) & 0x40) != 0;

        camkes_console_print("%s at 0x%llx: %s%s\n",
                             seL4_Fault_VMFault_get_PrefetchFault(fault) ? "instruction fetch"
                             : is_write                                  ? "write"
                                                                         : "read",
                             (unsigned long long)address,
                             abort_text(seL4_Fault_VMFault_get_FSR(fault)), address_note(address));
        break;
    }
    case seL4_Fault_CapFault:
        camkes_console_print("no capability in slot 0x%llx%s\n",
                             (unsigned long long)seL4_Fault_CapFault_get_Addr(fault),
                             seL4_Fault_CapFault_get_InRecvPhase(fault) ? " (to receive)" : "");
        break;
    case seL4_Fault_UnknownSyscall:
        camkes_console_print("system call %lld does not exist\n",
                             (long long)seL4_Fault_UnknownSyscall_get_Syscall(fault));
        break;
    case seL4_Fault_UserException:
        camkes_console_print("exception 0x%llx, code 0x%llx\n",
                             (unsigned long long)seL4_Fault_UserException_get_Number(fault),
                             (unsigned long long)seL4_Fault_UserException_get_Code(fault));
        break;
    case seL4_Fault_VCPUFault:
        // How a hypervisor kernel reports most exceptions of ordinary threads.
        camkes_console_print("exception, syndrome 0x%llx\n",
                             (unsigned long long)seL4_Fault_VCPUFault_get_HSR(fault));
        break;
    case seL4_Fault_Timeout:
        camkes_console_print("budget used up\n");
        break;
    default:
        camkes_console_print("fault %llu\n",
                             (unsigned long long)seL4_Fault_get_seL4_FaultType(fault));
        break;
    }
}

static void print_registers(const struct camkes_thread *thread)
{
    seL4_UserContext regs = { .pc = 0 };
    const seL4_Word *general[31] = {
        &regs.x0, &regs.x1, &regs.x2, &regs.x3, &regs.x4, &regs.x5, &regs.x6, &regs.x7,
        &regs.x8, &regs.x9, &regs.x10, &regs.x11, &regs.x12, &regs.x13, &regs.x14, &regs.x15,
        &regs.x16, &regs.x17, &regs.x18, &regs.x19, &regs.x20, &regs.x21, &regs.x22, &regs.x23,
        &regs.x24, &regs.x25, &regs.x26, &regs.x27, &regs.x28, &regs.x29, &regs.x30,
    };

    if (seL4_TCB_ReadRegisters(thread->tcb, 0, 0, SEL4_USER_CONTEXT_WORDS, &regs) != seL4_NoError) {
        camkes_console_print("  registers can't be read\n");
        return;
    }
    camkes_console_print("  pc 0x%llx sp 0x%llx spsr 0x%llx", (unsigned long long)regs.pc,
                         (unsigned long long)regs.sp, (unsigned long long)regs.spsr);
    for (int i = 0; i < 31; i++) {
        camkes_console_print("%sx%d 0x%llx", i % 4 == 0 ? "\n  " : " ", i,
                             (unsigned long long)*general[i]);
    }
    camkes_console_print("\n");
}

void camkes_fault_handler_run(const struct camkes_thread *thread)
{
    for (;;) {
        seL4_Word badge = 0;
        // The next Recv takes the reply object again: the faulted thread never gets an answer.
        seL4_MessageInfo_t info = seL4_Recv(camkes_instance.fault_endpoint, &badge, thread->reply);
        seL4_Fault_t fault = seL4_getFault(info);
        const struct camkes_thread *faulted = thread_of(badge);

        camkes_console_print("FAULT in %s, thread %s: ", camkes_instance.name,
                             faulted != NULL ? faulted->name : "?");
        print_reason(fault);
        if (faulted != NULL) {
            print_registers(faulted);
        }
    }
}
