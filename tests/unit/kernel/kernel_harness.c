// SPDX-License-Identifier: BSD-2-Clause
// Boots the kernel on the fake machine and makes system calls (see kernel_harness.h).
#include "kernel_harness.h"
#include "kernel_check.h"
#include <string.h>

#define IPC_BUFFER_VADDR UINT64_C(0x10000000)
#define DEVICE_BASE_ADDRESS UINT64_C(0x08000000)
#define DEVICE_SIZE_BITS 24
#define RESTARTS_MAX 1000000u

enum { BUFFER_MSG = 1, BUFFER_CAP_WORDS = 122 };

struct answer answer;

static struct {
    struct boot_state boot;
    seL4_BootInfo info;
    struct tcb *root_thread;
    word_t next_slot;
    word_t next_vaddr;
} harness;

static bool checks_off;

struct core *harness_core(void)
{
    return &kernel_cores[0];
}

struct tcb *harness_root_thread(void)
{
    return harness.root_thread;
}

seL4_BootInfo *harness_boot_info(void)
{
    return &harness.info;
}

struct slot *root_slot(word_t index)
{
    assert_true(index < BIT(CONFIG_ROOT_CNODE_SIZE_BITS));
    return &harness.boot.root[index];
}

struct cap cap_at(word_t index)
{
    return root_slot(index)->cap;
}

struct tcb *thread_at(word_t slot)
{
    assert_int_equal(cap_type(cap_at(slot)), CAP_THREAD);
    return cap_pointer(cap_at(slot));
}

void harness_checks(bool on)
{
    checks_off = !on;
}

static void check(void)
{
    if (checks_off) {
        return;
    }
    assert_int_equal(host_irq_in_service(), 0);
    kernel_check(harness_core(), harness.boot.root, BIT(CONFIG_ROOT_CNODE_SIZE_BITS));
}

static void boot_arch_caps(struct boot_state *boot)
{
    struct slot *root = boot->root;
    void *table = boot_alloc(boot, seL4_VSpaceBits);
    void *pool = boot_alloc(boot, seL4_ASIDPoolBits);
    void *buffer = boot_alloc(boot, seL4_PageBits);
    const struct cap pool_cap = host_asid_pool_cap(arch_virt_to_phys(pool));
    const struct cap vspace = host_assign_asid(host_vspace_cap(arch_virt_to_phys(table)), pool_cap);

    slot_insert_first(vspace, &root[seL4_CapInitThreadVSpace]);
    slot_insert_first(pool_cap, &root[seL4_CapInitThreadASIDPool]);
    slot_insert_first(cap_new(CAP_ASID_CONTROL, 0), &root[seL4_CapASIDControl]);
    slot_insert_first(cap_new(CAP_SMC, 0), &root[seL4_CapSMC]);
    slot_insert_first(host_frame_cap(arch_virt_to_phys(buffer), seL4_PageBits, false),
                      &root[seL4_CapInitThreadIPCBuffer]);
}

int harness_setup(void **state)
{
    struct boot_state *boot = &harness.boot;
    struct boot_ranges device = { .count = 0 };

    (void)state;
    memset(&harness, 0, sizeof(harness));
    host_reset();
    kernel_reset();
    struct core *core = harness_core();
    core->now = arch_timer_now();
    boot->info = &harness.info;
    boot_ranges_add(&boot->free, HOST_RAM_BASE, HOST_RAM_BASE + HOST_RAM_SIZE);
    boot_create_cnode(boot);
    boot_arch_caps(boot);
    harness.root_thread = boot_create_thread(core, boot, IPC_BUFFER_VADDR);
    boot_provide_sched_control(boot);
    boot_ranges_add(&device, DEVICE_BASE_ADDRESS, DEVICE_BASE_ADDRESS + BIT(DEVICE_SIZE_BITS));
    boot_provide_untypeds(boot, &device, true);
    boot_provide_untypeds(boot, &boot->free, false);
    boot_finish_info(boot);
    harness.next_slot = harness.info.empty.start;
    harness.next_vaddr = IPC_BUFFER_VADDR;
    schedule_and_activate(core);
    assert_ptr_equal(core->current, harness.root_thread);
    check();
    return 0;
}

