// SPDX-License-Identifier: BSD-2-Clause
// From the firmware to the kernel: checks the packed image, puts its parts in place, fills in the
// seeds, starts the other cores and enters the kernel.
#include <boot/boot.h>

#include <base/bits.h>
#include <base/checked.h>
#include <plat.h>

struct boot_handover boot_handover;

const struct boot_platform boot_platform SECTION(".head.platform") = {
    .magic = BOOT_PLATFORM_MAGIC,
    .arch = BOOT_ARCH_AARCH64,
    .cores = CONFIG_MAX_NUM_NODES,
    .ram_base = PLAT_RAM_BASE,
    .ram_size = PLAT_RAM_SIZE,
    .guest_base = PLAT_GUEST_RAM_BASE,
    .guest_size = PLAT_GUEST_RAM_SIZE,
    .code_size = 0, // imgpack writes it
    .name = PLAT_NAME,
};
_Static_assert(CONFIG_MAX_NUM_NODES <= BOOT_MAX_CORES, "cores of the boot code");

void boot_wrong_level(uint64_t level)
{
    boot_fail("entered at EL%u, but the kernel needs EL2 (QEMU: -M virt,virtualization=on)",
              (unsigned)level);
}

void boot_mmu_is_on(void)
{
    boot_fail("entered with the MMU on; the image protocol asks for MMU off");
}

void boot_exception(uint64_t syndrome, uint64_t at, uint64_t address)
{
    boot_fail("exception: syndrome 0x%llx at 0x%llx, address 0x%llx", (unsigned long long)syndrome,
              (unsigned long long)at, (unsigned long long)address);
}

static uint64_t image_base(void)
{
    return (uintptr_t)boot_head;
}

/// The firmware's device tree; size 0 when there is none in RAM.
static struct boot_range find_firmware_dtb(uint64_t at)
{
    struct boot_range dtb = { at, 0 };

    if (at % FDT_BLOB_ALIGN == 0 && range_has(PLAT_RAM_BASE, PLAT_RAM_SIZE, at)
        && range_fits(at - PLAT_RAM_BASE, 4096, PLAT_RAM_SIZE)) {
        dtb.size = fdt_blob_size((const void *)(uintptr_t)at);
        if (!range_fits(at - PLAT_RAM_BASE, dtb.size, PLAT_RAM_SIZE)) {
            dtb.size = 0;
        }
    }
    return dtb;
}

static void check_ram(struct boot_range dtb)
{
    uint64_t size = dtb.size != 0 ? boot_firmware_ram((const void *)(uintptr_t)dtb.base, dtb.size,
                                                      PLAT_RAM_BASE)
                                  : UINT64_MAX;

    if (size < PLAT_RAM_SIZE) {
        boot_fail("this machine has %llu MiB of RAM, the image is for %llu MiB",
                  (unsigned long long)(size >> 20), (unsigned long long)PLAT_RAM_SIZE >> 20);
    }
}

static void check_contents(const struct boot_table *table, const uint8_t *image)
{
    static const char *const names[] = { "", "kernel", "device tree", "user image" };

    for (uint32_t i = 0; i < table->header->entry_count; i++) {
        const struct boot_entry *entry = &table->entries[i];
        if (boot_checksum(image + entry->offset, entry->file_size, boot_sum_blocks)
            != entry->checksum) {
            boot_fail("the %s in the image is damaged (checksum)", names[entry->kind]);
        }
    }
}

