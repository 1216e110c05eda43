// SPDX-License-Identifier: BSD-2-Clause
// Printing of debug builds (klog) and the debug system calls (sel4-abi, system call numbers).
// Builds without the configurations have neither.
#include <kernel/sched.h>
#include <stdarg.h>

#ifdef CONFIG_TEST_FAULTS
void arch_provoke_exception(word_t kind);
#endif

#if CONFIG_DEBUG_BUILD || CONFIG_PRINTING

/// One conversion of a format string.
struct conversion {
    bool zero;
    bool is_long;
    unsigned width;
};

static void put_padding(char c, unsigned used, unsigned width)
{
    for (; used < width; used++) {
        arch_debug_putchar(c);
    }
}

static void put_string(const char *text, unsigned width)
{
    unsigned length = 0;
    if (text == NULL) {
        text = "(null)";
    }
    for (; text[length] != '\0'; length++) {
        arch_debug_putchar(text[length]);
    }
    put_padding(' ', length, width);
}

static void put_number(uint64_t value, unsigned base, bool negative, const struct conversion *how)
{
    char digits[20];
    unsigned count = 0;
    do {
        digits[count++] = "0123456789abcdef"[value % base];
        value /= base;
    } while (value != 0);
    unsigned width = how->width;
    if (negative && how->zero) {
        arch_debug_putchar('-');
    }
    put_padding(how->zero ? '0' : ' ', count + negative, width);
    if (negative && !how->zero) {
        arch_debug_putchar('-');
    }
    while (count > 0) {
        arch_debug_putchar(digits[--count]);
    }
}

static void put_signed(int64_t value, const struct conversion *how)
{
    uint64_t magnitude = value < 0 ? 0 - (uint64_t)value : (uint64_t)value;
    put_number(magnitude, 10, value < 0, how);
}

static const char *parse_conversion(const char *format, struct conversion *how)
{
    *how = (struct conversion){ false, false, 0 };
    if (*format == '0') {
        how->zero = true;
        format++;
    }
    for (; *format >= '0' && *format <= '9'; format++) {
        how->width = how->width * 10 + (unsigned)(*format - '0');
    }
    for (; *format == 'l'; format++) {
        how->is_long = true;
    }
    return format;
}

static void klog_va(const char *format, va_list arguments)
{
    struct conversion how;
    for (; *format != '\0'; format++) {
        if (*format != '%') {
            arch_debug_putchar(*format);
            continue;
        }
        format = parse_conversion(format + 1, &how);
        switch (*format) {
        case 's':
            put_string(va_arg(arguments, const char *), how.width);
            break;
        case 'c':
            arch_debug_putchar((char)va_arg(arguments, int));
            break;
        case 'd':
            put_signed(how.is_long ? va_arg(arguments, long) : va_arg(arguments, int), &how);
            break;
        case 'u':
        case 'x':
            put_number(how.is_long ? va_arg(arguments, unsigned long)
                                   : va_arg(arguments, unsigned),
                       *format == 'x' ? 16 : 10, false, &how);
            break;
        case 'p':
            put_string("0x", 0);
            put_number((uintptr_t)va_arg(arguments, void *), 16, false, &how);
            break;
        case '\0':
            return;
        default:
            arch_debug_putchar(*format);
            break;
        }
    }
}

void klog(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    klog_va(format, arguments);
    va_end(arguments);
}

#else

void klog(const char *format, ...)
{
    (void)format;
}

#endif

// ---- list of all threads ------------------------------------------------------------------------

#if CONFIG_DEBUG_BUILD
void debug_thread_created(struct tcb *tcb)
{
    struct core *core = &kernel_cores[0];
    tcb->debug_previous = NULL;
    tcb->debug_next = core->debug_threads;
    if (core->debug_threads != NULL) {
        core->debug_threads->debug_previous = tcb;
    }
    core->debug_threads = tcb;
}

void debug_thread_deleted(struct tcb *tcb)
{
    struct core *core = &kernel_cores[0];
    if (tcb->debug_previous != NULL) {
        tcb->debug_previous->debug_next = tcb->debug_next;
    } else if (core->debug_threads == tcb) {
        core->debug_threads = tcb->debug_next;
    }
    if (tcb->debug_next != NULL) {
        tcb->debug_next->debug_previous = tcb->debug_previous;
    }
    tcb->debug_next = NULL;
    tcb->debug_previous = NULL;
}
#else
void debug_thread_created(struct tcb *tcb)
{
    (void)tcb;
}

void debug_thread_deleted(struct tcb *tcb)
{
    (void)tcb;
}
#endif

// ---- system calls -------------------------------------------------------------------------------