word_t new_slot(void)
{
    assert_true(harness.next_slot < harness.info.empty.end);
    return harness.next_slot++;
}

// ---- kernel entries ----------------------------------------------------------------------------

void interrupt(void)
{
    kernel_handle_interrupt(harness_core());
    check();
}

/// The instruction that enters the kernel. Returns whether the thread is to execute it again.
static bool trap(struct core *core, struct tcb *tcb, int64_t number)
{
    const word_t pc = arch_get_register(tcb, REGISTER_PC);

    arch_set_register(tcb, REGISTER_FAULT_PC, pc);
    arch_set_register(tcb, REGISTER_PC, pc + 4);
    kernel_handle_syscall(core, number);
    check();
    return core->current == tcb && arch_get_register(tcb, REGISTER_PC) == pc;
}

bool enter(int64_t number)
{
    struct core *core = harness_core();
    struct tcb *tcb = core->current;

    memset(&answer, 0, sizeof(answer));
    while (trap(core, tcb, number)) {
        answer.restarts++;
        assert_true(answer.restarts < RESTARTS_MAX);
        while (host_irq_waits(core)) {
            interrupt();
        }
        if (core->current != tcb) {
            return false;
        }
    }
    if (core->current != tcb) {
        return false;
    }
    answer.info = arch_get_register(tcb, REGISTER_MESSAGE_INFO);
    answer.label = MESSAGE_LABEL(answer.info);
    answer.length = message_length(answer.info);
    answer.badge = arch_get_register(tcb, REGISTER_BADGE);
    const word_t *buffer = arch_ipc_buffer(tcb, false);
    for (word_t i = 0; i < ARRAY_SIZE(answer.mr); i++) {
        if (i < seL4_FastMessageRegisters) {
            answer.mr[i] = arch_get_register(tcb, message_register(i));
        } else if (buffer != NULL) {
            answer.mr[i] = buffer[BUFFER_MSG + i];
        }
    }
    return true;
}

void put_message(word_t label, const word_t *caps, size_t cap_count, const word_t *words,
                 size_t word_count)
{
    struct tcb *tcb = harness_core()->current;
    word_t *buffer = arch_ipc_buffer(tcb, true);

    arch_set_register(tcb, REGISTER_MESSAGE_INFO,
                      seL4_MessageInfo_new(label, 0, cap_count, word_count).words[0]);
    for (word_t i = 0; i < word_count; i++) {
        if (i < seL4_FastMessageRegisters) {
            arch_set_register(tcb, message_register(i), words[i]);
        } else {
            assert_non_null(buffer);
            buffer[BUFFER_MSG + i] = words[i];
        }
    }
    for (word_t i = 0; i < cap_count; i++) {
        assert_non_null(buffer);
        buffer[BUFFER_CAP_WORDS + i] = caps[i];
    }
}

word_t call(word_t cptr, word_t label, const word_t *caps, size_t cap_count, const word_t *words,
            size_t word_count)
{
    put_message(label, caps, cap_count, words, word_count);
    arch_set_register(harness_core()->current, REGISTER_CAP, cptr);
    return enter(seL4_SysCall) ? answer.label : NOT_ANSWERED;
}

// ---- invocations -------------------------------------------------------------------------------

word_t retype(word_t untyped, word_t type, word_t size_bits, word_t slot, word_t count)
{
    return call(untyped, UntypedRetype, WORDS(ROOT), WORDS(type, size_bits, 0, 0, slot, count));
}

word_t cnode_copy(word_t target, word_t source, word_t rights)
{
    return call(ROOT, CNodeCopy, WORDS(ROOT), WORDS(target, DEPTH, source, DEPTH, rights));
}

