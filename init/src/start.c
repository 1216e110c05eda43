// SPDX-License-Identifier: BSD-2-Clause
// Entry in C: the only part that knows where the own image lies.
#include <init/init.h>

SEL4_DEFINE_IPC_BUFFER;

// From the linker script: the image is whole pages, the payload follows at the next one.
extern uint8_t init_image_start[], init_image_end[];

static struct init the_init;
static uint8_t scratch_page[INIT_PAGE] ALIGNED(INIT_PAGE);

NORETURN void init_start(const seL4_BootInfo *boot_info);

void init_start(const seL4_BootInfo *boot_info)
{
    seL4_SetIPCBuffer(boot_info->ipcBuffer);
    if (!init_build(&the_init, boot_info, init_image_start, init_image_end, scratch_page)) {
        (void)init_error("the system was not started");
    }
    // Suspended, not deleted: the objects live as long as the caps here.
    for (;;) {
        (void)seL4_TCB_Suspend(seL4_CapInitThreadTCB);
    }
}
