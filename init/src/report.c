// SPDX-License-Identifier: BSD-2-Clause
// Messages, and failed calls in words.
#include <init/init.h>

#include <base/fmt.h>

static void put(void *context, char c)
{
    (void)context;
#if CONFIG_PRINTING
    seL4_DebugPutChar(c);
#else
    (void)c;
#endif
}

void init_say(const char *format, ...)
{
    va_list args;

    va_start(args, format);
    (void)fmt_write(put, NULL, "init: ");
    (void)fmt_vwrite(put, NULL, format, args);
    (void)fmt_write(put, NULL, "\n");
    va_end(args);
}

bool init_error(const char *format, ...)
{
    va_list args;

    va_start(args, format);
    (void)fmt_write(put, NULL, "init: error: ");
    (void)fmt_vwrite(put, NULL, format, args);
    (void)fmt_write(put, NULL, "\n");
    va_end(args);
    return false;
}

const char *init_name(const struct system *system, uint32_t offset)
{
    return offset == SYSTEM_IMAGE_NONE ? "?" : system->strings + offset;
}

const char *init_object_name(const struct init *init, uint32_t index)
{
    return init_name(&init->system, init->system.objects[index].name);
}

const char *init_type_name(unsigned type)
{
    static const char *const names[] = {
        [SYSTEM_OBJECT_UNTYPED] = "untyped",
        [SYSTEM_OBJECT_TCB] = "thread",
        [SYSTEM_OBJECT_ENDPOINT] = "endpoint",
        [SYSTEM_OBJECT_NOTIFICATION] = "notification",
        [SYSTEM_OBJECT_CNODE] = "CNode",
        [SYSTEM_OBJECT_SCHED_CONTEXT] = "scheduling context",
        [SYSTEM_OBJECT_REPLY] = "reply",
        [SYSTEM_OBJECT_FRAME] = "frame",
        [SYSTEM_OBJECT_PAGE_TABLE] = "page table",
        [SYSTEM_OBJECT_VSPACE] = "VSpace",
        [SYSTEM_OBJECT_VCPU] = "VCPU",
        [SYSTEM_OBJECT_IRQ_HANDLER] = "interrupt handler",
        [SYSTEM_OBJECT_ASID_POOL] = "ASID pool",
        [SYSTEM_OBJECT_SCHED_CONTROL] = "scheduling control",
        [SYSTEM_OBJECT_SMC] = "secure monitor call",
        [SYSTEM_OBJECT_IO_PORTS] = "I/O ports",
        [SYSTEM_OBJECT_IO_SPACE] = "I/O space",
    };

    return type < ARRAY_COUNT(names) && names[type] != NULL ? names[type] : "object";
}

static const char *error_name(seL4_Error error)
{
    static const char *const names[seL4_NumErrors] = {
        "no error",     "invalid argument", "invalid capability", "illegal operation",
        "out of range", "wrong alignment",  "failed lookup",      "truncated message",
        "delete first", "revoke first",     "not enough memory",
    };

    return (unsigned)error < seL4_NumErrors ? names[error] : "unknown error";
}

/// The message words that come with some errors.
static void print_details(seL4_Error error)
{
    unsigned long long mr[4];

    for (int i = 0; i < 4; i++) {
        mr[i] = seL4_GetMR(i);
    }
    switch (error) {
    case seL4_InvalidArgument:
        (void)fmt_write(put, NULL, " (argument %llu)", mr[0]);
        break;
    case seL4_InvalidCapability:
        (void)fmt_write(put, NULL, " (cap %llu)", mr[0]);
        break;
    case seL4_RangeError:
        (void)fmt_write(put, NULL, " (0x%llx to 0x%llx is allowed)", mr[0], mr[1]);
        break;
    case seL4_FailedLookup:
        (void)fmt_write(put, NULL, " (%s, failure %llu, %llu bits left)",
                        mr[0] != 0 ? "source" : "target", mr[1], mr[2]);
        break;
    case seL4_NotEnoughMemory:
        (void)fmt_write(put, NULL, " (%llu bytes left)", mr[0]);
        break;
    default:
        break;
    }
}

bool init_check(const struct init *init, seL4_Error error, const char *call, uint32_t index)
{
    if (error == seL4_NoError) {
        return true;
    }
    (void)fmt_write(put, NULL, "init: error: %s", call);
    if (index != SYSTEM_IMAGE_NONE) {
        const struct system_object *object = &init->system.objects[index];
        (void)fmt_write(put, NULL, " for %s %u '%s'", init_type_name(object->type), (unsigned)index,
                        init_object_name(init, index));
        if ((object->flags & SYSTEM_OBJECT_FIXED) != 0) {
            (void)fmt_write(put, NULL, " at 0x%llx", (unsigned long long)object->address);
        }
    }
    (void)fmt_write(put, NULL, ": %s", error_name(error));
    print_details(error);
    (void)fmt_write(put, NULL, "\n");
    return false;
}
