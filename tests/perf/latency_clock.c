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
// One core. Debian ships no header for plugins, so the few declarations that are needed (plugin interface
// version 1, QEMU documentation "TCG plugins") are here.
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define EXPORT __attribute__((visibility("default")))
#define INSN_ERET 0xd69f03e0u
#define INSN_WFI 0xd503207fu

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
typedef void (*exec_callback)(unsigned vcpu, void *data);
typedef void (*memory_callback)(unsigned vcpu, qemu_plugin_meminfo_t info, uint64_t vaddr, void *data);

void qemu_plugin_register_vcpu_tb_trans_cb(qemu_plugin_id_t id, tb_callback callback);
size_t qemu_plugin_tb_n_insns(const struct qemu_plugin_tb *tb);
struct qemu_plugin_insn *qemu_plugin_tb_get_insn(const struct qemu_plugin_tb *tb, size_t index);
uint64_t qemu_plugin_insn_vaddr(const struct qemu_plugin_insn *insn);
const void *qemu_plugin_insn_data(const struct qemu_plugin_insn *insn);
void qemu_plugin_register_vcpu_insn_exec_inline(struct qemu_plugin_insn *insn, enum qemu_plugin_op op,
                                                void *counter, uint64_t value);
void qemu_plugin_register_vcpu_insn_exec_cb(struct qemu_plugin_insn *insn, exec_callback callback,
                                            enum qemu_plugin_cb_flags flags, void *data);
void qemu_plugin_register_vcpu_mem_cb(struct qemu_plugin_insn *insn, memory_callback callback,
                                      enum qemu_plugin_cb_flags flags, enum qemu_plugin_mem_rw rw,
                                      void *data);
struct qemu_plugin_hwaddr *qemu_plugin_get_hwaddr(qemu_plugin_meminfo_t info, uint64_t vaddr);
bool qemu_plugin_hwaddr_is_io(const struct qemu_plugin_hwaddr *address);
uint64_t qemu_plugin_hwaddr_phys_addr(const struct qemu_plugin_hwaddr *address);

EXPORT extern const int qemu_plugin_version;
const int qemu_plugin_version = 1;
EXPORT int qemu_plugin_install(qemu_plugin_id_t id, const struct qemu_info_t *info, int argc, char **argv);

static uint64_t executed; ///< kernel instructions since the last look, entry or exit
static uint64_t longest;
static uint64_t uart, text_start, text_end, vectors, look;
static FILE *out;

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
    const struct qemu_plugin_hwaddr *address = qemu_plugin_get_hwaddr(info, vaddr);
    if (address == NULL || !qemu_plugin_hwaddr_is_io(address)
        || qemu_plugin_hwaddr_phys_addr(address) != uart) {
        return;
    }
    (void)fwrite(&longest, sizeof(longest), 1, out);
    (void)fflush(out);
    longest = 0;
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
    static const struct {
        const char *name;
        uint64_t *value;
    } numbers[] = {
        { "uart=", &uart }, { "start=", &text_start }, { "end=", &text_end },
        { "vectors=", &vectors }, { "look=", &look },
    };
    (void)info;
    for (int i = 0; i < argc; i++) {
        for (size_t n = 0; n < sizeof(numbers) / sizeof(numbers[0]); n++) {
            if (strncmp(argv[i], numbers[n].name, strlen(numbers[n].name)) == 0) {
                *numbers[n].value = strtoull(argv[i] + strlen(numbers[n].name), NULL, 0);
            }
        }
        if (strncmp(argv[i], "out=", 4) == 0) {
            out = fopen(argv[i] + 4, "wb");
        }
    }
    if (out == NULL || look == 0 || vectors == 0) {
        fprintf(stderr, "latency_clock: give out, start, end, vectors and look\n");
        return -1;
    }
    qemu_plugin_register_vcpu_tb_trans_cb(id, on_translation);
    return 0;
}