/// Copies a part and clears the rest of its memory. The target overlaps nothing (boot_plan_make());
/// it may be written up to the next checksum block only where `memory_size` allows it.
static void place(uint64_t to, const uint8_t *from, uint64_t file_size, uint64_t memory_size)
{
    uint64_t blocks = bits_round_down(file_size, BOOT_IMAGE_CHECKSUM_BLOCK);
    uint8_t *bytes = (uint8_t *)(uintptr_t)to;

    if (blocks != 0) {
        boot_copy_blocks(to, from, blocks);
    }
    for (uint64_t i = blocks; i < file_size; i++) {
        bytes[i] = from[i];
    }
    uint64_t at = file_size;
    for (; at < memory_size && (to + at) % 8 != 0; at++) {
        bytes[at] = 0;
    }
    for (; memory_size - at >= 8; at += 8) {
        *(uint64_t *)(void *)(bytes + at) = 0;
    }
    for (; at < memory_size; at++) {
        bytes[at] = 0;
    }
    boot_clean_data(to, memory_size);
}

static void place_all(const struct boot_table *table, const struct boot_plan *plan,
                      const uint8_t *image, const struct boot_seeds *seeds)
{
    for (uint32_t i = 0; i < table->header->entry_count; i++) {
        const struct boot_entry *entry = &table->entries[i];
        if (entry->kind == BOOT_ENTRY_KERNEL) {
            place(entry->paddr, image + entry->offset, entry->file_size, entry->memory_size);
        }
    }
    if (plan->dtb.size != 0) {
        place(plan->dtb.base, image + table->dtb->offset, plan->dtb.size, plan->dtb.size);
        const char *wrong = boot_seeds_write((void *)(uintptr_t)plan->dtb.base, plan->dtb.size,
                                             seeds);
        if (wrong != NULL) {
            boot_fail("the packed device tree: %s", wrong);
        }
        boot_clean_data(plan->dtb.base, plan->dtb.size);
    }
    if (!plan->is_user_in_place) {
        place(plan->user.base, image + table->user->offset, table->user->file_size,
              plan->user.size);
    }
}

/// The boot code's memory may become a guest's.
static void forget_seeds(struct boot_seeds *seeds)
{
    volatile uint8_t *bytes = (volatile uint8_t *)seeds;

    for (uint64_t i = 0; i < sizeof(*seeds); i++) {
        bytes[i] = 0;
    }
    boot_clean_data((uintptr_t)seeds, sizeof(*seeds));
}

/// Clears [from, to), any addresses, and writes the zeros back to memory.
static void clear(uint64_t from, uint64_t to)
{
    uint64_t start = min_u64(bits_round_up(from, BOOT_CLEAR_BLOCK), to);
    uint64_t end = max_u64(bits_round_down(to, BOOT_CLEAR_BLOCK), start);

    for (uint64_t at = from; at < start; at++) {
        *(volatile uint8_t *)(uintptr_t)at = 0;
    }
    if (start < end) {
        boot_clear_blocks(start, end);
    }
    for (uint64_t at = end; at < to; at++) {
        *(volatile uint8_t *)(uintptr_t)at = 0;
    }
    boot_clean_data(from, to - from);
}

/// Where the guests' RAM goes on at `at`: behind what is kept there, or itself.
static uint64_t skip_kept(uint64_t at, const struct boot_range *kept, unsigned count)
{
    for (unsigned i = 0; i < count;) {
        if (range_has(kept[i].base, kept[i].size, at)) {
            at = kept[i].base + kept[i].size;
            i = 0; // another one may follow
        } else {
            i++;
        }
    }
    return at;
}

/// Guests get their RAM as device memory, which the kernel does not clear: nobody may read there
/// what firmware, a loader or the system before left. What stays is this code with its tables, on
/// which the other cores still run, and what the kernel is about to take over.
static void clear_guest_ram(const struct boot_plan *plan)
{
    const struct boot_range kept[] = {
        { image_base(), (uintptr_t)boot_end - image_base() }, plan->user, plan->dtb,
    };
    const uint64_t end = PLAT_GUEST_RAM_BASE + (uint64_t)PLAT_GUEST_RAM_SIZE;
    uint64_t at = skip_kept(PLAT_GUEST_RAM_BASE, kept, sizeof(kept) / sizeof(kept[0]));

    while (at < end) {
        uint64_t until = end;
        for (unsigned i = 0; i < sizeof(kept) / sizeof(kept[0]); i++) {
            if (kept[i].size != 0 && kept[i].base > at) {
                until = min_u64(until, kept[i].base);
            }
        }
        clear(at, until);
        at = skip_kept(until, kept, sizeof(kept) / sizeof(kept[0]));
    }
}

