// SPDX-License-Identifier: BSD-2-Clause
// Boot on AArch64: sets up the core, then builds the root task from the user image that the boot
// loader left in memory (sel4-abi, boot protocol and boot info).
#include <abi/extensions.h>
#include <arch/context_ops.h>
#include <arch/drivers.h>
#include <arch/mmu.h>
#include <arch/smp.h>
#include <arch/sysreg.h>
#include <arch/vcpu.h>
#include <arch/vspace.h>
#include <kernel/boot.h>

#include <plat.h>

#define ROOT_ASID 1
#define PHYSICAL_END BIT(40)
#define FEATURES \
    (ROOKERY_EXTENSION_WFI_IN_KERNEL | ROOKERY_EXTENSION_STEP_REPLY                                \
     | ROOKERY_EXTENSION_VCPU_RESET | ROOKERY_EXTENSION_RESULTS_REPLY                              \
     | ROOKERY_EXTENSION_VIRTUAL_TIMER | ROOKERY_EXTENSION_EXCEPTION_REPLY \
     | ROOKERY_EXTENSION_QUIET_INJECT | ROOKERY_EXTENSION_INJECT_REPLACE)

/// What the loader said, and where everything goes in the root task's address space.
struct root_image {
    paddr_t start;
    paddr_t end;
    word_t vaddr;
    word_t entry;
    word_t ipc_buffer_vaddr;
    word_t info_vaddr; ///< extra boot info follows it
    word_t end_vaddr;
    paddr_t dtb;
    word_t dtb_bytes;
    word_t extra_bytes;
};

/// First chunk of extra boot info.
struct extensions_chunk {
    seL4_BootInfoHeader header;
    struct rookery_extensions extensions;
};

extern char kernel_image_start[], kernel_image_end[], arch_vectors[];

NORETURN void arch_halt(void)
{
    for (;;) {
        __asm__ volatile("msr daifset, #0xf; wfi");
    }
}

void boot_init_core(struct core *core)
{
    sysreg_write(tpidr_el2, (uintptr_t)core);
    sysreg_write(vbar_el2, (uintptr_t)arch_vectors);
    isb();
}

void boot_init_core_hardware(struct core *core)
{
    gic_init_core();
    for (word_t irq = 0; CONFIG_MAX_NUM_NODES > 1 && irq < GIC_SGI_COUNT; irq++) {
        gic_set_masked(irq, false); // see arch_irq_mask()
    }
    timer_init_core();
    asid_init_core(core);
    vcpu_init_core(core);
    fp_switch(core, core->idle);
}

// ---- memory -------------------------------------------------------------------------------------

static void find_free_ram(struct boot_state *boot, const struct root_image *image)
{
    boot_ranges_add(&boot->free, PLAT_RAM_BASE, PLAT_GUEST_RAM_BASE);
    boot_ranges_add(&boot->free, PLAT_GUEST_RAM_BASE + PLAT_GUEST_RAM_SIZE,
                    PLAT_RAM_BASE + (paddr_t)PLAT_RAM_SIZE);
    boot_ranges_remove(&boot->free,
                       ALIGN_DOWN(arch_virt_to_phys(kernel_image_start), seL4_PageBits),
                       arch_virt_to_phys(kernel_image_end));
    boot_ranges_remove(&boot->free, image->start, image->end);
    boot_ranges_remove(&boot->free, ALIGN_DOWN(image->dtb, seL4_PageBits),
                       ALIGN_UP(image->dtb + image->dtb_bytes, seL4_PageBits));
}

static void provide_untypeds(struct boot_state *boot)
{
    // Everything that is not RAM, but the interrupt controller; and the RAM that is kept for
    // guests.
    struct boot_ranges devices = { .count = 0 };
    boot_ranges_add(&devices, 0, PHYSICAL_END);
    for (unsigned i = 0; i < gic_range_count; i++) {
        boot_ranges_remove(&devices, gic_ranges[i].base, gic_ranges[i].base + gic_ranges[i].bytes);
    }
    boot_ranges_remove(&devices, PLAT_RAM_BASE, PLAT_GUEST_RAM_BASE);
    boot_ranges_remove(&devices, PLAT_GUEST_RAM_BASE + PLAT_GUEST_RAM_SIZE,
                       PLAT_RAM_BASE + (paddr_t)PLAT_RAM_SIZE);
    boot_provide_untypeds(boot, &devices, true);
    boot_provide_untypeds(boot, &boot->free, false);
}

// ---- address space of the root task -------------------------------------------------------------

static void create_vspace(struct boot_state *boot)
{
    word_t *root = boot_alloc(boot, seL4_VSpaceBits);
    struct asid_pool *pool = boot_alloc(boot, seL4_ASIDPoolBits);
    struct cap vspace = cap_new(CAP_VSPACE, (uintptr_t)root);
    vspace.words[1] = ROOT_ASID;

    asid_add_pool(0, pool);
    asid_assign(ROOT_ASID, root);
    slot_insert_first(vspace, &boot->root[seL4_CapInitThreadVSpace]);
    slot_insert_first(cap_new(CAP_ASID_CONTROL, 0), &boot->root[seL4_CapASIDControl]);
    slot_insert_first(cap_new(CAP_ASID_POOL, (uintptr_t)pool),
                      &boot->root[seL4_CapInitThreadASIDPool]);
}

