// SPDX-License-Identifier: BSD-2-Clause
// The kernel test task: a root task that exercises the kernel on the target and prints a summary.
#include "task.h"

SEL4_DEFINE_IPC_BUFFER;

#define STACK_BYTES 8192
#define TLS_BYTES 64
#define MAX_THREADS 256
// Console of qemu-arm-virt: a PL011.
#define UART_PADDR 0x09000000u
#define UART_DR 0x00
#define UART_FR 0x18
#define UART_FR_TXFF (1u << 5)

const seL4_BootInfo *task_info;
static seL4_CPtr next_slot;
static seL4_CPtr memory;
static seL4_Word next_vaddr = 0x10000000;
static unsigned passed, failed;
static volatile uint32_t *console;
static char stacks[MAX_THREADS][STACK_BYTES] __attribute__((aligned(16)));
static unsigned threads_used;

void task_main(const seL4_BootInfo *info);

static void print_char(char c)
{
    if (console == NULL) {
#if CONFIG_PRINTING
        seL4_DebugPutChar(c);
#endif
        return;
    }
    while (console[UART_FR / 4] & UART_FR_TXFF) {
    }
    console[UART_DR / 4] = (unsigned char)c;
}

void task_print(const char *text)
{
    for (; *text != '\0'; text++) {
        if (*text == '\n') {
            print_char('\r');
        }
        print_char(*text);
    }
}

void task_print_word(const char *label, seL4_Word value)
{
    char digits[19] = "0x";
    unsigned length = 2;
    bool started = false;
    for (int shift = 60; shift >= 0; shift -= 4) {
        unsigned digit = (value >> shift) & 0xf;
        if (digit != 0 || started || shift == 0) {
            digits[length++] = "0123456789abcdef"[digit];
            started = true;
        }
    }
    digits[length] = '\0';
    task_print(label);
    task_print(digits);
}

void task_print_number(const char *label, seL4_Word value)
{
    char digits[21];
    unsigned at = sizeof(digits) - 1;
    digits[at] = '\0';
    do {
        digits[--at] = (char)('0' + value % 10);
        value /= 10;
    } while (value != 0);
    task_print(label);
    task_print(&digits[at]);
}

volatile uint32_t *task_console(void)
{
    return console;
}

seL4_CPtr task_device_untyped(seL4_Word paddr)
{
    for (seL4_Word i = 0; i < task_info->untyped.end - task_info->untyped.start; i++) {
        if (task_info->untypedList[i].isDevice && task_info->untypedList[i].paddr == paddr) {
            return task_info->untyped.start + i;
        }
    }
    return seL4_CapNull;
}

/// The console in a release kernel is this task's own: it has no debug system calls.
static void open_console(void)
{
    seL4_CPtr frame = task_slot();
    seL4_Word vaddr = task_vaddr(4096);
    CHECK_EQUAL(seL4_Untyped_Retype(task_device_untyped(UART_PADDR), seL4_ARM_SmallPageObject, 0,
                                    seL4_CapInitThreadCNode, 0, 0, frame, 1), seL4_NoError);
    if (CHECK_EQUAL(
            task_map(seL4_CapInitThreadVSpace, frame, vaddr, seL4_ReadWrite, seL4_ARM_ExecuteNever),
            seL4_NoError)) {
        console = (volatile uint32_t *)vaddr;
    }
}

seL4_Word task_counter(void)
{
    seL4_Word value;
    __asm__ volatile("isb; mrs %0, cntvct_el0" : "=r"(value));
    return value;
}

seL4_Word task_us(void)
{
    seL4_Word frequency;
    __asm__ volatile("mrs %0, cntfrq_el0" : "=r"(frequency));
    return task_counter() * 1000 / (frequency / 1000);
}

static seL4_Word time_loop(void)
{
    seL4_Word start = task_counter();
    for (volatile unsigned i = 0; i < 5000; i++) {
    }
    return task_counter() - start;
}

bool task_time_is_counted(void)
{
    // A loop takes the same number of ticks, give or take one, every time.
    seL4_Word least = ~(seL4_Word)0;
    seL4_Word most = 0;
    for (int i = 0; i < 12; i++) {
        seL4_Word ticks = time_loop();
        least = ticks < least ? ticks : least;
        most = ticks > most ? ticks : most;
    }
    return most - least <= 1;
}

void task_let_run(seL4_Word milliseconds)
{
    seL4_Word end = task_us() + 1000 * milliseconds;
    CHECK_EQUAL(seL4_TCB_SetPriority(seL4_CapInitThreadTCB, seL4_CapInitThreadTCB, 1),
                seL4_NoError);
    while (task_us() < end) {
    }
    CHECK_EQUAL(seL4_TCB_SetPriority(seL4_CapInitThreadTCB, seL4_CapInitThreadTCB, 255),
                seL4_NoError);
}

