// SPDX-License-Identifier: BSD-2-Clause
// Fuzzes the front end of adlc: preprocessor, lexer, parser and all passes up to the checks, then
// the writers of JSON and diagnostics; and pin lists. The input is one file; imports and includes
// find nothing. The environment variable FUZZ_ADL_DTB may name a device tree for dtb queries. Seeds:
// tests/adl.

#include <stdint.h>
#include <stdlib.h>

#include "adl_session.h"
#include "query_gpio.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/// Inputs that begin with a dash are pin lists.
static void parse_pins(struct adl_session *session, const struct flat_options *options,
                       const uint8_t *data, size_t size)
{
    struct front front = {
        .arena = &session->arena,
        .map = &session->map,
        .diag = &session->diag,
        .options = options,
    };
    gpio_pin_vec pins = {NULL, 0, 0};

    (void)gpio_parse(&front, source_add_text(&session->map, "<pins>", (const char *)data, size), &pins);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const defines[] = {"DEFINED=1", "PAIR(a,b)=a##b"};
    struct flat_options options = {
        .file = "<fuzz>",
        .defines = defines,
        .define_count = 2,
        .dtb = getenv("FUZZ_ADL_DTB"),
    };
    struct adl_session session;
    struct flat_assembly *assembly;

    if (!adl_session_open(&session)) {
        return 0;
    }
    if (size != 0 && data[0] == '-') {
        parse_pins(&session, &options, data, size);
    }
    assembly = flat_build_text(&session.arena, &session.map, &session.diag, &options,
                               (const char *)data, size);
    if (assembly != NULL) {
        flat_write_json(assembly, session.sink);
    }
    adl_session_close(&session, (size & 1) != 0, (size & 2) != 0);
    return 0;
}
