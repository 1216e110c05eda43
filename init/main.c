// SPDX-License-Identifier: BSD-2-Clause
// The initialiser: the root task that builds the system which adlc compiled, starts it, and suspends itself.
// It is the same program for every system.
#include "init.h"

#include <base/fmt.h>
#include <stdarg.h>

SEL4_DEFINE_IPC_BUFFER;

extern const uint8_t init_end[]; ///< the payload, which imgpack puts behind this program
void init_main(const seL4_BootInfo *boot_info);

static struct init the_init;

static void put(void *context, char c)
{
    (void)context;
#if CONFIG_PRINTING
    if (c == '\n') {
        seL4_DebugPutChar('\r');
    }
    seL4_DebugPutChar(c);
#else
    (void)c;
#endif
}

void init_print(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    (void)fmt_vwrite(put, NULL, format, arguments);
    va_end(arguments);
}

__attribute__((noreturn)) static void stop(void)
{
    for (;;) {
        (void)seL4_TCB_Suspend(seL4_CapInitThreadTCB);
    }
}

void init_fail(const char *format, ...)
{
    va_list arguments;
    init_print("init: ");
    va_start(arguments, format);
    (void)fmt_vwrite(put, NULL, format, arguments);
    va_end(arguments);
    init_print("\ninit: the system was not started\n");
    stop();
}

static const char *error_name(seL4_Error error)
{
    static const char *const names[seL4_NumErrors] = {
        "no error", "invalid argument", "invalid capability", "illegal operation", "range error",
        "alignment error", "failed lookup", "truncated message", "delete first", "revoke first",
        "not enough memory",
    };
    return (unsigned)error < seL4_NumErrors ? names[error] : "unknown error";
}

void init_check(const struct init *init, seL4_Error error, const char *call, uint32_t object)
{
    if (error == seL4_NoError) {
        return;
    }
    seL4_Word first = seL4_GetMR(0), second = seL4_GetMR(1), third = seL4_GetMR(2);
    const char *name = object == SYSTEM_IMAGE_NONE ? "-" : image_name(init, object);
    init_fail("%s on object %u (%s) failed: %s (details 0x%lx 0x%lx 0x%lx)", call, object, name,
              error_name(error), (unsigned long)first, (unsigned long)second, (unsigned long)third);
}

seL4_CPtr init_new_slots(struct init *init, uint32_t count)
{
    if (count > init->boot_info->empty.end - init->next_slot) {
        init_fail("the root CNode is full: the kernel's has %lu slots; build it with a larger one",
                  1ul << init->boot_info->initThreadCNodeSizeBits);
    }
    seL4_CPtr slot = init->next_slot;
    init->next_slot += count;
    return slot;
}

seL4_CPtr init_new_slot(struct init *init)
{
    return init_new_slots(init, 1);
}

static void take_untypeds(struct init *init)
{
    const seL4_BootInfo *info = init->boot_info;
    seL4_Word count = info->untyped.end - info->untyped.start;
    for (seL4_Word i = 0; i < count && i < CONFIG_MAX_NUM_BOOTINFO_UNTYPED_CAPS; i++) {
        init->untypeds[init->untyped_count++] = (struct init_untyped){
            .slot = info->untyped.start + i,
            .paddr = info->untypedList[i].paddr,
            .size_bits = info->untypedList[i].sizeBits,
            .device = info->untypedList[i].isDevice != 0,
        };
    }
}

void init_main(const seL4_BootInfo *boot_info)
{
    struct init *init = &the_init;
    seL4_SetIPCBuffer(boot_info->ipcBuffer);
    init->boot_info = boot_info;
    init->next_slot = boot_info->empty.start;
    take_untypeds(init);

    uint64_t pages = boot_info->userImageFrames.end - boot_info->userImageFrames.start;
    // The kernel maps the image from its first page, which is the one that this program is linked to.
    uint64_t image_start = UINT64_C(0x400000);
    init->payload_page = ((uint64_t)(uintptr_t)init_end - image_start) / INIT_PAGE_SIZE;
    if (init->payload_page >= pages) {
        init_fail("the user image has no payload behind the initialiser");
    }
    const char *problem = image_open(init, init_end, (pages - init->payload_page) * INIT_PAGE_SIZE);
    if (problem != NULL) {
        init_fail("system.bin: %s", problem);
    }
    objects_create(init);
    fill_frames(init);
    system_map(init);
    system_install_caps(init);
    system_configure_threads(init);
    system_bind_irqs(init);
    system_start(init);
    stop();
}
