// SPDX-License-Identifier: BSD-2-Clause
// Fuzzes the front end of adlc: preprocessor, lexer, parser and all passes up to the checks, then
// the writers of JSON and diagnostics; and pin lists. The input is one file; imports and includes
// find nothing. The environment variable FUZZ_ADL_DTB may name a device tree for dtb queries. Seeds:
// tests/adl.

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "diag.h"
#include "flat.h"
#include "query_gpio.h"
#include "source.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/// Inputs that begin with a dash are pin lists.
static void parse_pins(struct arena *arena, struct adlc_source_map *map, struct adlc_diag *diag,
                       const struct flat_options *options, const uint8_t *data, size_t size)
{
    struct front front = {.arena = arena, .map = map, .diag = diag, .options = options};
    gpio_pin_vec pins = {NULL, 0, 0};

    (void)gpio_parse(&front, source_add_text(map, "<pins>", (const char *)data, size), &pins);
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
    struct arena arena;
    struct adlc_source_map map;
    struct adlc_diag diag;
    struct flat_assembly *assembly;
    FILE *sink = fopen("/dev/null", "w");

    if (sink == NULL) {
        return 0;
    }
    arena_init(&arena);
    source_map_init(&map, &arena);
    diag_init(&diag, &arena, &map);
    if (size != 0 && data[0] == '-') {
        parse_pins(&arena, &map, &diag, &options, data, size);
    }
    assembly = flat_build_text(&arena, &map, &diag, &options, (const char *)data, size);
    if (assembly != NULL) {
        flat_write_json(assembly, sink);
    }
    diag_flush(&diag, sink, (size & 1) != 0, (size & 2) != 0);
    (void)fclose(sink);
    arena_release(&arena);
    return 0;
}