bool task_let_reach(const volatile seL4_Word *number, seL4_Word value)
{
    for (int i = 0; i < 1000 && *number < value; i++) {
        task_let_run(5);
    }
    return *number >= value;
}

static void print_place(const char *text, const char *file, unsigned line)
{
    task_print("FAILED ");
    task_print(file);
    task_print_number(":", line);
    task_print(": ");
    task_print(text);
}

bool task_check(bool ok, const char *text, const char *file, unsigned line)
{
    if (ok) {
        passed++;
        return true;
    }
    failed++;
    print_place(text, file, line);
    task_print("\n");
    return false;
}

bool task_check_equal(seL4_Word a, seL4_Word b, const char *text, const char *file, unsigned line)
{
    if (a == b) {
        passed++;
        return true;
    }
    failed++;
    print_place(text, file, line);
    task_print_word(" is ", a);
    task_print_word(", expected ", b);
    task_print("\n");
    return false;
}

static void finish(void)
{
    task_print_number("checks: ", passed);
    task_print_number(" passed, ", failed);
    task_print(" failed\nkernel tests: end\n");
    seL4_TCB_Suspend(seL4_CapInitThreadTCB);
    for (;;) {
    }
}

seL4_CPtr task_slot(void)
{
    return next_slot++;
}

seL4_CPtr task_slots(seL4_Word count)
{
    seL4_CPtr first = next_slot;
    next_slot += count;
    return first;
}

seL4_CPtr task_badged(seL4_CPtr cap, seL4_Word badge)
{
    seL4_CPtr slot = task_slot();
    CHECK_EQUAL(seL4_CNode_Mint(seL4_CapInitThreadCNode, slot, seL4_WordBits,
                                seL4_CapInitThreadCNode, cap, seL4_WordBits, seL4_AllRights, badge),
                seL4_NoError);
    return slot;
}

bool task_is_empty(seL4_CPtr slot)
{
    // Moving nothing fails its lookup; a slot can't be moved to itself: it is not empty.
    return seL4_CNode_Move(seL4_CapInitThreadCNode, slot, seL4_WordBits, seL4_CapInitThreadCNode,
                           slot, seL4_WordBits) == seL4_FailedLookup;
}

void task_delete(seL4_CPtr slot)
{
    CHECK_EQUAL(seL4_CNode_Delete(seL4_CapInitThreadCNode, slot, seL4_WordBits), seL4_NoError);
}

seL4_CPtr task_object(seL4_Word type, seL4_Word size_bits)
{
    seL4_CPtr slot = task_slot();
    seL4_Error error =
        seL4_Untyped_Retype(memory, type, size_bits, seL4_CapInitThreadCNode, 0, 0, slot, 1);
    if (!CHECK_EQUAL(error, seL4_NoError)) {
        finish();
    }
    return slot;
}

seL4_Word task_vaddr(seL4_Word bytes)
{
    seL4_Word vaddr = next_vaddr;
    next_vaddr += (bytes + 0x1fffff) & ~(seL4_Word)0x1fffff;
    return vaddr;
}

seL4_Error task_map(seL4_CPtr vspace, seL4_CPtr frame, seL4_Word vaddr, seL4_CapRights_t rights,
                    seL4_ARM_VMAttributes attributes)
{
    for (;;) {
        seL4_Error error = seL4_ARM_Page_Map(frame, vspace, vaddr, rights, attributes);
        if (error != seL4_FailedLookup || seL4_GetMR(1) != seL4_MissingCapability) {
            return error;
        }
        seL4_CPtr table = task_object(seL4_ARM_PageTableObject, 0);
        error = seL4_ARM_PageTable_Map(table, vspace, vaddr, seL4_ARM_Default_VMAttributes);
        if (error != seL4_NoError) {
            return error;
        }
    }
}

void *task_page(seL4_CPtr *frame)
{
    seL4_Word vaddr = task_vaddr(4096);
    *frame = task_object(seL4_ARM_SmallPageObject, 0);
    CHECK_EQUAL(task_map(seL4_CapInitThreadVSpace, *frame, vaddr, seL4_ReadWrite,
                         seL4_ARM_Default_VMAttributes), seL4_NoError);
    return (void *)vaddr;
}

seL4_CPtr task_vspace(void)
{
    seL4_CPtr vspace = task_object(seL4_ARM_VSpaceObject, 0);
    CHECK_EQUAL(seL4_ARM_ASIDPool_Assign(seL4_CapInitThreadASIDPool, vspace), seL4_NoError);
    return vspace;
}

