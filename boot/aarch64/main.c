// SPDX-License-Identifier: BSD-2-Clause
// The boot of an AArch64 board: check the image, put kernel, device tree and user image in place, enter the
// kernel at EL2 by the boot protocol of seL4 (x0..x5, kernel window and identity map).
#include <fdt/fdt.h>
#include <plat.h>
#include <sel4/config.h>

#include "../boot.h"

#define PSCI_CPU_ON UINT64_C(0xc4000003)
#define UART_FLAG_FULL 0x20u
#define MAX_FIRMWARE_DTB 0x200000u

extern const uint8_t boot_start[];
extern const uint8_t boot_end[];

/// What a secondary core is started with; read with its caches off.
struct boot_secondary {
    uint64_t stack;
    uint64_t root;
    uint64_t core;
};

/// Arguments that every core enters the kernel with.
static struct {
    uint64_t entry, user_start, user_end, offset, user_entry, dtb, dtb_size;
} kernel_call;
static volatile uint64_t cores_ready;

static void put(char c)
{
    volatile uint32_t *uart = (volatile uint32_t *)(uintptr_t)PLAT_UART_BASE;
    while (uart[0x18 / 4] & UART_FLAG_FULL) {
    }
    uart[0] = (uint8_t)c;
}

void boot_print(const char *text)
{
    for (; *text != '\0'; text++) {
        if (*text == '\n') {
            put('\r');
        }
        put(*text);
    }
}

void boot_print_hex(uint64_t value)
{
    boot_print("0x");
    int shift = 60;
    while (shift > 0 && (value >> shift) == 0) {
        shift -= 4;
    }
    for (; shift >= 0; shift -= 4) {
        unsigned digit = (unsigned)(value >> shift) & 15;
        put((char)(digit < 10 ? '0' + digit : 'a' + digit - 10));
    }
}

__attribute__((noreturn)) static void fail(const char *text)
{
    boot_print("boot: ");
    boot_print(text);
    boot_print("\n");
    for (;;) {
        __asm__ volatile("wfe");
    }
}

/// Takes the firmware's entropy over into the board's tree, which has room for it.
static void take_seeds(uint8_t *dtb, size_t dtb_size, const uint8_t *firmware)
{
    static const char names[][12] = { "rng-seed", "kaslr-seed" };
    const uint64_t at = (uint64_t)(uintptr_t)firmware;
    struct fdt from, to;
    if (at % 8 != 0 || at < PLAT_RAM_BASE || at - PLAT_RAM_BASE > PLAT_RAM_SIZE - (uint64_t)MAX_FIRMWARE_DTB
        || fdt_init(&from, firmware, MAX_FIRMWARE_DTB) != ERR_OK || fdt_init(&to, dtb, dtb_size) != ERR_OK) {
        return;
    }
    for (unsigned i = 0; i < 2; i++) {
        struct fdt_value seed, room;
        if (fdt_get_at(&from, "/chosen", names[i], &seed) == ERR_OK
            && fdt_get_at(&to, "/chosen", names[i], &room) == ERR_OK) {
            (void)fdt_overwrite(dtb, &to, &room, seed.data, seed.size);
        }
    }
}

static void place(const struct boot_image *image, const struct boot_plan *plan)
{
    const uint8_t *base = (const uint8_t *)image;
    for (uint32_t i = 0; i < image->segment_count; i++) {
        const struct boot_segment *segment = &image->segments[i];
        uint8_t *target = (uint8_t *)(uintptr_t)segment->paddr;
        boot_copy(target, base + segment->offset, (segment->file_size + 15) & ~UINT64_C(15));
        uint64_t at = segment->file_size;
        for (; at < segment->memory_size && at % 16 != 0; at++) {
            target[at] = 0;
        }
        boot_clear(target + at, (segment->memory_size - at + 15) & ~UINT64_C(15));
    }
    boot_copy((void *)(uintptr_t)plan->dtb, base + image->dtb_offset,
              (image->dtb_size + 15) & ~UINT64_C(15));
    boot_copy((void *)(uintptr_t)plan->user, base + image->user_offset, image->user_size);
}

__attribute__((noreturn)) static void enter_kernel(void)
{
    boot_enter_kernel(kernel_call.entry, kernel_call.user_start, kernel_call.user_end, kernel_call.offset,
                      kernel_call.user_entry, kernel_call.dtb, kernel_call.dtb_size);
}

void boot_secondary_main(uint64_t core)
{
    __atomic_store_n(&cores_ready, core, __ATOMIC_RELEASE);
    enter_kernel();
}

#if CONFIG_MAX_NUM_NODES > 1
/// Starts the other cores one after the other; each enters the kernel by itself and waits there.
static void start_secondaries(uint64_t root)
{
    static uint8_t stacks[CONFIG_MAX_NUM_NODES][1024] __attribute__((aligned(16)));
    static struct boot_secondary secondaries[CONFIG_MAX_NUM_NODES];
    for (uint64_t core = 1; core < CONFIG_MAX_NUM_NODES; core++) {
        struct boot_secondary *secondary = &secondaries[core];
        secondary->stack = (uint64_t)(uintptr_t)(stacks[core] + sizeof(stacks[core]));
        secondary->root = root;
        secondary->core = core;
        boot_clean_range((uint64_t)(uintptr_t)secondary, (uint64_t)(uintptr_t)(secondary + 1));
        if (boot_smc(PSCI_CPU_ON, core, (uint64_t)(uintptr_t)boot_secondary_entry,
                     (uint64_t)(uintptr_t)secondary) != 0) {
            fail("a core did not start; is the board's number of CPUs at least NUM_NODES?");
        }
        while (__atomic_load_n(&cores_ready, __ATOMIC_ACQUIRE) != core) {
            __asm__ volatile("yield");
        }
    }
}
#endif

void boot_main(uint64_t exception_level, uint64_t firmware_dtb)
{
    const struct boot_image *image = (const struct boot_image *)boot_end;
    struct boot_plan plan;
    if (exception_level != 2) {
        fail("entered below EL2: the machine has no virtualisation (QEMU: -M virt,virtualization=on)");
    }
    enum boot_error error = boot_check_image(image, SIZE_MAX);
    struct range self = { (uint64_t)(uintptr_t)boot_start,
                          (uint64_t)(boot_end - boot_start) + image->size };
    if (error == BOOT_OK) {
        error = boot_plan(image, self, &plan);
    }
    if (error != BOOT_OK) {
        fail(boot_error_text(error));
    }
    uint64_t root = boot_build_tables(image);
    boot_clean_range((uint64_t)(uintptr_t)boot_start, (uint64_t)(uintptr_t)boot_end);
    boot_enable_mmu(root);
    place(image, &plan);
    take_seeds((uint8_t *)(uintptr_t)plan.dtb, image->dtb_size, (const uint8_t *)(uintptr_t)firmware_dtb);

    kernel_call.entry = image->kernel_entry;
    kernel_call.user_start = plan.user;
    kernel_call.user_end = plan.user_end;
    kernel_call.offset = plan.user - image->user_vaddr;
    kernel_call.user_entry = image->user_entry;
    kernel_call.dtb = plan.dtb;
    kernel_call.dtb_size = image->dtb_size;
#if CONFIG_DEBUG_BUILD
    boot_print("boot: kernel at ");
    boot_print_hex(image->segments[0].paddr);
    boot_print(", user image at ");
    boot_print_hex(plan.user);
    boot_print("\n");
#endif
#if CONFIG_MAX_NUM_NODES > 1
    start_secondaries(root);
#endif
    enter_kernel();
}