static void create_tables(struct boot_state *boot, word_t start, word_t end)
{
    static const unsigned levels[] = { seL4_HugePageBits, seL4_LargePageBits };
    word_t *root = asid_root(ROOT_ASID);

    boot->info->userImagePaging.start = boot->next_slot;
    for (unsigned i = 0; i < ARRAY_SIZE(levels); i++) {
        for (word_t vaddr = ALIGN_DOWN(start, levels[i]); vaddr < end; vaddr += BIT(levels[i])) {
            unsigned size_bits;
            word_t *entry = vspace_walk(root, vaddr, &size_bits);
            ASSERT(size_bits == levels[i] && *entry == 0);
            word_t *table = boot_alloc(boot, seL4_PageTableBits);
            struct cap cap = cap_new(CAP_PAGE_TABLE, (uintptr_t)table);
            cap_set_field(&cap.words[0], 48, 1, 1);
            cap.words[1] = mapping_new(ROOT_ASID, vaddr);
            *entry = vspace_table(table);
            boot_provide_cap(boot, cap);
        }
    }
    boot->info->userImagePaging.end = boot->next_slot;
}

/// Maps a page that has its table, and returns its cap.
static struct cap map_page(paddr_t at, word_t vaddr, word_t attributes)
{
    unsigned size_bits;
    word_t *entry = vspace_walk(asid_root(ROOT_ASID), vaddr, &size_bits);
    struct cap cap = frame_cap_new(at, seL4_PageBits, RIGHT_READ | RIGHT_WRITE, false);
    cap.words[1] = mapping_new(ROOT_ASID, vaddr);
    ASSERT(size_bits == seL4_PageBits && *entry == 0);
    *entry = vspace_leaf(at, seL4_PageBits, RIGHT_READ | RIGHT_WRITE, attributes);
    return cap;
}

/// Maps the image's pages and provides their caps. Thousands of pages: one table at a time.
static void map_image(struct boot_state *boot, const struct root_image *image)
{
    const word_t page = BIT(seL4_PageBits);
    word_t leaf = vspace_leaf(image->start, seL4_PageBits, RIGHT_READ | RIGHT_WRITE,
                              seL4_ARM_Default_VMAttributes);
    struct cap cap = frame_cap_new(image->start, seL4_PageBits, RIGHT_READ | RIGHT_WRITE, false);
    word_t *entry = NULL;

    boot->info->userImageFrames.start = boot->next_slot;
    for (word_t offset = 0; offset < image->end - image->start; offset += page) {
        word_t vaddr = image->vaddr + offset;
        if (entry == NULL || IS_ALIGNED(vaddr, seL4_LargePageBits)) {
            unsigned size_bits;
            entry = vspace_walk(asid_root(ROOT_ASID), vaddr, &size_bits);
        }
        *entry = leaf;
        cap.words[1] = mapping_new(ROOT_ASID, vaddr);
        boot_provide_cap(boot, cap);
        entry++;
        leaf += page;
        cap.words[0] += page;
    }
    boot->info->userImageFrames.end = boot->next_slot;
}

/// Allocates and maps the pages of the extra boot info and provides their caps.
static void create_extra_info(struct boot_state *boot, const struct root_image *image)
{
    const word_t page = BIT(seL4_PageBits);
    struct extensions_chunk extensions = {
        .header = { SEL4_BOOTINFO_HEADER_ROOKERY_EXTENSIONS, sizeof(extensions) },
        .extensions = { FEATURES },
    };
    seL4_BootInfoHeader fdt = { SEL4_BOOTINFO_HEADER_FDT, sizeof(fdt) + image->dtb_bytes };
    const struct {
        const void *data;
        word_t bytes;
    } parts[] = {
        { &extensions, sizeof(extensions) },
        { &fdt, image->dtb_bytes == 0 ? 0 : sizeof(fdt) },
        { arch_phys_to_virt(image->dtb), image->dtb_bytes },
    };
    unsigned part = 0;
    word_t part_done = 0;

    boot->info->extraBIPages.start = boot->next_slot;
    for (word_t offset = 0; offset < image->extra_bytes; offset += page) {
        char *memory = boot_alloc(boot, seL4_PageBits);
        word_t filled = 0;
        while (part < ARRAY_SIZE(parts) && filled < page) {
            word_t left = parts[part].bytes - part_done;
            word_t bytes = left < page - filled ? left : page - filled;
            __builtin_memcpy(memory + filled, (const char *)parts[part].data + part_done, bytes);
            filled += bytes;
            part_done += bytes;
            if (part_done == parts[part].bytes) {
                part++;
                part_done = 0;
            }
        }
        boot_provide_cap(boot,
                         map_page(arch_virt_to_phys(memory), image->info_vaddr + page + offset,
                                  seL4_ARM_Default_VMAttributes | seL4_ARM_ExecuteNever));
    }
    boot->info->extraBIPages.end = boot->next_slot;
    boot->info->extraLen = image->extra_bytes;
}

