// SPDX-License-Identifier: BSD-2-Clause
// A QEMU plugin that counts how often each instruction is executed between two bytes on a UART, when there
// are at least `gap` instructions between them: so a program that prints a line after each of its
// measurements gets a profile of each, without the printing. For each such stretch it writes records of
// two little-endian 64-bit words {virtual address, executions}, then {0, index of the byte that ended it}.
//
//   -plugin profile.so,uart=0x9000000,out=FILE,gap=100000
#include "plugin.h"

struct place {
    struct place *next;
    uint64_t address;
    uint64_t count;
};

static struct place *places;
static uint64_t executed;
static uint64_t executed_before;
static uint64_t bytes;
static uint64_t gap = 100000;
static uint64_t uart;

static void put(uint64_t first, uint64_t second)
{
    uint64_t record[2] = { first, second };
    (void)fwrite(record, sizeof(record), 1, out);
}

static void on_store(unsigned vcpu, qemu_plugin_meminfo_t info, uint64_t vaddr, void *data)
{
    (void)vcpu;
    (void)data;
    if (!is_device_access(info, vaddr, uart)) {
        return;
    }
    bool is_long = executed - executed_before >= gap;
    executed_before = executed;
    for (struct place *place = places; place != NULL; place = place->next) {
        if (is_long && place->count != 0) {
            put(place->address, place->count);
        }
        place->count = 0;
    }
    if (is_long) {
        put(0, bytes);
        (void)fflush(out);
    }
    bytes++;
}

static void on_translation(qemu_plugin_id_t id, struct qemu_plugin_tb *tb)
{
    (void)id;
    size_t count = qemu_plugin_tb_n_insns(tb);
    for (size_t i = 0; i < count; i++) {
        struct qemu_plugin_insn *insn = qemu_plugin_tb_get_insn(tb, i);
        struct place *place = calloc(1, sizeof(*place)); // lives as long as QEMU
        if (place == NULL) {
            abort();
        }
        place->address = qemu_plugin_insn_vaddr(insn);
        place->next = places;
        places = place;
        qemu_plugin_register_vcpu_insn_exec_inline(insn, QEMU_PLUGIN_INLINE_ADD_U64, &place->count, 1);
        qemu_plugin_register_vcpu_insn_exec_inline(insn, QEMU_PLUGIN_INLINE_ADD_U64, &executed, 1);
        qemu_plugin_register_vcpu_mem_cb(insn, on_store, QEMU_PLUGIN_CB_NO_REGS, QEMU_PLUGIN_MEM_W, NULL);
    }
}

int qemu_plugin_install(qemu_plugin_id_t id, const struct qemu_info_t *info, int argc, char **argv)
{
    static const struct plugin_number numbers[] = { { "uart", &uart }, { "gap", &gap } };
    (void)info;
    if (!plugin_arguments(argc, argv, numbers, 2)) {
        fprintf(stderr, "profile: give out=FILE, a file that can be written\n");
        return -1;
    }
    qemu_plugin_register_vcpu_tb_trans_cb(id, on_translation);
    return 0;
}
