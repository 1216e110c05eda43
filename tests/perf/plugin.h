// SPDX-License-Identifier: BSD-2-Clause
// What our QEMU plugins use of the plugin interface, version 1 (QEMU documentation "TCG plugins"): Debian
// ships no header for it.
#ifndef PERF_PLUGIN_H
#define PERF_PLUGIN_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define EXPORT __attribute__((visibility("default")))

typedef uint64_t qemu_plugin_id_t;
typedef uint32_t qemu_plugin_meminfo_t;
struct qemu_info_t;
struct qemu_plugin_tb;
struct qemu_plugin_insn;
struct qemu_plugin_hwaddr;

enum qemu_plugin_mem_rw { QEMU_PLUGIN_MEM_R = 1, QEMU_PLUGIN_MEM_W, QEMU_PLUGIN_MEM_RW };
enum qemu_plugin_cb_flags { QEMU_PLUGIN_CB_NO_REGS };
enum qemu_plugin_op { QEMU_PLUGIN_INLINE_ADD_U64 };

typedef void (*tb_callback)(qemu_plugin_id_t id, struct qemu_plugin_tb *tb);
typedef void (*memory_callback)(unsigned vcpu, qemu_plugin_meminfo_t info, uint64_t vaddr, void *data);
typedef void (*exec_callback)(unsigned vcpu, void *data);
typedef void (*exit_callback)(qemu_plugin_id_t id, void *data);

void qemu_plugin_register_vcpu_tb_trans_cb(qemu_plugin_id_t id, tb_callback callback);
size_t qemu_plugin_tb_n_insns(const struct qemu_plugin_tb *tb);
struct qemu_plugin_insn *qemu_plugin_tb_get_insn(const struct qemu_plugin_tb *tb, size_t index);
void qemu_plugin_register_vcpu_insn_exec_inline(struct qemu_plugin_insn *insn, enum qemu_plugin_op op,
                                                void *counter, uint64_t value);
void qemu_plugin_register_vcpu_insn_exec_cb(struct qemu_plugin_insn *insn, exec_callback callback,
                                            enum qemu_plugin_cb_flags flags, void *data);
void qemu_plugin_register_vcpu_mem_cb(struct qemu_plugin_insn *insn, memory_callback callback,
                                      enum qemu_plugin_cb_flags flags, enum qemu_plugin_mem_rw rw,
                                      void *data);
uint64_t qemu_plugin_insn_vaddr(const struct qemu_plugin_insn *insn);
const void *qemu_plugin_insn_data(const struct qemu_plugin_insn *insn);
struct qemu_plugin_hwaddr *qemu_plugin_get_hwaddr(qemu_plugin_meminfo_t info, uint64_t vaddr);
bool qemu_plugin_hwaddr_is_io(const struct qemu_plugin_hwaddr *address);
uint64_t qemu_plugin_hwaddr_phys_addr(const struct qemu_plugin_hwaddr *address);
void qemu_plugin_register_atexit_cb(qemu_plugin_id_t id, exit_callback callback, void *data);

EXPORT extern const int qemu_plugin_version;
const int qemu_plugin_version = 1;
EXPORT int qemu_plugin_install(qemu_plugin_id_t id, const struct qemu_info_t *info, int argc, char **argv);

/// Where the results go: the plugin's argument out=FILE.
static FILE *out;

/// An argument of a plugin, name=NUMBER.
struct plugin_number {
    const char *name;
    uint64_t *value;
};

/// Reads out=FILE and the numbers named; other arguments are the plugin's own. False: `out` cannot be
/// written.
static inline bool plugin_arguments(int argc, char **argv, const struct plugin_number *numbers, size_t count)
{
    for (int i = 0; i < argc; i++) {
        for (size_t n = 0; n < count; n++) {
            size_t length = strlen(numbers[n].name);
            if (strncmp(argv[i], numbers[n].name, length) == 0 && argv[i][length] == '=') {
                *numbers[n].value = strtoull(argv[i] + length + 1, NULL, 0);
            }
        }
        if (strncmp(argv[i], "out=", 4) == 0) {
            out = fopen(argv[i] + 4, "wb");
        }
    }
    return out != NULL;
}

/// Whether a memory access is one to the device register at physical address `address`.
static inline bool is_device_access(qemu_plugin_meminfo_t info, uint64_t vaddr, uint64_t address)
{
    const struct qemu_plugin_hwaddr *target = qemu_plugin_get_hwaddr(info, vaddr);
    return target != NULL && qemu_plugin_hwaddr_is_io(target)
           && qemu_plugin_hwaddr_phys_addr(target) == address;
}

#endif