// ---- root task ----------------------------------------------------------------------------------

static bool is_ram(paddr_t start, paddr_t end)
{
    return start <= end && start >= PLAT_RAM_BASE && end <= PLAT_RAM_BASE + (paddr_t)PLAT_RAM_SIZE;
}

/// Checks what the loader said (a mistake there is fatal, so it is named) and lays out the
/// addresses.
static void plan_image(struct root_image *image, word_t phys_minus_virt)
{
    const word_t page = BIT(seL4_PageBits);

    if (!IS_ALIGNED(image->start | phys_minus_virt, seL4_PageBits) || image->start == image->end
        || !is_ram(image->start, image->end)) {
        kernel_panic("the loader's user image is not page-aligned RAM", __FILE__, __LINE__);
    }
    if (!is_ram(image->dtb, image->dtb + image->dtb_bytes)) {
        image->dtb_bytes = 0;
    }
    image->end = ALIGN_UP(image->end, seL4_PageBits);
    image->vaddr = image->start - phys_minus_virt;
    image->extra_bytes = sizeof(struct extensions_chunk);
    if (image->dtb_bytes != 0) {
        image->extra_bytes += sizeof(seL4_BootInfoHeader) + image->dtb_bytes;
    }
    image->ipc_buffer_vaddr = image->end - phys_minus_virt;
    image->info_vaddr = image->ipc_buffer_vaddr + page;
    image->end_vaddr = image->info_vaddr + page + ALIGN_UP(image->extra_bytes, seL4_PageBits);
    if (image->end_vaddr <= image->vaddr || image->end_vaddr > USER_TOP
        || image->entry >= image->end_vaddr) {
        kernel_panic("the user image does not fit into user addresses", __FILE__, __LINE__);
    }
}

static void create_root_task(struct core *core, const struct root_image *image)
{
    struct boot_state boot = { .free = { .count = 0 } };
    const word_t data = seL4_ARM_Default_VMAttributes | seL4_ARM_ExecuteNever;

    // Largest objects first, so that alignment leaves no gaps.
    find_free_ram(&boot, image);
    boot_create_cnode(&boot);
    create_vspace(&boot);
    boot.info = boot_alloc(&boot, seL4_PageBits);
    void *ipc_buffer = boot_alloc(&boot, seL4_PageBits);
    create_tables(&boot, image->vaddr, image->end_vaddr);
    slot_insert_first(map_page(arch_virt_to_phys(boot.info), image->info_vaddr, data),
                      &boot.root[seL4_CapBootInfoFrame]);
    slot_insert_first(map_page(arch_virt_to_phys(ipc_buffer), image->ipc_buffer_vaddr, data),
                      &boot.root[seL4_CapInitThreadIPCBuffer]);
    create_extra_info(&boot, image);
    boot_provide_sched_control(&boot);
    map_image(&boot, image);
#if CONFIG_ALLOW_SMC_CALLS
    slot_insert_first(cap_new(CAP_SMC, 0), &boot.root[seL4_CapSMC]);
#endif
    struct tcb *tcb = boot_create_thread(core, &boot, image->ipc_buffer_vaddr);
    tcb->arch.registers[CONTEXT_PC] = image->entry;
    tcb->arch.registers[CONTEXT_FAULT_PC] = image->entry;
    tcb->arch.registers[0] = image->info_vaddr;
    boot.info->ipcBuffer = (seL4_IPCBuffer *)image->ipc_buffer_vaddr;
    provide_untypeds(&boot);
    boot_finish_info(&boot);
    dsb_ish();
}

void arch_boot(paddr_t user_start, paddr_t user_end, word_t phys_minus_virt, word_t user_entry,
               paddr_t dtb, word_t dtb_bytes)
{
    struct core *core = &kernel_cores[0];
    struct root_image image = {
        .start = user_start,
        .end = user_end,
        .entry = user_entry,
        .dtb = dtb,
        .dtb_bytes = dtb_bytes,
    };

    boot_init_core(core);
    mmu_init_tables();
    mmu_enable();
    uart_init();
    timer_init();
    kernel_reset();
    gic_init_distributor();
    asid_init();
    boot_init_core_hardware(core);
    plan_image(&image, phys_minus_virt);
    create_root_task(core, &image);
    klog("kernel: root task at 0x%lx, image of %lu KiB\n", (unsigned long)image.entry,
         (unsigned long)(image.end - image.start) / 1024);
#if CONFIG_MAX_NUM_NODES > 1
    smp_start(core);
#endif
    sched_update_time(core);
    schedule_and_activate(core);
}
