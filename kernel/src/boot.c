// SPDX-License-Identifier: BSD-2-Clause
// The kernel's state that exists once, the idle threads (which have no scheduling context), and
// what every architecture's boot code needs to build the root task (sel4-abi, boot info and root
// task).
#include <kernel/boot.h>
#include <kernel/kernel.h>

struct core kernel_cores[CONFIG_MAX_NUM_NODES];
struct badged_cancel kernel_badged_cancel;
static struct tcb idle_threads[CONFIG_MAX_NUM_NODES] __attribute__((aligned(1 << seL4_TCBBits)));

static void clear(void *at, size_t bytes)
{
    word_t *word = at;
    for (size_t i = 0; i < bytes / sizeof(word_t); i++) {
        word[i] = 0;
    }
}

static void create_idle(struct core *core)
{
    struct tcb *tcb = &idle_threads[core->number];

    arch_tcb_create_idle(tcb);
    tcb->state = THREAD_IDLE;
    tcb->core_number = core->number;
    core->idle = tcb;
    core->current = tcb;
}

void kernel_reset(void)
{
    clear(kernel_cores, sizeof(kernel_cores));
    clear(idle_threads, sizeof(idle_threads));
    kernel_badged_cancel = (struct badged_cancel){ .next = NULL };
    for (word_t i = 0; i < CONFIG_MAX_NUM_NODES; i++) {
        struct core *core = &kernel_cores[i];
        core->number = i;
        core->minimum_budget = 2 * arch_kernel_wcet_ticks();
        core->action = SCHEDULER_CHOOSE_NEW;
        create_idle(core);
    }
    irq_reset();
}

// ---- memory -------------------------------------------------------------------------------------

void boot_ranges_add(struct boot_ranges *ranges, paddr_t start, paddr_t end)
{
    if (start < end) {
        ASSERT(ranges->count < BOOT_MAX_RANGES);
        ranges->range[ranges->count] = (struct boot_range){ start, end };
        ranges->count++;
    }
}

void boot_ranges_remove(struct boot_ranges *ranges, paddr_t start, paddr_t end)
{
    const struct boot_ranges old = *ranges;

    ranges->count = 0;
    for (unsigned i = 0; i < old.count; i++) {
        struct boot_range range = old.range[i];
        if (end <= range.start || range.end <= start) {
            boot_ranges_add(ranges, range.start, range.end);
        } else {
            boot_ranges_add(ranges, range.start, start);
            boot_ranges_add(ranges, end, range.end);
        }
    }
}

void *boot_alloc(struct boot_state *boot, unsigned size_bits)
{
    for (unsigned i = boot->free.count; i-- > 0;) {
        struct boot_range range = boot->free.range[i];
        paddr_t at = ALIGN_DOWN(range.end - BIT(size_bits), size_bits);
        if (range.end - range.start >= BIT(size_bits) && at >= range.start) {
            boot_ranges_remove(&boot->free, at, at + BIT(size_bits));
            void *memory = arch_phys_to_virt(at);
            arch_clear_memory(memory, BIT(size_bits));
            return memory;
        }
    }
    kernel_panic("not enough memory for the root task", __FILE__, __LINE__);
}

static bool provide_untyped(struct boot_state *boot, paddr_t at, unsigned size_bits, bool device)
{
    seL4_BootInfo *info = boot->info;
    word_t i = boot->next_slot - info->untyped.start;
    if (i == CONFIG_MAX_NUM_BOOTINFO_UNTYPED_CAPS) {
        klog("boot: no room in the boot info for an untyped of 2^%u bytes at 0x%lx\n", size_bits,
             (unsigned long)at);
        return false;
    }
    boot_provide_cap(boot, untyped_cap_new(at, size_bits, device));
    info->untypedList[i] = (seL4_UntypedDesc){
        .paddr = at,
        .sizeBits = (seL4_Uint8)size_bits,
        .isDevice = device,
    };
    info->untyped.end = boot->next_slot;
    return true;
}

void boot_provide_untypeds(struct boot_state *boot, const struct boot_ranges *ranges, bool device)
{
    if (boot->info->untyped.start == 0) {
        boot->info->untyped = (seL4_SlotRegion){ boot->next_slot, boot->next_slot };
    }
    for (unsigned i = 0; i < ranges->count; i++) {
        paddr_t at = ranges->range[i].start;
        paddr_t end = ranges->range[i].end;
        while (end - at >= BIT(seL4_MinUntypedBits)) {
            unsigned bits = 63 - (unsigned)__builtin_clzll(end - at);
            if (bits > seL4_MaxUntypedBits) {
                bits = seL4_MaxUntypedBits;
            }
            if (at != 0 && (unsigned)__builtin_ctzll(at) < bits) {
                bits = (unsigned)__builtin_ctzll(at);
            }
            if (bits < seL4_MinUntypedBits) {
                at = ALIGN_UP(at, seL4_MinUntypedBits);
                continue;
            }
            if (!provide_untyped(boot, at, bits, device)) {
                return;
            }
            at += BIT(bits);
        }
    }
}

