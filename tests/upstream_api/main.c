// SPDX-License-Identifier: BSD-2-Clause
// A root task that uses libsel4's public headers only and checks what they promise: start, console, topics.
#include "api.h"

#define MAX_THREADS 32
#define TLS_BYTES 256
// Bytes between the TLS register and the first variable on AArch64.
#define TLS_HEADER 16
// Console of QEMU's virt machine: a PL011.
#define UART_PADDR 0x09000000u
#define UART_FR 0x18
#define UART_FR_TXFF (1u << 5)
// ELF: offsets in the file's header and in program headers, and the type of the one of TLS.
#define ELF_PHOFF 0x20
#define ELF_PHENTSIZE 0x36
#define ELF_PHNUM 0x38
#define PT_TLS 7

__thread seL4_IPCBuffer *__sel4_ipc_buffer;
__thread long api_tls_probe = 0x1234567;

seL4_BootInfo *api_info;
seL4_Word api_mr[API_MESSAGE_WORDS];
seL4_CPtr api_endpoint, api_notification, api_badged, api_memory;
volatile seL4_Word api_result[16];
static unsigned passed, failed;
static volatile seL4_Uint32 *console;
static char tls[MAX_THREADS + 1][TLS_BYTES] __attribute__((aligned(64)));
static unsigned tls_used;
static struct api_thread threads[MAX_THREADS];
static unsigned threads_used;
// Of the linker: the start of the file's header in memory.
extern const char __ehdr_start[];

void api_main(seL4_BootInfo *info);
void api_thread_main(struct api_thread *thread);
void *memcpy(void *to, const void *from, unsigned long bytes);
void *memset(void *to, int value, unsigned long bytes);

// The compiler calls them.
void *memcpy(void *to, const void *from, unsigned long bytes)
{
    for (unsigned long i = 0; i < bytes; i++) {
        ((char *)to)[i] = ((const char *)from)[i];
    }
    return to;
}

void *memset(void *to, int value, unsigned long bytes)
{
    for (unsigned long i = 0; i < bytes; i++) {
        ((char *)to)[i] = (char)value;
    }
    return to;
}

static void print_char(char c)
{
#if API_PRINTING
    seL4_DebugPutChar(c);
#else
    while (console != 0 && (console[UART_FR / 4] & UART_FR_TXFF) != 0) {
    }
    if (console != 0) {
        console[0] = (unsigned char)c;
    }
#endif
}

static void print(const char *text)
{
    for (; *text != '\0'; text++) {
        print_char(*text);
    }
}

static void print_number(const char *label, seL4_Word value, seL4_Word base)
{
    char digits[24];
    unsigned at = sizeof(digits) - 1;
    digits[at] = '\0';
    do {
        digits[--at] = "0123456789abcdef"[value % base];
        value /= base;
    } while (value != 0);
    print(label);
    print(&digits[at]);
}

void api_check(seL4_Word is, seL4_Word expected, const char *text, const char *file, unsigned line)
{
    if (is == expected) {
        passed++;
        return;
    }
    failed++;
    print("FAILED ");
    print(file);
    print_number(":", line, 10);
    print(": ");
    print(text);
    print_number(" is 0x", is, 16);
    print_number(", expected 0x", expected, 16);
    print("\n");
}

seL4_Word api_keep(seL4_Word error)
{
    for (int i = 0; i < API_MESSAGE_WORDS; i++) {
        api_mr[i] = seL4_GetMR(i);
    }
    return error;
}

/// A thread's TLS: what the image begins with. Returns the register's value.
static seL4_Word make_tls(void)
{
    char *area = tls[tls_used++];
    const char *header = __ehdr_start + *(const seL4_Uint64 *)(__ehdr_start + ELF_PHOFF);
    for (unsigned i = 0; i < *(const seL4_Uint16 *)(__ehdr_start + ELF_PHNUM); i++) {
        if (*(const seL4_Uint32 *)header == PT_TLS) {
            const seL4_Uint64 *words = (const seL4_Uint64 *)header;
            memcpy(area + TLS_HEADER, (const void *)words[2], words[4]); // p_vaddr, p_filesz
        }
        header += *(const seL4_Uint16 *)(__ehdr_start + ELF_PHENTSIZE);
    }
    return (seL4_Word)area;
}