word_t cnode_mint(word_t target, word_t source, word_t rights, word_t data)
{
    return call(ROOT, CNodeMint, WORDS(ROOT), WORDS(target, DEPTH, source, DEPTH, rights, data));
}

word_t cnode_move(word_t target, word_t source)
{
    return call(ROOT, CNodeMove, WORDS(ROOT), WORDS(target, DEPTH, source, DEPTH));
}

word_t cnode_mutate(word_t target, word_t source, word_t data)
{
    return call(ROOT, CNodeMutate, WORDS(ROOT), WORDS(target, DEPTH, source, DEPTH, data));
}

word_t cnode_delete(word_t slot)
{
    return call(ROOT, CNodeDelete, NO_WORDS, WORDS(slot, DEPTH));
}

word_t cnode_revoke(word_t slot)
{
    return call(ROOT, CNodeRevoke, NO_WORDS, WORDS(slot, DEPTH));
}

word_t cnode_cancel_badged(word_t slot)
{
    return call(ROOT, CNodeCancelBadgedSends, NO_WORDS, WORDS(slot, DEPTH));
}

word_t place_copy(struct place target, struct place source)
{
    return call(target.root, CNodeCopy, WORDS(source.root),
                WORDS(target.index, target.depth, source.index, source.depth, ALL_RIGHTS));
}

word_t place_move(struct place target, struct place source)
{
    return call(target.root, CNodeMove, WORDS(source.root),
                WORDS(target.index, target.depth, source.index, source.depth));
}

word_t place_delete(struct place at)
{
    return call(at.root, CNodeDelete, NO_WORDS, WORDS(at.index, at.depth));
}

word_t place_revoke(struct place at)
{
    return call(at.root, CNodeRevoke, NO_WORDS, WORDS(at.index, at.depth));
}

// ---- objects -----------------------------------------------------------------------------------

word_t ram_untyped(void)
{
    const seL4_BootInfo *info = &harness.info;
    word_t best = 0;
    unsigned bits = 0;

    for (word_t slot = info->untyped.start; slot < info->untyped.end; slot++) {
        const seL4_UntypedDesc *untyped = &info->untypedList[slot - info->untyped.start];
        if (untyped->isDevice == 0 && untyped->sizeBits > bits) {
            best = slot;
            bits = untyped->sizeBits;
        }
    }
    assert_int_not_equal(best, 0);
    return best;
}

word_t device_untyped(void)
{
    assert_int_equal(harness.info.untypedList[0].isDevice, 1);
    return harness.info.untyped.start;
}

word_t make_from(word_t untyped, word_t type, word_t size_bits)
{
    const word_t slot = new_slot();
    assert_int_equal(retype(untyped, type, size_bits, slot, 1), seL4_NoError);
    return slot;
}

word_t make(word_t type, word_t size_bits)
{
    return make_from(ram_untyped(), type, size_bits);
}

word_t make_untyped(word_t size_bits)
{
    return make(seL4_UntypedObject, size_bits);
}

word_t make_thread(word_t priority)
{
    const word_t tcb = make(seL4_TCBObject, 0);
    const word_t frame = make(seL4_ARM_SmallPageObject, 0);
    const word_t context = make(seL4_SchedContextObject, seL4_MinSchedContextBits);
    const word_t control = harness.info.schedcontrol.start;
    const word_t self = seL4_CapInitThreadTCB;

    harness.next_vaddr += BIT(seL4_PageBits);
    assert_int_equal(call(control, SchedControlConfigureFlags, WORDS(context),
                          WORDS(5000, 5000, 0, 0, 0)), seL4_NoError);
    assert_int_equal(call(tcb, TCBConfigure, WORDS(ROOT, seL4_CapInitThreadVSpace, frame),
                          WORDS(0, 0, harness.next_vaddr)), seL4_NoError);
    assert_int_equal(call(tcb, TCBSetSchedParams, WORDS(self, context, 0),
                          WORDS(priority, priority)),
                     seL4_NoError);
    return tcb;
}