void task_thread_create(struct task_thread *thread, seL4_Word priority, seL4_CPtr fault_ep)
{
    if (!CHECK(threads_used < MAX_THREADS)) {
        finish();
    }
    thread->stack_top = (seL4_Word)&stacks[threads_used][STACK_BYTES - TLS_BYTES];
    threads_used++;
    thread->tcb = task_object(seL4_TCBObject, 0);
    thread->sc = task_object(seL4_SchedContextObject, 8);
    thread->reply = task_object(seL4_ReplyObject, 0);
    thread->buffer = task_page(&thread->buffer_frame);
    CHECK_EQUAL(seL4_TCB_Configure(thread->tcb, seL4_CapInitThreadCNode, 0,
                                   seL4_CapInitThreadVSpace, 0, (seL4_Word)thread->buffer,
                                   thread->buffer_frame),
                seL4_NoError);
    CHECK_EQUAL(
        seL4_SchedControl_Configure(task_info->schedcontrol.start, thread->sc, 10000, 10000, 0, 7),
        seL4_NoError);
    CHECK_EQUAL(seL4_TCB_SetSchedParams(thread->tcb, seL4_CapInitThreadTCB, priority, priority,
                                        thread->sc, fault_ep),
                seL4_NoError);
    // The thread-local variable (the IPC buffer's address) is at TPIDR_EL0 + 16.
    *(seL4_IPCBuffer **)(thread->stack_top + 16) = thread->buffer;
    CHECK_EQUAL(seL4_TCB_SetTLSBase(thread->tcb, thread->stack_top), seL4_NoError);
}

void task_thread_set_budget(const struct task_thread *thread, seL4_Word budget, seL4_Word period,
                            seL4_Word refills, seL4_Word flags)
{
    CHECK_EQUAL(seL4_SchedControl_ConfigureFlags(task_info->schedcontrol.start, thread->sc, budget,
                                                 period, refills, 7, flags),
                seL4_NoError);
}

void task_thread_make_passive(const struct task_thread *thread)
{
    CHECK_EQUAL(seL4_SchedContext_UnbindObject(thread->sc, thread->tcb), seL4_NoError);
}

void task_thread_delete(const struct task_thread *thread)
{
    task_delete(thread->tcb);
    task_delete(thread->sc);
    task_delete(thread->reply);
}

void task_thread_start(struct task_thread *thread, void (*function)(seL4_Word), seL4_Word argument)
{
    seL4_UserContext context = {
        .pc = (seL4_Word)thread_start,
        .sp = thread->stack_top,
        .x0 = argument,
        .x1 = (seL4_Word)function,
    };
    CHECK_EQUAL(seL4_TCB_WriteRegisters(thread->tcb, 1, 0, 6, &context), seL4_NoError);
}

/// The largest untyped of ordinary memory with at most 2^`limit_bits` bytes.
static seL4_CPtr find_memory(seL4_Word limit_bits)
{
    seL4_Word best = 0;
    for (seL4_Word i = 0; i < task_info->untyped.end - task_info->untyped.start; i++) {
        const seL4_UntypedDesc *entry = &task_info->untypedList[i];
        const seL4_UntypedDesc *found = &task_info->untypedList[best];
        if (!entry->isDevice && entry->sizeBits <= limit_bits
            && (found->isDevice || found->sizeBits > limit_bits
                || entry->sizeBits >= found->sizeBits)) {
            best = i;
        }
    }
    return task_info->untyped.start + best;
}

/// Topics that this build runs: TASK_TOPIC, or all.
static bool is_chosen(const char *name)
{
    const char *only = TASK_TOPIC;
    while (*only != '\0' && *only == *name) {
        only++;
        name++;
    }
    return TASK_TOPIC[0] == '\0' || *only == *name;
}

static void run(const char *name, void (*test)(void))
{
    unsigned failed_before = failed;
    if (!is_chosen(name)) {
        return;
    }
    test();
    task_print(failed == failed_before ? "ok " : "FAIL ");
    task_print(name);
    task_print("\n");
}

void task_main(const seL4_BootInfo *info)
{
    task_info = info;
    seL4_SetIPCBuffer(info->ipcBuffer);
    next_slot = info->empty.start;
    seL4_Word counter = task_counter();
    memory = find_memory(TASK_LATENCY ? 29 : 63);
    open_console();
#if TASK_PROVOKE
    test_provoke();
    finish();
#endif
#if TASK_LATENCY
    test_latency(find_memory(30));
    finish();
#endif
    task_print_number("counter at start: ", counter);
    task_print("\n");
    run("boot", test_boot);
    run("cspace", test_cspace);
    run("cnode", test_cnode);
    run("untyped", test_untyped);
    run("vspace", test_vspace);
    run("threads", test_threads);
    run("ipc", test_ipc);
    run("transfer", test_transfer);
    run("notification", test_notification);
    run("sched", test_sched);
    run("chains", test_chains);
    run("domains", test_domains);
    run("faults", test_faults);
    run("replies", test_replies);
    run("caches", test_caches);
    run("irq", test_irq);
    run("smc", test_smc);
    run("vtimer", test_vtimer);
    run("vcpu", test_vcpu);
    run("fault_paths", test_fault_paths);
    run("traps", test_traps);
    run("leaks", test_leaks);
    run("answers", test_answers);
    run("random", test_random);
    run("smp", test_smp);
    finish();
}