#if CONFIG_PRINTING
static void dump_scheduler(const struct core *core)
{
#if CONFIG_DEBUG_BUILD
    static const char *const states[] = { "inactive",  "running",   "restart", "receive", "send",
                                          "reply",     "notification", "guest idle", "idle" };
    (void)core;
    klog("thread                            state         pc                priority core\n");
    for (const struct tcb *tcb = kernel_cores[0].debug_threads; tcb != NULL;
         tcb = tcb->debug_next) {
        klog("%32s  %12s  %016lx  %3u      %lu\n", tcb->name, states[tcb->state],
             arch_get_register(tcb, REGISTER_PC), (unsigned)tcb->priority, tcb->core_number);
    }
#else
    klog("current thread %p, priority %u\n", (void *)core->current,
         (unsigned)core->current->priority);
#endif
}
#endif

#if CONFIG_DEBUG_BUILD
static enum cap_type identify(struct core *core, word_t cptr)
{
    struct slot *slot;
    if (cspace_lookup_slot(core, core->current, cptr, &slot) != STATUS_OK) {
        return CAP_NULL;
    }
    return cap_type(slot->cap);
}

/// Names a thread, from the IPC buffer. What is wrong with the call is only reported.
static void name_thread(struct core *core)
{
    struct slot *slot;
    word_t cptr = arch_get_register(core->current, REGISTER_CAP);
    const word_t *buffer = arch_ipc_buffer(core->current, false);
    if (buffer == NULL || cspace_lookup_slot(core, core->current, cptr, &slot) != STATUS_OK
        || cap_type(slot->cap) != CAP_THREAD) {
        klog("DebugNameThread: cap 0x%lx is no thread, or no IPC buffer\n", cptr);
        return;
    }
    struct tcb *tcb = cap_pointer(slot->cap);
    const char *name = (const char *)(buffer + BUFFER_MESSAGE);
    size_t i = 0;
    for (char c; i < sizeof(tcb->name) - 1 && (c = READ_ONCE(name[i])) != '\0'; i++) {
        tcb->name[i] = c;
    }
    tcb->name[i] = '\0';
}

#if CONFIG_MAX_NUM_NODES > 1
static void tell_affinity(struct core *core)
{
    struct slot *slot;
    word_t cptr = arch_get_register(core->current, REGISTER_CAP);
    if (cspace_lookup_slot(core, core->current, cptr, &slot) != STATUS_OK
        || cap_type(slot->cap) != CAP_THREAD) {
        klog("DebugGetThreadAffinity: cap 0x%lx is no thread\n", cptr);
        return;
    }
    const struct tcb *tcb = cap_pointer(slot->cap);
    arch_set_register(core->current, REGISTER_CAP, tcb->core_number);
}
#endif

static void snapshot(const struct core *core)
{
    for (const struct tcb *tcb = kernel_cores[0].debug_threads; tcb != NULL;
         tcb = tcb->debug_next) {
        klog("thread %s%s: state %u, pc 0x%lx, cspace %u, vspace %u\n", tcb->name,
             tcb == core->current ? " (running)" : "", (unsigned)tcb->state,
             arch_get_register(tcb, REGISTER_PC),
             (unsigned)cap_type(tcb->slots[TCB_SLOT_CSPACE].cap),
             (unsigned)cap_type(tcb->slots[TCB_SLOT_VSPACE].cap));
    }
}
#endif

bool debug_handle_syscall(struct core *core, int64_t number)
{
#if CONFIG_PRINTING
    if (number == seL4_SysDebugPutChar) {
        arch_debug_putchar((char)arch_get_register(core->current, REGISTER_CAP));
        return true;
    }
    if (number == seL4_SysDebugDumpScheduler) {
        dump_scheduler(core);
        return true;
    }
#endif
#if CONFIG_DEBUG_BUILD
    switch (number) {
#ifdef CONFIG_TEST_FAULTS
    case -100:
        arch_provoke_exception(arch_get_register(core->current, REGISTER_CAP));
        return true;
#endif
    case seL4_SysDebugHalt:
        klog("DebugHalt by thread %s\n", core->current->name);
        arch_halt();
    case seL4_SysDebugCapIdentify:
        arch_set_register(core->current, REGISTER_CAP,
                          identify(core, arch_get_register(core->current, REGISTER_CAP)));
        return true;
    case seL4_SysDebugSnapshot:
        snapshot(core);
        return true;
    case seL4_SysDebugNameThread:
        name_thread(core);
        return true;
#if CONFIG_MAX_NUM_NODES > 1
    case seL4_SysDebugSendIPI:
        arch_debug_send_ipi(arch_get_register(core->current, REGISTER_CAP),
                            arch_get_register(core->current, REGISTER_MESSAGE_INFO));
        return true;
    case seL4_SysDebugGetThreadAffinity:
        tell_affinity(core);
        return true;
#endif
    default:
        break;
    }
#endif
    (void)core;
    (void)number;
    return false;
}
