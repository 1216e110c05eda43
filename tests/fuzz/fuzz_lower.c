// SPDX-License-Identifier: BSD-2-Clause
// Fuzzes `adlc gen` behind the front end: lowering, connectors, guests' device trees, the check that
// it fits, the views and the emitters. The input is one file without imports; its length chooses the
// platform. The environment variable FUZZ_ADL_DTB may name the board's device tree. Seeds: tests/adl
// and the applications of the tests, with their imports written out (seeds.py).

#include <stdint.h>
#include <stdlib.h>

#include "adl_session.h"
#include "adlc.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct gen_options platforms[] = {
        {.platform = "qemu-arm-virt", .arch = "aarch64"}, {.platform = "pc99", .arch = "x86_64"},
        {.platform = "none", .arch = "aarch64"},          {.platform = "none", .arch = "arm"},
        {.platform = "pc99", .arch = "ia32"},             {.platform = "qemu-arm-virt", .arch = "aarch64"},
    };
    struct flat_options options = {.file = "<fuzz>", .dtb = getenv("FUZZ_ADL_DTB")};
    struct adl_session session;
    struct flat_assembly *assembly;

    if (!adl_session_open(&session)) {
        return 0;
    }
    assembly = flat_build_text(&session.arena, &session.map, &session.diag, &options,
                               (const char *)data, size);
    if (assembly != NULL) {
        struct gen_options gen = platforms[size % (sizeof(platforms) / sizeof(platforms[0]))];

        gen.cores = "2";
        (void)adlc_gen(assembly, &gen);
    }
    adl_session_close(&session, false, false);
    return 0;
}
