// SPDX-License-Identifier: BSD-2-Clause
// A QEMU plugin that measures for how many instructions of its core the kernel lock is held: it counts
// instructions of the kernel from each place that has just taken the lock to the one that gives it back, and
// writes two little-endian 32-bit words per time: the number of the place, and the count.
//
//   -plugin lock_hold.so,out=FILE,low=ADDRESS,high=ADDRESS,taken=ADDRESS[,taken=...],released=ADDRESS[,...]
//
// Addresses are virtual, low and high the kernel's text.
#include "plugin.h"

#define MAX_PLACES 16
#define MAX_CORES 8

struct place {
    uint64_t address;
    uint32_t number;
    bool takes;
};

static struct place places[MAX_PLACES];
static unsigned place_count;
static uint64_t low, high;
static unsigned written;
/// Per core: where it took the lock (from 1; 0: it does not hold it), and instructions since.
static uint32_t holds[MAX_CORES], counts[MAX_CORES];

static void on_instruction(unsigned vcpu, void *data)
{
    const struct place *place = data;
    if (vcpu >= MAX_CORES) {
        return;
    }
    counts[vcpu]++;
    if (place == NULL) {
        return;
    }
    if (place->takes) {
        holds[vcpu] = place->number + 1;
        counts[vcpu] = 0;
    } else if (holds[vcpu] != 0) {
        const uint32_t record[2] = { holds[vcpu] - 1, counts[vcpu] };
        (void)fwrite(record, sizeof(record), 1, out);
        if (++written % 64 == 0) {
            (void)fflush(out);
        }
        holds[vcpu] = 0;
    }
}

static void on_translation(qemu_plugin_id_t id, struct qemu_plugin_tb *tb)
{
    (void)id;
    size_t count = qemu_plugin_tb_n_insns(tb);
    for (size_t i = 0; i < count; i++) {
        struct qemu_plugin_insn *insn = qemu_plugin_tb_get_insn(tb, i);
        uint64_t address = qemu_plugin_insn_vaddr(insn);
        struct place *place = NULL;
        if (address < low || address >= high) {
            continue;
        }
        for (unsigned k = 0; k < place_count; k++) {
            if (places[k].address == address) {
                place = &places[k];
            }
        }
        qemu_plugin_register_vcpu_insn_exec_cb(insn, on_instruction, QEMU_PLUGIN_CB_NO_REGS, place);
    }
}

static bool add_place(const char *address, bool takes)
{
    if (place_count == MAX_PLACES) {
        return false;
    }
    places[place_count] = (struct place){ strtoull(address, NULL, 0), place_count, takes };
    place_count++;
    return true;
}

int qemu_plugin_install(qemu_plugin_id_t id, const struct qemu_info_t *info, int argc, char **argv)
{
    static const struct plugin_number numbers[] = { { "low", &low }, { "high", &high } };
    bool good = plugin_arguments(argc, argv, numbers, 2);
    (void)info;
    for (int i = 0; i < argc; i++) {
        if (strncmp(argv[i], "taken=", 6) == 0) {
            good = add_place(argv[i] + 6, true) && good;
        } else if (strncmp(argv[i], "released=", 9) == 0) {
            good = add_place(argv[i] + 9, false) && good;
        }
    }
    if (!good || high == 0) {
        fprintf(stderr, "lock_hold: give out=FILE, low=, high=, taken=, released=\n");
        return -1;
    }
    qemu_plugin_register_vcpu_tb_trans_cb(id, on_translation);
    return 0;
}