struct api_thread *api_thread(seL4_Word priority, seL4_Word budget, seL4_Word period,
                              seL4_CPtr fault_endpoint)
{
    if (threads_used == MAX_THREADS) {
        CHECK(threads_used < MAX_THREADS);
        return &threads[0];
    }
    struct api_thread *thread = &threads[threads_used++];
    thread->tcb = api_object(seL4_TCBObject, 0);
    thread->buffer = (seL4_IPCBuffer *)api_page(&thread->frame);
    (void)api_address(); // nothing is mapped below the stack
    thread->stack_top = api_page(0) + PAGE_BYTES;
    thread->tls = make_tls();
    SUCCEEDS(seL4_TCB_Configure(thread->tcb, ROOT, 0, VSPACE, 0, (seL4_Word)thread->buffer, thread->frame));
    if (budget != 0) {
        thread->sc = api_object(seL4_SchedContextObject, 8);
        SUCCEEDS(seL4_SchedControl_ConfigureFlags(api_info->schedcontrol.start, thread->sc, budget, period, 0,
                                                  API_SC_BADGE, 0));
    }
    SUCCEEDS(seL4_TCB_SetSchedParams(thread->tcb, seL4_CapInitThreadTCB, priority, priority, thread->sc,
                                     fault_endpoint));
    return thread;
}

void api_thread_main(struct api_thread *thread)
{
    seL4_SetIPCBuffer(thread->buffer);
    thread->function(thread->argument);
    seL4_TCB_Suspend(thread->tcb);
}

seL4_UserContext api_context(struct api_thread *thread, api_function function, seL4_Word argument)
{
    seL4_UserContext context = { .pc = (seL4_Word)thread_entry, .sp = thread->stack_top,
                                 .x0 = (seL4_Word)thread };
    thread->function = function;
    thread->argument = argument;
    return context;
}

void api_start(struct api_thread *thread, api_function function, seL4_Word argument)
{
    seL4_UserContext context = api_context(thread, function, argument);
    SUCCEEDS(seL4_TCB_WriteRegisters(thread->tcb, 0, 0, REGISTERS, &context));
    SUCCEEDS(seL4_TCB_SetTLSBase(thread->tcb, thread->tls));
    SUCCEEDS(seL4_TCB_Resume(thread->tcb));
}

void api_stop(struct api_thread *thread)
{
    SUCCEEDS(seL4_TCB_Suspend(thread->tcb));
}

seL4_Word api_wait(void)
{
    seL4_Word badge = 0;
    seL4_Wait(api_notification, &badge);
    return badge;
}

/// The largest untyped of ordinary memory.
static seL4_CPtr find_memory(void)
{
    seL4_Word best = 0;
    for (seL4_Word i = 0; i < api_info->untyped.end - api_info->untyped.start; i++) {
        const seL4_UntypedDesc *entry = &api_info->untypedList[i];
        const seL4_UntypedDesc *found = &api_info->untypedList[best];
        if (!entry->isDevice && (found->isDevice || entry->sizeBits > found->sizeBits)) {
            best = i;
        }
    }
    return api_info->untyped.start + best;
}

/// A release kernel has no calls that print.
static void open_console(void)
{
    if (!API_PRINTING) {
        seL4_Word address = api_address();
        seL4_CPtr frame = api_device_frame(UART_PADDR);
        if (api_map(VSPACE, frame, address, seL4_ReadWrite, 0) == seL4_NoError) {
            console = (volatile seL4_Uint32 *)address;
        }
    }
}

static void run(const char *name, void (*test)(void))
{
    unsigned failed_before = failed;
    test();
    print(failed == failed_before ? "ok " : "FAIL ");
    print(name);
    print("\n");
}

void api_main(seL4_BootInfo *info)
{
    __asm__ volatile("msr tpidr_el0, %0" ::"r"(make_tls()));
    api_info = info;
    seL4_SetIPCBuffer(info->ipcBuffer);
    api_memory = find_memory();
    open_console();
    api_endpoint = api_object(seL4_EndpointObject, 0);
    api_notification = api_object(seL4_NotificationObject, 0);
    api_badged = api_mint(api_notification, seL4_AllRights, API_BADGE);
    run("bootinfo", test_bootinfo);
    run("sizes", test_sizes);
    run("untyped", test_untyped);
    run("cnode", test_cnode);
    run("vspace", test_vspace);
    run("caches", test_caches);
    run("ipc", test_ipc);
    run("rights", test_rights);
    run("notification", test_notification);
    run("threads", test_threads);
    run("sched", test_sched);
    run("cores", test_cores);
    run("faults", test_faults);
    run("user", test_user);
    run("irq", test_irq);
    run("smc", test_smc);
    run("vcpu", test_vcpu);
    print_number("checks: ", passed, 10);
    print_number(" passed, ", failed, 10);
    print(" failed\nkernel tests: end\n");
    seL4_TCB_Suspend(seL4_CapInitThreadTCB);
}
