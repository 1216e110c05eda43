// SPDX-License-Identifier: BSD-2-Clause
// A QEMU plugin that tells at which instruction each byte left a UART: it counts executed instructions of
// all CPUs and appends the count, as eight little-endian bytes, to a file at every store to the UART's data
// register. Byte i of the console thus has count i.
//
//   -plugin uart_clock.so,uart=0x9000000,out=FILE
#include "plugin.h"

static uint64_t executed;
static uint64_t uart;

static void on_store(unsigned vcpu, qemu_plugin_meminfo_t info, uint64_t vaddr, void *data)
{
    (void)vcpu;
    (void)data;
    if (is_device_access(info, vaddr, uart)) {
        (void)fwrite(&executed, sizeof(executed), 1, out);
        (void)fflush(out);
    }
}

static void on_translation(qemu_plugin_id_t id, struct qemu_plugin_tb *tb)
{
    (void)id;
    size_t count = qemu_plugin_tb_n_insns(tb);
    for (size_t i = 0; i < count; i++) {
        struct qemu_plugin_insn *insn = qemu_plugin_tb_get_insn(tb, i);
        qemu_plugin_register_vcpu_insn_exec_inline(insn, QEMU_PLUGIN_INLINE_ADD_U64, &executed, 1);
        qemu_plugin_register_vcpu_mem_cb(insn, on_store, QEMU_PLUGIN_CB_NO_REGS, QEMU_PLUGIN_MEM_W, NULL);
    }
}

int qemu_plugin_install(qemu_plugin_id_t id, const struct qemu_info_t *info, int argc, char **argv)
{
    static const struct plugin_number numbers[] = { { "uart", &uart } };
    (void)info;
    if (!plugin_arguments(argc, argv, numbers, 1)) {
        fprintf(stderr, "uart_clock: give out=FILE, a file that can be written\n");
        return -1;
    }
    qemu_plugin_register_vcpu_tb_trans_cb(id, on_translation);
    return 0;
}