static void say_plan(const struct boot_table *table, const struct boot_plan *plan)
{
    boot_say("kernel 0x%llx..0x%llx, entry 0x%llx", (unsigned long long)table->kernel.base,
             (unsigned long long)(table->kernel.base + table->kernel.size),
             (unsigned long long)table->header->kernel_entry);
    boot_say("device tree 0x%llx, %llu bytes", (unsigned long long)plan->dtb.base,
             (unsigned long long)plan->dtb.size);
    boot_say("user image 0x%llx..0x%llx (%s), entry 0x%llx", (unsigned long long)plan->user.base,
             (unsigned long long)(plan->user.base + plan->user.size),
             plan->is_user_in_place ? "in place" : "copied",
             (unsigned long long)table->header->user_entry);
}

void boot_main(uint64_t firmware_dtb_at)
{
    const uint8_t *image = (const uint8_t *)image_base();
    struct boot_table table;
    struct boot_plan plan;
    struct boot_seeds seeds = { 0 };

    mmu_start();
    boot_say("Rookery for %s, image at 0x%llx", PLAT_NAME, (unsigned long long)image_base());
    if (!range_has(PLAT_RAM_BASE, PLAT_RAM_SIZE, image_base())) {
        boot_fail("the image was loaded outside RAM");
    }
    struct boot_range firmware_dtb = find_firmware_dtb(firmware_dtb_at);
    check_ram(firmware_dtb);
    uint64_t limit = PLAT_RAM_BASE + (uint64_t)PLAT_RAM_SIZE - image_base();
    const char *wrong = boot_table_check(image, limit, (uintptr_t)boot_end - image_base(),
                                         boot_platform.arch, &table);
    if (wrong != NULL) {
        boot_fail("%s", wrong);
    }
    check_contents(&table, image);
    wrong = boot_plan_make(&table, &boot_platform, image_base(), firmware_dtb, &plan);
    if (wrong != NULL) {
        boot_fail("%s", wrong);
    }
    say_plan(&table, &plan);
    // Before anything is overwritten: the tree may lie where the kernel goes.
    if (firmware_dtb.size != 0) {
        boot_seeds_read((const void *)(uintptr_t)firmware_dtb.base, firmware_dtb.size, &seeds);
        boot_seeds_wipe((void *)(uintptr_t)firmware_dtb.base, firmware_dtb.size);
        boot_clean_data(firmware_dtb.base, firmware_dtb.size);
    }
    boot_say("entropy from the firmware: %u bytes", (unsigned)(seeds.rng_size + seeds.kaslr_size));
    place_all(&table, &plan, image, &seeds);
    forget_seeds(&seeds);

    uint64_t dtb_at = plan.dtb.size != 0 ? plan.dtb.base : 0;
    boot_handover.arguments[0] = plan.user.base;
    boot_handover.arguments[1] = plan.user.base + plan.user.size;
    boot_handover.arguments[2] = plan.user.base - table.user->vaddr;
    boot_handover.arguments[3] = table.header->user_entry;
    boot_handover.arguments[4] = dtb_at;
    boot_handover.arguments[5] = plan.dtb.size;
    boot_handover.entry = table.header->kernel_entry;
    clear_guest_ram(&plan); // the image's table may be there
    mmu_map_kernel(table.kernel, table.kernel_offset);
    smp_start((const void *)(uintptr_t)plan.dtb.base, plan.dtb.size, CONFIG_MAX_NUM_NODES);
    boot_say("entering the kernel");
    boot_enter_kernel(&boot_handover, 0);
}
