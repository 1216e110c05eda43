// SPDX-License-Identifier: BSD-2-Clause
// A QEMU plugin that measures the longest stretch of instructions that the kernel runs without looking for
// interrupts: from an entry or a look to the next look, ERET or WFI. The kernel runs with interrupts masked
// throughout, so that is how long it may keep one waiting, besides the way to its handler. At every byte
// that a program writes to the UART it appends the maximum since the last one to a file, as eight
// little-endian bytes.
//
//   -plugin latency_clock.so,uart=0x9000000,out=FILE,start=A,end=A,vectors=A,look=A
//
// start, end: kernel text; vectors: the exception vectors; look: the function that looks for interrupts.
// One core.
#include "plugin.h"

#define INSN_ERET 0xd69f03e0u
#define INSN_WFI 0xd503207fu

static uint64_t executed; ///< kernel instructions since the last look, entry or exit
static uint64_t longest;
static uint64_t uart, text_start, text_end, vectors, look;

/// An entry: what was counted before is not a stretch.
static void on_entry(unsigned vcpu, void *data)
{
    (void)vcpu;
    (void)data;
    executed = 0;
}

/// A look for interrupts or the way out ends a stretch.
static void on_end(unsigned vcpu, void *data)
{
    (void)vcpu;
    (void)data;
    if (executed > longest) {
        longest = executed;
    }
    executed = 0;
}

static void on_store(unsigned vcpu, qemu_plugin_meminfo_t info, uint64_t vaddr, void *data)
{
    (void)vcpu;
    (void)data;
    if (is_device_access(info, vaddr, uart)) {
        (void)fwrite(&longest, sizeof(longest), 1, out);
        (void)fflush(out);
        longest = 0;
    }
}

static void on_translation(qemu_plugin_id_t id, struct qemu_plugin_tb *tb)
{
    (void)id;
    size_t count = qemu_plugin_tb_n_insns(tb);
    for (size_t i = 0; i < count; i++) {
        struct qemu_plugin_insn *insn = qemu_plugin_tb_get_insn(tb, i);
        uint64_t at = qemu_plugin_insn_vaddr(insn);
        if (at < text_start || at >= text_end) {
            qemu_plugin_register_vcpu_mem_cb(insn, on_store, QEMU_PLUGIN_CB_NO_REGS, QEMU_PLUGIN_MEM_W,
                                             NULL);
            continue;
        }
        uint32_t code;
        memcpy(&code, qemu_plugin_insn_data(insn), sizeof(code));
        if (at >= vectors && at < vectors + 0x800 && at % 0x80 == 0) {
            qemu_plugin_register_vcpu_insn_exec_cb(insn, on_entry, QEMU_PLUGIN_CB_NO_REGS, NULL);
        } else if (at == look || code == INSN_ERET || code == INSN_WFI) {
            qemu_plugin_register_vcpu_insn_exec_cb(insn, on_end, QEMU_PLUGIN_CB_NO_REGS, NULL);
        }
        qemu_plugin_register_vcpu_insn_exec_inline(insn, QEMU_PLUGIN_INLINE_ADD_U64, &executed, 1);
    }
}

int qemu_plugin_install(qemu_plugin_id_t id, const struct qemu_info_t *info, int argc, char **argv)
{
    static const struct plugin_number numbers[] = {
        { "uart", &uart }, { "start", &text_start }, { "end", &text_end },
        { "vectors", &vectors }, { "look", &look },
    };
    (void)info;
    if (!plugin_arguments(argc, argv, numbers, sizeof(numbers) / sizeof(numbers[0])) || look == 0
        || vectors == 0) {
        fprintf(stderr, "latency_clock: give out, start, end, vectors and look\n");
        return -1;
    }
    qemu_plugin_register_vcpu_tb_trans_cb(id, on_translation);
    return 0;
}