// ---- capabilities -------------------------------------------------------------------------------

void boot_provide_cap(struct boot_state *boot, struct cap cap)
{
    if (boot->next_slot == BIT(CONFIG_ROOT_CNODE_SIZE_BITS)) {
        kernel_panic("the root CNode is too small", __FILE__, __LINE__);
    }
    slot_insert_first(cap, &boot->root[boot->next_slot]);
    boot->next_slot++;
}

void boot_create_cnode(struct boot_state *boot)
{
    boot->root = boot_alloc(boot, CONFIG_ROOT_CNODE_SIZE_BITS + seL4_SlotBits);
    boot->next_slot = seL4_NumInitialCaps;
    struct cap cnode = cnode_cap_new(boot->root, CONFIG_ROOT_CNODE_SIZE_BITS, 0,
                                     seL4_WordBits - CONFIG_ROOT_CNODE_SIZE_BITS);
    slot_insert_first(cnode, &boot->root[seL4_CapInitThreadCNode]);
    slot_insert_first(cap_new(CAP_IRQ_CONTROL, 0), &boot->root[seL4_CapIRQControl]);
    slot_insert_first(cap_new(CAP_DOMAIN, 0), &boot->root[seL4_CapDomain]);
}

void boot_provide_sched_control(struct boot_state *boot)
{
    boot->info->schedcontrol.start = boot->next_slot;
    for (word_t i = 0; i < CONFIG_MAX_NUM_NODES; i++) {
        struct cap cap = cap_new(CAP_SCHED_CONTROL, 0);
        cap.words[1] = i;
        boot_provide_cap(boot, cap);
    }
    boot->info->schedcontrol.end = boot->next_slot;
}

static void copy_to_thread(struct boot_state *boot, word_t source, struct tcb *tcb,
                           enum tcb_slot target)
{
    struct slot *slot = &boot->root[source];
    slot_insert(slot->cap, slot, &tcb->slots[target]);
}

struct tcb *boot_create_thread(struct core *core, struct boot_state *boot, word_t ipc_buffer_vaddr)
{
    struct tcb *tcb = boot_alloc(boot, seL4_TCBBits);
    struct sched_context *sc = boot_alloc(boot, seL4_MinSchedContextBits);
    ticks_t budget = arch_us_to_ticks(CONFIG_BOOT_THREAD_TIME_SLICE_MS * 1000);
    struct cap sc_cap = cap_new(CAP_SCHED_CONTEXT, (uintptr_t)sc);

    slot_insert_first(object_create(core, seL4_TCBObject, arch_virt_to_phys(tcb), 0, false),
                      &boot->root[seL4_CapInitThreadTCB]);
    cap_set_field(&sc_cap.words[0], 48, 6, seL4_MinSchedContextBits);
    slot_insert_first(sc_cap, &boot->root[seL4_CapInitThreadSC]);

    copy_to_thread(boot, seL4_CapInitThreadCNode, tcb, TCB_SLOT_CSPACE);
    copy_to_thread(boot, seL4_CapInitThreadVSpace, tcb, TCB_SLOT_VSPACE);
    copy_to_thread(boot, seL4_CapInitThreadIPCBuffer, tcb, TCB_SLOT_IPC_BUFFER);
    tcb->ipc_buffer_vaddr = ipc_buffer_vaddr;
    tcb->priority = seL4_MaxPrio;
    tcb->max_priority = seL4_MaxPrio;
    tcb->domain = 0;
    tcb->core_number = core->number;
#if CONFIG_DEBUG_BUILD
    static const char name[] = "root task";
    for (unsigned i = 0; i < sizeof(name); i++) {
        tcb->name[i] = name[i];
    }
#endif
    sched_context_setup(core, sc, budget, 0, 2);
    sc->core_number = core->number;
    sched_context_bind_tcb(core, sc, tcb);
    thread_set_state(core, tcb, THREAD_RUNNING);
    sched_make_ready(core, tcb);
    return tcb;
}

void boot_finish_info(struct boot_state *boot)
{
    seL4_BootInfo *info = boot->info;
    info->nodeID = 0;
    info->numNodes = CONFIG_MAX_NUM_NODES;
    info->initThreadCNodeSizeBits = CONFIG_ROOT_CNODE_SIZE_BITS;
    info->initThreadDomain = 0;
    info->empty = (seL4_SlotRegion){ boot->next_slot, BIT(CONFIG_ROOT_CNODE_SIZE_BITS) };
}
